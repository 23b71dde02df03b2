//! Ops that compute a value from values.

use super::operands::{Source, immediate};
use super::{Checked, Fail, Function};
use crate::code::Word;
use crate::isa::{Fixed, NUMBERS, binary, select, unary};
use wz_core::ir::{Condition, Inst, Op, Operand};
use wz_core::types::Class;

/// The op that computes the same with its operands swapped.
pub(super) fn swapped(op: Op) -> Option<Op> {
    use Op::*;
    Some(match op {
        I32Add | I32Mul | I32And | I32Or | I32Xor | I32Eq | I32Ne => op,
        I64Add | I64Mul | I64And | I64Or | I64Xor | I64Eq | I64Ne => op,
        F32Add | F32Mul | F32Min | F32Max | F32Eq | F32Ne => op,
        F64Add | F64Mul | F64Min | F64Max | F64Eq | F64Ne => op,
        I32LtS => I32GtS,
        I32GtS => I32LtS,
        I32LeS => I32GeS,
        I32GeS => I32LeS,
        I32LtU => I32GtU,
        I32GtU => I32LtU,
        I32LeU => I32GeU,
        I32GeU => I32LeU,
        I64LtS => I64GtS,
        I64GtS => I64LtS,
        I64LeS => I64GeS,
        I64GeS => I64LeS,
        I64LtU => I64GtU,
        I64GtU => I64LtU,
        I64LeU => I64GeU,
        I64GeU => I64LeU,
        F32Lt => F32Gt,
        F32Gt => F32Lt,
        F32Le => F32Ge,
        F32Ge => F32Le,
        F64Lt => F64Gt,
        F64Gt => F64Lt,
        F64Le => F64Ge,
        F64Ge => F64Le,
        _ => return None,
    })
}

/// The first handler of an op's family.
fn family(op: Op) -> Checked<u16> {
    match NUMBERS.op[op as usize] {
        0 => Err(Fail::Bad("op without a handler")),
        number => Ok(number),
    }
}

/// Whether the op copies its operand.
fn is_copy(op: Op) -> bool {
    matches!(op, Op::CopyI32 | Op::CopyI64 | Op::CopyF32 | Op::CopyF64 | Op::CopyV128 | Op::CopyRef)
}

impl Function<'_> {
    pub(super) fn unary(&mut self, inst: &Inst<'_>) -> Checked<()> {
        let info = inst.op.info();
        let dst = self.position(inst.dst(), info.dst)?;
        if is_copy(inst.op) && inst.a().is_const() {
            if info.a == Class::V128 {
                return self.copy_vector(dst, inst.a());
            }
            if let Source::Const(bits) = self.source(inst.a(), info.a)? {
                self.scalar(dst, bits);
                return Ok(());
            }
        }
        self.unary_to(inst.op, dst, inst.a())
    }

    /// Copies a vector constant to its slots.
    fn copy_vector(&mut self, dst: i16, a: Operand) -> Checked<()> {
        let index = usize::from(a.index());
        let [low, high] =
            self.ir.consts.get(index..).and_then(|c| c.first_chunk()).ok_or(Fail::Bad("no such constant"))?;
        self.vector(dst, u128::from(*low) | u128::from(*high) << 64);
        Ok(())
    }

    fn unary_to(&mut self, op: Op, dst: i16, a: Operand) -> Checked<()> {
        let info = op.info();
        let a = self.slot(a, info.a)?;
        let held = self.accumulators.hold(info.a, a);
        let form = if held { unary::A } else { unary::S };
        self.push(Word::new(family(op)? + form, dst, a, 0));
        self.accumulators.written(info.dst, dst);
        Ok(())
    }

    pub(super) fn binary(&mut self, inst: &Inst<'_>) -> Checked<()> {
        let dst = self.position(inst.dst(), inst.op.info().dst)?;
        self.binary_to(inst.op, dst, inst.a(), inst.b())
    }

    fn binary_to(&mut self, mut op: Op, dst: i16, a: Operand, b: Operand) -> Checked<()> {
        let info = op.info();
        if info.dst == Class::V128 {
            let (a, b) = (self.slot(a, info.a)?, self.slot(b, info.b)?);
            self.push(Word::new(family(op)?, dst, a, b));
            self.accumulators.written(Class::V128, dst);
            return Ok(());
        }
        let (mut a, mut b) = (self.source(a, info.a)?, self.source(b, info.b)?);
        if matches!((a, b), (Source::Const(_), Source::Const(_))) {
            a = Source::Slot(self.in_slot(a)?);
        }
        // Constants and the accumulator are better second and first.
        let held =
            |source, this: &Self| matches!(source, Source::Slot(p) if this.accumulators.hold(info.a, p));
        let better_swapped = matches!(a, Source::Const(_)) || (held(b, self) && !held(a, self));
        if let (true, Some(other)) = (better_swapped, swapped(op)) {
            op = other;
            (a, b) = (b, a);
        }
        let number = family(op)?;
        let held_a = held(a, self);
        match (a, b) {
            (Source::Slot(a), Source::Slot(b)) => {
                let form = if held_a {
                    binary::AS
                } else if self.accumulators.hold(info.b, b) {
                    binary::SA
                } else {
                    binary::SS
                };
                self.push(Word::new(number + form, dst, a, b));
            }
            (Source::Slot(a), Source::Const(bits)) => match immediate(info.b, bits) {
                Some(imm) => {
                    let form = if held_a { binary::AI } else { binary::SI };
                    self.push(Word::new(number + form, dst, a, imm));
                }
                None => {
                    let form = if held_a { binary::AK } else { binary::SK };
                    self.push(Word::new(number + form, dst, a, 0));
                    self.push(Word::data(bits));
                }
            },
            (Source::Const(bits), Source::Slot(b)) => {
                self.push(Word::new(number + binary::KS, dst, 0, b));
                self.push(Word::data(bits));
            }
            (Source::Const(_), Source::Const(_)) => return Err(Fail::Bad("two constants")),
        }
        self.accumulators.written(info.dst, dst);
        Ok(())
    }

    pub(super) fn ternary(&mut self, inst: &Inst<'_>) -> Checked<()> {
        let class = Class::V128;
        let dst = self.position(inst.dst(), class)?;
        let (a, b, c) =
            (self.slot(inst.a(), class)?, self.slot(inst.b(), class)?, self.slot(inst.c(), class)?);
        self.push(Word::new(family(inst.op)?, dst, a, b));
        self.push(Word([c as u16, 0, 0, 0]));
        self.accumulators.written(class, dst);
        Ok(())
    }

    pub(super) fn select(&mut self, inst: &Inst<'_>) -> Checked<()> {
        let class = inst.op.info().dst;
        let dst = self.position(inst.dst(), class)?;
        let condition = inst.condition().ok_or(Fail::Bad("no comparison"))?;
        let (a, b) = (self.slot(inst.a(), class)?, self.slot(inst.b(), class)?);
        if class == Class::V128 {
            let x = self.condition_slot(&condition)?;
            self.push(Word::new(Fixed::SelectVector as u16, dst, a, b));
            self.push(Word([x as u16, 0, 0, 0]));
            self.accumulators.written(class, dst);
            return Ok(());
        }
        let Condition { mut op, x, y } = condition;
        let info = op.info();
        let mut x = self.source(x, info.a)?;
        let mut form = select::S;
        let mut second = 0;
        if info.b != Class::No {
            let mut y = self.source(y, info.b)?;
            if let (Source::Const(_), Source::Slot(_), Some(other)) = (x, y, swapped(op)) {
                op = other;
                (x, y) = (y, x);
            }
            let imm = match y {
                Source::Const(bits) => immediate(info.b, bits),
                Source::Slot(_) => None,
            };
            second = match imm {
                Some(imm) => {
                    form = select::I;
                    imm
                }
                None => self.in_slot(y)?,
            };
        }
        let first = self.in_slot(x)?;
        if info.b == Class::No && self.accumulators.hold(info.a, first) {
            form = select::A;
        }
        let number = match NUMBERS.select[op as usize] {
            0 => return Err(Fail::Bad("comparison without a select")),
            number => number,
        };
        self.push(Word::new(number + form, dst, a, b));
        self.push(Word([first as u16, second as u16, 0, 0]));
        // The handler moves 64 bits, whatever they are.
        self.accumulators.written(Class::I64, dst);
        Ok(())
    }

    /// A slot that is not 0 if the condition holds.
    fn condition_slot(&mut self, condition: &Condition) -> Checked<i16> {
        if condition.op == Op::I32Nez {
            return self.slot(condition.x, Class::I32);
        }
        let position = self.extra(1)?;
        if condition.op.info().b == Class::No {
            self.unary_to(condition.op, position, condition.x)?;
        } else {
            self.binary_to(condition.op, position, condition.x, condition.y)?;
        }
        Ok(position)
    }

    pub(super) fn extract_lane(&mut self, inst: &Inst<'_>) -> Checked<()> {
        let info = inst.op.info();
        let dst = self.position(inst.dst(), info.dst)?;
        let a = self.slot(inst.a(), Class::V128)?;
        self.push(Word::new(family(inst.op)?, dst, a, inst.lane().into()));
        self.accumulators.written(info.dst, dst);
        Ok(())
    }

    pub(super) fn replace_lane(&mut self, inst: &Inst<'_>) -> Checked<()> {
        let info = inst.op.info();
        let dst = self.position(inst.dst(), info.dst)?;
        let (a, b) = (self.slot(inst.a(), Class::V128)?, self.slot(inst.b(), info.b)?);
        self.push(Word::new(family(inst.op)?, dst, a, b));
        self.push(Word::pair(inst.lane().into(), 0));
        self.accumulators.written(info.dst, dst);
        Ok(())
    }

    pub(super) fn shuffle(&mut self, inst: &Inst<'_>) -> Checked<()> {
        let class = Class::V128;
        let dst = self.position(inst.dst(), class)?;
        let (a, b) = (self.slot(inst.a(), class)?, self.slot(inst.b(), class)?);
        let lanes = inst.wide_const();
        self.push(Word::new(family(inst.op)?, dst, a, b));
        self.push(Word::data(lanes as u64));
        self.push(Word::data((lanes >> 64) as u64));
        self.accumulators.written(class, dst);
        Ok(())
    }
}
