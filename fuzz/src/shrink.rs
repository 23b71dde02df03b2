//! Makes a module smaller that a difference was found with.
//!
//! Only function bodies shrink: instructions are taken out, in ever smaller pieces, or replaced by a constant; what is
//! still valid and still not the same everywhere is kept. Exports and types stay, so the calls stay the same.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};
use wasm_encoder::{CodeSection, Module, RawSection};
use wasmparser::{Parser, Payload};

/// The longest time that one attempt may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What takes the place of instructions: nothing, or a constant.
const REPLACEMENTS: [&[u8]; 8] = [
    &[],
    // Constants of the number types, and null references.
    &[0x41, 0],
    &[0x42, 0],
    &[0x43, 0, 0, 0x80, 0x3f],
    &[0x44, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f],
    &[0xd0, 0x70],
    &[0xd0, 0x6f],
    // Drops what the instructions took.
    &[0x1a],
];

/// How a test of a module ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The runtimes differ.
    Differs,
    /// The process ended of it, or did not end.
    Crashes,
    /// There is nothing to see.
    Uninteresting,
}

/// A function body in pieces.
#[derive(Clone)]
struct Body {
    locals: Vec<u8>,
    instructions: Vec<Vec<u8>>,
}

/// A module whose bodies can change.
struct Parts<'w> {
    wasm: &'w [u8],
    bodies: Vec<Body>,
}

impl<'w> Parts<'w> {
    fn of(wasm: &'w [u8]) -> Result<Parts<'w>, String> {
        let mut bodies = Vec::new();
        let mut read = || -> wasmparser::Result<()> {
            for payload in Parser::new(0).parse_all(wasm) {
                let Payload::CodeSectionEntry(body) = payload? else { continue };
                let mut operators = body.get_operators_reader()?;
                let start = operators.original_position();
                let mut ends = Vec::new();
                while !operators.eof() {
                    operators.read()?;
                    ends.push(operators.original_position());
                }
                let bytes = |range: Range<u64>| wasm[range.start as usize..range.end as usize].to_vec();
                let mut from = start;
                let instructions =
                    ends.into_iter().map(|to| bytes(std::mem::replace(&mut from, to)..to)).collect();
                bodies.push(Body { locals: bytes(body.range().start..start), instructions });
            }
            Ok(())
        };
        read().map_err(|error| error.to_string())?;
        Ok(Parts { wasm, bodies })
    }

    /// The module with its present bodies.
    fn assemble(&self) -> Vec<u8> {
        let mut module = Module::new();
        for payload in Parser::new(0).parse_all(self.wasm).map_while(Result::ok) {
            if matches!(payload, Payload::CodeSectionStart { .. }) {
                let mut code = CodeSection::new();
                for body in &self.bodies {
                    code.raw(&[body.locals.clone(), body.instructions.concat()].concat());
                }
                module.section(&code);
            } else if let Some((id, range)) = payload.as_section() {
                module
                    .section(&RawSection { id, data: &self.wasm[range.start as usize..range.end as usize] });
            }
        }
        module.finish()
    }
}

/// Shrinks a module. `judge` says what a module does; what is kept does the same as the first one.
///
/// # Errors
///
/// The module has nothing to show, or is not one.
pub fn shrink(wasm: &[u8], mut judge: impl FnMut(&[u8]) -> Verdict) -> Result<Vec<u8>, String> {
    let wanted = judge(wasm);
    if wanted == Verdict::Uninteresting {
        return Err("all runtimes do the same with the module".into());
    }
    let mut parts = Parts::of(wasm)?;
    let mut interesting = |parts: &Parts<'_>| {
        let wasm = parts.assemble();
        let features = crate::generate::features();
        let valid = wasmparser::Validator::new_with_features(features).validate_all(&wasm).is_ok();
        valid && judge(&wasm) == wanted
    };
    loop {
        let before: usize = parts.bodies.iter().map(|body| body.instructions.len()).sum();
        for at in 0..parts.bodies.len() {
            shrink_body(&mut parts, at, &mut interesting);
        }
        let after: usize = parts.bodies.iter().map(|body| body.instructions.len()).sum();
        eprintln!("{after} instructions");
        if after == before {
            return Ok(parts.assemble());
        }
    }
}

fn shrink_body(parts: &mut Parts<'_>, at: usize, interesting: &mut impl FnMut(&Parts<'_>) -> bool) {
    // Whole bodies first: most functions have no part in it.
    let unreachable = Body { locals: vec![0], instructions: vec![vec![0x00], vec![0x0b]] };
    if parts.bodies[at].instructions.len() > 2 {
        let body = std::mem::replace(&mut parts.bodies[at], unreachable);
        if interesting(parts) {
            return;
        }
        parts.bodies[at] = body;
    }
    // The last one is the function's end.
    let mut size = parts.bodies[at].instructions.len().saturating_sub(1);
    while size > 0 {
        let mut from = 0;
        while from + size < parts.bodies[at].instructions.len() {
            if !replace(parts, at, from..from + size, interesting) {
                from += 1.max(size / 4);
            }
        }
        size = if size > 8 { size / 2 } else { size - 1 };
    }
    unwrap_blocks(parts, at, interesting);
}

/// Tries each replacement of a range; says whether one is kept.
fn replace(
    parts: &mut Parts<'_>,
    at: usize,
    range: Range<usize>,
    interesting: &mut impl FnMut(&Parts<'_>) -> bool,
) -> bool {
    for replacement in REPLACEMENTS {
        let old = &parts.bodies[at].instructions[range.clone()];
        // Something must become less.
        let size: usize = old.iter().map(Vec::len).sum();
        if old.len() == 1 && replacement.len() >= size {
            continue;
        }
        let new = (!replacement.is_empty()).then(|| replacement.to_vec());
        let old: Vec<Vec<u8>> = parts.bodies[at].instructions.splice(range.clone(), new.clone()).collect();
        if interesting(parts) {
            return true;
        }
        let end = range.start + usize::from(new.is_some());
        parts.bodies[at].instructions.splice(range.start..end, old);
    }
    false
}

/// Takes away the starts and ends of blocks, and leaves what is between.
fn unwrap_blocks(parts: &mut Parts<'_>, at: usize, interesting: &mut impl FnMut(&Parts<'_>) -> bool) {
    let mut start = 0;
    while start < parts.bodies[at].instructions.len() {
        let instructions = &parts.bodies[at].instructions;
        let operator = |bytes: &Vec<u8>| bytes.first().copied();
        let opens = |byte: Option<u8>| matches!(byte, Some(0x02..=0x04));
        if opens(operator(&instructions[start])) {
            let mut depth = 0_usize;
            let end = (start..instructions.len()).find(|i| {
                let byte = operator(&instructions[*i]);
                depth += usize::from(opens(byte));
                depth -= usize::from(byte == Some(0x0b));
                depth == 0
            });
            if let Some(end) = end {
                let old = instructions.clone();
                parts.bodies[at].instructions.remove(end);
                parts.bodies[at].instructions.remove(start);
                if interesting(parts) {
                    continue;
                }
                parts.bodies[at].instructions = old;
            }
        }
        start += 1;
    }
}

/// Tests modules in a process of their own: this program with the verb `module` and further arguments.
pub struct Process {
    file: PathBuf,
    arguments: Vec<String>,
}

impl Process {
    /// Tests by way of a file, which is overwritten.
    pub fn new(file: &Path, arguments: Vec<String>) -> Process {
        Process { file: file.to_owned(), arguments }
    }

    /// What a module does.
    pub fn judge(&self, wasm: &[u8]) -> Verdict {
        self.try_judge(wasm).unwrap_or(Verdict::Uninteresting)
    }

    fn try_judge(&self, wasm: &[u8]) -> std::io::Result<Verdict> {
        fs::write(&self.file, wasm)?;
        let mut child = Command::new(std::env::current_exe()?)
            .arg("module")
            .arg(&self.file)
            .args(&self.arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let began = Instant::now();
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(match status.code() {
                    Some(1) => Verdict::Differs,
                    Some(_) => Verdict::Uninteresting,
                    None => Verdict::Crashes,
                });
            }
            if began.elapsed() > PATIENCE {
                child.kill()?;
                child.wait()?;
                return Ok(Verdict::Crashes);
            }
            thread::sleep(Duration::from_millis(1));
        }
    }
}
