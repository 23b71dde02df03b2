//! Where a function's slots are in its frame.
//!
//! Positions count 8-byte words from the frame pointer and are 16-bit numbers in most instructions; lists shift them left
//! by one, so operands are within 14 bits either way. A frame is, upwards:
//!
//! * usual: reference slots, the highest number lowest; header; data slots; extra slots.
//! * large (more slots of a kind than positions): reference slots, the highest number lowest; scratch
//!   reference slots; scratch data slots; extra slots; header; data slots. So all that operands can name is near the
//!   frame pointer, also where far slots are many.
//!
//! Extra slots hold constants that an instruction takes from slots only.

use crate::code::HEADER;
use wz_core::ir::{FuncIr, Slot};

/// Extra slots that one instruction may need: a list of vectors is longest.
pub(super) const EXTRA: u32 = 2 * wz_core::ir::LIST_MAX as u32 + 8;

/// Positions either way that an operand may have.
const REACH: u32 = 1 << 14;

#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    data_slots: u32,
    ref_slots: u32,
    large: bool,
}

impl Frame {
    /// The frame of a function; `None` if it has more slots than the IR allows.
    pub(super) fn new(ir: &FuncIr) -> Option<Frame> {
        let (data_slots, ref_slots) = (ir.data_slots, ir.ref_slots);
        let large = data_slots >= REACH - EXTRA || ref_slots >= REACH - HEADER;
        (data_slots <= Slot::MAX && ref_slots <= Slot::MAX).then_some(Frame { data_slots, ref_slots, large })
    }

    /// Position of the first scratch data slot of a large frame.
    const SCRATCH_DATA: i32 = -((HEADER + EXTRA + Slot::SCRATCH_DATA) as i32);

    /// Position of the first scratch reference slot of a large frame.
    const SCRATCH_REF: i32 = Frame::SCRATCH_DATA - 1;

    /// The position of a slot, or of the first of `width` data slots; `None` if not all are in the frame.
    pub(super) fn position(&self, slot: Slot, width: u32) -> Option<i32> {
        let within = |from: u32, width: u32, len: u32| from <= len && width <= len - from;
        Some(match slot {
            Slot::Data(s) if within(s, width, self.data_slots) => s as i32,
            Slot::Ref(s) if within(s, width, self.ref_slots) => self.ref_top() - s as i32,
            Slot::ScratchData(s)
                if within(s, width, Slot::SCRATCH_DATA) && self.data_slots >= Slot::SCRATCH_DATA =>
            {
                if self.large {
                    Frame::SCRATCH_DATA + s as i32
                } else {
                    (self.data_slots - Slot::SCRATCH_DATA + s) as i32
                }
            }
            Slot::ScratchRef(s)
                if within(s, width, Slot::SCRATCH_REF) && self.ref_slots >= Slot::SCRATCH_REF =>
            {
                if self.large {
                    Frame::SCRATCH_REF - s as i32
                } else {
                    self.ref_top() - (self.ref_slots - Slot::SCRATCH_REF + s) as i32
                }
            }
            _ => return None,
        })
    }

    /// The position of extra slot `n`.
    pub(super) fn extra(&self, n: u32) -> i32 {
        if self.large { (n as i32) - (HEADER + EXTRA) as i32 } else { (self.data_slots + n) as i32 }
    }

    /// The position of reference slot 0.
    pub(super) fn ref_top(&self) -> i32 {
        if self.large { Frame::SCRATCH_REF - Slot::SCRATCH_REF as i32 } else { -(HEADER as i32) - 1 }
    }

    /// The lowest position of a reference, and the number of positions of references from there on.
    pub(super) fn refs(&self) -> (i32, u32) {
        let scratch = if self.large { Slot::SCRATCH_REF } else { 0 };
        (self.ref_top() + 1 - self.ref_slots as i32, self.ref_slots + scratch)
    }

    /// Words below the frame pointer.
    pub(super) fn below(&self) -> u32 {
        (self.ref_top() + 1).unsigned_abs() + self.ref_slots
    }

    /// Words from the frame pointer on, if `extra` extra slots are used.
    pub(super) fn above(&self, extra: u32) -> u32 {
        if self.large { self.data_slots } else { self.data_slots + extra }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(data_slots: u32, ref_slots: u32) -> Frame {
        let ir = FuncIr { data_slots, ref_slots, ..FuncIr::default() };
        Frame::new(&ir).expect("within the limits")
    }

    /// Every slot that operands can name is within reach, in the frame, and no two share a position.
    #[test]
    fn positions_are_distinct_and_near() {
        for (data, refs) in [(0, 0), (3, 2), (100, 40), (20_000, 40), (100, 20_000), (20_000, 20_000)] {
            let frame = frame(data, refs);
            let mut taken = std::collections::HashSet::new();
            let (low, high) = (-(frame.below() as i32), frame.above(EXTRA) as i32);
            let mut take = |position: i32, near: bool| {
                assert!(!(-(HEADER as i32)..0).contains(&position), "{position} is in the header");
                assert!((low..high).contains(&position), "{position} is outside {low}..{high}");
                assert!(!near || position.unsigned_abs() <= REACH, "{position} is far");
                assert!(taken.insert(position), "{position} is taken");
            };
            for s in 0..data {
                // In a usual frame the last data slots are the scratch slots.
                take(frame.position(Slot::Data(s), 1).expect("a slot"), s < Slot::NEAR_DATA);
            }
            for s in 0..refs {
                take(frame.position(Slot::Ref(s), 1).expect("a slot"), s < Slot::NEAR_REF);
            }
            for n in 0..EXTRA {
                take(frame.extra(n), true);
            }
            if frame.large {
                for s in 0..Slot::SCRATCH_DATA {
                    take(frame.position(Slot::ScratchData(s), 1).expect("a slot"), true);
                }
                for s in 0..if refs >= Slot::SCRATCH_REF { Slot::SCRATCH_REF } else { 0 } {
                    take(frame.position(Slot::ScratchRef(s), 1).expect("a slot"), true);
                }
            }
            assert_eq!(frame.position(Slot::Data(data), 1), None);
            assert_eq!(frame.position(Slot::Ref(refs), 1), None);
        }
    }
}
