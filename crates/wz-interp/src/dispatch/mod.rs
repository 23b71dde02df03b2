//! Dispatch: from handler to handler, by one of two backends with the same contract.
//!
//! Each backend turns a [`Handler`] into a function ([`looped`], `threaded`), and runs code through its table of them.
//! The threaded one exists in builds where the compiler turns its calls into jumps; see build.rs.

mod looped;
#[cfg(wz_threaded)]
mod threaded;

pub(crate) use looped::{Looped, looped};
#[cfg(wz_threaded)]
pub(crate) use threaded::{Threaded, threaded};

use crate::engine::Dispatch;
use crate::exec::{Regs, Stop};

/// Runs code until it stops; the guest is walkable then.
///
/// # Safety
///
/// The invariants of [`exec`](crate::exec) hold for `r`.
pub(crate) unsafe fn run(dispatch: Dispatch, r: Regs) -> Stop {
    match dispatch {
        // SAFETY: the caller's promise.
        #[cfg(wz_threaded)]
        Dispatch::Threaded => unsafe { threaded::run(r) },
        // SAFETY: the caller's promise.
        _ => unsafe { looped::run(r) },
    }
}
