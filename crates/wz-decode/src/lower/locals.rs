//! Numbering of locals: declared index to frame slot and class.
//!
//! Locals are declared in groups of one class, thousands at a time; nothing is kept per declared local but for the
//! first few, which are looked up most.

use wz_core::ir::{Operand, Slot};
use wz_core::types::Class;

/// How many locals have an entry of their own.
const DIRECT: usize = 64;

#[derive(Clone, Copy, Debug)]
struct Group {
    /// Index of the first local.
    first: u32,
    /// Slot of the first local.
    slot: u32,
    class: Class,
}

impl Group {
    fn local(self, index: u32) -> (Slot, Class) {
        let n = index - self.first;
        let slot = match self.class {
            Class::Ref => Slot::Ref(self.slot + n),
            Class::V128 => Slot::Data(self.slot + 2 * n),
            _ => Slot::Data(self.slot + n),
        };
        (slot, self.class)
    }
}

/// The locals of one function, parameters first.
#[derive(Default)]
pub(super) struct Locals {
    direct: Vec<(Operand, Class)>,
    groups: Vec<Group>,
    count: u32,
    data: u32,
    refs: u32,
}

impl Locals {
    pub(super) fn clear(&mut self) {
        self.direct.clear();
        self.groups.clear();
        (self.count, self.data, self.refs) = (0, 0, 0);
    }

    /// Declares `count` locals of a class. Their total has been checked to be at most 50,000 and 1,000 parameters.
    pub(super) fn define(&mut self, count: u32, class: Class) {
        if count == 0 {
            return;
        }
        let slot = if class == Class::Ref { self.refs } else { self.data };
        let group = Group { first: self.count, slot, class };
        for n in 0..count.min((DIRECT - self.direct.len()) as u32) {
            let (slot, class) = group.local(self.count + n);
            self.direct.push((Operand::of_slot(slot).unwrap_or(Operand::NONE), class));
        }
        self.groups.push(group);
        self.count += count;
        match class {
            Class::Ref => self.refs += count,
            Class::V128 => self.data += 2 * count,
            _ => self.data += count,
        }
    }

    /// Data and reference slots of all locals so far.
    pub(super) fn slots(&self) -> (u32, u32) {
        (self.data, self.refs)
    }

    /// Operand and class of a local; no operand where none can name its slot, or there is no such local.
    #[inline]
    pub(super) fn operand(&self, index: u32) -> (Operand, Class) {
        match self.direct.get(index as usize) {
            Some(local) => *local,
            None => self.search(index).map_or((Operand::NONE, Class::No), |(slot, class)| {
                (Operand::of_slot(slot).unwrap_or(Operand::NONE), class)
            }),
        }
    }

    /// Slot and class of a local.
    #[cold]
    pub(super) fn search(&self, index: u32) -> Option<(Slot, Class)> {
        if index >= self.count {
            return None;
        }
        let after = self.groups.partition_point(|group| group.first <= index);
        Some(self.groups.get(after.checked_sub(1)?)?.local(index))
    }
}
