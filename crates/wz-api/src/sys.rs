//! What a guest sees of the system: clocks, sleep, random numbers and standard streams.
//!
//! Everything is deterministic unless the embedder says otherwise: clocks advance one millisecond at each reading,
//! sleeping returns at once, random bytes come from a fixed seed, standard input is at its end and output is discarded.
//! [`ModuleConfig`](crate::ModuleConfig) takes replacements, the host's own among them.

use std::any::{Any, TypeId};
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A clock.
pub trait Clock: Send + Sync {
    /// Nanoseconds since the clock's origin: 1970-01-01T00:00:00Z for a wall clock, any moment for a monotonic one.
    fn now(&self) -> u64;

    /// The clock's resolution in nanoseconds.
    fn resolution(&self) -> u64;
}

/// A clock that advances by one millisecond at each reading.
#[derive(Debug)]
pub struct FakeClock {
    next: AtomicU64,
}

impl FakeClock {
    /// 2022-01-01T00:00:00Z in nanoseconds since 1970, which fake wall clocks start with.
    pub const WALL_ORIGIN: u64 = 1_640_995_200_000_000_000;

    const STEP: u64 = 1_000_000;

    /// A clock whose first reading is `first`.
    pub fn new(first: u64) -> FakeClock {
        FakeClock { next: AtomicU64::new(first) }
    }
}

impl Clock for FakeClock {
    fn now(&self) -> u64 {
        self.next.fetch_add(FakeClock::STEP, Ordering::Relaxed)
    }

    fn resolution(&self) -> u64 {
        1_000
    }
}

/// The host's wall clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemWallClock;

impl Clock for SystemWallClock {
    fn now(&self) -> u64 {
        // A host clock before 1970 reads as 1970; one after 2554 as the latest moment that fits.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
    }

    fn resolution(&self) -> u64 {
        1_000
    }
}

/// The host's monotonic clock; its origin is its creation.
#[derive(Clone, Copy, Debug)]
pub struct SystemMonotonicClock {
    origin: Instant,
}

impl SystemMonotonicClock {
    /// A clock that starts now.
    pub fn new() -> SystemMonotonicClock {
        SystemMonotonicClock { origin: Instant::now() }
    }
}

impl Default for SystemMonotonicClock {
    fn default() -> SystemMonotonicClock {
        SystemMonotonicClock::new()
    }
}

impl Clock for SystemMonotonicClock {
    fn now(&self) -> u64 {
        u64::try_from(self.origin.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn resolution(&self) -> u64 {
        1
    }
}

/// How a guest sleeps and gives up its turn.
pub trait Scheduler: Send + Sync {
    /// Sleeps. Long sleeps are asked for in pieces, so that an interrupt ends them.
    fn sleep(&self, duration: Duration);

    /// Lets other threads run.
    fn yield_now(&self);
}

/// A scheduler that returns at once.
#[derive(Clone, Copy, Debug, Default)]
pub struct FakeScheduler;

impl Scheduler for FakeScheduler {
    fn sleep(&self, _duration: Duration) {}

    fn yield_now(&self) {}
}

/// The host's scheduler: guests sleep for as long as they ask.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemScheduler;

impl Scheduler for SystemScheduler {
    fn sleep(&self, duration: Duration) {
        std::thread::sleep(duration);
    }

    fn yield_now(&self) {
        std::thread::yield_now();
    }
}

/// A source of random bytes. Closures `Fn(&mut [u8]) -> io::Result<()>` are sources.
pub trait Random: Send + Sync {
    /// Fills `bytes`.
    ///
    /// # Errors
    ///
    /// Whatever keeps the source from filling them.
    fn fill(&self, bytes: &mut [u8]) -> io::Result<()>;
}

impl<F: Fn(&mut [u8]) -> io::Result<()> + Send + Sync> Random for F {
    fn fill(&self, bytes: &mut [u8]) -> io::Result<()> {
        self(bytes)
    }
}

/// Bytes from a fixed seed: the SplitMix64 sequence. Not for secrets.
#[derive(Debug)]
pub struct FakeRandom {
    state: AtomicU64,
}

impl FakeRandom {
    /// The sequence that starts with `seed`.
    pub fn new(seed: u64) -> FakeRandom {
        FakeRandom { state: AtomicU64::new(seed) }
    }
}

impl Default for FakeRandom {
    fn default() -> FakeRandom {
        FakeRandom::new(42)
    }
}

impl Random for FakeRandom {
    fn fill(&self, bytes: &mut [u8]) -> io::Result<()> {
        const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;
        for chunk in bytes.chunks_mut(8) {
            let mut z = self.state.fetch_add(GAMMA, Ordering::Relaxed).wrapping_add(GAMMA);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(z ^ (z >> 31)).to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

/// A guest's standard input. A type of your own that reads becomes one by `impl Input for MyType {}`.
pub trait Input: Read + Send {
    /// Waits until reading does not block, for at most `timeout`. The answer is whether it does not. Sources that never
    /// block need nothing but this default.
    ///
    /// # Errors
    ///
    /// Whatever keeps the source from being waited for.
    fn wait(&mut self, timeout: Duration) -> io::Result<bool> {
        let _ = timeout;
        Ok(true)
    }

    /// Whether a person types this input.
    fn is_terminal(&self) -> bool {
        false
    }
}

/// A guest's standard output or error. A type of your own that writes becomes one by `impl Output for MyType {}`.
pub trait Output: Write + Send {
    /// Whether a person reads this output. Guests then write line by line.
    fn is_terminal(&self) -> bool {
        false
    }
}

impl Input for io::Empty {}
impl Input for &'static [u8] {}
impl<B: AsRef<[u8]> + Send> Input for io::Cursor<B> {}
impl Input for Box<dyn Read + Send> {}

impl Output for io::Sink {}
impl Output for Box<dyn Write + Send> {}
impl Output for OutputBuffer {}

macro_rules! terminals {
    ($trait:ident: $($stream:ty),*) => {
        $(impl $trait for $stream {
            fn is_terminal(&self) -> bool {
                io::IsTerminal::is_terminal(self)
            }
        })*
    };
}

terminals! { Input: io::Stdin, std::fs::File }
terminals! { Output: io::Stdout, io::Stderr, std::fs::File }

impl<W: Output> Output for io::BufWriter<W> {
    fn is_terminal(&self) -> bool {
        self.get_ref().is_terminal()
    }
}

impl<W: Output> Output for io::LineWriter<W> {
    fn is_terminal(&self) -> bool {
        self.get_ref().is_terminal()
    }
}

/// An output that keeps what is written to it. Clones share their contents.
///
/// ```
/// use std::io::Write;
/// use wz_api::sys::OutputBuffer;
///
/// let buffer = OutputBuffer::new();
/// buffer.clone().write_all(b"hello")?;
/// assert_eq!(buffer.take(), b"hello");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct OutputBuffer(Arc<Mutex<Vec<u8>>>);

impl OutputBuffer {
    /// An empty buffer.
    pub fn new() -> OutputBuffer {
        OutputBuffer::default()
    }

    /// What was written so far; the buffer is empty afterwards.
    pub fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *lock(&self.0))
    }
}

impl Write for OutputBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        lock(&self.0).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A lock whose holder panicked still guards plain data: go on with it.
fn lock<X: ?Sized>(mutex: &Mutex<X>) -> MutexGuard<'_, X> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A standard input that the instances made with one [`ModuleConfig`](crate::ModuleConfig) share.
pub(crate) type SharedInput = Arc<Mutex<dyn Input>>;
/// A standard output that the instances made with one [`ModuleConfig`](crate::ModuleConfig) share.
pub(crate) type SharedOutput = Arc<Mutex<dyn Output>>;

/// An environment variable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Variable {
    /// Its name.
    pub name: Box<[u8]>,
    /// Its value.
    pub value: Box<[u8]>,
}

/// What one instance sees of the system: the host state that
/// [`Caller::split`](crate::Caller::split) gives to host functions such as those of WASI.
pub struct System {
    pub(crate) args: Arc<[Box<[u8]>]>,
    pub(crate) env: Arc<[Variable]>,
    pub(crate) stdin: SharedInput,
    pub(crate) stdout: SharedOutput,
    pub(crate) stderr: SharedOutput,
    pub(crate) wall_clock: Arc<dyn Clock>,
    pub(crate) monotonic_clock: Arc<dyn Clock>,
    pub(crate) scheduler: Arc<dyn Scheduler>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) extensions: BTreeMap<TypeId, Box<dyn Any + Send>>,
}

impl std::fmt::Debug for System {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("System").finish_non_exhaustive()
    }
}

impl System {
    /// The arguments, the program's name first.
    pub fn args(&self) -> &[Box<[u8]>] {
        &self.args
    }

    /// The environment variables in the order in which they were set.
    pub fn env(&self) -> &[Variable] {
        &self.env
    }

    /// Standard input, locked.
    pub fn stdin(&self) -> MutexGuard<'_, dyn Input + 'static> {
        lock(&self.stdin)
    }

    /// Standard output, locked.
    pub fn stdout(&self) -> MutexGuard<'_, dyn Output + 'static> {
        lock(&self.stdout)
    }

    /// Standard error, locked.
    pub fn stderr(&self) -> MutexGuard<'_, dyn Output + 'static> {
        lock(&self.stderr)
    }

    /// The clock that tells the time of day.
    pub fn wall_clock(&self) -> &dyn Clock {
        &*self.wall_clock
    }

    /// The clock that never goes back.
    pub fn monotonic_clock(&self) -> &dyn Clock {
        &*self.monotonic_clock
    }

    /// How the guest sleeps.
    pub fn scheduler(&self) -> &dyn Scheduler {
        &*self.scheduler
    }

    /// Where random bytes come from.
    pub fn random(&self) -> &dyn Random {
        &*self.random
    }

    /// The state that a host module keeps for this instance, made at its first use.
    pub fn extension<X: Default + Send + 'static>(&mut self) -> &mut X {
        let slot = self.extensions.entry(TypeId::of::<X>()).or_insert_with(|| Box::new(X::default()));
        match slot.downcast_mut() {
            Some(extension) => extension,
            None => unreachable!("extensions are kept under their own type"),
        }
    }
}
