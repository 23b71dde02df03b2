//! What it costs to make an instance, and to close it, apart from each other.
//!
//! Times are those of the processor, not of the clock on the wall. `WZ_BENCH_MODULE` may name a module, which is measured
//! too, with its imported functions stubbed.

use criterion::{Criterion, criterion_group, criterion_main};
use rustix::time::{ClockId, clock_gettime};
use std::fmt::Write as _;
use std::time::Duration;
use wz_api::{CompiledModule, EngineKind, HostModule, ModuleConfig, Runtime, RuntimeConfig};

/// A page of memory with some data, a table with some functions.
const SMALL: &str = r#"
    (module
        (memory (export "memory") 2)
        (global $sp (mut i32) (i32.const 65536))
        (table 8 funcref)
        (elem (i32.const 1) $add $sub)
        (data (i32.const 1024) "some text")
        (func $add (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
        (func $sub (param i32 i32) (result i32) (i32.sub (local.get 0) (local.get 1)))
        (export "add" (func $add)))"#;

/// A module with `functions` functions, all of them in a table, and `kib` KiB of data.
fn large(functions: usize, kib: usize) -> String {
    let mut text = format!("(module (memory {}) (table {functions} funcref)", kib.div_ceil(64) + 1);
    text.push_str("(elem (i32.const 0) func");
    (0..functions).for_each(|i| write!(text, " {i}").unwrap());
    text.push(')');
    (0..functions).for_each(|i| write!(text, "(func (result i32) (i32.const {i}))").unwrap());
    for i in 0..kib {
        write!(text, "(data (i32.const {}) \"{}\")", i * 1024, "x".repeat(1000)).unwrap();
    }
    text.push(')');
    text
}

/// The processor's time of the current thread.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn instantiate(c: &mut Criterion) {
    let mut modules = vec![
        ("small".to_owned(), SMALL.as_bytes().to_vec()),
        ("10,000 functions, 4 MiB".to_owned(), large(10_000, 4096).into_bytes()),
    ];
    if let Ok(path) = std::env::var("WZ_BENCH_MODULE") {
        modules.push(("WZ_BENCH_MODULE".to_owned(), std::fs::read(path).expect("a file")));
    }
    for engine in [EngineKind::Jit, EngineKind::Interp] {
        for (name, wasm) in &modules {
            let mut rt = Runtime::new(RuntimeConfig::new().with_engine(engine)).expect("a runtime");
            let code = rt.compile(wasm).expect("a module");
            stub(&mut rt, &code);
            let config = ModuleConfig::new().with_name("").with_start_functions([] as [&str; 0]);
            let mut group = c.benchmark_group(format!("{name}, {}", rt.engine_name()));
            for closing in [false, true] {
                group.bench_function(if closing { "close" } else { "instantiate" }, |b| {
                    b.iter_custom(|n| measure(&mut rt, &code, &config, n, closing));
                });
            }
            group.finish();
        }
    }
}

/// Time of `n` instantiations, or of `n` times closing. Some instances exist at once: asking for the time costs too.
fn measure(
    rt: &mut Runtime,
    code: &CompiledModule,
    config: &ModuleConfig,
    n: u64,
    closing: bool,
) -> Duration {
    const AT_ONCE: u64 = 16;
    let mut total = Duration::ZERO;
    let mut left = n;
    while left > 0 {
        let count = left.min(AT_ONCE);
        let start = processor_time();
        let made: Vec<_> =
            (0..count).map(|_| rt.instantiate(code, config.clone()).expect("an instance")).collect();
        let between = processor_time();
        made.into_iter().for_each(|module| module.close(rt, 0).expect("an open instance"));
        total += if closing { processor_time() - between } else { between - start };
        left -= count;
    }
    total
}

/// Host modules for whatever a module imports, all of which are functions.
fn stub(rt: &mut Runtime, code: &CompiledModule) {
    let mut hosts: Vec<HostModule> = Vec::new();
    for import in code.imports() {
        let wz_api::ExternType::Func(ty) = import.ty else { continue };
        let at = hosts.iter().position(|host| host.name() == import.module).unwrap_or_else(|| {
            hosts.push(HostModule::new(import.module));
            hosts.len() - 1
        });
        let host = hosts.swap_remove(at);
        hosts.push(host.func_dyn(import.name, ty, |_, _, _| Ok(())));
    }
    hosts.iter().for_each(|host| {
        rt.instantiate_host(host).expect("a host module");
    });
}

criterion_group!(benches, instantiate);
criterion_main!(benches);
