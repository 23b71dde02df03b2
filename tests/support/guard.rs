//! Guards against tests that never end.

use std::panic::resume_unwind;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread::Builder;
use std::time::Duration;

/// How long a guarded body may take.
pub const LIMIT: Duration = Duration::from_secs(60);

/// Runs `body` on a thread of its own and returns what it returns.
///
/// # Panics
///
/// If it takes longer than [`LIMIT`], and with whatever the body panics with.
pub fn guarded<R: Send + 'static>(body: impl FnOnce() -> R + Send + 'static) -> R {
    let (done, ended) = channel();
    let thread = Builder::new().spawn(move || {
        let result = body();
        // Nobody listens any more if the time was up.
        let _ = done.send(());
        result
    });
    let thread = thread.expect("a thread can be had");
    match ended.recv_timeout(LIMIT) {
        Ok(()) | Err(RecvTimeoutError::Disconnected) => match thread.join() {
            Ok(result) => result,
            Err(payload) => resume_unwind(payload),
        },
        Err(RecvTimeoutError::Timeout) => panic!("still running after {} s", LIMIT.as_secs()),
    }
}
