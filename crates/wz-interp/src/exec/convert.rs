//! Conversions.

use super::arith::ops;
use super::float::{double, single};
use wz_core::TrapCode;
use wz_core::TrapCode::{IntegerOverflow, InvalidConversionToInteger};

/// Defines trapping float-to-integer conversions: the float must be above `low` and below `high`, which are the first
/// that do not fit once truncated.
macro_rules! trunc {
    ($($name:ident $sat:ident: $f:ident => $int:ident as $r:ident, $low:expr, $high:expr;)*) => {
        ops! { try $($name(a: $f) -> $r {
            if a > $low && a < $high { Ok(a as $int as $r) } else { Err(trunc_trap(a.is_nan())) }
        })* }
        // `as` saturates, and NaN becomes 0.
        ops! { $($sat(a: $f) -> $r { a as $int as $r })* }
    };
}

#[inline(always)]
fn trunc_trap(nan: bool) -> TrapCode {
    if nan { InvalidConversionToInteger } else { IntegerOverflow }
}

trunc! {
    I32TruncF32S I32TruncSatF32S: f32 => i32 as u32, -2147483904.0, 2147483648.0;
    I32TruncF32U I32TruncSatF32U: f32 => u32 as u32, -1.0, 4294967296.0;
    I32TruncF64S I32TruncSatF64S: f64 => i32 as u32, -2147483649.0, 2147483648.0;
    I32TruncF64U I32TruncSatF64U: f64 => u32 as u32, -1.0, 4294967296.0;
    I64TruncF32S I64TruncSatF32S: f32 => i64 as u64, -9223373136366403584.0, 9223372036854775808.0;
    I64TruncF32U I64TruncSatF32U: f32 => u64 as u64, -1.0, 18446744073709551616.0;
    I64TruncF64S I64TruncSatF64S: f64 => i64 as u64, -9223372036854777856.0, 9223372036854775808.0;
    I64TruncF64U I64TruncSatF64U: f64 => u64 as u64, -1.0, 18446744073709551616.0;
}

ops! {
    I32WrapI64(a: u64) -> u32 { a as u32 }
    I64ExtendI32S(a: u32) -> u64 { i64::from(a as i32) as u64 }
    I64ExtendI32U(a: u32) -> u64 { u64::from(a) }
    F32ConvertI32S(a: u32) -> f32 { a as i32 as f32 }
    F32ConvertI32U(a: u32) -> f32 { a as f32 }
    F32ConvertI64S(a: u64) -> f32 { a as i64 as f32 }
    F32ConvertI64U(a: u64) -> f32 { a as f32 }
    F64ConvertI32S(a: u32) -> f64 { f64::from(a as i32) }
    F64ConvertI32U(a: u32) -> f64 { f64::from(a) }
    F64ConvertI64S(a: u64) -> f64 { a as i64 as f64 }
    F64ConvertI64U(a: u64) -> f64 { a as f64 }
    F32DemoteF64(a: f64) -> f32 { demote(a) }
    F64PromoteF32(a: f32) -> f64 { promote(a) }
    I32ReinterpretF32(a: f32) -> u32 { a.to_bits() }
    I64ReinterpretF64(a: f64) -> u64 { a.to_bits() }
    F32ReinterpretI32(a: u32) -> f32 { f32::from_bits(a) }
    F64ReinterpretI64(a: u64) -> f64 { f64::from_bits(a) }
}

#[inline(always)]
pub(crate) fn demote(a: f64) -> f32 {
    if a.is_nan() { single::quiet(a as f32) } else { a as f32 }
}

#[inline(always)]
pub(crate) fn promote(a: f32) -> f64 {
    if a.is_nan() { double::quiet(f64::from(a)) } else { f64::from(a) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::arith::Unary;

    #[test]
    fn truncation_bounds_are_exact() {
        assert_eq!(I32TruncF64S::eval(-2147483648.9), Ok(0x8000_0000));
        assert_eq!(I32TruncF64S::eval(-2147483649.0), Err(IntegerOverflow));
        assert_eq!(I32TruncF64S::eval(2147483647.9), Ok(0x7fff_ffff));
        assert_eq!(I32TruncF64S::eval(2147483648.0), Err(IntegerOverflow));
        assert_eq!(I32TruncF32S::eval(-2147483648.0), Ok(0x8000_0000));
        assert_eq!(
            I32TruncF32S::eval(f32::from_bits((-2147483648.0f32).to_bits() + 1)),
            Err(IntegerOverflow)
        );
        assert_eq!(I32TruncF32U::eval(-0.9), Ok(0));
        assert_eq!(I32TruncF32U::eval(-1.0), Err(IntegerOverflow));
        assert_eq!(I64TruncF64U::eval(18446744073709549568.0), Ok(18446744073709549568));
        assert_eq!(I64TruncF64U::eval(18446744073709551616.0), Err(IntegerOverflow));
        assert_eq!(I64TruncF64S::eval(-9223372036854775808.0), Ok(1 << 63));
        assert_eq!(I64TruncF32S::eval(f32::NAN), Err(InvalidConversionToInteger));
        assert_eq!(I64TruncF32S::eval(f32::INFINITY), Err(IntegerOverflow));
    }

    #[test]
    fn saturation() {
        assert_eq!(I32TruncSatF64S::eval(f64::NAN), Ok(0));
        assert_eq!(I32TruncSatF64S::eval(-1e300), Ok(0x8000_0000));
        assert_eq!(I64TruncSatF32U::eval(f32::INFINITY), Ok(u64::MAX));
        assert_eq!(I32TruncSatF32U::eval(-5.0), Ok(0));
    }

    #[test]
    fn demotion_and_promotion_quiet() {
        // Sign and payload are free.
        assert_eq!(demote(f64::from_bits(0x7ff0_0000_0000_0001)).to_bits() & 0x7fc0_0000, 0x7fc0_0000);
        assert_eq!(promote(f32::from_bits(0xff80_0001)).to_bits() >> 51 & 0xfff, 0xfff);
        assert_eq!(demote(1e300), f32::INFINITY);
        assert_eq!(F32ConvertI64U::eval(u64::MAX).map(f32::to_bits), Ok(0x5f80_0000));
    }
}
