//! Values as dynamic calls pass them.

use crate::{Func, ValType};
use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// A value of the host that guests can hold and pass on, but not look into: an `externref`.
///
/// Clones are the same reference.
///
/// ```
/// use wz_api::ExternRef;
///
/// let r = ExternRef::new(String::from("a value of the host"));
/// assert_eq!(r.downcast_ref::<String>().unwrap(), "a value of the host");
/// assert!(r.ptr_eq(&r.clone()));
/// ```
#[derive(Clone)]
pub struct ExternRef(pub(crate) Arc<dyn Any + Send + Sync>);

impl ExternRef {
    /// A new reference to `value`.
    pub fn new<X: Any + Send + Sync>(value: X) -> ExternRef {
        ExternRef(Arc::new(value))
    }

    /// The value, if it is an `X`.
    pub fn downcast_ref<X: Any>(&self) -> Option<&X> {
        self.0.downcast_ref()
    }

    /// Whether both are the same reference.
    pub fn ptr_eq(&self, other: &ExternRef) -> bool {
        // The addresses alone: vtables of one type may differ between compilation units.
        Arc::as_ptr(&self.0).cast::<()>() == Arc::as_ptr(&other.0).cast::<()>()
    }
}

impl fmt::Debug for ExternRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ExternRef({:p})", Arc::as_ptr(&self.0).cast::<()>())
    }
}

/// A WebAssembly value. Floats are carried as their bits, so that NaNs arrive unchanged; references compare by
/// identity.
#[derive(Clone, Debug)]
pub enum Value {
    /// A 32-bit integer.
    I32(i32),
    /// A 64-bit integer.
    I64(i64),
    /// The bits of a 32-bit float.
    F32(u32),
    /// The bits of a 64-bit float.
    F64(u64),
    /// A vector; lane 0 is in the lowest bits.
    V128(u128),
    /// A reference to a function, or null.
    FuncRef(Option<Func>),
    /// A reference to a value of the host, or null.
    ExternRef(Option<ExternRef>),
}

impl Value {
    /// The value's type.
    pub fn ty(&self) -> ValType {
        match self {
            Value::I32(_) => ValType::I32,
            Value::I64(_) => ValType::I64,
            Value::F32(_) => ValType::F32,
            Value::F64(_) => ValType::F64,
            Value::V128(_) => ValType::V128,
            Value::FuncRef(_) => ValType::FUNCREF,
            Value::ExternRef(_) => ValType::EXTERNREF,
        }
    }

    /// Zero, or null, of a type; `None` for references that cannot be null.
    pub fn zero(ty: ValType) -> Option<Value> {
        Some(match ty {
            ValType::I32 => Value::I32(0),
            ValType::I64 => Value::I64(0),
            ValType::F32 => Value::F32(0),
            ValType::F64 => Value::F64(0),
            ValType::V128 => Value::V128(0),
            ValType::FUNCREF => Value::FuncRef(None),
            ValType::EXTERNREF => Value::ExternRef(None),
            ValType::Ref(_) => return None,
        })
    }

    /// The 32-bit integer, if this is one.
    pub fn as_i32(&self) -> Option<i32> {
        if let Value::I32(v) = *self { Some(v) } else { None }
    }

    /// The 64-bit integer, if this is one.
    pub fn as_i64(&self) -> Option<i64> {
        if let Value::I64(v) = *self { Some(v) } else { None }
    }

    /// The 32-bit float, if this is one.
    pub fn as_f32(&self) -> Option<f32> {
        if let Value::F32(bits) = *self { Some(f32::from_bits(bits)) } else { None }
    }

    /// The 64-bit float, if this is one.
    pub fn as_f64(&self) -> Option<f64> {
        if let Value::F64(bits) = *self { Some(f64::from_bits(bits)) } else { None }
    }

    /// The vector, if this is one.
    pub fn as_v128(&self) -> Option<u128> {
        if let Value::V128(v) = *self { Some(v) } else { None }
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::I32(a), Value::I32(b)) => a == b,
            (Value::I64(a), Value::I64(b)) => a == b,
            (Value::F32(a), Value::F32(b)) => a == b,
            (Value::F64(a), Value::F64(b)) => a == b,
            (Value::V128(a), Value::V128(b)) => a == b,
            (Value::FuncRef(a), Value::FuncRef(b)) => a == b,
            (Value::ExternRef(None), Value::ExternRef(None)) => true,
            (Value::ExternRef(Some(a)), Value::ExternRef(Some(b))) => a.ptr_eq(b),
            _ => false,
        }
    }
}

macro_rules! from {
    ($($from:ty => |$v:ident| $value:expr;)*) => {
        $(impl From<$from> for Value {
            fn from($v: $from) -> Value {
                $value
            }
        })*
    };
}

from! {
    i32 => |v| Value::I32(v);
    u32 => |v| Value::I32(v.cast_signed());
    i64 => |v| Value::I64(v);
    u64 => |v| Value::I64(v.cast_signed());
    f32 => |v| Value::F32(v.to_bits());
    f64 => |v| Value::F64(v.to_bits());
    u128 => |v| Value::V128(v);
    Func => |v| Value::FuncRef(Some(v));
    Option<Func> => |v| Value::FuncRef(v);
    ExternRef => |v| Value::ExternRef(Some(v));
    Option<ExternRef> => |v| Value::ExternRef(v);
}

/// The value as text: floats as floats, references as `null` or what they refer to.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::I32(v) => v.fmt(f),
            Value::I64(v) => v.fmt(f),
            Value::F32(bits) => f32::from_bits(*bits).fmt(f),
            Value::F64(bits) => f64::from_bits(*bits).fmt(f),
            Value::V128(v) => v.fmt(f),
            Value::FuncRef(None) | Value::ExternRef(None) => f.write_str("null"),
            Value::FuncRef(Some(_)) => f.write_str("funcref"),
            Value::ExternRef(Some(_)) => f.write_str("externref"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_a_number_keeps_its_bits_and_equals_itself() {
        let nan = Value::F32(0x7fa0_0001);
        assert_eq!(nan, nan.clone());
        assert_ne!(nan, Value::F32(0x7fc0_0000));
        assert!(nan.as_f32().unwrap().is_nan());
    }

    #[test]
    fn references_compare_by_identity() {
        let (a, b) = (ExternRef::new(1), ExternRef::new(1));
        assert_eq!(Value::from(a.clone()), Value::from(a.clone()));
        assert_ne!(Value::from(a), Value::from(b));
        assert_ne!(Value::FuncRef(None), Value::ExternRef(None));
    }
}
