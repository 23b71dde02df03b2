//! Keeps apart what wasmi 2.0.0 confuses: the module that the judge gets has locals in between.
//!
//! * wasmi fuses `i32.eqz` (also spelt as a comparison with 0) and `select`, and then tests a register that the
//!   comparison, now gone, would have written. The condition of a `select` passes through a local.
//! * Where a block begins, wasmi copies those locals on the stack that are not the block's parameters, but leaves out
//!   one for each parameter, also if the parameter is no local itself. What was left out is copied when the next block
//!   begins, which may be on one of two ways only. Parameters of blocks pass through locals.

use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{BlockType, CodeSection, Function, Instruction, Module, ValType};
use wasmparser::{FuncType, FunctionBody, FunctionSectionReader, Parser, TypeSectionReader};

/// The module with conditions of `select` and parameters of blocks in locals.
pub fn apart(wasm: &[u8]) -> Result<Vec<u8>, String> {
    let mut module = Module::new();
    let mut apart = Apart::default();
    apart.parse_core_module(&mut module, Parser::new(0), wasm).map_err(|error| error.to_string())?;
    Ok(module.finish())
}

#[derive(Default)]
struct Apart {
    types: Vec<FuncType>,
    /// Type of each defined function whose body is to come, the next one last.
    funcs: Vec<u32>,
}

/// The locals of a function, with those that are added.
struct Locals {
    count: u32,
    added: Vec<(u32, ValType)>,
}

impl Locals {
    fn add(&mut self, ty: ValType) -> u32 {
        self.added.push((1, ty));
        self.count += 1;
        self.count - 1
    }
}

impl Reencode for Apart {
    type Error = std::convert::Infallible;

    fn parse_type_section(
        &mut self,
        types: &mut wasm_encoder::TypeSection,
        section: TypeSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        for ty in section.clone().into_iter_err_on_gc_types() {
            self.types.push(ty?);
        }
        utils::parse_type_section(self, types, section)
    }

    fn parse_function_section(
        &mut self,
        functions: &mut wasm_encoder::FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        self.funcs = section.clone().into_iter().collect::<wasmparser::Result<_>>()?;
        self.funcs.reverse();
        utils::parse_function_section(self, functions, section)
    }

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: FunctionBody<'_>,
    ) -> Result<(), Error<Self::Error>> {
        let ty = self.funcs.pop().unwrap_or(0) as usize;
        let params = self.types.get(ty).map_or(0, |ty| ty.params().len() as u32);
        let mut locals = Locals { count: params, added: Vec::new() };
        for pair in body.get_locals_reader()? {
            let (count, ty) = pair?;
            locals.count += count;
            locals.added.push((count, self.val_type(ty)?));
        }
        let condition = locals.add(ValType::I32);
        // Types of blocks, with the locals of their parameters.
        let mut blocks: Vec<(u32, Vec<u32>)> = Vec::new();
        let mut instructions = Vec::new();
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            let instruction = self.parse_instruction(&mut operators)?;
            let is_if = matches!(instruction, Instruction::If(_));
            match instruction {
                Instruction::Select | Instruction::TypedSelect(_) => {
                    instructions.push(Instruction::LocalSet(condition));
                    instructions.push(Instruction::LocalGet(condition));
                }
                Instruction::Block(BlockType::FunctionType(ty))
                | Instruction::Loop(BlockType::FunctionType(ty))
                | Instruction::If(BlockType::FunctionType(ty)) => {
                    let params = match blocks.iter().position(|(known, _)| *known == ty) {
                        Some(at) => &blocks[at].1,
                        None => {
                            let types =
                                self.types.get(ty as usize).map_or(&[][..], FuncType::params).to_vec();
                            let mut params = Vec::with_capacity(types.len());
                            for ty in types {
                                params.push(locals.add(self.val_type(ty)?));
                            }
                            blocks.push((ty, params));
                            &blocks[blocks.len() - 1].1
                        }
                    };
                    let condition: &[u32] = if is_if { &[condition] } else { &[] };
                    let all = || params.iter().chain(condition);
                    instructions.extend(all().rev().map(|local| Instruction::LocalSet(*local)));
                    instructions.extend(all().map(|local| Instruction::LocalGet(*local)));
                }
                _ => {}
            }
            instructions.push(instruction);
        }
        let mut function = Function::new(locals.added);
        for instruction in &instructions {
            function.instruction(instruction);
        }
        code.function(&function);
        Ok(())
    }
}
