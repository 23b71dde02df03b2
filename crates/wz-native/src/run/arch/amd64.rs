//! x86-64: System V on the host's side, `docs/abi.md` on the guest's.
//!
//! ```text
//! host's stack while a guest runs            guest's stack while the host runs a host function
//!   | return address of `enter` |              | arguments on the stack    |
//!   | rbp rbx r12 r13 r14 r15   |              | return address            |
//!   | the entry's address       |  <- host_sp  | r15 r13 r12 rbx rbp       |
//!                                              | xmm7 .. xmm0              |
//!                                              | integer registers         |  <- `Registers`
//! ```

use super::{Entry, Outcome, Reentry, Registers};
use std::arch::naked_asm;
use std::mem::offset_of;
use wz_core::native::Restore;
use wz_core::runtime::vm::{Arity, VmContext, VmHostFunc, VmRuntime};

pub(super) const INT_REGISTERS: usize = 6;
pub(super) const FLOAT_REGISTERS: usize = 8;

/// Bytes of callee-saved registers that [`host_entry`] pushes.
pub(super) const SAVED_BYTES: usize = 5 * 8;

/// A function that does nothing and returns.
pub(crate) const RETURN_CODE: &[u8] = &[0xc3];

const FLOATS: usize = offset_of!(Registers, floats);

/// A function that enters a guest. `$load` moves arguments to registers, with the entry in rdi and its values in r11, and
/// `$store` results from registers to the values in r11, with the entry in rdi.
/// All of them leave the same frame on the host's stack: a guest that was suspended returns to the one that entered it,
/// with a frame that [`reenter`] made.
macro_rules! entry {
    ($(#[$doc:meta])* $name:ident, [$($load:literal,)*], [$($store:literal,)*] $(, $constant:ident = $value:expr)*) => {
        $(#[$doc])*
        #[unsafe(naked)]
        pub(crate) unsafe extern "sysv64" fn $name(entry: *mut Entry) -> Outcome {
            naked_asm!(
                "push rbp",
                "push rbx",
                "push r12",
                "push r13",
                "push r14",
                "push r15",
                "push rdi",
                "mov r12, [rdi + {runtime}]",
                "mov r11, [rdi + {values}]",
                "mov [r12 + {host_sp}], rsp",
                "mov rsp, [rdi + {sp}]",
                $($load,)*
                "mov r11, [rdi + {code}]",
                "mov rdi, [rdi + {vmctx}]",
                "call r11",
                // The guest preserves r12. It returns with any vmctx, and that may be gone.
                "mov rsp, [r12 + {host_sp}]",
                "pop rdi",
                "mov r11, [rdi + {values}]",
                $($store,)*
                "xor eax, eax",
                "pop r15",
                "pop r14",
                "pop r13",
                "pop r12",
                "pop rbx",
                "pop rbp",
                "ret",
                runtime = const offset_of!(Entry, runtime),
                values = const offset_of!(Entry, values),
                host_sp = const VmRuntime::HOST_SP,
                sp = const offset_of!(Entry, sp),
                code = const offset_of!(Entry, code),
                vmctx = const offset_of!(Entry, vmctx),
                $($constant = const $value,)*
            )
        }
    };
}

entry! {
    /// Runs the guest until it returns or leaves.
    ///
    /// # Safety
    ///
    /// The entry is complete: its code is that of a function whose arguments are in its registers and at its stack
    /// pointer, on a guest's stack with at least [`crate::imp::stack::RESERVE_BYTES`] below. The runtime block's
    /// innermost activation is that of this call.
    enter,
    [
        "movups xmm0, [r11 + {floats}]",
        "movups xmm1, [r11 + {floats} + 16]",
        "movups xmm2, [r11 + {floats} + 32]",
        "movups xmm3, [r11 + {floats} + 48]",
        "movups xmm4, [r11 + {floats} + 64]",
        "movups xmm5, [r11 + {floats} + 80]",
        "movups xmm6, [r11 + {floats} + 96]",
        "movups xmm7, [r11 + {floats} + 112]",
        "mov rsi, [r11]",
        "mov rdx, [r11 + 8]",
        "mov rcx, [r11 + 16]",
        "mov r8, [r11 + 24]",
        "mov r9, [r11 + 32]",
        "mov rax, [r11 + 40]",
    ],
    [
        "mov [r11], rax",
        "mov [r11 + 8], rdx",
        "mov [r11 + 16], rcx",
        "mov [r11 + 24], rsi",
        "mov [r11 + 32], r8",
        "mov [r11 + 40], r9",
        "movups [r11 + {floats}], xmm0",
        "movups [r11 + {floats} + 16], xmm1",
        "movups [r11 + {floats} + 32], xmm2",
        "movups [r11 + {floats} + 48], xmm3",
        "movups [r11 + {floats} + 64], xmm4",
        "movups [r11 + {floats} + 80], xmm5",
        "movups [r11 + {floats} + 96], xmm6",
        "movups [r11 + {floats} + 112], xmm7",
    ],
    floats = FLOATS
}

entry! {
    /// As [`enter`], for at most as many arguments as there are integer registers, all of them in these, and at most one
    /// result, in such a register.
    ///
    /// # Safety
    ///
    /// As for [`enter`], but that the values are the function's own, as many as the entry says.
    enter_words,
    [
        "mov ebx, [rdi + {params}]",
        "cmp ebx, 1",
        "jb 2f",
        "mov rsi, [r11]",
        "je 2f",
        "mov rdx, [r11 + 8]",
        "cmp ebx, 3",
        "jb 2f",
        "mov rcx, [r11 + 16]",
        "je 2f",
        "mov r8, [r11 + 24]",
        "cmp ebx, 5",
        "jb 2f",
        "mov r9, [r11 + 32]",
        "je 2f",
        "mov rax, [r11 + 40]",
        "2:",
    ],
    [
        "cmp dword ptr [rdi + {results}], 0",
        "je 3f",
        "mov [r11], rax",
        "3:",
    ],
    params = offset_of!(Entry, params),
    results = offset_of!(Entry, results)
}

/// Returns from [`enter`] with [`Outcome::LEFT`]. Jumped to with the host's stack pointer in place.
///
/// # Safety
///
/// Not to be called.
#[unsafe(naked)]
pub(crate) unsafe extern "sysv64" fn leave() {
    naked_asm!(
        "pop rdi",
        "mov eax, 1",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "ret",
    )
}

/// The code of every host function: a full entry of the guests' ABI. Registers that hold no argument are not stored.
///
/// # Safety
///
/// Only guests call it.
#[unsafe(naked)]
pub(crate) unsafe extern "sysv64" fn host_entry() {
    naked_asm!(
        "push r15",
        "push r13",
        "push r12",
        "push rbx",
        "push rbp",
        "sub rsp, {registers}",
        "mov r10, [r15 + {runtime}]",
        "mov ebx, [rdi + {arity}]",
        "mov [rsp], rsi",
        "mov [rsp + 8], rdx",
        "mov r11d, ebx",
        "and r11d, {not_one_result}",
        "cmp r11d, 2",
        "jbe 2f",
        "mov [rsp + 16], rcx",
        "mov [rsp + 24], r8",
        "mov [rsp + 32], r9",
        "mov [rsp + 40], rax",
        "test ebx, {has_floats}",
        "jz 2f",
        "movups [rsp + {floats}], xmm0",
        "movups [rsp + {floats} + 16], xmm1",
        "movups [rsp + {floats} + 32], xmm2",
        "movups [rsp + {floats} + 48], xmm3",
        "movups [rsp + {floats} + 64], xmm4",
        "movups [rsp + {floats} + 80], xmm5",
        "movups [rsp + {floats} + 96], xmm6",
        "movups [rsp + {floats} + 112], xmm7",
        "2:",
        // The values that Rust code preserves are this function's now.
        "mov rbp, rsp",
        "mov rsi, r15",
        "mov rdx, rsp",
        "mov rsp, [r10 + {host_sp}]",
        "call {call}",
        "test rax, rax",
        "jnz 6f",
        "mov rsp, rbp",
        "mov rax, [rsp]",
        "mov rbp, [rsp + {registers}]",
        "mov rbx, [rsp + {registers} + 8]",
        "add rsp, {registers} + {saved}",
        "ret",
        "6:",
        "js 4f",
        "mov rsp, rbp",
        "lea r10, [rax - 1]",
        "jmp {return_to_guest}",
        "4:",
        "mov r10, [r15 + {runtime}]",
        "mov rsp, [r10 + {host_sp}]",
        "jmp {leave}",
        runtime = const VmContext::RUNTIME,
        host_sp = const VmRuntime::HOST_SP,
        arity = const offset_of!(VmHostFunc, arity),
        not_one_result = const !Arity::ONE_RESULT,
        floats = const FLOATS,
        has_floats = const Arity::FLOATS,
        registers = const size_of::<Registers>(),
        saved = const SAVED_BYTES,
        call = sym crate::imp::host::call,
        return_to_guest = sym return_to_guest,
        leave = sym leave,
    )
}

/// Returns from a host function to the guest: the stack pointer is at the [`Registers`] that [`host_entry`] stored, with the
/// results in them, and r10 has the bytes of arguments on the stack.
///
/// # Safety
///
/// Not to be called.
#[unsafe(naked)]
unsafe extern "sysv64" fn return_to_guest() {
    naked_asm!(
        "movups xmm0, [rsp + {floats}]",
        "movups xmm1, [rsp + {floats} + 16]",
        "movups xmm2, [rsp + {floats} + 32]",
        "movups xmm3, [rsp + {floats} + 48]",
        "movups xmm4, [rsp + {floats} + 64]",
        "movups xmm5, [rsp + {floats} + 80]",
        "movups xmm6, [rsp + {floats} + 96]",
        "movups xmm7, [rsp + {floats} + 112]",
        "mov rax, [rsp]",
        "mov rdx, [rsp + 8]",
        "mov rcx, [rsp + 16]",
        "mov rsi, [rsp + 24]",
        "mov r8, [rsp + 32]",
        "mov r9, [rsp + 40]",
        "mov rbp, [rsp + {registers}]",
        "mov rbx, [rsp + {registers} + 8]",
        "mov r12, [rsp + {registers} + 16]",
        "mov r13, [rsp + {registers} + 24]",
        "mov r15, [rsp + {registers} + 32]",
        "add rsp, {registers} + {saved}",
        // Arguments on the stack go with the return: the return address moves to where the last one was.
        "mov r11, [rsp]",
        "add rsp, r10",
        "mov [rsp], r11",
        "ret",
        floats = const FLOATS,
        registers = const size_of::<Registers>(),
        saved = const SAVED_BYTES,
    )
}

/// Goes on with a guest that left while a host function ran: returns from that function, with the results that are in
/// [`Registers`] and on the guest's stack. The guest then returns through the function that entered it first, whose frame
/// on the host's stack is made again here.
///
/// # Safety
///
/// The guest stopped in [`host_entry`], its stack is as it was then but for the results, and the runtime block's innermost
/// activation is that of this call.
#[unsafe(naked)]
pub(crate) unsafe extern "sysv64" fn reenter(reentry: *mut Reentry) -> Outcome {
    naked_asm!(
        "push rbp",
        "push rbx",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "push rdi",
        "mov r10, [rdi + {runtime}]",
        "mov [r10 + {host_sp}], rsp",
        "mov r10, [rdi + {arg_bytes}]",
        "mov rsp, [rdi + {sp}]",
        "jmp {return_to_guest}",
        runtime = const offset_of!(Reentry, entry) + offset_of!(Entry, runtime),
        sp = const offset_of!(Reentry, entry) + offset_of!(Entry, sp),
        arg_bytes = const offset_of!(Reentry, arg_bytes),
        host_sp = const VmRuntime::HOST_SP,
        return_to_guest = sym return_to_guest,
    )
}

// Who entered the guest finds the entry where it left its own.
const _: () = assert!(offset_of!(Reentry, entry) == 0);

/// What a function returns to that was entered by a tail call from another instance: it restores the pinned registers, and
/// returns to the caller of the function that made the call. See [`Restore::Off`].
///
/// # Safety
///
/// Only guests return to it, to a restore frame that is at their stack pointer.
#[unsafe(naked)]
pub(crate) unsafe extern "sysv64" fn restore() {
    // A jump: the processor expects that returns go to the callers of calls, one for each.
    naked_asm!("pop r15", "pop r14", "pop r11", "jmp r11")
}

/// As [`restore`], where the frame stays: [`Restore::Kept`].
///
/// # Safety
///
/// As for [`restore`].
#[unsafe(naked)]
pub(crate) unsafe extern "sysv64" fn restore_kept() {
    naked_asm!(
        "mov r15, [rsp + {vmctx}]",
        "mov r14, [rsp + {memory}]",
        "jmp [rsp + {return_address}]",
        vmctx = const Restore::VMCTX,
        memory = const Restore::MEMORY,
        return_address = const Restore::RETURN,
    )
}

const _: () = assert!(Restore::VMCTX == 0 && Restore::MEMORY == 8 && Restore::RETURN == 16);

/// Defines the stub of a helper: it runs the Rust function on the host's stack, and leaves the guest if that fails.
macro_rules! helper_stub {
    ($name:ident, $function:path) => {
        #[unsafe(naked)]
        unsafe extern "sysv64" fn $name() {
            std::arch::naked_asm!(
                "mov r10, [r15 + {runtime}]",
                "mov [r10 + {guest_sp}], rsp",
                "mov rsp, [r10 + {host_sp}]",
                "mov rdi, r15",
                "call {function}",
                "mov r10, [r15 + {runtime}]",
                "test edx, edx",
                "jnz 2f",
                "mov rsp, [r10 + {guest_sp}]",
                "ret",
                "2:",
                "mov rsp, [r10 + {host_sp}]",
                "jmp {leave}",
                runtime = const wz_core::runtime::vm::VmContext::RUNTIME,
                guest_sp = const wz_core::runtime::vm::VmRuntime::GUEST_SP,
                host_sp = const wz_core::runtime::vm::VmRuntime::HOST_SP,
                function = sym $function,
                leave = sym $crate::imp::arch::leave,
            )
        }
    };
}

pub(crate) use helper_stub;

/// The registers of a thread at a signal.
pub(crate) struct Context(*mut libc::ucontext_t);

impl Context {
    /// # Safety
    ///
    /// `context` is what a signal handler got, and the handler runs.
    pub(crate) unsafe fn of(context: *mut libc::c_void) -> Context {
        Context(context.cast())
    }

    fn register(&self, index: libc::c_int) -> *mut usize {
        // SAFETY: a live context; the index is one of its registers'.
        unsafe { (&raw mut (*self.0).uc_mcontext.gregs[index as usize]).cast() }
    }

    fn read(&self, index: libc::c_int) -> usize {
        // SAFETY: a register of a live context.
        unsafe { *self.register(index) }
    }

    /// The address of the instruction that faulted.
    pub(crate) fn pc(&self) -> usize {
        self.read(libc::REG_RIP)
    }

    /// The stack pointer.
    pub(crate) fn sp(&self) -> usize {
        self.read(libc::REG_RSP)
    }

    /// In a guest's code, its vmctx.
    pub(crate) fn vmctx(&self) -> *mut VmContext {
        std::ptr::with_exposed_provenance_mut(self.read(libc::REG_R15))
    }

    /// Has the guest leave when the handler returns.
    pub(crate) fn leave(&mut self, host_sp: usize) {
        // SAFETY: registers of a live context, which only the handler that has this value uses.
        unsafe {
            *self.register(libc::REG_RSP) = host_sp;
            *self.register(libc::REG_RIP) = leave as *const () as usize;
        }
    }
}
