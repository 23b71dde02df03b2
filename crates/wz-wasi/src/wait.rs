//! Blocking in pieces, so that an interrupt ends it.

use crate::guest::Stop;
use std::time::{Duration, Instant};
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

    /// Blocking that nothing interrupts.
    #[cfg(test)]
    pub(crate) fn for_ever() -> Blocking {
        Blocking { interrupter: None }
    }

    /// Ends the guest if it is interrupted.
    pub(crate) fn check(&self) -> Result<(), Stop> {
        match &self.interrupter {
            Some(interrupter) if interrupter.is_interrupted() => {
                Err(Stop::Error(TrapCode::Interrupted.into()))
            }
            _ => Ok(()),
        }
    }

    /// As [`Blocking::check`], for loops over what a guest may have made very long: looks only now and then.
    pub(crate) fn check_at(&self, i: u32) -> Result<(), Stop> {
        if i.is_multiple_of(1 << 16) { self.check() } else { Ok(()) }
    }

    pub(crate) fn sleep(&self, scheduler: &dyn Scheduler, duration: Duration) -> Result<(), Stop> {
        let mut left = duration;
        let mut piece = if self.interrupter.is_some() { PIECE } else { Duration::MAX };
        while !left.is_zero() {
            self.check()?;
            let start = Instant::now();
            scheduler.sleep(piece.min(left));
            let slept = start.elapsed();
            // Each piece ends a little late; together that must not make the whole late.
            left = left.saturating_sub(piece.max(slept));
            if slept < piece {
                // This scheduler does not really sleep, so nothing is waited for in a longer piece.
                piece = piece.saturating_mul(2);
            }
        }
        self.check()
    }

    /// Waits until `input` can be read, for at most `timeout`; for ever without one. The answer is whether it can.
    pub(crate) fn input(&self, input: &mut dyn Input, timeout: Option<Duration>) -> Result<bool, Stop> {
        let mut left = timeout.unwrap_or(Duration::MAX);
        loop {
            self.check()?;
            let piece = if self.interrupter.is_some() { left.min(PIECE) } else { left };
            let start = Instant::now();
            if input.wait(piece)? {
                return Ok(true);
            }
            left = left.saturating_sub(piece.max(start.elapsed()));
            if left.is_zero() {
                return Ok(false);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};
    use wz_api::{Runtime, RuntimeConfig};

    fn blocking() -> Blocking {
        let rt = Runtime::new(RuntimeConfig::new().with_interruption(true)).unwrap();
        Blocking { interrupter: Some(rt.interrupter()) }
    }

    #[derive(Default)]
    struct Counted(AtomicU32);

    impl Scheduler for Counted {
        fn sleep(&self, _: Duration) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }

        fn yield_now(&self) {}
    }

    #[test]
    fn a_sleep_that_takes_no_time_takes_none_however_long_it_is() {
        let scheduler = Counted::default();
        blocking().sleep(&scheduler, Duration::from_nanos(u64::MAX)).unwrap();
        assert!(scheduler.0.into_inner() < 64);
    }

    /// Sleeps longer than it should.
    #[derive(Default)]
    struct Late(AtomicU32);

    impl Scheduler for Late {
        fn sleep(&self, duration: Duration) {
            self.0.fetch_add(1, Ordering::Relaxed);
            std::thread::sleep(duration + Duration::from_millis(10));
        }

        fn yield_now(&self) {}
    }

    #[test]
    fn pieces_that_end_late_do_not_add_up() {
        let (scheduler, start) = (Late::default(), Instant::now());
        blocking().sleep(&scheduler, 10 * PIECE).unwrap();
        assert!(start.elapsed() >= 10 * PIECE);
        assert!(scheduler.0.into_inner() <= 8);
    }
}
