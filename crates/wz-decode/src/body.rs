//! One function body: locals, then operators, each validated and lowered in one visit.

use crate::error::{from_section, from_wasmparser};
use crate::lower::{Lowerer, visit::ValidateAndLower};
use crate::types;
use wasmparser::{FuncValidator, FunctionBody, ValType, WasmModuleResources};
use wz_core::{Error, module::Module};

/// Validates and lowers a body into `lowerer`'s IR.
pub(crate) fn lower_body<R: WasmModuleResources>(
    validator: &mut FuncValidator<R>,
    body: &FunctionBody<'_>,
    module: &Module,
    func: u32,
    lowerer: &mut Lowerer,
) -> Result<(), Error> {
    let mut reader = body.get_binary_reader();
    lowerer.start_function(module, func, body.range().start)?;
    for _ in 0..reader.read_var_u32().map_err(from_wasmparser)? {
        let offset = reader.original_position();
        let count: u32 = reader.read().map_err(from_wasmparser)?;
        let ty: ValType = reader.read().map_err(from_wasmparser)?;
        validator.define_locals(offset, count, ty).map_err(from_wasmparser)?;
        lowerer.define_locals(count, types::val_type(ty)?.class());
    }
    lowerer.start_code();
    while !reader.eof() {
        let offset = reader.original_position();
        let mut visitor =
            ValidateAndLower { validator: validator.visitor(offset), lowerer: &mut *lowerer, offset };
        let visited = reader.visit_operator(&mut visitor).and_then(|result| result);
        visited.map_err(|error| from_section(error, module.features))?;
        if lowerer.failed() {
            break;
        }
    }
    lowerer.take_failure()?;
    reader.finish_expression(&validator.visitor(reader.original_position())).map_err(from_wasmparser)?;
    lowerer.finish_function();
    Ok(())
}
