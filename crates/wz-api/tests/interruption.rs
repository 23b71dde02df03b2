//! Interruption: from any thread, at any moment, sticky until it is cleared; deadlines.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use wz_api::{
    Caller, EngineKind, Error, ErrorKind, HostModule, Module, ModuleConfig, Runtime, RuntimeConfig, TrapCode,
};

const GUEST: &str = r#"
    (module
        (import "host" "wait" (func $wait (param i32)))
        (import "host" "again" (func $again))
        (memory (export "memory") 1)
        (table 10 funcref)
        (func $recurse (param i32)
            (if (local.get 0) (then (call $recurse (i32.sub (local.get 0) (i32.const 1))))))
        (func (export "one") (result i32) (i32.const 1))
        (func (export "spin") (loop br 0))
        (func (export "work") (param i32) (result i32) (local $n i32)
            (loop $again
                (call $recurse (i32.const 20))
                (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
                (memory.fill (i32.const 8) (i32.const 7) (i32.const 4000))
                (call $wait (i32.const 0))
                (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (local.get 0))))
            (local.get $n))
        (func (export "wait") (call $wait (i32.const 60000)) (loop br 0))
        (func (export "nest") (call $again)))"#;

fn guest(engine: EngineKind) -> (Runtime, Module) {
    let mut rt = Runtime::new(RuntimeConfig::new().with_engine(engine).with_interruption(true)).unwrap();
    let host = HostModule::new("host")
        .func("wait", |c: Caller, milliseconds: u32| {
            let interrupter = c.interrupter();
            let end = Instant::now() + Duration::from_millis(milliseconds.into());
            while Instant::now() < end {
                if interrupter.is_interrupted() {
                    return Err(Error::from(TrapCode::Interrupted));
                }
                std::thread::sleep(Duration::from_millis(5));
            }
            Ok(())
        })
        .func("again", |mut c: Caller| {
            let module = c.module().unwrap();
            module.func::<(), ()>(&c, "spin")?.call(&mut c, ())
        });
    rt.instantiate_host(&host).unwrap();
    let code = rt.compile(GUEST).unwrap();
    let module = rt.instantiate(&code, ModuleConfig::new()).unwrap();
    (rt, module)
}

#[test]
fn an_interruption_lasts_until_it_is_cleared() {
    for engine in [EngineKind::Interp, EngineKind::InterpLoop] {
        let (mut rt, module) = guest(engine);
        let one = module.func::<(), i32>(&rt, "one").unwrap();
        let interrupter = rt.interrupter();
        interrupter.interrupt();
        interrupter.interrupt();
        for _ in 0..3 {
            let error = one.call(&mut rt, ()).unwrap_err();
            assert_eq!(error.trap_code(), Some(TrapCode::Interrupted));
            assert_eq!(error.as_trap().unwrap().backtrace.frames[0].name.as_deref(), Some("one"));
            assert!(interrupter.is_interrupted());
        }
        interrupter.clear();
        assert!(!interrupter.is_interrupted());
        assert_eq!(one.call(&mut rt, ()).unwrap(), 1);
    }
}

#[test]
fn guests_stop_within_a_tenth_of_a_second() {
    let (mut rt, module) = guest(EngineKind::Auto);
    for name in ["spin", "wait", "nest"] {
        let func = module.func::<(), ()>(&rt, name).unwrap();
        let interrupter = rt.interrupter();
        let thread = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(20));
            interrupter.interrupt();
            Instant::now()
        });
        let error = func.call(&mut rt, ()).unwrap_err();
        let latency = thread.join().unwrap().elapsed();
        assert_eq!(error.trap_code(), Some(TrapCode::Interrupted), "{name}");
        // Also where the host function made the error.
        assert!(!error.as_trap().unwrap().backtrace.frames.is_empty(), "{name}");
        assert!(latency < Duration::from_millis(100), "{name}: {latency:?}");
        rt.interrupter().clear();
    }
}

#[test]
fn deadlines_stop_guests_and_can_be_moved() {
    let (mut rt, module) = guest(EngineKind::Auto);
    let one = module.func::<(), i32>(&rt, "one").unwrap();
    for name in ["spin", "wait"] {
        let func = module.func::<(), ()>(&rt, name).unwrap();
        let deadline = Instant::now() + Duration::from_millis(30);
        rt.set_deadline(Some(deadline)).unwrap();
        assert_eq!(rt.deadline(), Some(deadline));
        let error = func.call(&mut rt, ()).unwrap_err();
        assert_eq!(error.trap_code(), Some(TrapCode::Interrupted));
        let late = deadline.elapsed();
        assert!(Instant::now() >= deadline && late < Duration::from_millis(100), "{name}: {late:?}");
    }
    // It stays until another one is set; to clear an interruption is something else.
    rt.interrupter().clear();
    assert!(rt.interrupter().is_interrupted());
    assert_eq!(one.call(&mut rt, ()).unwrap_err().trap_code(), Some(TrapCode::Interrupted));
    rt.set_deadline(Some(Instant::now() + Duration::from_secs(3600))).unwrap();
    assert_eq!(one.call(&mut rt, ()).unwrap(), 1);
    // One that has passed does not even let a guest begin.
    rt.set_deadline(Some(Instant::now())).unwrap();
    assert_eq!(one.call(&mut rt, ()).unwrap_err().trap_code(), Some(TrapCode::Interrupted));
    rt.set_deadline(None).unwrap();
    assert_eq!(rt.deadline(), None);
    assert_eq!(one.call(&mut rt, ()).unwrap(), 1);
}

#[test]
fn many_runtimes_have_deadlines_of_their_own() {
    let threads: Vec<_> = (0..8u64)
        .map(|i| {
            std::thread::spawn(move || {
                let (mut rt, module) = guest(EngineKind::Auto);
                let wait = module.func::<(), ()>(&rt, "wait").unwrap();
                for round in 0..5 {
                    let deadline = Instant::now() + Duration::from_millis(10 + (i * 7 + round * 13) % 40);
                    rt.set_deadline(Some(deadline)).unwrap();
                    let error = wait.call(&mut rt, ()).unwrap_err();
                    assert_eq!(error.trap_code(), Some(TrapCode::Interrupted));
                    assert!(deadline.elapsed() < Duration::from_millis(150), "{:?}", deadline.elapsed());
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn a_deadline_needs_interruption() {
    let mut rt = Runtime::new(RuntimeConfig::new()).unwrap();
    let error = rt.set_deadline(Some(Instant::now())).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Usage(_)));
    assert_eq!(error.to_string(), "a deadline for a runtime that is configured without interruption");
    rt.set_deadline(None).unwrap();
}

/// Interruptions at random moments, for many rounds: each call ends with its result or with the trap, and the instance is
/// as usable after it as before.
#[test]
fn interruptions_at_any_moment() {
    for engine in [EngineKind::Interp, EngineKind::InterpLoop] {
        let (mut rt, module) = guest(engine);
        let work = module.func::<i32, i32>(&rt, "work").unwrap();
        let over = Arc::new(AtomicBool::new(false));
        let storm = {
            let (interrupter, over) = (rt.interrupter(), over.clone());
            std::thread::spawn(move || {
                let mut random = 0x9e37_79b9_7f4a_7c15u64;
                while !over.load(Ordering::Relaxed) {
                    random = random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
                    let end = Instant::now() + Duration::from_nanos(random >> 47);
                    while Instant::now() < end {
                        std::hint::spin_loop();
                    }
                    interrupter.interrupt();
                }
            })
        };
        let (mut finished, mut interrupted) = (0, 0);
        let start = Instant::now();
        // A busy machine may let the other thread run late and seldom.
        while start.elapsed() < Duration::from_millis(1000)
            || finished.min(interrupted) <= 100 && start.elapsed() < Duration::from_secs(60)
        {
            match work.call(&mut rt, 10) {
                Ok(n) => {
                    assert_eq!(n, 10);
                    finished += 1;
                }
                Err(error) => {
                    assert_eq!(error.trap_code(), Some(TrapCode::Interrupted), "{error}");
                    interrupted += 1;
                    rt.interrupter().clear();
                }
            }
        }
        over.store(true, Ordering::Relaxed);
        storm.join().unwrap();
        rt.interrupter().clear();
        assert_eq!(work.call(&mut rt, 7).unwrap(), 7);
        assert!(finished > 100 && interrupted > 100, "{finished} finished, {interrupted} interrupted");
    }
}
