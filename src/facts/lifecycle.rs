//! The lives of users, keys and services: created, deleted, rotated, deployed, and every line that reports it.
//!
//! Lines are gathered as they are; once all are there, those of one event are brought together.

use std::cmp::Reverse;
use std::ops::{Index, Range};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::facts::settings::{self, Settings};
use crate::hash::{HashMap, HashSet};
use crate::model::event::{Event, EventKind, Place, StreamId, Text};
use crate::model::name::Name;
use crate::parallel;

/// Lines of one event may be this far apart: the audit log, the database and the access log report it one after another.
const SAME: TimeDelta = TimeDelta::seconds(10);

/// A line that reports a lifecycle event.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LifecycleLine {
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
    /// What changed, in the log's words.
    pub change: Option<Name>,
}

impl LifecycleLine {
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
            change: extra.and_then(|extra| extra.change.as_ref()).map(|change| Name::of(change)),
        })
    }

    /// What it says of what changed.
    pub fn texts(&self) -> impl Iterator<Item = Name> {
        [self.change, self.quote].into_iter().flatten()
    }

    /// The version and settings that it names.
    pub fn settings(&self) -> Settings {
        let mut settings = Settings::new();
        for text in self.texts() {
            text.with(|text| settings::read(text, &mut settings));
        }
        settings
    }

    fn is_same(&self, first: &Self) -> bool {
        !is_traffic(self.kind) && (self.kind, self.key) == (first.kind, first.key) && self.time - first.time <= SAME
    }
}

/// Whether there are as many events of a kind as there are logins and logouts.
fn is_traffic(kind: EventKind) -> bool {
    matches!(kind, EventKind::TokenIssued | EventKind::TokenRevoked)
}

/// The subject, key or service that a lifecycle event is about.
fn key_of(event: &Event) -> Option<Name> {
    match event.kind {
        EventKind::UserCreated
        | EventKind::UserDeleted
        | EventKind::UserDisabled
        | EventKind::UserRestored
        | EventKind::TokenIssued => event.sub,
        // A revocation that names no subject ends the tokens of all.
        EventKind::TokenRevoked => Some(event.sub.unwrap_or_default()),
        EventKind::KeyAdded | EventKind::KeyRotated | EventKind::KeyRetired => event.kid.or(event.service),
        EventKind::ConfigChanged => event.service,
        _ => None,
    }
}

/// The lines gathered so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Lifecycle(Vec<LifecycleLine>);

impl Lifecycle {
    /// Adds an event. Of logins and logouts, of which there are very many, only those of the subjects in
    /// `asked_for`, if given.
    pub fn update(&mut self, event: &Event, asked_for: Option<&HashSet<Name>>) {
        let matters = |key: Name| !is_traffic(event.kind) || key.is_empty() || asked_for.is_none_or(|asked| asked.contains(&key));
        if key_of(event).is_some_and(matters) {
            self.0.extend(LifecycleLine::of(event));
        }
    }

    /// Adds what another gathered.
    pub fn merge(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    /// Renumbers the streams of its lines.
    pub fn renumber(&mut self, number: &impl Fn(StreamId) -> StreamId) {
        for line in &mut self.0 {
            line.line.stream = number(line.line.stream);
        }
    }

    /// Brings the lines of each event together.
    pub fn settle(self) -> LifecycleEvents {
        let mut lines = self.0;
        parallel::sort(&mut lines);
        let mut events: Vec<LifecycleEvent> = Vec::new();
        for index in 0..lines.len() {
            let LifecycleLine { kind, key, time, .. } = lines[index];
            match events.last_mut() {
                Some(last) if lines[index].is_same(&lines[last.lines.start]) => last.lines.end = index + 1,
                _ => events.push(LifecycleEvent { kind, key, time, best: index, lines: index..index + 1 }),
            }
        }
        for event in &mut events {
            event.choose_best(&lines);
        }
        let by_kind_and_key = by_kind_and_key(&events);
        LifecycleEvents { events: Arc::new(events), lines: Arc::new(lines), by_kind_and_key }
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
    lines: Range<usize>,
}

impl LifecycleEvent {
    /// Chooses the line that names it best: one that gives it an id of its own, if any. Of those of one time not the one
    /// that happens to stand in the first file.
    fn choose_best(&mut self, lines: &[LifecycleLine]) {
        let named = self.lines.clone().filter(|index| lines[*index].event_id.is_some());
        if self.kind == EventKind::ConfigChanged && named.clone().next().is_none() {
            // Of the lines of a start the first that names most of version and settings.
            let named = self.lines.clone().map(|index| (lines[index].settings().len(), Reverse(index)));
            if let Some((_, Reverse(most))) = named.max().filter(|(count, _)| *count > 0) {
                (self.best, self.time) = (most, lines[most].time);
            }
            return;
        }
        let rank = |index: &usize| {
            let LifecycleLine { time, event_id, line, .. } = &lines[*index];
            (*time, event_id.as_deref(), *line)
        };
        if let Some(best) = named.min_by(|a, b| rank(a).cmp(&rank(b))) {
            (self.best, self.time) = (best, lines[best].time);
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
    lines: Arc<Vec<LifecycleLine>>,
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

    /// The lines of all events.
    pub fn lines(&self) -> &[LifecycleLine] {
        &self.lines
    }

    /// The lines of an event.
    pub fn lines_of(&self, index: usize) -> &[LifecycleLine] {
        &self.lines[self.events[index].lines.clone()]
    }

    /// The line that names it best.
    pub fn best(&self, index: usize) -> &LifecycleLine {
        &self.lines[self.events[index].best]
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

    /// The same without the events of other kinds and keys; indices stay what they are.
    #[must_use]
    pub fn only_of(&self, is_asked: impl Fn(EventKind, Name) -> bool) -> Self {
        let by_key = |kind: EventKind| -> HashMap<Name, Range<usize>> {
            let ranges = self.by_kind_and_key.get(kind as usize).into_iter().flatten();
            ranges.filter(|(key, _)| is_asked(kind, **key)).map(|(key, range)| (*key, range.clone())).collect()
        };
        let by_kind_and_key = EventKind::ALL.iter().map(|kind| by_key(*kind)).collect();
        Self { events: Arc::clone(&self.events), lines: Arc::clone(&self.lines), by_kind_and_key }
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
        assert_eq!((events.lines_of(0).len(), events.best(0).line.stream), (3, StreamId(1)));
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
