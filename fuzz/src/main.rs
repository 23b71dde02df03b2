//! `wz-fuzz`: generated modules on wz's engines and on another runtime.

#![forbid(unsafe_code)]

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;
use wz_api::{EngineKind, MemoryKind};
use wz_fuzz::generate::Kind;
use wz_fuzz::machine::Setup;
use wz_fuzz::{check, shrink, smoke};

/// Generated modules on wz's engines and on another runtime.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Run modules of many seeds.
    Smoke {
        #[command(flatten)]
        seeds: Seeds,
        /// Processes at a time; as many as there are processors unless given.
        #[arg(long)]
        jobs: Option<usize>,
        /// Where modules go that a difference was found with.
        #[arg(long, default_value = "failures")]
        folder: PathBuf,
    },
    /// Run modules of some seeds in this process, for `smoke`.
    #[command(hide = true)]
    Worker {
        #[command(flatten)]
        seeds: Seeds,
    },
    /// Run a module of a file, binary or text.
    Module {
        /// The file.
        file: PathBuf,
        /// The seed of the arguments.
        #[arg(long, default_value_t = 0)]
        seed: u64,
        #[command(flatten)]
        engines: Engines,
    },
    /// Make a module smaller that a difference was found with.
    Shrink {
        /// The file, binary or text.
        file: PathBuf,
        /// The seed of the arguments.
        #[arg(long, default_value_t = 0)]
        seed: u64,
        #[command(flatten)]
        engines: Engines,
    },
    /// Print a seed's module.
    Print {
        /// The generator.
        kind: Kind,
        /// The seed.
        seed: u64,
    },
}

#[derive(clap::Args)]
struct Engines {
    /// wz's engines; those that are not there are left out.
    #[arg(long, value_delimiter = ',', default_value = "interp,interp-loop,jit")]
    engines: Vec<EngineKind>,
}

#[derive(clap::Args)]
struct Seeds {
    /// How many seeds.
    #[arg(long, default_value_t = 20_000)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    start: u64,
    /// The generators: each makes a module of each seed.
    #[arg(long, value_delimiter = ',', default_value = "smith,program")]
    kinds: Vec<Kind>,
    #[command(flatten)]
    engines: Engines,
}

impl Engines {
    /// Those that are there. Says of the others why they are not.
    fn available(self) -> Vec<EngineKind> {
        let mut engines = self.engines;
        engines.retain(|engine| match Setup::plain(*engine, MemoryKind::Auto).available() {
            Ok(()) => true,
            Err(why) => {
                println!("fuzz-smoke: without {engine}: {why}");
                false
            }
        });
        engines
    }
}

fn main() -> ExitCode {
    match run(Arguments::parse().verb) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(2)
        }
    }
}

fn run(verb: Verb) -> Result<bool, String> {
    match verb {
        Verb::Smoke { seeds: Seeds { seeds, start, kinds, engines }, jobs, folder } => {
            let jobs = jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, |n| n.get()));
            let engines = engines.available();
            smoke::run(&smoke::Plan { start, seeds, kinds, engines, jobs, folder })
        }
        Verb::Worker { seeds } => {
            smoke::work(seeds.start, seeds.seeds, &seeds.kinds, &seeds.engines.engines);
            Ok(true)
        }
        Verb::Module { file, seed, engines } => {
            let wasm = wat::parse_file(&file).map_err(|error| error.to_string())?;
            let engines = engines.available();
            match smoke::caught(|| check::check(&wasm, seed, &engines)) {
                Ok(report) => println!("{report:?}"),
                Err(message) => {
                    println!("{message}");
                    return Ok(false);
                }
            }
            Ok(true)
        }
        Verb::Shrink { file, seed, engines } => {
            let wasm = wat::parse_file(&file).map_err(|error| error.to_string())?;
            let engines: Vec<&str> = engines.engines.iter().map(|engine| engine.name()).collect();
            let arguments = ["--seed", &seed.to_string(), "--engines", &engines.join(",")].map(str::to_owned);
            let process = shrink::Process::new(&file.with_extension("tried.wasm"), arguments.to_vec());
            let small = shrink::shrink(&wasm, |wasm| process.judge(wasm))?;
            println!("{}", wasmprinter::print_bytes(&small).map_err(|error| error.to_string())?);
            let path = file.with_extension("small.wasm");
            std::fs::write(&path, small).map_err(|error| format!("{}: {error}", path.display()))?;
            Ok(true)
        }
        Verb::Print { kind, seed } => {
            let wasm = wz_fuzz::generate::module(kind, seed)?;
            println!("{}", wasmprinter::print_bytes(wasm).map_err(|error| error.to_string())?);
            Ok(true)
        }
    }
}
