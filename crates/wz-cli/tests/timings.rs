//! `--timings`: a line on every path that compiles.

mod support;

use support::{EXIT, Folder, timing, writing};

#[test]
fn timings_are_the_last_line_on_every_path_that_compiles() {
    let folder = Folder::new();
    folder.file("ok.wat", r#"(module (func (export "_start")))"#);
    folder.file("trap.wat", r#"(module (func (export "_start") unreachable))"#);
    folder.file("exit.wat", EXIT.replace("CODE", "9"));
    folder.file("link.wat", r#"(module (import "a" "b" (func)))"#);
    folder.file("invalid.wat", r#"(module (func i32.add))"#);
    for (file, code) in [("ok.wat", 0), ("trap.wat", 1), ("exit.wat", 9), ("link.wat", 1), ("invalid.wat", 1)]
    {
        let output = folder.run(&["run", "--engine", "interp", "--timings", file], code);
        let stderr = String::from_utf8(output.stderr).unwrap();
        let line = stderr.lines().last().unwrap();
        assert!(line.starts_with(r#"{"engine":"interp","threads":"#), "{file}: {line}");
        for key in [
            "compile_ms",
            "compile_cpu_ms",
            "instantiate_us",
            "run_ms",
            "run_cpu_ms",
            "wasm_code_bytes",
            "code_bytes",
        ] {
            assert!(line.contains(&format!("\"{key}\":")), "{file}: {line}");
        }
        assert!(line.ends_with(r#","cached":false}"#), "{file}: {line}");
    }
    let unread = folder.run(&["run", "--timings", "missing.wat"], 1);
    assert!(!String::from_utf8_lossy(&unread.stderr).contains('{'));
}

#[test]
fn what_was_not_reached_is_null() {
    let folder = Folder::new();
    folder.file("f.wat", r#"(module (func (export "f") (param i32)))"#);
    folder.file("spin.wat", r#"(module (func (export "_start") (loop br 0)))"#);
    let all = ["compile_ms", "wasm_code_bytes", "code_bytes", "instantiate_us", "run_ms", "peak_rss_kb"];
    for (args, code, nulls) in [
        (&["run", "--timings", "--invoke", "f", "f.wat", "1"][..], 0, &[][..]),
        (&["run", "--timings", "--invoke", "f", "f.wat"], 2, &[]),
        (&["run", "--timings", "--timeout", "20ms", "spin.wat"], 124, &[]),
        (&["run", "--timings", "--fuel", "100", "spin.wat"], 1, &[]),
        (&["compile", "--timings", "f.wat"], 0, &["instantiate_us", "run_ms"]),
        (
            &["compile", "--timings", "--features", "v1,-mutable-global", "link.wat"],
            1,
            &["instantiate_us", "run_ms", "wasm_code_bytes", "code_bytes"],
        ),
    ] {
        folder.file("link.wat", "(module (func (result i32 i32) unreachable))");
        let output = folder.run(args, code);
        for key in all {
            assert_eq!(timing(&output, key) == "null", nulls.contains(&key), "{args:?}: {key}");
        }
    }
}

#[test]
fn the_line_is_a_line_of_its_own() {
    let folder = Folder::new();
    folder.file("m.wat", writing(2, "half", "(call $put) unreachable"));
    let output = folder.run(&["run", "--timings", "m.wat"], 1);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.starts_with("half\nerror: m.wat: trap: unreachable\n"), "{stderr}");
    assert!(stderr.lines().last().unwrap().starts_with("{\"engine\":"), "{stderr}");
}
