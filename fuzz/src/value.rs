//! Values and endings of calls, in the form in which runtimes are compared.

use std::fmt;

/// A value that a call takes or gives.
#[derive(Clone, Copy, Debug)]
pub enum Val {
    /// An `i32`.
    I32(i32),
    /// An `i64`.
    I64(i64),
    /// The bits of an `f32`.
    F32(u32),
    /// The bits of an `f64`.
    F64(u64),
    /// A `v128`.
    V128(u128),
    /// A function reference: null or not. As an argument, which of the module's exported functions.
    Func(Option<usize>),
    /// A host reference: null, or its number.
    Extern(Option<u32>),
}

impl Val {
    /// Whether two runtimes may give these for the same result: NaNs are of one class, references to functions are null or
    /// not.
    pub fn alike(self, other: Val) -> bool {
        match (self, other) {
            (Val::I32(a), Val::I32(b)) => a == b,
            (Val::I64(a), Val::I64(b)) => a == b,
            (Val::F32(a), Val::F32(b)) => {
                a == b || (f32::from_bits(a).is_nan() && f32::from_bits(b).is_nan())
            }
            (Val::F64(a), Val::F64(b)) => {
                a == b || (f64::from_bits(a).is_nan() && f64::from_bits(b).is_nan())
            }
            (Val::V128(a), Val::V128(b)) => a == b,
            (Val::Func(a), Val::Func(b)) => a.is_some() == b.is_some(),
            (Val::Extern(a), Val::Extern(b)) => a == b,
            _ => false,
        }
    }
}

impl fmt::Display for Val {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Val::I32(v) => write!(f, "i32:{v:#x}"),
            Val::I64(v) => write!(f, "i64:{v:#x}"),
            Val::F32(bits) => write!(f, "f32:{bits:#x}={}", f32::from_bits(bits)),
            Val::F64(bits) => write!(f, "f64:{bits:#x}={}", f64::from_bits(bits)),
            Val::V128(v) => write!(f, "v128:{v:#x}"),
            Val::Func(None) => f.write_str("func:null"),
            Val::Func(Some(_)) => f.write_str("func:some"),
            Val::Extern(None) => f.write_str("extern:null"),
            Val::Extern(Some(n)) => write!(f, "extern:{n}"),
        }
    }
}

/// Several values, as texts show them.
pub fn list(values: &[Val]) -> String {
    values.iter().map(Val::to_string).collect::<Vec<_>>().join(" ")
}

/// Why a guest trapped, as far as the runtimes tell causes apart in the same way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Cause {
    Unreachable,
    MemoryOutOfBounds,
    /// Of a table access as well as of an indirect call.
    TableOutOfBounds,
    NullElement,
    SignatureMismatch,
    IntegerOverflow,
    IntegerDivideByZero,
    InvalidConversion,
}

/// How an instantiation or a call ended.
#[derive(Clone, Debug)]
pub enum Ending {
    /// It returned.
    Returned(Vec<Val>),
    /// It trapped.
    Trapped(Trapped),
    /// A host function failed.
    HostFailed,
    /// The fuel was used up.
    OutOfFuel(Vec<Place>),
    /// The stack was used up. How deep a guest may nest is each runtime's own affair.
    OutOfStack,
    /// Something else that must not happen to a valid module.
    Failed(String),
}

/// A trap.
#[derive(Clone, Debug)]
pub struct Trapped {
    /// Why.
    pub cause: Cause,
    /// The backtrace; empty where the runtime has none that can be compared.
    pub places: Vec<Place>,
}

/// A frame of a backtrace.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// Index of the function in its module.
    pub function: u32,
    /// Offset of the instruction in the module's binary.
    pub offset: Option<u64>,
}

impl Ending {
    /// Whether both say the same. Backtraces are compared where both have one; after tail calls, the frames of either may
    /// be among those of the other: an engine may keep a frame where a tail call leaves the instance.
    pub fn alike(&self, other: &Ending, tail_calls: bool) -> bool {
        let places = |a: &[Place], b: &[Place]| {
            a.is_empty() || b.is_empty() || a == b || (tail_calls && (among(a, b) || among(b, a)))
        };
        match (self, other) {
            (Ending::Returned(a), Ending::Returned(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.alike(*b))
            }
            (Ending::Trapped(a), Ending::Trapped(b)) => a.cause == b.cause && places(&a.places, &b.places),
            (Ending::OutOfFuel(a), Ending::OutOfFuel(b)) => places(a, b),
            (Ending::HostFailed, Ending::HostFailed) | (Ending::OutOfStack, Ending::OutOfStack) => true,
            _ => false,
        }
    }

    /// Whether what was left behind depends on how much fuel or stack the runtime had.
    pub fn exhausted(&self) -> bool {
        matches!(self, Ending::OutOfFuel(_) | Ending::OutOfStack)
    }
}

/// Whether the places of a backtrace are among those of another, in their order. A backtrace that is cut off says nothing
/// of what is beyond.
fn among(few: &[Place], many: &[Place]) -> bool {
    let mut rest = many.iter();
    few.iter().all(|place| rest.any(|other| other == place) || many.len() == wz_api::Backtrace::MAX_FRAMES)
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = |f: &mut fmt::Formatter<'_>, places: &[Place]| {
            places.iter().take(8).try_for_each(|place| match place.offset {
                Some(offset) => write!(f, " <- {}+{offset:#x}", place.function),
                None => write!(f, " <- {}", place.function),
            })
        };
        match self {
            Ending::Returned(values) => write!(f, "returned [{}]", list(values)),
            Ending::Trapped(trapped) => {
                write!(f, "trapped: {:?}", trapped.cause)?;
                places(f, &trapped.places)
            }
            Ending::HostFailed => f.write_str("a host function failed"),
            Ending::OutOfFuel(at) => {
                f.write_str("out of fuel")?;
                places(f, at)
            }
            Ending::OutOfStack => f.write_str("out of stack"),
            Ending::Failed(message) => write!(f, "failed: {message}"),
        }
    }
}
