//! Integer ops.

use super::arith::{comparisons, ops};
use wz_core::TrapCode::{IntegerDivideByZero, IntegerOverflow};

/// Defines the ops of one integer width from the names of both.
macro_rules! integer {
    ($u:ident $s:ident: $eqz:ident $nez:ident $eq:ident $ne:ident $lts:ident $ltu:ident $gts:ident $gtu:ident
        $les:ident $leu:ident $ges:ident $geu:ident $clz:ident $ctz:ident $popcnt:ident $add:ident $sub:ident
        $mul:ident $divs:ident $divu:ident $rems:ident $remu:ident $and:ident $or:ident $xor:ident $shl:ident
        $shrs:ident $shru:ident $rotl:ident $rotr:ident) => {
        comparisons! {
            $eqz(a: $u) { a == 0 }
            $nez(a: $u) { a != 0 }
        }
        comparisons! {
            $eq(a, b: $u) { a == b }
            $ne(a, b: $u) { a != b }
            $lts(a, b: $u) { (a as $s) < b as $s }
            $ltu(a, b: $u) { a < b }
            $gts(a, b: $u) { a as $s > b as $s }
            $gtu(a, b: $u) { a > b }
            $les(a, b: $u) { a as $s <= b as $s }
            $leu(a, b: $u) { a <= b }
            $ges(a, b: $u) { a as $s >= b as $s }
            $geu(a, b: $u) { a >= b }
        }
        ops! {
            $clz(a: $u) -> $u { $u::from(a.leading_zeros()) }
            $ctz(a: $u) -> $u { $u::from(a.trailing_zeros()) }
            $popcnt(a: $u) -> $u { $u::from(a.count_ones()) }
        }
        // Shift counts are modulo the width: `wrapping_shl` and `rotate_left` do that.
        ops! {
            $add(a: $u, b: $u) -> $u { a.wrapping_add(b) }
            $sub(a: $u, b: $u) -> $u { a.wrapping_sub(b) }
            $mul(a: $u, b: $u) -> $u { a.wrapping_mul(b) }
            $and(a: $u, b: $u) -> $u { a & b }
            $or(a: $u, b: $u) -> $u { a | b }
            $xor(a: $u, b: $u) -> $u { a ^ b }
            $shl(a: $u, b: $u) -> $u { a.wrapping_shl(b as u32) }
            $shrs(a: $u, b: $u) -> $u { (a as $s).wrapping_shr(b as u32) as $u }
            $shru(a: $u, b: $u) -> $u { a.wrapping_shr(b as u32) }
            $rotl(a: $u, b: $u) -> $u { a.rotate_left(b as u32 % $u::BITS) }
            $rotr(a: $u, b: $u) -> $u { a.rotate_right(b as u32 % $u::BITS) }
        }
        ops! { try
            $divs(a: $u, b: $u) -> $u {
                if b == 0 {
                    Err(IntegerDivideByZero)
                } else {
                    (a as $s).checked_div(b as $s).map(|q| q as $u).ok_or(IntegerOverflow)
                }
            }
            $divu(a: $u, b: $u) -> $u { a.checked_div(b).ok_or(IntegerDivideByZero) }
            $rems(a: $u, b: $u) -> $u {
                if b == 0 { Err(IntegerDivideByZero) } else { Ok((a as $s).wrapping_rem(b as $s) as $u) }
            }
            $remu(a: $u, b: $u) -> $u { a.checked_rem(b).ok_or(IntegerDivideByZero) }
        }
    };
}

integer! {
    u32 i32: I32Eqz I32Nez I32Eq I32Ne I32LtS I32LtU I32GtS I32GtU I32LeS I32LeU I32GeS I32GeU I32Clz I32Ctz
    I32Popcnt I32Add I32Sub I32Mul I32DivS I32DivU I32RemS I32RemU I32And I32Or I32Xor I32Shl I32ShrS I32ShrU
    I32Rotl I32Rotr
}

integer! {
    u64 i64: I64Eqz I64Nez I64Eq I64Ne I64LtS I64LtU I64GtS I64GtU I64LeS I64LeU I64GeS I64GeU I64Clz I64Ctz
    I64Popcnt I64Add I64Sub I64Mul I64DivS I64DivU I64RemS I64RemU I64And I64Or I64Xor I64Shl I64ShrS I64ShrU
    I64Rotl I64Rotr
}

ops! {
    I32Extend8S(a: u32) -> u32 { i32::from(a as i8) as u32 }
    I32Extend16S(a: u32) -> u32 { i32::from(a as i16) as u32 }
    I64Extend8S(a: u64) -> u64 { i64::from(a as i8) as u64 }
    I64Extend16S(a: u64) -> u64 { i64::from(a as i16) as u64 }
    I64Extend32S(a: u64) -> u64 { i64::from(a as i32) as u64 }
    CopyI32(a: u32) -> u32 { a }
    CopyI64(a: u64) -> u64 { a }
    CopyRef(a: u64) -> u64 { a }
    RefIsNull(a: u64) -> u32 { u32::from(a == 0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::arith::{Binary, Unary};

    #[test]
    fn division_traps_in_the_specified_order() {
        assert_eq!(I32DivS::eval(i32::MIN as u32, 0), Err(IntegerDivideByZero));
        assert_eq!(I32DivS::eval(i32::MIN as u32, u32::MAX), Err(IntegerOverflow));
        assert_eq!(I32DivS::eval(-7i32 as u32, 2), Ok(-3i32 as u32));
        assert_eq!(I32RemS::eval(i32::MIN as u32, u32::MAX), Ok(0));
        assert_eq!(I32RemS::eval(-7i32 as u32, 2), Ok(-1i32 as u32));
        assert_eq!(I64DivS::eval(i64::MIN as u64, u64::MAX), Err(IntegerOverflow));
        assert_eq!(I64RemS::eval(i64::MIN as u64, u64::MAX), Ok(0));
        assert_eq!(I64DivU::eval(5, 0), Err(IntegerDivideByZero));
        assert_eq!(I64RemU::eval(5, 0), Err(IntegerDivideByZero));
        assert_eq!(I64DivU::eval(u64::MAX, 2), Ok(u64::MAX / 2));
    }

    #[test]
    fn shift_counts_are_modulo_the_width() {
        assert_eq!(I32Shl::eval(1, 33), Ok(2));
        assert_eq!(I32ShrS::eval(0x8000_0000, 63), Ok(u32::MAX));
        assert_eq!(I64ShrU::eval(4, 65), Ok(2));
        assert_eq!(I64Shl::eval(1, (1 << 40) | 3), Ok(8));
        assert_eq!(I32Rotl::eval(0x8000_0001, 33), Ok(3));
        assert_eq!(I64Rotr::eval(1, 65), Ok(1 << 63));
    }

    #[test]
    fn sign_extension_and_counts() {
        assert_eq!(I32Extend8S::eval(0x1280), Ok(0xffff_ff80));
        assert_eq!(I64Extend32S::eval(0x1_8000_0000), Ok(0xffff_ffff_8000_0000));
        assert_eq!(I32Clz::eval(0), Ok(32));
        assert_eq!(I64Ctz::eval(0), Ok(64));
        assert_eq!(I64Popcnt::eval(u64::MAX), Ok(64));
    }
}
