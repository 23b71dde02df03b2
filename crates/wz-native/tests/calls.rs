//! Calls between host and guest: values of every type in registers and on the stack.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

mod support;

use dynasmrt::{DynasmApi, dynasm};
use std::sync::{Arc, Mutex};
use support::{Assembly, Host, call, export, list};
use wz_core::native::Restore;
use wz_core::types::{FuncType, ValType};
use wz_core::{Error, ErrorKind};

use ValType::{F32, F64, I32, I64, V128};

/// The integer argument registers take the first six, floats the first eight.
const INTS: usize = 6;
const FLOATS: usize = 8;

fn is_int(ty: &ValType) -> bool {
    matches!(ty, I32 | I64 | ValType::Ref(_))
}

/// Bytes of the values of these types beyond the registers.
fn stack_bytes(types: &[ValType]) -> u32 {
    let beyond = |int: bool, registers: usize| {
        types
            .iter()
            .filter(move |ty| is_int(ty) == int)
            .skip(registers)
            .map(|ty| 8 * ty.slots() as u32)
            .sum::<u32>()
    };
    beyond(true, INTS) + beyond(false, FLOATS)
}

#[test]
fn registers_are_those_of_the_abi() {
    let mut host = Host::new();
    let text = r#"(module
        (func (export "ints") (param i32 i64 i32 i64 i32 i64) (result i64) unreachable)
        (func (export "floats") (param f64 f64 f64 f64 f64 f64 f64 f64) (result f64) unreachable)
        (func (export "single") (param f32) (result f32) unreachable)
        (func (export "seventh") (param i32 i32 i32 i32 i32 i32 i64 i64) (result i64) unreachable)
        (func (export "many") (result i64 i64 i64 i64 i64 i64 i64 i64 f64 f64) unreachable)
        (func (export "mixed") (param i64 f32) (result f32 i32) unreachable))"#;
    let instance = host.instantiate(text, |a| {
        a.begin(0, 0, 0, 0);
        // (((((rsi * 2 + rdx) * 2 + rcx) * 2 + r8) * 2 + r9) * 2 + rax
        dynasm!(a.asm
            ; .arch x64
            ; lea rsi, [rsi + rsi] ; add rsi, rdx
            ; lea rsi, [rsi + rsi] ; add rsi, rcx
            ; lea rsi, [rsi + rsi] ; add rsi, r8
            ; lea rsi, [rsi + rsi] ; add rsi, r9
            ; lea rsi, [rsi + rsi] ; add rsi, rax
            ; mov rax, rsi
        );
        a.end();
        a.begin(0, 0, 0, 0);
        dynasm!(a.asm
            ; .arch x64
            ; addsd xmm0, xmm0 ; addsd xmm0, xmm1
            ; addsd xmm0, xmm0 ; addsd xmm0, xmm2
            ; addsd xmm0, xmm0 ; addsd xmm0, xmm3
            ; addsd xmm0, xmm0 ; addsd xmm0, xmm4
            ; addsd xmm0, xmm0 ; addsd xmm0, xmm5
            ; addsd xmm0, xmm0 ; addsd xmm0, xmm6
            ; addsd xmm0, xmm0 ; addsd xmm0, xmm7
        );
        a.end();
        a.begin(0, 0, 0, 0);
        // Dirties the bits above the result.
        dynasm!(a.asm ; .arch x64 ; addss xmm0, xmm0 ; unpcklps xmm0, xmm0);
        a.end();
        a.begin(0, 0, 16, 0);
        // Return address and frame are below the arguments.
        dynasm!(a.asm ; .arch x64 ; mov rax, [rsp + 16] ; shl rax, 8 ; add rax, [rsp + 24]);
        a.end();
        // The results are above three free words.
        a.begin(0, 0, 0, 40);
        dynasm!(a.asm
            ; .arch x64
            ; mov eax, 1 ; mov edx, 2 ; mov ecx, 3 ; mov esi, 4 ; mov r8d, 5 ; mov r9d, 6
            ; mov QWORD [rsp + 40], 7 ; mov QWORD [rsp + 48], 8
            ; cvtsi2sd xmm0, eax ; cvtsi2sd xmm1, edx
        );
        a.end();
        a.begin(0, 0, 0, 0);
        dynasm!(a.asm ; .arch x64 ; mov eax, esi);
        a.end();
    });
    let value = host.call(instance, "ints", &[1, 2, 3, 4, 5, 6], 1).unwrap();
    assert_eq!(value, [((((2 + 2) * 2 + 3) * 2 + 4) * 2 + 5) * 2 + 6]);
    let args: Vec<u64> = (1..=8).map(|i| f64::from(i).to_bits()).collect();
    let sum = (1..=8).fold(0.0, |sum: f64, i| sum * 2.0 + f64::from(i));
    assert_eq!(host.call(instance, "floats", &args, 1).unwrap(), [sum.to_bits()]);
    let single = |x: f32| u64::from(x.to_bits());
    assert_eq!(host.call(instance, "single", &[single(1.5)], 1).unwrap(), [single(3.0)]);
    let value = host.call(instance, "seventh", &[0, 0, 0, 0, 0, 0, 7, 8], 1).unwrap();
    assert_eq!(value, [0x708]);
    let value = host.call(instance, "many", &[], 10).unwrap();
    assert_eq!(value, [1, 2, 3, 4, 5, 6, 7, 8, 1_f64.to_bits(), 2_f64.to_bits()]);
    let value = host.call(instance, "mixed", &[9, single(2.5)], 2).unwrap();
    assert_eq!(value, [single(2.5), 9]);
}

/// A function that passes its arguments on to import 0, whose results it returns.
fn forward(a: &mut Assembly, params: &[ValType], results: &[ValType]) {
    let args = stack_bytes(params) as i32;
    let area = match stack_bytes(results) as i32 {
        0 => 0,
        bytes => Restore::FRAME_BYTES as i32 + bytes,
    };
    a.begin(0, 0, args as u32, area as u32);
    dynasm!(a.asm ; .arch x64 ; sub rsp, args + area);
    // From above the frame and the return address to the area that was just made.
    for word in (0..args).step_by(8) {
        dynasm!(a.asm
            ; .arch x64
            ; mov r10, [rsp + args + area + 16 + word]
            ; mov [rsp + word], r10
        );
    }
    a.call_import_pushed(0, 5);
    // The callee popped the arguments.
    for word in (0..area).step_by(8) {
        dynasm!(a.asm
            ; .arch x64
            ; mov r10, [rsp + word]
            ; mov [rsp + area + 16 + args + word], r10
        );
    }
    dynasm!(a.asm ; .arch x64 ; add rsp, area ; mov r15, [rsp]);
    a.end();
}

fn check_echo(params: &[ValType]) {
    let ty = FuncType::new(params.iter().copied(), params.iter().rev().copied());
    let slots = ty.param_slots();
    let results: Vec<ValType> = ty.results().to_vec();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let mut host = Host::new();
    let params = params.to_vec();
    {
        let (seen, params) = (seen.clone(), params.clone());
        host.host_func(ty, move |_, caller, values| {
            assert!(caller.is_some());
            *seen.lock().unwrap() = values.to_vec();
            // The results are the arguments in reverse, each plus one.
            let mut reversed = Vec::new();
            let mut end = values.len();
            for ty in params.iter().rev() {
                let start = end - ty.slots();
                reversed.extend(values[start..end].iter().map(|value| value + 1));
                end = start;
            }
            values.copy_from_slice(&reversed);
            Ok(())
        });
    }
    let (p, r) = (list("param", &params), list("result", &results));
    let text =
        format!(r#"(module (import "env" "f" (func {p} {r})) (func (export "run") {p} {r} unreachable))"#);
    let instance = {
        let (params, results) = (params.clone(), results.clone());
        host.instantiate(&text, move |a| forward(a, &params, &results))
    };
    let mut args = Vec::new();
    for ty in &params {
        for _ in 0..ty.slots() {
            let n = args.len() as u64 + 1;
            args.push(if matches!(ty, I32 | F32) { n } else { n << 40 | n });
        }
    }
    let values = host.call(instance, "run", &args, slots).unwrap();
    assert_eq!(*seen.lock().unwrap(), args, "{params:?}");
    let mut expected = Vec::new();
    let mut end = args.len();
    for ty in &results {
        let start = end - ty.slots();
        expected.extend(args[start..end].iter().map(|value| value + 1));
        end = start;
    }
    assert_eq!(values, expected, "{params:?}");
}

#[test]
fn values_of_every_type_go_through_guests_and_come_back() {
    let all = [I32, I64, F32, F64, V128];
    for ty in all {
        for count in [0, 1, 2, 6, 7, 8, 9, 10, 40] {
            check_echo(&vec![ty; count]);
        }
    }
    let mixed: Vec<ValType> = all.into_iter().cycle().take(57).collect();
    for len in 1..=mixed.len() {
        check_echo(&mixed[..len]);
        check_echo(&mixed[mixed.len() - len..]);
    }
    // The most that there may be.
    check_echo(&vec![I64; 1000]);
    check_echo(&vec![V128; 1000]);
}

#[test]
fn references_are_passed_like_integers() {
    let mut host = Host::new();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let types = [ValType::EXTERNREF, ValType::FUNCREF];
    {
        let seen = seen.clone();
        host.host_func(FuncType::new(types, types), move |_, _, values| {
            seen.lock().unwrap().push(values.to_vec());
            Ok(())
        });
    }
    let text = r#"(module (import "env" "f" (func (param externref funcref) (result externref funcref)))
        (func (export "run") (param externref funcref) (result externref funcref) unreachable))"#;
    let instance = host.instantiate(text, move |a| forward(a, &types, &types));
    let mark = host.store.root_mark();
    let object = host.store.externref_new(Arc::new(5_u32)).unwrap();
    let func = host.store.func_to_raw(export(&host, instance, "run")).unwrap();
    for args in [[object, func], [0, 0]] {
        assert_eq!(host.call(instance, "run", &args, 2).unwrap(), args);
        assert_eq!(seen.lock().unwrap().pop().unwrap(), args);
    }
    host.store.release_roots(mark);
}

/// A module whose `run` calls import 0 and adds what it had in each callee-saved register before to the result.
const KEEPER: &str = r#"(module (import "env" "f" (func (param i64) (result i64)))
    (func (export "run") (param i64) (result i64) unreachable))"#;

fn keeper(a: &mut Assembly) {
    a.begin(4, 0, 0, 0);
    dynasm!(a.asm
        ; .arch x64
        ; mov [rsp + 8], rbx ; mov [rsp + 16], rbp ; mov [rsp + 24], r12 ; mov [rsp + 32], r13
        ; lea rbx, [rsi + 1] ; lea rbp, [rsi + 2] ; lea r12, [rsi + 4] ; lea r13, [rsi + 8]
    );
    a.call_import(0, 7);
    dynasm!(a.asm
        ; .arch x64
        ; add rax, rbx ; add rax, rbp ; add rax, r12 ; add rax, r13
        ; mov rbx, [rsp + 8] ; mov rbp, [rsp + 16] ; mov r12, [rsp + 24] ; mov r13, [rsp + 32]
    );
    a.end();
}

#[test]
fn callee_saved_registers_survive_nested_entries() {
    let mut host = Host::new();
    let id = Arc::new(Mutex::new(None));
    {
        let id = id.clone();
        host.host_func(FuncType::new([I64], [I64]), move |cx, caller, values| {
            assert_eq!(caller, *id.lock().unwrap());
            if values[0] > 0 {
                let run = export(cx, caller.unwrap(), "run");
                values[0] = call(cx, run, &[values[0] - 1], 1)?[0];
            }
            Ok(())
        });
    }
    let instance = host.instantiate(KEEPER, keeper);
    *id.lock().unwrap() = Some(instance);
    // Each level adds 4 n + 15.
    let expected: u64 = (0..=20).map(|n| 4 * n + 15).sum();
    assert_eq!(host.call(instance, "run", &[20], 1).unwrap(), [expected]);
}

#[test]
fn errors_of_host_functions_come_through() {
    #[derive(Debug)]
    struct Mine(u64);
    impl std::fmt::Display for Mine {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "mine {}", self.0)
        }
    }
    impl std::error::Error for Mine {}

    let mut host = Host::new();
    host.host_func(FuncType::new([I64], [I64]), |cx, caller, values| match values[0] {
        0 => Err(Error::host(Mine(7))),
        1 => panic!("as it was raised"),
        2 => Err(Error::exit(3)),
        n => {
            // An error two entries deep.
            let run = export(cx, caller.unwrap(), "run");
            call(cx, run, &[n % 10], 1).map(|_| ())
        }
    });
    let instance = host.instantiate(KEEPER, keeper);
    for arg in [0, 10] {
        let error = host.call(instance, "run", &[arg], 1).unwrap_err();
        assert_eq!(error.downcast_host::<Mine>().unwrap().0, 7);
    }
    for arg in [1, 11] {
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        let error = host.call(instance, "run", &[arg], 1).unwrap_err();
        std::panic::set_hook(hook);
        assert_eq!(*error.into_panic().unwrap().downcast::<&str>().unwrap(), "as it was raised");
    }
    for arg in [2, 12] {
        assert_eq!(host.call(instance, "run", &[arg], 1).unwrap_err().exit_code(), Some(3));
    }
    // The instance is as usable as before.
    assert!(matches!(host.call(instance, "run", &[2], 1).unwrap_err().kind(), ErrorKind::Exit(3)));
}

#[test]
fn calls_across_instances_keep_each_ones_own_vmctx() {
    let mut host = Host::new();
    let text = r#"(module (memory (export "m") 1)
        (func (export "get") (result i32) unreachable) (func (export "set") (param i32) unreachable))"#;
    let (module, code) = support::compile(text, |a| {
        a.begin(0, 0, 0, 0);
        dynasm!(a.asm ; .arch x64 ; mov eax, [r14]);
        a.end();
        a.begin(0, 0, 0, 0);
        dynasm!(a.asm ; .arch x64 ; mov [r14], esi);
        a.end();
    });
    let first = host.instance(&module, &code, Some("first"));
    let second = host.instance(&module, &code, Some("second"));
    let text = r#"(module (import "first" "get" (func (result i32))) (import "second" "get" (func (result i32)))
        (memory 1) (func (export "run") (result i32) unreachable))"#;
    let caller = host.instantiate(text, |a| {
        a.begin(1, 0, 0, 0);
        dynasm!(a.asm ; .arch x64 ; mov DWORD [r14], 1);
        a.call_import(0, 2);
        dynasm!(a.asm ; .arch x64 ; add [r14], eax);
        a.call_import(1, 3);
        dynasm!(a.asm ; .arch x64 ; add [r14], eax ; mov eax, [r14]);
        a.end();
    });
    host.call(first, "set", &[10], 0).unwrap();
    host.call(second, "set", &[100], 0).unwrap();
    assert_eq!(host.call(caller, "run", &[], 1).unwrap(), [111]);
    // Code lives as long as instances of it, and no longer.
    drop(code);
    host.store.close(first, 0).unwrap();
    assert_eq!(host.call(caller, "run", &[], 1).unwrap(), [111]);
}
