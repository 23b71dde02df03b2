//! The runtimes under test, behind one trait.

mod apart;
mod host;
mod wasmi;
mod wz;

pub use wasmi::Judge;
pub use wz::{Setup, Wz};

use crate::shape::Call;
use crate::value::{Ending, Val};
use std::sync::LazyLock;

/// The most memory that a module under test may have, in pages.
pub const PAGES: u64 = 24;
/// The most elements that a table may have.
pub const ELEMENTS: u64 = 2_000;
/// Bytes of stack for guests.
const STACK: usize = 64 << 20;

/// A module, instantiated in a runtime of its own beside what it imports.
pub trait Machine {
    /// The runtime's name and mode.
    fn name(&self) -> &str;

    /// Fills the tank, if this machine counts fuel.
    fn refuel(&mut self, fuel: u64);

    /// The fuel that is left, if this machine counts it as wz does.
    fn fuel(&self) -> Option<u64>;

    /// Calls an exported function of the module.
    fn call(&mut self, call: &Call) -> Ending;

    /// What host functions were called with so far.
    fn log(&self) -> Log;

    /// The contents of every memory.
    fn memories(&mut self) -> Vec<&[u8]>;

    /// The values of every global.
    fn globals(&mut self) -> Vec<Val>;

    /// The elements of every table. Reading them makes some runtimes create them.
    fn tables(&mut self) -> Vec<Vec<Val>>;
}

/// What host functions were called with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Log {
    /// How many calls there were.
    pub calls: u64,
    /// A digest of the functions, their arguments and their order.
    pub digest: u64,
}

/// The module that modules under test may import from, a WebAssembly module itself.
pub const ENV: &str = include_str!("env.wat");
/// [`ENV`] as a binary.
static ENV_BINARY: LazyLock<Vec<u8>> = LazyLock::new(|| wat::parse_str(ENV).expect("the text is a module"));
/// Items of [`ENV`] that are compared.
const ENV_MEMORY: &str = "memory";
const ENV_TABLE: &str = "table";
const ENV_GLOBALS: &[&str] = &["variable", "float"];
