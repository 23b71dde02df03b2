use super::fake::*;
use crate::module::*;
use crate::runtime::*;
use crate::types::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts how many of its values were dropped.
#[derive(Clone, Default)]
struct Counter(Arc<AtomicUsize>);

struct Counted(Counter);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Counter {
    fn new_ref(&self, store: &mut Store) -> u64 {
        store.externref_new(Arc::new(Counted(self.clone()))).unwrap()
    }

    fn dropped(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// A global and a table of two elements that hold externrefs, and a function that takes one and returns one.
fn module() -> Arc<Module> {
    let table = table_type(RefType::EXTERNREF, 2, None);
    let global = GlobalType { content: ValType::EXTERNREF, mutable: true };
    Arc::new(Module {
        types: vec![FuncType::new([ValType::EXTERNREF], [ValType::EXTERNREF])],
        funcs: vec![0],
        tables: vec![table],
        table_defs: vec![TableDef { ty: table, init: None }],
        globals: vec![global],
        global_defs: vec![GlobalDef { ty: global, init: ConstExpr::One(ConstOp::RefNull) }],
        ..Module::default()
    })
}

#[test]
fn tables_globals_and_roots_keep_values() {
    let counter = Counter::default();
    let mut host = Host::new();
    let id = host.instantiate(&module(), "m").unwrap();
    let (global, table) = (item(id, ExternIndex::Global(0)), item(id, ExternIndex::Table(0)));
    let store = &mut host.store;
    let mark = store.root_mark();
    let refs = [0; 4].map(|_| counter.new_ref(store));
    store.global_set(global, [refs[0], 0]).unwrap();
    store.table_set(table, 1, refs[1]).unwrap();
    store.collect_garbage();
    assert_eq!(counter.dropped(), 0);
    store.release_roots(mark);
    store.collect_garbage();
    assert_eq!((counter.dropped(), store.live_externrefs()), (2, 2));
    assert!(store.externref_get(refs[1]).unwrap().is::<Counted>());
    assert!(store.externref_get(refs[2]).is_none());
    // A reference to nothing is not a reference.
    assert!(store.table_set(table, 0, refs[2]).is_err());
    store.global_set(global, [0, 0]).unwrap();
    store.collect_garbage();
    assert_eq!(counter.dropped(), 3);
    // Nothing refers to the closed instance, so its table is no root.
    store.close(id, 0).unwrap();
    store.collect_garbage();
    assert_eq!((counter.dropped(), store.live_externrefs()), (4, 0));
}

#[test]
fn frames_keep_values_and_allocation_collects() {
    let counter = Counter::default();
    let mut host = Host::new();
    let count = counter.clone();
    let work = body(move |cx, frame, values| {
        let argument = values[0];
        let mark = cx.store().root_mark();
        let kept = count.new_ref(cx.store_mut());
        frame.refs = vec![argument, 0, kept];
        cx.store_mut().release_roots(mark);
        // Garbage, a hundred times what triggers a collection.
        for _ in 0..100_000 {
            let mark = cx.store().root_mark();
            count.new_ref(cx.store_mut());
            cx.store_mut().release_roots(mark);
        }
        assert!(cx.store().live_externrefs() <= 1024);
        for raw in [argument, kept] {
            assert!(cx.store().externref_get(raw).unwrap().is::<Counted>());
        }
        values[0] = kept;
        Ok(())
    });
    let id = host.instantiate_with(&module(), "m", vec![work]).unwrap();
    let mark = host.store.root_mark();
    let mut values = [counter.new_ref(&mut host.store)];
    host.call(id, 0, &mut values).unwrap();
    let result = host.store.externref_get(values[0]).unwrap();
    host.store.release_roots(mark);
    host.store.collect_garbage();
    // The host's own handle outlives the reference.
    assert_eq!((counter.dropped(), host.store.live_externrefs()), (100_001, 0));
    drop(result);
    assert_eq!(counter.dropped(), 100_002);
    assert!(host.call(id, 0, &mut [values[0]]).is_err());
}

#[test]
fn host_functions_may_collect_before_they_look_at_their_arguments() {
    let counter = Counter::default();
    let count = counter.clone();
    let ty = FuncType::new([ValType::EXTERNREF, ValType::EXTERNREF], [ValType::EXTERNREF]);
    let callback = move |cx: &mut dyn Embedder, _, values: &mut [u64]| {
        let store = cx.store_mut();
        let result = count.new_ref(store);
        store.collect_garbage();
        assert_eq!(store.live_externrefs(), 2);
        assert!(store.externref_get(values[1]).unwrap().is::<Counted>());
        values[0] = result;
        Ok(())
    };
    let func = HostFunc { ty, callback: Box::new(callback) };
    let definition = HostDefinition::new(vec![("f".into(), func.into())], vec![], vec![], vec![]).unwrap();
    let mut host = Host::new();
    let id = host.store.instantiate_host(&Arc::new(definition), None, &[], &[]).unwrap();
    let mark = host.store.root_mark();
    let argument = counter.new_ref(&mut host.store);
    host.store.release_roots(mark);
    let mut values = [0, argument];
    host.call(id, 0, &mut values).unwrap();
    assert!(host.store.externref_get(values[0]).is_some());
    // Its roots went with the call.
    host.store.collect_garbage();
    assert_eq!((counter.dropped(), host.store.live_externrefs()), (2, 0));
}
