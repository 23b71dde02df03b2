//! Every function of WASI preview 1, called by a guest: its signature, and its answer for an instance without mounts.

use std::fmt::Write;
use std::time::Duration;
use wz_api::sys::{Input, OutputBuffer, Scheduler};
use wz_api::{Memory, Module, ModuleConfig, Runtime, RuntimeConfig, TrapCode, Value};
use wz_wasi::Errno;

/// Names and parameters of all functions: `i` for i32, `I` for i64. All but `proc_exit` return an error number.
const FUNCTIONS: [(&str, &str); 46] = [
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

struct Guest {
    rt: Runtime,
    module: Module,
    memory: Memory,
}

impl Guest {
    fn new(config: ModuleConfig) -> Guest {
        Guest::with_runtime(RuntimeConfig::new(), wz_wasi::MODULE_NAME, config)
    }

    fn with_runtime(runtime: RuntimeConfig, wasi: &str, config: ModuleConfig) -> Guest {
        let mut rt = Runtime::new(runtime).unwrap();
        wz_wasi::instantiate(&mut rt).unwrap();
        rt.instantiate_host(&wz_wasi::unstable_module()).unwrap();
        let code = rt.compile(guest_source(wasi)).unwrap();
        let module = rt.instantiate(&code, config).unwrap();
        let memory = module.memory(&rt, "memory").unwrap();
        Guest { rt, module, memory }
    }

    fn try_call(&mut self, name: &str, args: &[i64]) -> Result<u16, wz_api::Error> {
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
    fn call(&mut self, name: &str, args: &[i64], expected: Errno) {
        match self.try_call(name, args) {
            Ok(errno) => assert_eq!(errno, expected.raw(), "{name} {args:?}: expected {expected:?}"),
            Err(error) => panic!("{name} {args:?}: {error}"),
        }
    }

    fn write(&mut self, at: u64, bytes: &[u8]) {
        self.memory.write(&mut self.rt, at, bytes).unwrap();
    }

    fn write_u32s(&mut self, at: u64, values: &[u32]) {
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.write(at, &bytes);
    }

    fn bytes(&self, at: u64, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        self.memory.read(&self.rt, at, &mut bytes).unwrap();
        bytes
    }

    fn u32(&self, at: u64) -> u32 {
        u32::from_le_bytes(self.bytes(at, 4).try_into().unwrap())
    }

    fn u64(&self, at: u64) -> u64 {
        u64::from_le_bytes(self.bytes(at, 8).try_into().unwrap())
    }
}

/// An address that is in range, and one that is not.
const AT: i64 = 1024;
const BEYOND: i64 = 65535;

#[test]
fn answers_for_an_instance_without_mounts() {
    use Errno::{BadF, Fault, Inval, NoDev, NoSys, NotCapable, NotDir, NotSock, NotSup, SPipe, Success};
    let cases: &[(&str, &[i64], Errno)] = &[
        ("args_sizes_get", &[AT, AT + 4], Success),
        ("args_sizes_get", &[BEYOND, AT], Fault),
        ("args_sizes_get", &[AT, BEYOND], Fault),
        ("args_get", &[AT, AT + 64], Success),
        ("args_get", &[BEYOND, AT], Fault),
        ("args_get", &[AT, BEYOND], Fault),
        ("environ_sizes_get", &[AT, AT + 4], Success),
        ("environ_sizes_get", &[AT, BEYOND], Fault),
        ("environ_get", &[AT, AT + 64], Success),
        ("environ_get", &[BEYOND, AT], Fault),
        ("clock_res_get", &[0, AT], Success),
        ("clock_res_get", &[1, AT], Success),
        ("clock_res_get", &[2, AT], Inval),
        ("clock_res_get", &[4, AT], Inval),
        ("clock_res_get", &[0, BEYOND], Fault),
        ("clock_time_get", &[0, 0, AT], Success),
        ("clock_time_get", &[1, 1, AT], Success),
        ("clock_time_get", &[3, 0, AT], Inval),
        ("clock_time_get", &[1, 0, BEYOND], Fault),
        ("fd_advise", &[0, 0, 0, 0], SPipe),
        ("fd_advise", &[0, 0, 0, 6], Inval),
        ("fd_advise", &[3, 0, 0, 0], BadF),
        ("fd_allocate", &[1, 0, 1], NoDev),
        ("fd_allocate", &[1, 0, 0], Inval),
        ("fd_allocate", &[3, 0, 1], BadF),
        ("fd_close", &[3], BadF),
        ("fd_close", &[-1], BadF),
        ("fd_datasync", &[1], Success),
        ("fd_datasync", &[3], BadF),
        ("fd_sync", &[0], Success),
        ("fd_sync", &[3], BadF),
        ("fd_fdstat_get", &[0, AT], Success),
        ("fd_fdstat_get", &[0, BEYOND], Fault),
        ("fd_fdstat_get", &[3, AT], BadF),
        ("fd_fdstat_set_flags", &[1, 1], Success),
        ("fd_fdstat_set_flags", &[1, 2], Inval),
        ("fd_fdstat_set_flags", &[1, 0x10000], Inval),
        ("fd_fdstat_set_flags", &[3, 0], BadF),
        ("fd_fdstat_set_rights", &[2, 1 << 5, 0], NotCapable),
        ("fd_fdstat_set_rights", &[2, 1 << 6, 1 << 6], NotCapable),
        ("fd_fdstat_set_rights", &[3, 0, 0], BadF),
        ("fd_filestat_get", &[1, AT], Success),
        ("fd_filestat_get", &[1, BEYOND], Fault),
        ("fd_filestat_get", &[3, AT], BadF),
        ("fd_filestat_set_size", &[1, 0], Inval),
        ("fd_filestat_set_size", &[3, 0], BadF),
        ("fd_filestat_set_times", &[1, 0, 0, 1], NotSup),
        ("fd_filestat_set_times", &[1, 0, 0, 3], Inval),
        ("fd_filestat_set_times", &[1, 0, 0, 16], Inval),
        ("fd_filestat_set_times", &[3, 0, 0, 1], BadF),
        ("fd_pread", &[0, AT, 1, 0, AT], SPipe),
        ("fd_pread", &[1, AT, 1, 0, AT], BadF),
        ("fd_pread", &[0, BEYOND, 1, 0, AT], Fault),
        ("fd_pread", &[3, AT, 1, 0, AT], BadF),
        ("fd_pwrite", &[1, AT, 1, 0, AT], SPipe),
        ("fd_pwrite", &[0, AT, 1, 0, AT], BadF),
        ("fd_pwrite", &[1, AT, 1, 0, BEYOND], Fault),
        ("fd_pwrite", &[3, AT, 1, 0, AT], BadF),
        ("fd_prestat_get", &[0, AT], BadF),
        ("fd_prestat_get", &[3, AT], BadF),
        ("fd_prestat_dir_name", &[3, AT, 1], BadF),
        ("fd_read", &[1, AT, 0, AT], BadF),
        ("fd_read", &[3, AT, 0, AT], BadF),
        ("fd_read", &[0, AT, 1, BEYOND], Fault),
        ("fd_read", &[0, BEYOND, 1, AT], Fault),
        ("fd_read", &[0, AT, -1, AT], Fault),
        ("fd_readdir", &[0, AT, 64, 0, AT], NotDir),
        ("fd_readdir", &[3, AT, 64, 0, AT], BadF),
        ("fd_renumber", &[0, 3], BadF),
        ("fd_renumber", &[3, 0], BadF),
        ("fd_renumber", &[2, 2], Success),
        ("fd_seek", &[0, 0, 0, AT], SPipe),
        ("fd_seek", &[0, 0, 3, AT], Inval),
        ("fd_seek", &[3, 0, 0, AT], BadF),
        ("fd_tell", &[1, AT], SPipe),
        ("fd_tell", &[3, AT], BadF),
        ("fd_write", &[0, AT, 0, AT], BadF),
        ("fd_write", &[3, AT, 0, AT], BadF),
        ("fd_write", &[1, AT, 1, BEYOND], Fault),
        ("fd_write", &[1, BEYOND, 1, AT], Fault),
        ("path_create_directory", &[3, AT, 1], BadF),
        ("path_create_directory", &[0, AT, 1], NotDir),
        ("path_filestat_get", &[3, 0, AT, 1, AT], BadF),
        ("path_filestat_set_times", &[3, 0, AT, 1, 0, 0, 0], BadF),
        ("path_link", &[3, 0, AT, 1, 3, AT, 1], BadF),
        ("path_link", &[0, 0, AT, 1, 3, AT, 1], BadF),
        ("path_link", &[0, 0, AT, 1, 1, AT, 1], NotDir),
        ("path_open", &[3, 0, AT, 1, 0, 0, 0, 0, AT], BadF),
        ("path_open", &[2, 0, AT, 1, 0, 0, 0, 0, AT], NotDir),
        ("path_readlink", &[3, AT, 1, AT, 1, AT], BadF),
        ("path_remove_directory", &[3, AT, 1], BadF),
        ("path_rename", &[3, AT, 1, 3, AT, 1], BadF),
        ("path_symlink", &[AT, 1, 3, AT, 1], BadF),
        ("path_unlink_file", &[3, AT, 1], BadF),
        ("poll_oneoff", &[AT, AT, 0, AT], Inval),
        ("poll_oneoff", &[BEYOND, AT, 1, AT], Fault),
        ("poll_oneoff", &[AT, BEYOND, 1, AT], Fault),
        ("poll_oneoff", &[AT, AT, 1, BEYOND], Fault),
        ("poll_oneoff", &[AT, AT, -1, AT], Fault),
        ("proc_raise", &[6], NoSys),
        ("random_get", &[AT, 8], Success),
        ("random_get", &[BEYOND, 1], Success),
        ("random_get", &[BEYOND, 2], Fault),
        ("random_get", &[-1, -1], Fault),
        ("sched_yield", &[], Success),
        ("sock_accept", &[0, 0, AT], NotSock),
        ("sock_accept", &[3, 0, AT], BadF),
        ("sock_recv", &[0, AT, 0, 0, AT, AT], NotSock),
        ("sock_recv", &[3, AT, 0, 0, AT, AT], BadF),
        ("sock_send", &[1, AT, 0, 0, AT], NotSock),
        ("sock_send", &[3, AT, 0, 0, AT], BadF),
        ("sock_shutdown", &[2, 0], NotSock),
        ("sock_shutdown", &[3, 0], BadF),
    ];
    let mut guest = Guest::new(ModuleConfig::new().with_args(["prog"]).with_env("A", "1"));
    for (name, args, errno) in cases {
        guest.call(name, args, *errno);
    }
    let tried = |name: &str| cases.iter().any(|(n, ..)| *n == name) || name == "proc_exit";
    for (name, _) in FUNCTIONS {
        assert!(tried(name), "{name} is not tried");
    }
}

#[test]
fn arguments_and_environment_arrive() {
    let config = ModuleConfig::new().with_args(["prog", "", "x y"]).with_env("A", "1").with_env("B", "");
    let mut guest = Guest::new(config);
    guest.call("args_sizes_get", &[0, 4], Errno::Success);
    assert_eq!((guest.u32(0), guest.u32(4)), (3, 10));
    guest.call("args_get", &[0, 100], Errno::Success);
    assert_eq!([guest.u32(0), guest.u32(4), guest.u32(8)], [100, 105, 106]);
    assert_eq!(guest.bytes(100, 10), b"prog\0\0x y\0");
    guest.call("environ_sizes_get", &[0, 4], Errno::Success);
    assert_eq!((guest.u32(0), guest.u32(4)), (2, 7));
    guest.call("environ_get", &[0, 100], Errno::Success);
    assert_eq!(guest.bytes(100, 7), b"A=1\0B=\0");
}

#[test]
fn clocks_and_random_bytes_are_deterministic_by_default() {
    let mut readings = [0, 1].map(|_| {
        let mut guest = Guest::new(ModuleConfig::new());
        guest.call("clock_time_get", &[0, 0, 0], Errno::Success);
        guest.call("clock_time_get", &[1, 0, 8], Errno::Success);
        guest.call("clock_time_get", &[1, 0, 16], Errno::Success);
        guest.call("random_get", &[24, 16], Errno::Success);
        assert_eq!(guest.u64(0), 1_640_995_200_000_000_000);
        assert_eq!(guest.u64(16) - guest.u64(8), 1_000_000);
        guest.bytes(0, 40)
    });
    let [first, second] = &mut readings;
    assert_eq!(first, second);
}

#[test]
fn what_is_written_goes_where_it_should() {
    let (out, err) = (OutputBuffer::new(), OutputBuffer::new());
    let mut guest = Guest::new(ModuleConfig::new().with_stdout(out.clone()).with_stderr(err.clone()));
    guest.write(100, b"hello, world");
    guest.write_u32s(0, &[100, 5, 0, 0, 105, 7]);
    guest.call("fd_write", &[1, 0, 3, 64], Errno::Success);
    assert_eq!(guest.u32(64), 12);
    assert_eq!(out.take(), b"hello, world");
    guest.call("fd_write", &[2, 16, 1, 64], Errno::Success);
    assert_eq!(err.take(), b", world");
    // One buffer out of range: nothing at all is written.
    guest.write_u32s(16, &[65530, 7]);
    guest.call("fd_write", &[1, 0, 3, 64], Errno::Fault);
    assert_eq!(out.take(), b"");
    // Descriptors can be closed and moved.
    guest.call("fd_renumber", &[2, 1], Errno::Success);
    guest.call("fd_write", &[1, 0, 1, 64], Errno::Success);
    guest.call("fd_write", &[2, 0, 1, 64], Errno::BadF);
    assert_eq!((out.take(), err.take()), (b"".to_vec(), b"hello".to_vec()));
    guest.call("fd_close", &[1], Errno::Success);
    guest.call("fd_write", &[1, 0, 1, 64], Errno::BadF);
}

#[test]
fn reading_fills_the_buffers_and_ends() {
    let mut guest = Guest::new(ModuleConfig::new().with_stdin(&b"hello, world"[..]));
    guest.write_u32s(0, &[100, 0, 100, 5, 200, 3]);
    guest.call("fd_read", &[0, 0, 3, 64], Errno::Success);
    assert_eq!(guest.u32(64), 8);
    assert_eq!(guest.bytes(100, 5), b"hello");
    assert_eq!(guest.bytes(200, 3), b", w");
    guest.call("fd_read", &[0, 0, 3, 64], Errno::Success);
    assert_eq!((guest.u32(64), guest.bytes(100, 4)), (4, b"orld".to_vec()));
    guest.call("fd_read", &[0, 0, 3, 64], Errno::Success);
    assert_eq!(guest.u32(64), 0);
    // Nothing to fill is nothing to wait for.
    guest.call("fd_read", &[0, 0, 1, 64], Errno::Success);
    assert_eq!(guest.u32(64), 0);
}

/// A source that has nothing to read, ever.
struct Silent;

impl std::io::Read for Silent {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        panic!("read without waiting")
    }
}

impl Input for Silent {
    fn wait(&mut self, timeout: Duration) -> std::io::Result<bool> {
        std::thread::sleep(timeout.min(Duration::from_secs(60)));
        Ok(false)
    }
}

#[test]
fn a_descriptor_that_does_not_block_says_again() {
    let mut guest = Guest::new(ModuleConfig::new().with_stdin(Silent));
    guest.write_u32s(0, &[100, 5]);
    guest.call("fd_fdstat_set_flags", &[0, 4], Errno::Success);
    guest.call("fd_read", &[0, 0, 1, 64], Errno::Again);
    guest.call("fd_fdstat_get", &[0, 0], Errno::Success);
    assert_eq!(guest.bytes(2, 2), [4, 0]);
}

#[test]
fn rights_can_be_given_up_and_not_gained() {
    let mut guest = Guest::new(ModuleConfig::new());
    guest.call("fd_fdstat_get", &[1, 0], Errno::Success);
    let rights = guest.u64(8);
    let write = 1 << 6;
    assert_eq!(rights & (write | 1 << 1 | 1 << 2 | 1 << 5), write, "write, neither read nor seek nor tell");
    guest.write_u32s(128, &[100, 5]);
    guest.call("fd_fdstat_set_rights", &[1, (rights & !write) as i64, 0], Errno::Success);
    guest.call("fd_write", &[1, 128, 1, 64], Errno::NotCapable);
    guest.call("fd_fdstat_set_rights", &[1, rights as i64, 0], Errno::NotCapable);
}

/// Writes a subscription to a clock.
fn subscribe_clock(guest: &mut Guest, at: u64, userdata: u64, (clock, timeout, flags): (u32, u64, u16)) {
    let mut bytes = [0; 48];
    bytes[..8].copy_from_slice(&userdata.to_le_bytes());
    bytes[16..20].copy_from_slice(&clock.to_le_bytes());
    bytes[24..32].copy_from_slice(&timeout.to_le_bytes());
    bytes[40..42].copy_from_slice(&flags.to_le_bytes());
    guest.write(at, &bytes);
}

/// Writes a subscription to a descriptor.
fn subscribe_fd(guest: &mut Guest, at: u64, userdata: u64, tag: u8, fd: u32) {
    let mut bytes = [0; 48];
    bytes[..8].copy_from_slice(&userdata.to_le_bytes());
    bytes[8] = tag;
    bytes[16..20].copy_from_slice(&fd.to_le_bytes());
    guest.write(at, &bytes);
}

impl Guest {
    /// Polls the subscriptions at 0 and returns the events: user data, error number and tag of each.
    fn poll(&mut self, count: i64) -> Vec<(u64, u16, u8)> {
        self.call("poll_oneoff", &[0, 4096, count, 8192], Errno::Success);
        let len = u64::from(self.u32(8192));
        let event = |i| {
            let at = 4096 + 32 * i;
            let bytes = self.bytes(at, 11);
            (self.u64(at), u16::from_le_bytes([bytes[8], bytes[9]]), bytes[10])
        };
        (0..len).map(event).collect()
    }
}

#[test]
fn polling_waits_for_the_first_event() {
    let mut guest = Guest::new(ModuleConfig::new().with_stdin(Silent));
    // The earlier of two clocks.
    subscribe_clock(&mut guest, 0, 7, (1, 10_000_000_000, 0));
    subscribe_clock(&mut guest, 48, 8, (0, 5_000_000, 0));
    assert_eq!(guest.poll(2), [(8, 0, 0)]);
    // A moment that has passed.
    subscribe_clock(&mut guest, 0, 7, (0, 1, 1));
    assert_eq!(guest.poll(2), [(7, 0, 0)]);
    // A clock that does not exist, and a flag.
    subscribe_clock(&mut guest, 0, 7, (2, 1, 0));
    subscribe_clock(&mut guest, 48, 8, (0, 1, 2));
    let inval = Errno::Inval.raw();
    assert_eq!(guest.poll(2), [(7, inval, 0), (8, inval, 0)]);
    // Input that does not come, and a clock.
    subscribe_fd(&mut guest, 0, 1, 1, 0);
    subscribe_clock(&mut guest, 48, 2, (1, 20_000_000, 0));
    assert_eq!(guest.poll(2), [(2, 0, 0)]);
    // Outputs are always ready.
    subscribe_fd(&mut guest, 48, 2, 2, 1);
    subscribe_fd(&mut guest, 96, 3, 2, 9);
    subscribe_fd(&mut guest, 144, 4, 1, 1);
    let badf = Errno::BadF.raw();
    assert_eq!(guest.poll(4), [(2, 0, 2), (3, badf, 2), (4, badf, 1)]);
    // No such kind of event.
    subscribe_fd(&mut guest, 0, 1, 3, 0);
    guest.call("poll_oneoff", &[0, 4096, 1, 8192], Errno::Inval);
}

#[test]
fn polling_sees_input() {
    let mut guest = Guest::new(ModuleConfig::new().with_stdin(&b"x"[..]));
    subscribe_fd(&mut guest, 0, 1, 1, 0);
    subscribe_clock(&mut guest, 48, 2, (1, 60_000_000_000, 0));
    assert_eq!(guest.poll(2), [(1, 0, 1)]);
    assert_eq!(guest.u64(4096 + 16), 1);
}

#[test]
fn the_older_version_has_its_own_layouts() {
    let mut guest =
        Guest::with_runtime(RuntimeConfig::new(), wz_wasi::UNSTABLE_MODULE_NAME, ModuleConfig::new());
    // Subscriptions are longer: an identifier comes first.
    let mut bytes = [0; 56];
    bytes[0] = 5;
    bytes[24] = 1;
    bytes[32] = 100;
    guest.write(0, &bytes);
    assert_eq!(guest.poll(1), [(5, 0, 0)]);
    // File statistics are shorter.
    guest.write(0, &[0xff; 64]);
    guest.call("fd_filestat_get", &[1, 0], Errno::Success);
    assert_eq!((guest.u32(20), guest.u64(56)), (1, u64::MAX));
}

#[test]
fn exiting_closes_the_module() {
    let mut guest = Guest::new(ModuleConfig::new());
    let error = guest.try_call("proc_exit", &[3]).unwrap_err();
    assert_eq!(error.exit_code(), Some(3));
    assert!(guest.module.is_closed(&guest.rt));
}

/// A scheduler that really sleeps.
struct Sleeper;

impl Scheduler for Sleeper {
    fn sleep(&self, duration: Duration) {
        std::thread::sleep(duration);
    }

    fn yield_now(&self) {}
}

#[test]
fn an_interrupt_ends_sleeping_reading_and_polling() {
    type BlockingCall = fn(&mut Guest) -> Result<u16, wz_api::Error>;
    let blocking_calls: [BlockingCall; 3] = [
        |guest| {
            subscribe_clock(guest, 0, 1, (1, 60_000_000_000, 0));
            guest.try_call("poll_oneoff", &[0, 4096, 1, 8192])
        },
        |guest| {
            subscribe_fd(guest, 0, 1, 1, 0);
            guest.try_call("poll_oneoff", &[0, 4096, 1, 8192])
        },
        |guest| {
            guest.write_u32s(0, &[100, 5]);
            guest.try_call("fd_read", &[0, 0, 1, 64])
        },
    ];
    for call in blocking_calls {
        let runtime = RuntimeConfig::new().with_interruption(true);
        let config = ModuleConfig::new().with_stdin(Silent).with_scheduler(Sleeper);
        let mut guest = Guest::with_runtime(runtime, wz_wasi::MODULE_NAME, config);
        let interrupter = guest.rt.interrupter();
        let interrupted = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(30));
            interrupter.interrupt();
            std::time::Instant::now()
        });
        let error = call(&mut guest).unwrap_err();
        let latency = interrupted.join().unwrap().elapsed();
        assert_eq!(error.trap_code(), Some(TrapCode::Interrupted));
        assert!(latency < Duration::from_secs(2), "{latency:?}");
    }
}
