//! What one process measures, and what it answers: the protocol between the driver and the engines.
//!
//! A job goes to a process as one argument of JSON; the last line that the process prints is its [`Outcome`].

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// How many threads may compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Threads {
    /// One; the process is pinned to one processor as well.
    One,
    /// As many as there are processors.
    All,
}

/// A WASI command and what it is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// The module's file.
    pub wasm: PathBuf,
    /// The arguments, the program's name first.
    pub args: Vec<String>,
    /// Folders that the program sees: its name for each, and the host's.
    pub folders: Vec<(String, PathBuf)>,
    /// Who may compile it.
    pub threads: Threads,
}

/// One measurement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Job {
    /// Compiles a program, then calls its `_start`.
    Run(Program),
    /// Compiles a module.
    Compile {
        /// The module's file.
        wasm: PathBuf,
        /// Who may compile it.
        threads: Threads,
    },
    /// Compiles a module, stores the code, and loads it again.
    Load {
        /// The module's file.
        wasm: PathBuf,
    },
    /// Instantiates a module again and again; what it imports are functions that trap.
    Instantiate {
        /// The module's file.
        wasm: PathBuf,
    },
    /// Calls between host and guests, and between guests.
    Calls {
        /// The guest that calls.
        caller: PathBuf,
        /// The guest that exports a function to the other.
        callee: PathBuf,
    },
}

/// What a job gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// The job was done.
    Measured(Measurement),
    /// The engine cannot do it, by design or for now. Not an error of the run.
    Unsupported {
        /// Why.
        reason: String,
    },
    /// The engine should have done it.
    Failed {
        /// Why.
        reason: String,
    },
}

/// The figures of a job.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// Figures by name: see the constants of [`figure`].
    pub figures: BTreeMap<String, f64>,
    /// SHA-256 of what the program wrote to its standard output, in hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_sha256: Option<String>,
    /// The first bytes of the output, for messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_head: Option<String>,
    /// The program's exit code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
}

impl Measurement {
    /// The figure called `name`, if it was measured.
    pub fn figure(&self, name: &str) -> Option<f64> {
        self.figures.get(name).copied()
    }
}

/// Names of figures.
pub mod figure {
    /// Wall time of compiling, in milliseconds.
    pub const COMPILE_WALL: &str = "compile_wall_ms";
    /// CPU time of compiling, of all threads, in milliseconds.
    pub const COMPILE_CPU: &str = "compile_cpu_ms";
    /// Wall time of `_start`, in milliseconds.
    pub const RUN_WALL: &str = "run_wall_ms";
    /// CPU time of `_start`, in milliseconds.
    pub const RUN_CPU: &str = "run_cpu_ms";
    /// Wall time from reading the module's file to the program's end, in milliseconds.
    pub const TOTAL_WALL: &str = "total_wall_ms";
    /// Wall time from reading the module's file to the first byte on standard output, in milliseconds.
    pub const FIRST_OUTPUT: &str = "first_output_wall_ms";
    /// The most memory that the process had at a time, in KiB.
    pub const PEAK_RSS: &str = "peak_rss_kib";
    /// Bytes of the code that was made.
    pub const CODE_BYTES: &str = "code_bytes";
    /// Bytes of the artefact that was stored.
    pub const ARTEFACT_BYTES: &str = "artefact_bytes";
    /// Wall time of loading compiled code, in milliseconds.
    pub const LOAD_WALL: &str = "load_wall_ms";
    /// CPU time of loading compiled code, in milliseconds.
    pub const LOAD_CPU: &str = "load_cpu_ms";
    /// CPU time of making a store and what an instance imports, in microseconds.
    pub const STORE: &str = "store_cpu_us";
    /// CPU time of making an instance, in microseconds.
    pub const INSTANTIATE: &str = "instantiate_cpu_us";
    /// CPU time of dropping an instance and its store, in microseconds.
    pub const DROP: &str = "drop_cpu_us";

    /// The kinds of calls, with what the report says of them; each is the CPU time of one call in nanoseconds, the loop
    /// around it included.
    pub const CALLS: &[(&str, &str)] = &[
        ("call_typed_0_ns", "host to guest, typed, no argument"),
        ("call_typed_2_ns", "host to guest, typed, 2 arguments"),
        ("call_dynamic_2_ns", "host to guest, dynamic, 2 arguments"),
        ("call_host_0_ns", "guest to host, no argument"),
        ("call_host_2_ns", "guest to host, 2 arguments"),
        ("call_direct_ns", "guest to guest, direct"),
        ("call_indirect_ns", "guest to guest, indirect"),
        ("call_cross_module_ns", "guest to guest of another module"),
        ("call_loop_ns", "the loop alone"),
    ];
}

/// An engine, as the worker lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineInfo {
    /// Its name in tables and on the command line: project and mode, `wasmtime-winch`.
    pub name: String,
    /// The version of its project.
    pub version: String,
    /// The engine of which this is another setting; it is compared with that one alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant_of: Option<String>,
}
