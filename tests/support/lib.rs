//! Shared support of the integration tests.

#![forbid(unsafe_code)]

pub mod build;
pub mod compare;
pub mod guard;
pub mod many;
pub mod mutate;
pub mod outcome;
pub mod programs;
pub mod rng;
pub mod stub;

use wz_api::{EngineKind, Error, Runtime, RuntimeConfig};

/// The engines on which every test runs.
pub const ENGINES: [EngineKind; 2] = [EngineKind::Interp, EngineKind::InterpLoop];

/// A runtime with the given engine and otherwise default settings.
///
/// # Errors
///
/// Those of [`Runtime::new`].
pub fn runtime(engine: EngineKind) -> Result<Runtime, Error> {
    Runtime::new(RuntimeConfig::new().with_engine(engine))
}

/// The examples of the README are tests too.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
