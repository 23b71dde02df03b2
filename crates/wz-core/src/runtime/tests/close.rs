use super::fake::*;
use crate::error::{Error, ErrorKind};
use crate::module::*;
use crate::runtime::*;
use crate::types::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Exports a function "f", a table "table" and a memory "memory", and imports from the module called `of`.
fn module(of: Option<(&str, &str)>) -> Arc<Module> {
    let mut module = module_with_table(1, 2);
    module.memories.push(MemoryType::new(1, None));
    module.exports.push(export("memory", ExternIndex::Memory(0)));
    if let Some((from, name)) = of {
        let kind = match name {
            "f" => {
                module.imported_funcs = 1;
                module.funcs.push(0);
                ImportKind::Func(0)
            }
            "table" => {
                let ty = table_type(RefType::FUNCREF, 2, None);
                module.imported_tables = 1;
                module.tables.insert(0, ty);
                ImportKind::Table(ty)
            }
            _ => {
                module.imported_memories = 1;
                module.memories.push(MemoryType::new(1, None));
                ImportKind::Memory(MemoryType::new(1, None))
            }
        };
        module.imports.push(Import { module: from.into(), name: name.into(), kind });
    }
    module.exports.push(export("f", ExternIndex::Func(0)));
    Arc::new(module)
}

struct Dropped(Arc<AtomicUsize>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_plain_instance_goes_at_once() {
    let mut host = Host::new();
    let id = host.instantiate(&module(None), "m").unwrap();
    let drops = Arc::new(AtomicUsize::new(0));
    host.store.set_host_state(id, Some(Box::new(Dropped(drops.clone())))).unwrap();
    host.store.close(id, 0).unwrap();
    assert_eq!((host.store.live_instances(), drops.load(Ordering::Relaxed)), (0, 1));
}

#[test]
fn what_an_import_needs_stays() {
    for name in ["f", "memory", "table"] {
        for importer_first in [true, false] {
            let mut host = Host::new();
            let provider = host.instantiate(&module(None), "provider").unwrap();
            let importer = host.instantiate(&module(Some(("provider", name))), "importer").unwrap();
            let [first, second] = if importer_first { [importer, provider] } else { [provider, importer] };
            host.store.close(first, 0).unwrap();
            // A table may hold functions of either. Other items are needed by the importer only.
            let left = if importer_first && name != "table" { 1 } else { 2 };
            assert_eq!(host.store.live_instances(), left, "{name} {importer_first}");
            if first == provider {
                // What the importer imported still works.
                host.store.memory(item(importer, ExternIndex::Memory(0))).unwrap();
                host.call(importer, 0, &mut []).unwrap();
            }
            host.store.close(second, 0).unwrap();
            assert_eq!(host.store.live_instances(), 0, "{name} {importer_first}");
        }
    }
}

#[test]
fn re_exports_retain_the_owner_only() {
    let mut host = Host::new();
    let owner = host.instantiate(&module(None), "a").unwrap();
    let middle = host.instantiate(&module(Some(("a", "memory"))), "b").unwrap();
    let user = host.instantiate(&module(Some(("b", "memory"))), "c").unwrap();
    host.store.memory_mut(item(user, ExternIndex::Memory(0))).unwrap().write(0, &[5]).unwrap();
    host.store.close(middle, 0).unwrap();
    assert_eq!(host.store.live_instances(), 2);
    host.store.close(owner, 0).unwrap();
    assert_eq!(host.store.live_instances(), 2);
    let mut byte = [0];
    host.store.memory(item(user, ExternIndex::Memory(0))).unwrap().read(0, &mut byte).unwrap();
    assert_eq!(byte, [5]);
    host.store.close(user, 0).unwrap();
    assert_eq!(host.store.live_instances(), 0);
}

#[test]
fn a_function_in_a_table_keeps_its_instance() {
    let mut host = Host::new();
    let donor = host.instantiate(&module(None), "donor").unwrap();
    let owner = host.instantiate(&module(None), "owner").unwrap();
    let raw = host.store.func_to_raw(item(donor, ExternIndex::Func(0))).unwrap();
    let table = item(owner, ExternIndex::Table(0));
    host.store.table_set(table, 1, raw).unwrap();
    host.store.close(donor, 0).unwrap();
    assert_eq!(host.store.live_instances(), 2);
    assert_eq!(host.store.table_get(table, 1).unwrap(), raw);
    // The host cannot call a closed instance's function, ...
    let func = host.store.func_from_raw(raw).unwrap();
    assert!(matches!(call(&mut host, func, &mut []).unwrap_err().kind(), ErrorKind::Closed(_)));
    // ... a guest can.
    let vmctx = host.store.slot(owner.index()).unwrap().vmctx();
    // SAFETY: a live instance's vmctx, its table and its type.
    let record = unsafe { libcalls::call_indirect(vmctx, 0, 1, 0) }.unwrap();
    assert_eq!(record.as_ptr().addr() as u64, raw);
    host.store.close(owner, 0).unwrap();
    assert_eq!(host.store.live_instances(), 0);
}

#[test]
fn cycles_go_when_nothing_open_reaches_them() {
    let mut host = Host::new();
    let hub = host.instantiate(&module(None), "hub").unwrap();
    let spokes: Vec<InstanceId> = (0..20)
        .map(|i| host.instantiate(&module(Some(("hub", "table"))), &format!("spoke {i}")).unwrap())
        .collect();
    host.store.close(hub, 0).unwrap();
    for (closed, spoke) in spokes.into_iter().enumerate() {
        // Each may have functions in the table that the others use.
        assert_eq!(host.store.live_instances(), 21, "{closed} closed");
        host.store.close(spoke, 0).unwrap();
    }
    assert_eq!(host.store.live_instances(), 0);
}

/// A body that does `what` with the store, and then looks at its own memory, which must still be there.
fn then_touch_memory(what: impl Fn(&mut Store) + Send + Sync + 'static) -> Box<Body> {
    body(move |cx, frame, _| {
        what(cx.store_mut());
        // SAFETY: the vmctx of the frame's instance.
        let (pages, grown) =
            unsafe { (libcalls::memory_size(frame.vmctx, 0), libcalls::memory_grow(frame.vmctx, 0, 1)) };
        assert_eq!((pages, grown), (1, 1));
        // SAFETY: as above.
        unsafe { libcalls::memory_fill(frame.vmctx, 0, 0x1_0000, 0xff, 0x1_0000) }?;
        Ok(())
    })
}

#[test]
fn an_instance_with_a_frame_stays_until_the_call_ends() {
    // The instance closes itself, the source of its memory, or everything.
    for (what, expected_during) in [(0, 2), (1, 2), (2, 2)] {
        let mut host = Host::new();
        let provider = host.instantiate(&module(None), "provider").unwrap();
        let close = then_touch_memory(move |store| {
            let importer = store.lookup("importer").unwrap();
            match what {
                0 => store.close(importer, 0).unwrap(),
                1 => store.close(provider, 0).unwrap(),
                _ => store.close_all(0),
            }
            assert_eq!(store.live_instances(), expected_during);
        });
        let module = module(Some(("provider", "memory")));
        let importer = host.instantiate_with(&module, "importer", vec![close]).unwrap();
        host.call(importer, 0, &mut []).unwrap();
        assert_eq!(host.store.live_instances(), [1, 2, 0][what], "case {what}");
        host.store.close_all(0);
        assert_eq!(host.store.live_instances(), 0);
    }
}

#[test]
fn a_frame_keeps_a_cycle_of_closed_instances() {
    let mut host = Host::new();
    let hub = host.instantiate(&module(None), "hub").unwrap();
    let spoke = module(Some(("hub", "table")));
    host.instantiate(&spoke, "other").unwrap();
    // Closed at rest while the hub is open, then entered, then the hub is closed.
    let work = then_touch_memory(move |store| {
        for name in ["other", "hub", "entered"] {
            let id = store.lookup(name).unwrap();
            store.close(id, 0).unwrap();
            assert_eq!(store.live_instances(), 3);
        }
        let _ = hub;
    });
    let entered = host.instantiate_with(&spoke, "entered", vec![work]).unwrap();
    host.call(entered, 0, &mut []).unwrap();
    assert_eq!(host.store.live_instances(), 0);
}

#[test]
fn nested_calls_release_what_they_closed() {
    let mut host = Host::new();
    let inner = then_touch_memory(|store| {
        let id = store.lookup("inner").unwrap();
        store.close(id, 0).unwrap();
        assert_eq!(store.live_instances(), 2);
    });
    let inner = host.instantiate_with(&module(None), "inner", vec![inner]).unwrap();
    let outer = body(move |cx, _, _| {
        call(cx, item(inner, ExternIndex::Func(0)), &mut [])?;
        assert_eq!(cx.store().live_instances(), 1);
        Ok(())
    });
    let outer = host.instantiate_with(&module(None), "outer", vec![outer]).unwrap();
    host.call(outer, 0, &mut []).unwrap();
}

#[test]
fn a_host_function_may_close_its_own_module() {
    let drops = Arc::new(AtomicUsize::new(0));
    let captured = Dropped(drops.clone());
    let close = HostFunc {
        ty: FuncType::default(),
        callback: Box::new(move |cx, _, _| {
            let store = cx.store_mut();
            store.close_all(0);
            assert_eq!(store.live_instances(), 1);
            assert_eq!(captured.0.load(Ordering::Relaxed), 0);
            Ok(())
        }),
    };
    let definition = HostDefinition::new(vec![("f".into(), close.into())], vec![], vec![], vec![]).unwrap();
    let mut host = Host::new();
    let id = host.store.instantiate_host(&Arc::new(definition), Some("host".into()), &[], &[]).unwrap();
    host.call(id, 0, &mut []).unwrap();
    assert_eq!((host.store.live_instances(), drops.load(Ordering::Relaxed)), (0, 1));
}

#[test]
fn a_host_function_may_close_the_module_of_another_in_progress() {
    let host_module = |callback: Box<HostCallback>| {
        let func = HostFunc { ty: FuncType::default(), callback };
        Arc::new(HostDefinition::new(vec![("f".into(), func.into())], vec![], vec![], vec![]).unwrap())
    };
    let mut host = Host::new();
    let inner = host_module(Box::new(|cx, _, _| {
        let store = cx.store_mut();
        let outer = store.lookup("outer").unwrap();
        store.close(outer, 0).unwrap();
        assert_eq!(store.live_instances(), 2);
        Ok(())
    }));
    let inner = host.store.instantiate_host(&inner, Some("inner".into()), &[], &[]).unwrap();
    let outer = host_module(Box::new(move |cx, _, _| {
        call(cx, item(inner, ExternIndex::Func(0)), &mut [])?;
        assert_eq!(cx.store().live_instances(), 2);
        Ok(())
    }));
    let outer = host.store.instantiate_host(&outer, Some("outer".into()), &[], &[]).unwrap();
    host.call(outer, 0, &mut []).unwrap();
    assert_eq!(host.store.live_instances(), 1);
}

#[test]
fn a_function_that_the_host_passes_keeps_its_instance() {
    let takes_func = FuncType::new([ValType::FUNCREF], [ValType::FUNCREF]);
    let gives_func = FuncType::new([], [ValType::FUNCREF]);
    let mut host = Host::new();
    let donor = host.instantiate(&module(None), "donor").unwrap();
    let raw = host.store.func_to_raw(item(donor, ExternIndex::Func(0))).unwrap();

    // As an argument.
    let taker = Module { types: vec![takes_func], funcs: vec![0], ..Module::default() };
    let taker = host.instantiate(&Arc::new(taker), "taker").unwrap();
    let error = host.call(taker, 0, &mut [raw + 8]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Usage(_)), "{error}");
    assert!(matches!(host.call(taker, 0, &mut []).unwrap_err().kind(), ErrorKind::Usage(_)));
    host.call(taker, 0, &mut [raw]).unwrap();
    host.store.close(donor, 0).unwrap();
    assert_eq!(host.store.live_instances(), 2);
    host.store.close(taker, 0).unwrap();
    assert_eq!(host.store.live_instances(), 0);

    // As a host function's result.
    let donor = host.instantiate(&module(None), "donor").unwrap();
    let raw = host.store.func_to_raw(item(donor, ExternIndex::Func(0))).unwrap();
    let answer = Arc::new(AtomicUsize::new(raw as usize));
    let give = HostFunc {
        ty: gives_func.clone(),
        callback: Box::new({
            let answer = answer.clone();
            move |_, caller, values| {
                assert!(caller.is_some());
                values[0] = answer.load(Ordering::Relaxed) as u64;
                Ok(())
            }
        }),
    };
    let definition = HostDefinition::new(vec![("give".into(), give.into())], vec![], vec![], vec![]).unwrap();
    let provider = host.store.instantiate_host(&Arc::new(definition), Some("host".into()), &[], &[]).unwrap();
    let ask = body(|cx, frame, values| {
        // SAFETY: the vmctx of a live instance with one import.
        let callee = unsafe { (**(*frame.vmctx).imports).vmctx };
        let cx = libcalls::embedder_of_call(cx);
        // SAFETY: that import is a host function with one result.
        unsafe { libcalls::invoke_host(&raw const cx, callee.cast(), frame.vmctx, values) }
    });
    let kind = ImportKind::Func(0);
    let asker = Module {
        types: vec![gives_func],
        imports: vec![Import { module: "host".into(), name: "give".into(), kind }],
        funcs: vec![0, 0],
        imported_funcs: 1,
        ..Module::default()
    };
    let asker = host.instantiate_with(&Arc::new(asker), "asker", vec![ask]).unwrap();
    let mut values = [0];
    host.call(asker, 1, &mut values).unwrap();
    assert_eq!(values, [raw]);
    host.store.close(donor, 0).unwrap();
    assert_eq!(host.store.live_instances(), 3);
    // What is no reference does not reach the guest.
    answer.store(raw as usize + 8, Ordering::Relaxed);
    let error: Error = host.call(asker, 1, &mut values).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Usage(_)), "{error}");
    host.store.close(asker, 0).unwrap();
    assert_eq!(host.store.live_instances(), 1);
    host.store.close(provider, 0).unwrap();
    assert_eq!(host.store.live_instances(), 0);
}
