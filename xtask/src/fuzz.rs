//! `cargo xtask fuzz-smoke`: generated modules on wz's engines and on another runtime, which judges.
//!
//! Builds and starts the program in `fuzz/`, a workspace of its own: nothing here depends on the judge.

use crate::tidy::workspace;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

/// What follows the verb: the program's own options (`--help` lists them).
#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub struct Options {
    /// Options of the test: --seeds N, --start S, --engines NAMES, --kinds NAMES, --jobs N; --help lists all.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    options: Vec<OsString>,
}

/// Runs the verb. Whether all runtimes did the same.
///
/// # Errors
///
/// Cargo cannot be started.
pub fn run(options: &Options) -> Result<bool, String> {
    let fuzz = workspace().join("fuzz");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| fuzz.join("target"), PathBuf::from);
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    // Not `--locked`: the product's dependencies are in this lock file too, and may just have changed.
    command
        .args(["run", "--quiet", "--release", "--manifest-path"])
        .arg(fuzz.join("Cargo.toml"))
        .args(["--", "smoke", "--folder"])
        .arg(target.join("fuzz-failures"))
        .args(&options.options);
    let status = command.status().map_err(|error| format!("cargo cannot be started: {error}"))?;
    Ok(status.success())
}
