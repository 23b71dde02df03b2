//! The work of compiling is linear in the input, shown by counters: words and bytes of IR, bytes of each
//! engine's code, allocations and allocated bytes, each for an input and for one four times as large. The hang guard shows that
//! no work hides between the counters.

#![forbid(unsafe_code)]

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;
use std::cell::Cell;
use std::sync::{Mutex, PoisonError};
use wasm_encoder::{BlockType, Function, InstructionSink, ValType};
use wz_api::{EngineKind, ErrorKind};
use wz_core::ir::{FuncIr, verify::verify};
use wz_core::{Error, module::Module};
use wz_decode::{DecodeConfig, FunctionSink, decode};
use wz_tests::build::{Functions, leb, one_function, sections};
use wz_tests::guard::guarded;
use wz_tests::{engines, runtime};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Allocations are counted for the whole process: one measurement at a time.
static MEASURING: Mutex<()> = Mutex::new(());

/// How much larger the second input is, and how much larger everything counted may become.
const STEP: usize = 4;
const GROWTH: f64 = 4.5;
/// What does not depend on the input: tables, scratch, first allocations.
const FIXED: usize = 4000;
/// Words of IR for a byte of WebAssembly.
const WORDS_PER_BYTE: usize = 8;

/// What compiling an input took.
#[derive(Clone, Debug, Default)]
struct Counters {
    wasm_bytes: usize,
    ir_words: usize,
    ir_bytes: usize,
    allocations: usize,
    allocated_bytes: usize,
    engines: Vec<EngineCounters>,
}

/// What it took on one engine.
#[derive(Clone, Copy, Debug)]
struct EngineCounters {
    name: &'static str,
    code_bytes: usize,
    allocations: usize,
    allocated_bytes: usize,
}

impl Counters {
    fn named(&self) -> Vec<(String, usize)> {
        let mut named = vec![
            ("words of IR".to_owned(), self.ir_words),
            ("bytes of IR".to_owned(), self.ir_bytes),
            ("allocations of the decoder".to_owned(), self.allocations),
            ("bytes allocated by the decoder".to_owned(), self.allocated_bytes),
        ];
        for engine in &self.engines {
            named.push((format!("bytes of code, {}", engine.name), engine.code_bytes));
            named.push((format!("allocations, {}", engine.name), engine.allocations));
            named.push((format!("bytes allocated, {}", engine.name), engine.allocated_bytes));
        }
        named
    }
}

/// Counts IR and keeps none of it.
struct Count<'a> {
    words: &'a Cell<usize>,
    bytes: &'a Cell<usize>,
}

impl FunctionSink for Count<'_> {
    fn function(&mut self, _: &Module, ir: &FuncIr) -> Result<(), Error> {
        self.words.set(self.words.get() + ir.code.len());
        self.bytes.set(self.bytes.get() + ir.byte_size());
        Ok(())
    }
}

/// Checks that IR is well-formed.
struct Verify;

impl FunctionSink for Verify {
    fn function(&mut self, module: &Module, ir: &FuncIr) -> Result<(), Error> {
        verify(ir, module).map_err(|error| Error::compile(format!("function {}: {error}", ir.func), None))
    }
}

fn count(wasm: &[u8], engines: &[EngineKind]) -> Result<Counters, Error> {
    let (words, bytes) = (Cell::new(0), Cell::new(0));
    let region = Region::new(ALLOCATOR);
    decode(wasm, &DecodeConfig::default(), |_| Ok(Box::new(Count { words: &words, bytes: &bytes })))?;
    let decoded = region.change();
    let mut counters = Counters {
        wasm_bytes: wasm.len(),
        ir_words: words.get(),
        ir_bytes: bytes.get(),
        allocations: decoded.allocations + decoded.reallocations,
        allocated_bytes: decoded.bytes_allocated,
        ..Counters::default()
    };
    for engine in engines {
        let runtime = runtime(*engine)?;
        let region = Region::new(ALLOCATOR);
        let code = runtime.compile(wasm)?;
        let compiled = region.change();
        counters.engines.push(EngineCounters {
            name: engine.name(),
            code_bytes: code.code_bytes(),
            allocations: compiled.allocations + compiled.reallocations,
            allocated_bytes: compiled.bytes_allocated,
        });
    }
    Ok(counters)
}

/// Checks that what `make` makes of `n` and of four times `n` is compiled in proportion.
fn is_linear(n: usize, make: fn(usize) -> Vec<u8>) {
    is_linear_on(engines().to_vec(), n, make);
}

/// The same on some engines.
fn is_linear_on(engines: Vec<EngineKind>, n: usize, make: fn(usize) -> Vec<u8>) {
    let _one_at_a_time = MEASURING.lock().unwrap_or_else(PoisonError::into_inner);
    guarded(move || {
        let (small, large) = (make(n), make(STEP * n));
        assert!(large.len() > (STEP - 1) * small.len(), "the input grows");
        decode(&small, &DecodeConfig::default(), |_| Ok(Box::new(Verify))).expect("well-formed IR");
        let small = count(&small, &engines).expect("the small module is valid");
        let large = count(&large, &engines).expect("the large module is valid");
        println!("{small:?}\n{large:?}");
        for ((name, small), (_, large)) in small.named().into_iter().zip(large.named()) {
            let most = (small as f64 * GROWTH) as usize + FIXED;
            assert!(large <= most, "{name}: {small}, then {large}");
        }
        for counters in [&small, &large] {
            let most = counters.wasm_bytes * WORDS_PER_BYTE + FIXED;
            assert!(
                counters.ir_words <= most,
                "{} words for {} bytes",
                counters.ir_words,
                counters.wasm_bytes
            );
        }
    });
}

/// What an input that claims to hold more than it does may make the decoder allocate.
const REFUSED_BYTES: usize = 1 << 20;

#[test]
fn absurd_counts_allocate_nothing() {
    let _one_at_a_time = MEASURING.lock().unwrap_or_else(PoisonError::into_inner);
    let refused = |wasm: &[u8], what: &str| {
        let region = Region::new(ALLOCATOR);
        assert!(decode(wasm, &DecodeConfig::default(), |_| Ok(Box::new(Verify))).is_err(), "{what}");
        let bytes = region.change().bytes_allocated;
        assert!(bytes < REFUSED_BYTES, "{what}: {bytes} bytes");
    };
    for count in [100_000, 1_000_000, 10_000_001, u32::MAX.into()] {
        for section in (1..=11).filter(|section| *section != 8) {
            refused(&sections(&[(section, leb(count))]), &format!("section {section} of {count}"));
        }
        let body = [vec![0, 0x41, 0, 0x0e], leb(count), vec![0, 0x0b]].concat();
        let entry = [leb(1), leb(body.len() as u64), body].concat();
        let wasm = sections(&[(1, vec![1, 0x60, 0, 0]), (3, vec![1, 0]), (10, entry)]);
        refused(&wasm, &format!("a br_table of {count}"));
        let elements = [vec![1, 1, 0], leb(count)].concat();
        refused(&sections(&[(9, elements)]), &format!("an element segment of {count}"));
        let data = [vec![1, 1], leb(count)].concat();
        refused(&sections(&[(11, data)]), &format!("a data segment of {count}"));
    }
}

const I32: ValType = ValType::I32;

/// A module of one function without parameters and results.
fn function(locals: u32, write: impl FnOnce(&mut InstructionSink<'_>)) -> Vec<u8> {
    let mut function = Function::new([(locals, I32)]);
    write(&mut function.instructions());
    function.instructions().end();
    one_function(&[], &[], &function)
}

#[test]
fn blocks_side_by_side() {
    is_linear(200_000, |n| {
        function(1, |ops| {
            for _ in 0..n {
                ops.block(BlockType::Empty).local_get(0).br_if(0).end();
            }
        })
    });
}

#[test]
fn blocks_inside_each_other_with_branches_to_each() {
    is_linear(100_000, |n| {
        function(1, |ops| {
            for _ in 0..n {
                ops.block(BlockType::Empty);
            }
            for i in 0..n {
                ops.local_get(0).br_if((n - 1 - i) as u32);
            }
            for _ in 0..n {
                ops.end();
            }
        })
    });
}

#[test]
fn a_set_of_a_local_after_each_get() {
    is_linear(100_000, |n| {
        function(1, |ops| {
            for i in 0..n {
                ops.local_get(0).i32_const(i as i32).local_set(0);
            }
            for _ in 0..n {
                ops.drop();
            }
        })
    });
}

#[test]
fn sets_of_many_locals_with_many_gets_below() {
    is_linear(100_000, |n| {
        function(10_000, |ops| {
            // Far beyond what operands reach in both inputs: there a step takes a few words more.
            for i in 0..2 * n {
                ops.local_get(i as u32 % 10_000);
            }
            for i in 0..n {
                ops.i32_const(i as i32).local_set(i as u32 % 10_000);
            }
            for _ in 0..2 * n {
                ops.drop();
            }
        })
    });
}

#[test]
fn tees_and_gets_of_one_local() {
    is_linear(100_000, |n| {
        function(2, |ops| {
            ops.local_get(0);
            for _ in 0..n {
                ops.local_get(1).i32_add().local_tee(1).local_get(0).local_set(1);
            }
            ops.drop();
        })
    });
}

#[test]
fn branches_of_blocks_with_gets_below_and_sets_inside() {
    is_linear(80_000, |n| {
        function(4, |ops| {
            for i in 0..n {
                ops.local_get(i as u32 % 4).block(BlockType::Empty);
                ops.i32_const(1).local_set(i as u32 % 4).local_get(3).br_if(0);
                ops.i32_const(2).local_set((i as u32 + 1) % 4).end();
            }
            for _ in 0..n {
                ops.drop();
            }
        })
    });
}

#[test]
fn one_large_branch_table() {
    is_linear(1_000_000, |n| {
        function(1, |ops| {
            ops.block(BlockType::Empty).block(BlockType::Empty);
            ops.local_get(0).br_table((0..n as u32).map(|i| i % 3), 0);
            ops.end().end();
        })
    });
}

#[test]
fn many_branch_tables_over_many_labels() {
    is_linear(10_000, |n| {
        function(1, |ops| {
            for _ in 0..100 {
                ops.block(BlockType::Empty);
            }
            for _ in 0..n {
                ops.block(BlockType::Empty).local_get(0).br_table((0..20).map(|i| i * 5), 0).end();
            }
            for _ in 0..100 {
                ops.end();
            }
        })
    });
}

#[test]
fn a_branch_table_that_carries_many_values() {
    is_linear(20_000, |n| {
        let mut functions = Functions::new();
        let many = functions.ty(&[], &[I32; 900]);
        let mut function = Function::new([(1, I32)]);
        let mut ops = function.instructions();
        ops.i32_const(0).block(BlockType::FunctionType(many)).i32_const(0);
        for i in 0..900 {
            ops.i32_const(i);
        }
        ops.local_get(0).br_table((0..n as u32).map(|_| 0), 0);
        ops.end();
        for _ in 0..901 {
            ops.drop();
        }
        ops.end();
        functions.typed(&[], &[], &function);
        functions.finish()
    });
}

#[test]
fn distinct_constants() {
    is_linear(50_000, |n| {
        function(0, |ops| {
            for i in 0..n {
                ops.i64_const((i as i64 + 1) << 20).drop().f64_const((i as f64).into()).drop();
                ops.i32_const(i as i32).i32_eqz().drop();
            }
        })
    });
}

#[test]
fn distinct_constants_at_once() {
    is_linear(150_000, |n| {
        function(0, |ops| {
            for i in 0..n {
                ops.i64_const((i as i64 + 1) << 20);
            }
            for _ in 0..n - 1 {
                ops.i64_xor();
            }
            ops.drop();
        })
    });
}

#[test]
fn loops_inside_each_other() {
    is_linear(50_000, |n| {
        function(2, |ops| {
            for _ in 0..n {
                ops.loop_(BlockType::Empty).local_get(0).local_set(1);
            }
            for _ in 0..n {
                ops.local_get(1).br_if(0).end();
            }
        })
    });
}

#[test]
fn loops_inside_each_other_that_use_many_locals() {
    is_linear(200, |n| {
        function(300, |ops| {
            for _ in 0..n {
                ops.loop_(BlockType::Empty);
                for local in 0..300 {
                    ops.local_get(local).local_set((local + 1) % 300);
                }
            }
            for _ in 0..n {
                ops.local_get(1).br_if(0).end();
            }
        })
    });
}

#[test]
fn loops_side_by_side_with_many_locals_alive() {
    is_linear(20_000, |n| {
        function(256, |ops| {
            for i in 0..n {
                let local = i as u32 % 256;
                ops.loop_(BlockType::Empty)
                    .local_get(local)
                    .i32_const(1)
                    .i32_sub()
                    .local_tee(local)
                    .br_if(0)
                    .end();
            }
        })
    });
}

#[test]
fn calls_with_many_parameters() {
    is_linear(500, |n| {
        let mut functions = Functions::new();
        let ty = functions.ty(&[I32; 500], &[]);
        let mut callee = Function::new([]);
        callee.instructions().end();
        let callee = functions.func(ty, &callee);
        let mut caller = Function::new([(500, I32)]);
        let mut ops = caller.instructions();
        for _ in 0..n {
            for local in 0..500 {
                ops.local_get(local);
            }
            ops.call(callee);
        }
        ops.end();
        functions.typed(&[], &[], &caller);
        functions.finish()
    });
}

/// A function of `n` calls, two bytes each, that pass a thousand values on.
fn calls_with_many_values(n: usize) -> Vec<u8> {
    let mut functions = Functions::new();
    let ty = functions.ty(&[I32; 1000], &[I32; 1000]);
    let mut function = Function::new([]);
    let mut ops = function.instructions();
    for i in 0..1000 {
        ops.local_get(i);
    }
    for _ in 0..n {
        ops.call(0);
    }
    ops.end();
    functions.func(ty, &function);
    functions.finish()
}

#[test]
fn calls_that_pass_many_results_on() {
    // The values must stay where they are. Native code moves each of them, 30 KB a call.
    let interpreters = engines().iter().copied().filter(|engine| *engine != EngineKind::Jit).collect();
    is_linear_on(interpreters, 20_000, calls_with_many_values);
}

#[test]
fn functions_whose_native_code_is_too_large_are_interpreted() {
    // What it allocates is not what the others count.
    let _one_at_a_time = MEASURING.lock().unwrap_or_else(PoisonError::into_inner);
    guarded(|| {
        let wasm = calls_with_many_values(20_000);
        if let Ok(native) = runtime(EngineKind::Jit) {
            let error = native.compile(&wasm).expect_err("500 MB of code");
            let ErrorKind::Compile(error) = error.kind() else { panic!("{error}") };
            assert!(error.unsupported, "{}", error.message);
        }
        let rt = runtime(EngineKind::Auto).expect("a runtime can be had");
        assert_eq!(rt.compile(&wasm).expect("one engine takes it").engine_name(), "interp");
    });
}

#[test]
fn blocks_that_pass_many_values_through() {
    is_linear(40_000, |n| {
        let mut functions = Functions::new();
        let ty = functions.ty(&[I32; 1000], &[I32; 1000]);
        let mut function = Function::new([]);
        let mut ops = function.instructions();
        for i in 0..1000 {
            ops.local_get(i).i32_const(1).i32_add();
        }
        for _ in 0..n {
            ops.block(BlockType::FunctionType(ty)).i32_const(0).br_if(0).end();
        }
        ops.end();
        functions.func(ty, &function);
        functions.finish()
    });
}

#[test]
fn ifs_inside_each_other() {
    is_linear(50_000, |n| {
        function(2, |ops| {
            for _ in 0..n {
                ops.local_get(0).if_(BlockType::Empty).i32_const(1).local_set(1).else_();
            }
            for _ in 0..n {
                ops.i32_const(2).local_set(1).end();
            }
        })
    });
}

#[test]
fn ifs_with_results_side_by_side() {
    is_linear(50_000, |n| {
        function(2, |ops| {
            for _ in 0..n {
                ops.local_get(0)
                    .if_(BlockType::Result(I32))
                    .local_get(1)
                    .else_()
                    .local_get(0)
                    .end()
                    .local_set(1);
            }
        })
    });
}

#[test]
fn selects_and_comparisons() {
    is_linear(50_000, |n| {
        function(3, |ops| {
            for _ in 0..n {
                ops.local_get(0)
                    .local_get(1)
                    .local_get(2)
                    .i32_eqz()
                    .i32_eqz()
                    .i32_eqz()
                    .select()
                    .local_set(0);
            }
        })
    });
}

#[test]
fn dead_code() {
    is_linear(100_000, |n| {
        function(1, |ops| {
            for _ in 0..n {
                ops.block(BlockType::Empty).local_get(0).br_if(0).unreachable().i32_add().drop().end();
            }
            ops.unreachable();
            for _ in 0..n {
                ops.i32_add().br_if(0).block(BlockType::Empty).end();
            }
        })
    });
}

#[test]
fn live_temporaries() {
    is_linear(100_000, |n| {
        function(1, |ops| {
            for _ in 0..n {
                ops.local_get(0).i32_const(1).i32_add();
            }
            for _ in 0..n {
                ops.drop();
            }
        })
    });
}

#[test]
fn references_alive() {
    is_linear(50_000, |n| {
        let mut body = Function::new([(3, ValType::EXTERNREF)]);
        let mut ops = body.instructions();
        for i in 0..n {
            ops.local_get(i as u32 % 3).local_get((i as u32 + 1) % 3).local_set(i as u32 % 3);
        }
        for _ in 0..n {
            ops.drop();
        }
        ops.end();
        one_function(&[], &[], &body)
    });
}

#[test]
fn functions_that_declare_many_locals() {
    is_linear(20_000, |n| {
        let mut functions = Functions::new();
        let ty = functions.ty(&[], &[]);
        let mut body = Function::new([(25_000, ValType::I64), (25_000, ValType::EXTERNREF)]);
        body.instructions().end();
        for _ in 0..n {
            functions.func(ty, &body);
        }
        functions.finish()
    });
}

#[test]
fn small_functions() {
    is_linear(20_000, |n| {
        let mut functions = Functions::new();
        let ty = functions.ty(&[I32], &[I32]);
        let mut body = Function::new([]);
        body.instructions().local_get(0).i32_const(1).i32_add().end();
        for _ in 0..n {
            functions.func(ty, &body);
        }
        functions.finish()
    });
}
