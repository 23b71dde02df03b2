//! Integer arithmetic.

use crate::asm::{Alu, Cond, Count, Extend, Gpr, Index, Mem, Scale, Shift, Unary, Width};
use crate::cpu::CpuFeatures;
use crate::emitter::Emitter;
use crate::input::{Input, immediate, int_kind, wrapped};
use Width::{W32, W64};
use wz_core::ir::{Inst, Op};
use wz_core::types::Class;
use wz_jit::Technique;

impl Emitter<'_> {
    /// An integer op with one or two operands that neither compares nor divides.
    pub(crate) fn integer(&mut self, inst: &Inst<'_>) {
        match inst.op {
            Op::I32Add => self.add(W32, inst),
            Op::I64Add => self.add(W64, inst),
            Op::I32Sub => self.sub(W32, inst),
            Op::I64Sub => self.sub(W64, inst),
            Op::I32Mul => self.mul(W32, inst),
            Op::I64Mul => self.mul(W64, inst),
            Op::I32And => self.and(W32, inst),
            Op::I64And => self.and(W64, inst),
            Op::I32Or => self.bitwise(Alu::Or, W32, inst),
            Op::I64Or => self.bitwise(Alu::Or, W64, inst),
            Op::I32Xor => self.bitwise(Alu::Xor, W32, inst),
            Op::I64Xor => self.bitwise(Alu::Xor, W64, inst),
            Op::I32Shl => self.shift(Shift::Shl, W32, inst),
            Op::I64Shl => self.shift(Shift::Shl, W64, inst),
            Op::I32ShrS => self.shift(Shift::Sar, W32, inst),
            Op::I64ShrS => self.shift(Shift::Sar, W64, inst),
            Op::I32ShrU => self.shift(Shift::Shr, W32, inst),
            Op::I64ShrU => self.shift(Shift::Shr, W64, inst),
            Op::I32Rotl => self.shift(Shift::Rol, W32, inst),
            Op::I64Rotl => self.shift(Shift::Rol, W64, inst),
            Op::I32Rotr => self.shift(Shift::Ror, W32, inst),
            Op::I64Rotr => self.shift(Shift::Ror, W64, inst),
            Op::I32Clz => self.clz(W32, inst),
            Op::I64Clz => self.clz(W64, inst),
            Op::I32Ctz => self.ctz(W32, inst),
            Op::I64Ctz => self.ctz(W64, inst),
            Op::I32Popcnt => self.popcnt(W32, inst),
            Op::I64Popcnt => self.popcnt(W64, inst),
            Op::I32Extend8S => self.extend(Extend::Sign8, W32, inst),
            Op::I32Extend16S => self.extend(Extend::Sign16, W32, inst),
            Op::I64Extend8S => self.extend(Extend::Sign8, W64, inst),
            Op::I64Extend16S => self.extend(Extend::Sign16, W64, inst),
            Op::I64Extend32S => self.extend(Extend::Sign32, W64, inst),
            _ => self.divide(inst),
        }
    }

    fn add(&mut self, width: Width, inst: &Inst<'_>) {
        let (x, y) = self.int_inputs(inst, width, true);
        if let Input::Const(bits) = y {
            return self.sum_with_constant(width, inst, x, bits);
        }
        let dst = self.int_result(inst, width, x);
        match (x, y) {
            (Input::Reg(a), Input::Reg(b)) if a != dst => self.lea_sum(width, dst, a, b),
            _ => self.alu_onto(Alu::Add, width, dst, x, y),
        }
    }

    fn sum_with_constant(&mut self, width: Width, inst: &Inst<'_>, x: Input<Gpr>, bits: u64) {
        let negative = immediate(width, wrapped(width, bits.wrapping_neg()));
        match (immediate(width, bits), negative) {
            (Some(0), _) => {
                let dst = self.int_result(inst, width, x);
                self.move_int(width, dst, x);
            }
            (Some(imm), _) => {
                let dst = self.int_result(inst, width, x);
                match x {
                    Input::Reg(x) if x != dst => self.asm.lea(width, dst, Mem::new(x, imm)),
                    // The one number whose negative has a shorter encoding.
                    _ if imm == 128 => self.alu_onto(Alu::Sub, width, dst, x, Input::Const(-128_i64 as u64)),
                    _ => self.alu_onto(Alu::Add, width, dst, x, Input::Const(bits)),
                }
            }
            (None, Some(_)) => {
                let dst = self.int_result(inst, width, x);
                self.alu_onto(Alu::Sub, width, dst, x, Input::Const(wrapped(width, bits.wrapping_neg())));
            }
            (None, None) => {
                let y = Input::Reg(self.int_constant(bits));
                let dst = self.int_result(inst, width, x);
                self.alu_onto(Alu::Add, width, dst, x, y);
            }
        }
    }

    /// `dst <- x op y`; `dst` is not the register of `y` unless it is that of `x`.
    fn alu_onto(&mut self, op: Alu, width: Width, dst: Gpr, x: Input<Gpr>, y: Input<Gpr>) {
        self.move_int(width, dst, x);
        self.alu_input(op, width, dst, y);
    }

    /// `dst <- a + b`, `dst` being another register.
    fn lea_sum(&mut self, width: Width, dst: Gpr, a: Gpr, b: Gpr) {
        // These two as a base need a displacement.
        let (base, index) = if matches!(a, Gpr::RBP | Gpr::R13) { (b, a) } else { (a, b) };
        match Index::new(index) {
            Some(index) => self.asm.lea(width, dst, Mem::indexed(base, index, Scale::X1, 0)),
            None => {
                self.asm.mov(width, dst, base);
                self.asm.alu(Alu::Add, width, dst, index);
            }
        }
    }

    fn sub(&mut self, width: Width, inst: &Inst<'_>) {
        let (x, y) = self.int_inputs(inst, width, false);
        match (x, y) {
            (Input::Const(0), Input::Reg(_) | Input::Home(_)) => {
                let dst = self.int_result(inst, width, y);
                self.move_int(width, dst, y);
                self.asm.unary(Unary::Neg, width, dst);
                self.sets_zero_flag(width, dst);
            }
            (_, Input::Const(bits)) => {
                self.sum_with_constant(width, inst, x, wrapped(width, bits.wrapping_neg()));
            }
            _ => {
                let dst = self.int_result(inst, width, x);
                self.alu_onto(Alu::Sub, width, dst, x, y);
            }
        }
    }

    fn mul(&mut self, width: Width, inst: &Inst<'_>) {
        let (x, y) = self.int_inputs(inst, width, true);
        if let Input::Const(bits) = y {
            return self.mul_constant(width, inst, x, bits);
        }
        let dst = self.int_result(inst, width, x);
        self.move_int(width, dst, x);
        match y {
            Input::Reg(y) => self.asm.imul(width, dst, y),
            Input::Home(y) => self.asm.imul_load(width, dst, y),
            Input::Const(_) => {}
        }
    }

    fn mul_constant(&mut self, width: Width, inst: &Inst<'_>, x: Input<Gpr>, bits: u64) {
        if let Input::Const(a) = x {
            let dst = self.int_result(inst, width, x);
            return self.asm.mov_imm(dst, wrapped(width, a.wrapping_mul(bits)));
        }
        let imm = immediate(width, bits);
        let large =
            if imm.is_none() && !bits.is_power_of_two() { Some(self.int_constant(bits)) } else { None };
        let dst = self.int_result(inst, width, x);
        if let Some(factor) = large {
            self.move_int(width, dst, x);
            return self.asm.imul(width, dst, factor);
        }
        match bits {
            0 => self.asm.zero(dst),
            _ if bits.is_power_of_two() => {
                self.move_int(width, dst, x);
                self.shift_left_by(width, dst, bits.trailing_zeros());
            }
            3 | 5 | 9 => {
                let x = match x {
                    Input::Reg(x) => x,
                    _ => {
                        self.move_int(width, dst, x);
                        dst
                    }
                };
                let scale = match bits {
                    3 => Scale::X2,
                    5 => Scale::X4,
                    _ => Scale::X8,
                };
                if let Some(index) = Index::new(x) {
                    self.asm.lea(width, dst, Mem::indexed(x, index, scale, 0));
                }
            }
            _ => {
                let factor = imm.unwrap_or(0);
                match x {
                    _ if factor == -1 => {
                        self.move_int(width, dst, x);
                        self.asm.unary(Unary::Neg, width, dst);
                    }
                    Input::Reg(x) => self.asm.imul_imm(width, dst, x, factor),
                    _ => {
                        self.move_int(width, dst, x);
                        self.asm.imul_imm(width, dst, dst, factor);
                    }
                }
            }
        }
    }

    /// `dst <- dst << count`
    pub(crate) fn shift_left_by(&mut self, width: Width, dst: Gpr, count: u32) {
        match count {
            0 => {}
            1 => self.asm.alu(Alu::Add, width, dst, dst),
            _ => self.asm.shift_imm(Shift::Shl, width, dst, count as u8),
        }
    }

    fn and(&mut self, width: Width, inst: &Inst<'_>) {
        if self.fuse_test(inst) {
            return;
        }
        let (x, y) = self.int_inputs(inst, width, true);
        // A mask of 32 bits clears the high half, as instructions on 32 bits do.
        let width = match y {
            Input::Const(bits) if bits <= u32::MAX.into() => W32,
            _ => width,
        };
        match (x, y) {
            (Input::Reg(_) | Input::Home(_), Input::Const(0xff)) => {
                self.extend_input(Extend::Zero8, W32, inst, x)
            }
            (Input::Reg(_) | Input::Home(_), Input::Const(0xffff)) => {
                self.extend_input(Extend::Zero16, W32, inst, x);
            }
            (Input::Reg(_) | Input::Home(_), Input::Const(0xffff_ffff)) => {
                let dst = self.int_result(inst, declared_width(inst), x);
                match x {
                    Input::Reg(x) => self.asm.mov(W32, dst, x),
                    _ => self.move_int(W32, dst, x),
                }
            }
            _ => self.bitwise_inputs(Alu::And, width, inst, x, y),
        }
    }

    fn bitwise(&mut self, op: Alu, width: Width, inst: &Inst<'_>) {
        let (x, y) = self.int_inputs(inst, width, true);
        self.bitwise_inputs(op, width, inst, x, y);
    }

    fn bitwise_inputs(&mut self, op: Alu, width: Width, inst: &Inst<'_>, x: Input<Gpr>, y: Input<Gpr>) {
        let y = self.encodable(width, y);
        let dst = self.int_result(inst, declared_width(inst), x);
        self.move_int(width, dst, x);
        match (op, y) {
            (Alu::Xor, Input::Const(bits)) if immediate(width, bits) == Some(-1) => {
                self.asm.unary(Unary::Not, width, dst);
            }
            _ => self.alu_input(op, width, dst, y),
        }
    }

    /// An operand that `alu_input` can take: constants that are no immediate operands are put into a register.
    pub(crate) fn encodable(&mut self, width: Width, y: Input<Gpr>) -> Input<Gpr> {
        match y {
            Input::Const(bits) if immediate(width, bits).is_none() => Input::Reg(self.int_constant(bits)),
            _ => y,
        }
    }

    /// `dst <- dst op y`
    pub(crate) fn alu_input(&mut self, op: Alu, width: Width, dst: Gpr, y: Input<Gpr>) {
        match y {
            Input::Const(bits) => match immediate(width, bits) {
                Some(imm) => self.asm.alu_imm(op, width, dst, imm),
                None => self.fail("not an immediate"),
            },
            Input::Reg(y) => self.asm.alu(op, width, dst, y),
            Input::Home(y) => self.asm.alu_load(op, width, dst, y),
        }
        if op != Alu::Cmp {
            self.sets_zero_flag(width, dst);
        }
    }

    fn shift(&mut self, op: Shift, width: Width, inst: &Inst<'_>) {
        if let Some(count) = self.constant(inst.b())
            && self.env.uses(Technique::ConstantShifts)
        {
            let count = count as u32 & (width.bits() - 1);
            let x = self.int_input(inst.a(), width);
            self.alloc.free_if_killed(inst.a());
            let dst = self.int_result(inst, width, x);
            return self.shift_by(op, width, dst, x, count as u8);
        }
        if self.env.cpu.has(CpuFeatures::BMI2) && matches!(op, Shift::Shl | Shift::Shr | Shift::Sar) {
            let count = self.int(inst.b(), int_kind(width));
            let x = self.int_source(inst, width);
            self.alloc.free_if_killed(inst.b());
            let dst = self.int_result(inst, width, x);
            return match x {
                Input::Home(x) => self.asm.shiftx_load(op, width, dst, x, count),
                Input::Reg(x) => self.asm.shiftx(op, width, dst, x, count),
                Input::Const(_) => {}
            };
        }
        let dies = inst.b().kills() && inst.b().index() != inst.a().index();
        self.int_into(inst.b(), int_kind(width), Gpr::RCX, dies);
        let x = self.int_input(inst.a(), width);
        self.kill(&[inst.a(), inst.b()]);
        let dst = self.int_result(inst, width, x);
        self.move_int(width, dst, x);
        self.asm.shift_cl(op, width, dst);
    }

    /// `dst <- x` shifted by a constant below the width.
    fn shift_by(&mut self, op: Shift, width: Width, dst: Gpr, x: Input<Gpr>, count: u8) {
        match (op, x) {
            (Shift::Rol | Shift::Ror, Input::Reg(x))
                if self.env.cpu.has(CpuFeatures::BMI2) && x != dst && count != 0 =>
            {
                let right = if op == Shift::Rol { width.bits() as u8 - count } else { count };
                self.asm.rorx(width, dst, x, right);
            }
            (Shift::Shl, Input::Reg(x)) if count == 1 && x != dst => {
                self.lea_sum(width, dst, x, x);
            }
            (Shift::Shl, _) => {
                self.move_int(width, dst, x);
                self.shift_left_by(width, dst, count.into());
            }
            _ => {
                self.move_int(width, dst, x);
                if count != 0 {
                    self.asm.shift_imm(op, width, dst, count);
                }
            }
        }
    }

    fn count_input(&mut self, op: Count, width: Width, dst: Gpr, x: Input<Gpr>) {
        match x {
            Input::Home(x) => self.asm.count_load(op, width, dst, x),
            Input::Reg(x) => self.asm.count(op, width, dst, x),
            Input::Const(_) => {}
        }
    }

    fn clz(&mut self, width: Width, inst: &Inst<'_>) {
        let x = self.int_source(inst, width);
        let dst = self.int_result(inst, width, x);
        if self.env.cpu.has(CpuFeatures::LZCNT) {
            return self.count_input(Count::Lzcnt, width, dst, x);
        }
        // Index of the highest bit, or twice the width less one, counted from the top.
        let other = self.int_temp();
        self.count_input(Count::Bsr, width, dst, x);
        let top = u64::from(width.bits() - 1);
        self.asm.mov_imm(other, top | u64::from(width.bits()));
        self.asm.cmov(Cond::E, W32, dst, other);
        self.asm.alu_imm(Alu::Xor, W32, dst, top as i32);
    }

    fn ctz(&mut self, width: Width, inst: &Inst<'_>) {
        let x = self.int_source(inst, width);
        let dst = self.int_result(inst, width, x);
        if self.env.cpu.has(CpuFeatures::BMI1) {
            return self.count_input(Count::Tzcnt, width, dst, x);
        }
        let other = self.int_temp();
        self.count_input(Count::Bsf, width, dst, x);
        self.asm.mov_imm(other, width.bits().into());
        self.asm.cmov(Cond::E, W32, dst, other);
    }

    fn popcnt(&mut self, width: Width, inst: &Inst<'_>) {
        let x = self.int_source(inst, width);
        let dst = self.int_result(inst, width, x);
        if self.env.cpu.has(CpuFeatures::POPCNT) {
            // Some processors wait for the old value of the result's register.
            if x != Input::Reg(dst) {
                self.asm.zero(dst);
            }
            return self.count_input(Count::Popcnt, width, dst, x);
        }
        // Sums of neighbouring bits, of pairs, of nibbles; then a multiplication sums the bytes in the highest one.
        let (sum, mask) = (self.int_temp(), self.int_temp());
        let repeat = |byte: u64| wrapped(width, byte * 0x0101_0101_0101_0101);
        self.move_int(width, dst, x);
        self.asm.mov(width, sum, dst);
        self.asm.shift_imm(Shift::Shr, width, sum, 1);
        self.asm.mov_imm(mask, repeat(0x55));
        self.asm.alu(Alu::And, width, sum, mask);
        self.asm.alu(Alu::Sub, width, dst, sum);
        self.asm.mov_imm(mask, repeat(0x33));
        self.asm.mov(width, sum, dst);
        self.asm.shift_imm(Shift::Shr, width, sum, 2);
        self.asm.alu(Alu::And, width, sum, mask);
        self.asm.alu(Alu::And, width, dst, mask);
        self.asm.alu(Alu::Add, width, dst, sum);
        self.asm.mov(width, sum, dst);
        self.asm.shift_imm(Shift::Shr, width, sum, 4);
        self.asm.alu(Alu::Add, width, dst, sum);
        self.asm.mov_imm(mask, repeat(0x0f));
        self.asm.alu(Alu::And, width, dst, mask);
        self.asm.mov_imm(mask, repeat(0x01));
        self.asm.imul(width, dst, mask);
        self.asm.shift_imm(Shift::Shr, width, dst, width.bits() as u8 - 8);
    }

    fn extend(&mut self, kind: Extend, width: Width, inst: &Inst<'_>) {
        let x = self.int_source(inst, width);
        self.extend_input(kind, width, inst, x);
    }

    /// `dst <- x`, in a register or its home, extended.
    pub(crate) fn extend_input(&mut self, kind: Extend, width: Width, inst: &Inst<'_>, x: Input<Gpr>) {
        let dst = self.int_result(inst, declared_width(inst), x);
        match x {
            Input::Reg(x) => self.asm.extend(kind, width, dst, x),
            Input::Home(x) => self.asm.load_extend(kind, width, dst, x),
            Input::Const(_) => {}
        }
    }
}

/// The width of the result, as the op list says: an op on 64 bits may be done on 32.
#[inline]
pub(crate) fn declared_width(inst: &Inst<'_>) -> Width {
    if inst.op.info().dst == Class::I32 { W32 } else { W64 }
}
