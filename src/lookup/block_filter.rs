//! Which blocks the second pass searches: those whose time may be that of a request in question, and, for requests of
//! users in question, the streams whose lines have a status.
//!
//! A block is skipped only if it cannot hold any of this. The time of a block is known only if the records of its stream
//! name their zone and stand in order; a request is searched for around its own time only where the clocks of both
//! sources are known to agree, by other requests that both have lines of.

use std::collections::BTreeMap;
use std::ops::Range;

use chrono::{DateTime, TimeDelta, Utc};

use crate::extract::found::BlockStats;
use crate::model::event::{Event, Place, StreamId, Text};
use crate::normalise::clock;
use crate::normalise::ids::{self, IdRef};

/// How far apart in time the lines of one request may be, by clocks in step.
const NEAR: TimeDelta = TimeDelta::minutes(5);
/// How much two clocks in step may differ, and records of one stream be out of order.
const STEP: TimeDelta = TimeDelta::minutes(1);
/// How many requests two sources must share for their clocks to be known. Nine of ten must agree.
const SHARED: usize = 20;
/// A stream of fewer blocks is too short to show whether its lines have a status.
const FEW: usize = 8;

/// Which sources have clocks in step with each other.
#[derive(Debug)]
pub struct Clocks {
    /// For each stream its group of clocks.
    groups: Vec<usize>,
    /// For each group, whether it is of several sources.
    joined: Vec<bool>,
}

impl Clocks {
    /// Compares the clocks of sources by the requests that several have lines of.
    pub fn of(events: &[Event], files: &[Text]) -> Self {
        let (sources, source_of) = clock::sources(files);
        // Of each pair of sources, how many requests both have lines of, and how many of these at one time.
        let mut pairs: BTreeMap<(usize, usize), (usize, usize)> = BTreeMap::new();
        let timed = |event: &Event| event.request_id.filter(|_| !event.zoneless && event.time.is_some());
        let mut id_refs = ids::id_refs(events, |index, event| [timed(event).map(|id| IdRef::new(id, 0, index)), None]);
        let id = |id_ref: &IdRef| events[id_ref.event()].request_id;
        for id_refs in ids::shared(&mut id_refs, id).filter(|id_refs| (2..=ids::MAX_LINES_OF_REQUEST).contains(&id_refs.len())) {
            let source = |event: &Event| source_of.get(event.place.stream.0 as usize).copied();
            let mut lines =
                id_refs.iter().map(|id_ref| &events[id_ref.event()]).filter_map(|event| Some((source(event)?, event.time?)));
            let Some((one, earlier)) = lines.next() else { continue };
            // Each source's first.
            let mut counted = vec![one];
            for (other, time) in lines {
                if !counted.contains(&other) {
                    counted.push(other);
                    let (shared, agree) = pairs.entry((other.min(one), other.max(one))).or_default();
                    *shared += 1;
                    *agree += usize::from((time - earlier).abs() <= STEP);
                }
            }
        }
        let mut group_of: Vec<usize> = (0..sources.len()).collect();
        let mut joined = vec![false; sources.len()];
        for ((one, other), _) in pairs.into_iter().filter(|(_, (shared, agree))| *shared >= SHARED && agree * 10 >= shared * 9) {
            let (from, to) = (group_of[other], group_of[one]);
            joined[to] = true;
            for group in group_of.iter_mut().filter(|group| **group == from) {
                *group = to;
            }
        }
        Self { groups: source_of.into_iter().map(|source| group_of[source]).collect(), joined }
    }

    /// Whether a stream's clock is known to be in step with those of other sources.
    pub fn knows(&self, stream: StreamId) -> bool {
        self.group(stream).is_some_and(|group| self.joined[group])
    }

    fn group(&self, stream: StreamId) -> Option<usize> {
        self.groups.get(stream.0 as usize).copied()
    }
}

/// When the lines of what is looked for can have been written.
#[derive(Debug, Default)]
pub struct TimeFilter {
    /// When requests in question failed, by the group of the clocks that say so.
    times: BTreeMap<usize, Vec<DateTime<Utc>>>,
    /// Whether some request in question may be anywhere.
    anywhere: bool,
    /// Whether answers to users or addresses are looked for, at any time.
    pub answers: bool,
    /// When something was told that names no request: its answer is looked for right then.
    moments: Vec<DateTime<Utc>>,
}

impl TimeFilter {
    /// Adds the request of an event.
    pub fn add(&mut self, event: &Event, clocks: &Clocks) {
        match (event.time.filter(|_| !event.zoneless), clocks.group(event.place.stream)) {
            (Some(time), Some(group)) => self.times.entry(group).or_default().push(time),
            _ => self.anywhere = true,
        }
    }

    /// Adds a time at which an answer is looked for, of a request that nothing names.
    pub fn add_moment(&mut self, time: DateTime<Utc>) {
        self.moments.push(time);
    }

    /// Sorts the times: to be called before the first question.
    pub fn settle(&mut self) {
        self.moments.sort_unstable();
        for times in self.times.values_mut() {
            times.sort_unstable();
        }
    }

    /// Whether lines of requests may stand in records written within some time, by a clock of a group.
    fn may_be_within(&self, group: Option<usize>, written: &Range<DateTime<Utc>>) -> bool {
        let Some(group) = group else { return true };
        // By a clock that is not in step the request may be at any time.
        let foreign = self.times.keys().any(|other| *other != group);
        self.anywhere || foreign || self.times.get(&group).is_some_and(|times| is_near(times, NEAR, written))
    }
}

/// Whether one of some times, in order, is near the time in which something was written.
pub(super) fn is_near(times: &[DateTime<Utc>], near: TimeDelta, written: &Range<DateTime<Utc>>) -> bool {
    let from = times.partition_point(|time| time.checked_add_signed(near).is_some_and(|late| late < written.start));
    times.get(from).is_some_and(|time| time.checked_sub_signed(near).is_none_or(|early| early <= written.end))
}

/// Which blocks of a stream the second pass searches for ids.
#[derive(Debug)]
pub struct BlockFilter {
    block_stats: Vec<BlockStats>,
    /// For each block, whether it may hold lines of requests in question.
    requests: Vec<bool>,
    /// For each block, whether it may hold the answers to requests that nothing names.
    moments: Vec<bool>,
    /// Whether any may hold answers to users in question.
    users: bool,
    /// For each block, whether it holds lines that are read whatever they hold.
    lines: Vec<bool>,
}

impl BlockFilter {
    /// Decides for the blocks of a stream what they may hold. `events` are those of the stream, in order; `begin` is where
    /// lines are counted from.
    pub fn of(block_stats: Vec<BlockStats>, begin: Place, events: &[Event], time_filter: &TimeFilter, clocks: &Clocks) -> Self {
        let answers = block_stats.len() < FEW
            || block_stats.iter().any(|stats| stats.answers)
            || events.iter().any(|event| event.status.is_some());
        let group = clocks.group(begin.stream);
        let written = written(&block_stats, begin, events);
        let requests = written.iter().map(|written| time_filter.may_be_within(group, written)).collect();
        let moments = written.iter().map(|written| answers && is_near(&time_filter.moments, STEP, written)).collect();
        Self { block_stats, requests, moments, users: time_filter.answers && answers, lines: Vec::new() }
    }

    /// Adds blocks by their lines: `holds` is asked for each whether it holds some that are read. `begin` is where lines are
    /// counted from.
    #[must_use]
    pub fn and_lines(mut self, begin: Place, holds: impl Fn(u64, u64) -> bool) -> Self {
        let first = |stats: &BlockStats| begin.line + stats.lines_before + 1;
        let last = |index: usize| self.block_stats.get(index + 1).map_or(u64::MAX, |next| begin.line + next.lines_before);
        self.lines = (0..).zip(&self.block_stats).map(|(index, stats)| holds(first(stats), last(index))).collect();
        self
    }

    /// Whether lines of requests in question may stand in some bytes of the stream.
    pub fn may_hold_requests(&self, bytes: &Range<u64>) -> bool {
        self.any_of(&self.requests, bytes)
    }

    /// Whether the answers to requests that nothing names may stand in some bytes of the stream.
    pub fn may_hold_moments(&self, bytes: &Range<u64>) -> bool {
        self.any_of(&self.moments, bytes)
    }

    fn any_of(&self, blocks: &[bool], bytes: &Range<u64>) -> bool {
        let first = self.block_stats.partition_point(|stats| stats.at <= bytes.start).saturating_sub(1);
        let end = self.block_stats.partition_point(|stats| stats.at < bytes.end);
        // What was written since the first pass belongs to no block.
        self.block_stats.is_empty() || blocks[first..end].contains(&true)
    }

    /// Whether answers to users in question may stand in the stream.
    pub fn may_hold_users(&self) -> bool {
        self.users
    }

    /// The first block to search, and the offset where the last one ends, if that is before the stream does; `None` if
    /// there is nothing to search. `deferred` are the offsets of records that are read in any case.
    pub fn bounds(&self, deferred: impl Iterator<Item = u64>) -> Option<(BlockStats, Option<u64>)> {
        let ids = (0..self.block_stats.len())
            .filter(|index| self.users || self.requests[*index] || self.moments[*index] || self.lines.get(*index) == Some(&true));
        let records = deferred.map(|at| self.block_stats.partition_point(|stats| stats.at <= at).saturating_sub(1));
        let (first, last) = ids.chain(records).fold(None, |bounds: Option<(usize, usize)>, index| {
            Some(bounds.map_or((index, index), |(first, last)| (first.min(index), last.max(index))))
        })?;
        Some((*self.block_stats.get(first)?, self.block_stats.get(last + 1).map(|next| next.at)))
    }
}

/// The range of time in which the records of each block were written; all of time for a stream out of order.
fn written(block_stats: &[BlockStats], begin: Place, events: &[Event]) -> Vec<Range<DateTime<Utc>>> {
    let ever = DateTime::<Utc>::MIN_UTC..DateTime::<Utc>::MAX_UTC;
    let mut written = vec![ever.clone(); block_stats.len()];
    let mut latest = ever.start;
    for (written, stats) in written.iter_mut().zip(block_stats) {
        if let Some(opens) = stats.opens {
            if opens.checked_add_signed(STEP).is_some_and(|late| latest > late) {
                return vec![ever; block_stats.len()];
            }
            latest = opens.max(latest);
        }
        written.start = latest;
    }
    let mut next = ever.end;
    for (written, stats) in written.iter_mut().zip(block_stats).rev() {
        written.end = next;
        next = stats.opens.unwrap_or(next);
    }
    // The events of the stream must agree.
    let mut index = 0;
    for event in events.iter().filter(|event| !event.zoneless) {
        while block_stats.get(index + 1).is_some_and(|stats| begin.line + stats.lines_before < event.place.line) {
            index += 1;
        }
        let within = |time: DateTime<Utc>| {
            written.get(index).is_none_or(|written| {
                let early = time.checked_add_signed(STEP).is_some_and(|time| time < written.start);
                let late = time.checked_sub_signed(STEP).is_some_and(|time| time > written.end);
                !early && !late
            })
        };
        if event.time.is_some_and(|time| !within(time)) {
            return vec![ever; block_stats.len()];
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::frame::Style;
    use crate::model::event::EventKind;

    fn at(minutes: i64) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp(1_772_445_600 + 60 * minutes, 0)
    }

    fn refusal_at(stream: u32, line: u64, id: &str, minutes: i64) -> Event {
        let mut event = Event::bare(EventKind::AuthFailure, Place { stream: StreamId(stream), line });
        event.request_id = Some(id.into());
        event.time = at(minutes);
        event
    }

    /// Blocks of ten lines and twenty minutes each.
    fn block_stats(count: u64) -> Vec<BlockStats> {
        let stats = |n: u64| BlockStats {
            at: 1000 * n,
            lines_before: 10 * n,
            opens: at(20 * i64::try_from(n).unwrap()),
            answers: false,
            style: Style::default(),
        };
        (0..count).map(stats).collect()
    }

    fn begin(stream: u32) -> Place {
        Place { stream: StreamId(stream), line: 0 }
    }

    /// Three sources, of which the first two have lines of the same requests, and the third of none; the third's logs rotate.
    fn clocks(shared: i64, apart: i64) -> Clocks {
        let files = ["gw/access.log", "app/app.log", "idp/idp.log", "idp/idp.log.1"].map(Text::from);
        let both = |n: i64| [refusal_at(0, 1, &format!("request-{n}"), n), refusal_at(1, 1, &format!("request-{n}"), n + apart)];
        Clocks::of(&(0..shared).flat_map(both).collect::<Vec<_>>(), &files)
    }

    fn time_filter(event: &Event, clocks: &Clocks) -> TimeFilter {
        let mut time_filter = TimeFilter::default();
        time_filter.add(event, clocks);
        time_filter.settle();
        time_filter
    }

    fn looked_into(filter: &BlockFilter) -> Vec<u64> {
        let is_searched = |n: &u64| filter.may_hold_users() || filter.may_hold_requests(&(1000 * n..1000 * n + 1000));
        (0..filter.block_stats.len() as u64).filter(is_searched).collect()
    }

    #[test]
    fn a_request_is_looked_for_around_its_time_where_clocks_are_in_step() {
        let clocks = clocks(20, 0);
        let time_filter = time_filter(&refusal_at(1, 62, "r", 122), &clocks);
        let filter = BlockFilter::of(block_stats(12), begin(0), &[], &time_filter, &clocks);
        assert_eq!(looked_into(&filter), [5, 6], "from 117 to 127 minutes");
        let bounds = filter.bounds(std::iter::empty()).unwrap();
        assert_eq!((bounds.0.at, bounds.0.lines_before, bounds.1), (5000, 50, Some(7000)));
        assert_eq!(filter.bounds([11_200].into_iter()).unwrap().1, None, "the last block ends with the stream");
        assert!(filter.may_hold_requests(&(6900..20_000)) && !filter.may_hold_requests(&(7000..20_000)));
        let filter = BlockFilter::of(block_stats(12), begin(2), &[], &time_filter, &clocks);
        assert_eq!(looked_into(&filter).len(), 12, "nobody knows the third source's clock");
    }

    #[test]
    fn clocks_are_known_by_many_requests_at_one_time() {
        for (clocks, known) in [(clocks(20, 0), true), (clocks(19, 0), false), (clocks(40, 2), false)] {
            assert_eq!((clocks.knows(StreamId(0)), clocks.knows(StreamId(1))), (known, known));
            assert!(!clocks.knows(StreamId(2)));
            let time_filter = time_filter(&refusal_at(1, 62, "r", 122), &clocks);
            let count = |stream| looked_into(&BlockFilter::of(block_stats(12), begin(stream), &[], &time_filter, &clocks)).len();
            assert_eq!((count(0), count(1)), if known { (2, 2) } else { (12, 2) }, "a source is in step with itself");
        }
        assert_eq!(clocks(0, 0).group(StreamId(2)), clocks(0, 0).group(StreamId(3)), "rotated logs have one clock");
    }

    #[test]
    fn an_id_that_many_lines_bear_is_no_witness_of_clocks() {
        let files = ["gw/access.log", "app/app.log"].map(Text::from);
        let both = |n: i64| [refusal_at(0, 1, "same", n), refusal_at(1, 1, "same", n)];
        assert!(!Clocks::of(&(0..40).flat_map(both).collect::<Vec<_>>(), &files).knows(StreamId(0)));
        let good = |n: i64| [refusal_at(0, 1, &format!("r-{n}"), n), refusal_at(1, 1, &format!("r-{n}"), n)];
        let bad = |n: i64| [refusal_at(0, 1, "same", 0), refusal_at(1, 1, "same", 60 + n)];
        let events: Vec<Event> = (0..30).flat_map(good).chain((0..500).flat_map(bad)).collect();
        assert!(Clocks::of(&events, &files).knows(StreamId(0)), "nor against them");
    }

    #[test]
    fn what_is_out_of_order_or_names_no_zone_is_looked_into_whole() {
        let clocks = clocks(20, 0);
        let timed = time_filter(&refusal_at(1, 62, "r", 122), &clocks);
        let count =
            |block_stats, events: &[Event]| looked_into(&BlockFilter::of(block_stats, begin(0), events, &timed, &clocks)).len();
        let mut mixed = block_stats(12);
        mixed.swap(3, 9);
        assert_eq!(count(mixed, &[]), 12);
        assert_eq!(count(block_stats(12), &[refusal_at(0, 15, "x", 30), refusal_at(0, 25, "y", 45)]), 2);
        assert_eq!(count(block_stats(12), &[refusal_at(0, 15, "x", 95)]), 12, "not of the second block's time");
        let mut gaps = block_stats(12);
        gaps[6].opens = None;
        gaps[7].opens = None;
        assert_eq!(count(gaps, &[]), 3, "the sixth to the eighth may be of any time between");
        let mut zoneless = refusal_at(1, 62, "r", 122);
        zoneless.zoneless = true;
        let filter = BlockFilter::of(block_stats(12), begin(0), &[], &time_filter(&zoneless, &clocks), &clocks);
        assert_eq!(looked_into(&filter).len(), 12);
    }

    #[test]
    fn users_are_looked_for_where_lines_bear_answers() {
        let clocks = clocks(20, 0);
        let time_filter = TimeFilter { answers: true, ..TimeFilter::default() };
        let count = |block_stats, events: &[Event]| {
            looked_into(&BlockFilter::of(block_stats, begin(0), events, &time_filter, &clocks)).len()
        };
        assert_eq!(count(block_stats(12), &[refusal_at(0, 15, "x", 25)]), 0);
        let mut answers = block_stats(12);
        answers[11].answers = true;
        assert_eq!(count(answers, &[]), 12);
        let mut refusal = refusal_at(0, 15, "x", 25);
        refusal.status = Some(401);
        assert_eq!(count(block_stats(12), &[refusal]), 12);
        assert_eq!(count(block_stats(3), &[]), 3, "too few to tell");
        assert!(BlockFilter::of(block_stats(12), begin(0), &[], &time_filter, &clocks).bounds(std::iter::empty()).is_none());
    }
}
