//! The text form of IR, for people and golden tests.

use super::func::{FuncIr, Inst, OperandList};
use super::ops::Shape;
use crate::types::Class;
use std::fmt;

impl fmt::Display for FuncIr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "func {} type {} (params {}+{}r, locals {}+{}r, frame {}+{}r)",
            self.func,
            self.type_index,
            self.param_data,
            self.param_refs,
            self.local_data,
            self.local_refs,
            self.data_slots,
            self.ref_slots
        )?;
        for (i, value) in self.consts.iter().enumerate() {
            writeln!(f, "  c{i} = 0x{value:x}")?;
        }
        for inst in self.insts() {
            write!(f, "{:5}  ", inst.at)?;
            self.print_inst(f, &inst)?;
            writeln!(f)?;
        }
        Ok(())
    }
}

fn print_list(f: &mut fmt::Formatter<'_>, len: usize, list: &OperandList<'_>) -> fmt::Result {
    match list {
        OperandList::Spelt { .. } => {
            f.write_str("(")?;
            for i in 0..len {
                if i > 0 {
                    f.write_str(", ")?;
                }
                match list.spelt(i) {
                    Some(operand) => write!(f, "{operand:?}")?,
                    None => f.write_str("missing")?,
                }
            }
            f.write_str(")")
        }
        OperandList::Consecutive(base) => write!(f, "({len} from s{} r{})", base.data, base.refs),
    }
}

impl FuncIr {
    fn print_inst(&self, f: &mut fmt::Formatter<'_>, inst: &Inst<'_>) -> fmt::Result {
        let info = inst.op.info();
        let condition = |f: &mut fmt::Formatter<'_>| match inst.condition() {
            Some(c) if c.y.is_none() => write!(f, "{} {:?}", c.op.info().name, c.x),
            Some(c) => write!(f, "{} {:?}, {:?}", c.op.info().name, c.x, c.y),
            None => f.write_str("bad condition"),
        };
        if info.dst != Class::No && info.shape != Shape::Bulk {
            write!(f, "{:?} = ", inst.dst())?;
        }
        if matches!(info.shape, Shape::Call | Shape::CallIndirect) {
            return self.print_call(f, inst);
        }
        f.write_str(info.name)?;
        let sources = [
            (info.dst, inst.dst(), info.shape == Shape::Bulk),
            (info.a, inst.a(), true),
            (info.b, inst.b(), true),
        ];
        let mut separator = " ";
        for (_, operand, _) in sources.iter().filter(|(class, _, read)| *read && *class != Class::No) {
            write!(f, "{separator}{operand:?}")?;
            separator = ", ";
        }
        match info.shape {
            Shape::Ternary => write!(f, ", {:?}", inst.c()),
            Shape::WideConst => write!(f, " 0x{:x}", inst.wide_const()),
            Shape::FarGet | Shape::FarSet => write!(f, " {:?}", inst.far_slot()),
            Shape::MoveRange => {
                let (to, from, n) = inst.move_range();
                write!(
                    f,
                    " s{} r{} <- s{} r{} ({}+{}r)",
                    to.data, to.refs, from.data, from.refs, n.data, n.refs
                )
            }
            Shape::Label | Shape::Jump => write!(f, " L{}", inst.label()),
            Shape::LoopHeader => {
                write!(f, " L{}", inst.label())?;
                let Some(facts) = self.loops.get(inst.ext_y(0) as usize) else { return Ok(()) };
                write!(f, " depth {}{}", facts.depth, if facts.has_call { " calls" } else { "" })?;
                let uses =
                    self.loop_uses.iter().skip(facts.uses_start as usize).take(facts.uses_len as usize);
                for u in uses {
                    let written = self
                        .local_sets
                        .get(facts.written as usize)
                        .is_some_and(|set| set[usize::from(u.slot >> 6) & 3] >> (u.slot & 63) & 1 != 0);
                    write!(f, " s{}:{}{}", u.slot, u.weight, if written { "w" } else { "" })?;
                }
                Ok(())
            }
            Shape::Branch => {
                write!(f, " L{} if ", inst.label())?;
                condition(f)
            }
            Shape::BrTable => {
                let targets =
                    self.br_targets.iter().skip(inst.ext_y(0) as usize).take(inst.ext_y(1) as usize);
                f.write_str(" [")?;
                for (i, label) in targets.enumerate() {
                    write!(f, "{}L{label}", if i > 0 { " " } else { "" })?;
                }
                f.write_str("]")
            }
            Shape::Return => match inst.returned() {
                Some((0, _)) => Ok(()),
                Some((len, list)) => {
                    f.write_str(" ")?;
                    print_list(f, len, &list)
                }
                None => f.write_str(" missing"),
            },
            Shape::Select => {
                f.write_str(" if ")?;
                condition(f)
            }
            Shape::Fuel => write!(f, " {}", inst.word.index()),
            Shape::FuelBulk => write!(f, " << {}", inst.word.b),
            Shape::GlobalGet | Shape::GlobalSet => write!(f, " g{}", inst.ext_y(0)),
            Shape::Indexed => write!(f, " #{}", inst.ext_y(0)),
            Shape::Bulk => write!(f, " #{} #{}", inst.ext_y(0), inst.ext_y(1)),
            Shape::Load | Shape::Store => {
                let memarg = inst.memarg();
                write!(f, " m{}+{}", memarg.memory, memarg.offset)
            }
            Shape::LoadLane | Shape::StoreLane => {
                let memarg = inst.memarg();
                write!(f, " m{}+{} lane {}", memarg.memory, memarg.offset, inst.lane())
            }
            Shape::ExtractLane | Shape::ReplaceLane => write!(f, " lane {}", inst.lane()),
            Shape::Shuffle => write!(f, " {:?}", inst.shuffle_lanes()),
            Shape::Ext
            | Shape::Unary
            | Shape::Binary
            | Shape::Trap
            | Shape::Call
            | Shape::CallIndirect
            | Shape::Check => Ok(()),
        }
    }

    fn print_call(&self, f: &mut fmt::Formatter<'_>, inst: &Inst<'_>) -> fmt::Result {
        let name = inst.op.info().name;
        let Some(call) = inst.call() else { return write!(f, "{name} missing") };
        match call.results {
            Some(base) => write!(f, "({} from s{} r{}) = ", call.results_len, base.data, base.refs)?,
            None if call.results_len == 1 => write!(f, "{:?} = ", call.result)?,
            None => {}
        }
        match call.table {
            Some((table, index)) => write!(f, "{name} t{table}[{index:?}] type {} ", call.callee)?,
            None => write!(f, "{name} f{} ", call.callee)?,
        }
        print_list(f, call.args_len, &call.args)
    }
}
