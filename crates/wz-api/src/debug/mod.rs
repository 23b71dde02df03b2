//! Source lines from a module's DWARF sections, which are parsed when the first trap asks for them.
//!
//! The sections are the guest's, so nothing in them is believed: the reader bounds the work, and modules whose entries
//! are nested deeper than any compiler nests them have no lines, since addr2line parses those recursively.
//!
//! Source: DWARF for WebAssembly, <https://yurydelendik.github.io/webassembly-dwarf/>: addresses count from the start of
//! the code section's contents.

mod names;
mod reader;

use addr2line::gimli::{AbbreviationsCacheStrategy, Dwarf, SectionId};
use addr2line::{Context, LookupResult};
use reader::{Bytes, Shared};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use wz_core::module::Module;
use wz_core::trap::{SourceLine, Symbolizer};

/// Deepest nesting of debugging entries. Compilers stay below a hundred.
const MAX_DEPTH: isize = 500;
/// Bytes of stack that parsing entries of that nesting is sure to have. The guest's caller may have little left.
const STACK: usize = 4 << 20;
/// Most instructions whose places are remembered.
const REMEMBERED: usize = 1024;
/// Most places of one instruction: functions inlined into each other.
const MAX_LINES: usize = 64;

/// What finds the source lines of a module's code; `None` if it has no debug information.
pub(crate) fn symbolizer(module: &Arc<Module>) -> Option<Arc<dyn Symbolizer>> {
    let has_entries = module.custom_sections.iter().any(|s| &*s.name == SectionId::DebugInfo.name());
    has_entries.then(|| -> Arc<dyn Symbolizer> {
        let state = Lines { known: HashMap::new(), sections: Sections::NotRead };
        Arc::new(DebugInfo { module: module.clone(), state: Mutex::new(state) })
    })
}

struct DebugInfo {
    module: Arc<Module>,
    state: Mutex<Lines>,
}

struct Lines {
    known: HashMap<u64, Vec<SourceLine>>,
    sections: Sections,
}

enum Sections {
    NotRead,
    Read(Box<Parsed>),
    Bad,
}

struct Parsed {
    shared: Arc<Shared>,
    context: Context<Bytes>,
}

impl Symbolizer for DebugInfo {
    fn lines(&self, offset: u64) -> Vec<SourceLine> {
        let Some(address) = offset.checked_sub(self.module.code_section_start) else { return Vec::new() };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lines) = state.known.get(&address) {
            return lines.clone();
        }
        if matches!(state.sections, Sections::Bad) {
            return Vec::new();
        }
        let sections = &mut state.sections;
        let found = std::thread::scope(|scope| {
            let builder = std::thread::Builder::new().stack_size(STACK);
            let thread = builder.spawn_scoped(scope, || sections.lines(&self.module, address));
            thread.ok().and_then(|thread| thread.join().ok())
        });
        let lines = found.unwrap_or_default();
        if state.known.len() == REMEMBERED {
            state.known.clear();
        }
        state.known.insert(address, lines.clone());
        lines
    }
}

impl Sections {
    fn lines(&mut self, module: &Arc<Module>, address: u64) -> Vec<SourceLine> {
        if matches!(self, Sections::NotRead) {
            *self = match Parsed::read(module) {
                Ok(parsed) => Sections::Read(Box::new(parsed)),
                Err(error) => {
                    tracing::debug!(%error, "debug information cannot be read");
                    Sections::Bad
                }
            };
        }
        match self {
            Sections::Read(parsed) => parsed.lines(address).unwrap_or_default(),
            Sections::NotRead | Sections::Bad => Vec::new(),
        }
    }
}

impl fmt::Debug for DebugInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DebugInfo")
    }
}

/// Why there are no lines.
#[derive(Debug)]
enum Unreadable {
    Dwarf(addr2line::gimli::Error),
    TooDeep,
}

impl From<addr2line::gimli::Error> for Unreadable {
    fn from(error: addr2line::gimli::Error) -> Unreadable {
        Unreadable::Dwarf(error)
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unreadable::Dwarf(error) => error.fmt(f),
            Unreadable::TooDeep => f.write_str("entries are nested too deep"),
        }
    }
}

impl Parsed {
    fn read(module: &Arc<Module>) -> Result<Parsed, Unreadable> {
        let shared = Arc::new(Shared::new(module.clone()));
        let mut dwarf = Dwarf::load(|id| Ok::<_, Unreadable>(Bytes::section(&shared, id.name())))?;
        dwarf.populate_abbreviations_cache(AbbreviationsCacheStrategy::Duplicates);
        check_depth(&dwarf)?;
        Ok(Parsed { context: Context::from_dwarf(dwarf)?, shared })
    }

    fn lines(&self, address: u64) -> Result<Vec<SourceLine>, addr2line::gimli::Error> {
        self.shared.refuel();
        let mut lines = Vec::new();
        // The other outcome asks for further files, which do not exist.
        let LookupResult::Output(frames) = self.context.find_frames(address) else { return Ok(lines) };
        let mut frames = frames?;
        while let Some(frame) = frames.next()? {
            let location = frame.location.as_ref();
            lines.push(SourceLine {
                function: frame.function.as_ref().and_then(names::readable),
                file: location.and_then(|l| l.file).map(str::to_owned),
                line: location.and_then(|l| l.line).filter(|line| *line > 0),
                column: location.and_then(|l| l.column).filter(|column| *column > 0),
                inlined: true,
            });
            if lines.len() == MAX_LINES {
                break;
            }
        }
        lines.retain(|line| line.function.is_some() || line.file.is_some());
        if let Some(last) = lines.last_mut() {
            last.inlined = false;
        }
        Ok(lines)
    }
}

fn check_depth(dwarf: &Dwarf<Bytes>) -> Result<(), Unreadable> {
    let mut units = dwarf.units();
    while let Some(header) = units.next()? {
        let abbreviations = dwarf.abbreviations(&header)?;
        let mut entries = header.entries_raw(&abbreviations, None)?;
        while !entries.is_empty() {
            if entries.next_depth() > MAX_DEPTH {
                return Err(Unreadable::TooDeep);
            }
            if let Some(entry) = entries.read_abbreviation()? {
                entries.skip_attributes(entry.attributes())?;
            }
        }
    }
    Ok(())
}
