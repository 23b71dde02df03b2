//! What a call of a WASI function works on: the guest's memory and what it sees of the system.

use crate::Errno;
use crate::wait::Blocking;
use std::io;
use std::ops::Range;
use wz_api::sys::System;
use wz_api::{Caller, Error, Split};

/// Why a function ends early.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The guest gets an error number.
    Errno(Errno),
    /// The guest ends.
    Error(Error),
}

impl From<Errno> for Stop {
    fn from(errno: Errno) -> Stop {
        Stop::Errno(errno)
    }
}

impl From<io::Error> for Stop {
    /// A stream that fails with an [`Error`] of wz ends the guest with it.
    fn from(error: io::Error) -> Stop {
        match error.downcast::<Error>() {
            Ok(own) => Stop::Error(own),
            Err(other) => Stop::Errno(other.into()),
        }
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop::Error(error)
    }
}

/// Runs a function on the calling instance's memory and system. The result is the error number for the guest.
pub(crate) fn run<T: 'static, S: Into<Stop>>(
    caller: &mut Caller<'_, T>,
    function: impl FnOnce(&mut Memory<'_>, &mut System) -> Result<(), S>,
) -> Result<u32, Error> {
    let Split { memory, system, .. } = caller.split()?;
    match function(&mut Memory(memory), system).map_err(S::into) {
        Ok(()) => Ok(Errno::Success.raw().into()),
        Err(Stop::Errno(errno)) => Ok(errno.raw().into()),
        Err(Stop::Error(error)) => Err(error),
    }
}

/// A guest's memory. Whatever is out of range is [`Errno::Fault`].
#[derive(Debug)]
pub(crate) struct Memory<'a>(pub(crate) &'a mut [u8]);

impl Memory<'_> {
    /// Checks a range of bytes.
    pub(crate) fn range(&self, at: u32, len: u32) -> Result<Range<usize>, Errno> {
        let at = usize::try_from(at).map_err(|_| Errno::Fault)?;
        let len = usize::try_from(len).map_err(|_| Errno::Fault)?;
        match at.checked_add(len) {
            Some(end) if end <= self.0.len() => Ok(at..end),
            _ => Err(Errno::Fault),
        }
    }

    pub(crate) fn bytes(&self, at: u32, len: u32) -> Result<&[u8], Errno> {
        let range = self.range(at, len)?;
        Ok(&self.0[range])
    }

    pub(crate) fn bytes_mut(&mut self, at: u32, len: u32) -> Result<&mut [u8], Errno> {
        let range = self.range(at, len)?;
        Ok(&mut self.0[range])
    }

    fn array<const N: usize>(&self, at: u32) -> Result<[u8; N], Errno> {
        let mut array = [0; N];
        array.copy_from_slice(self.bytes(at, N as u32)?);
        Ok(array)
    }

    pub(crate) fn read_u8(&self, at: u32) -> Result<u8, Errno> {
        Ok(self.array::<1>(at)?[0])
    }

    pub(crate) fn read_u16(&self, at: u32) -> Result<u16, Errno> {
        Ok(u16::from_le_bytes(self.array(at)?))
    }

    pub(crate) fn read_u32(&self, at: u32) -> Result<u32, Errno> {
        Ok(u32::from_le_bytes(self.array(at)?))
    }

    pub(crate) fn read_u64(&self, at: u32) -> Result<u64, Errno> {
        Ok(u64::from_le_bytes(self.array(at)?))
    }

    pub(crate) fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), Errno> {
        let len = u32::try_from(bytes.len()).map_err(|_| Errno::Fault)?;
        self.bytes_mut(at, len)?.copy_from_slice(bytes);
        Ok(())
    }

    pub(crate) fn write_u32(&mut self, at: u32, value: u32) -> Result<(), Errno> {
        self.write(at, &value.to_le_bytes())
    }

    pub(crate) fn write_u64(&mut self, at: u32, value: u64) -> Result<(), Errno> {
        self.write(at, &value.to_le_bytes())
    }

    /// The buffer with index `i` of an array of `(address, length)` pairs.
    pub(crate) fn buffer(&self, array: u32, i: u32) -> Result<Range<usize>, Errno> {
        let at = i.checked_mul(8).and_then(|offset| array.checked_add(offset)).ok_or(Errno::Fault)?;
        let (address, len) = (self.read_u32(at)?, self.read_u32(at.checked_add(4).ok_or(Errno::Fault)?)?);
        self.range(address, len)
    }

    /// Checks every buffer of an array before any is used. The result is their total length.
    pub(crate) fn check_buffers(&self, array: u32, count: u32, blocking: &Blocking) -> Result<u32, Stop> {
        self.range(array, count.checked_mul(8).ok_or(Errno::Fault)?)?;
        let mut total = 0u32;
        for i in 0..count {
            blocking.check_at(i)?;
            let len = self.buffer(array, i)?.len();
            total = u32::try_from(len).ok().and_then(|len| total.checked_add(len)).ok_or(Errno::Inval)?;
        }
        Ok(total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_out_of_range_is_a_fault() {
        let mut bytes = [0; 16];
        let mut memory = Memory(&mut bytes);
        assert_eq!(memory.range(16, 0), Ok(16..16));
        for (at, len) in [(0, 17), (16, 1), (17, 0), (u32::MAX, 1), (1, u32::MAX), (u32::MAX, u32::MAX)] {
            assert_eq!(memory.range(at, len), Err(Errno::Fault), "{at} {len}");
        }
        assert_eq!(memory.write_u64(9, 1), Err(Errno::Fault));
        assert_eq!(memory.write_u64(8, u64::MAX), Ok(()));
        assert_eq!(memory.read_u32(12), Ok(u32::MAX));
        assert_eq!(memory.read_u32(13), Err(Errno::Fault));
    }

    fn check_buffers(memory: &Memory<'_>, array: u32, count: u32) -> Result<u32, Errno> {
        memory.check_buffers(array, count, &Blocking::for_ever()).map_err(|stop| match stop {
            Stop::Errno(errno) => errno,
            Stop::Error(error) => panic!("{error}"),
        })
    }

    #[test]
    fn buffers_are_checked_together() {
        let mut bytes = [0; 32];
        let mut memory = Memory(&mut bytes);
        for (at, value) in [(0, 16), (4, 8), (8, 24), (12, 8)] {
            memory.write_u32(at, value).unwrap();
        }
        assert_eq!(check_buffers(&memory, 0, 2), Ok(16));
        assert_eq!(memory.buffer(0, 1), Ok(24..32));
        memory.write_u32(12, 9).unwrap();
        assert_eq!(check_buffers(&memory, 0, 2), Err(Errno::Fault));
        assert_eq!(check_buffers(&memory, 0, u32::MAX), Err(Errno::Fault));
        assert_eq!(check_buffers(&memory, 24, 2), Err(Errno::Fault));
        assert_eq!(check_buffers(&memory, 40, 0), Err(Errno::Fault));
    }

    #[test]
    fn lengths_that_overflow_together_are_invalid() {
        let mut bytes = vec![0; 1 << 20];
        let mut memory = Memory(&mut bytes);
        // 4,097 buffers that all are the whole memory.
        for i in 0..4097 {
            memory.write_u32(i * 8 + 4, 1 << 20).unwrap();
        }
        assert_eq!(check_buffers(&memory, 0, 4095), Ok(4095 << 20));
        assert_eq!(check_buffers(&memory, 0, 4097), Err(Errno::Inval));
    }
}
