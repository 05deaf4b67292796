//! Services that found nobody for a while, though the users were there: they looked into another store. And crowds of
//! users of whom nothing is known and whom a service began to miss at once.
//!
//! A service that calls many users missing within minutes who were not deleted and get through elsewhere afterwards, and
//! hardly any before and after that, did not see the users' store.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::facts::lifecycle::LifecycleEvents;
use crate::facts::maps;
use crate::facts::subject::Subject;
use crate::facts::success::Success;
use crate::facts::times::Span;
use crate::facts::written::pairs;
use crate::group::merge::Case;
use crate::group::service_name::plain_name;
use crate::hash::{HashMap, HashSet};
use crate::model::event::{EventKind, Reason};
use crate::model::name::Name;

/// Refusals of users who are there, no further apart than this, are of one spell.
const GAP: TimeDelta = TimeDelta::seconds(20);
/// So many users who are there are called missing for a reason that is not theirs.
const USERS_MIN: usize = 8;
/// Each of them is refused no oftener than that: a few who are refused again and again are refused for what is theirs.
const REPEATS: usize = 4;
/// A user is not found for so long after the creation where copies lag.
const NEW: TimeDelta = TimeDelta::seconds(60);

/// So many users of whom nothing is known who are missed for the first time within [`AT_ONCE`] are a crowd.
const CROWD: usize = 8;
/// See [`CROWD`].
const AT_ONCE: TimeDelta = TimeDelta::minutes(1);
/// A crowd comes so many times as fast as users did in as many minutes before it.
const TIMES: usize = 4;
/// See [`TIMES`].
const BEFORE: TimeDelta = TimeDelta::minutes(5);

/// When services did not find users, as far as gathered, by the plain name of the service.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Unfound(#[serde(with = "pairs")] HashMap<Name, Vec<(DateTime<Utc>, Name)>>);

impl Unfound {
    /// Adds a refused request.
    pub fn refused(&mut self, case: &Case) {
        if let (Reason::SubNotFound, Some(service), Some(sub), Some(time)) = (case.reason, case.service, case.sub, case.time) {
            self.0.entry(plain_name(service)).or_default().push((time, sub));
        }
    }

    /// Adds what another gathered.
    pub fn merge(&mut self, other: Self) {
        maps::merge(&mut self.0, other.0, |known, mut times| known.append(&mut times));
    }

    /// The spells of each service; `successes` are in the order of time.
    pub fn settle(self, successes: &[Success], lifecycle: &LifecycleEvents, subjects: &HashMap<Name, Subject>) -> Spells {
        let is_known = |sub: &Name| subjects.get(sub).is_some_and(|subject| subject.known);
        let crowds = self.0.iter().map(|(service, times)| (*service, crowds(times, is_known))).collect();
        let mut last: HashMap<Name, DateTime<Utc>> = HashMap::default();
        let asked: HashSet<Name> = self.0.values().flatten().map(|(_, sub)| *sub).collect();
        for success in successes.iter().filter(|success| asked.contains(&success.sub)) {
            last.insert(success.sub, success.time);
        }
        let before = |kind, sub, time| lifecycle.last_before(kind, sub, time).map(|index| lifecycle[index].time);
        let is_there = |time: DateTime<Utc>, sub: Name| {
            let ended = before(EventKind::UserDeleted, sub, time).max(before(EventKind::UserDisabled, sub, time));
            let created = before(EventKind::UserCreated, sub, time);
            let returned = before(EventKind::UserRestored, sub, time).max(created);
            last.get(&sub).is_some_and(|last| *last > time)
                && (ended.is_none() || returned > ended)
                && created.is_none_or(|created| time - created > NEW)
        };
        let of_service = |mut times: Vec<(DateTime<Utc>, Name)>| {
            times.retain(|(time, sub)| is_there(*time, *sub));
            times.sort_unstable();
            spells(&times)
        };
        Spells { crowds, spells: self.0.into_iter().map(|(service, times)| (service, of_service(times))).collect() }
    }
}

/// When each service found nobody.
#[derive(Debug, Clone, Default)]
pub struct Spells {
    spells: HashMap<Name, Vec<Spell>>,
    /// The users of crowds at each service, and when their crowd came.
    crowds: HashMap<Name, HashMap<Name, DateTime<Utc>>>,
}

impl Spells {
    /// The spell of a service that covers a time.
    pub fn at(&self, service: Name, time: DateTime<Utc>) -> Option<&Spell> {
        let spells = self.spells.get(&plain_name(service))?;
        let begun = spells.partition_point(|spell| spell.span.first <= time);
        spells[..begun].last().filter(|spell| time <= spell.span.last)
    }

    /// When the crowd came to a service that a user is of.
    pub fn crowd(&self, service: Name, sub: Name) -> Option<DateTime<Utc>> {
        self.crowds.get(&plain_name(service))?.get(&sub).copied()
    }
}

/// A time in which a service did not find users who are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spell {
    /// The first and the last refusal of such a user.
    pub span: Span,
    /// How many users.
    pub users: usize,
}

/// The spells among the refusals of users who are there, in the order of time.
fn spells(times: &[(DateTime<Utc>, Name)]) -> Vec<Spell> {
    let near = |a: &(DateTime<Utc>, Name), b: &(DateTime<Utc>, Name)| b.0 - a.0 <= GAP;
    let mut spells = Vec::new();
    for group in times.chunk_by(near) {
        let users: HashSet<Name> = group.iter().map(|(_, sub)| *sub).collect();
        let span = Span { first: group[0].0, last: group[group.len() - 1].0 };
        let is_of_many = users.len() >= USERS_MIN && users.len() * REPEATS >= group.len();
        if is_of_many && is_sudden(times, group.len(), span) {
            spells.push(Spell { span, users: users.len() });
        }
    }
    spells
}

/// The users of whom nothing is known and who were first missed together with many others, and when those came.
fn crowds(times: &[(DateTime<Utc>, Name)], is_known: impl Fn(&Name) -> bool) -> HashMap<Name, DateTime<Utc>> {
    let mut first: HashMap<Name, DateTime<Utc>> = HashMap::default();
    for (time, sub) in times.iter().filter(|(_, sub)| !is_known(sub)) {
        first.entry(*sub).and_modify(|first| *first = (*first).min(*time)).or_insert(*time);
    }
    let mut firsts: Vec<(DateTime<Utc>, Name)> = first.into_iter().map(|(sub, time)| (time, sub)).collect();
    firsts.sort_unstable();
    let mut crowds = HashMap::default();
    for (index, (start, _)) in firsts.iter().enumerate() {
        let end = firsts.partition_point(|(time, _)| *time <= *start + AT_ONCE);
        let before = index - firsts.partition_point(|(time, _)| *time < *start - BEFORE);
        if end - index >= CROWD && (end - index) * 5 >= TIMES * before {
            for (_, sub) in &firsts[index..end] {
                crowds.entry(*sub).or_insert(*start);
            }
        }
    }
    crowds
}

/// Whether as long a time before and after a spell has hardly any such refusals.
fn is_sudden(times: &[(DateTime<Utc>, Name)], count: usize, span: Span) -> bool {
    let long = span.last - span.first;
    let from = times.partition_point(|(time, _)| *time < span.first - long);
    let to = times.partition_point(|(time, _)| *time <= span.last + long);
    (to - from - count) * 4 <= count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::{Place, StreamId};

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    fn through(sub: &str, second: i64) -> Success {
        Success {
            time: at(second),
            place: Place { stream: StreamId(0), line: 1 },
            sub: sub.into(),
            service: None,
            host: None,
            kid: None,
            iat: None,
            client: None,
        }
    }

    fn spells_of(users: i64, come_back: bool) -> Spells {
        let missing = (0..users).map(|n| (at(1000 + n), Name::from(format!("u-{n}")))).collect();
        let successes: Vec<Success> = (0..users).map(|n| through(&format!("u-{n}"), if come_back { 2000 } else { 10 })).collect();
        Unfound([("orders".into(), missing)].into_iter().collect()).settle(
            &successes,
            &LifecycleEvents::default(),
            &HashMap::default(),
        )
    }

    #[test]
    fn many_strangers_at_once_are_a_crowd_and_as_many_one_by_one_are_none() {
        let missing =
            |users: i64, every: i64| (0..users).map(|n| (at(1000 + n * every), Name::from(format!("s-{n}")))).collect::<Vec<_>>();
        assert_eq!(crowds(&missing(8, 2), |_| false).len(), 8);
        assert_eq!(crowds(&missing(8, 2), |_| false).get(&Name::of("s-7")), Some(&at(1000)));
        assert!(crowds(&missing(7, 2), |_| false).is_empty(), "too few");
        assert!(crowds(&missing(60, 20), |_| false).is_empty(), "three a minute");
        assert!(crowds(&missing(8, 2), |_| true).is_empty(), "they are known");
    }

    #[test]
    fn many_who_are_there_are_not_found_for_a_spell() {
        assert_eq!(spells_of(8, true).at("orders".into(), at(1003)).map(|spell| spell.users), Some(8));
        assert_eq!(spells_of(8, true).at("orders".into(), at(1500)), None, "after it");
        assert_eq!(spells_of(7, true).at("orders".into(), at(1003)), None, "too few");
        assert_eq!(spells_of(8, false).at("orders".into(), at(1003)), None, "nobody came back");
    }
}
