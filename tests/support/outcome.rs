//! What became of a module under an engine, in a form that can be compared.

use crate::stub;
use std::hash::{DefaultHasher, Hash, Hasher};
use wz_api::{
    CompiledModule, EngineKind, Error, ErrorKind, ExternType, FuncType, Module, ModuleConfig, Runtime,
    RuntimeConfig, TrapCode, Value,
};

/// Greatest number of memory pages that a module under test may have.
pub const MAX_PAGES: u64 = 64;

/// Settings for modules of unknown behaviour: fuel, and small memories, tables and stacks.
pub fn config(engine: EngineKind, fuel: u64) -> RuntimeConfig {
    RuntimeConfig::new()
        .with_engine(engine)
        .with_fuel(Some(fuel))
        .with_max_memory_pages(MAX_PAGES)
        .with_max_table_elements(100_000)
        .with_guest_stack_bytes(256 << 10)
}

/// What could be seen of a module that was instantiated and whose exports were used.
///
/// How deep calls can be is an engine's own matter. Where a guest's stack is used up, nothing is observed of what comes
/// after.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Outcome {
    /// How instantiation ended.
    pub instantiated: String,
    /// What each exported function returned, or why it did not, and the fuel that was left.
    pub calls: Vec<(String, String, u64)>,
    /// Name and value of each exported global.
    pub globals: Vec<(String, String)>,
    /// Name, pages and a hash of the contents of each exported memory.
    pub memories: Vec<(String, u64, u64)>,
    /// Name, size and a hash of which elements are null of each exported table.
    pub tables: Vec<(String, u64, u64)>,
}

impl Outcome {
    /// Whether the module was instantiated.
    pub fn ran(&self) -> bool {
        self.instantiated == "ok"
    }

    /// Whether this and `other` are the same as far as the stacks of both engines reached.
    pub fn agrees_with(&self, other: &Outcome) -> bool {
        if is_exhausted(&self.instantiated) || is_exhausted(&other.instantiated) {
            return true;
        }
        let end = |outcome: &Outcome| outcome.calls.iter().position(|(_, result, _)| is_exhausted(result));
        match end(self).into_iter().chain(end(other)).min() {
            None => self == other,
            Some(end) => self.instantiated == other.instantiated && self.calls[..end] == other.calls[..end],
        }
    }
}

/// Whether this is the text of the trap that says that the stack is used up.
fn is_exhausted(result: &str) -> bool {
    result == text(&TrapCode::StackOverflow.into())
}

/// Instantiates `code` with stubs for its imports, calls every exported function with `fuel` each and looks at what the
/// other exports hold.
///
/// # Errors
///
/// No runtime can be had.
pub fn observe(code: &CompiledModule, engine: EngineKind, fuel: u64) -> Result<Outcome, Error> {
    let mut runtime = Runtime::new(config(engine, fuel))?;
    let mut outcome = Outcome::default();
    let done = stub::imports(&mut runtime, code).and_then(|()| {
        let config = ModuleConfig::new().with_name("under test").with_start_functions::<&str>([]);
        runtime.instantiate(code, config)
    });
    let module = match done {
        Ok(module) => module,
        Err(error) => {
            outcome.instantiated = text(&error);
            return Ok(outcome);
        }
    };
    outcome.instantiated = "ok".into();
    for export in code.exports() {
        if let ExternType::Func(ty) = &export.ty {
            runtime.set_fuel(fuel);
            let result = call(&mut runtime, module, export.name, ty);
            let left = runtime.fuel().unwrap_or(0);
            outcome.calls.push((export.name.into(), result, left));
        }
    }
    for export in code.exports() {
        let name = export.name.to_string();
        match export.ty {
            ExternType::Func(_) => {}
            ExternType::Global(_) => {
                let value = module.global(&runtime, export.name).and_then(|global| global.get(&runtime));
                outcome
                    .globals
                    .push((name, value.map_or_else(|error| text(&error), |value| value_text(&value))));
            }
            ExternType::Memory(_) => {
                let memory = module.memory(&runtime, export.name)?;
                let pages = memory.size_pages(&runtime)?;
                outcome.memories.push((name, pages, hash(memory.data(&runtime)?)));
            }
            ExternType::Table(_) => {
                let table = module.table(&runtime, export.name)?;
                let size = table.size(&runtime)?;
                let nulls: Result<Vec<bool>, Error> = (0..size.min(1000))
                    .map(|i| table.get(&mut runtime, i).map(|value| is_null(&value)))
                    .collect();
                outcome.tables.push((name, size, hash(&nulls?)));
            }
        }
    }
    Ok(outcome)
}

fn call(runtime: &mut Runtime, module: Module, name: &str, ty: &FuncType) -> String {
    let arguments: Vec<Value> = ty.params().iter().filter_map(|ty| Value::zero(*ty)).collect();
    let done = module.func_dyn(runtime, name).and_then(|func| func.call_dyn(runtime, &arguments));
    match done {
        Ok(results) => results.iter().map(value_text).collect::<Vec<_>>().join(" "),
        Err(error) => text(&error),
    }
}

/// An error without its backtrace, which names the engine's functions in the same way but is not compared here.
fn text(error: &Error) -> String {
    match error.kind() {
        ErrorKind::Trap(trap) => format!("trap: {}", trap.code),
        _ => error.to_string(),
    }
}

/// A value's bits; all NaNs are alike, references are null or not.
fn value_text(value: &Value) -> String {
    match value {
        Value::F32(bits) if f32::from_bits(*bits).is_nan() => "f32 nan".into(),
        Value::F64(bits) if f64::from_bits(*bits).is_nan() => "f64 nan".into(),
        Value::FuncRef(_) | Value::ExternRef(_) => format!("reference null={}", is_null(value)),
        other => format!("{other:?}"),
    }
}

fn is_null(value: &Value) -> bool {
    matches!(value, Value::FuncRef(None) | Value::ExternRef(None))
}

fn hash<X: Hash + ?Sized>(value: &X) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
