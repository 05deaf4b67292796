//! Which blocks the second pass looks into: where the lines of a request in question can be, by their time, and those of
//! a user, by what a stream's lines bear.
//!
//! What is passed over must be sure to hold nothing. A stream's blocks have a time only if its records name their zone
//! and stand in order; a request is looked for around its own time only where clocks are known to be in step, by other
//! requests that both sources tell of.

use std::collections::BTreeMap;
use std::ops::Range;

use chrono::{DateTime, TimeDelta, Utc};

use crate::extract::found::BlockStats;
use crate::model::event::{Event, Place, StreamId, Text};
use crate::normalise::clock;
use crate::normalise::ids::{self, IdRef};

/// How far from each other the lines of one request may stand, by clocks in step.
const NEAR: TimeDelta = TimeDelta::minutes(5);
/// How much two clocks in step may differ, and records of one stream be out of order.
const STEP: TimeDelta = TimeDelta::minutes(1);
/// How many requests two sources must share for their clocks to be known. Nine of ten must agree.
const SHARED: usize = 20;
/// A stream of fewer blocks does not show what its lines bear.
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
    /// Holds sources against each other by the requests that several tell of.
    pub fn of(events: &[Event], files: &[Text]) -> Self {
        let (sources, source_of) = clock::sources(files);
        // Of each pair of sources, how many requests both tell of, and of how many at one time.
        let mut pairs: BTreeMap<(usize, usize), (usize, usize)> = BTreeMap::new();
        let timed = |event: &Event| event.request_id.filter(|_| !event.zoneless && event.time.is_some());
        let mut bearers = ids::bearers(events, |place, event| [timed(event).map(|id| IdRef::new(id, 0, place)), None]);
        let id = |bearer: &IdRef| events[bearer.event()].request_id;
        for told in ids::shared(&mut bearers, id).filter(|told| (2..=ids::WITNESS_MOST).contains(&told.len())) {
            let source = |event: &Event| source_of.get(event.place.stream.0 as usize).copied();
            let mut lines =
                told.iter().map(|bearer| &events[bearer.event()]).filter_map(|event| Some((source(event)?, event.time?)));
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

/// What is looked for, by when and where its lines can be.
#[derive(Debug, Default)]
pub struct TimeFilter {
    /// When requests in question failed, by the group of the clocks that say so.
    times: BTreeMap<usize, Vec<DateTime<Utc>>>,
    /// Whether some request in question may be anywhere.
    anywhere: bool,
    /// Whether answers to users or addresses are looked for, at any time.
    pub answers: bool,
}

impl TimeFilter {
    /// Adds the request that an event tells of.
    pub fn add(&mut self, event: &Event, clocks: &Clocks) {
        match (event.time.filter(|_| !event.zoneless), clocks.group(event.place.stream)) {
            (Some(time), Some(group)) => self.times.entry(group).or_default().push(time),
            _ => self.anywhere = true,
        }
    }

    /// Makes it ready to be asked.
    pub fn settle(&mut self) {
        for times in self.times.values_mut() {
            times.sort_unstable();
        }
    }

    /// Whether lines of requests may stand in records written within some time, by a clock of a group.
    fn may_be_within(&self, group: Option<usize>, written: &Range<DateTime<Utc>>) -> bool {
        let Some(group) = group else { return true };
        // By a clock that is not in step the request may be at any time.
        let foreign = self.times.keys().any(|other| *other != group);
        let near = |times: &Vec<DateTime<Utc>>| {
            let from = times.partition_point(|time| time.checked_add_signed(NEAR).is_some_and(|late| late < written.start));
            times.get(from).is_some_and(|time| time.checked_sub_signed(NEAR).is_none_or(|early| early <= written.end))
        };
        self.anywhere || foreign || self.times.get(&group).is_some_and(near)
    }
}

/// Where in a stream the second pass looks for ids.
#[derive(Debug)]
pub struct BlockFilter {
    block_stats: Vec<BlockStats>,
    /// For each stats, whether it may hold lines of requests in question.
    requests: Vec<bool>,
    /// Whether any may hold answers to users in question.
    users: bool,
}

impl BlockFilter {
    /// Holds the blocks of a stream against what is looked for. `events` are those of the stream, in order; `begin` is where
    /// lines are counted from.
    pub fn of(block_stats: Vec<BlockStats>, begin: Place, events: &[Event], time_filter: &TimeFilter, clocks: &Clocks) -> Self {
        let answers = block_stats.len() < FEW
            || block_stats.iter().any(|stats| stats.answers)
            || events.iter().any(|event| event.status.is_some());
        let group = clocks.group(begin.stream);
        let written = written(&block_stats, begin, events);
        let requests = written.iter().map(|written| time_filter.may_be_within(group, written)).collect();
        Self { block_stats, requests, users: time_filter.answers && answers }
    }

    /// Whether lines of requests in question may stand in some bytes of the stream.
    pub fn may_hold_requests(&self, bytes: &Range<u64>) -> bool {
        let first = self.block_stats.partition_point(|stats| stats.at <= bytes.start).saturating_sub(1);
        let end = self.block_stats.partition_point(|stats| stats.at < bytes.end);
        // What was written since the first pass belongs to no stats.
        self.block_stats.is_empty() || self.requests[first..end].contains(&true)
    }

    /// Whether answers to users in question may stand in the stream.
    pub fn may_hold_users(&self) -> bool {
        self.users
    }

    /// The stats to begin with, and where the last one to look into ends, if that is before the stream does; `None` if
    /// there is nothing to look into. `waiting` are the places of records that are read in any case.
    pub fn bounds(&self, waiting: impl Iterator<Item = u64>) -> Option<(BlockStats, Option<u64>)> {
        let ids = (0..self.block_stats.len()).filter(|place| self.users || self.requests[*place]);
        let records = waiting.map(|at| self.block_stats.partition_point(|stats| stats.at <= at).saturating_sub(1));
        let (first, last) = ids.chain(records).fold(None, |bounds: Option<(usize, usize)>, place| {
            Some(bounds.map_or((place, place), |(first, last)| (first.min(place), last.max(place))))
        })?;
        Some((*self.block_stats.get(first)?, self.block_stats.get(last + 1).map(|next| next.at)))
    }
}

/// When the records of each stats were written, at most: of a stream out of order, at any time.
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
    // What the stream told of itself must agree.
    let mut place = 0;
    for event in events.iter().filter(|event| !event.zoneless) {
        while block_stats.get(place + 1).is_some_and(|stats| begin.line + stats.lines_before < event.place.line) {
            place += 1;
        }
        let within = |time: DateTime<Utc>| {
            written.get(place).is_none_or(|written| {
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

    fn told(stream: u32, line: u64, id: &str, minutes: i64) -> Event {
        let mut event = Event::bare(EventKind::AuthFailure, Place { stream: StreamId(stream), line });
        event.request_id = Some(id.into());
        event.time = at(minutes);
        event
    }

    /// Stretches of ten lines and twenty minutes each.
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

    /// Three sources, of which the first two tell of the same requests, and the third of none; the third's logs rotate.
    fn clocks(shared: i64, apart: i64) -> Clocks {
        let files = ["gw/access.log", "app/app.log", "idp/idp.log", "idp/idp.log.1"].map(Text::from);
        let both = |n: i64| [told(0, 1, &format!("request-{n}"), n), told(1, 1, &format!("request-{n}"), n + apart)];
        Clocks::of(&(0..shared).flat_map(both).collect::<Vec<_>>(), &files)
    }

    fn time_filter(event: &Event, clocks: &Clocks) -> TimeFilter {
        let mut time_filter = TimeFilter::default();
        time_filter.add(event, clocks);
        time_filter.settle();
        time_filter
    }

    fn looked_into(reach: &BlockFilter) -> Vec<u64> {
        let place = |n: &u64| reach.may_hold_users() || reach.may_hold_requests(&(1000 * n..1000 * n + 1000));
        (0..reach.block_stats.len() as u64).filter(place).collect()
    }

    #[test]
    fn a_request_is_looked_for_around_its_time_where_clocks_are_in_step() {
        let clocks = clocks(20, 0);
        let time_filter = time_filter(&told(1, 62, "r", 122), &clocks);
        let reach = BlockFilter::of(block_stats(12), begin(0), &[], &time_filter, &clocks);
        assert_eq!(looked_into(&reach), [5, 6], "from 117 to 127 minutes");
        let bounds = reach.bounds(std::iter::empty()).unwrap();
        assert_eq!((bounds.0.at, bounds.0.lines_before, bounds.1), (5000, 50, Some(7000)));
        assert_eq!(reach.bounds([11_200].into_iter()).unwrap().1, None, "the last stats ends with the stream");
        assert!(reach.may_hold_requests(&(6900..20_000)) && !reach.may_hold_requests(&(7000..20_000)));
        let reach = BlockFilter::of(block_stats(12), begin(2), &[], &time_filter, &clocks);
        assert_eq!(looked_into(&reach).len(), 12, "nobody knows the third source's clock");
    }

    #[test]
    fn clocks_are_known_by_many_requests_at_one_time() {
        for (clocks, known) in [(clocks(20, 0), true), (clocks(19, 0), false), (clocks(40, 2), false)] {
            assert_eq!((clocks.knows(StreamId(0)), clocks.knows(StreamId(1))), (known, known));
            assert!(!clocks.knows(StreamId(2)));
            let time_filter = time_filter(&told(1, 62, "r", 122), &clocks);
            let count = |stream| looked_into(&BlockFilter::of(block_stats(12), begin(stream), &[], &time_filter, &clocks)).len();
            assert_eq!((count(0), count(1)), if known { (2, 2) } else { (12, 2) }, "a source is in step with itself");
        }
        assert_eq!(clocks(0, 0).group(StreamId(2)), clocks(0, 0).group(StreamId(3)), "rotated logs have one clock");
    }

    #[test]
    fn an_id_that_many_lines_bear_is_no_witness_of_clocks() {
        let files = ["gw/access.log", "app/app.log"].map(Text::from);
        let both = |n: i64| [told(0, 1, "same", n), told(1, 1, "same", n)];
        assert!(!Clocks::of(&(0..40).flat_map(both).collect::<Vec<_>>(), &files).knows(StreamId(0)));
        let good = |n: i64| [told(0, 1, &format!("r-{n}"), n), told(1, 1, &format!("r-{n}"), n)];
        let bad = |n: i64| [told(0, 1, "same", 0), told(1, 1, "same", 60 + n)];
        let events: Vec<Event> = (0..30).flat_map(good).chain((0..500).flat_map(bad)).collect();
        assert!(Clocks::of(&events, &files).knows(StreamId(0)), "nor against them");
    }

    #[test]
    fn what_is_out_of_order_or_names_no_zone_is_looked_into_whole() {
        let clocks = clocks(20, 0);
        let timed = time_filter(&told(1, 62, "r", 122), &clocks);
        let count =
            |block_stats, events: &[Event]| looked_into(&BlockFilter::of(block_stats, begin(0), events, &timed, &clocks)).len();
        let mut mixed = block_stats(12);
        mixed.swap(3, 9);
        assert_eq!(count(mixed, &[]), 12);
        assert_eq!(count(block_stats(12), &[told(0, 15, "x", 30), told(0, 25, "y", 45)]), 2);
        assert_eq!(count(block_stats(12), &[told(0, 15, "x", 95)]), 12, "not of the second stats's time");
        let mut gaps = block_stats(12);
        gaps[6].opens = None;
        gaps[7].opens = None;
        assert_eq!(count(gaps, &[]), 3, "the sixth to the eighth may be of any time between");
        let mut zoneless = told(1, 62, "r", 122);
        zoneless.zoneless = true;
        let reach = BlockFilter::of(block_stats(12), begin(0), &[], &time_filter(&zoneless, &clocks), &clocks);
        assert_eq!(looked_into(&reach).len(), 12);
    }

    #[test]
    fn users_are_looked_for_where_lines_bear_answers() {
        let clocks = clocks(20, 0);
        let time_filter = TimeFilter { answers: true, ..TimeFilter::default() };
        let count = |block_stats, events: &[Event]| {
            looked_into(&BlockFilter::of(block_stats, begin(0), events, &time_filter, &clocks)).len()
        };
        assert_eq!(count(block_stats(12), &[told(0, 15, "x", 25)]), 0);
        let mut answers = block_stats(12);
        answers[11].answers = true;
        assert_eq!(count(answers, &[]), 12);
        let mut refusal = told(0, 15, "x", 25);
        refusal.status = Some(401);
        assert_eq!(count(block_stats(12), &[refusal]), 12);
        assert_eq!(count(block_stats(3), &[]), 3, "too few to tell");
        assert!(BlockFilter::of(block_stats(12), begin(0), &[], &time_filter, &clocks).bounds(std::iter::empty()).is_none());
    }
}
