//! The runtime.

use crate::context::{Context, Embedding};
use crate::{Error, RuntimeConfig};
use std::fmt;
use std::ops::{Deref, DerefMut};

/// A runtime: the owner of instances, their namespace and the embedder's data.
///
/// Runtimes are cheap to make and independent of each other, so one for each thread, tenant or request is normal. They can
/// be sent to other threads but not shared: what threads share is the [`CompiledModule`](crate::CompiledModule). All
/// operations are those of [`Context`], which a runtime dereferences to.
///
/// ```
/// use wz_api::{ModuleConfig, Runtime, RuntimeConfig};
///
/// let mut rt = Runtime::new(RuntimeConfig::new())?;
/// let code = rt.compile(r#"
///     (module (func (export "add") (param i32 i32) (result i32)
///         local.get 0 local.get 1 i32.add))"#)?;
/// let module = rt.instantiate(&code, ModuleConfig::new())?;
/// let add = module.func::<(i32, i32), i32>(&rt, "add")?;
/// assert_eq!(add.call(&mut rt, (1, 2))?, 3);
/// # Ok::<(), wz_api::Error>(())
/// ```
///
/// A runtime cannot be shared between threads:
///
/// ```compile_fail,E0277
/// fn share<X: Sync>(_: X) {}
/// share(wz_api::Runtime::new(Default::default()).unwrap());
/// ```
pub struct Runtime<T: 'static = ()>(Box<Embedding<T>>);

impl Runtime {
    /// A runtime without data.
    ///
    /// # Errors
    ///
    /// As [`Runtime::with_data`].
    pub fn new(config: RuntimeConfig) -> Result<Runtime, Error> {
        Runtime::with_data(config, ())
    }
}

impl<T: 'static> Runtime<T> {
    /// A runtime with the embedder's data, which host functions reach through their [`Caller`](crate::Caller).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) if this build does not have the engine that `config` asks for;
    /// [`ErrorKind::Limit`](crate::ErrorKind::Limit) if a limit in `config` cannot be had.
    pub fn with_data(config: RuntimeConfig, data: T) -> Result<Runtime<T>, Error> {
        Ok(Runtime(Box::new(Embedding::new(config, data)?)))
    }
}

impl<T: 'static> Deref for Runtime<T> {
    type Target = Context<T>;

    fn deref(&self) -> &Context<T> {
        &*self.0
    }
}

impl<T: 'static> DerefMut for Runtime<T> {
    fn deref_mut(&mut self) -> &mut Context<T> {
        &mut *self.0
    }
}

impl<T: 'static> fmt::Debug for Runtime<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
