//! Linux: mappings by `mmap`.

use rustix::mm::{MapFlags, MprotectFlags, MremapFlags, ProtFlags, mmap_anonymous, mprotect, mremap, munmap};
use std::cell::Cell;
use std::io;
use std::ops::Range;
use std::ptr::{self, NonNull};

/// Size of the host's pages in bytes.
pub(in crate::runtime) fn host_page_size() -> usize {
    rustix::param::page_size()
}

/// A range of address space of our own.
pub(in crate::runtime) struct Mapping {
    base: NonNull<u8>,
    bytes: usize,
}

// SAFETY: a mapping belongs to the process, not to a thread, and `Mapping` is its only owner.
unsafe impl Send for Mapping {}

impl Mapping {
    /// Whether reserved bytes that are not committed fault when they are accessed.
    pub(in crate::runtime) const GUARDS: bool = true;

    /// Reserves address space; an access to it faults until it is committed.
    pub(in crate::runtime) fn reserve(bytes: usize) -> io::Result<Mapping> {
        Mapping::map(bytes, ProtFlags::empty(), MapFlags::PRIVATE | MapFlags::NORESERVE)
    }

    /// Allocates zeroed bytes.
    pub(in crate::runtime) fn allocate(bytes: usize) -> io::Result<Mapping> {
        Mapping::map(bytes, ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE)
    }

    fn map(bytes: usize, protection: ProtFlags, flags: MapFlags) -> io::Result<Mapping> {
        // SAFETY: a new mapping at an address that the kernel chooses changes nothing that exists.
        let base = unsafe { mmap_anonymous(ptr::null_mut(), bytes, protection, flags) }?;
        let base = NonNull::new(base.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Mapping { base, bytes })
    }

    /// Makes a range of whole host pages of a reservation readable and writable. They are zero.
    pub(in crate::runtime) fn commit(&mut self, range: Range<usize>) -> io::Result<()> {
        if range.start > range.end || range.end > self.bytes {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        if range.is_empty() {
            return Ok(());
        }
        // SAFETY: the range lies in this mapping, and making more of it accessible takes nothing away.
        unsafe {
            let start = self.base.as_ptr().add(range.start).cast();
            mprotect(start, range.len(), MprotectFlags::READ | MprotectFlags::WRITE)?;
        }
        Ok(())
    }

    /// Grows an allocation, which may move; the new bytes are zero.
    pub(in crate::runtime) fn resize(&mut self, bytes: usize) -> io::Result<()> {
        // SAFETY: the old range is this whole mapping, and `&mut self` says that nothing borrows from it.
        let base = unsafe { mremap(self.base.as_ptr().cast(), self.bytes, bytes, MremapFlags::MAYMOVE) }?;
        self.base = NonNull::new(base.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        self.bytes = bytes;
        Ok(())
    }

    /// First byte.
    pub(in crate::runtime) fn base(&self) -> NonNull<u8> {
        self.base
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the range is this whole mapping, and its owner is going away. It cannot fail for such a range.
        let _ = unsafe { munmap(self.base.as_ptr().cast(), self.bytes) };
    }
}

/// The lowest and the highest address of the current thread's stack; `None` if it cannot be known.
pub(in crate::runtime) fn stack_bounds() -> Option<Range<usize>> {
    thread_local! {
        static BOUNDS: Cell<Option<(usize, usize)>> = const { Cell::new(None) };
    }
    if let Some((low, high)) = BOUNDS.get() {
        return Some(low..high);
    }
    let bounds = ask_stack_bounds()?;
    BOUNDS.set(Some((bounds.start, bounds.end)));
    Some(bounds)
}

fn ask_stack_bounds() -> Option<Range<usize>> {
    let mut attributes = std::mem::MaybeUninit::<libc::pthread_attr_t>::uninit();
    // SAFETY: `pthread_getattr_np` initialises the attributes of the calling thread; they are read only if it
    // succeeded, and destroyed once.
    unsafe {
        if libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) != 0 {
            return None;
        }
        let mut low = ptr::null_mut();
        let mut bytes = 0;
        let failed = libc::pthread_attr_getstack(attributes.as_ptr(), &mut low, &mut bytes);
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        let low = low.addr();
        (failed == 0).then(|| low..low.saturating_add(bytes))
    }
}
