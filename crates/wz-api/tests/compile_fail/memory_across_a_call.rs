// The bytes of a memory are borrowed for as long as no guest runs.

use wz_api::{Error, Memory, Runtime, TypedFunc};

fn hold(rt: &mut Runtime, memory: Memory, grow: TypedFunc<(), ()>) -> Result<(), Error> {
    let bytes = memory.data_mut(rt)?;
    grow.call(rt, ())?;
    bytes[0] = 1;
    Ok(())
}

fn main() {}
