//! What can be asked for on the command line.

use clap::Args;
use std::path::PathBuf;

/// Measures wz and its peers on the same work, and writes a report.
#[derive(Clone, Debug, Default, Args)]
pub struct Options {
    /// Only what daily work needs: six kernels, and compiling two modules.
    #[arg(long)]
    pub quick: bool,
    /// Only measurements whose name contains this, for instance `execution/fib` or `compile`.
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
    /// Only these engines: whole names, or projects (`wz`, `wasmtime`).
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub engines: Vec<String>,
    /// Processes for each measurement; long ones take fewer.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub reps: Option<u32>,
    /// Fetch nothing: modules that are not in the cache are left out.
    #[arg(long)]
    pub offline: bool,
    /// The folder of fetched modules.
    #[arg(long, value_name = "FOLDER")]
    pub cache: Option<PathBuf>,
    /// The folder for the report, the charts and the raw figures.
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
    /// The raw figures of an earlier run, to compare with.
    #[arg(long, value_name = "FILE")]
    pub compare: Option<PathBuf>,
    /// Measure nothing: write the report of these raw figures again.
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// Write the report to `docs/benchmarks.md` and the rest to `docs/benchmarks/`.
    #[arg(long)]
    pub publish: bool,
    /// Name every measurement and its engines, and measure nothing.
    #[arg(long)]
    pub list: bool,
}

impl Options {
    /// Whether the engine called `name` was asked for.
    pub fn wants_engine(&self, name: &str) -> bool {
        let project = name.split('-').next();
        let of = |wanted: &String| name == wanted || project == Some(wanted);
        self.engines.is_empty() || self.engines.iter().any(of)
    }

    /// Whether the measurement called `name` was asked for.
    pub fn wants(&self, name: &str) -> bool {
        self.filter.as_ref().is_none_or(|text| name.contains(text.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engines_are_named_whole_or_by_project() {
        let options = Options { engines: vec!["wz".into(), "wasmtime-winch".into()], ..Options::default() };
        for (name, wanted) in [
            ("wz-interp", true),
            ("wz", true),
            ("wzx", false),
            ("wasmtime-winch", true),
            ("wasmtime-winch-more", false),
            ("wasmtime-cranelift", false),
        ] {
            assert_eq!(options.wants_engine(name), wanted, "{name}");
        }
        assert!(Options::default().wants_engine("anything"));
    }
}
