//! The public API of wz, a WebAssembly runtime.
//!
//! A [`Runtime`] owns instances and their names. [`Context::compile`] makes a [`CompiledModule`] of a binary or a text,
//! [`Context::instantiate`] a [`Module`] of that, and a module's exports are called by [`TypedFunc::call`] and
//! [`Func::call_dyn`]. Host functions come in [`HostModule`]s and get a [`Caller`].
//!
//! ```
//! use wz_api::{Caller, HostModule, ModuleConfig, Runtime};
//!
//! let mut rt = Runtime::new(Default::default())?;
//! rt.instantiate_host(&HostModule::new("env").func("twice", |n: i32| n.wrapping_mul(2)))?;
//! let code = rt.compile(r#"
//!     (module
//!         (import "env" "twice" (func $twice (param i32) (result i32)))
//!         (func (export "run") (param i32) (result i32)
//!             (i32.add (call $twice (local.get 0)) (i32.const 1))))"#)?;
//! let module = rt.instantiate(&code, ModuleConfig::new())?;
//! let run = module.func::<i32, i32>(&rt, "run")?;
//! assert_eq!(run.call(&mut rt, 20)?, 41);
//! # Ok::<(), wz_api::Error>(())
//! ```
//!
//! Operations take `&mut Context<T>`, which both [`Runtime`] and [`Caller`] dereference to; `T` is the embedder's own data.
//! Everything that can go wrong is one [`Error`], which [`Error::kind`] takes apart.
#![forbid(unsafe_code)]

mod caller;
mod compile;
mod compiled;
mod config;
mod context;
mod deadline;
#[cfg_attr(not(feature = "debug-info"), path = "debug_disabled.rs")]
mod debug;
mod engine;
mod func;
mod global;
mod host;
mod host_func;
mod interrupt;
mod memory;
mod module;
mod module_config;
mod refs;
mod runtime;
mod suspend;
pub mod sys;
mod table;
mod typed;
mod value;

pub use caller::{Caller, Split};
pub use compiled::{CompiledModule, CustomSection, Export, Import};
pub use config::{EngineKind, Profiler, RuntimeConfig, TargetCpu, UnknownEngine};
pub use context::Context;
pub use func::{Func, TypedFunc};
pub use global::Global;
pub use host::HostModule;
pub use host_func::{HostResults, IntoHostFunc};
pub use interrupt::Interrupter;
pub use memory::Memory;
pub use module::{Extern, Module};
pub use module_config::ModuleConfig;
pub use runtime::Runtime;
pub use suspend::{CallResults, Outcome, SuspendedCall};
pub use table::Table;
pub use typed::{WasmType, WasmTypes};
pub use value::{ExternRef, Value};

pub use wz_core::error::{CompileError, HostError, LimitError, LinkError, UsageError};
pub use wz_core::runtime::MemoryKind;
pub use wz_core::trap::{Frame, SourceLine};
pub use wz_core::types::{
    ExternType, FuncType, GlobalType, HeapType, Limits, MemoryType, RefType, TableType, ValType,
};
pub use wz_core::{Backtrace, Error, ErrorKind, Features, Suspend, Trap, TrapCode};
