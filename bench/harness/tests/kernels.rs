//! The kernels are all there, with what they must print.

use std::path::{Path, PathBuf};
use wz_bench_harness::catalogue::KERNELS;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../kernels")
}

#[test]
fn every_kernel_has_a_binary_and_an_output_and_every_binary_is_a_kernel() {
    let mut binaries: Vec<_> = std::fs::read_dir(folder())
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.strip_suffix(".wasm").map(str::to_owned))
        .collect();
    binaries.sort();
    let mut known: Vec<_> =
        KERNELS.iter().map(|kernel| kernel.name).chain(["callee", "calls", "hello"]).collect();
    known.sort_unstable();
    assert_eq!(binaries, known);
    for kernel in KERNELS {
        let output =
            std::fs::read_to_string(folder().join("expected").join(format!("{}.txt", kernel.name))).unwrap();
        assert!(output.starts_with(&format!("{} ", kernel.name)), "{}: {output:?}", kernel.name);
    }
}

/// With `WZ_BLESS=1` the binaries are written anew.
#[test]
fn the_modules_for_calls_are_their_texts() {
    for name in ["calls", "callee"] {
        let binary = wat::parse_file(folder().join(format!("{name}.wat"))).unwrap();
        let file = folder().join(format!("{name}.wasm"));
        if std::env::var_os("WZ_BLESS").is_some() {
            std::fs::write(&file, &binary).unwrap();
        }
        assert!(std::fs::read(&file).unwrap() == binary, "{name}.wasm is not what {name}.wat says");
    }
}
