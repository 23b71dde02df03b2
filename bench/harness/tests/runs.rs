//! Runs with engines that are made up: outputs are compared, engines take turns, and what fails is told.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use wz_bench_harness::fetch::digest;
use wz_bench_harness::job::{EngineInfo, Job, Measurement, Outcome, Program, Threads, figure};
use wz_bench_harness::plan::{Measure, Plan, Step};
use wz_bench_harness::worker::Workers;
use wz_bench_harness::{execute, report};

/// Engines that answer at once.
struct MadeUp {
    engines: Vec<EngineInfo>,
    asked: Vec<usize>,
    answer: fn(engine: usize, asked: usize) -> Outcome,
}

impl MadeUp {
    fn new(answer: fn(usize, usize) -> Outcome) -> MadeUp {
        let engines = ["wz-interp", "wasmtime-cranelift"].map(|name| EngineInfo {
            name: name.to_owned(),
            version: "1.0".to_owned(),
            variant_of: None,
        });
        MadeUp { engines: engines.into(), asked: Vec::new(), answer }
    }
}

impl Workers for MadeUp {
    fn engines(&self) -> &[EngineInfo] {
        &self.engines
    }

    fn missing(&self) -> &[String] {
        &[]
    }

    fn measure(&mut self, engine: usize, _: &Step) -> Outcome {
        self.asked.push(engine);
        (self.answer)(engine, self.asked.len())
    }
}

fn ran(output: &str, milliseconds: f64) -> Outcome {
    Outcome::Measured(Measurement {
        figures: BTreeMap::from([(figure::RUN_CPU.to_owned(), milliseconds)]),
        output_sha256: Some(digest(output.as_bytes())),
        output_head: Some(output.to_owned()),
        exit_code: Some(0),
    })
}

/// One kernel that must print `right`.
fn plan() -> Plan {
    let program = Program {
        wasm: PathBuf::from("k.wasm"),
        args: Vec::new(),
        folders: Vec::new(),
        threads: Threads::One,
    };
    let step = Step {
        measure: Measure::Execution,
        subject: "k".to_owned(),
        job: Job::Run(program),
        engines: vec![0, 1],
        reps: 3,
        budget: Duration::MAX,
        code_section_bytes: 1000,
        expected_sha256: Some(digest(b"right")),
        must_work: true,
    };
    Plan { steps: vec![step], skipped: vec!["clang is left out: no network".to_owned()] }
}

#[test]
fn engines_take_turns_and_the_median_counts() {
    let mut workers = MadeUp::new(|engine, asked| ran("right", (engine + 1) as f64 * 10.0 + asked as f64));
    let results = execute(&plan(), &mut workers, true, |_| Ok(())).unwrap();
    assert_eq!(workers.asked, [0, 1, 0, 1, 0, 1]);
    assert_eq!(results.failures, [""; 0]);
    let summary = results.entries[0].summary(1, figure::RUN_CPU).unwrap();
    assert_eq!((summary.min, summary.median, summary.max), (22.0, 24.0, 26.0));
    assert_eq!(report::execution_ratio(&results, &results.entries[0], 0), Some(13.0 / 24.0));
}

#[test]
fn a_wrong_output_fails_the_run() {
    let mut workers = MadeUp::new(|engine, _| ran(if engine == 0 { "wrong" } else { "right" }, 1.0));
    let results = execute(&plan(), &mut workers, true, |_| Ok(())).unwrap();
    assert_eq!(results.failures.len(), 3);
    assert_eq!(
        results.failures[0],
        "execution/k on wz-interp: wrong output, which begins \"wrong\"; exit code 0"
    );
    assert!(report::page(&results, None, "", &[]).contains("**Failed**: execution/k on wz-interp"));
}

#[test]
fn a_wrong_exit_code_fails_the_run() {
    let mut workers = MadeUp::new(|engine, _| match ran("right", 1.0) {
        Outcome::Measured(measurement) if engine == 1 => {
            Outcome::Measured(Measurement { exit_code: Some(3), ..measurement })
        }
        outcome => outcome,
    });
    let results = execute(&plan(), &mut workers, true, |_| Ok(())).unwrap();
    assert!(results.failures[0].contains("on wasmtime-cranelift"), "{:?}", results.failures);
}

#[test]
fn without_a_known_output_engines_are_compared_with_each_other() {
    let compare = |answer| {
        let mut plan = plan();
        plan.steps[0].expected_sha256 = None;
        execute(&plan, &mut MadeUp::new(answer), true, |_| Ok(())).unwrap().failures.len()
    };
    assert_eq!(compare(|_, _| ran("whatever", 1.0)), 0);
    assert_eq!(compare(|engine, _| ran(if engine == 0 { "one" } else { "other" }, 1.0)), 3);
}

#[test]
fn an_engine_that_fails_a_kernel_fails_the_run_and_is_not_asked_again() {
    let mut workers = MadeUp::new(|engine, _| match engine {
        0 => Outcome::Failed { reason: "trap: unreachable".to_owned() },
        _ => ran("right", 1.0),
    });
    let results = execute(&plan(), &mut workers, true, |_| Ok(())).unwrap();
    assert_eq!(results.failures, ["execution/k on wz-interp: trap: unreachable"]);
    assert_eq!(workers.asked, [0, 1, 1, 1]);
}

#[test]
fn an_engine_that_cannot_is_left_out() {
    let mut workers = MadeUp::new(|engine, _| match engine {
        0 => Outcome::Unsupported { reason: "no SIMD".to_owned() },
        _ => ran("right", 1.0),
    });
    let results = execute(&plan(), &mut workers, true, |_| Ok(())).unwrap();
    assert_eq!(results.failures, [""; 0]);
    let page = report::page(&results, None, "", &[]);
    assert!(page.contains("* wz-interp: no SIMD (execution/k)"), "{page}");
    assert!(page.contains("* clang is left out: no network"), "{page}");
}

#[test]
fn a_run_that_is_stopped_leaves_what_it_has() {
    let mut plan = plan();
    plan.steps.push(plan.steps[0].clone());
    let mut kept = Vec::new();
    let stopped = execute(&plan, &mut MadeUp::new(|_, _| ran("right", 1.0)), true, |results| {
        kept.push(results.entries.len());
        Err("stopped".to_owned())
    });
    assert_eq!((stopped.unwrap_err(), kept), ("stopped".to_owned(), vec![1]));
}
