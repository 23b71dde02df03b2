//! What must not compile, and what may cross threads.

use wz_api::sys::{OutputBuffer, System};
use wz_api::{
    Backtrace, CompiledModule, EngineKind, Error, ExternRef, Features, Func, Global, HostModule, Interrupter,
    Memory, Module, ModuleConfig, Runtime, RuntimeConfig, Table, TypedFunc, Value,
};

/// The programs in `compile_fail`, with what the compiler says about each. A compiler of another version may say it
/// otherwise: `TRYBUILD=overwrite` takes its words over, which is right as long as the error's code and place stay.
#[test]
fn unsound_programs_do_not_compile() {
    if std::env::var_os("WZ_SANITIZE").is_some() {
        println!("skipped: no program is run");
        return;
    }
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}

/// Evaluated by the compiler: one that is broken fails the build.
const _: () = {
    const fn send<X: Send>() {}
    const fn shared<X: Send + Sync>() {}
    send::<Runtime>();
    send::<Runtime<std::cell::Cell<u8>>>();
    send::<System>();
    shared::<CompiledModule>();
    // Whatever the embedder's data is: a host module holds none of it.
    shared::<HostModule<std::rc::Rc<u8>>>();
    shared::<Interrupter>();
    shared::<Error>();
    shared::<Backtrace>();
    shared::<(RuntimeConfig, ModuleConfig, Features, EngineKind)>();
    shared::<(Module, Func, Memory, Global, Table, TypedFunc<(i32,), i32>)>();
    shared::<(Value, ExternRef, OutputBuffer)>();
};
