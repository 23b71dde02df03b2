//! Module instances.

use super::host::HostDefinition;
use super::memory::Memory;
use super::owned::Owned;
use super::store::{Extern, InstanceId};
use super::table::Table;
use super::vm::{Arity, CodePtr, VmContext, VmFuncRef, VmGlobal, VmHeader, VmHostFunc};
use super::vmblock::VmBlock;
use crate::engine::ModuleEngine;
use crate::module::{ExternIndex, Module};
use crate::trap::Symbolizer;
use crate::types::{HeapType, ValType};
use std::any::Any;
use std::cell::Cell;
use std::collections::HashSet;
use std::ptr::{self, NonNull};
use std::sync::Arc;

/// Where an instance's functions come from.
pub(super) enum Functions {
    /// Compiled code.
    Guest(Box<dyn ModuleEngine>),
    /// The host; its functions share one code pointer.
    Host(Arc<HostDefinition>, CodePtr),
}

/// Whether handles of the instance are valid.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    Open,
    /// Closed, but alive as long as something open retains it or a frame of its is on a stack.
    Closed,
}

/// A module instance: what the module defines, and where its imports are.
///
/// Its address does not change, and compiled code has it. The store keeps everything that an instance points to
/// alive as long as the instance itself.
pub struct Instance {
    pub(super) id: InstanceId,
    pub(super) state: State,
    /// Its names in the store's namespace; once it is closed, those that it had.
    pub(super) names: Vec<String>,
    pub(super) module: Arc<Module>,
    pub(super) functions: Functions,
    pub(super) block: VmBlock,
    /// The store's id of each of the module's types.
    pub(super) type_ids: Arc<[u32]>,
    /// Memories that the instance owns.
    pub(super) memories: Vec<Owned<Memory>>,
    /// Tables that the instance owns.
    pub(super) tables: Vec<Owned<Table>>,
    /// Where imported memories, tables and globals are owned.
    pub(super) sources: Sources,
    /// Which element segments are empty by now.
    pub(super) dropped_elements: Box<[Cell<bool>]>,
    /// Which data segments are empty by now.
    pub(super) dropped_data: Box<[Cell<bool>]>,
    pub(super) host_state: Option<Box<dyn Any + Send>>,
    /// For backtraces.
    pub(super) symbolizer: Option<Arc<dyn Symbolizer>>,
    /// Slots of the instances that this one needs.
    pub(super) retains: HashSet<u32>,
    /// Slots of the instances that need this one.
    pub(super) retained_by: HashSet<u32>,
}

/// The owners' names of imported items.
#[derive(Default)]
pub(super) struct Sources {
    pub(super) memories: Vec<Extern>,
    pub(super) tables: Vec<Extern>,
    pub(super) globals: Vec<Extern>,
}

impl Instance {
    /// Its first name.
    pub(super) fn name(&self) -> Option<&str> {
        self.names.first().map(String::as_str)
    }

    /// The vmctx.
    pub(super) fn vmctx(&self) -> *mut VmContext {
        self.block.vmctx()
    }

    /// Where the item is owned: itself, or what it was imported from. Functions are always their instance's own name.
    pub(super) fn source(&self, index: ExternIndex) -> Extern {
        let imported = match index {
            ExternIndex::Func(_) => None,
            ExternIndex::Memory(i) => self.sources.memories.get(i as usize),
            ExternIndex::Table(i) => self.sources.tables.get(i as usize),
            ExternIndex::Global(i) => self.sources.globals.get(i as usize),
        };
        imported.copied().unwrap_or(Extern { instance: self.id, index })
    }

    /// The memory with this index; `None` if there is none.
    pub(super) fn memory(&self, index: u32) -> Option<*mut Memory> {
        // SAFETY: the block's entries were set at instantiation, to the definitions that memories start with.
        self.block.memory(index as usize).map(|entry| unsafe { (*entry).cast() })
    }

    /// The table with this index; `None` if there is none.
    pub(super) fn table(&self, index: u32) -> Option<*mut Table> {
        // SAFETY: the block's entries were set at instantiation, to the definitions that tables start with.
        self.block.table(index as usize).map(|entry| unsafe { (*entry).cast() })
    }

    /// The cell of the global with this index; `None` if there is none.
    pub(super) fn global(&self, index: u32) -> Option<*mut VmGlobal> {
        // SAFETY: the block's entries were set at instantiation.
        self.block.global(index as usize).map(|entry| unsafe { *entry })
    }

    /// The value of the global with this index; `None` if there is none.
    pub(super) fn global_value(&self, index: u32) -> Option<[u64; 2]> {
        // SAFETY: cells live as long as the instances that they are in, and this one retains those. No guest runs now.
        self.global(index).map(|cell| unsafe { (*cell).slots })
    }

    /// The record of the function with this index, which is filled at its first use; `None` if there is no such
    /// function.
    pub(super) fn func_ref(&self, func: u32) -> Option<NonNull<VmFuncRef>> {
        let imported = self.module.imported_funcs;
        if func < imported {
            let entry = self.block.import(func as usize)?;
            // SAFETY: the entry was set at instantiation, to the record of a function that this instance retains.
            return NonNull::new(unsafe { *entry }.cast_mut());
        }
        let defined = func - imported;
        let record = self.block.record(defined as usize)?;
        // SAFETY: the record lies in the block and is zeroed, hence initialised. Compiled code only reads records that
        // are filled.
        if unsafe { (*record).is_unused() } {
            let type_id = *self.type_ids.get(*self.module.funcs.get(func as usize)? as usize)?;
            let (code, vmctx) = match &self.functions {
                Functions::Guest(engine) => (engine.function(defined)?, self.vmctx().cast::<VmHeader>()),
                Functions::Host(definition, entry) => {
                    (*entry, self.host_func(definition, defined)?.cast::<VmHeader>())
                }
            };
            // SAFETY: as above; nobody has a reference to a record that is not filled.
            unsafe { record.write(VmFuncRef::new(code, vmctx, type_id, func)) };
        }
        NonNull::new(record)
    }

    fn host_func(&self, definition: &HostDefinition, defined: u32) -> Option<*mut VmHostFunc> {
        let slot = self.block.host_func(defined as usize)?;
        let func = definition.func(defined)?;
        let is_heap = |t: &ValType| matches!(t, ValType::Ref(r) if r.heap == HeapType::Extern);
        let is_narrow = |t: &ValType| matches!(t, ValType::I32 | ValType::F32);
        let mut checks = 0;
        if func.ty.params().iter().any(is_heap) {
            checks |= VmHostFunc::EXTERNREF_PARAMS;
        }
        match func.ty.results() {
            [ValType::I32 | ValType::F32] => checks |= VmHostFunc::NARROW_RESULT,
            results if results.iter().any(|t| is_narrow(t) || t.is_ref()) => {
                checks |= VmHostFunc::OTHER_RESULTS;
            }
            _ => {}
        }
        // SAFETY: the header was set when the instance was made. The slot lies in the block, and the function it
        // points to lives as long as the definition, which the instance holds.
        unsafe {
            let runtime = (*self.vmctx()).header.runtime;
            let header = self.header(VmHeader::HOST, runtime);
            slot.write(VmHostFunc { header, func: ptr::from_ref(func), checks, arity: Arity::of(&func.ty) });
        }
        Some(slot)
    }

    /// Changes the code of the host's functions, which nothing has called yet.
    pub(super) fn set_host_entry(&mut self, new: CodePtr) {
        let Functions::Host(_, entry) = &mut self.functions else { return };
        *entry = new;
        for defined in 0..self.module.defined_funcs() as usize {
            let Some(record) = self.block.record(defined) else { return };
            // SAFETY: the record lies in the block, which is this instance's own, and is zeroed or filled.
            unsafe {
                if !(*record).is_unused() {
                    (*record).code = new;
                }
            }
        }
    }

    /// A header that names this instance.
    pub(super) fn header(&self, kind: u32, runtime: *mut super::vm::VmRuntime) -> VmHeader {
        VmHeader { kind, reserved: 0, instance: self.id.as_number(), runtime }
    }
}

/// The record of function `func` of the instance with this vmctx.
///
/// # Safety
///
/// `vmctx` is that of a live instance, and no exclusive reference to the instance exists.
pub(super) unsafe fn func_ref(vmctx: *mut VmContext, func: u32) -> Option<NonNull<VmFuncRef>> {
    // SAFETY: as the caller says.
    unsafe { (*(*vmctx).instance).func_ref(func) }
}

impl std::fmt::Debug for Instance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Instance({:?}, {:?}, {:?})", self.id, self.name(), self.state)
    }
}
