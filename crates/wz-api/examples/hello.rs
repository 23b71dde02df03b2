//! Compile a module, make an instance of it, call what it exports.

use wz_api::{Error, ModuleConfig, Runtime};

const SOURCE: &str = r#"
    (module
        (func $gcd (export "gcd") (param i32 i32) (result i32)
            (if (result i32) (i32.eqz (local.get 1))
                (then (local.get 0))
                (else (return_call $gcd (local.get 1) (i32.rem_u (local.get 0) (local.get 1)))))))
"#;

/// Runs the example.
pub fn main() -> Result<(), Error> {
    let mut rt = Runtime::new(Default::default())?;
    let code = rt.compile(SOURCE)?;
    let module = rt.instantiate(&code, ModuleConfig::new())?;

    // The types are checked here, once, and not at the calls.
    let gcd = module.func::<(u32, u32), u32>(&rt, "gcd")?;
    for (a, b) in [(1071, 462), (17, 4), (1 << 20, 48)] {
        println!("gcd({a}, {b}) = {}", gcd.call(&mut rt, (a, b))?);
    }
    Ok(())
}
