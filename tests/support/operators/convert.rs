//! Conversions.

use super::{Expected, Num, Operator};
use wz_api::TrapCode;

/// Towards zero, to an integer greater than `below` and less than `above`. All of these are exact in 64 bits, as is every
/// 32-bit float.
fn truncated(x: f64, below: f64, above: f64, bits: impl Fn(f64) -> u64) -> Expected {
    if x.is_nan() {
        Expected::Trap(TrapCode::InvalidConversionToInteger)
    } else if below < x.trunc() && x.trunc() < above {
        Expected::Bits(bits(x.trunc()))
    } else {
        Expected::Trap(TrapCode::IntegerOverflow)
    }
}

const TWO_31: f64 = 2_147_483_648.0;
const TWO_32: f64 = 2.0 * TWO_31;
const TWO_63: f64 = TWO_31 * TWO_32;
const TWO_64: f64 = TWO_32 * TWO_32;
/// The greatest float below -2^63.
const BELOW_I64: f64 = -(TWO_63 + 2048.0);

/// Conversions of one type of floats to integers.
macro_rules! to_integers {
    ($f:ident, $float:ident, $b:ident, $text:literal) => {{
        macro_rules! trunc {
                ($t:ident, $int:literal, $sign:literal, $as:ident as $u:ident, $below:expr, $above:expr) => {
                    [
                        operator!(concat!($int, ".trunc_", $text, "_", $sign), [$f] $t, |[x, _]| {
                            let x = f64::from($float::from_bits(x as $b));
                            truncated(x, $below, $above, |x| u64::from(x as $as as $u))
                        }),
                        // Rust's casts saturate, and make 0 of NaN.
                        operator!(concat!($int, ".trunc_sat_", $text, "_", $sign), [$f] $t, |[x, _]| {
                            Expected::Bits(u64::from($float::from_bits(x as $b) as $as as $u))
                        }),
                    ]
                };
            }
        [
            trunc!(I32, "i32", "s", i32 as u32, -TWO_31 - 1.0, TWO_31),
            trunc!(I32, "i32", "u", u32 as u32, -1.0, TWO_32),
            trunc!(I64, "i64", "s", i64 as u64, BELOW_I64, TWO_63),
            trunc!(I64, "i64", "u", u64 as u64, -1.0, TWO_64),
        ]
        .concat()
    }};
}

/// The conversion of a type of integers to one of floats. Rust's casts round to nearest, ties to even.
macro_rules! from_integer {
    ($f:ident, $float:ident, $text:literal, $t:ident, $int:literal, $as:ident) => {
        operator!(concat!($text, ".convert_", $int), [$t] $f, |[x, _]| {
            Expected::Bits((x as $as as $float).to_bits().into())
        })
    };
}

/// Conversions of integers to one type of floats.
macro_rules! from_integers {
    ($f:ident, $float:ident, $text:literal) => {
        vec![
            from_integer!($f, $float, $text, I32, "i32_s", i32),
            from_integer!($f, $float, $text, I32, "i32_u", u32),
            from_integer!($f, $float, $text, I64, "i64_s", i64),
            from_integer!($f, $float, $text, I64, "i64_u", u64),
        ]
    };
}

pub(super) fn operators() -> Vec<Operator> {
    let same = |[x, _]: [u64; 2]| Expected::Bits(x);
    let others = vec![
        operator!("i32.wrap_i64", [I64] I32, |[x, _]| Expected::Bits((x as u32).into())),
        operator!("i64.extend_i32_s", [I32] I64, |[x, _]| Expected::Bits(x as u32 as i32 as u64)),
        operator!("i64.extend_i32_u", [I32] I64, same),
        operator!("f32.demote_f64", [F64] F32, |[x, _]| {
            let result = (f64::from_bits(x) as f32).to_bits();
            Expected::arithmetic(Num::F32, Num::F64, &[x], result.into())
        }),
        operator!("f64.promote_f32", [F32] F64, |[x, _]| {
            let result = f64::from(f32::from_bits(x as u32)).to_bits();
            Expected::arithmetic(Num::F64, Num::F32, &[x], result)
        }),
        operator!("i32.reinterpret_f32", [F32] I32, same),
        operator!("i64.reinterpret_f64", [F64] I64, same),
        operator!("f32.reinterpret_i32", [I32] F32, same),
        operator!("f64.reinterpret_i64", [I64] F64, same),
    ];
    [
        to_integers!(F32, f32, u32, "f32"),
        to_integers!(F64, f64, u64, "f64"),
        from_integers!(F32, f32, "f32"),
        from_integers!(F64, f64, "f64"),
        others,
    ]
    .concat()
}
