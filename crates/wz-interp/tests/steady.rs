//! Calls between host and guest allocate nothing once everything is warm.

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use support::{DISPATCHES, Host};
use wz_core::types::{FuncType, ValType};

struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: passes everything on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, p: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(p, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

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
            let before = ALLOCATIONS.load(Ordering::Relaxed);
            for n in 0..100 {
                values[0] = n;
                wz_core::runtime::call(&mut host, run, &mut values).expect("no trap");
                assert_eq!(values[0], n);
            }
            ALLOCATIONS.load(Ordering::Relaxed) - before
        };
        count();
        assert_eq!(count(), 0, "{dispatch:?}");
    }
}
