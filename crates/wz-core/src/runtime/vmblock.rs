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
use crate::error::Error;
use std::alloc::{Layout, LayoutError, alloc_zeroed, dealloc};
use std::ops::Range;
use std::ptr::NonNull;

/// How many of each there are.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) memories: usize,
    pub(super) tables: usize,
    pub(super) globals: usize,
    /// How many of the globals are the instance's own.
    pub(super) defined_globals: usize,
    pub(super) imported_funcs: usize,
    pub(super) defined_funcs: usize,
    /// How many of the defined functions are the host's: none or all.
    pub(super) host_funcs: usize,
}

/// The allocation.
pub(super) struct VmBlock {
    base: NonNull<u8>,
    layout: Layout,
    counts: Counts,
    cells: usize,
    memories: usize,
    tables: usize,
    globals: usize,
    imports: usize,
    host_funcs: usize,
    records: usize,
}

// SAFETY: the block owns its allocation; what the pointers in it point to belongs to the same store and is sent with
// it.
unsafe impl Send for VmBlock {}

impl VmBlock {
    /// A zeroed block with its arrays' addresses in the vmctx.
    pub(super) fn new(counts: Counts) -> Result<VmBlock, Error> {
        let refused = || {
            Error::limit(format!(
                "an instance of {} functions and {} globals: out of memory",
                counts.imported_funcs + counts.defined_funcs,
                counts.globals
            ))
        };
        let mut block = VmBlock::lay_out(counts).map_err(|_| refused())?;
        // SAFETY: the layout is not empty: it starts with a `VmContext`.
        block.base = NonNull::new(unsafe { alloc_zeroed(block.layout) }).ok_or_else(refused)?;
        // SAFETY: the offsets are those of the layout that was allocated.
        unsafe {
            let vmctx = block.vmctx();
            (*vmctx).memories = block.at(block.memories);
            (*vmctx).tables = block.at(block.tables);
            (*vmctx).globals = block.at(block.globals);
            (*vmctx).imports = block.at(block.imports);
        }
        Ok(block)
    }

    fn lay_out(counts: Counts) -> Result<VmBlock, LayoutError> {
        let layout = Layout::new::<VmContext>();
        let (layout, cells) = layout.extend(Layout::array::<VmGlobal>(counts.defined_globals)?)?;
        let (layout, memories) = layout.extend(Layout::array::<*mut VmMemory>(counts.memories)?)?;
        let (layout, tables) = layout.extend(Layout::array::<*mut VmTable>(counts.tables)?)?;
        let (layout, globals) = layout.extend(Layout::array::<*mut VmGlobal>(counts.globals)?)?;
        let (layout, imports) = layout.extend(Layout::array::<*const VmFuncRef>(counts.imported_funcs)?)?;
        let (layout, host_funcs) = layout.extend(Layout::array::<VmHostFunc>(counts.host_funcs)?)?;
        let (layout, records) = layout.extend(Layout::array::<VmFuncRef>(counts.defined_funcs)?)?;
        let base = NonNull::dangling();
        Ok(VmBlock { base, layout, counts, cells, memories, tables, globals, imports, host_funcs, records })
    }

    /// # Safety
    ///
    /// `offset` is one of the block's.
    unsafe fn at<T>(&self, offset: usize) -> *mut T {
        // SAFETY: in the allocation, as the caller says.
        unsafe { self.base.as_ptr().add(offset).cast() }
    }

    /// The `index`th of `count` elements at `offset`.
    fn element<T>(&self, offset: usize, count: usize, index: usize) -> Option<*mut T> {
        // SAFETY: `offset` is that of an array of `count` elements, and `index` is less.
        (index < count).then(|| unsafe { self.at::<T>(offset).add(index) })
    }

    /// The vmctx.
    pub(super) fn vmctx(&self) -> *mut VmContext {
        self.base.as_ptr().cast()
    }

    /// The cell of a global that the instance defines.
    pub(super) fn cell(&self, defined: usize) -> Option<*mut VmGlobal> {
        self.element(self.cells, self.counts.defined_globals, defined)
    }

    /// Where the address of a memory's definition is.
    pub(super) fn memory(&self, index: usize) -> Option<*mut *mut VmMemory> {
        self.element(self.memories, self.counts.memories, index)
    }

    /// Where the address of a table's definition is.
    pub(super) fn table(&self, index: usize) -> Option<*mut *mut VmTable> {
        self.element(self.tables, self.counts.tables, index)
    }

    /// Where the address of a global's cell is.
    pub(super) fn global(&self, index: usize) -> Option<*mut *mut VmGlobal> {
        self.element(self.globals, self.counts.globals, index)
    }

    /// Where the address of an imported function's record is.
    pub(super) fn import(&self, index: usize) -> Option<*mut *const VmFuncRef> {
        self.element(self.imports, self.counts.imported_funcs, index)
    }

    /// The vmctx of a host function.
    pub(super) fn host_func(&self, defined: usize) -> Option<*mut VmHostFunc> {
        self.element(self.host_funcs, self.counts.host_funcs, defined)
    }

    /// The record of a function that the instance defines.
    pub(super) fn record(&self, defined: usize) -> Option<*mut VmFuncRef> {
        self.element(self.records, self.counts.defined_funcs, defined)
    }

    /// The addresses of all records.
    pub(super) fn record_addresses(&self) -> Range<usize> {
        let start = self.base.addr().get() + self.records;
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

impl Drop for VmBlock {
    fn drop(&mut self) {
        // SAFETY: allocated with this layout, and freed once, here.
        unsafe { dealloc(self.base.as_ptr(), self.layout) };
    }
}
