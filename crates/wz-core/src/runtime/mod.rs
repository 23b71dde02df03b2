//! Runtime objects: the store with its instances, memories, tables, globals and heap, and the layouts and functions
//! that compiled code uses.
//!
//! A [`Store`] owns everything. Compiled code reaches its parts through the plain structures in [`vm`], the host
//! through the store's methods, which check every handle. The two never run at the same time: a guest runs inside
//! [`call`] and stops whenever it calls a host function or one of the [`libcalls`].

pub mod backtrace;
mod const_expr;
mod heap;
pub mod host;
mod image;
mod initial;
pub mod instance;
pub mod interrupt;
pub mod libcalls;
mod memory;
mod owned;
mod reservation;
mod stack;
pub mod store;
mod sys;
mod table;
#[cfg(test)]
mod tests;
pub mod vm;
mod vmblock;
mod zeroed;

pub use heap::RootMark;
pub use host::{Embedder, HostCallback, HostDefinition, HostFunc};
pub use initial::InitialState;
pub use memory::{Memory, MemoryKind};
pub use stack::StackMemory;
pub use store::{
    Callee, Extern, InstanceId, InstanceOptions, Store, StoreConfig, StoreId, SuspendedCall, call,
    call_callee, call_resumable, resume, resume_err,
};
pub use table::Table;
pub use vmblock::VmLayout;
