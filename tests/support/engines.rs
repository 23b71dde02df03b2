//! The engines that this build and this host have, and the ways in which each is to be tested.

use std::fmt;
use std::sync::OnceLock;
use wz_api::{EngineKind, Error, ErrorKind, MemoryKind, Runtime, RuntimeConfig, TargetCpu};

/// The engines on which every test runs, the interpreter's first.
///
/// # Panics
///
/// If there is no interpreter, or if there is no native code although this build and this host have it.
pub fn engines() -> &'static [EngineKind] {
    static ENGINES: OnceLock<Vec<EngineKind>> = OnceLock::new();
    ENGINES.get_or_init(|| {
        assert_eq!(EngineKind::fallback(), None, "native code is refused");
        let there = |engine: &EngineKind| *engine != EngineKind::Auto && runtime(*engine).is_ok();
        let mut engines: Vec<EngineKind> = EngineKind::ALL.iter().copied().filter(there).collect();
        engines.sort_by_key(|engine| *engine == EngineKind::Jit);
        assert_eq!(engines.first(), Some(&EngineKind::Interp));
        engines
    })
}

/// Those of the [`engines`] that compile modules that use vectors.
pub fn vector_engines() -> &'static [EngineKind] {
    static ENGINES: OnceLock<Vec<EngineKind>> = OnceLock::new();
    ENGINES.get_or_init(|| {
        let vectors = "(module (func (param v128) (result v128) (i8x16.add (local.get 0) (local.get 0))))";
        let takes = |engine: &EngineKind| runtime(*engine).and_then(|rt| rt.compile(vectors)).is_ok();
        engines().iter().copied().filter(takes).collect()
    })
}

/// Whether an engine refused to compile a module because it uses vectors, which the engine does not have.
pub fn refused_for_vectors(engine: EngineKind, error: &Error) -> bool {
    let named = matches!(error.kind(), ErrorKind::Compile(error) if error.message.contains("v128"));
    named && !vector_engines().contains(&engine)
}

/// A runtime with the given engine and otherwise default settings.
///
/// # Errors
///
/// Those of [`Runtime::new`].
pub fn runtime(engine: EngineKind) -> Result<Runtime, Error> {
    Runtime::new(RuntimeConfig::new().with_engine(engine))
}

/// An engine with the kind of memory and of processor that its code is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mode {
    /// The engine.
    pub engine: EngineKind,
    /// The kind of all memories.
    pub memory: MemoryKind,
    /// The processors that native code is for.
    pub cpu: TargetCpu,
}

impl Mode {
    /// Every engine with every kind of memory and, for native code, of processor.
    pub fn all() -> Vec<Mode> {
        let kinds = [MemoryKind::Guarded, MemoryKind::Checked];
        let with_kinds = |mode: Mode| kinds.map(|memory| Mode { memory, ..mode });
        Mode::processors().into_iter().flat_map(with_kinds).collect()
    }

    /// Every engine with every kind of memory.
    pub fn memories() -> Vec<Mode> {
        Mode::all().into_iter().filter(|mode| mode.cpu == TargetCpu::Native).collect()
    }

    /// Every engine with, for native code, every kind of processor.
    pub fn processors() -> Vec<Mode> {
        let mut modes = Vec::new();
        for engine in engines() {
            let mode = Mode { engine: *engine, memory: MemoryKind::Auto, cpu: TargetCpu::Native };
            modes.push(mode);
            if *engine == EngineKind::Jit {
                modes.push(Mode { cpu: TargetCpu::Baseline, ..mode });
            }
        }
        modes
    }

    /// The settings of a runtime in this mode.
    pub fn config(self) -> RuntimeConfig {
        RuntimeConfig::new().with_engine(self.engine).with_memory_kind(self.memory).with_cpu(self.cpu)
    }

    /// A runtime in this mode.
    ///
    /// # Panics
    ///
    /// If none can be had.
    pub fn runtime(self) -> Runtime {
        Runtime::new(self.config()).unwrap_or_else(|error| panic!("{self}: {error}"))
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.engine)?;
        match self.memory {
            MemoryKind::Guarded => f.write_str(", guarded")?,
            MemoryKind::Checked => f.write_str(", checked")?,
            _ => {}
        }
        f.write_str(if self.cpu == TargetCpu::Baseline { ", baseline" } else { "" })
    }
}
