//! Locals and temporaries beyond those that operands of the IR can name do what all others do: functions with so many
//! that lie idle, and the same ones without.

#![forbid(unsafe_code)]

use wz_api::{Caller, Error, ExternRef, FuncType, HostModule, ValType, Value};
use wz_core::ir::Slot;
use wz_tests::guest::{Instance, instantiate};
use wz_tests::{Mode, many};

/// Parameters of `$many`: more than registers hold, of each type.
const PARAMS: &str =
    "(param i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f32 f64)";
/// Its results, as many.
const RESULTS: &str =
    "(result i64 f64 i32 f32 i64 f64 i32 f32 i64 f64 i32 f32 i64 f64 i32 f32 i64 f64 i32 f32)";
/// More references than registers hold.
const REFS: &str =
    "externref externref externref externref externref externref externref externref externref";

/// Locals before those that lie idle.
const NEAR: &str = "(local $n0 i64) (local $n1 i64) (local $n2 i64) (local $n3 i64) (local $z f64)";
/// The values that functions work with, set from the parameters.
const LOCALS: &str = "(local $i i32) (local $j i32) (local $k i32) (local $l i64) (local $m i64) (local $s f32)
    (local $t f32) (local $x f64) (local $y f64) (local $r externref) (local $q externref) (local $f funcref)";
const SET: &str = "
    (local.set $n0 (i64.mul (local.get $b) (i64.const 3))) (local.set $n1 (i64.add (local.get $n0) (local.get $b)))
    (local.set $n2 (i64.xor (local.get $n0) (local.get $n1))) (local.set $n3 (i64.sub (local.get $n2) (local.get $b)))
    (local.set $i (local.get $a)) (local.set $j (i32.add (local.get $a) (i32.const 0x1234567)))
    (local.set $l (local.get $b)) (local.set $m (i64.mul (local.get $b) (i64.const 0x123456789abcd)))
    (local.set $s (f32.convert_i32_s (local.get $a))) (local.set $t (f32.mul (local.get $s) (f32.const 1.5)))
    (local.set $x (f64.convert_i64_s (local.get $b))) (local.set $y (f64.div (local.get $x) (f64.const 3)))";

/// Six times values of four types, each of which is another.
fn values() -> String {
    let four = |n: i32| {
        format!(
            "(i32.add (local.get $i) (i32.const {n})) (local.get $l) (local.get $s) (f64.add (local.get $x) (f64.const {n}))
             (local.get $j) (i64.xor (local.get $m) (i64.const {n})) (f32.add (local.get $t) (f32.const {n})) (local.get $y) "
        )
    };
    (0..3).map(four).collect()
}

/// The results of `$many` as the digest that a function gives.
fn digest() -> String {
    let four = "(local.set $s) (i64.reinterpret_f64 (f64.promote_f32 (local.get $s)))
        (local.set $l) (local.set $i) (local.set $m (i64.rotl (i64.add (local.get $m) (local.get $l)) (i64.const 7)))
        (local.set $m (i64.xor (local.get $m) (i64.extend_i32_u (local.get $i))))
        (local.set $x) (local.set $m (i64.sub (local.get $m) (i64.reinterpret_f64 (local.get $x))))
        (local.set $l) (local.set $m (i64.rotl (i64.add (local.get $m) (local.get $l)) (i64.const 9)))";
    format!("(local.set $m (i64.const 0)) {} (local.get $m)", four.repeat(5))
}

/// What functions do: their names and bodies, from `$a` and `$b` to an `i64`.
fn bodies() -> Vec<(String, String)> {
    let mut bodies = Vec::new();
    let mut push = |name: &str, body: String| bodies.push((name.to_owned(), body));
    // Each operand far, or both, with other values in the registers that divisions and shifts want.
    for op in ["div_u", "rem_u", "div_s", "rem_s", "shl", "shr_s", "rotr", "mul", "sub", "and"] {
        for (a, b) in [("$i", "$j"), ("$a", "$j"), ("$i", "$a"), ("$i", "$i")] {
            for near in [0, 2] {
                let kept: String = (0..near).map(|n| format!("(local.get $n{n}) i64.xor ")).collect();
                let wide =
                    |local: &str| format!("(i64.mul (local.get $l) (i64.extend_i32_s (local.get {local})))");
                let (x, y) = (wide(a), wide(b));
                let narrow = format!("(i32.{op} (local.get {a}) (i32.or (local.get {b}) (i32.const 1)))");
                let of = format!("{a}, {b} beside {near}");
                push(&format!("i32.{op} of {of}"), format!("(i64.extend_i32_u {narrow}) {kept}"));
                push(
                    &format!("i64.{op} of {of}"),
                    format!("(i64.{op} {x} (i64.or {y} (i64.const 1))) {kept}"),
                );
            }
        }
    }
    for (name, how) in [
        ("call", "(call $many".to_owned()),
        ("import", "(call $import".into()),
        ("host", "(call $host".into()),
        ("indirect", "(call_indirect (type $many)".into()),
        ("other indirect", "(call_indirect (type $many)".into()),
    ] {
        let element = match name {
            "indirect" => "(i32.const 0)",
            "other indirect" => "(i32.const 1)",
            _ => "",
        };
        push(name, format!("{how} {} {element}) {}", values(), digest()));
        // With values alive below, which are temporaries as well.
        let below =
            "(i64.add (local.get $l) (i64.const 5)) (f64.neg (local.get $y)) (i32.clz (local.get $i))";
        push(
            &format!("{name} above values"),
            format!(
                "{below} {how} {} {element}) {} (local.set $m) i64.extend_i32_u (local.set $l) i64.trunc_sat_f64_s
                 (local.get $l) i64.add i64.xor (local.get $m) i64.add",
                values(),
                digest()
            ),
        );
    }
    for name in ["tail", "tail import", "tail indirect"] {
        let how = match name {
            "tail" => "(call $tail (local.get $a) (local.get $b))",
            "tail import" => "(call $tail_import (local.get $a) (local.get $b))",
            _ => "(call $tail_indirect (local.get $a) (local.get $b))",
        };
        push(name, format!("{how} {}", digest()));
    }
    push(
        "loop",
        "(local.set $k (i32.const 37))
        (loop $again
            (local.get $j) (local.get $i) (local.get $m) (local.get $l) (local.get $t) (local.get $s)
            (f64.add (local.get $y) (f64.const 1)) (local.get $x)
            (local.set $y) (local.set $x) (local.set $t) (local.set $s) (local.set $m) (local.set $l)
            (local.set $j (i32.add (i32.const 3))) (local.set $i)
            (if (i32.and (local.get $k) (i32.const 4)) (then (local.set $l (i64.rotl (local.get $l) (i64.const 3)))))
            (i32.store (i32.and (local.get $i) (i32.const 0xfff)) (local.get $j))
            (local.set $i (i32.load16_s (i32.and (local.get $j) (i32.const 0xfff))))
            (br_if $again (local.tee $k (i32.sub (local.get $k) (i32.const 1)))))
        (i64.add (i64.add (i64.extend_i32_s (local.get $i)) (i64.extend_i32_u (local.get $j)))
            (i64.add (i64.xor (local.get $l) (i64.rotl (local.get $m) (i64.const 1)))
                (i64.add (i64.reinterpret_f64 (local.get $y))
                    (i64.reinterpret_f64 (f64.promote_f32 (f32.add (local.get $s) (local.get $t)))))))"
            .into(),
    );
    push(
        "choices",
        "(select (local.get $l) (local.get $m) (i32.lt_s (local.get $i) (local.get $j)))
        (select (local.get $m) (local.get $l) (f64.lt (local.get $x) (local.get $y)))
        i64.sub
        (i64.extend_i32_u (select (local.get $i) (local.get $j) (i64.eqz (i64.and (local.get $l) (local.get $m)))))
        i64.add
        (block $d (result i64) (block $c (result i64) (block $b (result i64)
            (br_table $b $c $d $c $b $d (local.get $l) (i32.and (local.get $i) (i32.const 7))))
            (i64.add (i64.const 1))) (i64.add (i64.const 10)))
        i64.xor
        (memory.fill (i32.and (local.get $i) (i32.const 0xfff)) (local.get $j) (i32.and (local.get $i) (i32.const 63)))
        (memory.copy (i32.const 3) (i32.and (local.get $j) (i32.const 0xfff)) (i32.const 40))
        (global.set $g (f32.add (local.get $s) (local.get $t)))
        (i64.add (i64.load (i32.and (local.get $i) (i32.const 0xffe))))
        (i64.extend_i32_s (i32.trunc_sat_f32_s (global.get $g)))
        i64.add
        (i64.add (i64.trunc_sat_f64_u (f64.max (local.get $x) (local.get $y))))
        (i64.add (i64.extend_i32_s (memory.grow (i32.and (local.get $i) (i32.const 1)))))
        (i64.add (i64.load (i32.and (local.get $j) (i32.const 0xffe))))"
            .into(),
    );
    // A near local that a call drove out of its register is copied to a far one, and then is one of a loop's.
    push(
        "near",
        "(local.set $z (local.get $x)) (local.set $k (i32.const 5)) (call $nothing)
        (local.set $y (local.get $z)) (local.set $m (local.get $n0))
        (loop $again
            (local.set $z (f64.add (f64.mul (local.get $z) (f64.const 1.5)) (local.get $y)))
            (local.set $n0 (i64.add (i64.rotl (local.get $n0) (i64.const 3)) (local.get $m)))
            (br_if $again (local.tee $k (i32.sub (local.get $k) (i32.const 1)))))
        (i64.add (i64.reinterpret_f64 (local.get $z)) (local.get $n0))"
            .into(),
    );
    let refs = ["(local.get $r)", "(local.get $q)", "(call $reference (local.get $j))"].repeat(3).join(" ");
    let sum = "(local.set $r) (local.set $q) (call $number)
        (local.set $m (i64.add (local.get $m) (i64.add (i64.mul (call $number (local.get $r)) (i64.const 3))
            (i64.mul (call $number (local.get $q)) (i64.const 5)))))
        (local.set $l) (local.set $m (i64.mul (i64.add (local.get $m) (local.get $l)) (i64.const 7)))";
    push(
        "references",
        format!(
            "(local.set $r (call $reference (local.get $i))) (local.set $m (i64.const 0))
            (if (local.get $i) (then (local.set $q (local.get $r)) (local.set $r (call $reference (i32.const 9)))))
            (table.set $t (i32.const 5) (table.get $t (i32.and (local.get $i) (i32.const 1))))
            (local.set $f (table.get $t (i32.const 5)))
            (call $turn {refs}) {} (i64.add (local.get $m) (i64.extend_i32_u (i32.add (call $is_null (local.get $f))
                (ref.is_null (select (result funcref) (ref.null func) (local.get $f) (i32.lt_s (local.get $i) (local.get $j)))))))",
            sum.repeat(3)
        ),
    );
    bodies
}

/// The module, whose functions have that much that lies idle.
fn source(idle: &str) -> String {
    let function = |(name, body): (String, String)| {
        format!(
            "(func (export \"{name}\") (param $a i32) (param $b i64) (result i64) {NEAR} {idle} {LOCALS} {SET} {body})\n"
        )
    };
    let functions: String = bodies().into_iter().map(function).collect();
    let tail = |name: &str, call: &str, index: &str| {
        let call = format!("({call} {} {index})", values());
        format!(
            "(func ${name} (param $a i32) (param $b i64) {RESULTS} {NEAR} {idle} {LOCALS} {SET} {call})\n"
        )
    };
    format!(
        "(module
            (type $many (func {PARAMS} {RESULTS}))
            (import \"other\" \"many\" (func $import (type $many)))
            (import \"host\" \"many\" (func $host (type $many)))
            (import \"host\" \"reference\" (func $reference (param i32) (result externref)))
            (import \"host\" \"number\" (func $number (param externref) (result i64)))
            (memory 1 3)
            (global $g (mut f32) (f32.const 0))
            (table $t 10 funcref)
            (elem (i32.const 0) $many $import)
            (func $many (type $many) {idle} {})
            (func $turn (param {REFS}) (result {REFS}) {idle} {})
            (func $nothing)
            (func $is_null (param funcref) (result i32) (ref.is_null (local.get 0)))
            {}{}{}{functions})",
        permuted(),
        (0..9).rev().map(|i| format!("(local.get {i})")).collect::<String>(),
        tail("tail", "return_call $many", ""),
        tail("tail_import", "return_call $import", ""),
        tail("tail_indirect", "return_call_indirect (type $many)", "(i32.const 0)"),
    )
}

/// What `$many` gives: its first parameters in the order of the results.
fn permuted() -> String {
    (0..5).flat_map(|k| [1, 3, 0, 2].map(|i: usize| format!("(local.get {})", 4 * k + i))).collect()
}

/// Instantiates the module beside what it imports.
fn start(mode: Mode, wasm: &[u8]) -> Result<Instance, Error> {
    let mut rt = mode.runtime();
    let four = |types: [ValType; 4], times: usize| types.into_iter().cycle().take(4 * times);
    let (i32, i64, f32, f64) = (ValType::I32, ValType::I64, ValType::F32, ValType::F64);
    let many = FuncType::new(four([i32, i64, f32, f64], 6), four([i64, f64, i32, f32], 5));
    let host = HostModule::new("host")
        .func_dyn("many", many, |_, args, results| {
            for (four, args) in results.chunks_mut(4).zip(args.chunks(4)) {
                four.clone_from_slice(&[1, 3, 0, 2].map(|i: usize| args[i].clone()));
            }
            Ok(())
        })
        .func("reference", |_: Caller<'_, ()>, n: i32| Some(ExternRef::new(n)))
        .func("number", |_: Caller<'_, ()>, x: Option<ExternRef>| -> i64 {
            x.and_then(|x| x.downcast_ref::<i32>().copied()).map_or(-1, i64::from)
        });
    rt.instantiate_host(&host)?;
    let other =
        instantiate(&mut rt, format!("(module (func (export \"many\") {PARAMS} {RESULTS} {}))", permuted()))?;
    rt.register("other", other)?;
    let module = instantiate(&mut rt, wasm)?;
    Ok(Instance { runtime: rt, module })
}

/// How calls of every function end. Those that trap say how.
fn run(mode: Mode, wasm: &[u8]) -> Result<Vec<String>, String> {
    let mut instance = start(mode, wasm).map_err(|error| format!("{mode}: {error}"))?;
    let mut ends = Vec::new();
    for (name, _) in bodies() {
        for (a, b) in
            [(7, -3), (-1, 0x7fff_ffff_0000_0001), (i32::MIN, i64::MIN), (0x5555_1234, 12_345_678_901)]
        {
            let end = match instance.try_call(&name, &[Value::I32(a), Value::I64(b)]) {
                Ok(results) => format!("{results:?}"),
                Err(error) => format!("{:?}", error.trap_code()),
            };
            ends.push(format!("{name} of {a} and {b}: {end}"));
        }
    }
    Ok(ends)
}

#[test]
fn functions_do_the_same_behind_many_slots() {
    let data = |count: u32| format!("(local {})", "i64 ".repeat(count as usize));
    let refs = |count: u32| format!("(local {})", "externref ".repeat(count as usize));
    // All locals can be named, some of them, none of numbers, none of references, none at all.
    let idle = [
        String::new(),
        data(Slot::NEAR_DATA - 12),
        data(Slot::NEAR_DATA + 10),
        refs(Slot::NEAR_REF - 1),
        data(Slot::NEAR_DATA) + &refs(Slot::NEAR_REF),
    ];
    let modules = idle.map(|idle| wat::parse_str(source(&idle)).unwrap_or_else(|error| panic!("{error}")));
    let modes = Mode::all();
    let expected = run(modes[0], &modules[0]).unwrap_or_else(|message| panic!("{message}"));
    let trapped = expected.iter().filter(|end| end.contains("Some(")).count();
    assert!(trapped * 20 < expected.len(), "{trapped} of {} trap", expected.len());
    many::run((modes.len() * modules.len()) as u64, |i| {
        let (mode, module) = (modes[i as usize % modes.len()], i as usize / modes.len());
        let ends = run(mode, &modules[module])?;
        match expected.iter().zip(&ends).find(|(expected, end)| expected != end) {
            Some((expected, end)) => Err(format!("{mode}, module {module}: {end}, not {expected}")),
            None => Ok(()),
        }
    });
}
