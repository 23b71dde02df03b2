//! The engines: wz in every mode it has, and its peers.

mod artefact;
mod wasmer;
mod wasmi;
mod wasmparser;
mod wasmtime;
mod wz;

use crate::engine::Failure;
use crate::measure::{measure, outcome};
use wz_bench_harness::job::{EngineInfo, Job, Outcome, Threads};

/// All engines, in the order of the report's columns.
pub fn list() -> Vec<EngineInfo> {
    let peer = |name: &str, version: &str| EngineInfo {
        name: name.to_owned(),
        version: version.to_owned(),
        variant_of: None,
    };
    let mut engines = wz::list();
    for mode in wasmtime::Mode::ALL {
        engines.push(peer(mode.name(), wasmtime::VERSION));
    }
    engines.push(peer(wasmer::NAME, wasmer::VERSION));
    engines.push(peer(wasmi::NAME, wasmi::VERSION));
    engines.push(peer(wasmparser::NAME, wasmparser::VERSION));
    engines
}

/// Does a job with the engine called `name`.
pub fn run(name: &str, job: &Job) -> Outcome {
    let done = match name {
        wasmer::NAME => wasmer::Singlepass::new(job).map(|engine| measure(&engine, job)),
        wasmi::NAME => Ok(measure(&wasmi::Wasmi::new(), job)),
        wasmparser::NAME => Ok(measure(&wasmparser::Wasmparser, job)),
        _ => {
            let mode = wasmtime::Mode::ALL.iter().find(|mode| mode.name() == name);
            match (mode, wz::config(name)) {
                (Some(mode), _) => wasmtime::Wasmtime::new(*mode, job).map(|engine| measure(&engine, job)),
                (None, Some(config)) => Ok(measure(&wz::Wz::new(config, job), job)),
                (None, None) => Err(Failure::Failed(format!("there is no engine {name:?}"))),
            }
        }
    };
    done.unwrap_or_else(outcome)
}

/// Whether a job leaves only one thread for compiling.
fn one_thread(job: &Job) -> bool {
    match job {
        Job::Run(program) => program.threads == Threads::One,
        Job::Compile { threads, .. } => *threads == Threads::One,
        Job::Load { .. } => false,
        Job::Instantiate { .. } | Job::Calls { .. } => true,
    }
}
