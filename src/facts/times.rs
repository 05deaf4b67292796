//! Times in order.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Whether any of some sorted times lies within two bounds.
pub fn any_within(times: &[DateTime<Utc>], from: DateTime<Utc>, to: DateTime<Utc>) -> bool {
    times.get(times.partition_point(|time| *time < from)).is_some_and(|time| *time <= to)
}

/// The first and the last time of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The first.
    pub first: DateTime<Utc>,
    /// The last.
    pub last: DateTime<Utc>,
}

impl Span {
    /// The span of one time.
    pub fn at(time: DateTime<Utc>) -> Self {
        Self { first: time, last: time }
    }

    /// The span that holds two.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self { first: self.first.min(other.first), last: self.last.max(other.last) }
    }

    /// The span that holds all of some.
    pub fn join(spans: impl Iterator<Item = Self>) -> Option<Self> {
        spans.reduce(Self::with)
    }
}

/// When something happened: of each minute the first and the last time, however often it happened.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Minutes(BTreeMap<i64, Span>);

impl Minutes {
    /// Adds a time.
    pub fn add(&mut self, time: DateTime<Utc>) {
        self.join(time.timestamp().div_euclid(60), Span::at(time));
    }

    /// Adds what another holds.
    pub fn merge(&mut self, other: Self) {
        for (minute, span) in other.0 {
            self.join(minute, span);
        }
    }

    fn join(&mut self, minute: i64, span: Span) {
        self.0.entry(minute).and_modify(|known| *known = known.with(span)).or_insert(span);
    }

    /// From the first to the last of them.
    pub fn span(&self) -> Option<Span> {
        Some(self.0.first_key_value()?.1.with(*self.0.last_key_value()?.1))
    }

    /// The first that is known at or after `time`.
    pub fn from(&self, time: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut minutes = self.0.range(time.timestamp().div_euclid(60)..).map(|(_, span)| span);
        let known = |span: &Span| [span.first, span.last].into_iter().find(|known| *known >= time);
        minutes.find_map(known)
    }

    /// The last that is known before `time`.
    pub fn before(&self, time: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut minutes = self.0.range(..=time.timestamp().div_euclid(60)).rev().map(|(_, span)| span);
        let known = |span: &Span| [span.last, span.first].into_iter().find(|known| *known < time);
        minutes.find_map(known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_each_minute_the_first_and_the_last_are_known_in_whatever_order_they_came() {
        let at = |second| DateTime::from_timestamp(second, 0).unwrap();
        let of = |seconds: &[i64]| {
            let mut minutes = Minutes::default();
            for second in seconds {
                minutes.add(at(*second));
            }
            minutes
        };
        let (mut one, mut other) = (of(&[70, 10, 30]), of(&[50, 600]));
        one.merge(of(&[50, 600]));
        other.merge(of(&[30, 10, 70]));
        assert_eq!(one, other);
        assert_eq!(one.span(), Some(Span { first: at(10), last: at(600) }));
        assert_eq!((one.from(at(11)), one.from(at(51)), one.from(at(601))), (Some(at(50)), Some(at(70)), None));
        assert_eq!((one.before(at(10)), one.before(at(50)), one.before(at(599))), (None, Some(at(10)), Some(at(70))));
    }
}
