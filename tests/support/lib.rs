//! Shared support of the integration tests.

#![forbid(unsafe_code)]

pub mod build;
pub mod compare;
pub mod engines;
pub mod guard;
pub mod guest;
pub mod many;
pub mod mutate;
pub mod operators;
pub mod outcome;
pub mod process;
pub mod programs;
pub mod rng;
pub mod stub;
pub mod suspension;

pub use engines::{Mode, engines, runtime, vector_engines};

/// The examples of the README are tests too.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
