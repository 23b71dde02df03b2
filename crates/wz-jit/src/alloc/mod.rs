//! Register allocation in one pass over the code.
//!
//! At each moment a slot's value is in a register, or in its *home*, its place in the frame, or in both: a register is
//! *dirty* while the home does not hold its value. One register holds at most one slot, and a slot is in at most one
//! register. A slot that is killed is nowhere: its register is free, and nobody reads its home.
//!
//! An instruction's registers are *locked* from when they are asked for until its end, so that none of them is
//! given away for another. References are stored in their homes as they are defined, so that their registers are
//! never dirty.
//!
//! What happens where control flow splits and joins is in `merge`, at loop headers in `loops`, around calls in
//! `transfer`.

mod check;
mod loops;
mod merge;
mod moves;
mod states;
#[cfg(test)]
mod tests;
mod transfer;

pub use merge::LiveAt;
pub use transfer::Source;

use crate::frame::{Frame, Home};
use crate::reg::{Bank, Kind, Reg, RegSet};
use crate::target::Target;
use crate::technique::{Technique, Techniques};
use loops::Loops;
use merge::Plan;
use states::States;
use transfer::Transfer;
use wz_core::ir::{FuncIr, Operand, Slot};

/// Instructions that the allocator asks for. None may change registers but `dst`, and only `constant` may change flags:
/// nothing but calls and returns, at which no flags matter, makes the allocator ask for it.
pub trait Moves {
    /// `dst <- home`; the register as the kind wants it.
    fn load(&mut self, dst: Reg, home: Home, kind: Kind);
    /// `home <- src`; an i32 is zero-extended in its home too.
    fn store(&mut self, home: Home, src: Reg, kind: Kind);
    /// `dst <- src`, also from one bank to the other. An i32 is zero-extended.
    fn mov(&mut self, dst: Reg, src: Reg, kind: Kind);
    /// Swaps two registers of one bank.
    fn swap(&mut self, a: Reg, b: Reg);
    /// `dst <- bits`.
    fn constant(&mut self, dst: Reg, bits: u64, kind: Kind);
    /// `dst <- src`, 8 bytes, through a register that is never allocated.
    fn copy_home(&mut self, dst: Home, src: Home);
}

/// What a register holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Held {
    /// Operand index of the slot.
    slot: u16,
    kind: Kind,
}

/// The allocator's state.
#[derive(Debug)]
pub struct Alloc {
    target: Target,
    techniques: Techniques,
    frame: Frame,
    /// By operand index: the register that holds the slot, with [`HELD`], or the one that last did.
    place: Box<[u8; SLOTS]>,
    /// Operand indices from here on were not used by the function: of data slots, of references.
    unused: [usize; 2],
    /// What the registers in `used` hold.
    held: [Held; Reg::COUNT],
    used: RegSet,
    dirty: RegSet,
    /// Registers of the instruction at hand.
    locked: RegSet,
    /// Whether the instruction at hand made a value that is to be stored in its home: a reference.
    to_store: bool,
    /// Callee-saved registers that the function changes.
    saved: RegSet,
    /// The register that was evicted last.
    evicted: Reg,
    /// Whether anything in the frame was read or written.
    frame_used: bool,
    loops: Loops,
    states: States,
    plan: Plan,
    transfer: Transfer,
    poison: Option<&'static str>,
}

/// Number of operand indices.
const SLOTS: usize = 1 << 14;

/// Set in [`Alloc::place`] if a register holds the slot.
const HELD: u8 = 0x80;

/// The operand index of the first reference, in [`Alloc::place`].
const FIRST_REF: usize = Operand::FIRST_REF as usize;

/// The register that holds a slot, by its operand index.
#[inline]
fn register(place: &[u8; SLOTS], slot: u16) -> Option<Reg> {
    let place = place[usize::from(slot) & (SLOTS - 1)];
    (place & HELD != 0).then_some(Reg::from_index(place))
}

impl Alloc {
    /// An allocator for an architecture.
    pub fn new(target: Target, techniques: Techniques) -> Alloc {
        Alloc {
            target,
            techniques,
            frame: Frame::default(),
            place: Box::new([0; SLOTS]),
            unused: [0, FIRST_REF],
            held: [Held { slot: 0, kind: Kind::I32 }; Reg::COUNT],
            used: RegSet::EMPTY,
            dirty: RegSet::EMPTY,
            locked: RegSet::EMPTY,
            to_store: false,
            saved: RegSet::EMPTY,
            evicted: Reg::int(0),
            frame_used: false,
            loops: Loops::default(),
            states: States::default(),
            plan: Plan::default(),
            transfer: Transfer::default(),
            poison: None,
        }
    }

    /// Starts a function: all slots are in their homes.
    pub fn start(&mut self, ir: &FuncIr) {
        match Frame::of(ir) {
            Some(frame) => self.frame = frame,
            None => self.poison = Some("a frame of too many slots"),
        }
        let [data, refs] = self.unused;
        self.place[..data].fill(0);
        self.place[FIRST_REF..refs].fill(0);
        self.unused = [0, FIRST_REF];
        self.used = RegSet::EMPTY;
        self.dirty = RegSet::EMPTY;
        self.locked = RegSet::EMPTY;
        self.to_store = false;
        self.saved = RegSet::EMPTY;
        self.evicted = Reg::int(0);
        self.frame_used = false;
        self.loops.start();
        self.states.start(ir.labels.len());
    }

    /// Why the code is not to be used, if so; takes it off.
    pub fn take_poison(&mut self) -> Option<&'static str> {
        self.poison.take()
    }

    /// The frame.
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// Notes that the stack pointer is so many bytes below the frame.
    pub fn set_pushed(&mut self, bytes: u32) {
        self.frame.set_pushed(bytes);
    }

    /// Callee-saved registers that the function changed so far.
    pub fn saved(&self) -> RegSet {
        self.saved
    }

    /// Whether the function used a place in its frame so far.
    pub fn frame_used(&self) -> bool {
        self.frame_used
    }

    /// Registers that hold no value and are not the instruction's.
    pub fn free(&self) -> RegSet {
        self.target.allocatable - self.used - self.locked
    }

    /// Stores what is in registers that calls change, for a call beside the straight path; the state stays as it is.
    pub fn save_live(&mut self, m: &mut impl Moves) {
        for reg in (self.used & self.dirty) - self.target.callee_saved {
            let Held { slot, kind } = self.held(reg);
            let home = self.home(Operand(slot));
            m.store(home, reg, kind);
        }
    }

    /// Loads what [`Alloc::save_live`] stored, and what such a call changes else.
    pub fn reload_live(&mut self, m: &mut impl Moves) {
        for reg in self.used - self.target.callee_saved {
            let Held { slot, kind } = self.held(reg);
            let home = self.home(Operand(slot));
            m.load(reg, home, kind);
        }
    }

    /// Copies a slot's value to another slot. A value that dies here changes its name only.
    pub fn copy(&mut self, m: &mut impl Moves, dst: Operand, src: Operand, kind: Kind) {
        if dst.index() == src.index() {
            return;
        }
        let from = self.read(m, src, kind);
        if src.kills() {
            let moves_to_lane =
                self.loops.lane(dst.index()).filter(|lane| *lane != from && self.free().contains(*lane));
            self.drop_value(from);
            if moves_to_lane.is_none() {
                self.write_in(dst, kind, from);
                return;
            }
        }
        let to = self.write(m, dst, kind, None);
        m.mov(to, from, kind);
    }

    // Reading.

    /// The register that holds a slot's value. It loads nothing and locks nothing.
    #[inline]
    pub fn reg_of(&self, x: Operand) -> Option<Reg> {
        register(&self.place, x.index())
    }

    /// Whether a register holds a slot's value.
    #[inline]
    pub fn is_used(&self, reg: Reg) -> bool {
        self.used.contains(reg)
    }

    /// The register that holds a slot's value, and as what.
    pub fn held_in(&self, x: Operand) -> Option<(Reg, Kind)> {
        self.reg_of(x).map(|reg| (reg, self.held(reg).kind))
    }

    /// A slot's home. Only a slot that [`Alloc::reg_of`] finds in no register is sure to have its value there.
    #[inline]
    pub fn home(&mut self, x: Operand) -> Home {
        self.frame_used = true;
        self.frame.home(x)
    }

    /// The home of a slot that operands may not be able to name.
    pub fn slot_home(&mut self, slot: Slot) -> Home {
        self.frame_used = true;
        self.frame.slot(slot)
    }

    /// A register with a slot's value, loaded if it has to be; locked.
    #[inline]
    pub fn read(&mut self, m: &mut impl Moves, x: Operand, kind: Kind) -> Reg {
        let reg = match self.reg_of(x) {
            Some(reg) if self.held(reg).kind == kind => reg,
            Some(reg) => self.read_as(m, reg, kind),
            None => {
                let home = self.home(x);
                let reg = self.pick_for(m, x.index(), kind);
                m.load(reg, home, kind);
                self.hold(reg, x.index(), kind);
                if !self.techniques.has(Technique::CleanCopies) {
                    self.dirty.insert(reg);
                    self.to_store = true;
                }
                reg
            }
        };
        self.locked.insert(reg);
        reg
    }

    /// The register of a value that was made as another kind: that is so for values that go through scratch slots.
    #[cold]
    fn read_as(&mut self, m: &mut impl Moves, reg: Reg, kind: Kind) -> Reg {
        self.locked.insert(reg);
        self.held[usize::from(reg.index())].kind = kind;
        if kind.bank() != reg.bank() {
            let other = self.pick(m, kind.bank());
            self.move_to(m, reg, other);
            return other;
        }
        if kind == Kind::I32 {
            m.mov(reg, reg, kind);
        }
        reg
    }

    /// Puts a slot's value into this very register, which the instruction may change; locks it. The slot keeps its
    /// value elsewhere unless it `dies`: it is killed here, and no operand that is read later is the same slot.
    pub fn read_into(&mut self, m: &mut impl Moves, x: Operand, kind: Kind, reg: Reg, dies: bool) {
        let held = match self.reg_of(x) {
            Some(held) if self.held(held).kind != kind => {
                let held = self.read_as(m, held, kind);
                // It is not the instruction's yet: it may have to move.
                self.unlock(held);
                Some(held)
            }
            held => held,
        };
        match held {
            Some(held) if held == reg && dies => self.drop_value(reg),
            // What moves away stays in the register as well.
            Some(held) if held == reg => self.take(m, reg),
            Some(held) => {
                self.take(m, reg);
                m.mov(reg, held, kind);
            }
            None => {
                self.take(m, reg);
                let home = self.home(x);
                m.load(reg, home, kind);
            }
        }
        self.lock(reg);
    }

    /// Forgets a slot's value if this is its last read. Its register is free but stays locked until the end of the
    /// instruction, unless [`Alloc::write`] is told that it may reuse it.
    #[inline]
    pub fn free_if_killed(&mut self, x: Operand) {
        if x.kills()
            && !x.is_const()
            && self.techniques.has(Technique::Kills)
            && let Some(reg) = self.reg_of(x)
        {
            self.drop_value(reg);
        }
    }

    /// Whether a slot has its place in this register in the loop at hand.
    #[inline]
    pub fn belongs_in(&self, x: Operand, reg: Reg) -> bool {
        self.loops.lane(x.index()) == Some(reg)
    }

    // Writing.

    /// The register for a slot's new value; the value that the slot had is dead. The register is none that the
    /// instruction has locked, except possibly `reuse`, if nothing else lives there.
    #[inline]
    pub fn write(&mut self, m: &mut impl Moves, dst: Operand, kind: Kind, reuse: Option<Reg>) -> Reg {
        let slot = dst.index();
        if let Some(own) = self.reg_of(dst) {
            self.drop_value(own);
        }
        let open = self.target.allocatable & (RegSet::bank(kind.bank()) - self.used);
        let mut free = open - self.locked;
        if let Some(reg) = reuse
            && open.contains(reg)
        {
            free.insert(reg);
        }
        let last = Reg::from_index(self.place[usize::from(slot)]);
        let reg = match (self.loops.lane(slot), reuse) {
            (Some(lane), _) if free.contains(lane) => lane,
            (_, Some(reg)) if free.contains(reg) => reg,
            _ if free.contains(last) && !self.loops.lanes().contains(last) => last,
            _ => self.pick_from(m, free, kind.bank()),
        };
        self.define(slot, kind, reg);
        reg
    }

    /// Makes `reg` hold a slot's new value, which is there already or about to be; the value that the slot had is
    /// dead. Nothing else lives in `reg`.
    pub fn write_in(&mut self, dst: Operand, kind: Kind, reg: Reg) {
        if let Some(own) = self.reg_of(dst) {
            self.drop_value(own);
        }
        if self.used.contains(reg) {
            self.poison = Some("a result's register is in use");
            return;
        }
        self.define(dst.index(), kind, reg);
    }

    #[inline]
    fn define(&mut self, slot: u16, kind: Kind, reg: Reg) {
        self.hold(reg, slot, kind);
        self.dirty.insert(reg);
        self.locked.insert(reg);
        self.to_store |= kind == Kind::Ref || !self.techniques.has(Technique::LazySpills);
    }

    /// Forgets the value of a slot: it has a new one, in its home.
    pub fn written_home(&mut self, slot: Operand) {
        if let Some(reg) = self.reg_of(slot) {
            self.drop_value(reg);
        }
    }

    // Registers of the instruction's own.

    /// A register for the instruction's own use; locked.
    #[inline]
    pub fn temp(&mut self, m: &mut impl Moves, bank: Bank) -> Reg {
        let reg = self.pick(m, bank);
        self.lock(reg);
        reg
    }

    /// Claims this very register: a value in it moves to another register, or home; its bits stay in the register
    /// too. Locks it.
    pub fn take(&mut self, m: &mut impl Moves, reg: Reg) {
        if self.used.contains(reg) {
            if self.locked.contains(reg) {
                self.poison = Some("a register is wanted twice");
            }
            match self.cheapest(self.free() & RegSet::bank(reg.bank())) {
                Some(other) => self.move_to(m, reg, other),
                None => self.spill(m, reg),
            }
        }
        self.lock(reg);
    }

    /// Moves a value from a register to an empty one.
    fn move_to(&mut self, m: &mut impl Moves, from: Reg, to: Reg) {
        let Held { slot, kind } = self.held(from);
        let dirty = self.dirty.contains(from);
        m.mov(to, from, kind);
        self.drop_value(from);
        self.hold(to, slot, kind);
        if dirty {
            self.dirty.insert(to);
        }
    }

    #[inline]
    fn lock(&mut self, reg: Reg) {
        self.locked.insert(reg);
        self.touch(reg);
    }

    /// Ends the instruction: stores references that it made, and unlocks its registers.
    #[inline]
    pub fn end_op(&mut self, m: &mut impl Moves) {
        if self.to_store {
            self.store_written(m);
        }
        self.locked = RegSet::EMPTY;
        #[cfg(debug_assertions)]
        self.check();
    }

    #[cold]
    fn store_written(&mut self, m: &mut impl Moves) {
        for reg in self.dirty {
            if self.held(reg).kind == Kind::Ref || !self.techniques.has(Technique::LazySpills) {
                self.clean(m, reg);
            }
        }
        self.to_store = false;
    }

    /// Unlocks a register before the end of the instruction.
    pub fn unlock(&mut self, reg: Reg) {
        self.locked.remove(reg);
    }

    // The state.

    #[inline]
    fn held(&self, reg: Reg) -> Held {
        self.held[usize::from(reg.index())]
    }

    /// Notes that a callee-saved register is changed.
    #[inline]
    fn touch(&mut self, reg: Reg) {
        self.saved |= RegSet::of(&[reg]) & self.target.callee_saved;
    }

    /// Makes a register hold a slot's value, clean.
    #[inline]
    fn hold(&mut self, reg: Reg, slot: u16, kind: Kind) {
        let index = usize::from(slot) & (SLOTS - 1);
        self.place[index] = HELD | reg.index();
        let unused = &mut self.unused[usize::from(index >= FIRST_REF)];
        *unused = (*unused).max(index + 1);
        self.held[usize::from(reg.index())] = Held { slot, kind };
        self.used.insert(reg);
        self.touch(reg);
    }

    /// Makes a register hold nothing.
    #[inline]
    fn drop_value(&mut self, reg: Reg) {
        self.used.remove(reg);
        self.dirty.remove(reg);
        self.place[usize::from(self.held(reg).slot) & (SLOTS - 1)] &= !HELD;
    }

    /// Stores a register's value if its home does not have it.
    fn clean(&mut self, m: &mut impl Moves, reg: Reg) {
        if self.dirty.contains(reg) {
            let Held { slot, kind } = self.held(reg);
            let home = self.home(Operand(slot));
            m.store(home, reg, kind);
            self.dirty.remove(reg);
        }
    }

    /// Empties a register; its value stays in its home.
    fn spill(&mut self, m: &mut impl Moves, reg: Reg) {
        self.clean(m, reg);
        self.drop_value(reg);
    }

    /// An empty register for a slot's value.
    fn pick_for(&mut self, m: &mut impl Moves, slot: u16, kind: Kind) -> Reg {
        let free = self.free() & RegSet::bank(kind.bank());
        match self.loops.lane(slot) {
            Some(lane) if free.contains(lane) => lane,
            _ => self.pick_from(m, free, kind.bank()),
        }
    }

    /// An empty register.
    fn pick(&mut self, m: &mut impl Moves, bank: Bank) -> Reg {
        self.pick_from(m, self.free() & RegSet::bank(bank), bank)
    }

    /// One of the free registers, or one that is emptied.
    #[inline]
    fn pick_from(&mut self, m: &mut impl Moves, free: RegSet, bank: Bank) -> Reg {
        match self.cheapest(free) {
            Some(reg) => reg,
            None => self.evict(m, bank),
        }
    }

    /// The free register that costs least to use: best one that no local of a loop around has its place in, and that
    /// need not be saved for the caller.
    #[inline]
    fn cheapest(&self, free: RegSet) -> Option<Reg> {
        let to_save = self.target.callee_saved - self.saved;
        let lanes = self.loops.lanes();
        let order = [free - lanes - to_save, free - lanes, free - to_save, free];
        order.into_iter().find_map(RegSet::first)
    }

    /// Empties the register whose value it costs least to do without.
    #[cold]
    fn evict(&mut self, m: &mut impl Moves, bank: Bank) -> Reg {
        let open = (self.used - self.locked) & RegSet::bank(bank);
        let lanes = self.loops.lanes();
        let order = [open - lanes - self.dirty, open - lanes, open - self.dirty, open];
        match order.into_iter().find_map(|set| set.next_after(self.evicted)) {
            Some(reg) => {
                self.spill(m, reg);
                self.evicted = reg;
                reg
            }
            None => {
                self.poison = Some("an instruction needs too many registers");
                (self.target.allocatable & RegSet::bank(bank)).first().unwrap_or(Reg::int(0))
            }
        }
    }
}
