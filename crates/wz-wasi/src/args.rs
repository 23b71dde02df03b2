//! Arguments and environment variables.

use crate::Errno;
use crate::guest::{Memory, run};
use wz_api::sys::System;
use wz_api::{Caller, HostModule};

pub(crate) fn add<T: 'static>(module: HostModule<T>) -> HostModule<T> {
    module
        .func("args_sizes_get", |mut c: Caller<T>, count: u32, size: u32| {
            run(&mut c, |memory, system| write_sizes(memory, strings_of_args(system), count, size))
        })
        .func("args_get", |mut c: Caller<T>, pointers: u32, buffer: u32| {
            run(&mut c, |memory, system| write_strings(memory, strings_of_args(system), pointers, buffer))
        })
        .func("environ_sizes_get", |mut c: Caller<T>, count: u32, size: u32| {
            run(&mut c, |memory, system| write_sizes(memory, strings_of_env(system), count, size))
        })
        .func("environ_get", |mut c: Caller<T>, pointers: u32, buffer: u32| {
            run(&mut c, |memory, system| write_strings(memory, strings_of_env(system), pointers, buffer))
        })
}

/// A string in up to three parts, without its terminator.
type Parts<'a> = [&'a [u8]; 3];

fn strings_of_args(system: &System) -> impl Iterator<Item = Parts<'_>> + Clone {
    system.args().iter().map(|arg| [&arg[..], b"", b""])
}

fn strings_of_env(system: &System) -> impl Iterator<Item = Parts<'_>> + Clone {
    system.env().iter().map(|variable| [&variable.name[..], b"=", &variable.value[..]])
}

/// Number of strings, and bytes of all of them with terminators.
fn sizes<'a>(strings: impl Iterator<Item = Parts<'a>>) -> Result<(u32, u32), Errno> {
    let mut count = 0u32;
    let mut size = 0u32;
    for string in strings {
        let len = string.iter().map(|part| part.len()).sum::<usize>() + 1;
        count = count.checked_add(1).ok_or(Errno::Overflow)?;
        size = u32::try_from(len).ok().and_then(|len| size.checked_add(len)).ok_or(Errno::Overflow)?;
    }
    Ok((count, size))
}

fn write_sizes<'a>(
    memory: &mut Memory<'_>,
    strings: impl Iterator<Item = Parts<'a>>,
    count_at: u32,
    size_at: u32,
) -> Result<(), Errno> {
    let (count, size) = sizes(strings)?;
    memory.range(size_at, 4)?;
    memory.write_u32(count_at, count)?;
    memory.write_u32(size_at, size)
}

fn write_strings<'a>(
    memory: &mut Memory<'_>,
    strings: impl Iterator<Item = Parts<'a>> + Clone,
    pointers: u32,
    buffer: u32,
) -> Result<(), Errno> {
    let (count, size) = sizes(strings.clone())?;
    memory.range(pointers, count.checked_mul(4).ok_or(Errno::Fault)?)?;
    memory.range(buffer, size)?;
    let (mut pointer, mut at) = (pointers, buffer);
    for string in strings {
        memory.write_u32(pointer, at)?;
        // Both ranges were checked: neither sum overflows before the last string's end.
        pointer = pointer.wrapping_add(4);
        for part in string.iter().copied().chain([&b"\0"[..]]) {
            memory.write(at, part)?;
            at = at.wrapping_add(part.len() as u32);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRINGS: [Parts<'static>; 2] = [[b"LANG", b"=", b"en"], [b"x", b"", b""]];

    #[test]
    fn strings_are_terminated_and_pointed_to() {
        let mut bytes = [0xff; 32];
        let mut memory = Memory(&mut bytes);
        write_sizes(&mut memory, STRINGS.into_iter(), 0, 4).unwrap();
        assert_eq!((memory.read_u32(0), memory.read_u32(4)), (Ok(2), Ok(10)));
        write_strings(&mut memory, STRINGS.into_iter(), 0, 8).unwrap();
        assert_eq!((memory.read_u32(0), memory.read_u32(4)), (Ok(8), Ok(16)));
        assert_eq!(&bytes[8..19], b"LANG=en\0x\0\xff");
    }

    #[test]
    fn a_range_that_does_not_fit_leaves_memory_as_it_was() {
        let mut bytes = [0xff; 17];
        let mut memory = Memory(&mut bytes);
        assert_eq!(write_strings(&mut memory, STRINGS.into_iter(), 0, 8), Err(Errno::Fault));
        assert_eq!(write_strings(&mut memory, STRINGS.into_iter(), 10, 0), Err(Errno::Fault));
        assert_eq!(write_sizes(&mut memory, STRINGS.into_iter(), 0, 14), Err(Errno::Fault));
        assert_eq!(write_sizes(&mut memory, STRINGS.into_iter(), 14, 0), Err(Errno::Fault));
        assert_eq!(bytes, [0xff; 17]);
    }
}
