//! The host module `spectest`, which the specification's test scripts import from.

use wz_api::{
    Caller, Features, GlobalType, HostModule, Limits, MemoryType, RefType, TableType, ValType, Value,
};

/// The host module, with what the scripts for `features` expect.
pub fn spectest(features: Features) -> HostModule<()> {
    let global = |content| GlobalType { content, mutable: false };
    let table =
        |table64| TableType { element: RefType::FUNCREF, limits: Limits { min: 10, max: Some(20) }, table64 };
    let null = || Value::FuncRef(None);
    let module = HostModule::new("spectest")
        .func("print", |_: Caller<'_, ()>| {})
        .func("print_i32", |_: Caller<'_, ()>, _: i32| {})
        .func("print_i64", |_: Caller<'_, ()>, _: i64| {})
        .func("print_f32", |_: Caller<'_, ()>, _: f32| {})
        .func("print_f64", |_: Caller<'_, ()>, _: f64| {})
        .func("print_i32_f32", |_: Caller<'_, ()>, _: i32, _: f32| {})
        .func("print_f64_f64", |_: Caller<'_, ()>, _: f64, _: f64| {})
        .global("global_i32", global(ValType::I32), Value::I32(666))
        .global("global_i64", global(ValType::I64), Value::I64(666))
        .global("global_f32", global(ValType::F32), Value::F32(666.6_f32.to_bits()))
        .global("global_f64", global(ValType::F64), Value::F64(666.6_f64.to_bits()))
        .table("table", table(false), null())
        .memory("memory", MemoryType::new(1, Some(2)));
    if features.contains(Features::MEMORY64) { module.table("table64", table(true), null()) } else { module }
}
