//! Sockets. Guests get none yet, so every descriptor that is open is none.

use crate::Errno;
use crate::descriptors::Descriptors;
use crate::guest::run;
use wz_api::sys::System;
use wz_api::{Caller, HostModule};

pub(crate) fn add<T: 'static>(module: HostModule<T>) -> HostModule<T> {
    module
        .func("sock_accept", |mut c: Caller<T>, fd: u32, _flags: u32, _accepted: u32| {
            run(&mut c, |_, system| socket(system, fd))
        })
        .func(
            "sock_recv",
            |mut c: Caller<T>,
             fd: u32,
             _buffers: u32,
             _count: u32,
             _flags: u32,
             _len: u32,
             _out_flags: u32| { run(&mut c, |_, system| socket(system, fd)) },
        )
        .func("sock_send", |mut c: Caller<T>, fd: u32, _buffers: u32, _count: u32, _flags: u32, _len: u32| {
            run(&mut c, |_, system| socket(system, fd))
        })
        .func("sock_shutdown", |mut c: Caller<T>, fd: u32, _how: u32| {
            run(&mut c, |_, system| socket(system, fd))
        })
}

fn socket(system: &mut System, fd: u32) -> Result<(), Errno> {
    Descriptors::of(system).get(fd)?;
    Err(Errno::NotSock)
}
