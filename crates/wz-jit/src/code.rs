//! The code of one function while it is made: sections, labels, literals, and what is to be patched in the end.

use crate::buffer::{CodeBuf, TOO_LARGE};

/// A part of a function's code. They follow each other in this order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Section {
    /// The body.
    Hot,
    /// What is rarely run, behind it.
    Cold,
    /// Literals and jump tables, behind that.
    Data,
}

/// A place in the code: a section and an offset in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Position(u32);

impl Position {
    const OFFSET: u32 = (1 << 30) - 1;
    const NONE: Position = Position(u32::MAX);

    #[inline]
    fn new(section: Section, offset: u32) -> Position {
        Position((section as u32) << 30 | offset & Position::OFFSET)
    }
}

/// A place that code refers to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Label(u32);

/// A 32-bit field that holds the distance from its end to a label.
#[derive(Clone, Copy, Debug)]
struct Fixup {
    at: Position,
    label: u32,
}

/// A 32-bit field that holds the distance from its end to a function's entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CallSite {
    /// Place of the field.
    pub at: u32,
    /// Function index in the module.
    pub func: u32,
}

/// An instruction that may fault, or a return address, with what [`Site`](wz_core::native::Site) says of it.
#[derive(Clone, Copy, Debug)]
struct Mark {
    at: u32,
    info: u32,
}

/// A table of 32-bit distances from its start to labels.
#[derive(Clone, Copy, Debug)]
struct JumpTable {
    /// Offset in the data section.
    at: u32,
    /// First entry in [`FuncCode::table_labels`].
    first: u32,
    len: u32,
}

/// The code of one function while it is made. The section being written is in the assembler's buffer.
#[derive(Debug, Default)]
pub struct FuncCode {
    /// The other one of the hot and the cold section.
    other: CodeBuf,
    cold: bool,
    data: CodeBuf,
    labels: Vec<Position>,
    fixups: Vec<Fixup>,
    marks: [Vec<Mark>; 2],
    calls: Vec<(Position, u32)>,
    /// Fields to which a number is added that is known in the end.
    frame_fields: Vec<Position>,
    tables: Vec<JumpTable>,
    table_labels: Vec<u32>,
    literals: Vec<(u128, u32, Label)>,
}

impl FuncCode {
    /// How many literals are looked through for an equal one.
    const RECENT: usize = 16;

    /// Empties everything, `buf` included, for the next function. The first `labels` labels exist already.
    pub fn start(&mut self, buf: &mut CodeBuf, labels: usize) {
        buf.clear();
        self.other.clear();
        self.cold = false;
        self.data.clear();
        self.labels.clear();
        self.labels.resize(labels, Position::NONE);
        self.fixups.clear();
        self.marks.iter_mut().for_each(Vec::clear);
        self.calls.clear();
        self.frame_fields.clear();
        self.tables.clear();
        self.table_labels.clear();
        self.literals.clear();
    }

    /// Goes to the other one of the hot and the cold section.
    pub fn switch(&mut self, buf: &mut CodeBuf) {
        std::mem::swap(buf, &mut self.other);
        self.cold = !self.cold;
    }

    #[inline]
    fn section(&self) -> Section {
        if self.cold { Section::Cold } else { Section::Hot }
    }

    /// The place that is written next.
    #[inline]
    pub fn here(&self, buf: &CodeBuf) -> Position {
        Position::new(self.section(), buf.offset())
    }

    /// The label with this index among those that existed at the start.
    #[inline]
    pub fn label(&self, index: u32) -> Label {
        Label(index)
    }

    /// A further label.
    pub fn new_label(&mut self) -> Label {
        self.labels.push(Position::NONE);
        Label(self.labels.len() as u32 - 1)
    }

    /// Makes a label mean the place that is written next.
    pub fn bind(&mut self, label: Label, buf: &mut CodeBuf) {
        let here = self.here(buf);
        match self.labels.get_mut(label.0 as usize) {
            Some(position) if *position == Position::NONE => *position = here,
            _ => buf.poison("label bound twice, or unknown"),
        }
    }

    /// Whether a label is bound.
    pub fn is_bound(&self, label: Label) -> bool {
        self.labels.get(label.0 as usize).is_some_and(|position| *position != Position::NONE)
    }

    /// Offset of a label that is bound in the section being written.
    #[inline]
    pub fn bound_here(&self, label: Label) -> Option<u32> {
        let position = *self.labels.get(label.0 as usize)?;
        (position != Position::NONE && position.0 >> 30 == self.section() as u32)
            .then_some(position.0 & Position::OFFSET)
    }

    /// Makes the 32-bit field at `at` of the section being written the distance from its end to the label.
    #[inline]
    pub fn refer(&mut self, at: u32, label: Label) {
        self.fixups.push(Fixup { at: Position::new(self.section(), at), label: label.0 });
    }

    /// Makes the 32-bit field at `at` of the section being written the distance from its end to a function's entry.
    pub fn refer_to_function(&mut self, at: u32, func: u32) {
        self.calls.push((Position::new(self.section(), at), func));
    }

    /// Has a number that [`FuncCode::finish`] is told added to the 32-bit field at `at`: what depends on the size of the
    /// frame.
    pub fn add_frame_bytes(&mut self, at: u32) {
        self.frame_fields.push(Position::new(self.section(), at));
    }

    /// Notes that the place that is written next is a site; `info` as in [`Site`](wz_core::native::Site).
    #[inline]
    pub fn mark(&mut self, buf: &CodeBuf, info: u32) {
        self.marks[usize::from(self.cold)].push(Mark { at: buf.offset(), info });
    }

    /// A label of `len` bytes (4, 8 or 16) of literal data, aligned to their number.
    pub fn literal(&mut self, bits: u128, len: u32) -> Label {
        let recent = self.literals.len().saturating_sub(FuncCode::RECENT);
        let equal = self.literals[recent..].iter().find(|(b, l, _)| *b == bits && *l >= len);
        if let Some((_, _, label)) = equal {
            return *label;
        }
        self.align_data(len);
        let label = self.label_in_data();
        self.data.put_slice(bits.to_le_bytes().get(..len as usize).unwrap_or_default());
        self.literals.push((bits, len, label));
        label
    }

    fn align_data(&mut self, alignment: u32) {
        let offset = self.data.offset();
        for _ in offset..offset.next_multiple_of(alignment.max(1)) {
            self.data.put(0, 1);
        }
    }

    fn label_in_data(&mut self) -> Label {
        self.labels.push(Position::new(Section::Data, self.data.offset()));
        Label(self.labels.len() as u32 - 1)
    }

    /// A label of a table of 32-bit distances from its start to these labels.
    pub fn jump_table(&mut self, labels: impl IntoIterator<Item = Label>) -> Label {
        self.align_data(4);
        let (table, at, first) = (self.label_in_data(), self.data.offset(), self.table_labels.len());
        for label in labels {
            self.table_labels.push(label.0);
            self.data.put(0, 4);
        }
        let len = self.table_labels.len() - first;
        self.tables.push(JumpTable { at, first: first as u32, len: len as u32 });
        table
    }

    /// Appends the function to `out`: `head`, then the sections. Offsets in what `out` gets count from the start of
    /// its code. `frame_bytes` goes to the fields of [`FuncCode::add_frame_bytes`].
    ///
    /// # Errors
    ///
    /// What is wrong with the code.
    pub fn finish(
        &mut self,
        buf: &mut CodeBuf,
        head: &CodeBuf,
        frame_bytes: u32,
        out: &mut Linked<'_>,
    ) -> Result<(), &'static str> {
        if self.cold {
            self.switch(buf);
        }
        let (hot, cold) = (&*buf, &self.other);
        for part in [head, hot, cold, &self.data] {
            part.poisoned().map_or(Ok(()), Err)?;
        }
        let start = out.code.len();
        out.code.extend_from_slice(head.bytes());
        let mut append = |part: &CodeBuf| {
            let base = out.code.len();
            out.code.extend_from_slice(part.bytes());
            base
        };
        let (hot, cold) = (append(hot), append(cold));
        if self.data.offset() > 0 {
            out.code.resize(out.code.len().next_multiple_of(16), PADDING);
        }
        let data = out.code.len();
        out.code.extend_from_slice(self.data.bytes());
        let linker = Linker { bases: [hot, cold, data], labels: &self.labels };
        if out.code.len() - start > CodeBuf::LIMIT || u32::try_from(out.code.len()).is_err() {
            return Err(TOO_LARGE);
        }
        for fixup in &self.fixups {
            let at = linker.place(fixup.at);
            let distance = linker.distance(at + 4, fixup.label)?;
            write32(out.code, at, distance)?;
        }
        for table in &self.tables {
            let at = linker.place(Position::new(Section::Data, table.at));
            let labels = self.table_labels.iter().skip(table.first as usize).take(table.len as usize);
            for (i, label) in labels.enumerate() {
                let distance = linker.distance(at, *label)?;
                write32(out.code, at + 4 * i, distance)?;
            }
        }
        for field in &self.frame_fields {
            let at = linker.place(*field);
            let old =
                out.code.get(at..).and_then(|rest| rest.first_chunk()).ok_or("a field outside the code")?;
            let value = u32::from_le_bytes(*old).wrapping_add(frame_bytes);
            write32(out.code, at, value)?;
        }
        for (section, marks) in [Section::Hot, Section::Cold].into_iter().zip(&self.marks) {
            for mark in marks {
                out.sites.push((linker.place(Position::new(section, mark.at)) as u32, mark.info));
            }
        }
        for (at, func) in &self.calls {
            out.calls.push(CallSite { at: linker.place(*at) as u32, func: *func });
        }
        Ok(())
    }
}

/// What fills the gaps between functions: an instruction that traps, on x86-64 `int3`.
pub(crate) const PADDING: u8 = 0xcc;

/// Where finished functions go.
#[derive(Debug)]
pub struct Linked<'a> {
    /// Code of the functions so far.
    pub code: &'a mut Vec<u8>,
    /// Offset and [`Site`](wz_core::native::Site) info of each site.
    pub sites: &'a mut Vec<(u32, u32)>,
    /// Fields that hold distances to functions.
    pub calls: &'a mut Vec<CallSite>,
}

/// Where the sections and labels ended up.
struct Linker<'a> {
    bases: [usize; 3],
    labels: &'a [Position],
}

impl Linker<'_> {
    fn place(&self, position: Position) -> usize {
        let base = self.bases.get((position.0 >> 30) as usize).copied().unwrap_or(0);
        base + (position.0 & Position::OFFSET) as usize
    }

    fn distance(&self, from: usize, label: u32) -> Result<u32, &'static str> {
        match self.labels.get(label as usize) {
            Some(position) if *position != Position::NONE => {
                Ok((self.place(*position) as u32).wrapping_sub(from as u32))
            }
            _ => Err("a label is not bound"),
        }
    }
}

pub(crate) fn write32(code: &mut [u8], at: usize, value: u32) -> Result<(), &'static str> {
    let field =
        code.get_mut(at..).and_then(|rest| rest.first_chunk_mut()).ok_or("a field outside the code")?;
    *field = value.to_le_bytes();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_laid_side_by_side_and_linked() {
        let (mut code, mut buf, mut head) = (FuncCode::default(), CodeBuf::default(), CodeBuf::default());
        let (mut bytes, mut sites, mut calls) = (vec![PADDING; 16], Vec::new(), Vec::new());
        code.start(&mut buf, 1);
        head.put(0x9090, 2);
        let stub = code.new_label();
        let number = code.literal(0x1122_3344, 4);
        assert_eq!(code.literal(0x1122_3344, 4), number);
        // Hot: a field for each of the stub, the literal and the table.
        for label in [stub, number] {
            buf.put(0, 4);
            code.refer(buf.offset() - 4, label);
        }
        code.switch(&mut buf);
        code.bind(stub, &mut buf);
        code.mark(&buf, 5);
        buf.put(0x0b0f, 2);
        buf.put(0, 4);
        code.refer_to_function(2, 77);
        code.switch(&mut buf);
        let first = code.label(0);
        let table = code.jump_table([first, stub]);
        buf.put(0, 4);
        code.refer(8, table);
        code.bind(first, &mut buf);
        code.mark(&buf, 4);
        buf.put(100, 4);
        code.add_frame_bytes(12);
        let mut out = Linked { code: &mut bytes, sites: &mut sites, calls: &mut calls };
        code.finish(&mut buf, &head, 8, &mut out).expect("good code");
        let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
        // Head at 16, hot at 18, cold at 34, data at 48: literal, table.
        assert_eq!(word(18), 34 - 22);
        assert_eq!(word(22), 48 - 26);
        assert_eq!(word(26), 52 - 30);
        assert_eq!(word(30), 108);
        assert_eq!(
            (word(48), word(52), word(56)),
            (0x1122_3344, 30_u32.wrapping_sub(52), 34_u32.wrapping_sub(52))
        );
        assert_eq!(sites, [(30, 4), (34, 5)]);
        assert_eq!(calls, [CallSite { at: 36, func: 77 }]);
        // A label that is not bound is an error.
        code.start(&mut buf, 1);
        buf.put(0, 4);
        code.refer(0, code.label(0));
        let mut out = Linked { code: &mut bytes, sites: &mut sites, calls: &mut calls };
        assert!(code.finish(&mut buf, &head, 0, &mut out).is_err());
    }
}
