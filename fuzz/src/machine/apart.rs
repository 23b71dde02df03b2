//! Keeps apart what wasmi 2.0.0 confuses: the judge gets a module that does the same in other words.
//!
//! * wasmi fuses `i32.eqz` (also spelt as a comparison with 0) and `select`, and then tests a register that the
//!   comparison, now gone, would have written. The condition of a `select` passes through a local.
//! * Where a block begins, wasmi copies those locals on the stack that are not the block's parameters, but leaves out
//!   one for each parameter, also if the parameter is no local itself. What was left out is copied when the next block
//!   begins, which may be on one of two ways only. Parameters of blocks pass through locals.
//! * Where a loop begins, wasmi puts the loop's last parameter into the register of its type before it copies the locals
//!   on the stack, one of which it takes from that register if it was there until then. An empty block before the
//!   parameters makes it copy them earlier.
//! * Where all labels of a `br_table` are at the same height, wasmi leaves the values that it carries where they are,
//!   also if there is more on the stack below them. The default becomes a block of its own, which is higher.
//! * A `v128.store8_lane` or `v128.store16_lane` whose offset takes more than 16 bits makes wasmi crash. It becomes the
//!   store of an extracted lane.
//! * So does an `i32.store` with such an offset if address and value are one local that was just computed. The value
//!   passes through another one.

use std::convert::Infallible;
use wasm_encoder::reencode::{self, Reencode, RoundtripReencoder, utils};
use wasm_encoder::{BlockType, CodeSection, Function, Instruction, MemArg, Module, ValType};
use wasmparser::{FuncType, FunctionBody, FunctionSectionReader, Parser, TypeSectionReader};

/// The module in the words that wasmi gets right.
pub fn apart(wasm: &[u8]) -> Result<Vec<u8>, String> {
    let mut module = Module::new();
    let mut apart = Apart::default();
    apart.parse_core_module(&mut module, Parser::new(0), wasm).map_err(|error| error.to_string())?;
    Ok(module.finish())
}

type Op<'a> = Instruction<'a>;
type Error = reencode::Error<Infallible>;

/// The longest offset that wasmi encodes the short way.
const SHORT_OFFSET: u64 = u16::MAX as u64;

#[derive(Default)]
struct Apart {
    types: Vec<FuncType>,
    /// Type of each defined function whose body is to come, the next one last.
    funcs: Vec<u32>,
}

impl Apart {
    /// The type without parameters whose results are the parameters of a type.
    fn giving_params(&self, ty: u32) -> u32 {
        self.types.len() as u32 + 2 * ty
    }

    /// The type without parameters whose results are those of a type.
    fn giving_results(&self, ty: u32) -> u32 {
        self.giving_params(ty) + 1
    }
}

/// What a branch to a label carries.
#[derive(Clone)]
struct Label {
    types: Vec<ValType>,
    /// The type of a block with such results.
    block: BlockType,
}

/// A function in other words.
struct Body<'a> {
    /// How many parameters and locals there are.
    locals: u32,
    added: Vec<(u32, ValType)>,
    /// Locals that values pass through.
    passing: Vec<(ValType, u32)>,
    /// Enclosing labels, the innermost last.
    labels: Vec<Label>,
    instructions: Vec<Op<'a>>,
}

impl<'a> Body<'a> {
    /// Locals for values of such types.
    fn locals_for(&mut self, types: &[ValType]) -> Vec<u32> {
        let mut taken = Vec::with_capacity(types.len());
        for ty in types {
            let free = self.passing.iter().find(|(of, local)| of == ty && !taken.contains(local));
            let local = free.map(|(_, local)| *local).unwrap_or_else(|| {
                self.added.push((1, *ty));
                self.passing.push((*ty, self.locals));
                self.locals += 1;
                self.locals - 1
            });
            taken.push(local);
        }
        taken
    }

    /// The values on top of the stack go through locals; something is done while they are there.
    fn pass(&mut self, types: &[ValType], meanwhile: &[Op<'a>]) {
        let locals = self.locals_for(types);
        self.instructions.extend(locals.iter().rev().map(|local| Op::LocalSet(*local)));
        self.instructions.extend_from_slice(meanwhile);
        self.instructions.extend(locals.iter().map(|local| Op::LocalGet(*local)));
    }

    fn begin(&mut self, block: Op<'a>, params: &[ValType], label: Label) {
        match block {
            Op::If(_) if !params.is_empty() => self.pass(&[params, &[ValType::I32]].concat(), &[]),
            Op::Loop(_) if !params.is_empty() => self.pass(params, &[Op::Block(BlockType::Empty), Op::End]),
            _ if !params.is_empty() => self.pass(params, &[]),
            _ => {}
        }
        self.labels.push(label);
        self.instructions.push(block);
    }

    /// A table of branches with a default that is a block of its own.
    fn branch_table(&mut self, targets: &[u32], default: u32) {
        let Some(at) = self.labels.len().checked_sub(default as usize + 1) else { return };
        let Label { types, block } = self.labels[at].clone();
        if types.is_empty() || targets.is_empty() {
            return self.instructions.push(Op::BrTable(targets.to_vec().into(), default));
        }
        let taken = [&types[..], &[ValType::I32]].concat();
        self.pass(&taken, &[Op::I32Const(0), Op::Block(block)]);
        let targets: Vec<u32> = targets.iter().map(|target| target + 1).collect();
        self.instructions.extend([Op::BrTable(targets.into(), 0), Op::End, Op::Br(default)]);
    }
}

impl Apart {
    /// An instruction, or what is in its place.
    fn rewrite<'a>(&self, body: &mut Body<'a>, op: Op<'a>) -> Result<(), Error> {
        let long = |memarg: &MemArg| memarg.offset > SHORT_OFFSET;
        match op {
            Op::Select | Op::TypedSelect(_) => {
                body.pass(&[ValType::I32], &[]);
                body.instructions.push(op);
            }
            Op::Block(ty) | Op::Loop(ty) | Op::If(ty) => {
                let is_loop = matches!(op, Op::Loop(_));
                let (params, label) = match ty {
                    BlockType::Empty => (Vec::new(), Label { types: Vec::new(), block: ty }),
                    BlockType::Result(_) if is_loop => {
                        (Vec::new(), Label { types: Vec::new(), block: BlockType::Empty })
                    }
                    BlockType::Result(result) => (Vec::new(), Label { types: vec![result], block: ty }),
                    BlockType::FunctionType(index) => {
                        let params = self.params(index)?;
                        let label = if is_loop {
                            let block = BlockType::FunctionType(self.giving_params(index));
                            Label { types: params.clone(), block }
                        } else {
                            let block = BlockType::FunctionType(self.giving_results(index));
                            Label { types: self.results(index)?, block }
                        };
                        (params, label)
                    }
                };
                body.begin(op, &params, label);
            }
            Op::End => {
                body.labels.pop();
                body.instructions.push(op);
            }
            Op::BrTable(targets, default) => body.branch_table(&targets, default),
            Op::V128Store8Lane { memarg, lane } if long(&memarg) => {
                body.instructions.extend([Op::I8x16ExtractLaneU(lane), Op::I32Store8(memarg)]);
            }
            Op::V128Store16Lane { memarg, lane } if long(&memarg) => {
                body.instructions.extend([Op::I16x8ExtractLaneU(lane), Op::I32Store16(memarg)]);
            }
            Op::I32Store(memarg) | Op::I32Store8(memarg) | Op::I32Store16(memarg) if long(&memarg) => {
                body.pass(&[ValType::I32], &[]);
                body.instructions.push(op);
            }
            _ => body.instructions.push(op),
        }
        Ok(())
    }

    fn params(&self, ty: u32) -> Result<Vec<ValType>, Error> {
        self.val_types(self.types.get(ty as usize).map_or(&[], FuncType::params))
    }

    fn results(&self, ty: u32) -> Result<Vec<ValType>, Error> {
        self.val_types(self.types.get(ty as usize).map_or(&[], FuncType::results))
    }

    fn val_types(&self, types: &[wasmparser::ValType]) -> Result<Vec<ValType>, Error> {
        types.iter().map(|ty| RoundtripReencoder.val_type(*ty)).collect()
    }
}

impl Reencode for Apart {
    type Error = Infallible;

    fn parse_type_section(
        &mut self,
        types: &mut wasm_encoder::TypeSection,
        section: TypeSectionReader<'_>,
    ) -> Result<(), Error> {
        for ty in section.clone().into_iter_err_on_gc_types() {
            self.types.push(ty?);
        }
        utils::parse_type_section(self, types, section)?;
        for ty in 0..self.types.len() as u32 {
            types.ty().function([], self.params(ty)?);
            types.ty().function([], self.results(ty)?);
        }
        Ok(())
    }

    fn parse_function_section(
        &mut self,
        functions: &mut wasm_encoder::FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Error> {
        self.funcs = section.clone().into_iter().collect::<wasmparser::Result<_>>()?;
        self.funcs.reverse();
        utils::parse_function_section(self, functions, section)
    }

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        function: FunctionBody<'_>,
    ) -> Result<(), Error> {
        let ty = self.funcs.pop().unwrap_or(0);
        let label =
            Label { types: self.results(ty)?, block: BlockType::FunctionType(self.giving_results(ty)) };
        let mut body = Body {
            locals: self.params(ty)?.len() as u32,
            added: Vec::new(),
            passing: Vec::new(),
            labels: vec![label],
            instructions: Vec::new(),
        };
        for pair in function.get_locals_reader()? {
            let (count, ty) = pair?;
            body.locals += count;
            body.added.push((count, self.val_type(ty)?));
        }
        let mut operators = function.get_operators_reader()?;
        while !operators.eof() {
            let instruction = self.parse_instruction(&mut operators)?;
            self.rewrite(&mut body, instruction)?;
        }
        let mut function = Function::new(body.added);
        for instruction in &body.instructions {
            function.instruction(instruction);
        }
        code.function(&function);
        Ok(())
    }
}
