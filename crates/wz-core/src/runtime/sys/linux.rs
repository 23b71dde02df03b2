//! Linux: mappings by `mmap`.

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create};
use rustix::mm::{Advice, MapFlags, MprotectFlags, MremapFlags, ProtFlags};
use rustix::mm::{madvise, mmap, mmap_anonymous, mprotect, mremap, munmap};
use std::cell::Cell;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
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
        self.protect(range, MprotectFlags::READ | MprotectFlags::WRITE)
    }

    /// Makes a range of whole host pages of a reservation inaccessible again. Their contents stay.
    pub(in crate::runtime) fn withdraw(&mut self, range: Range<usize>) -> io::Result<()> {
        self.protect(range, MprotectFlags::empty())
    }

    fn protect(&mut self, range: Range<usize>, flags: MprotectFlags) -> io::Result<()> {
        let Some(start) = self.part(&range)? else { return Ok(()) };
        // SAFETY: a part of this mapping, from which nothing borrows, as `&mut self` says.
        unsafe { mprotect(start.cast(), range.len(), flags) }?;
        Ok(())
    }

    /// Has a range of whole host pages be what it was before anybody wrote to it: an image's pages are the image's, others
    /// are zero.
    pub(in crate::runtime) fn reset(&mut self, range: Range<usize>) -> io::Result<()> {
        let Some(start) = self.part(&range)? else { return Ok(()) };
        // SAFETY: as in `protect`.
        unsafe { madvise(start.cast(), range.len(), Advice::LinuxDontNeed) }?;
        Ok(())
    }

    /// Makes a range of whole host pages a reservation as it is when it is new, without images and contents. If that fails
    /// the mapping must not be used any more, nor dropped: parts of its address space may be somebody else's.
    pub(in crate::runtime) fn renew(&mut self, range: Range<usize>) -> io::Result<()> {
        let Some(start) = self.part(&range)? else { return Ok(()) };
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE | MapFlags::FIXED;
        // SAFETY: as in `protect`.
        unsafe { mmap_anonymous(start.cast(), range.len(), ProtFlags::empty(), flags) }?;
        Ok(())
    }

    /// Maps a file's bytes over the whole host pages from `offset` on, readable and writable: what is written stays in this
    /// mapping. If that fails, the same holds as for [`Mapping::renew`].
    pub(in crate::runtime) fn map_image(&mut self, offset: usize, image: &ImageFile) -> io::Result<()> {
        let Some(start) = self.part(&(offset..offset.saturating_add(image.bytes)))? else { return Ok(()) };
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE | MapFlags::FIXED;
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: as in `protect`. The file is as long as the mapping, and sealed.
        unsafe { mmap(start.cast(), image.bytes, protection, flags, &image.file, 0) }?;
        Ok(())
    }

    /// Where a range of this mapping starts; `None` if it is empty.
    fn part(&self, range: &Range<usize>) -> io::Result<Option<*mut u8>> {
        if range.start > range.end || range.end > self.bytes {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        // SAFETY: the start is in the mapping, or one behind it.
        Ok((!range.is_empty()).then(|| unsafe { self.base.as_ptr().add(range.start) }))
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

/// Bytes that can be mapped any number of times, and that nobody can change.
pub(in crate::runtime) struct ImageFile {
    file: File,
    bytes: usize,
}

impl ImageFile {
    /// A copy of `bytes`, which are whole host pages.
    pub(in crate::runtime) fn new(bytes: &[u8]) -> io::Result<ImageFile> {
        const PIECE: usize = 1 << 16;
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        // Older kernels do not know that nobody wants to execute it.
        let fd = memfd_create(c"wz-image", flags | MemfdFlags::NOEXEC_SEAL)
            .or_else(|_| memfd_create(c"wz-image", flags))?;
        ftruncate(&fd, bytes.len() as u64)?;
        let file = File::from(fd);
        for (index, piece) in bytes.chunks(PIECE).enumerate() {
            // A file is zero where nothing is written, and takes no memory there.
            if piece.iter().any(|byte| *byte != 0) {
                file.write_all_at(piece, (index * PIECE) as u64)?;
            }
        }
        fcntl_add_seals(&file, SealFlags::WRITE | SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
        let image = ImageFile { file, bytes: bytes.len() };
        // Here a failure does no harm.
        Mapping::reserve(bytes.len())?.map_image(0, &image)?;
        Ok(image)
    }

    /// Size in bytes.
    pub(in crate::runtime) fn bytes(&self) -> usize {
        self.bytes
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
