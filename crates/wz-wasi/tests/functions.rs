//! Every function of WASI preview 1, called by a guest: its signature, and its answer for an instance without mounts.

mod support;

use support::{FUNCTIONS, Guest};
use wz_api::ModuleConfig;
use wz_api::sys::OutputBuffer;
use wz_wasi::Errno;

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
        ("args_get", &[AT, 65532], Fault),
        ("args_get", &[-4, AT], Fault),
        ("environ_sizes_get", &[AT, AT + 4], Success),
        ("environ_sizes_get", &[AT, BEYOND], Fault),
        ("environ_sizes_get", &[-1, AT], Fault),
        ("environ_get", &[AT, AT + 64], Success),
        ("environ_get", &[BEYOND, AT], Fault),
        ("clock_res_get", &[0, AT], Success),
        ("clock_res_get", &[1, AT], Success),
        ("clock_res_get", &[2, AT], Inval),
        ("clock_res_get", &[4, AT], Inval),
        ("clock_res_get", &[-1, BEYOND], Inval),
        ("clock_res_get", &[0, BEYOND], Fault),
        ("clock_time_get", &[0, 0, AT], Success),
        ("clock_time_get", &[1, 1, AT], Success),
        ("clock_time_get", &[0, -1, AT], Success),
        ("clock_time_get", &[0, 0, 65528], Success),
        ("clock_time_get", &[0, 0, 65529], Fault),
        ("clock_time_get", &[9, 0, BEYOND], Inval),
        ("clock_time_get", &[3, 0, AT], Inval),
        ("clock_time_get", &[1, 0, BEYOND], Fault),
        ("fd_advise", &[0, 0, 0, 0], SPipe),
        ("fd_advise", &[0, 0, 0, 6], Inval),
        ("fd_advise", &[3, 0, 0, 0], BadF),
        ("fd_advise", &[3, -1, -1, -1], BadF),
        ("fd_advise", &[0, -1, -1, 5], SPipe),
        ("fd_allocate", &[1, 0, 1], NoDev),
        ("fd_allocate", &[1, 0, 0], Inval),
        ("fd_allocate", &[3, 0, 1], BadF),
        ("fd_allocate", &[1, -1, -1], NoDev),
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
        ("fd_pread", &[0, AT, 0, -1, AT], SPipe),
        ("fd_pread", &[0, AT, -1, -1, AT], Fault),
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
        ("fd_read", &[0, AT, 0, AT], Success),
        ("fd_read", &[0, 65536, 0, AT], Success),
        ("fd_read", &[0, 65537, 0, AT], Fault),
        ("fd_read", &[0, -1, 0, AT], Fault),
        // So many that the array's size overflows, and just not.
        ("fd_read", &[0, 0, 1 << 29, AT], Fault),
        ("fd_read", &[0, 0, (1 << 29) - 1, AT], Fault),
        ("fd_read", &[0, 0, 8193, AT], Fault),
        ("fd_read", &[0, 0, 8192, AT], Success),
        ("fd_read", &[3, BEYOND, -1, BEYOND], BadF),
        ("fd_readdir", &[0, AT, 64, 0, AT], NotDir),
        ("fd_readdir", &[3, AT, 64, 0, AT], BadF),
        ("fd_renumber", &[0, 3], BadF),
        ("fd_renumber", &[3, 0], BadF),
        ("fd_renumber", &[2, 2], Success),
        ("fd_renumber", &[-1, -1], BadF),
        ("fd_seek", &[0, 0, 0, AT], SPipe),
        ("fd_seek", &[0, 0, 3, AT], Inval),
        ("fd_seek", &[3, 0, 0, AT], BadF),
        ("fd_seek", &[0, i64::MIN, 1, BEYOND], SPipe),
        ("fd_seek", &[3, i64::MAX, -1, BEYOND], BadF),
        ("fd_tell", &[1, AT], SPipe),
        ("fd_tell", &[3, AT], BadF),
        ("fd_write", &[0, AT, 0, AT], BadF),
        ("fd_write", &[3, AT, 0, AT], BadF),
        ("fd_write", &[1, AT, 1, BEYOND], Fault),
        ("fd_write", &[1, BEYOND, 1, AT], Fault),
        ("fd_write", &[1, AT, 0, AT], Success),
        ("fd_write", &[2, AT, 0, AT], Success),
        ("fd_write", &[1, AT, 0, BEYOND], Fault),
        ("fd_write", &[1, 65537, 0, AT], Fault),
        ("fd_write", &[1, 0, 1 << 29, AT], Fault),
        ("fd_write", &[1, 0, -1, AT], Fault),
        ("fd_write", &[1, 0, 8193, AT], Fault),
        ("fd_write", &[1, 0, 8192, AT], Success),
        ("fd_write", &[3, BEYOND, -1, BEYOND], BadF),
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
        ("poll_oneoff", &[-1, -1, 0, -1], Inval),
        ("poll_oneoff", &[0, 0, 1365, AT], Success),
        ("poll_oneoff", &[0, 0, 1366, AT], Fault),
        // So many that the arrays' sizes overflow.
        ("poll_oneoff", &[0, 0, 89_478_486, AT], Fault),
        ("poll_oneoff", &[0, 0, 1 << 27, AT], Fault),
        ("poll_oneoff", &[-48, 0, 1, AT], Fault),
        ("proc_raise", &[6], NoSys),
        ("random_get", &[AT, 8], Success),
        ("random_get", &[BEYOND, 1], Success),
        ("random_get", &[BEYOND, 2], Fault),
        ("random_get", &[-1, -1], Fault),
        ("random_get", &[65536, 0], Success),
        ("random_get", &[65537, 0], Fault),
        ("random_get", &[0, 65537], Fault),
        ("random_get", &[1, -1], Fault),
        ("random_get", &[0, 65536], Success),
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
        // Arrays that lie anywhere in it are empty buffers, and clocks that wait for no time.
        guest.write(0, &[0; 65536]);
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

#[test]
fn exiting_closes_the_module() {
    let mut guest = Guest::new(ModuleConfig::new());
    let error = guest.try_call("proc_exit", &[3]).unwrap_err();
    assert_eq!(error.exit_code(), Some(3));
    assert!(guest.module.is_closed(&guest.rt));
}

#[test]
fn many_buffers_are_one_write() {
    let out = OutputBuffer::new();
    let mut guest = Guest::new(ModuleConfig::new().with_stdout(out.clone()));
    guest.write(60000, b"ab");
    let buffers: Vec<u32> = std::iter::repeat_n([60000, 2], 7000).flatten().collect();
    guest.write_u32s(0, &buffers);
    guest.call("fd_write", &[1, 0, 7000, 64000], Errno::Success);
    assert_eq!(guest.u32(64000), 14000);
    assert_eq!(out.take(), b"ab".repeat(7000));
    // A list whose last buffer ends beyond memory writes nothing.
    guest.write_u32s(6999 * 8, &[65535, 2]);
    guest.call("fd_write", &[1, 0, 7000, 64000], Errno::Fault);
    assert_eq!(out.take(), b"");
}

/// Takes a few bytes at a time, and then no more.
struct Narrow {
    each: usize,
    left: usize,
}

impl std::io::Write for Narrow {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.left == 0 {
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        let taken = bytes.len().min(self.each).min(self.left);
        self.left -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl wz_api::sys::Output for Narrow {}

#[test]
fn what_went_out_before_an_error_counts() {
    let mut guest = Guest::new(ModuleConfig::new().with_stdout(Narrow { each: 3, left: 10 }));
    guest.write_u32s(0, &[100, 8, 100, 8]);
    guest.call("fd_write", &[1, 0, 2, 64], Errno::Success);
    assert_eq!(guest.u32(64), 10);
    guest.call("fd_write", &[1, 0, 2, 64], Errno::NoSpc);
    // An output that takes nothing and has no error would be asked for ever.
    let mut guest = Guest::new(ModuleConfig::new().with_stdout(Narrow { each: 0, left: 1 }));
    guest.write_u32s(0, &[100, 8]);
    guest.call("fd_write", &[1, 0, 1, 64], Errno::Io);
}

#[test]
fn random_bytes_do_not_depend_on_how_they_are_asked_for() {
    let whole = {
        let mut guest = Guest::new(ModuleConfig::new());
        guest.call("random_get", &[0, 64], Errno::Success);
        guest.bytes(0, 64)
    };
    let mut guest = Guest::new(ModuleConfig::new());
    for at in [0, 16, 32, 48] {
        guest.call("random_get", &[at, 16], Errno::Success);
    }
    assert_eq!(guest.bytes(0, 64), whole);
}
