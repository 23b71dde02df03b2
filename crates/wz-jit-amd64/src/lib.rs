//! The x86-64 back end of the JIT: one pass over the IR of a function, an instruction at a time.
//!
//! `docs/abi.md` describes the code's convention. Register allocation is `wz_jit`'s.

#![forbid(unsafe_code)]

mod asm;
mod bulk;
mod call;
mod compare;
mod control;
mod convert;
mod cpu;
mod divide;
mod emitter;
mod float;
mod frame;
mod global;
mod indirect;
mod input;
mod instrument;
mod integer;
mod magic;
mod memory;
mod moves;
mod regs;
mod select;
mod table;
mod tail;
mod values;

pub use cpu::CpuFeatures;

use emitter::{Environment, FunctionEmitter};
use std::sync::Arc;
use wz_core::Error;
use wz_core::engine::{BlobCompiler, CompileOptions, NativeCompiler};
use wz_core::module::Module;
use wz_core::native::{CodeStore, Isa};
use wz_jit::{Backend, Compiler, Techniques};

/// The compiler for x86-64. It runs on every host.
#[derive(Clone, Copy, Debug)]
pub struct Amd64 {
    cpu: CpuFeatures,
    techniques: Techniques,
}

impl Amd64 {
    /// A compiler that makes code for processors with these features.
    pub fn new(cpu: CpuFeatures) -> Amd64 {
        Amd64 { cpu, techniques: Techniques::ALL }
    }

    /// A compiler of code to be looked at, not to be run.
    #[doc(hidden)]
    pub fn with_techniques(self, techniques: Techniques) -> Amd64 {
        Amd64 { techniques, ..self }
    }
}

impl NativeCompiler for Amd64 {
    fn isa(&self) -> Isa {
        Isa::Amd64
    }

    fn compiler(
        &self,
        module: &Arc<Module>,
        options: &CompileOptions,
        code: Box<dyn CodeStore>,
    ) -> Result<Box<dyn BlobCompiler>, Error> {
        Ok(Box::new(Compiler::new(*self, module, options, code)?))
    }
}

impl Backend for Amd64 {
    type Emitter = FunctionEmitter;

    const ISA: Isa = Isa::Amd64;

    fn cpu(&self) -> u64 {
        self.cpu.bits()
    }

    fn emitter(&self, module: &Arc<Module>, options: &CompileOptions) -> Result<FunctionEmitter, Error> {
        Ok(FunctionEmitter::new(Environment::new(self.cpu, self.techniques, module, options)?))
    }

    fn link_call(code: &mut [u8], at: usize, distance: i64) -> Result<(), &'static str> {
        // The distance counts from the field, the processor from its end.
        let distance = i32::try_from(distance - 4).map_err(|_| "a call is too long")?;
        let field =
            code.get_mut(at..).and_then(|rest| rest.first_chunk_mut()).ok_or("a call outside the code")?;
        *field = distance.to_le_bytes();
        Ok(())
    }
}
