//! The `wz` program: it runs WebAssembly.
#![forbid(unsafe_code)]

mod failure;
mod invoke;
mod run;
mod source;
mod stdio;
mod timings;
mod units;

use clap::{Parser, Subcommand};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

/// Runs WebAssembly.
#[derive(Debug, Parser)]
#[command(name = "wz", version, about, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a module, binary or text
    Run(run::Options),
}

fn main() -> ExitCode {
    // Usage errors end with code 2, help and version with 0.
    let arguments = Arguments::parse();
    let run = || match arguments.command {
        Command::Run(options) => run::run(options),
    };
    // A panic has said what happened; its exit code would look like the guest's.
    ExitCode::from(catch_unwind(AssertUnwindSafe(run)).unwrap_or(failure::FAILED))
}
