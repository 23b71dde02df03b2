//! The guest as a process.

use crate::Errno;
use crate::guest::run;
use wz_api::{Caller, Error, HostModule};

pub(crate) fn add<T: 'static>(module: HostModule<T>) -> HostModule<T> {
    module
        .func("proc_exit", |mut c: Caller<T>, code: u32| exit(&mut c, code))
        // Nothing could be done with a signal but to end the guest, and for that there is proc_exit.
        .func("proc_raise", |_signal: u32| u32::from(Errno::NoSys.raw()))
        .func("sched_yield", |mut c: Caller<T>| {
            run(&mut c, |_, system| {
                system.scheduler().yield_now();
                Ok::<(), Errno>(())
            })
        })
}

fn exit<T>(caller: &mut Caller<'_, T>, code: u32) -> Result<(), Error> {
    if let Some(module) = caller.module() {
        module.close(caller, code)?;
    }
    Err(Error::exit(code))
}
