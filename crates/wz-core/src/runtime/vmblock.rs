//! The one allocation behind an instance's vmctx.
//!
//! ```text
//! VmContext | globals it defines | memories | tables | globals | imports | host functions | function records
//!             16 bytes each        ^ pointers, 8 bytes each, imports first  40 bytes each    24 bytes each
//! ```
//!
//! The allocation is zeroed, and the large part, the records of functions, comes last: what is never used is never
//! touched. Host functions and records are filled at their first use; a record is unused while its type id is 0.

use super::vm::{CodePtr, VmContext, VmFuncRef, VmGlobal, VmHeader, VmHostFunc, VmMemory, VmTable};
use super::zeroed::Zeroed;
use crate::error::Error;
use crate::module::Module;
use std::alloc::{Layout, LayoutError};
use std::ops::Range;
use std::ptr::NonNull;

/// Where the arrays behind a vmctx are, in bytes from it: a function of the module alone, so that native code can have
/// the offsets as immediates.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VmLayout {
    layout: Layout,
    cells: usize,
    memories: usize,
    tables: usize,
    globals: usize,
    imports: usize,
    host_funcs: usize,
    records: usize,
    imported_globals: u32,
    imported_funcs: u32,
}

impl VmLayout {
    /// The layout of the instances of a guest's module.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Limit`](crate::ErrorKind::Limit) if it is larger than the address space.
    pub fn of(module: &Module) -> Result<VmLayout, Error> {
        VmLayout::lay_out(module, false).map_err(|_| too_large(module))
    }

    fn lay_out(module: &Module, host: bool) -> Result<VmLayout, LayoutError> {
        let defined_globals = module.globals.len().saturating_sub(module.imported_globals as usize);
        let defined_funcs = module.defined_funcs() as usize;
        let layout = Layout::new::<VmContext>();
        let (layout, cells) = layout.extend(Layout::array::<VmGlobal>(defined_globals)?)?;
        let (layout, memories) = layout.extend(Layout::array::<*mut VmMemory>(module.memories.len())?)?;
        let (layout, tables) = layout.extend(Layout::array::<*mut VmTable>(module.tables.len())?)?;
        let (layout, globals) = layout.extend(Layout::array::<*mut VmGlobal>(module.globals.len())?)?;
        let imported_funcs = module.imported_funcs as usize;
        let (layout, imports) = layout.extend(Layout::array::<*const VmFuncRef>(imported_funcs)?)?;
        let host_count = if host { defined_funcs } else { 0 };
        let (layout, host_funcs) = layout.extend(Layout::array::<VmHostFunc>(host_count)?)?;
        let (layout, records) = layout.extend(Layout::array::<VmFuncRef>(defined_funcs)?)?;
        let (imported_globals, imported_funcs) = (module.imported_globals, module.imported_funcs);
        Ok(VmLayout {
            layout,
            cells,
            memories,
            tables,
            globals,
            imports,
            host_funcs,
            records,
            imported_globals,
            imported_funcs,
        })
    }

    /// Offset of the address of a memory's [`VmMemory`].
    pub fn memory(&self, index: u32) -> usize {
        self.memories + index as usize * size_of::<*mut VmMemory>()
    }

    /// Offset of the address of a table's [`VmTable`].
    pub fn table(&self, index: u32) -> usize {
        self.tables + index as usize * size_of::<*mut VmTable>()
    }

    /// Offset of the address of a global's [`VmGlobal`].
    pub fn global(&self, index: u32) -> usize {
        self.globals + index as usize * size_of::<*mut VmGlobal>()
    }

    /// Offset of the [`VmGlobal`] itself of a global that the module defines; `None` for imported ones.
    pub fn global_cell(&self, index: u32) -> Option<usize> {
        let defined = index.checked_sub(self.imported_globals)?;
        Some(self.cells + defined as usize * size_of::<VmGlobal>())
    }

    /// Offset of the address of an imported function's [`VmFuncRef`].
    pub fn import(&self, index: u32) -> usize {
        self.imports + index as usize * size_of::<*const VmFuncRef>()
    }

    /// Offset of the [`VmFuncRef`] of a function that the module defines; `None` for imported ones. It is filled at its
    /// first use: a type id of 0 means that it is not.
    pub fn record(&self, index: u32) -> Option<usize> {
        let defined = index.checked_sub(self.imported_funcs)?;
        Some(self.records + defined as usize * size_of::<VmFuncRef>())
    }
}

fn too_large(module: &Module) -> Error {
    Error::limit(format!(
        "an instance of {} functions and {} globals: out of memory",
        module.funcs.len(),
        module.globals.len()
    ))
}

/// How many of each there are.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    memories: usize,
    tables: usize,
    globals: usize,
    /// How many of the globals are the instance's own.
    defined_globals: usize,
    imported_funcs: usize,
    defined_funcs: usize,
    /// How many of the defined functions are the host's: none or all.
    host_funcs: usize,
}

/// The allocation.
pub(super) struct VmBlock {
    memory: Zeroed,
    layout: VmLayout,
    counts: Counts,
}

// SAFETY: the block owns its allocation; what the pointers in it point to belongs to the same store and is sent with
// it.
unsafe impl Send for VmBlock {}

impl VmBlock {
    /// A zeroed block for an instance of a guest's or the host's module, with its arrays' addresses in the vmctx.
    pub(super) fn new(module: &Module, host: bool) -> Result<VmBlock, Error> {
        let layout = VmLayout::lay_out(module, host).map_err(|_| too_large(module))?;
        let defined_funcs = module.defined_funcs() as usize;
        let counts = Counts {
            memories: module.memories.len(),
            tables: module.tables.len(),
            globals: module.globals.len(),
            defined_globals: module.globals.len().saturating_sub(module.imported_globals as usize),
            imported_funcs: module.imported_funcs as usize,
            defined_funcs,
            host_funcs: if host { defined_funcs } else { 0 },
        };
        let memory = Zeroed::new(layout.layout).ok_or_else(|| too_large(module))?;
        let block = VmBlock { memory, layout, counts };
        // SAFETY: the offsets are those of the layout that was allocated.
        unsafe {
            let vmctx = block.vmctx();
            (*vmctx).memories = block.at(layout.memories);
            (*vmctx).tables = block.at(layout.tables);
            (*vmctx).globals = block.at(layout.globals);
            (*vmctx).imports = block.at(layout.imports);
        }
        Ok(block)
    }

    /// # Safety
    ///
    /// `offset` is one of the block's.
    unsafe fn at<T>(&self, offset: usize) -> *mut T {
        // SAFETY: in the allocation, as the caller says.
        unsafe { self.base().as_ptr().add(offset).cast() }
    }

    /// The `index`th of `count` elements at `offset`.
    fn element<T>(&self, offset: usize, count: usize, index: usize) -> Option<*mut T> {
        // SAFETY: `offset` is that of an array of `count` elements, and `index` is less.
        (index < count).then(|| unsafe { self.at::<T>(offset).add(index) })
    }

    /// The vmctx.
    pub(super) fn vmctx(&self) -> *mut VmContext {
        self.base().as_ptr().cast()
    }

    fn base(&self) -> NonNull<u8> {
        self.memory.base()
    }

    /// The cell of a global that the instance defines.
    pub(super) fn cell(&self, defined: usize) -> Option<*mut VmGlobal> {
        self.element(self.layout.cells, self.counts.defined_globals, defined)
    }

    /// Where the address of a memory's definition is.
    pub(super) fn memory(&self, index: usize) -> Option<*mut *mut VmMemory> {
        self.element(self.layout.memories, self.counts.memories, index)
    }

    /// Where the address of a table's definition is.
    pub(super) fn table(&self, index: usize) -> Option<*mut *mut VmTable> {
        self.element(self.layout.tables, self.counts.tables, index)
    }

    /// Where the address of a global's cell is.
    pub(super) fn global(&self, index: usize) -> Option<*mut *mut VmGlobal> {
        self.element(self.layout.globals, self.counts.globals, index)
    }

    /// Where the address of an imported function's record is.
    pub(super) fn import(&self, index: usize) -> Option<*mut *const VmFuncRef> {
        self.element(self.layout.imports, self.counts.imported_funcs, index)
    }

    /// The vmctx of a host function.
    pub(super) fn host_func(&self, defined: usize) -> Option<*mut VmHostFunc> {
        self.element(self.layout.host_funcs, self.counts.host_funcs, defined)
    }

    /// The record of a function that the instance defines.
    pub(super) fn record(&self, defined: usize) -> Option<*mut VmFuncRef> {
        self.element(self.layout.records, self.counts.defined_funcs, defined)
    }

    /// The addresses of all records.
    pub(super) fn record_addresses(&self) -> Range<usize> {
        let start = self.base().addr().get() + self.layout.records;
        start..start + self.counts.defined_funcs * size_of::<VmFuncRef>()
    }
}

impl VmFuncRef {
    /// A record that is not in use yet.
    pub(super) fn is_unused(&self) -> bool {
        self.type_id == 0
    }

    pub(super) fn new(code: CodePtr, vmctx: *mut VmHeader, type_id: u32, func: u32) -> VmFuncRef {
        VmFuncRef { code, vmctx, type_id, func }
    }
}
