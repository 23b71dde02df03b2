//! The intermediate representation: register-agnostic three-address code with resolved operands, one linear array
//! of 8-byte words a function. It is the only IR and what decoder and engines exchange.
//!
//! * [`ops`] holds the op list, [`inst`] the encoding of words and operands, [`func`] a function and views of its
//!   instructions, [`source_map`] the offsets, [`mod@print`] the text form, [`verify`] the checks.

pub mod func;
pub mod inst;
pub mod ops;
pub mod print;
pub mod source_map;
pub mod verify;

pub use func::{
    Access, CallInfo, Condition, FuncIr, Inst, LocalSet, LoopFacts, LoopUse, MemArg, OperandList,
};
pub use inst::{Base, LIST_MAX, Operand, Slot, Word};
pub use ops::{Op, OpInfo, Shape};
pub use source_map::SourceMap;
