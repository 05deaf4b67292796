//! Events -> Diagnoses -> Patterns.

pub mod pattern;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::event::{Band, Cause, EventKind, Reason};
use pattern::Line;

/// A failed request and why it failed: one row of `--failures`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Failure {
    /// Stable across runs.
    pub failure_id: String,
    /// The earliest of its lines.
    pub time: Option<DateTime<Utc>>,
    /// The most specific of what its lines say.
    pub reason: Reason,
    /// The token's subject.
    pub sub: Option<String>,
    /// The token's key.
    pub kid: Option<String>,
    /// The token's issuer.
    pub iss: Option<String>,
    /// The token's audience.
    pub aud: Option<String>,
    /// Who asked.
    pub client_ip: Option<String>,
    /// Request id.
    pub request_id: Option<String>,
    /// Trace id.
    pub trace_id: Option<String>,
    /// The service that refused.
    pub service: Option<String>,
    /// HTTP method.
    pub method: Option<String>,
    /// Path, without query.
    pub path: Option<String>,
    /// HTTP status.
    pub status: Option<u16>,
    /// Why it failed.
    pub root_cause: Cause,
    /// A finer label.
    pub variant: Option<&'static str>,
    /// The diagnosis rule.
    pub rule: &'static str,
    /// 0 to 1.
    pub confidence: f64,
    /// The confidence as a word.
    pub band: Band,
    /// The one event to blame, where there is one.
    pub cause: Option<CauseEvent>,
    /// The lines that show it.
    pub evidence: Vec<Evidence>,
    /// What was looked for against it.
    pub counter: Vec<Counter>,
    /// What else it could have been.
    pub alternatives: Vec<Alternative>,
    /// Every line that told of this request.
    pub seen_in: Vec<Line>,
}

/// The event to blame.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CauseEvent {
    /// What it was.
    pub kind: EventKind,
    /// When.
    pub time: Option<DateTime<Utc>>,
    /// The id its log gave it.
    pub event_id: Option<String>,
    /// Where it stands.
    pub file: String,
    /// Where it stands.
    pub line: u64,
}

/// A line and what it shows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evidence {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// When.
    pub time: Option<DateTime<Utc>>,
    /// What it shows, in a few words.
    pub says: String,
}

/// Something looked for against a diagnosis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Counter {
    /// What was looked for.
    pub says: &'static str,
    /// `absent`, `present` or `not checkable`.
    pub result: &'static str,
}

/// Another cause that was considered.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Alternative {
    /// The cause.
    pub root_cause: Cause,
    /// Its rule.
    pub rule: &'static str,
    /// Its score, 0 to 1.
    pub score: f64,
    /// Why it was not chosen.
    pub why_not: String,
}
