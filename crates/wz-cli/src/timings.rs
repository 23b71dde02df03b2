//! What `--timings` reports: one line of JSON, the last on standard error.

use crate::stdio::Stream;
use crate::sys::process_cpu_time;
use std::fs;
use std::io::Write;
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};
use wz_api::CompiledModule;

/// A span of wall and processor time that has begun.
#[derive(Debug)]
pub(crate) struct Stopwatch {
    wall: Instant,
    cpu: Option<Duration>,
}

/// A span of wall and processor time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Span {
    wall: Duration,
    cpu: Option<Duration>,
}

impl Stopwatch {
    pub(crate) fn start() -> Stopwatch {
        Stopwatch { wall: Instant::now(), cpu: process_cpu_time() }
    }

    pub(crate) fn stop(&self) -> Span {
        let cpu = process_cpu_time().zip(self.cpu).map(|(now, then)| now.saturating_sub(then));
        Span { wall: self.wall.elapsed(), cpu }
    }
}

/// The most memory that the process ever had, in KiB, where the system tells.
fn peak_rss_kb() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// The timings of a command, as far as it has come.
#[derive(Debug)]
pub(crate) struct Timings {
    pub(crate) engine: &'static str,
    /// The most threads that compiled.
    pub(crate) threads: NonZeroUsize,
    pub(crate) compile: Option<Span>,
    pub(crate) instantiate: Option<Span>,
    pub(crate) run: Option<Span>,
    wasm_code_bytes: Option<usize>,
    code_bytes: Option<usize>,
}

impl Timings {
    pub(crate) fn new(threads: NonZeroUsize) -> Timings {
        Timings {
            engine: "",
            threads,
            compile: None,
            instantiate: None,
            run: None,
            wasm_code_bytes: None,
            code_bytes: None,
        }
    }

    pub(crate) fn compiled(&mut self, code: &CompiledModule) {
        self.wasm_code_bytes = Some(code.wasm_code_bytes());
        self.code_bytes = Some(code.code_bytes());
    }

    /// The line. What was not reached is null.
    fn line(&self) -> String {
        fn or_null(value: Option<impl ToString>) -> String {
            value.map_or_else(|| "null".to_owned(), |v| v.to_string())
        }
        let millis = |d: Duration| format!("{:.3}", d.as_secs_f64() * 1e3);
        let wall = |span: Option<Span>| or_null(span.map(|s| millis(s.wall)));
        let cpu = |span: Option<Span>| or_null(span.and_then(|s| s.cpu).map(millis));
        let instantiate_us = self.instantiate.map(|s| format!("{:.1}", s.wall.as_secs_f64() * 1e6));
        // The names of engines need no escapes.
        format!(
            "{{\"engine\":\"{}\",\"threads\":{},\"compile_ms\":{},\"compile_cpu_ms\":{},\"instantiate_us\":{},\
             \"run_ms\":{},\"run_cpu_ms\":{},\"wasm_code_bytes\":{},\"code_bytes\":{},\"peak_rss_kb\":{},\
             \"cached\":false}}\n",
            self.engine,
            self.threads,
            wall(self.compile),
            cpu(self.compile),
            or_null(instantiate_us),
            wall(self.run),
            cpu(self.run),
            or_null(self.wasm_code_bytes),
            or_null(self.code_bytes),
            or_null(peak_rss_kb()),
        )
    }

    /// Prints the line, if compilation was reached.
    pub(crate) fn report(&self, stderr: &mut Stream) {
        if self.compile.is_some() {
            // If standard error cannot be written to, nobody can be told so.
            let _ = stderr.end_line();
            let _ = stderr.write_all(self.line().as_bytes());
        }
    }
}
