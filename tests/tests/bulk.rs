//! Bulk operations that trap change nothing, those that succeed change what they should and nothing else, whatever their
//! size; long ones stop when they are interrupted.

#![forbid(unsafe_code)]

use std::sync::mpsc::channel;
use std::thread;
use wz_api::{Caller, ErrorKind, HostModule, Memory, ModuleConfig, Runtime, TrapCode, Value};
use wz_tests::guard::guarded;
use wz_tests::guest::{Instance, call, instantiate};
use wz_tests::rng::Rng;
use wz_tests::{Mode, many};

const PAGE: usize = 65536;

/// The operations, with operands as parameters and with lengths as constants.
fn memory_module(lengths: &[usize]) -> String {
    let constant: String = lengths
        .iter()
        .map(|n| {
            format!(
                r#"(func (export "fill {n}") (param i32 i32) (memory.fill (local.get 0) (local.get 1) (i32.const {n})))
                (func (export "copy {n}") (param i32 i32) (memory.copy (local.get 0) (local.get 1) (i32.const {n})))
                (func (export "init {n}") (param i32 i32) (memory.init $d (local.get 0) (local.get 1) (i32.const {n})))"#
            )
        })
        .collect();
    let data: String = (0..300).map(|i| format!("\\{:02x}", segment(i))).collect();
    format!(
        r#"(module
            (memory (export "memory") 2 3)
            (data $d "{data}")
            (func (export "fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
            (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
            (func (export "init") (param i32 i32 i32) (memory.init $d (local.get 0) (local.get 1) (local.get 2)))
            (func (export "drop") (data.drop $d))
            {constant})"#
    )
}

/// A byte of the segment.
fn segment(i: usize) -> u8 {
    (i * 3 + 1) as u8
}

/// What an operation should do to `memory`; whether it should trap.
fn operate(memory: &mut [u8], name: &str, [dst, src, len]: [u32; 3]) -> bool {
    let (dst, from, len) = (dst as usize, src as usize, len as usize);
    let source = if name == "init" { 300 } else { memory.len() };
    if dst + len > memory.len() || name != "fill" && from + len > source {
        return true;
    }
    match name {
        "fill" => memory[dst..dst + len].fill(src as u8),
        "copy" => memory.copy_within(from..from + len, dst),
        _ => memory[dst..dst + len].iter_mut().zip(from..).for_each(|(byte, i)| *byte = segment(i)),
    }
    false
}

/// Lengths on both sides of those that compilers move at once.
const LENGTHS: [usize; 22] =
    [0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 24, 31, 32, 33, 63, 64, 65, 128, 300];

fn check_memory(mode: Mode) -> Result<(), String> {
    let runtime = mode.runtime();
    let mut instance = Instance::new(runtime, memory_module(&LENGTHS));
    let memory: Memory =
        instance.module.memory(&instance.runtime, "memory").map_err(|error| error.to_string())?;
    let mut expected: Vec<u8> = Rng::new(1).bytes(2 * PAGE);
    memory.write(&mut instance.runtime, 0, &expected).map_err(|error| error.to_string())?;
    let mut check = |name: &str, operands: [u32; 3], constant: bool| -> Result<(), String> {
        let traps = operate(&mut expected, name, operands);
        let mut args: Vec<Value> = operands.iter().map(|x| Value::I32(*x as i32)).collect();
        let mut export = name.to_string();
        if constant {
            args.truncate(2);
            export = format!("{name} {}", operands[2]);
        }
        let end = instance.try_call(&export, &args);
        let what = format!("{mode}: {export} of {operands:x?}");
        match end {
            Err(error) if traps && error.trap_code() == Some(TrapCode::MemoryOutOfBounds) => {}
            Ok(_) if !traps => {}
            other => return Err(format!("{what}: {other:?}, traps: {traps}")),
        }
        if memory.data(&instance.runtime).map_err(|error| error.to_string())? != expected {
            return Err(format!("{what}: other bytes"));
        }
        Ok(())
    };
    let end = 2 * PAGE as u32;
    for name in ["fill", "copy", "init"] {
        for len in LENGTHS.map(|len| len as u32) {
            // Destinations and sources that overlap in each way, and at the end.
            for dst in [0, 1, 100, 108, end - len - 1, end - len, end - len + 1, end, end + 1, u32::MAX] {
                for src in [0, 7, 96, 100, 101, 300 - len.min(300), end - len, end - len + 1, u32::MAX] {
                    check(name, [dst, src, len], false)?;
                    check(name, [dst, src, len], true)?;
                }
            }
        }
        for operands in [
            [0, 0, u32::MAX],
            [1, 0, end],
            [0, 1, end],
            [u32::MAX, 0, u32::MAX],
            [1 << 31, 1 << 31, 1 << 31],
            [end - 10, 5, 11],
            [5, end - 10, 11],
            [0, 290, 11],
            [end, end, 0],
            [end + 1, 0, 0],
            [0, 301, 0],
        ] {
            check(name, operands, false)?;
        }
    }
    // Long ones, in both directions.
    check("copy", [1, 0, end - 1], false)?;
    check("copy", [0, 1, end - 1], false)?;
    check("copy", [70_000, 10, 60_000], false)?;
    check("fill", [3, 0xabcd, end - 7], false)?;
    instance.call("drop", &[]);
    for (operands, traps) in [([0, 0, 0], false), ([0, 0, 1], true), ([0, 1, 0], true)] {
        let args = operands.map(Value::I32);
        assert_eq!(
            instance.try_call("init", &args).is_err(),
            traps,
            "{mode}: {operands:?} of a dropped segment"
        );
    }
    Ok(())
}

#[test]
fn memory_operations() {
    let modes = Mode::all();
    many::run(modes.len() as u64, |i| check_memory(modes[i as usize]));
}

const TABLE_MODULE: &str = r#"(module
    (table $t (export "t") 10 20 funcref)
    (table $u (export "u") 10 externref)
    (elem $e func $f0 $f1 $f2 $f3)
    (elem $null funcref (ref.func $f1) (ref.null func) (ref.func $f3))
    (func $f0 (result i32) (i32.const 0))
    (func $f1 (result i32) (i32.const 1))
    (func $f2 (result i32) (i32.const 2))
    (func $f3 (result i32) (i32.const 3))
    (func (export "init") (param i32 i32 i32) (table.init $t $e (local.get 0) (local.get 1) (local.get 2)))
    (func (export "init null") (param i32 i32 i32) (table.init $t $null (local.get 0) (local.get 1) (local.get 2)))
    (func (export "copy") (param i32 i32 i32) (table.copy $t $t (local.get 0) (local.get 1) (local.get 2)))
    (func (export "fill") (param i32 i32 i32)
        (table.fill $t (local.get 0) (table.get $t (local.get 1)) (local.get 2)))
    (func (export "fill refs") (param i32 externref i32) (table.fill $u (local.get 0) (local.get 1) (local.get 2)))
    (func (export "set") (param i32 i32) (table.set $t (local.get 0) (table.get $t (local.get 1))))
    (func (export "grow") (param i32 i32) (result i32)
        (table.grow $t (table.get $t (local.get 0)) (local.get 1)))
    (func (export "size") (result i32) (table.size $t))
    (func (export "drop") (elem.drop $e))
    (func (export "call") (param i32) (result i32) (call_indirect $t (result i32) (local.get 0))))"#;

/// A table of functions by what they return.
type Names = Vec<Option<i32>>;

/// The same as the table operations, on a model; whether they trap.
fn operate_table(table: &mut Names, name: &str, [a, b, c]: [u32; 3]) -> bool {
    let (dst, src, len) = (a as usize, b as usize, c as usize);
    let segment: Names = match name {
        "init" => (0..4).map(Some).collect(),
        "init null" => vec![Some(1), None, Some(3)],
        _ => table.clone(),
    };
    match name {
        "set" if dst < table.len() && src < table.len() => table[dst] = table[src],
        "fill" if src < table.len() && dst + len <= table.len() => {
            let value = table[src];
            table[dst..dst + len].fill(value);
        }
        "init" | "init null" | "copy" if dst + len <= table.len() && src + len <= segment.len() => {
            table[dst..dst + len].copy_from_slice(&segment[src..src + len]);
        }
        _ => return true,
    }
    false
}

fn check_table(mode: Mode) -> Result<(), String> {
    let mut instance = Instance::new(mode.runtime(), TABLE_MODULE);
    let mut model: Names = vec![None; 10];
    let mut rng = Rng::new(7);
    for step in 0..3000 {
        let name = ["init", "init null", "copy", "fill", "set"][rng.below(5)];
        // Mostly near the ends.
        let mut operand = || match rng.below(12) {
            0 => u32::MAX,
            1 => 0x8000_0000,
            _ => rng.below(model.len() + 3) as u32,
        };
        let operands = [operand(), operand(), operand() % 8];
        if step % 500 == 499 {
            // Grows by one, with what is first in it.
            let old = model.len() as i32;
            assert_eq!(instance.call("grow", &[Value::I32(0), Value::I32(1)]), [Value::I32(old)], "{mode}");
            model.push(model[0]);
        }
        let traps = operate_table(&mut model, name, operands);
        let mut args: Vec<Value> = operands.iter().map(|x| Value::I32(*x as i32)).collect();
        args.truncate(if name == "set" { 2 } else { 3 });
        let end = instance.try_call(name, &args);
        match end {
            Err(error) if traps && error.trap_code() == Some(TrapCode::TableOutOfBounds) => {}
            Ok(_) if !traps => {}
            other => return Err(format!("{mode}: {name} of {operands:x?}: {other:?}, traps: {traps}")),
        }
        for (i, expected) in model.iter().enumerate() {
            let found = match instance.try_call("call", &[Value::I32(i as i32)]) {
                Ok(results) => match results[..] {
                    [Value::I32(n)] => Some(n),
                    _ => return Err(format!("{mode}: {results:?}")),
                },
                Err(error) if error.trap_code() == Some(TrapCode::UninitializedElement) => None,
                Err(error) => return Err(format!("{mode}: {error}")),
            };
            if found != *expected {
                return Err(format!(
                    "{mode}: {name} of {operands:x?}: element {i} is {found:?}, not {expected:?}"
                ));
            }
        }
    }
    instance.call("drop", &[]);
    let args = [Value::I32(0), Value::I32(0), Value::I32(1)];
    assert_eq!(instance.trap("init", &args), TrapCode::TableOutOfBounds);
    let refs = [Value::I32(8), Value::ExternRef(None), Value::I32(3)];
    assert_eq!(instance.trap("fill refs", &refs), TrapCode::TableOutOfBounds);
    Ok(())
}

#[test]
fn table_operations() {
    let modes = Mode::processors();
    many::run(modes.len() as u64, |i| check_table(modes[i as usize]));
}

#[test]
fn segments_before_one_that_does_not_fit_are_copied() {
    for mode in Mode::memories() {
        let mut rt = mode.runtime();
        let owner = instantiate(
            &mut rt,
            r#"(module (memory (export "m") 1) (table (export "t") 5 funcref)
                (func (export "get") (param i32) (result i32) (i32.load8_u (local.get 0)))
                (func (export "call") (param i32) (result i32) (call_indirect (result i32) (local.get 0))))"#,
        )
        .expect("it links");
        rt.register("owner", owner).expect("the name is free");
        let failing = r#"(module
            (import "owner" "m" (memory 1))
            (import "owner" "t" (table 5 funcref))
            (global $g (mut i32) (i32.const 30))
            (func $f (result i32) (global.set $g (i32.add (global.get $g) (i32.const 1))) (global.get $g))
            (elem (i32.const 1) $f)
            (data (i32.const 10) "ab")
            (data (i32.const 65535) "cd"))"#;
        for _ in 0..2 {
            let error = instantiate(&mut rt, failing).expect_err("a segment is out of bounds");
            assert_eq!(error.trap_code(), Some(TrapCode::MemoryOutOfBounds), "{mode}: {error}");
            let byte = |rt: &mut Runtime, at| call(rt, owner, "get", &[Value::I32(at)]).expect("in bounds");
            assert_eq!(byte(&mut rt, 11), [Value::I32('b' as i32)], "{mode}");
            assert_eq!(byte(&mut rt, 65535), [Value::I32(0)], "{mode}");
            // The function that it left in the table works on.
            for n in [31, 32] {
                let results = call(&mut rt, owner, "call", &[Value::I32(1)]).expect("it is there");
                assert_eq!(results, [Value::I32(n)], "{mode}");
            }
        }
    }
}

/// Bytes that an interrupted operation is about: it takes a while.
const LONG: u32 = 256 << 20;

#[test]
fn long_operations_stop_when_interrupted() {
    for mode in Mode::memories() {
        guarded(move || {
            let mut rt = Runtime::new(mode.config().with_interruption(true)).expect("a runtime can be had");
            // A thread that interrupts as soon as it is told to.
            let interrupter = rt.interrupter();
            let (now, told) = channel::<()>();
            let waker = thread::spawn(move || told.into_iter().for_each(|()| interrupter.interrupt()));
            let sender = now.clone();
            let host = HostModule::new("host").func("soon", move |_: Caller<'_, ()>| {
                // Nobody listens any more if the waker panicked, which fails the test below.
                let _ = sender.send(());
            });
            rt.instantiate_host(&host).expect("the host module links");
            let source = format!(
                r#"(module
                    (import "host" "soon" (func $soon))
                    (memory (export "memory") {})
                    (func (export "fill") (param i32)
                        (call $soon) (memory.fill (i32.const 0) (local.get 0) (i32.const {LONG})))
                    (func (export "last") (result i32) (i32.load8_u (i32.const {}))))"#,
                LONG / PAGE as u32,
                LONG - 1
            );
            let module = instantiate(&mut rt, source).expect("the module links");
            let mut stopped = 0;
            // The waker may be late; then the operation is whole.
            for round in 1..100 {
                let end = call(&mut rt, module, "fill", &[Value::I32(round)]);
                while !rt.interrupter().is_interrupted() {
                    thread::yield_now();
                }
                rt.interrupter().clear();
                let last = call(&mut rt, module, "last", &[]).expect("the instance stays usable");
                match end {
                    Ok(_) => assert_eq!(last, [Value::I32(round)], "{mode}: it is not whole"),
                    Err(error) => {
                        assert_eq!(error.trap_code(), Some(TrapCode::Interrupted), "{mode}: {error}");
                        if last != [Value::I32(round)] {
                            stopped += 1;
                        }
                    }
                }
                if stopped == 2 {
                    break;
                }
            }
            assert_eq!(stopped, 2, "{mode}: no operation was stopped in the middle");
            drop((now, rt, host));
            waker.join().expect("no panic");
        });
    }
}

#[test]
fn modules_whose_segments_need_more_than_there_is() {
    for mode in Mode::memories() {
        let mut rt = mode.runtime();
        for source in [
            r#"(module (memory 1) (data (i32.const 65536) "a"))"#,
            r#"(module (memory 0) (data (i32.const -1) "a"))"#,
            r#"(module (memory 1) (data (i32.const -1) "ab"))"#,
        ] {
            let error = instantiate(&mut rt, source).expect_err(source);
            assert_eq!(error.trap_code(), Some(TrapCode::MemoryOutOfBounds), "{mode}: {error}");
        }
        let error = instantiate(&mut rt, "(module (table 1 funcref) (elem (i32.const 1) $f) (func $f))");
        let error = error.expect_err("out of bounds");
        assert!(matches!(error.kind(), ErrorKind::Trap(trap) if trap.code == TrapCode::TableOutOfBounds));
        let code = rt.compile(r#"(module (memory 1) (data (i32.const 65536) ""))"#).expect("valid");
        rt.instantiate(&code, ModuleConfig::new()).expect("nothing at the end fits");
    }
}
