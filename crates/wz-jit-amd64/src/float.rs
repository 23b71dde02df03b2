//! Float arithmetic.

use crate::asm::{BitOp, Cond, FloatOp, Gpr, Precision, Rounding, Width, Xmm};
use crate::cpu::CpuFeatures;
use crate::emitter::Emitter;
use crate::input::{Input, float_kind};
use Precision::{Double, Single};
use wz_core::ir::{Inst, Op};
use wz_jit::Technique;

/// The sign bit of a float.
pub(crate) fn sign_bit(precision: Precision) -> u64 {
    match precision {
        Single => 1 << 31,
        Double => 1 << 63,
    }
}

impl Emitter<'_> {
    /// A float op that neither compares nor converts.
    pub(crate) fn float(&mut self, inst: &Inst<'_>) {
        match inst.op {
            Op::F32Add => self.float_binary(FloatOp::Add, Single, inst),
            Op::F64Add => self.float_binary(FloatOp::Add, Double, inst),
            Op::F32Sub => self.float_binary(FloatOp::Sub, Single, inst),
            Op::F64Sub => self.float_binary(FloatOp::Sub, Double, inst),
            Op::F32Mul => self.float_binary(FloatOp::Mul, Single, inst),
            Op::F64Mul => self.float_binary(FloatOp::Mul, Double, inst),
            Op::F32Div => self.float_binary(FloatOp::Div, Single, inst),
            Op::F64Div => self.float_binary(FloatOp::Div, Double, inst),
            Op::F32Min => self.min_max(FloatOp::Min, Single, inst),
            Op::F64Min => self.min_max(FloatOp::Min, Double, inst),
            Op::F32Max => self.min_max(FloatOp::Max, Single, inst),
            Op::F64Max => self.min_max(FloatOp::Max, Double, inst),
            Op::F32Copysign => self.copysign(Single, inst),
            Op::F64Copysign => self.copysign(Double, inst),
            Op::F32Abs => self.change_sign(BitOp::And, Single, inst),
            Op::F64Abs => self.change_sign(BitOp::And, Double, inst),
            Op::F32Neg => self.change_sign(BitOp::Xor, Single, inst),
            Op::F64Neg => self.change_sign(BitOp::Xor, Double, inst),
            Op::F32Ceil => self.round(Rounding::Ceil, Single, inst),
            Op::F64Ceil => self.round(Rounding::Ceil, Double, inst),
            Op::F32Floor => self.round(Rounding::Floor, Single, inst),
            Op::F64Floor => self.round(Rounding::Floor, Double, inst),
            Op::F32Trunc => self.round(Rounding::Trunc, Single, inst),
            Op::F64Trunc => self.round(Rounding::Trunc, Double, inst),
            Op::F32Nearest => self.round(Rounding::Nearest, Single, inst),
            Op::F64Nearest => self.round(Rounding::Nearest, Double, inst),
            Op::F32Sqrt => self.sqrt(Single, inst),
            Op::F64Sqrt => self.sqrt(Double, inst),
            _ => self.fail("inconsistent IR: an op of another family"),
        }
    }

    fn float_binary(&mut self, op: FloatOp, precision: Precision, inst: &Inst<'_>) {
        // Which of two NaNs an addition or multiplication gives is not specified.
        let commutes = matches!(op, FloatOp::Add | FloatOp::Mul);
        let (x, y) = self.float_inputs(inst, precision, commutes);
        let dst = self.float_result(inst, precision, x);
        match x {
            Input::Reg(x) if self.env.cpu.has(CpuFeatures::AVX) && x != dst => match y {
                Input::Reg(y) => self.asm.float_avx(op, precision, dst, x, y),
                Input::Home(y) => self.asm.float_avx_mem(op, precision, dst, x, y),
                Input::Const(bits) => {
                    let field = self.asm.float_avx_rip(op, precision, dst, x);
                    self.refer_to_float(field, precision, bits);
                }
            },
            _ => {
                self.move_float(precision, dst, x);
                self.float_by(op, precision, dst, y);
            }
        }
    }

    /// `dst <- dst op y`
    fn float_by(&mut self, op: FloatOp, precision: Precision, dst: Xmm, y: Input<Xmm>) {
        match y {
            Input::Reg(y) => self.asm.float(op, precision, dst, y),
            Input::Home(y) => self.asm.float_mem(op, precision, dst, y),
            Input::Const(bits) => {
                let field = self.asm.float_rip(op, precision, dst);
                self.refer_to_float(field, precision, bits);
            }
        }
    }

    /// The processor's minimum gives the second operand if the operands are zeros or one is NaN.
    fn min_max(&mut self, op: FloatOp, precision: Precision, inst: &Inst<'_>) {
        let (a, b) = (inst.a(), inst.b());
        let x = self.float_input(a, precision);
        let y = self.float_reg(b, float_kind(precision));
        self.alloc.free_if_killed(a);
        self.alloc.free_if_killed(b);
        let dst = self.float_result(inst, precision, x);
        self.move_float(precision, dst, x);
        self.asm.ucomis(precision, dst, y);
        let differ = self.asm.jcc_short(Cond::Ne);
        let nan = self.asm.jcc_short(Cond::P);
        // Equal: only the signs of zeros can differ.
        self.asm.bit(if op == FloatOp::Min { BitOp::Or } else { BitOp::And }, dst, y);
        let done = self.asm.jmp_short();
        self.asm.bind_short(nan);
        self.asm.float(FloatOp::Add, precision, dst, y);
        let quieted = self.asm.jmp_short();
        self.asm.bind_short(differ);
        self.asm.float(op, precision, dst, y);
        self.asm.bind_short(done);
        self.asm.bind_short(quieted);
    }

    /// A float and its sign bit, or all but its sign bit, in all lanes of a register.
    fn sign_mask(precision: Precision, op: BitOp) -> u128 {
        let sign = u128::from(sign_bit(precision));
        let (lane, ones) = match precision {
            Single => (sign | sign << 32 | sign << 64 | sign << 96, u128::MAX),
            Double => (sign | sign << 64, u128::MAX),
        };
        if op == BitOp::And { lane ^ ones } else { lane }
    }

    /// `abs` and `neg`, which keep NaNs but for the sign.
    fn change_sign(&mut self, op: BitOp, precision: Precision, inst: &Inst<'_>) {
        let x = self.float_input(inst.a(), precision);
        self.alloc.free_if_killed(inst.a());
        let dst = self.float_result(inst, precision, x);
        let mask = Self::sign_mask(precision, op);
        let field = match x {
            Input::Reg(x) if self.env.cpu.has(CpuFeatures::AVX) && x != dst => {
                self.asm.bit_avx_rip(op, dst, x)
            }
            _ => {
                self.move_float(precision, dst, x);
                self.asm.bit_rip(op, dst)
            }
        };
        self.refer_to_literal(field, mask, 16);
    }

    fn copysign(&mut self, precision: Precision, inst: &Inst<'_>) {
        let (a, b) = (inst.a(), inst.b());
        let x = self.float_input(a, precision);
        let y = self.float_input(b, precision);
        self.alloc.free_if_killed(a);
        self.alloc.free_if_killed(b);
        let dst = self.float_result(inst, precision, x);
        self.move_float(precision, Xmm::SCRATCH, y);
        self.move_float(precision, dst, x);
        let field = self.asm.bit_rip(BitOp::And, Xmm::SCRATCH);
        self.refer_to_literal(field, Self::sign_mask(precision, BitOp::Xor), 16);
        let field = self.asm.bit_rip(BitOp::And, dst);
        self.refer_to_literal(field, Self::sign_mask(precision, BitOp::And), 16);
        self.asm.bit(BitOp::Or, dst, Xmm::SCRATCH);
    }

    /// The source of a unary op that leaves the high bits of `dst`, which is cleared first if it is another register:
    /// else the processor waits for its old value.
    fn independent(&mut self, dst: Xmm, x: Input<Xmm>) {
        if x != Input::Reg(dst) {
            self.asm.zero_xmm(dst);
        }
    }

    fn round(&mut self, mode: Rounding, precision: Precision, inst: &Inst<'_>) {
        let x = self.float_source(inst, precision);
        let dst = self.float_result(inst, precision, x);
        self.independent(dst, x);
        match x {
            Input::Home(x) => self.asm.round_mem(precision, mode, dst, x),
            Input::Reg(x) => self.asm.round(precision, mode, dst, x),
            Input::Const(_) => {}
        }
    }

    fn sqrt(&mut self, precision: Precision, inst: &Inst<'_>) {
        let x = self.float_source(inst, precision);
        let dst = self.float_result(inst, precision, x);
        self.independent(dst, x);
        self.float_by(FloatOp::Sqrt, precision, dst, x);
    }

    /// Conversion between the two precisions.
    pub(crate) fn change_precision(&mut self, from: Precision, to: Precision, inst: &Inst<'_>) {
        let x = self.float_source(inst, from);
        let dst = self.float_result(inst, to, x);
        self.independent(dst, x);
        match x {
            Input::Home(x) => self.asm.convert_mem(from, dst, x),
            Input::Reg(x) => self.asm.convert(from, dst, x),
            Input::Const(_) => {}
        }
    }

    /// `dst <- x`, a signed integer.
    pub(crate) fn float_from_int(&mut self, precision: Precision, width: Width, dst: Xmm, x: Input<Gpr>) {
        // The result does not depend on the register's old value, but for the bits that it leaves.
        if self.env.uses(Technique::ZeroBeforeConvert) {
            self.asm.zero_xmm(dst);
        }
        match x {
            Input::Home(x) => self.asm.convert_int_mem(precision, width, dst, x),
            Input::Reg(x) => self.asm.convert_int(precision, width, dst, x),
            Input::Const(_) => {}
        }
    }
}
