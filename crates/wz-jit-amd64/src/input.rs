//! Operands of ops as instructions can use them, and constants.

use crate::asm::{Gpr, Mem, Precision, Width, Xmm};
use crate::emitter::Emitter;
use crate::moves::mem;
use crate::regs::{IntoReg, gpr, xmm};
use wz_core::ir::{Inst, Operand};
use wz_jit::{Kind, Moves, Reg, Technique};

/// A source operand, where an instruction can take it from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Input<R> {
    /// A constant; 32-bit ones are zero-extended.
    Const(u64),
    /// A register, which is locked.
    Reg(R),
    /// Its home: the value is in no register and is not read again.
    Home(Mem),
}

impl<R> Input<R> {
    /// No operand: a result takes the place of none.
    pub(crate) const NONE: Input<R> = Input::Const(0);

    /// The register that it is in, which a result may take the place of.
    #[inline]
    fn reg(self) -> Option<R> {
        match self {
            Input::Reg(reg) => Some(reg),
            Input::Const(_) | Input::Home(_) => None,
        }
    }
}

/// The constant as an immediate operand, which is extended with its sign to 64 bits.
#[inline]
pub(crate) fn immediate(width: Width, bits: u64) -> Option<i32> {
    match width {
        Width::W32 => Some(bits as u32 as i32),
        Width::W64 => i32::try_from(bits as i64).ok(),
    }
}

/// The low bits of a number, as many as the width says.
#[inline]
pub(crate) fn wrapped(width: Width, bits: u64) -> u64 {
    match width {
        Width::W32 => u64::from(bits as u32),
        Width::W64 => bits,
    }
}

/// The kind of integers of this width.
#[inline]
pub(crate) fn int_kind(width: Width) -> Kind {
    match width {
        Width::W32 => Kind::I32,
        Width::W64 => Kind::I64,
    }
}

/// The kind of floats of this precision.
#[inline]
pub(crate) fn float_kind(precision: Precision) -> Kind {
    match precision {
        Precision::Single => Kind::F32,
        Precision::Double => Kind::F64,
    }
}

impl Emitter<'_> {
    #[inline]
    fn input<R>(&mut self, x: Operand, kind: Kind, typed: fn(Reg) -> R) -> Input<R> {
        if let Some(bits) = self.constant(x) {
            if self.env.uses(Technique::Immediates) {
                return Input::Const(bits);
            }
            let temp = self.alloc.temp(self.asm, kind.bank());
            self.asm.constant(temp, bits, kind);
            Input::Reg(typed(temp))
        } else if x.kills() && self.alloc.reg_of(x).is_none() {
            Input::Home(mem(self.alloc.home(x)))
        } else {
            Input::Reg(typed(self.alloc.read(self.asm, x, kind)))
        }
    }

    /// An integer operand.
    #[inline]
    pub(crate) fn int_input(&mut self, x: Operand, width: Width) -> Input<Gpr> {
        self.input(x, int_kind(width), gpr)
    }

    /// A float operand.
    #[inline]
    pub(crate) fn float_input(&mut self, x: Operand, precision: Precision) -> Input<Xmm> {
        self.input(x, float_kind(precision), xmm)
    }

    #[inline]
    fn inputs<R: IntoReg>(
        &mut self,
        inst: &Inst<'_>,
        kind: Kind,
        commutes: bool,
        typed: fn(Reg) -> R,
    ) -> (Input<R>, Input<R>) {
        let (a, b) = (inst.a(), inst.b());
        let (x, y) = (self.input(a, kind, typed), self.input(b, kind, typed));
        self.kill(&[a, b]);
        let swap = commutes
            && match (x, y) {
                (Input::Const(_), _) => true,
                (Input::Reg(_), Input::Reg(y)) if a.kills() => {
                    b.kills() && self.alloc.belongs_in(inst.dst(), y.reg())
                }
                (_, Input::Reg(_)) => b.kills(),
                _ => false,
            };
        if swap { (y, x) } else { (x, y) }
    }

    /// The two sources of a binary op on integers, which are read here for the last time if they are killed. Where the
    /// order does not matter, a constant comes second, and a register that the result may take comes first.
    #[inline]
    pub(crate) fn int_inputs(
        &mut self,
        inst: &Inst<'_>,
        width: Width,
        commutes: bool,
    ) -> (Input<Gpr>, Input<Gpr>) {
        self.inputs(inst, int_kind(width), commutes, gpr)
    }

    /// The two sources of a binary op on floats, as [`Emitter::int_inputs`].
    #[inline]
    pub(crate) fn float_inputs(
        &mut self,
        inst: &Inst<'_>,
        precision: Precision,
        commutes: bool,
    ) -> (Input<Xmm>, Input<Xmm>) {
        self.inputs(inst, float_kind(precision), commutes, xmm)
    }

    /// The source of a unary op on integers, in a register or its home, and read for the last time if it is killed;
    /// constants are put into a register.
    pub(crate) fn int_source(&mut self, inst: &Inst<'_>, width: Width) -> Input<Gpr> {
        let x = match self.int_input(inst.a(), width) {
            Input::Const(bits) => Input::Reg(self.int_constant(bits)),
            x => x,
        };
        self.alloc.free_if_killed(inst.a());
        x
    }

    /// The source of a unary op on floats, as [`Emitter::int_source`].
    pub(crate) fn float_source(&mut self, inst: &Inst<'_>, precision: Precision) -> Input<Xmm> {
        let x = match self.float_input(inst.a(), precision) {
            Input::Const(_) => Input::Reg(self.float_reg(inst.a(), float_kind(precision))),
            x => x,
        };
        self.alloc.free_if_killed(inst.a());
        x
    }

    /// The register of an integer result, best the one that `x` was in.
    #[inline]
    pub(crate) fn int_result(&mut self, inst: &Inst<'_>, width: Width, x: Input<Gpr>) -> Gpr {
        self.int_dst(inst.dst(), int_kind(width), x.reg())
    }

    /// The register of a float result, best the one that `x` was in.
    #[inline]
    pub(crate) fn float_result(&mut self, inst: &Inst<'_>, precision: Precision, x: Input<Xmm>) -> Xmm {
        self.float_dst(inst.dst(), float_kind(precision), x.reg())
    }

    /// A register of the instruction's own with a constant. Flags stay as they are.
    pub(crate) fn int_constant(&mut self, bits: u64) -> Gpr {
        let reg = self.int_temp();
        self.asm.mov_imm(reg, bits);
        reg
    }

    /// `dst <- x`. Flags stay as they are.
    pub(crate) fn move_int(&mut self, width: Width, dst: Gpr, x: Input<Gpr>) {
        match x {
            Input::Const(bits) => self.asm.mov_imm(dst, bits),
            Input::Reg(x) if x == dst => {}
            Input::Reg(x) => self.asm.mov(width, dst, x),
            Input::Home(mem) => self.asm.load(width, dst, mem),
        }
    }

    /// `dst <- x`. Flags stay as they are.
    pub(crate) fn move_float(&mut self, precision: Precision, dst: Xmm, x: Input<Xmm>) {
        match x {
            Input::Const(0) => self.asm.zero_xmm(dst),
            Input::Const(bits) => {
                let field = self.asm.float_load_rip(precision, dst);
                self.refer_to_float(field, precision, bits);
            }
            Input::Reg(x) if x == dst => {}
            Input::Reg(x) => self.asm.movaps(dst, x),
            Input::Home(mem) => self.asm.float_load(precision, dst, mem),
        }
    }

    /// Makes the field the distance to a literal float.
    pub(crate) fn refer_to_float(&mut self, field: u32, precision: Precision, bits: u64) {
        self.refer_to_literal(field, bits.into(), if precision == Precision::Single { 4 } else { 8 });
    }

    /// Makes the field the distance to a literal of `len` bytes.
    pub(crate) fn refer_to_literal(&mut self, field: u32, bits: u128, len: u32) {
        let label = self.asm.code.literal(bits, len);
        self.asm.code.refer(field, label);
    }
}
