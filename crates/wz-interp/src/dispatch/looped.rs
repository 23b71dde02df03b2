//! Dispatch by a loop: every handler returns to it. Runs wherever Rust does.

use crate::exec::{Handler, Regs, Stop};
use crate::isa::LOOPED;

/// A handler: it changes the registers, or leaves them as they are and says why it stops (0 is to go on).
pub(crate) type Looped = unsafe fn(&mut Regs) -> u32;

/// A handler as a function.
pub(crate) unsafe fn looped<H: Handler>(r: &mut Regs) -> u32 {
    // SAFETY: the loop below calls handlers for the instruction at `r.ip` only.
    match unsafe { H::run(*r) } {
        Ok(next) => {
            *r = next;
            0
        }
        Err(Stop(number)) => number,
    }
}

/// Runs code until it stops.
///
/// # Safety
///
/// As for [`run`](super::run).
pub(super) unsafe fn run(mut r: Regs) -> Stop {
    loop {
        // SAFETY: invariant 1 of `exec`: numbers in code are indices of the table.
        let stop = unsafe { LOOPED.get_unchecked(usize::from(r.ufield(0)))(&mut r) };
        if stop != 0 {
            // SAFETY: the registers are those of the instruction that stopped.
            unsafe { r.save() };
            return Stop(stop);
        }
    }
}
