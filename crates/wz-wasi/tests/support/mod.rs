//! A guest that calls any function of WASI.

use std::fmt::Write;
use wz_api::{Memory, Module, ModuleConfig, Runtime, RuntimeConfig, Value};
use wz_wasi::Errno;

/// Names and parameters of all functions: `i` for i32, `I` for i64. All but `proc_exit` return an error number.
pub const FUNCTIONS: [(&str, &str); 46] = [
    ("args_get", "ii"),
    ("args_sizes_get", "ii"),
    ("clock_res_get", "ii"),
    ("clock_time_get", "iIi"),
    ("environ_get", "ii"),
    ("environ_sizes_get", "ii"),
    ("fd_advise", "iIIi"),
    ("fd_allocate", "iII"),
    ("fd_close", "i"),
    ("fd_datasync", "i"),
    ("fd_fdstat_get", "ii"),
    ("fd_fdstat_set_flags", "ii"),
    ("fd_fdstat_set_rights", "iII"),
    ("fd_filestat_get", "ii"),
    ("fd_filestat_set_size", "iI"),
    ("fd_filestat_set_times", "iIIi"),
    ("fd_pread", "iiiIi"),
    ("fd_prestat_dir_name", "iii"),
    ("fd_prestat_get", "ii"),
    ("fd_pwrite", "iiiIi"),
    ("fd_read", "iiii"),
    ("fd_readdir", "iiiIi"),
    ("fd_renumber", "ii"),
    ("fd_seek", "iIii"),
    ("fd_sync", "i"),
    ("fd_tell", "ii"),
    ("fd_write", "iiii"),
    ("path_create_directory", "iii"),
    ("path_filestat_get", "iiiii"),
    ("path_filestat_set_times", "iiiiIIi"),
    ("path_link", "iiiiiii"),
    ("path_open", "iiiiiIIii"),
    ("path_readlink", "iiiiii"),
    ("path_remove_directory", "iii"),
    ("path_rename", "iiiiii"),
    ("path_symlink", "iiiii"),
    ("path_unlink_file", "iii"),
    ("poll_oneoff", "iiii"),
    ("proc_exit", "i"),
    ("proc_raise", "i"),
    ("random_get", "ii"),
    ("sched_yield", ""),
    ("sock_accept", "iii"),
    ("sock_recv", "iiiiii"),
    ("sock_send", "iiiii"),
    ("sock_shutdown", "ii"),
];

/// A guest with a memory of one page and a function for each imported one, which calls it.
fn guest_source(wasi: &str) -> String {
    let mut imports = String::new();
    let mut functions = String::new();
    for (name, params) in FUNCTIONS {
        let params: Vec<&str> = params.chars().map(|c| if c == 'i' { "i32" } else { "i64" }).collect();
        let result = if name == "proc_exit" { "" } else { "(result i32)" };
        let ty = format!("(param {}) {result}", params.join(" "));
        let args: String = (0..params.len()).map(|i| format!("(local.get {i})")).collect();
        writeln!(imports, r#"(import "{wasi}" "{name}" (func ${name} {ty}))"#).unwrap();
        writeln!(functions, r#"(func (export "{name}") {ty} (call ${name} {args}))"#).unwrap();
    }
    format!(r#"(module {imports} (memory (export "memory") 1) {functions})"#)
}

pub struct Guest {
    pub rt: Runtime,
    pub module: Module,
    pub memory: Memory,
}

impl Guest {
    pub fn new(config: ModuleConfig) -> Guest {
        Guest::with_runtime(RuntimeConfig::new(), wz_wasi::MODULE_NAME, config)
    }

    pub fn with_runtime(runtime: RuntimeConfig, wasi: &str, config: ModuleConfig) -> Guest {
        let mut rt = Runtime::new(runtime).unwrap();
        wz_wasi::instantiate(&mut rt).unwrap();
        rt.instantiate_host(&wz_wasi::unstable_module()).unwrap();
        let code = rt.compile(guest_source(wasi)).unwrap();
        let module = rt.instantiate(&code, config).unwrap();
        let memory = module.memory(&rt, "memory").unwrap();
        Guest { rt, module, memory }
    }

    pub fn try_call(&mut self, name: &str, args: &[i64]) -> Result<u16, wz_api::Error> {
        let func = self.module.func_dyn(&self.rt, name).unwrap();
        let ty = func.ty(&self.rt).unwrap();
        assert_eq!(args.len(), ty.params().len(), "{name}");
        let args: Vec<Value> = args
            .iter()
            .zip(ty.params())
            .map(
                |(arg, ty)| {
                    if *ty == wz_api::ValType::I32 { Value::I32(*arg as i32) } else { Value::I64(*arg) }
                },
            )
            .collect();
        let results = func.call_dyn(&mut self.rt, &args)?;
        Ok(results.first().and_then(Value::as_i32).unwrap_or_default() as u16)
    }

    #[track_caller]
    pub fn call(&mut self, name: &str, args: &[i64], expected: Errno) {
        match self.try_call(name, args) {
            Ok(errno) => assert_eq!(errno, expected.raw(), "{name} {args:?}: expected {expected:?}"),
            Err(error) => panic!("{name} {args:?}: {error}"),
        }
    }

    pub fn write(&mut self, at: u64, bytes: &[u8]) {
        self.memory.write(&mut self.rt, at, bytes).unwrap();
    }

    pub fn write_u32s(&mut self, at: u64, values: &[u32]) {
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.write(at, &bytes);
    }

    pub fn bytes(&self, at: u64, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        self.memory.read(&self.rt, at, &mut bytes).unwrap();
        bytes
    }

    pub fn u32(&self, at: u64) -> u32 {
        u32::from_le_bytes(self.bytes(at, 4).try_into().unwrap())
    }

    pub fn u64(&self, at: u64) -> u64 {
        u64::from_le_bytes(self.bytes(at, 8).try_into().unwrap())
    }
}
