//! An owning pointer that other pointers may alias.

use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

/// Owns a value at an address that never changes, like a `Box`. Unlike a `Box`, moving or using the owner does not
/// invalidate the raw pointers that compiled code holds to the value.
pub(super) struct Owned<T>(NonNull<T>);

// SAFETY: an `Owned` is the only owner of its value, so sending it is sending the value.
unsafe impl<T: Send> Send for Owned<T> {}

impl<T> Owned<T> {
    pub(super) fn new(value: T) -> Owned<T> {
        // A leaked box's address is not null.
        Owned(NonNull::from(Box::leak(Box::new(value))))
    }

    /// The value's address, valid as long as the owner lives.
    pub(super) fn as_ptr(&self) -> *mut T {
        self.0.as_ptr()
    }
}

impl<T> Deref for Owned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the pointer came from a box that only `drop` frees. Compiled code writes through its copies of the
        // pointer only while it runs, and then nobody holds a reference that this made: see `runtime`.
        unsafe { self.0.as_ref() }
    }
}

impl<T> DerefMut for Owned<T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as in `deref`; the owner is borrowed exclusively.
        unsafe { self.0.as_mut() }
    }
}

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        // SAFETY: the pointer came from a box and is freed once, here.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}
