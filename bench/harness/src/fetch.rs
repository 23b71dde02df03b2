//! Real modules: fetched by name and version with the registries' own clients, kept in a folder, checked against pinned
//! digests whenever they are used.

use crate::catalogue::RealModule;
use sha2::{Digest, Sha256};
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A registry of packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registry {
    /// JavaScript's: packages are fetched with `npm pack`.
    Npm,
    /// Python's: packages are fetched with `pip download`.
    Pypi,
}

/// A package of one version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Archive {
    /// Who has it.
    pub registry: Registry,
    /// Its name there.
    pub package: &'static str,
    /// Its version.
    pub version: &'static str,
    /// SHA-256 of the archive.
    pub sha256: &'static str,
}

/// Why a module is not there.
#[derive(Debug)]
pub enum FetchError {
    /// It is not in the cache, and nothing may be fetched.
    Offline {
        /// Where it would be.
        missing: PathBuf,
    },
    /// A program failed, or there is no such program.
    Tool {
        /// The program.
        tool: String,
        /// What it said.
        message: String,
    },
    /// A file is not the one that was pinned.
    WrongDigest {
        /// The file.
        file: PathBuf,
        /// The pinned digest.
        expected: &'static str,
        /// The file's digest.
        found: String,
    },
    /// A file cannot be read or written.
    Io {
        /// The file.
        file: PathBuf,
        /// Why not.
        error: io::Error,
    },
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FetchError::Offline { missing } => {
                write!(f, "{} is not there, and --offline forbids fetching it", missing.display())
            }
            FetchError::Tool { tool, message } => write!(f, "{tool}: {message}"),
            FetchError::WrongDigest { file, expected, found } => {
                write!(f, "{} has the SHA-256 {found}, not {expected}", file.display())
            }
            FetchError::Io { file, error } => write!(f, "{}: {error}", file.display()),
        }
    }
}

impl std::error::Error for FetchError {}

/// Programs of others that the bench uses: two that fetch and unpack, and one engine.
#[derive(Clone, Debug)]
pub struct Tools {
    /// The client of JavaScript's registry.
    pub npm: OsString,
    /// Python, whose modules `pip`, `tarfile` and `zipfile` are used.
    pub python: OsString,
    /// JavaScript's runtime, for V8.
    pub node: OsString,
}

impl Default for Tools {
    fn default() -> Tools {
        Tools { npm: "npm".into(), python: "python3".into(), node: "node".into() }
    }
}

/// A folder of fetched packages.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: PathBuf,
    offline: bool,
    tools: Tools,
}

impl Cache {
    /// A cache in `folder`, which need not exist yet. Nothing is fetched if `offline`.
    pub fn new(folder: PathBuf, offline: bool, tools: Tools) -> Cache {
        Cache { folder, offline, tools }
    }

    /// The folder for caches that the user's environment names.
    pub fn default_folder() -> Option<PathBuf> {
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let base = set("XDG_CACHE_HOME")
            .or_else(|| set("LOCALAPPDATA"))
            .or_else(|| set("HOME").map(|home| home.join(".cache")));
        base.map(|base| base.join("wz-bench"))
    }

    /// The folder with what is in the module's archive, and the module's file in it; fetched first if need be.
    ///
    /// # Errors
    ///
    /// It cannot be had, or it is not the pinned one.
    pub fn module(&self, module: &RealModule) -> Result<(PathBuf, PathBuf), FetchError> {
        let archive = &module.archive;
        let name =
            format!("{}-{}", archive.package.trim_start_matches('@').replace('/', "-"), archive.version);
        let folder = self.folder.join(name);
        let file = folder.join(module.file);
        if !file.exists() {
            if self.offline {
                return Err(FetchError::Offline { missing: file });
            }
            self.fetch(archive, &folder)?;
        }
        check_digest(&file, module.sha256)?;
        Ok((folder, file))
    }

    /// Fetches, checks and unpacks an archive. `folder` appears when all of it is there.
    fn fetch(&self, archive: &Archive, folder: &Path) -> Result<(), FetchError> {
        let partial = self.folder.join(format!(".partial-{}", std::process::id()));
        let done = self.fetch_into(archive, &partial).and_then(|unpacked| {
            if folder.exists() {
                io_at(folder, fs::remove_dir_all(folder))?;
            }
            io_at(folder, fs::rename(&unpacked, folder))
        });
        // Whatever went wrong before is what the caller hears of.
        let removed = io_at(&partial, fs::remove_dir_all(&partial));
        done.and(removed)
    }

    fn fetch_into(&self, archive: &Archive, partial: &Path) -> Result<PathBuf, FetchError> {
        if partial.exists() {
            io_at(partial, fs::remove_dir_all(partial))?;
        }
        let (packed, unpacked) = (partial.join("packed"), partial.join("unpacked"));
        for folder in [&packed, &unpacked] {
            io_at(folder, fs::create_dir_all(folder))?;
        }
        let mut client = match archive.registry {
            Registry::Npm => {
                let mut npm = Command::new(&self.tools.npm);
                npm.args(["pack", "--silent"]).arg(format!("{}@{}", archive.package, archive.version));
                npm
            }
            Registry::Pypi => {
                let mut pip = Command::new(&self.tools.python);
                pip.args(["-m", "pip", "download", "--quiet", "--no-deps"])
                    .arg(format!("{}=={}", archive.package, archive.version));
                pip
            }
        };
        run(client.current_dir(&packed))?;
        let file = only_file(&packed)?;
        check_digest(&file, archive.sha256)?;
        let unpacker = match archive.registry {
            Registry::Npm => "tarfile",
            Registry::Pypi => "zipfile",
        };
        run(Command::new(&self.tools.python).args(["-m", unpacker, "-e"]).arg(&file).arg(&unpacked))?;
        Ok(match archive.registry {
            // Whatever a package is called, its files are in a folder of this name.
            Registry::Npm => unpacked.join("package"),
            Registry::Pypi => unpacked,
        })
    }
}

/// SHA-256 of bytes, in hexadecimal digits.
pub fn digest(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Checks that a file has the pinned digest.
fn check_digest(path: &Path, expected: &'static str) -> Result<(), FetchError> {
    let mut file = io_at(path, fs::File::open(path))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match io_at(path, file.read(&mut buffer))? {
            0 => break,
            read => hasher.update(&buffer[..read]),
        }
    }
    let found = hexadecimal(&hasher.finalize());
    if found == expected {
        return Ok(());
    }
    Err(FetchError::WrongDigest { file: path.to_owned(), expected, found })
}

fn only_file(folder: &Path) -> Result<PathBuf, FetchError> {
    let mut entries = io_at(folder, fs::read_dir(folder))?;
    match (entries.next(), entries.next()) {
        (Some(entry), None) => Ok(io_at(folder, entry)?.path()),
        (None, _) => Err(tool("the registry's client", "left no file")),
        _ => Err(tool("the registry's client", "left several files")),
    }
}

fn run(command: &mut Command) -> Result<(), FetchError> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| tool(&name, &format!("cannot be started: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let last = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("no message");
    Err(tool(&name, &format!("{}: {last}", output.status)))
}

fn tool(tool: &str, message: &str) -> FetchError {
    FetchError::Tool { tool: tool.to_owned(), message: message.to_owned() }
}

fn io_at<T>(file: &Path, result: io::Result<T>) -> Result<T, FetchError> {
    result.map_err(|error| FetchError::Io { file: file.to_owned(), error })
}
