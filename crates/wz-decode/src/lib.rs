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
mod section;
mod types;

use lower::Lowerer;
use std::sync::Arc;
use wasmparser::{FuncValidatorAllocations, Parser, Payload, Validator};
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
}

impl Default for DecodeConfig {
    fn default() -> DecodeConfig {
        DecodeConfig { features: Features::BUILT, fuel: false, interruption: false, custom_sections: false }
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
    features::check_built(config.features)?;
    let wasm_features = features::to_wasmparser(config.features);
    let mut parser = Parser::new(0);
    parser.set_features(wasm_features);
    let mut validator = Validator::new_with_features(wasm_features);
    let mut module = Arc::new(Module { features: config.features, ..Module::default() });
    let mut make_sink = Some(make_sink);
    let mut sink = None;
    // Buffers of the code section: gone before the data section is copied.
    let mut code: Option<(Lowerer, FuncValidatorAllocations)> = None;
    let mut next_func = 0;

    for payload in parser.parse_all(bytes) {
        let payload = payload.map_err(error::from_wasmparser)?;
        match payload {
            Payload::CodeSectionStart { ref unchecked_range, .. } => {
                validator.code_section_start(unchecked_range).map_err(error::from_wasmparser)?;
                let description = Arc::make_mut(&mut module);
                description.code_section_len = (unchecked_range.end - unchecked_range.start) as usize;
                next_func = description.imported_funcs;
                let mut lowerer = Lowerer::new(config);
                lowerer.start_module(&module);
                code = Some((lowerer, FuncValidatorAllocations::default()));
                sink = make_sink.take().map(|make| make(&module)).transpose()?;
            }
            Payload::CodeSectionEntry(body) => {
                let to_validate = validator.code_section_entry(&body).map_err(error::from_wasmparser)?;
                let Some((lowerer, allocations)) = &mut code else { continue };
                let mut func_validator = to_validate.into_validator(std::mem::take(allocations));
                body::lower_body(&mut func_validator, &body, &module, next_func, lowerer)?;
                *allocations = func_validator.into_allocations();
                next_func += 1;
                if let Some(sink) = &mut sink {
                    sink.function(&module, lowerer.ir())?;
                }
            }
            Payload::End(offset) => {
                validator.end(offset).map_err(error::from_wasmparser)?;
            }
            other => {
                code = None;
                section::read(Arc::make_mut(&mut module), &mut validator, other, config)?;
            }
        }
    }
    if let Some(make) = make_sink {
        // There is no code section.
        sink = Some(make(&module)?);
    }
    if let Some(sink) = sink {
        sink.finish()?;
    }
    Ok(module)
}
