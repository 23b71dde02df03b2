//! What the native back ends share: register allocation, code buffers, labels, tables, and linking.
//!
//! A back end implements [`Backend`] and [`Emitter`]: one forward pass over a function's IR, with [`Alloc`] for
//! its registers, [`CodeBuf`] and [`FuncCode`] for its code. It writes bytes and runs nothing.

#![forbid(unsafe_code)]

mod alloc;
mod assembly;
mod buffer;
mod code;
mod compile;
mod frame;
mod reg;
mod target;
mod technique;

pub use alloc::{Alloc, LiveAt, Moves, Source};
pub use buffer::CodeBuf;
pub use code::{CallSite, FuncCode, Label, Linked, Position, Section};
pub use compile::{Backend, Compiler, Emitter, V128};
pub use frame::{Frame, Home};
pub use reg::{Bank, Kind, Reg, RegSet};
pub use target::{Place, Places, Target};
pub use technique::{Technique, Techniques};
