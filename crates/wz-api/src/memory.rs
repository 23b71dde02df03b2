//! Linear memories.

use crate::context::Context;
use crate::module::{ItemKind, check_item};
use crate::{Error, MemoryType};
use wz_core::runtime::{Extern as Item, Store, StoreId};

/// A linear memory: a handle that is checked at each use.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Memory {
    store: StoreId,
    item: Item,
}

impl Memory {
    pub(crate) fn new(store: StoreId, item: Item) -> Memory {
        Memory { store, item }
    }

    fn item(self, store: &Store) -> Result<Item, Error> {
        check_item(self.store, self.item, store, ItemKind::Memory)
    }

    fn get<T>(self, cx: &Context<T>) -> Result<&wz_core::runtime::Memory, Error> {
        cx.store().memory(self.item(cx.store())?)
    }

    fn get_mut<T>(self, cx: &mut Context<T>) -> Result<&mut wz_core::runtime::Memory, Error> {
        let item = self.item(cx.store())?;
        cx.store_mut().memory_mut(item)
    }

    /// The memory's type; its minimum is the present size.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Closed`](crate::ErrorKind::Closed) if its instance is closed;
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) if it is of another runtime. The other methods fail likewise.
    pub fn ty<T>(&self, cx: &Context<T>) -> Result<MemoryType, Error> {
        Ok(self.get(cx)?.ty())
    }

    /// Size in pages.
    ///
    /// # Errors
    ///
    /// As [`Memory::ty`].
    pub fn size_pages<T>(&self, cx: &Context<T>) -> Result<u64, Error> {
        Ok(self.get(cx)?.size_pages())
    }

    /// Size in bytes.
    ///
    /// # Errors
    ///
    /// As [`Memory::ty`].
    pub fn size_bytes<T>(&self, cx: &Context<T>) -> Result<u64, Error> {
        Ok(self.get(cx)?.len())
    }

    /// Grows the memory by `delta` pages. The result is the size before.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Limit`](crate::ErrorKind::Limit) if it cannot grow that far; as [`Memory::ty`].
    pub fn grow<T>(&self, cx: &mut Context<T>, delta: u64) -> Result<u64, Error> {
        let memory = self.get_mut(cx)?;
        let before = memory.size_pages();
        memory
            .grow(delta)
            .ok_or_else(|| Error::limit(format!("a memory of {before} pages cannot grow by {delta}")))
    }

    /// Copies bytes out of the memory.
    ///
    /// # Errors
    ///
    /// The trap [`MemoryOutOfBounds`](crate::TrapCode::MemoryOutOfBounds) if not all of them are in the memory, in which
    /// case `bytes` is unchanged; as [`Memory::ty`].
    pub fn read<T>(&self, cx: &Context<T>, offset: u64, bytes: &mut [u8]) -> Result<(), Error> {
        Ok(self.get(cx)?.read(offset, bytes)?)
    }

    /// Copies bytes into the memory.
    ///
    /// # Errors
    ///
    /// The trap [`MemoryOutOfBounds`](crate::TrapCode::MemoryOutOfBounds) if not all of them fit, in which case the memory
    /// is unchanged; as [`Memory::ty`].
    pub fn write<T>(&self, cx: &mut Context<T>, offset: u64, bytes: &[u8]) -> Result<(), Error> {
        Ok(self.get_mut(cx)?.write(offset, bytes)?)
    }

    /// The memory's bytes.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) if the memory is shared; as [`Memory::ty`].
    pub fn data<'a, T>(&self, cx: &'a Context<T>) -> Result<&'a [u8], Error> {
        self.get(cx)?.data().ok_or_else(shared)
    }

    /// The memory's bytes.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) if the memory is shared; as [`Memory::ty`].
    pub fn data_mut<'a, T>(&self, cx: &'a mut Context<T>) -> Result<&'a mut [u8], Error> {
        self.get_mut(cx)?.data_mut().ok_or_else(shared)
    }
}

#[cold]
pub(crate) fn shared() -> Error {
    Error::usage("a shared memory's bytes can only be copied: use read and write")
}
