//! Tables and references.

use crate::asm::{Cond, Mem, Width};
use crate::call::Arg;
use crate::emitter::Emitter;
use wz_core::ir::{Inst, Op};
use wz_core::native::Helper;
use wz_core::runtime::vm::VmTable;
use wz_jit::Kind;

impl Emitter<'_> {
    /// The kind of a table's indices.
    fn table_index(&mut self, table: u32) -> Kind {
        match self.module.tables.get(table as usize) {
            Some(ty) if ty.table64 => Kind::I64,
            Some(_) => Kind::I32,
            None => {
                self.fail("inconsistent IR: no such table");
                Kind::I64
            }
        }
    }

    /// Whether a reference is null.
    pub(crate) fn ref_is_null(&mut self, inst: &Inst<'_>) {
        let x = self.int(inst.a(), Kind::Ref);
        self.kill(&[inst.a()]);
        let dst = self.int_dst(inst.dst(), Kind::I32, None);
        self.asm.zero(dst);
        self.asm.test(Width::W64, x, x);
        self.asm.setcc(Cond::E, dst);
    }

    pub(crate) fn table_op(&mut self, inst: &Inst<'_>) {
        let table = inst.ext_y(0);
        let number = Arg::Const(table);
        match inst.op {
            Op::TableSize => {
                let kind = self.table_index(table);
                let dst = self.int_dst(inst.dst(), kind, None);
                let definition = self.vmctx(self.env.layout.table(table));
                self.asm.load(Width::W64, dst, definition);
                self.asm.load(Width::W64, dst, Mem::new(dst, VmTable::LEN as i32));
            }
            Op::TableGet => {
                let kind = self.table_index(table);
                let args = [number, Arg::Value(inst.a(), kind)];
                self.helper(Helper::TableGet, &args, Some((inst.dst(), Kind::Ref)));
            }
            Op::TableSet => {
                let kind = self.table_index(table);
                let args = [number, Arg::Value(inst.a(), kind), Arg::Value(inst.b(), Kind::Ref)];
                self.helper(Helper::TableSet, &args, None);
            }
            Op::TableGrow => {
                let kind = self.table_index(table);
                let args = [number, Arg::Value(inst.a(), Kind::Ref), Arg::Value(inst.b(), kind)];
                self.helper(Helper::TableGrow, &args, Some((inst.dst(), kind)));
            }
            Op::ElemDrop => self.helper(Helper::ElemDrop, &[number], None),
            Op::RefFunc => self.helper(Helper::RefFunc, &[number], Some((inst.dst(), Kind::Ref))),
            _ => self.fail("inconsistent IR: no such instruction on an index"),
        }
    }

    pub(crate) fn table_bulk(&mut self, inst: &Inst<'_>) {
        let (target, source) = (inst.ext_y(0), inst.ext_y(1));
        let index = self.table_index(target);
        let (dst, a, b) = (inst.dst(), inst.a(), inst.b());
        match inst.op {
            Op::TableFill => {
                let args = [
                    Arg::Const(target),
                    Arg::Value(dst, index),
                    Arg::Value(a, Kind::Ref),
                    Arg::Value(b, index),
                ];
                self.helper(Helper::TableFill, &args, None);
            }
            Op::TableCopy => {
                let from = self.table_index(source);
                // The length has the narrower one of the two index types.
                let len = if index == from { index } else { Kind::I32 };
                let args = [
                    Arg::Const(target),
                    Arg::Const(source),
                    Arg::Value(dst, index),
                    Arg::Value(a, from),
                    Arg::Value(b, len),
                ];
                self.helper(Helper::TableCopy, &args, None);
            }
            Op::TableInit => {
                let args = [
                    Arg::Const(target),
                    Arg::Const(source),
                    Arg::Value(dst, index),
                    Arg::Value(a, Kind::I32),
                    Arg::Value(b, Kind::I32),
                ];
                self.helper(Helper::TableInit, &args, None);
            }
            _ => self.fail("inconsistent IR: no such bulk instruction"),
        }
    }
}
