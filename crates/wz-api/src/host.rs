//! Host modules: functions, memories, globals and tables of the host that guests import.

use crate::host_func::{IntoHostFunc, dynamic};
use crate::typed::{check_value, store_value};
use crate::{Caller, Error, FuncType, GlobalType, MemoryType, TableType, ValType, Value};
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, OnceLock};
use wz_core::runtime::{HostDefinition, HostFunc, InstanceId, Store};

/// A host module. Built once, it can be instantiated in any number of runtimes and threads; clones are cheap.
///
/// What is wrong with it (two items of one name, an initial value of another type) is reported when it is instantiated.
///
/// ```
/// use wz_api::{GlobalType, HostModule, MemoryType, ModuleConfig, Runtime, ValType, Value};
///
/// let env = HostModule::new("env")
///     .func("add", |a: u32, b: u32| a.wrapping_add(b))
///     .memory("memory", MemoryType::new(1, Some(4)))
///     .global("base", GlobalType { content: ValType::I32, mutable: false }, Value::I32(1024));
///
/// let mut rt = Runtime::new(Default::default())?;
/// rt.instantiate_host(&env)?;
/// let code = rt.compile(r#"
///     (module
///         (import "env" "add" (func $add (param i32 i32) (result i32)))
///         (import "env" "base" (global $base i32))
///         (func (export "run") (result i32) (call $add (global.get $base) (i32.const 1))))"#)?;
/// let run = rt.instantiate(&code, ModuleConfig::new())?.func::<(), i32>(&rt, "run")?;
/// assert_eq!(run.call(&mut rt, ())?, 1025);
/// # Ok::<(), wz_api::Error>(())
/// ```
pub struct HostModule<T: 'static = ()> {
    parts: Arc<Parts>,
    data: PhantomData<fn(&mut T)>,
}

#[derive(Default)]
struct Parts {
    name: String,
    funcs: Vec<(String, Arc<HostFunc>)>,
    memories: Vec<(String, MemoryType)>,
    tables: Vec<(String, TableType, Value)>,
    globals: Vec<(String, GlobalType, Value)>,
    /// Made of the others at the first instantiation.
    definition: OnceLock<Arc<HostDefinition>>,
}

impl Clone for Parts {
    /// The parts for a module that goes another way from here.
    fn clone(&self) -> Parts {
        Parts {
            name: self.name.clone(),
            funcs: self.funcs.clone(),
            memories: self.memories.clone(),
            tables: self.tables.clone(),
            globals: self.globals.clone(),
            definition: OnceLock::new(),
        }
    }
}

impl<T: 'static> Clone for HostModule<T> {
    fn clone(&self) -> HostModule<T> {
        HostModule { parts: self.parts.clone(), data: PhantomData }
    }
}

impl<T: 'static> fmt::Debug for HostModule<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.parts.funcs.iter().map(|(name, _)| &**name).collect();
        f.debug_struct("HostModule")
            .field("name", &self.parts.name)
            .field("funcs", &names)
            .finish_non_exhaustive()
    }
}

impl<T: 'static> HostModule<T> {
    /// A host module without items. Guests import from it by `name`.
    pub fn new(name: impl Into<String>) -> HostModule<T> {
        HostModule { parts: Arc::new(Parts { name: name.into(), ..Parts::default() }), data: PhantomData }
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.parts.name
    }

    /// The same items under another name.
    #[must_use]
    pub fn with_name(self, name: impl Into<String>) -> HostModule<T> {
        self.with(|parts| parts.name = name.into())
    }

    fn with(mut self, change: impl FnOnce(&mut Parts)) -> HostModule<T> {
        let parts = Arc::make_mut(&mut self.parts);
        parts.definition = OnceLock::new();
        change(parts);
        self
    }

    /// Adds a function: a closure whose parameters are [`WasmType`](crate::WasmType)s, before them perhaps a [`Caller`],
    /// and that returns [`HostResults`](crate::HostResults).
    #[must_use]
    pub fn func<Marker>(self, name: impl Into<String>, func: impl IntoHostFunc<T, Marker>) -> HostModule<T> {
        self.with(|parts| parts.funcs.push((name.into(), Arc::new(func.into_host_func()))))
    }

    /// Adds a function whose type is not known at compile time. The closure gets the arguments and, as zeros and nulls, the
    /// results to set; results of other types than `ty` says are an error of [`ErrorKind::Usage`](crate::ErrorKind::Usage)
    /// that ends the call.
    #[must_use]
    pub fn func_dyn<F>(self, name: impl Into<String>, ty: FuncType, func: F) -> HostModule<T>
    where
        F: Fn(Caller<'_, T>, &[Value], &mut [Value]) -> Result<(), Error> + Send + Sync + 'static,
    {
        self.with(|parts| parts.funcs.push((name.into(), Arc::new(dynamic(ty, func)))))
    }

    /// Adds a memory. Every instance of the host module has its own.
    #[must_use]
    pub fn memory(self, name: impl Into<String>, ty: MemoryType) -> HostModule<T> {
        self.with(|parts| parts.memories.push((name.into(), ty)))
    }

    /// Adds a global. Every instance of the host module has its own.
    #[must_use]
    pub fn global(self, name: impl Into<String>, ty: GlobalType, init: Value) -> HostModule<T> {
        self.with(|parts| parts.globals.push((name.into(), ty, init)))
    }

    /// Adds a table. Every instance of the host module has its own.
    #[must_use]
    pub fn table(self, name: impl Into<String>, ty: TableType, init: Value) -> HostModule<T> {
        self.with(|parts| parts.tables.push((name.into(), ty, init)))
    }

    pub(crate) fn instantiate(&self, store: &mut Store) -> Result<InstanceId, Error> {
        let parts = &*self.parts;
        if parts.name.is_empty() {
            return Err(Error::usage("a host module's name is empty"));
        }
        let definition = match parts.definition.get() {
            Some(definition) => definition,
            None => {
                let made = Arc::new(parts.define()?);
                parts.definition.get_or_init(|| made)
            }
        };
        let mark = store.root_mark();
        let outcome = parts.initial_slots(store).and_then(|(globals, tables)| {
            store.instantiate_host(definition, Some(parts.name.clone()), &globals, &tables)
        });
        store.release_roots(mark);
        outcome
    }
}

impl Parts {
    fn define(&self) -> Result<HostDefinition, Error> {
        for (name, ty, init) in &self.globals {
            check_value(init, ty.content, "its initial value")
                .map_err(|e| Error::usage(format!("host global {name:?}: {e}")))?;
        }
        for (name, ty, init) in &self.tables {
            check_value(init, ValType::Ref(ty.element), "its initial value")
                .map_err(|e| Error::usage(format!("host table {name:?}: {e}")))?;
        }
        HostDefinition::new(
            self.funcs.clone(),
            self.memories.clone(),
            self.tables.iter().map(|(name, ty, _)| (name.clone(), *ty)).collect(),
            self.globals.iter().map(|(name, ty, _)| (name.clone(), *ty)).collect(),
        )
    }

    /// The initial values of globals and tables as slots.
    fn initial_slots(&self, store: &mut Store) -> Result<(Vec<[u64; 2]>, Vec<u64>), Error> {
        let mut slots = |init: &Value| {
            let mut slots = [0; 2];
            store_value(init, store, &mut slots).map(|()| slots)
        };
        let globals = self.globals.iter().map(|(_, _, init)| slots(init)).collect::<Result<_, Error>>()?;
        let tables =
            self.tables.iter().map(|(_, _, init)| Ok(slots(init)?[0])).collect::<Result<_, Error>>()?;
        Ok((globals, tables))
    }
}
