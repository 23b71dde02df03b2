//! `wz run` as a person meets it: exit codes, messages and streams.

use std::fs;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// A folder of its own for each test, gone at its end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("wz-cli-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn file(&self, name: &str, contents: impl AsRef<[u8]>) {
        fs::write(self.0.join(name), contents).unwrap();
    }

    fn wz(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wz"));
        command.current_dir(&self.0).args(args).stdin(Stdio::null());
        command
    }

    /// Runs `wz` and checks its exit code.
    #[track_caller]
    fn run(&self, args: &[&str], code: i32) -> Output {
        let output = self.wz(args).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        output
    }

    /// Runs `wz` and checks its exit code and all of what it says on standard error.
    #[track_caller]
    fn fails(&self, args: &[&str], code: i32, message: &str) {
        let output = self.run(args, code);
        assert_eq!(String::from_utf8_lossy(&output.stderr), message);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    }

    #[track_caller]
    fn prints(&self, args: &[&str], stdout: &str) {
        let output = self.run(args, 0);
        assert_eq!(String::from_utf8_lossy(&output.stdout), stdout);
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder that stays behind is no reason to fail.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn what_is_no_module_is_named() {
    let folder = Folder::new();
    folder.file("empty", "");
    folder.file("elf", "\x7fELF\x02\x01\x01");
    folder.file("component", b"\0asm\x0d\0\x01\0");
    folder.file("noise", b"\xff\xfe\xfd");
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

const EXIT: &str = r#"
    (module
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (func (export "_start") (call $exit (i32.const CODE))))"#;

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
            (func (export "func") (result funcref) (ref.null func))
            (func (export "trap") (i32.store (i32.const 65536) (i32.const 0)))
            (memory 1))"#,
    );
    folder.prints(&["run", "--invoke", "ready", "m.wat"], "1\n");
    folder.prints(
        &["run", "--invoke", "all", "m.wat", "-1", "0xff", "1.5", "-inf", "0x10", "null"],
        "<null externref>\n16\n-inf\n1.5\n255\n-1\n",
    );
    folder.prints(&["run", "--invoke", "func", "m.wat"], "<null funcref>\n");
    let trap = folder.run(&["run", "--invoke", "trap", "m.wat"], 1);
    let message = String::from_utf8(trap.stderr).unwrap();
    assert!(message.starts_with("error: m.wat: trap: out of bounds memory access\n"), "{message}");
    assert!(message.contains("trap (0x"), "{message}");
    folder.fails(
        &["run", "--invoke", "nothing", "m.wat"],
        1,
        "error: m.wat: the module exports no function \"nothing\"; its exports of that kind: \
         \"_initialize\", \"_start\", \"ready\", \"all\", \"func\", \"trap\"\n",
    );
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
    folder.file("simd.wat", r#"(module (func (export "_start") (drop (v128.const i64x2 0 0))))"#);
    folder.prints(&["run", "simd.wat"], "");
    let disabled = folder.run(&["run", "--features", "-simd", "simd.wat"], 1);
    assert!(String::from_utf8_lossy(&disabled.stderr).contains("feature \"simd\" is disabled"));
}

/// Copies standard input to standard output, piece by piece.
const CAT: &str = r#"
    (module
        (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "_start")
            (i32.store (i32.const 0) (i32.const 1024))
            (loop $again
                (i32.store (i32.const 4) (i32.const 4096))
                (if (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 4)) (then unreachable))
                (if (i32.load (i32.const 4))
                    (then
                        (if (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable))
                        (br $again))))))"#;

#[test]
fn input_and_output_take_turns() {
    let folder = Folder::new();
    folder.file("cat.wat", CAT);
    let mut child =
        folder.wz(&["run", "cat.wat"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    for line in ["hello\n", "world\n"] {
        stdin.write_all(line.as_bytes()).unwrap();
        // The answer comes while the guest waits for more.
        let mut answer = vec![0; line.len()];
        stdout.read_exact(&mut answer).unwrap();
        assert_eq!(answer, line.as_bytes());
    }
    drop(stdin);
    let mut rest = Vec::new();
    stdout.read_to_end(&mut rest).unwrap();
    assert_eq!(rest, b"");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_timeout_ends_waiting_for_input() {
    let folder = Folder::new();
    folder.file("cat.wat", CAT);
    let mut child = folder
        .wz(&["run", "--timeout", "100ms", "cat.wat"])
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let start = Instant::now();
    // The pipe stays open and empty.
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        assert!(start.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(10));
    };
    assert_eq!(status.code(), Some(124));
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let folder = Folder::new();
    folder.file(
        "yes.wat",
        r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1)
            (data (i32.const 0) "\10\00\00\00\02\00\00\00")
            (data (i32.const 16) "y\n")
            (func (export "_start")
                (loop $again
                    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
                    (br $again))))"#,
    );
    let mut child =
        folder.wz(&["run", "yes.wat"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let mut start = [0; 4];
    stdout.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"y\ny\n");
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn timings_are_the_last_line_on_every_path_that_compiles() {
    let folder = Folder::new();
    folder.file("ok.wat", r#"(module (func (export "_start")))"#);
    folder.file("trap.wat", r#"(module (func (export "_start") unreachable))"#);
    folder.file("exit.wat", EXIT.replace("CODE", "9"));
    folder.file("link.wat", r#"(module (import "a" "b" (func)))"#);
    folder.file("invalid.wat", r#"(module (func i32.add))"#);
    for (file, code) in [("ok.wat", 0), ("trap.wat", 1), ("exit.wat", 9), ("link.wat", 1), ("invalid.wat", 1)]
    {
        let output = folder.run(&["run", "--timings", file], code);
        let stderr = String::from_utf8(output.stderr).unwrap();
        let line = stderr.lines().last().unwrap();
        assert!(line.starts_with(r#"{"engine":"interp","threads":1,"compile_ms":"#), "{file}: {line}");
        for key in
            ["compile_cpu_ms", "instantiate_us", "run_ms", "run_cpu_ms", "wasm_code_bytes", "code_bytes"]
        {
            assert!(line.contains(&format!("\"{key}\":")), "{file}: {line}");
        }
        assert!(line.ends_with(r#","cached":false}"#), "{file}: {line}");
    }
    let unread = folder.run(&["run", "--timings", "missing.wat"], 1);
    assert!(!String::from_utf8_lossy(&unread.stderr).contains('{'));
}
