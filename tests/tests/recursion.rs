//! Recursion without end is a trap, whatever calls what, however large the frames, and however small the thread's own
//! stack; the runtime stays usable. Tail calls use no stack.

#![forbid(unsafe_code)]

use std::thread;
use wz_api::{
    Caller, Context, EngineKind, Error, HostModule, Module, Runtime, RuntimeConfig, TrapCode, Value,
};
use wz_tests::build::one_function;
use wz_tests::engines;
use wz_tests::guard::guarded;
use wz_tests::guest::{call, instantiate};

/// Bytes of frames, from less than a page to more than the guard of a stack.
const FRAMES: [usize; 6] = [0, 512, 5 << 10, 10 << 10, 70 << 10, 380 << 10];

/// A module whose functions call themselves in each way, with `bytes` of locals that are alive across the calls.
///
/// Every function counts its calls, and calls itself as long as it is given more than 0.
fn recursive(bytes: usize) -> String {
    let locals = bytes / 8;
    let declared = if locals > 0 { format!("(local {})", "i64 ".repeat(locals)) } else { String::new() };
    // The first local after the parameter, some in between, and the last; what is read must be what was written.
    let mut kept: Vec<usize> = (1..=locals).step_by(locals / 8 + 1).collect();
    kept.extend((locals > 0).then_some(locals));
    let sets: String = kept
        .iter()
        .map(|i| format!("(local.set {i} (i64.add (i64.extend_i32_u (local.get 0)) (i64.const {i})))"))
        .collect();
    let checks: String = kept
        .iter()
        .map(|i| {
            format!(
                "(if (i64.ne (local.get {i}) (i64.add (i64.extend_i32_u (local.get 0)) (i64.const {i})))
                    (then (unreachable)))"
            )
        })
        .collect();
    let function = |name: &str, again: &str| {
        format!(
            "(func ${name} (export \"{name}\") (param i32) (result i32) {declared}
                (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
                {sets}
                (if (local.get 0) (then (drop {again})))
                {checks}
                (local.get 0))"
        )
    };
    let next = "(i32.sub (local.get 0) (i32.const 1))";
    format!(
        r#"(module $one
            (import "host" "back" (func $back (param i32) (result i32)))
            (import "host" "other" (func $other (param i32) (result i32)))
            (global $calls (mut i32) (i32.const 0))
            (table (export "table") 4 funcref)
            (elem (i32.const 0) $indirect)
            {}{}{}{}{}
            (func (export "fine") (result i32) (global.set $calls (i32.const 0)) (i32.const 5))
            (func (export "calls") (result i32) (global.get $calls)))"#,
        function("direct", &format!("(call $direct {next})")),
        function("indirect", &format!("(call_indirect (param i32) (result i32) {next} (i32.const 0))")),
        function("through_host", &format!("(call $back {next})")),
        function("through_other", &format!("(call $other {next})")),
        function("through_table", &format!("(call_indirect (param i32) (result i32) {next} (i32.const 1))")),
    )
}

const WAYS: [&str; 5] = ["direct", "indirect", "through_table", "through_host", "through_other"];

/// Instances that can call each other in each way. The second calls the first by an import and is called by it through a
/// table and an import that the host forwards.
fn instances(engine: EngineKind, bytes: usize) -> (Runtime, Module) {
    let mut rt = Runtime::new(RuntimeConfig::new().with_engine(engine)).expect("a runtime can be had");
    let forward = |target: &'static str, name: &'static str| {
        move |mut caller: Caller<'_, ()>, n: i32| -> Result<i32, Error> {
            let module = Context::module(&caller, target).ok_or_else(|| Error::usage("no such module"))?;
            module.func::<i32, i32>(&caller, name)?.call(&mut caller, n)
        }
    };
    let host = HostModule::new("host")
        .func("back", forward("one", "through_host"))
        .func("other", forward("two", "here"));
    rt.instantiate_host(&host).expect("the host module links");
    let one = instantiate(&mut rt, recursive(bytes)).expect("the module links");
    rt.register("one", one).expect("the name is free");
    let two = r#"(module $two
        (import "one" "through_table" (func $table (param i32) (result i32)))
        (import "one" "through_other" (func $other (param i32) (result i32)))
        (import "one" "table" (table 4 funcref))
        (func $here (export "here") (param i32) (result i32) (call $other (local.get 0)))
        (func $there (param i32) (result i32) (call $table (local.get 0)))
        (elem (i32.const 1) $there))"#;
    let two = instantiate(&mut rt, two).expect("the module links");
    rt.register("two", two).expect("the name is free");
    (rt, one)
}

/// Checks that endless recursion in each way is a trap with a trace, and that finite recursion before and after is none.
fn recurse(engine: EngineKind, bytes: usize, ways: &[&str]) {
    let (mut rt, one) = instances(engine, bytes);
    for way in ways {
        for _ in 0..2 {
            let error = call(&mut rt, one, way, &[Value::I32(-1)]).expect_err(way);
            let trap = error.as_trap().unwrap_or_else(|| panic!("{engine}, {bytes}, {way}: {error}"));
            assert_eq!(trap.code, TrapCode::StackOverflow, "{engine}, {bytes}, {way}");
            assert!(!trap.backtrace.frames.is_empty(), "{engine}, {bytes}, {way}: no trace");
            let [Value::I32(calls)] = call(&mut rt, one, "calls", &[]).expect("returns")[..] else {
                panic!("one i32")
            };
            assert!(calls >= 4, "{engine}, {bytes}, {way}: only {calls} calls");
            let frames = trap.backtrace.frames.len() as u64 + trap.backtrace.omitted;
            assert!(frames >= calls as u64, "{engine}, {bytes}, {way}: {frames} frames of {calls} calls");
            assert_eq!(call(&mut rt, one, "fine", &[]).expect("returns"), [Value::I32(5)]);
            assert_eq!(call(&mut rt, one, way, &[Value::I32(2)]).expect("returns"), [Value::I32(2)]);
            assert_eq!(call(&mut rt, one, "fine", &[]).expect("returns"), [Value::I32(5)]);
        }
    }
}

#[test]
fn recursion_in_each_way_with_frames_of_each_size() {
    for &engine in engines() {
        for bytes in FRAMES {
            // Each call of the host starts with a stack of its own, which large frames make costly to fill.
            let ways = if bytes <= 10 << 10 { &WAYS[..] } else { &WAYS[..3] };
            guarded(move || recurse(engine, bytes, ways));
        }
    }
}

#[test]
fn recursion_from_small_threads() {
    // Where the host is called, its stack must hold some calls of it.
    for (stack, ways) in [(128 << 10, &WAYS[..2]), (1 << 20, &WAYS)] {
        for &engine in engines() {
            for bytes in [0, 70 << 10] {
                let thread = thread::Builder::new().stack_size(stack);
                let thread = thread.spawn(move || recurse(engine, bytes, ways)).expect("a thread can be had");
                assert!(thread.join().is_ok(), "{engine} on {stack} bytes");
            }
        }
    }
}

#[test]
fn frames_of_a_mebibyte() {
    use wasm_encoder::{BlockType, Function, ValType};
    const ALIVE: i32 = (1 << 20) / 8 - 40_000;
    // So many locals, and temporaries that are alive across the call: each is the parameter.
    let mut function = Function::new([(40_000, ValType::I32)]);
    let mut code = function.instructions();
    for _ in 0..ALIVE {
        code.local_get(0).i32_const(1).i32_add();
    }
    code.local_get(0).local_set(40_000);
    code.local_get(0).if_(BlockType::Result(ValType::I32));
    code.local_get(0).i32_const(1).i32_sub().call(0).else_().i32_const(0).end();
    for _ in 0..ALIVE {
        code.i32_add();
    }
    code.local_get(40_000).i32_add().end();
    let wasm = one_function(&[ValType::I32], &[ValType::I32], &function);
    for &engine in engines() {
        let wasm = wasm.clone();
        guarded(move || {
            let mut rt =
                Runtime::new(RuntimeConfig::new().with_engine(engine)).expect("a runtime can be had");
            let module = instantiate(&mut rt, wasm).expect("the module links");
            for _ in 0..3 {
                let sum = (0..=10).map(|n: i32| (n + 1) * ALIVE + n).sum();
                let results = call(&mut rt, module, "f0", &[Value::I32(10)]).expect("11 MiB");
                assert_eq!(results, [Value::I32(sum)], "{engine}");
                let error = call(&mut rt, module, "f0", &[Value::I32(20)]).expect_err("21 MiB");
                assert_eq!(error.trap_code(), Some(TrapCode::StackOverflow), "{engine}");
            }
        });
    }
}

#[test]
fn frames_larger_than_the_stack() {
    for &engine in engines() {
        guarded(move || {
            let config = RuntimeConfig::new().with_engine(engine).with_guest_stack_bytes(1 << 20);
            let mut rt = Runtime::new(config).expect("a runtime can be had");
            let locals = "i64 ".repeat(49_998);
            let adds: String = (1..24)
                .map(|k| format!("(local.set {k} (i64.add (local.get {}) (local.get 49998)))", k - 1))
                .collect();
            let source = format!(
                r#"(module
                    (func $deep (param i32) (result i64) (local {locals}) {}
                        (if (local.get 0) (then (drop (call $deep (i32.sub (local.get 0) (i32.const 1))))))
                        (local.get 23))
                    (func (export "deep") (param i32) (result i64) (call $deep (local.get 0)))
                    (func (export "fine") (result i32) (i32.const 5)))"#,
                adds.replace("(local.get 0)", "(i64.const 1)")
            );
            let module = instantiate(&mut rt, source).expect("the module links");
            for _ in 0..3 {
                assert_eq!(
                    call(&mut rt, module, "deep", &[Value::I32(1)]).expect("returns"),
                    [Value::I64(1)]
                );
                let error = call(&mut rt, module, "deep", &[Value::I32(10)]).expect_err("400 KB each");
                assert_eq!(error.trap_code(), Some(TrapCode::StackOverflow));
                assert_eq!(call(&mut rt, module, "fine", &[]).expect("returns"), [Value::I32(5)]);
            }
        });
    }
}

/// Functions that call each other in tail position, with more and fewer parameters than there are registers, and results
/// beyond them.
const TAIL_CALLS: &str = r#"(module
    (type $few (func (param i32 i64) (result i64)))
    (type $many (func (param i32 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 f64) (result i64)))
    (table funcref (elem $few_indirect $many_indirect $few $many))
    (func $few (export "direct") (type $few)
        (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
        (return_call $many (i32.sub (local.get 0) (i32.const 1)) (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4)
            (i64.const 5) (i64.const 6) (i64.const 7) (i64.const 8) (i64.const 9) (i64.const 10) (local.get 1) (f64.const 0.5)))
    (func $many (type $many)
        (return_call $few (local.get 0) (i64.add (local.get 11) (i64.add (local.get 10) (i64.trunc_f64_s (f64.mul (local.get 12) (f64.const 4)))))))
    (func $few_indirect (export "indirect") (type $few)
        (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
        (return_call_indirect (type $many) (i32.sub (local.get 0) (i32.const 1)) (i64.const 1) (i64.const 2) (i64.const 3)
            (i64.const 4) (i64.const 5) (i64.const 6) (i64.const 7) (i64.const 8) (i64.const 9) (i64.const 10) (local.get 1)
            (f64.const 0.5) (i32.const 1)))
    (func $many_indirect (type $many)
        (return_call_indirect (type $few) (local.get 0)
            (i64.add (local.get 11) (i64.add (local.get 10) (i64.trunc_f64_s (f64.mul (local.get 12) (f64.const 4)))))
            (i32.const 0)))
    (func $wide (export "wide") (param i32 i64) (result i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
        (if (i32.eqz (local.get 0)) (then (return
            (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5) (i64.const 6) (i64.const 7) (i64.const 8)
            (i64.const 9) (local.get 1))))
        (return_call $wider (i32.sub (local.get 0) (i32.const 1)) (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0)
            (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 12) (local.get 1)))
    (func $wider (param i32 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
        (result i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
        (return_call $wide (local.get 0) (i64.add (local.get 9) (local.get 10))))
    (func (export "called") (param i32 i64) (result i64) (local i64)
        (local.set 2 (i64.const 100))
        (i64.add (call $few (local.get 0) (local.get 1)) (local.get 2))))"#;

#[test]
fn tail_calls_use_no_stack() {
    const CALLS: i32 = 1_000_000;
    // Each round adds 12.
    let sum = 12 * i64::from(CALLS) + 7;
    for &engine in engines() {
        guarded(move || {
            let config = RuntimeConfig::new().with_engine(engine).with_guest_stack_bytes(256 << 10);
            let mut rt = Runtime::new(config).expect("a runtime can be had");
            let module = instantiate(&mut rt, TAIL_CALLS).expect("the module links");
            let args = [Value::I32(CALLS), Value::I64(7)];
            for (name, expected) in [("direct", sum), ("indirect", sum), ("called", sum + 100)] {
                let results = call(&mut rt, module, name, &args).expect(name);
                assert_eq!(results, [Value::I64(expected)], "{name} on {engine}");
            }
            let results = call(&mut rt, module, "wide", &args).expect("wide");
            let expected: Vec<Value> = (1..10).chain([sum]).map(Value::I64).collect();
            assert_eq!(results, expected, "wide on {engine}");
        });
    }
}

#[test]
fn tail_calls_between_instances_use_no_stack() {
    const CALLS: i32 = 1_000_000;
    for &engine in engines() {
        guarded(move || {
            let config = RuntimeConfig::new().with_engine(engine).with_guest_stack_bytes(256 << 10);
            let mut rt = Runtime::new(config).expect("a runtime can be had");
            let host = HostModule::new("host").func("last", |_: Caller<'_, ()>, n: i32| n + 1000);
            rt.instantiate_host(&host).expect("the host module links");
            let one = r#"(module
                (import "host" "last" (func $last (param i32) (result i32)))
                (type $t (func (param i32 i32) (result i32)))
                (memory 1)
                (data (i32.const 0) "\01")
                (table (export "table") 2 funcref)
                (elem (i32.const 0) $one)
                (func $one (export "one") (type $t)
                    (if (i32.eqz (local.get 0)) (then (return_call $last (local.get 1))))
                    (return_call_indirect (type $t) (i32.sub (local.get 0) (i32.const 1))
                        (i32.add (local.get 1) (i32.load8_u (i32.const 0))) (i32.const 1)))
                (func (export "called") (param i32) (result i32)
                    (i32.add (call $one (local.get 0) (i32.const 0)) (i32.load8_u (i32.const 0)))))"#;
            let one = instantiate(&mut rt, one).expect("the module links");
            rt.register("one", one).expect("the name is free");
            // Its memory holds another number: each instance must see its own.
            let two = r#"(module
                (import "one" "one" (func $one (param i32 i32) (result i32)))
                (import "one" "table" (table 2 funcref))
                (memory 1)
                (data (i32.const 0) "\02")
                (func $two (param i32 i32) (result i32)
                    (return_call $one (local.get 0) (i32.add (local.get 1) (i32.load8_u (i32.const 0)))))
                (elem (i32.const 1) $two))"#;
            instantiate(&mut rt, two).expect("the module links");
            let results = call(&mut rt, one, "called", &[Value::I32(CALLS)]);
            let results = results.unwrap_or_else(|error| panic!("{engine}: {error}"));
            assert_eq!(results, [Value::I32(3 * CALLS + 1000 + 1)], "{engine}");
        });
    }
}
