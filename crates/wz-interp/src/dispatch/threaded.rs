//! Threaded dispatch: every handler ends in a call of the next, which the compiler turns into a jump.
//!
//! For that, a handler's function must keep nothing after the call: all registers are passed in registers of the
//! processor, the result is what the next one returns, and no local variable has an address. Where a handler needs
//! a function that is not inlined, it passes values, never references to its locals.

use crate::code::Word;
use crate::exec::{Handler, Regs, State, Stop};
use crate::isa::THREADED;

/// The table of handlers: its address is in a register of its own.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct Table(*const Threaded);

macro_rules! define {
    ($abi:literal) => {
        /// A handler. It returns why the code stopped, possibly many instructions later.
        pub(crate) type Threaded = unsafe extern $abi fn(
            *const Word, *mut u64, *mut u8, Table, *mut State, u64, f64, f32,
        ) -> u32;

        /// A handler as a function.
        pub(crate) unsafe extern $abi fn threaded<H: Handler>(
            ip: *const Word,
            fp: *mut u64,
            mem: *mut u8,
            table: Table,
            cx: *mut State,
            acc: u64,
            acc64: f64,
            acc32: f32,
        ) -> u32 {
            let r = Regs { ip, fp, mem, cx, acc, acc64, acc32 };
            // SAFETY: `next` calls handlers for the instruction at `ip` only.
            unsafe {
                match H::run(r) {
                    Ok(r) => {
                        let handler = *table.0.add(usize::from(r.ufield(0)));
                        handler(r.ip, r.fp, r.mem, table, r.cx, r.acc, r.acc64, r.acc32)
                    }
                    Err(stop) => stopped(ip, fp, cx, stop.0),
                }
            }
        }

        /// Ends the run: saves where it stopped.
        #[cold]
        #[inline(never)]
        unsafe extern $abi fn stopped(ip: *const Word, fp: *mut u64, cx: *mut State, stop: u32) -> u32 {
            // SAFETY: invariant 5 of `exec`.
            unsafe {
                (*cx).ip = ip;
                (*cx).fp = fp;
            }
            // If callers knew that this is what they passed, they would not jump here.
            std::hint::black_box(stop)
        }
    };
}

// All eight values are in registers in both conventions; the first is also Windows's way to have that.
#[cfg(target_arch = "x86_64")]
define!("sysv64");
#[cfg(target_arch = "aarch64")]
define!("C");

/// Runs code until it stops.
///
/// # Safety
///
/// As for [`run`](super::run).
pub(super) unsafe fn run(r: Regs) -> Stop {
    // SAFETY: invariant 1 of `exec`: numbers in code are indices of the table.
    unsafe {
        let table = Table(THREADED.as_ptr());
        let handler = *table.0.add(usize::from(r.ufield(0)));
        Stop(handler(r.ip, r.fp, r.mem, table, r.cx, r.acc, r.acc64, r.acc32))
    }
}
