//! From the workers' pieces to the module's code: pieces are laid side by side in the order of their functions, and calls
//! are linked.
//!
//! A piece is copied to its place as soon as those before it are there, so that few wait, and the buffers of the others
//! are used again.

use crate::code::CallSite;
use crate::compile::Backend;
use std::collections::BTreeMap;
use wz_core::Error;
use wz_core::native::{CodeStore, FuncRecord, MemoryMode, NativeBlob, Site};

/// Functions with successive indices. Offsets count from the start of its code.
#[derive(Debug, Default)]
pub(crate) struct Piece {
    /// The first function, counted from the first one that the module defines.
    pub(crate) first: usize,
    pub(crate) code: Vec<u8>,
    pub(crate) funcs: Vec<FuncRecord>,
    pub(crate) sites: Vec<Site>,
    pub(crate) calls: Vec<CallSite>,
}

impl Piece {
    fn clear(&mut self) {
        self.code.clear();
        self.funcs.clear();
        self.sites.clear();
        self.calls.clear();
    }
}

/// The module's code so far.
#[derive(Debug)]
pub(crate) struct Assembly {
    imported: u32,
    code: Box<dyn CodeStore>,
    funcs: Vec<FuncRecord>,
    sites: Vec<Site>,
    /// Calls of functions that are not there yet.
    calls: Vec<CallSite>,
    /// Pieces that others go before, by their first function.
    waiting: BTreeMap<usize, Piece>,
    /// Empty ones.
    spare: Vec<Piece>,
}

impl Assembly {
    /// An empty one of a module with so many functions.
    pub(crate) fn new(imported: u32, defined: u32, code: Box<dyn CodeStore>) -> Assembly {
        let (sites, calls, waiting, spare) = Default::default();
        Assembly { imported, code, funcs: Vec::with_capacity(defined as usize), sites, calls, waiting, spare }
    }

    /// Takes a piece, and gives an empty one.
    pub(crate) fn take<B: Backend>(&mut self, mut piece: Piece) -> Result<Piece, Error> {
        if piece.first > self.funcs.len() {
            self.waiting.insert(piece.first, piece);
            return Ok(self.spare.pop().unwrap_or_default());
        }
        self.append::<B>(&mut piece)?;
        while let Some(mut next) = self.waiting.remove(&self.funcs.len()) {
            self.append::<B>(&mut next)?;
            self.spare.push(next);
        }
        Ok(piece)
    }

    /// Puts a piece behind what is there, and empties it.
    fn append<B: Backend>(&mut self, piece: &mut Piece) -> Result<(), Error> {
        if piece.first != self.funcs.len() {
            return Err(Error::compile(
                format!("function {} was compiled twice", self.index(piece.first)),
                None,
            ));
        }
        let base = self.code.bytes().len();
        if base + piece.code.len() > i32::MAX as usize {
            return Err(Error::limit("the module's code is larger than 2 GiB"));
        }
        let offset = base as u32;
        self.funcs.extend(piece.funcs.iter().map(|func| FuncRecord { start: func.start + offset, ..*func }));
        self.sites.extend(piece.sites.iter().map(|site| Site { pc: site.pc + offset, ..*site }));
        for call in &piece.calls {
            match self.target(call.func) {
                Some(target) => link::<B>(&mut piece.code, call.at, target - base as i64)?,
                None => self.calls.push(CallSite { at: call.at + offset, ..*call }),
            }
        }
        self.code.append(&piece.code)?;
        piece.clear();
        Ok(())
    }

    /// Where calls of a function go, if it is there.
    fn target(&self, func: u32) -> Option<i64> {
        let record = self.funcs.get(func.checked_sub(self.imported)? as usize)?;
        Some(i64::from(record.start) + i64::from(record.local))
    }

    fn index(&self, defined: usize) -> usize {
        self.imported as usize + defined
    }

    /// The code of so many functions.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Compile`](wz_core::ErrorKind::Compile) if functions are missing.
    pub(crate) fn finish<B: Backend>(
        mut self,
        defined: u32,
        memory: MemoryMode,
        cpu: u64,
    ) -> Result<NativeBlob, Error> {
        if self.funcs.len() != defined as usize || !self.waiting.is_empty() {
            let absent = self.index(self.funcs.len());
            let message = format!("function {absent} was not compiled, or is not the module's");
            return Err(Error::compile(message, None));
        }
        for CallSite { at, func } in std::mem::take(&mut self.calls) {
            let target = self.target(func);
            let target = target.ok_or_else(|| Error::compile(format!("no function {func} to call"), None))?;
            link::<B>(self.code.bytes_mut(), at, target)?;
        }
        let Assembly { code, funcs, sites, .. } = self;
        Ok(NativeBlob { isa: B::ISA, memory, cpu, code, funcs, sites })
    }
}

/// Makes the call whose field is at `at` go to `target`.
fn link<B: Backend>(code: &mut [u8], at: u32, target: i64) -> Result<(), Error> {
    B::link_call(code, at as usize, target - i64::from(at)).map_err(|why| Error::compile(why, None))
}
