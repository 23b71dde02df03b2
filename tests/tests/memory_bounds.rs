//! Every load and store, with every offset that a compiler may treat in a special way, at the ends of memories of every
//! size: what is inside is loaded and stored, what is not traps and changes nothing, in guarded and in checked memories.

#![forbid(unsafe_code)]

use std::fmt::Write;
use wz_api::{Func, Memory, ModuleConfig, Runtime, TrapCode, Value};
use wz_core::ir::{Op, Shape};
use wz_core::types::Class;
use wz_tests::operators::access::Access;
use wz_tests::operators::{Num, bits};
use wz_tests::{Mode, many};

const PAGE: u64 = 65536;
const MOST_PAGES: u64 = 65536;
/// On both sides of a page's end, of what a signed displacement reaches, and of what there is.
const OFFSETS: [u64; 8] = [0, 1, 7, PAGE - 1, PAGE, (1 << 31) - 1, 1 << 31, (1 << 32) - 1];
/// Bytes on both sides of an address in which nothing else may have changed.
const MARGIN: u64 = 16;

/// What is at an address before a test stores there.
fn byte(address: u64) -> u8 {
    (address.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8 | 0x80
}

/// The parts of a memory that are not zero.
fn parts(len: u64) -> Vec<(u64, u64)> {
    let parts = [(0, 2 * PAGE), ((1 << 31) - PAGE, (1 << 31) + 2 * PAGE), ((1 << 32) - 2 * PAGE, 1 << 32)];
    parts.into_iter().map(|(start, end)| (start.min(len), end.min(len))).filter(|(s, e)| s < e).collect()
}

/// The contents from `start` to `end`, of a memory of `len` bytes that nothing was stored in.
fn contents(len: u64, start: u64, end: u64) -> Vec<u8> {
    let parts = parts(len);
    let is_set = |at| parts.iter().any(|(start, end)| (*start..*end).contains(&at));
    (start..end).map(|at| if is_set(at) { byte(at) } else { 0 }).collect()
}

/// Indices on both sides of the last that is inside, of the first that is not, and of where sums wrap.
fn indices(access: &Access, offset: u64, len: u64) -> Vec<u32> {
    let first_outside = (len + 1).saturating_sub(offset + access.bytes);
    let mut indices: Vec<u64> = (first_outside.saturating_sub(2)..first_outside + access.bytes + 2).collect();
    indices.extend([0, 1, len.saturating_sub(1), len, len + 1]);
    indices.extend([(1 << 31) - 1, 1 << 31, (1 << 31) + 1]);
    // The sum is one of the first addresses, if it wraps.
    indices.extend(((1u64 << 32).saturating_sub(offset + 2)..(1u64 << 32) - offset.min(1 << 32)).take(4));
    indices.extend((1 << 32) - 9..1 << 32);
    let mut indices: Vec<u32> = indices.into_iter().filter_map(|index| u32::try_from(index).ok()).collect();
    indices.sort_unstable();
    indices.dedup();
    indices
}

/// How a function of the module accesses memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    /// With the index as a parameter.
    Plain,
    /// The same, and nobody wants what is loaded; a store stores a constant.
    Dropped,
    /// The same as plain, behind an access of the same index with no offset, and in front of one with the same.
    Repeated,
    /// With this index as a constant.
    Constant(u32),
}

/// What a store stores: no byte is like another, and none is like those of [`byte`].
const STORED: u64 = 0x0123_4567_090b_0d0f;

fn function(access: &Access, offset: u64, form: Form) -> String {
    let Access { name, num, stores, .. } = access;
    let num = num.name();
    let index = match form {
        Form::Constant(index) => format!("(i32.const {})", index as i32),
        _ => "(local.get $index)".into(),
    };
    let plain = match (stores, form) {
        (true, Form::Dropped) => {
            format!("({name} offset={offset} {index} {})", access.num.constant(stored(access)))
        }
        (true, _) => format!("({name} offset={offset} {index} (local.get $value))"),
        (false, _) => format!("({name} offset={offset} {index})"),
    };
    let body = match (stores, form) {
        (false, Form::Dropped) => format!("(drop {plain}) ({num}.const 0)"),
        (_, Form::Repeated) => {
            format!("(drop (i32.load8_u {index})) {plain} (drop (i32.load8_u offset={offset} {index}))")
        }
        _ => plain,
    };
    let result = if *stores { String::new() } else { format!("(result {num})") };
    format!(
        "(func (export \"{}\") (param $index i32) (param $value {num}) {result} {body})\n",
        export(access, offset, form)
    )
}

fn export(access: &Access, offset: u64, form: Form) -> String {
    format!("{} {offset} {form:?}", access.name)
}

/// The value whose bytes a store of this type stores.
fn stored(access: &Access) -> u64 {
    match access.num {
        Num::I32 | Num::F32 => STORED & 0xffff_ffff,
        Num::I64 | Num::F64 => STORED,
    }
}

/// A runtime with a memory, and what is known of it.
struct Bench {
    runtime: Runtime,
    memory: Memory,
    len: u64,
}

impl Bench {
    /// What is at an address, with a margin, as far as there is memory.
    fn around(&self, address: u64) -> (u64, Vec<u8>) {
        let start = address.saturating_sub(MARGIN).min(self.len);
        let end = (address + MARGIN + 8).min(self.len);
        let mut bytes = vec![0; (end - start) as usize];
        self.memory.read(&self.runtime, start, &mut bytes).expect("inside");
        (start, bytes)
    }

    /// Whether all is as it was at the start, around an address.
    fn is_unchanged(&self, address: u64) -> bool {
        let (start, bytes) = self.around(address);
        bytes == contents(self.len, start, start + bytes.len() as u64)
    }

    /// Calls a function, and says what is wrong.
    fn check(&mut self, func: Func, access: &Access, offset: u64, form: Form, index: u32) -> Option<String> {
        let address = u64::from(index) + offset;
        let inside = address + access.bytes <= self.len;
        // The first of the repeated accesses is of one byte.
        let inside = inside && (form != Form::Repeated || u64::from(index) < self.len);
        let args = [Value::I32(index as i32), access.num.value(stored(access))];
        match func.call_dyn(&mut self.runtime, &args) {
            Err(error) if !inside => {
                if error.trap_code() != Some(TrapCode::MemoryOutOfBounds) {
                    return Some(format!("{error}"));
                }
                let places = [self.len, address, address & 0xffff_ffff];
                let changed = places.into_iter().find(|place| !self.is_unchanged(*place))?;
                Some(format!("it trapped and changed something at {changed:#x}"))
            }
            Err(error) => Some(format!("{error}")),
            Ok(_) if !inside => Some("it did not trap".into()),
            Ok(results) if access.stores => {
                let bytes = &STORED.to_le_bytes()[..access.bytes as usize];
                let (start, found) = self.around(address);
                let mut expected = contents(self.len, start, start + found.len() as u64);
                let at = (address - start) as usize;
                expected[at..at + bytes.len()].copy_from_slice(bytes);
                let before = contents(self.len, address, address + access.bytes);
                self.memory.write(&mut self.runtime, address, &before).expect("inside");
                (found != expected || !results.is_empty())
                    .then(|| format!("{found:x?} from {start:#x}, not {expected:x?}"))
            }
            Ok(results) => {
                let bytes = contents(self.len, address, address + access.bytes);
                let expected = if form == Form::Dropped { 0 } else { access.loaded(&bytes) };
                let right = matches!(&results[..], [result] if bits(result) == Some(expected));
                (!right).then(|| format!("{results:x?}, not {expected:#x}"))
            }
        }
    }
}

/// Every access, offset, form and index.
fn cases(len: u64) -> Vec<(Access, u64, Form, Vec<u32>)> {
    let mut cases = Vec::new();
    for (access, offset) in Access::ALL.iter().flat_map(|access| OFFSETS.map(|offset| (*access, offset))) {
        let indices = indices(&access, offset, len);
        for form in [Form::Plain, Form::Dropped, Form::Repeated] {
            cases.push((access, offset, form, indices.clone()));
        }
        cases.extend(indices.iter().map(|index| (access, offset, Form::Constant(*index), vec![*index])));
    }
    cases
}

fn check(mode: Mode, pages: u64, wasm: &[u8]) -> Result<u64, String> {
    let config = mode.config().with_max_memory_pages(MOST_PAGES);
    let mut runtime = Runtime::new(config).map_err(|error| error.to_string())?;
    let describe = |error: wz_api::Error| format!("{mode}, {pages} pages: {error}");
    let code = runtime.compile(wasm).map_err(describe)?;
    let module = runtime.instantiate(&code, ModuleConfig::new()).map_err(describe)?;
    let memory = module.memory(&runtime, "memory").map_err(describe)?;
    let len = pages * PAGE;
    for (start, end) in parts(len) {
        memory.write(&mut runtime, start, &contents(len, start, end)).map_err(describe)?;
    }
    let mut bench = Bench { runtime, memory, len };
    let (mut calls, mut wrong) = (0, Vec::new());
    for (access, offset, form, indices) in cases(len) {
        let func = module.func_dyn(&bench.runtime, &export(&access, offset, form)).map_err(describe)?;
        for index in indices {
            calls += 1;
            if let Some(what) = bench.check(func, &access, offset, form, index) {
                wrong.push(format!("{} at {index:#x} + {offset:#x}, {form:?}: {what}", access.name));
            }
        }
    }
    if wrong.is_empty() {
        return Ok(calls);
    }
    Err(format!("{mode}, {pages} pages: {} wrong:\n{}", wrong.len(), wrong[..wrong.len().min(8)].join("\n")))
}

#[test]
fn accesses_at_the_ends_of_memories() {
    let sizes = [0, 1, 2, MOST_PAGES];
    let modules: Vec<(u64, Vec<u8>)> = sizes
        .into_iter()
        .map(|pages| {
            let mut text = format!("(module (memory (export \"memory\") {pages})\n");
            for (access, offset, form, _) in cases(pages * PAGE) {
                let _ = text.write_str(&function(&access, offset, form));
            }
            text.push(')');
            (pages, wat::parse_str(&text).expect("the text is right"))
        })
        .collect();
    let cases: Vec<(Mode, &(u64, Vec<u8>))> =
        Mode::all().into_iter().flat_map(|mode| modules.iter().map(move |module| (mode, module))).collect();
    let calls = many::run(cases.len() as u64, |i| {
        let (mode, (pages, wasm)) = cases[i as usize];
        check(mode, *pages, wasm)
    });
    println!("modes={} calls={}", Mode::all().len(), calls.iter().sum::<u64>());
}

#[test]
fn the_table_has_every_load_and_store() {
    let scalar = |class| matches!(class, Class::I32 | Class::I64 | Class::F32 | Class::F64);
    let listed = Op::ALL.iter().map(|op| op.info()).filter(|info| match info.shape {
        Shape::Load => scalar(info.dst),
        Shape::Store => scalar(info.b),
        _ => false,
    });
    let names: Vec<&str> = listed.map(|info| info.name).collect();
    for name in &names {
        assert!(Access::ALL.iter().any(|access| access.name == *name), "{name} is missing");
    }
    assert_eq!(names.len(), Access::ALL.len());
}
