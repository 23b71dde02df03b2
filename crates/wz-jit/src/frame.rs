//! Where slots are in a frame.
//!
//! ```text
//! | reference slots |
//! | data slots      |
//! | vmctx           |   <- sp in the body
//! ```

use wz_core::ir::{FuncIr, Operand, Slot};

/// A place in the frame: bytes from the stack pointer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Home(pub i32);

/// The slots of a function's frame.
#[derive(Clone, Copy, Default, Debug)]
pub struct Frame {
    data_slots: u32,
    ref_slots: u32,
    /// How far the stack pointer is below the frame at the moment.
    pushed: u32,
}

impl Frame {
    /// Bytes below the data slots: the vmctx.
    const HEAD: u32 = 8;

    /// The frame of a function; `None` if it has more slots than the IR allows.
    pub fn of(ir: &FuncIr) -> Option<Frame> {
        let Frame { data_slots, ref_slots, .. } =
            Frame { data_slots: ir.data_slots, ref_slots: ir.ref_slots, pushed: 0 };
        (data_slots <= Slot::MAX && ref_slots <= Slot::MAX).then_some(Frame {
            data_slots,
            ref_slots,
            pushed: 0,
        })
    }

    /// Bytes of the frame, saved registers not counted.
    pub fn bytes(&self) -> u32 {
        Frame::HEAD + 8 * (self.data_slots + self.ref_slots)
    }

    /// Offset of the first reference slot from the stack pointer in the body.
    pub fn refs_offset(&self) -> u32 {
        Frame::HEAD + 8 * self.data_slots
    }

    /// Number of reference slots.
    pub fn ref_slots(&self) -> u32 {
        self.ref_slots
    }

    /// Notes that the stack pointer moved down by so many bytes, or back up.
    pub fn set_pushed(&mut self, bytes: u32) {
        self.pushed = bytes;
    }

    /// How far the stack pointer is below the frame.
    pub fn pushed(&self) -> u32 {
        self.pushed
    }

    /// The place of the slot with this position; data slots come first.
    #[inline]
    fn position(&self, position: u32) -> Home {
        Home((Frame::HEAD + 8 * position + self.pushed) as i32)
    }

    /// The place of the slot that an operand names.
    #[inline]
    pub fn home(&self, operand: Operand) -> Home {
        let index = u32::from(operand.index());
        if index < Slot::NEAR_DATA {
            return self.position(index);
        }
        self.slot(operand.slot().unwrap_or(Slot::Data(0)))
    }

    /// The place of a slot.
    pub fn slot(&self, slot: Slot) -> Home {
        self.position(slot.position(self.data_slots, self.ref_slots))
    }
}
