//! Instances: names, imports, start functions, closing, and handles that outlive them.

use wz_api::sys::OutputBuffer;
use wz_api::{
    Caller, EngineKind, Error, ErrorKind, ExternType, Features, FuncType, HostModule, ModuleConfig, Runtime,
    RuntimeConfig, TrapCode, ValType,
};

fn runtime() -> Runtime {
    Runtime::new(RuntimeConfig::new()).unwrap()
}

const ANSWER: &str =
    r#"(module $answer (memory (export "memory") 1) (func (export "f") (result i32) i32.const 42))"#;

#[test]
fn names_are_unique_while_their_instances_live() {
    let mut rt = runtime();
    let code = rt.compile(ANSWER).unwrap();
    assert_eq!(code.name(), Some("answer"));
    let first = rt.instantiate(&code, ModuleConfig::new()).unwrap();
    assert_eq!(first.name(&rt).unwrap(), Some("answer"));
    assert_eq!(rt.module("answer"), Some(first));
    let taken = rt.instantiate(&code, ModuleConfig::new()).unwrap_err();
    assert!(matches!(taken.kind(), ErrorKind::Usage(_)), "{taken}");
    // Anonymous ones are as many as one likes.
    let anonymous = rt.instantiate(&code, ModuleConfig::new().with_name("")).unwrap();
    assert_eq!(anonymous.name(&rt).unwrap(), None);
    rt.register("alias", anonymous).unwrap();
    assert_eq!(rt.module("alias"), Some(anonymous));
    assert!(matches!(rt.register("alias", first).unwrap_err().kind(), ErrorKind::Usage(_)));
    first.close(&mut rt, 0).unwrap();
    assert_eq!(rt.module("answer"), None);
    rt.instantiate(&code, ModuleConfig::new()).unwrap();
}

#[test]
fn every_import_that_does_not_fit_is_listed() {
    let mut rt = runtime();
    rt.instantiate_host(&HostModule::new("env").func("f", |n: i32| n)).unwrap();
    let code = rt
        .compile(
            r#"(module
                (import "env" "f" (func (param i64) (result i32)))
                (import "env" "g" (func))
                (import "env" "f" (memory 1))
                (import "env" "f" (func (param i32) (result i32)))
                (import "nowhere" "h" (global i32)))"#,
        )
        .unwrap();
    let error = rt.instantiate(&code, ModuleConfig::new()).unwrap_err();
    let ErrorKind::Link(link) = error.kind() else { panic!("{error:?}") };
    let lines: Vec<&str> = link.message.lines().collect();
    assert_eq!(lines.len(), 4, "{error}");
    assert!(lines[0].starts_with("incompatible import type"), "{error}");
    assert!(lines[1].starts_with("unknown import"), "{error}");
    assert!(lines[2].starts_with("incompatible import type"), "{error}");
    assert!(lines[3].starts_with("unknown import"), "{error}");
    assert!(lines[3].contains("nowhere") && lines[3].contains('h'), "{error}");
}

#[test]
fn descriptions_say_every_import_and_export() {
    let rt = Runtime::new(RuntimeConfig::new().with_custom_sections(true)).unwrap();
    let code = rt
        .compile(
            r#"(module
                (import "a" "b" (func (param i32)))
                (import "a" "c" (memory 1 2))
                (global (export "g") (mut f64) (f64.const 0))
                (table (export "t") 3 funcref)
                (func (export "f") (result v128) (v128.const i64x2 0 0))
                (@custom "note" "text"))"#,
        )
        .unwrap();
    let imports: Vec<String> = code.imports().map(|i| format!("{}.{} {}", i.module, i.name, i.ty)).collect();
    assert_eq!(imports, ["a.b func (i32) -> ()", "a.c memory 1 2"]);
    let exports: Vec<String> = code.exports().map(|e| format!("{} {}", e.name, e.ty)).collect();
    assert_eq!(exports, ["g global (mut f64)", "t table 3 funcref", "f func () -> (v128)"]);
    let f = code.exports().find(|e| e.name == "f").unwrap();
    assert_eq!(f.ty, ExternType::Func(FuncType::new([], [ValType::V128])));
    assert!(code.custom_sections().any(|s| s.name == "note" && s.data == b"text"));
    assert!(code.code_bytes() > 0 && code.wasm_code_bytes() > 0);
}

#[test]
fn start_functions_run_in_order() {
    let host = HostModule::<Vec<i32>>::new("env")
        .func("log", |mut c: Caller<Vec<i32>>, n: i32| c.data_mut().push(n));
    let mut rt = Runtime::with_data(RuntimeConfig::new(), Vec::new()).unwrap();
    rt.instantiate_host(&host).unwrap();
    let code = rt
        .compile(
            r#"(module
                (import "env" "log" (func $log (param i32)))
                (func $start (call $log (i32.const 0)))
                (start $start)
                (func (export "_start") (call $log (i32.const 1)))
                (func (export "second") (call $log (i32.const 2)))
                (func (export "argument") (param i32)))"#,
        )
        .unwrap();
    rt.instantiate(&code, ModuleConfig::new()).unwrap();
    assert_eq!(std::mem::take(rt.data_mut()), [0, 1]);
    let config = ModuleConfig::new().with_start_functions(["second", "missing", "_start"]);
    rt.instantiate(&code, config).unwrap();
    assert_eq!(std::mem::take(rt.data_mut()), [0, 2, 1]);
    rt.instantiate(&code, ModuleConfig::new().with_start_functions(None::<String>)).unwrap();
    assert_eq!(std::mem::take(rt.data_mut()), [0]);
    let error = rt.instantiate(&code, ModuleConfig::new().with_start_functions(["argument"])).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Usage(_)), "{error}");
}

#[test]
fn exit_codes_of_start_functions() {
    let mut rt = runtime();
    rt.instantiate_host(&HostModule::new("env").func("exit", |code: u32| Err::<(), _>(Error::exit(code))))
        .unwrap();
    let source = |code| {
        format!(
            r#"(module (import "env" "exit" (func $exit (param i32)))
                (func (export "_start") (call $exit (i32.const {code})) unreachable))"#
        )
    };
    let success = rt.compile(source(0)).unwrap();
    let module = rt.instantiate(&success, ModuleConfig::new().with_name("m")).unwrap();
    assert!(module.is_closed(&rt));
    assert_eq!(rt.module("m"), None);
    let failure = rt.compile(source(3)).unwrap();
    let error = rt.instantiate(&failure, ModuleConfig::new().with_name("m")).unwrap_err();
    assert_eq!(error.exit_code(), Some(3));
    assert_eq!(rt.module("m"), None);
}

#[test]
fn a_trap_in_a_start_function_leaves_no_instance() {
    let mut rt = runtime();
    let code = rt.compile(r#"(module (func $f unreachable) (start $f))"#).unwrap();
    let error = rt.instantiate(&code, ModuleConfig::new().with_name("m")).unwrap_err();
    assert_eq!(error.trap_code(), Some(TrapCode::Unreachable));
    assert_eq!(rt.module("m"), None);
}

#[test]
fn handles_of_closed_instances_say_so() {
    let mut rt = runtime();
    let code = rt.compile(ANSWER).unwrap();
    let module = rt.instantiate(&code, ModuleConfig::new()).unwrap();
    let f = module.func::<(), i32>(&rt, "f").unwrap();
    let memory = module.memory(&rt, "memory").unwrap();
    assert_eq!(f.call(&mut rt, ()).unwrap(), 42);
    module.close(&mut rt, 0).unwrap();
    module.close(&mut rt, 0).unwrap();
    // Another instance in the same place does not bring them back.
    let other = rt.instantiate(&code, ModuleConfig::new()).unwrap();
    assert_ne!(module, other);
    for error in [
        f.call(&mut rt, ()).unwrap_err(),
        f.func().call_dyn(&mut rt, &[]).unwrap_err(),
        f.func().ty(&rt).unwrap_err(),
        memory.size_pages(&rt).unwrap_err(),
        memory.data_mut(&mut rt).map(|_| ()).unwrap_err(),
        module.func_dyn(&rt, "f").unwrap_err(),
        module.name(&rt).unwrap_err(),
        rt.register("x", module).unwrap_err(),
    ] {
        assert!(matches!(error.kind(), ErrorKind::Closed(_)), "{error:?}");
    }
    assert_eq!(module.export(&rt, "f"), None);
}

#[test]
fn handles_of_other_runtimes_say_so() {
    let (mut rt, mut other) = (runtime(), runtime());
    let code = rt.compile(ANSWER).unwrap();
    let module = rt.instantiate(&code, ModuleConfig::new()).unwrap();
    other.instantiate(&code, ModuleConfig::new()).unwrap();
    let f = module.func::<(), i32>(&rt, "f").unwrap();
    let memory = module.memory(&rt, "memory").unwrap();
    for error in [
        f.call(&mut other, ()).unwrap_err(),
        f.func().ty(&other).unwrap_err(),
        memory.grow(&mut other, 1).unwrap_err(),
        module.func_dyn(&other, "f").unwrap_err(),
        module.close(&mut other, 0).unwrap_err(),
        other.register("x", module).unwrap_err(),
    ] {
        assert!(matches!(error.kind(), ErrorKind::Usage(_)), "{error:?}");
    }
    assert!(module.is_closed(&other));
    assert_eq!(f.call(&mut rt, ()).unwrap(), 42);
}

#[test]
fn a_closed_runtime_says_so() {
    let mut rt = runtime();
    let code = rt.compile(ANSWER).unwrap();
    let module = rt.instantiate(&code, ModuleConfig::new()).unwrap();
    rt.close(3);
    rt.close(4);
    assert!(rt.is_closed() && module.is_closed(&rt));
    for error in [
        rt.compile(ANSWER).unwrap_err(),
        rt.instantiate(&code, ModuleConfig::new()).unwrap_err(),
        rt.instantiate_host(&HostModule::new("env")).unwrap_err(),
    ] {
        assert!(matches!(error.kind(), ErrorKind::Closed(_)));
        assert_eq!(error.to_string(), "the runtime (exit code 3) is closed");
    }
}

#[test]
fn code_runs_only_with_the_options_it_was_compiled_for() {
    let code = runtime().compile(ANSWER).unwrap();
    for config in [
        RuntimeConfig::new().with_engine(EngineKind::InterpLoop),
        RuntimeConfig::new().with_fuel(Some(1)),
        RuntimeConfig::new().with_interruption(true),
    ] {
        let mut rt = Runtime::new(config).unwrap();
        let error = rt.instantiate(&code, ModuleConfig::new()).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Usage(_)), "{error}");
    }
}

#[test]
fn one_compiled_module_serves_many_threads() {
    let code = runtime().compile(ANSWER).unwrap();
    let threads = [0; 4].map(|_| {
        let code = code.clone();
        std::thread::spawn(move || {
            let mut rt = runtime();
            let module = rt.instantiate(&code, ModuleConfig::new()).unwrap();
            module.func::<(), i32>(&rt, "f").unwrap().call(&mut rt, ()).unwrap()
        })
    });
    assert!(threads.into_iter().all(|t| t.join().unwrap() == 42));
}

#[test]
fn limits_hold() {
    let fueled = RuntimeConfig::new().with_fuel(Some(1000));
    let mut rt = Runtime::new(fueled).unwrap();
    let code = rt.compile(r#"(module (func (export "spin") (loop br 0)))"#).unwrap();
    let spin = rt.instantiate(&code, ModuleConfig::new()).unwrap().func::<(), ()>(&rt, "spin").unwrap();
    assert_eq!(rt.fuel(), Some(1000));
    assert_eq!(spin.call(&mut rt, ()).unwrap_err().trap_code(), Some(TrapCode::OutOfFuel));
    assert_eq!(runtime().fuel(), None);

    let mut rt = Runtime::new(RuntimeConfig::new().with_max_memory_pages(2)).unwrap();
    let code = rt.compile(r#"(module (memory 3))"#).unwrap();
    let error = rt.instantiate(&code, ModuleConfig::new()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Limit(_)), "{error:?}");
    let grow =
        r#"(module (memory 1) (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"#;
    let code = rt.compile(grow).unwrap();
    let grow = rt.instantiate(&code, ModuleConfig::new()).unwrap().func::<i32, i32>(&rt, "grow").unwrap();
    assert_eq!(grow.call(&mut rt, 2).unwrap(), -1);
    assert_eq!(grow.call(&mut rt, 1).unwrap(), 1);

    let mut rt = Runtime::new(RuntimeConfig::new().with_max_instances(2)).unwrap();
    let code = rt.compile("(module)").unwrap();
    let first = rt.instantiate(&code, ModuleConfig::new()).unwrap();
    rt.instantiate(&code, ModuleConfig::new()).unwrap();
    assert!(matches!(rt.instantiate(&code, ModuleConfig::new()).unwrap_err().kind(), ErrorKind::Limit(_)));
    first.close(&mut rt, 0).unwrap();
    rt.instantiate(&code, ModuleConfig::new()).unwrap();

    let rt = Runtime::new(RuntimeConfig::new().with_features(Features::V1)).unwrap();
    let error = rt.compile(r#"(module (func (param v128)))"#).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Compile(_)), "{error:?}");
    assert!(error.to_string().contains("feature \"simd\" is disabled"), "{error}");
}

#[test]
fn sources_that_are_no_modules() {
    let rt = runtime();
    for source in [&b""[..], b"\0asm", b"\0asm\x02\0\0\0", b"\x7fELF", b"\xff\xff", b"(module", b"hello"] {
        let error = rt.compile(source).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Compile(_)), "{source:?}: {error:?}");
    }
    // Errors in texts say the line and column.
    let error = rt.compile("(module\n  (func (nonsense)))").unwrap_err().to_string();
    assert!(error.contains("2:10"), "{error}");
}

/// What may cross threads, and be shared between them, does.
#[test]
fn promises_of_send_and_sync() {
    fn send<X: Send>() {}
    fn shared<X: Clone + Send + Sync>() {}
    send::<Runtime>();
    send::<Runtime<Vec<u8>>>();
    shared::<wz_api::CompiledModule>();
    shared::<HostModule<std::cell::Cell<u8>>>();
    shared::<wz_api::Interrupter>();
    shared::<ModuleConfig>();
    shared::<RuntimeConfig>();
    shared::<OutputBuffer>();
    shared::<wz_api::Module>();
    shared::<wz_api::TypedFunc<(i32,), i32>>();
    shared::<wz_api::Value>();
    fn error<X: std::error::Error + Send + Sync>() {}
    error::<Error>();
}
