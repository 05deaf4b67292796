//! The facts a diagnosis may rest on: what happened to users and keys, when stores failed, what changed, which addresses probe.
//!
//! Facts are made of what was gathered ([`crate::facts::gathered`]), sorted and indexed, and never change.
//! Nothing here depends on the order of inputs.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::hash::Hash;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::check::inventory::Inventory;
use crate::facts::address::{Address, Signs};
use crate::facts::change::Changes;
use crate::facts::cohort::{KnownCohorts, Onset};
use crate::facts::history::History;
use crate::facts::key::Key;
use crate::facts::key_story::KeyStory;
use crate::facts::lifecycle::LifecycleEvents;
use crate::facts::outage::{self, Outage};
use crate::facts::outline::Outline;
use crate::facts::scope::Scope;
use crate::facts::sources::Sources;
use crate::facts::subject::Subject;
use crate::facts::success::Success;
use crate::facts::table::Timed;
use crate::facts::times::Span;
use crate::group::merge::Case;
use crate::hash::HashMap;
use crate::model::event::{EventKind, Place};
use crate::model::name::Name;

/// Failures that a change causes begin within this time after it; they are compared with as long a time before it.
pub const ONSET: TimeDelta = TimeDelta::minutes(15);

/// The longest that a verifier is believed not to know a new key.
pub const KEY_IS_NEW: TimeDelta = TimeDelta::hours(6);

/// Verifiers that refuse a new key for longer than this while others do not are told by their refusals.
const SETTLES: TimeDelta = TimeDelta::seconds(30);

/// What happened to a key that may explain a refusal that names none.
#[derive(Debug, Clone, Copy)]
pub struct KeyTurn<'f> {
    /// The life of the key.
    pub story: &'f KeyStory,
    /// Whether it ended, or else began.
    pub ended: bool,
    /// When the token was issued, where that tells its key.
    pub issued: Option<DateTime<Utc>>,
}

impl KeyTurn<'_> {
    /// When it happened.
    pub fn time(&self) -> DateTime<Utc> {
        self.story.gone.filter(|_| self.ended).unwrap_or(self.story.born)
    }
}

/// A change with which refusals began.
#[derive(Debug, Clone, Copy)]
pub struct Began {
    /// The change, as an index of the lifecycle events.
    pub change: usize,
    /// How many refusals there are before and after it.
    pub onset: Onset,
}

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

    /// Whether the case's service refused for its reason far more often within a span than around it.
    pub fn rises_within(&self, case: &Case, span: Span) -> bool {
        case.service.is_some_and(|service| self.cohorts.rises_within(service, case.reason, span))
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

    /// The change with which refusals like a case's began: of one of its services, or of one that fronts the service which
    /// refused. A mere restart changed nothing.
    pub fn change_at_onset(&self, case: &Case) -> Option<Began> {
        self.began_with(self.way(case).into_iter(), case, |change| !self.changes.is_restart(change))
    }

    /// The same, or a mere restart: what a service held in memory is gone.
    pub fn start_at_onset(&self, case: &Case) -> Option<Began> {
        self.began_with(self.way(case).into_iter(), case, |_| true)
    }

    /// The same of the issuers whose tokens the service accepts. A change of any other service that the request never met is
    /// a coincidence.
    pub fn issuer_change_at_onset(&self, case: &Case) -> Option<Began> {
        let (way, services) = (self.way(case), &self.history.services);
        let accepted = |issuer: Name| way.iter().filter_map(move |service| self.history.ways.accepts(*service, issuer)).max();
        let signs = |issuer: &Name| accepted(*issuer) != Some(false) && services.is_issuer(*issuer, case);
        self.began_with(self.changes.services().filter(signs), case, |change| !self.changes.is_restart(change))
    }

    /// The services that a case met, and those that front the one which refused.
    fn way(&self, case: &Case) -> Vec<Name> {
        let mut services = case.services.clone();
        services.extend(case.service.iter().flat_map(|service| self.history.ways.fronting(*service)));
        services
    }

    /// The change of any of some services with which refusals like a case's began: that with the fewest of them before it.
    fn began_with(&self, services: impl Iterator<Item = Name>, case: &Case, counts: impl Fn(usize) -> bool) -> Option<Began> {
        services
            .filter_map(|service| self.began_with_one(service, case, &counts))
            .min_by_key(|began| (began.onset.before, Reverse((self.lifecycle[began.change].time, began.change))))
    }

    /// The last change of a service with which such refusals began, if none since ended them.
    fn began_with_one(&self, service: Name, case: &Case, counts: impl Fn(usize) -> bool) -> Option<Began> {
        let (judge, time) = (case.service?, case.time?);
        let since = self.history.since(judge)?;
        for change in self.changes.of_one(service, time, &self.lifecycle) {
            let at = self.lifecycle[change].time;
            let is_known = counts(change) && self.history.reaches_before(case.service, at);
            if let Some(onset) = self.cohorts.onset(judge, case.reason, at, since).filter(|_| is_known) {
                return Some(Began { change, onset });
            }
            if self.cohorts.ends(judge, case.reason, at) {
                return None;
            }
        }
        None
    }

    /// What differs since a change, as far as its lines name it, behind what it was.
    pub fn tell_change(&self, change: usize, says: &'static str) -> Cow<'static, str> {
        match self.changes.differences(change) {
            [] => says.into(),
            differences => format!("{says}: {}", differences.join(", ")).into(),
        }
    }

    /// Whether a change is a mere restart: the version and every setting that its lines name are as before.
    pub fn is_restart(&self, change: usize) -> bool {
        self.changes.is_restart(change)
    }

    /// The row of the user table that says that a user is deleted or disabled, whether or not it says since when.
    pub fn row(&self, kind: EventKind, sub: Name) -> Option<Place> {
        self.rows.get(&(kind, sub)).copied()
    }

    /// What happened to keys that explains a refusal for a key that no line names: to the key that signed the last token
    /// issued to its user or client, or else the last that happened to any.
    pub fn key_turn(&self, case: &Case) -> Option<KeyTurn<'_>> {
        let time = case.time.filter(|_| case.reason.is_of_key())?;
        let stories = &self.history.stories;
        if case.kid.is_some() {
            return self.ended_since(case).map(|story| KeyTurn { story, ended: true, issued: None });
        }
        let issued_to = case.sub.and_then(|sub| self.last_before(EventKind::TokenIssued, sub, time));
        let client = || self.history.clients.get(&case.client_ip?)?.last_issued(time);
        let issued = issued_to.map(|index| self.lifecycle[index].time).or_else(client);
        if let Some(story) = issued.and_then(|issued| stories.signing_at(issued)) {
            let ended = story.is_gone(time);
            let is_new = !stories.is_first(story.kid) && time - story.born <= KEY_IS_NEW;
            return (ended || is_new).then_some(KeyTurn { story, ended, issued });
        }
        let (ended, began) = stories.last_turns(time);
        match (ended, began) {
            (Some(story), began) if began.is_none_or(|began| story.gone >= Some(began.born)) => {
                Some(KeyTurn { story, ended: true, issued: None })
            }
            (_, Some(story)) if time - story.born <= KEY_IS_NEW => Some(KeyTurn { story, ended: false, issued: None }),
            _ => None,
        }
    }

    /// The key that ended last before a case whose key is inferred, after that key had begun, if the service's refusals for
    /// want of a key began with that end: a token of the ended key is the likelier one.
    pub fn ended_since(&self, case: &Case) -> Option<&KeyStory> {
        let (time, kid, _) = (case.time?, case.kid?, case.kid_from?);
        let stories = &self.history.stories;
        let born = stories.get(kid).filter(|story| !story.is_gone(time))?.born;
        let (ended, _) = stories.last_turns(time);
        let (story, end) = ended.and_then(|story| Some((story, story.gone?))).filter(|(_, end)| *end > born + SETTLES)?;
        let count = |from, to| case.service.map_or(0, |service| self.cohorts.of_keys_within(service, from, to));
        let within = ((time - end) * 2).max(SETTLES * 2);
        let before = within.min((end - born) / 2);
        let (silent, loud) = (count(end - before, end), count(end, end + within));
        // As rates: four times as many a second after the end as before it.
        let rate = |count: usize, over: TimeDelta| {
            i64::try_from(count).unwrap_or(i64::MAX).saturating_mul(1_000_000) / over.num_milliseconds().max(1)
        };
        (loud >= 3 && rate(loud, within) >= 4 * rate(silent, before)).then_some(story)
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
