//! Suspended calls take what their stacks take, and give it back.

#![forbid(unsafe_code)]
#![cfg(target_os = "linux")]

use wz_api::{EngineKind, Runtime};
use wz_tests::guest::on_each_engine;
use wz_tests::process::{alone, mappings, resident, sanitized};
use wz_tests::suspension::{IntFunc, WAYS, func, instance, on, suspend};

/// A runtime, and a function that adds up what as many suspensions as it is told give it.
fn runtime(engine: EngineKind) -> (Runtime, IntFunc) {
    let mut rt = on(engine);
    let module = instance(&mut rt, WAYS);
    let sum = func(&rt, module, "loop");
    (rt, sum)
}

/// Bytes of memory and mappings of this process that are in use.
fn in_use() -> (u64, usize) {
    (resident() as u64, mappings().len())
}

#[track_caller]
fn assert_flat(engine: EngineKind, before: (u64, usize)) {
    let after = in_use();
    let flat = after.0 < before.0 + (4 << 20) && after.1 < before.1 + 40;
    assert!(flat || sanitized(), "{engine}: {before:?} to {after:?} bytes and mappings");
}

#[test]
fn a_million_suspensions_take_no_memory() {
    let _alone = alone();
    on_each_engine(|engine| {
        const TIMES: i32 = 1_000_000;
        let (mut rt, sum) = runtime(engine);
        let mut call = suspend(&mut rt, sum, TIMES);
        let mut at_first = (0, 0);
        for i in 0..TIMES - 1 {
            assert_eq!(call.take_payload(), Some(i));
            call = call.resume(&mut rt, 2).unwrap().suspended().expect("not the last");
            if i == TIMES / 10 {
                at_first = in_use();
            }
        }
        assert_flat(engine, at_first);
        assert_eq!(call.resume(&mut rt, 2).unwrap().returned(), Some(2 * TIMES), "{engine}");
    });
}

#[test]
fn many_calls_that_are_dropped_leave_nothing() {
    let _alone = alone();
    on_each_engine(|engine| {
        let (mut rt, sum) = runtime(engine);
        let mut at_first = (0, 0);
        for round in 0..20 {
            let calls: Vec<_> = (0..500).map(|i| suspend(&mut rt, sum, i)).collect();
            drop(calls);
            if round == 2 {
                at_first = in_use();
            }
        }
        assert_flat(engine, at_first);
        assert_eq!(suspend(&mut rt, sum, 1).resume(&mut rt, 1).unwrap().returned(), Some(1));
    });
}
