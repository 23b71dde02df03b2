//! Compilations: functions to workers, workers to pieces of code, pieces to a blob.

use crate::assembly::{Assembly, Piece};
use crate::buffer::{CodeBuf, TOO_LARGE};
use crate::code::{Linked, PADDING};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wz_core::Error;
use wz_core::engine::{BlobCompiler, CompileOptions, FunctionCompiler};
use wz_core::ir::FuncIr;
use wz_core::module::Module;
use wz_core::native::{CodeStore, FuncRecord, Isa, NativeBlob, Site};
use wz_core::types::ValType;

/// What is particular to an architecture.
pub trait Backend: Send + Sync + 'static {
    /// What emits functions.
    type Emitter: Emitter + 'static;

    /// The architecture.
    const ISA: Isa;

    /// The features of the processor that the code needs, as in [`NativeBlob::cpu`].
    fn cpu(&self) -> u64;

    /// An emitter for one worker.
    fn emitter(&self, module: &Arc<Module>, options: &CompileOptions) -> Result<Self::Emitter, Error>;

    /// Makes the call whose field is at `at` reach a target that is `distance` bytes from the field.
    fn link_call(code: &mut [u8], at: usize, distance: i64) -> Result<(), &'static str>;
}

/// Emits functions, one after the other.
pub trait Emitter: Send {
    /// Appends the code of a function to `out`, whose length is a multiple of 16. `start` and the offsets in the
    /// record count from the function's start.
    ///
    /// # Errors
    ///
    /// Why there is no code for it.
    fn emit(
        &mut self,
        module: &Module,
        ir: &FuncIr,
        out: &mut Linked<'_>,
    ) -> Result<FuncRecord, &'static str>;
}

/// What the workers of a compilation share.
struct Shared {
    max_code_bytes: usize,
    /// Bytes of code in the pieces so far.
    code_bytes: AtomicUsize,
    assembly: Mutex<Assembly>,
    /// What went wrong where there was nobody to tell.
    failure: Mutex<Option<Error>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The compilation of a module.
pub struct Compiler<B> {
    backend: B,
    module: Arc<Module>,
    options: CompileOptions,
    shared: Arc<Shared>,
}

impl<B: Backend> Compiler<B> {
    /// Starts a compilation, whose code goes to `code`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Compile`](wz_core::ErrorKind::Compile) if the module has types that native code does not support.
    pub fn new(
        backend: B,
        module: &Arc<Module>,
        options: &CompileOptions,
        code: Box<dyn CodeStore>,
    ) -> Result<Compiler<B>, Error> {
        let vector = |types: &[ValType]| types.contains(&ValType::V128);
        let signatures = module.types.iter().any(|ty| vector(ty.params()) || vector(ty.results()));
        if signatures || module.globals.iter().any(|global| global.content == ValType::V128) {
            return Err(unsupported_v128(None));
        }
        let shared = Shared {
            max_code_bytes: options.max_code_bytes,
            code_bytes: AtomicUsize::new(0),
            assembly: Mutex::new(Assembly::new(module.imported_funcs, module.defined_funcs(), code)),
            failure: Mutex::default(),
        };
        Ok(Compiler { backend, module: module.clone(), options: options.clone(), shared: Arc::new(shared) })
    }
}

/// What emitters fail with on vector instructions.
pub const V128: &str = "v128";

fn unsupported_v128(offset: Option<u64>) -> Error {
    Error::unsupported("the engine \"jit\" does not support v128 yet: use \"interp\", or \"auto\"", offset)
}

impl<B: Backend> BlobCompiler for Compiler<B> {
    fn worker(&self) -> Box<dyn FunctionCompiler> {
        let emitter = match self.backend.emitter(&self.module, &self.options) {
            Ok(emitter) => Some(emitter),
            Err(error) => {
                lock(&self.shared.failure).get_or_insert(error);
                None
            }
        };
        Box::new(Worker::<B> {
            emitter,
            piece: Piece::default(),
            sites: Vec::new(),
            shared: self.shared.clone(),
        })
    }

    fn finish(self: Box<Self>) -> Result<NativeBlob, Error> {
        if let Some(error) = lock(&self.shared.failure).take() {
            return Err(error);
        }
        let shared = Arc::into_inner(self.shared);
        let shared = shared.ok_or_else(|| Error::compile("a worker has not finished", None))?;
        let assembly = shared.assembly.into_inner().unwrap_or_else(PoisonError::into_inner);
        assembly.finish::<B>(self.module.defined_funcs(), self.options.memory, self.backend.cpu())
    }
}

struct Worker<B: Backend> {
    emitter: Option<B::Emitter>,
    piece: Piece,
    sites: Vec<(u32, u32)>,
    shared: Arc<Shared>,
}

/// Bytes of code from which on a piece is handed over: they still are in the cache then.
const FULL: usize = 64 << 10;

impl<B: Backend> Worker<B> {
    /// Gives the functions so far to the compilation.
    fn hand_over(&mut self) -> Result<(), Error> {
        if !self.piece.funcs.is_empty() {
            let Shared { max_code_bytes, code_bytes, .. } = &*self.shared;
            let bytes = self.piece.code.len();
            if code_bytes.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes) > *max_code_bytes {
                let message = format!("the module's code is larger than the limit of {max_code_bytes} bytes");
                return Err(Error::limit(message));
            }
            let piece = std::mem::take(&mut self.piece);
            self.piece = lock(&self.shared.assembly).take::<B>(piece)?;
        }
        Ok(())
    }
}

impl<B: Backend> FunctionCompiler for Worker<B> {
    fn compile(&mut self, module: &Module, ir: &FuncIr) -> Result<(), Error> {
        let defined = ir.func.wrapping_sub(module.imported_funcs) as usize;
        if self.piece.code.len() >= FULL || defined != self.piece.first + self.piece.funcs.len() {
            self.hand_over()?;
            self.piece.first = defined;
        }
        // The error is that of `worker`, and what finishing gives.
        let Some(emitter) = &mut self.emitter else { return Ok(()) };
        let Piece { code, funcs, sites, calls, .. } = &mut self.piece;
        let start = code.len();
        let mut out = Linked { code, sites: &mut self.sites, calls };
        let record = emitter.emit(module, ir, &mut out).map_err(|why| match why {
            V128 => unsupported_v128(Some(ir.body_offset)),
            TOO_LARGE => {
                let limit = CodeBuf::LIMIT >> 20;
                let message = format!("function {}: its native code is larger than {limit} MiB", ir.func);
                Error::unsupported(message, Some(ir.body_offset))
            }
            why => Error::compile(format!("function {}: {why}", ir.func), Some(ir.body_offset)),
        })?;
        code.resize(code.len().next_multiple_of(16), PADDING);
        funcs.push(FuncRecord { start: start as u32, ..record });
        sites.extend(self.sites.drain(..).map(|(pc, info)| Site { pc, info }));
        Ok(())
    }

    fn finish(mut self: Box<Self>) {
        if let Err(error) = self.hand_over() {
            lock(&self.shared.failure).get_or_insert(error);
        }
    }
}
