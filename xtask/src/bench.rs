//! `cargo xtask bench`: wz and its peers on the same work.
//!
//! Builds and starts the program in `bench/`, a workspace of its own: nothing here depends on a peer.

use crate::tidy::workspace;
use std::ffi::OsString;
use std::process::Command;

/// What follows the verb: the program's own options (`--help` lists them).
#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub struct Options {
    /// Options of the bench: --quick, --filter TEXT, --engines NAMES, --reps N, --offline; --help lists all.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    options: Vec<OsString>,
}

/// Runs the verb. Whether every output was right.
///
/// # Errors
///
/// Cargo cannot be started.
pub fn run(options: &Options) -> Result<bool, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    // Not `--locked`: the product's dependencies are in this lock file too, and may just have changed.
    command
        .args(["run", "--release", "--manifest-path"])
        .arg(workspace().join("bench/Cargo.toml"))
        .args(["--", "run"])
        .args(&options.options);
    let status = command.status().map_err(|error| format!("cargo cannot be started: {error}"))?;
    Ok(status.success())
}
