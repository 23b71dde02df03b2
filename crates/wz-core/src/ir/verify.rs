//! Checks that IR is well-formed: what every engine relies on. Tests run it on all IR that lowering makes.

use super::func::{Access, FuncIr, Inst, OperandList};
use super::inst::{Base, Operand, Slot};
use super::ops::{Op, Shape};
use crate::module::Module;
use crate::types::{Class, FuncType};
use std::fmt;

/// What is wrong with IR, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerifyError {
    /// Word index.
    pub at: usize,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "word {}: {}", self.at, self.message)
    }
}

impl std::error::Error for VerifyError {}

/// Checks one function.
///
/// # Errors
///
/// The first thing that is wrong.
pub fn verify(ir: &FuncIr, module: &Module) -> Result<(), VerifyError> {
    let verifier = Verifier { ir, module };
    let mut at = 0;
    let mut terminated = false;
    while at < ir.code.len() {
        let inst =
            ir.inst(at).ok_or_else(|| VerifyError { at, message: "no instruction starts here".into() })?;
        verifier
            .inst(&inst)
            .map_err(|message| VerifyError { at, message: format!("{}: {message}", inst.op.info().name) })?;
        terminated = matches!(inst.shape(), Shape::Return | Shape::Jump | Shape::BrTable | Shape::Trap)
            || matches!(inst.op, Op::ReturnCall | Op::ReturnCallIndirect);
        at = inst.end();
    }
    if !terminated {
        return Err(VerifyError { at, message: "control runs off the end".into() });
    }
    let mut last = (0, 0);
    for row in ir.source_map.iter() {
        if row.0 < last.0 || row.0 as usize >= ir.code.len() {
            return Err(VerifyError { at: row.0 as usize, message: "bad row in the source map".into() });
        }
        last = row;
    }
    Ok(())
}

struct Verifier<'a> {
    ir: &'a FuncIr,
    module: &'a Module,
}

impl Verifier<'_> {
    fn inst(&self, inst: &Inst<'_>) -> Result<(), String> {
        let info = inst.op.info();
        self.operands(inst)?;
        let words = |n: usize| {
            if inst.ext.len() == n {
                Ok(())
            } else {
                Err(format!("{} following words, not {n}", inst.ext.len()))
            }
        };
        let index = |index: u32, len: usize, what: &str| {
            if (index as usize) < len { Ok(()) } else { Err(format!("{what} {index} of {len}")) }
        };
        match info.shape {
            Shape::Ext => return Err("no instruction".into()),
            Shape::Unary | Shape::Binary | Shape::Trap | Shape::Check | Shape::ExtractLane => words(0)?,
            Shape::Fuel | Shape::FuelBulk => words(0)?,
            Shape::Ternary | Shape::ReplaceLane => words(1)?,
            Shape::WideConst => words(if inst.op == Op::Const64 { 2 } else { 3 })?,
            Shape::Shuffle => {
                words(3)?;
                if inst.shuffle_lanes().iter().any(|lane| *lane >= 32) {
                    return Err("lane out of range".into());
                }
            }
            Shape::FarGet | Shape::FarSet => {
                words(1)?;
                match (inst.far_slot(), info.dst == Class::Ref || info.a == Class::Ref) {
                    (Slot::Data(s), false) if s < self.ir.data_slots => {}
                    (Slot::Ref(s), true) if s < self.ir.ref_slots => {}
                    (slot, _) => return Err(format!("bad slot {slot:?}")),
                }
            }
            Shape::MoveRange => {
                words(3)?;
                let (to, from, counts) = inst.move_range();
                for base in [to, from] {
                    if base.data + counts.data > self.ir.data_slots
                        || base.refs + counts.refs > self.ir.ref_slots
                    {
                        return Err("range beyond the frame".into());
                    }
                }
            }
            Shape::Label | Shape::LoopHeader => {
                words(usize::from(info.shape == Shape::LoopHeader))?;
                index(inst.label(), self.ir.labels.len(), "label")?;
                if self.ir.labels[inst.label() as usize] as usize != inst.at {
                    return Err("the label is bound elsewhere".into());
                }
                if info.shape == Shape::LoopHeader {
                    index(inst.ext_y(0), self.ir.loops.len(), "loop facts")?;
                }
            }
            Shape::Jump => {
                words(0)?;
                self.label(inst.label())?;
            }
            Shape::Branch => {
                words(1)?;
                self.label(inst.label())?;
                self.condition(inst)?;
            }
            Shape::BrTable => {
                words(2)?;
                let (start, len) = (inst.ext_y(0) as usize, inst.ext_y(1) as usize);
                let targets = start.checked_add(len).and_then(|end| self.ir.br_targets.get(start..end));
                match targets {
                    Some(targets) if !targets.is_empty() => {
                        targets.iter().try_for_each(|label| self.label(*label))?
                    }
                    _ => return Err("bad range of targets".into()),
                }
            }
            Shape::Select => {
                words(1)?;
                self.condition(inst)?;
            }
            Shape::GlobalGet | Shape::GlobalSet => {
                words(1)?;
                index(inst.ext_y(0), self.module.globals.len(), "global")?;
                let class = if info.shape == Shape::GlobalGet { info.dst } else { info.a };
                if self.module.globals[inst.ext_y(0) as usize].content.class() != class {
                    return Err("global of another class".into());
                }
            }
            Shape::Indexed => {
                words(1)?;
                let (len, what) = match inst.op {
                    Op::RefFunc => (self.module.funcs.len(), "function"),
                    Op::ElemDrop => (self.module.elements.len(), "element segment"),
                    Op::DataDrop => (self.module.data.len(), "data segment"),
                    Op::MemorySize | Op::MemoryGrow => (self.module.memories.len(), "memory"),
                    _ => (self.module.tables.len(), "table"),
                };
                index(inst.ext_y(0), len, what)?;
            }
            Shape::Bulk => {
                words(2)?;
                let m = self.module;
                let (target, source) = match inst.op {
                    Op::MemoryCopy => (m.memories.len(), m.memories.len()),
                    Op::MemoryInit => (m.memories.len(), m.data.len()),
                    Op::TableCopy => (m.tables.len(), m.tables.len()),
                    Op::TableInit => (m.tables.len(), m.elements.len()),
                    Op::TableFill => (m.tables.len(), 1),
                    _ => (m.memories.len(), 1),
                };
                index(inst.ext_y(0), target, "target")?;
                index(inst.ext_y(1), source, "source")?;
            }
            Shape::Load | Shape::Store => {
                if inst.ext.len() > 2 {
                    return Err("too many following words".into());
                }
                index(inst.memarg().memory, self.module.memories.len(), "memory")?;
            }
            Shape::LoadLane | Shape::StoreLane => {
                words(2)?;
                index(inst.memarg().memory, self.module.memories.len(), "memory")?;
            }
            Shape::Return => {
                let results = self.type_at(self.ir.type_index)?.results();
                let (len, list) = inst.returned().ok_or("missing operands")?;
                if len != results.len() {
                    return Err(format!("{len} results, not {}", results.len()));
                }
                self.list(&list, results)?;
            }
            Shape::Call | Shape::CallIndirect => self.call(inst)?,
        }
        Ok(())
    }

    fn type_at(&self, index: u32) -> Result<&FuncType, String> {
        self.module.types.get(index as usize).ok_or_else(|| format!("type {index} does not exist"))
    }

    fn call(&self, inst: &Inst<'_>) -> Result<(), String> {
        let call = inst.call().ok_or("missing words")?;
        let ty = match call.table {
            Some((table, _)) if table as usize >= self.module.tables.len() => {
                return Err(format!("table {table} does not exist"));
            }
            Some(_) => self.type_at(call.callee)?,
            None => self.module.func_type(call.callee).ok_or("no such function")?,
        };
        let tail = matches!(inst.op, Op::ReturnCall | Op::ReturnCallIndirect);
        let results = if tail { &[][..] } else { ty.results() };
        if call.args_len != ty.params().len() || call.results_len != results.len() {
            return Err("arity differs from the type's".into());
        }
        self.list(&call.args, ty.params())?;
        match call.results {
            Some(base) => self.consecutive(base, results),
            None => match results {
                [one] => self.operand(call.result, one.class(), Access::Write),
                _ => Ok(()),
            },
        }
    }

    fn list(&self, list: &OperandList<'_>, types: &[crate::types::ValType]) -> Result<(), String> {
        match list {
            OperandList::Spelt { .. } => {
                for (i, ty) in types.iter().enumerate() {
                    self.operand(list.spelt(i).ok_or("missing operand")?, ty.class(), Access::Read)?;
                }
                Ok(())
            }
            OperandList::Consecutive(base) => self.consecutive(*base, types),
        }
    }

    fn consecutive(&self, base: Base, types: &[crate::types::ValType]) -> Result<(), String> {
        let (mut data, mut refs) = (u64::from(base.data), u64::from(base.refs));
        for ty in types {
            if ty.is_ref() { refs += 1 } else { data += ty.slots() as u64 }
        }
        if data > u64::from(self.ir.data_slots) || refs > u64::from(self.ir.ref_slots) {
            return Err("consecutive values beyond the frame".into());
        }
        Ok(())
    }

    fn label(&self, label: u32) -> Result<(), String> {
        let at = self.ir.labels.get(label as usize).ok_or_else(|| format!("label {label} does not exist"))?;
        match self.ir.inst(*at as usize) {
            Some(inst)
                if matches!(inst.shape(), Shape::Label | Shape::LoopHeader) && inst.label() == label =>
            {
                Ok(())
            }
            _ => Err(format!("label {label} is not bound")),
        }
    }

    fn condition(&self, inst: &Inst<'_>) -> Result<(), String> {
        let condition = inst.condition().ok_or("bad comparison")?;
        let info = condition.op.info();
        self.operand(condition.x, info.a, Access::Read)?;
        if info.b == Class::No && condition.y.is_none() {
            return Ok(());
        }
        self.operand(condition.y, info.b, Access::Read)
    }

    /// Checks the operands whose class the op list gives.
    fn operands(&self, inst: &Inst<'_>) -> Result<(), String> {
        let info = inst.op.info();
        if matches!(info.shape, Shape::Branch | Shape::Return | Shape::Call) {
            return Ok(());
        }
        if info.shape == Shape::CallIndirect {
            return self.operand(Operand(inst.ext_x(0)), Class::Addr, Access::Read);
        }
        let dst = if info.shape == Shape::Bulk { Access::Read } else { Access::Write };
        for (class, operand, access) in
            [(info.dst, inst.dst(), dst), (info.a, inst.a(), Access::Read), (info.b, inst.b(), Access::Read)]
        {
            if class != Class::No {
                self.operand(operand, class, access)?;
            }
        }
        if info.shape == Shape::Ternary {
            self.operand(inst.c(), Class::V128, Access::Read)?;
        }
        Ok(())
    }

    fn operand(&self, operand: Operand, class: Class, access: Access) -> Result<(), String> {
        let width = if class == Class::V128 { 2 } else { 1 };
        let bad = |what: &str| Err(format!("{what}: {operand:?} as {class:?}"));
        if operand.is_none() {
            return bad("operand missing");
        }
        if operand.is_const() {
            return if access == Access::Write {
                bad("write to a constant")
            } else if usize::from(operand.index()) + width > self.ir.consts.len() {
                bad("constant out of range")
            } else {
                Ok(())
            };
        }
        if access == Access::Write && operand.kills() {
            return bad("KILL on a destination");
        }
        match operand.slot() {
            Some(Slot::Data(s))
                if class != Class::Ref && s as usize + width <= self.ir.data_slots as usize =>
            {
                Ok(())
            }
            Some(Slot::ScratchData(s))
                if class != Class::Ref
                    && s as usize + width <= Slot::SCRATCH_DATA as usize
                    && self.ir.data_slots >= Slot::SCRATCH_DATA =>
            {
                Ok(())
            }
            Some(Slot::Ref(s)) if class == Class::Ref && s < self.ir.ref_slots => Ok(()),
            Some(Slot::ScratchRef(_)) if class == Class::Ref && self.ir.ref_slots >= Slot::SCRATCH_REF => {
                Ok(())
            }
            _ => bad("slot out of range or of another kind"),
        }
    }
}
