//! Moves: the ones that the allocator asks for, and those that the IR has.

use crate::asm::{Asm, Gpr, Mem, Precision, Width, Xmm};
use crate::emitter::Emitter;
use crate::regs::{gpr, xmm};
use wz_core::ir::{Base, Inst, Op, Operand, Slot};
use wz_jit::{Bank, Home, Kind, Moves, Reg};

/// The memory operand of a place in the frame.
#[inline]
pub(crate) fn mem(home: Home) -> Mem {
    Mem::new(Gpr::RSP, home.0)
}

/// The width of values in general-purpose registers, and of the bits of floats.
#[inline]
pub(crate) fn width(kind: Kind) -> Width {
    match kind {
        Kind::I32 | Kind::F32 => Width::W32,
        _ => Width::W64,
    }
}

/// The precision of a float.
#[inline]
pub(crate) fn precision(kind: Kind) -> Precision {
    if kind == Kind::F32 { Precision::Single } else { Precision::Double }
}

impl Moves for Asm {
    #[inline]
    fn load(&mut self, dst: Reg, home: Home, kind: Kind) {
        match dst.bank() {
            Bank::Int => Asm::load(self, width(kind), gpr(dst), mem(home)),
            Bank::Float if kind == Kind::V128 => self.movups_load(xmm(dst), mem(home)),
            Bank::Float => self.float_load(precision(kind), xmm(dst), mem(home)),
        }
    }

    #[inline]
    fn store(&mut self, home: Home, src: Reg, kind: Kind) {
        match src.bank() {
            Bank::Int => Asm::store(self, Width::W64, mem(home), gpr(src)),
            Bank::Float if kind == Kind::V128 => self.movups_store(mem(home), xmm(src)),
            Bank::Float => self.float_store(precision(kind), mem(home), xmm(src)),
        }
    }

    #[inline]
    fn mov(&mut self, dst: Reg, src: Reg, kind: Kind) {
        match (dst.bank(), src.bank()) {
            (Bank::Int, Bank::Int) => Asm::mov(self, width(kind), gpr(dst), gpr(src)),
            (Bank::Float, Bank::Float) => self.movaps(xmm(dst), xmm(src)),
            (Bank::Float, Bank::Int) => self.mov_to_xmm(width(kind), xmm(dst), gpr(src)),
            (Bank::Int, Bank::Float) => self.mov_from_xmm(width(kind), gpr(dst), xmm(src)),
        }
    }

    fn swap(&mut self, a: Reg, b: Reg) {
        match a.bank() {
            Bank::Int => self.xchg(Width::W64, gpr(a), gpr(b)),
            Bank::Float => {
                self.movaps(Xmm::SCRATCH, xmm(a));
                self.movaps(xmm(a), xmm(b));
                self.movaps(xmm(b), Xmm::SCRATCH);
            }
        }
    }

    fn constant(&mut self, dst: Reg, bits: u64, kind: Kind) {
        match dst.bank() {
            Bank::Int if bits == 0 => self.zero(gpr(dst)),
            Bank::Int => self.mov_imm(gpr(dst), bits),
            Bank::Float if bits == 0 => self.zero_xmm(xmm(dst)),
            Bank::Float => {
                let literal = self.code.literal(u128::from(bits), if kind == Kind::F32 { 4 } else { 8 });
                let field = self.float_load_rip(precision(kind), xmm(dst));
                self.code.refer(field, literal);
            }
        }
    }

    fn copy_home(&mut self, dst: Home, src: Home) {
        self.float_load(Precision::Double, Xmm::SCRATCH, mem(src));
        self.float_store(Precision::Double, mem(dst), Xmm::SCRATCH);
    }
}

impl Emitter<'_> {
    /// Instructions of the unary shape that move a value.
    pub(crate) fn copy(&mut self, inst: &Inst<'_>, kind: Kind) {
        match self.constant(inst.a()) {
            Some(bits) => {
                let dst = self.alloc.write(self.asm, inst.dst(), kind, None);
                self.asm.constant(dst, bits, kind);
            }
            None => self.alloc.copy(self.asm, inst.dst(), inst.a(), kind),
        }
    }

    pub(crate) fn wide_const(&mut self, inst: &Inst<'_>) {
        let dst = self.alloc.write(self.asm, inst.dst(), Kind::I64, None);
        self.asm.constant(dst, inst.wide_const() as u64, Kind::I64);
    }

    pub(crate) fn far_get(&mut self, inst: &Inst<'_>) {
        let kind = if inst.op == Op::FarGetRef { Kind::Ref } else { Kind::I64 };
        let home = self.alloc.slot_home(inst.far_slot());
        let dst = self.alloc.write(self.asm, inst.dst(), kind, None);
        Moves::load(self.asm, dst, home, kind);
    }

    pub(crate) fn far_set(&mut self, inst: &Inst<'_>) {
        let home = self.alloc.slot_home(inst.far_slot());
        let x = inst.a();
        if let Some(bits) = self.constant(x) {
            let temp = self.alloc.temp(self.asm, Bank::Int);
            self.asm.constant(temp, bits, Kind::I64);
            Moves::store(self.asm, home, temp, Kind::I64);
        } else if let Some((reg, kind)) = self.alloc.held_in(x) {
            Moves::store(self.asm, home, reg, kind);
        } else {
            // Not by way of a register that would hold it: of which kind it is is not known.
            let from = self.alloc.home(x);
            self.asm.copy_home(home, from);
        }
        self.alloc.free_if_killed(x);
    }

    /// Moves consecutive slots, as if through a copy of them.
    pub(crate) fn move_range(&mut self, inst: &Inst<'_>) {
        let (to, from, counts) = inst.move_range();
        let Base { data, refs } = counts;
        self.alloc.leave_all(self.asm);
        if data > 0 {
            self.move_slots(Slot::Data(to.data), Slot::Data(from.data), data);
        }
        if refs > 0 {
            self.move_slots(Slot::Ref(to.refs), Slot::Ref(from.refs), refs);
        }
    }

    /// Moves `count` words of the frame; nothing is in registers.
    fn move_slots(&mut self, to: Slot, from: Slot, count: u32) {
        let (Home(to), Home(from)) = (self.alloc.slot_home(to), self.alloc.slot_home(from));
        if to == from {
            return;
        }
        // The loop counts down, or up to 0: it starts where the target does not overwrite what is still to be read.
        let bytes = 8 * count as i32;
        let counter = gpr(self.alloc.temp(self.asm, Bank::Int));
        let (start, step, offset) = if to < from { (-bytes, 8, bytes) } else { (bytes, -8, -8) };
        self.asm.mov_imm(counter, i64::from(start) as u64);
        let top = self.asm.offset();
        let Some(index) = crate::asm::Index::new(counter) else { return };
        let word = |base: i32| Mem::indexed(Gpr::RSP, index, crate::asm::Scale::X1, base + offset);
        self.asm.float_load(Precision::Double, Xmm::SCRATCH, word(from));
        self.asm.float_store(Precision::Double, word(to), Xmm::SCRATCH);
        self.asm.alu_imm(crate::asm::Alu::Add, Width::W64, counter, step);
        self.asm.jcc_back(crate::asm::Cond::Ne, top);
    }

    /// The bits of a constant operand.
    #[inline]
    pub(crate) fn constant(&self, x: Operand) -> Option<u64> {
        x.is_const().then(|| self.ir.consts.get(usize::from(x.index())).copied().unwrap_or(0))
    }
}
