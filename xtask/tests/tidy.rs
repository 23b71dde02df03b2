//! The workspace keeps the rules of the house, and each rule can be broken.

#![forbid(unsafe_code)]

use xtask::tidy::{MAX_LINES, check, findings, workspace};

#[test]
fn workspace_is_tidy() {
    let found = findings(&workspace()).expect("the workspace can be read");
    let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "{}", lines.join("\n"));
}

/// What `check` says of a file that breaks one rule.
fn only(path: &str, text: &str) -> String {
    let found = check(path, text.as_bytes());
    assert_eq!(found.len(), 1, "{path}: {found:?}");
    found[0].to_string()
}

#[test]
fn each_rule_can_be_broken() {
    let elsewhere = "crates/wz-decode/src/lower.rs";
    let block = "fn f() {\n    unsafe { g() }\n}\n";
    assert!(only(elsewhere, block).contains(":2: `unsafe` in a file"));
    assert!(only("crates/wz-core/src/runtime/memory.rs", block).contains(":2: `unsafe` without a `SAFETY:`"));
    assert!(only(elsewhere, &format!("fn f() {{ {}!() }}", "todo")).contains("left over"));
    assert!(only(elsewhere, &format!("fn f() {{ {}!() }}", "unimplemented")).contains("left over"));
    assert!(only(elsewhere, "#[ignore = \"slow\"]\nfn f() {}").contains("ignored test"));
    assert!(only(elsewhere, &"\n".repeat(MAX_LINES + 1)).contains("lines"));
    assert!(only("crates/wz-decode/src/lib.rs", "mod lower;").contains("does not forbid"));
    let public = "crates/wz-api/src/config.rs";
    assert!(only(public, "pub fn f() -> wat::Error {\n}\n").contains(":1: a public item names `wat`"));
    assert!(only("docs/a.md", &["see /ho", "me/somebody"].concat()).contains("somebody's machine"));
}

#[test]
fn what_keeps_the_rules_passes() {
    let noted = "fn f() {\n    // SAFETY: g has no preconditions.\n    unsafe { g() }\n}\n";
    assert_eq!(check("crates/wz-core/src/runtime/memory.rs", noted.as_bytes()), []);
    let spoken = "// unsafe todo!()\nconst A: &str = \"unsafe\";\n";
    assert_eq!(check("crates/wz-decode/src/lower.rs", spoken.as_bytes()), []);
    assert_eq!(check("crates/wz-decode/src/lib.rs", b"#![forbid(unsafe_code)]"), []);
}
