//! What wz tells `tracing`: a span for each compilation, instantiation and call.

use std::fmt::{Debug, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use wz_api::{EngineKind, ModuleConfig, Runtime, RuntimeConfig};

/// Writes down the spans of wz, as their name and fields.
struct Notes {
    level: Level,
    spans: Arc<Mutex<Vec<String>>>,
    next: AtomicU64,
}

struct Fields<'a>(&'a mut String);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, " {field}={value:?}");
    }
}

impl Subscriber for Notes {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.level && metadata.target().starts_with("wz_api")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut note = span.metadata().name().to_owned();
        span.record(&mut Fields(&mut note));
        self.spans.lock().unwrap().push(note);
        Id::from_u64(self.next.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

fn spans(level: Level) -> Vec<String> {
    let spans = Arc::new(Mutex::new(Vec::new()));
    let notes = Notes { level, spans: spans.clone(), next: AtomicU64::new(0) };
    tracing::subscriber::with_default(notes, || {
        let mut rt = Runtime::new(RuntimeConfig::new().with_engine(EngineKind::Interp)).unwrap();
        let code = rt.compile(r#"(module $m (func $inner (export "f")) (func (export "_start")))"#).unwrap();
        let module = rt.instantiate(&code, ModuleConfig::new()).unwrap();
        module.func::<(), ()>(&rt, "f").unwrap().call(&mut rt, ()).unwrap();
    });
    let spans = spans.lock().unwrap();
    spans.clone()
}

#[test]
fn compilations_instantiations_and_calls_have_spans() {
    let all = spans(Level::TRACE);
    assert_eq!(all.len(), 4, "{all:?}");
    assert!(all[0].starts_with("compile engine=\"interp\" bytes="), "{}", all[0]);
    assert_eq!(all[1], "instantiate module=\"m\"");
    assert_eq!(all[2], "call module=\"m\" function=\"_start\" index=1");
    assert_eq!(all[3], "call module=\"m\" function=\"inner\" index=0");
    // Calls are many: they ask for the finest level.
    assert_eq!(spans(Level::DEBUG), all[..2]);
}
