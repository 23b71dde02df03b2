//! The engine: around a compiler of native code, or none.

use super::arch::host_entry;
use super::available::available;
use super::code::NativeCode;
use super::code_memory::CodeBuffer;
use super::machine::Machine;
use crate::Reason;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wz_core::Error;
use wz_core::engine::{
    BlobCompiler, CallEngine, Code, CodePtr, CompileOptions, Engine, FunctionCompiler, ModuleCompiler,
    NativeCompiler,
};
use wz_core::module::Module;
use wz_core::native::{Isa, NativeBlob};

/// An engine that runs native code.
///
/// It trusts its compiler as it trusts itself: code that does not keep to `docs/abi.md` can do anything.
pub struct NativeEngine {
    compiler: Option<Arc<dyn NativeCompiler>>,
    perf_map: bool,
    live: Arc<AtomicUsize>,
}

impl NativeEngine {
    /// An engine with a compiler, or one that only runs code that was compiled before.
    ///
    /// # Errors
    ///
    /// Why native code cannot run in this process.
    pub fn new(compiler: Option<Arc<dyn NativeCompiler>>) -> Result<NativeEngine, Reason> {
        available()?;
        Ok(NativeEngine { compiler, perf_map: false, live: Arc::default() })
    }

    /// Whether the engine tells the profiler perf the names of the functions that it loads, in `/tmp/perf-PID.map`.
    #[must_use]
    pub fn with_perf_map(self, perf_map: bool) -> NativeEngine {
        NativeEngine { perf_map, ..self }
    }
}

impl Engine for NativeEngine {
    fn name(&self) -> &'static str {
        "jit"
    }

    fn compiler(
        &self,
        module: &Arc<Module>,
        options: &CompileOptions,
    ) -> Result<Box<dyn ModuleCompiler>, Error> {
        let Some(compiler) = &self.compiler else {
            return Err(Error::compile("this build runs native code but has no compiler", None));
        };
        if Some(compiler.isa()) != Isa::HOST {
            return Err(Error::compile("the compiler is for another architecture", None));
        }
        // Native code is up to three times as large as WebAssembly's.
        let code = Box::new(CodeBuffer::new(module.code_section_len.saturating_mul(3)));
        let blob = compiler.compiler(module, options, code)?;
        Ok(Box::new(Compiler {
            module: module.clone(),
            blob,
            perf_map: self.perf_map,
            live: self.live.clone(),
        }))
    }

    fn compiled_modules(&self) -> usize {
        self.live.load(Ordering::Relaxed)
    }

    fn host_entry(&self) -> CodePtr {
        CodePtr(host_entry as *const ())
    }

    fn call_engine(&self, stack_bytes: usize) -> Result<Box<dyn CallEngine>, Error> {
        Ok(Box::new(Machine::new(stack_bytes)?))
    }
}

impl fmt::Debug for NativeEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let isa = self.compiler.as_ref().map(|compiler| compiler.isa());
        f.debug_struct("NativeEngine").field("compiler", &isa).finish_non_exhaustive()
    }
}

/// Counts a compiled module for as long as it exists.
pub(super) struct LiveCount(Arc<AtomicUsize>);

impl LiveCount {
    fn new(count: &Arc<AtomicUsize>) -> LiveCount {
        count.fetch_add(1, Ordering::Relaxed);
        LiveCount(count.clone())
    }
}

impl Drop for LiveCount {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The compilation of one module: the compiler's, and then its code is loaded.
struct Compiler {
    module: Arc<Module>,
    blob: Box<dyn BlobCompiler>,
    perf_map: bool,
    live: Arc<AtomicUsize>,
}

impl ModuleCompiler for Compiler {
    fn worker(&self) -> Box<dyn FunctionCompiler> {
        self.blob.worker()
    }

    fn finish(self: Box<Self>) -> Result<Arc<dyn Code>, Error> {
        let blob: NativeBlob = self.blob.finish()?;
        // SAFETY: the engine's own compiler made it of this module, for this architecture.
        Ok(unsafe { NativeCode::load(self.module, blob, self.perf_map, LiveCount::new(&self.live)) }?)
    }
}
