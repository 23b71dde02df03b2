//! Expressions: each leaves one value of a type.

use super::body::{Body, Label, memory_argument};
use super::{F32, F64, I32, I64, SHARED};
use crate::shape::{float, integer};
use Instruction as I;
use wasm_encoder::{BlockType, HeapType, Instruction, MemArg, RefType, ValType};

type Op = Instruction<'static>;

const I32_BINARY: &[Op] = &[
    I::I32Add,
    I::I32Sub,
    I::I32Mul,
    I::I32And,
    I::I32Or,
    I::I32Xor,
    I::I32Shl,
    I::I32ShrS,
    I::I32ShrU,
    I::I32Rotl,
    I::I32Rotr,
    I::I32Add,
    I::I32Sub,
];
const I32_DIVISION: &[Op] = &[I::I32DivS, I::I32DivU, I::I32RemS, I::I32RemU];
const I32_UNARY: &[Op] = &[I::I32Clz, I::I32Ctz, I::I32Popcnt, I::I32Extend8S, I::I32Extend16S, I::I32Eqz];
const I64_BINARY: &[Op] = &[
    I::I64Add,
    I::I64Sub,
    I::I64Mul,
    I::I64And,
    I::I64Or,
    I::I64Xor,
    I::I64Shl,
    I::I64ShrS,
    I::I64ShrU,
    I::I64Rotl,
    I::I64Rotr,
    I::I64Add,
    I::I64Sub,
];
const I64_DIVISION: &[Op] = &[I::I64DivS, I::I64DivU, I::I64RemS, I::I64RemU];
const I64_UNARY: &[Op] =
    &[I::I64Clz, I::I64Ctz, I::I64Popcnt, I::I64Extend8S, I::I64Extend16S, I::I64Extend32S];
const F32_BINARY: &[Op] = &[I::F32Add, I::F32Sub, I::F32Mul, I::F32Div, I::F32Min, I::F32Max, I::F32Copysign];
const F32_UNARY: &[Op] =
    &[I::F32Abs, I::F32Neg, I::F32Ceil, I::F32Floor, I::F32Trunc, I::F32Nearest, I::F32Sqrt];
const F64_BINARY: &[Op] = &[I::F64Add, I::F64Sub, I::F64Mul, I::F64Div, I::F64Min, I::F64Max, I::F64Copysign];
const F64_UNARY: &[Op] =
    &[I::F64Abs, I::F64Neg, I::F64Ceil, I::F64Floor, I::F64Trunc, I::F64Nearest, I::F64Sqrt];

const COMPARISONS: [(ValType, &[Op]); 4] = [
    (
        I32,
        &[
            I::I32Eq,
            I::I32Ne,
            I::I32LtS,
            I::I32LtU,
            I::I32GtS,
            I::I32GtU,
            I::I32LeS,
            I::I32LeU,
            I::I32GeS,
            I::I32GeU,
        ],
    ),
    (
        I64,
        &[
            I::I64Eq,
            I::I64Ne,
            I::I64LtS,
            I::I64LtU,
            I::I64GtS,
            I::I64GtU,
            I::I64LeS,
            I::I64LeU,
            I::I64GeS,
            I::I64GeU,
        ],
    ),
    (F32, &[I::F32Eq, I::F32Ne, I::F32Lt, I::F32Gt, I::F32Le, I::F32Ge]),
    (F64, &[I::F64Eq, I::F64Ne, I::F64Lt, I::F64Gt, I::F64Le, I::F64Ge]),
];

/// Conversions: what they take, what they give. The ones that trap are rare.
const CONVERSIONS: &[(ValType, ValType, Op)] = &[
    (I64, I32, I::I32WrapI64),
    (F32, I32, I::I32TruncSatF32S),
    (F32, I32, I::I32TruncSatF32U),
    (F64, I32, I::I32TruncSatF64S),
    (F64, I32, I::I32TruncSatF64U),
    (F32, I32, I::I32ReinterpretF32),
    (I64, I32, I::I64Eqz),
    (I32, I64, I::I64ExtendI32S),
    (I32, I64, I::I64ExtendI32U),
    (F32, I64, I::I64TruncSatF32S),
    (F32, I64, I::I64TruncSatF32U),
    (F64, I64, I::I64TruncSatF64S),
    (F64, I64, I::I64TruncSatF64U),
    (F64, I64, I::I64ReinterpretF64),
    (I32, F32, I::F32ConvertI32S),
    (I32, F32, I::F32ConvertI32U),
    (I64, F32, I::F32ConvertI64S),
    (I64, F32, I::F32ConvertI64U),
    (F64, F32, I::F32DemoteF64),
    (I32, F32, I::F32ReinterpretI32),
    (I32, F64, I::F64ConvertI32S),
    (I32, F64, I::F64ConvertI32U),
    (I64, F64, I::F64ConvertI64S),
    (I64, F64, I::F64ConvertI64U),
    (F32, F64, I::F64PromoteF32),
    (I64, F64, I::F64ReinterpretI64),
];
const TRAPPING: &[(ValType, ValType, Op)] = &[
    (F32, I32, I::I32TruncF32S),
    (F32, I32, I::I32TruncF32U),
    (F64, I32, I::I32TruncF64S),
    (F64, I32, I::I32TruncF64U),
    (F32, I64, I::I64TruncF32S),
    (F32, I64, I::I64TruncF32U),
    (F64, I64, I::I64TruncF64S),
    (F64, I64, I::I64TruncF64U),
];

impl Body<'_> {
    /// A value of a type. Expressions nest to `depth`.
    pub fn expression(&mut self, ty: ValType, depth: usize) {
        if depth == 0 || self.room == 0 {
            return self.leaf(ty);
        }
        match ty {
            I32 | I64 | F32 | F64 => self.number(ty, depth),
            _ => self.reference(ty, depth),
        }
    }

    fn leaf(&mut self, ty: ValType) {
        if !self.rarely(3)
            && let Some(local) = self.local(ty)
        {
            return self.push(I::LocalGet(local));
        }
        let constant = match ty {
            I32 => I::I32Const(integer(&mut self.rng) as i32),
            I64 => I::I64Const(integer(&mut self.rng)),
            F32 => I::F32Const((float(&mut self.rng) as f32).into()),
            F64 => I::F64Const(float(&mut self.rng).into()),
            ValType::Ref(RefType::EXTERNREF) => I::RefNull(HeapType::EXTERN),
            _ if self.rarely(2) => I::RefNull(HeapType::FUNC),
            _ => I::RefFunc(self.rng.usize(..self.program.funcs.len()) as u32),
        };
        self.push(constant);
    }

    fn number(&mut self, ty: ValType, depth: usize) {
        match self.pick(40) {
            0..=4 => self.leaf(ty),
            5..=19 => self.binary(ty, depth),
            20..=22 => self.unary(ty, depth),
            23..=26 => self.conversion(ty, depth),
            27..=29 => self.load(ty),
            30..=31 => self.select(ty, depth),
            32..=33 => self.tee(ty, depth),
            34 => self.global(ty),
            35 => self.block(ty, depth),
            36..=37 => self.either(ty, depth),
            38 => self.call_for(ty, depth),
            _ if ty == I32 => self.oddity(depth),
            _ => self.binary(ty, depth),
        }
    }

    fn reference(&mut self, ty: ValType, depth: usize) {
        match self.pick(8) {
            0 => self.select(ty, depth),
            1 => self.tee(ty, depth),
            2 => self.global(ty),
            3 => self.either(ty, depth),
            4 if Body::is_funcref(ty) => {
                let index = self.rng.usize(..self.program.elements.len());
                self.extend([I::I32Const(index as i32), I::TableGet(self.program.table)]);
            }
            _ => self.leaf(ty),
        }
    }

    fn one_of(&mut self, ops: &[Op]) -> Op {
        ops[self.rng.usize(..ops.len())].clone()
    }

    fn binary(&mut self, ty: ValType, depth: usize) {
        if ty == I32 && self.rarely(3) {
            return self.condition(depth);
        }
        let (ops, division) = match ty {
            I32 => (I32_BINARY, Some((I32_DIVISION, [I::I32Const(1), I::I32Or]))),
            I64 => (I64_BINARY, Some((I64_DIVISION, [I::I64Const(1), I::I64Or]))),
            F32 => (F32_BINARY, None),
            _ => (F64_BINARY, None),
        };
        self.expression(ty, depth - 1);
        if let Some((ops, odd)) = division
            && self.rarely(6)
        {
            let op = self.one_of(ops);
            match self.pick(10) {
                0..=4 => {
                    let divisor = match self.pick(5) {
                        0 => 1_i64 << self.pick(if ty == I32 { 32 } else { 64 }),
                        1 => -(1_i64 << self.pick(if ty == I32 { 31 } else { 63 })),
                        2 => [-1, i64::MIN, i64::MAX, i32::MIN.into(), i32::MAX.into()][self.pick(5)],
                        3 => self.rng.i64(1..1000),
                        _ => integer(&mut self.rng) | 1,
                    };
                    self.push(if ty == I32 { I::I32Const(divisor as i32) } else { I::I64Const(divisor) });
                }
                5..=8 => {
                    self.expression(ty, depth - 1);
                    self.extend(odd);
                }
                _ => self.expression(ty, depth - 1),
            }
            return self.push(op);
        }
        self.expression(ty, depth - 1);
        let op = self.one_of(ops);
        self.push(op);
    }

    /// An `i32` that says yes or no.
    pub fn condition(&mut self, depth: usize) {
        let depth = depth.max(1);
        match self.pick(24) {
            0..=2 => return self.expression(I32, depth - 1),
            // The flags of arithmetic.
            3 => {
                self.binary(I32, depth);
                return self.push(I::I32Eqz);
            }
            4 => {
                self.binary(I64, depth);
                return self.push(I::I64Eqz);
            }
            _ => {}
        }
        let types = if self.rarely(3) { COMPARISONS.len() } else { 2 };
        let (ty, ops) = COMPARISONS[self.pick(types)];
        self.expression(ty, depth - 1);
        self.expression(ty, depth - 1);
        let op = self.one_of(ops);
        self.push(op);
        if self.rarely(6) {
            self.push(I::I32Eqz);
        }
    }

    fn unary(&mut self, ty: ValType, depth: usize) {
        self.expression(ty, depth - 1);
        let op = self.one_of(match ty {
            I32 => I32_UNARY,
            I64 => I64_UNARY,
            F32 => F32_UNARY,
            _ => F64_UNARY,
        });
        self.push(op);
    }

    fn conversion(&mut self, ty: ValType, depth: usize) {
        let from = if self.rarely(40) { TRAPPING } else { CONVERSIONS };
        let fitting: Vec<_> = from.iter().filter(|(_, to, _)| *to == ty).collect();
        if fitting.is_empty() {
            return self.leaf(ty);
        }
        let (from, _, op) = fitting[self.rng.usize(..fitting.len())];
        self.expression(*from, depth - 1);
        self.push(op.clone());
    }

    /// An address with its offset; nearly always within the memory.
    pub fn address(&mut self, depth: usize) -> MemArg {
        if self.rarely(4) {
            self.narrow(depth + 1);
        } else {
            self.expression(I32, depth);
            if !self.rarely(60) {
                let mask = self.program.address_mask;
                self.extend([I::I32Const(mask), I::I32And]);
            }
        }
        let offset = match self.pick(12) {
            0..=4 => 0,
            5..=8 => self.rng.u64(..256),
            9..=10 => self.rng.u64(..self.program.address_mask as u64),
            _ if self.rarely(6) => [0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x1_0000][self.pick(4)],
            _ => self.rng.u64(..4096),
        };
        memory_argument(offset)
    }

    fn load(&mut self, ty: ValType) {
        let m = self.address(1);
        let op = match ty {
            I32 => self.one_of(&[
                I::I32Load(m),
                I::I32Load8S(m),
                I::I32Load8U(m),
                I::I32Load16S(m),
                I::I32Load16U(m),
            ]),
            I64 => self.one_of(&[
                I::I64Load(m),
                I::I64Load8S(m),
                I::I64Load8U(m),
                I::I64Load16S(m),
                I::I64Load16U(m),
                I::I64Load32S(m),
                I::I64Load32U(m),
            ]),
            F32 => I::F32Load(m),
            _ => I::F64Load(m),
        };
        self.push(op);
    }

    fn select(&mut self, ty: ValType, depth: usize) {
        self.expression(ty, depth - 1);
        self.expression(ty, depth - 1);
        self.condition(depth);
        self.push(if matches!(ty, ValType::Ref(_)) { I::TypedSelect(ty) } else { I::Select });
    }

    fn tee(&mut self, ty: ValType, depth: usize) {
        self.expression(ty, depth - 1);
        if let Some(local) = self.variable(ty) {
            self.push(I::LocalTee(local));
        }
    }

    fn global(&mut self, ty: ValType) {
        let fitting: Vec<usize> =
            (0..self.program.globals.len()).filter(|global| self.program.globals[*global] == ty).collect();
        match fitting.get(self.rng.usize(..fitting.len().max(1))) {
            Some(global) => self.push(I::GlobalGet(*global as u32)),
            None => self.leaf(ty),
        }
    }

    /// A block that ends early, with a value, or does not.
    fn block(&mut self, ty: ValType, depth: usize) {
        self.push(I::Block(BlockType::Result(ty)));
        self.labels.push(Label { types: vec![ty], counter: None });
        self.expression(ty, depth - 1);
        self.condition(depth);
        self.push(I::BrIf(0));
        if self.rarely(2) {
            self.push(I::Drop);
            self.expression(ty, depth - 1);
        }
        self.labels.pop();
        self.push(I::End);
    }

    fn either(&mut self, ty: ValType, depth: usize) {
        self.condition(depth);
        self.push(I::If(BlockType::Result(ty)));
        self.labels.push(Label { types: vec![ty], counter: None });
        self.expression(ty, depth - 1);
        self.push(I::Else);
        self.expression(ty, depth - 1);
        self.labels.pop();
        self.push(I::End);
    }

    fn call_for(&mut self, ty: ValType, depth: usize) {
        match self.callee(Some(&[ty])) {
            Some(func) => self.call(func, depth - 1),
            None => self.leaf(ty),
        }
    }

    /// A call, with its arguments. Its results are on the stack.
    pub fn call(&mut self, func: u32, depth: usize) {
        let (params, _) = self.program.signature(func);
        for param in params {
            self.expression(param, depth.min(2));
        }
        if self.program.is_unary(func) && self.program.shares_table() && self.rarely(3) {
            let (type_index, at) = (self.program.funcs[func as usize], self.rng.i32(..SHARED));
            return self.extend([I::I32Const(at), I::CallIndirect { type_index, table_index: 0 }]);
        }
        // Through the table where the function is in it.
        let element = self.program.elements.iter().position(|element| *element == Some(func));
        match element {
            Some(element) if self.rarely(2) => {
                let type_index = self.program.funcs[func as usize];
                let table_index = self.program.table;
                self.extend([I::I32Const(element as i32), I::CallIndirect { type_index, table_index }]);
            }
            _ => self.push(I::Call(func)),
        }
    }

    /// What only gives an `i32`.
    fn oddity(&mut self, depth: usize) {
        match self.pick(6) {
            0 => self.push(I::MemorySize(0)),
            1 => self.push(I::TableSize(self.program.table)),
            2 => self.narrow(depth),
            3 => {
                self.expression(I32, depth - 1);
                self.extend([I::I32Const(1), I::I32And, I::MemoryGrow(0)]);
            }
            _ => {
                let kind = if self.rarely(2) { RefType::FUNCREF } else { RefType::EXTERNREF };
                self.expression(ValType::Ref(kind), depth - 1);
                self.push(I::RefIsNull);
            }
        }
    }
}
