//! Calls that host functions suspend: they go on as if nothing had happened, whatever happens meanwhile.

#![forbid(unsafe_code)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};
use wz_api::{
    Backtrace, Caller, Error, ErrorKind, ExternRef, HostModule, Outcome, Runtime, RuntimeConfig, Suspend,
    SuspendedCall, TrapCode, ValType, Value,
};
use wz_tests::guest::{instantiate, on_each_engine};
use wz_tests::suspension::{
    IntFunc, REFERENCES, WAYS, assert_usage, counted, func, instance, on, runtime, suspend, suspend_export,
};
use wz_tests::{Mode, vector_engines};

#[test]
fn a_call_goes_on_where_it_was_suspended() {
    on_each_engine(|engine| {
        let mut rt = on(engine);
        let module = instance(&mut rt, WAYS);
        let cases = [
            ("plain", 5, 5, 2 * 40 + 1005 + 15 + 5),
            ("deep", 0, 7, 40),
            ("deep", 2000, 7, 40 + 2000 * 2001 / 2),
            ("tail", 9, 9, 40),
            ("after-tail", 9, 9, 49),
            ("indirect", 3, 3, 37),
            ("loop", 1, 0, 40),
        ];
        for (name, arg, payload, result) in cases {
            let call = suspend_export(&mut rt, module, name, arg);
            assert_eq!(call.payload::<i32>(), Some(&payload), "{name}");
            assert_eq!((call.payload::<u32>(), call.awaited()), (None, &[ValType::I32][..]), "{name}");
            // Others run meanwhile, on the stack that this call had, if it did not keep it.
            assert_eq!(func(&rt, module, "pass").call(&mut rt, 11).unwrap(), 11);
            let outcome = call.resume(&mut rt, 40).unwrap_or_else(|error| panic!("{engine} {name}: {error}"));
            assert_eq!(outcome.returned(), Some(result), "{engine} {name}");
        }
    });
}

#[test]
fn values_of_every_class_arrive() {
    on_each_engine(|engine| {
        let mut rt = on(engine);
        // More than registers hold, in all four places: arguments and results of the call and of the host function.
        let types = "i32 f64 i64 f32 ".repeat(5);
        let gets: String = (0..20).map(|i| format!("(local.get {i})")).collect();
        let module = instance(
            &mut rt,
            &format!(
                r#"(module
                    (import "host" "many" (func $many (param {types}) (result {types})))
                    (func (export "direct") (param {types}) (result {types}) (call $many {gets}))
                    (func (export "tail") (param {types}) (result {types}) (return_call $many {gets}))
                    (func (export "twice") (param {types}) (result {types}) (call $many (call $many {gets})))
                    (func (export "few") (result f32)
                        (local {types})
                        (call $many {gets})
                        {}))"#,
                "(local.set 19)".to_owned() + &"drop ".repeat(19) + "(local.get 19)"
            ),
        );
        let values = |seed: i32| -> Vec<Value> {
            let value = |i: i32| match i % 4 {
                0 => Value::from(seed - i),
                1 => Value::from(f64::from(seed) + 0.5),
                2 => Value::from(i64::from(seed) << 33 | i64::from(i)),
                _ => Value::from(seed as f32 * 0.25 - i as f32),
            };
            (0..20).map(value).collect()
        };
        for (name, times) in [("direct", 1), ("tail", 1), ("twice", 2)] {
            let function = module.func_dyn(&rt, name).unwrap();
            let mut outcome = function.call_dyn_resumable(&mut rt, &values(-3)).unwrap();
            for time in 0..times {
                let Outcome::Suspended(mut call) = outcome else { panic!("{engine} {name}: not suspended") };
                let args = call.take_payload::<Vec<Value>>().expect("the arguments");
                assert_eq!(args, values(if time == 0 { -3 } else { 100 }), "{engine} {name} {time}");
                assert_eq!(call.take_payload::<Vec<Value>>(), None);
                outcome = call.resume_dyn(&mut rt, &values(100 + time)).unwrap();
            }
            assert_eq!(outcome.returned(), Some(values(99 + times)), "{engine} {name}");
        }
        let few = module.func::<(), f32>(&rt, "few").unwrap();
        let call = few.call_resumable(&mut rt, ()).unwrap().suspended().unwrap();
        let outcome = call.resume_dyn(&mut rt, &values(4)).unwrap();
        assert_eq!(outcome.returned().map(Value::from), Some(values(4)[19].clone()));
    });
}

#[test]
fn vectors_arrive() {
    for engine in vector_engines() {
        let mut rt = on(*engine);
        let host = HostModule::new("vectors")
            .func("wait", |v: u128, n: i32| Err::<(i32, u128), _>(Suspend::new((v, n))));
        rt.instantiate_host(&host).unwrap();
        let module = instance(
            &mut rt,
            r#"(module
                (import "vectors" "wait" (func $wait (param v128 i32) (result i32 v128)))
                (func (export "run") (param v128 i32) (result v128) (local $n i32)
                    (call $wait (local.get 0) (local.get 1))
                    (i32x4.add (local.get 0))
                    (local.set 0)
                    (local.set $n)
                    (i32x4.replace_lane 3 (local.get 0) (local.get $n))))"#,
        );
        let run = module.func::<(u128, i32), u128>(&rt, "run").unwrap();
        let call = run.call_resumable(&mut rt, (1 | 2 << 32, 5)).unwrap().suspended().unwrap();
        assert_eq!(call.payload::<(u128, i32)>(), Some(&(1 | 2 << 32, 5)));
        let outcome = call.resume(&mut rt, (9, 10u128 | 20 << 32)).unwrap();
        assert_eq!(outcome.returned(), Some(11 | 22 << 32 | 9 << 96), "{engine}");
    }
}

#[test]
fn memories_that_grew_meanwhile_are_found() {
    for mode in Mode::memories() {
        let mut rt = runtime(mode.config());
        let module = instance(&mut rt, WAYS);
        let memory = module.memory(&rt, "memory").unwrap();
        let call = suspend_export(&mut rt, module, "touch", 6);
        assert_eq!(func(&rt, module, "grow").call(&mut rt, 5).unwrap(), 1, "{mode}");
        memory.write(&mut rt, 65532, &[30, 0, 0, 0]).unwrap();
        assert_eq!(call.resume(&mut rt, 0).unwrap().returned(), Some(36), "{mode}");
    }
}

#[test]
fn references_in_suspended_frames_are_kept() {
    on_each_engine(|engine| {
        let mut rt = on(engine);
        let module = instance(&mut rt, REFERENCES);
        let other = instance(&mut rt, r#"(module (func (export "f") (result i32) (i32.const 42)))"#);
        let f = other.func_dyn(&rt, "f").unwrap();
        let run = module
            .func::<(Option<ExternRef>, Option<ExternRef>), (Option<ExternRef>, Option<ExternRef>, i32)>(
                &rt, "run",
            )
            .unwrap();
        let ((kept, first), (passed, second), (new, third)) = (counted(), counted(), counted());
        let call = run.call_resumable(&mut rt, (Some(first), Some(second))).unwrap().suspended().unwrap();
        rt.collect_garbage();
        assert_eq!(Arc::strong_count(&kept), 2, "{engine}: only the suspended frames have it");
        assert!(Arc::strong_count(&passed) >= 2, "{engine}: the payload has it");
        // The references that the host passes are kept too, and so is the instance that one is of.
        let outcome = call.resume(&mut rt, (Some(third), Some(f))).unwrap();
        let (one, two, answer) = outcome.returned().unwrap();
        assert!(one.unwrap().downcast_ref::<Arc<()>>().is_some_and(|one| Arc::ptr_eq(one, &kept)));
        assert!(two.unwrap().downcast_ref::<Arc<()>>().is_some_and(|two| Arc::ptr_eq(two, &new)));
        assert_eq!(answer, 42);
        rt.collect_garbage();
        for count in [&kept, &passed, &new] {
            assert_eq!(Arc::strong_count(count), 1, "{engine}: nothing has it any more");
        }
        // Dropping the call, here or on another thread, is the other way for them to go.
        for elsewhere in [false, true] {
            let (kept, reference) = counted();
            let call = run.call_resumable(&mut rt, (Some(reference), None)).unwrap().suspended().unwrap();
            rt.collect_garbage();
            assert_eq!(Arc::strong_count(&kept), 2);
            if elsewhere {
                thread::spawn(move || drop(call)).join().unwrap()
            } else {
                drop(call)
            }
            rt.collect_garbage();
            assert_eq!(Arc::strong_count(&kept), 1, "{engine}");
        }
    });
}

#[test]
fn several_calls_of_one_instance_are_suspended_at_once() {
    on_each_engine(|engine| {
        let mut rt = on(engine);
        let module = instance(&mut rt, WAYS);
        let mut calls: Vec<(i32, SuspendedCall<i32>)> =
            (0..300).map(|i| (i, suspend_export(&mut rt, module, "deep", i))).collect();
        // In an order that is neither that of their start nor its reverse.
        calls.sort_by_key(|(i, _)| (i * 7919) % 300);
        for (i, call) in calls {
            assert_eq!(
                call.resume(&mut rt, i).unwrap().returned(),
                Some(i + i * (i + 1) / 2),
                "{engine} {i}"
            );
        }
    });
}

#[test]
fn calls_go_on_in_other_threads() {
    fn assert_send<X: Send>() {}
    assert_send::<SuspendedCall<i32>>();
    assert_send::<SuspendedCall>();
    assert_send::<Outcome<(i32, Option<ExternRef>)>>();
    on_each_engine(|engine| {
        let mut rt = on(engine);
        let module = instance(&mut rt, WAYS);
        let mut call = suspend_export(&mut rt, module, "loop", 10);
        // A fresh thread each time: it has run no guest before.
        for i in 0..9 {
            let resumed = thread::spawn(move || {
                assert_eq!(call.take_payload(), Some(i));
                let call = call.resume(&mut rt, i).unwrap().suspended().unwrap();
                (rt, call)
            });
            (rt, call) = resumed.join().unwrap();
        }
        assert_eq!(call.resume(&mut rt, 9).unwrap().returned(), Some(45));
        // A trap in a thread that only ever resumed.
        let deep = instance(
            &mut rt,
            r#"(module (import "host" "wait" (func $wait (param i32) (result i32)))
                (memory 1)
                (func (export "run") (param i32) (result i32) (i32.load (call $wait (local.get 0)))))"#,
        );
        let call = suspend_export(&mut rt, deep, "run", 0);
        let trapped = thread::spawn(move || call.resume(&mut rt, -1).unwrap_err().trap_code());
        assert_eq!(trapped.join().unwrap(), Some(TrapCode::MemoryOutOfBounds), "{engine}");
    });
}

#[test]
fn values_that_do_not_fit_end_the_call() {
    on_each_engine(|engine| {
        let mut rt = on(engine);
        let module = instance(&mut rt, WAYS);
        let plain = func(&rt, module, "plain");
        let call = suspend(&mut rt, plain, 1);
        assert_usage(call.resume(&mut rt, 1i64), "waits for the results of () -> (i32), not of () -> (i64)");
        let call = suspend(&mut rt, plain, 1);
        assert_usage(call.resume(&mut rt, ()), "not of () -> ()");
        let call = suspend(&mut rt, plain, 1);
        assert_usage(call.resume(&mut rt, (1, 2)), "not of () -> (i32, i32)");
        let call = suspend(&mut rt, plain, 1);
        assert_usage(call.resume_dyn(&mut rt, &[Value::from(1.0)]), "value 0 must be i32, got f64");
        let call = suspend(&mut rt, plain, 1);
        assert_usage(call.resume_dyn(&mut rt, &[]), "expected 1 values, got 0");
        // A function of another runtime.
        let mut other = on(engine);
        let foreign = instance(&mut other, WAYS).func_dyn(&other, "plain").unwrap();
        let references = instance(&mut rt, REFERENCES).func_dyn(&rt, "run").unwrap();
        let nulls = [Value::ExternRef(None), Value::ExternRef(None)];
        let call = references.call_dyn_resumable(&mut rt, &nulls).unwrap().suspended().unwrap();
        let values = [Value::ExternRef(None), Value::from(foreign)];
        assert_usage(call.resume_dyn(&mut rt, &values), "another runtime");
        assert_eq!(suspend(&mut rt, plain, 1).resume(&mut rt, 1).unwrap().returned(), Some(1007));
    });
}

const ENDINGS: &str = r#"
    (module $endings
        (import "host" "wait" (func $wait (param i32) (result i32)))
        (import "host" "fail" (func $fail))
        (import "host" "panic" (func $panic (param i32)))
        (func $divide (param i32) (result i32)
            (i32.div_u (i32.const 1) (call $wait (local.get 0))))
        (func $middle (param i32) (result i32) (i32.add (call $divide (local.get 0)) (i32.const 1)))
        (func (export "trap") (param i32) (result i32) (call $middle (local.get 0)))
        (func (export "fail") (param i32) (result i32) (call $wait (local.get 0)) (call $fail))
        (func (export "panic") (param i32) (result i32) (call $wait (local.get 0)) (call $panic (i32.const 4)))
        (func $down (param i32) (result i32) (i32.add (call $down (local.get 0)) (i32.const 1)))
        (func (export "overflow") (param i32) (result i32) (call $down (call $wait (local.get 0)))))"#;

#[test]
fn calls_fail_after_they_were_resumed_as_before() {
    on_each_engine(|engine| {
        let mut rt = on(engine);
        let module = instance(&mut rt, ENDINGS);
        let call = suspend_export(&mut rt, module, "trap", 1);
        let error = call.resume(&mut rt, 0).unwrap_err();
        assert_eq!(error.trap_code(), Some(TrapCode::IntegerDivideByZero), "{engine}");
        let frames = &error.as_trap().unwrap().backtrace.frames;
        let names: Vec<_> = frames.iter().map(|frame| frame.name.as_deref().unwrap_or("?")).collect();
        assert_eq!(names, ["divide", "middle", "trap"], "{engine}");
        assert!(frames.iter().all(|frame| frame.offset.is_some()), "{engine}");

        let call = suspend_export(&mut rt, module, "fail", 1);
        let error = call.resume(&mut rt, 0).unwrap_err();
        let own = error.downcast_host::<std::io::Error>().map(std::io::Error::kind);
        assert_eq!(own, Some(std::io::ErrorKind::NotFound), "{engine}");

        let call = suspend_export(&mut rt, module, "panic", 1);
        let panic = catch_unwind(AssertUnwindSafe(|| call.resume(&mut rt, 0))).unwrap_err();
        assert_eq!(panic.downcast_ref::<String>().map(String::as_str), Some("panic number 4"), "{engine}");

        let call = suspend_export(&mut rt, module, "overflow", 1);
        let error = call.resume(&mut rt, 0).unwrap_err();
        assert_eq!(error.trap_code(), Some(TrapCode::StackOverflow), "{engine}");
        assert!(error.as_trap().unwrap().backtrace.omitted > 0, "{engine}");

        let call = suspend_export(&mut rt, module, "trap", 1);
        assert_eq!(call.resume(&mut rt, 1).unwrap().returned(), Some(2), "{engine}: all is well afterwards");
    });
}

#[test]
fn suspended_calls_say_where_they_are() {
    let mut expected = None;
    for mode in Mode::all() {
        let mut rt = runtime(mode.config());
        let trap = |_: i32| Err::<i32, Error>(TrapCode::Unreachable.into());
        rt.instantiate_host(&HostModule::new("traps").func("wait", trap).func("pass", |n: i32| n)).unwrap();
        let suspending = instance(&mut rt, WAYS);
        let trapping = WAYS.replace("$ways", "$trapping").replace(r#"(import "host""#, r#"(import "traps""#);
        let trapping = instance(&mut rt, &trapping);
        let mut traces = Vec::new();
        for name in ["plain", "deep", "tail", "after-tail", "indirect", "loop"] {
            let call = suspend_export(&mut rt, suspending, name, 50);
            let trace = call.backtrace(&rt).unwrap();
            let other = runtime(mode.config());
            assert_usage(call.backtrace(&other), "of another runtime");
            // The host function that traps there, and the one that is made to.
            let error = func(&rt, trapping, name).call(&mut rt, 50).unwrap_err();
            let mut trapped = error.as_trap().unwrap().backtrace.clone();
            for (frame, suspended) in trapped.frames.iter_mut().zip(&trace.frames) {
                // The names of the modules are not of one length.
                (frame.module, frame.offset) = (suspended.module.clone(), suspended.offset);
            }
            assert_eq!(trapped, trace, "{mode} {name}");
            let error = call.resume_err(&mut rt, Error::from(TrapCode::Interrupted)).unwrap_err();
            assert_eq!(error.trap_code(), Some(TrapCode::Interrupted), "{mode} {name}");
            assert_eq!(error.as_trap().unwrap().backtrace, trace, "{mode} {name}");
            traces.push(trace);
        }
        let names = |trace: &Backtrace| -> Vec<String> {
            trace.frames.iter().map(|frame| frame.name.clone().unwrap_or_default()).collect()
        };
        assert_eq!(names(&traces[0]), ["plain"], "{mode}");
        assert_eq!(names(&traces[1]), ["deep"; Backtrace::MAX_FRAMES], "{mode}");
        assert_eq!(traces[1].omitted, 51 - Backtrace::MAX_FRAMES as u64, "{mode}");
        assert!(traces.iter().flat_map(|trace| &trace.frames).all(|frame| frame.offset.is_some()), "{mode}");
        assert_eq!(*expected.get_or_insert_with(|| traces.clone()), traces, "{mode}");
        // Without a guest.
        let wait = func(&rt, rt.module("host").unwrap(), "wait");
        assert_eq!(suspend(&mut rt, wait, 5).backtrace(&rt).unwrap(), Backtrace::default(), "{mode}");
    }
}

#[test]
fn hosts_end_suspended_calls_with_errors() {
    on_each_engine(|engine| {
        let mut rt = on(engine);
        let module = instance(&mut rt, WAYS);
        for name in ["plain", "deep", "tail", "after-tail", "indirect", "loop"] {
            let begin = |rt: &mut Runtime| suspend_export(rt, module, name, 3);
            let call = begin(&mut rt);
            let error = call.resume_err(&mut rt, std::io::Error::from(std::io::ErrorKind::TimedOut));
            let own = error.unwrap_err();
            let own = own.downcast_host::<std::io::Error>().map(std::io::Error::kind);
            assert_eq!(own, Some(std::io::ErrorKind::TimedOut), "{engine} {name}");
            let error = begin(&mut rt).resume_err(&mut rt, Error::exit(17)).unwrap_err();
            assert_eq!(error.exit_code(), Some(17), "{engine} {name}");
            let error = begin(&mut rt).resume_err(&mut rt, "a text").unwrap_err();
            assert_eq!(error.to_string(), "a text", "{engine} {name}");
            // It is suspended where it was.
            let before = func(&rt, module, name).call_resumable(&mut rt, 3).unwrap().suspended().unwrap();
            let trace = before.backtrace(&rt).unwrap();
            let again = before.resume_err(&mut rt, Suspend::new("again")).unwrap().suspended().unwrap();
            assert_eq!((again.payload::<&str>(), again.payload::<i32>()), (Some(&"again"), None));
            assert_eq!((again.awaited(), again.backtrace(&rt).unwrap()), (&[ValType::I32][..], trace));
            let mut outcome = again.resume(&mut rt, 5).unwrap();
            let mut reference = begin(&mut rt).resume(&mut rt, 5).unwrap();
            while let Outcome::Suspended(call) = outcome {
                outcome = call.resume(&mut rt, 5).unwrap();
                reference = reference.suspended().unwrap().resume(&mut rt, 5).unwrap();
            }
            assert_eq!(outcome.returned(), reference.returned(), "{engine} {name}");
        }
        // A panic goes on.
        let panic = Error::host_panic(Box::new("a payload"));
        let call = suspend_export(&mut rt, module, "plain", 3);
        let panic = catch_unwind(AssertUnwindSafe(|| call.resume_err(&mut rt, panic))).unwrap_err();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"a payload"), "{engine}");
        // Not of this runtime, or of one that is closed.
        let (call, other) = (suspend_export(&mut rt, module, "plain", 3), &mut on(engine));
        assert_usage(call.resume_err(other, "lost"), "of another runtime");
        let wait = func(&rt, rt.module("host").unwrap(), "wait");
        let error = suspend(&mut rt, wait, 5).resume_err(&mut rt, "no guest").unwrap_err();
        assert_eq!(error.to_string(), "no guest", "{engine}");
        let call = suspend_export(&mut rt, module, "plain", 3);
        assert_eq!(func(&rt, module, "pass").call(&mut rt, 3).unwrap(), 3);
        rt.close(1);
        let error = call.resume_err(&mut rt, "late").unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Closed(_)), "{engine}: {error:?}");
    });
}

#[test]
fn an_error_frees_what_the_frames_kept() {
    on_each_engine(|engine| {
        let mut rt = on(engine);
        let module = instance(&mut rt, REFERENCES);
        let (kept, reference) = counted();
        let run = module.func_dyn(&rt, "run").unwrap();
        let args = [Value::from(reference), Value::ExternRef(None)];
        let mut call = run.call_dyn_resumable(&mut rt, &args).unwrap().suspended().unwrap();
        drop(args);
        module.close(&mut rt, 0).unwrap();
        for _ in 0..3 {
            rt.collect_garbage();
            assert_eq!(Arc::strong_count(&kept), 2, "{engine}");
            call = call.resume_err(&mut rt, Suspend::new(())).unwrap().suspended().unwrap();
        }
        let error = call.resume_err(&mut rt, Error::from(TrapCode::Interrupted)).unwrap_err();
        assert_eq!(error.as_trap().unwrap().backtrace.frames.len(), 2, "{engine}");
        rt.collect_garbage();
        assert_eq!(Arc::strong_count(&kept), 1, "{engine}");
    });
}

#[test]
fn calls_in_progress_are_in_the_traces_of_calls_that_they_end() {
    on_each_engine(|engine| {
        let config = RuntimeConfig::new().with_engine(engine);
        let mut rt = Runtime::with_data(config, None::<SuspendedCall<i32>>).unwrap();
        let host = HostModule::<Option<SuspendedCall<i32>>>::new("host")
            .func("wait", |n: i32| Err::<i32, _>(Suspend::new(n)))
            .func("pass", |mut c: Caller<'_, Option<SuspendedCall<i32>>>, n: i32| {
                let Some(call) = c.data_mut().take() else { return Ok(n) };
                assert_eq!(call.backtrace(&c)?.frames.len(), 1);
                match call.resume_err(&mut c, Error::from(TrapCode::Unreachable)) {
                    Ok(outcome) => panic!("{outcome:?}"),
                    Err(error) => Err(error),
                }
            });
        rt.instantiate_host(&host).unwrap();
        let module = instance(&mut rt, WAYS);
        let plain = module.func::<i32, i32>(&rt, "plain").unwrap();
        *rt.data_mut() = plain.call_resumable(&mut rt, 1).unwrap().suspended();
        let pass = module.func::<i32, i32>(&rt, "pass").unwrap();
        let error = pass.call(&mut rt, 1).unwrap_err();
        let frames = &error.as_trap().unwrap().backtrace.frames;
        let functions: Vec<Option<&str>> = frames.iter().map(|frame| frame.name.as_deref()).collect();
        assert_eq!(functions, [Some("plain"), Some("pass")], "{engine}");
        assert_eq!(pass.call(&mut rt, 4).unwrap(), 4, "{engine}");
    });
}

#[test]
fn calls_that_are_not_resumable_say_so() {
    on_each_engine(|engine| {
        let mut rt = on(engine);
        let module = instance(&mut rt, WAYS);
        for name in ["plain", "deep", "tail", "after-tail", "indirect", "loop"] {
            assert_usage(func(&rt, module, name).call(&mut rt, 5), "not resumable");
            let dynamic = module.func_dyn(&rt, name).unwrap();
            assert_usage(dynamic.call_dyn(&mut rt, &[Value::from(5)]), "not resumable");
        }
        let wait = rt.module("host").unwrap().func::<i32, i32>(&rt, "wait").unwrap();
        assert_usage(wait.call(&mut rt, 5), "not resumable");
        // Start functions are called so.
        let start = r#"(module (import "host" "nothing" (func $nothing)) (func $main (call $nothing)) (start $main))"#;
        assert_usage(instantiate(&mut rt, start), "not resumable");
        let start = r#"(module (import "host" "nothing" (func $n)) (func (export "_start") (call $n)))"#;
        assert_usage(instantiate(&mut rt, start), "not resumable");
        assert_eq!(func(&rt, module, "pass").call(&mut rt, 3).unwrap(), 3);
    });
}

#[test]
fn host_functions_without_a_guest_are_suspended_too() {
    on_each_engine(|engine| {
        let mut rt = on(engine);
        let wait = func(&rt, rt.module("host").unwrap(), "wait");
        let call = suspend(&mut rt, wait, 5);
        assert_eq!(call.payload::<i32>(), Some(&5));
        assert_eq!(call.resume(&mut rt, 6).unwrap().returned(), Some(6), "{engine}");
        drop(suspend(&mut rt, wait, 5));
        assert_usage(suspend(&mut rt, wait, 5).resume(&mut rt, ()), "waits for");
    });
}

#[test]
fn the_innermost_call_is_the_one_that_is_suspended() {
    on_each_engine(|engine| {
        let mut rt = on(engine);
        let nested = HostModule::new("nested")
            // Calls back in a way that cannot be suspended.
            .func("plain", |mut c: Caller, n: i32| {
                let inner = c.module().ok_or("no caller")?.func::<i32, i32>(&c, "inner")?;
                Ok::<i32, Box<dyn std::error::Error + Send + Sync>>(inner.call(&mut c, n)?)
            })
            // Answers the suspended call itself.
            .func("answer", |mut c: Caller, n: i32| {
                let inner = c.module().ok_or("no caller")?.func::<i32, i32>(&c, "inner")?;
                let Outcome::Suspended(call) = inner.call_resumable(&mut c, n)? else {
                    return Err("not suspended".into());
                };
                let answer = call.payload::<i32>().copied().unwrap_or(0) + 1;
                let outcome = call.resume(&mut c, answer)?;
                outcome.returned().ok_or(Box::<dyn std::error::Error + Send + Sync>::from("suspended again"))
            })
            // Hands it on.
            .func("hand-on", |mut c: Caller, n: i32| {
                let inner =
                    c.module().ok_or_else(|| Error::usage("no caller"))?.func::<i32, i32>(&c, "inner")?;
                match inner.call_resumable(&mut c, n)? {
                    Outcome::Returned(result) => Ok(result),
                    Outcome::Suspended(call) => Err(Error::from(Suspend::new(call))),
                }
            });
        rt.instantiate_host(&nested).unwrap();
        let module = instance(
            &mut rt,
            r#"(module
                (import "host" "wait" (func $wait (param i32) (result i32)))
                (import "nested" "plain" (func $plain (param i32) (result i32)))
                (import "nested" "answer" (func $answer (param i32) (result i32)))
                (import "nested" "hand-on" (func $hand-on (param i32) (result i32)))
                (func (export "inner") (param i32) (result i32) (i32.mul (call $wait (local.get 0)) (i32.const 10)))
                (func (export "plain") (param i32) (result i32) (i32.add (call $plain (local.get 0)) (i32.const 1)))
                (func (export "answer") (param i32) (result i32) (i32.add (call $answer (local.get 0)) (i32.const 1)))
                (func (export "hand-on") (param i32) (result i32)
                    (i32.add (call $hand-on (local.get 0)) (local.get 0))))"#,
        );
        assert_usage(func(&rt, module, "plain").call_resumable(&mut rt, 3), "not resumable");
        let outcome = func(&rt, module, "answer").call_resumable(&mut rt, 3).unwrap();
        assert_eq!(outcome.returned(), Some(41), "{engine}");
        assert_eq!(func(&rt, module, "answer").call(&mut rt, 3).unwrap(), 41, "{engine}");

        let mut outer = suspend_export(&mut rt, module, "hand-on", 3);
        let inner = outer.take_payload::<SuspendedCall<i32>>().expect("the inner call");
        assert_eq!(inner.payload::<i32>(), Some(&3));
        let result = inner.resume(&mut rt, 5).unwrap().returned().unwrap();
        assert_eq!(result, 50, "{engine}");
        assert_eq!(outer.resume(&mut rt, result).unwrap().returned(), Some(53), "{engine}");
        // Both at once.
        drop(suspend_export(&mut rt, module, "hand-on", 3));
        // The outer one first: the inner one goes on by itself.
        let mut outer = suspend_export(&mut rt, module, "hand-on", 3);
        let inner = outer.take_payload::<SuspendedCall<i32>>().expect("the inner call");
        assert_eq!(outer.resume(&mut rt, 1).unwrap().returned(), Some(4), "{engine}");
        assert_eq!(inner.resume(&mut rt, 1).unwrap().returned(), Some(10), "{engine}");
    });
}

#[test]
fn calls_are_resumed_from_inside_others() {
    on_each_engine(|engine| {
        type Data = Option<SuspendedCall<i32>>;
        let mut rt = Runtime::with_data(RuntimeConfig::new().with_engine(engine), None).unwrap();
        let host = HostModule::<Data>::new("host")
            .func("wait", |n: i32| Err::<i32, _>(Suspend::new(n)))
            .func("pass", |n: i32| n)
            .func("go-on", |mut c: Caller<Data>, n: i32| {
                let call = c.data_mut().take().ok_or_else(|| Error::usage("no call"))?;
                call.resume(&mut c, n)?.returned().ok_or_else(|| Error::usage("suspended again"))
            });
        rt.instantiate_host(&host).unwrap();
        let module = instance(&mut rt, WAYS);
        let user = instance(
            &mut rt,
            r#"(module (import "host" "go-on" (func $go-on (param i32) (result i32)))
                (func (export "run") (param i32) (result i32) (i32.add (local.get 0) (call $go-on (local.get 0)))))"#,
        );
        let deep: IntFunc = module.func(&rt, "deep").unwrap();
        let call = deep.call_resumable(&mut rt, 10).unwrap().suspended();
        *rt.data_mut() = call;
        let run: IntFunc = user.func(&rt, "run").unwrap();
        assert_eq!(run.call(&mut rt, 100).unwrap(), 100 + 100 + 55, "{engine}");
        assert_usage(run.call(&mut rt, 100), "no call");
    });
}

#[test]
fn fuel_is_the_runtimes_when_the_guest_runs() {
    on_each_engine(|engine| {
        let mut rt = runtime(RuntimeConfig::new().with_engine(engine).with_fuel(Some(10_000)));
        let module = instance(&mut rt, WAYS);
        let sum = func(&rt, module, "loop");
        let mut call = suspend(&mut rt, sum, 5);
        let before = rt.fuel();
        assert_eq!(func(&rt, module, "pass").call(&mut rt, 1).unwrap(), 1);
        assert!(rt.fuel() < before, "{engine}: others take fuel");
        for _ in 0..3 {
            let before = rt.fuel();
            call = call.resume(&mut rt, 1).unwrap().suspended().unwrap();
            assert!(rt.fuel() < before, "{engine}");
        }
        // What is left runs out meanwhile.
        rt.set_fuel(0);
        let error = call.resume(&mut rt, 1).unwrap_err();
        assert_eq!(error.trap_code(), Some(TrapCode::OutOfFuel), "{engine}");
        // All of it is as much as without suspensions, of which the interpreter and native code agree.
        rt.set_fuel(10_000);
        let mut call = suspend(&mut rt, sum, 3);
        call = call.resume(&mut rt, 1).unwrap().suspended().unwrap();
        call = call.resume(&mut rt, 1).unwrap().suspended().unwrap();
        assert_eq!(call.resume(&mut rt, 1).unwrap().returned(), Some(3));
        let suspended = 10_000 - rt.fuel().unwrap();
        assert!((20..200).contains(&suspended), "{engine}: {suspended}");
    });
}

#[test]
fn interruptions_and_deadlines_stop_calls_that_go_on() {
    on_each_engine(|engine| {
        let mut rt = runtime(RuntimeConfig::new().with_engine(engine).with_interruption(true));
        let module = instance(&mut rt, WAYS);
        let sum = func(&rt, module, "loop");
        // Interrupted while nothing runs.
        let call = suspend(&mut rt, sum, 5);
        rt.interrupter().interrupt();
        let error = call.resume(&mut rt, 1).unwrap_err();
        assert_eq!(error.trap_code(), Some(TrapCode::Interrupted), "{engine}");
        assert_eq!(error.as_trap().unwrap().backtrace.frames.len(), 1, "{engine}");
        rt.interrupter().clear();
        // One that is over by then does not count.
        let call = suspend(&mut rt, sum, 5);
        rt.interrupter().interrupt();
        rt.interrupter().clear();
        let call = call.resume(&mut rt, 1).unwrap().suspended().unwrap();
        // A deadline that passes while nothing runs.
        rt.set_deadline(Some(Instant::now() + Duration::from_millis(1))).unwrap();
        while !rt.interrupter().is_interrupted() {
            thread::yield_now();
        }
        let error = call.resume(&mut rt, 1).unwrap_err();
        assert_eq!(error.trap_code(), Some(TrapCode::Interrupted), "{engine}");
        rt.set_deadline(None).unwrap();
        // One that passes while the guest that went on runs.
        let spin = instance(
            &mut rt,
            r#"(module (import "host" "wait" (func $wait (param i32) (result i32)))
                (func (export "run") (param i32) (result i32)
                    (drop (call $wait (local.get 0))) (loop $again (br $again)) (unreachable)))"#,
        );
        let call = suspend_export(&mut rt, spin, "run", 5);
        rt.set_deadline(Some(Instant::now() + Duration::from_millis(20))).unwrap();
        let error = call.resume(&mut rt, 1).unwrap_err();
        assert_eq!(error.trap_code(), Some(TrapCode::Interrupted), "{engine}");
        rt.set_deadline(None).unwrap();
        assert_eq!(suspend(&mut rt, sum, 1).resume(&mut rt, 1).unwrap().returned(), Some(1), "{engine}");
    });
}

#[test]
fn resuming_respects_the_bound_of_nested_calls() {
    on_each_engine(|engine| {
        type Data = Vec<SuspendedCall<i32>>;
        let mut rt = Runtime::with_data(RuntimeConfig::new().with_engine(engine), Vec::new()).unwrap();
        let host = HostModule::<Data>::new("host")
            .func("wait", |n: i32| Err::<i32, _>(Suspend::new(n)))
            // Resumes the next call, whose guest does the same.
            .func("next", |mut c: Caller<Data>, n: i32| match c.data_mut().pop() {
                Some(call) => {
                    call.resume(&mut c, n)?.returned().ok_or_else(|| Error::usage("suspended again"))
                }
                None => Ok(n),
            });
        rt.instantiate_host(&host).unwrap();
        let module = instance(
            &mut rt,
            r#"(module
                (import "host" "wait" (func $wait (param i32) (result i32)))
                (import "host" "next" (func $next (param i32) (result i32)))
                (func (export "run") (param i32) (result i32)
                    (i32.add (call $next (call $wait (local.get 0))) (i32.const 1))))"#,
        );
        let run: IntFunc = module.func(&rt, "run").unwrap();
        for (count, fits) in [(10, true), (5000, false), (10, true)] {
            for _ in 0..count {
                let call = run.call_resumable(&mut rt, 0).unwrap().suspended().unwrap();
                rt.data_mut().push(call);
            }
            let first = rt.data_mut().pop().unwrap();
            let outcome = first.resume(&mut rt, 0);
            if fits {
                assert_eq!(outcome.unwrap().returned(), Some(count), "{engine}");
            } else {
                assert_eq!(outcome.unwrap_err().trap_code(), Some(TrapCode::StackOverflow), "{engine}");
            }
            rt.data_mut().clear();
        }
    });
}
