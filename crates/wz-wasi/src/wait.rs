//! Blocking in pieces, so that an interrupt ends it.

use crate::guest::Stop;
use std::time::Duration;
use wz_api::sys::{Input, Scheduler};
use wz_api::{Caller, Interrupter, TrapCode};

/// The longest piece. An interrupt ends blocking calls after two of them at most.
const PIECE: Duration = Duration::from_millis(40);

/// How to block on behalf of a guest.
pub(crate) struct Blocking {
    /// Absent where interruption is off: then nothing needs to be done in pieces.
    interrupter: Option<Interrupter>,
}

impl Blocking {
    pub(crate) fn of<T>(caller: &Caller<'_, T>) -> Blocking {
        Blocking { interrupter: caller.config().interruption().then(|| caller.interrupter()) }
    }

    fn check(&self) -> Result<(), Stop> {
        match &self.interrupter {
            Some(interrupter) if interrupter.is_interrupted() => {
                Err(Stop::Error(TrapCode::Interrupted.into()))
            }
            _ => Ok(()),
        }
    }

    /// The next piece of `left`.
    fn piece(&self, left: Duration) -> Duration {
        if self.interrupter.is_some() { left.min(PIECE) } else { left }
    }

    pub(crate) fn sleep(&self, scheduler: &dyn Scheduler, duration: Duration) -> Result<(), Stop> {
        let mut left = duration;
        while !left.is_zero() {
            self.check()?;
            let piece = self.piece(left);
            scheduler.sleep(piece);
            left -= piece;
        }
        self.check()
    }

    /// Waits until `input` can be read, for at most `timeout`; for ever without one. The answer is whether it can.
    pub(crate) fn input(&self, input: &mut dyn Input, timeout: Option<Duration>) -> Result<bool, Stop> {
        let mut left = timeout.unwrap_or(Duration::MAX);
        loop {
            self.check()?;
            let piece = self.piece(left);
            if input.wait(piece)? {
                return Ok(true);
            }
            left -= piece;
            if left.is_zero() {
                return Ok(false);
            }
        }
    }
}
