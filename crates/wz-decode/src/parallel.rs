//! Functions distributed over threads.

use crate::reader::CodeHandler;
use crate::streaming::Scratch;
use crate::{DecodeConfig, SinkSource};
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Scope, ScopedJoinHandle};
use wasmparser::{FuncToValidate, FunctionBody, ValidatorResources};
use wz_core::{Error, module::Module};

/// Bytes of code that a thread takes at a time.
const RANGE_BYTES: u64 = 16 << 10;

/// A function that waits for its thread. What it is validated with is the same for all: a reference count in each would
/// be the one thing that all threads write to.
type Pending<'a> = (FuncToValidate<()>, FunctionBody<'a>);

/// Collects the bodies, and distributes them when all are there. The sections that follow are read meanwhile.
pub(crate) struct Parallel<'scope, 'env, 's, F> {
    scope: &'scope Scope<'scope, 'env>,
    config: &'env DecodeConfig,
    threads: NonZeroUsize,
    make_source: Option<F>,
    source: Option<Box<dyn SinkSource + 's>>,
    first_func: u32,
    resources: Option<ValidatorResources>,
    pending: Vec<Pending<'env>>,
    ranges: Vec<Range<usize>>,
    /// Bytes of the last range.
    range_bytes: u64,
    running: Option<Running<'scope, 'env, 's>>,
}

/// What threads are at work on, and they.
struct Running<'scope, 'env, 's> {
    work: Arc<Work<'env, 's>>,
    threads: Vec<ScopedJoinHandle<'scope, ()>>,
}

impl<'scope, 'env, 's, F> Parallel<'scope, 'env, 's, F> {
    pub(crate) fn new(
        scope: &'scope Scope<'scope, 'env>,
        config: &'env DecodeConfig,
        threads: NonZeroUsize,
        make_source: F,
    ) -> Parallel<'scope, 'env, 's, F> {
        Parallel {
            scope,
            config,
            threads,
            make_source: Some(make_source),
            source: None,
            first_func: 0,
            resources: None,
            pending: Vec::new(),
            ranges: Vec::new(),
            range_bytes: 0,
            running: None,
        }
    }
}

/// The failure in the function with the lowest index.
type FirstFailure = Mutex<Option<(u32, Error)>>;

/// What the threads share.
struct Work<'env, 's> {
    module: Arc<Module>,
    config: &'env DecodeConfig,
    source: Box<dyn SinkSource + 's>,
    first_func: u32,
    resources: ValidatorResources,
    pending: Vec<Pending<'env>>,
    ranges: Vec<Range<usize>>,
    /// The next range that nobody has taken.
    next: AtomicUsize,
    failure: FirstFailure,
}

impl Work<'_, '_> {
    /// Takes ranges until none is left, or one has failed: those before it have been taken by then.
    fn run(&self) {
        let mut sink = match self.source.sink() {
            Ok(sink) => sink,
            Err(error) => return self.fail(u32::MAX, error),
        };
        let mut scratch = Scratch::new(self.config, &self.module);
        while let Some(range) = self.ranges.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            for index in range.clone() {
                let (FuncToValidate { index: number, ty, features, .. }, ref body) = self.pending[index];
                let resources = &self.resources;
                let validator = FuncToValidate { resources, index: number, ty, features };
                let func = self.first_func + index as u32;
                if let Err(error) = scratch.function(&self.module, func, validator, body, &mut *sink) {
                    return self.fail(func, error);
                }
            }
            if lock(&self.failure).is_some() {
                return;
            }
        }
        if let Err(error) = sink.finish() {
            self.fail(u32::MAX, error);
        }
    }

    fn fail(&self, func: u32, error: Error) {
        let mut first = lock(&self.failure);
        if first.as_ref().is_none_or(|(failed, _)| func < *failed) {
            *first = Some((func, error));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'scope, 'env, 's: 'scope, F> CodeHandler<'env> for Parallel<'scope, 'env, 's, F>
where
    F: FnOnce(&Arc<Module>) -> Result<Box<dyn SinkSource + 's>, Error>,
{
    fn start(&mut self, module: &Arc<Module>) -> Result<(), Error> {
        self.source = self.make_source.take().map(|make| make(module)).transpose()?;
        self.first_func = module.imported_funcs;
        Ok(())
    }

    fn body(
        &mut self,
        _: &Module,
        _: u32,
        validator: FuncToValidate<ValidatorResources>,
        body: FunctionBody<'env>,
    ) -> Result<(), Error> {
        let bytes = body.range().end - body.range().start;
        let FuncToValidate { resources, index: number, ty, features } = validator;
        self.resources.get_or_insert(resources);
        let index = self.pending.len();
        self.pending.push((FuncToValidate { resources: (), index: number, ty, features }, body));
        match self.ranges.last_mut() {
            Some(range) if self.range_bytes + bytes <= RANGE_BYTES => {
                range.end = index + 1;
                self.range_bytes += bytes;
            }
            _ => {
                self.ranges.push(index..index + 1);
                self.range_bytes = bytes;
            }
        }
        Ok(())
    }

    fn end_of_code(&mut self, module: &Arc<Module>) {
        let Some(resources) = self.resources.take() else { return };
        let Some(source) = self.source.take() else { return };
        let work = Arc::new(Work {
            module: module.clone(),
            config: self.config,
            source,
            first_func: self.first_func,
            resources,
            pending: std::mem::take(&mut self.pending),
            ranges: std::mem::take(&mut self.ranges),
            next: AtomicUsize::new(0),
            failure: FirstFailure::default(),
        });
        let spawn = |_| {
            let work = work.clone();
            let builder = std::thread::Builder::new().name("wz-compile".into());
            builder.spawn_scoped(self.scope, move || work.run())
        };
        // A thread that cannot be had is done without.
        let others = 1..self.threads.get().min(work.ranges.len());
        let threads = others.map_while(|n| spawn(n).ok()).collect();
        self.running = Some(Running { work, threads });
    }

    fn join(&mut self) -> Result<(), Error> {
        let Some(Running { work, threads }) = self.running.take() else { return Ok(()) };
        work.run();
        for thread in threads {
            if let Err(panic) = thread.join() {
                std::panic::resume_unwind(panic);
            }
        }
        let failure = lock(&work.failure).take();
        failure.map_or(Ok(()), |(_, error)| Err(error))
    }

    fn finish(&mut self) -> Result<(), Error> {
        Ok(())
    }
}
