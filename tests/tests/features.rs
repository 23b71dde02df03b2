//! Each proposal that is switched off is named by the error of a module that uses it, with the byte offset.

#![forbid(unsafe_code)]

use wz_api::{EngineKind, ErrorKind, Features, Runtime, RuntimeConfig};

/// Modules that use one proposal each, beyond what [`Features::BUILT`] has otherwise.
const USES: &[(&str, &[&str])] = &[
    (
        "mutable-global",
        &[r#"(import "a" "b" (global (mut i32)))"#, r#"(global (export "g") (mut i32) (i32.const 0))"#],
    ),
    (
        "sign-extension-ops",
        &[
            "(func (param i32) (result i32) (i32.extend8_s (local.get 0)))",
            "(func (param i32) (result i32) (i32.extend16_s (local.get 0)))",
            "(func (param i64) (result i64) (i64.extend32_s (local.get 0)))",
        ],
    ),
    (
        "nontrapping-float-to-int-conversion",
        &[
            "(func (param f32) (result i32) (i32.trunc_sat_f32_s (local.get 0)))",
            "(func (param f64) (result i64) (i64.trunc_sat_f64_u (local.get 0)))",
        ],
    ),
    (
        "multi-value",
        &[
            "(func (result i32 i32) (i32.const 1) (i32.const 2))",
            "(func (i32.const 1) (block (param i32) (drop)))",
            "(func (block (result i32 i32) (i32.const 1) (i32.const 2)) (drop) (drop))",
        ],
    ),
    (
        "bulk-memory-operations",
        &[
            "(memory 1) (func (memory.copy (i32.const 0) (i32.const 1) (i32.const 2)))",
            "(memory 1) (func (memory.fill (i32.const 0) (i32.const 1) (i32.const 2)))",
            r#"(memory 1) (data "a") (func (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 0)))"#,
            r#"(memory 1) (data "a") (func (data.drop 0))"#,
            r#"(memory 1) (data "a")"#,
            "(table 1 funcref) (func (table.copy (i32.const 0) (i32.const 0) (i32.const 0)))",
            "(table 1 funcref) (elem func) (func (table.init 0 (i32.const 0) (i32.const 0) (i32.const 0)))",
        ],
    ),
    (
        "reference-types",
        &[
            "(func (param externref))",
            "(table 1 externref)",
            "(table 1 funcref) (table 1 funcref)",
            "(table 1 funcref) (func (result funcref) (table.get 0 (i32.const 0)))",
            "(table 1 funcref) (func (result i32) (table.size 0))",
            "(func (drop (ref.null func)))",
            "(func (result i32) (select (result i32) (i32.const 1) (i32.const 2) (i32.const 3)))",
        ],
    ),
    (
        "simd",
        &[
            "(func (param v128))",
            "(func (drop (v128.const i32x4 1 2 3 4)))",
            "(func (param i32) (drop (i8x16.splat (local.get 0))))",
            "(memory 1) (func (drop (v128.load (i32.const 0))))",
        ],
    ),
    (
        "tail-call",
        &[
            "(func $f (return_call $f))",
            "(type $t (func)) (table 1 funcref) (func (return_call_indirect (type $t) (i32.const 0)))",
        ],
    ),
    (
        "extended-const",
        &[
            "(global i32 (i32.add (i32.const 1) (i32.const 2)))",
            "(global i64 (i64.mul (i64.const 1) (i64.const 2)))",
            r#"(memory 1) (data (i32.sub (i32.const 1) (i32.const 1)) "a")"#,
        ],
    ),
    (
        "threads",
        &[
            "(memory 1 1 shared)",
            "(memory 1) (func (drop (i32.atomic.load (i32.const 0))))",
            "(func (atomic.fence))",
        ],
    ),
    (
        "exception-handling",
        &["(tag)", r#"(import "a" "b" (tag))"#, "(func (param exnref))", "(func (try_table))"],
    ),
    (
        "typed-function-references",
        &[
            "(type $t (func)) (func (param (ref $t)))",
            "(func (param funcref) (drop (ref.as_non_null (local.get 0))))",
            "(type $t (func)) (func unreachable (call_ref $t))",
        ],
    ),
    ("memory64", &["(memory i64 1)", "(table i64 1 funcref)", r#"(import "a" "b" (memory i64 1))"#]),
    ("multi-memory", &["(memory 1) (memory 1)", r#"(import "a" "b" (memory 1)) (memory 1)"#]),
    ("relaxed-simd", &["(func (param v128) (drop (i8x16.relaxed_swizzle (local.get 0) (local.get 0))))"]),
    (
        "gc",
        &[
            "(type (struct))",
            "(type (array i8))",
            "(type (sub (func)))",
            "(rec (type (func)) (type (func)))",
            "(func (param anyref))",
            "(func (drop (ref.i31 (i32.const 1))))",
        ],
    ),
    ("wide-arithmetic", &["(func (param i64) (drop (i64.mul_wide_s (local.get 0) (local.get 0))) (drop))"]),
    ("custom-page-sizes", &["(memory 1 (pagesize 1))"]),
];

fn runtime(features: Features) -> Result<Runtime, wz_api::Error> {
    Runtime::new(RuntimeConfig::new().with_engine(EngineKind::Interp).with_features(features))
}

#[test]
fn every_proposal_has_an_example() {
    let named: Vec<&str> = USES.iter().map(|(name, _)| *name).collect();
    let all: Vec<&str> = Features::ALL_NAMES.iter().map(|(name, _)| *name).collect();
    assert_eq!(named, all);
}

#[test]
fn disabled_proposals_are_named() {
    let mut failures = Vec::new();
    for (name, sources) in USES {
        let feature = Features::by_name(name).expect("the feature has this name");
        let rt = runtime(Features::BUILT.without(feature)).expect("a runtime can be had");
        let expected = format!("feature \"{name}\" is disabled");
        for source in *sources {
            let wasm = wat::parse_str(format!("(module {source})")).expect(source);
            match rt.compile(&wasm) {
                Ok(_) => failures.push(format!("{name}: {source} compiled")),
                Err(error) => match error.kind() {
                    ErrorKind::Compile(error) if !error.message.starts_with(&expected) => {
                        failures.push(format!("{name}: {source}: {}", error.message));
                    }
                    ErrorKind::Compile(error) if error.offset.is_none_or(|at| at > wasm.len() as u64) => {
                        failures.push(format!("{name}: {source}: offset {:?}", error.offset));
                    }
                    ErrorKind::Compile(_) => {}
                    kind => failures.push(format!("{name}: {source}: {kind:?}")),
                },
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn enabled_proposals_compile() {
    for (name, sources) in USES {
        let feature = Features::by_name(name).expect("the feature has this name");
        if Features::BUILT.contains(feature) {
            let rt = runtime(Features::BUILT).expect("a runtime can be had");
            for source in *sources {
                let compiled = rt.compile(format!("(module {source})"));
                assert!(compiled.is_ok(), "{name}: {source}: {:?}", compiled.err());
            }
        }
    }
}

#[test]
fn proposals_that_are_not_built_are_refused_by_name() {
    for (name, feature) in Features::ALL_NAMES {
        let asked = Features::BUILT | *feature;
        let compiled = runtime(asked).and_then(|rt| rt.compile("(module)").map(|_| ()));
        if Features::BUILT.contains(*feature) {
            assert!(compiled.is_ok(), "{name}: {:?}", compiled.err());
        } else {
            let error = compiled.expect_err(name).to_string();
            assert!(error.contains(&format!("feature \"{name}\"")), "{error}");
        }
    }
}

#[test]
fn presets_grow() {
    assert!(Features::V2.contains(Features::V1) && Features::V3.contains(Features::V2));
    let rt = runtime(Features::V1).expect("a runtime can be had");
    assert!(rt.compile("(module (func (result i32) (i32.const 1)) (memory 1) (table 1 funcref))").is_ok());
    assert!(rt.compile("(module (func (param v128)))").is_err());
    let rt = runtime(Features::V2).expect("a runtime can be had");
    assert!(rt.compile("(module (func (param v128 externref) (result i32 i32) unreachable))").is_ok());
    assert!(rt.compile("(module (func $f (return_call $f)))").is_err());
}

#[test]
fn errors_in_text_name_the_line() {
    let rt = runtime(Features::BUILT).expect("a runtime can be had");
    let error = rt.compile("(module\n  (func\n    i32.nonsense))").expect_err("malformed").to_string();
    assert!(error.contains(":3:"), "{error}");
}

#[test]
fn errors_in_binaries_carry_the_offset_of_the_operator() {
    let rt = runtime(Features::BUILT).expect("a runtime can be had");
    let mut wasm =
        wat::parse_str("(module (func (result i32) i32.const 1 i32.const 2 i32.add))").expect("valid");
    let add = wasm.iter().rposition(|byte| *byte == 0x6a).expect("i32.add is there");
    wasm[add] = 0x7c; // i64.add
    match rt.compile(&wasm).expect_err("invalid").kind() {
        ErrorKind::Compile(error) => assert_eq!(error.offset, Some(add as u64), "{}", error.message),
        kind => panic!("{kind:?}"),
    }
}
