//! Returns.

use super::call::{List, result_position, result_positions, switch_instance};
use super::value::{Source, Value};
use super::{Flow, Handler, Regs, X};
use crate::code::Word;
use std::marker::PhantomData;
use wz_core::runtime::vm::VmContext;

/// Return address and caller's frame of the frame at `r.fp`.
///
/// # Safety
///
/// As for [`Handler::run`].
#[inline(always)]
unsafe fn caller(r: &Regs) -> (*const Word, *mut u64) {
    // SAFETY: invariant 2.
    unsafe { (r.fp.sub(4).cast::<*const Word>().read(), r.fp.sub(3).cast::<*mut u64>().read()) }
}

/// Goes on in the caller.
///
/// # Safety
///
/// As for [`Handler::run`].
#[inline(always)]
unsafe fn leave(mut r: Regs, ret: *const Word, caller: *mut u64) -> Flow {
    r.ip = ret;
    r.fp = caller;
    // SAFETY: invariant 2: the caller's header names its instance.
    unsafe { switch_instance(&mut r, caller.sub(1).cast::<*mut VmContext>().read()) };
    Ok(r)
}

/// Returns nothing.
pub(crate) struct Return0;

impl Handler for Return0 {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the invariants of `exec`.
        unsafe {
            let (ret, to) = caller(&r);
            leave(r, ret, to)
        }
    }
}

/// Returns `x`.
pub(crate) struct Return1<V, A>(PhantomData<(V, A)>);

impl<V: Value, A: Source<V>> Handler for Return1<V, A> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the invariants of `exec`; the call says where a result of this class goes in its frame.
        unsafe {
            let (ret, to) = caller(&r);
            let value = A::get(&r, X);
            value.write(to.offset(result_position(ret)));
            value.accumulate(&mut r);
            leave(r, ret, to)
        }
    }
}

/// Returns the list from word 1 on.
pub(crate) struct ReturnMany<P>(PhantomData<P>);

impl<P: List> Handler for ReturnMany<P> {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the invariants of `exec`; the call says where as many results go in its frame, which is another one.
        unsafe {
            let (ret, to) = caller(&r);
            let (data, refs) = result_positions(ret);
            P::copy(r.fp, r.ip.add(1), to.wrapping_offset(data), to.wrapping_offset(refs));
            leave(r, ret, to)
        }
    }
}
