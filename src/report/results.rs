//! Everything a run can write, put together from what was extracted and what correlation made of it.

use std::collections::BTreeMap;

use crate::correlate::Correlated;
use crate::extract::extracted::Extracted;
use crate::extract::unknown::Template;
use crate::model::diagnosis::Failure;
use crate::model::event::{Event, EventKind, Text};
use crate::model::report::{Clock, Report, Run, SchemaVersion, TOOL, Zone};
use crate::normalise::clock::Proof;
use crate::normalise::offset::Offset;
use crate::report::stored::StoredScan;

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

/// Everything a run can write.
#[derive(Debug)]
pub struct Results {
    /// The pattern report.
    pub report: Report,
    /// One for each failed request.
    pub failures: Vec<Failure>,
    /// One for each event.
    pub events: Vec<Event>,
    /// What the catalog misses, if it is wanted.
    pub unknown: Vec<Template>,
    /// The names of streams, by [`crate::model::event::StreamId`].
    pub files: Vec<Text>,
    /// The ids of signatures, by [`crate::model::event::SignatureId`].
    pub signatures: Vec<String>,
    /// What an events file holds beside the events.
    pub stored: StoredScan,
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
            events: kinds.into_iter().collect(),
            books: scan.books(),
            problems,
            passed_over: scan.passed_over,
            gaps: correlated.gaps.into_iter().chain(unlisted(scan.unknown.uncounted)).collect(),
            zones: correlated.zones.into_iter().map(|(file, proof)| zone(file, proof, &asked.zone)).collect(),
            keys: correlated.keys,
            clocks: correlated.offsets.into_iter().map(clock).collect(),
            chased_ids: scan.ids_looked_up as u64,
            streams: scan.streams,
        };
        Self {
            files,
            signatures,
            report: Report { schema_version: SchemaVersion, run, patterns: correlated.patterns, findings: correlated.findings },
            failures: correlated.failures,
            events: scan.events,
            unknown: scan.unknown.into_templates(),
            stored: StoredScan::default(),
        }
    }
}

/// What to say of records whose template was not kept.
fn unlisted(count: u64) -> Option<String> {
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
