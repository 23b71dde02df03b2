//! Memory that code lies in: written once, then executed.

use rustix::mm::{Advice, MapFlags, MprotectFlags, ProtFlags, madvise, mmap_anonymous, mprotect, munmap};
use std::any::Any;
use std::ptr::{self, NonNull};
use std::{io, mem, slice};
use wz_core::Error;
use wz_core::native::CodeStore;

/// Size and alignment of the host's large pages. Code of that order is aligned to them, so that few entries of the
/// translation buffer cover it.
const HUGE_PAGE: usize = 2 << 20;

/// The most address space that is reserved before there is code for it.
const MOST_EXPECTED: usize = 256 << 20;

/// Whole pages.
#[derive(Debug)]
struct Mapping {
    base: NonNull<u8>,
    bytes: usize,
}

// SAFETY: a mapping belongs to the process, not to a thread, and who writes to it has it to itself.
unsafe impl Send for Mapping {}
// SAFETY: as above; a shared one is only read.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Writable memory, in large pages where that pays. Only what is touched takes memory.
    fn writable(bytes: usize) -> io::Result<Mapping> {
        let align = if bytes >= HUGE_PAGE / 2 { HUGE_PAGE } else { rustix::param::page_size() };
        let bytes = bytes.max(1).checked_next_multiple_of(align).ok_or(io::ErrorKind::OutOfMemory)?;
        let reserved = bytes.checked_add(align - 1).ok_or(io::ErrorKind::OutOfMemory)?;
        let reserved = reserved.next_multiple_of(rustix::param::page_size());
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        // SAFETY: a new mapping at an address that the kernel chooses changes nothing that exists.
        let start =
            unsafe { mmap_anonymous(ptr::null_mut(), reserved, ProtFlags::READ | ProtFlags::WRITE, flags) }?;
        let mut mapping =
            Mapping { base: NonNull::new(start.cast()).ok_or(io::ErrorKind::OutOfMemory)?, bytes: reserved };
        mapping.cut(start.addr().next_multiple_of(align) - start.addr(), bytes)?;
        if align == HUGE_PAGE {
            // SAFETY: the range is this mapping. It is advice: where the kernel does not follow it, small pages do.
            let _ = unsafe { madvise(mapping.base.as_ptr().cast(), bytes, Advice::LinuxHugepage) };
        }
        Ok(mapping)
    }

    /// Keeps `bytes` bytes from `skipped` on, both of whole pages, and gives the others back.
    fn cut(&mut self, skipped: usize, bytes: usize) -> io::Result<()> {
        let behind = self.bytes - skipped - bytes;
        // SAFETY: the parts before and behind the range are in the mapping, and its owner has nothing in them.
        unsafe {
            let base = self.base.add(skipped);
            if skipped > 0 {
                munmap(self.base.as_ptr().cast(), skipped)?;
            }
            (self.base, self.bytes) = (base, bytes + behind);
            if behind > 0 {
                munmap(base.add(bytes).as_ptr().cast(), behind)?;
            }
            self.bytes = bytes;
        }
        Ok(())
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the range is this mapping, and its owner is going away. It cannot fail for such a range.
        let _ = unsafe { munmap(self.base.as_ptr().cast(), self.bytes) };
    }
}

/// Memory that code is written to, to become executable.
#[derive(Debug, Default)]
pub(super) struct CodeBuffer {
    /// Bytes that are expected to come.
    expected: usize,
    mapping: Option<Mapping>,
    len: usize,
}

impl CodeBuffer {
    /// An empty one for about so many bytes. It takes nothing before there are any.
    pub(super) fn new(expected: usize) -> CodeBuffer {
        CodeBuffer { expected: expected.min(MOST_EXPECTED), mapping: None, len: 0 }
    }

    fn room(&self) -> usize {
        self.mapping.as_ref().map_or(0, |mapping| mapping.bytes)
    }

    /// Goes to where there is room for `more` further bytes.
    fn grow(&mut self, more: usize) -> io::Result<()> {
        let least = self.len.checked_add(more).ok_or(io::ErrorKind::OutOfMemory)?;
        let doubled = least.max(self.room().saturating_mul(2));
        let mapping = Mapping::writable(doubled.max(self.expected))
            .or_else(|_| Mapping::writable(doubled))
            .or_else(|_| Mapping::writable(least))?;
        // SAFETY: both mappings have that many bytes, and the new one is nobody else's yet.
        unsafe { mapping.base.copy_from_nonoverlapping(NonNull::from(self.bytes()).cast(), self.len) };
        self.mapping = Some(mapping);
        Ok(())
    }

    fn write(&mut self, code: &[u8]) -> io::Result<()> {
        if code.len() > self.room() - self.len {
            self.grow(code.len())?;
        }
        if let Some(mapping) = &self.mapping {
            // SAFETY: there is room, which nobody else refers to.
            unsafe {
                mapping.base.add(self.len).copy_from_nonoverlapping(NonNull::from(code).cast(), code.len())
            };
            self.len += code.len();
        }
        Ok(())
    }

    /// Makes the code executable, and no longer writable.
    pub(super) fn make_executable(mut self) -> io::Result<CodeMemory> {
        if self.mapping.is_none() {
            self.grow(0)?;
        }
        let mut mapping = self.mapping.ok_or(io::ErrorKind::OutOfMemory)?;
        mapping.cut(0, self.len.max(1).next_multiple_of(rustix::param::page_size()))?;
        let flags = MprotectFlags::READ | MprotectFlags::EXEC;
        // SAFETY: the range is this mapping, which nobody else refers to yet.
        unsafe { mprotect(mapping.base.as_ptr().cast(), mapping.bytes, flags) }?;
        Ok(CodeMemory(mapping))
    }
}

impl CodeStore for CodeBuffer {
    fn append(&mut self, code: &[u8]) -> Result<(), Error> {
        self.write(code).map_err(|error| Error::limit(format!("memory for code: {error}")))
    }

    fn bytes(&self) -> &[u8] {
        // SAFETY: that many bytes of the mapping are written, and whoever has the slice has borrowed the buffer.
        self.mapping
            .as_ref()
            .map_or(&[], |mapping| unsafe { slice::from_raw_parts(mapping.base.as_ptr(), self.len) })
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        match &self.mapping {
            // SAFETY: as above, for the only user.
            Some(mapping) => unsafe { slice::from_raw_parts_mut(mapping.base.as_ptr(), self.len) },
            None => &mut [],
        }
    }
}

/// Executable bytes. They are never writable and executable at once.
#[derive(Debug)]
pub(super) struct CodeMemory(Mapping);

impl CodeMemory {
    /// Executable memory with the code of a store, which is used as it is if it can be.
    pub(super) fn new(mut code: Box<dyn CodeStore>) -> io::Result<CodeMemory> {
        if let Some(buffer) = (&mut *code as &mut dyn Any).downcast_mut::<CodeBuffer>() {
            return mem::take(buffer).make_executable();
        }
        let mut copy = CodeBuffer::default();
        copy.write(code.bytes())?;
        copy.make_executable()
    }

    /// Address of the first byte.
    pub(super) fn start(&self) -> *const u8 {
        self.0.base.as_ptr()
    }

    /// Size in bytes, in whole pages.
    pub(super) fn bytes(&self) -> usize {
        self.0.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_executable_as_it_was_written() -> Result<(), Box<dyn std::error::Error>> {
        for (expected, len) in [
            (0, 0),
            (0, 1),
            (9000, 5000),
            (1, HUGE_PAGE / 4),
            (usize::MAX, HUGE_PAGE / 2),
            (HUGE_PAGE, HUGE_PAGE + 4097),
        ] {
            let piece: Vec<u8> = (0..len).map(|i| i as u8).collect();
            let mut buffer = CodeBuffer::new(expected);
            for piece in [&piece[..], &[], &piece[..]] {
                buffer.append(piece)?;
            }
            if let Some(byte) = buffer.bytes_mut().last_mut() {
                *byte = 77;
            }
            let mut expected = [&piece[..], &piece[..]].concat();
            if let Some(byte) = expected.last_mut() {
                *byte = 77;
            }
            assert!(buffer.bytes() == expected);
            let copied = CodeMemory::new(Box::new(expected.clone()))?;
            for memory in [CodeMemory::new(Box::new(buffer))?, copied] {
                assert!(memory.bytes() >= 2 * len && memory.bytes() < 2 * len + 8192);
                // SAFETY: readable bytes of the mapping.
                let bytes = unsafe { slice::from_raw_parts(memory.start(), 2 * len) };
                assert!(bytes == expected);
                let large = memory.bytes() >= HUGE_PAGE / 2;
                assert!(!large || memory.start().addr().is_multiple_of(HUGE_PAGE));
            }
        }
        Ok(())
    }
}
