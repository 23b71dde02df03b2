//! Float and vector-register instructions.
//!
//! Bitwise ones are always those of packed singles: their encoding is a byte shorter and they do the same.

use super::Asm;
use super::encode::{Imm, Opcode};
use super::operand::{Gpr, Mem, Precision, Width, Xmm};

/// Scalar arithmetic, by opcode.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum FloatOp {
    Sqrt = 0x51,
    Add = 0x58,
    Mul = 0x59,
    Sub = 0x5c,
    /// The second operand if one is NaN or both are zeros.
    Min = 0x5d,
    Div = 0x5e,
    /// The second operand if one is NaN or both are zeros.
    Max = 0x5f,
}

/// Bitwise operations on whole registers, by opcode.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum BitOp {
    And = 0x54,
    Or = 0x56,
    Xor = 0x57,
}

/// A rounding mode, by encoding. Bit 3 suppresses the exception of inexact results.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Rounding {
    Nearest = 8,
    Floor = 9,
    Ceil = 10,
    Trunc = 11,
}

#[inline]
fn scalar(code: u8, precision: Precision) -> Opcode {
    Opcode::map_0f(code).prefix(if precision == Precision::Single { 0xf3 } else { 0xf2 })
}

#[inline]
fn wide(width: Width) -> bool {
    width == Width::W64
}

/// Where a comparison of floats has its opcode; doubles have the prefix of 16-bit operands.
#[inline]
fn ucomi(precision: Precision) -> Opcode {
    let opcode = Opcode::map_0f(0x2e);
    if precision == Precision::Single { opcode } else { opcode.prefix(0x66) }
}

#[inline]
fn round_opcode(precision: Precision) -> Opcode {
    Opcode::map_0f3a(if precision == Precision::Single { 0x0a } else { 0x0b }).prefix(0x66)
}

impl Asm {
    /// `dst <- src`, the whole register.
    #[inline]
    pub(crate) fn movaps(&mut self, dst: Xmm, src: Xmm) {
        self.encode_rr(Opcode::map_0f(0x28), dst.number(), src.number());
    }

    /// `dst <- [src]`; the bits above become zero.
    #[inline]
    pub(crate) fn float_load(&mut self, precision: Precision, dst: Xmm, src: Mem) {
        self.encode_rm(scalar(0x10, precision), dst.number(), src);
    }

    /// `[dst] <- src`
    #[inline]
    pub(crate) fn float_store(&mut self, precision: Precision, dst: Mem, src: Xmm) {
        self.encode_rm(scalar(0x11, precision), src.number(), dst);
    }

    /// `dst <- [src]`, 16 bytes, not aligned.
    #[inline]
    pub(crate) fn movups_load(&mut self, dst: Xmm, src: Mem) {
        self.encode_rm(Opcode::map_0f(0x10), dst.number(), src);
    }

    /// `[dst] <- src`, 16 bytes, not aligned.
    #[inline]
    pub(crate) fn movups_store(&mut self, dst: Mem, src: Xmm) {
        self.encode_rm(Opcode::map_0f(0x11), src.number(), dst);
    }

    /// `dst <- bits of src`; the bits above become zero.
    #[inline]
    pub(crate) fn mov_to_xmm(&mut self, width: Width, dst: Xmm, src: Gpr) {
        let opcode = Opcode::map_0f(0x6e).prefix(0x66).wide(wide(width));
        self.encode_rr(opcode, dst.number(), src.number());
    }

    /// `dst <- low bits of src`
    #[inline]
    pub(crate) fn mov_from_xmm(&mut self, width: Width, dst: Gpr, src: Xmm) {
        let opcode = Opcode::map_0f(0x7e).prefix(0x66).wide(wide(width));
        self.encode_rr(opcode, src.number(), dst.number());
    }

    /// `dst <- 0`, the whole register.
    #[inline]
    pub(crate) fn zero_xmm(&mut self, dst: Xmm) {
        self.bit(BitOp::Xor, dst, dst);
    }

    /// `dst <- dst op src`; the square root is of `src` alone.
    #[inline]
    pub(crate) fn float(&mut self, op: FloatOp, precision: Precision, dst: Xmm, src: Xmm) {
        self.encode_rr(scalar(op as u8, precision), dst.number(), src.number());
    }

    /// `dst <- dst op [src]`
    #[inline]
    pub(crate) fn float_mem(&mut self, op: FloatOp, precision: Precision, dst: Xmm, src: Mem) {
        self.encode_rm(scalar(op as u8, precision), dst.number(), src);
    }

    /// `dst <- dst op constant`; returns the place of the constant's displacement.
    #[inline]
    pub(crate) fn float_rip(&mut self, op: FloatOp, precision: Precision, dst: Xmm) -> u32 {
        self.encode_r_rip(scalar(op as u8, precision), dst.number());
        self.field()
    }

    /// AVX: `dst <- a op b`; the square root is of `b` alone.
    #[inline]
    pub(crate) fn float_avx(&mut self, op: FloatOp, precision: Precision, dst: Xmm, a: Xmm, b: Xmm) {
        self.encode_vex_rrr(scalar(op as u8, precision), dst.number(), a.number(), b.number());
    }

    /// AVX: `dst <- a op [b]`
    #[inline]
    pub(crate) fn float_avx_mem(&mut self, op: FloatOp, precision: Precision, dst: Xmm, a: Xmm, b: Mem) {
        self.encode_vex_rrm(scalar(op as u8, precision), dst.number(), a.number(), b);
    }

    /// AVX: `dst <- a op constant`; returns the place of the constant's displacement.
    #[inline]
    pub(crate) fn float_avx_rip(&mut self, op: FloatOp, precision: Precision, dst: Xmm, a: Xmm) -> u32 {
        self.encode_vex_rr_rip(scalar(op as u8, precision), dst.number(), a.number());
        self.field()
    }

    /// `dst <- dst op src`, the whole registers.
    #[inline]
    pub(crate) fn bit(&mut self, op: BitOp, dst: Xmm, src: Xmm) {
        self.encode_rr(Opcode::map_0f(op as u8), dst.number(), src.number());
    }

    /// `dst <- dst op constant` of 16 bytes that lies at a multiple of 16; returns the place of its displacement.
    #[inline]
    pub(crate) fn bit_rip(&mut self, op: BitOp, dst: Xmm) -> u32 {
        self.encode_r_rip(Opcode::map_0f(op as u8), dst.number());
        self.field()
    }

    /// AVX: `dst <- a op constant` of 16 bytes; returns the place of its displacement.
    #[inline]
    pub(crate) fn bit_avx_rip(&mut self, op: BitOp, dst: Xmm, a: Xmm) -> u32 {
        self.encode_vex_rr_rip(Opcode::map_0f(op as u8), dst.number(), a.number());
        self.field()
    }

    /// `dst <- constant`; returns the place of its displacement.
    #[inline]
    pub(crate) fn float_load_rip(&mut self, precision: Precision, dst: Xmm) -> u32 {
        self.encode_r_rip(scalar(0x10, precision), dst.number());
        self.field()
    }

    /// `dst <- constant` of 16 bytes; returns the place of its displacement.
    #[inline]
    pub(crate) fn movups_load_rip(&mut self, dst: Xmm) -> u32 {
        self.encode_r_rip(Opcode::map_0f(0x10), dst.number());
        self.field()
    }

    /// Compares: sets carry for less, zero for equal, and both and parity if one is NaN.
    #[inline]
    pub(crate) fn ucomis(&mut self, precision: Precision, a: Xmm, b: Xmm) {
        self.encode_rr(ucomi(precision), a.number(), b.number());
    }

    /// Compares with memory.
    #[inline]
    pub(crate) fn ucomis_mem(&mut self, precision: Precision, a: Xmm, b: Mem) {
        self.encode_rm(ucomi(precision), a.number(), b);
    }

    /// Compares with a constant; returns the place of its displacement.
    #[inline]
    pub(crate) fn ucomis_rip(&mut self, precision: Precision, a: Xmm) -> u32 {
        self.encode_r_rip(ucomi(precision), a.number());
        self.field()
    }

    /// `dst <- src`, from a signed integer. The bits above the result stay: `dst` should be cleared before, so that
    /// the processor does not wait for its old value.
    #[inline]
    pub(crate) fn convert_int(&mut self, precision: Precision, width: Width, dst: Xmm, src: Gpr) {
        self.encode_rr(scalar(0x2a, precision).wide(wide(width)), dst.number(), src.number());
    }

    /// The same from memory.
    #[inline]
    pub(crate) fn convert_int_mem(&mut self, precision: Precision, width: Width, dst: Xmm, src: Mem) {
        self.encode_rm(scalar(0x2a, precision).wide(wide(width)), dst.number(), src);
    }

    /// `dst <- src` truncated to a signed integer; the smallest one where that does not fit or `src` is NaN.
    #[inline]
    pub(crate) fn truncate(&mut self, precision: Precision, width: Width, dst: Gpr, src: Xmm) {
        self.encode_rr(scalar(0x2c, precision).wide(wide(width)), dst.number(), src.number());
    }

    /// `dst <- src`, from this precision to the other. The bits above the result stay.
    #[inline]
    pub(crate) fn convert(&mut self, from: Precision, dst: Xmm, src: Xmm) {
        self.encode_rr(scalar(0x5a, from), dst.number(), src.number());
    }

    /// `dst <- [src]`, from this precision to the other.
    #[inline]
    pub(crate) fn convert_mem(&mut self, from: Precision, dst: Xmm, src: Mem) {
        self.encode_rm(scalar(0x5a, from), dst.number(), src);
    }

    /// `dst <- src` rounded to an integer. The bits above the result stay.
    #[inline]
    pub(crate) fn round(&mut self, precision: Precision, mode: Rounding, dst: Xmm, src: Xmm) {
        self.encode_rri(round_opcode(precision), dst.number(), src.number(), Imm::byte(mode as u8));
    }

    /// `dst <- [src]` rounded to an integer.
    #[inline]
    pub(crate) fn round_mem(&mut self, precision: Precision, mode: Rounding, dst: Xmm, src: Mem) {
        self.encode_rmi(round_opcode(precision), dst.number(), src, Imm::byte(mode as u8));
    }
}
