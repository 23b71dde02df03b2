//! Calls between host and guest allocate nothing.

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;
use wz_api::{Caller, HostModule, ModuleConfig, Runtime};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[test]
fn typed_calls_allocate_nothing() {
    let host = HostModule::<u64>::new("host").func("add", |mut c: Caller<u64>, a: u64, b: f64| {
        *c.data_mut() += a;
        (b + 1.0, a)
    });
    let mut rt = Runtime::with_data(Default::default(), 0).unwrap();
    rt.instantiate_host(&host).unwrap();
    let code = rt
        .compile(
            r#"(module
                (import "host" "add" (func $add (param i64 f64) (result f64 i64)))
                (func (export "run") (param i64 f64) (result f64 i64)
                    (local $n i32)
                    (loop $again
                        (drop (drop (call $add (local.get 0) (local.get 1))))
                        (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 99))))
                    (call $add (local.get 0) (local.get 1))))"#,
        )
        .unwrap();
    let module = rt.instantiate(&code, ModuleConfig::new()).unwrap();
    let run = module.func::<(u64, f64), (f64, u64)>(&rt, "run").unwrap();
    // The first call makes what the others reuse.
    run.call(&mut rt, (0, 0.0)).unwrap();
    let region = Region::new(ALLOCATOR);
    for _ in 0..100 {
        assert_eq!(run.call(&mut rt, (2, 0.5)).unwrap(), (1.5, 2));
    }
    let change = region.change();
    assert_eq!((change.allocations, change.reallocations), (0, 0), "{change:?}");
    assert_eq!(*rt.data(), 20_000);
}
