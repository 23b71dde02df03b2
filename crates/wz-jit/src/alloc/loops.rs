//! Loop headers: which locals stay in registers around a loop.
//!
//! The register that a local has at the header of the innermost loop is its *lane*: values of the local are put there
//! whenever it is free, and other values are kept out of it, so that the way back to the header has nothing to move.

use super::merge::LiveAt;
use super::{Alloc, FIRST_REF, Held, Moves};
use crate::reg::{Bank, Kind, Reg, RegSet};
use crate::technique::Technique;
use wz_core::ir::{FuncIr, LoopFacts, LoopUse, Operand};
use wz_core::types::Class;

/// Locals that facts and lanes are known of: those in the first data slots.
const LOCALS: usize = 256;

/// No lane.
const NONE: u8 = u8::MAX;

/// A loop around the code at hand.
#[derive(Clone, Copy, Debug)]
struct Open {
    /// Word index just past the loop.
    end: u32,
    /// The label of its header.
    label: u32,
    /// Its facts.
    facts: u32,
    /// First of its lanes.
    lanes: u32,
}

/// The loops around the code at hand.
#[derive(Debug)]
pub(super) struct Loops {
    open: Vec<Open>,
    /// Slots and lanes of all open loops.
    lanes: Vec<(u8, Reg)>,
    /// The lane of each local in the innermost loop.
    lane: [u8; LOCALS],
    /// The lanes of the innermost loop.
    set: RegSet,
    /// Word index where the innermost loop ends.
    end: usize,
    candidates: Vec<Candidate>,
}

/// A local that a loop uses.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    slot: u16,
    weight: u32,
    kind: Kind,
    /// Whether it is live at the header: else it is as a temporary of the loop.
    lives: bool,
}

impl Default for Loops {
    fn default() -> Loops {
        Loops {
            open: Vec::new(),
            lanes: Vec::new(),
            lane: [NONE; LOCALS],
            set: RegSet::EMPTY,
            end: usize::MAX,
            candidates: Vec::new(),
        }
    }
}

impl Loops {
    pub(super) fn start(&mut self) {
        self.set_lanes(false);
        self.open.clear();
        self.lanes.clear();
        self.set = RegSet::EMPTY;
        self.end = usize::MAX;
    }

    /// The lane of a slot in the innermost loop.
    #[inline]
    pub(super) fn lane(&self, slot: u16) -> Option<Reg> {
        match self.lane.get(usize::from(slot)) {
            Some(lane) if *lane != NONE => Some(Reg::from_index(*lane)),
            _ => None,
        }
    }

    /// All lanes of the innermost loop.
    #[inline]
    pub(super) fn lanes(&self) -> RegSet {
        self.set
    }

    /// Sets, or clears, the lanes of the innermost loop.
    fn set_lanes(&mut self, on: bool) {
        let first = self.open.last().map_or(0, |open| open.lanes as usize);
        self.set = RegSet::EMPTY;
        self.end = self.open.last().filter(|_| on).map_or(usize::MAX, |open| open.end as usize);
        for (slot, reg) in self.lanes.get(first..).unwrap_or_default() {
            self.lane[usize::from(*slot)] = if on { reg.index() } else { NONE };
            if on {
                self.set.insert(*reg);
            }
        }
    }

    /// Enters a loop whose header has these registers.
    fn enter(&mut self, open: Open, lanes: impl Iterator<Item = (u8, Reg)>) {
        self.set_lanes(false);
        // Loops nested deeper than facts are kept take the place of the one around them.
        if self.open.last().is_some_and(|outer| outer.facts == open.facts) {
            self.leave();
        }
        self.open.push(Open { lanes: self.lanes.len() as u32, ..open });
        self.lanes.extend(lanes);
        self.set_lanes(true);
    }

    fn leave(&mut self) -> Option<u32> {
        self.set_lanes(false);
        let Open { label, lanes, .. } = self.open.pop()?;
        self.lanes.truncate(lanes as usize);
        self.set_lanes(true);
        Some(label)
    }
}

impl Alloc {
    /// Registers of a bank that a loop leaves to what it computes.
    const SPARE: u32 = 3;

    /// Reaches word `at` of the code: leaves the loops that end there.
    #[inline]
    pub fn reach(&mut self, at: usize) {
        while at >= self.loops.end {
            if let Some(label) = self.loops.leave() {
                self.states.release(label);
            }
        }
    }

    /// Reaches the header of a loop: decides what is in registers there, and brings it there.
    pub fn enter_loop(&mut self, m: &mut impl Moves, ir: &FuncIr, label: u32, facts_index: u32) {
        let live = LiveAt::label(ir, label);
        self.forget_dead(live);
        let no_facts = LoopFacts { has_call: true, ..LoopFacts::default() };
        let facts = ir.loops.get(facts_index as usize).unwrap_or(&no_facts);
        let mut candidates = std::mem::take(&mut self.loops.candidates);
        Alloc::rank(ir, facts, live, &mut candidates);
        if self.techniques.has(Technique::LoopRegisters) {
            for bank in [Bank::Int, Bank::Float] {
                self.give_lanes(m, bank, facts, &candidates);
            }
        } else {
            self.leave_all(m);
        }
        self.loops.candidates = candidates;
        // What the loop writes is dirty when control comes back.
        let written = ir.local_sets.get(facts.written as usize).copied().unwrap_or([u64::MAX; 4]);
        for reg in self.used - self.dirty {
            let Held { slot, kind } = self.held(reg);
            let local = usize::from(slot);
            let may_change = match written.get(local / 64) {
                Some(word) if local < ir.local_data as usize => word >> (local % 64) & 1 != 0,
                _ => local < FIRST_REF,
            };
            if may_change && kind != Kind::Ref {
                self.dirty.insert(reg);
            }
        }
        self.jump(ir, label);
        let open = Open { end: facts.end, label, facts: facts_index, lanes: 0 };
        let used = self.used;
        let held = self.held;
        let lanes = used.into_iter().filter_map(|reg| {
            let slot = held[usize::from(reg.index())].slot;
            (usize::from(slot) < LOCALS && u32::from(slot) < ir.local_data).then_some((slot as u8, reg))
        });
        self.loops.enter(open, lanes);
    }

    fn forget_dead(&mut self, live: LiveAt) {
        for reg in self.used {
            if !live.contains(self.held(reg).slot) {
                self.drop_value(reg);
            }
        }
    }

    /// The locals that the loop uses, those with most uses first.
    fn rank(ir: &FuncIr, facts: &LoopFacts, live: LiveAt, candidates: &mut Vec<Candidate>) {
        candidates.clear();
        let uses = ir.loop_uses.iter().skip(facts.uses_start as usize).take(facts.uses_len as usize);
        for LoopUse { slot, weight } in uses.copied() {
            let class = ir.local_classes.get(usize::from(slot)).copied().unwrap_or(Class::No);
            if let Some(kind) = Kind::of_class(class) {
                candidates.push(Candidate { slot, weight, kind, lives: live.contains(slot) });
            }
        }
        candidates.sort_unstable_by_key(|c| (std::cmp::Reverse(c.weight), c.slot));
    }

    /// Gives the registers of a bank to the locals of a loop that need them most, and empties the others.
    fn give_lanes(&mut self, m: &mut impl Moves, bank: Bank, facts: &LoopFacts, candidates: &[Candidate]) {
        let bank_regs = self.target.allocatable & RegSet::bank(bank);
        // What a call changes keeps nothing around the loop.
        let lasting = if facts.has_call { bank_regs & self.target.callee_saved } else { bank_regs };
        let room =
            if facts.has_call { lasting.len() } else { lasting.len().saturating_sub(Alloc::SPARE) } as usize;
        let of_bank = || candidates.iter().filter(|c| c.kind.bank() == bank);
        let hot = || of_bank().filter(|c| c.lives).take(room);
        let mut others = self.used & bank_regs;
        for candidate in hot() {
            if let Some(reg) = self.reg_of(Operand(candidate.slot)) {
                others.remove(reg);
            }
        }
        // Values that the loop does not use stay where there is room left, also for the locals that live in it only.
        let inside = if facts.has_call { 0 } else { of_bank().filter(|c| !c.lives).count() };
        let mut spare = room.saturating_sub(hot().count() + inside);
        for reg in others {
            if spare > 0 && lasting.contains(reg) {
                spare -= 1;
            } else {
                self.spill(m, reg);
            }
        }
        for candidate in hot() {
            let held = self.reg_of(Operand(candidate.slot));
            if held.is_some_and(|reg| lasting.contains(reg)) {
                continue;
            }
            match (held, self.cheapest(self.free() & lasting)) {
                (Some(reg), Some(free)) => self.move_to(m, reg, free),
                (Some(reg), None) => self.spill(m, reg),
                (None, Some(free)) => {
                    let home = self.home(Operand(candidate.slot));
                    m.load(free, home, candidate.kind);
                    self.hold(free, candidate.slot, candidate.kind);
                }
                (None, None) => {}
            }
        }
    }
}
