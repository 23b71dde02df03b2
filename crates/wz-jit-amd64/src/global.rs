//! Globals.

use crate::asm::{Mem, Width};
use crate::emitter::Emitter;
use crate::moves::precision;
use crate::regs::IntoReg;
use wz_core::ir::Inst;
use wz_jit::{Bank, Kind, Moves};

impl Emitter<'_> {
    /// Where a global's value is. Imported ones are reached through their address.
    fn global(&mut self, index: u32) -> Mem {
        match self.env.layout.global_cell(index) {
            Some(cell) => self.vmctx(cell),
            None => {
                let address = self.int_temp();
                let place = self.vmctx(self.env.layout.global(index));
                self.asm.load(Width::W64, address, place);
                Mem::new(address, 0)
            }
        }
    }

    pub(crate) fn global_get(&mut self, inst: &Inst<'_>) {
        let kind = self.kind(inst.op.info().dst);
        let cell = self.global(inst.ext_y(0));
        match kind.bank() {
            Bank::Int => {
                let dst = self.int_dst(inst.dst(), kind, None);
                self.asm.load(crate::moves::width(kind), dst, cell);
            }
            Bank::Float => {
                let dst = self.float_dst(inst.dst(), kind, None);
                self.asm.float_load(precision(kind), dst, cell);
            }
        }
    }

    /// The high half of a 32-bit value's cell is zero, and stays so.
    pub(crate) fn global_set(&mut self, inst: &Inst<'_>) {
        let kind = self.kind(inst.op.info().a);
        let x = inst.a();
        let width = crate::moves::width(kind);
        match (self.constant(x), kind.bank()) {
            (Some(bits), _) => {
                let cell = self.global(inst.ext_y(0));
                match crate::input::immediate(width, bits) {
                    Some(value) => self.asm.store_imm(width, cell, value),
                    None => {
                        let temp = self.int_temp();
                        self.asm.constant(temp.reg(), bits, Kind::I64);
                        self.asm.store(width, cell, temp);
                    }
                }
            }
            (None, Bank::Int) => {
                let src = self.int(x, kind);
                let cell = self.global(inst.ext_y(0));
                self.asm.store(width, cell, src);
            }
            (None, Bank::Float) => {
                let src = self.float_reg(x, kind);
                let cell = self.global(inst.ext_y(0));
                self.asm.float_store(precision(kind), cell, src);
            }
        }
        self.kill(&[x]);
    }
}
