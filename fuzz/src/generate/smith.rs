//! Modules by wasm-smith.
//!
//! Most of what wasm-smith makes traps within a few instructions, or never ends. So most modules are
//! [tamed](super::tame); some are left as they are, and in some wasm-smith itself avoids traps.

use super::tame::{Taming, tame};
use arbitrary::Unstructured;
use std::sync::LazyLock;
use wasm_smith::{Config, InstructionKind, InstructionKinds, MemoryOffsetChoices};

/// What modules may import.
const IMPORTS: &str = r#"(module
    (import "host" "nothing" (func))
    (import "host" "number" (func (param i32) (result i64)))
    (import "host" "numbers" (func (param i64 f64) (result f32 i32)))
    (import "host" "many" (func (param i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 f64 f64 f64 f64 f64 f64)
        (result i64 f64 i32 f32 i64 i64)))
    (import "host" "six" (func (param i32 i64 i32 i64 i64 i32) (result i64)))
    (import "host" "references" (func (param externref funcref) (result funcref externref)))
    (import "host" "fail" (func (param i32) (result i32)))
    (import "env" "bump" (func (param i32) (result i32)))
    (import "env" "grow" (func (param i32) (result i32)))
    (import "env" "through" (func (param i32 i32) (result i32)))
    (import "env" "tail" (func (param i32 i32) (result i32)))
    (import "env" "many" (func (param i32 i64 f32 f64 i32 i64 f32 f64 i32 i64 i32 i64 i32 i64)
        (result i64 f64 i32 i64 f32 i32 i64 i64)))
    (import "env" "memory" (memory 1 8))
    (import "env" "table" (table 8 32 funcref))
    (import "env" "constant" (global i32))
    (import "env" "variable" (global (mut i64)))
    (import "env" "float" (global (mut f64))))"#;

static IMPORTS_BINARY: LazyLock<Vec<u8>> =
    LazyLock::new(|| wat::parse_str(IMPORTS).expect("the text is a module"));

/// The module of a seed.
pub fn module(seed: u64) -> Result<Vec<u8>, String> {
    let mut rng = fastrand::Rng::with_seed(seed);
    // One module in eight has vectors.
    let vectors = rng.u8(..8) == 0;
    let style = rng.u8(..20);
    let mut config = config(&mut rng, vectors);
    let taming = match style {
        // As it comes, but for what NaNs are made of.
        0..=1 => Taming::none(),
        // wasm-smith avoids traps.
        2..=4 => {
            config.disallow_traps = true;
            Taming { avoid_traps: false, ..Taming::full() }
        }
        _ => Taming::full(),
    };
    let len = 1 << rng.u32(10..15);
    let bytes: Vec<u8> = std::iter::repeat_with(|| rng.u8(..)).take(len).collect();
    let module = wasm_smith::Module::new(config, &mut Unstructured::new(&bytes));
    let module = module.map_err(|error| format!("wasm-smith: {error}"))?;
    tame(&module.to_bytes(), taming, &mut rng)
}

/// The proposals that wz has, and sizes that keep a test short.
fn config(rng: &mut fastrand::Rng, vectors: bool) -> Config {
    use InstructionKind::{
        Control, Memory, Numeric, NumericInt, Parametric, Reference, Table, Variable, Vector,
    };
    let mut kinds = vec![Control, Parametric, Variable, Memory];
    kinds.push(if rng.u8(..4) == 0 { NumericInt } else { Numeric });
    if rng.bool() {
        kinds.extend([Reference, Table]);
    }
    if vectors {
        kinds.push(Vector);
    }
    let imports = rng.u8(..3) > 0;
    Config {
        available_imports: imports.then(|| IMPORTS_BINARY.clone()),
        max_imports: if imports { 12 } else { 0 },
        allowed_instructions: InstructionKinds::new(&kinds),
        // Lanes of NaNs can be looked at in many ways; taming only knows those of scalars.
        canonicalize_nans: vectors,
        export_everything: true,
        min_types: 2,
        max_types: 10,
        // Imports take some of it.
        max_type_size: 400,
        min_funcs: 4,
        max_funcs: 24,
        max_instructions: if rng.u8(..16) == 0 { 3000 } else { rng.usize(40..300) },
        min_memories: u32::from(!imports),
        max_memories: 1,
        min_tables: 1,
        max_tables: 3,
        min_globals: 2,
        max_globals: 20,
        max_element_segments: 8,
        max_data_segments: 8,
        max_memory32_bytes: 4 << 16,
        max_table_elements: 64,
        memory_offset_choices: MemoryOffsetChoices(90, 8, 2),
        generate_custom_sections: false,
        bulk_memory_enabled: true,
        reference_types_enabled: true,
        simd_enabled: vectors,
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
