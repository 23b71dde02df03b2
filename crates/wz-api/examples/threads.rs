//! Many instances on many threads: one compilation, a runtime for each thread, an instance for each request.

use std::thread;
use wz_api::{CompiledModule, Error, HostModule, ModuleConfig, Runtime};

const SOURCE: &str = r#"
    (module
        (import "host" "seed" (func $seed (result i64)))
        (global $state (mut i64) (i64.const 0))
        (func (export "draw") (param $times i32) (result i64)
            (global.set $state (call $seed))
            (loop $next
                (global.set $state
                    (i64.add
                        (i64.mul (global.get $state) (i64.const 6364136223846793005))
                        (i64.const 1442695040888963407)))
                (br_if $next (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))
            (i64.shr_u (global.get $state) (i64.const 40))))
"#;

const THREADS: u64 = 4;
const REQUESTS: u64 = 250;

/// Answers requests, each with a fresh instance: none sees what another left behind.
fn worker(code: &CompiledModule, host: &HostModule<u64>, first: u64) -> Result<u64, Error> {
    let mut rt = Runtime::with_data(Default::default(), 0)?;
    rt.instantiate_host(host)?;
    let mut sum = 0;
    for request in first..first + REQUESTS {
        *rt.data_mut() = request;
        let module = rt.instantiate(code, ModuleConfig::new())?;
        sum += module.func::<u32, u64>(&rt, "draw")?.call(&mut rt, 100)?;
        module.close(&mut rt, 0)?;
    }
    Ok(sum)
}

/// Runs the example.
pub fn main() -> Result<(), Error> {
    // Both are `Send + Sync`; any number of runtimes use them.
    let code = Runtime::new(Default::default())?.compile(SOURCE)?;
    let host = HostModule::new("host").func("seed", |caller: wz_api::Caller<u64>| *caller.data());

    let sums = thread::scope(|scope| {
        let (code, host) = (&code, &host);
        let workers: Vec<_> =
            (0..THREADS).map(|i| scope.spawn(move || worker(code, host, i * REQUESTS))).collect();
        let join = |worker: thread::ScopedJoinHandle<'_, _>| {
            worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        workers.into_iter().map(join).collect::<Result<Vec<u64>, Error>>()
    })?;
    println!("{} requests on {THREADS} threads", THREADS * REQUESTS);
    println!("sum of the answers: {}", sums.iter().sum::<u64>());
    Ok(())
}
