use super::fake::*;
use crate::error::{Error, ErrorKind};
use crate::module::*;
use crate::runtime::*;
use crate::trap::{Backtrace, TrapCode};
use crate::types::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

fn one_function(ty: FuncType) -> Arc<Module> {
    Arc::new(Module {
        types: vec![ty],
        funcs: vec![0],
        exports: vec![export("run", ExternIndex::Func(0))],
        ..Module::default()
    })
}

#[test]
fn arguments_are_checked_and_zero_extended() {
    let mut host = Host::new();
    let ty = FuncType::new([ValType::I32, ValType::V128, ValType::F32, ValType::I64], []);
    let check = body(|_, _, values| {
        assert_eq!(values, [1, u64::MAX, u64::MAX, 2, u64::MAX]);
        Ok(())
    });
    let id = host.instantiate_with(&one_function(ty), "m", vec![check]).unwrap();
    host.call(id, 0, &mut [1 << 32 | 1, u64::MAX, u64::MAX, 7 << 32 | 2, u64::MAX]).unwrap();
    assert!(matches!(host.call(id, 0, &mut [0; 4]).unwrap_err().kind(), ErrorKind::Usage(_)));
    assert!(matches!(host.call(id, 1, &mut [0; 5]).unwrap_err().kind(), ErrorKind::Usage(_)));
}

#[test]
fn any_number_of_arguments_is_zero_extended() {
    let mut host = Host::new();
    // A vector that begins in slot 63, and narrow arguments on both sides.
    let mut params = vec![ValType::I32; 63];
    params.push(ValType::V128);
    params.extend([ValType::F32; 40]);
    let slots = params.iter().map(|param| param.slots()).sum();
    let check = body(move |_, _, values| {
        assert_eq!(values.len(), slots);
        for (slot, value) in values.iter().enumerate() {
            let expected = if (63..65).contains(&slot) { u64::MAX } else { u64::from(u32::MAX) };
            assert_eq!(*value, expected, "slot {slot}");
        }
        Ok(())
    });
    let ty = FuncType::new(params, []);
    let id = host.instantiate_with(&one_function(ty), "m", vec![check]).unwrap();
    host.call(id, 0, &mut vec![u64::MAX; slots]).unwrap();
}

/// Calls itself through the host until something stops it, and counts how deep it gets.
fn recursive(depth: Arc<AtomicU32>) -> Box<Body> {
    body(move |cx, _, _| {
        depth.fetch_add(1, Ordering::Relaxed);
        let id = cx.store().lookup("m").unwrap();
        call(cx, item(id, ExternIndex::Func(0)), &mut [])
    })
}

#[test]
fn nesting_is_bounded_by_count() {
    let depth = Arc::new(AtomicU32::new(0));
    let mut host = Host::with(StoreConfig { max_nesting: 50, ..Default::default() });
    let bodies = vec![recursive(depth.clone())];
    let id = host.instantiate_with(&one_function(FuncType::default()), "m", bodies).unwrap();
    for _ in 0..2 {
        depth.store(0, Ordering::Relaxed);
        let error = host.call(id, 0, &mut []).unwrap_err();
        let trap = error.as_trap().unwrap();
        assert_eq!(trap.code, TrapCode::StackOverflow);
        assert_eq!((trap.backtrace.frames.len(), trap.backtrace.omitted), (30, 20));
        assert_eq!(depth.load(Ordering::Relaxed), 50);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn nesting_is_bounded_by_the_stack_of_the_thread() {
    for stack_bytes in [160 << 10, 256 << 10, 1 << 20] {
        let depth = Arc::new(AtomicU32::new(0));
        let run = {
            let depth = depth.clone();
            move || {
                let mut host = Host::with(StoreConfig { max_nesting: u32::MAX, ..Default::default() });
                let bodies = vec![recursive(depth)];
                let id = host.instantiate_with(&one_function(FuncType::default()), "m", bodies).unwrap();
                host.call(id, 0, &mut []).unwrap_err().trap_code()
            }
        };
        let thread = std::thread::Builder::new().stack_size(stack_bytes).spawn(run).unwrap();
        assert_eq!(thread.join().unwrap(), Some(TrapCode::StackOverflow));
        assert!(depth.load(Ordering::Relaxed) >= 1);
    }
}

#[test]
fn a_panic_crosses_as_an_error_and_leaves_the_store_usable() {
    let ty = FuncType::new([], [ValType::I32]);
    let callback: Box<HostCallback> = Box::new(|cx, _, values| {
        values[0] = 1;
        if cx.store().fuel() > 0 { panic!("out of cheese") } else { Ok(()) }
    });
    let func = HostFunc { ty, callback };
    let definition = HostDefinition::new(vec![("f".into(), func.into())], vec![], vec![], vec![]).unwrap();
    let mut host = Host::new();
    let id = host.store.instantiate_host(&Arc::new(definition), None, &[], &[]).unwrap();
    host.store.set_fuel(1);
    let error = host.call(id, 0, &mut [0]).unwrap_err();
    let payload = error.into_panic().unwrap();
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"out of cheese"));
    host.store.set_fuel(0);
    host.call(id, 0, &mut [0]).unwrap();
    // Closed at once: nothing believes that the function is still running.
    host.store.close(id, 0).unwrap();
    assert_eq!(host.store.live_instances(), 0);
}

#[test]
fn an_interruption_lasts_until_somebody_clears_it() {
    let mut host = Host::new();
    let word = host.store.interrupt_word();
    let inner_word = word.clone();
    let work = body(move |cx, _, _| {
        if inner_word.load(Ordering::Relaxed) != 0 {
            return Err(TrapCode::Interrupted.into());
        }
        inner_word.store(1, Ordering::Relaxed);
        let id = cx.store().lookup("m").unwrap();
        let result = call(cx, item(id, ExternIndex::Func(0)), &mut []);
        assert_eq!(inner_word.load(Ordering::Relaxed), 1);
        result
    });
    let id = host.instantiate_with(&one_function(FuncType::default()), "m", vec![work]).unwrap();
    let error = host.call(id, 0, &mut []).unwrap_err();
    assert_eq!(error.trap_code(), Some(TrapCode::Interrupted));
    assert_eq!(word.load(Ordering::Relaxed), 1);
}

#[test]
fn bulk_operations_stop_when_they_are_interrupted_but_check_bounds_first() {
    let table = table_type(RefType::EXTERNREF, 1_000_000, None);
    let module = Module {
        memories: vec![MemoryType::new(64, None)],
        tables: vec![table],
        table_defs: vec![TableDef { ty: table, init: None }],
        ..Module::default()
    };
    let mut host = Host::new();
    let id = host.instantiate(&module.into(), "m").unwrap();
    let vmctx = host.store.slot(id.index()).unwrap().vmctx();
    let bytes = 64 << 16;
    let word = host.store.interrupt_word();
    word.store(1, Ordering::Relaxed);
    // SAFETY: a live instance's vmctx, and its memory and table.
    unsafe {
        let memory_end = Err(TrapCode::MemoryOutOfBounds);
        assert_eq!(libcalls::memory_fill(vmctx, 0, 1, 7, bytes), memory_end);
        assert_eq!(libcalls::memory_copy(vmctx, 0, 0, 0, 1, bytes), memory_end);
        assert_eq!(libcalls::memory_copy(vmctx, 0, 0, 1, 0, bytes), memory_end);
        assert_eq!(libcalls::memory_fill(vmctx, 0, 0, 7, bytes), Err(TrapCode::Interrupted));
        assert_eq!(libcalls::table_fill(vmctx, 0, 1, 0, 1_000_000), Err(TrapCode::TableOutOfBounds));
        assert_eq!(libcalls::table_fill(vmctx, 0, 0, 0, 1_000_000), Err(TrapCode::Interrupted));
        // What fits in one piece is done.
        assert_eq!(libcalls::memory_fill(vmctx, 0, bytes - 10, 9, 10), Ok(()));
        word.store(0, Ordering::Relaxed);

        // Copies that overlap by less than a piece, in both directions.
        let memory = item(id, ExternIndex::Memory(0));
        for (dst, src) in [(100u64, 0u64), (0, 100)] {
            let data = host.store.memory_mut(memory).unwrap().data_mut().unwrap();
            for (i, byte) in data.iter_mut().enumerate() {
                *byte = (i % 251) as u8;
            }
            assert_eq!(libcalls::memory_copy(vmctx, 0, 0, dst, src, bytes - 100), Ok(()));
            let data = host.store.memory(memory).unwrap().data().unwrap();
            let moved = &data[dst as usize..][..bytes as usize - 100];
            assert!(moved.iter().enumerate().all(|(i, b)| *b == ((i + src as usize) % 251) as u8));
        }
        let refs: Vec<u64> = (0..997).map(|_| host.store.externref_new(Arc::new(())).unwrap()).collect();
        for (dst, src) in [(100u64, 0u64), (0, 100)] {
            for (i, raw) in (0..1_000_000).zip(refs.iter().cycle()) {
                assert_eq!(libcalls::table_set(vmctx, 0, i, *raw), Ok(()));
            }
            assert_eq!(libcalls::table_copy(vmctx, 0, 0, dst, src, 999_900), Ok(()));
            for i in 0..999_900 {
                assert_eq!(libcalls::table_get(vmctx, 0, dst + i), Ok(refs[(src + i) as usize % 997]));
            }
        }
    }
}

#[test]
fn backtraces_name_functions_and_count_the_rest() {
    let mut host = Host::new();
    let work = body(|cx, frame, _| {
        frame.times = 2;
        let store = cx.store();
        if store.live_instances() == 1 {
            let backtrace = backtrace::capture(store);
            let frame = |offset| crate::trap::Frame {
                module: Some("m".into()),
                function: 0,
                name: Some("run".into()),
                offset: Some(offset),
                lines: Vec::new(),
            };
            assert_eq!(backtrace, Backtrace { frames: vec![frame(0), frame(1)], omitted: 0 });
            frame_of_itself(cx)?;
        }
        Ok(())
    });
    fn frame_of_itself(cx: &mut dyn Embedder) -> Result<(), Error> {
        let store = cx.store_mut();
        let deep = body(|cx, frame, _| {
            frame.times = 100;
            let backtrace = backtrace::capture(cx.store());
            assert_eq!(backtrace.frames.len(), Backtrace::MAX_FRAMES);
            // All of the inner call's frames, and the two of the call that it is nested in.
            assert_eq!(backtrace.omitted, 100 + 2 - 30);
            assert_eq!(backtrace.frames[29].module.as_deref(), None);
            Ok(())
        });
        let module = one_function(FuncType::default());
        let id = store.instantiate(&module, &FakeCode::of(vec![deep]), &[], InstanceOptions::default())?;
        call(cx, item(id, ExternIndex::Func(0)), &mut [])
    }
    let id = host.instantiate_with(&one_function(FuncType::default()), "m", vec![work]).unwrap();
    host.call(id, 0, &mut []).unwrap();
}

#[test]
fn a_store_can_be_sent() {
    fn sent<T: Send>() {}
    sent::<Store>();
    sent::<Arc<HostDefinition>>();
    let mut host = Host::new();
    let id = host.instantiate(&one_function(FuncType::default()), "m").unwrap();
    let host = std::thread::spawn(move || {
        host.call(id, 0, &mut []).unwrap();
        host
    });
    let mut host = host.join().unwrap();
    host.call(id, 0, &mut []).unwrap();
}
