//! Constants and layouts of WASI preview 1.

use crate::Errno;
use crate::guest::Memory;

/// Which version of the interface a guest was built for. They share their functions; constants and layouts differ.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Version {
    /// `wasi_unstable`.
    Unstable,
    /// `wasi_snapshot_preview1`.
    Preview1,
}

/// Types of files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum FileType {
    /// Not known, such as a pipe's.
    Unknown = 0,
    /// A terminal is one.
    CharacterDevice = 2,
}

/// Flags that descriptors of streams can have.
pub(crate) mod fdflags {
    pub(crate) const APPEND: u16 = 1;
    pub(crate) const NONBLOCK: u16 = 1 << 2;
}

/// Rights of descriptors.
pub(crate) mod rights {
    pub(crate) const FD_READ: u64 = 1 << 1;
    pub(crate) const FD_FDSTAT_SET_FLAGS: u64 = 1 << 3;
    pub(crate) const FD_WRITE: u64 = 1 << 6;
    pub(crate) const FD_FILESTAT_GET: u64 = 1 << 21;
    pub(crate) const POLL_FD_READWRITE: u64 = 1 << 27;
}

/// Flags of `fd_filestat_set_times` and `path_filestat_set_times`.
pub(crate) mod fstflags {
    pub(crate) const ATIM: u16 = 1;
    pub(crate) const ATIM_NOW: u16 = 1 << 1;
    pub(crate) const MTIM: u16 = 1 << 2;
    pub(crate) const MTIM_NOW: u16 = 1 << 3;

    /// Whether no bit is unknown and no time is to be set twice.
    pub(crate) fn valid(flags: u16) -> bool {
        let both = |a, b| flags & (a | b) == a | b;
        flags <= ATIM | ATIM_NOW | MTIM | MTIM_NOW && !both(ATIM, ATIM_NOW) && !both(MTIM, MTIM_NOW)
    }
}

/// What `fd_fdstat_get` reports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct FdStat {
    pub(crate) file_type: FileType,
    pub(crate) flags: u16,
    pub(crate) rights_base: u64,
    pub(crate) rights_inheriting: u64,
}

impl FdStat {
    /// Size in a guest's memory, in both versions.
    pub(crate) const SIZE: u32 = 24;

    pub(crate) fn write(&self, memory: &mut Memory<'_>, at: u32) -> Result<(), Errno> {
        let bytes = memory.bytes_mut(at, FdStat::SIZE)?;
        bytes.fill(0);
        bytes[0] = self.file_type as u8;
        bytes[2..4].copy_from_slice(&self.flags.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.rights_base.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.rights_inheriting.to_le_bytes());
        Ok(())
    }
}

/// What `fd_filestat_get` and `path_filestat_get` report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct FileStat {
    pub(crate) file_type: FileType,
    pub(crate) links: u64,
}

impl FileStat {
    pub(crate) fn write(&self, memory: &mut Memory<'_>, at: u32, version: Version) -> Result<(), Errno> {
        // Device, inode, size and times of what is not a file are zero.
        match version {
            Version::Preview1 => {
                let bytes = memory.bytes_mut(at, 64)?;
                bytes.fill(0);
                bytes[16] = self.file_type as u8;
                bytes[24..32].copy_from_slice(&self.links.to_le_bytes());
            }
            Version::Unstable => {
                let bytes = memory.bytes_mut(at, 56)?;
                bytes.fill(0);
                bytes[16] = self.file_type as u8;
                let links = u32::try_from(self.links).unwrap_or(u32::MAX);
                bytes[20..24].copy_from_slice(&links.to_le_bytes());
            }
        }
        Ok(())
    }
}
