//! Clocks.

use crate::Errno;
use crate::guest::run;
use wz_api::sys::{Clock, System};
use wz_api::{Caller, HostModule};

/// The clock that tells the time of day.
pub(crate) const REALTIME: u32 = 0;
/// The clock that never goes back.
pub(crate) const MONOTONIC: u32 = 1;

pub(crate) fn add<T: 'static>(module: HostModule<T>) -> HostModule<T> {
    module
        .func("clock_res_get", |mut c: Caller<T>, id: u32, resolution: u32| {
            run(&mut c, |memory, system| {
                let value = clock(system, id)?.resolution();
                memory.write_u64(resolution, value)
            })
        })
        .func("clock_time_get", |mut c: Caller<T>, id: u32, _precision: u64, time: u32| {
            run(&mut c, |memory, system| {
                let clock = clock(system, id)?;
                memory.range(time, 8)?;
                memory.write_u64(time, clock.now())
            })
        })
}

/// The clock with this id. There are none of processor time: they would tell about the host's load.
pub(crate) fn clock(system: &System, id: u32) -> Result<&dyn Clock, Errno> {
    match id {
        REALTIME => Ok(system.wall_clock()),
        MONOTONIC => Ok(system.monotonic_clock()),
        _ => Err(Errno::Inval),
    }
}
