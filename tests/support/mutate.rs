//! Mutations of binaries, some of which keep them valid.

use crate::rng::Rng;
use std::ops::{Range, RangeInclusive};
use wasmparser::{Operator, Parser, Payload};

/// Operators of one byte that take and give the same types, so that one can stand for another.
const ALIKE: &[RangeInclusive<u8>] = &[
    0x2c..=0x2d, // i32.load8_s, i32.load8_u
    0x2e..=0x2f, // i32.load16_s, i32.load16_u
    0x30..=0x31, // i64.load8_s, i64.load8_u
    0x32..=0x33, // i64.load16_s, i64.load16_u
    0x34..=0x35, // i64.load32_s, i64.load32_u
    0x46..=0x4f, // comparisons of i32
    0x51..=0x5a, // of i64
    0x5b..=0x60, // of f32
    0x61..=0x66, // of f64
    0x67..=0x69, // i32.clz to i32.popcnt
    0x6a..=0x78, // i32.add to i32.rotr
    0x79..=0x7b, // i64.clz to i64.popcnt
    0x7c..=0x8a, // i64.add to i64.rotr
    0x8b..=0x91, // f32.abs to f32.sqrt
    0x92..=0x98, // f32.add to f32.copysign
    0x99..=0x9f, // f64.abs to f64.sqrt
    0xa0..=0xa6, // f64.add to f64.copysign
];

/// A module with the places where it can be mutated in a knowing way.
pub struct Subject {
    /// Name for messages.
    pub name: String,
    bytes: Vec<u8>,
    /// Where the code section's contents are.
    code: Range<usize>,
    /// Operators with their like.
    operators: Vec<(usize, RangeInclusive<u8>)>,
    /// Bytes that are immediates or contents, of which these bits can be anything.
    free: Vec<(usize, u8)>,
    /// Contents of data segments.
    data: Vec<Range<usize>>,
    /// Whole sections, with their headers.
    sections: Vec<Range<usize>>,
}

impl Subject {
    /// Looks at a module.
    ///
    /// # Panics
    ///
    /// If it cannot be parsed.
    pub fn new(name: String, bytes: Vec<u8>) -> Subject {
        let mut subject = Subject {
            name,
            code: 0..0,
            operators: Vec::new(),
            free: Vec::new(),
            data: Vec::new(),
            sections: Vec::new(),
            bytes,
        };
        let bytes = std::mem::take(&mut subject.bytes);
        let mut start = 8;
        for payload in Parser::new(0).parse_all(&bytes) {
            let payload = payload.expect("the module can be parsed");
            if let Some((_, range)) = payload.as_section() {
                let range = range.start as usize..range.end as usize;
                subject.sections.push(start..range.end);
                start = range.end;
            }
            subject.look_at(&payload, &bytes);
        }
        subject.bytes = bytes;
        subject
    }

    fn look_at(&mut self, payload: &Payload<'_>, bytes: &[u8]) {
        match payload {
            Payload::CodeSectionStart { unchecked_range, .. } => {
                self.code = unchecked_range.start as usize..unchecked_range.end as usize;
            }
            Payload::DataSection(segments) => {
                for segment in segments.clone() {
                    let segment = segment.expect("the data section can be parsed");
                    let end = segment.range.end as usize;
                    self.data.push(end - segment.data.len()..end);
                }
            }
            Payload::CodeSectionEntry(body) => {
                let operators = body.get_operators_reader().expect("the body can be parsed");
                let mut previous: Option<(Operator<'_>, usize)> = None;
                for operator in operators.into_iter_with_offsets() {
                    let (operator, at) = operator.expect("the operators can be parsed");
                    let at = at as usize;
                    if let Some((previous, start)) = previous.replace((operator, at)) {
                        self.look_at_operator(&previous, start..at, bytes);
                    }
                }
            }
            _ => {}
        }
    }

    fn look_at_operator(&mut self, operator: &Operator<'_>, range: Range<usize>, bytes: &[u8]) {
        if let Some(alike) = ALIKE.iter().find(|alike| alike.contains(&bytes[range.start])) {
            self.operators.push((range.start, alike.clone()));
        }
        match operator {
            // All bits of an LEB128 number's bytes but the one that says that more follow; the last byte's sign too
            // may have to stay, where it is the tenth or fifth.
            Operator::I32Const { .. } | Operator::I64Const { .. } => {
                for at in range.start + 1..range.end {
                    let last_possible = at - range.start >= 5;
                    self.free.push((at, if last_possible { 0 } else { 0x7f }));
                }
            }
            Operator::F32Const { .. } | Operator::F64Const { .. } => {
                self.free.extend((range.start + 1..range.end).map(|at| (at, 0xff)));
            }
            _ => {}
        }
    }

    /// The mutant of the module that `seed` stands for.
    pub fn mutant(&self, seed: u64) -> Vec<u8> {
        let mut rng = Rng::new(seed);
        let mut bytes = self.bytes.clone();
        match rng.below(12) {
            0 => flip(&mut bytes, &mut rng, 0..self.bytes.len()),
            1 => replace(&mut bytes, &mut rng, 0..self.bytes.len()),
            2 => bytes.truncate(rng.below(self.bytes.len())),
            3 => self.repeat_chunk(&mut bytes, &mut rng),
            4 => self.overwrite_chunk(&mut bytes, &mut rng),
            5 => flip(&mut bytes, &mut rng, self.code.clone()),
            6 => replace(&mut bytes, &mut rng, self.code.clone()),
            7 => self.change_sections(&mut bytes, &mut rng),
            8 => self.change_operators(&mut bytes, &mut rng),
            9 => self.change_immediates(&mut bytes, &mut rng),
            10 => self.change_data(&mut bytes, &mut rng),
            _ => {
                self.change_operators(&mut bytes, &mut rng);
                self.change_immediates(&mut bytes, &mut rng);
                self.change_data(&mut bytes, &mut rng);
            }
        }
        bytes
    }

    /// Inserts some bytes a second time.
    fn repeat_chunk(&self, bytes: &mut Vec<u8>, rng: &mut Rng) {
        let (from, len) = chunk(bytes.len(), rng);
        let to = rng.below(bytes.len());
        let chunk = bytes[from..from + len].to_vec();
        bytes.splice(to..to, chunk);
    }

    /// Writes some bytes over others in the code section.
    fn overwrite_chunk(&self, bytes: &mut [u8], rng: &mut Rng) {
        let (from, len) = chunk(self.code.len(), rng);
        let (to, _) = chunk(self.code.len(), rng);
        let len = len.min(self.code.len() - to);
        bytes.copy_within(self.code.start + from..self.code.start + from + len, self.code.start + to);
    }

    /// Leaves out, repeats or swaps sections.
    fn change_sections(&self, bytes: &mut Vec<u8>, rng: &mut Rng) {
        let mut sections = self.sections.clone();
        let at = rng.below(sections.len());
        match rng.below(3) {
            0 => drop(sections.remove(at)),
            1 => sections.insert(at, sections[rng.below(self.sections.len())].clone()),
            _ => sections.swap(at, rng.below(self.sections.len())),
        }
        bytes.truncate(8);
        for section in sections {
            bytes.extend(&self.bytes[section]);
        }
    }

    fn change_operators(&self, bytes: &mut [u8], rng: &mut Rng) {
        for _ in 0..=rng.below(8) {
            if let Some((at, alike)) = pick(&self.operators, rng) {
                let like = usize::from(alike.end() - alike.start()) + 1;
                bytes[*at] = alike.start() + rng.below(like) as u8;
            }
        }
    }

    fn change_immediates(&self, bytes: &mut [u8], rng: &mut Rng) {
        for _ in 0..=rng.below(8) {
            if let Some((at, free)) = pick(&self.free, rng) {
                bytes[*at] ^= rng.byte() & free;
            }
        }
    }

    fn change_data(&self, bytes: &mut [u8], rng: &mut Rng) {
        for _ in 0..=rng.below(8) {
            if let Some(range) = pick(&self.data, rng).filter(|range| !range.is_empty()) {
                bytes[range.start + rng.below(range.len())] = rng.byte();
            }
        }
    }
}

fn pick<'a, X>(choices: &'a [X], rng: &mut Rng) -> Option<&'a X> {
    if choices.is_empty() { None } else { choices.get(rng.below(choices.len())) }
}

/// Start and length of a chunk of 1 to 64 of `len` bytes.
fn chunk(len: usize, rng: &mut Rng) -> (usize, usize) {
    let from = rng.below(len);
    (from, (1 + rng.below(64)).min(len - from))
}

fn flip(bytes: &mut [u8], rng: &mut Rng, range: Range<usize>) {
    for _ in 0..=rng.below(4) {
        bytes[range.start + rng.below(range.len())] ^= 1 << rng.below(8);
    }
}

fn replace(bytes: &mut [u8], rng: &mut Rng, range: Range<usize>) {
    for _ in 0..=rng.below(4) {
        bytes[range.start + rng.below(range.len())] = rng.byte();
    }
}
