//! Calls that host functions may suspend.

use crate::context::Context;
use crate::host_func::host_error;
use crate::typed::{self, WasmTypes};
use crate::{Backtrace, Error, FuncType, ValType, Value};
use std::any::Any;
use std::error::Error as StdError;
use std::fmt;
use std::marker::PhantomData;
use wz_core::runtime::{self, Store};

/// What a resumable call comes to: see [`TypedFunc::call_resumable`](crate::TypedFunc::call_resumable).
#[derive(Debug)]
pub enum Outcome<R: CallResults> {
    /// It returned.
    Returned(R),
    /// A host function suspended it.
    Suspended(SuspendedCall<R>),
}

/// A call that a host function [suspended](crate::Suspend), until it is resumed. It owns the guest's frames and borrows
/// nothing: it can be kept anywhere, sent to another thread, and resumed wherever its runtime is by then.
///
/// Meanwhile the runtime is as usable as ever: other calls run, more of them may be suspended, in the same instance too, and
/// what the frames refer to is kept. An instance that has frames in a suspended call and is closed goes when the call
/// has ended; where [interruption](crate::RuntimeConfig::with_interruption) is on, the call then ends with its exit code
/// soon after it is resumed.
///
/// To drop it is to end the call: the guest's frames go, without running any more. If its runtime goes first it can only be
/// dropped.
///
/// A suspended guest takes no fuel. It goes on with the runtime's fuel as it is when it is resumed, and an interruption or
/// a deadline that has passed by then stops it.
///
/// ```
/// use wz_api::{HostModule, ModuleConfig, Outcome, Runtime, Suspend};
///
/// let mut rt = Runtime::new(Default::default())?;
/// let env = HostModule::new("env").func("fetch", |id: u32| Err::<i64, _>(Suspend::new(id)));
/// rt.instantiate_host(&env)?;
/// let code = rt.compile(r#"
///     (module
///         (import "env" "fetch" (func $fetch (param i32) (result i64)))
///         (func (export "sum") (result i64)
///             (i64.add (call $fetch (i32.const 1)) (call $fetch (i32.const 2)))))"#)?;
/// let sum = rt.instantiate(&code, ModuleConfig::new())?.func::<(), i64>(&rt, "sum")?;
///
/// let mut outcome = sum.call_resumable(&mut rt, ())?;
/// let result = loop {
///     match outcome {
///         Outcome::Returned(result) => break result,
///         Outcome::Suspended(call) => {
///             let id = *call.payload::<u32>().unwrap();
///             outcome = call.resume(&mut rt, i64::from(id) * 100)?;
///         }
///     }
/// };
/// assert_eq!(result, 300);
/// # Ok::<(), wz_api::Error>(())
/// ```
pub struct SuspendedCall<R: CallResults = Vec<Value>> {
    call: runtime::SuspendedCall,
    types: R::Types,
    results: PhantomData<fn() -> R>,
}

/// The results of a call: [`WasmTypes`], or the values of a call whose type is not known at compile time.
pub trait CallResults: Sized + 'static {
    /// What has to be known of their types.
    #[doc(hidden)]
    type Types: Send;

    #[doc(hidden)]
    fn load(types: &Self::Types, store: &Store, slots: &[u64]) -> Self;
}

impl<R: WasmTypes> CallResults for R {
    type Types = ();

    fn load((): &(), store: &Store, slots: &[u64]) -> R {
        WasmTypes::load(store, slots)
    }
}

impl CallResults for Vec<Value> {
    type Types = FuncType;

    fn load(ty: &FuncType, store: &Store, slots: &[u64]) -> Vec<Value> {
        typed::load_values(ty.results(), store, slots).collect()
    }
}

impl<R: CallResults> Outcome<R> {
    /// What a call has come to that left its results in `slots`, or was suspended.
    pub(crate) fn new(
        suspended: Option<runtime::SuspendedCall>,
        types: R::Types,
        store: &Store,
        slots: &[u64],
    ) -> Outcome<R> {
        match suspended {
            None => Outcome::Returned(R::load(&types, store, slots)),
            Some(call) => Outcome::Suspended(SuspendedCall { call, types, results: PhantomData }),
        }
    }

    /// The results, if the call returned.
    pub fn returned(self) -> Option<R> {
        if let Outcome::Returned(results) = self { Some(results) } else { None }
    }

    /// The suspended call, if it was suspended.
    pub fn suspended(self) -> Option<SuspendedCall<R>> {
        if let Outcome::Suspended(call) = self { Some(call) } else { None }
    }
}

impl<R: CallResults> SuspendedCall<R> {
    /// What the host function suspended the call with, if that is a `P`.
    pub fn payload<P: Any>(&self) -> Option<&P> {
        self.call.payload().downcast_ref()
    }

    /// What the host function suspended the call with, if that is a `P`.
    pub fn payload_mut<P: Any>(&mut self) -> Option<&mut P> {
        self.call.payload_mut().downcast_mut()
    }

    /// Takes out what the host function suspended the call with, if that is a `P`.
    pub fn take_payload<P: Any>(&mut self) -> Option<P> {
        let payload = self.call.payload_mut();
        if !payload.is::<P>() {
            return None;
        }
        let payload = std::mem::replace(payload, Box::new(()));
        payload.downcast().ok().map(|payload| *payload)
    }

    /// The types of the values that the call waits for: the results of the host function that suspended it.
    pub fn awaited(&self) -> &[ValType] {
        self.call.awaited()
    }

    /// Where the guest is: its frames, as the trap would list them that the host function could have ended with. Calls that
    /// were in progress around this one are not among them.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) if the call was made in another runtime.
    pub fn backtrace<T>(&self, cx: &Context<T>) -> Result<Backtrace, Error> {
        self.call.backtrace(cx.store())
    }

    /// Goes on with the call, as if the host function that suspended it had returned `values`. The call may be suspended
    /// again.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) if the values are not of the types that are
    /// [awaited](SuspendedCall::awaited), or if the call was made in another runtime;
    /// [`ErrorKind::Closed`](crate::ErrorKind::Closed) if the runtime is closed; and what calls end with, see
    /// [`Func::call_dyn`](crate::Func::call_dyn). After an error the call has ended.
    ///
    /// # Panics
    ///
    /// If a host function panics: the panic goes on here.
    pub fn resume<T, V: WasmTypes>(self, cx: &mut Context<T>, values: V) -> Result<Outcome<R>, Error> {
        if !self.awaited().iter().copied().eq(V::types()) {
            let (awaited, given) = (FuncType::new([], self.awaited().to_vec()), typed::func_type::<(), V>());
            return Err(Error::usage(format!(
                "the suspended call waits for the results of {awaited}, not of {given}"
            )));
        }
        self.resume_with(cx, |store, slots| values.store(store, slots))
    }

    /// As [`SuspendedCall::resume`], with values whose types are not known at compile time.
    ///
    /// # Errors
    ///
    /// As [`SuspendedCall::resume`].
    ///
    /// # Panics
    ///
    /// If a host function panics: the panic goes on here.
    pub fn resume_dyn<T>(self, cx: &mut Context<T>, values: &[Value]) -> Result<Outcome<R>, Error> {
        typed::check_values(values, self.awaited(), "value")?;
        let types = self.awaited().to_vec();
        self.resume_with(cx, |store, slots| typed::store_values(values, &types, store, slots))
    }

    /// Goes on with the call, as if the host function that suspended it had failed with `error`: the call ends with that
    /// error. If it is a [`Suspend`](crate::Suspend), the call is suspended with its payload, where it was.
    ///
    /// ```
    /// use std::io;
    /// use wz_api::{HostModule, ModuleConfig, Runtime, Suspend};
    ///
    /// let mut rt = Runtime::new(Default::default())?;
    /// rt.instantiate_host(&HostModule::new("env").func("read", || Err::<i32, _>(Suspend::new(()))))?;
    /// let code = rt.compile(r#"
    ///     (module
    ///         (import "env" "read" (func $read (result i32)))
    ///         (func (export "run") (result i32) (i32.add (call $read) (i32.const 1))))"#)?;
    /// let run = rt.instantiate(&code, ModuleConfig::new())?.func::<(), i32>(&rt, "run")?;
    ///
    /// let call = run.call_resumable(&mut rt, ())?.suspended().unwrap();
    /// let error = call.resume_err(&mut rt, io::Error::from(io::ErrorKind::UnexpectedEof)).unwrap_err();
    /// assert_eq!(error.downcast_host::<io::Error>().unwrap().kind(), io::ErrorKind::UnexpectedEof);
    /// # Ok::<(), wz_api::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The error, as [`Func::call_dyn`](crate::Func::call_dyn) gives those of host functions;
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) if the call was made in another runtime, and
    /// [`ErrorKind::Closed`](crate::ErrorKind::Closed) if the runtime is closed. After an error the call has ended.
    ///
    /// # Panics
    ///
    /// If the error is a panic of a host function: it goes on here.
    pub fn resume_err<T>(
        self,
        cx: &mut Context<T>,
        error: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Result<Outcome<R>, Error> {
        cx.check_open()?;
        let SuspendedCall { call, types, results } = self;
        let call = cx.resume_err(call, host_error(error))?;
        Ok(Outcome::Suspended(SuspendedCall { call, types, results }))
    }

    fn resume_with<T>(
        self,
        cx: &mut Context<T>,
        store_values: impl FnOnce(&mut Store, &mut [u64]) -> Result<(), Error>,
    ) -> Result<Outcome<R>, Error> {
        cx.check_open()?;
        let SuspendedCall { call, types, .. } = self;
        let (mut few, mut many) = ([0; 32], Vec::new());
        let slots = match few.get_mut(..call.slots()) {
            Some(slots) => slots,
            None => {
                many.resize(call.slots(), 0);
                &mut many[..]
            }
        };
        let mark = cx.store().root_mark();
        let outcome = store_values(cx.store_mut(), slots)
            .and_then(|()| cx.resume(call, slots))
            .map(|suspended| Outcome::new(suspended, types, cx.store(), slots));
        cx.store_mut().release_roots(mark);
        outcome
    }
}

impl<R: CallResults> fmt::Debug for SuspendedCall<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SuspendedCall").field("awaited", &self.awaited()).finish_non_exhaustive()
    }
}
