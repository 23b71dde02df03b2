//! How bytes of linear memories are read and written: bounds checks, little-endian values, and relaxed atomics for
//! shared memories.

use super::value::V128;
use super::{Regs, Stop, memory_of};
use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering::Relaxed};
use wz_core::TrapCode::MemoryOutOfBounds;

/// A value as it is in memory: little-endian bytes.
pub(crate) trait Bytes: Copy {
    /// Number of bytes.
    const SIZE: u64 = size_of::<Self>() as u64;

    /// Reads it.
    ///
    /// # Safety
    ///
    /// The bytes at `p` are readable and not written meanwhile.
    unsafe fn load(p: *const u8) -> Self;

    /// Writes it.
    ///
    /// # Safety
    ///
    /// The bytes at `p` are writable and not read or written meanwhile.
    unsafe fn store(self, p: *mut u8);

    /// Reads it from memory that other threads may write: in one piece where it is aligned.
    ///
    /// # Safety
    ///
    /// The bytes at `p` are readable, and other threads only access them atomically.
    unsafe fn load_shared(p: *mut u8) -> Self;

    /// Writes it to memory that other threads may access: in one piece where it is aligned.
    ///
    /// # Safety
    ///
    /// The bytes at `p` are writable, and other threads only access them atomically.
    unsafe fn store_shared(self, p: *mut u8);
}

macro_rules! bytes {
    ($($ty:ident $atomic:ident;)*) => {$(
        impl Bytes for $ty {
            #[inline(always)]
            unsafe fn load(p: *const u8) -> $ty {
                // SAFETY: the caller's promise.
                $ty::from_le(unsafe { p.cast::<$ty>().read_unaligned() })
            }

            #[inline(always)]
            unsafe fn store(self, p: *mut u8) {
                // SAFETY: the caller's promise.
                unsafe { p.cast::<$ty>().write_unaligned(self.to_le()) }
            }

            #[inline(always)]
            unsafe fn load_shared(p: *mut u8) -> $ty {
                if p.cast::<$ty>().is_aligned() {
                    // SAFETY: the caller's promise; aligned as checked.
                    return $ty::from_le(unsafe { $atomic::from_ptr(p.cast()) }.load(Relaxed));
                }
                let mut bytes = [0; size_of::<$ty>()];
                for (i, byte) in bytes.iter_mut().enumerate() {
                    // SAFETY: the caller's promise.
                    *byte = unsafe { AtomicU8::from_ptr(p.add(i)) }.load(Relaxed);
                }
                $ty::from_le_bytes(bytes)
            }

            #[inline(always)]
            unsafe fn store_shared(self, p: *mut u8) {
                if p.cast::<$ty>().is_aligned() {
                    // SAFETY: the caller's promise; aligned as checked.
                    return unsafe { $atomic::from_ptr(p.cast()) }.store(self.to_le(), Relaxed);
                }
                for (i, byte) in self.to_le_bytes().into_iter().enumerate() {
                    // SAFETY: the caller's promise.
                    unsafe { AtomicU8::from_ptr(p.add(i)) }.store(byte, Relaxed);
                }
            }
        }
    )*};
}

bytes! {
    u8 AtomicU8;
    u16 AtomicU16;
    u32 AtomicU32;
    u64 AtomicU64;
}

impl Bytes for V128 {
    #[inline(always)]
    unsafe fn load(p: *const u8) -> V128 {
        // SAFETY: the caller's promise.
        V128(unsafe { p.cast::<[u8; 16]>().read() })
    }

    #[inline(always)]
    unsafe fn store(self, p: *mut u8) {
        // SAFETY: the caller's promise.
        unsafe { p.cast::<[u8; 16]>().write(self.0) }
    }

    #[inline(always)]
    unsafe fn load_shared(p: *mut u8) -> V128 {
        // SAFETY: the caller's promise. A vector need not be read in one piece.
        let (low, high) = unsafe { (u64::load_shared(p), u64::load_shared(p.add(8))) };
        V128::from_halves(low, high)
    }

    #[inline(always)]
    unsafe fn store_shared(self, p: *mut u8) {
        let (low, high) = self.halves();
        // SAFETY: the caller's promise.
        unsafe {
            low.store_shared(p);
            high.store_shared(p.add(8));
        }
    }
}

/// The address of `size` bytes at `address` of memory 0. `address` is a sum of a 32-bit address and a 32-bit offset.
///
/// # Safety
///
/// As for [`Handler::run`](super::Handler::run).
#[inline(always)]
pub(crate) unsafe fn near(r: &Regs, address: u64, size: u64) -> Result<*mut u8, Stop> {
    // `address` is below 2^33: the sum does not overflow.
    // SAFETY: invariant 5.
    if address + size > unsafe { (*r.cx).len } {
        return Err(MemoryOutOfBounds.into());
    }
    // SAFETY: invariant 4; the bytes are in range as checked.
    Ok(unsafe { r.mem.add(address as usize) })
}

/// The address of `size` bytes at `base + offset` of any memory of the instance.
///
/// # Safety
///
/// As for [`Handler::run`](super::Handler::run); the instance has that memory.
#[inline(always)]
pub(crate) unsafe fn far(
    r: &Regs,
    memory: usize,
    base: u64,
    offset: u64,
    size: u64,
) -> Result<*mut u8, Stop> {
    // SAFETY: invariant 3.
    let (start, len) = unsafe { memory_of(r.vmctx(), memory) };
    match base.checked_add(offset).and_then(|address| Some((address, address.checked_add(size)?))) {
        // SAFETY: the bytes are in range as checked.
        Some((address, end)) if end <= len => Ok(unsafe { start.add(address as usize) }),
        _ => Err(MemoryOutOfBounds.into()),
    }
}
