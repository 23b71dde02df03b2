//! What every scalar operator of WebAssembly computes, independent of wz: the judge of tests.
//!
//! Values are bits; those of 32-bit types have zeros above.

/// A row of a table of operators: name, operand types, result type, judge.
macro_rules! operator {
    ($name:expr, [$($param:ident)*] $result:ident, $judge:expr) => {
        Operator {
            name: $name,
            params: &[$(Num::$param),*],
            result: Num::$result,
            judge: $judge,
        }
    };
}

pub mod access;
mod convert;
mod edges;
mod float;
mod integer;
pub mod placement;

use std::fmt;
use wz_api::{TrapCode, Value};

/// A number type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Num {
    /// 32-bit integers.
    I32,
    /// 64-bit integers.
    I64,
    /// 32-bit floats.
    F32,
    /// 64-bit floats.
    F64,
}

/// What an operator does with certain operands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expected {
    /// The result's bits.
    Bits(u64),
    /// A NaN, any of those that the specification allows: a canonical one where the operands have no other NaN.
    Nan {
        /// Whether no bit of the payload but the highest may be set.
        canonical: bool,
    },
    /// It traps.
    Trap(TrapCode),
}

/// An operator that takes and gives numbers.
#[derive(Clone, Copy)]
pub struct Operator {
    /// Its name in the text format.
    pub name: &'static str,
    /// The types of its operands.
    pub params: &'static [Num],
    /// The type of its result.
    pub result: Num,
    judge: fn([u64; 2]) -> Expected,
}

impl Operator {
    /// Every scalar operator that is not a load or a store.
    pub fn all() -> Vec<Operator> {
        [integer::operators(), float::operators(), convert::operators()].concat()
    }

    /// What it does with these operands; those that it does not have are 0.
    pub fn expected(&self, operands: [u64; 2]) -> Expected {
        (self.judge)(operands)
    }

    /// Whether it has two operands.
    pub fn is_binary(&self) -> bool {
        self.params.len() == 2
    }

    /// Whether both of its operands can be the same value.
    pub fn takes_the_same(&self) -> bool {
        matches!(self.params, [a, b] if a == b)
    }
}

impl fmt::Debug for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Num {
    /// Its name in the text format.
    pub fn name(self) -> &'static str {
        match self {
            Num::I32 => "i32",
            Num::I64 => "i64",
            Num::F32 => "f32",
            Num::F64 => "f64",
        }
    }

    /// A value of the type.
    pub fn value(self, bits: u64) -> Value {
        match self {
            Num::I32 => Value::I32(bits as u32 as i32),
            Num::I64 => Value::I64(bits as i64),
            Num::F32 => Value::F32(bits as u32),
            Num::F64 => Value::F64(bits),
        }
    }

    /// The constant in the text format.
    pub fn constant(self, bits: u64) -> String {
        let text = match self {
            Num::I32 => (bits as u32 as i32).to_string(),
            Num::I64 => (bits as i64).to_string(),
            Num::F32 => {
                let x = f32::from_bits(bits as u32);
                if x.is_nan() { nan(x.is_sign_negative(), bits & 0x7f_ffff) } else { format!("{x:e}") }
            }
            Num::F64 => {
                let x = f64::from_bits(bits);
                if x.is_nan() {
                    nan(x.is_sign_negative(), bits & 0xf_ffff_ffff_ffff)
                } else {
                    format!("{x:e}")
                }
            }
        };
        format!("({}.const {text})", self.name())
    }

    /// Values on both sides of whatever operators may treat in a special way.
    pub fn edges(self) -> &'static [u64] {
        edges::of(self)
    }

    /// The operators, in the text format, that make an i64 of a value of the type, bit for bit.
    pub fn bits_as_i64(self) -> &'static str {
        match self {
            Num::I32 => "i64.extend_i32_u",
            Num::I64 => "",
            Num::F32 => "i32.reinterpret_f32 i64.extend_i32_u",
            Num::F64 => "i64.reinterpret_f64",
        }
    }

    fn is_nan(self, bits: u64) -> bool {
        match self {
            Num::F32 => f32::from_bits(bits as u32).is_nan(),
            Num::F64 => f64::from_bits(bits).is_nan(),
            Num::I32 | Num::I64 => false,
        }
    }

    /// The highest bit of the payload of the type's NaNs, and the bits below it.
    fn payload(self) -> (u64, u64) {
        if self == Num::F32 { (1 << 22, (1 << 22) - 1) } else { (1 << 51, (1 << 51) - 1) }
    }

    fn is_canonical_nan(self, bits: u64) -> bool {
        let (quiet, payload) = self.payload();
        self.is_nan(bits) && bits & quiet != 0 && bits & payload == 0
    }
}

fn nan(negative: bool, payload: u64) -> String {
    format!("{}nan:{payload:#x}", if negative { "-" } else { "" })
}

impl Expected {
    /// Whether a value of the type is this one.
    pub fn is(self, num: Num, bits: u64) -> bool {
        match self {
            Expected::Bits(expected) => bits == expected,
            Expected::Nan { canonical: true } => num.is_canonical_nan(bits),
            Expected::Nan { canonical: false } => num.is_nan(bits) && bits & num.payload().0 != 0,
            Expected::Trap(_) => false,
        }
    }

    /// What an arithmetic operation on floats gives whose result is `bits`, but for the bits of a NaN.
    fn arithmetic(num: Num, operand: Num, operands: &[u64], bits: u64) -> Expected {
        if !num.is_nan(bits) {
            return Expected::Bits(bits);
        }
        let canonical = operands.iter().all(|x| !operand.is_nan(*x) || operand.is_canonical_nan(*x));
        Expected::Nan { canonical }
    }
}

/// The bits of a number.
pub fn bits(value: &Value) -> Option<u64> {
    match value {
        Value::I32(x) => Some(u64::from(*x as u32)),
        Value::I64(x) => Some(*x as u64),
        Value::F32(bits) => Some((*bits).into()),
        Value::F64(bits) => Some(*bits),
        _ => None,
    }
}
