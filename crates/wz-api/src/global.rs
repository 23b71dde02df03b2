//! Globals.

use crate::context::Context;
use crate::module::{ItemKind, check_item};
use crate::typed::{check_value, load_value, store_value};
use crate::{Error, GlobalType, Value};
use wz_core::runtime::{Extern as Item, Store, StoreId};

/// A global: a handle that is checked at each use.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Global {
    store: StoreId,
    item: Item,
}

impl Global {
    pub(crate) fn new(store: StoreId, item: Item) -> Global {
        Global { store, item }
    }

    fn item(self, store: &Store) -> Result<Item, Error> {
        check_item(self.store, self.item, store, ItemKind::Global)
    }

    /// The global's type.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Closed`](crate::ErrorKind::Closed) if its instance is closed;
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) if it is of another runtime. The other methods fail likewise.
    pub fn ty<T>(&self, cx: &Context<T>) -> Result<GlobalType, Error> {
        cx.store().global_type(self.item(cx.store())?)
    }

    /// The value.
    ///
    /// # Errors
    ///
    /// As [`Global::ty`].
    pub fn get<T>(&self, cx: &Context<T>) -> Result<Value, Error> {
        let item = self.item(cx.store())?;
        let ty = cx.store().global_type(item)?;
        let slots = cx.store().global_get(item)?;
        Ok(load_value(ty.content, cx.store(), &slots))
    }

    /// Sets the value.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) if the global is immutable or of another type; as [`Global::ty`].
    pub fn set<T>(&self, cx: &mut Context<T>, value: Value) -> Result<(), Error> {
        let item = self.item(cx.store())?;
        let ty = cx.store().global_type(item)?;
        if !ty.mutable {
            return Err(Error::usage("the global is immutable"));
        }
        check_value(&value, ty.content, "the global's value")?;
        let store = cx.store_mut();
        let mark = store.root_mark();
        let mut slots = [0; 2];
        let outcome = store_value(&value, store, &mut slots).and_then(|()| store.global_set(item, slots));
        store.release_roots(mark);
        outcome
    }
}
