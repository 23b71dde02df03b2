//! A trap's backtrace says the same on every engine: which functions of which instances, at which instructions.

#![forbid(unsafe_code)]

use std::collections::HashMap;
use wasmparser::{Parser, Payload};
use wz_api::{Caller, Context, Error, HostModule, Module, ModuleConfig, Runtime, TrapCode, Value};
use wz_tests::Mode;
use wz_tests::guard::guarded;
use wz_tests::guest::call;

/// The module whose functions trap, each in one way.
const TRAPS: &str = r#"(module
    (memory (export "memory") 1)
    (data $data "abc")
    (table $t 4 funcref)
    (elem (i32.const 1) $unreachable $number)
    (elem $elem func $unreachable)
    (func $unreachable (export "unreachable") nop unreachable)
    (func $number (result i32) i32.const 5)
    (func $div_s (export "div_s") (param i32) (drop (i32.div_s (i32.const 1) (local.get 0))))
    (func $div_u (export "div_u") (param i32) (drop (i64.div_u (i64.const 1) (i64.extend_i32_u (local.get 0)))))
    (func $rem_s (export "rem_s") (param i32) (drop (i64.rem_s (i64.const 1) (i64.extend_i32_u (local.get 0)))))
    (func $overflow (export "overflow") (param i32)
        (drop (i32.div_s (i32.const 0x80000000) (i32.sub (local.get 0) (i32.const 1)))))
    (func $nan (export "nan") (param i32) (local f32)
        (drop (i32.trunc_f32_s (f32.div (local.get 1) (f32.convert_i32_s (local.get 0))))))
    (func $large (export "large") (param i32) (drop (i64.trunc_f64_u (f64.const 1e30))))
    (func $load (export "load") (param i32) (drop (i64.load offset=65529 (local.get 0))))
    (func $float (export "float") (param i32) (drop (f32.load offset=4294967295 (local.get 0))))
    (func $store (export "store") (param i32)
        (i32.store (local.get 0) (i32.const 1)) (i32.store8 offset=65536 (local.get 0) (i32.const 1)))
    (func $fill (export "fill") (param i32) (memory.fill (local.get 0) (i32.const 1) (i32.const 65537)))
    (func $copy (export "copy") (param i32) (memory.copy (local.get 0) (i32.const 65530) (i32.const 8)))
    (func $init (export "init") (param i32) (memory.init $data (local.get 0) (i32.const 1) (i32.const 3)))
    (func $get (export "get") (param i32) (drop (table.get $t (i32.sub (local.get 0) (i32.const 1)))))
    (func $set (export "set") (param i32) (table.set $t (i32.const 4) (ref.null func)))
    (func $grow_fill (export "grow_fill") (param i32)
        (table.fill $t (local.get 0) (ref.null func) (i32.const 5)))
    (func $table_init (export "table_init") (param i32)
        (table.init $t $elem (local.get 0) (i32.const 0) (i32.const 2)))
    (func $table_copy (export "table_copy") (param i32)
        (table.copy $t $t (local.get 0) (i32.const 2) (i32.const 3)))
    (func $undefined (export "undefined") (param i32) (call_indirect $t (i32.const 4)))
    (func $null (export "null") (param i32) (call_indirect $t (local.get 0)))
    (func $mismatch (export "mismatch") (param i32) (call_indirect $t (i32.const 2)))
    (func $inner (export "inner") (param i32) (call_indirect $t (i32.const 1)))
    (func $tail (export "tail") (param i32) (return_call $inner (local.get 0)))
    (func $tail_null (export "tail_null") (param i32) (return_call_indirect $t (local.get 0))))"#;

/// What a case traps with, and where: each frame by its function and its operator, innermost first.
const CASES: &[(&str, TrapCode, &[&str])] = &[
    ("div_s", TrapCode::IntegerDivideByZero, &["div_s: I32DivS"]),
    ("div_u", TrapCode::IntegerDivideByZero, &["div_u: I64DivU"]),
    ("rem_s", TrapCode::IntegerDivideByZero, &["rem_s: I64RemS"]),
    ("overflow", TrapCode::IntegerOverflow, &["overflow: I32DivS"]),
    ("nan", TrapCode::InvalidConversionToInteger, &["nan: I32TruncF32S"]),
    ("large", TrapCode::IntegerOverflow, &["large: I64TruncF64U"]),
    ("load", TrapCode::MemoryOutOfBounds, &["load: I64Load"]),
    ("float", TrapCode::MemoryOutOfBounds, &["float: F32Load"]),
    ("store", TrapCode::MemoryOutOfBounds, &["store: I32Store8"]),
    ("fill", TrapCode::MemoryOutOfBounds, &["fill: MemoryFill"]),
    ("copy", TrapCode::MemoryOutOfBounds, &["copy: MemoryCopy"]),
    ("init", TrapCode::MemoryOutOfBounds, &["init: MemoryInit"]),
    ("get", TrapCode::TableOutOfBounds, &["get: TableGet"]),
    ("set", TrapCode::TableOutOfBounds, &["set: TableSet"]),
    ("grow_fill", TrapCode::TableOutOfBounds, &["grow_fill: TableFill"]),
    ("table_init", TrapCode::TableOutOfBounds, &["table_init: TableInit"]),
    ("table_copy", TrapCode::TableOutOfBounds, &["table_copy: TableCopy"]),
    ("undefined", TrapCode::UndefinedElement, &["undefined: CallIndirect"]),
    ("null", TrapCode::UninitializedElement, &["null: CallIndirect"]),
    ("mismatch", TrapCode::IndirectCallTypeMismatch, &["mismatch: CallIndirect"]),
    ("inner", TrapCode::Unreachable, &["unreachable: Unreachable", "inner: CallIndirect"]),
    // The frame of the function that makes a tail call is gone.
    ("tail", TrapCode::Unreachable, &["unreachable: Unreachable", "inner: CallIndirect"]),
    ("tail_null", TrapCode::UninitializedElement, &["tail_null: ReturnCallIndirect"]),
];

/// The module that calls them: directly, through the host and back, and from a loop with values alive.
const CALLERS: &str = r#"(module
    (import "traps" "$name" (func $trap (param i32)))
    (import "host" "call" (func $host (param i32)))
    (import "host" "interrupt" (func $interrupt))
    (func $direct (export "direct") (param i32) (call $trap (local.get 0)))
    (func $through_host (export "through_host") (param i32)
        (local i64 f64)
        (loop $again
            (local.set 1 (i64.add (local.get 1) (i64.const 1)))
            (local.set 2 (f64.add (local.get 2) (f64.const 1)))
            (br_if $again (i64.lt_u (local.get 1) (i64.const 3))))
        (call $host (local.get 0))
        (if (f64.ne (local.get 2) (f64.const 3)) (then unreachable)))
    (func $recurse (export "recurse") (param i32) (result i32)
        (i32.add (i32.const 1) (call $recurse (i32.add (local.get 0) (i32.const 1)))))
    (func $even (export "even") (param i32) (result i32)
        (i32.add (i32.const 1) (call $odd (local.get 0))))
    (func $odd (param i32) (result i32)
        (local $kept i64)
        (local.set $kept (i64.extend_i32_u (local.get 0)))
        (i32.add (i32.wrap_i64 (local.get $kept)) (call $even (local.get 0))))
    (func $spin (export "spin") (loop $again (br $again)))
    (func $stop (export "stop") (local i32)
        (call $interrupt)
        (loop $again (local.set 0 (i32.add (local.get 0) (i32.const 1))) (br $again))))"#;

/// Names of the operators of a binary, by their offsets.
type Operators = HashMap<u64, String>;

fn operators(wasm: &[u8]) -> Operators {
    let mut operators = HashMap::new();
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::CodeSectionEntry(body) = payload.expect("the binary is well formed") {
            operators.insert(body.range().start, "entry".into());
            for operator in body.get_operators_reader().expect("a body").into_iter_with_offsets() {
                let (operator, offset) = operator.expect("an operator");
                let text = format!("{operator:?}");
                let name = text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned();
                operators.insert(offset, name);
            }
        }
    }
    operators
}

/// Two instances, the second of which calls a function of the first in several ways.
struct Pair {
    runtime: Runtime,
    callers: Module,
    operators: HashMap<&'static str, Operators>,
}

impl Pair {
    fn new(mode: Mode, name: &str) -> Pair {
        let mut rt = Runtime::new(mode.config().with_interruption(true)).expect("a runtime can be had");
        let interrupter = rt.interrupter();
        let forward = |mut caller: Caller<'_, ()>, n: i32| {
            let module = Context::module(&caller, "callers").ok_or_else(|| Error::usage("no such module"))?;
            module.func::<i32, ()>(&caller, "direct")?.call(&mut caller, n)
        };
        let interrupt = move |_: Caller<'_, ()>| interrupter.interrupt();
        let host = HostModule::new("host").func("call", forward).func("interrupt", interrupt);
        rt.instantiate_host(&host).expect("the host module links");
        let mut all = HashMap::new();
        let mut instantiate = |named: &'static str, source: &str| {
            let wasm = wat::parse_str(source).expect("the text is a module");
            all.insert(named, operators(&wasm));
            let code = rt.compile(&wasm).expect("the module is valid");
            rt.instantiate(&code, ModuleConfig::new().with_name(named)).expect("the module links")
        };
        instantiate("traps", TRAPS);
        let callers = instantiate("callers", &CALLERS.replace("$name", name));
        Pair { runtime: rt, callers, operators: all }
    }

    /// The trap that a call ends with: its code, its frames with their operators, and how many were left out.
    fn trap(&mut self, name: &str, args: &[Value]) -> (TrapCode, Vec<String>, u64) {
        let error = call(&mut self.runtime, self.callers, name, args).expect_err("it traps");
        let trap = error.as_trap().unwrap_or_else(|| panic!("{error}"));
        let frames = trap.backtrace.frames.iter().map(|frame| {
            let module = frame.module.as_deref().unwrap_or("?");
            let name = frame.name.as_deref().unwrap_or("?");
            let offset = frame.offset.unwrap_or_default();
            let operator = self.operators[module].get(&offset).map_or("?", String::as_str);
            format!("{module}.{name}: {operator}")
        });
        (trap.code, frames.collect(), trap.backtrace.omitted)
    }
}

#[test]
fn each_trap_has_its_frames() {
    for mode in Mode::all() {
        for (name, code, frames) in CASES {
            let mut pair = Pair::new(mode, name);
            let mut expected: Vec<String> = frames.iter().map(|frame| format!("traps.{frame}")).collect();
            expected.push("callers.direct: Call".into());
            let got = pair.trap("direct", &[Value::I32(0)]);
            assert_eq!(got, (*code, expected.clone(), 0), "{mode}: {name}");
            // Frames of the host are not the guest's.
            expected.push("callers.through_host: Call".into());
            for _ in 0..2 {
                let got = pair.trap("through_host", &[Value::I32(0)]);
                assert_eq!(got, (*code, expected.clone(), 0), "{mode}: {name}, through the host");
            }
        }
    }
}

#[test]
fn traces_of_stack_overflow_start_at_a_call() {
    for mode in Mode::all() {
        guarded(move || {
            let mut pair = Pair::new(mode, "load");
            for _ in 0..2 {
                let (code, frames, omitted) = pair.trap("recurse", &[Value::I32(0)]);
                assert_eq!(code, TrapCode::StackOverflow, "{mode}");
                assert_eq!(frames.len(), wz_api::Backtrace::MAX_FRAMES, "{mode}");
                assert!(frames.iter().all(|frame| frame == "callers.recurse: Call"), "{mode}: {frames:?}");
                assert!(omitted > 1000, "{mode}: {omitted} more frames");

                let (code, frames, _) = pair.trap("even", &[Value::I32(0)]);
                assert_eq!(code, TrapCode::StackOverflow, "{mode}");
                // The stack ends in either of them.
                let names = ["callers.even: Call", "callers.odd: Call"];
                let first = usize::from(frames[0] != names[0]);
                for (i, frame) in frames.iter().enumerate() {
                    assert_eq!(frame, names[(first + i) % 2], "{mode}: {frames:?}");
                }
            }
        });
    }
}

#[test]
fn traces_of_interrupted_guests_say_where_they_were() {
    for mode in Mode::all() {
        guarded(move || {
            let mut pair = Pair::new(mode, "load");
            for _ in 0..2 {
                // Before a guest starts, and from inside it.
                pair.runtime.interrupter().interrupt();
                let interrupted = |frame: &str| (TrapCode::Interrupted, vec![frame.to_owned()], 0);
                assert_eq!(pair.trap("spin", &[]), interrupted("callers.spin: entry"), "{mode}");
                pair.runtime.interrupter().clear();
                assert_eq!(pair.trap("stop", &[]), interrupted("callers.stop: Loop"), "{mode}");
                pair.runtime.interrupter().clear();
            }
        });
    }
}
