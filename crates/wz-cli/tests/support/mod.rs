//! Running the built `wz` in a folder of files.
#![allow(dead_code, reason = "each file of tests uses some of it")]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder of its own for each test, gone at its end.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Folder {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("wz-cli-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub fn file(&self, name: &str, contents: impl AsRef<[u8]>) {
        fs::write(self.0.join(name), contents).unwrap();
    }

    pub fn wz(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wz"));
        command.current_dir(&self.0).args(args).stdin(Stdio::null());
        command
    }

    /// Runs `wz` and checks its exit code.
    #[track_caller]
    pub fn run(&self, args: &[&str], code: i32) -> Output {
        let output = self.wz(args).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        output
    }

    /// Runs `wz` and checks its exit code and all of what it says on standard error.
    #[track_caller]
    pub fn fails(&self, args: &[&str], code: i32, message: &str) {
        let output = self.run(args, code);
        assert_eq!(String::from_utf8_lossy(&output.stderr), message);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    }

    #[track_caller]
    pub fn prints(&self, args: &[&str], stdout: &str) {
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

/// The value of a key in the line that `--timings` prints, which is the last of standard error.
#[track_caller]
pub fn timing(output: &Output, key: &str) -> String {
    let stderr = String::from_utf8(output.stderr.clone()).unwrap();
    let line = stderr.strip_suffix('\n').unwrap().lines().last().unwrap();
    let line = line.strip_prefix('{').and_then(|line| line.strip_suffix('}')).unwrap();
    let mut members = line.split(',').map(|member| member.split_once(':').unwrap());
    members.find(|(name, _)| *name == format!("{key:?}")).unwrap().1.to_owned()
}

/// Exits with CODE.
pub const EXIT: &str = r#"
    (module
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (func (export "_start") (call $exit (i32.const CODE))))"#;

/// A program whose function `$put` writes a text to a descriptor, and which does `body`.
pub fn writing(fd: u32, text: &str, body: &str) -> String {
    let len = text.len();
    let text: String = text.bytes().map(|byte| format!("\\{byte:02x}")).collect();
    format!(
        r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 16)
            (data (i32.const 16) "{text}")
            (func $put
                (i32.store (i32.const 0) (i32.const 16))
                (i32.store (i32.const 4) (i32.const {len}))
                (drop (call $write (i32.const {fd}) (i32.const 0) (i32.const 1) (i32.const 8))))
            (func (export "_start") {body}))"#
    )
}
