//! Functions at the limits of what validation accepts.

mod support;

use std::fmt::Write;
use support::{DISPATCHES, Host, compile};
use wz_core::ErrorKind;
use wz_core::engine::{CompileOptions, Engine};
use wz_decode::DecodeConfig;
use wz_interp::{Dispatch, InterpEngine};

/// Runs `f` with an argument and gives its result, which is the same on both dispatches.
fn run(source: &str, args: &[u64]) -> u64 {
    let results = DISPATCHES.map(|dispatch| {
        let mut host = Host::with_stack(dispatch, 8 << 20);
        let instance = host.instantiate(source);
        host.call(instance, "f", args, 1).expect("no trap")[0]
    });
    assert_eq!(results[0], results[1]);
    results[0]
}

#[test]
fn branches_over_more_than_a_16_bit_distance() {
    let filler =
        "(local.set 0 (i32.rotl (i32.xor (local.get 0) (i32.const 77777)) (i32.const 3)))".repeat(30_000);
    let source = format!(
        r#"(module (func (export "f") (param i32) (result i32)
          (block $skip (br_if $skip (i32.lt_u (local.get 0) (i32.const 10))) {filler})
          (block $loop_done (loop $l (br_if $loop_done (i32.ge_u (local.get 0) (i32.const 10)))
            (local.set 0 (i32.add (local.get 0) (i32.const 1)))
            (br_if 1 (i32.eq (local.get 0) (i32.const 20))) {filler} (br $l)))
          (local.get 0)))"#
    );
    let step = |x: u32| (0..30_000).fold(x, |x, _| (x ^ 77777).rotate_left(3));
    let mut expected = 3;
    while expected < 10 {
        expected = step(expected + 1);
    }
    assert_eq!(run(&source, &[3]), u64::from(expected));
    assert_eq!(run(&source, &[50]), u64::from(step(50)));
}

#[test]
fn tables_of_many_targets() {
    let mut targets = String::new();
    for i in 0..200_000 {
        write!(targets, "{} ", i % 3).expect("a string takes it");
    }
    let source = format!(
        r#"(module (func (export "f") (param i32) (result i32)
          (block (block (block (br_table {targets} 2 (local.get 0))) (return (i32.const 100)))
            (return (i32.const 101))) (i32.const 102)))"#
    );
    for (index, expected) in
        [(0, 100), (1, 101), (2, 102), (199_999, 101), (200_000, 102), (0xffff_ffff, 102)]
    {
        assert_eq!(run(&source, &[index]), expected, "{index}");
    }
}

#[test]
fn many_locals_of_each_kind() {
    let vectors = "v128 ".repeat(40_000);
    let refs = "externref ".repeat(9_000);
    // The last locals of both kinds: data slots 80,000, references 9,000.
    let source = format!(
        r#"(module
          (func $g (param externref i32) (result i32) (local {vectors} {refs})
            (local.set 40001 (v128.const i64x2 5 6))
            (local.set 49001 (local.get 0))
            (local.set 0 (ref.null extern))
            (i32.add (local.get 1)
              (i32.add (i32x4.extract_lane 2 (local.get 40001))
                (i32.add (ref.is_null (local.get 49001)) (ref.is_null (local.get 49000))))))
          (func (export "f") (param i32) (result i32) (call $g (ref.null extern) (local.get 0))))"#
    );
    assert_eq!(run(&source, &[100]), 100 + 6 + 2);
}

#[test]
fn many_parameters_results_and_temporaries() {
    let n = 1000;
    let types = "i64 ".repeat(n);
    let gets: String = (0..n).rev().map(|i| format!("(local.get {i})")).collect();
    let consts: String = (0..n).map(|i| format!("(i64.const {i})")).collect();
    let live = 30_000;
    let pushes = "(local.get 0)".repeat(live);
    let adds = "(i64.add)".repeat(live - 1);
    let folds = "(i64.sub)".repeat(n - 1);
    let source = format!(
        r#"(module
          (func $reverse (param {types}) (result {types}) {gets})
          (func (export "f") (param i64) (result i64) (call $reverse {consts}) {folds} {pushes} {adds} (i64.add)))"#
    );
    // 999 - (998 - (997 - ..)), for the reversed list has 0 on top.
    let expected = (0..n as i64).fold(0, |rest, i| i - rest);
    assert_eq!(run(&source, &[2]), (expected + 2 * live as i64) as u64);
}

#[test]
fn code_over_the_limit_is_a_typed_error() {
    let engine = InterpEngine::new(Dispatch::Threaded);
    let source =
        format!("(module (func {}))", "(drop (memory.grow (i32.const 0)))".repeat(100) + ")(memory 0");
    let options = CompileOptions { max_code_bytes: 500, ..CompileOptions::default() };
    let result = compile(&engine, &source, &DecodeConfig::default(), &options);
    let error = result.map(|_| ()).expect_err("too large");
    assert!(matches!(error.kind(), ErrorKind::Limit(_)), "{error}");
    assert_eq!(engine.compiled_modules(), 0);
    let (_, code) =
        compile(&engine, &source, &DecodeConfig::default(), &CompileOptions::default()).expect("it compiles");
    assert_eq!(engine.compiled_modules(), 1);
    assert!(code.code_bytes() > 500);
    drop(code);
    assert_eq!(engine.compiled_modules(), 0);
}
