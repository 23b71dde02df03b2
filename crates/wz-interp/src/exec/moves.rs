//! Constants, far slots, ranges, and clearing of slots.

use super::value::{V128, Value};
use super::{Flow, Handler, Regs, X};

/// `x <- imm`, zero-extended
pub(crate) struct Const32;
/// `x <- imm`, sign-extended
pub(crate) struct ConstSigned;
/// `x <- word 1`
pub(crate) struct Const64;
/// `x, x + 1 <- word 1, word 2`
pub(crate) struct Const128;

// Constants go past the accumulator: one that an instruction needs in a slot does not disturb its other operands.

impl Handler for Const32 {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the invariants of `exec`.
        unsafe { *r.slot(X) = r.imm().into() };
        r.skip(1)
    }
}

impl Handler for ConstSigned {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the invariants of `exec`.
        unsafe { *r.slot(X) = i64::from(r.imm() as i32) as u64 };
        r.skip(1)
    }
}

impl Handler for Const64 {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the invariants of `exec`.
        unsafe { *r.slot(X) = r.data(1) };
        r.skip(2)
    }
}

impl Handler for Const128 {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the invariants of `exec`.
        unsafe { V128::from_halves(r.data(1), r.data(2)).write(r.slot(X)) };
        r.skip(3)
    }
}

/// `x <- slot at position imm`
pub(crate) struct FarGet<V>(std::marker::PhantomData<V>);
/// `slot at position imm <- x`
pub(crate) struct FarSet<V>(std::marker::PhantomData<V>);

impl<V: Value> Handler for FarGet<V> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the invariants of `exec`; the position is in the frame.
        unsafe { r.put(X, V::read(r.fp.offset(r.imm() as i32 as isize))) };
        r.skip(1)
    }
}

impl<V: Value> Handler for FarSet<V> {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: as above.
        unsafe { V::read(r.slot(X)).write(r.fp.offset(r.imm() as i32 as isize)) };
        r.skip(1)
    }
}

/// Moves `imm` slots from the position in word 1 (second) to that in word 1 (first).
pub(crate) struct MoveSlots;

impl Handler for MoveSlots {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the invariants of `exec`; both ranges are in the frame.
        unsafe {
            let (to, from) = r.pair(1);
            let (from, to) = (r.fp.offset(from as i32 as isize), r.fp.offset(to as i32 as isize));
            std::ptr::copy(from, to, r.imm() as usize);
        }
        r.skip(2)
    }
}

/// Clears N slots from `x` on.
pub(crate) struct Zero<const N: usize>;

impl<const N: usize> Handler for Zero<N> {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the invariants of `exec`.
        unsafe { r.slot(X).cast::<[u64; N]>().write([0; N]) };
        r.skip(1)
    }
}

/// Clears as many slots as word 1 says (second) from the position in word 1 (first) on.
pub(crate) struct ZeroMany;

impl Handler for ZeroMany {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the invariants of `exec`; the range is in the frame.
        unsafe {
            let (from, count) = r.pair(1);
            r.fp.offset(from as i32 as isize).write_bytes(0, count as usize);
        }
        r.skip(2)
    }
}
