//! The functions of the runtime that guests call, and the table of their stubs.

use super::arch::{HelperResult, Outcome, helper_stub, restore, restore_kept};
use super::machine::{Exit, State};
use std::ptr::NonNull;
use wz_core::TrapCode;
use wz_core::native::{Helper, Restore};
use wz_core::runtime::libcalls;
use wz_core::runtime::vm::{VmContext, VmFuncRef};

/// A stub as guests call it.
pub(super) type Stub = unsafe extern "sysv64" fn();

/// Number of helpers.
const COUNT: usize = Helper::ALL.len();

/// What guests call and return to: the helpers' stubs, in the order of [`Helper`], and then those of [`Restore`].
#[repr(C)]
pub(super) struct Stubs {
    helpers: [Stub; COUNT],
    restore: [Stub; Restore::COUNT],
}

impl Stubs {
    /// All of them.
    pub(super) const ALL: Stubs = {
        let mut stubs = Stubs { helpers: TABLE, restore: [undefined; Restore::COUNT] };
        stubs.restore[Restore::Off as usize] = restore;
        stubs.restore[Restore::Kept as usize] = restore_kept;
        stubs
    };
}

/// Whether a return address is that of a restore frame's stub.
pub(super) fn is_restore(address: usize) -> bool {
    Stubs::ALL.restore.iter().any(|stub| *stub as usize == address)
}

/// What a function of the runtime returns, as the guest gets it.
trait Value {
    fn value(self) -> Result<u64, TrapCode>;
}

impl Value for u64 {
    fn value(self) -> Result<u64, TrapCode> {
        Ok(self)
    }
}

impl Value for () {
    fn value(self) -> Result<u64, TrapCode> {
        Ok(0)
    }
}

impl Value for NonNull<VmFuncRef> {
    fn value(self) -> Result<u64, TrapCode> {
        Ok(self.as_ptr().expose_provenance() as u64)
    }
}

impl<T: Value> Value for Result<T, TrapCode> {
    fn value(self) -> Result<u64, TrapCode> {
        self.and_then(T::value)
    }
}

/// Notes where the guest with this vmctx is, runs a function of the runtime, and notes why it failed if it does.
///
/// # Safety
///
/// `vmctx` is that of the running instance, which just called a helper.
#[inline(always)]
unsafe fn run<T: Value>(vmctx: *mut VmContext, function: impl FnOnce() -> T) -> HelperResult {
    let left = HelperResult { value: 0, outcome: Outcome::LEFT };
    // SAFETY: the caller's promise. While a guest runs its runtime has an activation.
    unsafe {
        let runtime = (*vmctx).header.runtime;
        let Some(state) = State::of(runtime) else { return left };
        (*state).exit = Exit::Call { sp: (*runtime).guest_sp };
        match function().value() {
            Ok(value) => HelperResult { value, outcome: Outcome::RETURNED },
            Err(code) => {
                (*state).trap = Some(code);
                left
            }
        }
    }
}

/// Defines each helper's function and stub, and the table.
macro_rules! helpers {
    ($($helper:ident = $stub:ident $name:ident($vmctx:ident $(, $arg:ident: $ty:ty)*) $body:block)*) => {
        $(
            unsafe extern "sysv64" fn $name($vmctx: *mut VmContext $(, $arg: u64)*) -> HelperResult {
                // SAFETY: only the stub calls it, for a guest whose code upholds what the functions of the runtime need.
                unsafe { run($vmctx, || { $(let $arg = $arg as $ty;)* $body }) }
            }

            helper_stub!($stub, $name);
        )*

        /// The stubs, in the order of [`Helper`].
        const TABLE: [Stub; COUNT] = {
            let mut table: [Stub; COUNT] = [undefined; COUNT];
            let mut defined = 0;
            $(
                table[Helper::$helper as usize] = $stub;
                defined += 1;
            )*
            assert!(defined == COUNT);
            table
        };
    };
}

/// In no table that is finished.
unsafe extern "sysv64" fn undefined() {}

helpers! {
    MemoryGrow = memory_grow_stub memory_grow(vmctx, memory: u32, delta: u64) {
        libcalls::memory_grow(vmctx, memory, delta)
    }
    MemoryFill = memory_fill_stub memory_fill(vmctx, memory: u32, dst: u64, value: u32, len: u64) {
        libcalls::memory_fill(vmctx, memory, dst, value, len)
    }
    MemoryCopy = memory_copy_stub memory_copy(vmctx, to: u32, from: u32, dst: u64, src: u64, len: u64) {
        libcalls::memory_copy(vmctx, to, from, dst, src, len)
    }
    MemoryInit = memory_init_stub memory_init(vmctx, memory: u32, segment: u32, dst: u64, src: u32, len: u32) {
        libcalls::memory_init(vmctx, memory, segment, dst, src, len)
    }
    DataDrop = data_drop_stub data_drop(vmctx, segment: u32) {
        libcalls::data_drop(vmctx, segment)
    }
    TableGet = table_get_stub table_get(vmctx, table: u32, index: u64) {
        libcalls::table_get(vmctx, table, index)
    }
    TableSet = table_set_stub table_set(vmctx, table: u32, index: u64, value: u64) {
        libcalls::table_set(vmctx, table, index, value)
    }
    TableGrow = table_grow_stub table_grow(vmctx, table: u32, init: u64, delta: u64) {
        libcalls::table_grow(vmctx, table, init, delta)
    }
    TableFill = table_fill_stub table_fill(vmctx, table: u32, dst: u64, value: u64, len: u64) {
        libcalls::table_fill(vmctx, table, dst, value, len)
    }
    TableCopy = table_copy_stub table_copy(vmctx, to: u32, from: u32, dst: u64, src: u64, len: u64) {
        libcalls::table_copy(vmctx, to, from, dst, src, len)
    }
    TableInit = table_init_stub table_init(vmctx, table: u32, segment: u32, dst: u64, src: u32, len: u32) {
        libcalls::table_init(vmctx, table, segment, dst, src, len)
    }
    ElemDrop = elem_drop_stub elem_drop(vmctx, segment: u32) {
        libcalls::elem_drop(vmctx, segment)
    }
    RefFunc = ref_func_stub ref_func(vmctx, func: u32) {
        libcalls::ref_func(vmctx, func)
    }
    CallIndirect = call_indirect_stub call_indirect(vmctx, table: u32, index: u64, ty: u32) {
        libcalls::call_indirect(vmctx, table, index, ty)
    }
}
