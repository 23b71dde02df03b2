//! The report: tables of ratios, and what they mean.

use crate::catalogue::{COMPILE_BASELINE, EXECUTION_BASELINE};
use crate::job::{Outcome, figure};
use crate::plan::Measure;
use crate::results::{Entry, Results};
use crate::statistics::{Summary, geometric_mean};
use std::fmt::Write as _;

/// The geometric means of execution ratios, for each engine.
#[derive(Clone, Debug, PartialEq)]
pub struct Means {
    /// Over the kernels that every engine ran that ran any.
    pub shared: Vec<Option<f64>>,
    /// How many kernels these are.
    pub shared_count: usize,
    /// Over all kernels, of the engines that ran all.
    pub all: Vec<Option<f64>>,
}

/// The engine that ratios refer to: `preferred`, if it measured the figure in all of `entries`, else the first that did.
fn baseline(results: &Results, entries: &[&Entry], name: &str, preferred: &str) -> Option<usize> {
    let complete = |engine: &usize| entries.iter().all(|entry| entry.median(*engine, name).is_some());
    results.engine(preferred).filter(complete).or_else(|| (0..results.engines.len()).find(complete))
}

/// The engine that execution ratios refer to.
pub fn execution_baseline(results: &Results) -> Option<usize> {
    let entries: Vec<_> = results.of(Measure::Execution).collect();
    baseline(results, &entries, figure::RUN_CPU, EXECUTION_BASELINE)
}

/// What an engine's CPU time in a kernel is of the baseline's.
pub fn execution_ratio(results: &Results, entry: &Entry, engine: usize) -> Option<f64> {
    let base = execution_baseline(results)?;
    Some(entry.median(engine, figure::RUN_CPU)? / entry.median(base, figure::RUN_CPU)?)
}

/// Megabytes of code section that an engine compiles in a CPU second.
pub fn compile_throughput(entry: &Entry, engine: usize) -> Option<f64> {
    let milliseconds = entry.median(engine, figure::COMPILE_CPU)?;
    (milliseconds > 0.0).then(|| entry.code_section_bytes as f64 / 1e3 / milliseconds)
}

/// The geometric means of execution.
pub fn execution_means(results: &Results) -> Means {
    let entries: Vec<_> = results.of(Measure::Execution).collect();
    let ratios = |engine: usize| -> Vec<_> {
        entries.iter().map(|entry| execution_ratio(results, entry, engine)).collect()
    };
    let (shared, shared_count) = shared_means(results, ratios);
    let all = (0..results.engines.len())
        .map(|engine| geometric_mean(ratios(engine).into_iter().collect::<Option<Vec<_>>>()?))
        .collect();
    Means { shared, shared_count, all }
}

/// The geometric means of compile throughput on one thread.
pub fn compile_means(results: &Results) -> Vec<Option<f64>> {
    let entries: Vec<_> = results.of(Measure::Compile).collect();
    shared_means(results, |engine| entries.iter().map(|entry| compile_throughput(entry, engine)).collect()).0
}

/// For each engine the geometric mean over the rows that all engines have that have any; and how many rows these are.
fn shared_means(results: &Results, values: impl Fn(usize) -> Vec<Option<f64>>) -> (Vec<Option<f64>>, usize) {
    // Variants have a table of their own.
    let values = |engine| if results.is_variant(engine) { Vec::new() } else { values(engine) };
    let columns: Vec<_> = (0..results.engines.len()).map(values).collect();
    let there: Vec<_> = columns.iter().filter(|column| column.iter().any(Option::is_some)).collect();
    let rows = columns.iter().map(Vec::len).max().unwrap_or(0);
    let shared: Vec<_> = (0..rows).filter(|row| there.iter().all(|column| column[*row].is_some())).collect();
    let mean = |column: &Vec<Option<f64>>| {
        geometric_mean(shared.iter().map(|row| *column.get(*row)?).collect::<Option<Vec<_>>>()?)
    };
    (columns.iter().map(mean).collect(), shared.len())
}

/// A table: a heading for each column, and rows.
struct Table {
    heads: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    fn new(heads: impl IntoIterator<Item = impl Into<String>>) -> Table {
        Table { heads: heads.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    fn row(&mut self, cells: impl IntoIterator<Item = impl Into<String>>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    fn write(&self, page: &mut String) {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        page.push_str(&line(&self.heads));
        page.push_str("| --- ");
        page.push_str(&"| ---: ".repeat(self.heads.len().saturating_sub(1)));
        page.push_str("|\n");
        for row in &self.rows {
            page.push_str(&line(row));
        }
        page.push('\n');
    }
}

/// Three digits that count.
fn digits(value: f64) -> String {
    match value {
        v if v >= 100.0 => format!("{v:.0}"),
        v if v >= 10.0 => format!("{v:.1}"),
        v if v >= 1.0 => format!("{v:.2}"),
        v => format!("{v:.3}"),
    }
}

fn cell(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), digits)
}

fn ratio(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"))
}

/// The engines that measured something in `entries`, without variants.
fn columns(results: &Results, entries: &[&Entry]) -> Vec<usize> {
    let engines = (0..results.engines.len()).filter(|engine| !results.is_variant(*engine));
    engines
        .filter(|engine| entries.iter().any(|entry| entry.measurements(*engine).next().is_some()))
        .collect()
}

fn heads<'r>(results: &'r Results, first: &'r str, columns: &'r [usize]) -> impl Iterator<Item = &'r str> {
    std::iter::once(first).chain(columns.iter().map(|engine| &*results.engines[*engine].name))
}

/// The whole page. `charts` are files and titles; `folder` is what the names of files beside the page begin with.
pub fn page(results: &Results, earlier: Option<&Results>, folder: &str, charts: &[(String, &str)]) -> String {
    let mut page = String::from(include_str!("page.md"));
    let _ =
        write!(page, "The raw figures, every repetition, are in [results.json]({folder}results.json).\n\n");
    let setting = &results.setting;
    let asked = |engine: &usize| {
        results.entries.iter().any(|entry| !entry.outcomes.get(*engine).is_none_or(Vec::is_empty))
    };
    let engines: Vec<_> = (0..results.engines.len())
        .filter(asked)
        .map(|engine| format!("{} {}", results.engines[engine].name, results.engines[engine].version))
        .collect();
    let kind = if setting.quick { "quick run" } else { "run" };
    let _ = write!(
        page,
        "## The newest {kind}\n\n{}; {}, {} processors, {}; {} minutes. Engines: {}.\n\n",
        setting.date,
        setting.processor,
        setting.processors,
        setting.system,
        setting.seconds.div_ceil(60),
        engines.join(", "),
    );
    page.push_str(&means(results));
    for (file, title) in charts {
        let _ = write!(page, "![{title}]({file})\n\n");
    }
    execution(results, &mut page);
    variants(results, &mut page);
    section(&mut page, "Compiling", |page| compile(results, page));
    section(&mut page, "From the file to the result", |page| programs(results, page));
    costs(results, &mut page);
    spread(results, &mut page);
    if let Some(earlier) = earlier {
        comparison(results, earlier, &mut page);
    }
    notes(results, &mut page);
    while page.ends_with("\n\n") {
        page.pop();
    }
    page
}

/// Several tables below one heading, which is left out where there is none.
fn section(page: &mut String, heading: &str, tables: impl FnOnce(&mut String)) {
    let mut text = String::new();
    tables(&mut text);
    if !text.is_empty() {
        let _ = write!(page, "### {heading}\n\n{text}");
    }
}

/// What the terminal shows at the end.
pub fn summary(results: &Results, earlier: Option<&Results>) -> String {
    let mut text = means(results);
    variants(results, &mut text);
    if let Some(earlier) = earlier {
        comparison(results, earlier, &mut text);
    }
    text
}

fn means(results: &Results) -> String {
    let means = execution_means(results);
    let throughput = compile_means(results);
    let mut table = Table::new([
        "engine",
        "execution, ratio to the baseline",
        "compile, MB of code a CPU second",
        "compile, ratio to Winch's time",
    ]);
    let winch = results.engine(COMPILE_BASELINE).and_then(|engine| throughput[engine]);
    for (engine, info) in results.engines.iter().enumerate() {
        if means.shared[engine].is_none() && throughput[engine].is_none() {
            continue;
        }
        let time = winch.zip(throughput[engine]).map(|(winch, own)| winch / own);
        table.row([
            info.name.clone(),
            ratio(means.shared[engine]),
            cell(throughput[engine]),
            time.map_or_else(|| "-".to_owned(), |time| format!("{time:.3}")),
        ]);
    }
    let mut text = String::new();
    if !table.rows.is_empty() {
        let rows = match means.shared_count {
            0 => "modules".to_owned(),
            kernels => format!("{kernels} kernels and the modules"),
        };
        let _ = write!(text, "Geometric means, over the {rows} that all engines have:\n\n");
        table.write(&mut text);
    }
    text
}

fn execution(results: &Results, page: &mut String) {
    let entries: Vec<_> = results.of(Measure::Execution).collect();
    let Some(base) = execution_baseline(results) else { return };
    if entries.is_empty() {
        return;
    }
    let columns = columns(results, &entries);
    let base_name = &results.engines[base].name;
    let _ = write!(
        page,
        "### Execution\n\nCPU time of `_start`, as a multiple of {base_name}'s; smaller is faster.\n\n"
    );
    let first = format!("{base_name}, ms");
    let names = columns.iter().map(|engine| results.engines[*engine].name.as_str());
    let mut table = Table::new(["kernel", &first].into_iter().chain(names));
    for entry in &entries {
        let cells = columns.iter().map(|engine| ratio(execution_ratio(results, entry, *engine)));
        let time = cell(entry.median(base, figure::RUN_CPU));
        table.row([entry.subject.clone(), time].into_iter().chain(cells));
    }
    let means = execution_means(results);
    let row = |name: String, values: &[Option<f64>]| {
        let cells: Vec<_> = columns.iter().map(|engine| ratio(values[*engine])).collect();
        [name, String::new()].into_iter().chain(cells)
    };
    if entries.len() > 1 {
        table.row(row(format!("geometric mean of the {} that all run", means.shared_count), &means.shared));
        table.row(row(format!("geometric mean of all {}", entries.len()), &means.all));
    }
    table.write(page);
}

/// What settings of an engine cost: execution ratios to the engine itself.
fn variants(results: &Results, page: &mut String) {
    let entries: Vec<_> = results.of(Measure::Execution).collect();
    let mut table = Table::new(["", "geometric mean", "least", "greatest", "in"]);
    for info in &results.engines {
        let Some((of, engine)) = info
            .variant_of
            .as_deref()
            .and_then(|of| Some((results.engine(of)?, results.engine(&info.name)?)))
        else {
            continue;
        };
        let ratios = entries.iter().filter_map(|entry| {
            let (own, other) = (entry.median(engine, figure::RUN_CPU)?, entry.median(of, figure::RUN_CPU)?);
            Some((own / other, entry.subject.as_str()))
        });
        let ratios: Vec<_> = ratios.collect();
        let values = || ratios.iter().map(|(ratio, _)| *ratio);
        let (Some(summary), Some(mean)) = (Summary::of(values()), geometric_mean(values())) else { continue };
        let worst = ratios.iter().max_by(|a, b| a.0.total_cmp(&b.0)).map_or("", |(_, subject)| *subject);
        let cells = [mean, summary.min, summary.max].map(|value| format!("{value:.3}"));
        table.row([info.name.clone()].into_iter().chain(cells).chain([worst.to_owned()]));
    }
    if !table.rows.is_empty() {
        page.push_str(
            "Settings that are off unless asked for: CPU time as a multiple of the same engine's without. `interruption` \
             lets other threads stop a guest; `checked` compares addresses with the memory's length, where there is no \
             address space for guard pages.\n\n",
        );
        table.write(page);
    }
}

/// A table with a row for each entry of a kind; nothing where nothing was measured.
fn entry_table(
    results: &Results,
    measure: Measure,
    page: &mut String,
    heading: &str,
    cell: impl Fn(&Entry, usize) -> Option<String>,
) {
    let entries: Vec<_> = results.of(measure).collect();
    let mut columns = columns(results, &entries);
    columns.retain(|engine| entries.iter().any(|entry| cell(entry, *engine).is_some()));
    if columns.is_empty() {
        return;
    }
    let _ = write!(page, "{heading}\n\n");
    let mut table = Table::new(heads(results, "", &columns));
    for entry in &entries {
        let cells = columns.iter().map(|engine| cell(entry, *engine).unwrap_or_else(|| "-".to_owned()));
        let size = entry.code_section_bytes as f64 / 1e3;
        let name = match measure {
            Measure::Start | Measure::Program => entry.subject.clone(),
            _ if size < 100.0 => format!("{}, {size:.0} KB of code", entry.subject),
            _ => format!("{}, {:.1} MB of code", entry.subject, size / 1e3),
        };
        table.row(std::iter::once(name).chain(cells));
    }
    table.write(page);
}

fn compile(results: &Results, page: &mut String) {
    let heading = "One thread: CPU milliseconds (MB of code section a second).";
    entry_table(results, Measure::Compile, page, heading, |entry, engine| {
        let time = entry.median(engine, figure::COMPILE_CPU)?;
        Some(format!("{} ({})", digits(time), cell(compile_throughput(entry, engine))))
    });
    let heading = "All threads: wall milliseconds; in brackets how many times as fast as one thread. Engines that compile on \
                   one thread alone are here too.";
    entry_table(results, Measure::CompileParallel, page, heading, |entry, engine| {
        let time = entry.median(engine, figure::COMPILE_WALL)?;
        let alone = results.of(Measure::Compile).find(|alone| alone.subject == entry.subject);
        let alone = alone.and_then(|alone| alone.median(engine, figure::COMPILE_WALL));
        Some(match alone {
            Some(alone) => format!("{} ({:.2})", digits(time), alone / time),
            None => digits(time),
        })
    });
    let heading = "The most memory that the process had while it compiled on one thread, in MiB, the module's file included.";
    entry_table(results, Measure::Compile, page, heading, |entry, engine| {
        Some(digits(entry.median(engine, figure::PEAK_RSS)? / 1024.0))
    });
    let heading = "Bytes of compiled code for each byte of the code section.";
    entry_table(results, Measure::Compile, page, heading, |entry, engine| {
        let bytes = entry.median(engine, figure::CODE_BYTES)?;
        Some(format!("{:.2}", bytes / entry.code_section_bytes as f64))
    });
}

fn programs(results: &Results, page: &mut String) {
    let heading = "From reading the module's file to its first output: wall milliseconds, all threads.";
    entry_table(results, Measure::Start, page, heading, |entry, engine| {
        entry.median(engine, figure::FIRST_OUTPUT).map(digits)
    });
    let heading = "A large program (Yosys reads a small design and synthesises it): wall milliseconds, all threads: compile + run = from the file to the result.";
    entry_table(results, Measure::Program, page, heading, |entry, engine| {
        let compile = entry.median(engine, figure::COMPILE_WALL)?;
        let run = entry.median(engine, figure::RUN_WALL)?;
        let total = entry.median(engine, figure::TOTAL_WALL)?;
        Some(format!("{compile:.0} + {run:.0} = {total:.0}"))
    });
}

fn costs(results: &Results, page: &mut String) {
    let heading = "### Loading compiled code\n\nWall milliseconds, the file in the system's cache; in brackets its size in MB.";
    entry_table(results, Measure::Load, page, heading, |entry, engine| {
        let time = entry.median(engine, figure::LOAD_WALL)?;
        let size = entry.median(engine, figure::ARTEFACT_BYTES)? / 1e6;
        Some(format!("{} ({size:.1})", digits(time)))
    });
    let heading = "### Instances\n\nCPU microseconds of making a store with what the module imports (functions that trap; wasmtime and wasmi make \
                   them once, for all stores) + an instance in it + of dropping both. V8's stores are not of the program's making.";
    entry_table(results, Measure::Instantiate, page, heading, |entry, engine| {
        let phases = [figure::STORE, figure::INSTANTIATE, figure::DROP];
        let times: Vec<_> = phases.iter().filter_map(|name| entry.median(engine, name)).map(digits).collect();
        (!times.is_empty()).then(|| times.join(" + "))
    });
    let entries: Vec<_> = results.of(Measure::Calls).collect();
    let columns = columns(results, &entries);
    let Some(entry) = entries.first().filter(|_| !columns.is_empty()) else { return };
    page.push_str(
        "### Calls\n\nCPU nanoseconds of one call, the loop around it included. V8's host is JavaScript.\n\n",
    );
    let mut table = Table::new(heads(results, "", &columns));
    for (name, what) in figure::CALLS {
        let cells = columns.iter().map(|engine| cell(entry.median(*engine, name)));
        table.row(std::iter::once((*what).to_owned()).chain(cells));
    }
    table.write(page);
}

/// How far the repetitions of one measurement are apart.
fn spread(results: &Results, page: &mut String) {
    let spreads = |measure: Measure, name: &str, engine: usize| {
        let summaries = results.of(measure).filter_map(|entry| entry.summary(engine, name));
        let spreads = summaries.filter(|summary| summary.count > 1).map(|summary| summary.spread() * 100.0);
        Summary::of(spreads.collect::<Vec<_>>())
    };
    let mut table = Table::new(["engine", "execution: median", "greatest", "compile: median", "greatest"]);
    for (engine, info) in results.engines.iter().enumerate() {
        let run = spreads(Measure::Execution, figure::RUN_CPU, engine);
        let compile = spreads(Measure::Compile, figure::COMPILE_CPU, engine);
        if run.is_none() && compile.is_none() {
            continue;
        }
        let cells = [run, compile]
            .into_iter()
            .flat_map(|summary| [summary.map(|s| s.median), summary.map(|s| s.max)]);
        let percent =
            |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.1} %"));
        table.row(std::iter::once(info.name.clone()).chain(cells.map(percent)));
    }
    if !table.rows.is_empty() {
        page.push_str(
            "### Spread\n\nFrom the least to the greatest of the repetitions, as a part of the median: the median of all \
             rows, and the greatest.\n\n",
        );
        table.write(page);
    }
}

/// The geometric means beside those of an earlier run.
fn comparison(results: &Results, earlier: &Results, page: &mut String) {
    let now = (execution_means(results).shared, compile_means(results));
    let then = (execution_means(earlier).shared, compile_means(earlier));
    let mut table =
        Table::new(["engine", "execution, then", "now", "change", "compile, then", "now", "change"]);
    let change = |then: Option<f64>, now: Option<f64>| {
        let change = then.zip(now).map(|(then, now)| (now / then - 1.0) * 100.0);
        change.map_or_else(|| "-".to_owned(), |change| format!("{change:+.1} %"))
    };
    for (engine, info) in results.engines.iter().enumerate() {
        let Some(before) = earlier.engine(&info.name) else { continue };
        let run = (then.0[before], now.0[engine]);
        let compile = (then.1[before], now.1[engine]);
        if run.1.is_none() && compile.1.is_none() {
            continue;
        }
        table.row([
            info.name.clone(),
            ratio(run.0),
            ratio(run.1),
            change(run.0, run.1),
            cell(compile.0),
            cell(compile.1),
            change(compile.0, compile.1),
        ]);
    }
    if !table.rows.is_empty() {
        let _ = write!(page, "### Beside an earlier run, of {}\n\n", earlier.setting.date);
        table.write(page);
    }
}

/// What is missing, and why.
fn notes(results: &Results, page: &mut String) {
    let mut lines: Vec<String> =
        results.failures.iter().map(|failure| format!("**Failed**: {failure}")).collect();
    lines.extend(results.skipped.iter().cloned());
    let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
    for entry in &results.entries {
        for (engine, outcomes) in entry.outcomes.iter().enumerate() {
            let (Some(Outcome::Unsupported { reason } | Outcome::Failed { reason }), Some(info)) =
                (outcomes.last(), results.engines.get(engine))
            else {
                continue;
            };
            let reason = format!("{}: {}", info.name, first_line(reason));
            let name = format!("{}/{}", entry.measure.name(), entry.subject);
            match reasons.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, names)) => names.push(name),
                None => reasons.push((reason, vec![name])),
            }
        }
    }
    lines.extend(reasons.into_iter().map(|(reason, names)| format!("{reason} ({})", names.join(", "))));
    if !lines.is_empty() {
        page.push_str("### What is missing\n\n");
        for line in lines {
            let _ = writeln!(page, "* {line}");
        }
        page.push('\n');
    }
}

fn first_line(text: &str) -> String {
    const MOST: usize = 160;
    let line = text.lines().next().unwrap_or("");
    if line.chars().count() <= MOST {
        return line.to_owned();
    }
    line.chars().take(MOST).chain("...".chars()).collect()
}
