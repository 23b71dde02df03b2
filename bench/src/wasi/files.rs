//! Descriptors, files and folders.

use super::{Answer, Errno, Memory, Wasi, length, nanoseconds, put_u32, put_u64};
use std::fs::{File, Metadata, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::time::{Instant, UNIX_EPOCH};

/// What a descriptor stands for.
#[derive(Debug)]
pub enum Descriptor {
    /// Standard input: nothing to read.
    Input,
    /// Standard output: kept.
    Output,
    /// Standard error: dropped.
    Errors,
    /// A folder that the program was given.
    Preopened {
        /// The program's name for it.
        name: String,
        /// The host's.
        host: PathBuf,
    },
    /// A folder that the program opened.
    Folder(PathBuf),
    /// A file that the program opened.
    File(File),
}

/// File types of WASI.
const DIRECTORY: u8 = 3;
const REGULAR_FILE: u8 = 4;

/// The right to write.
const FD_WRITE: u64 = 1 << 6;

/// How `path_open` opens.
const CREATE: u32 = 1;
const IS_DIRECTORY: u32 = 2;
const EXCLUSIVE: u32 = 4;
const TRUNCATE: u32 = 8;

impl Wasi {
    fn descriptor(&mut self, fd: u32) -> Result<&mut Descriptor, Errno> {
        let slot = usize::try_from(fd).ok().and_then(|fd| self.descriptors.get_mut(fd));
        slot.and_then(Option::as_mut).ok_or(Errno::BadF)
    }

    fn path<M: Memory + ?Sized>(
        &mut self,
        memory: &M,
        fd: u32,
        path: u32,
        len: u32,
    ) -> Result<PathBuf, Errno> {
        let folder = match self.descriptor(fd)? {
            Descriptor::Preopened { host, .. } | Descriptor::Folder(host) => host.clone(),
            _ => return Err(Errno::BadF),
        };
        let mut bytes = vec![0; usize::try_from(len.min(1 << 16)).unwrap_or(0)];
        memory.read(path.into(), &mut bytes).ok_or(Errno::Fault)?;
        let relative = String::from_utf8(bytes).map_err(|_| Errno::Inval)?;
        Ok(folder.join(relative.trim_start_matches('/')))
    }

    /// `fd_close`
    pub fn fd_close<M: Memory + ?Sized>(&mut self, _: &mut M, fd: u32) -> Answer {
        self.descriptor(fd)?;
        if let Some(slot) = usize::try_from(fd).ok().and_then(|fd| self.descriptors.get_mut(fd)) {
            *slot = None;
        }
        Ok(())
    }

    /// `fd_fdstat_get`
    pub fn fd_fdstat_get<M: Memory + ?Sized>(&mut self, memory: &mut M, fd: u32, at: u32) -> Answer {
        let mut stat = [0; 24];
        stat[0] = match self.descriptor(fd)? {
            Descriptor::Preopened { .. } | Descriptor::Folder(_) => DIRECTORY,
            // No stream is a terminal: programs write when their buffers are full.
            _ => REGULAR_FILE,
        };
        stat[8..24].fill(0xff);
        memory.write(at.into(), &stat).ok_or(Errno::Fault)
    }

    /// `fd_fdstat_set_flags`
    pub fn fd_fdstat_set_flags<M: Memory + ?Sized>(&mut self, _: &mut M, fd: u32, _flags: u32) -> Answer {
        self.descriptor(fd).map(|_| ())
    }

    /// `fd_filestat_get`
    pub fn fd_filestat_get<M: Memory + ?Sized>(&mut self, memory: &mut M, fd: u32, at: u32) -> Answer {
        let metadata = match self.descriptor(fd)? {
            Descriptor::File(file) => Some(file.metadata()?),
            Descriptor::Preopened { host, .. } | Descriptor::Folder(host) => Some(std::fs::metadata(host)?),
            Descriptor::Input | Descriptor::Output | Descriptor::Errors => None,
        };
        put_filestat(memory, at, metadata.as_ref())
    }

    /// `fd_prestat_get`
    pub fn fd_prestat_get<M: Memory + ?Sized>(&mut self, memory: &mut M, fd: u32, at: u32) -> Answer {
        let Descriptor::Preopened { name, .. } = self.descriptor(fd)? else { return Err(Errno::BadF) };
        let len = length(name.as_bytes());
        put_u64(memory, at, u64::from(len) << 32)
    }

    /// `fd_prestat_dir_name`
    pub fn fd_prestat_dir_name<M: Memory + ?Sized>(
        &mut self,
        memory: &mut M,
        fd: u32,
        at: u32,
        len: u32,
    ) -> Answer {
        let Descriptor::Preopened { name, .. } = self.descriptor(fd)? else { return Err(Errno::BadF) };
        if length(name.as_bytes()) > len {
            return Err(Errno::Inval);
        }
        memory.write(at.into(), name.as_bytes()).ok_or(Errno::Fault)
    }

    /// `fd_read`
    pub fn fd_read<M: Memory + ?Sized>(
        &mut self,
        memory: &mut M,
        fd: u32,
        vectors: u32,
        count: u32,
        at: u32,
    ) -> Answer {
        let mut total = 0;
        for (address, len) in buffers(memory, vectors, count)? {
            let mut bytes = vec![0; len];
            let read = match self.descriptor(fd)? {
                Descriptor::Input => 0,
                Descriptor::File(file) => file.read(&mut bytes)?,
                _ => return Err(Errno::BadF),
            };
            memory.write(address, &bytes[..read]).ok_or(Errno::Fault)?;
            total += length(&bytes[..read]);
            if read < len {
                break;
            }
        }
        put_u32(memory, at, total)
    }

    /// `fd_write`
    pub fn fd_write<M: Memory + ?Sized>(
        &mut self,
        memory: &mut M,
        fd: u32,
        vectors: u32,
        count: u32,
        at: u32,
    ) -> Answer {
        let mut total = 0;
        for (address, len) in buffers(memory, vectors, count)? {
            let mut bytes = vec![0; len];
            memory.read(address, &mut bytes).ok_or(Errno::Fault)?;
            total += length(&bytes);
            match self.descriptor(fd)? {
                Descriptor::Output => {
                    if len > 0 {
                        self.first_output.get_or_insert_with(Instant::now);
                    }
                    self.output.extend(bytes);
                }
                Descriptor::Errors => {}
                Descriptor::File(file) => file.write_all(&bytes)?,
                _ => return Err(Errno::BadF),
            }
        }
        put_u32(memory, at, total)
    }

    /// `fd_seek`
    pub fn fd_seek<M: Memory + ?Sized>(
        &mut self,
        memory: &mut M,
        fd: u32,
        offset: u64,
        whence: u32,
        at: u32,
    ) -> Answer {
        let Descriptor::File(file) = self.descriptor(fd)? else { return Err(Errno::SPipe) };
        let to = match whence {
            0 => SeekFrom::Start(offset),
            1 => SeekFrom::Current(offset.cast_signed()),
            2 => SeekFrom::End(offset.cast_signed()),
            _ => return Err(Errno::Inval),
        };
        let position = file.seek(to)?;
        put_u64(memory, at, position)
    }

    /// `fd_readdir`
    pub fn fd_readdir<M: Memory + ?Sized>(
        &mut self,
        memory: &mut M,
        fd: u32,
        at: u32,
        len: u32,
        cookie: u64,
        used: u32,
    ) -> Answer {
        let (Descriptor::Preopened { host, .. } | Descriptor::Folder(host)) = self.descriptor(fd)? else {
            return Err(Errno::BadF);
        };
        let mut entries = std::fs::read_dir(host)?.collect::<Result<Vec<_>, _>>()?;
        entries.sort_by_key(std::fs::DirEntry::file_name);
        let mut bytes = Vec::new();
        for (next, entry) in (1_u64..).zip(&entries) {
            if next <= cookie {
                continue;
            }
            let name = entry.file_name();
            let name = name.as_encoded_bytes();
            bytes.extend(next.to_le_bytes());
            bytes.extend(0_u64.to_le_bytes());
            bytes.extend(length(name).to_le_bytes());
            let kind = if entry.file_type()?.is_dir() { DIRECTORY } else { REGULAR_FILE };
            bytes.extend(u32::from(kind).to_le_bytes());
            bytes.extend(name);
        }
        // An entry that is cut short tells the program to ask again with a larger buffer.
        bytes.truncate(usize::try_from(len).unwrap_or(usize::MAX));
        memory.write(at.into(), &bytes).ok_or(Errno::Fault)?;
        put_u32(memory, used, length(&bytes))
    }

    /// `path_filestat_get`
    pub fn path_filestat_get<M: Memory + ?Sized>(
        &mut self,
        memory: &mut M,
        fd: u32,
        _flags: u32,
        path: u32,
        len: u32,
        at: u32,
    ) -> Answer {
        let metadata = std::fs::metadata(self.path(memory, fd, path, len)?)?;
        put_filestat(memory, at, Some(&metadata))
    }

    /// `path_open`
    #[expect(clippy::too_many_arguments, reason = "WASI's")]
    pub fn path_open<M: Memory + ?Sized>(
        &mut self,
        memory: &mut M,
        fd: u32,
        _lookup: u32,
        path: u32,
        len: u32,
        how: u32,
        rights: u64,
        _inheriting: u64,
        _flags: u32,
        at: u32,
    ) -> Answer {
        let path = self.path(memory, fd, path, len)?;
        let opened = if how & IS_DIRECTORY != 0 || path.is_dir() {
            if !path.is_dir() {
                return Err(Errno::NoEnt);
            }
            Descriptor::Folder(path)
        } else {
            // Programs ask for every right that they may get: to write is meant where a file is made or emptied.
            let write = rights & FD_WRITE != 0 && how & (CREATE | TRUNCATE) != 0;
            let mut options = OpenOptions::new();
            options.read(true).write(write).truncate(how & TRUNCATE != 0 && write);
            if how & EXCLUSIVE != 0 {
                options.create_new(write);
            } else {
                options.create(how & CREATE != 0 && write);
            }
            Descriptor::File(options.open(path)?)
        };
        let free = self.descriptors.iter().position(Option::is_none);
        let number = free.unwrap_or(self.descriptors.len());
        if free.is_none() {
            self.descriptors.push(None);
        }
        if let Some(slot) = self.descriptors.get_mut(number) {
            *slot = Some(opened);
        }
        put_u32(memory, at, u32::try_from(number).map_err(|_| Errno::BadF)?)
    }

    /// `path_unlink_file`
    pub fn path_unlink_file<M: Memory + ?Sized>(
        &mut self,
        memory: &mut M,
        fd: u32,
        path: u32,
        len: u32,
    ) -> Answer {
        Ok(std::fs::remove_file(self.path(memory, fd, path, len)?)?)
    }
}

/// Addresses and lengths of the buffers of a read or write.
fn buffers<M: Memory + ?Sized>(memory: &M, vectors: u32, count: u32) -> Result<Vec<(u64, usize)>, Errno> {
    const MOST: u32 = 1024;
    if count > MOST {
        return Err(Errno::Inval);
    }
    let vector = |i: u32| {
        let at = u64::from(vectors) + u64::from(i) * 8;
        let len = memory.u32(at + 4)?;
        // Longer ones are a longer loop for the program: it hears how much was done.
        Some((u64::from(memory.u32(at)?), usize::try_from(len.min(1 << 24)).ok()?))
    };
    (0..count).map(|i| vector(i).ok_or(Errno::Fault)).collect()
}

fn put_filestat<M: Memory + ?Sized>(memory: &mut M, at: u32, metadata: Option<&Metadata>) -> Answer {
    let mut stat = [0; 64];
    stat[16] = if metadata.is_some_and(Metadata::is_dir) { DIRECTORY } else { REGULAR_FILE };
    stat[24] = 1;
    if let Some(metadata) = metadata {
        stat[32..40].copy_from_slice(&metadata.len().to_le_bytes());
        let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let modified = modified.map_or(0, nanoseconds).to_le_bytes();
        for field in stat[40..].chunks_exact_mut(8) {
            field.copy_from_slice(&modified);
        }
    }
    memory.write(at.into(), &stat).ok_or(Errno::Fault)
}
