//! The layouts that compiled code reads: `#[repr(C)]` structures with their offsets as constants.
//!
//! ```text
//! vmctx -> VmContext { header { kind, instance, runtime } , type_ids, memories, tables, globals, imports, .. }
//!                                              |
//!                                              v
//!                                         VmRuntime { fuel, interrupt, activation, .. }   one per store
//! ```
//!
//! Everything here is plain data. The store owns what the pointers point to; the rules are in `runtime::store`.

use crate::types::{FuncType, ValType};
use std::mem::offset_of;
use std::sync::atomic::{AtomicU32, AtomicU64};

/// The address of a function's code. What is there, only the engine that made it knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct CodePtr(pub *const ());

// SAFETY: a CodePtr is an address; whoever reads through it upholds what reading needs.
unsafe impl Send for CodePtr {}
// SAFETY: as above.
unsafe impl Sync for CodePtr {}

/// What every vmctx starts with: an instance's, and a host function's.
#[derive(Debug)]
#[repr(C)]
pub struct VmHeader {
    /// [`VmHeader::GUEST`] or [`VmHeader::HOST`].
    pub kind: u32,
    /// Not used.
    pub reserved: u32,
    /// The instance's name in its store, an [`InstanceId`](super::InstanceId) as a number.
    pub instance: u64,
    /// The store's runtime block.
    pub runtime: *mut VmRuntime,
}

impl VmHeader {
    /// The header is that of a [`VmContext`].
    pub const GUEST: u32 = 0x6775_657a;
    /// The header is that of a [`VmHostFunc`].
    pub const HOST: u32 = 0x686f_737a;
    /// Offset of the kind.
    pub const KIND: usize = offset_of!(VmHeader, kind);

    /// The slot of the instance in its store.
    #[inline]
    pub(super) fn slot(&self) -> u32 {
        (self.instance >> 32) as u32
    }
}

/// The block that all instances of one store share.
#[derive(Debug)]
#[repr(C)]
pub struct VmRuntime {
    /// Fuel that is left. Code charges it only where the IR has `fuel` ops.
    pub fuel: u64,
    /// The interrupt word, shared with the runtime's interrupters: not 0 means stop.
    pub interrupt: *const AtomicU32,
    /// The innermost call in progress.
    pub activation: *mut Activation,
    /// How many calls are in progress, nested in each other.
    pub nesting: u32,
    /// Not used.
    pub reserved: u32,
    /// The innermost host function in progress.
    pub host_calls: *const HostCall,
    /// How many references the host has rooted: the store's heap keeps them.
    pub roots: usize,
    /// Native code: where the host's stack continues while a guest runs.
    pub host_sp: usize,
    /// Native code: the guest's stack pointer while a helper runs; the return address is there.
    pub guest_sp: usize,
}

/// A host function in progress: a record that keeps its instance alive.
#[derive(Debug)]
#[repr(C)]
pub struct HostCall {
    /// The host function in progress that this one is nested in.
    pub outer: *const HostCall,
    /// Which function it is.
    pub callee: *const VmHostFunc,
}

/// A call in progress, linked to the one that it is nested in.
#[derive(Debug)]
#[repr(C)]
pub struct Activation {
    /// The call that this one is nested in.
    pub outer: *mut Activation,
    /// The engine's walk of this call's frames.
    pub walk: WalkFn,
    /// What `walk` is called with.
    pub state: *const (),
}

/// Calls `visit` for each guest frame of a call in progress, innermost first, until it returns `false`.
///
/// # Safety
///
/// `state` is that of a live [`Activation`] with this function, and the guest is stopped: in a host function or in
/// a runtime function.
pub type WalkFn = unsafe fn(state: *const (), visit: &mut dyn FnMut(&RawFrame) -> bool);

/// A frame of a guest's stack, as engines see it.
#[derive(Debug)]
pub struct RawFrame {
    /// Whose function it is.
    pub vmctx: *mut VmContext,
    /// Function index in the module.
    pub func: u32,
    /// Where in its code it is; [`Code::source_offset`](crate::engine::Code::source_offset) takes it.
    pub position: usize,
    /// The frame's reference slots.
    pub refs: *const u64,
    /// How many reference slots there are.
    pub refs_len: usize,
}

/// The head of an instance's vmctx. The arrays that it points to follow in the same allocation.
#[derive(Debug)]
#[repr(C)]
pub struct VmContext {
    /// Kind [`VmHeader::GUEST`].
    pub header: VmHeader,
    /// The store's id of each of the module's types; code compares with these.
    pub type_ids: *const u32,
    /// Each memory's definition, imports first.
    pub memories: *const *mut VmMemory,
    /// Each table's definition, imports first.
    pub tables: *const *mut VmTable,
    /// Each global's cell, imports first.
    pub globals: *const *mut VmGlobal,
    /// Each imported function.
    pub imports: *const *const VmFuncRef,
    /// The engine's own.
    pub engine_data: *const (),
    /// The instance that this is the vmctx of, for runtime functions.
    pub instance: *mut super::instance::Instance,
    /// The definition of memory 0; null without one.
    pub memory0: *mut VmMemory,
    /// The runtime's interrupt word, as in [`VmRuntime::interrupt`].
    pub interrupt: *const AtomicU32,
}

impl VmContext {
    /// Offset of the runtime block's address.
    pub const RUNTIME: usize = offset_of!(VmContext, header) + offset_of!(VmHeader, runtime);
    /// Offset of the type ids' address.
    pub const TYPE_IDS: usize = offset_of!(VmContext, type_ids);
    /// Offset of the memory array's address.
    pub const MEMORIES: usize = offset_of!(VmContext, memories);
    /// Offset of the table array's address.
    pub const TABLES: usize = offset_of!(VmContext, tables);
    /// Offset of the global array's address.
    pub const GLOBALS: usize = offset_of!(VmContext, globals);
    /// Offset of the import array's address.
    pub const IMPORTS: usize = offset_of!(VmContext, imports);
    /// Offset of the engine's own word. Native code finds the table of its helpers there, see
    /// [`Helper`](crate::native::Helper).
    pub const ENGINE_DATA: usize = offset_of!(VmContext, engine_data);
    /// Offset of the address of memory 0's definition.
    pub const MEMORY0: usize = offset_of!(VmContext, memory0);
    /// Offset of the interrupt word's address.
    pub const INTERRUPT: usize = offset_of!(VmContext, interrupt);
}

impl VmRuntime {
    /// Offset of the fuel.
    pub const FUEL: usize = offset_of!(VmRuntime, fuel);
    /// Offset of the interrupt word's address.
    pub const INTERRUPT: usize = offset_of!(VmRuntime, interrupt);
    /// Offset of the innermost activation's address.
    pub const ACTIVATION: usize = offset_of!(VmRuntime, activation);
    /// Offset of the host's stack pointer.
    pub const HOST_SP: usize = offset_of!(VmRuntime, host_sp);
    /// Offset of the guest's stack pointer.
    pub const GUEST_SP: usize = offset_of!(VmRuntime, guest_sp);
}

/// A linear memory's definition.
#[derive(Debug)]
#[repr(C)]
pub struct VmMemory {
    /// First byte. A guarded memory never moves; a checked one may when it grows.
    pub base: *mut u8,
    /// Size in bytes. Only a shared memory's changes while another thread reads it.
    pub len: AtomicU64,
}

impl VmMemory {
    /// Offset of the first byte's address.
    pub const BASE: usize = offset_of!(VmMemory, base);
    /// Offset of the size.
    pub const LEN: usize = offset_of!(VmMemory, len);
}

/// A table's definition.
#[derive(Debug)]
#[repr(C)]
pub struct VmTable {
    /// First entry: [`VmTableEntry`] in tables of functions, a reference's 64-bit slot in others.
    pub base: *mut u8,
    /// Number of entries.
    pub len: u64,
}

impl VmTable {
    /// Offset of the first entry's address.
    pub const BASE: usize = offset_of!(VmTable, base);
    /// Offset of the number of entries.
    pub const LEN: usize = offset_of!(VmTable, len);
}

/// A global's cell: its value's one or two slots.
#[derive(Debug)]
#[repr(C, align(16))]
pub struct VmGlobal {
    /// The value; 32-bit ones zero-extended, the second word only for v128.
    pub slots: [u64; 2],
}

/// A function: there is one of these for each function that was ever referred to, and a reference is its address.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct VmFuncRef {
    /// Its code.
    pub code: CodePtr,
    /// The vmctx it runs with: a [`VmContext`] or, for a host function, a [`VmHostFunc`].
    pub vmctx: *mut VmHeader,
    /// The store's id of its type; never 0.
    pub type_id: u32,
    /// Function index in its instance's module.
    pub func: u32,
}

impl VmFuncRef {
    /// Offset of the code's address.
    pub const CODE: usize = offset_of!(VmFuncRef, code);
    /// Offset of the vmctx.
    pub const VMCTX: usize = offset_of!(VmFuncRef, vmctx);
    /// Offset of the type's id.
    pub const TYPE_ID: usize = offset_of!(VmFuncRef, type_id);
}

/// An entry of a table of functions: a copy of the function's record, and the record's address.
///
/// Type id 0 means that the entry is null (`func_ref` is 0) or not filled yet: then `func_ref` is twice the function's
/// index plus one, `record.vmctx` the instance it belongs to, and the first access fills the entry.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct VmTableEntry {
    /// A copy of the function's record.
    pub record: VmFuncRef,
    /// The record's address, 0, or an odd number.
    pub func_ref: usize,
}

impl VmTableEntry {
    /// Size of an entry in bytes.
    pub const SIZE: usize = 32;
}

/// The vmctx of a host function.
#[derive(Debug)]
#[repr(C)]
pub struct VmHostFunc {
    /// Kind [`VmHeader::HOST`]; the instance is the host module's.
    pub header: VmHeader,
    /// The function.
    pub func: *const super::host::HostFunc,
    /// What its type asks for around a call: a set of [`VmHostFunc::EXTERNREF_PARAMS`], [`VmHostFunc::NARROW_RESULT`]
    /// and [`VmHostFunc::OTHER_RESULTS`].
    pub checks: u32,
    /// The numbers and banks of its parameters and results.
    pub arity: Arity,
}

impl VmHostFunc {
    /// Parameters may hold heap references.
    pub const EXTERNREF_PARAMS: u32 = 1;
    /// The only result is narrower than its slot.
    pub const NARROW_RESULT: u32 = 2;
    /// Some of several results are narrower than their slots, or some results are references.
    pub const OTHER_RESULTS: u32 = 4;
    /// Something has to be done about results.
    pub const CHECKED_RESULTS: u32 = VmHostFunc::NARROW_RESULT | VmHostFunc::OTHER_RESULTS;
}

/// How many parameters and results a function has, and whether there are floats or vectors among them: what engines need
/// in order to tell simple signatures from others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Arity(u32);

impl Arity {
    /// The bit that says that there are floats or vectors.
    pub const FLOATS: u32 = 1 << 16;
    /// The bit that says that there is an odd number of results. Without it, the least numbers are those of types with at
    /// most one result and no floats: their numbers of parameters.
    pub const ONE_RESULT: u32 = 1 << 8;

    /// That of a type. Numbers beyond 255 count as 255.
    pub fn of(ty: &FuncType) -> Arity {
        let (params, results) = (ty.params(), ty.results());
        let is_float = |t: &ValType| matches!(t, ValType::F32 | ValType::F64 | ValType::V128);
        let floats = params.iter().chain(results).any(is_float);
        let count = |types: &[ValType]| types.len().min(255) as u32;
        Arity(count(params) | count(results) << 8 | if floats { Arity::FLOATS } else { 0 })
    }

    /// The number of parameters.
    #[inline]
    pub fn params(self) -> usize {
        (self.0 & 0xff) as usize
    }

    /// The number of results.
    #[inline]
    pub fn results(self) -> usize {
        (self.0 >> 8 & 0xff) as usize
    }

    /// Whether there are only integers and references, at most `params` parameters and at most one result.
    #[inline]
    pub fn is_simple(self, params: usize) -> bool {
        (self.0 & !Arity::ONE_RESULT) as usize <= params.min(0xff)
    }
}

const _: () = {
    assert!(size_of::<VmTableEntry>() == VmTableEntry::SIZE);
    assert!(size_of::<VmFuncRef>() == 24);
    assert!(size_of::<VmGlobal>() == 16);
    assert!(offset_of!(VmContext, header) == 0 && offset_of!(VmHostFunc, header) == 0);
};
