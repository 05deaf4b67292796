//! Clocks that are off: how far the stamps of one source lie from those of others, by the requests that both have lines of.
//!
//! The median difference of shared request ids is the offset of a pair of sources; its spread says how far to trust it.
//! The times of a source that is off are moved, so that the order of cause and effect holds over all of them.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::model::event::{Event, Text};
use crate::model::id::Id;
use crate::model::observation::RequestObservation;
use crate::normalise::clock;
use crate::normalise::ids::{self, IdRef};

/// Fewer shared requests than this prove nothing of clocks.
const SHARED: usize = 5;
/// A smaller offset, in milliseconds, may be the time that a request takes.
const NOTABLE: i64 = 2000;
/// A pair whose differences scatter wider than this, in milliseconds, is not one of clocks.
const SCATTER: i64 = 1500;

/// Lines of one source that have one id are no further apart than this, unless several requests have the id.
const LINES_WITHIN: TimeDelta = TimeDelta::minutes(1);

/// A source whose clock is off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Offset {
    /// The source, without what rotation adds to its name.
    pub source: String,
    /// The source it is compared with.
    pub reference: String,
    /// How far ahead it is, in milliseconds; negative where it is behind.
    pub ahead_ms: i64,
    /// The median distance of the differences from their median, in milliseconds.
    pub spread_ms: i64,
    /// How much further ahead it was at the end than at the beginning, in milliseconds.
    pub drift_ms: i64,
    /// Requests that both have lines of.
    pub shared: usize,
}

/// The differences of a pair of sources, in milliseconds, with the time of each.
type Differences = BTreeMap<(usize, usize), Vec<(DateTime<Utc>, i64)>>;

/// Finds sources whose clock is off and moves their events.
pub fn settle(events: &mut [Event], observations: &mut [RequestObservation], files: &[Text]) -> Vec<Offset> {
    let (sources, of_stream) = clock::sources(files);
    let pairs: BTreeMap<(usize, usize), Pair> = differences(events, &of_stream)
        .into_iter()
        .filter_map(|(pair, differences)| Some((pair, Pair::of(differences)?)))
        .collect();
    let offsets = spread_out(&pairs, sources.len());
    let ahead = |stream: crate::model::event::StreamId| {
        let source = of_stream.get(stream.0 as usize)?;
        offsets[*source].as_ref().filter(|found| found.ahead.abs() >= NOTABLE).map(|found| TimeDelta::milliseconds(found.ahead))
    };
    if !offsets.iter().flatten().any(|found| found.ahead.abs() >= NOTABLE) {
        return Vec::new();
    }
    for event in events {
        if let (Some(time), Some(ahead)) = (event.time, ahead(event.place.stream)) {
            event.time = time.checked_sub_signed(ahead);
        }
    }
    for observation in observations {
        if let Some(time) = ahead(observation.place.stream).and_then(|ahead| observation.time.checked_sub_signed(ahead)) {
            observation.time = time;
        }
    }
    (0..sources.len())
        .filter_map(|source| {
            let found = offsets[source].as_ref().filter(|found| found.ahead.abs() >= NOTABLE)?;
            Some(Offset {
                source: sources[source].clone(),
                reference: sources[found.reference].clone(),
                ahead_ms: found.ahead,
                spread_ms: found.pair.spread,
                drift_ms: found.pair.drift,
                shared: found.pair.shared,
            })
        })
        .collect()
}

/// The id by which lines of one request are found.
fn id(event: &Event) -> Option<Id> {
    event.request_id.or(event.trace_id)
}

fn differences(events: &[Event], of_stream: &[usize]) -> Differences {
    let refer = |index, event: &Event| event.time.and_then(|_| Some(IdRef::new(id(event)?, 0, index)));
    let mut id_refs = ids::id_refs(events, |index, event| [refer(index, event), None]);
    let mut differences = Differences::new();
    let mut first: Vec<(usize, DateTime<Utc>)> = Vec::new();
    let of_a_request = |refs: &&[IdRef]| (2..=ids::MAX_LINES_OF_REQUEST).contains(&refs.len());
    for refs in ids::shared(&mut id_refs, |id_ref| id(&events[id_ref.event()])).filter(of_a_request) {
        first.clear();
        let source = |event: &Event| of_stream.get(event.place.stream.0 as usize).copied();
        first.extend(refs.iter().map(|id_ref| &events[id_ref.event()]).filter_map(|event| Some((source(event)?, event.time?))));
        first.sort_unstable();
        if first.windows(2).any(|pair| pair[0].0 == pair[1].0 && pair[1].1 - pair[0].1 > LINES_WITHIN) {
            continue;
        }
        first.dedup_by_key(|(source, _)| *source);
        let mut rest = first.iter();
        while let Some((one, time)) = rest.next() {
            for (other, later) in rest.clone() {
                differences.entry((*one, *other)).or_default().push((*time, (*later - *time).num_milliseconds()));
            }
        }
    }
    differences
}

/// What follows from the differences of a pair.
#[derive(Debug, Clone, Copy)]
struct Pair {
    median: i64,
    spread: i64,
    drift: i64,
    shared: usize,
}

impl Pair {
    fn of(mut differences: Vec<(DateTime<Utc>, i64)>) -> Option<Self> {
        if differences.len() < SHARED {
            return None;
        }
        differences.sort();
        let half = differences.len() / 2;
        let drift = median(differences[half..].iter().map(|(_, ms)| *ms)) - median(differences[..half].iter().map(|(_, ms)| *ms));
        let all = median(differences.iter().map(|(_, ms)| *ms));
        let spread = median(differences.iter().map(|(_, ms)| (*ms - all).abs()));
        (spread <= SCATTER).then_some(Self { median: all, spread, drift, shared: differences.len() })
    }
}

fn median(values: impl Iterator<Item = i64>) -> i64 {
    let mut values: Vec<i64> = values.collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// How far a source is ahead of the one its group is compared with.
#[derive(Debug, Clone, Copy)]
struct Found {
    ahead: i64,
    reference: usize,
    pair: Pair,
}

/// Goes from the source that shares most requests over the strongest pairs to all that are joined with it.
fn spread_out(pairs: &BTreeMap<(usize, usize), Pair>, sources: usize) -> Vec<Option<Found>> {
    let mut weight = vec![0; sources];
    for ((one, other), pair) in pairs {
        weight[*one] += pair.shared;
        weight[*other] += pair.shared;
    }
    let mut found: Vec<Option<Found>> = vec![None; sources];
    let mut order: Vec<usize> = (0..sources).filter(|source| weight[*source] > 0).collect();
    order.sort_by_key(|source| (std::cmp::Reverse(weight[*source]), *source));
    for root in order {
        if found[root].is_some() {
            continue;
        }
        let own = Pair { median: 0, spread: 0, drift: 0, shared: 0 };
        found[root] = Some(Found { ahead: 0, reference: root, pair: own });
        // The strongest pair of a known and an unknown source, until there is none.
        while let Some((from, to, ahead, pair)) = next_step(pairs, &found) {
            let before = found[from].map_or(0, |known| known.ahead);
            found[to] = Some(Found { ahead: before + ahead, reference: root, pair });
        }
    }
    found
}

fn next_step(pairs: &BTreeMap<(usize, usize), Pair>, found: &[Option<Found>]) -> Option<(usize, usize, i64, Pair)> {
    pairs
        .iter()
        .filter_map(|((one, other), pair)| match (found[*one], found[*other]) {
            (Some(_), None) => Some((*one, *other, pair.median, *pair)),
            (None, Some(_)) => Some((*other, *one, -pair.median, *pair)),
            _ => None,
        })
        .max_by_key(|(from, to, _, pair)| (pair.shared, std::cmp::Reverse((*from, *to))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::{EventKind, Place, StreamId};

    fn request_at(stream: u32, line: u64, id: &str, seconds: i64) -> Event {
        let mut event = Event::bare(EventKind::Request, Place { stream: StreamId(stream), line });
        event.request_id = Some(id.into());
        event.time = DateTime::from_timestamp(1_772_445_600 + seconds, 0);
        event
    }

    #[test]
    fn a_clock_that_is_ahead_is_found_and_moved() {
        let files = ["gw/access.log", "idp/idp-1.log", "idp/idp-2.log"].map(Text::from);
        let mut events = Vec::new();
        for n in 0..8 {
            events.push(request_at(0, n, &format!("a-{n}"), 10 * i64::try_from(n).unwrap()));
            events.push(request_at(1, n, &format!("a-{n}"), 10 * i64::try_from(n).unwrap()));
            events.push(request_at(0, n, &format!("b-{n}"), 10 * i64::try_from(n).unwrap()));
            events.push(request_at(2, n, &format!("b-{n}"), 75 + 10 * i64::try_from(n).unwrap()));
        }
        let offsets = settle(&mut events, &mut [], &files);
        assert_eq!(offsets.len(), 1);
        assert_eq!((offsets[0].source.as_str(), offsets[0].ahead_ms, offsets[0].shared), ("idp/idp-2", 75_000, 8));
        assert_eq!(events[3].time, events[2].time);
        assert!(settle(&mut events, &mut [], &files).is_empty(), "once is enough");
    }

    #[test]
    fn an_id_that_somebody_gives_to_many_requests_moves_no_clock() {
        let files = ["gw/access.log", "app/app.log"].map(Text::from);
        // Each is sent twice, an hour apart, and the service logs only the second.
        let twice = |n: u64| {
            let (id, at) = (format!("a-{n}"), 10 * i64::try_from(n).unwrap());
            [request_at(0, n, &id, at), request_at(0, n, &id, at + 3600), request_at(1, n, &id, at + 3600)]
        };
        assert!(settle(&mut (0..8).flat_map(twice).collect::<Vec<_>>(), &mut [], &files).is_empty());
        let one = |n: u64| [request_at(0, n, "a", 0), request_at(1, n, "a", 3600)];
        assert!(settle(&mut (0..40).flat_map(one).collect::<Vec<_>>(), &mut [], &files).is_empty());
    }

    #[test]
    fn requests_that_take_long_or_are_few_prove_nothing() {
        let files = ["gw/access.log", "app/app.log"].map(Text::from);
        let few: Vec<Event> =
            (0..4).flat_map(|n| [request_at(0, n, &format!("a-{n}"), 0), request_at(1, n, &format!("a-{n}"), 60)]).collect();
        assert!(settle(&mut few.clone(), &mut [], &files).is_empty());
        let scattered: Vec<Event> = (0..20)
            .flat_map(|n| {
                [request_at(0, n, &format!("a-{n}"), 0), request_at(1, n, &format!("a-{n}"), 7 * i64::try_from(n).unwrap())]
            })
            .collect();
        assert!(settle(&mut scattered.clone(), &mut [], &files).is_empty());
    }
}
