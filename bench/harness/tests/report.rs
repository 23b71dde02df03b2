//! The report of fixed figures.

use std::collections::BTreeMap;
use std::path::Path;
use wz_bench_harness::job::{EngineInfo, Measurement, Outcome, figure};
use wz_bench_harness::plan::Measure;
use wz_bench_harness::results::{Entry, Results, Setting};
use wz_bench_harness::{charts, report};

fn measured(figures: &[(&str, f64)]) -> Outcome {
    let figures: BTreeMap<_, _> = figures.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
    Outcome::Measured(Measurement { figures, ..Measurement::default() })
}

fn ran(milliseconds: &[f64]) -> Vec<Outcome> {
    milliseconds.iter().map(|ms| measured(&[(figure::RUN_CPU, *ms)])).collect()
}

/// An engine, and one that is a variant of it.
fn engine(name: &str, variant_of: Option<&str>) -> EngineInfo {
    EngineInfo { name: name.to_owned(), version: "1.0".to_owned(), variant_of: variant_of.map(str::to_owned) }
}

fn compiled(milliseconds: f64) -> Vec<Outcome> {
    vec![measured(&[
        (figure::COMPILE_CPU, milliseconds),
        (figure::COMPILE_WALL, milliseconds),
        (figure::PEAK_RSS, 20480.0),
        (figure::CODE_BYTES, 3e6),
    ])]
}

fn entry(measure: Measure, subject: &str, outcomes: Vec<Vec<Outcome>>) -> Entry {
    Entry { measure, subject: subject.to_owned(), code_section_bytes: 1_000_000, outcomes }
}

/// Three engines, of which the last has no SIMD.
fn results() -> Results {
    let refused = vec![Outcome::Unsupported { reason: "no SIMD".to_owned() }];
    let engines = ["wz-interp", "wasmtime-cranelift", "wasmer-singlepass"].map(|name| engine(name, None));
    let setting = Setting {
        date: "2026-11-21".to_owned(),
        processor: "a processor".to_owned(),
        processors: 2,
        system: "linux x86_64".to_owned(),
        quick: false,
        seconds: 61,
    };
    let entries = vec![
        entry(Measure::Execution, "a", vec![ran(&[400.0, 800.0, 420.0]), ran(&[100.0]), ran(&[200.0])]),
        entry(Measure::Execution, "b", vec![ran(&[1600.0]), ran(&[100.0]), ran(&[800.0])]),
        entry(Measure::Execution, "simd", vec![ran(&[300.0]), ran(&[200.0]), refused]),
        entry(Measure::Compile, "m", vec![compiled(20.0), compiled(1000.0), compiled(100.0)]),
    ];
    Results { setting, engines: engines.into(), entries, ..Results::default() }
}

#[test]
fn tables_have_ratios_and_means_of_shared_rows() {
    let page = report::page(&results(), None, "", &[("execution.svg".to_owned(), "Execution")]);
    for line in [
        "| kernel | wasmtime-cranelift, ms | wz-interp | wasmtime-cranelift | wasmer-singlepass |",
        "| a | 100 | 4.20 | 1.00 | 2.00 |",
        "| b | 100 | 16.00 | 1.00 | 8.00 |",
        "| simd | 200 | 1.50 | 1.00 | - |",
        // The square root of 4.2 * 16, and of 2 * 8.
        "| geometric mean of the 2 that all run |  | 8.20 | 1.00 | 4.00 |",
        // The cube root of 4.2 * 16 * 1.5.
        "| geometric mean of all 3 |  | 4.65 | 1.00 | - |",
        "| m, 1.0 MB of code | 20.0 (50.0) | 1000 (1.00) | 100 (10.0) |",
        "| m, 1.0 MB of code | 3.00 | 3.00 | 3.00 |",
        "| m, 1.0 MB of code | 20.0 | 20.0 | 20.0 |",
        "| wz-interp | 95.2 % | 95.2 % | - | - |",
        "![Execution](execution.svg)",
        "* wasmer-singlepass: no SIMD (execution/simd)",
    ] {
        assert!(page.contains(&format!("{line}\n")), "no line {line:?} in\n{page}");
    }
    assert!(page.contains("2026-11-21; a processor, 2 processors, linux x86_64; 2 minutes."), "{page}");
}

#[test]
fn variants_are_compared_with_their_engine_alone() {
    let mut results = results();
    results.engines.push(engine("wz-interp-checked", Some("wz-interp")));
    for (entry, times) in results.entries.iter_mut().zip([Some(462.0), Some(1600.0), None, None]) {
        entry.outcomes.push(times.map_or_else(Vec::new, |ms| ran(&[ms])));
    }
    let page = report::page(&results, None, "", &[]);
    // The square root of 1.1, and the greater.
    assert!(page.contains("| wz-interp-checked | 1.049 | 1.000 | 1.100 | a |\n"), "{page}");
    // Nothing else has changed: not the rows that all engines share, not the columns.
    let before = report::page(&self::results(), None, "", &[]);
    for line in before.lines().filter(|line| line.starts_with('|')) {
        assert!(page.contains(line), "no line {line:?} in\n{page}");
    }
    let charts = charts::draw(&results).unwrap();
    assert!(charts.iter().all(|chart| !chart.svg.contains("checked")));
}

#[test]
fn threads_instances_and_programs_have_tables() {
    let mut results = results();
    let phases =
        [(figure::STORE, 1.0), (figure::INSTANTIATE, 20.5), (figure::DROP, 0.25), (figure::PEAK_RSS, 1.0)];
    let program = [(figure::COMPILE_WALL, 500.0), (figure::RUN_WALL, 1500.2), (figure::TOTAL_WALL, 2002.0)];
    let nothing = Vec::new;
    let more = [
        entry(Measure::CompileParallel, "m", vec![compiled(12.5), compiled(500.0), nothing()]),
        entry(Measure::Instantiate, "m", vec![vec![measured(&phases)], nothing(), nothing()]),
        entry(Measure::Program, "p", vec![vec![measured(&program)], nothing(), nothing()]),
    ];
    results.entries.extend(more);
    let page = report::page(&results, None, "", &[]);
    for line in [
        // 20 ms and 1000 ms on one thread.
        "| m, 1.0 MB of code | 12.5 (1.60) | 500 (2.00) |",
        "| m, 1.0 MB of code | 1.00 + 20.5 + 0.250 |",
        "| p | 500 + 1500 = 2002 |",
    ] {
        assert!(page.contains(&format!("{line}\n")), "no line {line:?} in\n{page}");
    }
}

#[test]
fn an_earlier_run_stands_beside() {
    let mut now = results();
    now.entries[0].outcomes[0] = ran(&[840.0]);
    let page = report::page(&now, Some(&results()), "", &[]);
    // Twice as slow in one of two kernels.
    assert!(page.contains("| wz-interp | 8.20 | 11.59 | +41.4 % | 50.0 | 50.0 | +0.0 % |"), "{page}");
}

#[test]
fn results_are_read_as_they_were_written() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("results.json");
    results().write(&file).unwrap();
    assert_eq!(Results::read(&file).unwrap(), results());
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(text.lines().filter(|line| line.starts_with("{\"measure\"")).count(), 4);

    std::fs::write(&file, "{}").unwrap();
    assert!(Results::read(&file).unwrap_err().contains("missing field"));
    assert!(Results::read(Path::new("no/such/file")).unwrap_err().starts_with("cannot read"));
}

#[test]
fn charts_name_engines_and_rows() {
    let charts = charts::draw(&results()).unwrap();
    let files: Vec<_> = charts.iter().map(|chart| chart.file).collect();
    assert_eq!(files, ["execution.svg", "compile.svg", "plane.svg"]);
    for chart in &charts {
        assert!(chart.svg.starts_with("<svg"), "{}", chart.file);
        for name in ["wz-interp", "wasmtime-cranelift", "wasmer-singlepass", "logarithmic"] {
            assert!(chart.svg.contains(name), "{} does not name {name}", chart.file);
        }
    }
    assert!(charts[0].svg.contains("simd") && charts[0].svg.contains("geometric mean"));
}

#[test]
fn nothing_measured_is_a_report_without_tables() {
    let nothing = Results { entries: Vec::new(), ..results() };
    let page = report::page(&nothing, None, "", &[]);
    assert!(!page.contains("| "), "{page}");
    assert!(charts::draw(&nothing).unwrap().is_empty());
}
