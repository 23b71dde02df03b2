//! Readable names of functions.

use super::reader::Bytes;
use addr2line::FunctionName;
use addr2line::gimli;
use std::fmt::{self, Write};

/// Longest name in bytes, mangled or not: a few bytes of a mangled name can stand for a name of any length.
const MAX_NAME: usize = 4096;

/// The name as the source code has it, or as the debug information has it if it is of no mangling scheme.
pub(super) fn readable(name: &FunctionName<Bytes>) -> Option<String> {
    let raw = name.raw_name().ok()?;
    let mut out = Bounded(String::new());
    let demangled = match name.language {
        _ if raw.len() > MAX_NAME => false,
        Some(gimli::DW_LANG_Rust) => rust(&raw, &mut out),
        Some(
            gimli::DW_LANG_C_plus_plus
            | gimli::DW_LANG_C_plus_plus_03
            | gimli::DW_LANG_C_plus_plus_11
            | gimli::DW_LANG_C_plus_plus_14
            | gimli::DW_LANG_C_plus_plus_17
            | gimli::DW_LANG_C_plus_plus_20,
        ) => cpp(&raw, &mut out),
        Some(_) => false,
        None => rust(&raw, &mut out) || cpp(&raw, &mut out),
    };
    if !demangled {
        out = Bounded(String::new());
        // A name that is too long is cut.
        let _ = raw.chars().try_for_each(|c| out.write_char(c));
    }
    Some(out.0)
}

fn rust(raw: &str, out: &mut Bounded) -> bool {
    rustc_demangle::try_demangle(raw).is_ok_and(|name| write!(out, "{name:#}").is_ok())
}

fn cpp(raw: &str, out: &mut Bounded) -> bool {
    let Ok(symbol) = cpp_demangle::Symbol::new(raw) else { return false };
    let mut name = Bounded(String::new());
    let written = symbol.structured_demangle(&mut name, &cpp_demangle::DemangleOptions::default()).is_ok();
    if written {
        out.0 = name.0;
    }
    written
}

/// A text that refuses to become longer than [`MAX_NAME`].
struct Bounded(String);

impl Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() + text.len() > MAX_NAME {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}
