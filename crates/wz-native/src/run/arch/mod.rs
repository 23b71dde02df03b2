//! The stubs between host and guest, with a twin for each architecture.

#[cfg_attr(target_arch = "x86_64", path = "amd64.rs")]
mod imp;

pub(crate) use imp::{Context, RETURN_CODE, enter, enter_words, helper_stub, host_entry, leave};

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
