//! Functions, and calls of them.

use crate::context::Context;
use crate::module::{ItemKind, check_item};
use crate::typed::{self, WasmTypes};
use crate::{Error, FuncType, Outcome, Value};
use std::fmt;
use std::marker::PhantomData;
use wz_core::runtime::{Callee, Extern as Item, Store, StoreId};

/// A function of an instance, or a host function: a handle that is checked at each use.
///
/// Handles are equal if they name the same function of the same instance.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Func {
    store: StoreId,
    item: Item,
}

impl Func {
    pub(crate) fn new(store: StoreId, item: Item) -> Func {
        Func { store, item }
    }

    pub(crate) fn item(self, store: &Store) -> Result<Item, Error> {
        check_item(self.store, self.item, store, ItemKind::Func)
    }

    /// The function's type.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Closed`](crate::ErrorKind::Closed) if its instance is closed;
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) if it is of another runtime.
    pub fn ty<T>(&self, cx: &Context<T>) -> Result<FuncType, Error> {
        cx.store().func_type(self.item(cx.store())?).cloned()
    }

    /// The function with parameters and results of Rust types, for calls without further checks.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) if the function is of another type or of another runtime;
    /// [`ErrorKind::Closed`](crate::ErrorKind::Closed).
    pub fn typed<P: WasmTypes, R: WasmTypes>(
        &self,
        cx: &Context<impl Sized + 'static>,
    ) -> Result<TypedFunc<P, R>, Error> {
        let ty = cx.store().func_type(self.item(cx.store())?)?;
        let fits = ty.params().iter().copied().eq(P::types()) && ty.results().iter().copied().eq(R::types());
        if !fits {
            return Err(Error::usage(format!(
                "the function's type is {ty}, not {}",
                typed::func_type::<P, R>()
            )));
        }
        Ok(TypedFunc { callee: cx.store().callee(self.item)?, signature: PhantomData })
    }

    /// Calls the function.
    ///
    /// ```
    /// use wz_api::{ModuleConfig, Runtime, Value};
    ///
    /// let mut rt = Runtime::new(Default::default())?;
    /// let code = rt.compile(r#"(module (func (export "neg") (param f64) (result f64) local.get 0 f64.neg))"#)?;
    /// let neg = rt.instantiate(&code, ModuleConfig::new())?.func_dyn(&rt, "neg")?;
    /// assert_eq!(neg.call_dyn(&mut rt, &[Value::from(1.5)])?, [Value::from(-1.5)]);
    /// # Ok::<(), wz_api::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) if the arguments do not fit the type or the function is of another
    /// runtime; [`ErrorKind::Closed`](crate::ErrorKind::Closed); and what the call ends with:
    /// [`ErrorKind::Trap`](crate::ErrorKind::Trap), [`ErrorKind::Exit`](crate::ErrorKind::Exit),
    /// [`ErrorKind::Host`](crate::ErrorKind::Host), [`ErrorKind::Limit`](crate::ErrorKind::Limit).
    ///
    /// # Panics
    ///
    /// If a host function panics: the panic goes on here.
    pub fn call_dyn<T>(&self, cx: &mut Context<T>, args: &[Value]) -> Result<Vec<Value>, Error> {
        let item = self.item(cx.store())?;
        let ty = cx.store().func_type(item)?.clone();
        let callee = cx.store().callee(item)?;
        typed::check_values(args, ty.params(), "argument")?;
        let mut slots = vec![0; ty.param_slots().max(ty.result_slots())];
        let mark = cx.store().root_mark();
        let outcome = typed::store_values(args, ty.params(), cx.store_mut(), &mut slots)
            .and_then(|()| cx.enter(&callee, &mut slots))
            .map(|()| typed::load_values(ty.results(), cx.store(), &slots).collect());
        cx.store_mut().release_roots(mark);
        outcome
    }

    /// Calls the function in a way that host functions may suspend, as [`TypedFunc::call_resumable`].
    ///
    /// # Errors
    ///
    /// As [`Func::call_dyn`].
    ///
    /// # Panics
    ///
    /// If a host function panics: the panic goes on here.
    pub fn call_dyn_resumable<T>(
        &self,
        cx: &mut Context<T>,
        args: &[Value],
    ) -> Result<Outcome<Vec<Value>>, Error> {
        let item = self.item(cx.store())?;
        let ty = cx.store().func_type(item)?.clone();
        let callee = cx.store().callee(item)?;
        typed::check_values(args, ty.params(), "argument")?;
        let mut slots = vec![0; ty.param_slots().max(ty.result_slots())];
        let mark = cx.store().root_mark();
        let outcome = typed::store_values(args, ty.params(), cx.store_mut(), &mut slots)
            .and_then(|()| cx.enter_resumable(&callee, &mut slots))
            .map(|suspended| Outcome::new(suspended, ty, cx.store(), &slots));
        cx.store_mut().release_roots(mark);
        outcome
    }
}

/// A function whose type has been checked: see [`Module::func`](crate::Module::func).
pub struct TypedFunc<P, R> {
    callee: Callee,
    signature: PhantomData<fn(P) -> R>,
}

impl<P, R> Clone for TypedFunc<P, R> {
    fn clone(&self) -> TypedFunc<P, R> {
        *self
    }
}

impl<P, R> Copy for TypedFunc<P, R> {}

impl<P, R> fmt::Debug for TypedFunc<P, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TypedFunc").field(&self.callee.item()).finish()
    }
}

impl<P: WasmTypes, R: WasmTypes> TypedFunc<P, R> {
    const SLOTS: usize = if P::SLOTS > R::SLOTS { P::SLOTS } else { R::SLOTS };

    /// The function without its types.
    pub fn func(&self) -> Func {
        Func::new(self.callee.store(), self.callee.item())
    }

    /// Calls the function. Nothing is allocated.
    ///
    /// # Errors
    ///
    /// As [`Func::call_dyn`], but arguments cannot be of a wrong type.
    ///
    /// # Panics
    ///
    /// If a host function panics: the panic goes on here.
    pub fn call<T>(&self, cx: &mut Context<T>, params: P) -> Result<R, Error> {
        // The array is cleared at each call: it should not be much larger than the signature needs.
        match Self::SLOTS {
            0..=4 => self.call_with(cx, params, &mut [0; 4][..Self::SLOTS]),
            5..=8 => self.call_with(cx, params, &mut [0; 8][..Self::SLOTS]),
            // The most that 16 values take.
            _ => self.call_with(cx, params, &mut [0; 32][..Self::SLOTS]),
        }
    }

    /// Calls the function in a way that host functions may suspend: those that its guest calls, not those that guests call
    /// which these call again. Any other call that a host function suspends ends with an error of
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage), a start function's too.
    ///
    /// What a host function does for that is to return a [`Suspend`](crate::Suspend); see [`SuspendedCall`](crate::SuspendedCall).
    ///
    /// # Errors
    ///
    /// As [`TypedFunc::call`].
    ///
    /// # Panics
    ///
    /// If a host function panics: the panic goes on here.
    pub fn call_resumable<T>(&self, cx: &mut Context<T>, params: P) -> Result<Outcome<R>, Error> {
        // The most that 16 values take.
        let slots = &mut [0; 32][..Self::SLOTS];
        let mark = cx.store().root_mark();
        let outcome = params
            .store(cx.store_mut(), slots)
            .and_then(|()| cx.enter_resumable(&self.callee, slots))
            .map(|suspended| Outcome::new(suspended, (), cx.store(), slots));
        cx.store_mut().release_roots(mark);
        outcome
    }

    #[inline(always)]
    fn call_with<T>(&self, cx: &mut Context<T>, params: P, slots: &mut [u64]) -> Result<R, Error> {
        let mark = cx.store().root_mark();
        let outcome = params
            .store(cx.store_mut(), slots)
            .and_then(|()| cx.enter(&self.callee, slots))
            .map(|()| R::load(cx.store(), slots));
        cx.store_mut().release_roots(mark);
        outcome
    }
}
