//! Programs that run on both dispatches.

mod support;

use support::{DISPATCHES, Host};
use wz_core::TrapCode;

const FIB: &str = r#"(module
  (func $fib (export "fib") (param i32) (result i32)
    (if (result i32) (i32.lt_s (local.get 0) (i32.const 2))
      (then (local.get 0))
      (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                     (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
  (func (export "sum") (param i64) (result i64) (local $sum i64)
    (loop $l
      (local.set $sum (i64.add (local.get $sum) (local.get 0)))
      (br_if $l (i32.wrap_i64 (local.tee 0 (i64.sub (local.get 0) (i64.const 1))))))
    (local.get $sum)))"#;

#[test]
fn recursion_and_loops() {
    for dispatch in DISPATCHES {
        let mut host = Host::new(dispatch);
        let instance = host.instantiate(FIB);
        assert_eq!(host.call(instance, "fib", &[20], 1).expect("no trap"), [6765]);
        assert_eq!(host.call(instance, "sum", &[100], 1).expect("no trap"), [5050]);
    }
}

/// A loop of ten million iterations on a small host stack: handlers jump, they do not call each other.
#[test]
fn dispatch_takes_no_host_stack() {
    let thread = std::thread::Builder::new().stack_size(256 << 10);
    let run = || {
        for dispatch in DISPATCHES {
            let mut host = Host::new(dispatch);
            let instance = host.instantiate(FIB);
            let sum = host.call(instance, "sum", &[10_000_000], 1).expect("no trap");
            assert_eq!(sum, [50_000_005_000_000]);
        }
    };
    thread.spawn(run).expect("a thread").join().expect("no panic");
}

#[test]
fn endless_recursion_is_a_trap_with_a_backtrace() {
    for dispatch in DISPATCHES {
        let mut host = Host::new(dispatch);
        let instance = host.instantiate(r#"(module (func $f (export "f") (call $f)))"#);
        let error = host.call(instance, "f", &[], 0).expect_err("a trap");
        let trap = error.as_trap().expect("a trap");
        assert_eq!(trap.code, TrapCode::StackOverflow);
        assert_eq!(trap.backtrace.frames.len(), wz_core::Backtrace::MAX_FRAMES);
        assert!(trap.backtrace.omitted > 1000);
    }
}
