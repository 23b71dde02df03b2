//! Host functions that modules under test may import, the same for every runtime.

use super::Log;
use crate::value::Val;

/// The name of the module that they are in.
pub const MODULE: &str = "host";

/// Types of parameters and results, as far as host functions have them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ty {
    I32,
    I64,
    F32,
    F64,
    Func,
    Extern,
}
use Ty::{Extern, F32, F64, Func, I32, I64};

/// A host function.
pub struct Function {
    pub name: &'static str,
    pub params: &'static [Ty],
    pub results: &'static [Ty],
    body: fn(&[Val]) -> Option<Given>,
}

/// What a host function gives.
pub enum Given {
    /// These results.
    Values(Vec<Val>),
    /// Its arguments, the last first. References keep their identity this way.
    ArgumentsReversed,
}
use Given::{ArgumentsReversed, Values};

/// Every host function.
pub const FUNCTIONS: &[Function] = &[
    Function { name: "nothing", params: &[], results: &[], body: |_| Some(Values(vec![])) },
    Function {
        name: "number",
        params: &[I32],
        results: &[I64],
        body: |args| Some(Values(vec![Val::I64(digest(args).cast_signed())])),
    },
    Function {
        name: "numbers",
        params: &[I64, F64],
        results: &[F32, I32],
        body: |args| {
            let n = digest(args);
            Some(Values(vec![Val::F32((n as u16 as f32).to_bits()), Val::I32((n >> 32) as i32)]))
        },
    },
    Function {
        name: "many",
        params: &[I32, I64, F32, F64, I32, I64, F32, F64, I32, I64, F64, F64, F64, F64, F64, F64],
        results: &[I64, F64, I32, F32, I64, I64],
        body: |args| {
            let n = digest(args);
            Some(Values(vec![
                Val::I64(n.cast_signed()),
                Val::F64((n as u32 as f64).to_bits()),
                Val::I32((n >> 16) as i32),
                Val::F32((n as u8 as f32).to_bits()),
                Val::I64((n >> 8).cast_signed()),
                args[9],
            ]))
        },
    },
    Function {
        name: "six",
        params: &[I32, I64, I32, I64, I64, I32],
        results: &[I64],
        body: |args| Some(Values(vec![Val::I64(digest(args).cast_signed())])),
    },
    Function {
        name: "references",
        params: &[Extern, Func],
        results: &[Func, Extern],
        body: |_| Some(ArgumentsReversed),
    },
    Function {
        name: "fail",
        params: &[I32],
        results: &[I32],
        body: |args| match args {
            [Val::I32(n)] if n & 15 == 7 => None,
            _ => Some(Values(vec![Val::I32((digest(args) >> 7) as i32)])),
        },
    },
];

impl Function {
    /// Calls it. `None` stands for an error.
    pub fn call(&self, index: usize, args: &[Val], log: &mut Log) -> Option<Given> {
        log.calls += 1;
        log.digest = mix(mix(log.digest, index as u64), digest(args));
        (self.body)(args)
    }
}

fn mix(a: u64, b: u64) -> u64 {
    (a ^ b).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23)
}

/// A digest of values that may not depend on what runtimes are free to choose.
fn digest(values: &[Val]) -> u64 {
    values.iter().fold(1, |digest, value| {
        let bits = match *value {
            Val::I32(v) => v as u64,
            Val::I64(v) => v as u64,
            Val::F32(bits) if f32::from_bits(bits).is_nan() => 1 << 40,
            Val::F32(bits) => bits.into(),
            Val::F64(bits) if f64::from_bits(bits).is_nan() => 1 << 41,
            Val::F64(bits) => bits,
            Val::V128(v) => v as u64 ^ (v >> 64) as u64,
            Val::Func(v) => v.is_some().into(),
            Val::Extern(v) => v.map_or(0, |n| u64::from(n) + 1),
        };
        mix(digest, bits)
    })
}
