//! Statements that are hard on compilers: values that change places, branches that carry values out of different heights,
//! code that nothing reaches, accesses right at the end of the memory.

use super::body::{Body, Label, memory_argument};
use super::{F32, F64, I32, I64};
use Instruction as I;
use wasm_encoder::{BlockType, Instruction, ValType};

/// Most variables that change places at once.
const MOST_MOVED: usize = 30;
/// Locals up to which more are added to hold values for a moment.
const MOST_LOCALS: usize = 400;

impl Body<'_> {
    /// Indices below `types.len()`, each at a place of the same type; now and then one twice, and another not at all.
    fn permutation(&mut self, types: &[ValType]) -> Vec<usize> {
        let mut order: Vec<usize> = (0..types.len()).collect();
        for ty in [I32, I64, F32, F64] {
            let places: Vec<usize> = (0..types.len()).filter(|i| types[*i] == ty).collect();
            let mut from = places.clone();
            match self.pick(4) {
                0 if !places.is_empty() => {
                    let by = self.pick(places.len());
                    from.rotate_left(by);
                }
                1 if !places.is_empty() => {
                    for i in &mut from {
                        *i = places[self.rng.usize(..places.len())];
                    }
                }
                _ => self.rng.shuffle(&mut from),
            }
            for (to, from) in places.iter().zip(from) {
                order[*to] = from;
            }
        }
        order
    }

    /// Variables change places, all at once.
    pub fn change_places(&mut self) {
        let mut variables: Vec<u32> =
            self.used().map(|local| local as u32).filter(|local| !self.counters.contains(local)).collect();
        self.rng.shuffle(&mut variables);
        let most = [3, 8, MOST_MOVED][self.pick(3)];
        variables.truncate(self.rng.usize(..=most));
        let types: Vec<ValType> = variables.iter().map(|local| self.locals[*local as usize]).collect();
        for from in self.permutation(&types) {
            self.push(I::LocalGet(variables[from]));
        }
        for local in variables.into_iter().rev() {
            self.push(I::LocalSet(local));
        }
    }

    /// The values on top of the stack change places.
    pub fn permute(&mut self, types: &[ValType]) {
        if self.used().count() + types.len() > MOST_LOCALS {
            return;
        }
        let first = self.locals.len() as u32;
        self.locals.extend(types);
        for i in (0..types.len() as u32).rev() {
            self.push(I::LocalSet(first + i));
        }
        for from in self.permutation(types) {
            self.push(I::LocalGet(first + from as u32));
        }
    }

    /// A block whose results are its parameters in one order or another.
    pub fn permuting_block(&mut self, depth: usize) {
        let most = [3, 6, 14][self.pick(3)];
        let types = self.program.value_types(most);
        for ty in &types {
            self.expression(*ty, 1);
        }
        let ty = self.program.type_index(&types, &types);
        self.push(I::Block(BlockType::FunctionType(ty)));
        self.labels.push(Label { types: types.clone(), counter: None });
        if self.rarely(3) {
            self.statement(depth + 1);
        }
        self.permute(&types);
        self.condition(2);
        self.push(I::BrIf(0));
        self.permute(&types);
        if self.rarely(3) {
            self.push(I::Br(0));
            self.dead_code();
        }
        self.labels.pop();
        self.push(I::End);
        for ty in types.into_iter().rev() {
            self.keep(ty);
        }
    }

    /// Blocks in each other, each at another height, and a table of branches that carries values out of them.
    pub fn carrying_switch(&mut self, depth: usize) {
        let types = match self.results.clone() {
            results if !results.is_empty() && results.len() < 10 && self.rarely(3) => results,
            _ => [self.program.value_types(3), vec![self.program.value_type()]].concat(),
        };
        let ty = self.program.type_index(&[], &types);
        let cases = self.rng.usize(1..6);
        for _ in 0..cases {
            self.push(I::Block(BlockType::FunctionType(ty)));
            self.labels.push(Label { types: types.clone(), counter: None });
            for _ in 0..self.rng.usize(..3) {
                let below = self.program.value_type();
                self.expression(below, 1);
            }
        }
        for ty in &types {
            self.expression(*ty, 2);
        }
        self.expression(I32, 2);
        let count = match self.pick(30) {
            0 => self.rng.usize(200..2000),
            _ => self.rng.usize(..12),
        };
        if !self.rarely(5) {
            let mask = (count + 1).next_power_of_two() as i32 - 1;
            self.extend([I::I32Const(mask), I::I32And]);
        }
        let innermost = self.labels.len() - 1;
        let fitting: Vec<u32> = (0..self.labels.len())
            .filter(|at| self.labels[*at].types == types && self.labels[*at].counter.is_none())
            .map(|at| (innermost - at) as u32)
            .collect();
        let target = |body: &mut Self| fitting[body.rng.usize(..fitting.len())];
        let targets: Vec<u32> = (0..count).map(|_| target(self)).collect();
        let default = target(self);
        self.push(I::BrTable(targets.into(), default));
        self.dead_code();
        for _ in 0..cases {
            self.labels.pop();
            self.push(I::End);
            if self.rarely(2) {
                self.permute(&types);
            } else {
                for ty in types.iter().rev() {
                    self.keep(*ty);
                }
                self.statement(depth + 1);
                for ty in &types {
                    self.expression(*ty, 1);
                }
            }
            // What lies below them in the block around is left there, unless nothing is around.
            if self.labels.len() > innermost + 1 - cases {
                self.push(I::Br(0));
                self.dead_code();
            }
        }
        for ty in types.into_iter().rev() {
            self.keep(ty);
        }
    }

    /// Loops in each other, deeper than compilers look at each on its own; most go round once.
    pub fn deep_loops(&mut self) {
        let (outside, inside) = (self.labels.len(), self.rng.usize(7..14));
        for _ in 0..inside {
            let counter = self.new_counter();
            if !self.rarely(4) {
                self.extend([I::I32Const(1), I::LocalSet(counter)]);
            }
            self.push(I::Loop(BlockType::Empty));
            self.labels.push(Label { types: Vec::new(), counter: Some(counter) });
            self.assign();
        }
        self.change_places();
        while self.labels.len() > outside {
            self.assign();
            self.leave_block();
            let counter = self.labels.pop().and_then(|label| label.counter);
            if let Some(counter) = counter {
                self.count_down(counter);
                self.push(I::BrIf(0));
            }
            self.push(I::End);
        }
    }

    /// What stands behind a branch, where the stack has whatever is taken from it.
    pub fn dead_code(&mut self) {
        match self.pick(12) {
            0 => self.assign(),
            1 => self.extend([I::I32Add, I::Drop]),
            2 => self.extend([I::Select, I::Drop]),
            3 => {
                if let Some(local) = self.any_variable() {
                    self.push(I::LocalSet(local));
                }
            }
            4 => {
                self.push(I::Call(self.program.imported as u32));
                self.extend([I::Drop, I::Unreachable]);
            }
            5 => {
                let store = I::I32Store(memory_argument(4));
                self.extend([I::Loop(BlockType::Empty), I::Unreachable, store, I::Br(0), I::End]);
            }
            6 => {
                self.extend([I::If(BlockType::Empty), I::Unreachable, I::F64Abs, I::Drop]);
                self.extend([I::Else, I::Unreachable, I::Return, I::End]);
            }
            7 => self.push(I::Unreachable),
            _ => {}
        }
    }

    /// The address `back` bytes before the memory's end.
    fn near_end(&mut self, back: i32) {
        self.extend([I::MemorySize(0), I::I32Const(16), I::I32Shl, I::I32Const(back), I::I32Sub]);
    }

    /// A fill or copy that ends at the memory's end or near it, with its source and target in each other.
    pub fn bulk_at_end(&mut self) {
        let len = if self.rarely(4) { self.rng.i32(0..400) } else { self.rng.i32(0..=130) };
        let back = match self.pick(20) {
            0 => len - 1,
            1..=8 => len,
            _ => len + self.rng.i32(0..40),
        };
        let shift = if self.rarely(3) { self.rng.i32(-200..200) } else { self.rng.i32(-9..9) };
        let copies = !self.rarely(3);
        let to_end = self.rarely(2);
        // The other range is before this one, or behind it.
        let other = back + if self.rarely(10) { shift } else { shift.abs() };
        if to_end || !copies {
            self.near_end(back);
        } else {
            self.near_end(other);
        }
        match copies {
            true if to_end => self.near_end(other),
            true => self.near_end(back),
            false => self.expression(I32, 1),
        }
        if self.rarely(3) {
            // The length is no constant.
            self.expression(I32, 0);
            self.extend([I::I32Const(0), I::I32And, I::I32Const(len), I::I32Or]);
        } else {
            self.push(I::I32Const(len));
        }
        self.push(if copies { I::MemoryCopy { src_mem: 0, dst_mem: 0 } } else { I::MemoryFill(0) });
    }

    /// A load or store of the last bytes of the memory.
    pub fn access_at_end(&mut self) {
        let offset = [0, 0, 1, 8, 1000, 65_535][self.pick(6)];
        let size = [1, 2, 4, 8][self.pick(4)];
        let back = size + offset - if self.rarely(40) { 1 } else { 0 };
        self.near_end(back);
        let m = memory_argument(offset as u64);
        let ty = match (size, self.pick(3)) {
            (4, 0) => F32,
            (8, 0) => F64,
            (8, _) => I64,
            (_, 1) => I64,
            _ => I32,
        };
        if self.rarely(2) {
            self.push(match (size, ty) {
                (1, I32) => I::I32Load8S(m),
                (1, _) => I::I64Load8U(m),
                (2, I32) => I::I32Load16U(m),
                (2, _) => I::I64Load16S(m),
                (4, I32) => I::I32Load(m),
                (4, F32) => I::F32Load(m),
                (4, _) => I::I64Load32S(m),
                (_, F64) => I::F64Load(m),
                _ => I::I64Load(m),
            });
            return self.keep(ty);
        }
        self.expression(ty, 1);
        self.push(match (size, ty) {
            (1, I32) => I::I32Store8(m),
            (1, _) => I::I64Store8(m),
            (2, I32) => I::I32Store16(m),
            (2, _) => I::I64Store16(m),
            (4, I32) => I::I32Store(m),
            (4, F32) => I::F32Store(m),
            (4, _) => I::I64Store32(m),
            (_, F64) => I::F64Store(m),
            _ => I::I64Store(m),
        });
    }

    /// An `i32` below 2^15 that no mask of 32 bits keeps there.
    pub fn narrow(&mut self, depth: usize) {
        if depth == 0 || self.room == 0 {
            let n = self.rng.i32(0..0x8000);
            return self.push(I::I32Const(n));
        }
        let depth = depth - 1;
        match self.pick(18) {
            0 => {
                self.expression(I64, depth);
                let above = self.rng.i64(..) << 32;
                self.extend([I::I64Const(above | 0x7fff), I::I64And, I::I32WrapI64]);
            }
            1 => {
                self.expression(I64, depth);
                let by = self.rng.i64(49..64);
                self.extend([I::I64Const(by), I::I64ShrU, I::I32WrapI64]);
            }
            2 => {
                self.expression(I32, depth);
                let op = [I::I32Clz, I::I32Ctz, I::I32Popcnt][self.pick(3)].clone();
                self.push(op);
            }
            3 => {
                self.condition(depth);
                self.push(I::I32Eqz);
            }
            4 => {
                self.expression(I32, depth);
                let by = self.rng.i32(17..32) + 32 * self.rng.i32(-1..2);
                self.extend([I::I32Const(by), I::I32ShrU]);
            }
            5 => {
                self.expression(I32, depth);
                let divisor = self.rng.i32(1..0x8000);
                self.extend([I::I32Const(divisor), I::I32RemU]);
            }
            6 => {
                self.expression(I32, depth);
                let divisor = self.rng.i32(0x2_0000..=i32::MAX) | [0, i32::MIN][self.pick(2)];
                self.extend([I::I32Const(divisor), I::I32DivU]);
            }
            7 => {
                self.narrow(depth);
                self.narrow(depth);
                self.condition(depth.max(1));
                self.push(I::Select);
            }
            8 => {
                self.narrow(depth);
                self.extend([I::I32Const(1), I::I32ShrU]);
                self.narrow(depth);
                self.extend([I::I32Const(1), I::I32ShrU, I::I32Add]);
            }
            9 => {
                self.push(I::I32Const(0x7fff));
                self.narrow(depth);
                self.push(I::I32Sub);
            }
            10 => {
                self.narrow(depth);
                let there_and_back = match self.pick(4) {
                    0 => [I::F64ConvertI32S, I::I32TruncSatF64U],
                    1 => [I::F32ConvertI32U, I::I32TruncSatF32S],
                    2 => [I::F32ReinterpretI32, I::I32ReinterpretF32],
                    _ => [I::I64ExtendI32S, I::I32WrapI64],
                };
                self.extend(there_and_back);
            }
            11 => {
                self.narrow(depth);
                if let Some(local) = self.variable(I32) {
                    self.push(I::LocalTee(local));
                }
            }
            12 => {
                self.push(I::Block(BlockType::Result(I32)));
                self.labels.push(Label { types: vec![I32], counter: None });
                self.narrow(depth);
                self.condition(1);
                self.extend([I::BrIf(0), I::Drop]);
                self.narrow(depth);
                self.labels.pop();
                self.push(I::End);
            }
            13 => {
                self.narrow(depth);
                self.narrow(depth);
                let op = [I::I32Xor, I::I32Or][self.pick(2)].clone();
                self.push(op);
            }
            14 => {
                self.narrow(depth);
                self.push(I::I32Extend16S);
            }
            15 => {
                self.expression(I32, depth);
                self.narrow(depth);
                self.push(I::I32And);
            }
            16 => {
                self.expression(I32, depth);
                self.extend([I::I32Const(24), I::I32Shl, I::I32Const(8), I::I32Rotl]);
            }
            _ => {
                self.narrow(depth);
                self.push(I::I32Load8U(memory_argument(0)));
            }
        }
    }
}
