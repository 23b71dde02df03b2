//! From IR to interpreter code, in one linear pass a function.
//!
//! The encoder checks everything that handlers rely on (invariants 1 to 3 of [`exec`](crate::exec)): operands are in the
//! frame and of their class, constants exist, branches lead to labels of the function, indices are the module's, lists
//! fit their signatures. IR that fails a check is an error, never code.

#![forbid(unsafe_code)]

mod accumulators;
mod calls;
mod compute;
mod control;
mod frame;
mod memory;
mod operands;
#[cfg(test)]
mod tests;

use crate::code::{FuncLayout, Word};
use accumulators::Accumulators;
use control::Fixup;
use frame::Frame;
use wz_core::Error;
use wz_core::ir::{FuncIr, Inst, Op, Shape, SourceMap};
use wz_core::module::Module;
use wz_core::types::{FuncType, ValType};

/// Why a function cannot be encoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fail {
    /// The IR is inconsistent.
    Bad(&'static str),
    /// A branch is too long for its form: the long form is needed.
    TooFar,
    /// The function is too large for the code's format.
    TooLarge,
}

type Checked<T> = Result<T, Fail>;

/// What encoding needs from function to function; its buffers are reused.
#[derive(Debug, Default)]
pub(crate) struct Encoder {
    scratch: Scratch,
}

#[derive(Debug, Default)]
struct Scratch {
    /// Position of each label, relative to the function.
    labels: Vec<u32>,
    fixups: Vec<Fixup>,
    sources: SourceMap,
    /// Entries of the list at hand: data slots, then references.
    data: Vec<operands::Source>,
    refs: Vec<operands::Source>,
}

/// A label that is not bound yet.
const UNBOUND: u32 = u32::MAX;

/// Functions with more words of IR than this get long branches without an attempt at short ones.
const SURELY_LONG: usize = 1 << 15;

impl Encoder {
    /// Appends the code of a function, and the rows of its source map.
    pub(crate) fn function(
        &mut self,
        module: &Module,
        ir: &FuncIr,
        code: &mut Vec<Word>,
        sources: &mut Vec<u8>,
    ) -> Result<FuncLayout, Error> {
        let (start, sources_start) = (code.len(), sources.len());
        let mut long = ir.code.len() > SURELY_LONG;
        loop {
            let (fail, at) = match Function::encode(&mut self.scratch, module, ir, code, long) {
                Ok((frame, extra)) => {
                    sources.extend_from_slice(self.scratch.sources.as_bytes());
                    let (ref_low, ref_len) = frame.refs();
                    return Ok(FuncLayout {
                        func: ir.func,
                        code: start..code.len(),
                        below: frame.below(),
                        above: frame.above(extra),
                        ref_top: frame.ref_top(),
                        ref_low,
                        ref_len,
                        sources: sources_start..sources.len(),
                    });
                }
                Err(failure) => failure,
            };
            code.truncate(start);
            match fail {
                Fail::TooFar if !long => long = true,
                Fail::TooFar | Fail::TooLarge => {
                    return Err(Error::limit(format!("function {} is too large to be encoded", ir.func)));
                }
                Fail::Bad(what) => {
                    return Err(Error::compile(
                        format!("inconsistent IR: function {}, word {at}: {what}", ir.func),
                        Some(ir.body_offset),
                    ));
                }
            }
        }
    }
}

/// The encoding of one function.
struct Function<'a> {
    scratch: &'a mut Scratch,
    module: &'a Module,
    ir: &'a FuncIr,
    ty: &'a FuncType,
    code: &'a mut Vec<Word>,
    /// Where the function's code starts.
    start: usize,
    frame: Frame,
    /// Whether branches have their target in a word of its own.
    long: bool,
    accumulators: Accumulators,
    /// Extra slots in use by the instruction at hand, and most so far.
    extra: u32,
    extra_most: u32,
}

impl<'a> Function<'a> {
    /// Encodes; gives the frame and the number of extra slots, or what failed and where.
    fn encode(
        scratch: &'a mut Scratch,
        module: &'a Module,
        ir: &'a FuncIr,
        code: &'a mut Vec<Word>,
        long: bool,
    ) -> Result<(Frame, u32), (Fail, usize)> {
        let bad = |what| (Fail::Bad(what), 0);
        let ty = module.types.get(ir.type_index as usize).ok_or(bad("type"))?;
        if module.funcs.get(ir.func as usize) != Some(&ir.type_index) || ir.func < module.imported_funcs {
            return Err(bad("not a function of the module, or of another type"));
        }
        let frame = Frame::new(ir).ok_or(bad("frame"))?;
        scratch.labels.clear();
        scratch.labels.resize(ir.labels.len(), UNBOUND);
        scratch.fixups.clear();
        scratch.sources.clear();
        let start = code.len();
        let mut function = Function {
            scratch,
            module,
            ir,
            ty,
            code,
            start,
            frame,
            long,
            accumulators: Accumulators::default(),
            extra: 0,
            extra_most: 0,
        };
        function.prologue().map_err(|fail| (fail, 0))?;
        let mut rows = ir.source_map.iter().peekable();
        let mut at = 0;
        let mut falls_through = true;
        while at < ir.code.len() {
            let inst = ir.inst(at).ok_or((Fail::Bad("no instruction starts here"), at))?;
            while let Some((_, offset)) = rows.next_if(|(word, _)| *word as usize <= at) {
                let position = u32::try_from(function.here()).map_err(|_| (Fail::TooLarge, at))?;
                function.scratch.sources.push(position, offset);
            }
            function.extra = 0;
            function.inst(&inst).map_err(|fail| (fail, at))?;
            falls_through =
                !matches!(inst.shape(), Shape::Return | Shape::Jump | Shape::BrTable | Shape::Trap)
                    && !matches!(inst.op, Op::ReturnCall | Op::ReturnCallIndirect);
            at = inst.end();
        }
        if falls_through {
            return Err((Fail::Bad("control runs off the end"), at));
        }
        function.link().map_err(|fail| (fail, at))?;
        Ok((frame, function.extra_most))
    }

    /// Position of the next word, relative to the function.
    fn here(&self) -> usize {
        self.code.len() - self.start
    }

    fn push(&mut self, word: Word) {
        self.code.push(word);
    }

    /// Clears the locals that are not parameters, and references.
    fn prologue(&mut self) -> Checked<()> {
        let (param_data, param_refs) = slots(self.ty.params());
        let ir = self.ir;
        if (ir.param_data, ir.param_refs) != (param_data, param_refs)
            || ir.local_data < param_data
            || ir.local_data > ir.data_slots
            || ir.ref_slots < param_refs
        {
            return Err(Fail::Bad("parameters and locals do not fit the frame"));
        }
        self.zero(param_data as i32, ir.local_data - param_data);
        // Scratch references of a large frame are above the parameters.
        let (low, len) = self.frame.refs();
        self.zero(low, ir.ref_slots - param_refs);
        self.zero(low + ir.ref_slots as i32, len - ir.ref_slots);
        Ok(())
    }

    fn inst(&mut self, inst: &Inst<'_>) -> Checked<()> {
        match inst.shape() {
            Shape::Ext => Err(Fail::Bad("no instruction")),
            Shape::Unary => self.unary(inst),
            Shape::Binary => self.binary(inst),
            Shape::Ternary => self.ternary(inst),
            Shape::Select => self.select(inst),
            Shape::WideConst => self.wide_const(inst),
            Shape::FarGet => self.far_get(inst),
            Shape::FarSet => self.far_set(inst),
            Shape::MoveRange => self.move_range(inst),
            Shape::ExtractLane => self.extract_lane(inst),
            Shape::ReplaceLane => self.replace_lane(inst),
            Shape::Shuffle => self.shuffle(inst),
            Shape::Label | Shape::LoopHeader => self.bind(inst.label()),
            Shape::Jump => self.jump(inst.label()),
            Shape::Branch => self.branch(inst),
            Shape::BrTable => self.br_table(inst),
            Shape::Trap => self.plain(crate::isa::Fixed::Unreachable),
            Shape::Check => self.plain(crate::isa::Fixed::Interrupt),
            Shape::Fuel => self.fuel(inst),
            Shape::FuelBulk => self.fuel_bulk(inst),
            Shape::Return => self.ret(inst),
            Shape::Call => self.call(inst),
            Shape::CallIndirect => self.call_indirect(inst),
            Shape::GlobalGet => self.global_get(inst),
            Shape::GlobalSet => self.global_set(inst),
            Shape::Indexed => self.indexed(inst),
            Shape::Bulk => self.bulk(inst),
            Shape::Load => self.load(inst),
            Shape::Store => self.store(inst),
            Shape::LoadLane => self.load_lane(inst),
            Shape::StoreLane => self.store_lane(inst),
        }
    }
}

/// Numbers of data slots and of references that values of these types take.
fn slots(types: &[ValType]) -> (u32, u32) {
    types.iter().fold(
        (0, 0),
        |(data, refs), ty| {
            if ty.is_ref() { (data, refs + 1) } else { (data + ty.slots() as u32, refs) }
        },
    )
}
