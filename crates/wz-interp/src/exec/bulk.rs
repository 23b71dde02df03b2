//! Sizes, growth, bulk operations, and access to tables: all through the runtime's functions.

use super::{Flow, Handler, Regs, X, Y, Z};
use crate::exec::value::Value;
use std::marker::PhantomData;
use wz_core::TrapCode;
use wz_core::runtime::libcalls;
use wz_core::runtime::vm::VmContext;

/// A bulk operation on `x`, `y`, `z` and the two indices in word 1.
pub(crate) trait Bulk {
    /// Does it.
    ///
    /// # Safety
    ///
    /// `vmctx` is a live instance whose module has the two items.
    unsafe fn bulk(
        vmctx: *mut VmContext,
        indices: (u32, u32),
        operands: (u64, u64, u64),
    ) -> Result<(), TrapCode>;
}

macro_rules! bulk {
    ($($name:ident($vmctx:ident, $target:ident, $source:ident, $x:ident, $y:ident, $z:ident) $call:expr;)*) => {$(
        pub(crate) struct $name;
        impl Bulk for $name {
            #[inline(always)]
            unsafe fn bulk(
                $vmctx: *mut VmContext,
                ($target, $source): (u32, u32),
                ($x, $y, $z): (u64, u64, u64),
            ) -> Result<(), TrapCode> {
                use libcalls::*;
                // SAFETY: the caller's promise.
                unsafe { $call }
            }
        }
    )*};
}

bulk! {
    TableFill(vmctx, table, _unused, at, init, len) table_fill(vmctx, table, at, init, len);
    TableCopy(vmctx, to_table, from_table, to, from, len) table_copy(vmctx, to_table, from_table, to, from, len);
    TableInit(vmctx, table, segment, to, from, len)
        table_init(vmctx, table, segment, to, from as u32, len as u32);
    MemoryFill(vmctx, memory, _unused, at, byte, len) memory_fill(vmctx, memory, at, byte as u32, len);
    MemoryCopy(vmctx, to_memory, from_memory, to, from, len)
        memory_copy(vmctx, to_memory, from_memory, to, from, len);
    MemoryInit(vmctx, memory, segment, to, from, len)
        memory_init(vmctx, memory, segment, to, from as u32, len as u32);
}

/// The handler of a bulk operation.
pub(crate) struct DoBulk<O>(PhantomData<O>);

impl<O: Bulk> Handler for DoBulk<O> {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the invariants of `exec`.
        unsafe {
            r.save();
            O::bulk(r.vmctx(), r.pair(1), (*r.slot(X), *r.slot(Y), *r.slot(Z)))?;
        }
        r.skip(2)
    }
}

/// `x <- table[y]`; table in word 1.
pub(crate) struct TableGet;
/// `table[x] <- y`; table in word 1.
pub(crate) struct TableSet;
/// `x <- size of table`; table in word 1.
pub(crate) struct TableSize;
/// `x <- old size, or -1`, having grown the table in word 1 (first) by `z` elements `y`. Word 1 (second) is not 0 if the
/// table's indices are 64-bit.
pub(crate) struct TableGrow;
/// Drops element segment imm.
pub(crate) struct ElemDrop;
/// Drops data segment imm.
pub(crate) struct DataDrop;
/// `x <- size of memory imm`
pub(crate) struct MemorySize;
/// `x <- old size, or -1`, having grown the memory in word 1 (first) by `y` pages. Word 1 (second) is not 0 if the
/// memory's addresses are 64-bit.
pub(crate) struct MemoryGrow;

/// The result of a `grow`: -1 in the index type's width if it failed.
#[inline(always)]
fn grown(old: u64, index64: u32) -> u64 {
    if index64 != 0 { old } else { u64::from(old as u32) }
}

#[inline(never)]
unsafe fn table_get(vmctx: *mut VmContext, table: u32, index: u64, to: *mut u64) -> Result<(), TrapCode> {
    // SAFETY: called by the handler below only.
    unsafe {
        let value = libcalls::table_get(vmctx, table, index)?;
        to.write(value);
    }
    Ok(())
}

impl Handler for TableGet {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the invariants of `exec`.
        unsafe {
            r.save();
            table_get(r.vmctx(), r.pair(1).0, *r.slot(Y), r.slot(X))?;
        }
        r.skip(2)
    }
}

impl Handler for TableSet {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: as above.
        unsafe {
            r.save();
            libcalls::table_set(r.vmctx(), r.pair(1).0, *r.slot(X), *r.slot(Y))?;
        }
        r.skip(2)
    }
}

impl Handler for TableSize {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: as above.
        unsafe {
            let size = libcalls::table_size(r.vmctx(), r.imm());
            r.put(X, size);
        }
        r.skip(1)
    }
}

impl Handler for TableGrow {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: as above.
        unsafe {
            r.save();
            let (table, index64) = r.pair(1);
            let old = libcalls::table_grow(r.vmctx(), table, *r.slot(Y), *r.slot(Z));
            r.put(X, grown(old, index64));
        }
        r.skip(2)
    }
}

impl Handler for ElemDrop {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: as above.
        unsafe { libcalls::elem_drop(r.vmctx(), r.imm()) };
        r.skip(1)
    }
}

impl Handler for DataDrop {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: as above.
        unsafe { libcalls::data_drop(r.vmctx(), r.imm()) };
        r.skip(1)
    }
}

impl Handler for MemorySize {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: as above.
        unsafe {
            let size = libcalls::memory_size(r.vmctx(), r.imm());
            r.put(X, size);
        }
        r.skip(1)
    }
}

impl Handler for MemoryGrow {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: as above.
        unsafe {
            r.save();
            let (memory, index64) = r.pair(1);
            let old = libcalls::memory_grow(r.vmctx(), memory, u64::read(r.slot(Y)));
            r.put(X, grown(old, index64));
            r.reload_memory();
        }
        r.skip(2)
    }
}
