//! Stacks of guests, and the process's pool of them.
//!
//! ```text
//! | guard, no access | reserve | what guests may use                | entry's arguments and results |
//!                    ^ low     prologues read 70 KiB and more below their frames                  ^ top
//! ```
//!
//! A prologue's read at the end of the usable part hits the guard. So under any stack pointer of a guest there are 64 KiB,
//! also under that of a leaf function, which reads nothing, for the stubs and for signal handlers that run on this stack.

use rustix::mm::{Advice, MapFlags, MprotectFlags, ProtFlags, madvise, mmap_anonymous, mprotect, munmap};
use std::io;
use std::ops::Range;
use std::ptr;
use std::sync::{Mutex, PoisonError};
use wz_core::Error;

/// As far as a prologue reads below its frame, and more.
pub(crate) const RESERVE_BYTES: usize = 80 << 10;

const GUARD_BYTES: usize = 128 << 10;

/// Most stacks that the pool keeps.
const MAX_POOLED: usize = 64;

/// Bytes at the top of a pooled stack that stay as they are; the system gets back the rest.
const KEPT_BYTES: usize = 64 << 10;

static POOL: Mutex<Vec<Mapping>> = Mutex::new(Vec::new());

/// A guest's stack. When it goes, the pool gets it.
pub(super) struct Stack {
    /// `None` only while it is dropped.
    mapping: Option<Mapping>,
    bounds: Range<usize>,
}

impl Stack {
    /// Bytes at the top for what the host passes beyond the registers: the greatest numbers of parameters and results
    /// that decoders accept, of the largest type.
    pub(super) const ENTRY_BYTES: usize = 2 * 1000 * 16;

    /// A stack of which guests can use `bytes`.
    pub(super) fn new(bytes: usize) -> Result<Stack, Error> {
        let refused = |why: &dyn std::fmt::Display| {
            Error::limit(format!("not enough memory for a guest stack of {bytes} bytes: {why}"))
        };
        let total = bytes
            .checked_add(GUARD_BYTES + RESERVE_BYTES + Stack::ENTRY_BYTES)
            .and_then(|total| total.checked_next_multiple_of(rustix::param::page_size()))
            .ok_or_else(|| refused(&"too large"))?;
        let pooled = {
            let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
            let found = pool.iter().rposition(|mapping| mapping.bytes == total);
            found.map(|index| pool.swap_remove(index))
        };
        let mapping = match pooled {
            Some(mapping) => mapping,
            None => Mapping::new(total).map_err(|error| refused(&error))?,
        };
        let bounds = mapping.base + GUARD_BYTES..mapping.base + total;
        Ok(Stack { mapping: Some(mapping), bounds })
    }

    /// Its accessible addresses. The end is aligned to a page.
    pub(super) fn bounds(&self) -> Range<usize> {
        self.bounds.clone()
    }
}

/// The guard below a stack.
pub(super) fn guard(bounds: &Range<usize>) -> Range<usize> {
    bounds.start - GUARD_BYTES..bounds.start
}

impl Drop for Stack {
    fn drop(&mut self) {
        let Some(mapping) = self.mapping.take() else { return };
        let deep = mapping.bytes - GUARD_BYTES - KEPT_BYTES;
        let start = ptr::with_exposed_provenance_mut(self.bounds.start);
        // SAFETY: a part of this mapping, which nobody uses any more: it may become zeros.
        if unsafe { madvise(start, deep, Advice::LinuxDontNeed) }.is_err() {
            return;
        }
        let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
        if pool.len() < MAX_POOLED {
            pool.push(mapping);
        }
    }
}

struct Mapping {
    base: usize,
    bytes: usize,
}

impl Mapping {
    fn new(bytes: usize) -> io::Result<Mapping> {
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE | MapFlags::STACK;
        // SAFETY: a new mapping at an address that the kernel chooses changes nothing that exists.
        let base =
            unsafe { mmap_anonymous(ptr::null_mut(), bytes, ProtFlags::READ | ProtFlags::WRITE, flags) }?;
        let mapping = Mapping { base: base.expose_provenance(), bytes };
        // SAFETY: the start of the new mapping, which nobody refers to yet.
        unsafe { mprotect(base, GUARD_BYTES, MprotectFlags::empty()) }?;
        Ok(mapping)
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the range is this mapping, and its owner is going away. It cannot fail for such a range.
        let _ = unsafe { munmap(ptr::with_exposed_provenance_mut(self.base), self.bytes) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stacks_are_used_again() -> Result<(), Error> {
        // A size that no other test has.
        let bytes = 12345 << 12;
        let first = Stack::new(bytes)?;
        let bounds = first.bounds();
        assert!(bounds.len() >= bytes + RESERVE_BYTES);
        let deep: *mut u64 = ptr::with_exposed_provenance_mut(bounds.start);
        // SAFETY: the lowest accessible word of the stack.
        unsafe { deep.write(7) };
        let second = Stack::new(bytes)?;
        assert_ne!(second.bounds(), bounds);
        drop(first);
        let third = Stack::new(bytes)?;
        assert_eq!(third.bounds(), bounds);
        // SAFETY: as above; the system took the page back.
        assert_eq!(unsafe { deep.read() }, 0);
        assert!(Stack::new(usize::MAX - 10).is_err() && Stack::new(1 << 60).is_err());
        Ok(())
    }
}
