//! Operands of instructions: registers, memory operands, widths and conditions.

/// A general-purpose register. How much of it an instruction reads and writes is the instruction's [`Width`].
///
/// An i32 in a register is zero-extended. No method of [`Asm`](super::Asm) breaks that: one that writes a
/// general-purpose register writes 32 bits, which clears the rest, or all 64.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Gpr(u8);

impl Gpr {
    pub(crate) const RAX: Gpr = Gpr(0);
    pub(crate) const RCX: Gpr = Gpr(1);
    pub(crate) const RDX: Gpr = Gpr(2);
    pub(crate) const RBX: Gpr = Gpr(3);
    pub(crate) const RSP: Gpr = Gpr(4);
    pub(crate) const RBP: Gpr = Gpr(5);
    pub(crate) const RSI: Gpr = Gpr(6);
    pub(crate) const RDI: Gpr = Gpr(7);
    pub(crate) const R8: Gpr = Gpr(8);
    pub(crate) const R9: Gpr = Gpr(9);
    pub(crate) const R10: Gpr = Gpr(10);
    pub(crate) const R11: Gpr = Gpr(11);
    pub(crate) const R12: Gpr = Gpr(12);
    pub(crate) const R13: Gpr = Gpr(13);
    pub(crate) const R14: Gpr = Gpr(14);
    pub(crate) const R15: Gpr = Gpr(15);

    /// The register with this number; higher bits are dropped.
    #[inline]
    pub(crate) const fn of(number: u8) -> Gpr {
        Gpr(number & 15)
    }

    /// Its number in encodings.
    #[inline]
    pub(crate) const fn number(self) -> u8 {
        self.0
    }
}

/// A vector register.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Xmm(u8);

impl Xmm {
    /// Scratch of moves and of sequences within one op; never holds a value between ops.
    pub(crate) const SCRATCH: Xmm = Xmm(15);

    /// The register with this number; higher bits are dropped.
    #[inline]
    pub(crate) const fn of(number: u8) -> Xmm {
        Xmm(number & 15)
    }

    /// Its number in encodings.
    #[inline]
    pub(crate) const fn number(self) -> u8 {
        self.0
    }
}

/// A register that can be an index: any but rsp, whose number means "no index" there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Index(u8);

impl Index {
    /// The register as an index; `None` for rsp.
    #[inline]
    pub(crate) const fn new(reg: Gpr) -> Option<Index> {
        if reg.0 == Gpr::RSP.0 { None } else { Some(Index(reg.0)) }
    }
}

/// What an index is multiplied by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Scale {
    /// 1.
    X1,
    /// 2.
    X2,
    /// 4.
    X4,
    /// 8.
    X8,
}

/// A memory operand: `[base + index * scale + disp]`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Mem {
    pub(super) base: u8,
    /// Number of the index register; that of rsp for none.
    pub(super) index: u8,
    pub(super) scale: Scale,
    pub(super) disp: i32,
}

impl Mem {
    /// `[base + disp]`
    #[inline]
    pub(crate) const fn new(base: Gpr, disp: i32) -> Mem {
        Mem { base: base.0, index: Gpr::RSP.0, scale: Scale::X1, disp }
    }

    /// `[base + index * scale + disp]`
    #[inline]
    pub(crate) const fn indexed(base: Gpr, index: Index, scale: Scale, disp: i32) -> Mem {
        Mem { base: base.0, index: index.0, scale, disp }
    }

    /// So many bytes further.
    #[inline]
    pub(crate) const fn plus(self, bytes: u32) -> Mem {
        Mem { disp: self.disp.wrapping_add(bytes as i32), ..self }
    }

    /// The high bits of the register numbers, where REX and VEX have them: X is bit 1, B bit 0.
    #[inline]
    pub(super) const fn xb(self) -> u8 {
        self.index >> 3 << 1 | self.base >> 3
    }

    /// ModRM, SIB if needed, and displacement, with `reg` as the register operand.
    #[inline]
    pub(super) fn encode(self, reg: u8) -> Encoded {
        // Without branches: one operand says little of the next one.
        let small = self.disp as i8 as i32 == self.disp;
        // Without a displacement, the low bits of rbp and r13 mean something else.
        let none = self.disp == 0 && self.base & 7 != 5;
        let mode = 2 - u8::from(small) - u8::from(none);
        let disp_len = [0, 1, 4, 0][usize::from(mode & 3)];
        let disp = u64::from(self.disp as u32) & [0, 0xff, 0xffff_ffff, 0][usize::from(mode & 3)];
        let modrm = mode << 6 | (reg & 7) << 3;
        // The low bits of rsp and r12 as a base say that there is a SIB.
        let has_sib = self.index != Gpr::RSP.0 || self.base & 7 == 4;
        let sib = (self.scale as u8) << 6 | (self.index & 7) << 3 | self.base & 7;
        let with_sib = u16::from(modrm | 4) | u16::from(sib) << 8;
        let modrm = if has_sib { with_sib } else { u16::from(modrm | self.base & 7) };
        Encoded { modrm, modrm_len: 1 + u32::from(has_sib), disp, disp_len }
    }
}

/// A memory operand as it is encoded.
pub(super) struct Encoded {
    /// ModRM and SIB.
    pub(super) modrm: u16,
    pub(super) modrm_len: u32,
    pub(super) disp: u64,
    pub(super) disp_len: u32,
}

/// How many bits of general-purpose registers an instruction works on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Width {
    /// 32; a written register's high half becomes zero.
    W32,
    /// 64.
    W64,
}

impl Width {
    /// Number of bits.
    #[inline]
    pub(crate) const fn bits(self) -> u32 {
        match self {
            Width::W32 => 32,
            Width::W64 => 64,
        }
    }
}

/// How wide a float is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Precision {
    /// 32 bits.
    Single,
    /// 64 bits.
    Double,
}

/// A condition on the flags, by its encoding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Cond {
    /// Overflow.
    O = 0x0,
    /// No overflow.
    No = 0x1,
    /// Below (unsigned), or carry.
    B = 0x2,
    /// Above or equal (unsigned), or no carry.
    Ae = 0x3,
    /// Equal, or zero.
    E = 0x4,
    /// Not equal.
    Ne = 0x5,
    /// Below or equal (unsigned).
    Be = 0x6,
    /// Above (unsigned).
    A = 0x7,
    /// Negative.
    S = 0x8,
    /// Not negative.
    Ns = 0x9,
    /// Parity: after a comparison of floats, one of them is NaN.
    P = 0xa,
    /// No parity.
    Np = 0xb,
    /// Less (signed).
    L = 0xc,
    /// Greater or equal (signed).
    Ge = 0xd,
    /// Less or equal (signed).
    Le = 0xe,
    /// Greater (signed).
    G = 0xf,
}

impl Cond {
    /// The condition that holds exactly when this one does not.
    #[inline]
    pub(crate) const fn inverse(self) -> Cond {
        match self {
            Cond::O => Cond::No,
            Cond::No => Cond::O,
            Cond::B => Cond::Ae,
            Cond::Ae => Cond::B,
            Cond::E => Cond::Ne,
            Cond::Ne => Cond::E,
            Cond::Be => Cond::A,
            Cond::A => Cond::Be,
            Cond::S => Cond::Ns,
            Cond::Ns => Cond::S,
            Cond::P => Cond::Np,
            Cond::Np => Cond::P,
            Cond::L => Cond::Ge,
            Cond::Ge => Cond::L,
            Cond::Le => Cond::G,
            Cond::G => Cond::Le,
        }
    }

    /// The condition for swapped operands of the comparison.
    #[inline]
    pub(crate) const fn swapped(self) -> Cond {
        match self {
            Cond::B => Cond::A,
            Cond::A => Cond::B,
            Cond::Ae => Cond::Be,
            Cond::Be => Cond::Ae,
            Cond::L => Cond::G,
            Cond::G => Cond::L,
            Cond::Le => Cond::Ge,
            Cond::Ge => Cond::Le,
            other => other,
        }
    }
}
