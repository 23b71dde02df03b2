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
    let mut config = Config::default();
    config.available_imports = seed.is_multiple_of(3).then(|| imports.to_vec());
    config.max_imports = if seed.is_multiple_of(3) { 10 } else { 0 };
    // A segment out of bounds ends instantiation; half of the modules shall live on.
    config.disallow_traps = seed.is_multiple_of(2);
    // Float operations give NaNs whose bits the specification leaves open.
    config.canonicalize_nans = true;
    config.export_everything = true;
    config.min_funcs = 1;
    config.max_funcs = 12;
    config.max_instructions = 400;
    config.max_memories = 1;
    config.max_tables = 4;
    config.max_memory32_bytes = 20 << 16;
    config.max_table_elements = 1000;
    config.generate_custom_sections = true;
    config.bulk_memory_enabled = true;
    config.reference_types_enabled = true;
    config.simd_enabled = true;
    config.multi_value_enabled = true;
    config.tail_call_enabled = true;
    config.extended_const_enabled = true;
    config.saturating_float_to_int_enabled = true;
    config.sign_extension_ops_enabled = true;
    config.relaxed_simd_enabled = false;
    config.exceptions_enabled = false;
    config.gc_enabled = false;
    config.memory64_enabled = false;
    config.threads_enabled = false;
    config.shared_everything_threads_enabled = false;
    config.custom_page_sizes_enabled = false;
    config.custom_descriptors_enabled = false;
    config.wide_arithmetic_enabled = false;
    config.compact_imports_enabled = false;
    config.multibyte_array_access_enabled = false;
    config.acquire_release_atomics_enabled = false;
    config.allow_invalid_funcs = false;
    config
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
