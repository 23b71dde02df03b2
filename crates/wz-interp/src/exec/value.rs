//! Values, and where instructions find them.

use super::Regs;

/// A 128-bit vector: its bytes, lane 0 first, lanes little-endian. Kept as bytes, the compiler makes vector instructions of
/// loops over lanes; kept as a number, it does not.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct V128(pub [u8; 16]);

impl V128 {
    /// The vector whose lowest lane is in the lowest bits of `bits`.
    #[inline(always)]
    pub(crate) fn new(bits: u128) -> V128 {
        V128(bits.to_le_bytes())
    }

    /// The vector whose halves are these.
    #[inline(always)]
    pub(crate) fn from_halves(low: u64, high: u64) -> V128 {
        V128::new(u128::from(low) | u128::from(high) << 64)
    }

    /// Both halves, the low one first.
    #[inline(always)]
    pub(crate) fn halves(self) -> (u64, u64) {
        let bits = u128::from_le_bytes(self.0);
        (bits as u64, (bits >> 64) as u64)
    }
}

/// A value as it is in slots: 32-bit ones zero-extended, a vector in two slots, low half first.
pub(crate) trait Value: Copy {
    /// Reads it from a slot.
    ///
    /// # Safety
    ///
    /// `slot` is readable, with the next one for a vector.
    unsafe fn read(slot: *const u64) -> Self;

    /// Writes it to a slot.
    ///
    /// # Safety
    ///
    /// `slot` is writable, with the next one for a vector.
    unsafe fn write(self, slot: *mut u64);

    /// Puts it into the accumulator of its class; vectors have none.
    fn accumulate(self, r: &mut Regs);

    /// The value whose slot is `bits`.
    fn from_bits(bits: u64) -> Self;
}

/// A value that has an accumulator.
pub(crate) trait Scalar: Value {
    /// The accumulator.
    fn accumulated(r: &Regs) -> Self;
}

/// A value that a 16-bit immediate stands for.
pub(crate) trait Immediate: Scalar {
    /// The immediate, sign-extended.
    fn extend(imm: i16) -> Self;
}

macro_rules! scalar {
    ($ty:ty, $acc:ident, |$value:ident| $store:expr, |$bits:ident| $load:expr, $from_acc:ty) => {
        impl Value for $ty {
            #[inline(always)]
            unsafe fn read(slot: *const u64) -> $ty {
                // SAFETY: the caller's promise.
                <$ty as Value>::from_bits(unsafe { *slot })
            }

            #[inline(always)]
            unsafe fn write(self, slot: *mut u64) {
                let $value = self;
                // SAFETY: the caller's promise.
                unsafe { *slot = $store };
            }

            #[inline(always)]
            fn accumulate(self, r: &mut Regs) {
                r.$acc = self.into();
            }

            #[inline(always)]
            fn from_bits($bits: u64) -> $ty {
                $load
            }
        }

        impl Scalar for $ty {
            #[inline(always)]
            fn accumulated(r: &Regs) -> $ty {
                r.$acc as $from_acc
            }
        }
    };
}

scalar!(u32, acc, |v| u64::from(v), |bits| bits as u32, u32);
scalar!(u64, acc, |v| v, |bits| bits, u64);
scalar!(f32, acc32, |v| u64::from(v.to_bits()), |bits| f32::from_bits(bits as u32), f32);
scalar!(f64, acc64, |v| v.to_bits(), |bits| f64::from_bits(bits), f64);

impl Immediate for u32 {
    #[inline(always)]
    fn extend(imm: i16) -> u32 {
        i32::from(imm) as u32
    }
}

impl Immediate for u64 {
    #[inline(always)]
    fn extend(imm: i16) -> u64 {
        i64::from(imm) as u64
    }
}

impl Value for V128 {
    #[inline(always)]
    unsafe fn read(slot: *const u64) -> V128 {
        if cfg!(target_endian = "little") {
            // SAFETY: the caller's promise.
            return V128(unsafe { slot.cast::<[u8; 16]>().read() });
        }
        // SAFETY: the caller's promise.
        let (low, high) = unsafe { (*slot, *slot.add(1)) };
        V128::from_halves(low, high)
    }

    #[inline(always)]
    unsafe fn write(self, slot: *mut u64) {
        if cfg!(target_endian = "little") {
            // SAFETY: the caller's promise.
            return unsafe { slot.cast::<[u8; 16]>().write(self.0) };
        }
        let (low, high) = self.halves();
        // SAFETY: the caller's promise.
        unsafe {
            *slot = low;
            *slot.add(1) = high;
        }
    }

    #[inline(always)]
    fn accumulate(self, _: &mut Regs) {}

    #[inline(always)]
    fn from_bits(bits: u64) -> V128 {
        V128::new(bits.into())
    }
}

/// Where an operand is.
pub(crate) trait Source<V> {
    /// Words of the instruction that the operand takes beside its field.
    const WORDS: usize;

    /// The operand that field `field` of the instruction stands for.
    ///
    /// # Safety
    ///
    /// As for [`Handler::run`](super::Handler::run); the instruction has such an operand.
    unsafe fn get(r: &Regs, field: usize) -> V;
}

/// The field names a slot.
pub(crate) struct S;
/// The field is a signed immediate.
pub(crate) struct I;
/// The instruction's second word is the value.
pub(crate) struct K;
/// The value is in the accumulator.
pub(crate) struct A;

impl<V: Value> Source<V> for S {
    const WORDS: usize = 0;

    #[inline(always)]
    unsafe fn get(r: &Regs, field: usize) -> V {
        // SAFETY: invariant 2.
        unsafe { V::read(r.slot(field)) }
    }
}

impl<V: Immediate> Source<V> for I {
    const WORDS: usize = 0;

    #[inline(always)]
    unsafe fn get(r: &Regs, field: usize) -> V {
        // SAFETY: invariant 1.
        V::extend(unsafe { r.field(field) })
    }
}

impl<V: Scalar> Source<V> for K {
    const WORDS: usize = 1;

    #[inline(always)]
    unsafe fn get(r: &Regs, _: usize) -> V {
        // SAFETY: invariant 1.
        V::from_bits(unsafe { r.data(1) })
    }
}

impl<V: Scalar> Source<V> for A {
    const WORDS: usize = 0;

    #[inline(always)]
    unsafe fn get(r: &Regs, _: usize) -> V {
        V::accumulated(r)
    }
}
