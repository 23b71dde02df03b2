//! Instances.

use crate::context::Context;
use crate::typed::WasmTypes;
use crate::{Error, Func, Global, Memory, Table, TypedFunc};
use wz_core::module::ExternIndex;
use wz_core::runtime::{Extern as Item, InstanceId, Store, StoreId};

/// An instance of a module: a handle that is checked at each use. It can be copied, and it can be closed while the others
/// stay.
///
/// A handle whose instance is closed gives [`ErrorKind::Closed`](crate::ErrorKind::Closed), one that is used with another
/// runtime [`ErrorKind::Usage`](crate::ErrorKind::Usage).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Module {
    store: StoreId,
    id: InstanceId,
}

/// An exported item of an instance.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Extern {
    /// A function.
    Func(Func),
    /// A table.
    Table(Table),
    /// A memory.
    Memory(Memory),
    /// A global.
    Global(Global),
}

/// Kinds of items, as errors name them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ItemKind {
    Func,
    Table,
    Memory,
    Global,
}

impl ItemKind {
    fn of(index: ExternIndex) -> ItemKind {
        match index {
            ExternIndex::Func(_) => ItemKind::Func,
            ExternIndex::Table(_) => ItemKind::Table,
            ExternIndex::Memory(_) => ItemKind::Memory,
            ExternIndex::Global(_) => ItemKind::Global,
        }
    }

    fn name(self) -> &'static str {
        match self {
            ItemKind::Func => "function",
            ItemKind::Table => "table",
            ItemKind::Memory => "memory",
            ItemKind::Global => "global",
        }
    }
}

/// Checks that the handle of an item is of `store`.
#[inline]
pub(crate) fn check_item(owner: StoreId, item: Item, store: &Store, kind: ItemKind) -> Result<Item, Error> {
    if owner == store.id() { Ok(item) } else { Err(foreign(kind.name())) }
}

#[cold]
fn foreign(what: &str) -> Error {
    Error::usage(format!("the {what} is of another runtime"))
}

/// An instance as messages name it.
pub(crate) fn module_label(store: &Store, id: InstanceId) -> String {
    let name = store.name(id).ok().flatten();
    let name = name.or_else(|| store.module(id).ok()?.names.module.as_deref());
    match name {
        Some(name) => format!("module {name:?}"),
        None => "the module".to_owned(),
    }
}

impl Module {
    pub(crate) fn new(store: StoreId, id: InstanceId) -> Module {
        Module { store, id }
    }

    pub(crate) fn id(self, store: &Store) -> Result<InstanceId, Error> {
        if self.store == store.id() { Ok(self.id) } else { Err(foreign("module")) }
    }

    /// The name under which other modules import from the instance, if it has one.
    ///
    /// # Errors
    ///
    /// As all uses of the handle.
    pub fn name<'a, T>(&self, cx: &'a Context<T>) -> Result<Option<&'a str>, Error> {
        let id = self.id(cx.store())?;
        cx.store().name(id)
    }

    /// Whether the instance is closed. Instances of other runtimes are, as far as `cx` is concerned.
    pub fn is_closed<T>(&self, cx: &Context<T>) -> bool {
        !self.id(cx.store()).is_ok_and(|id| cx.store().is_open(id))
    }

    /// The export called `name`, if there is one.
    pub fn export<T>(&self, cx: &Context<T>, name: &str) -> Option<Extern> {
        let id = self.id(cx.store()).ok()?;
        let item = cx.store().export(id, name).ok()??;
        Some(self.wrap(item))
    }

    /// Every export, in order, with its name.
    ///
    /// # Errors
    ///
    /// As all uses of the handle.
    pub fn exports<'a, T>(
        &self,
        cx: &'a Context<T>,
    ) -> Result<impl Iterator<Item = (&'a str, Extern)>, Error> {
        let id = self.id(cx.store())?;
        let module = cx.store().module(id)?;
        let this = *self;
        Ok(module.exports.iter().map(move |e| (&*e.name, this.wrap(Item { instance: id, index: e.index }))))
    }

    fn wrap(self, item: Item) -> Extern {
        match ItemKind::of(item.index) {
            ItemKind::Func => Extern::Func(Func::new(self.store, item)),
            ItemKind::Table => Extern::Table(Table::new(self.store, item)),
            ItemKind::Memory => Extern::Memory(Memory::new(self.store, item)),
            ItemKind::Global => Extern::Global(Global::new(self.store, item)),
        }
    }

    fn item<T>(self, cx: &Context<T>, name: &str, kind: ItemKind) -> Result<Item, Error> {
        let id = self.id(cx.store())?;
        match cx.store().export(id, name)? {
            Some(item) if ItemKind::of(item.index) == kind => Ok(item),
            Some(item) => Err(Error::usage(format!(
                "the export {name:?} of {} is a {}, not a {}",
                module_label(cx.store(), id),
                ItemKind::of(item.index).name(),
                kind.name()
            ))),
            None => Err(missing(cx.store(), id, name, kind)),
        }
    }

    /// The exported function called `name`, for calls with Rust types: the types are checked here and never again.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) if there is no such function or if it is of another type; as all uses
    /// of the handle.
    pub fn func<P: WasmTypes, R: WasmTypes>(
        &self,
        cx: &Context<impl Sized + 'static>,
        name: &str,
    ) -> Result<TypedFunc<P, R>, Error> {
        self.func_dyn(cx, name)?.typed(cx).map_err(|error| match error.kind() {
            crate::ErrorKind::Usage(e) => Error::usage(format!("function {name:?}: {}", e.message)),
            _ => error,
        })
    }

    /// The exported function called `name`, for calls with [`Value`](crate::Value)s.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) if there is no such function; as all uses of the handle.
    pub fn func_dyn<T>(&self, cx: &Context<T>, name: &str) -> Result<Func, Error> {
        Ok(Func::new(self.store, self.item(cx, name, ItemKind::Func)?))
    }

    /// The exported memory called `name`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) if there is no such memory; as all uses of the handle.
    pub fn memory<T>(&self, cx: &Context<T>, name: &str) -> Result<Memory, Error> {
        Ok(Memory::new(self.store, self.item(cx, name, ItemKind::Memory)?))
    }

    /// The exported global called `name`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) if there is no such global; as all uses of the handle.
    pub fn global<T>(&self, cx: &Context<T>, name: &str) -> Result<Global, Error> {
        Ok(Global::new(self.store, self.item(cx, name, ItemKind::Global)?))
    }

    /// The exported table called `name`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) if there is no such table; as all uses of the handle.
    pub fn table<T>(&self, cx: &Context<T>, name: &str) -> Result<Table, Error> {
        Ok(Table::new(self.store, self.item(cx, name, ItemKind::Table)?))
    }

    /// The memory with index 0, exported or not; `None` if there is none.
    ///
    /// # Errors
    ///
    /// As all uses of the handle.
    pub fn default_memory<T>(&self, cx: &Context<T>) -> Result<Option<Memory>, Error> {
        let id = self.id(cx.store())?;
        Ok(default_memory(cx.store(), id)?.map(|item| Memory::new(self.store, item)))
    }

    /// The exit code that the instance was closed with; `None` if it is open, of another runtime, or if its place has been
    /// taken by an instance that was closed since.
    pub fn exit_code<T>(&self, cx: &Context<T>) -> Option<u32> {
        cx.store().exit_code(self.id(cx.store()).ok()?)
    }

    /// Closes the instance: its name is free again, and its handles give [`ErrorKind::Closed`](crate::ErrorKind::Closed)
    /// from now on. What other instances imported from it they keep. Closing it again changes nothing.
    ///
    /// A call in progress that has frames of the instance goes on; in a runtime with interruption it ends with the exit code,
    /// [`ErrorKind::Exit`](crate::ErrorKind::Exit), at its next loop or call.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) if the instance is of another runtime.
    pub fn close<T>(&self, cx: &mut Context<T>, exit_code: u32) -> Result<(), Error> {
        let id = self.id(cx.store())?;
        if !cx.store().is_open(id) {
            return Ok(());
        }
        cx.store_mut().close(id, exit_code)
    }
}

/// The memory with index 0 of an instance.
pub(crate) fn default_memory(store: &Store, id: InstanceId) -> Result<Option<Item>, Error> {
    let has_memory = !store.module(id)?.memories.is_empty();
    Ok(has_memory.then_some(Item { instance: id, index: ExternIndex::Memory(0) }))
}

/// The most names that an error lists.
const LISTED: usize = 20;

#[cold]
fn missing(store: &Store, id: InstanceId, name: &str, kind: ItemKind) -> Error {
    let label = module_label(store, id);
    let exports = store.module(id).map(|m| &m.exports[..]).unwrap_or_default();
    let of_kind: Vec<String> =
        exports.iter().filter(|e| ItemKind::of(e.index) == kind).map(|e| format!("{:?}", e.name)).collect();
    let kind = kind.name();
    let mut message = format!("{label} exports no {kind} {name:?}");
    match of_kind.len() {
        0 => message += &format!(", nor any other {kind}"),
        n if n <= LISTED => message += &format!("; its exports of that kind: {}", of_kind.join(", ")),
        n => {
            let listed = of_kind[..LISTED].join(", ");
            message += &format!("; its exports of that kind: {listed} and {} more", n - LISTED);
        }
    }
    Error::usage(message)
}
