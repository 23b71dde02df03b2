//! wz, in every mode that its public API lists.

use super::one_thread;
use crate::clock::{Lap, Stopwatch};
use crate::engine::{Calls, Engine, Failure, InStores, Instances};
use crate::for_each_wasi_function;
use crate::wasi::{MODULE, Wasi, errno, provides};
use std::collections::{BTreeMap, HashSet};
use wz_api::{
    Caller, CompiledModule, EngineKind, Error, ExternType, Func, HostModule, MemoryKind, ModuleConfig,
    Runtime, RuntimeConfig, Split, TypedFunc, Value,
};
use wz_bench_harness::job::{EngineInfo, Job};

/// What the names of its engines begin with.
const PREFIX: &str = "wz-";

/// The version of the workspace that the bench is in.
const VERSION: &str = "0.1.0";

/// What the name of a variant ends with, and what it sets.
type Variant = (&'static str, fn(RuntimeConfig) -> RuntimeConfig);

/// Settings of the native engine whose price is measured.
const VARIANTS: &[Variant] = &[
    ("interruption", |config| config.with_interruption(true)),
    ("checked", |config| config.with_memory_kind(MemoryKind::Checked)),
];

/// Every engine that wz has on this host, and its variants.
pub fn list() -> Vec<EngineInfo> {
    let mut engines = Vec::new();
    let kinds = EngineKind::ALL.iter().filter(|kind| **kind != EngineKind::Auto);
    for kind in kinds.filter(|kind| Runtime::new(RuntimeConfig::new().with_engine(**kind)).is_ok()) {
        let name = format!("{PREFIX}{kind}");
        let variants: &[_] = if *kind == EngineKind::Jit { VARIANTS } else { &[] };
        let variants = variants.iter().map(|(end, _)| EngineInfo {
            name: format!("{name}-{end}"),
            version: VERSION.to_owned(),
            variant_of: Some(name.clone()),
        });
        engines.push(EngineInfo { name: name.clone(), version: VERSION.to_owned(), variant_of: None });
        engines.extend(variants);
    }
    engines
}

/// The settings of the engine called `name`.
pub fn config(name: &str) -> Option<RuntimeConfig> {
    let name = name.strip_prefix(PREFIX)?;
    if let Ok(kind) = name.parse() {
        return Some(RuntimeConfig::new().with_engine(kind));
    }
    let (kind, end) = name.rsplit_once('-')?;
    let (_, set) = VARIANTS.iter().find(|(variant, _)| *variant == end)?;
    Some(set(RuntimeConfig::new().with_engine(kind.parse().ok()?)))
}

/// An engine of wz.
pub struct Wz {
    config: RuntimeConfig,
}

impl Wz {
    /// An engine for a job.
    pub fn new(config: RuntimeConfig, job: &Job) -> Wz {
        let threads = usize::from(one_thread(job));
        Wz { config: config.with_compile_threads(threads) }
    }

    fn runtime(&self) -> Result<Runtime, Failure> {
        Runtime::new(self.config.clone()).map_err(Failure::failed)
    }
}

macro_rules! link {
    ($($name:ident($($p:ident: $t:ty),*);)*) => {
        fn wasi_module() -> HostModule<Wasi> {
            HostModule::new(MODULE)
                $(.func(stringify!($name), |mut caller: Caller<'_, Wasi>, $($p: $t),*| {
                    let Split { data, memory, .. } = caller.split()?;
                    Ok::<u32, Error>(errno(data.$name(memory, $($p),*)))
                }))*
                .func("proc_exit", |mut caller: Caller<'_, Wasi>, code: u32| {
                    caller.data_mut().proc_exit(code);
                    Err::<(), _>(Error::exit(code))
                })
        }
    };
}
for_each_wasi_function!(link);

/// Host modules whose functions trap, for the imported functions that `given` does not say; they extend `modules`.
fn trapping<T: 'static>(
    code: &CompiledModule,
    mut modules: BTreeMap<String, HostModule<T>>,
    given: impl Fn(&str, &str) -> bool,
) -> Result<BTreeMap<String, HostModule<T>>, Failure> {
    let mut done = HashSet::new();
    for import in code.imports() {
        if given(import.module, import.name) || !done.insert((import.module, import.name)) {
            continue;
        }
        let ExternType::Func(ty) = import.ty else {
            let what = format!("imports {} {}, not a function", import.module, import.name);
            return Err(Failure::unsupported(what));
        };
        let trap = |_: Caller<'_, T>, _: &[Value], _: &mut [Value]| Err(Error::host("an import that traps"));
        let module = modules.remove(import.module).unwrap_or_else(|| HostModule::new(import.module));
        modules.insert(import.module.to_owned(), module.func_dyn(import.name, ty, trap));
    }
    Ok(modules)
}

impl Engine for Wz {
    type Module = CompiledModule;

    fn compile(&self, wasm: &[u8]) -> Result<CompiledModule, Failure> {
        self.runtime()?.compile(wasm).map_err(Failure::unsupported)
    }

    fn code_bytes(&self, module: &CompiledModule) -> Option<usize> {
        Some(module.code_bytes())
    }

    fn run(&self, module: &CompiledModule, wasi: Wasi) -> Result<(Wasi, Lap), Failure> {
        let mut rt = Runtime::with_data(self.config.clone(), wasi).map_err(Failure::failed)?;
        let wasi = BTreeMap::from([(MODULE.to_owned(), wasi_module())]);
        for host in trapping(module, wasi, provides)?.values() {
            rt.instantiate_host(host).map_err(Failure::failed)?;
        }
        // `_start` is called below, where its time is taken.
        let config = ModuleConfig::new().with_start_functions(Vec::<String>::new());
        let instance = rt.instantiate(module, config).map_err(Failure::failed)?;
        let start = instance.func::<(), ()>(&rt, "_start").map_err(Failure::failed)?;
        let running = Stopwatch::start();
        let result = start.call(&mut rt, ());
        let ran = running.lap();
        let wasi = std::mem::replace(rt.data_mut(), Wasi::new(Vec::new(), Vec::new()));
        match result {
            Err(error) if wasi.exit_code.is_none() => Err(Failure::failed(error)),
            _ => Ok((wasi, ran)),
        }
    }

    fn instances<'m>(&'m self, module: &'m CompiledModule) -> Result<Box<dyn Instances + 'm>, Failure> {
        let hosts = trapping::<()>(module, BTreeMap::new(), |_, _| false)?;
        let config = ModuleConfig::new().with_start_functions(Vec::<String>::new());
        let runtime = move || {
            let mut rt = self.runtime()?;
            for host in hosts.values() {
                rt.instantiate_host(host).map_err(Failure::failed)?;
            }
            Ok(rt)
        };
        Ok(Box::new(InStores::new(runtime, move |rt| {
            rt.instantiate(module, config.clone()).map(|_| ()).map_err(Failure::failed)
        })))
    }

    fn calls(&self, caller: &CompiledModule, callee: &CompiledModule) -> Result<Box<dyn Calls>, Failure> {
        let host = HostModule::new("host").func("nop", || ()).func("add", |a: i32, b: i32| a.wrapping_add(b));
        let mut rt = self.runtime()?;
        rt.instantiate_host(&host).map_err(Failure::failed)?;
        rt.instantiate(callee, ModuleConfig::new().with_name("callee")).map_err(Failure::failed)?;
        let instance = rt.instantiate(caller, ModuleConfig::new()).map_err(Failure::failed)?;
        let nop = instance.func(&rt, "nop").map_err(Failure::failed)?;
        let add = instance.func(&rt, "add").map_err(Failure::failed)?;
        let dynamic = instance.func_dyn(&rt, "add").map_err(Failure::failed)?;
        Ok(Box::new(WzCalls { rt, instance, nop, add, dynamic }))
    }
}

struct WzCalls {
    rt: Runtime,
    instance: wz_api::Module,
    nop: TypedFunc<(), ()>,
    add: TypedFunc<(i32, i32), i32>,
    dynamic: Func,
}

impl Calls for WzCalls {
    fn typed_0(&mut self, times: u32) -> Result<(), Failure> {
        for _ in 0..times {
            self.nop.call(&mut self.rt, ()).map_err(Failure::failed)?;
        }
        Ok(())
    }

    fn typed_2(&mut self, times: u32) -> Result<(), Failure> {
        let mut sum = 0;
        for _ in 0..times {
            sum = self.add.call(&mut self.rt, (sum, 1)).map_err(Failure::failed)?;
        }
        std::hint::black_box(sum);
        Ok(())
    }

    fn dynamic_2(&mut self, times: u32) -> Result<(), Failure> {
        let args = [Value::I32(1), Value::I32(2)];
        for _ in 0..times {
            self.dynamic.call_dyn(&mut self.rt, &args).map_err(Failure::failed)?;
        }
        Ok(())
    }

    fn looped(&mut self, name: &str, times: u32) -> Result<(), Failure> {
        let run = self.instance.func::<u32, i32>(&self.rt, name).map_err(Failure::failed)?;
        run.call(&mut self.rt, times).map(|_| ()).map_err(Failure::failed)
    }
}
