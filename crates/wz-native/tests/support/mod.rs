//! What the tests of this crate share: native code written by hand, and a host to run it.
#![allow(dead_code, reason = "each test file uses its own part")]

use dynasmrt::x64::X64Relocation;
use dynasmrt::{DynamicLabel, DynasmApi, DynasmLabelApi, VecAssembler, dynasm};
use std::sync::{Arc, Mutex};
use wz_core::engine::{
    BlobCompiler, Code, CompileOptions, Engine, FunctionCompiler, ModuleCompiler, NativeCompiler,
};
use wz_core::ir::FuncIr;
use wz_core::module::{ExternIndex, Module};
use wz_core::native::{CodeStore, FuncRecord, Isa, MemoryMode, NativeBlob, Site};
use wz_core::runtime::vm::{VmContext, VmFuncRef, VmMemory};
use wz_core::runtime::{
    Embedder, Extern, HostDefinition, HostFunc, InstanceId, InstanceOptions, Store, StoreConfig, VmLayout,
};
use wz_core::types::{FuncType, ValType};
use wz_core::{Error, TrapCode};
use wz_decode::{DecodeConfig, FunctionSink, decode};
use wz_native::NativeEngine;

/// The offset in its body that tests give the probe of a prologue.
pub const PROBE_OFFSET: u64 = 1;

/// Writes a module's native code, function by function.
pub struct Assembly {
    pub asm: VecAssembler<X64Relocation>,
    locals: Vec<DynamicLabel>,
    funcs: Vec<FuncRecord>,
    sites: Vec<Site>,
    layout: VmLayout,
    has_memory: bool,
}

impl Assembly {
    fn new(module: &Module) -> Assembly {
        let mut asm = VecAssembler::new(0);
        let locals = (0..module.defined_funcs()).map(|_| asm.new_dynamic_label()).collect();
        Assembly {
            asm,
            locals,
            funcs: Vec::new(),
            sites: Vec::new(),
            layout: VmLayout::of(module).expect("a layout"),
            has_memory: !module.memories.is_empty(),
        }
    }

    /// Begins the next function, with a frame of `slots` data slots and `refs` references above them. The areas are
    /// those of its arguments and results on the stack.
    pub fn begin(&mut self, slots: u32, refs: u32, arg_bytes: u32, result_bytes: u32) {
        let defined = self.funcs.len();
        let frame_bytes = 8 + 8 * (slots + refs);
        let start = self.asm.offset().0;
        dynasm!(self.asm
            ; .arch x64
            ; mov r15, rdi
        );
        if self.has_memory {
            dynasm!(self.asm
                ; .arch x64
                ; mov r14, [r15 + VmContext::MEMORY0 as i32]
                ; mov r14, [r14 + VmMemory::BASE as i32]
            );
        }
        let local = self.asm.offset().0;
        dynasm!(self.asm ; .arch x64 ; =>self.locals[defined]);
        // A frame of a page or more is probed page by page.
        let probes = if frame_bytes < 4096 { 65536..=65536 } else { 4096..=65536 + frame_bytes as i32 };
        for below in probes.step_by(4096) {
            self.site(Some(TrapCode::StackOverflow), PROBE_OFFSET);
            dynasm!(self.asm ; .arch x64 ; mov r11, [rsp - below]);
        }
        dynasm!(self.asm
            ; .arch x64
            ; sub rsp, frame_bytes as i32
            ; mov [rsp], r15
        );
        for slot in slots..slots + refs {
            dynasm!(self.asm ; .arch x64 ; mov QWORD [rsp + 8 + 8 * slot as i32], 0);
        }
        self.funcs.push(FuncRecord {
            start: start as u32,
            local: (local - start) as u16,
            body: (self.asm.offset().0 - start) as u16,
            frame_bytes,
            arg_bytes,
            result_bytes,
            refs_offset: 8 + 8 * slots,
            ref_len: refs,
            body_offset: 1000 * defined as u32,
        });
    }

    /// Ends the function: gives back the frame and the arguments, and returns.
    pub fn end(&mut self) {
        let record = self.funcs.last().expect("a function");
        let (frame, args) = (record.frame_bytes as i32, record.arg_bytes as i16);
        dynasm!(self.asm ; .arch x64 ; add rsp, frame ; ret args);
    }

    /// Says that the next instruction may trap, or that the last one was a call.
    pub fn site(&mut self, trap: Option<TrapCode>, offset: u64) {
        self.sites.push(Site::new(self.asm.offset().0 as u32, trap, offset));
    }

    /// An undefined instruction that stands for a trap.
    pub fn trap(&mut self, code: TrapCode, offset: u64) {
        self.site(Some(code), offset);
        dynasm!(self.asm ; .arch x64 ; ud2);
    }

    /// Calls a function that the module defines.
    pub fn call_local(&mut self, defined: usize, offset: u64) {
        dynasm!(self.asm ; .arch x64 ; call =>self.locals[defined]);
        self.site(None, offset);
    }

    /// Calls an imported function, whose arguments are in place, with the stack pointer where the frame is.
    pub fn call_import(&mut self, index: u32, offset: u64) {
        self.call_import_pushed(index, offset);
        self.reload();
    }

    /// Calls an imported function with something pushed below the frame, and leaves the pinned registers as they are
    /// then.
    pub fn call_import_pushed(&mut self, index: u32, offset: u64) {
        dynasm!(self.asm
            ; .arch x64
            ; mov r11, [r15 + self.layout.import(index) as i32]
            ; mov rdi, [r11 + VmFuncRef::VMCTX as i32]
            ; call QWORD [r11 + VmFuncRef::CODE as i32]
        );
        self.site(None, offset);
    }

    /// Reloads the pinned registers from the frame.
    pub fn reload(&mut self) {
        dynasm!(self.asm ; .arch x64 ; mov r15, [rsp]);
        if self.has_memory {
            dynasm!(self.asm
                ; .arch x64
                ; mov r14, [r15 + VmContext::MEMORY0 as i32]
                ; mov r14, [r14 + VmMemory::BASE as i32]
            );
        }
    }

    /// Calls a helper, whose arguments are in place.
    pub fn call_helper(&mut self, helper: wz_core::native::Helper, offset: u64) {
        dynasm!(self.asm
            ; .arch x64
            ; mov r11, [r15 + VmContext::ENGINE_DATA as i32]
            ; call QWORD [r11 + helper.offset() as i32]
        );
        self.site(None, offset);
    }

    fn blob(self, memory: MemoryMode) -> NativeBlob {
        NativeBlob {
            isa: Isa::Amd64,
            memory,
            cpu: 0,
            code: Box::new(self.asm.finalize().expect("labels are defined")),
            funcs: self.funcs,
            sites: self.sites,
        }
    }
}

type Write = dyn Fn(&mut Assembly) + Send + Sync;

/// A compiler that writes what it was told to.
struct ByHand(Arc<Write>);

struct ByHandModule(Arc<Module>, Arc<Write>, MemoryMode);

struct Ignore;

impl NativeCompiler for ByHand {
    fn isa(&self) -> Isa {
        Isa::Amd64
    }

    fn compiler(
        &self,
        module: &Arc<Module>,
        options: &CompileOptions,
        _: Box<dyn CodeStore>,
    ) -> Result<Box<dyn BlobCompiler>, Error> {
        Ok(Box::new(ByHandModule(module.clone(), self.0.clone(), options.memory)))
    }
}

impl BlobCompiler for ByHandModule {
    fn worker(&self) -> Box<dyn FunctionCompiler> {
        Box::new(Ignore)
    }

    fn finish(self: Box<Self>) -> Result<NativeBlob, Error> {
        let mut assembly = Assembly::new(&self.0);
        (self.1)(&mut assembly);
        Ok(assembly.blob(self.2))
    }
}

impl FunctionCompiler for Ignore {
    fn compile(&mut self, _: &Module, _: &FuncIr) -> Result<(), Error> {
        Ok(())
    }

    fn finish(self: Box<Self>) {}
}

struct Sink {
    compiler: Box<dyn ModuleCompiler>,
    worker: Box<dyn FunctionCompiler>,
    code: Arc<Mutex<Option<Arc<dyn Code>>>>,
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

/// The code of a module whose description is `text`; its functions are what `write` writes, one for each that the
/// module defines.
pub fn compile(
    text: &str,
    write: impl Fn(&mut Assembly) + Send + Sync + 'static,
) -> (Arc<Module>, Arc<dyn Code>) {
    let engine = NativeEngine::new(Some(Arc::new(ByHand(Arc::new(write))))).expect("native code runs here");
    let bytes = wat::parse_str(text).expect("valid text");
    let slot = Arc::new(Mutex::new(None));
    let module = decode(&bytes, &DecodeConfig::default(), |module| {
        let compiler = engine.compiler(module, &CompileOptions::default())?;
        let worker = compiler.worker();
        Ok(Box::new(Sink { compiler, worker, code: slot.clone() }))
    })
    .expect("it compiles");
    let code = slot.lock().expect("not poisoned").take().expect("finished");
    (module, code)
}

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

impl Host {
    pub fn new() -> Host {
        Host::with(StoreConfig { guest_stack_bytes: 1 << 20, ..StoreConfig::default() })
    }

    pub fn with(config: StoreConfig) -> Host {
        let engine = NativeEngine::new(None).expect("native code runs here");
        Host { store: Store::new(Arc::new(engine), config).expect("a store") }
    }

    /// An instance of a module from text, and what `write` writes; imports are resolved by name.
    pub fn instantiate(
        &mut self,
        text: &str,
        write: impl Fn(&mut Assembly) + Send + Sync + 'static,
    ) -> InstanceId {
        let (module, code) = compile(text, write);
        self.instance(&module, &code, None)
    }

    pub fn instance(&mut self, module: &Arc<Module>, code: &Arc<dyn Code>, name: Option<&str>) -> InstanceId {
        let imports = self.store.resolve_imports(module).expect("imports");
        let options = InstanceOptions { name: name.map(str::to_owned), ..InstanceOptions::default() };
        self.store.instantiate(module, code, &imports, options).expect("an instance")
    }

    /// An instance of a host module called `env` with one function `f`.
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

/// The export of an instance of the store that `cx` has.
pub fn export(cx: &dyn Embedder, instance: InstanceId, name: &str) -> Extern {
    cx.store().export(instance, name).expect("open").expect("an export")
}

/// `(param i32 ..)` and so on for a list of types.
pub fn list(keyword: &str, types: &[ValType]) -> String {
    types.iter().map(|ty| format!("({keyword} {ty})")).collect()
}
