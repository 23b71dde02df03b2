//! Running very many small tests on all cores.

use crate::guard::LIMIT;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Calls `test` with each number below `count`, on all cores, and returns the results in order.
///
/// # Panics
///
/// If a call panics or returns an error: with the numbers and texts of the first ones, after all have run. A call that
/// takes longer than [`LIMIT`] ends the process.
pub fn run<R: Send>(count: u64, test: impl Fn(u64) -> Result<R, String> + Sync) -> Vec<R> {
    let threads = thread::available_parallelism().map_or(1, |n| n.get());
    let next = AtomicU64::new(0);
    let results = Mutex::new(Vec::new());
    let running: Vec<Mutex<Option<(u64, Instant)>>> = (0..threads).map(|_| Mutex::new(None)).collect();
    thread::scope(|scope| {
        let workers: Vec<_> = running
            .iter()
            .map(|current| {
                let (next, results, test) = (&next, &results, &test);
                scope.spawn(move || {
                    loop {
                        let i = next.fetch_add(1, Ordering::Relaxed);
                        if i >= count {
                            return;
                        }
                        *lock(current) = Some((i, Instant::now()));
                        let done = catch_unwind(AssertUnwindSafe(|| test(i)))
                            .unwrap_or_else(|_| Err("panic, see above".into()));
                        *lock(current) = None;
                        lock(results).push((i, done));
                    }
                })
            })
            .collect();
        while workers.iter().any(|worker| !worker.is_finished()) {
            thread::sleep(Duration::from_millis(20));
            for current in &running {
                if let Some((i, since)) = *lock(current)
                    && since.elapsed() > LIMIT
                {
                    eprintln!("number {i} is still running after {} s", LIMIT.as_secs());
                    std::process::exit(101);
                }
            }
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(i, _)| *i);
    let mut good = Vec::with_capacity(results.len());
    let mut bad = Vec::new();
    for (i, result) in results {
        match result {
            Ok(result) => good.push(result),
            Err(error) => bad.push(format!("number {i}: {error}")),
        }
    }
    assert!(bad.is_empty(), "{} of {count} fail:\n{}", bad.len(), bad[..bad.len().min(10)].join("\n"));
    good
}

fn lock<X>(mutex: &Mutex<X>) -> std::sync::MutexGuard<'_, X> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
