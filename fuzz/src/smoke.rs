//! Many seeds, in processes of their own: a crash or an endless loop is a difference too, and ends nothing else.
//!
//! The driver starts this program again with the verb `worker` for a range of seeds. A worker writes a line when it starts
//! a module and one when it is done; what it was at when it ended without having said so is what it ended of.

use crate::check::Report;
use crate::generate::{self, Kind};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use std::{fmt, fs, thread};
use wz_api::EngineKind;

/// Which modules on which engines.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The first seed.
    pub start: u64,
    /// How many seeds.
    pub seeds: u64,
    /// The generators: each makes a module of each seed.
    pub kinds: Vec<Kind>,
    /// wz's engines.
    pub engines: Vec<EngineKind>,
    /// Processes at a time.
    pub jobs: usize,
    /// Where modules go that a difference was found with.
    pub folder: PathBuf,
}

/// A module that does not do the same everywhere.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The generator.
    pub kind: Kind,
    /// The seed.
    pub seed: u64,
    /// What differs.
    pub message: String,
}

/// What is known of the modules of one generator.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    modules: u64,
    /// Modules that executed more than [`BUSY`] operators in compared calls.
    busy: u64,
    ops: u64,
    calls: u64,
    returned: u64,
    endless: u64,
    refused: u64,
}

/// A module is of use if it executes more operators than this.
const BUSY: u64 = 100;
/// The share of modules, in percent, that must be.
const BUSY_SHARE: u64 = 60;
/// Seeds that a worker gets at a time.
const RANGE: u64 = 100;
/// The longest time that one module may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// After so many failures a run ends.
const ENOUGH: usize = 20;
const PROGRESS: Duration = Duration::from_secs(10);

impl Tally {
    fn add(&mut self, report: Report) {
        self.modules += 1;
        self.busy += u64::from(report.ops > BUSY);
        self.ops += report.ops;
        self.calls += report.calls;
        self.returned += report.returned;
        self.endless += report.endless;
        self.refused += u64::from(report.refused);
    }

    fn share(&self) -> u64 {
        self.busy * 100 / self.modules.max(1)
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |part: u64, whole: u64| part * 100 / whole.max(1);
        write!(
            f,
            "{} modules, {} % of them with more than {BUSY} ops, {} ops, {} calls compared, {} % of them returned, {} \
             calls without an end",
            self.modules,
            self.share(),
            self.ops,
            self.calls,
            of(self.returned, self.calls),
            self.endless
        )?;
        if self.refused > 0 {
            write!(f, ", {} modules with vectors refused by jit", self.refused)?;
        }
        Ok(())
    }
}

/// What workers say.
enum Event {
    Done(Kind, Report),
    Failed(Failure),
    /// A worker cannot be started.
    Broken(String),
}

/// Runs a plan and prints what it finds. Whether all is well.
///
/// # Errors
///
/// A worker cannot be started, or a file cannot be written.
pub fn run(plan: &Plan) -> Result<bool, String> {
    let began = Instant::now();
    let ranges = (plan.start..plan.start.saturating_add(plan.seeds)).step_by(RANGE as usize);
    let end = plan.start.saturating_add(plan.seeds);
    let ranges: VecDeque<(u64, u64)> = ranges.map(|start| (start, (start + RANGE).min(end))).collect();
    let ranges = Mutex::new(ranges);
    let mut tallies = vec![Tally::default(); plan.kinds.len()];
    let mut failures = Vec::new();
    thread::scope(|scope| {
        let (sender, events) = channel();
        for _ in 0..plan.jobs.max(1) {
            let (sender, ranges) = (sender.clone(), &ranges);
            scope.spawn(move || {
                while let Some(range) = lock(ranges).pop_front() {
                    work_off(plan, range, &sender);
                }
            });
        }
        drop(sender);
        let mut shown = Instant::now();
        for event in events {
            match event {
                Event::Done(kind, report) => {
                    if let Some(at) = plan.kinds.iter().position(|k| *k == kind) {
                        tallies[at].add(report);
                    }
                }
                Event::Failed(failure) => {
                    describe(plan, &failure)?;
                    failures.push(failure);
                    if failures.len() == ENOUGH {
                        println!("fuzz-smoke: {ENOUGH} failures are enough");
                        lock(&ranges).clear();
                    }
                }
                Event::Broken(message) => {
                    lock(&ranges).clear();
                    return Err(message);
                }
            }
            if shown.elapsed() > PROGRESS {
                shown = Instant::now();
                let done: u64 = tallies.iter().map(|tally| tally.modules).sum();
                let all = plan.seeds * plan.kinds.len() as u64;
                println!(
                    "fuzz-smoke: {done} of {all} modules, {} failures, {} s",
                    failures.len(),
                    began.elapsed().as_secs()
                );
            }
        }
        Ok(())
    })?;
    let mut well = failures.is_empty();
    for (kind, tally) in plan.kinds.iter().zip(&tallies) {
        println!("{kind}: {tally}");
        if tally.share() < BUSY_SHARE && tally.modules > 0 {
            println!("{kind}: fewer than {BUSY_SHARE} % of the modules do enough to say something");
            well = false;
        }
    }
    let modules: u64 = tallies.iter().map(|tally| tally.modules).sum();
    println!(
        "fuzz-smoke: {:.0} s\n{modules} passed, {} failed",
        began.elapsed().as_secs_f64(),
        failures.len()
    );
    Ok(well)
}

/// Prints a failure, writes its module, and says how to see it again.
fn describe(plan: &Plan, failure: &Failure) -> Result<(), String> {
    let Failure { kind, seed, message } = failure;
    println!("\nseed {seed}, {kind}: {message}");
    if let Ok(wasm) = generate::module(*kind, *seed) {
        let path = plan.folder.join(format!("{kind}-{seed}.wat"));
        let io = |error: std::io::Error| format!("{}: {error}", path.display());
        fs::create_dir_all(&plan.folder).map_err(io)?;
        fs::write(path.with_extension("wasm"), &wasm).map_err(io)?;
        fs::write(&path, wasmprinter::print_bytes(&wasm).unwrap_or_else(|error| error.to_string()))
            .map_err(io)?;
        println!("  the module: {}", path.display());
    }
    println!("  to repeat: cargo xtask fuzz-smoke --start {seed} --seeds 1 --kinds {kind}\n");
    Ok(())
}

/// Has workers do a range, a new one after each that ends early.
fn work_off(plan: &Plan, (start, end): (u64, u64), events: &Sender<Event>) {
    let mut queue: VecDeque<(u64, Kind)> =
        (start..end).flat_map(|seed| plan.kinds.iter().map(move |kind| (seed, *kind))).collect();
    while let Some((seed, first)) = queue.front().copied() {
        // The rest of a seed's kinds, or whole seeds.
        let (kinds, count) = if first == plan.kinds[0] {
            (plan.kinds.clone(), end - seed)
        } else {
            (queue.iter().take_while(|(s, _)| *s == seed).map(|(_, kind)| *kind).collect(), 1)
        };
        let mut worker = match start_worker(plan, seed, count, &kinds) {
            Ok(worker) => worker,
            Err(message) => {
                let _ = events.send(Event::Broken(message));
                return;
            }
        };
        let lines = lines_of(&mut worker);
        let (mut at, mut hangs) = (None, false);
        let before = queue.len();
        loop {
            match lines.recv_timeout(PATIENCE) {
                Ok(Line::Started(kind, seed)) => at = Some((kind, seed)),
                Ok(Line::Done(kind, report)) => {
                    at = None;
                    queue.pop_front();
                    let _ = events.send(Event::Done(kind, report));
                }
                Ok(Line::Failed(kind, seed, message)) => {
                    at = None;
                    queue.pop_front();
                    let _ = events.send(Event::Failed(Failure { kind, seed, message }));
                }
                Err(RecvTimeoutError::Timeout) => {
                    hangs = true;
                    break;
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        if hangs {
            let _ = worker.kill();
        }
        let status = worker.wait();
        if let Some((kind, seed)) = at {
            queue.pop_front();
            let message = match status {
                _ if hangs => format!("no end within {} s", PATIENCE.as_secs()),
                Ok(status) => format!("the process ended: {status}"),
                Err(error) => error.to_string(),
            };
            let _ = events.send(Event::Failed(Failure { kind, seed, message }));
        } else if queue.len() == before {
            let _ = events.send(Event::Broken(format!("a worker does nothing: {status:?}")));
            return;
        }
    }
}

/// What a worker writes.
enum Line {
    Started(Kind, u64),
    Done(Kind, Report),
    Failed(Kind, u64, String),
}

fn start_worker(plan: &Plan, seed: u64, count: u64, kinds: &[Kind]) -> Result<Child, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let engines: Vec<&str> = plan.engines.iter().map(|engine| engine.name()).collect();
    let kinds: Vec<String> = kinds.iter().map(Kind::to_string).collect();
    Command::new(program)
        .args(["worker", "--start", &seed.to_string(), "--seeds", &count.to_string()])
        .args(["--engines", &engines.join(","), "--kinds", &kinds.join(",")])
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("a worker cannot be started: {error}"))
}

fn lines_of(worker: &mut Child) -> Receiver<Line> {
    let (sender, lines) = channel();
    if let Some(output) = worker.stdout.take() {
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if let Some(line) = parse(&line)
                    && sender.send(line).is_err()
                {
                    return;
                }
            }
        });
    }
    lines
}

fn kind_of(name: &str) -> Option<Kind> {
    Kind::ALL.into_iter().find(|kind| kind.to_string() == name)
}

fn parse(line: &str) -> Option<Line> {
    let (verb, rest) = line.split_once(' ')?;
    let (kind, rest) = rest.split_once(' ')?;
    let kind = kind_of(kind)?;
    Some(match verb {
        "start" => Line::Started(kind, rest.parse().ok()?),
        "done" => {
            let mut numbers = rest.split(' ').map(|number| number.parse::<u64>().ok());
            let mut next = || numbers.next().flatten();
            let report = Report {
                ops: next()?,
                calls: next()?,
                returned: next()?,
                endless: next()?,
                refused: next()? != 0,
            };
            Line::Done(kind, report)
        }
        "fail" => {
            let (seed, message) = rest.split_once(' ')?;
            Line::Failed(kind, seed.parse().ok()?, message.replace('\u{1}', "\n"))
        }
        _ => return None,
    })
}

/// What a worker does: each seed's modules, one after the other.
pub fn work(start: u64, seeds: u64, kinds: &[Kind], engines: &[EngineKind]) {
    for seed in start..start.saturating_add(seeds) {
        for kind in kinds {
            println!("start {kind} {seed}");
            match one(*kind, seed, engines) {
                Ok(Report { ops, calls, returned, endless, refused }) => {
                    println!("done {kind} {ops} {calls} {returned} {endless} {}", u8::from(refused));
                }
                Err(message) => println!("fail {kind} {seed} {}", message.replace('\n', "\u{1}")),
            }
        }
    }
}

/// One module. A panic is an error.
///
/// # Errors
///
/// It does not do the same everywhere.
pub fn one(kind: Kind, seed: u64, engines: &[EngineKind]) -> Result<Report, String> {
    caught(|| crate::check::check(&generate::module(kind, seed)?, seed, engines))
}

/// Calls `check`; a panic is an error.
///
/// # Errors
///
/// Those of `check`, and panics.
pub fn caught(check: impl FnOnce() -> Result<Report, String>) -> Result<Report, String> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(check)).unwrap_or_else(|payload| {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("without a message");
        Err(format!("panic: {text}"))
    })
}

fn lock<X>(mutex: &Mutex<X>) -> std::sync::MutexGuard<'_, X> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
