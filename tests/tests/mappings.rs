//! What this process has mapped: no page that is writable and executable, and nothing left of what is gone.

#![forbid(unsafe_code)]
#![cfg(target_os = "linux")]

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use wz_api::{Caller, EngineKind, HostModule, ModuleConfig, Runtime, Value};
use wz_tests::guest::{call, instantiate};
use wz_tests::process::{alone, mappings, resident, sanitized};
use wz_tests::{Mode, engines};

/// The pages that may be executed and are of no file; fails if one may be written too.
fn code_mappings() -> usize {
    let all = mappings();
    let both = all.iter().find(|mapping| mapping.writable && mapping.executable);
    assert!(both.is_none(), "writable and executable: {both:?}");
    all.iter().filter(|mapping| mapping.executable && !mapping.named).count()
}

/// A module whose code takes some pages.
fn large(functions: usize) -> String {
    let functions: String = (0..functions)
        .map(|k| {
            format!(
                "(func (export \"f{k}\") (param i32) (result i32)
                    (i32.load8_u (i32.add (i32.mul (local.get 0) (i32.const {k})) (i32.const 8))))"
            )
        })
        .collect();
    format!(
        r#"(module
            (import "host" "look" (func $look))
            (memory 1)
            {functions}
            (func (export "look") (call $look))
            (func (export "trap") (drop (i32.load (i32.const -1)))))"#
    )
}

#[test]
fn no_page_is_writable_and_executable() {
    let _alone = alone();
    static CODE: AtomicUsize = AtomicUsize::new(0);
    let done = AtomicBool::new(false);
    let (small, large) = (large(3), large(3000));
    thread::scope(|scope| {
        // All the time while others compile, run and drop.
        let scans = scope.spawn(|| {
            let mut scans = 0;
            while !done.load(Ordering::Relaxed) {
                code_mappings();
                scans += 1;
            }
            scans
        });
        let runs = thread::scope(|scope| {
            let threads = Mode::all().into_iter().map(|mode| {
                let sources = [&small, &large];
                scope.spawn(move || {
                    for round in 0..8 {
                        let mut rt = mode.runtime();
                        let look = |_: Caller<'_, ()>| {
                            CODE.fetch_max(code_mappings(), Ordering::Relaxed);
                        };
                        rt.instantiate_host(&HostModule::new("host").func("look", look)).expect("it links");
                        let module = instantiate(&mut rt, sources[round % 2]).expect("the module links");
                        for name in ["look", "trap", "look"] {
                            assert_eq!(call(&mut rt, module, name, &[]).is_err(), name == "trap", "{mode}");
                        }
                    }
                })
            });
            let threads: Vec<_> = threads.collect();
            threads.into_iter().all(|thread| thread.join().is_ok())
        });
        done.store(true, Ordering::Relaxed);
        assert!(runs);
        assert!(scans.join().expect("no page is both") > 10, "hardly anything was scanned");
    });
    // The scan does see code, where there is any.
    assert_eq!(CODE.load(Ordering::Relaxed) > 0, engines().contains(&EngineKind::Jit));
}

#[test]
fn ten_thousand_instances_leave_nothing_behind() {
    let _alone = alone();
    const ROUNDS: usize = 10_000;
    const WARM_UP: usize = 500;
    let source = r#"(module
        (memory (export "memory") 1)
        (table 10 funcref)
        (elem (i32.const 0) $store)
        (func $store (export "store") (param i32) (i32.store (local.get 0) (i32.const 1))))"#;
    for mode in Mode::memories() {
        let mut rt = mode.runtime();
        let code = rt.compile(source).expect("the module is valid");
        let mut before = (0, 0);
        for round in 0..ROUNDS / Mode::memories().len() + WARM_UP {
            if round == WARM_UP {
                before = (mappings().len(), resident());
            }
            let module = rt.instantiate(&code, ModuleConfig::new()).expect("the module links");
            for (at, traps) in [(0, false), (65532, false), (65533, true)] {
                let end = call(&mut rt, module, "store", &[Value::I32(at)]);
                assert_eq!(end.is_err(), traps, "{mode}, round {round}, {at}");
            }
            module.close(&mut rt, 0).expect("it is open");
        }
        let after = (mappings().len(), resident());
        if !sanitized() {
            assert!(after.0 <= before.0 + 2, "{mode}: {} mappings, then {}", before.0, after.0);
            assert!(after.1 <= before.1 + (4 << 20), "{mode}: {} bytes, then {}", before.1, after.1);
        }
    }
}

#[test]
fn thousands_of_modules_and_runtimes_leave_nothing_behind() {
    let _alone = alone();
    const ROUNDS: usize = 400;
    const WARM_UP: usize = 100;
    let source = large(60);
    for mode in Mode::memories() {
        let mut before = (0, 0);
        for round in 0..ROUNDS + WARM_UP {
            if round == WARM_UP {
                before = (mappings().len(), resident());
            }
            // Every tenth on a thread of its own.
            let run = || {
                let mut rt: Runtime = mode.runtime();
                rt.instantiate_host(&HostModule::new("host").func("look", |_: Caller<'_, ()>| ()))
                    .expect("it links");
                let module = instantiate(&mut rt, &source).expect("the module links");
                assert!(call(&mut rt, module, "f7", &[Value::I32(7)]).is_ok());
                assert!(call(&mut rt, module, "trap", &[]).is_err());
            };
            if round % 10 == 0 {
                thread::scope(|scope| scope.spawn(run).join()).expect("no panic");
            } else {
                run();
            }
        }
        let after = (mappings().len(), resident());
        if !sanitized() {
            assert!(after.0 <= before.0 + 8, "{mode}: {} mappings, then {}", before.0, after.0);
            assert!(after.1 <= before.1 + (4 << 20), "{mode}: {} bytes, then {}", before.1, after.1);
        }
    }
}
