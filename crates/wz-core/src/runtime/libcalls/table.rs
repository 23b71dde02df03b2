//! Table instructions and function references. The safety rules are those of the parent module.

use super::{PIECE, in_pieces, instance_of, slice_of};
use crate::module::{ConstExpr, ConstOp, ElementItems};
use crate::runtime::const_expr::evaluate;
use crate::runtime::instance::{self, Instance};
use crate::runtime::table::{Element, Table};
use crate::runtime::vm::{VmContext, VmFuncRef};
use crate::trap::TrapCode;
use std::ptr::{self, NonNull};

/// # Safety
///
/// See the module.
unsafe fn table<'a>(vmctx: *mut VmContext, table: u32) -> &'a mut Table {
    // SAFETY: entries of the array are the definitions that tables start with; see the module.
    unsafe { &mut *(*(*vmctx).tables.add(table as usize)).cast() }
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
