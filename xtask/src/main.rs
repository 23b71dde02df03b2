//! Developer verbs of the wz workspace: `cargo xtask VERB`.

#![forbid(unsafe_code)]

use clap::{Parser, Subcommand};
use std::process::ExitCode;
use xtask::{bench, fuzz, sanitize, spec, tidy};

/// Developer verbs of the wz workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Measure wz and its peers on the same work.
    Bench(bench::Options),
    /// Run generated modules on wz's engines and on another runtime.
    FuzzSmoke(fuzz::Options),
    /// Run tests under AddressSanitizer.
    Sanitize,
    /// Run the specification's test scripts.
    Spec(spec::Options),
    /// Check the rules of the house that compilers do not check.
    Tidy,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().verb {
        Verb::Bench(options) => bench::run(&options),
        Verb::FuzzSmoke(options) => fuzz::run(&options),
        Verb::Sanitize => sanitize::run(),
        Verb::Spec(options) => spec::run(&options),
        Verb::Tidy => tidy::run(),
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
