//! A call in progress: its stack, how it is entered and left, and the walk of its frames.
//!
//! The stack grows upwards. At its bottom is the frame of a pseudo-function, which takes the results of the function
//! that the host called; its return address is a word that ends the run.

use crate::code::{ENTRY, FuncKind, HEADER, InterpFunc, Word};
use crate::dispatch::{self};
use crate::engine::Dispatch;
use crate::exec::call::write_header;
use crate::exec::{Regs, State, Stop};
use crate::isa::Fixed;
use std::ptr::{self, NonNull};
use wz_core::engine::CallEngine;
use wz_core::runtime::vm::{Activation, Arity, RawFrame, VmContext, VmFuncRef, VmRuntime};
use wz_core::runtime::{Embedder, StackMemory, interrupt, libcalls};
use wz_core::types::ValType;
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
}

// SAFETY: the stack is memory that the machine owns; nothing refers to it while no call is in progress.
unsafe impl Send for Machine {}

impl Machine {
    pub(crate) fn new(dispatch: Dispatch, stack_bytes: usize) -> Result<Machine, Error> {
        Ok(Machine { dispatch, stack: Stack::new(stack_bytes)? })
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
        let VmFuncRef { code, vmctx, .. } = unsafe { *callee.as_ptr() };
        let record: *const InterpFunc = code.0.cast();
        // SAFETY: code pointers of this engine are function records.
        let func = unsafe { &*record };
        if func.kind == FuncKind::Host {
            // SAFETY: the vmctx of a host function is its `VmHostFunc`.
            return unsafe { libcalls::invoke_host(cx, vmctx.cast(), ptr::null_mut(), values) };
        }
        let vmctx: *mut VmContext = vmctx.cast();
        // SAFETY: the vmctx of a guest function is live, as its function is; `ty` is set in records of guest functions.
        let (runtime, ty) = unsafe { ((*vmctx).header.runtime, &*func.ty) };
        // SAFETY: the runtime block outlives the call.
        let interrupt = unsafe { (*runtime).interrupt };

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
        let embedder: *mut (dyn Embedder + '_) = cx;
        let mut state = State {
            vmctx,
            runtime,
            interrupt,
            len: 0,
            limit: self.stack.end(),
            ip: ptr::null(),
            fp: entry_fp,
            error: None,
            stop: Stop::FINISHED,
            result: 0,
            // SAFETY: only the lifetime changes; the state does not outlive this call.
            embedder: unsafe { std::mem::transmute::<*mut (dyn Embedder + '_), *mut dyn Embedder>(embedder) },
        };
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
        match stop.trap() {
            Some(code) => Err(interrupt::stopped(cx.store(), code)),
            None if stop == Stop::FINISHED && func.scalar => {
                for (i, value) in values.iter_mut().take(result_slots).enumerate() {
                    // SAFETY: the entry's frame has room for the results.
                    *value = unsafe { *entry_fp.add(i) };
                }
                Ok(())
            }
            None if stop == Stop::FINISHED => {
                let refs = match results {
                    [_] => entry_fp,
                    _ => entry_fp.wrapping_offset(ENTRY_REFS as isize),
                };
                // SAFETY: the entry's frame has room for the results, and `values` is long enough: the caller's
                // promise.
                unsafe { transfer(results, values, entry_fp, refs, true) };
                Ok(())
            }
            // SAFETY: the state is a local of this function.
            None => Err(unsafe { (*state).error.take() }.unwrap_or_else(|| TrapCode::Unreachable.into())),
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
    // SAFETY: the caller's promise. Frames are linked by their headers down to the entry's.
    unsafe {
        let (mut ip, mut fp) = ((*state).ip, (*state).fp);
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
