//! Ops on single lanes, shuffles and bit selection.

use super::{Lane, map, zip};
use crate::exec::value::{V128, Value};
use crate::exec::{Flow, Handler, Regs, X, Y, Z};
use std::marker::PhantomData;

/// Taking a lane out of a vector.
pub(crate) trait Extract {
    /// The lane's type.
    type L: Lane;
    /// The result.
    type R: Value;
    /// The result.
    fn extend(lane: Self::L) -> Self::R;
}

/// Putting a lane into a vector.
pub(crate) trait Replace {
    /// The lane's type.
    type L: Lane;
    /// The operand.
    type V: Value;
    /// The lane.
    fn wrap(value: Self::V) -> Self::L;
}

macro_rules! extracts {
    ($($name:ident($lane:ident: $l:ty) -> $r:ty $body:block)*) => {$(
        pub(crate) struct $name;
        impl Extract for $name {
            type L = $l;
            type R = $r;
            #[inline(always)]
            fn extend($lane: $l) -> $r $body
        }
    )*};
}

macro_rules! replaces {
    ($($name:ident($value:ident: $v:ty) -> $l:ty $body:block)*) => {$(
        pub(crate) struct $name;
        impl Replace for $name {
            type L = $l;
            type V = $v;
            #[inline(always)]
            fn wrap($value: $v) -> $l $body
        }
    )*};
}

extracts! {
    I8x16ExtractLaneS(lane: i8) -> u32 { i32::from(lane) as u32 }
    I8x16ExtractLaneU(lane: u8) -> u32 { lane.into() }
    I16x8ExtractLaneS(lane: i16) -> u32 { i32::from(lane) as u32 }
    I16x8ExtractLaneU(lane: u16) -> u32 { lane.into() }
    I32x4ExtractLane(lane: u32) -> u32 { lane }
    I64x2ExtractLane(lane: u64) -> u64 { lane }
    F32x4ExtractLane(lane: f32) -> f32 { lane }
    F64x2ExtractLane(lane: f64) -> f64 { lane }
}

replaces! {
    I8x16ReplaceLane(value: u32) -> u8 { value as u8 }
    I16x8ReplaceLane(value: u32) -> u16 { value as u16 }
    I32x4ReplaceLane(value: u32) -> u32 { value }
    I64x2ReplaceLane(value: u64) -> u64 { value }
    F32x4ReplaceLane(value: f32) -> f32 { value }
    F64x2ReplaceLane(value: f64) -> f64 { value }
}

/// `v` with lane `n`, modulo the number of lanes, replaced.
#[inline(always)]
pub(super) fn with_lane<L: Lane>(v: V128, n: usize, lane: L) -> V128 {
    let mut lanes = L::split(v);
    let all = lanes.as_mut();
    let n = n % all.len();
    all[n] = lane;
    L::join(lanes)
}

/// Lane `n`, modulo the number of lanes.
#[inline(always)]
pub(super) fn lane<L: Lane>(v: V128, n: usize) -> L {
    let lanes = L::split(v);
    let all = lanes.as_ref();
    all[n % all.len()]
}

/// `x <- lane z of y`
pub(crate) struct ExtractLane<O>(PhantomData<O>);
/// `x <- y with lane word 1 replaced by z`
pub(crate) struct ReplaceLane<O>(PhantomData<O>);

impl<O: Extract> Handler for ExtractLane<O> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the invariants of `exec`.
        unsafe {
            let lane = lane::<O::L>(V128::read(r.slot(Y)), r.ufield(Z).into());
            r.put(X, O::extend(lane));
        }
        r.skip(1)
    }
}

impl<O: Replace> Handler for ReplaceLane<O> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the invariants of `exec`.
        unsafe {
            let lane = O::wrap(O::V::read(r.slot(Z)));
            let v = with_lane(V128::read(r.slot(Y)), r.pair(1).0 as usize, lane);
            r.put(X, v);
        }
        r.skip(2)
    }
}

/// `x <- bytes of y and z as words 1 and 2 say`
pub(crate) struct Shuffle;

impl Handler for Shuffle {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the invariants of `exec`.
        unsafe {
            let (a, b) = (u8::split(V128::read(r.slot(Y))), u8::split(V128::read(r.slot(Z))));
            let indices = V128::from_halves(r.data(1), r.data(2));
            let pick = |i: u8| if i & 16 == 0 { a[usize::from(i & 15)] } else { b[usize::from(i & 15)] };
            r.put(X, map(indices, pick));
        }
        r.skip(3)
    }
}

/// `x <- y where the bits of word 1's field 0 are set, else z`
pub(crate) struct Bitselect;

impl Handler for Bitselect {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the invariants of `exec`; field 4 is field 0 of the second word.
        unsafe {
            let (a, b, mask) = (V128::read(r.slot(Y)), V128::read(r.slot(Z)), V128::read(r.slot(4)));
            let (a, b) = (zip(a, mask, |a: u64, mask| a & mask), zip(b, mask, |b: u64, mask| b & !mask));
            r.put(X, zip(a, b, |a: u64, b| a | b));
        }
        r.skip(2)
    }
}
