//! wz's feature flags as wasmparser's, and back.

use wasmparser::WasmFeatures;
use wz_core::{Error, Features};

const MAP: &[(Features, WasmFeatures)] = &[
    (Features::MUTABLE_GLOBAL, WasmFeatures::MUTABLE_GLOBAL),
    (Features::SIGN_EXTENSION_OPS, WasmFeatures::SIGN_EXTENSION),
    (Features::NONTRAPPING_FLOAT_TO_INT, WasmFeatures::SATURATING_FLOAT_TO_INT),
    (Features::MULTI_VALUE, WasmFeatures::MULTI_VALUE),
    (Features::BULK_MEMORY, WasmFeatures::BULK_MEMORY),
    (Features::REFERENCE_TYPES, WasmFeatures::REFERENCE_TYPES),
    (Features::SIMD, WasmFeatures::SIMD),
    (Features::TAIL_CALL, WasmFeatures::TAIL_CALL),
    (Features::EXTENDED_CONST, WasmFeatures::EXTENDED_CONST),
    (Features::THREADS, WasmFeatures::THREADS),
    (Features::EXCEPTIONS, WasmFeatures::EXCEPTIONS),
    (Features::FUNCTION_REFERENCES, WasmFeatures::FUNCTION_REFERENCES),
    (Features::MEMORY64, WasmFeatures::MEMORY64),
    (Features::MULTI_MEMORY, WasmFeatures::MULTI_MEMORY),
    (Features::RELAXED_SIMD, WasmFeatures::RELAXED_SIMD),
    (Features::GC, WasmFeatures::GC),
    (Features::WIDE_ARITHMETIC, WasmFeatures::WIDE_ARITHMETIC),
    (Features::CUSTOM_PAGE_SIZES, WasmFeatures::CUSTOM_PAGE_SIZES),
];

/// The flags under which wasmparser validates.
pub(crate) fn to_wasmparser(features: Features) -> WasmFeatures {
    // Not proposals: floats and reference types that a collector would manage are always there.
    let always = WasmFeatures::FLOATS | WasmFeatures::GC_TYPES;
    MAP.iter().filter(|(ours, _)| features.contains(*ours)).fold(always, |flags, (_, theirs)| flags | *theirs)
}

/// The first of wz's flags that wasmparser misses, if wz has a name for it.
pub(crate) fn from_wasmparser(missing: WasmFeatures) -> Option<Features> {
    MAP.iter().find(|(_, theirs)| missing.intersects(*theirs)).map(|(ours, _)| *ours)
}

/// Refuses features that this build does not have.
pub(crate) fn check_built(features: Features) -> Result<(), Error> {
    match features.without(Features::BUILT).names().next() {
        Some(name) => Err(Error::compile(format!("feature \"{name}\" is not supported"), None)),
        None => Ok(()),
    }
}
