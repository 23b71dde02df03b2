//! Everything that is neither control nor call.

use super::stack::Value;
use super::{Lowerer, copy_op};
use wasmparser::{MemArg, MemArgTarget};
use wz_core::ir::{Condition, Op, Operand, Shape, Slot, Word};
use wz_core::types::Class;

/// An integer type's slot class where the address type of memories and tables is 32-bit.
fn resolved(class: Class) -> Class {
    if class == Class::Addr { Class::I32 } else { class }
}

/// The memory that an access names. The arrays of a later proposal have been refused.
#[inline]
fn memory_index(memarg: &MemArg) -> u32 {
    match memarg.target {
        MemArgTarget::Memory(index) | MemArgTarget::Array(index) => index,
    }
}

impl Lowerer {
    /// Pops the topmost value as an operand; its temporary dies. `scratch` tells the operands of one instruction apart.
    #[inline]
    pub(super) fn pop(&mut self, scratch: u32) -> Operand {
        match self.stack.pop() {
            Some(entry) => self.use_entry(entry, scratch),
            None => self.underflow(),
        }
    }

    #[cold]
    fn underflow(&mut self) -> Operand {
        self.fail("operand stack underflow");
        Operand::NONE
    }

    /// Notes that an operator starts: counts its fuel.
    #[inline]
    pub(super) fn start_operator(&mut self) {
        if self.fuel.enabled {
            self.count_fuel();
        }
    }

    fn count_fuel(&mut self) {
        match self.fuel.at {
            Some(_) => self.fuel.amount = self.fuel.amount.saturating_add(1),
            None => {
                self.fuel.at = Some(self.ir.code.len());
                self.fuel.amount = 1;
                self.emit_trapping(Word::with_index(Op::Fuel, 0, 1));
            }
        }
    }

    /// Ends the straight-line segment whose fuel is being counted.
    #[inline]
    pub(super) fn close_segment(&mut self) {
        if let Some(at) = self.fuel.at.take() {
            self.ir.code[at] = Word::with_index(Op::Fuel, 0, self.fuel.amount);
        }
    }

    /// An operator whose op has the same name: everything follows from the op list.
    #[inline(always)]
    pub(super) fn simple(&mut self, op: Op) {
        let info = op.info();
        match info.shape {
            Shape::Unary => {
                let a = self.pop(0);
                self.emit_simple(op, a, Operand::NONE);
            }
            Shape::Binary => {
                let b = self.pop(1);
                let a = self.pop(0);
                self.emit_simple(op, a, b);
            }
            Shape::Ternary => {
                let c = self.pop(2);
                let b = self.pop(1);
                let a = self.pop(0);
                let at = self.ir.code.len();
                self.emit(Word::new(op, Operand::NONE, a, b));
                self.emit(Word::ext(c.0, 0));
                self.define(at, info.dst);
            }
            _ => self.fail("operator without an op"),
        }
    }

    #[inline(always)]
    fn emit_simple(&mut self, op: Op, a: Operand, b: Operand) {
        let info = op.info();
        if info.traps {
            self.map();
        }
        self.emit_def(op, info.dst, a, b);
    }

    /// `i32.eqz` and `i64.eqz`: of a comparison, its inverse.
    pub(super) fn eqz(&mut self, op: Op) {
        if op == Op::I32Eqz
            && let Some((at, comparison)) = self.last_comparison()
            && let Some(inverse) = comparison.inverse()
        {
            self.ir.code[at].op = inverse as u16;
            return;
        }
        self.simple(op);
    }

    /// The comparison that made the topmost value, if it is the last instruction.
    fn last_comparison(&self) -> Option<(usize, Op)> {
        let top = self.stack.top()?;
        let (at, end) = self.last_def;
        if top.value != Value::Temp || end != self.ir.code.len() || end != at + 1 {
            return None;
        }
        let op = Op::from_number(self.ir.code[at].op).filter(|op| op.is_comparison())?;
        (self.ir.code[at].dst == top.operand.index()).then_some((at, op))
    }

    /// Pops an i32 as a condition; true in the second place means that its opposite decides.
    pub(super) fn pop_condition(&mut self) -> (Condition, bool) {
        let Some((at, op)) = self.last_comparison() else {
            let x = self.pop(2);
            return (Condition { op: Op::I32Nez, x, y: Operand::NONE }, false);
        };
        let word = self.ir.code[at];
        self.stack.pop();
        self.ir.code.pop();
        self.last_def = (0, 0);
        let condition = Condition { op, x: Operand(word.a), y: Operand(word.b) };
        if !matches!(op, Op::I32Eqz | Op::I32Nez) {
            return (condition, false);
        }
        // `eqz` of a float comparison, which has no inverse: it decides by not holding.
        match self.ir.code.last().copied() {
            Some(inner)
                if condition.x.kills()
                    && inner.dst == condition.x.index()
                    && !inner.is_ext()
                    && Operand(inner.dst).slot().is_some_and(|slot| self.is_free(slot)) =>
            {
                match Op::from_number(inner.op).filter(|op| op.is_comparison()) {
                    Some(comparison) => {
                        self.ir.code.pop();
                        let condition =
                            Condition { op: comparison, x: Operand(inner.a), y: Operand(inner.b) };
                        (condition, op == Op::I32Eqz)
                    }
                    None => (condition, false),
                }
            }
            _ => (condition, false),
        }
    }

    /// Whether a data slot is that of a popped temporary.
    fn is_free(&self, slot: Slot) -> bool {
        matches!(slot, Slot::Data(s) if s >= self.stack.tops().0)
    }

    pub(super) fn visit_select(&mut self) {
        let (condition, negated) = self.pop_condition();
        let class = self.stack.top().map_or(Class::No, |entry| entry.class);
        let mut b = self.pop(1);
        let mut a = self.pop(0);
        if negated {
            (a, b) = (b, a);
        }
        let op = match class {
            Class::I64 | Class::Addr => Op::SelectI64,
            Class::F32 => Op::SelectF32,
            Class::F64 => Op::SelectF64,
            Class::V128 => Op::SelectV128,
            Class::Ref => Op::SelectRef,
            Class::I32 | Class::No => Op::SelectI32,
        };
        let at = self.ir.code.len();
        self.emit(Word::new(op, Operand::NONE, a, b));
        let operands = u32::from(condition.x.0) | u32::from(condition.y.0) << 16;
        self.emit(Word::ext(condition.op as u16, operands));
        self.define(at, class);
    }

    pub(super) fn visit_drop(&mut self) {
        self.stack.pop();
    }

    pub(super) fn visit_local_get(&mut self, index: u32) {
        let (local, class) = self.locals.operand(index);
        if local.is_none() {
            return self.get_far_local(index);
        }
        self.stack.push_local(class, local);
    }

    #[cold]
    fn get_far_local(&mut self, index: u32) {
        let Some((slot, class)) = self.locals.search(index) else { return self.fail("no such local") };
        let at = self.ir.code.len();
        self.get_far(class, Operand::NONE, slot);
        self.define(at, class);
    }

    pub(super) fn visit_local_set(&mut self, index: u32) {
        self.set_local(index, false);
    }

    pub(super) fn visit_local_tee(&mut self, index: u32) {
        self.set_local(index, true);
    }

    fn set_local(&mut self, index: u32, tee: bool) {
        let (local, class) = self.locals.operand(index);
        if local.is_none() {
            return self.set_far_local(index, tee);
        }
        let Some(entry) = self.stack.pop() else { return self.fail("operand stack underflow") };
        if entry.value == Value::Local && entry.operand == local {
            if tee {
                self.stack.push_local(class, local);
            }
            return;
        }
        let (at, end) = self.last_def;
        let last = entry.value == Value::Temp
            && end == self.ir.code.len()
            && at < end
            && !entry.operand.is_none()
            && self.ir.code[at].dst == entry.operand.index();
        if last && !self.stack.has_alias(local) {
            self.ir.code[at].dst = local.0;
            self.last_def = (0, 0);
        } else {
            while let Some((slot, class)) = self.stack.save_alias(local) {
                self.loops.read(local);
                self.emit_copy(class, slot, local);
            }
            let value = self.use_entry(entry, 0);
            self.emit(Word::new(copy_op(class), local, value, Operand::NONE));
        }
        self.loops.write(local);
        if tee {
            match entry.value {
                Value::Const => self.stack.push_const(class, entry.operand),
                _ => self.stack.push_local(class, local),
            }
        }
    }

    #[cold]
    fn set_far_local(&mut self, index: u32, tee: bool) {
        let Some((slot, class)) = self.locals.search(index) else { return self.fail("no such local") };
        let value = self.pop(0);
        self.set_far(class, slot, value);
        if tee {
            self.get_far_local(index);
        }
    }

    pub(super) fn constant(&mut self, class: Class, bits: u64) {
        match self.consts.intern(&mut self.ir.consts, bits) {
            Some(operand) => self.stack.push_const(class, operand),
            None => self.wide_constant(Op::Const64, class, u128::from(bits), 2),
        }
    }

    pub(super) fn null(&mut self) {
        let null = self.consts.null(&mut self.ir.consts);
        self.stack.push_const(Class::Ref, null);
    }

    pub(super) fn constant_v128(&mut self, bits: u128) {
        match self.consts.intern_v128(&mut self.ir.consts, bits) {
            Some(operand) => self.stack.push_const(Class::V128, operand),
            None => self.wide_constant(Op::Const128, Class::V128, bits, 3),
        }
    }

    /// A constant for which the pool has no room.
    #[cold]
    fn wide_constant(&mut self, op: Op, class: Class, bits: u128, words: u32) {
        let at = self.ir.code.len();
        self.emit(Word::new(op, Operand::NONE, Operand::NONE, Operand::NONE));
        for n in 0..words {
            self.emit(Word::ext48((bits >> (48 * n)) as u64));
        }
        self.define(at, class);
    }

    pub(super) fn global_get(&mut self, global: u32) {
        let Some(class) = self.signatures.global(global) else { return self.fail("no such global") };
        let op = match class {
            Class::I64 | Class::Addr => Op::GlobalGetI64,
            Class::F32 => Op::GlobalGetF32,
            Class::F64 => Op::GlobalGetF64,
            Class::V128 => Op::GlobalGetV128,
            Class::Ref => Op::GlobalGetRef,
            Class::I32 | Class::No => Op::GlobalGetI32,
        };
        let at = self.ir.code.len();
        self.emit(Word::new(op, Operand::NONE, Operand::NONE, Operand::NONE));
        self.emit(Word::ext(0, global));
        self.define(at, class);
    }

    pub(super) fn global_set(&mut self, global: u32) {
        let Some(class) = self.signatures.global(global) else { return self.fail("no such global") };
        let op = match class {
            Class::I64 | Class::Addr => Op::GlobalSetI64,
            Class::F32 => Op::GlobalSetF32,
            Class::F64 => Op::GlobalSetF64,
            Class::V128 => Op::GlobalSetV128,
            Class::Ref => Op::GlobalSetRef,
            Class::I32 | Class::No => Op::GlobalSetI32,
        };
        let a = self.pop(0);
        self.emit(Word::new(op, Operand::NONE, a, Operand::NONE));
        self.emit(Word::ext(0, global));
    }

    /// An op on the table, memory, segment or function with an index.
    pub(super) fn indexed(&mut self, op: Op, index: u32) {
        let info = op.info();
        let b = if info.b == Class::No { Operand::NONE } else { self.pop(1) };
        let a = if info.a == Class::No { Operand::NONE } else { self.pop(0) };
        let at = self.ir.code.len();
        let word = Word::new(op, Operand::NONE, a, b);
        if info.traps {
            self.emit_trapping(word)
        } else {
            self.emit(word)
        }
        self.emit(Word::ext(0, index));
        if info.dst != Class::No {
            self.define(at, resolved(info.dst));
        }
    }

    /// A bulk operation; units are `1 << unit_log2` bytes long, for fuel.
    pub(super) fn bulk(&mut self, op: Op, target: u32, source: u32, unit_log2: u16) {
        let len = self.pop(2);
        let second = self.pop(1);
        let first = self.pop(0);
        if self.fuel.enabled {
            let read = Operand(len.0 & !Operand::KILL);
            self.emit_trapping(Word {
                op: Op::FuelBulk as u16,
                dst: Operand::NONE.0,
                a: read.0,
                b: unit_log2,
            });
        }
        self.emit_trapping(Word::new(op, first, second, len));
        self.emit(Word::ext(0, target));
        self.emit(Word::ext(0, source));
    }

    /// A load or store.
    #[inline(always)]
    pub(super) fn memory_op(&mut self, op: Op, memarg: MemArg) {
        let info = op.info();
        let store = info.shape == Shape::Store;
        let b = if store { self.pop(1) } else { Operand(memarg.offset as u16) };
        let a = self.pop(0);
        let memory = memory_index(&memarg);
        self.map();
        if memarg.offset <= 0xffff && memory == 0 && !store {
            return self.emit_def(op, info.dst, a, b);
        }
        let dst = if store { Operand(memarg.offset as u16) } else { Operand::NONE };
        let at = self.ir.code.len();
        self.emit(Word::new(op, dst, a, b));
        if memarg.offset > 0xffff || memory != 0 {
            self.emit(Word::ext(memory as u16, (memarg.offset >> 16) as u32));
            if memarg.offset >> 48 != 0 {
                self.emit(Word::ext(0, (memarg.offset >> 48) as u32));
            }
        }
        if !store {
            self.define(at, info.dst);
        }
    }

    /// A load or store of one lane.
    pub(super) fn lane_memory_op(&mut self, op: Op, memarg: MemArg, lane: u8) {
        let b = self.pop(1);
        let a = self.pop(0);
        let at = self.ir.code.len();
        self.emit_trapping(Word::new(op, Operand::NONE, a, b));
        self.emit(Word::ext(u16::from(lane), memarg.offset as u32));
        self.emit(Word::ext(memory_index(&memarg) as u16, (memarg.offset >> 32) as u32));
        if op.info().shape == Shape::LoadLane {
            self.define(at, Class::V128);
        }
    }

    /// An operator with a lane index.
    pub(super) fn lane_op(&mut self, op: Op, lane: u8) {
        let info = op.info();
        let replace = info.shape == Shape::ReplaceLane;
        let b = if replace { self.pop(1) } else { Operand(u16::from(lane)) };
        let a = self.pop(0);
        let at = self.ir.code.len();
        self.emit(Word::new(op, Operand::NONE, a, b));
        if replace {
            self.emit(Word::ext(u16::from(lane), 0));
        }
        self.define(at, info.dst);
    }

    pub(super) fn shuffle(&mut self, lanes: [u8; 16]) {
        let b = self.pop(1);
        let a = self.pop(0);
        let at = self.ir.code.len();
        let bits = u128::from_le_bytes(lanes);
        self.emit(Word::new(Op::I8x16Shuffle, Operand::NONE, a, b));
        for n in 0..3 {
            self.emit(Word::ext48((bits >> (48 * n)) as u64));
        }
        self.define(at, Class::V128);
    }
}
