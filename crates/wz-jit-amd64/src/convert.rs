//! Conversions between numbers.

use crate::asm::{Alu, Cond, Extend, FloatOp, Gpr, Precision, Shift, Width, Xmm};
use crate::emitter::Emitter;
use crate::input::{Input, float_kind, int_kind};
use Precision::{Double, Single};
use Width::{W32, W64};
use wz_core::TrapCode;
use wz_core::ir::{Inst, Op};

/// What becomes of a float that does not fit the integer type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Misfit {
    /// A trap.
    Trap,
    /// The nearest integer that fits, and 0 for NaN.
    Saturate,
}
use Misfit::{Saturate, Trap};

impl Emitter<'_> {
    /// A conversion.
    pub(crate) fn convert(&mut self, inst: &Inst<'_>) {
        match inst.op {
            Op::I32WrapI64 | Op::I64ExtendI32U => self.zero_extend(inst),
            Op::I64ExtendI32S => {
                let x = self.int_source(inst, W32);
                self.extend_input(Extend::Sign32, W64, inst, x);
            }
            Op::I32TruncF32S => self.truncate_signed(Single, W32, Trap, inst),
            Op::I32TruncF64S => self.truncate_signed(Double, W32, Trap, inst),
            Op::I64TruncF32S => self.truncate_signed(Single, W64, Trap, inst),
            Op::I64TruncF64S => self.truncate_signed(Double, W64, Trap, inst),
            Op::I32TruncSatF32S => self.truncate_signed(Single, W32, Saturate, inst),
            Op::I32TruncSatF64S => self.truncate_signed(Double, W32, Saturate, inst),
            Op::I64TruncSatF32S => self.truncate_signed(Single, W64, Saturate, inst),
            Op::I64TruncSatF64S => self.truncate_signed(Double, W64, Saturate, inst),
            Op::I32TruncF32U => self.truncate_u32(Single, Trap, inst),
            Op::I32TruncF64U => self.truncate_u32(Double, Trap, inst),
            Op::I32TruncSatF32U => self.truncate_u32(Single, Saturate, inst),
            Op::I32TruncSatF64U => self.truncate_u32(Double, Saturate, inst),
            Op::I64TruncF32U => self.truncate_u64(Single, Trap, inst),
            Op::I64TruncF64U => self.truncate_u64(Double, Trap, inst),
            Op::I64TruncSatF32U => self.truncate_u64(Single, Saturate, inst),
            Op::I64TruncSatF64U => self.truncate_u64(Double, Saturate, inst),
            Op::F32ConvertI32S => self.convert_signed(Single, W32, inst),
            Op::F64ConvertI32S => self.convert_signed(Double, W32, inst),
            Op::F32ConvertI64S => self.convert_signed(Single, W64, inst),
            Op::F64ConvertI64S => self.convert_signed(Double, W64, inst),
            Op::F32ConvertI32U => self.convert_u32(Single, inst),
            Op::F64ConvertI32U => self.convert_u32(Double, inst),
            Op::F32ConvertI64U => self.convert_u64(Single, inst),
            Op::F64ConvertI64U => self.convert_u64(Double, inst),
            Op::F32DemoteF64 => self.change_precision(Double, Single, inst),
            Op::F64PromoteF32 => self.change_precision(Single, Double, inst),
            Op::I32ReinterpretF32 => self.reinterpret_as_int(Single, W32, inst),
            Op::I64ReinterpretF64 => self.reinterpret_as_int(Double, W64, inst),
            Op::F32ReinterpretI32 => self.reinterpret_as_float(W32, Single, inst),
            Op::F64ReinterpretI64 => self.reinterpret_as_float(W64, Double, inst),
            _ => self.fail("inconsistent IR: an op of another family"),
        }
    }

    /// `i32.wrap_i64`: the low half, zero-extended; `i64.extend_i32_u`: an i32 in a register is zero-extended already.
    fn zero_extend(&mut self, inst: &Inst<'_>) {
        let wrap = inst.op == Op::I32WrapI64;
        let (from, to) = if wrap { (W64, W32) } else { (W32, W64) };
        let x = self.int_input(inst.a(), from);
        self.alloc.free_if_killed(inst.a());
        let dst = self.int_result(inst, to, x);
        match x {
            Input::Const(bits) => self.asm.mov_imm(dst, u64::from(bits as u32)),
            Input::Reg(x) if wrap => self.asm.mov(W32, dst, x),
            x => self.move_int(W32, dst, x),
        }
    }

    fn reinterpret_as_int(&mut self, precision: Precision, width: Width, inst: &Inst<'_>) {
        let x = self.float_input(inst.a(), precision);
        self.alloc.free_if_killed(inst.a());
        let dst = self.int_result(inst, width, Input::NONE);
        match x {
            Input::Reg(x) => self.asm.mov_from_xmm(width, dst, x),
            Input::Home(home) => self.asm.load(width, dst, home),
            Input::Const(bits) => self.asm.mov_imm(dst, bits),
        }
    }

    fn reinterpret_as_float(&mut self, width: Width, precision: Precision, inst: &Inst<'_>) {
        let x = self.int_input(inst.a(), width);
        self.alloc.free_if_killed(inst.a());
        let dst = self.float_result(inst, precision, Input::NONE);
        match x {
            Input::Reg(x) => self.asm.mov_to_xmm(width, dst, x),
            Input::Home(home) => self.asm.float_load(precision, dst, home),
            Input::Const(bits) => self.move_float(precision, dst, Input::Const(bits)),
        }
    }

    fn convert_signed(&mut self, precision: Precision, width: Width, inst: &Inst<'_>) {
        let x = self.int_source(inst, width);
        let dst = self.float_result(inst, precision, Input::NONE);
        self.float_from_int(precision, width, dst, x);
    }

    /// As a signed number of 64 bits, which it is zero-extended to.
    fn convert_u32(&mut self, precision: Precision, inst: &Inst<'_>) {
        let x = self.int(inst.a(), int_kind(W32));
        self.alloc.free_if_killed(inst.a());
        let dst = self.float_result(inst, precision, Input::NONE);
        self.float_from_int(precision, W64, dst, Input::Reg(x));
    }

    fn convert_u64(&mut self, precision: Precision, inst: &Inst<'_>) {
        let x = self.int(inst.a(), int_kind(W64));
        self.alloc.free_if_killed(inst.a());
        let dst = self.float_result(inst, precision, Input::NONE);
        let (half, low) = (self.int_temp(), self.int_temp());
        let (large, done) = (self.asm.code.new_label(), self.asm.code.new_label());
        self.asm.test(W64, x, x);
        self.jcc(Cond::S, large);
        self.float_from_int(precision, W64, dst, Input::Reg(x));
        self.bind(done);
        self.out_of_line(|e| {
            // Half of it is a signed number. The lowest bit stays in it, so that it is rounded as the whole is.
            e.bind(large);
            e.asm.mov(W64, half, x);
            e.asm.shift_imm(Shift::Shr, W64, half, 1);
            e.asm.mov(W32, low, x);
            e.asm.alu_imm(Alu::And, W32, low, 1);
            e.asm.alu(Alu::Or, W64, half, low);
            e.float_from_int(precision, W64, dst, Input::Reg(half));
            e.asm.float(FloatOp::Add, precision, dst, dst);
            e.jmp(done);
        });
    }

    /// The float source of a conversion to an integer, and the result's register.
    fn truncation(&mut self, precision: Precision, width: Width, inst: &Inst<'_>) -> (Gpr, Xmm) {
        let x = self.float_reg(inst.a(), float_kind(precision));
        self.alloc.free_if_killed(inst.a());
        (self.int_result(inst, width, Input::NONE), x)
    }

    /// Traps, out of line: the float is NaN, or does not fit.
    fn misfit_trap(&mut self, precision: Precision, x: Xmm) {
        self.asm.ucomis(precision, x, x);
        let number = self.asm.jcc_short(Cond::Np);
        self.may_fault(TrapCode::InvalidConversionToInteger);
        self.asm.ud2();
        self.asm.bind_short(number);
        self.may_fault(TrapCode::IntegerOverflow);
        self.asm.ud2();
    }

    /// `dst <- max` if the float is positive, else it stays as it is or, if the float is NaN, becomes 0.
    fn saturate(&mut self, precision: Precision, dst: Gpr, x: Xmm, max: u64) {
        self.asm.zero_xmm(Xmm::SCRATCH);
        self.asm.ucomis(precision, x, Xmm::SCRATCH);
        let number = self.asm.jcc_short(Cond::Np);
        self.asm.zero(dst);
        let nan = self.asm.jmp_short();
        self.asm.bind_short(number);
        let negative = self.asm.jcc_short(Cond::B);
        self.asm.mov_imm(dst, max);
        self.asm.bind_short(negative);
        self.asm.bind_short(nan);
    }

    fn truncate_signed(&mut self, precision: Precision, width: Width, misfit: Misfit, inst: &Inst<'_>) {
        let (dst, x) = self.truncation(precision, width, inst);
        let (extreme, done) = (self.asm.code.new_label(), self.asm.code.new_label());
        // What does not fit becomes the smallest number: the only one from which 1 cannot be subtracted.
        self.asm.truncate(precision, width, dst, x);
        self.asm.alu_imm(Alu::Cmp, width, dst, 1);
        self.jcc(Cond::O, extreme);
        self.bind(done);
        self.out_of_line(|e| {
            e.bind(extreme);
            match (misfit, width) {
                (Saturate, W32) => e.saturate(precision, dst, x, i32::MAX as u64),
                (Saturate, W64) => e.saturate(precision, dst, x, i64::MAX as u64),
                (Trap, W32) => {
                    // It fits if that is also what it is as a number of 64 bits.
                    e.asm.truncate(precision, W64, dst, x);
                    e.asm.alu_imm(Alu::Cmp, W64, dst, i32::MIN);
                    let fits = e.asm.jcc_short(Cond::E);
                    e.misfit_trap(precision, x);
                    e.asm.bind_short(fits);
                    e.asm.mov(W32, dst, dst);
                }
                (Trap, W64) => {
                    // It fits if it is that number: no other float is rounded to it.
                    let bits = match precision {
                        Single => u64::from((i64::MIN as f32).to_bits()),
                        Double => (i64::MIN as f64).to_bits(),
                    };
                    let field = e.asm.ucomis_rip(precision, x);
                    e.refer_to_float(field, precision, bits);
                    let differs = e.asm.jcc_short(Cond::Ne);
                    let fits = e.asm.jcc_short(Cond::Np);
                    e.asm.bind_short(differs);
                    e.misfit_trap(precision, x);
                    e.asm.bind_short(fits);
                }
            }
            e.jmp(done);
        });
    }

    /// Through a signed number of 64 bits: what fits has nothing in its high half.
    fn truncate_u32(&mut self, precision: Precision, misfit: Misfit, inst: &Inst<'_>) {
        let (dst, x) = self.truncation(precision, W32, inst);
        let high = self.int_temp();
        let (large, done) = (self.asm.code.new_label(), self.asm.code.new_label());
        self.asm.truncate(precision, W64, dst, x);
        self.asm.mov(W64, high, dst);
        self.asm.shift_imm(Shift::Shr, W64, high, 32);
        self.jcc(Cond::Ne, large);
        self.bind(done);
        self.out_of_line(|e| {
            e.bind(large);
            match misfit {
                Trap => e.misfit_trap(precision, x),
                Saturate => {
                    e.asm.zero(dst);
                    e.saturate(precision, dst, x, u32::MAX.into());
                    e.jmp(done);
                }
            }
        });
    }

    /// Numbers from 2^63 on are converted less 2^63.
    fn truncate_u64(&mut self, precision: Precision, misfit: Misfit, inst: &Inst<'_>) {
        let (dst, x) = self.truncation(precision, W64, inst);
        let top = self.int_temp();
        let (large, done) = (self.asm.code.new_label(), self.asm.code.new_label());
        self.asm.truncate(precision, W64, dst, x);
        self.asm.test(W64, dst, dst);
        self.jcc(Cond::S, large);
        self.bind(done);
        self.out_of_line(|e| {
            e.bind(large);
            let bits = match precision {
                Single => u64::from((-(i64::MIN as f32)).to_bits()),
                Double => (-(i64::MIN as f64)).to_bits(),
            };
            e.asm.movaps(Xmm::SCRATCH, x);
            let field = e.asm.float_rip(FloatOp::Sub, precision, Xmm::SCRATCH);
            e.refer_to_float(field, precision, bits);
            e.asm.truncate(precision, W64, dst, Xmm::SCRATCH);
            e.asm.test(W64, dst, dst);
            let fits = e.asm.jcc_short(Cond::Ns);
            match misfit {
                Trap => e.misfit_trap(precision, x),
                Saturate => {
                    e.asm.zero(dst);
                    e.saturate(precision, dst, x, u64::MAX);
                    e.jmp(done);
                }
            }
            e.asm.bind_short(fits);
            e.asm.mov_imm(top, 1 << 63);
            e.asm.alu(Alu::Xor, W64, dst, top);
            e.jmp(done);
        });
    }
}
