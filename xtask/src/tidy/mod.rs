//! `cargo xtask tidy`: the rules of the house that compilers do not check.
//!
//! * `unsafe` only in the files that [`UNSAFE_FILES`] names, each block and `impl` with a `SAFETY:` note;
//! * every other crate says `#![forbid(unsafe_code)]` (or `deny`, where one file is an exception);
//! * no Rust file longer than [`MAX_LINES`];
//! * nothing left open: no `todo!`, `unimplemented!`, `dbg!`, no ignored test;
//! * no dependency's type in the public API;
//! * no path of somebody's machine, in binaries neither.

mod lexer;
mod public;

use std::fmt;
use std::path::{Path, PathBuf};

/// Greatest number of lines of a Rust file.
pub const MAX_LINES: usize = 800;

/// The files, and folders, that may say `unsafe`, relative to the workspace: what runtime objects are made of, how
/// engines and the runtime call each other, and the interpreter's handlers.
pub const UNSAFE_FILES: &[&str] = &[
    "bench/src/engines/artefact.rs",
    "crates/wz-core/src/engine.rs",
    "crates/wz-core/src/runtime/backtrace.rs",
    "crates/wz-core/src/runtime/instance.rs",
    "crates/wz-core/src/runtime/interrupt.rs",
    "crates/wz-core/src/runtime/libcalls/",
    "crates/wz-core/src/runtime/memory.rs",
    "crates/wz-core/src/runtime/owned.rs",
    "crates/wz-core/src/runtime/reservation.rs",
    "crates/wz-core/src/runtime/store/",
    "crates/wz-core/src/runtime/sys/",
    "crates/wz-core/src/runtime/table.rs",
    "crates/wz-core/src/runtime/tests/",
    "crates/wz-core/src/runtime/vm.rs",
    "crates/wz-core/src/runtime/vmblock.rs",
    "crates/wz-core/src/runtime/zeroed.rs",
    "crates/wz-interp/src/code.rs",
    "crates/wz-interp/src/dispatch/",
    "crates/wz-interp/src/exec/",
    "crates/wz-interp/src/machine.rs",
    "crates/wz-native/",
];

/// Crate roots that need no `forbid(unsafe_code)` because files below them are in [`UNSAFE_FILES`].
const UNSAFE_CRATES: &[&str] = &["crates/wz-core/", "crates/wz-interp/", "crates/wz-native/"];

/// Where machines keep what belongs to their users. Written in two halves so that this file does not break its own rule.
const MACHINE_PATHS: &[(&str, &str)] =
    &[("/ho", "me/"), ("/ro", "ot/"), ("/wo", "rk/"), ("/Us", "ers/"), (r"\Us", r"ers\")];

/// A broken rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file, relative to the workspace.
    pub path: String,
    /// The line, counted from 1; 0 for the whole file.
    pub line: usize,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

/// Runs the verb: prints what is wrong. Whether nothing is.
///
/// # Errors
///
/// A file cannot be read.
pub fn run() -> Result<bool, String> {
    let findings = findings(&workspace())?;
    for finding in &findings {
        println!("{finding}");
    }
    println!("tidy: findings={}", findings.len());
    Ok(findings.is_empty())
}

/// The workspace that this program was built from.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(PathBuf::new, Path::to_path_buf)
}

/// Everything that is wrong in the files below `root`.
///
/// # Errors
///
/// A file or folder cannot be read.
pub fn findings(root: &Path) -> Result<Vec<Finding>, String> {
    let mut found = Vec::new();
    for path in files_below(root)? {
        let bytes =
            std::fs::read(root.join(&path)).map_err(|error| format!("cannot read {path}: {error}"))?;
        found.extend(check(&path, &bytes));
    }
    Ok(found)
}

/// Everything that is wrong in one file. `path` is relative to the workspace, with `/` between its parts.
pub fn check(path: &str, bytes: &[u8]) -> Vec<Finding> {
    let mut found = machine_paths(path, bytes);
    if path.ends_with(".rs") {
        match std::str::from_utf8(bytes) {
            Ok(text) => found.extend(check_rust(path, text)),
            Err(_) => found.push(finding(path, 0, "is not UTF-8")),
        }
    }
    found
}

fn finding(path: &str, line: usize, what: impl Into<String>) -> Finding {
    Finding { path: path.into(), line, what: what.into() }
}

fn machine_paths(path: &str, bytes: &[u8]) -> Vec<Finding> {
    let mut found = Vec::new();
    for (first, second) in MACHINE_PATHS {
        let needle = [first.as_bytes(), second.as_bytes()].concat();
        if let Some(at) = bytes.windows(needle.len()).position(|window| window == needle) {
            let line = 1 + bytes[..at].iter().filter(|byte| **byte == b'\n').count();
            found.push(finding(path, line, format!("names a folder of somebody's machine: {first}{second}")));
        }
    }
    found
}

fn check_rust(path: &str, text: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    let original: Vec<&str> = text.lines().collect();
    if original.len() > MAX_LINES {
        found.push(finding(path, 0, format!("has {} lines, more than {MAX_LINES}", original.len())));
    }
    let code = lexer::without_comments_and_literals(text);
    let may_be_unsafe = UNSAFE_FILES.iter().any(|allowed| path.starts_with(allowed));
    for (i, line) in code.lines().enumerate() {
        for word in ["todo!", "unimplemented!", "dbg!"] {
            if lexer::has_word(line, word) {
                found.push(finding(path, i + 1, format!("`{word}` is left over")));
            }
        }
        if line.contains("#[ignore") {
            found.push(finding(path, i + 1, "an ignored test"));
        }
        if lexer::has_word(line, "unsafe") {
            if !may_be_unsafe {
                found.push(finding(path, i + 1, "`unsafe` in a file that may not have any"));
            } else if needs_note(line) && !has_note(&original, i) {
                found.push(finding(path, i + 1, "`unsafe` without a `SAFETY:` note"));
            }
        }
    }
    let below = |files: &[&str]| files.iter().any(|file| path.starts_with(file));
    if below(public::PUBLIC_FILES) && !below(public::PRIVATE_FILES) {
        for (line, name) in public::foreign_names(&code) {
            found.push(finding(
                path,
                line,
                format!("a public item names `{name}`, which is of a dependency"),
            ));
        }
    }
    let root =
        path.ends_with("src/lib.rs") || path.ends_with("src/main.rs") || path == "tests/support/lib.rs";
    let exempt = UNSAFE_CRATES.iter().any(|allowed| path.starts_with(allowed));
    if root && !exempt && !code.contains("#![forbid(unsafe_code)]") && !code.contains("#![deny(unsafe_code)]")
    {
        found.push(finding(path, 0, "does not forbid unsafe code"));
    }
    found
}

/// Whether a line with `unsafe` opens a block or an `impl`, which must say why it is sound. An `unsafe fn` says in its
/// documentation what its callers owe.
fn needs_note(line: &str) -> bool {
    let after = line.split("unsafe").nth(1).unwrap_or("").trim_start();
    after.is_empty() || after.starts_with('{') || after.starts_with("impl")
}

/// Whether the line, or the comment above its statement, has a `SAFETY:` note.
fn has_note(lines: &[&str], at: usize) -> bool {
    /// A statement may start some lines above the block in it.
    const STATEMENT_LINES: usize = 6;
    if lines[at].contains("SAFETY:") {
        return true;
    }
    let mut code_lines = 0;
    for line in lines[..at].iter().rev() {
        let line = line.trim();
        if line.contains("SAFETY:") {
            return true;
        }
        if line.starts_with("//") || line.starts_with("#[") {
            continue;
        }
        code_lines += 1;
        if code_lines > STATEMENT_LINES || line.is_empty() {
            return false;
        }
    }
    false
}

/// The files below `root`, sorted, with `/` between the parts; nothing that is built or hidden by version control.
fn files_below(root: &Path) -> Result<Vec<String>, String> {
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let unreadable = |error: std::io::Error| format!("cannot read {}: {error}", folder.display());
        for entry in std::fs::read_dir(root.join(&folder)).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let name = entry.file_name();
            let path = folder.join(&name);
            let kind = entry.file_type().map_err(unreadable)?;
            if kind.is_dir() && name != "target" && name != ".git" {
                folders.push(path);
            } else if kind.is_file() {
                let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
                files.push(parts.join("/"));
            }
        }
    }
    files.sort();
    Ok(files)
}
