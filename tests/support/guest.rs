//! Instances, and calls of what they export.

use crate::engines::engines;
use crate::guard::guarded;
use wz_api::{Context, EngineKind, Error, Module, ModuleConfig, Runtime, TrapCode, Value};

/// Runs `body` with each engine under the hang guard.
pub fn on_each_engine(body: impl Fn(EngineKind) + Send + Clone + 'static) {
    for engine in engines() {
        let body = body.clone();
        guarded(move || body(*engine));
    }
}

/// Compiles and instantiates `source`, a binary or a text.
///
/// # Errors
///
/// Those of compilation and instantiation.
pub fn instantiate<T: 'static>(cx: &mut Context<T>, source: impl AsRef<[u8]>) -> Result<Module, Error> {
    let code = cx.compile(source)?;
    cx.instantiate(&code, ModuleConfig::new())
}

/// Calls an exported function.
///
/// # Errors
///
/// Those of the call.
pub fn call<T>(cx: &mut Context<T>, module: Module, name: &str, args: &[Value]) -> Result<Vec<Value>, Error> {
    module.func_dyn(cx, name)?.call_dyn(cx, args)
}

/// The code of the trap that a call ended with; `None` if it ended with another error.
///
/// # Panics
///
/// If it did not end with an error.
pub fn trap_code(result: Result<Vec<Value>, Error>) -> Option<TrapCode> {
    result.expect_err("the guest stops").trap_code()
}

/// A runtime with an instance.
pub struct Instance {
    /// The runtime.
    pub runtime: Runtime,
    /// The instance in it.
    pub module: Module,
}

impl Instance {
    /// An instance of `source` in a runtime.
    ///
    /// # Panics
    ///
    /// If the source is not valid or does not link.
    pub fn new(mut runtime: Runtime, source: impl AsRef<[u8]>) -> Instance {
        match instantiate(&mut runtime, source) {
            Ok(module) => Instance { runtime, module },
            Err(error) => panic!("on {}: {error}", runtime.engine_name()),
        }
    }

    /// Calls an exported function.
    ///
    /// # Errors
    ///
    /// Those of the call.
    pub fn try_call(&mut self, name: &str, args: &[Value]) -> Result<Vec<Value>, Error> {
        call(&mut self.runtime, self.module, name, args)
    }

    /// Calls an exported function that returns.
    ///
    /// # Panics
    ///
    /// If it does not.
    pub fn call(&mut self, name: &str, args: &[Value]) -> Vec<Value> {
        self.try_call(name, args).unwrap_or_else(|error| panic!("{name} of {args:?}: {error}"))
    }

    /// Calls an exported function from i32 to i32 that returns.
    ///
    /// # Panics
    ///
    /// If it does not, or has other results.
    pub fn i32(&mut self, name: &str, arg: i32) -> i32 {
        match self.call(name, &[Value::I32(arg)])[..] {
            [Value::I32(result)] => result,
            ref other => panic!("{name}: {other:?}"),
        }
    }

    /// The code of the trap that a call ends with.
    ///
    /// # Panics
    ///
    /// If it ends with anything else.
    pub fn trap(&mut self, name: &str, args: &[Value]) -> TrapCode {
        match self.try_call(name, args) {
            Ok(results) => panic!("{name} of {args:?} returns {results:?}"),
            Err(error) => error.trap_code().unwrap_or_else(|| panic!("{name} of {args:?}: {error}")),
        }
    }
}
