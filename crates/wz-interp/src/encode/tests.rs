//! The encoder refuses IR that breaks what handlers rely on.

use super::{Encoder, UNBOUND};
use crate::isa::{COUNT, NUMBERS};
use wz_core::ErrorKind;
use wz_core::ir::{Base, FuncIr, Op, Operand, Shape, Slot, Word};
use wz_core::module::Module;
use wz_core::types::{FuncType, GlobalType, MemoryType, RefType, TableType, ValType};

fn module() -> Module {
    let limits = MemoryType::new(1, None).limits;
    Module {
        types: vec![
            FuncType::new([ValType::I32, ValType::EXTERNREF], [ValType::I32]),
            FuncType::new([], [ValType::I64, ValType::I64]),
        ],
        funcs: vec![0, 1],
        memories: vec![MemoryType::new(1, None)],
        tables: vec![
            TableType { element: RefType::EXTERNREF, limits, table64: false },
            TableType { element: RefType::FUNCREF, limits, table64: false },
        ],
        globals: vec![GlobalType { content: ValType::I32, mutable: true }],
        ..Module::default()
    }
}

/// Function 0 with this code before its return.
fn function(code: &[Word]) -> FuncIr {
    let ret = [
        Word { op: Op::Return as u16, dst: 1, a: 0, b: 0 },
        Word { op: Op::Ext as u16, dst: 0, a: Operand::NONE.0, b: Operand::NONE.0 },
    ];
    FuncIr {
        code: [code, &ret].concat(),
        consts: vec![5],
        labels: vec![UNBOUND],
        param_data: 1,
        param_refs: 1,
        local_data: 1,
        local_refs: 1,
        data_slots: 4,
        ref_slots: 2,
        ..FuncIr::default()
    }
}

fn encode(ir: &FuncIr) -> Result<usize, String> {
    let (mut code, mut sources) = (Vec::new(), Vec::new());
    match Encoder::default().function(&module(), ir, &mut code, &mut sources) {
        Ok(_) => Ok(code.len()),
        Err(error) => {
            assert!(matches!(error.kind(), ErrorKind::Compile(_)), "{error}");
            assert!(code.is_empty(), "a failed function leaves no code");
            Err(error.to_string())
        }
    }
}

fn slot(slot: Slot) -> Operand {
    Operand::of_slot(slot).expect("near")
}

#[test]
fn a_sound_function_is_encoded() {
    assert_eq!(encode(&function(&[])), Ok(2), "the other reference is cleared, the first slot returned");
}

#[test]
fn operands_beyond_the_frame_or_of_another_kind_are_refused() {
    let none = Operand::NONE;
    let (good, far) = (slot(Slot::Data(3)), slot(Slot::Data(4)));
    let reference = slot(Slot::Ref(1));
    let constant = Operand::constant(0);
    let cases = [
        [Word::new(Op::CopyI32, far, good, none)],
        [Word::new(Op::CopyI32, good, far, none)],
        [Word::new(Op::CopyI32, constant, good, none)],
        [Word::new(Op::CopyI32, good, Operand::constant(1), none)],
        [Word::new(Op::CopyI32, reference, good, none)],
        [Word::new(Op::CopyI32, good, reference, none)],
        [Word::new(Op::CopyRef, good, reference, none)],
        // A reference made of a number.
        [Word::new(Op::CopyRef, reference, constant, none)],
        [Word::new(Op::CopyRef, reference, slot(Slot::Ref(2)), none)],
        // The second half of a vector is beyond.
        [Word::new(Op::CopyV128, good, slot(Slot::Data(0)), none)],
        [Word::new(Op::CopyV128, slot(Slot::Data(0)), constant, none)],
        // This frame has no scratch slots.
        [Word::new(Op::CopyI32, good, slot(Slot::ScratchData(0)), none)],
        [Word::new(Op::I32Add, good, good, none)],
    ];
    for case in cases {
        assert!(encode(&function(&case)).is_err(), "{case:?}");
    }
}

#[test]
fn indices_beyond_the_module_are_refused() {
    let (data, reference) = (slot(Slot::Data(1)), slot(Slot::Ref(1)));
    let none = Operand::NONE;
    let call = |callee| Word { op: Op::Call as u16, dst: callee, a: 0, b: 0 };
    let cases: Vec<Vec<Word>> = vec![
        vec![Word::new(Op::GlobalGetI32, data, none, none), Word::ext(0, 1)],
        vec![Word::new(Op::GlobalGetI64, data, none, none), Word::ext(0, 0)],
        vec![Word { op: Op::I32Load as u16, dst: data.0, a: data.0, b: 0 }, Word::ext(1, 0)],
        vec![Word::new(Op::TableGet, reference, data, none), Word::ext(0, 2)],
        vec![Word::new(Op::RefFunc, reference, none, none), Word::ext(0, 2)],
        vec![Word::new(Op::DataDrop, none, none, none), Word::ext(0, 0)],
        vec![Word::new(Op::MemoryCopy, data, data, data), Word::ext(0, 0), Word::ext(0, 1)],
        // Calls: no such function, wrong arity, results beyond the frame.
        vec![call(data.0), Word::ext(0, 2)],
        vec![call(data.0), Word::ext(0, 0)],
        vec![
            Word { op: Op::Call as u16, dst: none.0, a: 0, b: 2 },
            Word::ext(0, 1),
            Word::ext48(Base { data: 3, refs: 0 }.to_payload()),
        ],
        // A table of other things than functions.
        vec![
            Word { op: Op::CallIndirect as u16, dst: none.0, a: 0, b: 2 },
            Word::ext(data.0, 1),
            Word::ext(0, 0),
            Word::ext48(Base { data: 0, refs: 0 }.to_payload()),
        ],
        // A tail call of a function with other results.
        vec![Word { op: Op::ReturnCall as u16, dst: none.0, a: 0, b: 0 }, Word::ext(0, 1)],
    ];
    for case in cases {
        assert!(encode(&function(&case)).is_err(), "{case:?}");
    }
}

#[test]
fn branches_that_lead_nowhere_are_refused() {
    // Not bound, unknown, bound twice, not a comparison.
    let jump = |label| vec![Word::with_index(Op::Br, 0, label)];
    let label = Word::with_index(Op::Label, 0, 0);
    let data = slot(Slot::Data(0));
    let cases = [
        jump(0),
        jump(1),
        vec![label, label],
        vec![
            Word { op: Op::BrIf as u16, dst: Op::I32Add as u16, a: data.0, b: data.0 },
            Word::ext(0, 0),
            label,
        ],
        vec![
            Word::new(Op::BrTable, Operand::NONE, data, Operand::NONE),
            Word::ext(0, 0),
            Word::ext(0, 1),
            label,
        ],
    ];
    for case in cases {
        assert!(encode(&function(&case)).is_err(), "{case:?}");
    }
    // Control that runs off the end, also by way of a label there.
    let mut ir = function(&[]);
    ir.code.truncate(0);
    assert!(encode(&ir).is_err());
    let mut ir = function(&[Word::with_index(Op::Br, 0, 0)]);
    ir.code.push(label);
    assert!(encode(&ir).is_err());
}

#[test]
fn every_op_has_handlers() {
    let without = [
        Shape::Ext,
        Shape::WideConst,
        Shape::FarGet,
        Shape::FarSet,
        Shape::MoveRange,
        Shape::Label,
        Shape::LoopHeader,
        Shape::Jump,
        Shape::Branch,
        Shape::BrTable,
        Shape::Return,
        Shape::Trap,
        Shape::Select,
        Shape::Call,
        Shape::CallIndirect,
        Shape::Fuel,
        Shape::FuelBulk,
        Shape::Check,
        Shape::Indexed,
    ];
    for op in Op::ALL {
        let number = NUMBERS.op[*op as usize];
        assert_eq!(number == 0, without.contains(&op.info().shape), "{op:?}");
        let conditional = (NUMBERS.branch[*op as usize] != 0, NUMBERS.select[*op as usize] != 0);
        assert_eq!(conditional, (op.is_comparison(), op.is_comparison()), "{op:?}");
        assert!(usize::from(number) < COUNT);
    }
}
