//! Statements: what leaves the operand stack as it was.

use super::body::{Body, Label, SEGMENT};
use super::{F32, F64, I32, I64, SHARED};
use Instruction as I;
use wasm_encoder::{BlockType, HeapType, Instruction, ValType};

/// How deep statements nest.
const DEPTH: usize = 5;

impl Body<'_> {
    /// A statement in so many others.
    pub fn statement(&mut self, depth: usize) {
        // Also ends where a statement happens to be empty.
        self.room = self.room.saturating_sub(1);
        let nested = depth < DEPTH && self.room > 10;
        match self.pick(79) {
            0..=21 => self.assign(),
            22..=25 => self.store(),
            26..=28 => self.set_global(),
            29..=32 => self.call_statement(),
            33..=35 => self.leave_block(),
            36 => self.leave_function(),
            37 => self.bulk(),
            38 => self.rarities(),
            39..=41 => self.dump_any(),
            42..=49 if nested => self.conditional(depth),
            50..=52 if nested => self.block_statement(depth),
            53..=58 if nested => self.counted_loop(depth),
            59..=60 if nested => self.carrying_loop(depth),
            61..=62 if nested => self.switch(depth),
            63..=65 => self.change_places(),
            66..=67 => self.bulk_at_end(),
            68..=70 => self.access_at_end(),
            71..=73 if nested => self.permuting_block(depth),
            74..=75 if nested => self.carrying_switch(depth),
            76 if nested && depth == 0 => self.deep_loops(),
            _ => self.assign(),
        }
    }

    fn statements(&mut self, depth: usize) {
        for _ in 0..self.rng.usize(1..6) {
            self.statement(depth + 1);
        }
    }

    pub fn assign(&mut self) {
        let Some(local) = self.any_variable() else { return };
        let depth = self.rng.usize(1..4);
        self.expression(self.locals[local as usize], depth);
        self.push(I::LocalSet(local));
    }

    fn store(&mut self) {
        let m = self.address(2);
        let ty = [I32, I32, I64, F32, F64][self.pick(5)];
        self.expression(ty, 2);
        let ops = match ty {
            I32 => vec![I::I32Store(m), I::I32Store8(m), I::I32Store16(m)],
            I64 => vec![I::I64Store(m), I::I64Store8(m), I::I64Store16(m), I::I64Store32(m)],
            F32 => vec![I::F32Store(m)],
            _ => vec![I::F64Store(m)],
        };
        let op = ops[self.pick(ops.len())].clone();
        self.push(op);
    }

    fn set_global(&mut self) {
        let global = self.rng.usize(..self.program.globals.len());
        self.expression(self.program.globals[global], 2);
        self.push(I::GlobalSet(global as u32));
    }

    fn call_statement(&mut self) {
        let Some(func) = self.callee(None) else { return };
        let (_, results) = self.program.signature(func);
        self.call(func, 2);
        for ty in results.into_iter().rev() {
            self.keep(ty);
        }
    }

    fn dump_any(&mut self) {
        if let Some(local) = self.any_local() {
            let offset = self.rng.u64(8..64) * 8;
            self.dump(local, offset);
        }
    }

    /// A branch out of a block, or back to a loop's start, if a condition holds.
    pub fn leave_block(&mut self) {
        let depth = self.rng.usize(..self.labels.len());
        let at = self.labels.len() - 1 - depth;
        let types = self.labels[at].types.clone();
        if let Some(counter) = self.labels[at].counter {
            if !types.is_empty() {
                return;
            }
            // Goes round once less.
            self.condition(2);
            self.push(I::If(BlockType::Empty));
            self.count_down(counter);
            self.extend([I::BrIf(depth as u32 + 1), I::End]);
            return;
        }
        for ty in &types {
            self.expression(*ty, 2);
        }
        self.condition(2);
        self.push(I::BrIf(depth as u32));
        for ty in types.into_iter().rev() {
            self.keep(ty);
        }
    }

    fn leave_function(&mut self) {
        self.condition(2);
        self.push(I::If(BlockType::Empty));
        let results = self.results.clone();
        let callee = self.callee(Some(&results));
        match callee {
            Some(func) if self.rarely(2) => {
                let (params, _) = self.program.signature(func);
                for param in params {
                    self.expression(param, 2);
                }
                let element = self.program.elements.iter().position(|element| *element == Some(func));
                match element {
                    _ if self.program.is_unary(func) && self.program.shares_table() && self.rarely(2) => {
                        let (type_index, at) = (self.program.funcs[func as usize], self.rng.i32(..SHARED));
                        self.extend([I::I32Const(at), I::ReturnCallIndirect { type_index, table_index: 0 }]);
                    }
                    Some(element) if self.rarely(2) => {
                        let type_index = self.program.funcs[func as usize];
                        let table_index = self.program.table;
                        self.extend([
                            I::I32Const(element as i32),
                            I::ReturnCallIndirect { type_index, table_index },
                        ]);
                    }
                    _ => self.push(I::ReturnCall(func)),
                }
            }
            _ => {
                for ty in results {
                    self.expression(ty, 2);
                }
                self.push(I::Return);
            }
        }
        self.dead_code();
        self.push(I::End);
    }

    /// Bulk memory operations, short ones.
    fn bulk(&mut self) {
        let mask = self.program.address_mask;
        let address = |body: &mut Self| {
            body.expression(I32, 1);
            body.extend([I::I32Const(mask), I::I32And]);
        };
        let which = self.pick(3);
        address(self);
        match which {
            0 => self.expression(I32, 1),
            1 => address(self),
            _ => {
                let at = self.rng.i32(0..=SEGMENT as i32);
                self.push(I::I32Const(at));
            }
        }
        if self.rarely(3) {
            self.expression(I32, 1);
            self.extend([I::I32Const(0x7f), I::I32And]);
        } else {
            let most = if which == 2 { 4 } else { 200 };
            let len = self.rng.i32(0..most);
            self.push(I::I32Const(len));
        }
        let segment = self.rng.u32(..self.program.segments) + 1;
        self.push(match which {
            0 => I::MemoryFill(0),
            1 => I::MemoryCopy { src_mem: 0, dst_mem: 0 },
            _ => I::MemoryInit { mem: 0, data_index: segment },
        });
    }

    fn rarities(&mut self) {
        match self.pick(6) {
            0 => {
                self.expression(I32, 1);
                self.extend([I::I32Const(1), I::I32And, I::MemoryGrow(0)]);
                self.keep(I32);
            }
            1 => {
                self.push(I::RefNull(HeapType::FUNC));
                self.expression(I32, 1);
                self.extend([I::I32Const(1), I::I32And, I::TableGrow(self.program.table)]);
                self.keep(I32);
            }
            2 => {
                let element = self.rng.usize(..self.program.elements.len());
                self.push(I::I32Const(element as i32));
                // Mostly what is there already: other functions would be called with another's type.
                let func = self.program.elements[element];
                match func {
                    Some(func) if !self.rarely(20) => self.push(I::RefFunc(func)),
                    _ => self.push(I::RefNull(HeapType::FUNC)),
                }
                self.push(I::TableSet(self.program.table));
            }
            3 => {
                let segment = self.rng.u32(..self.program.segments) + 1;
                if self.rarely(8) {
                    self.push(I::DataDrop(segment));
                }
            }
            4 => {
                let len = self.program.elements.len() as i32;
                let table = self.program.table;
                let at = self.rng.i32(..len).rem_euclid(len);
                self.extend([
                    I::I32Const(at),
                    I::I32Const(at),
                    I::I32Const(1),
                    I::TableCopy { src_table: table, dst_table: table },
                ]);
            }
            _ => self.push(I::Nop),
        }
    }

    fn conditional(&mut self, depth: usize) {
        self.condition(2);
        self.push(I::If(BlockType::Empty));
        self.labels.push(Label { types: Vec::new(), counter: None });
        self.statements(depth);
        if self.rarely(2) {
            self.push(I::Else);
            self.statements(depth);
        }
        self.labels.pop();
        self.push(I::End);
    }

    /// A block with parameters and results.
    fn block_statement(&mut self, depth: usize) {
        let params = self.program.value_types(2);
        let results = self.program.value_types(3);
        for ty in &params {
            self.expression(*ty, 1);
        }
        let ty = self.program.type_index(&params, &results);
        self.push(I::Block(BlockType::FunctionType(ty)));
        self.labels.push(Label { types: results.clone(), counter: None });
        for ty in params.into_iter().rev() {
            self.keep(ty);
        }
        self.statements(depth);
        for ty in &results {
            self.expression(*ty, 2);
        }
        if self.rarely(3) {
            self.push(I::Br(0));
            self.dead_code();
        }
        self.labels.pop();
        self.push(I::End);
        for ty in results.into_iter().rev() {
            self.keep(ty);
        }
    }

    pub fn new_counter(&mut self) -> u32 {
        let counter = self.locals.len() as u32;
        self.locals.push(I32);
        self.counters.push(counter);
        let rounds = if self.rarely(6) { self.rng.i32(10..60) } else { self.rng.i32(1..7) };
        self.extend([I::I32Const(rounds), I::LocalSet(counter)]);
        counter
    }

    /// Whether a loop goes round again: counts down, and leaves an `i32`.
    pub fn count_down(&mut self, counter: u32) {
        self.extend([
            I::LocalGet(counter),
            I::I32Const(1),
            I::I32Sub,
            I::LocalTee(counter),
            I::I32Const(0),
            I::I32GtS,
        ]);
    }

    /// A loop, tested at its end or at its start.
    fn counted_loop(&mut self, depth: usize) {
        let counter = self.new_counter();
        if self.rarely(3) {
            self.extend([I::Block(BlockType::Empty), I::Loop(BlockType::Empty)]);
            self.labels.push(Label { types: Vec::new(), counter: None });
            self.labels.push(Label { types: Vec::new(), counter: Some(counter) });
            self.count_down(counter);
            self.extend([I::I32Eqz, I::BrIf(1)]);
            self.statements(depth);
            self.change_places();
            self.push(I::Br(0));
            self.dead_code();
            self.extend([I::End, I::End]);
            self.labels.pop();
        } else {
            self.push(I::Loop(BlockType::Empty));
            self.labels.push(Label { types: Vec::new(), counter: Some(counter) });
            self.statements(depth);
            if self.rarely(3) {
                self.change_places();
            }
            self.count_down(counter);
            self.extend([I::BrIf(0), I::End]);
        }
        self.labels.pop();
    }

    /// A loop that carries values on the operand stack from round to round.
    fn carrying_loop(&mut self, depth: usize) {
        let counter = self.new_counter();
        let most = [4, 4, 12][self.pick(3)];
        let types: Vec<ValType> = self.program.value_types(most);
        for ty in &types {
            self.expression(*ty, 2);
        }
        let ty = self.program.type_index(&types, &types);
        self.push(I::Loop(BlockType::FunctionType(ty)));
        self.labels.push(Label { types: types.clone(), counter: Some(counter) });
        if self.rarely(2) {
            // Statements work above them: they stay on the stack.
            self.statements(depth);
            if self.rarely(2) {
                self.permute(&types);
            }
        } else {
            for ty in types.iter().rev() {
                self.keep(*ty);
            }
            self.statements(depth);
            for ty in &types {
                self.expression(*ty, 2);
            }
        }
        self.count_down(counter);
        self.extend([I::BrIf(0), I::End]);
        self.labels.pop();
        for ty in types.into_iter().rev() {
            self.keep(ty);
        }
    }

    /// Blocks in each other, and a table of branches out of them.
    fn switch(&mut self, depth: usize) {
        let cases = self.rng.usize(1..6);
        for _ in 0..cases {
            self.push(I::Block(BlockType::Empty));
            self.labels.push(Label { types: Vec::new(), counter: None });
        }
        self.expression(I32, 2);
        if !self.rarely(5) {
            self.extend([I::I32Const(7), I::I32And]);
        }
        let targets: Vec<u32> = (0..self.rng.usize(..10)).map(|_| self.rng.u32(..cases as u32)).collect();
        let default = self.rng.u32(..cases as u32);
        self.push(I::BrTable(targets.into(), default));
        self.dead_code();
        for _ in 0..cases {
            self.labels.pop();
            self.push(I::End);
            self.statements(depth + 1);
        }
    }
}
