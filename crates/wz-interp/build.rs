//! Sets the one custom cfg of this crate.
//!
//! `wz_threaded`: handlers end in a call of the next handler, and the compiler turns that call into a jump. It does so
//! for optimised code on the architectures listed here, whose calling conventions pass all eight values of
//! `exec::Regs` in registers. Debug assertions, coverage counters and sanitizers put code behind the call or
//! take the address of locals, so builds with those use the loop. Without the cfg the threaded dispatch does not
//! exist, and the engine `interp` runs on the loop.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(wz_threaded)");
    let var = |name: &str| env::var(name).unwrap_or_default();
    let optimised = matches!(var("OPT_LEVEL").as_str(), "2" | "3");
    let arch = matches!(var("CARGO_CFG_TARGET_ARCH").as_str(), "x86_64" | "aarch64");
    let checked = env::var_os("CARGO_CFG_DEBUG_ASSERTIONS").is_some();
    let flags = var("CARGO_ENCODED_RUSTFLAGS");
    let instrumented = flags.contains("instrument-coverage") || flags.contains("sanitizer");
    if optimised && arch && !checked && !instrumented {
        println!("cargo::rustc-cfg=wz_threaded");
    }
}
