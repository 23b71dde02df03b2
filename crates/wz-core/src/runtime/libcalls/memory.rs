//! Memory instructions. The safety rules are those of the parent module.

use super::{PIECE, in_pieces, instance_of, slice_of};
use crate::runtime::memory::Memory;
use crate::runtime::vm::VmContext;
use crate::trap::TrapCode;

/// # Safety
///
/// See the module.
unsafe fn memory<'a>(vmctx: *mut VmContext, memory: u32) -> &'a mut Memory {
    // SAFETY: entries of the array are the definitions that memories start with; see the module.
    unsafe { &mut *(*(*vmctx).memories.add(memory as usize)).cast() }
}

/// `memory.size`: the size in pages.
///
/// # Safety
///
/// See the module.
pub unsafe fn memory_size(vmctx: *mut VmContext, memory: u32) -> u64 {
    // SAFETY: as the caller says.
    unsafe { self::memory(vmctx, memory) }.size_pages()
}

/// `memory.grow`: the size before in pages, or `u64::MAX` if the memory cannot grow by `delta` pages.
///
/// # Safety
///
/// See the module.
pub unsafe fn memory_grow(vmctx: *mut VmContext, memory: u32, delta: u64) -> u64 {
    // SAFETY: as the caller says.
    unsafe { self::memory(vmctx, memory) }.grow(delta).unwrap_or(u64::MAX)
}

/// `memory.fill`
///
/// # Errors
///
/// [`TrapCode::MemoryOutOfBounds`] with nothing written, [`TrapCode::Interrupted`].
///
/// # Safety
///
/// See the module.
pub unsafe fn memory_fill(
    vmctx: *mut VmContext,
    memory: u32,
    dst: u64,
    value: u32,
    len: u64,
) -> Result<(), TrapCode> {
    // SAFETY: as the caller says; pieces are parts of the checked range.
    unsafe {
        let memory = self::memory(vmctx, memory);
        let target = memory.range(dst, len)?;
        in_pieces(vmctx, len, PIECE, |start, len| {
            memory.fill_raw(target.add(start as usize), value as u8, len as usize);
        })
    }
}

/// `memory.copy`
///
/// # Errors
///
/// [`TrapCode::MemoryOutOfBounds`] with nothing written, [`TrapCode::Interrupted`].
///
/// # Safety
///
/// See the module.
pub unsafe fn memory_copy(
    vmctx: *mut VmContext,
    dst_memory: u32,
    src_memory: u32,
    dst: u64,
    src: u64,
    len: u64,
) -> Result<(), TrapCode> {
    // SAFETY: as the caller says; shared references, as the two may be the same memory. Pieces are parts of the checked
    // ranges.
    unsafe {
        let to: &Memory = &*(*(*vmctx).memories.add(dst_memory as usize)).cast();
        let from: &Memory = &*(*(*vmctx).memories.add(src_memory as usize)).cast();
        let target = to.range(dst, len)?;
        let source = from.range(src, len)?;
        let backwards = target.cast_const() > source.cast_const();
        in_pieces(vmctx, len, PIECE, |start, piece| {
            let at = if backwards { len - start - piece } else { start } as usize;
            to.copy_raw(target.add(at), from, source.add(at), piece as usize);
        })
    }
}

/// `memory.init`
///
/// # Errors
///
/// [`TrapCode::MemoryOutOfBounds`] with nothing written, [`TrapCode::Interrupted`].
///
/// # Safety
///
/// See the module.
pub unsafe fn memory_init(
    vmctx: *mut VmContext,
    memory: u32,
    segment: u32,
    dst: u64,
    src: u32,
    len: u32,
) -> Result<(), TrapCode> {
    // SAFETY: as the caller says; pieces are parts of the checked range.
    unsafe {
        let instance = instance_of(vmctx);
        let bytes = match instance.dropped_data.get(segment as usize) {
            Some(dropped) if !dropped.get() => instance.module.data.bytes_of(segment),
            _ => &[],
        };
        let source = slice_of(bytes, src, len).ok_or(TrapCode::MemoryOutOfBounds)?;
        let memory = self::memory(vmctx, memory);
        let target = memory.range(dst, u64::from(len))?;
        in_pieces(vmctx, u64::from(len), PIECE, |start, len| {
            let start = start as usize;
            memory.write_raw(target.add(start), &source[start..start + len as usize]);
        })
    }
}

/// `data.drop`
///
/// # Safety
///
/// See the module.
pub unsafe fn data_drop(vmctx: *mut VmContext, segment: u32) {
    // SAFETY: as the caller says.
    if let Some(dropped) = unsafe { instance_of(vmctx) }.dropped_data.get(segment as usize) {
        dropped.set(true);
    }
}
