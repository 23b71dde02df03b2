//! Compilation: from source to code, through the decoder and the engine.

use crate::compiled::{CodeOptions, CompiledModule};
use crate::config::RuntimeConfig;
use crate::{CompileError, Error, ErrorKind, engine};
use std::borrow::Cow;
use std::num::NonZeroUsize;
use std::sync::{Arc, OnceLock};
use wz_core::engine::{Code, CompileOptions, Engine, FunctionCompiler, ModuleCompiler};
use wz_core::ir::FuncIr;
use wz_core::module::Module;
use wz_core::native::MemoryMode;
use wz_core::runtime::MemoryKind;
use wz_decode::{DecodeConfig, FunctionSink, SinkSource};

/// Compiles a module from its binary or text.
pub(crate) fn compile(
    source: &[u8],
    engine: &Arc<dyn Engine>,
    config: &RuntimeConfig,
) -> Result<CompiledModule, Error> {
    let binary = binary(source)?;
    let mode =
        if config.memory_kind == MemoryKind::Checked { MemoryMode::Checked } else { MemoryMode::Guarded };
    let (engine, made) = match code(&binary, engine, config, mode) {
        Ok(made) => (engine.clone(), made),
        Err(error) if matches!(error.kind(), ErrorKind::Compile(CompileError { unsupported: true, .. })) => {
            let Some(second) = engine::second(config, engine.name()) else { return Err(error) };
            tracing::debug!(%error, "compiling for engine {} instead", second.name());
            let made = code(&binary, &second, config, mode)?;
            (second, made)
        }
        Err(error) => return Err(error),
    };
    // Whether memory 0 is guarded is only known when there is an instance.
    let undecided = config.memory_kind == MemoryKind::Auto
        && made.code.needs_guards()
        && made.module.memories.first().is_some_and(|memory| memory.can_be_guarded());
    let wasm = undecided.then(|| binary.into_owned().into_boxed_slice());
    Ok(CompiledModule::new(made, wasm, CodeOptions::new(engine.name(), config), config))
}

/// A module's description and code.
pub(crate) struct Compiled {
    pub(crate) module: Arc<Module>,
    pub(crate) code: Arc<dyn Code>,
}

/// Compiles a module from its binary.
pub(crate) fn code(
    binary: &[u8],
    engine: &Arc<dyn Engine>,
    config: &RuntimeConfig,
    memory: MemoryMode,
) -> Result<Compiled, Error> {
    let span = tracing::debug_span!("compile", engine = engine.name(), bytes = binary.len());
    let _entered = span.enter();
    let options = CompileOptions { memory, ..CompileOptions::default() };
    let decode_config = DecodeConfig::default()
        .with_features(config.features)
        .with_fuel(config.fuel.is_some())
        .with_interruption(config.interruption)
        .with_custom_sections(config.custom_sections)
        .with_debug_info(config.debug_info && cfg!(feature = "debug-info"));
    let compiler: OnceLock<Box<dyn ModuleCompiler>> = OnceLock::new();
    let make = |module: &Arc<Module>| {
        let made = engine.compiler(module, &options)?;
        Ok::<_, Error>(Workers(&**compiler.get_or_init(|| made)))
    };
    let module = match config.threads() {
        NonZeroUsize::MIN => wz_decode::decode(binary, &decode_config, |module| make(module)?.sink())?,
        threads => wz_decode::decode_parallel(binary, &decode_config, threads, |module| {
            let source: Box<dyn SinkSource> = Box::new(make(module)?);
            Ok(source)
        })?,
    };
    let compiler = match compiler.into_inner() {
        Some(compiler) => compiler,
        // The module has no functions.
        None => engine.compiler(&module, &options)?,
    };
    let code = compiler.finish()?;
    code.publish_names(&module);
    Ok(Compiled { module, code })
}

/// Makes the engine's workers.
#[derive(Clone, Copy)]
struct Workers<'c>(&'c dyn ModuleCompiler);

impl<'c> Workers<'c> {
    fn sink(self) -> Result<Box<dyn FunctionSink + 'c>, Error> {
        Ok(Box::new(Sink { worker: self.0.worker() }))
    }
}

impl SinkSource for Workers<'_> {
    fn sink(&self) -> Result<Box<dyn FunctionSink + '_>, Error> {
        (*self).sink()
    }
}

/// Hands functions from the decoder to the engine.
struct Sink {
    worker: Box<dyn FunctionCompiler>,
}

impl FunctionSink for Sink {
    fn function(&mut self, module: &Module, ir: &FuncIr) -> Result<(), Error> {
        self.worker.compile(module, ir)
    }

    fn finish(self: Box<Self>) -> Result<(), Error> {
        self.worker.finish();
        Ok(())
    }
}

/// The binary of a source that is a binary already.
#[cfg(not(feature = "text"))]
fn binary(source: &[u8]) -> Result<Cow<'_, [u8]>, Error> {
    Ok(Cow::Borrowed(source))
}

/// The binary of a source that is a binary or a text.
#[cfg(feature = "text")]
fn binary(source: &[u8]) -> Result<Cow<'_, [u8]>, Error> {
    // Nothing at all would be an empty module as a text, but whoever compiles it has most likely failed to read a file.
    if source.is_empty() || source.starts_with(b"\0asm") {
        return Ok(Cow::Borrowed(source));
    }
    match std::str::from_utf8(source) {
        Ok(text) if !text.starts_with('\0') => match wat::parse_str(text) {
            Ok(binary) => Ok(Cow::Owned(binary)),
            Err(error) => Err(Error::compile(error.to_string(), None)),
        },
        // Let the decoder say what is wrong with it.
        _ => Ok(Cow::Borrowed(source)),
    }
}
