//! Hosts with native code.

mod arch;
mod available;
mod code;
mod code_memory;
mod engine;
mod helpers;
mod host;
mod machine;
mod perf_map;
mod registry;
mod signals;
mod signature;
mod stack;
mod traps;
mod walk;

pub use available::available;
pub use engine::NativeEngine;
