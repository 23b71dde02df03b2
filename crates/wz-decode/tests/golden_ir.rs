//! Golden IR: each `tests/ir/*.wat` lowers to the text in the `.ir` file beside it, and the verifier accepts it.
//!
//! `WZ_BLESS=1 cargo test -p wz-decode --test golden_ir` writes the `.ir` files anew. A first line
//! `;; with fuel interruption` switches instrumentation on.

use std::fmt::Write;
use std::path::Path;
use wz_core::{Error, ir::FuncIr, ir::verify::verify, module::Module};
use wz_decode::{DecodeConfig, FunctionSink, decode};

struct Collect<'a>(&'a mut String);

impl FunctionSink for Collect<'_> {
    fn function(&mut self, module: &Module, ir: &FuncIr) -> Result<(), Error> {
        let name = module.exports.iter().find(|e| e.index == wz_core::module::ExternIndex::Func(ir.func));
        let _ = writeln!(self.0, "; {}\n{ir}", name.map_or("", |e| &*e.name));
        verify(ir, module).map_err(|e| Error::compile(e.to_string(), Some(ir.body_offset)))
    }
}

fn lower(source: &str) -> Result<String, Box<dyn std::error::Error>> {
    let options = source.lines().next().filter(|line| line.starts_with(";; with")).unwrap_or("");
    let config = DecodeConfig::default()
        .with_fuel(options.contains("fuel"))
        .with_interruption(options.contains("interruption"));
    let mut text = String::new();
    decode(&wat::parse_str(source)?, &config, |_| Ok(Box::new(Collect(&mut text))))?;
    Ok(text)
}

#[test]
fn ir_is_as_blessed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ir");
    let bless = std::env::var_os("WZ_BLESS").is_some();
    let mut files = 0;
    let mut wrong = String::new();
    for entry in std::fs::read_dir(folder).expect("tests/ir") {
        let path = entry.expect("entry").path();
        if path.extension().is_none_or(|e| e != "wat") {
            continue;
        }
        files += 1;
        let source = std::fs::read_to_string(&path).expect("source");
        let text = lower(&source).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let golden = path.with_extension("ir");
        if bless {
            std::fs::write(&golden, &text).expect("write");
        } else if std::fs::read_to_string(&golden).ok().as_deref() != Some(&text) {
            let _ = writeln!(wrong, "{}:\n{text}", path.display());
        }
    }
    assert!(files >= 12, "only {files} files");
    assert!(wrong.is_empty(), "IR differs (WZ_BLESS=1 accepts it):\n{wrong}");
}
