// A typed function takes what it was checked for.

use wz_api::{Error, Runtime, TypedFunc};

fn call(rt: &mut Runtime, add: TypedFunc<(i32, i32), i32>) -> Result<i32, Error> {
    add.call(rt, (1i64, 2i64))
}

fn main() {}
