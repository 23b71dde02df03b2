//! Where the time of a compilation goes: nanoseconds of processor time for each byte of the code section, on one thread,
//! for validation, lowering, emission and linking; the least of several runs each.
//!
//! `crates/wz-decode/benches/fetch-modules.sh` fetches the modules; paths of others can be given as arguments.

use rustix::time::{ClockId, clock_gettime};
use std::error::Error;
use std::hint::black_box;
use std::path::PathBuf;
use std::time::Duration;
use wasmparser::{FuncValidatorAllocations, Parser, ValidPayload, Validator, WasmFeatures};
use wz_core::engine::{BlobCompiler, CompileOptions, FunctionCompiler, NativeCompiler};
use wz_core::ir::FuncIr;
use wz_core::module::Module;
use wz_decode::{DecodeConfig, FunctionSink, decode};
use wz_jit_amd64::{Amd64, CpuFeatures};

/// How often each phase is measured.
const RUNS: usize = 9;

fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// The value, and the processor time that it took to compute it.
fn timed<T>(f: impl FnOnce() -> T) -> (T, Duration) {
    let start = thread_time();
    let value = f();
    (value, thread_time().saturating_sub(start))
}

/// Validation alone, with reused buffers, under the features that the decoder has on.
fn validate(bytes: &[u8]) -> Result<(), wasmparser::BinaryReaderError> {
    let features = WasmFeatures::WASM2 | WasmFeatures::TAIL_CALL | WasmFeatures::EXTENDED_CONST;
    let mut validator = Validator::new_with_features(features);
    let mut parser = Parser::new(0);
    parser.set_features(features);
    let mut allocations = FuncValidatorAllocations::default();
    for payload in parser.parse_all(bytes) {
        if let ValidPayload::Func(func, body) = validator.payload(&payload?)? {
            let mut func = func.into_validator(allocations);
            func.validate(&body)?;
            allocations = func.into_allocations();
        }
    }
    Ok(())
}

/// Streams functions to nowhere.
struct Nowhere;

impl FunctionSink for Nowhere {
    fn function(&mut self, _: &Module, ir: &FuncIr) -> Result<(), wz_core::Error> {
        black_box(ir.code.len());
        Ok(())
    }
}

/// Streams functions to the compiler.
struct Sink(Box<dyn FunctionCompiler>);

impl FunctionSink for Sink {
    fn function(&mut self, module: &Module, ir: &FuncIr) -> Result<(), wz_core::Error> {
        self.0.compile(module, ir)
    }

    fn finish(self: Box<Self>) -> Result<(), wz_core::Error> {
        self.0.finish();
        Ok(())
    }
}

/// What one module takes.
struct Phases {
    validated: Duration,
    decoded: Duration,
    compiled: Duration,
    linked: Duration,
    wasm_bytes: usize,
    code_bytes: usize,
}

fn measure(bytes: &[u8]) -> Result<Phases, Box<dyn Error>> {
    let (config, options) = (DecodeConfig::default(), CompileOptions::default());
    let mut least = [Duration::MAX; 4];
    let (mut wasm_bytes, mut code_bytes) = (0, 0);
    for _ in 0..RUNS {
        let (valid, validated) = timed(|| validate(bytes));
        valid?;
        let (module, decoded) = timed(|| decode(bytes, &config, |_| Ok(Box::new(Nowhere))));
        wasm_bytes = module?.code_section_len;
        let mut compiler: Option<Box<dyn BlobCompiler>> = None;
        let (module, compiled) = timed(|| {
            decode(bytes, &config, |module| {
                let amd64 = Amd64::new(CpuFeatures::detect());
                let compiler = compiler.insert(amd64.compiler(module, &options, Box::new(Vec::new()))?);
                Ok(Box::new(Sink(compiler.worker())))
            })
        });
        module?;
        let compiler = compiler.ok_or("no compiler was asked for")?;
        let (blob, linked) = timed(|| compiler.finish());
        code_bytes = blob?.code.bytes().len();
        for (least, now) in least.iter_mut().zip([validated, decoded, compiled, linked]) {
            *least = now.min(*least);
        }
    }
    let [validated, decoded, compiled, linked] = least;
    Ok(Phases { validated, decoded, compiled, linked, wasm_bytes, code_bytes })
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/real-modules"));
    let mut paths: Vec<PathBuf> =
        std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).map(PathBuf::from).collect();
    if paths.is_empty() {
        paths = ["sql.js", "esbuild", "ruby"].map(|name| folder.join(format!("{name}.wasm"))).into();
    }
    println!("module          validate  lower   emit   link    all ns/B      ms   MB/s  native/wasm");
    for path in paths {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let Ok(bytes) = std::fs::read(&path) else {
            println!("{name}: not there; run crates/wz-decode/benches/fetch-modules.sh");
            continue;
        };
        let Phases { validated, decoded, compiled, linked, wasm_bytes, code_bytes } = measure(&bytes)?;
        let per_byte = |time: Duration| time.as_secs_f64() * 1e9 / wasm_bytes as f64;
        let all = compiled + linked;
        println!(
            "{name:16} {:7.1} {:6.1} {:6.1} {:6.2} {:12.1} {:7.1} {:6.1} {:12.2}",
            per_byte(validated),
            per_byte(decoded.saturating_sub(validated)),
            per_byte(compiled.saturating_sub(decoded)),
            per_byte(linked),
            per_byte(all),
            all.as_secs_f64() * 1e3,
            wasm_bytes as f64 / all.as_secs_f64() / 1e6,
            code_bytes as f64 / wasm_bytes as f64,
        );
    }
    Ok(())
}
