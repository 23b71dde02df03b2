//! The check of the whole state that debug builds make after each instruction.

use super::{Alloc, HELD, SLOTS};
use crate::reg::{Kind, RegSet};

impl Alloc {
    /// Checks that slots and registers agree about each other.
    ///
    /// # Panics
    ///
    /// If they do not: an error in the allocator or an emitter, which no input must reach.
    #[cfg_attr(not(debug_assertions), expect(dead_code, reason = "a check of debug builds"))]
    pub(super) fn check(&self) {
        for reg in self.used {
            let held = self.held(reg);
            let place = self.place[usize::from(held.slot) & (SLOTS - 1)];
            assert_eq!(place, HELD | reg.index(), "{reg:?} holds {held:?}, which is elsewhere");
            assert_eq!(reg.bank(), held.kind.bank(), "{reg:?} holds {held:?}, which is of the other bank");
            assert!(self.target.allocatable.contains(reg), "{reg:?} is not to be allocated");
            assert!(held.kind != Kind::Ref || !self.dirty.contains(reg), "{held:?} is not in its home");
        }
        assert_eq!(self.dirty - self.used, RegSet::EMPTY, "dirty registers that hold nothing");
        assert_eq!(self.locked, RegSet::EMPTY);
        let saved = self.used & self.target.callee_saved;
        assert_eq!(saved - self.saved, RegSet::EMPTY, "callee-saved registers that will not be saved");
    }
}
