//! Functions that compiled code calls.
//!
//! # Safety
//!
//! All of them need: `vmctx` is that of a live instance; indices of memories, tables, segments, functions and types are
//! ones of its module; references are null or live ones of its store; and the caller has no reference into what they
//! change. Validation of the module and the engine together uphold it.

mod host;
mod memory;
mod table;

pub(super) use host::finish_results;
pub use host::{embedder_of_call, invoke_host};
pub use memory::{data_drop, memory_copy, memory_fill, memory_grow, memory_init, memory_size};
pub use table::{
    call_indirect, elem_drop, ref_func, table_copy, table_fill, table_get, table_grow, table_init, table_set,
    table_size,
};

use super::instance::Instance;
use super::vm::VmContext;
use crate::trap::TrapCode;
use std::sync::atomic::Ordering;

/// Bytes that a bulk operation works on between two looks at the interrupt word.
const PIECE: u64 = 1 << 20;

/// # Safety
///
/// See the module.
unsafe fn instance_of<'a>(vmctx: *mut VmContext) -> &'a Instance {
    // SAFETY: see the module; the store makes exclusive references to an instance only while no guest runs.
    unsafe { &*(*vmctx).instance }
}

/// Runs `work` on pieces of `total` units, as (start, length), and stops between two of them when the runtime is
/// interrupted.
///
/// # Safety
///
/// See the module.
unsafe fn in_pieces(
    vmctx: *mut VmContext,
    total: u64,
    piece: u64,
    mut work: impl FnMut(u64, u64),
) -> Result<(), TrapCode> {
    let mut start = 0;
    while start < total {
        // SAFETY: the runtime block of a live instance, and the word that its store shares, are alive.
        if start > 0 && unsafe { (*(*(*vmctx).header.runtime).interrupt).load(Ordering::Relaxed) } != 0 {
            return Err(TrapCode::Interrupted);
        }
        let len = piece.min(total - start);
        work(start, len);
        start += len;
    }
    Ok(())
}

/// `len` items from `src` on, if there are so many.
fn slice_of<T>(all: &[T], src: u32, len: u32) -> Option<&[T]> {
    let start = src as usize;
    all.get(start..start.checked_add(len as usize)?)
}
