//! No dependency's type in the public API: a new version of a dependency must never be a new version of wz.
//!
//! The check reads what a public item says of itself: everything from `pub` to its body, the whole body of enums and
//! traits, and the heads and associated types of `impl` blocks.

use super::lexer::has_word;

/// The files, and folders, whose public items embedders see.
pub const PUBLIC_FILES: &[&str] = &[
    "crates/wz-api/src/",
    "crates/wz-core/src/error.rs",
    "crates/wz-core/src/features.rs",
    "crates/wz-core/src/trap.rs",
    "crates/wz-core/src/types.rs",
    "crates/wz-wasi/src/",
];

/// Modules below them that nothing public comes from.
pub const PRIVATE_FILES: &[&str] = &["crates/wz-api/src/debug/"];

/// The dependencies, as code names them.
const DEPENDENCIES: &[&str] = &[
    "addr2line",
    "cpp_demangle",
    "getrandom",
    "gimli",
    "libc",
    "object",
    "rustc_demangle",
    "rustix",
    "tracing",
    "wasmparser",
    "wast",
    "wat",
];

/// The lines, from 1, on which public items start that name a dependency or something imported from one, with the name.
/// `code` is without comments and literals.
pub fn foreign_names(code: &str) -> Vec<(usize, String)> {
    let mut names: Vec<&str> = DEPENDENCIES.to_vec();
    for (_, import) in statements(code, "use") {
        let from = import["use".len()..].trim_start().trim_start_matches("::");
        if DEPENDENCIES.iter().any(|dependency| from.starts_with(&format!("{dependency}::"))) {
            names.extend(imported(from));
        }
    }
    let items = statements(code, "pub").into_iter().filter(|(_, text)| !text.starts_with("pub("));
    let implementations = statements(code, "impl").into_iter().chain(statements(code, "type"));
    let mut found = Vec::new();
    for (at, text) in items.chain(implementations) {
        if let Some(name) = names.iter().find(|name| has_word(text, name)) {
            let line = 1 + code[..at].matches('\n').count();
            found.push((line, (*name).to_owned()));
        }
    }
    found.sort();
    found.dedup();
    found
}

/// What starts with `keyword` at the start of a line, up to its body or its end, with the offset. Enums and traits with
/// their bodies, fields up to the end of the line.
fn statements<'a>(code: &'a str, keyword: &str) -> Vec<(usize, &'a str)> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in code.split_inclusive('\n') {
        let at = start + (line.len() - line.trim_start().len());
        start += line.len();
        let rest = &code[at..];
        let is_whole =
            rest[keyword.len().min(rest.len())..].starts_with(|c: char| !c.is_alphanumeric() && c != '_');
        if !rest.starts_with(keyword) || !is_whole {
            continue;
        }
        let head = &rest[..head_end(rest)];
        let text = if has_word(head, "enum") || has_word(head, "trait") {
            &rest[..body_end(rest)]
        } else if keyword == "use" || is_item(head) {
            // A `use` goes on behind its brace.
            if has_word(head, "use") { rest.split(';').next().unwrap_or(rest) } else { head }
        } else {
            rest.lines().next().unwrap_or(rest)
        };
        found.push((at, text));
    }
    found
}

/// Whether a public something is an item, not a field.
fn is_item(head: &str) -> bool {
    ["fn", "struct", "type", "const", "static", "use", "mod", "union", "impl"]
        .iter()
        .any(|word| has_word(head, word))
}

/// Where an item's body, or the item, ends; the length of an array is part of its type.
fn head_end(text: &str) -> usize {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '[' => depth += 1,
            ']' => depth -= 1,
            '{' => return at,
            ';' if depth == 0 => return at,
            _ => {}
        }
    }
    text.len()
}

/// The end of the braces that open first.
fn body_end(text: &str) -> usize {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return at,
            '}' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

/// The names that an import brings in: the last of each path, or what follows `as`.
fn imported(tree: &str) -> impl Iterator<Item = &str> {
    tree.split([',', '{', '}', ';'])
        .filter_map(|path| path.split([':', ' ', '\n']).rfind(|part| !part.is_empty()))
        .filter(|name| !matches!(*name, "self" | "*"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(code: &str) -> Vec<(usize, String)> {
        foreign_names(code)
    }

    #[test]
    fn dependencies_in_public_items_are_found() {
        for code in [
            "pub use gimli::Reader;",
            "pub fn f(\n    at: rustix::fd::OwnedFd,\n) {}",
            "pub struct S {\n    pub module: wasmparser::Module,\n}",
            "pub struct S(pub libc::c_int);",
            "pub fn f(a: [u8; 2], b: [libc::c_int; 2]) {}",
            "pub enum E {\n    Parse(wasmparser::BinaryReaderError),\n}",
            "pub trait T {\n    fn f() -> wat::Error;\n}",
            "impl From<wat::Error> for Error {\n}",
            "impl Deref for S {\n    type Target = gimli::Dwarf;\n}",
            "pub type A = addr2line::Context;",
            "use gimli::{self, Reader as R, read::Dwarf};\npub fn f(r: R) {}",
            "use gimli::{self, Reader as R, read::Dwarf};\nimpl Deref for S<Dwarf> {\n}",
        ] {
            assert_eq!(names(code).len(), 1, "{code}: {:?}", names(code));
        }
    }

    #[test]
    fn what_embedders_do_not_see_may_name_them() {
        for code in [
            "use gimli::Reader;\nfn f(r: Reader) {}",
            "pub(crate) fn f(r: gimli::Reader) {}",
            "pub struct S {\n    context: gimli::Context,\n}",
            "pub fn f() {\n    let span = tracing::debug_span!(s);\n}",
            "pub fn watch(wat_file: Watch) {}",
        ] {
            assert_eq!(names(code), [], "{code}");
        }
    }
}
