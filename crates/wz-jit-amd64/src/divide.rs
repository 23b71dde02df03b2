//! Division and remainder.

use crate::asm::{Alu, Cond, Extend, Gpr, Shift, Unary, Width};
use crate::emitter::Emitter;
use crate::input::{Input, immediate, int_kind, wrapped};
use crate::magic;
use crate::regs::IntoReg;
use Width::{W32, W64};
use wz_core::TrapCode;
use wz_core::ir::{Inst, Op};
use wz_jit::Technique;

/// A division op.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Division {
    width: Width,
    signed: bool,
    /// Whether the result is the remainder.
    remainder: bool,
}

impl Division {
    fn of(op: Op) -> Option<Division> {
        let (width, signed, remainder) = match op {
            Op::I32DivS => (W32, true, false),
            Op::I32DivU => (W32, false, false),
            Op::I32RemS => (W32, true, true),
            Op::I32RemU => (W32, false, true),
            Op::I64DivS => (W64, true, false),
            Op::I64DivU => (W64, false, false),
            Op::I64RemS => (W64, true, true),
            Op::I64RemU => (W64, false, true),
            _ => return None,
        };
        Some(Division { width, signed, remainder })
    }

    /// The smallest signed number.
    fn min(self) -> u64 {
        1 << (self.width.bits() - 1)
    }
}

impl Emitter<'_> {
    /// The divisor, if code for it is special.
    fn divisor(&self, inst: &Inst<'_>) -> Option<u64> {
        let divisor = self.constant(inst.b()).filter(|_| !inst.a().is_const());
        divisor.filter(|_| self.env.uses(Technique::ConstantDivisions))
    }

    /// A division or remainder of integers.
    pub(crate) fn divide(&mut self, inst: &Inst<'_>) {
        let Some(division) = Division::of(inst.op) else {
            return self.fail("inconsistent IR: an op of another family");
        };
        let Some(divisor) = self.divisor(inst) else {
            return self.divide_by_any(division, inst);
        };
        let divisor = wrapped(division.width, divisor);
        let minus_one = wrapped(division.width, u64::MAX);
        match divisor {
            0 => self.divide_by_any(division, inst),
            1 => {
                let x = self.dividend(division, inst);
                let dst = self.int_result(inst, division.width, x);
                let result = if division.remainder { Input::Const(0) } else { x };
                self.move_int(division.width, dst, result);
            }
            _ if division.signed && divisor == minus_one => {
                let x = self.dividend(division, inst);
                let dst = self.int_result(inst, division.width, x);
                if division.remainder {
                    self.asm.zero(dst);
                } else {
                    self.move_int(division.width, dst, x);
                    self.asm.unary(Unary::Neg, division.width, dst);
                    self.trap_if(Cond::O, TrapCode::IntegerOverflow);
                }
            }
            _ if division.signed => {
                let negative = divisor & division.min() != 0;
                let magnitude =
                    if negative { wrapped(division.width, divisor.wrapping_neg()) } else { divisor };
                if magnitude.is_power_of_two() {
                    self.divide_by_power(division, inst, magnitude.trailing_zeros(), negative);
                } else {
                    self.divide_by_constant(division, inst, magnitude, negative);
                }
            }
            _ if divisor.is_power_of_two() => {
                let x = self.dividend(division, inst);
                if division.remainder {
                    let mask = self.encodable(division.width, Input::Const(divisor - 1));
                    let dst = self.int_result(inst, division.width, x);
                    self.move_int(division.width, dst, x);
                    self.alu_input(Alu::And, division.width, dst, mask);
                } else {
                    let dst = self.int_result(inst, division.width, x);
                    self.move_int(division.width, dst, x);
                    let count = divisor.trailing_zeros() as u8;
                    self.asm.shift_imm(Shift::Shr, division.width, dst, count);
                }
            }
            _ => self.divide_by_constant(division, inst, divisor, false),
        }
    }

    /// The dividend of a division by a constant, read for the last time if it is killed.
    fn dividend(&mut self, division: Division, inst: &Inst<'_>) -> Input<Gpr> {
        let x = self.int_input(inst.a(), division.width);
        self.alloc.free_if_killed(inst.a());
        x
    }

    /// The same in a register.
    fn dividend_reg(&mut self, division: Division, inst: &Inst<'_>) -> Gpr {
        let x = self.int(inst.a(), int_kind(division.width));
        self.alloc.free_if_killed(inst.a());
        x
    }

    /// Division of a signed number by 2^log, at least 2, or by -2^log.
    fn divide_by_power(&mut self, division: Division, inst: &Inst<'_>, log: u32, negative: bool) {
        let Division { width, remainder, .. } = division;
        let x = self.dividend_reg(division, inst);
        // Negative numbers are rounded up: 2^log - 1 is added to them first.
        let sum = self.quotient_reg(division, inst);
        self.asm.mov(width, sum, x);
        if log > 1 {
            self.asm.shift_imm(Shift::Sar, width, sum, width.bits() as u8 - 1);
        }
        self.asm.shift_imm(Shift::Shr, width, sum, (width.bits() - log) as u8);
        self.asm.alu(Alu::Add, width, sum, x);
        if remainder {
            if log < 32 {
                self.asm.alu_imm(Alu::And, width, sum, -1 << log);
            } else {
                self.asm.shift_imm(Shift::Shr, width, sum, log as u8);
                self.asm.shift_imm(Shift::Shl, width, sum, log as u8);
            }
            self.subtract_from(width, inst, x, sum);
        } else {
            self.asm.shift_imm(Shift::Sar, width, sum, log as u8);
            if negative {
                self.asm.unary(Unary::Neg, width, sum);
            }
        }
    }

    /// Where the quotient is computed: in the result's register, or in one of the instruction's own if it only serves
    /// to compute the remainder. Not in the dividend's.
    fn quotient_reg(&mut self, division: Division, inst: &Inst<'_>) -> Gpr {
        if division.remainder { self.int_temp() } else { self.int_result(inst, division.width, Input::NONE) }
    }

    /// Division by a positive constant that is no power of 2, or by its negative.
    fn divide_by_constant(&mut self, division: Division, inst: &Inst<'_>, divisor: u64, negative: bool) {
        let width = division.width;
        let (x, quotient) = if width == W64 {
            self.take(Gpr::RAX);
            self.take(Gpr::RDX);
            let x = self.dividend_reg(division, inst);
            (
                x,
                if division.signed {
                    self.signed_quotient64(x, divisor)
                } else {
                    self.quotient64(x, divisor)
                },
            )
        } else {
            let x = self.dividend_reg(division, inst);
            let quotient = self.quotient_reg(division, inst);
            if division.signed {
                self.signed_quotient32(quotient, x, divisor);
            } else {
                self.quotient32(quotient, x, divisor);
            }
            (x, quotient)
        };
        if division.remainder {
            match immediate(width, divisor) {
                Some(factor) => self.asm.imul_imm(width, quotient, quotient, factor),
                None => {
                    let factor = self.int_constant(divisor);
                    self.asm.imul(width, quotient, factor);
                }
            }
            self.subtract_from(width, inst, x, quotient);
        } else {
            if negative {
                self.asm.unary(Unary::Neg, width, quotient);
            }
            if width == W64 {
                self.alloc.write_in(inst.dst(), int_kind(W64), quotient.reg());
            }
        }
    }

    /// The result is `x - y`.
    fn subtract_from(&mut self, width: Width, inst: &Inst<'_>, x: Gpr, y: Gpr) {
        let x = Input::Reg(x);
        let dst = self.int_result(inst, width, x);
        self.move_int(width, dst, x);
        self.asm.alu(Alu::Sub, width, dst, y);
    }

    /// `dst <- x * multiplier`, 64 bits of the product of two zero- or sign-extended 32-bit numbers.
    fn wide_product(&mut self, dst: Gpr, x: Gpr, multiplier: u64) {
        match i32::try_from(multiplier) {
            Ok(multiplier) => self.asm.imul_imm(W64, dst, x, multiplier),
            Err(_) if dst == x => {
                let factor = self.int_temp();
                self.asm.mov_imm(factor, multiplier);
                self.asm.imul(W64, dst, factor);
            }
            Err(_) => {
                self.asm.mov_imm(dst, multiplier);
                self.asm.imul(W64, dst, x);
            }
        }
    }

    fn quotient32(&mut self, dst: Gpr, x: Gpr, divisor: u64) {
        let magic = magic::Unsigned::new(divisor, 32);
        self.wide_product(dst, x, magic.multiplier);
        if magic.extra_bit {
            let sum = self.int_temp();
            self.asm.shift_imm(Shift::Shr, W64, dst, 32);
            self.asm.mov(W32, sum, x);
            self.asm.alu(Alu::Sub, W32, sum, dst);
            self.asm.shift_imm(Shift::Shr, W32, sum, 1);
            self.asm.alu(Alu::Add, W32, dst, sum);
            self.asm.shift_imm(Shift::Shr, W32, dst, magic.shift);
        } else {
            self.asm.shift_imm(Shift::Shr, W64, dst, 32 + magic.shift);
        }
    }

    fn signed_quotient32(&mut self, dst: Gpr, x: Gpr, divisor: u64) {
        let magic = magic::Signed::new(divisor, 32);
        let sign = self.int_temp();
        self.asm.extend(Extend::Sign32, W64, dst, x);
        self.wide_product(dst, dst, magic.multiplier);
        self.asm.mov(W32, sign, x);
        self.asm.shift_imm(Shift::Shr, W32, sign, 31);
        self.asm.shift_imm(Shift::Sar, W64, dst, 32 + magic.shift);
        self.asm.alu(Alu::Add, W32, dst, sign);
    }

    /// The quotient's register: rax or rdx, which are taken.
    fn quotient64(&mut self, x: Gpr, divisor: u64) -> Gpr {
        let magic = magic::Unsigned::new(divisor, 64);
        self.asm.mov_imm(Gpr::RAX, magic.multiplier);
        self.asm.unary(Unary::Mul, W64, x);
        if !magic.extra_bit {
            self.asm.shift_imm(Shift::Shr, W64, Gpr::RDX, magic.shift);
            return Gpr::RDX;
        }
        self.asm.mov(W64, Gpr::RAX, x);
        self.asm.alu(Alu::Sub, W64, Gpr::RAX, Gpr::RDX);
        self.asm.shift_imm(Shift::Shr, W64, Gpr::RAX, 1);
        self.asm.alu(Alu::Add, W64, Gpr::RAX, Gpr::RDX);
        self.asm.shift_imm(Shift::Shr, W64, Gpr::RAX, magic.shift);
        Gpr::RAX
    }

    fn signed_quotient64(&mut self, x: Gpr, divisor: u64) -> Gpr {
        let magic = magic::Signed::new(divisor, 64);
        self.asm.mov_imm(Gpr::RAX, magic.multiplier);
        self.asm.unary(Unary::Imul, W64, x);
        // The multiplier was taken for a negative number if its highest bit is set: 2^64 less.
        if magic.multiplier >> 63 != 0 {
            self.asm.alu(Alu::Add, W64, Gpr::RDX, x);
        }
        if magic.shift > 0 {
            self.asm.shift_imm(Shift::Sar, W64, Gpr::RDX, magic.shift);
        }
        self.asm.mov(W64, Gpr::RAX, x);
        self.asm.shift_imm(Shift::Shr, W64, Gpr::RAX, 63);
        self.asm.alu(Alu::Add, W64, Gpr::RDX, Gpr::RAX);
        Gpr::RDX
    }

    /// By the processor's division, which faults for 0.
    fn divide_by_any(&mut self, division: Division, inst: &Inst<'_>) {
        let Division { width, signed, remainder } = division;
        let (a, b, kind) = (inst.a(), inst.b(), int_kind(width));
        // Of the two registers, the divisor's is taken last: it would move into the other one.
        let divisor_in_rax = !b.is_const() && self.alloc.reg_of(b) == Some(Gpr::RAX.reg());
        if divisor_in_rax {
            self.take(Gpr::RDX);
        }
        self.int_into(a, kind, Gpr::RAX, a.kills() && a.index() != b.index());
        if !divisor_in_rax {
            self.take(Gpr::RDX);
        }
        let divisor = match self.int_input(b, width) {
            Input::Const(bits) => Input::Reg(self.int_constant(bits)),
            divisor => divisor,
        };
        self.kill(&[a, b]);
        let may_overflow = self.constant(a).is_none_or(|a| wrapped(width, a) == division.min());
        let may_be_minus_one = self.constant(b).is_none_or(|b| wrapped(width, b) == wrapped(width, u64::MAX));
        let mut done = None;
        if signed && may_overflow && may_be_minus_one {
            match divisor {
                Input::Home(divisor) => self.asm.alu_store_imm(Alu::Cmp, width, divisor, -1),
                Input::Reg(divisor) => self.asm.alu_imm(Alu::Cmp, width, divisor, -1),
                Input::Const(_) => {}
            }
            let divide = self.asm.jcc_short(Cond::Ne);
            if remainder {
                self.asm.zero(Gpr::RDX);
                done = Some(self.asm.jmp_short());
            } else {
                // It overflows for the smallest number only.
                self.asm.alu_imm(Alu::Cmp, width, Gpr::RAX, 1);
                self.trap_if(Cond::O, TrapCode::IntegerOverflow);
            }
            self.asm.bind_short(divide);
        }
        match (signed, width) {
            (false, _) => self.asm.zero(Gpr::RDX),
            (true, W32) => self.asm.cdq(),
            (true, W64) => self.asm.cqo(),
        }
        self.may_fault(TrapCode::IntegerDivideByZero);
        let op = if signed { Unary::Idiv } else { Unary::Div };
        match divisor {
            Input::Home(divisor) => self.asm.unary_mem(op, width, divisor),
            Input::Reg(divisor) => self.asm.unary(op, width, divisor),
            Input::Const(_) => {}
        }
        if let Some(done) = done {
            self.asm.bind_short(done);
        }
        self.alloc.write_in(inst.dst(), kind, if remainder { Gpr::RDX.reg() } else { Gpr::RAX.reg() });
    }
}
