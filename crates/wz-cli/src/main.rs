//! The `wz` program: it runs, compiles and inspects WebAssembly.
#![forbid(unsafe_code)]

mod compile;
mod failure;
mod inspect;
mod invoke;
mod run;
mod section;
mod source;
mod stdio;
mod sys;
mod timings;
mod units;

use clap::{Parser, Subcommand};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

/// Runs, compiles and inspects WebAssembly
#[derive(Debug, Parser)]
#[command(name = "wz", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a module, binary or text
    Run(run::Options),
    /// Compile a module, and say if it is not valid
    Compile(compile::Options),
    /// List what a module imports, exports and consists of, and the features that it needs
    Inspect(inspect::Options),
}

fn main() -> ExitCode {
    // Usage errors end with code 2, help and version with 0.
    let arguments = Arguments::parse();
    let run = || match arguments.command {
        Command::Run(options) => run::run(&options),
        Command::Compile(options) => compile::run(&options),
        Command::Inspect(options) => inspect::run(&options),
    };
    // A panic has said what happened; its exit code would look like the guest's.
    ExitCode::from(catch_unwind(AssertUnwindSafe(run)).unwrap_or(failure::FAILED))
}
