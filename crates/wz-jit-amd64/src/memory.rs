//! Loads and stores.
//!
//! A guarded memory has address space of its own for every 32-bit index and 31-bit offset: an access beyond its end
//! faults. For other memories, and larger offsets, code compares the end of the access with the memory's length, in 64-bit
//! arithmetic that cannot wrap or whose carry is looked at.

use crate::asm::{Alu, Cond, Extend, Gpr, Index, Mem, Precision, Scale, Width};
use crate::emitter::Emitter;
use crate::input::{Input, float_kind, int_kind};
use crate::integer::declared_width;
use crate::regs::{MEMORY, VMCTX};
use Precision::{Double, Single};
use Width::{W32, W64};
use wz_core::TrapCode;
use wz_core::ir::{Inst, MemArg, Op, Operand};
use wz_core::native::MemoryMode;
use wz_core::runtime::vm::{VmContext, VmMemory};
use wz_jit::{Technique, V128};

/// A checked place in a memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// Its first byte.
    pub(crate) mem: Mem,
    /// Whether an access to it may fault.
    pub(crate) faults: bool,
}

impl Place {
    /// So many bytes further, within what was checked.
    pub(crate) fn plus(self, bytes: u32) -> Place {
        Place { mem: self.mem.plus(bytes), faults: self.faults }
    }
}

impl Emitter<'_> {
    /// A load of a number.
    pub(crate) fn load(&mut self, inst: &Inst<'_>) {
        match inst.op {
            Op::I32Load => self.load_int(None, W32, 4, inst),
            Op::I32Load8S => self.load_int(Some(Extend::Sign8), W32, 1, inst),
            Op::I32Load8U | Op::I64Load8U => self.load_int(Some(Extend::Zero8), W32, 1, inst),
            Op::I32Load16S => self.load_int(Some(Extend::Sign16), W32, 2, inst),
            Op::I32Load16U | Op::I64Load16U => self.load_int(Some(Extend::Zero16), W32, 2, inst),
            Op::I64Load => self.load_int(None, W64, 8, inst),
            Op::I64Load8S => self.load_int(Some(Extend::Sign8), W64, 1, inst),
            Op::I64Load16S => self.load_int(Some(Extend::Sign16), W64, 2, inst),
            Op::I64Load32S => self.load_int(Some(Extend::Sign32), W64, 4, inst),
            Op::I64Load32U => self.load_int(None, W32, 4, inst),
            Op::F32Load => self.load_float(Single, 4, inst),
            Op::F64Load => self.load_float(Double, 8, inst),
            _ => self.fail(V128),
        }
    }

    fn load_int(&mut self, extend: Option<Extend>, width: Width, size: u32, inst: &Inst<'_>) {
        let (place, index) = self.place(inst.a(), inst.memarg(), size);
        self.kill(&[inst.a()]);
        let dst = self.int_result(inst, declared_width(inst), index);
        self.access(place);
        match extend {
            Some(extend) => self.asm.load_extend(extend, width, dst, place.mem),
            None => self.asm.load(width, dst, place.mem),
        }
    }

    fn load_float(&mut self, precision: Precision, size: u32, inst: &Inst<'_>) {
        let (place, _) = self.place(inst.a(), inst.memarg(), size);
        self.kill(&[inst.a()]);
        let dst = self.float_result(inst, precision, Input::NONE);
        self.access(place);
        self.asm.float_load(precision, dst, place.mem);
    }

    /// A store of a number.
    pub(crate) fn store(&mut self, inst: &Inst<'_>) {
        match inst.op {
            Op::I32Store => self.store_int(W32, 4, inst),
            Op::I32Store8 => self.store_int(W32, 1, inst),
            Op::I32Store16 => self.store_int(W32, 2, inst),
            Op::I64Store => self.store_int(W64, 8, inst),
            Op::I64Store8 => self.store_int(W64, 1, inst),
            Op::I64Store16 => self.store_int(W64, 2, inst),
            Op::I64Store32 => self.store_int(W64, 4, inst),
            Op::F32Store => self.store_float(Single, 4, inst),
            Op::F64Store => self.store_float(Double, 8, inst),
            _ => self.fail(V128),
        }
    }

    fn store_int(&mut self, width: Width, size: u32, inst: &Inst<'_>) {
        if let Some(bits) = self.constant(inst.b()) {
            let (place, _) = self.place(inst.a(), inst.memarg(), size);
            self.kill(&[inst.a()]);
            return self.store_constant(place, bits, size);
        }
        let value = self.int(inst.b(), int_kind(width));
        let (place, _) = self.place(inst.a(), inst.memarg(), size);
        self.kill(&[inst.a(), inst.b()]);
        self.access(place);
        self.store_bytes(place.mem, value, size);
    }

    fn store_float(&mut self, precision: Precision, size: u32, inst: &Inst<'_>) {
        if let Some(bits) = self.constant(inst.b()) {
            let (place, _) = self.place(inst.a(), inst.memarg(), size);
            self.kill(&[inst.a()]);
            return self.store_constant(place, bits, size);
        }
        let value = self.float_reg(inst.b(), float_kind(precision));
        let (place, _) = self.place(inst.a(), inst.memarg(), size);
        self.kill(&[inst.a(), inst.b()]);
        self.access(place);
        self.asm.float_store(precision, place.mem, value);
    }

    /// Stores the low `size` bytes of a constant at a place.
    pub(crate) fn store_constant(&mut self, place: Place, bits: u64, size: u32) {
        if size == 8 && i32::try_from(bits as i64).is_err() {
            let value = self.int_constant(bits);
            self.access(place);
            return self.asm.store(W64, place.mem, value);
        }
        self.access(place);
        match size {
            1 => self.asm.store8_imm(place.mem, bits as u8),
            2 => self.asm.store16_imm(place.mem, bits as u16),
            4 => self.asm.store_imm(W32, place.mem, bits as i32),
            _ => self.asm.store_imm(W64, place.mem, bits as i32),
        }
    }

    /// `mem <- ` the low `size` bytes of a register.
    pub(crate) fn store_bytes(&mut self, mem: Mem, value: Gpr, size: u32) {
        match size {
            1 => self.asm.store8(mem, value),
            2 => self.asm.store16(mem, value),
            4 => self.asm.store(W32, mem, value),
            _ => self.asm.store(W64, mem, value),
        }
    }

    /// `dst <- ` `size` bytes, zero-extended.
    pub(crate) fn load_bytes(&mut self, dst: Gpr, mem: Mem, size: u32) {
        match size {
            1 => self.asm.load_extend(Extend::Zero8, W32, dst, mem),
            2 => self.asm.load_extend(Extend::Zero16, W32, dst, mem),
            4 => self.asm.load(W32, dst, mem),
            _ => self.asm.load(W64, dst, mem),
        }
    }

    /// Notes that the next instruction accesses this place.
    #[inline]
    pub(crate) fn access(&mut self, place: Place) {
        if place.faults {
            self.may_fault(TrapCode::MemoryOutOfBounds);
        }
    }

    /// The place of `size` bytes at an address, checked, and the address.
    pub(crate) fn place(&mut self, address: Operand, memarg: MemArg, size: u32) -> (Place, Input<Gpr>) {
        let Some(ty) = self.module.memories.get(memarg.memory as usize) else {
            self.fail("inconsistent IR: no such memory");
            return (Place { mem: Mem::new(MEMORY, 0), faults: false }, Input::NONE);
        };
        let wide = ty.memory64;
        let index = self.address(if wide { W64 } else { W32 }, address);
        let placed = if self.is_guarded(memarg.memory) && memarg.offset <= i32::MAX as u64 {
            self.guarded_place(index, memarg, size)
        } else {
            self.checked_place(index, memarg, size, wide)
        };
        (placed, index)
    }

    /// Whether accesses to a memory beyond its end fault. Such memories do not move.
    pub(crate) fn is_guarded(&self, memory: u32) -> bool {
        let ty = self.module.memories.get(memory as usize);
        self.env.memory == MemoryMode::Guarded && ty.is_some_and(|ty| ty.can_be_guarded())
    }

    /// An address: a constant, or in a register.
    fn address(&mut self, width: Width, address: Operand) -> Input<Gpr> {
        match self.constant(address) {
            Some(bits) => Input::Const(bits),
            None => Input::Reg(self.int(address, int_kind(width))),
        }
    }

    /// The register of an address, for an index.
    fn index(&mut self, address: Input<Gpr>) -> Option<Index> {
        let reg = match address {
            Input::Reg(reg) => reg,
            Input::Const(bits) => self.int_constant(bits),
            Input::Home(_) => return None,
        };
        Index::new(reg)
    }

    fn guarded_place(&mut self, address: Input<Gpr>, memarg: MemArg, size: u32) -> Place {
        let base = if memarg.memory == 0 {
            MEMORY
        } else {
            let base = self.int_temp();
            self.load_memory(base, memarg.memory);
            self.asm.load(W64, base, Mem::new(base, VmMemory::BASE as i32));
            base
        };
        Place { mem: self.displaced(base, address, memarg.offset, size), faults: true }
    }

    /// `[base + address + offset]`, the offset being below 2^31, and all of the `size` bytes within reach of a
    /// displacement if there is no index.
    fn displaced(&mut self, base: Gpr, address: Input<Gpr>, offset: u64, size: u32) -> Mem {
        if !self.env.uses(Technique::Addressing) {
            return self.added(base, address, offset);
        }
        if let Input::Const(bits) = address
            && let Some(end) = bits.checked_add(offset).and_then(|start| start.checked_add(size.into()))
            && end <= i32::MAX as u64
        {
            return Mem::new(base, (bits + offset) as i32);
        }
        match self.index(address) {
            Some(index) => Mem::indexed(base, index, Scale::X1, offset as i32),
            None => Mem::new(base, offset as i32),
        }
    }

    /// `[base + address + offset]` without operands that add.
    fn added(&mut self, base: Gpr, address: Input<Gpr>, offset: u64) -> Mem {
        let place = self.int_constant(offset);
        self.asm.alu(Alu::Add, W64, place, base);
        let address = match address {
            Input::Const(bits) => Input::Reg(self.int_constant(bits)),
            address => address,
        };
        self.alu_input(Alu::Add, W64, place, address);
        Mem::new(place, 0)
    }

    /// `dst <- address of a memory's definition`
    pub(crate) fn load_memory(&mut self, dst: Gpr, memory: u32) {
        let offset = if memory == 0 { VmContext::MEMORY0 } else { self.env.layout.memory(memory) };
        self.asm.load(W64, dst, Mem::new(VMCTX, offset as i32));
    }

    fn checked_place(&mut self, address: Input<Gpr>, memarg: MemArg, size: u32, wide: bool) -> Place {
        let memory = self.int_temp();
        self.load_memory(memory, memarg.memory);
        let len = Mem::new(memory, VmMemory::LEN as i32);
        let start = match address {
            Input::Const(bits) => memarg.offset.checked_add(bits),
            _ => Some(memarg.offset),
        };
        // From the memory's start, or from the address in a register, to the end of the access.
        let Some(reach) = start.and_then(|start| start.checked_add(size.into())) else {
            // No memory is that large.
            self.trap(TrapCode::MemoryOutOfBounds);
            return Place { mem: Mem::new(memory, 0), faults: false };
        };
        let end = self.int_temp();
        let immediate = match (address, i32::try_from(reach)) {
            (Input::Reg(address), _) => {
                self.end_of_access(end, address, reach, wide);
                None
            }
            (_, Ok(reach)) => Some(reach),
            (_, Err(_)) => {
                self.asm.mov_imm(end, reach);
                None
            }
        };
        match immediate {
            Some(reach) => {
                self.asm.alu_store_imm(Alu::Cmp, W64, len, reach);
                self.trap_if(Cond::B, TrapCode::MemoryOutOfBounds);
            }
            None => {
                self.asm.alu_load(Alu::Cmp, W64, end, len);
                self.trap_if(Cond::A, TrapCode::MemoryOutOfBounds);
            }
        }
        let base = if memarg.memory == 0 {
            MEMORY
        } else {
            self.asm.load(W64, memory, Mem::new(memory, VmMemory::BASE as i32));
            memory
        };
        let near = match address {
            Input::Const(_) => immediate.is_some(),
            _ => memarg.offset <= i32::MAX as u64,
        };
        let mem = match Index::new(end) {
            Some(end) if !near => Mem::indexed(base, end, Scale::X1, -(size as i32)),
            _ => self.displaced(base, address, memarg.offset, size),
        };
        Place { mem, faults: false }
    }

    /// `end <- address + reach`; traps if a 64-bit sum wraps.
    fn end_of_access(&mut self, end: Gpr, address: Gpr, reach: u64, wide: bool) {
        match i32::try_from(reach) {
            Ok(reach) if !wide => return self.asm.lea(W64, end, Mem::new(address, reach)),
            Ok(reach) => {
                self.asm.mov(W64, end, address);
                self.asm.alu_imm(Alu::Add, W64, end, reach);
            }
            Err(_) => {
                self.asm.mov_imm(end, reach);
                self.asm.alu(Alu::Add, W64, end, address);
            }
        }
        if wide {
            self.trap_if(Cond::B, TrapCode::MemoryOutOfBounds);
        }
    }
}
