//! Access to items from the host.

use super::{Extern, InstanceId, Store};
use crate::error::Error;
use crate::module::ExternIndex;
use crate::runtime::instance::Instance;
use crate::runtime::memory::Memory;
use crate::runtime::table::Table;
use crate::runtime::vm::{VmFuncRef, VmGlobal};
use crate::types::{ExternType, FuncType, GlobalType, HeapType, RefType, ValType};
use std::any::Any;
use std::ptr::NonNull;

impl Store {
    /// The item that an instance exports under `name`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Closed`](crate::ErrorKind::Closed).
    pub fn export(&self, id: InstanceId, name: &str) -> Result<Option<Extern>, Error> {
        let export = self.instance(id)?.module.export(name);
        Ok(export.map(|export| Extern { instance: id, index: export.index }))
    }

    /// The type of an item, with the current size where it has one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Closed`](crate::ErrorKind::Closed) if its instance is closed,
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) if there is no such item.
    pub fn extern_type(&self, item: Extern) -> Result<ExternType, Error> {
        Ok(match item.index {
            ExternIndex::Func(_) => ExternType::Func(self.func_type(item)?.clone()),
            ExternIndex::Table(_) => ExternType::Table(self.table(item)?.ty()),
            ExternIndex::Memory(_) => ExternType::Memory(self.memory(item)?.ty()),
            ExternIndex::Global(_) => ExternType::Global(self.global_type(item)?),
        })
    }

    /// The instance of an item, and the item's index if it is of the kind that `select` accepts.
    fn item<T>(
        &self,
        item: Extern,
        kind: &str,
        select: impl FnOnce(&Instance, ExternIndex) -> Option<T>,
    ) -> Result<T, Error> {
        select(self.instance(item.instance)?, item.index)
            .ok_or_else(|| Error::usage(format!("{:?} is not a {kind} of the instance", item.index)))
    }

    /// The type of a function.
    ///
    /// # Errors
    ///
    /// As [`Store::extern_type`].
    pub fn func_type(&self, func: Extern) -> Result<&FuncType, Error> {
        let instance = self.instance(func.instance)?;
        match func.index {
            ExternIndex::Func(index) => instance.module.func_type(index),
            _ => None,
        }
        .ok_or_else(|| Error::usage(format!("{:?} is not a function of the instance", func.index)))
    }

    /// The function type with this id of the store; `None` if there is none.
    pub fn type_of_id(&self, id: u32) -> Option<&FuncType> {
        self.types.get(id).map(|info| &*info.ty)
    }

    /// The record of a function.
    ///
    /// # Errors
    ///
    /// As [`Store::extern_type`].
    pub fn func_ref(&self, func: Extern) -> Result<NonNull<VmFuncRef>, Error> {
        self.item(func, "function", |instance, index| match index {
            ExternIndex::Func(index) => instance.func_ref(index),
            _ => None,
        })
    }

    /// A function as a reference.
    ///
    /// # Errors
    ///
    /// As [`Store::extern_type`].
    pub fn func_to_raw(&self, func: Extern) -> Result<u64, Error> {
        Ok(self.func_ref(func)?.as_ptr().expose_provenance() as u64)
    }

    /// The function that a reference refers to; `None` if it is null or not a function reference of this store. The
    /// function's instance may be closed, and then the function is of no use to the host.
    pub fn func_from_raw(&self, raw: u64) -> Option<Extern> {
        let address = usize::try_from(raw).ok()?;
        let (start, (end, slot)) = self.records.range(..=address).next_back()?;
        if address >= *end || (address - start) % size_of::<VmFuncRef>() != 0 {
            return None;
        }
        let instance = self.slot(*slot)?;
        let defined = (address - start) / size_of::<VmFuncRef>();
        let record = instance.block.record(defined)?;
        // SAFETY: a record in the block of an instance that exists; it is initialised, if only with zeros.
        if unsafe { (*record).is_unused() } {
            return None;
        }
        let func = instance.module.imported_funcs + defined as u32;
        Some(Extern { instance: instance.id, index: ExternIndex::Func(func) })
    }

    /// Checks that `raw` is a reference of this type, and returns the slot of the function's instance if it is that of
    /// a function.
    pub(in crate::runtime) fn check_ref(&self, ty: RefType, raw: u64) -> Result<Option<u32>, Error> {
        let found = match ty.heap {
            _ if raw == 0 => ty.nullable.then_some(None),
            HeapType::Func => self.func_from_raw(raw).map(|func| Some(func.instance.index())),
            HeapType::Extern => self.heap.get(raw).map(|_| None),
        };
        found.ok_or_else(|| Error::usage(format!("{raw:#x} is not a {ty} of this runtime")))
    }

    /// A memory.
    ///
    /// # Errors
    ///
    /// As [`Store::extern_type`].
    pub fn memory(&self, memory: Extern) -> Result<&Memory, Error> {
        let memory = self.memory_ptr(memory)?;
        // SAFETY: an open instance's memories are alive (`store`'s ownership rules), and the store is borrowed.
        Ok(unsafe { &*memory })
    }

    /// A memory.
    ///
    /// # Errors
    ///
    /// As [`Store::extern_type`].
    pub fn memory_mut(&mut self, memory: Extern) -> Result<&mut Memory, Error> {
        let memory = self.memory_ptr(memory)?;
        // SAFETY: as in `memory`; the store is borrowed exclusively.
        Ok(unsafe { &mut *memory })
    }

    fn memory_ptr(&self, memory: Extern) -> Result<*mut Memory, Error> {
        self.item(memory, "memory", |instance, index| match index {
            ExternIndex::Memory(index) => instance.memory(index),
            _ => None,
        })
    }

    /// A memory, and what the host keeps with an instance, at once.
    ///
    /// # Errors
    ///
    /// As [`Store::extern_type`].
    pub fn memory_and_state(
        &mut self,
        memory: Extern,
        state_of: InstanceId,
    ) -> Result<(&mut Memory, Option<&mut (dyn Any + Send)>), Error> {
        let memory = self.memory_ptr(memory)?;
        let state = self.instance_mut(state_of)?.host_state.as_deref_mut();
        // SAFETY: as in `memory_mut`; a memory is an allocation of its own, which no host state overlaps.
        Ok((unsafe { &mut *memory }, state))
    }

    /// A table.
    ///
    /// # Errors
    ///
    /// As [`Store::extern_type`].
    pub fn table(&self, table: Extern) -> Result<&Table, Error> {
        let table = self.table_ptr(table)?;
        // SAFETY: an open instance's tables are alive (`store`'s ownership rules), and the store is borrowed.
        Ok(unsafe { &*table })
    }

    fn table_mut(&mut self, table: Extern) -> Result<&mut Table, Error> {
        let table = self.table_ptr(table)?;
        // SAFETY: as in `table`; the store is borrowed exclusively.
        Ok(unsafe { &mut *table })
    }

    fn table_ptr(&self, table: Extern) -> Result<*mut Table, Error> {
        self.item(table, "table", |instance, index| match index {
            ExternIndex::Table(index) => instance.table(index),
            _ => None,
        })
    }

    /// The reference in an element of a table.
    ///
    /// # Errors
    ///
    /// As [`Store::extern_type`]; the trap [`TrapCode::TableOutOfBounds`](crate::TrapCode::TableOutOfBounds) if there is no such element.
    pub fn table_get(&mut self, table: Extern, index: u64) -> Result<u64, Error> {
        Ok(self.table_mut(table)?.get(index)?)
    }

    /// Sets an element of a table.
    ///
    /// # Errors
    ///
    /// As [`Store::table_get`]; [`ErrorKind::Usage`](crate::ErrorKind::Usage) if `raw` is not a reference of the
    /// table's element type.
    pub fn table_set(&mut self, table: Extern, index: u64, raw: u64) -> Result<(), Error> {
        self.table(table)?.check(index, 1)?;
        self.check_element(table, raw)?;
        let table = self.table_mut(table)?;
        // SAFETY: `raw` was checked.
        let element = unsafe { table.element(raw) };
        table.fill(index, element, 1);
        Ok(())
    }

    /// Grows a table by `delta` elements that are `init`, and returns the size before; `None` if that is beyond a
    /// limit or there is no memory for it.
    ///
    /// # Errors
    ///
    /// As [`Store::table_set`].
    pub fn table_grow(&mut self, table: Extern, delta: u64, init: u64) -> Result<Option<u64>, Error> {
        self.check_element(table, init)?;
        let table = self.table_mut(table)?;
        // SAFETY: `init` was checked.
        let element = unsafe { table.element(init) };
        Ok(table.grow(delta, element))
    }

    /// Sets every element of a table.
    pub(super) fn fill_table(&mut self, table: Extern, raw: u64) -> Result<(), Error> {
        self.check_element(table, raw)?;
        let table = self.table_mut(table)?;
        // SAFETY: `raw` was checked.
        let element = unsafe { table.element(raw) };
        if raw != 0 {
            table.fill(0, element, table.len());
        }
        Ok(())
    }

    /// Checks a reference for a table, and links the table's owner with the function's.
    fn check_element(&mut self, table: Extern, raw: u64) -> Result<(), Error> {
        let element = self.table(table)?.ty().element;
        if let Some(owner) = self.check_ref(element, raw)? {
            let table_owner = self.instance(table.instance)?.source(table.index).instance.index();
            self.link(table_owner, owner);
        }
        Ok(())
    }

    /// The type of a global.
    ///
    /// # Errors
    ///
    /// As [`Store::extern_type`].
    pub fn global_type(&self, global: Extern) -> Result<GlobalType, Error> {
        self.item(global, "global", |instance, index| match index {
            ExternIndex::Global(index) => instance.module.globals.get(index as usize).copied(),
            _ => None,
        })
    }

    /// The value of a global, as its one or two slots.
    ///
    /// # Errors
    ///
    /// As [`Store::extern_type`].
    pub fn global_get(&self, global: Extern) -> Result<[u64; 2], Error> {
        let cell = self.global_cell(global)?;
        // SAFETY: an open instance's globals are alive (`store`'s ownership rules), and no guest runs.
        Ok(unsafe { (*cell).slots })
    }

    /// Sets a mutable global.
    ///
    /// # Errors
    ///
    /// As [`Store::extern_type`]; [`ErrorKind::Usage`](crate::ErrorKind::Usage) if the global is immutable or the
    /// value is not a reference of its type.
    pub fn global_set(&mut self, global: Extern, value: [u64; 2]) -> Result<(), Error> {
        let ty = self.global_type(global)?;
        if !ty.mutable {
            return Err(Error::usage("the global is immutable"));
        }
        let cell = self.global_cell(global)?;
        let value = self.check_global(global, ty.content, value)?;
        // SAFETY: as in `global_get`; the store is borrowed exclusively.
        unsafe { (*cell).slots = value };
        Ok(())
    }

    /// Checks a value for a global, links the global's owner with the function's, and returns the value with nothing
    /// in it but its type's bits.
    pub(super) fn check_global(
        &mut self,
        global: Extern,
        ty: ValType,
        value: [u64; 2],
    ) -> Result<[u64; 2], Error> {
        let [low, _] = value;
        match ty {
            ValType::V128 => Ok(value),
            ValType::I32 | ValType::F32 => Ok([low & u64::from(u32::MAX), 0]),
            ValType::I64 | ValType::F64 => Ok([low, 0]),
            ValType::Ref(ref_type) => {
                if let Some(owner) = self.check_ref(ref_type, low)? {
                    let global_owner = self.instance(global.instance)?.source(global.index).instance.index();
                    self.link(global_owner, owner);
                }
                Ok([low, 0])
            }
        }
    }

    pub(super) fn global_cell(&self, global: Extern) -> Result<*mut VmGlobal, Error> {
        self.item(global, "global", |instance, index| match index {
            ExternIndex::Global(index) => instance.global(index),
            _ => None,
        })
    }
}
