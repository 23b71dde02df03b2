//! A script's values and result patterns against the runtime's values.

use std::fmt::{self, Write};
use wast::core::{AbstractHeapType, HeapType, NanPattern, V128Pattern, WastArgCore, WastRetCore};
use wast::token::{F32, F64};
use wast::{WastArg, WastRet};
use wz_api::{ExternRef, Value};

/// The host value behind `ref.extern N`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct HostValue(u32);

/// The runtime's value for an argument of a script.
///
/// # Errors
///
/// The runtime has no such value.
pub fn argument(arg: &WastArg<'_>) -> Result<Value, String> {
    let WastArg::Core(arg) = arg else { return Err("component values are not supported".into()) };
    Ok(match arg {
        WastArgCore::I32(v) => Value::I32(*v),
        WastArgCore::I64(v) => Value::I64(*v),
        WastArgCore::F32(v) => Value::F32(v.bits),
        WastArgCore::F64(v) => Value::F64(v.bits),
        WastArgCore::V128(v) => Value::V128(u128::from_le_bytes(v.to_le_bytes())),
        WastArgCore::RefNull(heap) => match hierarchy(heap) {
            Some(Hierarchy::Func) => Value::FuncRef(None),
            Some(Hierarchy::Extern) => Value::ExternRef(None),
            None => return Err(format!("no value for {arg:?}")),
        },
        WastArgCore::RefExtern(n) => Value::ExternRef(Some(ExternRef::new(HostValue(*n)))),
        WastArgCore::RefHost(_) => return Err(format!("no value for {arg:?}")),
    })
}

/// Whether results are as expected.
///
/// # Errors
///
/// What was expected and what came instead.
pub fn compare(expected: &[WastRet<'_>], got: &[Value]) -> Result<(), String> {
    let holds = expected.len() == got.len()
        && expected.iter().zip(got).all(|(expected, got)| match expected {
            WastRet::Core(expected) => matches(expected, got),
            _ => false,
        });
    if holds { Ok(()) } else { Err(format!("expected {expected:?}, got {}", Values(got))) }
}

/// Which values a heap type's null belongs to.
#[derive(PartialEq, Eq)]
enum Hierarchy {
    Func,
    Extern,
}

fn hierarchy(heap: &HeapType<'_>) -> Option<Hierarchy> {
    match heap {
        HeapType::Abstract { ty: AbstractHeapType::Func | AbstractHeapType::NoFunc, .. } => {
            Some(Hierarchy::Func)
        }
        HeapType::Abstract { ty: AbstractHeapType::Extern | AbstractHeapType::NoExtern, .. } => {
            Some(Hierarchy::Extern)
        }
        _ => None,
    }
}

fn matches(expected: &WastRetCore<'_>, got: &Value) -> bool {
    match (expected, got) {
        (WastRetCore::I32(e), Value::I32(v)) => e == v,
        (WastRetCore::I64(e), Value::I64(v)) => e == v,
        (WastRetCore::F32(e), Value::F32(bits)) => f32_matches(e, *bits),
        (WastRetCore::F64(e), Value::F64(bits)) => f64_matches(e, *bits),
        (WastRetCore::V128(e), Value::V128(bits)) => v128_matches(e, bits.to_le_bytes()),
        (WastRetCore::RefNull(None), Value::FuncRef(None) | Value::ExternRef(None)) => true,
        (WastRetCore::RefNull(Some(heap)), Value::FuncRef(None)) => hierarchy(heap) == Some(Hierarchy::Func),
        (WastRetCore::RefNull(Some(heap)), Value::ExternRef(None)) => {
            hierarchy(heap) == Some(Hierarchy::Extern)
        }
        (WastRetCore::RefExtern(None), Value::ExternRef(Some(_))) => true,
        (WastRetCore::RefExtern(Some(n)), Value::ExternRef(Some(v))) => {
            v.downcast_ref::<HostValue>() == Some(&HostValue(*n))
        }
        (WastRetCore::RefFunc(_), Value::FuncRef(Some(_))) => true,
        (WastRetCore::Either(cases), got) => cases.iter().any(|case| matches(case, got)),
        _ => false,
    }
}

fn f32_matches(expected: &NanPattern<F32>, bits: u32) -> bool {
    const CANONICAL: u32 = 0x7fc0_0000;
    match expected {
        NanPattern::CanonicalNan => bits & 0x7fff_ffff == CANONICAL,
        NanPattern::ArithmeticNan => bits & CANONICAL == CANONICAL,
        NanPattern::Value(e) => e.bits == bits,
    }
}

fn f64_matches(expected: &NanPattern<F64>, bits: u64) -> bool {
    const CANONICAL: u64 = 0x7ff8_0000_0000_0000;
    match expected {
        NanPattern::CanonicalNan => bits & 0x7fff_ffff_ffff_ffff == CANONICAL,
        NanPattern::ArithmeticNan => bits & CANONICAL == CANONICAL,
        NanPattern::Value(e) => e.bits == bits,
    }
}

fn v128_matches(expected: &V128Pattern, got: [u8; 16]) -> bool {
    /// Compares lanes of `N` bytes.
    fn lanes<T, const N: usize>(expected: &[T], got: [u8; 16], holds: impl Fn(&T, [u8; N]) -> bool) -> bool {
        let (lanes, _) = got.as_chunks::<N>();
        lanes.len() == expected.len() && expected.iter().zip(lanes).all(|(e, lane)| holds(e, *lane))
    }
    match expected {
        V128Pattern::I8x16(e) => lanes(e, got, |e, lane| e.to_le_bytes() == lane),
        V128Pattern::I16x8(e) => lanes(e, got, |e, lane| e.to_le_bytes() == lane),
        V128Pattern::I32x4(e) => lanes(e, got, |e, lane| e.to_le_bytes() == lane),
        V128Pattern::I64x2(e) => lanes(e, got, |e, lane| e.to_le_bytes() == lane),
        V128Pattern::F32x4(e) => lanes(e, got, |e, lane| f32_matches(e, u32::from_le_bytes(lane))),
        V128Pattern::F64x2(e) => lanes(e, got, |e, lane| f64_matches(e, u64::from_le_bytes(lane))),
    }
}

/// Values for messages: floats with their bits.
struct Values<'a>(&'a [Value]);

impl fmt::Display for Values<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('[')?;
        for (i, value) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            match value {
                Value::F32(bits) => write!(f, "f32 {} (0x{bits:08x})", f32::from_bits(*bits))?,
                Value::F64(bits) => write!(f, "f64 {} (0x{bits:016x})", f64::from_bits(*bits))?,
                Value::V128(bits) => write!(f, "v128 0x{bits:032x}")?,
                Value::ExternRef(Some(v)) => match v.downcast_ref::<HostValue>() {
                    Some(HostValue(n)) => write!(f, "externref {n}")?,
                    None => f.write_str("externref of another host value")?,
                },
                other => write!(f, "{other:?}")?,
            }
        }
        f.write_char(']')
    }
}
