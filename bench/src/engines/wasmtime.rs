//! wasmtime: Cranelift and Winch.

use super::{artefact, one_thread};
use crate::clock::{Lap, Stopwatch};
use crate::engine::{Calls, Engine as BenchEngine, Failure, InStores, Instances};
use crate::for_each_wasi_function;
use crate::measure::INSTANCES;
use crate::wasi::{MODULE, Wasi, errno};
use std::path::Path;
use wasmtime::{
    Caller, Config, Engine, Extern, Func, InstanceAllocationStrategy, Linker, Memory, Module,
    PoolingAllocationConfig, Store, Strategy, TypedFunc, Val,
};
use wz_bench_harness::job::Job;

/// The version in `Cargo.toml`.
pub const VERSION: &str = "48.0.8";

/// How wasmtime is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The optimising compiler.
    Cranelift,
    /// The baseline compiler.
    Winch,
    /// As `Winch`, with memories, tables and instances that are made beforehand.
    Pooling,
}

impl Mode {
    /// All modes.
    pub const ALL: &[Mode] = &[Mode::Cranelift, Mode::Winch, Mode::Pooling];

    /// The engine's name.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Cranelift => "wasmtime-cranelift",
            Mode::Winch => "wasmtime-winch",
            Mode::Pooling => "wasmtime-pooling",
        }
    }
}

/// An engine of wasmtime.
pub struct Wasmtime {
    engine: Engine,
}

struct State {
    wasi: Wasi,
    memory: Option<Memory>,
}

impl Wasmtime {
    /// An engine for a job.
    pub fn new(mode: Mode, job: &Job) -> Result<Wasmtime, Failure> {
        let mut config = Config::new();
        config.parallel_compilation(!one_thread(job));
        match mode {
            Mode::Cranelift => config.strategy(Strategy::Cranelift).wasm_exceptions(true),
            Mode::Winch | Mode::Pooling => config.strategy(Strategy::Winch),
        };
        if mode == Mode::Pooling {
            let mut pool = PoolingAllocationConfig::default();
            pool.total_core_instances(INSTANCES as u32)
                .total_memories(INSTANCES as u32)
                .total_tables(INSTANCES as u32)
                .table_elements(200_000)
                .max_core_instance_size(4 << 20);
            config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
        }
        Engine::new(&config).map(|engine| Wasmtime { engine }).map_err(Failure::failed)
    }
}

macro_rules! link {
    ($($name:ident($($p:ident: $t:ty),*);)*) => {
        fn link_wasi(linker: &mut Linker<State>) -> wasmtime::Result<()> {
            $(linker.func_wrap(MODULE, stringify!($name), |mut caller: Caller<'_, State>, $($p: $t),*| {
                let memory = memory(&mut caller)?;
                let (bytes, state) = memory.data_and_store_mut(&mut caller);
                Ok(errno(state.wasi.$name(bytes, $($p),*)))
            })?;)*
            linker.func_wrap(MODULE, "proc_exit", |mut caller: Caller<'_, State>, code: u32| {
                caller.data_mut().wasi.proc_exit(code);
                Err::<(), _>(wasmtime::format_err!("exit"))
            })?;
            Ok(())
        }
    };
}
for_each_wasi_function!(link);

fn memory(caller: &mut Caller<'_, State>) -> wasmtime::Result<Memory> {
    if let Some(memory) = caller.data().memory {
        return Ok(memory);
    }
    let Some(Extern::Memory(memory)) = caller.get_export("memory") else {
        return Err(wasmtime::format_err!("the program exports no memory"));
    };
    caller.data_mut().memory = Some(memory);
    Ok(memory)
}

impl BenchEngine for Wasmtime {
    type Module = Module;

    fn compile(&self, wasm: &[u8]) -> Result<Module, Failure> {
        Module::new(&self.engine, wasm).map_err(|error| Failure::Unsupported(format!("{error:#}")))
    }

    fn code_bytes(&self, module: &Module) -> Option<usize> {
        Some(module.text().len())
    }

    fn run(&self, module: &Module, wasi: Wasi) -> Result<(Wasi, Lap), Failure> {
        let mut linker = Linker::new(&self.engine);
        link_wasi(&mut linker).map_err(Failure::failed)?;
        linker.define_unknown_imports_as_traps(module).map_err(Failure::failed)?;
        let mut store = Store::new(&self.engine, State { wasi, memory: None });
        let instance = linker.instantiate(&mut store, module).map_err(Failure::failed)?;
        let start = instance.get_typed_func::<(), ()>(&mut store, "_start").map_err(Failure::failed)?;
        let running = Stopwatch::start();
        let result = start.call(&mut store, ());
        let ran = running.lap();
        let wasi = store.into_data().wasi;
        match result {
            Err(error) if wasi.exit_code.is_none() => Err(Failure::failed(error)),
            _ => Ok((wasi, ran)),
        }
    }

    fn store(&self, module: &Module, file: &Path) -> Result<(), Failure> {
        let bytes = module.serialize().map_err(Failure::failed)?;
        std::fs::write(file, bytes).map_err(Failure::failed)
    }

    fn load(&self, file: &Path) -> Result<Module, Failure> {
        artefact::wasmtime(&self.engine, file)
    }

    fn instances<'m>(&'m self, module: &'m Module) -> Result<Box<dyn Instances + 'm>, Failure> {
        let mut linker = Linker::<()>::new(&self.engine);
        linker.define_unknown_imports_as_traps(module).map_err(Failure::failed)?;
        let prepared = linker.instantiate_pre(module).map_err(Failure::failed)?;
        let store = || Ok(Store::new(&self.engine, ()));
        Ok(Box::new(InStores::new(store, move |store| {
            prepared.instantiate(store).map(|_| ()).map_err(Failure::failed)
        })))
    }

    fn calls(&self, caller: &Module, callee: &Module) -> Result<Box<dyn Calls>, Failure> {
        let ready = || -> wasmtime::Result<WasmtimeCalls> {
            let mut linker = Linker::new(&self.engine);
            linker.func_wrap("host", "nop", || ())?;
            linker.func_wrap("host", "add", |a: i32, b: i32| a.wrapping_add(b))?;
            let mut store = Store::new(&self.engine, ());
            let other = linker.instantiate(&mut store, callee)?;
            linker.instance(&mut store, "callee", other)?;
            let instance = linker.instantiate(&mut store, caller)?;
            let nop = instance.get_typed_func(&mut store, "nop")?;
            let add = instance.get_typed_func(&mut store, "add")?;
            let dynamic = instance.get_func(&mut store, "add");
            let dynamic = dynamic.ok_or_else(|| wasmtime::format_err!("no add"))?;
            Ok(WasmtimeCalls { store, instance, nop, add, dynamic })
        };
        Ok(Box::new(ready().map_err(Failure::failed)?))
    }
}

struct WasmtimeCalls {
    store: Store<()>,
    instance: wasmtime::Instance,
    nop: TypedFunc<(), ()>,
    add: TypedFunc<(i32, i32), i32>,
    dynamic: Func,
}

impl Calls for WasmtimeCalls {
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
        let run = self.instance.get_typed_func::<u32, i32>(&mut self.store, name).map_err(Failure::failed)?;
        run.call(&mut self.store, times).map(|_| ()).map_err(Failure::failed)
    }
}
