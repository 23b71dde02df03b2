//! An i32 is 32 bits, wherever it comes from and wherever it goes: whatever else was in its register or slot is not seen
//! by what extends it, compares it, or uses it as an index.

#![forbid(unsafe_code)]

use std::fmt::Write;
use wz_api::{Caller, Error, FuncType, HostModule, Runtime, TrapCode, ValType, Value};
use wz_tests::guest::Instance;
use wz_tests::operators::bits;
use wz_tests::{Mode, many};

/// What comes out of something that makes an i32: of `x`, whose lower half is also given as an i32.
type Narrow = fn(x: u64) -> Option<u32>;

/// Where i32 values come from: a name, instructions, and their result, or that they trap. Parameter `$x` is an i64,
/// `$p` its lower half.
const SOURCES: &[(&str, &str, Narrow)] = &[
    ("parameter", "local.get $p", low),
    ("wrapped parameter", "local.get $x i32.wrap_i64", low),
    (
        "wrapped sum",
        "local.get $x i64.const 0x7777777777777777 i64.add i32.wrap_i64 i32.const 0x77777777 i32.sub",
        low,
    ),
    ("wrapped product", "local.get $x i64.const -1 i64.mul i32.wrap_i64 i32.const -1 i32.mul", low),
    ("wrapped complement", "local.get $x i64.const -1 i64.xor i32.wrap_i64 i32.const -1 i32.xor", low),
    ("wrapped shift", "local.get $x i64.const 32 i64.shl i64.const 32 i64.shr_s i32.wrap_i64", low),
    ("wrapped upper half", "local.get $x i64.const 32 i64.rotl i64.const 32 i64.rotr i32.wrap_i64", low),
    ("wrapped load", "i32.const 1024 local.get $x i64.store i32.const 1024 i64.load i32.wrap_i64", low),
    ("wrapped global", "local.get $x global.set $wide global.get $wide i32.wrap_i64", low),
    ("wrapped result", "local.get $x call $wide i32.wrap_i64", low),
    ("wrapped result of the host", "local.get $x call $host_wide i32.wrap_i64", low),
    ("wrapped sign extension", "local.get $p i64.extend_i32_s i32.wrap_i64", low),
    ("wrapped float bits", "local.get $x f64.reinterpret_i64 i64.reinterpret_f64 i32.wrap_i64", low),
    ("in a slot of an i64", "local.get $x i64.const 1 i64.add drop local.get $p i32.const 0 i32.add", low),
    ("local that was a sum", "local.get $x i32.wrap_i64 local.set $l local.get $l", low),
    ("tee", "local.get $x i32.wrap_i64 local.tee $l", low),
    ("set by a tee", "local.get $x i32.wrap_i64 local.tee $l drop local.get $l", low),
    ("across a call", "local.get $x i32.wrap_i64 call $nothing", low),
    ("local across a call", "local.get $x i32.wrap_i64 local.set $l call $nothing local.get $l", low),
    ("argument", "local.get $x i32.wrap_i64 call $same", low),
    ("argument that was wide", "local.get $x call $narrow", low),
    (
        "argument on the stack",
        "i64.const -1 i64.const -1 i64.const -1 i64.const -1 i64.const -1 i64.const -1 i64.const -1
        i64.const -1 i64.const -1 local.get $x i32.wrap_i64 call $last",
        low,
    ),
    (
        "result on the stack",
        "local.get $x call $many local.set $l drop drop drop drop drop drop drop drop drop local.get $l",
        low,
    ),
    (
        "indirect call",
        "local.get $x i32.wrap_i64 i32.const 4 call_indirect $names (param i32) (result i32)",
        low,
    ),
    ("result of the host", "local.get $x call $host_low", low),
    ("unsigned result of the host", "local.get $x call $host_unsigned", low),
    ("dynamic result of the host", "local.get $x call $host_dynamic", low),
    ("through the host", "local.get $x i32.wrap_i64 call $host_same", low),
    ("global", "local.get $x i32.wrap_i64 global.set $g global.get $g", low),
    ("load", "i32.const 1024 local.get $x i64.store i32.const 1024 i32.load", low),
    ("load of a byte", "i32.const 1024 local.get $x i64.store i32.const 1024 i32.load8_s", |x| {
        Some(x as i8 as u32)
    }),
    ("load of two bytes", "i32.const 1024 local.get $x i64.store i32.const 1024 i32.load16_s", |x| {
        Some(x as i16 as u32)
    }),
    ("unsigned load of a byte", "i32.const 1024 local.get $x i64.store i32.const 1024 i32.load8_u", |x| {
        Some(x as u8 as u32)
    }),
    ("extended byte", "local.get $p i32.extend8_s", |x| Some(x as i8 as u32)),
    ("extended wrapped half", "local.get $x i32.wrap_i64 i32.extend16_s", |x| Some(x as i16 as u32)),
    ("sum that wraps", "local.get $p i32.const -0x80000000 i32.add i32.const -0x80000000 i32.add", low),
    ("sum of three", "local.get $p i32.const 0x7fffffff i32.add i32.const -0x7fffffff i32.add", low),
    ("difference", "i32.const 0 i32.const 0 local.get $p i32.sub i32.sub", low),
    ("negative product", "local.get $p i32.const -1 i32.mul", |x| Some((x as u32).wrapping_neg())),
    ("product by five", "local.get $p i32.const 5 i32.mul", |x| Some((x as u32).wrapping_mul(5))),
    ("left shift", "local.get $p i32.const 3 i32.shl", |x| Some((x as u32) << 3)),
    ("left shift by a variable", "local.get $p local.get $p i32.shl", |x| {
        Some((x as u32).wrapping_shl(x as u32))
    }),
    ("arithmetic shift", "local.get $p i32.const 3 i32.shr_s", |x| Some((x as i32 >> 3) as u32)),
    ("arithmetic shift by a variable", "local.get $p local.get $p i32.shr_s", |x| {
        Some((x as i32).wrapping_shr(x as u32) as u32)
    }),
    ("rotation", "local.get $p i32.const 16 i32.rotl i32.const 16 i32.rotr", low),
    ("conjunction", "local.get $p i32.const -1 i32.and", low),
    ("disjunction", "local.get $p i32.const -0x80000000 i32.or", |x| Some(x as u32 | 1 << 31)),
    ("complement", "local.get $p i32.const -1 i32.xor", |x| Some(!x as u32)),
    ("quotient", "local.get $p i32.const 3 i32.div_s", |x| Some((x as i32 / 3) as u32)),
    ("quotient by a power of two", "local.get $p i32.const 8 i32.div_s", |x| Some((x as i32 / 8) as u32)),
    ("negative quotient", "local.get $p i32.const -7 i32.div_s", |x| Some((x as i32 / -7) as u32)),
    ("unsigned quotient", "local.get $p i32.const 7 i32.div_u", |x| Some(x as u32 / 7)),
    ("remainder", "local.get $p i32.const 1000 i32.rem_s", |x| Some((x as i32 % 1000) as u32)),
    ("remainder by a power of two", "local.get $p i32.const 1024 i32.rem_s", |x| {
        Some((x as i32 % 1024) as u32)
    }),
    ("quotient of variables", "local.get $p local.get $p i32.const 2 i32.shr_s i32.div_s", |x| {
        (x as i32).checked_div(x as i32 >> 2).map(|x| x as u32)
    }),
    ("leading zeros", "local.get $p i32.clz", |x| Some((x as u32).leading_zeros())),
    ("trailing zeros", "local.get $p i32.ctz", |x| Some((x as u32).trailing_zeros())),
    ("ones", "local.get $p i32.popcnt", |x| Some((x as u32).count_ones())),
    ("truncated float", "local.get $p f64.convert_i32_s i32.trunc_f64_s", low),
    ("truncated unsigned float", "local.get $p f64.convert_i32_u i32.trunc_f64_u", low),
    ("saturated float", "local.get $p f64.convert_i32_s i32.trunc_sat_f64_s", low),
    ("saturated unsigned float", "local.get $x f64.convert_i64_u i32.trunc_sat_f64_u", |x| {
        Some(x.min(u32::MAX.into()) as u32)
    }),
    ("float bits", "local.get $p f32.reinterpret_i32 i32.reinterpret_f32", low),
    ("selected", "local.get $p i32.const 7 i32.const 1 select", low),
    ("selected wide condition", "local.get $p i32.const 7 local.get $x i64.const 0 i64.ge_s select", |x| {
        Some(if x as i64 >= 0 { x as u32 } else { 7 })
    }),
    ("result of a block", "block (result i32) local.get $x i32.wrap_i64 local.get $p br_if 0 end", low),
    ("result of an if", "local.get $p if (result i32) local.get $x i32.wrap_i64 else i32.const 0 end", low),
    ("loop parameter", "local.get $x i32.wrap_i64 loop (param i32) (result i32) end", low),
    ("equal to zero", "local.get $p i32.eqz", |x| Some((x as u32 == 0).into())),
    ("wide comparison", "local.get $x i64.const 4 i64.lt_u", |x| Some((x < 4).into())),
    ("float comparison", "local.get $x f64.convert_i64_u f64.const 4 f64.lt", |x| Some((x < 4).into())),
    ("null", "ref.null extern ref.is_null", |_| Some(1)),
    ("size of a memory", "local.get $p drop memory.size", |_| Some(1)),
    ("failed growth of a memory", "local.get $p drop i32.const 1 memory.grow", |_| Some(u32::MAX)),
    ("no growth of a memory", "i32.const 0 memory.grow", |_| Some(1)),
    ("size of a table", "local.get $p drop table.size $names", |_| Some(5)),
    ("failed growth of a table", "ref.null func i32.const -1 table.grow $names", |_| Some(u32::MAX)),
    ("constant", "i32.const -2", |_| Some(u32::MAX - 1)),
];

fn low(x: u64) -> Option<u32> {
    Some(x as u32)
}

/// What becomes of an i32.
enum Sink {
    /// A value of this type, by its bits.
    Gives(&'static str, fn(u32) -> u64),
    /// Such a value, or a trap.
    MayTrap(&'static str, fn(u32) -> Result<u64, TrapCode>),
}

use Sink::{Gives, MayTrap};
use TrapCode::{MemoryOutOfBounds, TableOutOfBounds, UndefinedElement};

/// How many bytes at the start of the memory are not zero.
const FILLED: u64 = 256;

fn filled(address: u64) -> u8 {
    (address * 7 % 251) as u8
}

/// The byte at an address, or the trap.
fn byte(index: u32, offset: u64) -> Result<u64, TrapCode> {
    let address = u64::from(index) + offset;
    if address >= 65536 {
        Err(MemoryOutOfBounds)
    } else {
        Ok(if address < FILLED { filled(address).into() } else { 0 })
    }
}

/// Where i32 values go: a name, instructions that take one from the stack, and what they give.
const SINKS: &[(&str, &str, Sink)] = &[
    ("result", "", Gives("i32", |v| v.into())),
    ("extended", "i64.extend_i32_u", Gives("i64", |v| v.into())),
    ("sign-extended", "i64.extend_i32_s", Gives("i64", |v| v as i32 as u64)),
    ("unsigned double", "f64.convert_i32_u", Gives("f64", |v| f64::from(v).to_bits())),
    ("double", "f64.convert_i32_s", Gives("f64", |v| f64::from(v as i32).to_bits())),
    ("unsigned float", "f32.convert_i32_u", Gives("f32", |v| (v as f32).to_bits().into())),
    ("float bits", "f32.reinterpret_i32", Gives("f32", |v| v.into())),
    ("if", "if (result i32) i32.const 1 else i32.const 0 end", Gives("i32", |v| (v != 0).into())),
    ("eqz", "i32.eqz", Gives("i32", |v| (v == 0).into())),
    ("unless", "i32.eqz if (result i32) i32.const 1 else i32.const 0 end", Gives("i32", |v| (v == 0).into())),
    (
        "select",
        "local.set $l i64.const 5 i64.const 6 local.get $l select",
        Gives("i64", |v| if v != 0 { 5 } else { 6 }),
    ),
    ("less", "i32.const 100 i32.lt_u", Gives("i32", |v| (v < 100).into())),
    ("signed less", "i32.const 100 i32.lt_s", Gives("i32", |v| ((v as i32) < 100).into())),
    ("equal", "i32.const -1 i32.eq", Gives("i32", |v| (v == u32::MAX).into())),
    ("right shift", "i32.const 1 i32.shr_u", Gives("i32", |v| (v >> 1).into())),
    ("arithmetic right shift", "i32.const 1 i32.shr_s", Gives("i32", |v| (v as i32 >> 1) as u32 as u64)),
    ("left rotation", "i32.const 8 i32.rotl", Gives("i32", |v| v.rotate_left(8).into())),
    ("quotient", "i32.const 3 i32.div_u", Gives("i32", |v| (v / 3).into())),
    ("remainder", "i32.const 10 i32.rem_u", Gives("i32", |v| (v % 10).into())),
    ("leading zeros", "i32.clz", Gives("i32", |v| v.leading_zeros().into())),
    ("trailing zeros", "i32.ctz", Gives("i32", |v| v.trailing_zeros().into())),
    ("ones", "i32.popcnt", Gives("i32", |v| v.count_ones().into())),
    ("argument of the host", "call $host_echo", Gives("i64", |v| v.into())),
    ("dynamic argument of the host", "call $host_dynamic_echo", Gives("i64", |v| v as i32 as u64)),
    ("argument", "call $extend", Gives("i64", |v| v.into())),
    ("global", "global.set $g global.get $g i64.extend_i32_u", Gives("i64", |v| v.into())),
    (
        "few targets",
        "local.set $l block block block local.get $l br_table 0 1 2 end i32.const 10 return end i32.const 11 return end
        i32.const 12",
        Gives("i32", |v| u64::from(v.min(2)) + 10),
    ),
    (
        "many targets",
        "local.set $l block block local.get $l br_table 0 1 0 1 0 1 0 1 0 1 0 1 1 end i32.const 10 return end i32.const 11",
        Gives("i32", |v| if v < 12 { u64::from(v % 2) + 10 } else { 11 }),
    ),
    ("load", "i32.load8_u", MayTrap("i32", |v| byte(v, 0))),
    ("load with an offset", "i32.load8_u offset=8", MayTrap("i32", |v| byte(v, 8))),
    ("load at the end", "i64.load8_u offset=65528", MayTrap("i64", |v| byte(v, 65528))),
    ("load with half of all", "i32.load8_u offset=0x80000000", MayTrap("i32", |v| byte(v, 1 << 31))),
    ("load with the largest", "i32.load8_u offset=0xffffffff", MayTrap("i32", |v| byte(v, u32::MAX.into()))),
    (
        "store",
        "local.tee $l local.get $l i32.load8_u i32.store8 local.get $l",
        MayTrap("i32", |v| byte(v, 0).map(|_| v.into())),
    ),
    (
        "store with an offset",
        "local.tee $l i32.const 0 i32.store8 offset=300 local.get $l",
        MayTrap("i32", |v| byte(v, 300).map(|_| v.into())),
    ),
    ("growth", "memory.grow", Gives("i32", |v| if v == 0 { 1 } else { u32::MAX.into() })),
    (
        "growth of a table",
        "local.set $l ref.null func local.get $l table.grow $names",
        Gives("i32", |v| if v == 0 { 5 } else { u32::MAX.into() }),
    ),
    (
        "fill",
        "i32.const 0 i32.const 0 memory.fill i32.const 3",
        MayTrap("i32", |v| if v <= 65536 { Ok(3) } else { Err(MemoryOutOfBounds) }),
    ),
    (
        "length of a fill",
        "local.set $l i32.const 65535 i32.const 0 local.get $l memory.fill i32.const 3",
        MayTrap("i32", |v| if v <= 1 { Ok(3) } else { Err(MemoryOutOfBounds) }),
    ),
    (
        "source of a copy",
        "local.set $l i32.const 0 local.get $l i32.const 0 memory.copy i32.const 3",
        MayTrap("i32", |v| if v <= 65536 { Ok(3) } else { Err(MemoryOutOfBounds) }),
    ),
    (
        "length of an initialisation",
        "local.set $l i32.const 300 i32.const 0 local.get $l memory.init $four i32.const 3",
        MayTrap("i32", |v| if v <= 4 { Ok(3) } else { Err(MemoryOutOfBounds) }),
    ),
    (
        "element",
        "table.get $names ref.is_null",
        MayTrap("i32", |v| if v < 5 { Ok(0) } else { Err(TableOutOfBounds) }),
    ),
    (
        "set element",
        "local.tee $l local.get $l table.get $names table.set $names i32.const 4",
        MayTrap("i32", |v| if v < 5 { Ok(4) } else { Err(TableOutOfBounds) }),
    ),
    (
        "callee",
        "local.set $l i32.const 9 local.get $l call_indirect $names (param i32) (result i32)",
        MayTrap("i32", |v| if v < 4 { Ok(u64::from(v) + 9) } else if v == 4 { Ok(9) } else { Err(UndefinedElement) }),
    ),
    (
        "callee of a tail call",
        "local.set $l i32.const 9 local.get $l return_call_indirect $names (param i32) (result i32)",
        MayTrap("i32", |v| if v < 4 { Ok(u64::from(v) + 9) } else if v == 4 { Ok(9) } else { Err(UndefinedElement) }),
    ),
];

const HEAD: &str = r#"
    (import "host" "low" (func $host_low (param i64) (result i32)))
    (import "host" "unsigned" (func $host_unsigned (param i64) (result i32)))
    (import "host" "dynamic" (func $host_dynamic (param i64) (result i32)))
    (import "host" "wide" (func $host_wide (param i64) (result i64)))
    (import "host" "same" (func $host_same (param i32) (result i32)))
    (import "host" "echo" (func $host_echo (param i32) (result i64)))
    (import "host" "dynamic_echo" (func $host_dynamic_echo (param i32) (result i64)))
    (memory (export "memory") 1 1)
    (data $four "1234")
    (global $g (mut i32) (i32.const 0))
    (global $wide (mut i64) (i64.const 0))
    (table $names 5 5 funcref)
    (elem (table $names) (i32.const 0) func $add0 $add1 $add2 $add3 $same)
    (func $add0 (param i32) (result i32) (i32.add (local.get 0) (i32.const 0)))
    (func $add1 (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
    (func $add2 (param i32) (result i32) (i32.add (local.get 0) (i32.const 2)))
    (func $add3 (param i32) (result i32) (i32.add (local.get 0) (i32.const 3)))
    (func $nothing)
    (func $same (param i32) (result i32) (local.get 0))
    (func $wide (param i64) (result i64) (local.get 0))
    (func $narrow (param i64) (result i32) (i32.wrap_i64 (local.get 0)))
    (func $extend (param i32) (result i64) (i64.extend_i32_u (local.get 0)))
    (func $last (param i64 i64 i64 i64 i64 i64 i64 i64 i64 i32) (result i32) (local.get 9))
    (func $many (param i64) (result i64 i64 i64 i64 i64 i64 i64 i64 i64 i32)
        i64.const -1 i64.const -1 i64.const -1 i64.const -1 i64.const -1 i64.const -1 i64.const -1 i64.const -1
        i64.const -1 local.get 0 i32.wrap_i64)
"#;

/// A module with a function for each source and sink.
fn module() -> Vec<u8> {
    let mut text = format!("(module {HEAD}");
    for (from, source, _) in SOURCES {
        for (to, sink, what) in SINKS {
            let (Gives(result, _) | MayTrap(result, _)) = what;
            let _ = writeln!(
                text,
                "(func (export \"{from}, {to}\") (param $x i64) (param $p i32) (result {result}) (local $l i32)
                {source} {sink})"
            );
        }
    }
    text.push(')');
    wat::parse_str(&text).expect("the text is right")
}

/// Functions of the host that pass on what they get.
fn host() -> HostModule<()> {
    let narrow = FuncType::new([ValType::I64], [ValType::I32]);
    let wide = FuncType::new([ValType::I32], [ValType::I64]);
    HostModule::new("host")
        .func("low", |_: Caller<'_, ()>, x: i64| x as i32)
        .func("unsigned", |_: Caller<'_, ()>, x: u64| x as u32)
        .func("wide", |_: Caller<'_, ()>, x: u64| x)
        .func("same", |_: Caller<'_, ()>, x: i32| x)
        .func("echo", |_: Caller<'_, ()>, x: u32| u64::from(x))
        .func_dyn("dynamic", narrow, |_, args, results| {
            results[0] = Value::I32(bits(&args[0]).unwrap_or(0) as i32);
            Ok(())
        })
        .func_dyn("dynamic_echo", wide, |_, args, results| {
            if let Value::I32(x) = args[0] {
                results[0] = Value::I64(x.into());
            }
            Ok(())
        })
}

/// Values around 0, around the ends of what indices reach, and with the sign bit, each with different upper halves.
fn values() -> Vec<u64> {
    const LOW: [u64; 16] = [
        0,
        1,
        3,
        4,
        5,
        11,
        12,
        255,
        256,
        65535,
        65536,
        0x7fff_ffff,
        0x8000_0000,
        0xffff_0000,
        0xffff_fff8,
        0xffff_ffff,
    ];
    const HIGH: [u64; 5] = [0, 1, 0xffff_ffff, 0x8000_0000, 0x1234_5678];
    LOW.iter().flat_map(|low| HIGH.map(|high| high << 32 | low)).collect()
}

fn expected(narrow: Narrow, sink: &Sink, x: u64) -> Result<u64, TrapCode> {
    let value = narrow(x).ok_or(TrapCode::IntegerDivideByZero)?;
    match sink {
        Gives(_, result) => Ok(result(value)),
        MayTrap(_, result) => result(value),
    }
}

fn check(mode: Mode, wasm: &[u8]) -> Result<u64, String> {
    let mut runtime: Runtime = mode.runtime();
    runtime.instantiate_host(&host()).map_err(|error| error.to_string())?;
    let mut instance = Instance::new(runtime, wasm);
    let memory = instance.module.memory(&instance.runtime, "memory").map_err(|error| error.to_string())?;
    // What sources and sinks store is in here.
    let start: Vec<u8> = (0..4096).map(|i| if i < FILLED { filled(i) } else { 0 }).collect();
    let (mut calls, mut wrong) = (0, Vec::new());
    for (from, _, narrow) in SOURCES {
        for (to, _, sink) in SINKS {
            let name = format!("{from}, {to}");
            let func =
                instance.module.func_dyn(&instance.runtime, &name).map_err(|error| error.to_string())?;
            for x in values() {
                memory.write(&mut instance.runtime, 0, &start).map_err(|error| error.to_string())?;
                let end = func.call_dyn(&mut instance.runtime, &[Value::I64(x as i64), Value::I32(x as i32)]);
                calls += 1;
                let end = match end.as_deref() {
                    Ok([result]) => Ok(bits(result).unwrap_or(0)),
                    Ok(_) => Err(None),
                    Err(error) => Err(Error::trap_code(error)),
                };
                let expected = expected(*narrow, sink, x).map_err(Some);
                if end != expected {
                    wrong.push(format!("{name} of {x:#x}: {end:x?}, not {expected:x?}"));
                }
            }
        }
    }
    if wrong.is_empty() {
        return Ok(calls);
    }
    Err(format!("{mode}: {} wrong:\n{}", wrong.len(), wrong[..wrong.len().min(10)].join("\n")))
}

#[test]
fn narrow_values_have_nothing_above() {
    let wasm = module();
    let modes = Mode::all();
    let calls = many::run(modes.len() as u64, |i| check(modes[i as usize], &wasm));
    println!("modes={} calls={}", modes.len(), calls.iter().sum::<u64>());
}
