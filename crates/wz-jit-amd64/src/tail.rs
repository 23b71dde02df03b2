//! Tail calls.
//!
//! A tail call to a function of the same instance gives its frame to the callee. One to another instance, or to the
//! host, does not: the caller must find its vmctx register unchanged, so that it is a call and a return.
//!
//! Arguments beyond the registers are first put below the frame, as for a call. The end of a tail call moves them to the
//! end of the function's own argument area and jumps. It depends on the frame's size, so that all ends are made last.

use crate::asm::{Alu, Cond, Gpr, Mem, Precision, Width, Xmm};
use crate::call::Callee;
use crate::emitter::Emitter;
use crate::regs::{CALLEE_VMCTX, SCRATCH, VMCTX, gpr};
use wz_core::ir::{CallInfo, Inst};
use wz_core::runtime::vm::VmFuncRef;
use wz_core::types::{FuncType, ValType};
use wz_jit::{Kind, Label, Place};

/// The end of a tail call: arguments are in registers and below the frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tail {
    label: Label,
    callee: Callee,
    /// Bytes of the callee's arguments in memory, and of what is below the frame in all.
    arg_bytes: u32,
    pushed: u32,
}

/// A float register that holds no argument.
const RETURN_ADDRESS: Xmm = Xmm::of(14);

impl Emitter<'_> {
    pub(crate) fn return_call(&mut self, inst: &Inst<'_>) {
        let Some(call) = inst.call() else { return self.fail("inconsistent IR: missing words") };
        let Some(ty) = self.module.func_type(call.callee) else {
            return self.fail("inconsistent IR: no such function");
        };
        if call.callee < self.module.imported_funcs {
            let record = SCRATCH[1];
            self.take(record);
            let place = self.vmctx(self.env.layout.import(call.callee));
            self.asm.load(Width::W64, record, place);
            self.tail_call(&call, ty, Callee::Import(record));
        } else {
            self.tail_call(&call, ty, Callee::Local(call.callee));
        }
    }

    pub(crate) fn return_call_indirect(&mut self, inst: &Inst<'_>) {
        let Some(call) = inst.call() else { return self.fail("inconsistent IR: missing words") };
        let (Some((table, index)), Some(ty)) = (call.table, self.module.types.get(call.callee as usize))
        else {
            return self.fail("inconsistent IR: no table, or no such type");
        };
        let record = self.find_function(table, index, call.callee);
        self.tail_call(&call, ty, Callee::Entry(record));
    }

    fn tail_call(&mut self, call: &CallInfo<'_>, ty: &FuncType, callee: Callee) {
        if call.args_len != ty.params().len() || ty.results() != self.ty.results() {
            return self.fail("inconsistent IR: arity differs from the type's");
        }
        let arg_bytes = self.env.target.arg_bytes(ty.params());
        let result_bytes = match callee {
            Callee::Local(_) => 0,
            Callee::Import(_) | Callee::Entry(_) => self.env.target.result_bytes(ty.results()),
        };
        self.sort_values(call.args, ty.params(), self.env.target.args());
        self.set_pushed(arg_bytes + result_bytes);
        self.store_values(|e, offset, word| {
            e.asm.store(Width::W64, Mem::new(Gpr::RSP, offset as i32), word);
        });
        self.place_values(false);
        let label = self.asm.code.new_label();
        self.lists.tails.push(Tail { label, callee, arg_bytes, pushed: arg_bytes + result_bytes });
        match callee {
            Callee::Local(_) => {
                self.jmp(label);
                self.alloc.set_pushed(0);
            }
            Callee::Import(record) | Callee::Entry(record) => {
                self.asm.load(Width::W64, CALLEE_VMCTX, Mem::new(record, VmFuncRef::VMCTX as i32));
                self.asm.alu(Alu::Cmp, Width::W64, CALLEE_VMCTX, VMCTX);
                self.jcc(Cond::E, label);
                self.call_full_entry(record, result_bytes);
                self.pass_results_on(ty.results());
                self.set_pushed(0);
                self.leave(false);
            }
        }
        self.reachable = false;
    }

    /// Copies the results in memory of a call just made to where the function's own results go.
    fn pass_results_on(&mut self, results: &[ValType]) {
        let mut places = self.env.target.results();
        let args = self.env.target.arg_bytes(self.ty.params());
        for ty in results {
            if let Place::Stack(offset) = places.next(Kind::of_type(*ty)) {
                self.asm.float_load(Precision::Double, Xmm::SCRATCH, Mem::new(Gpr::RSP, offset as i32));
                let to = self.above_frame(args + offset);
                self.asm.float_store(Precision::Double, to, Xmm::SCRATCH);
                self.fix_frame_field();
            }
        }
    }

    /// The ends of all tail calls.
    pub(crate) fn tails(&mut self, frame_bytes: u32, slots_bytes: u32) {
        let tails = std::mem::take(&mut self.lists.tails);
        for tail in &tails {
            self.bind(tail.label);
            if tail.arg_bytes == 0 && self.ty_arg_bytes() == 0 {
                self.set_back(tail.pushed);
                self.leave_frame(slots_bytes);
                match tail.callee {
                    Callee::Local(func) => self.jump_to_function(func),
                    Callee::Import(record) | Callee::Entry(record) => {
                        self.load_local_entry(record);
                        self.asm.jmp_reg(record);
                    }
                }
            } else {
                self.move_arguments(tail, frame_bytes, slots_bytes);
            }
        }
        self.lists.tails = tails;
    }

    fn ty_arg_bytes(&self) -> u32 {
        self.env.target.arg_bytes(self.ty.params())
    }

    fn set_back(&mut self, bytes: u32) {
        if bytes > 0 {
            self.asm.alu_imm(Alu::Add, Width::W64, Gpr::RSP, bytes as i32);
        }
    }

    fn jump_to_function(&mut self, func: u32) {
        let field = self.asm.jmp();
        self.asm.code.refer_to_function(field, func);
    }

    /// Moves the arguments in memory up to the end of the function's own, and jumps.
    fn move_arguments(&mut self, tail: &Tail, frame_bytes: u32, slots_bytes: u32) {
        let [counter, code] = SCRATCH;
        let at = |offset: i32| Mem::new(Gpr::RSP, offset);
        // What the moves may overwrite comes first: return address, saved registers.
        let return_address = (tail.pushed + frame_bytes) as i32;
        self.asm.float_load(Precision::Double, RETURN_ADDRESS, at(return_address));
        let mut saved = (tail.pushed + slots_bytes) as i32;
        let mut regs = self.alloc.saved();
        while let Some(last) = regs.last() {
            self.asm.load(Width::W64, gpr(last), at(saved));
            saved += 8;
            regs.remove(last);
        }
        if let Callee::Import(record) | Callee::Entry(record) = tail.callee {
            debug_assert_eq!(record, code);
            self.load_local_entry(code);
        }
        // The last argument goes below the end of the area, the return address below the first.
        let distance = return_address + 8 + self.ty_arg_bytes() as i32 - tail.arg_bytes as i32;
        if tail.arg_bytes > 0 {
            self.asm.mov_imm(counter, u64::from(tail.arg_bytes / 8));
            let top = self.asm.offset();
            if let Some(index) = crate::asm::Index::new(counter) {
                let word = |base: i32| Mem::indexed(Gpr::RSP, index, crate::asm::Scale::X8, base - 8);
                self.asm.float_load(Precision::Double, Xmm::SCRATCH, word(0));
                self.asm.float_store(Precision::Double, word(distance), Xmm::SCRATCH);
            }
            self.asm.alu_imm(Alu::Sub, Width::W32, counter, 1);
            self.asm.jcc_back(Cond::Ne, top);
        }
        self.asm.float_store(Precision::Double, at(distance - 8), RETURN_ADDRESS);
        self.asm.lea(Width::W64, Gpr::RSP, at(distance - 8));
        match tail.callee {
            Callee::Local(func) => self.jump_to_function(func),
            Callee::Import(_) | Callee::Entry(_) => self.asm.jmp_reg(code),
        }
    }
}
