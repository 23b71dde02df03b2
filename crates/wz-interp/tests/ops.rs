//! Every op that computes a value, at edge values and with its operands in every place, on both dispatches: all must agree.
//!
//! It runs on a small host stack, and each function often enough that a handler which calls the next one, instead of
//! jumping to it, overflows that stack.

mod support;

use std::sync::Arc;
use support::asm::{Asm, declare, edges};
use support::{DISPATCHES, Host, call};
use wz_core::engine::CompileOptions;
use wz_core::ir::{FuncIr, Op, Operand, Shape, Word, verify};
use wz_core::module::{ExternIndex, Module};
use wz_core::runtime::{Extern, InstanceId, InstanceOptions};
use wz_core::types::{Class, MemoryType};

/// Compiles and instantiates hand-written IR.
fn instantiate(host: &mut Host, module: Module, funcs: &[FuncIr]) -> InstanceId {
    let module = Arc::new(module);
    let compiler = host.store.engine().compiler(&module, &CompileOptions::default()).expect("a compiler");
    // Two workers, each with every other function: the order must not matter.
    let mut workers = [compiler.worker(), compiler.worker()];
    for (i, ir) in funcs.iter().enumerate() {
        verify::verify(ir, &module).unwrap_or_else(|e| panic!("{e}\n{ir}"));
        workers[i % 2].compile(&module, ir).expect("it compiles");
    }
    workers.into_iter().rev().for_each(|worker| worker.finish());
    let code = compiler.finish().expect("it links");
    host.store.instantiate(&module, &code, &[], InstanceOptions::default()).expect("an instance")
}

fn slots(class: Class) -> u32 {
    if class == Class::V128 { 2 } else { 1 }
}

fn words(class: Class, bits: u128) -> Vec<u64> {
    [bits as u64, (bits >> 64) as u64][..slots(class) as usize].to_vec()
}

/// Results that may differ in the bits of a NaN only are made equal.
fn normal(class: Class, values: Vec<u64>) -> Vec<u64> {
    let f32_nan = |bits: u64| f32::from_bits(bits as u32).is_nan();
    match class {
        Class::F32 if f32_nan(values[0]) => vec![u64::MAX],
        Class::F64 if f64::from_bits(values[0]).is_nan() => vec![u64::MAX],
        // Vectors hold floats of either width, or none: compare them lane by lane as loosely as they can be read.
        Class::V128 => {
            values
                .into_iter()
                .map(|half| {
                    if f64::from_bits(half).is_nan() || f32_nan(half) || f32_nan(half >> 32) {
                        0
                    } else {
                        half
                    }
                })
                .collect()
        }
        _ => values,
    }
}

/// Emits `dst <- op(a, b)`; `b` is ignored by unary ops.
fn emit(asm: &mut Asm, op: Op, dst: Operand, a: Operand, b: Operand) {
    match op.info().shape {
        Shape::Binary => asm.op(op, dst, a, b),
        Shape::ExtractLane => asm.push(Word { op: op as u16, dst: dst.0, a: a.0, b: 1 }),
        Shape::ReplaceLane => asm.op(op, dst, a, b).push(Word::ext(1, 0)),
        Shape::Shuffle => asm
            .op(op, dst, a, b)
            .push(Word::ext48(0x1f_00_11_02_13_04))
            .push(Word::ext48(0x05_16_07_18_09_1a))
            .push(Word::ext48(0x0b_1c_0d_1e)),
        Shape::Ternary => asm.op(op, dst, a, b).push(Word::ext(b.0, 0)),
        _ => asm.op(op, dst, a, Operand::NONE),
    };
}

/// How the operands of the function under test are given.
#[derive(Clone, Copy, Debug)]
enum Form {
    Slots,
    FirstJustWritten,
    SecondJustWritten,
    FirstConst(u128),
    SecondConst(u128),
    BothConst(u128, u128),
}

/// Classes of the two operands; those of unary ops have a second one that is not used.
fn classes(op: Op) -> (Class, Class, Class) {
    let info = op.info();
    let b = if matches!(info.b, Class::No) { Class::I32 } else { info.b };
    (info.a, b, info.dst)
}

/// A function of both operands that computes the op.
fn function(module: &mut Module, op: Op, form: Form) -> FuncIr {
    let (a, b, dst) = classes(op);
    let func = declare(module, &[a, b], &[dst]);
    let (at_a, at_b) = (0, slots(a));
    let temporary = at_b + slots(b);
    let result = temporary + 2;
    let mut asm = Asm::new(module, func, result + 2, 0);
    let (mut x, mut y) = (asm.slot(at_a), asm.slot(at_b));
    let (t, to) = (asm.slot(temporary), asm.slot(result));
    match form {
        Form::Slots => {}
        Form::FirstJustWritten => {
            asm.op(Asm::copy(a), t, x, Operand::NONE);
            x = t;
        }
        Form::SecondJustWritten => {
            asm.op(Asm::copy(b), t, y, Operand::NONE);
            y = t;
        }
        Form::FirstConst(bits) => x = asm.constant(a, bits),
        Form::SecondConst(bits) => y = asm.constant(b, bits),
        Form::BothConst(first, second) => (x, y) = (asm.constant(a, first), asm.constant(b, second)),
    }
    emit(&mut asm, op, to, x, y);
    asm.ret(to);
    asm.ir
}

/// A function that computes a comparison by a branch or a select.
fn conditional(module: &mut Module, op: Op, how: Op, form: Form) -> FuncIr {
    let (a, b, _) = classes(op);
    let func = declare(module, &[a, b], &[Class::I32]);
    let (at_a, at_b) = (0, slots(a));
    let temporary = at_b + slots(b);
    let mut asm = Asm::new(module, func, temporary + 2, 0);
    let (mut x, mut y) = (asm.slot(at_a), asm.slot(at_b));
    let (t, to) = (asm.slot(temporary), asm.slot(temporary + 1));
    match form {
        Form::FirstJustWritten => {
            asm.op(Asm::copy(a), t, x, Operand::NONE);
            x = t;
        }
        Form::SecondJustWritten => {
            asm.op(Asm::copy(b), t, y, Operand::NONE);
            y = t;
        }
        Form::FirstConst(bits) => x = asm.constant(a, bits),
        Form::SecondConst(bits) => y = asm.constant(b, bits),
        Form::BothConst(first, second) => (x, y) = (asm.constant(a, first), asm.constant(b, second)),
        Form::Slots => {}
    }
    if op.info().b == Class::No {
        y = Operand::NONE;
    }
    let (zero, one) = (asm.constant(Class::I32, 0), asm.constant(Class::I32, 1));
    if how == Op::SelectI32 {
        asm.op(how, to, one, zero);
        asm.push(Word::ext(op as u16, u32::from(x.0) | u32::from(y.0) << 16));
        asm.ret(to);
        return asm.ir;
    }
    let label = asm.label();
    asm.branch(how, op, x, y, label);
    let (not_taken, taken) = if how == Op::BrIf { (zero, one) } else { (one, zero) };
    asm.ret(not_taken).bind(label).ret(taken);
    asm.ir
}

/// All forms, with each edge value as a constant.
fn forms(op: Op) -> Vec<Form> {
    let (a, b, _) = classes(op);
    let mut forms = vec![Form::Slots, Form::FirstJustWritten, Form::SecondJustWritten];
    forms.extend(edges(a).into_iter().map(Form::FirstConst));
    forms.extend(edges(b).into_iter().map(Form::SecondConst));
    forms.push(Form::BothConst(edges(a)[1], edges(b)[2]));
    forms
}

/// Runs every form of an op on every pair of edge values that the form takes, on both dispatches.
fn check(op: Op) {
    let (a, b, dst) = classes(op);
    let mut module = Module::default();
    let mut funcs = Vec::new();
    let mut cases = Vec::new();
    for form in forms(op) {
        funcs.push(function(&mut module, op, form));
        cases.push(form);
        if op.is_comparison() {
            for how in [Op::BrIf, Op::BrUnless, Op::SelectI32] {
                funcs.push(conditional(&mut module, op, how, form));
                cases.push(form);
            }
        }
    }
    let mut expected = std::collections::HashMap::new();
    for dispatch in DISPATCHES {
        let mut host = Host::new(dispatch);
        let instance = instantiate(&mut host, module.clone(), &funcs);
        for (func, form) in cases.iter().enumerate() {
            for first in edges(a) {
                for second in edges(b) {
                    let (first, second) = match *form {
                        Form::FirstConst(bits) => (bits, second),
                        Form::SecondConst(bits) => (first, bits),
                        Form::BothConst(first, second) => (first, second),
                        _ => (first, second),
                    };
                    let args = [words(a, first), words(b, second)].concat();
                    let func = Extern { instance, index: ExternIndex::Func(func as u32) };
                    let result = call(&mut host, func, &args, slots(dst) as usize)
                        .map(|values| normal(dst, values))
                        .map_err(|e| e.trap_code());
                    let of_slots = expected.entry((first, second)).or_insert_with(|| result.clone());
                    assert_eq!(&result, of_slots, "{op:?} {form:?} {first:x} {second:x} {dispatch:?}");
                }
            }
        }
    }
}

#[test]
fn forms_and_dispatches_agree() {
    let value_shapes =
        [Shape::Unary, Shape::Binary, Shape::Ternary, Shape::ExtractLane, Shape::ReplaceLane, Shape::Shuffle];
    let mut checked = 0;
    for op in Op::ALL.iter().copied().filter(|op| value_shapes.contains(&op.info().shape)) {
        if op.info().a != Class::Ref {
            check(op);
            checked += 1;
        }
    }
    assert!(checked > 350, "{checked} ops");
}

/// Each op often enough to overflow a small stack if its handler were left on it.
#[test]
fn no_handler_stays_on_the_host_stack() {
    const TIMES: u128 = 20_000;
    let run = || {
        let shapes = [
            Shape::Unary,
            Shape::Binary,
            Shape::Ternary,
            Shape::ExtractLane,
            Shape::ReplaceLane,
            Shape::Shuffle,
            Shape::Load,
            Shape::Store,
            Shape::LoadLane,
            Shape::StoreLane,
        ];
        for op in Op::ALL.iter().copied().filter(|op| shapes.contains(&op.info().shape)) {
            let info = op.info();
            if info.a == Class::Ref || info.dst == Class::Ref {
                continue;
            }
            let mut module = Module { memories: vec![MemoryType::new(1, None)], ..Module::default() };
            let func = declare(&mut module, &[], &[Class::I32]);
            let mut asm = Asm::new(&module, func, 10, 0);
            asm.ir.local_data = 10;
            let (counter, x, y, to) = (asm.slot(0), asm.slot(2), asm.slot(4), asm.slot(6));
            // Operands that do not trap.
            let one = asm.constant(Class::V128, 1 << 64 | 1);
            asm.op(Op::CopyV128, x, one, Operand::NONE).op(Op::CopyV128, y, one, Operand::NONE);
            let times = asm.constant(Class::I32, TIMES);
            asm.op(Op::CopyI32, counter, times, Operand::NONE);
            let header = asm.label();
            asm.bind(header);
            match info.shape {
                Shape::Load => asm.push(Word { op: op as u16, dst: to.0, a: x.0, b: 3 }),
                Shape::Store => asm.push(Word { op: op as u16, dst: 3, a: x.0, b: y.0 }),
                Shape::LoadLane => asm.op(op, to, x, y).push(Word::ext(0, 3)).push(Word::ext(0, 0)),
                Shape::StoreLane => {
                    let none = Operand::NONE;
                    asm.op(op, none, x, y).push(Word::ext(0, 3)).push(Word::ext(0, 0))
                }
                _ => {
                    emit(&mut asm, op, to, x, y);
                    &mut asm
                }
            };
            let decrement = asm.constant(Class::I32, 1);
            asm.op(Op::I32Sub, counter, counter, decrement);
            asm.branch(Op::BrIf, Op::I32Nez, counter, Operand::NONE, header).ret(counter);
            let ir = asm.ir;
            for dispatch in DISPATCHES {
                let mut host = Host::new(dispatch);
                let instance = instantiate(&mut host, module.clone(), std::slice::from_ref(&ir));
                let func = Extern { instance, index: ExternIndex::Func(0) };
                assert_eq!(call(&mut host, func, &[], 1).expect("no trap"), [0], "{op:?}");
            }
        }
    };
    let thread = std::thread::Builder::new().stack_size(192 << 10);
    thread.spawn(run).expect("a thread").join().expect("no panic");
}
