//! Calls, returns, and their lists of values.

use super::operands::{Source, immediate};
use super::{Checked, Fail, Function, slots};
use crate::code::{InterpFunc, Word};
use crate::isa::Fixed;
use wz_core::ir::{Base, CallInfo, Inst, Op, OperandList, Slot};
use wz_core::types::{Class, HeapType, ValType};

/// The handlers of calls to one kind of callee, by the form of the arguments.
struct Forms {
    few: [Fixed; 4],
    spelt: Fixed,
    tagged: Fixed,
    consecutive: Fixed,
    tail_tagged: Fixed,
    tail_consecutive: Fixed,
}

const LOCAL: Forms = Forms {
    few: [Fixed::Call0, Fixed::Call1, Fixed::Call2, Fixed::Call3],
    spelt: Fixed::CallSpelt,
    tagged: Fixed::CallTagged,
    consecutive: Fixed::CallConsecutive,
    tail_tagged: Fixed::TailCallTagged,
    tail_consecutive: Fixed::TailCallConsecutive,
};

const IMPORT: Forms = Forms {
    few: [Fixed::CallImport0, Fixed::CallImport1, Fixed::CallImport2, Fixed::CallImport3],
    spelt: Fixed::CallImportSpelt,
    tagged: Fixed::CallImportTagged,
    consecutive: Fixed::CallImportConsecutive,
    tail_tagged: Fixed::TailCallImportTagged,
    tail_consecutive: Fixed::TailCallImportConsecutive,
};

const INDIRECT: Forms = Forms {
    few: [Fixed::CallIndirect0, Fixed::CallIndirect1, Fixed::CallIndirect2, Fixed::CallIndirect3],
    spelt: Fixed::CallIndirectSpelt,
    tagged: Fixed::CallIndirectTagged,
    consecutive: Fixed::CallIndirectConsecutive,
    tail_tagged: Fixed::TailCallIndirectTagged,
    tail_consecutive: Fixed::TailCallIndirectConsecutive,
};

/// The greatest constant that an entry of a tagged list stands for.
const TAGGED_MAX: u64 = (1 << 15) - 1;

/// How a list of values is encoded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Up to three data slots.
    Few,
    /// Positions.
    Spelt,
    /// Positions and constants.
    Tagged,
    /// Consecutive slots: positions of the first data slot and the first reference.
    Consecutive(i32, i32),
}

impl Function<'_> {
    /// Positions of the first data slot and the first reference of values in consecutive slots.
    fn consecutive(&self, base: Base, types: &[ValType]) -> Checked<(i32, i32)> {
        let (data, refs) = slots(types);
        let data = self.frame.position(Slot::Data(base.data), data);
        let refs = self.frame.position(Slot::Ref(base.refs), refs);
        // Where there are none of a kind, its base need not be in the frame.
        match (data, refs, slots(types)) {
            (Some(data), Some(refs), _) => Ok((data, refs)),
            (Some(data), None, (_, 0)) => Ok((data, 0)),
            (None, Some(refs), (0, _)) => Ok((0, refs)),
            _ => Err(Fail::Bad("consecutive values beyond the frame")),
        }
    }

    /// Collects the entries of a list, constants that an entry cannot stand for in extra slots.
    fn list(&mut self, list: &OperandList<'_>, types: &[ValType]) -> Checked<Form> {
        if let OperandList::Consecutive(base) = list {
            let (data, refs) = self.consecutive(*base, types)?;
            return Ok(Form::Consecutive(data, refs));
        }
        self.scratch.data.clear();
        self.scratch.refs.clear();
        let mut constants = false;
        for (i, ty) in types.iter().enumerate() {
            let operand = list.spelt(i).ok_or(Fail::Bad("missing operand"))?;
            if *ty == ValType::V128 {
                let position = self.slot(operand, Class::V128)?;
                self.scratch.data.extend([Source::Slot(position), Source::Slot(position + 1)]);
                continue;
            }
            let source = match self.source(operand, ty.class())? {
                Source::Const(bits) if bits > TAGGED_MAX => Source::Slot(self.in_slot(Source::Const(bits))?),
                source => source,
            };
            constants |= matches!(source, Source::Const(_));
            let entries = if ty.is_ref() { &mut self.scratch.refs } else { &mut self.scratch.data };
            entries.push(source);
        }
        Ok(if constants {
            Form::Tagged
        } else if self.scratch.refs.is_empty() && self.scratch.data.len() <= 3 {
            Form::Few
        } else {
            Form::Spelt
        })
    }

    /// Emits the collected entries: their numbers, then four a word. `more` words follow.
    fn entries(&mut self, tagged: bool, more: usize) {
        let scratch = &mut *self.scratch;
        let entries = scratch.data.len() + scratch.refs.len();
        let words = 1 + entries.div_ceil(4) + more;
        self.code.push(Word([scratch.data.len() as u16, scratch.refs.len() as u16, words as u16, 0]));
        let mut all = scratch.data.iter().chain(&scratch.refs).map(|source| match (*source, tagged) {
            (Source::Slot(position), false) => position as u16,
            (Source::Slot(position), true) => (position << 1) as u16,
            (Source::Const(bits), _) => (bits as u16) << 1 | 1,
        });
        for _ in 0..entries.div_ceil(4) {
            let word = [0; 4].map(|_: u16| all.next().unwrap_or(0));
            self.code.push(Word(word));
        }
    }

    /// Emits the numbers and positions of a consecutive list.
    fn ranges(&mut self, types: &[ValType], data: i32, refs: i32) {
        let (n_data, n_refs) = slots(types);
        self.push(Word::pair(data as u32, refs as u32));
        self.push(Word::pair(n_data, n_refs));
    }

    pub(super) fn call(&mut self, inst: &Inst<'_>) -> Checked<()> {
        let call = inst.call().ok_or(Fail::Bad("missing words"))?;
        let callee = call.callee;
        let index = *self.module.funcs.get(callee as usize).ok_or(Fail::Bad("no such function"))?;
        let imported = callee < self.module.imported_funcs;
        // Records of a module's functions are an array in their order.
        let distance = (i64::from(callee) - i64::from(self.ir.func)) * size_of::<InterpFunc>() as i64;
        let (forms, imm) = if imported {
            (&IMPORT, callee)
        } else {
            (&LOCAL, i32::try_from(distance).map_err(|_| Fail::TooLarge)? as u32)
        };
        self.any_call(inst, &call, index, forms, |form, dst| Word::wide(form, dst, imm), None)
    }

    pub(super) fn call_indirect(&mut self, inst: &Inst<'_>) -> Checked<()> {
        let call = inst.call().ok_or(Fail::Bad("missing words"))?;
        let (table, index) = call.table.ok_or(Fail::Bad("missing words"))?;
        match self.module.tables.get(table as usize) {
            Some(ty) if ty.element.heap == HeapType::Func => {}
            _ => return Err(Fail::Bad("no such table of functions")),
        }
        let index = self.slot(index, Class::Addr)?;
        let head = |form, _| Word::wide(form, index, table);
        self.any_call(inst, &call, call.callee, &INDIRECT, head, Some(call.callee))
    }

    /// Emits a call: its head, the word with the type that an indirect one has, the arguments.
    fn any_call(
        &mut self,
        inst: &Inst<'_>,
        call: &CallInfo<'_>,
        type_index: u32,
        forms: &Forms,
        head: impl Fn(u16, i16) -> Word,
        type_word: Option<u32>,
    ) -> Checked<()> {
        let ty = self.module.types.get(type_index as usize).ok_or(Fail::Bad("no such type"))?;
        let tail = matches!(inst.op, Op::ReturnCall | Op::ReturnCallIndirect);
        let results = if tail { &[][..] } else { ty.results() };
        if tail && ty.results() != self.ty.results() {
            return Err(Fail::Bad("tail call with other results"));
        }
        if call.args_len != ty.params().len() || call.results_len != results.len() {
            return Err(Fail::Bad("arity differs from the type's"));
        }
        // Where results go.
        let mut dst = 0;
        let to = match results {
            [] => Word::default(),
            [result] => {
                dst = self.position(call.result, result.class())?;
                Word([0, dst as u16, 0, 0])
            }
            _ => {
                let base = call.results.ok_or(Fail::Bad("missing words"))?;
                let (data, refs) = self.consecutive(base, results)?;
                Word::pair(data as u32, refs as u32)
            }
        };
        let form = match self.list(&call.args, ty.params())? {
            Form::Few | Form::Spelt if tail => Form::Tagged,
            Form::Few if results.len() > 1 => Form::Spelt,
            form => form,
        };
        let handler = match form {
            Form::Few => *forms.few.get(self.scratch.data.len()).ok_or(Fail::Bad("too many arguments"))?,
            Form::Spelt => forms.spelt,
            Form::Tagged if tail => forms.tail_tagged,
            Form::Tagged => forms.tagged,
            Form::Consecutive(..) if tail => forms.tail_consecutive,
            Form::Consecutive(..) => forms.consecutive,
        };
        self.push(head(handler as u16, dst));
        if let Some(ty) = type_word {
            self.push(Word::wide(0, dst, ty));
        }
        match form {
            Form::Few => {
                let mut fields = [0, dst as u16, 0, 0];
                for (field, source) in [0, 2, 3].into_iter().zip(&self.scratch.data) {
                    if let Source::Slot(position) = *source {
                        fields[field] = position as u16;
                    }
                }
                if !self.scratch.data.is_empty() {
                    self.push(Word(fields));
                }
            }
            Form::Spelt | Form::Tagged => {
                self.entries(form == Form::Tagged, 1);
                self.push(to);
            }
            Form::Consecutive(data, refs) => {
                self.ranges(ty.params(), data, refs);
                self.push(to);
            }
        }
        self.accumulators.forget();
        if let [result] = results {
            self.accumulators.written(result.class(), dst);
        }
        Ok(())
    }

    pub(super) fn ret(&mut self, inst: &Inst<'_>) -> Checked<()> {
        let results = self.ty.results();
        let (len, list) = inst.returned().ok_or(Fail::Bad("missing operands"))?;
        if len != results.len() {
            return Err(Fail::Bad("number of results differs from the type's"));
        }
        if let ([result], Some(operand)) = (results, list.spelt(0)) {
            let class = result.class();
            if class == Class::V128 {
                let position = self.slot(operand, class)?;
                self.push(Word::new(Fixed::ReturnV128 as u16, position, 0, 0));
                return Ok(());
            }
            let source = self.source(operand, class)?;
            let (slot, held, constant) = match class {
                Class::I32 => (Fixed::Return32, Fixed::Return32Acc, Some(Fixed::Return32Imm)),
                Class::F32 => (Fixed::ReturnF32, Fixed::ReturnF32Acc, None),
                Class::F64 => (Fixed::ReturnF64, Fixed::ReturnF64Acc, None),
                _ => (Fixed::Return64, Fixed::Return64Acc, Some(Fixed::Return64Imm)),
            };
            let imm = match source {
                Source::Const(bits) => immediate(if class == Class::Ref { Class::I64 } else { class }, bits),
                Source::Slot(_) => None,
            };
            if let (Some(handler), Some(imm)) = (constant, imm) {
                self.push(Word::new(handler as u16, imm, 0, 0));
                return Ok(());
            }
            let position = self.in_slot(source)?;
            let handler = if self.accumulators.hold(class, position) { held } else { slot };
            self.push(Word::new(handler as u16, position, 0, 0));
            return Ok(());
        }
        if results.is_empty() {
            return self.plain(Fixed::Return0);
        }
        match self.list(&list, results)? {
            Form::Consecutive(data, refs) => {
                self.plain(Fixed::ReturnConsecutive)?;
                self.ranges(results, data, refs);
            }
            _ => {
                self.plain(Fixed::ReturnSpelt)?;
                self.entries(true, 0);
            }
        }
        Ok(())
    }
}
