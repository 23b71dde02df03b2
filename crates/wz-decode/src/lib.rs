//! WebAssembly bytes to a validated [`Module`] and the IR of its functions.
//!
//! wasmparser validates; the lowering to IR rides on the same visit of each operator. Functions are streamed: one is
//! validated, lowered, analysed and handed to a [`FunctionSink`] with one reused scratch, then the next.
#![forbid(unsafe_code)]

mod body;
mod const_expr;
mod error;
mod features;
mod lower;
mod parallel;
mod reader;
mod section;
mod streaming;
mod types;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread;
use wz_core::{Error, Features, ir::FuncIr, module::Module};

/// What to accept, and what to add to the IR.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DecodeConfig {
    /// Proposals that modules may use; at most [`Features::BUILT`].
    pub features: Features,
    /// Insert ops that charge fuel.
    pub fuel: bool,
    /// Insert checks of the interrupt word at function entries and loop headers.
    pub interruption: bool,
    /// Keep custom sections.
    pub custom_sections: bool,
    /// Keep the custom sections that say which source lines the code comes from.
    pub debug_info: bool,
}

impl Default for DecodeConfig {
    fn default() -> DecodeConfig {
        DecodeConfig {
            features: Features::BUILT,
            fuel: false,
            interruption: false,
            custom_sections: false,
            debug_info: false,
        }
    }
}

impl DecodeConfig {
    /// Sets [`DecodeConfig::features`].
    #[must_use]
    pub fn with_features(mut self, features: Features) -> DecodeConfig {
        self.features = features;
        self
    }

    /// Sets [`DecodeConfig::fuel`].
    #[must_use]
    pub fn with_fuel(mut self, fuel: bool) -> DecodeConfig {
        self.fuel = fuel;
        self
    }

    /// Sets [`DecodeConfig::interruption`].
    #[must_use]
    pub fn with_interruption(mut self, interruption: bool) -> DecodeConfig {
        self.interruption = interruption;
        self
    }

    /// Sets [`DecodeConfig::custom_sections`].
    #[must_use]
    pub fn with_custom_sections(mut self, custom_sections: bool) -> DecodeConfig {
        self.custom_sections = custom_sections;
        self
    }

    /// Sets [`DecodeConfig::debug_info`].
    #[must_use]
    pub fn with_debug_info(mut self, debug_info: bool) -> DecodeConfig {
        self.debug_info = debug_info;
        self
    }
}

/// Takes the functions of a module, in the order of their indices.
pub trait FunctionSink {
    /// Takes one function. The IR is only lent: its buffers are reused for the next function.
    ///
    /// # Errors
    ///
    /// Any error ends the decoding and is returned from [`decode`].
    fn function(&mut self, module: &Module, ir: &FuncIr) -> Result<(), Error>;

    /// All functions have been taken.
    ///
    /// # Errors
    ///
    /// Any error is returned from [`decode`].
    fn finish(self: Box<Self>) -> Result<(), Error> {
        Ok(())
    }
}

/// Makes a sink for each of the threads of [`decode_parallel`].
pub trait SinkSource: Send + Sync {
    /// A further sink.
    ///
    /// # Errors
    ///
    /// Any error is returned from [`decode_parallel`].
    fn sink(&self) -> Result<Box<dyn FunctionSink + '_>, Error>;
}

/// Decodes and validates a module and streams its functions' IR into the sink that `make_sink` returns.
///
/// `make_sink` is called once, with the module's description as far as the sections before the code section give it:
/// data segments are counted but empty, names and custom sections are missing. The returned description is whole.
///
/// # Errors
///
/// [`ErrorKind::Compile`](wz_core::ErrorKind::Compile) with a byte offset if the module is malformed or invalid or uses
/// a disabled feature, [`ErrorKind::Limit`](wz_core::ErrorKind::Limit) if a function's frame is too large, and what
/// the sink returns.
pub fn decode<'s>(
    bytes: &[u8],
    config: &DecodeConfig,
    make_sink: impl FnOnce(&Arc<Module>) -> Result<Box<dyn FunctionSink + 's>, Error>,
) -> Result<Arc<Module>, Error> {
    reader::read(bytes, config, &mut streaming::Streaming::new(config, make_sink))
}

/// As [`decode`], with functions distributed over `threads` threads in ranges of about 16 KiB of code. Each thread has
/// a sink of its own, which gets whole ranges in ascending order. The sections that follow the code are read meanwhile.
///
/// The functions' order in and over the sinks varies; the module, the IR of each function, and the error if there is
/// one, do not.
///
/// # Errors
///
/// As [`decode`].
pub fn decode_parallel<'s>(
    bytes: &[u8],
    config: &DecodeConfig,
    threads: NonZeroUsize,
    make_source: impl FnOnce(&Arc<Module>) -> Result<Box<dyn SinkSource + 's>, Error>,
) -> Result<Arc<Module>, Error> {
    thread::scope(|scope| {
        reader::read(bytes, config, &mut parallel::Parallel::new(scope, config, threads, make_source))
    })
}
