//! The walk of a call's frames.
//!
//! Frames have no links: where a frame ends says the record of the function, which is found by the code's address. Restore
//! frames are stepped over: nobody has anything in them.

use super::code::{Location, NativeCode, position};
use super::helpers::is_restore;
use super::machine::{Exit, State};
use super::registry;
use std::ops::Range;
use std::ptr;
use wz_core::native::{FuncRecord, Restore};
use wz_core::runtime::vm::{RawFrame, VmContext};

/// Walks the frames of a call in progress; a [`WalkFn`](wz_core::runtime::vm::WalkFn).
///
/// # Safety
///
/// `state` is the [`State`] of a live call whose guest is stopped.
pub(super) unsafe fn walk(state: *const (), visit: &mut dyn FnMut(&RawFrame) -> bool) {
    // SAFETY: the caller's promise.
    let State { exit, stack, .. } = unsafe { &*state.cast::<State>() };
    let stack = Stack(stack.clone());
    let mut code = None;
    let next = match *exit {
        Exit::None => None,
        Exit::Call { sp } => stack.return_to(sp, 0),
        Exit::CallWithArea { sp, area } => stack.return_to(sp, area),
        Exit::Trap { pc, sp, vmctx, .. } => find(&mut code, pc).and_then(|(code, offset)| {
            let at = code.location(offset)?;
            if at.has_frame() {
                let frame = frame(&at, position(offset, true), sp, vmctx);
                if !visit(&frame) {
                    return None;
                }
                stack.caller_of(at.record, sp + at.record.frame_bytes as usize)
            } else {
                stack.caller_of(at.record, sp)
            }
        }),
    };
    let mut next = next;
    while let Some((pc, sp)) = next {
        // A return address may be the end of its function: the call is the instruction before.
        let Some((code, offset)) = find(&mut code, pc.wrapping_sub(1)) else { return };
        let (Some(at), Some(vmctx)) = (code.location(offset), stack.read(sp)) else { return };
        let position = position(offset + 1, false);
        let frame = frame(&at, position, sp, ptr::with_exposed_provenance_mut(vmctx));
        if !visit(&frame) {
            return;
        }
        next = stack.caller_of(at.record, sp + at.record.frame_bytes as usize);
    }
}

/// The code that an address lies in, and its offset there. Tries the code of the last frame first.
fn find(last: &mut Option<&'static NativeCode>, pc: usize) -> Option<(&'static NativeCode, u32)> {
    if let Some(code) = *last
        && let Some(offset) = code.offset_of(pc)
    {
        return Some((code, offset));
    }
    // SAFETY: code that a frame is of is alive as long as the frame. The reference is used during the walk only.
    let code = unsafe { registry::find(pc)?.as_ref() }?;
    *last = Some(code);
    Some((code, code.offset_of(pc)?))
}

fn frame(at: &Location<'_>, position: usize, sp: usize, vmctx: *mut VmContext) -> RawFrame {
    RawFrame {
        vmctx,
        func: at.func,
        position,
        refs: ptr::with_exposed_provenance(sp + at.record.refs_offset as usize),
        refs_len: at.record.ref_len as usize,
    }
}

/// The accessible addresses of a guest's stack.
struct Stack(Range<usize>);

impl Stack {
    /// The word at an address.
    fn read(&self, address: usize) -> Option<usize> {
        if !self.0.contains(&address) || self.0.end - address < 8 {
            return None;
        }
        // SAFETY: an accessible word of a stack whose guest is stopped.
        Some(unsafe { ptr::with_exposed_provenance::<usize>(address).read_unaligned() })
    }

    /// Code address and stack pointer of the caller of a function whose return address is at `sp`. The caller of one that
    /// was entered by a tail call from another instance is that of the function that made the first such call.
    fn caller_of(&self, func: &FuncRecord, sp: usize) -> Option<(usize, usize)> {
        let (args, results) = (func.arg_bytes as usize, func.result_bytes as usize);
        if !is_restore(self.read(sp)?) {
            return self.return_to(sp, args + results);
        }
        let frame = sp + 8 + args;
        let return_address = self.read(frame + Restore::RETURN as usize)?;
        Some((return_address, frame + results.max(Restore::FRAME_BYTES as usize)))
    }

    /// Code address and stack pointer after the return of a call whose return address is at `sp`, with so many bytes of
    /// arguments and results above it.
    fn return_to(&self, sp: usize, area: usize) -> Option<(usize, usize)> {
        Some((self.read(sp)?, sp + 8 + area))
    }
}
