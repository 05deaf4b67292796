//! What many failures have in common.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::model::diagnosis::CauseEvent;
use crate::model::event::{Text, serialize_time};
use crate::model::words::{Band, Cause, Reason, RuleId, Severity, Variant};

/// A line to look at, and what stands there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// The file.
    pub file: Text,
    /// The line, from 1.
    pub line: u64,
    /// What its record says, without secrets and cut.
    pub text: Option<Text>,
}

/// One finding: why a set of requests failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pattern {
    /// Stable across runs: made of what the pattern is about, not of counts or times.
    pub pattern_id: String,
    /// The root cause.
    pub root_cause: Cause,
    /// A finer label.
    pub variant: Option<Variant>,
    /// What the refusals said.
    pub reason: Reason,
    /// The service that refused.
    pub service: Option<Text>,
    /// The diagnosis rule.
    pub rule: RuleId,
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
    /// Failures of which something was inferred and not read.
    #[serde(default)]
    pub inferred: u64,
    /// The first failure.
    #[serde(serialize_with = "serialize_time")]
    pub first: Option<DateTime<Utc>>,
    /// The last failure.
    #[serde(serialize_with = "serialize_time")]
    pub last: Option<DateTime<Utc>>,
    /// The client addresses of most failures, and so on: a few, the most frequent first.
    pub top_clients: Vec<Text>,
    /// See [`Pattern::top_clients`].
    pub top_subjects: Vec<Text>,
    /// See [`Pattern::top_clients`].
    pub top_kids: Vec<Text>,
    /// The one event to blame, where there is one.
    pub cause: Option<CauseEvent>,
    /// What it says in one sentence.
    pub says: String,
    /// What to do about it, and where.
    pub fix: String,
    /// How one sees that it worked.
    pub verify: Cow<'static, str>,
    /// Whether and when it ends by itself; empty where nobody knows.
    pub ends: Cow<'static, str>,
    /// A few lines to look at.
    pub samples: Vec<Sample>,
    /// What the service wrote beside each of them in words whose meaning is not known, without what varies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<Text>,
}
