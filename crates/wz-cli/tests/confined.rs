//! `wz` in a process that may not execute memory that it wrote, and what profilers are told.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

mod support;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch, apply_filter,
};
use std::process::{Output, Stdio};
use support::Folder;

const PROGRAM: &str = r#"(module (func (export "f") (result i32) i32.const 42))"#;

/// Refuses to make memory executable after it was mapped.
fn no_code() -> BpfProgram {
    let protection = SeccompCondition::new(
        2,
        SeccompCmpArgLen::Dword,
        SeccompCmpOp::MaskedEq(libc::PROT_EXEC as u64),
        libc::PROT_EXEC as u64,
    );
    let rule = SeccompRule::new(vec![protection.unwrap()]).unwrap();
    let rules = [(libc::SYS_mprotect, vec![rule])].into();
    let refused = SeccompAction::Errno(libc::EPERM as u32);
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refused, TargetArch::x86_64).unwrap();
    filter.try_into().unwrap()
}

/// What `wz` does under the filter, which holds for the thread that starts it and so for `wz`.
fn confined(folder: &Folder, args: &[&str]) -> Output {
    std::thread::scope(|scope| {
        let run = scope.spawn(|| {
            apply_filter(&no_code()).unwrap();
            folder.wz(args).output().unwrap()
        });
        run.join().unwrap()
    })
}

#[test]
fn without_executable_memory_auto_is_the_interpreter_and_says_so_once() {
    let folder = Folder::new();
    folder.file("f.wat", PROGRAM);
    let output = confined(&folder, &["run", "--invoke", "f", "--timings", "f.wat"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), &output.stdout[..]), (Some(0), &b"42\n"[..]), "{stderr}");
    let mut lines = stderr.lines();
    let warning = lines.next().unwrap();
    assert!(warning.starts_with("warning: no native code: memory to execute is refused: "), "{stderr}");
    assert!(warning.ends_with("; using the interpreter"), "{stderr}");
    assert!(lines.next().unwrap().contains(r#""engine":"interp""#), "{stderr}");
    assert_eq!(lines.next(), None);

    // Whoever asks for native code gets an error, and the interpreter needs nothing of the kind.
    let output = confined(&folder, &["run", "--engine", "jit", "--invoke", "f", "f.wat"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("engine jit: memory to execute is refused"), "{stderr}");
    let output = confined(&folder, &["run", "--engine", "interp", "--invoke", "f", "f.wat"]);
    assert_eq!((&output.stdout[..], &output.stderr[..]), (&b"42\n"[..], &b""[..]));
}

#[test]
fn unconfined_auto_is_native_code_and_vectors_are_interpreted() {
    let folder = Folder::new();
    folder.file("f.wat", PROGRAM);
    folder.file(
        "v.wat",
        r#"(module (func (export "f") (result i32) (i32x4.extract_lane 0 (i32x4.splat (i32.const 7)))))"#,
    );
    for (file, engine, result) in [("f.wat", "jit", "42\n"), ("v.wat", "interp", "7\n")] {
        let output = folder.run(&["run", "--invoke", "f", "--timings", file], 0);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.starts_with(&format!(r#"{{"engine":"{engine}","#)), "{stderr}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), result);
    }
    let output = folder.run(&["run", "--engine", "amd64", "--invoke", "f", "v.wat"], 1);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("v128"), "{stderr}");
}

#[test]
fn profilers_learn_the_names_of_functions() {
    let folder = Folder::new();
    folder.file("f.wat", r#"(module (func $named (export "f") (result i32) i32.const 42) (func))"#);
    let run =
        folder.wz(&["run", "--profile", "perfmap", "--invoke", "f", "f.wat"]).stdout(Stdio::null()).spawn();
    let mut run = run.unwrap();
    assert!(run.wait().unwrap().success());
    let path = format!("/tmp/perf-{}.map", run.id());
    let map = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(path).unwrap();
    let names: Vec<_> = map.lines().map(|line| line.splitn(3, ' ').nth(2).unwrap()).collect();
    assert_eq!(names, ["wasm named", "wasm function 1"]);
    for number in map.lines().flat_map(|line| line.split(' ').take(2)) {
        assert_ne!(u64::from_str_radix(number, 16).unwrap(), 0, "{map}");
    }
}
