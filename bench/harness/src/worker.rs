//! One process for each measurement.

use crate::fetch::Tools;
use crate::job::{EngineInfo, Job, Outcome, Threads};
use crate::plan::Step;
use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// Who measures.
pub trait Workers {
    /// The engines, in the order of the report's columns.
    fn engines(&self) -> &[EngineInfo];

    /// What else is missing, for the report.
    fn missing(&self) -> &[String];

    /// Makes one measurement of a step with an engine, by its index.
    fn measure(&mut self, engine: usize, step: &Step) -> Outcome;
}

/// How an engine is reached.
#[derive(Clone, Debug)]
enum Kind {
    /// In the program that contains the engines.
    Program,
    /// In JavaScript's runtime, with these options.
    Node(&'static [&'static str]),
}

/// Measures in processes of their own.
#[derive(Debug)]
pub struct Processes {
    program: PathBuf,
    script: PathBuf,
    node: OsString,
    engines: Vec<EngineInfo>,
    kinds: Vec<Kind>,
    missing: Vec<String>,
    limit: Duration,
}

/// The longest that a measurement may take: several times what the slowest does.
const LIMIT: Duration = Duration::from_secs(600);

/// The compilers of V8, each alone and at once for all functions.
const V8_MODES: &[(&str, &[&str])] = &[
    (
        "v8-liftoff",
        &["--liftoff", "--no-wasm-tier-up", "--no-wasm-dynamic-tiering", "--no-wasm-lazy-compilation"],
    ),
    (
        "v8-turbofan",
        &["--no-liftoff", "--no-wasm-tier-up", "--no-wasm-dynamic-tiering", "--no-wasm-lazy-compilation"],
    ),
];

impl Processes {
    /// Asks `program` for its engines, and looks for V8. `root` is the folder `bench`.
    ///
    /// # Errors
    ///
    /// The program does not answer.
    pub fn new(program: &Path, root: &Path, tools: &Tools) -> Result<Processes, String> {
        let text = output(Command::new(program).arg("engines"), LIMIT)?;
        let mut engines: Vec<EngineInfo> =
            serde_json::from_str(&text).map_err(|error| format!("the list of engines: {error}"))?;
        let mut kinds = vec![Kind::Program; engines.len()];
        let mut missing = Vec::new();
        match output(Command::new(&tools.node).args(["-p", "process.versions.v8"]), LIMIT) {
            Ok(version) => {
                for (name, options) in V8_MODES {
                    let version = version.trim().to_owned();
                    engines.push(EngineInfo { name: (*name).to_owned(), version, variant_of: None });
                    kinds.push(Kind::Node(options));
                }
            }
            Err(error) => missing.push(format!("V8 is left out: {error}")),
        }
        let (program, script) = (program.to_owned(), root.join("v8/measure.mjs"));
        let node = tools.node.clone();
        Ok(Processes { program, script, node, engines, kinds, missing, limit: LIMIT })
    }
}

impl Workers for Processes {
    fn engines(&self) -> &[EngineInfo] {
        &self.engines
    }

    fn missing(&self) -> &[String] {
        &self.missing
    }

    fn measure(&mut self, engine: usize, step: &Step) -> Outcome {
        let failed = |reason| Outcome::Failed { reason };
        let (Some(info), Some(kind)) = (self.engines.get(engine), self.kinds.get(engine)) else {
            return failed(format!("there is no engine {engine}"));
        };
        let job = match serde_json::to_string(&step.job) {
            Ok(job) => job,
            Err(error) => return failed(error.to_string()),
        };
        let mut command = match kind {
            Kind::Program => {
                let mut command = Command::new(&self.program);
                command.args(["measure", &info.name]);
                command
            }
            Kind::Node(options) => {
                let mut command = Command::new(&self.node);
                command.args(["--no-warnings", "--allow-natives-syntax"]).args(*options);
                if one_thread(&step.job) {
                    command.arg("--single-threaded");
                }
                command.arg(&self.script);
                command
            }
        };
        command.arg(job);
        // The thread pool that several compilers use.
        if one_thread(&step.job) {
            command.env("RAYON_NUM_THREADS", "1");
        }
        let limit = self.limit;
        let text = if step.is_pinned() {
            pinned(|| output(&mut command, limit))
        } else {
            output(&mut command, limit)
        };
        match text {
            Ok(text) => parse(&text),
            Err(error) => failed(error),
        }
    }
}

fn one_thread(job: &Job) -> bool {
    match job {
        Job::Run(program) => program.threads == Threads::One,
        Job::Compile { threads, .. } => *threads == Threads::One,
        Job::Load { .. } | Job::Instantiate { .. } | Job::Calls { .. } => false,
    }
}

/// The outcome in what a process printed: its last line.
pub fn parse(text: &str) -> Outcome {
    let line = text.lines().next_back().unwrap_or("");
    serde_json::from_str(line).unwrap_or_else(|error| {
        let start: String = line.chars().take(80).collect();
        Outcome::Failed { reason: format!("the process printed {start:?}: {error}") }
    })
}

/// Runs a command to its end. The standard output of one that succeeds.
fn output(command: &mut Command, limit: Duration) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{name} cannot be started: {error}"))?;
    let (sender, receiver) = mpsc::channel();
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let messages = std::thread::spawn(move || {
        let mut text = Vec::new();
        // What a process said before it was cut off is still worth reading.
        let _ = stderr.map(|mut stream| stream.read_to_end(&mut text));
        String::from_utf8_lossy(&text).into_owned()
    });
    std::thread::spawn(move || {
        let mut text = Vec::new();
        let read = stdout.map_or(Ok(0), |mut stream| stream.read_to_end(&mut text));
        // Nobody listens any more if the limit has passed.
        let _ = sender.send(read.map(|_| text));
    });
    let Ok(read) = receiver.recv_timeout(limit) else {
        let killed = child.kill().and_then(|()| child.wait());
        return Err(match killed {
            Ok(_) => format!("{name} took longer than {} seconds", limit.as_secs()),
            Err(error) => format!("{name} took too long and cannot be ended: {error}"),
        });
    };
    let status = child.wait().map_err(|error| format!("{name}: {error}"))?;
    let messages = messages.join().unwrap_or_default();
    if !status.success() {
        let last = messages.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("no message");
        return Err(format!("{name}: {status}: {last}"));
    }
    let text = read.map_err(|error| format!("{name}: {error}"))?;
    String::from_utf8(text).map_err(|error| format!("{name}: {error}"))
}

/// Does something while this thread, and thus the processes that it starts, has only one processor.
#[cfg(target_os = "linux")]
fn pinned<R>(done: impl FnOnce() -> R) -> R {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
    let Ok(before) = sched_getaffinity(None) else { return done() };
    // The last: the first is where interrupts mostly go.
    let Some(last) = (0..CpuSet::MAX_CPU).rev().find(|cpu| before.is_set(*cpu)) else { return done() };
    let mut one = CpuSet::new();
    one.set(last);
    // Without it the figures spread more, which the report shows.
    let _ = sched_setaffinity(None, &one);
    let result = done();
    let _ = sched_setaffinity(None, &before);
    result
}

/// Does something. Where processes cannot be pinned, the figures spread more, which the report shows.
#[cfg(not(target_os = "linux"))]
fn pinned<R>(done: impl FnOnce() -> R) -> R {
    done()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_counts() {
        let text = "noise\n{\"outcome\":\"measured\",\"figures\":{\"run_cpu_ms\":1.5}}\n";
        let Outcome::Measured(measurement) = parse(text) else { panic!() };
        assert_eq!(measurement.figure("run_cpu_ms"), Some(1.5));
        let Outcome::Failed { reason } = parse("") else { panic!() };
        assert!(reason.starts_with("the process printed \"\""), "{reason}");
    }

    #[cfg(unix)]
    #[test]
    fn processes_that_fail_or_hang_are_failures() {
        let shell = |script: &str, limit| output(Command::new("sh").args(["-c", script]), limit);
        assert_eq!(shell("echo yes", LIMIT).unwrap(), "yes\n");
        assert_eq!(shell("echo why >&2; exit 3", LIMIT).unwrap_err(), "sh: exit status: 3: why");
        let error = shell("exec sleep 30", Duration::from_millis(50)).unwrap_err();
        assert!(error.contains("took longer"), "{error}");
        let error = output(&mut Command::new("no-such-program-anywhere"), LIMIT).unwrap_err();
        assert!(error.contains("cannot be started"), "{error}");
    }
}
