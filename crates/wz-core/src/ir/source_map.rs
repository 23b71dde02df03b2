//! Which instruction came from which byte of the module, delta-coded.

/// A table of (word index, byte offset) pairs, both ascending, as LEB128 deltas: about three bytes a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceMap {
    bytes: Vec<u8>,
    last_word: u32,
    last_offset: u64,
}

impl SourceMap {
    /// Empties the table, keeping its buffer.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.last_word = 0;
        self.last_offset = 0;
    }

    /// Adds a row. Rows whose word index or offset does not ascend are clamped to the one before.
    #[inline]
    pub fn push(&mut self, word: u32, offset: u64) {
        let word_delta = u64::from(word.saturating_sub(self.last_word));
        let offset_delta = offset.saturating_sub(self.last_offset);
        // The usual case fits a byte each.
        if word_delta < 0x80 && offset_delta < 0x80 {
            self.bytes.extend_from_slice(&[word_delta as u8, offset_delta as u8]);
        } else {
            self.push_leb(word_delta);
            self.push_leb(offset_delta);
        }
        self.last_word = self.last_word.max(word);
        self.last_offset = self.last_offset.max(offset);
    }

    #[cold]
    fn push_leb(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }

    /// The rows in order.
    pub fn iter(&self) -> SourceMapIter<'_> {
        SourceMapIter { bytes: &self.bytes, word: 0, offset: 0 }
    }

    /// The offset of the last row at or before `word`, if there is one.
    pub fn lookup(&self, word: u32) -> Option<u64> {
        self.iter().take_while(|(w, _)| *w <= word).last().map(|(_, offset)| offset)
    }

    /// The encoded rows; [`SourceMap::from_bytes`] reads them back.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The table whose encoded rows are `bytes`. Bytes that are no rows end it early.
    pub fn from_bytes(bytes: &[u8]) -> SourceMap {
        let (mut last_word, mut last_offset) = (0, 0);
        let rows = SourceMapIter { bytes, word: 0, offset: 0 };
        for (word, offset) in rows {
            (last_word, last_offset) = (word, offset);
        }
        SourceMap { bytes: bytes.to_vec(), last_word, last_offset }
    }

    /// Bytes that the table takes.
    pub fn byte_size(&self) -> usize {
        self.bytes.len()
    }
}

/// The rows of a [`SourceMap`].
#[derive(Clone, Debug)]
pub struct SourceMapIter<'a> {
    bytes: &'a [u8],
    word: u32,
    offset: u64,
}

impl SourceMapIter<'_> {
    #[cold]
    fn leb(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.bytes.split_first()?;
            self.bytes = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }
}

impl Iterator for SourceMapIter<'_> {
    type Item = (u32, u64);

    #[inline]
    fn next(&mut self) -> Option<(u32, u64)> {
        // The usual case, as in `push`.
        let (word, offset) = match *self.bytes {
            [word @ ..0x80, offset @ ..0x80, ref rest @ ..] => {
                self.bytes = rest;
                (word.into(), offset.into())
            }
            _ => (self.leb()?, self.leb()?),
        };
        self.word = self.word.saturating_add(word as u32);
        self.offset = self.offset.saturating_add(offset);
        Some((self.word, self.offset))
    }
}

#[cfg(test)]
mod tests {
    use super::SourceMap;

    #[test]
    fn rows_come_back() {
        let rows = [(0, 0), (3, 10), (3, 700), (500, 701), (70_000, 1 << 40)];
        let mut map = SourceMap::default();
        for (word, offset) in rows {
            map.push(word, offset);
        }
        assert_eq!(map.iter().collect::<Vec<_>>(), rows);
        assert_eq!(SourceMap::from_bytes(map.as_bytes()), map);
        assert_eq!(map.lookup(499), Some(700));
        assert_eq!(map.lookup(u32::MAX), Some(1 << 40));
    }
}
