//! Where control flow splits and joins.
//!
//! The first jump to a label fixes the state at the label: what is in registers then and live at the label stays there.
//! Every later jump, and control that falls through to the label, conforms with moves.

use super::moves::ParallelMoves;
use super::states::Entry;
use super::{Alloc, FIRST_REF, HELD, Held, Moves, SLOTS, register};
use crate::frame::Home;
use crate::reg::{Kind, Reg, RegSet};
use wz_core::ir::{FuncIr, LocalSet, Operand};

/// What it takes to conform to a label's state: stores, moves, loads, in this order.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    stores: Vec<(Home, Reg, Kind)>,
    moves: ParallelMoves,
    loads: Vec<(Reg, Home, Kind)>,
}

impl Plan {
    fn clear(&mut self) {
        self.stores.clear();
        self.moves.clear();
        self.loads.clear();
    }

    fn is_empty(&self) -> bool {
        self.stores.is_empty() && self.moves.is_empty() && self.loads.is_empty()
    }

    fn emit(&mut self, m: &mut impl Moves) {
        for (home, reg, kind) in &self.stores {
            m.store(*home, *reg, *kind);
        }
        self.moves.emit(m);
        for (reg, home, kind) in &self.loads {
            m.load(*reg, *home, *kind);
        }
    }
}

/// Which slots may be read at a label.
#[derive(Clone, Copy, Debug)]
pub struct LiveAt {
    locals: LocalSet,
    /// Locals below are in `locals`.
    tracked: u32,
    /// Data slots from here on are dead.
    height: u32,
}

impl LiveAt {
    /// Locals in data slots below this one are known to be live or not; others count as live.
    pub const TRACKED: u32 = 256;

    /// At a label.
    pub fn label(ir: &FuncIr, label: u32) -> LiveAt {
        let (locals, height) = (ir.live_at_label(label), ir.label_height(label));
        LiveAt { locals, tracked: ir.local_data.min(LiveAt::TRACKED), height }
    }

    /// At a function's entry.
    pub fn entry(ir: &FuncIr) -> LiveAt {
        let (locals, height) = (ir.live_at_entry(), ir.local_data);
        LiveAt { locals, tracked: ir.local_data.min(LiveAt::TRACKED), height }
    }

    /// Whether a slot, by its operand index, is live.
    #[inline]
    pub fn contains(&self, slot: u16) -> bool {
        let data = u32::from(slot);
        if data < self.tracked {
            self.locals[usize::from(slot >> 6) & 3] >> (slot & 63) & 1 != 0
        } else {
            data < self.height || usize::from(slot) >= FIRST_REF
        }
    }
}

impl Alloc {
    /// Prepares a jump to a label. Returns whether [`Alloc::conform`] has moves to emit on the way.
    pub fn jump(&mut self, ir: &FuncIr, label: u32) -> bool {
        let live = LiveAt::label(ir, label);
        if self.states.has(label) {
            self.plan_for(live, label);
            return !self.plan.is_empty();
        }
        let Alloc { states, used, dirty, held, .. } = self;
        let entries = used.into_iter().filter_map(|reg| {
            let held = held[usize::from(reg.index())];
            live.contains(held.slot).then_some(Entry { reg, held, dirty: dirty.contains(reg) })
        });
        states.set(label, entries);
        false
    }

    /// Emits the moves of the jump that was prepared last. The state stays as it is: that of the code around the jump.
    pub fn conform(&mut self, m: &mut impl Moves) {
        self.plan.emit(m);
    }

    /// Finds what it takes to conform to a label's state.
    fn plan_for(&mut self, live: LiveAt, label: u32) {
        let Alloc { plan, states, frame, place, held, .. } = self;
        plan.clear();
        let mut stay = RegSet::EMPTY;
        for Entry { reg, held: Held { slot, kind }, dirty } in states.get(label).unwrap_or_default() {
            match register(place, *slot) {
                Some(now) if now.bank() == reg.bank() => {
                    stay.insert(now);
                    plan.moves.push(*reg, now, *kind);
                    if self.dirty.contains(now) && !dirty {
                        let kind = held[usize::from(now.index())].kind;
                        plan.stores.push((frame.home(Operand(*slot)), now, kind));
                    }
                }
                // Not in a register, or in one of the other bank: then by way of its home.
                _ => plan.loads.push((*reg, frame.home(Operand(*slot)), *kind)),
            }
        }
        for reg in self.dirty - stay {
            let Held { slot, kind } = held[usize::from(reg.index())];
            if live.contains(slot) {
                plan.stores.push((frame.home(Operand(slot)), reg, kind));
            }
        }
        self.frame_used |= !(plan.stores.is_empty() && plan.loads.is_empty());
    }

    /// Reaches a label that is no loop's. `falls` says whether control falls through to it.
    pub fn bind(&mut self, m: &mut impl Moves, ir: &FuncIr, label: u32, falls: bool) {
        if falls && self.jump(ir, label) {
            self.conform(m);
        }
        self.set_state(label);
        self.states.release(label);
    }

    /// Makes the state a label's. Its registers have held values before, so that nothing else need be noted.
    fn set_state(&mut self, label: u32) {
        let Alloc { states, place, held: now, used, dirty: changed, .. } = self;
        for reg in *used {
            place[usize::from(now[usize::from(reg.index())].slot) & (SLOTS - 1)] &= !HELD;
        }
        (*used, *changed) = (RegSet::EMPTY, RegSet::EMPTY);
        for Entry { reg, held, dirty } in states.get(label).unwrap_or_default() {
            place[usize::from(held.slot) & (SLOTS - 1)] = HELD | reg.index();
            now[usize::from(reg.index())] = *held;
            used.insert(*reg);
            if *dirty {
                changed.insert(*reg);
            }
        }
    }
}
