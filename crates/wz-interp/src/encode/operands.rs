//! Operands: slots become positions; constants become immediates, words, or slots of their own.

use super::frame::EXTRA;
use super::{Checked, Fail, Function};
use crate::code::Word;
use crate::isa::Fixed;
use wz_core::ir::{Inst, Operand, Slot};
use wz_core::types::Class;

/// Where an operand's value is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Source {
    /// In a slot.
    Slot(i16),
    /// It is a constant, as it would be in a slot.
    Const(u64),
}

/// The 16-bit immediate that stands for a constant of an integer class, if there is one.
pub(super) fn immediate(class: Class, bits: u64) -> Option<i16> {
    match class {
        Class::I32 => i16::try_from(bits as u32 as i32).ok(),
        Class::I64 => i16::try_from(bits as i64).ok(),
        _ => None,
    }
}

fn width(class: Class) -> u32 {
    if class == Class::V128 { 2 } else { 1 }
}

impl Function<'_> {
    /// The position of a slot operand.
    pub(super) fn position(&self, operand: Operand, class: Class) -> Checked<i16> {
        let slot = operand.slot().ok_or(Fail::Bad("operand is no slot"))?;
        if matches!(slot, Slot::Ref(_) | Slot::ScratchRef(_)) != (class == Class::Ref) {
            return Err(Fail::Bad("slot of another kind"));
        }
        let position = self.frame.position(slot, width(class)).ok_or(Fail::Bad("slot beyond the frame"))?;
        i16::try_from(position).map_err(|_| Fail::Bad("slot out of reach"))
    }

    /// Where an operand that is not a vector is.
    pub(super) fn source(&self, operand: Operand, class: Class) -> Checked<Source> {
        if !operand.is_const() {
            return Ok(Source::Slot(self.position(operand, class)?));
        }
        let bits = *self.ir.consts.get(usize::from(operand.index())).ok_or(Fail::Bad("no such constant"))?;
        match class {
            Class::I32 | Class::F32 => Ok(Source::Const(u64::from(bits as u32))),
            Class::Ref if bits != 0 => Err(Fail::Bad("constant reference that is not null")),
            _ => Ok(Source::Const(bits)),
        }
    }

    /// An operand in a slot: a constant is put into an extra one first.
    pub(super) fn slot(&mut self, operand: Operand, class: Class) -> Checked<i16> {
        if class == Class::V128 && operand.is_const() {
            let index = usize::from(operand.index());
            let [low, high] = self
                .ir
                .consts
                .get(index..)
                .and_then(|c| c.first_chunk())
                .ok_or(Fail::Bad("no such constant"))?;
            let bits = u128::from(*low) | u128::from(*high) << 64;
            let position = self.extra(2)?;
            self.vector(position, bits);
            return Ok(position);
        }
        if class == Class::V128 {
            return self.position(operand, class);
        }
        let source = self.source(operand, class)?;
        self.in_slot(source)
    }

    /// A value in a slot: a constant is put into an extra one first.
    pub(super) fn in_slot(&mut self, source: Source) -> Checked<i16> {
        match source {
            Source::Slot(position) => Ok(position),
            Source::Const(bits) => {
                let position = self.extra(1)?;
                self.scalar(position, bits);
                Ok(position)
            }
        }
    }

    /// The first of `width` extra slots that the instruction at hand does not use yet.
    pub(super) fn extra(&mut self, width: u32) -> Checked<i16> {
        let n = self.extra;
        self.extra += width;
        if self.extra > EXTRA {
            return Err(Fail::Bad("too many constants in one instruction"));
        }
        self.extra_most = self.extra_most.max(self.extra);
        i16::try_from(self.frame.extra(n)).map_err(|_| Fail::Bad("slot out of reach"))
    }

    /// Puts a constant into a slot. Accumulators stay as they are.
    pub(super) fn scalar(&mut self, position: i16, bits: u64) {
        self.accumulators.overwritten(position.into(), 1);
        if let Ok(imm) = u32::try_from(bits) {
            self.push(Word::wide(Fixed::Const32 as u16, position, imm));
        } else if let Ok(imm) = i32::try_from(bits as i64) {
            self.push(Word::wide(Fixed::ConstSigned as u16, position, imm as u32));
        } else {
            self.push(Word::new(Fixed::Const64 as u16, position, 0, 0));
            self.push(Word::data(bits));
        }
    }

    /// Puts a vector constant into two slots.
    pub(super) fn vector(&mut self, position: i16, bits: u128) {
        self.accumulators.overwritten(position.into(), 2);
        self.push(Word::new(Fixed::Const128 as u16, position, 0, 0));
        self.push(Word::data(bits as u64));
        self.push(Word::data((bits >> 64) as u64));
    }

    /// Clears slots.
    pub(super) fn zero(&mut self, position: i32, count: u32) {
        const FORMS: [Fixed; 8] = [
            Fixed::Zero1,
            Fixed::Zero2,
            Fixed::Zero3,
            Fixed::Zero4,
            Fixed::Zero5,
            Fixed::Zero6,
            Fixed::Zero7,
            Fixed::Zero8,
        ];
        let form = (count as usize).checked_sub(1).map(|i| FORMS.get(i));
        match (form, i16::try_from(position)) {
            (None, _) => {}
            (Some(Some(form)), Ok(position)) => self.push(Word::new(*form as u16, position, 0, 0)),
            _ => {
                self.push(Word::new(Fixed::ZeroMany as u16, 0, 0, 0));
                self.push(Word::pair(position as u32, count));
            }
        }
    }

    pub(super) fn wide_const(&mut self, inst: &Inst<'_>) -> Checked<()> {
        let class = inst.op.info().dst;
        let position = self.position(inst.dst(), class)?;
        if class == Class::V128 {
            self.vector(position, inst.wide_const());
        } else {
            self.scalar(position, inst.wide_const() as u64);
        }
        Ok(())
    }

    /// The position of the slot that `FarGet` or `FarSet` names.
    fn far_position(&self, inst: &Inst<'_>, class: Class) -> Checked<i32> {
        let slot = inst.far_slot();
        if matches!(slot, Slot::Ref(_)) != (class == Class::Ref) {
            return Err(Fail::Bad("far slot of another kind"));
        }
        self.frame.position(slot, width(class)).ok_or(Fail::Bad("far slot beyond the frame"))
    }

    pub(super) fn far_get(&mut self, inst: &Inst<'_>) -> Checked<()> {
        let class = inst.op.info().dst;
        let dst = self.position(inst.dst(), class)?;
        let far = self.far_position(inst, class)?;
        let handler = if class == Class::V128 { Fixed::FarGet128 } else { Fixed::FarGet64 };
        self.push(Word::wide(handler as u16, dst, far as u32));
        self.accumulators.written(class, dst);
        Ok(())
    }

    pub(super) fn far_set(&mut self, inst: &Inst<'_>) -> Checked<()> {
        let class = inst.op.info().a;
        let a = self.slot(inst.a(), class)?;
        let far = self.far_position(inst, class)?;
        let handler = if class == Class::V128 { Fixed::FarSet128 } else { Fixed::FarSet64 };
        self.push(Word::wide(handler as u16, a, far as u32));
        self.accumulators.overwritten(far, width(class));
        Ok(())
    }

    pub(super) fn move_range(&mut self, inst: &Inst<'_>) -> Checked<()> {
        let (to, from, counts) = inst.move_range();
        let data = [to.data, from.data].map(|s| self.frame.position(Slot::Data(s), counts.data));
        let refs = [to.refs, from.refs].map(|s| self.frame.position(Slot::Ref(s), counts.refs));
        let ([Some(to), Some(from)], [Some(refs_to), Some(refs_from)]) = (data, refs) else {
            return Err(Fail::Bad("range beyond the frame"));
        };
        // References descend: the range starts at its last one.
        let last = counts.refs.saturating_sub(1) as i32;
        for (to, from, count) in [(to, from, counts.data), (refs_to - last, refs_from - last, counts.refs)] {
            if count > 0 && to != from {
                self.push(Word::wide(Fixed::MoveSlots as u16, 0, count));
                self.push(Word::pair(to as u32, from as u32));
                self.accumulators.overwritten(to, count);
            }
        }
        Ok(())
    }
}
