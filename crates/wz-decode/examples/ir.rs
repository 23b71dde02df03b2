//! Prints the IR of a module: `cargo run -p wz-decode --example ir FILE`.

use wz_core::{Error, ir::FuncIr, ir::verify::verify, module::Module};
use wz_decode::{DecodeConfig, FunctionSink, decode};

struct Print {
    quiet: bool,
}

impl FunctionSink for Print {
    fn function(&mut self, module: &Module, ir: &FuncIr) -> Result<(), Error> {
        if !self.quiet {
            println!("{ir}");
        }
        verify(ir, module)
            .map_err(|e| Error::compile(format!("func {}: {e}\n{ir}", ir.func), Some(ir.body_offset)))
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for path in std::env::args().skip(1).filter(|a| a != "-q") {
        let quiet = std::env::args().any(|a| a == "-q");
        let bytes = wat::parse_file(&path)?;
        decode(&bytes, &DecodeConfig::default(), |_| Ok(Box::new(Print { quiet })))?;
    }
    Ok(())
}
