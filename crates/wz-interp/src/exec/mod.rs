//! The handlers: what each instruction does.
//!
//! A handler is a type that implements [`Handler`]; the dispatch backends turn each into a function. It gets the
//! machine's registers, does its work and returns them with `ip` at the next instruction, or a [`Stop`].
//!
//! # Invariants
//!
//! Every `unsafe` block of this module and its submodules relies on the following, and on nothing else:
//!
//! 1. *Code.* `ip` points to an instruction that the encoder made (or to the two words of `machine` that end a call),
//!    in code that the activation's instance keeps alive. The encoder gave the instruction as many words as its
//!    handler reads, ended the function with an instruction that does not fall through, and made every branch lead to
//!    an instruction of the same function.
//! 2. *Frame.* `fp` is a frame of the function that the instruction belongs to. The encoder checked that every operand
//!    is a position inside the frame, reference operands in its reference slots; whoever entered the frame checked
//!    that it fits the stack and cleared what must be.
//! 3. *Instance.* `(*cx).vmctx` is the live instance that the function belongs to: the store keeps instances while
//!    frames of theirs exist. The encoder checked every index against the module that the instance is of.
//! 4. *Memory.* `mem` and `(*cx).len` are base and length of that instance's memory 0, if it has one and it is not shared;
//!    they are read again after everything that may change them. Accesses are checked against the length.
//! 5. *Machine.* `cx` is the [`State`] of the call in progress; nothing else refers to it while handlers run. Its
//!    stack ends at `limit`.

use crate::code::{InterpFunc, Word};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};
use wz_core::runtime::Embedder;
use wz_core::runtime::vm::{VmContext, VmMemory, VmRuntime};
use wz_core::{Error, TrapCode};

pub(crate) mod access;
pub(crate) mod arith;
pub(crate) mod bulk;
pub(crate) mod call;
pub(crate) mod control;
pub(crate) mod convert;
pub(crate) mod float;
pub(crate) mod global;
pub(crate) mod integer;
pub(crate) mod memory;
pub(crate) mod moves;
pub(crate) mod ret;
pub(crate) mod value;
pub(crate) mod vector;

/// The ops that handlers are made of, by the names of the IR's ops.
pub(crate) mod sem {
    pub(crate) use super::{convert::*, float::*, integer::*, memory::*, vector::*};
}

/// What a call in progress has beside its registers.
pub(crate) struct State {
    /// The instance that runs.
    pub vmctx: *mut VmContext,
    /// Its store's runtime block.
    pub runtime: *mut VmRuntime,
    /// The runtime's interrupt word.
    pub interrupt: *const AtomicU32,
    /// Length of memory 0.
    pub len: u64,
    /// End of the stack.
    pub limit: *mut u64,
    /// Where the guest stopped: the instruction, of the innermost frame.
    pub ip: *const Word,
    /// The innermost frame.
    pub fp: *mut u64,
    /// What a host function returned, if the call stops with [`Stop::ERROR`].
    pub error: Option<Error>,
    /// Where that host function would have returned to.
    pub ret: *const Word,
    /// The frame that would have got its results.
    pub to: *mut u64,
    /// Why a function that a handler calls failed, where it cannot return that.
    pub stop: Stop,
    /// The single result of the host function called last, if it was no vector.
    pub result: u64,
    /// The embedder's context, for host functions.
    pub embedder: NonNull<dyn Embedder>,
}

/// The machine's registers. All are passed from handler to handler.
#[derive(Clone, Copy)]
pub(crate) struct Regs {
    /// The instruction.
    pub ip: *const Word,
    /// The frame.
    pub fp: *mut u64,
    /// Base of memory 0.
    pub mem: *mut u8,
    /// Everything else.
    pub cx: *mut State,
    /// The integer or reference written last: the accumulator. What is in it is in a slot too; the encoder knows
    /// which.
    pub acc: u64,
    /// The f64 written last.
    pub acc64: f64,
    /// The f32 written last.
    pub acc32: f32,
}

/// Why a call stops.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Stop(pub u32);

impl Stop {
    /// The outermost function returned. (0 is what the loop takes for "go on".)
    pub(crate) const FINISHED: Stop = Stop(1);
    /// A host function failed; its error is in the state.
    pub(crate) const ERROR: Stop = Stop(2);
    const TRAP: u32 = 0x100;

    /// The trap's code, if it is one.
    pub(crate) fn trap(self) -> Option<TrapCode> {
        let number = self.0.checked_sub(Stop::TRAP)?;
        TrapCode::ALL.iter().copied().find(|code| *code as u32 == number)
    }
}

impl From<TrapCode> for Stop {
    #[inline(always)]
    fn from(code: TrapCode) -> Stop {
        Stop(Stop::TRAP | code as u32)
    }
}

/// What a handler returns.
pub(crate) type Flow = Result<Regs, Stop>;

/// What an instruction does.
pub(crate) trait Handler {
    /// Executes the instruction at `r.ip`.
    ///
    /// # Safety
    ///
    /// The invariants of this module hold.
    unsafe fn run(r: Regs) -> Flow;
}

/// Number of a field of an instruction's first word.
pub(crate) const X: usize = 1;
/// Number of a field of an instruction's first word.
pub(crate) const Y: usize = 2;
/// Number of a field of an instruction's first word.
pub(crate) const Z: usize = 3;

impl Regs {
    /// Field `n` of the instruction.
    ///
    /// # Safety
    ///
    /// As for [`Handler::run`]; `n < 4`.
    #[inline(always)]
    pub(crate) unsafe fn field(&self, n: usize) -> i16 {
        // SAFETY: invariant 1.
        unsafe { *self.ip.cast::<i16>().add(n) }
    }

    /// Field `n` of the instruction, unsigned.
    ///
    /// # Safety
    ///
    /// As for [`Handler::run`]; `n < 4`.
    #[inline(always)]
    pub(crate) unsafe fn ufield(&self, n: usize) -> u16 {
        // SAFETY: invariant 1.
        unsafe { *self.ip.cast::<u16>().add(n) }
    }

    /// The 32-bit field of the instruction.
    ///
    /// # Safety
    ///
    /// As for [`Handler::run`].
    #[inline(always)]
    pub(crate) unsafe fn imm(&self) -> u32 {
        // SAFETY: invariant 1; words are 8-aligned.
        unsafe { *self.ip.cast::<u32>().add(1) }
    }

    /// Word `n` of the instruction as data.
    ///
    /// # Safety
    ///
    /// As for [`Handler::run`]; the instruction has that word.
    #[inline(always)]
    pub(crate) unsafe fn data(&self, n: usize) -> u64 {
        // SAFETY: invariant 1.
        unsafe { *self.ip.cast::<u64>().add(n) }
    }

    /// The two 32-bit numbers in word `n` of the instruction.
    ///
    /// # Safety
    ///
    /// As for [`Handler::run`]; the instruction has that word.
    #[inline(always)]
    pub(crate) unsafe fn pair(&self, n: usize) -> (u32, u32) {
        let word = self.ip.wrapping_add(n).cast::<u32>();
        // SAFETY: invariant 1.
        unsafe { (*word, *word.add(1)) }
    }

    /// The slot that field `n` of the instruction names.
    ///
    /// # Safety
    ///
    /// As for [`Handler::run`]; the field is an operand.
    #[inline(always)]
    pub(crate) unsafe fn slot(&self, n: usize) -> *mut u64 {
        // SAFETY: invariants 1 and 2.
        unsafe { self.fp.offset(self.field(n) as isize) }
    }

    /// Writes a result to the slot that field `n` names, and to the accumulator of its class.
    ///
    /// # Safety
    ///
    /// As for [`Handler::run`]; the field is an operand wide enough for the value.
    #[inline(always)]
    pub(crate) unsafe fn put<V: value::Value>(&mut self, n: usize, v: V) {
        // SAFETY: invariant 2.
        unsafe { v.write(self.slot(n)) };
        v.accumulate(self);
    }

    /// The same registers `words` further.
    #[inline(always)]
    pub(crate) fn skip(mut self, words: usize) -> Flow {
        self.ip = self.ip.wrapping_add(words);
        Ok(self)
    }

    /// Makes the guest's stack walkable: to be called before everything that may look at it.
    ///
    /// # Safety
    ///
    /// As for [`Handler::run`].
    #[inline(always)]
    pub(crate) unsafe fn save(&self) {
        // SAFETY: invariant 5.
        unsafe {
            (*self.cx).ip = self.ip;
            (*self.cx).fp = self.fp;
        }
    }

    /// The instance that runs.
    ///
    /// # Safety
    ///
    /// As for [`Handler::run`].
    #[inline(always)]
    pub(crate) unsafe fn vmctx(&self) -> *mut VmContext {
        // SAFETY: invariant 5.
        unsafe { (*self.cx).vmctx }
    }

    /// The record of the function that runs.
    ///
    /// # Safety
    ///
    /// As for [`Handler::run`].
    #[inline(always)]
    pub(crate) unsafe fn func(&self) -> *const InterpFunc {
        // SAFETY: invariant 2: the header is below the frame pointer.
        unsafe { *self.fp.sub(2).cast() }
    }

    /// Reads base and length of memory 0 again.
    ///
    /// # Safety
    ///
    /// As for [`Handler::run`].
    #[inline(always)]
    pub(crate) unsafe fn reload_memory(&mut self) {
        // SAFETY: invariants 2, 3 and 5; an instance of a module with a memory has a memory 0.
        unsafe {
            if (*self.func()).has_memory {
                let (base, len) = memory_of(self.vmctx(), 0);
                (self.mem, (*self.cx).len) = (base, len);
            } else {
                (self.mem, (*self.cx).len) = (std::ptr::null_mut(), 0);
            }
        }
    }
}

/// Base and length of an instance's memory.
///
/// # Safety
///
/// `vmctx` is a live instance that has this memory.
#[inline(always)]
pub(crate) unsafe fn memory_of(vmctx: *mut VmContext, memory: usize) -> (*mut u8, u64) {
    // SAFETY: the caller's promise; the store keeps memory definitions as long as instances that refer to them.
    unsafe {
        let memory: *mut VmMemory = *(*vmctx).memories.add(memory);
        // Acquire: a shared memory that another thread has grown is there up to the length read.
        ((*memory).base, (*memory).len.load(Ordering::Acquire))
    }
}
