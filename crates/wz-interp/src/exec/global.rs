//! Globals and references.

use super::value::{Source, Value};
use super::{Flow, Handler, Regs, X};
use std::marker::PhantomData;
use wz_core::runtime::libcalls;
use wz_core::runtime::vm::VmGlobal;

#[inline(always)]
unsafe fn cell(r: &Regs) -> *mut u64 {
    // SAFETY: invariant 3: the instance has the global whose index is in the instruction.
    unsafe {
        let global: *mut VmGlobal = *(*r.vmctx()).globals.add(r.imm() as usize);
        (&raw mut (*global).slots).cast()
    }
}

/// `x <- global imm`
pub(crate) struct GlobalGet<V>(PhantomData<V>);
/// `global imm <- x`
pub(crate) struct GlobalSet<V, A>(PhantomData<(V, A)>);

impl<V: Value> Handler for GlobalGet<V> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the invariants of `exec`; the encoder checked the global's class.
        unsafe { r.put(X, V::read(cell(&r))) };
        r.skip(1)
    }
}

impl<V: Value, A: Source<V>> Handler for GlobalSet<V, A> {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: as above.
        unsafe { A::get(&r, X).write(cell(&r)) };
        r.skip(1)
    }
}

/// `x <- reference to function imm`
pub(crate) struct RefFunc;

impl Handler for RefFunc {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the invariants of `exec`; the instance's module has that function.
        unsafe {
            let func = libcalls::ref_func(r.vmctx(), r.imm());
            r.put(X, func);
        }
        r.skip(1)
    }
}
