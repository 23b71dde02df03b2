//! The runner of test scripts: right scripts pass, and each kind of directive can fail.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::path::Path;
use xtask::spec::{Options, Report, execute};

/// Ends the lines of directives that must fail.
const MARK: &str = ";; fails";

fn options(engine: &str, dir: &str) -> Options {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(dir);
    Options {
        engine: engine.into(),
        memory: None,
        cpu: None,
        suite: "v2".into(),
        dir: Some(dir),
        filter: None,
    }
}

fn run(options: &Options) -> Report {
    execute(options).expect("the scripts can be read")
}

/// The texts of the scripts in a folder, by path.
fn scripts(dir: &str) -> BTreeMap<String, String> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(dir);
    let entries = std::fs::read_dir(dir).expect("the folder can be read");
    entries
        .map(|entry| {
            let path = entry.expect("the folder can be read").path();
            (path.display().to_string(), std::fs::read_to_string(&path).expect("the script can be read"))
        })
        .collect()
}

#[test]
fn right_scripts_pass() {
    let scripts = scripts("right");
    let asserts: usize = scripts.values().map(|text| text.matches("(assert_").count()).sum();
    for engine in ["interp", "interp-loop"] {
        let report = run(&options(engine, "right"));
        assert_eq!(report.failures, [], "engine {engine}");
        assert_eq!((report.files, report.passed, report.skipped), (scripts.len(), asserts, 0));
        let line = format!(
            "spec: engine={engine} suite=v2 files={} passed={asserts} failed=0 skipped=0",
            scripts.len()
        );
        assert_eq!(report.to_string(), line);
    }
}

#[test]
fn each_wrong_directive_fails_and_no_other() {
    let scripts = scripts("wrong");
    let marked: Vec<(String, usize)> = scripts
        .iter()
        .flat_map(|(path, text)| {
            let lines = text.lines().enumerate().filter(|(_, line)| line.ends_with(MARK));
            lines.map(move |(i, _)| (path.clone(), i + 1))
        })
        .collect();
    assert!(marked.len() > 80);
    for engine in ["interp", "interp-loop"] {
        let report = run(&options(engine, "wrong"));
        let failed: Vec<(String, usize)> =
            report.failures.iter().map(|failure| (failure.path.clone(), failure.line)).collect();
        for at in &marked {
            assert!(failed.contains(at), "{}:{} passed on {engine}", at.0, at.1);
        }
        for failure in &report.failures {
            assert!(marked.contains(&(failure.path.clone(), failure.line)), "{failure} on {engine}");
        }
        assert_eq!(failed.len(), marked.len());
        assert_eq!(report.skipped, 0);
    }
}

#[test]
fn every_kind_of_directive_has_a_wrong_script() {
    let text: String = scripts("wrong").into_values().collect();
    let kinds = [
        "(module (",
        "(module quote",
        "(module binary",
        "(module definition",
        "(module instance",
        "(register",
        "(invoke",
        "(assert_return (invoke",
        "(assert_return (get",
        "(assert_return (module",
        "(assert_trap (invoke",
        "(assert_trap (module",
        "(assert_exhaustion",
        "(assert_invalid ",
        "(assert_invalid_custom",
        "(assert_malformed (module quote",
        "(assert_malformed (module binary",
        "(assert_malformed_custom",
        "(assert_unlinkable",
        "(assert_exception",
        "(assert_suspension",
        "(thread",
        "(wait",
    ];
    for kind in kinds {
        let found = text.lines().any(|line| line.starts_with(kind) && line.ends_with(MARK));
        assert!(found, "no wrong script has `{kind}`");
    }
}

#[test]
fn suites_have_their_scripts() {
    use xtask::spec::Suite;
    for (name, files) in [("v1", 73), ("v2", 148), ("tail-call", 2), ("extended-const", 3)] {
        let suite: Suite = name.parse().expect("the suite exists");
        assert_eq!(suite.scripts().len(), files, "suite {name}");
    }
    assert!("v4".parse::<Suite>().is_err());
}

#[test]
fn what_does_not_exist_is_refused() {
    let refused = |change: &dyn Fn(&mut Options)| {
        let mut options = options("interp", "right");
        change(&mut options);
        execute(&options).is_err()
    };
    assert!(refused(&|options| options.engine = "interpreter".into()));
    assert!(refused(&|options| options.memory = Some("none".into())));
    assert!(refused(&|options| options.cpu = Some("any".into())));
    assert!(refused(&|options| options.suite = "v4".into()));
    assert!(refused(&|options| options.filter = Some("no such script".into())));
    assert!(refused(&|options| options.dir = Some("no such folder".into())));
    assert!(!refused(&|_| {}));
}
