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
use wz_core::runtime::vm::{Activation, VmContext, VmFuncRef, VmHeader, VmRuntime};
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
    pub(super) embedder: *mut dyn Embedder,
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
    stack: Stack,
}

impl Machine {
    pub(super) fn new(stack_bytes: usize) -> Result<Machine, Error> {
        Ok(Machine { stack: Stack::new(stack_bytes)? })
    }
}

/// What a call changes in the runtime block; when it ends the block is as it was before.
struct Link {
    runtime: *mut VmRuntime,
    activation: *mut Activation,
    host_sp: usize,
    guest_sp: usize,
}

impl Link {
    /// # Safety
    ///
    /// The runtime block is live, and outlives the link.
    unsafe fn new(runtime: *mut VmRuntime) -> Link {
        // SAFETY: the caller's promise.
        let VmRuntime { activation, host_sp, guest_sp, .. } = unsafe { &*runtime };
        Link { runtime, activation: *activation, host_sp: *host_sp, guest_sp: *guest_sp }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // SAFETY: the runtime block outlives the link.
        unsafe {
            (*self.runtime).activation = self.activation;
            (*self.runtime).host_sp = self.host_sp;
            (*self.runtime).guest_sp = self.guest_sp;
        }
    }
}

impl CallEngine for Machine {
    unsafe fn call(
        &mut self,
        cx: &mut dyn Embedder,
        callee: NonNull<VmFuncRef>,
        values: &mut [u64],
    ) -> Result<(), Error> {
        // SAFETY: the caller's promise: the callee is live.
        let VmFuncRef { code, vmctx, func, .. } = unsafe { *callee.as_ptr() };
        // SAFETY: every vmctx starts with a header, and it is alive as its function is.
        let VmHeader { kind, runtime, .. } = unsafe { vmctx.read() };
        if kind == VmHeader::HOST {
            // SAFETY: the vmctx of a host function is its `VmHostFunc`.
            return unsafe { libcalls::invoke_host(cx, vmctx.cast(), ptr::null_mut(), values) };
        }
        signals::prepare_thread()?;
        // SAFETY: the instance of a guest's function, which is alive until the call ends.
        let module = unsafe { NativeCode::of(vmctx.cast()) };
        let signature = module.signature(func).ok_or_else(|| Error::usage("not a function of its module"))?;
        let bounds = self.stack.bounds();

        let embedder: *mut (dyn Embedder + '_) = cx;
        let mut state = State {
            // SAFETY: only the lifetime changes; the state does not outlive this call.
            embedder: unsafe { std::mem::transmute::<*mut (dyn Embedder + '_), *mut dyn Embedder>(embedder) },
            stack: bounds.clone(),
            exit: Exit::None,
            trap: None,
            error: None,
        };
        let state = &raw mut state;
        // SAFETY: the runtime block outlives the call.
        let link = unsafe { Link::new(runtime) };
        let mut activation = Activation { outer: link.activation, walk, state: state.cast_const().cast() };
        // SAFETY: as above. The link takes the activation off before it goes.
        unsafe { (*runtime).activation = &raw mut activation };

        let mut entry = Entry {
            code: code.0,
            vmctx,
            runtime,
            sp: bounds.end,
            values: values.as_mut_ptr(),
            params: 0,
            results: 0,
        };
        // SAFETY: the values fit the signature, by the caller's promise, and the stack is the machine's own.
        let outcome = unsafe {
            if let Some((params, results)) = signature.words() {
                (entry.params, entry.results) = (params, results);
                enter_words(&raw mut entry)
            } else {
                enter_any(entry, signature, values)?
            }
        };
        if outcome == Outcome::RETURNED { Ok(()) } else { Err(self.left(cx, state)) }
    }
}

/// Enters with arguments and results of any kind and number.
///
/// # Safety
///
/// The entry is complete but for its values, and its stack pointer is the end of a stack; `values` fits the signature.
#[inline(never)]
unsafe fn enter_any(
    mut entry: Entry,
    signature: &Signature,
    values: &mut [u64],
) -> Result<Outcome, Error> {
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
        let outcome = enter(&raw mut entry);
        if outcome == Outcome::RETURNED {
            gather(&signature.results, values, &mut registers, area.byte_add(signature.arg_bytes));
        }
        Ok(outcome)
    }
}

impl Machine {
    /// Why the guest left.
    #[cold]
    fn left(&self, cx: &mut dyn Embedder, state: *mut State) -> Error {
        // SAFETY: the state of the call that just left, which nobody else refers to any more.
        let (error, trap) = unsafe { ((*state).error.take(), trap_of(&*state)) };
        match (error, trap) {
            (Some(error), _) => error,
            (None, code) => interrupt::stopped(cx.store(), code.unwrap_or(TrapCode::Unreachable)),
        }
    }
}

fn trap_of(state: &State) -> Option<TrapCode> {
    match state.exit {
        Exit::Trap { code, .. } => Some(code),
        _ => state.trap,
    }
}
