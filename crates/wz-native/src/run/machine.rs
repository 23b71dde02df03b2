//! A call in progress: how a guest is entered, on a stack of its own, and left.

use super::arch::{Entry, Outcome, Reentry, Registers, enter, enter_words, reenter};
use super::code::NativeCode;
use super::signals;
use super::signature::{RESULTS_START, Signature, gather, result_bytes, scatter, stack_bytes};
use super::stack::Stack;
use super::walk::walk;
use std::ops::Range;
use std::ptr::{self, NonNull};
use wz_core::engine::CallEngine;
use wz_core::runtime::vm::{
    Activation, Arity, RawFrame, VmContext, VmFuncRef, VmHeader, VmHostFunc, VmRuntime,
};
use wz_core::runtime::{Embedder, interrupt, libcalls};
use wz_core::types::FuncType;
use wz_core::{Error, TrapCode};

/// How the guest came to be stopped.
#[derive(Clone, Copy)]
pub(super) enum Exit {
    /// It has not been, since it was entered.
    None,
    /// It called a host function or a helper, with everything in registers.
    Call {
        /// Its stack pointer: where the return address is.
        sp: usize,
    },
    /// It called a host function.
    CallWithArea {
        /// As in [`Exit::Call`].
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
    /// What the call was made with, for use while its guest is stopped; `None` before the first call.
    pub(super) embedder: Option<NonNull<dyn Embedder>>,
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
}

/// The native engine's call engine.
pub(super) struct Machine {
    state: State,
    activation: Activation,
    /// The call whose guest a host function suspended: its frames are on the stack, and `state.exit` says where it
    /// stopped.
    suspended: Option<Suspended>,
    _stack: Stack,
}

/// How the guest of a suspended call was entered.
#[derive(Clone, Copy)]
struct Suspended {
    runtime: *mut VmRuntime,
    /// The store's id of the type of the function that the host called. Its instance may be gone: a tail call to another
    /// one leaves no frame.
    type_id: u32,
    arity: Arity,
}

// SAFETY: the pointers in the state and the activation are used only while a call is in progress, and set when one
// begins; those of a suspended call only by who has its store. The rest is the machine's own.
unsafe impl Send for Machine {}

impl Machine {
    pub(super) fn new(stack_bytes: usize) -> Result<Machine, Error> {
        let stack = Stack::new(stack_bytes)?;
        let state =
            State { embedder: None, stack: stack.bounds(), exit: Exit::None, trap: None, error: None };
        let activation = Activation { outer: ptr::null_mut(), walk, state: ptr::null() };
        Ok(Machine { state, activation, suspended: None, _stack: stack })
    }

    /// Notes with what the guest is entered, and links the call as the innermost. Returns what host functions get.
    ///
    /// # Safety
    ///
    /// The runtime block is that of the store in `cx`, and who makes the call puts the activation back.
    #[inline(always)]
    unsafe fn link(&mut self, cx: &mut dyn Embedder, runtime: *mut VmRuntime) -> NonNull<dyn Embedder> {
        let embedder = libcalls::embedder_of_call(cx);
        self.state.embedder = Some(embedder);
        self.activation.state = (&raw const self.state).cast();
        // SAFETY: the caller's promise.
        unsafe {
            self.activation.outer = (*runtime).activation;
            (*runtime).activation = &raw mut self.activation;
        }
        embedder
    }

    /// Why the guest left. If a host function suspended it, this notes how it was entered.
    #[cold]
    fn left(&mut self, cx: &mut dyn Embedder, call: Suspended) -> Error {
        let code = match self.state.exit {
            Exit::Trap { code, .. } => Some(code),
            _ => self.state.trap.take(),
        };
        match self.state.error.take() {
            Some(error) => {
                if error.is_suspend() {
                    self.suspended = Some(call);
                }
                error
            }
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
        let VmFuncRef { code, vmctx, type_id, func } = unsafe { *callee.as_ptr() };
        // SAFETY: every vmctx starts with a header, and it is alive as its function is.
        let VmHeader { kind, runtime, .. } = *unsafe { &*vmctx };
        if kind == VmHeader::HOST {
            // SAFETY: the vmctx of a host function is its `VmHostFunc`.
            return unsafe { call_host(cx, vmctx.cast(), values) };
        }
        signals::prepare_thread()?;
        self.state.exit = Exit::None;
        // SAFETY: the runtime block is that of the callee's store, which `cx` holds.
        let embedder = unsafe { self.link(cx, runtime) };
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
                enter_any(embedder, &mut entry, signature, type_id, values)?
            }
        };
        if outcome == Outcome::RETURNED {
            Ok(())
        } else {
            Err(self.left(cx, Suspended { runtime, type_id, arity }))
        }
    }

    unsafe fn resume(
        &mut self,
        cx: &mut dyn Embedder,
        host: &FuncType,
        values: &mut [u64],
    ) -> Result<(), Error> {
        let (Some(call), Exit::Call { sp } | Exit::CallWithArea { sp, .. }) =
            (self.suspended.take(), self.state.exit)
        else {
            return Err(Error::usage("no guest is suspended"));
        };
        signals::prepare_thread()?;
        // SAFETY: the runtime block is that of the store in `cx`.
        let embedder = unsafe { self.link(cx, call.runtime) };
        self.state.exit = Exit::None;
        // SAFETY: the guest stopped at the call of a host function of this type, with its return address at `sp`, and the
        // stack has been kept. So have the instances of its frames.
        let outcome = unsafe {
            let arg_bytes = stack_bytes(host.params());
            let registers = sp - Registers::BELOW_RETURN;
            let results = ptr::with_exposed_provenance_mut::<u64>(sp + 8 + arg_bytes + RESULTS_START);
            scatter(
                host.results(),
                values,
                &mut *ptr::with_exposed_provenance_mut::<Registers>(registers),
                results,
            );
            let entry = Entry {
                code: ptr::null(),
                vmctx: ptr::null_mut(),
                runtime: call.runtime,
                sp: registers,
                values: values.as_mut_ptr(),
                params: 0,
                results: call.arity.results() as u32,
            };
            let mut reentry = Reentry { entry, arg_bytes };
            if call.arity.is_simple(Registers::INTS) {
                reenter(&raw mut reentry)
            } else {
                reenter_any(embedder, &mut reentry, call.type_id, self.state.stack.end, values)?
            }
        };
        if outcome == Outcome::RETURNED { Ok(()) } else { Err(self.left(cx, call)) }
    }

    unsafe fn walk(&self, visit: &mut dyn FnMut(&RawFrame) -> bool) {
        if self.suspended.is_some() {
            // SAFETY: the guest is stopped, with its frames on the stack and their instances alive.
            unsafe { walk((&raw const self.state).cast(), visit) };
        }
    }
}

/// Calls a host function for the host.
///
/// # Safety
///
/// As for [`libcalls::invoke_host`].
#[cold]
unsafe fn call_host(
    cx: &mut dyn Embedder,
    callee: *const VmHostFunc,
    values: &mut [u64],
) -> Result<(), Error> {
    let cx = libcalls::embedder_of_call(cx);
    // SAFETY: the caller's promise.
    unsafe { libcalls::invoke_host(&raw const cx, callee, ptr::null_mut(), values) }
}

/// Goes on with a guest that was entered by [`enter_any`].
///
/// # Safety
///
/// As for [`reenter`]; the call has `embedder`, the stack ends at `end`, the type is that of the function that the host
/// called, and `values` fits it.
#[inline(never)]
unsafe fn reenter_any(
    embedder: NonNull<dyn Embedder>,
    reentry: &mut Reentry,
    type_id: u32,
    end: usize,
    values: &mut [u64],
) -> Result<Outcome, Error> {
    let mut registers = Registers { ints: [0; Registers::INTS], floats: [[0; 2]; Registers::FLOATS] };
    reentry.entry.values = (&raw mut registers).cast();
    // SAFETY: the caller's promise. The areas are where `enter_any` made them.
    unsafe {
        let outcome = reenter(reentry);
        if outcome == Outcome::RETURNED {
            take_results(embedder.as_ref(), type_id, end, &mut registers, values)?;
        }
        Ok(outcome)
    }
}

/// Enters with arguments and results of any kind and number.
///
/// # Safety
///
/// The entry is complete but for its values, and its stack pointer is the end of a stack; the call has `embedder`; `values`
/// fits the signature, and so does the type.
#[inline(never)]
unsafe fn enter_any(
    embedder: NonNull<dyn Embedder>,
    entry: &mut Entry,
    signature: Option<&Signature>,
    type_id: u32,
    values: &mut [u64],
) -> Result<Outcome, Error> {
    let Some(signature) = signature else { return Err(Error::usage("not a function of its module")) };
    let area_bytes = signature.arg_bytes + signature.result_bytes;
    if area_bytes > Stack::ENTRY_BYTES {
        return Err(Error::limit("a function with more parameters and results than there may be"));
    }
    let end = entry.sp;
    entry.sp -= area_bytes;
    let mut registers = Registers { ints: [0; Registers::INTS], floats: [[0; 2]; Registers::FLOATS] };
    // SAFETY: the areas were just made; values fit the signature, by the caller's promise.
    unsafe {
        let area = ptr::with_exposed_provenance_mut::<u64>(entry.sp);
        scatter(&signature.params, values, &mut registers, area);
        entry.values = (&raw mut registers).cast();
        // The signature is its module's, and may be gone when the guest returns.
        let outcome = enter(entry);
        if outcome == Outcome::RETURNED {
            take_results(embedder.as_ref(), type_id, end, &mut registers, values)?;
        }
        Ok(outcome)
    }
}

/// Copies the results of a function of this type, whose result area ends at `end`.
///
/// # Safety
///
/// The results are there, and `values` fits the type.
unsafe fn take_results(
    cx: &dyn Embedder,
    type_id: u32,
    end: usize,
    registers: &mut Registers,
    values: &mut [u64],
) -> Result<(), Error> {
    let Some(ty) = cx.store().type_of_id(type_id) else {
        return Err(Error::usage("a type of another runtime"));
    };
    let results = end - result_bytes(ty.results()) + RESULTS_START;
    // SAFETY: the caller's promise.
    unsafe { gather(ty.results(), values, registers, ptr::with_exposed_provenance_mut(results)) };
    Ok(())
}
