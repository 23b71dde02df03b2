//! Host functions: what they get, what they return, and what happens when they fail.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use wz_api::{
    Caller, Context, Error, ErrorKind, ExternRef, Func, FuncType, GlobalType, HostModule, Limits, MemoryType,
    Module, ModuleConfig, RefType, Runtime, Split, TableType, TrapCode, ValType, Value,
};

fn instance<T: 'static>(rt: &mut Context<T>, source: &str) -> Module {
    let code = rt.compile(source).unwrap();
    rt.instantiate(&code, ModuleConfig::new()).unwrap()
}

#[derive(Debug, PartialEq)]
struct OwnError(u32);

impl fmt::Display for OwnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "own error {}", self.0)
    }
}

impl std::error::Error for OwnError {}

#[test]
fn closures_of_every_shape() {
    let host = HostModule::<u32>::new("host")
        .func("nothing", || ())
        .func("caller", |mut c: Caller<u32>| *c.data_mut() += 1)
        .func("values", |a: i32, b: u64, c: f32, d: f64, e: u128| (a, b, c, d, e))
        .func("refs", |f: Option<Func>, e: Option<ExternRef>| (e, f))
        .func("result", |n: u32| if n == 0 { Err(OwnError(n)) } else { Ok(n - 1) })
        .func("text", |_: u32| Err::<(), _>("plain text"))
        .func_dyn(
            "dynamic",
            FuncType::new([ValType::I32, ValType::I64], [ValType::I64, ValType::I32]),
            |_, args, results| {
                results.clone_from_slice(&[args[1].clone(), args[0].clone()]);
                Ok(())
            },
        );
    let mut rt = Runtime::with_data(Default::default(), 0).unwrap();
    let host = rt.instantiate_host(&host).unwrap();

    // The embedder can call them itself.
    host.func::<(), ()>(&rt, "nothing").unwrap().call(&mut rt, ()).unwrap();
    host.func::<(), ()>(&rt, "caller").unwrap().call(&mut rt, ()).unwrap();
    assert_eq!(*rt.data(), 1);
    let values = host.func::<(i32, u64, f32, f64, u128), (i32, u64, f32, f64, u128)>(&rt, "values").unwrap();
    assert_eq!(values.call(&mut rt, (-1, 2, 3.0, 4.0, 5 << 64)).unwrap(), (-1, 2, 3.0, 4.0, 5 << 64));
    let dynamic = host.func::<(i32, i64), (i64, i32)>(&rt, "dynamic").unwrap();
    assert_eq!(dynamic.call(&mut rt, (1, 2)).unwrap(), (2, 1));

    // And a guest can.
    let module = instance(
        &mut rt,
        r#"(module
            (import "host" "caller" (func $caller))
            (import "host" "refs" (func $refs (param funcref externref) (result externref funcref)))
            (import "host" "result" (func $result (param i32) (result i32)))
            (func (export "run") (param externref) (result externref)
                (call $caller)
                (drop (call $refs (ref.null func) (local.get 0))))
            (func (export "result") (param i32) (result i32) (call $result (local.get 0))))"#,
    );
    let reference = ExternRef::new(1);
    let run = module.func::<Option<ExternRef>, Option<ExternRef>>(&rt, "run").unwrap();
    assert!(run.call(&mut rt, Some(reference.clone())).unwrap().unwrap().ptr_eq(&reference));
    assert_eq!(*rt.data(), 2);
    let result = module.func::<u32, u32>(&rt, "result").unwrap();
    assert_eq!(result.call(&mut rt, 5).unwrap(), 4);
}

#[test]
fn errors_come_back_unchanged() {
    let mut rt = Runtime::new(Default::default()).unwrap();
    let host = HostModule::new("host")
        .func("own", |n: u32| Err::<(), _>(OwnError(n)))
        .func("trap", || Err::<(), _>(Error::from(TrapCode::Unreachable)))
        .func("exit", || Err::<(), _>(Error::exit(7)))
        .func_dyn("wrong", FuncType::new([], [ValType::I32]), |_, _, results| {
            results[0] = Value::I64(0);
            Ok(())
        });
    rt.instantiate_host(&host).unwrap();
    let module = instance(
        &mut rt,
        r#"(module
            (import "host" "own" (func $own (param i32)))
            (import "host" "trap" (func $trap))
            (import "host" "exit" (func $exit))
            (import "host" "wrong" (func $wrong (result i32)))
            (func (export "own") (call $own (i32.const 9)))
            (func (export "trap") (call $trap))
            (func (export "exit") (call $exit))
            (func (export "wrong") (drop (call $wrong))))"#,
    );
    let mut call = |name| module.func::<(), ()>(&rt, name).unwrap().call(&mut rt, ()).unwrap_err();
    let own = call("own");
    assert_eq!(own.downcast_host::<OwnError>(), Some(&OwnError(9)));
    assert_eq!(*own.into_host().unwrap().downcast::<OwnError>().unwrap(), OwnError(9));
    assert_eq!(call("trap").trap_code(), Some(TrapCode::Unreachable));
    assert_eq!(call("exit").exit_code(), Some(7));
    let wrong = call("wrong");
    assert!(matches!(wrong.kind(), ErrorKind::Usage(_)));
    assert_eq!(wrong.to_string(), "result 0 must be i32, got i64");
}

#[test]
fn a_panic_goes_on_in_the_caller() {
    let mut rt = Runtime::new(Default::default()).unwrap();
    let host = HostModule::new("host").func("panic", || -> () { std::panic::panic_any(OwnError(3)) }).func(
        "again",
        |mut c: Caller| -> Result<(), Error> {
            let module = c.module().unwrap();
            module.func::<(), ()>(&c, "run")?.call(&mut c, ())
        },
    );
    rt.instantiate_host(&host).unwrap();
    let module = instance(
        &mut rt,
        r#"(module
            (import "host" "panic" (func $panic))
            (import "host" "again" (func $again))
            (func (export "run") (call $panic))
            (func (export "nested") (call $again))
            (func (export "fine") (result i32) (i32.const 1)))"#,
    );
    for name in ["run", "nested"] {
        let func = module.func::<(), ()>(&rt, name).unwrap();
        let payload = catch_unwind(AssertUnwindSafe(|| func.call(&mut rt, ()))).unwrap_err();
        assert_eq!(*payload.downcast::<OwnError>().unwrap(), OwnError(3), "{name}");
        // The runtime and the instance stay usable.
        assert_eq!(module.func::<(), i32>(&rt, "fine").unwrap().call(&mut rt, ()).unwrap(), 1);
    }
}

#[test]
fn callers_parts_are_borrowed_side_by_side() {
    let host = HostModule::<Vec<String>>::new("host").func(
        "log",
        |mut c: Caller<Vec<String>>, at: u32, len: u32| {
            let Split { data, memory, system } = c.split()?;
            let (at, len) = (at as usize, len as usize);
            let bytes =
                memory.get(at..).and_then(|m| m.get(..len)).ok_or_else(|| Error::usage("out of range"))?;
            data.push(format!("{} {}", system.args().len(), String::from_utf8_lossy(bytes)));
            memory[at] = b'J';
            Ok::<(), Error>(())
        },
    );
    let mut rt = Runtime::with_data(Default::default(), Vec::new()).unwrap();
    let host = rt.instantiate_host(&host).unwrap();
    let code = rt
        .compile(
            r#"(module
                (import "host" "log" (func $log (param i32 i32)))
                (memory 1)
                (data (i32.const 16) "hello")
                (func (export "log") (param i32 i32) (call $log (local.get 0) (local.get 1))))"#,
        )
        .unwrap();
    let module = rt.instantiate(&code, ModuleConfig::new().with_args(["a", "b"])).unwrap();
    let log = module.func::<(u32, u32), ()>(&rt, "log").unwrap();
    log.call(&mut rt, (16, 5)).unwrap();
    log.call(&mut rt, (16, 5)).unwrap();
    assert_eq!(*rt.data(), ["2 hello", "2 Jello"]);
    assert_eq!(log.call(&mut rt, (u32::MAX, 5)).unwrap_err().to_string(), "out of range");
    // There is no caller to take apart when the embedder calls.
    let direct = host.func::<(u32, u32), ()>(&rt, "log").unwrap().call(&mut rt, (0, 0)).unwrap_err();
    assert!(matches!(direct.kind(), ErrorKind::Usage(_)), "{direct}");
}

#[test]
fn a_host_function_can_close_its_caller() {
    let host = HostModule::new("host").func("close", |mut c: Caller| {
        let module = c.module().unwrap();
        module.close(&mut c, 3)?;
        assert!(module.is_closed(&c));
        // Closing again changes nothing.
        module.close(&mut c, 4)?;
        Ok::<i32, Error>(5)
    });
    let mut rt = Runtime::new(Default::default()).unwrap();
    rt.instantiate_host(&host).unwrap();
    let module = instance(
        &mut rt,
        r#"(module
            (import "host" "close" (func $close (result i32)))
            (memory (export "memory") 1)
            (func (export "run") (result i32)
                (i32.store (i32.const 0) (call $close))
                (i32.load (i32.const 0))))"#,
    );
    let run = module.func::<(), i32>(&rt, "run").unwrap();
    // The call that is under way goes on with what it has.
    assert_eq!(run.call(&mut rt, ()).unwrap(), 5);
    assert!(matches!(run.call(&mut rt, ()).unwrap_err().kind(), ErrorKind::Closed(_)));
    assert!(matches!(module.memory(&rt, "memory").unwrap_err().kind(), ErrorKind::Closed(_)));
}

#[test]
fn host_memories_globals_and_tables() {
    let mutable = GlobalType { content: ValType::I64, mutable: true };
    let table =
        TableType { element: RefType::EXTERNREF, limits: Limits { min: 2, max: Some(4) }, table64: false };
    let reference = ExternRef::new("in a table");
    let host = HostModule::new("host")
        .memory("memory", MemoryType::new(1, Some(2)))
        .global("counter", mutable, Value::I64(40))
        .table("table", table, Value::ExternRef(Some(reference.clone())));
    let mut rt = Runtime::new(Default::default()).unwrap();
    let host = rt.instantiate_host(&host).unwrap();
    let module = instance(
        &mut rt,
        r#"(module
            (import "host" "memory" (memory 1))
            (import "host" "counter" (global $counter (mut i64)))
            (import "host" "table" (table 2 externref))
            (func (export "run") (result externref)
                (i32.store8 (i32.const 100) (i32.const 7))
                (global.set $counter (i64.add (global.get $counter) (i64.const 2)))
                (table.get (i32.const 1))))"#,
    );
    let run = module.func::<(), Option<ExternRef>>(&rt, "run").unwrap();
    rt.collect_garbage();
    assert!(run.call(&mut rt, ()).unwrap().unwrap().ptr_eq(&reference));

    let memory = host.memory(&rt, "memory").unwrap();
    assert_eq!(memory.data(&rt).unwrap()[100], 7);
    assert_eq!(memory.grow(&mut rt, 1).unwrap(), 1);
    assert!(matches!(memory.grow(&mut rt, 1).unwrap_err().kind(), ErrorKind::Limit(_)));
    let out_of_range = memory.write(&mut rt, 2 * 65536 - 1, &[0, 0]).unwrap_err();
    assert_eq!(out_of_range.trap_code(), Some(TrapCode::MemoryOutOfBounds));

    let counter = host.global(&rt, "counter").unwrap();
    assert_eq!(counter.get(&rt).unwrap(), Value::I64(42));
    counter.set(&mut rt, Value::I64(1)).unwrap();
    assert!(matches!(counter.set(&mut rt, Value::I32(1)).unwrap_err().kind(), ErrorKind::Usage(_)));

    let table = host.table(&rt, "table").unwrap();
    assert_eq!(table.grow(&mut rt, 1, Value::ExternRef(None)).unwrap(), 2);
    assert_eq!(table.get(&mut rt, 2).unwrap(), Value::ExternRef(None));
    table.set(&mut rt, 0, Value::ExternRef(None)).unwrap();
    assert_eq!(table.get(&mut rt, 1).unwrap(), Value::from(reference));
    assert_eq!(table.get(&mut rt, 3).unwrap_err().trap_code(), Some(TrapCode::TableOutOfBounds));
    assert!(matches!(table.set(&mut rt, 0, Value::FuncRef(None)).unwrap_err().kind(), ErrorKind::Usage(_)));
    assert!(matches!(
        table.grow(&mut rt, 2, Value::ExternRef(None)).unwrap_err().kind(),
        ErrorKind::Limit(_)
    ));
}

#[test]
fn what_is_wrong_with_a_host_module_is_said_at_its_instantiation() {
    let mut rt = Runtime::new(Default::default()).unwrap();
    let global = GlobalType { content: ValType::I32, mutable: false };
    for (module, message) in [
        (HostModule::new(""), "a host module's name is empty"),
        (
            HostModule::new("a").func("x", || ()).global("x", global, Value::I32(0)),
            "two items of the host module are called \"x\"",
        ),
        (
            HostModule::new("a").global("x", global, Value::F32(0)),
            "host global \"x\": its initial value must be i32, got f32",
        ),
    ] {
        let error = rt.instantiate_host(&module).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Usage(_)));
        assert_eq!(error.to_string(), message);
    }
}
