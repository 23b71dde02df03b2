//! Time and memory of this process.

use rustix::time::{ClockId, clock_gettime};
use std::time::{Duration, Instant};

/// Wall and CPU time between two points.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lap {
    /// Wall time.
    pub wall: Duration,
    /// CPU time of all threads of the process, the system's included.
    pub cpu: Duration,
}

/// Measures wall and CPU time.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch {
    wall: Instant,
    cpu: Duration,
}

impl Stopwatch {
    /// Starts.
    pub fn start() -> Stopwatch {
        Stopwatch { wall: Instant::now(), cpu: cpu() }
    }

    /// The times since the start.
    pub fn lap(&self) -> Lap {
        Lap { wall: self.wall.elapsed(), cpu: cpu().saturating_sub(self.cpu) }
    }
}

fn cpu() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}

/// The most memory that the process had at a time, in KiB, where the system says. Unlike `getrusage` this leaves out what
/// the process was before it became this program.
pub fn peak_rss_kib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}
