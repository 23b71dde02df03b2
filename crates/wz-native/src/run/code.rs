//! A module's native code, as its instances share it.

use super::code_memory::CodeMemory;
use super::engine::LiveCount;
use super::helpers::Stubs;
use super::perf_map;
use super::registry;
use super::signature::Signature;
use std::sync::Arc;
use wz_core::Error;
use wz_core::engine::{Code, CodePtr, ModuleEngine};
use wz_core::module::Module;
use wz_core::native::{FuncRecord, Isa, MemoryMode, NativeBlob, Site};
use wz_core::runtime::vm::VmContext;

/// A module's native code. Its address is what instances have as
/// [`engine_data`](wz_core::runtime::vm::VmContext::engine_data): the table of stubs comes first.
#[repr(C)]
pub(super) struct NativeCode {
    stubs: Stubs,
    memory: CodeMemory,
    /// Bytes of code; the last page has some more.
    len: usize,
    mode: MemoryMode,
    funcs: Vec<FuncRecord>,
    sites: Vec<Site>,
    module: Arc<Module>,
    /// By type index.
    signatures: Vec<Signature>,
    perf_map: bool,
    _live: LiveCount,
}

/// Where an address lies in a module's code.
#[derive(Clone, Copy)]
pub(super) struct Location<'a> {
    pub(super) func: u32,
    pub(super) record: &'a FuncRecord,
    /// Offset in the module's code.
    pub(super) offset: u32,
}

impl Location<'_> {
    /// Whether the function's frame is made when it is here.
    pub(super) fn has_frame(&self) -> bool {
        self.offset - self.record.start >= u32::from(self.record.body)
    }
}

impl NativeCode {
    /// Makes a blob executable.
    ///
    /// # Safety
    ///
    /// The blob was made of this module, for this processor, by a compiler that upholds the ABI.
    pub(super) unsafe fn load(
        module: Arc<Module>,
        blob: NativeBlob,
        perf_map: bool,
        live: LiveCount,
    ) -> Result<Arc<NativeCode>, Error> {
        let NativeBlob { isa, memory: mode, code, funcs, sites, .. } = blob;
        let len = code.bytes().len();
        let consistent = Some(isa) == Isa::HOST
            && funcs.len() == module.defined_funcs() as usize
            && funcs.is_sorted_by(|a, b| a.start < b.start)
            && funcs.last().is_none_or(|last| (last.start as usize) < len)
            && sites.is_sorted_by(|a, b| a.pc <= b.pc)
            && u32::try_from(len).is_ok();
        if !consistent {
            return Err(Error::compile(
                "the code is not that of the module, or not for this processor",
                None,
            ));
        }
        let memory = CodeMemory::new(code)
            .map_err(|error| Error::limit(format!("{len} bytes of executable memory: {error}")))?;
        let code = Arc::new(NativeCode {
            stubs: Stubs::ALL,
            memory,
            len,
            mode,
            funcs,
            sites,
            signatures: module.types.iter().map(Signature::new).collect(),
            module,
            perf_map,
            _live: live,
        });
        registry::add(code.memory.start().addr(), code.memory.bytes(), Arc::as_ptr(&code));
        Ok(code)
    }

    /// The code of the instance with this vmctx.
    ///
    /// # Safety
    ///
    /// The vmctx is that of a live instance of a native engine, which stays alive for `'a`.
    pub(super) unsafe fn of<'a>(vmctx: *const VmContext) -> &'a NativeCode {
        // SAFETY: such instances have the address of their code there.
        unsafe { &*(*vmctx).engine_data.cast::<NativeCode>() }
    }

    /// The signature of a function.
    pub(super) fn signature(&self, func: u32) -> Option<&Signature> {
        self.signatures.get(*self.module.funcs.get(func as usize)? as usize)
    }

    /// The offset of an address in this code.
    pub(super) fn offset_of(&self, address: usize) -> Option<u32> {
        let offset = address.wrapping_sub(self.memory.start().addr());
        (offset < self.len).then_some(offset as u32)
    }

    /// The function that an offset lies in.
    pub(super) fn location(&self, offset: u32) -> Option<Location<'_>> {
        let defined = self.funcs.partition_point(|func| func.start <= offset).checked_sub(1)?;
        let func = self.module.imported_funcs + defined as u32;
        Some(Location { func, record: &self.funcs[defined], offset })
    }

    /// The site at an offset: an instruction that faults there, or the call that returns there. Both may be: an
    /// instruction right behind a call may fault.
    pub(super) fn site(&self, offset: u32, faults: bool) -> Option<Site> {
        let first = self.sites.partition_point(|site| site.pc < offset);
        let here = self.sites.get(first..)?.iter().take_while(|site| site.pc == offset);
        here.copied().find(|site| site.trap().is_some() == faults)
    }
}

impl Drop for NativeCode {
    fn drop(&mut self) {
        registry::remove(self.memory.start().addr());
    }
}

impl Code for NativeCode {
    fn module_engine(self: Arc<Self>) -> Box<dyn ModuleEngine> {
        Box::new(NativeInstance { code: self.clone(), any: self })
    }

    fn code_bytes(&self) -> usize {
        self.len + size_of_val(&self.funcs[..]) + size_of_val(&self.sites[..])
    }

    fn publish_names(&self, module: &Module) {
        if !self.perf_map {
            return;
        }
        if let Err(error) = perf_map::append(module, self.memory.start().addr(), self.len, &self.funcs) {
            tracing::warn!(%error, "the profiler's map of functions cannot be written");
        }
    }

    fn needs_guards(&self) -> bool {
        self.mode == MemoryMode::Guarded
    }

    fn source_offset(&self, func: u32, position: usize) -> Option<u64> {
        let defined = func.checked_sub(self.module.imported_funcs)?;
        let record = self.funcs.get(defined as usize)?;
        let (offset, faults) = place(position)?;
        let site = self.site(offset, faults)?;
        Some(u64::from(record.body_offset) + site.offset())
    }
}

/// The position of a frame: the offset in the code where it stopped, and whether that instruction faulted or a call
/// returns there.
pub(super) fn position(offset: u32, faults: bool) -> usize {
    offset as usize * 2 + usize::from(faults)
}

/// What a [`position`] says.
fn place(position: usize) -> Option<(u32, bool)> {
    Some((u32::try_from(position / 2).ok()?, !position.is_multiple_of(2)))
}

/// The engine's part of an instance.
struct NativeInstance {
    code: Arc<NativeCode>,
    /// The same.
    any: Arc<dyn Code>,
}

impl ModuleEngine for NativeInstance {
    fn function(&self, defined: u32) -> Option<CodePtr> {
        let record = self.code.funcs.get(defined as usize)?;
        Some(CodePtr(self.code.memory.start().wrapping_add(record.start as usize).cast()))
    }

    fn engine_data(&self) -> *const () {
        Arc::as_ptr(&self.code).cast()
    }

    fn code(&self) -> &Arc<dyn Code> {
        &self.any
    }
}
