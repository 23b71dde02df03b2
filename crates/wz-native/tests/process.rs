//! What the engine does to its process: signals of others, mappings, and whether it says when it cannot run.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

mod support;

use dynasmrt::{DynasmApi, dynasm};
use std::io::Error as OsError;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};
use support::{Assembly, Host};
use wz_core::TrapCode;
use wz_core::types::{FuncType, ValType};
use wz_native::Reason;

const CHILD: &str = "WZ_NATIVE_TEST_CHILD";

/// Runs one of the cases of [`child`] in a process of its own.
fn run(case: &str) -> Output {
    let this = std::env::current_exe().expect("a path");
    let args = ["--exact", "child", "--nocapture", "--test-threads=1"];
    Command::new(this).args(args).env(CHILD, case).output().expect("a child")
}

/// The cases that end their process, or change what cannot be changed back.
#[test]
fn child() {
    let Ok(case) = std::env::var(CHILD) else { return };
    match case.as_str() {
        "fault" => {
            run_guests();
            fault();
        }
        "fault on another thread" => {
            run_guests();
            std::thread::spawn(fault).join().expect("does not get here");
        }
        "fault in a host function" => {
            let mut host = Host::new();
            host.host_func(FuncType::new([], []), |_, _, _| {
                fault();
                Ok(())
            });
            let text = r#"(module (import "env" "f" (func)) (func (export "run") unreachable))"#;
            let instance = host.instantiate(text, |a| {
                a.begin(0, 0, 0, 0);
                a.call_import(0, 1);
                a.end();
            });
            let _ = host.call(instance, "run", &[], 0);
        }
        "wrong code" => wild(|a| dynasm!(a.asm ; .arch x64 ; mov eax, [r14 + rsi])),
        "wrong address" => wild(|a| {
            dynasm!(a.asm ; .arch x64 ; mov rsi, QWORD 0x1_0000_0000_0000);
            a.site(Some(TrapCode::MemoryOutOfBounds), 1);
            dynasm!(a.asm ; .arch x64 ; mov eax, [rsi]);
        }),
        "host overflow" => {
            run_guests();
            fn descend(n: u64) -> u64 {
                let local = [n; 100];
                std::hint::black_box(&local);
                if n == u64::MAX { 0 } else { descend(n + 1) + local[(n % 100) as usize] }
            }
            println!("{}", descend(0));
        }
        "earlier handler" => {
            set_handler(libc::SIGSEGV, on_fault as *const () as usize, libc::SA_SIGINFO);
            run_guests();
            fault();
        }
        "earlier one-shot handler" => {
            set_handler(libc::SIGSEGV, returns as *const () as usize, libc::SA_RESETHAND);
            run_guests();
            fault();
        }
        "fork" => {
            run_guests();
            // SAFETY: the only other thread waits for this one, with no lock held; the new process ends here.
            let status = unsafe {
                let new = libc::fork();
                if new == 0 {
                    run_guests();
                    std::thread::spawn(run_guests).join().expect("no panic");
                    libc::_exit(42);
                }
                let mut status = 0;
                assert_eq!(libc::waitpid(new, &mut status, 0), new);
                status
            };
            assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 42, "{status}");
            run_guests();
        }
        "sent" => {
            run_guests();
            // SAFETY: a signal to this process.
            unsafe { libc::raise(libc::SIGFPE) };
        }
        "sent and ignored" => {
            set_handler(libc::SIGFPE, libc::SIG_IGN, 0);
            run_guests();
            // SAFETY: as above.
            unsafe { libc::raise(libc::SIGFPE) };
            run_guests();
        }
        "no executable memory" => {
            refuse(libc::SYS_mprotect, Some((2, libc::PROT_EXEC as u32)));
            println!("{:?}", wz_native::available());
        }
        "no handlers" => {
            refuse(libc::SYS_rt_sigaction, None);
            println!("{:?}", wz_native::available());
        }
        "no handler stacks" => {
            refuse(libc::SYS_sigaltstack, None);
            println!("{:?}", std::thread::spawn(wz_native::available).join().expect("no panic"));
        }
        other => panic!("no case {other}"),
    }
}

/// Runs guests that trap, so that everything is installed that ever is.
fn run_guests() {
    let mut host = Host::new();
    let text = r#"(module (memory 1) (func (export "load") (param i32) (result i32) unreachable))"#;
    let instance = host.instantiate(text, |a| {
        a.begin(0, 0, 0, 0);
        a.site(Some(TrapCode::MemoryOutOfBounds), 3);
        dynasm!(a.asm ; .arch x64 ; mov eax, [r14 + rsi]);
        a.end();
    });
    let error = host.call(instance, "load", &[65536], 1).expect_err("a trap");
    assert_eq!(error.trap_code(), Some(TrapCode::MemoryOutOfBounds));
}

/// Runs code that does what code must not do.
fn wild(body: impl Fn(&mut Assembly) + Send + Sync + 'static) {
    let mut host = Host::new();
    let text = r#"(module (memory 1) (func (export "run") (param i32) (result i32) unreachable))"#;
    let instance = host.instantiate(text, move |a| {
        a.begin(0, 0, 0, 0);
        body(a);
        a.end();
    });
    let _ = host.call(instance, "run", &[65536], 1);
}

/// An address that nothing is at.
const NOWHERE: usize = 4096 + 16;

fn fault() {
    // SAFETY: none: this process is to die of it.
    unsafe { std::ptr::without_provenance::<u8>(NOWHERE).read_volatile() };
}

extern "C" fn on_fault(_: libc::c_int, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
    // SAFETY: the kernel's own; `_exit` may be called in handlers.
    unsafe { libc::_exit(if (*info).si_addr().addr() == NOWHERE { 42 } else { 43 }) };
}

extern "C" fn returns(_: libc::c_int) {
    let text = b"handled\n";
    // SAFETY: `write` may be called in handlers.
    unsafe { libc::write(1, text.as_ptr().cast(), text.len()) };
}

fn set_handler(signal: libc::c_int, handler: usize, flags: libc::c_int) {
    // SAFETY: the handler has the form that the flags say.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler;
        action.sa_flags = flags;
        assert_eq!(libc::sigaction(signal, &action, std::ptr::null_mut()), 0);
    }
}

/// Has the kernel refuse a system call from now on, if the argument with this index has one of these bits.
fn refuse(call: libc::c_long, argument: Option<(u32, u32)>) {
    let op = |code: u32, jt: u8, jf: u8, k: u32| libc::sock_filter { code: code as u16, jt, jf, k };
    let load = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
    let refused = op(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ERRNO | libc::EPERM as u32);
    let allowed = op(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ALLOW);
    let is_call = |skip: u8| op(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, 0, skip, call as u32);
    let mut filter = match argument {
        None => vec![op(load, 0, 0, 0), is_call(1), refused, allowed],
        Some((index, bits)) => vec![
            op(load, 0, 0, 0),
            is_call(3),
            op(load, 0, 0, 16 + 8 * index),
            op(libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K, 0, 1, bits),
            refused,
            allowed,
        ],
    };
    let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
    // SAFETY: the program is well formed and lasts during the call.
    let status = unsafe {
        libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, 0, &program)
    };
    assert_eq!(status, 0, "seccomp: {}", OsError::last_os_error());
}

#[test]
fn faults_that_are_not_traps_are_fatal_as_before() {
    let cases = [
        ("fault", libc::SIGSEGV),
        ("fault on another thread", libc::SIGSEGV),
        ("fault in a host function", libc::SIGSEGV),
        ("wrong code", libc::SIGSEGV),
        ("wrong address", libc::SIGSEGV),
        ("host overflow", libc::SIGABRT),
        ("earlier one-shot handler", libc::SIGSEGV),
        ("sent", libc::SIGFPE),
    ];
    for (case, signal) in cases {
        let output = run(case);
        assert_eq!(output.status.signal(), Some(signal), "{case}: {output:?}");
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(err.contains("has overflowed its stack"), case == "host overflow", "{case}: {err}");
        let handled = usize::from(case == "earlier one-shot handler");
        assert_eq!(out.matches("handled").count(), handled, "{case}: {out}");
    }
}

#[test]
fn earlier_handlers_get_what_is_not_ours() {
    assert_eq!(run("earlier handler").status.code(), Some(42));
    assert_eq!(run("sent and ignored").status.code(), Some(0));
}

#[test]
fn a_forked_process_goes_on() {
    assert_eq!(run("fork").status.code(), Some(0));
}

#[test]
fn it_says_when_it_cannot_run() {
    assert_eq!(wz_native::available(), Ok(()));
    let said = |case: &str| String::from_utf8(run(case).stdout).expect("text");
    assert!(said("no executable memory").contains("Err(ExecutableMemory("));
    assert!(said("no handlers").contains("Err(Signals("));
    assert!(said("no handler stacks").contains("Err(Signals("));
    assert!(Reason::Signals("why".into()).to_string().contains("why"));
}

/// The lines of the list of this process's mappings.
fn mappings() -> Vec<String> {
    let maps = std::fs::read_to_string("/proc/self/maps").expect("a list of mappings");
    maps.lines().map(str::to_owned).collect()
}

#[test]
fn no_page_is_writable_and_executable() {
    let mut host = Host::new();
    let seen = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counter = seen.clone();
    host.host_func(FuncType::new([], [ValType::I64]), move |_, _, values| {
        let maps = mappings();
        let both = maps.iter().find(|line| line.split(' ').nth(1).is_some_and(|p| p.contains("wx")));
        assert_eq!(both, None);
        values[0] = maps.len() as u64;
        counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Ok(())
    });
    let text =
        r#"(module (import "env" "f" (func (result i64))) (func (export "run") (result i64) unreachable))"#;
    for padding in [0, 3 << 20] {
        let instance = host.instantiate(text, move |a| {
            a.begin(0, 0, 0, 0);
            a.call_import(0, 1);
            a.end();
            a.asm.extend(vec![0xcc; padding]);
        });
        assert!(host.call(instance, "run", &[], 1).expect("no trap")[0] > 10);
    }
    assert_eq!(seen.load(std::sync::atomic::Ordering::Relaxed), 2);
}

#[test]
fn threads_and_runtimes_leave_no_mappings_behind() {
    let round = || std::thread::spawn(run_guests).join().expect("no panic");
    round();
    let before = mappings().len();
    for _ in 0..100 {
        round();
    }
    // Other tests run in this process too.
    let after = mappings().len();
    assert!(after < before + 60, "{before} mappings before, {after} after");
}
