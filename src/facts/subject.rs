//! What is known of users apart from failures: that they exist, and in which tenants; what they are called.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::facts::maps;
use crate::facts::success::Success;
use crate::facts::written::pairs;
use crate::hash::{HashMap, HashSet};
use crate::model::event::{Event, EventKind, Place, StreamId};
use crate::model::name::Name;

/// What is known of a user apart from failures.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Subject {
    /// Tenants it was seen in.
    pub tenants: BTreeSet<Name>,
    /// Created, logged in, or accepted at some time.
    pub known: bool,
    /// More than a token that names it: an issuer may put anything into `sub`.
    pub proven: bool,
}

impl Subject {
    fn merge(&mut self, mut other: Self) {
        self.known |= other.known;
        self.proven |= other.proven;
        self.tenants.append(&mut other.tenants);
    }
}

/// The users gathered so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Subjects(#[serde(with = "pairs")] HashMap<Name, Subject>);

impl Subjects {
    /// Adds an event, if it proves that a user exists.
    pub fn update(&mut self, event: &Event) {
        let proof = matches!(
            event.kind,
            EventKind::UserCreated
                | EventKind::UserDeleted
                | EventKind::UserDisabled
                | EventKind::UserRestored
                | EventKind::TokenIssued
                | EventKind::TokenRevoked
                | EventKind::AuthSuccess
        );
        if let Some(sub) = event.sub.filter(|_| proof) {
            let subject = self.0.entry(sub).or_default();
            subject.known = true;
            subject.proven |= event.kind != EventKind::TokenIssued;
            subject.tenants.extend(event.extra.as_deref().and_then(|extra| extra.tenant));
        }
    }

    /// Adds a request that was let through.
    pub fn let_through(&mut self, success: &Success) {
        if !success.sub.is_empty() {
            let subject = self.0.entry(success.sub).or_default();
            (subject.known, subject.proven) = (true, true);
        }
    }

    /// Adds what another gathered.
    pub fn merge(&mut self, other: Self) {
        maps::merge(&mut self.0, other.0, Subject::merge);
    }

    /// The users by subject.
    pub fn settle(self) -> HashMap<Name, Subject> {
        self.0
    }
}

/// E-mail or name by subject, with the line that gives it: the first counts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Usernames(#[serde(with = "pairs")] HashMap<Name, (Place, Name)>);

impl Usernames {
    /// Adds an event; only of the subjects in `asked_for`, if given.
    pub fn update(&mut self, event: &Event, asked_for: Option<&HashSet<Name>>) {
        if let (Some(sub), Some(name)) = (event.sub, event.extra.as_deref().and_then(|extra| extra.username))
            && asked_for.is_none_or(|asked| asked.contains(&sub))
        {
            let new = (event.place, name);
            self.0.entry(sub).and_modify(|known| *known = new.min(*known)).or_insert(new);
        }
    }

    /// Adds what another gathered.
    pub fn merge(&mut self, other: Self) {
        maps::merge(&mut self.0, other.0, |known, new| *known = new.min(*known));
    }

    /// Renumbers the streams of its lines.
    pub fn renumber(&mut self, number: &impl Fn(StreamId) -> StreamId) {
        self.0.values_mut().for_each(|(line, _)| line.stream = number(line.stream));
    }

    /// E-mail or name by subject.
    pub fn settle(self) -> HashMap<Name, Name> {
        self.0.into_iter().map(|(sub, (_, name))| (sub, name)).collect()
    }
}

/// When a refresh token of a subject was found used twice.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Reuses(#[serde(with = "pairs")] HashMap<Name, BTreeSet<DateTime<Utc>>>);

impl Reuses {
    /// Adds an event.
    pub fn update(&mut self, event: &Event) {
        if let (true, Some(sub), Some(time)) = (event.reuse, event.sub, event.time) {
            self.0.entry(sub).or_default().insert(time);
        }
    }

    /// Adds what another gathered.
    pub fn merge(&mut self, other: Self) {
        maps::merge(&mut self.0, other.0, |known, mut times| known.append(&mut times));
    }

    /// The times by subject.
    pub fn settle(self) -> HashMap<Name, BTreeSet<DateTime<Utc>>> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: EventKind, line: u64, tenant: &str, username: &str) -> Event {
        let mut event = Event::bare(kind, Place { stream: StreamId(0), line });
        event.sub = Some("7f3a".into());
        event.extra_mut().tenant = Some(tenant.into());
        event.extra_mut().username = Some(username.into());
        event
    }

    #[test]
    fn a_token_that_names_a_user_does_not_prove_the_user() {
        let mut subjects = Subjects::default();
        subjects.update(&event(EventKind::TokenIssued, 1, "a", ""));
        let known = subjects.clone().settle();
        assert!(known[&Name::of("7f3a")].known && !known[&Name::of("7f3a")].proven);
        let mut other = Subjects::default();
        other.update(&event(EventKind::UserCreated, 2, "b", ""));
        subjects.merge(other);
        let proven = subjects.settle();
        assert!(proven[&Name::of("7f3a")].proven);
        assert_eq!(proven[&Name::of("7f3a")].tenants.len(), 2);
    }

    #[test]
    fn the_first_line_says_what_a_user_is_called_in_whatever_part_it_stands() {
        let named = |line, name| {
            let mut names = Usernames::default();
            names.update(&event(EventKind::UserCreated, line, "", name), None);
            names
        };
        let (mut one, mut other) = (named(2, "bob"), named(1, "ann"));
        one.merge(named(1, "ann"));
        other.merge(named(2, "bob"));
        assert_eq!(one.settle()[&Name::of("7f3a")], "ann");
        assert_eq!(other.settle()[&Name::of("7f3a")], "ann");
    }
}
