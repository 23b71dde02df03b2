//! Hosts without a twin of their own: zeroed memory from the allocator, no guards.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::io;
use std::ops::Range;
use std::ptr::NonNull;

const PAGE: usize = 1 << 16;

/// Size of the host's pages in bytes; here, the alignment of allocations.
pub(in crate::runtime) fn host_page_size() -> usize {
    PAGE
}

/// Zeroed memory of our own.
pub(in crate::runtime) struct Mapping {
    base: NonNull<u8>,
    layout: Layout,
}

// SAFETY: an allocation belongs to no thread, and `Mapping` is its only owner.
unsafe impl Send for Mapping {}

impl Mapping {
    /// Whether reserved bytes that are not committed fault when they are accessed.
    pub(in crate::runtime) const GUARDS: bool = false;

    /// Allocates zeroed bytes; all of them are accessible at once.
    pub(in crate::runtime) fn reserve(bytes: usize) -> io::Result<Mapping> {
        Mapping::allocate(bytes)
    }

    /// Allocates zeroed bytes.
    pub(in crate::runtime) fn allocate(bytes: usize) -> io::Result<Mapping> {
        let layout = Layout::from_size_align(bytes, PAGE).map_err(|_| io::ErrorKind::OutOfMemory)?;
        if bytes == 0 {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        // SAFETY: the layout's size is not 0.
        let base = NonNull::new(unsafe { alloc_zeroed(layout) }).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Mapping { base, layout })
    }

    /// Makes a range of a reservation readable and writable, which it is already.
    pub(in crate::runtime) fn commit(&mut self, range: Range<usize>) -> io::Result<()> {
        if range.start > range.end || range.end > self.layout.size() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        Ok(())
    }

    /// There is nothing that can be inaccessible here.
    pub(in crate::runtime) fn withdraw(&mut self, _: Range<usize>) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// There is no pool of reservations here.
    pub(in crate::runtime) fn reset(&mut self, _: Range<usize>) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// There is no pool of reservations here.
    pub(in crate::runtime) fn renew(&mut self, _: Range<usize>) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// There are no images here.
    pub(in crate::runtime) fn map_image(&mut self, _: usize, image: &ImageFile) -> io::Result<()> {
        match image.0 {}
    }

    /// Grows an allocation, which moves; the new bytes are zero.
    pub(in crate::runtime) fn resize(&mut self, bytes: usize) -> io::Result<()> {
        let new = Mapping::allocate(bytes)?;
        // SAFETY: two allocations, both at least as long as what is copied.
        unsafe {
            new.base.as_ptr().copy_from_nonoverlapping(self.base.as_ptr(), self.layout.size().min(bytes));
        }
        *self = new;
        Ok(())
    }

    /// First byte.
    pub(in crate::runtime) fn base(&self) -> NonNull<u8> {
        self.base
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: allocated with this layout, and freed once, here.
        unsafe { dealloc(self.base.as_ptr(), self.layout) };
    }
}

/// Bytes that can be mapped any number of times: there are none on such hosts.
pub(in crate::runtime) struct ImageFile(std::convert::Infallible);

impl ImageFile {
    /// Contents of memories are copied here.
    pub(in crate::runtime) fn new(_: &[u8]) -> io::Result<ImageFile> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Size in bytes.
    pub(in crate::runtime) fn bytes(&self) -> usize {
        match self.0 {}
    }
}

/// The lowest and the highest address of the current thread's stack: not known here.
pub(in crate::runtime) fn stack_bounds() -> Option<Range<usize>> {
    None
}
