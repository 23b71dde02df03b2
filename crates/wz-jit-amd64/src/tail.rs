//! Tail calls.
//!
//! A tail call to a function of the same instance gives its frame to the callee. One to another instance does so too, but
//! the caller must find its pinned registers unchanged: unless the function has a restore frame above its arguments
//! already, it makes one, and the callee returns to the stub that loads these registers. One to the host is a call and a
//! return: the frame keeps the calling instance while the host function runs.
//!
//! Arguments beyond the registers are first put below the frame, as for a call. The end of a tail call moves them to the
//! end of the function's own argument area and jumps. It depends on the frame's size, so that all ends are made last.

use crate::asm::{Alu, Cond, Gpr, Mem, Precision, Width, Xmm};
use crate::call::Callee;
use crate::emitter::Emitter;
use crate::regs::{CALLEE_VMCTX, MEMORY, SCRATCH, VMCTX, gpr};
use wz_core::ir::{CallInfo, Inst};
use wz_core::native::Restore;
use wz_core::runtime::vm::{VmContext, VmFuncRef, VmHeader};
use wz_core::types::{FuncType, ValType};
use wz_jit::{Kind, Label, Place};

/// The end of a tail call: arguments are in registers and below the frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tail {
    label: Label,
    /// Of the same instance, but for [`Callee::Import`].
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
        let result_bytes = self.env.target.result_bytes(ty.results());
        let pushed = match callee {
            Callee::Local(_) => arg_bytes,
            Callee::Import(_) | Callee::Entry(_) if arg_bytes == 0 => result_bytes,
            // Arguments must not be overwritten by a restore frame before they are moved.
            Callee::Import(_) | Callee::Entry(_) => arg_bytes + result_bytes.max(Restore::FRAME_BYTES),
        };
        self.sort_values(call.args, ty.params(), self.env.target.args());
        self.set_pushed(pushed);
        self.store_values(|e, offset, word| {
            e.asm.store(Width::W64, Mem::new(Gpr::RSP, offset as i32), word);
        });
        self.place_values(false);
        match callee {
            Callee::Local(_) => {
                let label = self.tail(callee, arg_bytes, pushed);
                self.jmp(label);
                self.alloc.set_pushed(0);
            }
            Callee::Import(record) | Callee::Entry(record) => {
                self.asm.load(Width::W64, CALLEE_VMCTX, Mem::new(record, VmFuncRef::VMCTX as i32));
                if let Callee::Entry(_) = callee {
                    let same = self.tail(callee, arg_bytes, pushed);
                    self.asm.alu(Alu::Cmp, Width::W64, CALLEE_VMCTX, VMCTX);
                    self.jcc(Cond::E, same);
                }
                let other = self.tail(Callee::Import(record), arg_bytes, pushed);
                let kind = Mem::new(CALLEE_VMCTX, VmHeader::KIND as i32);
                self.asm.alu_store_imm(Alu::Cmp, Width::W32, kind, VmHeader::HOST as i32);
                self.jcc(Cond::Ne, other);
                self.call_full_entry(record, pushed - arg_bytes);
                self.pass_results_on(ty.results());
                self.set_pushed(0);
                self.leave(false);
            }
        }
        self.reachable = false;
    }

    /// The label of a new end.
    fn tail(&mut self, callee: Callee, arg_bytes: u32, pushed: u32) -> Label {
        let label = self.asm.code.new_label();
        self.lists.tails.push(Tail { label, callee, arg_bytes, pushed });
        label
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
            let results = matches!(tail.callee, Callee::Import(_)) && self.ty_result_bytes() > 0;
            if tail.arg_bytes == 0 && self.ty_arg_bytes() == 0 && !results {
                self.set_back(tail.pushed);
                self.leave_frame(slots_bytes);
                if let Callee::Import(_) = tail.callee {
                    self.push_restore_frame();
                }
                self.jump_to_callee(tail.callee);
            } else {
                self.move_arguments(tail, frame_bytes, slots_bytes);
            }
        }
        self.lists.tails = tails;
    }

    fn ty_arg_bytes(&self) -> u32 {
        self.env.target.arg_bytes(self.ty.params())
    }

    fn ty_result_bytes(&self) -> u32 {
        self.env.target.result_bytes(self.ty.results())
    }

    fn set_back(&mut self, bytes: u32) {
        if bytes > 0 {
            self.asm.alu_imm(Alu::Add, Width::W64, Gpr::RSP, bytes as i32);
        }
    }

    /// Jumps with the vmctx and the arguments in place.
    fn jump_to_callee(&mut self, callee: Callee) {
        match callee {
            Callee::Local(func) => {
                let field = self.asm.jmp();
                self.asm.code.refer_to_function(field, func);
            }
            Callee::Entry(record) => {
                self.load_local_entry(record);
                self.asm.jmp_reg(record);
            }
            Callee::Import(record) => {
                self.asm.load(Width::W64, record, Mem::new(record, VmFuncRef::CODE as i32));
                self.asm.jmp_reg(record);
            }
        }
    }

    /// Loads the address of the stub that restore frames of this function return to.
    fn load_restore_stub(&mut self, dst: Gpr) {
        let stub = Restore::of(self.ty_result_bytes());
        let table = self.vmctx(VmContext::ENGINE_DATA);
        self.asm.load(Width::W64, dst, table);
        self.asm.load(Width::W64, dst, Mem::new(dst, stub.offset() as i32));
    }

    /// Makes a restore frame at the stack pointer, where only the return address is, if that is not a restore stub's.
    fn push_restore_frame(&mut self) {
        let stub = SCRATCH[0];
        self.load_restore_stub(stub);
        self.asm.alu_store(Alu::Cmp, Width::W64, Mem::new(Gpr::RSP, 0), stub);
        let made = self.asm.jcc_short(Cond::E);
        self.asm.push(MEMORY);
        self.asm.push(VMCTX);
        self.asm.push(stub);
        self.asm.bind_short(made);
    }

    /// Makes a restore frame, if the return address, which is at `return_address` and in its register, is not that of a
    /// restore stub; then that is what the register has. It is made at the end of the argument area if there are no
    /// results in memory, and the area then ends below it. Arguments are to be moved by `distance` if the area ends where it
    /// does now: the register of memory 0's base is set to the stack pointer plus this, or less.
    fn restore_frame(&mut self, return_address: i32, distance: i32) {
        let stub = SCRATCH[0];
        let at = |offset: i32| Mem::new(Gpr::RSP, offset);
        let lower = match Restore::of(self.ty_result_bytes()) {
            Restore::Off => Restore::FRAME_BYTES as i32,
            Restore::Kept => 0,
        };
        let frame = return_address + 8 + self.ty_arg_bytes() as i32 - lower;
        self.load_restore_stub(stub);
        self.asm.alu_store(Alu::Cmp, Width::W64, at(return_address), stub);
        let made = self.asm.jcc_short(Cond::E);
        self.asm.store(Width::W64, at(frame + Restore::VMCTX as i32), VMCTX);
        self.asm.store(Width::W64, at(frame + Restore::MEMORY as i32), MEMORY);
        self.asm.float_store(Precision::Double, at(frame + Restore::RETURN as i32), RETURN_ADDRESS);
        self.asm.mov_to_xmm(Width::W64, RETURN_ADDRESS, stub);
        let end = (lower > 0).then(|| {
            self.asm.lea(Width::W64, MEMORY, at(distance - lower));
            self.asm.jmp_short()
        });
        self.asm.bind_short(made);
        self.asm.lea(Width::W64, MEMORY, at(distance));
        if let Some(end) = end {
            self.asm.bind_short(end);
        }
    }

    /// Moves the arguments in memory up to the end of the function's own, and jumps.
    fn move_arguments(&mut self, tail: &Tail, frame_bytes: u32, slots_bytes: u32) {
        let counter = SCRATCH[0];
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
        // The last argument goes below the end of the area, the return address below the first.
        let distance = return_address + 8 + self.ty_arg_bytes() as i32 - tail.arg_bytes as i32;
        let (base, distance) = match tail.callee {
            Callee::Import(_) => {
                self.restore_frame(return_address, distance);
                (MEMORY, 0)
            }
            Callee::Local(_) | Callee::Entry(_) => (Gpr::RSP, distance),
        };
        if tail.arg_bytes > 0 {
            self.asm.mov_imm(counter, u64::from(tail.arg_bytes / 8));
            let top = self.asm.offset();
            if let Some(index) = crate::asm::Index::new(counter) {
                let word =
                    |base: Gpr, offset: i32| Mem::indexed(base, index, crate::asm::Scale::X8, offset - 8);
                self.asm.float_load(Precision::Double, Xmm::SCRATCH, word(Gpr::RSP, 0));
                self.asm.float_store(Precision::Double, word(base, distance), Xmm::SCRATCH);
            }
            self.asm.alu_imm(Alu::Sub, Width::W32, counter, 1);
            self.asm.jcc_back(Cond::Ne, top);
        }
        self.asm.lea(Width::W64, Gpr::RSP, Mem::new(base, distance - 8));
        self.asm.float_store(Precision::Double, at(0), RETURN_ADDRESS);
        self.jump_to_callee(tail.callee);
    }
}
