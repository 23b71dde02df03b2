//! Comparisons: as conditions of branches and selections, and as values.

use crate::asm::{Alu, Cond, Gpr, Precision, Width, Xmm};
use crate::emitter::Emitter;
use crate::input::{Input, float_kind, immediate, int_kind};
use Precision::{Double, Single};
use Width::{W32, W64};
use wz_core::ir::{Condition, Inst, Op, Operand, Shape};
use wz_core::types::Class;
use wz_jit::{Kind, Technique};

/// What to ask the flags.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Test {
    /// Whether this holds.
    One(Cond),
    /// Whether one of these holds.
    Either(Cond, Cond),
    /// Whether both hold.
    Both(Cond, Cond),
}

impl Test {
    /// What holds exactly when this does not.
    #[inline]
    pub(crate) fn inverse(self) -> Test {
        match self {
            Test::One(cond) => Test::One(cond.inverse()),
            Test::Either(a, b) => Test::Both(a.inverse(), b.inverse()),
            Test::Both(a, b) => Test::Either(a.inverse(), b.inverse()),
        }
    }
}

/// Floats are equal: parity says that one is NaN.
const EQUAL: Test = Test::Both(Cond::E, Cond::Np);
const NOT_EQUAL: Test = Test::Either(Cond::Ne, Cond::P);

/// A comparison op, as the processor sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Relation {
    /// Of an integer with 0.
    Zero(Width, Cond),
    /// Of two integers.
    Int(Width, Cond),
    /// Of two floats: what to ask, and whether the operands are swapped. The flags of "less" are also those of NaN, those
    /// of "greater" are not.
    Float(Precision, Test, bool),
}

impl Relation {
    fn of(op: Op) -> Option<Relation> {
        use Relation::{Float, Int, Zero};
        Some(match op {
            Op::I32Eqz => Zero(W32, Cond::E),
            Op::I32Nez => Zero(W32, Cond::Ne),
            Op::I32Eq => Int(W32, Cond::E),
            Op::I32Ne => Int(W32, Cond::Ne),
            Op::I32LtS => Int(W32, Cond::L),
            Op::I32LtU => Int(W32, Cond::B),
            Op::I32GtS => Int(W32, Cond::G),
            Op::I32GtU => Int(W32, Cond::A),
            Op::I32LeS => Int(W32, Cond::Le),
            Op::I32LeU => Int(W32, Cond::Be),
            Op::I32GeS => Int(W32, Cond::Ge),
            Op::I32GeU => Int(W32, Cond::Ae),
            Op::I64Eqz => Zero(W64, Cond::E),
            Op::I64Nez => Zero(W64, Cond::Ne),
            Op::I64Eq => Int(W64, Cond::E),
            Op::I64Ne => Int(W64, Cond::Ne),
            Op::I64LtS => Int(W64, Cond::L),
            Op::I64LtU => Int(W64, Cond::B),
            Op::I64GtS => Int(W64, Cond::G),
            Op::I64GtU => Int(W64, Cond::A),
            Op::I64LeS => Int(W64, Cond::Le),
            Op::I64LeU => Int(W64, Cond::Be),
            Op::I64GeS => Int(W64, Cond::Ge),
            Op::I64GeU => Int(W64, Cond::Ae),
            Op::F32Eq => Float(Single, EQUAL, false),
            Op::F32Ne => Float(Single, NOT_EQUAL, false),
            Op::F32Lt => Float(Single, Test::One(Cond::A), true),
            Op::F32Gt => Float(Single, Test::One(Cond::A), false),
            Op::F32Le => Float(Single, Test::One(Cond::Ae), true),
            Op::F32Ge => Float(Single, Test::One(Cond::Ae), false),
            Op::F64Eq => Float(Double, EQUAL, false),
            Op::F64Ne => Float(Double, NOT_EQUAL, false),
            Op::F64Lt => Float(Double, Test::One(Cond::A), true),
            Op::F64Gt => Float(Double, Test::One(Cond::A), false),
            Op::F64Le => Float(Double, Test::One(Cond::Ae), true),
            Op::F64Ge => Float(Double, Test::One(Cond::Ae), false),
            _ => return None,
        })
    }
}

/// A comparison whose operands are where an instruction can take them from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Comparison {
    /// `cmp`
    Ints { width: Width, cond: Cond, x: Input<Gpr>, y: Input<Gpr> },
    /// `test`
    Bits { width: Width, cond: Cond, x: Gpr, y: Input<Gpr> },
    /// `ucomis`
    Floats { precision: Precision, test: Test, x: Xmm, y: Input<Xmm> },
}

/// An `and` that is left out, because the comparison of its result with 0 sets the flags by itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FusedTest {
    width: Width,
    a: Operand,
    b: Operand,
}

/// The register whose value the flags are of: after arithmetic, the zero flag says whether the result is 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct ZeroFlag {
    /// Where the arithmetic ends. Anything emitted after it makes this void.
    at: u32,
    width: Width,
    reg: Gpr,
}

impl Emitter<'_> {
    /// Notes that the instruction just emitted computed `reg` and set the flags accordingly.
    #[inline]
    pub(crate) fn sets_zero_flag(&mut self, width: Width, reg: Gpr) {
        self.zero_flag = Some(ZeroFlag { at: self.asm.offset(), width, reg });
    }

    /// Leaves an `and` out if nothing but the condition of the next instruction reads its result.
    pub(crate) fn fuse_test(&mut self, inst: &Inst<'_>) -> bool {
        let Some(next) = self.ir.inst(inst.end()) else { return false };
        let select = next.shape() == Shape::Select;
        if !select && next.shape() != Shape::Branch {
            return false;
        }
        let Some(Condition { op, x, .. }) = next.condition() else { return false };
        let width = match (inst.op, op) {
            (Op::I32And, Op::I32Eqz | Op::I32Nez) => W32,
            (Op::I64And, Op::I64Eqz | Op::I64Nez) => W64,
            _ => return false,
        };
        let dst = inst.dst().index();
        let is = |x: Operand| !x.is_const() && x.index() == dst;
        if !is(x) || !x.kills() || select && (is(next.a()) || is(next.b())) {
            return false;
        }
        self.fused_test = Some(FusedTest { width, a: inst.a(), b: inst.b() });
        true
    }

    /// Reads the operands of a comparison.
    pub(crate) fn compare(&mut self, condition: &Condition) -> Comparison {
        let Condition { op, x, y } = *condition;
        match Relation::of(op) {
            Some(Relation::Zero(width, cond)) => match self.fused_test.take() {
                Some(test) => self.compare_bits(test, cond),
                None => {
                    let x = self.int_input(x, width);
                    self.comparable(width, cond, x, Input::Const(0))
                }
            },
            Some(Relation::Int(width, cond)) => {
                let (x, y, cond) = if x.is_const() { (y, x, cond.swapped()) } else { (x, y, cond) };
                let (x, y) = (self.int_input(x, width), self.int_input(y, width));
                self.comparable(width, cond, x, y)
            }
            Some(Relation::Float(precision, test, swapped)) => {
                let (x, y) = if swapped { (y, x) } else { (x, y) };
                let x = self.float_reg(x, float_kind(precision));
                let y = match self.float_input(y, precision) {
                    Input::Const(0) => {
                        let zero = self.float_temp();
                        self.asm.zero_xmm(zero);
                        Input::Reg(zero)
                    }
                    y => y,
                };
                Comparison::Floats { precision, test, x, y }
            }
            None => {
                self.fail("inconsistent IR: no comparison");
                Comparison::Ints { width: W32, cond: Cond::E, x: Input::NONE, y: Input::NONE }
            }
        }
    }

    /// A comparison of integers, one of which is put into a register if no instruction takes both as they are.
    fn comparable(&mut self, width: Width, cond: Cond, x: Input<Gpr>, y: Input<Gpr>) -> Comparison {
        let y = self.encodable(width, y);
        let x = match (x, y) {
            (Input::Const(_), _) | (Input::Home(_), Input::Home(_)) => {
                let reg = self.int_temp();
                self.move_int(width, reg, x);
                Input::Reg(reg)
            }
            _ => x,
        };
        Comparison::Ints { width, cond, x, y }
    }

    /// The operands of an `and` that was left out.
    fn compare_bits(&mut self, test: FusedTest, cond: Cond) -> Comparison {
        let FusedTest { width, a, b } = test;
        let (a, b) = if a.is_const() { (b, a) } else { (a, b) };
        let x = self.int(a, int_kind(width));
        let y = match self.constant(b) {
            Some(bits) if immediate(width, bits).is_some() => Input::Const(bits),
            _ => Input::Reg(self.int(b, int_kind(width))),
        };
        self.kill(&[a, b]);
        Comparison::Bits { width, cond, x, y }
    }

    /// Compares, for an op that uses the flags if the technique is on: what to ask them.
    pub(crate) fn test(&mut self, comparison: &Comparison, technique: Technique) -> Test {
        if self.env.uses(technique) {
            return self.set_flags(comparison);
        }
        let value = self.int_temp();
        self.value_of(comparison, value);
        self.asm.test(W32, value, value);
        Test::One(Cond::Ne)
    }

    /// Compares: what to ask the flags then.
    pub(crate) fn set_flags(&mut self, comparison: &Comparison) -> Test {
        match *comparison {
            Comparison::Ints { width, cond, x, y } => {
                match (x, y) {
                    (Input::Reg(x), Input::Const(0)) => {
                        let flags = Some(ZeroFlag { at: self.asm.offset(), width, reg: x });
                        if self.zero_flag != flags || !matches!(cond, Cond::E | Cond::Ne) {
                            self.asm.test(width, x, x);
                        }
                    }
                    (Input::Reg(x), y) => self.alu_input(Alu::Cmp, width, x, y),
                    (Input::Home(x), Input::Reg(y)) => self.asm.alu_store(Alu::Cmp, width, x, y),
                    (Input::Home(x), Input::Const(bits)) => match immediate(width, bits) {
                        Some(imm) => self.asm.alu_store_imm(Alu::Cmp, width, x, imm),
                        None => self.fail("not an immediate"),
                    },
                    _ => self.fail("no such comparison"),
                }
                Test::One(cond)
            }
            Comparison::Bits { width, cond, x, y } => {
                match y {
                    Input::Reg(y) => self.asm.test(width, x, y),
                    Input::Const(bits) => match immediate(width, bits) {
                        Some(imm) => self.asm.test_imm(width, x, imm),
                        None => self.fail("not an immediate"),
                    },
                    Input::Home(_) => self.fail("no such comparison"),
                }
                Test::One(cond)
            }
            Comparison::Floats { precision, test, x, y } => {
                match y {
                    Input::Reg(y) => self.asm.ucomis(precision, x, y),
                    Input::Home(y) => self.asm.ucomis_mem(precision, x, y),
                    Input::Const(bits) => {
                        let field = self.asm.ucomis_rip(precision, x);
                        self.refer_to_float(field, precision, bits);
                    }
                }
                test
            }
        }
    }

    /// Forgets the operands of a condition that are read there for the last time.
    pub(crate) fn kill_condition(&mut self, condition: &Condition) {
        self.kill(&[condition.x]);
        if !condition.y.is_none() {
            self.kill(&[condition.y]);
        }
    }

    /// A comparison whose result is a value.
    pub(crate) fn comparison(&mut self, inst: &Inst<'_>) {
        let y = if inst.op.info().b == Class::No { Operand::NONE } else { inst.b() };
        let condition = Condition { op: inst.op, x: inst.a(), y };
        let comparison = self.compare(&condition);
        self.kill_condition(&condition);
        let dst = self.int_dst(inst.dst(), Kind::I32, None);
        self.value_of(&comparison, dst);
    }

    /// `dst <- ` 1 if a comparison holds, else 0.
    fn value_of(&mut self, comparison: &Comparison, dst: Gpr) {
        let other = match *comparison {
            Comparison::Floats { test: Test::Both(..) | Test::Either(..), .. } => Some(self.int_temp()),
            _ => None,
        };
        // Clearing changes the flags, so it comes first; the condition is then one byte.
        self.asm.zero(dst);
        match (self.set_flags(comparison), other) {
            (Test::One(cond), _) => self.asm.setcc(cond, dst),
            (Test::Both(_, cond), Some(zero)) => {
                self.asm.mov_imm(zero, 0);
                self.asm.setcc(cond, dst);
                self.asm.cmov(Cond::Ne, W32, dst, zero);
            }
            (Test::Either(_, cond), Some(one)) => {
                self.asm.mov_imm(one, 1);
                self.asm.setcc(cond, dst);
                self.asm.cmov(Cond::Ne, W32, dst, one);
            }
            _ => self.fail("no such comparison"),
        }
    }
}
