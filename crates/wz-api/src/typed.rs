//! Rust types that stand for WebAssembly types, for calls that are checked once.

use crate::refs;
use crate::{Error, ExternRef, Func, FuncType, ValType, Value};
use wz_core::runtime::Store;

pub(crate) mod sealed {
    use wz_core::runtime::{Embedder, Store};

    /// Keeps traits of this crate from being implemented elsewhere.
    pub trait Sealed {}

    /// What leads to the store of values. Only references need it: for other values nothing is called.
    pub trait HasStore {
        /// The store.
        fn store_of(&self) -> &Store;

        /// The store.
        fn store_of_mut(&mut self) -> &mut Store;
    }

    impl HasStore for Store {
        #[inline]
        fn store_of(&self) -> &Store {
            self
        }

        #[inline]
        fn store_of_mut(&mut self) -> &mut Store {
            self
        }
    }

    impl HasStore for dyn Embedder + '_ {
        #[inline]
        fn store_of(&self) -> &Store {
            self.store()
        }

        #[inline]
        fn store_of_mut(&mut self) -> &mut Store {
            self.store_mut()
        }
    }
}

use sealed::{HasStore, Sealed};

/// A Rust type that stands for one WebAssembly type: `i32`, `u32` (i32), `i64`, `u64` (i64), `f32`, `f64`, `u128` (v128),
/// `Option<Func>` (funcref), `Option<ExternRef>` (externref).
pub trait WasmType: Sealed + Sized + Send + 'static {
    /// The WebAssembly type.
    const TYPE: ValType;

    /// 64-bit slots that a value takes.
    #[doc(hidden)]
    const SLOTS: usize = if matches!(Self::TYPE, ValType::V128) { 2 } else { 1 };

    #[doc(hidden)]
    fn store(self, cx: &mut (impl HasStore + ?Sized), slots: &mut [u64]) -> Result<(), Error>;

    #[doc(hidden)]
    fn load(cx: &(impl HasStore + ?Sized), slots: &[u64]) -> Self;
}

macro_rules! scalar {
    ($($rust:ty, $wasm:ident, |$v:ident| $to:expr, |$slot:ident| $from:expr;)*) => {
        $(
            impl Sealed for $rust {}

            impl WasmType for $rust {
                const TYPE: ValType = ValType::$wasm;

                #[inline]
                fn store(self, _: &mut (impl HasStore + ?Sized), slots: &mut [u64]) -> Result<(), Error> {
                    let $v = self;
                    slots[0] = $to;
                    Ok(())
                }

                #[inline]
                fn load(_: &(impl HasStore + ?Sized), slots: &[u64]) -> $rust {
                    let $slot = slots[0];
                    $from
                }
            }
        )*
    };
}

scalar! {
    i32, I32, |v| u64::from(v.cast_unsigned()), |slot| slot as i32;
    u32, I32, |v| u64::from(v), |slot| slot as u32;
    i64, I64, |v| v.cast_unsigned(), |slot| slot.cast_signed();
    u64, I64, |v| v, |slot| slot;
    f32, F32, |v| u64::from(v.to_bits()), |slot| f32::from_bits(slot as u32);
    f64, F64, |v| v.to_bits(), |slot| f64::from_bits(slot);
}

impl Sealed for u128 {}

impl WasmType for u128 {
    const TYPE: ValType = ValType::V128;

    fn store(self, _: &mut (impl HasStore + ?Sized), slots: &mut [u64]) -> Result<(), Error> {
        slots[0] = self as u64;
        slots[1] = (self >> 64) as u64;
        Ok(())
    }

    fn load(_: &(impl HasStore + ?Sized), slots: &[u64]) -> u128 {
        u128::from(slots[0]) | u128::from(slots[1]) << 64
    }
}

impl Sealed for Option<Func> {}

impl WasmType for Option<Func> {
    const TYPE: ValType = ValType::FUNCREF;

    fn store(self, cx: &mut (impl HasStore + ?Sized), slots: &mut [u64]) -> Result<(), Error> {
        slots[0] = refs::func_to_slot(cx.store_of_mut(), self)?;
        Ok(())
    }

    fn load(cx: &(impl HasStore + ?Sized), slots: &[u64]) -> Option<Func> {
        refs::func_from_slot(cx.store_of(), slots[0])
    }
}

impl Sealed for Option<ExternRef> {}

impl WasmType for Option<ExternRef> {
    const TYPE: ValType = ValType::EXTERNREF;

    fn store(self, cx: &mut (impl HasStore + ?Sized), slots: &mut [u64]) -> Result<(), Error> {
        slots[0] = refs::extern_to_slot(cx.store_of_mut(), self)?;
        Ok(())
    }

    fn load(cx: &(impl HasStore + ?Sized), slots: &[u64]) -> Option<ExternRef> {
        refs::extern_from_slot(cx.store_of(), slots[0])
    }
}

/// The parameters or the results of a function as Rust types: a [`WasmType`], or a tuple of up to 16 of them.
pub trait WasmTypes: Send + 'static {
    /// 64-bit slots that the values take.
    #[doc(hidden)]
    const SLOTS: usize;

    /// Calls `each` with the WebAssembly types, in order.
    #[doc(hidden)]
    fn types() -> impl Iterator<Item = ValType>;

    #[doc(hidden)]
    fn store(self, cx: &mut (impl HasStore + ?Sized), slots: &mut [u64]) -> Result<(), Error>;

    #[doc(hidden)]
    fn load(cx: &(impl HasStore + ?Sized), slots: &[u64]) -> Self;
}

impl<A: WasmType> WasmTypes for A {
    const SLOTS: usize = A::SLOTS;

    fn types() -> impl Iterator<Item = ValType> {
        std::iter::once(A::TYPE)
    }

    #[inline]
    fn store(self, cx: &mut (impl HasStore + ?Sized), slots: &mut [u64]) -> Result<(), Error> {
        WasmType::store(self, cx, slots)
    }

    #[inline]
    fn load(cx: &(impl HasStore + ?Sized), slots: &[u64]) -> A {
        WasmType::load(cx, slots)
    }
}

macro_rules! tuple {
    ($($name:ident)*) => {
        impl<$($name: WasmType),*> WasmTypes for ($($name,)*) {
            const SLOTS: usize = 0 $(+ $name::SLOTS)*;

            fn types() -> impl Iterator<Item = ValType> {
                [$($name::TYPE),*].into_iter()
            }

            #[inline]
            #[allow(non_snake_case, unused)]
            fn store(self, cx: &mut (impl HasStore + ?Sized), slots: &mut [u64]) -> Result<(), Error> {
                let ($($name,)*) = self;
                let mut at = 0;
                $(
                    $name.store(cx, &mut slots[at..at + $name::SLOTS])?;
                    at += $name::SLOTS;
                )*
                Ok(())
            }

            #[inline]
            #[allow(non_snake_case, unused, clippy::unused_unit)]
            fn load(cx: &(impl HasStore + ?Sized), slots: &[u64]) -> Self {
                let mut at = 0;
                $(
                    let $name = <$name as WasmType>::load(cx, &slots[at..at + $name::SLOTS]);
                    at += $name::SLOTS;
                )*
                ($($name,)*)
            }
        }
    };
}

macro_rules! for_each_arity {
    ($macro:ident) => {
        $macro! {}
        $macro! { A1 }
        $macro! { A1 A2 }
        $macro! { A1 A2 A3 }
        $macro! { A1 A2 A3 A4 }
        $macro! { A1 A2 A3 A4 A5 }
        $macro! { A1 A2 A3 A4 A5 A6 }
        $macro! { A1 A2 A3 A4 A5 A6 A7 }
        $macro! { A1 A2 A3 A4 A5 A6 A7 A8 }
        $macro! { A1 A2 A3 A4 A5 A6 A7 A8 A9 }
        $macro! { A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 }
        $macro! { A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 }
        $macro! { A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 }
        $macro! { A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 }
        $macro! { A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 }
        $macro! { A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 }
        $macro! { A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16 }
    };
}

pub(crate) use for_each_arity;

for_each_arity!(tuple);

/// The function type that `P` and `R` stand for.
pub(crate) fn func_type<P: WasmTypes, R: WasmTypes>() -> FuncType {
    FuncType::new(P::types(), R::types())
}

/// Writes `value` to its slots.
pub(crate) fn store_value(value: &Value, store: &mut Store, slots: &mut [u64]) -> Result<(), Error> {
    match value {
        Value::I32(v) => WasmType::store(*v, store, slots),
        Value::I64(v) => WasmType::store(*v, store, slots),
        Value::F32(bits) => WasmType::store(*bits, store, slots),
        Value::F64(bits) => WasmType::store(*bits, store, slots),
        Value::V128(v) => WasmType::store(*v, store, slots),
        Value::FuncRef(f) => WasmType::store(*f, store, slots),
        Value::ExternRef(r) => WasmType::store(r.clone(), store, slots),
    }
}

/// Reads a value of type `ty` from its slots.
pub(crate) fn load_value(ty: ValType, store: &Store, slots: &[u64]) -> Value {
    match ty {
        ValType::I32 => Value::I32(WasmType::load(store, slots)),
        ValType::I64 => Value::I64(WasmType::load(store, slots)),
        ValType::F32 => Value::F32(WasmType::load(store, slots)),
        ValType::F64 => Value::F64(WasmType::load(store, slots)),
        ValType::V128 => Value::V128(WasmType::load(store, slots)),
        ValType::Ref(r) => match r.heap {
            wz_core::types::HeapType::Func => Value::FuncRef(WasmType::load(store, slots)),
            // The only other heap type that modules of this build can name.
            _ => Value::ExternRef(WasmType::load(store, slots)),
        },
    }
}

/// Writes `values` to consecutive slots, after checking that they are of types `types`.
pub(crate) fn store_values(
    values: &[Value],
    types: &[ValType],
    store: &mut Store,
    slots: &mut [u64],
) -> Result<(), Error> {
    let mut at = 0;
    for (value, ty) in values.iter().zip(types) {
        store_value(value, store, &mut slots[at..])?;
        at += ty.slots();
    }
    Ok(())
}

/// Checks that `values` are of types `types`; `what` names them in the error.
pub(crate) fn check_values(values: &[Value], types: &[ValType], what: &str) -> Result<(), Error> {
    if values.len() != types.len() {
        return Err(Error::usage(format!("expected {} {what}s, got {}", types.len(), values.len())));
    }
    for (i, (value, ty)) in values.iter().zip(types).enumerate() {
        if !is_of_type(value, *ty) {
            return Err(Error::usage(format!("{what} {i} must be {ty}, got {}", value.ty())));
        }
    }
    Ok(())
}

/// Checks that `value` is of type `ty`; `what` names it in the error.
pub(crate) fn check_value(value: &Value, ty: ValType, what: &str) -> Result<(), Error> {
    if is_of_type(value, ty) {
        return Ok(());
    }
    Err(Error::usage(format!("{what} must be {ty}, got {}", value.ty())))
}

/// Whether `value` is of type `ty`.
pub(crate) fn is_of_type(value: &Value, ty: ValType) -> bool {
    match (value, ty) {
        (Value::FuncRef(f), ValType::Ref(r)) => {
            r.heap == wz_core::types::HeapType::Func && (r.nullable || f.is_some())
        }
        (Value::ExternRef(e), ValType::Ref(r)) => {
            r.heap == wz_core::types::HeapType::Extern && (r.nullable || e.is_some())
        }
        _ => value.ty() == ty,
    }
}

/// Reads values of types `types` from consecutive slots.
pub(crate) fn load_values<'a>(
    types: &'a [ValType],
    store: &'a Store,
    slots: &'a [u64],
) -> impl Iterator<Item = Value> + 'a {
    let mut at = 0;
    types.iter().map(move |ty| {
        let value = load_value(*ty, store, &slots[at..]);
        at += ty.slots();
        value
    })
}
