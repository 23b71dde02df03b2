//! The allocator against a model: a machine executes the moves that it asks for, and what it says is where must be there.

use super::{Alloc, LiveAt, Moves, Source};
use crate::frame::Home;
use crate::reg::{Bank, Kind, Reg, RegSet};
use crate::target::Target;
use crate::technique::Techniques;
use fastrand::Rng;
use std::collections::HashMap;
use wz_core::ir::{FuncIr, LocalSet, LoopFacts, LoopUse, Operand};
use wz_core::types::Class;

const I: [Reg; 7] =
    [Reg::int(0), Reg::int(1), Reg::int(2), Reg::int(3), Reg::int(4), Reg::int(5), Reg::int(6)];
const F: [Reg; 4] = [Reg::float(0), Reg::float(1), Reg::float(2), Reg::float(3)];

/// Few registers, so that they run out.
const TARGET: Target = Target {
    allocatable: RegSet::of(&I).with(RegSet::of(&F)),
    callee_saved: RegSet::of(&[I[5], I[6]]),
    int_args: &[I[2], I[0], I[3]],
    int_results: &[I[0], I[2]],
    floats: &[F[0], F[1]],
};

const LOCALS: u16 = 12;
const TEMPS: u16 = 8;
const REFS: u16 = 3;

/// Registers and a frame.
#[derive(Clone, Default)]
struct Machine {
    regs: HashMap<u8, u64>,
    frame: HashMap<i32, u64>,
}

impl Machine {
    fn reg(&self, reg: Reg) -> Option<u64> {
        self.regs.get(&reg.index()).copied()
    }

    fn set(&mut self, reg: Reg, value: u64) {
        self.regs.insert(reg.index(), value);
    }

    fn move_value(&mut self, dst: Reg, value: Option<u64>) {
        match value {
            Some(value) => self.set(dst, value),
            None => drop(self.regs.remove(&dst.index())),
        }
    }
}

impl Moves for Machine {
    fn load(&mut self, dst: Reg, home: Home, _: Kind) {
        self.move_value(dst, self.frame.get(&home.0).copied());
    }

    fn store(&mut self, home: Home, src: Reg, _: Kind) {
        match self.reg(src) {
            Some(value) => drop(self.frame.insert(home.0, value)),
            None => drop(self.frame.remove(&home.0)),
        }
    }

    fn mov(&mut self, dst: Reg, src: Reg, _: Kind) {
        self.move_value(dst, self.reg(src));
    }

    fn swap(&mut self, a: Reg, b: Reg) {
        let (x, y) = (self.reg(a), self.reg(b));
        self.move_value(a, y);
        self.move_value(b, x);
    }

    fn constant(&mut self, dst: Reg, bits: u64, _: Kind) {
        self.set(dst, bits);
    }

    fn copy_home(&mut self, dst: Home, src: Home) {
        match self.frame.get(&src.0).copied() {
            Some(value) => drop(self.frame.insert(dst.0, value)),
            None => drop(self.frame.remove(&dst.0)),
        }
    }
}

/// One way through the code: what its registers and frame hold, and what its slots' values are.
#[derive(Clone, Default)]
struct Path {
    machine: Machine,
    /// Slots that are not in it are dead.
    values: HashMap<u16, u64>,
}

/// An open block: a label that jumps go to.
struct Block {
    label: u32,
    /// Paths that jumped there.
    arrivals: Vec<Path>,
    is_loop: bool,
}

struct Model {
    rng: Rng,
    alloc: Alloc,
    ir: FuncIr,
    path: Path,
    blocks: Vec<Block>,
    next: u64,
}

/// Some locals are integers, some floats, and so are some temporaries.
fn kind_of(slot: u16) -> Kind {
    match slot {
        _ if slot >= Operand::FIRST_REF => Kind::Ref,
        _ if slot % 3 == 2 => Kind::F64,
        _ => Kind::I64,
    }
}

impl Model {
    fn new(seed: u64) -> Model {
        let mut rng = Rng::with_seed(seed);
        let labels = 40;
        let mut ir = FuncIr {
            local_data: LOCALS.into(),
            local_classes: (0..LOCALS).map(|s| if s % 3 == 2 { Class::F64 } else { Class::I64 }).collect(),
            data_slots: (LOCALS + TEMPS).into(),
            ref_slots: REFS.into(),
            labels: vec![0; labels],
            label_heights: (0..labels).map(|_| u32::from(LOCALS) + rng.u32(..u32::from(TEMPS))).collect(),
            live: (0..=labels).map(|_| rng.u64(..) | rng.u64(..)).collect(),
            local_sets: vec![[0; 4]],
            ..FuncIr::default()
        };
        for label in 0..labels as u32 {
            let uses_start = ir.loop_uses.len() as u32;
            for slot in 0..LOCALS {
                if rng.bool() {
                    ir.loop_uses.push(LoopUse { slot, weight: rng.u32(1..9) });
                }
            }
            // Every local may be written in every loop.
            let written: LocalSet = [u64::MAX; 4];
            ir.local_sets.push(written);
            ir.loops.push(LoopFacts {
                depth: 1,
                end: 1000 + label,
                has_call: rng.bool(),
                written: ir.local_sets.len() as u32 - 1,
                uses_start,
                uses_len: ir.loop_uses.len() as u32 - uses_start,
                ..LoopFacts::default()
            });
        }
        let mut alloc = Alloc::new(TARGET, Techniques::ALL);
        alloc.start(&ir);
        Model { rng, alloc, ir, path: Path::default(), blocks: Vec::new(), next: 0 }
    }

    fn fresh(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn random_slot(&mut self) -> u16 {
        match self.rng.u16(..10) {
            0 => Operand::FIRST_REF + self.rng.u16(..REFS),
            _ => self.rng.u16(..LOCALS + TEMPS),
        }
    }

    /// A slot that has a value, perhaps for the last time.
    fn source(&mut self) -> Option<Operand> {
        let mut slots: Vec<u16> = self.path.values.keys().copied().collect();
        slots.sort_unstable();
        let slot = *self.rng.choice(&slots)?;
        // References in slots of locals are never killed.
        let kill = slot < Operand::FIRST_REF && self.rng.u8(..3) == 0;
        Some(Operand(if kill { slot | Operand::KILL } else { slot }))
    }

    fn expect(&self, reg: Reg, x: Operand) {
        let value = self.path.values.get(&x.index()).copied();
        assert_eq!(self.path.machine.reg(reg), value, "{x:?} in {reg:?}");
    }

    fn kill(&mut self, x: Operand) {
        self.alloc.free_if_killed(x);
        if x.kills() {
            self.path.values.remove(&x.index());
        }
    }

    fn end_op(&mut self) {
        self.alloc.end_op(&mut self.path.machine);
        assert_eq!(self.alloc.take_poison(), None);
        self.check(&self.path, |slot| self.alloc.reg_of(Operand(slot)));
        for (slot, value) in &self.path.values {
            if *slot >= Operand::FIRST_REF {
                let home = self.alloc.frame().home(Operand(*slot));
                assert_eq!(
                    self.path.machine.frame.get(&home.0),
                    Some(value),
                    "reference {slot:x} in its home"
                );
            }
        }
    }

    /// Every slot with a value has it where the allocator says.
    fn check(&self, path: &Path, place: impl Fn(u16) -> Option<Reg>) {
        for (slot, value) in &path.values {
            let found = match place(*slot) {
                Some(reg) => path.machine.reg(reg),
                None => path.machine.frame.get(&self.alloc.frame().home(Operand(*slot)).0).copied(),
            };
            assert_eq!(found, Some(*value), "slot {slot:x} in {:?}", place(*slot));
        }
    }

    fn compute(&mut self) {
        let sources: Vec<Operand> = (0..self.rng.u8(..3)).filter_map(|_| self.source()).collect();
        let mut regs = Vec::new();
        for x in &sources {
            let reg = self.alloc.read(&mut self.path.machine, *x, kind_of(x.index()));
            regs.push(reg);
        }
        let mut temps = Vec::new();
        for _ in 0..self.rng.u8(..2) {
            let bank = if self.rng.bool() { Bank::Int } else { Bank::Float };
            let temp = self.alloc.temp(&mut self.path.machine, bank);
            let garbage = self.fresh();
            self.path.machine.set(temp, garbage);
            assert!(!regs.contains(&temp) && !temps.contains(&temp));
            temps.push(temp);
        }
        for (x, reg) in sources.iter().zip(&regs) {
            self.expect(*reg, *x);
        }
        let expected: Vec<Option<u64>> = regs.iter().map(|reg| self.path.machine.reg(*reg)).collect();
        for x in &sources {
            self.kill(*x);
        }
        if self.rng.u8(..5) > 0 {
            let slot = self.random_slot();
            let reuse = self.rng.choice(&regs).copied().filter(|reg| reg.bank() == kind_of(slot).bank());
            let dst = self.alloc.write(&mut self.path.machine, Operand(slot), kind_of(slot), reuse);
            // The sources are still there for the instruction to read.
            for (reg, value) in regs.iter().zip(expected) {
                assert!(*reg != dst || reuse == Some(dst));
                assert_eq!(self.path.machine.reg(*reg), value);
            }
            let value = self.fresh();
            self.path.machine.set(dst, value);
            self.path.values.insert(slot, value);
        }
        self.end_op();
    }

    fn copy(&mut self) {
        let (Some(src), slot) = (self.source(), self.random_slot()) else { return };
        if kind_of(src.index()) == kind_of(slot) {
            let value = self.path.values.get(&src.index()).copied();
            self.alloc.copy(&mut self.path.machine, Operand(slot), src, kind_of(slot));
            if src.kills() && src.index() != slot {
                self.path.values.remove(&src.index());
            }
            if let Some(value) = value {
                self.path.values.insert(slot, value);
            }
        }
        self.end_op();
    }

    fn take(&mut self) {
        let reg = *self.rng.choice(&I).unwrap_or(&I[0]);
        match self.source().filter(|x| kind_of(x.index()).bank() == Bank::Int) {
            Some(x) if self.rng.bool() => {
                self.alloc.read_into(&mut self.path.machine, x, kind_of(x.index()), reg, x.kills());
                self.expect(reg, x);
                self.kill(x);
            }
            _ => self.alloc.take(&mut self.path.machine, reg),
        }
        let garbage = self.fresh();
        self.path.machine.set(reg, garbage);
        self.end_op();
    }

    fn call(&mut self) {
        let mut values = Vec::new();
        let mut places = TARGET.args();
        for _ in 0..self.rng.u8(..5) {
            let Some(x) = self.source() else { continue };
            let kind = kind_of(x.index());
            let source = if self.rng.u8(..4) == 0 { Source::Const(self.fresh()) } else { Source::Slot(x) };
            if let crate::target::Place::Reg(reg) = places.next(kind) {
                values.push((reg, source, kind));
            }
        }
        let expected: Vec<Option<u64>> = values
            .iter()
            .map(|(_, source, _)| match source {
                Source::Slot(x) => self.path.values.get(&x.index()).copied(),
                Source::Const(bits) => Some(*bits),
                Source::Far(_) => None,
            })
            .collect();
        self.alloc.transfer(&mut self.path.machine, &values, true);
        for ((reg, source, _), value) in values.iter().zip(&expected) {
            assert_eq!(self.path.machine.reg(*reg), *value);
            if let Source::Slot(x) = source
                && x.kills()
            {
                self.path.values.remove(&x.index());
            }
        }
        for reg in TARGET.allocatable - TARGET.callee_saved {
            let garbage = self.fresh();
            self.path.machine.set(reg, garbage);
        }
        let slot = self.random_slot();
        let result = if kind_of(slot).bank() == Bank::Int { I[0] } else { F[0] };
        if let Some(value) = self.path.machine.reg(result) {
            self.alloc.write_in(Operand(slot), kind_of(slot), result);
            self.path.values.insert(slot, value);
        }
        self.end_op();
    }

    /// Forgets the values that are dead at a label.
    fn drop_dead(&self, path: &mut Path, label: u32) {
        let live = LiveAt::label(&self.ir, label);
        path.values.retain(|slot, _| live.contains(*slot));
    }

    fn open(&mut self) {
        let label = self.ir.labels.len() as u32 - self.unused_labels();
        if label as usize >= self.ir.labels.len() {
            return;
        }
        let is_loop = self.rng.bool();
        if is_loop {
            let mut path = std::mem::take(&mut self.path);
            self.drop_dead(&mut path, label);
            self.alloc.enter_loop(&mut path.machine, &self.ir, label, label);
            self.path = path;
            self.end_op();
        }
        self.blocks.push(Block { label, arrivals: Vec::new(), is_loop });
        self.ir.code.push(wz_core::ir::Word::ext(0, 0));
    }

    fn unused_labels(&self) -> u32 {
        (self.ir.labels.len() - self.ir.code.len().min(self.ir.labels.len())) as u32
    }

    /// A branch that is taken on a path beside this one.
    fn branch(&mut self) {
        if self.blocks.is_empty() {
            return;
        }
        let target = self.rng.usize(..self.blocks.len());
        let (label, is_loop) = (self.blocks[target].label, self.blocks[target].is_loop);
        let mut path = self.path.clone();
        self.drop_dead(&mut path, label);
        if self.alloc.jump(&self.ir, label) {
            self.alloc.conform(&mut path.machine);
        }
        let state = self.alloc.states.get(label).unwrap_or_default();
        let place = |slot| state.iter().find(|e| e.held.slot == slot).map(|e| e.reg);
        self.check(&path, place);
        for entry in state.iter().filter(|e| !e.dirty) {
            if let Some(value) = path.values.get(&entry.held.slot) {
                let home = self.alloc.frame().home(Operand(entry.held.slot));
                assert_eq!(path.machine.frame.get(&home.0), Some(value), "a clean copy of {entry:?}");
            }
        }
        if !is_loop {
            self.blocks[target].arrivals.push(path);
        }
        self.end_op();
    }

    fn close(&mut self) {
        let Some(block) = self.blocks.pop() else { return };
        if block.is_loop {
            self.alloc.reach(self.ir.loops[block.label as usize].end as usize);
            return;
        }
        // Control falls through unless there is another way to the label.
        let falls = block.arrivals.is_empty() || self.rng.bool();
        let mut path = self.path.clone();
        if falls {
            self.drop_dead(&mut path, block.label);
        }
        self.alloc.bind(&mut path.machine, &self.ir, block.label, falls);
        let mut paths = block.arrivals;
        if falls {
            paths.push(path);
        }
        for path in &paths {
            self.check(path, |slot| self.alloc.reg_of(Operand(slot)));
        }
        let one = self.rng.usize(..paths.len());
        self.path = paths.swap_remove(one);
        self.end_op();
    }

    fn step(&mut self) {
        match self.rng.u8(..20) {
            0 => self.open(),
            1 | 2 => self.close(),
            3..=5 => self.branch(),
            6 => self.call(),
            7 | 8 => self.take(),
            9..=11 => self.copy(),
            _ => self.compute(),
        }
    }
}

#[test]
fn values_are_where_the_allocator_says() {
    for seed in 0..3000 {
        let mut model = Model::new(seed);
        for _ in 0..200 {
            model.step();
        }
    }
}

#[test]
fn states_are_released() {
    let mut model = Model::new(1);
    for _ in 0..20 {
        model.compute();
    }
    let labels = model.ir.labels.len() as u32;
    for label in 0..labels {
        model.alloc.jump(&model.ir, label);
    }
    for label in (0..labels).rev() {
        model.alloc.bind(&mut Machine::default(), &model.ir, label, false);
    }
    assert_eq!(model.alloc.states.len(), 0);
}
