//! Modules, each from a number.

mod program;
mod smith;
pub mod tame;

use std::fmt;
use wasmparser::WasmFeatures;

/// How a module is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Kind {
    /// By wasm-smith, which knows every instruction and puts any after any.
    Smith,
    /// By our own generator, whose functions have loops, live variables and calls as compilers make them.
    Program,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 2] = [Kind::Smith, Kind::Program];
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Smith => "smith",
            Kind::Program => "program",
        })
    }
}

/// The module of a kind and a seed: a valid one, the same in each run.
///
/// # Errors
///
/// The generator is wrong.
pub fn module(kind: Kind, seed: u64) -> Result<Vec<u8>, String> {
    let wasm = match kind {
        Kind::Smith => smith::module(seed)?,
        Kind::Program => program::module(seed)?,
    };
    let mut validator = wasmparser::Validator::new_with_features(features());
    validator.validate_all(&wasm).map_err(|error| format!("the generated module is not valid: {error}"))?;
    Ok(wasm)
}

/// The proposals that modules may use.
pub fn features() -> WasmFeatures {
    WasmFeatures::WASM2 | WasmFeatures::TAIL_CALL | WasmFeatures::EXTENDED_CONST
}
