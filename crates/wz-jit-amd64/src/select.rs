//! `select`.

use crate::asm::{Gpr, Width, Xmm};
use crate::compare::Test;
use crate::emitter::Emitter;
use crate::moves::width;
use crate::regs::IntoReg;
use wz_core::ir::{Condition, Inst};
use wz_jit::{Bank, Kind, Technique};

impl Emitter<'_> {
    pub(crate) fn select(&mut self, inst: &Inst<'_>) {
        let Some(condition) = inst.condition() else { return self.fail("inconsistent IR: no comparison") };
        let kind = self.kind(inst.op.info().dst);
        match kind.bank() {
            Bank::Int => self.select_int(inst, &condition, kind),
            Bank::Float => self.select_float(inst, &condition, kind),
        }
    }

    /// The result starts as one of the values and becomes the other one if a test holds: whether it starts as the one
    /// for "yes". Best is one whose register the result may take.
    fn starts_with_yes<R: IntoReg>(&self, yes: R, no: R) -> bool {
        !self.alloc.is_used(yes.reg()) && self.alloc.is_used(no.reg())
    }

    fn select_int(&mut self, inst: &Inst<'_>, condition: &Condition, kind: Kind) {
        let (a, b, width) = (inst.a(), inst.b(), width(kind));
        let (yes, no) = (self.int(a, kind), self.int(b, kind));
        let comparison = self.compare(condition);
        self.kill(&[a, b]);
        self.kill_condition(condition);
        let start_yes = self.starts_with_yes(yes, no);
        let (first, second) = if start_yes { (yes, no) } else { (no, yes) };
        let dst = self.int_dst(inst.dst(), kind, Some(first));
        let test = self.test(&comparison, Technique::CompareAndSelect);
        match if start_yes { test.inverse() } else { test } {
            Test::One(cond) => {
                self.move_gpr(width, dst, first);
                self.asm.cmov(cond, width, dst, second);
            }
            Test::Either(p, q) => {
                self.move_gpr(width, dst, first);
                self.asm.cmov(p, width, dst, second);
                self.asm.cmov(q, width, dst, second);
            }
            // Two conditional moves make "either": the values change places.
            Test::Both(p, q) => {
                let kept = if dst == first { self.int_temp() } else { first };
                self.move_gpr(width, kept, first);
                self.move_gpr(width, dst, second);
                self.asm.cmov(p.inverse(), width, dst, kept);
                self.asm.cmov(q.inverse(), width, dst, kept);
            }
        }
    }

    fn move_gpr(&mut self, width: Width, dst: Gpr, src: Gpr) {
        if dst != src {
            self.asm.mov(width, dst, src);
        }
    }

    fn select_float(&mut self, inst: &Inst<'_>, condition: &Condition, kind: Kind) {
        let (a, b) = (inst.a(), inst.b());
        let (yes, no) = (self.float_reg(a, kind), self.float_reg(b, kind));
        let comparison = self.compare(condition);
        self.kill(&[a, b]);
        self.kill_condition(condition);
        let start_yes = self.starts_with_yes(yes, no);
        let (first, second) = if start_yes { (yes, no) } else { (no, yes) };
        let dst = self.float_dst(inst.dst(), kind, Some(first));
        let test = self.test(&comparison, Technique::CompareAndSelect);
        if dst != first {
            self.asm.movaps(dst, first);
        }
        self.move_unless(if start_yes { test } else { test.inverse() }, dst, second);
    }

    /// `dst <- src`, jumped over if the test holds.
    fn move_unless(&mut self, test: Test, dst: Xmm, src: Xmm) {
        match test {
            Test::One(cond) => {
                let over = self.asm.jcc_short(cond);
                self.asm.movaps(dst, src);
                self.asm.bind_short(over);
            }
            Test::Either(a, b) => {
                let over = [self.asm.jcc_short(a), self.asm.jcc_short(b)];
                self.asm.movaps(dst, src);
                over.into_iter().for_each(|jump| self.asm.bind_short(jump));
            }
            Test::Both(a, b) => {
                let change = self.asm.jcc_short(a.inverse());
                let over = self.asm.jcc_short(b);
                self.asm.bind_short(change);
                self.asm.movaps(dst, src);
                self.asm.bind_short(over);
            }
        }
    }
}
