//! Signal handlers, and the stacks that they run on.
//!
//! The handlers are installed once for the process and stay. What is not a guest's trap goes to the handler that was
//! there before, under the rules that were its own.

use super::traps;
use libc::{c_int, c_void, sigaction, siginfo_t};
use std::cell::{Cell, UnsafeCell};
use std::io;
use std::mem::{MaybeUninit, zeroed};
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use wz_core::Error;

/// The signals that processors' faults raise.
const SIGNALS: [c_int; 4] = [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL];

/// A signal's handler before ours.
struct Previous {
    action: UnsafeCell<MaybeUninit<sigaction>>,
    /// Whether it was called, which takes it away if it is to serve only once.
    served: AtomicBool,
}

// SAFETY: the action is written once, before the handler that reads it is installed.
unsafe impl Sync for Previous {}

static PREVIOUS: [Previous; SIGNALS.len()] =
    [const { Previous { action: UnsafeCell::new(MaybeUninit::uninit()), served: AtomicBool::new(false) } };
        SIGNALS.len()];

/// Installs the handlers, once for the process.
pub(super) fn install() -> Result<(), String> {
    static INSTALLED: OnceLock<Result<(), String>> = OnceLock::new();
    let install_all = || {
        SIGNALS.iter().zip(&PREVIOUS).try_for_each(|(signal, previous)| {
            // SAFETY: `OnceLock` calls this once.
            unsafe { install_one(*signal, previous) }.map_err(|error| format!("signal {signal}: {error}"))
        })
    };
    INSTALLED.get_or_init(install_all).clone()
}

/// # Safety
///
/// Called once for each signal.
unsafe fn install_one(signal: c_int, previous: &Previous) -> io::Result<()> {
    let check = |status: c_int| if status == 0 { Ok(()) } else { Err(io::Error::last_os_error()) };
    // SAFETY: nobody reads the action before the handler is installed, and then nobody writes it. The handler is
    // async-signal-safe. All zeros is a `sigaction` with an empty mask.
    unsafe {
        check(sigaction(signal, ptr::null(), (*previous.action.get()).as_mut_ptr()))?;
        let mut action: sigaction = zeroed();
        action.sa_sigaction = on_signal as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_NODEFER | libc::SA_ONSTACK;
        check(sigaction(signal, &action, ptr::null_mut()))
    }
}

unsafe extern "C" fn on_signal(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel, or a handler that was installed later and passes on what it got, calls this with what belongs
    // to the signal.
    unsafe {
        if !traps::catch(signal, &*info, context) {
            forward(signal, info, context);
        }
    }
}

/// Does what would have been done without our handler.
///
/// # Safety
///
/// As for a signal handler.
unsafe fn forward(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    let Some(index) = SIGNALS.iter().position(|known| *known == signal) else { return };
    let previous = &PREVIOUS[index];
    // SAFETY: the action was written before the handler was installed. What is called is async-signal-safe, and the
    // previous handler gets what it would have got.
    unsafe {
        let action = (*previous.action.get()).assume_init_ref();
        // Somebody sent it: the instruction will not raise it again.
        let was_sent = (*info).si_code <= 0;
        let serves_once = action.sa_flags & libc::SA_RESETHAND != 0;
        let used_up = serves_once && previous.served.swap(true, Ordering::Relaxed);
        match action.sa_sigaction {
            libc::SIG_IGN if was_sent => {}
            handler if handler == libc::SIG_DFL || handler == libc::SIG_IGN || used_up => {
                let mut default: sigaction = zeroed();
                default.sa_sigaction = libc::SIG_DFL;
                sigaction(signal, &default, ptr::null_mut());
                if was_sent {
                    libc::raise(signal);
                }
            }
            handler => {
                let mut mask = action.sa_mask;
                if action.sa_flags & libc::SA_NODEFER == 0 {
                    libc::sigaddset(&mut mask, signal);
                }
                let mut before = MaybeUninit::uninit();
                libc::pthread_sigmask(libc::SIG_BLOCK, &mask, before.as_mut_ptr());
                if action.sa_flags & libc::SA_SIGINFO != 0 {
                    let handler: extern "C" fn(c_int, *mut siginfo_t, *mut c_void) =
                        std::mem::transmute(handler);
                    handler(signal, info, context);
                } else {
                    let handler: extern "C" fn(c_int) = std::mem::transmute(handler);
                    handler(signal);
                }
                libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), ptr::null_mut());
            }
        }
    }
}

thread_local! {
    /// Whether the thread has a stack for handlers.
    static READY: Cell<bool> = const { Cell::new(false) };
    /// Our own stack for them, if it had none.
    static STACK: Cell<Option<HandlerStack>> = const { Cell::new(None) };
}

/// Makes sure that the current thread has a stack for handlers. It lasts as long as the thread.
#[inline]
pub(super) fn prepare_thread() -> Result<(), Error> {
    if READY.get() { Ok(()) } else { install_stack() }
}

#[cold]
fn install_stack() -> Result<(), Error> {
    let refused = |why: &dyn std::fmt::Display| Error::limit(format!("a stack for signal handlers: {why}"));
    let stack = HandlerStack::install().map_err(|error| refused(&error))?;
    STACK.try_with(|own| own.set(stack)).map_err(|_| refused(&"the thread is ending"))?;
    READY.set(true);
    Ok(())
}

/// An alternate signal stack of the current thread.
struct HandlerStack {
    base: *mut c_void,
    bytes: usize,
}

impl HandlerStack {
    /// Bytes that handlers, those before ours included, may need beside what the kernel puts there.
    const NEEDED: usize = 64 << 10;
    const GUARD: usize = 64 << 10;

    /// Gives the current thread a stack for handlers; `None` if it has one that is large enough.
    fn install() -> io::Result<Option<HandlerStack>> {
        // SAFETY: asks for a number. 0 where the kernel does not know it.
        let frame = unsafe { libc::getauxval(libc::AT_MINSIGSTKSZ) } as usize;
        let needed = (HandlerStack::NEEDED + frame).next_multiple_of(rustix::param::page_size());
        // SAFETY: asks for the current thread's stack, and then sets a mapping of our own which lasts until it is no
        // longer set.
        unsafe {
            let mut old: libc::stack_t = zeroed();
            if libc::sigaltstack(ptr::null(), &mut old) != 0 {
                return Err(io::Error::last_os_error());
            }
            if old.ss_flags & libc::SS_DISABLE == 0 && old.ss_size >= HandlerStack::NEEDED {
                return Ok(None);
            }
            let bytes = HandlerStack::GUARD + needed;
            let (protection, flags) =
                (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
            let base = libc::mmap(ptr::null_mut(), bytes, protection, flags, -1, 0);
            if base == libc::MAP_FAILED {
                return Err(io::Error::last_os_error());
            }
            let stack = HandlerStack { base, bytes };
            let new =
                libc::stack_t { ss_sp: base.byte_add(HandlerStack::GUARD), ss_flags: 0, ss_size: needed };
            if libc::mprotect(base, HandlerStack::GUARD, libc::PROT_NONE) != 0
                || libc::sigaltstack(&new, ptr::null_mut()) != 0
            {
                return Err(io::Error::last_os_error());
            }
            Ok(Some(stack))
        }
    }
}

impl Drop for HandlerStack {
    fn drop(&mut self) {
        READY.set(false);
        // SAFETY: the thread ends, or never got this stack; it is taken away before it is freed, unless somebody else
        // set another one meanwhile.
        unsafe {
            let mut current: libc::stack_t = zeroed();
            let known = libc::sigaltstack(ptr::null(), &mut current) == 0;
            if known && current.ss_sp == self.base.byte_add(HandlerStack::GUARD) {
                let none = libc::stack_t { ss_sp: ptr::null_mut(), ss_flags: libc::SS_DISABLE, ss_size: 0 };
                libc::sigaltstack(&none, ptr::null_mut());
            }
            libc::munmap(self.base, self.bytes);
        }
    }
}
