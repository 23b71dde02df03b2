//! Compiled modules and what they say about themselves.

use crate::compile::{self, Compiled};
use crate::{Error, ExternType, RuntimeConfig, debug};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use wz_core::engine::{Code, CodeSource, Engine};
use wz_core::module::Module as Description;
use wz_core::native::MemoryMode;
use wz_core::runtime::InitialState;
use wz_core::trap::Symbolizer;
use wz_core::types::{MemoryType, TableType};

/// A compiled module: instances are made of it by [`Context::instantiate`](crate::Context::instantiate), in any number of
/// runtimes and threads. Clones are the same module; dropping the last one while instances run is fine.
#[derive(Clone)]
pub struct CompiledModule {
    inner: Arc<Inner>,
}

struct Inner {
    module: Arc<Description>,
    code: Arc<dyn Code>,
    /// The binary, if an instance may need code for another kind of memory.
    wasm: Option<Box<[u8]>>,
    /// Code for checked memories, if the first code needs guarded ones: compiled when an instance needs it.
    checked: Mutex<Option<Arc<dyn Code>>>,
    initial: InitialState,
    options: CodeOptions,
    custom_sections: bool,
    symbolizer: Option<Arc<dyn Symbolizer>>,
}

/// What code depends on besides its module: only runtimes that agree on it can run the code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct CodeOptions {
    pub(crate) engine: &'static str,
    pub(crate) fuel: bool,
    pub(crate) interruption: bool,
}

/// An import of a compiled module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Import<'a> {
    /// Name of the module that provides it.
    pub module: &'a str,
    /// Its name there.
    pub name: &'a str,
    /// The type that it must have.
    pub ty: ExternType,
}

/// An export of a compiled module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Export<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its type.
    pub ty: ExternType,
}

/// A custom section of a compiled module.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CustomSection<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its contents.
    pub data: &'a [u8],
}

impl CompiledModule {
    pub(crate) fn new(
        Compiled { module, code }: Compiled,
        wasm: Option<Box<[u8]>>,
        options: CodeOptions,
        config: &RuntimeConfig,
    ) -> CompiledModule {
        let symbolizer = config.debug_info.then(|| debug::symbolizer(&module)).flatten();
        let custom_sections = config.custom_sections;
        let (checked, initial) = Default::default();
        CompiledModule {
            inner: Arc::new(Inner {
                module,
                code,
                wasm,
                checked,
                initial,
                options,
                custom_sections,
                symbolizer,
            }),
        }
    }

    pub(crate) fn module(&self) -> &Arc<Description> {
        &self.inner.module
    }

    pub(crate) fn symbolizer(&self) -> Option<Arc<dyn Symbolizer>> {
        self.inner.symbolizer.clone()
    }

    /// Name of the engine that it was compiled for.
    pub fn engine_name(&self) -> &'static str {
        self.inner.options.engine
    }

    /// Checks that a runtime with this engine and configuration can run the code.
    pub(crate) fn check_options(&self, engine: &'static str, config: &RuntimeConfig) -> Result<(), Error> {
        let wanted = CodeOptions::new(engine, config);
        if self.inner.options == wanted {
            return Ok(());
        }
        Err(Error::usage(format!(
            "the module was compiled with {}, the runtime has {wanted}",
            self.inner.options
        )))
    }

    /// The module's name, from its name section.
    pub fn name(&self) -> Option<&str> {
        self.inner.module.names.module.as_deref()
    }

    /// The imports, in order.
    ///
    /// ```
    /// use wz_api::Runtime;
    ///
    /// let rt = Runtime::new(Default::default())?;
    /// let code = rt.compile(r#"(module (import "env" "log" (func (param i32))))"#)?;
    /// let import = code.imports().next().unwrap();
    /// assert_eq!((import.module, import.name), ("env", "log"));
    /// assert_eq!(import.ty.to_string(), "func (i32) -> ()");
    /// # Ok::<(), wz_api::Error>(())
    /// ```
    pub fn imports(&self) -> impl Iterator<Item = Import<'_>> {
        let module = &self.inner.module;
        module.imports.iter().filter_map(|import| {
            // Validation has made sure that every type index is in range.
            Some(Import { module: &import.module, name: &import.name, ty: module.import_type(import)? })
        })
    }

    /// The exports, in order.
    pub fn exports(&self) -> impl Iterator<Item = Export<'_>> {
        let module = &self.inner.module;
        module.exports.iter().filter_map(|export| {
            // As above.
            Some(Export { name: &export.name, ty: module.extern_type(export.index)? })
        })
    }

    /// Whether the module has a start function of its own, which instantiation calls before any other.
    pub fn has_start_function(&self) -> bool {
        self.inner.module.start.is_some()
    }

    /// The memories, imported ones first.
    pub fn memories(&self) -> &[MemoryType] {
        &self.inner.module.memories
    }

    /// The tables, imported ones first.
    pub fn tables(&self) -> &[TableType] {
        &self.inner.module.tables
    }

    /// The custom sections in order, if the runtime was configured with
    /// [`with_custom_sections`](RuntimeConfig::with_custom_sections).
    pub fn custom_sections(&self) -> impl Iterator<Item = CustomSection<'_>> {
        let kept = &self.inner.module.custom_sections[..];
        let sections = if self.inner.custom_sections { kept } else { &[] };
        sections.iter().map(|section| CustomSection { name: &section.name, data: &section.data })
    }

    /// Bytes of compiled code.
    pub fn code_bytes(&self) -> usize {
        self.inner.code.code_bytes()
    }

    /// Bytes of the module's code section.
    pub fn wasm_code_bytes(&self) -> usize {
        self.inner.module.code_section_len
    }
}

/// A module's code for a runtime with this engine and configuration.
pub(crate) struct Variants<'a> {
    pub(crate) code: &'a CompiledModule,
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) config: RuntimeConfig,
}

impl CodeSource for Variants<'_> {
    fn code(&self, guarded: bool) -> Result<Arc<dyn Code>, Error> {
        let Inner { code, wasm, checked, .. } = &*self.code.inner;
        if guarded || !code.needs_guards() {
            return Ok(code.clone());
        }
        let mut checked = checked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(code) = &*checked {
            return Ok(code.clone());
        }
        let Some(wasm) = wasm else {
            return Err(Error::link(
                "the module was compiled for guarded memories only, and its memory is checked",
            ));
        };
        let made = compile::code(wasm, &self.engine, &self.config, MemoryMode::Checked)?.code;
        Ok(checked.insert(made).clone())
    }

    fn initial_state(&self) -> Option<&InitialState> {
        Some(&self.code.inner.initial)
    }
}

impl fmt::Debug for CompiledModule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompiledModule")
            .field("name", &self.name())
            .field("options", &self.inner.options)
            .finish_non_exhaustive()
    }
}

impl CodeOptions {
    pub(crate) fn new(engine: &'static str, config: &RuntimeConfig) -> CodeOptions {
        CodeOptions { engine, fuel: config.fuel.is_some(), interruption: config.interruption }
    }
}

impl fmt::Display for CodeOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let switch = |on| if on { "on" } else { "off" };
        let (fuel, interruption) = (switch(self.fuel), switch(self.interruption));
        write!(f, "engine {}, fuel {fuel}, interruption {interruption}", self.engine)
    }
}
