//! Ops that compute a value from values: the traits that give each op its meaning, and their handlers.

use super::value::{Source, Value};
use super::{Flow, Handler, Regs, X, Y, Z};
use std::marker::PhantomData;
use wz_core::TrapCode;

/// `A -> R`.
pub(crate) trait Unary {
    /// Operand.
    type A: Value;
    /// Result.
    type R: Value;
    /// Computes it.
    fn eval(a: Self::A) -> Result<Self::R, TrapCode>;
}

/// `A, B -> R`.
pub(crate) trait Binary {
    /// First operand.
    type A: Value;
    /// Second operand.
    type B: Value;
    /// Result.
    type R: Value;
    /// Computes it.
    fn eval(a: Self::A, b: Self::B) -> Result<Self::R, TrapCode>;
}

/// A comparison of two values.
pub(crate) trait Compare {
    /// What it compares.
    type V: Value;
    /// Whether it holds.
    fn holds(a: Self::V, b: Self::V) -> bool;
}

/// A test of one value.
pub(crate) trait Test {
    /// What it tests.
    type V: Value;
    /// Whether it holds.
    fn holds(a: Self::V) -> bool;
}

/// Defines ops: `Name(a: type, ..) -> type { expression }`; after `try`, the expression is a `Result`.
macro_rules! ops {
    ($($(#[$attr:meta])* $name:ident($a:ident: $ta:ty) -> $r:ty $body:block)*) => {
        $($(#[$attr])* pub(crate) struct $name;
        impl $crate::exec::arith::Unary for $name {
            type A = $ta;
            type R = $r;
            #[inline(always)]
            fn eval($a: $ta) -> Result<$r, wz_core::TrapCode> { Ok($body) }
        })*
    };
    (try $($name:ident($a:ident: $ta:ty) -> $r:ty $body:block)*) => {
        $(pub(crate) struct $name;
        impl $crate::exec::arith::Unary for $name {
            type A = $ta;
            type R = $r;
            #[inline(always)]
            fn eval($a: $ta) -> Result<$r, wz_core::TrapCode> { $body }
        })*
    };
    ($($name:ident($a:ident: $ta:ty, $b:ident: $tb:ty) -> $r:ty $body:block)*) => {
        $(pub(crate) struct $name;
        impl $crate::exec::arith::Binary for $name {
            type A = $ta;
            type B = $tb;
            type R = $r;
            #[inline(always)]
            fn eval($a: $ta, $b: $tb) -> Result<$r, wz_core::TrapCode> { Ok($body) }
        })*
    };
    (try $($name:ident($a:ident: $ta:ty, $b:ident: $tb:ty) -> $r:ty $body:block)*) => {
        $(pub(crate) struct $name;
        impl $crate::exec::arith::Binary for $name {
            type A = $ta;
            type B = $tb;
            type R = $r;
            #[inline(always)]
            fn eval($a: $ta, $b: $tb) -> Result<$r, wz_core::TrapCode> { $body }
        })*
    };
}

/// Defines comparisons: as values, and as conditions.
macro_rules! comparisons {
    ($($name:ident($a:ident, $b:ident: $v:ty) $body:block)*) => {
        $($crate::exec::arith::ops! { $name($a: $v, $b: $v) -> u32 { u32::from($body) } }
        impl $crate::exec::arith::Compare for $name {
            type V = $v;
            #[inline(always)]
            fn holds($a: $v, $b: $v) -> bool { $body }
        })*
    };
    ($($name:ident($a:ident: $v:ty) $body:block)*) => {
        $($crate::exec::arith::ops! { $name($a: $v) -> u32 { u32::from($body) } }
        impl $crate::exec::arith::Test for $name {
            type V = $v;
            #[inline(always)]
            fn holds($a: $v) -> bool { $body }
        })*
    };
}

pub(crate) use {comparisons, ops};

/// `x <- O(y)`
pub(crate) struct Un<O, A>(PhantomData<(O, A)>);

impl<O: Unary, A: Source<O::A>> Handler for Un<O, A> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the invariants of `exec`; the fields are operands of the op's classes.
        unsafe {
            let value = O::eval(A::get(&r, Y))?;
            r.put(X, value);
        }
        r.skip(1 + A::WORDS)
    }
}

/// `x <- O(y, z)`
pub(crate) struct Bin<O, A, B>(PhantomData<(O, A, B)>);

impl<O: Binary, A: Source<O::A>, B: Source<O::B>> Handler for Bin<O, A, B> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the invariants of `exec`; the fields are operands of the op's classes.
        unsafe {
            let value = O::eval(A::get(&r, Y), B::get(&r, Z))?;
            r.put(X, value);
        }
        r.skip(1 + A::WORDS + B::WORDS)
    }
}
