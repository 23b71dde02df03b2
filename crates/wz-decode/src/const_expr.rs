//! Constant expressions.

use crate::error::from_wasmparser;
use wasmparser::{BinaryReader, ConstExpr as Source, Operator};
use wz_core::Error;
use wz_core::module::{ConstExpr, ConstOp};

/// Reads a validated constant expression.
pub(crate) fn read(expr: &Source<'_>) -> Result<ConstExpr, Error> {
    if let Some(address) = i32_const(expr.get_binary_reader()) {
        return Ok(ConstExpr::One(ConstOp::Value(u64::from(address as u32))));
    }
    let mut reader = expr.get_operators_reader();
    let first = op(&mut reader)?.ok_or_else(|| Error::compile("empty constant expression", None))?;
    let Some(second) = op(&mut reader)? else { return Ok(ConstExpr::One(first)) };
    let mut ops = vec![first, second];
    while let Some(next) = op(&mut reader)? {
        ops.push(next);
    }
    Ok(ConstExpr::Many(ops.into()))
}

/// The constant, if there is nothing but an `i32.const`, as in modules with very many segments.
fn i32_const(mut reader: BinaryReader<'_>) -> Option<i32> {
    const I32_CONST: u8 = 0x41;
    const END: u8 = 0x0b;
    if reader.read_u8().ok()? != I32_CONST {
        return None;
    }
    let value = reader.read_var_i32().ok()?;
    (reader.read_u8().ok()? == END && reader.eof()).then_some(value)
}

/// The next operator; `None` at `end`.
fn op(reader: &mut wasmparser::OperatorsReader<'_>) -> Result<Option<ConstOp>, Error> {
    let offset = reader.original_position();
    Ok(Some(match reader.read().map_err(from_wasmparser)? {
        Operator::End => return Ok(None),
        Operator::I32Const { value } => ConstOp::Value(u64::from(value as u32)),
        Operator::I64Const { value } => ConstOp::Value(value as u64),
        Operator::F32Const { value } => ConstOp::Value(u64::from(value.bits())),
        Operator::F64Const { value } => ConstOp::Value(value.bits()),
        Operator::V128Const { value } => {
            let bits = value.i128() as u128;
            ConstOp::V128([bits as u64, (bits >> 64) as u64])
        }
        Operator::RefNull { .. } => ConstOp::RefNull,
        Operator::RefFunc { function_index } => ConstOp::RefFunc(function_index),
        Operator::GlobalGet { global_index } => ConstOp::GlobalGet(global_index),
        Operator::I32Add => ConstOp::I32Add,
        Operator::I32Sub => ConstOp::I32Sub,
        Operator::I32Mul => ConstOp::I32Mul,
        Operator::I64Add => ConstOp::I64Add,
        Operator::I64Sub => ConstOp::I64Sub,
        Operator::I64Mul => ConstOp::I64Mul,
        other => {
            return Err(Error::compile(
                format!("{other:?} in a constant expression is not supported"),
                Some(offset),
            ));
        }
    }))
}
