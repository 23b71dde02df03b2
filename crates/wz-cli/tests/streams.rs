//! Standard streams and the time that waiting for them takes.

mod support;

use std::io::{Read, Write};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};
use support::{Folder, timing, writing};

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
fn a_closed_pipe_ends_quietly() {
    let folder = Folder::new();
    folder.file("yes.wat", writing(1, "y\n", "(loop $again (call $put) (br $again))"));
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

/// The most that a run may last longer than its timeout.
const LATENCY: Duration = Duration::from_millis(100);
const TIMEOUT: Duration = Duration::from_millis(150);

/// Runs a program that waits for ever, with pipes whose other ends stay open and are not used, and checks that it ends
/// when its time is over.
#[track_caller]
fn ends_in_time(folder: &Folder, file: &str) {
    let attempt = || -> (Output, Duration) {
        let mut command = folder.wz(&["run", "--timings", "--timeout", "150ms", file]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let start = Instant::now();
        while child.try_wait().unwrap().is_none() {
            assert!(start.elapsed() < Duration::from_secs(60), "{file} does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
        let output = child.wait_with_output().unwrap();
        drop((stdin, stdout));
        let ran: f64 = timing(&output, "run_ms").parse().unwrap();
        (output, Duration::from_secs_f64(ran / 1000.0))
    };
    // A busy machine may be late once, not five times.
    let mut late = Duration::MAX;
    for _ in 0..5 {
        let (output, ran) = attempt();
        assert_eq!(output.status.code(), Some(124), "{file}");
        let message = format!("error: {file}: did not end within 150ms\n");
        assert!(String::from_utf8_lossy(&output.stderr).starts_with(&message), "{file}");
        late = late.min(ran.saturating_sub(TIMEOUT));
        if late < LATENCY {
            return;
        }
    }
    panic!("{file}: {late:?} late");
}

#[test]
fn a_timeout_ends_waiting_for_input() {
    let folder = Folder::new();
    folder.file("cat.wat", CAT);
    ends_in_time(&folder, "cat.wat");
}

/// Polls the subscriptions at 0, and fails if one has an event.
fn poll(count: u32, data: &str) -> String {
    format!(
        r#"(module
            (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1)
            {data}
            (func (export "_start")
                (drop (call $poll (i32.const 0) (i32.const 1024) (i32.const {count}) (i32.const 2048)))
                unreachable))"#
    )
}

#[test]
fn a_timeout_ends_polling() {
    let folder = Folder::new();
    // The monotonic clock, in a long time.
    let clock = r#"(data (i32.const 16) "\01") (data (i32.const 24) "\ff\ff\ff\ff\ff\ff\ff\ff")"#;
    folder.file("clock.wat", poll(1, clock));
    ends_in_time(&folder, "clock.wat");
    folder.file("input.wat", poll(1, r#"(data (i32.const 8) "\01")"#));
    ends_in_time(&folder, "input.wat");
    folder.file("both.wat", poll(2, &format!(r#"{clock} (data (i32.const 56) "\01")"#)));
    ends_in_time(&folder, "both.wat");
}

#[cfg(unix)]
#[test]
fn a_timeout_ends_writing_to_a_pipe_that_is_full() {
    let folder = Folder::new();
    let much = "y".repeat(512 << 10);
    folder.file("yes.wat", writing(1, &much, "(loop $again (call $put) (br $again))"));
    ends_in_time(&folder, "yes.wat");
}

#[test]
fn what_was_written_is_out() {
    let folder = Folder::new();
    folder.file("m.wat", writing(1, "half", "(call $put) (loop (br 0))"));
    let mut child = folder.wz(&["run", "m.wat"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut start = [0; 4];
    child.stdout.take().unwrap().read_exact(&mut start).unwrap();
    assert_eq!(&start, b"half");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[cfg(unix)]
#[test]
fn what_the_guest_does_not_read_is_left() {
    let folder = Folder::new();
    folder.file(
        "byte.wat",
        r#"(module
            (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1)
            (data (i32.const 0) "\10\00\00\00\01\00\00\00")
            (func (export "_start") (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))))"#,
    );
    let (reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(b"xyz").unwrap();
    let mut command = folder.wz(&["run", "byte.wat"]);
    assert!(command.stdin(reader.try_clone().unwrap()).status().unwrap().success());
    drop((writer, command));
    let mut rest = Vec::new();
    (&reader).read_to_end(&mut rest).unwrap();
    assert_eq!(rest, b"yz");
}
