//! Calls: to functions of the same instance, of other instances, and of the host.
//!
//! A call's words are: what names the callee (a head of one or two words), then the arguments. The word before the
//! return address says where results go: field 1 is the position of a single result; of several, the two halves are
//! the position of the first data slot and that of the first reference.

use super::{Flow, Handler, Regs, State, Stop, X};
use crate::code::{FuncKind, HEADER, InterpFunc, Word};
use std::marker::PhantomData;
use wz_core::TrapCode::StackOverflow;
use wz_core::runtime::libcalls;
use wz_core::runtime::vm::{VmContext, VmFuncRef, VmHeader, VmHostFunc, VmTable, VmTableEntry};
use wz_core::types::{FuncType, ValType};

/// Who is called.
#[derive(Clone, Copy)]
pub(crate) struct Callee {
    func: *const InterpFunc,
    vmctx: *mut VmHeader,
}

/// How an instruction names its callee.
pub(crate) trait Target {
    /// Words of the head.
    const WORDS: usize;
    /// Whether the callee is surely of the same instance.
    const LOCAL: bool;

    /// The callee.
    ///
    /// # Safety
    ///
    /// As for [`Handler::run`]; the instruction names a callee in this way.
    unsafe fn callee(r: &Regs) -> Result<Callee, Stop>;
}

/// A function that the module defines: imm is its record's distance from the caller's, in bytes.
pub(crate) struct Local;
/// Import imm.
pub(crate) struct Import;
/// Element `x` of table imm, which must be of the type that the second half of word 1 names.
pub(crate) struct Indirect;

impl Target for Local {
    const WORDS: usize = 1;
    const LOCAL: bool = true;

    #[inline(always)]
    unsafe fn callee(r: &Regs) -> Result<Callee, Stop> {
        // SAFETY: records of a module are one array, and the encoder checked the function's index.
        let func = unsafe { r.func().byte_offset(r.imm() as i32 as isize) };
        // SAFETY: invariant 3.
        Ok(Callee { func, vmctx: unsafe { r.vmctx() }.cast() })
    }
}

impl Target for Import {
    const WORDS: usize = 1;
    const LOCAL: bool = false;

    #[inline(always)]
    unsafe fn callee(r: &Regs) -> Result<Callee, Stop> {
        // SAFETY: invariant 3: the instance has that import, a function of this engine or of the host.
        unsafe {
            let func: *const VmFuncRef = *(*r.vmctx()).imports.add(r.imm() as usize);
            Ok(Callee { func: (*func).code.0.cast(), vmctx: (*func).vmctx })
        }
    }
}

impl Target for Indirect {
    const WORDS: usize = 2;
    const LOCAL: bool = false;

    #[inline(always)]
    unsafe fn callee(r: &Regs) -> Result<Callee, Stop> {
        // SAFETY: invariant 3: the instance has that table, of functions, and that type. An entry with the type's id
        // is a function of this engine or of the host.
        unsafe {
            let vmctx = r.vmctx();
            let table: *mut VmTable = *(*vmctx).tables.add(r.imm() as usize);
            let index = *r.slot(X);
            let ty = r.pair(1).1;
            if index < (*table).len {
                let entry = (*table).base.cast::<VmTableEntry>().add(index as usize);
                let record = &raw const (*entry).record;
                if (*record).type_id == *(*vmctx).type_ids.add(ty as usize) {
                    return Ok(Callee { func: (*record).code.0.cast(), vmctx: (*record).vmctx });
                }
            }
            r.save();
            let func = resolve(r.cx, r.imm(), index, ty);
            if func.is_null() {
                return Err((*r.cx).stop);
            }
            Ok(Callee { func: (*func).code.0.cast(), vmctx: (*func).vmctx })
        }
    }
}

// The functions below that are not inlined pass values, and results that fit registers: a handler whose locals have an
// address does not end in a jump.

/// The slow way to the callee of a `call_indirect`; null if it traps, and the state says why.
///
/// # Safety
///
/// As for [`Handler::run`], whose state `cx` is; the instance has this table and type.
#[cold]
#[inline(never)]
unsafe fn resolve(cx: *mut State, table: u32, index: u64, ty: u32) -> *const VmFuncRef {
    // SAFETY: the caller's promise.
    unsafe {
        match libcalls::call_indirect((*cx).vmctx, table, index, ty) {
            Ok(func) => func.as_ptr(),
            Err(code) => {
                (*cx).stop = code.into();
                std::ptr::null()
            }
        }
    }
}

/// How an instruction lists values.
pub(crate) trait List {
    /// Numbers of data slots, of references, and of words of the list.
    ///
    /// # Safety
    ///
    /// `at` is such a list.
    unsafe fn shape(at: *const Word) -> (usize, usize, usize);

    /// Copies the values: data slots upwards to `data`, references downwards to `refs`.
    ///
    /// # Safety
    ///
    /// `at` is such a list in an instruction of the function whose frame is at `fp`, and the targets are writable and
    /// do not overlap the frame.
    unsafe fn copy(fp: *mut u64, at: *const Word, data: *mut u64, refs: *mut u64);
}

/// Up to three data slots in fields 0, 2 and 3 of one word (no word for none).
pub(crate) struct Few<const N: usize>;
/// Word 0: numbers of data slots and references, words. Then the positions, four a word, then the word for the result.
/// If TAGGED, a position is shifted left by one, or an odd number stands for a constant.
pub(crate) struct Spelt<const TAGGED: bool>;
/// Word 0: positions of the first data slot and the first reference. Word 1: numbers of both. Then the word for the
/// result.
pub(crate) struct Consecutive;

impl<const N: usize> List for Few<N> {
    #[inline(always)]
    unsafe fn shape(_: *const Word) -> (usize, usize, usize) {
        (N, 0, N.min(1))
    }

    #[inline(always)]
    unsafe fn copy(fp: *mut u64, at: *const Word, data: *mut u64, _: *mut u64) {
        const FIELDS: [usize; 3] = [0, 2, 3];
        for (i, field) in FIELDS.into_iter().take(N).enumerate() {
            // SAFETY: the caller's promise.
            unsafe {
                let position = *at.cast::<i16>().add(field);
                *data.add(i) = *fp.offset(position as isize);
            }
        }
    }
}

impl<const TAGGED: bool> List for Spelt<TAGGED> {
    #[inline(always)]
    unsafe fn shape(at: *const Word) -> (usize, usize, usize) {
        // SAFETY: the caller's promise.
        let [data, refs, words, _] = unsafe { (*at).0 };
        (data.into(), refs.into(), words.into())
    }

    #[inline(always)]
    unsafe fn copy(fp: *mut u64, at: *const Word, data: *mut u64, refs: *mut u64) {
        // SAFETY: the caller's promise.
        unsafe {
            let [n_data, n_refs, ..] = (*at).0;
            let entries = at.add(1).cast::<i16>();
            for i in 0..usize::from(n_data) {
                *data.add(i) = entry::<TAGGED>(fp, *entries.add(i));
            }
            let entries = entries.add(n_data.into());
            for i in 0..usize::from(n_refs) {
                *refs.sub(i) = entry::<TAGGED>(fp, *entries.add(i));
            }
        }
    }
}

/// The value that an entry of a list stands for.
///
/// # Safety
///
/// The entry is one of a list in an instruction of the function whose frame is at `fp`.
#[inline(always)]
unsafe fn entry<const TAGGED: bool>(fp: *mut u64, entry: i16) -> u64 {
    if TAGGED && entry & 1 != 0 {
        return u64::from(entry as u16 >> 1);
    }
    let position = if TAGGED { entry >> 1 } else { entry };
    // SAFETY: the caller's promise.
    unsafe { *fp.offset(position as isize) }
}

impl List for Consecutive {
    #[inline(always)]
    unsafe fn shape(at: *const Word) -> (usize, usize, usize) {
        let counts = at.wrapping_add(1).cast::<u32>();
        // SAFETY: the caller's promise.
        unsafe { (*counts as usize, *counts.add(1) as usize, 3) }
    }

    #[inline(always)]
    unsafe fn copy(fp: *mut u64, at: *const Word, data: *mut u64, refs: *mut u64) {
        // SAFETY: the caller's promise. References descend in both frames.
        unsafe {
            let from = at.cast::<i32>();
            let (n_data, n_refs, _) = Self::shape(at);
            fp.offset(*from as isize).copy_to(data, n_data);
            let from = fp.offset(*from.add(1) as isize);
            from.wrapping_sub(n_refs)
                .wrapping_add(1)
                .copy_to(refs.wrapping_sub(n_refs).wrapping_add(1), n_refs);
        }
    }
}

/// Whether `words` more fit the stack from `at` on.
///
/// # Safety
///
/// As for [`Handler::run`]; `at` is in the stack.
#[inline(always)]
unsafe fn check_room(cx: *mut State, at: *mut u64, words: usize) -> Result<(), Stop> {
    // SAFETY: invariant 5.
    let limit = unsafe { (*cx).limit };
    // In bytes; a frame is smaller than 2^29 of them.
    if limit.addr().wrapping_sub(at.addr()) < words * 8 { Err(StackOverflow.into()) } else { Ok(()) }
}

/// The first word after the running function's frame.
///
/// # Safety
///
/// As for [`Handler::run`].
#[inline(always)]
unsafe fn frame_end(r: &Regs) -> *mut u64 {
    // SAFETY: invariant 2.
    unsafe { r.fp.add((*r.func()).above as usize) }
}

/// Runs instance `vmctx` from here on: that of the function whose frame `r.fp` is.
///
/// # Safety
///
/// As for [`Handler::run`], but for what this changes.
#[inline(always)]
pub(super) unsafe fn switch_instance(r: &mut Regs, vmctx: *mut VmContext) {
    // SAFETY: invariants 3 and 5.
    unsafe {
        if (*r.cx).vmctx != vmctx {
            (*r.cx).vmctx = vmctx;
            r.reload_memory();
        }
    }
}

/// Writes the header of a new frame at `fp`.
///
/// # Safety
///
/// The header's words are writable.
#[inline(always)]
pub(crate) unsafe fn write_header(
    fp: *mut u64,
    ret: *const Word,
    caller: *mut u64,
    func: *const InterpFunc,
    vmctx: *mut VmContext,
) {
    // SAFETY: the caller's promise.
    unsafe {
        fp.sub(4).cast::<*const Word>().write(ret);
        fp.sub(3).cast::<*mut u64>().write(caller);
        fp.sub(2).cast::<*const InterpFunc>().write(func);
        fp.sub(1).cast::<*mut VmContext>().write(vmctx);
    }
}

/// Puts a host function's result into the accumulators, as a return does.
///
/// # Safety
///
/// As for [`Handler::run`].
#[inline(always)]
unsafe fn take_result(r: &mut Regs) {
    // SAFETY: invariant 5.
    r.acc = unsafe { (*r.cx).result };
    r.acc64 = f64::from_bits(r.acc);
    r.acc32 = f32::from_bits(r.acc as u32);
}

/// A call.
pub(crate) struct Call<T, P>(PhantomData<(T, P)>);

impl<T: Target, P: List> Handler for Call<T, P> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the invariants of `exec`; the new frame is checked to fit the stack before it is written.
        unsafe {
            let callee = T::callee(&r)?;
            let args = r.ip.add(T::WORDS);
            let (n_data, n_refs, words) = P::shape(args);
            let ret = args.add(words);
            let end = frame_end(&r);
            if !T::LOCAL && (*callee.func).kind == FuncKind::Host {
                check_room(r.cx, end, n_data + n_refs)?;
                P::copy(r.fp, args, end, end.wrapping_add(n_data + n_refs).wrapping_sub(1));
                r.save();
                call_host(r.cx, callee.vmctx.cast(), end, n_data, n_refs, ret, r.fp)?;
                r.ip = ret;
                take_result(&mut r);
                r.reload_memory();
                return Ok(r);
            }
            check_room(r.cx, end, (*callee.func).words as usize)?;
            let fp = end.add((*callee.func).below as usize);
            P::copy(r.fp, args, fp, fp.offset((*callee.func).ref_top as isize));
            write_header(fp, ret, r.fp, callee.func, callee.vmctx.cast());
            r.fp = fp;
            r.ip = (*callee.func).code;
            // Not used before it is written: this frees a register.
            r.acc = 0;
            if !T::LOCAL {
                switch_instance(&mut r, callee.vmctx.cast());
            }
        }
        Ok(r)
    }
}

/// A tail call: the callee's frame takes the place of the caller's.
pub(crate) struct TailCall<T, P>(PhantomData<(T, P)>);

impl<T: Target, P: List> Handler for TailCall<T, P> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the invariants of `exec`. Arguments are staged beyond both frames, since the new frame overwrites
        // the old one; all is checked to fit the stack before it is written.
        unsafe {
            let callee = T::callee(&r)?;
            let args = r.ip.add(T::WORDS);
            let (n_data, n_refs, _) = P::shape(args);
            let end = frame_end(&r);
            let ret: *const Word = r.fp.sub(4).cast::<*const Word>().read();
            let caller: *mut u64 = r.fp.sub(3).cast::<*mut u64>().read();
            if !T::LOCAL && (*callee.func).kind == FuncKind::Host {
                check_room(r.cx, end, n_data + n_refs)?;
                P::copy(r.fp, args, end, end.wrapping_add(n_data + n_refs).wrapping_sub(1));
                r.save();
                call_host(r.cx, callee.vmctx.cast(), end, n_data, n_refs, ret, caller)?;
                r.ip = ret;
                r.fp = caller;
                (*r.cx).vmctx = caller.sub(1).cast::<*mut VmContext>().read();
                take_result(&mut r);
                r.reload_memory();
                return Ok(r);
            }
            let (below, above) = ((*callee.func).below as usize, (*callee.func).above as usize);
            let bottom = r.fp.sub((*r.func()).below as usize);
            check_room(r.cx, bottom, below + above)?;
            let fp = bottom.add(below);
            let stage = end.max(fp.add(above));
            check_room(r.cx, stage, n_data + n_refs)?;
            P::copy(r.fp, args, stage, stage.wrapping_add(n_data + n_refs).wrapping_sub(1));
            stage.copy_to_nonoverlapping(fp, n_data);
            let refs = fp.offset((*callee.func).ref_top as isize);
            stage.add(n_data).copy_to_nonoverlapping(refs.wrapping_sub(n_refs).wrapping_add(1), n_refs);
            write_header(fp, ret, caller, callee.func, callee.vmctx.cast());
            r.fp = fp;
            r.ip = (*callee.func).code;
            // Not used before it is written: this frees a register.
            r.acc = 0;
            if !T::LOCAL {
                switch_instance(&mut r, callee.vmctx.cast());
            }
        }
        Ok(r)
    }
}

/// Calls a host function with arguments at `stage` (data slots, then references in reverse) and delivers its results to
/// the frame `to`, as the word before `ret` says.
///
/// # Safety
///
/// As for [`Handler::run`], whose state `cx` is; the guest is walkable, `host` is the callee and the arguments fit its type.
#[inline(never)]
unsafe fn call_host(
    cx: *mut State,
    host: *const VmHostFunc,
    stage: *mut u64,
    n_data: usize,
    n_refs: usize,
    ret: *const Word,
    to: *mut u64,
) -> Result<(), Stop> {
    // SAFETY: the invariants of `exec`; the array of values is checked to fit the stack behind the staged arguments.
    unsafe {
        let ty: &FuncType = &(*(*host).func).ty;
        let args = n_data + n_refs;
        let len = args.max(ty.result_slots());
        let values = if n_refs == 0 { stage } else { stage.add(args) };
        check_room(cx, values, len)?;
        let values = std::slice::from_raw_parts_mut(values, len);
        if n_refs != 0 {
            let (mut data, mut reference) = (stage, stage.add(args));
            let mut values = values.iter_mut();
            for param in ty.params() {
                for value in values.by_ref().take(param.slots()) {
                    *value = if param.is_ref() {
                        reference = reference.sub(1);
                        *reference
                    } else {
                        data = data.add(1);
                        *data.sub(1)
                    };
                }
            }
        }
        let vmctx = (*cx).vmctx;
        if let Err(error) = libcalls::invoke_host(&raw const (*cx).embedder, host, vmctx, values) {
            (*cx).error = Some(error);
            (*cx).ret = ret;
            (*cx).to = to;
            return Err(Stop::ERROR);
        }
        (*cx).result = values.first().copied().unwrap_or(0);
        deliver(ty.results(), values, ret, to);
    }
    Ok(())
}

/// The registers right after the return of the host function that stopped the guest: with its results, in the frame that
/// gets them.
///
/// # Safety
///
/// `cx` is the state of a call whose guest is at the return to `ret` in the frame `to`, of a host function of this type,
/// and `values` holds its results.
pub(crate) unsafe fn return_from_host(
    cx: *mut State,
    host: &FuncType,
    values: &[u64],
    ret: *const Word,
    to: *mut u64,
) -> Regs {
    // SAFETY: the caller's promise. The frame's header names its instance.
    unsafe {
        deliver(host.results(), values, ret, to);
        (*cx).result = values.first().copied().unwrap_or(0);
        (*cx).vmctx = to.sub(1).cast::<*mut VmContext>().read();
        let mut r = Regs { ip: ret, fp: to, mem: std::ptr::null_mut(), cx, acc: 0, acc64: 0.0, acc32: 0.0 };
        take_result(&mut r);
        r.reload_memory();
        r
    }
}

/// Writes results to the frame `to`, as the word before `ret` says.
///
/// # Safety
///
/// `ret` is the return address of a call with these results, in the function whose frame `to` is.
unsafe fn deliver(results: &[ValType], values: &[u64], ret: *const Word, to: *mut u64) {
    // SAFETY: the caller's promise.
    unsafe {
        let (mut data, mut reference) = match results.len() {
            1 => {
                let at = to.offset(result_position(ret));
                (at, at)
            }
            _ => {
                let (data, reference) = result_positions(ret);
                (to.wrapping_offset(data), to.wrapping_offset(reference))
            }
        };
        let mut values = values.iter();
        for result in results {
            for value in values.by_ref().take(result.slots()) {
                if result.is_ref() {
                    *reference = *value;
                    reference = reference.wrapping_sub(1);
                } else {
                    *data = *value;
                    data = data.wrapping_add(1);
                }
            }
        }
    }
}

/// The position of a call's single result.
///
/// # Safety
///
/// `ret` is a return address.
#[inline(always)]
pub(super) unsafe fn result_position(ret: *const Word) -> isize {
    // SAFETY: the caller's promise: field 1 of the word before.
    unsafe { *ret.cast::<i16>().sub(3) as isize }
}

/// The positions of the first data slot and the first reference of a call's several results.
///
/// # Safety
///
/// `ret` is a return address.
#[inline(always)]
pub(super) unsafe fn result_positions(ret: *const Word) -> (isize, isize) {
    let word = ret.wrapping_sub(1).cast::<i32>();
    // SAFETY: the caller's promise.
    unsafe { (*word as isize, *word.add(1) as isize) }
}

const _: () = assert!(HEADER == 4);
