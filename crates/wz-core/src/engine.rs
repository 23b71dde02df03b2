//! The traits through which the runtime sees engines.
//!
//! An engine receives IR, never WebAssembly; it depends neither on the decoder nor on another engine. The embedder's
//! side drives compilation: it asks for a [`ModuleCompiler`], streams functions into one [`FunctionCompiler`] per
//! worker thread, and finishes with the module's [`Code`]. Each instance has a [`ModuleEngine`], each call in
//! progress a [`CallEngine`].

use crate::error::Error;
use crate::ir::FuncIr;
use crate::module::Module;
use crate::native::{CodeStore, Isa, MemoryMode, NativeBlob};
pub use crate::runtime::vm::CodePtr;
use crate::runtime::vm::{Arity, RawFrame, VmFuncRef};
use crate::runtime::{Embedder, InitialState};
use crate::types::FuncType;
use std::any::Any;
use std::ptr::NonNull;
use std::sync::Arc;

/// What is asked of compiled code, beyond what the IR says already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompileOptions {
    /// Most bytes of code that one module may have.
    pub max_code_bytes: usize,
    /// How code checks the bounds of memories.
    pub memory: MemoryMode,
}

impl Default for CompileOptions {
    fn default() -> CompileOptions {
        CompileOptions { max_code_bytes: 1 << 31, memory: MemoryMode::Guarded }
    }
}

/// A way to execute IR.
pub trait Engine: Send + Sync {
    /// The name that the configuration and the command line use.
    fn name(&self) -> &'static str;

    /// Starts compiling a module.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Compile`](crate::ErrorKind::Compile) if the module uses what this engine does not support.
    fn compiler(
        &self,
        module: &Arc<Module>,
        options: &CompileOptions,
    ) -> Result<Box<dyn ModuleCompiler>, Error>;

    /// How many compiled modules of this engine are alive. Releasing a module while instances of it run is safe: the
    /// instances hold the code.
    fn compiled_modules(&self) -> usize;

    /// The code pointer of every host function: the vmctx beside it says which function it is.
    fn host_entry(&self) -> CodePtr;

    /// What one call in progress needs, with a guest stack of `stack_bytes`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Limit`](crate::ErrorKind::Limit) if the stack cannot be had.
    fn call_engine(&self, stack_bytes: usize) -> Result<Box<dyn CallEngine>, Error>;
}

/// The compilation of one module.
pub trait ModuleCompiler: Send + Sync {
    /// A compiler of functions for one worker thread.
    fn worker(&self) -> Box<dyn FunctionCompiler>;

    /// Puts together what the finished workers made. The result does not depend on how functions were distributed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Limit`](crate::ErrorKind::Limit) if the code is larger than the options allow or cannot be
    /// allocated; [`ErrorKind::Compile`](crate::ErrorKind::Compile) if functions are missing.
    fn finish(self: Box<Self>) -> Result<Arc<dyn Code>, Error>;
}

/// One worker of a compilation.
pub trait FunctionCompiler: Send {
    /// Compiles one function.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Limit`](crate::ErrorKind::Limit) if the code is larger than the options allow.
    fn compile(&mut self, module: &Module, ir: &FuncIr) -> Result<(), Error>;

    /// Hands the worker's functions to its [`ModuleCompiler`].
    fn finish(self: Box<Self>);
}

/// A compiler to native code. It writes bytes and runs nothing, so it works on any host, for any architecture.
pub trait NativeCompiler: Send + Sync {
    /// The architecture that it compiles for.
    fn isa(&self) -> Isa;

    /// Starts compiling a module, whose code goes to `code`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Compile`](crate::ErrorKind::Compile) if the module uses what this compiler does not support.
    fn compiler(
        &self,
        module: &Arc<Module>,
        options: &CompileOptions,
        code: Box<dyn CodeStore>,
    ) -> Result<Box<dyn BlobCompiler>, Error>;
}

/// The compilation of one module to native code.
pub trait BlobCompiler: Send + Sync {
    /// A compiler of functions for one worker thread.
    fn worker(&self) -> Box<dyn FunctionCompiler>;

    /// Puts together what the finished workers made, and links calls between its functions. The result does not depend
    /// on how functions were distributed.
    ///
    /// # Errors
    ///
    /// As [`ModuleCompiler::finish`].
    fn finish(self: Box<Self>) -> Result<NativeBlob, Error>;
}

/// The compiled code of a module, shared by its instances, runtimes and threads.
pub trait Code: Send + Sync + Any {
    /// The engine's part of a new instance.
    fn module_engine(self: Arc<Self>) -> Box<dyn ModuleEngine>;

    /// Bytes of code, tables included.
    fn code_bytes(&self) -> usize;

    /// Tells a profiler, if the engine was asked to, the names of the functions. They stand behind the code in a binary,
    /// so that `module` is the first description that has them.
    fn publish_names(&self, _module: &Module) {}

    /// Whether it runs only where memory 0 is guarded, if its type allows that.
    fn needs_guards(&self) -> bool {
        false
    }

    /// The offset in the module's binary of the instruction that `position` (a value of the engine that made this
    /// code) lies in. `func` is the function's index in the module, imports counted.
    fn source_offset(&self, func: u32, position: usize) -> Option<u64>;
}

/// Where instantiation gets a module's code from, once it knows the instance's memories.
pub trait CodeSource {
    /// Code that runs where memory 0 is `guarded`, or where it is not.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Link`](crate::ErrorKind::Link) if there is none and none can be made, and what compiling it fails
    /// with.
    fn code(&self, guarded: bool) -> Result<Arc<dyn Code>, Error>;

    /// What all instances of the module start with, if somebody keeps it for them.
    fn initial_state(&self) -> Option<&InitialState> {
        None
    }
}

impl CodeSource for Arc<dyn Code> {
    fn code(&self, guarded: bool) -> Result<Arc<dyn Code>, Error> {
        if self.needs_guards() && !guarded {
            return Err(Error::link("the code is for guarded memories, and the module's memory is checked"));
        }
        Ok(self.clone())
    }
}

/// The engine's part of one instance. It keeps the code alive.
pub trait ModuleEngine: Send {
    /// The code of a function that the module defines; `defined` counts from the first one that is not imported.
    /// `None` if there is no such function.
    fn function(&self, defined: u32) -> Option<CodePtr>;

    /// What the engine wants its code to find in [`VmContext::engine_data`](crate::runtime::vm::VmContext).
    fn engine_data(&self) -> *const ();

    /// The compiled code.
    fn code(&self) -> &Arc<dyn Code>;
}

/// What one call in progress needs: its guest stack and its place in it. It is reused from call to call.
pub trait CallEngine: Send {
    /// Calls a function. `values` holds the arguments, a slot each (a v128 takes two, low half first, a 32-bit value
    /// is zero-extended), and then the results; it is as long as the longer of the two. The runtime block is put back by
    /// who makes the call.
    ///
    /// # Errors
    ///
    /// A trap with its backtrace, or what a host function returned. If that suspends the call, and the callee is a
    /// guest's function, the guest's frames stay until `resume`, the next call or the end of the call engine.
    ///
    /// # Safety
    ///
    /// `callee` is a live function of the store that `cx` holds, `arity` and `values` fit its type, and references in
    /// the values are of that store.
    unsafe fn call(
        &mut self,
        cx: &mut dyn Embedder,
        callee: NonNull<VmFuncRef>,
        arity: Arity,
        values: &mut [u64],
    ) -> Result<(), Error>;

    /// Goes on with the guest of the last [`call`](CallEngine::call) or `resume`, which ended with an error that
    /// [suspends](Error::is_suspend) it. `values` holds the results of the host function that suspended it, which is of
    /// type `host`, and then the results of the call; it is long enough for both. Otherwise as `call`.
    ///
    /// # Errors
    ///
    /// As `call`; [`ErrorKind::Usage`](crate::ErrorKind::Usage) if no guest is suspended.
    ///
    /// # Safety
    ///
    /// `cx` holds the store in which the call was made, which has kept the instances of its frames ever since; `host` and
    /// `values` fit, and references in the values are of that store.
    unsafe fn resume(
        &mut self,
        cx: &mut dyn Embedder,
        host: &FuncType,
        values: &mut [u64],
    ) -> Result<(), Error>;

    /// Calls `visit` for each frame of a suspended guest, innermost first, until it returns `false`. Without a suspended
    /// guest there are none.
    ///
    /// # Safety
    ///
    /// The store in which the call was made has kept the instances of its frames.
    unsafe fn walk(&self, visit: &mut dyn FnMut(&RawFrame) -> bool);
}
