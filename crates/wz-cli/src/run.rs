//! `wz run`.

use crate::failure::{Failure, TIMEOUT, USAGE};
use crate::invoke;
use crate::source;
use crate::stdio::{GuestScheduler, GuestStderr, GuestStdin, SharedStdout};
use crate::timings::{Stopwatch, Timings};
use crate::units;
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use wz_api::sys::{SystemMonotonicClock, SystemWallClock};
use wz_api::{
    CompiledModule, EngineKind, Error, ErrorKind, Extern, Features, Interrupter, Module, ModuleConfig,
    Runtime, RuntimeConfig, TrapCode,
};

/// Options of `wz run`
#[derive(Debug, clap::Args)]
#[command(override_usage = "wz run [OPTIONS] FILE [ARGS]...")]
pub(crate) struct Options {
    /// The engine: auto, interp, or interp-loop
    #[arg(long, value_name = "ENGINE", default_value_t = EngineKind::Auto)]
    engine: EngineKind,

    /// Set an environment variable; can be given several times
    #[arg(long, value_name = "NAME=VALUE")]
    env: Vec<OsString>,

    /// Give the guest all of wz's own environment variables
    #[arg(long)]
    env_inherit: bool,

    /// Call this exported function with ARGS, instead of running the program, and print its results
    #[arg(long, value_name = "NAME")]
    invoke: Option<String>,

    /// Stop the guest after this time, such as 2s or 500ms, and exit with code 124
    #[arg(long, value_name = "TIME", value_parser = units::duration)]
    timeout: Option<Duration>,

    /// Stop the guest after this many WebAssembly operators
    #[arg(long, value_name = "N")]
    fuel: Option<u64>,

    /// The most memory that a linear memory may have, such as 64MiB
    #[arg(long, value_name = "SIZE", value_parser = units::bytes)]
    max_memory: Option<u64>,

    /// The WebAssembly features that modules may use, such as v2,+tail-call,-simd; default: all of this build
    #[arg(long, value_name = "LIST", value_parser = units::features, allow_hyphen_values = true)]
    features: Option<Features>,

    /// Print times and sizes as one line of JSON at the end of standard error
    #[arg(long)]
    timings: bool,

    /// The module, and the arguments of the program
    #[arg(required = true, trailing_var_arg = true, value_names = ["FILE", "ARGS"])]
    command: Vec<OsString>,
}

/// Runs the command. The result is the exit code.
pub(crate) fn run(options: Options) -> u8 {
    let file = PathBuf::from(options.command.first().cloned().unwrap_or_default());
    let stdout = SharedStdout::new();
    let mut timings = Timings::default();
    let outcome =
        Run { options: &options, file: &file, stdout: stdout.clone(), timings: &mut timings }.whole();
    // What the guest wrote comes before what is said about it.
    let flushed = stdout.flush();
    let status = match outcome {
        Err(failure) => {
            failure.report();
            failure.status
        }
        Ok(status) => match flushed {
            Ok(()) => status,
            Err(error) => {
                let failure = Failure::of_output(&file, error);
                failure.report();
                failure.status
            }
        },
    };
    if options.timings && timings.compile.is_some() {
        timings.report();
    }
    status
}

/// A run in progress.
struct Run<'a> {
    options: &'a Options,
    file: &'a Path,
    stdout: SharedStdout,
    timings: &'a mut Timings,
}

impl Run<'_> {
    fn whole(&mut self) -> Result<u8, Failure> {
        let source = source::read(self.file)?;
        let config = self.module_config()?;
        let mut rt = Runtime::new(self.runtime_config()).map_err(|e| self.failure(&e))?;
        self.timings.engine = rt.engine_name();

        let watch = Stopwatch::start();
        let compiled = rt.compile(&source);
        let span = watch.stop();
        self.timings.compile = Some(span);
        let code = compiled.map_err(|e| self.failure(&e))?;
        self.timings.compiled(&code, span);
        drop(source);

        let deadline = self.options.timeout.map(|timeout| Deadline::start(timeout, rt.interrupter()));
        match self.guest(&mut rt, &code, config) {
            Ok(()) => Ok(0),
            Err(GuestEnd::Failure(failure)) => Err(failure),
            Err(GuestEnd::Error(error)) => self.end(&error, deadline.as_ref()),
        }
    }

    fn failure(&self, error: &Error) -> Failure {
        Failure::of_error(self.file, error)
    }

    fn runtime_config(&self) -> RuntimeConfig {
        let options = self.options;
        let mut config = RuntimeConfig::new()
            .with_engine(options.engine)
            .with_fuel(options.fuel)
            .with_interruption(options.timeout.is_some());
        if let Some(features) = options.features {
            config = config.with_features(features);
        }
        if let Some(bytes) = options.max_memory {
            config = config.with_max_memory_pages(bytes >> 16);
        }
        config
    }

    fn module_config(&self) -> Result<ModuleConfig, Failure> {
        // The base name as other programs get it; a path such as `..` has none.
        let name = self.file.file_name().unwrap_or(self.file.as_os_str());
        let args = std::iter::once(name.to_owned()).chain(self.options.command.iter().skip(1).cloned());
        let mut config = ModuleConfig::new()
            .with_name("")
            .with_start_functions(None::<String>)
            .with_args(args.map(OsString::into_encoded_bytes))
            .with_stdin(GuestStdin::new(self.stdout.clone()))
            .with_stdout(self.stdout.clone())
            .with_stderr(GuestStderr::new(self.stdout.clone()))
            .with_wall_clock(SystemWallClock)
            .with_monotonic_clock(SystemMonotonicClock::new())
            .with_scheduler(GuestScheduler::new(self.stdout.clone()))
            .with_random(|bytes: &mut [u8]| Ok(getrandom::fill(bytes)?));
        if self.options.env_inherit {
            for (name, value) in std::env::vars_os() {
                config = config.with_env(name.into_encoded_bytes(), value.into_encoded_bytes());
            }
        }
        for variable in &self.options.env {
            let bytes = variable.as_encoded_bytes();
            let split = bytes.iter().position(|b| *b == b'=').filter(|at| *at > 0);
            let Some(at) = split else {
                let shown = variable.display();
                let message = format!("--env {shown}: expected NAME=VALUE");
                return Err(Failure::new(self.file, message).with_status(USAGE));
            };
            config = config.with_env(&bytes[..at], &bytes[at + 1..]);
        }
        Ok(config)
    }

    /// Instantiates the module and runs the program, or the function that is to be invoked.
    fn guest(
        &mut self,
        rt: &mut Runtime,
        code: &CompiledModule,
        config: ModuleConfig,
    ) -> Result<(), GuestEnd> {
        let imports = |name| code.imports().any(|import| import.module == name);
        if imports(wz_wasi::MODULE_NAME) {
            wz_wasi::instantiate(rt)?;
        }
        if imports(wz_wasi::UNSTABLE_MODULE_NAME) {
            rt.instantiate_host(&wz_wasi::unstable_module())?;
        }
        let watch = Stopwatch::start();
        let instantiated = rt.instantiate(code, config);
        self.timings.instantiate = Some(watch.stop());
        let module = instantiated?;
        if module.is_closed(rt) {
            // The start function ended the guest.
            return Ok(());
        }
        let watch = Stopwatch::start();
        let outcome = match &self.options.invoke {
            None => self.program(rt, module, code),
            Some(name) => self.invoke(rt, module, name),
        };
        self.timings.run = Some(watch.stop());
        outcome
    }

    fn program(&self, rt: &mut Runtime, module: Module, code: &CompiledModule) -> Result<(), GuestEnd> {
        let start = match (module.export(rt, "_start"), module.export(rt, "_initialize")) {
            (Some(Extern::Func(_)), _) => "_start",
            (_, Some(Extern::Func(_))) => "_initialize",
            // A module whose start function has run has done its work.
            _ if code.has_start_function() => return Ok(()),
            _ => "_start",
        };
        Ok(module.func::<(), ()>(rt, start)?.call(rt, ())?)
    }

    fn invoke(&self, rt: &mut Runtime, module: Module, name: &str) -> Result<(), GuestEnd> {
        let usage = |message: String| {
            GuestEnd::Failure(
                Failure::new(self.file, format_args!("--invoke {name}: {message}")).with_status(USAGE),
            )
        };
        let func = module.func_dyn(rt, name)?;
        let ty = func.ty(rt)?;
        let texts: Result<Vec<String>, OsString> =
            self.options.command.iter().skip(1).cloned().map(OsString::into_string).collect();
        let texts = texts.map_err(|text| usage(format!("{} is not text", text.display())))?;
        let args = invoke::arguments(&ty, &texts).map_err(usage)?;
        if let Some(Extern::Func(initialize)) = module.export(rt, "_initialize") {
            initialize.typed::<(), ()>(rt)?.call(rt, ())?;
        }
        for value in func.call_dyn(rt, &args)? {
            let line = invoke::result(&value);
            let written = writeln!(self.stdout.clone(), "{line}");
            written.map_err(|error| GuestEnd::Failure(Failure::of_output(self.file, error)))?;
        }
        Ok(())
    }

    /// The exit code of a guest that ended with an error.
    fn end(&self, error: &Error, deadline: Option<&Deadline>) -> Result<u8, Failure> {
        match (error.kind(), deadline) {
            (ErrorKind::Exit(code), _) => u8::try_from(code).map_err(|_| {
                Failure::new(self.file, format_args!("exit code {code} does not fit in 8 bits"))
            }),
            (ErrorKind::Trap(trap), Some(deadline))
                if trap.code == TrapCode::Interrupted && deadline.is_over() =>
            {
                let message = format!("did not end within {:?}", deadline.timeout);
                Err(Failure::new(self.file, message).with_status(TIMEOUT))
            }
            _ => Err(self.failure(error)),
        }
    }
}

/// Why a guest ended without success.
enum GuestEnd {
    Error(Error),
    Failure(Failure),
}

impl From<Error> for GuestEnd {
    fn from(error: Error) -> GuestEnd {
        GuestEnd::Error(error)
    }
}

/// A moment at which the guest is interrupted.
struct Deadline {
    timeout: Duration,
    over: Arc<AtomicBool>,
}

impl Deadline {
    /// The thread that waits is left behind when the guest ends earlier: the process ends, too.
    fn start(timeout: Duration, interrupter: Interrupter) -> Deadline {
        let over = Arc::new(AtomicBool::new(false));
        let theirs = over.clone();
        std::thread::spawn(move || {
            std::thread::sleep(timeout);
            theirs.store(true, Ordering::Release);
            interrupter.interrupt();
        });
        Deadline { timeout, over }
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }
}
