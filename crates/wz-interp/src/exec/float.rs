//! Float ops.
//!
//! NaNs: an operator of WebAssembly that computes (everything but `abs`, `neg`, `copysign` and moves) returns a NaN
//! with its quiet bit set, and a canonical one if all NaNs among its operands are canonical. The arithmetic of the
//! hardware does that; rounding functions are not sure to, so their NaNs are made quiet here.

use super::arith::{comparisons, ops};

/// Defines the ops of one float type; `$quiet` is the quiet bit, `$sign` the sign bit.
macro_rules! float {
    ($f:ident $bits:ident $quiet:literal $sign:literal $mod:ident: $eq:ident $ne:ident $lt:ident $gt:ident $le:ident
        $ge:ident $abs:ident $neg:ident $ceil:ident $floor:ident $trunc:ident $nearest:ident $sqrt:ident $add:ident
        $sub:ident $mul:ident $div:ident $min:ident $max:ident $copysign:ident $copy:ident) => {
        /// What the scalar ops and the vector ops of this type share.
        pub(crate) mod $mod {
            #[inline(always)]
            pub(crate) fn quiet(a: $f) -> $f {
                $f::from_bits(a.to_bits() | $quiet)
            }

            #[inline(always)]
            fn rounded(a: $f, round: impl FnOnce($f) -> $f) -> $f {
                if a.is_nan() { quiet(a) } else { round(a) }
            }

            #[inline(always)]
            pub(crate) fn ceil(a: $f) -> $f {
                rounded(a, $f::ceil)
            }

            #[inline(always)]
            pub(crate) fn floor(a: $f) -> $f {
                rounded(a, $f::floor)
            }

            #[inline(always)]
            pub(crate) fn trunc(a: $f) -> $f {
                rounded(a, $f::trunc)
            }

            #[inline(always)]
            pub(crate) fn nearest(a: $f) -> $f {
                rounded(a, $f::round_ties_even)
            }

            #[inline(always)]
            pub(crate) fn abs(a: $f) -> $f {
                $f::from_bits(a.to_bits() & !$sign)
            }

            #[inline(always)]
            pub(crate) fn neg(a: $f) -> $f {
                $f::from_bits(a.to_bits() ^ $sign)
            }

            #[inline(always)]
            pub(crate) fn copysign(a: $f, b: $f) -> $f {
                $f::from_bits(a.to_bits() & !$sign | b.to_bits() & $sign)
            }

            #[inline(always)]
            pub(crate) fn min(a: $f, b: $f) -> $f {
                if a < b {
                    a
                } else if b < a {
                    b
                } else if a == b {
                    // Equal, or zeros of which either may be negative.
                    $f::from_bits(a.to_bits() | b.to_bits())
                } else {
                    a + b
                }
            }

            #[inline(always)]
            pub(crate) fn max(a: $f, b: $f) -> $f {
                if a > b {
                    a
                } else if b > a {
                    b
                } else if a == b {
                    $f::from_bits(a.to_bits() & b.to_bits())
                } else {
                    a + b
                }
            }

            #[inline(always)]
            pub(crate) fn pmin(a: $f, b: $f) -> $f {
                if b < a { b } else { a }
            }

            #[inline(always)]
            pub(crate) fn pmax(a: $f, b: $f) -> $f {
                if a < b { b } else { a }
            }
        }

        comparisons! {
            $eq(a, b: $f) { a == b }
            $ne(a, b: $f) { a != b }
            $lt(a, b: $f) { a < b }
            $gt(a, b: $f) { a > b }
            $le(a, b: $f) { a <= b }
            $ge(a, b: $f) { a >= b }
        }
        ops! {
            $abs(a: $f) -> $f { $mod::abs(a) }
            $neg(a: $f) -> $f { $mod::neg(a) }
            $ceil(a: $f) -> $f { $mod::ceil(a) }
            $floor(a: $f) -> $f { $mod::floor(a) }
            $trunc(a: $f) -> $f { $mod::trunc(a) }
            $nearest(a: $f) -> $f { $mod::nearest(a) }
            $sqrt(a: $f) -> $f { a.sqrt() }
            $copy(a: $f) -> $f { a }
        }
        ops! {
            $add(a: $f, b: $f) -> $f { a + b }
            $sub(a: $f, b: $f) -> $f { a - b }
            $mul(a: $f, b: $f) -> $f { a * b }
            $div(a: $f, b: $f) -> $f { a / b }
            $min(a: $f, b: $f) -> $f { $mod::min(a, b) }
            $max(a: $f, b: $f) -> $f { $mod::max(a, b) }
            $copysign(a: $f, b: $f) -> $f { $mod::copysign(a, b) }
        }
    };
}

float! {
    f32 u32 0x0040_0000 0x8000_0000 single: F32Eq F32Ne F32Lt F32Gt F32Le F32Ge F32Abs F32Neg F32Ceil F32Floor
    F32Trunc F32Nearest F32Sqrt F32Add F32Sub F32Mul F32Div F32Min F32Max F32Copysign CopyF32
}

float! {
    f64 u64 0x0008_0000_0000_0000 0x8000_0000_0000_0000 double: F64Eq F64Ne F64Lt F64Gt F64Le F64Ge F64Abs F64Neg
    F64Ceil F64Floor F64Trunc F64Nearest F64Sqrt F64Add F64Sub F64Mul F64Div F64Min F64Max F64Copysign CopyF64
}

#[cfg(test)]
mod tests {
    use super::{double, single};

    const SIGNALLING: f64 = f64::from_bits(0x7ff0_0000_0000_0001);

    #[test]
    fn min_and_max_order_zeros_and_propagate_nan() {
        assert_eq!(double::min(0.0, -0.0).to_bits(), (-0.0f64).to_bits());
        assert_eq!(double::min(-0.0, 0.0).to_bits(), (-0.0f64).to_bits());
        assert_eq!(double::max(-0.0, 0.0).to_bits(), 0);
        assert_eq!(single::max(-1.0, -2.0), -1.0);
        assert_eq!(single::min(f32::NEG_INFINITY, 3.0), f32::NEG_INFINITY);
        for nan in [f64::NAN, SIGNALLING] {
            for (a, b) in [(nan, 1.0), (1.0, nan), (nan, nan)] {
                for result in [double::min(a, b), double::max(a, b)] {
                    assert!(result.is_nan() && result.to_bits() & 1 << 51 != 0, "{:x}", result.to_bits());
                }
            }
        }
    }

    #[test]
    fn rounding_quiets_nan_and_breaks_ties_to_even() {
        for round in [double::ceil, double::floor, double::trunc, double::nearest] {
            assert_eq!(round(SIGNALLING).to_bits(), 0x7ff8_0000_0000_0001);
            assert_eq!(round(-0.0).to_bits(), (-0.0f64).to_bits());
        }
        assert_eq!(double::nearest(2.5), 2.0);
        assert_eq!(double::nearest(3.5), 4.0);
        assert_eq!(single::nearest(-0.5).to_bits(), (-0.0f32).to_bits());
        assert_eq!(single::nearest(8_388_609.0), 8_388_609.0);
        assert_eq!(double::trunc(-1.9), -1.0);
    }

    #[test]
    fn sign_ops_keep_payloads() {
        assert_eq!(double::abs(f64::from_bits(0xfff0_0000_0000_0001)).to_bits(), SIGNALLING.to_bits());
        assert_eq!(double::neg(SIGNALLING).to_bits(), 0xfff0_0000_0000_0001);
        assert_eq!(double::copysign(SIGNALLING, -1.0).to_bits(), 0xfff0_0000_0000_0001);
    }

    #[test]
    fn pseudo_minimum_returns_its_first_operand_unless_the_second_is_less() {
        assert!(double::pmin(f64::NAN, 1.0).is_nan());
        assert_eq!(double::pmin(1.0, f64::NAN), 1.0);
        assert_eq!(double::pmax(-0.0, 0.0).to_bits(), (-0.0f64).to_bits());
    }
}
