//! Host modules that satisfy any module's imports.

use std::collections::BTreeMap;
use wz_api::{CompiledModule, Error, ExternType, HostModule, Runtime, Value};

/// Instantiates host modules with everything that `code` imports: functions that return zeros and nulls, memories and
/// tables of their least size, globals that are zero or null.
///
/// # Errors
///
/// Those of [`wz_api::Context::instantiate_host`].
pub fn imports(runtime: &mut Runtime, code: &CompiledModule) -> Result<(), Error> {
    let mut modules: BTreeMap<&str, HostModule<()>> = BTreeMap::new();
    let mut seen = BTreeMap::new();
    for import in code.imports() {
        // A module may import the same item several times, under different types even: only the first can be had.
        if seen.insert((import.module, import.name), ()).is_some() {
            continue;
        }
        let module = modules.remove(import.module).unwrap_or_else(|| HostModule::new(import.module));
        let module = match import.ty {
            // The results are zeros and nulls already.
            ExternType::Func(ty) => module.func_dyn(import.name, ty, |_, _, _| Ok(())),
            ExternType::Memory(ty) => module.memory(import.name, ty),
            ExternType::Global(ty) => match Value::zero(ty.content) {
                Some(zero) => module.global(import.name, ty, zero),
                None => module,
            },
            ExternType::Table(ty) => match Value::zero(wz_api::ValType::Ref(ty.element)) {
                Some(null) => module.table(import.name, ty, null),
                None => module,
            },
        };
        modules.insert(import.module, module);
    }
    for module in modules.values() {
        runtime.instantiate_host(module)?;
    }
    Ok(())
}
