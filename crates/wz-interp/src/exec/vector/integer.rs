//! Vector ops on integer lanes, and bitwise ones.

use super::{Lane, all, bitmask, compare, map, narrow, pairwise, splat, widen, widen_zip, zip};
use crate::exec::arith::ops;
use crate::exec::value::V128;

/// Defines the ops that all integer lane types have.
macro_rules! lanes {
    ($u:ident $s:ident: $abs:ident $neg:ident $all_true:ident $bitmask:ident $shl:ident $shrs:ident $shru:ident
        $add:ident $sub:ident $eq:ident $ne:ident $lts:ident $gts:ident $les:ident $ges:ident) => {
        ops! {
            $abs(a: V128) -> V128 { map(a, $s::wrapping_abs) }
            $neg(a: V128) -> V128 { map(a, $s::wrapping_neg) }
            $all_true(a: V128) -> u32 { all(a, |lane: $u| lane != 0) }
            $bitmask(a: V128) -> u32 { bitmask::<$s>(a) }
        }
        ops! {
            $shl(a: V128, b: u32) -> V128 { map(a, |lane: $u| lane.wrapping_shl(b)) }
            $shrs(a: V128, b: u32) -> V128 { map(a, |lane: $s| lane.wrapping_shr(b)) }
            $shru(a: V128, b: u32) -> V128 { map(a, |lane: $u| lane.wrapping_shr(b)) }
            $add(a: V128, b: V128) -> V128 { zip(a, b, $u::wrapping_add) }
            $sub(a: V128, b: V128) -> V128 { zip(a, b, $u::wrapping_sub) }
            $eq(a: V128, b: V128) -> V128 { compare(a, b, $u::MAX, 0, |a: $u, b: $u| a == b) }
            $ne(a: V128, b: V128) -> V128 { compare(a, b, $u::MAX, 0, |a: $u, b: $u| a != b) }
            $lts(a: V128, b: V128) -> V128 { compare(a, b, $u::MAX, 0, |a: $s, b: $s| a < b) }
            $gts(a: V128, b: V128) -> V128 { compare(a, b, $u::MAX, 0, |a: $s, b: $s| a > b) }
            $les(a: V128, b: V128) -> V128 { compare(a, b, $u::MAX, 0, |a: $s, b: $s| a <= b) }
            $ges(a: V128, b: V128) -> V128 { compare(a, b, $u::MAX, 0, |a: $s, b: $s| a >= b) }
        }
    };
}

lanes! {
    u8 i8: I8x16Abs I8x16Neg I8x16AllTrue I8x16Bitmask I8x16Shl I8x16ShrS I8x16ShrU I8x16Add I8x16Sub I8x16Eq I8x16Ne
    I8x16LtS I8x16GtS I8x16LeS I8x16GeS
}
lanes! {
    u16 i16: I16x8Abs I16x8Neg I16x8AllTrue I16x8Bitmask I16x8Shl I16x8ShrS I16x8ShrU I16x8Add I16x8Sub I16x8Eq
    I16x8Ne I16x8LtS I16x8GtS I16x8LeS I16x8GeS
}
lanes! {
    u32 i32: I32x4Abs I32x4Neg I32x4AllTrue I32x4Bitmask I32x4Shl I32x4ShrS I32x4ShrU I32x4Add I32x4Sub I32x4Eq
    I32x4Ne I32x4LtS I32x4GtS I32x4LeS I32x4GeS
}
lanes! {
    u64 i64: I64x2Abs I64x2Neg I64x2AllTrue I64x2Bitmask I64x2Shl I64x2ShrS I64x2ShrU I64x2Add I64x2Sub I64x2Eq
    I64x2Ne I64x2LtS I64x2GtS I64x2LeS I64x2GeS
}

/// Defines the ops that 8-, 16- and 32-bit lanes have.
macro_rules! small_lanes {
    ($u:ident $s:ident: $ltu:ident $gtu:ident $leu:ident $geu:ident $mins:ident $minu:ident $maxs:ident
        $maxu:ident) => {
        ops! {
            $ltu(a: V128, b: V128) -> V128 { compare(a, b, $u::MAX, 0, |a: $u, b: $u| a < b) }
            $gtu(a: V128, b: V128) -> V128 { compare(a, b, $u::MAX, 0, |a: $u, b: $u| a > b) }
            $leu(a: V128, b: V128) -> V128 { compare(a, b, $u::MAX, 0, |a: $u, b: $u| a <= b) }
            $geu(a: V128, b: V128) -> V128 { compare(a, b, $u::MAX, 0, |a: $u, b: $u| a >= b) }
            $mins(a: V128, b: V128) -> V128 { zip(a, b, <$s>::min) }
            $minu(a: V128, b: V128) -> V128 { zip(a, b, <$u>::min) }
            $maxs(a: V128, b: V128) -> V128 { zip(a, b, <$s>::max) }
            $maxu(a: V128, b: V128) -> V128 { zip(a, b, <$u>::max) }
        }
    };
}

small_lanes! { u8 i8: I8x16LtU I8x16GtU I8x16LeU I8x16GeU I8x16MinS I8x16MinU I8x16MaxS I8x16MaxU }
small_lanes! { u16 i16: I16x8LtU I16x8GtU I16x8LeU I16x8GeU I16x8MinS I16x8MinU I16x8MaxS I16x8MaxU }
small_lanes! { u32 i32: I32x4LtU I32x4GtU I32x4LeU I32x4GeU I32x4MinS I32x4MinU I32x4MaxS I32x4MaxU }

/// Defines the ops that 8- and 16-bit lanes have; `$wide` is an unsigned type of twice the width.
macro_rules! saturating_lanes {
    ($u:ident $s:ident $wide:ident: $adds:ident $addu:ident $subs:ident $subu:ident $avgr:ident) => {
        ops! {
            $adds(a: V128, b: V128) -> V128 { zip(a, b, $s::saturating_add) }
            $addu(a: V128, b: V128) -> V128 { zip(a, b, $u::saturating_add) }
            $subs(a: V128, b: V128) -> V128 { zip(a, b, $s::saturating_sub) }
            $subu(a: V128, b: V128) -> V128 { zip(a, b, $u::saturating_sub) }
            $avgr(a: V128, b: V128) -> V128 {
                zip(a, b, |a: $u, b: $u| (($wide::from(a) + $wide::from(b) + 1) >> 1) as $u)
            }
        }
    };
}

saturating_lanes! { u8 i8 u16: I8x16AddSatS I8x16AddSatU I8x16SubSatS I8x16SubSatU I8x16AvgrU }
saturating_lanes! { u16 i16 u32: I16x8AddSatS I16x8AddSatU I16x8SubSatS I16x8SubSatU I16x8AvgrU }

/// Defines the ops from lanes of `$s`/`$u` to lanes of twice the width; `$half` is the number of the wide lanes.
macro_rules! widening_lanes {
    ($u:ident $s:ident $wu:ident $ws:ident $half:literal: $lows:ident $highs:ident $lowu:ident $highu:ident
        $mlows:ident $mhighs:ident $mlowu:ident $mhighu:ident) => {
        ops! {
            $lows(a: V128) -> V128 { widen(a, 0, |lane: $s| $ws::from(lane)) }
            $highs(a: V128) -> V128 { widen(a, $half, |lane: $s| $ws::from(lane)) }
            $lowu(a: V128) -> V128 { widen(a, 0, |lane: $u| $wu::from(lane)) }
            $highu(a: V128) -> V128 { widen(a, $half, |lane: $u| $wu::from(lane)) }
        }
        // Products of two lanes fit the wide type.
        ops! {
            $mlows(a: V128, b: V128) -> V128 { widen_zip(a, b, 0, |a: $s, b: $s| $ws::from(a) * $ws::from(b)) }
            $mhighs(a: V128, b: V128) -> V128 {
                widen_zip(a, b, $half, |a: $s, b: $s| $ws::from(a) * $ws::from(b))
            }
            $mlowu(a: V128, b: V128) -> V128 { widen_zip(a, b, 0, |a: $u, b: $u| $wu::from(a) * $wu::from(b)) }
            $mhighu(a: V128, b: V128) -> V128 {
                widen_zip(a, b, $half, |a: $u, b: $u| $wu::from(a) * $wu::from(b))
            }
        }
    };
}

widening_lanes! {
    u8 i8 u16 i16 8: I16x8ExtendLowI8x16S I16x8ExtendHighI8x16S I16x8ExtendLowI8x16U I16x8ExtendHighI8x16U
    I16x8ExtMulLowI8x16S I16x8ExtMulHighI8x16S I16x8ExtMulLowI8x16U I16x8ExtMulHighI8x16U
}
widening_lanes! {
    u16 i16 u32 i32 4: I32x4ExtendLowI16x8S I32x4ExtendHighI16x8S I32x4ExtendLowI16x8U I32x4ExtendHighI16x8U
    I32x4ExtMulLowI16x8S I32x4ExtMulHighI16x8S I32x4ExtMulLowI16x8U I32x4ExtMulHighI16x8U
}
widening_lanes! {
    u32 i32 u64 i64 2: I64x2ExtendLowI32x4S I64x2ExtendHighI32x4S I64x2ExtendLowI32x4U I64x2ExtendHighI32x4U
    I64x2ExtMulLowI32x4S I64x2ExtMulHighI32x4S I64x2ExtMulLowI32x4U I64x2ExtMulHighI32x4U
}

/// `(a * b + 2^14) >> 15`, saturating: only -1 * -1 does.
fn q15_mul(a: i16, b: i16) -> i16 {
    let product = (i32::from(a) * i32::from(b) + 0x4000) >> 15;
    product.min(i16::MAX.into()) as i16
}

ops! {
    I8x16Popcnt(a: V128) -> V128 { map(a, |lane: u8| lane.count_ones() as u8) }
    I16x8ExtAddPairwiseI8x16S(a: V128) -> V128 { pairwise(a, |a: i8, b: i8| i16::from(a) + i16::from(b)) }
    I16x8ExtAddPairwiseI8x16U(a: V128) -> V128 { pairwise(a, |a: u8, b: u8| u16::from(a) + u16::from(b)) }
    I32x4ExtAddPairwiseI16x8S(a: V128) -> V128 { pairwise(a, |a: i16, b: i16| i32::from(a) + i32::from(b)) }
    I32x4ExtAddPairwiseI16x8U(a: V128) -> V128 { pairwise(a, |a: u16, b: u16| u32::from(a) + u32::from(b)) }
    V128Not(a: V128) -> V128 { map(a, |lane: u64| !lane) }
    V128AnyTrue(a: V128) -> u32 { u32::from(a.halves() != (0, 0)) }
    I8x16Splat(a: u32) -> V128 { splat(a as u8) }
    I16x8Splat(a: u32) -> V128 { splat(a as u16) }
    I32x4Splat(a: u32) -> V128 { splat(a) }
    I64x2Splat(a: u64) -> V128 { splat(a) }
    CopyV128(a: V128) -> V128 { a }
}

ops! {
    I16x8Mul(a: V128, b: V128) -> V128 { zip(a, b, u16::wrapping_mul) }
    I32x4Mul(a: V128, b: V128) -> V128 { zip(a, b, u32::wrapping_mul) }
    I64x2Mul(a: V128, b: V128) -> V128 { zip(a, b, u64::wrapping_mul) }
    I16x8Q15MulrSatS(a: V128, b: V128) -> V128 { zip(a, b, q15_mul) }
    I8x16NarrowI16x8S(a: V128, b: V128) -> V128 {
        narrow(a, b, |lane: i16| lane.clamp(i8::MIN.into(), i8::MAX.into()) as i8)
    }
    I8x16NarrowI16x8U(a: V128, b: V128) -> V128 { narrow(a, b, |lane: i16| lane.clamp(0, u8::MAX.into()) as u8) }
    I16x8NarrowI32x4S(a: V128, b: V128) -> V128 {
        narrow(a, b, |lane: i32| lane.clamp(i16::MIN.into(), i16::MAX.into()) as i16)
    }
    I16x8NarrowI32x4U(a: V128, b: V128) -> V128 { narrow(a, b, |lane: i32| lane.clamp(0, u16::MAX.into()) as u16) }
    I32x4DotI16x8S(a: V128, b: V128) -> V128 {
        let (a, b) = (i16::split(a), i16::split(b));
        let product = |i: usize| i32::from(a[i]) * i32::from(b[i]);
        // Overflows for four times -2^15 only, and then wraps.
        let sum = |i: usize| product(i).wrapping_add(product(i + 1));
        i32::join([sum(0), sum(2), sum(4), sum(6)])
    }
    V128And(a: V128, b: V128) -> V128 { zip(a, b, |a: u64, b| a & b) }
    V128AndNot(a: V128, b: V128) -> V128 { zip(a, b, |a: u64, b| a & !b) }
    V128Or(a: V128, b: V128) -> V128 { zip(a, b, |a: u64, b| a | b) }
    V128Xor(a: V128, b: V128) -> V128 { zip(a, b, |a: u64, b| a ^ b) }
    I8x16Swizzle(a: V128, b: V128) -> V128 {
        let a = u8::split(a);
        map(b, |index: u8| a.get(usize::from(index)).copied().unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::arith::{Binary, Unary};

    #[test]
    fn lanes_are_little_endian() {
        let v = V128::new(0x0f0e_0d0c_0b0a_0908_0706_0504_0302_0100);
        assert_eq!(u8::split(v), std::array::from_fn(|i| i as u8));
        assert_eq!(u32::split(v)[1], 0x0706_0504);
        assert_eq!(u64::join(u64::split(v)), v);
    }

    #[test]
    fn narrowing_saturates() {
        let a = i16::join([300, -300, 127, -128, 128, -129, 0, 1]);
        let signed = I8x16NarrowI16x8S::eval(a, a).expect("does not trap");
        let unsigned = I8x16NarrowI16x8U::eval(a, a).expect("does not trap");
        assert_eq!(i8::split(signed)[..8], [127, -128, 127, -128, 127, -128, 0, 1]);
        assert_eq!(u8::split(unsigned)[8..], [255, 0, 127, 0, 128, 0, 0, 1]);
    }

    #[test]
    fn fixed_point_and_dot_products_at_their_extremes() {
        let min = splat(i16::MIN);
        assert_eq!(I16x8Q15MulrSatS::eval(min, min), Ok(splat(i16::MAX)));
        assert_eq!(I32x4DotI16x8S::eval(min, min), Ok(splat(i32::MIN)));
        assert_eq!(I32x4ExtMulHighI16x8S::eval(min, min), Ok(splat(1i32 << 30)));
        assert_eq!(I8x16AvgrU::eval(splat(255u8), splat(254u8)), Ok(splat(255u8)));
        assert_eq!(I8x16Abs::eval(splat(i8::MIN)), Ok(splat(i8::MIN)));
    }

    #[test]
    fn masks_shifts_and_swizzle() {
        assert_eq!(I8x16Bitmask::eval(V128::new(0x80 << 120 | 0x80)), Ok(0x8001));
        assert_eq!(I64x2Bitmask::eval(V128::new(1 << 127)), Ok(2));
        assert_eq!(I16x8AllTrue::eval(splat(1u16)), Ok(1));
        assert_eq!(I16x8AllTrue::eval(V128::new(1)), Ok(0));
        assert_eq!(I8x16Shl::eval(splat(1u8), 9), Ok(splat(2u8)));
        assert_eq!(I64x2ShrS::eval(splat(i64::MIN), 127), Ok(splat(-1i64)));
        let bytes: [u8; 16] = std::array::from_fn(|i| i as u8 + 100);
        let mut indices = [0xff; 16];
        (indices[0], indices[1]) = (15, 16);
        let swizzled = I8x16Swizzle::eval(u8::join(bytes), u8::join(indices)).expect("does not trap");
        assert_eq!(u8::split(swizzled)[..3], [115, 0, 0]);
        assert_eq!(I32x4LtS::eval(splat(-1i32), splat(0i32)), Ok(splat(u32::MAX)));
        assert_eq!(I32x4LtU::eval(splat(-1i32), splat(0i32)), Ok(splat(0u32)));
        assert_eq!(I16x8ExtendHighI8x16U::eval(V128::from_halves(0, u64::MAX)), Ok(splat(255u16)));
    }
}
