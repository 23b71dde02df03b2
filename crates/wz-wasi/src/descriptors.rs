//! File descriptors: what each instance has open.

use crate::Errno;
use crate::types::{FdStat, FileType, rights};
use std::collections::BTreeMap;
use wz_api::sys::System;

/// What a descriptor stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stream {
    Stdin,
    Stdout,
    Stderr,
}

impl Stream {
    fn rights(self) -> u64 {
        let direction = if self == Stream::Stdin { rights::FD_READ } else { rights::FD_WRITE };
        direction | rights::FD_FDSTAT_SET_FLAGS | rights::FD_FILESTAT_GET | rights::POLL_FD_READWRITE
    }

    pub(crate) fn file_type(self, system: &System) -> FileType {
        let is_terminal = match self {
            Stream::Stdin => system.stdin().is_terminal(),
            Stream::Stdout => system.stdout().is_terminal(),
            Stream::Stderr => system.stderr().is_terminal(),
        };
        if is_terminal { FileType::CharacterDevice } else { FileType::Unknown }
    }
}

/// An open descriptor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Descriptor {
    pub(crate) stream: Stream,
    pub(crate) flags: u16,
    pub(crate) rights: u64,
    pub(crate) rights_inheriting: u64,
}

impl Descriptor {
    fn new(stream: Stream) -> Descriptor {
        Descriptor { stream, flags: 0, rights: stream.rights(), rights_inheriting: 0 }
    }

    /// Checks that the guest has not given up these rights.
    pub(crate) fn require(&self, rights: u64) -> Result<(), Errno> {
        if self.rights & rights == rights { Ok(()) } else { Err(Errno::NotCapable) }
    }

    pub(crate) fn stat(&self, system: &System) -> FdStat {
        FdStat {
            file_type: self.stream.file_type(system),
            flags: self.flags,
            rights_base: self.rights,
            rights_inheriting: self.rights_inheriting,
        }
    }
}

/// An instance's descriptors.
#[derive(Debug)]
pub(crate) struct Descriptors {
    open: BTreeMap<u32, Descriptor>,
}

impl Default for Descriptors {
    fn default() -> Descriptors {
        let streams = [Stream::Stdin, Stream::Stdout, Stream::Stderr];
        Descriptors { open: (0..).zip(streams.map(Descriptor::new)).collect() }
    }
}

impl Descriptors {
    /// The calling instance's.
    pub(crate) fn of(system: &mut System) -> &mut Descriptors {
        system.extension()
    }

    pub(crate) fn get(&self, fd: u32) -> Result<Descriptor, Errno> {
        self.open.get(&fd).copied().ok_or(Errno::BadF)
    }

    pub(crate) fn get_mut(&mut self, fd: u32) -> Result<&mut Descriptor, Errno> {
        self.open.get_mut(&fd).ok_or(Errno::BadF)
    }

    pub(crate) fn close(&mut self, fd: u32) -> Result<(), Errno> {
        self.open.remove(&fd).map(drop).ok_or(Errno::BadF)
    }

    /// Makes `to`, which must be open, what `from` is, and closes `from`.
    pub(crate) fn renumber(&mut self, from: u32, to: u32) -> Result<(), Errno> {
        let descriptor = self.get(from)?;
        *self.get_mut(to)? = descriptor;
        if from != to {
            self.open.remove(&from);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renumbering_moves_a_descriptor() {
        let mut descriptors = Descriptors::default();
        assert_eq!(descriptors.renumber(1, 3), Err(Errno::BadF));
        assert_eq!(descriptors.renumber(3, 1), Err(Errno::BadF));
        assert_eq!(descriptors.renumber(2, 2), Ok(()));
        assert_eq!(descriptors.get(2).unwrap().stream, Stream::Stderr);
        assert_eq!(descriptors.renumber(1, 0), Ok(()));
        assert_eq!(descriptors.get(0).unwrap().stream, Stream::Stdout);
        assert_eq!(descriptors.get(1), Err(Errno::BadF));
        assert_eq!(descriptors.close(1), Err(Errno::BadF));
        assert_eq!(descriptors.close(0), Ok(()));
        assert_eq!(descriptors.get(0), Err(Errno::BadF));
    }
}
