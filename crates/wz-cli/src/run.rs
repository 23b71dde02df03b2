//! `wz run`.

use crate::compile::{Compilation, compile, processors, runtime};
use crate::failure::{Failure, TIMEOUT, USAGE};
use crate::invoke;
use crate::source;
use crate::stdio::{GuestStdin, Stream};
use crate::timings::{Stopwatch, Timings};
use crate::units;
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use wz_api::sys::{SystemMonotonicClock, SystemScheduler, SystemWallClock};
use wz_api::{
    CompiledModule, Error, ErrorKind, Extern, Module, ModuleConfig, Profiler, Runtime, RuntimeConfig,
    TrapCode,
};

/// Options of `wz run`
#[derive(Debug, clap::Args)]
#[command(override_usage = "wz run [OPTIONS] FILE [ARGS]...")]
pub(crate) struct Options {
    #[command(flatten)]
    compilation: Compilation,

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

    /// Tell a profiler the names of compiled functions: perfmap for Linux's perf, in /tmp/perf-PID.map
    #[arg(long, value_name = "PROFILER")]
    profile: Option<Profile>,

    /// Print times and sizes as one line of JSON at the end of standard error
    #[arg(long)]
    timings: bool,

    /// The module, and the arguments of the program
    #[arg(required = true, trailing_var_arg = true, value_names = ["FILE", "ARGS"])]
    command: Vec<OsString>,
}

/// A profiler
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum Profile {
    /// Linux's perf
    Perfmap,
}

/// Runs the command. The result is the exit code.
pub(crate) fn run(options: &Options) -> u8 {
    let file = PathBuf::from(options.command.first().cloned().unwrap_or_default());
    let mut run = Run {
        options,
        file: &file,
        stdout: Stream::stdout(),
        stderr: Stream::stderr(),
        timings: Timings::new(processors()),
    };
    let status = match run.whole() {
        Ok(status) => status,
        Err(failure) => {
            failure.report(&mut run.stderr);
            failure.status
        }
    };
    if options.timings {
        run.timings.report(&mut run.stderr);
    }
    status
}

/// Names and values of environment variables.
type Variables = Vec<(Vec<u8>, Vec<u8>)>;

/// A run in progress.
struct Run<'a> {
    options: &'a Options,
    file: &'a Path,
    stdout: Stream,
    stderr: Stream,
    timings: Timings,
}

impl Run<'_> {
    fn whole(&mut self) -> Result<u8, Failure> {
        let env = self.env()?;
        let source = source::read(self.file)?;
        let config = self.runtime_config();
        let mut rt = runtime(self.file, config, self.options.compilation, &mut self.stderr)?;
        let code = compile(&rt, self.file, &source, &mut self.timings)?;
        drop(source);
        if let Some(timeout) = self.options.timeout {
            // A moment that is too far away to be named never comes.
            rt.set_deadline(Instant::now().checked_add(timeout)).map_err(|e| self.failure(&e))?;
            self.stdout = self.stdout.interruptible(rt.interrupter());
            self.stderr = self.stderr.interruptible(rt.interrupter());
        }
        match self.guest(&mut rt, &code, self.module_config(env)) {
            Ok(()) => Ok(0),
            Err(GuestEnd::Failure(failure)) => Err(failure),
            Err(GuestEnd::Error(error)) => self.end(&error),
        }
    }

    fn failure(&self, error: &Error) -> Failure {
        Failure::of_error(self.file, error)
    }

    fn runtime_config(&self) -> RuntimeConfig {
        let options = self.options;
        let config = options.compilation.config(self.timings.threads);
        let config = config.with_fuel(options.fuel).with_interruption(options.timeout.is_some());
        let config = match options.profile {
            Some(Profile::Perfmap) => config.with_profiler(Profiler::PerfMap),
            None => config,
        };
        match options.max_memory {
            // More than there can be is no limit.
            Some(bytes) => config.with_max_memory_pages((bytes >> 16).min(RuntimeConfig::MOST_MEMORY_PAGES)),
            None => config,
        }
    }

    /// The guest's environment variables.
    fn env(&self) -> Result<Variables, Failure> {
        let mut env = Vec::new();
        if self.options.env_inherit {
            let own = std::env::vars_os();
            env.extend(own.map(|(name, value)| (name.into_encoded_bytes(), value.into_encoded_bytes())));
        }
        for variable in &self.options.env {
            let bytes = variable.as_encoded_bytes();
            let split = bytes.iter().position(|b| *b == b'=').filter(|at| *at > 0);
            let Some(at) = split else {
                let message = format!("--env {}: expected NAME=VALUE", variable.display());
                return Err(Failure::new(self.file, message).with_status(USAGE));
            };
            env.push((bytes[..at].to_vec(), bytes[at + 1..].to_vec()));
        }
        Ok(env)
    }

    fn module_config(&self, env: Variables) -> ModuleConfig {
        // The base name as other programs get it; a path such as `..` has none.
        let name = self.file.file_name().unwrap_or(self.file.as_os_str());
        let args = std::iter::once(name.to_owned()).chain(self.options.command.iter().skip(1).cloned());
        let config = ModuleConfig::new()
            .with_name("")
            .with_start_functions(None::<String>)
            .with_args(args.map(OsString::into_encoded_bytes))
            .with_stdin(GuestStdin::new())
            .with_stdout(self.stdout.clone())
            .with_stderr(self.stderr.clone())
            .with_wall_clock(SystemWallClock)
            .with_monotonic_clock(SystemMonotonicClock::new())
            .with_scheduler(SystemScheduler)
            .with_random(|bytes: &mut [u8]| Ok(getrandom::fill(bytes)?));
        env.into_iter().fold(config, |config, (name, value)| config.with_env(name, value))
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
        let start = module.func::<(), ()>(rt, start).map_err(|error| {
            let hint = "programs begin at _start; --invoke NAME calls another function";
            GuestEnd::Failure(Failure::new(self.file, format_args!("{error}\n  {hint}")))
        })?;
        Ok(start.call(rt, ())?)
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
        let results = func.call_dyn(rt, &args)?;
        let lines: String = results.iter().map(|value| invoke::result(value) + "\n").collect();
        let written = self.stdout.clone().write_all(lines.as_bytes());
        written.map_err(|error| GuestEnd::of_output(self.file, error))
    }

    /// The exit code of a guest that ended with an error.
    fn end(&self, error: &Error) -> Result<u8, Failure> {
        match (error.kind(), self.options.timeout) {
            (ErrorKind::Exit(code), _) => u8::try_from(code).map_err(|_| {
                Failure::new(self.file, format_args!("exit code {code} does not fit in 8 bits"))
            }),
            // Nothing else interrupts.
            (ErrorKind::Trap(trap), Some(timeout)) if trap.code == TrapCode::Interrupted => {
                let message = format!("did not end within {timeout:?}");
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

impl GuestEnd {
    /// An error of standard output, for wz's own lines.
    fn of_output(file: &Path, error: std::io::Error) -> GuestEnd {
        match error.downcast::<Error>() {
            Ok(own) => GuestEnd::Error(own),
            Err(other) => GuestEnd::Failure(Failure::of_output(file, other)),
        }
    }
}

impl From<Error> for GuestEnd {
    fn from(error: Error) -> GuestEnd {
        GuestEnd::Error(error)
    }
}
