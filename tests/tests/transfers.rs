//! A value that a call, a tail call or a return passes several times arrives each time, in registers and on the stack;
//! what follows a call at once is not taken for it.

#![forbid(unsafe_code)]

use std::fmt::Write;
use wz_api::{TrapCode, Value};
use wz_tests::Mode;
use wz_tests::guest::Instance;

/// More than registers hold, of each bank.
const COUNT: usize = 20;

/// Which of two values goes to a place: in turn, only one of them, each in a half, ..
const PATTERNS: &[fn(usize) -> bool] = &[
    |i| i % 2 == 0,
    |i| i == 0 || i == COUNT - 1,
    |i| i < COUNT / 2,
    |i| i >= COUNT / 2,
    |i| i % 7 == 3,
    |_| true,
    |i| i == 5,
];

fn source(ty: &str) -> String {
    let types = [ty; COUNT].join(" ");
    let all: String = (0..COUNT).map(|i| format!(" local.get {i}")).collect();
    let mut module = format!(
        "(module
            (type $many (func (param {types}) (result {types})))
            (table funcref (elem $same))
            (func $same (type $many){all})"
    );
    for (n, pattern) in PATTERNS.iter().enumerate() {
        // The values are temporaries as well as locals that are read for the last time.
        let values: String =
            (0..COUNT).map(|i| if pattern(i) { " local.get $x" } else { " local.get $y" }).collect();
        let ways = [
            ("return", ""),
            ("call", "call $same"),
            ("indirect", "i32.const 0 call_indirect (type $many)"),
            ("tail", "return_call $same"),
            ("tail_indirect", "i32.const 0 return_call_indirect (type $many)"),
        ];
        for (name, way) in ways {
            let _ = write!(
                module,
                "(func (export \"{name}{n}\") (param {ty} {ty}) (result {types}) (local $x {ty}) (local $y {ty})
                    (local.set $x ({ty}.add (local.get 0) (local.get 1)))
                    (local.set $y ({ty}.sub (local.get 0) (local.get 1)))
                    {values} {way})"
            );
        }
    }
    module + ")"
}

#[test]
fn a_value_arrives_in_each_of_its_places() {
    /// A number as a value of a type.
    type Make = fn(i32) -> Value;
    let types: [(&str, Make); 4] = [
        ("i32", Value::I32),
        ("i64", |v| Value::I64(v.into())),
        ("f32", |v| Value::from(v as f32)),
        ("f64", |v| Value::from(f64::from(v))),
    ];
    for mode in Mode::processors() {
        for (ty, value) in types {
            let mut instance = Instance::new(mode.runtime(), source(ty));
            for (n, pattern) in PATTERNS.iter().enumerate() {
                let expected: Vec<Value> =
                    (0..COUNT).map(|i| value(if pattern(i) { 1007 } else { 993 })).collect();
                for way in ["return", "call", "indirect", "tail", "tail_indirect"] {
                    let got = instance.call(&format!("{way}{n}"), &[value(1000), value(7)]);
                    assert_eq!(got, expected, "{mode}: {ty}, {way}, pattern {n}");
                }
            }
        }
    }
}

/// A call with an access right behind it: the return address is that of an instruction that can fault too.
const BEHIND: &str = r#"(module (memory 1)
    (func $leaf (param i32)
        (if (local.get 0) (then unreachable)))
    (func (export "call") (param i32)
        i32.const 0
        local.get 0
        call $leaf
        i32.const 7
        i32.store offset=65534)
    (func (export "fill") (param i32)
        i32.const 0
        i32.const 65536
        i32.const 7
        local.get 0
        memory.fill
        i32.const 7
        i32.store offset=65534))"#;

#[test]
fn a_fault_right_behind_a_call_is_not_the_call() {
    for mode in Mode::memories() {
        let mut instance = Instance::new(mode.runtime(), BEHIND);
        let mut trace = |name: &str, argument: i32, code: TrapCode| -> Vec<(u32, u64)> {
            let result = instance.try_call(name, &[Value::I32(argument)]);
            let Err(error) = result else { panic!("{mode}: {name} returns") };
            let trap = error.as_trap().unwrap_or_else(|| panic!("{mode}: {name}: {error}"));
            assert_eq!(trap.code, code, "{mode}: {name}");
            let frames = trap.backtrace.frames.iter();
            frames.map(|frame| (frame.function, frame.offset.unwrap_or(0))).collect()
        };
        let in_leaf = trace("call", 1, TrapCode::Unreachable);
        let behind = trace("call", 0, TrapCode::MemoryOutOfBounds);
        assert_eq!((in_leaf.len(), behind.len()), (2, 1), "{mode}");
        // `call` and its index, then `i32.const 7`.
        assert_eq!(behind[0], (1, in_leaf[1].1 + 4), "{mode}");
        let fill = trace("fill", 1, TrapCode::MemoryOutOfBounds);
        let behind = trace("fill", 0, TrapCode::MemoryOutOfBounds);
        // `memory.fill` has two bytes and the index of its memory.
        assert_eq!((fill[0].0, behind[0].1), (2, fill[0].1 + 5), "{mode}");
    }
}
