//! wasmi: an interpreter, translating eagerly.

use crate::clock::{Lap, Stopwatch};
use crate::engine::{Calls, Engine as BenchEngine, Failure, InStores, Instances};
use crate::for_each_wasi_function;
use crate::wasi::{MODULE, Wasi, errno, provides};
use wasmi::{
    Caller, CompilationMode, Config, Engine, Error, Extern, ExternType, Func, Instance, Linker, Memory,
    Module, Store, TypedFunc, Val,
};

/// The engine's name.
pub const NAME: &str = "wasmi";

/// The version in `Cargo.toml`.
pub const VERSION: &str = "2.0.0";

/// The interpreter.
pub struct Wasmi {
    engine: Engine,
}

struct State {
    wasi: Wasi,
    memory: Option<Memory>,
}

impl Wasmi {
    /// The interpreter.
    pub fn new() -> Wasmi {
        let mut config = Config::default();
        config.compilation_mode(CompilationMode::Eager);
        Wasmi { engine: Engine::new(&config) }
    }
}

macro_rules! link {
    ($($name:ident($($p:ident: $t:ty),*);)*) => {
        fn link_wasi(linker: &mut Linker<State>) -> Result<(), Error> {
            $(linker.func_wrap(MODULE, stringify!($name), |mut caller: Caller<'_, State>, $($p: $t),*| {
                let memory = memory(&mut caller)?;
                let (bytes, state) = memory.data_and_store_mut(&mut caller);
                Ok::<u32, Error>(errno(state.wasi.$name(bytes, $($p),*)))
            })?;)*
            linker.func_wrap(MODULE, "proc_exit", |mut caller: Caller<'_, State>, code: u32| {
                caller.data_mut().wasi.proc_exit(code);
                Err::<(), _>(Error::new("exit"))
            })?;
            Ok(())
        }
    };
}
for_each_wasi_function!(link);

fn memory(caller: &mut Caller<'_, State>) -> Result<Memory, Error> {
    if let Some(memory) = caller.data().memory {
        return Ok(memory);
    }
    let Some(Extern::Memory(memory)) = caller.get_export("memory") else {
        return Err(Error::new("the program exports no memory"));
    };
    caller.data_mut().memory = Some(memory);
    Ok(memory)
}

/// Makes the imported functions that `given` does not say of functions that trap.
fn link_traps<T>(
    linker: &mut Linker<T>,
    module: &Module,
    given: impl Fn(&str, &str) -> bool,
) -> Result<(), Failure> {
    let mut done = std::collections::HashSet::new();
    for import in module.imports() {
        let (from, name) = (import.module(), import.name());
        if given(from, name) || !done.insert((from, name)) {
            continue;
        }
        let ExternType::Func(ty) = import.ty() else {
            return Err(Failure::unsupported(format!("imports {from} {name}, not a function")));
        };
        let trap = |_: Caller<'_, T>, _: &[Val], _: &mut [Val]| Err(Error::new("an import that traps"));
        linker.func_new(from, name, ty.clone(), trap).map_err(Failure::failed)?;
    }
    Ok(())
}

impl BenchEngine for Wasmi {
    type Module = Module;

    fn compile(&self, wasm: &[u8]) -> Result<Module, Failure> {
        Module::new(&self.engine, wasm).map_err(Failure::unsupported)
    }

    fn run(&self, module: &Module, wasi: Wasi) -> Result<(Wasi, Lap), Failure> {
        let mut linker = Linker::new(&self.engine);
        link_wasi(&mut linker).map_err(Failure::failed)?;
        link_traps(&mut linker, module, provides)?;
        let mut store = Store::new(&self.engine, State { wasi, memory: None });
        let instance = linker.instantiate_and_start(&mut store, module).map_err(Failure::failed)?;
        let start = instance.get_typed_func::<(), ()>(&store, "_start").map_err(Failure::failed)?;
        let running = Stopwatch::start();
        let result = start.call(&mut store, ());
        let ran = running.lap();
        let wasi = store.into_data().wasi;
        match result {
            Err(error) if wasi.exit_code.is_none() => Err(Failure::failed(error)),
            _ => Ok((wasi, ran)),
        }
    }

    fn instances<'m>(&'m self, module: &'m Module) -> Result<Box<dyn Instances + 'm>, Failure> {
        let mut linker = Linker::<()>::new(&self.engine);
        link_traps(&mut linker, module, |_, _| false)?;
        let store = || Ok(Store::new(&self.engine, ()));
        Ok(Box::new(InStores::new(store, move |store| {
            linker.instantiate_and_start(store, module).map(|_| ()).map_err(Failure::failed)
        })))
    }

    fn calls(&self, caller: &Module, callee: &Module) -> Result<Box<dyn Calls>, Failure> {
        let ready = || -> Result<WasmiCalls, Error> {
            let mut linker = Linker::new(&self.engine);
            linker.func_wrap("host", "nop", || ())?;
            linker.func_wrap("host", "add", |a: i32, b: i32| a.wrapping_add(b))?;
            let mut store = Store::new(&self.engine, ());
            let other = linker.instantiate_and_start(&mut store, callee)?;
            let add = other.get_func(&store, "add").ok_or_else(|| Error::new("no add"))?;
            linker.define("callee", "add", add)?;
            let instance = linker.instantiate_and_start(&mut store, caller)?;
            let nop = instance.get_typed_func(&store, "nop")?;
            let add = instance.get_typed_func(&store, "add")?;
            let dynamic = instance.get_func(&store, "add").ok_or_else(|| Error::new("no add"))?;
            Ok(WasmiCalls { store, instance, nop, add, dynamic })
        };
        Ok(Box::new(ready().map_err(Failure::failed)?))
    }
}

struct WasmiCalls {
    store: Store<()>,
    instance: Instance,
    nop: TypedFunc<(), ()>,
    add: TypedFunc<(i32, i32), i32>,
    dynamic: Func,
}

impl Calls for WasmiCalls {
    fn typed_0(&mut self, times: u32) -> Result<(), Failure> {
        for _ in 0..times {
            self.nop.call(&mut self.store, ()).map_err(Failure::failed)?;
        }
        Ok(())
    }

    fn typed_2(&mut self, times: u32) -> Result<(), Failure> {
        let mut sum = 0;
        for _ in 0..times {
            sum = self.add.call(&mut self.store, (sum, 1)).map_err(Failure::failed)?;
        }
        std::hint::black_box(sum);
        Ok(())
    }

    fn dynamic_2(&mut self, times: u32) -> Result<(), Failure> {
        let (args, mut results) = ([Val::I32(1), Val::I32(2)], [Val::I32(0)]);
        for _ in 0..times {
            self.dynamic.call(&mut self.store, &args, &mut results).map_err(Failure::failed)?;
        }
        Ok(())
    }

    fn looped(&mut self, name: &str, times: u32) -> Result<(), Failure> {
        let run = self.instance.get_typed_func::<u32, i32>(&self.store, name).map_err(Failure::failed)?;
        run.call(&mut self.store, times).map(|_| ()).map_err(Failure::failed)
    }
}
