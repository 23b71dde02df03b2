//! A guest that nobody trusts: limits for what it takes, fuel for what it does, interrupts and deadlines for how long.
//! The runtime and the instance stay usable after each.

use std::thread;
use std::time::{Duration, Instant};
use wz_api::{Error, ModuleConfig, Runtime, RuntimeConfig};

const SOURCE: &str = r#"
    (module
        (memory (export "memory") 1)
        (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
        (func $recurse (export "recurse") (call $recurse))
        (func (export "spin") (loop br 0)))
"#;

/// Runs the example.
pub fn main() -> Result<(), Error> {
    let config = RuntimeConfig::new()
        .with_max_memory_pages(16)
        .with_guest_stack_bytes(1 << 20)
        .with_fuel(Some(1_000_000))
        .with_interruption(true);
    let mut rt = Runtime::new(config)?;
    let code = rt.compile(SOURCE)?;
    let module = rt.instantiate(&code, ModuleConfig::new())?;

    let grow = module.func::<u32, i32>(&rt, "grow")?;
    println!("grow by 15: {}", grow.call(&mut rt, 15)?);
    println!("grow by 1 more: {}", grow.call(&mut rt, 1)?);

    for name in ["recurse", "spin"] {
        rt.set_fuel(1_000_000);
        let error = module.func::<(), ()>(&rt, name)?.call(&mut rt, ()).err();
        println!("{name}: {}", error.and_then(|e| e.trap_code()).map_or("returned", |code| code.message()));
    }

    rt.set_fuel(u64::MAX);
    let interrupter = rt.interrupter();
    let watchdog = thread::spawn(move || {
        thread::sleep(Duration::from_millis(50));
        interrupter.interrupt();
    });
    let spin = module.func::<(), ()>(&rt, "spin")?;
    match spin.call(&mut rt, ()) {
        Ok(()) => println!("spin: returned"),
        Err(error) => println!("spin with a watchdog: {error}"),
    }
    let _ = watchdog.join();
    rt.interrupter().clear();

    rt.set_deadline(Some(Instant::now() + Duration::from_millis(50)))?;
    println!("spin with a deadline: {:?}", spin.call(&mut rt, ()).err().and_then(|e| e.trap_code()));
    rt.set_deadline(None)?;

    println!("grow by 0: {}", grow.call(&mut rt, 0)?);
    Ok(())
}
