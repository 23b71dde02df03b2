//! Memory for guest stacks.

use super::sys::{Mapping, host_page_size};
use crate::error::Error;
use std::ptr::NonNull;

/// Zeroed memory for a guest's stack.
///
/// It comes from the system, which gives its pages as they are touched: allocators may clear a block of this size by hand,
/// and calls nested in each other have a stack each.
pub struct StackMemory {
    mapping: Mapping,
    bytes: usize,
}

impl StackMemory {
    /// Memory of at least `bytes`, rounded up to whole pages of the host.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Limit`](crate::ErrorKind::Limit) if the system does not give it.
    pub fn new(bytes: usize) -> Result<StackMemory, Error> {
        let failed = || Error::limit(format!("not enough memory for a guest stack of {bytes} bytes"));
        let rounded = bytes.max(1).checked_next_multiple_of(host_page_size()).ok_or_else(failed)?;
        let mapping = Mapping::allocate(rounded).map_err(|_| failed())?;
        Ok(StackMemory { mapping, bytes: rounded })
    }

    /// First byte; aligned to a page of the host.
    pub fn base(&self) -> NonNull<u8> {
        self.mapping.base()
    }

    /// Size in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

impl std::fmt::Debug for StackMemory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StackMemory({} bytes at {:p})", self.bytes, self.base())
    }
}
