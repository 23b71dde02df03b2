//! A call in progress: its stack, how it is entered and left, and the walk of its frames.
//!
//! The stack grows upwards. At its bottom is the frame of a pseudo-function, which takes the results of the function
//! that the host called; its return address is a word that ends the run.

use crate::code::{ENTRY, FuncKind, HEADER, InterpFunc, Word};
use crate::dispatch;
use crate::engine::Dispatch;
use crate::exec::call::{return_from_host, write_header};
use crate::exec::{Regs, State, Stop};
use crate::isa::Fixed;
use std::ptr::{self, NonNull};
use wz_core::engine::CallEngine;
use wz_core::runtime::vm::{Activation, Arity, RawFrame, VmContext, VmFuncRef, VmRuntime};
use wz_core::runtime::{Embedder, StackMemory, Store, interrupt, libcalls};
use wz_core::types::{FuncType, ValType};
use wz_core::{Error, TrapCode};

/// A guest stack; its pages are touched as they are needed.
#[derive(Debug)]
struct Stack(StackMemory);

impl Stack {
    /// Smallest stack: room for the entry of any function.
    const MIN_BYTES: usize = 8 << 10;

    fn new(bytes: usize) -> Result<Stack, Error> {
        StackMemory::new(bytes.max(Stack::MIN_BYTES)).map(Stack)
    }

    fn start(&self) -> *mut u64 {
        self.0.base().as_ptr().cast()
    }

    fn words(&self) -> usize {
        self.0.bytes() / 8
    }

    /// The first word after it.
    fn end(&self) -> *mut u64 {
        self.start().wrapping_add(self.words())
    }
}

/// The interpreter's call engine.
#[derive(Debug)]
pub(crate) struct Machine {
    dispatch: Dispatch,
    stack: Stack,
    suspended: Option<Suspended>,
}

// SAFETY: the stack is memory that the machine owns; nothing refers to it while no call is in progress. What frames of a
// suspended guest refer to is used only by who has their store.
unsafe impl Send for Machine {}

/// A guest that a host function suspended, whose frames are on the stack.
#[derive(Debug)]
struct Suspended {
    entry: Entry,
    runtime: *mut VmRuntime,
    /// The instruction that called the host function, and the frame that it is of.
    ip: *const Word,
    fp: *mut u64,
    /// Where the host function returns to, and the frame that gets its results.
    ret: *const Word,
    to: *mut u64,
}

/// The frame of a call's entry, which takes the results of the function that the host called.
#[derive(Clone, Copy, Debug)]
struct Entry {
    fp: *mut u64,
    /// How many results there are, if each is a data slot.
    scalars: Option<usize>,
    /// The store's id of the function's type. Its module may be gone when the call ends: a tail call to another instance
    /// leaves no frame of it.
    type_id: u32,
}

impl Entry {
    /// Copies the results.
    ///
    /// # Safety
    ///
    /// The call has finished, and `values` is long enough for its results.
    #[inline]
    unsafe fn take_results(self, store: &Store, values: &mut [u64]) {
        if let Some(results) = self.scalars {
            for (i, value) in values.iter_mut().take(results).enumerate() {
                // SAFETY: the entry's frame has room for the results.
                *value = unsafe { *self.fp.add(i) };
            }
        } else if let Some(ty) = store.type_of_id(self.type_id) {
            let refs = match ty.results() {
                [_] => self.fp,
                _ => self.fp.wrapping_offset(ENTRY_REFS as isize),
            };
            // SAFETY: the entry's frame has room for the results, and `values` too: the caller's promise.
            unsafe { transfer(ty.results(), values, self.fp, refs, true) };
        }
    }
}

impl Machine {
    pub(crate) fn new(dispatch: Dispatch, stack_bytes: usize) -> Result<Machine, Error> {
        Ok(Machine { dispatch, stack: Stack::new(stack_bytes)?, suspended: None })
    }

    /// The state of a call that is about to run.
    #[inline(always)]
    fn state(&self, cx: &mut dyn Embedder, runtime: *mut VmRuntime, vmctx: *mut VmContext) -> State {
        State {
            vmctx,
            runtime,
            // SAFETY: the runtime block outlives the call.
            interrupt: unsafe { (*runtime).interrupt },
            len: 0,
            limit: self.stack.end(),
            ip: ptr::null(),
            fp: ptr::null_mut(),
            error: None,
            ret: ptr::null(),
            to: ptr::null_mut(),
            stop: Stop::FINISHED,
            result: 0,
            embedder: libcalls::embedder_of_call(cx),
        }
    }

    /// What a call comes to whose guest stopped.
    ///
    /// # Safety
    ///
    /// `state` is that of the call, which is still the innermost; `values` is long enough for its results.
    #[inline(always)]
    unsafe fn outcome(
        &mut self,
        stop: Stop,
        cx: &mut dyn Embedder,
        state: *mut State,
        entry: Entry,
        values: &mut [u64],
    ) -> Result<(), Error> {
        if stop == Stop::FINISHED {
            // SAFETY: the caller's promise.
            unsafe { entry.take_results(cx.store(), values) };
            return Ok(());
        }
        // SAFETY: the caller's promise.
        Err(unsafe { self.stopped(stop, cx, state, entry) })
    }

    /// Why a call's guest stopped. If a host function suspended it, this notes how to go on.
    ///
    /// # Safety
    ///
    /// As for [`Machine::outcome`].
    #[cold]
    unsafe fn stopped(&mut self, stop: Stop, cx: &dyn Embedder, state: *mut State, entry: Entry) -> Error {
        if let Some(code) = stop.trap() {
            return interrupt::stopped(cx.store(), code);
        }
        // SAFETY: the caller's promise.
        let State { runtime, ip, fp, ret, to, ref mut error, .. } = *unsafe { &mut *state };
        let Some(error) = error.take() else { return TrapCode::Unreachable.into() };
        if error.is_suspend() {
            self.suspended = Some(Suspended { entry, runtime, ip, fp, ret, to });
        }
        error
    }
}

/// The position of the first reference among several results in the entry's frame.
const ENTRY_REFS: i32 = -(HEADER as i32) - 1;

/// What the outermost function returns to: the word that says where results go (a single result to position 0; of
/// several, data from position 0 on), and the word that ends the run.
static RETURN: [Word; 2] = {
    let [_, _, refs_low, refs_high] = Word::wide(0, 0, ENTRY_REFS as u32).0;
    [Word([0, 0, refs_low, refs_high]), Word([Fixed::Finish as u16, 0, 0, 0])]
};

/// Links an activation for as long as it exists.
struct Link {
    runtime: *mut VmRuntime,
    outer: *mut Activation,
}

impl Drop for Link {
    fn drop(&mut self) {
        // SAFETY: the runtime block outlives the call that the link is a local of.
        unsafe { (*self.runtime).activation = self.outer };
    }
}

/// Copies values between a slot array in the order of a signature, and data slots and reference slots that descend.
///
/// # Safety
///
/// `data` and `refs` have room for what `types` says, and `values` is at least as long.
unsafe fn transfer(types: &[ValType], values: &mut [u64], mut data: *mut u64, mut refs: *mut u64, out: bool) {
    let mut values = values.iter_mut();
    for ty in types {
        for value in values.by_ref().take(ty.slots()) {
            let slot = if ty.is_ref() { refs } else { data };
            // SAFETY: the caller's promise.
            unsafe { if out { *value = *slot } else { *slot = *value } };
            if ty.is_ref() { refs = refs.wrapping_sub(1) } else { data = data.wrapping_add(1) }
        }
    }
}

impl CallEngine for Machine {
    unsafe fn call(
        &mut self,
        cx: &mut dyn Embedder,
        callee: NonNull<VmFuncRef>,
        _: Arity,
        values: &mut [u64],
    ) -> Result<(), Error> {
        // SAFETY: the caller's promise: the callee is live.
        let VmFuncRef { code, vmctx, type_id, .. } = unsafe { *callee.as_ptr() };
        let record: *const InterpFunc = code.0.cast();
        // SAFETY: code pointers of this engine are function records.
        let func = unsafe { &*record };
        if func.kind == FuncKind::Host {
            let cx = libcalls::embedder_of_call(cx);
            // SAFETY: the vmctx of a host function is its `VmHostFunc`.
            return unsafe { libcalls::invoke_host(&raw const cx, vmctx.cast(), ptr::null_mut(), values) };
        }
        let vmctx: *mut VmContext = vmctx.cast();
        // SAFETY: the vmctx of a guest function is live, as its function is; `ty` is set in records of guest functions.
        let (runtime, ty) = unsafe { ((*vmctx).header.runtime, &*func.ty) };

        // The frames of the entry and of the callee, in words from the start of the stack.
        let results = ty.results();
        let (result_refs, result_slots) = match func.scalar {
            true => (0, results.len()),
            false => (results.iter().filter(|t| t.is_ref()).count(), ty.result_slots()),
        };
        let entry = result_refs + HEADER as usize;
        let frame = entry + result_slots + func.below as usize;
        let start = self.stack.start();
        let entry_fp = start.wrapping_add(entry);
        let scalars = func.scalar.then_some(result_slots);
        let entry_frame = Entry { fp: entry_fp, scalars, type_id };
        let mut state = self.state(cx, runtime, vmctx);
        state.fp = entry_fp;
        let state: *mut State = &mut state;
        // SAFETY: the runtime block outlives the call.
        let outer = unsafe { (*runtime).activation };
        let mut activation = Activation { outer, walk, state: state.cast_const().cast() };
        let _link = Link { runtime, outer };

        let stop = if frame.saturating_add(func.above as usize) > self.stack.words() {
            if entry > self.stack.words() {
                return Err(TrapCode::StackOverflow.into());
            }
            // SAFETY: the entry's header fits, as was just checked; it ends the walk.
            unsafe {
                write_header(entry_fp, ptr::null(), ptr::null_mut(), &raw const ENTRY, vmctx);
                (*runtime).activation = &mut activation;
            }
            TrapCode::StackOverflow.into()
        } else {
            let fp = start.wrapping_add(frame);
            // SAFETY: both frames fit the stack. The registers are those of a call of the function from the entry:
            // the invariants of `exec` hold.
            unsafe {
                write_header(entry_fp, ptr::null(), ptr::null_mut(), &raw const ENTRY, vmctx);
                write_header(fp, &raw const RETURN[1], entry_fp, record, vmctx);
                if func.scalar {
                    values
                        .iter()
                        .take(ty.params().len())
                        .enumerate()
                        .for_each(|(i, value)| *fp.add(i) = *value);
                } else {
                    transfer(ty.params(), values, fp, fp.wrapping_offset(func.ref_top as isize), false);
                }
                (*runtime).activation = &mut activation;
                let mut r = Regs {
                    ip: func.code,
                    fp,
                    mem: ptr::null_mut(),
                    cx: state,
                    acc: 0,
                    acc64: 0.0,
                    acc32: 0.0,
                };
                r.reload_memory();
                dispatch::run(self.dispatch, r)
            }
        };
        // SAFETY: the link is still there. The caller promised that `values` is long enough.
        unsafe { self.outcome(stop, cx, state, entry_frame, values) }
    }

    unsafe fn resume(
        &mut self,
        cx: &mut dyn Embedder,
        host: &FuncType,
        values: &mut [u64],
    ) -> Result<(), Error> {
        let Some(Suspended { entry, runtime, ret, to, .. }) = self.suspended.take() else {
            return Err(Error::usage("no guest is suspended"));
        };
        let mut state = self.state(cx, runtime, ptr::null_mut());
        let state: *mut State = &mut state;
        // SAFETY: the runtime block is that of the store in `cx`.
        let outer = unsafe { (*runtime).activation };
        let mut activation = Activation { outer, walk, state: state.cast_const().cast() };
        let _link = Link { runtime, outer };
        // SAFETY: the guest stopped at the call of a host function of this type, and its frames and their instances have
        // been kept: the invariants of `exec` hold as after that call.
        unsafe {
            (*runtime).activation = &mut activation;
            let r = return_from_host(state, host, values, ret, to);
            let stop = dispatch::run(self.dispatch, r);
            self.outcome(stop, cx, state, entry, values)
        }
    }

    unsafe fn walk(&self, visit: &mut dyn FnMut(&RawFrame) -> bool) {
        if let Some(suspended) = &self.suspended {
            // SAFETY: the guest's frames are on the stack, and their instances alive.
            unsafe { walk_from(suspended.ip, suspended.fp, visit) };
        }
    }
}

/// Walks the frames of a call in progress; a [`WalkFn`](wz_core::runtime::vm::WalkFn).
///
/// # Safety
///
/// `state` is the [`State`] of a call whose guest is stopped and walkable.
unsafe fn walk(state: *const (), visit: &mut dyn FnMut(&RawFrame) -> bool) {
    let state: *const State = state.cast();
    // SAFETY: the caller's promise.
    unsafe { walk_from((*state).ip, (*state).fp, visit) };
}

/// Walks the frames from the one at `fp` on, which is at the instruction `ip`.
///
/// # Safety
///
/// These are the instruction and the innermost frame of a guest that is stopped, and its instances are alive.
unsafe fn walk_from(mut ip: *const Word, mut fp: *mut u64, visit: &mut dyn FnMut(&RawFrame) -> bool) {
    // SAFETY: the caller's promise. Frames are linked by their headers down to the entry's.
    unsafe {
        loop {
            let func = &*fp.sub(2).cast::<*const InterpFunc>().read();
            if func.kind == FuncKind::Entry {
                return;
            }
            let position = (ip.addr().wrapping_sub(func.code.addr())) / size_of::<Word>();
            let frame = RawFrame {
                vmctx: fp.sub(1).cast::<*mut VmContext>().read(),
                func: func.func,
                position,
                refs: fp.offset(func.ref_low as isize),
                refs_len: func.ref_len as usize,
            };
            if !visit(&frame) {
                return;
            }
            // The word before the return address belongs to the call.
            ip = fp.sub(4).cast::<*const Word>().read().wrapping_sub(1);
            fp = fp.sub(3).cast::<*mut u64>().read();
        }
    }
}
