//! Vector ops.

use super::value::V128;

mod float;
mod integer;
mod lanes;
mod memory;

pub(crate) use float::*;
pub(crate) use integer::*;
pub(crate) use lanes::*;
pub(crate) use memory::*;

/// A lane type: how vectors are split into lanes of it and put together, lane 0 first.
pub(crate) trait Lane: Copy {
    /// The lanes of a vector.
    type All: AsRef<[Self]> + AsMut<[Self]> + Copy;
    /// Splits a vector.
    fn split(v: V128) -> Self::All;
    /// Puts lanes together.
    fn join(lanes: Self::All) -> V128;
}

macro_rules! lane {
    ($($ty:ident $n:literal;)*) => {$(
        impl Lane for $ty {
            type All = [$ty; $n];

            #[inline(always)]
            fn split(v: V128) -> [$ty; $n] {
                // SAFETY: both are 16 bytes, of which any are valid.
                let bytes: [[u8; size_of::<$ty>()]; $n] = unsafe { std::mem::transmute_copy(&v.0) };
                let mut lanes = [<$ty>::default(); $n];
                let mut i = 0;
                while i < $n {
                    lanes[i] = <$ty>::from_le_bytes(bytes[i]);
                    i += 1;
                }
                lanes
            }

            #[inline(always)]
            fn join(lanes: [$ty; $n]) -> V128 {
                let mut bytes = [[0; size_of::<$ty>()]; $n];
                let mut i = 0;
                while i < $n {
                    bytes[i] = lanes[i].to_le_bytes();
                    i += 1;
                }
                // SAFETY: as above.
                V128(unsafe { std::mem::transmute_copy(&bytes) })
            }
        }
    )*};
}

lane! {
    u8 16;
    i8 16;
    u16 8;
    i16 8;
    u32 4;
    i32 4;
    u64 2;
    i64 2;
    f32 4;
    f64 2;
}

/// Applies `f` to each lane.
#[inline(always)]
fn map<T: Lane>(a: V128, f: impl Fn(T) -> T) -> V128 {
    let mut lanes = T::split(a);
    for lane in lanes.as_mut() {
        *lane = f(*lane);
    }
    T::join(lanes)
}

/// Applies `f` to each pair of lanes.
#[inline(always)]
fn zip<T: Lane>(a: V128, b: V128, f: impl Fn(T, T) -> T) -> V128 {
    let (mut lanes, b) = (T::split(a), T::split(b));
    for (a, b) in lanes.as_mut().iter_mut().zip(b.as_ref()) {
        *a = f(*a, *b);
    }
    T::join(lanes)
}

/// Applies `f` to each lane, between lane types of the same number.
#[inline(always)]
fn convert<T: Lane, U: Lane>(a: V128, f: impl Fn(T) -> U) -> V128 {
    let (a, mut lanes) = (T::split(a), U::split(V128::default()));
    for (lane, a) in lanes.as_mut().iter_mut().zip(a.as_ref()) {
        *lane = f(*a);
    }
    U::join(lanes)
}

/// Applies `f` to each pair of lanes, giving all ones in an integer lane where it holds.
#[inline(always)]
fn compare<T: Lane, U: Lane>(a: V128, b: V128, ones: U, zeros: U, f: impl Fn(T, T) -> bool) -> V128 {
    let (a, b, mut lanes) = (T::split(a), T::split(b), U::split(V128::default()));
    for ((lane, a), b) in lanes.as_mut().iter_mut().zip(a.as_ref()).zip(b.as_ref()) {
        *lane = if f(*a, *b) { ones } else { zeros };
    }
    U::join(lanes)
}

/// Applies `f` to the lanes from `from` on, each giving a lane of twice the width.
#[inline(always)]
fn widen<T: Lane, U: Lane>(a: V128, from: usize, f: impl Fn(T) -> U) -> V128 {
    let (a, mut lanes) = (T::split(a), U::split(V128::default()));
    for (lane, a) in lanes.as_mut().iter_mut().zip(&a.as_ref()[from..]) {
        *lane = f(*a);
    }
    U::join(lanes)
}

/// Applies `f` to pairs of the lanes from `from` on, each giving a lane of twice the width.
#[inline(always)]
fn widen_zip<T: Lane, U: Lane>(a: V128, b: V128, from: usize, f: impl Fn(T, T) -> U) -> V128 {
    let (a, b, mut lanes) = (T::split(a), T::split(b), U::split(V128::default()));
    for ((lane, a), b) in lanes.as_mut().iter_mut().zip(&a.as_ref()[from..]).zip(&b.as_ref()[from..]) {
        *lane = f(*a, *b);
    }
    U::join(lanes)
}

/// Applies `f` to pairs of neighbouring lanes, each giving a lane of twice the width.
#[inline(always)]
fn pairwise<T: Lane, U: Lane>(a: V128, f: impl Fn(T, T) -> U) -> V128 {
    let (a, mut lanes) = (T::split(a), U::split(V128::default()));
    for (lane, pair) in lanes.as_mut().iter_mut().zip(a.as_ref().chunks_exact(2)) {
        *lane = f(pair[0], pair[1]);
    }
    U::join(lanes)
}

/// Applies `f` to the lanes of `a` and then of `b`, each giving a lane of half the width.
#[inline(always)]
fn narrow<T: Lane, U: Lane>(a: V128, b: V128, f: impl Fn(T) -> U) -> V128 {
    let (a, b, mut lanes) = (T::split(a), T::split(b), U::split(V128::default()));
    for (lane, wide) in lanes.as_mut().iter_mut().zip(a.as_ref().iter().chain(b.as_ref())) {
        *lane = f(*wide);
    }
    U::join(lanes)
}

/// Whether `f` holds for all lanes.
#[inline(always)]
fn all<T: Lane>(a: V128, f: impl Fn(T) -> bool) -> u32 {
    u32::from(T::split(a).as_ref().iter().all(|lane| f(*lane)))
}

/// A bit for each lane, lane 0's lowest, set where the lane is negative.
#[inline(always)]
fn bitmask<T: Lane + PartialOrd + Default>(a: V128) -> u32 {
    if size_of::<T>() == 1 {
        let (low, high) = a.halves();
        // The product puts the eighth bits of all bytes side by side in the highest byte.
        let gather = |half: u64| {
            ((half >> 7 & 0x0101_0101_0101_0101).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u32
        };
        return gather(low) | gather(high) << 8;
    }
    T::split(a).as_ref().iter().rev().fold(0, |mask, lane| mask << 1 | u32::from(*lane < T::default()))
}

/// All lanes `lane`.
#[inline(always)]
fn splat<T: Lane>(lane: T) -> V128 {
    let mut lanes = T::split(V128::default());
    lanes.as_mut().fill(lane);
    T::join(lanes)
}
