//! The interpreter engine of wz: it re-encodes IR into compact code, one linear pass a function, and executes it.
//!
//! * `encode` makes code from IR, in safe Rust, and checks everything that handlers rely on.
//! * `exec` holds the handlers: what each instruction does, written once.
//! * `isa` is the table of all handlers, derived from the IR's op list.
//! * `dispatch` goes from handler to handler, by jumps or by a loop.
//! * `machine` is a call in progress: stack, entry, exit and stack walk.

mod code;
mod dispatch;
mod encode;
mod engine;
mod exec;
mod isa;
mod machine;

pub use engine::{Dispatch, InterpEngine};
