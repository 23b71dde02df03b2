//! Calls of host functions.

use crate::error::{Error, Origin};
use crate::runtime::backtrace;
use crate::runtime::heap::RootMark;
use crate::runtime::host::{Embedder, HostFunc};
use crate::runtime::store::InstanceId;
use crate::runtime::vm::{HostCall, VmContext, VmHostFunc};
use crate::types::{HeapType, ValType};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;

/// The embedder that a call was made with, for [`invoke_host`] while the call is in progress.
#[inline(always)]
pub fn embedder_of_call(cx: &mut dyn Embedder) -> NonNull<dyn Embedder> {
    let cx: NonNull<dyn Embedder + '_> = NonNull::from(cx);
    // SAFETY: only the lifetime changes: who uses the pointer says that the embedder is alive.
    unsafe { std::mem::transmute::<NonNull<dyn Embedder + '_>, NonNull<dyn Embedder>>(cx) }
}

/// Calls a host function with the embedder that `cx` points to. `caller` is the calling instance's vmctx, or null if the
/// host calls. Heap references among the arguments are rooted during the call. Results are zero-extended, and references
/// among them are made safe for the caller to keep.
///
/// # Errors
///
/// What the host function returns, a suspension with its origin; [`ErrorKind::Host`](crate::ErrorKind::Host) with its payload if it panics;
/// [`ErrorKind::Usage`](crate::ErrorKind::Usage) if it returns what is not a reference of the store.
///
/// # Safety
///
/// `cx` points to a live embedder that nothing else uses, and stays as it is until the end. `callee` is a live host function
/// of the store that the embedder has, `caller` is null or live, no reference into the store or into what it owns is in
/// use, and `values` fits the function's type.
#[inline(always)]
pub unsafe fn invoke_host(
    cx: *const NonNull<dyn Embedder>,
    callee: *const VmHostFunc,
    caller: *mut VmContext,
    values: &mut [u64],
) -> Result<(), Error> {
    // What is needed again after the callback is read again, so that nothing but pointers has to be kept for it.
    // SAFETY: live, as the caller says: the runtime block outlives the call, whose store owns it.
    let (VmHostFunc { func, checks, .. }, mark, outer) = unsafe {
        let runtime = &*(*callee).header.runtime;
        (&*callee, runtime.roots, runtime.host_calls)
    };
    let record = HostCall { outer, callee };
    // SAFETY: the record is taken off the list before it goes.
    let _linked = unsafe { Linked::new(&raw const record) };
    // SAFETY: the record keeps the host function and its instance alive until the end, even if the host closes the
    // instance meanwhile. The caller has a frame, which keeps it alive. The embedder is the caller's promise; no two
    // references to it are in use at once.
    let (func, instance, embedder) = unsafe {
        (
            &**func,
            || caller.as_ref().and_then(|caller| InstanceId::of(&caller.header)),
            || &mut *(*cx).as_ptr(),
        )
    };
    if checks & VmHostFunc::EXTERNREF_PARAMS != 0 {
        root_arguments(embedder(), func, values);
    }
    let result = match catch_unwind(AssertUnwindSafe(|| (func.callback)(embedder(), instance(), values))) {
        Ok(Ok(())) if checks & VmHostFunc::OTHER_RESULTS != 0 => {
            finish_results(embedder(), func.ty.results(), instance(), values)
        }
        Ok(Ok(())) => {
            if checks & VmHostFunc::NARROW_RESULT != 0 {
                values.first_mut().into_iter().for_each(narrow);
            }
            Ok(())
        }
        Ok(Err(error)) => Err(failed(embedder(), func, instance(), error)),
        Err(payload) => Err(panicked(payload)),
    };
    // SAFETY: as above.
    if unsafe { (*(*callee).header.runtime).roots } != mark {
        embedder().store_mut().release_roots(RootMark::at(mark));
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

/// A [`HostCall`] on its runtime's list: it is taken off when this goes out of scope.
struct Linked(*const HostCall);

impl Linked {
    /// # Safety
    ///
    /// The record stays where it is, and its host function and the runtime block are alive, until this is gone.
    unsafe fn new(record: *const HostCall) -> Linked {
        // SAFETY: the caller's promise.
        unsafe { (*(*(*record).callee).header.runtime).host_calls = record };
        Linked(record)
    }
}

impl Drop for Linked {
    fn drop(&mut self) {
        // SAFETY: as in `new`.
        unsafe { (*(*(*self.0).callee).header.runtime).host_calls = (*self.0).outer };
    }
}
