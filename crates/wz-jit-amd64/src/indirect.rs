//! Calls through tables.
//!
//! An entry holds a copy of its function's record. Its type's id is compared with the one asked for; where they differ
//! (the entry is null, not filled yet, of another type, or of a subtype), a helper decides behind the function.

use crate::asm::{Alu, Cond, Gpr, Mem, Shift, Width};
use crate::call::Callee;
use crate::emitter::Emitter;
use crate::regs::SCRATCH;
use wz_core::ir::{Inst, Operand};
use wz_core::native::Helper;
use wz_core::runtime::vm::{VmContext, VmFuncRef, VmTable, VmTableEntry};
use wz_core::trap::TrapCode;
use wz_jit::{Kind, Technique};

impl Emitter<'_> {
    pub(crate) fn call_indirect(&mut self, inst: &Inst<'_>) {
        let Some(call) = inst.call() else { return self.fail("inconsistent IR: missing words") };
        let (Some((table, index)), Some(ty)) = (call.table, self.module.types.get(call.callee as usize))
        else {
            return self.fail("inconsistent IR: no table, or no such type");
        };
        let record = self.find_function(table, index, call.callee);
        self.call_with(&call, ty.params(), ty.results(), Callee::Entry(record));
    }

    /// The address of the record of the function that a table has at an index, after all checks, in a register that
    /// holds no argument; locked.
    pub(crate) fn find_function(&mut self, table: u32, index: Operand, type_index: u32) -> Gpr {
        let kind = match self.module.tables.get(table as usize) {
            Some(ty) if ty.table64 => Kind::I64,
            Some(_) => Kind::I32,
            None => {
                self.fail("inconsistent IR: no such table");
                Kind::I32
            }
        };
        let [wanted, record] = SCRATCH;
        self.take(wanted);
        self.take(record);
        let index_reg = self.int(index, kind);
        let definition = self.vmctx(self.env.layout.table(table));
        self.asm.load(Width::W64, wanted, definition);
        self.asm.alu_load(Alu::Cmp, Width::W64, index_reg, Mem::new(wanted, VmTable::LEN as i32));
        self.trap_if(Cond::Ae, TrapCode::UndefinedElement);
        self.asm.mov(Width::W64, record, index_reg);
        self.asm.shift_imm(Shift::Shl, Width::W64, record, VmTableEntry::SIZE.trailing_zeros() as u8);
        self.asm.alu_load(Alu::Add, Width::W64, record, Mem::new(wanted, VmTable::BASE as i32));
        let ids = self.vmctx(VmContext::TYPE_IDS);
        self.asm.load(Width::W64, wanted, ids);
        self.asm.load(Width::W32, wanted, Mem::new(wanted, (type_index as i32).wrapping_mul(4)));
        self.asm.alu_store(Alu::Cmp, Width::W32, Mem::new(record, VmFuncRef::TYPE_ID as i32), wanted);
        let (decide, decided) = (self.asm.code.new_label(), self.asm.code.new_label());
        match self.env.uses(Technique::OneCompareIndirect) {
            true => self.jcc(Cond::Ne, decide),
            false => self.jmp(decide),
        }
        self.bind(decided);
        self.alloc.free_if_killed(index);
        self.out_of_line(|e| {
            e.bind(decide);
            e.alloc.save_live(e.asm);
            // The second argument first: it may be in the register of another.
            e.asm.mov(Width::W64, Gpr::RDX, index_reg);
            e.asm.mov_imm(Gpr::RSI, u64::from(table));
            e.asm.mov_imm(Gpr::RCX, u64::from(type_index));
            e.call_helper(Helper::CallIndirect);
            e.asm.mov(Width::W64, record, Gpr::RAX);
            e.alloc.reload_live(e.asm);
            e.jmp(decided);
        });
        record
    }
}
