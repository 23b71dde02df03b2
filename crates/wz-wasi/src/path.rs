//! Paths. Guests get no folders yet, so every descriptor that is open is none.

use crate::Errno;
use crate::descriptors::Descriptors;
use crate::guest::run;
use wz_api::sys::System;
use wz_api::{Caller, HostModule};

pub(crate) fn add<T: 'static>(module: HostModule<T>) -> HostModule<T> {
    module
        .func("path_create_directory", |mut c: Caller<T>, fd: u32, _path: u32, _len: u32| {
            run(&mut c, |_, system| folder(system, fd))
        })
        .func(
            "path_filestat_get",
            |mut c: Caller<T>, fd: u32, _flags: u32, _path: u32, _len: u32, _stat: u32| {
                run(&mut c, |_, system| folder(system, fd))
            },
        )
        .func(
            "path_filestat_set_times",
            |mut c: Caller<T>,
             fd: u32,
             _flags: u32,
             _path: u32,
             _len: u32,
             _accessed: u64,
             _modified: u64,
             _set: u32| { run(&mut c, |_, system| folder(system, fd)) },
        )
        .func(
            "path_link",
            |mut c: Caller<T>,
             old_fd: u32,
             _flags: u32,
             _old: u32,
             _old_len: u32,
             new_fd: u32,
             _new: u32,
             _new_len: u32| { run(&mut c, |_, system| folders(system, old_fd, new_fd)) },
        )
        .func(
            "path_open",
            |mut c: Caller<T>,
             fd: u32,
             _dir_flags: u32,
             _path: u32,
             _len: u32,
             _open_flags: u32,
             _rights: u64,
             _rights_inheriting: u64,
             _fd_flags: u32,
             _opened: u32| { run(&mut c, |_, system| folder(system, fd)) },
        )
        .func(
            "path_readlink",
            |mut c: Caller<T>, fd: u32, _path: u32, _len: u32, _buffer: u32, _size: u32, _used: u32| {
                run(&mut c, |_, system| folder(system, fd))
            },
        )
        .func("path_remove_directory", |mut c: Caller<T>, fd: u32, _path: u32, _len: u32| {
            run(&mut c, |_, system| folder(system, fd))
        })
        .func(
            "path_rename",
            |mut c: Caller<T>,
             old_fd: u32,
             _old: u32,
             _old_len: u32,
             new_fd: u32,
             _new: u32,
             _new_len: u32| { run(&mut c, |_, system| folders(system, old_fd, new_fd)) },
        )
        .func(
            "path_symlink",
            |mut c: Caller<T>, _target: u32, _target_len: u32, fd: u32, _path: u32, _len: u32| {
                run(&mut c, |_, system| folder(system, fd))
            },
        )
        .func("path_unlink_file", |mut c: Caller<T>, fd: u32, _path: u32, _len: u32| {
            run(&mut c, |_, system| folder(system, fd))
        })
}

fn folder(system: &mut System, fd: u32) -> Result<(), Errno> {
    Descriptors::of(system).get(fd)?;
    Err(Errno::NotDir)
}

fn folders(system: &mut System, old: u32, new: u32) -> Result<(), Errno> {
    Descriptors::of(system).get(new)?;
    folder(system, old)
}
