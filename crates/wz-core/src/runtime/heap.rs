//! The heap of a store: host values that guests hold as `externref`.
//!
//! Entries never move. A reference is `(index << 2) | 2`, which tells it from null (0) and from a function reference
//! (a multiple of 8); bit 0 is kept free. The store marks what it reaches, then the heap sweeps the rest.

use crate::error::Error;
use std::any::Any;
use std::sync::Arc;

/// A host value that a guest can refer to.
pub(super) type HostValue = Arc<dyn Any + Send + Sync>;

/// How many references are rooted; see [`Store::root_mark`](super::Store::root_mark).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use = "what is rooted after the mark stays so until the mark is released"]
pub struct RootMark(usize);

impl RootMark {
    /// The mark where so many references are rooted.
    #[inline]
    pub(super) fn at(roots: usize) -> RootMark {
        RootMark(roots)
    }
}

enum Entry {
    Free { next: Option<u32> },
    Value(HostValue),
}

/// The heap.
pub(super) struct Heap {
    entries: Vec<Entry>,
    free: Option<u32>,
    live: usize,
    /// Number of live entries at which the next allocation collects first.
    threshold: usize,
    /// While collecting, a bit for each entry that was reached.
    marks: Vec<u64>,
    /// References that are in the host's hands: not yet, or no longer, in a frame.
    roots: Vec<u64>,
}

const TAG: u64 = 2;
const TAG_BITS: u32 = 2;
const MAX_ENTRIES: usize = 1 << 30;
const MIN_THRESHOLD: usize = 1024;

fn index_of(raw: u64) -> Option<usize> {
    let index = raw >> TAG_BITS;
    (raw & ((1 << TAG_BITS) - 1) == TAG && index < MAX_ENTRIES as u64).then_some(index as usize)
}

impl Heap {
    pub(super) fn new() -> Heap {
        Heap {
            entries: Vec::new(),
            free: None,
            live: 0,
            threshold: MIN_THRESHOLD,
            marks: Vec::new(),
            roots: Vec::new(),
        }
    }

    /// Whether the next allocation should collect first.
    pub(super) fn is_due(&self) -> bool {
        self.live >= self.threshold
    }

    /// Number of entries with a value.
    pub(super) fn live(&self) -> usize {
        self.live
    }

    /// Adds a value; the new reference is rooted.
    pub(super) fn insert(&mut self, value: HostValue) -> Result<u64, Error> {
        let full = || Error::limit(format!("the heap is full at {} references", self.live));
        self.roots.try_reserve(1).map_err(|_| full())?;
        let index = match self.free {
            Some(index) => {
                let entry = &mut self.entries[index as usize];
                if let Entry::Free { next } = *entry {
                    self.free = next;
                }
                *entry = Entry::Value(value);
                index
            }
            None => {
                let index = self.entries.len();
                if index >= MAX_ENTRIES || self.entries.try_reserve(1).is_err() {
                    return Err(full());
                }
                self.entries.push(Entry::Value(value));
                index as u32
            }
        };
        self.live += 1;
        let raw = u64::from(index) << TAG_BITS | TAG;
        self.roots.push(raw);
        Ok(raw)
    }

    /// The value that a reference refers to; `None` if it is null or refers to nothing.
    pub(super) fn get(&self, raw: u64) -> Option<&HostValue> {
        match self.entries.get(index_of(raw)?)? {
            Entry::Value(value) => Some(value),
            Entry::Free { .. } => None,
        }
    }

    /// How many references are rooted.
    pub(super) fn roots(&self) -> usize {
        self.roots.len()
    }

    pub(super) fn root(&mut self, raw: u64) {
        self.roots.push(raw);
    }

    pub(super) fn release_roots(&mut self, mark: RootMark) {
        self.roots.truncate(mark.0);
    }

    /// Starts a collection: nothing is marked but what the host's roots reach.
    pub(super) fn begin_marking(&mut self) {
        self.marks.clear();
        self.marks.resize(self.entries.len().div_ceil(64), 0);
        let roots = std::mem::take(&mut self.roots);
        roots.iter().for_each(|raw| self.mark(*raw));
        self.roots = roots;
    }

    /// Marks what a reference slot holds. Null, function references and stale references are ignored.
    pub(super) fn mark(&mut self, raw: u64) {
        if let Some(index) = index_of(raw)
            && let Some(word) = self.marks.get_mut(index / 64)
        {
            *word |= 1 << (index % 64);
        }
    }

    /// Ends a collection: takes the values out that were not marked, for the caller to drop.
    pub(super) fn sweep(&mut self) -> Vec<HostValue> {
        let mut dead = Vec::new();
        for (index, entry) in self.entries.iter_mut().enumerate() {
            let marked = self.marks.get(index / 64).is_some_and(|word| word >> (index % 64) & 1 == 1);
            if !marked && matches!(entry, Entry::Value(_)) {
                if let Entry::Value(value) = std::mem::replace(entry, Entry::Free { next: self.free }) {
                    dead.push(value);
                }
                self.free = Some(index as u32);
            }
        }
        self.live -= dead.len();
        self.threshold = (2 * self.live).max(MIN_THRESHOLD);
        dead
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(heap: &Heap, raw: u64) -> Option<u32> {
        heap.get(raw).and_then(|v| v.downcast_ref().copied())
    }

    #[test]
    fn references_are_tagged_and_checked() {
        let mut heap = Heap::new();
        let first = heap.insert(Arc::new(7u32)).unwrap();
        let second = heap.insert(Arc::new(8u32)).unwrap();
        assert_eq!((first, second), (2, 6));
        assert_eq!((value(&heap, first), value(&heap, second)), (Some(7), Some(8)));
        for raw in [0, 1, 3, 8, 10, u64::MAX, u64::MAX - 1, 1 << 33 | 2] {
            assert!(heap.get(raw).is_none(), "{raw:#x}");
        }
    }

    #[test]
    fn a_collection_keeps_what_is_marked_or_rooted_and_reuses_the_rest() {
        let mut heap = Heap::new();
        let mark = RootMark::at(heap.roots());
        let dead = heap.insert(Arc::new(0u32)).unwrap();
        let marked = heap.insert(Arc::new(1u32)).unwrap();
        heap.release_roots(mark);
        let rooted = heap.insert(Arc::new(2u32)).unwrap();
        heap.begin_marking();
        heap.mark(marked);
        // Not references of this heap: ignored.
        [0, 8, 1 << 32 | 2, u64::MAX].into_iter().for_each(|raw| heap.mark(raw));
        assert_eq!(heap.sweep().len(), 1);
        assert_eq!(heap.live(), 2);
        assert_eq!(
            (value(&heap, dead), value(&heap, marked), value(&heap, rooted)),
            (None, Some(1), Some(2))
        );
        assert_eq!(heap.insert(Arc::new(3u32)).unwrap(), dead);
        assert_eq!(value(&heap, dead), Some(3));
    }

    #[test]
    fn the_threshold_is_twice_the_survivors() {
        let mut heap = Heap::new();
        for i in 0..MIN_THRESHOLD {
            assert!(!heap.is_due());
            let _ = heap.insert(Arc::new(i)).unwrap();
        }
        assert!(heap.is_due());
        heap.begin_marking();
        assert!(heap.sweep().is_empty());
        assert!(!heap.is_due());
        assert_eq!(heap.threshold, 2 * MIN_THRESHOLD);
    }
}
