//! Loads and stores of vectors and lanes.

use super::lanes::{lane, with_lane};
use super::{Lane, splat, widen};
use crate::exec::access::{Bytes, far};
use crate::exec::memory::loads;
use crate::exec::value::{V128, Value};
use crate::exec::{Flow, Handler, Regs, X, Y, Z};
use std::marker::PhantomData;

/// A vector of which only the low half is loaded.
fn half(m: u64) -> V128 {
    V128::new(m.into())
}

loads! {
    V128Load8x8S(m: u64) -> V128 { widen(half(m), 0, |lane: i8| i16::from(lane)) }
    V128Load8x8U(m: u64) -> V128 { widen(half(m), 0, |lane: u8| u16::from(lane)) }
    V128Load16x4S(m: u64) -> V128 { widen(half(m), 0, |lane: i16| i32::from(lane)) }
    V128Load16x4U(m: u64) -> V128 { widen(half(m), 0, |lane: u16| u32::from(lane)) }
    V128Load32x2S(m: u64) -> V128 { widen(half(m), 0, |lane: i32| i64::from(lane)) }
    V128Load32x2U(m: u64) -> V128 { widen(half(m), 0, |lane: u32| u64::from(lane)) }
    V128Load8Splat(m: u8) -> V128 { splat(m) }
    V128Load16Splat(m: u16) -> V128 { splat(m) }
    V128Load32Splat(m: u32) -> V128 { splat(m) }
    V128Load64Splat(m: u64) -> V128 { splat(m) }
    V128Load32Zero(m: u32) -> V128 { V128::new(m.into()) }
    V128Load64Zero(m: u64) -> V128 { V128::new(m.into()) }
}

/// The type of a lane access's lane.
pub(crate) trait LaneAccess {
    /// The lane's type.
    type L: Lane + Bytes;
}

macro_rules! lane_accesses {
    ($($name:ident $l:ty;)*) => {$(
        pub(crate) struct $name;
        impl LaneAccess for $name {
            type L = $l;
        }
    )*};
}

lane_accesses! {
    V128Load8Lane u8;
    V128Load16Lane u16;
    V128Load32Lane u32;
    V128Load64Lane u64;
    V128Store8Lane u8;
    V128Store16Lane u16;
    V128Store32Lane u32;
    V128Store64Lane u64;
}

/// `x <- z with a lane from memory [y + offset in word 1]`; the halves of word 2 are memory and lane.
pub(crate) struct LoadLane<O, const SHARED: bool>(PhantomData<O>);
/// `memory [x + offset in word 1] <- lane of y`; the halves of word 2 are memory and lane.
pub(crate) struct StoreLane<O, const SHARED: bool>(PhantomData<O>);

impl<O: LaneAccess, const SHARED: bool> Handler for LoadLane<O, SHARED> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the invariants of `exec`; `far` checked the range.
        unsafe {
            let (memory, n) = r.pair(2);
            let p = far(&r, memory as usize, u64::read(r.slot(Y)), r.data(1), O::L::SIZE)?;
            let lane = if SHARED { O::L::load_shared(p) } else { O::L::load(p) };
            r.put(X, with_lane(V128::read(r.slot(Z)), n as usize, lane));
        }
        r.skip(3)
    }
}

impl<O: LaneAccess, const SHARED: bool> Handler for StoreLane<O, SHARED> {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: as above.
        unsafe {
            let (memory, n) = r.pair(2);
            let p = far(&r, memory as usize, u64::read(r.slot(X)), r.data(1), O::L::SIZE)?;
            let lane = lane::<O::L>(V128::read(r.slot(Y)), n as usize);
            if SHARED { lane.store_shared(p) } else { lane.store(p) }
        }
        r.skip(3)
    }
}
