//! Deadlines: one thread of the process watches those of all runtimes, while there are any.

use crate::Error;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use wz_core::runtime::interrupt::DEADLINE;

/// How long the watching thread stays when there is nothing to watch.
const IDLE: Duration = Duration::from_secs(2);

static WATCH: Watch = Watch {
    state: Mutex::new(Deadlines { pending: BTreeMap::new(), next: 0, watched: false }),
    changed: Condvar::new(),
};

struct Watch {
    state: Mutex<Deadlines>,
    changed: Condvar,
}

struct Deadlines {
    /// The interrupt words to set, by moment; the number tells apart those of the same moment.
    pending: BTreeMap<(Instant, u64), Arc<AtomicU32>>,
    next: u64,
    /// Whether the thread runs.
    watched: bool,
}

/// A deadline of a runtime, until it is dropped: then the runtime has none.
#[derive(Debug)]
pub(crate) struct Deadline {
    key: (Instant, u64),
    word: Arc<AtomicU32>,
}

impl Deadline {
    /// Has the word's deadline bit set at this moment; here and now if it has passed.
    pub(crate) fn start(at: Instant, word: Arc<AtomicU32>) -> Result<Deadline, Error> {
        let mut deadlines = WATCH.lock();
        let key = (at, deadlines.next);
        deadlines.next += 1;
        if at <= Instant::now() {
            word.fetch_or(DEADLINE, Ordering::Release);
            return Ok(Deadline { key, word });
        }
        if !deadlines.watched {
            std::thread::Builder::new()
                .name("wz-deadlines".to_owned())
                .spawn(|| WATCH.run())
                .map_err(|error| Error::limit(format!("no thread to watch deadlines: {error}")))?;
            deadlines.watched = true;
        }
        deadlines.pending.insert(key, word.clone());
        let is_first = deadlines.pending.first_key_value().is_some_and(|(first, _)| *first == key);
        drop(deadlines);
        if is_first {
            WATCH.changed.notify_one();
        }
        Ok(Deadline { key, word })
    }

    pub(crate) fn at(&self) -> Instant {
        self.key.0
    }
}

impl Drop for Deadline {
    fn drop(&mut self) {
        let mut deadlines = WATCH.lock();
        deadlines.pending.remove(&self.key);
        // Under the lock, so that the thread cannot set it afterwards.
        self.word.fetch_and(!DEADLINE, Ordering::Release);
    }
}

impl Watch {
    fn lock(&self) -> MutexGuard<'_, Deadlines> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        let mut deadlines = self.lock();
        loop {
            let now = Instant::now();
            while let Some(first) = deadlines.pending.first_entry()
                && first.key().0 <= now
            {
                first.remove().fetch_or(DEADLINE, Ordering::Release);
            }
            let wait = deadlines.pending.first_key_value().map(|((at, _), _)| at.duration_since(now));
            let waited = self.changed.wait_timeout(deadlines, wait.unwrap_or(IDLE));
            let (guard, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            deadlines = guard;
            if wait.is_none() && timeout.timed_out() && deadlines.pending.is_empty() {
                deadlines.watched = false;
                return;
            }
        }
    }
}
