//! Prints the IR and the code of the functions of a module, text or binary.
//!
//! `cargo run -p wz-jit-amd64 --example disassemble -- FILE [FUNCTION]`

use iced_x86::{Decoder, DecoderOptions, Formatter, Instruction, IntelFormatter};
use std::error::Error;
use std::fmt::Write;
use wz_core::engine::{BlobCompiler, CompileOptions, FunctionCompiler, NativeCompiler};
use wz_core::ir::FuncIr;
use wz_core::module::Module;
use wz_decode::{DecodeConfig, FunctionSink, decode};
use wz_jit_amd64::{Amd64, CpuFeatures};

/// Compiles functions, and keeps the text of their IR.
struct Compile<'a> {
    worker: Box<dyn FunctionCompiler>,
    ir: &'a mut Vec<String>,
}

impl FunctionSink for Compile<'_> {
    fn function(&mut self, module: &Module, ir: &FuncIr) -> Result<(), wz_core::Error> {
        self.ir.push(ir.to_string());
        self.worker.compile(module, ir)
    }

    fn finish(self: Box<Self>) -> Result<(), wz_core::Error> {
        self.worker.finish();
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let path = args.next().ok_or("usage: disassemble FILE [FUNCTION]")?;
    let only = args.next().map(|number| number.parse::<usize>()).transpose()?;
    let bytes = wat::parse_file(path)?;
    let mut blob: Option<Box<dyn BlobCompiler>> = None;
    let mut texts = Vec::new();
    let module = decode(&bytes, &DecodeConfig::default(), |module| {
        let amd64 = Amd64::new(CpuFeatures::detect());
        let compiler = amd64.compiler(module, &CompileOptions::default(), Box::new(Vec::new()))?;
        let worker = compiler.worker();
        blob = Some(compiler);
        Ok(Box::new(Compile { worker, ir: &mut texts }))
    })?;
    let blob = blob.ok_or("no functions")?.finish()?;
    let code = blob.code.bytes();
    let mut formatter = IntelFormatter::new();
    formatter.options_mut().set_space_after_operand_separator(true);
    let mut out = String::new();
    for (defined, record) in blob.funcs.iter().enumerate() {
        let index = defined + module.imported_funcs as usize;
        if only.is_some_and(|only| only != index) {
            continue;
        }
        let end = blob.funcs.get(defined + 1).map_or(code.len(), |next| next.start as usize);
        writeln!(out, "{}{record:?}", texts[defined])?;
        let start = record.start as usize;
        let decoder = Decoder::with_ip(64, &code[start..end], start as u64, DecoderOptions::NONE);
        for instruction in decoder {
            let instruction: Instruction = instruction;
            write!(out, "{:6x}  ", instruction.ip())?;
            formatter.format(&instruction, &mut out);
            out.push('\n');
        }
        out.push('\n');
    }
    print!("{out}");
    let wasm = module.code_section_len.max(1);
    eprintln!(
        "{} bytes of code, {:.2} per byte of wasm; {} sites",
        code.len(),
        code.len() as f64 / wasm as f64,
        blob.sites.len()
    );
    Ok(())
}
