//! Why a command ends without the exit code it should have, and what is said about it.

use crate::stdio::Stream;
use clap::builder::styling::AnsiColor;
use std::fmt::{self, Display, Write as _};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use wz_api::{Error, ErrorKind, Features};

/// Exit code of invalid modules, link errors, traps and whatever else goes wrong.
pub(crate) const FAILED: u8 = 1;
/// Exit code of wrong usage.
pub(crate) const USAGE: u8 = 2;
/// Exit code of a run that took longer than `--timeout`.
pub(crate) const TIMEOUT: u8 = 124;

/// A reason to stop, with the file that it is about.
#[derive(Debug)]
pub(crate) struct Failure {
    file: PathBuf,
    message: Option<String>,
    pub(crate) status: u8,
}

impl Failure {
    pub(crate) fn new(file: &Path, message: impl Display) -> Failure {
        Failure { file: file.to_owned(), message: Some(message.to_string()), status: FAILED }
    }

    /// The same with another exit code.
    pub(crate) fn with_status(self, status: u8) -> Failure {
        Failure { status, ..self }
    }

    /// Nobody reads the output any more: there is nothing to say, and nobody to say it to.
    pub(crate) fn closed_pipe(file: &Path) -> Failure {
        Failure { file: file.to_owned(), message: None, status: FAILED }
    }

    /// An error of standard output.
    pub(crate) fn of_output(file: &Path, error: io::Error) -> Failure {
        match error.downcast::<Error>() {
            Ok(own) => Failure::of_error(file, &own),
            Err(other) => Failure::new(file, format_args!("cannot write to standard output: {other}")),
        }
    }

    /// An error of the library.
    pub(crate) fn of_error(file: &Path, error: &Error) -> Failure {
        if error.downcast_host::<ClosedPipe>().is_some() {
            return Failure::closed_pipe(file);
        }
        match error.kind() {
            ErrorKind::Link(e) => {
                let lines = e.message.lines().map(|line| format!("\n  {line}")).collect::<String>();
                Failure::new(file, format_args!("cannot be linked:{lines}"))
            }
            ErrorKind::Compile(e) => match missing_feature(&e.message) {
                Some(name) => {
                    Failure::new(file, format_args!("{error}\n  this build of wz does not have {name}"))
                }
                None => Failure::new(file, error),
            },
            _ => Failure::new(file, error),
        }
    }

    /// Says what went wrong, on standard error.
    pub(crate) fn report(&self, stderr: &mut Stream) {
        let Some(message) = &self.message else { return };
        let file = match self.file.as_os_str() {
            // Nothing would be seen of it.
            empty if empty.is_empty() => "\"\"".into(),
            _ => self.file.to_string_lossy(),
        };
        let text = printable(&format!("{file}: {message}"));
        say(stderr, "error", AnsiColor::Red, &text);
    }
}

/// Tells about what is not as it should be, and does not matter to the result.
pub(crate) fn warn(stderr: &mut Stream, message: &str) {
    say(stderr, "warning", AnsiColor::Yellow, &printable(message));
}

fn say(stderr: &mut Stream, label: &str, colour: AnsiColor, text: &str) {
    let coloured = anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never;
    let style = if coloured { colour.on_default().bold() } else { Default::default() };
    // If standard error cannot be written to, nobody can be told so.
    let _ = stderr.end_line();
    let _ = stderr.write_all(format!("{style}{label}:{style:#} {text}\n").as_bytes());
}

/// The feature that a compile error says is disabled, if this build cannot enable it.
fn missing_feature(message: &str) -> Option<&str> {
    let (name, _) = message.strip_prefix("feature \"")?.split_once('"')?;
    let feature = Features::by_name(name)?;
    (!Features::BUILT.contains(feature)).then_some(name)
}

/// The greatest number of characters of a line that are shown: messages quote lines of texts, and names.
const WIDTH: usize = 500;

/// A message without what would steer a terminal, and without endless lines.
fn printable(message: &str) -> String {
    let mut text = String::new();
    for (i, line) in message.lines().enumerate() {
        if i > 0 {
            text.push('\n');
        }
        for c in line.chars().take(WIDTH) {
            if c.is_control() && c != '\t' {
                text.extend(c.escape_default());
            } else {
                text.push(c);
            }
        }
        let left = line.chars().count().saturating_sub(WIDTH);
        if left > 0 {
            // Writing to a string does not fail.
            let _ = write!(text, "… ({left} more characters)");
        }
    }
    text
}

/// The guest wrote to a pipe that nobody reads any more.
#[derive(Debug)]
pub(crate) struct ClosedPipe;

impl fmt::Display for ClosedPipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the output's reader is gone")
    }
}

impl std::error::Error for ClosedPipe {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_do_not_steer_terminals() {
        assert_eq!(printable("a\u{1b}[2J\r\u{9b}b\n\tc\u{7}"), "a\\u{1b}[2J\\r\\u{9b}b\n\tc\\u{7}");
        let long = printable(&"x".repeat(WIDTH + 7));
        assert_eq!(long, "x".repeat(WIDTH) + "… (7 more characters)");
    }

    #[test]
    fn only_features_that_are_not_built_are_missing() {
        assert_eq!(missing_feature("feature \"gc\" is disabled: x"), Some("gc"));
        assert_eq!(missing_feature("feature \"simd\" is disabled: x"), None);
        assert_eq!(missing_feature("feature \"x\" is disabled"), None);
        assert_eq!(missing_feature("type mismatch"), None);
    }
}
