//! Which value of a signature is in which register, or where on the stack.

use super::arch::Registers;
use std::slice;
use wz_core::native::Restore;
use wz_core::types::{FuncType, ValType};

/// A signature as the host needs it to enter a guest.
#[derive(Debug)]
pub(crate) struct Signature {
    pub(crate) params: Box<[ValType]>,
    /// Bytes of the argument area.
    pub(crate) arg_bytes: usize,
    /// Bytes of the result area.
    pub(crate) result_bytes: usize,
}

impl Signature {
    pub(crate) fn new(ty: &FuncType) -> Signature {
        Signature {
            params: ty.params().into(),
            arg_bytes: stack_bytes(ty.params()),
            result_bytes: result_bytes(ty.results()),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Bank {
    Int,
    Float,
}

fn bank(ty: ValType) -> Bank {
    match ty {
        ValType::I32 | ValType::I64 | ValType::Ref(_) => Bank::Int,
        ValType::F32 | ValType::F64 | ValType::V128 => Bank::Float,
    }
}

/// Bytes of the values beyond the registers.
pub(crate) fn stack_bytes(types: &[ValType]) -> usize {
    let (mut ints, mut floats) = (Registers::INTS, Registers::FLOATS);
    let mut bytes = 0;
    for ty in types {
        let left = if bank(*ty) == Bank::Int { &mut ints } else { &mut floats };
        match left.checked_sub(1) {
            Some(rest) => *left = rest,
            None => bytes += 8 * ty.slots(),
        }
    }
    bytes
}

/// How far into a result area the results begin: it starts with room for a restore frame.
pub(crate) const RESULTS_START: usize = Restore::FRAME_BYTES as usize;

/// Bytes of the result area.
pub(crate) fn result_bytes(types: &[ValType]) -> usize {
    match stack_bytes(types) {
        0 => 0,
        bytes => RESULTS_START + bytes,
    }
}

/// Calls `copy` for each value with the slots that it has in registers or on the stack.
///
/// # Safety
///
/// `stack` has room for [`stack_bytes`] of the types.
unsafe fn each_place(
    types: &[ValType],
    registers: &mut Registers,
    mut stack: *mut u64,
    mut copy: impl FnMut(ValType, &mut [u64]),
) {
    let (mut ints, mut floats) = (registers.ints.iter_mut(), registers.floats.iter_mut());
    for ty in types {
        let register = match bank(*ty) {
            Bank::Int => ints.next().map(slice::from_mut),
            Bank::Float => floats.next().map(|register| &mut register[..ty.slots()]),
        };
        match register {
            Some(place) => copy(*ty, place),
            None => {
                // SAFETY: the caller's promise: the value is one of those that `stack_bytes` counted.
                copy(*ty, unsafe { slice::from_raw_parts_mut(stack, ty.slots()) });
                stack = stack.wrapping_add(ty.slots());
            }
        }
    }
}

/// Copies values from an array in the order of the signature to their places.
///
/// # Safety
///
/// As [`each_place`].
pub(crate) unsafe fn scatter(types: &[ValType], values: &[u64], registers: &mut Registers, stack: *mut u64) {
    let mut values = values.iter();
    // SAFETY: the caller's promise.
    unsafe {
        each_place(types, registers, stack, |_, place| {
            place.iter_mut().zip(&mut values).for_each(|(place, value)| *place = *value);
        });
    }
}

/// Copies values from their places to an array in the order of the signature.
///
/// # Safety
///
/// As [`each_place`], and the values on the stack are initialised.
pub(crate) unsafe fn gather(
    types: &[ValType],
    values: &mut [u64],
    registers: &mut Registers,
    stack: *mut u64,
) {
    let mut values = values.iter_mut();
    // SAFETY: the caller's promise.
    unsafe {
        each_place(types, registers, stack, |ty, place| {
            for (value, place) in values.by_ref().take(place.len()).zip(place) {
                // Registers say nothing of the bits above an f32.
                *value = if ty == ValType::F32 { *place & u64::from(u32::MAX) } else { *place };
            }
        });
    }
}
