//! Calls that host functions suspend.
//!
//! A suspended call keeps its call engine, and with it the guest's stack. The [`SuspendedCall`] and the store share it:
//! the one may be anywhere, the other looks at the frames when it collects garbage or frees closed instances. What the
//! frames refer to is the store's, and stays for as long as the call engine is there.

use super::call::{Callee, InProgress};
use super::{Store, StoreId};
use crate::engine::CallEngine;
use crate::error::{Error, Origin};
use crate::runtime::backtrace;
use crate::runtime::host::Embedder;
use crate::runtime::interrupt;
use crate::runtime::libcalls::finish_results;
use crate::runtime::vm::RawFrame;
use crate::trap::Backtrace;
use crate::types::ValType;
use std::any::Any;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A call that a host function suspended: it owns the guest's frames and borrows nothing. The instances that have frames
/// in it stay, until it is resumed and ends or is dropped, or the store goes.
pub struct SuspendedCall {
    store: StoreId,
    /// `None` if there is no guest: the host called the host function itself.
    frames: Option<Arc<Frames>>,
    payload: Box<dyn Any + Send>,
    origin: Origin,
    /// Slots that the call's arguments or results take, whichever are more.
    call_slots: usize,
}

/// The frames of a call that was suspended.
pub(super) struct Frames(Mutex<Shared>);

struct Shared {
    /// The call engine; `None` while the call runs and after its end.
    engine: Option<Box<dyn CallEngine>>,
    /// How often the call engine came or went.
    changes: u64,
}

impl Frames {
    fn new(engine: Box<dyn CallEngine>) -> Arc<Frames> {
        Arc::new(Frames(Mutex::new(Shared { engine: Some(engine), changes: 0 })))
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn replace(&self, engine: Option<Box<dyn CallEngine>>) -> Option<Box<dyn CallEngine>> {
        let mut shared = self.lock();
        shared.changes += 1;
        std::mem::replace(&mut shared.engine, engine)
    }

    /// A number that is another one when the frames may not be what they are now.
    pub(super) fn changes(&self) -> u64 {
        self.lock().changes
    }
}

impl SuspendedCall {
    /// The store in which it was made.
    pub fn store(&self) -> StoreId {
        self.store
    }

    /// What the host function suspended it with.
    pub fn payload(&self) -> &(dyn Any + Send) {
        &*self.payload
    }

    /// What the host function suspended it with.
    pub fn payload_mut(&mut self) -> &mut Box<dyn Any + Send> {
        &mut self.payload
    }

    /// The types of the results that the host function owes its guest.
    pub fn awaited(&self) -> &[ValType] {
        self.origin.ty.results()
    }

    /// The guest's frames, as a trap that the host function ended with would list them. There are none if the host called
    /// the host function itself.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) if the call was made in another store.
    pub fn backtrace(&self, store: &Store) -> Result<Backtrace, Error> {
        self.check_store(store)?;
        // SAFETY: this is the store that keeps the instances of the frames.
        Ok(unsafe { backtrace::of(|visit| self.walk(visit)) })
    }

    fn check_store(&self, store: &Store) -> Result<(), Error> {
        if self.store == store.id {
            Ok(())
        } else {
            Err(Error::usage("the suspended call is of another runtime"))
        }
    }

    /// Calls `visit` for each of the guest's frames, innermost first.
    ///
    /// # Safety
    ///
    /// The store is there.
    unsafe fn walk(&self, visit: &mut dyn FnMut(&RawFrame) -> bool) {
        let Some(frames) = &self.frames else { return };
        if let Some(engine) = &frames.lock().engine {
            // SAFETY: the store keeps the instances of the frames, as long as it is there.
            unsafe { engine.walk(visit) };
        }
    }

    /// Slots that [`resume`] needs: enough for the results of the host function, and for those of the call.
    pub fn slots(&self) -> usize {
        self.origin.ty.result_slots().max(self.call_slots)
    }
}

impl Drop for SuspendedCall {
    fn drop(&mut self) {
        // The stack goes when the lock is no longer held.
        let engine = self.frames.as_ref().and_then(|frames| frames.replace(None));
        drop(engine);
    }
}

impl std::fmt::Debug for SuspendedCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SuspendedCall")
            .field("store", &self.store)
            .field("awaited", &self.awaited())
            .finish_non_exhaustive()
    }
}

/// The suspended calls of a store.
#[derive(Default)]
pub(super) struct SuspendedCalls {
    /// Those that are gone are taken out from time to time.
    calls: Vec<Arc<Frames>>,
    /// Number of them at which that happens next.
    forget_at: usize,
}

const FORGET_AT_LEAST: usize = 16;

impl SuspendedCalls {
    fn add(&mut self, frames: Arc<Frames>) {
        if self.calls.len() >= self.forget_at {
            // One that runs is still referred to by `resume`.
            self.calls.retain(|frames| Arc::strong_count(frames) > 1);
            self.forget_at = (2 * self.calls.len()).max(FORGET_AT_LEAST);
        }
        self.calls.push(frames);
    }

    /// Calls `visit` for each frame of each suspended call, with the call's frames and [`Frames::changes`]. It must not
    /// touch a suspended call.
    pub(super) fn for_each_frame(&self, mut visit: impl FnMut(&Arc<Frames>, u64, &RawFrame)) {
        for frames in &self.calls {
            let shared = frames.lock();
            let Some(engine) = &shared.engine else { continue };
            let mut visit = |frame: &RawFrame| {
                visit(frames, shared.changes, frame);
                true
            };
            // SAFETY: the store keeps the instances that have frames here: they are what this is for.
            unsafe { engine.walk(&mut visit) };
        }
    }
}

/// Calls a function, as [`call_callee`](super::call_callee), in a way that a host function may suspend.
///
/// # Errors
///
/// As [`call_callee`](super::call_callee).
pub fn call_resumable<E: Embedder>(
    cx: &mut E,
    callee: &Callee,
    values: &mut [u64],
) -> Result<Option<SuspendedCall>, Error> {
    let store = cx.store_mut();
    store.begin(callee, values)?;
    let mut engine = store.take_engine()?;
    let in_progress = InProgress::begin(store.runtime());
    // SAFETY: `begin` checked the callee and the values.
    let result = unsafe { callee.call(&mut *engine, cx, values) };
    drop(in_progress);
    conclude(cx.store_mut(), result, engine, None, callee.slots())
}

/// Goes on with a suspended call. `values` has at least [`SuspendedCall::slots`]; it holds the results of the host function
/// that suspended it, and then those of the call. The call goes on in its store as it is now: its fuel, its interrupt word.
///
/// # Errors
///
/// [`ErrorKind::Usage`](crate::ErrorKind::Usage) if the call was made in another store, if there are too few values, or
/// references of another store among them; and as [`call_callee`](super::call_callee). In any case the call has ended.
pub fn resume<E: Embedder>(
    cx: &mut E,
    mut call: SuspendedCall,
    values: &mut [u64],
) -> Result<Option<SuspendedCall>, Error> {
    call.check_store(cx.store())?;
    let mut engine = match prepare(cx, &call, values) {
        Ok(Some(engine)) => engine,
        Ok(None) => return Ok(None),
        Err(error) => {
            drop(call);
            cx.store_mut().tidy();
            return Err(error);
        }
    };
    // From here on the frames are not `call`'s any more.
    let frames = call.frames.take();
    let in_progress = InProgress::begin(cx.store().runtime());
    // SAFETY: the call was made in this store, which has kept what the frames need; `prepare` checked the values.
    let result = unsafe { engine.resume(cx, &call.origin.ty, values) };
    drop(in_progress);
    conclude(cx.store_mut(), result, engine, frames, call.call_slots)
}

/// Goes on with a suspended call as if the host function that suspended it had returned this error. If that suspends the
/// call, this is the suspended call again, with another payload; otherwise the call has ended.
///
/// # Errors
///
/// The error, a trap with its backtrace; [`ErrorKind::Usage`](crate::ErrorKind::Usage) if the call was made in another store.
pub fn resume_err<E: Embedder>(
    cx: &mut E,
    mut call: SuspendedCall,
    error: Error,
) -> Result<SuspendedCall, Error> {
    call.check_store(cx.store())?;
    match error.into_suspend() {
        Ok(suspend) => {
            (call.payload, _) = suspend.into_parts();
            Ok(call)
        }
        Err(error) => {
            let frames = |visit: &mut dyn FnMut(&RawFrame) -> bool| {
                // SAFETY: this is the call's store.
                unsafe { call.walk(visit) };
                cx.store().for_each_frame(visit);
            };
            // SAFETY: the store keeps the instances of suspended frames; those of frames of calls in progress are alive.
            let error = error.or_backtrace(|| unsafe { backtrace::of(frames) });
            drop(call);
            cx.store_mut().tidy();
            Err(error)
        }
    }
}

/// Checks that a suspended call may go on, and takes its call engine; `None` if it has no guest, so that the results of the
/// host function are those of the call.
fn prepare<E: Embedder>(
    cx: &mut E,
    call: &SuspendedCall,
    values: &mut [u64],
) -> Result<Option<Box<dyn CallEngine>>, Error> {
    let (have, need) = (values.len(), call.slots());
    if have < need {
        return Err(Error::usage(format!("{have} value slots for a suspended call that needs {need}")));
    }
    finish_results(cx, call.awaited(), call.origin.caller, values)?;
    let Some(frames) = &call.frames else { return Ok(None) };
    cx.store_mut().begin_again()?;
    let engine = frames.replace(None).ok_or_else(|| Error::usage("the suspended call has ended"))?;
    cx.store_mut().look_for_closed_frames_of(&*engine);
    Ok(Some(engine))
}

/// What a call in progress has come to.
fn conclude(
    store: &mut Store,
    result: Result<(), Error>,
    engine: Box<dyn CallEngine>,
    frames: Option<Arc<Frames>>,
    call_slots: usize,
) -> Result<Option<SuspendedCall>, Error> {
    let error = match result {
        Ok(()) => {
            store.leave(engine);
            return Ok(None);
        }
        Err(error) => error,
    };
    let suspend = match error.into_suspend() {
        Ok(suspend) => suspend,
        Err(error) => {
            store.leave(engine);
            return Err(error);
        }
    };
    match suspend.into_parts() {
        (payload, Some(origin)) => {
            let frames = match (origin.caller, frames) {
                (None, _) => {
                    store.leave(engine);
                    None
                }
                (Some(_), Some(frames)) => {
                    frames.replace(Some(engine));
                    Some(frames)
                }
                (Some(_), None) => {
                    let frames = Frames::new(engine);
                    store.suspended.add(frames.clone());
                    Some(frames)
                }
            };
            store.tidy();
            Ok(Some(SuspendedCall { store: store.id, frames, payload, origin, call_slots }))
        }
        (_, None) => {
            store.leave(engine);
            Err(Error::usage("a call was suspended by something else than a host function"))
        }
    }
}

/// The error of a call that a host function suspended although nobody would resume it.
#[cold]
pub(super) fn refuse(error: Error) -> Error {
    match error.into_suspend() {
        Ok(_) => {
            Error::usage("a host function suspended a call that is not resumable: it was not made for that")
        }
        Err(error) => error,
    }
}

impl Store {
    /// Has the guest that is to go on with these frames end, if the configuration says that guests look at the interrupt
    /// word and an instance of its frames is closed.
    fn look_for_closed_frames_of(&mut self, engine: &dyn CallEngine) {
        if !self.config.interruption {
            return;
        }
        let mut closed = false;
        // SAFETY: the store has kept the instances of the frames of a suspended call.
        unsafe {
            engine.walk(&mut |frame| {
                closed |= !self.is_open((*(*frame.vmctx).instance).id);
                !closed
            });
        }
        if closed {
            self.ending = true;
            self.interrupt.fetch_or(interrupt::CLOSED, Ordering::Relaxed);
        }
    }
}
