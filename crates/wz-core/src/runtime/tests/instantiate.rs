use super::fake::*;
use crate::error::{Error, ErrorKind};
use crate::module::*;
use crate::runtime::vm::VmFuncRef;
use crate::runtime::*;
use crate::trap::TrapCode;
use crate::types::*;
use std::sync::Arc;

fn global(content: ValType, init: ConstExpr) -> GlobalDef {
    GlobalDef { ty: GlobalType { content, mutable: false }, init }
}

fn module_of_globals(defs: Vec<GlobalDef>) -> Arc<Module> {
    Arc::new(Module {
        globals: defs.iter().map(|def| def.ty).collect(),
        global_defs: defs,
        ..Module::default()
    })
}

fn active(target: u32, offset: u32) -> SegmentMode {
    SegmentMode::Active { target, offset: i32_const(offset) }
}

fn trap(error: &Error) -> Option<TrapCode> {
    error.trap_code()
}

#[test]
fn constant_expressions_are_evaluated() {
    use ConstOp::*;
    let many = |ops: &[ConstOp]| ConstExpr::Many(ops.into());
    let module = module_of_globals(vec![
        global(ValType::I32, ConstExpr::One(Value(41))),
        global(ValType::I32, many(&[GlobalGet(0), Value(1), I32Add])),
        global(ValType::I32, many(&[Value(1), Value(2), I32Sub])),
        global(ValType::I32, many(&[Value(0x8000_0001), Value(2), I32Mul])),
        global(ValType::I64, many(&[Value(1), Value(2), I64Sub, Value(3), I64Mul])),
        global(ValType::I64, many(&[Value(u64::MAX), Value(2), I64Add])),
        global(ValType::V128, ConstExpr::One(V128([2, 1]))),
        global(ValType::EXTERNREF, ConstExpr::One(RefNull)),
    ]);
    let mut host = Host::new();
    let id = host.instantiate(&module, "m").unwrap();
    let expected = [[41, 0], [42, 0], [0xffff_ffff, 0], [2, 0], [(-3i64) as u64, 0], [1, 0], [2, 1], [0, 0]];
    for (i, expected) in (0..).zip(expected) {
        assert_eq!(host.store.global_get(item(id, ExternIndex::Global(i))).unwrap(), expected, "global {i}");
    }
}

#[test]
fn malformed_descriptions_are_errors() {
    use ConstOp::*;
    let mut host = Host::new();
    for ops in
        [&[I32Add][..], &[], &[Value(1), Value(2)], &[Value(1), I32Add], &[GlobalGet(9)], &[RefFunc(9)]]
    {
        let module = module_of_globals(vec![global(ValType::I32, ConstExpr::Many(ops.into()))]);
        let error = host.instantiate(&module, "m").unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Compile(_)), "{error}");
    }
    for module in [
        Module { imported_funcs: 1, ..Module::default() },
        Module { data: segments([active(0, 0)], b""), ..Module::default() },
        Module { table_defs: module_with_table(0, 1).table_defs, ..Module::default() },
        Module {
            elements: vec![ElementSegment {
                mode: active(0, 0),
                ty: RefType::EXTERNREF,
                items: ElementItems::Exprs(Box::new([])),
            }],
            ..module_with_table(0, 1)
        },
    ] {
        let error = host.instantiate(&Arc::new(module), "m").unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Compile(_)), "{error}");
    }
    // Code of another module.
    let error = host.instantiate_with(&Arc::new(module_with_table(2, 0)), "m", vec![]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Usage(_)), "{error}");
    assert_eq!(host.store.live_instances(), 0);
    // A function without a type cannot be reached.
    let module = Module { funcs: vec![0], ..Module::default() };
    let id = host.instantiate(&Arc::new(module), "m").unwrap();
    let func = item(id, ExternIndex::Func(0));
    assert!(matches!(host.store.func_to_raw(func).unwrap_err().kind(), ErrorKind::Usage(_)));
    assert!(matches!(host.store.func_type(func).unwrap_err().kind(), ErrorKind::Usage(_)));
}

#[test]
fn many_imports_from_a_module_of_many_exports() {
    let mut provider = Module::default();
    let ty = GlobalType { content: ValType::I64, mutable: false };
    for i in 0..50_000 {
        provider.globals.push(ty);
        provider.global_defs.push(GlobalDef { ty, init: ConstExpr::One(ConstOp::Value(i)) });
        provider.exports.push(export(&format!("g{i}"), ExternIndex::Global(i as u32)));
    }
    let imports = (0..50_000).rev().map(|i| import(&format!("g{i}"), ImportKind::Global(ty)));
    let importer = Module {
        imports: imports.collect(),
        imported_globals: 50_000,
        globals: vec![ty; 50_000],
        ..Module::default()
    };
    let mut host = Host::new();
    host.instantiate(&provider.into(), "provider").unwrap();
    let id = host.instantiate(&importer.into(), "importer").unwrap();
    assert_eq!(host.store.global_get(item(id, ExternIndex::Global(0))).unwrap(), [49_999, 0]);
}

#[test]
fn a_hundred_thousand_globals() {
    let module = module_of_globals(vec![global(ValType::I64, ConstExpr::One(ConstOp::Value(5))); 100_000]);
    let mut host = Host::new();
    let id = host.instantiate(&module, "m").unwrap();
    assert_eq!(host.store.global_get(item(id, ExternIndex::Global(99_999))).unwrap(), [5, 0]);
    let error = host.store.global_get(item(id, ExternIndex::Global(100_000))).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Usage(_)), "{error}");
}

/// A memory "memory" of one page and a table "table" of `elements` elements.
fn provider(elements: u64) -> Arc<Module> {
    let mut module = module_with_table(1, elements);
    module.memories.push(MemoryType::new(1, None));
    module.exports.push(export("memory", ExternIndex::Memory(0)));
    module.exports.push(export("f", ExternIndex::Func(0)));
    Arc::new(module)
}

fn import(name: &str, kind: ImportKind) -> Import {
    Import { module: "provider".into(), name: name.into(), kind }
}

/// Imports both, and has these segments.
fn importer(elements: Vec<ElementSegment>, data: Vec<SegmentMode>) -> Arc<Module> {
    let table = table_type(RefType::FUNCREF, 1, None);
    let memory = MemoryType::new(1, None);
    Arc::new(Module {
        imports: vec![
            import("table", ImportKind::Table(table)),
            import("memory", ImportKind::Memory(memory)),
        ],
        types: vec![FuncType::default()],
        funcs: vec![0, 0],
        tables: vec![table],
        memories: vec![memory],
        imported_tables: 1,
        imported_memories: 1,
        elements,
        data: segments(data, b"abcd"),
        ..Module::default()
    })
}

fn segments(modes: impl IntoIterator<Item = SegmentMode>, bytes: &[u8]) -> DataSegments {
    let mut data = DataSegments::default();
    for mode in modes {
        data.push(mode, bytes).unwrap();
    }
    data
}

fn functions(mode: SegmentMode, funcs: &[u32]) -> ElementSegment {
    ElementSegment { mode, ty: RefType::FUNCREF, items: ElementItems::Funcs(funcs.into()) }
}

#[test]
fn segments_are_applied_in_order_until_one_traps() {
    let mut host = Host::new();
    let owner = host.instantiate(&provider(4), "provider").unwrap();
    let (table, memory) = (item(owner, ExternIndex::Table(0)), item(owner, ExternIndex::Memory(0)));

    let module = importer(
        vec![functions(active(0, 1), &[1]), functions(active(0, 3), &[0, 0]), functions(active(0, 0), &[0])],
        vec![active(0, 0)],
    );
    let error = host.instantiate(&module, "m").unwrap_err();
    assert_eq!(trap(&error), Some(TrapCode::TableOutOfBounds));
    assert!(error.to_string().contains("out of bounds table access"), "{error}");
    let kept = host.store.table_get(table, 1).unwrap();
    assert_ne!(kept, 0);
    assert_eq!([0, 3].map(|i| host.store.table_get(table, i).unwrap()), [0, 0]);
    assert_eq!(host.store.memory(memory).unwrap().data().unwrap()[..4], [0; 4]);
    // The instance lives on, closed, as the table refers to it, and the name is free.
    assert_eq!((host.store.live_instances(), host.store.lookup("m")), (2, None));
    let func = host.store.func_from_raw(kept).unwrap();
    assert_eq!((func.index, host.store.is_open(func.instance)), (ExternIndex::Func(1), false));

    let module = importer(vec![], vec![active(0, 8), active(0, 65533), active(0, 16)]);
    let error = host.instantiate(&module, "m").unwrap_err();
    assert_eq!(trap(&error), Some(TrapCode::MemoryOutOfBounds));
    assert!(error.to_string().contains("out of bounds memory access"), "{error}");
    let data = host.store.memory(memory).unwrap().data().unwrap();
    assert_eq!((&data[8..12], &data[16..20], &data[65532..]), (&b"abcd"[..], &[0; 4][..], &[0; 4][..]));
    // Nothing refers to that instance.
    assert_eq!(host.store.live_instances(), 2);

    host.store.close(owner, 0).unwrap();
    assert_eq!(host.store.live_instances(), 0);
}

#[test]
fn segments_are_bounds_checked_even_if_they_are_empty() {
    let mut host = Host::new();
    host.instantiate(&provider(4), "provider").unwrap();
    let at_end = importer(vec![functions(active(0, 4), &[])], vec![active(0, 65532)]);
    host.instantiate(&at_end, "at end").unwrap();
    let beyond = importer(vec![functions(active(0, 5), &[])], vec![]);
    assert_eq!(trap(&host.instantiate(&beyond, "m").unwrap_err()), Some(TrapCode::TableOutOfBounds));
    let mut beyond = Module::clone(&importer(vec![], vec![active(0, 65537)]));
    beyond.data = segments([active(0, 65537)], b"");
    assert_eq!(trap(&host.instantiate(&beyond.into(), "m").unwrap_err()), Some(TrapCode::MemoryOutOfBounds));
}

#[test]
fn link_errors_name_every_import() {
    let mut host = Host::new();
    let owner = host.instantiate(&provider(4), "provider").unwrap();
    let mut module = Module::clone(&importer(vec![], vec![]));
    module.imports.push(import("absent", ImportKind::Memory(MemoryType::new(1, None))));
    module.imports.push(Import { module: "nobody".into(), ..module.imports[0].clone() });
    module.imports.push(import("f", ImportKind::Func(1)));
    module.imports.push(import("f", ImportKind::Func(0)));
    module.imports.push(import("memory", ImportKind::Memory(MemoryType::new(2, None))));
    module.types.push(FuncType::new([ValType::I32], []));
    let text = host.store.resolve_imports(&module).unwrap_err().to_string();
    let starts: Vec<&str> = text.lines().map(|line| line.split(':').next().unwrap()).collect();
    let (unknown, incompatible) = ("unknown import", "incompatible import type");
    assert_eq!(starts, [unknown, unknown, incompatible, incompatible], "{text}");
    assert!(text.contains("\"provider\".\"absent\" of type memory 1"), "{text}");
    assert!(text.contains("\"f\" of type func (i32) -> (), found func () -> ()"), "{text}");
    assert!(text.contains("\"memory\" of type memory 2, found memory 1"), "{text}");

    // The same checks without names.
    let module = importer(vec![], vec![]);
    let code = FakeCode::of(vec![body(|_, _, _| Ok(())), body(|_, _, _| Ok(()))]);
    let memory = item(owner, ExternIndex::Memory(0));
    for imports in [&[][..], &[memory, memory]] {
        let error = host.store.instantiate(&module, &code, imports, InstanceOptions::default()).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Link(_)), "{error}");
    }
    // Growth counts.
    host.store.memory_mut(memory).unwrap().grow(1).unwrap();
    let mut module = Module::clone(&module);
    let two = MemoryType::new(2, None);
    module.imports[1].kind = ImportKind::Memory(two);
    module.memories[0] = two;
    host.instantiate(&module.into(), "two pages").unwrap();
}

#[test]
fn limits_of_the_store_are_typed_errors() {
    let config =
        StoreConfig { max_memory_pages: 2, max_table_elements: 3, max_instances: 2, ..Default::default() };
    let mut host = Host::with(config);
    for module in [
        Module { memories: vec![MemoryType::new(65536, None)], ..Module::default() },
        module_with_table(0, u64::from(u32::MAX)),
    ] {
        let error = host.instantiate(&module.into(), "m").unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Limit(_)), "{error}");
    }
    let empty = Arc::new(Module::default());
    let first = host.instantiate(&empty, "first").unwrap();
    host.instantiate(&empty, "second").unwrap();
    let error = host.instantiate(&empty, "third").unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Limit(_)), "{error}");
    host.store.close(first, 0).unwrap();
    host.instantiate(&empty, "third").unwrap();

    let config = StoreConfig { max_memory_pages: u64::MAX, ..Default::default() };
    let error = Store::new(Arc::new(FakeEngine), config).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Usage(_)), "{error}");
}

#[test]
fn functions_have_one_reference_each() {
    let mut host = Host::new();
    let owner = host.instantiate(&provider(2), "provider").unwrap();
    let mut module = module_with_table(2, 4);
    module.imports.push(import("f", ImportKind::Func(0)));
    (module.imported_funcs, module.funcs) = (1, vec![0, 0, 0]);
    module.elements.push(functions(active(0, 0), &[0, 1, 2]));
    let user = host.instantiate(&module.into(), "user").unwrap();
    let table = item(user, ExternIndex::Table(0));
    let func = |index| item(user, ExternIndex::Func(index));

    let raws = [0, 1, 2].map(|i| host.store.func_to_raw(func(i)).unwrap());
    assert_eq!(raws, [0, 1, 2].map(|i| host.store.table_get(table, i).unwrap()));
    let imported = item(owner, ExternIndex::Func(0));
    assert_eq!(host.store.func_to_raw(imported).unwrap(), raws[0]);
    assert_eq!(host.store.func_from_raw(raws[0]), Some(imported));
    assert_eq!(host.store.func_from_raw(raws[2]), Some(func(2)));
    for raw in [0, 2, 8, raws[0] + 8, raws[2] + 24, raws[1] - 1, u64::MAX] {
        assert_eq!(host.store.func_from_raw(raw), None, "{raw:#x}");
        if raw != 0 {
            let error = host.store.table_set(table, 0, raw).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Usage(_)), "{error}");
        }
    }
    host.store.table_set(table, 3, raws[1]).unwrap();
    assert_eq!(host.store.table_get(table, 3).unwrap(), raws[1]);
    assert_eq!(host.store.table_get(table, 4).unwrap_err().trap_code(), Some(TrapCode::TableOutOfBounds));
    assert_eq!(host.store.table_grow(table, 2, raws[0]).unwrap(), Some(4));
    assert_eq!(host.store.table_get(table, 5).unwrap(), raws[0]);

    let record = host.store.func_ref(func(1)).unwrap();
    let VmFuncRef { type_id, func: index, .. } =
        // SAFETY: the record of a live function.
        unsafe { *record.as_ptr() };
    assert_eq!((index, type_id), (1, 1));
}

#[test]
fn names_and_handles() {
    let mut host = Host::new();
    let module = provider(1);
    let id = host.instantiate(&module, "a").unwrap();
    assert!(matches!(host.instantiate(&module, "a").unwrap_err().kind(), ErrorKind::Usage(_)));
    host.store.register("b", id).unwrap();
    host.store.register("b", id).unwrap();
    let other = host.instantiate(&module, "c").unwrap();
    assert!(matches!(host.store.register("b", other).unwrap_err().kind(), ErrorKind::Usage(_)));
    assert_eq!(host.store.name(id).unwrap(), Some("a"));
    let memory = host.store.export(id, "memory").unwrap().unwrap();
    assert_eq!(host.store.export(id, "nothing").unwrap(), None);
    assert_eq!(host.store.extern_type(memory).unwrap(), ExternType::Memory(MemoryType::new(1, None)));
    // Another kind of index.
    let error = host.store.table(memory).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Usage(_)), "{error}");

    host.store.close(id, 7).unwrap();
    assert_eq!((host.store.lookup("a"), host.store.lookup("b")), (None, None));
    assert_eq!((host.store.exit_code(id), host.store.exit_code(other)), (Some(7), None));
    assert!(matches!(host.store.memory(memory).unwrap_err().kind(), ErrorKind::Closed(_)));
    assert!(matches!(host.store.close(id, 0).unwrap_err().kind(), ErrorKind::Closed(_)));
    // The slot is used again, by another generation.
    let reused = host.instantiate(&module, "a").unwrap();
    assert_eq!((reused.index(), reused.generation()), (id.index(), id.generation() + 1));
    assert!(!host.store.is_open(id) && host.store.is_open(reused));
    assert!(matches!(host.store.memory(memory).unwrap_err().kind(), ErrorKind::Closed(_)));
}

#[test]
fn host_modules_bring_their_values() {
    let ty = FuncType::new([ValType::I32], [ValType::I32]);
    let add_one = HostFunc {
        ty: ty.clone(),
        // The upper half is not the callback's to keep clean.
        callback: Box::new(|_, caller, values| {
            assert_eq!(caller, None);
            values[0] = (values[0] + 1) | 1 << 40;
            Ok(())
        }),
    };
    let global = |content| GlobalType { content, mutable: true };
    let definition = HostDefinition::new(
        vec![("f".into(), add_one.into())],
        vec![("m".into(), MemoryType::new(1, Some(2)))],
        vec![("t".into(), table_type(RefType::FUNCREF, 2, None))],
        vec![("g".into(), global(ValType::I32)), ("r".into(), global(ValType::FUNCREF))],
    );
    let definition = Arc::new(definition.unwrap());
    let mut host = Host::new();
    let first = host
        .store
        .instantiate_host(&definition, Some("first".into()), &[[u64::MAX, 9], [0, 0]], &[0])
        .unwrap();
    let raw = host.store.func_to_raw(item(first, ExternIndex::Func(0))).unwrap();
    let second = host.store.instantiate_host(&definition, None, &[[1, 0], [raw, 0]], &[raw]).unwrap();
    let value = |host: &Host, id, i| host.store.global_get(item(id, ExternIndex::Global(i))).unwrap();
    assert_eq!((value(&host, first, 0), value(&host, second, 1)), ([0xffff_ffff, 0], [raw, 0]));
    assert_eq!(host.store.table_get(item(second, ExternIndex::Table(0)), 1).unwrap(), raw);
    assert_eq!(host.store.func_type(item(first, ExternIndex::Func(0))).unwrap(), &ty);
    let mut values = [1 << 50 | 41];
    host.call(first, 0, &mut values).unwrap();
    assert_eq!(values, [42]);

    for (globals, tables) in [(&[][..], &[][..]), (&[[0, 0], [1, 0]], &[0]), (&[[0, 0], [0, 0]], &[8])] {
        let error = host.store.instantiate_host(&definition, None, globals, tables).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Usage(_)), "{error}");
    }
    assert_eq!(host.store.live_instances(), 2);
    // The second holds a function of the first.
    host.store.close(first, 0).unwrap();
    assert_eq!(host.store.live_instances(), 2);
    host.store.close(second, 0).unwrap();
    assert_eq!(host.store.live_instances(), 0);

    let twice = vec![("m".into(), MemoryType::new(1, None)), ("m".into(), MemoryType::new(1, None))];
    let error = HostDefinition::new(vec![], twice, vec![], vec![]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Usage(_)), "{error}");
}
