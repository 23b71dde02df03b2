//! Decode + validate + lower + analyse against validation alone, on real modules.
//!
//! `benches/fetch-modules.sh` fetches the modules. Ratios of the two rows of a module are what counts.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use peak_alloc::PeakAlloc;
use std::time::Duration;
use wasmparser::{FuncValidatorAllocations, Parser, ValidPayload, Validator, WasmFeatures};
use wz_core::{Error, ir::FuncIr, module::Module};
use wz_decode::{DecodeConfig, FunctionSink, decode};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// Prints the peak of the heap beyond the input while a module is decoded, and what part of the code section it is.
fn report_heap(name: &str, bytes: &[u8]) {
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    if let Ok(module) = decode(bytes, &DecodeConfig::default(), |_| Ok(Box::new(Nowhere))) {
        let peak = ALLOCATOR.peak_usage() - before;
        let ratio = peak as f64 / module.code_section_len as f64;
        eprintln!("{name}/decode: peak heap {peak} bytes, {ratio:.2} of the code section");
    }
}

/// Streams functions to nowhere.
struct Nowhere;

impl FunctionSink for Nowhere {
    fn function(&mut self, _: &Module, ir: &FuncIr) -> Result<(), Error> {
        std::hint::black_box(ir.code.len());
        Ok(())
    }
}

/// The floor: wasmparser's validation with reused allocations, under the same features.
fn validate(bytes: &[u8]) -> Result<(), wasmparser::BinaryReaderError> {
    let features = WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::MULTI_VALUE
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::REFERENCE_TYPES
        | WasmFeatures::SIMD
        | WasmFeatures::TAIL_CALL
        | WasmFeatures::EXTENDED_CONST
        | WasmFeatures::FLOATS
        | WasmFeatures::GC_TYPES;
    let mut validator = Validator::new_with_features(features);
    let mut parser = Parser::new(0);
    parser.set_features(features);
    let mut allocations = FuncValidatorAllocations::default();
    for payload in parser.parse_all(bytes) {
        if let ValidPayload::Func(func, body) = validator.payload(&payload?)? {
            let mut func = func.into_validator(allocations);
            func.validate(&body)?;
            allocations = func.into_allocations();
        }
    }
    Ok(())
}

fn benches(criterion: &mut Criterion) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/real-modules");
    for name in ["sql.js", "esbuild", "ruby"] {
        let Ok(bytes) = std::fs::read(format!("{folder}/{name}.wasm")) else {
            eprintln!("{name}: not there; run crates/wz-decode/benches/fetch-modules.sh");
            continue;
        };
        report_heap(name, &bytes);
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.sample_size(10).warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(5));
        group.bench_function("validate", |bencher| bencher.iter(|| validate(&bytes)));
        group.bench_function("decode", |bencher| {
            bencher.iter(|| decode(&bytes, &DecodeConfig::default(), |_| Ok(Box::new(Nowhere))));
        });
        group.finish();
    }
}

criterion_group!(decode_benches, benches);
criterion_main!(decode_benches);
