//! Does a job with an engine and says what it took.

use crate::clock::{Lap, Stopwatch, peak_rss_kib};
use crate::engine::{Calls, Engine, Failure, Instances};
use crate::wasi::Wasi;
use std::path::Path;
use std::time::{Duration, Instant};
use wz_bench_harness::fetch::digest;
use wz_bench_harness::job::{Job, Measurement, Outcome, Program, figure};

/// Long enough for the clocks, short enough for many repetitions.
const BATCH: Duration = Duration::from_millis(40);

/// Batches of which the fastest counts.
const BATCHES: u32 = 5;

/// Instances that are there at once.
pub const INSTANCES: usize = 16;

/// Does a job.
pub fn measure<E: Engine>(engine: &E, job: &Job) -> Outcome {
    let done = match job {
        Job::Run(program) => run(engine, program),
        Job::Compile { wasm, .. } => compile(engine, wasm),
        Job::Load { wasm } => load(engine, wasm),
        Job::Instantiate { wasm } => instantiate(engine, wasm),
        Job::Calls { caller, callee } => calls(engine, caller, callee),
    };
    match done {
        Ok(mut measurement) => {
            if let Some(peak) = peak_rss_kib() {
                measurement.figures.insert(figure::PEAK_RSS.to_owned(), peak);
            }
            Outcome::Measured(measurement)
        }
        Err(failure) => outcome(failure),
    }
}

/// What a failure is to the driver.
pub fn outcome(failure: Failure) -> Outcome {
    match failure {
        Failure::Unsupported(reason) => Outcome::Unsupported { reason },
        Failure::Failed(reason) => Outcome::Failed { reason },
    }
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(file).map_err(|error| Failure::Failed(format!("{}: {error}", file.display())))
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn put(measurement: &mut Measurement, name: &str, value: f64) {
    measurement.figures.insert(name.to_owned(), value);
}

fn put_lap(measurement: &mut Measurement, wall: &str, cpu: &str, lap: Lap) {
    put(measurement, wall, milliseconds(lap.wall));
    put(measurement, cpu, milliseconds(lap.cpu));
}

fn run<E: Engine>(engine: &E, program: &Program) -> Result<Measurement, Failure> {
    let began = Instant::now();
    let wasm = read(&program.wasm)?;
    let compiling = Stopwatch::start();
    let module = engine.compile(&wasm)?;
    let compiled = compiling.lap();
    let (wasi, ran) = engine.run(&module, Wasi::new(program.args.clone(), program.folders.clone()))?;
    let total = began.elapsed();
    let mut measurement = Measurement {
        output_sha256: Some(digest(&wasi.output)),
        output_head: Some(String::from_utf8_lossy(&wasi.output[..wasi.output.len().min(100)]).into_owned()),
        exit_code: Some(wasi.exit_code.unwrap_or(0)),
        ..Measurement::default()
    };
    put_lap(&mut measurement, figure::COMPILE_WALL, figure::COMPILE_CPU, compiled);
    put_lap(&mut measurement, figure::RUN_WALL, figure::RUN_CPU, ran);
    put(&mut measurement, figure::TOTAL_WALL, milliseconds(total));
    if let Some(first) = wasi.first_output {
        put(&mut measurement, figure::FIRST_OUTPUT, milliseconds(first - began));
    }
    Ok(measurement)
}

fn compile<E: Engine>(engine: &E, wasm: &Path) -> Result<Measurement, Failure> {
    let wasm = read(wasm)?;
    let compiling = Stopwatch::start();
    let module = engine.compile(&wasm)?;
    let compiled = compiling.lap();
    let mut measurement = Measurement::default();
    put_lap(&mut measurement, figure::COMPILE_WALL, figure::COMPILE_CPU, compiled);
    if let Some(bytes) = engine.code_bytes(&module) {
        put(&mut measurement, figure::CODE_BYTES, bytes as f64);
    }
    Ok(measurement)
}

fn load<E: Engine>(engine: &E, wasm: &Path) -> Result<Measurement, Failure> {
    let artefact = std::env::temp_dir().join(format!("wz-bench-{}.artefact", std::process::id()));
    let module = engine.compile(&read(wasm)?)?;
    let measured = engine.store(&module, &artefact).and_then(|()| {
        drop(module);
        let mut measurement = Measurement::default();
        put(&mut measurement, figure::ARTEFACT_BYTES, read(&artefact)?.len() as f64);
        let mut best = Lap { wall: Duration::MAX, cpu: Duration::MAX };
        for _ in 0..BATCHES {
            let loading = Stopwatch::start();
            let loaded = engine.load(&artefact)?;
            let lap = loading.lap();
            drop(loaded);
            best = Lap { wall: best.wall.min(lap.wall), cpu: best.cpu.min(lap.cpu) };
        }
        put_lap(&mut measurement, figure::LOAD_WALL, figure::LOAD_CPU, best);
        Ok(measurement)
    });
    // What counts is whether it could be stored.
    let _ = std::fs::remove_file(&artefact);
    measured
}

fn instantiate<E: Engine>(engine: &E, wasm: &Path) -> Result<Measurement, Failure> {
    let module = engine.compile(&read(wasm)?)?;
    let mut instances = engine.instances(&module)?;
    let mut measurement = Measurement::default();
    // The first batch warms up.
    let mut batches = (0..=BATCHES).map(|_| instance_batch(&mut *instances)).skip(1);
    let best = batches.try_fold([f64::INFINITY; 3], |best, batch| {
        let batch = batch?;
        Ok(std::array::from_fn(|phase| f64::min(best[phase], batch[phase])))
    })?;
    for (name, seconds) in [figure::STORE, figure::INSTANTIATE, figure::DROP].into_iter().zip(best) {
        put(&mut measurement, name, seconds * 1e6);
    }
    Ok(measurement)
}

/// CPU seconds that one instance takes in each phase, of as many as a batch has time for.
fn instance_batch(instances: &mut dyn Instances) -> Result<[f64; 3], Failure> {
    let (began, mut spent, mut made) = (Instant::now(), [Duration::ZERO; 3], 0.0);
    while began.elapsed() < BATCH {
        let watch = Stopwatch::start();
        instances.make_stores(INSTANCES)?;
        let stores = watch.lap().cpu;
        instances.instantiate()?;
        let instantiated = watch.lap().cpu;
        instances.drop_all();
        let dropped = watch.lap().cpu;
        let phases = [stores, instantiated.saturating_sub(stores), dropped.saturating_sub(instantiated)];
        for (sum, phase) in spent.iter_mut().zip(phases) {
            *sum += phase;
        }
        made += INSTANCES as f64;
    }
    Ok(spent.map(|sum| sum.as_secs_f64() / made))
}

fn calls<E: Engine>(engine: &E, caller: &Path, callee: &Path) -> Result<Measurement, Failure> {
    let caller = engine.compile(&read(caller)?)?;
    let callee = engine.compile(&read(callee)?)?;
    let mut calls = engine.calls(&caller, &callee)?;
    let calls: &mut dyn Calls = &mut *calls;
    let mut measurement = Measurement::default();
    for (name, _) in figure::CALLS {
        let seconds = per_turn(|times| match *name {
            "call_typed_0_ns" => calls.typed_0(times),
            "call_typed_2_ns" => calls.typed_2(times),
            "call_dynamic_2_ns" => calls.dynamic_2(times),
            looped => calls.looped(looped.trim_end_matches("_ns"), times),
        })?;
        put(&mut measurement, name, seconds * 1e9);
    }
    Ok(measurement)
}

/// CPU seconds of one of `times` equal turns: of several batches, each long enough, the fastest.
fn per_turn(mut turns: impl FnMut(u32) -> Result<(), Failure>) -> Result<f64, Failure> {
    let mut times = 1;
    loop {
        let batch = Stopwatch::start();
        turns(times)?;
        if batch.lap().wall >= BATCH || times > u32::MAX / 2 {
            break;
        }
        times *= 2;
    }
    let mut best = Duration::MAX;
    for _ in 0..BATCHES {
        let batch = Stopwatch::start();
        turns(times)?;
        best = best.min(batch.lap().cpu);
    }
    Ok(best.as_secs_f64() / f64::from(times))
}
