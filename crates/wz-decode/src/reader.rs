//! The way through a module: sections to the description, function bodies to a handler.

use crate::error::from_wasmparser;
use crate::{DecodeConfig, features, section};
use std::sync::Arc;
use wasmparser::{FuncToValidate, FunctionBody, Parser, Payload, Validator, ValidatorResources};
use wz_core::{Error, module::Module};

/// Takes the code section.
pub(crate) trait CodeHandler<'a> {
    /// The code section starts, or there is none. Called once.
    fn start(&mut self, module: &Arc<Module>) -> Result<(), Error>;

    /// One body, in order.
    fn body(
        &mut self,
        module: &Module,
        func: u32,
        validator: FuncToValidate<ValidatorResources>,
        body: FunctionBody<'a>,
    ) -> Result<(), Error>;

    /// No further body follows; buffers can go. May be called several times, also before there is a body.
    fn end_of_code(&mut self, module: &Arc<Module>);

    /// Waits until all bodies are taken. May be called several times.
    fn join(&mut self) -> Result<(), Error>;

    /// The module is valid.
    fn finish(&mut self) -> Result<(), Error>;
}

/// Reads a module.
pub(crate) fn read<'a>(
    bytes: &'a [u8],
    config: &DecodeConfig,
    code: &mut dyn CodeHandler<'a>,
) -> Result<Arc<Module>, Error> {
    features::check_built(config.features)?;
    let wasm_features = features::to_wasmparser(config.features);
    let mut parser = Parser::new(0);
    parser.set_features(wasm_features);
    let mut validator = Validator::new_with_features(wasm_features);
    let mut module = Arc::new(Module { features: config.features, ..Module::default() });
    let mut next_func = None;

    for payload in parser.parse_all(bytes) {
        let payload = match payload {
            Ok(payload) => payload,
            Err(error) => return Err(after_code(code, &module, from_wasmparser(error))),
        };
        match payload {
            Payload::CodeSectionStart { ref unchecked_range, .. } => {
                validator.code_section_start(unchecked_range).map_err(from_wasmparser)?;
                let description = Arc::make_mut(&mut module);
                description.code_section_start = unchecked_range.start;
                description.code_section_len = (unchecked_range.end - unchecked_range.start) as usize;
                next_func = Some(description.imported_funcs);
                code.start(&module)?;
            }
            Payload::CodeSectionEntry(body) => {
                let to_validate = match validator.code_section_entry(&body) {
                    Ok(to_validate) => to_validate,
                    Err(error) => return Err(after_code(code, &module, from_wasmparser(error))),
                };
                if let Some(func) = &mut next_func {
                    code.body(&module, *func, to_validate, body)?;
                    *func += 1;
                }
            }
            Payload::End(offset) => {
                code.end_of_code(&module);
                code.join()?;
                validator.end(offset).map_err(from_wasmparser)?;
            }
            other => {
                code.end_of_code(&module);
                let read = section::read(Arc::make_mut(&mut module), &mut validator, other, config);
                read.map_err(|error| after_code(code, &module, error))?;
            }
        }
    }
    if next_func.is_none() {
        code.start(&module)?;
    }
    code.finish()?;
    Ok(module)
}

/// The error to report: one in a body before comes first.
fn after_code(code: &mut dyn CodeHandler<'_>, module: &Arc<Module>, error: Error) -> Error {
    code.end_of_code(module);
    code.join().err().unwrap_or(error)
}
