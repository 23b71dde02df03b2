//! Calls of every kind: lists of every form, several results, references, tail calls, other instances, the host.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use support::{DISPATCHES, Host, call};
use wz_core::types::{FuncType, ValType};
use wz_core::{Error, ErrorKind, TrapCode};
use wz_decode::DecodeConfig;

#[test]
fn lists_of_every_form() {
    // 0 to 3 slots, more, constants among them, constants too large for a list, vectors, references, more than 16.
    let sum = |n: usize| {
        let params = "i64 ".repeat(n);
        let body: String =
            (0..n).map(|i| format!("(i64.mul (local.get {i}) (i64.const {}))", i + 1)).collect();
        let adds = "(i64.add)".repeat(n.saturating_sub(1));
        let body = if n == 0 { "(i64.const 7)".into() } else { format!("{body}{adds}") };
        format!("(func $sum{n} (param {params}) (result i64) {body})")
    };
    let callers: String = [0usize, 1, 2, 3, 4, 16, 17, 40]
        .iter()
        .map(|n| {
            let slots = "(local.get 0)".repeat(*n);
            let consts: String =
                (0..*n).map(|i| format!("(i64.const {})", i as u64 * 0x1_0000_0001)).collect();
            format!(
                r#"{} (func (export "slots{n}") (param i64) (result i64) (call $sum{n} {slots}))
                (func (export "consts{n}") (result i64) (call $sum{n} {consts}))
                (func (export "tail{n}") (param i64) (result i64) (return_call $sum{n} {slots}))
                (func (export "indirect{n}") (param i64) (result i64)
                  (call_indirect (type $t{n}) {slots} (i32.const {n})))
                (elem (i32.const {n}) $sum{n})
                (type $t{n} (func (param {}) (result i64)))"#,
                sum(*n),
                "i64 ".repeat(*n)
            )
        })
        .collect();
    let source = format!("(module (table 64 funcref) {callers})");
    for dispatch in DISPATCHES {
        let mut host = Host::new(dispatch);
        let instance = host.instantiate(&source);
        for n in [0u64, 1, 2, 3, 4, 16, 17, 40] {
            let weights = n * (n + 1) / 2;
            let expected = if n == 0 { 7 } else { 5 * weights };
            for kind in ["slots", "tail", "indirect"] {
                let name = format!("{kind}{n}");
                assert_eq!(host.call(instance, &name, &[5], 1).expect("no trap"), [expected], "{name}");
            }
            let expected = (0..n).map(|i| i * (i + 1) * 0x1_0000_0001).sum::<u64>();
            let expected = if n == 0 { 7 } else { expected };
            assert_eq!(host.call(instance, &format!("consts{n}"), &[], 1).expect("no trap"), [expected]);
        }
    }
}

const MIXED: &str = r#"(module
  (import "env" "f" (func $host (param i32 externref v128 externref f64) (result externref f32 v128 externref)))
  (func $shuffle (param $r externref) (param $i i32) (param $v v128) (param $s externref)
                 (result externref v128 i32 externref)
    (local.get $s) (local.get $v) (local.get $i) (local.get $r))
  (func (export "guest") (param externref i32 v128 externref) (result externref v128 i32 externref)
    (call $shuffle (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
  (func (export "guest-null") (result externref v128 i32 externref)
    (call $shuffle (ref.null extern) (i32.const -1) (v128.const i64x2 3 4) (ref.null extern)))
  (func (export "guest-tail") (param externref i32 v128 externref) (result externref v128 i32 externref)
    (return_call $shuffle (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
  (func (export "host") (param externref externref) (result externref f32 v128 externref)
    (call $host (i32.const 7) (local.get 0) (v128.const i64x2 1 2) (local.get 1) (f64.const 2.5)))
  (func (export "host-tail") (param externref externref) (result externref f32 v128 externref)
    (return_call $host (i32.const 7) (local.get 0) (v128.const i64x2 1 2) (local.get 1) (f64.const 2.5))))"#;

#[test]
fn references_and_vectors_among_arguments_and_results() {
    for dispatch in DISPATCHES {
        let mut host = Host::new(dispatch);
        let [one, two] = [1u32, 2].map(|n| host.store.externref_new(Arc::new(n)).expect("room"));
        let extern_ref = ValType::EXTERNREF;
        let ty = FuncType::new(
            [ValType::I32, extern_ref, ValType::V128, extern_ref, ValType::F64],
            [extern_ref, ValType::F32, ValType::V128, extern_ref],
        );
        host.host_func(ty, move |_, _, values| {
            assert_eq!(values, [7, one, 1, 2, two, 2.5f64.to_bits()]);
            values[..5].copy_from_slice(&[two, u64::from(1.5f32.to_bits()), 3, 4, one]);
            Ok(())
        });
        let instance = host.instantiate(MIXED);
        for name in ["guest", "guest-tail"] {
            let results = host.call(instance, name, &[one, 9, 10, 11, two], 5).expect("no trap");
            assert_eq!(results, [two, 10, 11, 9, one], "{name}");
        }
        let results = host.call(instance, "guest-null", &[], 5).expect("no trap");
        assert_eq!(results, [0, 3, 4, 0xffff_ffff, 0]);
        for name in ["host", "host-tail"] {
            let results = host.call(instance, name, &[one, two], 5).expect("no trap");
            assert_eq!(results, [two, u64::from(1.5f32.to_bits()), 3, 4, one], "{name}");
        }
    }
}

/// Tail calls between functions with frames of different sizes, in two instances, a million deep.
#[test]
fn tail_calls_take_no_stack() {
    for dispatch in DISPATCHES {
        let mut host = Host::with_stack(dispatch, 64 << 10);
        let config = DecodeConfig::default();
        let first = r#"(module
          (type $t (func (param i64 i64) (result i64)))
          (memory (export "m") 1)
          (table (export "t") 2 funcref)
          (elem (i32.const 0) $even)
          (func $even (export "even") (param $n i64) (param $depth i64) (result i64) (local i64 i64 i64 externref)
            (i64.store (i32.const 0) (local.get $depth))
            (if (i64.eqz (local.get $n)) (then (return (local.get $depth))))
            (return_call_indirect (type $t) (i64.sub (local.get $n) (i64.const 1))
              (i64.add (local.get $depth) (i64.const 1)) (i32.const 1))))"#;
        let second = r#"(module
          (type $t (func (param i64 i64) (result i64)))
          (import "first" "t" (table 2 funcref))
          (import "first" "even" (func $even (param i64 i64) (result i64)))
          (memory 2)
          (elem (i32.const 1) $odd)
          (func $odd (param i64 i64) (result i64) (local externref externref)
            (i64.store (i32.const 65540) (local.get 1))
            (return_call $even (i64.sub (local.get 0) (i64.const 1)) (i64.add (local.get 1) (i64.const 1)))))"#;
        let first = host.instantiate_as(first, Some("first"), &config);
        host.instantiate_as(second, None, &config);
        let result = host.call(first, "even", &[1_000_000, 0], 1).expect("no trap");
        assert_eq!(result, [1_000_000]);
    }
}

/// After a call into another instance, its memory is no longer the one in use.
#[test]
fn each_instance_has_its_own_memory() {
    for dispatch in DISPATCHES {
        let mut host = Host::new(dispatch);
        let config = DecodeConfig::default();
        let other = r#"(module (memory 1) (data (i32.const 0) "\02")
          (func (export "grow") (result i32) (drop (memory.grow (i32.const 1))) (i32.load8_u (i32.const 0))))"#;
        let user = r#"(module (import "other" "grow" (func $grow (result i32))) (memory 1) (data (i32.const 0) "\01")
          (func (export "run") (result i32)
            (i32.add (i32.mul (call $grow) (i32.const 10)) (i32.load8_u (i32.const 0))))
          (func (export "beyond") (result i32) (drop (call $grow)) (i32.load (i32.const 65536))))"#;
        host.instantiate_as(other, Some("other"), &config);
        let user = host.instantiate_as(user, None, &config);
        assert_eq!(host.call(user, "run", &[], 1).expect("no trap"), [21]);
        let error = host.call(user, "beyond", &[], 1).expect_err("beyond its own memory");
        assert_eq!(error.trap_code(), Some(TrapCode::MemoryOutOfBounds));
    }
}

/// A host function calls back into the guest, which grows the memory that the outer call goes on with.
#[test]
fn nested_calls_and_growth_in_between() {
    for dispatch in DISPATCHES {
        let mut host = Host::new(dispatch);
        host.host_func(FuncType::new([ValType::I32], [ValType::I32]), |cx, caller, values| {
            let caller = caller.expect("a guest calls");
            let grow = cx.store().export(caller, "grow")?.expect("an export");
            values[0] = call(cx, grow, &[values[0]], 1)?[0];
            Ok(())
        });
        let source = r#"(module (import "env" "f" (func $f (param i32) (result i32))) (memory 1)
          (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
          (func (export "run") (param i32) (result i32)
            (drop (call $f (local.get 0)))
            (i32.store (i32.const 131068) (i32.const 42))
            (i32.load (i32.const 131068))))"#;
        let instance = host.instantiate(source);
        assert_eq!(host.call(instance, "run", &[1], 1).expect("no trap"), [42]);
    }
}

#[test]
fn errors_of_host_functions_pass_unchanged() {
    #[derive(Debug)]
    struct Refused(u32);
    impl std::fmt::Display for Refused {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "refused {}", self.0)
        }
    }
    impl std::error::Error for Refused {}

    for dispatch in DISPATCHES {
        let mut host = Host::new(dispatch);
        host.host_func(FuncType::new([ValType::I32], []), |_, _, values| match values[0] {
            0 => Ok(()),
            1 => Err(Error::exit(3)),
            2 => panic!("a panic of the host"),
            n => Err(Error::host(Refused(n as u32))),
        });
        let source = r#"(module (import "env" "f" (func $f (param i32)))
          (func (export "run") (param i32) (call $f (local.get 0)))
          (func (export "tail") (param i32) (return_call $f (local.get 0))))"#;
        let instance = host.instantiate(source);
        for name in ["run", "tail"] {
            host.call(instance, name, &[0], 0).expect("no error");
            assert_eq!(host.call(instance, name, &[1], 0).expect_err("exit").exit_code(), Some(3));
            let error = host.call(instance, name, &[9], 0).expect_err("an error");
            assert_eq!(error.downcast_host::<Refused>().map(|e| e.0), Some(9));
            let error = host.call(instance, name, &[2], 0).expect_err("a panic");
            assert!(matches!(error.kind(), ErrorKind::Host(_)));
            assert!(error.into_panic().is_ok());
        }
    }
}

/// A guest can be walked while it is stopped in a host function: each frame's function, place and references.
#[test]
fn backtraces_from_within_a_host_function() {
    for dispatch in DISPATCHES {
        let mut host = Host::new(dispatch);
        let seen = Arc::new(AtomicU64::new(0));
        let count = seen.clone();
        host.host_func(FuncType::new([], []), move |cx, _, _| {
            let backtrace = wz_core::runtime::backtrace::capture(cx.store());
            let functions: Vec<u32> = backtrace.frames.iter().map(|f| f.function).collect();
            assert_eq!(functions, [1, 2, 3], "{backtrace}");
            let offsets: Vec<u64> = backtrace.frames.iter().map(|f| f.offset.expect("an offset")).collect();
            assert!(offsets.windows(2).all(|w| w[0] < w[1]), "functions lie in order: {offsets:x?}");
            cx.store_mut().collect_garbage();
            count.fetch_add(1, Ordering::Relaxed);
            Ok(())
        });
        let source = r#"(module (import "env" "f" (func $f))
          (func $inner (call $f))
          (func $middle (param externref) (result externref) (call $inner) (local.get 0))
          (func (export "run") (param externref) (result externref) (local externref)
            (local.set 1 (call $middle (local.get 0))) (local.get 1)))"#;
        let instance = host.instantiate(source);
        let reference = host.store.externref_new(Arc::new(5u32)).expect("room");
        let result = host.call(instance, "run", &[reference], 1).expect("no trap");
        assert_eq!(result, [reference]);
        assert_eq!(seen.load(Ordering::Relaxed), 1);
        let value = host.store.externref_get(result[0]).expect("frames kept it alive");
        assert_eq!(value.downcast_ref::<u32>(), Some(&5));
    }
}
