//! Vector ops on float lanes, and conversions.

use super::{Lane, compare, convert, map, splat, widen, zip};
use crate::exec::arith::ops;
use crate::exec::convert::{demote, promote};
use crate::exec::float::{double, single};
use crate::exec::value::V128;

macro_rules! float_lanes {
    ($f:ident $u:ident $mod:ident: $ceil:ident $floor:ident $trunc:ident $nearest:ident $abs:ident $neg:ident
        $sqrt:ident $splat:ident $add:ident $sub:ident $mul:ident $div:ident $min:ident $max:ident $pmin:ident
        $pmax:ident $eq:ident $ne:ident $lt:ident $gt:ident $le:ident $ge:ident) => {
        ops! {
            $ceil(a: V128) -> V128 { map(a, $mod::ceil) }
            $floor(a: V128) -> V128 { map(a, $mod::floor) }
            $trunc(a: V128) -> V128 { map(a, $mod::trunc) }
            $nearest(a: V128) -> V128 { map(a, $mod::nearest) }
            $abs(a: V128) -> V128 { map(a, $mod::abs) }
            $neg(a: V128) -> V128 { map(a, $mod::neg) }
            $sqrt(a: V128) -> V128 { map(a, $f::sqrt) }
            $splat(a: $f) -> V128 { splat(a) }
        }
        ops! {
            $add(a: V128, b: V128) -> V128 { zip(a, b, |a: $f, b: $f| a + b) }
            $sub(a: V128, b: V128) -> V128 { zip(a, b, |a: $f, b: $f| a - b) }
            $mul(a: V128, b: V128) -> V128 { zip(a, b, |a: $f, b: $f| a * b) }
            $div(a: V128, b: V128) -> V128 { zip(a, b, |a: $f, b: $f| a / b) }
            $min(a: V128, b: V128) -> V128 { zip(a, b, $mod::min) }
            $max(a: V128, b: V128) -> V128 { zip(a, b, $mod::max) }
            $pmin(a: V128, b: V128) -> V128 { zip(a, b, $mod::pmin) }
            $pmax(a: V128, b: V128) -> V128 { zip(a, b, $mod::pmax) }
            $eq(a: V128, b: V128) -> V128 { compare(a, b, $u::MAX, 0, |a: $f, b: $f| a == b) }
            $ne(a: V128, b: V128) -> V128 { compare(a, b, $u::MAX, 0, |a: $f, b: $f| a != b) }
            $lt(a: V128, b: V128) -> V128 { compare(a, b, $u::MAX, 0, |a: $f, b: $f| a < b) }
            $gt(a: V128, b: V128) -> V128 { compare(a, b, $u::MAX, 0, |a: $f, b: $f| a > b) }
            $le(a: V128, b: V128) -> V128 { compare(a, b, $u::MAX, 0, |a: $f, b: $f| a <= b) }
            $ge(a: V128, b: V128) -> V128 { compare(a, b, $u::MAX, 0, |a: $f, b: $f| a >= b) }
        }
    };
}

float_lanes! {
    f32 u32 single: F32x4Ceil F32x4Floor F32x4Trunc F32x4Nearest F32x4Abs F32x4Neg F32x4Sqrt F32x4Splat F32x4Add
    F32x4Sub F32x4Mul F32x4Div F32x4Min F32x4Max F32x4PMin F32x4PMax F32x4Eq F32x4Ne F32x4Lt F32x4Gt F32x4Le
    F32x4Ge
}
float_lanes! {
    f64 u64 double: F64x2Ceil F64x2Floor F64x2Trunc F64x2Nearest F64x2Abs F64x2Neg F64x2Sqrt F64x2Splat F64x2Add
    F64x2Sub F64x2Mul F64x2Div F64x2Min F64x2Max F64x2PMin F64x2PMax F64x2Eq F64x2Ne F64x2Lt F64x2Gt F64x2Le
    F64x2Ge
}

/// Applies `f` to both lanes, each giving a lane of half the width; the high half is zero.
#[inline(always)]
fn shrink<U: Lane<All = [U; 4]> + Default>(a: V128, f: impl Fn(f64) -> U) -> V128 {
    let [a, b] = f64::split(a);
    U::join([f(a), f(b), U::default(), U::default()])
}

// `as` saturates, and NaN becomes 0.
ops! {
    I32x4TruncSatF32x4S(a: V128) -> V128 { convert(a, |lane: f32| lane as i32) }
    I32x4TruncSatF32x4U(a: V128) -> V128 { convert(a, |lane: f32| lane as u32) }
    I32x4TruncSatF64x2SZero(a: V128) -> V128 { shrink(a, |lane| lane as i32) }
    I32x4TruncSatF64x2UZero(a: V128) -> V128 { shrink(a, |lane| lane as u32) }
    F32x4ConvertI32x4S(a: V128) -> V128 { convert(a, |lane: i32| lane as f32) }
    F32x4ConvertI32x4U(a: V128) -> V128 { convert(a, |lane: u32| lane as f32) }
    F64x2ConvertLowI32x4S(a: V128) -> V128 { widen(a, 0, |lane: i32| f64::from(lane)) }
    F64x2ConvertLowI32x4U(a: V128) -> V128 { widen(a, 0, |lane: u32| f64::from(lane)) }
    F32x4DemoteF64x2Zero(a: V128) -> V128 { shrink(a, demote) }
    F64x2PromoteLowF32x4(a: V128) -> V128 { widen(a, 0, promote) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::arith::{Binary, Unary};

    #[test]
    fn conversions_fill_with_zeros() {
        let a = f64::join([-1.5, 1e300]);
        assert_eq!(I32x4TruncSatF64x2SZero::eval(a), Ok(i32::join([-1, i32::MAX, 0, 0])));
        assert_eq!(I32x4TruncSatF64x2UZero::eval(a), Ok(u32::join([0, u32::MAX, 0, 0])));
        assert_eq!(F32x4DemoteF64x2Zero::eval(a), Ok(f32::join([-1.5, f32::INFINITY, 0.0, 0.0])));
        assert_eq!(F64x2PromoteLowF32x4::eval(f32::join([1.0, 2.0, 3.0, 4.0])), Ok(f64::join([1.0, 2.0])));
        assert_eq!(F64x2ConvertLowI32x4U::eval(splat(u32::MAX)), Ok(splat(4294967295.0f64)));
    }

    #[test]
    fn comparisons_of_nan() {
        let (nan, one) = (splat(f32::NAN), splat(1.0f32));
        assert_eq!(F32x4Ne::eval(nan, nan), Ok(splat(u32::MAX)));
        for result in [F32x4Eq::eval(nan, nan), F32x4Lt::eval(nan, one), F32x4Ge::eval(one, nan)] {
            assert_eq!(result, Ok(splat(0u32)));
        }
        assert_eq!(F32x4PMin::eval(one, nan), Ok(one));
    }
}
