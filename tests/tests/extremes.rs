//! What validation accepts at its extremes compiles in time and memory proportional to it, and computes the right
//! results on every engine.

#![forbid(unsafe_code)]

use wasm_encoder::{BlockType, Function, InstructionSink, ValType};
use wz_api::{EngineKind, ExternRef, FuncType, HostModule, ModuleConfig, Value};
use wz_tests::build::{Functions, one_function};
use wz_tests::guard::guarded;
use wz_tests::guest::Instance;
use wz_tests::{engines, runtime, vector_engines};

/// Instantiates a module on each of some engines, under the hang guard, and lets `check` look at it.
fn on(engines: &'static [EngineKind], wasm: Vec<u8>, check: impl Fn(&mut Instance) + Send + Copy + 'static) {
    for engine in engines {
        let wasm = wasm.clone();
        guarded(move || {
            let runtime = runtime(*engine).expect("a runtime can be had");
            check(&mut Instance::new(runtime, &wasm));
        });
    }
}

fn on_each_engine(wasm: Vec<u8>, check: impl Fn(&mut Instance) + Send + Copy + 'static) {
    on(engines(), wasm, check);
}

const I32: ValType = ValType::I32;

/// A function body from its bytes; the `end` is added.
fn body(locals: &[(u32, ValType)], bytes: impl IntoIterator<Item = u8>) -> Function {
    let mut function = Function::new(locals.iter().copied());
    function.raw(bytes);
    function.instructions().end();
    function
}

/// The bytes of some instructions.
fn code(write: impl Fn(&mut InstructionSink<'_>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&mut InstructionSink::new(&mut bytes));
    bytes
}

#[test]
fn five_million_branch_targets() {
    const TARGETS: u32 = 5_000_000;
    let mut function = Function::new([]);
    let mut ops = function.instructions();
    ops.block(BlockType::Empty).block(BlockType::Empty).block(BlockType::Empty);
    ops.local_get(0).br_table((0..TARGETS).map(|i| i % 3), 2);
    for result in [10, 11] {
        ops.end().i32_const(result).return_();
    }
    ops.end().i32_const(12).end();
    on_each_engine(one_function(&[I32], &[I32], &function), |instance| {
        for i in [0, 1, 2, 3, 4_999_997, 4_999_998, 4_999_999] {
            assert_eq!(instance.i32("f0", i), 10 + i % 3, "target {i}");
        }
        for i in [5_000_000, 5_000_001, i32::MAX, i32::MIN, -1] {
            assert_eq!(instance.i32("f0", i), 12, "target {i}");
        }
    });
}

#[test]
fn branch_targets_that_carry_many_values() {
    // Each of many targets would move a thousand values, if targets with the same label were not the same edge.
    const VALUES: i32 = 1000;
    let mut functions = Functions::new();
    let many = vec![I32; VALUES as usize];
    let ty = functions.ty(&[], &many);
    let mut function = Function::new([]);
    let mut ops = function.instructions();
    ops.i32_const(77);
    ops.block(BlockType::FunctionType(ty)).block(BlockType::FunctionType(ty));
    ops.i32_const(78);
    for i in 0..VALUES {
        ops.i32_const(i);
    }
    ops.local_get(0).br_table((0..50_000).map(|i| i % 2), 0);
    ops.end();
    // The inner block's results, once more below a value that the outer block's results are moved over.
    ops.end();
    for _ in 0..VALUES {
        ops.i32_add();
    }
    ops.end();
    functions.typed(&[I32], &[I32], &function);
    on_each_engine(functions.finish(), |instance| {
        let expected = 77 + (0..1000).sum::<i32>();
        for i in [0, 1, 49_999, 50_000, -1] {
            assert_eq!(instance.i32("f0", i), expected, "target {i}");
        }
    });
}

#[test]
fn blocks_nested_two_and_a_half_million_deep() {
    const DEPTH: u32 = 2_500_000;
    let mut bytes = [0x02, 0x40].repeat(DEPTH as usize);
    bytes.extend(code(|ops| {
        ops.local_get(0).br_if(DEPTH - 1);
    }));
    bytes.extend(vec![0x0b; DEPTH as usize - 1]);
    bytes.extend(code(|ops| {
        ops.i32_const(1).return_().end().i32_const(2);
    }));
    on_each_engine(one_function(&[I32], &[I32], &body(&[], bytes)), |instance| {
        assert_eq!(instance.i32("f0", 0), 1);
        assert_eq!(instance.i32("f0", 1), 2);
    });
}

#[test]
fn loops_nested_a_million_deep() {
    const DEPTH: u32 = 1_000_000;
    // Counts local 0 up; the innermost loop branches to the outermost until 3 is reached.
    let mut bytes = [0x03, 0x40].repeat(DEPTH as usize);
    bytes.extend(code(|ops| {
        ops.local_get(0).i32_const(1).i32_add().local_tee(0).i32_const(3).i32_lt_s().br_if(DEPTH - 1);
    }));
    bytes.extend(vec![0x0b; DEPTH as usize]);
    bytes.extend(code(|ops| {
        ops.local_get(0);
    }));
    on_each_engine(one_function(&[I32], &[I32], &body(&[], bytes)), |instance| {
        assert_eq!(instance.i32("f0", 0), 3);
        assert_eq!(instance.i32("f0", 7), 8);
    });
}

#[test]
fn ifs_nested_half_a_million_deep() {
    const DEPTH: usize = 500_000;
    // Each `if` adds one to local 1 before the next; the `else` of each returns what was added so far.
    let head = code(|ops| {
        ops.local_get(0).local_get(1).i32_ne().if_(BlockType::Empty);
        ops.local_get(1).i32_const(1).i32_add().local_set(1);
    });
    let mut bytes = head.repeat(DEPTH);
    bytes.extend(vec![0x0b; DEPTH]);
    bytes.extend(code(|ops| {
        ops.local_get(1);
    }));
    on_each_engine(one_function(&[I32], &[I32], &body(&[(1, I32)], bytes)), |instance| {
        for i in [0, 1, 1000, DEPTH as i32 - 1, DEPTH as i32] {
            assert_eq!(instance.i32("f0", i), i);
        }
        assert_eq!(instance.i32("f0", -1), DEPTH as i32);
    });
}

#[test]
fn a_million_live_temporaries() {
    const LIVE: usize = 1_000_000;
    let mut bytes = code(|ops| {
        ops.local_get(0).i32_const(1).i32_add();
    })
    .repeat(LIVE);
    bytes.extend(vec![0x6a; LIVE - 1]);
    on_each_engine(one_function(&[I32], &[I32], &body(&[], bytes)), |instance| {
        for i in [0, 1, -1, 12345] {
            assert_eq!(instance.i32("f0", i), (i + 1).wrapping_mul(LIVE as i32));
        }
    });
}

#[test]
fn a_million_references_to_locals_and_constants() {
    // What is on the operand stack is the local's old value, whatever is set later.
    const LIVE: usize = 500_000;
    let mut bytes = code(|ops| {
        ops.local_get(0).i32_const(3);
    })
    .repeat(LIVE);
    bytes.extend(code(|ops| {
        ops.i32_const(1000).local_set(0);
    }));
    bytes.extend(vec![0x6a; 2 * LIVE - 1]);
    bytes.extend(code(|ops| {
        ops.local_get(0).i32_add();
    }));
    on_each_engine(one_function(&[I32], &[I32], &body(&[], bytes)), |instance| {
        for i in [0i32, 1, -1, 12345] {
            let expected = (i + 3).wrapping_mul(LIVE as i32).wrapping_add(1000);
            assert_eq!(instance.i32("f0", i), expected);
        }
    });
}

#[test]
fn sets_of_a_local_with_references_to_it_below() {
    // Each `local.set` finds the local's previous value on the operand stack. A search of the whole stack at each
    // would take a quarter of a million times as long as one.
    const SETS: usize = 250_000;
    let mut bytes = code(|ops| {
        ops.local_get(0).local_get(0).i32_const(1).i32_add().local_set(0);
    })
    .repeat(SETS);
    bytes.extend(vec![0x6a; SETS - 1]);
    on_each_engine(one_function(&[I32], &[I32], &body(&[], bytes)), |instance| {
        let expected = |first: i32| (0..SETS as i32).fold(0i32, |sum, i| sum.wrapping_add(first + i));
        for i in [0, 5] {
            assert_eq!(instance.i32("f0", i), expected(i));
        }
    });
}

#[test]
fn fifty_thousand_vector_locals() {
    // The limit counts parameters too.
    const LOCALS: u32 = 49_999;
    let mut bytes = Vec::new();
    for i in 1..=LOCALS {
        bytes.extend(code(|ops| {
            ops.local_get(0).i32_const(i as i32).i32_add().i32x4_splat().local_set(i);
        }));
    }
    bytes.extend(code(|ops| {
        ops.v128_const(0);
    }));
    for i in 1..=LOCALS {
        bytes.extend(code(|ops| {
            ops.local_get(i).i32x4_add();
        }));
    }
    bytes.extend(code(|ops| {
        ops.i32x4_extract_lane(3);
    }));
    let mut functions = Functions::new();
    functions.typed(&[I32], &[I32], &body(&[(LOCALS, ValType::V128)], bytes));
    let sparse = code(|ops| {
        ops.local_get(0).i32x4_splat().local_set(LOCALS);
        ops.local_get(LOCALS).local_get(LOCALS - 1).i32x4_sub().local_get(25_000).i32x4_add();
        ops.i32x4_extract_lane(2);
    });
    functions.typed(&[I32], &[I32], &body(&[(LOCALS, ValType::V128)], sparse));
    on(vector_engines(), functions.finish(), |instance| {
        for i in [0, 1, -7] {
            let expected = (1..=LOCALS as i32).fold(0i32, |sum, k| sum.wrapping_add(i + k));
            assert_eq!(instance.i32("f0", i), expected);
            assert_eq!(instance.i32("f1", i), i);
        }
    });
}

#[test]
fn two_hundred_thousand_distinct_constants() {
    const CONSTANTS: u64 = 200_000;
    let value = |i: u64| (i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut integers = code(|ops| {
        ops.i64_const(0);
    });
    let mut vectors = code(|ops| {
        ops.v128_const(0);
    });
    for i in 0..CONSTANTS {
        integers.extend(code(|ops| {
            ops.i64_const(value(i) as i64).i64_add();
        }));
        vectors.extend(code(|ops| {
            ops.v128_const(i128::from(value(i)) << 64 | i128::from(i)).i64x2_add();
        }));
    }
    // All at once on the operand stack, then added up.
    let mut floats = Vec::new();
    for i in 0..CONSTANTS {
        floats.extend(code(|ops| {
            ops.f64_const((i as f64).into());
        }));
    }
    floats.extend(vec![0xa0; CONSTANTS as usize - 1]);
    let mut functions = Functions::new();
    functions.typed(&[], &[ValType::I64], &body(&[], integers));
    functions.typed(&[], &[ValType::F64], &body(&[], floats));
    const SUM: fn() -> u64 =
        || (0..CONSTANTS).fold(0, |sum, i| sum.wrapping_add((i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)));
    const COUNT: u64 = CONSTANTS * (CONSTANTS - 1) / 2;
    on_each_engine(functions.finish(), |instance| {
        assert_eq!(instance.call("f0", &[]), [Value::I64(SUM() as i64)]);
        assert_eq!(instance.call("f1", &[]), [Value::F64((COUNT as f64).to_bits())]);
    });
    on(vector_engines(), one_function(&[], &[ValType::V128], &body(&[], vectors)), |instance| {
        assert_eq!(instance.call("f0", &[]), [Value::V128(u128::from(SUM()) << 64 | u128::from(COUNT))]);
    });
}

/// The type of each of a thousand values: of all kinds, in a mixed order.
fn kind(i: usize, vectors: bool) -> ValType {
    match i * 7 % 6 {
        0 => ValType::I32,
        1 => ValType::I64,
        2 => ValType::F32,
        3 => ValType::F64,
        4 if vectors => ValType::V128,
        4 => ValType::I64,
        _ => ValType::EXTERNREF,
    }
}

/// A thousand values of these types.
fn thousand_values(vectors: bool) -> Vec<Value> {
    let value = |i: usize| match kind(i, vectors) {
        ValType::I32 => Value::I32(-(i as i32)),
        ValType::I64 => Value::I64((i as i64) << 33),
        ValType::F32 => Value::F32((i as f32).to_bits()),
        ValType::F64 => Value::F64((i as f64 / 3.0).to_bits()),
        ValType::V128 => Value::V128((i as u128) << 100 | 1),
        _ => Value::ExternRef(Some(ExternRef::new(i))),
    };
    (0..1000).map(value).collect()
}

/// Values in a form that can be compared: an externref by what it holds.
fn texts(values: &[Value]) -> Vec<String> {
    let text = |value: &Value| match value {
        Value::ExternRef(Some(held)) => format!("externref {:?}", held.downcast_ref::<usize>()),
        other => format!("{other:?}"),
    };
    values.iter().map(text).collect()
}

/// The host function that gives back what it gets, and the module that it is in.
fn host_same(vectors: bool) -> HostModule<()> {
    let types = || {
        (0..1000).map(|i| match kind(i, vectors) {
            ValType::I32 => wz_api::ValType::I32,
            ValType::I64 => wz_api::ValType::I64,
            ValType::F32 => wz_api::ValType::F32,
            ValType::F64 => wz_api::ValType::F64,
            ValType::V128 => wz_api::ValType::V128,
            _ => wz_api::ValType::EXTERNREF,
        })
    };
    HostModule::new("host").func_dyn("same", FuncType::new(types(), types()), |_, args, results| {
        results.clone_from_slice(args);
        Ok(())
    })
}

#[test]
fn a_thousand_parameters_and_results() {
    thousand_values_everywhere(engines(), false);
    thousand_values_everywhere(vector_engines(), true);
}

fn thousand_values_everywhere(engines: &'static [EngineKind], vectors: bool) {
    let names: Vec<&str> = (0..1000)
        .map(|i| match kind(i, vectors) {
            ValType::I32 => "i32",
            ValType::I64 => "i64",
            ValType::F32 => "f32",
            ValType::F64 => "f64",
            ValType::V128 => "v128",
            _ => "externref",
        })
        .collect();
    let types = names.join(" ");
    let reversed = names.iter().rev().copied().collect::<Vec<_>>().join(" ");
    let gets: String = (0..1000).map(|i| format!("local.get {i} ")).collect();
    let backwards: String = (0..1000).rev().map(|i| format!("local.get {i} ")).collect();
    let text = format!(
        r#"(module
            (type $same (func (param {types}) (result {types})))
            (type $turn (func (param {types}) (result {reversed})))
            (type $back (func (param {reversed}) (result {types})))
            (import "host" "same" (func $host (type $same)))
            (table funcref (elem $turn))
            (func $turn (export "turn") (type $turn) {backwards})
            (func $back (export "back") (type $back) {backwards})
            (func (export "twice") (type $same) {gets} call $turn call $back)
            (func (export "indirect") (type $same) {gets} i32.const 0 call_indirect (type $turn) call $back)
            (func (export "tail") (type $turn) {gets} return_call $turn)
            (func (export "tail_indirect") (type $turn) {gets} i32.const 0 return_call_indirect (type $turn))
            (func (export "host") (type $same) {gets} call $host call $host)
            (func (export "blocks") (type $same)
                {gets} block (type $same) loop (type $same) i32.const 1 br_if 1 end end)
            (func (export "arms") (type $same)
                {gets} i32.const 0 if (type $same) unreachable else call $turn call $back end)
            (func (export "return") (type $same) i32.const 3 i64.const 4 {gets} return))"#
    );
    for engine in engines {
        let text = text.clone();
        guarded(move || {
            let mut runtime = runtime(*engine).expect("a runtime can be had");
            runtime.instantiate_host(&host_same(vectors)).expect("the host module links");
            let code = runtime.compile(&text).expect("the module is valid");
            let module = runtime.instantiate(&code, ModuleConfig::new()).expect("the module links");
            let mut instance = Instance { runtime, module };
            let values = thousand_values(vectors);
            let same = texts(&values);
            let turned: Vec<String> = same.iter().rev().cloned().collect();
            for name in ["turn", "tail", "tail_indirect"] {
                assert_eq!(texts(&instance.call(name, &values)), turned, "{name} on {engine}");
            }
            for name in ["twice", "indirect", "host", "blocks", "arms", "return"] {
                assert_eq!(texts(&instance.call(name, &values)), same, "{name} on {engine}");
            }
        });
    }
}

#[test]
fn a_hundred_thousand_functions_of_fifty_thousand_locals_in_a_megabyte() {
    const FUNCTIONS: u32 = 100_000;
    const LOCALS: u32 = 50_000;
    let idle = body(&[(LOCALS, ValType::I64)], []);
    let last = body(
        &[(LOCALS - 1, I32)],
        code(|ops| {
            ops.local_get(0).local_get(LOCALS - 1).i32_add();
        }),
    );
    let wasm = {
        use wasm_encoder::{CodeSection, ExportKind, ExportSection, FunctionSection, Module, TypeSection};
        let (mut types, mut functions, mut exports) =
            (TypeSection::new(), FunctionSection::new(), ExportSection::new());
        types.ty().function([], []);
        types.ty().function([I32], [I32]);
        let mut bodies = CodeSection::new();
        for _ in 0..FUNCTIONS {
            functions.function(0);
            bodies.function(&idle);
        }
        functions.function(1);
        bodies.function(&last);
        exports.export("idle", ExportKind::Func, FUNCTIONS / 2);
        exports.export("last", ExportKind::Func, FUNCTIONS);
        let mut module = Module::new();
        module.section(&types).section(&functions).section(&exports).section(&bodies);
        module.finish()
    };
    assert!(wasm.len() < 1 << 20);
    on_each_engine(wasm, |instance| {
        assert_eq!(instance.call("idle", &[]), []);
        assert_eq!(instance.i32("last", 41), 41);
    });
}

#[test]
fn every_count_at_once() {
    // Many types, imports of one function, functions, globals, exports, segments.
    const COUNT: u32 = 50_000;
    use wasm_encoder::{
        CodeSection, ConstExpr, DataCountSection, DataSection, ElementSection, Elements, EntityType,
        ExportKind, ExportSection, FunctionSection, GlobalSection, GlobalType, ImportSection, MemorySection,
        MemoryType, Module, RefType, TableSection, TableType, TypeSection,
    };
    let mut types = TypeSection::new();
    let mut imports = ImportSection::new();
    let mut functions = FunctionSection::new();
    let mut globals = GlobalSection::new();
    let mut exports = ExportSection::new();
    let mut elements = ElementSection::new();
    let mut bodies = CodeSection::new();
    let mut data = DataSection::new();
    for i in 0..COUNT {
        types.ty().function([], vec![I32; 1 + i as usize % 3]);
        imports.import("host", "seven", EntityType::Function(0));
        functions.function(0);
        bodies.function(&body(
            &[],
            code(|ops| {
                ops.call(i).global_get(i).i32_add();
            }),
        ));
        let ty = GlobalType { val_type: I32, mutable: true, shared: false };
        globals.global(ty, &ConstExpr::i32_const(i as i32));
        exports.export(&format!("f{i}"), ExportKind::Func, COUNT + i);
        let at = ConstExpr::i32_const(i as i32);
        elements.active(None, &at, Elements::Functions(vec![COUNT + i].into()));
        data.active(0, &at, [i as u8]);
    }
    let mut tables = TableSection::new();
    let (minimum, maximum) = (u64::from(COUNT), None);
    let table = TableType { element_type: RefType::FUNCREF, minimum, maximum, table64: false, shared: false };
    tables.table(table);
    let mut memories = MemorySection::new();
    let memory = MemoryType { minimum: 1, maximum, memory64: false, shared: false, page_size_log2: None };
    memories.memory(memory);
    exports.export("memory", ExportKind::Memory, 0);
    // A call through the table.
    functions.function(0);
    bodies.function(&body(
        &[],
        code(|ops| {
            ops.i32_const(COUNT as i32 - 1).call_indirect(0, 0);
        }),
    ));
    exports.export("indirect", ExportKind::Func, 2 * COUNT);
    let mut module = Module::new();
    module.section(&types).section(&imports).section(&functions).section(&tables).section(&memories);
    module.section(&globals).section(&exports).section(&elements).section(&DataCountSection { count: COUNT });
    module.section(&bodies).section(&data);
    let wasm = module.finish();
    for engine in engines() {
        let wasm = wasm.clone();
        guarded(move || {
            let mut runtime = runtime(*engine).expect("a runtime can be had");
            let host = HostModule::new("host").func("seven", |_: wz_api::Caller<'_, ()>| 7i32);
            runtime.instantiate_host(&host).expect("the host module links");
            let code = runtime.compile(&wasm).expect("the module is valid");
            let module = runtime.instantiate(&code, ModuleConfig::new()).expect("the module links");
            let mut instance = Instance { runtime, module };
            for i in [0, 1, 25_000, COUNT - 1] {
                let expected = Value::I32(7 + i as i32);
                assert_eq!(instance.call(&format!("f{i}"), &[]), [expected]);
            }
            assert_eq!(instance.call("indirect", &[]), [Value::I32(7 + COUNT as i32 - 1)]);
            let memory = instance.module.memory(&instance.runtime, "memory").expect("the memory is exported");
            let mut byte = [0];
            memory.read(&instance.runtime, 49_999, &mut byte).expect("the offset is in range");
            assert_eq!(byte, [49_999u32 as u8]);
        });
    }
}
