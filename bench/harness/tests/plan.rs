//! Plans: what is missing is left out with a message, and the rest is planned all the same.
#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use wz_bench_harness::Options;
use wz_bench_harness::catalogue::{KERNELS, MODULES};
use wz_bench_harness::fetch::{Cache, Tools};
use wz_bench_harness::job::EngineInfo;
use wz_bench_harness::plan::{Measure, Plan, plan};
use wz_bench_harness::worker::{Processes, Workers};

/// The folder `bench`.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn engines() -> Vec<EngineInfo> {
    let engine = |(name, of): (&str, Option<&str>)| EngineInfo {
        name: name.to_owned(),
        version: "1.0".to_owned(),
        variant_of: of.map(str::to_owned),
    };
    [
        ("wz-jit", None),
        ("wz-jit-checked", Some("wz-jit")),
        ("wasmtime-cranelift", None),
        ("wasmtime-winch", None),
        ("wasmtime-pooling", None),
        ("wasmparser", None),
    ]
    .map(engine)
    .into()
}

/// A plan with an empty cache and these programs.
fn planned(options: &Options, tools: Tools) -> Plan {
    let cache = tempfile::tempdir().unwrap();
    let cache = Cache::new(cache.path().join("none"), options.offline, tools);
    plan(&root(), options, &engines(), &cache).unwrap()
}

fn broken() -> Tools {
    Tools { npm: "no-such-npm".into(), python: "no-such-python".into(), node: "no-such-node".into() }
}

/// The names of the engines of the step called `name`.
fn taking_part(plan: &Plan, name: &str) -> Vec<String> {
    let step = plan.steps.iter().find(|step| step.name() == name);
    let step = step.unwrap_or_else(|| panic!("no {name}"));
    step.engines.iter().map(|engine| engines()[*engine].name.clone()).collect()
}

#[test]
fn modules_that_cannot_be_had_are_left_out_and_kernels_stay() {
    for (offline, reason) in [(true, "--offline forbids fetching it"), (false, "cannot be started")] {
        let plan = planned(&Options { offline, ..Options::default() }, broken());
        assert_eq!(plan.skipped.len(), MODULES.len(), "{:?}", plan.skipped);
        for (message, module) in plan.skipped.iter().zip(MODULES) {
            assert!(message.starts_with(&format!("{} is left out: ", module.name)), "{message}");
            assert!(message.contains(reason), "{message}");
        }
        let kernels = plan.steps.iter().filter(|step| step.measure == Measure::Execution).count();
        assert_eq!(kernels, KERNELS.len());
        let rest: Vec<_> = plan.steps[kernels..].iter().map(|step| step.name()).collect();
        assert_eq!(rest, ["start/hello", "instantiate/lz", "calls/calls"]);
    }
}

#[test]
fn without_node_its_engines_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("program");
    let script = "#!/bin/sh\necho '[{\"name\":\"wz-jit\",\"version\":\"1.0\"}]'\n";
    fs::write(folder.path().join("script"), script).unwrap();
    // Another process makes the program: while this one had it open, no thread could start it.
    let make = "cp script program && chmod 755 program";
    assert!(Command::new("sh").args(["-c", make]).current_dir(&folder).status().unwrap().success());
    let workers = Processes::new(&program, &root(), &broken()).unwrap();
    let names: Vec<_> = workers.engines().iter().map(|engine| engine.name.as_str()).collect();
    assert_eq!(names, ["wz-jit"]);
    let [message] = workers.missing() else { panic!("{:?}", workers.missing()) };
    assert!(message.starts_with("V8 is left out: no-such-node cannot be started"), "{message}");
}

#[test]
fn engines_take_part_where_it_tells_something() {
    let plan = planned(&Options { offline: true, ..Options::default() }, broken());
    assert_eq!(
        taking_part(&plan, "execution/fib"),
        ["wz-jit", "wz-jit-checked", "wasmtime-cranelift", "wasmtime-winch"]
    );
    assert_eq!(taking_part(&plan, "instantiate/lz"), ["wz-jit", "wasmtime-winch", "wasmtime-pooling"]);
    assert_eq!(taking_part(&plan, "calls/calls"), ["wz-jit", "wasmtime-cranelift", "wasmtime-winch"]);
    let options = Options { offline: true, quick: true, ..Options::default() };
    assert_eq!(
        taking_part(&planned(&options, broken()), "execution/fib"),
        ["wz-jit", "wasmtime-cranelift", "wasmtime-winch"]
    );
    let options = Options { engines: vec!["wasmtime-winch".to_owned()], ..options };
    assert_eq!(taking_part(&planned(&options, broken()), "execution/fib"), ["wasmtime-winch"]);
}

#[test]
fn a_filter_and_a_number_of_processes_are_obeyed() {
    let options =
        Options { filter: Some("execution/matmul".to_owned()), reps: Some(2), ..Options::default() };
    // Nothing that is left needs a module, so that nothing is fetched although it may be.
    let plan = planned(&options, broken());
    assert_eq!(plan.skipped, [""; 0]);
    let steps: Vec<_> = plan.steps.iter().map(|step| (step.name(), step.reps)).collect();
    let expected =
        ["matmul_f32", "matmul_f64", "matmul_i32"].map(|kernel| (format!("execution/{kernel}"), 2));
    assert_eq!(steps, expected);
}
