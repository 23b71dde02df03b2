//! Values on the command line, for `--invoke`.

use wz_api::{FuncType, HeapType, ValType, Value};

/// The arguments of a function of type `ty`.
pub(crate) fn arguments(ty: &FuncType, texts: &[String]) -> Result<Vec<Value>, String> {
    let params = ty.params();
    if texts.len() != params.len() {
        let list: Vec<String> = params.iter().map(ValType::to_string).collect();
        let plural = if params.len() == 1 { "" } else { "s" };
        return Err(format!(
            "takes {} argument{plural} ({}), got {}",
            params.len(),
            list.join(", "),
            texts.len()
        ));
    }
    let values = params.iter().zip(texts).enumerate();
    values
        .map(|(i, (ty, text))| {
            argument(*ty, text).map_err(|reason| format!("argument {}: {text:?} is no {ty}: {reason}", i + 1))
        })
        .collect()
}

fn argument(ty: ValType, text: &str) -> Result<Value, String> {
    Ok(match ty {
        ValType::I32 => Value::I32(integer(text, 32)? as u32 as i32),
        ValType::I64 => Value::I64(integer(text, 64)? as u64 as i64),
        ValType::F32 => Value::F32(float(text, 23, 8, |text| {
            text.parse::<f32>().map(|v| u64::from(v.to_bits())).map_err(|e| e.to_string())
        })? as u32),
        ValType::F64 => Value::F64(float(text, 52, 11, |text| {
            text.parse::<f64>().map(f64::to_bits).map_err(|e| e.to_string())
        })?),
        ValType::V128 => {
            let digits = text.strip_prefix("0x").ok_or("expected 0x and up to 32 hexadecimal digits")?;
            Value::V128(unsigned(digits, 16)?)
        }
        ValType::Ref(r) => match (text, r.heap) {
            ("null", HeapType::Func) if r.nullable => Value::FuncRef(None),
            ("null", HeapType::Extern) if r.nullable => Value::ExternRef(None),
            _ => return Err("the only reference that can be written is null".to_owned()),
        },
    })
}

fn unsigned(digits: &str, radix: u32) -> Result<u128, String> {
    // The standard parser would take a sign of its own.
    if digits.is_empty() || digits.starts_with(['+', '-']) {
        return Err("digits are missing".to_owned());
    }
    u128::from_str_radix(digits, radix).map_err(|e| e.to_string())
}

/// Splits off a sign: whether it is a minus, and the rest.
fn sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// An integer of `bits` bits, written signed or unsigned, decimal or hexadecimal.
fn integer(text: &str, bits: u32) -> Result<i128, String> {
    let (negative, digits) = sign(text);
    let magnitude = match digits.strip_prefix("0x") {
        Some(digits) => unsigned(digits, 16)?,
        None => unsigned(digits, 10)?,
    };
    let limit = if negative { 1u128 << (bits - 1) } else { (1u128 << bits) - 1 };
    if magnitude > limit {
        return Err("out of range".to_owned());
    }
    // At most 2^64, so it fits.
    let magnitude = magnitude as i128;
    Ok(if negative { -magnitude } else { magnitude })
}

/// The bits of a float with these numbers of fraction and exponent bits: decimal, `inf`, `nan`, `nan:0x…` with the
/// fraction's bits, or hexadecimal such as `0x1.8p-3`.
fn float(
    text: &str,
    fraction_bits: u32,
    exponent_bits: u32,
    decimal: impl Fn(&str) -> Result<u64, String>,
) -> Result<u64, String> {
    let (negative, rest) = sign(text);
    let exponent_ones = ((1u64 << exponent_bits) - 1) << fraction_bits;
    let magnitude = if let Some(payload) = rest.strip_prefix("nan:0x") {
        let payload = unsigned(payload, 16)?;
        if payload == 0 || payload >> fraction_bits != 0 {
            return Err(format!("the fraction of a NaN must be 1 to 2^{fraction_bits} - 1"));
        }
        exponent_ones | payload as u64
    } else if rest == "nan" {
        exponent_ones | 1 << (fraction_bits - 1)
    } else if let Some(digits) = rest.strip_prefix("0x") {
        hexadecimal(digits, fraction_bits, exponent_bits)?
    } else if rest.starts_with(|c: char| c.is_ascii_digit() || c == '.') || rest == "inf" {
        decimal(rest)?
    } else {
        return Err("expected a decimal or hexadecimal number, inf, nan or nan:0x…".to_owned());
    };
    Ok(magnitude | u64::from(negative) << (fraction_bits + exponent_bits))
}

/// The bits of a hexadecimal float, which must be exact.
fn hexadecimal(digits: &str, fraction_bits: u32, exponent_bits: u32) -> Result<u64, String> {
    let (digits, exponent) = match digits.split_once(['p', 'P']) {
        Some((digits, exponent)) => (digits, exponent.parse::<i64>().map_err(|e| e.to_string())?),
        None => (digits, 0),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mantissa = unsigned(&format!("{whole}{fraction}"), 16)?;
    if mantissa == 0 {
        return Ok(0);
    }
    let inexact = || "the number is not exactly representable".to_owned();
    // mantissa * 2^scale, and then with the highest bit as the only one before the point.
    let scale = exponent.checked_sub(4 * fraction.len() as i64).ok_or_else(inexact)?;
    let top = i64::from(127 - mantissa.leading_zeros());
    let power = scale.checked_add(top).ok_or_else(inexact)?;
    let bias = (1i64 << (exponent_bits - 1)) - 1;
    if power > bias {
        return Err("out of range".to_owned());
    }
    // The weight of the last fraction bit: subnormal numbers share the smallest normal number's.
    let last = power.max(1 - bias) - i64::from(fraction_bits);
    let shift = scale - last;
    let aligned = if shift >= 0 {
        mantissa << shift
    } else {
        let down = u32::try_from(-shift).ok().filter(|s| *s < 128).ok_or_else(inexact)?;
        if mantissa & ((1 << down) - 1) != 0 {
            return Err(inexact());
        }
        mantissa >> down
    };
    let hidden = 1u128 << fraction_bits;
    let biased = if aligned & hidden == 0 { 0 } else { (power + bias) as u64 };
    Ok(biased << fraction_bits | (aligned & (hidden - 1)) as u64)
}

/// A result as it is printed.
pub(crate) fn result(value: &Value) -> String {
    match value {
        Value::FuncRef(None) => "<null funcref>".to_owned(),
        Value::FuncRef(Some(_)) => "<funcref>".to_owned(),
        Value::ExternRef(None) => "<null externref>".to_owned(),
        Value::ExternRef(Some(_)) => "<externref>".to_owned(),
        number => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_all_types() {
        for (ty, text, value) in [
            (ValType::I32, "-1", Value::I32(-1)),
            (ValType::I32, "4294967295", Value::I32(-1)),
            (ValType::I32, "-0x80000000", Value::I32(i32::MIN)),
            (ValType::I64, "0xffffffffffffffff", Value::I64(-1)),
            (ValType::I64, "-9223372036854775808", Value::I64(i64::MIN)),
            (ValType::F32, "1.5", Value::from(1.5f32)),
            (ValType::F32, "-nan:0x1", Value::F32(0xff80_0001)),
            (ValType::F32, "nan", Value::F32(0x7fc0_0000)),
            (ValType::F32, "0x1.8p-3", Value::from(0.1875f32)),
            (ValType::F32, "0x1p-149", Value::F32(1)),
            (ValType::F32, "0x0.fffffep-126", Value::F32(0x007f_ffff)),
            (ValType::F64, "-inf", Value::from(f64::NEG_INFINITY)),
            (ValType::F64, "1e3", Value::from(1000.0)),
            (ValType::F64, "-0", Value::from(-0.0)),
            (ValType::F64, "0x1.fffffffffffffp+1023", Value::from(f64::MAX)),
            (ValType::V128, "0xff", Value::V128(255)),
            (ValType::FUNCREF, "null", Value::FuncRef(None)),
        ] {
            assert_eq!(argument(ty, text), Ok(value), "{ty} {text}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for (ty, text) in [
            (ValType::I32, "4294967296"),
            (ValType::I32, "-2147483649"),
            (ValType::I32, "1.5"),
            (ValType::I32, "--1"),
            (ValType::I32, "0x"),
            (ValType::I32, ""),
            (ValType::I64, "18446744073709551616"),
            (ValType::F32, "nan:0x0"),
            (ValType::F32, "nan:0x800000"),
            (ValType::F32, "0x1.0000001"),
            (ValType::F32, "0x1p128"),
            (ValType::F32, "0x1p-150"),
            (ValType::F64, "0x1p99999999999999999999"),
            (ValType::F64, "0x1p-9223372036854775807"),
            (ValType::F64, "infinity!"),
            (ValType::V128, "1"),
            (ValType::V128, "0x100000000000000000000000000000000"),
            (ValType::EXTERNREF, "5"),
        ] {
            assert!(argument(ty, text).is_err(), "{ty} {text}");
        }
    }
}
