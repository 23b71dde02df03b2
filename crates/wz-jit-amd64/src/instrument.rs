//! Fuel and interruption.

use crate::asm::{Alu, Cond, Gpr, Mem, Width};
use crate::emitter::Emitter;
use wz_core::ir::Inst;
use wz_core::runtime::vm::{VmContext, VmRuntime};
use wz_core::trap::TrapCode;
use wz_jit::Kind;

/// What fuel is charged for.
#[derive(Clone, Copy)]
enum Amount {
    Imm(i32),
    Reg(Gpr),
}

impl Emitter<'_> {
    pub(crate) fn fuel(&mut self, inst: &Inst<'_>) {
        match i32::try_from(inst.word.index()) {
            Ok(amount) => self.charge(Amount::Imm(amount)),
            Err(_) => {
                let amount = self.int_temp();
                self.asm.mov_imm(amount, u64::from(inst.word.index()));
                self.charge(Amount::Reg(amount));
            }
        }
    }

    /// A unit for each 64 bytes: of units of 2^n bytes, each 2^(6 - n).
    pub(crate) fn fuel_bulk(&mut self, inst: &Inst<'_>) {
        let amount = self.int_temp();
        let x = inst.a();
        // An i32 is zero-extended in its register and in its home.
        match self.constant(x) {
            Some(bits) => self.asm.mov_imm(amount, bits),
            None => {
                let len = self.int_any(x);
                self.asm.mov(Width::W64, amount, len);
            }
        }
        self.kill(&[x]);
        let shift = 6_u16.saturating_sub(inst.word.b) as u8;
        if shift > 0 {
            self.asm.shift_imm(crate::asm::Shift::Shr, Width::W64, amount, shift);
        }
        self.charge(Amount::Reg(amount));
    }

    /// Takes fuel, or traps and takes none.
    fn charge(&mut self, amount: Amount) {
        let runtime = self.int_temp();
        let block = self.vmctx(VmContext::RUNTIME);
        self.asm.load(Width::W64, runtime, block);
        let fuel = Mem::new(runtime, VmRuntime::FUEL as i32);
        self.add_to(Alu::Sub, fuel, amount);
        let stub = self.asm.code.new_label();
        self.jcc(Cond::B, stub);
        self.out_of_line(|e| {
            e.bind(stub);
            e.add_to(Alu::Add, fuel, amount);
            e.may_fault(TrapCode::OutOfFuel);
            e.asm.ud2();
        });
    }

    fn add_to(&mut self, op: Alu, cell: Mem, amount: Amount) {
        match amount {
            Amount::Imm(value) => self.asm.alu_store_imm(op, Width::W64, cell, value),
            Amount::Reg(value) => self.asm.alu_store(op, Width::W64, cell, value),
        }
    }

    /// A register with an integer whose kind is not known.
    fn int_any(&mut self, x: wz_core::ir::Operand) -> Gpr {
        let kind = self.alloc.held_in(x).map_or(Kind::I64, |(_, kind)| kind);
        self.int(x, kind)
    }

    /// Traps if the runtime is interrupted.
    pub(crate) fn interrupt(&mut self) {
        let word = self.int_temp();
        let address = self.vmctx(VmContext::INTERRUPT);
        self.asm.load(Width::W64, word, address);
        self.asm.alu_store_imm(Alu::Cmp, Width::W32, Mem::new(word, 0), 0);
        self.trap_if(Cond::Ne, TrapCode::Interrupted);
    }
}
