//! Functions on descriptors.

use crate::Errno;
use crate::descriptors::{Descriptors, Stream};
use crate::guest::{Memory, Stop, run};
use crate::types::{FileStat, Version, fdflags, fstflags, rights};
use crate::wait::Blocking;
use std::io::{self, Read, Write};
use std::time::Duration;
use wz_api::sys::System;
use wz_api::{Caller, HostModule};

pub(crate) fn add<T: 'static>(module: HostModule<T>, version: Version) -> HostModule<T> {
    add_positions(add_stats(add_streams(module), version))
}

/// Reading, writing and closing.
fn add_streams<T: 'static>(module: HostModule<T>) -> HostModule<T> {
    module
        .func("fd_read", |mut c: Caller<T>, fd: u32, buffers: u32, count: u32, len: u32| {
            let blocking = Blocking::of(&c);
            run(&mut c, |memory, system| read(memory, system, &blocking, fd, (buffers, count), len))
        })
        .func("fd_write", |mut c: Caller<T>, fd: u32, buffers: u32, count: u32, len: u32| {
            let blocking = Blocking::of(&c);
            run(&mut c, |memory, system| write(memory, system, &blocking, fd, (buffers, count), len))
        })
        .func("fd_pread", |mut c: Caller<T>, fd: u32, buffers: u32, count: u32, _offset: u64, len: u32| {
            let blocking = Blocking::of(&c);
            run(&mut c, |memory, system| {
                unseekable(memory, system, &blocking, fd, (buffers, count), len, Stream::Stdin)
            })
        })
        .func("fd_pwrite", |mut c: Caller<T>, fd: u32, buffers: u32, count: u32, _offset: u64, len: u32| {
            let blocking = Blocking::of(&c);
            run(&mut c, |memory, system| {
                unseekable(memory, system, &blocking, fd, (buffers, count), len, Stream::Stdout)
            })
        })
        .func("fd_close", |mut c: Caller<T>, fd: u32| {
            run(&mut c, |_, system| Descriptors::of(system).close(fd))
        })
        .func("fd_renumber", |mut c: Caller<T>, from: u32, to: u32| {
            run(&mut c, |_, system| Descriptors::of(system).renumber(from, to))
        })
        .func("fd_sync", |mut c: Caller<T>, fd: u32| run(&mut c, |_, system| flush(system, fd)))
        .func("fd_datasync", |mut c: Caller<T>, fd: u32| run(&mut c, |_, system| flush(system, fd)))
}

/// What descriptors are and may be used for.
fn add_stats<T: 'static>(module: HostModule<T>, version: Version) -> HostModule<T> {
    module
        .func("fd_fdstat_get", |mut c: Caller<T>, fd: u32, stat: u32| {
            run(&mut c, |memory, system| Descriptors::of(system).get(fd)?.stat(system).write(memory, stat))
        })
        .func("fd_fdstat_set_flags", |mut c: Caller<T>, fd: u32, flags: u32| {
            run(&mut c, |_, system| set_flags(system, fd, flags))
        })
        .func("fd_fdstat_set_rights", |mut c: Caller<T>, fd: u32, base: u64, inheriting: u64| {
            run(&mut c, |_, system| set_rights(system, fd, base, inheriting))
        })
        .func("fd_filestat_get", move |mut c: Caller<T>, fd: u32, stat: u32| {
            run(&mut c, |memory, system| {
                let descriptor = Descriptors::of(system).get(fd)?;
                descriptor.require(rights::FD_FILESTAT_GET)?;
                FileStat { file_type: descriptor.stream.file_type(system), links: 1 }
                    .write(memory, stat, version)
            })
        })
        .func("fd_filestat_set_size", |mut c: Caller<T>, fd: u32, _size: u64| {
            run(&mut c, |_, system| not_a_file(system, fd, Errno::Inval))
        })
        .func(
            "fd_filestat_set_times",
            |mut c: Caller<T>, fd: u32, _accessed: u64, _modified: u64, set: u32| {
                run(&mut c, |_, system| {
                    Descriptors::of(system).get(fd)?;
                    let valid = u16::try_from(set).is_ok_and(fstflags::valid);
                    Err::<(), Errno>(if valid { Errno::NotSup } else { Errno::Inval })
                })
            },
        )
        // No folders are given to guests yet.
        .func("fd_prestat_get", |_fd: u32, _prestat: u32| u32::from(Errno::BadF.raw()))
        .func("fd_prestat_dir_name", |_fd: u32, _path: u32, _len: u32| u32::from(Errno::BadF.raw()))
}

/// What only files and folders can do.
fn add_positions<T: 'static>(module: HostModule<T>) -> HostModule<T> {
    module
        // The versions number the three values of whence differently.
        .func("fd_seek", |mut c: Caller<T>, fd: u32, _offset: i64, whence: u32, _position: u32| {
            run(&mut c, |_, system| {
                not_a_file(system, fd, if whence > 2 { Errno::Inval } else { Errno::SPipe })
            })
        })
        .func("fd_tell", |mut c: Caller<T>, fd: u32, _position: u32| {
            run(&mut c, |_, system| not_a_file(system, fd, Errno::SPipe))
        })
        .func("fd_advise", |mut c: Caller<T>, fd: u32, _offset: u64, _len: u64, advice: u32| {
            run(&mut c, |_, system| {
                not_a_file(system, fd, if advice > 5 { Errno::Inval } else { Errno::SPipe })
            })
        })
        .func("fd_allocate", |mut c: Caller<T>, fd: u32, _offset: u64, len: u64| {
            run(&mut c, |_, system| {
                not_a_file(system, fd, if len == 0 { Errno::Inval } else { Errno::NoDev })
            })
        })
        .func("fd_readdir", |mut c: Caller<T>, fd: u32, _buffer: u32, _len: u32, _cookie: u64, _used: u32| {
            run(&mut c, |_, system| not_a_file(system, fd, Errno::NotDir))
        })
}

/// The error of what cannot be done with a stream, if the descriptor is one.
fn not_a_file(system: &mut System, fd: u32, errno: Errno) -> Result<(), Errno> {
    Descriptors::of(system).get(fd)?;
    Err(errno)
}

/// An array of `(address, length)` pairs: its address, and how many they are.
type Buffers = (u32, u32);

/// The most bytes that are read or written at once, so that an interrupt is noticed between.
const PIECE: usize = 1 << 20;

fn read(
    memory: &mut Memory<'_>,
    system: &mut System,
    blocking: &Blocking,
    fd: u32,
    (buffers, count): Buffers,
    len_at: u32,
) -> Result<(), Stop> {
    let descriptor = Descriptors::of(system).get(fd)?;
    if descriptor.stream != Stream::Stdin {
        return Err(Errno::BadF.into());
    }
    descriptor.require(rights::FD_READ)?;
    memory.range(len_at, 4)?;
    let mut len = 0u32;
    if memory.check_buffers(buffers, count, blocking)? > 0 {
        let mut input = system.stdin();
        if descriptor.flags & fdflags::NONBLOCK == 0 {
            blocking.input(&mut *input, None)?;
        } else if !input.wait(Duration::ZERO)? {
            return Err(Errno::Again.into());
        }
        'buffers: for i in 0..count {
            blocking.check_at(i)?;
            let range = memory.buffer(buffers, i)?;
            for piece in memory.0[range].chunks_mut(PIECE) {
                // What has been read is not held back to wait for more.
                if len > 0 && !input.wait(Duration::ZERO).unwrap_or(false) {
                    break 'buffers;
                }
                blocking.check()?;
                match read_once(&mut *input, piece) {
                    Ok(read) => {
                        len += read as u32;
                        if read < piece.len() {
                            break 'buffers;
                        }
                    }
                    Err(error) => match Stop::from(error) {
                        Stop::Errno(_) if len > 0 => break 'buffers,
                        stop => return Err(stop),
                    },
                }
            }
        }
    }
    Ok(memory.write_u32(len_at, len)?)
}

/// One read. A source that claims to have read more than fits is an error.
fn read_once(input: &mut dyn Read, bytes: &mut [u8]) -> io::Result<usize> {
    let read = uninterrupted(|| input.read(bytes))?;
    if read <= bytes.len() { Ok(read) } else { Err(io::ErrorKind::Other.into()) }
}

/// Repeats what a signal interrupted.
fn uninterrupted(mut operation: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match operation() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}

fn write(
    memory: &mut Memory<'_>,
    system: &mut System,
    blocking: &Blocking,
    fd: u32,
    (buffers, count): Buffers,
    len_at: u32,
) -> Result<(), Stop> {
    let descriptor = Descriptors::of(system).get(fd)?;
    let mut output = match descriptor.stream {
        Stream::Stdin => return Err(Errno::BadF.into()),
        Stream::Stdout => system.stdout(),
        Stream::Stderr => system.stderr(),
    };
    descriptor.require(rights::FD_WRITE)?;
    memory.range(len_at, 4)?;
    memory.check_buffers(buffers, count, blocking)?;
    let mut len = 0u32;
    'buffers: for i in 0..count {
        blocking.check_at(i)?;
        let range = memory.buffer(buffers, i)?;
        let mut left = &memory.0[range];
        while !left.is_empty() {
            blocking.check()?;
            match write_once(&mut *output, &left[..left.len().min(PIECE)]) {
                Ok(written) => {
                    len += written as u32;
                    left = &left[written..];
                }
                Err(error) => match Stop::from(error) {
                    // What went out before counts; the next write meets the error again.
                    Stop::Errno(_) if len > 0 => break 'buffers,
                    stop => return Err(stop),
                },
            }
        }
    }
    Ok(memory.write_u32(len_at, len)?)
}

/// One write. An output that takes nothing, or claims more than it was given, is an error.
fn write_once(output: &mut dyn Write, bytes: &[u8]) -> io::Result<usize> {
    let written = uninterrupted(|| output.write(bytes))?;
    if (1..=bytes.len()).contains(&written) { Ok(written) } else { Err(io::ErrorKind::WriteZero.into()) }
}

/// `fd_pread` and `fd_pwrite`: streams have no positions.
fn unseekable(
    memory: &mut Memory<'_>,
    system: &mut System,
    blocking: &Blocking,
    fd: u32,
    (buffers, count): Buffers,
    len_at: u32,
    direction: Stream,
) -> Result<(), Stop> {
    let stream = Descriptors::of(system).get(fd)?.stream;
    memory.range(len_at, 4)?;
    memory.check_buffers(buffers, count, blocking)?;
    let fits = (stream == Stream::Stdin) == (direction == Stream::Stdin);
    Err(if fits { Errno::SPipe } else { Errno::BadF }.into())
}

fn flush(system: &mut System, fd: u32) -> Result<(), Stop> {
    match Descriptors::of(system).get(fd)?.stream {
        Stream::Stdin => {}
        Stream::Stdout => system.stdout().flush()?,
        Stream::Stderr => system.stderr().flush()?,
    }
    Ok(())
}

fn set_flags(system: &mut System, fd: u32, flags: u32) -> Result<(), Errno> {
    let descriptor = Descriptors::of(system).get_mut(fd)?;
    let flags = u16::try_from(flags).map_err(|_| Errno::Inval)?;
    // The others ask for synchronised writes, which streams do not have, or do not exist.
    if flags & !(fdflags::APPEND | fdflags::NONBLOCK) != 0 {
        return Err(Errno::Inval);
    }
    descriptor.require(rights::FD_FDSTAT_SET_FLAGS)?;
    descriptor.flags = flags;
    Ok(())
}

/// Rights can be given up, never gained.
fn set_rights(system: &mut System, fd: u32, base: u64, inheriting: u64) -> Result<(), Errno> {
    let descriptor = Descriptors::of(system).get_mut(fd)?;
    if base & !descriptor.rights != 0 || inheriting & !descriptor.rights_inheriting != 0 {
        return Err(Errno::NotCapable);
    }
    descriptor.rights = base;
    descriptor.rights_inheriting = inheriting;
    Ok(())
}
