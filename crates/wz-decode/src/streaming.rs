//! One function after the other, with one scratch.

use crate::lower::Lowerer;
use crate::reader::CodeHandler;
use crate::{DecodeConfig, FunctionSink, body};
use std::sync::Arc;
use wasmparser::{FuncToValidate, FuncValidatorAllocations, FunctionBody, ValidatorResources};
use wz_core::{Error, module::Module};

/// Hands each function to a sink as soon as it is lowered.
pub(crate) struct Streaming<'c, 's, F> {
    config: &'c DecodeConfig,
    make_sink: Option<F>,
    sink: Option<Box<dyn FunctionSink + 's>>,
    scratch: Option<Scratch>,
}

/// What lowering one function after the other reuses.
pub(crate) struct Scratch {
    lowerer: Lowerer,
    allocations: FuncValidatorAllocations,
}

impl Scratch {
    pub(crate) fn new(config: &DecodeConfig, module: &Module) -> Scratch {
        let mut lowerer = Lowerer::new(config);
        lowerer.start_module(module);
        Scratch { lowerer, allocations: FuncValidatorAllocations::default() }
    }

    /// Validates and lowers a function and hands it to `sink`.
    pub(crate) fn function(
        &mut self,
        module: &Module,
        func: u32,
        validator: FuncToValidate<&ValidatorResources>,
        body: &FunctionBody<'_>,
        sink: &mut dyn FunctionSink,
    ) -> Result<(), Error> {
        let mut validator = validator.into_validator(std::mem::take(&mut self.allocations));
        body::lower_body(&mut validator, body, module, func, &mut self.lowerer)?;
        self.allocations = validator.into_allocations();
        sink.function(module, self.lowerer.ir())
    }
}

impl<'c, 's, F> Streaming<'c, 's, F> {
    pub(crate) fn new(config: &'c DecodeConfig, make_sink: F) -> Streaming<'c, 's, F> {
        Streaming { config, make_sink: Some(make_sink), sink: None, scratch: None }
    }
}

impl<'a, 's, F> CodeHandler<'a> for Streaming<'_, 's, F>
where
    F: FnOnce(&Arc<Module>) -> Result<Box<dyn FunctionSink + 's>, Error>,
{
    fn start(&mut self, module: &Arc<Module>) -> Result<(), Error> {
        self.scratch = Some(Scratch::new(self.config, module));
        self.sink = self.make_sink.take().map(|make| make(module)).transpose()?;
        Ok(())
    }

    fn body(
        &mut self,
        module: &Module,
        func: u32,
        validator: FuncToValidate<ValidatorResources>,
        body: FunctionBody<'a>,
    ) -> Result<(), Error> {
        let FuncToValidate { resources, index, ty, features } = validator;
        let validator = FuncToValidate { resources: &resources, index, ty, features };
        match (&mut self.scratch, &mut self.sink) {
            (Some(scratch), Some(sink)) => scratch.function(module, func, validator, &body, &mut **sink),
            _ => Ok(()),
        }
    }

    fn end_of_code(&mut self, _: &Arc<Module>) {
        // The data section is copied next: the scratch goes first.
        self.scratch = None;
    }

    fn join(&mut self) -> Result<(), Error> {
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Error> {
        self.sink.take().map_or(Ok(()), |sink| sink.finish())
    }
}
