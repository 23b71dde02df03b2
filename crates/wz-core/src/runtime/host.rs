//! Host functions, and what they get.

use super::store::{InstanceId, Store};
use crate::error::Error;
use crate::module::{ConstExpr, ConstOp, Export, ExternIndex, GlobalDef, Module, TableDef};
use crate::types::{FuncType, GlobalType, MemoryType, TableType};
use std::any::Any;
use std::collections::HashSet;
use std::sync::Arc;

/// The embedder's context: it owns the store, and host functions get it back while a guest runs, for the embedder's own
/// as what it is ([`Any`]). It must give the same store each time.
pub trait Embedder: Any {
    /// The store.
    fn store(&self) -> &Store;

    /// The store.
    fn store_mut(&mut self) -> &mut Store;
}

/// The code of a host function: the embedder's context, the calling instance (`None` if the host called), and a slot
/// array that holds the arguments and takes the results, as [`CallEngine::call`](crate::engine::CallEngine::call)
/// says. References are raw: heap references are read and made through the store.
pub type HostCallback =
    dyn Fn(&mut dyn Embedder, Option<InstanceId>, &mut [u64]) -> Result<(), Error> + Send + Sync;

/// A host function.
pub struct HostFunc {
    /// Its type.
    pub ty: FuncType,
    /// Its code.
    pub callback: Box<HostCallback>,
}

impl std::fmt::Debug for HostFunc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HostFunc({})", self.ty)
    }
}

/// What a host module provides: built once, instantiated any number of times in any store.
#[derive(Debug)]
pub struct HostDefinition {
    module: Arc<Module>,
    funcs: Box<[Arc<HostFunc>]>,
}

impl HostDefinition {
    /// A definition of these items, all exported under their names.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) if two items have the same name, and
    /// [`ErrorKind::Limit`](crate::ErrorKind::Limit) if there are more than 2^32.
    pub fn new(
        funcs: Vec<(String, Arc<HostFunc>)>,
        memories: Vec<(String, MemoryType)>,
        tables: Vec<(String, TableType)>,
        globals: Vec<(String, GlobalType)>,
    ) -> Result<HostDefinition, Error> {
        let mut module = Module::default();
        let count = funcs.len() + memories.len() + tables.len() + globals.len();
        if u32::try_from(count).is_err() {
            return Err(Error::limit(format!("a host module of {count} items")));
        }
        let mut exports = Vec::with_capacity(count);
        let mut host_funcs = Vec::with_capacity(funcs.len());
        for (i, (name, func)) in (0..).zip(funcs) {
            exports.push((name, ExternIndex::Func(i)));
            module.types.push(func.ty.clone());
            module.funcs.push(i);
            host_funcs.push(func);
        }
        for (i, (name, ty)) in (0..).zip(memories) {
            exports.push((name, ExternIndex::Memory(i)));
            module.memories.push(ty);
        }
        for (i, (name, ty)) in (0..).zip(tables) {
            exports.push((name, ExternIndex::Table(i)));
            module.tables.push(ty);
            module.table_defs.push(TableDef { ty, init: None });
        }
        for (i, (name, ty)) in (0..).zip(globals) {
            exports.push((name, ExternIndex::Global(i)));
            module.globals.push(ty);
            // Each instantiation brings the value.
            module.global_defs.push(GlobalDef { ty, init: ConstExpr::One(ConstOp::Value(0)) });
        }
        let mut names = HashSet::new();
        if let Some((name, _)) = exports.iter().find(|(name, _)| !names.insert(name.as_str())) {
            return Err(Error::usage(format!("two items of the host module are called {name:?}")));
        }
        drop(names);
        module.exports =
            exports.into_iter().map(|(name, index)| Export { name: name.into(), index }).collect();
        Ok(HostDefinition { module: Arc::new(module), funcs: host_funcs.into() })
    }

    /// The description of its items.
    pub fn module(&self) -> &Arc<Module> {
        &self.module
    }

    /// The host function with this index.
    pub(super) fn func(&self, index: u32) -> Option<&HostFunc> {
        self.funcs.get(index as usize).map(|func| &**func)
    }
}
