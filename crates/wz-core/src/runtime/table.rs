//! Tables.
//!
//! A table of functions has 32-byte entries ([`VmTableEntry`]) that `call_indirect` reads without a further load;
//! other tables have 64-bit reference slots. The entry of a function that nobody has called or looked at yet is
//! lazy: it names the function, and [`Table::get`] fills it. A table that is as its module's segments made it does not even
//! have these entries: it knows the functions that its null entries stand for.

use super::instance;
use super::vm::{CodePtr, VmContext, VmFuncRef, VmHeader, VmTable, VmTableEntry};
use super::zeroed::Zeroed;
use crate::error::Error;
use crate::trap::TrapCode;
use crate::types::{HeapType, TableType};
use std::alloc::Layout;
use std::ptr;
use std::sync::Arc;

/// A table.
#[repr(C)]
pub struct Table {
    /// The definition that compiled code reads; it comes first, so that its address is the table's.
    vm: VmTable,
    ty: TableType,
    /// Elements beyond which it does not grow.
    max: u64,
    /// Elements that are allocated; those beyond the length are null.
    capacity: u64,
    /// What they are allocated in.
    memory: Option<Zeroed>,
    initial: Option<Initial>,
}

/// The functions that the first elements of a table are, where their entries are null.
struct Initial {
    /// That of the instance whose table it is.
    vmctx: *mut VmContext,
    funcs: Elements,
}

/// Functions, by their indices, that a table's first elements are; [`NO_FUNCTION`] stands for null.
pub(super) type Elements = Arc<[u32]>;

/// No function has this index.
pub(super) const NO_FUNCTION: u32 = u32::MAX;

// SAFETY: the entries are the table's own allocation. What they point to belongs to the table's store, and the two
// are sent together.
unsafe impl Send for Table {}

/// What to write to elements of a table: an entry of a table of functions, or a reference's slot.
#[derive(Clone, Copy)]
pub(super) enum Element {
    Entry(VmTableEntry),
    Slot(u64),
}

impl Element {
    /// The bits of null are zero in both layouts.
    fn is_null(&self) -> bool {
        match self {
            Element::Entry(entry) => entry.func_ref == 0,
            Element::Slot(raw) => *raw == 0,
        }
    }
}

impl VmTableEntry {
    const NULL: VmTableEntry = VmTableEntry {
        record: VmFuncRef { code: CodePtr(ptr::null()), vmctx: ptr::null_mut(), type_id: 0, func: 0 },
        func_ref: 0,
    };

    /// The entry of function `func` of the instance with `vmctx`, to be filled at its first use.
    fn lazy(vmctx: *mut VmContext, func: u32) -> VmTableEntry {
        let mut entry = VmTableEntry::NULL;
        entry.record.vmctx = vmctx.cast::<VmHeader>();
        entry.func_ref = func as usize * 2 + 1;
        entry
    }
}

impl Table {
    /// A table of its type's minimum size, all null. `max_elements` is the store's limit.
    pub(super) fn new(ty: TableType, max_elements: u64) -> Result<Table, Error> {
        if ty.limits.max.is_some_and(|max| max < ty.limits.min) {
            return Err(Error::usage("size minimum must not be greater than maximum"));
        }
        let index_limit = if ty.table64 { u64::MAX } else { u64::from(u32::MAX) };
        let max = ty.limits.max.unwrap_or(u64::MAX).min(index_limit).min(max_elements);
        if ty.limits.min > max {
            let min = ty.limits.min;
            return Err(Error::limit(format!("a table of {min} elements: the limit is {max}")));
        }
        let vm = VmTable { base: ptr::null_mut(), len: 0 };
        let mut table = Table { vm, ty, max, capacity: 0, memory: None, initial: None };
        // Both layouts' alignment is 8.
        table.vm.base = ptr::without_provenance_mut(align_of::<VmTableEntry>());
        if !table.reallocate(ty.limits.min) {
            return Err(Error::limit(format!("a table of {} elements: out of memory", ty.limits.min)));
        }
        table.vm.len = ty.limits.min;
        Ok(table)
    }

    /// Whether the elements are [`VmTableEntry`]s.
    pub(super) fn holds_functions(&self) -> bool {
        self.ty.element.heap == HeapType::Func
    }

    /// Bytes of an element.
    pub(super) fn stride(&self) -> usize {
        if self.holds_functions() { VmTableEntry::SIZE } else { size_of::<u64>() }
    }

    fn layout(&self, elements: u64) -> Option<Layout> {
        let bytes = usize::try_from(elements).ok()?.checked_mul(self.stride())?;
        Layout::from_size_align(bytes, align_of::<VmTableEntry>()).ok()
    }

    /// Makes room for `capacity` elements, not fewer than now; `false` if there is no memory for them. Zeroed
    /// allocations of this size are fresh pages of the operating system, which cost nothing until they are touched.
    fn reallocate(&mut self, capacity: u64) -> bool {
        if capacity == self.capacity {
            return true;
        }
        let Some(layout) = self.layout(capacity) else { return false };
        let Some(memory) = Zeroed::new(layout) else { return false };
        let base = memory.base().as_ptr();
        // SAFETY: `len` elements are initialised in the old allocation, and the new one is larger.
        unsafe { base.copy_from_nonoverlapping(self.vm.base, self.vm.len as usize * self.stride()) };
        self.vm.base = base;
        self.memory = Some(memory);
        self.capacity = capacity;
        true
    }

    /// Has the first elements, which are null and not more than there are, be functions of the instance with `vmctx`.
    ///
    /// # Safety
    ///
    /// The table holds functions, and the instance owns it.
    pub(super) unsafe fn set_initial(&mut self, vmctx: *mut VmContext, funcs: Elements) {
        self.initial = Some(Initial { vmctx, funcs });
    }

    /// Writes the entries of the functions that elements are initially: from now on null is null.
    #[cold]
    fn settle(&mut self) {
        let Some(Initial { vmctx, funcs }) = self.initial.take() else { return };
        let base = self.vm.base.cast::<VmTableEntry>();
        for (index, func) in funcs.iter().enumerate().take(self.vm.len as usize) {
            // SAFETY: in range, and the elements are entries: the promise of `set_initial`.
            let entry = unsafe { &mut *base.add(index) };
            if entry.func_ref == 0 && *func != NO_FUNCTION {
                *entry = VmTableEntry::lazy(vmctx, *func);
            }
        }
    }

    /// Number of elements.
    pub fn len(&self) -> u64 {
        self.vm.len
    }

    /// Whether the table has no elements.
    pub fn is_empty(&self) -> bool {
        self.vm.len == 0
    }

    /// The type, with the current size as the minimum.
    pub fn ty(&self) -> TableType {
        let mut ty = self.ty;
        ty.limits.min = self.vm.len;
        ty
    }

    /// What an element that holds `raw` is.
    ///
    /// # Safety
    ///
    /// `raw` is null or a live reference of this table's store and of its element type.
    pub(super) unsafe fn element(&self, raw: u64) -> Element {
        if !self.holds_functions() {
            return Element::Slot(raw);
        }
        if raw == 0 {
            return Element::Entry(VmTableEntry::NULL);
        }
        let address = raw as usize;
        // SAFETY: the caller says that it is a function reference, whose value is its record's address.
        let record = unsafe { *ptr::with_exposed_provenance::<VmFuncRef>(address) };
        Element::Entry(VmTableEntry { record, func_ref: address })
    }

    /// What an element is that holds function `func` of the instance with `vmctx`, once it is looked at.
    pub(super) fn lazy_element(vmctx: *mut VmContext, func: u32) -> Element {
        Element::Entry(VmTableEntry::lazy(vmctx, func))
    }

    /// The reference in an element. This is where lazy entries are filled.
    ///
    /// # Errors
    ///
    /// [`TrapCode::TableOutOfBounds`].
    pub(super) fn get(&mut self, index: u64) -> Result<u64, TrapCode> {
        if index >= self.vm.len {
            return Err(TrapCode::TableOutOfBounds);
        }
        if !self.holds_functions() {
            // SAFETY: in range, and the elements are slots.
            return Ok(unsafe { *self.vm.base.cast::<u64>().add(index as usize) });
        }
        // SAFETY: in range, and the elements are entries.
        let entry = unsafe { &mut *self.vm.base.cast::<VmTableEntry>().add(index as usize) };
        if entry.func_ref == 0
            && let Some(Initial { vmctx, funcs }) = &self.initial
            && let Some(func) = funcs.get(index as usize).filter(|func| **func != NO_FUNCTION)
        {
            *entry = VmTableEntry::lazy(*vmctx, *func);
        }
        if entry.func_ref & 1 == 1 {
            // SAFETY: the vmctx in a lazy entry is that of an instance that is alive as long as the table is (the
            // store's retention rules), and the function index is one of its.
            *entry = unsafe {
                match instance::func_ref(entry.record.vmctx.cast(), (entry.func_ref >> 1) as u32) {
                    Some(func_ref) => VmTableEntry {
                        record: *func_ref.as_ptr(),
                        func_ref: func_ref.as_ptr().expose_provenance(),
                    },
                    None => VmTableEntry::NULL,
                }
            };
        }
        Ok(entry.func_ref as u64)
    }

    /// The 64-bit slots of a table that does not hold functions.
    pub(super) fn slots(&self) -> Option<&[u64]> {
        // SAFETY: `len` slots are initialised, and nobody writes them while the table is borrowed.
        (!self.holds_functions())
            .then(|| unsafe { std::slice::from_raw_parts(self.vm.base.cast::<u64>(), self.vm.len as usize) })
    }

    /// Checks that `len` elements at `index` are in the table.
    pub(super) fn check(&self, index: u64, len: u64) -> Result<(), TrapCode> {
        match index.checked_add(len) {
            Some(end) if end <= self.vm.len => Ok(()),
            _ => Err(TrapCode::TableOutOfBounds),
        }
    }

    /// Sets `len` elements from `index` on; they are in the table.
    pub(super) fn fill(&mut self, index: u64, element: Element, len: u64) {
        debug_assert!(self.check(index, len).is_ok());
        if element.is_null() && self.initial.is_some() {
            self.settle();
        }
        let (index, len) = (index as usize, len as usize);
        match element {
            Element::Entry(entry) if self.holds_functions() => {
                // SAFETY: in range as the caller says, and the elements are entries.
                unsafe {
                    let base = self.vm.base.cast::<VmTableEntry>();
                    std::slice::from_raw_parts_mut(base.add(index), len).fill(entry);
                }
            }
            Element::Slot(raw) if !self.holds_functions() => {
                // SAFETY: in range as the caller says, and the elements are slots.
                unsafe {
                    std::slice::from_raw_parts_mut(self.vm.base.cast::<u64>().add(index), len).fill(raw);
                }
            }
            _ => debug_assert!(false, "an element of the other layout"),
        }
    }

    /// Grows by `delta` elements that are `element`, and returns the size before; `None`, with nothing changed, if
    /// that is beyond a limit or there is no memory for it.
    pub(super) fn grow(&mut self, delta: u64, element: Element) -> Option<u64> {
        let old = self.vm.len;
        let new = old.checked_add(delta).filter(|new| *new <= self.max)?;
        if new > self.capacity {
            // At least double, so that growing element by element is not quadratic.
            let roomy = self.capacity.saturating_mul(2).clamp(new, self.max);
            if !self.reallocate(roomy) && !self.reallocate(new) {
                return None;
            }
        }
        self.vm.len = new;
        if !element.is_null() {
            self.fill(old, element, delta);
        }
        Some(old)
    }

    /// Copies elements; both ranges are in their tables, which may be the same one.
    ///
    /// # Safety
    ///
    /// `target` and `source` are live tables with the same layout of elements, and the ranges were checked.
    pub(super) unsafe fn copy(
        target: *mut Table,
        source: *mut Table,
        target_index: u64,
        source_index: u64,
        len: u64,
    ) {
        // SAFETY: live tables and checked ranges, as the caller says; `copy` allows overlap.
        unsafe {
            (*source).settle();
            (*target).settle();
            let stride = (*target).stride();
            debug_assert_eq!(stride, (*source).stride());
            let from = (*source).vm.base.add(source_index as usize * stride);
            let to = (*target).vm.base.add(target_index as usize * stride);
            ptr::copy(from, to, len as usize * stride);
        }
    }
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Table({})", self.ty())
    }
}
