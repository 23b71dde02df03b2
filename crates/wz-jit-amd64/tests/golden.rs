//! Golden code: each `tests/golden/*.wat` compiles to the code in the comment at its end.
//!
//! `WZ_BLESS=1 cargo test -p wz-jit-amd64 --test golden` writes the comments anew. A first line `;; with` and words
//! chooses how to compile: `baseline` (no features of the processor beyond the baseline; otherwise all), `checked` (bounds
//! are compared), `fuel`, `interruption`.

mod support;

use std::fmt::Write;
use std::path::Path;
use support::{Options, compile, disassemble};
use wz_jit::{Technique, Techniques};

const START: &str = "\n(; code\n";
const END: &str = ";)\n";

/// Source without the code, and the code.
fn split(file: &str) -> (&str, Option<&str>) {
    match file.split_once(START) {
        Some((source, code)) => (source.trim_end(), code.strip_suffix(END)),
        None => (file.trim_end(), None),
    }
}

fn code_of(source: &str, techniques: Techniques) -> Result<String, Box<dyn std::error::Error>> {
    let options = Options { techniques, ..Options::of(source)? };
    let (module, blob) = compile(&wat::parse_str(source)?, options)?;
    Ok(disassemble(&module, &blob))
}

/// Techniques, and files whose code depends on them.
const SHOWN_BY: [(Technique, &[&str]); Technique::ALL.len()] = [
    (Technique::LoopRegisters, &["loop_1", "loop_8", "loop_20", "loop_floats", "loop_call"]),
    (Technique::Kills, &["spills", "loop_20", "sub"]),
    (Technique::LazySpills, &["calls", "loop_8", "merge"]),
    (Technique::CleanCopies, &["clean_copies"]),
    (Technique::CompareAndBranch, &["branches", "branches_on_floats", "loop_1"]),
    (Technique::CompareAndSelect, &["select", "select_floats"]),
    (Technique::Immediates, &["add", "and_masks", "compare_constants", "mul"]),
    (Technique::Addressing, &["loads", "stores", "load_offsets"]),
    (Technique::RegisterArguments, &["calls", "call_import", "leaf"]),
    (Technique::RegisterResults, &["block_results", "calls_many"]),
    (Technique::CalleePops, &["calls_many"]),
    (Technique::JumpTables, &["br_table"]),
    (Technique::OutOfLineTraps, &["checked_loads", "call_indirect"]),
    (Technique::OneCompareIndirect, &["call_indirect"]),
    (Technique::InlineCopy, &["copy_inline", "copy_inline_checked"]),
    (Technique::InlineFill, &["fill_inline"]),
    (Technique::ConstantShifts, &["shifts_by_constants"]),
    (Technique::ConstantDivisions, &["div_by_constants", "div_by_signed_powers"]),
    (Technique::ZeroBeforeConvert, &["from_int"]),
];

#[test]
fn code_depends_on_each_technique() {
    assert_eq!(SHOWN_BY.map(|(technique, _)| technique), Technique::ALL);
    let mut wrong = String::new();
    for (technique, files) in SHOWN_BY {
        for file in files {
            let path = format!("{}/tests/golden/{file}.wat", env!("CARGO_MANIFEST_DIR"));
            let file = std::fs::read_to_string(&path).expect(&path);
            let source = split(&file).0;
            let [with, without] = [Techniques::ALL, Techniques::without(technique)]
                .map(|techniques| code_of(source, techniques).expect(&path));
            if with == without {
                let _ = writeln!(wrong, "{path} does not show {technique:?}");
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
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
        let code = match code_of(source, Techniques::ALL) {
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
