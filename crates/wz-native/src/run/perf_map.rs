//! Names of compiled functions for the profiler perf.
//!
//! It looks for the symbols of code that no file holds in `/tmp/perf-PID.map`: lines of start address and size, in
//! hexadecimal, and name. Source: the Linux kernel's `tools/perf/Documentation/jit-interface.txt`.

use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use wz_core::module::Module;
use wz_core::native::FuncRecord;

/// Appends a module's functions, whose code starts at `base` and is `len` bytes long, to this process's map.
pub(super) fn append(module: &Module, base: usize, len: usize, funcs: &[FuncRecord]) -> io::Result<()> {
    let path = format!("/tmp/perf-{}.map", std::process::id());
    // Whoever may write to the folder must not choose which file this is.
    let options =
        OpenOptions::new().append(true).create(true).mode(0o600).custom_flags(libc::O_NOFOLLOW).open(path)?;
    let mut map = BufWriter::new(options);
    let ends = funcs.iter().skip(1).map(|next| next.start as usize).chain([len]);
    for ((index, func), end) in (module.imported_funcs..).zip(funcs).zip(ends) {
        let start = func.start as usize;
        let (address, size) = (base + start, end.saturating_sub(start));
        match module.func_name(index) {
            Some(name) => {
                let name: String = name.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
                writeln!(map, "{address:x} {size:x} wasm {name}")?;
            }
            None => writeln!(map, "{address:x} {size:x} wasm function {index}")?,
        }
    }
    map.flush()
}
