//! The same work on wz and on its peers, in one run.
//!
//! `wz-bench run` drives the run and starts this program again, as `wz-bench measure ENGINE JOB`, for each measurement.

#![deny(unsafe_code)]

mod clock;
mod engine;
mod engines;
mod measure;
mod wasi;

use clap::{Parser, Subcommand};
use std::path::Path;
use std::process::ExitCode;
use wz_bench_harness::job::Job;
use wz_bench_harness::{Options, run};

#[derive(Parser)]
#[command(name = "wz-bench", about = "The same work on wz and on its peers, in one run")]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Measures, and writes a report.
    Run(Options),
    /// Prints the engines of this program, as JSON.
    Engines,
    /// Makes one measurement and prints it, as JSON.
    Measure {
        /// The engine.
        engine: String,
        /// The job, as JSON.
        job: String,
    },
}

fn main() -> ExitCode {
    let done = match Arguments::parse().verb {
        Verb::Run(options) => {
            let root = Path::new(env!("CARGO_MANIFEST_DIR"));
            std::env::current_exe()
                .map_err(|error| format!("the path of this program: {error}"))
                .and_then(|program| run(&options, root, &program))
        }
        Verb::Engines => print_json(&engines::list()).map(|()| true),
        Verb::Measure { engine, job } => serde_json::from_str::<Job>(&job)
            .map_err(|error| format!("the job: {error}"))
            .and_then(|job| print_json(&engines::run(&engine, &job)))
            .map(|()| true),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(2)
        }
    }
}

fn print_json(value: &impl serde::Serialize) -> Result<(), String> {
    println!("{}", serde_json::to_string(value).map_err(|error| error.to_string())?);
    Ok(())
}
