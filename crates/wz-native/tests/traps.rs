//! Traps: faults of guests, where they are, and what the instance is afterwards.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

mod support;

use dynasmrt::{DynasmApi, DynasmLabelApi, dynasm};
use std::sync::{Arc, Mutex};
use support::{Assembly, Host, call, export};
use wz_core::native::Helper;
use wz_core::runtime::StoreConfig;
use wz_core::types::{FuncType, ValType};
use wz_core::{Error, Trap, TrapCode};

fn trap(result: Result<Vec<u64>, Error>) -> Trap {
    result.expect_err("a trap").as_trap().expect("a trap").clone()
}

/// Function and offset of each frame of a trap.
fn frames(trap: &Trap) -> Vec<(u32, u64)> {
    trap.backtrace.frames.iter().map(|frame| (frame.function, frame.offset.expect("an offset"))).collect()
}

const KINDS: &str = r#"(module (memory 1) (table 2 funcref)
    (func (export "load") (param i32) (result i32) unreachable)
    (func (export "store") (param i32) unreachable)
    (func (export "divide") (param i32) (result i32) unreachable)
    (func (export "undefined") (param i32) unreachable)
    (func (export "fill") (param i32) unreachable)
    (func (export "get") (param i32) (result i32) unreachable)
    (func (export "outer") (param i32) (result i32) unreachable)
    (func (export "grow") (param i32) (result i32) unreachable))"#;

fn kinds(a: &mut Assembly) {
    a.begin(0, 0, 0, 0);
    a.site(Some(TrapCode::MemoryOutOfBounds), 3);
    dynasm!(a.asm ; .arch x64 ; mov eax, [r14 + rsi + 4]);
    a.end();
    a.begin(0, 0, 0, 0);
    a.site(Some(TrapCode::MemoryOutOfBounds), 4);
    dynasm!(a.asm ; .arch x64 ; mov [r14 + rsi + 0x7fff_ffff], esi);
    a.end();
    a.begin(0, 0, 0, 0);
    dynasm!(a.asm ; .arch x64 ; mov eax, 84 ; xor edx, edx);
    a.site(Some(TrapCode::IntegerDivideByZero), 5);
    dynasm!(a.asm ; .arch x64 ; div esi);
    a.end();
    // One site for each code, chosen by the argument.
    a.begin(2, 0, 0, 0);
    for code in TrapCode::ALL {
        dynasm!(a.asm ; .arch x64 ; cmp esi, *code as i32 ; jne >next);
        a.trap(*code, 10 + *code as u64);
        dynasm!(a.asm ; .arch x64 ; next:);
    }
    a.end();
    a.begin(0, 0, 0, 0);
    dynasm!(a.asm ; .arch x64 ; mov edx, esi ; xor esi, esi ; mov ecx, 7 ; mov r8d, 2);
    a.call_helper(Helper::MemoryFill, 6);
    a.end();
    a.begin(0, 0, 0, 0);
    dynasm!(a.asm ; .arch x64 ; mov edx, esi ; xor esi, esi);
    a.call_helper(Helper::TableGet, 7);
    a.end();
    // Calls `divide` with a frame of its own in between.
    a.begin(9, 3, 0, 0);
    a.call_local(2, 8);
    a.end();
    a.begin(0, 0, 0, 0);
    dynasm!(a.asm ; .arch x64 ; mov edx, esi ; xor esi, esi);
    a.call_helper(Helper::MemoryGrow, 9);
    a.end();
}

#[test]
fn each_kind_of_trap_has_its_code_and_place() {
    let mut host = Host::new();
    let instance = host.instantiate(KINDS, kinds);
    assert_eq!(host.call(instance, "load", &[65528], 1).unwrap(), [0]);
    for arg in [65536 - 4, 65536, 1 << 31, u32::MAX.into()] {
        let trap = trap(host.call(instance, "load", &[arg], 1));
        assert_eq!(trap.code, TrapCode::MemoryOutOfBounds);
        assert_eq!(frames(&trap), [(0, 3)]);
    }
    for arg in [0, u32::MAX.into()] {
        let trap = trap(host.call(instance, "store", &[arg], 0));
        assert_eq!((trap.code, frames(&trap)), (TrapCode::MemoryOutOfBounds, vec![(1, 1004)]));
    }
    assert_eq!(host.call(instance, "divide", &[2], 1).unwrap(), [42]);
    assert_eq!(host.call(instance, "outer", &[4], 1).unwrap(), [21]);
    let divided = trap(host.call(instance, "divide", &[0], 1));
    assert_eq!((divided.code, frames(&divided)), (TrapCode::IntegerDivideByZero, vec![(2, 2005)]));
    let divided = trap(host.call(instance, "outer", &[0], 1));
    assert_eq!(frames(&divided), [(2, 2005), (6, 6008)]);
    for code in TrapCode::ALL {
        let trap = trap(host.call(instance, "undefined", &[*code as u64], 0));
        assert_eq!((trap.code, frames(&trap)), (*code, vec![(3, 3010 + *code as u64)]));
    }
    host.call(instance, "undefined", &[0], 0).unwrap();
    host.call(instance, "fill", &[65534], 0).unwrap();
    let filled = trap(host.call(instance, "fill", &[65535], 0));
    assert_eq!((filled.code, frames(&filled)), (TrapCode::MemoryOutOfBounds, vec![(4, 4006)]));
    assert_eq!(host.call(instance, "get", &[1], 1).unwrap(), [0]);
    let got = trap(host.call(instance, "get", &[2], 1));
    assert_eq!((got.code, frames(&got)), (TrapCode::TableOutOfBounds, vec![(5, 5007)]));
}

#[test]
fn grown_memory_is_accessible() {
    let mut host = Host::new();
    let instance = host.instantiate(KINDS, kinds);
    trap(host.call(instance, "load", &[65536], 1));
    assert_eq!(host.call(instance, "grow", &[1], 1).unwrap(), [1]);
    assert_eq!(host.call(instance, "load", &[65536], 1).unwrap(), [0]);
    assert_eq!(host.call(instance, "load", &[2 * 65536 - 8], 1).unwrap(), [0]);
    trap(host.call(instance, "load", &[2 * 65536], 1));
    // What does not fit changes nothing.
    assert_eq!(host.call(instance, "grow", &[65536], 1).unwrap()[0] as u32, u32::MAX);
    trap(host.call(instance, "load", &[2 * 65536], 1));
}

const RECURSION: &str = r#"(module (import "env" "f" (func (param i64) (result i64)))
    (func (export "run") (param i64) (result i64) unreachable)
    (func (export "endless") (param i64) (result i64) unreachable)
    (func (export "large") (param i64) (result i64) unreachable))"#;

fn recursion(a: &mut Assembly) {
    // Calls itself as often as it is told to, then the host.
    a.begin(2, 1, 0, 0);
    dynasm!(a.asm ; .arch x64 ; test rsi, rsi ; je >host ; dec rsi);
    a.call_local(0, 20);
    dynasm!(a.asm ; .arch x64 ; inc rax ; jmp >done ; host:);
    a.call_import(0, 21);
    dynasm!(a.asm ; .arch x64 ; done:);
    a.end();
    a.begin(3, 0, 0, 0);
    a.call_local(1, 22);
    a.end();
    // Its frame is larger than the guard.
    a.begin(300_000 / 8, 0, 0, 0);
    a.call_local(2, 23);
    a.end();
}

fn recursion_host(bytes: usize) -> (Host, wz_core::runtime::InstanceId) {
    let mut host = Host::with(StoreConfig { guest_stack_bytes: bytes, ..StoreConfig::default() });
    host.host_func(FuncType::new([ValType::I64], [ValType::I64]), |_, _, _| Ok(()));
    let instance = host.instantiate(RECURSION, recursion);
    (host, instance)
}

#[test]
fn recursion_without_end_traps_and_leaves_all_usable() {
    for bytes in [4096, 64 << 10, 1 << 20, 8 << 20] {
        let (mut host, instance) = recursion_host(bytes);
        for _ in 0..3 {
            let trap = trap(host.call(instance, "endless", &[0], 1));
            assert_eq!(trap.code, TrapCode::StackOverflow);
            let frames = trap.backtrace.frames.len() as u64 + trap.backtrace.omitted;
            // A frame and its return address take 40 bytes.
            let expected = bytes as u64 / 40;
            assert!((expected..expected + 4000).contains(&frames), "{frames} frames in {bytes} bytes");
            assert!(trap.backtrace.frames.iter().all(|f| (f.function, f.offset) == (2, Some(1022))));
        }
        // Nearly as deep, with a host function at the end.
        let depth = (bytes / 40 - 1) as u64;
        assert_eq!(host.call(instance, "run", &[depth], 1).unwrap(), [depth]);
        let large = trap(host.call(instance, "large", &[0], 1));
        assert_eq!(large.code, TrapCode::StackOverflow);
        let fit = bytes / 300_000;
        assert!((fit..=fit + 1).contains(&large.backtrace.frames.len()));
    }
}

#[test]
fn recursion_through_the_host_traps() {
    let mut host = Host::new();
    let id = Arc::new(Mutex::new(None));
    {
        let id = id.clone();
        host.host_func(FuncType::new([ValType::I64], [ValType::I64]), move |cx, _, values| {
            let run = export(cx, id.lock().unwrap().unwrap(), "run");
            values[0] = call(cx, run, &[1], 1)?[0];
            Ok(())
        });
    }
    let instance = host.instantiate(RECURSION, recursion);
    *id.lock().unwrap() = Some(instance);
    // From a thread with a small stack too.
    for bytes in [256 << 10, 4 << 20] {
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().stack_size(bytes);
            let run = || {
                let trap = trap(host.call(instance, "run", &[1], 1));
                assert_eq!(trap.code, TrapCode::StackOverflow);
                // Two frames in each entry, the inner one in its call of the host.
                assert_eq!(frames(&trap)[..4], [(1, 21), (1, 20), (1, 21), (1, 20)]);
            };
            thread.spawn_scoped(scope, run).unwrap().join().unwrap();
        });
    }
}

#[test]
fn traces_go_through_nested_entries() {
    let mut host = Host::new();
    let id = Arc::new(Mutex::new(None));
    {
        let id = id.clone();
        host.host_func(FuncType::new([ValType::I64], [ValType::I64]), move |cx, _, values| {
            let store = cx.store();
            let seen = wz_core::runtime::backtrace::capture(store);
            values[0] = seen.frames.len() as u64;
            let inner = id.lock().unwrap().unwrap();
            let outer = export(cx, inner, "outer");
            call(cx, outer, &[0], 1).map(|_| ())
        });
    }
    let inner = host.instantiate(KINDS, kinds);
    *id.lock().unwrap() = Some(inner);
    let instance = host.instantiate(RECURSION, recursion);
    let trap = trap(host.call(instance, "run", &[3], 1));
    assert_eq!(trap.code, TrapCode::IntegerDivideByZero);
    assert_eq!(frames(&trap), [(2, 2005), (6, 6008), (1, 21), (1, 20), (1, 20), (1, 20)]);
}

#[test]
fn references_in_frames_are_roots() {
    let mut host = Host::new();
    // Drops what nothing refers to, and says how much is left.
    host.host_func(FuncType::new([], [ValType::I64]), |cx, _, values| {
        cx.store_mut().collect_garbage();
        values[0] = cx.store().live_externrefs() as u64;
        Ok(())
    });
    let text = r#"(module (import "env" "f" (func (result i64)))
        (func (export "keep") (param externref) (result i64) unreachable)
        (func (export "lose") (param externref) (result i64) unreachable)
        (func (export "inner") (param externref) (result i64) unreachable))"#;
    let instance = host.instantiate(text, |a| {
        // The second of two reference slots, behind five of data.
        a.begin(5, 2, 0, 0);
        dynasm!(a.asm ; .arch x64 ; mov [rsp + 8 + 6 * 8], rsi ; xor esi, esi);
        a.call_local(2, 2);
        a.end();
        a.begin(5, 0, 0, 0);
        dynasm!(a.asm ; .arch x64 ; mov [rsp + 8], rsi ; xor esi, esi);
        a.call_local(2, 2);
        a.end();
        a.begin(1, 1, 0, 0);
        a.call_import(0, 3);
        a.end();
    });
    for (name, left) in [("keep", 1), ("lose", 0)] {
        let mark = host.store.root_mark();
        let object = host.store.externref_new(Arc::new(1_u8)).unwrap();
        host.store.release_roots(mark);
        assert_eq!(host.call(instance, name, &[object], 1).unwrap(), [left], "{name}");
    }
}

#[test]
fn many_threads_trap_at_once() {
    let (module, code) = support::compile(KINDS, kinds);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (module, code) = (&module, &code);
            scope.spawn(move || {
                for round in 0..50 {
                    let mut host =
                        Host::with(StoreConfig { guest_stack_bytes: 64 << 10, ..StoreConfig::default() });
                    let instance = host.instance(module, code, None);
                    for arg in 0..20 {
                        let load = trap(host.call(instance, "load", &[65536 + thread * 1000 + arg], 1));
                        assert_eq!(load.code, TrapCode::MemoryOutOfBounds);
                        let divide = trap(host.call(instance, "outer", &[0], 1));
                        assert_eq!(divide.backtrace.frames.len(), 2);
                        assert_eq!(host.call(instance, "divide", &[7], 1).unwrap(), [12]);
                    }
                    if round % 10 == 0 {
                        // Code comes and goes while others look theirs up.
                        let mut host = Host::new();
                        let instance = host.instantiate(KINDS, kinds);
                        trap(host.call(instance, "undefined", &[1], 0));
                    }
                }
            });
        }
    });
}
