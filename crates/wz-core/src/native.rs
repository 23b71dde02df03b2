//! Native code as compilers make it and the runtime loads it: position-independent bytes, and tables about them.
//!
//! `docs/abi.md` describes the calling convention that all of it follows.

use crate::error::Error;
use crate::trap::TrapCode;
use std::any::Any;
use std::fmt;

/// An instruction set that native code is made for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Isa {
    /// x86-64.
    Amd64,
    /// AArch64.
    Arm64,
}

impl Isa {
    /// That of the running program; `None` if there is no native code for it.
    pub const HOST: Option<Isa> = if cfg!(target_arch = "x86_64") {
        Some(Isa::Amd64)
    } else if cfg!(target_arch = "aarch64") {
        Some(Isa::Arm64)
    } else {
        None
    };
}

/// How native code checks the bounds of 32-bit memories.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum MemoryMode {
    /// Not at all where the memory's address space is reserved: an access beyond its end faults. Such code runs only on
    /// instances whose memories are all guarded, apart from those whose type does not allow it.
    #[default]
    Guarded,
    /// It compares. Such code runs on every memory.
    Checked,
}

/// Where a compilation puts a module's code, piece after piece. Whoever runs the code has it put straight into the memory
/// that becomes executable; a vector is a store too.
pub trait CodeStore: Any + Send + fmt::Debug {
    /// Appends code.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Limit`](crate::ErrorKind::Limit) if there is no memory for it.
    fn append(&mut self, code: &[u8]) -> Result<(), Error>;

    /// All code so far.
    fn bytes(&self) -> &[u8];

    /// All code so far, to change it.
    fn bytes_mut(&mut self) -> &mut [u8];
}

impl CodeStore for Vec<u8> {
    fn append(&mut self, code: &[u8]) -> Result<(), Error> {
        if self.try_reserve(code.len()).is_err() {
            return Err(Error::limit(format!("{} bytes of code", self.len() + code.len())));
        }
        self.extend_from_slice(code);
        Ok(())
    }

    fn bytes(&self) -> &[u8] {
        self
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        self
    }
}

/// The native code of a module.
#[derive(Debug)]
pub struct NativeBlob {
    /// The architecture.
    pub isa: Isa,
    /// How it checks bounds.
    pub memory: MemoryMode,
    /// Features of the processor that it needs, as bits of the compiler's own numbering.
    pub cpu: u64,
    /// The code.
    pub code: Box<dyn CodeStore>,
    /// One record for each function that the module defines, in the order of their indices.
    pub funcs: Vec<FuncRecord>,
    /// Sites in the order of their offsets.
    pub sites: Vec<Site>,
}

/// What is known of a function's code and frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct FuncRecord {
    /// Offset of the full entry in the code. Starts ascend, and a function ends where the next starts.
    pub start: u32,
    /// From the full entry to the local entry.
    pub local: u16,
    /// From the full entry to the first instruction that runs with the frame made.
    pub body: u16,
    /// Bytes from the stack pointer in the body to the return address.
    pub frame_bytes: u32,
    /// Bytes of arguments above the return address; the function pops them.
    pub arg_bytes: u32,
    /// Bytes of results above the arguments.
    pub result_bytes: u32,
    /// Offset of the first reference slot from the stack pointer in the body.
    pub refs_offset: u32,
    /// Number of reference slots.
    pub ref_len: u32,
    /// Offset of the function's body in the module's binary, low half.
    pub body_offset: u32,
}

/// An instruction that can fault, or a return address.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct Site {
    /// Offset in the code: of the instruction that faults, or of the one after a call.
    pub pc: u32,
    /// The trap's code in the low 8 bits, 0 for a call; above, the offset of the WebAssembly instruction from its
    /// function's body.
    pub info: u32,
}

impl Site {
    /// A call, or an instruction that traps with `code`, `offset` bytes into its function's body. Offsets that
    /// do not fit are the largest that does: function bodies are smaller.
    pub fn new(pc: u32, code: Option<TrapCode>, offset: u64) -> Site {
        let offset = offset.min(0xff_ffff) as u32;
        Site { pc, info: code.map_or(0, |code| code as u32) | offset << 8 }
    }

    /// Why the instruction faults; `None` for a call.
    pub fn trap(self) -> Option<TrapCode> {
        let code = (self.info & 0xff) as usize;
        TrapCode::ALL.iter().copied().find(|trap| *trap as usize == code)
    }

    /// The offset of the WebAssembly instruction from its function's body.
    pub fn offset(self) -> u64 {
        u64::from(self.info >> 8)
    }
}

macro_rules! helpers {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        /// Runtime functions that native code calls, by their place in the table at
        /// [`VmContext::ENGINE_DATA`](crate::runtime::vm::VmContext::ENGINE_DATA): each entry is the address of a
        /// stub that takes the arguments after the vmctx in the ABI's integer argument registers, 64 bits each, and
        /// returns one 64-bit value. Each is the function of [`libcalls`](crate::runtime::libcalls) of its name,
        /// with its arguments in their order; one that fails does not return.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u8)]
        pub enum Helper {
            $($(#[$doc])* $name,)*
        }

        impl Helper {
            /// Every helper, in the order of the table.
            pub const ALL: &'static [Helper] = &[$(Helper::$name),*];

            /// Offset of its address in the table.
            pub const fn offset(self) -> usize {
                self as usize * 8
            }
        }
    };
}

helpers! {
    /// (memory, delta) -> the old size in pages, or all ones.
    MemoryGrow;
    /// (memory, destination, value, length).
    MemoryFill;
    /// (destination memory, source memory, destination, source, length).
    MemoryCopy;
    /// (memory, segment, destination, source, length).
    MemoryInit;
    /// (segment).
    DataDrop;
    /// (table, index) -> reference.
    TableGet;
    /// (table, index, reference).
    TableSet;
    /// (table, initial reference, delta) -> the old size, or all ones.
    TableGrow;
    /// (table, destination, reference, length).
    TableFill;
    /// (destination table, source table, destination, source, length).
    TableCopy;
    /// (table, segment, destination, source, length).
    TableInit;
    /// (segment).
    ElemDrop;
    /// (function) -> reference.
    RefFunc;
    /// (table, index, type index) -> address of the function's `VmFuncRef`, after all checks.
    CallIndirect;
}

/// The stub that a restore frame has a function return to. The addresses of both stand behind those of the helpers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Restore {
    /// No results are in memory: the frame is right above the arguments, and the stub takes it off.
    Off,
    /// The frame is the start of the result area, and stays there.
    Kept,
}

impl Restore {
    /// Number of stubs.
    pub const COUNT: usize = 2;
    /// Bytes of a restore frame, and of what each result area starts with: room for one.
    pub const FRAME_BYTES: u32 = 24;
    /// Offset in a restore frame of the vmctx that the caller expects in its register.
    pub const VMCTX: u32 = 0;
    /// Offset in a restore frame of the base of memory 0 that the caller expects in its register.
    pub const MEMORY: u32 = 8;
    /// Offset in a restore frame of the return address.
    pub const RETURN: u32 = 16;

    /// That of functions with so many bytes in their result areas.
    pub const fn of(result_bytes: u32) -> Restore {
        if result_bytes == 0 { Restore::Off } else { Restore::Kept }
    }

    /// Offset of its address in the table of helpers.
    pub const fn offset(self) -> usize {
        (Helper::ALL.len() + self as usize) * 8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites_keep_what_they_are_made_of() {
        for code in TrapCode::ALL.iter().copied().map(Some).chain([None]) {
            for offset in [0, 1, 0xff_ffff, u64::MAX] {
                let site = Site::new(7, code, offset);
                assert_eq!((site.pc, site.trap(), site.offset()), (7, code, offset.min(0xff_ffff)));
            }
        }
    }
}
