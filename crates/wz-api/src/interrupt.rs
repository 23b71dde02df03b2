//! Stopping guests from outside: interrupters.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use wz_core::runtime::interrupt::{DEADLINE, REQUESTED};

/// Stops a runtime's guests, from any thread. The runtime and its instances stay usable.
///
/// An interruption lasts until it is cleared: the guest that runs, and every one that is called later, traps with
/// [`TrapCode::Interrupted`](crate::TrapCode::Interrupted), so that no interruption is lost between two calls.
///
/// ```
/// use wz_api::{ModuleConfig, Runtime, RuntimeConfig, TrapCode};
///
/// let mut rt = Runtime::new(RuntimeConfig::new().with_interruption(true))?;
/// let code = rt.compile(r#"(module (func (export "spin") (loop br 0)) (func (export "one") (result i32) i32.const 1))"#)?;
/// let module = rt.instantiate(&code, ModuleConfig::new())?;
/// let spin = module.func::<(), ()>(&rt, "spin")?;
///
/// let interrupter = rt.interrupter();
/// std::thread::spawn(move || {
///     std::thread::sleep(std::time::Duration::from_millis(10));
///     interrupter.interrupt();
/// });
/// let error = spin.call(&mut rt, ()).unwrap_err();
/// assert_eq!(error.trap_code(), Some(TrapCode::Interrupted));
///
/// rt.interrupter().clear();
/// assert_eq!(module.func::<(), i32>(&rt, "one")?.call(&mut rt, ())?, 1);
/// # Ok::<(), wz_api::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Interrupter(Arc<AtomicU32>);

impl Interrupter {
    pub(crate) fn new(word: Arc<AtomicU32>) -> Interrupter {
        Interrupter(word)
    }

    /// Interrupts the guest that runs, and those that are called later, until [`Interrupter::clear`].
    pub fn interrupt(&self) {
        self.0.fetch_or(REQUESTED, Ordering::Release);
    }

    /// Ends an interruption. That a [deadline](crate::Context::set_deadline) has passed it does not undo.
    pub fn clear(&self) {
        self.0.fetch_and(!REQUESTED, Ordering::Release);
    }

    /// Whether guests are to stop, because of an interruption or because the deadline has passed. Host functions that
    /// block ask this from time to time, and return [`TrapCode::Interrupted`](crate::TrapCode::Interrupted) as their
    /// error.
    pub fn is_interrupted(&self) -> bool {
        self.0.load(Ordering::Acquire) & (REQUESTED | DEADLINE) != 0
    }
}
