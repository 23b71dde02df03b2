//! Data segments, compact: modules have been seen with a hundred thousand of them, a few bytes each.

use super::{ConstExpr, ConstOp, SegmentMode};
use crate::error::Error;

/// Stands in for an offset where the mode is kept in full.
const GENERAL: u32 = u32::MAX;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Entry {
    /// Address in memory 0, or [`GENERAL`].
    offset: u32,
    /// End of the segment's bytes; they start where those of the segment before end.
    end: u32,
}

/// The data segments of a module with their bytes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DataSegments {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    /// Modes that an entry cannot hold, by index.
    general: Vec<(u32, SegmentMode)>,
}

/// A data segment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DataSegment<'a> {
    /// When it is applied.
    pub mode: SegmentMode,
    /// Its bytes.
    pub bytes: &'a [u8],
}

impl DataSegments {
    /// `count` empty passive segments: what is known of them when only their number is.
    pub fn placeholders(count: u32) -> DataSegments {
        let entry = Entry { offset: GENERAL, end: 0 };
        DataSegments { bytes: Vec::new(), entries: vec![entry; count as usize], general: Vec::new() }
    }

    /// Makes room for `segments` segments and `bytes` bytes in all.
    pub fn reserve_exact(&mut self, segments: usize, bytes: usize) {
        self.entries.reserve_exact(segments);
        self.bytes.reserve_exact(bytes);
    }

    /// Adds a segment.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Limit`](crate::ErrorKind::Limit) if there would be more than 4 GiB.
    pub fn push(&mut self, mode: SegmentMode, bytes: &[u8]) -> Result<(), Error> {
        let end = u32::try_from(self.bytes.len() + bytes.len())
            .map_err(|_| Error::limit("more than 4 GiB of data segments"))?;
        let offset = match mode {
            SegmentMode::Active { target: 0, offset: ConstExpr::One(ConstOp::Value(offset)) } => {
                u32::try_from(offset).unwrap_or(GENERAL)
            }
            _ => GENERAL,
        };
        if offset == GENERAL {
            self.general.push((self.entries.len() as u32, mode));
        }
        self.bytes.extend_from_slice(bytes);
        self.entries.push(Entry { offset, end });
        Ok(())
    }

    /// Number of segments.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The bytes of all segments.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes of one segment; none if it does not exist.
    pub fn bytes_of(&self, index: u32) -> &[u8] {
        let index = index as usize;
        let start = index.checked_sub(1).and_then(|before| self.entries.get(before)).map_or(0, |e| e.end);
        let end = self.entries.get(index).map_or(start, |e| e.end);
        self.bytes.get(start as usize..end as usize).unwrap_or(&[])
    }

    /// One segment.
    pub fn get(&self, index: u32) -> Option<DataSegment<'_>> {
        let entry = self.entries.get(index as usize)?;
        let mode = if entry.offset == GENERAL {
            match self.general.binary_search_by_key(&index, |(i, _)| *i) {
                Ok(i) => self.general[i].1.clone(),
                Err(_) => SegmentMode::Passive,
            }
        } else {
            let offset = ConstExpr::One(ConstOp::Value(u64::from(entry.offset)));
            SegmentMode::Active { target: 0, offset }
        };
        Some(DataSegment { mode, bytes: self.bytes_of(index) })
    }

    /// The segments in order.
    pub fn iter(&self) -> impl Iterator<Item = DataSegment<'_>> {
        (0..self.entries.len() as u32).filter_map(|index| self.get(index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_come_back() {
        let active = |target, op| SegmentMode::Active { target, offset: ConstExpr::One(op) };
        let segments = [
            (active(0, ConstOp::Value(7)), &b"ab"[..]),
            (SegmentMode::Passive, b"c"),
            (active(1, ConstOp::Value(7)), b""),
            (active(0, ConstOp::Value(u64::from(u32::MAX))), b"de"),
            (active(0, ConstOp::GlobalGet(3)), b"f"),
        ];
        let mut data = DataSegments::default();
        for (mode, bytes) in &segments {
            data.push(mode.clone(), bytes).unwrap();
        }
        let back: Vec<_> = data.iter().map(|s| (s.mode, s.bytes)).collect();
        assert_eq!(back, segments);
        assert_eq!((data.get(5), data.bytes_of(5)), (None, &[][..]));
        assert_eq!(
            DataSegments::placeholders(2).get(1),
            Some(DataSegment { mode: SegmentMode::Passive, bytes: &[] })
        );
    }
}
