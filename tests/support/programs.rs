//! The real programs in `tests/programs`.

use std::path::{Path, PathBuf};

/// The folder of the programs.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("programs")
}

/// A file of that folder.
///
/// # Panics
///
/// If it cannot be read.
pub fn read(path: &str) -> Vec<u8> {
    let path = folder().join(path);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The names and contents of all compiled programs, sorted by name.
///
/// # Panics
///
/// If the folder cannot be read, or is empty.
pub fn modules() -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder()).expect("the folder of programs can be read");
    let mut modules: Vec<(String, Vec<u8>)> = entries
        .map(|entry| entry.expect("the folder of programs can be read").file_name())
        .filter_map(|name| name.into_string().ok())
        .filter(|name| name.ends_with(".wasm"))
        .map(|name| {
            let bytes = read(&name);
            (name, bytes)
        })
        .collect();
    modules.sort();
    assert!(!modules.is_empty(), "there are no programs");
    modules
}
