//! Validation alone: what every compiler pays.

use crate::engine::{Engine, Failure};
use wasmparser::{Validator, WasmFeatures};

/// The engine's name.
pub const NAME: &str = "wasmparser";

/// Its version.
pub const VERSION: &str = "0.263";

/// The validator.
pub struct Wasmparser;

impl Engine for Wasmparser {
    type Module = ();

    fn compile(&self, wasm: &[u8]) -> Result<(), Failure> {
        let mut validator = Validator::new_with_features(WasmFeatures::all());
        validator.validate_all(wasm).map(|_| ()).map_err(Failure::unsupported)
    }
}
