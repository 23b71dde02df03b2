//! Traps: codes, places, and what limits execution.

mod support;

use support::{DISPATCHES, Host};
use wz_core::TrapCode;
use wz_decode::DecodeConfig;

#[test]
fn traps_name_the_instruction() {
    let source = r#"(module (memory 1) (table 2 funcref) (type $t (func))
      (func $wrong (param i32))
      (elem (i32.const 0) $wrong)
      (func (export "unreachable") (nop) (unreachable))
      (func (export "divide") (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0)))
      (func (export "overflow") (param i32) (result i32) (i32.div_s (i32.const 0x80000000) (local.get 0)))
      (func (export "convert") (param f32) (result i32) (i32.trunc_f32_s (local.get 0)))
      (func (export "load") (param i32) (result i64) (i64.load offset=8 (local.get 0)))
      (func (export "store") (param i32) (i64.store16 offset=0xffffffff (local.get 0) (i64.const 1)))
      (func (export "indirect") (param i32) (call_indirect (type $t) (local.get 0)))
      (func (export "table") (param i32) (drop (table.get (local.get 0))))
      (func (export "fill") (param i32) (memory.fill (local.get 0) (i32.const 1) (i32.const 2))))"#;
    let cases: &[(&str, u64, TrapCode)] = &[
        ("divide", 0, TrapCode::IntegerDivideByZero),
        ("overflow", 0xffff_ffff, TrapCode::IntegerOverflow),
        ("convert", 0x7fc0_0000, TrapCode::InvalidConversionToInteger),
        ("convert", 0x7f80_0000, TrapCode::IntegerOverflow),
        ("load", 0xffff_fff8, TrapCode::MemoryOutOfBounds),
        ("load", 65521, TrapCode::MemoryOutOfBounds),
        ("store", 0, TrapCode::MemoryOutOfBounds),
        ("store", 0xffff_ffff, TrapCode::MemoryOutOfBounds),
        ("indirect", 0, TrapCode::IndirectCallTypeMismatch),
        ("indirect", 1, TrapCode::UninitializedElement),
        ("indirect", 2, TrapCode::UndefinedElement),
        ("indirect", 0xffff_ffff, TrapCode::UndefinedElement),
        ("table", 2, TrapCode::TableOutOfBounds),
        ("fill", 65535, TrapCode::MemoryOutOfBounds),
    ];
    for dispatch in DISPATCHES {
        let mut host = Host::new(dispatch);
        let instance = host.instantiate(source);
        for (name, arg, code) in cases {
            let error = host.call(instance, name, &[*arg], 1).expect_err("a trap");
            assert_eq!(error.trap_code(), Some(*code), "{name}({arg:x})");
            let trap = error.as_trap().expect("a trap");
            assert_eq!(trap.backtrace.frames.len(), 1, "{name}");
            assert!(trap.backtrace.frames[0].offset.is_some(), "{name}");
        }
        let error = host.call(instance, "unreachable", &[], 0).expect_err("a trap");
        let frame = &error.as_trap().expect("a trap").backtrace.frames[0];
        let bytes = wat::parse_str(source).expect("valid");
        assert_eq!(bytes[frame.offset.expect("an offset") as usize], 0x00, "the byte of `unreachable`");
        // The last bytes in range.
        assert!(host.call(instance, "load", &[65520], 1).is_ok());
    }
}

#[test]
fn fuel_is_charged_before_a_segment_runs() {
    let source = r#"(module (memory 1)
      (func (export "count") (param i32) (loop $l
        (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
        (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
      (func (export "fill") (param i32) (memory.fill (i32.const 0) (i32.const 1) (local.get 0)))
      (func (export "read") (result i32) (i32.load (i32.const 0))))"#;
    for dispatch in DISPATCHES {
        let mut host = Host::new(dispatch);
        let instance = host.instantiate_as(source, None, &DecodeConfig::default().with_fuel(true));
        host.store.set_fuel(10_000);
        host.call(instance, "count", &[100], 0).expect("fuel enough");
        let used = 10_000 - host.store.fuel();
        assert!((800..2000).contains(&used), "{used} units for 100 rounds");
        // Exactly enough is enough, one less is not, and then the rest is left as it is.
        host.store.set_fuel(used);
        host.call(instance, "count", &[100], 0).expect("fuel enough");
        assert_eq!(host.store.fuel(), 0);
        host.store.set_fuel(used - 1);
        let error = host.call(instance, "count", &[100], 0).expect_err("no fuel");
        assert_eq!(error.trap_code(), Some(TrapCode::OutOfFuel));
        assert!(host.store.fuel() < used / 50, "what is left does not pay for a segment");
        host.store.set_fuel(1000);
        host.call(instance, "fill", &[64_000], 0).expect_err("a thousand units and some");
        host.store.set_fuel(1020);
        host.call(instance, "fill", &[64_000], 0).expect("fuel enough");
    }
}

#[test]
fn interruption_stops_an_endless_loop() {
    for dispatch in DISPATCHES {
        let mut host = Host::new(dispatch);
        let source = r#"(module (func (export "spin") (loop $l (br $l))))"#;
        let instance = host.instantiate_as(source, None, &DecodeConfig::default().with_interruption(true));
        let word = host.store.interrupt_word();
        let interrupter = std::thread::spawn(move || {
            std::thread::sleep(std::time::Duration::from_millis(20));
            word.store(1, std::sync::atomic::Ordering::Relaxed);
        });
        let error = host.call(instance, "spin", &[], 0).expect_err("interrupted");
        assert_eq!(error.trap_code(), Some(TrapCode::Interrupted));
        interrupter.join().expect("no panic");
    }
}
