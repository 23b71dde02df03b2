//! Functions that wait: `poll_oneoff`, and `fd_read` of what does not come.

mod support;

use std::io::{self, Read, Write};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use support::Guest;
use wz_api::sys::{Input, Output, Scheduler};
use wz_api::{Interrupter, ModuleConfig, RuntimeConfig, TrapCode};
use wz_wasi::Errno;

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

/// A scheduler that really sleeps.
struct Sleeper;

impl Scheduler for Sleeper {
    fn sleep(&self, duration: Duration) {
        std::thread::sleep(duration);
    }

    fn yield_now(&self) {}
}

/// The longest that an interrupt may take to arrive.
const LATENCY: Duration = Duration::from_millis(100);

#[test]
fn an_interrupt_ends_sleeping_reading_and_polling() {
    type BlockingCall = fn(&mut Guest) -> Result<u16, wz_api::Error>;
    let blocking_calls: [(&str, BlockingCall); 4] = [
        ("a clock", |guest| {
            subscribe_clock(guest, 0, 1, (1, 60_000_000_000, 0));
            guest.try_call("poll_oneoff", &[0, 4096, 1, 8192])
        }),
        ("the end of time", |guest| {
            subscribe_clock(guest, 0, 1, (0, u64::MAX, 1));
            guest.try_call("poll_oneoff", &[0, 4096, 1, 8192])
        }),
        ("input", |guest| {
            subscribe_fd(guest, 0, 1, 1, 0);
            subscribe_clock(guest, 48, 1, (1, u64::MAX, 0));
            guest.try_call("poll_oneoff", &[0, 4096, 2, 8192])
        }),
        ("reading", |guest| {
            guest.write_u32s(0, &[100, 5]);
            guest.try_call("fd_read", &[0, 0, 1, 64])
        }),
    ];
    for (name, call) in blocking_calls {
        // A busy machine may be late once, not five times.
        let latencies: Vec<Duration> = (0..5).map(|_| latency(call)).collect();
        assert!(latencies.iter().any(|latency| *latency < LATENCY), "{name}: {latencies:?}");
    }
}

/// How long after an interrupt a blocking call ended.
fn latency(call: impl FnOnce(&mut Guest) -> Result<u16, wz_api::Error>) -> Duration {
    let runtime = RuntimeConfig::new().with_interruption(true);
    let config = ModuleConfig::new().with_stdin(Silent).with_scheduler(Sleeper);
    let mut guest = Guest::with_runtime(runtime, wz_wasi::MODULE_NAME, config);
    let interrupter = guest.rt.interrupter();
    let interrupted = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(30));
        interrupter.interrupt();
        Instant::now()
    });
    let error = call(&mut guest).unwrap_err();
    let latency = interrupted.join().unwrap().elapsed();
    assert_eq!(error.trap_code(), Some(TrapCode::Interrupted));
    latency
}

#[test]
fn a_deadline_ends_sleeping() {
    let runtime = RuntimeConfig::new().with_interruption(true);
    let config = ModuleConfig::new().with_stdin(Silent).with_scheduler(Sleeper);
    let mut guest = Guest::with_runtime(runtime, wz_wasi::MODULE_NAME, config);
    subscribe_clock(&mut guest, 0, 1, (1, u64::MAX, 0));
    guest.rt.set_deadline(Some(Instant::now() + Duration::from_millis(30))).unwrap();
    let error = guest.try_call("poll_oneoff", &[0, 4096, 1, 8192]).unwrap_err();
    assert_eq!(error.trap_code(), Some(TrapCode::Interrupted));
    // The instance stays usable.
    guest.rt.set_deadline(None).unwrap();
    subscribe_clock(&mut guest, 0, 1, (1, 1, 0));
    assert_eq!(guest.poll(1), [(1, 0, 0)]);
}

/// Streams, and random bytes, that interrupt the guest when they are used.
#[derive(Clone, Default)]
struct Interrupting(Arc<OnceLock<Interrupter>>);

impl Interrupting {
    fn interrupt(&self) {
        self.0.get().unwrap().interrupt();
    }
}

impl Read for Interrupting {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.interrupt();
        Ok(bytes.len())
    }
}

impl Write for Interrupting {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        self.interrupt();
        Ok(1)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Input for Interrupting {}
impl Output for Interrupting {}

#[test]
fn an_interrupt_ends_a_call_with_much_to_do() {
    let calls: [(&str, &[i64]); 3] = [
        // A buffer of two bytes, of which one is taken.
        ("fd_write", &[1, 0, 1, 64]),
        // Two buffers, of which one is filled.
        ("fd_read", &[0, 0, 2, 64]),
        ("random_get", &[0, 3 << 20]),
    ];
    for (name, args) in calls {
        let stream = Interrupting::default();
        let random = stream.clone();
        let config = ModuleConfig::new().with_stdin(stream.clone()).with_stdout(stream.clone()).with_random(
            move |_: &mut [u8]| {
                random.interrupt();
                Ok(())
            },
        );
        let runtime = RuntimeConfig::new().with_interruption(true);
        let mut guest = Guest::with_runtime(runtime, wz_wasi::MODULE_NAME, config);
        stream.0.set(guest.rt.interrupter()).unwrap();
        guest.memory.grow(&mut guest.rt, 64).unwrap();
        guest.write_u32s(0, &[100, 2, 200, 2]);
        let error = guest.try_call(name, args).unwrap_err();
        assert_eq!(error.trap_code(), Some(TrapCode::Interrupted), "{name}");
    }
}

#[test]
fn timeouts_of_all_sizes() {
    // With the scheduler that does not sleep, every clock's time comes at once, with interruption and without.
    for interruption in [false, true] {
        let runtime = RuntimeConfig::new().with_interruption(interruption);
        let mut guest = Guest::with_runtime(runtime, wz_wasi::MODULE_NAME, ModuleConfig::new());
        for (timeout, flags) in
            [(0, 0), (1, 0), (u64::MAX, 0), (i64::MAX as u64, 0), (0, 1), (1, 1), (u64::MAX, 1)]
        {
            for clock in [0, 1] {
                subscribe_clock(&mut guest, 0, 9, (clock, timeout, flags));
                assert_eq!(guest.poll(1), [(9, 0, 0)], "{timeout} {flags}");
            }
        }
    }
}
