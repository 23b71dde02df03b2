//! Functions that compiled code calls.
//!
//! # Safety
//!
//! All of them need: `vmctx` is that of a live instance; indices of memories, tables, segments, functions and types are
//! ones of its module; references are null or live ones of its store; and the caller has no reference into what they
//! change. Validation of the module and the engine together uphold it.

use super::host::{Embedder, HostFunc};
use super::instance::{self, Instance};
use super::memory::Memory;
use super::store::InstanceId;
use super::table::{Element, Table};
use super::vm::{HostCall, VmContext, VmFuncRef, VmHeader, VmHostFunc, VmRuntime};
use crate::error::Error;
use crate::module::{ConstExpr, ConstOp, ElementItems};
use crate::runtime::const_expr::evaluate;
use crate::trap::TrapCode;
use crate::types::{HeapType, ValType};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{self, NonNull};
use std::sync::atomic::Ordering;

/// Bytes that a bulk operation works on between two looks at the interrupt word.
const PIECE: u64 = 1 << 20;

/// # Safety
///
/// See the module.
unsafe fn memory<'a>(vmctx: *mut VmContext, memory: u32) -> &'a mut Memory {
    // SAFETY: entries of the array are the definitions that memories start with; see the module.
    unsafe { &mut *(*(*vmctx).memories.add(memory as usize)).cast() }
}

/// # Safety
///
/// See the module.
unsafe fn table<'a>(vmctx: *mut VmContext, table: u32) -> &'a mut Table {
    // SAFETY: entries of the array are the definitions that tables start with; see the module.
    unsafe { &mut *(*(*vmctx).tables.add(table as usize)).cast() }
}

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
            Some(dropped) if !dropped.get() => {
                &instance.module.data[instance.module.data_segments[segment as usize].range.clone()]
            }
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

/// `table.size`
///
/// # Safety
///
/// See the module.
pub unsafe fn table_size(vmctx: *mut VmContext, table: u32) -> u64 {
    // SAFETY: as the caller says.
    unsafe { self::table(vmctx, table) }.len()
}

/// `table.get`
///
/// # Errors
///
/// [`TrapCode::TableOutOfBounds`].
///
/// # Safety
///
/// See the module.
pub unsafe fn table_get(vmctx: *mut VmContext, table: u32, index: u64) -> Result<u64, TrapCode> {
    // SAFETY: as the caller says.
    unsafe { self::table(vmctx, table) }.get(index)
}

/// `table.set`
///
/// # Errors
///
/// [`TrapCode::TableOutOfBounds`].
///
/// # Safety
///
/// See the module.
pub unsafe fn table_set(vmctx: *mut VmContext, table: u32, index: u64, value: u64) -> Result<(), TrapCode> {
    // SAFETY: as the caller says.
    unsafe {
        let table = self::table(vmctx, table);
        table.check(index, 1)?;
        table.fill(index, table.element(value), 1);
    }
    Ok(())
}

/// `table.grow`: the size before, or `u64::MAX` if the table cannot grow by `delta` elements.
///
/// # Safety
///
/// See the module.
pub unsafe fn table_grow(vmctx: *mut VmContext, table: u32, init: u64, delta: u64) -> u64 {
    // SAFETY: as the caller says.
    unsafe {
        let table = self::table(vmctx, table);
        table.grow(delta, table.element(init)).unwrap_or(u64::MAX)
    }
}

/// `table.fill`
///
/// # Errors
///
/// [`TrapCode::TableOutOfBounds`] with nothing written, [`TrapCode::Interrupted`].
///
/// # Safety
///
/// See the module.
pub unsafe fn table_fill(
    vmctx: *mut VmContext,
    table: u32,
    dst: u64,
    value: u64,
    len: u64,
) -> Result<(), TrapCode> {
    // SAFETY: as the caller says.
    unsafe {
        let table = self::table(vmctx, table);
        table.check(dst, len)?;
        let element = table.element(value);
        let piece = PIECE / table.stride() as u64;
        in_pieces(vmctx, len, piece, |start, len| table.fill(dst + start, element, len))
    }
}

/// `table.copy`
///
/// # Errors
///
/// [`TrapCode::TableOutOfBounds`] with nothing written, [`TrapCode::Interrupted`].
///
/// # Safety
///
/// See the module.
pub unsafe fn table_copy(
    vmctx: *mut VmContext,
    dst_table: u32,
    src_table: u32,
    dst: u64,
    src: u64,
    len: u64,
) -> Result<(), TrapCode> {
    // SAFETY: as the caller says; validation made the element types agree.
    unsafe {
        let target: *mut Table = (*(*vmctx).tables.add(dst_table as usize)).cast();
        let source: *mut Table = (*(*vmctx).tables.add(src_table as usize)).cast();
        (*source).check(src, len)?;
        (*target).check(dst, len)?;
        let backwards = target == source && dst > src;
        let piece = PIECE / (*target).stride() as u64;
        in_pieces(vmctx, len, piece, |start, piece| {
            let at = if backwards { len - start - piece } else { start };
            Table::copy(target, source, dst + at, src + at, piece);
        })
    }
}

/// `table.init`
///
/// # Errors
///
/// [`TrapCode::TableOutOfBounds`] with nothing written, [`TrapCode::Interrupted`].
///
/// # Safety
///
/// See the module.
pub unsafe fn table_init(
    vmctx: *mut VmContext,
    table: u32,
    segment: u32,
    dst: u64,
    src: u32,
    len: u32,
) -> Result<(), TrapCode> {
    // SAFETY: as the caller says; elements that are written are this instance's own functions or checked references.
    unsafe {
        let instance = instance_of(vmctx);
        let table = self::table(vmctx, table);
        let dropped = instance.dropped_elements.get(segment as usize).is_none_or(|dropped| dropped.get());
        let items = if dropped {
            Items::Funcs(&[])
        } else {
            match &instance.module.elements[segment as usize].items {
                ElementItems::Funcs(funcs) => Items::Funcs(funcs),
                ElementItems::Exprs(exprs) => Items::Exprs(exprs),
            }
        };
        let items = items.slice(src, len).ok_or(TrapCode::TableOutOfBounds)?;
        table.check(dst, u64::from(len))?;
        let piece = PIECE / table.stride() as u64;
        in_pieces(vmctx, u64::from(len), piece, |start, len| {
            for i in start..start + len {
                let element = match items {
                    Items::Funcs(funcs) => Table::lazy_element(vmctx, funcs[i as usize]),
                    Items::Exprs(exprs) => item(vmctx, instance, table, &exprs[i as usize]),
                };
                table.fill(dst + i, element, 1);
            }
        })
    }
}

/// Items of an element segment.
#[derive(Clone, Copy)]
enum Items<'a> {
    Funcs(&'a [u32]),
    Exprs(&'a [ConstExpr]),
}

impl<'a> Items<'a> {
    fn slice(self, src: u32, len: u32) -> Option<Items<'a>> {
        Some(match self {
            Items::Funcs(funcs) => Items::Funcs(slice_of(funcs, src, len)?),
            Items::Exprs(exprs) => Items::Exprs(slice_of(exprs, src, len)?),
        })
    }
}

fn slice_of<T>(all: &[T], src: u32, len: u32) -> Option<&[T]> {
    let start = src as usize;
    all.get(start..start.checked_add(len as usize)?)
}

/// The element that an item of a segment is. Its globals are immutable, so it does not matter when it is evaluated.
///
/// # Safety
///
/// See the module.
unsafe fn item(vmctx: *mut VmContext, instance: &Instance, table: &Table, expr: &ConstExpr) -> Element {
    match expr {
        ConstExpr::One(ConstOp::RefFunc(func)) => Table::lazy_element(vmctx, *func),
        expr => {
            // In a validated module every item can be evaluated.
            let [raw, _] = evaluate(instance, expr).unwrap_or_default();
            // SAFETY: the value of a constant expression of the table's type.
            unsafe { table.element(raw) }
        }
    }
}

/// `elem.drop`
///
/// # Safety
///
/// See the module.
pub unsafe fn elem_drop(vmctx: *mut VmContext, segment: u32) {
    // SAFETY: as the caller says.
    if let Some(dropped) = unsafe { instance_of(vmctx) }.dropped_elements.get(segment as usize) {
        dropped.set(true);
    }
}

/// `ref.func`: the address of the function's record.
///
/// # Safety
///
/// See the module.
pub unsafe fn ref_func(vmctx: *mut VmContext, func: u32) -> u64 {
    // SAFETY: as the caller says.
    let record = unsafe { instance::func_ref(vmctx, func) };
    debug_assert!(record.is_some(), "function {func} has no code");
    record.map_or(0, |record| record.as_ptr().expose_provenance() as u64)
}

/// The function that `call_indirect` calls, with all its checks.
///
/// # Errors
///
/// [`TrapCode::UndefinedElement`], [`TrapCode::UninitializedElement`] and
/// [`TrapCode::IndirectCallTypeMismatch`].
///
/// # Safety
///
/// See the module; the table holds functions.
pub unsafe fn call_indirect(
    vmctx: *mut VmContext,
    table: u32,
    index: u64,
    type_index: u32,
) -> Result<NonNull<VmFuncRef>, TrapCode> {
    // SAFETY: as the caller says.
    let (raw, type_id) = unsafe {
        let table = self::table(vmctx, table);
        let raw = table.get(index).map_err(|_| TrapCode::UndefinedElement)?;
        (raw, *(*vmctx).type_ids.add(type_index as usize))
    };
    let record = NonNull::new(ptr::with_exposed_provenance_mut::<VmFuncRef>(raw as usize))
        .ok_or(TrapCode::UninitializedElement)?;
    // SAFETY: a reference in a table is the address of a live function's record.
    if unsafe { record.as_ref() }.type_id == type_id {
        Ok(record)
    } else {
        Err(TrapCode::IndirectCallTypeMismatch)
    }
}

/// Calls a host function. `caller` is the calling instance's vmctx, or null if the host calls. Heap references among the
/// arguments are rooted during the call. Results are zero-extended, and references among them are made safe for the
/// caller to keep.
///
/// # Errors
///
/// What the host function returns; [`ErrorKind::Host`](crate::ErrorKind::Host) with its payload if it panics;
/// [`ErrorKind::Usage`](crate::ErrorKind::Usage) if it returns what is not a reference of the store.
///
/// # Safety
///
/// `callee` is a live host function of the store that `cx` has, `caller` is null or live, no reference into the store
/// or into what it owns is in use, and `values` fits the function's type.
pub unsafe fn invoke_host(
    cx: &mut dyn Embedder,
    callee: *const VmHostFunc,
    caller: *mut VmContext,
    values: &mut [u64],
) -> Result<(), Error> {
    // SAFETY: live, as the caller says.
    let VmHostFunc { header: VmHeader { runtime, .. }, func, checks, .. } = unsafe { callee.read() };
    // SAFETY: the runtime block outlives the call, whose store owns it.
    let outer = unsafe { (*runtime).host_calls };
    let mut record = HostCall { outer, callee };
    // SAFETY: as above; the record is taken off the list before it goes.
    unsafe { (*runtime).host_calls = &raw mut record };
    let _linked = Linked { runtime, outer };
    // SAFETY: the record keeps the host function and its instance alive until the end, even if the host closes the
    // instance meanwhile. The caller has a frame, which keeps it alive.
    let (func, caller) = unsafe {
        let id = |header: &VmHeader| InstanceId { index: header.instance, generation: header.generation };
        (&*func, caller.as_ref().map(|caller| id(&caller.header)))
    };
    let mark = cx.store().root_mark();
    if checks & VmHostFunc::EXTERNREF_PARAMS != 0 {
        root_arguments(cx, func, values);
    }
    let result = match catch_unwind(AssertUnwindSafe(|| (func.callback)(cx, caller, values))) {
        Ok(Ok(())) => finish_results(cx, func, checks, caller, values),
        Ok(Err(error)) => Err(error),
        Err(payload) => Err(Error::host_panic(payload)),
    };
    cx.store_mut().release_roots(mark);
    result
}

fn root_arguments(cx: &mut dyn Embedder, func: &HostFunc, values: &[u64]) {
    let mut slot = 0;
    for ty in func.ty.params() {
        if matches!(ty, ValType::Ref(r) if r.heap == HeapType::Extern) {
            cx.store_mut().root(values[slot]);
        }
        slot += ty.slots();
    }
}

/// Clears the upper halves of 32-bit results, and checks and links references.
fn finish_results(
    cx: &mut dyn Embedder,
    func: &HostFunc,
    checks: u32,
    caller: Option<InstanceId>,
    values: &mut [u64],
) -> Result<(), Error> {
    if checks & (VmHostFunc::NARROW_RESULTS | VmHostFunc::REF_RESULTS) == 0 {
        return Ok(());
    }
    let mut slot = 0;
    for ty in func.ty.results() {
        match *ty {
            ValType::I32 | ValType::F32 => values[slot] &= u64::from(u32::MAX),
            ValType::Ref(ref_type) => {
                let owner = cx.store().check_ref(ref_type, values[slot])?;
                if let (Some(owner), Some(caller)) = (owner, caller) {
                    cx.store_mut().link(caller.index(), owner);
                }
            }
            ValType::I64 | ValType::F64 | ValType::V128 => {}
        }
        slot += ty.slots();
    }
    Ok(())
}

/// Takes a [`HostCall`] off its runtime's list when it goes out of scope.
struct Linked {
    runtime: *mut VmRuntime,
    outer: *mut HostCall,
}

impl Drop for Linked {
    fn drop(&mut self) {
        // SAFETY: the runtime block outlives the call, whose store owns it.
        unsafe { (*self.runtime).host_calls = self.outer };
    }
}
