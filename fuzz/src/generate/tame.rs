//! Makes a module that has any instruction after any end, mostly without a trap, and in the same way everywhere.
//!
//! * What is left open, the bits of NaNs, is kept from where it can be seen: they are made canonical before they are
//!   stored, reinterpreted or give their sign away.
//! * Each function counts its loops' rounds in a local and, in the exported global [`BUDGET`](crate::shape::BUDGET), its
//!   calls; where a count ends, the function returns zeros.
//! * Addresses, indices and lengths get masks, divisors are made odd, conversions saturating. Each of it only nearly
//!   always, so that traps are met, but not everywhere.

use crate::shape::BUDGET;
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, ExportKind, ExportSection, Function, GlobalSection, GlobalType,
    HeapType, Instruction, Module, SectionId, ValType,
};
use wasmparser::{FuncType, Parser, Payload, RefType, TypeRef};

/// What to do to a module.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Taming {
    /// Bound calls.
    pub calls: bool,
    /// Bound loops.
    pub loops: bool,
    /// Avoid most traps.
    pub avoid_traps: bool,
}

impl Taming {
    /// Only what every module needs.
    pub fn none() -> Taming {
        Taming { calls: false, loops: false, avoid_traps: false }
    }

    /// Everything.
    pub fn full() -> Taming {
        Taming { calls: true, loops: true, avoid_traps: true }
    }
}

/// Tames a valid module.
///
/// # Errors
///
/// The module has something that no generator here makes.
pub fn tame(wasm: &[u8], taming: Taming, rng: &mut fastrand::Rng) -> Result<Vec<u8>, String> {
    let mut tamer = Tamer::of(wasm, taming, rng.fork()).map_err(|error| error.to_string())?;
    let mut module = Module::new();
    tamer.parse_core_module(&mut module, Parser::new(0), wasm).map_err(|error| format!("taming: {error}"))?;
    Ok(module.finish())
}

struct Tamer {
    taming: Taming,
    rng: fastrand::Rng,
    /// Type of each defined function.
    types: Vec<FuncType>,
    /// Element type of each table.
    tables: Vec<RefType>,
    /// How many globals there are without [`BUDGET`].
    globals: u32,
    /// Least pages of memory 0.
    pages: u64,
    has_global_section: bool,
    added_globals: bool,
    /// Bodies that are done.
    bodies: usize,
}

/// Locals that taming adds to each function, after its own.
#[derive(Clone, Copy)]
struct Locals {
    first: u32,
}

impl Locals {
    const TYPES: [ValType; 10] = [
        ValType::I32,
        ValType::I32,
        ValType::I32,
        ValType::I64,
        ValType::F32,
        ValType::F64,
        ValType::Ref(wasm_encoder::RefType::FUNCREF),
        ValType::Ref(wasm_encoder::RefType::EXTERNREF),
        ValType::I32,
        ValType::V128,
    ];

    fn ints(self) -> [u32; 3] {
        [self.first, self.first + 1, self.first + 2]
    }
    fn of(self, ty: ValType) -> u32 {
        let place = Locals::TYPES.iter().position(|t| *t == ty);
        self.first + place.map_or(0, |place| place as u32)
    }
    fn rounds(self) -> u32 {
        self.first + 8
    }
}

impl Tamer {
    fn of(wasm: &[u8], taming: Taming, rng: fastrand::Rng) -> wasmparser::Result<Tamer> {
        let mut tamer = Tamer {
            taming,
            rng,
            types: Vec::new(),
            tables: Vec::new(),
            globals: 0,
            pages: 0,
            has_global_section: false,
            added_globals: false,
            bodies: 0,
        };
        let mut types = Vec::new();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::TypeSection(section) => {
                    for ty in section.into_iter_err_on_gc_types() {
                        types.push(ty?);
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        match import?.ty {
                            TypeRef::Table(ty) => tamer.tables.push(ty.element_type),
                            TypeRef::Memory(ty) => tamer.pages = ty.initial,
                            TypeRef::Global(_) => tamer.globals += 1,
                            _ => {}
                        }
                    }
                }
                Payload::FunctionSection(section) => {
                    for ty in section {
                        tamer.types.extend(types.get(ty? as usize).cloned());
                    }
                }
                Payload::TableSection(section) => {
                    for table in section {
                        tamer.tables.push(table?.ty.element_type);
                    }
                }
                Payload::MemorySection(section) => {
                    for memory in section {
                        tamer.pages = memory?.initial;
                    }
                }
                Payload::GlobalSection(section) => {
                    tamer.has_global_section = true;
                    tamer.globals += section.count();
                }
                _ => {}
            }
        }
        Ok(tamer)
    }

    /// Whether to do what is done nearly always.
    fn mostly(&mut self) -> bool {
        self.rng.u8(..40) > 0
    }

    fn add_budget(&mut self, globals: &mut GlobalSection) {
        if self.taming.calls && !self.added_globals {
            self.added_globals = true;
            let ty = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
            globals.global(ty, &ConstExpr::i32_const(crate::check::BUDGET));
        }
    }

    /// Returns zeros from the function.
    fn leave(&self, code: &mut Vec<Instruction<'_>>, ty: &FuncType) {
        for result in ty.results() {
            code.push(zero(*result));
        }
        code.push(Instruction::Return);
    }

    fn enter_function(&mut self, code: &mut Vec<Instruction<'_>>, ty: &FuncType) {
        let budget = self.globals;
        code.extend([Instruction::GlobalGet(budget), Instruction::I32Eqz, Instruction::If(BlockType::Empty)]);
        self.leave(code, ty);
        code.extend([
            Instruction::End,
            Instruction::GlobalGet(budget),
            Instruction::I32Const(1),
            Instruction::I32Sub,
            Instruction::GlobalSet(budget),
        ]);
    }

    fn enter_loop(&mut self, code: &mut Vec<Instruction<'_>>, ty: &FuncType, locals: Locals) {
        code.extend([
            Instruction::LocalGet(locals.rounds()),
            Instruction::I32Eqz,
            Instruction::If(BlockType::Empty),
        ]);
        self.leave(code, ty);
        code.extend([
            Instruction::End,
            Instruction::LocalGet(locals.rounds()),
            Instruction::I32Const(1),
            Instruction::I32Sub,
            Instruction::LocalSet(locals.rounds()),
        ]);
    }

    /// Masks the topmost of the stack.
    fn mask(code: &mut Vec<Instruction<'_>>, mask: i32) {
        code.extend([Instruction::I32Const(mask), Instruction::I32And]);
    }

    /// Masks what is under the topmost of the stack, which is of type `ty`.
    fn mask_under(code: &mut Vec<Instruction<'_>>, mask: i32, ty: ValType, locals: Locals) {
        code.push(Instruction::LocalSet(locals.of(ty)));
        Tamer::mask(code, mask);
        code.push(Instruction::LocalGet(locals.of(ty)));
    }

    /// Masks the three topmost integers of the stack.
    fn mask_three(code: &mut Vec<Instruction<'_>>, masks: [i32; 3], locals: Locals) {
        let [a, b, c] = locals.ints();
        code.extend([Instruction::LocalSet(c), Instruction::LocalSet(b)]);
        Tamer::mask(code, masks[0]);
        code.extend([Instruction::LocalSet(a), Instruction::LocalGet(a), Instruction::LocalGet(b)]);
        Tamer::mask(code, masks[1]);
        code.push(Instruction::LocalGet(c));
        Tamer::mask(code, masks[2]);
    }

    /// A mask that keeps addresses in the first half of memory 0.
    fn address_mask(&self) -> i32 {
        ((self.pages.clamp(1, 1 << 10).next_power_of_two() << 15) - 1) as i32
    }

    /// What comes before an instruction so that it does not trap, or the instruction that takes its place.
    fn avoid_traps<'a>(
        &mut self,
        code: &mut Vec<Instruction<'_>>,
        instruction: Instruction<'a>,
        locals: Locals,
        ty: &FuncType,
    ) -> Instruction<'a> {
        use Instruction as I;
        if !self.mostly() {
            return instruction;
        }
        let constant = matches!(code.last(), Some(I::I32Const(_) | I::I64Const(_)));
        let address = self.address_mask();
        let mut instruction = instruction;
        if let Some((memarg, under)) = memory_argument(&mut instruction) {
            memarg.offset &= (self.pages.max(1) << 15) - 1;
            match under {
                Some(under) => Tamer::mask_under(code, address, under, locals),
                None if constant => {}
                None => Tamer::mask(code, address),
            }
            return instruction;
        }
        match &instruction {
            I::I32DivS | I::I32DivU | I::I32RemS | I::I32RemU if !constant => {
                code.extend([I::I32Const(1), I::I32Or]);
            }
            I::I64DivS | I::I64DivU | I::I64RemS | I::I64RemU if !constant => {
                code.extend([I::I64Const(1), I::I64Or]);
            }
            I::Unreachable => {
                self.leave(code, ty);
            }
            I::MemoryGrow(_) => Tamer::mask(code, 1),
            I::MemoryFill(_) | I::MemoryCopy { .. } => {
                let len = [7, 0x3f, 0x1ff][self.rng.usize(..3)];
                Tamer::mask_three(code, [address, address, len], locals);
            }
            I::MemoryInit { .. } => Tamer::mask_three(code, [address, 3, 3], locals),
            I::TableInit { .. } | I::TableCopy { .. } => Tamer::mask_three(code, [3, 3, 3], locals),
            I::TableFill(table) => {
                let ty = self.element(*table);
                let [a, b, c] = locals.ints();
                code.extend([I::LocalSet(c), I::LocalSet(locals.of(ty))]);
                Tamer::mask(code, 3);
                code.extend([I::LocalSet(a), I::LocalGet(a), I::LocalGet(locals.of(ty)), I::LocalGet(c)]);
                Tamer::mask(code, 3);
                code.extend([I::LocalSet(b), I::LocalGet(b)]);
            }
            I::TableGrow(_) => Tamer::mask(code, 3),
            I::TableGet(_) => Tamer::mask(code, 3),
            I::TableSet(table) => Tamer::mask_under(code, 3, self.element(*table), locals),
            I::CallIndirect { .. } | I::ReturnCallIndirect { .. } => Tamer::mask(code, 7),
            I::I32TruncF32S => return I::I32TruncSatF32S,
            I::I32TruncF32U => return I::I32TruncSatF32U,
            I::I32TruncF64S => return I::I32TruncSatF64S,
            I::I32TruncF64U => return I::I32TruncSatF64U,
            I::I64TruncF32S => return I::I64TruncSatF32S,
            I::I64TruncF32U => return I::I64TruncSatF32U,
            I::I64TruncF64S => return I::I64TruncSatF64S,
            I::I64TruncF64U => return I::I64TruncSatF64U,
            _ => {}
        }
        instruction
    }

    fn element(&self, table: u32) -> ValType {
        match self.tables.get(table as usize) {
            Some(&RefType::EXTERNREF) => ValType::Ref(wasm_encoder::RefType::EXTERNREF),
            _ => ValType::Ref(wasm_encoder::RefType::FUNCREF),
        }
    }
}

fn zero(ty: wasmparser::ValType) -> Instruction<'static> {
    match ty {
        wasmparser::ValType::I32 => Instruction::I32Const(0),
        wasmparser::ValType::I64 => Instruction::I64Const(0),
        wasmparser::ValType::F32 => Instruction::F32Const(0.0.into()),
        wasmparser::ValType::F64 => Instruction::F64Const(0.0.into()),
        wasmparser::ValType::V128 => Instruction::V128Const(0),
        wasmparser::ValType::Ref(RefType::EXTERNREF) => Instruction::RefNull(HeapType::EXTERN),
        wasmparser::ValType::Ref(_) => Instruction::RefNull(HeapType::FUNC),
    }
}

/// The memory argument of a load or store, and the type of the operand that lies over its address.
fn memory_argument<'i>(
    instruction: &'i mut Instruction<'_>,
) -> Option<(&'i mut wasm_encoder::MemArg, Option<ValType>)> {
    use Instruction as I;
    use ValType::{F32, F64, I32, I64, V128};
    Some(match instruction {
        I::I32Load(m) | I::I32Load8S(m) | I::I32Load8U(m) | I::I32Load16S(m) | I::I32Load16U(m) => (m, None),
        I::I64Load(m) | I::I64Load8S(m) | I::I64Load8U(m) | I::I64Load16S(m) => (m, None),
        I::I64Load16U(m) | I::I64Load32S(m) | I::I64Load32U(m) | I::F32Load(m) | I::F64Load(m) => (m, None),
        I::V128Load(m) | I::V128Load8x8S(m) | I::V128Load8x8U(m) | I::V128Load16x4S(m) => (m, None),
        I::V128Load16x4U(m) | I::V128Load32x2S(m) | I::V128Load32x2U(m) | I::V128Load8Splat(m) => (m, None),
        I::V128Load16Splat(m) | I::V128Load32Splat(m) | I::V128Load64Splat(m) => (m, None),
        I::V128Load32Zero(m) | I::V128Load64Zero(m) => (m, None),
        I::I32Store(m) | I::I32Store8(m) | I::I32Store16(m) => (m, Some(I32)),
        I::I64Store(m) | I::I64Store8(m) | I::I64Store16(m) | I::I64Store32(m) => (m, Some(I64)),
        I::F32Store(m) => (m, Some(F32)),
        I::F64Store(m) => (m, Some(F64)),
        I::V128Store(m) => (m, Some(V128)),
        I::V128Load8Lane { memarg, .. } | I::V128Load16Lane { memarg, .. } => (memarg, Some(V128)),
        I::V128Load32Lane { memarg, .. } | I::V128Load64Lane { memarg, .. } => (memarg, Some(V128)),
        I::V128Store8Lane { memarg, .. } | I::V128Store16Lane { memarg, .. } => (memarg, Some(V128)),
        I::V128Store32Lane { memarg, .. } | I::V128Store64Lane { memarg, .. } => (memarg, Some(V128)),
        _ => return None,
    })
}

/// Makes a NaN on top of the stack canonical where the instruction shows its bits.
fn hide_nan(code: &mut Vec<Instruction<'_>>, instruction: &Instruction<'_>, locals: Locals) {
    use Instruction as I;
    let (local, nan, equal) = match instruction {
        I::I32ReinterpretF32 | I::F32Store(_) | I::F32Copysign => {
            (locals.of(ValType::F32), I::F32Const(f32::from_bits(0x7fc0_0000).into()), I::F32Eq)
        }
        I::I64ReinterpretF64 | I::F64Store(_) | I::F64Copysign => {
            (locals.of(ValType::F64), I::F64Const(f64::from_bits(0x7ff8 << 48).into()), I::F64Eq)
        }
        _ => return,
    };
    code.extend([I::LocalTee(local), nan, I::LocalGet(local), I::LocalGet(local), equal, I::Select]);
}

impl Reencode for Tamer {
    type Error = std::convert::Infallible;

    fn parse_global_section(
        &mut self,
        globals: &mut GlobalSection,
        section: wasmparser::GlobalSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        utils::parse_global_section(self, globals, section)?;
        self.add_budget(globals);
        Ok(())
    }

    fn intersperse_section_hook(
        &mut self,
        module: &mut Module,
        _after: Option<SectionId>,
        before: Option<SectionId>,
    ) -> Result<(), Error<Self::Error>> {
        let later = !matches!(
            before,
            Some(
                SectionId::Type
                    | SectionId::Import
                    | SectionId::Function
                    | SectionId::Table
                    | SectionId::Memory
            )
        );
        if later && !self.has_global_section && self.taming.calls && !self.added_globals {
            let mut globals = GlobalSection::new();
            self.add_budget(&mut globals);
            module.section(&globals);
        }
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: wasmparser::ExportSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        utils::parse_export_section(self, exports, section)?;
        if self.taming.calls {
            exports.export(BUDGET, ExportKind::Global, self.globals);
        }
        Ok(())
    }

    fn parse_function_body(
        &mut self,
        section: &mut CodeSection,
        body: wasmparser::FunctionBody<'_>,
    ) -> Result<(), Error<Self::Error>> {
        let ty = self.types[self.bodies].clone();
        self.bodies += 1;
        let mut declared = Vec::new();
        let mut count = ty.params().len() as u32;
        for pair in body.get_locals_reader()? {
            let (n, local) = pair?;
            count += n;
            declared.push((n, self.val_type(local)?));
        }
        let locals = Locals { first: count };
        declared.extend(Locals::TYPES.map(|ty| (1, ty)));
        // Vectors only where there are some already: an engine may not have them.
        if !crate::shape::uses_vectors(&body)? {
            declared.pop();
        }
        let mut code: Vec<Instruction<'_>> = Vec::new();
        if self.taming.calls {
            self.enter_function(&mut code, &ty);
        }
        if self.taming.loops {
            let rounds = self.rng.i32(1..40);
            code.extend([Instruction::I32Const(rounds), Instruction::LocalSet(locals.rounds())]);
        }
        let mut reader = body.get_operators_reader()?;
        while !reader.eof() {
            let mut instruction = self.parse_instruction(&mut reader)?;
            if self.taming.avoid_traps {
                instruction = self.avoid_traps(&mut code, instruction, locals, &ty);
            }
            hide_nan(&mut code, &instruction, locals);
            let loops = matches!(instruction, Instruction::Loop(_));
            code.push(instruction);
            if loops && self.taming.loops {
                self.enter_loop(&mut code, &ty, locals);
            }
        }
        let mut function = Function::new(declared);
        for instruction in &code {
            function.instruction(instruction);
        }
        section.function(&function);
        Ok(())
    }
}
