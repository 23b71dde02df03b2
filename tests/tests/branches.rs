//! Conditional branches: every comparison, with operands of every kind, to targets near and far, forward and back, computes
//! what it should on every engine. Far is beyond what 16 bits count.

#![forbid(unsafe_code)]

use wasm_encoder::{BlockType, Function, Ieee32, Ieee64, InstructionSink, ValType};
use wz_api::{EngineKind, ModuleConfig, Value};
use wz_tests::build::one_function;
use wz_tests::{engines, runtime};

/// Instructions that lie between a branch and a target that is far away. None becomes less than a word of code.
const FAR: u32 = 40_000;
const WORD_BYTES: usize = 8;
/// Nor less than this in native code.
const LEAST_BYTES: usize = 3;

type Emit = fn(&mut InstructionSink<'_>);

/// A comparison of values, which are given as bits.
enum Comparison {
    Two(Emit, fn(u64, u64) -> bool),
    One(Emit, fn(u64) -> bool),
}

/// A number type and what is done with it.
struct Type {
    val: ValType,
    constant: fn(&mut InstructionSink<'_>, u64),
    value: fn(u64) -> Value,
    /// An instruction that leaves its result where the branch can take it from.
    compute: (Emit, fn(u64) -> u64),
    /// Values of the parameters, and constants.
    values: &'static [u64],
    comparisons: Vec<Comparison>,
}

/// Where an operand comes from.
#[derive(Clone, Copy, Debug)]
enum Operand {
    /// The parameter with this number, 0 or 1.
    Param(usize),
    Computed(usize),
    Const(u64),
}

/// A branch in the function: a comparison by its number in the type, its operands, and how often it is negated.
#[derive(Clone, Copy, Debug)]
struct Case {
    comparison: usize,
    x: Operand,
    y: Operand,
    negations: u32,
}

impl Case {
    /// Every case of a type.
    fn all(ty: &Type) -> Vec<Case> {
        use Operand::{Computed, Const, Param};
        let (x, y) = (Param(0), Param(1));
        let constants = ty.values.iter().map(|bits| Const(*bits));
        let mut pairs = vec![(x, y), (Computed(0), y), (x, Computed(1)), (y, x)];
        pairs.extend(constants.flat_map(|c| [(x, c), (Computed(0), c), (c, x), (c, Computed(0))]));
        let cases = ty.comparisons.iter().enumerate().flat_map(|(comparison, kind)| {
            let pairs = match kind {
                Comparison::Two(..) => pairs.clone(),
                Comparison::One(..) => vec![(x, y), (Computed(0), y)],
            };
            pairs.into_iter().map(move |(x, y)| Case { comparison, x, y, negations: 0 })
        });
        cases.flat_map(|case| (0..3).map(move |negations| Case { negations, ..case })).collect()
    }

    /// Leaves on the stack whether the branch is taken.
    fn condition(self, ty: &Type, code: &mut InstructionSink<'_>) {
        let mut operand = |operand: Operand| match operand {
            Operand::Param(i) => {
                code.local_get(PARAMS[i]);
            }
            Operand::Computed(i) => {
                code.local_get(PARAMS[i]);
                (ty.compute.0)(code);
            }
            Operand::Const(bits) => (ty.constant)(code, bits),
        };
        operand(self.x);
        match ty.comparisons[self.comparison] {
            Comparison::Two(emit, _) => {
                operand(self.y);
                emit(code);
            }
            Comparison::One(emit, _) => emit(code),
        }
        for _ in 0..self.negations {
            code.i32_eqz();
        }
    }

    fn is_taken(self, ty: &Type, params: [u64; 2]) -> bool {
        let operand = |operand| match operand {
            Operand::Param(i) => params[i],
            Operand::Computed(i) => (ty.compute.1)(params[i]),
            Operand::Const(bits) => bits,
        };
        let holds = match ty.comparisons[self.comparison] {
            Comparison::Two(_, holds) => holds(operand(self.x), operand(self.y)),
            Comparison::One(_, holds) => holds(operand(self.x)),
        };
        holds != (self.negations % 2 == 1)
    }

    /// Whether the second parameter makes a difference.
    fn uses_both(self) -> bool {
        use Operand::{Computed, Param};
        matches!((self.x, self.y), (Param(_) | Computed(_), Param(_) | Computed(_)))
    }
}

/// The locals: which case to run, the operands, and what the instructions in between count in.
const CASE: u32 = 0;
const PARAMS: [u32; 2] = [1, 2];
const COUNT: u32 = 3;
const AGAIN: u32 = 4;
/// What the function returns.
const NOT_TAKEN: i32 = 0;
const TAKEN: i32 = 1;
const NO_CASE: i32 = 2;

fn fill(code: &mut InstructionSink<'_>, len: u32) {
    for _ in 0..len {
        code.local_get(COUNT).i32_const(3).i32_mul().local_set(COUNT);
    }
}

/// The cases, each in a block of its own, behind a branch table that leads to the block of the case, and for other numbers
/// out of them all. Their branches lead to what is around all that.
fn cases(ty: &Type, cases: &[Case], code: &mut InstructionSink<'_>) {
    let count = u32::try_from(cases.len()).expect("few cases");
    code.block(BlockType::Empty);
    for _ in cases {
        code.block(BlockType::Empty);
    }
    code.local_get(CASE).br_table(0..count, count);
    for (i, case) in (0..count).zip(cases) {
        code.end();
        case.condition(ty, code);
        // Out of the blocks of the cases to come, and of the one around them all.
        code.br_if(count - i);
        code.i32_const(NOT_TAKEN).return_();
    }
    code.end();
}

/// `(case, x, y) -> i32`, with the branches before their target.
fn forward(ty: &Type, list: &[Case], distance: u32) -> Vec<u8> {
    let mut function = Function::new([(1, ValType::I32)]);
    let mut code = function.instructions();
    code.block(BlockType::Empty);
    cases(ty, list, &mut code);
    fill(&mut code, distance);
    code.i32_const(NO_CASE).return_();
    code.end().i32_const(TAKEN).end();
    one_function(&[ValType::I32, ty.val, ty.val], &[ValType::I32], &function)
}

/// `(case, x, y) -> i32`, with the branches behind their target.
fn backward(ty: &Type, list: &[Case], distance: u32) -> Vec<u8> {
    let mut function = Function::new([(2, ValType::I32)]);
    let mut code = function.instructions();
    code.loop_(BlockType::Empty);
    code.local_get(AGAIN).if_(BlockType::Empty).i32_const(TAKEN).return_().end();
    code.i32_const(1).local_set(AGAIN);
    // Nobody asks for this case, but no compiler knows.
    code.local_get(CASE).i32_const(-1).i32_eq().if_(BlockType::Empty);
    fill(&mut code, distance);
    code.end();
    cases(ty, list, &mut code);
    code.end().i32_const(NO_CASE).end();
    one_function(&[ValType::I32, ty.val, ty.val], &[ValType::I32], &function)
}

fn check(ty: &Type) {
    let list = Case::all(ty);
    for (build, distance) in
        [(forward as fn(&Type, &[Case], u32) -> Vec<u8>, 0), (forward, FAR), (backward, 0), (backward, FAR)]
    {
        let wasm = build(ty, &list, distance);
        for &engine in engines() {
            let mut rt = runtime(engine).expect("a runtime can be had");
            let code = rt.compile(&wasm).expect("the module is valid");
            let least = if engine == EngineKind::Jit { LEAST_BYTES } else { WORD_BYTES };
            assert!(code.code_bytes() > distance as usize * least, "the targets are not far");
            let module = rt.instantiate(&code, ModuleConfig::new()).expect("the module links");
            let func = module.func_dyn(&rt, "f0").expect("it is exported");
            let mut call = |case: usize, params: [u64; 2]| {
                let case = Value::I32(i32::try_from(case).expect("few cases"));
                func.call_dyn(&mut rt, &[case, (ty.value)(params[0]), (ty.value)(params[1])])
                    .expect("no traps")
            };
            assert_eq!(call(list.len(), [0, 0]), [Value::I32(NO_CASE)]);
            for (i, case) in list.iter().enumerate() {
                for x in ty.values {
                    let ys = if case.uses_both() { ty.values } else { &ty.values[..1] };
                    for y in ys {
                        let expected = if case.is_taken(ty, [*x, *y]) { TAKEN } else { NOT_TAKEN };
                        assert_eq!(
                            call(i, [*x, *y]),
                            [Value::I32(expected)],
                            "{engine}, {:?}, {distance} between: {case:?} of {x:#x}, {y:#x}",
                            ty.val
                        );
                    }
                }
            }
        }
    }
}

/// A comparison of two values.
macro_rules! two {
    ($emit:ident, $bits:ident => $value:expr, $op:tt) => {
        Comparison::Two(
            |code| {
                code.$emit();
            },
            |x, y| {
                let value = |$bits: u64| $value;
                value(x) $op value(y)
            },
        )
    };
}

/// Both sides of each limit of a field: 16 bits, 32 bits, and all.
const I32_VALUES: &[u64] = &[
    0,
    1,
    0xffff_ffff,
    7,
    0x7fff,
    0x8000,
    0xffff_8000,
    0xffff_7fff,
    0xffff,
    0x1_0000,
    0x1234_5678,
    0x7fff_ffff,
    0x8000_0000,
];

#[test]
fn branches_on_i32() {
    check(&Type {
        val: ValType::I32,
        constant: |code, bits| {
            code.i32_const(bits as u32 as i32);
        },
        value: |bits| Value::I32(bits as u32 as i32),
        compute: (
            |code| {
                code.i32_const(5).i32_xor();
            },
            |bits| bits ^ 5,
        ),
        values: I32_VALUES,
        comparisons: vec![
            two!(i32_eq, b => b as u32, ==),
            two!(i32_ne, b => b as u32, !=),
            two!(i32_lt_s, b => b as i32, <),
            two!(i32_lt_u, b => b as u32, <),
            two!(i32_gt_s, b => b as i32, >),
            two!(i32_gt_u, b => b as u32, >),
            two!(i32_le_s, b => b as i32, <=),
            two!(i32_le_u, b => b as u32, <=),
            two!(i32_ge_s, b => b as i32, >=),
            two!(i32_ge_u, b => b as u32, >=),
            Comparison::One(
                |code| {
                    code.i32_eqz();
                },
                |x| x == 0,
            ),
            // The value itself is the condition.
            Comparison::One(|_| {}, |x| x != 0),
        ],
    });
}

const I64_VALUES: &[u64] = &[
    0,
    1,
    u64::MAX,
    7,
    0x7fff,
    0x8000,
    -0x8000i64 as u64,
    -0x8001i64 as u64,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    -0x8000_0000i64 as u64,
    -0x8000_0001i64 as u64,
    0x1_0000_0000,
    0x1234_5678_9abc_def0,
    i64::MAX as u64,
    i64::MIN as u64,
];

#[test]
fn branches_on_i64() {
    check(&Type {
        val: ValType::I64,
        constant: |code, bits| {
            code.i64_const(bits as i64);
        },
        value: |bits| Value::I64(bits as i64),
        compute: (
            |code| {
                code.i64_const(5).i64_xor();
            },
            |bits| bits ^ 5,
        ),
        values: I64_VALUES,
        comparisons: vec![
            two!(i64_eq, b => b, ==),
            two!(i64_ne, b => b, !=),
            two!(i64_lt_s, b => b as i64, <),
            two!(i64_lt_u, b => b, <),
            two!(i64_gt_s, b => b as i64, >),
            two!(i64_gt_u, b => b, >),
            two!(i64_le_s, b => b as i64, <=),
            two!(i64_le_u, b => b, <=),
            two!(i64_ge_s, b => b as i64, >=),
            two!(i64_ge_u, b => b, >=),
            Comparison::One(
                |code| {
                    code.i64_eqz();
                },
                |x| x == 0,
            ),
        ],
    });
}

const F32_SIGN: u64 = 0x8000_0000;
/// Zeros, small and large numbers, infinities and NaNs, of both signs.
const F32_VALUES: &[u64] = &[
    0,
    F32_SIGN,
    0x3f80_0000,
    F32_SIGN | 0x3f80_0000,
    1,
    F32_SIGN | 1,
    0x7f7f_ffff,
    0x7f80_0000,
    F32_SIGN | 0x7f80_0000,
    0x7fc0_0000,
    F32_SIGN | 0x7fa0_0001,
];

#[test]
fn branches_on_f32() {
    check(&Type {
        val: ValType::F32,
        constant: |code, bits| {
            code.f32_const(Ieee32::new(bits as u32));
        },
        value: |bits| Value::F32(bits as u32),
        compute: (
            |code| {
                code.f32_neg();
            },
            |bits| bits ^ F32_SIGN,
        ),
        values: F32_VALUES,
        comparisons: vec![
            two!(f32_eq, b => f32::from_bits(b as u32), ==),
            two!(f32_ne, b => f32::from_bits(b as u32), !=),
            two!(f32_lt, b => f32::from_bits(b as u32), <),
            two!(f32_gt, b => f32::from_bits(b as u32), >),
            two!(f32_le, b => f32::from_bits(b as u32), <=),
            two!(f32_ge, b => f32::from_bits(b as u32), >=),
        ],
    });
}

const F64_SIGN: u64 = 1 << 63;
const F64_VALUES: &[u64] = &[
    0,
    F64_SIGN,
    0x3ff0_0000_0000_0000,
    F64_SIGN | 0x3ff0_0000_0000_0000,
    1,
    F64_SIGN | 1,
    0x7fef_ffff_ffff_ffff,
    0x7ff0_0000_0000_0000,
    F64_SIGN | 0x7ff0_0000_0000_0000,
    0x7ff8_0000_0000_0000,
    F64_SIGN | 0x7ff4_0000_0000_0001,
];

#[test]
fn branches_on_f64() {
    check(&Type {
        val: ValType::F64,
        constant: |code, bits| {
            code.f64_const(Ieee64::new(bits));
        },
        value: Value::F64,
        compute: (
            |code| {
                code.f64_neg();
            },
            |bits| bits ^ F64_SIGN,
        ),
        values: F64_VALUES,
        comparisons: vec![
            two!(f64_eq, b => f64::from_bits(b), ==),
            two!(f64_ne, b => f64::from_bits(b), !=),
            two!(f64_lt, b => f64::from_bits(b), <),
            two!(f64_gt, b => f64::from_bits(b), >),
            two!(f64_le, b => f64::from_bits(b), <=),
            two!(f64_ge, b => f64::from_bits(b), >=),
        ],
    });
}
