//! Entries, prologue and epilogue.

use crate::asm::{Alu, Cond, Gpr, Index, Mem, Precision, Scale, Width, Xmm};
use crate::call::next_slot;
use crate::emitter::Emitter;
use crate::regs::{CALLEE_VMCTX, MEMORY, SCRATCH, VMCTX, gpr};
use wz_core::ir::{Base, Operand, Slot};
use wz_core::native::{FuncRecord, Site};
use wz_core::runtime::vm::{VmContext, VmMemory};
use wz_core::trap::TrapCode;
use wz_core::types::Class;
use wz_jit::{Home, Kind, Linked, LiveAt, Moves, Place, RegSet, Technique};

/// Bytes that a prologue makes sure of below its frame, less a page at most; they are for signal handlers. Not a multiple of
/// a page: the processor would take the look there for one at the return address just stored, and wait.
const PROBE: u32 = 74 << 10;

/// Frames, with what calls put below them, that one look is enough for: less than the guard by far.
const ONE_PROBE: u32 = 56 << 10;

/// Functions that call nothing need no look if their frame is less.
const NO_PROBE: u32 = 3 << 10;

/// Registers that cleared locals leave to what the function computes.
const SPARE: u32 = 4;

const PAGE: u32 = 4096;

/// What displacements to places above the frame start from, so that they take 32 bits.
const ABOVE: u32 = 1 << 10;

/// Slots that are cleared one after the other; more are by a loop.
const UNROLLED: u32 = 16;

impl Emitter<'_> {
    /// A place so many bytes above the return address. What it is used in ends with the displacement, and
    /// [`Emitter::fix_frame_field`] follows.
    pub(crate) fn above_frame(&mut self, offset: u32) -> Mem {
        Mem::new(Gpr::RSP, (ABOVE + self.alloc.frame().pushed() + offset) as i32)
    }

    /// Notes that the instruction just emitted has an operand of [`Emitter::above_frame`].
    pub(crate) fn fix_frame_field(&mut self) {
        let field = self.asm.offset() - 4;
        self.asm.code.add_frame_bytes(field);
    }

    /// The start of the body: parameters arrive, locals and references are cleared.
    pub(crate) fn enter(&mut self) {
        let ir = self.ir;
        let live_at_entry = LiveAt::entry(ir);
        let mut places = self.env.target.args();
        let mut base = Base { data: 0, refs: 0 };
        for ty in self.ty.params() {
            let kind = Kind::of_type(*ty);
            let slot = next_slot(&mut base, kind);
            let place = places.next(kind);
            let operand = Operand::of_slot(slot);
            let live = kind == Kind::Ref || operand.is_none_or(|x| live_at_entry.contains(x.index()));
            match (place, operand) {
                _ if !live => {}
                (Place::Reg(reg), Some(operand)) => self.alloc.write_in(operand, kind, reg),
                (Place::Reg(reg), None) => {
                    let home = self.alloc.slot_home(slot);
                    Moves::store(self.asm, home, reg, kind);
                }
                (Place::Stack(offset), operand) => {
                    let from = self.above_frame(offset);
                    self.asm.float_load(Precision::Double, Xmm::SCRATCH, from);
                    self.fix_frame_field();
                    let Home(home) = self.alloc.slot_home(slot);
                    self.asm.float_store(Precision::Double, Mem::new(Gpr::RSP, home), Xmm::SCRATCH);
                    if let Some(operand) = operand {
                        self.alloc.written_home(operand);
                    }
                }
            }
        }
        if (base.data, base.refs) != (ir.param_data, ir.param_refs) || ir.local_data > ir.data_slots {
            return self.fail("inconsistent IR: parameters and locals do not fit the frame");
        }
        self.clear_locals(&live_at_entry);
        self.clear(Slot::Ref(ir.param_refs), ir.ref_slots.saturating_sub(ir.param_refs));
        self.alloc.end_op(self.asm);
    }

    /// Clears the locals whose zero may be read: the first ones in registers, the others in the frame.
    fn clear_locals(&mut self, live_at_entry: &LiveAt) {
        let (mut slot, end) = (self.ir.param_data, self.ir.local_data);
        let tracked = end.min(LiveAt::TRACKED);
        while slot < tracked {
            let start = slot;
            while slot < tracked && live_at_entry.contains(slot as u16) && !self.clear_register(slot) {
                slot += 1;
            }
            self.clear(Slot::Data(start), slot - start);
            slot += 1;
        }
        let rest = self.ir.param_data.max(tracked);
        self.clear(Slot::Data(rest), end.saturating_sub(rest));
    }

    /// Clears a local in a register, if there are enough of them.
    fn clear_register(&mut self, slot: u32) -> bool {
        let class = self.ir.local_classes.get(slot as usize).copied().unwrap_or(Class::No);
        let (Some(kind), Some(dst)) = (Kind::of_class(class), Operand::of_slot(Slot::Data(slot))) else {
            return false;
        };
        let free = self.alloc.free() & RegSet::bank(kind.bank());
        if kind == Kind::V128 || free.len() <= SPARE {
            return false;
        }
        let reg = self.alloc.write(self.asm, dst, kind, None);
        self.asm.constant(reg, 0, kind);
        true
    }

    /// Clears consecutive slots. At the entry only: it uses registers that hold no parameter.
    fn clear(&mut self, first: Slot, count: u32) {
        if count == 0 {
            return;
        }
        let Home(first) = self.alloc.slot_home(first);
        let at = |offset: u32| Mem::new(Gpr::RSP, first + offset as i32);
        self.asm.zero_xmm(Xmm::SCRATCH);
        if !count.is_multiple_of(2) {
            self.asm.float_store(Precision::Double, at(0), Xmm::SCRATCH);
        }
        let (odd, bytes) = (8 * (count % 2), 8 * count);
        if count <= UNROLLED {
            for offset in (odd..bytes).step_by(16) {
                self.asm.movups_store(at(offset), Xmm::SCRATCH);
            }
        } else if let Some(index) = Index::new(SCRATCH[0]) {
            self.asm.mov_imm(SCRATCH[0], -i64::from(bytes - odd) as u64);
            let top = self.asm.offset();
            let end = Mem::indexed(Gpr::RSP, index, Scale::X1, first + bytes as i32);
            self.asm.movups_store(end, Xmm::SCRATCH);
            self.asm.alu_imm(Alu::Add, Width::W64, SCRATCH[0], 16);
            self.asm.jcc_back(Cond::Ne, top);
        }
    }

    /// Whether there is a frame: something is kept in it, or something called that may look at it.
    fn has_frame(&self) -> bool {
        self.calls || self.alloc.frame_used()
    }

    /// Ends the function: the epilogue, and in front of the body the entries and the prologue. Gives it to `out`.
    pub(crate) fn finish(mut self, out: &mut Linked<'_>) -> Result<FuncRecord, &'static str> {
        self.bind(self.epilogue);
        let saved = self.alloc.saved();
        let slots_bytes = if self.has_frame() { self.alloc.frame().bytes() } else { 0 };
        let frame_bytes = slots_bytes + 8 * saved.len();
        let arg_bytes = self.env.target.arg_bytes(self.ty.params());
        self.epilogue(slots_bytes, arg_bytes);
        self.tails(frame_bytes, slots_bytes);
        let start = out.code.len() as u32;
        let mut record = FuncRecord {
            frame_bytes,
            arg_bytes,
            result_bytes: self.env.target.result_bytes(self.ty.results()),
            body_offset: self.ir.body_offset as u32,
            ..FuncRecord::default()
        };
        if self.has_frame() {
            record.refs_offset = self.alloc.frame().refs_offset();
            record.ref_len = self.alloc.frame().ref_slots();
        }
        self.full_entry();
        record.local = self.head.offset() as u16;
        if let Some(probe) = self.probe(frame_bytes) {
            out.sites.push((start + probe, Site::new(0, Some(TrapCode::StackOverflow), 0).info));
        }
        for reg in saved {
            self.head.push(gpr(reg));
        }
        if slots_bytes > 0 {
            self.head.alu_imm(Alu::Sub, Width::W64, Gpr::RSP, slots_bytes as i32);
            self.head.store(Width::W64, Mem::new(Gpr::RSP, 0), VMCTX);
        }
        record.body = self.head.offset() as u16;
        if let Some(why) = self.fail.or(self.alloc.take_poison()) {
            return Err(why);
        }
        let above = (frame_bytes + 8).wrapping_sub(ABOVE);
        let asm = &mut *self.asm;
        asm.code.finish(&mut asm.buf, &self.head.buf, above, out)?;
        Ok(record)
    }

    /// The full entry: loads the pinned registers.
    fn full_entry(&mut self) {
        self.head.mov(Width::W64, VMCTX, CALLEE_VMCTX);
        if !self.module.memories.is_empty() {
            self.head.load(Width::W64, MEMORY, Mem::new(VMCTX, VmContext::MEMORY0 as i32));
            self.head.load(Width::W64, MEMORY, Mem::new(MEMORY, VmMemory::BASE as i32));
        }
        if self.head.offset() != self.full_entry_bytes() {
            self.fail("a full entry of another size");
        }
    }

    /// Bytes from the full to the local entry of every function of the module.
    pub(crate) fn full_entry_bytes(&self) -> u32 {
        if self.module.memories.is_empty() { 3 } else { 10 }
    }

    /// Makes sure that there is stack for the frame and below; the offset in the head of the instruction that faults else.
    fn probe(&mut self, frame_bytes: u32) -> Option<u32> {
        let bytes = frame_bytes + self.most_pushed;
        if !self.calls && bytes < NO_PROBE {
            return None;
        }
        if bytes <= ONE_PROBE {
            let at = self.head.offset();
            let below = PROBE + bytes / PAGE * PAGE;
            self.head.alu_store(Alu::Cmp, Width::W64, Mem::new(Gpr::RSP, -(below as i32)), Gpr::RAX);
            return Some(at);
        }
        let [address, pages] = SCRATCH;
        self.head.lea(Width::W64, address, Mem::new(Gpr::RSP, -(PROBE as i32)));
        self.head.mov_imm(pages, u64::from(bytes / PAGE) + 1);
        let at = self.head.offset();
        self.head.alu_store(Alu::Cmp, Width::W64, Mem::new(address, 0), Gpr::RAX);
        self.head.alu_imm(Alu::Sub, Width::W64, address, PAGE as i32);
        self.head.alu_imm(Alu::Sub, Width::W32, pages, 1);
        self.head.jcc_back(Cond::Ne, at);
        Some(at)
    }

    /// Leaves the frame and returns.
    fn epilogue(&mut self, slots_bytes: u32, arg_bytes: u32) {
        self.leave_frame(slots_bytes);
        match u16::try_from(arg_bytes) {
            _ if !self.env.uses(Technique::CalleePops) => self.asm.ret(),
            Ok(0) => self.asm.ret(),
            Ok(bytes) => self.asm.ret_pop(bytes),
            Err(_) => self.fail("a function of too many parameters"),
        }
    }

    /// Gives back the frame's slots, and restores the saved registers.
    pub(crate) fn leave_frame(&mut self, slots_bytes: u32) {
        if slots_bytes > 0 {
            self.asm.alu_imm(Alu::Add, Width::W64, Gpr::RSP, slots_bytes as i32);
        }
        let mut saved = self.alloc.saved();
        while let Some(last) = saved.last() {
            self.asm.pop(gpr(last));
            saved.remove(last);
        }
    }
}
