//! What embedders and host functions get wrong: each mistake is an error of its kind with a message that says what is
//! wrong, and leaves the runtime as it was.

use std::panic::{AssertUnwindSafe, catch_unwind};
use wz_api::{
    Caller, Context, Error, ErrorKind, ExternRef, Func, FuncType, GlobalType, HostModule, Limits, Memory,
    MemoryType, Module, ModuleConfig, RefType, Runtime, RuntimeConfig, Split, TableType, TrapCode, ValType,
    Value,
};

#[track_caller]
fn usage<X: std::fmt::Debug>(result: Result<X, Error>, message: &str) {
    let error = result.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Usage(_)), "{error:?}");
    assert_eq!(error.to_string(), message);
}

#[track_caller]
fn limit<X: std::fmt::Debug>(result: Result<X, Error>, message: &str) {
    let error = result.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Limit(_)), "{error:?}");
    assert_eq!(error.to_string(), message);
}

#[track_caller]
fn closed<X: std::fmt::Debug>(result: Result<X, Error>) {
    let error = result.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Closed(what) if *what == *"the module instance"), "{error:?}");
    assert_eq!(error.to_string(), "the module instance is closed");
}

#[track_caller]
fn traps<X: std::fmt::Debug>(result: Result<X, Error>, code: TrapCode) {
    assert_eq!(result.unwrap_err().trap_code(), Some(code));
}

const ITEMS: &str = r#"
    (module
        (func (export "f") (param i32) (result i32) (local.get 0))
        (func (export "refs") (param funcref externref))
        (memory (export "memory") 1 3)
        (table (export "table") 2 5 funcref)
        (global (export "global") (mut i64) (i64.const 1))
        (global (export "fixed") i32 (i32.const 1)))"#;

fn runtime() -> Runtime {
    Runtime::new(RuntimeConfig::new()).unwrap()
}

fn instance<T: 'static>(rt: &mut Context<T>, source: &str) -> Module {
    let code = rt.compile(source).unwrap();
    rt.instantiate(&code, ModuleConfig::new().with_name("")).unwrap()
}

#[test]
fn stale_handles() {
    let mut rt = runtime();
    let module = instance(&mut rt, ITEMS);
    let f = module.func::<i32, i32>(&rt, "f").unwrap();
    let memory = module.memory(&rt, "memory").unwrap();
    let table = module.table(&rt, "table").unwrap();
    let global = module.global(&rt, "global").unwrap();
    module.close(&mut rt, 7).unwrap();
    // Another instance takes its place: the handles stay stale.
    let other = instance(&mut rt, ITEMS);
    closed(f.call(&mut rt, 1));
    closed(f.func().call_dyn(&mut rt, &[Value::I32(1)]));
    closed(f.func().ty(&rt));
    closed(f.func().typed::<i32, i32>(&rt).map(|_| ()));
    closed(memory.ty(&rt));
    closed(memory.size_pages(&rt));
    closed(memory.size_bytes(&rt));
    closed(memory.grow(&mut rt, 0));
    closed(memory.read(&rt, 0, &mut [0]));
    closed(memory.write(&mut rt, 0, &[0]));
    closed(memory.data(&rt).map(<[u8]>::len));
    closed(memory.data_mut(&mut rt).map(|data| data.len()));
    closed(table.ty(&rt));
    closed(table.size(&rt));
    closed(table.get(&mut rt, 0));
    closed(table.set(&mut rt, 0, Value::FuncRef(None)));
    closed(table.grow(&mut rt, 0, Value::FuncRef(None)));
    closed(global.ty(&rt));
    closed(global.get(&rt));
    closed(global.set(&mut rt, Value::I64(0)));
    closed(module.name(&rt));
    closed(module.func::<i32, i32>(&rt, "f").map(|_| ()));
    closed(module.func_dyn(&rt, "f"));
    closed(module.memory(&rt, "memory"));
    closed(module.table(&rt, "table"));
    closed(module.global(&rt, "global"));
    closed(module.default_memory(&rt));
    closed(module.exports(&rt).map(|exports| exports.count()));
    closed(rt.register("name", module));
    assert_eq!((module.export(&rt, "f"), module.exit_code(&rt)), (None, Some(7)));
    // As arguments, elements and values they are refused as well.
    let refs = other.func_dyn(&rt, "refs").unwrap();
    closed(refs.call_dyn(&mut rt, &[Value::FuncRef(Some(f.func())), Value::ExternRef(None)]));
    let table = other.table(&rt, "table").unwrap();
    closed(table.set(&mut rt, 0, Value::FuncRef(Some(f.func()))));
    closed(table.grow(&mut rt, 1, Value::FuncRef(Some(f.func()))));
    assert_eq!(table.size(&rt).unwrap(), 2);
    module.close(&mut rt, 8).unwrap();
    assert_eq!(module.exit_code(&rt), Some(7));
}

#[test]
fn foreign_handles() {
    let (mut rt, mut other) = (runtime(), runtime());
    let module = instance(&mut rt, ITEMS);
    let same_place = instance(&mut other, ITEMS);
    let f = module.func::<i32, i32>(&rt, "f").unwrap();
    let memory = module.memory(&rt, "memory").unwrap();
    let table = module.table(&rt, "table").unwrap();
    let global = module.global(&rt, "global").unwrap();
    let (of_function, of_memory) = ("the function is of another runtime", "the memory is of another runtime");
    let (of_table, of_global) = ("the table is of another runtime", "the global is of another runtime");
    let of_module = "the module is of another runtime";
    usage(f.call(&mut other, 1), of_function);
    usage(f.func().call_dyn(&mut other, &[Value::I32(1)]), of_function);
    usage(f.func().ty(&other), of_function);
    usage(f.func().typed::<i32, i32>(&other).map(|_| ()), of_function);
    usage(memory.ty(&other), of_memory);
    usage(memory.size_pages(&other), of_memory);
    usage(memory.grow(&mut other, 0), of_memory);
    usage(memory.read(&other, 0, &mut [0]), of_memory);
    usage(memory.write(&mut other, 0, &[0]), of_memory);
    usage(memory.data(&other).map(<[u8]>::len), of_memory);
    usage(memory.data_mut(&mut other).map(|data| data.len()), of_memory);
    usage(table.ty(&other), of_table);
    usage(table.size(&other), of_table);
    usage(table.get(&mut other, 0), of_table);
    usage(table.set(&mut other, 0, Value::FuncRef(None)), of_table);
    usage(table.grow(&mut other, 0, Value::FuncRef(None)), of_table);
    usage(global.ty(&other), of_global);
    usage(global.get(&other), of_global);
    usage(global.set(&mut other, Value::I64(0)), of_global);
    usage(module.name(&other), of_module);
    usage(module.func_dyn(&other, "f"), of_module);
    usage(module.close(&mut other, 0), of_module);
    usage(other.register("name", module), of_module);
    assert!(module.is_closed(&other) && module.export(&other, "f").is_none());
    // As arguments, elements and values.
    let foreign = Value::FuncRef(Some(f.func()));
    let refs = same_place.func_dyn(&other, "refs").unwrap();
    usage(refs.call_dyn(&mut other, &[foreign.clone(), Value::ExternRef(None)]), of_function);
    let typed = refs.typed::<(Option<Func>, Option<ExternRef>), ()>(&other).unwrap();
    usage(typed.call(&mut other, (Some(f.func()), None)), of_function);
    let table = same_place.table(&other, "table").unwrap();
    usage(table.set(&mut other, 0, foreign.clone()), of_function);
    usage(table.grow(&mut other, 1, foreign), of_function);
    assert_eq!(f.call(&mut rt, 5).unwrap(), 5);
}

#[test]
fn results_that_are_handles_of_others() {
    let mut elsewhere = runtime();
    let foreign = instance(&mut elsewhere, ITEMS).func_dyn(&elsewhere, "f").unwrap();
    let mut rt = runtime();
    let host = HostModule::new("host").func("get", move || Some(foreign)).func_dyn(
        "get_dyn",
        FuncType::new([], [ValType::FUNCREF]),
        move |_, _, results| {
            results[0] = Value::FuncRef(Some(foreign));
            Ok(())
        },
    );
    let host = rt.instantiate_host(&host).unwrap();
    let guest = instance(
        &mut rt,
        r#"(module
            (import "host" "get" (func $get (result funcref)))
            (func (export "run") (drop (call $get))))"#,
    );
    let of_another = "the function is of another runtime";
    usage(guest.func::<(), ()>(&rt, "run").unwrap().call(&mut rt, ()), of_another);
    usage(host.func_dyn(&rt, "get").unwrap().call_dyn(&mut rt, &[]), of_another);
    usage(host.func_dyn(&rt, "get_dyn").unwrap().call_dyn(&mut rt, &[]), of_another);
}

#[test]
fn wrong_types_and_arities() {
    let mut rt = runtime();
    let module = instance(&mut rt, ITEMS);
    let f = module.func_dyn(&rt, "f").unwrap();
    usage(f.call_dyn(&mut rt, &[]), "expected 1 arguments, got 0");
    usage(f.call_dyn(&mut rt, &[Value::I32(1), Value::I32(2)]), "expected 1 arguments, got 2");
    usage(f.call_dyn(&mut rt, &[Value::F32(0)]), "argument 0 must be i32, got f32");
    usage(f.call_dyn(&mut rt, &[Value::ExternRef(None)]), "argument 0 must be i32, got externref");
    let refs = module.func_dyn(&rt, "refs").unwrap();
    let swapped = [Value::ExternRef(None), Value::FuncRef(None)];
    usage(refs.call_dyn(&mut rt, &swapped), "argument 0 must be funcref, got externref");
    usage(
        module.func::<(), i32>(&rt, "f").map(|_| ()),
        "function \"f\": the function's type is (i32) -> (i32), not () -> (i32)",
    );
    usage(
        module.func::<i32, (i32, i32)>(&rt, "f").map(|_| ()),
        "function \"f\": the function's type is (i32) -> (i32), not (i32) -> (i32, i32)",
    );
    usage(f.typed::<f32, i32>(&rt).map(|_| ()), "the function's type is (i32) -> (i32), not (f32) -> (i32)");
    usage(module.func_dyn(&rt, "memory"), "the export \"memory\" of the module is a memory, not a function");
    usage(module.memory(&rt, "f"), "the export \"f\" of the module is a function, not a memory");
    usage(module.table(&rt, "global"), "the export \"global\" of the module is a global, not a table");
    usage(module.global(&rt, "table"), "the export \"table\" of the module is a table, not a global");
    usage(
        module.func_dyn(&rt, "g"),
        "the module exports no function \"g\"; its exports of that kind: \"f\", \"refs\"",
    );
    let global = module.global(&rt, "global").unwrap();
    usage(global.set(&mut rt, Value::I32(1)), "the global's value must be i64, got i32");
    assert_eq!(global.get(&rt).unwrap(), Value::I64(1));
    let fixed = module.global(&rt, "fixed").unwrap();
    usage(fixed.set(&mut rt, Value::I32(2)), "the global is immutable");
    let table = module.table(&rt, "table").unwrap();
    usage(table.set(&mut rt, 0, Value::I32(2)), "the element must be funcref, got i32");
    usage(table.set(&mut rt, 0, Value::ExternRef(None)), "the element must be funcref, got externref");
    usage(table.grow(&mut rt, 1, Value::ExternRef(None)), "the element must be funcref, got externref");
}

#[test]
fn what_is_out_of_range() {
    let mut rt = runtime();
    let module = instance(&mut rt, ITEMS);
    let memory = module.memory(&rt, "memory").unwrap();
    for (offset, len) in [(65536, 1), (65535, 2), (u64::MAX, 1), (u64::MAX, 0), (65537, 0), (1 << 32, 1)] {
        traps(memory.read(&rt, offset, &mut vec![0; len]), TrapCode::MemoryOutOfBounds);
        traps(memory.write(&mut rt, offset, &vec![0; len]), TrapCode::MemoryOutOfBounds);
    }
    memory.write(&mut rt, 65536, &[]).unwrap();
    limit(memory.grow(&mut rt, 3), "a memory of 1 pages cannot grow by 3");
    limit(memory.grow(&mut rt, u64::MAX), "a memory of 1 pages cannot grow by 18446744073709551615");
    assert_eq!(memory.grow(&mut rt, 2).unwrap(), 1);
    let table = module.table(&rt, "table").unwrap();
    for index in [2, u64::from(u32::MAX), u64::MAX] {
        traps(table.get(&mut rt, index), TrapCode::TableOutOfBounds);
        traps(table.set(&mut rt, index, Value::FuncRef(None)), TrapCode::TableOutOfBounds);
    }
    let null = Value::FuncRef(None);
    limit(table.grow(&mut rt, 4, null.clone()), "a table of 2 elements cannot grow by 4");
    limit(table.grow(&mut rt, u64::MAX, null), "a table of 2 elements cannot grow by 18446744073709551615");
}

#[test]
fn names_in_use() {
    let mut rt = runtime();
    let code = rt.compile("(module)").unwrap();
    let first = rt.instantiate(&code, ModuleConfig::new().with_name("first")).unwrap();
    let second = rt.instantiate(&code, ModuleConfig::new().with_name("second")).unwrap();
    let in_use = "the name \"first\" is in use";
    usage(rt.instantiate(&code, ModuleConfig::new().with_name("first")), in_use);
    usage(rt.instantiate_host(&HostModule::new("first")), in_use);
    usage(rt.register("first", second), in_use);
    rt.register("first", first).unwrap();
    assert_eq!(rt.module("first"), Some(first));
    first.close(&mut rt, 0).unwrap();
    rt.register("first", second).unwrap();
    second.close(&mut rt, 0).unwrap();
    assert_eq!((rt.module("first"), rt.module("second")), (None, None));
}

#[test]
fn settings_that_a_guest_cannot_be_given() {
    let mut rt = runtime();
    let code = rt.compile("(module)").unwrap();
    let new = ModuleConfig::new;
    for (config, message) in [
        (new().with_args(["a", "b\0c"]), "argument 1 contains a NUL byte"),
        (new().with_env("", "x"), "an environment variable's name is empty"),
        (new().with_env("a=b", "x"), "the environment variable's name \"a=b\" contains '='"),
        (new().with_env("=", "x"), "the environment variable's name \"=\" contains '='"),
        (new().with_env("a\0", "x"), "the environment variable \"a\\x00\" contains a NUL byte"),
        (new().with_env("a", "x\0"), "the environment variable \"a\" contains a NUL byte"),
    ] {
        usage(rt.instantiate(&code, config), message);
    }
    // Nothing was left behind, and what looks odd but can be given is.
    let odd = new().with_args(["", "a=b"]).with_env("a", "=").with_env("b", "").with_name("odd");
    rt.instantiate(&code, odd).unwrap();
}

#[test]
fn limits_of_zero() {
    let refused = |config: RuntimeConfig, source: &str, message: &str| {
        let mut rt = Runtime::new(config).unwrap();
        let code = rt.compile(source).unwrap();
        limit(rt.instantiate(&code, ModuleConfig::new()), message);
    };
    let new = RuntimeConfig::new;
    refused(
        new().with_max_memory_pages(0),
        "(module (memory 1))",
        "a memory of 1 pages of 65536 bytes: the limit is 0 pages",
    );
    refused(
        new().with_max_table_elements(0),
        "(module (table 1 funcref))",
        "a table of 1 elements: the limit is 0",
    );
    refused(new().with_max_instances(0), "(module)", "0 instances: that is the limit");

    let mut rt = Runtime::new(new().with_max_memory_pages(0).with_max_table_elements(0)).unwrap();
    let module = instance(
        &mut rt,
        r#"(module (memory 0) (table 0 funcref)
            (func (export "grow") (result i32 i32)
                (memory.grow (i32.const 1)) (table.grow (ref.null func) (i32.const 1))))"#,
    );
    let grow = module.func::<(), (i32, i32)>(&rt, "grow").unwrap();
    assert_eq!(grow.call(&mut rt, ()).unwrap(), (-1, -1));

    let mut rt = Runtime::new(new().with_fuel(Some(0))).unwrap();
    let module = instance(&mut rt, ITEMS);
    let f = module.func::<i32, i32>(&rt, "f").unwrap();
    traps(f.call(&mut rt, 1), TrapCode::OutOfFuel);
    rt.set_fuel(1000);
    assert_eq!(f.call(&mut rt, 1).unwrap(), 1);

    // A stack is never so small that nothing can be called.
    let mut rt = Runtime::new(new().with_guest_stack_bytes(0)).unwrap();
    let module = instance(&mut rt, r#"(module (func (export "f")) (func $r (export "r") (call $r)))"#);
    module.func::<(), ()>(&rt, "f").unwrap().call(&mut rt, ()).unwrap();
    traps(module.func::<(), ()>(&rt, "r").unwrap().call(&mut rt, ()), TrapCode::StackOverflow);

    let rt = Runtime::new(new().with_compile_threads(0)).unwrap();
    rt.compile(ITEMS).unwrap();
}

#[test]
fn limits_of_the_maximum() {
    let new = RuntimeConfig::new;
    usage(
        Runtime::new(new().with_max_memory_pages(u64::MAX)).map(|_| ()),
        "a memory limit of 18446744073709551615 pages: the most is 2147483648",
    );
    let most = new()
        .with_max_memory_pages(RuntimeConfig::MOST_MEMORY_PAGES)
        .with_max_table_elements(u64::MAX)
        .with_max_instances(usize::MAX)
        .with_fuel(Some(u64::MAX))
        .with_compile_threads(usize::MAX);
    let mut rt = Runtime::new(most).unwrap();
    let module = instance(&mut rt, ITEMS);
    assert_eq!(module.func::<i32, i32>(&rt, "f").unwrap().call(&mut rt, 3).unwrap(), 3);
    let code = rt.compile("(module (table 0xffffffff funcref))").unwrap();
    limit(rt.instantiate(&code, ModuleConfig::new()), "a table of 4294967295 elements: out of memory");

    let mut rt = Runtime::new(new().with_guest_stack_bytes(usize::MAX)).unwrap();
    let module = instance(&mut rt, ITEMS);
    let error = module.func::<i32, i32>(&rt, "f").unwrap().call(&mut rt, 3).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Limit(_)), "{error:?}");
    // Which engine it is says why.
    let message = error.to_string();
    let expected = format!("not enough memory for a guest stack of {} bytes", usize::MAX);
    assert!(message.starts_with(&expected), "{message}");
}

#[test]
fn memories_take_address_space_for_their_maximum_if_asked() {
    let config = RuntimeConfig::new().with_memory_kind(wz_api::MemoryKind::Checked);
    let mut rt = Runtime::new(config).unwrap();
    let source = r#"(module (memory (export "memory") 1 2000))"#;
    let code = rt.compile(source).unwrap();
    let config = ModuleConfig::new().with_memory_capacity_from_max(true);
    let module = rt.instantiate(&code, config).unwrap();
    let memory: Memory = module.memory(&rt, "memory").unwrap();
    let base = memory.data(&rt).unwrap().as_ptr();
    for pages in 1..200 {
        assert_eq!(memory.grow(&mut rt, 10).unwrap(), 10 * pages - 9);
        assert_eq!(memory.data(&rt).unwrap().as_ptr(), base);
    }
    assert!(memory.data(&rt).unwrap().iter().all(|byte| *byte == 0));
    limit(memory.grow(&mut rt, 10), "a memory of 1991 pages cannot grow by 10");
}

/// Host functions that misbehave, and a guest that calls each of them.
fn misbehaving() -> (Runtime, Module) {
    let slice = |mut c: Caller, at: u32, len: u32| {
        let Split { memory, .. } = c.split()?;
        let bytes = memory.get(at as usize..).and_then(|rest| rest.get(..len as usize));
        bytes.map(|bytes| bytes.len() as u32).ok_or_else(|| Error::from(TrapCode::MemoryOutOfBounds))
    };
    let host = HostModule::new("host")
        .func("panic", || -> i32 { panic!("as planned") })
        .func("panic_any", || -> i32 { std::panic::panic_any(17u8) })
        .func("error", || Err::<i32, _>("an error"))
        .func("trap", || Err::<i32, _>(Error::from(TrapCode::Unreachable)))
        .func("exit", || Err::<i32, _>(Error::exit(u32::MAX)))
        .func("recurse", |mut c: Caller| {
            let module = c.module().unwrap();
            module.func::<(), i32>(&c, "recurse")?.call(&mut c, ())
        })
        .func("close_others", |mut c: Caller| {
            let context: &Context = &c;
            let others: Vec<Module> =
                ["other", "host"].iter().filter_map(|name| context.module(name)).collect();
            for other in others {
                other.close(&mut c, 1)?;
            }
            Ok::<i32, Error>(3)
        })
        .func("slice", slice)
        .func("read", |c: Caller, at: u64, len: u32| {
            c.memory()?.read(&c, at, &mut vec![0; len as usize])?;
            Ok::<i32, Error>(0)
        });
    let mut rt = runtime();
    rt.instantiate_host(&host).unwrap();
    let code = rt.compile(r#"(module (func (export "f") (result i32) (i32.const 8)))"#).unwrap();
    rt.instantiate(&code, ModuleConfig::new().with_name("other")).unwrap();
    let names = ["panic", "panic_any", "error", "trap", "exit", "recurse", "close_others"];
    let imports: String =
        names.iter().map(|n| format!("(import \"host\" \"{n}\" (func ${n} (result i32)))")).collect();
    let exports: String =
        names.iter().map(|n| format!("(func (export \"{n}\") (result i32) (call ${n}))")).collect();
    let source = format!(
        r#"(module {imports}
            (import "host" "slice" (func $slice (param i32 i32) (result i32)))
            (import "host" "read" (func $read (param i64 i32) (result i32)))
            (import "other" "f" (func $other (result i32)))
            (memory (export "memory") 1)
            {exports}
            (func (export "slice") (param i32 i32) (result i32) (call $slice (local.get 0) (local.get 1)))
            (func (export "read") (param i64 i32) (result i32) (call $read (local.get 0) (local.get 1)))
            (func (export "use-other") (result i32) (drop (call $close_others)) (call $other))
            (func (export "fine") (result i32) (i32.const 1)))"#
    );
    let module = instance(&mut rt, &source);
    (rt, module)
}

#[test]
fn host_functions_that_fail() {
    let (mut rt, module) = misbehaving();
    let fine = module.func::<(), i32>(&rt, "fine").unwrap();
    let mut call = |name: &str| {
        let func = module.func::<(), i32>(&rt, name).unwrap();
        let outcome = catch_unwind(AssertUnwindSafe(|| func.call(&mut rt, ())));
        assert_eq!(fine.call(&mut rt, ()).unwrap(), 1, "{name}");
        outcome
    };
    assert_eq!(*call("panic").unwrap_err().downcast::<&str>().unwrap(), "as planned");
    assert_eq!(*call("panic_any").unwrap_err().downcast::<u8>().unwrap(), 17);
    let error = call("error").unwrap().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Host(wz_api::HostError::Error(_))), "{error:?}");
    assert_eq!(error.to_string(), "an error");
    let error = call("trap").unwrap().unwrap_err();
    let trap = error.as_trap().unwrap();
    assert_eq!((trap.code, trap.backtrace.frames.len()), (TrapCode::Unreachable, 1));
    assert_eq!(call("exit").unwrap().unwrap_err().exit_code(), Some(u32::MAX));
    let error = call("recurse").unwrap().unwrap_err();
    let trap = error.as_trap().unwrap();
    assert_eq!((trap.code, trap.backtrace.frames.len()), (TrapCode::StackOverflow, 30));
    assert!(trap.backtrace.omitted > 100);
}

#[test]
fn host_functions_that_close_the_other_modules() {
    let (mut rt, module) = misbehaving();
    let run = module.func::<(), i32>(&rt, "use-other").unwrap();
    assert_eq!(run.call(&mut rt, ()).unwrap(), 8);
    assert_eq!((rt.module("other"), rt.module("host")), (None, None));
    // What it imported is the module's for as long as it is open.
    assert_eq!(run.call(&mut rt, ()).unwrap(), 8);
    module.close(&mut rt, 0).unwrap();
    closed(run.call(&mut rt, ()));
}

#[test]
fn host_functions_that_are_given_pointers_out_of_range() {
    let (mut rt, module) = misbehaving();
    let slice = module.func::<(u32, u32), u32>(&rt, "slice").unwrap();
    let read = module.func::<(u64, u32), u32>(&rt, "read").unwrap();
    for (at, len) in [(0, 65537), (65536, 1), (65535, 2), (u32::MAX, 1), (u32::MAX, u32::MAX), (1, u32::MAX)]
    {
        traps(slice.call(&mut rt, (at, len)), TrapCode::MemoryOutOfBounds);
    }
    for at in [65536, u64::from(u32::MAX), 1 << 32, u64::MAX] {
        traps(read.call(&mut rt, (at, 1)), TrapCode::MemoryOutOfBounds);
    }
    assert_eq!(slice.call(&mut rt, (0, 65536)).unwrap(), 65536);
    assert_eq!(slice.call(&mut rt, (65536, 0)).unwrap(), 0);
    assert_eq!(read.call(&mut rt, (65535, 1)).unwrap(), 0);
}

#[test]
fn host_functions_with_nobody_behind_them() {
    let host = HostModule::new("host")
        .func("memory", |c: Caller| c.memory().map(|_| ()))
        .func("split", |mut c: Caller| c.split().map(|_| ()))
        .func("system", |mut c: Caller| c.system().map(|_| ()));
    let mut rt = runtime();
    let host = rt.instantiate_host(&host).unwrap();
    for name in ["memory", "split", "system"] {
        let func = host.func::<(), ()>(&rt, name).unwrap();
        usage(func.call(&mut rt, ()), "the host function was not called by a module");
    }
    let guest = instance(
        &mut rt,
        r#"(module (import "host" "memory" (func $memory)) (func (export "memory") (call $memory)))"#,
    );
    let memory = guest.func::<(), ()>(&rt, "memory").unwrap();
    usage(memory.call(&mut rt, ()), "the calling module has no memory");
}

#[test]
fn host_items_that_do_not_fit() {
    let global = GlobalType { content: ValType::I32, mutable: false };
    let limits = Limits { min: 2, max: Some(1) };
    let table =
        TableType { element: RefType::EXTERNREF, limits: Limits { min: 1, max: None }, table64: false };
    let new = || HostModule::<()>::new("host");
    let mut rt = runtime();
    usage(rt.instantiate_host(&HostModule::new("")), "a host module's name is empty");
    usage(
        rt.instantiate_host(&new().func("x", || ()).func("x", || ())),
        "two items of the host module are called \"x\"",
    );
    usage(
        rt.instantiate_host(&new().global("x", global, Value::I64(0))),
        "host global \"x\": its initial value must be i32, got i64",
    );
    usage(
        rt.instantiate_host(&new().table("x", table, Value::FuncRef(None))),
        "host table \"x\": its initial value must be externref, got funcref",
    );
    usage(
        rt.instantiate_host(&new().table("x", TableType { limits, ..table }, Value::ExternRef(None))),
        "size minimum must not be greater than maximum",
    );
    usage(
        rt.instantiate_host(&new().memory("x", MemoryType::new(2, Some(1)))),
        "size minimum must not be greater than maximum",
    );
    // A host module for runtimes with other data than this one cannot even be written; the types say so.
    assert_eq!(rt.module("host"), None);
}
