//! A failed request and why it failed.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::model::event::{Place, Text, serialize_time};
use crate::model::id::Id;
use crate::model::name::Name;
use crate::model::words::{Band, Cause, EventKind, How, InferredField, Presence, Reason, RuleId, Variant};

/// A failed request and why it failed: one row of `--failures`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// Stable across runs.
    pub failure_id: String,
    /// The pattern it is of.
    pub pattern_id: Name,
    /// The earliest of its lines.
    #[serde(serialize_with = "serialize_time")]
    pub time: Option<DateTime<Utc>>,
    /// The most specific of what its lines say.
    pub reason: Reason,
    /// The token's subject.
    pub sub: Option<Name>,
    /// The token's key.
    pub kid: Option<Name>,
    /// The token's issuer.
    pub iss: Option<Name>,
    /// The token's audience.
    pub aud: Option<Name>,
    /// Address of the client.
    pub client_ip: Option<Name>,
    /// Request id.
    pub request_id: Option<Id>,
    /// Trace id.
    pub trace_id: Option<Id>,
    /// The service that refused.
    pub service: Option<Name>,
    /// HTTP method.
    pub method: Option<Name>,
    /// Path, without query.
    pub path: Option<Name>,
    /// HTTP status.
    pub status: Option<u16>,
    /// Why it failed.
    pub root_cause: Cause,
    /// A finer label.
    pub variant: Option<Variant>,
    /// The diagnosis rule.
    pub rule: RuleId,
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
    /// Every line of this request.
    pub seen_in: Vec<Line>,
    /// What of it no line says; empty where all was read.
    #[serde(default)]
    pub inferred: Vec<Inference>,
    /// What its service wrote beside it in words whose meaning is not known, without what varies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<Name>,
}

/// Something that no line of a request says, and follows from other lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inference {
    /// The column that holds it.
    pub field: InferredField,
    /// How it was inferred.
    pub how: How,
    /// The line it was inferred from.
    pub from: Option<Line>,
    /// Another line fits as well.
    #[serde(default, skip_serializing_if = "is_false")]
    pub ambiguous: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// The event to blame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CauseEvent {
    /// What it was.
    pub kind: EventKind,
    /// When.
    #[serde(serialize_with = "serialize_time")]
    pub time: Option<DateTime<Utc>>,
    /// The id its log gave it.
    pub event_id: Option<Text>,
    /// Where it stands.
    pub file: Text,
    /// Where it stands.
    pub line: u64,
    /// What its record says, without secrets and cut.
    pub text: Option<Text>,
}

/// A line and what it shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The file.
    pub file: Text,
    /// The line, from 1.
    pub line: u64,
    /// When.
    #[serde(serialize_with = "serialize_time")]
    pub time: Option<DateTime<Utc>>,
    /// What it shows, in a few words.
    pub says: Cow<'static, str>,
    /// What the record itself says, without secrets and cut.
    pub text: Option<Name>,
}

/// Something looked for against a diagnosis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counter {
    /// What was looked for.
    pub says: Cow<'static, str>,
    /// What came of it.
    pub result: Presence,
}

/// Another cause that was considered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alternative {
    /// The cause.
    pub root_cause: Cause,
    /// Its rule.
    pub rule: RuleId,
    /// Its score, 0 to 1.
    pub score: f64,
    /// Why it was not chosen.
    pub why_not: Cow<'static, str>,
}

/// A line of an input, as evidence names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Line {
    /// The file.
    pub file: Text,
    /// The line, from 1.
    pub line: u64,
}

impl Line {
    /// The line at a place; `files` are the names of the streams.
    pub fn at(place: Place, files: &[Text]) -> Self {
        Self { file: files.get(place.stream.0 as usize).cloned().unwrap_or_default(), line: place.line }
    }
}
