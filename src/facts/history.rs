//! What successes and failures show together: which services look users up, which key verified where and when, which
//! users vanished at once, what other requests a client made. Many rules read it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use crate::facts::blindness::Spells;
use crate::facts::client::Client;
use crate::facts::key_story::KeyStories;
use crate::facts::service::KnownServices;
use crate::facts::subject::Subject;
use crate::facts::vanishing::Bulk;
use crate::facts::verifier::KnownVerifiers;
use crate::facts::way::KnownWays;
use crate::group::merge::Case;
use crate::group::service_name::plain_name;
use crate::group::subject_shape::{Shape, shape};
use crate::hash::HashMap;
use crate::model::event::Reason;
use crate::model::name::Name;

/// The log of a service must reach back so far before a change, or what was before the change is not known.
const BEFORE: TimeDelta = TimeDelta::seconds(30);

/// What successes and failures show together.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// What is known of services.
    pub services: KnownServices,
    /// What verifiers made of tokens.
    pub verifiers: KnownVerifiers,
    /// The lives of keys.
    pub stories: KeyStories,
    /// Users that vanished at once.
    pub bulks: Vec<Bulk>,
    /// When services found nobody.
    pub spells: Spells,
    /// Creations by e-mail or name, as indices of the lifecycle events.
    pub created_as: HashMap<Name, Vec<usize>>,
    /// E-mail or name by subject that was refused.
    pub name_of: HashMap<Name, Name>,
    /// How long a refusal for a reason usually takes, in milliseconds.
    pub usual_duration: BTreeMap<Reason, u32>,
    /// The issuer of most accepted tokens.
    pub issuer: Option<Name>,
    /// Other requests of clients, by address.
    pub clients: HashMap<Name, Client>,
    /// How many of them got through at any time.
    pub accepted_clients: usize,
    /// Whether the logs show other requests of clients.
    pub clients_are_seen: bool,
    /// When a refresh token of a subject was found used twice.
    pub reuses: HashMap<Name, BTreeSet<DateTime<Utc>>>,
    /// What the ids of users who exist look like.
    pub shapes: Shapes,
    /// Which services stand on a request's way.
    pub ways: KnownWays,
}

impl History {
    /// Whether a service looks users up: a request that it lets through proves its user.
    pub fn is_stateful(&self, service: Option<Name>) -> bool {
        service.is_some_and(|service| self.services.looks_up.contains(&plain_name(service)))
    }

    /// Whether a refusal without a reason is of a service that judges keys and never looked at an account: no account is
    /// the reason then.
    pub fn ignores_accounts(&self, case: &Case) -> bool {
        case.reason == Reason::Other && case.services.iter().all(|service| self.services.judges_keys_only(*service))
    }

    /// Whether a case's user is one of many of whom nothing is known and who were not found all at once.
    pub fn is_of_crowd(&self, case: &Case) -> bool {
        let (Some(service), Some(sub)) = (case.service, case.sub) else { return false };
        self.spells.crowd(service, sub).is_some_and(|began| self.reaches_before(Some(service), began))
    }

    /// Whether an id looks unlike those of users who exist.
    pub fn is_odd(&self, sub: Name) -> bool {
        self.shapes.is_odd(sub)
    }

    /// Since when the logs show a service.
    pub fn since(&self, service: Name) -> Option<DateTime<Utc>> {
        let accepted = self.verifiers.at(Some(service)).and_then(|judged| judged.accepted).map(|accepted| accepted.first);
        let seen = self.services.first_seen.get(&plain_name(service)).copied();
        [accepted, seen].into_iter().flatten().min()
    }

    /// Whether the logs of a service reach back before `time`: without that, nothing began then.
    pub fn reaches_before(&self, service: Option<Name>, time: DateTime<Utc>) -> bool {
        service.and_then(|service| self.since(service)).is_some_and(|since| since < time - BEFORE)
    }

    /// Whether any of a case's services had let its client in before; `None` where nothing is known of clients.
    pub fn was_let_in(&self, case: &Case) -> Option<bool> {
        let was = self.clients.get(&case.client_ip?)?.was_let_in(&case.services, case.time?);
        (was || self.clients_are_seen).then_some(was)
    }
}

/// How many ids of users who exist have each shape.
#[derive(Debug, Clone, Default)]
pub struct Shapes {
    counts: HashMap<Shape, usize>,
    all: usize,
}

impl Shapes {
    /// The shapes of users who are proven to exist.
    pub fn of(subjects: &HashMap<Name, Subject>) -> Self {
        let mut shapes = Self::default();
        for (sub, _) in subjects.iter().filter(|(_, subject)| subject.proven) {
            *shapes.counts.entry(shape(*sub)).or_default() += 1;
            shapes.all += 1;
        }
        shapes
    }

    fn is_odd(&self, sub: Name) -> bool {
        let same = self.counts.get(&shape(sub)).copied().unwrap_or(0);
        self.all >= 5 && same * 10 < self.all
    }
}
