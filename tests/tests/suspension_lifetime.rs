//! What suspended calls keep, and what keeps them: runtimes, instances, code.

#![forbid(unsafe_code)]

use std::sync::Arc;
use std::thread;
use wz_api::{
    CompiledModule, ErrorKind, ExternRef, Func, HostModule, ModuleConfig, Runtime, RuntimeConfig, Suspend,
    SuspendedCall, Value,
};
use wz_tests::guest::on_each_engine;
use wz_tests::suspension::{
    IntFunc, REFERENCES, WAYS, assert_usage, counted, func, instance, on, runtime, suspend, suspend_export,
};

#[test]
fn a_call_belongs_to_its_runtime() {
    on_each_engine(|engine| {
        let (mut rt, mut other) = (on(engine), on(engine));
        let module = instance(&mut rt, WAYS);
        let plain = func(&rt, module, "plain");
        let call = suspend(&mut rt, plain, 1);
        assert_usage(call.resume(&mut other, 1), "of another runtime");
        // The runtime goes first, with the code.
        let (kept, reference) = counted();
        let references = instance(&mut rt, REFERENCES).func_dyn(&rt, "run").unwrap();
        let args = [Value::from(reference), Value::ExternRef(None)];
        let with_reference = references.call_dyn_resumable(&mut rt, &args).unwrap().suspended().unwrap();
        drop(args);
        let (first, second) = (suspend(&mut rt, plain, 1), suspend_export(&mut rt, module, "deep", 1000));
        drop(rt);
        assert_eq!(Arc::strong_count(&kept), 1);
        assert_eq!(second.payload::<i32>(), Some(&7));
        drop(first);
        assert_usage(second.resume(&mut other, 1), "of another runtime");
        thread::spawn(move || drop(with_reference)).join().unwrap();
        // One that is kept in the runtime that it is of.
        let mut rt = Runtime::with_data(RuntimeConfig::new().with_engine(engine), None).unwrap();
        let host = HostModule::<Option<SuspendedCall<i32>>>::new("host")
            .func("wait", |n: i32| Err::<i32, _>(Suspend::new(n)))
            .func("pass", |n: i32| n);
        rt.instantiate_host(&host).unwrap();
        let module = instance(&mut rt, WAYS);
        let plain: IntFunc = module.func(&rt, "plain").unwrap();
        let call = plain.call_resumable(&mut rt, 1).unwrap().suspended();
        *rt.data_mut() = call;
        drop(rt);
    });
}

#[test]
fn a_closed_runtime_resumes_nothing() {
    on_each_engine(|engine| {
        let mut rt = on(engine);
        let module = instance(&mut rt, WAYS);
        let call = suspend_export(&mut rt, module, "plain", 1);
        rt.close(3);
        let error = call.resume(&mut rt, 1).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Closed(_)), "{error:?}");
    });
}

#[test]
fn instances_with_suspended_frames_stay_until_the_call_ends() {
    on_each_engine(|engine| {
        for (interruption, resumed) in [(false, true), (false, false), (true, true), (true, false)] {
            let config = RuntimeConfig::new().with_engine(engine).with_interruption(interruption);
            // The host module, one instance, and one that is closed.
            let mut rt = runtime(config.with_max_instances(3));
            let code = rt.compile(WAYS).unwrap();
            let new = |rt: &mut Runtime| rt.instantiate(&code, ModuleConfig::new().with_name(""));
            let (module, other) = (new(&mut rt).unwrap(), new(&mut rt).unwrap());
            let call = suspend_export(&mut rt, module, "loop", 3);
            module.close(&mut rt, 9).unwrap();
            assert!(matches!(new(&mut rt).unwrap_err().kind(), ErrorKind::Limit(_)), "its frames need it");
            let pass = func(&rt, other, "pass");
            assert_eq!(pass.call(&mut rt, 1).unwrap(), 1, "others are not interrupted");
            if resumed {
                let outcome = call.resume(&mut rt, 1);
                if interruption {
                    assert_eq!(outcome.unwrap_err().exit_code(), Some(9), "{engine}");
                } else {
                    let call = outcome.unwrap().suspended().unwrap();
                    assert_eq!(pass.call(&mut rt, 1).unwrap(), 1);
                    let call = call.resume(&mut rt, 1).unwrap().suspended().unwrap();
                    assert_eq!(call.resume(&mut rt, 1).unwrap().returned(), Some(3));
                }
            } else {
                drop(call);
            }
            let third =
                new(&mut rt).unwrap_or_else(|error| panic!("{engine}, {interruption}, {resumed}: {error}"));
            assert_eq!(func(&rt, third, "pass").call(&mut rt, 1).unwrap(), 1);
            assert_eq!(pass.call(&mut rt, 1).unwrap(), 1, "{engine}: nothing is interrupted any more");
        }
    });
}

#[test]
fn a_closed_instance_goes_with_its_last_frame() {
    on_each_engine(|engine| {
        let mut rt = on(engine);
        let inner = instance(
            &mut rt,
            r#"(module $inner
                (import "host" "wait" (func $wait (param i32) (result i32)))
                (table $kept 1 externref)
                (func (export "keep") (param externref) (table.set $kept (i32.const 0) (local.get 0)))
                (func (export "f") (param i32) (result i32) (call $wait (local.get 0))))"#,
        );
        // Calls the other through a reference, so that no import keeps it.
        let outer = instance(
            &mut rt,
            r#"(module
                (import "host" "wait" (func $wait (param i32) (result i32)))
                (type $int (func (param i32) (result i32)))
                (table $f 1 funcref)
                (func (export "run") (param funcref) (result i32)
                    (table.set $f (i32.const 0) (local.get 0))
                    (local.set 0 (ref.null func))
                    (call $wait (call_indirect $f (type $int) (i32.const 1) (i32.const 0)))))"#,
        );
        let (kept, reference) = counted();
        let keep = inner.func::<Option<ExternRef>, ()>(&rt, "keep").unwrap();
        keep.call(&mut rt, Some(reference)).unwrap();
        let f = inner.func_dyn(&rt, "f").unwrap();
        let run = outer.func::<Option<Func>, i32>(&rt, "run").unwrap();
        let call = run.call_resumable(&mut rt, Some(f)).unwrap().suspended().unwrap();
        assert_eq!(call.payload::<i32>(), Some(&1));
        // The reference linked the two: both have to go.
        inner.close(&mut rt, 0).unwrap();
        outer.close(&mut rt, 0).unwrap();
        let live = |rt: &mut Runtime| {
            rt.collect_garbage();
            Arc::strong_count(&kept) == 2
        };
        assert!(live(&mut rt), "{engine}");
        let call = call.resume(&mut rt, 5).unwrap().suspended().unwrap();
        assert_eq!(call.payload::<i32>(), Some(&5));
        assert!(live(&mut rt), "{engine}: the other's frame may reach it");
        assert_eq!(call.resume(&mut rt, 6).unwrap().returned(), Some(6));
        assert!(!live(&mut rt), "{engine}");
    });
}

#[test]
fn a_closed_instance_goes_with_its_last_frame_while_the_call_is_suspended_again() {
    on_each_engine(|engine| {
        let mut rt = on(engine);
        let code = rt.compile(WAYS).unwrap();
        rt.instantiate(&code, ModuleConfig::new().with_name("ways")).unwrap();
        let first = instance(
            &mut rt,
            r#"(module
                (import "host" "wait" (func $wait (param i32) (result i32)))
                (import "ways" "loop" (func $loop (param i32) (result i32)))
                (table $kept 1 externref)
                (func (export "keep") (param externref) (table.set $kept (i32.const 0) (local.get 0)))
                (func (export "run") (param i32) (result i32) (return_call $loop (call $wait (local.get 0)))))"#,
        );
        let (kept, reference) = counted();
        let keep = first.func::<Option<ExternRef>, ()>(&rt, "keep").unwrap();
        keep.call(&mut rt, Some(reference)).unwrap();
        let call = suspend_export(&mut rt, first, "run", 1);
        first.close(&mut rt, 0).unwrap();
        rt.collect_garbage();
        assert_eq!(Arc::strong_count(&kept), 2, "{engine}");
        let call = call.resume(&mut rt, 2).unwrap().suspended().unwrap();
        rt.collect_garbage();
        assert_eq!(Arc::strong_count(&kept), 1, "{engine}: a tail call leaves no frame");
        let call = call.resume(&mut rt, 3).unwrap().suspended().unwrap();
        assert_eq!(call.resume(&mut rt, 4).unwrap().returned(), Some(7));
        rt.collect_garbage();
        assert_eq!(Arc::strong_count(&kept), 1, "{engine}");
    });
}

#[test]
fn a_call_that_goes_on_in_another_instance_needs_its_own_no_more() {
    on_each_engine(|engine| {
        let mut rt = on(engine);
        let provider = r#"
            (module $provider
                (import "host" "refs" (func $refs (param externref) (result externref funcref)))
                (func (export "f") (param externref) (result externref funcref) (call $refs (local.get 0))))"#;
        let provider: CompiledModule = rt.compile(provider).unwrap();
        let user = r#"
            (module
                (import "provider" "f" (func $f (param externref) (result externref funcref)))
                (func (export "run") (param externref) (result externref funcref)
                    (return_call $f (local.get 0))))"#;
        for _ in 0..3 {
            let provider = rt.instantiate(&provider, ModuleConfig::new()).unwrap();
            // The last of the user's code goes with its instance.
            let user = instance(&mut rt, user);
            let run = user.func_dyn(&rt, "run").unwrap();
            let call =
                run.call_dyn_resumable(&mut rt, &[Value::ExternRef(None)]).unwrap().suspended().unwrap();
            user.close(&mut rt, 0).unwrap();
            provider.close(&mut rt, 0).unwrap();
            let value = Value::from(ExternRef::new(5));
            let outcome = call.resume_dyn(&mut rt, &[value.clone(), Value::FuncRef(None)]).unwrap();
            assert_eq!(outcome.returned().unwrap(), [value, Value::FuncRef(None)], "{engine}");
        }
    });
}
