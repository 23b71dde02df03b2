//! Memories and tables grow up to their limits and no further, keep what they hold, and are seen at their new place and
//! size by all code, also by callers of whatever made them grow.

#![forbid(unsafe_code)]

use wz_api::{Caller, Error, HostModule, Module, Runtime, TrapCode, Value};
use wz_tests::Mode;
use wz_tests::guard::guarded;
use wz_tests::guest::{Instance, call, instantiate};

/// Runs `body` in each mode under the hang guard.
fn in_each_mode(body: impl Fn(Mode) + Send + Clone + 'static) {
    for mode in Mode::all() {
        let body = body.clone();
        guarded(move || body(mode));
    }
}

const PAGE: i32 = 65536;

fn numbers(results: Vec<Value>) -> Vec<i32> {
    let number = |value: &Value| if let Value::I32(x) = value { *x } else { panic!("{value:?}") };
    results.iter().map(number).collect()
}

#[test]
fn memories_grow_to_their_limit() {
    // Declared maximum, the runtime's limit, and what the memory comes to have at most.
    for (maximum, limit, most) in
        [("", 40, 40), ("30", 65536, 30), ("30", 20, 20), ("3", 65536, 3), ("70", 40, 40)]
    {
        in_each_mode(move |mode| {
            let rt = Runtime::new(mode.config().with_max_memory_pages(limit)).expect("a runtime can be had");
            let source = format!(
                r#"(module
                    (memory 3 {maximum})
                    (func (export "grow") (param i32) (result i32 i32) (memory.grow (local.get 0)) (memory.size))
                    (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
                    (func (export "store") (param i32) (i32.store8 (local.get 0) (i32.const 77))))"#
            );
            let mut instance = Instance::new(rt, source);
            let grow = |instance: &mut Instance, n: i32| numbers(instance.call("grow", &[Value::I32(n)]));
            let at = |page: i32, byte: i32| [Value::I32(page.wrapping_mul(PAGE).wrapping_add(byte))];
            let mut size = 3;
            for page in 0..3 {
                instance.call("store", &at(page, 5));
            }
            for step in [0, -1, 1 << 16, 65534, i32::MIN, i32::MAX, most - 3 + 1, 1, 0, 7, 1, 100, most] {
                let expected = if step >= 0 && step <= most - size { size + step } else { size };
                let before = if expected == size && step != 0 { -1 } else { size };
                assert_eq!(
                    grow(&mut instance, step),
                    [before, expected],
                    "{mode}: {size} + {step} of {most}"
                );
                for page in size..expected {
                    assert_eq!(numbers(instance.call("load", &at(page, 5))), [0], "{mode}");
                    instance.call("store", &at(page, 5));
                }
                size = expected;
                for page in 0..size {
                    assert_eq!(numbers(instance.call("load", &at(page, 5))), [77], "{mode}: page {page}");
                }
                assert_eq!(numbers(instance.call("load", &at(size, -1))), [0], "{mode}");
                for beyond in [at(size, 0), at(size, 5), at(-1, 0), at(0, -1)] {
                    assert_eq!(instance.trap("load", &beyond), TrapCode::MemoryOutOfBounds, "{mode}");
                    assert_eq!(instance.trap("store", &beyond), TrapCode::MemoryOutOfBounds, "{mode}");
                }
            }
            let rest = most - size;
            if rest > 0 {
                assert_eq!(grow(&mut instance, rest), [size, most], "{mode}");
            }
            assert_eq!(grow(&mut instance, 1), [-1, most], "{mode}");
            assert_eq!(grow(&mut instance, 0), [most, most], "{mode}");
        });
    }
}

#[test]
fn memories_grow_to_the_whole_address_space() {
    in_each_mode(|mode| {
        let source = r#"(module
            (memory 1)
            (func (export "grow") (param i32) (result i32 i32) (memory.grow (local.get 0)) (memory.size))
            (func (export "last") (result i32) (i32.load8_u offset=4294967295 (i32.const 0)))
            (func (export "other last") (param i32) (result i32) (i32.load (local.get 0)))
            (func (export "set") (i32.store8 offset=4294967290 (i32.const 5) (i32.const 9))))"#;
        let mut instance = Instance::new(mode.runtime(), source);
        assert_eq!(instance.trap("last", &[]), TrapCode::MemoryOutOfBounds, "{mode}");
        assert_eq!(numbers(instance.call("grow", &[Value::I32(65536)])), [-1, 1], "{mode}");
        assert_eq!(numbers(instance.call("grow", &[Value::I32(65535)])), [1, 65536], "{mode}");
        assert_eq!(numbers(instance.call("grow", &[Value::I32(1)])), [-1, 65536], "{mode}");
        instance.call("set", &[]);
        assert_eq!(numbers(instance.call("last", &[])), [9], "{mode}");
        assert_eq!(numbers(instance.call("other last", &[Value::I32(-4)])), [9 << 24], "{mode}");
        assert_eq!(instance.trap("other last", &[Value::I32(-3)]), TrapCode::MemoryOutOfBounds, "{mode}");
    });
}

/// The memory's owner, which lets it grow in many ways while a caller has it in use.
const OWNER: &str = r#"(module $owner
    (import "host" "grow" (func $host))
    (import "host" "grow_directly" (func $directly))
    (memory (export "memory") 1)
    (table (export "table") 3 funcref)
    (elem (i32.const 0) $callee)
    (func $callee (export "grow") (drop (memory.grow (i32.const 1))))
    (func $tail (return_call $callee))
    (func $many (param i64 i64 i64 i64 i64 i64 i64 i64 i64 i64) (drop (memory.grow (i32.const 1))))
    (func $check (param $before i32) (result i32)
        ;; Both ends of the new page, and what was there before.
        (i32.store8 (i32.mul (local.get $before) (i32.const 65536)) (i32.const 1))
        (i32.store8 offset=65535 (i32.mul (local.get $before) (i32.const 65536)) (i32.const 2))
        (i32.add (i32.load (i32.const 100))
            (i32.add (i32.load8_u (i32.mul (local.get $before) (i32.const 65536)))
                (i32.load8_u offset=65535 (i32.mul (local.get $before) (i32.const 65536))))))
    WAYS)"#;

/// Ways in which the memory grows by a page.
const WAYS: [(&str, &str); 8] = [
    ("itself", "(drop (memory.grow (i32.const 1)))"),
    ("callee", "(call $callee)"),
    (
        "callee with many arguments",
        "(call $many (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1)
        (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1))",
    ),
    ("callee of a tail call", "(call $tail)"),
    ("indirect callee", "(call_indirect (i32.const 0))"),
    ("other instance", "(call_indirect (i32.const 1))"),
    ("host", "(call $host)"),
    ("host's own", "(call $directly)"),
];

#[test]
fn callers_see_the_memory_at_its_new_place() {
    in_each_mode(|mode| {
        let mut rt = mode.runtime();
        let owner = |caller: &Caller<'_, ()>| caller.module().ok_or_else(|| Error::usage("a guest calls"));
        let host = HostModule::new("host")
            .func("grow", move |mut caller: Caller<'_, ()>| -> Result<(), Error> {
                let module = owner(&caller)?;
                module.func::<(), ()>(&caller, "grow")?.call(&mut caller, ())
            })
            .func("grow_directly", move |mut caller: Caller<'_, ()>| -> Result<(), Error> {
                let memory = owner(&caller)?.memory(&caller, "memory")?;
                memory.grow(&mut caller, 1).map(|_| ())
            });
        rt.instantiate_host(&host).expect("the host module links");
        let ways: String = WAYS
            .iter()
            .map(|(name, way)| {
                // Plain, in a loop, and between two accesses whose index and value stay in registers.
                format!(
                    r#"(func (export "{name}") (result i32) (local $before i32)
                        (local.set $before (memory.size))
                        (i32.store (i32.const 100) (i32.const 1000))
                        {way}
                        (call $check (local.get $before)))
                    (func (export "{name}, between") (param $at i32) (result i32) (local $before i32) (local $sum i32)
                        (local.set $before (memory.size))
                        (i32.store (local.get $at) (i32.const 1000))
                        (local.set $sum (i32.load (local.get $at)))
                        {way}
                        (i32.store offset=4 (local.get $at) (i32.add (local.get $sum) (i32.load (local.get $at))))
                        (i32.load offset=4 (local.get $at)))
                    (func (export "{name}, in a loop") (param $at i32) (result i32) (local $n i32)
                        (i32.store (local.get $at) (i32.const 0))
                        (loop $again
                            (i32.store (local.get $at) (i32.add (i32.load (local.get $at)) (i32.const 1)))
                            {way}
                            (i32.store (local.get $at) (i32.add (i32.load (local.get $at)) (i32.const 10)))
                            (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 5))))
                        (i32.load (local.get $at)))"#
                )
            })
            .collect();
        let owner = instantiate(&mut rt, OWNER.replace("WAYS", &ways)).expect("the module links");
        rt.register("owner", owner).expect("the name is free");
        let other = r#"(module
            (import "owner" "memory" (memory 1))
            (import "owner" "table" (table 3 funcref))
            (import "owner" "grow" (func $callee))
            (func $grow
                (i32.store (i32.const 200) (i32.const 5))
                (drop (memory.grow (i32.const 1)))
                (if (i32.ne (i32.load (i32.const 200)) (i32.const 5)) (then (unreachable))))
            (func (export "importer") (result i32) (local $before i32)
                (local.set $before (memory.size))
                (i32.store (i32.const 100) (i32.const 1000))
                (call $callee)
                (i32.store8 offset=65535 (i32.mul (local.get $before) (i32.const 65536)) (i32.const 2))
                (i32.add (i32.load (i32.const 100)) (i32.load8_u offset=65535 (i32.mul (local.get $before) (i32.const 65536)))))
            (elem (i32.const 1) $grow))"#;
        let other = instantiate(&mut rt, other).expect("the module links");
        let mut expect = |module: Module, name: &str, args: &[Value], expected: i32| {
            let results = call(&mut rt, module, name, args);
            let results = results.unwrap_or_else(|error| panic!("{mode}: {name}: {error}"));
            assert_eq!(results, [Value::I32(expected)], "{mode}: {name}");
        };
        for _ in 0..3 {
            for (name, _) in WAYS {
                expect(owner, name, &[], 1003);
                expect(owner, &format!("{name}, between"), &[Value::I32(120)], 2000);
                expect(owner, &format!("{name}, in a loop"), &[Value::I32(120)], 55);
            }
            expect(other, "importer", &[], 1002);
        }
    });
}

#[test]
fn each_instance_sees_its_own_memory() {
    // Calls back and forth between instances with memories of their own, of different sizes.
    in_each_mode(|mode| {
        let mut rt = mode.runtime();
        let one = r#"(module
            (memory 2)
            (data (i32.const 70000) "\0a")
            (table (export "table") 2 funcref)
            (elem (i32.const 0) $one)
            (func $one (export "one") (param i32) (result i32)
                (if (i32.eqz (local.get 0)) (then (return (i32.load8_u (i32.const 70000)))))
                (i32.add
                    (call_indirect (param i32) (result i32) (i32.sub (local.get 0) (i32.const 1)) (i32.const 1))
                    (i32.load8_u (i32.const 70000)))))"#;
        let one = instantiate(&mut rt, one).expect("the module links");
        rt.register("one", one).expect("the name is free");
        let two = r#"(module
            (import "one" "table" (table 2 funcref))
            (import "one" "one" (func $one (param i32) (result i32)))
            (memory 1)
            (data (i32.const 60000) "\01")
            (func $two (param i32) (result i32)
                (if (i32.eqz (local.get 0)) (then (return (i32.load8_u (i32.const 60000)))))
                (i32.add (call $one (i32.sub (local.get 0) (i32.const 1))) (i32.load8_u (i32.const 60000))))
            (func (export "beyond") (result i32) (drop (call $one (i32.const 3))) (i32.load8_u (i32.const 70000)))
            (elem (i32.const 1) $two))"#;
        let two = instantiate(&mut rt, two).expect("the module links");
        for (n, expected) in [(0, 10), (1, 11), (2, 21), (3, 22), (10, 65), (11, 66)] {
            let results = call(&mut rt, one, "one", &[Value::I32(n)]).expect("returns");
            assert_eq!(results, [Value::I32(expected)], "{mode}: {n}");
        }
        let error = call(&mut rt, two, "beyond", &[]).expect_err("its memory has one page");
        assert_eq!(error.trap_code(), Some(TrapCode::MemoryOutOfBounds), "{mode}");
    });
}

#[test]
fn tables_grow_to_their_limit() {
    in_each_mode(|mode| {
        let rt = Runtime::new(mode.config().with_max_table_elements(50)).expect("a runtime can be had");
        let source = r#"(module
            (table $t 3 funcref)
            (table $u 3 10 externref)
            (elem (table $t) (i32.const 0) func $f $f $f)
            (func $f (result i32) (i32.const 8))
            (func (export "grow") (param i32) (result i32 i32)
                (table.grow $t (ref.func $f) (local.get 0)) (table.size $t))
            (func (export "grow refs") (param i32) (result i32 i32)
                (table.grow $u (ref.null extern) (local.get 0)) (table.size $u))
            (func (export "call") (param i32) (result i32) (call_indirect $t (result i32) (local.get 0))))"#;
        let mut instance = Instance::new(rt, source);
        for (name, steps) in [
            ("grow", [(0, 3, 3), (-1, -1, 3), (47, 3, 50), (1, -1, 50), (0, 50, 50), (i32::MIN, -1, 50)]),
            ("grow refs", [(8, -1, 3), (6, 3, 9), (1, 9, 10), (1, -1, 10), (0, 10, 10), (-10, -1, 10)]),
        ] {
            for (step, before, after) in steps {
                let found = numbers(instance.call(name, &[Value::I32(step)]));
                assert_eq!(found, [before, after], "{mode}: {name} {step}");
            }
        }
        for i in [0, 3, 49] {
            assert_eq!(instance.i32("call", i), 8, "{mode}");
        }
        for i in [50, -1] {
            assert_eq!(instance.trap("call", &[Value::I32(i)]), TrapCode::UndefinedElement, "{mode}");
        }
    });
}

#[test]
fn callers_see_the_table_at_its_new_place() {
    in_each_mode(|mode| {
        let source = r#"(module
            (table $t 1 funcref)
            (elem declare func $f $grow)
            (func $f (result i32) (i32.const 8))
            (func $grow (result i32) (table.grow $t (ref.func $f) (i32.const 1000)))
            (func (export "run") (result i32) (local $n i32) (local $sum i32)
                (table.set $t (i32.const 0) (ref.func $grow))
                (loop $again
                    (local.set $sum (i32.add (local.get $sum) (i32.add
                        (call_indirect $t (result i32) (i32.const 0))
                        (call_indirect $t (result i32) (i32.mul (i32.add (local.get $n) (i32.const 1)) (i32.const 1000))))))
                    (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 20))))
                (local.get $sum)))"#;
        let mut instance = Instance::new(mode.runtime(), source);
        // The sizes before each growth, and 8 each time.
        let expected = (0..20).map(|n| 1 + n * 1000 + 8).sum();
        assert_eq!(numbers(instance.call("run", &[])), [expected], "{mode}");
    });
}
