//! The encoding of instructions whose registers are known only when they are emitted.
//!
//! dynasm always gives such registers a REX prefix, a SIB byte for a base and a displacement of 32 bits: `add ecx, eax`
//! takes 3 bytes instead of 2, `mov eax, [rcx + 8]` 8 instead of 3. So these forms are encoded here, all by the few
//! functions below; forms with fixed registers are dynasm's.

use super::Asm;
use super::operand::Mem;

/// An opcode with its map, mandatory prefix and REX.W bit: what is fixed of an instruction's head.
#[derive(Clone, Copy)]
pub(super) struct Opcode {
    /// Escape bytes and opcode byte, in order from the lowest.
    bytes: u32,
    /// How many bytes these are.
    len: u32,
    /// Opcode map, as VEX counts them: 0F is 1, 0F 38 is 2, 0F 3A is 3.
    map: u8,
    /// Mandatory prefix, 0 for none.
    prefix: u8,
    /// REX bits: W, and the bit that every REX has where one is needed to name a byte register.
    rex: u8,
}

impl Opcode {
    /// An opcode of one byte.
    pub(super) const fn new(code: u8) -> Opcode {
        Opcode { bytes: code as u32, len: 1, map: 0, prefix: 0, rex: 0 }
    }

    /// An opcode after 0F.
    pub(super) const fn map_0f(code: u8) -> Opcode {
        Opcode { bytes: 0x0f | (code as u32) << 8, len: 2, map: 1, prefix: 0, rex: 0 }
    }

    /// An opcode after 0F 38.
    pub(super) const fn map_0f38(code: u8) -> Opcode {
        Opcode { bytes: 0x380f | (code as u32) << 16, len: 3, map: 2, prefix: 0, rex: 0 }
    }

    /// An opcode after 0F 3A.
    pub(super) const fn map_0f3a(code: u8) -> Opcode {
        Opcode { bytes: 0x3a0f | (code as u32) << 16, len: 3, map: 3, prefix: 0, rex: 0 }
    }

    /// With a mandatory prefix.
    pub(super) const fn prefix(self, prefix: u8) -> Opcode {
        Opcode { prefix, ..self }
    }

    /// With REX.W if `wide`.
    #[inline]
    pub(super) const fn wide(self, wide: bool) -> Opcode {
        Opcode { rex: self.rex | (wide as u8) << 3, ..self }
    }

    /// With a REX prefix if register `number` needs one as a byte register: 4 to 7 name other registers without.
    #[inline]
    pub(super) const fn byte_reg(self, number: u8) -> Opcode {
        Opcode { rex: self.rex | ((number & 0xc == 4) as u8) << 6, ..self }
    }

    /// Prefixes and opcode with these further REX bits, and the number of bytes: at most 5.
    #[inline]
    fn head(self, rex: u8) -> (u64, u32) {
        let mut bytes = u64::from(self.prefix);
        let mut len = u32::from(self.prefix != 0);
        let rex = self.rex | rex;
        if rex != 0 {
            bytes |= u64::from(rex | 0x40) << (8 * len);
            len += 1;
        }
        (bytes | u64::from(self.bytes) << (8 * len), len + self.len)
    }

    /// VEX prefix and opcode with these REX bits and second source, and the number of bytes: 3 or 4.
    #[inline]
    fn vex_head(self, rex: u8, second: u8) -> (u64, u32) {
        let rex = self.rex | rex;
        let pp = match self.prefix {
            0x66 => 1,
            0xf3 => 2,
            0xf2 => 3,
            _ => 0,
        };
        let code = u64::from(self.bytes >> (8 * (self.len - 1)) & 0xff);
        let last = (!second & 15) << 3 | pp;
        // R, X, B and the second source are stored inverted.
        if self.map == 1 && rex & 0b1011 == 0 {
            (0xc5 | u64::from(!rex << 5 & 0x80 | last) << 8 | code << 16, 3)
        } else {
            let middle = !rex << 5 & 0xe0 | self.map;
            let last = (rex & 8) << 4 | last;
            (0xc4 | u64::from(middle) << 8 | u64::from(last) << 16 | code << 24, 4)
        }
    }
}

/// The immediate at an instruction's end.
#[derive(Clone, Copy)]
pub(super) struct Imm {
    bits: u64,
    len: u32,
}

impl Imm {
    pub(super) const NONE: Imm = Imm { bits: 0, len: 0 };

    #[inline]
    pub(super) const fn byte(value: u8) -> Imm {
        Imm { bits: value as u64, len: 1 }
    }

    #[inline]
    pub(super) const fn word(value: u16) -> Imm {
        Imm { bits: value as u64, len: 2 }
    }

    #[inline]
    pub(super) const fn dword(value: i32) -> Imm {
        Imm { bits: value as u32 as u64, len: 4 }
    }
}

/// The bytes after the opcode of a register operand.
#[inline]
fn modrm(reg: u8, rm: u8) -> u64 {
    u64::from(0xc0 | (reg & 7) << 3 | rm & 7)
}

/// REX.R of a register operand.
#[inline]
fn r(reg: u8) -> u8 {
    reg >> 3 << 2
}

impl Asm {
    /// An instruction with one register, which is in the opcode's low bits.
    pub(super) fn encode_o(&mut self, opcode: Opcode, reg: u8) {
        let (head, len) = opcode.head(reg >> 3);
        self.buf.put(head | u64::from(reg & 7) << (8 * (len - 1)), len);
    }

    /// An instruction with two register operands, the second in the place that may also hold a memory operand.
    pub(super) fn encode_rr(&mut self, opcode: Opcode, reg: u8, rm: u8) {
        let (head, len) = opcode.head(r(reg) | rm >> 3);
        self.buf.put(head | modrm(reg, rm) << (8 * len), len + 1);
    }

    /// The same with an immediate.
    pub(super) fn encode_rri(&mut self, opcode: Opcode, reg: u8, rm: u8, imm: Imm) {
        self.encode_rr(opcode, reg, rm);
        self.buf.put(imm.bits, imm.len);
    }

    /// An instruction with a register and a memory operand, and an immediate.
    pub(super) fn encode_rmi(&mut self, opcode: Opcode, reg: u8, mem: Mem, imm: Imm) {
        if opcode.prefix != 0 {
            self.buf.put(opcode.prefix.into(), 1);
        }
        let (head, len) = Opcode { prefix: 0, ..opcode }.head(r(reg) | mem.xb());
        let rest = mem.encode(reg);
        let head = head | u64::from(rest.modrm) << (8 * len);
        let tail = rest.disp | imm.bits << (8 * rest.disp_len);
        self.buf.put_both(head, len + rest.modrm_len, tail, rest.disp_len + imm.len);
    }

    /// An instruction with a register and a memory operand.
    #[inline]
    pub(super) fn encode_rm(&mut self, opcode: Opcode, reg: u8, mem: Mem) {
        self.encode_rmi(opcode, reg, mem, Imm::NONE);
    }

    /// An instruction with a register and a memory operand relative to the end of the instruction, whose displacement
    /// is its last four bytes.
    pub(super) fn encode_r_rip(&mut self, opcode: Opcode, reg: u8) {
        let (head, len) = opcode.head(r(reg));
        self.buf.put(head | u64::from((reg & 7) << 3 | 5) << (8 * len), len + 1);
        self.buf.put(0, 4);
    }

    /// A VEX instruction with three register operands.
    pub(super) fn encode_vex_rrr(&mut self, opcode: Opcode, reg: u8, second: u8, rm: u8) {
        let (head, len) = opcode.vex_head(r(reg) | rm >> 3, second);
        self.buf.put(head | modrm(reg, rm) << (8 * len), len + 1);
    }

    /// A VEX instruction with two register operands and a memory operand.
    pub(super) fn encode_vex_rrm(&mut self, opcode: Opcode, reg: u8, second: u8, mem: Mem) {
        let (head, len) = opcode.vex_head(r(reg) | mem.xb(), second);
        let rest = mem.encode(reg);
        self.buf.put(head | u64::from(rest.modrm) << (8 * len), len + rest.modrm_len);
        self.buf.put(rest.disp, rest.disp_len);
    }

    /// A VEX instruction with two register operands and a memory operand relative to its end.
    pub(super) fn encode_vex_rr_rip(&mut self, opcode: Opcode, reg: u8, second: u8) {
        let (head, len) = opcode.vex_head(r(reg), second);
        self.buf.put(head | u64::from((reg & 7) << 3 | 5) << (8 * len), len + 1);
        self.buf.put(0, 4);
    }

    /// A legacy prefix: it stands before all else.
    #[inline]
    pub(super) fn operand_size_prefix(&mut self) {
        self.buf.put(0x66, 1);
    }
}
