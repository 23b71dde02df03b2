//! Functions of the host that a guest calls: with values, with the guest's memory, with errors that come back.

use std::fmt;
use wz_api::{Caller, Error, HostModule, ModuleConfig, Runtime, Split};

const SOURCE: &str = r#"
    (module
        (import "env" "print" (func $print (param i32 i32)))
        (import "env" "price" (func $price (param i32) (result f64)))
        (memory 1)
        (data (i32.const 0) "two apples cost")
        (func (export "buy") (param $fruit i32) (result f64)
            (call $print (i32.const 0) (i32.const 15))
            (f64.mul (f64.const 2) (call $price (local.get $fruit)))))
"#;

/// What the host's own function fails with.
#[derive(Debug)]
struct NotSold(u32);

impl fmt::Display for NotSold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fruit {} is not sold here", self.0)
    }
}

impl std::error::Error for NotSold {}

/// Prints a text in the guest's memory and counts its bytes in the embedder's data.
fn print(mut caller: Caller<usize>, at: u32, len: u32) -> Result<(), Error> {
    let Split { data, memory, .. } = caller.split()?;
    let (at, len) = (at as usize, len as usize);
    let text =
        memory.get(at..).and_then(|m| m.get(..len)).ok_or_else(|| Error::usage("text out of range"))?;
    println!("guest: {}", String::from_utf8_lossy(text));
    *data += len;
    Ok(())
}

fn price(fruit: u32) -> Result<f64, NotSold> {
    [0.5, 0.25].get(fruit as usize).copied().ok_or(NotSold(fruit))
}

/// Runs the example.
pub fn main() -> Result<(), Error> {
    let mut rt = Runtime::with_data(Default::default(), 0)?;
    rt.instantiate_host(&HostModule::new("env").func("print", print).func("price", price))?;
    let code = rt.compile(SOURCE)?;
    let module = rt.instantiate(&code, ModuleConfig::new())?;

    let buy = module.func::<u32, f64>(&rt, "buy")?;
    println!("host: {}", buy.call(&mut rt, 0)?);
    match buy.call(&mut rt, 7) {
        Ok(price) => println!("host: {price}"),
        // The error that the host function returned, as it was.
        Err(error) => println!("host: {:?}", error.downcast_host::<NotSold>()),
    }
    println!("host: {} bytes printed", rt.data());
    Ok(())
}
