//! Reading the file that a command is about, and saying what it is if it is no module.

use crate::failure::Failure;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// The binary of the module in a file, which may hold it as text.
pub(crate) fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    if fs::metadata(file).is_ok_and(|metadata| metadata.is_dir()) {
        return Err(Failure::new(file, "is a folder, not a WebAssembly module"));
    }
    let bytes = fs::read(file).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Failure::new(file, "no such file"),
        ErrorKind::PermissionDenied => Failure::new(file, "permission denied"),
        _ => Failure::new(file, error),
    })?;
    if let Some(reason) = refusal(&bytes) {
        return Err(Failure::new(file, reason));
    }
    if bytes.starts_with(WASM) {
        return Ok(bytes);
    }
    // The refusal has seen to it that the rest is text.
    let text = String::from_utf8(bytes).map_err(|error| Failure::new(file, error))?;
    wat::Parser::new().parse_str(Some(file), text).map_err(|error| Failure::new(file, error))
}

const WASM: &[u8] = b"\0asm";

/// Why these bytes are surely not a module, if they are something else that is well known.
fn refusal(bytes: &[u8]) -> Option<&'static str> {
    const ELF: &[u8] = b"\x7fELF";
    // The version field of a component: its own version, then layer 1.
    const COMPONENT_LAYER: &[u8] = &[1, 0];
    if bytes.is_empty() {
        return Some("the file is empty");
    }
    if bytes.starts_with(ELF) {
        return Some("is an ELF file (a native program or library), not a WebAssembly module");
    }
    if bytes.starts_with(b"MZ") && std::str::from_utf8(bytes).is_err() {
        return Some("is a Windows program or library, not a WebAssembly module");
    }
    if bytes.starts_with(WASM) && bytes.get(6..8) == Some(COMPONENT_LAYER) {
        return Some("is a WebAssembly component; wz runs core modules");
    }
    let is_text = || std::str::from_utf8(bytes).is_ok() && !bytes.starts_with(b"\0");
    if !bytes.starts_with(WASM) && !is_text() {
        return Some(
            "is not a WebAssembly module, neither binary (it does not begin with \"\\0asm\") nor text",
        );
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_module_is_named() {
        for (bytes, word) in [
            (&b""[..], "empty"),
            (b"\x7fELF\x02\x01\x01\0", "ELF"),
            (b"\0asm\x0d\0\x01\0", "component"),
            (b"MZ\x90\0", "Windows"),
            (b"\xff\xfe", "neither binary"),
            (b"\0as", "neither binary"),
        ] {
            assert!(refusal(bytes).unwrap().contains(word), "{word}");
        }
    }

    #[test]
    fn modules_pass() {
        for bytes in [&b"\0asm\x01\0\0\0"[..], b"(module)", b"\0asm", b"MZ", b" ;; text"] {
            assert_eq!(refusal(bytes), None, "{bytes:?}");
        }
    }
}
