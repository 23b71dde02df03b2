//! What memories and tables of new instances hold: exactly what the module's segments say, whoever had the pages before,
//! and whether they are mapped, copied or filled in later.

#![forbid(unsafe_code)]

use std::fmt::Write as _;
use wz_api::{
    CompiledModule, ErrorKind, HostModule, MemoryType, Module, ModuleConfig, RefType, Runtime, TableType,
    TrapCode, Value,
};
use wz_tests::Mode;
use wz_tests::guard::guarded;
use wz_tests::guest::{call, instantiate, trap_code};
use wz_tests::rng::Rng;

const PAGE: usize = 65536;

/// Runs `body` in each mode under the hang guard.
fn in_each_mode(body: impl Fn(Mode) + Send + Clone + 'static) {
    for mode in Mode::all() {
        let body = body.clone();
        guarded(move || body(mode));
    }
}

/// A module with active data segments at random places, and what its memory holds then.
fn scattered(seed: u64, pages: usize, segments: usize, longest: usize) -> (String, Vec<u8>) {
    let mut rng = Rng::new(seed);
    let mut contents = vec![0; pages * PAGE];
    let mut text = format!("(module (memory (export \"memory\") {pages} {})", pages + 8);
    for _ in 0..segments {
        let len = rng.below(longest);
        let start = rng.below(contents.len() - len + 1);
        let byte = 1 + rng.below(255) as u8;
        contents[start..start + len].fill(byte);
        write!(text, "(data (i32.const {start}) \"{}\")", format!("\\{byte:02x}").repeat(len)).unwrap();
    }
    text.push(')');
    (text, contents)
}

fn memory_of(rt: &Runtime, module: Module) -> &[u8] {
    module.memory(rt, "memory").and_then(|memory| memory.data(rt)).expect("a memory")
}

#[test]
fn segments_at_any_place_in_any_order_are_there() {
    in_each_mode(|mode| {
        let mut rt = mode.runtime();
        // Few bytes, which are copied; many, which overlap; few in a large memory.
        for (seed, (pages, segments, longest)) in (0..).zip([
            (1, 3, 100),
            (2, 40, 9000),
            (3, 100, 3000),
            (5, 2, 40_000),
            (300, 60, 5000),
            (1, 1, 65537),
        ]) {
            let (text, contents) = scattered(seed, pages, segments, longest);
            let code = rt.compile(text).unwrap();
            for _ in 0..3 {
                let module = rt.instantiate(&code, ModuleConfig::new()).unwrap();
                assert!(memory_of(&rt, module) == contents, "{pages} pages, {segments} segments");
                module.close(&mut rt, 0).unwrap();
            }
        }
    });
}

/// Modules with different contents and sizes, one after the other in whatever address space the last one had.
#[test]
fn nothing_is_left_of_other_instances() {
    in_each_mode(|mode| {
        let mut rt = mode.runtime();
        let mut rng = Rng::new(7);
        let shapes = [(1, 0, 1), (2, 1, 10), (3, 30, 4000), (3, 31, 4000), (9, 40, 9000), (40, 30, 4000)];
        let modules: Vec<(CompiledModule, Vec<u8>)> = (0..)
            .zip(shapes)
            .map(|(seed, (pages, segments, longest))| {
                let (text, contents) = scattered(100 + seed, pages, segments, longest);
                (rt.compile(text).unwrap(), contents)
            })
            .collect();
        let mut open: Vec<Module> = Vec::new();
        for round in 0..120 {
            let (code, contents) = &modules[rng.below(modules.len())];
            let module = rt.instantiate(code, ModuleConfig::new()).unwrap();
            assert!(memory_of(&rt, module) == contents, "round {round}");
            let memory = module.memory(&rt, "memory").unwrap();
            let grown = rng.below(9) as u64;
            let pages = memory.grow(&mut rt, grown).unwrap() + grown;
            let data = memory.data_mut(&mut rt).unwrap();
            assert_eq!(data.len(), pages as usize * PAGE);
            assert!(data[contents.len()..].iter().all(|byte| *byte == 0), "round {round}");
            data.fill(0xee);
            open.push(module);
            if open.len() > 3 {
                open.swap_remove(rng.below(4)).close(&mut rt, 0).unwrap();
            }
        }
    });
}

#[test]
fn active_segments_are_dropped_and_passive_ones_are_not() {
    in_each_mode(|mode| {
        let mut rt = mode.runtime();
        let filler = "x".repeat(20_000);
        let module = instantiate(
            &mut rt,
            format!(
                r#"(module (memory (export "memory") 1)
                (data $active (i32.const 5) "{filler}")
                (data $passive "passive")
                (func (export "active") (param i32) (memory.init $active (i32.const 0) (i32.const 0) (local.get 0)))
                (func (export "passive") (param i32)
                    (memory.init $passive (i32.const 1) (i32.const 0) (local.get 0))))"#
            ),
        )
        .unwrap();
        assert!(call(&mut rt, module, "active", &[Value::I32(0)]).is_ok());
        let trap = trap_code(call(&mut rt, module, "active", &[Value::I32(1)]));
        assert_eq!(trap, Some(TrapCode::MemoryOutOfBounds));
        call(&mut rt, module, "passive", &[Value::I32(7)]).unwrap();
        assert_eq!(memory_of(&rt, module)[..10], *b"\0passivexx");
    });
}

/// Segments before one that fails have been applied, those behind it have not: here in a memory and a table of the host.
#[test]
fn what_comes_before_a_segment_that_fails_stays() {
    in_each_mode(|mode| {
        let mut rt = mode.runtime();
        let table =
            TableType { element: RefType::FUNCREF, limits: MemoryType::new(4, None).limits, table64: false };
        let host = HostModule::new("host").memory("memory", MemoryType::new(1, None)).table(
            "table",
            table,
            Value::FuncRef(None),
        );
        let host = rt.instantiate_host(&host).unwrap();
        let source = |memory: &str, elements: &str, data: &str| {
            format!(
                r#"(module
                {memory}
                (import "host" "table" (table $theirs 4 funcref))
                (table $own 2 funcref)
                (elem (table $theirs) (i32.const 1) func $peek $through)
                {elements}
                (elem (table $own) (i32.const 0) func $two)
                {data}
                (type $t (func (result i32)))
                (func $two (result i32) (i32.const 2))
                (func $peek (result i32) (i32.load8_u (i32.const 3)))
                (func $through (result i32) (call_indirect $own (type $t) (i32.const 0))))"#
            )
        };
        let caller = instantiate(
            &mut rt,
            r#"(module (import "host" "table" (table 4 funcref))
                (func (export "at") (param i32) (result i32) (call_indirect (result i32) (local.get 0))))"#,
        )
        .unwrap();
        let at = |rt: &mut Runtime, index| call(rt, caller, "at", &[Value::I32(index)]);

        // The failed instance lives on in the table, as its segments left it: its own memory could have been an image.
        let own = format!("(data (i32.const 0) \"{}\")", "y".repeat(20_000));
        let failing =
            source("", "(elem (table $theirs) (i32.const 4) func $two)", &format!("(memory 1) {own}"));
        let trap = instantiate(&mut rt, failing).unwrap_err().trap_code();
        assert_eq!(trap, Some(TrapCode::TableOutOfBounds));
        assert_eq!(at(&mut rt, 1).unwrap(), [Value::I32(0)]);
        assert_eq!(at(&mut rt, 2).unwrap_err().trap_code(), Some(TrapCode::UninitializedElement));

        let data =
            r#"(data (i32.const 3) "first") (data (i32.const 65535) "xx") (data (i32.const 9) "last")"#;
        let failing = source("(import \"host\" \"memory\" (memory 1))", "", data);
        let trap = instantiate(&mut rt, failing).unwrap_err().trap_code();
        assert_eq!(trap, Some(TrapCode::MemoryOutOfBounds));
        assert_eq!(at(&mut rt, 1).unwrap(), [Value::I32(i32::from(b'f'))]);
        assert_eq!(at(&mut rt, 2).unwrap(), [Value::I32(2)]);
        let bytes = &host.memory(&rt, "memory").unwrap().data(&rt).unwrap()[..13];
        assert_eq!(*bytes, *b"\0\0\0first\0\0\0\0\0");
    });
}

/// A table whose elements are only known to its segments, as long as nobody looks.
const TABLES: &str = r#"
    (module
        (type $t (func (result i32)))
        (table $t (export "table") 20 40 funcref)
        (table $other (export "other") 20 funcref)
        (elem (table $t) (i32.const 2) func $f0 $f1 $f2 $f3 $f4 $f5)
        (elem (table $t) (i32.const 4) funcref (ref.func $f5) (ref.null func) (item ref.func $f4))
        (elem (table $other) (i32.const 0) func $f3 $f3)
        (func $f0 (result i32) (i32.const 0)) (func $f1 (result i32) (i32.const 1))
        (func $f2 (result i32) (i32.const 2)) (func $f3 (result i32) (i32.const 3))
        (func $f4 (result i32) (i32.const 4)) (func $f5 (result i32) (i32.const 5))
        (func (export "call") (param i32) (result i32) (call_indirect $t (type $t) (local.get 0)))
        (func (export "call-other") (param i32) (result i32) (call_indirect $other (type $t) (local.get 0)))
        (func (export "null") (param i32) (table.set $t (local.get 0) (ref.null func)))
        (func (export "set") (param i32) (table.set $t (local.get 0) (ref.func $f0)))
        (func (export "is-null") (param i32) (result i32) (ref.is_null (table.get $t (local.get 0))))
        (func (export "fill") (param i32 i32) (table.fill $t (local.get 0) (ref.null func) (local.get 1)))
        (func (export "grow") (param i32) (result i32) (table.grow $t (ref.null func) (local.get 0)))
        (func (export "out") (param i32 i32 i32)
            (table.copy $other $t (local.get 0) (local.get 1) (local.get 2)))
        (func (export "in") (param i32 i32 i32)
            (table.copy $t $other (local.get 0) (local.get 1) (local.get 2)))
        (func (export "within") (param i32 i32 i32)
            (table.copy $t $t (local.get 0) (local.get 1) (local.get 2))))"#;

/// A table of functions that return numbers.
type Model = Vec<Option<i32>>;

/// Operations at random on [`TABLES`], on a model too.
#[test]
fn elements_that_nobody_has_looked_at_are_what_the_segments_say() {
    in_each_mode(|mode| {
        let mut rt = mode.runtime();
        let code = rt.compile(TABLES).unwrap();
        for seed in 0..40 {
            let mut rng = Rng::new(seed);
            let module = rt.instantiate(&code, ModuleConfig::new()).unwrap();
            let mut table: Model = vec![None; 20];
            table[2..8].copy_from_slice(&[Some(0), Some(1), Some(5), None, Some(4), Some(5)]);
            let mut other: Model = vec![None; 20];
            other[..2].fill(Some(3));
            for _ in 0..12 {
                let mut number = |below| rng.below(below);
                let (a, b, len) = (number(12), number(12), number(8));
                let args = [a, b, len].map(|x| Value::I32(x as i32));
                let mut run = |name, count| call(&mut rt, module, name, &args[..count]).unwrap();
                match number(9) {
                    0 => drop((run("null", 1), table[a] = None)),
                    1 => drop((run("set", 1), table[a] = Some(0))),
                    2 => assert_eq!(run("is-null", 1), [Value::I32(i32::from(table[a].is_none()))]),
                    3 => drop((run("fill", 2), table[a..a + b.min(8)].fill(None))),
                    4 if table.len() < 30 => {
                        assert_eq!(run("grow", 1), [Value::I32(table.len() as i32)]);
                        table.resize(table.len() + a, None);
                    }
                    5 => drop((run("out", 3), other[a..a + len].copy_from_slice(&table[b..b + len]))),
                    6 => drop((run("in", 3), table[a..a + len].copy_from_slice(&other[b..b + len]))),
                    7 => drop((run("within", 3), table.copy_within(b..b + len, a))),
                    _ => {
                        let handle = module.table(&rt, "table").unwrap();
                        let found = handle.get(&mut rt, a as u64).unwrap();
                        assert_eq!(matches!(found, Value::FuncRef(Some(_))), table[a].is_some());
                    }
                }
                if number(2) == 0 {
                    check(&mut rt, module, "call", &table, number(20));
                    check(&mut rt, module, "call-other", &other, number(20));
                }
            }
            (0..table.len()).for_each(|index| check(&mut rt, module, "call", &table, index));
            (0..other.len()).for_each(|index| check(&mut rt, module, "call-other", &other, index));
            module.close(&mut rt, 0).unwrap();
        }
    });
}

fn check(rt: &mut Runtime, module: Module, name: &str, table: &Model, index: usize) {
    let found = call(rt, module, name, &[Value::I32(index as i32)]);
    match table[index] {
        Some(number) => assert_eq!(found.unwrap(), [Value::I32(number)], "{name} {index}"),
        None => assert_eq!(trap_code(found), Some(TrapCode::UninitializedElement), "{name} {index}"),
    }
}

/// More modules at once than there are images, whose files are not as many as one likes.
#[test]
fn many_modules_with_much_data() {
    let mode = Mode::all()[0];
    guarded(move || {
        let mut rt = mode.runtime();
        let filler = "z".repeat(20_000);
        let mut modules = Vec::new();
        for number in 0..400 {
            let text = format!(
                "(module (memory (export \"memory\") 1) (data (i32.const 1) \"{filler}\") (data (i32.const 0) \"\\{:02x}\"))",
                number % 256
            );
            let code = rt.compile(text).unwrap();
            let first = rt.instantiate(&code, ModuleConfig::new()).unwrap();
            modules.push((code, first));
        }
        for (number, (code, first)) in modules.iter().enumerate() {
            let second = rt.instantiate(code, ModuleConfig::new()).unwrap();
            for module in [*first, second] {
                let data = memory_of(&rt, module);
                assert_eq!(data[..2], [(number % 256) as u8, b'z']);
                assert_eq!(data[20_000..20_002], [b'z', 0]);
            }
            second.close(&mut rt, 0).unwrap();
        }
        if let Ok(files) = std::fs::read_dir("/proc/self/fd") {
            assert!(files.count() < 350);
        }
    });
}

/// The test runs itself again with hardly any files.
#[test]
#[cfg(target_os = "linux")]
fn without_files_contents_are_copied() {
    const CHILD: &str = "WZ_TEST_FEW_FILES";
    if std::env::var_os(CHILD).is_none() {
        let status = std::process::Command::new("sh")
            .args(["-c", "ulimit -n 24 && exec \"$0\" --exact \"$1\" --test-threads 1"])
            .arg(std::env::current_exe().unwrap())
            .arg("without_files_contents_are_copied")
            .env(CHILD, "1")
            .status()
            .unwrap();
        assert!(status.success());
        return;
    }
    for mode in Mode::all() {
        let mut rt = mode.runtime();
        let (text, contents) = scattered(3, 3, 30, 4000);
        let code = rt.compile(text).unwrap();
        let mut files = Vec::new();
        while let Ok(file) = std::fs::File::open("/dev/null") {
            files.push(file);
        }
        assert!(!files.is_empty());
        for _ in 0..3 {
            let module = rt.instantiate(&code, ModuleConfig::new()).unwrap();
            assert!(memory_of(&rt, module) == contents);
            module.close(&mut rt, 0).unwrap();
        }
        let error = instantiate(&mut rt, "(module (memory 1) (data (i32.const 65535) \"xx\"))").unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Trap(_)), "{error}");
    }
}
