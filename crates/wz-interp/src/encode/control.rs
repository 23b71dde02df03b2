//! Labels, branches, and instrumentation.

use super::compute::swapped;
use super::operands::{Source, immediate};
use super::{Checked, Fail, Function, UNBOUND};
use crate::code::Word;
use crate::isa::{Fixed, NUMBERS, branch};
use wz_core::ir::{Condition, Inst, Op};
use wz_core::types::Class;

/// A branch whose target is to be filled in. Targets are relative to the instruction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fixup {
    /// The instruction, relative to the function.
    at: u32,
    kind: Kind,
    /// The label; of a table, its first entry in the function's branch targets.
    label: u32,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    /// In field 3.
    Short,
    /// In the 32-bit field.
    Wide,
    /// In the second word, or the third.
    Long(u32),
    /// So many, two a word, from the second word on.
    Table(u32),
}

impl Function<'_> {
    pub(super) fn bind(&mut self, label: u32) -> Checked<()> {
        let here = u32::try_from(self.here()).map_err(|_| Fail::TooLarge)?;
        match self.scratch.labels.get_mut(label as usize) {
            Some(position) if *position == UNBOUND => *position = here,
            _ => return Err(Fail::Bad("label bound twice, or unknown")),
        }
        self.accumulators.forget();
        Ok(())
    }

    /// Notes that the next instruction branches.
    fn fixup(&mut self, kind: Kind, label: u32) -> Checked<()> {
        let at = u32::try_from(self.here()).map_err(|_| Fail::TooLarge)?;
        self.scratch.fixups.push(Fixup { at, kind, label });
        Ok(())
    }

    pub(super) fn plain(&mut self, handler: Fixed) -> Checked<()> {
        self.push(Word::new(handler as u16, 0, 0, 0));
        Ok(())
    }

    pub(super) fn jump(&mut self, label: u32) -> Checked<()> {
        self.fixup(Kind::Wide, label)?;
        self.plain(Fixed::Br)
    }

    pub(super) fn branch(&mut self, inst: &Inst<'_>) -> Checked<()> {
        let Condition { mut op, x, y } = inst.condition().ok_or(Fail::Bad("no comparison"))?;
        // The opposite comparison where there is one; floats have forms for "does not hold".
        let mut negated = inst.op == Op::BrUnless;
        if let (true, Some(opposite)) = (negated, op.inverse()) {
            op = opposite;
            negated = false;
        }
        let info = op.info();
        let mut x = self.source(x, info.a)?;
        let class = info.a;
        let float = matches!(class, Class::F32 | Class::F64);
        let mut constant = None;
        let (form, first, second, long) = if info.b == Class::No {
            let x = self.in_slot(x)?;
            (u16::from(self.accumulators.hold(class, x)), x, 0, branch::LONG[1])
        } else {
            let mut y = self.source(y, info.b)?;
            if matches!((x, y), (Source::Const(_), Source::Const(_))) {
                x = Source::Slot(self.in_slot(x)?);
            }
            let held =
                |source, this: &Self| matches!(source, Source::Slot(p) if this.accumulators.hold(class, p));
            let better_swapped = matches!(x, Source::Const(_)) || (held(y, self) && !held(x, self));
            if let (true, Some(other)) = (better_swapped, swapped(op)) {
                op = other;
                (x, y) = (y, x);
            }
            let first = self.in_slot(x)?;
            let held = self.accumulators.hold(class, first);
            let (form, second) = match y {
                Source::Slot(y) => (if held { branch::AS } else { branch::SS }, y),
                Source::Const(bits) => match immediate(class, bits) {
                    Some(imm) => (if held { branch::AI } else { branch::SI }, imm),
                    None => {
                        constant = Some(bits);
                        (if held { branch::AK } else { branch::SK }, 0)
                    }
                },
            };
            let negation = if float && negated { branch::FLOAT_NEGATED } else { 0 };
            (form + negation, first, second, branch::LONG[if float { 2 } else { 0 }])
        };
        if negated && !float {
            return Err(Fail::Bad("comparison without an opposite"));
        }
        let number = match NUMBERS.branch[op as usize] {
            0 => return Err(Fail::Bad("comparison without a branch")),
            number => number + form,
        };
        let (kind, long) = if self.long {
            (Kind::Long(if constant.is_some() { 2 } else { 1 }), long)
        } else {
            (Kind::Short, 0)
        };
        self.fixup(kind, inst.label())?;
        self.push(Word::new(number + long, first, second, 0));
        self.code.extend(constant.map(Word::data));
        if self.long {
            self.push(Word::default());
        }
        Ok(())
    }

    pub(super) fn br_table(&mut self, inst: &Inst<'_>) -> Checked<()> {
        let (first, len) = (inst.ext_y(0), inst.ext_y(1));
        let end = (first as usize).checked_add(len as usize);
        if len == 0 || end.is_none_or(|end| end > self.ir.br_targets.len()) {
            return Err(Fail::Bad("bad range of branch targets"));
        }
        let index = self.slot(inst.a(), Class::I32)?;
        let held = self.accumulators.hold(Class::I32, index);
        let handler = if held { Fixed::BrTableAcc } else { Fixed::BrTable };
        self.fixup(Kind::Table(len), first)?;
        self.push(Word::wide(handler as u16, index, len));
        let words = self.code.len() + (len as usize).div_ceil(2);
        self.code.resize(words, Word::default());
        Ok(())
    }

    /// Fills in the targets of all branches.
    pub(super) fn link(&mut self) -> Checked<()> {
        let labels = &self.scratch.labels;
        let offset = |at: u32, label: u32| -> Checked<i32> {
            let target = *labels.get(label as usize).ok_or(Fail::Bad("unknown label"))?;
            if target == UNBOUND {
                return Err(Fail::Bad("label is not bound"));
            }
            i32::try_from(i64::from(target) - i64::from(at)).map_err(|_| Fail::TooLarge)
        };
        let code = self.code.get_mut(self.start..).ok_or(Fail::Bad("code"))?;
        // A label may be bound behind the last instruction only if nothing leads there.
        let end = code.len();
        if labels.iter().any(|label| *label != UNBOUND && *label as usize >= end) {
            return Err(Fail::Bad("label behind the last instruction"));
        }
        for fixup in &self.scratch.fixups {
            let words = code.get_mut(fixup.at as usize..).ok_or(Fail::Bad("code"))?;
            match (fixup.kind, words) {
                (Kind::Short, [word, ..]) => {
                    let offset = offset(fixup.at, fixup.label)?;
                    word.0[3] = i16::try_from(offset).map_err(|_| Fail::TooFar)? as u16;
                }
                (Kind::Wide, [word, ..]) => {
                    let [handler, x, ..] = word.0;
                    *word = Word::wide(handler, x as i16, offset(fixup.at, fixup.label)? as u32);
                }
                (Kind::Long(n), words) => {
                    let word = words.get_mut(n as usize).ok_or(Fail::Bad("code"))?;
                    *word = Word::pair(offset(fixup.at, fixup.label)? as u32, 0);
                }
                (Kind::Table(len), [_, words @ ..]) => {
                    let first = fixup.label as usize;
                    let targets = self.ir.br_targets.get(first..first + len as usize);
                    let targets = targets.ok_or(Fail::Bad("bad range of branch targets"))?;
                    for (pair, word) in targets.chunks(2).zip(words) {
                        let low = offset(fixup.at, pair[0])?;
                        let high = pair.get(1).map_or(Ok(0), |label| offset(fixup.at, *label))?;
                        *word = Word::pair(low as u32, high as u32);
                    }
                }
                _ => return Err(Fail::Bad("code")),
            }
        }
        Ok(())
    }

    pub(super) fn fuel(&mut self, inst: &Inst<'_>) -> Checked<()> {
        self.push(Word::wide(Fixed::Fuel as u16, 0, inst.word.index()));
        Ok(())
    }

    pub(super) fn fuel_bulk(&mut self, inst: &Inst<'_>) -> Checked<()> {
        let amount = self.slot(inst.a(), Class::Addr)?;
        self.push(Word::new(Fixed::FuelBulk as u16, amount, inst.word.b as i16, 0));
        Ok(())
    }
}
