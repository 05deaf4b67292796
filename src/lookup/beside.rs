//! The records beside refused requests that say no reason: read in the second pass, where the first has shown that records of
//! their kind stand there and hardly ever elsewhere.

use std::collections::BTreeMap;
use std::num::NonZeroI16;

use chrono::{DateTime, TimeDelta, Utc};

use crate::extract::context::Context;
use crate::extract::detector::{Detector, Mode};
use crate::extract::fold::differ;
use crate::extract::skeleton::skeleton;
use crate::extract::vicinity::{Seen, Side, Vicinity, Walk, is_refusal};
use crate::hash::{HashMap, HashSet};
use crate::ingest::frame::Block;
use crate::model::event::{Event, EventKind, Place, Reason, StreamId, Text};
use crate::model::id::Id;
use crate::model::name::Name;
use crate::normalise::clock;

/// How far apart in time a refusal and what is said beside it may be.
const AT_ONCE: TimeDelta = TimeDelta::seconds(2);
/// How far from a refusal is looked, in records.
const REACH: usize = 4;
/// So much nearer, in records, counts a record that has more in common with a refusal than others beside it.
const KIN: usize = 3;
/// How many marks of a record are compared.
const MARKS: usize = 12;
/// How many records beside one refusal are read.
const MOST: usize = 3;

/// A refused request that says no reason.
#[derive(Debug, Clone, Copy)]
struct Refusal {
    place: Place,
    time: Option<DateTime<Utc>>,
    client: Option<Name>,
    request: Option<Id>,
    sub: Option<Name>,
}

impl Refusal {
    fn of(event: &Event) -> Self {
        let Event { place, time, client_ip: client, request_id: request, sub, .. } = *event;
        Self { place, time, client, request, sub }
    }

    /// Whether what a record says may be said of this request.
    fn fits(&self, event: &Event) -> bool {
        let of_request = matches!(event.kind, EventKind::AuthFailure | EventKind::Request);
        let is_access = event.method.is_some() && event.status.is_some();
        let apart = self.time.zip(event.time).is_some_and(|(refused, said)| (refused - said).abs() > AT_ONCE);
        of_request
            && !is_access
            && !apart
            && !differ(self.request, event.request_id)
            && !differ(self.client, event.client_ip)
            && !differ(self.sub, event.sub)
    }
}

/// A record that may be said of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Pair {
    /// How far the record is, in records, and further if others have more in common with the refusal.
    apart: usize,
    refusal: usize,
    /// Where the record begins in its block.
    start: usize,
}

/// The refusals in question, and what is read beside them.
#[derive(Debug, Default)]
pub struct Beside {
    /// In the order of their places.
    refusals: Vec<Refusal>,
    /// For each stream the kinds that are read.
    telling: HashMap<StreamId, BTreeMap<u64, Side>>,
}

/// What is read in a block, and what was read there.
#[derive(Debug, Default)]
pub struct Said {
    /// What the records say.
    pub events: Vec<Event>,
    /// Where they begin in the block.
    pub starts: HashSet<usize>,
}

impl Beside {
    /// Finds the refusals that nothing explains so far and beside which something is said. `vicinities` are what the first
    /// pass saw of streams, `files` their names.
    pub fn of<'v>(events: &[Event], files: &[Text], vicinities: impl Iterator<Item = (StreamId, &'v Vicinity)>) -> Self {
        let mut families: BTreeMap<String, (Vicinity, Vec<StreamId>)> = BTreeMap::new();
        for (stream, vicinity) in vicinities {
            let (whole, streams) = families.entry(clock::family(files, stream)).or_default();
            whole.append(vicinity);
            streams.push(stream);
        }
        let mut telling = HashMap::default();
        for (vicinity, streams) in families.into_values() {
            let kinds = vicinity.telling();
            if !kinds.is_empty() {
                telling.extend(streams.into_iter().map(|stream| (stream, kinds.clone())));
            }
        }
        let refusals = if telling.is_empty() { Vec::new() } else { open(events, &telling) };
        Self { refusals, telling }
    }

    /// Whether there is nothing to read.
    pub fn is_empty(&self) -> bool {
        self.refusals.is_empty()
    }

    /// Whether a refusal in question stands in some lines of a stream, the first and the last included.
    pub fn stands_in(&self, stream: StreamId, first: u64, last: u64) -> bool {
        let from = self.refusals.partition_point(|refusal| refusal.place < Place { stream, line: first });
        self.refusals.get(from).is_some_and(|refusal| refusal.place <= Place { stream, line: last })
    }

    /// Reads what is said in a block. `is_known` says whether the first pass found an event at a place.
    pub fn look_into(
        &self,
        block: Block<'_>,
        stream: StreamId,
        detector: &Detector,
        context: &Context,
        is_known: impl Fn(Place) -> bool,
    ) -> Said {
        let mut said = Said::default();
        let Some(telling) = self.telling.get(&stream) else { return said };
        let from = self.refusals.partition_point(|refusal| refusal.place <= Place { stream, line: block.lines_before });
        let refusals = &self.refusals[from..];
        let mut walk = Walk::new(block);
        let mut pairs = Vec::new();
        let mut records: HashMap<usize, Seen<'_>> = HashMap::default();
        for (index, refusal) in refusals.iter().enumerate().take_while(|(_, refusal)| refusal.place.stream == stream) {
            let Some(window) = walk.window(refusal.place.line, REACH) else { break };
            for (apart, seen) in near(&window, refusal.place.line, telling, |line| is_known(Place { stream, line })) {
                pairs.push(Pair { apart, refusal: index, start: seen.start });
                records.insert(seen.start, seen);
            }
        }
        for (refusal, starts) in assigned(pairs) {
            let mut reason = None;
            for start in starts {
                let mut events = Vec::new();
                let place = Place { stream, line: records[&start].line };
                detector.extract(records[&start].record, Mode::Beside, place, context, &mut events);
                let [event] = &mut events[..] else { continue };
                // Two reasons are of two requests.
                if !refusals[refusal].fits(event) || differ(reason, event.reason) {
                    continue;
                }
                reason = reason.or(event.reason);
                event.looked_up = true;
                event.beside = further_on(place, refusals[refusal].place);
                said.starts.insert(start);
                said.events.append(&mut events);
            }
        }
        said.events.sort_by_key(|event| event.place);
        said
    }
}

/// How many lines further on a place is than another.
fn further_on(from: Place, to: Place) -> Option<NonZeroI16> {
    let lines = i64::try_from(to.line).ok()?.checked_sub(i64::try_from(from.line).ok()?)?;
    NonZeroI16::new(i16::try_from(lines).ok()?)
}

/// Refusals of some streams of which no line with the same id says why.
fn open(events: &[Event], telling: &HashMap<StreamId, BTreeMap<u64, Side>>) -> Vec<Refusal> {
    let reasoned =
        |event: &&Event| event.kind == EventKind::AuthFailure && event.reason.is_some_and(|reason| reason != Reason::Other);
    let answered: HashSet<Id> = events.iter().filter(reasoned).filter_map(|event| event.request_id).collect();
    let is_open = |event: &&Event| {
        is_refusal(event)
            && telling.contains_key(&event.place.stream)
            && !event.request_id.is_some_and(|id| answered.contains(&id))
    };
    events.iter().filter(is_open).map(Refusal::of).collect()
}

/// The records of a window that may be said of the refusal in it: of a kind that tells, on the side where these stand; with
/// how far they are, of those that have less in common with the refusal than others more.
fn near<'b>(
    window: &[Seen<'b>],
    line: u64,
    telling: &BTreeMap<u64, Side>,
    is_known: impl Fn(u64) -> bool,
) -> Vec<(usize, Seen<'b>)> {
    let Some(center) = window.iter().position(|seen| seen.line == line) else { return Vec::new() };
    let tells = |index: usize| {
        let seen = Some(window[index]).filter(|seen| !is_known(seen.line))?;
        let side = telling.get(&skeleton(seen.record))?;
        (*side == Side::Either || (*side == Side::Before) == (index < center)).then(|| (index.abs_diff(center), seen))
    };
    let sides = Sides::of(telling);
    let mut candidates: Vec<(usize, Seen<'b>)> = Vec::new();
    for apart in 1..=REACH {
        // What stands further than one behind the nearest is of other requests.
        if candidates.first().is_some_and(|(nearest, _)| apart > nearest + 1) {
            break;
        }
        let before = center.checked_sub(apart).filter(|_| sides.before);
        let after = Some(center + apart).filter(|index| sides.after && *index < window.len());
        candidates.extend(before.into_iter().chain(after).filter_map(tells));
    }
    if candidates.len() < 2 {
        return candidates;
    }
    let own = marks(window[center].record);
    let common = |seen: &Seen<'_>| marks(seen.record).iter().filter(|mark| own.contains(mark)).count();
    let commons: Vec<usize> = candidates.iter().map(|(_, seen)| common(seen)).collect();
    let most = commons.iter().copied().max().unwrap_or_default();
    let moved = |((apart, seen), common)| (if common < most { apart + KIN } else { apart }, seen);
    candidates.into_iter().zip(commons).map(moved).collect()
}

/// On which sides of refusals anything tells.
struct Sides {
    before: bool,
    after: bool,
}

impl Sides {
    fn of(telling: &BTreeMap<u64, Side>) -> Self {
        let any = |other: Side| telling.values().any(|side| *side != other);
        Self { before: any(Side::After), after: any(Side::Before) }
    }
}

/// The first words of a record that hold digits: its time, its thread, its process, ids.
fn marks(record: &[u8]) -> Vec<&[u8]> {
    let words = record.split(|byte| !byte.is_ascii_alphanumeric() && !matches!(byte, b'-' | b'.' | b'_'));
    words.filter(|word| word.iter().any(u8::is_ascii_digit)).take(MARKS).collect()
}

/// Gives each record to the nearest refusal that has not enough of them; for each refusal its records, the nearest first.
fn assigned(mut pairs: Vec<Pair>) -> BTreeMap<usize, Vec<usize>> {
    pairs.sort_unstable();
    let mut taken: HashSet<usize> = HashSet::default();
    let mut assigned: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for pair in pairs {
        let starts = assigned.entry(pair.refusal).or_default();
        if starts.len() < MOST && taken.insert(pair.start) {
            starts.push(pair.start);
        }
    }
    assigned
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window<'b>(records: &[&'b str]) -> Vec<Seen<'b>> {
        (1..)
            .zip(records)
            .map(|(line, record)| Seen { record: record.as_bytes(), start: usize::try_from(line).unwrap_or_default(), line })
            .collect()
    }

    #[test]
    fn of_two_lines_that_of_the_same_thread_is_nearer() {
        let records = ["[exec-7] the stoat waved", "[exec-9] the stoat waved", "[exec-7] GET /x 401"];
        let telling = BTreeMap::from([(skeleton(records[0].as_bytes()), Side::Before)]);
        let found = |records: &[&str]| -> Vec<(usize, u64)> {
            let line = records.len() as u64;
            near(&window(records), line, &telling, |_| false).into_iter().map(|(apart, seen)| (apart, seen.line)).collect()
        };
        assert_eq!(found(&records), [(1 + KIN, 2), (2, 1)]);
        assert_eq!(found(&["the stoat waved", "GET /x 401"]), [(1, 1)]);
        assert!(near(&window(&records), 3, &telling, |_| true).is_empty(), "what is known is not read again");
    }

    #[test]
    fn each_line_is_of_one_refusal_the_nearest() {
        let pair = |apart, refusal, start| Pair { apart, refusal, start };
        let given = assigned(vec![pair(2, 0, 30), pair(1, 1, 30), pair(1, 0, 10), pair(3, 1, 10)]);
        assert_eq!(given, BTreeMap::from([(0, vec![10]), (1, vec![30])]));
    }
}
