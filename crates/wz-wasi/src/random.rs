//! Random bytes.

use crate::guest::{Stop, run};
use crate::wait::Blocking;
use wz_api::{Caller, HostModule};

/// The most bytes that are asked for at once, so that an interrupt is noticed between. A multiple of eight, so that the
/// fixed sequence does not depend on it.
const PIECE: usize = 1 << 20;

pub(crate) fn add<T: 'static>(module: HostModule<T>) -> HostModule<T> {
    module.func("random_get", |mut c: Caller<T>, buffer: u32, len: u32| {
        let blocking = Blocking::of(&c);
        run(&mut c, |memory, system| {
            for piece in memory.bytes_mut(buffer, len)?.chunks_mut(PIECE) {
                blocking.check()?;
                system.random().fill(piece)?;
            }
            Ok::<(), Stop>(())
        })
    })
}
