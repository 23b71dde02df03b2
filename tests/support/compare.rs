//! One module under every engine: well-formed IR, and the same behaviour.

use crate::engines::{engines, refused_for_vectors};
use crate::outcome::{self, Outcome};
use wz_api::{Error, ErrorKind, Runtime};
use wz_core::ir::{FuncIr, verify::verify};
use wz_core::module::Module;
use wz_decode::{DecodeConfig, FunctionSink, decode};

/// Checks that IR is well-formed.
#[derive(Debug)]
pub struct Verify;

impl FunctionSink for Verify {
    fn function(&mut self, module: &Module, ir: &FuncIr) -> Result<(), Error> {
        verify(ir, module).map_err(|error| Error::usage(format!("function {}: {error}", ir.func)))
    }
}

/// Runs a module under every engine.
///
/// `None` means that the module does not compile, with a typed error.
///
/// # Errors
///
/// The IR is not well-formed, the engines do not agree, or compilation fails with an error that says nothing of the
/// module.
pub fn engines_agree(wasm: &[u8], fuel: u64) -> Result<Option<Outcome>, String> {
    let mut first: Option<Outcome> = None;
    for (i, &engine) in engines().iter().enumerate() {
        let runtime = Runtime::new(outcome::config(engine, fuel)).map_err(|error| error.to_string())?;
        let code = match runtime.compile(wasm) {
            Ok(code) => code,
            Err(error) => match error.kind() {
                ErrorKind::Compile(_) | ErrorKind::Limit(_) if i == 0 => return Ok(None),
                _ if refused_for_vectors(engine, &error) => continue,
                _ => return Err(format!("compilation on {engine}: {error}")),
            },
        };
        let outcome = outcome::observe(&code, engine, fuel).map_err(|error| error.to_string())?;
        match &first {
            None => first = Some(outcome),
            Some(first) if !first.agrees_with(&outcome) => {
                return Err(format!("{engine} differs:\n{first:?}\n{outcome:?}"));
            }
            Some(_) => {}
        }
    }
    for config in [DecodeConfig::default(), DecodeConfig::default().with_fuel(true).with_interruption(true)] {
        decode(wasm, &config, |_| Ok(Box::new(Verify))).map_err(|error| error.to_string())?;
    }
    Ok(first)
}
