//! wasmi, the judge: an interpreter that shares nothing with wz but the validator.

use super::host::{FUNCTIONS, Given, MODULE, Ty};
use super::{ELEMENTS, ENV_GLOBALS, ENV_MEMORY, ENV_TABLE, Log, Machine, PAGES, STACK};
use crate::shape::{BUDGET, Call, Shape};
use crate::value::{Cause, Ending, Trapped, Val};
use std::sync::LazyLock;
use wasmi::errors::{ErrorKind, InstantiationError};
use wasmi::{
    CompilationMode, Config, Engine, Error, ExternRef, FuncType, Instance, Linker, Module, Nullable, Ref,
    Store, StoreLimits, StoreLimitsBuilder, TrapCode, V128, ValType,
};

static ENGINE: LazyLock<(Engine, Module)> = LazyLock::new(|| {
    let mut config = Config::default();
    config
        .consume_fuel(true)
        .compilation_mode(CompilationMode::Eager)
        .wasm_multi_memory(false)
        .set_max_stack_height(4 * STACK)
        .set_max_recursion_depth(1 << 20);
    let engine = Engine::new(&config);
    let env = Module::new(&engine, super::ENV_BINARY.as_slice()).expect("the text is a module");
    (engine, env)
});

struct State {
    log: Log,
    limits: StoreLimits,
}

/// A module on wasmi.
pub struct Judge<'s> {
    shape: &'s Shape,
    store: Store<State>,
    env: Instance,
    instance: Option<Instance>,
}

impl<'s> Judge<'s> {
    /// Instantiates a module, and says how that ended. What it left behind can be looked at in any case.
    ///
    /// # Errors
    ///
    /// The module was not compiled, or there was an error before it came to that.
    pub fn start(
        wasm: &[u8],
        shape: &'s Shape,
        fuel: u64,
    ) -> Result<(Box<dyn Machine + 's>, Ending), String> {
        Judge::try_start(&super::apart::apart(wasm)?, shape, fuel).map_err(|error| format!("wasmi: {error}"))
    }

    fn try_start(wasm: &[u8], shape: &'s Shape, fuel: u64) -> Result<(Box<dyn Machine + 's>, Ending), Error> {
        let (engine, env) = &*ENGINE;
        let limits = StoreLimitsBuilder::new()
            .memory_size((PAGES << 16) as usize)
            .table_elements(ELEMENTS as usize)
            .trap_on_grow_failure(false)
            .build();
        let mut store = Store::new(engine, State { log: Log::default(), limits });
        store.limiter(|state| &mut state.limits);
        store.set_fuel(fuel)?;
        let mut linker = Linker::new(engine);
        link_host(&mut linker)?;
        let env = linker.instantiate_and_start(&mut store, env)?;
        linker.instance(&mut store, "env", env)?;
        let module = Module::new(engine, wasm)?;
        store.set_fuel(fuel)?;
        let (instance, ending) = match linker.instantiate_and_start(&mut store, &module) {
            Ok(instance) => (Some(instance), Ending::Returned(Vec::new())),
            Err(error) => (None, ending(&error)),
        };
        Ok((Box::new(Judge { shape, store, env, instance }), ending))
    }

    /// The items of a kind: those of the imported module, then the module's own.
    fn items<'n>(&self, env: &[&'n str], own: &'n [String]) -> Vec<(Instance, &'n str)> {
        let own = self
            .instance
            .into_iter()
            .flat_map(|instance| own.iter().map(move |name| (instance, name.as_str())));
        env.iter().map(|name| (self.env, *name)).chain(own).collect()
    }

    fn try_call(&mut self, call: &Call) -> Result<Vec<Val>, Error> {
        let missing = || Error::new("a missing item");
        let instance = self.instance.ok_or_else(missing)?;
        if self.shape.budget {
            let budget = instance.get_global(&self.store, BUDGET).ok_or_else(missing)?;
            budget.set(&mut self.store, wasmi::Val::I32(crate::check::BUDGET))?;
        }
        let mut args = Vec::with_capacity(call.args.len());
        for arg in &call.args {
            args.push(match *arg {
                Val::Func(Some(index)) => {
                    let func =
                        instance.get_func(&self.store, &self.shape.funcs[index].name).ok_or_else(missing)?;
                    wasmi::Val::FuncRef(Nullable::Val(func))
                }
                other => value(other, &mut self.store),
            });
        }
        let func = &self.shape.funcs[call.func];
        let mut results = vec![wasmi::Val::I32(0); func.results.len()];
        let func = instance.get_func(&self.store, &func.name).ok_or_else(missing)?;
        func.call(&mut self.store, &args, &mut results)?;
        Ok(results.iter().map(|result| val(result, &self.store)).collect())
    }
}

impl Machine for Judge<'_> {
    fn name(&self) -> &str {
        "wasmi"
    }

    fn refuel(&mut self, fuel: u64) {
        // Cannot fail: the engine counts fuel. A tank that stays empty ends the next call.
        let _ = self.store.set_fuel(fuel);
    }

    fn fuel(&self) -> Option<u64> {
        // Its fuel is of another kind.
        None
    }

    fn call(&mut self, call: &Call) -> Ending {
        self.try_call(call).map_or_else(|error| ending(&error), Ending::Returned)
    }

    fn log(&self) -> Log {
        self.store.data().log
    }

    fn memories(&mut self) -> Vec<&[u8]> {
        let items = self.items(&[ENV_MEMORY], &self.shape.memories);
        let store = &self.store;
        let bytes =
            |(instance, name): (Instance, &str)| instance.get_memory(store, name).map(|m| m.data(store));
        items.into_iter().map(|item| bytes(item).unwrap_or(b"missing")).collect()
    }

    fn globals(&mut self) -> Vec<Val> {
        let items = self.items(ENV_GLOBALS, &self.shape.globals);
        let value = |(instance, name): (Instance, &str)| {
            let global = instance.get_global(&self.store, name)?;
            Some(val(&global.get(&self.store), &self.store))
        };
        items.into_iter().map(|item| value(item).unwrap_or(Val::Func(None))).collect()
    }

    fn tables(&mut self) -> Vec<Vec<Val>> {
        let items = self.items(&[ENV_TABLE], &self.shape.tables);
        let store = &self.store;
        let elements = |(instance, name): (Instance, &str)| -> Option<Vec<Val>> {
            let table = instance.get_table(store, name)?;
            (0..table.size(store))
                .map(|i| {
                    Some(match table.get(store, i)? {
                        Ref::Func(v) => val(&wasmi::Val::FuncRef(v), store),
                        Ref::Extern(v) => val(&wasmi::Val::ExternRef(v), store),
                    })
                })
                .collect()
        };
        items.into_iter().map(|item| elements(item).unwrap_or_default()).collect()
    }
}

fn link_host(linker: &mut Linker<State>) -> Result<(), Error> {
    for (index, function) in FUNCTIONS.iter().enumerate() {
        let types = |types: &[Ty]| types.iter().map(|ty| val_type(*ty)).collect::<Vec<_>>();
        let ty = FuncType::new(types(function.params), types(function.results));
        linker.func_new(MODULE, function.name, ty, move |mut caller, args, results| {
            let vals: Vec<Val> = args.iter().map(|arg| val(arg, &caller)).collect();
            let given = function.call(index, &vals, &mut caller.data_mut().log);
            match given.ok_or_else(|| Error::new(HOST_FAILS))? {
                Given::Values(given) => {
                    for (result, given) in results.iter_mut().zip(given) {
                        *result = value(given, &mut caller);
                    }
                }
                Given::ArgumentsReversed => {
                    for (result, arg) in results.iter_mut().zip(args.iter().rev()) {
                        *result = arg.clone();
                    }
                }
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// The message by which a host function's error is known.
const HOST_FAILS: &str = "the host function fails";

fn val_type(ty: Ty) -> ValType {
    match ty {
        Ty::I32 => ValType::I32,
        Ty::I64 => ValType::I64,
        Ty::F32 => ValType::F32,
        Ty::F64 => ValType::F64,
        Ty::Func => ValType::FuncRef,
        Ty::Extern => ValType::ExternRef,
    }
}

/// The value; a function reference can only be null.
fn value(val: Val, store: impl wasmi::AsContextMut) -> wasmi::Val {
    match val {
        Val::I32(v) => wasmi::Val::I32(v),
        Val::I64(v) => wasmi::Val::I64(v),
        Val::F32(bits) => wasmi::Val::F32(wasmi::F32::from_bits(bits)),
        Val::F64(bits) => wasmi::Val::F64(wasmi::F64::from_bits(bits)),
        Val::V128(v) => wasmi::Val::V128(V128::from(v)),
        Val::Func(_) => wasmi::Val::FuncRef(Nullable::Null),
        Val::Extern(None) => wasmi::Val::ExternRef(Nullable::Null),
        Val::Extern(Some(n)) => wasmi::Val::ExternRef(Nullable::Val(ExternRef::new(store, n))),
    }
}

fn val(value: &wasmi::Val, store: impl wasmi::AsContext) -> Val {
    match value {
        wasmi::Val::I32(v) => Val::I32(*v),
        wasmi::Val::I64(v) => Val::I64(*v),
        wasmi::Val::F32(v) => Val::F32(v.to_bits()),
        wasmi::Val::F64(v) => Val::F64(v.to_bits()),
        wasmi::Val::V128(v) => Val::V128(v.as_u128()),
        wasmi::Val::FuncRef(v) => Val::Func((!v.is_null()).then_some(0)),
        wasmi::Val::ExternRef(Nullable::Null) => Val::Extern(None),
        wasmi::Val::ExternRef(Nullable::Val(v)) => {
            Val::Extern(Some(v.data(store.as_context()).downcast_ref().copied().unwrap_or(u32::MAX)))
        }
    }
}

fn ending(error: &Error) -> Ending {
    let trapped = |cause| Ending::Trapped(Trapped { cause, places: Vec::new() });
    let Some(code) = error.as_trap_code() else {
        let message = error.to_string();
        return match error.kind() {
            ErrorKind::Instantiation(InstantiationError::ElementSegmentDoesNotFit { .. }) => {
                trapped(Cause::TableOutOfBounds)
            }
            _ if message == HOST_FAILS => Ending::HostFailed,
            _ => Ending::Failed(message),
        };
    };
    trapped(match code {
        TrapCode::UnreachableCodeReached => Cause::Unreachable,
        TrapCode::MemoryOutOfBounds => Cause::MemoryOutOfBounds,
        TrapCode::TableOutOfBounds => Cause::TableOutOfBounds,
        TrapCode::IndirectCallToNull => Cause::NullElement,
        TrapCode::BadSignature => Cause::SignatureMismatch,
        TrapCode::IntegerOverflow => Cause::IntegerOverflow,
        TrapCode::IntegerDivisionByZero => Cause::IntegerDivideByZero,
        TrapCode::BadConversionToInteger => Cause::InvalidConversion,
        TrapCode::StackOverflow => return Ending::OutOfStack,
        TrapCode::OutOfFuel => return Ending::OutOfFuel(Vec::new()),
        other => return Ending::Failed(other.to_string()),
    })
}
