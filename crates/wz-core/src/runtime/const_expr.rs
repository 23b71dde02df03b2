//! Evaluation of constant expressions.

use super::instance::Instance;
use crate::error::Error;
use crate::module::{ConstExpr, ConstOp};

/// A value as its one or two slots.
pub(super) type Slots = [u64; 2];

/// The value of `expr` in `instance`, whose imports, and globals before the one being initialised, are set.
///
/// # Errors
///
/// [`ErrorKind::Compile`](crate::ErrorKind::Compile) if the expression is not a valid one of this module.
pub(super) fn evaluate(instance: &Instance, expr: &ConstExpr) -> Result<Slots, Error> {
    if let ConstExpr::One(op) = expr {
        return value(instance, op);
    }
    let mut stack: Vec<Slots> = Vec::new();
    for op in expr.ops() {
        let top = match op {
            ConstOp::I32Add => binary32(&mut stack, u32::wrapping_add)?,
            ConstOp::I32Sub => binary32(&mut stack, u32::wrapping_sub)?,
            ConstOp::I32Mul => binary32(&mut stack, u32::wrapping_mul)?,
            ConstOp::I64Add => binary64(&mut stack, u64::wrapping_add)?,
            ConstOp::I64Sub => binary64(&mut stack, u64::wrapping_sub)?,
            ConstOp::I64Mul => binary64(&mut stack, u64::wrapping_mul)?,
            op => value(instance, op)?,
        };
        stack.push(top);
    }
    match stack[..] {
        [value] => Ok(value),
        _ => Err(invalid()),
    }
}

/// The value that an operator without operands pushes.
fn value(instance: &Instance, op: &ConstOp) -> Result<Slots, Error> {
    match *op {
        ConstOp::Value(bits) => Ok([bits, 0]),
        ConstOp::V128(bits) => Ok(bits),
        ConstOp::RefNull => Ok([0, 0]),
        ConstOp::RefFunc(func) => {
            let func_ref = instance.func_ref(func).ok_or_else(invalid)?;
            Ok([func_ref.as_ptr().expose_provenance() as u64, 0])
        }
        ConstOp::GlobalGet(global) => instance.global_value(global).ok_or_else(invalid),
        _ => Err(invalid()),
    }
}

fn binary32(stack: &mut Vec<Slots>, op: fn(u32, u32) -> u32) -> Result<Slots, Error> {
    binary64(stack, |x, y| u64::from(op(x as u32, y as u32)))
}

fn binary64(stack: &mut Vec<Slots>, op: impl Fn(u64, u64) -> u64) -> Result<Slots, Error> {
    match (stack.pop(), stack.pop()) {
        (Some([y, _]), Some([x, _])) => Ok([op(x, y), 0]),
        _ => Err(invalid()),
    }
}

fn invalid() -> Error {
    Error::compile("constant expression required", None)
}
