//! The stubs between host and guest, with a twin for each architecture.

#[cfg_attr(target_arch = "x86_64", path = "amd64.rs")]
mod imp;

pub(crate) use imp::{
    Context, RETURN_CODE, enter, enter_words, helper_stub, host_entry, leave, reenter, restore, restore_kept,
};

use wz_core::runtime::vm::{VmHeader, VmRuntime};

/// The registers that arguments and results are in, in the order of the ABI.
#[repr(C)]
pub(crate) struct Registers {
    pub(crate) ints: [u64; Registers::INTS],
    pub(crate) floats: [[u64; 2]; Registers::FLOATS],
}

impl Registers {
    pub(crate) const INTS: usize = imp::INT_REGISTERS;
    pub(crate) const FLOATS: usize = imp::FLOAT_REGISTERS;
}

/// What [`enter`] works on.
#[repr(C)]
pub(crate) struct Entry {
    /// The callee's full entry.
    pub(crate) code: *const (),
    /// Its vmctx.
    pub(crate) vmctx: *mut VmHeader,
    pub(crate) runtime: *mut VmRuntime,
    /// The guest's stack pointer: the first argument on the stack.
    pub(crate) sp: usize,
    /// Arguments, and then results: for [`enter`] the [`Registers`], for [`enter_words`] the values themselves.
    pub(crate) values: *mut u64,
    /// For [`enter_words`], the number of arguments.
    pub(crate) params: u32,
    /// For [`enter_words`], the number of results.
    pub(crate) results: u32,
}

/// What [`reenter`] works on.
#[repr(C)]
pub(crate) struct Reentry {
    /// Where the guest's results go when it returns, as [`enter`] or [`enter_words`] left it: code and vmctx are not
    /// used, and the stack pointer is that of the [`Registers`] of the call of the host function.
    pub(crate) entry: Entry,
    /// Bytes of arguments on the guest's stack, which the host function takes off.
    pub(crate) arg_bytes: usize,
}

impl Registers {
    /// How far below the return address of a call of a host function the registers of that call are.
    pub(crate) const BELOW_RETURN: usize = imp::SAVED_BYTES + size_of::<Registers>();
}

/// How a guest came back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub(crate) struct Outcome(u64);

impl Outcome {
    /// It returned.
    pub(crate) const RETURNED: Outcome = Outcome(0);
    /// It left, and the call's state says why.
    pub(crate) const LEFT: Outcome = Outcome(1);
}

/// What a helper gives back to its stub, in two registers.
#[repr(C)]
pub(crate) struct HelperResult {
    pub(crate) value: u64,
    pub(crate) outcome: Outcome,
}
