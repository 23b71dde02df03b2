//! An engine whose functions are closures, and a host that owns a store.

use crate::engine::{CallEngine, Code, CodePtr, CompileOptions, Engine, ModuleCompiler, ModuleEngine};
use crate::error::Error;
use crate::module::{ConstExpr, ConstOp, Export, ExternIndex, Module, TableDef};
use crate::runtime::vm::{Activation, Arity, RawFrame, VmContext, VmFuncRef, VmHeader};
use crate::runtime::*;
use crate::types::{FuncType, Limits, RefType, TableType};
use std::ptr::{self, NonNull};
use std::sync::Arc;

/// The body of a function: its context, the frame that it runs in, and its arguments and results.
pub type Body = dyn Fn(&mut dyn Embedder, &mut Frame, &mut [u64]) -> Result<(), Error> + Send + Sync;

/// A frame of a fake guest, which shows up `times` times in walks.
pub struct Frame {
    pub vmctx: *mut VmContext,
    pub func: u32,
    pub refs: Vec<u64>,
    pub times: usize,
}

#[derive(Debug)]
pub struct FakeEngine;

pub struct FakeCode(Vec<Box<Body>>);

impl FakeCode {
    pub fn of(bodies: Vec<Box<Body>>) -> Arc<dyn Code> {
        Arc::new(FakeCode(bodies))
    }
}

struct FakeInstance(Arc<FakeCode>, Arc<dyn Code>);

struct FakeCall;

impl Engine for FakeEngine {
    fn name(&self) -> &'static str {
        "fake"
    }

    fn compiler(&self, _: &Arc<Module>, _: &CompileOptions) -> Result<Box<dyn ModuleCompiler>, Error> {
        Err(Error::compile("the fake engine compiles nothing", None))
    }

    fn compiled_modules(&self) -> usize {
        0
    }

    fn host_entry(&self) -> CodePtr {
        CodePtr(ptr::null())
    }

    fn call_engine(&self, _: usize) -> Result<Box<dyn CallEngine>, Error> {
        Ok(Box::new(FakeCall))
    }
}

impl Code for FakeCode {
    fn module_engine(self: Arc<Self>) -> Box<dyn ModuleEngine> {
        Box::new(FakeInstance(self.clone(), self))
    }

    fn code_bytes(&self) -> usize {
        0
    }

    fn source_offset(&self, func: u32, position: usize) -> Option<u64> {
        Some(u64::from(func) * 100 + position as u64)
    }
}

impl ModuleEngine for FakeInstance {
    fn function(&self, defined: u32) -> Option<CodePtr> {
        let body: *const Box<Body> = self.0.0.get(defined as usize)?;
        Some(CodePtr(body.cast()))
    }

    fn engine_data(&self) -> *const () {
        ptr::null()
    }

    fn code(&self) -> &Arc<dyn Code> {
        &self.1
    }
}

impl CallEngine for FakeCall {
    unsafe fn call(
        &mut self,
        cx: &mut dyn Embedder,
        callee: NonNull<VmFuncRef>,
        _: Arity,
        values: &mut [u64],
    ) -> Result<(), Error> {
        // SAFETY: a live function, as the caller says.
        let VmFuncRef { code, vmctx, func, .. } = unsafe { *callee.as_ptr() };
        // SAFETY: its vmctx is live.
        if unsafe { (*vmctx).kind } == VmHeader::HOST {
            let cx = libcalls::embedder_of_call(cx);
            // SAFETY: a host function, called by the host.
            return unsafe { libcalls::invoke_host(&raw const cx, vmctx.cast(), ptr::null_mut(), values) };
        }
        let mut frame = Frame { vmctx: vmctx.cast(), func, refs: Vec::new(), times: 1 };
        let frame = &raw mut frame;
        // SAFETY: the runtime block outlives the call; the activation is unlinked before it goes; the code pointer is
        // that of a body in code that the instance holds.
        unsafe {
            let runtime = (*vmctx).runtime;
            let mut activation =
                Activation { outer: (*runtime).activation, walk, state: frame.cast_const().cast() };
            (*runtime).activation = &raw mut activation;
            let body = &*code.0.cast::<Box<Body>>();
            let result = body(cx, &mut *frame, values);
            (*runtime).activation = activation.outer;
            result
        }
    }

    unsafe fn resume(&mut self, _: &mut dyn Embedder, _: &FuncType, _: &mut [u64]) -> Result<(), Error> {
        Err(Error::usage("fake guests cannot be suspended"))
    }

    unsafe fn walk(&self, _: &mut dyn FnMut(&RawFrame) -> bool) {}
}

/// # Safety
///
/// `state` is that of a [`Frame`].
unsafe fn walk(state: *const (), visit: &mut dyn FnMut(&RawFrame) -> bool) {
    // SAFETY: as the caller says.
    let frame = unsafe { &*state.cast::<Frame>() };
    for position in 0..frame.times {
        let raw = RawFrame {
            vmctx: frame.vmctx,
            func: frame.func,
            position,
            refs: frame.refs.as_ptr(),
            refs_len: frame.refs.len(),
        };
        if !visit(&raw) {
            return;
        }
    }
}

/// A host.
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

impl Host {
    pub fn new() -> Host {
        Host::with(StoreConfig::default())
    }

    pub fn with(config: StoreConfig) -> Host {
        Host { store: Store::new(Arc::new(FakeEngine), config).unwrap() }
    }

    /// Instantiates a module whose functions do nothing, linking by names.
    pub fn instantiate(&mut self, module: &Arc<Module>, name: &str) -> Result<InstanceId, Error> {
        let defined = module.funcs.len().saturating_sub(module.imported_funcs as usize);
        let bodies = (0..defined).map(|_| body(|_, _, _| Ok(()))).collect();
        self.instantiate_with(module, name, bodies)
    }

    pub fn instantiate_with(
        &mut self,
        module: &Arc<Module>,
        name: &str,
        bodies: Vec<Box<Body>>,
    ) -> Result<InstanceId, Error> {
        let imports = self.store.resolve_imports(module)?;
        let options = InstanceOptions { name: Some(name.to_owned()), ..Default::default() };
        self.store.instantiate(module, &FakeCode::of(bodies), &imports, options)
    }

    /// Calls the function with index `func`.
    pub fn call(&mut self, id: InstanceId, func: u32, values: &mut [u64]) -> Result<(), Error> {
        call(self, item(id, ExternIndex::Func(func)), values)
    }
}

pub fn body(
    f: impl Fn(&mut dyn Embedder, &mut Frame, &mut [u64]) -> Result<(), Error> + Send + Sync + 'static,
) -> Box<Body> {
    Box::new(f)
}

pub fn item(instance: InstanceId, index: ExternIndex) -> Extern {
    Extern { instance, index }
}

pub fn export(name: &str, index: ExternIndex) -> Export {
    Export { name: name.into(), index }
}

pub fn i32_const(value: u32) -> ConstExpr {
    ConstExpr::One(ConstOp::Value(value.into()))
}

pub fn table_type(element: RefType, min: u64, max: Option<u64>) -> TableType {
    TableType { element, limits: Limits { min, max }, table64: false }
}

/// A module of `funcs` functions without parameters and results, and a table of functions called "table" of `elements`
/// null elements.
pub fn module_with_table(funcs: u32, elements: u64) -> Module {
    let ty = table_type(RefType::FUNCREF, elements, None);
    Module {
        types: vec![FuncType::default()],
        funcs: vec![0; funcs as usize],
        tables: vec![ty],
        table_defs: vec![TableDef { ty, init: None }],
        exports: vec![export("table", ExternIndex::Table(0))],
        ..Module::default()
    }
}
