//! Labels, branches and jump tables.

use crate::asm::{Alu, Cond, Index, Mem, Scale, Width};
use crate::compare::Test;
use crate::emitter::Emitter;
use wz_core::ir::{Inst, Op};
use wz_jit::{Kind, Label, Technique};

/// Jump tables with fewer targets than this, the default one not counted, are comparisons.
const FEW: usize = 4;

impl Emitter<'_> {
    pub(crate) fn bind_label(&mut self, label: u32) {
        self.alloc.bind(self.asm, self.ir, label, self.reachable);
        let here = self.asm.code.label(label);
        self.bind(here);
        self.reachable = true;
    }

    pub(crate) fn loop_header(&mut self, inst: &Inst<'_>) {
        self.alloc.enter_loop(self.asm, self.ir, inst.label(), inst.ext_y(0));
        let here = self.asm.code.label(inst.label());
        self.bind(here);
    }

    pub(crate) fn jump(&mut self, label: u32) {
        if self.alloc.jump(self.ir, label) {
            self.alloc.conform(self.asm);
        }
        let target = self.asm.code.label(label);
        self.jmp(target);
        self.reachable = false;
    }

    pub(crate) fn branch(&mut self, inst: &Inst<'_>) {
        let Some(condition) = inst.condition() else { return self.fail("inconsistent IR: no comparison") };
        let comparison = self.compare(&condition);
        let test = self.test(&comparison, Technique::CompareAndBranch);
        self.kill_condition(&condition);
        let test = if inst.op == Op::BrUnless { test.inverse() } else { test };
        let target = self.asm.code.label(inst.label());
        if !self.alloc.jump(self.ir, inst.label()) {
            self.jump_if(test, target);
        } else if self.asm.code.is_bound(target) {
            // The way back to a loop's header is the usual one.
            let over = self.asm.code.new_label();
            self.jump_if(test.inverse(), over);
            self.alloc.conform(self.asm);
            self.jmp(target);
            self.bind(over);
        } else {
            let stub = self.stub(target);
            self.jump_if(test, stub);
        }
    }

    /// Code behind the function that makes the moves of the jump that was prepared last, and jumps.
    fn stub(&mut self, target: Label) -> Label {
        let stub = self.asm.code.new_label();
        self.out_of_line(|e| {
            e.bind(stub);
            e.alloc.conform(e.asm);
            e.jmp(target);
        });
        stub
    }

    fn jump_if(&mut self, test: Test, target: Label) {
        match test {
            Test::One(cond) => self.jcc(cond, target),
            Test::Either(a, b) => {
                self.jcc(a, target);
                self.jcc(b, target);
            }
            Test::Both(a, b) => {
                let over = self.asm.jcc_short(a.inverse());
                self.jcc(b, target);
                self.asm.bind_short(over);
            }
        }
    }

    pub(crate) fn br_table(&mut self, inst: &Inst<'_>) {
        let (first, len) = (inst.ext_y(0) as usize, inst.ext_y(1) as usize);
        let labels = first.checked_add(len).and_then(|end| self.ir.br_targets.get(first..end));
        let Some((default, labels)) = labels.and_then(|labels| labels.split_last()) else {
            return self.fail("inconsistent IR: bad range of branch targets");
        };
        let index = self.int(inst.a(), Kind::I32);
        let (table, distance) = (self.int_temp(), self.int_temp());
        self.kill(&[inst.a()]);
        self.lists.table += 1;
        if labels.len() < FEW || !self.env.uses(Technique::JumpTables) {
            for (n, label) in labels.iter().enumerate() {
                self.asm.alu_imm(Alu::Cmp, Width::W32, index, n as i32);
                let target = self.edge(*label);
                self.jcc(Cond::E, target);
            }
            let target = self.edge(*default);
            self.jmp(target);
        } else {
            let mut targets = std::mem::take(&mut self.lists.targets);
            targets.clear();
            for label in labels {
                targets.push(self.edge(*label));
            }
            let default = self.edge(*default);
            self.asm.alu_imm(Alu::Cmp, Width::W32, index, labels.len() as i32);
            self.jcc(Cond::Ae, default);
            let entries = self.asm.code.jump_table(targets.iter().copied());
            self.lists.targets = targets;
            let field = self.asm.lea_rip(table);
            self.asm.code.refer(field, entries);
            if let Some(index) = Index::new(index) {
                self.asm.load_extend(
                    crate::asm::Extend::Sign32,
                    Width::W64,
                    distance,
                    Mem::indexed(table, index, Scale::X4, 0),
                );
            }
            self.asm.alu(Alu::Add, Width::W64, table, distance);
            self.asm.jmp_reg(table);
        }
        self.reachable = false;
    }

    /// Where a jump of the jump table at hand to an IR label goes: there, or to code that makes the moves on the way.
    /// Each label is looked at once a table.
    fn edge(&mut self, label: u32) -> Label {
        let at = label as usize;
        if self.lists.edges.len() <= at {
            self.lists.edges.resize(self.ir.labels.len().max(at + 1), (0, None));
        }
        if let (table, Some(edge)) = self.lists.edges[at]
            && table == self.lists.table
        {
            return edge;
        }
        let target = self.asm.code.label(label);
        let edge = if self.alloc.jump(self.ir, label) { self.stub(target) } else { target };
        self.lists.edges[at] = (self.lists.table, Some(edge));
        edge
    }
}
