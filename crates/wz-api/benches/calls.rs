//! What calls between host and guest cost, in time of the processor.
//!
//! A guest that calls the host does so many times in a loop; the loop alone is measured too, to be taken off.

use criterion::{Criterion, criterion_group, criterion_main};
use rustix::time::{ClockId, clock_gettime};
use std::hint::black_box;
use std::time::Duration;
use wz_api::{Caller, EngineKind, HostModule, Module, ModuleConfig, Runtime, RuntimeConfig, Value};

/// Calls of the host by one call of the guest.
const CALLS: u32 = 1000;

const GUEST: &str = r#"
    (module
        (import "host" "nop" (func $nop))
        (import "host" "add" (func $add (param i32 i32) (result i32)))
        (import "host" "count" (func $count (param i64)))
        (func (export "nop"))
        (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
        (func (export "loop") (param $n i32)
            (loop $again
                (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
        (func (export "host-nop") (param $n i32)
            (loop $again
                (call $nop)
                (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
        (func (export "host-add") (param $n i32)
            (loop $again
                (drop (call $add (local.get $n) (i32.const 7)))
                (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
        (func (export "host-count") (param $n i32)
            (loop $again
                (call $count (i64.const 1))
                (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))"#;

fn guest(config: RuntimeConfig) -> (Runtime<u64>, Module) {
    let host = HostModule::<u64>::new("host")
        .func("nop", || ())
        .func("add", |a: i32, b: i32| a.wrapping_add(b))
        .func("count", |mut c: Caller<u64>, n: u64| *c.data_mut() += n);
    let mut rt = Runtime::with_data(config, 0).unwrap();
    rt.instantiate_host(&host).unwrap();
    let code = rt.compile(GUEST).unwrap();
    let module = rt.instantiate(&code, ModuleConfig::new()).unwrap();
    (rt, module)
}

/// The processor's time of `n` times `work`.
fn time<T>(n: u64, mut work: impl FnMut() -> T) -> Duration {
    let now = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
    };
    let start = now();
    for _ in 0..n {
        black_box(work());
    }
    now() - start
}

fn calls(c: &mut Criterion) {
    for engine in [EngineKind::Jit, EngineKind::Interp] {
        let (mut rt, module) = guest(RuntimeConfig::new().with_engine(engine));
        let name = rt.engine_name();
        let mut group = c.benchmark_group(format!("host to guest, {name}"));
        let nop = module.func::<(), ()>(&rt, "nop").unwrap();
        group.bench_function("typed nop", |b| b.iter_custom(|n| time(n, || nop.call(&mut rt, ()).unwrap())));
        let add = module.func::<(i32, i32), i32>(&rt, "add").unwrap();
        group.bench_function("typed add", |b| {
            b.iter_custom(|n| time(n, || add.call(&mut rt, black_box((1, 2))).unwrap()))
        });
        let add = add.func();
        let args = [Value::I32(1), Value::I32(2)];
        group.bench_function("dynamic add", |b| {
            b.iter_custom(|n| time(n, || add.call_dyn(&mut rt, black_box(&args)).unwrap()))
        });
        group.finish();

        let mut group = c.benchmark_group(format!("guest to host, {CALLS} times, {name}"));
        for name in ["loop", "host-nop", "host-add", "host-count"] {
            let run = module.func::<u32, ()>(&rt, name).unwrap();
            group.bench_function(name, |b| b.iter_custom(|n| time(n, || run.call(&mut rt, CALLS).unwrap())));
        }
        group.finish();
    }
}

criterion_group!(benches, calls);
criterion_main!(benches);
