//! Branches, selects, traps, and instrumentation.

use super::arith::{Compare, Test};
use super::value::{Source, V128, Value};
use super::{Flow, Handler, Regs, Stop, X, Y, Z};
use std::marker::PhantomData;
use std::sync::atomic::Ordering::Relaxed;
use wz_core::TrapCode;

/// Not an instruction: number 0.
pub(crate) struct Reserved;

impl Handler for Reserved {
    #[inline(always)]
    unsafe fn run(_: Regs) -> Flow {
        Err(TrapCode::Unreachable.into())
    }
}

/// The outermost function has returned.
pub(crate) struct Finish;

impl Handler for Finish {
    #[inline(always)]
    unsafe fn run(_: Regs) -> Flow {
        Err(Stop::FINISHED)
    }
}

/// `unreachable`
pub(crate) struct Unreachable;

impl Handler for Unreachable {
    #[inline(always)]
    unsafe fn run(_: Regs) -> Flow {
        Err(TrapCode::Unreachable.into())
    }
}

/// Goes on at `ip + imm`.
pub(crate) struct Br;

impl Handler for Br {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: invariant 1.
        r.ip = unsafe { r.ip.offset(r.imm() as i32 as isize) };
        Ok(r)
    }
}

/// Goes on at `ip + word[1 + min(x, imm - 1)]`; the words hold two targets each.
pub(crate) struct BrTable<A>(PhantomData<A>);

impl<A: Source<u32>> Handler for BrTable<A> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: invariant 1; the encoder saw to it that there is at least one target.
        unsafe {
            let index = A::get(&r, X).min(r.imm() - 1) as usize;
            let offset = *r.ip.add(1).cast::<i32>().add(index);
            r.ip = r.ip.offset(offset as isize);
        }
        Ok(r)
    }
}

/// Where a conditional branch leads: to `ip + z`, or if LONG to `ip +` what the last of its `words` words says.
#[inline(always)]
unsafe fn branch<const LONG: bool>(mut r: Regs, words: usize, taken: bool) -> Flow {
    if taken {
        // SAFETY: invariant 1.
        let offset = unsafe { if LONG { r.pair(words).0 as i32 as isize } else { r.field(Z) as isize } };
        r.ip = r.ip.wrapping_offset(offset);
        Ok(r)
    } else {
        r.skip(words + LONG as usize)
    }
}

/// Branches if `O(x, y)` is not NEG.
pub(crate) struct If<O, A, B, const NEG: bool, const LONG: bool>(PhantomData<(O, A, B)>);

impl<O, A, B, const NEG: bool, const LONG: bool> Handler for If<O, A, B, NEG, LONG>
where
    O: Compare,
    A: Source<O::V>,
    B: Source<O::V>,
{
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the invariants of `exec`.
        unsafe {
            let holds = O::holds(A::get(&r, X), B::get(&r, Y));
            branch::<LONG>(r, 1 + A::WORDS + B::WORDS, holds != NEG)
        }
    }
}

/// Branches if `O(x)`.
pub(crate) struct IfTest<O, A, const LONG: bool>(PhantomData<(O, A)>);

impl<O: Test, A: Source<O::V>, const LONG: bool> Handler for IfTest<O, A, LONG> {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the invariants of `exec`.
        unsafe {
            let holds = O::holds(A::get(&r, X));
            branch::<LONG>(r, 1, holds)
        }
    }
}

/// Fields of a select's second word: the condition's operands, as if they were fields of the first.
const CONDITION_X: usize = 4;
const CONDITION_Y: usize = 5;

/// `x <- O(word 1) ? y : z`, all of one slot.
pub(crate) struct Select<O, B>(PhantomData<(O, B)>);

impl<O: Compare, B: Source<O::V>> Handler for Select<O, B> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the invariants of `exec`; the instruction has a second word with the condition's operands.
        unsafe {
            let holds = O::holds(O::V::read(r.slot(CONDITION_X)), B::get(&r, CONDITION_Y));
            // Both are read, so that neither read waits for the condition; the compiler would choose an address first.
            let (y, z) = (r.slot(Y).read_volatile(), r.slot(Z).read_volatile());
            r.put(X, if holds { y } else { z });
        }
        r.skip(2)
    }
}

/// `x <- O(word 1) ? y : z`, all of one slot.
pub(crate) struct SelectTest<O, A>(PhantomData<(O, A)>);

impl<O: Test, A: Source<O::V>> Handler for SelectTest<O, A> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: as above.
        unsafe {
            let holds = O::holds(A::get(&r, CONDITION_X));
            // Both are read, so that neither read waits for the condition; the compiler would choose an address first.
            let (y, z) = (r.slot(Y).read_volatile(), r.slot(Z).read_volatile());
            r.put(X, if holds { y } else { z });
        }
        r.skip(2)
    }
}

/// `x <- word 1 is not 0 ? y : z`, vectors.
pub(crate) struct SelectVector;

impl Handler for SelectVector {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: as above.
        unsafe {
            let slot = if u32::read(r.slot(CONDITION_X)) != 0 { r.slot(Y) } else { r.slot(Z) };
            r.put(X, V128::read(slot));
        }
        r.skip(2)
    }
}

/// Takes `amount` units of fuel, or traps and takes none.
#[inline(always)]
unsafe fn charge(r: &Regs, amount: u64) -> Result<(), Stop> {
    // SAFETY: invariant 5; the runtime block lives as long as the call.
    unsafe {
        let runtime = (*r.cx).runtime;
        (*runtime).fuel = (*runtime).fuel.checked_sub(amount).ok_or(TrapCode::OutOfFuel)?;
    }
    Ok(())
}

/// Charges `imm` units of fuel.
pub(crate) struct Fuel;

impl Handler for Fuel {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the invariants of `exec`.
        unsafe { charge(&r, r.imm().into())? };
        r.skip(1)
    }
}

/// Charges a unit of fuel for each 64 of `x << y` bytes.
pub(crate) struct FuelBulk;

impl Handler for FuelBulk {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the invariants of `exec`.
        unsafe {
            let amount = (u128::from(*r.slot(X)) << r.ufield(Y).min(63)) / 64;
            charge(&r, amount.try_into().unwrap_or(u64::MAX))?;
        }
        r.skip(1)
    }
}

/// Traps if the runtime is interrupted.
pub(crate) struct Interrupt;

impl Handler for Interrupt {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: invariant 5; the interrupt word lives as long as the runtime block.
        if unsafe { (*(*r.cx).interrupt).load(Relaxed) } != 0 {
            return Err(TrapCode::Interrupted.into());
        }
        r.skip(1)
    }
}
