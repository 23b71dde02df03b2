//! Tests of the runtime objects, with an engine whose code is Rust closures.

mod calls;
mod close;
mod collect;
mod fake;
mod instantiate;
mod memory;
mod table;
