//! Calls and returns: values on their way into the places that the ABI gives them.

use super::moves::ParallelMoves;
use super::{Alloc, Moves};
use crate::reg::{Bank, Kind, Reg};
use wz_core::ir::{Operand, Slot};

/// Where a value comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// A slot.
    Slot(Operand),
    /// A slot that operands cannot name, in its home.
    Far(Slot),
    /// A constant.
    Const(u64),
}

/// What goes on while values are transferred; its buffers are reused.
#[derive(Clone, Debug, Default)]
pub(super) struct Transfer {
    moves: ParallelMoves,
    rest: Vec<(Reg, Source, Kind)>,
}

impl Alloc {
    /// A register whose 64 bits are a value as a word of an argument area has it: zero-extended. It is `scratch`, or
    /// a register that holds the value.
    pub fn word(&mut self, m: &mut impl Moves, source: Source, kind: Kind, scratch: Reg) -> Reg {
        // As an integer, a 32-bit value is zero-extended by a move or a load.
        let bits = if matches!(kind, Kind::I32 | Kind::F32) { Kind::I32 } else { Kind::I64 };
        match source {
            Source::Slot(x) => match self.reg_of(x) {
                Some(_) => {
                    let reg = self.read(m, x, kind);
                    if kind.bank() == Bank::Float {
                        m.mov(scratch, reg, kind);
                        return scratch;
                    }
                    return reg;
                }
                None => {
                    let home = self.home(x);
                    m.load(scratch, home, bits);
                }
            },
            Source::Far(slot) => {
                let home = self.slot_home(slot);
                m.load(scratch, home, bits);
            }
            Source::Const(value) => m.constant(scratch, value, bits),
        }
        scratch
    }

    /// Puts values into registers that are no callee-saved ones, each at most once, and forgets those that are killed.
    /// For a call, all values that live on leave the registers that the call may change. Nothing that lives on may be in
    /// the target registers else.
    pub fn transfer(&mut self, m: &mut impl Moves, values: &[(Reg, Source, Kind)], call: bool) {
        let mut transfer = std::mem::take(&mut self.transfer);
        transfer.moves.clear();
        transfer.rest.clear();
        // Values that were made as another kind become what they are here, before anything is found in a register.
        for (_, source, kind) in values {
            if let Source::Slot(x) = *source
                && let Some(reg) = self.reg_of(x)
                && self.held(reg).kind != *kind
            {
                self.read(m, x, *kind);
            }
        }
        for (target, source, kind) in values {
            match *source {
                Source::Slot(x) => match self.reg_of(x) {
                    Some(reg) => transfer.moves.push(*target, reg, *kind),
                    None => transfer.rest.push((*target, *source, *kind)),
                },
                _ => transfer.rest.push((*target, *source, *kind)),
            }
        }
        for (_, source, _) in values {
            if let Source::Slot(x) = *source {
                self.free_if_killed(x);
            }
        }
        if call {
            self.leave_caller_saved(m);
        }
        transfer.moves.emit(m);
        for (target, source, kind) in &transfer.rest {
            match *source {
                Source::Slot(x) => {
                    let home = self.home(x);
                    m.load(*target, home, *kind);
                }
                Source::Far(slot) => {
                    let home = self.slot_home(slot);
                    m.load(*target, home, *kind);
                }
                Source::Const(bits) => m.constant(*target, bits, *kind),
            }
        }
        self.transfer = transfer;
    }

    /// Makes every value that is in a register that calls change, and every reference, leave for its home.
    pub fn leave_caller_saved(&mut self, m: &mut impl Moves) {
        for reg in self.used {
            if !self.target.callee_saved.contains(reg) || self.held(reg).kind == Kind::Ref {
                self.spill(m, reg);
            }
        }
    }

    /// Makes every value leave for its home.
    pub fn leave_all(&mut self, m: &mut impl Moves) {
        for reg in self.used {
            self.spill(m, reg);
        }
    }
}
