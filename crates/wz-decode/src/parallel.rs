//! Functions distributed over threads.

use crate::reader::CodeHandler;
use crate::streaming::Scratch;
use crate::{DecodeConfig, SinkSource};
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use wasmparser::{FuncToValidate, FunctionBody, ValidatorResources};
use wz_core::{Error, module::Module};

/// Bytes of code that a thread takes at a time.
const RANGE_BYTES: u64 = 64 << 10;

/// A function that waits for its thread.
type Pending<'a> = Mutex<Option<(FuncToValidate<ValidatorResources>, FunctionBody<'a>)>>;

/// Collects the bodies and distributes them when all are there.
pub(crate) struct Parallel<'a, 'c, 's, F> {
    config: &'c DecodeConfig,
    threads: NonZeroUsize,
    make_source: Option<F>,
    source: Option<Box<dyn SinkSource + 's>>,
    first_func: u32,
    pending: Vec<Pending<'a>>,
    ranges: Vec<Range<usize>>,
    /// Bytes of the last range.
    range_bytes: u64,
}

impl<'a, 'c, 's, F> Parallel<'a, 'c, 's, F> {
    pub(crate) fn new(
        config: &'c DecodeConfig,
        threads: NonZeroUsize,
        make_source: F,
    ) -> Parallel<'a, 'c, 's, F> {
        Parallel {
            config,
            threads,
            make_source: Some(make_source),
            source: None,
            first_func: 0,
            pending: Vec::new(),
            ranges: Vec::new(),
            range_bytes: 0,
        }
    }
}

/// The failure in the function with the lowest index.
type FirstFailure = Mutex<Option<(u32, Error)>>;

/// What the threads share.
struct Work<'w, 'a> {
    module: &'w Module,
    config: &'w DecodeConfig,
    source: &'w dyn SinkSource,
    first_func: u32,
    pending: &'w [Pending<'a>],
    ranges: &'w [Range<usize>],
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
        let mut scratch = Scratch::new(self.config, self.module);
        while let Some(range) = self.ranges.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            for index in range.clone() {
                let taken = lock(&self.pending[index]).take();
                let Some((validator, body)) = taken else { continue };
                let func = self.first_func + index as u32;
                if let Err(error) = scratch.function(self.module, func, validator, &body, &mut *sink) {
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

impl<'a, 's, F> CodeHandler<'a> for Parallel<'a, '_, 's, F>
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
        body: FunctionBody<'a>,
    ) -> Result<(), Error> {
        let bytes = body.range().end - body.range().start;
        let index = self.pending.len();
        self.pending.push(Mutex::new(Some((validator, body))));
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

    fn end_of_code(&mut self, module: &Module) -> Result<(), Error> {
        let (Some(source), false) = (&self.source, self.pending.is_empty()) else { return Ok(()) };
        let work = Work {
            module,
            config: self.config,
            source: &**source,
            first_func: self.first_func,
            pending: &self.pending,
            ranges: &self.ranges,
            next: AtomicUsize::new(0),
            failure: FirstFailure::default(),
        };
        std::thread::scope(|scope| {
            for _ in 1..self.threads.get().min(self.ranges.len()) {
                // A thread that cannot be had is done without.
                let builder = std::thread::Builder::new().name("wz-compile".into());
                if builder.spawn_scoped(scope, || work.run()).is_err() {
                    break;
                }
            }
            work.run();
        });
        let failure = work.failure.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.pending = Vec::new();
        self.ranges = Vec::new();
        failure.map_or(Ok(()), |(_, error)| Err(error))
    }

    fn finish(&mut self) -> Result<(), Error> {
        Ok(())
    }
}
