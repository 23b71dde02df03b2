//! Generated modules on wz's engines and on another runtime, call by call.
//!
//! The lowering is shared by wz's engines, so they can be wrong together; wasmi is the judge. `cargo xtask fuzz-smoke`
//! runs [`smoke`]; `docs/testing.md` tells how the pieces work together.

#![forbid(unsafe_code)]

pub mod check;
pub mod generate;
pub mod machine;
pub mod shape;
pub mod shrink;
pub mod smoke;
pub mod value;
