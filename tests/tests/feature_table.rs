//! `docs/features.md` and `docs/hazards.md` name tests and items that exist.

#![forbid(unsafe_code)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// What stands between backquotes in the table's rows.
fn names(table: &str) -> BTreeSet<&str> {
    let rows = table.lines().filter(|line| line.starts_with("| "));
    rows.flat_map(|row| row.split('`').skip(1).step_by(2)).collect()
}

/// The file of a test's `crate/file`.
fn file(name: &str) -> PathBuf {
    let (owner, file) = name.split_once('/').unwrap();
    let folder = match (owner, file.split_once('/')) {
        ("tests", _) => "tests/tests".to_owned(),
        ("core", _) => "crates/wz-core/src/runtime/tests".to_owned(),
        (_, Some(("src", _))) => format!("crates/wz-{owner}"),
        _ => format!("crates/wz-{owner}/tests"),
    };
    workspace().join(folder).join(format!("{file}.rs"))
}

/// The sources in which public items are, without their folders.
fn sources(folder: &str) -> String {
    let files = fs::read_dir(workspace().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    files
        .filter(|path| path.extension().is_some_and(|e| e == "rs"))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect()
}

#[test]
fn every_row_is_there() {
    let table = fs::read_to_string(workspace().join("docs/features.md")).unwrap();
    for row in 1..=11 {
        assert!(table.contains(&format!("\n| A{row} | ")), "A{row}");
    }
}

/// Checks that the tests that a document's tables name exist, and that there are enough of them.
fn tests_exist(document: &str, least: usize) {
    let table = fs::read_to_string(workspace().join(document)).unwrap();
    let tests: Vec<_> = names(&table)
        .into_iter()
        .filter_map(|name| name.split_once("::").filter(|(at, _)| at.contains('/')))
        .collect();
    assert!(tests.len() > least, "{document}: {}", tests.len());
    for (at, function) in tests {
        let path = file(at);
        let text =
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("{at}: {}: {error}", path.display()));
        let is_test = |(at, _)| {
            let before = text[..at].rsplit("\n\n").next().unwrap();
            before.lines().any(|line| line.trim() == "#[test]")
        };
        assert!(text.match_indices(&format!("fn {function}()")).any(is_test), "{document}: {at}::{function}");
    }
}

#[test]
fn every_test_exists() {
    tests_exist("docs/features.md", 40);
    tests_exist("docs/hazards.md", 60);
}

#[test]
fn every_item_exists() {
    let table = fs::read_to_string(workspace().join("docs/features.md")).unwrap();
    let sources = sources("crates/wz-api/src") + &sources("crates/wz-core/src");
    let items: Vec<_> = names(&table)
        .into_iter()
        .filter_map(|name| name.split_once("::").filter(|(at, _)| !at.contains('/')))
        .collect();
    assert!(items.len() > 60, "{}", items.len());
    for (owner, item) in items {
        let declares = |word: &str| sources.contains(word);
        assert!(
            ["struct", "enum"].iter().any(|kind| declares(&format!("pub {kind} {owner}"))),
            "{owner}::{item}: no type of that name"
        );
        let forms = [
            format!("pub fn {item}("),
            format!("pub fn {item}<"),
            format!("pub const fn {item}("),
            format!("pub const {item}: "),
            format!("pub {item}: "),
            format!("    {item}("),
            format!("    {item} = "),
            format!("    {item},"),
        ];
        // `From` is implemented by a macro.
        assert!(item == "from" || forms.iter().any(|form| declares(form)), "{owner}::{item}");
    }
}
