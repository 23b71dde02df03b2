//! `wz compile` and `wz inspect`.

mod support;

use std::fs;
use std::process::Stdio;
use support::{Folder, timing};

#[test]
fn compiling_says_whether_a_module_is_valid() {
    let folder = Folder::new();
    folder.file("ok.wat", "(module (func nop))");
    folder.file("invalid.wat", "(module (func i32.add))");
    for args in [
        &["compile", "ok.wat"][..],
        &["compile", "--engine", "interp-loop", "--threads", "2", "--features", "v1", "ok.wat"],
    ] {
        folder.prints(args, "");
    }
    let output = folder.run(&["compile", "invalid.wat"], 1);
    assert!(output.stderr.starts_with(b"error: invalid.wat: type mismatch"));
    let output = folder.run(&["compile", "--timings", "--engine", "interp-loop", "ok.wat"], 0);
    assert_eq!(timing(&output, "engine"), "\"interp-loop\"");
    let output = folder.run(&["compile", "--timings", "--threads", "3", "ok.wat"], 0);
    assert_eq!(timing(&output, "threads"), "3");
    for args in [
        &["compile"][..],
        &["compile", "ok.wat", "more"],
        &["compile", "--threads", "0", "ok.wat"],
        &["compile", "--threads", "many", "ok.wat"],
        &["inspect"],
        &["inspect", "--timings", "ok.wat"],
    ] {
        folder.run(args, 2);
    }
}

#[test]
fn there_is_no_output_format_yet() {
    let folder = Folder::new();
    folder.file("m.wat", "(module)");
    folder.file("old", "old");
    let refused = "cannot be written: this build of wz has no file format for compiled modules";
    for output in ["new", "old"] {
        folder.fails(&["compile", "m.wat", "-o", output], 2, &format!("error: {output}: {refused}\n"));
    }
    assert!(!folder.0.join("new").exists());
    assert_eq!(fs::read(folder.0.join("old")).unwrap(), b"old");
    folder.fails(&["compile", "-o", ".", "m.wat"], 2, "error: .: cannot be written: is a folder\n");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("old", folder.0.join("link")).unwrap();
        let message = "error: link: cannot be written: is a symbolic link\n";
        folder.fails(&["compile", "-o", "link", "m.wat"], 2, message);
        let message = "error: /dev/null: cannot be written: is not a regular file\n";
        folder.fails(&["compile", "-o", "/dev/null", "m.wat"], 2, message);
    }
}

#[test]
fn inspecting_lists_what_a_module_is_made_of() {
    let folder = Folder::new();
    folder.file(
        "m.wat",
        r#"(module $named
            (@custom "note" "hello")
            (import "env" "log" (func (param i32 i64) (result f32)))
            (import "env" "\1b[2J" (global (mut i64)))
            (import "env" "table" (table 1 externref))
            (memory (export "memory") 2 16)
            (table 3 funcref)
            (func (export "run") (result v128) (v128.const i64x2 0 0))
            (data (i32.const 0) "x"))"#,
    );
    folder.prints(
        &["inspect", "m.wat"],
        "name: \"named\"\n\
         imports:\n  \
           \"env\".\"log\": func (i32, i64) -> (f32)\n  \
           \"env\".\"\\u{1b}[2J\": global (mut i64)\n  \
           \"env\".\"table\": table 1 externref\n\
         exports:\n  \
           \"memory\": memory 2 16\n  \
           \"run\": func () -> (v128)\n\
         memories:\n  \
           0: memory 2 16 (128 KiB to 1 MiB)\n\
         tables:\n  \
           0: table 1 externref\n  \
           1: table 3 funcref\n\
         sections:\n  \
           type: 11 bytes at 0xa, 2 items\n  \
           import: 37 bytes at 0x17, 3 items\n  \
           function: 2 bytes at 0x3e, 1 item\n  \
           table: 4 bytes at 0x42, 1 item\n  \
           memory: 4 bytes at 0x48, 1 item\n  \
           export: 16 bytes at 0x4e, 2 items\n  \
           code: 22 bytes at 0x60, 1 item\n  \
           data: 7 bytes at 0x78, 1 item\n  \
           custom \"note\": 10 bytes at 0x81\n  \
           custom \"name\": 13 bytes at 0x8d\n\
         features:\n  \
           mutable-global\n  \
           reference-types\n  \
           simd\n",
    );
}

#[test]
fn inspecting_an_empty_module() {
    let folder = Folder::new();
    folder.file("m.wat", "(module)");
    folder.prints(
        &["inspect", "m.wat"],
        "imports: none\nexports: none\nmemories: none\ntables: none\nsections: none\nfeatures: none\n",
    );
}

/// The features that `wz inspect` lists.
fn needed(folder: &Folder, module: &str) -> Vec<String> {
    folder.file("needs.wat", module);
    let output = String::from_utf8(folder.run(&["inspect", "needs.wat"], 0).stdout).unwrap();
    let (_, features) = output.split_once("\nfeatures:").unwrap();
    features.lines().skip(1).map(|line| line.trim().to_owned()).collect()
}

#[test]
fn inspecting_finds_the_features_that_are_needed() {
    let folder = Folder::new();
    for (feature, module) in [
        ("mutable-global", r#"(module (global (export "g") (mut i32) (i32.const 0)))"#),
        ("sign-extension-ops", "(module (func (param i32) (drop (i32.extend8_s (local.get 0)))))"),
        (
            "nontrapping-float-to-int-conversion",
            "(module (func (param f32) (drop (i32.trunc_sat_f32_s (local.get 0)))))",
        ),
        ("multi-value", "(module (func (result i32 i32) unreachable))"),
        (
            "bulk-memory-operations",
            "(module (memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0))))",
        ),
        ("reference-types", "(module (table 1 externref))"),
        ("simd", "(module (func (param v128)))"),
        ("tail-call", "(module (func (return_call 0)))"),
        ("extended-const", "(module (global i32 (i32.add (i32.const 1) (i32.const 2))))"),
    ] {
        assert_eq!(needed(&folder, module), [feature], "{module}");
        // The module is valid with that feature alone, and not without it.
        let only = format!("v1,-mutable-global,+{feature}");
        folder.prints(&["compile", "--features", &only, "needs.wat"], "");
        folder.run(&["compile", "--features", &format!("all,-{feature}"), "needs.wat"], 1);
    }
    let several = "(module (func (param v128) (result i32 i32) (return_call 0 (local.get 0))))";
    assert_eq!(needed(&folder, several), ["multi-value", "simd", "tail-call"]);
}

#[test]
fn inspecting_what_is_invalid_shows_its_sections() {
    let folder = Folder::new();
    folder.file("m.wat", "(module (memory 1 1 shared))");
    let output = folder.run(&["inspect", "m.wat"], 1);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "sections:\n  memory: 4 bytes at 0xa, 1 item\n");
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.ends_with("\n  this build of wz does not have threads\n"), "{message}");
    folder.fails(&["inspect", "."], 1, "error: .: is a folder, not a WebAssembly module\n");
}

#[test]
fn inspecting_into_a_closed_pipe_ends_quietly() {
    let folder = Folder::new();
    let imports: String = (0..20_000).map(|i| format!("(import \"env\" \"f{i}\" (func))")).collect();
    folder.file("m.wat", format!("(module {imports})"));
    let mut command = folder.wz(&["inspect", "m.wat"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), &output.stderr[..]), (Some(1), &b""[..]));
}
