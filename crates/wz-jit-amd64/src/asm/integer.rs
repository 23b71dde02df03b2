//! Integer instructions.

use super::Asm;
use super::encode::{Imm, Opcode};
use super::operand::{Cond, Gpr, Mem, Width};

/// Arithmetic with flags, by its number in encodings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Alu {
    Add = 0,
    Or = 1,
    And = 4,
    Sub = 5,
    Xor = 6,
    /// Sets the flags of a subtraction and writes nothing.
    Cmp = 7,
}

/// Shifts and rotations, by their number in encodings. Counts are taken modulo the width.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Shift {
    Rol = 0,
    Ror = 1,
    Shl = 4,
    Shr = 5,
    Sar = 7,
}

/// Instructions with one operand, by their number in encodings. The last four work on rdx and rax.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Unary {
    Not = 2,
    Neg = 3,
    /// rdx:rax <- rax * operand, unsigned.
    Mul = 4,
    /// The same, signed.
    Imul = 5,
    /// rax, rdx <- rdx:rax / operand and the remainder, unsigned; faults where the quotient does not fit.
    Div = 6,
    /// The same, signed.
    Idiv = 7,
}

/// Counting of bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Count {
    /// Index of the lowest set bit; for 0 nothing is written and the zero flag is set.
    Bsf,
    /// Index of the highest set bit; for 0 nothing is written and the zero flag is set.
    Bsr,
    /// Number of leading zeros.
    Lzcnt,
    /// Number of trailing zeros.
    Tzcnt,
    /// Number of set bits.
    Popcnt,
}

impl Count {
    #[inline]
    fn opcode(self, width: Width) -> Opcode {
        match self {
            Count::Bsf => Opcode::map_0f(0xbc),
            Count::Bsr => Opcode::map_0f(0xbd),
            Count::Lzcnt => Opcode::map_0f(0xbd).prefix(0xf3),
            Count::Tzcnt => Opcode::map_0f(0xbc).prefix(0xf3),
            Count::Popcnt => Opcode::map_0f(0xb8).prefix(0xf3),
        }
        .wide(wide(width))
    }
}

/// How a narrow value becomes a wide one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Extend {
    /// 8 bits, with zeros.
    Zero8,
    /// 16 bits, with zeros.
    Zero16,
    /// 8 bits, with the sign.
    Sign8,
    /// 16 bits, with the sign.
    Sign16,
    /// 32 bits, with the sign, to 64.
    Sign32,
}

impl Extend {
    /// The opcode, and whether its source is a byte register.
    #[inline]
    fn opcode(self, width: Width) -> (Opcode, bool) {
        // To 64 bits with zeros is to 32 bits with zeros.
        match self {
            Extend::Zero8 => (Opcode::map_0f(0xb6), true),
            Extend::Zero16 => (Opcode::map_0f(0xb7), false),
            Extend::Sign8 => (Opcode::map_0f(0xbe).wide(wide(width)), true),
            Extend::Sign16 => (Opcode::map_0f(0xbf).wide(wide(width)), false),
            Extend::Sign32 => (Opcode::new(0x63).wide(true), false),
        }
    }
}

#[inline]
fn wide(width: Width) -> bool {
    width == Width::W64
}

impl Asm {
    /// `dst <- src`
    #[inline]
    pub(crate) fn mov(&mut self, width: Width, dst: Gpr, src: Gpr) {
        self.encode_rr(Opcode::new(0x8b).wide(wide(width)), dst.number(), src.number());
    }

    /// `dst <- [src]`
    #[inline]
    pub(crate) fn load(&mut self, width: Width, dst: Gpr, src: Mem) {
        self.encode_rm(Opcode::new(0x8b).wide(wide(width)), dst.number(), src);
    }

    /// `[dst] <- src`
    #[inline]
    pub(crate) fn store(&mut self, width: Width, dst: Mem, src: Gpr) {
        self.encode_rm(Opcode::new(0x89).wide(wide(width)), src.number(), dst);
    }

    /// The low 8 bits.
    #[inline]
    pub(crate) fn store8(&mut self, dst: Mem, src: Gpr) {
        self.encode_rm(Opcode::new(0x88).byte_reg(src.number()), src.number(), dst);
    }

    /// The low 16 bits.
    #[inline]
    pub(crate) fn store16(&mut self, dst: Mem, src: Gpr) {
        self.operand_size_prefix();
        self.encode_rm(Opcode::new(0x89), src.number(), dst);
    }

    /// `[dst] <- value`, extended with the sign to 64 bits.
    #[inline]
    pub(crate) fn store_imm(&mut self, width: Width, dst: Mem, value: i32) {
        self.encode_rmi(Opcode::new(0xc7).wide(wide(width)), 0, dst, Imm::dword(value));
    }

    /// 8 bits.
    #[inline]
    pub(crate) fn store8_imm(&mut self, dst: Mem, value: u8) {
        self.encode_rmi(Opcode::new(0xc6), 0, dst, Imm::byte(value));
    }

    /// 16 bits.
    #[inline]
    pub(crate) fn store16_imm(&mut self, dst: Mem, value: u16) {
        self.operand_size_prefix();
        self.encode_rmi(Opcode::new(0xc7), 0, dst, Imm::word(value));
    }

    /// `dst <- 0`, by `xor`: it changes the flags.
    #[inline]
    pub(crate) fn zero(&mut self, dst: Gpr) {
        self.alu(Alu::Xor, Width::W32, dst, dst);
    }

    /// `dst <- value`. It leaves the flags alone.
    pub(crate) fn mov_imm(&mut self, dst: Gpr, value: u64) {
        if let Ok(low) = u32::try_from(value) {
            self.encode_o(Opcode::new(0xb8), dst.number());
            self.buf.put(u64::from(low), 4);
        } else if let Ok(low) = i32::try_from(value as i64) {
            self.encode_rri(Opcode::new(0xc7).wide(true), 0, dst.number(), Imm::dword(low));
        } else {
            self.encode_o(Opcode::new(0xb8).wide(true), dst.number());
            self.buf.put(value, 8);
        }
    }

    /// `dst <- src`, extended.
    #[inline]
    pub(crate) fn extend(&mut self, kind: Extend, width: Width, dst: Gpr, src: Gpr) {
        let (opcode, byte) = kind.opcode(width);
        let opcode = if byte { opcode.byte_reg(src.number()) } else { opcode };
        self.encode_rr(opcode, dst.number(), src.number());
    }

    /// `dst <- [src]`, extended.
    #[inline]
    pub(crate) fn load_extend(&mut self, kind: Extend, width: Width, dst: Gpr, src: Mem) {
        self.encode_rm(kind.opcode(width).0, dst.number(), src);
    }

    /// `dst <- dst op src`
    #[inline]
    pub(crate) fn alu(&mut self, op: Alu, width: Width, dst: Gpr, src: Gpr) {
        self.encode_rr(Opcode::new((op as u8) << 3 | 3).wide(wide(width)), dst.number(), src.number());
    }

    /// `dst <- dst op [src]`
    #[inline]
    pub(crate) fn alu_load(&mut self, op: Alu, width: Width, dst: Gpr, src: Mem) {
        self.encode_rm(Opcode::new((op as u8) << 3 | 3).wide(wide(width)), dst.number(), src);
    }

    /// `[dst] <- [dst] op src`; `cmp` writes nothing.
    #[inline]
    pub(crate) fn alu_store(&mut self, op: Alu, width: Width, dst: Mem, src: Gpr) {
        self.encode_rm(Opcode::new((op as u8) << 3 | 1).wide(wide(width)), src.number(), dst);
    }

    /// `dst <- dst op value`, extended with the sign to 64 bits.
    pub(crate) fn alu_imm(&mut self, op: Alu, width: Width, dst: Gpr, value: i32) {
        if let Ok(low) = i8::try_from(value) {
            let opcode = Opcode::new(0x83).wide(wide(width));
            self.encode_rri(opcode, op as u8, dst.number(), Imm::byte(low as u8));
        } else if dst == Gpr::RAX {
            // The short form for rax, whose number adds nothing to the opcode.
            self.encode_o(Opcode::new((op as u8) << 3 | 5).wide(wide(width)), dst.number());
            self.buf.put(u64::from(value as u32), 4);
        } else {
            let opcode = Opcode::new(0x81).wide(wide(width));
            self.encode_rri(opcode, op as u8, dst.number(), Imm::dword(value));
        }
    }

    /// `[dst] <- [dst] op value`, extended with the sign to 64 bits; `cmp` writes nothing.
    pub(crate) fn alu_store_imm(&mut self, op: Alu, width: Width, dst: Mem, value: i32) {
        let (code, imm) = match i8::try_from(value) {
            Ok(low) => (0x83, Imm::byte(low as u8)),
            Err(_) => (0x81, Imm::dword(value)),
        };
        self.encode_rmi(Opcode::new(code).wide(wide(width)), op as u8, dst, imm);
    }

    /// Sets the flags of `a & b`.
    #[inline]
    pub(crate) fn test(&mut self, width: Width, a: Gpr, b: Gpr) {
        self.encode_rr(Opcode::new(0x85).wide(wide(width)), b.number(), a.number());
    }

    /// Sets the flags of `a & value`, extended with the sign to 64 bits. For values below 128 it looks at the low byte
    /// only, where the flags are the same but for the sign's, which is that of bit 7.
    pub(crate) fn test_imm(&mut self, width: Width, a: Gpr, value: i32) {
        if (0..0x80).contains(&value) {
            let opcode = Opcode::new(0xf6).byte_reg(a.number());
            self.encode_rri(opcode, 0, a.number(), Imm::byte(value as u8));
        } else {
            let opcode = Opcode::new(0xf7).wide(wide(width));
            self.encode_rri(opcode, 0, a.number(), Imm::dword(value));
        }
    }

    /// `dst <- dst * src`
    #[inline]
    pub(crate) fn imul(&mut self, width: Width, dst: Gpr, src: Gpr) {
        self.encode_rr(Opcode::map_0f(0xaf).wide(wide(width)), dst.number(), src.number());
    }

    /// `dst <- dst * [src]`
    #[inline]
    pub(crate) fn imul_load(&mut self, width: Width, dst: Gpr, src: Mem) {
        self.encode_rm(Opcode::map_0f(0xaf).wide(wide(width)), dst.number(), src);
    }

    /// `dst <- src * value`, extended with the sign to 64 bits.
    pub(crate) fn imul_imm(&mut self, width: Width, dst: Gpr, src: Gpr, value: i32) {
        let (code, imm) = match i8::try_from(value) {
            Ok(low) => (0x6b, Imm::byte(low as u8)),
            Err(_) => (0x69, Imm::dword(value)),
        };
        self.encode_rri(Opcode::new(code).wide(wide(width)), dst.number(), src.number(), imm);
    }

    /// An instruction with one operand.
    #[inline]
    pub(crate) fn unary(&mut self, op: Unary, width: Width, operand: Gpr) {
        self.encode_rr(Opcode::new(0xf7).wide(wide(width)), op as u8, operand.number());
    }

    /// An instruction with one operand, in memory.
    #[inline]
    pub(crate) fn unary_mem(&mut self, op: Unary, width: Width, operand: Mem) {
        self.encode_rm(Opcode::new(0xf7).wide(wide(width)), op as u8, operand);
    }

    /// Shifts or rotates by a constant.
    pub(crate) fn shift_imm(&mut self, op: Shift, width: Width, dst: Gpr, count: u8) {
        if count == 1 {
            self.encode_rr(Opcode::new(0xd1).wide(wide(width)), op as u8, dst.number());
        } else {
            let opcode = Opcode::new(0xc1).wide(wide(width));
            self.encode_rri(opcode, op as u8, dst.number(), Imm::byte(count));
        }
    }

    /// Shifts or rotates by cl.
    #[inline]
    pub(crate) fn shift_cl(&mut self, op: Shift, width: Width, dst: Gpr) {
        self.encode_rr(Opcode::new(0xd3).wide(wide(width)), op as u8, dst.number());
    }

    /// BMI2: `dst <- src` shifted by a register. It leaves the flags alone. BMI2 has no rotation by a register: for one
    /// of these it is a shift to the right.
    #[inline]
    pub(crate) fn shiftx(&mut self, op: Shift, width: Width, dst: Gpr, src: Gpr, count: Gpr) {
        self.encode_vex_rrr(shiftx_opcode(op, width), dst.number(), count.number(), src.number());
    }

    /// BMI2: `dst <- [src]` shifted by a register, as [`Asm::shiftx`].
    #[inline]
    pub(crate) fn shiftx_load(&mut self, op: Shift, width: Width, dst: Gpr, src: Mem, count: Gpr) {
        self.encode_vex_rrm(shiftx_opcode(op, width), dst.number(), count.number(), src);
    }

    /// BMI2: `dst <- src` rotated to the right by a constant. It leaves the flags alone.
    #[inline]
    pub(crate) fn rorx(&mut self, width: Width, dst: Gpr, src: Gpr, count: u8) {
        let opcode = Opcode::map_0f3a(0xf0).prefix(0xf2).wide(wide(width));
        self.encode_vex_rrr(opcode, dst.number(), 0, src.number());
        self.buf.put(u64::from(count), 1);
    }

    /// `dst <- address of src`
    #[inline]
    pub(crate) fn lea(&mut self, width: Width, dst: Gpr, src: Mem) {
        self.encode_rm(Opcode::new(0x8d).wide(wide(width)), dst.number(), src);
    }

    /// `dst <- count of src`
    #[inline]
    pub(crate) fn count(&mut self, op: Count, width: Width, dst: Gpr, src: Gpr) {
        self.encode_rr(op.opcode(width), dst.number(), src.number());
    }

    /// `dst <- count of [src]`
    #[inline]
    pub(crate) fn count_load(&mut self, op: Count, width: Width, dst: Gpr, src: Mem) {
        self.encode_rm(op.opcode(width), dst.number(), src);
    }

    /// Low byte of `dst <- cond`; the other bytes stay.
    #[inline]
    pub(crate) fn setcc(&mut self, cond: Cond, dst: Gpr) {
        let opcode = Opcode::map_0f(0x90 | cond as u8).byte_reg(dst.number());
        self.encode_rr(opcode, 0, dst.number());
    }

    /// `dst <- cond ? src : dst`
    #[inline]
    pub(crate) fn cmov(&mut self, cond: Cond, width: Width, dst: Gpr, src: Gpr) {
        let opcode = Opcode::map_0f(0x40 | cond as u8).wide(wide(width));
        self.encode_rr(opcode, dst.number(), src.number());
    }

    /// Exchanges two registers.
    #[inline]
    pub(crate) fn xchg(&mut self, width: Width, a: Gpr, b: Gpr) {
        self.encode_rr(Opcode::new(0x87).wide(wide(width)), a.number(), b.number());
    }
}

#[inline]
fn shiftx_opcode(op: Shift, width: Width) -> Opcode {
    let prefix = match op {
        Shift::Shl => 0x66,
        Shift::Sar => 0xf3,
        Shift::Shr | Shift::Rol | Shift::Ror => 0xf2,
    };
    Opcode::map_0f38(0xf7).prefix(prefix).wide(wide(width))
}
