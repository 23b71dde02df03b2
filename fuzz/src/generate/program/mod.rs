//! Programs: functions with loops, live variables, merges and calls, like those that compilers make, only denser.
//!
//! They end: loops count down in locals of their own, and [taming](super::tame) counts calls. They rarely trap. What
//! their variables hold gets into memory and results, so that a value lost on the way is seen.

mod body;
mod expression;
mod shapes;
mod statement;

use super::tame::{Taming, tame};
use crate::machine::PAGES;
use body::Body;
use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, ElementSection, Elements, EntityType, ExportKind, ExportSection,
    FunctionSection, GlobalSection, GlobalType, ImportSection, MemorySection, MemoryType, Module, RefType,
    TableSection, TableType, TypeSection, ValType,
};

/// A function's type.
type Signature = (Vec<ValType>, Vec<ValType>);

use ValType::{F32, F64, I32, I64};

/// Functions that programs may import: of which module, their name, parameters and results.
const IMPORTS: &[(&str, &str, &[ValType], &[ValType])] = &[
    ("host", "nothing", &[], &[]),
    ("host", "number", &[I32], &[I64]),
    ("host", "numbers", &[I64, F64], &[F32, I32]),
    (
        "host",
        "many",
        &[I32, I64, F32, F64, I32, I64, F32, F64, I32, I64, F64, F64, F64, F64, F64, F64],
        &[I64, F64, I32, F32, I64, I64],
    ),
    ("host", "six", &[I32, I64, I32, I64, I64, I32], &[I64]),
    ("host", "fail", &[I32], &[I32]),
    ("env", "bump", &[I32], &[I32]),
    ("env", "grow", &[I32], &[I32]),
    ("env", "through", &[I32, I32], &[I32]),
    ("env", "tail", &[I32, I32], &[I32]),
    (
        "env",
        "many",
        &[I32, I64, F32, F64, I32, I64, F32, F64, I32, I64, I32, I64, I32, I64],
        &[I64, F64, I32, I64, F32, I32, I64, I64],
    ),
];

/// A function of the shared table's instance that calls, in tail position, the last one of the shared elements.
const WIDE: (&[ValType], &[ValType]) =
    (&[I32, I64, F64, I32, I64, I32, I64, I32, I64, F32, I64], &[I64, F64, I64, I32, I64, I64, I64, I64]);
/// Elements of the shared table whose functions take and give an `i32`; the next one's is as wide.
const SHARED: i32 = 7;
/// The first of them that a program sets: the others are of the instance that the table belongs to.
const FIRST_SHARED: i32 = 3;

/// What the functions of a program share.
struct Program {
    rng: fastrand::Rng,
    /// Every type that is used, blocks' included, by index.
    types: Vec<Signature>,
    /// Type index of each function, the imported ones first.
    funcs: Vec<u32>,
    imported: usize,
    /// Types of the globals, all mutable, the imported ones first.
    globals: Vec<ValType>,
    imported_globals: usize,
    /// The index of the program's own table: 1 if it imports another's.
    table: u32,
    /// The function that each element of the table starts with.
    elements: Vec<Option<u32>>,
    /// The memory's size in bytes, as far as addresses are masked to.
    address_mask: i32,
    /// Passive data segments, each of 16 bytes.
    segments: u32,
}

impl Program {
    /// The index of a type, which is added where it is missing.
    fn type_index(&mut self, params: &[ValType], results: &[ValType]) -> u32 {
        let found = self.types.iter().position(|(p, r)| p == params && r == results);
        found.unwrap_or_else(|| {
            self.types.push((params.to_vec(), results.to_vec()));
            self.types.len() - 1
        }) as u32
    }

    /// Whether other instances call through a table that is the program's too.
    fn shares_table(&self) -> bool {
        self.table > 0
    }

    /// Whether a function takes and gives an `i32`.
    fn is_unary(&self, func: u32) -> bool {
        self.signature(func) == (vec![I32], vec![I32])
    }

    fn signature(&self, func: u32) -> Signature {
        self.types[self.funcs[func as usize] as usize].clone()
    }

    /// A type of a value; one in thirty is a reference's.
    fn value_type(&mut self) -> ValType {
        match self.rng.u8(..30) {
            0..=11 => I32,
            12..=19 => I64,
            20..=23 => F32,
            24..=28 => F64,
            _ if self.rng.bool() => ValType::Ref(RefType::FUNCREF),
            _ => ValType::Ref(RefType::EXTERNREF),
        }
    }

    fn value_types(&mut self, most: usize) -> Vec<ValType> {
        let count = self.rng.usize(..=most);
        (0..count).map(|_| self.value_type()).collect()
    }
}

/// The program of a seed.
pub fn module(seed: u64) -> Result<Vec<u8>, String> {
    // Seeds of the other generator shall not give the same numbers.
    let mut rng = fastrand::Rng::with_seed(seed ^ 0x7072_6f67_7261_6d00);
    let pages = rng.u64(1..=3);
    let mut program = Program {
        types: Vec::new(),
        funcs: Vec::new(),
        imported: 0,
        globals: Vec::new(),
        imported_globals: 0,
        table: 0,
        elements: Vec::new(),
        address_mask: ((pages.next_power_of_two() << 15) - 1) as i32,
        segments: 1,
        rng: rng.fork(),
    };
    let mut imports = ImportSection::new();
    for (module, name, params, results) in IMPORTS {
        if rng.bool() {
            let ty = program.type_index(params, results);
            program.funcs.push(ty);
            imports.import(module, name, EntityType::Function(ty));
        }
    }
    let own_memory = rng.u8(..4) > 0;
    let memory =
        MemoryType { minimum: pages, maximum: None, memory64: false, shared: false, page_size_log2: None };
    if !own_memory {
        program.address_mask = 0x7fff;
        imports.import("env", "memory", MemoryType { minimum: 1, maximum: Some(8), ..memory });
    }
    for (name, val_type) in [("variable", I64), ("float", F64)] {
        if rng.bool() {
            program.globals.push(val_type);
            imports.import("env", name, GlobalType { val_type, mutable: true, shared: false });
        }
    }
    program.imported_globals = program.globals.len();
    if rng.bool() {
        program.table = 1;
        let limits = TableType { minimum: 8, maximum: Some(32), ..funcrefs() };
        imports.import("env", "table", limits);
        let ty = program.type_index(WIDE.0, WIDE.1);
        program.funcs.push(ty);
        imports.import("env", "wide", EntityType::Function(ty));
    }
    program.imported = program.funcs.len();
    declare(&mut program, &mut rng);

    let mut code = CodeSection::new();
    for func in program.imported..program.funcs.len() {
        code.function(&Body::generate(&mut program, func as u32));
    }
    let mut module = Module::new();
    let mut types = TypeSection::new();
    for (params, results) in &program.types {
        types.ty().function(params.iter().copied(), results.iter().copied());
    }
    module.section(&types).section(&imports);
    let mut functions = FunctionSection::new();
    program.funcs[program.imported..].iter().for_each(|ty| {
        functions.function(*ty);
    });
    module.section(&functions);
    module.section(&table(&program));
    if own_memory {
        let mut memories = MemorySection::new();
        memories.memory(MemoryType { maximum: rng.bool().then_some(PAGES / 2), ..memory });
        module.section(&memories);
    }
    module.section(&globals(&program, &mut rng));
    module.section(&exports(&program));
    module.section(&elements(&program));
    module.section(&wasm_encoder::DataCountSection { count: program.segments + 1 });
    module.section(&code);
    module.section(&data(&program, &mut rng));
    let taming = Taming { calls: true, ..Taming::none() };
    tame(&module.finish(), taming, &mut rng)
}

/// Decides on functions' types, globals and the table.
fn declare(program: &mut Program, rng: &mut fastrand::Rng) {
    let (most_params, most_results) = match rng.u8(..24) {
        0 => (300, 200),
        1..=3 => (50, 40),
        _ => ([2, 5, 9, 18][rng.usize(..4)], [1, 1, 3, 7][rng.usize(..4)]),
    };
    let mut pool: Vec<Signature> = vec![(vec![I32], vec![I32])];
    for _ in 0..rng.usize(2..6) {
        pool.push((program.value_types(most_params), program.value_types(most_results)));
    }
    if program.shares_table() {
        let ty = program.type_index(WIDE.0, WIDE.1);
        program.funcs.push(ty);
    }
    for _ in 0..rng.usize(2..9) {
        let (params, results) = pool[rng.usize(..pool.len())].clone();
        let ty = program.type_index(&params, &results);
        program.funcs.push(ty);
    }
    for _ in 0..rng.usize(1..8) {
        let ty = program.value_type();
        program.globals.push(ty);
    }
    for _ in 0..rng.usize(4..20) {
        let func = rng.usize(..program.funcs.len()) as u32;
        program.elements.push((rng.u8(..8) > 0).then_some(func));
    }
    program.segments = rng.u32(1..4);
}

/// A table of functions.
fn funcrefs() -> TableType {
    TableType { element_type: RefType::FUNCREF, table64: false, minimum: 0, maximum: None, shared: false }
}

fn table(program: &Program) -> TableSection {
    let mut tables = TableSection::new();
    let least = program.elements.len() as u64;
    tables.table(TableType { minimum: least, maximum: Some(least + 8), ..funcrefs() });
    tables
}

fn globals(program: &Program, rng: &mut fastrand::Rng) -> GlobalSection {
    let mut globals = GlobalSection::new();
    for ty in &program.globals[program.imported_globals..] {
        let init = match *ty {
            I32 => ConstExpr::i32_const(rng.i32(..)),
            I64 => ConstExpr::i64_const(rng.i64(..)),
            F32 => ConstExpr::f32_const((rng.i16(..) as f32).into()),
            F64 => ConstExpr::f64_const((rng.i32(..) as f64).into()),
            ValType::Ref(RefType::EXTERNREF) => ConstExpr::ref_null(wasm_encoder::HeapType::EXTERN),
            _ => ConstExpr::ref_null(wasm_encoder::HeapType::FUNC),
        };
        globals.global(GlobalType { val_type: *ty, mutable: true, shared: false }, &init);
    }
    globals
}

fn exports(program: &Program) -> ExportSection {
    let mut exports = ExportSection::new();
    for func in program.imported..program.funcs.len() {
        exports.export(&format!("f{func}"), ExportKind::Func, func as u32);
    }
    for global in program.imported_globals..program.globals.len() {
        exports.export(&format!("g{global}"), ExportKind::Global, global as u32);
    }
    exports.export("memory", ExportKind::Memory, 0);
    exports.export("table", ExportKind::Table, program.table);
    exports
}

fn elements(program: &Program) -> ElementSection {
    let mut elements = ElementSection::new();
    for (at, func) in program.elements.iter().enumerate() {
        if let Some(func) = func {
            let at = ConstExpr::i32_const(at as i32);
            elements.active(Some(program.table), &at, Elements::Functions([*func][..].into()));
        }
    }
    if program.shares_table() {
        let funcs: Vec<u32> = (0..program.funcs.len() as u32).collect();
        let unary: Vec<u32> = funcs.iter().copied().filter(|func| program.is_unary(*func)).collect();
        for (at, func) in (FIRST_SHARED..SHARED).zip(unary.iter().rev().cycle()) {
            elements.active(Some(0), &ConstExpr::i32_const(at), Elements::Functions([*func][..].into()));
        }
        // The first one that the program defines: the one that it imports is not to call itself.
        let wide = program.imported as u32;
        elements.active(Some(0), &ConstExpr::i32_const(SHARED), Elements::Functions([wide][..].into()));
    }
    // Makes every function one that `ref.func` may name.
    let all: Vec<u32> = (0..program.funcs.len() as u32).collect();
    elements.declared(Elements::Functions(all.into()));
    elements
}

fn data(program: &Program, rng: &mut fastrand::Rng) -> DataSection {
    let mut data = DataSection::new();
    let bytes: Vec<u8> = std::iter::repeat_with(|| rng.u8(..)).take(2048).collect();
    data.active(0, &ConstExpr::i32_const(0), bytes);
    for _ in 0..program.segments {
        let bytes: Vec<u8> = std::iter::repeat_with(|| rng.u8(..)).take(body::SEGMENT as usize).collect();
        data.passive(bytes);
    }
    data
}
