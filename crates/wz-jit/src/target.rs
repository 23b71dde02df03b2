//! What the allocator knows of an architecture, and where the ABI puts arguments and results.
//!
//! `docs/abi.md` describes the convention.

use crate::reg::{Bank, Kind, Reg, RegSet};
use wz_core::native::Restore;
use wz_core::types::ValType;

/// The registers of an architecture, by their roles.
#[derive(Clone, Debug)]
pub struct Target {
    /// Those that hold values.
    pub allocatable: RegSet,
    /// Those of them that a function gives back as it found them.
    pub callee_saved: RegSet,
    /// Arguments: integers and references.
    pub int_args: &'static [Reg],
    /// Results: integers and references.
    pub int_results: &'static [Reg],
    /// Arguments and results: floats and vectors.
    pub floats: &'static [Reg],
}

impl Target {
    /// Where a function finds its arguments.
    pub fn args(&self) -> Places {
        Places { int: self.int_args, float: self.floats, start: 0, bytes: 0 }
    }

    /// Where a function leaves its results.
    pub fn results(&self) -> Places {
        Places { int: self.int_results, float: self.floats, start: Restore::FRAME_BYTES, bytes: 0 }
    }

    /// Bytes of the area in memory that holds the arguments beyond the registers.
    pub fn arg_bytes(&self, types: &[ValType]) -> u32 {
        self.args().bytes_of(types)
    }

    /// Bytes of the area in memory that holds the results beyond the registers; where there are any, it starts with
    /// room for a restore frame.
    pub fn result_bytes(&self, types: &[ValType]) -> u32 {
        self.results().bytes_of(types)
    }
}

/// Where an argument or result is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// In a register.
    Reg(Reg),
    /// So many bytes into its area.
    Stack(u32),
}

/// Hands out places in the order of a signature.
#[derive(Clone, Debug)]
pub struct Places {
    int: &'static [Reg],
    float: &'static [Reg],
    /// Bytes of the area in front of the first value.
    start: u32,
    bytes: u32,
}

impl Places {
    /// The place of the next value.
    #[inline]
    pub fn next(&mut self, kind: Kind) -> Place {
        let regs = if kind.bank() == Bank::Int { &mut self.int } else { &mut self.float };
        match regs.split_first() {
            Some((reg, rest)) => {
                *regs = rest;
                Place::Reg(*reg)
            }
            None => {
                let offset = self.bytes.max(self.start);
                self.bytes = offset + 8 * kind.slots();
                Place::Stack(offset)
            }
        }
    }

    /// Bytes of the area so far.
    pub fn bytes(&self) -> u32 {
        self.bytes
    }

    fn bytes_of(mut self, types: &[ValType]) -> u32 {
        for ty in types {
            self.next(Kind::of_type(*ty));
        }
        self.bytes
    }
}
