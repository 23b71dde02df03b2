//! Makes a test of each block of Rust in the guide, for `tests/guide.rs` to include.

#![forbid(unsafe_code)]

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

const GUIDE: &str = "../docs/guide.md";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed={GUIDE}");
    println!("cargo::rerun-if-changed=build.rs");
    let guide = fs::read_to_string(GUIDE)?;
    let out = env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?;
    fs::write(Path::new(&out).join("guide.rs"), tests(&guide)?)?;
    Ok(())
}

/// A function for each block, named for the line at which it starts.
fn tests(guide: &str) -> Result<String, std::fmt::Error> {
    let mut tests = String::new();
    let mut in_block = false;
    for (line, number) in guide.lines().zip(1..) {
        match line {
            "```rust" => {
                in_block = true;
                writeln!(tests, "#[test]\nfn line_{number}() -> Result<(), wz_api::Error> {{")?;
            }
            "```" if in_block => {
                in_block = false;
                writeln!(tests, "Ok(())\n}}")?;
            }
            _ if in_block => writeln!(tests, "{line}")?,
            _ => {}
        }
    }
    Ok(tests)
}
