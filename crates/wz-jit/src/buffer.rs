//! The buffer that machine code is written to.

use dynasmrt::{AssemblyOffset, DynasmApi};

/// A growing buffer of machine code.
///
/// Writing cannot fail. What goes wrong (the code grows beyond what offsets can say, an operand does not encode) is
/// noted as a *poison*, which whoever takes the code out asks for.
#[derive(Debug, Default)]
pub struct CodeBuf {
    /// Always a few bytes longer than what is written, so that a piece of an instruction is one store.
    bytes: Vec<u8>,
    len: usize,
    poison: Option<&'static str>,
}

/// Why a function whose code takes more than [`CodeBuf::LIMIT`] bytes is refused.
pub(crate) const TOO_LARGE: &str = "the code of a function is too large";

impl CodeBuf {
    /// Most bytes that one buffer may hold.
    pub const LIMIT: usize = 1 << 27;

    /// Empties the buffer and takes the poison off it.
    pub fn clear(&mut self) {
        self.len = 0;
        self.poison = None;
    }

    /// Bytes written so far.
    #[inline]
    pub fn offset(&self) -> u32 {
        self.len as u32
    }

    /// What was written.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// What was written, to change it.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        self.bytes.get_mut(..self.len).unwrap_or_default()
    }

    /// Why the code is not to be used, if so.
    pub fn poisoned(&self) -> Option<&'static str> {
        self.poison
    }

    /// Notes that the code is not to be used.
    #[cold]
    pub fn poison(&mut self, why: &'static str) {
        self.poison.get_or_insert(why);
    }

    /// Appends the low `len` bytes of `bytes`, at most 8.
    #[inline]
    pub fn put(&mut self, bytes: u64, len: u32) {
        debug_assert!(len <= 8);
        if !self.store(bytes.to_le_bytes()) {
            self.grow(8);
            self.store(bytes.to_le_bytes());
        }
        self.len += (len & 15) as usize;
    }

    /// Appends the low `first_len` bytes of `first`, 1 to 7, then the low `second_len` bytes of `second`, at most 8. The
    /// other bytes of `first` are 0.
    #[inline]
    pub fn put_both(&mut self, first: u64, first_len: u32, second: u64, second_len: u32) {
        debug_assert!(matches!(first_len, 1..=7) && first >> (8 * first_len) == 0 && second_len <= 8);
        let bytes = u128::from(first) | u128::from(second) << (8 * (first_len & 7));
        if !self.store(bytes.to_le_bytes()) {
            self.grow(16);
            self.store(bytes.to_le_bytes());
        }
        self.len += ((first_len & 7) + (second_len & 15)) as usize;
    }

    /// Writes at the end without moving it; `false` if there is no room.
    #[inline]
    fn store<const N: usize>(&mut self, bytes: [u8; N]) -> bool {
        match self.bytes.get_mut(self.len..).and_then(|rest| rest.first_chunk_mut()) {
            Some(room) => {
                *room = bytes;
                true
            }
            None => false,
        }
    }

    #[cold]
    fn grow(&mut self, more: usize) {
        if self.len > CodeBuf::LIMIT {
            self.poison(TOO_LARGE);
            self.len = 0;
        }
        let room = (self.len + more).max(self.bytes.len() * 2).max(4096);
        self.bytes.resize(room, 0);
    }

    /// Appends bytes.
    pub fn put_slice(&mut self, bytes: &[u8]) {
        let end = self.len + bytes.len();
        if end > self.bytes.len() {
            self.grow(bytes.len());
        }
        if let Some(room) = self.bytes.get_mut(self.len..self.len + bytes.len()) {
            room.copy_from_slice(bytes);
            self.len += bytes.len();
        }
    }

    /// Overwrites a byte.
    pub fn patch8(&mut self, at: u32, value: u8) {
        match self.bytes_mut().get_mut(at as usize) {
            Some(byte) => *byte = value,
            None => self.poison("a patch outside the code"),
        }
    }

    /// Adds to a 32-bit number.
    pub fn add32(&mut self, at: u32, value: u32) {
        match self.bytes_mut().get_mut(at as usize..).and_then(|rest| rest.first_chunk_mut()) {
            Some(field) => *field = u32::from_le_bytes(*field).wrapping_add(value).to_le_bytes(),
            None => self.poison("a patch outside the code"),
        }
    }
}

impl Extend<u8> for CodeBuf {
    fn extend<T: IntoIterator<Item = u8>>(&mut self, bytes: T) {
        for byte in bytes {
            self.put(u64::from(byte), 1);
        }
    }
}

impl<'a> Extend<&'a u8> for CodeBuf {
    fn extend<T: IntoIterator<Item = &'a u8>>(&mut self, bytes: T) {
        self.extend(bytes.into_iter().copied());
    }
}

impl DynasmApi for CodeBuf {
    fn offset(&self) -> AssemblyOffset {
        AssemblyOffset(self.len)
    }

    #[inline]
    fn push(&mut self, byte: u8) {
        self.put(u64::from(byte), 1);
    }

    fn align(&mut self, alignment: usize, with: u8) {
        while alignment > 1 && !self.len.is_multiple_of(alignment) {
            self.push(with);
        }
    }

    #[inline]
    fn push_u16(&mut self, value: u16) {
        self.put(u64::from(value), 2);
    }

    #[inline]
    fn push_i16(&mut self, value: i16) {
        self.push_u16(value as u16);
    }

    #[inline]
    fn push_u32(&mut self, value: u32) {
        self.put(u64::from(value), 4);
    }

    #[inline]
    fn push_i32(&mut self, value: i32) {
        self.push_u32(value as u32);
    }

    #[inline]
    fn push_u64(&mut self, value: u64) {
        self.put(value, 8);
    }

    #[inline]
    fn push_i64(&mut self, value: i64) {
        self.push_u64(value as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_out_as_they_went_in() {
        let mut buf = CodeBuf::default();
        let mut expected = Vec::new();
        for i in 0..5000_u64 {
            let bytes = i.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes();
            let len = (i % 9) as usize;
            buf.put(u64::from_le_bytes(bytes), len as u32);
            expected.extend_from_slice(&bytes[..len]);
        }
        buf.put_slice(&[7; 9000]);
        expected.extend([7; 9000]);
        buf.align(16, 0xcc);
        expected.resize(expected.len().next_multiple_of(16), 0xcc);
        buf.push_i16(-2);
        buf.push_i32(-3);
        buf.push_i64(-4);
        expected.extend((-2_i16).to_le_bytes());
        expected.extend((-3_i32).to_le_bytes());
        expected.extend((-4_i64).to_le_bytes());
        buf.patch8(1, 9);
        expected[1] = 9;
        buf.add32(4, 1);
        let field = u32::from_le_bytes([expected[4], expected[5], expected[6], expected[7]]).wrapping_add(1);
        expected[4..8].copy_from_slice(&field.to_le_bytes());
        assert_eq!(buf.bytes(), expected);
        assert_eq!(buf.poisoned(), None);
        buf.patch8(1 << 20, 0);
        assert!(buf.poisoned().is_some());
        buf.clear();
        assert_eq!((buf.bytes(), buf.poisoned()), (&[][..], None));
    }
}
