//! The run half of the native engines of wz: it loads native code and runs it.
//!
//! * `engine` implements the engine traits around a compiler of native code, or none.
//! * `code` is a module's code in memory, `code_memory` the pages that it lies in; `registry` finds it by address.
//! * `machine` is a call in progress: it enters the guest on a stack of its own (`stack`) and takes its results.
//! * `arch` holds the stubs between host and guest, `signature` says which value is in which register.
//! * `host` and `helpers` are what guests call: host functions, and functions of the runtime.
//! * `signals` and `traps` turn faults of guests into traps; `walk` walks the frames of a call.
//!
//! `docs/abi.md` describes the calling convention.

#[cfg_attr(all(target_os = "linux", target_arch = "x86_64"), path = "run/mod.rs")]
#[cfg_attr(not(all(target_os = "linux", target_arch = "x86_64")), path = "unsupported.rs")]
mod imp;

use std::fmt;

pub use imp::{NativeEngine, available};

/// Why native code cannot run in this process.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Reason {
    /// There is no native engine for this operating system and architecture.
    Host,
    /// Handlers of the signals that stand for traps, or a stack for them, are refused.
    Signals(String),
    /// Memory to execute is refused.
    ExecutableMemory(String),
    /// Returns are checked against a shadow stack, which switching stacks breaks.
    ShadowStack,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Host => f.write_str("no native code for this operating system and architecture"),
            Reason::Signals(why) => write!(f, "signal handlers are refused: {why}"),
            Reason::ExecutableMemory(why) => write!(f, "memory to execute is refused: {why}"),
            Reason::ShadowStack => f.write_str("the process runs with a shadow stack"),
        }
    }
}

impl std::error::Error for Reason {}
