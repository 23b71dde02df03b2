//! The states that jumps to a label have agreed on: which register holds which slot.

use super::{Held, Reg};

/// A register that holds a slot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Entry {
    pub(super) reg: Reg,
    pub(super) held: Held,
    /// The slot's home may not have its value.
    pub(super) dirty: bool,
}

/// The state of a label or of several: they are shared where they are equal.
#[derive(Clone, Copy, Debug)]
struct Record {
    /// First of its entries; they end where those of the next record start.
    start: u32,
    /// How many labels have it.
    labels: u32,
}

/// The states of the labels of a function. Control is structured, so that states are made and released nearly as on a
/// stack: they are one.
#[derive(Debug, Default)]
pub(super) struct States {
    entries: Vec<Entry>,
    records: Vec<Record>,
    /// One more than the index of each label's record, 0 for none.
    of_label: Vec<u32>,
}

impl States {
    /// Forgets all, for a function of so many labels.
    pub(super) fn start(&mut self, labels: usize) {
        self.entries.clear();
        self.records.clear();
        self.of_label.clear();
        self.of_label.resize(labels, 0);
    }

    /// A label's state.
    pub(super) fn get(&self, label: u32) -> Option<&[Entry]> {
        let record = self.of_label.get(label as usize)?.checked_sub(1)? as usize;
        let start = self.records.get(record)?.start as usize;
        let end = self.records.get(record + 1).map_or(self.entries.len(), |next| next.start as usize);
        self.entries.get(start..end)
    }

    /// Whether the label has a state.
    #[inline]
    pub(super) fn has(&self, label: u32) -> bool {
        self.of_label.get(label as usize).is_some_and(|record| *record != 0)
    }

    /// Gives a label its state.
    pub(super) fn set(&mut self, label: u32, entries: impl Iterator<Item = Entry>) {
        let Some(of_label) = self.of_label.get_mut(label as usize) else { return };
        let start = self.entries.len();
        self.entries.extend(entries);
        let (before, new) = self.entries.split_at(start);
        if let Some(last) = self.records.last_mut()
            && before.get(last.start as usize..) == Some(new)
        {
            last.labels += 1;
            self.entries.truncate(start);
        } else {
            self.records.push(Record { start: start as u32, labels: 1 });
        }
        *of_label = self.records.len() as u32;
    }

    /// Takes a label's state from it: no more jumps to it come.
    pub(super) fn release(&mut self, label: u32) {
        let Some(record) =
            self.of_label.get_mut(label as usize).and_then(|l| std::mem::take(l).checked_sub(1))
        else {
            return;
        };
        if let Some(record) = self.records.get_mut(record as usize) {
            record.labels = record.labels.saturating_sub(1);
        }
        while let Some(Record { start, labels: 0 }) = self.records.last().copied() {
            self.records.pop();
            self.entries.truncate(start as usize);
        }
    }

    /// Number of entries that are kept.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}
