//! Diagnoses -> Patterns: failures that share rule, service and what is to blame become one finding.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::CauseEvent;
use crate::event::{Band, Cause, Reason, Severity};

/// A line of an input, as evidence names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Line {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
}

/// One finding: why a set of requests failed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pattern {
    /// Stable across runs: made of what the pattern is about, not of counts or times.
    pub pattern_id: String,
    /// The root cause.
    pub root_cause: Cause,
    /// A finer label.
    pub variant: Option<&'static str>,
    /// What the refusals said.
    pub reason: Reason,
    /// The service that refused.
    pub service: Option<String>,
    /// The diagnosis rule.
    pub rule: &'static str,
    /// How sure.
    pub band: Band,
    /// The mean confidence of its failures, 0 to 1.
    pub confidence: f64,
    /// How much it matters.
    pub severity: Severity,
    /// Failed requests.
    pub failures: u64,
    /// Distinct subjects.
    pub subjects: u64,
    /// Distinct client addresses.
    pub clients: u64,
    /// The first failure.
    pub first: Option<DateTime<Utc>>,
    /// The last failure.
    pub last: Option<DateTime<Utc>>,
    /// The one event to blame, where there is one.
    pub cause: Option<CauseEvent>,
    /// What it says in one sentence.
    pub says: String,
    /// What to do about it.
    pub fix: String,
    /// A few lines to look at.
    pub samples: Vec<Line>,
}
