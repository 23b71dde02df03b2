//! Real programs print, on every engine, what another runtime made them print.

#![forbid(unsafe_code)]

use serde_json::Value as Json;
use std::io::Cursor;
use std::thread;
use wz_api::sys::OutputBuffer;
use wz_api::{EngineKind, ModuleConfig};
use wz_tests::engines::refused_for_vectors;
use wz_tests::{engines, programs, runtime};

/// The programs that must be run.
const PROGRAMS: [&str; 9] =
    ["forth", "json", "lisp", "mandelbrot", "nbody", "sha256", "simd", "wasi_env", "wordcount"];

/// One run of a program.
struct Case {
    name: String,
    program: String,
    args: Vec<String>,
    env: Vec<(String, String)>,
    stdin: Vec<u8>,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    exit: u32,
}

impl Case {
    fn from_json(case: &Json) -> Option<Case> {
        let file = |key: &str| match &case[key] {
            Json::Null => Some(Vec::new()),
            path => path.as_str().map(programs::read),
        };
        let text = |value: &Json| value.as_str().map(str::to_string);
        Some(Case {
            name: text(&case["name"])?,
            program: text(&case["program"])?,
            args: case["args"].as_array()?.iter().map(text).collect::<Option<_>>()?,
            env: case["env"]
                .as_object()?
                .iter()
                .map(|(key, value)| Some((key.clone(), text(value)?)))
                .collect::<Option<_>>()?,
            stdin: file("stdin")?,
            stdout: file("stdout")?,
            stderr: file("stderr")?,
            exit: u32::try_from(case["exit"].as_u64()?).ok()?,
        })
    }

    /// Runs the program and compares what it did with what is expected.
    fn check(&self, engine: EngineKind) -> Result<(), String> {
        let (stdout, stderr) = (OutputBuffer::new(), OutputBuffer::new());
        let name = format!("{}.wasm", self.program);
        let args = std::iter::once(&name).chain(&self.args).map(String::as_str);
        let mut config = ModuleConfig::new()
            .with_args(args)
            .with_stdin(Cursor::new(self.stdin.clone()))
            .with_stdout(stdout.clone())
            .with_stderr(stderr.clone());
        for (key, value) in &self.env {
            config = config.with_env(key.as_str(), value.as_str());
        }
        let mut runtime = runtime(engine).map_err(|error| error.to_string())?;
        wz_wasi::instantiate(&mut runtime).map_err(|error| error.to_string())?;
        let code = match runtime.compile(programs::read(&name)) {
            Ok(code) => code,
            Err(error) if refused_for_vectors(engine, &error) => return Ok(()),
            Err(error) => return Err(error.to_string()),
        };
        let exit = match runtime.instantiate(&code, config) {
            Ok(_) => 0,
            Err(error) => error.exit_code().ok_or_else(|| error.to_string())?,
        };
        same("stdout", &self.stdout, &stdout.take())?;
        same("stderr", &self.stderr, &stderr.take())?;
        if exit == self.exit { Ok(()) } else { Err(format!("exit code {exit}, not {}", self.exit)) }
    }
}

/// Compares outputs; the error shows the first line that differs.
fn same(what: &str, expected: &[u8], got: &[u8]) -> Result<(), String> {
    if expected == got {
        return Ok(());
    }
    let lines = |bytes: &[u8]| String::from_utf8_lossy(bytes).lines().map(str::to_string).collect::<Vec<_>>();
    let (expected, got) = (lines(expected), lines(got));
    let at = expected.iter().zip(&got).take_while(|(e, g)| e == g).count();
    Err(format!("{what} differs in line {}: expected {:?}, got {:?}", at + 1, expected.get(at), got.get(at)))
}

#[test]
fn programs_behave_as_under_another_runtime() {
    let text = programs::read("cases.json");
    let json: Json = serde_json::from_slice(&text).expect("cases.json is JSON");
    let json = json.as_array().expect("cases.json is a list");
    let cases: Vec<Case> =
        json.iter().map(|case| Case::from_json(case).unwrap_or_else(|| panic!("bad case: {case}"))).collect();
    assert!(cases.len() >= 20, "only {} cases", cases.len());
    for program in PROGRAMS {
        assert!(cases.iter().any(|case| case.program == program), "no case runs {program}");
    }
    let failures: Vec<String> = thread::scope(|scope| {
        let threads = engines().iter().map(|&engine| {
            let cases = &cases;
            scope.spawn(move || {
                let failed = cases.iter().filter_map(|case| {
                    case.check(engine).err().map(|error| format!("{} on {engine}: {error}", case.name))
                });
                failed.collect::<Vec<_>>()
            })
        });
        let threads: Vec<_> = threads.collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no case panics")).collect()
    });
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
