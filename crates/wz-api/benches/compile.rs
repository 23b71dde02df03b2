//! Compiling real modules for the interpreter: time, and the peak of the heap beyond the input.
//!
//! `crates/wz-decode/benches/fetch-modules.sh` fetches the modules.

use criterion::{Criterion, criterion_group, criterion_main};
use peak_alloc::PeakAlloc;
use std::time::Duration;
use wz_api::{Runtime, RuntimeConfig};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// Prints the peak of the heap beyond the input while a module is compiled on one thread and its code is kept.
fn report_heap(rt: &Runtime, name: &str, bytes: &[u8]) {
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    if let Ok(code) = rt.compile(bytes) {
        let peak = ALLOCATOR.peak_usage() - before;
        eprintln!("{name}/compile: peak heap {peak} bytes, code {} bytes", code.code_bytes());
    }
}

fn benches(criterion: &mut Criterion) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/real-modules");
    let Ok(rt) = Runtime::new(RuntimeConfig::new().with_compile_threads(1)) else { return };
    for name in ["sql.js", "esbuild", "ruby"] {
        let Ok(bytes) = std::fs::read(format!("{folder}/{name}.wasm")) else {
            eprintln!("{name}: not there; run crates/wz-decode/benches/fetch-modules.sh");
            continue;
        };
        report_heap(&rt, name, &bytes);
        let mut group = criterion.benchmark_group(name);
        group.sample_size(10).warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(5));
        group.bench_function("compile", |bencher| bencher.iter(|| rt.compile(&bytes)));
        group.finish();
    }
}

criterion_group!(compile_benches, benches);
criterion_main!(compile_benches);
