//! Backtraces of calls.

use super::instance::Functions;
use super::store::Store;
use super::vm::RawFrame;
use crate::trap::{Backtrace, Frame};

/// The guest frames of all calls in progress, innermost first: the first [`Backtrace::MAX_FRAMES`], and how many more
/// there are.
pub fn capture(store: &Store) -> Backtrace {
    // SAFETY: the instances of frames of calls in progress are alive.
    unsafe { of(|visit| store.for_each_frame(visit)) }
}

/// The guest frames that a walk visits.
///
/// # Safety
///
/// Their instances are alive, and the guests stopped.
pub(super) unsafe fn of(walk: impl FnOnce(&mut dyn FnMut(&RawFrame) -> bool)) -> Backtrace {
    let mut backtrace = Backtrace::default();
    walk(&mut |frame| {
        if backtrace.frames.len() < Backtrace::MAX_FRAMES {
            // SAFETY: the caller's promise.
            backtrace.frames.push(unsafe { describe(frame) });
        } else {
            backtrace.omitted += 1;
        }
        true
    });
    backtrace
}

/// # Safety
///
/// The frame's instance is alive, and the guest stopped.
unsafe fn describe(frame: &RawFrame) -> Frame {
    // SAFETY: the caller's promise.
    let instance = unsafe { &*(*frame.vmctx).instance };
    let module = &instance.module;
    let offset = match &instance.functions {
        Functions::Guest(engine) => engine.code().source_offset(frame.func, frame.position),
        Functions::Host(..) => None,
    };
    let lines = match (&instance.symbolizer, offset) {
        (Some(symbolizer), Some(offset)) => symbolizer.lines(offset),
        _ => Vec::new(),
    };
    Frame {
        module: instance.name().or(module.names.module.as_deref()).map(str::to_owned),
        function: frame.func,
        name: module.func_name(frame.func).map(str::to_owned),
        offset,
        lines,
    }
}
