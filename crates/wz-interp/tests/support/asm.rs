//! A small assembler of IR.

use wz_core::ir::{FuncIr, Op, Operand, Slot, Word};
use wz_core::module::Module;
use wz_core::types::{Class, FuncType, ValType};

/// The value type of a class.
pub fn val_type(class: Class) -> ValType {
    match class {
        Class::I32 | Class::Addr | Class::No => ValType::I32,
        Class::I64 => ValType::I64,
        Class::F32 => ValType::F32,
        Class::F64 => ValType::F64,
        Class::V128 => ValType::V128,
        Class::Ref => ValType::EXTERNREF,
    }
}

/// Adds a type and a function of it; gives the function's index.
pub fn declare(module: &mut Module, params: &[Class], results: &[Class]) -> u32 {
    let types = |classes: &[Class]| classes.iter().map(|c| val_type(*c)).collect::<Vec<_>>();
    module.types.push(FuncType::new(types(params), types(results)));
    module.funcs.push(module.types.len() as u32 - 1);
    module.funcs.len() as u32 - 1
}

/// A function in the making.
pub struct Asm {
    pub ir: FuncIr,
}

impl Asm {
    /// The body of a function that the module declares, with `data` and `refs` slots in all.
    pub fn new(module: &Module, func: u32, data: u32, refs: u32) -> Asm {
        let type_index = module.funcs[func as usize];
        let params = module.types[type_index as usize].params();
        let param_refs = params.iter().filter(|t| t.is_ref()).count() as u32;
        let param_data = params.iter().filter(|t| !t.is_ref()).map(|t| t.slots() as u32).sum();
        let ir = FuncIr {
            func,
            type_index,
            param_data,
            param_refs,
            local_data: param_data,
            local_refs: param_refs,
            data_slots: data,
            ref_slots: refs,
            ..FuncIr::default()
        };
        Asm { ir }
    }

    /// A data slot as an operand.
    pub fn slot(&self, slot: u32) -> Operand {
        Operand::of_slot(Slot::Data(slot)).expect("near")
    }

    /// A constant of one or two words as an operand.
    pub fn constant(&mut self, class: Class, bits: u128) -> Operand {
        let index = self.ir.consts.len() as u16;
        self.ir.consts.push(bits as u64);
        if class == Class::V128 {
            self.ir.consts.push((bits >> 64) as u64);
        }
        Operand::constant(index)
    }

    pub fn push(&mut self, word: Word) -> &mut Asm {
        self.ir.code.push(word);
        self
    }

    pub fn op(&mut self, op: Op, dst: Operand, a: Operand, b: Operand) -> &mut Asm {
        self.push(Word::new(op, dst, a, b))
    }

    pub fn label(&mut self) -> u32 {
        self.ir.labels.push(u32::MAX);
        self.ir.labels.len() as u32 - 1
    }

    pub fn bind(&mut self, label: u32) -> &mut Asm {
        self.ir.labels[label as usize] = self.ir.code.len() as u32;
        self.push(Word::with_index(Op::Label, 0, label))
    }

    /// `br_if` or `br_unless`.
    pub fn branch(&mut self, op: Op, comparison: Op, x: Operand, y: Operand, label: u32) -> &mut Asm {
        self.push(Word { op: op as u16, dst: comparison as u16, a: x.0, b: y.0 });
        self.push(Word::ext(0, label))
    }

    /// Returns one value.
    pub fn ret(&mut self, value: Operand) -> &mut Asm {
        self.push(Word { op: Op::Return as u16, dst: 1, a: 0, b: 0 });
        let none = Operand::NONE.0;
        self.push(Word { op: Op::Ext as u16, dst: value.0, a: none, b: none })
    }

    /// The op that copies a class.
    pub fn copy(class: Class) -> Op {
        match class {
            Class::I64 => Op::CopyI64,
            Class::F32 => Op::CopyF32,
            Class::F64 => Op::CopyF64,
            Class::V128 => Op::CopyV128,
            _ => Op::CopyI32,
        }
    }
}

/// Values of a class where ops behave in special ways.
pub fn edges(class: Class) -> Vec<u128> {
    let f32s =
        [0.0, -0.0, 1.0, -1.5, 2.5, f32::INFINITY, f32::NAN, f32::MIN_POSITIVE, 2147483648.0, -2147483649.0];
    let f64s =
        [0.0, -0.0, 1.0, -1.5, 2.5, f64::NEG_INFINITY, f64::NAN, f64::MAX, 2147483648.0, -9.3e18, 1.9e19];
    match class {
        Class::I32 | Class::Addr => {
            [0, 1, u32::MAX, 0x8000_0000, 0x7fff_ffff, 31, 32, 0x7fff, 0x8000, 0xffff_8000]
                .map(u128::from)
                .to_vec()
        }
        Class::I64 => [0, 1, u64::MAX, 1 << 63, (1 << 63) - 1, 63, 64, 0x7fff, 0x8000, 0x8000_0000, 1 << 32]
            .map(u128::from)
            .to_vec(),
        Class::F32 => f32s.map(|f| u128::from(f.to_bits())).to_vec(),
        Class::F64 => f64s.map(|f| u128::from(f.to_bits())).to_vec(),
        Class::V128 => {
            let floats = |f: &[f32]| f.iter().rev().fold(0, |v, f| v << 32 | u128::from(f.to_bits()));
            vec![
                0,
                u128::MAX,
                0x8000_7fff_8080_7f7f_0001_ffff_7fff_ffff,
                0x0f0e_0d0c_0b0a_0908_0706_0504_0302_0110,
                floats(&f32s[..4]),
                floats(&f32s[4..8]),
            ]
        }
        Class::Ref | Class::No => vec![0],
    }
}
