//! `wz compile`, and compiling as the other commands do it.

use crate::failure::{Failure, USAGE, warn};
use crate::source;
use crate::stdio::Stream;
use crate::timings::{Stopwatch, Timings};
use crate::units;
use std::fs;
use std::io::ErrorKind;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use wz_api::{CompiledModule, EngineKind, Features, Runtime, RuntimeConfig};

/// How modules are compiled
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Compilation {
    /// The engine: auto, jit, interp, or interp-loop
    #[arg(long, value_name = "ENGINE", default_value_t = EngineKind::Auto)]
    engine: EngineKind,

    /// The WebAssembly features that modules may use, such as v2,+tail-call,-simd; default: all of this build
    #[arg(long, value_name = "LIST", value_parser = units::features, allow_hyphen_values = true)]
    features: Option<Features>,
}

impl Compilation {
    pub(crate) fn config(self, threads: NonZeroUsize) -> RuntimeConfig {
        let config = RuntimeConfig::new().with_engine(self.engine).with_compile_threads(threads.get());
        match self.features {
            Some(features) => config.with_features(features),
            None => config,
        }
    }
}

/// Options of `wz compile`
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    compilation: Compilation,

    /// Compile on this many threads; default: one for each processor
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,

    /// Print times and sizes as one line of JSON at the end of standard error
    #[arg(long)]
    timings: bool,

    /// Write the compiled module to this file, new or regular; this build has no format for it yet
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,

    /// The module, binary or text
    file: PathBuf,
}

/// Runs the command. The result is the exit code.
pub(crate) fn run(options: &Options) -> u8 {
    let mut stderr = Stream::stderr();
    let mut timings = Timings::new(options.threads.unwrap_or_else(processors));
    let status = match whole(options, &mut timings, &mut stderr) {
        Ok(()) => 0,
        Err(failure) => {
            failure.report(&mut stderr);
            failure.status
        }
    };
    if options.timings {
        timings.report(&mut stderr);
    }
    status
}

fn whole(options: &Options, timings: &mut Timings, stderr: &mut Stream) -> Result<(), Failure> {
    if let Some(output) = &options.output {
        check_output(output)?;
        let message = "cannot be written: this build of wz has no file format for compiled modules";
        return Err(Failure::new(output, message).with_status(USAGE));
    }
    let file = &options.file;
    let source = source::read(file)?;
    let config = options.compilation.config(timings.threads);
    let rt = runtime(file, config, options.compilation, stderr)?;
    compile(&rt, file, &source, timings)?;
    Ok(())
}

/// Only a regular file is ever replaced: neither a device, a folder, nor what a symbolic link may point to.
fn check_output(output: &Path) -> Result<(), Failure> {
    let reason = match fs::symlink_metadata(output) {
        Ok(metadata) if metadata.is_file() => return Ok(()),
        Ok(metadata) if metadata.is_dir() => "is a folder".to_owned(),
        Ok(metadata) if metadata.is_symlink() => "is a symbolic link".to_owned(),
        Ok(_) => "is not a regular file".to_owned(),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => error.to_string(),
    };
    Err(Failure::new(output, format_args!("cannot be written: {reason}")).with_status(USAGE))
}

/// How many threads compile where nothing else is asked for.
pub(crate) fn processors() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// A runtime. What it cannot be, such as one with an engine that this build does not have, was asked for.
pub(crate) fn runtime(
    file: &Path,
    config: RuntimeConfig,
    compilation: Compilation,
    stderr: &mut Stream,
) -> Result<Runtime, Failure> {
    let rt = Runtime::new(config).map_err(|error| Failure::of_error(file, &error).with_status(USAGE))?;
    if compilation.engine == EngineKind::Auto
        && let Some(why) = EngineKind::fallback()
    {
        warn(stderr, &format!("no native code: {why}; using the interpreter"));
    }
    Ok(rt)
}

/// Compiles a module and takes the time.
pub(crate) fn compile(
    rt: &Runtime,
    file: &Path,
    source: &[u8],
    timings: &mut Timings,
) -> Result<CompiledModule, Failure> {
    timings.engine = rt.engine_name();
    let watch = Stopwatch::start();
    let compiled = rt.compile(source);
    timings.compile = Some(watch.stop());
    let code = compiled.map_err(|error| Failure::of_error(file, &error))?;
    timings.engine = code.engine_name();
    timings.compiled(&code);
    Ok(code)
}
