//! Closures as host functions.

use crate::context::Embedding;
use crate::typed::{WasmType, WasmTypes, check_values, for_each_arity, load_values, store_values};
use crate::{Caller, Error, FuncType, Value};
use std::error::Error as StdError;
use std::sync::Arc;
use wz_core::runtime::HostFunc;

/// What a host function may return: nothing, a [`WasmType`], a tuple of them, or a `Result` of these.
///
/// The error of a `Result` is anything that converts to a boxed error, text included; the caller of the guest gets it
/// back unchanged from [`Error::into_host`]. An [`Error`] of wz stays what it is: returning [`Error::exit`] ends the
/// guest, returning one made from a [`TrapCode`](crate::TrapCode) traps. Returning a [`Suspend`](crate::Suspend) suspends
/// the call.
pub trait HostResults {
    /// The results.
    #[doc(hidden)]
    type Values: WasmTypes;

    #[doc(hidden)]
    fn into_values(self) -> Result<Self::Values, Error>;
}

impl<R: WasmTypes> HostResults for R {
    type Values = R;

    #[inline]
    fn into_values(self) -> Result<R, Error> {
        Ok(self)
    }
}

impl<R: WasmTypes, E: Into<Box<dyn StdError + Send + Sync>>> HostResults for Result<R, E> {
    type Values = R;

    #[inline]
    fn into_values(self) -> Result<R, Error> {
        self.map_err(host_error)
    }
}

/// The error that a host function returned, as the guest's caller gets it.
pub(crate) fn host_error<E: Into<Box<dyn StdError + Send + Sync>>>(error: E) -> Error {
    match error.into().downcast::<Error>() {
        Ok(own) => *own,
        Err(other) => Error::host(other),
    }
}

/// A closure that can be a host function: `Fn(A..) -> R` or `Fn(Caller<T>, A..) -> R`, with up to 16 parameters that are
/// [`WasmType`]s and with results that are [`HostResults`].
pub trait IntoHostFunc<T: 'static, Marker>: Send + Sync + 'static {
    /// The host function.
    #[doc(hidden)]
    fn into_host_func(self) -> HostFunc;
}

/// Marks closures that take the calling module.
#[doc(hidden)]
#[derive(Debug)]
pub struct WithCaller;

macro_rules! closure {
    ($($name:ident)*) => {
        impl<T, F, R, $($name),*> IntoHostFunc<T, fn($($name,)*) -> R> for F
        where
            T: 'static,
            F: Fn($($name),*) -> R + Send + Sync + 'static,
            R: HostResults + 'static,
            $($name: WasmType,)*
        {
            #[allow(non_snake_case)]
            fn into_host_func(self) -> HostFunc {
                let ty = FuncType::new(<($($name,)*)>::types(), R::Values::types());
                HostFunc {
                    ty,
                    callback: Box::new(move |embedder, _, slots| {
                        let ($($name,)*) = <($($name,)*)>::load(&*embedder, slots);
                        let values = self($($name),*).into_values()?;
                        values.store(embedder, slots)
                    }),
                }
            }
        }

        impl<T, F, R, $($name),*> IntoHostFunc<T, (WithCaller, fn($($name,)*) -> R)> for F
        where
            T: 'static,
            F: for<'a> Fn(Caller<'a, T>, $($name),*) -> R + Send + Sync + 'static,
            R: HostResults + 'static,
            $($name: WasmType,)*
        {
            #[allow(non_snake_case)]
            fn into_host_func(self) -> HostFunc {
                let ty = FuncType::new(<($($name,)*)>::types(), R::Values::types());
                HostFunc {
                    ty,
                    callback: Box::new(move |embedder, instance, slots| {
                        let context = Embedding::<T>::from_embedder(embedder)?;
                        let ($($name,)*) = <($($name,)*)>::load(context.store(), slots);
                        let values = self(Caller::new(&mut *context, instance), $($name),*).into_values()?;
                        values.store(context.store_mut(), slots)
                    }),
                }
            }
        }
    };
}

for_each_arity!(closure);

/// A host function of a type that is not known at compile time.
pub(crate) fn dynamic<T, F>(ty: FuncType, func: F) -> HostFunc
where
    T: 'static,
    F: Fn(Caller<'_, T>, &[Value], &mut [Value]) -> Result<(), Error> + Send + Sync + 'static,
{
    let signature = Arc::new(ty.clone());
    HostFunc {
        ty,
        callback: Box::new(move |embedder, instance, slots| {
            let context = Embedding::<T>::from_embedder(embedder)?;
            let args: Vec<Value> = load_values(signature.params(), context.store(), slots).collect();
            let zeros = signature.results().iter().map(|ty| Value::zero(*ty).unwrap_or(Value::FuncRef(None)));
            let mut results: Vec<Value> = zeros.collect();
            func(Caller::new(&mut *context, instance), &args, &mut results)?;
            check_values(&results, signature.results(), "result")?;
            store_values(&results, signature.results(), context.store_mut(), slots)
        }),
    }
}
