//! Drives the benchmarks of `bench/`: what is measured, in which order, and the report.
//!
//! This crate contains no engine, so that the workspace tests it without compiling one. A measurement is a process of its
//! own ([`worker`]); the engines take turns (A B A B), so that whatever slows the machine for a while slows all of them.

#![forbid(unsafe_code)]

pub mod catalogue;
pub mod charts;
pub mod fetch;
pub mod job;
pub mod options;
pub mod plan;
pub mod report;
pub mod results;
mod run;
pub mod statistics;
pub mod worker;

pub use options::Options;
pub use run::{execute, run};
