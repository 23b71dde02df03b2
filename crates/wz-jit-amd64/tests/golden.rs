//! Golden code: each `tests/golden/*.wat` compiles to the code in the comment at its end.
//!
//! `WZ_BLESS=1 cargo test -p wz-jit-amd64 --test golden` writes the comments anew. A first line `;; with` and words
//! chooses how to compile: `baseline` (no features of the processor beyond the baseline; otherwise all), `checked` (bounds
//! are compared), `fuel`, `interruption`.

mod support;

use std::fmt::Write;
use std::path::Path;
use support::{Options, compile, disassemble};

const START: &str = "\n(; code\n";
const END: &str = ";)\n";

/// Source without the code, and the code.
fn split(file: &str) -> (&str, Option<&str>) {
    match file.split_once(START) {
        Some((source, code)) => (source, code.strip_suffix(END)),
        None => (file.trim_end(), None),
    }
}

fn code_of(source: &str) -> Result<String, Box<dyn std::error::Error>> {
    let (module, blob) = compile(&wat::parse_str(source)?, Options::of(source)?)?;
    Ok(disassemble(&module, &blob))
}

#[test]
fn code_is_as_blessed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let bless = std::env::var_os("WZ_BLESS").is_some();
    let mut files = 0;
    let mut wrong = String::new();
    for entry in std::fs::read_dir(folder).expect("tests/golden") {
        let path = entry.expect("entry").path();
        if path.extension().is_none_or(|e| e != "wat") {
            continue;
        }
        files += 1;
        let file = std::fs::read_to_string(&path).expect("source");
        let (source, golden) = split(&file);
        let code = match code_of(source) {
            Ok(code) => code,
            Err(error) => {
                let _ = writeln!(wrong, "{}: {error}", path.display());
                continue;
            }
        };
        if golden == Some(&code) {
            continue;
        }
        if bless {
            std::fs::write(&path, format!("{source}\n{START}{code}{END}")).expect("write");
        } else {
            let _ = writeln!(wrong, "{}:\n{code}", path.display());
        }
    }
    assert!(files >= 100, "only {files} files");
    assert!(wrong.is_empty(), "code differs (WZ_BLESS=1 accepts it):\n{wrong}");
}
