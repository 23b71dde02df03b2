//! `cargo xtask spec`: runs the specification's test scripts through the public API.
//!
//! `suite` finds the scripts and says which features they run under, `source` turns a script's modules into
//! binaries, `script` carries out one script's directives, `values` compares results, `spectest` is the host
//! module that scripts import from.

mod script;
mod source;
mod spectest;
mod suite;
mod values;

pub use script::{Failure, ScriptReport};
pub use suite::{Script, Suite};

use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use wz_api::{EngineKind, Features, MemoryKind, RuntimeConfig, TargetCpu, UnknownEngine};

/// Which scripts to run, and how.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Engine that runs them: `jit`, `interp` or `interp-loop`.
    #[arg(long, default_value = "auto")]
    pub engine: String,
    /// How memories are kept: `guarded` or `checked`; default: as the engine likes it.
    #[arg(long, value_name = "KIND")]
    pub memory: Option<String>,
    /// Which processors native code is for: `native` or `baseline`; default: native.
    #[arg(long, value_name = "CPU")]
    pub cpu: Option<String>,
    /// Scripts to run: `v1`, `v2`, `v3` or the name of a proposal, as `tail-call`.
    #[arg(long, default_value = "v2")]
    pub suite: String,
    /// Run the `.wast` files below this folder instead; the suite then names only the features.
    #[arg(long, value_name = "PATH")]
    pub dir: Option<PathBuf>,
    /// Run only scripts whose path contains this text.
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
}

/// What became of a run.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Name of the engine.
    pub engine: String,
    /// Name of the suite.
    pub suite: String,
    /// How memories are kept, if that was asked for.
    pub memory: Option<String>,
    /// Which processors native code is for, if that was asked for.
    pub cpu: Option<String>,
    /// Number of scripts.
    pub files: usize,
    /// Number of `assert_*` directives that hold.
    pub passed: usize,
    /// Number of `assert_*` directives that were not reached because the script's runtime was lost in a panic.
    pub skipped: usize,
    /// Directives that failed, in the order of the scripts.
    pub failures: Vec<Failure>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "spec: engine={} suite={}", self.engine, self.suite)?;
        for (name, value) in [("memory", &self.memory), ("cpu", &self.cpu)] {
            if let Some(value) = value {
                write!(f, " {name}={value}")?;
            }
        }
        write!(
            f,
            " files={} passed={} failed={} skipped={}",
            self.files,
            self.passed,
            self.failures.len(),
            self.skipped
        )
    }
}

/// Runs the verb: prints each failure and, last, the counts. Whether everything passed.
///
/// # Errors
///
/// The engine or the suite does not exist, or the scripts cannot be read.
pub fn run(options: &Options) -> Result<bool, String> {
    let report = execute(options)?;
    for failure in &report.failures {
        println!("{failure}");
    }
    println!("{report}");
    Ok(report.failures.is_empty() && report.skipped == 0)
}

/// Runs the scripts that `options` choose, on all cores.
///
/// # Errors
///
/// The engine or the suite does not exist, the scripts cannot be read, or there are none.
pub fn execute(options: &Options) -> Result<Report, String> {
    let engine: EngineKind = options.engine.parse().map_err(|error: UnknownEngine| error.to_string())?;
    let suite: Suite = options.suite.parse()?;
    let memory = match options.memory.as_deref() {
        None => MemoryKind::Auto,
        Some("guarded") => MemoryKind::Guarded,
        Some("checked") => MemoryKind::Checked,
        Some(other) => return Err(format!("unknown kind of memory {other:?}: guarded or checked")),
    };
    let cpu = match options.cpu.as_deref() {
        None | Some("native") => TargetCpu::Native,
        Some("baseline") => TargetCpu::Baseline,
        Some(other) => return Err(format!("unknown processor {other:?}: native or baseline")),
    };
    let mut scripts = match &options.dir {
        Some(dir) => suite::scripts_below(dir)?,
        None => suite.scripts(),
    };
    if let Some(filter) = &options.filter {
        scripts.retain(|script| script.path.contains(filter.as_str()));
    }
    if scripts.is_empty() {
        return Err("no script was chosen".into());
    }
    // What this build has of the suite's features: scripts that need more fail one by one.
    let features = suite.features().intersection(Features::BUILT);
    let config = RuntimeConfig::default()
        .with_engine(engine)
        .with_features(features)
        .with_memory_kind(memory)
        .with_cpu(cpu);
    let reports = run_scripts(&scripts, |script| script::run(script, &config));
    let mut total = Report {
        engine: options.engine.clone(),
        suite: options.suite.clone(),
        memory: options.memory.clone(),
        cpu: options.cpu.clone(),
        files: scripts.len(),
        ..Report::default()
    };
    for report in reports {
        total.passed += report.passed;
        total.skipped += report.skipped;
        total.failures.extend(report.failures);
    }
    Ok(total)
}

/// Calls `run` for each script on as many threads as there are cores. The reports are in the order of the scripts.
fn run_scripts(scripts: &[Script], run: impl Fn(&Script) -> ScriptReport + Sync) -> Vec<ScriptReport> {
    let next = AtomicUsize::new(0);
    let reports = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get()).min(scripts.len());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    let Some(script) = scripts.get(i) else { return };
                    let report = run(script);
                    reports.lock().unwrap_or_else(PoisonError::into_inner).push((i, report));
                }
            });
        }
    });
    let mut reports = reports.into_inner().unwrap_or_else(PoisonError::into_inner);
    reports.sort_by_key(|(i, _)| *i);
    reports.into_iter().map(|(_, report)| report).collect()
}
