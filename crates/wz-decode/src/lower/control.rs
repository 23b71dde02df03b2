//! Blocks, branches and the moves on their edges.

use super::call::EMPTY_LIST;
use super::signature::{Slots, TypeSlots};
use super::stack::{Entry, Value};
use super::{LoopEnd, Lowerer};
use wasmparser::{BlockType, BrTable};
use wz_core::ir::{Base, Condition, LIST_MAX, Op, Operand, Slot, Word};
use wz_core::types::Class;

/// No label yet.
const NO_LABEL: u32 = u32::MAX;

/// The type of a block, small.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Signature {
    Empty,
    One(Class),
    Type(u32),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum FrameKind {
    Function,
    Block,
    Loop,
    If,
    Else,
}

/// A block that is being lowered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    kind: FrameKind,
    /// Control does not reach the block at all.
    dead: bool,
    signature: Signature,
    /// Operand stack entries below the block's parameters.
    height: u32,
    /// The first slots that its parameters and its results take.
    base: (u32, u32),
    /// The label of branches to it.
    label: u32,
    /// Label of the else part of [`FrameKind::If`].
    extra: u32,
}

impl Frame {
    pub(super) fn function(type_index: u32, data: u32, refs: u32) -> Frame {
        Frame {
            kind: FrameKind::Function,
            dead: false,
            signature: Signature::Type(type_index),
            height: 0,
            base: (data, refs),
            label: NO_LABEL,
            extra: 0,
        }
    }
}

/// Labels of a `br_table`'s edges by target depth, valid where the epoch is the current table's.
#[derive(Default)]
pub(super) struct BrTableScratch {
    epoch: u32,
    edges: Vec<(u32, u32)>,
    /// Depth and label of the edges that need code.
    stubs: Vec<(u32, u32)>,
}

impl Lowerer {
    /// Whether control reaches the current operator.
    #[inline]
    pub(super) fn reachable(&self) -> bool {
        self.reachable
    }

    /// The frame that a branch of this depth leads to, and its index.
    fn frame(&self, depth: u32) -> Option<(usize, Frame)> {
        let index = self.frames.len().checked_sub(1 + depth as usize)?;
        Some((index, self.frames[index]))
    }

    fn type_slots(&self, signature: Signature) -> TypeSlots {
        match signature {
            Signature::Empty => TypeSlots::default(),
            Signature::One(class) => {
                let refs = u32::from(class == Class::Ref);
                let data = if class == Class::V128 { 2 } else { 1 - refs };
                TypeSlots { params: Slots::default(), results: Slots { values: 1, data, refs } }
            }
            Signature::Type(index) => self.signatures.slots(index),
        }
    }

    fn push_frame(&mut self, kind: FrameKind, ty: BlockType, label: u32, extra: u32) {
        let signature = match ty {
            BlockType::Empty => Signature::Empty,
            BlockType::FuncType(index) => Signature::Type(index),
            BlockType::Type(ty) => match crate::types::val_type(ty) {
                Ok(ty) => Signature::One(ty.class()),
                Err(_) => return self.fail("block of an unsupported type"),
            },
        };
        let dead = !self.reachable;
        let params = self.type_slots(signature).params;
        let (data, refs) = self.stack.tops();
        let frame = if dead {
            Frame { kind, dead, signature, height: 0, base: (0, 0), label: NO_LABEL, extra: NO_LABEL }
        } else {
            let height = (self.stack.len() as u32).saturating_sub(params.values);
            let base = (data.saturating_sub(params.data), refs.saturating_sub(params.refs));
            Frame { kind, dead, signature, height, base, label, extra }
        };
        self.frames.push(frame);
    }

    /// Saves every local that the operand stack stands for: what follows may change it on some paths only.
    fn save_locals(&mut self) {
        while let Some((slot, class, local)) = self.stack.save_any() {
            self.loops.read(local);
            self.emit_copy(class, slot, local);
        }
    }

    /// Puts the topmost `count` values into their own slots.
    pub(super) fn materialise(&mut self, count: u32) {
        self.save_locals();
        for index in self.stack.len().saturating_sub(count as usize)..self.stack.len() {
            if let Some(entry) = self.stack.get(index)
                && entry.value == Value::Const
            {
                self.emit_copy(entry.class, entry.own_slot(), entry.operand);
                self.stack.set_temp(index);
            }
        }
    }

    /// A label where at most `height` data slots are live.
    fn new_label(&mut self, height: u32) -> u32 {
        self.ir.labels.push(0);
        self.ir.label_heights.push(height);
        self.ir.labels.len() as u32 - 1
    }

    fn bind(&mut self, label: u32, op: Op) {
        self.close_segment();
        // A jump to the next instruction is none, unless a loop ends between the two.
        let at = self.ir.code.len();
        if self.ir.code.last() == Some(&Word::with_index(Op::Br, 0, label))
            && self.loop_ends.last().is_none_or(|l| l.at as usize != at)
        {
            self.ir.code.pop();
        }
        self.ir.labels[label as usize] = self.ir.code.len() as u32;
        self.emit(Word::with_index(op, 0, label));
    }

    pub(super) fn visit_block(&mut self, ty: BlockType) {
        if self.reachable() {
            self.save_locals();
        }
        self.push_frame(FrameKind::Block, ty, NO_LABEL, 0);
    }

    pub(super) fn visit_loop(&mut self, ty: BlockType) {
        if !self.reachable() {
            return self.push_frame(FrameKind::Loop, ty, NO_LABEL, 0);
        }
        self.push_frame(FrameKind::Loop, ty, NO_LABEL, 0);
        let Some((index, frame)) = self.frame(0) else { return };
        self.materialise(self.type_slots(frame.signature).params.values);
        let label = self.new_label(self.stack.tops().0);
        let start = self.ir.code.len() as u32;
        let facts = self.loops.enter(&mut self.ir, start);
        self.bind(label, Op::Loop);
        self.emit(Word::ext(0, facts));
        self.frames[index].label = label;
        self.open_loops.push(label);
        if self.interruption {
            self.emit_trapping(Word::new(Op::Interrupt, Operand::NONE, Operand::NONE, Operand::NONE));
        }
    }

    pub(super) fn visit_if(&mut self, ty: BlockType) {
        if !self.reachable() {
            return self.push_frame(FrameKind::If, ty, NO_LABEL, NO_LABEL);
        }
        let (condition, negated) = self.pop_condition();
        let otherwise = self.new_label(self.stack.tops().0);
        self.push_frame(FrameKind::If, ty, NO_LABEL, otherwise);
        let Some((_, frame)) = self.frame(0) else { return };
        self.materialise(self.type_slots(frame.signature).params.values);
        self.branch_unless(condition, negated, otherwise);
    }

    pub(super) fn visit_else(&mut self) {
        let Some((index, frame)) = self.frame(0) else { return };
        self.frames[index].kind = FrameKind::Else;
        if frame.dead {
            return;
        }
        let slots = self.type_slots(frame.signature);
        if self.reachable {
            let label = self.label_of(index);
            self.edge_moves(index, slots.results);
            self.emit(Word::with_index(Op::Br, 0, label));
        }
        self.stack.truncate(frame.height as usize, frame.base.0, frame.base.1);
        self.bind(frame.extra, Op::Label);
        self.push_temps(frame.signature, true);
        self.reachable = true;
    }

    pub(super) fn visit_end(&mut self) {
        let Some((index, frame)) = self.frame(0) else { return };
        let results = self.type_slots(frame.signature).results;
        if frame.kind == FrameKind::Function {
            if self.reachable {
                self.emit_return(results);
            }
            self.frames.pop();
            return;
        }
        if frame.dead {
            self.frames.pop();
            return;
        }
        let otherwise = if frame.kind == FrameKind::If { frame.extra } else { NO_LABEL };
        let label = if frame.kind == FrameKind::Loop { NO_LABEL } else { self.frames[index].label };
        if label == NO_LABEL && otherwise == NO_LABEL {
            // Only the way through the block leads here: its results stay as they are.
            self.leave_loop(frame);
            // If control does not reach the end, it does not reach what follows either.
            self.frames.pop();
            return;
        }
        if self.reachable {
            self.edge_moves(index, results);
        }
        self.reachable = true;
        self.frames.pop();
        self.stack.truncate(frame.height as usize, frame.base.0, frame.base.1);
        for label in [otherwise, label] {
            if label != NO_LABEL {
                self.bind(label, Op::Label);
            }
        }
        self.push_temps(frame.signature, false);
    }

    fn leave_loop(&mut self, frame: Frame) {
        if frame.kind == FrameKind::Loop {
            self.close_segment();
            let at = self.ir.code.len() as u32;
            self.loops.leave(&mut self.ir, at);
            self.open_loops.pop();
            let outer = self.open_loops.last().copied();
            self.loop_ends.push(LoopEnd { at, label: frame.label, outer });
        }
    }

    /// Pushes temporaries of a block's parameters or results.
    fn push_temps(&mut self, signature: Signature, params: bool) {
        match signature {
            Signature::Empty => {}
            Signature::One(class) => {
                if !params {
                    self.stack.push_temp(class);
                }
            }
            Signature::Type(index) => {
                for i in 0..self.signatures.count(index, params) {
                    self.stack.push_temp(self.signatures.class(index, params, i));
                }
            }
        }
    }

    /// The label of branches to a block that is not a function's body.
    fn label_of(&mut self, index: usize) -> u32 {
        if self.frames[index].label == NO_LABEL {
            let frame = self.frames[index];
            let height = frame.base.0 + self.type_slots(frame.signature).results.data;
            self.frames[index].label = self.new_label(height);
        }
        self.frames[index].label
    }

    /// Values that a branch to a frame takes along.
    fn branch_slots(&self, frame: &Frame) -> Slots {
        let slots = self.type_slots(frame.signature);
        if frame.kind == FrameKind::Loop { slots.params } else { slots.results }
    }

    /// Whether the topmost values are where a branch to the frame wants them.
    fn in_place(&self, frame: &Frame, slots: Slots) -> bool {
        let first = self.stack.len().saturating_sub(slots.values as usize);
        let (data, refs) = self.stack.tops();
        (slots.data == 0 || data - slots.data == frame.base.0)
            && (slots.refs == 0 || refs - slots.refs == frame.base.1)
            && (slots.values as usize > LIST_MAX
                || (first..self.stack.len())
                    .all(|i| self.stack.get(i).is_some_and(|entry| entry.value == Value::Temp)))
    }

    /// Emits the moves of the topmost values to where the frame at `index` wants them. More than [`LIST_MAX`] values
    /// have been materialised. The values stay on the stack.
    fn edge_moves(&mut self, index: usize, slots: Slots) {
        let frame = self.frames[index];
        if slots.values as usize > LIST_MAX {
            self.materialise(slots.values);
            if self.in_place(&frame, slots) {
                return;
            }
            let (data, refs) = self.stack.tops();
            self.emit(Word::new(Op::MoveRange, Operand::NONE, Operand::NONE, Operand::NONE));
            for base in [
                Base { data: frame.base.0, refs: frame.base.1 },
                Base { data: data - slots.data, refs: refs - slots.refs },
                Base { data: slots.data, refs: slots.refs },
            ] {
                self.emit(Word::ext48(base.to_payload()));
            }
            return;
        }
        // Each target slot is at or below the source's own slot and above the targets before it: in this order no
        // move overwrites a later one's source.
        let (mut data, mut refs) = frame.base;
        for i in self.stack.len().saturating_sub(slots.values as usize)..self.stack.len() {
            let Some(entry) = self.stack.get(i) else { return };
            let slot = match entry.class {
                Class::Ref => {
                    refs += 1;
                    Slot::Ref(refs - 1)
                }
                Class::V128 => {
                    data += 2;
                    Slot::Data(data - 2)
                }
                _ => {
                    data += 1;
                    Slot::Data(data - 1)
                }
            };
            if entry.value != Value::Temp || entry.own_slot() != slot {
                let operand = self.use_entry(entry, 0);
                self.emit_copy(entry.class, slot, operand);
            }
        }
    }

    /// Emits a branch to `label` that is taken if the condition holds (`negated`: if it does not hold).
    fn branch_if(&mut self, condition: Condition, negated: bool, label: u32) {
        let (op, condition) = match condition.op.inverse() {
            Some(inverse) if negated => (Op::BrIf, Condition { op: inverse, ..condition }),
            _ if negated => (Op::BrUnless, condition),
            _ => (Op::BrIf, condition),
        };
        self.emit(Word { op: op as u16, dst: condition.op as u16, a: condition.x.0, b: condition.y.0 });
        self.emit(Word::ext(0, label));
        self.close_segment();
    }

    /// Emits a branch to `label` that is taken if the condition does not hold (`negated`: if it holds).
    fn branch_unless(&mut self, condition: Condition, negated: bool, label: u32) {
        self.branch_if(condition, !negated, label);
    }

    /// The rest of the block is unreachable.
    pub(super) fn set_unreachable(&mut self) {
        self.close_segment();
        self.reachable = false;
        if let Some(frame) = self.frames.last() {
            let (height, base) = (frame.height as usize, frame.base);
            self.stack.truncate(height, base.0, base.1);
        }
    }

    /// Emits the code of an edge: moves, then a jump or a return.
    fn edge(&mut self, index: usize, slots: Slots) {
        if self.frames[index].kind == FrameKind::Function {
            self.emit_return(slots);
        } else {
            let label = self.label_of(index);
            self.edge_moves(index, slots);
            self.emit(Word::with_index(Op::Br, 0, label));
        }
    }

    pub(super) fn visit_br(&mut self, depth: u32) {
        let Some((index, frame)) = self.frame(depth) else { return self.fail("branch out of range") };
        self.edge(index, self.branch_slots(&frame));
        self.set_unreachable();
    }

    pub(super) fn visit_br_if(&mut self, depth: u32) {
        let Some((index, frame)) = self.frame(depth) else { return self.fail("branch out of range") };
        let (condition, negated) = self.pop_condition();
        let slots = self.branch_slots(&frame);
        if slots.values as usize > LIST_MAX {
            self.materialise(slots.values);
        }
        if frame.kind != FrameKind::Function && self.in_place(&frame, slots) {
            let label = self.label_of(index);
            self.branch_if(condition, negated, label);
        } else {
            let past = self.new_label(self.stack.tops().0);
            self.branch_unless(condition, negated, past);
            self.edge(index, slots);
            self.bind(past, Op::Label);
        }
    }

    pub(super) fn visit_br_table(&mut self, targets: &BrTable<'_>) {
        let index_operand = self.pop(0);
        let Some((_, default)) = self.frame(targets.default()) else {
            return self.fail("branch out of range");
        };
        let slots = self.branch_slots(&default);
        if slots.values as usize > LIST_MAX {
            self.materialise(slots.values);
        }
        let start = self.ir.br_targets.len() as u32;
        let mut scratch = std::mem::take(&mut self.br_table);
        scratch.epoch = scratch.epoch.wrapping_add(1);
        if scratch.epoch == 0 {
            scratch.edges.fill((0, 0));
            scratch.epoch = 1;
        }
        if scratch.edges.len() < self.frames.len() {
            scratch.edges.resize(self.frames.len(), (0, 0));
        }
        for depth in targets.targets().chain(std::iter::once(Ok(targets.default()))) {
            match depth {
                Ok(depth) => self.table_target(depth, slots, &mut scratch),
                Err(_) => self.fail("malformed br_table"),
            }
        }
        let len = self.ir.br_targets.len() as u32 - start;
        self.emit(Word::new(Op::BrTable, Operand::NONE, index_operand, Operand::NONE));
        self.emit(Word::ext(0, start));
        self.emit(Word::ext(0, len));
        for (depth, label) in scratch.stubs.drain(..) {
            self.bind(label, Op::Label);
            if let Some((index, _)) = self.frame(depth) {
                self.edge(index, slots);
            }
        }
        self.br_table = scratch;
        self.set_unreachable();
    }

    fn table_target(&mut self, depth: u32, slots: Slots, scratch: &mut BrTableScratch) {
        let Some((index, frame)) = self.frame(depth) else { return self.fail("branch out of range") };
        let (epoch, known) = scratch.edges[depth as usize];
        let label = if epoch == scratch.epoch {
            known
        } else if frame.kind != FrameKind::Function && self.in_place(&frame, slots) {
            self.label_of(index)
        } else {
            let label = self.new_label(self.stack.tops().0);
            scratch.stubs.push((depth, label));
            label
        };
        scratch.edges[depth as usize] = (scratch.epoch, label);
        self.ir.br_targets.push(label);
    }

    pub(super) fn visit_return(&mut self) {
        let results = self.type_slots(Signature::Type(self.ir.type_index)).results;
        self.emit_return(results);
        self.set_unreachable();
    }

    pub(super) fn visit_unreachable(&mut self) {
        self.emit_trapping(Word::new(Op::Unreachable, Operand::NONE, Operand::NONE, Operand::NONE));
        self.set_unreachable();
    }

    /// Emits a return of the topmost values, which stay on the stack.
    fn emit_return(&mut self, results: Slots) {
        let count = results.values as usize;
        if count > LIST_MAX {
            self.materialise(results.values);
            let (data, refs) = self.stack.tops();
            self.emit(Word {
                op: Op::Return as u16,
                dst: count as u16,
                a: Operand::NONE.0,
                b: Operand::NONE.0,
            });
            let base = Base { data: data - results.data, refs: refs - results.refs };
            self.emit(Word::ext48(base.to_payload()));
            return;
        }
        let mut operands = EMPTY_LIST;
        let first = self.stack.len().saturating_sub(count);
        for (i, operand) in operands.iter_mut().enumerate().take(count) {
            if let Some(entry) = self.stack.get(first + i) {
                *operand = self.use_entry(entry, i as u32);
            }
        }
        self.emit(Word { op: Op::Return as u16, dst: count as u16, a: Operand::NONE.0, b: Operand::NONE.0 });
        self.emit_list(&operands, count);
    }

    /// The operand that reads an entry; its temporary dies.
    #[inline]
    pub(super) fn use_entry(&mut self, entry: Entry, scratch: u32) -> Operand {
        if entry.value == Value::Local {
            self.loops.read(entry.operand);
        } else if entry.operand.is_none() {
            return self.use_far(entry, scratch);
        }
        entry.operand
    }

    #[cold]
    fn use_far(&mut self, entry: Entry, scratch: u32) -> Operand {
        let operand = self.scratch(entry.class, scratch);
        self.get_far(entry.class, operand, entry.own_slot());
        Operand(operand.0 | Operand::KILL)
    }
}
