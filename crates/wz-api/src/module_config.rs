//! How an instance is made.

use crate::Error;
use crate::sys::{
    Clock, FakeClock, FakeRandom, FakeScheduler, Input, Output, Random, Scheduler, SharedInput, SharedOutput,
    System, Variable,
};
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex};

/// The settings of one instantiation. Immutable: each `with_*` method returns a changed copy.
///
/// Values that a guest cannot be given, such as an environment variable without a name, are reported by
/// [`Context::instantiate`](crate::Context::instantiate).
///
/// ```
/// use wz_api::ModuleConfig;
/// use wz_api::sys::OutputBuffer;
///
/// let out = OutputBuffer::new();
/// let config = ModuleConfig::new()
///     .with_args(["greet", "world"])
///     .with_env("LANG", "en")
///     .with_stdout(out.clone());
/// # let _ = config;
/// ```
#[derive(Clone)]
pub struct ModuleConfig {
    pub(crate) name: Option<String>,
    pub(crate) start_functions: Vec<String>,
    pub(crate) memory_capacity_from_max: bool,
    args: Vec<Vec<u8>>,
    env: Vec<Variable>,
    stdin: Option<SharedInput>,
    stdout: Option<SharedOutput>,
    stderr: Option<SharedOutput>,
    wall_clock: Option<Arc<dyn Clock>>,
    monotonic_clock: Option<Arc<dyn Clock>>,
    scheduler: Option<Arc<dyn Scheduler>>,
    random: Option<Arc<dyn Random>>,
}

impl Default for ModuleConfig {
    fn default() -> ModuleConfig {
        ModuleConfig {
            name: None,
            start_functions: vec!["_start".to_owned()],
            memory_capacity_from_max: false,
            args: Vec::new(),
            env: Vec::new(),
            stdin: None,
            stdout: None,
            stderr: None,
            wall_clock: None,
            monotonic_clock: None,
            scheduler: None,
            random: None,
        }
    }
}

impl fmt::Debug for ModuleConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModuleConfig")
            .field("name", &self.name)
            .field("start_functions", &self.start_functions)
            .finish_non_exhaustive()
    }
}

impl ModuleConfig {
    /// The default settings: the name from the module's name section, the start function `_start`, no arguments, no
    /// environment, and the deterministic system that [`sys`](crate::sys) describes.
    pub fn new() -> ModuleConfig {
        ModuleConfig::default()
    }

    /// The name under which other modules import from the instance. The empty name makes the instance anonymous: any
    /// number of those can exist. Without this the name section's name is used.
    #[must_use]
    pub fn with_name(self, name: impl Into<String>) -> ModuleConfig {
        ModuleConfig { name: Some(name.into()), ..self }
    }

    /// The exported functions to call at the end of the instantiation, in order; by default `_start`. Those that the
    /// module does not export are skipped.
    #[must_use]
    pub fn with_start_functions<N: Into<String>>(self, names: impl IntoIterator<Item = N>) -> ModuleConfig {
        ModuleConfig { start_functions: names.into_iter().map(N::into).collect(), ..self }
    }

    /// Whether memories that have a maximum take address space for all of it at once, so that growing them never moves
    /// them and is cheap; off by default. Guarded memories never move in any case.
    #[must_use]
    pub fn with_memory_capacity_from_max(self, whole: bool) -> ModuleConfig {
        ModuleConfig { memory_capacity_from_max: whole, ..self }
    }

    /// The arguments, the program's name first; none by default. No argument may contain a NUL byte.
    #[must_use]
    pub fn with_args<A: Into<Vec<u8>>>(self, args: impl IntoIterator<Item = A>) -> ModuleConfig {
        ModuleConfig { args: args.into_iter().map(A::into).collect(), ..self }
    }

    /// Sets an environment variable, in place of the one with the same name. The name may not be empty nor contain
    /// `=`, and neither name nor value may contain a NUL byte.
    #[must_use]
    pub fn with_env(mut self, name: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) -> ModuleConfig {
        let variable = Variable { name: name.into().into(), value: value.into().into() };
        match self.env.iter_mut().find(|old| old.name == variable.name) {
            Some(old) => *old = variable,
            None => self.env.push(variable),
        }
        self
    }

    /// Standard input; by default it is at its end. Instances made with copies of this configuration share it.
    #[must_use]
    pub fn with_stdin(self, input: impl Input + 'static) -> ModuleConfig {
        ModuleConfig { stdin: Some(Arc::new(Mutex::new(input))), ..self }
    }

    /// Standard output; by default it is discarded. Instances made with copies of this configuration share it.
    #[must_use]
    pub fn with_stdout(self, output: impl Output + 'static) -> ModuleConfig {
        ModuleConfig { stdout: Some(Arc::new(Mutex::new(output))), ..self }
    }

    /// Standard error; by default it is discarded. Instances made with copies of this configuration share it.
    #[must_use]
    pub fn with_stderr(self, output: impl Output + 'static) -> ModuleConfig {
        ModuleConfig { stderr: Some(Arc::new(Mutex::new(output))), ..self }
    }

    /// The clock that tells the time of day; by default a fake one that starts on 2022-01-01.
    #[must_use]
    pub fn with_wall_clock(self, clock: impl Clock + 'static) -> ModuleConfig {
        ModuleConfig { wall_clock: Some(Arc::new(clock)), ..self }
    }

    /// The clock that never goes back; by default a fake one that starts at zero.
    #[must_use]
    pub fn with_monotonic_clock(self, clock: impl Clock + 'static) -> ModuleConfig {
        ModuleConfig { monotonic_clock: Some(Arc::new(clock)), ..self }
    }

    /// How the guest sleeps and gives up its turn; by default both return at once.
    #[must_use]
    pub fn with_scheduler(self, scheduler: impl Scheduler + 'static) -> ModuleConfig {
        ModuleConfig { scheduler: Some(Arc::new(scheduler)), ..self }
    }

    /// Where random bytes come from; by default a fixed sequence.
    #[must_use]
    pub fn with_random(self, random: impl Random + 'static) -> ModuleConfig {
        ModuleConfig { random: Some(Arc::new(random)), ..self }
    }

    /// What a new instance sees of the system.
    pub(crate) fn system(&self) -> Result<System, Error> {
        for (i, arg) in self.args.iter().enumerate() {
            if arg.contains(&0) {
                return Err(Error::usage(format!("argument {i} contains a NUL byte")));
            }
        }
        for Variable { name, value } in &self.env {
            let shown = name.escape_ascii();
            if name.is_empty() {
                return Err(Error::usage("an environment variable's name is empty"));
            }
            if name.contains(&b'=') {
                return Err(Error::usage(format!(
                    "the environment variable's name \"{shown}\" contains '='"
                )));
            }
            if name.contains(&0) || value.contains(&0) {
                return Err(Error::usage(format!(
                    "the environment variable \"{shown}\" contains a NUL byte"
                )));
            }
        }
        // WASI counts both in 32 bits, terminators included.
        let args: usize = self.args.iter().map(|a| a.len() + 1).sum();
        let env: usize = self.env.iter().map(|v| v.name.len() + v.value.len() + 2).sum();
        if u32::try_from(args).is_err() || u32::try_from(env).is_err() {
            return Err(Error::limit("arguments and environment variables must each fit in 4 GiB"));
        }
        Ok(System {
            args: self.args.iter().map(|a| a.clone().into()).collect(),
            env: self.env.iter().cloned().collect(),
            stdin: self.stdin.clone().unwrap_or_else(|| Arc::new(Mutex::new(io::empty()))),
            stdout: self.stdout.clone().unwrap_or_else(|| Arc::new(Mutex::new(io::sink()))),
            stderr: self.stderr.clone().unwrap_or_else(|| Arc::new(Mutex::new(io::sink()))),
            wall_clock: self
                .wall_clock
                .clone()
                .unwrap_or_else(|| Arc::new(FakeClock::new(FakeClock::WALL_ORIGIN))),
            monotonic_clock: self.monotonic_clock.clone().unwrap_or_else(|| Arc::new(FakeClock::new(0))),
            scheduler: self.scheduler.clone().unwrap_or_else(|| Arc::new(FakeScheduler)),
            random: self.random.clone().unwrap_or_else(|| Arc::new(FakeRandom::default())),
            extensions: BTreeMap::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn values_that_a_guest_cannot_be_given_are_usage_errors() {
        for (config, message) in [
            (ModuleConfig::new().with_args(["a", "b\0"]), "argument 1 contains a NUL byte"),
            (ModuleConfig::new().with_env("", "x"), "an environment variable's name is empty"),
            (
                ModuleConfig::new().with_env("a=b", "x"),
                "the environment variable's name \"a=b\" contains '='",
            ),
            (
                ModuleConfig::new().with_env("a\0", "x"),
                "the environment variable \"a\\x00\" contains a NUL byte",
            ),
            (ModuleConfig::new().with_env("a", "\0"), "the environment variable \"a\" contains a NUL byte"),
        ] {
            match config.system() {
                Err(e) => {
                    assert!(matches!(e.kind(), ErrorKind::Usage(_)));
                    assert_eq!(e.to_string(), message);
                }
                Ok(_) => panic!("accepted: {message}"),
            }
        }
    }

    #[test]
    fn the_same_variable_twice_keeps_its_place_and_takes_the_later_value() {
        let config = ModuleConfig::new().with_env("a", "1").with_env("b", "2").with_env("a", "3");
        let system = config.system().unwrap();
        let env: Vec<_> = system.env().iter().map(|v| (&v.name[..], &v.value[..])).collect();
        assert_eq!(env, [(&b"a"[..], &b"3"[..]), (b"b", b"2")]);
    }

    #[test]
    fn the_default_system_is_deterministic() {
        let read = || {
            let system = ModuleConfig::new().system().unwrap();
            let mut random = [0; 11];
            system.random().fill(&mut random).unwrap();
            let wall = [system.wall_clock().now(), system.wall_clock().now()];
            let monotonic = [system.monotonic_clock().now(), system.monotonic_clock().now()];
            (random, wall, monotonic)
        };
        assert_eq!(read(), read());
        let (random, wall, monotonic) = read();
        assert_ne!(random, [0; 11]);
        assert_eq!(wall, [1_640_995_200_000_000_000, 1_640_995_200_001_000_000]);
        assert_eq!(monotonic, [0, 1_000_000]);
    }
}
