//! wz, on any of its engines.

use super::host::{FUNCTIONS, Given, MODULE, Ty};
use super::{ELEMENTS, ENV_GLOBALS, ENV_MEMORY, ENV_TABLE, Log, Machine, PAGES, STACK};
use crate::shape::{BUDGET, Call, Shape};
use crate::value::{Cause, Ending, Place, Trapped, Val};
use wz_api::{
    EngineKind, Error, ErrorKind, ExternRef, FuncType, HostModule, MemoryKind, Module, ModuleConfig, Runtime,
    RuntimeConfig, TargetCpu, TrapCode, ValType, Value,
};

/// An engine in one mode.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// The engine.
    pub engine: EngineKind,
    /// How memories are kept.
    pub memory: MemoryKind,
    /// Which processors native code is for.
    pub cpu: TargetCpu,
    /// Whether fuel is counted.
    pub fuel: bool,
    /// Whether guests can be interrupted.
    pub interruption: bool,
}

impl Setup {
    /// An engine with fuel.
    pub fn fuelled(engine: EngineKind, memory: MemoryKind) -> Setup {
        Setup { engine, memory, cpu: TargetCpu::Native, fuel: true, interruption: false }
    }

    /// An engine that counts nothing.
    pub fn plain(engine: EngineKind, memory: MemoryKind) -> Setup {
        Setup { fuel: false, ..Setup::fuelled(engine, memory) }
    }

    fn name(&self) -> String {
        let mut name = format!("wz {}", self.engine);
        match self.memory {
            MemoryKind::Guarded => name += " guarded",
            MemoryKind::Checked => name += " checked",
            _ => {}
        }
        for (on, part) in [
            (self.cpu == TargetCpu::Baseline, " baseline"),
            (self.fuel, " fuel"),
            (self.interruption, " interruption"),
        ] {
            name += if on { part } else { "" };
        }
        name
    }

    fn config(&self, fuel: u64) -> RuntimeConfig {
        RuntimeConfig::new()
            .with_engine(self.engine)
            .with_memory_kind(self.memory)
            .with_cpu(self.cpu)
            .with_fuel(self.fuel.then_some(fuel))
            .with_interruption(self.interruption)
            .with_guest_stack_bytes(STACK)
            .with_max_memory_pages(PAGES)
            .with_max_table_elements(ELEMENTS)
            .with_compile_threads(1)
            .with_debug_info(false)
    }

    /// Whether the engine is there.
    ///
    /// # Errors
    ///
    /// It is not; says why.
    pub fn available(&self) -> Result<(), String> {
        Runtime::<()>::new(self.config(0)).map(|_| ()).map_err(|error| error.to_string())
    }
}

/// A module on wz.
pub struct Wz<'s> {
    name: String,
    shape: &'s Shape,
    runtime: Runtime<Log>,
    env: Module,
    module: Option<Module>,
}

impl<'s> Wz<'s> {
    /// Instantiates a module, and says how that ended. What it left behind can be looked at in any case.
    ///
    /// # Errors
    ///
    /// The module was not compiled, or there was an error before it came to that.
    pub fn start(
        setup: Setup,
        wasm: &[u8],
        shape: &'s Shape,
        fuel: u64,
    ) -> Result<(Box<dyn Machine + 's>, Ending), String> {
        let name = setup.name();
        let fail = |error: Error| format!("{name}: {error}");
        let mut runtime = Runtime::with_data(setup.config(fuel), Log::default()).map_err(fail)?;
        runtime.instantiate_host(&host()).map_err(fail)?;
        let env = runtime.compile(super::ENV_BINARY.as_slice()).map_err(fail)?;
        let env = runtime.instantiate(&env, ModuleConfig::new().with_name("env")).map_err(fail)?;
        let code = runtime.compile(wasm).map_err(fail)?;
        let config = ModuleConfig::new().with_name("under test").with_start_functions::<&str>([]);
        runtime_refuel(&mut runtime, fuel);
        let (module, ending) = match runtime.instantiate(&code, config) {
            Ok(module) => (Some(module), Ending::Returned(Vec::new())),
            Err(error) => (None, ending(&error)),
        };
        Ok((Box::new(Wz { name, shape, runtime, env, module }), ending))
    }

    /// The items of a kind: those of the imported module, then the module's own.
    fn items<'n>(&self, env: &[&'n str], own: &'n [String]) -> Vec<(Module, &'n str)> {
        let own =
            self.module.into_iter().flat_map(|module| own.iter().map(move |name| (module, name.as_str())));
        env.iter().map(|name| (self.env, *name)).chain(own).collect()
    }

    fn try_call(&mut self, call: &Call) -> Result<Vec<Val>, Error> {
        let Some(module) = self.module else { return Err(Error::usage("there is no instance")) };
        if self.shape.budget {
            let budget = module.global(&self.runtime, BUDGET)?;
            budget.set(&mut self.runtime, Value::I32(crate::check::BUDGET))?;
        }
        let mut args = Vec::with_capacity(call.args.len());
        for arg in &call.args {
            args.push(match *arg {
                Val::Func(Some(index)) => {
                    Value::FuncRef(Some(module.func_dyn(&self.runtime, &self.shape.funcs[index].name)?))
                }
                other => value(other),
            });
        }
        let func = module.func_dyn(&self.runtime, &self.shape.funcs[call.func].name)?;
        Ok(func.call_dyn(&mut self.runtime, &args)?.iter().map(val).collect())
    }
}

fn runtime_refuel(runtime: &mut Runtime<Log>, fuel: u64) {
    if runtime.fuel().is_some() {
        runtime.set_fuel(fuel);
    }
}

impl Machine for Wz<'_> {
    fn name(&self) -> &str {
        &self.name
    }

    fn refuel(&mut self, fuel: u64) {
        runtime_refuel(&mut self.runtime, fuel);
    }

    fn fuel(&self) -> Option<u64> {
        self.runtime.fuel()
    }

    fn call(&mut self, call: &Call) -> Ending {
        self.try_call(call).map_or_else(|error| ending(&error), Ending::Returned)
    }

    fn log(&self) -> Log {
        *self.runtime.data()
    }

    fn memories(&mut self) -> Vec<&[u8]> {
        let items = self.items(&[ENV_MEMORY], &self.shape.memories);
        let runtime = &self.runtime;
        let bytes = |(module, name): (Module, &str)| module.memory(runtime, name)?.data(runtime);
        items.into_iter().map(|item| bytes(item).unwrap_or(b"unreadable")).collect()
    }

    fn globals(&mut self) -> Vec<Val> {
        let items = self.items(ENV_GLOBALS, &self.shape.globals);
        let runtime = &self.runtime;
        let value = |(module, name): (Module, &str)| module.global(runtime, name)?.get(runtime);
        // A value of no global's type: it is like no other.
        items.into_iter().map(|item| value(item).map_or(Val::Func(Some(0)), |value| val(&value))).collect()
    }

    fn tables(&mut self) -> Vec<Vec<Val>> {
        let items = self.items(&[ENV_TABLE], &self.shape.tables);
        let runtime = &mut self.runtime;
        let mut elements = |(module, name): (Module, &str)| -> Result<Vec<Val>, Error> {
            let table = module.table(runtime, name)?;
            (0..table.size(runtime)?).map(|i| Ok(val(&table.get(runtime, i)?))).collect()
        };
        items.into_iter().map(|item| elements(item).unwrap_or_default()).collect()
    }
}

fn host() -> HostModule<Log> {
    FUNCTIONS.iter().enumerate().fold(HostModule::new(MODULE), |module, (index, function)| {
        let types = |types: &[Ty]| types.iter().map(|ty| val_type(*ty)).collect::<Vec<_>>();
        let ty = FuncType::new(types(function.params), types(function.results));
        module.func_dyn(function.name, ty, move |mut caller, args, results| {
            let vals: Vec<Val> = args.iter().map(val).collect();
            let given = function.call(index, &vals, caller.data_mut());
            match given.ok_or_else(|| Error::host("the host function fails"))? {
                Given::Values(given) => {
                    for (result, given) in results.iter_mut().zip(given) {
                        *result = value(given);
                    }
                }
                Given::ArgumentsReversed => {
                    for (result, arg) in results.iter_mut().zip(args.iter().rev()) {
                        *result = arg.clone();
                    }
                }
            }
            Ok(())
        })
    })
}

fn val_type(ty: Ty) -> ValType {
    match ty {
        Ty::I32 => ValType::I32,
        Ty::I64 => ValType::I64,
        Ty::F32 => ValType::F32,
        Ty::F64 => ValType::F64,
        Ty::Func => ValType::FUNCREF,
        Ty::Extern => ValType::EXTERNREF,
    }
}

/// The value; a function reference can only be null.
fn value(val: Val) -> Value {
    match val {
        Val::I32(v) => Value::I32(v),
        Val::I64(v) => Value::I64(v),
        Val::F32(bits) => Value::F32(bits),
        Val::F64(bits) => Value::F64(bits),
        Val::V128(v) => Value::V128(v),
        Val::Func(_) => Value::FuncRef(None),
        Val::Extern(v) => Value::ExternRef(v.map(ExternRef::new)),
    }
}

fn val(value: &Value) -> Val {
    match value {
        Value::I32(v) => Val::I32(*v),
        Value::I64(v) => Val::I64(*v),
        Value::F32(bits) => Val::F32(*bits),
        Value::F64(bits) => Val::F64(*bits),
        Value::V128(v) => Val::V128(*v),
        Value::FuncRef(v) => Val::Func(v.as_ref().map(|_| 0)),
        Value::ExternRef(v) => Val::Extern(v.as_ref().map(|v| v.downcast_ref().copied().unwrap_or(u32::MAX))),
    }
}

fn ending(error: &Error) -> Ending {
    let trap = match error.kind() {
        ErrorKind::Trap(trap) => trap,
        ErrorKind::Host(_) => return Ending::HostFailed,
        _ => return Ending::Failed(error.to_string()),
    };
    let frames = trap.backtrace.frames.iter();
    let places = frames.map(|frame| Place { function: frame.function, offset: frame.offset }).collect();
    let cause = match trap.code {
        TrapCode::Unreachable => Cause::Unreachable,
        TrapCode::MemoryOutOfBounds => Cause::MemoryOutOfBounds,
        TrapCode::TableOutOfBounds | TrapCode::UndefinedElement => Cause::TableOutOfBounds,
        TrapCode::UninitializedElement => Cause::NullElement,
        TrapCode::IndirectCallTypeMismatch => Cause::SignatureMismatch,
        TrapCode::IntegerOverflow => Cause::IntegerOverflow,
        TrapCode::IntegerDivideByZero => Cause::IntegerDivideByZero,
        TrapCode::InvalidConversionToInteger => Cause::InvalidConversion,
        TrapCode::StackOverflow => return Ending::OutOfStack,
        TrapCode::OutOfFuel => return Ending::OutOfFuel(places),
        other => return Ending::Failed(other.to_string()),
    };
    Ending::Trapped(Trapped { cause, places })
}
