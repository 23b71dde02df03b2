//! What calls between host and guest cost, below the public API: hand-written guests, called through the store.
//!
//! Times are those of the processor, not of the clock on the wall.
//!
//! A guest that calls the host does so many times in a loop; the loop alone is measured too, to be taken off.

use criterion::{Criterion, criterion_group, criterion_main};

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[path = "../tests/support/mod.rs"]
mod support;

/// Calls of the host by one call of the guest.
const CALLS: u64 = 1000;

/// How much of the processor's time `n` runs of `work` take.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn processor_time<T>(n: u64, mut work: impl FnMut() -> T) -> std::time::Duration {
    let now = || {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: fills a structure of our own.
        unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
        std::time::Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
    };
    let start = now();
    for _ in 0..n {
        std::hint::black_box(work());
    }
    now() - start
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn calls(c: &mut Criterion) {
    use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};
    use std::hint::black_box;
    use support::{Host, export};
    use wz_core::native::Helper;
    use wz_core::runtime::call_callee;
    use wz_core::types::{FuncType, ValType::I32};

    let mut host = Host::new();
    host.host_func(FuncType::new([I32, I32], [I32]), |_, _, values| {
        values[0] += values[1];
        Ok(())
    });
    let text = r#"(module (import "env" "f" (func (param i32 i32) (result i32))) (memory 1)
        (func (export "nop") unreachable)
        (func (export "add") (param i32 i32) (result i32) unreachable)
        (func (export "addf") (param f64 f64) (result f64) unreachable)
        (func (export "loop") (param i32) unreachable)
        (func (export "host") (param i32) unreachable)
        (func (export "helper") (param i32) unreachable))"#;
    let instance = host.instantiate(text, |a| {
        a.begin(0, 0, 0, 0);
        a.end();
        a.begin(0, 0, 0, 0);
        dynasm!(a.asm ; .arch x64 ; lea eax, [rsi + rdx]);
        a.end();
        a.begin(0, 0, 0, 0);
        dynasm!(a.asm ; .arch x64 ; addsd xmm0, xmm1);
        a.end();
        a.begin(0, 0, 0, 0);
        dynasm!(a.asm ; .arch x64 ; again: ; dec esi ; jne <again);
        a.end();
        a.begin(1, 0, 0, 0);
        dynasm!(a.asm ; .arch x64 ; mov [rsp + 8], rbx ; mov ebx, esi ; again: ; mov esi, ebx ; mov edx, 7);
        a.call_import(0, 1);
        dynasm!(a.asm ; .arch x64 ; dec ebx ; jne <again ; mov rbx, [rsp + 8]);
        a.end();
        a.begin(1, 0, 0, 0);
        dynasm!(a.asm ; .arch x64 ; mov [rsp + 8], rbx ; mov ebx, esi ; again: ; xor esi, esi ; xor edx, edx);
        a.call_helper(Helper::MemoryGrow, 1);
        dynasm!(a.asm ; .arch x64 ; dec ebx ; jne <again ; mov rbx, [rsp + 8]);
        a.end();
    });
    let mut group = c.benchmark_group("host to guest");
    for (name, slots) in [("nop", 0), ("add", 2), ("addf", 2)] {
        let func = host.store.callee(export(&host, instance, name)).expect("a function");
        group.bench_function(name, |b| {
            b.iter_custom(|n| {
                processor_time(n, || {
                    let mut values = black_box([1, 2]);
                    call_callee(&mut host, &func, &mut values[..slots]).expect("no trap");
                    values[0]
                })
            })
        });
    }
    group.finish();
    let mut group = c.benchmark_group(format!("guest to host, {CALLS} times"));
    for name in ["loop", "host", "helper"] {
        let func = export(&host, instance, name);
        group.bench_function(name, |b| {
            b.iter_custom(|n| {
                processor_time(n, || wz_core::runtime::call(&mut host, func, &mut [CALLS]).expect("no trap"))
            })
        });
    }
    group.finish();
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn calls(_: &mut Criterion) {}

criterion_group!(benches, calls);
criterion_main!(benches);
