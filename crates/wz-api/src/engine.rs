//! The engines of this build.

use crate::config::{EngineKind, RuntimeConfig};
use crate::{Error, Profiler, TargetCpu};
use std::sync::{Arc, Once};
use wz_core::engine::Engine;

/// The engine that a configuration asks for.
pub(crate) fn engine(config: &RuntimeConfig) -> Result<Arc<dyn Engine>, Error> {
    match config.engine {
        EngineKind::Auto => auto(config),
        EngineKind::Jit => jit(config.cpu, config.profiler)
            .map_err(|refusal| Error::usage(format!("engine jit: {}", refusal.why))),
        EngineKind::Interp | EngineKind::InterpLoop => interp(config.engine),
    }
}

/// Native code where this process may have it, else the interpreter.
fn auto(config: &RuntimeConfig) -> Result<Arc<dyn Engine>, Error> {
    static WARNING: Once = Once::new();
    match jit(config.cpu, config.profiler) {
        Ok(engine) => Ok(engine),
        Err(refusal) => {
            let engine = interp(EngineKind::Interp)?;
            if refusal.unexpected {
                WARNING
                    .call_once(|| tracing::warn!("no native code: {}; using the interpreter", refusal.why));
            }
            Ok(engine)
        }
    }
}

/// The engine that takes the modules that `first`, the engine of a runtime with this configuration, refuses to compile;
/// `None` if there is none.
pub(crate) fn second(config: &RuntimeConfig, first: &'static str) -> Option<Arc<dyn Engine>> {
    let second = interp(EngineKind::Interp).ok()?;
    (config.engine == EngineKind::Auto && first != second.name()).then_some(second)
}

/// Why the interpreter runs what native code would, where this build and this host have native code; `None` if all is
/// well.
pub(crate) fn refusal() -> Option<String> {
    jit(TargetCpu::Baseline, Profiler::None)
        .err()
        .filter(|refusal| refusal.unexpected)
        .map(|refusal| refusal.why)
}

/// Why there is no native code.
struct Refusal {
    /// Whether build and host have it, and only this process cannot run it.
    unexpected: bool,
    why: String,
}

#[cfg(feature = "interp")]
fn interp(kind: EngineKind) -> Result<Arc<dyn Engine>, Error> {
    use wz_interp::{Dispatch, InterpEngine};
    let dispatch = if kind == EngineKind::InterpLoop { Dispatch::Loop } else { Dispatch::Threaded };
    Ok(Arc::new(InterpEngine::new(dispatch)))
}

#[cfg(not(feature = "interp"))]
fn interp(kind: EngineKind) -> Result<Arc<dyn Engine>, Error> {
    Err(Error::usage(format!("this build has no engine {kind}")))
}

#[cfg(all(feature = "jit", target_os = "linux", target_arch = "x86_64"))]
fn jit(cpu: TargetCpu, profiler: Profiler) -> Result<Arc<dyn Engine>, Refusal> {
    use wz_jit_amd64::{Amd64, CpuFeatures};
    let features = match cpu {
        TargetCpu::Native => CpuFeatures::detect(),
        TargetCpu::Baseline => CpuFeatures::baseline(),
    };
    let engine = wz_native::NativeEngine::new(Some(Arc::new(Amd64::new(features))));
    let engine = engine.map_err(|reason| Refusal { unexpected: true, why: reason.to_string() })?;
    Ok(Arc::new(engine.with_perf_map(profiler == Profiler::PerfMap)))
}

#[cfg(not(all(feature = "jit", target_os = "linux", target_arch = "x86_64")))]
fn jit(_: TargetCpu, _: Profiler) -> Result<Arc<dyn Engine>, Refusal> {
    let why = if cfg!(feature = "jit") {
        "there is no native code for this operating system and architecture"
    } else {
        "this build has no compiler to native code"
    };
    Err(Refusal { unexpected: false, why: why.to_owned() })
}
