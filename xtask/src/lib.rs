//! The verbs behind `cargo xtask`, one module each.
//!
//! A verb's `run` prints what it found and says whether all is well; an `Err` is a reason why it could not look.

#![forbid(unsafe_code)]

pub mod bench;
pub mod fuzz;
pub mod sanitize;
pub mod spec;
pub mod tidy;
