//! Modules that a generator of valid modules makes: all compile to well-formed IR, run under fuel, and behave the same
//! under every engine.

#![forbid(unsafe_code)]

use arbitrary::Unstructured;
use wasm_smith::Config;
use wz_tests::compare::engines_agree;
use wz_tests::many;
use wz_tests::rng::Rng;

const MODULES: u64 = 2_000;
/// Fuel for each exported function.
const FUEL: u64 = 10_000;

/// What generated modules may import.
const IMPORTS: &str = r#"(module
    (import "host" "nothing" (func))
    (import "host" "number" (func (param i32) (result i64)))
    (import "host" "numbers" (func (param i64 f64) (result f32 i32)))
    (import "host" "vector" (func (param v128) (result v128)))
    (import "host" "references" (func (param externref funcref) (result externref funcref)))
    (import "host" "memory" (memory 1 20))
    (import "host" "table" (table 5 100 funcref))
    (import "host" "constant" (global i32))
    (import "host" "variable" (global (mut i64))))"#;

/// What wz is built to run, with sizes that keep a test short.
fn config(seed: u64, imports: &[u8]) -> Config {
    let with_imports = seed.is_multiple_of(3);
    Config {
        available_imports: with_imports.then(|| imports.to_vec()),
        max_imports: if with_imports { 10 } else { 0 },
        // A segment out of bounds ends instantiation; half of the modules shall live on.
        disallow_traps: seed.is_multiple_of(2),
        // Float operations give NaNs whose bits the specification leaves open.
        canonicalize_nans: true,
        export_everything: true,
        min_funcs: 1,
        max_funcs: 12,
        max_instructions: 400,
        max_memories: 1,
        max_tables: 4,
        max_memory32_bytes: 20 << 16,
        max_table_elements: 1000,
        generate_custom_sections: true,
        bulk_memory_enabled: true,
        reference_types_enabled: true,
        simd_enabled: true,
        multi_value_enabled: true,
        tail_call_enabled: true,
        extended_const_enabled: true,
        saturating_float_to_int_enabled: true,
        sign_extension_ops_enabled: true,
        relaxed_simd_enabled: false,
        exceptions_enabled: false,
        gc_enabled: false,
        memory64_enabled: false,
        threads_enabled: false,
        shared_everything_threads_enabled: false,
        custom_page_sizes_enabled: false,
        custom_descriptors_enabled: false,
        wide_arithmetic_enabled: false,
        compact_imports_enabled: false,
        multibyte_array_access_enabled: false,
        acquire_release_atomics_enabled: false,
        allow_invalid_funcs: false,
        ..Config::default()
    }
}

fn module(seed: u64, imports: &[u8]) -> Result<Vec<u8>, String> {
    let mut rng = Rng::new(seed);
    let len = 512 << rng.below(6);
    let bytes = rng.bytes(len);
    let module = wasm_smith::Module::new(config(seed, imports), &mut Unstructured::new(&bytes));
    module.map(|module| module.to_bytes()).map_err(|error| format!("generator: {error}"))
}

#[test]
fn generated_modules_run_alike() {
    let imports = wat::parse_str(IMPORTS).expect("the text is a module");
    let outcomes = many::run(MODULES, |seed| {
        let wasm = module(seed, &imports)?;
        let outcome = engines_agree(&wasm, FUEL)?.ok_or("a generated module is valid")?;
        let ended = outcome.instantiated.as_str();
        if ended == "ok" || ended.starts_with("trap: ") {
            Ok(outcome)
        } else {
            Err(format!("instantiation: {ended}"))
        }
    });
    let ran = outcomes.iter().filter(|outcome| outcome.ran()).count();
    let calls: Vec<_> = outcomes.iter().flat_map(|outcome| &outcome.calls).collect();
    let returned = calls.iter().filter(|(_, result, _)| !result.starts_with("trap")).count();
    println!(
        "modules={MODULES} instantiated={ran} calls={} returned={returned} trapped={}",
        calls.len(),
        calls.len() - returned
    );
    assert!(ran * 2 > outcomes.len(), "only {ran} modules were instantiated");
    assert!(returned * 5 > calls.len(), "only {returned} of {} calls returned", calls.len());
}
