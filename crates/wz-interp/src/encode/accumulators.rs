//! Which slot's value each accumulator holds.
//!
//! Handlers write their result to a slot and to the accumulator of its class; an instruction that reads the slot next
//! takes it from there. Nothing is known where control may come from elsewhere.

use wz_core::types::Class;

/// No position.
const NONE: i32 = i32::MAX;

/// Positions of the slots whose values the accumulators hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Accumulators {
    int: i32,
    f32: i32,
    f64: i32,
}

impl Default for Accumulators {
    fn default() -> Accumulators {
        Accumulators { int: NONE, f32: NONE, f64: NONE }
    }
}

impl Accumulators {
    /// Whether the slot's value is in the accumulator of its class.
    pub(super) fn hold(&self, class: Class, position: i16) -> bool {
        let held = match class {
            Class::I32 | Class::I64 | Class::Ref | Class::Addr => self.int,
            Class::F32 => self.f32,
            Class::F64 => self.f64,
            Class::V128 | Class::No => return false,
        };
        held == i32::from(position)
    }

    /// Slots are written by an instruction that leaves the accumulators alone.
    pub(super) fn overwritten(&mut self, position: i32, width: u32) {
        for held in [&mut self.int, &mut self.f32, &mut self.f64] {
            if *held >= position && i64::from(*held) < i64::from(position) + i64::from(width) {
                *held = NONE;
            }
        }
    }

    /// A slot is written by a handler that writes the accumulator of `class` too.
    pub(super) fn written(&mut self, class: Class, position: i16) {
        let position = i32::from(position);
        self.overwritten(position, if class == Class::V128 { 2 } else { 1 });
        match class {
            Class::I32 | Class::I64 | Class::Ref | Class::Addr => self.int = position,
            Class::F32 => self.f32 = position,
            Class::F64 => self.f64 = position,
            Class::V128 | Class::No => {}
        }
    }

    /// Nothing is known any more.
    pub(super) fn forget(&mut self) {
        *self = Accumulators::default();
    }
}
