//! Sets KILL on the last reads of locals, in a sweep from the end of the code to its start.
//!
//! Control is structured, so what is live at a forward branch's target is known when the branch is reached. For the ways
//! back to loop headers, each outermost loop is swept once before: that finds what is live there, as a loop is entered
//! at its header only, so that what is read by way of a header that was passed before is also read without. What is live
//! at the header of the loop around is added: a superset of what is live on the way around that one.

use std::ops::Range;
use wz_core::ir::{FuncIr, LIST_MAX, Op, Operand, Shape, Word};
use wz_core::types::Class;

/// Locals in data slots below this one are tracked.
pub(super) const TRACKED: usize = 256;

/// The end of a loop.
#[derive(Clone, Copy, Debug)]
pub(super) struct LoopEnd {
    /// Word index just past the loop.
    pub(super) at: u32,
    /// The header's label.
    pub(super) label: u32,
    /// That of the loop around it.
    pub(super) outer: Option<u32>,
}

/// Sets KILL in a finished function, and the sets of live locals. `loop_ends` are in the order in which loops ended.
pub(super) fn run(ir: &mut FuncIr, loop_ends: &[LoopEnd]) {
    let (at_label, locals) = (std::mem::take(&mut ir.live), ir.local_data);
    ir.live = if locals <= 64 {
        Sweep { at_label, live: Live::<1>::none(locals as u16), kill: 0 }.run(ir, loop_ends)
    } else {
        Sweep { at_label, live: Live::<4>::none(locals.min(TRACKED as u32) as u16), kill: 0 }
            .run(ir, loop_ends)
    };
}

/// What the sweep does with an op's first word: each field is OR-ed with its mask, and one that is no operand becomes a
/// number that is no local's. This spares the sweep unpredictable branches.
#[derive(Clone, Copy)]
struct Fields {
    dst: u16,
    a: u16,
    b: u16,
    /// There are operands beyond the first word, or control: looked at by shape.
    special: bool,
}

/// By number; a power of two of them, so that finding one's is cheap.
static FIELDS: [Fields; Op::COUNT.next_power_of_two()] = {
    let mut fields = [fields_of(Op::Ext); Op::COUNT.next_power_of_two()];
    let mut i = 0;
    while i < Op::COUNT {
        fields[i] = fields_of(Op::ALL[i]);
        i += 1;
    }
    fields
};

const fn mask(class: Class) -> u16 {
    if matches!(class, Class::No) { u16::MAX } else { 0 }
}

const fn fields_of(op: Op) -> Fields {
    let info = op.info();
    // What follows an instruction's first word is for `special`.
    if matches!(op, Op::Ext) {
        return Fields { dst: u16::MAX, a: u16::MAX, b: u16::MAX, special: false };
    }
    let plain = matches!(
        info.shape,
        Shape::Unary
            | Shape::Binary
            | Shape::WideConst
            | Shape::FarGet
            | Shape::FarSet
            | Shape::FuelBulk
            | Shape::GlobalGet
            | Shape::GlobalSet
            | Shape::Indexed
            | Shape::Load
            | Shape::Store
            | Shape::LoadLane
            | Shape::StoreLane
            | Shape::ExtractLane
            | Shape::ReplaceLane
            | Shape::Shuffle
            | Shape::MoveRange
            | Shape::Fuel
            | Shape::Check
    );
    if plain {
        Fields { dst: mask(info.dst), a: mask(info.a), b: mask(info.b), special: false }
    } else {
        Fields { dst: u16::MAX, a: u16::MAX, b: u16::MAX, special: true }
    }
}

struct Sweep<const N: usize> {
    /// A set for each label, then the entry's.
    at_label: Vec<u64>,
    live: Live<N>,
    /// What is set on last reads: KILL, or nothing in the first sweep.
    kill: u16,
}

/// The locals that are live at a point.
#[derive(Clone, Copy)]
struct Live<const N: usize> {
    set: [u64; N],
    /// Locals from this slot on are not tracked.
    limit: u16,
}

impl<const N: usize> Live<N> {
    fn none(limit: u16) -> Live<N> {
        Live { set: [0; N], limit }
    }

    fn clear(&mut self) {
        self.set = [0; N];
    }

    fn join(&mut self, set: [u64; N]) {
        self.set.iter_mut().zip(set).for_each(|(word, more)| *word |= more);
    }

    /// The word and bit of a local's operand; the bit is 0 if it is not tracked.
    #[inline(always)]
    fn bit(&self, operand: u16) -> (usize, u64) {
        // A temporary's KILL and a constant's flag put the number out of range.
        (usize::from(operand >> 6) & (N - 1), u64::from(operand < self.limit) << (operand & 63))
    }

    #[inline(always)]
    fn write(&mut self, operand: u16) {
        let (word, bit) = self.bit(operand);
        self.set[word] &= !bit;
    }

    /// Notes a read; `kill` if it is the last one, else 0.
    #[inline(always)]
    fn read(&mut self, operand: u16, kill: u16) -> u16 {
        let (word, bit) = self.bit(operand);
        let last = self.set[word] & bit != bit;
        self.set[word] |= bit;
        if last { kill } else { 0 }
    }
}

impl<const N: usize> Sweep<N> {
    fn run(mut self, ir: &mut FuncIr, loop_ends: &[LoopEnd]) -> Vec<u64> {
        self.at_label.clear();
        self.at_label.resize((ir.labels.len() + 1) * N, 0);
        self.kill = Operand::KILL;
        let (mut rest, mut end) = (loop_ends, ir.code.len());
        while let Some((outermost, before)) = rest.split_last() {
            // Those inside it ended before it.
            let inside = before.iter().rev().take_while(|inner| inner.outer.is_some()).count();
            let (before, loops) = rest.split_at(before.len() - inside);
            let whole = ir.labels[outermost.label as usize] as usize..outermost.at as usize;
            self.sweep(ir, &[], whole.end..end);
            let after = self.live;
            self.kill = 0;
            self.sweep(ir, &[], whole.clone());
            self.live = after;
            self.kill = Operand::KILL;
            self.sweep(ir, loops, whole.clone());
            (rest, end) = (before, whole.start);
        }
        self.sweep(ir, &[], 0..end);
        *self.set(ir.labels.len()) = self.live.set;
        self.at_label
    }

    /// Sweeps words from the last to the first.
    fn sweep(&mut self, ir: &mut FuncIr, loop_ends: &[LoopEnd], words: Range<usize>) {
        let mut loop_ends = loop_ends.iter().rev().peekable();
        let mut next_loop_end = loop_ends.peek().map_or(usize::MAX, |l| l.at as usize);
        // Variables, so that most instructions leave memory alone but for their word.
        let (mut live, kill) = (self.live, self.kill);
        for at in words.rev() {
            if at + 1 == next_loop_end {
                while let Some(loop_end) = loop_ends.next_if(|l| l.at as usize == at + 1) {
                    if let Some(outer) = loop_end.outer {
                        let around = *self.set(outer as usize);
                        let set = self.set(loop_end.label as usize);
                        set.iter_mut().zip(around).for_each(|(word, more)| *word |= more);
                    }
                }
                next_loop_end = loop_ends.peek().map_or(usize::MAX, |l| l.at as usize);
            }
            let word = &mut ir.code[at];
            let fields = FIELDS[usize::from(word.op) % FIELDS.len()];
            if fields.special {
                self.live = live;
                self.special(ir, at);
                live = self.live;
            } else {
                live.write(word.dst | fields.dst);
                word.b |= live.read(word.b | fields.b, kill);
                word.a |= live.read(word.a | fields.a, kill);
            }
        }
        self.live = live;
    }

    /// The set of a label.
    #[inline]
    fn set(&mut self, label: usize) -> &mut [u64; N] {
        &mut self.at_label.as_chunks_mut().0[label]
    }

    #[inline(always)]
    fn read(&mut self, operand: &mut u16) {
        *operand |= self.live.read(*operand, self.kill);
    }

    fn read_list(&mut self, words: &mut [Word], len: usize) {
        if len > LIST_MAX {
            return;
        }
        for word in words.iter_mut().take(len.div_ceil(3)).rev() {
            // Fields beyond the list's end hold no operand, which is not tracked.
            self.read(&mut word.b);
            self.read(&mut word.a);
            self.read(&mut word.dst);
        }
    }

    fn special(&mut self, ir: &mut FuncIr, at: usize) {
        let Some((word, ext)) = ir.code[at..].split_first_mut() else { return };
        let Some(op) = Op::from_number(word.op) else { return };
        let len = ext.iter().take_while(|word| word.is_ext()).count();
        let ext = &mut ext[..len];
        match op.info().shape {
            Shape::Label | Shape::LoopHeader => *self.set(word.index() as usize) = self.live.set,
            Shape::Jump => self.live.set = *self.set(word.index() as usize),
            Shape::Branch => {
                let target = ext.first().map_or(0, |w| w.index());
                let set = *self.set(target as usize);
                self.live.join(set);
                self.read(&mut word.b);
                self.read(&mut word.a);
            }
            Shape::BrTable => {
                self.live.clear();
                if let [start, len] = ext {
                    let start = start.index() as usize;
                    for target in &ir.br_targets[start..start + len.index() as usize] {
                        let set = *self.set(*target as usize);
                        self.live.join(set);
                    }
                }
                self.read(&mut word.a);
            }
            Shape::Return => {
                self.live.clear();
                self.read_list(ext, usize::from(word.dst));
            }
            Shape::Trap => self.live.clear(),
            Shape::Select => {
                self.live.write(word.dst);
                if let Some(condition) = ext.first_mut() {
                    self.read(&mut condition.b);
                    self.read(&mut condition.a);
                }
                self.read(&mut word.b);
                self.read(&mut word.a);
            }
            Shape::Ternary => {
                self.live.write(word.dst);
                if let Some(third) = ext.first_mut() {
                    self.read(&mut third.dst);
                }
                self.read(&mut word.b);
                self.read(&mut word.a);
            }
            Shape::Bulk => {
                self.read(&mut word.b);
                self.read(&mut word.a);
                self.read(&mut word.dst);
            }
            Shape::Call | Shape::CallIndirect => {
                if matches!(op, Op::ReturnCall | Op::ReturnCallIndirect) {
                    self.live.clear();
                }
                if word.b == 1 {
                    self.live.write(word.dst);
                }
                let args = if op.info().shape == Shape::CallIndirect { 2 } else { 1 };
                if let Some(list) = ext.get_mut(args..) {
                    self.read_list(list, usize::from(word.a));
                }
                if args == 2
                    && let Some(first) = ext.first_mut()
                {
                    self.read(&mut first.dst);
                }
            }
            _ => {}
        }
    }
}
