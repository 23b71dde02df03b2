//! Calls: operand lists and results.

use super::Lowerer;
use super::signature::Slots;
use wz_core::ir::{Base, LIST_MAX, Op, Operand, Word};

/// Operands of a list, and what fills its last word.
pub(super) type List = [Operand; LIST_MAX.next_multiple_of(3)];

pub(super) const EMPTY_LIST: List = [Operand::NONE; LIST_MAX.next_multiple_of(3)];

/// Where a call leads.
enum Target {
    Func(u32),
    Table { table: u32, index: Operand },
}

impl Lowerer {
    pub(super) fn visit_call(&mut self, func: u32) {
        let Some(ty) = self.signatures.of_func(func) else { return self.fail("call of no function") };
        self.call(Op::Call, Target::Func(func), ty);
    }

    pub(super) fn visit_call_indirect(&mut self, ty: u32, table: u32) {
        let index = self.pop(LIST_MAX as u32);
        self.call(Op::CallIndirect, Target::Table { table, index }, ty);
    }

    pub(super) fn visit_return_call(&mut self, func: u32) {
        let Some(ty) = self.signatures.of_func(func) else { return self.fail("call of no function") };
        self.call(Op::ReturnCall, Target::Func(func), ty);
        self.set_unreachable();
    }

    pub(super) fn visit_return_call_indirect(&mut self, ty: u32, table: u32) {
        let index = self.pop(LIST_MAX as u32);
        self.call(Op::ReturnCallIndirect, Target::Table { table, index }, ty);
        self.set_unreachable();
    }

    fn call(&mut self, op: Op, target: Target, ty: u32) {
        let slots = self.signatures.slots(ty);
        let args = slots.params.values as usize;
        let mut operands = EMPTY_LIST;
        if args <= LIST_MAX {
            for n in (0..args).rev() {
                operands[n] = self.pop(n as u32);
            }
        } else {
            self.materialise(slots.params.values);
            for _ in 0..args {
                self.stack.pop();
            }
        }
        // Long argument lists start where the results will: at the slots that are free now.
        let (data, refs) = self.stack.tops();
        let base = Word::ext48(Base { data, refs }.to_payload());
        let results = match op {
            Op::ReturnCall | Op::ReturnCallIndirect => Slots::default(),
            _ => slots.results,
        };
        let at = self.ir.code.len();
        self.emit_trapping(Word {
            op: op as u16,
            dst: Operand::NONE.0,
            a: args as u16,
            b: results.values as u16,
        });
        match target {
            Target::Func(func) => self.emit(Word::ext(0, func)),
            Target::Table { table, index } => {
                self.emit(Word::ext(index.0, ty));
                self.emit(Word::ext(0, table));
            }
        }
        if args <= LIST_MAX {
            self.emit_list(&operands, args);
        } else {
            self.emit(base);
        }
        self.ir.has_call = true;
        self.loops.call();
        match results.values {
            0 => {}
            1 => {
                let class = self.signatures.class(ty, false, 0);
                self.define(at, class);
            }
            _ => {
                self.emit(base);
                for n in 0..results.values {
                    self.stack.push_temp(self.signatures.class(ty, false, n));
                }
            }
        }
        self.close_segment();
    }

    /// Emits the words of a list of `len` operands, at most [`LIST_MAX`].
    pub(super) fn emit_list(&mut self, operands: &List, len: usize) {
        for n in (0..len.min(LIST_MAX)).step_by(3) {
            let (dst, a, b) = (operands[n].0, operands[n + 1].0, operands[n + 2].0);
            self.emit(Word { op: Op::Ext as u16, dst, a, b });
        }
    }
}
