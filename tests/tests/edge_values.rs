//! Every scalar operator computes what the specification says, for values on both sides of whatever a compiler may treat
//! in a special way, wherever its operands and its result are, alone and as part of a branch or a `select`, on every
//! engine. What is right is computed by Rust.

#![forbid(unsafe_code)]

use wz_api::{Error, Func, ModuleConfig, Value};
use wz_core::ir::{Op, Shape};
use wz_core::types::Class;
use wz_tests::many;
use wz_tests::operators::placement::{Gives, KEPT, Operands, Placement, module};
use wz_tests::operators::{Expected, Num, Operator, bits};
use wz_tests::{Mode, engines};

/// How many mismatches of one operator a failure lists.
const LISTED: usize = 5;

/// Every so many edges, the first, and the last, which is a NaN of floats: what most placements get.
fn part(num: Num) -> Vec<u64> {
    let edges = num.edges();
    let step = edges.len().div_ceil(12);
    let mut part: Vec<u64> = edges.iter().copied().step_by(step).chain(edges.last().copied()).collect();
    part.dedup();
    part
}

/// The operands that a function is called with.
fn operands(operator: &Operator, operands: Operands) -> Vec<[u64; 2]> {
    let [first, last] = [operator.params[0], operator.params[operator.params.len() - 1]];
    let pairs = |xs: &[u64], ys: &[u64]| -> Vec<[u64; 2]> {
        let ys = if operator.is_binary() { ys } else { &[0] };
        xs.iter().flat_map(|x| ys.iter().map(|y| [*x, *y])).collect()
    };
    match operands {
        Operands::All => pairs(first.edges(), last.edges()),
        Operands::Part if !operator.is_binary() => pairs(first.edges(), &[]),
        Operands::Part => pairs(&part(first), &part(last)),
        Operands::Few => pairs(&part(first)[..3], &part(last)[..3]),
        Operands::Second(y) => pairs(first.edges(), &[y]),
        Operands::First(x) => pairs(&[x], last.edges()),
        Operands::Constants(x, y) => vec![[x, y]],
        Operands::Same => first.edges().iter().map(|x| [*x, *x]).collect(),
    }
}

/// Whether `results` is what `gives` makes of the operator's result.
fn is_right(operator: &Operator, gives: Gives, [a, b]: [u64; 2], results: &[Value]) -> bool {
    let expected = operator.expected([a, b]);
    let results: Vec<u64> = results.iter().filter_map(bits).collect();
    let truth = expected != Expected::Bits(0);
    match (gives, &results[..]) {
        (Gives::Result | Gives::Extended, [result]) => expected.is(operator.result, *result),
        (Gives::Truth, [result]) => *result == truth.into(),
        (Gives::FirstIfTrue, [result]) => *result == if truth { a } else { 0 },
        (Gives::Nothing, [result]) => *result == 0,
        (Gives::ResultAndKept, [result, kept]) => expected.is(operator.result, *result) && *kept == KEPT,
        (Gives::ResultAndOperands, [result, operands @ ..]) => {
            expected.is(operator.result, *result) && operands == &[a, b][..operator.params.len()]
        }
        _ => false,
    }
}

/// Whether a call ended as it should.
fn ends_right(
    operator: &Operator,
    placement: &Placement,
    operands: [u64; 2],
    end: &Result<Vec<Value>, Error>,
) -> bool {
    match (operator.expected(operands), end) {
        (Expected::Trap(code), Err(error)) => error.trap_code() == Some(code),
        (Expected::Trap(_), Ok(_)) | (_, Err(_)) => false,
        (_, Ok(results)) => is_right(operator, placement.gives, operands, results),
    }
}

/// Checks an operator in all placements; the number of calls.
fn check(operator: &Operator) -> Result<u64, String> {
    let part = part(*operator.params.last().unwrap_or(&operator.result));
    // Compilers look at constants of integers only.
    let of_floats = matches!(operator.params[0], Num::F32 | Num::F64);
    let constants = if of_floats { &part } else { operator.params[0].edges() };
    let (text, placements) = module(operator, constants, &part);
    let wasm = wat::parse_str(&text).map_err(|error| format!("{operator:?}: {error}\n{text}"))?;
    let mut calls = 0;
    let mut wrong = Vec::new();
    for mode in Mode::processors() {
        let mut rt = mode.runtime();
        let describe = |error: Error| format!("{operator:?} on {mode}: {error}");
        let code = rt.compile(&wasm).map_err(describe)?;
        let module = rt.instantiate(&code, ModuleConfig::new()).map_err(describe)?;
        for placement in &placements {
            let func: Func = module.func_dyn(&rt, &placement.name).map_err(describe)?;
            for operands in operands(operator, placement.operands) {
                let args: Vec<Value> =
                    operator.params.iter().zip(operands).map(|(num, bits)| num.value(bits)).collect();
                let end = func.call_dyn(&mut rt, &args);
                calls += 1;
                if !ends_right(operator, placement, operands, &end) {
                    let expected = operator.expected(operands);
                    wrong.push(format!(
                        "{operator:?} on {mode}, {} ({:?}): of {operands:x?} got {end:x?}, not {expected:x?}",
                        placement.name, placement.gives
                    ));
                }
            }
        }
    }
    if wrong.is_empty() {
        return Ok(calls);
    }
    Err(format!("{} wrong:\n{}", wrong.len(), wrong[..wrong.len().min(LISTED)].join("\n")))
}

/// Checks the operators whose first operand, and whose result, is of these types.
fn check_all(is_one: impl Fn(&Operator) -> bool) {
    let operators: Vec<Operator> = Operator::all().into_iter().filter(is_one).collect();
    assert!(!operators.is_empty());
    let calls = many::run(operators.len() as u64, |i| check(&operators[i as usize]));
    println!("operators={} engines={} calls={}", operators.len(), engines().len(), calls.iter().sum::<u64>());
}

#[test]
fn the_table_has_every_scalar_operator() {
    let scalar = |class| matches!(class, Class::I32 | Class::I64 | Class::F32 | Class::F64 | Class::No);
    let table = Operator::all();
    let mut listed = 0;
    for op in Op::ALL {
        let info = op.info();
        // Copies and `nez` are no operators of WebAssembly.
        let is_operator = matches!(info.shape, Shape::Unary | Shape::Binary)
            && [info.dst, info.a, info.b].into_iter().all(scalar)
            && !info.name.starts_with("copy.")
            && !info.name.ends_with(".nez");
        if is_operator {
            listed += 1;
            assert!(table.iter().any(|operator| operator.name == info.name), "{} is missing", info.name);
        }
    }
    assert_eq!(listed, table.len());
}

#[test]
fn operators_on_i32() {
    check_all(|operator| operator.params[0] == Num::I32);
}

#[test]
fn operators_on_i64() {
    check_all(|operator| operator.params[0] == Num::I64);
}

#[test]
fn operators_on_f32() {
    check_all(|operator| operator.params[0] == Num::F32);
}

#[test]
fn operators_on_f64() {
    check_all(|operator| operator.params[0] == Num::F64);
}
