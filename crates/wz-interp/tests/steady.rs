//! Calls between host and guest allocate nothing once everything is warm.

mod support;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;
use support::{DISPATCHES, Host};
use wz_core::types::{FuncType, ValType};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[test]
fn calls_allocate_nothing() {
    for dispatch in DISPATCHES {
        let mut host = Host::new(dispatch);
        let ty = FuncType::new([ValType::I64, ValType::F32], [ValType::I64]);
        host.host_func(ty, |_, _, values| {
            values[0] += values[1];
            Ok(())
        });
        let source = r#"(module (import "env" "f" (func $f (param i64 f32) (result i64)))
          (type $t (func (param i64 f32) (result i64))) (table funcref (elem $f))
          (func (export "run") (param i64) (result i64)
            (call_indirect (type $t) (call $f (local.get 0) (f32.const 0)) (f32.const 0) (i32.const 0))))"#;
        let instance = host.instantiate(source);
        let run = host.store.export(instance, "run").expect("open").expect("an export");
        let mut values = [0];
        let mut count = || {
            let region = Region::new(ALLOCATOR);
            for n in 0..100 {
                values[0] = n;
                wz_core::runtime::call(&mut host, run, &mut values).expect("no trap");
                assert_eq!(values[0], n);
            }
            let change = region.change();
            change.allocations + change.reallocations
        };
        count();
        assert_eq!(count(), 0, "{dispatch:?}");
    }
}
