//! All refusals together: when each service refused for each reason, and how long a refusal usually takes.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::facts::maps;
use crate::facts::times::Span;
use crate::facts::written::pairs;
use crate::group::merge::Case;
use crate::hash::HashMap;
use crate::model::event::Reason;
use crate::model::name::Name;

/// A median of fewer refusals than this says nothing.
const USUAL_OF: usize = 10;

/// What surrounds a span is looked at for so long at least.
const AS_LONG: TimeDelta = TimeDelta::minutes(1);
/// Refusals rise where they come so many times as often.
const RISE: usize = 3;

/// Refusals that a change causes are looked for this long after it and compared with as long a time before it, the
/// shortest first: among many refusals for the same reason a short rise is seen, and a slow one where there are few.
const SCALES: [TimeDelta; 4] = [TimeDelta::minutes(1), TimeDelta::minutes(5), TimeDelta::minutes(15), TimeDelta::minutes(60)];
/// They begin so soon after it, or after so many times the pause between two of them.
const PROMPT: TimeDelta = TimeDelta::minutes(1);
/// See [`PROMPT`].
const PAUSES: i32 = 5;
/// The pause is taken from so many of the first.
const FIRST: usize = 10;
/// So many refusals are a beginning.
const BEGINNING: usize = 3;

/// Refusals that begin at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Onset {
    /// How many there were shortly before.
    pub before: usize,
    /// How many come after, within as long a time.
    pub after: usize,
}

/// The times of refusals by reason.
type ByReason = BTreeMap<Reason, Vec<DateTime<Utc>>>;

/// The refusals gathered so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Cohorts {
    #[serde(with = "pairs")]
    times: HashMap<Name, ByReason>,
    durations: BTreeMap<Reason, Vec<u32>>,
}

impl Cohorts {
    /// Adds a refused request.
    pub fn refused(&mut self, case: &Case) {
        if let (Some(service), Some(time)) = (case.service, case.time) {
            self.times.entry(service).or_default().entry(case.reason).or_default().push(time);
        }
        if let Some(duration) = case.duration_ms {
            self.durations.entry(case.reason).or_default().push(duration);
        }
    }

    /// Adds what another gathered.
    pub fn merge(&mut self, other: Self) {
        maps::merge(&mut self.times, other.times, |known, by_reason| {
            for (reason, mut times) in by_reason {
                known.entry(reason).or_default().append(&mut times);
            }
        });
        for (reason, mut durations) in other.durations {
            self.durations.entry(reason).or_default().append(&mut durations);
        }
    }

    /// The times in order, and the usual durations.
    pub fn settle(self) -> KnownCohorts {
        let Self { mut times, durations } = self;
        times.values_mut().flat_map(BTreeMap::values_mut).for_each(|times| times.sort_unstable());
        let usual_duration = durations
            .into_iter()
            .filter(|(_, durations)| durations.len() >= USUAL_OF)
            .map(|(reason, mut durations)| {
                durations.sort_unstable();
                (reason, durations[durations.len() / 2])
            })
            .collect();
        KnownCohorts { times, usual_duration }
    }
}

/// All refusals together.
#[derive(Debug, Clone, Default)]
pub struct KnownCohorts {
    times: HashMap<Name, ByReason>,
    /// How long a refusal for a reason usually takes, in milliseconds.
    pub usual_duration: BTreeMap<Reason, u32>,
}

impl KnownCohorts {
    /// How many refusals of a service for want of a key lie from one time to another.
    pub fn of_keys_within(&self, service: Name, from: DateTime<Utc>, to: DateTime<Utc>) -> usize {
        let Some(by_reason) = self.times.get(&service) else { return 0 };
        let times = by_reason.iter().filter(|(reason, _)| reason.is_of_key()).map(|(_, times)| times);
        times.map(|times| times.partition_point(|time| *time < to) - times.partition_point(|time| *time < from)).sum()
    }

    /// Whether a service refused for a reason far more often within a span than as long before and after it.
    pub fn rises_within(&self, service: Name, reason: Reason, span: Span) -> bool {
        let Some(times) = self.times.get(&service).and_then(|by_reason| by_reason.get(&reason)) else { return false };
        let count = |from: DateTime<Utc>, to: DateTime<Utc>| {
            times.partition_point(|time| *time <= to) - times.partition_point(|time| *time < from)
        };
        let long = (span.last - span.first).max(AS_LONG);
        let inside = count(span.first, span.last);
        let around = count(span.first - long, span.last + long) - inside;
        // The time around is as long twice, or longer where the span is short.
        let seconds = |time: TimeDelta| usize::try_from(time.num_seconds().max(1)).unwrap_or(1);
        inside > 0 && inside * 2 * seconds(long) >= RISE * around * seconds(span.last - span.first)
    }

    /// Whether refusals of a service for a reason begin at `time` or soon after it, where its log begins at `since`.
    pub fn onset(&self, service: Name, reason: Reason, time: DateTime<Utc>, since: DateTime<Utc>) -> Option<Onset> {
        let times = self.times.get(&service)?.get(&reason)?;
        let at = times.partition_point(|t| *t < time);
        let is_covered = |within: &&TimeDelta| **within <= SCALES[0] || since <= time - **within;
        SCALES.iter().filter(is_covered).find_map(|within| {
            let (before, after) = around(times, time, *within);
            if after < BEGINNING || after < 5 * before {
                return None;
            }
            // As many as before may have come without it.
            let new = &times[at + before..at + after];
            // What begins late within the time has another cause.
            let is_early = new[new.len() / 2] - time <= *within * 3 / 4;
            (is_early && is_prompt(new, time)).then_some(Onset { before, after })
        })
    }

    /// Whether refusals of a service for a reason end at `time`.
    pub fn ends(&self, service: Name, reason: Reason, time: DateTime<Utc>) -> bool {
        let Some(times) = self.times.get(&service).and_then(|by_reason| by_reason.get(&reason)) else { return false };
        // The shortest time that shows anything decides: what was before has ended already.
        let counts = || SCALES.iter().map(|within| around(times, time, *within));
        let shown = counts().find(|(before, after)| before + after >= BEGINNING);
        shown.is_some_and(|(before, after)| before >= BEGINNING && before >= 5 * after)
    }

    /// How many refusals of a service for a reason lie in as long as `within` before and after `time`.
    pub fn around(&self, service: Name, reason: Reason, time: DateTime<Utc>, within: TimeDelta) -> (usize, usize) {
        let Some(times) = self.times.get(&service).and_then(|by_reason| by_reason.get(&reason)) else {
            return (0, 0);
        };
        around(times, time, within)
    }
}

/// How many of some times lie in as long as `within` before and after `time`.
fn around(times: &[DateTime<Utc>], time: DateTime<Utc>, within: TimeDelta) -> (usize, usize) {
    let at = times.partition_point(|t| *t < time);
    let from = times.partition_point(|t| *t < time - within);
    let to = times.partition_point(|t| *t <= time + within);
    (at - from, to - at)
}

/// Whether some refusals begin no later after `time` than their own pace lets expect.
fn is_prompt(times: &[DateTime<Utc>], time: DateTime<Utc>) -> bool {
    let few = &times[..times.len().min(FIRST)];
    let pauses = i32::try_from(few.len().saturating_sub(1).max(1)).unwrap_or(1);
    let pause = (few[few.len() - 1] - few[0]) / pauses;
    few[0] - time <= PROMPT + pause * PAUSES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_count_together_before_and_after_a_time() {
        let at = |second| DateTime::from_timestamp(second, 0).unwrap();
        let part = |seconds: &[i64]| {
            let times = seconds.iter().map(|second| at(*second)).collect();
            let by_reason = BTreeMap::from([(Reason::TokenExpired, times)]);
            Cohorts { times: [("orders".into(), by_reason)].into_iter().collect(), durations: BTreeMap::new() }
        };
        let mut cohorts = part(&[100, 10]);
        cohorts.merge(part(&[50, 1000]));
        let known = cohorts.settle();
        let around = |reason| known.around("orders".into(), reason, at(60), TimeDelta::minutes(1));
        assert_eq!(around(Reason::TokenExpired), (2, 1));
        assert_eq!(around(Reason::SubMissing), (0, 0));
    }

    #[test]
    fn refusals_begin_with_a_change_or_long_after_it() {
        let at = |second| DateTime::from_timestamp(second, 0).unwrap();
        let known = |seconds: &mut dyn Iterator<Item = i64>| {
            let by_reason = BTreeMap::from([(Reason::SubMissing, seconds.map(at).collect())]);
            Cohorts { times: [("orders".into(), by_reason)].into_iter().collect(), durations: BTreeMap::new() }.settle()
        };
        let onset = |known: &KnownCohorts, second| known.onset("orders".into(), Reason::SubMissing, at(second), at(-9000));
        let burst = known(&mut (1000..1040));
        assert_eq!(onset(&burst, 990), Some(Onset { before: 0, after: 40 }));
        assert_eq!(onset(&burst, 880), None, "two minutes after the change, one a second");
        assert_eq!(onset(&burst, 1020), None, "they had begun");
        assert!(burst.ends("orders".into(), Reason::SubMissing, at(1041)));
        let slow = known(&mut (1..9).map(|minute| 1000 + 60 * minute));
        assert_eq!(onset(&slow, 880), Some(Onset { before: 0, after: 8 }), "they are as rare as they come late");
    }

    #[test]
    fn few_durations_are_none() {
        let of = |count| Cohorts { durations: BTreeMap::from([(Reason::SubMissing, vec![7; count])]), ..Cohorts::default() };
        assert!(of(9).settle().usual_duration.is_empty());
        assert_eq!(of(10).settle().usual_duration[&Reason::SubMissing], 7);
    }
}
