//! Calls of functions and helpers, and returns.

use crate::asm::{Alu, Cond, Gpr, Mem, Width};
use crate::emitter::Emitter;
use crate::regs::{CALLEE_VMCTX, IntoReg, MEMORY, SCRATCH, TARGET, VMCTX, gpr};
use wz_core::ir::{Base, CallInfo, Inst, Operand, OperandList, Slot};
use wz_core::native::Helper;
use wz_core::runtime::vm::{VmContext, VmFuncRef, VmMemory};
use wz_core::types::ValType;
use wz_jit::{Bank, Home, Kind, Moves, Place, Places, Reg, Source};

/// An argument of a helper.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Arg {
    /// A number.
    Const(u32),
    /// An operand.
    Value(Operand, Kind),
}

/// What is called.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Callee {
    /// A function that the module defines.
    Local(u32),
    /// The function whose record is at this address: an imported one.
    Import(Gpr),
    /// The function whose record is at this address: most likely one of the same instance.
    Entry(Gpr),
}

/// Slots, or constants, of a list of values in the order of a signature.
struct Values<'a> {
    list: OperandList<'a>,
    next: Base,
    index: usize,
}

impl<'a> Values<'a> {
    fn new(list: OperandList<'a>) -> Values<'a> {
        let next = match list {
            OperandList::Consecutive(base) => base,
            OperandList::Spelt { .. } => Base { data: 0, refs: 0 },
        };
        Values { list, next, index: 0 }
    }
}

/// The next slot of consecutive values.
pub(crate) fn next_slot(base: &mut Base, kind: Kind) -> Slot {
    if kind == Kind::Ref {
        base.refs += 1;
        Slot::Ref(base.refs - 1)
    } else {
        base.data += kind.slots();
        Slot::Data(base.data - kind.slots())
    }
}

impl Emitter<'_> {
    fn next_value(&mut self, values: &mut Values<'_>, kind: Kind) -> Source {
        match values.list.spelt(values.index) {
            Some(x) => {
                values.index += 1;
                match self.constant(x) {
                    Some(bits) => Source::Const(bits),
                    None => Source::Slot(x),
                }
            }
            None => {
                let slot = next_slot(&mut values.next, kind);
                match Operand::of_slot(slot) {
                    Some(x) => Source::Slot(Operand(x.0 | Operand::KILL)),
                    None => Source::Far(slot),
                }
            }
        }
    }

    /// Sorts values by where they go.
    pub(crate) fn sort_values(&mut self, list: OperandList<'_>, types: &[ValType], mut places: Places) {
        self.lists.regs.clear();
        self.lists.stack.clear();
        let mut values = Values::new(list);
        for ty in types {
            let kind = Kind::of_type(*ty);
            let source = self.next_value(&mut values, kind);
            match places.next(kind) {
                Place::Reg(reg) => self.lists.regs.push((reg, source, kind)),
                Place::Stack(offset) => self.lists.stack.push((offset, source, kind)),
            }
        }
    }

    /// Stores the values that go to memory: `to` is the operand of an offset in their area.
    pub(crate) fn store_values(&mut self, store: impl Fn(&mut Self, u32, Gpr)) {
        if self.lists.stack.is_empty() {
            return;
        }
        let stack = std::mem::take(&mut self.lists.stack);
        let scratch = self.alloc.temp(self.asm, Bank::Int);
        for (offset, source, kind) in &stack {
            let word = self.alloc.word(self.asm, *source, *kind, scratch);
            store(self, *offset, gpr(word));
            if word != scratch {
                self.alloc.unlock(word);
            }
        }
        for (_, source, _) in &stack {
            if let Source::Slot(x) = source
                && x.kills()
            {
                // The same value may go to a register as well: then it is read once more.
                let again = |(_, other, _): &&mut (Reg, Source, Kind)| matches!(other, Source::Slot(other) if other.index() == x.index());
                match self.lists.regs.iter_mut().find(again) {
                    Some((_, other, _)) => *other = *source,
                    None => self.alloc.free_if_killed(*x),
                }
            }
        }
        self.alloc.unlock(scratch);
        self.lists.stack = stack;
    }

    /// Puts the values that go to registers there.
    pub(crate) fn place_values(&mut self, call: bool) {
        let regs = std::mem::take(&mut self.lists.regs);
        self.alloc.transfer(self.asm, &regs, call);
        self.lists.regs = regs;
    }

    /// Moves the stack pointer to so many bytes below the frame.
    pub(crate) fn set_pushed(&mut self, bytes: u32) {
        let change = bytes as i32 - self.alloc.frame().pushed() as i32;
        match change {
            0 => return,
            1.. => self.asm.alu_imm(Alu::Sub, Width::W64, Gpr::RSP, change),
            _ => self.asm.alu_imm(Alu::Add, Width::W64, Gpr::RSP, -change),
        }
        self.alloc.set_pushed(bytes);
        self.most_pushed = self.most_pushed.max(bytes);
    }

    pub(crate) fn call(&mut self, inst: &Inst<'_>) {
        let Some(call) = inst.call() else { return self.fail("inconsistent IR: missing words") };
        let Some(ty) = self.module.func_type(call.callee) else {
            return self.fail("inconsistent IR: no such function");
        };
        if call.callee < self.module.imported_funcs {
            let record = SCRATCH[1];
            self.take(record);
            let place = self.vmctx(self.env.layout.import(call.callee));
            self.asm.load(Width::W64, record, place);
            self.call_with(&call, ty.params(), ty.results(), Callee::Import(record));
        } else {
            self.call_with(&call, ty.params(), ty.results(), Callee::Local(call.callee));
        }
    }

    /// Calls with what an instruction passes, and takes the results.
    pub(crate) fn call_with(
        &mut self,
        call: &CallInfo<'_>,
        params: &[ValType],
        results: &[ValType],
        callee: Callee,
    ) {
        if call.args_len != params.len() || call.results_len != results.len() {
            return self.fail("inconsistent IR: arity differs from the type's");
        }
        let (arg_bytes, result_bytes) =
            (self.env.target.arg_bytes(params), self.env.target.result_bytes(results));
        self.sort_values(call.args, params, self.env.target.args());
        self.set_pushed(arg_bytes + result_bytes);
        self.store_values(|e, offset, word| {
            e.asm.store(Width::W64, Mem::new(Gpr::RSP, offset as i32), word);
        });
        self.place_values(true);
        self.enter_callee(callee, result_bytes);
        self.take_results(call, results);
        self.set_pushed(0);
    }

    /// The call itself, and what has to be done after each. It leaves `result_bytes` below the frame.
    pub(crate) fn enter_callee(&mut self, callee: Callee, result_bytes: u32) {
        match callee {
            Callee::Local(func) => {
                let field = self.asm.call();
                self.asm.code.refer_to_function(field, func);
                self.called();
                self.alloc.set_pushed(result_bytes);
                if !self.is_guarded(0) {
                    self.load_memory_base();
                }
            }
            Callee::Import(record) => {
                self.asm.load(Width::W64, CALLEE_VMCTX, Mem::new(record, VmFuncRef::VMCTX as i32));
                self.call_full_entry(record, result_bytes);
            }
            Callee::Entry(record) => {
                // Of the same instance: the pinned registers are as they are to be, and stay so.
                let (other, called) = (self.asm.code.new_label(), self.asm.code.new_label());
                let pushed = self.alloc.frame().pushed();
                self.asm.load(Width::W64, CALLEE_VMCTX, Mem::new(record, VmFuncRef::VMCTX as i32));
                self.asm.alu(Alu::Cmp, Width::W64, CALLEE_VMCTX, VMCTX);
                self.jcc(Cond::Ne, other);
                self.load_local_entry(record);
                self.asm.call_reg(record);
                self.called();
                if !self.is_guarded(0) {
                    self.load_memory_base();
                }
                self.bind(called);
                self.out_of_line(|e| {
                    e.bind(other);
                    e.alloc.set_pushed(pushed);
                    e.call_full_entry(record, result_bytes);
                    e.jmp(called);
                });
                self.alloc.set_pushed(result_bytes);
            }
        }
    }

    /// The address of a function's local entry in place of that of its record. All functions of a module have full
    /// entries of one size.
    pub(crate) fn load_local_entry(&mut self, record: Gpr) {
        self.asm.load(Width::W64, record, Mem::new(record, VmFuncRef::CODE as i32));
        self.asm.alu_imm(Alu::Add, Width::W64, record, self.full_entry_bytes() as i32);
    }

    /// A call that may leave the instance; the callee's vmctx is in its register.
    pub(crate) fn call_full_entry(&mut self, record: Gpr, result_bytes: u32) {
        self.asm.call_mem(Mem::new(record, VmFuncRef::CODE as i32));
        self.called();
        self.alloc.set_pushed(result_bytes);
        self.asm.load(Width::W64, VMCTX, Mem::new(Gpr::RSP, result_bytes as i32));
        self.load_memory_base();
    }

    /// Loads the base of memory 0, if there is one.
    pub(crate) fn load_memory_base(&mut self) {
        if !self.module.memories.is_empty() {
            let definition = self.vmctx(VmContext::MEMORY0);
            self.asm.load(Width::W64, MEMORY, definition);
            self.asm.load(Width::W64, MEMORY, Mem::new(MEMORY, VmMemory::BASE as i32));
        }
    }

    /// Binds the results of a call to their slots.
    fn take_results(&mut self, call: &CallInfo<'_>, results: &[ValType]) {
        let mut places = self.env.target.results();
        let mut base = call.results.unwrap_or(Base { data: 0, refs: 0 });
        for ty in results {
            let kind = Kind::of_type(*ty);
            let (slot, operand) = match call.results {
                Some(_) => {
                    let slot = next_slot(&mut base, kind);
                    (slot, Operand::of_slot(slot))
                }
                None => (call.result.slot().unwrap_or(Slot::Data(0)), Some(call.result)),
            };
            match (places.next(kind), operand) {
                (Place::Reg(reg), Some(operand)) => self.alloc.write_in(operand, kind, reg),
                (Place::Reg(reg), None) => {
                    let home = self.alloc.slot_home(slot);
                    Moves::store(self.asm, home, reg, kind);
                }
                (Place::Stack(offset), operand) => {
                    let home = self.alloc.slot_home(slot);
                    self.asm.copy_home(home, Home(offset as i32));
                    if let Some(operand) = operand {
                        self.alloc.written_home(operand);
                    }
                }
            }
        }
    }

    /// Calls a helper. What lives on is in its home.
    pub(crate) fn helper(&mut self, helper: Helper, args: &[Arg], result: Option<(Operand, Kind)>) {
        self.lists.regs.clear();
        for (arg, target) in args.iter().zip(TARGET.int_args) {
            let (source, kind) = match *arg {
                Arg::Const(number) => (Source::Const(u64::from(number)), Kind::I32),
                Arg::Value(x, kind) => match self.constant(x) {
                    Some(bits) => (Source::Const(bits), kind),
                    None => (Source::Slot(x), kind),
                },
            };
            self.lists.regs.push((*target, source, kind));
        }
        self.place_values(true);
        self.call_helper(helper);
        if let Some((dst, kind)) = result {
            if kind == Kind::I32 {
                // Helpers give 64 bits.
                self.asm.mov(Width::W32, Gpr::RAX, Gpr::RAX);
            }
            self.alloc.write_in(dst, kind, Gpr::RAX.reg());
        }
    }

    /// The call of a helper whose arguments are in place.
    pub(crate) fn call_helper(&mut self, helper: Helper) {
        let table = self.vmctx(VmContext::ENGINE_DATA);
        self.asm.load(Width::W64, SCRATCH[1], table);
        self.asm.call_mem(Mem::new(SCRATCH[1], helper.offset() as i32));
        self.called();
    }

    pub(crate) fn ret(&mut self, inst: &Inst<'_>) {
        let results = self.ty.results();
        match inst.returned() {
            Some((len, list)) if len == results.len() => {
                self.sort_values(list, results, self.env.target.results())
            }
            _ => return self.fail("inconsistent IR: number of results differs from the type's"),
        }
        let args = self.env.target.arg_bytes(self.ty.params());
        self.store_values(|e, offset, word| {
            let to = e.above_frame(args + offset);
            e.asm.store(Width::W64, to, word);
            e.fix_frame_field();
        });
        self.place_values(false);
        self.leave(inst.end() == self.ir.code.len());
    }

    /// Goes to the end of the function, which may be next.
    pub(crate) fn leave(&mut self, last: bool) {
        if !last {
            self.jmp(self.epilogue);
        }
        self.reachable = false;
    }
}
