//! The interpreter's code: words, function records, and the code of a module.

use crate::engine::LiveCount;
use std::ops::Range;
use std::sync::Arc;
use wz_core::engine::{Code, CodePtr, ModuleEngine};
use wz_core::ir::SourceMap;
use wz_core::module::Module;
use wz_core::types::FuncType;

/// One word of code: four 16-bit fields, or data. Field 0 of an instruction's first word is the number of its handler.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C, align(8))]
pub(crate) struct Word(pub [u16; 4]);

const _: () = assert!(size_of::<Word>() == 8);

impl Word {
    /// An instruction with up to three 16-bit fields.
    pub(crate) fn new(handler: u16, x: i16, y: i16, z: i16) -> Word {
        Word([handler, x as u16, y as u16, z as u16])
    }

    /// An instruction with one 16-bit field and one 32-bit field.
    pub(crate) const fn wide(handler: u16, x: i16, imm: u32) -> Word {
        let [a, b, c, d] = imm.to_ne_bytes();
        Word([handler, x as u16, u16::from_ne_bytes([a, b]), u16::from_ne_bytes([c, d])])
    }

    /// Two 32-bit numbers.
    pub(crate) fn pair(first: u32, second: u32) -> Word {
        let (low, high) = (Word::wide(0, 0, first).0, Word::wide(0, 0, second).0);
        Word([low[2], low[3], high[2], high[3]])
    }

    /// One 64-bit number.
    pub(crate) fn data(bits: u64) -> Word {
        let bytes = bits.to_ne_bytes();
        Word([0, 1, 2, 3].map(|i| u16::from_ne_bytes([bytes[2 * i], bytes[2 * i + 1]])))
    }
}

/// What a function record stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum FuncKind {
    /// A function with code.
    Guest,
    /// A host function: the vmctx says which.
    Host,
    /// The pseudo-function whose frame is the outermost of a call.
    Entry,
}

/// Words of a frame's header, just below its slots: return address, caller's frame, function record, vmctx.
pub(crate) const HEADER: u32 = 4;

/// A function's record: what `VmFuncRef::code` points to.
///
/// A frame is, upwards: reference slots (number 0 is the highest), header, data slots; the frame pointer is the address
/// of data slot 0. `encode::frame` has the details.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct InterpFunc {
    /// Its first word.
    pub code: *const Word,
    /// Words of the frame below the frame pointer.
    pub below: u32,
    /// Words of the frame from the frame pointer on.
    pub above: u32,
    /// Words of the frame.
    pub words: u32,
    /// Position of reference slot 0, the first parameter that is a reference; slot `n` is `n` positions below.
    pub ref_top: i32,
    /// Lowest position of a reference.
    pub ref_low: i32,
    /// Number of positions of references from there on.
    pub ref_len: u32,
    /// What it is.
    pub kind: FuncKind,
    /// Whether its module has a memory.
    pub has_memory: bool,
    /// Whether its parameters and results are neither references nor vectors: each is one data slot.
    pub scalar: bool,
    /// Function index in its module.
    pub func: u32,
    /// Its type, which the module description holds; dangling unless `kind` is Guest.
    pub ty: *const FuncType,
}

impl InterpFunc {
    /// A record without code.
    pub(crate) const fn pseudo(kind: FuncKind) -> InterpFunc {
        InterpFunc {
            code: std::ptr::null(),
            below: HEADER,
            above: 0,
            words: HEADER,
            ref_top: 0,
            ref_low: 0,
            ref_len: 0,
            kind,
            has_memory: false,
            scalar: false,
            func: u32::MAX,
            ty: std::ptr::null(),
        }
    }
}

// SAFETY: a record is read-only after it was made, and what it points to (code, type) is too; `ModuleCode` owns both
// for as long as the record exists.
unsafe impl Send for InterpFunc {}
// SAFETY: as above.
unsafe impl Sync for InterpFunc {}

/// The record of every host function.
pub(crate) static HOST: InterpFunc = InterpFunc::pseudo(FuncKind::Host);
/// The record of the pseudo-frame at the bottom of each call.
pub(crate) static ENTRY: InterpFunc = InterpFunc::pseudo(FuncKind::Entry);

/// An encoded function, before the module is put together.
#[derive(Clone, Debug)]
pub(crate) struct FuncLayout {
    pub func: u32,
    pub code: Range<usize>,
    pub below: u32,
    pub above: u32,
    pub ref_top: i32,
    pub ref_low: i32,
    pub ref_len: u32,
    /// Rows of its source map, in [`Chunk::sources`].
    pub sources: Range<usize>,
}

/// Functions that a worker encoded: about 64 KiB of code, so that growing it costs little and it is never moved again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chunk {
    pub code: Vec<Word>,
    pub sources: Vec<u8>,
    pub funcs: Vec<FuncLayout>,
}

impl Chunk {
    /// Words from which on a chunk is full.
    pub(crate) const FULL: usize = 1 << 13;

    /// The chunk's code, to be kept.
    pub(crate) fn into_piece(self) -> (Piece, Vec<FuncLayout>) {
        (Piece { code: self.code.into(), sources: self.sources.into() }, self.funcs)
    }
}

/// The code of a [`Chunk`].
#[derive(Debug)]
pub(crate) struct Piece {
    code: Box<[Word]>,
    sources: Box<[u8]>,
}

/// The code of a module.
#[derive(Debug)]
pub(crate) struct ModuleCode {
    /// Owns the types that records point to.
    module: Arc<Module>,
    /// Own the words that records point to.
    pieces: Box<[Piece]>,
    funcs: Box<[InterpFunc]>,
    /// Where each function's source map is: piece and range.
    sources: Box<[(u32, Range<u32>)]>,
    _live: LiveCount,
}

impl ModuleCode {
    /// Makes records for the functions that the module defines: `layouts` has one for each, in order, with the piece
    /// that it is in. `None` if a layout does not fit its piece.
    pub(crate) fn new<'a>(
        module: Arc<Module>,
        pieces: Box<[Piece]>,
        layouts: impl Iterator<Item = (usize, &'a FuncLayout)> + Clone,
        live: LiveCount,
    ) -> Option<ModuleCode> {
        let has_memory = !module.memories.is_empty();
        let funcs = layouts.clone().map(|(piece, layout)| {
            let ty = module.func_type(layout.func)?;
            let mut values = ty.params().iter().chain(ty.results());
            Some(InterpFunc {
                code: pieces.get(piece)?.code.get(layout.code.clone())?.as_ptr(),
                below: layout.below,
                above: layout.above,
                words: layout.below + layout.above,
                ref_top: layout.ref_top,
                ref_low: layout.ref_low,
                ref_len: layout.ref_len,
                kind: FuncKind::Guest,
                has_memory,
                scalar: values.all(|value| !value.is_ref() && value.slots() == 1),
                func: layout.func,
                ty,
            })
        });
        let funcs = funcs.collect::<Option<Box<[InterpFunc]>>>()?;
        let sources = layouts.map(|(piece, layout)| {
            let start = u32::try_from(layout.sources.start).ok()?;
            Some((u32::try_from(piece).ok()?, start..u32::try_from(layout.sources.end).ok()?))
        });
        let sources = sources.collect::<Option<Box<[_]>>>()?;
        Some(ModuleCode { module, pieces, funcs, sources, _live: live })
    }
}

impl Code for ModuleCode {
    fn module_engine(self: Arc<Self>) -> Box<dyn ModuleEngine> {
        let engine_data = Arc::as_ptr(&self).cast();
        Box::new(InstanceCode { funcs: self.clone(), code: self, engine_data: CodePtr(engine_data) })
    }

    fn code_bytes(&self) -> usize {
        let piece = |piece: &Piece| size_of_val(&piece.code[..]) + size_of_val(&piece.sources[..]);
        self.pieces.iter().map(piece).sum::<usize>()
            + size_of_val(&self.funcs[..])
            + size_of_val(&self.sources[..])
    }

    fn source_offset(&self, func: u32, position: usize) -> Option<u64> {
        let defined = func.checked_sub(self.module.imported_funcs)?;
        let (piece, rows) = self.sources.get(defined as usize)?;
        let rows = self.pieces.get(*piece as usize)?.sources.get(rows.start as usize..rows.end as usize)?;
        SourceMap::from_bytes(rows).lookup(u32::try_from(position).ok()?)
    }
}

/// The engine's part of an instance.
struct InstanceCode {
    funcs: Arc<ModuleCode>,
    code: Arc<dyn Code>,
    engine_data: CodePtr,
}

impl ModuleEngine for InstanceCode {
    fn function(&self, defined: u32) -> Option<CodePtr> {
        let func: *const InterpFunc = self.funcs.funcs.get(defined as usize)?;
        Some(CodePtr(func.cast()))
    }

    fn engine_data(&self) -> *const () {
        self.engine_data.0
    }

    fn code(&self) -> &Arc<dyn Code> {
        &self.code
    }
}
