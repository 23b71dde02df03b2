//! Memories, tables, globals and references.

use super::operands::{Source, immediate};
use super::{Checked, Fail, Function};
use crate::code::Word;
use crate::isa::{Fixed, NUMBERS, lane, load, store, unary};
use wz_core::ir::{Inst, Op};
use wz_core::types::{Class, MemoryType};

/// Where a load or store goes.
enum Place {
    /// Memory 0 at this constant address.
    Abs(u32),
    /// Memory 0 at a slot's value plus this.
    Near(i16, u16),
    /// The same with an offset that takes more bits.
    Offset(i16, u32),
    /// This memory at a slot's value plus this.
    Wide(i16, u16, u64),
    /// The same in a shared memory.
    Shared(i16, u16, u64),
}

/// Checks that an index is one of the module's.
fn within(index: u32, len: usize) -> Checked<u32> {
    if (index as usize) < len { Ok(index) } else { Err(Fail::Bad("index beyond the module's")) }
}

impl Function<'_> {
    fn memory_type(&self, memory: u32) -> Checked<&MemoryType> {
        self.module.memories.get(memory as usize).ok_or(Fail::Bad("no such memory"))
    }

    fn place(&mut self, inst: &Inst<'_>) -> Checked<Place> {
        let memarg = inst.memarg();
        let memory = u16::try_from(memarg.memory).map_err(|_| Fail::Bad("no such memory"))?;
        let ty = *self.memory_type(memarg.memory)?;
        let address = self.source(inst.a(), Class::Addr)?;
        let near = memory == 0 && !ty.shared && !ty.memory64;
        if let (true, Source::Const(base)) = (near, address) {
            let sum = u64::from(base as u32).checked_add(memarg.offset).map(u32::try_from);
            if let Some(Ok(address)) = sum {
                return Ok(Place::Abs(address));
            }
        }
        let address = self.in_slot(address)?;
        Ok(match (u16::try_from(memarg.offset), u32::try_from(memarg.offset)) {
            (Ok(offset), _) if near => Place::Near(address, offset),
            (_, Ok(offset)) if near => Place::Offset(address, offset),
            _ if ty.shared => Place::Shared(address, memory, memarg.offset),
            _ => Place::Wide(address, memory, memarg.offset),
        })
    }

    pub(super) fn load(&mut self, inst: &Inst<'_>) -> Checked<()> {
        let class = inst.op.info().dst;
        let dst = self.position(inst.dst(), class)?;
        let number = NUMBERS.op[inst.op as usize];
        match self.place(inst)? {
            Place::Abs(address) => self.push(Word::wide(number + load::ABS, dst, address)),
            Place::Near(base, offset) => {
                let held = self.accumulators.hold(Class::Addr, base);
                let form = if held { load::NEAR_A } else { load::NEAR_S };
                self.push(Word::new(number + form, dst, base, offset as i16));
            }
            Place::Offset(base, offset) => {
                let held = self.accumulators.hold(Class::Addr, base);
                let form = if held { load::OFFSET_A } else { load::OFFSET_S };
                self.push(Word::new(number + form, dst, base, 0));
                self.push(Word::pair(offset, 0));
            }
            Place::Wide(base, memory, offset) => {
                self.push(Word::new(number + load::WIDE, dst, base, memory as i16));
                self.push(Word::data(offset));
            }
            Place::Shared(base, memory, offset) => {
                self.push(Word::new(number + load::SHARED, dst, base, memory as i16));
                self.push(Word::data(offset));
            }
        }
        self.accumulators.written(class, dst);
        Ok(())
    }

    /// The immediate that a store of an integer may use: only what is stored of it counts.
    fn stored_immediate(op: Op, source: Source) -> Option<i16> {
        let Source::Const(bits) = source else { return None };
        match op {
            Op::I32Store8 | Op::I64Store8 => Some(i16::from(bits as i8)),
            Op::I32Store16 | Op::I64Store16 => Some(bits as i16),
            Op::I64Store32 => immediate(Class::I32, bits),
            _ => immediate(op.info().b, bits),
        }
    }

    pub(super) fn store(&mut self, inst: &Inst<'_>) -> Checked<()> {
        let class = inst.op.info().b;
        let number = NUMBERS.op[inst.op as usize];
        let place = self.place(inst)?;
        if class == Class::V128 {
            let value = self.slot(inst.b(), class)?;
            return self.store_slot(number, place, value, false);
        }
        let value = self.source(inst.b(), class)?;
        match (&place, Function::stored_immediate(inst.op, value)) {
            (Place::Abs(address), Some(imm)) => {
                self.push(Word::wide(number + store::ABS_I, imm, *address));
                Ok(())
            }
            (Place::Near(base, offset), Some(imm)) => {
                let held = self.accumulators.hold(Class::Addr, *base);
                let form = if held { store::NEAR_AI } else { store::NEAR_SI };
                self.push(Word::new(number + form, *base, imm, *offset as i16));
                Ok(())
            }
            _ => {
                let value = self.in_slot(value)?;
                let held = self.accumulators.hold(class, value);
                self.store_slot(number, place, value, held)
            }
        }
    }

    /// A store of a value in a slot, which an accumulator may hold.
    fn store_slot(&mut self, number: u16, place: Place, value: i16, held: bool) -> Checked<()> {
        match place {
            Place::Abs(address) => {
                let form = if held { store::ABS_A } else { store::ABS_S };
                self.push(Word::wide(number + form, value, address));
            }
            Place::Near(base, offset) => {
                let form = if held {
                    store::NEAR_SA
                } else if self.accumulators.hold(Class::Addr, base) {
                    store::NEAR_AS
                } else {
                    store::NEAR_SS
                };
                self.push(Word::new(number + form, base, value, offset as i16));
            }
            Place::Offset(base, offset) => {
                self.push(Word::new(number + store::OFFSET, base, value, 0));
                self.push(Word::pair(offset, 0));
            }
            Place::Wide(base, memory, offset) => {
                self.push(Word::new(number + store::WIDE, base, value, memory as i16));
                self.push(Word::data(offset));
            }
            Place::Shared(base, memory, offset) => {
                self.push(Word::new(number + store::SHARED, base, value, memory as i16));
                self.push(Word::data(offset));
            }
        }
        Ok(())
    }

    /// Words 1 and 2 of an access to a lane, and the form that goes with them.
    fn lane_words(&self, inst: &Inst<'_>) -> Checked<(u16, [Word; 2])> {
        let memarg = inst.memarg();
        let shared = self.memory_type(memarg.memory)?.shared;
        let form = if shared { lane::SHARED } else { lane::WIDE };
        Ok((form, [Word::data(memarg.offset), Word::pair(memarg.memory, inst.lane().into())]))
    }

    pub(super) fn load_lane(&mut self, inst: &Inst<'_>) -> Checked<()> {
        let (form, words) = self.lane_words(inst)?;
        let dst = self.position(inst.dst(), Class::V128)?;
        let (a, b) = (self.slot(inst.a(), Class::Addr)?, self.slot(inst.b(), Class::V128)?);
        self.push(Word::new(NUMBERS.op[inst.op as usize] + form, dst, a, b));
        self.code.extend(words);
        self.accumulators.written(Class::V128, dst);
        Ok(())
    }

    pub(super) fn store_lane(&mut self, inst: &Inst<'_>) -> Checked<()> {
        let (form, words) = self.lane_words(inst)?;
        let (a, b) = (self.slot(inst.a(), Class::Addr)?, self.slot(inst.b(), Class::V128)?);
        self.push(Word::new(NUMBERS.op[inst.op as usize] + form, a, b, 0));
        self.code.extend(words);
        Ok(())
    }

    /// Checks that a global is of the class that the op is for.
    fn global(&self, inst: &Inst<'_>, class: Class) -> Checked<u32> {
        let index = inst.ext_y(0);
        match self.module.globals.get(index as usize) {
            Some(global) if global.content.class() == class => Ok(index),
            _ => Err(Fail::Bad("no such global, or of another class")),
        }
    }

    pub(super) fn global_get(&mut self, inst: &Inst<'_>) -> Checked<()> {
        let class = inst.op.info().dst;
        let (dst, global) = (self.position(inst.dst(), class)?, self.global(inst, class)?);
        self.push(Word::wide(NUMBERS.op[inst.op as usize], dst, global));
        self.accumulators.written(class, dst);
        Ok(())
    }

    pub(super) fn global_set(&mut self, inst: &Inst<'_>) -> Checked<()> {
        let class = inst.op.info().a;
        let (a, global) = (self.slot(inst.a(), class)?, self.global(inst, class)?);
        let form = if self.accumulators.hold(class, a) { unary::A } else { unary::S };
        self.push(Word::wide(NUMBERS.op[inst.op as usize] + form, a, global));
        Ok(())
    }

    pub(super) fn indexed(&mut self, inst: &Inst<'_>) -> Checked<()> {
        let (module, index) = (self.module, inst.ext_y(0));
        let info = inst.op.info();
        let handler = match inst.op {
            Op::TableGet => Fixed::TableGet,
            Op::TableSet => Fixed::TableSet,
            Op::TableSize => Fixed::TableSize,
            Op::TableGrow => Fixed::TableGrow,
            Op::ElemDrop => Fixed::ElemDrop,
            Op::MemorySize => Fixed::MemorySize,
            Op::MemoryGrow => Fixed::MemoryGrow,
            Op::DataDrop => Fixed::DataDrop,
            Op::RefFunc => Fixed::RefFunc,
            _ => return Err(Fail::Bad("op without a handler")),
        } as u16;
        let (len, index64) = match inst.op {
            Op::RefFunc => (module.funcs.len(), false),
            Op::ElemDrop => (module.elements.len(), false),
            Op::DataDrop => (module.data.len(), false),
            Op::MemorySize | Op::MemoryGrow => {
                (module.memories.len(), module.memories.get(index as usize).is_some_and(|m| m.memory64))
            }
            _ => (module.tables.len(), module.tables.get(index as usize).is_some_and(|t| t.table64)),
        };
        within(index, len)?;
        let dst = if info.dst == Class::No { 0 } else { self.position(inst.dst(), info.dst)? };
        match inst.op {
            Op::ElemDrop | Op::DataDrop | Op::RefFunc | Op::TableSize | Op::MemorySize => {
                self.push(Word::wide(handler, dst, index));
            }
            Op::TableSet => {
                let (a, b) = (self.slot(inst.a(), info.a)?, self.slot(inst.b(), info.b)?);
                self.push(Word::new(handler, a, b, 0));
                self.push(Word::pair(index, 0));
            }
            _ => {
                let a = self.slot(inst.a(), info.a)?;
                let b = if info.b == Class::No { 0 } else { self.slot(inst.b(), info.b)? };
                self.push(Word::new(handler, dst, a, b));
                self.push(Word::pair(index, index64.into()));
            }
        }
        match inst.op {
            // It writes its result past the accumulator.
            Op::TableGet => self.accumulators.overwritten(dst.into(), 1),
            _ if info.dst != Class::No => self.accumulators.written(info.dst, dst),
            _ => {}
        }
        Ok(())
    }

    pub(super) fn bulk(&mut self, inst: &Inst<'_>) -> Checked<()> {
        let (module, info) = (self.module, inst.op.info());
        let (memories, tables) = (module.memories.len(), module.tables.len());
        let (targets, sources) = match inst.op {
            Op::MemoryFill => (memories, 1),
            Op::MemoryCopy => (memories, memories),
            Op::MemoryInit => (memories, module.data.len()),
            Op::TableFill => (tables, 1),
            Op::TableCopy => (tables, tables),
            Op::TableInit => (tables, module.elements.len()),
            _ => return Err(Fail::Bad("op without a handler")),
        };
        let indices = (within(inst.ext_y(0), targets)?, within(inst.ext_y(1), sources)?);
        let x = self.slot(inst.dst(), info.dst)?;
        let (y, z) = (self.slot(inst.a(), info.a)?, self.slot(inst.b(), info.b)?);
        self.push(Word::new(NUMBERS.op[inst.op as usize], x, y, z));
        self.push(Word::pair(indices.0, indices.1));
        Ok(())
    }
}
