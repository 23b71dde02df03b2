//! `cargo xtask sanitize`: tests under AddressSanitizer.
//!
//! The tests of the crates that own `unsafe` code and of the public API, and the first version's scripts on the portable
//! dispatch loop. The interpreter is the engine: what native code does, the sanitizer does not see, and it does not know
//! the guests' stacks. `RUSTC_BOOTSTRAP` makes the stable compiler accept the flag; documentation tests are left out because
//! rustdoc would need the flag too. The builds have a target folder of their own.

use crate::tidy::workspace;
use std::path::PathBuf;
use std::process::Command;

/// Set for the tests: those that cannot run under a sanitizer, because they limit the address space of a process or
/// start a compiler, ask for it and say that they are skipped.
pub const VARIABLE: &str = "WZ_SANITIZE";

/// Naming the target keeps the flag away from build scripts and procedural macros.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// The commands, as arguments of cargo.
const COMMANDS: &[&[&str]] = &[
    &[
        "test",
        "--locked",
        "--no-fail-fast",
        "--lib",
        "--tests",
        "--package",
        "wz-core",
        "--package",
        "wz-api",
        "--no-default-features",
        "--features",
        "wz-api/debug-info,wz-api/interp,wz-api/text",
    ],
    &["run", "--locked", "--package", "xtask", "--", "spec", "--engine", "interp-loop", "--suite", "v1"],
];

/// Fake stacks would move the host's frames away from the stack whose end the runtime measures, and what is too large to
/// be allocated is an error that tests provoke.
const OPTIONS: &str = "detect_stack_use_after_return=0:allocator_may_return_null=1";

/// Runs the verb. Whether everything passed.
///
/// # Errors
///
/// Cargo cannot be started.
pub fn run() -> Result<bool, String> {
    if !cfg!(all(target_arch = "x86_64", target_os = "linux")) {
        return Err(format!("the sanitizer is set up for {TARGET} only"));
    }
    let target_dir =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from);
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut clean = true;
    for arguments in COMMANDS {
        println!("sanitize: cargo {}", arguments.join(" "));
        let (verb, rest) = arguments.split_at(1);
        let status = Command::new(&cargo)
            .args(verb)
            .args(["--target", TARGET])
            .args(rest)
            .current_dir(workspace())
            .env("CARGO_TARGET_DIR", target_dir.join("sanitize"))
            .env("RUSTC_BOOTSTRAP", "1")
            .env("RUSTFLAGS", "-Zsanitizer=address")
            .env("ASAN_OPTIONS", OPTIONS)
            .env(VARIABLE, "1")
            .status()
            .map_err(|error| format!("cargo cannot be started: {error}"))?;
        clean &= status.success();
    }
    println!("sanitize: {}", if clean { "clean" } else { "not clean" });
    Ok(clean)
}
