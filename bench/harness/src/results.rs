//! What a run gave, as it is kept in a file.

use crate::job::{EngineInfo, Measurement, Outcome};
use crate::plan::Measure;
use crate::statistics::Summary;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// A run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// Where and how it was made.
    pub setting: Setting,
    /// The engines, in the order of the columns.
    pub engines: Vec<EngineInfo>,
    /// What was measured.
    pub entries: Vec<Entry>,
    /// What was left out, and why.
    pub skipped: Vec<String>,
    /// What went wrong: with any the run has failed.
    pub failures: Vec<String>,
}

/// Where and how a run was made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// The day, as `2026-11-21`.
    pub date: String,
    /// The processor.
    pub processor: String,
    /// How many processors there are.
    pub processors: usize,
    /// The operating system and the architecture.
    pub system: String,
    /// Whether it was the quick run.
    pub quick: bool,
    /// How long it took, in seconds.
    pub seconds: u64,
}

/// One thing, measured with every engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// What kind of measurement.
    pub measure: Measure,
    /// Of what.
    pub subject: String,
    /// Bytes of its code section.
    pub code_section_bytes: u64,
    /// The measurements of each engine, by its place among the engines; none for one that was not asked.
    pub outcomes: Vec<Vec<Outcome>>,
}

impl Entry {
    /// The measurements that an engine made.
    pub fn measurements(&self, engine: usize) -> impl Iterator<Item = &Measurement> {
        let outcomes = self.outcomes.get(engine).map_or(&[][..], Vec::as_slice);
        outcomes.iter().filter_map(|outcome| match outcome {
            Outcome::Measured(measurement) => Some(measurement),
            Outcome::Unsupported { .. } | Outcome::Failed { .. } => None,
        })
    }

    /// The summary of a figure of an engine.
    pub fn summary(&self, engine: usize, figure: &str) -> Option<Summary> {
        Summary::of(self.measurements(engine).filter_map(|measurement| measurement.figure(figure)))
    }

    /// The median of a figure of an engine.
    pub fn median(&self, engine: usize, figure: &str) -> Option<f64> {
        Some(self.summary(engine, figure)?.median)
    }
}

impl Results {
    /// The entries of a kind.
    pub fn of(&self, measure: Measure) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.measure == measure)
    }

    /// Whether an engine is another setting of one that is there too.
    pub fn is_variant(&self, engine: usize) -> bool {
        self.engines.get(engine).is_some_and(|info| info.variant_of.is_some())
    }

    /// The place of the engine called `name`.
    pub fn engine(&self, name: &str) -> Option<usize> {
        self.engines.iter().position(|engine| engine.name == name)
    }

    /// Reads what [`Results::write`] wrote.
    ///
    /// # Errors
    ///
    /// There is no such file, or it is something else.
    pub fn read(file: &Path) -> Result<Results, String> {
        let text = std::fs::read_to_string(file)
            .map_err(|error| format!("cannot read {}: {error}", file.display()))?;
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))
    }

    /// Writes JSON with one line for each entry, so that versions of the file can be compared.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn write(&self, file: &Path) -> Result<(), String> {
        let text = self.json().map_err(|error| error.to_string())?;
        std::fs::write(file, text).map_err(|error| format!("cannot write {}: {error}", file.display()))
    }

    fn json(&self) -> serde_json::Result<String> {
        let mut text = String::from("{\n");
        for (name, value) in [
            ("setting", serde_json::to_string(&self.setting)?),
            ("engines", serde_json::to_string(&self.engines)?),
            ("skipped", serde_json::to_string(&self.skipped)?),
            ("failures", serde_json::to_string(&self.failures)?),
        ] {
            text.push_str(&format!("\"{name}\": {value},\n"));
        }
        let entries = self.entries.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?;
        text.push_str(&format!("\"entries\": [\n{}\n]\n}}\n", entries.join(",\n")));
        Ok(text)
    }
}
