//! Hostile input gets a typed error or a trap, soon, and never a panic, a crash or more memory than the limits allow.

#![forbid(unsafe_code)]

use std::time::{Duration, Instant};
use wz_api::{
    Caller, EngineKind, Error, ErrorKind, ExternType, FuncType, GlobalType, HostModule, Limits, MemoryKind,
    MemoryType, Module, ModuleConfig, RefType, Runtime, RuntimeConfig, TableType, TrapCode, ValType, Value,
};
use wz_tests::build::{leb, sections};
use wz_tests::guard::guarded;
use wz_tests::guest::{call, instantiate, on_each_engine, trap_code};
use wz_tests::{runtime, vector_engines};

/// Checks that a binary is refused at compilation, quickly, with a byte offset.
fn refused(wasm: Vec<u8>, what: &str) {
    let what = what.to_string();
    guarded(move || {
        let runtime = runtime(EngineKind::Auto).expect("a runtime can be had");
        let start = Instant::now();
        let error = runtime.compile(&wasm).expect_err(&what);
        assert!(start.elapsed() < Duration::from_secs(5), "{what}: {:?}", start.elapsed());
        match error.kind() {
            ErrorKind::Compile(error) => {
                assert!(error.offset.is_some(), "{what}: no offset: {}", error.message)
            }
            kind => panic!("{what}: {kind:?}"),
        }
    });
}

#[test]
fn absurd_counts_are_refused() {
    const MOST: u64 = u32::MAX as u64;
    for count in [1_000_001, 0x7fff_ffff, MOST] {
        for section in 1..=11u8 {
            if section == 8 {
                continue; // the start section has no count
            }
            refused(sections(&[(section, leb(count))]), &format!("section {section} of {count}"));
        }
    }
    let types = (1, vec![1, 0x60, 0, 0]);
    let functions = (3, vec![1, 0]);
    let with_body = |body: Vec<u8>| {
        let entry = [leb(1), leb(body.len() as u64), body].concat();
        sections(&[types.clone(), functions.clone(), (10, entry)])
    };
    for count in [50_001, MOST] {
        refused(with_body([vec![1], leb(count), vec![0x7f, 0x0b]].concat()), &format!("{count} locals"));
        refused(with_body([leb(count), vec![0x0b]].concat()), &format!("{count} groups of locals"));
    }
    let several =
        [vec![3], leb(MOST), vec![0x7f], leb(MOST), vec![0x7e], leb(MOST), vec![0x7d, 0x0b]].concat();
    refused(with_body(several), "locals whose sum overflows");
    refused(
        with_body([vec![0, 0x41, 0, 0x0e], leb(MOST), vec![0, 0x0b]].concat()),
        "a br_table of absurd size",
    );
    for params in [1001, MOST] {
        refused(sections(&[(1, [vec![1, 0x60], leb(params)].concat())]), &format!("{params} parameters"));
        refused(sections(&[(1, [vec![1, 0x60, 0], leb(params)].concat())]), &format!("{params} results"));
    }
    refused(sections(&[(3, vec![0x80; 20])]), "a number that does not end");
    for size in [1, 100, MOST] {
        let mut bytes = sections(&[]);
        bytes.push(1);
        bytes.extend(leb(size));
        refused(bytes, &format!("a section of {size} bytes that are not there"));
    }
}

#[test]
fn prefixes_of_a_module_are_refused() {
    let wasm = wz_tests::programs::read("sha256.wasm");
    guarded(move || {
        let runtime = runtime(EngineKind::Auto).expect("a runtime can be had");
        assert!(runtime.compile(&wasm).is_ok());
        let mut accepted = 0;
        for len in (0..wasm.len()).step_by(wasm.len() / 500) {
            match runtime.compile(&wasm[..len]) {
                // A module may end after its header, or between sections, if nothing is missing.
                Ok(_) => accepted += 1,
                Err(error) => assert!(matches!(error.kind(), ErrorKind::Compile(_)), "{error}"),
            }
        }
        assert!(accepted <= 5, "{accepted} prefixes are modules");
    });
}

#[test]
fn broken_name_sections_change_nothing() {
    // A custom section cannot make a module invalid.
    let plain = sections(&[(1, vec![1, 0x60, 0, 1, 0x7f]), (3, vec![1, 0]), (7, vec![1, 1, b'f', 0, 0])]);
    let code = sections(&[(10, vec![1, 4, 0, 0x41, 7, 0x0b])]);
    let most = || leb(u32::MAX.into());
    let names: [Vec<u8>; 8] = [
        vec![],
        vec![1],
        [vec![1], most()].concat(),
        [vec![1, 5], most()].concat(),
        [vec![1, 11], leb(1), most(), most()].concat(),
        vec![1, 4, 1, 0, 1, 0xff],
        vec![1, 7, 2, 9, 1, b'a', 3, 1, b'b'],
        [vec![2, 6], most(), vec![1]].concat(),
    ];
    on_each_engine(move |engine| {
        for names in &names {
            let section = [vec![4], b"name".to_vec(), names.clone()].concat();
            let wasm = [plain.clone(), code[8..].to_vec(), sections(&[(0, section)])[8..].to_vec()].concat();
            let mut rt = runtime(engine).expect("a runtime can be had");
            let code = rt.compile(&wasm).unwrap_or_else(|error| panic!("{names:?}: {error}"));
            let module = rt.instantiate(&code, ModuleConfig::new()).expect("the module links");
            assert_eq!(call(&mut rt, module, "f", &[]).expect("returns"), [Value::I32(7)]);
        }
    });
}

#[test]
fn absurd_memories_and_tables() {
    on_each_engine(|engine| {
        let mut rt = runtime(engine).expect("a runtime can be had");
        for source in ["(memory 65537)", "(memory 1 65537)", "(memory 2 1)", "(table 2 1 funcref)"] {
            let error = rt.compile(format!("(module {source})")).expect_err(source);
            assert!(matches!(error.kind(), ErrorKind::Compile(_)), "{source}: {error}");
        }
        for source in ["(table 4294967295 funcref)", "(table 10000001 externref)"] {
            let error = instantiate(&mut rt, format!("(module {source})")).expect_err(source);
            assert!(matches!(error.kind(), ErrorKind::Limit(_) | ErrorKind::Compile(_)), "{source}: {error}");
        }
        let config = RuntimeConfig::new().with_engine(engine).with_max_memory_pages(10);
        let mut rt = Runtime::new(config).expect("a runtime can be had");
        let error = instantiate(&mut rt, "(module (memory 11))").expect_err("too many pages");
        assert!(matches!(error.kind(), ErrorKind::Limit(_)), "{error}");
        assert!(instantiate(&mut rt, "(module (memory 10))").is_ok());
        assert!(instantiate(&mut rt, "(module (memory 10 65536))").is_ok());
    });
}

#[test]
fn the_largest_memory_works() {
    on_each_engine(|engine| {
        let mut rt = runtime(engine).expect("a runtime can be had");
        let source = r#"(module (memory 65536)
            (func (export "size") (result i32) memory.size)
            (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
            (func (export "set") (param i32) (i32.store8 (local.get 0) (i32.const 7)))
            (func (export "get") (param i32) (result i32) (i32.load8_u (local.get 0)))
            (func (export "get_i64") (param i32) (result i64) (i64.load (local.get 0)))
            (func (export "far") (param i32) (result i32) (i32.load8_u offset=0xffffffff (local.get 0))))"#;
        let module = match instantiate(&mut rt, source) {
            Ok(module) => module,
            // A host may refuse four gigabytes.
            Err(error) => return assert!(matches!(error.kind(), ErrorKind::Limit(_)), "{error}"),
        };
        assert_eq!(call(&mut rt, module, "size", &[]).expect("returns"), [Value::I32(65536)]);
        for (delta, expected) in [(0, 65536), (1, -1), (-1, -1)] {
            let result = call(&mut rt, module, "grow", &[Value::I32(delta)]).expect("returns");
            assert_eq!(result, [Value::I32(expected)], "delta {delta}");
        }
        for at in [0, i32::MAX, i32::MIN, -1] {
            call(&mut rt, module, "set", &[Value::I32(at)]).expect("in range");
            assert_eq!(call(&mut rt, module, "get", &[Value::I32(at)]).expect("in range"), [Value::I32(7)]);
        }
        assert_eq!(call(&mut rt, module, "far", &[Value::I32(0)]).expect("in range"), [Value::I32(7)]);
        for (name, at) in [("far", 1), ("far", -1), ("get_i64", -7), ("get_i64", -1)] {
            let result = call(&mut rt, module, name, &[Value::I32(at)]);
            assert_eq!(trap_code(result), Some(TrapCode::MemoryOutOfBounds), "{name} {at}");
        }
        assert!(call(&mut rt, module, "get_i64", &[Value::I32(-8)]).is_ok());
    });
}

#[test]
fn imports_of_the_wrong_type_are_link_errors() {
    on_each_engine(|engine| {
        let mut rt = runtime(engine).expect("a runtime can be had");
        let global = |content, mutable| GlobalType { content, mutable };
        let limits = |min, max| Limits { min, max };
        let table = TableType { element: RefType::FUNCREF, limits: limits(2, Some(4)), table64: false };
        let host = HostModule::new("host")
            .func_dyn("func", FuncType::new([ValType::I32], [ValType::I64]), |_, _, _| Ok(()))
            .memory("memory", MemoryType::new(2, Some(4)))
            .table("table", table, Value::FuncRef(None))
            .global("const", global(ValType::I32, false), Value::I32(1))
            .global("mut", global(ValType::I32, true), Value::I32(1));
        rt.instantiate_host(&host).expect("the host module links");
        let good = [
            r#"(import "host" "func" (func (param i32) (result i64)))"#,
            r#"(import "host" "memory" (memory 1))"#,
            r#"(import "host" "memory" (memory 2 4))"#,
            r#"(import "host" "table" (table 0 5 funcref))"#,
            r#"(import "host" "const" (global i32))"#,
            r#"(import "host" "mut" (global (mut i32)))"#,
        ];
        for import in good {
            let linked = instantiate(&mut rt, format!("(module {import})"));
            assert!(linked.is_ok(), "{import}: {:?}", linked.err());
        }
        let bad = [
            r#"(import "host" "func" (func))"#,
            r#"(import "host" "func" (func (param i64) (result i64)))"#,
            r#"(import "host" "func" (func (param i32) (result i32)))"#,
            r#"(import "host" "func" (func (param i32 i32) (result i64)))"#,
            r#"(import "host" "func" (memory 1))"#,
            r#"(import "host" "func" (table 1 funcref))"#,
            r#"(import "host" "func" (global i32))"#,
            r#"(import "host" "memory" (func))"#,
            r#"(import "host" "memory" (memory 3))"#,
            r#"(import "host" "memory" (memory 1 3))"#,
            r#"(import "host" "table" (memory 1))"#,
            r#"(import "host" "table" (table 3 funcref))"#,
            r#"(import "host" "table" (table 1 3 funcref))"#,
            r#"(import "host" "table" (table 1 externref))"#,
            r#"(import "host" "const" (global (mut i32)))"#,
            r#"(import "host" "const" (global i64))"#,
            r#"(import "host" "const" (func))"#,
            r#"(import "host" "mut" (global i32))"#,
            r#"(import "host" "mut" (global (mut f32)))"#,
            r#"(import "host" "nothing" (func))"#,
            r#"(import "nobody" "func" (func (param i32) (result i64)))"#,
            r#"(import "" "func" (func))"#,
        ];
        for import in bad {
            let error = instantiate(&mut rt, format!("(module {import})")).expect_err(import);
            assert!(matches!(error.kind(), ErrorKind::Link(_)), "{import}: {error}");
        }
        // All at once, but for the memories: only one can be imported.
        let bad: Vec<&str> = bad.into_iter().filter(|import| !import.contains("(memory")).collect();
        let all = bad.concat();
        let error = instantiate(&mut rt, format!("(module {all})")).expect_err("nothing fits");
        match error.kind() {
            ErrorKind::Link(error) => {
                assert!(error.message.lines().count() >= bad.len(), "each is named: {}", error.message)
            }
            kind => panic!("{kind:?}"),
        }
    });
}

#[test]
fn endless_recursion_of_every_kind() {
    on_each_engine(|engine| {
        let mut rt = runtime(engine).expect("a runtime can be had");
        let host = HostModule::new("host").func("back", |mut caller: Caller<'_, ()>| -> Result<(), Error> {
            let module = caller.module().ok_or_else(|| Error::usage("a guest calls"))?;
            module.func_dyn(&caller, "through_host")?.call_dyn(&mut caller, &[])?;
            Ok(())
        });
        rt.instantiate_host(&host).expect("the host module links");
        // Vectors where there are any: they take two slots.
        let (ty, [a, b]) = match vector_engines().contains(&engine) {
            true => ("v128", [1, 2].map(Value::V128)),
            false => ("f64", [1.0_f64, 2.0].map(Value::from)),
        };
        let source = r#"(module $one
            (import "host" "back" (func $back))
            (type $none (func))
            (type $wide (func (param VALUE VALUE i64 i64) (result VALUE i64)))
            (table (export "table") 4 funcref)
            (elem (i32.const 0) $indirect)
            (func $direct (export "direct") (call $direct))
            (func $indirect (export "indirect") (call_indirect (type $none) (i32.const 0)))
            (func (export "through_table") (call_indirect (type $none) (i32.const 1)))
            (func (export "through_host") (call $back))
            (func $even (export "mutual") (call $odd))
            (func $odd (call $even))
            (func $frames (export "frames") (result i32)
                (local i64 i64 i64 i64 i64 i64 i64 i64)
                (i32.add (call $frames) (i32.const 1)))
            (func $values (export "values") (type $wide)
                (call $values (local.get 1) (local.get 0) (local.get 3) (local.get 2)))
            (func $tail_then_call (export "tail_then_call") (return_call $direct))
            (global $depth (mut i32) (i32.const 0))
            (func $count (global.set $depth (i32.add (global.get $depth) (i32.const 1))) (call $count))
            (func (export "depth") (result i32) (global.get $depth))
            (func (export "count") (call $count))
            (func (export "fine") (result i32) (i32.const 5)))"#;
        let one = instantiate(&mut rt, source.replace("VALUE", ty)).expect("the module links");
        rt.register("one", one).expect("the name is free");
        let source = r#"(module $two
            (import "one" "through_table" (func $other))
            (import "one" "table" (table 4 funcref))
            (func $here (export "here") (call $other))
            (elem (i32.const 1) $here))"#;
        let two = instantiate(&mut rt, source).expect("the module links");
        let wide = [a, b, Value::I64(3), Value::I64(4)];
        let calls: [(Module, &str, &[Value]); 10] = [
            (one, "direct", &[]),
            (one, "indirect", &[]),
            (one, "through_table", &[]),
            (two, "here", &[]),
            (one, "through_host", &[]),
            (one, "mutual", &[]),
            (one, "frames", &[]),
            (one, "values", &wide),
            (one, "tail_then_call", &[]),
            (one, "count", &[]),
        ];
        for (module, name, args) in calls {
            for _ in 0..2 {
                let error = call(&mut rt, module, name, args).expect_err(name);
                let trap = error.as_trap().unwrap_or_else(|| panic!("{name}: {error}"));
                assert_eq!(trap.code, TrapCode::StackOverflow, "{name}");
                assert!(!trap.backtrace.frames.is_empty(), "{name} has no backtrace");
                // The stack is whole again.
                assert_eq!(call(&mut rt, one, "fine", &[]).expect("returns"), [Value::I32(5)]);
            }
        }
        let [Value::I32(depth)] = call(&mut rt, one, "depth", &[]).expect("returns")[..] else {
            panic!("depth is an i32")
        };
        assert!(depth > 20_000, "only {} calls deep", depth / 2);
    });
}

#[test]
fn endless_recursion_from_a_small_thread() {
    on_each_engine(|engine| {
        let body = move || {
            let mut rt = runtime(engine).expect("a runtime can be had");
            let module = instantiate(&mut rt, r#"(module (func $f (export "f") (call $f)))"#).expect("links");
            trap_code(call(&mut rt, module, "f", &[]))
        };
        let thread =
            std::thread::Builder::new().stack_size(256 << 10).spawn(body).expect("a thread can be had");
        assert_eq!(thread.join().expect("no panic"), Some(TrapCode::StackOverflow));
    });
}

#[test]
fn endless_recursion_through_the_host_from_a_small_thread() {
    on_each_engine(|engine| {
        let body = move || {
            let mut rt = runtime(engine).expect("a runtime can be had");
            let host =
                HostModule::new("host").func("back", |mut caller: Caller<'_, ()>| -> Result<(), Error> {
                    let module = caller.module().ok_or_else(|| Error::usage("a guest calls"))?;
                    module.func::<(), ()>(&caller, "f")?.call(&mut caller, ())
                });
            rt.instantiate_host(&host).expect("the host module links");
            let source = r#"(module (import "host" "back" (func $back)) (func (export "f") (call $back)))"#;
            let module = instantiate(&mut rt, source).expect("links");
            trap_code(call(&mut rt, module, "f", &[]))
        };
        let thread =
            std::thread::Builder::new().stack_size(1 << 20).spawn(body).expect("a thread can be had");
        assert_eq!(thread.join().expect("no panic"), Some(TrapCode::StackOverflow));
    });
}

#[test]
fn endless_tail_calls_and_loops_end_with_the_fuel() {
    on_each_engine(|engine| {
        let config = RuntimeConfig::new().with_engine(engine).with_fuel(Some(0));
        let mut rt = Runtime::new(config).expect("a runtime can be had");
        let source = r#"(module
            (type $none (func))
            (table funcref (elem $indirect))
            (func $direct (export "direct") (return_call $direct))
            (func $indirect (export "indirect") (return_call_indirect (type $none) (i32.const 0)))
            (func (export "loop") (loop (br 0)))
            (func (export "if") (loop (br_if 0 (i32.const 1))))
            (func (export "table") (loop (br_table 0 0 0 (i32.const 5)))))"#;
        let module = instantiate(&mut rt, source).expect("the module links");
        for name in ["direct", "indirect", "loop", "if", "table"] {
            for fuel in [0, 1, 1000, 3_000_000] {
                rt.set_fuel(fuel);
                assert_eq!(trap_code(call(&mut rt, module, name, &[])), Some(TrapCode::OutOfFuel), "{name}");
            }
        }
    });
}

#[test]
fn endless_loops_stop_when_interrupted() {
    on_each_engine(|engine| {
        let config = RuntimeConfig::new().with_engine(engine).with_interruption(true);
        let mut rt = Runtime::new(config).expect("a runtime can be had");
        let source = r#"(module
            (func $direct (export "tail") (return_call $direct))
            (func (export "loop") (loop (br 0)))
            (memory 100)
            (func (export "bulk") (loop (memory.fill (i32.const 0) (i32.const 1) (i32.const 6553600)) (br 0)))
            (func (export "fine")))"#;
        let module = instantiate(&mut rt, source).expect("the module links");
        for name in ["tail", "loop", "bulk"] {
            let interrupter = rt.interrupter();
            let waker = std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(50));
                interrupter.interrupt();
            });
            assert_eq!(trap_code(call(&mut rt, module, name, &[])), Some(TrapCode::Interrupted), "{name}");
            waker.join().expect("no panic");
            assert_eq!(trap_code(call(&mut rt, module, "fine", &[])), Some(TrapCode::Interrupted));
            rt.interrupter().clear();
            call(&mut rt, module, "fine", &[]).expect("the instance stays usable");
        }
    });
}

#[test]
fn growing_for_ever_ends_at_the_limit() {
    on_each_engine(|engine| {
        for kind in [MemoryKind::Auto, MemoryKind::Checked] {
            let config = RuntimeConfig::new()
                .with_engine(engine)
                .with_memory_kind(kind)
                .with_max_memory_pages(300)
                .with_max_table_elements(5000);
            let mut rt = Runtime::new(config).expect("a runtime can be had");
            let source = r#"(module
                (memory (export "memory") 1)
                (table $t (export "table") 1 externref)
                (func (export "memory_grow") (result i32)
                    (loop (br_if 0 (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
                    (i32.store8 (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 1)) (i32.const 9))
                    (memory.size))
                (func (export "table_grow") (result i32)
                    (loop (br_if 0 (i32.ne (table.grow $t (ref.null extern) (i32.const 3)) (i32.const -1))))
                    (table.size $t))
                (func (export "huge") (param i32) (result i32 i32)
                    (memory.grow (local.get 0)) (table.grow $t (ref.null extern) (local.get 0))))"#;
            let module = instantiate(&mut rt, source).expect("the module links");
            let results = call(&mut rt, module, "huge", &[Value::I32(-1)]).expect("returns");
            assert_eq!(results, [Value::I32(-1), Value::I32(-1)]);
            assert_eq!(call(&mut rt, module, "memory_grow", &[]).expect("returns"), [Value::I32(300)]);
            assert_eq!(call(&mut rt, module, "table_grow", &[]).expect("returns"), [Value::I32(4999)]);
            let memory = module.memory(&rt, "memory").expect("exported");
            assert_eq!(memory.size_pages(&rt).expect("open"), 300);
            let error = memory.grow(&mut rt, 1).expect_err("the limit holds for the host");
            assert!(matches!(error.kind(), ErrorKind::Limit(_)), "{error}");
            assert!(memory.grow(&mut rt, u64::MAX).is_err());
        }
    });
}

#[test]
fn growing_for_ever_without_a_limit_ends_at_the_address_space() {
    on_each_engine(|engine| {
        let mut rt = runtime(engine).expect("a runtime can be had");
        let source = r#"(module
            (memory 0)
            (func (export "grow") (result i32)
                (loop (br_if 0 (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
                (memory.size)))"#;
        let module = instantiate(&mut rt, source).expect("the module links");
        let [Value::I32(pages)] = call(&mut rt, module, "grow", &[]).expect("returns")[..] else {
            panic!("one i32")
        };
        assert!((1..=65536).contains(&pages), "{pages} pages");
    });
}

#[test]
fn instances_without_end_stop_at_the_limit() {
    on_each_engine(|engine| {
        let config = RuntimeConfig::new().with_engine(engine).with_max_instances(50);
        let mut rt = Runtime::new(config).expect("a runtime can be had");
        let code = rt.compile("(module (memory 1) (func unreachable))").expect("valid");
        for i in 0..60 {
            match rt.instantiate(&code, ModuleConfig::new().with_name(format!("{i}"))) {
                Ok(_) => assert!(i < 50, "{i} instances"),
                Err(error) => {
                    assert!(i >= 50, "{error} at {i}");
                    assert!(matches!(error.kind(), ErrorKind::Limit(_)), "{error}");
                }
            }
        }
    });
}

#[test]
fn text_that_nests_deeply_is_refused() {
    guarded(|| {
        let runtime = runtime(EngineKind::Auto).expect("a runtime can be had");
        for text in
            ["(".repeat(1_000_000), format!("(module (func {}", "(block ".repeat(100_000)), "\"".into()]
        {
            let error = runtime.compile(&text).expect_err("malformed");
            assert!(matches!(error.kind(), ErrorKind::Compile(_)), "{error}");
        }
    });
}

#[test]
fn types_of_items_are_what_was_asked_for() {
    // Using an export as what it is not is an error of use, not a panic.
    on_each_engine(|engine| {
        let mut rt = runtime(engine).expect("a runtime can be had");
        let source = r#"(module (func (export "f") (param i32)) (memory (export "m") 1) (global (export "g") i32 (i32.const 1)))"#;
        let code = rt.compile(source).expect("valid");
        assert!(code.exports().any(|export| matches!(export.ty, ExternType::Memory(_))));
        let module = rt.instantiate(&code, ModuleConfig::new()).expect("links");
        assert!(module.func_dyn(&rt, "m").is_err());
        assert!(module.memory(&rt, "f").is_err());
        assert!(module.table(&rt, "g").is_err());
        assert!(module.global(&rt, "nothing").is_err());
        for args in [&[][..], &[Value::I64(1)], &[Value::I32(1), Value::I32(2)]] {
            let error = call(&mut rt, module, "f", args).expect_err("wrong arguments");
            assert!(matches!(error.kind(), ErrorKind::Usage(_)), "{error}");
        }
    });
}
