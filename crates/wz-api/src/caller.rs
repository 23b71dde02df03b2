//! What a host function gets of its caller.

use crate::context::Context;
use crate::memory::shared;
use crate::module::default_memory;
use crate::sys::System;
use crate::{Error, Memory, Module};
use std::fmt;
use std::ops::{Deref, DerefMut};
use wz_core::runtime::InstanceId;

/// The context of a host function's call, and the instance that called it.
///
/// It dereferences to [`Context`], so whatever can be done with a runtime can be done here: call back into guests, read
/// memories, instantiate and close modules, the calling one included.
///
/// ```
/// use wz_api::{Caller, HostModule, ModuleConfig, Runtime};
///
/// let mut rt = Runtime::with_data(Default::default(), Vec::new())?;
/// rt.instantiate_host(&HostModule::new("env").func("push", |mut caller: Caller<Vec<u32>>, n: u32| {
///     caller.data_mut().push(n);
/// }))?;
/// let code = rt.compile(r#"
///     (module
///         (import "env" "push" (func $push (param i32)))
///         (func (export "run") (call $push (i32.const 1)) (call $push (i32.const 2))))"#)?;
/// let run = rt.instantiate(&code, ModuleConfig::new())?.func::<(), ()>(&rt, "run")?;
/// run.call(&mut rt, ())?;
/// assert_eq!(*rt.data(), [1, 2]);
/// # Ok::<(), wz_api::Error>(())
/// ```
///
/// It cannot be kept beyond the call:
///
/// ```compile_fail
/// use std::sync::Mutex;
/// use wz_api::{Caller, HostModule};
///
/// static KEPT: Mutex<Option<Caller<'static>>> = Mutex::new(None);
/// HostModule::new("env").func("keep", |caller: Caller| *KEPT.lock().unwrap() = Some(caller));
/// ```
pub struct Caller<'a, T: 'static = ()> {
    context: &'a mut Context<T>,
    instance: Option<InstanceId>,
}

/// A caller's parts, borrowed side by side: see [`Caller::split`].
#[derive(Debug)]
pub struct Split<'a, T> {
    /// The embedder's data.
    pub data: &'a mut T,
    /// The bytes of the calling instance's memory 0; empty if it has none.
    pub memory: &'a mut [u8],
    /// What the calling instance sees of the system.
    pub system: &'a mut System,
}

impl<'a, T: 'static> Caller<'a, T> {
    pub(crate) fn new(context: &'a mut Context<T>, instance: Option<InstanceId>) -> Caller<'a, T> {
        Caller { context, instance }
    }

    /// The calling instance; `None` if the embedder called the host function itself.
    pub fn module(&self) -> Option<Module> {
        self.instance.map(|id| Module::new(self.context.store().id(), id))
    }

    fn instance(&self) -> Result<InstanceId, Error> {
        self.instance.ok_or_else(|| Error::usage("the host function was not called by a module"))
    }

    /// The calling instance's memory 0, exported or not.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) if it has none, or if the embedder called the host function itself.
    pub fn memory(&self) -> Result<Memory, Error> {
        let store = self.context.store();
        match default_memory(store, self.instance()?)? {
            Some(item) => Ok(Memory::new(store.id(), item)),
            None => Err(Error::usage("the calling module has no memory")),
        }
    }

    /// The embedder's data, the calling instance's memory and its system, side by side.
    ///
    /// ```
    /// use wz_api::{Caller, Error, HostModule, Split};
    ///
    /// let host = HostModule::new("env").func("log", |mut caller: Caller<String>, at: u32, len: u32| {
    ///     let Split { data, memory, .. } = caller.split()?;
    ///     let (at, len) = (at as usize, len as usize);
    ///     let bytes = memory.get(at..).and_then(|m| m.get(..len)).ok_or_else(|| Error::usage("out of range"))?;
    ///     data.push_str(&String::from_utf8_lossy(bytes));
    ///     Ok::<(), Error>(())
    /// });
    /// # let _ = host;
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) if the embedder called the host function itself, or if the memory is
    /// shared; [`ErrorKind::Closed`](crate::ErrorKind::Closed) if the calling instance was closed meanwhile.
    pub fn split(&mut self) -> Result<Split<'_, T>, Error> {
        let id = self.instance()?;
        let state = self.context.state_mut();
        let memory = default_memory(&state.store, id)?;
        let (memory, host_state) = match memory {
            Some(item) => {
                let (memory, host_state) = state.store.memory_and_state(item, id)?;
                (memory.data_mut().ok_or_else(shared)?, host_state)
            }
            None => (&mut [][..], state.store.host_state_mut(id)?),
        };
        let system = host_state.and_then(|state| state.downcast_mut());
        let system = system.ok_or_else(|| Error::usage("the calling module is a host module"))?;
        Ok(Split { data: &mut state.data, memory, system })
    }

    /// What the calling instance sees of the system.
    ///
    /// # Errors
    ///
    /// As [`Caller::split`], but a shared memory is no obstacle.
    pub fn system(&mut self) -> Result<&mut System, Error> {
        let id = self.instance()?;
        let host_state = self.context.store_mut().host_state_mut(id)?;
        let system = host_state.and_then(|state| state.downcast_mut());
        system.ok_or_else(|| Error::usage("the calling module is a host module"))
    }
}

impl<T: 'static> Deref for Caller<'_, T> {
    type Target = Context<T>;

    fn deref(&self) -> &Context<T> {
        self.context
    }
}

impl<T: 'static> DerefMut for Caller<'_, T> {
    fn deref_mut(&mut self) -> &mut Context<T> {
        self.context
    }
}

impl<T: 'static> fmt::Debug for Caller<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller").field("module", &self.module()).finish_non_exhaustive()
    }
}
