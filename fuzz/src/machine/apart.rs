//! Keeps comparisons and selects apart.
//!
//! wasmi 2.0.0 fuses `i32.eqz` (also spelt as a comparison with 0) and `select`, and then tests a register that the
//! comparison, now gone, would have written. The module that the judge gets has a local between them.

use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{CodeSection, Function, Instruction, Module, ValType};
use wasmparser::{FunctionBody, FunctionSectionReader, Parser, TypeSectionReader};

/// The module with each condition of a `select` in a local.
pub fn apart(wasm: &[u8]) -> Result<Vec<u8>, String> {
    let mut module = Module::new();
    let mut apart = Apart::default();
    apart.parse_core_module(&mut module, Parser::new(0), wasm).map_err(|error| error.to_string())?;
    Ok(module.finish())
}

#[derive(Default)]
struct Apart {
    /// Number of parameters of each type.
    types: Vec<u32>,
    /// Type of each defined function whose body is to come, the next one last.
    funcs: Vec<u32>,
}

impl Reencode for Apart {
    type Error = std::convert::Infallible;

    fn parse_type_section(
        &mut self,
        types: &mut wasm_encoder::TypeSection,
        section: TypeSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        for ty in section.clone().into_iter_err_on_gc_types() {
            self.types.push(ty?.params().len() as u32);
        }
        wasm_encoder::reencode::utils::parse_type_section(self, types, section)
    }

    fn parse_function_section(
        &mut self,
        functions: &mut wasm_encoder::FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        self.funcs = section.clone().into_iter().collect::<wasmparser::Result<_>>()?;
        self.funcs.reverse();
        wasm_encoder::reencode::utils::parse_function_section(self, functions, section)
    }

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: FunctionBody<'_>,
    ) -> Result<(), Error<Self::Error>> {
        let ty = self.funcs.pop().unwrap_or(0) as usize;
        let mut condition = self.types.get(ty).copied().unwrap_or(0);
        let mut locals = Vec::new();
        for pair in body.get_locals_reader()? {
            let (count, ty) = pair?;
            condition += count;
            locals.push((count, self.val_type(ty)?));
        }
        locals.push((1, ValType::I32));
        let mut function = Function::new(locals);
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            let instruction = self.parse_instruction(&mut operators)?;
            if matches!(instruction, Instruction::Select | Instruction::TypedSelect(_)) {
                function.instruction(&Instruction::LocalSet(condition));
                function.instruction(&Instruction::LocalGet(condition));
            }
            function.instruction(&instruction);
        }
        code.function(&function);
        Ok(())
    }
}
