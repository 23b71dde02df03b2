//! What the operating system says of this process.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// One line of the list of this process's mappings.
#[derive(Clone, Debug)]
pub struct Mapping {
    /// The whole line.
    pub line: String,
    /// Whether it can be written.
    pub writable: bool,
    /// Whether it can be executed.
    pub executable: bool,
    /// Whether it is of a file, or one of the kernel's.
    pub named: bool,
}

/// The mappings of this process.
///
/// # Panics
///
/// If they cannot be had.
pub fn mappings() -> Vec<Mapping> {
    let text = std::fs::read_to_string("/proc/self/maps").expect("a list of mappings");
    let parse = |line: &str| {
        let mut fields = line.split_whitespace();
        let access = fields.nth(1).expect("the kernel says what is allowed");
        Mapping {
            writable: access.contains('w'),
            executable: access.contains('x'),
            named: fields.nth(3).is_some(),
            line: line.into(),
        }
    };
    text.lines().map(parse).collect()
}

/// Bytes of memory that this process has in use.
///
/// # Panics
///
/// If the number cannot be had.
pub fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").expect("the sizes of this process");
    let pages = text.split_whitespace().nth(1).and_then(|pages| pages.parse::<usize>().ok());
    // The kernel counts in pages, which are of 4 KiB on the processors that have native code.
    pages.expect("a number of pages") * 4096
}

/// Keeps other tests that measure this process from running.
pub fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a sanitizer is at work, which keeps what is freed for a while: then measurements say nothing.
pub fn sanitized() -> bool {
    std::env::var_os("WZ_SANITIZE").is_some()
}
