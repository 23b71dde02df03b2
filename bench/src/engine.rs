//! What the bench asks of an engine.

use crate::clock::Lap;
use crate::wasi::Wasi;
use std::fmt;
use std::path::Path;

/// Why a job was not done.
#[derive(Debug)]
pub enum Failure {
    /// The engine cannot do it.
    Unsupported(String),
    /// The engine should have done it.
    Failed(String),
}

impl Failure {
    /// For what the engine refuses.
    pub fn unsupported(reason: impl fmt::Display) -> Failure {
        Failure::Unsupported(reason.to_string())
    }

    /// For what goes wrong. Errors with causes are written in full.
    pub fn failed(reason: impl fmt::Debug) -> Failure {
        Failure::Failed(format!("{reason:?}"))
    }
}

/// An engine in one mode.
pub trait Engine {
    /// A compiled module.
    type Module;

    /// Compiles a binary module.
    fn compile(&self, wasm: &[u8]) -> Result<Self::Module, Failure>;

    /// Bytes of the code that was made, where the engine says.
    fn code_bytes(&self, _module: &Self::Module) -> Option<usize> {
        None
    }

    /// Calls `_start` of a WASI command. The times are those of the call alone.
    fn run(&self, _module: &Self::Module, _wasi: Wasi) -> Result<(Wasi, Lap), Failure> {
        Err(Failure::unsupported("does not run programs"))
    }

    /// Stores compiled code in a file.
    fn store(&self, _module: &Self::Module, _file: &Path) -> Result<(), Failure> {
        Err(Failure::unsupported("does not store compiled code"))
    }

    /// Loads compiled code from a file that [`Engine::store`] wrote.
    fn load(&self, _file: &Path) -> Result<Self::Module, Failure> {
        Err(Failure::unsupported("does not load compiled code"))
    }

    /// What makes and drops instances whose imports trap.
    fn instances<'m>(&'m self, _module: &'m Self::Module) -> Result<Box<dyn Instances + 'm>, Failure> {
        Err(Failure::unsupported("makes no instances"))
    }

    /// Instances of `kernels/calls.wat` and `kernels/callee.wat`, ready to call.
    fn calls(&self, _caller: &Self::Module, _callee: &Self::Module) -> Result<Box<dyn Calls>, Failure> {
        Err(Failure::unsupported("calls nothing"))
    }
}

/// Instances, each in a store of its own: many at once, so that the clocks see what each phase takes.
pub trait Instances {
    /// Makes so many stores, with whatever each needs before there can be an instance.
    fn make_stores(&mut self, count: usize) -> Result<(), Failure>;

    /// Makes an instance in each store.
    fn instantiate(&mut self) -> Result<(), Failure>;

    /// Drops the stores and what is in them.
    fn drop_all(&mut self);
}

/// Instances of an engine whose stores are of the type `S`.
pub struct InStores<S, N, I> {
    stores: Vec<S>,
    new: N,
    instantiate: I,
}

impl<S, N, I> InStores<S, N, I>
where
    N: FnMut() -> Result<S, Failure>,
    I: FnMut(&mut S) -> Result<(), Failure>,
{
    /// `new` makes a store, `instantiate` an instance in it.
    pub fn new(new: N, instantiate: I) -> InStores<S, N, I> {
        InStores { stores: Vec::new(), new, instantiate }
    }
}

impl<S, N, I> Instances for InStores<S, N, I>
where
    N: FnMut() -> Result<S, Failure>,
    I: FnMut(&mut S) -> Result<(), Failure>,
{
    fn make_stores(&mut self, count: usize) -> Result<(), Failure> {
        self.stores.reserve(count);
        for _ in 0..count {
            self.stores.push((self.new)()?);
        }
        Ok(())
    }

    fn instantiate(&mut self) -> Result<(), Failure> {
        self.stores.iter_mut().try_for_each(&mut self.instantiate)
    }

    fn drop_all(&mut self) {
        self.stores.clear();
    }
}

/// Calls of an instance of `kernels/calls.wat`.
pub trait Calls {
    /// Calls `nop`, whose type is known, from the host.
    fn typed_0(&mut self, times: u32) -> Result<(), Failure>;

    /// Calls `add`, whose type is known, from the host.
    fn typed_2(&mut self, times: u32) -> Result<(), Failure>;

    /// Calls `add`, whose type is not known, from the host.
    fn dynamic_2(&mut self, times: u32) -> Result<(), Failure>;

    /// Calls the export called `name` once; it makes so many calls itself.
    fn looped(&mut self, name: &str, times: u32) -> Result<(), Failure>;
}
