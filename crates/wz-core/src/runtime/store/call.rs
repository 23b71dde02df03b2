//! Calls from the host.

use super::close::Closing;
use super::suspend::refuse;
use super::{Extern, Store, StoreId};
use crate::engine::CallEngine;
use crate::error::Error;
use crate::runtime::backtrace;
use crate::runtime::host::Embedder;
use crate::runtime::interrupt;
use crate::runtime::sys;
use crate::runtime::vm::{Activation, Arity, HostCall, VmFuncRef, VmHeader, VmRuntime};
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

/// A function that was looked up, for calls without a further look at its type. It says nothing of how long the function
/// lives: each call checks that.
#[derive(Clone, Copy, Debug)]
pub struct Callee {
    store: StoreId,
    item: Extern,
    func: NonNull<VmFuncRef>,
    arity: Arity,
    /// Slots that arguments and results take, whichever are more.
    slots: u32,
    /// Which of the first 64 slots hold 32-bit arguments.
    narrow: u64,
    /// Whether there are more than 64 slots, or references among the parameters: see `check_others`.
    others: bool,
}

impl Callee {
    /// The store that the function is of.
    pub fn store(&self) -> StoreId {
        self.store
    }

    /// The function's name in its store.
    pub fn item(&self) -> Extern {
        self.item
    }

    /// Slots that arguments and results take, whichever are more.
    pub(super) fn slots(&self) -> usize {
        self.slots as usize
    }

    /// The call itself.
    ///
    /// # Safety
    ///
    /// The store of `cx` has [begun](Store::begin) this call with these values.
    pub(super) unsafe fn call(
        &self,
        engine: &mut dyn CallEngine,
        cx: &mut dyn Embedder,
        values: &mut [u64],
    ) -> Result<(), Error> {
        // SAFETY: the caller's promise: the callee is live, and the values are checked.
        unsafe { engine.call(cx, self.func, self.arity, values) }
    }
}

// SAFETY: the pointer is used only after it was checked that the function's instance is alive, in the store that it is
// of, by who has that store.
unsafe impl Send for Callee {}
// SAFETY: as above.
unsafe impl Sync for Callee {}

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
    let callee = store.callee(func)?;
    store.begin(&callee, values)?;
    let mut engine = store.take_engine()?;
    let in_progress = InProgress::begin(store.runtime());
    // SAFETY: `begin` checked the callee and the values.
    let result = unsafe { engine.call(cx, callee.func, callee.arity, values) };
    drop(in_progress);
    cx.store_mut().leave(engine);
    result.map_err(refuse)
}

/// Calls a function that was looked up before, as [`call`].
///
/// # Errors
///
/// As [`call`]; [`ErrorKind::Usage`](crate::ErrorKind::Usage) if the function is of another store.
#[inline(always)]
pub fn call_callee<E: Embedder>(cx: &mut E, callee: &Callee, values: &mut [u64]) -> Result<(), Error> {
    let store = cx.store_mut();
    store.begin(callee, values)?;
    let mut engine = store.take_engine()?;
    let in_progress = InProgress::begin(store.runtime());
    // SAFETY: `begin` checked the callee and the values.
    let result = unsafe { engine.call(cx, callee.func, callee.arity, values) };
    drop(in_progress);
    cx.store_mut().leave(engine);
    result.map_err(refuse)
}

impl Store {
    /// Looks a function up for calls.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Closed`](crate::ErrorKind::Closed) if its instance is closed,
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) if there is no such function.
    pub fn callee(&self, func: Extern) -> Result<Callee, Error> {
        let record = self.func_ref(func)?;
        // SAFETY: a record of an open instance.
        let type_id = unsafe { record.as_ref().type_id };
        let Some(info) = self.types.get(type_id) else { return Err(Error::usage("not a function")) };
        Ok(Callee {
            store: self.id,
            item: func,
            func: record,
            arity: info.arity,
            slots: u32::try_from(info.slots).unwrap_or(u32::MAX),
            narrow: info.narrow,
            others: info.slots > 64 || info.ref_params,
        })
    }

    /// Checks a call and its arguments, clears the upper halves of 32-bit ones, and makes the callee retain the functions
    /// among them.
    #[inline(always)]
    pub(super) fn begin(&mut self, callee: &Callee, values: &mut [u64]) -> Result<(), Error> {
        let usable = callee.store == self.id
            && self.is_open(callee.item.instance)
            && values.len() >= callee.slots as usize;
        if !usable {
            return Err(self.unusable(callee, values.len()));
        }
        if callee.narrow != 0 {
            // Where the host's values are known to be clean, and their number is known, this is no work.
            for (slot, value) in values.iter_mut().enumerate().take(64) {
                // Written only if need be: a load soon after a store of one half of the slot would have to wait.
                if *value > u64::from(u32::MAX) && callee.narrow >> slot & 1 != 0 {
                    *value &= u64::from(u32::MAX);
                }
            }
        }
        if callee.others {
            self.check_others(callee, values)?;
        }
        self.begin_again()
    }

    /// Checks that a guest may be entered.
    #[inline(always)]
    pub(super) fn begin_again(&mut self) -> Result<(), Error> {
        if self.runtime.nesting == 0 {
            self.entry_stack = stack_address();
        } else {
            self.check_nesting()?;
        }
        if self.ending {
            self.end_no_more();
        }
        Ok(())
    }

    /// Takes what a call needs.
    #[inline(always)]
    pub(super) fn take_engine(&mut self) -> Result<Box<dyn CallEngine>, Error> {
        match self.idle.take() {
            Some(engine) => Ok(engine),
            None => self.take_another(),
        }
    }

    #[cold]
    fn take_another(&mut self) -> Result<Box<dyn CallEngine>, Error> {
        match self.more_idle.pop() {
            Some(engine) => Ok(engine),
            None => self.engine.call_engine(self.config.guest_stack_bytes),
        }
    }

    /// Why a function cannot be called with so many slots.
    #[cold]
    fn unusable(&self, callee: &Callee, have: usize) -> Error {
        if callee.store != self.id {
            return Error::usage("the function is of another runtime");
        }
        match self.instance(callee.item.instance) {
            Err(error) => error,
            Ok(_) => {
                let need = callee.slots;
                Error::usage(format!("{have} value slots for a function that needs {need}"))
            }
        }
    }

    /// The checks that simple signatures do not need.
    #[cold]
    fn check_others(&mut self, callee: &Callee, values: &mut [u64]) -> Result<(), Error> {
        // SAFETY: the record of an open instance's function.
        let type_id = unsafe { callee.func.as_ref().type_id };
        let Some(info) = self.types.get(type_id) else { return Err(Error::usage("not a function")) };
        let ty = info.ty.clone();
        clear_upper_halves(&ty, values);
        self.check_references(callee.func, &ty, values)
    }

    fn check_references(
        &mut self,
        callee: NonNull<VmFuncRef>,
        ty: &FuncType,
        values: &[u64],
    ) -> Result<(), Error> {
        // SAFETY: a record of an open instance, whose vmctx is alive with it.
        let header = unsafe { &*callee.as_ref().vmctx };
        let (is_guest, instance) = (header.kind == VmHeader::GUEST, header.slot());
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

    /// Checks that a call may be made while others are in progress.
    #[inline(never)]
    fn check_nesting(&self) -> Result<(), Error> {
        if self.runtime.nesting >= self.config.max_nesting || !self.has_host_stack(stack_address()) {
            let backtrace = backtrace::capture(self);
            return Err(Trap { code: TrapCode::StackOverflow, backtrace }.into());
        }
        Ok(())
    }

    /// Clears the interrupt word's bit for closed instances: the new call has no frames yet.
    #[cold]
    fn end_no_more(&mut self) {
        self.interrupt.fetch_and(!interrupt::CLOSED, Ordering::Relaxed);
        self.ending = self.runtime.nesting > 0;
    }

    fn has_host_stack(&self, here: usize) -> bool {
        match sys::stack_bounds() {
            Some(stack) if stack.contains(&here) => here - stack.start >= HOST_STACK_RESERVE,
            _ => self.entry_stack.abs_diff(here) <= HOST_STACK_ASSUMED,
        }
    }

    /// Puts back what a call had, and does what had to wait for its end.
    #[inline]
    pub(super) fn leave(&mut self, engine: Box<dyn CallEngine>) {
        if let Some(other) = self.idle.replace(engine) {
            self.keep_another(other);
        }
        self.tidy();
    }

    #[cold]
    fn keep_another(&mut self, engine: Box<dyn CallEngine>) {
        if self.more_idle.len() < MAX_IDLE {
            self.more_idle.push(engine);
        }
    }

    /// Does what had to wait for a call's end.
    #[inline]
    pub(super) fn tidy(&mut self) {
        if self.ending || !self.closing.is_empty() {
            self.clean_up();
        }
    }

    #[cold]
    fn clean_up(&mut self) {
        if self.ending {
            self.look_for_closed_frames();
            self.ending = self.runtime.nesting > 0;
        }
        if self.closing.iter().any(Closing::is_due) {
            self.release();
        }
    }
}

/// Clears the upper halves of 32-bit arguments.
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

/// A call in progress: when it ends, also by a panic, the runtime block is as it was before, but for what is the store's
/// own.
pub(super) struct InProgress {
    runtime: *mut VmRuntime,
    activation: *mut Activation,
    host_calls: *const HostCall,
    host_sp: usize,
}

impl InProgress {
    pub(super) fn begin(runtime: *mut VmRuntime) -> InProgress {
        // SAFETY: the block lives as long as its store, which the caller has; nobody refers into it now.
        let block = unsafe { &mut *runtime };
        block.nesting += 1;
        let VmRuntime { activation, host_calls, host_sp, .. } = *block;
        InProgress { runtime, activation, host_calls, host_sp }
    }
}

impl Drop for InProgress {
    fn drop(&mut self) {
        // SAFETY: as in `begin`: the call borrowed the store, so it is still there.
        let block = unsafe { &mut *self.runtime };
        block.nesting -= 1;
        block.activation = self.activation;
        block.host_calls = self.host_calls;
        block.host_sp = self.host_sp;
    }
}
