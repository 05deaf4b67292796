//! The lives of users, keys and services: created, deleted, rotated, deployed, and every line that tells of it.
//!
//! Lines are gathered as they are; only when all are there are those that tell of one event brought together.

use std::ops::{Index, Range};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::hash::{HashMap, HashSet};
use crate::model::event::{Event, EventKind, Place, StreamId, Text};
use crate::model::name::Name;
use crate::parallel;

/// Lines of one event may be this far apart: the audit log, the database and the access log tell of it in turn.
const SAME: TimeDelta = TimeDelta::seconds(10);

/// A line that tells of a lifecycle event.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Sighting {
    kind: EventKind,
    key: Name,
    /// When, by this line.
    pub time: DateTime<Utc>,
    /// Where it stands.
    pub line: Place,
    /// The address that it names.
    pub client: Option<Name>,
    /// The tenant that it names.
    pub tenant: Option<Name>,
    /// E-mail or name of the subject.
    pub username: Option<Name>,
    /// The key that a new one replaces.
    pub previous_kid: Option<Name>,
    /// The id that its log gave the event.
    pub event_id: Option<Text>,
    /// What the line says, without secrets and cut.
    pub quote: Option<Name>,
    /// Whether the event is about a key that the line names, and not about a service's key.
    pub names_key: bool,
}

impl Sighting {
    fn of(event: &Event) -> Option<Self> {
        let (key, time) = (key_of(event)?, event.time?);
        let extra = event.extra.as_deref();
        Some(Self {
            kind: event.kind,
            key,
            time,
            line: event.place,
            client: event.client_ip,
            tenant: extra.and_then(|extra| extra.tenant),
            username: extra.and_then(|extra| extra.username),
            previous_kid: extra.and_then(|extra| extra.previous_kid),
            event_id: extra.and_then(|extra| extra.event_id.clone()),
            quote: if is_traffic(event.kind) { event.quote } else { event.quoted() },
            names_key: event.kid.is_some(),
        })
    }

    fn is_same(&self, first: &Self) -> bool {
        !is_traffic(self.kind) && (self.kind, self.key) == (first.kind, first.key) && self.time - first.time <= SAME
    }
}

/// Whether it happens as often as people come and go.
fn is_traffic(kind: EventKind) -> bool {
    matches!(kind, EventKind::TokenIssued | EventKind::TokenRevoked)
}

/// What a lifecycle event is about.
fn key_of(event: &Event) -> Option<Name> {
    match event.kind {
        EventKind::UserCreated
        | EventKind::UserDeleted
        | EventKind::UserDisabled
        | EventKind::UserRestored
        | EventKind::TokenIssued => event.sub,
        // One that names nobody ends everybody's tokens.
        EventKind::TokenRevoked => Some(event.sub.unwrap_or_default()),
        EventKind::KeyAdded | EventKind::KeyRotated | EventKind::KeyRetired => event.kid.or(event.service),
        EventKind::ConfigChanged => event.service,
        _ => None,
    }
}

/// The lines gathered so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Lifecycle(Vec<Sighting>);

impl Lifecycle {
    /// Takes in an event. Of logins and logouts, which are as many as there is traffic, only those of subjects that are
    /// asked for, where it is known who is.
    pub fn update(&mut self, event: &Event, asked_for: Option<&HashSet<Name>>) {
        let matters = |key: Name| !is_traffic(event.kind) || key.is_empty() || asked_for.is_none_or(|asked| asked.contains(&key));
        if key_of(event).is_some_and(matters) {
            self.0.extend(Sighting::of(event));
        }
    }

    /// Takes in what another gathered.
    pub fn merge(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    /// Gives each stream the number that it has elsewhere.
    pub fn renumber(&mut self, number: &impl Fn(StreamId) -> StreamId) {
        for sighting in &mut self.0 {
            sighting.line.stream = number(sighting.line.stream);
        }
    }

    /// Brings the lines of each event together.
    pub fn settle(self) -> LifecycleEvents {
        let mut sightings = self.0;
        parallel::sort(&mut sightings);
        let mut events: Vec<LifecycleEvent> = Vec::new();
        for index in 0..sightings.len() {
            let Sighting { kind, key, time, .. } = sightings[index];
            match events.last_mut() {
                Some(last) if sightings[index].is_same(&sightings[last.sightings.start]) => last.sightings.end = index + 1,
                _ => events.push(LifecycleEvent { kind, key, time, best: index, sightings: index..index + 1 }),
            }
        }
        for event in &mut events {
            event.choose_best(&sightings);
        }
        let by_kind_and_key = by_kind_and_key(&events);
        LifecycleEvents { events: Arc::new(events), sightings: Arc::new(sightings), by_kind_and_key }
    }
}

/// Something that happened to a user, a key or a service.
#[derive(Debug, Clone, PartialEq)]
pub struct LifecycleEvent {
    /// What.
    pub kind: EventKind,
    /// Subject, key or service.
    pub key: Name,
    /// When: by the line that names it best.
    pub time: DateTime<Utc>,
    best: usize,
    sightings: Range<usize>,
}

impl LifecycleEvent {
    /// Chooses the line that names it best: one that gives it an id of its own, if any. Of those of one time not the one
    /// that happens to stand in the first file.
    fn choose_best(&mut self, sightings: &[Sighting]) {
        let named = self.sightings.clone().filter(|index| sightings[*index].event_id.is_some());
        let rank = |index: &usize| {
            let Sighting { time, event_id, line, .. } = &sightings[*index];
            (*time, event_id.as_deref(), *line)
        };
        if let Some(best) = named.min_by(|a, b| rank(a).cmp(&rank(b))) {
            (self.best, self.time) = (best, sightings[best].time);
        }
    }
}

/// For each kind the events of each key, as a range of all of them.
fn by_kind_and_key(events: &[LifecycleEvent]) -> Vec<HashMap<Name, Range<usize>>> {
    let mut by_kind_and_key = vec![HashMap::default(); EventKind::ALL.len()];
    let mut start = 0;
    for same in events.chunk_by(|a, b| a.kind == b.kind && a.key == b.key) {
        by_kind_and_key[same[0].kind as usize].insert(same[0].key, start..start + same.len());
        start += same.len();
    }
    by_kind_and_key
}

/// All lifecycle events, by kind, key and time. Copies share them.
#[derive(Debug, Clone, Default)]
pub struct LifecycleEvents {
    events: Arc<Vec<LifecycleEvent>>,
    sightings: Arc<Vec<Sighting>>,
    by_kind_and_key: Vec<HashMap<Name, Range<usize>>>,
}

impl Index<usize> for LifecycleEvents {
    type Output = LifecycleEvent;

    fn index(&self, index: usize) -> &LifecycleEvent {
        &self.events[index]
    }
}

impl LifecycleEvents {
    /// Each of them; their order is that of their indices.
    pub fn iter(&self) -> std::slice::Iter<'_, LifecycleEvent> {
        self.events.iter()
    }

    /// The lines that tell of any.
    pub fn sightings(&self) -> &[Sighting] {
        &self.sightings
    }

    /// The lines that tell of an event.
    pub fn witnesses(&self, index: usize) -> &[Sighting] {
        &self.sightings[self.events[index].sightings.clone()]
    }

    /// The line that names it best.
    pub fn best(&self, index: usize) -> &Sighting {
        &self.sightings[self.events[index].best]
    }

    /// The indices of those of a kind, by time.
    pub fn of_kind(&self, kind: EventKind) -> Vec<usize> {
        let mut indices: Vec<usize> = (0..self.events.len()).filter(|index| self.events[*index].kind == kind).collect();
        indices.sort_by_key(|index| (self.events[*index].time, *index));
        indices
    }

    /// The last event of a kind of a subject or key by `time`.
    pub fn last_before(&self, kind: EventKind, key: Name, time: DateTime<Utc>) -> Option<usize> {
        let (span, at) = self.turn(kind, key, time)?;
        at.checked_sub(1).filter(|last| span.contains(last))
    }

    /// The first event of a kind of a subject or key after `time`, and how long after.
    pub fn first_after(&self, kind: EventKind, key: Name, time: DateTime<Utc>) -> Option<(usize, TimeDelta)> {
        let (span, at) = self.turn(kind, key, time)?;
        span.contains(&at).then(|| (at, self.events[at].time - time))
    }

    /// The same, but only of some kinds and keys can it be asked what happened to them.
    #[must_use]
    pub fn only_of(&self, is_asked: impl Fn(EventKind, Name) -> bool) -> Self {
        let by_key = |kind: EventKind| -> HashMap<Name, Range<usize>> {
            let ranges = self.by_kind_and_key.get(kind as usize).into_iter().flatten();
            ranges.filter(|(key, _)| is_asked(kind, **key)).map(|(key, range)| (*key, range.clone())).collect()
        };
        let by_kind_and_key = EventKind::ALL.iter().map(|kind| by_key(*kind)).collect();
        Self { events: Arc::clone(&self.events), sightings: Arc::clone(&self.sightings), by_kind_and_key }
    }

    /// The events of a kind and key, and which of them is the first after `time`.
    fn turn(&self, kind: EventKind, key: Name, time: DateTime<Utc>) -> Option<(Range<usize>, usize)> {
        let span = self.by_kind_and_key.get(kind as usize)?.get(&key)?.clone();
        let at = span.start + self.events[span.clone()].partition_point(|event| event.time <= time);
        Some((span, at))
    }
}

impl<'l> IntoIterator for &'l LifecycleEvents {
    type Item = &'l LifecycleEvent;
    type IntoIter = std::slice::Iter<'l, LifecycleEvent>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deletion(stream: u32, second: i64, event_id: Option<&str>) -> Event {
        let mut event = Event::bare(EventKind::UserDeleted, Place { stream: StreamId(stream), line: 1 });
        event.time = DateTime::from_timestamp(second, 0);
        event.sub = Some("7f3a".into());
        event.extra_mut().event_id = event_id.map(Text::from);
        event
    }

    fn settled(events: &[Event]) -> LifecycleEvents {
        let mut lifecycle = Lifecycle::default();
        for event in events {
            lifecycle.update(event, None);
        }
        lifecycle.settle()
    }

    #[test]
    fn lines_within_seconds_tell_of_one_event_whose_own_id_names_it() {
        let events =
            settled(&[deletion(2, 12, None), deletion(0, 10, None), deletion(1, 14, Some("d-1")), deletion(0, 60, None)]);
        assert_eq!(events.iter().count(), 2);
        assert_eq!((events.witnesses(0).len(), events.best(0).line.stream), (3, StreamId(1)));
        assert_eq!(events[0].time, DateTime::from_timestamp(14, 0).unwrap());
    }

    #[test]
    fn what_came_before_and_after_a_time_is_found() {
        let events = settled(&[deletion(0, 10, None), deletion(0, 60, None)]);
        let (kind, at) = (EventKind::UserDeleted, |second| DateTime::from_timestamp(second, 0).unwrap());
        assert_eq!(events.last_before(kind, "7f3a".into(), at(9)), None);
        assert_eq!(events.last_before(kind, "7f3a".into(), at(60)), Some(1));
        assert_eq!(events.first_after(kind, "7f3a".into(), at(10)), Some((1, TimeDelta::seconds(50))));
        assert_eq!(events.first_after(kind, "another".into(), at(10)), None);
    }

    #[test]
    fn logins_are_kept_of_those_asked_for() {
        let mut login = deletion(0, 10, None);
        login.kind = EventKind::TokenIssued;
        let mut lifecycle = Lifecycle::default();
        lifecycle.update(&login, Some(&HashSet::default()));
        assert_eq!(lifecycle, Lifecycle::default());
        lifecycle.update(&login, Some(&HashSet::from_iter(["7f3a".into()])));
        assert_eq!(lifecycle.settle().iter().count(), 1);
    }
}
