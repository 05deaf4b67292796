//! Security findings, which are reported beside the failures.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::model::event::serialize_time;
use crate::model::name::Text;
use crate::model::pattern::Sample;
use crate::model::words::{RuleId, Severity};

/// Something that matters to security.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable across runs: made of what it is about.
    pub finding_id: String,
    /// The rule.
    pub rule: RuleId,
    /// How much it matters.
    pub severity: Severity,
    /// One sentence.
    pub says: String,
    /// What to do.
    pub fix: Cow<'static, str>,
    /// The service that let through, where it is one.
    pub service: Option<Text>,
    /// Distinct subjects.
    pub subjects: u64,
    /// Requests.
    pub requests: u64,
    /// How long after the deletion or the like a request still got through at most, in seconds.
    pub exposure_seconds: Option<i64>,
    /// The first request.
    #[serde(serialize_with = "serialize_time")]
    pub first: Option<DateTime<Utc>>,
    /// The last request.
    #[serde(serialize_with = "serialize_time")]
    pub last: Option<DateTime<Utc>>,
    /// The addresses of most requests: a few, the most frequent first.
    pub top_clients: Vec<Text>,
    /// The subjects of most requests, likewise.
    pub top_subjects: Vec<Text>,
    /// A few lines to look at: the deletion or the like, and what got through.
    pub samples: Vec<Sample>,
}
