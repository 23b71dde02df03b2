//! Zeroed memory that costs nothing until it is touched.

use super::sys::Mapping;
use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ptr::NonNull;

/// Bytes from which on the system gives the memory, not the allocator: that may clear blocks by hand that it has had before.
const LARGE_BYTES: usize = 32 << 10;
/// What the system's memory is aligned to at least.
const MAPPING_ALIGN: usize = 4 << 10;

/// A zeroed allocation.
pub(super) struct Zeroed {
    base: NonNull<u8>,
    layout: Layout,
    /// Where it is from, if not from the allocator.
    mapping: Option<Mapping>,
}

// SAFETY: an allocation belongs to no thread, and this is its only owner.
unsafe impl Send for Zeroed {}

impl Zeroed {
    /// An allocation of this layout, whose size is not 0; `None` if there is no memory for it.
    pub(super) fn new(layout: Layout) -> Option<Zeroed> {
        if layout.size() == 0 {
            return None;
        }
        if layout.size() >= LARGE_BYTES && layout.align() <= MAPPING_ALIGN {
            let mapping = Mapping::allocate(layout.size()).ok()?;
            return Some(Zeroed { base: mapping.base(), layout, mapping: Some(mapping) });
        }
        // SAFETY: the layout's size is not 0.
        let base = NonNull::new(unsafe { alloc_zeroed(layout) })?;
        Some(Zeroed { base, layout, mapping: None })
    }

    /// First byte.
    pub(super) fn base(&self) -> NonNull<u8> {
        self.base
    }
}

impl Drop for Zeroed {
    fn drop(&mut self) {
        if self.mapping.is_none() {
            // SAFETY: allocated with this layout, and freed once, here.
            unsafe { dealloc(self.base.as_ptr(), self.layout) };
        }
    }
}
