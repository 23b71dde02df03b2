//! Calls from the host.

use super::{Extern, Store};
use crate::engine::CallEngine;
use crate::error::Error;
use crate::runtime::backtrace;
use crate::runtime::host::Embedder;
use crate::runtime::interrupt;
use crate::runtime::sys;
use crate::runtime::vm::{Activation, HostCall, VmFuncRef, VmHeader, VmRuntime};
use crate::trap::{Trap, TrapCode};
use crate::types::{FuncType, ValType};
use std::ptr::NonNull;
use std::sync::atomic::Ordering;

/// Call engines that are kept for later calls.
const MAX_IDLE: usize = 8;
/// Bytes that must be left of the host's stack for a nested call.
const HOST_STACK_RESERVE: usize = 128 << 10;
/// Bytes of the host's stack that nested calls may take where its bounds are not known.
const HOST_STACK_ASSUMED: usize = 512 << 10;

/// Calls a function. `values` holds the arguments and then the results, as
/// [`CallEngine::call`](crate::engine::CallEngine::call) says.
///
/// # Errors
///
/// A trap with its backtrace, or what a host function returned. [`ErrorKind::Closed`](crate::ErrorKind::Closed) if
/// the function's instance is closed, [`ErrorKind::Usage`](crate::ErrorKind::Usage) if `values` is too short or holds
/// what is not a reference of this store, [`ErrorKind::Limit`](crate::ErrorKind::Limit) if there is no stack for the
/// guest. Calls nested too deep are the trap [`TrapCode::StackOverflow`].
pub fn call(cx: &mut dyn Embedder, func: Extern, values: &mut [u64]) -> Result<(), Error> {
    let store = cx.store_mut();
    let callee = store.func_ref(func)?;
    store.check_arguments(callee, values)?;
    let mut engine = store.enter()?;
    let in_progress = InProgress::begin(store.runtime());
    // SAFETY: `callee` is a function of this store, alive as its instance is open and a frame of it keeps it so; the
    // values are long enough and their references checked.
    let result = unsafe { engine.call(cx, callee, values) };
    drop(in_progress);
    cx.store_mut().leave(engine);
    result
}

impl Store {
    /// Checks a call's arguments, clears the upper halves of 32-bit ones, and makes the callee retain the functions
    /// among them.
    fn check_arguments(&mut self, callee: NonNull<VmFuncRef>, values: &mut [u64]) -> Result<(), Error> {
        // SAFETY: a record of an open instance.
        let type_id = unsafe { callee.as_ref().type_id };
        let Some(info) = self.types.get(type_id) else { return Err(Error::usage("not a function")) };
        if values.len() < info.slots {
            let (have, need) = (values.len(), info.slots);
            return Err(Error::usage(format!("{have} value slots for a function that needs {need}")));
        }
        let mut narrow = info.narrow;
        while narrow != 0 {
            values[narrow.trailing_zeros() as usize] &= u64::from(u32::MAX);
            narrow &= narrow - 1;
        }
        if info.slots > 64 {
            clear_upper_halves(&info.ty, values);
        }
        if info.ref_params {
            let ty = info.ty.clone();
            self.check_references(callee, &ty, values)?;
        }
        Ok(())
    }

    #[cold]
    fn check_references(
        &mut self,
        callee: NonNull<VmFuncRef>,
        ty: &FuncType,
        values: &[u64],
    ) -> Result<(), Error> {
        // SAFETY: a record of an open instance, whose vmctx is alive with it.
        let header = unsafe { &*callee.as_ref().vmctx };
        let (is_guest, instance) = (header.kind == VmHeader::GUEST, header.instance);
        let mut owners = Vec::new();
        let mut slot = 0;
        for param in ty.params() {
            if let ValType::Ref(ref_type) = *param {
                owners.extend(self.check_ref(ref_type, values[slot])?);
            }
            slot += param.slots();
        }
        if is_guest {
            owners.into_iter().for_each(|owner| self.link(instance, owner));
        }
        Ok(())
    }

    /// Takes what a call needs.
    fn enter(&mut self) -> Result<Box<dyn CallEngine>, Error> {
        let here = stack_address();
        if self.runtime.nesting == 0 {
            self.entry_stack = here;
        } else if self.runtime.nesting >= self.config.max_nesting || !self.has_host_stack(here) {
            let backtrace = backtrace::capture(self);
            return Err(Trap { code: TrapCode::StackOverflow, backtrace }.into());
        }
        if self.ending {
            // The new call has no frames yet.
            self.interrupt.fetch_and(!interrupt::CLOSED, Ordering::Relaxed);
            self.ending = self.runtime.nesting > 0;
        }
        match self.idle.pop() {
            Some(engine) => Ok(engine),
            None => self.engine.call_engine(self.config.guest_stack_bytes),
        }
    }

    fn has_host_stack(&self, here: usize) -> bool {
        match sys::stack_bounds() {
            Some(stack) if stack.contains(&here) => here - stack.start >= HOST_STACK_RESERVE,
            _ => self.entry_stack.abs_diff(here) <= HOST_STACK_ASSUMED,
        }
    }

    /// Puts back what a call had, and does what had to wait for its end.
    fn leave(&mut self, engine: Box<dyn CallEngine>) {
        if self.idle.len() < MAX_IDLE {
            self.idle.push(engine);
        }
        if self.ending {
            self.look_for_closed_frames();
            self.ending = self.runtime.nesting > 0;
        }
        if !self.closing.is_empty() {
            self.release();
        }
    }
}

/// Clears the upper halves of 32-bit arguments.
#[cold]
fn clear_upper_halves(ty: &FuncType, values: &mut [u64]) {
    let mut slot = 0;
    for param in ty.params() {
        if matches!(param, ValType::I32 | ValType::F32) {
            values[slot] &= u64::from(u32::MAX);
        }
        slot += param.slots();
    }
}

/// Roughly where the host's stack ends.
fn stack_address() -> usize {
    let marker = 0u8;
    (&raw const marker).addr()
}

/// A call in progress: when it ends, also by a panic, the runtime block is as it was before.
struct InProgress {
    runtime: *mut VmRuntime,
    activation: *mut Activation,
    host_calls: *mut HostCall,
}

impl InProgress {
    fn begin(runtime: *mut VmRuntime) -> InProgress {
        // SAFETY: the block lives as long as its store, which the caller has; nobody refers into it now.
        unsafe {
            (*runtime).nesting += 1;
            InProgress { runtime, activation: (*runtime).activation, host_calls: (*runtime).host_calls }
        }
    }
}

impl Drop for InProgress {
    fn drop(&mut self) {
        // SAFETY: as in `begin`: the call borrowed the store, so it is still there.
        unsafe {
            (*self.runtime).nesting -= 1;
            (*self.runtime).activation = self.activation;
            (*self.runtime).host_calls = self.host_calls;
        }
    }
}
