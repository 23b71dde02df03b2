//! Compilations: functions to workers, workers to pieces, pieces to a blob.

use crate::buffer::{CodeBuf, TOO_LARGE};
use crate::code::{CallSite, Linked, PADDING};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wz_core::Error;
use wz_core::engine::{BlobCompiler, CompileOptions, FunctionCompiler};
use wz_core::ir::FuncIr;
use wz_core::module::Module;
use wz_core::native::{FuncRecord, Isa, NativeBlob, Site};
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

/// Functions with successive indices.
#[derive(Debug, Default)]
struct Piece {
    /// Function index in the module of the first one.
    first: u32,
    code: Vec<u8>,
    funcs: Vec<FuncRecord>,
    sites: Vec<Site>,
    calls: Vec<CallSite>,
}

impl Piece {
    /// Bytes of code from which on a piece is handed over.
    const FULL: usize = 256 << 10;
}

/// What the workers of a compilation share.
struct Shared {
    max_code_bytes: usize,
    /// Bytes of code that all workers made so far.
    code_bytes: AtomicUsize,
    pieces: Mutex<Vec<Piece>>,
    /// Why a worker could not be made.
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
    /// Starts a compilation.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Compile`](wz_core::ErrorKind::Compile) if the module has types that native code does not support.
    pub fn new(backend: B, module: &Arc<Module>, options: &CompileOptions) -> Result<Compiler<B>, Error> {
        let vector = |types: &[ValType]| types.contains(&ValType::V128);
        let signatures = module.types.iter().any(|ty| vector(ty.params()) || vector(ty.results()));
        if signatures || module.globals.iter().any(|global| global.content == ValType::V128) {
            return Err(unsupported_v128(None));
        }
        let shared = Shared {
            max_code_bytes: options.max_code_bytes,
            code_bytes: AtomicUsize::new(0),
            pieces: Mutex::default(),
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
        Box::new(Worker { emitter, piece: Piece::default(), sites: Vec::new(), shared: self.shared.clone() })
    }

    fn finish(self: Box<Self>) -> Result<NativeBlob, Error> {
        if let Some(error) = lock(&self.shared.failure).take() {
            return Err(error);
        }
        let mut pieces = std::mem::take(&mut *lock(&self.shared.pieces));
        pieces.sort_unstable_by_key(|piece| piece.first);
        link::<B>(&self.module, self.backend.cpu(), &self.options, pieces)
    }
}

/// Lays the pieces side by side and links the calls.
fn link<B: Backend>(
    module: &Module,
    cpu: u64,
    options: &CompileOptions,
    pieces: Vec<Piece>,
) -> Result<NativeBlob, Error> {
    let mut blob = NativeBlob { isa: Some(B::ISA), memory: options.memory, cpu, ..NativeBlob::default() };
    let count = |of: fn(&Piece) -> usize| pieces.iter().map(of).sum();
    blob.funcs.reserve_exact(count(|piece| piece.funcs.len()));
    blob.sites.reserve_exact(count(|piece| piece.sites.len()));
    let total: usize = count(|piece| piece.code.len());
    if total > i32::MAX as usize {
        return Err(Error::limit("the module's code is larger than 2 GiB"));
    }
    let mut base = 0;
    for piece in &pieces {
        let expected = module.imported_funcs as usize + blob.funcs.len();
        if piece.first as usize != expected {
            let what = if (piece.first as usize) < expected { "compiled twice" } else { "not compiled" };
            return Err(Error::compile(
                format!("function {} was {what}", piece.first.min(expected as u32)),
                None,
            ));
        }
        blob.funcs
            .extend(piece.funcs.iter().map(|record| FuncRecord { start: record.start + base, ..*record }));
        blob.sites.extend(piece.sites.iter().map(|site| Site { pc: site.pc + base, ..*site }));
        base += piece.code.len() as u32;
    }
    if blob.funcs.len() != module.defined_funcs() as usize {
        let absent = module.imported_funcs as usize + blob.funcs.len();
        return Err(Error::compile(
            format!("function {absent} was not compiled, or is not the module's"),
            None,
        ));
    }
    let mut base = 0;
    for Piece { mut code, calls, .. } in pieces {
        for CallSite { at, func } in calls {
            let record =
                func.checked_sub(module.imported_funcs).and_then(|defined| blob.funcs.get(defined as usize));
            let record = record.ok_or_else(|| Error::compile(format!("no function {func} to call"), None))?;
            let target = i64::from(record.start) + i64::from(record.local);
            let distance = target - (base + i64::from(at));
            B::link_call(&mut code, at as usize, distance).map_err(|why| Error::compile(why, None))?;
        }
        base += code.len() as i64;
        blob.code.push(code);
    }
    Ok(blob)
}

struct Worker<E> {
    emitter: Option<E>,
    piece: Piece,
    sites: Vec<(u32, u32)>,
    shared: Arc<Shared>,
}

impl<E: Emitter> Worker<E> {
    /// Gives the functions so far to the compilation, in buffers of just their size.
    fn hand_over(&mut self) {
        let Piece { first, code, funcs, sites, calls } = &mut self.piece;
        if !funcs.is_empty() {
            let full = Piece {
                first: *first,
                code: code.clone(),
                funcs: funcs.clone(),
                sites: sites.clone(),
                calls: calls.clone(),
            };
            lock(&self.shared.pieces).push(full);
            code.clear();
            funcs.clear();
            sites.clear();
            calls.clear();
        }
    }
}

impl<E: Emitter> FunctionCompiler for Worker<E> {
    fn compile(&mut self, module: &Module, ir: &FuncIr) -> Result<(), Error> {
        let next = self.piece.first as usize + self.piece.funcs.len();
        if self.piece.code.len() >= Piece::FULL || next != ir.func as usize {
            self.hand_over();
            self.piece.first = ir.func;
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
        let bytes = code.len() - start;
        let total = self.shared.code_bytes.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
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
