//! A run, from the options to the report.

use crate::catalogue::EXECUTION_BASELINE;
use crate::fetch::{Cache, Tools};
use crate::job::{EngineInfo, Outcome};
use crate::options::Options;
use crate::plan::{Plan, Step, plan};
use crate::results::{Entry, Results, Setting};
use crate::worker::{Processes, Workers};
use crate::{charts, report};
use indicatif::{ProgressBar, ProgressStyle};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Measures and writes the report. `root` is the folder `bench`; `program` contains the engines. Whether all outputs were
/// right.
///
/// # Errors
///
/// It could not be measured, or the report cannot be written.
pub fn run(options: &Options, root: &Path, program: &Path) -> Result<bool, String> {
    let place = Place::new(options, root);
    let earlier = options.compare.as_deref().map(Results::read).transpose()?;
    let results = match &options.from {
        Some(file) => Results::read(file)?,
        None => match measure(options, root, program, &place)? {
            Some(results) => results,
            None => return Ok(true),
        },
    };
    place.write(&results, earlier.as_ref())?;
    print!("{}", report::summary(&results, earlier.as_ref()));
    println!("\nThe report is {}.", place.page.display());
    for failure in &results.failures {
        eprintln!("FAILED {failure}");
    }
    Ok(results.failures.is_empty())
}

/// Measures; nothing if there is only a list to show.
fn measure(options: &Options, root: &Path, program: &Path, place: &Place) -> Result<Option<Results>, String> {
    let began = Instant::now();
    let folder = options.cache.clone().or_else(Cache::default_folder);
    let folder = folder.ok_or("there is no folder for the cache: name one with --cache")?;
    let tools = Tools::default();
    let mut workers = Processes::new(program, root, &tools)?;
    let cache = Cache::new(folder, options.offline, tools);
    let plan = plan(root, options, workers.engines(), &cache)?;
    if options.list {
        list(&plan, &workers);
        return Ok(None);
    }
    place.make()?;
    let results = execute(&plan, &mut workers, options.quick, |results| {
        results.setting.seconds = began.elapsed().as_secs();
        // Whoever stops a long run can still have the report of what was measured (`--from`).
        results.write(&place.figures())
    })?;
    Ok(Some(results))
}

fn list(plan: &Plan, workers: &dyn Workers) {
    for step in &plan.steps {
        let names: Vec<_> = step.engines.iter().map(|engine| &*workers.engines()[*engine].name).collect();
        println!("{} x{}: {}", step.name(), step.reps, names.join(" "));
    }
    for reason in plan.skipped.iter().chain(workers.missing()) {
        println!("{reason}");
    }
}

/// Makes all measurements of a plan. `each` is called with what there is after each step.
///
/// # Errors
///
/// Those of `each`.
pub fn execute(
    plan: &Plan,
    workers: &mut dyn Workers,
    quick: bool,
    mut each: impl FnMut(&mut Results) -> Result<(), String>,
) -> Result<Results, String> {
    let mut skipped = plan.skipped.clone();
    skipped.extend_from_slice(workers.missing());
    for reason in &skipped {
        eprintln!("{reason}");
    }
    let mut results = Results {
        setting: setting(quick),
        engines: workers.engines().to_vec(),
        skipped,
        ..Results::default()
    };
    let total = plan.steps.iter().map(|step| u64::from(step.reps) * step.engines.len() as u64).sum();
    let progress = ProgressBar::new(total);
    if let Ok(style) =
        ProgressStyle::with_template("{elapsed_precise} {bar:30} {pos}/{len}, {eta} left: {msg}")
    {
        progress.set_style(style);
    }
    progress.enable_steady_tick(Duration::from_secs(1));
    for (number, step) in plan.steps.iter().enumerate() {
        if progress.is_hidden() {
            eprintln!("{}/{} {}", number + 1, plan.steps.len(), step.name());
        }
        let entry = make(step, workers, &progress);
        check(step, &entry, workers.engines(), &mut results.failures);
        results.entries.push(entry);
        each(&mut results)?;
    }
    progress.finish_and_clear();
    Ok(results)
}

/// Makes the measurements of a step, engine by engine in each round.
fn make(step: &Step, workers: &mut dyn Workers, progress: &ProgressBar) -> Entry {
    let mut entry = Entry {
        measure: step.measure,
        subject: step.subject.clone(),
        code_section_bytes: step.code_section_bytes,
        outcomes: vec![Vec::new(); workers.engines().len()],
    };
    let mut spent = vec![Duration::ZERO; workers.engines().len()];
    for _ in 0..step.reps {
        for &engine in &step.engines {
            progress.set_message(format!("{} {}", step.name(), workers.engines()[engine].name));
            progress.inc(1);
            let gave_up = matches!(
                entry.outcomes[engine].last(),
                Some(Outcome::Unsupported { .. } | Outcome::Failed { .. })
            );
            if gave_up || spent[engine] >= step.budget {
                continue;
            }
            let began = Instant::now();
            let outcome = workers.measure(engine, step);
            spent[engine] += began.elapsed();
            entry.outcomes[engine].push(outcome);
        }
    }
    entry
}

/// Compares outputs: with what is expected, or else with those of the engine that is compared with anyway.
fn check(step: &Step, entry: &Entry, engines: &[EngineInfo], failures: &mut Vec<String>) {
    if !step.must_work {
        return;
    }
    let output =
        |engine: &usize| Some(entry.measurements(*engine).next()?.output_sha256.clone().unwrap_or_default());
    let baseline = engines.iter().position(|engine| engine.name == EXECUTION_BASELINE);
    let reference = baseline.iter().chain(&step.engines).find_map(output);
    let expected = step.expected_sha256.clone().or(reference);
    for &engine in &step.engines {
        let name = &engines[engine].name;
        for outcome in &entry.outcomes[engine] {
            match outcome {
                Outcome::Unsupported { .. } => {}
                Outcome::Failed { reason } => failures.push(format!("{} on {name}: {reason}", step.name())),
                Outcome::Measured(measurement) => {
                    let right = measurement.output_sha256 == expected;
                    if !right || measurement.exit_code != Some(0) {
                        let head = measurement.output_head.as_deref().unwrap_or("");
                        let code = measurement.exit_code.unwrap_or(-1);
                        failures.push(format!(
                            "{} on {name}: wrong output, which begins {head:?}; exit code {code}",
                            step.name()
                        ));
                    }
                }
            }
        }
    }
}

/// Where the report goes.
struct Place {
    page: PathBuf,
    /// The folder of charts and raw figures.
    folder: PathBuf,
    /// That folder as the page names it.
    prefix: &'static str,
}

impl Place {
    fn new(options: &Options, root: &Path) -> Place {
        let workspace = root.parent().unwrap_or(root);
        if options.publish {
            let folder = workspace.join("docs/benchmarks");
            return Place { page: workspace.join("docs/benchmarks.md"), folder, prefix: "benchmarks/" };
        }
        let folder = options.out.clone().unwrap_or_else(|| workspace.join("target/bench"));
        Place { page: folder.join("report.md"), folder, prefix: "" }
    }

    fn figures(&self) -> PathBuf {
        self.folder.join("results.json")
    }

    fn make(&self) -> Result<(), String> {
        let folder = &self.folder;
        std::fs::create_dir_all(folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))
    }

    fn write(&self, results: &Results, earlier: Option<&Results>) -> Result<(), String> {
        let save = |file: &Path, text: &str| {
            std::fs::write(file, text).map_err(|error| format!("cannot write {}: {error}", file.display()))
        };
        self.make()?;
        results.write(&self.figures())?;
        let mut drawn = Vec::new();
        for chart in charts::draw(results)? {
            save(&self.folder.join(chart.file), &chart.svg)?;
            drawn.push((format!("{}{}", self.prefix, chart.file), chart.title));
        }
        save(&self.page, &report::page(results, earlier, self.prefix, &drawn))
    }
}

fn setting(quick: bool) -> Setting {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    Setting {
        date: date(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()),
        processor: model.map_or_else(|| "unknown processor".to_owned(), |(_, name)| name.trim().to_owned()),
        processors: std::thread::available_parallelism().map_or(1, usize::from),
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        quick,
        seconds: 0,
    }
}

/// The day of a time since 1970, in the proleptic Gregorian calendar (Hinnant's `civil_from_days`).
fn date(since_1970: Duration) -> String {
    let days = since_1970.as_secs() / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Months are counted from March.
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, year) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    format!("{:04}-{month:02}-{day:02}", year_of_era + era * 400 + year)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_right() {
        let day = |days: u64| date(Duration::from_secs(days * 86_400 + 5));
        assert_eq!(day(0), "1970-01-01");
        assert_eq!(day(58), "1970-02-28");
        assert_eq!(day(11_016), "2000-02-29");
        assert_eq!(day(11_017), "2000-03-01");
        assert_eq!(day(20_818), "2026-12-31");
    }
}
