//! A run and what it found, as it is written to a file and read back.

use chrono::{DateTime, Utc};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::model::books::{Books, PassedOver, Problem, StreamBooks};
use crate::model::event::serialize_time;
use crate::model::finding::Finding;
use crate::model::name::Text;
use crate::model::pattern::Pattern;
use crate::model::words::EventKind;

/// The version of the report's shape: the first number changes when a field goes or changes its meaning.
pub const SCHEMA_VERSION: &str = "1.0";

/// What [`Run::tool`] begins with.
pub const TOOL: &str = "jwtriage ";

/// A run and what it found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// See [`SCHEMA_VERSION`].
    pub schema_version: SchemaVersion,
    /// How the patterns were found.
    pub run: Run,
    /// What happened, the most failures first.
    pub patterns: Vec<Pattern>,
    /// What matters to security besides, the gravest first.
    pub findings: Vec<Finding>,
}

/// How the patterns were found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The program and its version.
    pub tool: String,
    /// The paths as they were given.
    pub inputs: Vec<String>,
    /// What was asked for, by the names of the options.
    pub parameters: Vec<(String, String)>,
    /// The earliest and the latest event; `None` without events that have a time.
    #[serde(serialize_with = "serialize_time")]
    pub first: Option<DateTime<Utc>>,
    /// See `first`.
    #[serde(serialize_with = "serialize_time")]
    pub last: Option<DateTime<Utc>>,
    /// Failed requests.
    pub failures: u64,
    /// Refused requests that turned out to have nothing to do with a token (CSRF, passwords, webhooks).
    pub unrelated_refusals: u64,
    /// Events, by kind.
    pub events: Vec<(EventKind, u64)>,
    /// What became of every record of all inputs.
    pub books: Books,
    /// The same, for each input.
    pub streams: Vec<StreamBooks>,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// What was passed over, which is no problem.
    pub passed_over: PassedOver,
    /// What would have helped to decide and is not in the inputs.
    pub gaps: Vec<String>,
    /// Streams whose time stamps name no zone, and the zone they were read in.
    pub zones: Vec<Zone>,
    /// The life of each key that was announced or accepted.
    pub keys: Vec<KeyLife>,
    /// Sources whose clock was off by how much, in milliseconds, as shared requests show; their times were put right.
    pub clocks: Vec<Clock>,
    /// How many ids the second pass looked for; 0 where it was not needed.
    pub chased_ids: u64,
}

/// How the times of streams that name no zone were read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zone {
    /// The streams, without what rotation adds to their name.
    pub file: String,
    /// The zone they were read in at first.
    pub default: String,
    /// What was added to their times, in seconds.
    pub shift_seconds: i64,
    /// What proves it; `None` where the default stands.
    pub proof: Option<String>,
}

/// A source whose clock was off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// The source, without what rotation adds to its name.
    pub file: String,
    /// The source it was compared with.
    pub reference: String,
    /// How far ahead it was; negative where it was behind.
    pub ahead_ms: i64,
    /// How far the differences scatter.
    pub spread_ms: i64,
    /// How much further ahead it was at the end than at the beginning.
    pub drift_ms: i64,
    /// Requests that both have lines of.
    pub shared_requests: u64,
}

/// The life of a key as the logs show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyLife {
    /// Key id.
    pub kid: Text,
    /// When it was published.
    #[serde(serialize_with = "serialize_time")]
    pub added: Option<DateTime<Utc>>,
    /// When it became the signing key.
    #[serde(serialize_with = "serialize_time")]
    pub rotated: Option<DateTime<Utc>>,
    /// When it was removed.
    #[serde(serialize_with = "serialize_time")]
    pub retired: Option<DateTime<Utc>>,
    /// Whether it is used and no line announces it.
    pub unannounced: bool,
    /// The services that judged its tokens, by name.
    pub verifiers: Vec<KeyUse>,
}

/// What one verifier made of a key's tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyUse {
    /// The service; empty where lines name none.
    pub service: Text,
    /// The first token it accepted.
    #[serde(serialize_with = "serialize_time")]
    pub first_accepted: Option<DateTime<Utc>>,
    /// The last.
    #[serde(serialize_with = "serialize_time")]
    pub last_accepted: Option<DateTime<Utc>>,
    /// The first token it refused.
    #[serde(serialize_with = "serialize_time")]
    pub first_refused: Option<DateTime<Utc>>,
    /// The last.
    #[serde(serialize_with = "serialize_time")]
    pub last_refused: Option<DateTime<Utc>>,
}

/// The version of a report's shape, which is always that of this program: reports of others are not read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SchemaVersion;

impl SchemaVersion {
    /// Whether a report of a version can be read: its first number must be ours.
    pub fn reads(version: &str) -> bool {
        version.split_once('.').is_some_and(|(major, _)| SCHEMA_VERSION.split('.').next() == Some(major))
    }
}

impl Serialize for SchemaVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(SCHEMA_VERSION)
    }
}

impl<'de> Deserialize<'de> for SchemaVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let version = String::deserialize(deserializer)?;
        if Self::reads(&version) {
            return Ok(Self);
        }
        Err(D::Error::custom(format_args!("a report of schema {version:?}, where {SCHEMA_VERSION} is understood")))
    }
}
