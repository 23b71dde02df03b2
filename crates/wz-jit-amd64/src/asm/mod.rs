//! The assembler: one method for each form of an instruction that the emitter uses, with typed operands.
//!
//! Methods append to the code buffer and cannot fail; what goes wrong with the buffer is its poison flag.

mod control;
mod encode;
mod float;
mod integer;
mod operand;
#[cfg(test)]
mod tests;

pub(crate) use float::{BitOp, FloatOp, Rounding};
pub(crate) use integer::{Alu, Count, Extend, Shift, Unary};
pub(crate) use operand::{Cond, Gpr, Index, Mem, Precision, Scale, Width, Xmm};

use wz_jit::{CodeBuf, FuncCode};

/// The assembler.
#[derive(Debug, Default)]
pub(crate) struct Asm {
    /// Where the code goes.
    pub(crate) buf: CodeBuf,
    /// Labels, literals, and what else is known of the code.
    pub(crate) code: FuncCode,
}

impl Asm {
    /// Offset of the next instruction in the buffer.
    #[inline]
    pub(crate) fn offset(&self) -> u32 {
        self.buf.offset()
    }

    /// The place of a 32-bit displacement that ends the instruction just written.
    #[inline]
    fn field(&self) -> u32 {
        self.offset() - 4
    }
}
