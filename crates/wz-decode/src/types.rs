//! wasmparser's types as wz's.

use wasmparser::{AbstractHeapType, HeapType};
use wz_core::Error;
use wz_core::types::{
    FuncType, GlobalType, HeapType as OurHeapType, Limits, MemoryType, RefType, TableType, ValType,
};

/// The error for a type of a proposal that validation should have refused.
fn unsupported(what: impl std::fmt::Debug) -> Error {
    Error::compile(format!("type {what:?} is not supported"), None)
}

pub(crate) fn ref_type(ty: wasmparser::RefType) -> Result<RefType, Error> {
    let heap = match ty.heap_type() {
        HeapType::Abstract { shared: false, ty: AbstractHeapType::Func } => OurHeapType::Func,
        HeapType::Abstract { shared: false, ty: AbstractHeapType::Extern } => OurHeapType::Extern,
        _ => return Err(unsupported(ty)),
    };
    Ok(RefType { nullable: ty.is_nullable(), heap })
}

#[inline]
pub(crate) fn val_type(ty: wasmparser::ValType) -> Result<ValType, Error> {
    Ok(match ty {
        wasmparser::ValType::I32 => ValType::I32,
        wasmparser::ValType::I64 => ValType::I64,
        wasmparser::ValType::F32 => ValType::F32,
        wasmparser::ValType::F64 => ValType::F64,
        wasmparser::ValType::V128 => ValType::V128,
        wasmparser::ValType::Ref(r) => ValType::Ref(ref_type(r)?),
    })
}

pub(crate) fn func_type(ty: &wasmparser::FuncType) -> Result<FuncType, Error> {
    let types =
        |types: &[wasmparser::ValType]| types.iter().map(|t| val_type(*t)).collect::<Result<Vec<_>, _>>();
    Ok(FuncType::new(types(ty.params())?, types(ty.results())?))
}

pub(crate) fn table_type(ty: wasmparser::TableType) -> Result<TableType, Error> {
    Ok(TableType {
        element: ref_type(ty.element_type)?,
        limits: Limits { min: ty.initial, max: ty.maximum },
        table64: ty.table64,
    })
}

pub(crate) fn memory_type(ty: wasmparser::MemoryType) -> MemoryType {
    MemoryType {
        limits: Limits { min: ty.initial, max: ty.maximum },
        shared: ty.shared,
        memory64: ty.memory64,
        page_size_log2: ty.page_size_log2.map_or(16, |log2| log2 as u8),
    }
}

pub(crate) fn global_type(ty: wasmparser::GlobalType) -> Result<GlobalType, Error> {
    Ok(GlobalType { content: val_type(ty.content_type)?, mutable: ty.mutable })
}
