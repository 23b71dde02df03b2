//! Decoding on several threads gives what decoding on one gives: module, IR, and the first error.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Mutex;
use wz_core::{Error, ir::FuncIr, module::Module};
use wz_decode::{DecodeConfig, FunctionSink, SinkSource, decode, decode_parallel};

#[derive(Default)]
struct Functions(Mutex<BTreeMap<u32, FuncIr>>);

struct Collect<'a>(&'a Functions);

impl FunctionSink for Collect<'_> {
    fn function(&mut self, _: &Module, ir: &FuncIr) -> Result<(), Error> {
        let twice = self.0.0.lock().expect("lock").insert(ir.func, ir.clone());
        assert!(twice.is_none(), "function {} came twice", ir.func);
        Ok(())
    }
}

struct Source<'a>(&'a Functions);

impl SinkSource for Source<'_> {
    fn sink(&self) -> Result<Box<dyn FunctionSink + '_>, Error> {
        Ok(Box::new(Collect(self.0)))
    }
}

type Decoded = Result<(Module, BTreeMap<u32, FuncIr>), String>;

fn on_one_thread(bytes: &[u8]) -> Decoded {
    let functions = Functions::default();
    let module = decode(bytes, &DecodeConfig::default(), |_| Ok(Box::new(Collect(&functions))));
    let module = module.map_err(|e| e.to_string())?;
    Ok((Module::clone(&module), functions.0.into_inner().expect("lock")))
}

fn on_threads(bytes: &[u8], threads: usize) -> Decoded {
    let functions = Functions::default();
    let threads = NonZeroUsize::new(threads).expect("threads");
    let source = |_: &_| Ok(Box::new(Source(&functions)) as Box<dyn SinkSource>);
    let module =
        decode_parallel(bytes, &DecodeConfig::default(), threads, source).map_err(|e| e.to_string())?;
    Ok((Module::clone(&module), functions.0.into_inner().expect("lock")))
}

fn programs() -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/programs");
    let files = std::fs::read_dir(folder).expect("tests/programs").map(|e| e.expect("entry").path());
    files
        .filter(|f| f.extension().is_some_and(|e| e == "wasm"))
        .map(|f| std::fs::read(f).expect("read"))
        .collect()
}

#[test]
fn the_same_functions() {
    let programs = programs();
    assert!(programs.len() >= 9);
    for bytes in &programs {
        let one = on_one_thread(bytes);
        assert!(one.is_ok());
        for threads in [1, 2, 5] {
            assert!(on_threads(bytes, threads) == one);
        }
    }
}

#[test]
fn the_same_error() {
    let bytes = programs().into_iter().max_by_key(Vec::len).expect("programs");
    let mut errors = 0;
    // Spoils bytes all over the module, several at a time.
    for seed in 0..400_usize {
        let mut spoilt = bytes.clone();
        for n in 0..3 {
            let at = (seed * 7919 + n * 104_729) % spoilt.len();
            spoilt[at] ^= 0x15 << (seed % 3);
        }
        let one = on_one_thread(&spoilt);
        assert!(on_threads(&spoilt, 3) == one, "seed {seed}");
        errors += usize::from(one.is_err());
    }
    assert!(errors > 100, "only {errors} of the spoilt modules are invalid");
}

#[test]
fn modules_without_code() {
    assert_eq!(on_threads(b"\0asm\x01\0\0\0", 4), on_one_thread(b"\0asm\x01\0\0\0"));
}
