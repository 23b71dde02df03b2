//! A call in progress: how a guest is entered, on a stack of its own, and left.

use super::arch::{Entry, Outcome, Registers, enter, enter_words};
use super::code::NativeCode;
use super::signals;
use super::signature::{Signature, gather, scatter};
use super::stack::Stack;
use super::walk::walk;
use std::ops::Range;
use std::ptr::{self, NonNull};
use wz_core::engine::CallEngine;
use wz_core::runtime::vm::{Activation, Arity, VmContext, VmFuncRef, VmHeader, VmRuntime};
use wz_core::runtime::{Embedder, interrupt, libcalls};
use wz_core::{Error, TrapCode};

/// How the guest came to be stopped.
#[derive(Clone, Copy)]
pub(super) enum Exit {
    /// It has not been, since it was entered.
    None,
    /// It called a host function or a helper.
    Call {
        /// Its stack pointer: where the return address is.
        sp: usize,
        /// Bytes of arguments and results above the return address.
        area: usize,
    },
    /// It trapped by itself.
    Trap {
        /// Why.
        code: TrapCode,
        /// The instruction.
        pc: usize,
        /// Its stack pointer.
        sp: usize,
        /// Its vmctx.
        vmctx: *mut VmContext,
    },
}

/// What a call in progress shares with those that its guest calls, and with the signal handlers.
pub(super) struct State {
    /// `None` before the first call.
    embedder: Option<NonNull<dyn Embedder>>,
    /// The accessible addresses of the guest's stack.
    pub(super) stack: Range<usize>,
    pub(super) exit: Exit,
    /// Why a helper failed.
    pub(super) trap: Option<TrapCode>,
    /// What a host function failed with.
    pub(super) error: Option<Error>,
}

impl State {
    /// The state of the innermost call in progress.
    ///
    /// # Safety
    ///
    /// The runtime block is live, and so are the activations that it knows of.
    #[inline(always)]
    pub(super) unsafe fn of(runtime: *const VmRuntime) -> Option<*mut State> {
        // SAFETY: the caller's promise. A store has one engine, so all activations are this one's.
        unsafe { Some((*runtime).activation.as_ref()?.state.cast_mut().cast()) }
    }

    /// What the call was made with.
    ///
    /// # Safety
    ///
    /// The call is in progress and its guest stopped, and nothing else uses the embedder now.
    #[inline(always)]
    pub(super) unsafe fn embedder<'a>(&self) -> Option<&'a mut dyn Embedder> {
        // SAFETY: the call borrows it; for the rest, the caller's promise.
        self.embedder.map(|mut embedder| unsafe { embedder.as_mut() })
    }
}

/// The native engine's call engine.
pub(super) struct Machine {
    state: State,
    activation: Activation,
    _stack: Stack,
}

// SAFETY: the pointers in the state and the activation are used only while a call is in progress, and set when one
// begins. The rest is the machine's own.
unsafe impl Send for Machine {}

impl Machine {
    pub(super) fn new(stack_bytes: usize) -> Result<Machine, Error> {
        let stack = Stack::new(stack_bytes)?;
        let state =
            State { embedder: None, stack: stack.bounds(), exit: Exit::None, trap: None, error: None };
        let activation = Activation { outer: ptr::null_mut(), walk, state: ptr::null() };
        Ok(Machine { state, activation, _stack: stack })
    }

    /// Why the guest left.
    #[cold]
    fn left(&mut self, cx: &mut dyn Embedder) -> Error {
        let code = match self.state.exit {
            Exit::Trap { code, .. } => Some(code),
            _ => self.state.trap.take(),
        };
        match self.state.error.take() {
            Some(error) => error,
            None => interrupt::stopped(cx.store(), code.unwrap_or(TrapCode::Unreachable)),
        }
    }
}

impl CallEngine for Machine {
    unsafe fn call(
        &mut self,
        cx: &mut dyn Embedder,
        callee: NonNull<VmFuncRef>,
        arity: Arity,
        values: &mut [u64],
    ) -> Result<(), Error> {
        // SAFETY: the caller's promise: the callee is live.
        let VmFuncRef { code, vmctx, func, .. } = unsafe { *callee.as_ptr() };
        // SAFETY: every vmctx starts with a header, and it is alive as its function is.
        let VmHeader { kind, runtime, .. } = *unsafe { &*vmctx };
        if kind == VmHeader::HOST {
            // SAFETY: the vmctx of a host function is its `VmHostFunc`.
            return unsafe { libcalls::invoke_host(cx, vmctx.cast(), ptr::null_mut(), values) };
        }
        signals::prepare_thread()?;
        let embedder: NonNull<dyn Embedder + '_> = NonNull::from(&mut *cx);
        // SAFETY: only the lifetime changes. The embedder is used during this call only.
        let embedder =
            unsafe { std::mem::transmute::<NonNull<dyn Embedder + '_>, NonNull<dyn Embedder>>(embedder) };
        self.state.embedder = Some(embedder);
        self.state.exit = Exit::None;
        self.activation.state = (&raw const self.state).cast();
        // SAFETY: the runtime block outlives the call, and who makes the call puts the activation back.
        unsafe {
            self.activation.outer = (*runtime).activation;
            (*runtime).activation = &raw mut self.activation;
        }
        let mut entry = Entry {
            code: code.0,
            vmctx,
            runtime,
            sp: self.state.stack.end,
            values: values.as_mut_ptr(),
            params: arity.params() as u32,
            results: arity.results() as u32,
        };
        // SAFETY: the values fit the arity and the signature, by the caller's promise, and the stack is the machine's own.
        let outcome = unsafe {
            if arity.is_simple(Registers::INTS) {
                enter_words(&raw mut entry)
            } else {
                let signature = NativeCode::of(vmctx.cast()).signature(func);
                enter_any(&mut entry, signature, values)?
            }
        };
        if outcome == Outcome::RETURNED { Ok(()) } else { Err(self.left(cx)) }
    }
}

/// Enters with arguments and results of any kind and number.
///
/// # Safety
///
/// The entry is complete but for its values, and its stack pointer is the end of a stack; `values` fits the signature.
#[inline(never)]
unsafe fn enter_any(
    entry: &mut Entry,
    signature: Option<&Signature>,
    values: &mut [u64],
) -> Result<Outcome, Error> {
    let Some(signature) = signature else { return Err(Error::usage("not a function of its module")) };
    let area_bytes = signature.arg_bytes + signature.result_bytes;
    if area_bytes > Stack::ENTRY_BYTES {
        return Err(Error::limit("a function with more parameters and results than there may be"));
    }
    entry.sp -= area_bytes;
    let mut registers = Registers { ints: [0; Registers::INTS], floats: [[0; 2]; Registers::FLOATS] };
    let area = ptr::with_exposed_provenance_mut::<u64>(entry.sp);
    // SAFETY: the areas were just made; values fit the signature, by the caller's promise.
    unsafe {
        scatter(&signature.params, values, &mut registers, area);
        entry.values = (&raw mut registers).cast();
        let outcome = enter(entry);
        if outcome == Outcome::RETURNED {
            gather(&signature.results, values, &mut registers, area.byte_add(signature.arg_bytes));
        }
        Ok(outcome)
    }
}
