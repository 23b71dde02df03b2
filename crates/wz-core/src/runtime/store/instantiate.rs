//! Instantiation.
//!
//! Source: WebAssembly specification, section 4.5.3 "Instantiation".

use super::{Extern, InstanceId, InstanceOptions, Store, name_in_use};
use crate::engine::CodeSource;
use crate::error::Error;
use crate::module::{ExternIndex, ImportKind, Module, SegmentMode};
use crate::runtime::const_expr::evaluate;
use crate::runtime::host::HostDefinition;
use crate::runtime::initial::Initial;
use crate::runtime::instance::{Functions, Instance, Sources, State};
use crate::runtime::libcalls;
use crate::runtime::memory::Memory;
use crate::runtime::owned::Owned;
use crate::runtime::table::Table;
use crate::runtime::vm::VmHeader;
use crate::runtime::vmblock::VmBlock;
use crate::types::{FuncType, HeapType, ValType};
use std::cell::Cell;
use std::collections::HashSet;
use std::num::NonZeroU32;
use std::sync::Arc;

impl Store {
    /// Instantiates a module, up to but without its start function. `imports` are the items for the module's imports,
    /// in order; `code` gives what this store's engine made of `module`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Link`](crate::ErrorKind::Link) if an import is of another type,
    /// [`ErrorKind::Limit`](crate::ErrorKind::Limit) if something is larger than a limit or than there is memory for,
    /// [`ErrorKind::Trap`](crate::ErrorKind::Trap) if an active segment is out of bounds (what earlier segments wrote
    /// to imported memories and tables stays), [`ErrorKind::Usage`](crate::ErrorKind::Usage) if the name is in use.
    pub fn instantiate(
        &mut self,
        module: &Arc<Module>,
        code: &dyn CodeSource,
        imports: &[Extern],
        options: InstanceOptions,
    ) -> Result<InstanceId, Error> {
        if let Some(name) = &options.name
            && self.names.contains_key(name)
        {
            return Err(name_in_use(name));
        }
        let initial = match code.initial_state() {
            Some(state) => state.of(module)?,
            None => Arc::new(Initial::one_by_one(module)?),
        };
        self.check_imports(module, imports)?;
        let functions = |guarded| {
            let engine = code.code(guarded)?.module_engine();
            let last = module.defined_funcs().checked_sub(1);
            if last.is_some_and(|last| engine.function(last).is_none()) {
                return Err(Error::usage("the code is not that of the module"));
            }
            Ok(Functions::Guest(engine))
        };
        let id = self.allocate(module, functions, imports, &initial, options.memory_capacity_from_max)?;
        let mut escaped = false;
        if let Err(error) = self.initialise(id, &initial, &mut escaped) {
            if escaped {
                // A table of another instance refers to functions of this one.
                self.close(id, 0)?;
            } else {
                self.discard(id);
            }
            return Err(error);
        }
        let instance = self.instance_mut(id)?;
        instance.host_state = options.host_state;
        instance.symbolizer = options.symbolizer;
        if let Some(name) = &options.name {
            self.register(name, id)?;
        }
        Ok(id)
    }

    /// Instantiates a host module. `globals` are the values of its globals, and `tables` the references that its
    /// tables are filled with, in the order of their definition.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Limit`](crate::ErrorKind::Limit) if something is larger than a limit or than there is memory for,
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) if the name is in use, or there is not a value of its type for
    /// each global and table.
    pub fn instantiate_host(
        &mut self,
        definition: &Arc<HostDefinition>,
        name: Option<String>,
        globals: &[[u64; 2]],
        tables: &[u64],
    ) -> Result<InstanceId, Error> {
        if let Some(name) = &name
            && self.names.contains_key(name)
        {
            return Err(name_in_use(name));
        }
        let module = definition.module();
        if globals.len() != module.globals.len() || tables.len() != module.tables.len() {
            return Err(Error::usage("a value for each global and table of the host module"));
        }
        let entry = self.engine.host_entry();
        let functions = |_| Ok(Functions::Host(definition.clone(), entry));
        let id = self.allocate(module, functions, &[], &Initial::default(), false)?;
        if let Err(error) = self.initialise_host(id, module, globals, tables) {
            self.discard(id);
            return Err(error);
        }
        if let Some(name) = &name {
            self.register(name, id)?;
        }
        Ok(id)
    }

    fn initialise_host(
        &mut self,
        id: InstanceId,
        module: &Module,
        globals: &[[u64; 2]],
        tables: &[u64],
    ) -> Result<(), Error> {
        for (index, (ty, value)) in (0..).zip(module.globals.iter().zip(globals)) {
            let global = Extern { instance: id, index: ExternIndex::Global(index) };
            let value = self.check_global(global, ty.content, *value)?;
            // SAFETY: a cell of this instance, and no guest runs.
            unsafe { (*self.global_cell(global)?).slots = value };
        }
        for (index, raw) in (0..).zip(tables) {
            let table = Extern { instance: id, index: ExternIndex::Table(index) };
            self.fill_table(table, *raw)?;
        }
        Ok(())
    }

    /// Makes an instance with everything that it points to, all of it zero.
    fn allocate(
        &mut self,
        module: &Arc<Module>,
        functions: impl FnOnce(bool) -> Result<Functions, Error>,
        imports: &[Extern],
        initial: &Initial,
        memory_capacity_from_max: bool,
    ) -> Result<InstanceId, Error> {
        if self.live >= self.config.max_instances && !self.closing.is_empty() {
            // Suspended calls that had frames of closed instances may have been dropped.
            self.release();
        }
        if self.live >= self.config.max_instances {
            return Err(Error::limit(format!("{} instances: that is the limit", self.live)));
        }
        let type_ids = self.types.of_module(module)?;
        let memory_options = self.config.memory_options(memory_capacity_from_max);
        let memories = module.memories[module.imported_memories as usize..]
            .iter()
            .enumerate()
            .map(|(i, ty)| Ok(Owned::new(Memory::new(*ty, memory_options, initial.image(i))?)))
            .collect::<Result<Vec<_>, Error>>()?;
        let tables = module.tables[module.imported_tables as usize..]
            .iter()
            .map(|ty| Ok(Owned::new(Table::new(*ty, self.config.max_table_elements)?)))
            .collect::<Result<Vec<_>, Error>>()?;
        let functions = functions(self.memory0_is_guarded(module, imports, &memories))?;
        let block = VmBlock::new(module, matches!(functions, Functions::Host(..)))?;

        let index = match self.free_slots.pop() {
            Some(index) => index,
            None => {
                let index = u32::try_from(self.slots.len()).map_err(|_| Error::limit("2^32 instances"))?;
                self.slots.push(super::Slot { generation: NonZeroU32::MIN, instance: None, closed: None });
                index
            }
        };
        let slot = &mut self.slots[index as usize];
        let id = InstanceId::new(index, slot.generation);
        let addresses = block.record_addresses();
        slot.instance = Some(Owned::new(Instance {
            id,
            state: State::Open,
            names: Vec::new(),
            module: module.clone(),
            functions,
            block,
            type_ids,
            memories,
            tables,
            sources: Sources::default(),
            dropped_elements: vec![Cell::new(false); module.elements.len()].into(),
            dropped_data: vec![Cell::new(false); module.data.len()].into(),
            host_state: None,
            symbolizer: None,
            retains: HashSet::new(),
            retained_by: HashSet::new(),
        }));
        self.live += 1;
        if !addresses.is_empty() {
            self.records.insert(addresses.start, (addresses.end, index));
        }
        if let Err(error) = self.connect(id, module, imports) {
            self.discard(id);
            return Err(error);
        }
        Ok(id)
    }

    /// Whether memory 0 of an instance with these imports and own memories is guarded, or is of a type that never is.
    fn memory0_is_guarded(&self, module: &Module, imports: &[Extern], own: &[Owned<Memory>]) -> bool {
        match module.memories.first() {
            None => true,
            Some(ty) if !ty.can_be_guarded() => true,
            Some(_) if module.imported_memories == 0 => own.first().is_some_and(|own| own.is_guarded()),
            Some(_) => {
                let imported = imports.iter().find_map(|item| match item.index {
                    ExternIndex::Memory(index) => Some(self.instance(item.instance).ok()?.memory(index)?),
                    _ => None,
                });
                // SAFETY: the memory of an open instance; no guest runs.
                imported.is_some_and(|memory| unsafe { (*memory).is_guarded() })
            }
        }
    }

    /// Fills an instance's vmctx: its header, and the addresses of what it owns and imports.
    fn connect(&mut self, id: InstanceId, module: &Module, imports: &[Extern]) -> Result<(), Error> {
        let mut sources = Sources::default();
        let mut entries = Vec::with_capacity(imports.len());
        for (import, item) in module.imports.iter().zip(imports) {
            let provider = self.instance(item.instance)?;
            let source = provider.source(item.index);
            let mut owner = source.instance.index();
            let mut carries_functions = false;
            let no_item = || Error::usage("an import that its instance does not have");
            let address = match item.index {
                ExternIndex::Func(index) => {
                    let func_ref = provider.func_ref(index).ok_or_else(no_item)?;
                    // SAFETY: the record of an open instance's function, whose vmctx is alive.
                    let header = unsafe { &*(*func_ref.as_ptr()).vmctx };
                    owner = header.slot();
                    // A host function keeps no references: what it gets and returns is linked as it passes.
                    carries_functions = header.kind == VmHeader::GUEST
                        && provider.module.func_type(index).is_some_and(carries_functions_type);
                    func_ref.as_ptr().cast::<()>()
                }
                ExternIndex::Memory(index) => {
                    sources.memories.push(source);
                    provider.memory(index).ok_or_else(no_item)?.cast()
                }
                ExternIndex::Table(index) => {
                    sources.tables.push(source);
                    carries_functions = provider
                        .module
                        .tables
                        .get(index as usize)
                        .is_some_and(|table| table.element.heap == HeapType::Func);
                    provider.table(index).ok_or_else(no_item)?.cast()
                }
                ExternIndex::Global(index) => {
                    sources.globals.push(source);
                    carries_functions =
                        provider.module.globals.get(index as usize).is_some_and(|g| is_func_ref(g.content));
                    provider.global(index).ok_or_else(no_item)?.cast()
                }
            };
            entries.push((import.kind, address));
            self.retain(id.index(), owner);
            if carries_functions {
                self.link(id.index(), owner);
            }
        }

        let runtime = self.runtime();
        let Some(slot) = self.slots[id.index() as usize].instance.as_mut() else {
            return Err(Error::closed("the module instance"));
        };
        slot.sources = sources;
        let address = slot.as_ptr();
        let instance: &Instance = slot;
        let vmctx = instance.vmctx();
        let (mut func, mut memory, mut table, mut global) = (0, 0, 0, 0);
        let next = |counter: &mut usize| std::mem::replace(counter, *counter + 1);
        let no_entry = || Error::usage("more items than the module description says");
        // SAFETY: the block is this instance's own, nothing runs with it yet, and the addresses are those of items of
        // the kinds that the imports ask for (`check_imports`) or of the instance's own.
        unsafe {
            (*vmctx).header = instance.header(VmHeader::GUEST, runtime);
            (*vmctx).type_ids = instance.type_ids.as_ptr();
            (*vmctx).instance = address;
            (*vmctx).engine_data = match &instance.functions {
                Functions::Guest(engine) => engine.engine_data(),
                Functions::Host(..) => std::ptr::null(),
            };
            for (kind, address) in entries {
                match kind {
                    ImportKind::Func(_) => {
                        let entry = instance.block.import(next(&mut func)).ok_or_else(no_entry)?;
                        *entry = address.cast();
                    }
                    ImportKind::Memory(_) => {
                        let entry = instance.block.memory(next(&mut memory)).ok_or_else(no_entry)?;
                        *entry = address.cast();
                    }
                    ImportKind::Table(_) => {
                        let entry = instance.block.table(next(&mut table)).ok_or_else(no_entry)?;
                        *entry = address.cast();
                    }
                    ImportKind::Global(_) => {
                        let entry = instance.block.global(next(&mut global)).ok_or_else(no_entry)?;
                        *entry = address.cast();
                    }
                }
            }
            for own in &instance.memories {
                *instance.block.memory(next(&mut memory)).ok_or_else(no_entry)? = own.as_ptr().cast();
            }
            for own in &instance.tables {
                *instance.block.table(next(&mut table)).ok_or_else(no_entry)? = own.as_ptr().cast();
            }
            let imported = global;
            while let Some(cell) = instance.block.cell(global - imported) {
                *instance.block.global(next(&mut global)).ok_or_else(no_entry)? = cell;
            }
            (*vmctx).memory0 = instance.block.memory(0).map_or(std::ptr::null_mut(), |entry| *entry);
            (*vmctx).interrupt = (*runtime).interrupt;
        }
        Ok(())
    }

    /// Evaluates initial values and applies active segments. Sets `escaped` once a function of the instance may be in
    /// a table of another.
    fn initialise(&mut self, id: InstanceId, initial: &Initial, escaped: &mut bool) -> Result<(), Error> {
        let module = self.instance(id)?.module.clone();
        for (index, def) in (module.imported_globals..).zip(&module.global_defs) {
            let instance = self.instance(id)?;
            let value = evaluate(instance, &def.init)?;
            let cell = instance.global(index).ok_or_else(|| Error::usage("no such global"))?;
            // SAFETY: a cell of this instance, and no guest runs.
            unsafe { (*cell).slots = value };
        }
        for (index, def) in (module.imported_tables..).zip(&module.table_defs) {
            if let Some(init) = &def.init {
                let [raw, _] = evaluate(self.instance(id)?, init)?;
                self.fill_table(Extern { instance: id, index: ExternIndex::Table(index) }, raw)?;
            }
        }
        if let Some(tables) = &initial.tables {
            let instance = self.instance_mut(id)?;
            let vmctx = instance.vmctx();
            for (table, funcs) in instance.tables.iter_mut().zip(tables) {
                if let Some(funcs) = funcs {
                    // SAFETY: the instance's own table, of functions, which is as long and null.
                    unsafe { table.set_initial(vmctx, funcs.clone()) };
                }
            }
        }
        let instance = self.instance(id)?;
        let vmctx = instance.vmctx();
        for (index, segment) in (0..).zip(&module.elements) {
            if let SegmentMode::Active { target, offset } = &segment.mode
                && initial.tables.is_none()
            {
                *escaped |= *target < module.imported_tables && !segment.items.is_empty();
                let [offset, _] = evaluate(instance, offset)?;
                let len = segment_len(segment.items.len())?;
                // SAFETY: a live instance's vmctx; the table and the segment were checked with the description.
                unsafe { libcalls::table_init(vmctx, *target, index, offset, 0, len) }?;
            }
            if segment.mode != SegmentMode::Passive {
                // SAFETY: as above.
                unsafe { libcalls::elem_drop(vmctx, index) };
            }
        }
        let mapped = |(i, memory): (usize, &Owned<Memory>)| memory.has_image() || initial.image(i).is_none();
        if initial.memories.is_some() && instance.memories.iter().enumerate().all(mapped) {
            let instance = self.instance_mut(id)?;
            instance.dropped_data = initial.active_data.iter().map(|active| Cell::new(*active)).collect();
            return Ok(());
        }
        for (index, segment) in (0..).zip(module.data.iter()) {
            if let SegmentMode::Active { target, offset } = &segment.mode {
                let [offset, _] = evaluate(instance, offset)?;
                let len = segment_len(segment.bytes.len())?;
                // SAFETY: a live instance's vmctx; the memory and the segment were checked with the description.
                unsafe {
                    libcalls::memory_init(vmctx, *target, index, offset, 0, len)?;
                    libcalls::data_drop(vmctx, index);
                }
            }
        }
        Ok(())
    }
}

fn segment_len(len: usize) -> Result<u32, Error> {
    u32::try_from(len).map_err(|_| Error::limit(format!("a segment of {len} items")))
}

fn is_func_ref(ty: ValType) -> bool {
    matches!(ty, ValType::Ref(r) if r.heap == HeapType::Func)
}

fn carries_functions_type(ty: &FuncType) -> bool {
    ty.params().iter().chain(ty.results()).any(|t| is_func_ref(*t))
}
