//! Random bytes.

use crate::guest::{Stop, run};
use wz_api::{Caller, HostModule};

pub(crate) fn add<T: 'static>(module: HostModule<T>) -> HostModule<T> {
    module.func("random_get", |mut c: Caller<T>, buffer: u32, len: u32| {
        run(&mut c, |memory, system| {
            let bytes = memory.bytes_mut(buffer, len)?;
            system.random().fill(bytes)?;
            Ok::<(), Stop>(())
        })
    })
}
