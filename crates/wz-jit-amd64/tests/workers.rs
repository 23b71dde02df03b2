//! Functions that several workers compile in any order are the same code as those of one worker.

use std::fmt::Write;
use std::sync::Arc;
use wz_core::Error;
use wz_core::engine::{CompileOptions, FunctionCompiler, NativeCompiler};
use wz_core::ir::FuncIr;
use wz_core::module::Module;
use wz_core::native::NativeBlob;
use wz_decode::{DecodeConfig, FunctionSink, decode};
use wz_jit_amd64::{Amd64, CpuFeatures};

const FUNCS: usize = 60;

struct Collect<'a>(&'a mut Vec<FuncIr>);

impl FunctionSink for Collect<'_> {
    fn function(&mut self, _: &Module, ir: &FuncIr) -> Result<(), Error> {
        self.0.push(ir.clone());
        Ok(())
    }
}

/// A module whose functions call one before and one behind them, and the functions.
fn module() -> (Arc<Module>, Vec<FuncIr>) {
    let mut text = String::from("(module (import \"\" \"\" (func))");
    for n in 0..FUNCS {
        let (before, behind) = (n / 2 + 1, (n + FUNCS) / 2 + 1);
        let _ = write!(text, "(func (param i32) (call {before} (i32.const {n})) (call 0)");
        for _ in 0..n % 7 {
            let _ = write!(text, "(call {behind} (i32.div_u (i32.const {n}) (local.get 0)))");
        }
        text.push(')');
    }
    text.push(')');
    let mut funcs = Vec::new();
    let wasm = wat::parse_str(text).expect("valid text");
    let config = DecodeConfig::default();
    let module = decode(&wasm, &config, |_| Ok(Box::new(Collect(&mut funcs)))).expect("a valid module");
    (module, funcs)
}

/// What comes of the functions that each worker gets, which take turns.
fn compile(module: &Arc<Module>, funcs: &[FuncIr], shares: &[Vec<usize>]) -> Result<NativeBlob, Error> {
    let amd64 = Amd64::new(CpuFeatures::baseline());
    let compiler = amd64.compiler(module, &CompileOptions::default(), Box::new(Vec::new()))?;
    let mut workers: Vec<Box<dyn FunctionCompiler>> = shares.iter().map(|_| compiler.worker()).collect();
    for turn in 0..funcs.len() {
        for (worker, share) in workers.iter_mut().zip(shares) {
            if let Some(func) = share.get(turn) {
                worker.compile(module, &funcs[*func])?;
            }
        }
    }
    workers.into_iter().for_each(FunctionCompiler::finish);
    compiler.finish()
}

#[test]
fn code_does_not_depend_on_the_workers() {
    let (module, funcs) = module();
    let all = |range: std::ops::Range<usize>| range.collect::<Vec<_>>();
    let one = compile(&module, &funcs, &[all(0..FUNCS)]).expect("code");
    assert!(one.code.bytes().len() > 4000 && one.funcs.len() == FUNCS);
    let evens_last = (0..FUNCS).step_by(2).rev().collect::<Vec<_>>();
    let odds = (1..FUNCS).step_by(2).collect::<Vec<_>>();
    for shares in [
        vec![all(30..60), all(0..30)],
        vec![all(40..60), all(20..40), all(0..20)],
        vec![(0..FUNCS).rev().collect()],
        vec![odds, evens_last],
        vec![(0..FUNCS).map(|n| n * 7 % FUNCS).collect()],
    ] {
        let blob = compile(&module, &funcs, &shares).expect("code");
        assert!(blob.code.bytes() == one.code.bytes(), "{shares:?}");
        assert_eq!((&blob.funcs, &blob.sites), (&one.funcs, &one.sites), "{shares:?}");
    }
}

#[test]
fn functions_that_are_missing_or_there_twice_are_errors() {
    let (module, funcs) = module();
    for (share, message) in [
        ((0..FUNCS - 1).collect::<Vec<_>>(), "function 60 was not compiled"),
        ((1..FUNCS).collect(), "function 1 was not compiled"),
        ((0..FUNCS).chain([30]).collect(), "function 31 was compiled twice"),
    ] {
        let error = compile(&module, &funcs, &[share[..FUNCS / 2].to_vec(), share[FUNCS / 2..].to_vec()]);
        let error = error.expect_err(message).to_string();
        assert!(error.contains(message), "{error}");
    }
}
