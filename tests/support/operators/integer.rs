//! Operators on integers.

use super::{Expected, Num, Operator};
use wz_api::TrapCode;

/// The operators of one width. `$u` and `$s` are Rust's types, `$t` is the type's name here, and in text.
macro_rules! integer {
    ($t:ident, $text:literal, $u:ident, $s:ident) => {{
        /// A result that is always there.
        macro_rules! total {
            ($name:literal, |$x:ident, $y:ident| $result:expr) => {
                operator!(concat!($text, ".", $name), [$t $t] $t, |[x, y]| {
                    let ($x, $y) = (x as $u, y as $u);
                    Expected::Bits(u64::from($result as $u))
                })
            };
        }
        macro_rules! comparison {
            ($name:literal, $as:ident, $op:tt) => {
                operator!(concat!($text, ".", $name), [$t $t] I32, |[x, y]| {
                    Expected::Bits(((x as $as) $op (y as $as)).into())
                })
            };
        }
        macro_rules! unary {
            ($name:literal, |$x:ident| $result:expr) => {
                operator!(concat!($text, ".", $name), [$t] $t, |[x, _]| {
                    let $x = x as $u;
                    Expected::Bits(u64::from($result as $u))
                })
            };
        }
        macro_rules! division {
            ($name:literal, $as:ident, $op:ident, overflow: $overflow:expr) => {
                operator!(concat!($text, ".", $name), [$t $t] $t, |[x, y]| {
                    let (x, y) = (x as $as, y as $as);
                    if y == 0 {
                        return Expected::Trap(TrapCode::IntegerDivideByZero);
                    }
                    match x.$op(y) {
                        Some(result) => Expected::Bits(u64::from(result as $u)),
                        None => $overflow,
                    }
                })
            };
        }
        vec![
            operator!(concat!($text, ".eqz"), [$t] I32, |[x, _]| Expected::Bits((x == 0).into())),
            comparison!("eq", $u, ==),
            comparison!("ne", $u, !=),
            comparison!("lt_s", $s, <),
            comparison!("lt_u", $u, <),
            comparison!("gt_s", $s, >),
            comparison!("gt_u", $u, >),
            comparison!("le_s", $s, <=),
            comparison!("le_u", $u, <=),
            comparison!("ge_s", $s, >=),
            comparison!("ge_u", $u, >=),
            unary!("clz", |x| x.leading_zeros()),
            unary!("ctz", |x| x.trailing_zeros()),
            unary!("popcnt", |x| x.count_ones()),
            unary!("extend8_s", |x| x as i8 as $s),
            unary!("extend16_s", |x| x as i16 as $s),
            total!("add", |x, y| x.wrapping_add(y)),
            total!("sub", |x, y| x.wrapping_sub(y)),
            total!("mul", |x, y| x.wrapping_mul(y)),
            total!("and", |x, y| x & y),
            total!("or", |x, y| x | y),
            total!("xor", |x, y| x ^ y),
            // Rust's wrapping shifts and its rotations take the count modulo the width too.
            total!("shl", |x, y| x.wrapping_shl(y as u32)),
            total!("shr_s", |x, y| (x as $s).wrapping_shr(y as u32)),
            total!("shr_u", |x, y| x.wrapping_shr(y as u32)),
            total!("rotl", |x, y| x.rotate_left((y % $u::from($u::BITS as u8)) as u32)),
            total!("rotr", |x, y| x.rotate_right((y % $u::from($u::BITS as u8)) as u32)),
            division!("div_s", $s, checked_div, overflow: Expected::Trap(TrapCode::IntegerOverflow)),
            division!("div_u", $u, checked_div, overflow: Expected::Trap(TrapCode::IntegerOverflow)),
            division!("rem_s", $s, checked_rem, overflow: Expected::Bits(0)),
            division!("rem_u", $u, checked_rem, overflow: Expected::Bits(0)),
        ]
    }};
}

pub(super) fn operators() -> Vec<Operator> {
    let mut operators: Vec<Operator> = integer!(I32, "i32", u32, i32);
    operators.extend(integer!(I64, "i64", u64, i64));
    operators.push(operator!("i64.extend32_s", [I64] I64, |[x, _]| Expected::Bits(x as i32 as u64)));
    operators
}
