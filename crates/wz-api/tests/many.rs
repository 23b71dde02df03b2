//! Thousands of instances made and closed: what they took is given back at once, memory and address space alike.
#![cfg(target_os = "linux")]

use std::sync::{Mutex, PoisonError};
use wz_api::{Caller, ExternRef, HostModule, ModuleConfig, Runtime, RuntimeConfig, Value};

/// The tests measure the process: one at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// Whether a sanitizer is at work, which keeps what is freed for a while: then nothing is measured, but everything done.
fn sanitized() -> bool {
    let sanitized = std::env::var_os("WZ_SANITIZE").is_some();
    if sanitized {
        println!("skipped: the measurement");
    }
    sanitized
}

/// Mappings of this process.
fn maps() -> usize {
    if sanitized() {
        return 0;
    }
    std::fs::read_to_string("/proc/self/maps").unwrap().lines().count()
}

/// Bytes of this process's memory that are in use.
fn resident() -> usize {
    if sanitized() {
        return 0;
    }
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    status.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

const GUEST: &str = r#"
    (module $guest
        (import "host" "note" (func $note (param externref)))
        (memory (export "memory") 2)
        (table (export "table") 10 funcref)
        (table $refs 4 externref)
        (global $kept (mut externref) (ref.null extern))
        (func $f (export "f") (param externref) (result i32)
            (global.set $kept (local.get 0))
            (table.set $refs (i32.const 0) (local.get 0))
            (call $note (local.get 0))
            (memory.fill (i32.const 0) (i32.const 1) (i32.const 131072))
            (memory.size))
        (elem (i32.const 0) $f))"#;

/// Imports from the first, and gives it a function.
const USER: &str = r#"
    (module
        (import "guest" "memory" (memory 2))
        (import "guest" "table" (table 10 funcref))
        (func $g (export "g") (result i32) (i32.load8_u (i32.const 9)))
        (elem (i32.const 3) $g))"#;

fn round(rt: &mut Runtime<u64>, guest: &wz_api::CompiledModule, user: &wz_api::CompiledModule) {
    let first = rt.instantiate(guest, ModuleConfig::new().with_args(["a", "b"])).unwrap();
    let second = rt.instantiate(user, ModuleConfig::new()).unwrap();
    let value = Value::from(ExternRef::new(vec![7u8; 100]));
    assert_eq!(first.func_dyn(rt, "f").unwrap().call_dyn(rt, &[value]).unwrap(), [Value::I32(2)]);
    assert_eq!(second.func::<(), i32>(rt, "g").unwrap().call(rt, ()).unwrap(), 1);
    first.close(rt, 0).unwrap();
    // The user still needs what it imported.
    assert_eq!(second.func::<(), i32>(rt, "g").unwrap().call(rt, ()).unwrap(), 1);
    second.close(rt, 0).unwrap();
}

/// Does something so often that all that stays behind has come, then `rounds` times more, which must leave nothing.
fn leaves_nothing_behind(warm_up: u32, rounds: u32, mut round: impl FnMut(u32)) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    (0..warm_up).for_each(&mut round);
    let (maps_before, resident_before) = (maps(), resident());
    (0..rounds).for_each(&mut round);
    let (maps_after, resident_after) = (maps(), resident());
    assert!(maps_after <= maps_before + 4, "{maps_before} mappings, then {maps_after}");
    let growth = resident_after.saturating_sub(resident_before);
    assert!(growth < 2 << 20, "{growth} bytes more");
}

#[test]
fn thousands_of_instances_leave_nothing_behind() {
    let mut rt = Runtime::with_data(RuntimeConfig::new().with_max_instances(4), 0).unwrap();
    let host = HostModule::<u64>::new("host")
        .func("note", |mut c: Caller<u64>, _: Option<ExternRef>| *c.data_mut() += 1);
    rt.instantiate_host(&host).unwrap();
    let (guest, user) = (rt.compile(GUEST).unwrap(), rt.compile(USER).unwrap());
    leaves_nothing_behind(300, 5000, |_| round(&mut rt, &guest, &user));
    assert_eq!(*rt.data(), 5300);
}

#[test]
fn thousands_of_runtimes_and_modules_leave_nothing_behind() {
    leaves_nothing_behind(100, 2000, |i| {
        let mut rt = Runtime::new(RuntimeConfig::new().with_guest_stack_bytes(1 << 20)).unwrap();
        let source = format!(
            r#"(module (memory 1) (func (export "f") (result i32) (i32.const {i})) (func (param i32 i64 i32)))"#
        );
        let code = rt.compile(source).unwrap();
        let module = rt.instantiate(&code, ModuleConfig::new()).unwrap();
        assert_eq!(module.func::<(), u32>(&rt, "f").unwrap().call(&mut rt, ()).unwrap(), i);
    });
}

#[test]
fn thousands_of_modules_in_one_runtime_leave_nothing_behind() {
    let mut rt = Runtime::new(RuntimeConfig::new()).unwrap();
    leaves_nothing_behind(200, 3000, |i| {
        // The same types each time: those that a runtime has met it remembers.
        let source = format!(r#"(module (memory 1) (func (export "f") (result i32) (i32.const {i})))"#);
        let code = rt.compile(source).unwrap();
        let module = rt.instantiate(&code, ModuleConfig::new()).unwrap();
        assert_eq!(module.func::<(), u32>(&rt, "f").unwrap().call(&mut rt, ()).unwrap(), i);
        module.close(&mut rt, 0).unwrap();
    });
}
