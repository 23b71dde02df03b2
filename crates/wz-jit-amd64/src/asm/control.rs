//! Jumps, calls and the stack.

use super::Asm;
use super::encode::Opcode;
use super::operand::{Cond, Gpr, Mem};
use dynasmrt::{DynasmApi, dynasm};

/// A jump of at most 127 bytes whose target is not known yet.
#[must_use = "a jump without a target goes to the next instruction"]
#[derive(Debug)]
pub(crate) struct Short(u32);

impl Asm {
    /// Jumps to what a displacement of 32 bits says; returns the place of the displacement.
    #[inline]
    pub(crate) fn jmp(&mut self) -> u32 {
        self.buf.put(0xe9, 5);
        self.field()
    }

    /// Jumps if `cond` holds, as [`Asm::jmp`].
    #[inline]
    pub(crate) fn jcc(&mut self, cond: Cond) -> u32 {
        self.buf.put(0x800f | (cond as u64) << 8, 6);
        self.field()
    }

    /// Calls, as [`Asm::jmp`].
    #[inline]
    pub(crate) fn call(&mut self) -> u32 {
        self.buf.put(0xe8, 5);
        self.field()
    }

    /// Jumps back to `target`, an offset of the code before this point, in the shortest form.
    pub(crate) fn jmp_back(&mut self, target: u32) {
        let distance = i64::from(target) - i64::from(self.offset());
        match i8::try_from(distance - 2) {
            Ok(near) => self.buf.put(0xeb | u64::from(near as u8) << 8, 2),
            Err(_) => self.buf.put(0xe9 | u64::from((distance - 5) as u32) << 8, 5),
        }
    }

    /// Jumps back if `cond` holds, as [`Asm::jmp_back`].
    pub(crate) fn jcc_back(&mut self, cond: Cond, target: u32) {
        let distance = i64::from(target) - i64::from(self.offset());
        match i8::try_from(distance - 2) {
            Ok(near) => self.buf.put(0x70 | cond as u64 | u64::from(near as u8) << 8, 2),
            Err(_) => {
                let far = u64::from((distance - 6) as u32);
                self.buf.put(0x800f | (cond as u64) << 8 | far << 16, 6);
            }
        }
    }

    /// Jumps a short way ahead, to where [`Asm::bind_short`] is called.
    #[inline]
    pub(crate) fn jmp_short(&mut self) -> Short {
        self.buf.put(0xeb, 2);
        Short(self.offset())
    }

    /// Jumps a short way ahead if `cond` holds.
    #[inline]
    pub(crate) fn jcc_short(&mut self, cond: Cond) -> Short {
        self.buf.put(0x70 | cond as u64, 2);
        Short(self.offset())
    }

    /// Makes a short jump go here.
    pub(crate) fn bind_short(&mut self, jump: Short) {
        let distance = self.offset().wrapping_sub(jump.0);
        if distance > 127 {
            self.buf.poison("a short jump is too long");
            return;
        }
        self.buf.patch8(jump.0 - 1, distance as u8);
    }

    /// Jumps to the address in a register.
    #[inline]
    pub(crate) fn jmp_reg(&mut self, target: Gpr) {
        self.encode_rr(Opcode::new(0xff), 4, target.number());
    }

    /// Calls the address in a register.
    #[inline]
    pub(crate) fn call_reg(&mut self, target: Gpr) {
        self.encode_rr(Opcode::new(0xff), 2, target.number());
    }

    /// Calls the address in memory.
    #[inline]
    pub(crate) fn call_mem(&mut self, target: Mem) {
        self.encode_rm(Opcode::new(0xff), 2, target);
    }

    /// `dst <- address of what a displacement of 32 bits says`; returns the place of the displacement.
    #[inline]
    pub(crate) fn lea_rip(&mut self, dst: Gpr) -> u32 {
        self.encode_r_rip(Opcode::new(0x8d).wide(true), dst.number());
        self.field()
    }

    /// Pushes a register.
    #[inline]
    pub(crate) fn push(&mut self, src: Gpr) {
        self.encode_o(Opcode::new(0x50), src.number());
    }

    /// Pops into a register.
    #[inline]
    pub(crate) fn pop(&mut self, dst: Gpr) {
        self.encode_o(Opcode::new(0x58), dst.number());
    }

    /// Sign of eax into every bit of edx.
    #[inline]
    pub(crate) fn cdq(&mut self) {
        dynasm!(self.buf ; .arch x64 ; cdq);
    }

    /// Sign of rax into every bit of rdx.
    #[inline]
    pub(crate) fn cqo(&mut self) {
        dynasm!(self.buf ; .arch x64 ; cqo);
    }

    /// Returns.
    #[inline]
    pub(crate) fn ret(&mut self) {
        dynasm!(self.buf ; .arch x64 ; ret);
    }

    /// Returns and pops this many bytes of arguments.
    #[inline]
    pub(crate) fn ret_pop(&mut self, bytes: u16) {
        dynasm!(self.buf ; .arch x64 ; ret bytes as i16);
    }

    /// An instruction that always faults.
    #[inline]
    pub(crate) fn ud2(&mut self) {
        dynasm!(self.buf ; .arch x64 ; ud2);
    }
}
