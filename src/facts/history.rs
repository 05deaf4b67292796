//! What successes and failures show together: who looks users up, which key verified where and when, who vanished at
//! once, what a client did besides. Gathered once, asked by many rules.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::facts::verifier::Verdicts;
use crate::facts::world::{LifecycleEvent, Success};
use crate::group::merge::Case;
use crate::group::service_name::plain_name;
use crate::group::subject_shape::Shape;
use crate::group::subject_shape::shape;
use crate::hash::{HashMap, HashSet};
use crate::model::event::{Event, EventKind, Reason};
use crate::model::name::Name;
use crate::parallel;

/// This many users that vanish within [`AT_ONCE`] vanished together (`bulk_subjects`).
const BULK: usize = 20;
/// See [`BULK`].
const AT_ONCE: TimeDelta = TimeDelta::minutes(10);
/// How much of the time before a change must be covered for it to have a before.
const BEFORE: TimeDelta = TimeDelta::seconds(30);
/// A median of fewer refusals than this says nothing.
const USUAL_OF: usize = 10;

/// Many users that got through and then were not found, all within minutes.
#[derive(Debug, Clone)]
pub struct Bulk {
    /// The first of them.
    pub start: DateTime<Utc>,
    /// The last of them.
    pub end: DateTime<Utc>,
    /// Who.
    pub subjects: HashSet<Name>,
    /// A request of a user who came later and gets through.
    pub newcomer: Option<usize>,
}

/// What one client address that was refused did besides.
#[derive(Debug, Clone, Default)]
pub struct Client {
    /// Requests that went through.
    pub accepted: Vec<DateTime<Utc>>,
    /// Tokens issued to it.
    pub issued: Vec<DateTime<Utc>>,
    /// Its broken tokens.
    pub malformed: Vec<DateTime<Utc>>,
    /// Its requests without a subject.
    pub subjectless: usize,
    /// Services that let it through, and when first.
    pub let_in: Vec<(Name, DateTime<Utc>)>,
    /// Its refusals for a missing user that name none.
    pub nameless: usize,
}

/// All of it.
#[derive(Debug, Default)]
pub struct History {
    /// Services that refused somebody for the user's own sake: they look users up.
    pub looks_up: HashSet<Name>,
    /// What verifiers made of tokens.
    pub verdicts: Verdicts,
    /// Users that vanished at once.
    pub bulks: Vec<Bulk>,
    /// Creations by e-mail or name, as places in the list of happenings.
    pub created_as: HashMap<Name, Vec<usize>>,
    /// E-mail or name by subject that was refused.
    pub name_of: HashMap<Name, Name>,
    /// How long a refusal for a reason usually takes, in milliseconds.
    pub usual_duration: BTreeMap<Reason, u32>,
    /// The issuer of most accepted tokens.
    pub issuer: Option<Name>,
    /// What clients did, by address.
    pub clients: HashMap<Name, Client>,
    /// How many of them got through at any time.
    pub accepted_clients: usize,
    /// When a refresh token of a subject was found used twice.
    pub reuses: HashMap<Name, Vec<DateTime<Utc>>>,
    /// The first line of each service.
    pub first_seen: HashMap<Name, DateTime<Utc>>,
    /// Whether logs tell of what clients did besides: of some that were refused nameless they do.
    knows_clients: bool,
    shapes: HashMap<Shape, usize>,
    proven: usize,
}

/// Whether any of some sorted times lies within two bounds.
pub fn any_within(times: &[DateTime<Utc>], from: DateTime<Utc>, to: DateTime<Utc>) -> bool {
    times.get(times.partition_point(|time| *time < from)).is_some_and(|time| *time <= to)
}

impl History {
    /// Gathers it; `refused` are the subjects of the cases, `proven` users who exist.
    pub fn of(
        events: &[Event],
        successes: &[Success],
        cases: &[Case],
        happenings: &[LifecycleEvent],
        refused: &HashSet<Name>,
        proven: impl Iterator<Item = Name>,
    ) -> Self {
        let (mut history, (verdicts, accepted_clients, bulks)) = parallel::both(
            || {
                let mut history = Self::default();
                history.meet_clients(events, successes, cases);
                history.learn_names(events, refused, happenings);
                history
            },
            || {
                let mut accepted: Vec<u32> = successes.iter().filter_map(|success| success.client.map(Name::number)).collect();
                parallel::sort_by_key(&mut accepted, |client| *client);
                accepted.dedup();
                (Verdicts::of(successes, cases), accepted.len(), bulks(successes, cases, happenings))
            },
        );
        (history.verdicts, history.accepted_clients, history.bulks) = (verdicts, accepted_clients, bulks);
        for case in cases {
            let of_the_user = matches!(case.reason, Reason::SubNotFound | Reason::UserDisabled | Reason::TokenRevoked);
            if let Some(service) = case.service.filter(|_| of_the_user) {
                history.looks_up.insert(plain_name(service));
            }
        }
        let nameless = || history.clients.values().filter(|client| client.nameless > 0);
        let seen = nameless().filter(|client| !client.let_in.is_empty()).count();
        history.knows_clients = seen >= 5 && seen * 5 >= nameless().count();
        history.usual_duration = usual_durations(cases);
        history.issuer = main_issuer(events);
        for sub in proven {
            *history.shapes.entry(shape(&sub)).or_default() += 1;
            history.proven += 1;
        }
        history
    }

    /// Whether a service looks users up: a request that it lets through proves its user.
    pub fn is_stateful(&self, service: Option<Name>) -> bool {
        service.is_some_and(|service| self.looks_up.contains(&plain_name(service)))
    }

    /// Whether an id looks unlike those of users who exist.
    pub fn is_odd(&self, sub: &str) -> bool {
        let same = self.shapes.get(&shape(sub)).copied().unwrap_or(0);
        self.proven >= 5 && same * 10 < self.proven
    }

    /// Whether the logs of a service reach back before `time`: without that, nothing began then.
    pub fn reaches_before(&self, service: Option<Name>, time: DateTime<Utc>) -> bool {
        let first = service.and_then(|service| self.first_seen.get(&plain_name(service)));
        first.is_some_and(|first| *first < time - BEFORE)
    }

    /// Whether any of a case's services had let its client in before; `None` where nothing is known of clients.
    pub fn was_let_in(&self, case: &Case) -> Option<bool> {
        let time = case.time?;
        let client = self.clients.get(&case.client_ip?)?;
        let mut services = case.services.iter().map(|service| plain_name(*service));
        let was = services.any(|service| client.let_in.iter().any(|(other, first)| *other == service && *first < time));
        (was || self.knows_clients).then_some(was)
    }

    fn meet_clients(&mut self, events: &[Event], successes: &[Success], cases: &[Case]) {
        for case in cases {
            let Some(client) = case.client_ip else { continue };
            let client = self.clients.entry(client).or_default();
            match case.reason {
                Reason::TokenMalformed => client.malformed.extend(case.time),
                Reason::SubMissing => client.subjectless += 1,
                Reason::SubNotFound if case.sub.is_none() => client.nameless += 1,
                _ => {}
            }
        }
        for success in successes {
            if let Some(client) = success.client.and_then(|address| self.clients.get_mut(&address)) {
                client.accepted.push(success.time);
                if let Some(service) = success.service.map(plain_name) {
                    match client.let_in.iter_mut().find(|(other, _)| *other == service) {
                        Some((_, first)) => *first = success.time.min(*first),
                        None => client.let_in.push((service, success.time)),
                    }
                }
            }
        }
        for event in events {
            let (Some(time), Some(address), EventKind::TokenIssued) = (event.time, event.client_ip, event.kind) else {
                continue;
            };
            if let Some(client) = self.clients.get_mut(&address) {
                client.issued.push(time);
            }
        }
        self.clients.values_mut().for_each(|client| {
            client.accepted.sort();
            client.issued.sort();
            client.malformed.sort();
        });
    }

    fn learn_names(&mut self, events: &[Event], refused: &HashSet<Name>, happenings: &[LifecycleEvent]) {
        let mut first_seen: HashMap<Name, DateTime<Utc>> = HashMap::default();
        for event in events {
            let starts = event.kind == EventKind::ConfigChanged;
            if let (Some(service), Some(time)) = (event.service.filter(|_| !starts), event.time) {
                first_seen.entry(service).and_modify(|first| *first = time.min(*first)).or_insert(time);
            }
            if let (Some(sub), Some(name)) = (event.sub, event.extra.as_deref().and_then(|extra| extra.username))
                && refused.contains(&sub)
            {
                self.name_of.entry(sub).or_insert(name);
            }
            if let (true, Some(sub), Some(time)) = (event.reuse, event.sub, event.time) {
                self.reuses.entry(sub).or_default().push(time);
            }
        }
        #[expect(clippy::iter_over_hash_type, reason = "the soonest is the same in any order")]
        for (service, time) in first_seen {
            self.first_seen.entry(plain_name(service)).and_modify(|first| *first = time.min(*first)).or_insert(time);
        }
        for (place, happening) in happenings.iter().enumerate().filter(|(_, h)| h.kind == EventKind::UserCreated) {
            let name = happening.witnesses().iter().find_map(|w| events[*w].extra.as_deref()?.username);
            if let Some(name) = name {
                self.created_as.entry(name).or_default().push(place);
            }
        }
    }
}

/// Users who got through, then were not found, and never got through again: those who turned within minutes.
fn bulks(successes: &[Success], cases: &[Case], happenings: &[LifecycleEvent]) -> Vec<Bulk> {
    let mut turned: HashMap<Name, DateTime<Utc>> = HashMap::default();
    for case in cases.iter().filter(|case| case.reason == Reason::SubNotFound) {
        if let (Some(sub), Some(time)) = (case.sub, case.time) {
            turned.entry(sub).and_modify(|first| *first = time.min(*first)).or_insert(time);
        }
    }
    let mut before: HashSet<Name> = HashSet::default();
    let mut after: HashSet<Name> = HashSet::default();
    for success in successes {
        if let Some(turn) = turned.get(&success.sub) {
            if success.time < *turn {
                before.insert(success.sub)
            } else {
                after.insert(success.sub)
            };
        }
    }
    let created: HashSet<Name> = happenings.iter().filter(|h| h.kind == EventKind::UserCreated).map(|h| h.key).collect();
    let explained: HashSet<Name> =
        happenings.iter().filter(|h| matches!(h.kind, EventKind::UserDeleted | EventKind::UserDisabled)).map(|h| h.key).collect();
    let mut turns: Vec<(DateTime<Utc>, Name)> = turned
        .iter()
        .filter(|(sub, _)| (before.contains(sub) || created.contains(sub)) && !after.contains(sub) && !explained.contains(sub))
        .map(|(sub, time)| (*time, *sub))
        .collect();
    turns.sort();
    let mut bulks: Vec<Bulk> = Vec::new();
    let mut group: Vec<(DateTime<Utc>, Name)> = Vec::new();
    let close = |group: &mut Vec<(DateTime<Utc>, Name)>, bulks: &mut Vec<Bulk>| {
        if let (true, Some((start, _)), Some((end, _))) = (group.len() >= BULK, group.first(), group.last()) {
            let later = successes.partition_point(|success| success.time <= *start);
            let newcomer =
                successes[later..].iter().position(|success| !turned.contains_key(&success.sub)).map(|place| later + place);
            let subjects = group.iter().map(|(_, sub)| *sub).collect();
            bulks.push(Bulk { start: *start, end: *end, subjects, newcomer });
        }
        group.clear();
    };
    for turn in turns {
        if group.first().is_some_and(|(start, _)| turn.0 - *start > AT_ONCE) {
            close(&mut group, &mut bulks);
        }
        group.push(turn);
    }
    close(&mut group, &mut bulks);
    bulks
}

fn usual_durations(cases: &[Case]) -> BTreeMap<Reason, u32> {
    let mut durations: BTreeMap<Reason, Vec<u32>> = BTreeMap::new();
    for case in cases {
        if let Some(duration) = case.duration_ms {
            durations.entry(case.reason).or_default().push(duration);
        }
    }
    durations.retain(|_, durations| durations.len() >= USUAL_OF);
    durations
        .into_iter()
        .map(|(reason, mut durations)| {
            durations.sort_unstable();
            (reason, durations[durations.len() / 2])
        })
        .collect()
}

/// The issuer that most tokens carry which were not refused.
fn main_issuer(events: &[Event]) -> Option<Name> {
    let mut counts: HashMap<Name, usize> = HashMap::default();
    for event in events.iter().filter(|event| event.kind != EventKind::AuthFailure) {
        if let Some(iss) = event.claims.as_deref().and_then(|claims| claims.iss) {
            *counts.entry(iss).or_default() += 1;
        }
    }
    counts.into_iter().max_by_key(|(iss, count)| (*count, std::cmp::Reverse(*iss))).map(|(iss, _)| iss)
}
