//! Registers, sets of registers, and the kinds of values that they hold.

use std::fmt;
use std::ops::{BitAnd, BitOr, BitOrAssign, Sub, SubAssign};
use wz_core::types::{Class, ValType};

/// One of the two kinds of registers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Bank {
    /// General-purpose registers: integers and references.
    Int,
    /// Float and vector registers.
    Float,
}

/// A register of either bank, by its number in its bank.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Reg(u8);

impl Reg {
    /// How many registers both banks have room for.
    pub const COUNT: usize = 64;

    const FLOAT: u8 = 32;

    /// The general-purpose register with this number; higher bits are dropped.
    #[inline]
    pub const fn int(number: u8) -> Reg {
        Reg(number & (Reg::FLOAT - 1))
    }

    /// The float register with this number; higher bits are dropped.
    #[inline]
    pub const fn float(number: u8) -> Reg {
        Reg(number & (Reg::FLOAT - 1) | Reg::FLOAT)
    }

    /// The register with this index; higher bits are dropped.
    #[inline]
    pub const fn from_index(index: u8) -> Reg {
        Reg(index & (Reg::COUNT as u8 - 1))
    }

    /// Its index among the registers of both banks, below [`Reg::COUNT`].
    #[inline]
    pub const fn index(self) -> u8 {
        self.0 & (Reg::COUNT as u8 - 1)
    }

    /// Its number in its bank.
    #[inline]
    pub const fn number(self) -> u8 {
        self.0 & (Reg::FLOAT - 1)
    }

    /// Its bank.
    #[inline]
    pub const fn bank(self) -> Bank {
        if self.0 & Reg::FLOAT == 0 { Bank::Int } else { Bank::Float }
    }
}

impl fmt::Debug for Reg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bank = if self.bank() == Bank::Int { 'i' } else { 'f' };
        write!(f, "{bank}{}", self.number())
    }
}

/// A set of registers.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct RegSet(u64);

impl RegSet {
    /// No register.
    pub const EMPTY: RegSet = RegSet(0);
    /// All general-purpose registers.
    pub const INT: RegSet = RegSet(u32::MAX as u64);
    /// All float registers.
    pub const FLOAT: RegSet = RegSet((u32::MAX as u64) << 32);

    /// The set of these registers.
    pub const fn of(regs: &[Reg]) -> RegSet {
        let mut bits = 0;
        let mut i = 0;
        while i < regs.len() {
            bits |= 1 << regs[i].index();
            i += 1;
        }
        RegSet(bits)
    }

    /// Both sets together.
    pub const fn with(self, other: RegSet) -> RegSet {
        RegSet(self.0 | other.0)
    }

    /// All registers of a bank.
    #[inline]
    pub const fn bank(bank: Bank) -> RegSet {
        match bank {
            Bank::Int => RegSet::INT,
            Bank::Float => RegSet::FLOAT,
        }
    }

    /// Whether the register is in the set.
    #[inline]
    pub const fn contains(self, reg: Reg) -> bool {
        self.0 >> reg.index() & 1 != 0
    }

    /// Adds a register.
    #[inline]
    pub const fn insert(&mut self, reg: Reg) {
        self.0 |= 1 << reg.index();
    }

    /// Takes a register out.
    #[inline]
    pub const fn remove(&mut self, reg: Reg) {
        self.0 &= !(1 << reg.index());
    }

    /// Whether there is none.
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many there are.
    #[inline]
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// The one with the lowest index.
    #[inline]
    pub const fn first(self) -> Option<Reg> {
        if self.0 == 0 { None } else { Some(Reg(self.0.trailing_zeros() as u8)) }
    }

    /// The one with the highest index.
    #[inline]
    pub const fn last(self) -> Option<Reg> {
        if self.0 == 0 { None } else { Some(Reg(63 - self.0.leading_zeros() as u8)) }
    }

    /// The first one after `reg`, going round.
    #[inline]
    pub const fn next_after(self, reg: Reg) -> Option<Reg> {
        let shift = (reg.index() as u32 + 1) % Reg::COUNT as u32;
        let turned = self.0.rotate_right(shift);
        if turned == 0 {
            None
        } else {
            Some(Reg::from_index(((turned.trailing_zeros() + shift) % Reg::COUNT as u32) as u8))
        }
    }
}

impl IntoIterator for RegSet {
    type Item = Reg;
    type IntoIter = RegSetIter;

    #[inline]
    fn into_iter(self) -> RegSetIter {
        RegSetIter(self.0)
    }
}

/// The registers of a set, in the order of their indices.
#[derive(Clone, Debug)]
pub struct RegSetIter(u64);

impl Iterator for RegSetIter {
    type Item = Reg;

    #[inline]
    fn next(&mut self) -> Option<Reg> {
        let first = RegSet(self.0).first()?;
        self.0 &= self.0 - 1;
        Some(first)
    }
}

impl BitAnd for RegSet {
    type Output = RegSet;
    #[inline]
    fn bitand(self, other: RegSet) -> RegSet {
        RegSet(self.0 & other.0)
    }
}

impl BitOr for RegSet {
    type Output = RegSet;
    #[inline]
    fn bitor(self, other: RegSet) -> RegSet {
        RegSet(self.0 | other.0)
    }
}

impl BitOrAssign for RegSet {
    #[inline]
    fn bitor_assign(&mut self, other: RegSet) {
        self.0 |= other.0;
    }
}

impl Sub for RegSet {
    type Output = RegSet;
    #[inline]
    fn sub(self, other: RegSet) -> RegSet {
        RegSet(self.0 & !other.0)
    }
}

impl SubAssign for RegSet {
    #[inline]
    fn sub_assign(&mut self, other: RegSet) {
        self.0 &= !other.0;
    }
}

impl fmt::Debug for RegSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(*self).finish()
    }
}

/// What a register or slot holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum Kind {
    /// A 32-bit integer; in a register, zero-extended.
    I32,
    /// A 64-bit integer.
    I64,
    /// A reference.
    Ref,
    /// A 32-bit float.
    F32,
    /// A 64-bit float.
    F64,
    /// A vector.
    V128,
}

impl Kind {
    /// The bank of registers that hold such values.
    #[inline]
    pub const fn bank(self) -> Bank {
        match self {
            Kind::I32 | Kind::I64 | Kind::Ref => Bank::Int,
            Kind::F32 | Kind::F64 | Kind::V128 => Bank::Float,
        }
    }

    /// The kind of an operand class; `None` where the class does not say, or there is no operand.
    #[inline]
    pub const fn of_class(class: Class) -> Option<Kind> {
        match class {
            Class::I32 => Some(Kind::I32),
            Class::I64 => Some(Kind::I64),
            Class::F32 => Some(Kind::F32),
            Class::F64 => Some(Kind::F64),
            Class::V128 => Some(Kind::V128),
            Class::Ref => Some(Kind::Ref),
            Class::No | Class::Addr => None,
        }
    }

    /// The kind of values of a type.
    #[inline]
    pub const fn of_type(ty: ValType) -> Kind {
        match ty {
            ValType::I32 => Kind::I32,
            ValType::I64 => Kind::I64,
            ValType::F32 => Kind::F32,
            ValType::F64 => Kind::F64,
            ValType::V128 => Kind::V128,
            ValType::Ref(_) => Kind::Ref,
        }
    }

    /// How many data slots, or words of an argument area, a value takes.
    #[inline]
    pub const fn slots(self) -> u32 {
        if matches!(self, Kind::V128) { 2 } else { 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_sets() {
        let mut set = RegSet::of(&[Reg::int(3), Reg::float(3), Reg::float(31)]);
        assert_eq!(set.len(), 3);
        assert_eq!(set.into_iter().collect::<Vec<_>>(), [Reg::int(3), Reg::float(3), Reg::float(31)]);
        assert_eq!(set.next_after(Reg::int(3)), Some(Reg::float(3)));
        assert_eq!(set.next_after(Reg::float(31)), Some(Reg::int(3)));
        assert_eq!((set & RegSet::INT).first(), Some(Reg::int(3)));
        set.remove(Reg::int(3));
        assert!(!set.contains(Reg::int(3)) && set.contains(Reg::float(3)));
        assert_eq!(RegSet::EMPTY.next_after(Reg::int(0)), None);
        assert_eq!(
            (RegSet::bank(Bank::Float) & set) - RegSet::of(&[Reg::float(3)]),
            RegSet::of(&[Reg::float(31)])
        );
    }
}
