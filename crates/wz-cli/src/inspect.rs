//! `wz inspect`.

use crate::failure::Failure;
use crate::section::{Kind, sections};
use crate::source;
use crate::stdio::Stream;
use std::fmt::{self, Write as _};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use wz_api::{CompiledModule, Error, Features, MemoryType, Runtime, RuntimeConfig};

/// Options of `wz inspect`
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The module, binary or text
    file: PathBuf,
}

/// Runs the command. The result is the exit code.
pub(crate) fn run(options: &Options) -> u8 {
    match whole(&options.file) {
        Ok(()) => 0,
        Err(failure) => {
            failure.report(&mut Stream::stderr());
            failure.status
        }
    }
}

fn whole(file: &Path) -> Result<(), Failure> {
    let binary = source::read(file)?;
    let compiled = compile(&binary, Features::BUILT);
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = match &compiled {
        Ok(code) => module(&mut text, code, &binary),
        // Its sections are there to see all the same.
        Err(_) => list_sections(&mut text, &binary),
    };
    Stream::stdout().write_all(text.as_bytes()).map_err(|error| Failure::of_output(file, error))?;
    compiled.map(drop).map_err(|error| Failure::of_error(file, &error))
}

fn compile(binary: &[u8], features: Features) -> Result<CompiledModule, Error> {
    Runtime::new(RuntimeConfig::new().with_features(features))?.compile(binary)
}

fn module(out: &mut String, code: &CompiledModule, binary: &[u8]) -> fmt::Result {
    if let Some(name) = code.name() {
        writeln!(out, "name: {name:?}")?;
    }
    heading(out, "imports", code.imports().count())?;
    for import in code.imports() {
        writeln!(out, "  {:?}.{:?}: {}", import.module, import.name, import.ty)?;
    }
    heading(out, "exports", code.exports().count())?;
    for export in code.exports() {
        writeln!(out, "  {:?}: {}", export.name, export.ty)?;
    }
    heading(out, "memories", code.memories().len())?;
    for (i, memory) in code.memories().iter().enumerate() {
        writeln!(out, "  {i}: {memory} ({})", sizes(memory))?;
    }
    heading(out, "tables", code.tables().len())?;
    for (i, table) in code.tables().iter().enumerate() {
        writeln!(out, "  {i}: {table}")?;
    }
    list_sections(out, binary)?;
    let features = needed(binary);
    heading(out, "features", features.names().count())?;
    features.names().try_for_each(|name| writeln!(out, "  {name}"))
}

fn heading(out: &mut String, what: &str, count: usize) -> fmt::Result {
    match count {
        0 => writeln!(out, "{what}: none"),
        _ => writeln!(out, "{what}:"),
    }
}

fn sizes(memory: &MemoryType) -> String {
    let size = |pages: u64| match u128::from(pages) * u128::from(memory.page_size()) {
        bytes if bytes > 0 && bytes % (1 << 30) == 0 => format!("{} GiB", bytes >> 30),
        bytes if bytes > 0 && bytes % (1 << 20) == 0 => format!("{} MiB", bytes >> 20),
        bytes if bytes % (1 << 10) == 0 => format!("{} KiB", bytes >> 10),
        bytes => format!("{bytes} bytes"),
    };
    match memory.limits.max {
        Some(max) => format!("{} to {}", size(memory.limits.min), size(max)),
        None => format!("{} or more", size(memory.limits.min)),
    }
}

fn list_sections(out: &mut String, binary: &[u8]) -> fmt::Result {
    heading(out, "sections", sections(binary).count())?;
    for section in sections(binary) {
        match section.kind {
            Kind::Custom(name) => write!(out, "  custom {:?}", String::from_utf8_lossy(name))?,
            Kind::Known(name) => write!(out, "  {name}")?,
            Kind::Unknown(id) => write!(out, "  unknown ({id})")?,
        }
        write!(out, ": {} bytes at 0x{:x}", section.len, section.offset)?;
        match section.count {
            Some(1) => writeln!(out, ", 1 item")?,
            Some(count) => writeln!(out, ", {count} items")?,
            None => writeln!(out)?,
        }
    }
    Ok(())
}

/// The features that a valid module needs: it is valid with them, and with none of them left out. Where one of two is
/// enough, the older one is named.
fn needed(binary: &[u8]) -> Features {
    let built = Features::ALL_NAMES.iter().map(|(_, feature)| *feature);
    built.filter(|feature| Features::BUILT.contains(*feature)).rev().fold(Features::BUILT, |set, feature| {
        let without = set.without(feature);
        if compile(binary, without).is_ok() { without } else { set }
    })
}
