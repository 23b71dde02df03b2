//! Compiling to native code and showing it as text.

#![allow(dead_code, reason = "not every test uses all of it")]

use iced_x86::{Decoder, DecoderOptions, Formatter, Instruction, IntelFormatter, Mnemonic, OpKind, Register};
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt::Write;
use std::sync::Arc;
use wz_core::engine::{BlobCompiler, CompileOptions, FunctionCompiler, NativeCompiler};
use wz_core::ir::FuncIr;
use wz_core::module::{ExternIndex, Module};
use wz_core::native::{FuncRecord, MemoryMode, NativeBlob};
use wz_decode::{DecodeConfig, FunctionSink, decode};
use wz_jit::Techniques;
use wz_jit_amd64::{Amd64, CpuFeatures};

/// How to compile.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Features of the processor.
    pub cpu: CpuFeatures,
    /// How bounds are checked.
    pub memory: MemoryMode,
    /// Whether fuel is charged.
    pub fuel: bool,
    /// Whether code looks at the interrupt word.
    pub interruption: bool,
    /// What the compiler does.
    pub techniques: Techniques,
}

impl Options {
    /// From the first line of a source, `;; with` and words: `baseline`, `checked`, `fuel`, `interruption`.
    pub fn of(source: &str) -> Result<Options, String> {
        let mut options = Options {
            cpu: all_features(),
            memory: MemoryMode::Guarded,
            fuel: false,
            interruption: false,
            techniques: Techniques::ALL,
        };
        let line = source.lines().next().and_then(|line| line.strip_prefix(";; with ")).unwrap_or("");
        for word in line.split_whitespace() {
            match word {
                "baseline" => options.cpu = CpuFeatures::baseline(),
                "checked" => options.memory = MemoryMode::Checked,
                "fuel" => options.fuel = true,
                "interruption" => options.interruption = true,
                _ => return Err(format!("unknown option {word:?}")),
            }
        }
        Ok(options)
    }
}

/// Every feature that the compiler knows.
pub fn all_features() -> CpuFeatures {
    CpuFeatures::from_bits(u64::MAX)
}

struct Sink(Option<Box<dyn FunctionCompiler>>);

impl FunctionSink for Sink {
    fn function(&mut self, module: &Module, ir: &FuncIr) -> Result<(), wz_core::Error> {
        self.0.as_mut().map_or(Ok(()), |worker| worker.compile(module, ir))
    }

    fn finish(mut self: Box<Self>) -> Result<(), wz_core::Error> {
        if let Some(worker) = self.0.take() {
            worker.finish();
        }
        Ok(())
    }
}

/// Compiles a module.
pub fn compile(wasm: &[u8], options: Options) -> Result<(Arc<Module>, NativeBlob), Box<dyn Error>> {
    let config = DecodeConfig::default().with_fuel(options.fuel).with_interruption(options.interruption);
    let compile_options = CompileOptions { memory: options.memory, ..CompileOptions::default() };
    let mut compiler: Option<Box<dyn BlobCompiler>> = None;
    let module = decode(wasm, &config, |module| {
        let amd64 = Amd64::new(options.cpu).with_techniques(options.techniques);
        let compiler = compiler.insert(amd64.compiler(module, &compile_options, Box::new(Vec::new()))?);
        Ok(Box::new(Sink(Some(compiler.worker()))))
    })?;
    let blob = compiler.ok_or("no compiler was asked for")?.finish()?;
    Ok((module, blob))
}

/// The code of a module as text: each function with labels for its jumps and the values of its literals.
pub fn disassemble(module: &Module, blob: &NativeBlob) -> String {
    let code = blob.code.bytes();
    let mut text = String::new();
    for (defined, record) in blob.funcs.iter().enumerate() {
        let func = module.imported_funcs + defined as u32;
        let end = blob.funcs.get(defined + 1).map_or(code.len(), |next| next.start as usize);
        let name = module.exports.iter().find(|export| export.index == ExternIndex::Func(func));
        let name = name.map_or_else(|| func.to_string(), |export| export.name.to_string());
        let listing = Listing::new(blob, code, record, end);
        let _ = writeln!(text, "{name}: {} bytes, frame {}", listing.end - listing.start, record.frame_bytes);
        listing.write(&mut text, module);
    }
    text
}

/// The instructions of one function.
struct Listing<'a> {
    blob: &'a NativeBlob,
    code: &'a [u8],
    start: usize,
    /// Where instructions end and literals begin.
    end: usize,
    insts: Vec<Instruction>,
    labels: BTreeMap<u64, usize>,
}

impl<'a> Listing<'a> {
    fn new(blob: &'a NativeBlob, code: &'a [u8], record: &FuncRecord, mut end: usize) -> Listing<'a> {
        let start = record.start as usize;
        while end > start && code[end - 1] == 0xcc {
            end -= 1;
        }
        let decode = |end: usize| -> Vec<Instruction> {
            Decoder::with_ip(64, &code[start..end], start as u64, DecoderOptions::NONE).into_iter().collect()
        };
        let is_literal = |inst: &Instruction| {
            (0..inst.op_count()).any(|op| inst.op_kind(op) == OpKind::Memory)
                && inst.memory_base() == Register::RIP
        };
        // Literals stand behind all instructions; what looks like an instruction among them refers to nothing before.
        let mut insts = decode(end);
        let mut data = end as u64;
        for inst in &insts {
            if inst.ip() >= data {
                break;
            }
            if is_literal(inst) {
                data = data.min(inst.memory_displacement64());
            }
        }
        if data < end as u64 {
            end = data as usize;
            while end > start && code[end - 1] == 0xcc {
                end -= 1;
            }
            insts = decode(end);
        }
        let targets: BTreeSet<u64> = insts
            .iter()
            .filter(|inst| inst.op0_kind() == OpKind::NearBranch64 && inst.mnemonic() != Mnemonic::Call)
            .map(Instruction::near_branch_target)
            .collect();
        let labels = targets.into_iter().enumerate().map(|(number, at)| (at, number)).collect();
        Listing { blob, code, start, end, insts, labels }
    }

    fn write(&self, text: &mut String, module: &Module) {
        let mut formatter = IntelFormatter::new();
        formatter.options_mut().set_space_after_operand_separator(true);
        formatter.options_mut().set_hex_prefix("0x");
        formatter.options_mut().set_hex_suffix("");
        formatter.options_mut().set_branch_leading_zeros(false);
        formatter.options_mut().set_small_hex_numbers_in_decimal(true);
        formatter.options_mut().set_signed_immediate_operands(true);
        for inst in &self.insts {
            if let Some(label) = self.labels.get(&inst.ip()) {
                let _ = writeln!(text, "  L{label}:");
            }
            let mut line = String::new();
            match (inst.op0_kind(), inst.mnemonic()) {
                (OpKind::NearBranch64, Mnemonic::Call) => {
                    let target = inst.near_branch_target() as u32;
                    let of = |f: &FuncRecord| target >= f.start && target <= f.start + u32::from(f.local);
                    let callee = self.blob.funcs.iter().position(of).unwrap_or(usize::MAX);
                    let _ = write!(line, "call {}", callee + module.imported_funcs as usize);
                }
                (OpKind::NearBranch64, _) => {
                    formatter.format_mnemonic(inst, &mut line);
                    let label = self.labels.get(&inst.near_branch_target()).copied().unwrap_or(usize::MAX);
                    let _ = write!(line, " L{label}");
                }
                _ => formatter.format(inst, &mut line),
            }
            if (0..inst.op_count()).any(|op| inst.op_kind(op) == OpKind::Memory)
                && inst.memory_base() == Register::RIP
            {
                line = self.with_literal(inst, &line);
            }
            let _ = write!(text, "    {line}");
            if let Ok(at) = self.blob.sites.binary_search_by_key(&(inst.ip() as u32), |site| site.pc)
                && let Some(trap) = self.blob.sites[at].trap()
            {
                let _ = write!(text, "  ; {trap}");
            }
            text.push('\n');
        }
    }

    /// The line with a literal's value instead of its address.
    fn with_literal(&self, inst: &Instruction, line: &str) -> String {
        let at = inst.memory_displacement64() as usize;
        let size = inst.memory_size().size();
        let bytes = self.code.get(at..at + size).unwrap_or_default();
        let value = bytes.iter().rev().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        let (before, after) = line.split_once('[').unwrap_or((line, ""));
        let after = after.split_once(']').map_or("", |(_, after)| after);
        if size == 0 { format!("{before}table{after}") } else { format!("{before}[0x{value}]{after}") }
    }
}
