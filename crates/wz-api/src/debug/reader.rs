//! A reader of a module's sections that bounds how much is read: a few bytes of DWARF can refer to the same long table
//! again and again, and what is made of it would take time and memory without end.

use addr2line::gimli::{self, Error, LittleEndian, Reader, ReaderOffsetId};
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use wz_core::module::Module;

/// How often each byte of the sections may be read, on average.
const READS: u64 = 24;
/// Reads that are allowed at least, for each lookup.
const LOOKUP: u64 = 1 << 18;

/// What the readers of a module have in common.
pub(super) struct Shared {
    module: Arc<Module>,
    /// Reads that are left. Only the thread that holds the lock on the debug information reads.
    left: AtomicU64,
}

impl Shared {
    pub(super) fn new(module: Arc<Module>) -> Shared {
        let bytes: usize = module.custom_sections.iter().map(|section| section.data.len()).sum();
        Shared { module, left: AtomicU64::new(READS * bytes as u64 + LOOKUP) }
    }

    /// Allows what one lookup needs.
    pub(super) fn refuel(&self) {
        self.left.fetch_max(LOOKUP, Ordering::Relaxed);
    }
}

/// A part of a section.
#[derive(Clone)]
pub(super) struct Bytes {
    shared: Arc<Shared>,
    /// Index of the section in the module; `None` for the empty one.
    section: Option<usize>,
    range: Range<usize>,
}

impl Bytes {
    /// A section; empty if the module does not have it.
    pub(super) fn section(shared: &Arc<Shared>, name: &str) -> Bytes {
        let sections = &shared.module.custom_sections;
        let section = sections.iter().position(|section| &*section.name == name);
        let len = section.map_or(0, |i| sections[i].data.len());
        Bytes { shared: shared.clone(), section, range: 0..len }
    }

    fn bytes(&self) -> &[u8] {
        let section = self.section.and_then(|i| self.shared.module.custom_sections.get(i));
        section.and_then(|section| section.data.get(self.range.clone())).unwrap_or_default()
    }

    /// Takes reads off those that are left; without any, the input is at its end.
    fn charge(&self, reads: usize) -> gimli::Result<()> {
        let left = self.shared.left.load(Ordering::Relaxed).checked_sub(reads as u64);
        self.shared.left.store(left.ok_or_else(|| self.end_of_input())?, Ordering::Relaxed);
        Ok(())
    }

    fn end_of_input(&self) -> Error {
        Error::UnexpectedEof(self.offset_id())
    }

    fn check(&self, len: usize) -> gimli::Result<()> {
        if len <= self.range.len() { Ok(()) } else { Err(self.end_of_input()) }
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bytes({:?}, {:?})", self.section, self.range)
    }
}

impl Reader for Bytes {
    type Endian = LittleEndian;
    type Offset = usize;

    fn endian(&self) -> LittleEndian {
        LittleEndian
    }

    fn len(&self) -> usize {
        self.range.len()
    }

    fn empty(&mut self) {
        self.range.end = self.range.start;
    }

    fn truncate(&mut self, len: usize) -> gimli::Result<()> {
        self.check(len)?;
        self.range.end = self.range.start + len;
        Ok(())
    }

    fn offset_from(&self, base: &Bytes) -> usize {
        self.range.start.saturating_sub(base.range.start)
    }

    fn offset_id(&self) -> ReaderOffsetId {
        ReaderOffsetId(self.range.start as u64)
    }

    fn lookup_offset_id(&self, id: ReaderOffsetId) -> Option<usize> {
        let offset = usize::try_from(id.0).ok()?.checked_sub(self.range.start)?;
        (offset <= self.range.len()).then_some(offset)
    }

    fn find(&self, byte: u8) -> gimli::Result<usize> {
        let found = self.bytes().iter().position(|b| *b == byte);
        self.charge(found.unwrap_or(self.range.len()) / 16 + 1)?;
        found.ok_or_else(|| self.end_of_input())
    }

    fn skip(&mut self, len: usize) -> gimli::Result<()> {
        self.charge(1)?;
        self.check(len)?;
        self.range.start += len;
        Ok(())
    }

    fn split(&mut self, len: usize) -> gimli::Result<Bytes> {
        self.charge(1)?;
        self.check(len)?;
        let middle = self.range.start + len;
        let first = Bytes { range: self.range.start..middle, ..self.clone() };
        self.range.start = middle;
        Ok(first)
    }

    fn to_slice(&self) -> gimli::Result<Cow<'_, [u8]>> {
        Ok(Cow::Borrowed(self.bytes()))
    }

    fn to_string(&self) -> gimli::Result<Cow<'_, str>> {
        self.charge(self.range.len() / 16 + 1)?;
        std::str::from_utf8(self.bytes()).map(Cow::Borrowed).map_err(|_| Error::BadUtf8)
    }

    fn to_string_lossy(&self) -> gimli::Result<Cow<'_, str>> {
        self.charge(self.range.len() / 16 + 1)?;
        Ok(String::from_utf8_lossy(self.bytes()))
    }

    fn read_slice(&mut self, buf: &mut [u8]) -> gimli::Result<()> {
        self.charge(buf.len())?;
        let from = self.bytes().get(..buf.len()).ok_or_else(|| self.end_of_input())?;
        buf.copy_from_slice(from);
        self.range.start += buf.len();
        Ok(())
    }
}
