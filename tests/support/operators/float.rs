//! Operators on floats.

use super::{Expected, Num, Operator};

/// The operators of one width. `$f` is Rust's type and `$b` that of its bits, `$t` is the type's name here, and in text.
macro_rules! float {
    ($t:ident, $text:literal, $f:ident, $b:ident) => {{
        const SIGN: u64 = 1 << ($b::BITS - 1);
        macro_rules! comparison {
            ($name:literal, $op:tt) => {
                operator!(concat!($text, ".", $name), [$t $t] I32, |[x, y]| {
                    Expected::Bits(($f::from_bits(x as $b) $op $f::from_bits(y as $b)).into())
                })
            };
        }
        macro_rules! unary {
            ($name:literal, $op:ident) => {
                operator!(concat!($text, ".", $name), [$t] $t, |[x, _]| {
                    let result = $f::from_bits(x as $b).$op().to_bits();
                    Expected::arithmetic(Num::$t, Num::$t, &[x], result.into())
                })
            };
        }
        macro_rules! binary {
            ($name:literal, |$x:ident, $y:ident| $result:expr) => {
                operator!(concat!($text, ".", $name), [$t $t] $t, |[x, y]| {
                    let ($x, $y) = ($f::from_bits(x as $b), $f::from_bits(y as $b));
                    let result: $f = $result;
                    Expected::arithmetic(Num::$t, Num::$t, &[x, y], result.to_bits().into())
                })
            };
        }
        /// The smaller or larger one; NaN if either is; and -0 is less than 0.
        macro_rules! extremum {
            ($name:literal, $op:tt, zeros: $zeros:tt) => {
                binary!($name, |x, y| if x.is_nan() || y.is_nan() {
                    $f::NAN
                } else if x == y {
                    $f::from_bits(x.to_bits() $zeros y.to_bits())
                } else if x $op y {
                    x
                } else {
                    y
                })
            };
        }
        vec![
            comparison!("eq", ==),
            comparison!("ne", !=),
            comparison!("lt", <),
            comparison!("gt", >),
            comparison!("le", <=),
            comparison!("ge", >=),
            // These three are of bits: a NaN keeps its payload.
            operator!(concat!($text, ".abs"), [$t] $t, |[x, _]| Expected::Bits(x & !SIGN)),
            operator!(concat!($text, ".neg"), [$t] $t, |[x, _]| Expected::Bits(x ^ SIGN)),
            operator!(concat!($text, ".copysign"), [$t $t] $t, |[x, y]| {
                Expected::Bits(x & !SIGN | y & SIGN)
            }),
            unary!("ceil", ceil),
            unary!("floor", floor),
            unary!("trunc", trunc),
            unary!("nearest", round_ties_even),
            unary!("sqrt", sqrt),
            binary!("add", |x, y| x + y),
            binary!("sub", |x, y| x - y),
            binary!("mul", |x, y| x * y),
            binary!("div", |x, y| x / y),
            // Equal numbers have the same bits, but for the signs of zeros.
            extremum!("min", <, zeros: |),
            extremum!("max", >, zeros: &),
        ]
    }};
}

pub(super) fn operators() -> Vec<Operator> {
    [float!(F32, "f32", f32, u32), float!(F64, "f64", f64, u64)].concat()
}
