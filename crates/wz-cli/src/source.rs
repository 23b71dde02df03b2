//! Reading the file that a command is about, and saying what it is if it is no module.

use crate::failure::Failure;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// The most bytes that are read: more than a module can have, and an end to devices that have none.
const MAX_BYTES: u64 = 1 << 30;
/// The bytes that show what is surely not a module.
const HEAD: u64 = 4096;

/// The binary of the module in a file, which may hold it as text.
pub(crate) fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    if fs::metadata(file).is_ok_and(|metadata| metadata.is_dir()) {
        return Err(Failure::new(file, "is a folder, not a WebAssembly module"));
    }
    let bytes = bytes(file).map_err(|error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => Failure::new(file, "no such file"),
        ErrorKind::PermissionDenied => Failure::new(file, "permission denied"),
        _ => Failure::new(file, error),
    })?;
    if let Some(reason) = refusal(&bytes) {
        return Err(Failure::new(file, reason));
    }
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Failure::new(file, "is larger than 1 GiB, the most that a module may have"));
    }
    if bytes.starts_with(WASM) {
        return Ok(bytes);
    }
    // The refusal has seen to it that the rest is text.
    let text = String::from_utf8(bytes).map_err(|error| Failure::new(file, error))?;
    wat::Parser::new().parse_str(Some(file), text).map_err(|error| Failure::new(file, error))
}

/// The contents of a file: its head if that shows that it is no module, and no more than one byte too many.
fn bytes(file: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(file)?;
    let mut bytes = Vec::new();
    file.by_ref().take(HEAD).read_to_end(&mut bytes)?;
    if bytes.contains(&0) && !bytes.starts_with(WASM) {
        return Ok(bytes);
    }
    file.take(MAX_BYTES + 1 - HEAD).read_to_end(&mut bytes)?;
    Ok(bytes)
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
    let is_text = !bytes.contains(&0) && std::str::from_utf8(bytes).is_ok();
    if bytes.starts_with(b"MZ") && !is_text {
        return Some("is a Windows program or library, not a WebAssembly module");
    }
    if bytes.starts_with(WASM) && bytes.get(6..8) == Some(COMPONENT_LAYER) {
        return Some("is a WebAssembly component; wz runs core modules");
    }
    if !bytes.starts_with(WASM) && !is_text {
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
            (b"(module\0)", "neither binary"),
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
