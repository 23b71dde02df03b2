//! Facts of loops, collected while the loop is lowered: which locals it touches and writes, how often it uses them,
//! whether it calls.

use wz_core::ir::{FuncIr, LocalSet, LoopFacts, LoopUse, Operand};

/// Uses in a loop nested one deeper count this many times.
const DEPTH_WEIGHT: u32 = 8;

/// A loop whose end has not been reached.
struct OpenLoop {
    facts: u32,
    has_call: bool,
    /// Start of its entries in the log.
    log: usize,
    touched: LocalSet,
    written: LocalSet,
}

/// Tracks the open loops, outermost first, at most [`LoopFacts::MAX_DEPTH`]: deeper ones count as part of the last.
pub(super) struct LoopTracker {
    open: Vec<OpenLoop>,
    /// How many loops are open beyond the deepest tracked one.
    untracked: u32,
    /// Uses of each local in the innermost tracked loop.
    count: Box<[u32; 256]>,
    /// Counts that the open loops replaced, restored at their ends.
    log: Vec<(u8, u32)>,
}

impl Default for LoopTracker {
    fn default() -> LoopTracker {
        LoopTracker { open: Vec::new(), untracked: 0, count: Box::new([0; 256]), log: Vec::new() }
    }
}

impl LoopTracker {
    pub(super) fn clear(&mut self) {
        self.open.clear();
        self.log.clear();
        self.untracked = 0;
    }

    /// Enters a loop whose `Loop` instruction is at word `start`; returns the index of its facts.
    pub(super) fn enter(&mut self, ir: &mut FuncIr, start: u32) -> u32 {
        let parent = self.open.last().map(|l| l.facts);
        if let (Some(parent), true) = (parent, self.open.len() >= LoopFacts::MAX_DEPTH as usize) {
            self.untracked += 1;
            return parent;
        }
        let facts = ir.loops.len() as u32;
        let depth = self.open.len() as u32 + 1;
        ir.loops.push(LoopFacts { depth, parent, start, ..LoopFacts::default() });
        let log = self.log.len();
        self.open.push(OpenLoop { facts, has_call: false, log, touched: [0; 4], written: [0; 4] });
        facts
    }

    /// Leaves the innermost loop, which ends before word `end`.
    pub(super) fn leave(&mut self, ir: &mut FuncIr, end: u32) {
        if self.untracked > 0 {
            self.untracked -= 1;
            return;
        }
        let Some(done) = self.open.pop() else { return };
        let uses_start = ir.loop_uses.len();
        for (local, before) in self.log.drain(done.log..) {
            let weight = std::mem::replace(&mut self.count[usize::from(local)], before);
            ir.loop_uses.push(LoopUse { slot: u16::from(local), weight });
        }
        if let Some(parent) = self.open.last_mut() {
            parent.has_call |= done.has_call;
            for used in &ir.loop_uses[uses_start..] {
                let local = used.slot as u8;
                touch(parent, &mut self.log, &mut self.count, local);
                let count = &mut self.count[usize::from(local)];
                *count = count.saturating_add(used.weight.saturating_mul(DEPTH_WEIGHT));
            }
            for (all, inner) in parent.written.iter_mut().zip(done.written) {
                *all |= inner;
            }
        }
        let touched = intern(ir, done.touched);
        let written = intern(ir, done.written);
        let uses_len = (ir.loop_uses.len() - uses_start) as u32;
        if let Some(facts) = ir.loops.get_mut(done.facts as usize) {
            facts.end = end;
            facts.has_call = done.has_call;
            (facts.touched, facts.written) = (touched, written);
            (facts.uses_start, facts.uses_len) = (uses_start as u32, uses_len);
        }
    }

    /// Notes a read of the local that an operand names.
    #[inline]
    pub(super) fn read(&mut self, local: Operand) {
        if let Some(innermost) = self.open.last_mut()
            && local.index() < 256
        {
            let local = local.index() as u8;
            touch(innermost, &mut self.log, &mut self.count, local);
            self.count[usize::from(local)] = self.count[usize::from(local)].saturating_add(1);
        }
    }

    /// Notes a write.
    #[inline]
    pub(super) fn write(&mut self, local: Operand) {
        self.read(local);
        if let Some(innermost) = self.open.last_mut()
            && local.index() < 256
        {
            innermost.written[usize::from(local.index() >> 6)] |= 1 << (local.index() & 63);
        }
    }

    /// Notes a call.
    #[inline]
    pub(super) fn call(&mut self) {
        if let Some(innermost) = self.open.last_mut() {
            innermost.has_call = true;
        }
    }
}

#[inline]
fn touch(open: &mut OpenLoop, log: &mut Vec<(u8, u32)>, count: &mut [u32; 256], local: u8) {
    let word = &mut open.touched[usize::from(local >> 6)];
    let bit = 1 << (local & 63);
    if *word & bit == 0 {
        *word |= bit;
        log.push((local, std::mem::take(&mut count[usize::from(local)])));
    }
}

/// The index of a set: loops next to each other and nested in each other often have equal ones.
fn intern(ir: &mut FuncIr, set: LocalSet) -> u32 {
    if set == [0; 4] {
        return 0;
    }
    if ir.local_sets.last() != Some(&set) {
        ir.local_sets.push(set);
    }
    ir.local_sets.len() as u32 - 1
}
