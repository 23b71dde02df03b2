//! A small WASI host, not sandboxed, the same for every engine that is written in Rust.
//!
//! Programs get arguments, an empty environment, clocks, repeatable random numbers, an empty standard input, an output
//! that is kept, and folders to read. Anything else that a program imports is a function that traps.

mod files;

use files::Descriptor;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The name that programs import from.
pub const MODULE: &str = "wasi_snapshot_preview1";

/// A guest's memory. What is out of range is `None`.
pub trait Memory {
    /// Copies bytes out.
    fn read(&self, at: u64, bytes: &mut [u8]) -> Option<()>;

    /// Copies bytes in.
    fn write(&mut self, at: u64, bytes: &[u8]) -> Option<()>;

    /// A 32-bit integer.
    fn u32(&self, at: u64) -> Option<u32> {
        let mut bytes = [0; 4];
        self.read(at, &mut bytes)?;
        Some(u32::from_le_bytes(bytes))
    }
}

impl Memory for [u8] {
    fn read(&self, at: u64, bytes: &mut [u8]) -> Option<()> {
        let at = usize::try_from(at).ok()?;
        bytes.copy_from_slice(self.get(at..)?.get(..bytes.len())?);
        Some(())
    }

    fn write(&mut self, at: u64, bytes: &[u8]) -> Option<()> {
        let at = usize::try_from(at).ok()?;
        self.get_mut(at..)?.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(())
    }
}

/// Error numbers of WASI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Errno {
    Access = 2,
    BadF = 8,
    Exist = 20,
    Fault = 21,
    Inval = 28,
    Io = 29,
    NoEnt = 44,
    SPipe = 70,
}

impl From<std::io::Error> for Errno {
    fn from(error: std::io::Error) -> Errno {
        match error.kind() {
            std::io::ErrorKind::NotFound => Errno::NoEnt,
            std::io::ErrorKind::PermissionDenied => Errno::Access,
            std::io::ErrorKind::AlreadyExists => Errno::Exist,
            std::io::ErrorKind::InvalidInput => Errno::Inval,
            _ => Errno::Io,
        }
    }
}

type Answer = Result<(), Errno>;

/// Calls a macro with every function but `proc_exit`: name, parameters, type of each.
#[macro_export]
macro_rules! for_each_wasi_function {
    ($then:ident) => {
        $then! {
            args_get(argv: u32, text: u32);
            args_sizes_get(count: u32, size: u32);
            clock_res_get(id: u32, at: u32);
            clock_time_get(id: u32, precision: u64, at: u32);
            environ_get(environ: u32, text: u32);
            environ_sizes_get(count: u32, size: u32);
            fd_close(fd: u32);
            fd_fdstat_get(fd: u32, at: u32);
            fd_fdstat_set_flags(fd: u32, flags: u32);
            fd_filestat_get(fd: u32, at: u32);
            fd_prestat_dir_name(fd: u32, at: u32, len: u32);
            fd_prestat_get(fd: u32, at: u32);
            fd_read(fd: u32, vectors: u32, count: u32, at: u32);
            fd_readdir(fd: u32, at: u32, len: u32, cookie: u64, used: u32);
            fd_seek(fd: u32, offset: u64, whence: u32, at: u32);
            fd_write(fd: u32, vectors: u32, count: u32, at: u32);
            path_filestat_get(fd: u32, flags: u32, path: u32, len: u32, at: u32);
            path_open(
                fd: u32,
                lookup: u32,
                path: u32,
                len: u32,
                how: u32,
                rights: u64,
                inheriting: u64,
                flags: u32,
                at: u32
            );
            path_unlink_file(fd: u32, path: u32, len: u32);
            random_get(at: u32, len: u32);
        }
    };
}

macro_rules! names {
    ($($name:ident($($p:ident: $t:ty),*);)*) => {
        /// The functions of the host but `proc_exit`.
        const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}
for_each_wasi_function!(names);

/// Whether the host has a function.
pub fn provides(module: &str, name: &str) -> bool {
    module == MODULE && (name == "proc_exit" || NAMES.contains(&name))
}

/// The number that a function returns.
pub fn errno(answer: Answer) -> u32 {
    match answer {
        Ok(()) => 0,
        Err(errno) => errno as u32,
    }
}

/// What a program sees, and what it has done.
#[derive(Debug)]
pub struct Wasi {
    args: Vec<String>,
    descriptors: Vec<Option<Descriptor>>,
    random: u64,
    began: Instant,
    /// What was written to standard output.
    pub output: Vec<u8>,
    /// When the first of it was written.
    pub first_output: Option<Instant>,
    /// What `proc_exit` was called with.
    pub exit_code: Option<i32>,
}

impl Wasi {
    /// A host for a program with arguments and folders (the program's name for each, and the host's).
    pub fn new(args: Vec<String>, folders: Vec<(String, PathBuf)>) -> Wasi {
        let mut descriptors =
            vec![Some(Descriptor::Input), Some(Descriptor::Output), Some(Descriptor::Errors)];
        descriptors
            .extend(folders.into_iter().map(|(name, host)| Some(Descriptor::Preopened { name, host })));
        Wasi {
            args,
            descriptors,
            random: 0x9e37_79b9_7f4a_7c15,
            began: Instant::now(),
            output: Vec::new(),
            first_output: None,
            exit_code: None,
        }
    }

    /// Keeps the exit code. The engine then ends the program.
    pub fn proc_exit(&mut self, code: u32) {
        self.exit_code = Some(code.cast_signed());
    }

    /// `args_get`
    pub fn args_get<M: Memory + ?Sized>(&mut self, memory: &mut M, argv: u32, text: u32) -> Answer {
        let (mut argv, mut text) = (u64::from(argv), text);
        for arg in &self.args {
            memory.write(argv, &text.to_le_bytes()).ok_or(Errno::Fault)?;
            let bytes = [arg.as_bytes(), b"\0"].concat();
            memory.write(text.into(), &bytes).ok_or(Errno::Fault)?;
            argv += 4;
            text = text.wrapping_add(length(&bytes));
        }
        Ok(())
    }

    /// `args_sizes_get`
    pub fn args_sizes_get<M: Memory + ?Sized>(&mut self, memory: &mut M, count: u32, size: u32) -> Answer {
        let bytes: u32 = self.args.iter().map(|arg| length(arg.as_bytes()) + 1).sum();
        put_u32(memory, count, length(&self.args))?;
        put_u32(memory, size, bytes)
    }

    /// `environ_get`
    pub fn environ_get<M: Memory + ?Sized>(&mut self, _: &mut M, _environ: u32, _text: u32) -> Answer {
        Ok(())
    }

    /// `environ_sizes_get`
    pub fn environ_sizes_get<M: Memory + ?Sized>(&mut self, memory: &mut M, count: u32, size: u32) -> Answer {
        put_u32(memory, count, 0)?;
        put_u32(memory, size, 0)
    }

    /// `clock_res_get`
    pub fn clock_res_get<M: Memory + ?Sized>(&mut self, memory: &mut M, _id: u32, at: u32) -> Answer {
        put_u64(memory, at, 1)
    }

    /// `clock_time_get`
    pub fn clock_time_get<M: Memory + ?Sized>(
        &mut self,
        memory: &mut M,
        id: u32,
        _precision: u64,
        at: u32,
    ) -> Answer {
        let time = match id {
            0 => SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
            _ => self.began.elapsed(),
        };
        put_u64(memory, at, nanoseconds(time))
    }

    /// `random_get`
    pub fn random_get<M: Memory + ?Sized>(&mut self, memory: &mut M, at: u32, len: u32) -> Answer {
        for i in 0..u64::from(len) {
            self.random ^= self.random << 13;
            self.random ^= self.random >> 7;
            self.random ^= self.random << 17;
            memory.write(u64::from(at) + i, &self.random.to_le_bytes()[..1]).ok_or(Errno::Fault)?;
        }
        Ok(())
    }
}

fn put_u32<M: Memory + ?Sized>(memory: &mut M, at: u32, value: u32) -> Answer {
    memory.write(at.into(), &value.to_le_bytes()).ok_or(Errno::Fault)
}

fn put_u64<M: Memory + ?Sized>(memory: &mut M, at: u32, value: u64) -> Answer {
    memory.write(at.into(), &value.to_le_bytes()).ok_or(Errno::Fault)
}

/// Lengths here are those of arguments, paths and reads, all of which came from 32-bit numbers or the command line.
fn length<T>(items: &[T]) -> u32 {
    u32::try_from(items.len()).unwrap_or(u32::MAX)
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(memory: &[u8], at: usize, len: usize) -> &str {
        std::str::from_utf8(&memory[at..at + len]).unwrap()
    }

    #[test]
    fn arguments_arrive() {
        let mut wasi = Wasi::new(vec!["one".to_owned(), "two".to_owned()], Vec::new());
        let memory = &mut [0; 64][..];
        assert_eq!(wasi.args_sizes_get(memory, 0, 4), Ok(()));
        assert_eq!((memory.u32(0), memory.u32(4)), (Some(2), Some(8)));
        assert_eq!(wasi.args_get(memory, 8, 32), Ok(()));
        assert_eq!((memory.u32(8), memory.u32(12)), (Some(32), Some(36)));
        assert_eq!(text(memory, 32, 8), "one\0two\0");
        assert_eq!(wasi.args_get(memory, 8, 60), Err(Errno::Fault));
    }

    #[test]
    fn files_in_folders_are_read() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("kernels/expected");
        let mut wasi = Wasi::new(Vec::new(), vec![("/e".to_owned(), folder)]);
        let memory = &mut [0; 256][..];
        assert_eq!(wasi.fd_prestat_get(memory, 3, 0), Ok(()));
        assert_eq!(memory.u32(4), Some(2));
        assert_eq!(wasi.fd_prestat_get(memory, 4, 0), Err(Errno::BadF));
        memory[16..25].copy_from_slice(b"hello.txt");
        assert_eq!(wasi.path_open(memory, 3, 0, 16, 9, 0, u64::MAX, u64::MAX, 0, 40), Ok(()));
        assert_eq!(memory.u32(40), Some(4));
        // One buffer of 100 bytes at 128.
        memory[48..52].copy_from_slice(&128_u32.to_le_bytes());
        memory[52..56].copy_from_slice(&100_u32.to_le_bytes());
        assert_eq!(wasi.fd_read(memory, 4, 48, 1, 60), Ok(()));
        assert_eq!(memory.u32(60), Some(6));
        assert_eq!(text(memory, 128, 6), "hello\n");
        assert_eq!(wasi.fd_close(memory, 4), Ok(()));
        assert_eq!(wasi.fd_read(memory, 4, 48, 1, 60), Err(Errno::BadF));
        assert_eq!(wasi.path_open(memory, 3, 0, 16, 5, 0, u64::MAX, u64::MAX, 0, 40), Err(Errno::NoEnt));
    }

    #[test]
    fn output_is_kept() {
        let mut wasi = Wasi::new(Vec::new(), Vec::new());
        let memory = &mut [0; 32][..];
        memory[4] = 2;
        memory[0] = 16;
        memory[16..18].copy_from_slice(b"ok");
        assert_eq!(wasi.fd_write(memory, 1, 0, 1, 24), Ok(()));
        assert_eq!((wasi.output.as_slice(), memory.u32(24)), (&b"ok"[..], Some(2)));
        assert!(wasi.first_output.is_some());
    }
}
