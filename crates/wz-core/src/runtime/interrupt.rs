//! The interrupt word: why guests are to stop.
//!
//! Compiled code, bulk operations and blocking host functions look at the word and stop if it is not 0. The store's
//! interrupters and its deadline set their bits from other threads; these stay set until somebody clears them. The bit
//! for closed instances is the store's own: it is set while the innermost call in progress has a frame of one.

use super::store::Store;
use super::vm::RawFrame;
use crate::error::Error;
use crate::runtime::backtrace;
use crate::trap::{Trap, TrapCode};
use std::sync::atomic::Ordering;

/// Somebody asked for an interruption.
pub const REQUESTED: u32 = 1;
/// The deadline has passed.
pub const DEADLINE: u32 = 2;
/// An instance that has a frame in the innermost call in progress is closed.
pub(super) const CLOSED: u32 = 4;

/// The error of a call whose guest stopped for this reason, before its frames go. A guest that was interrupted because
/// an instance on its stack is closed ends with that instance's exit code; everything else is a trap with its
/// backtrace.
pub fn stopped(store: &Store, code: TrapCode) -> Error {
    if code == TrapCode::Interrupted
        && store.interrupt.load(Ordering::Relaxed) & CLOSED != 0
        && let Some(exit_code) = store.closed_frame()
    {
        return Error::exit(exit_code);
    }
    Trap { code, backtrace: backtrace::capture(store) }.into()
}

impl Store {
    /// Has calls in progress end, if the configuration says that guests look at the interrupt word, where they have
    /// frames of instances that are closed. To be called after one is closed.
    pub(super) fn end_calls_of_closed(&mut self) {
        if self.config.interruption && self.runtime.nesting > 0 {
            self.ending = true;
            self.look_for_closed_frames();
        }
    }

    /// Sets or clears the bit for closed instances, as the innermost call in progress has it.
    pub(super) fn look_for_closed_frames(&self) {
        if self.closed_frame().is_some() {
            self.interrupt.fetch_or(CLOSED, Ordering::Relaxed);
        } else {
            self.interrupt.fetch_and(!CLOSED, Ordering::Relaxed);
        }
    }

    /// The exit code of the innermost closed instance that has a frame in the innermost call in progress.
    fn closed_frame(&self) -> Option<u32> {
        let mut found = None;
        self.for_each_frame_of_innermost(|frame: &RawFrame| {
            // SAFETY: the vmctx of a frame is that of an instance that has a frame, which is alive therefore.
            let instance = unsafe { &*(*frame.vmctx).instance };
            found = self.exit_code(instance.id);
            found.is_none()
        });
        found
    }
}
