//! What the tests of this crate share: from text to a running instance, on both dispatches.
#![allow(dead_code, reason = "each test file uses its own part")]

pub mod asm;

use std::sync::Arc;
use wz_core::Error;
use wz_core::engine::{Code, CompileOptions, Engine};
use wz_core::ir::FuncIr;
use wz_core::module::{ExternIndex, Module};
use wz_core::runtime::{
    Embedder, Extern, HostDefinition, HostFunc, InstanceId, InstanceOptions, Store, StoreConfig,
};
use wz_core::types::FuncType;
use wz_decode::{DecodeConfig, FunctionSink, decode};
use wz_interp::{Dispatch, InterpEngine};

/// Both dispatches.
pub const DISPATCHES: [Dispatch; 2] = [Dispatch::Threaded, Dispatch::Loop];

/// An embedder that is nothing but a store.
pub struct Host {
    pub store: Store,
}

impl Embedder for Host {
    fn store(&self) -> &Store {
        &self.store
    }

    fn store_mut(&mut self) -> &mut Store {
        &mut self.store
    }
}

struct Sink {
    compiler: Box<dyn wz_core::engine::ModuleCompiler>,
    worker: Box<dyn wz_core::engine::FunctionCompiler>,
    code: Arc<std::sync::Mutex<Option<Arc<dyn Code>>>>,
}

impl FunctionSink for Sink {
    fn function(&mut self, module: &Module, ir: &FuncIr) -> Result<(), Error> {
        self.worker.compile(module, ir)
    }

    fn finish(self: Box<Self>) -> Result<(), Error> {
        self.worker.finish();
        *self.code.lock().expect("not poisoned") = Some(self.compiler.finish()?);
        Ok(())
    }
}

/// Compiles text or a binary.
pub fn compile(
    engine: &dyn Engine,
    source: impl AsRef<[u8]>,
    config: &DecodeConfig,
    options: &CompileOptions,
) -> Result<(Arc<Module>, Arc<dyn Code>), Error> {
    let bytes = wat::parse_bytes(source.as_ref()).expect("valid text");
    let slot = Arc::new(std::sync::Mutex::new(None));
    let module = decode(&bytes, config, |module| {
        let compiler = engine.compiler(module, options)?;
        let worker = compiler.worker();
        Ok(Box::new(Sink { compiler, worker, code: slot.clone() }))
    })?;
    let code = slot.lock().expect("not poisoned").take().expect("finished");
    Ok((module, code))
}

impl Host {
    pub fn new(dispatch: Dispatch) -> Host {
        Host::with_stack(dispatch, 1 << 20)
    }

    pub fn with_stack(dispatch: Dispatch, guest_stack_bytes: usize) -> Host {
        let engine = Arc::new(InterpEngine::new(dispatch));
        let config = StoreConfig { guest_stack_bytes, ..StoreConfig::default() };
        Host { store: Store::new(engine, config).expect("a store") }
    }

    /// Instantiates a module from text; its imports are resolved by name.
    pub fn instantiate(&mut self, source: &str) -> InstanceId {
        self.instantiate_as(source, None, &DecodeConfig::default())
    }

    pub fn instantiate_as(&mut self, source: &str, name: Option<&str>, config: &DecodeConfig) -> InstanceId {
        let engine = self.store.engine().clone();
        let (module, code) =
            compile(&*engine, source, config, &CompileOptions::default()).expect("it compiles");
        let imports = self.store.resolve_imports(&module).expect("imports");
        let options = InstanceOptions { name: name.map(str::to_owned), ..InstanceOptions::default() };
        self.store.instantiate(&module, &code, &imports, options).expect("an instance")
    }

    /// Instantiates a host module called `env` with one function `f`.
    pub fn host_func<F>(&mut self, ty: FuncType, callback: F) -> InstanceId
    where
        F: Fn(&mut dyn Embedder, Option<InstanceId>, &mut [u64]) -> Result<(), Error> + Send + Sync + 'static,
    {
        let func = HostFunc { ty, callback: Box::new(callback) };
        let definition = HostDefinition::new(vec![("f".into(), func.into())], vec![], vec![], vec![]);
        let definition = Arc::new(definition.expect("a host module"));
        self.store.instantiate_host(&definition, Some("env".into()), &[], &[]).expect("an instance")
    }

    /// Calls an exported function; gives as many values as are asked for.
    pub fn call(
        &mut self,
        instance: InstanceId,
        name: &str,
        args: &[u64],
        results: usize,
    ) -> Result<Vec<u64>, Error> {
        let export = self.store.export(instance, name).expect("open").expect("an export");
        call(self, export, args, results)
    }
}

/// Calls a function.
pub fn call(cx: &mut dyn Embedder, func: Extern, args: &[u64], results: usize) -> Result<Vec<u64>, Error> {
    assert!(matches!(func.index, ExternIndex::Func(_)));
    let mut values = args.to_vec();
    values.resize(args.len().max(results), 0);
    wz_core::runtime::call(cx, func, &mut values)?;
    values.truncate(results);
    Ok(values)
}
