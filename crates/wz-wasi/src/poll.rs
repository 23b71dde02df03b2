//! `poll_oneoff`: waiting for clocks and streams.

use crate::Errno;
use crate::clock::clock;
use crate::descriptors::{Descriptors, Stream};
use crate::guest::{Memory, Stop, run};
use crate::types::{Version, rights};
use crate::wait::Blocking;
use std::time::Duration;
use wz_api::sys::System;
use wz_api::{Caller, HostModule};

pub(crate) fn add<T: 'static>(module: HostModule<T>, version: Version) -> HostModule<T> {
    module.func(
        "poll_oneoff",
        move |mut c: Caller<T>, subscriptions: u32, events: u32, count: u32, len: u32| {
            let blocking = Blocking::of(&c);
            run(&mut c, |memory, system| {
                poll(memory, system, &blocking, version, Arrays { subscriptions, events, count, len })
            })
        },
    )
}

/// The guest's arrays.
struct Arrays {
    subscriptions: u32,
    events: u32,
    count: u32,
    len: u32,
}

const CLOCK: u8 = 0;
const FD_READ: u8 = 1;
const FD_WRITE: u8 = 2;
/// The clock's time in the subscription is a moment, not a span.
const ABSTIME: u16 = 1;
const EVENT_SIZE: u32 = 32;

struct Subscription {
    userdata: u64,
    tag: u8,
    state: State,
}

#[derive(Clone, Copy)]
enum State {
    /// Waits for a clock, for this long.
    Clock(Duration),
    /// Waits for standard input.
    Input,
    /// Has happened, or cannot.
    Done(Errno),
}

impl Subscription {
    fn size(version: Version) -> u32 {
        match version {
            Version::Preview1 => 48,
            Version::Unstable => 56,
        }
    }

    fn read(
        memory: &Memory<'_>,
        system: &mut System,
        version: Version,
        at: u32,
    ) -> Result<Subscription, Errno> {
        let field = |offset: u32| at.checked_add(offset).ok_or(Errno::Fault);
        let userdata = memory.read_u64(at)?;
        let tag = memory.read_u8(field(8)?)?;
        let state = match tag {
            CLOCK => {
                // The older version has an identifier in front of the clock.
                let (id, timeout, flags) = match version {
                    Version::Preview1 => (16, 24, 40),
                    Version::Unstable => (24, 32, 48),
                };
                let id = memory.read_u32(field(id)?)?;
                let timeout = memory.read_u64(field(timeout)?)?;
                let flags = memory.read_u16(field(flags)?)?;
                clock_state(system, id, timeout, flags)
            }
            FD_READ | FD_WRITE => fd_state(system, memory.read_u32(field(16)?)?, tag),
            _ => return Err(Errno::Inval),
        };
        Ok(Subscription { userdata, tag, state })
    }

    fn event(&self, errno: Errno) -> [u8; EVENT_SIZE as usize] {
        let mut event = [0; EVENT_SIZE as usize];
        event[..8].copy_from_slice(&self.userdata.to_le_bytes());
        event[8..10].copy_from_slice(&errno.raw().to_le_bytes());
        event[10] = self.tag;
        if self.tag != CLOCK && errno == Errno::Success {
            // How many bytes there are cannot be known: at least one, or the end.
            event[16..24].copy_from_slice(&1u64.to_le_bytes());
        }
        event
    }
}

fn clock_state(system: &System, id: u32, timeout: u64, flags: u16) -> State {
    match clock(system, id) {
        Err(errno) => State::Done(errno),
        Ok(_) if flags & !ABSTIME != 0 => State::Done(Errno::Inval),
        Ok(clock) => {
            let span = if flags & ABSTIME != 0 { timeout.saturating_sub(clock.now()) } else { timeout };
            State::Clock(Duration::from_nanos(span))
        }
    }
}

fn fd_state(system: &mut System, fd: u32, tag: u8) -> State {
    let descriptor = match Descriptors::of(system).get(fd) {
        Ok(descriptor) => descriptor,
        Err(errno) => return State::Done(errno),
    };
    if let Err(errno) = descriptor.require(rights::POLL_FD_READWRITE) {
        return State::Done(errno);
    }
    match (descriptor.stream, tag) {
        (Stream::Stdin, FD_READ) => State::Input,
        // Outputs take whatever is written to them.
        (Stream::Stdout | Stream::Stderr, FD_WRITE) => State::Done(Errno::Success),
        _ => State::Done(Errno::BadF),
    }
}

fn poll(
    memory: &mut Memory<'_>,
    system: &mut System,
    blocking: &Blocking,
    version: Version,
    arrays: Arrays,
) -> Result<(), Stop> {
    let Arrays { subscriptions: base, events, count, len } = arrays;
    if count == 0 {
        return Err(Errno::Inval.into());
    }
    let size = Subscription::size(version);
    memory.range(base, count.checked_mul(size).ok_or(Errno::Fault)?)?;
    memory.range(events, count.checked_mul(EVENT_SIZE).ok_or(Errno::Fault)?)?;
    memory.range(len, 4)?;

    let mut subscriptions = Vec::new();
    subscriptions.try_reserve_exact(count as usize).map_err(|_| Errno::NoMem)?;
    for i in 0..count {
        blocking.check_at(i)?;
        subscriptions.push(Subscription::read(memory, system, version, base + i * size)?);
    }

    let (waited, input_ready) = wait(system, blocking, &subscriptions)?;
    let mut written = 0;
    for subscription in &subscriptions {
        let errno = match subscription.state {
            State::Done(errno) => errno,
            State::Clock(span) if span <= waited => Errno::Success,
            State::Input if input_ready => Errno::Success,
            _ => continue,
        };
        memory.write(events + written * EVENT_SIZE, &subscription.event(errno))?;
        written += 1;
    }
    Ok(memory.write_u32(len, written)?)
}

/// Waits for the first event. The result is the time that clocks may count as passed, and whether standard input can be
/// read.
fn wait(
    system: &System,
    blocking: &Blocking,
    subscriptions: &[Subscription],
) -> Result<(Duration, bool), Stop> {
    let states = || subscriptions.iter().map(|s| s.state);
    let wants_input = states().any(|s| matches!(s, State::Input));
    let done = states().any(|s| matches!(s, State::Done(_)));
    let span = match done {
        true => Some(Duration::ZERO),
        false => states().filter_map(|s| if let State::Clock(span) = s { Some(span) } else { None }).min(),
    };
    if wants_input {
        let ready = blocking.input(&mut *system.stdin(), span)?;
        let waited = if ready { Duration::ZERO } else { span.unwrap_or_default() };
        return Ok((waited, ready));
    }
    let span = span.unwrap_or_default();
    blocking.sleep(system.scheduler(), span)?;
    Ok((span, false))
}
