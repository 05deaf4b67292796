//! Users who got through, then were not found, and never got through again: many at once were not deleted one by one.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::facts::lifecycle::LifecycleEvents;
use crate::facts::maps;
use crate::facts::success::Success;
use crate::facts::written::pairs;
use crate::group::merge::Case;
use crate::hash::{HashMap, HashSet};
use crate::model::event::{EventKind, Reason};
use crate::model::name::Name;

/// This many users that vanish within [`AT_ONCE`] vanished together (`bulk_subjects`).
const BULK: usize = 20;
/// See [`BULK`].
const AT_ONCE: TimeDelta = TimeDelta::minutes(10);

/// Many users that got through and then were not found, all within minutes.
#[derive(Debug, Clone, PartialEq)]
pub struct Bulk {
    /// The first of them.
    pub start: DateTime<Utc>,
    /// The last of them.
    pub end: DateTime<Utc>,
    /// The users.
    pub subjects: HashSet<Name>,
    /// A request of a user who came later and gets through, as an index of the successes.
    pub newcomer: Option<usize>,
}

/// When each user was first not found, as far as gathered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Missing(#[serde(with = "pairs")] HashMap<Name, DateTime<Utc>>);

impl Missing {
    /// Adds a refused request.
    pub fn refused(&mut self, case: &Case) {
        if let (Reason::SubNotFound, Some(sub), Some(time)) = (case.reason, case.sub, case.time) {
            self.add(sub, time);
        }
    }

    /// Adds what another gathered.
    pub fn merge(&mut self, other: Self) {
        maps::merge(&mut self.0, other.0, |known, time| *known = time.min(*known));
    }

    fn add(&mut self, sub: Name, time: DateTime<Utc>) {
        self.0.entry(sub).and_modify(|first| *first = time.min(*first)).or_insert(time);
    }

    /// Those who vanished together; `successes` are in the order of time.
    pub fn settle(self, successes: &[Success], lifecycle: &LifecycleEvents) -> Vec<Bulk> {
        let turns = self.unexplained(successes, lifecycle);
        let mut bulks = Vec::new();
        let mut rest = turns.as_slice();
        while let Some((start, _)) = rest.first() {
            let (group, later) = rest.split_at(rest.partition_point(|(time, _)| *time - *start <= AT_ONCE));
            if group.len() >= BULK {
                bulks.push(self.bulk(group, successes));
            }
            rest = later;
        }
        bulks
    }

    /// When users vanished whose deletion no line reports, in the order of time.
    fn unexplained(&self, successes: &[Success], lifecycle: &LifecycleEvents) -> Vec<(DateTime<Utc>, Name)> {
        let (mut before, mut after): (HashSet<Name>, HashSet<Name>) = Default::default();
        for success in successes {
            if let Some(turn) = self.0.get(&success.sub) {
                if success.time < *turn {
                    before.insert(success.sub)
                } else {
                    after.insert(success.sub)
                };
            }
        }
        // Where no line shows who gets through, nothing shows who vanished.
        if before.is_empty() && after.is_empty() {
            return Vec::new();
        }
        let of = |kinds: &[EventKind]| -> HashSet<Name> {
            lifecycle.iter().filter(|event| kinds.contains(&event.kind)).map(|event| event.key).collect()
        };
        let mut created: HashMap<Name, DateTime<Utc>> = HashMap::default();
        for event in lifecycle.iter().filter(|event| event.kind == EventKind::UserCreated) {
            created.entry(event.key).and_modify(|first| *first = event.time.min(*first)).or_insert(event.time);
        }
        // Somebody new is not found where copies lag.
        let is_settled = |sub: &Name, turn: DateTime<Utc>| created.get(sub).is_some_and(|created| turn - *created > AT_ONCE);
        let explained = of(&[EventKind::UserDeleted, EventKind::UserDisabled]);
        let mut turns: Vec<(DateTime<Utc>, Name)> = self
            .0
            .iter()
            .filter(|(sub, turn)| {
                (before.contains(sub) || is_settled(sub, **turn)) && !after.contains(sub) && !explained.contains(sub)
            })
            .map(|(sub, time)| (*time, *sub))
            .collect();
        turns.sort_unstable();
        turns
    }

    fn bulk(&self, group: &[(DateTime<Utc>, Name)], successes: &[Success]) -> Bulk {
        let (start, end) = (group[0].0, group[group.len() - 1].0);
        let later = successes.partition_point(|success| success.time <= start);
        let newcomer = successes[later..].iter().position(|success| !self.0.contains_key(&success.sub));
        Bulk { start, end, subjects: group.iter().map(|(_, sub)| *sub).collect(), newcomer: newcomer.map(|index| later + index) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::{Place, StreamId};

    fn success(sub: &str, second: i64) -> Success {
        Success {
            time: DateTime::from_timestamp(second, 0).unwrap(),
            place: Place { stream: StreamId(0), line: 1 },
            sub: sub.into(),
            service: None,
            host: None,
            kid: None,
            iat: None,
            client: None,
        }
    }

    #[test]
    fn many_who_vanish_within_minutes_vanish_together() {
        let missing = |count: i64| {
            let mut missing = Missing::default();
            (0..count).for_each(|n| missing.add(Name::from(format!("u-{n}")), DateTime::from_timestamp(1000 + n, 0).unwrap()));
            missing
        };
        let mut successes: Vec<Success> = (0..20).map(|n| success(&format!("u-{n}"), n)).collect();
        successes.push(success("new", 2000));
        let bulks = missing(20).settle(&successes, &LifecycleEvents::default());
        assert_eq!((bulks.len(), bulks[0].subjects.len(), bulks[0].newcomer), (1, 20, Some(20)));
        assert!(missing(19).settle(&successes, &LifecycleEvents::default()).is_empty());
    }
}
