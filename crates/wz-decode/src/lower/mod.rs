//! Lowering to IR: operands are resolved while wasm's operand stack is tracked, so that `local.get`, constants and
//! `drop` leave no trace, comparisons fuse with what they decide, and `local.set` retargets the op that made the
//! value.
//!
//! * [`stack`] tracks the operand stack: each entry is a temporary, or stands for a local or a constant.
//! * [`locals`] numbers locals and temporaries, [`consts`] the constants.
//! * [`control`] lowers blocks and branches, [`call`] calls, [`ops`] the rest.
//! * [`loops`] collects facts of loops on the way; [`liveness`] sets KILL afterwards.
//! * [`visit`] is the visitor.

mod call;
mod consts;
mod control;
mod liveness;
mod locals;
mod loops;
mod ops;
mod signature;
mod stack;
pub(crate) mod visit;

use crate::DecodeConfig;
use consts::ConstPool;
use control::{BrTableScratch, Frame};
use liveness::LoopEnd;
use locals::Locals;
use loops::LoopTracker;
use signature::Signatures;
use stack::OperandStack;
use wz_core::Error;
use wz_core::ir::{FuncIr, Op, Operand, Slot, Word};
use wz_core::module::Module;
use wz_core::types::Class;

/// Lowers one function after the other with the same buffers.
pub(crate) struct Lowerer {
    ir: FuncIr,
    stack: OperandStack,
    frames: Vec<Frame>,
    locals: Locals,
    consts: ConstPool,
    loops: LoopTracker,
    /// Labels of the loops around the current operator.
    open_loops: Vec<u32>,
    loop_ends: Vec<LoopEnd>,
    br_table: BrTableScratch,
    signatures: Signatures,
    /// First word and end of the last instruction that defined a value: what fusion and retargeting look at.
    last_def: (usize, usize),
    /// Offset of the operator being lowered.
    offset: u64,
    fuel: FuelMeter,
    interruption: bool,
    uses_scratch: bool,
    failure: Option<Error>,
    /// Whether control reaches the current operator.
    reachable: bool,
}

/// The straight-line segment whose fuel is being counted.
struct FuelMeter {
    enabled: bool,
    /// Word index of the open segment's `Fuel` op.
    at: Option<usize>,
    amount: u32,
}

impl Lowerer {
    pub(crate) fn new(config: &DecodeConfig) -> Lowerer {
        Lowerer {
            ir: FuncIr::default(),
            stack: OperandStack::default(),
            frames: Vec::new(),
            locals: Locals::default(),
            consts: ConstPool::default(),
            loops: LoopTracker::default(),
            open_loops: Vec::new(),
            loop_ends: Vec::new(),
            br_table: BrTableScratch::default(),
            signatures: Signatures::default(),
            last_def: (0, 0),
            offset: 0,
            fuel: FuelMeter { enabled: config.fuel, at: None, amount: 0 },
            interruption: config.interruption,
            uses_scratch: false,
            failure: None,
            reachable: true,
        }
    }

    /// The last function's IR.
    pub(crate) fn ir(&self) -> &FuncIr {
        &self.ir
    }

    /// Prepares for the functions of `module`.
    pub(crate) fn start_module(&mut self, module: &Module) {
        self.signatures.start_module(module);
    }

    /// Starts a function whose body is at `offset`: parameters are the first locals.
    pub(crate) fn start_function(&mut self, module: &Module, func: u32, offset: u64) -> Result<(), Error> {
        self.ir.clear();
        self.ir.local_sets.push([0; 4]);
        self.stack.clear();
        self.frames.clear();
        self.locals.clear();
        self.loops.clear();
        self.open_loops.clear();
        self.loop_ends.clear();
        self.last_def = (0, 0);
        self.fuel.at = None;
        self.uses_scratch = false;
        self.failure = None;
        self.reachable = true;
        self.ir.func = func;
        self.ir.body_offset = offset;
        self.offset = offset;
        let undefined = || Error::compile(format!("function {func} has no type"), Some(offset));
        self.ir.type_index = *module.funcs.get(func as usize).ok_or_else(undefined)?;
        for param in module.func_type(func).ok_or_else(undefined)?.params() {
            self.define_locals(1, param.class());
        }
        (self.ir.param_data, self.ir.param_refs) = self.locals.slots();
        Ok(())
    }

    /// Declares `count` further locals.
    pub(crate) fn define_locals(&mut self, count: u32, class: Class) {
        self.locals.define(count, class);
        let known = (self.locals.slots().0 as usize).min(liveness::TRACKED);
        if self.ir.local_classes.len() < known {
            self.ir.local_classes.resize(known, class);
        }
    }

    /// All locals are known: operators follow.
    pub(crate) fn start_code(&mut self) {
        let (data, refs) = self.locals.slots();
        (self.ir.local_data, self.ir.local_refs) = (data, refs);
        self.stack.start(data, refs);
        self.frames.push(Frame::function(self.ir.type_index, data, refs));
        if self.interruption {
            self.emit_trapping(Word::new(Op::Interrupt, Operand::NONE, Operand::NONE, Operand::NONE));
        }
    }

    /// The operators are done: analyses the function.
    pub(crate) fn finish_function(&mut self) {
        let (mut data, mut refs) = self.stack.greatest_slots();
        if self.uses_scratch {
            data += Slot::SCRATCH_DATA;
            refs += Slot::SCRATCH_REF;
        }
        (self.ir.data_slots, self.ir.ref_slots) = (data, refs);
        liveness::run(&mut self.ir, &self.loop_ends);
    }

    /// Whether lowering gave up.
    #[inline]
    pub(crate) fn failed(&self) -> bool {
        self.failure.is_some() || self.stack.overflowed()
    }

    /// The reason for which lowering gave up.
    pub(crate) fn take_failure(&mut self) -> Result<(), Error> {
        if self.stack.overflowed() {
            return Err(Error::limit(format!(
                "function {} needs a frame of more than {} slots",
                self.ir.func,
                Slot::MAX
            )));
        }
        self.failure.take().map_or(Ok(()), Err)
    }

    /// Gives up: what was to be lowered contradicts what validation accepted.
    #[cold]
    fn fail(&mut self, what: &str) {
        let message = format!("internal error: {what} after validation");
        self.failure.get_or_insert_with(|| Error::compile(message, Some(self.offset)));
    }

    /// Notes where in the module the next instruction, which can trap or call, comes from.
    #[inline]
    fn map(&mut self) {
        self.ir.source_map.push(self.ir.code.len() as u32, self.offset);
    }

    /// Emits a word.
    #[inline]
    fn emit(&mut self, word: Word) {
        self.ir.code.push(word);
    }

    /// Emits the first word of an instruction that can trap or call.
    #[inline]
    fn emit_trapping(&mut self, word: Word) {
        self.map();
        self.emit(word);
    }

    /// Emits a one-word instruction that defines a value of `class`, and pushes its temporary.
    #[inline(always)]
    fn emit_def(&mut self, op: Op, class: Class, a: Operand, b: Operand) {
        let dst = self.stack.push_temp(class);
        let at = self.ir.code.len();
        self.ir.code.push(Word::new(op, dst, a, b));
        if dst.is_none() {
            self.define_far(at, class);
        } else {
            self.last_def = (at, at + 1);
        }
    }

    /// The instruction that starts at `at` and ends here defines a value of `class`: pushes its temporary.
    #[inline]
    fn define(&mut self, at: usize, class: Class) {
        let dst = self.stack.push_temp(class);
        self.ir.code[at].dst = dst.0;
        if dst.is_none() {
            self.define_far(at, class);
        } else {
            self.last_def = (at, self.ir.code.len());
        }
    }

    /// The instruction that starts at `at` defines the topmost value, whose slot an operand cannot name.
    #[cold]
    fn define_far(&mut self, at: usize, class: Class) {
        let scratch = self.scratch(class, 0);
        self.ir.code[at].dst = scratch.0;
        if let Some(slot) = self.stack.top().map(|entry| entry.own_slot()) {
            self.set_far(class, slot, Operand(scratch.0 | Operand::KILL));
        }
    }

    /// The scratch operand number `n` of a class.
    fn scratch(&mut self, class: Class, n: u32) -> Operand {
        self.uses_scratch = true;
        let slot = if class == Class::Ref { Slot::ScratchRef(n) } else { Slot::ScratchData(2 * n) };
        match Operand::of_slot(slot) {
            Some(operand) => operand,
            None => {
                self.fail("too many operands");
                Operand::NONE
            }
        }
    }

    /// Emits a move of `operand` to a slot that an operand cannot name.
    #[cold]
    fn set_far(&mut self, class: Class, slot: Slot, operand: Operand) {
        let op = match class {
            Class::Ref => Op::FarSetRef,
            Class::V128 => Op::FarSet128,
            _ => Op::FarSet64,
        };
        self.emit(Word::new(op, Operand::NONE, operand, Operand::NONE));
        self.emit(Word::ext(0, slot.to_far()));
    }

    /// Emits a move from a slot that an operand cannot name.
    #[cold]
    fn get_far(&mut self, class: Class, dst: Operand, slot: Slot) {
        let op = match class {
            Class::Ref => Op::FarGetRef,
            Class::V128 => Op::FarGet128,
            _ => Op::FarGet64,
        };
        self.emit(Word::new(op, dst, Operand::NONE, Operand::NONE));
        self.emit(Word::ext(0, slot.to_far()));
    }

    /// Emits a move of `operand` to `slot`, near or far.
    fn emit_copy(&mut self, class: Class, slot: Slot, operand: Operand) {
        match Operand::of_slot(slot) {
            Some(dst) => self.emit(Word::new(copy_op(class), dst, operand, Operand::NONE)),
            None => self.set_far(class, slot, operand),
        }
    }
}

/// The copy op of a class.
fn copy_op(class: Class) -> Op {
    match class {
        Class::I32 | Class::No => Op::CopyI32,
        Class::I64 | Class::Addr => Op::CopyI64,
        Class::F32 => Op::CopyF32,
        Class::F64 => Op::CopyF64,
        Class::V128 => Op::CopyV128,
        Class::Ref => Op::CopyRef,
    }
}
