//! The operand stack: what each of wasm's operands is, and the temporary slot that is its own.
//!
//! A `local.get` pushes an entry that stands for the local; the local's value must be saved to the entry's own slot
//! before the local changes. The entries that stand for one local are chained, so that `local.set` finds them without
//! a search: each entry is saved at most once, which keeps lowering linear.

use wz_core::ir::{Operand, Slot};
use wz_core::types::Class;

/// No entry.
const NONE: u32 = u32::MAX;

/// What an entry stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Value {
    /// The entry's own slot holds the value.
    Temp,
    /// The local that `operand` names holds the value.
    Local,
    /// The constant that `operand` names is the value.
    Const,
}

/// An operand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// Number of its own slot, among reference slots if the class is `Ref`, else among data slots.
    pub(super) slot: u32,
    /// Next older entry that stands for the same local.
    older: u32,
    /// The local, the constant or, of a temporary, its slot with KILL; none where an operand cannot name the slot.
    pub(super) operand: Operand,
    pub(super) class: Class,
    pub(super) value: Value,
}

impl Entry {
    /// Its own slot.
    #[inline]
    pub(super) fn own_slot(&self) -> Slot {
        if self.class == Class::Ref { Slot::Ref(self.slot) } else { Slot::Data(self.slot) }
    }

    fn make_temp(&mut self) {
        self.value = Value::Temp;
        self.operand = temp_operands(self.class, self.slot).1;
    }
}

/// The operand of a temporary's slot, without and with KILL; none where an operand cannot name it.
#[inline]
fn temp_operands(class: Class, slot: u32) -> (Operand, Operand) {
    let slot = if class == Class::Ref { Slot::Ref(slot) } else { Slot::Data(slot) };
    match Operand::of_slot(slot) {
        Some(operand) => (operand, Operand(operand.0 | Operand::KILL)),
        None => (Operand::NONE, Operand::NONE),
    }
}

/// The operand stack of one function.
pub(super) struct OperandStack {
    entries: Vec<Entry>,
    /// Next free data slot and reference slot.
    data: u32,
    refs: u32,
    greatest_data: u32,
    greatest_refs: u32,
    /// Whether a frame would be larger than frames may be.
    overflowed: bool,
    /// Entries below this one stand for no local.
    saved: usize,
    /// Youngest entry that stands for a local, by the local's operand. Every entry that is popped removes itself, so
    /// the table is clean between functions.
    youngest: Box<[u32]>,
}

impl Default for OperandStack {
    fn default() -> OperandStack {
        OperandStack {
            entries: Vec::new(),
            data: 0,
            refs: 0,
            greatest_data: 0,
            greatest_refs: 0,
            overflowed: false,
            saved: 0,
            youngest: vec![NONE; usize::from(Operand::INDEX) + 1].into(),
        }
    }
}

impl OperandStack {
    pub(super) fn clear(&mut self) {
        self.truncate(0, 0, 0);
    }

    /// Starts a function whose locals take these slots.
    pub(super) fn start(&mut self, data: u32, refs: u32) {
        (self.data, self.refs) = (data, refs);
        (self.greatest_data, self.greatest_refs) = (data, refs);
        self.overflowed = false;
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The next free data and reference slots.
    pub(super) fn tops(&self) -> (u32, u32) {
        (self.data, self.refs)
    }

    /// The most slots in use at any time.
    pub(super) fn greatest_slots(&self) -> (u32, u32) {
        (self.greatest_data, self.greatest_refs)
    }

    /// Whether a frame would be larger than frames may be.
    #[inline]
    pub(super) fn overflowed(&self) -> bool {
        self.overflowed
    }

    /// Notes that more slots are in use than ever before.
    fn grow(&mut self) {
        self.greatest_data = self.greatest_data.max(self.data);
        self.greatest_refs = self.greatest_refs.max(self.refs);
        self.overflowed = self.greatest_data.max(self.greatest_refs) > Slot::MAX - Slot::SCRATCH_DATA;
    }

    #[inline]
    pub(super) fn top(&self) -> Option<&Entry> {
        self.entries.last()
    }

    #[inline]
    pub(super) fn get(&self, index: usize) -> Option<Entry> {
        self.entries.get(index).copied()
    }

    /// The entry becomes a temporary: its value has been saved to its own slot.
    pub(super) fn set_temp(&mut self, index: usize) {
        if let Some(entry) = self.entries.get_mut(index) {
            entry.make_temp();
        }
    }

    /// The next entry's slot number.
    #[inline]
    fn next_slot(&mut self, class: Class) -> u32 {
        let slot;
        if class == Class::Ref {
            slot = self.refs;
            self.refs += 1;
            if self.refs > self.greatest_refs {
                self.grow();
            }
        } else {
            slot = self.data;
            self.data += 1 + u32::from(class == Class::V128);
            if self.data > self.greatest_data {
                self.grow();
            }
        }
        slot
    }

    /// Pushes a temporary and returns its operand; none where an operand cannot name its slot.
    #[inline]
    pub(super) fn push_temp(&mut self, class: Class) -> Operand {
        let slot = self.next_slot(class);
        let (operand, temp) = temp_operands(class, slot);
        self.entries.push(Entry { slot, older: NONE, operand: temp, class, value: Value::Temp });
        operand
    }

    /// Pushes a constant.
    #[inline]
    pub(super) fn push_const(&mut self, class: Class, operand: Operand) {
        let slot = self.next_slot(class);
        self.entries.push(Entry { slot, older: NONE, operand, class, value: Value::Const });
    }

    /// Pushes an entry that stands for a local.
    #[inline]
    pub(super) fn push_local(&mut self, class: Class, operand: Operand) {
        let youngest = &mut self.youngest[usize::from(operand.index())];
        let older = std::mem::replace(youngest, self.entries.len() as u32);
        let slot = self.next_slot(class);
        self.entries.push(Entry { slot, older, operand, class, value: Value::Local });
    }

    #[inline]
    pub(super) fn pop(&mut self) -> Option<Entry> {
        let entry = self.entries.pop()?;
        if entry.class == Class::Ref {
            self.refs = entry.slot
        } else {
            self.data = entry.slot
        }
        if entry.value == Value::Local {
            self.youngest[usize::from(entry.operand.index())] = entry.older;
        }
        self.saved = self.saved.min(self.entries.len());
        Some(entry)
    }

    /// Pops down to `len` entries; the next free slots become `data` and `refs`.
    pub(super) fn truncate(&mut self, len: usize, data: u32, refs: u32) {
        while self.entries.len() > len {
            self.pop();
        }
        (self.data, self.refs) = (data, refs);
    }

    /// Whether an entry stands for the local.
    #[inline]
    pub(super) fn has_alias(&self, local: Operand) -> bool {
        self.youngest[usize::from(local.index())] != NONE
    }

    /// Takes one entry that stands for the local and makes it a temporary: its value must be saved to the returned
    /// slot.
    pub(super) fn save_alias(&mut self, local: Operand) -> Option<(Slot, Class)> {
        let youngest = &mut self.youngest[usize::from(local.index())];
        let entry = self.entries.get_mut(*youngest as usize)?;
        *youngest = entry.older;
        entry.make_temp();
        Some((entry.own_slot(), entry.class))
    }

    /// Takes the oldest entry that stands for any local and makes it a temporary.
    pub(super) fn save_any(&mut self) -> Option<(Slot, Class, Operand)> {
        while let Some(entry) = self.entries.get_mut(self.saved) {
            self.saved += 1;
            if entry.value == Value::Local {
                let local = entry.operand;
                entry.make_temp();
                // All older entries of the local have been saved; this loop saves the younger ones.
                self.youngest[usize::from(local.index())] = NONE;
                return Some((entry.own_slot(), entry.class, local));
            }
        }
        None
    }
}
