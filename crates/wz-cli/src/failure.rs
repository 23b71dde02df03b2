//! Why a run ends without the guest's own exit code, and what is said about it.

use std::fmt::{self, Display};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use wz_api::{Error, ErrorKind};

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
            _ => Failure::new(file, error),
        }
    }

    /// Says what went wrong, on standard error.
    pub(crate) fn report(&self) {
        let Some(message) = &self.message else { return };
        // If standard error cannot be written to, nobody can be told so.
        let _ = writeln!(io::stderr().lock(), "error: {}: {message}", self.file.display());
    }
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
