//! `wz run` as a person meets it: exit codes and messages.

mod support;

use std::fs;
use std::time::{Duration, Instant};
use support::{EXIT, Folder};

#[test]
fn what_is_no_module_is_named() {
    let folder = Folder::new();
    folder.file("empty", "");
    folder.file("elf", "\x7fELF\x02\x01\x01");
    folder.file("component", b"\0asm\x0d\0\x01\0");
    folder.file("noise", b"\xff\xfe\xfd");
    folder.file("text", "hello");
    folder.file("m.wat", r#"(module (func (export "f")))"#);
    folder.file("cut", b"\0asm\x01\0\0\0\x01\x02\x03");
    folder.fails(&["run", "empty"], 1, "error: empty: the file is empty\n");
    folder.fails(
        &["run", "elf"],
        1,
        "error: elf: is an ELF file (a native program or library), not a WebAssembly module\n",
    );
    folder.fails(
        &["run", "component"],
        1,
        "error: component: is a WebAssembly component; wz runs core modules\n",
    );
    folder.fails(&["run", "."], 1, "error: .: is a folder, not a WebAssembly module\n");
    folder.fails(&["run", "missing"], 1, "error: missing: no such file\n");
    folder.fails(
        &["run", "noise"],
        1,
        "error: noise: is not a WebAssembly module, neither binary (it does not begin with \"\\0asm\") nor text\n",
    );
    #[cfg(unix)]
    folder.fails(
        &["run", "/dev/zero"],
        1,
        "error: /dev/zero: is not a WebAssembly module, neither binary (it does not begin with \"\\0asm\") nor text\n",
    );
    folder.fails(&["run", ""], 1, "error: \"\": no such file\n");
    folder.fails(&["run", "m.wat/x"], 1, "error: m.wat/x: no such file\n");
    folder.fails(
        &["run", "text"],
        1,
        "error: text: expected `(`\n     --> text:1:1\n      |\n    1 | hello\n      | ^\n",
    );
    folder.fails(
        &["run", "m.wat"],
        1,
        "error: m.wat: the module exports no function \"_start\"; its exports of that kind: \"f\"\n  \
         programs begin at _start; --invoke NAME calls another function\n",
    );
    folder.fails(&["run", "cut"], 1, "error: cut: unexpected end-of-file (at offset 0xa)\n");
}

#[test]
fn wrong_usage_ends_with_2() {
    let folder = Folder::new();
    folder.file("m.wat", r#"(module (func (export "f") (param i32)))"#);
    for args in [
        &[][..],
        &["run"],
        &["run", "--nonsense", "m.wat"],
        &["run", "--engine", "fast", "m.wat"],
        &["run", "--env", "NAME", "m.wat"],
        &["run", "--env", "=value", "m.wat"],
        &["run", "--timeout", "soon", "m.wat"],
        &["run", "--fuel", "-1", "m.wat"],
        &["run", "--features", "v9", "m.wat"],
        &["run", "--invoke", "f", "m.wat"],
        &["run", "--invoke", "f", "m.wat", "x"],
        &["run", "--invoke", "f", "m.wat", "1", "2"],
    ] {
        let output = folder.run(args, 2);
        assert!(!output.stderr.is_empty(), "{args:?}");
    }
    folder.run(&["--help"], 0);
    folder.run(&["run", "--help"], 0);
    folder.run(&["--version"], 0);
}

#[test]
fn the_exit_code_is_the_guests() {
    let folder = Folder::new();
    for code in [0, 1, 7, 124, 255] {
        folder.file("exit.wat", EXIT.replace("CODE", &code.to_string()));
        folder.run(&["run", "exit.wat"], code);
    }
    folder.file("exit.wat", EXIT.replace("CODE", "256"));
    folder.fails(&["run", "exit.wat"], 1, "error: exit.wat: exit code 256 does not fit in 8 bits\n");
}

#[test]
fn link_errors_list_every_import() {
    let folder = Folder::new();
    folder.file(
        "m.wat",
        r#"(module
            (import "a" "b" (func))
            (import "wasi_snapshot_preview1" "fd_close" (func (param i64)))
            (import "wasi_snapshot_preview1" "fd_open" (func)))"#,
    );
    folder.fails(
        &["run", "m.wat"],
        1,
        "error: m.wat: cannot be linked:\n  \
         unknown import: \"a\".\"b\" of type func () -> ()\n  \
         incompatible import type: \"wasi_snapshot_preview1\".\"fd_close\" of type func (i64) -> (), found func (i32) -> (i32)\n  \
         unknown import: \"wasi_snapshot_preview1\".\"fd_open\" of type func () -> ()\n",
    );
}

#[test]
fn functions_are_invoked_with_typed_arguments() {
    let folder = Folder::new();
    folder.file(
        "m.wat",
        r#"(module
            (global $ready (mut i32) (i32.const 0))
            (func (export "_initialize") (global.set $ready (i32.const 1)))
            (func (export "_start") unreachable)
            (func (export "ready") (result i32) (global.get $ready))
            (func (export "all") (param i32 i64 f32 f64 v128 externref)
                (result externref v128 f64 f32 i64 i32)
                local.get 5 local.get 4 local.get 3 local.get 2 local.get 1 local.get 0)
            (func $func (export "func") (result funcref) (ref.null func))
            (func (export "funcs") (result funcref funcref) (ref.func $func) (ref.null func))
            (func (export "trap") (i32.store (i32.const 65536) (i32.const 0)))
            (memory 1))"#,
    );
    folder.prints(&["run", "--invoke", "ready", "m.wat"], "1\n");
    folder.prints(
        &["run", "--invoke", "all", "m.wat", "-1", "0xff", "1.5", "-inf", "0x10", "null"],
        "<null externref>\n16\n-inf\n1.5\n255\n-1\n",
    );
    folder.prints(&["run", "--invoke", "funcs", "m.wat"], "<funcref>\n<null funcref>\n");
    let trap = folder.run(&["run", "--invoke", "trap", "m.wat"], 1);
    let message = String::from_utf8(trap.stderr).unwrap();
    assert!(message.starts_with("error: m.wat: trap: out of bounds memory access\n"), "{message}");
    assert!(message.contains("trap (0x"), "{message}");
    folder.fails(
        &["run", "--invoke", "nothing", "m.wat"],
        1,
        "error: m.wat: the module exports no function \"nothing\"; its exports of that kind: \
         \"_initialize\", \"_start\", \"ready\", \"all\", \"func\", \"funcs\", \"trap\"\n",
    );
}

#[test]
fn values_are_read_and_printed_in_all_their_forms() {
    let folder = Folder::new();
    let identity = |ty: &str| format!(r#"(func (export "{ty}") (param {ty}) (result {ty}) (local.get 0))"#);
    let functions: String = ["i32", "i64", "f32", "f64", "v128"].map(identity).concat();
    let bits = r#"(func (export "bits") (param f32 f64) (result i32 i64)
        (i32.reinterpret_f32 (local.get 0)) (i64.reinterpret_f64 (local.get 1)))"#;
    folder.file("m.wat", format!("(module {functions} {bits})"));
    for (ty, text, printed) in [
        ("i32", "4294967295", "-1"),
        ("i32", "-0x80000000", "-2147483648"),
        ("i64", "0xffffffffffffffff", "-1"),
        ("i64", "9223372036854775808", "-9223372036854775808"),
        ("f32", "0.1", "0.1"),
        ("f32", "16777217", "16777216"),
        ("f32", "-0", "-0"),
        ("f32", "nan:0x200001", "NaN"),
        ("f64", "1e21", "1000000000000000000000"),
        ("f64", "5e-324", &format!("0.{}5", "0".repeat(323))),
        ("f64", "-inf", "-inf"),
        ("f64", "0x1.8p1", "3"),
        ("v128", "0xffffffffffffffffffffffffffffffff", "340282366920938463463374607431768211455"),
        ("v128", "0x10000000000000000", "18446744073709551616"),
    ] {
        folder.prints(&["run", "--invoke", ty, "m.wat", text], &format!("{printed}\n"));
    }
    let nan = ["run", "--invoke", "bits", "m.wat", "nan:0x200001", "-nan:0x1"];
    folder.prints(&nan, &format!("{}\n{}\n", 0x7fa0_0001, 0xfff0_0000_0000_0001u64.cast_signed()));
    for (ty, text) in [("i32", "4294967296"), ("i64", "1.0"), ("f32", "nan:0x0"), ("v128", "1"), ("f64", "")]
    {
        let output = folder.run(&["run", "--invoke", ty, "m.wat", text], 2);
        let message = format!("error: m.wat: --invoke {ty}: argument 1: {text:?} is no {ty}: ");
        assert!(String::from_utf8_lossy(&output.stderr).starts_with(&message));
    }
}

/// Writes its arguments and environment, a string a line.
const SHOW: &str = r#"
    (module
        (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "environ_get" (func $env (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "environ_sizes_get" (func $env_sizes (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 2)
        (func $show
            (i32.store (i32.const 8) (i32.const 65536))
            (i32.store (i32.const 12) (i32.load (i32.const 4)))
            (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16))))
        (func (export "_start")
            (drop (call $args_sizes (i32.const 0) (i32.const 4)))
            (drop (call $args (i32.const 32) (i32.const 65536)))
            (call $show)
            (drop (call $env_sizes (i32.const 0) (i32.const 4)))
            (drop (call $env (i32.const 32) (i32.const 65536)))
            (call $show)))"#;

#[test]
fn options_end_at_the_file() {
    let folder = Folder::new();
    folder.file("show.wat", SHOW);
    fs::create_dir(folder.0.join("sub")).unwrap();
    folder.file("sub/show.wat", SHOW);
    folder.prints(
        &["run", "--env", "A=1=2", "--env", "B=", "show.wat", "--env", "-x", "--", ""],
        "show.wat\0--env\0-x\0--\0\0A=1=2\0B=\0",
    );
    // The program's name is the file's alone.
    folder.prints(&["run", "sub/show.wat"], "show.wat\0");
    let inherited =
        folder.wz(&["run", "--env-inherit", "--env", "B=b", "show.wat"]).env_clear().env("A", "a").output();
    assert_eq!(inherited.unwrap().stdout, b"show.wat\0A=a\0B=b\0");
}

#[test]
fn limits_and_features() {
    let folder = Folder::new();
    folder.file(
        "m.wat",
        r#"(module
            (memory 2)
            (func (export "spin") (loop (br 0)))
            (func (export "grow") (result i32) (memory.grow (i32.const 1))))"#,
    );
    folder.prints(&["run", "--max-memory", "128KiB", "--invoke", "grow", "m.wat"], "-1\n");
    folder.prints(&["run", "--max-memory", "192KiB", "--invoke", "grow", "m.wat"], "2\n");
    folder.run(&["run", "--max-memory", "64KiB", "--invoke", "grow", "m.wat"], 1);
    let fuel = folder.run(&["run", "--fuel", "1000", "--invoke", "spin", "m.wat"], 1);
    assert!(fuel.stderr.starts_with(b"error: m.wat: trap: out of fuel\n"));
    let start = Instant::now();
    folder.fails(
        &["run", "--timeout", "100ms", "--invoke", "spin", "m.wat"],
        124,
        "error: m.wat: did not end within 100ms\n",
    );
    assert!(start.elapsed() < Duration::from_secs(20));
    let over = ["run", "--timeout", "0s", "--invoke", "grow", "m.wat"];
    folder.fails(&over, 124, "error: m.wat: did not end within 0ns\n");
    // What is more than there can be is no limit.
    folder.prints(
        &["run", "--max-memory", "9999999999GiB", "--timeout", "99999999999h", "--invoke", "grow", "m.wat"],
        "2\n",
    );
    folder.file("simd.wat", r#"(module (func (export "_start") (drop (v128.const i64x2 0 0))))"#);
    folder.prints(&["run", "simd.wat"], "");
    let disabled = folder.run(&["run", "--features", "-simd", "simd.wat"], 1);
    assert!(String::from_utf8_lossy(&disabled.stderr).contains("feature \"simd\" is disabled"));
}

#[test]
fn features_that_are_not_built_are_named() {
    let folder = Folder::new();
    folder.file("m.wat", "(module (memory 1 1 shared))");
    let output = folder.run(&["run", "m.wat"], 1);
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.starts_with("error: m.wat: feature \"threads\" is disabled: "), "{message}");
    assert!(message.ends_with("\n  this build of wz does not have threads\n"), "{message}");
    let output = folder.run(&["run", "--features", "v2,+threads", "m.wat"], 2);
    assert!(String::from_utf8_lossy(&output.stderr).contains("does not have threads"));
}

#[test]
fn errors_of_texts_say_the_line() {
    let folder = Folder::new();
    folder.file("m.wat", "(module\n  (func i32.frob))");
    let output = folder.run(&["run", "m.wat"], 1);
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.starts_with("error: m.wat: unknown operator"), "{message}");
    assert!(message.contains("--> m.wat:2:9\n"), "{message}");
    // Nested as deep as it can be, and beyond.
    folder.file("deep.wat", "(".repeat(1_000_000));
    assert!(folder.run(&["run", "deep.wat"], 1).stderr.len() < 10_000);
    let (open, close) = ("(block ".repeat(100_000), ")".repeat(100_000));
    folder.file("blocks.wat", format!("(module (func (export \"_start\") {open}{close}))"));
    folder.prints(&["run", "blocks.wat"], "");
}

#[test]
fn messages_are_coloured_where_they_are_wanted_so() {
    let folder = Folder::new();
    let stderr = |variables: &[(&str, &str)]| {
        let mut command = folder.wz(&["run", "missing"]);
        command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").envs(variables.iter().copied());
        String::from_utf8(command.output().unwrap().stderr).unwrap()
    };
    let plain = "error: missing: no such file\n";
    assert_eq!(stderr(&[]), plain);
    assert_eq!(stderr(&[("CLICOLOR_FORCE", "1")]), "\x1b[1m\x1b[31merror:\x1b[0m missing: no such file\n");
    assert_eq!(stderr(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]), plain);
}

#[test]
fn names_in_messages_do_not_steer_the_terminal() {
    let folder = Folder::new();
    folder.file("m.wat", r#"(module (func $a (@name "a\1b[2J") (export "_start") unreachable))"#);
    let output = folder.run(&["run", "m.wat"], 1);
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("a\\u{1b}[2J") && !message.contains('\x1b'), "{message}");
}

#[test]
fn modules_with_flipped_bits_end_with_an_error_or_well() {
    let folder = Folder::new();
    let module =
        fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/programs/wordcount.wasm")).unwrap();
    for i in 0..24 {
        let mut bytes = module.clone();
        let at = (i * 7919 + 9) % bytes.len();
        bytes[at] ^= 1 << (i % 8);
        folder.file("m.wasm", bytes);
        for command in ["compile", "inspect"] {
            let code = folder.wz(&[command, "m.wasm"]).output().unwrap().status.code();
            assert!(matches!(code, Some(0 | 1)), "{command}: {code:?} with bit {} of byte {at}", i % 8);
        }
    }
}
