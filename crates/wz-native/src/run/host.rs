//! Calls of host functions by guests.

use super::arch::Registers;
use super::machine::{Exit, State};
use super::signature::{RESULTS_START, gather, result_bytes, scatter, stack_bytes};
use std::slice;
use wz_core::Error;
use wz_core::runtime::libcalls;
use wz_core::runtime::vm::{VmContext, VmHostFunc};

/// Calls a host function whose arguments are in `registers` and on the guest's stack, and puts the results there.
/// Returns 0 if there is at most one result, in the first register, and nothing to take off the stack; or else one more than
/// the bytes of arguments to take off, or a negative number if the guest must leave.
///
/// # Safety
///
/// Only [`host_entry`](super::arch::host_entry) calls it: `host` is the live function that the guest calls, `caller`
/// the live calling instance's vmctx, and `registers` are where the stub put them on the guest's stack.
pub(super) unsafe extern "sysv64" fn call(
    host: *const VmHostFunc,
    caller: *mut VmContext,
    registers: *mut Registers,
) -> i64 {
    // SAFETY: the caller's promise. While a guest runs its runtime has an activation. The registers are in the guest's
    // stack, which nothing else refers to while the guest is stopped; those that the type has values for are initialised.
    unsafe {
        let Some(state) = State::of((*caller).header.runtime) else { return -1 };
        let arity = (*host).arity;
        let sp = registers.addr() + Registers::BELOW_RETURN;
        if !arity.is_simple(Registers::INTS) {
            return call_any(state, host, caller, registers, sp);
        }
        (*state).exit = Exit::Call { sp };
        let Some(embedder) = &(*state).embedder else { return -1 };
        // The first result's register is the array's first, like the first argument's.
        let ints = (&raw mut (*registers).ints).cast();
        let values = slice::from_raw_parts_mut(ints, arity.params().max(arity.results()));
        match libcalls::invoke_host(embedder, host, caller, values) {
            Ok(()) => 0,
            Err(error) => fail(state, error),
        }
    }
}

#[cold]
unsafe fn fail(state: *mut State, error: Error) -> i64 {
    // SAFETY: the state of the call in progress, which nobody else uses while the guest is stopped.
    unsafe { (*state).error = Some(error) };
    -1
}

/// [`call`] for arguments and results of any kind and number.
///
/// # Safety
///
/// As for [`call`]; `state` is that of the call in progress, `sp` the guest's stack pointer.
#[inline(never)]
unsafe fn call_any(
    state: *mut State,
    host: *const VmHostFunc,
    caller: *mut VmContext,
    registers: *mut Registers,
    sp: usize,
) -> i64 {
    /// Values that need no allocation.
    const FEW: usize = 32;
    // SAFETY: the caller's promise. The areas above the return address are as large as the type says.
    unsafe {
        let ty = &(*(*host).func).ty;
        let (arg_bytes, result_bytes) = (stack_bytes(ty.params()), result_bytes(ty.results()));
        (*state).exit = Exit::CallWithArea { sp, area: arg_bytes + result_bytes };
        let len = ty.param_slots().max(ty.result_slots());
        let mut few = [0; FEW];
        let mut many = Vec::new();
        let values = match few.get_mut(..len) {
            Some(values) => values,
            None => {
                if many.try_reserve_exact(len).is_err() {
                    return fail(state, Error::limit(format!("no memory for {len} values")));
                }
                many.resize(len, 0);
                &mut many[..]
            }
        };
        let args = std::ptr::with_exposed_provenance_mut::<u64>(sp + 8);
        gather(ty.params(), values, &mut *registers, args);
        let Some(embedder) = &(*state).embedder else { return -1 };
        match libcalls::invoke_host(embedder, host, caller, values) {
            Ok(()) => {
                let results = args.wrapping_byte_add(arg_bytes + RESULTS_START);
                scatter(ty.results(), values, &mut *registers, results);
                arg_bytes as i64 + 1
            }
            Err(error) => fail(state, error),
        }
    }
}
