//! Report: the Patterns and how they were found. One value from which every format is rendered.

pub mod csv;
pub mod escape;
mod excerpt;
pub mod html;
pub mod json;
pub mod markdown;
pub mod own;
pub mod rows;
#[cfg(test)]
mod sample;
pub mod summary;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::correlate::Correlated;
use crate::extract::extracted::Extracted;
use crate::extract::unknown::Template;
use crate::facts::timeline::KeyLife;
use crate::model::books::Books;
use crate::model::books::PassedOver;
use crate::model::books::Problem;
use crate::model::books::StreamBooks;
use crate::model::diagnosis::Failure;
use crate::model::event::{Event, EventKind, Text, serialize_time};
use crate::model::finding::Finding;
use crate::model::pattern::Pattern;
use crate::normalise::clock::Proof;
use crate::normalise::offset::Offset;
use crate::report::rows::StoredScan;

/// The version of the report's shape: the first number changes when a field goes or changes its meaning.
pub const SCHEMA_VERSION: &str = "1.0";

/// What [`Run::tool`] begins with.
const TOOL: &str = "jwtriage ";

/// A run and what it found.
#[derive(Debug, Serialize)]
pub struct Report {
    /// See [`SCHEMA_VERSION`].
    pub schema_version: &'static str,
    /// How the patterns were found.
    pub run: Run,
    /// What happened, the most failures first.
    pub patterns: Vec<Pattern>,
    /// What matters to security besides, the gravest first.
    pub findings: Vec<Finding>,
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
    pub events: Vec<(&'static str, u64)>,
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
    /// The life of each key that somebody announced or accepted.
    pub keys: Vec<KeyLife>,
    /// Sources whose clock was off by how much, in milliseconds, as shared requests show; their times were put right.
    pub clocks: Vec<Clock>,
    /// How many ids the second pass looked for; 0 where it was not needed.
    pub chased_ids: u64,
}

/// How the times of streams that name no zone were read.
#[derive(Debug, Clone, Serialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Clock {
    /// The source, without what rotation adds to its name.
    pub file: String,
    /// The source it was held against.
    pub reference: String,
    /// How far ahead it was; negative where it was behind.
    pub ahead_ms: i64,
    /// How far the differences scatter.
    pub spread_ms: i64,
    /// How much further ahead it was at the end than at the beginning.
    pub drift_ms: i64,
    /// Requests that both tell of.
    pub shared_requests: u64,
}

/// What a run was asked to do, as the report repeats it.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// The paths as they were given.
    pub inputs: Vec<String>,
    /// The options by name.
    pub parameters: Vec<(String, String)>,
    /// The default zone, as its name.
    pub zone: String,
}

impl Results {
    /// Puts together what a scan found and what correlation made of it; `signatures` are the ids of the catalog's.
    pub fn of(asked: Asked, scan: Extracted, correlated: Correlated, signatures: Vec<String>) -> Self {
        let files = scan.files();
        let events_seen = || scan.events.iter().filter(|event| event.kind.is_event());
        let mut kinds: BTreeMap<EventKind, u64> = BTreeMap::new();
        for event in events_seen() {
            *kinds.entry(event.kind).or_default() += 1;
        }
        let mut problems = scan.problems.clone();
        problems.sort();
        let run = Run {
            tool: format!("{TOOL}{}", env!("CARGO_PKG_VERSION")),
            inputs: asked.inputs,
            parameters: asked.parameters,
            first: events_seen().filter_map(|event| event.time).min(),
            last: events_seen().filter_map(|event| event.time).max(),
            failures: correlated.failures.len() as u64,
            unrelated_refusals: correlated.unrelated_refusals,
            events: kinds.into_iter().map(|(kind, count)| (kind.as_str(), count)).collect(),
            books: scan.books(),
            problems,
            passed_over: scan.passed_over,
            gaps: correlated.gaps.into_iter().chain(untold(scan.unknown.uncounted)).collect(),
            zones: correlated.zones.into_iter().map(|(file, proof)| zone(file, proof, &asked.zone)).collect(),
            keys: correlated.keys,
            clocks: correlated.offsets.into_iter().map(clock).collect(),
            chased_ids: scan.ids_looked_up as u64,
            streams: scan.streams,
        };
        Self {
            files,
            signatures,
            report: Report { schema_version: SCHEMA_VERSION, run, patterns: correlated.patterns, findings: correlated.findings },
            failures: correlated.failures,
            events: scan.events,
            unknown: scan.unknown.into_templates(),
            stored: StoredScan::default(),
        }
    }
}

/// What to say of records whose template found no room.
fn untold(count: u64) -> Option<String> {
    (count > 0).then(|| format!("{count} more records look like authentication trouble, of too many templates to list"))
}

fn clock(offset: Offset) -> Clock {
    Clock {
        file: offset.source,
        reference: offset.reference,
        ahead_ms: offset.ahead_ms,
        spread_ms: offset.spread_ms,
        drift_ms: offset.drift_ms,
        shared_requests: offset.shared as u64,
    }
}

fn zone(file: String, proof: Option<Proof>, default: &str) -> Zone {
    match proof {
        Some(proof) => Zone {
            file,
            shift_seconds: proof.shift,
            proof: Some(format!("{} of {} lines have a partner in other sources", proof.partners, proof.asked)),
            default: default.to_owned(),
        },
        None => Zone { file, shift_seconds: 0, proof: None, default: default.to_owned() },
    }
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
    /// What the catalog misses, if it was asked for.
    pub unknown: Vec<Template>,
    /// The names of streams, by [`crate::model::event::StreamId`].
    pub files: Vec<Text>,
    /// The ids of signatures, by [`crate::model::event::SignatureId`].
    pub signatures: Vec<String>,
    /// What an events file holds beside the events.
    pub stored: StoredScan,
}
