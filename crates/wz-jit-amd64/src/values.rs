//! Operands and results of instructions in registers and memory operands.

use crate::asm::{Gpr, Xmm};
use crate::emitter::Emitter;
use crate::regs::{IntoReg, gpr, xmm};
use wz_core::ir::Operand;
use wz_jit::{Bank, Kind, Moves};

impl Emitter<'_> {
    /// A register with an integer or reference, constants included; locked. It is not to be changed.
    #[inline]
    pub(crate) fn int(&mut self, x: Operand, kind: Kind) -> Gpr {
        match self.constant(x) {
            None => gpr(self.alloc.read(self.asm, x, kind)),
            Some(bits) => {
                let temp = self.alloc.temp(self.asm, Bank::Int);
                self.asm.constant(temp, bits, kind);
                gpr(temp)
            }
        }
    }

    /// A register with a float, constants included; locked. It is not to be changed.
    #[inline]
    pub(crate) fn float_reg(&mut self, x: Operand, kind: Kind) -> Xmm {
        match self.constant(x) {
            None => xmm(self.alloc.read(self.asm, x, kind)),
            Some(bits) => {
                let temp = self.alloc.temp(self.asm, Bank::Float);
                self.asm.constant(temp, bits, kind);
                xmm(temp)
            }
        }
    }

    /// Forgets operands that are read here for the last time. Every operand must have been read by then.
    #[inline]
    pub(crate) fn kill(&mut self, operands: &[Operand]) {
        for x in operands {
            self.alloc.free_if_killed(*x);
        }
    }

    /// The register for an integer or reference result. It is none of the instruction's locked ones, except
    /// possibly `reuse`, if nothing lives there any more.
    #[inline]
    pub(crate) fn int_dst(&mut self, dst: Operand, kind: Kind, reuse: Option<Gpr>) -> Gpr {
        gpr(self.alloc.write(self.asm, dst, kind, reuse.map(IntoReg::reg)))
    }

    /// The register for a float result, as [`Emitter::int_dst`].
    #[inline]
    pub(crate) fn float_dst(&mut self, dst: Operand, kind: Kind, reuse: Option<Xmm>) -> Xmm {
        xmm(self.alloc.write(self.asm, dst, kind, reuse.map(IntoReg::reg)))
    }

    /// A general-purpose register for the instruction's own use; locked.
    #[inline]
    pub(crate) fn int_temp(&mut self) -> Gpr {
        gpr(self.alloc.temp(self.asm, Bank::Int))
    }

    /// A float register for the instruction's own use; locked.
    #[inline]
    pub(crate) fn float_temp(&mut self) -> Xmm {
        xmm(self.alloc.temp(self.asm, Bank::Float))
    }

    /// Claims this very register for the instruction's own use; locked.
    #[inline]
    pub(crate) fn take(&mut self, reg: Gpr) {
        self.alloc.take(self.asm, reg.reg());
    }

    /// Puts an integer into this very register, which may be changed then; locked. `dies` says that it is read here
    /// for the last time, and by no operand that is read later.
    pub(crate) fn int_into(&mut self, x: Operand, kind: Kind, reg: Gpr, dies: bool) {
        match self.constant(x) {
            Some(bits) => {
                self.take(reg);
                self.asm.constant(reg.reg(), bits, kind);
            }
            None => self.alloc.read_into(self.asm, x, kind, reg.reg(), dies),
        }
    }
}
