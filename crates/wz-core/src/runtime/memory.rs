//! Linear memories.
//!
//! ```text
//! guarded:  | 2 GiB guard | accessible, len bytes | reserved, up to 4 GiB | 2 GiB guard |     never moves
//! checked:  | accessible, len bytes |                                                         may move when it grows
//! reserved: | accessible, len bytes | reserved, up to the maximum |                           never moves
//! ```

use super::image::Image;
use super::reservation::Reservation;
use super::sys::{Mapping, host_page_size};
use super::vm::VmMemory;
use crate::error::Error;
use crate::trap::TrapCode;
use crate::types::MemoryType;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// How a memory's bounds are enforced.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[non_exhaustive]
pub enum MemoryKind {
    /// Guarded where the memory's type and the host allow it, else checked.
    #[default]
    Auto,
    /// Every 32-bit address, with any 31-bit offset, is in address space of the memory's own: an access beyond the
    /// memory's end faults. Where this is asked for, a host that refuses the address space is an error; memories whose
    /// type does not allow it (shared, 64-bit, other pages than 64 KiB) are checked nevertheless.
    Guarded,
    /// Accesses are compared with the memory's length.
    Checked,
}

/// Limits and choices for the memories of one store.
#[derive(Clone, Copy, Debug)]
pub(super) struct MemoryOptions {
    pub(super) kind: MemoryKind,
    /// Most bytes that one memory may have.
    pub(super) max_bytes: u64,
    /// Whether a memory whose type has a maximum takes address space for all of it, so that it never moves.
    pub(super) capacity_from_max: bool,
}

const PAGE_LOG2: u8 = 16;

enum Backing {
    Guarded(Reservation),
    /// `None` while the memory is empty.
    Checked(Option<Mapping>),
    Reserved(Mapping),
}

/// A linear memory.
#[repr(C)]
pub struct Memory {
    /// The definition that compiled code reads; it comes first, so that its address is the memory's.
    vm: VmMemory,
    backing: Backing,
    ty: MemoryType,
    /// Pages beyond which it does not grow: the type's, its index type's and the store's maximum.
    max_pages: u64,
}

// SAFETY: `vm.base` points into `backing`, which the memory owns; nothing in it belongs to a thread.
unsafe impl Send for Memory {}

impl Memory {
    /// A memory of its type's minimum size. It is zero, or what `image` says where images can be mapped: see
    /// [`Memory::has_image`].
    pub(super) fn new(
        ty: MemoryType,
        options: MemoryOptions,
        image: Option<&Image>,
    ) -> Result<Memory, Error> {
        if ty.page_size_log2 > PAGE_LOG2 {
            return Err(Error::usage(format!("memory pages of 2^{} bytes", ty.page_size_log2)));
        }
        if ty.limits.max.is_some_and(|max| max < ty.limits.min) {
            return Err(Error::usage("size minimum must not be greater than maximum"));
        }
        let max_pages = ty.max_pages().min(options.max_bytes >> ty.page_size_log2);
        if ty.limits.min > max_pages {
            return Err(Error::limit(format!(
                "a memory of {} pages of {} bytes: the limit is {max_pages} pages",
                ty.limits.min,
                ty.page_size()
            )));
        }
        // Not more than `options.max_bytes`, so the shift does not overflow.
        let bytes = ty.limits.min << ty.page_size_log2;
        let refused = |error| Error::limit(format!("a memory of {bytes} bytes: {error}"));

        let guardable = Mapping::GUARDS && ty.can_be_guarded() && host_page_size() <= 1 << PAGE_LOG2;
        let reserve_max = || {
            let bytes = (max_pages << ty.page_size_log2).max(1);
            let bytes = usize::try_from(bytes).ok().and_then(host_pages).unwrap_or(usize::MAX);
            let mapping = Mapping::reserve(bytes).map_err(refused)?;
            Ok::<_, Error>(Memory::empty(ty, max_pages, mapping.base(), Backing::Reserved(mapping)))
        };
        let mut memory = if ty.shared {
            reserve_max()?
        } else {
            let mut guarded = None;
            if guardable && options.kind != MemoryKind::Checked {
                let accessible = usize::try_from(bytes).ok().and_then(host_pages).unwrap_or(usize::MAX);
                match Reservation::new(accessible, image) {
                    Ok(reservation) => guarded = Some(reservation),
                    Err(error) if options.kind == MemoryKind::Guarded => return Err(refused(error)),
                    Err(error) => tracing::debug!(%error, "address space is refused: checked memory"),
                }
            }
            match guarded {
                Some(reservation) => {
                    Memory::empty(ty, max_pages, reservation.base(), Backing::Guarded(reservation))
                }
                None if options.capacity_from_max && ty.limits.max.is_some() => reserve_max()?,
                None => Memory::empty(ty, max_pages, NonNull::dangling(), Backing::Checked(None)),
            }
        };
        memory.resize(bytes).map_err(refused)?;
        Ok(memory)
    }

    /// Whether accesses beyond its end fault, with no check.
    pub(super) fn is_guarded(&self) -> bool {
        matches!(self.backing, Backing::Guarded(_))
    }

    /// Whether it began as an image.
    pub(super) fn has_image(&self) -> bool {
        matches!(&self.backing, Backing::Guarded(reservation) if reservation.has_image())
    }

    fn empty(ty: MemoryType, max_pages: u64, base: NonNull<u8>, backing: Backing) -> Memory {
        Memory { vm: VmMemory { base: base.as_ptr(), len: AtomicU64::new(0) }, backing, ty, max_pages }
    }

    /// Sets the size to `bytes`, which is not less than now and at most `max_pages` pages.
    fn resize(&mut self, bytes: u64) -> std::io::Result<()> {
        let out_of_memory = std::io::ErrorKind::OutOfMemory;
        let end = usize::try_from(bytes).ok().and_then(host_pages).ok_or(out_of_memory)?;
        let start = host_pages(self.len() as usize).ok_or(out_of_memory)?;
        match &mut self.backing {
            Backing::Guarded(reservation) => reservation.commit(end)?,
            Backing::Reserved(mapping) => mapping.commit(start..end)?,
            Backing::Checked(_) if end == 0 => {}
            Backing::Checked(slot) => {
                match slot {
                    Some(mapping) if end > start => mapping.resize(end)?,
                    Some(_) => {}
                    None => *slot = Some(Mapping::allocate(end)?),
                }
                if let Some(mapping) = slot {
                    self.vm.base = mapping.base().as_ptr();
                }
            }
        }
        // Release: another thread that reads a shared memory's new length finds the new bytes accessible.
        self.vm.len.store(bytes, Ordering::Release);
        Ok(())
    }

    /// Size in bytes.
    pub fn len(&self) -> u64 {
        self.vm.len.load(Ordering::Acquire)
    }

    /// Whether the memory has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Size in pages of its type's page size.
    pub fn size_pages(&self) -> u64 {
        self.len() >> self.ty.page_size_log2
    }

    /// The type, with the current size as the minimum.
    pub fn ty(&self) -> MemoryType {
        let mut ty = self.ty;
        ty.limits.min = self.size_pages();
        ty
    }

    /// How the memory's bounds are enforced: [`MemoryKind::Guarded`] or [`MemoryKind::Checked`].
    pub fn kind(&self) -> MemoryKind {
        match self.backing {
            Backing::Guarded(_) => MemoryKind::Guarded,
            Backing::Checked(_) | Backing::Reserved(_) => MemoryKind::Checked,
        }
    }

    /// Grows by `delta` pages and returns the size before, in pages; `None`, with nothing changed, if that is beyond
    /// a limit or the host refuses it.
    pub fn grow(&mut self, delta: u64) -> Option<u64> {
        let old = self.size_pages();
        let new = old.checked_add(delta).filter(|new| *new <= self.max_pages)?;
        if delta > 0 {
            self.resize(new << self.ty.page_size_log2).ok()?;
        }
        Some(old)
    }

    /// The contents; `None` if the memory is shared.
    pub fn data(&self) -> Option<&[u8]> {
        if self.ty.shared {
            return None;
        }
        // SAFETY: `base` is the start of `len` accessible bytes, initialised as they were zeroed. Only this store's
        // guests write them, and none runs while the store is borrowed.
        Some(unsafe { std::slice::from_raw_parts(self.vm.base, self.len() as usize) })
    }

    /// The contents; `None` if the memory is shared.
    pub fn data_mut(&mut self) -> Option<&mut [u8]> {
        if self.ty.shared {
            return None;
        }
        // SAFETY: as in `data`; the memory is borrowed exclusively.
        Some(unsafe { std::slice::from_raw_parts_mut(self.vm.base, self.len() as usize) })
    }

    /// Copies bytes from `offset` on.
    ///
    /// # Errors
    ///
    /// [`TrapCode::MemoryOutOfBounds`], with `buf` untouched, if the range is not all in the memory.
    pub fn read(&self, offset: u64, buf: &mut [u8]) -> Result<(), TrapCode> {
        let source = self.range(offset, buf.len() as u64)?;
        if self.ty.shared {
            for (i, byte) in buf.iter_mut().enumerate() {
                // SAFETY: in range; concurrent accesses of shared memory are atomic too.
                *byte = unsafe { AtomicU8::from_ptr(source.add(i)) }.load(Ordering::Relaxed);
            }
        } else {
            // SAFETY: in range; `buf` is Rust's and cannot overlap guest memory that is not borrowed from here.
            unsafe { source.copy_to_nonoverlapping(buf.as_mut_ptr(), buf.len()) };
        }
        Ok(())
    }

    /// Copies bytes to `offset` on.
    ///
    /// # Errors
    ///
    /// [`TrapCode::MemoryOutOfBounds`], with nothing written, if the range is not all in the memory.
    pub fn write(&mut self, offset: u64, data: &[u8]) -> Result<(), TrapCode> {
        let target = self.range(offset, data.len() as u64)?;
        // SAFETY: in range; nothing borrows the contents while the memory is borrowed exclusively.
        unsafe { self.write_raw(target, data) };
        Ok(())
    }

    /// The address of `len` bytes at `offset`.
    pub(super) fn range(&self, offset: u64, len: u64) -> Result<*mut u8, TrapCode> {
        match offset.checked_add(len) {
            // SAFETY: `offset` is at most the memory's length.
            Some(end) if end <= self.len() => Ok(unsafe { self.vm.base.add(offset as usize) }),
            _ => Err(TrapCode::MemoryOutOfBounds),
        }
    }

    /// Writes `data` to `target`, atomically byte by byte where the memory is shared.
    ///
    /// # Safety
    ///
    /// `target` comes from [`Memory::range`] for at least as many bytes, and no reference into the contents exists.
    pub(super) unsafe fn write_raw(&self, target: *mut u8, data: &[u8]) {
        if self.ty.shared {
            for (i, byte) in data.iter().enumerate() {
                // SAFETY: in range as the caller says; concurrent accesses of shared memory are atomic too.
                unsafe { AtomicU8::from_ptr(target.add(i)) }.store(*byte, Ordering::Relaxed);
            }
        } else {
            // SAFETY: in range as the caller says, and nobody else accesses an unshared memory now.
            unsafe { target.copy_from_nonoverlapping(data.as_ptr(), data.len()) };
        }
    }

    /// Sets `len` bytes.
    ///
    /// # Safety
    ///
    /// As for [`Memory::write_raw`].
    pub(super) unsafe fn fill_raw(&self, target: *mut u8, value: u8, len: usize) {
        if self.ty.shared {
            for i in 0..len {
                // SAFETY: as in `write_raw`.
                unsafe { AtomicU8::from_ptr(target.add(i)) }.store(value, Ordering::Relaxed);
            }
        } else {
            // SAFETY: as in `write_raw`.
            unsafe { target.write_bytes(value, len) };
        }
    }

    /// Copies `len` bytes that may overlap.
    ///
    /// # Safety
    ///
    /// As for [`Memory::write_raw`]; `source` comes from [`Memory::range`] of `from`, which may be this memory.
    pub(super) unsafe fn copy_raw(&self, target: *mut u8, from: &Memory, source: *const u8, len: usize) {
        if !self.ty.shared && !from.ty.shared {
            // SAFETY: both in range as the caller says, and nobody else accesses unshared memories now.
            unsafe { target.copy_from(source, len) };
            return;
        }
        let copy = |i: usize| {
            // SAFETY: in range as the caller says. An atomic access of an unshared memory is an access like others.
            unsafe {
                let byte = AtomicU8::from_ptr(source.cast_mut().add(i)).load(Ordering::Relaxed);
                AtomicU8::from_ptr(target.add(i)).store(byte, Ordering::Relaxed);
            }
        };
        if target.cast_const() <= source { (0..len).for_each(copy) } else { (0..len).rev().for_each(copy) }
    }
}

/// `bytes` rounded up to whole host pages.
fn host_pages(bytes: usize) -> Option<usize> {
    bytes.checked_next_multiple_of(host_page_size())
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Memory({}, {:?})", self.ty(), self.kind())
    }
}
