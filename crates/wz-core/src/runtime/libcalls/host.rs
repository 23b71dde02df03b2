//! Calls of host functions.

use crate::error::{Error, Origin};
use crate::runtime::backtrace;
use crate::runtime::heap::RootMark;
use crate::runtime::host::{Embedder, HostFunc};
use crate::runtime::store::InstanceId;
use crate::runtime::vm::{HostCall, VmContext, VmHeader, VmHostFunc, VmRuntime};
use crate::types::{HeapType, ValType};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Calls a host function. `caller` is the calling instance's vmctx, or null if the host calls. Heap references among the
/// arguments are rooted during the call. Results are zero-extended, and references among them are made safe for the
/// caller to keep.
///
/// # Errors
///
/// What the host function returns, a suspension with its origin; [`ErrorKind::Host`](crate::ErrorKind::Host) with its payload if it panics;
/// [`ErrorKind::Usage`](crate::ErrorKind::Usage) if it returns what is not a reference of the store.
///
/// # Safety
///
/// `callee` is a live host function of the store that `cx` has, `caller` is null or live, no reference into the store
/// or into what it owns is in use, and `values` fits the function's type.
#[inline(always)]
pub unsafe fn invoke_host(
    cx: &mut dyn Embedder,
    callee: *const VmHostFunc,
    caller: *mut VmContext,
    values: &mut [u64],
) -> Result<(), Error> {
    // SAFETY: live, as the caller says.
    let VmHostFunc { header: VmHeader { runtime, .. }, func, checks, .. } = unsafe { &*callee };
    let (runtime, func, checks) = (*runtime, *func, *checks);
    // SAFETY: the runtime block outlives the call, whose store owns it.
    let (outer, mark) = unsafe { ((*runtime).host_calls, (*runtime).roots) };
    let mut record = HostCall { outer, callee };
    // SAFETY: as above; the record is taken off the list before it goes.
    unsafe { (*runtime).host_calls = &raw mut record };
    let _linked = Linked { runtime, outer };
    // SAFETY: the record keeps the host function and its instance alive until the end, even if the host closes the
    // instance meanwhile. The caller has a frame, which keeps it alive.
    let (func, caller) =
        unsafe { (&*func, caller.as_ref().and_then(|caller| InstanceId::of(&caller.header))) };
    if checks & VmHostFunc::EXTERNREF_PARAMS != 0 {
        root_arguments(cx, func, values);
    }
    let result = match catch_unwind(AssertUnwindSafe(|| (func.callback)(cx, caller, values))) {
        Ok(Ok(())) if checks & VmHostFunc::OTHER_RESULTS != 0 => {
            finish_results(cx, func.ty.results(), caller, values)
        }
        Ok(Ok(())) => {
            if checks & VmHostFunc::NARROW_RESULT != 0 {
                values.first_mut().into_iter().for_each(narrow);
            }
            Ok(())
        }
        Ok(Err(error)) => Err(failed(cx, func, caller, error)),
        Err(payload) => Err(panicked(payload)),
    };
    // SAFETY: as above.
    if unsafe { (*runtime).roots } != mark {
        cx.store_mut().release_roots(RootMark::at(mark));
    }
    result
}

#[cold]
fn panicked(payload: Box<dyn Any + Send>) -> Error {
    Error::host_panic(payload)
}

/// A host function's error, with where it comes from.
#[cold]
fn failed(cx: &mut dyn Embedder, func: &HostFunc, caller: Option<InstanceId>, error: Error) -> Error {
    error
        .with_origin(|| Origin { ty: func.ty.clone(), caller })
        .or_backtrace(|| backtrace::capture(cx.store()))
}

/// Clears the upper half of a slot, if there is anything in it: a load of the slot soon after a store of one half would
/// have to wait.
#[inline]
fn narrow(value: &mut u64) {
    if *value > u64::from(u32::MAX) {
        *value &= u64::from(u32::MAX);
    }
}

#[cold]
fn root_arguments(cx: &mut dyn Embedder, func: &HostFunc, values: &[u64]) {
    let mut slot = 0;
    for ty in func.ty.params() {
        if matches!(ty, ValType::Ref(r) if r.heap == HeapType::Extern) {
            cx.store_mut().root(values[slot]);
        }
        slot += ty.slots();
    }
}

/// Clears the upper halves of 32-bit results of a host function, and checks and links references. There are as many
/// values as the types say.
///
/// # Errors
///
/// [`ErrorKind::Usage`](crate::ErrorKind::Usage) if there is what is not a reference of the store.
#[inline(never)]
pub(in crate::runtime) fn finish_results(
    cx: &mut dyn Embedder,
    results: &[ValType],
    caller: Option<InstanceId>,
    values: &mut [u64],
) -> Result<(), Error> {
    let mut slot = 0;
    for ty in results {
        match *ty {
            ValType::I32 | ValType::F32 => narrow(&mut values[slot]),
            ValType::Ref(ref_type) => {
                let owner = cx.store().check_ref(ref_type, values[slot])?;
                if let (Some(owner), Some(caller)) = (owner, caller) {
                    cx.store_mut().link(caller.index(), owner);
                }
            }
            ValType::I64 | ValType::F64 | ValType::V128 => {}
        }
        slot += ty.slots();
    }
    Ok(())
}

/// Takes a [`HostCall`] off its runtime's list when it goes out of scope.
struct Linked {
    runtime: *mut VmRuntime,
    outer: *mut HostCall,
}

impl Drop for Linked {
    fn drop(&mut self) {
        // SAFETY: the runtime block outlives the call, whose store owns it.
        unsafe { (*self.runtime).host_calls = self.outer };
    }
}
