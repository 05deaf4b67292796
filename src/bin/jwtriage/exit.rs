//! How a run ended, as a number for cron and scripts.

use std::fmt;
use std::process::ExitCode;

/// The exit codes of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Done = 0,
    /// Done, and a pattern is at or above `--fail-on`.
    Findings = 1,
    /// Could not run; nothing was written.
    CouldNotRun = 2,
    /// Done, but some input could not be read.
    Incomplete = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// The way out of an error, shown on a line of its own.
#[derive(Debug, Clone)]
pub(crate) struct Hint(pub(crate) String);

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
