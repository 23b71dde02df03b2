//! Many threads that compile, instantiate, call, trap and drop at once; modules released while their instances run; code
//! that is closed while it runs.

#![forbid(unsafe_code)]

use std::sync::{Arc, Barrier, Mutex, PoisonError};
use std::thread;
use wz_api::{
    Caller, CompiledModule, Error, HostModule, Module, ModuleConfig, Runtime, RuntimeConfig, TrapCode, Value,
};
use wz_tests::guard::guarded;
use wz_tests::guest::{call, instantiate, on_each_engine};
use wz_tests::rng::Rng;
use wz_tests::{Mode, engines};

/// A module whose constants differ from seed to seed, so that no two have the same code.
fn source(seed: u64) -> String {
    let (a, b) = (seed % 1000, seed / 7 % 5000);
    // Functions that are never called, so that modules differ in size.
    let padding: String = (0..seed % 40)
        .map(|k| format!("(func (param i32) (result i32) (i32.mul (local.get 0) (i32.const {})))", seed + k))
        .collect();
    format!(
        r#"(module
            (memory (export "memory") 1 4)
            (table 4 funcref)
            (elem (i32.const 0) $sum $trap)
            {padding}
            (func $sum (export "sum") (param i32) (result i32) (local $r i32)
                (loop $l
                    (local.set $r (i32.add (local.get $r) (i32.add (i32.const {a}) (local.get 0))))
                    (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
                (local.get $r))
            (func $trap (param i32) (result i32) (unreachable))
            (func (export "indirect") (param i32) (result i32)
                (call_indirect (param i32) (result i32) (i32.const 10) (local.get 0)))
            (func (export "load") (param i32) (result i32) (i32.load offset={b} (local.get 0)))
            (func (export "divide") (param i32) (result i32) (i32.div_s (i32.const {a}) (local.get 0)))
            (func $deep (export "deep") (param i32) (result i32)
                (i32.add (call $deep (local.get 0)) (i32.const {a})))
            (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"#
    )
}

/// Does something at random with an instance of [`source`], and checks what comes of it.
fn use_it(rt: &mut Runtime, module: Module, seed: u64, rng: &mut Rng) -> Result<(), String> {
    let a = (seed % 1000) as i32;
    let (name, arg, expected) = match rng.below(9) {
        0 => ("sum", 10, Ok(10 * a + 55)),
        1 => ("indirect", 0, Ok(10 * a + 55)),
        2 => ("indirect", 1, Err(TrapCode::Unreachable)),
        3 => ("indirect", 2, Err(TrapCode::UninitializedElement)),
        4 => ("indirect", 4, Err(TrapCode::UndefinedElement)),
        5 => ("load", -4, Err(TrapCode::MemoryOutOfBounds)),
        6 => ("divide", 0, Err(TrapCode::IntegerDivideByZero)),
        7 => ("divide", 2, Ok(a / 2)),
        _ => ("deep", 1, Err(TrapCode::StackOverflow)),
    };
    let end = call(rt, module, name, &[Value::I32(arg)]);
    let found = match &end {
        Ok(results) if results.len() == 1 => match results[0] {
            Value::I32(x) => Ok(x),
            _ => Err(None),
        },
        Ok(_) => Err(None),
        Err(error) => Err(error.trap_code()),
    };
    if found == expected.map_err(Some) { Ok(()) } else { Err(format!("{name} of {arg}: {end:?}")) }
}

#[test]
fn threads_that_do_everything_at_once() {
    const THREADS: u64 = 8;
    const ROUNDS: u64 = 60;
    for mode in Mode::memories() {
        guarded(move || {
            // Modules that any thread may take, use and drop.
            let shared: Arc<Mutex<Vec<(u64, CompiledModule)>>> = Arc::default();
            let start = Arc::new(Barrier::new(THREADS as usize));
            let threads: Vec<_> = (0..THREADS)
                .map(|number| {
                    let (shared, start) = (shared.clone(), start.clone());
                    thread::spawn(move || {
                        let mut rng = Rng::new(number);
                        let config = mode.config().with_guest_stack_bytes(256 << 10).with_compile_threads(1);
                        start.wait();
                        for round in 0..ROUNDS {
                            let mut rt = Runtime::new(config.clone()).expect("a runtime can be had");
                            let seed = round * THREADS + number;
                            let own = rt.compile(source(seed)).expect("the module is valid");
                            let mut codes = vec![(seed, own)];
                            let mut pool = shared.lock().unwrap_or_else(PoisonError::into_inner);
                            if rng.below(2) == 0 {
                                pool.push(codes[0].clone());
                            }
                            if pool.len() > 10 {
                                let at = rng.below(pool.len());
                                codes.push(pool.swap_remove(at));
                            }
                            drop(pool);
                            let mut instances = Vec::new();
                            for (seed, code) in codes {
                                for _ in 0..1 + rng.below(3) {
                                    let module =
                                        rt.instantiate(&code, ModuleConfig::new()).expect("the module links");
                                    instances.push((seed, module));
                                }
                            }
                            for _ in 0..20 {
                                let (seed, module) = instances[rng.below(instances.len())];
                                use_it(&mut rt, module, seed, &mut rng)
                                    .unwrap_or_else(|error| panic!("{mode}: module {seed}: {error}"));
                            }
                            if rng.below(2) == 0 {
                                let (_, module) = instances[0];
                                module.close(&mut rt, 0).expect("it is open");
                                assert!(call(&mut rt, module, "sum", &[Value::I32(1)]).is_err());
                            }
                        }
                    })
                })
                .collect();
            for thread in threads {
                thread.join().expect("no thread panics");
            }
        });
    }
}

#[test]
fn modules_released_while_their_instances_live() {
    on_each_engine(|engine| {
        let mut rt = Runtime::new(RuntimeConfig::new().with_engine(engine)).expect("a runtime can be had");
        let mut rng = Rng::new(3);
        let mut instances = Vec::new();
        for seed in 0..200 {
            let code = rt.compile(source(seed)).expect("the module is valid");
            instances.push((seed, rt.instantiate(&code, ModuleConfig::new()).expect("the module links")));
            drop(code);
            if instances.len() > 20 {
                let (_, module) = instances.swap_remove(rng.below(20));
                module.close(&mut rt, 0).expect("it is open");
            }
            for (seed, module) in &instances {
                use_it(&mut rt, *module, *seed, &mut rng)
                    .unwrap_or_else(|error| panic!("{engine}: module {seed}: {error}"));
            }
        }
    });
}

/// What a guest's host functions are to release or close.
#[derive(Default)]
struct Target {
    code: Option<CompiledModule>,
    module: Option<Module>,
}

/// Calls the host, then uses everything of its own: code, memory, table, globals; then returns, or traps.
const VICTIM: &str = r#"(module $victim
    (import "host" "release" (func $release (param i32)))
    (memory 1)
    (global $g (mut i32) (i32.const 1))
    (table 2 funcref)
    (elem (i32.const 0) $callee)
    (func $callee (result i32) (global.get $g))
    (func $inner (param i32) (result i32)
        (i32.store (i32.const 100) (i32.const 40))
        (call $release (local.get 0))
        (global.set $g (i32.add (global.get $g) (i32.const 1)))
        (i32.add (i32.load (i32.const 100)) (call_indirect (result i32) (i32.const 0))))
    (func (export "run") (param i32) (result i32) (i32.add (call $inner (local.get 0)) (i32.const 0)))
    (func (export "trap") (param i32) (result i32) (drop (call $inner (local.get 0))) (unreachable)))"#;

/// Releases the compiled module, and closes the instance if the argument is 1; then compiles others, which may come to
/// lie where the first was, had it gone.
fn release(mut caller: Caller<'_, Target>, close: i32) -> Result<(), Error> {
    drop(caller.data_mut().code.take());
    if close == 1
        && let Some(module) = caller.data_mut().module.take()
    {
        module.close(&mut caller, 0)?;
    }
    for seed in 1000..1010 {
        let code = caller.compile(source(seed))?;
        let module = caller.instantiate(&code, ModuleConfig::new())?;
        let sum = module.func::<i32, i32>(&caller, "sum")?.call(&mut caller, 2)?;
        assert_eq!(sum, 2 * (seed % 1000) as i32 + 3);
        module.close(&mut caller, 0)?;
    }
    Ok(())
}

#[test]
fn modules_released_and_closed_while_they_run() {
    for engine in engines() {
        guarded(move || {
            for (close, name) in [(0, "run"), (0, "trap"), (1, "run"), (1, "trap")] {
                for round in 0..20 {
                    let config = RuntimeConfig::new().with_engine(*engine);
                    let mut rt = Runtime::with_data(config, Target::default()).expect("a runtime can be had");
                    let host = HostModule::new("host").func("release", release);
                    rt.instantiate_host(&host).expect("the host module links");
                    let code = rt.compile(VICTIM).expect("the module is valid");
                    let module = rt.instantiate(&code, ModuleConfig::new()).expect("the module links");
                    *rt.data_mut() = Target { code: Some(code), module: Some(module) };
                    let end = call(&mut rt, module, name, &[Value::I32(close)]);
                    let what = format!("{engine}: {name}, close {close}, round {round}");
                    match (name, end) {
                        ("run", Ok(results)) => assert_eq!(results, [Value::I32(42)], "{what}"),
                        ("trap", Err(error)) => {
                            let trap = error.as_trap().unwrap_or_else(|| panic!("{what}: {error}"));
                            assert_eq!(trap.code, TrapCode::Unreachable, "{what}");
                            assert_eq!(trap.backtrace.frames.len(), 1, "{what}: {trap}");
                        }
                        (_, end) => panic!("{what}: {end:?}"),
                    }
                    assert_eq!(module.is_closed(&rt), close == 1, "{what}");
                }
            }
        });
    }
}

#[test]
fn runtimes_that_move_between_threads() {
    // A guest stack, a handler's stack and a runtime need not be of the same thread each time.
    for mode in Mode::memories() {
        guarded(move || {
            let mut rt = Runtime::new(mode.config()).expect("a runtime can be had");
            let module = instantiate(&mut rt, source(5)).expect("the module links");
            for round in 0..50 {
                let mut rng = Rng::new(round);
                let thread = thread::spawn(move || {
                    for _ in 0..10 {
                        use_it(&mut rt, module, 5, &mut rng).expect("as always");
                    }
                    rt
                });
                rt = thread.join().expect("no panic");
            }
        });
    }
}
