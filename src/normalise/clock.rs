//! Time stamps without a zone: the zone that other sources of the same requests prove.
//!
//! The lines of a stream whose stamps name no zone are compared with lines that name one, by path and status. The one offset at
//! which its lines find their partners is its zone. Without such proof the run's default stands.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::hash::HashMap;
use crate::model::event::{Event, StreamId, Text};
use crate::model::name::Name;

/// Zones lie on quarters of an hour, from 14 hours behind to 14 ahead.
const STEP: i64 = 15 * 60;
const FURTHEST: i64 = 14 * 3600;
/// How far a line may be from its partner.
const TOLERANCE: TimeDelta = TimeDelta::seconds(2);
/// How many lines of a stream are compared.
const ASKED: usize = 2000;
/// Fewer partners than this prove nothing.
const PARTNERS: usize = 5;

/// A zone that was proved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// What must be added to the stream's times, in seconds.
    pub shift: i64,
    /// Lines that found a partner.
    pub partners: usize,
    /// Lines that were compared.
    pub asked: usize,
}

/// What lines of one request have in common: the path and the status, which some lines lack.
type Key = (Name, Option<u16>);

/// The times of lines that name their zone, by key.
type Partners = HashMap<Key, Vec<DateTime<Utc>>>;

/// Finds the zone of each family of zone-less streams and moves their events to it.
///
/// `files` names the streams; rotated siblings are one family.
pub fn settle(events: &mut [Event], files: &[Text]) -> BTreeMap<String, Option<Proof>> {
    let mut streams: BTreeMap<StreamId, Vec<usize>> = BTreeMap::new();
    for (index, event) in events.iter().enumerate().filter(|(_, event)| event.zoneless && event.time.is_some()) {
        streams.entry(event.place.stream).or_default().push(index);
    }
    let mut families: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (stream, mut members) in streams {
        families.entry(family(files, stream)).or_default().append(&mut members);
    }
    let partners = partners(events, families.values().flatten());
    let proofs: BTreeMap<String, Option<Proof>> =
        families.iter().map(|(family, members)| (family.clone(), prove(events, members, &partners))).collect();
    for (family, members) in families {
        if let Some(Some(proof)) = proofs.get(&family) {
            for index in members {
                events[index].time = events[index].time.and_then(|time| time.checked_add_signed(TimeDelta::seconds(proof.shift)));
            }
        }
    }
    proofs
}

/// The lines that name their zone and may be partners of those `asking`, which are indices of events.
fn partners<'a>(events: &[Event], asking: impl Iterator<Item = &'a usize>) -> Partners {
    let mut partners: Partners = asking.filter_map(|index| Some((key(&events[*index])?, Vec::new()))).collect();
    if partners.is_empty() {
        return partners;
    }
    for event in events.iter().filter(|event| !event.zoneless) {
        if let (Some(time), Some((path, status))) = (event.time, key(event)) {
            for key in [Some((path, None)), status.map(|_| (path, status))].into_iter().flatten() {
                if let Some(times) = partners.get_mut(&key) {
                    times.push(time);
                }
            }
        }
    }
    #[expect(clippy::iter_over_hash_type, reason = "each is sorted on its own")]
    for times in partners.values_mut() {
        times.sort();
    }
    partners.retain(|_, times| !times.is_empty());
    partners
}

fn prove(events: &[Event], members: &[usize], partners: &Partners) -> Option<Proof> {
    let asked: Vec<(DateTime<Utc>, &Vec<DateTime<Utc>>)> = members
        .iter()
        .filter_map(|index| {
            let event = &events[*index];
            Some((event.time?, partners.get(&key(event)?)?))
        })
        .take(ASKED)
        .collect();
    let mut best: Vec<(usize, i64)> = (-FURTHEST / STEP..=FURTHEST / STEP)
        .map(|step| {
            let shift = TimeDelta::seconds(step * STEP);
            let met = asked.iter().filter(|(time, times)| meets(*time + shift, times)).count();
            (met, step * STEP)
        })
        .collect();
    best.sort_by_key(|(met, shift)| (std::cmp::Reverse(*met), shift.abs(), *shift));
    let (met, shift) = *best.first()?;
    let second = best.get(1).map_or(0, |(met, _)| *met);
    (met >= PARTNERS && met * 2 >= asked.len() && met >= 2 * second).then_some(Proof { shift, partners: met, asked: asked.len() })
}

fn meets(time: DateTime<Utc>, times: &[DateTime<Utc>]) -> bool {
    let from = times.partition_point(|other| *other < time - TOLERANCE);
    times.get(from).is_some_and(|other| *other <= time + TOLERANCE)
}

fn key(event: &Event) -> Option<Key> {
    Some((event.path?.with(|path| Name::of(path.trim_end_matches('/'))), event.status))
}

/// The sources of some streams, in order, and for each stream the index of its source.
pub fn sources(files: &[Text]) -> (Vec<String>, Vec<usize>) {
    let names: Vec<String> = files.iter().map(|name| source(name)).collect();
    let mut sources = names.clone();
    sources.sort();
    sources.dedup();
    let of_stream = names.iter().map(|name| sources.binary_search(name).unwrap_or_default()).collect();
    (sources, of_stream)
}

/// A file's name up to the date that rotation put into it: `access-2026-03-02T10-00-00.000-size` is of `access`.
pub fn undated(file: &str) -> &str {
    let is_digit = |mark: u8, byte: u8| if mark == b'0' { byte.is_ascii_digit() } else { byte == mark };
    let is_date = |at: usize| {
        let date = &file.as_bytes()[at + 1..];
        date.len() >= 10 && date.iter().zip(b"2000-00-00").all(|(byte, mark)| is_digit(*mark, *byte))
    };
    let at = file.match_indices(['-', '_', '.']).map(|(at, _)| at).find(|at| *at > 0 && is_date(*at));
    at.map_or(file, |at| &file[..at])
}

/// A log's name without what rotation adds to it: rotated logs are one source, instances are several.
fn source(name: &str) -> String {
    let (directory, file) = name.rsplit_once('/').map_or(("", name), |(directory, file)| (directory, file));
    let stem = undated(file.split('.').next().unwrap_or(file));
    if directory.is_empty() { stem.to_owned() } else { format!("{directory}/{stem}") }
}

/// A stream's name without what rotation adds to it and without the number of an instance.
pub fn family(files: &[Text], stream: StreamId) -> String {
    let name = files.get(stream.0 as usize).map_or("", Text::as_str);
    let (directory, file) = name.rsplit_once('/').map_or(("", name), |(directory, file)| (directory, file));
    let stem: Vec<&str> = file
        .split(['.', '-'])
        .filter(|part| !part.bytes().all(|b| b.is_ascii_digit()) && !matches!(*part, "gz" | "zst" | "bz2" | "xz"))
        .collect();
    format!("{directory}/{}", stem.join("."))
}
