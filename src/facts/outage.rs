//! When the user store failed: errors that follow each other closely.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::facts::times::Span;
use crate::facts::written::pairs;
use crate::model::event::{Event, EventKind, Place, Reason, StreamId};
use crate::model::name::Name;

/// Errors of a store no further apart than this are one outage.
const GAP: TimeDelta = TimeDelta::seconds(30);
/// An outage reaches this far to each side: pools drain late.
pub const PAD: TimeDelta = TimeDelta::seconds(60);
/// Fewer errors than this are no outage.
const MIN: usize = 3;

/// Errors that follow each other closely.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Burst {
    span: Span,
    count: usize,
    /// The line of the first of them.
    first_line: Place,
    streams: BTreeSet<StreamId>,
    services: BTreeSet<Name>,
}

impl Burst {
    fn of(time: DateTime<Utc>, event: &Event) -> Self {
        let (streams, services) = (BTreeSet::from([event.place.stream]), event.service.into_iter().collect());
        Self { span: Span::at(time), count: 1, first_line: event.place, streams, services }
    }

    /// Adds an error that is no sooner than the first.
    fn prolong(&mut self, time: DateTime<Utc>, event: &Event) {
        if time == self.span.first {
            self.first_line = self.first_line.min(event.place);
        }
        self.span = self.span.with(Span::at(time));
        self.count += 1;
        self.streams.insert(event.place.stream);
        self.services.extend(event.service);
    }

    fn join(&mut self, mut other: Self) {
        let first = |burst: &Self| (burst.span.first, burst.first_line);
        self.first_line = first(self).min(first(&other)).1;
        self.span = self.span.with(other.span);
        self.count += other.count;
        self.streams.append(&mut other.streams);
        self.services.append(&mut other.services);
    }
}

/// The errors gathered so far, by the time of the first of each burst; bursts lie more than half a minute apart.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StoreErrors(#[serde(with = "pairs")] BTreeMap<DateTime<Utc>, Burst>);

impl StoreErrors {
    /// Adds an event, if it is an error of the user store.
    pub fn update(&mut self, event: &Event) {
        let is_error =
            event.kind == EventKind::UserStoreError || event.reason == Some(Reason::UserStoreUnavailable) && !event.is_doubtful();
        let Some(time) = event.time.filter(|_| is_error) else { return };
        // Most errors of an outage only prolong a burst.
        let is_last = self.0.range(time + TimeDelta::nanoseconds(1)..=time + GAP).next().is_none();
        match self.0.range_mut(..=time).next_back() {
            Some((_, burst)) if is_last && time <= burst.span.last + GAP => burst.prolong(time, event),
            _ => self.add(Burst::of(time, event)),
        }
    }

    /// Adds what another gathered.
    pub fn merge(&mut self, other: Self) {
        other.0.into_values().for_each(|burst| self.add(burst));
    }

    fn add(&mut self, mut burst: Burst) {
        // The last that begins no further behind it than the gap is near, if it does not end too far before.
        while let Some((start, near)) = self.0.range(..=burst.span.last + GAP).next_back()
            && burst.span.first <= near.span.last + GAP
        {
            let start = *start;
            burst.join(self.0.remove(&start).unwrap_or_else(|| burst.clone()));
        }
        self.0.insert(burst.span.first, burst);
    }

    /// Renumbers the streams of its lines.
    pub fn renumber(&mut self, number: &impl Fn(StreamId) -> StreamId) {
        for burst in self.0.values_mut() {
            burst.first_line.stream = number(burst.first_line.stream);
            burst.streams = burst.streams.iter().map(|stream| number(*stream)).collect();
        }
    }

    /// The bursts that are long enough to be outages, in the order of time.
    pub fn settle(self) -> Vec<Outage> {
        let outages = self.0.into_values().filter(|burst| burst.count >= MIN);
        outages
            .map(|burst| Outage {
                start: burst.span.first,
                end: burst.span.last,
                first_line: burst.first_line,
                streams: burst.streams.len(),
                services: burst.services,
            })
            .collect()
    }
}

/// A time in which the user store failed.
#[derive(Debug, Clone, PartialEq)]
pub struct Outage {
    /// First error.
    pub start: DateTime<Utc>,
    /// Last error.
    pub end: DateTime<Utc>,
    /// The place of the first error.
    pub first_line: Place,
    /// From how many streams they come.
    pub streams: usize,
    /// The services that report it.
    pub services: BTreeSet<Name>,
}

impl Outage {
    /// Whether `time` lies in it or within the pad around it.
    pub fn covers(&self, time: DateTime<Utc>) -> bool {
        self.start - PAD <= time && time <= self.end + PAD
    }
}

/// The outage that covers a time; they are in the order of time, and apart.
pub fn at(outages: &[Outage], time: DateTime<Utc>) -> Option<&Outage> {
    // The first that has not ended long before.
    let first = outages.partition_point(|outage| outage.end + PAD < time);
    outages.get(first).filter(|outage| outage.covers(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(seconds: &[i64]) -> StoreErrors {
        let mut errors = StoreErrors::default();
        for second in seconds {
            let mut event = Event::bare(EventKind::UserStoreError, Place { stream: StreamId(0), line: second.unsigned_abs() });
            event.time = DateTime::from_timestamp(*second, 0);
            errors.update(&event);
        }
        errors
    }

    #[test]
    fn errors_join_into_one_outage_in_whatever_order_they_come() {
        let orders: [&[i64]; 3] = [&[100, 130, 160, 191], &[191, 160, 100, 130], &[100, 160, 130, 191]];
        for order in orders {
            let outages = errors(order).settle();
            assert_eq!(outages.len(), 1, "{order:?}");
            assert_eq!((outages[0].start.timestamp(), outages[0].end.timestamp()), (100, 160));
            assert_eq!(outages[0].first_line.line, 100);
        }
    }

    #[test]
    fn parts_join_where_they_touch() {
        let mut one = errors(&[100, 160]);
        one.merge(errors(&[130]));
        assert_eq!(one, errors(&[100, 130, 160]));
        assert_eq!(one.settle().len(), 1);
        assert!(errors(&[100, 160]).settle().is_empty(), "two are no outage");
    }
}
