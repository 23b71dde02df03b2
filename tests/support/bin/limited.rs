//! `wz-limited ENGINE KIND PAGES DELTA [STACK]`: makes an instance with a memory of a kind and a number of pages, lets it
//! grow, writes to its last byte, and prints the number of pages that it has, or the kind and text of the error.

#![forbid(unsafe_code)]

use std::process::ExitCode;
use wz_api::{Error, ErrorKind, MemoryKind, ModuleConfig, Runtime, RuntimeConfig};

struct Settings {
    config: RuntimeConfig,
    pages: u32,
    delta: i32,
}

fn settings() -> Option<Settings> {
    let mut args = std::env::args().skip(1);
    let engine = args.next()?.parse().ok()?;
    let kind = match args.next()?.as_str() {
        "auto" => MemoryKind::Auto,
        "guarded" => MemoryKind::Guarded,
        "checked" => MemoryKind::Checked,
        _ => return None,
    };
    let (pages, delta) = (args.next()?.parse().ok()?, args.next()?.parse().ok()?);
    let mut config = RuntimeConfig::new().with_engine(engine).with_memory_kind(kind);
    if let Some(bytes) = args.next() {
        config = config.with_guest_stack_bytes(bytes.parse().ok()?);
    }
    Some(Settings { config, pages, delta })
}

fn pages(settings: Settings) -> Result<i32, Error> {
    let mut runtime = Runtime::new(settings.config)?;
    let code = runtime.compile(format!(
        r#"(module (memory {})
            (func (export "grow") (param i32) (result i32)
                (drop (memory.grow (local.get 0)))
                (i32.store8 (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 1)) (i32.const 1))
                (memory.size)))"#,
        settings.pages
    ))?;
    let module = runtime.instantiate(&code, ModuleConfig::new())?;
    module.func::<i32, i32>(&runtime, "grow")?.call(&mut runtime, settings.delta)
}

fn main() -> ExitCode {
    let Some(settings) = settings() else {
        eprintln!("usage: wz-limited ENGINE KIND PAGES DELTA [STACK]");
        return ExitCode::from(2);
    };
    match pages(settings) {
        Ok(pages) => println!("ok {pages}"),
        Err(error) => match error.kind() {
            ErrorKind::Limit(_) => println!("limit {error}"),
            _ => println!("other {error}"),
        },
    }
    ExitCode::SUCCESS
}
