//! WASI preview 1 for wz: what guests import from `wasi_snapshot_preview1` and, those that are older, from
//! `wasi_unstable`.
//!
//! All functions can be imported. What a guest sees (arguments, environment, clocks, random bytes, standard streams) is
//! what its [`ModuleConfig`](wz_api::ModuleConfig) says. No folders and no sockets are given to guests yet: descriptors
//! above 2 are not open, and guests meet [`Errno::BadF`].
//!
//! ```
//! use wz_api::sys::OutputBuffer;
//! use wz_api::{ModuleConfig, Runtime};
//!
//! let mut rt = Runtime::new(Default::default())?;
//! wz_wasi::instantiate(&mut rt)?;
//! let code = rt.compile(r#"
//!     (module
//!         (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
//!         (memory (export "memory") 1)
//!         (data (i32.const 0) "\08\00\00\00\06\00\00\00hello\n")
//!         (func (export "_start")
//!             (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))))"#)?;
//! let out = OutputBuffer::new();
//! rt.instantiate(&code, ModuleConfig::new().with_stdout(out.clone()))?;
//! assert_eq!(out.take(), b"hello\n");
//! # Ok::<(), wz_api::Error>(())
//! ```
#![forbid(unsafe_code)]

mod args;
mod clock;
mod descriptors;
mod errno;
mod fd;
mod guest;
mod path;
mod poll;
mod proc;
mod random;
mod sock;
mod types;
mod wait;

pub use errno::Errno;

use types::Version;
use wz_api::{Context, Error, HostModule, Module};

/// The name that guests import WASI preview 1 from.
pub const MODULE_NAME: &str = "wasi_snapshot_preview1";

/// The name that guests import the version before preview 1 from.
pub const UNSTABLE_MODULE_NAME: &str = "wasi_unstable";

/// The host module `wasi_snapshot_preview1`.
pub fn module<T: 'static>() -> HostModule<T> {
    functions(MODULE_NAME, Version::Preview1)
}

/// The host module `wasi_unstable`: the same functions with the layouts of that version.
pub fn unstable_module<T: 'static>() -> HostModule<T> {
    functions(UNSTABLE_MODULE_NAME, Version::Unstable)
}

/// Instantiates `wasi_snapshot_preview1`.
///
/// # Errors
///
/// As [`Context::instantiate_host`].
pub fn instantiate<T: 'static>(cx: &mut Context<T>) -> Result<Module, Error> {
    cx.instantiate_host(&module())
}

fn functions<T: 'static>(name: &str, version: Version) -> HostModule<T> {
    let module = args::add(HostModule::new(name));
    let module = clock::add(module);
    let module = fd::add(module, version);
    let module = path::add(module);
    let module = poll::add(module, version);
    let module = proc::add(module);
    let module = random::add(module);
    sock::add(module)
}
