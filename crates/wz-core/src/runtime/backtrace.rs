//! Backtraces of the calls in progress.

use super::instance::Functions;
use super::store::Store;
use super::vm::RawFrame;
use crate::trap::{Backtrace, Frame};

/// The guest frames of all calls in progress, innermost first: the first [`Backtrace::MAX_FRAMES`], and how many more
/// there are.
pub fn capture(store: &Store) -> Backtrace {
    let mut backtrace = Backtrace::default();
    store.for_each_frame(|frame| {
        if backtrace.frames.len() < Backtrace::MAX_FRAMES {
            backtrace.frames.push(describe(frame));
        } else {
            backtrace.omitted += 1;
        }
        true
    });
    backtrace
}

fn describe(frame: &RawFrame) -> Frame {
    // SAFETY: the vmctx of a frame is that of an instance that has a frame, which is alive therefore; the guest is
    // stopped.
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
