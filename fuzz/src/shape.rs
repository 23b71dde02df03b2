//! What a module under test exports, and which calls a test makes.

use crate::value::Val;
use wasmparser::{ExternalKind, Parser, Payload, RefType, TypeRef, ValType};

/// The global that a [tamed](crate::generate::tame) module counts its calls in; a test fills it before each call.
pub const BUDGET: &str = "wz-budget";

/// What a module exports.
#[derive(Clone, Debug, Default)]
pub struct Shape {
    /// Functions.
    pub funcs: Vec<Func>,
    /// Names of the memories.
    pub memories: Vec<String>,
    /// Names of the tables.
    pub tables: Vec<String>,
    /// Names of the globals.
    pub globals: Vec<String>,
    /// Whether [`BUDGET`] is among the globals.
    pub budget: bool,
    /// Whether the module has vectors anywhere.
    pub vectors: bool,
    /// Whether the module has tail calls.
    pub tail_calls: bool,
}

/// An exported function.
#[derive(Clone, Debug)]
pub struct Func {
    /// Its name.
    pub name: String,
    /// Its parameters.
    pub params: Vec<ValType>,
    /// Its results.
    pub results: Vec<ValType>,
}

impl Shape {
    /// Reads a valid module's.
    ///
    /// # Errors
    ///
    /// The bytes are not a module that wz can be tested with.
    pub fn of(wasm: &[u8]) -> Result<Shape, String> {
        Shape::read(wasm).map_err(|error| error.to_string())
    }

    fn read(wasm: &[u8]) -> wasmparser::Result<Shape> {
        let mut shape = Shape::default();
        let (mut types, mut funcs) = (Vec::new(), Vec::new());
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::TypeSection(section) => {
                    for ty in section.into_iter_err_on_gc_types() {
                        types.push(ty?);
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        if let TypeRef::Func(ty) = import?.ty {
                            funcs.push(ty);
                        }
                    }
                }
                Payload::FunctionSection(section) => {
                    for ty in section {
                        funcs.push(ty?);
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export?;
                        let name = export.name.to_owned();
                        match export.kind {
                            ExternalKind::Func => {
                                let ty =
                                    funcs.get(export.index as usize).and_then(|ty| types.get(*ty as usize));
                                if let Some(ty) = ty {
                                    let (params, results) = (ty.params().to_vec(), ty.results().to_vec());
                                    shape.funcs.push(Func { name, params, results });
                                }
                            }
                            ExternalKind::Memory => shape.memories.push(name),
                            ExternalKind::Table => shape.tables.push(name),
                            ExternalKind::Global if name == BUDGET => shape.budget = true,
                            ExternalKind::Global => shape.globals.push(name),
                            _ => {}
                        }
                    }
                }
                Payload::CodeSectionEntry(body) => {
                    shape.vectors |= uses_vectors(&body)?;
                    // `return_call` and `return_call_indirect`.
                    shape.tail_calls |= has_opcode(&body, |byte| matches!(byte, 0x12 | 0x13))?;
                }
                _ => {}
            }
        }
        let is_vector =
            |ty: &wasmparser::FuncType| ty.params().iter().chain(ty.results()).any(|ty| *ty == ValType::V128);
        shape.vectors |= types.iter().any(is_vector);
        Ok(shape)
    }
}

/// Whether a function has vectors.
pub(crate) fn uses_vectors(body: &wasmparser::FunctionBody<'_>) -> wasmparser::Result<bool> {
    for local in body.get_locals_reader()? {
        if local?.1 == ValType::V128 {
            return Ok(true);
        }
    }
    // All vector instructions have this prefix.
    has_opcode(body, |byte| byte == 0xfd)
}

/// Whether a function has an instruction whose first byte is such a one.
fn has_opcode(body: &wasmparser::FunctionBody<'_>, is_it: impl Fn(u8) -> bool) -> wasmparser::Result<bool> {
    let mut operators = body.get_operators_reader()?;
    while !operators.eof() {
        let byte = operators.get_binary_reader().read_u8()?;
        operators.read()?;
        if is_it(byte) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A call of an exported function.
#[derive(Clone, Debug)]
pub struct Call {
    /// Index in [`Shape::funcs`].
    pub func: usize,
    /// The arguments.
    pub args: Vec<Val>,
}

/// The most calls that a test makes.
const CALLS: usize = 32;
/// How often each function is called where that is not too often.
const ROUNDS: usize = 4;

/// The calls of a test: each exported function several times, with other arguments.
pub fn calls(shape: &Shape, rng: &mut fastrand::Rng) -> Vec<Call> {
    let mut calls = Vec::new();
    for round in 0..ROUNDS {
        for (func, ty) in shape.funcs.iter().enumerate() {
            if calls.len() >= CALLS || (round > 0 && ty.params.is_empty() && round > 1) {
                continue;
            }
            let args = ty.params.iter().map(|ty| argument(*ty, shape, rng)).collect();
            calls.push(Call { func, args });
        }
    }
    calls
}

const INTS: &[i64] = &[
    0,
    1,
    -1,
    2,
    -2,
    3,
    7,
    8,
    31,
    32,
    63,
    64,
    127,
    128,
    255,
    -128,
    0x7fff,
    0x8000,
    0xffff,
    0x1_0000,
    i32::MAX as i64,
    i32::MIN as i64,
    0xffff_ffff,
    0x1_0000_0000,
    i64::MAX,
    i64::MIN,
    i64::MIN + 1,
    0x5555_5555_5555_5555,
];

const FLOATS: &[f64] = &[
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    1.5,
    2.5,
    -2.5,
    0.1,
    1e10,
    -1e10,
    2_147_483_647.0,
    2_147_483_648.0,
    -2_147_483_648.0,
    -2_147_483_649.0,
    4_294_967_295.0,
    4_294_967_296.0,
    9_223_372_036_854_775_807.0,
    18_446_744_073_709_551_615.0,
    -9_223_372_036_854_775_808.0,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
    f64::MIN_POSITIVE,
    5e-324,
    f64::MAX,
    1e-40,
    8_388_609.0,
];

/// An integer: mostly an edge, sometimes any.
pub fn integer(rng: &mut fastrand::Rng) -> i64 {
    match rng.u8(..8) {
        0 => rng.i64(..),
        1 => rng.i64(-20..20),
        2 => 1_i64.wrapping_shl(rng.u32(..64)).wrapping_add(rng.i64(-1..=1)),
        _ => INTS[rng.usize(..INTS.len())],
    }
}

/// A float: mostly an edge, sometimes any.
pub fn float(rng: &mut fastrand::Rng) -> f64 {
    match rng.u8(..8) {
        0 => f64::from_bits(rng.u64(..)),
        1 => rng.i32(-100..100).into(),
        _ => FLOATS[rng.usize(..FLOATS.len())],
    }
}

/// An argument of a type.
fn argument(ty: ValType, shape: &Shape, rng: &mut fastrand::Rng) -> Val {
    match ty {
        ValType::I32 => Val::I32(integer(rng) as i32),
        ValType::I64 => Val::I64(integer(rng)),
        ValType::F32 => Val::F32((float(rng) as f32).to_bits()),
        ValType::F64 => Val::F64(float(rng).to_bits()),
        ValType::V128 => Val::V128(rng.u128(..)),
        ValType::Ref(RefType::EXTERNREF) => Val::Extern(rng.bool().then(|| rng.u32(..100))),
        ValType::Ref(_) => Val::Func(rng.bool().then(|| rng.usize(..shape.funcs.len()))),
    }
}
