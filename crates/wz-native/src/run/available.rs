//! Whether native code can run in this process.

use super::arch::RETURN_CODE;
use super::code_memory::CodeMemory;
use super::signals;
use crate::Reason;
use std::sync::OnceLock;

/// Whether native code can run in this process: whether it may handle signals, have memory to execute, and switch
/// stacks. It installs the signal handlers, and is asked once: later calls give the same answer.
///
/// # Errors
///
/// Why it cannot.
pub fn available() -> Result<(), Reason> {
    static ANSWER: OnceLock<Result<(), Reason>> = OnceLock::new();
    ANSWER.get_or_init(probe).clone()
}

fn probe() -> Result<(), Reason> {
    if has_shadow_stack() {
        return Err(Reason::ShadowStack);
    }
    let refused = |error: std::io::Error| Reason::ExecutableMemory(error.to_string());
    let memory = CodeMemory::new(Box::new(RETURN_CODE.to_vec())).map_err(refused)?;
    // SAFETY: the memory holds a function that does nothing and returns.
    unsafe { std::mem::transmute::<*const u8, extern "C" fn()>(memory.start())() };
    signals::install().map_err(Reason::Signals)?;
    signals::prepare_thread().map_err(|error| Reason::Signals(error.to_string()))
}

/// Whether the current thread has a shadow stack, as the kernel says.
fn has_shadow_stack() -> bool {
    const ARCH_SHSTK_STATUS: libc::c_int = 0x5005;
    const ARCH_SHSTK_SHSTK: u64 = 1;
    let mut status = 0_u64;
    // SAFETY: asks for a word of flags; kernels that do not know the question say so.
    let known = unsafe { libc::syscall(libc::SYS_arch_prctl, ARCH_SHSTK_STATUS, &raw mut status) } == 0;
    known && status & ARCH_SHSTK_SHSTK != 0
}
