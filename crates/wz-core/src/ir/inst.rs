//! The encoding of instructions: 8-byte words, 16-bit operands.

use super::ops::Op;
use std::fmt;

/// Longest operand list that is spelt out; longer ones are in consecutive temporaries.
pub const LIST_MAX: usize = 16;

/// A source or destination in an instruction: 14 bits of index, [`Operand::CONST`] and [`Operand::KILL`].
///
/// The index names an entry of the function's constant pool if CONST is set. Otherwise it names a slot of the
/// frame: below [`Operand::FIRST_REF`] a data slot, from there on a reference slot (see [`Slot`]). A v128 takes two
/// consecutive data slots, or two consecutive pool entries.
///
/// KILL says that the slot's value is not read after this instruction on any path.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Operand(pub u16);

impl Operand {
    /// Set on operands in the constant pool.
    pub const CONST: u16 = 0x8000;
    /// Set on the last read of a slot's value.
    pub const KILL: u16 = 0x4000;
    /// The index bits.
    pub const INDEX: u16 = 0x3fff;
    /// Operand index of reference slot 0.
    pub const FIRST_REF: u16 = 0x3000;
    /// No operand.
    pub const NONE: Operand = Operand(Operand::INDEX);

    /// The operand that names this slot; `None` where no operand can.
    #[inline]
    pub fn of_slot(slot: Slot) -> Option<Operand> {
        let first_ref = u32::from(Operand::FIRST_REF);
        let (number, limit, from) = match slot {
            Slot::Data(s) => (s, Slot::NEAR_DATA, 0),
            Slot::ScratchData(s) => (s, Slot::SCRATCH_DATA, Slot::NEAR_DATA),
            Slot::Ref(s) => (s, Slot::NEAR_REF, first_ref),
            Slot::ScratchRef(s) => (s, Slot::SCRATCH_REF, first_ref + Slot::NEAR_REF),
        };
        if number < limit { Some(Operand((from + number) as u16)) } else { None }
    }

    /// The constant pool's entry with this index.
    #[inline]
    pub fn constant(index: u16) -> Operand {
        debug_assert!(index <= Operand::INDEX);
        Operand(index | Operand::CONST)
    }

    /// Whether there is no operand.
    #[inline]
    pub fn is_none(self) -> bool {
        self == Operand::NONE
    }

    /// Whether this is a constant.
    #[inline]
    pub fn is_const(self) -> bool {
        self.0 & Operand::CONST != 0
    }

    /// Whether this is the last read of the slot's value.
    #[inline]
    pub fn kills(self) -> bool {
        self.0 & Operand::KILL != 0
    }

    /// Slot or pool index, without the flags.
    #[inline]
    pub fn index(self) -> u16 {
        self.0 & Operand::INDEX
    }

    /// The slot that this operand names, if it is one.
    #[inline]
    pub fn slot(self) -> Option<Slot> {
        let index = u32::from(self.index());
        let first_ref = u32::from(Operand::FIRST_REF);
        if self.is_const() || self.index() == Operand::INDEX {
            None
        } else if index < Slot::NEAR_DATA {
            Some(Slot::Data(index))
        } else if index < first_ref {
            Some(Slot::ScratchData(index - Slot::NEAR_DATA))
        } else if index < first_ref + Slot::NEAR_REF {
            Some(Slot::Ref(index - first_ref))
        } else {
            Some(Slot::ScratchRef(index - first_ref - Slot::NEAR_REF))
        }
    }
}

impl fmt::Debug for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_none() {
            return f.write_str("_");
        }
        match self.slot() {
            None => write!(f, "c{}", self.index()),
            Some(slot) => {
                let (kind, number) = match slot {
                    Slot::Data(s) => ("s", s),
                    Slot::Ref(s) => ("r", s),
                    Slot::ScratchData(s) => ("x", s),
                    Slot::ScratchRef(s) => ("xr", s),
                };
                write!(f, "{kind}{number}{}", if self.kills() { "!" } else { "" })
            }
        }
    }
}

/// A slot of a function's frame: data slots first, then reference slots as one range.
///
/// Operands name the first [`Slot::NEAR_DATA`] data slots and the first [`Slot::NEAR_REF`] reference slots. Values
/// beyond are moved to and from scratch slots by `FarGet` and `FarSet` ops; the scratch slots are the last ones of
/// each kind in the frames of functions that need them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Slot {
    /// A data slot; a v128 takes this one and the next.
    Data(u32),
    /// A reference slot.
    Ref(u32),
    /// A data scratch slot; a v128 takes this one and the next.
    ScratchData(u32),
    /// A reference scratch slot.
    ScratchRef(u32),
}

impl Slot {
    /// Number of data slots that operands can name. Operand indices from here to [`Operand::FIRST_REF`] are scratch.
    pub const NEAR_DATA: u32 = Operand::FIRST_REF as u32 - Slot::SCRATCH_DATA;
    /// Number of data scratch slots.
    pub const SCRATCH_DATA: u32 = 64;
    /// Number of reference slots that operands can name.
    pub const NEAR_REF: u32 = (Operand::INDEX - Operand::FIRST_REF) as u32 - Slot::SCRATCH_REF;
    /// Number of reference scratch slots.
    pub const SCRATCH_REF: u32 = 31;
    /// Slots of each kind that a frame may have.
    pub const MAX: u32 = (1 << 24) - 1;

    const FAR_REF_BIT: u32 = 1 << 31;

    /// As the number that `FarGet` and `FarSet` carry; they reach data and reference slots, not scratch.
    #[inline]
    pub fn to_far(self) -> u32 {
        match self {
            Slot::Data(s) | Slot::ScratchData(s) => s,
            Slot::Ref(s) | Slot::ScratchRef(s) => s | Slot::FAR_REF_BIT,
        }
    }

    /// From the number that `FarGet` and `FarSet` carry.
    #[inline]
    pub fn from_far(number: u32) -> Slot {
        if number & Slot::FAR_REF_BIT == 0 {
            Slot::Data(number)
        } else {
            Slot::Ref(number & !Slot::FAR_REF_BIT)
        }
    }

    /// The position in a frame of `data_slots` and `ref_slots`, scratch included (as
    /// [`FuncIr`](super::FuncIr) counts them).
    #[inline]
    pub fn position(self, data_slots: u32, ref_slots: u32) -> u32 {
        match self {
            Slot::Data(s) => s,
            Slot::Ref(s) => data_slots + s,
            Slot::ScratchData(s) => (data_slots + s).saturating_sub(Slot::SCRATCH_DATA),
            Slot::ScratchRef(s) => (data_slots + ref_slots + s).saturating_sub(Slot::SCRATCH_REF),
        }
    }
}

/// Where a long operand list, or several results, are: data values in consecutive data slots from `data` on (two
/// for a v128), references in consecutive reference slots from `refs` on, each in the order of the signature.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Base {
    /// First data slot, below 2^24.
    pub data: u32,
    /// First reference slot, below 2^24.
    pub refs: u32,
}

impl Base {
    /// As the payload of an Ext word.
    #[inline]
    pub fn to_payload(self) -> u64 {
        u64::from(self.data) | u64::from(self.refs) << 24
    }

    /// From the payload of an Ext word.
    #[inline]
    pub fn from_payload(payload: u64) -> Base {
        Base { data: (payload & 0xff_ffff) as u32, refs: (payload >> 24 & 0xff_ffff) as u32 }
    }
}

/// One word of IR.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(C)]
pub struct Word {
    /// Op number.
    pub op: u16,
    /// Field `dst`; `x` of an Ext word.
    pub dst: u16,
    /// Field `a`; low half of `y` of an Ext word.
    pub a: u16,
    /// Field `b`; high half of `y` of an Ext word.
    pub b: u16,
}

const _: () = assert!(size_of::<Word>() == 8);

impl Word {
    /// The first word of an instruction.
    #[inline]
    pub fn new(op: Op, dst: Operand, a: Operand, b: Operand) -> Word {
        Word { op: op as u16, dst: dst.0, a: a.0, b: b.0 }
    }

    /// A first word with a number in `a:b`.
    #[inline]
    pub fn with_index(op: Op, dst: u16, index: u32) -> Word {
        Word { op: op as u16, dst, a: index as u16, b: (index >> 16) as u16 }
    }

    /// A following word.
    #[inline]
    pub fn ext(x: u16, y: u32) -> Word {
        Word { op: Op::Ext as u16, dst: x, a: y as u16, b: (y >> 16) as u16 }
    }

    /// A following word with 48 bits of payload; higher bits are dropped.
    #[inline]
    pub fn ext48(payload: u64) -> Word {
        Word::ext(payload as u16, (payload >> 16) as u32)
    }

    /// Whether this word belongs to the instruction before it.
    #[inline]
    pub fn is_ext(self) -> bool {
        self.op == Op::Ext as u16
    }

    /// The number in `a:b`, or `y` of an Ext word.
    #[inline]
    pub fn index(self) -> u32 {
        u32::from(self.a) | u32::from(self.b) << 16
    }

    /// The 48 bits of an Ext word: `x` is the lowest 16.
    #[inline]
    pub fn payload(self) -> u64 {
        u64::from(self.dst) | u64::from(self.index()) << 16
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Op::from_number(self.op) {
            Some(op) => write!(f, "{}({:x}, {:x}, {:x})", op.info().name, self.dst, self.a, self.b),
            None => write!(f, "?{}({:x}, {:x}, {:x})", self.op, self.dst, self.a, self.b),
        }
    }
}
