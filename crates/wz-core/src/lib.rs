//! What every part of wz shares: types, the description of a module, the intermediate representation (IR),
//! runtime objects, the engine traits, traps and errors.
//!
//! This crate knows no engine, no file and no signal.

pub mod engine;
pub mod error;
pub mod features;
pub mod ir;
pub mod module;
pub mod native;
pub mod runtime;
pub mod trap;
pub mod types;

pub use error::{Error, ErrorKind, Suspend};
pub use features::Features;
pub use trap::{Backtrace, Trap, TrapCode};
