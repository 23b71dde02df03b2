//! Traps: why a guest stopped, and where.

use std::fmt;

macro_rules! trap_codes {
    ($($(#[$doc:meta])* $name:ident = $value:literal, $message:literal;)*) => {
        /// Why execution trapped. The messages are those of the specification's test suite where it has one.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u8)]
        #[non_exhaustive]
        pub enum TrapCode {
            $($(#[$doc])* $name = $value,)*
        }

        impl TrapCode {
            /// Every trap code.
            pub const ALL: &'static [TrapCode] = &[$(TrapCode::$name),*];

            /// The message, without a prefix.
            pub fn message(self) -> &'static str {
                match self { $(TrapCode::$name => $message,)* }
            }
        }
    };
}

trap_codes! {
    /// The `unreachable` instruction.
    Unreachable = 1, "unreachable";
    /// A memory access, or a bulk memory operation, beyond the memory's or the segment's end.
    MemoryOutOfBounds = 2, "out of bounds memory access";
    /// `table.get`, `table.set` or a bulk table operation beyond the table's or the segment's end.
    TableOutOfBounds = 3, "out of bounds table access";
    /// `call_indirect` beyond the table's end.
    UndefinedElement = 4, "undefined element";
    /// `call_indirect` on a null entry.
    UninitializedElement = 5, "uninitialized element";
    /// `call_indirect` on a function of another type.
    IndirectCallTypeMismatch = 6, "indirect call type mismatch";
    /// Signed division whose quotient does not fit, or a float too large for the integer type.
    IntegerOverflow = 7, "integer overflow";
    /// Division or remainder by zero.
    IntegerDivideByZero = 8, "integer divide by zero";
    /// Conversion of NaN to an integer.
    InvalidConversionToInteger = 9, "invalid conversion to integer";
    /// The guest's stack, or the host's under nested calls, is used up.
    StackOverflow = 10, "call stack exhausted";
    /// The runtime's fuel is used up.
    OutOfFuel = 11, "out of fuel";
    /// The runtime was interrupted.
    Interrupted = 12, "interrupted";
}

impl fmt::Display for TrapCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

/// A place in a guest's source code, from its debug information.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SourceLine {
    /// Name of the function, demangled.
    pub function: Option<String>,
    /// The file, as the compiler was given it.
    pub file: Option<String>,
    /// Line in the file, from 1.
    pub line: Option<u32>,
    /// Column in the line, from 1.
    pub column: Option<u32>,
    /// Whether the function was inlined into the one of the next place.
    pub inlined: bool,
}

impl fmt::Display for SourceLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.file.as_deref().unwrap_or("<unknown>"))?;
        for number in [self.line, self.line.and(self.column)].into_iter().flatten() {
            write!(f, ":{number}")?;
        }
        if let Some(function) = &self.function {
            write!(f, " {function}")?;
        }
        f.write_str(if self.inlined { " (inlined)" } else { "" })
    }
}

/// Finds the places in the source code that a module's instructions come from.
pub trait Symbolizer: Send + Sync {
    /// The places of the instruction at this byte offset in the module's binary, those of inlined functions first;
    /// none where nothing is known.
    fn lines(&self, offset: u64) -> Vec<SourceLine>;
}

/// One guest frame of a backtrace.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    /// Name of the module instance, if it has one.
    pub module: Option<String>,
    /// Index of the function in its module.
    pub function: u32,
    /// Name of the function from the name section, or else of its first export.
    pub name: Option<String>,
    /// Byte offset in the module's binary of the instruction that trapped or called; `None` for host functions.
    pub offset: Option<u64>,
    /// The places in the source code, those of inlined functions first; none without debug information.
    pub lines: Vec<SourceLine>,
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(module) = &self.module {
            write!(f, "{module}.")?;
        }
        match &self.name {
            Some(name) => f.write_str(name)?,
            None => write!(f, "${}", self.function)?,
        }
        match self.offset {
            Some(offset) => write!(f, " (0x{offset:x})")?,
            None => f.write_str(" (host)")?,
        }
        self.lines.iter().try_for_each(|line| write!(f, "\n        {line}"))
    }
}

/// The guest frames at a trap, innermost first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Backtrace {
    /// The innermost frames, at most [`Backtrace::MAX_FRAMES`].
    pub frames: Vec<Frame>,
    /// How many further frames were left out.
    pub omitted: u64,
}

impl Backtrace {
    /// The greatest number of frames that a backtrace lists.
    pub const MAX_FRAMES: usize = 30;
}

impl fmt::Display for Backtrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for frame in &self.frames {
            write!(f, "\n    {frame}")?;
        }
        if self.omitted > 0 {
            write!(f, "\n    ... {} more frames omitted", self.omitted)?;
        }
        Ok(())
    }
}

/// A trap with its backtrace.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trap {
    /// Why.
    pub code: TrapCode,
    /// Where.
    pub backtrace: Backtrace,
}

impl Trap {
    /// A trap without a backtrace: the walk of the guest's stack adds one.
    pub fn new(code: TrapCode) -> Trap {
        Trap { code, backtrace: Backtrace::default() }
    }
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.code, self.backtrace)
    }
}
