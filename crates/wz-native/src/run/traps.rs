//! From a fault of a guest to a trap. Everything here runs in signal handlers: it takes no locks, allocates nothing and
//! uses nothing of the thread's.

use super::arch::Context;
use super::machine::{Exit, State};
use super::{registry, stack};
use libc::{c_int, c_void, siginfo_t};
use wz_core::TrapCode;
use wz_core::runtime::vm::{VmContext, VmHeader};

/// How far from a guarded memory's start the accesses of guests may be, on either side: the reach of an index and an
/// offset.
const MEMORY_REACH: u64 = 6 << 30;

/// If the signal is a guest's trap, notes it in the call's state and has the guest leave when the handler returns.
/// Otherwise changes nothing.
///
/// # Safety
///
/// Called from a signal handler with its arguments.
pub(super) unsafe fn catch(signal: c_int, info: &siginfo_t, context: *mut c_void) -> bool {
    // Signals that somebody sent say nothing about the instruction.
    if info.si_code <= 0 {
        return false;
    }
    // SAFETY: the handler's own context.
    let mut context = unsafe { Context::of(context) };
    let (pc, sp) = (context.pc(), context.sp());
    let Some(code) = registry::find(pc) else { return false };
    // SAFETY: the thread runs this code, so it is alive.
    let code = unsafe { &*code };
    let Some(offset) = code.offset_of(pc) else { return false };
    let Some(trap) = code.site(offset, true).and_then(|site| site.trap()) else { return false };
    // SAFETY: at a site the vmctx is in its register: that of a live instance, whose runtime's innermost activation is
    // that of the call which is running.
    unsafe {
        let vmctx = context.vmctx();
        let VmHeader { kind, runtime, .. } = (*vmctx).header;
        if kind != VmHeader::GUEST {
            return false;
        }
        let Some(state) = State::of(runtime) else { return false };
        if !explains(signal, info, trap, vmctx, &*state) {
            return false;
        }
        (*state).exit = Exit::Trap { code: trap, pc, sp, vmctx };
        context.leave((*runtime).host_sp);
    }
    true
}

/// Whether the trap that the site is for explains the fault. If it does not, the code is not what it should be, and the
/// process must not go on.
///
/// # Safety
///
/// `vmctx` is live.
unsafe fn explains(
    signal: c_int,
    info: &siginfo_t,
    trap: TrapCode,
    vmctx: *mut VmContext,
    state: &State,
) -> bool {
    match signal {
        libc::SIGSEGV | libc::SIGBUS => {
            // SAFETY: these signals have an address.
            let address = unsafe { info.si_addr() }.addr();
            match trap {
                TrapCode::StackOverflow => stack::guard(&state.stack).contains(&address),
                TrapCode::MemoryOutOfBounds => {
                    // SAFETY: the caller's promise; the definition of a live instance's memory is alive.
                    let base = unsafe { (*vmctx).memory0.as_ref() }.map(|memory| memory.base.addr());
                    base.is_some_and(|base| base.abs_diff(address) as u64 <= MEMORY_REACH)
                }
                _ => false,
            }
        }
        libc::SIGFPE => trap == TrapCode::IntegerDivideByZero,
        _ => true,
    }
}
