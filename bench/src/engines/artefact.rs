//! Loading artefacts of other projects, which they declare unsafe: an artefact is machine code.
#![allow(unsafe_code)]

use crate::engine::Failure;
use std::path::Path;

/// Loads a module that this process stored with wasmtime.
pub fn wasmtime(engine: &wasmtime::Engine, file: &Path) -> Result<wasmtime::Module, Failure> {
    // SAFETY: `measure::load` had the same engine write the file just before, under a name with this process's number, and
    // removes it only after the module is dropped.
    unsafe { wasmtime::Module::deserialize_file(engine, file) }.map_err(Failure::failed)
}

/// Loads a module that this process stored with wasmer.
pub fn wasmer(engine: &wasmer::Engine, file: &Path) -> Result<wasmer::Module, Failure> {
    // SAFETY: as above.
    unsafe { wasmer::Module::deserialize_from_file(engine, file) }.map_err(Failure::failed)
}
