//! Memory that code lies in: written once, then executed.

use rustix::mm::{Advice, MapFlags, MprotectFlags, ProtFlags, madvise, mmap_anonymous, mprotect, munmap};
use std::io;
use std::ptr::{self, NonNull};

/// Size and alignment of the host's large pages. Code of that order is aligned to them, so that few entries of the
/// translation buffer cover it.
const HUGE_PAGE: usize = 2 << 20;

/// Executable bytes.
pub(super) struct CodeMemory {
    base: NonNull<u8>,
    bytes: usize,
}

// SAFETY: a mapping belongs to the process, not to a thread, and nobody writes to it once it is made.
unsafe impl Send for CodeMemory {}
// SAFETY: as above.
unsafe impl Sync for CodeMemory {}

impl CodeMemory {
    /// Executable memory with these pieces side by side. It is never writable and executable at once.
    pub(super) fn new(pieces: &[impl AsRef<[u8]>]) -> io::Result<CodeMemory> {
        let len = pieces.iter().map(|piece| piece.as_ref().len()).sum::<usize>();
        let page = rustix::param::page_size();
        let bytes = len.max(1).checked_next_multiple_of(page).ok_or(io::ErrorKind::OutOfMemory)?;
        let memory = CodeMemory::map(bytes)?;
        let mut at = 0;
        for piece in pieces {
            let piece = piece.as_ref();
            // SAFETY: the mapping is as long as all pieces together, writable, and nobody else's yet.
            unsafe { memory.base.add(at).copy_from_nonoverlapping(NonNull::from(piece).cast(), piece.len()) };
            at += piece.len();
        }
        // SAFETY: the range is this mapping, which nobody else refers to yet.
        unsafe { mprotect(memory.base.as_ptr().cast(), bytes, MprotectFlags::READ | MprotectFlags::EXEC) }?;
        Ok(memory)
    }

    /// Writable memory of whole pages, in large ones where that pays.
    fn map(bytes: usize) -> io::Result<CodeMemory> {
        let align = if bytes >= HUGE_PAGE / 2 { HUGE_PAGE } else { 1 };
        let reserved = bytes.checked_add(align - 1).ok_or(io::ErrorKind::OutOfMemory)?;
        let reserved = reserved.next_multiple_of(rustix::param::page_size());
        // SAFETY: a new mapping at an address that the kernel chooses changes nothing that exists.
        let start = unsafe {
            mmap_anonymous(ptr::null_mut(), reserved, ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE)
        }?;
        let skipped = start.addr().next_multiple_of(align) - start.addr();
        // SAFETY: the parts before and behind the aligned range are in the new mapping, and nobody uses them.
        let base = unsafe {
            let base = start.byte_add(skipped);
            if skipped > 0 {
                munmap(start, skipped)?;
            }
            if reserved - skipped > bytes {
                munmap(base.byte_add(bytes), reserved - skipped - bytes)?;
            }
            if align > 1 {
                // Advice: where the kernel does not follow it, small pages do.
                let _ = madvise(base, bytes, Advice::LinuxHugepage);
            }
            base
        };
        let base = NonNull::new(base.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(CodeMemory { base, bytes })
    }

    /// Address of the first byte.
    pub(super) fn start(&self) -> *const u8 {
        self.base.as_ptr()
    }

    /// Size in bytes, in whole pages.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for CodeMemory {
    fn drop(&mut self) {
        // SAFETY: the range is this mapping, and its owner is going away. It cannot fail for such a range.
        let _ = unsafe { munmap(self.base.as_ptr().cast(), self.bytes) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_lie_side_by_side() -> io::Result<()> {
        for len in [0, 1, 5000, HUGE_PAGE / 2, HUGE_PAGE + 4097] {
            let piece: Vec<u8> = (0..len).map(|i| i as u8).collect();
            let memory = CodeMemory::new(&[&piece[..], &[], &piece[..]])?;
            assert!(memory.bytes() >= 2 * len && memory.bytes() < 2 * len + 8192);
            // SAFETY: readable bytes of the mapping.
            let bytes = unsafe { std::slice::from_raw_parts(memory.start(), 2 * len) };
            assert!(bytes == [&piece[..], &piece[..]].concat());
            let large = memory.bytes() >= HUGE_PAGE / 2;
            assert!(!large || memory.start().addr().is_multiple_of(HUGE_PAGE));
        }
        Ok(())
    }
}
