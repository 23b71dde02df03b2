//! How a runtime is configured.

use crate::{Features, MemoryKind};
use std::num::NonZeroUsize;
use std::{fmt, str::FromStr};

/// Which engine executes WebAssembly.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[non_exhaustive]
pub enum EngineKind {
    /// The fastest engine that this build and this host have.
    #[default]
    Auto,
    /// Native code, made by a single-pass compiler. It is not there on every host, nor where the process may not handle
    /// signals or execute memory that it wrote.
    Jit,
    /// The interpreter, with the fastest dispatch that this build has.
    Interp,
    /// The interpreter with its portable dispatch loop.
    InterpLoop,
}

impl EngineKind {
    /// Every kind, in the order in which help texts list them.
    pub const ALL: &'static [EngineKind] =
        &[EngineKind::Auto, EngineKind::Jit, EngineKind::Interp, EngineKind::InterpLoop];

    /// The name that [`EngineKind::from_str`] and the command line take.
    pub fn name(self) -> &'static str {
        match self {
            EngineKind::Auto => "auto",
            EngineKind::Jit => "jit",
            EngineKind::Interp => "interp",
            EngineKind::InterpLoop => "interp-loop",
        }
    }

    /// Why [`EngineKind::Auto`] is the interpreter although this build and this host have native code; `None` if it is
    /// not.
    pub fn fallback() -> Option<String> {
        crate::engine::refusal()
    }
}

impl fmt::Display for EngineKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is not an engine's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownEngine(String);

impl fmt::Display for UnknownEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown engine {:?}: the engines are ", self.0)?;
        for (i, kind) in EngineKind::ALL.iter().enumerate() {
            write!(f, "{}{kind}", if i > 0 { ", " } else { "" })?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownEngine {}

impl FromStr for EngineKind {
    type Err = UnknownEngine;

    fn from_str(name: &str) -> Result<EngineKind, UnknownEngine> {
        // The native engine also goes by the architecture that it makes code for.
        let native = if cfg!(target_arch = "x86_64") { "amd64" } else { "arm64" };
        let found = EngineKind::ALL.iter().find(|kind| kind.name() == name);
        let found = found.or((name == native).then_some(&EngineKind::Jit));
        found.copied().ok_or_else(|| UnknownEngine(name.to_owned()))
    }
}

/// Which processors the code of [`EngineKind::Jit`] is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[non_exhaustive]
pub enum TargetCpu {
    /// This one: code uses all that it has.
    #[default]
    Native,
    /// All that wz supports: on x86-64, those with SSE4.1.
    Baseline,
}

/// A profiler that is told the names of the functions of [`EngineKind::Jit`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[non_exhaustive]
pub enum Profiler {
    /// None.
    #[default]
    None,
    /// Linux's perf, through the file `/tmp/perf-PID.map`.
    PerfMap,
}

/// The settings of a [`Runtime`](crate::Runtime). Immutable: each `with_*` method returns a changed copy.
///
/// ```
/// use wz_api::{EngineKind, Runtime, RuntimeConfig};
///
/// let config = RuntimeConfig::new().with_engine(EngineKind::Interp).with_max_memory_pages(256);
/// let rt = Runtime::new(config)?;
/// # Ok::<(), wz_api::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuntimeConfig {
    pub(crate) engine: EngineKind,
    pub(crate) features: Features,
    pub(crate) fuel: Option<u64>,
    pub(crate) interruption: bool,
    pub(crate) guest_stack_bytes: usize,
    pub(crate) max_memory_pages: u64,
    pub(crate) max_table_elements: u64,
    pub(crate) max_instances: usize,
    pub(crate) custom_sections: bool,
    pub(crate) debug_info: bool,
    pub(crate) memory_kind: MemoryKind,
    pub(crate) cpu: TargetCpu,
    pub(crate) profiler: Profiler,
    compile_threads: usize,
}

impl Default for RuntimeConfig {
    fn default() -> RuntimeConfig {
        RuntimeConfig {
            engine: EngineKind::Auto,
            features: Features::BUILT,
            fuel: None,
            interruption: false,
            guest_stack_bytes: 16 << 20,
            max_memory_pages: 1 << 16,
            max_table_elements: 10_000_000,
            max_instances: 100_000,
            custom_sections: false,
            debug_info: true,
            memory_kind: MemoryKind::Auto,
            cpu: TargetCpu::Native,
            profiler: Profiler::None,
            compile_threads: 0,
        }
    }
}

impl RuntimeConfig {
    /// The greatest limit that [`with_max_memory_pages`](RuntimeConfig::with_max_memory_pages) takes, in pages of 64 KiB.
    pub const MOST_MEMORY_PAGES: u64 = wz_core::runtime::StoreConfig::PAGES_LIMIT;

    /// The default settings.
    pub fn new() -> RuntimeConfig {
        RuntimeConfig::default()
    }

    /// The engine; [`EngineKind::Auto`] by default.
    #[must_use]
    pub fn with_engine(self, engine: EngineKind) -> RuntimeConfig {
        RuntimeConfig { engine, ..self }
    }

    /// The WebAssembly proposals that modules may use; [`Features::BUILT`] by default.
    #[must_use]
    pub fn with_features(self, features: Features) -> RuntimeConfig {
        RuntimeConfig { features, ..self }
    }

    /// The fuel that the runtime starts with. `None`, the default, means that nothing is counted and counting costs
    /// nothing. Fuel counts WebAssembly operators; a guest that runs out of it traps with
    /// [`TrapCode::OutOfFuel`](crate::TrapCode::OutOfFuel).
    #[must_use]
    pub fn with_fuel(self, fuel: Option<u64>) -> RuntimeConfig {
        RuntimeConfig { fuel, ..self }
    }

    /// Whether guests can be stopped, by an [`Interrupter`](crate::Interrupter), by a
    /// [deadline](crate::Context::set_deadline), or by closing their instance; off by default.
    #[must_use]
    pub fn with_interruption(self, interruption: bool) -> RuntimeConfig {
        RuntimeConfig { interruption, ..self }
    }

    /// Bytes of stack that guests have for their calls; 16 MiB by default. A guest that needs more traps with
    /// [`TrapCode::StackOverflow`](crate::TrapCode::StackOverflow).
    #[must_use]
    pub fn with_guest_stack_bytes(self, bytes: usize) -> RuntimeConfig {
        RuntimeConfig { guest_stack_bytes: bytes, ..self }
    }

    /// The greatest size of a memory, in pages of 64 KiB; 65,536 (4 GiB) by default, and at most
    /// [`MOST_MEMORY_PAGES`](RuntimeConfig::MOST_MEMORY_PAGES). Growing beyond it fails as the specification has it, and
    /// a module whose memory starts larger cannot be instantiated.
    #[must_use]
    pub fn with_max_memory_pages(self, pages: u64) -> RuntimeConfig {
        RuntimeConfig { max_memory_pages: pages, ..self }
    }

    /// The greatest size of a table, in elements; 10,000,000 by default.
    #[must_use]
    pub fn with_max_table_elements(self, elements: u64) -> RuntimeConfig {
        RuntimeConfig { max_table_elements: elements, ..self }
    }

    /// The greatest number of instances that are alive at the same time; 100,000 by default.
    #[must_use]
    pub fn with_max_instances(self, instances: usize) -> RuntimeConfig {
        RuntimeConfig { max_instances: instances, ..self }
    }

    /// Whether compiled modules keep their custom sections; off by default.
    #[must_use]
    pub fn with_custom_sections(self, keep: bool) -> RuntimeConfig {
        RuntimeConfig { custom_sections: keep, ..self }
    }

    /// Whether backtraces say source files and lines, for modules that have debug information; on by default. Compiled
    /// modules keep the information, and the first trap reads it.
    #[must_use]
    pub fn with_debug_info(self, lines: bool) -> RuntimeConfig {
        RuntimeConfig { debug_info: lines, ..self }
    }

    /// How linear memories are kept; [`MemoryKind::Auto`] by default.
    #[must_use]
    pub fn with_memory_kind(self, kind: MemoryKind) -> RuntimeConfig {
        RuntimeConfig { memory_kind: kind, ..self }
    }

    /// Which processors native code is for; [`TargetCpu::Native`] by default.
    #[must_use]
    pub fn with_cpu(self, cpu: TargetCpu) -> RuntimeConfig {
        RuntimeConfig { cpu, ..self }
    }

    /// Which profiler learns the names of compiled functions; [`Profiler::None`] by default.
    #[must_use]
    pub fn with_profiler(self, profiler: Profiler) -> RuntimeConfig {
        RuntimeConfig { profiler, ..self }
    }

    /// The greatest number of threads that compile a module; 0, the default, stands for one for each processor. What they
    /// make does not depend on it. Small modules are compiled by the calling thread alone.
    #[must_use]
    pub fn with_compile_threads(self, threads: usize) -> RuntimeConfig {
        RuntimeConfig { compile_threads: threads, ..self }
    }

    pub(crate) fn threads(&self) -> NonZeroUsize {
        let chosen = NonZeroUsize::new(self.compile_threads);
        chosen.or_else(|| std::thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN)
    }

    /// Whether guests can be stopped.
    pub fn interruption(&self) -> bool {
        self.interruption
    }
}
