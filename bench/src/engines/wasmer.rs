//! wasmer: its baseline compiler, singlepass.

use super::{artefact, one_thread};
use crate::clock::{Lap, Stopwatch};
use crate::engine::{Calls, Engine as BenchEngine, Failure, InStores, Instances};
use crate::for_each_wasi_function;
use crate::wasi::{MODULE, Memory as GuestMemory, Wasi, errno, provides};
use std::num::NonZero;
use std::path::Path;
use wasmer::sys::{EngineBuilder, Singlepass as Compiler};
use wasmer::{
    Engine, ExternType, Function, FunctionEnv, FunctionEnvMut, Imports, Instance, Memory, MemoryView, Module,
    RuntimeError, Store, TypedFunction, Value,
};
use wz_bench_harness::job::Job;

/// The engine's name.
pub const NAME: &str = "wasmer-singlepass";

/// The version in `Cargo.toml`.
pub const VERSION: &str = "7.4.2";

/// The baseline compiler.
pub struct Singlepass {
    engine: Engine,
}

struct State {
    wasi: Option<Wasi>,
    memory: Option<Memory>,
}

impl Singlepass {
    /// An engine for a job.
    pub fn new(job: &Job) -> Result<Singlepass, Failure> {
        let mut compiler = Compiler::new();
        if one_thread(job) {
            compiler.num_threads(NonZero::<usize>::MIN);
        }
        Ok(Singlepass { engine: EngineBuilder::new(compiler).engine().into() })
    }
}

impl GuestMemory for MemoryView<'_> {
    fn read(&self, at: u64, bytes: &mut [u8]) -> Option<()> {
        MemoryView::read(self, at, bytes).ok()
    }

    fn write(&mut self, at: u64, bytes: &[u8]) -> Option<()> {
        MemoryView::write(self, at, bytes).ok()
    }
}

macro_rules! link {
    ($($name:ident($($p:ident: $t:ty),*);)*) => {
        fn link_wasi(store: &mut Store, env: &FunctionEnv<State>, imports: &mut Imports) {
            $(imports.define(MODULE, stringify!($name), Function::new_typed_with_env(
                store,
                env,
                |mut env: FunctionEnvMut<'_, State>, $($p: $t),*| -> Result<u32, RuntimeError> {
                    let (state, store) = env.data_and_store_mut();
                    let (Some(memory), Some(wasi)) = (&state.memory, &mut state.wasi) else {
                        return Err(RuntimeError::new("the program exports no memory"));
                    };
                    Ok(errno(wasi.$name(&mut memory.view(&store), $($p),*)))
                },
            ));)*
            imports.define(MODULE, "proc_exit", Function::new_typed_with_env(
                store,
                env,
                |mut env: FunctionEnvMut<'_, State>, code: u32| -> Result<(), RuntimeError> {
                    if let Some(wasi) = &mut env.data_mut().wasi {
                        wasi.proc_exit(code);
                    }
                    Err(RuntimeError::new("exit"))
                },
            ));
        }
    };
}
for_each_wasi_function!(link);

/// Makes the imported functions that `given` does not say of functions that trap.
fn link_traps(
    store: &mut Store,
    imports: &mut Imports,
    module: &Module,
    given: impl Fn(&str, &str) -> bool,
) -> Result<(), Failure> {
    for import in module.imports() {
        let (from, name) = (import.module(), import.name());
        if given(from, name) {
            continue;
        }
        let ExternType::Function(ty) = import.ty() else {
            return Err(Failure::unsupported(format!("imports {from} {name}, not a function")));
        };
        let trap = |_: &[Value]| Err(RuntimeError::new("an import that traps"));
        imports.define(from, name, Function::new(store, ty.clone(), trap));
    }
    Ok(())
}

impl BenchEngine for Singlepass {
    type Module = Module;

    fn compile(&self, wasm: &[u8]) -> Result<Module, Failure> {
        Module::new(&self.engine, wasm).map_err(Failure::unsupported)
    }

    fn run(&self, module: &Module, wasi: Wasi) -> Result<(Wasi, Lap), Failure> {
        let mut store = Store::new(self.engine.clone());
        let env = FunctionEnv::new(&mut store, State { wasi: Some(wasi), memory: None });
        let mut imports = Imports::new();
        link_wasi(&mut store, &env, &mut imports);
        link_traps(&mut store, &mut imports, module, provides)?;
        let instance = Instance::new(&mut store, module, &imports).map_err(Failure::failed)?;
        env.as_mut(&mut store).memory = instance.exports.get_memory("memory").ok().cloned();
        let start = instance.exports.get_typed_function::<(), ()>(&store, "_start");
        let start = start.map_err(Failure::failed)?;
        let running = Stopwatch::start();
        let result = start.call(&mut store);
        let ran = running.lap();
        let wasi = env.as_mut(&mut store).wasi.take().ok_or_else(|| Failure::failed("no state"))?;
        match result {
            Err(error) if wasi.exit_code.is_none() => Err(Failure::failed(error)),
            _ => Ok((wasi, ran)),
        }
    }

    fn store(&self, module: &Module, file: &Path) -> Result<(), Failure> {
        module.serialize_to_file(file).map_err(Failure::failed)
    }

    fn load(&self, file: &Path) -> Result<Module, Failure> {
        artefact::wasmer(&self.engine, file)
    }

    fn instances<'m>(&'m self, module: &'m Module) -> Result<Box<dyn Instances + 'm>, Failure> {
        let store = || {
            let mut store = Store::new(self.engine.clone());
            let mut imports = Imports::new();
            link_traps(&mut store, &mut imports, module, |_, _| false)?;
            Ok((store, imports))
        };
        Ok(Box::new(InStores::new(store, move |(store, imports)| {
            Instance::new(store, module, imports).map(|_| ()).map_err(Failure::failed)
        })))
    }

    fn calls(&self, caller: &Module, callee: &Module) -> Result<Box<dyn Calls>, Failure> {
        let mut store = Store::new(self.engine.clone());
        let other = Instance::new(&mut store, callee, &Imports::new()).map_err(Failure::failed)?;
        let mut imports = Imports::new();
        imports.define("host", "nop", Function::new_typed(&mut store, || ()));
        imports.define("host", "add", Function::new_typed(&mut store, |a: i32, b: i32| a.wrapping_add(b)));
        let add = other.exports.get_function("add").map_err(Failure::failed)?;
        imports.define("callee", "add", add.clone());
        let instance = Instance::new(&mut store, caller, &imports).map_err(Failure::failed)?;
        let nop = instance.exports.get_typed_function(&store, "nop").map_err(Failure::failed)?;
        let add = instance.exports.get_typed_function(&store, "add").map_err(Failure::failed)?;
        let dynamic = instance.exports.get_function("add").map_err(Failure::failed)?.clone();
        Ok(Box::new(WasmerCalls { store, instance, nop, add, dynamic }))
    }
}

struct WasmerCalls {
    store: Store,
    instance: Instance,
    nop: TypedFunction<(), ()>,
    add: TypedFunction<(i32, i32), i32>,
    dynamic: Function,
}

impl Calls for WasmerCalls {
    fn typed_0(&mut self, times: u32) -> Result<(), Failure> {
        for _ in 0..times {
            self.nop.call(&mut self.store).map_err(Failure::failed)?;
        }
        Ok(())
    }

    fn typed_2(&mut self, times: u32) -> Result<(), Failure> {
        let mut sum = 0;
        for _ in 0..times {
            sum = self.add.call(&mut self.store, sum, 1).map_err(Failure::failed)?;
        }
        std::hint::black_box(sum);
        Ok(())
    }

    fn dynamic_2(&mut self, times: u32) -> Result<(), Failure> {
        let args = [Value::I32(1), Value::I32(2)];
        for _ in 0..times {
            self.dynamic.call(&mut self.store, &args).map_err(Failure::failed)?;
        }
        Ok(())
    }

    fn looped(&mut self, name: &str, times: u32) -> Result<(), Failure> {
        let run = self.instance.exports.get_typed_function::<u32, i32>(&self.store, name);
        run.map_err(Failure::failed)?.call(&mut self.store, times).map(|_| ()).map_err(Failure::failed)
    }
}
