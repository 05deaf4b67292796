//! The facts a diagnosis may rest on: what happened to users and keys, when stores failed, what changed, which addresses probe.
//!
//! Facts are made of what was gathered ([`crate::facts::gathered`]), sorted and indexed, and never change.
//! Nothing here depends on the order of inputs.

use std::collections::BTreeMap;
use std::hash::Hash;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::check::inventory::Inventory;
use crate::facts::address::{Address, Signs};
use crate::facts::change::Changes;
use crate::facts::cohort::KnownCohorts;
use crate::facts::history::History;
use crate::facts::key::Key;
use crate::facts::lifecycle::LifecycleEvents;
use crate::facts::outage::{self, Outage};
use crate::facts::outline::Outline;
use crate::facts::scope::Scope;
use crate::facts::sources::Sources;
use crate::facts::subject::Subject;
use crate::facts::success::Success;
use crate::facts::table::Timed;
use crate::group::merge::Case;
use crate::group::service_name::plain_name;
use crate::hash::HashMap;
use crate::model::event::{EventKind, Place};
use crate::model::name::Name;

/// Failures that a change causes begin within this time after it; they are compared with as long a time before it.
pub const ONSET: TimeDelta = TimeDelta::minutes(15);

/// All facts of a run, or as many as a [`Scope`] holds.
#[derive(Debug, Clone)]
pub struct Facts<'e> {
    /// What happened to users, keys and services.
    pub lifecycle: LifecycleEvents,
    /// Changes of configuration and rotations of keys among it.
    pub(super) changes: Changes,
    /// Keys that were added, by time, as indices of the lifecycle events.
    pub added_keys: Vec<usize>,
    /// Revocations that name no subject, likewise.
    pub mass_revocations: Vec<usize>,
    /// When the user store failed.
    pub outages: Vec<Outage>,
    /// Addresses that show signs of trying tokens.
    pub addresses: HashMap<Name, Address>,
    /// Keys by id.
    pub keys: HashMap<Name, Key>,
    /// Users by subject.
    pub subjects: HashMap<Name, Subject>,
    /// How many users are known, also where `subjects` holds few of them.
    pub known_subjects: usize,
    /// When each service refused for each reason.
    pub(super) cohorts: KnownCohorts,
    /// Users deleted or disabled, by e-mail or name, as indices of the lifecycle events.
    pub(super) by_name: HashMap<Name, Vec<usize>>,
    /// Requests of subjects in question that went through, by time.
    pub successes: Arc<Vec<Success>>,
    /// The successes of subjects that were refused, by subject and time.
    pub successes_of: Timed,
    /// Whether any line reports that a user was created, deleted or disabled, as an audit log would.
    pub audited: bool,
    /// What successes and failures show together.
    pub history: History,
    /// The streams that lines are known by.
    pub sources: Arc<Sources>,
    /// What the operator can check.
    pub inventory: &'e Inventory,
    /// The rows of the user table that say that a user is deleted or disabled.
    pub(super) rows: HashMap<(EventKind, Name), Place>,
}

impl Facts<'_> {
    /// What a report needs of them when all cases are judged; the rest is dropped, as failures need the memory.
    pub fn into_outline(self) -> Outline {
        let announces = |key: &Key| key.added.is_some() || key.rotated.is_some() || key.retired.is_some();
        Outline { audited: self.audited, announces_keys: self.keys.values().any(announces), lifecycle: self.lifecycle }
    }

    /// Whether there is anything but failures of a subject.
    pub fn knows(&self, sub: Name) -> bool {
        self.subjects.get(&sub).is_some_and(|subject| subject.known)
    }

    /// Whether a subject was created, accepted or otherwise seen to exist, not only named by a token.
    pub fn proves(&self, sub: Name) -> bool {
        self.subjects.get(&sub).is_some_and(|subject| subject.proven)
    }

    /// Whether a key was ever announced, used to sign, or accepted.
    pub fn knows_key(&self, kid: Name) -> bool {
        self.keys.contains_key(&kid)
    }

    /// The signs of trying out tokens that a case's address showed around its time.
    pub fn signs(&self, case: &Case) -> Signs {
        let address = case.client_ip.and_then(|client| self.addresses.get(&client));
        address.zip(case.time).map_or_else(Signs::default, |(address, time)| address.around(time))
    }

    /// The outage that covers a time.
    pub fn outage_at(&self, time: Option<DateTime<Utc>>) -> Option<&Outage> {
        outage::at(&self.outages, time?)
    }

    /// The last change of any of the case's services before it.
    pub fn last_change(&self, case: &Case) -> Option<usize> {
        self.changes.last_change(&case.services, case.time?, &self.lifecycle)
    }

    /// The last rotation of a key that any of the case's services names as its own, before it.
    pub fn last_rotation(&self, case: &Case) -> Option<usize> {
        self.changes.last_rotation(&case.services, case.time?, &self.lifecycle)
    }

    /// The last deletion or disabling of the account that a case names by e-mail or name, before it: a refused login
    /// names no subject.
    pub fn last_by_name(&self, kind: EventKind, case: &Case) -> Option<usize> {
        let time = case.time?;
        let named = self.by_name.get(&case.username?)?.iter().copied();
        named
            .filter(|index| self.lifecycle[*index].kind == kind && self.lifecycle[*index].time <= time)
            .max_by_key(|index| self.lifecycle[*index].time)
    }

    /// The last change of the issuer of a case's token, not long before `time`. A change of any other service that the
    /// request never met is a coincidence.
    pub fn issuer_change(&self, case: &Case, time: DateTime<Utc>) -> Option<usize> {
        let services = &self.history.services;
        let mut recent = self.changes.recent(time, ONSET, &self.lifecycle);
        recent.find(|index| services.is_issuer(plain_name(self.lifecycle[*index].key), case))
    }

    /// The row of the user table that says that a user is deleted or disabled, whether or not it says since when.
    pub fn row(&self, kind: EventKind, sub: Name) -> Option<Place> {
        self.rows.get(&(kind, sub)).copied()
    }

    /// The last event of a kind of a subject or key by `time`.
    pub fn last_before(&self, kind: EventKind, key: Name, time: DateTime<Utc>) -> Option<usize> {
        self.lifecycle.last_before(kind, key, time)
    }

    /// The first event of a kind of a subject or key after `time`, and how long after.
    pub fn first_after(&self, kind: EventKind, key: Name, time: DateTime<Utc>) -> Option<(usize, TimeDelta)> {
        self.lifecycle.first_after(kind, key, time)
    }

    /// How many failures of the case's service and reason lie in the quarter of an hour before and after `time`. What
    /// an earlier change began does not count as before.
    pub fn around(&self, case: &Case, time: DateTime<Utc>) -> (usize, usize) {
        case.service.map_or((0, 0), |service| self.cohorts.around(service, case.reason, time, ONSET))
    }

    /// The facts of some scopes, as seen from a case: what a rule that reads these scopes may read. Indices stay valid.
    #[must_use]
    pub fn within(&self, scopes: &[Scope], case: &Case) -> Self {
        let common = if scopes.contains(&Scope::All) { self.clone() } else { self.of_nobody() };
        let own = |scope: Scope, key: Option<Name>| key.filter(|_| scopes.contains(&scope));
        let (sub, client) = (own(Scope::Subject, case.sub), own(Scope::Client, case.client_ip));
        let (kid, username) = (own(Scope::Key, case.kid), own(Scope::Subject, case.username));
        let name_of = only(&self.history.name_of, sub);
        let called = username.or_else(|| name_of.values().copied().next());
        let is_common = scopes.contains(&Scope::All);
        Self {
            lifecycle: self.lifecycle.only_of(|kind, key| {
                let own = if kind.is_of_one_user() { sub } else { kid };
                Some(key) == own || is_common && !kind.is_of_one_user()
            }),
            addresses: only(&self.addresses, client),
            keys: if is_common { common.keys } else { only(&self.keys, kid) },
            subjects: only(&self.subjects, sub),
            by_name: only(&self.by_name, username),
            successes_of: self.successes_of.only_of(sub),
            rows: EventKind::ALL.iter().flat_map(|kind| only(&self.rows, sub.map(|sub| (*kind, sub)))).collect(),
            history: History {
                verifiers: if is_common { common.history.verifiers } else { self.history.verifiers.only_of(kid) },
                created_as: only(&self.history.created_as, called),
                name_of,
                clients: only(&self.history.clients, client),
                reuses: only(&self.history.reuses, sub),
                ..common.history
            },
            ..common
        }
    }

    /// No facts but what the operator gave, and the lists that indices lead to.
    fn of_nobody(&self) -> Self {
        Self {
            lifecycle: self.lifecycle.only_of(|_, _| false),
            changes: Changes::default(),
            added_keys: Vec::new(),
            mass_revocations: Vec::new(),
            outages: Vec::new(),
            addresses: HashMap::default(),
            keys: HashMap::default(),
            subjects: HashMap::default(),
            known_subjects: 0,
            cohorts: KnownCohorts::default(),
            by_name: HashMap::default(),
            successes: Arc::clone(&self.successes),
            successes_of: Timed::default(),
            audited: false,
            history: History::default(),
            sources: Arc::clone(&self.sources),
            inventory: self.inventory,
            rows: HashMap::default(),
        }
    }
}

/// A map that holds no more than one of the keys of another.
fn only<K: Copy + Eq + Hash, V: Clone>(map: &HashMap<K, V>, key: Option<K>) -> HashMap<K, V> {
    key.and_then(|key| Some((key, map.get(&key)?.clone()))).into_iter().collect()
}

/// Users deleted or disabled, by the e-mail or name that lines give them, as indices of the lifecycle events.
pub(super) fn ended_by_name(lifecycle: &LifecycleEvents) -> HashMap<Name, Vec<usize>> {
    by_username(lifecycle, |kind| matches!(kind, EventKind::UserDeleted | EventKind::UserDisabled))
}

/// Users created, likewise.
pub(super) fn created_by_name(lifecycle: &LifecycleEvents) -> HashMap<Name, Vec<usize>> {
    by_username(lifecycle, |kind| kind == EventKind::UserCreated)
}

fn by_username(lifecycle: &LifecycleEvents, is_asked: impl Fn(EventKind) -> bool) -> HashMap<Name, Vec<usize>> {
    let mut names: BTreeMap<Name, Vec<usize>> = BTreeMap::new();
    for (index, _) in lifecycle.iter().enumerate().filter(|(_, event)| is_asked(event.kind)) {
        if let Some(name) = lifecycle.lines_of(index).iter().find_map(|line| line.username) {
            names.entry(name).or_default().push(index);
        }
    }
    names.into_iter().collect()
}
