//! Finds native code by address, from signal handlers too.
//!
//! A list of chunks of slots that only grows and is never freed. A lookup only loads: it takes no lock and writes
//! nothing. A slot's sequence number is odd while the slot changes and different afterwards, so a lookup notices a slot
//! that changes under it and goes on: the code that it looks for runs, or has a frame, and so its slot does not change.

use super::code::NativeCode;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering, fence};
use std::sync::{Mutex, PoisonError};

const SLOTS: usize = 64;

struct Slot {
    sequence: AtomicUsize,
    start: AtomicUsize,
    /// 0 in a free slot.
    len: AtomicUsize,
    code: AtomicPtr<NativeCode>,
}

struct Chunk {
    slots: [Slot; SLOTS],
    next: AtomicPtr<Chunk>,
}

impl Slot {
    const fn free() -> Slot {
        Slot {
            sequence: AtomicUsize::new(0),
            start: AtomicUsize::new(0),
            len: AtomicUsize::new(0),
            code: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// Only while the lock is held.
    fn set(&self, start: usize, len: usize, code: *const NativeCode) {
        let sequence = self.sequence.load(Ordering::Relaxed);
        self.sequence.store(sequence.wrapping_add(1), Ordering::Relaxed);
        // What follows is not seen before the odd number.
        fence(Ordering::Release);
        self.start.store(start, Ordering::Relaxed);
        self.len.store(len, Ordering::Relaxed);
        self.code.store(code.cast_mut(), Ordering::Relaxed);
        self.sequence.store(sequence.wrapping_add(2), Ordering::Release);
    }

    fn find(&self, address: usize) -> Option<*const NativeCode> {
        let sequence = self.sequence.load(Ordering::Acquire);
        let start = self.start.load(Ordering::Relaxed);
        let len = self.len.load(Ordering::Relaxed);
        let code = self.code.load(Ordering::Relaxed);
        // The number is looked at again after the rest.
        fence(Ordering::Acquire);
        let whole = sequence.is_multiple_of(2) && self.sequence.load(Ordering::Relaxed) == sequence;
        (whole && address.wrapping_sub(start) < len).then_some(code)
    }
}

impl Chunk {
    const fn new() -> Chunk {
        Chunk { slots: [const { Slot::free() }; SLOTS], next: AtomicPtr::new(ptr::null_mut()) }
    }

    fn next(&self) -> Option<&'static Chunk> {
        // SAFETY: null or a chunk that was leaked; acquired, so that its slots are seen as they were made.
        unsafe { self.next.load(Ordering::Acquire).as_ref() }
    }
}

static FIRST: Chunk = Chunk::new();
static LOCK: Mutex<()> = Mutex::new(());

fn chunks() -> impl Iterator<Item = &'static Chunk> {
    std::iter::successors(Some(&FIRST), |chunk| chunk.next())
}

/// Registers code that is not empty.
pub(super) fn add(start: usize, len: usize, code: *const NativeCode) {
    let _lock = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
    let mut last = &FIRST;
    for chunk in chunks() {
        if let Some(slot) = chunk.slots.iter().find(|slot| slot.len.load(Ordering::Relaxed) == 0) {
            return slot.set(start, len, code);
        }
        last = chunk;
    }
    let chunk: &'static Chunk = Box::leak(Box::new(Chunk::new()));
    chunk.slots[0].set(start, len, code);
    last.next.store(ptr::from_ref(chunk).cast_mut(), Ordering::Release);
}

/// Takes code off the list. Nothing of it runs any more.
pub(super) fn remove(start: usize) {
    let _lock = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
    for slot in chunks().flat_map(|chunk| &chunk.slots) {
        if slot.len.load(Ordering::Relaxed) != 0 && slot.start.load(Ordering::Relaxed) == start {
            return slot.set(0, 0, ptr::null());
        }
    }
}

/// The code that `address` lies in. It is alive as long as something of it runs or has a frame.
pub(super) fn find(address: usize) -> Option<*const NativeCode> {
    chunks().flat_map(|chunk| &chunk.slots).find_map(|slot| slot.find(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_registered_is_found_until_it_is_removed() {
        let base = usize::MAX / 2;
        let codes: Vec<usize> = (0..3 * SLOTS).map(|i| base + 16 * i).collect();
        let at = |start: usize| ptr::without_provenance::<NativeCode>(start);
        codes.iter().for_each(|start| add(*start, 16, at(*start)));
        for start in &codes {
            assert_eq!(find(*start), Some(at(*start)));
            assert_eq!(find(*start + 15), Some(at(*start)));
        }
        assert_eq!(find(base - 1), None);
        assert_eq!(find(base + 16 * codes.len()), None);
        codes.iter().for_each(|start| remove(*start));
        assert!(codes.iter().all(|start| find(*start).is_none()));
        let chunks_before = chunks().count();
        codes.iter().for_each(|start| add(*start, 16, at(*start)));
        codes.iter().for_each(|start| remove(*start));
        assert_eq!(chunks().count(), chunks_before, "free slots are used again");
    }

    #[test]
    fn lookups_do_not_mix_two_registrations() {
        // Codes whose pointer says which addresses are theirs come and go while others look.
        let base = usize::MAX / 4;
        let stop = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for round in 0..20_000 {
                    let start = base + 64 * (round % 3);
                    add(start, 64, ptr::without_provenance(start));
                    remove(start);
                }
                stop.store(true, Ordering::Relaxed);
            });
            while !stop.load(Ordering::Relaxed) {
                for start in [base, base + 64, base + 128] {
                    if let Some(code) = find(start + 5) {
                        assert_eq!(code.addr(), start);
                    }
                }
            }
        });
    }
}
