//! wasmparser's errors as wz's, with the names of disabled features.

use crate::features;
use wasmparser::BinaryReaderError;
use wz_core::{Error, Features};

/// Messages of wasmparser that mean a disabled feature but do not say so in a machine-readable way.
const UNNAMED: &[(&str, Features)] = &[
    ("multiple memories", Features::MULTI_MEMORY),
    ("multiple tables", Features::REFERENCE_TYPES),
    ("data count section", Features::BULK_MEMORY),
    ("gc proposal must be enabled", Features::GC),
];

/// The error as wz reports it.
#[cold]
pub(crate) fn from_wasmparser(error: BinaryReaderError) -> Error {
    let disabled = error.missing_wasm_feature().and_then(features::from_wasmparser);
    from_parts(error.message(), error.offset(), disabled)
}

fn from_parts(message: &str, offset: u64, disabled: Option<Features>) -> Error {
    match disabled.and_then(|f| f.names().next()) {
        Some(name) => Error::compile(format!("feature \"{name}\" is disabled: {message}"), Some(offset)),
        None => Error::compile(message, Some(offset)),
    }
}

/// As [`from_wasmparser`], for errors of sections under a set of enabled features: those that mean a disabled one
/// without naming it are named.
#[cold]
pub(crate) fn from_section(error: BinaryReaderError, enabled: Features) -> Error {
    let named = error.missing_wasm_feature().and_then(features::from_wasmparser);
    let disabled = named.or_else(|| {
        UNNAMED
            .iter()
            .find(|(text, feature)| error.message().contains(text) && !enabled.contains(*feature))
            .map(|(_, feature)| *feature)
    });
    from_parts(error.message(), error.offset(), disabled)
}
