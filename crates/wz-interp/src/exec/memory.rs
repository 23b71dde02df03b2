//! Scalar loads and stores, and the handlers of all loads and stores.
//!
//! Forms of a load or store: *near*, memory 0 at a 32-bit address plus a 16-bit offset; *absolute*, memory 0 at a
//! constant address; *offset*, memory 0 at a 32-bit address plus a 32-bit offset; *wide*, any memory, 64-bit addresses and offsets; *shared*, as wide in a shared memory.

use super::access::{Bytes, far, near};
use super::value::{Source, V128, Value};
use super::{Flow, Handler, Regs, X, Y, Z};
use std::marker::PhantomData;

/// A load: what it reads and what it makes of it.
pub(crate) trait Load {
    /// In memory.
    type M: Bytes;
    /// The result.
    type R: Value;
    /// The result.
    fn extend(m: Self::M) -> Self::R;
}

/// A store: what it stores and what of it.
pub(crate) trait Store {
    /// The operand.
    type V: Value;
    /// In memory.
    type M: Bytes;
    /// What is written.
    fn wrap(v: Self::V) -> Self::M;
}

macro_rules! loads {
    ($($name:ident($m:ident: $mt:ty) -> $r:ty $body:block)*) => {
        $(pub(crate) struct $name;
        impl $crate::exec::memory::Load for $name {
            type M = $mt;
            type R = $r;
            #[inline(always)]
            fn extend($m: $mt) -> $r { $body }
        })*
    };
}

macro_rules! stores {
    ($($name:ident($v:ident: $vt:ty) -> $m:ty $body:block)*) => {
        $(pub(crate) struct $name;
        impl $crate::exec::memory::Store for $name {
            type V = $vt;
            type M = $m;
            #[inline(always)]
            fn wrap($v: $vt) -> $m { $body }
        })*
    };
}

pub(crate) use loads;

loads! {
    I32Load(m: u32) -> u32 { m }
    I32Load8S(m: u8) -> u32 { i32::from(m as i8) as u32 }
    I32Load8U(m: u8) -> u32 { u32::from(m) }
    I32Load16S(m: u16) -> u32 { i32::from(m as i16) as u32 }
    I32Load16U(m: u16) -> u32 { u32::from(m) }
    I64Load(m: u64) -> u64 { m }
    I64Load8S(m: u8) -> u64 { i64::from(m as i8) as u64 }
    I64Load8U(m: u8) -> u64 { u64::from(m) }
    I64Load16S(m: u16) -> u64 { i64::from(m as i16) as u64 }
    I64Load16U(m: u16) -> u64 { u64::from(m) }
    I64Load32S(m: u32) -> u64 { i64::from(m as i32) as u64 }
    I64Load32U(m: u32) -> u64 { u64::from(m) }
    F32Load(m: u32) -> f32 { f32::from_bits(m) }
    F64Load(m: u64) -> f64 { f64::from_bits(m) }
    V128Load(m: V128) -> V128 { m }
}

stores! {
    I32Store(v: u32) -> u32 { v }
    I32Store8(v: u32) -> u8 { v as u8 }
    I32Store16(v: u32) -> u16 { v as u16 }
    I64Store(v: u64) -> u64 { v }
    I64Store8(v: u64) -> u8 { v as u8 }
    I64Store16(v: u64) -> u16 { v as u16 }
    I64Store32(v: u64) -> u32 { v as u32 }
    F32Store(v: f32) -> u32 { v.to_bits() }
    F64Store(v: f64) -> u64 { v.to_bits() }
    V128Store(v: V128) -> V128 { v }
}

/// `x <- memory 0 [y + offset z]`
pub(crate) struct LoadNear<O, A>(PhantomData<(O, A)>);
/// `x <- memory 0 [imm]`
pub(crate) struct LoadAbs<O>(PhantomData<O>);
/// `x <- memory 0 [y + 32-bit offset in word 1]`
pub(crate) struct LoadOffset<O, A>(PhantomData<(O, A)>);
/// `x <- memory z [y + offset in word 1]`
pub(crate) struct LoadWide<O, const SHARED: bool>(PhantomData<O>);

impl<O: Load, A: Source<u32>> Handler for LoadNear<O, A> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the invariants of `exec`; the address is in range as `near` checked.
        unsafe {
            let address = u64::from(A::get(&r, Y)) + u64::from(r.ufield(Z));
            let p = near(&r, address, O::M::SIZE)?;
            r.put(X, O::extend(O::M::load(p)));
        }
        r.skip(1)
    }
}

impl<O: Load, A: Source<u32>> Handler for LoadOffset<O, A> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: as above.
        unsafe {
            let p = near(&r, u64::from(A::get(&r, Y)) + u64::from(r.pair(1).0), O::M::SIZE)?;
            r.put(X, O::extend(O::M::load(p)));
        }
        r.skip(2)
    }
}

impl<O: Load> Handler for LoadAbs<O> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: as above.
        unsafe {
            let p = near(&r, u64::from(r.imm()), O::M::SIZE)?;
            r.put(X, O::extend(O::M::load(p)));
        }
        r.skip(1)
    }
}

impl<O: Load, const SHARED: bool> Handler for LoadWide<O, SHARED> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: as above, `far` checked; the encoder chose SHARED by the memory's type.
        unsafe {
            let p = far(&r, r.ufield(Z).into(), u64::read(r.slot(Y)), r.data(1), O::M::SIZE)?;
            let m = if SHARED { O::M::load_shared(p) } else { O::M::load(p) };
            r.put(X, O::extend(m));
        }
        r.skip(2)
    }
}

/// `memory 0 [x + offset z] <- y`
pub(crate) struct StoreNear<O, A, V>(PhantomData<(O, A, V)>);
/// `memory 0 [imm] <- x`
pub(crate) struct StoreAbs<O, V>(PhantomData<(O, V)>);
/// `memory 0 [x + 32-bit offset in word 1] <- y`
pub(crate) struct StoreOffset<O>(PhantomData<O>);
/// `memory z [x + offset in word 1] <- y`
pub(crate) struct StoreWide<O, const SHARED: bool>(PhantomData<O>);

impl<O: Store, A: Source<u32>, V: Source<O::V>> Handler for StoreNear<O, A, V> {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: as above.
        unsafe {
            let address = u64::from(A::get(&r, X)) + u64::from(r.ufield(Z));
            let p = near(&r, address, O::M::SIZE)?;
            O::wrap(V::get(&r, Y)).store(p);
        }
        r.skip(1)
    }
}

impl<O: Store> Handler for StoreOffset<O> {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: as above.
        unsafe {
            let p = near(&r, u64::from(u32::read(r.slot(X))) + u64::from(r.pair(1).0), O::M::SIZE)?;
            O::wrap(O::V::read(r.slot(Y))).store(p);
        }
        r.skip(2)
    }
}

impl<O: Store, V: Source<O::V>> Handler for StoreAbs<O, V> {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: as above.
        unsafe {
            let p = near(&r, u64::from(r.imm()), O::M::SIZE)?;
            O::wrap(V::get(&r, X)).store(p);
        }
        r.skip(1)
    }
}

impl<O: Store, const SHARED: bool> Handler for StoreWide<O, SHARED> {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: as above.
        unsafe {
            let p = far(&r, r.ufield(Z).into(), u64::read(r.slot(X)), r.data(1), O::M::SIZE)?;
            let m = O::wrap(O::V::read(r.slot(Y)));
            if SHARED { m.store_shared(p) } else { m.store(p) }
        }
        r.skip(2)
    }
}
