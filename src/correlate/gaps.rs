//! What is missing from the inputs that would explain failures.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::causes::unexplained::DR_43;
use crate::correlate::lines::Lines;
use crate::facts::outline::Outline;
use crate::model::diagnosis::Failure;
use crate::model::event::{EventKind, StreamId};
use crate::model::words::{Cause, Reason};
use crate::normalise::clock;

/// A source with fewer lines has no usual pause to compare with.
const LEAST_LINES: usize = 20;
/// A pause shorter than this is no silence.
const SILENT: TimeDelta = TimeDelta::minutes(10);

/// Pauses in an audit log within which users were refused as missing (DR-43).
fn silences(failures: &[Failure], lines: Lines<'_>) -> Vec<String> {
    let mut by_stream: BTreeMap<StreamId, Vec<DateTime<Utc>>> = BTreeMap::new();
    // Events of the second pass were searched for: they do not show how often a source writes.
    for event in lines.events.iter().filter(|event| event.sub.is_some() && !event.looked_up) {
        let of_a_user = matches!(
            event.kind,
            EventKind::UserCreated
                | EventKind::UserDeleted
                | EventKind::UserDisabled
                | EventKind::UserRestored
                | EventKind::TokenIssued
        );
        if let Some(time) = event.time.filter(|_| of_a_user) {
            by_stream.entry(event.place.stream).or_default().push(time);
        }
    }
    let mut by_source: BTreeMap<String, Vec<DateTime<Utc>>> = BTreeMap::new();
    for (stream, mut times) in by_stream {
        by_source.entry(clock::family(&lines.sources.files, stream)).or_default().append(&mut times);
    }
    let mut asking: Vec<DateTime<Utc>> = failures
        .iter()
        .filter(|failure| failure.reason == Reason::SubNotFound && failure.cause.is_none())
        .filter_map(|failure| failure.time)
        .collect();
    asking.sort();
    let mut silences = Vec::new();
    for (source, mut times) in by_source.into_iter().filter(|(_, times)| times.len() >= LEAST_LINES) {
        times.sort();
        let mut pauses: Vec<TimeDelta> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        pauses.sort();
        let least = (pauses[pauses.len() / 2] * 5).max(SILENT);
        for pair in times.windows(2).filter(|pair| pair[1] - pair[0] > least) {
            let count = asking.partition_point(|time| *time < pair[1]) - asking.partition_point(|time| *time <= pair[0]);
            if count > 0 {
                silences.push(format!(
                    "{}: `{}` is silent from {} to {}, where {count} refusals ask what became of the user",
                    DR_43.id,
                    source.trim_start_matches('/'),
                    pair[0].format("%Y-%m-%d %H:%M:%S"),
                    pair[1].format("%Y-%m-%d %H:%M:%S"),
                ));
            }
        }
    }
    silences
}

/// What is missing from the inputs that would explain failures.
pub(super) fn gaps(failures: &[Failure], outline: &Outline, lines: Lines<'_>) -> Vec<String> {
    let count = |test: &dyn Fn(&Failure) -> bool| failures.iter().filter(|failure| test(failure)).count();
    let mut gaps = Vec::new();
    let nameless = count(&|f| f.reason == Reason::SubNotFound && f.sub.is_none());
    if nameless > 0 {
        gaps.push(format!(
            "{nameless} refusals for a missing user name no subject: a gateway log with the token's `sub` would tell which users"
        ));
    }
    if !outline.audited && count(&|f| f.reason == Reason::SubNotFound) > 0 {
        gaps.push(
            "no line tells of users being created or deleted: add the identity provider's audit log or the database log"
                .to_owned(),
        );
    }
    if !outline.announces_keys && count(&|f| matches!(f.reason, Reason::KeyNotFound | Reason::SignatureInvalid)) > 0 {
        gaps.push("no line tells of keys being added, rotated or retired: add the issuer's log".to_owned());
    }
    let silent = count(&|f| f.reason == Reason::Other && f.root_cause == Cause::Unexplained);
    if silent > 0 {
        gaps.push(format!("{silent} refusals give no reason: add the log of the service that refused"));
    }
    gaps.extend(silences(failures, lines));
    gaps
}
