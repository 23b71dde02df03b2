//! Hosts without native code.

use crate::Reason;
use std::convert::Infallible;
use std::sync::Arc;
use wz_core::Error;
use wz_core::engine::{CallEngine, CodePtr, CompileOptions, Engine, ModuleCompiler, NativeCompiler};
use wz_core::module::Module;

/// Whether native code can run in this process: here it cannot.
///
/// # Errors
///
/// [`Reason::Host`].
pub fn available() -> Result<(), Reason> {
    Err(Reason::Host)
}

/// An engine that runs native code: there is none here.
#[derive(Debug)]
pub struct NativeEngine(Infallible);

impl NativeEngine {
    /// No engine.
    ///
    /// # Errors
    ///
    /// [`Reason::Host`].
    pub fn new(_: Option<Arc<dyn NativeCompiler>>) -> Result<NativeEngine, Reason> {
        Err(Reason::Host)
    }

    /// The same.
    #[must_use]
    pub fn with_perf_map(self, _: bool) -> NativeEngine {
        match self.0 {}
    }
}

impl Engine for NativeEngine {
    fn name(&self) -> &'static str {
        match self.0 {}
    }

    fn compiler(&self, _: &Arc<Module>, _: &CompileOptions) -> Result<Box<dyn ModuleCompiler>, Error> {
        match self.0 {}
    }

    fn compiled_modules(&self) -> usize {
        match self.0 {}
    }

    fn host_entry(&self) -> CodePtr {
        match self.0 {}
    }

    fn call_engine(&self, _: usize) -> Result<Box<dyn CallEngine>, Error> {
        match self.0 {}
    }
}
