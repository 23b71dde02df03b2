//! Techniques of code generation, which tests switch off to see that code depends on them.

/// A technique that makes code fast.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Technique {
    /// Locals stay in registers around loops. Without it they all leave for their homes at a loop's header.
    LoopRegisters,
    /// The register of a value that is read for the last time is free. Without it values stay until they are evicted.
    Kills,
    /// Values are stored where their registers are needed for something else. Without it they are when they are made.
    LazySpills,
    /// A value that was loaded and not changed is not stored again.
    CleanCopies,
    /// Branches use the flags of comparisons. Without it a comparison's result is a value, and compared with 0.
    CompareAndBranch,
    /// Selections use the flags of comparisons.
    CompareAndSelect,
    /// Constants are operands of instructions.
    Immediates,
    /// Address and offset of an access are operands of its instruction. Without it they are added first.
    Addressing,
    /// Arguments are passed in registers.
    RegisterArguments,
    /// Several results are passed in registers. Without it the first one is.
    RegisterResults,
    /// Callees give back the area of their arguments in memory.
    CalleePops,
    /// Branches with many targets use a table of their addresses.
    JumpTables,
    /// Traps are behind the function.
    OutOfLineTraps,
    /// One comparison checks the callee of an indirect call. Without it a helper does.
    OneCompareIndirect,
    /// Copies of few bytes are loads and stores. Without it a helper makes them.
    InlineCopy,
    /// Fills of few bytes are stores.
    InlineFill,
    /// Shifts by constants have them as immediate operands.
    ConstantShifts,
    /// Divisions by constants are multiplications and shifts.
    ConstantDivisions,
    /// The target of a conversion is cleared first, since the instruction keeps, and waits for, its upper part.
    ZeroBeforeConvert,
}

impl Technique {
    /// All of them.
    pub const ALL: [Technique; 19] = [
        Technique::LoopRegisters,
        Technique::Kills,
        Technique::LazySpills,
        Technique::CleanCopies,
        Technique::CompareAndBranch,
        Technique::CompareAndSelect,
        Technique::Immediates,
        Technique::Addressing,
        Technique::RegisterArguments,
        Technique::RegisterResults,
        Technique::CalleePops,
        Technique::JumpTables,
        Technique::OutOfLineTraps,
        Technique::OneCompareIndirect,
        Technique::InlineCopy,
        Technique::InlineFill,
        Technique::ConstantShifts,
        Technique::ConstantDivisions,
        Technique::ZeroBeforeConvert,
    ];
}

/// The techniques that a compiler uses: all of them, unless it is for a test that looks at the code. Code made without
/// one is not to be run: the runtime knows one convention of calls only.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Techniques {
    off: u32,
}

impl Techniques {
    /// All techniques.
    pub const ALL: Techniques = Techniques { off: 0 };

    /// All techniques but one.
    pub const fn without(technique: Technique) -> Techniques {
        Techniques { off: 1 << technique as u8 }
    }

    /// Whether the technique is used.
    #[inline]
    pub const fn has(self, technique: Technique) -> bool {
        self.off & 1 << technique as u8 == 0
    }
}
