//! Tables.

use crate::context::Context;
use crate::module::{ItemKind, check_item};
use crate::typed::{check_value, load_value, store_value};
use crate::{Error, TableType, ValType, Value};
use wz_core::runtime::{Extern as Item, Store, StoreId};

/// A table: a handle that is checked at each use.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Table {
    store: StoreId,
    item: Item,
}

impl Table {
    pub(crate) fn new(store: StoreId, item: Item) -> Table {
        Table { store, item }
    }

    fn item(self, store: &Store) -> Result<Item, Error> {
        check_item(self.store, self.item, store, ItemKind::Table)
    }

    /// The table's type; its minimum is the present size.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Closed`](crate::ErrorKind::Closed) if its instance is closed;
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) if it is of another runtime. The other methods fail likewise.
    pub fn ty<T>(&self, cx: &Context<T>) -> Result<TableType, Error> {
        Ok(cx.store().table(self.item(cx.store())?)?.ty())
    }

    /// Number of elements.
    ///
    /// # Errors
    ///
    /// As [`Table::ty`].
    pub fn size<T>(&self, cx: &Context<T>) -> Result<u64, Error> {
        Ok(cx.store().table(self.item(cx.store())?)?.len())
    }

    /// The element at `index`. It takes the context mutably because elements come into being at their first use.
    ///
    /// # Errors
    ///
    /// The trap [`TableOutOfBounds`](crate::TrapCode::TableOutOfBounds) if there is no such element; as [`Table::ty`].
    pub fn get<T>(&self, cx: &mut Context<T>, index: u64) -> Result<Value, Error> {
        let item = self.item(cx.store())?;
        let ty = cx.store().table(item)?.ty();
        let slot = cx.store_mut().table_get(item, index)?;
        Ok(load_value(ValType::Ref(ty.element), cx.store(), &[slot]))
    }

    /// Sets the element at `index`.
    ///
    /// # Errors
    ///
    /// The trap [`TableOutOfBounds`](crate::TrapCode::TableOutOfBounds) if there is no such element;
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) if the value is of another type; as [`Table::ty`].
    pub fn set<T>(&self, cx: &mut Context<T>, index: u64, value: Value) -> Result<(), Error> {
        self.with_reference(cx, value, |store, item, slot| store.table_set(item, index, slot))
    }

    /// Grows the table by `delta` elements, each set to `init`. The result is the size before.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Limit`](crate::ErrorKind::Limit) if it cannot grow that far;
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) if the value is of another type; as [`Table::ty`].
    pub fn grow<T>(&self, cx: &mut Context<T>, delta: u64, init: Value) -> Result<u64, Error> {
        let before = self.size(cx)?;
        self.with_reference(cx, init, |store, item, slot| store.table_grow(item, delta, slot))?
            .ok_or_else(|| Error::limit(format!("a table of {before} elements cannot grow by {delta}")))
    }

    /// Calls `f` with the slot value of a reference that fits the table.
    fn with_reference<T, R>(
        self,
        cx: &mut Context<T>,
        value: Value,
        f: impl FnOnce(&mut Store, Item, u64) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let item = self.item(cx.store())?;
        let ty = cx.store().table(item)?.ty();
        check_value(&value, ValType::Ref(ty.element), "the element")?;
        let store = cx.store_mut();
        let mark = store.root_mark();
        let mut slot = [0];
        let outcome = store_value(&value, store, &mut slot).and_then(|()| f(store, item, slot[0]));
        store.release_roots(mark);
        outcome
    }
}
