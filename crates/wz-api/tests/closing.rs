//! Closing instances: any of them, from anywhere, also while they run. Each case is run without interruption, where calls
//! in progress go on with what they have, and with it, where they end with the exit code.

use wz_api::{
    Caller, Context, Error, ErrorKind, Func, HostModule, Module, ModuleConfig, Runtime, RuntimeConfig,
    TrapCode, Value,
};

/// Which module the host function `close` closes, and with which code.
type Target = Option<(&'static str, u32)>;

fn runtime(interruption: bool) -> Runtime<Target> {
    let config = RuntimeConfig::new().with_interruption(interruption);
    let mut rt = Runtime::with_data(config, None).unwrap();
    let host = HostModule::<Target>::new("host")
        .func("close", |mut c: Caller<Target>| {
            let Some((name, code)) = *c.data() else { return Ok(()) };
            let context: &Context<Target> = &c;
            let module = if name == "caller" { c.module() } else { context.module(name) };
            // It may be closed by now.
            match module {
                Some(module) => module.close(&mut c, code),
                None => Ok(()),
            }
        })
        .func("close_runtime", |mut c: Caller<Target>| c.close(9))
        .func("call", |mut c: Caller<Target>, f: Option<Func>| match f {
            Some(f) => f.call_dyn(&mut c, &[]).map(|_| ()),
            None => Ok(()),
        });
    rt.instantiate_host(&host).unwrap();
    rt
}

fn instance(rt: &mut Runtime<Target>, name: &str, source: &str) -> Module {
    let code = rt.compile(source).unwrap();
    rt.instantiate(&code, ModuleConfig::new().with_name(name)).unwrap()
}

#[track_caller]
fn assert_closed(error: &Error) {
    assert!(matches!(error.kind(), ErrorKind::Closed(_)), "{error:?}");
    assert_eq!(error.to_string(), "the module instance is closed");
}

/// A module that owns a memory, a table, a global and functions for others to import.
const SOURCE: &str = r#"
    (module
        (import "host" "close" (func $close))
        (memory (export "memory") 1)
        (table (export "table") 4 funcref)
        (global $g (export "global") (mut i32) (i32.const 5))
        (data (i32.const 0) "\2a")
        (elem (i32.const 0) $seven)
        (func $seven (result i32) (i32.add (i32.const 2) (global.get $g)))
        (func (export "answer") (result i32) (i32.load8_u (i32.const 0)))
        (func (export "close-and-go-on") (result i32)
            (call $close)
            (call $seven)))"#;

/// A module that imports all of that.
const USER: &str = r#"
    (module
        (import "host" "close" (func $close))
        (import "source" "memory" (memory 1))
        (import "source" "table" (table 4 funcref))
        (import "source" "global" (global $g (mut i32)))
        (import "source" "answer" (func $answer (result i32)))
        (import "source" "close-and-go-on" (func $close_inside (result i32)))
        (type $int (func (result i32)))
        (func $all (export "all") (result i32)
            (i32.add
                (i32.add (i32.load8_u (i32.const 0)) (call_indirect (type $int) (i32.const 0)))
                (i32.add (call $answer) (global.get $g))))
        (func (export "close-then-all") (result i32) (call $close) (call $all))
        (func (export "close-inside") (result i32) (i32.add (call $close_inside) (call $all)))
        (func $own (result i32) (i32.const 100))
        (elem declare func $own)
        (func (export "give") (table.set (i32.const 1) (ref.func $own)))
        (func (export "call-given") (result i32) (call_indirect (type $int) (i32.const 1))))"#;

const ALL: i32 = 42 + 7 + 42 + 5;

#[test]
fn what_an_instance_imported_stays_when_its_source_is_closed() {
    for interruption in [false, true] {
        let mut rt = runtime(interruption);
        let source = instance(&mut rt, "source", SOURCE);
        let user = instance(&mut rt, "user", USER);
        let all = user.func::<(), i32>(&rt, "all").unwrap();
        let answer = source.func::<(), i32>(&rt, "answer").unwrap();
        assert_eq!(all.call(&mut rt, ()).unwrap(), ALL);
        source.close(&mut rt, 3).unwrap();
        source.close(&mut rt, 4).unwrap();
        assert_eq!((source.exit_code(&rt), user.exit_code(&rt)), (Some(3), None));
        assert_closed(&answer.call(&mut rt, ()).unwrap_err());
        // With interruption too: no frame of the source was on the stack when it was closed.
        assert_eq!(all.call(&mut rt, ()).unwrap(), ALL, "{interruption}");
        // Its name is free.
        instance(&mut rt, "source", SOURCE);
        assert_eq!(all.call(&mut rt, ()).unwrap(), ALL);
        user.close(&mut rt, 0).unwrap();
        assert_closed(&all.call(&mut rt, ()).unwrap_err());
    }
}

#[test]
fn the_source_is_closed_during_a_call_of_its_user() {
    for interruption in [false, true] {
        let mut rt = runtime(interruption);
        let source = instance(&mut rt, "source", SOURCE);
        let user = instance(&mut rt, "user", USER);
        *rt.data_mut() = Some(("source", 3));
        let run = user.func::<(), i32>(&rt, "close-then-all").unwrap();
        // No frame of it is on the stack: the user goes on.
        assert_eq!(run.call(&mut rt, ()).unwrap(), ALL);
        assert!(source.is_closed(&rt) && !user.is_closed(&rt));
        assert_eq!(run.call(&mut rt, ()).unwrap(), ALL);
    }
}

#[test]
fn the_source_is_closed_while_it_runs_itself() {
    for interruption in [false, true] {
        let mut rt = runtime(interruption);
        let source = instance(&mut rt, "source", SOURCE);
        let user = instance(&mut rt, "user", USER);
        *rt.data_mut() = Some(("source", 3));
        let run = user.func::<(), i32>(&rt, "close-inside").unwrap();
        let result = run.call(&mut rt, ());
        if interruption {
            // It has a frame in the call, which ends with its exit code.
            assert_eq!(result.unwrap_err().exit_code(), Some(3));
        } else {
            assert_eq!(result.unwrap(), 7 + ALL);
        }
        assert!(source.is_closed(&rt) && !user.is_closed(&rt));
        // That was the end of that call only.
        let all = user.func::<(), i32>(&rt, "all").unwrap();
        assert_eq!(all.call(&mut rt, ()).unwrap(), ALL);
    }
}

#[test]
fn the_caller_is_closed_by_the_host_function_it_calls() {
    for interruption in [false, true] {
        let mut rt = runtime(interruption);
        let source = instance(&mut rt, "source", SOURCE);
        let run = source.func::<(), i32>(&rt, "close-and-go-on").unwrap();
        assert_eq!(run.call(&mut rt, ()).unwrap(), 7);
        *rt.data_mut() = Some(("caller", 0));
        let result = run.call(&mut rt, ());
        if interruption {
            assert_eq!(result.unwrap_err().exit_code(), Some(0));
        } else {
            assert_eq!(result.unwrap(), 7);
        }
        assert_eq!(source.exit_code(&rt), Some(0));
        assert_closed(&run.call(&mut rt, ()).unwrap_err());
    }
}

#[test]
fn a_start_function_closes_its_own_instance() {
    for (interruption, code) in [(false, 4), (true, 4), (true, 0)] {
        let mut rt = runtime(interruption);
        *rt.data_mut() = Some(("self", code));
        let code_of_self = rt
            .compile(r#"(module (import "host" "close" (func $close)) (func (export "_start") (call $close) (loop)))"#)
            .unwrap();
        let result = rt.instantiate(&code_of_self, ModuleConfig::new().with_name("self"));
        match (interruption, code) {
            (true, 4) => assert_eq!(result.unwrap_err().exit_code(), Some(4)),
            _ => assert!(result.unwrap().is_closed(&rt)),
        }
        assert_eq!(rt.module("self"), None);
    }
}

#[test]
fn a_donor_of_functions_is_closed_at_rest_and_inside_a_call() {
    for interruption in [false, true] {
        let mut rt = runtime(interruption);
        let source = instance(&mut rt, "source", SOURCE);
        let donor = instance(&mut rt, "donor", USER);
        let user = instance(&mut rt, "user", USER);
        donor.func::<(), ()>(&rt, "give").unwrap().call(&mut rt, ()).unwrap();
        let given = user.func::<(), i32>(&rt, "call-given").unwrap();
        donor.close(&mut rt, 0).unwrap();
        assert_eq!(given.call(&mut rt, ()).unwrap(), 100);
        // The host finds the function in the table, but has no use for it.
        let table = source.table(&rt, "table").unwrap();
        let Value::FuncRef(Some(func)) = table.get(&mut rt, 1).unwrap() else { panic!() };
        assert_closed(&func.call_dyn(&mut rt, &[]).unwrap_err());

        let donor = instance(&mut rt, "donor", USER);
        donor.func::<(), ()>(&rt, "give").unwrap().call(&mut rt, ()).unwrap();
        *rt.data_mut() = Some(("donor", 0));
        let run = user.func::<(), i32>(&rt, "close-then-all").unwrap();
        assert_eq!(run.call(&mut rt, ()).unwrap(), ALL);
        assert!(donor.is_closed(&rt));
        assert_eq!(given.call(&mut rt, ()).unwrap(), 100);
        // The table's owner goes too; its importers keep the table.
        source.close(&mut rt, 0).unwrap();
        assert_eq!(given.call(&mut rt, ()).unwrap(), 100);
        let all = user.func::<(), i32>(&rt, "all").unwrap();
        assert_eq!(all.call(&mut rt, ()).unwrap(), ALL);
    }
}

/// Has the host call a function, which has the host close this instance.
const OUTER: &str = r#"
    (module
        (import "host" "close" (func $close))
        (import "host" "call" (func $call (param funcref)))
        (func (export "close-and-call") (param funcref)
            (call $call (local.get 0))
            (loop)))"#;

#[test]
fn only_calls_that_have_frames_of_the_closed_instance_end() {
    for interruption in [false, true] {
        let mut rt = runtime(interruption);
        let inner = instance(
            &mut rt,
            "inner",
            r#"(module
                (import "host" "close" (func $close))
                (global $n (export "steps") (mut i32) (i32.const 0))
                (func (export "run")
                    (call $close)
                    (loop $again
                        (global.set $n (i32.add (global.get $n) (i32.const 1)))
                        (br_if $again (i32.lt_u (global.get $n) (i32.const 1000))))))"#,
        );
        let outer = instance(&mut rt, "outer", OUTER);
        *rt.data_mut() = Some(("outer", 6));
        let run = outer.func::<Option<Func>, ()>(&rt, "close-and-call").unwrap();
        let func = inner.func_dyn(&rt, "run").unwrap();
        let result = run.call(&mut rt, Some(func));
        // The nested call has none, and runs to its end; the one that it is nested in ends when it goes on.
        let steps = inner.global(&rt, "steps").unwrap().get(&rt).unwrap();
        assert_eq!(steps, Value::I32(1000));
        if interruption {
            assert_eq!(result.unwrap_err().exit_code(), Some(6));
        } else {
            result.unwrap();
        }
        assert!(outer.is_closed(&rt) && !inner.is_closed(&rt));
        *rt.data_mut() = None;
        func.call_dyn(&mut rt, &[]).unwrap();
    }
}

#[test]
fn the_runtime_is_closed_from_inside_a_call() {
    for interruption in [false, true] {
        let mut rt = runtime(interruption);
        let module = instance(
            &mut rt,
            "m",
            r#"(module
                (import "host" "close_runtime" (func $close))
                (func (export "run") (result i32) (call $close) (loop) (i32.const 1)))"#,
        );
        let other = instance(&mut rt, "source", SOURCE);
        let run = module.func::<(), i32>(&rt, "run").unwrap();
        let result = run.call(&mut rt, ());
        if interruption {
            assert_eq!(result.unwrap_err().exit_code(), Some(9));
        } else {
            assert_eq!(result.unwrap(), 1);
        }
        assert!(rt.is_closed() && module.is_closed(&rt) && other.is_closed(&rt));
        assert_closed(&run.call(&mut rt, ()).unwrap_err());
        let error = rt.compile("(module)").unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Closed(_)));
        assert_eq!(error.to_string(), "the runtime (exit code 9) is closed");
        rt.close(1);
    }
}

#[test]
fn a_host_module_is_closed_while_its_function_runs() {
    for interruption in [false, true] {
        let mut rt = runtime(interruption);
        let source = instance(&mut rt, "source", SOURCE);
        *rt.data_mut() = Some(("host", 1));
        let run = source.func::<(), i32>(&rt, "close-and-go-on").unwrap();
        // What the guest imported it keeps.
        assert_eq!(run.call(&mut rt, ()).unwrap(), 7);
        assert_eq!(rt.module("host"), None);
        assert_eq!(run.call(&mut rt, ()).unwrap(), 7);
        let code = rt.compile(SOURCE).unwrap();
        let error = rt.instantiate(&code, ModuleConfig::new().with_name("second")).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Link(_)), "{error:?}");
    }
}

#[test]
fn an_interruption_and_a_close_at_the_same_time() {
    let mut rt = runtime(true);
    let source = instance(&mut rt, "source", SOURCE);
    let run = source.func::<(), i32>(&rt, "close-and-go-on").unwrap();
    rt.interrupter().interrupt();
    assert_eq!(run.call(&mut rt, ()).unwrap_err().trap_code(), Some(TrapCode::Interrupted));
    rt.interrupter().clear();
    *rt.data_mut() = Some(("source", 2));
    assert_eq!(run.call(&mut rt, ()).unwrap_err().exit_code(), Some(2));
    // Nothing is left of it.
    assert!(!rt.interrupter().is_interrupted());
    let source = instance(&mut rt, "source", SOURCE);
    assert_eq!(source.func::<(), i32>(&rt, "answer").unwrap().call(&mut rt, ()).unwrap(), 42);
}
