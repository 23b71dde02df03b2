//! What tests of suspended calls have in common.

use crate::guest::instantiate;
use std::sync::Arc;
use wz_api::{
    Caller, Context, EngineKind, Error, ErrorKind, ExternRef, Func, FuncType, HostModule, Module, Outcome,
    Runtime, RuntimeConfig, Suspend, SuspendedCall, TypedFunc, ValType,
};

/// A host module whose functions suspend the call, and some others.
pub fn host() -> HostModule {
    let many = [ValType::I32, ValType::F64, ValType::I64, ValType::F32].repeat(5);
    HostModule::new("host")
        .func("wait", |n: i32| Err::<i32, _>(Suspend::new(n)))
        .func("nothing", || Err::<(), _>(Suspend::new(())))
        .func("refs", |r: Option<ExternRef>| Err::<(Option<ExternRef>, Option<Func>), _>(Suspend::new(r)))
        .func_dyn("many", FuncType::new(many.clone(), many), |_, args, _| {
            Err(Suspend::new(args.to_vec()).into())
        })
        .func("pass", |n: i32| n)
        .func("fail", || Err::<(), _>(std::io::Error::from(std::io::ErrorKind::NotFound)))
        .func("panic", |n: i32| {
            if n >= 0 {
                panic!("panic number {n}")
            }
        })
        .func("collect", |mut c: Caller| c.collect_garbage())
}

/// A runtime with that host module.
///
/// # Panics
///
/// If there is none.
pub fn runtime(config: RuntimeConfig) -> Runtime {
    let mut rt = Runtime::new(config).expect("a runtime");
    rt.instantiate_host(&host()).expect("the host module");
    rt
}

/// A runtime with that host module on an engine.
///
/// # Panics
///
/// If there is none.
pub fn on(engine: EngineKind) -> Runtime {
    runtime(RuntimeConfig::new().with_engine(engine))
}

/// An instance of `source`.
///
/// # Panics
///
/// If it is not valid or does not link.
pub fn instance<T: 'static>(cx: &mut Context<T>, source: &str) -> Module {
    instantiate(cx, source).unwrap_or_else(|error| panic!("{error}"))
}

/// A function from i32 to i32.
pub type IntFunc = TypedFunc<i32, i32>;

/// An exported function from i32 to i32.
///
/// # Panics
///
/// If there is no such export.
pub fn func(rt: &Runtime, module: Module, name: &str) -> IntFunc {
    module.func(rt, name).expect("a function from i32 to i32")
}

/// Starts a call that is suspended.
///
/// # Panics
///
/// If it is not.
pub fn suspend(rt: &mut Runtime, func: IntFunc, arg: i32) -> SuspendedCall<i32> {
    match func.call_resumable(rt, arg) {
        Ok(Outcome::Suspended(call)) => call,
        other => panic!("not suspended: {other:?}"),
    }
}

/// Starts a call of an export that is suspended.
///
/// # Panics
///
/// If it is not.
pub fn suspend_export(rt: &mut Runtime, module: Module, name: &str, arg: i32) -> SuspendedCall<i32> {
    let func = func(rt, module, name);
    suspend(rt, func, arg)
}

/// Checks that a call ended with an error of usage whose message has `part` in it.
///
/// # Panics
///
/// If it did not.
#[track_caller]
pub fn assert_usage<R: std::fmt::Debug>(result: Result<R, Error>, part: &str) {
    let error = result.expect_err("an error");
    assert!(matches!(error.kind(), ErrorKind::Usage(_)), "{error:?}");
    assert!(error.to_string().contains(part), "{error}");
}

/// Functions that suspend in the ways in which a host function can be called.
pub const WAYS: &str = r#"
    (module $ways
        (type $int (func (param i32) (result i32)))
        (import "host" "wait" (func $wait (type $int)))
        (import "host" "pass" (func $pass (type $int)))
        (table (export "table") 4 funcref)
        (elem (i32.const 1) $wait $pass)
        (memory (export "memory") 1 10)
        (func $plain (export "plain") (param i32) (result i32)
            (local $kept i64) (local $float f64) (local $far i32)
            (local.set $kept (i64.extend_i32_s (i32.mul (local.get 0) (i32.const 3))))
            (local.set $float (f64.convert_i32_s (local.get 0)))
            (local.set $far (i32.add (local.get 0) (i32.const 1000)))
            (i32.add
                (i32.mul (call $wait (local.get 0)) (i32.const 2))
                (i32.add (local.get $far)
                    (i32.add (i32.wrap_i64 (local.get $kept)) (i32.trunc_f64_s (local.get $float))))))
        (func $deep (export "deep") (param i32) (result i32)
            (if (result i32) (i32.eqz (local.get 0))
                (then (call $wait (i32.const 7)))
                (else (i32.add (local.get 0) (call $deep (i32.sub (local.get 0) (i32.const 1)))))))
        (func (export "tail") (param i32) (result i32) (return_call $wait (local.get 0)))
        (func $tail-of-tail (param i32) (result i32)
            (return_call_indirect (type $int) (local.get 0) (i32.const 1)))
        (func (export "after-tail") (param i32) (result i32)
            (i32.add (local.get 0) (call $tail-of-tail (local.get 0))))
        (func (export "indirect") (param i32) (result i32)
            (i32.sub (call_indirect (type $int) (local.get 0) (i32.const 1)) (local.get 0)))
        (func (export "loop") (param $n i32) (result i32) (local $sum i32) (local $i i32)
            (loop $again
                (local.set $sum (i32.add (local.get $sum) (call $wait (local.get $i))))
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (br_if $again (i32.lt_u (local.get $i) (local.get $n))))
            (local.get $sum))
        (func (export "touch") (param i32) (result i32)
            (i32.store (i32.const 8) (local.get 0))
            (drop (call $wait (local.get 0)))
            (i32.add (i32.load (i32.const 8)) (i32.load (i32.const 65532))))
        (func (export "pass") (param i32) (result i32) (call $pass (local.get 0)))
        (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"#;

/// A value of the host whose references the tests count.
pub fn counted() -> (Arc<()>, ExternRef) {
    let count = Arc::new(());
    (count.clone(), ExternRef::new(count))
}

/// Suspends with references in its frame, and uses those that the host passes.
pub const REFERENCES: &str = r#"
    (module
        (import "host" "refs" (func $refs (param externref) (result externref funcref)))
        (import "host" "collect" (func $collect))
        (table $funcs 1 funcref)
        (type $answer (func (result i32)))
        (func $inner (param $kept externref) (param $passed externref) (result externref externref i32)
            (local $new externref) (local $f funcref)
            (call $refs (local.get $passed))
            (local.set $f)
            (local.set $new)
            (call $collect)
            (table.set $funcs (i32.const 0) (local.get $f))
            (local.get $kept)
            (local.get $new)
            (call_indirect (type $answer) (i32.const 0)))
        (func (export "run") (param externref externref) (result externref externref i32)
            (call $inner (local.get 0) (local.get 1))))"#;
