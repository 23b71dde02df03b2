//! The engine: how modules are compiled and calls are made.

use crate::code::{Chunk, HOST, ModuleCode};
use crate::encode::Encoder;
use crate::machine::Machine;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use wz_core::Error;
use wz_core::engine::{
    CallEngine, Code, CodePtr, CompileOptions, Engine, FunctionCompiler, ModuleCompiler,
};
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
        let mut chunks = std::mem::take(&mut *lock(&self.shared.chunks));
        let defined = self.module.defined_funcs() as usize;
        let imported = self.module.imported_funcs;
        // Where each function is: chunk and place in it.
        let mut places = vec![None; defined];
        for (c, chunk) in chunks.iter().enumerate() {
            for (f, layout) in chunk.funcs.iter().enumerate() {
                let defined = layout.func.checked_sub(imported).unwrap_or(u32::MAX) as usize;
                let place = places.get_mut(defined).ok_or_else(|| missing(layout.func))?;
                if place.replace((c, f)).is_some() {
                    return Err(Error::compile(format!("function {} compiled twice", layout.func), None));
                }
            }
        }
        let in_order = chunks.len() == 1
            && places.iter().enumerate().all(|(i, place)| *place == Some((0, i)));
        let chunk = if in_order {
            chunks.swap_remove(0)
        } else {
            let mut whole = Chunk::default();
            whole.code.try_reserve_exact(chunks.iter().map(|c| c.code.len()).sum()).map_err(too_large)?;
            whole.sources.try_reserve_exact(chunks.iter().map(|c| c.sources.len()).sum()).map_err(too_large)?;
            whole.funcs.try_reserve_exact(defined).map_err(too_large)?;
            for (i, place) in places.iter().enumerate() {
                let (chunk, layout) = place
                    .and_then(|(c, f)| Some((chunks.get(c)?, chunks.get(c)?.funcs.get(f)?)))
                    .ok_or_else(|| missing(i as u32 + imported))?;
                let mut layout = layout.clone();
                let (code, sources) = (whole.code.len(), whole.sources.len());
                whole.code.extend_from_slice(&chunk.code[layout.code]);
                whole.sources.extend_from_slice(&chunk.sources[layout.sources]);
                layout.code = code..whole.code.len();
                layout.sources = sources..whole.sources.len();
                whole.funcs.push(layout);
            }
            whole
        };
        let Chunk { code, sources, funcs } = chunk;
        let live = LiveCount::new(&self.live);
        let code = ModuleCode::new(self.module, code.into(), sources.into(), &funcs, live)
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

fn too_large(_: std::collections::TryReserveError) -> Error {
    Error::limit("not enough memory for the module's code")
}

struct Worker {
    encoder: Encoder,
    chunk: Chunk,
    shared: Arc<Shared>,
}

impl FunctionCompiler for Worker {
    fn compile(&mut self, module: &Module, ir: &FuncIr) -> Result<(), Error> {
        let layout = self.encoder.function(module, ir, &mut self.chunk.code, &mut self.chunk.sources)?;
        let bytes = size_of_val(&self.chunk.code[layout.code.clone()]) + layout.sources.len();
        let total = self.shared.code_bytes.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        self.chunk.funcs.push(layout);
        if total > self.shared.max_code_bytes {
            return Err(Error::limit(format!(
                "the module's code is larger than the limit of {} bytes",
                self.shared.max_code_bytes
            )));
        }
        Ok(())
    }

    fn finish(self: Box<Self>) {
        lock(&self.shared.chunks).push(self.chunk);
    }
}
