//! Report: the Patterns and how they were found. One value from which every format is rendered.

pub mod csv;
pub mod escape;
pub mod html;
pub mod json;
pub mod markdown;
pub mod rows;
#[cfg(test)]
mod sample;
pub mod summary;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::correlate::Failure;
use crate::correlate::pattern::Pattern;
use crate::detect::Books;
use crate::event::{Event, Problem};
use crate::scan::StreamBooks;

/// The version of the report's shape: the first number changes when a field goes or changes its meaning.
pub const SCHEMA_VERSION: &str = "1.0";

/// A run and what it found.
#[derive(Debug, Serialize)]
pub struct Report {
    /// See [`SCHEMA_VERSION`].
    pub schema_version: &'static str,
    /// How the patterns were found.
    pub run: Run,
    /// What happened, the most failures first.
    pub patterns: Vec<Pattern>,
}

/// How the patterns were found.
#[derive(Debug, Serialize)]
pub struct Run {
    /// The program and its version.
    pub tool: String,
    /// The paths as they were given.
    pub inputs: Vec<String>,
    /// What was asked for, by the names of the options.
    pub parameters: Vec<(String, String)>,
    /// The earliest and the latest event; `None` without events that bear a time.
    pub first: Option<DateTime<Utc>>,
    /// See `first`.
    pub last: Option<DateTime<Utc>>,
    /// Failed requests.
    pub failures: u64,
    /// Refused requests that turned out to have nothing to do with a token (CSRF, passwords, webhooks).
    pub unrelated_refusals: u64,
    /// Events, by kind.
    pub events: Vec<(&'static str, u64)>,
    /// What became of every record of all inputs.
    pub books: Books,
    /// The same, for each input.
    pub streams: Vec<StreamBooks>,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// What would have helped to decide and is not in the inputs.
    pub gaps: Vec<String>,
    /// Streams whose time stamps name no zone, and the zone they were read in.
    pub zones: Vec<Zone>,
    /// How many ids the second pass looked for; 0 where it was not needed.
    pub chased_ids: u64,
}

/// The zone a stream without zones was read in.
#[derive(Debug, Clone, Serialize)]
pub struct Zone {
    /// The stream.
    pub file: String,
    /// Seconds east of UTC.
    pub offset_seconds: i32,
    /// What proves it; `None` where it is the default.
    pub proof: Option<String>,
}

/// Everything a run can write.
#[derive(Debug)]
pub struct Results {
    /// The pattern report.
    pub report: Report,
    /// One for each failed request.
    pub failures: Vec<Failure>,
    /// One for each event.
    pub events: Vec<Event>,
    /// The names of streams, by [`crate::event::StreamId`].
    pub files: Vec<String>,
    /// The ids of signatures, by [`crate::event::SignatureId`].
    pub signatures: Vec<String>,
}
