//! Sizes of memories and bulk operations on them.
//!
//! Copies and fills of few bytes are emitted in line. They do nothing if one of their ranges is out of bounds: a copy
//! loads everything before it stores anything, and the highest bytes are stored first, so that either that store faults
//! or none does.

use crate::asm::{Extend, Gpr, Mem, Shift, Width, Xmm};
use crate::call::Arg;
use crate::emitter::Emitter;
use crate::memory::Place;
use Width::{W32, W64};
use wz_core::ir::{Inst, MemArg, Operand};
use wz_core::native::Helper;
use wz_core::runtime::vm::VmMemory;
use wz_jit::{Kind, Technique};

/// Most bytes of a copy or fill that is emitted in line.
const INLINE: u64 = 64;
/// Most pieces of a copy.
const MOST_PIECES: usize = 4;

/// Pieces of powers of 2 that cover `len` bytes, each an offset and a size of at most `largest`; the last one may
/// overlap the one before.
fn pieces(len: u32, largest: u32) -> impl DoubleEndedIterator<Item = (u32, u32)> {
    let unit = largest.min(1 << len.max(1).ilog2());
    let rest = len % unit;
    // What is left at the end is covered by the smallest piece that is large enough; it reaches back.
    let last = rest.next_power_of_two();
    let tail = (rest > 0).then(|| (len - last, last));
    (0..len / unit).map(move |i| (i * unit, unit)).chain(tail)
}

/// Bytes on their way from one place to another.
#[derive(Clone, Copy, Debug)]
enum Bytes {
    Gpr(Gpr),
    Xmm(Xmm),
    /// The same byte again and again.
    Const(u8),
}

impl Emitter<'_> {
    /// The kind of a memory's indices.
    fn index_kind(&mut self, memory: u32) -> Kind {
        match self.module.memories.get(memory as usize) {
            Some(ty) if ty.memory64 => Kind::I64,
            Some(_) => Kind::I32,
            None => {
                self.fail("inconsistent IR: no such memory");
                Kind::I32
            }
        }
    }

    pub(crate) fn memory_size(&mut self, inst: &Inst<'_>) {
        let memory = inst.ext_y(0);
        let kind = self.index_kind(memory);
        let log = self.module.memories.get(memory as usize).map_or(0, |ty| ty.page_size_log2);
        let dst = self.int_dst(inst.dst(), kind, None);
        self.load_memory(dst, memory);
        self.asm.load(W64, dst, Mem::new(dst, VmMemory::LEN as i32));
        if log > 0 {
            self.asm.shift_imm(Shift::Shr, W64, dst, log);
        }
    }

    pub(crate) fn memory_grow(&mut self, inst: &Inst<'_>) {
        let memory = inst.ext_y(0);
        let kind = self.index_kind(memory);
        let args = [Arg::Const(memory), Arg::Value(inst.a(), kind)];
        self.helper(Helper::MemoryGrow, &args, Some((inst.dst(), kind)));
        if memory == 0 && !self.is_guarded(0) {
            self.load_memory_base();
        }
    }

    pub(crate) fn data_drop(&mut self, inst: &Inst<'_>) {
        self.helper(Helper::DataDrop, &[Arg::Const(inst.ext_y(0))], None);
    }

    pub(crate) fn memory_init(&mut self, inst: &Inst<'_>) {
        let (memory, segment) = (inst.ext_y(0), inst.ext_y(1));
        let index = self.index_kind(memory);
        let args = [
            Arg::Const(memory),
            Arg::Const(segment),
            Arg::Value(inst.dst(), index),
            Arg::Value(inst.a(), Kind::I32),
            Arg::Value(inst.b(), Kind::I32),
        ];
        self.helper(Helper::MemoryInit, &args, None);
    }

    /// The length of a copy or fill, if that is emitted in line.
    fn inline_len(&self, len: Operand, technique: Technique) -> Option<u32> {
        let len = self.constant(len).filter(|_| self.env.uses(technique))?;
        (1..=INLINE).contains(&len).then_some(len as u32)
    }

    /// The place of the bytes of a bulk operation.
    fn bulk_place(&mut self, address: Operand, memory: u32, len: u32) -> Place {
        self.place(address, MemArg { memory, offset: 0 }, len).0
    }

    pub(crate) fn memory_copy(&mut self, inst: &Inst<'_>) {
        let (to, from) = (inst.ext_y(0), inst.ext_y(1));
        let (dst, src) = (self.index_kind(to), self.index_kind(from));
        if let Some(len) = self.inline_len(inst.b(), Technique::InlineCopy) {
            return self.copy_inline(inst, (to, from), len);
        }
        // The length has the narrower one of the two index types.
        let len = if dst == src { dst } else { Kind::I32 };
        let args = [
            Arg::Const(to),
            Arg::Const(from),
            Arg::Value(inst.dst(), dst),
            Arg::Value(inst.a(), src),
            Arg::Value(inst.b(), len),
        ];
        self.helper(Helper::MemoryCopy, &args, None);
    }

    fn copy_inline(&mut self, inst: &Inst<'_>, (to, from): (u32, u32), len: u32) {
        let target = self.bulk_place(inst.dst(), to, len);
        let source = self.bulk_place(inst.a(), from, len);
        self.kill(&[inst.dst(), inst.a()]);
        let mut loaded = [Bytes::Const(0); MOST_PIECES];
        for ((offset, size), loaded) in pieces(len, 16).zip(&mut loaded) {
            let place = source.plus(offset);
            if size == 16 {
                let reg = self.float_temp();
                self.access(place);
                self.asm.movups_load(reg, place.mem);
                *loaded = Bytes::Xmm(reg);
            } else {
                let reg = self.int_temp();
                self.access(place);
                self.load_bytes(reg, place.mem, size);
                *loaded = Bytes::Gpr(reg);
            }
        }
        let count = pieces(len, 16).count().min(MOST_PIECES);
        for ((offset, size), bytes) in pieces(len, 16).rev().zip(loaded[..count].iter().rev()) {
            self.store_piece(target, offset, size, *bytes);
        }
    }

    /// Stores a piece of a bulk operation.
    fn store_piece(&mut self, target: Place, offset: u32, size: u32, bytes: Bytes) {
        let place = target.plus(offset);
        match bytes {
            Bytes::Xmm(reg) => {
                self.access(place);
                self.asm.movups_store(place.mem, reg);
            }
            Bytes::Gpr(reg) => {
                self.access(place);
                self.store_bytes(place.mem, reg, size);
            }
            Bytes::Const(byte) => self.store_constant(place, u64::from_le_bytes([byte; 8]), size),
        }
    }

    pub(crate) fn memory_fill(&mut self, inst: &Inst<'_>) {
        let memory = inst.ext_y(0);
        let index = self.index_kind(memory);
        if let Some(len) = self.inline_len(inst.b(), Technique::InlineFill) {
            return self.fill_inline(inst, memory, len);
        }
        let args = [
            Arg::Const(memory),
            Arg::Value(inst.dst(), index),
            Arg::Value(inst.a(), Kind::I32),
            Arg::Value(inst.b(), index),
        ];
        self.helper(Helper::MemoryFill, &args, None);
    }

    fn fill_inline(&mut self, inst: &Inst<'_>, memory: u32, len: u32) {
        let value = inst.a();
        let (bytes, largest) = match self.constant(value) {
            Some(bits) if len < 16 => (Bytes::Const(bits as u8), 8),
            Some(bits) => {
                match bits as u8 {
                    0 => self.asm.zero_xmm(Xmm::SCRATCH),
                    byte => {
                        let field = self.asm.movups_load_rip(Xmm::SCRATCH);
                        self.refer_to_literal(field, u128::from_le_bytes([byte; 16]), 16);
                    }
                }
                (Bytes::Xmm(Xmm::SCRATCH), 16)
            }
            None => {
                let mut bytes = self.int(value, Kind::I32);
                if len > 1 {
                    let (byte, repeat) = (bytes, self.int_temp());
                    bytes = self.int_temp();
                    self.asm.extend(Extend::Zero8, W32, bytes, byte);
                    self.asm.mov_imm(repeat, u64::from_le_bytes([1; 8]));
                    self.asm.imul(W64, bytes, repeat);
                }
                (Bytes::Gpr(bytes), 8)
            }
        };
        let target = self.bulk_place(inst.dst(), memory, len);
        self.kill(&[inst.dst(), value]);
        for (offset, size) in pieces(len, largest).rev() {
            // The last piece may be a narrow one.
            let bytes = match (bytes, size, self.constant(value)) {
                (Bytes::Xmm(_), ..16, Some(bits)) => Bytes::Const(bits as u8),
                _ => bytes,
            };
            self.store_piece(target, offset, size, bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cover_every_byte_and_none_beyond() {
        for largest in [8, 16] {
            for len in 1..=INLINE as u32 {
                let mut covered = 0;
                for (offset, size) in pieces(len, largest) {
                    assert!(size.is_power_of_two() && size <= largest && offset <= covered);
                    covered = covered.max(offset + size);
                }
                assert_eq!(covered, len);
                let last = pieces(len, largest).next_back();
                assert_eq!(last.map(|(offset, size)| offset + size), Some(len));
            }
        }
        assert!((1..=INLINE as u32).all(|len| pieces(len, 16).count() <= MOST_PIECES));
    }
}
