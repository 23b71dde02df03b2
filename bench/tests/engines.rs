//! Every engine does every job that it lists, and does it right.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use wz_bench_harness::fetch::digest;
use wz_bench_harness::job::{EngineInfo, Job, Measurement, Outcome, Program, Threads, figure};
use wz_bench_harness::worker::parse;

fn ask(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_wz-bench")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn engines() -> Vec<String> {
    let list: Vec<EngineInfo> = serde_json::from_str(&ask(&["engines"])).unwrap();
    list.into_iter().map(|engine| engine.name).collect()
}

fn kernel(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("kernels").join(name)
}

fn measure(engine: &str, job: &Job) -> Outcome {
    parse(&ask(&["measure", engine, &serde_json::to_string(job).unwrap()]))
}

fn measured(engine: &str, job: &Job) -> Measurement {
    match measure(engine, job) {
        Outcome::Measured(measurement) => measurement,
        other => panic!("{engine}: {other:?}"),
    }
}

/// wasmparser validates and does nothing else.
fn runs(engine: &&String) -> bool {
    *engine != "wasmparser"
}

#[test]
fn names_are_unique_and_wz_is_among_them() {
    let engines = engines();
    assert_eq!(engines.iter().collect::<BTreeSet<_>>().len(), engines.len());
    assert!(engines.iter().any(|engine| engine == "wz-interp"), "{engines:?}");
}

#[test]
fn programs_print_what_they_should() {
    let expected = std::fs::read(kernel("expected/hello.txt")).unwrap();
    let job = Job::Run(Program {
        wasm: kernel("hello.wasm"),
        args: vec!["hello".to_owned()],
        folders: Vec::new(),
        threads: Threads::One,
    });
    for engine in engines().iter().filter(runs) {
        let measurement = measured(engine, &job);
        assert_eq!(measurement.output_sha256, Some(digest(&expected)), "{engine}");
        assert_eq!(measurement.exit_code, Some(0), "{engine}");
        for name in [figure::RUN_CPU, figure::COMPILE_WALL, figure::FIRST_OUTPUT, figure::TOTAL_WALL] {
            assert!(measurement.figure(name).is_some(), "{engine}: no {name}");
        }
    }
}

#[test]
fn modules_are_compiled_and_instantiated() {
    let wasm = kernel("lz.wasm");
    for engine in engines() {
        let measurement = measured(&engine, &Job::Compile { wasm: wasm.clone(), threads: Threads::One });
        assert!(measurement.figure(figure::COMPILE_CPU).is_some_and(|time| time > 0.0), "{engine}");
        if runs(&&engine) {
            let measurement = measured(&engine, &Job::Instantiate { wasm: wasm.clone() });
            assert!(measurement.figure(figure::INSTANTIATE).is_some_and(|time| time > 0.0), "{engine}");
        }
    }
}

#[test]
fn calls_of_every_kind_are_made() {
    let job = Job::Calls { caller: kernel("calls.wasm"), callee: kernel("callee.wasm") };
    for engine in engines().iter().filter(runs) {
        let measurement = measured(engine, &job);
        for (name, _) in figure::CALLS {
            assert!(measurement.figure(name).is_some_and(|time| time > 0.0), "{engine}: {name}");
        }
    }
}

#[test]
fn code_that_is_stored_is_loaded() {
    let job = Job::Load { wasm: kernel("lz.wasm") };
    for engine in ["wasmtime-cranelift", "wasmtime-winch", "wasmer-singlepass"] {
        assert!(measured(engine, &job).figure(figure::LOAD_WALL).is_some(), "{engine}");
    }
    assert!(matches!(measure("wasmi", &job), Outcome::Unsupported { .. }));
}

#[test]
fn what_is_no_module_is_refused() {
    let job = Job::Compile { wasm: kernel("fib.c"), threads: Threads::One };
    for engine in engines().iter().filter(runs) {
        assert!(matches!(measure(engine, &job), Outcome::Unsupported { .. }), "{engine}");
    }
    let nothing = Job::Compile { wasm: kernel("nothing.wasm"), threads: Threads::One };
    assert!(matches!(measure("wasmi", &nothing), Outcome::Failed { .. }));
    assert!(matches!(measure("no-such-engine", &job), Outcome::Failed { .. }));
}
