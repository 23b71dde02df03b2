//! Stopping guests from outside.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Stops a runtime's guests, from any thread. The runtime and its instances stay usable.
///
/// ```
/// use wz_api::{ModuleConfig, Runtime, RuntimeConfig, TrapCode};
///
/// let mut rt = Runtime::new(RuntimeConfig::new().with_interruption(true))?;
/// let code = rt.compile(r#"(module (func (export "spin") (loop br 0)))"#)?;
/// let spin = rt.instantiate(&code, ModuleConfig::new())?.func::<(), ()>(&rt, "spin")?;
///
/// let interrupter = rt.interrupter();
/// std::thread::spawn(move || {
///     std::thread::sleep(std::time::Duration::from_millis(10));
///     interrupter.interrupt();
/// });
/// let error = spin.call(&mut rt, ()).unwrap_err();
/// assert_eq!(error.trap_code(), Some(TrapCode::Interrupted));
/// # Ok::<(), wz_api::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Interrupter(Arc<AtomicU32>);

impl Interrupter {
    pub(crate) fn new(word: Arc<AtomicU32>) -> Interrupter {
        Interrupter(word)
    }

    /// Makes the running guest trap with [`TrapCode::Interrupted`](crate::TrapCode::Interrupted) soon; if none is running,
    /// the next one.
    pub fn interrupt(&self) {
        self.0.store(1, Ordering::Release);
    }

    /// Takes an interrupt back that has not reached a guest yet.
    pub fn clear(&self) {
        self.0.store(0, Ordering::Release);
    }

    /// Whether an interrupt is on its way. Host functions that block ask this from time to time and return
    /// [`TrapCode::Interrupted`](crate::TrapCode::Interrupted) as their error.
    pub fn is_interrupted(&self) -> bool {
        self.0.load(Ordering::Acquire) != 0
    }
}
