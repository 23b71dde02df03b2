//! The engine: how modules are compiled and calls are made.

use crate::code::{Chunk, HOST, ModuleCode};
use crate::encode::Encoder;
use crate::machine::Machine;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use wz_core::Error;
use wz_core::engine::{CallEngine, Code, CodePtr, CompileOptions, Engine, FunctionCompiler, ModuleCompiler};
use wz_core::ir::FuncIr;
use wz_core::module::Module;

/// How the interpreter goes from one handler to the next.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Dispatch {
    /// Each handler jumps to the next. Builds without optimisation, and other architectures than x86-64 and AArch64,
    /// use the loop instead.
    #[default]
    Threaded,
    /// Each handler returns to a loop.
    Loop,
}

/// An engine that interprets.
#[derive(Debug, Default)]
pub struct InterpEngine {
    dispatch: Dispatch,
    live: Arc<AtomicUsize>,
}

impl InterpEngine {
    /// An engine with this dispatch.
    pub fn new(dispatch: Dispatch) -> InterpEngine {
        InterpEngine { dispatch, live: Arc::default() }
    }

    /// The dispatch that calls really use in this build.
    pub fn effective_dispatch(&self) -> Dispatch {
        if cfg!(wz_threaded) { self.dispatch } else { Dispatch::Loop }
    }
}

impl Engine for InterpEngine {
    fn name(&self) -> &'static str {
        match self.dispatch {
            Dispatch::Threaded => "interp",
            Dispatch::Loop => "interp-loop",
        }
    }

    fn compiler(
        &self,
        module: &Arc<Module>,
        options: &CompileOptions,
    ) -> Result<Box<dyn ModuleCompiler>, Error> {
        let shared = Shared {
            max_code_bytes: options.max_code_bytes,
            code_bytes: AtomicUsize::new(0),
            chunks: Mutex::default(),
        };
        Ok(Box::new(Compiler { module: module.clone(), shared: Arc::new(shared), live: self.live.clone() }))
    }

    fn compiled_modules(&self) -> usize {
        self.live.load(Ordering::Relaxed)
    }

    fn host_entry(&self) -> CodePtr {
        CodePtr((&raw const HOST).cast())
    }

    fn call_engine(&self, stack_bytes: usize) -> Result<Box<dyn CallEngine>, Error> {
        Ok(Box::new(Machine::new(self.effective_dispatch(), stack_bytes)?))
    }
}

/// Counts a compiled module for as long as it exists.
#[derive(Debug)]
pub(crate) struct LiveCount(Arc<AtomicUsize>);

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

/// What the workers of one compilation share.
struct Shared {
    max_code_bytes: usize,
    /// Bytes of code that all workers made so far.
    code_bytes: AtomicUsize,
    chunks: Mutex<Vec<Chunk>>,
}

struct Compiler {
    module: Arc<Module>,
    shared: Arc<Shared>,
    live: Arc<AtomicUsize>,
}

impl ModuleCompiler for Compiler {
    fn worker(&self) -> Box<dyn FunctionCompiler> {
        Box::new(Worker { encoder: Encoder::default(), chunk: Chunk::default(), shared: self.shared.clone() })
    }

    fn finish(self: Box<Self>) -> Result<Arc<dyn Code>, Error> {
        let chunks = std::mem::take(&mut *lock(&self.shared.chunks));
        let (pieces, layouts): (Vec<_>, Vec<_>) = chunks.into_iter().map(Chunk::into_piece).unzip();
        // Where each function is: piece and place in it.
        let mut places = vec![None; self.module.defined_funcs() as usize];
        for (piece, funcs) in layouts.iter().enumerate() {
            for layout in funcs {
                let defined = layout.func.checked_sub(self.module.imported_funcs).unwrap_or(u32::MAX);
                let place = places.get_mut(defined as usize).ok_or_else(|| missing(layout.func))?;
                if place.replace((piece, layout)).is_some() {
                    return Err(Error::compile(format!("function {} compiled twice", layout.func), None));
                }
            }
        }
        if let Some(absent) = places.iter().position(Option::is_none) {
            return Err(missing(absent as u32 + self.module.imported_funcs));
        }
        let live = LiveCount::new(&self.live);
        let in_order = places.iter().flatten().copied();
        let code = ModuleCode::new(self.module, pieces.into(), in_order, live)
            .ok_or_else(|| Error::compile("code does not fit the module", None))?;
        Ok(Arc::new(code))
    }
}

fn lock(chunks: &Mutex<Vec<Chunk>>) -> std::sync::MutexGuard<'_, Vec<Chunk>> {
    chunks.lock().unwrap_or_else(PoisonError::into_inner)
}

fn missing(func: u32) -> Error {
    Error::compile(format!("function {func} was not compiled, or is not the module's"), None)
}

struct Worker {
    encoder: Encoder,
    chunk: Chunk,
    shared: Arc<Shared>,
}

impl Worker {
    /// Gives the functions encoded so far to the compilation, in buffers of just their size.
    fn hand_over(&mut self) {
        let Chunk { code, sources, funcs } = &mut self.chunk;
        if !funcs.is_empty() {
            let full = Chunk { code: code.clone(), sources: sources.clone(), funcs: std::mem::take(funcs) };
            lock(&self.shared.chunks).push(full);
            code.clear();
            sources.clear();
        }
    }
}

impl FunctionCompiler for Worker {
    fn compile(&mut self, module: &Module, ir: &FuncIr) -> Result<(), Error> {
        let layout = self.encoder.function(module, ir, &mut self.chunk.code, &mut self.chunk.sources)?;
        let bytes = size_of_val(&self.chunk.code[layout.code.clone()]) + layout.sources.len();
        let total = self.shared.code_bytes.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        self.chunk.funcs.push(layout);
        if self.chunk.code.len() >= Chunk::FULL {
            self.hand_over();
        }
        if total > self.shared.max_code_bytes {
            return Err(Error::limit(format!(
                "the module's code is larger than the limit of {} bytes",
                self.shared.max_code_bytes
            )));
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) {
        self.hand_over();
    }
}
