//! The address space of guarded memories, and the process's pool of it.
//!
//! ```text
//! | 2 GiB guard | accessible | reserved, up to 4 GiB | 2 GiB guard |
//!               ^ base
//! ```
//!
//! A reservation that goes back to the pool is reset first: the system takes its pages, so that what a guest wrote is gone,
//! and what an image gave it is there again. The next memory with the same image, or with none if there was none, then
//! finds it ready.

use super::image::{Image, ImageId};
use super::sys::Mapping;
use std::io;
use std::ptr::NonNull;
use std::sync::{Mutex, PoisonError};

/// Bytes that a 32-bit memory may come to have.
const GUARDED_BYTES: u64 = 1 << 32;
/// Inaccessible bytes on either side of a guarded memory: the reach of a signed 32-bit displacement.
const GUARD_BYTES: u64 = 1 << 31;

/// Most reservations that the pool keeps.
const MAX_POOLED: usize = 64;
/// Accessible bytes that a pooled reservation may have: systems that do not overcommit count them.
const MAX_POOLED_ACCESSIBLE: usize = 64 << 20;

static POOL: Mutex<Vec<Parts>> = Mutex::new(Vec::new());

/// The address space of one guarded memory. When it goes, the pool gets it.
pub(super) struct Reservation {
    /// `None` only while it is dropped, or where its address space is given up.
    parts: Option<Parts>,
}

struct Parts {
    mapping: Mapping,
    /// Bytes from the base on that are accessible.
    accessible: usize,
    /// The image that is mapped.
    image: Option<ImageId>,
}

impl Reservation {
    /// Address space with `accessible` bytes, in whole host pages, that are zero but for the image's, which lies in them.
    pub(super) fn new(accessible: usize, image: Option<&Image>) -> io::Result<Reservation> {
        let wanted = image.map(Image::id);
        let pooled = {
            let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
            let at = |image| pool.iter().rposition(|parts: &Parts| parts.image == image);
            let found = at(wanted).or_else(|| at(None)).or_else(|| pool.len().checked_sub(1));
            found.map(|index| pool.swap_remove(index))
        };
        let parts = match pooled {
            Some(parts) => parts,
            None => Parts::new()?,
        };
        let mut reservation = Reservation { parts: Some(parts) };
        reservation.prepare(accessible, image)?;
        Ok(reservation)
    }

    fn prepare(&mut self, accessible: usize, image: Option<&Image>) -> io::Result<()> {
        let Some(parts) = &mut self.parts else { return Err(io::ErrorKind::OutOfMemory.into()) };
        if parts.image.is_some() && parts.image != image.map(Image::id) {
            let all = parts.at(0..parts.accessible);
            if let Err(error) = parts.mapping.renew(all) {
                self.give_up();
                return Err(error);
            }
            (parts.accessible, parts.image) = (0, None);
        }
        if accessible < parts.accessible {
            parts.mapping.withdraw(parts.at(accessible..parts.accessible))?;
            parts.accessible = accessible;
        }
        self.commit(accessible)?;
        let (Some(parts), Some(image)) = (&mut self.parts, image) else { return Ok(()) };
        if parts.image.is_none() {
            if image.end() > accessible {
                return Err(io::ErrorKind::InvalidInput.into());
            }
            if let Err(error) = parts.mapping.map_image(GUARD_BYTES as usize + image.start(), image.file()) {
                self.give_up();
                return Err(error);
            }
            parts.image = Some(image.id());
        }
        Ok(())
    }

    /// Leaves address space that may not be ours any more in parts to whoever has it.
    fn give_up(&mut self) {
        std::mem::forget(self.parts.take());
    }

    /// First byte.
    pub(super) fn base(&self) -> NonNull<u8> {
        match &self.parts {
            // SAFETY: the reservation is larger than the guard in front.
            Some(parts) => unsafe { parts.mapping.base().add(GUARD_BYTES as usize) },
            None => NonNull::dangling(),
        }
    }

    /// Whether an image is mapped.
    pub(super) fn has_image(&self) -> bool {
        self.parts.as_ref().is_some_and(|parts| parts.image.is_some())
    }

    /// Makes the first `accessible` bytes accessible, in whole host pages; not fewer than now.
    pub(super) fn commit(&mut self, accessible: usize) -> io::Result<()> {
        let Some(parts) = &mut self.parts else { return Err(io::ErrorKind::OutOfMemory.into()) };
        if accessible > parts.accessible {
            parts.mapping.commit(parts.at(parts.accessible..accessible))?;
            parts.accessible = accessible;
        }
        Ok(())
    }
}

impl Parts {
    fn new() -> io::Result<Parts> {
        let bytes = GUARDED_BYTES + 2 * GUARD_BYTES;
        let bytes = usize::try_from(bytes).map_err(|_| io::ErrorKind::OutOfMemory)?;
        Ok(Parts { mapping: Mapping::reserve(bytes)?, accessible: 0, image: None })
    }

    /// A range of the memory as one of the mapping.
    fn at(&self, range: std::ops::Range<usize>) -> std::ops::Range<usize> {
        GUARD_BYTES as usize + range.start..GUARD_BYTES as usize + range.end
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let Some(mut parts) = self.parts.take() else { return };
        // Where pages cannot be taken back, as from a process that locked all of them, all goes.
        if parts.accessible > MAX_POOLED_ACCESSIBLE
            || parts.mapping.reset(parts.at(0..parts.accessible)).is_err()
        {
            return;
        }
        let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
        if pool.len() < MAX_POOLED {
            pool.push(parts);
        }
    }
}
