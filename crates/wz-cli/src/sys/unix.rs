//! Streams as file descriptors.

use super::Channel;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::BorrowedFd;
use rustix::io::Errno;
use rustix::stdio::{stderr, stdin, stdout};
use rustix::time::{ClockId, clock_gettime};
use std::io;
use std::time::{Duration, Instant};

fn fd(channel: Channel) -> BorrowedFd<'static> {
    match channel {
        Channel::Stdout => stdout(),
        Channel::Stderr => stderr(),
    }
}

/// One write.
pub(crate) fn write(channel: Channel, bytes: &[u8]) -> io::Result<usize> {
    Ok(rustix::io::write(fd(channel), bytes)?)
}

/// Waits until a write of a few bytes does not block, for at most `timeout`. The answer is whether it does not.
pub(crate) fn wait_writable(channel: Channel, timeout: Duration) -> io::Result<bool> {
    wait(fd(channel), PollFlags::OUT, timeout)
}

/// Standard input, read without reading ahead: what the guest leaves is there for whoever reads next.
#[derive(Debug)]
pub(crate) struct Stdin;

impl Stdin {
    pub(crate) fn new() -> Stdin {
        Stdin
    }

    /// Waits until reading does not block, for at most `timeout`. The answer is whether it does not.
    pub(crate) fn wait(&mut self, timeout: Duration) -> io::Result<bool> {
        wait(stdin(), PollFlags::IN, timeout)
    }

    /// One read.
    pub(crate) fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        Ok(rustix::io::read(stdin(), bytes)?)
    }
}

/// An error or a closed other end count as ready: the operation then says what there is to say.
fn wait(fd: BorrowedFd<'_>, events: PollFlags, timeout: Duration) -> io::Result<bool> {
    let start = Instant::now();
    loop {
        let left = timeout.saturating_sub(start.elapsed());
        // More than can be waited for is for ever.
        let left = Timespec::try_from(left).ok().filter(|left| left.tv_sec < i64::from(i32::MAX / 1000));
        match poll(&mut [PollFd::from_borrowed_fd(fd, events)], left.as_ref()) {
            Ok(ready) => return Ok(ready > 0),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Processor time of all threads of the process.
pub(crate) fn process_cpu_time() -> Option<Duration> {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Some(Duration::new(time.tv_sec.try_into().ok()?, time.tv_nsec.try_into().ok()?))
}
