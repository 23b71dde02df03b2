//! Where the operating system refuses address space, instances get a checked memory or a typed error.

#![forbid(unsafe_code)]
#![cfg(unix)]

use std::process::{Command, Output};
use wz_tests::engines;
use wz_tests::guard::guarded;

/// Runs the helper program with `args` in an address space of `kilobytes`.
fn limited(kilobytes: u64, args: &[&str]) -> Output {
    let script = format!("ulimit -v {kilobytes} && exec \"$@\"");
    let args: Vec<String> = args.iter().map(ToString::to_string).collect();
    guarded(move || {
        Command::new("sh")
            .args(["-c", &script, "sh", env!("CARGO_BIN_EXE_wz-limited")])
            .args(args)
            .output()
            .expect("the shell runs")
    })
}

/// The helper's one line of output.
fn line(kilobytes: u64, args: &[&str]) -> String {
    let output = limited(kilobytes, args);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {}: {stderr}", output.status);
    String::from_utf8_lossy(&output.stdout).trim().to_string()
}

#[test]
fn without_a_limit_everything_works() {
    for engine in engines().iter().map(|engine| engine.name()) {
        for kind in ["auto", "guarded", "checked"] {
            assert_eq!(line(1 << 40, &[engine, kind, "17", "0"]), "ok 17");
            assert_eq!(line(1 << 40, &[engine, kind, "17", "100"]), "ok 117");
        }
    }
}

#[test]
fn a_refused_reservation_falls_back_to_a_checked_memory() {
    for engine in engines().iter().map(|engine| engine.name()) {
        for kind in ["auto", "checked"] {
            assert_eq!(line(1 << 20, &[engine, kind, "17", "0"]), "ok 17");
            assert_eq!(line(1 << 20, &[engine, kind, "17", "100"]), "ok 117");
        }
    }
}

#[test]
fn a_refused_guarded_memory_is_a_limit_error() {
    for engine in engines().iter().map(|engine| engine.name()) {
        let line = line(1 << 20, &[engine, "guarded", "17", "0"]);
        assert!(line.starts_with("limit "), "{line}");
    }
}

#[test]
fn memory_beyond_the_address_space_is_a_limit_error_and_growth_fails() {
    for engine in engines().iter().map(|engine| engine.name()) {
        for kind in ["auto", "guarded", "checked"] {
            let refused = line(1 << 20, &[engine, kind, "60000", "0"]);
            assert!(refused.starts_with("limit "), "{engine} {kind}: {refused}");
        }
        let grown = line(1 << 20, &[engine, "auto", "17", "60000"]);
        assert_eq!(grown, "ok 17", "{engine}");
    }
}

#[test]
fn a_refused_guest_stack_is_a_limit_error() {
    for engine in engines().iter().map(|engine| engine.name()) {
        let refused = line(1 << 20, &[engine, "auto", "1", "0", "8000000000"]);
        assert!(refused.starts_with("limit "), "{engine}: {refused}");
    }
}
