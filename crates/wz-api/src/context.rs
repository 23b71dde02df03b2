//! The context that all operations take, and how it enters guests.

use crate::compiled::Variants;
use crate::deadline::Deadline;
use crate::host::HostModule;
use crate::interrupt::Interrupter;
use crate::module::{Module, module_label};
use crate::sys::System;
use crate::{CompiledModule, Error, ErrorKind, Features, ModuleConfig, RuntimeConfig, compile, engine};
use std::any::Any;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Instant;
use wz_core::engine::Engine;
use wz_core::error::HostError;
use wz_core::module::ExternIndex;
use wz_core::runtime::{
    self, Callee, Embedder, Extern, InstanceId, InstanceOptions, Store, StoreConfig, SuspendedCall,
};

/// What a context owns. It stays where it is while a guest runs, whichever context holds it.
pub(crate) struct State<T> {
    pub(crate) store: Store,
    pub(crate) data: T,
    config: RuntimeConfig,
    closed: Option<u32>,
    deadline: Option<Deadline>,
}

/// A runtime's instances, names and data, as all operations take them: `&mut rt` and `&mut caller` both coerce to
/// `&mut Context<T>`.
///
/// The type is unsized, so that nothing can swap a context with another or move it out from under its running guests.
/// `S` serves only that purpose: the type to name is `Context<T>`.
///
/// ```
/// use wz_api::{Context, Error, Runtime};
///
/// fn count_up(cx: &mut Context<u32>) {
///     *cx.data_mut() += 1;
/// }
///
/// let mut rt = Runtime::with_data(Default::default(), 41)?;
/// count_up(&mut rt);
/// assert_eq!(*rt.data(), 42);
/// # Ok::<(), Error>(())
/// ```
///
/// This does not compile:
///
/// ```compile_fail,E0277
/// fn exchange(a: &mut wz_api::Context<()>, b: &mut wz_api::Context<()>) {
///     std::mem::swap(a, b);
/// }
/// ```
pub struct Context<T: 'static = (), S: ?Sized = [()]> {
    /// Absent only while a call that this context made is running: until it ends the state is in the [`Embedding`] that
    /// went with the call, and this context is borrowed.
    state: Option<Box<State<T>>>,
    _unsized: S,
}

/// A context as guests carry it along to host functions.
pub(crate) type Embedding<T> = Context<T, [(); 0]>;

impl<T: 'static> Embedding<T> {
    pub(crate) fn new(config: RuntimeConfig, data: T) -> Result<Embedding<T>, Error> {
        let engine = engine::engine(&config)?;
        let mut store = Store::new(engine, store_config(&config))?;
        if let Some(fuel) = config.fuel {
            store.set_fuel(fuel);
        }
        Ok(Context {
            state: Some(Box::new(State { store, data, config, closed: None, deadline: None })),
            _unsized: [],
        })
    }

    /// The context that came with a call.
    pub(crate) fn from_embedder(embedder: &mut dyn Embedder) -> Result<&mut Context<T>, Error> {
        let embedder: &mut dyn Any = embedder;
        match embedder.downcast_mut::<Embedding<T>>() {
            Some(context) => Ok(context),
            None => Err(Error::usage("a host function was called in a runtime with data of another type")),
        }
    }
}

impl<T: 'static> Embedder for Embedding<T> {
    fn store(&self) -> &Store {
        &self.state().store
    }

    fn store_mut(&mut self) -> &mut Store {
        &mut self.state_mut().store
    }
}

/// A context's state on its way through a call. It comes home when the call ends, by a panic too.
struct Lent<'a, T: 'static> {
    home: &'a mut Option<Box<State<T>>>,
    away: Embedding<T>,
}

impl<T: 'static> Drop for Lent<'_, T> {
    fn drop(&mut self) {
        *self.home = self.away.state.take();
    }
}

/// An error as it is returned; the panic of a host function goes on.
#[cold]
fn pass_panic(error: Error) -> Error {
    if !matches!(error.kind(), ErrorKind::Host(HostError::Panic(_))) {
        return error;
    }
    match error.into_panic() {
        Ok(payload) => resume_unwind(payload),
        Err(error) => error,
    }
}

fn store_config(config: &RuntimeConfig) -> StoreConfig {
    StoreConfig {
        max_memory_pages: config.max_memory_pages,
        max_table_elements: config.max_table_elements,
        max_instances: config.max_instances,
        guest_stack_bytes: config.guest_stack_bytes,
        interruption: config.interruption,
        memory_kind: config.memory_kind,
        ..StoreConfig::default()
    }
}

impl<T: 'static, S: ?Sized> Context<T, S> {
    #[inline]
    pub(crate) fn state(&self) -> &State<T> {
        match &self.state {
            Some(state) => state,
            None => unreachable!("a context is borrowed while its state is with a call"),
        }
    }

    #[inline]
    pub(crate) fn state_mut(&mut self) -> &mut State<T> {
        match &mut self.state {
            Some(state) => state,
            None => unreachable!("a context is borrowed while its state is with a call"),
        }
    }
}

impl<T: 'static> Context<T> {
    #[inline]
    pub(crate) fn store(&self) -> &Store {
        &self.state().store
    }

    #[inline]
    pub(crate) fn store_mut(&mut self) -> &mut Store {
        &mut self.state_mut().store
    }

    /// Calls a function. A panic of a host function goes on here, after the guest's frames are gone.
    #[inline(always)]
    pub(crate) fn enter(&mut self, callee: &Callee, slots: &mut [u64]) -> Result<(), Error> {
        // Where nobody listens this is one comparison.
        if tracing::enabled!(tracing::Level::TRACE) {
            return self.enter_observed(callee, slots);
        }
        self.enter_unobserved(callee, slots)
    }

    #[cold]
    fn enter_observed(&mut self, callee: &Callee, slots: &mut [u64]) -> Result<(), Error> {
        let _entered = self.call_span(callee.item()).entered();
        self.enter_unobserved(callee, slots)
    }

    #[inline(always)]
    fn enter_unobserved(&mut self, callee: &Callee, slots: &mut [u64]) -> Result<(), Error> {
        let result = runtime::call_callee(&mut self.lend().away, callee, slots);
        result.map_err(pass_panic)
    }

    /// As [`Context::enter`], in a way that host functions may suspend.
    pub(crate) fn enter_resumable(
        &mut self,
        callee: &Callee,
        slots: &mut [u64],
    ) -> Result<Option<SuspendedCall>, Error> {
        let _entered =
            tracing::enabled!(tracing::Level::TRACE).then(|| self.call_span(callee.item()).entered());
        let result = runtime::call_resumable(&mut self.lend().away, callee, slots);
        result.map_err(pass_panic)
    }

    /// Goes on with a suspended call.
    pub(crate) fn resume(
        &mut self,
        call: SuspendedCall,
        slots: &mut [u64],
    ) -> Result<Option<SuspendedCall>, Error> {
        let _entered = tracing::trace_span!("resume").entered();
        let result = runtime::resume(&mut self.lend().away, call, slots);
        result.map_err(pass_panic)
    }

    /// Goes on with a suspended call as if the host function had failed.
    pub(crate) fn resume_err(&mut self, call: SuspendedCall, error: Error) -> Result<SuspendedCall, Error> {
        let _entered = tracing::trace_span!("resume").entered();
        runtime::resume_err(&mut self.lend().away, call, error).map_err(pass_panic)
    }

    /// This context as guests carry it along.
    #[inline(always)]
    fn lend(&mut self) -> Lent<'_, T> {
        let away = Context { state: self.state.take(), _unsized: [] };
        Lent { home: &mut self.state, away }
    }

    #[cold]
    fn call_span(&self, func: Extern) -> tracing::Span {
        let ExternIndex::Func(index) = func.index else { return tracing::Span::none() };
        let module = self.store().name(func.instance).ok().flatten().unwrap_or_default();
        let function = self.store().module(func.instance).ok().and_then(|module| module.func_name(index));
        tracing::trace_span!("call", module, function, index)
    }

    /// The embedder's data.
    pub fn data(&self) -> &T {
        &self.state().data
    }

    /// The embedder's data.
    pub fn data_mut(&mut self) -> &mut T {
        &mut self.state_mut().data
    }

    /// The settings that the runtime was made with.
    pub fn config(&self) -> &RuntimeConfig {
        &self.state().config
    }

    /// The name of the engine that executes this runtime's modules.
    pub fn engine_name(&self) -> &'static str {
        self.store().engine().name()
    }

    pub(crate) fn engine(&self) -> &Arc<dyn Engine> {
        self.store().engine()
    }

    /// The WebAssembly proposals that modules may use.
    pub fn features(&self) -> Features {
        self.state().config.features
    }

    pub(crate) fn check_open(&self) -> Result<(), Error> {
        match self.state().closed {
            Some(code) => Err(Error::closed(format!("the runtime (exit code {code})"))),
            None => Ok(()),
        }
    }

    /// Compiles a module from its binary or, with the Cargo feature `text`, from its text. The result can be
    /// instantiated any number of times, here and in other runtimes with the same engine.
    ///
    /// With [`EngineKind::Auto`](crate::EngineKind::Auto), a module that the native engine does not support is compiled
    /// for the interpreter, and the runtime that it is the first to be instantiated in becomes one of the interpreter.
    ///
    /// ```
    /// use wz_api::Runtime;
    ///
    /// let rt = Runtime::new(Default::default())?;
    /// let error = rt.compile("(module (func (result i32)))").unwrap_err();
    /// assert!(error.to_string().contains("type mismatch"), "{error}");
    /// # Ok::<(), wz_api::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Compile`] with the position if the module is malformed or invalid, or uses a proposal that is
    /// disabled; [`ErrorKind::Limit`] if it needs more memory than can be had; [`ErrorKind::Closed`].
    pub fn compile(&self, source: impl AsRef<[u8]>) -> Result<CompiledModule, Error> {
        self.check_open()?;
        compile::compile(source.as_ref(), self.engine(), &self.state().config)
    }

    /// Makes an instance of a module: resolves its imports by the names of the instances in this runtime, initialises it,
    /// calls its start function and then those that `config` names.
    ///
    /// An instance whose start function ends with exit code 0 is returned, closed.
    ///
    /// ```
    /// use wz_api::{ModuleConfig, Runtime};
    ///
    /// let mut rt = Runtime::new(Default::default())?;
    /// let code = rt.compile(r#"(module (func (export "answer") (result i32) i32.const 42))"#)?;
    /// let module = rt.instantiate(&code, ModuleConfig::new().with_name("deep-thought"))?;
    /// let answer = module.func::<(), i32>(&rt, "answer")?;
    /// assert_eq!(answer.call(&mut rt, ())?, 42);
    /// # Ok::<(), wz_api::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`] if a setting does not fit, if the name is in use, or if `code` was compiled for another engine
    /// or with other options; [`ErrorKind::Link`] with a line for each import that is missing or of another type;
    /// [`ErrorKind::Limit`]; [`ErrorKind::Closed`]; and what running the segments and start functions ends with:
    /// traps, host errors, exit codes other than 0. No instance remains open after an error.
    pub fn instantiate(&mut self, code: &CompiledModule, config: ModuleConfig) -> Result<Module, Error> {
        self.check_open()?;
        self.adopt_engine(code)?;
        code.check_options(self.engine().name(), &self.state().config)?;
        let name = match &config.name {
            Some(name) => Some(name.clone()),
            None => code.name().map(str::to_owned),
        };
        let name = name.filter(|name| !name.is_empty());
        let span = tracing::debug_span!("instantiate", module = name.as_deref().unwrap_or_default());
        let _entered = span.enter();

        let system: System = config.system()?;
        let variants = Variants { code, engine: self.engine().clone(), config: self.state().config.clone() };
        let store = self.store_mut();
        let imports = store.resolve_imports(code.module())?;
        let options = InstanceOptions {
            name,
            host_state: Some(Box::new(system)),
            symbolizer: code.symbolizer(),
            memory_capacity_from_max: config.memory_capacity_from_max,
        };
        let id = store.instantiate(code.module(), &variants, &imports, options)?;
        match self.run_start_functions(id, code, &config) {
            Ok(()) => {}
            Err(error) => {
                // Closed already if the guest did it itself, or if the runtime was closed.
                if self.store().is_open(id) {
                    self.store_mut().close(id, error.exit_code().unwrap_or(0))?;
                }
                if error.exit_code() != Some(0) {
                    return Err(error);
                }
            }
        }
        Ok(Module::new(self.store().id(), id))
    }

    /// Takes the engine that a module was compiled for because this runtime's own refused it.
    fn adopt_engine(&mut self, code: &CompiledModule) -> Result<(), Error> {
        if code.engine_name() != self.engine().name()
            && let Some(second) = engine::second(&self.state().config, self.engine().name())
            && code.engine_name() == second.name()
        {
            self.store_mut().set_engine(second)?;
        }
        Ok(())
    }

    fn run_start_functions(
        &mut self,
        id: InstanceId,
        code: &CompiledModule,
        config: &ModuleConfig,
    ) -> Result<(), Error> {
        if let Some(start) = code.module().start {
            let start = Extern { instance: id, index: ExternIndex::Func(start) };
            self.enter(&self.store().callee(start)?, &mut [])?;
        }
        for name in &config.start_functions {
            let Some(export) = code.module().export(name) else { continue };
            let ExternIndex::Func(func) = export.index else { continue };
            let fits = code
                .module()
                .func_type(func)
                .is_some_and(|t| t.params().is_empty() && t.results().is_empty());
            if !fits {
                return Err(Error::usage(format!(
                    "the start function {name:?} of {} takes parameters or has results",
                    module_label(self.store(), id)
                )));
            }
            let start = Extern { instance: id, index: export.index };
            self.enter(&self.store().callee(start)?, &mut [])?;
        }
        Ok(())
    }

    /// Makes an instance of a host module and registers it under the host module's name.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`] if the name is in use, an item's name is not unique or an initial value is not of its item's
    /// type; [`ErrorKind::Limit`]; [`ErrorKind::Closed`].
    pub fn instantiate_host(&mut self, module: &HostModule<T>) -> Result<Module, Error> {
        self.check_open()?;
        let id = module.instantiate(self.store_mut())?;
        Ok(Module::new(self.store().id(), id))
    }

    /// Registers an instance under a further name, for other modules to import from.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`] if the name is in use or the instance is of another runtime; [`ErrorKind::Closed`].
    pub fn register(&mut self, name: impl AsRef<str>, module: Module) -> Result<(), Error> {
        self.check_open()?;
        let id = module.id(self.store())?;
        self.store_mut().register(name.as_ref(), id)
    }

    /// The instance that is registered under a name.
    pub fn module(&self, name: &str) -> Option<Module> {
        let id = self.store().lookup(name)?;
        Some(Module::new(self.store().id(), id))
    }

    /// The fuel that is left; `None` if the runtime was configured without.
    pub fn fuel(&self) -> Option<u64> {
        self.state().config.fuel.map(|_| self.store().fuel())
    }

    /// Sets the fuel that is left. Without effect if the runtime was configured without fuel.
    pub fn set_fuel(&mut self, fuel: u64) {
        self.store_mut().set_fuel(fuel);
    }

    /// A handle that stops this runtime's guests from any thread. It works on modules that were compiled with
    /// [`RuntimeConfig::with_interruption`].
    pub fn interrupter(&self) -> Interrupter {
        Interrupter::new(self.store().interrupt_word())
    }

    /// Sets the moment at which guests are interrupted, or takes it away. From then on guests trap with
    /// [`TrapCode::Interrupted`](crate::TrapCode::Interrupted), until another deadline, or none, is set; instances stay
    /// usable. It costs calls nothing.
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    /// use wz_api::{ModuleConfig, Runtime, RuntimeConfig, TrapCode};
    ///
    /// let mut rt = Runtime::new(RuntimeConfig::new().with_interruption(true))?;
    /// let code = rt.compile(r#"(module (func (export "spin") (loop br 0)))"#)?;
    /// let spin = rt.instantiate(&code, ModuleConfig::new())?.func::<(), ()>(&rt, "spin")?;
    /// rt.set_deadline(Some(Instant::now() + Duration::from_millis(20)))?;
    /// assert_eq!(spin.call(&mut rt, ()).unwrap_err().trap_code(), Some(TrapCode::Interrupted));
    /// rt.set_deadline(None)?;
    /// # Ok::<(), wz_api::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`] if the runtime was configured without interruption; [`ErrorKind::Limit`] if the system has
    /// no thread for watching the time. The deadline before is gone then.
    pub fn set_deadline(&mut self, deadline: Option<Instant>) -> Result<(), Error> {
        let state = self.state_mut();
        state.deadline = None;
        let Some(at) = deadline else { return Ok(()) };
        if !state.config.interruption {
            return Err(Error::usage("a deadline for a runtime that is configured without interruption"));
        }
        state.deadline = Some(Deadline::start(at, state.store.interrupt_word())?);
        Ok(())
    }

    /// The deadline, if one is set.
    pub fn deadline(&self) -> Option<Instant> {
        self.state().deadline.as_ref().map(Deadline::at)
    }

    /// Frees the values of the host that no guest refers to any more. It happens by itself when many were made; this is
    /// for embedders who know a good moment.
    pub fn collect_garbage(&mut self) {
        self.store_mut().collect_garbage();
    }

    /// Closes every instance, and the runtime: whatever is asked of it later is [`ErrorKind::Closed`]. Closing it again
    /// changes nothing.
    pub fn close(&mut self, exit_code: u32) {
        let state = self.state_mut();
        if state.closed.is_none() {
            state.closed = Some(exit_code);
            state.store.close_all(exit_code);
        }
    }

    /// Whether the runtime is closed.
    pub fn is_closed(&self) -> bool {
        self.state().closed.is_some()
    }
}

impl<T: 'static, S: ?Sized> std::fmt::Debug for Context<T, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context").field("config", &self.state().config).finish_non_exhaustive()
    }
}
