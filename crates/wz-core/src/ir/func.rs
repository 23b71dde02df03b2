//! The IR of one function, and views of its instructions.

use super::inst::{Base, LIST_MAX, Operand, Slot, Word};
use super::ops::{Op, Shape};
use super::source_map::SourceMap;
use crate::types::Class;

/// A set of a function's locals: the ones in data slots 0 to 255. Locals beyond, and locals that hold references,
/// are in no set: they never carry KILL.
pub type LocalSet = [u64; 4];

/// What is known of a loop when its header is reached.
///
/// Loops nested more than [`LoopFacts::MAX_DEPTH`] deep share the facts of their ancestor at that depth, which
/// cover them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoopFacts {
    /// Nesting depth; 1 for an outermost loop.
    pub depth: u32,
    /// Facts of the loop around this one, if there is one.
    pub parent: Option<u32>,
    /// Word index of the loop's `Loop` instruction.
    pub start: u32,
    /// Word index just past the loop.
    pub end: u32,
    /// Whether anything in it calls.
    pub has_call: bool,
    /// Index in [`FuncIr::local_sets`]: locals that it reads or writes.
    pub touched: u32,
    /// Index in [`FuncIr::local_sets`]: locals that it writes.
    pub written: u32,
    /// First entry in [`FuncIr::loop_uses`].
    pub uses_start: u32,
    /// Number of entries in [`FuncIr::loop_uses`]: every local in `touched`, with its weight.
    pub uses_len: u32,
}

impl LoopFacts {
    /// Deepest loop that has facts of its own.
    pub const MAX_DEPTH: u32 = 8;
}

/// How often a loop uses a local.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoopUse {
    /// Data slot of the local.
    pub slot: u16,
    /// Reads and writes, those of a loop nested inside counted eight times, saturating.
    pub weight: u32,
}

/// The IR of one function. Its buffers are reused from function to function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FuncIr {
    /// Function index in the module.
    pub func: u32,
    /// Type index in the module.
    pub type_index: u32,
    /// The code.
    pub code: Vec<Word>,
    /// Constant pool: 32-bit values are zero-extended, a v128 takes two entries, low half first.
    pub consts: Vec<u64>,
    /// Word index of each label's `Label` or `Loop` instruction.
    pub labels: Vec<u32>,
    /// For each label, the number of data slots that may be live there: temporaries from this slot on are dead.
    pub label_heights: Vec<u32>,
    /// Locals that are live at each label, in label order, then those at the entry: sets of one word each if the
    /// locals take at most 64 data slots, else of four. See [`FuncIr::live_at_label`].
    pub live: Vec<u64>,
    /// Label indices of all `br_table`s.
    pub br_targets: Vec<u32>,
    /// Facts of the loops, in the order of their headers.
    pub loops: Vec<LoopFacts>,
    /// Sets of locals that loop facts refer to; entry 0 is the empty set.
    pub local_sets: Vec<LocalSet>,
    /// Uses that loop facts refer to.
    pub loop_uses: Vec<LoopUse>,
    /// Offsets in the module's binary of the instructions that can trap or call.
    pub source_map: SourceMap,
    /// Offset in the module's binary of the function's body.
    pub body_offset: u64,
    /// Data slots that parameters take; they are the first ones.
    pub param_data: u32,
    /// Reference slots that parameters take; they are the first ones.
    pub param_refs: u32,
    /// Data slots that parameters and locals take. Those of locals are zero on entry.
    pub local_data: u32,
    /// Reference slots that parameters and locals take.
    pub local_refs: u32,
    /// Classes of the locals in data slots 0 to 255; a v128 has two entries.
    pub local_classes: Vec<Class>,
    /// Data slots of the frame, scratch included where the function uses it.
    pub data_slots: u32,
    /// Reference slots of the frame, scratch included where the function uses it. All but the parameters are null
    /// on entry.
    pub ref_slots: u32,
    /// Whether anything in the function calls.
    pub has_call: bool,
}

impl FuncIr {
    /// Empties the function, keeping its buffers.
    pub fn clear(&mut self) {
        let FuncIr {
            func,
            type_index,
            code,
            consts,
            labels,
            label_heights,
            live,
            br_targets,
            loops,
            local_sets,
            loop_uses,
            source_map,
            body_offset,
            param_data,
            param_refs,
            local_data,
            local_refs,
            local_classes,
            data_slots,
            ref_slots,
            has_call,
        } = self;
        code.clear();
        consts.clear();
        labels.clear();
        label_heights.clear();
        live.clear();
        br_targets.clear();
        loops.clear();
        local_sets.clear();
        loop_uses.clear();
        source_map.clear();
        local_classes.clear();
        for number in
            [func, type_index, param_data, param_refs, local_data, local_refs, data_slots, ref_slots]
        {
            *number = 0;
        }
        *body_offset = 0;
        *has_call = false;
    }

    /// Bytes that the function's buffers hold, for limits and statistics.
    pub fn byte_size(&self) -> usize {
        size_of_val(&self.code[..])
            + size_of_val(&self.consts[..])
            + size_of_val(&self.labels[..])
            + size_of_val(&self.label_heights[..])
            + size_of_val(&self.live[..])
            + size_of_val(&self.br_targets[..])
            + size_of_val(&self.loops[..])
            + size_of_val(&self.local_sets[..])
            + size_of_val(&self.loop_uses[..])
            + size_of_val(&self.local_classes[..])
            + self.source_map.byte_size()
    }

    /// Locals that may be read before they are written from this label on; of what is not known, all. The set covers
    /// the locals in data slots 0 to 255, see [`LocalSet`].
    pub fn live_at_label(&self, label: u32) -> LocalSet {
        self.live_set(label as usize)
    }

    /// Locals that may be read before the function writes them, parameters included; as
    /// [`FuncIr::live_at_label`].
    pub fn live_at_entry(&self) -> LocalSet {
        self.live_set(self.labels.len())
    }

    fn live_set(&self, index: usize) -> LocalSet {
        if self.local_data <= 64 {
            self.live.get(index).map_or([u64::MAX; 4], |set| [*set, 0, 0, 0])
        } else {
            let (sets, _) = self.live.as_chunks::<4>();
            sets.get(index).copied().unwrap_or([u64::MAX; 4])
        }
    }

    /// Number of data slots that may be live at a label: temporaries from this slot on are dead there.
    pub fn label_height(&self, label: u32) -> u32 {
        self.label_heights.get(label as usize).copied().unwrap_or(self.data_slots)
    }

    /// The instruction at word `at`; `None` at the end of the code and where no instruction starts.
    #[inline]
    pub fn inst(&self, at: usize) -> Option<Inst<'_>> {
        let word = *self.code.get(at)?;
        if word.is_ext() {
            return None;
        }
        let op = Op::from_number(word.op)?;
        let rest = &self.code[at + 1..];
        let ext = rest.iter().position(|w| !w.is_ext()).unwrap_or(rest.len());
        Some(Inst { at, op, word, ext: &rest[..ext] })
    }

    /// The instructions in order.
    pub fn insts(&self) -> impl Iterator<Item = Inst<'_>> {
        let mut at = 0;
        std::iter::from_fn(move || {
            let inst = self.inst(at)?;
            at = inst.end();
            Some(inst)
        })
    }
}

/// How an instruction uses an operand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// It reads it.
    Read,
    /// It writes it.
    Write,
}

/// A condition: a comparison op and its operands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Condition {
    /// The comparison; an op for which [`Op::is_comparison`] holds.
    pub op: Op,
    /// First operand.
    pub x: Operand,
    /// Second operand; none if the comparison is unary.
    pub y: Operand,
}

/// The memory and the constant offset of a load or store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MemArg {
    /// Memory index.
    pub memory: u32,
    /// Constant offset in bytes.
    pub offset: u64,
}

/// A list of operands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OperandList<'a> {
    /// Spelt out.
    Spelt {
        /// The words that hold the operands, three each.
        words: &'a [Word],
        /// Number of operands.
        len: usize,
    },
    /// In consecutive temporaries; each dies here.
    Consecutive(Base),
}

impl OperandList<'_> {
    /// The operand at `index` of a spelt-out list.
    #[inline]
    pub fn spelt(&self, index: usize) -> Option<Operand> {
        match self {
            OperandList::Spelt { words, len } if index < *len => {
                let word = words.get(index / 3)?;
                Some(Operand([word.dst, word.a, word.b][index % 3]))
            }
            _ => None,
        }
    }
}

/// Splits the words of an operand list of `len` operands off `ext`.
fn split_list(ext: &[Word], len: usize) -> Option<(OperandList<'_>, &[Word])> {
    if len <= LIST_MAX {
        let (words, rest) = ext.split_at_checked(len.div_ceil(3))?;
        Some((OperandList::Spelt { words, len }, rest))
    } else {
        let (word, rest) = ext.split_first()?;
        Some((OperandList::Consecutive(Base::from_payload(word.payload())), rest))
    }
}

/// What a call-like instruction passes and gets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CallInfo<'a> {
    /// Function index of a direct call, type index of an indirect one.
    pub callee: u32,
    /// Table and index operand of an indirect call.
    pub table: Option<(u32, Operand)>,
    /// Number of arguments.
    pub args_len: usize,
    /// Arguments.
    pub args: OperandList<'a>,
    /// Number of results.
    pub results_len: usize,
    /// The single result.
    pub result: Operand,
    /// Several results.
    pub results: Option<Base>,
}

/// A view of one instruction.
#[derive(Clone, Copy, Debug)]
pub struct Inst<'a> {
    /// Index of its first word.
    pub at: usize,
    /// Its op.
    pub op: Op,
    /// Its first word.
    pub word: Word,
    /// The words that follow.
    pub ext: &'a [Word],
}

impl<'a> Inst<'a> {
    /// Index of the word after this instruction.
    #[inline]
    pub fn end(&self) -> usize {
        self.at + 1 + self.ext.len()
    }

    /// Its shape.
    #[inline]
    pub fn shape(&self) -> Shape {
        self.op.info().shape
    }

    /// Field `dst` as an operand.
    #[inline]
    pub fn dst(&self) -> Operand {
        Operand(self.word.dst)
    }

    /// Field `a` as an operand.
    #[inline]
    pub fn a(&self) -> Operand {
        Operand(self.word.a)
    }

    /// Field `b` as an operand.
    #[inline]
    pub fn b(&self) -> Operand {
        Operand(self.word.b)
    }

    /// `x` of the following word `n`, 0 if there is none.
    #[inline]
    pub fn ext_x(&self, n: usize) -> u16 {
        self.ext.get(n).map_or(0, |w| w.dst)
    }

    /// `y` of the following word `n`, 0 if there is none.
    #[inline]
    pub fn ext_y(&self, n: usize) -> u32 {
        self.ext.get(n).map_or(0, |w| w.index())
    }

    /// Third operand of [`Shape::Ternary`].
    #[inline]
    pub fn c(&self) -> Operand {
        Operand(self.ext_x(0))
    }

    /// The constant of [`Shape::WideConst`].
    pub fn wide_const(&self) -> u128 {
        self.ext.iter().take(3).enumerate().fold(0, |bits, (i, w)| bits | u128::from(w.payload()) << (48 * i))
    }

    /// The slot of [`Shape::FarGet`] and [`Shape::FarSet`].
    #[inline]
    pub fn far_slot(&self) -> Slot {
        Slot::from_far(self.ext_y(0))
    }

    /// Target, source and counts of [`Shape::MoveRange`].
    pub fn move_range(&self) -> (Base, Base, Base) {
        let base = |n: usize| Base::from_payload(self.ext.get(n).map_or(0, |w| w.payload()));
        (base(0), base(1), base(2))
    }

    /// The label of [`Shape::Label`], [`Shape::LoopHeader`], [`Shape::Jump`] and [`Shape::Branch`].
    #[inline]
    pub fn label(&self) -> u32 {
        if self.shape() == Shape::Branch { self.ext_y(0) } else { self.word.index() }
    }

    /// The condition of [`Shape::Branch`] and [`Shape::Select`]; `None` where its op is no comparison.
    #[inline]
    pub fn condition(&self) -> Option<Condition> {
        let (op, x, y) = if self.shape() == Shape::Branch {
            (self.word.dst, self.word.a, self.word.b)
        } else {
            let y = self.ext_y(0);
            (self.ext_x(0), y as u16, (y >> 16) as u16)
        };
        let op = Op::from_number(op).filter(|op| op.is_comparison())?;
        Some(Condition { op, x: Operand(x), y: Operand(y) })
    }

    /// Memory and offset of a load or store.
    #[inline]
    pub fn memarg(&self) -> MemArg {
        match self.shape() {
            Shape::LoadLane | Shape::StoreLane => MemArg {
                memory: u32::from(self.ext_x(1)),
                offset: u64::from(self.ext_y(0)) | u64::from(self.ext_y(1)) << 32,
            },
            shape => {
                let low = if shape == Shape::Store { self.word.dst } else { self.word.b };
                MemArg {
                    memory: u32::from(self.ext_x(0)),
                    offset: u64::from(low) | u64::from(self.ext_y(0)) << 16 | u64::from(self.ext_y(1)) << 48,
                }
            }
        }
    }

    /// The lane of lane accesses.
    #[inline]
    pub fn lane(&self) -> u8 {
        if self.shape() == Shape::ExtractLane { self.word.b as u8 } else { self.ext_x(0) as u8 }
    }

    /// The 16 byte indices of [`Shape::Shuffle`].
    pub fn shuffle_lanes(&self) -> [u8; 16] {
        self.wide_const().to_le_bytes()
    }

    /// The values that [`Shape::Return`] returns, and their number.
    pub fn returned(&self) -> Option<(usize, OperandList<'a>)> {
        let len = usize::from(self.word.dst);
        split_list(self.ext, len).map(|(list, _)| (len, list))
    }

    /// What [`Shape::Call`] and [`Shape::CallIndirect`] pass and get; `None` if words are missing.
    pub fn call(&self) -> Option<CallInfo<'a>> {
        let (args_len, results_len) = (usize::from(self.word.a), usize::from(self.word.b));
        let (first, rest) = self.ext.split_first()?;
        let (table, rest) = if self.shape() == Shape::CallIndirect {
            let (second, rest) = rest.split_first()?;
            (Some((second.index(), Operand(first.dst))), rest)
        } else {
            (None, rest)
        };
        let (args, rest) = split_list(rest, args_len)?;
        let results = if results_len > 1 { Some(Base::from_payload(rest.first()?.payload())) } else { None };
        Some(CallInfo {
            callee: first.index(),
            table,
            args_len,
            args,
            results_len,
            result: self.dst(),
            results,
        })
    }

    /// Calls `visit` for each operand that is spelt out in the instruction's words: word index relative to the
    /// function, field (0 `dst`, 1 `a`, 2 `b`), access, operand. Reads come before writes. Values in consecutive
    /// temporaries are not visited.
    pub fn for_each_operand(&self, mut visit: impl FnMut(usize, usize, Access, Operand)) {
        let info = self.op.info();
        let at = self.at;
        let list = |from: usize, len: usize, visit: &mut dyn FnMut(usize, usize, Access, Operand)| {
            if len <= LIST_MAX {
                for (i, word) in self.ext[from.min(self.ext.len())..].iter().take(len.div_ceil(3)).enumerate()
                {
                    for (field, bits) in [word.dst, word.a, word.b].into_iter().enumerate().take(len - 3 * i)
                    {
                        visit(at + 1 + from + i, field, Access::Read, Operand(bits));
                    }
                }
            }
        };
        match info.shape {
            Shape::Branch => {
                visit(at, 1, Access::Read, self.a());
                if !self.b().is_none() {
                    visit(at, 2, Access::Read, self.b());
                }
            }
            Shape::Return => list(0, usize::from(self.word.dst), &mut visit),
            Shape::Call => list(1, usize::from(self.word.a), &mut visit),
            Shape::CallIndirect => {
                visit(at + 1, 0, Access::Read, Operand(self.ext_x(0)));
                list(2, usize::from(self.word.a), &mut visit);
            }
            _ => {
                if info.a != Class::No {
                    visit(at, 1, Access::Read, self.a());
                }
                if info.b != Class::No {
                    visit(at, 2, Access::Read, self.b());
                }
            }
        }
        match info.shape {
            Shape::Ternary => visit(at + 1, 0, Access::Read, self.c()),
            Shape::Select => {
                let y = self.ext_y(0);
                visit(at + 1, 1, Access::Read, Operand(y as u16));
                if (y >> 16) as u16 != Operand::NONE.0 {
                    visit(at + 1, 2, Access::Read, Operand((y >> 16) as u16));
                }
            }
            Shape::Bulk => visit(at, 0, Access::Read, self.dst()),
            _ => {}
        }
        match info.shape {
            Shape::Bulk => {}
            Shape::Call | Shape::CallIndirect if self.word.b == 1 => {
                visit(at, 0, Access::Write, self.dst());
            }
            _ if info.dst != Class::No => visit(at, 0, Access::Write, self.dst()),
            _ => {}
        }
    }
}
