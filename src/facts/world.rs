//! The facts a diagnosis may rest on: what happened to users and keys, when stores failed, what changed, who probes.
//!
//! Facts are few and broadcast to every case. Nothing here depends on the order of inputs.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use chrono::{DateTime, TimeDelta, Utc};

use crate::check::inventory::{self, Inventory};
use crate::facts::address::{self, Address, Signs};
use crate::facts::history::History;
use crate::facts::table::Timed;
use crate::group::merge::Case;
use crate::group::service_name::plain_name;
use crate::hash::{HashMap, HashSet};
use crate::model::event::{Event, EventKind, Place, Reason, Text};
use crate::model::name::Name;
use crate::model::observation::RequestObservation;
use crate::parallel;

/// Lines of one happening may be this far apart: the audit log, the database and the access log tell of it in turn.
const SAME: TimeDelta = TimeDelta::seconds(10);
/// Errors of a store no further apart than this are one outage.
const OUTAGE_GAP: TimeDelta = TimeDelta::seconds(30);
/// An outage reaches this far to each side: pools drain late.
pub const OUTAGE_PAD: TimeDelta = TimeDelta::seconds(60);
/// Fewer errors than this are no outage.
const OUTAGE_MIN: usize = 3;
/// What a change causes begins within this time, and the time before it is compared over as long.
pub const ONSET: TimeDelta = TimeDelta::minutes(15);

/// What services that issue tokens are called.
const ISSUERS: [&str; 24] = [
    "auth",
    "auth0",
    "authelia",
    "authentik",
    "authn",
    "authserver",
    "cas",
    "cognito",
    "dex",
    "fusionauth",
    "gotrue",
    "hydra",
    "identity",
    "identityserver",
    "idp",
    "issuer",
    "keycloak",
    "kratos",
    "login",
    "oauth",
    "oidc",
    "ory",
    "sso",
    "zitadel",
];

/// Something that happened to a user, a key or a service, with every line that tells of it.
#[derive(Debug, Clone)]
pub struct LifecycleEvent {
    /// What.
    pub kind: EventKind,
    /// Subject, key or service.
    pub key: Name,
    /// When, by its first line.
    pub time: DateTime<Utc>,
    /// The event that names it best: one with an id of its own, if any.
    pub event: usize,
    /// All events, where there are several.
    several: Vec<usize>,
}

impl LifecycleEvent {
    /// The events that tell of it.
    pub fn witnesses(&self) -> &[usize] {
        if self.several.is_empty() { std::slice::from_ref(&self.event) } else { &self.several }
    }

    fn add_witness(&mut self, place: usize) {
        if self.several.is_empty() {
            self.several.push(self.event);
        }
        self.several.push(place);
    }
}

/// A time in which the user store failed.
#[derive(Debug, Clone)]
pub struct Outage {
    /// First error.
    pub start: DateTime<Utc>,
    /// Last error.
    pub end: DateTime<Utc>,
    /// The errors.
    pub witnesses: Vec<usize>,
    /// From how many streams they come.
    pub streams: usize,
    /// The services that tell of it.
    pub services: BTreeSet<Name>,
}

impl Outage {
    /// Whether `time` lies in it or within the pad around it.
    pub fn covers(&self, time: DateTime<Utc>) -> bool {
        self.start - OUTAGE_PAD <= time && time <= self.end + OUTAGE_PAD
    }
}

/// What is known of a key.
#[derive(Debug, Clone, Default)]
pub struct Key {
    /// Published.
    pub added: Option<usize>,
    /// Made the signing key.
    pub rotated: Option<usize>,
    /// Followed by another as the signing key.
    pub superseded: Option<usize>,
    /// Removed.
    pub retired: Option<usize>,
    /// It signed a token, or a token of it was accepted.
    pub used: bool,
}

/// What is known of a user apart from failures.
#[derive(Debug, Clone, Default)]
pub struct Subject {
    /// Tenants it was seen in.
    pub tenants: BTreeSet<Name>,
    /// Created, logged in, or accepted at some time.
    pub known: bool,
    /// More than a token that names it: an issuer may put anything into `sub`.
    pub proven: bool,
}

/// All facts of a run.
#[derive(Debug)]
pub struct Facts<'e> {
    /// Every event.
    pub events: &'e [Event],
    /// What happened, by kind, key and time.
    pub happenings: Vec<LifecycleEvent>,
    /// For each kind and key its part of the happenings.
    befell: Vec<HashMap<Name, Range<usize>>>,
    /// Changes of configuration among the happenings, by time.
    pub changes: Vec<usize>,
    /// The same by what the service is called plainly.
    changes_of: HashMap<Name, Vec<usize>>,
    /// Rotations of keys among the happenings, by the service's plain name and time.
    rotations_of: HashMap<Name, Vec<usize>>,
    /// Services that issue tokens or announce keys, by their plain names.
    issuers: HashSet<Name>,
    /// Keys that were added, by time.
    pub added_keys: Vec<usize>,
    /// Revocations that name nobody, by time.
    pub mass_revocations: Vec<usize>,
    /// When the user store failed.
    pub outages: Vec<Outage>,
    /// Addresses that show signs of trying tokens.
    pub addresses: HashMap<Name, Address>,
    /// Keys by id.
    pub keys: HashMap<Name, Key>,
    /// Users by subject.
    pub subjects: HashMap<Name, Subject>,
    /// Times of failures by service and reason, sorted.
    pub cohorts: HashMap<Name, BTreeMap<Reason, Vec<DateTime<Utc>>>>,
    /// Users deleted or disabled, by e-mail or name.
    pub by_name: HashMap<Name, Vec<usize>>,
    /// Requests of subjects in question that went through.
    pub successes: Vec<Success>,
    /// Those of subjects that were refused, by subject and time.
    pub successes_of: Timed,
    /// Whether any line tells of users being created, deleted or disabled: what an audit source would.
    pub audited: bool,
    /// What successes and failures show together.
    pub history: History,
    /// What the operator can check.
    pub inventory: &'e Inventory,
    /// The rows of the user table that say that a user is deleted or disabled.
    ended: HashMap<(EventKind, Name), Place>,
}

/// A request that was let through.
#[derive(Debug, Clone)]
pub struct Success {
    /// Who.
    pub sub: Name,
    /// When.
    pub time: DateTime<Utc>,
    /// Where it stands.
    pub place: Place,
    /// By which service.
    pub service: Option<Name>,
    /// By which of its instances.
    pub host: Option<Name>,
    /// The key of the token.
    pub kid: Option<Name>,
    /// When the token was issued, seconds since the epoch.
    pub iat: Option<i64>,
    /// Who asked.
    pub client: Option<Name>,
}

impl<'e> Facts<'e> {
    /// Gathers the facts.
    pub fn of(events: &'e [Event], observations: &[RequestObservation], cases: &[Case], inventory: &'e Inventory) -> Self {
        let refused: HashSet<Name> = cases.iter().filter_map(|case| case.sub).collect();
        let ((happenings, outages), (successes, subjects)) = parallel::both(
            || (happenings(events, &refused), outages(events)),
            || {
                let successes = successes(events, observations);
                let subjects = subjects(events, &successes);
                (successes, subjects)
            },
        );
        let of_kind = |kind: EventKind| {
            let mut places: Vec<usize> = (0..happenings.len()).filter(|place| happenings[*place].kind == kind).collect();
            places.sort_by_key(|place| (happenings[*place].time, *place));
            places
        };
        let by_service = |places: &[usize]| {
            let mut of: HashMap<Name, Vec<usize>> = HashMap::default();
            for place in places {
                of.entry(plain_name(happenings[*place].key)).or_default().push(*place);
            }
            of
        };
        let changes = of_kind(EventKind::ConfigChanged);
        let mut facts = Self {
            changes_of: by_service(&changes),
            rotations_of: by_service(&of_kind(EventKind::KeyRotated)),
            changes,
            issuers: issuers(events),
            added_keys: of_kind(EventKind::KeyAdded),
            mass_revocations: of_kind(EventKind::TokenRevoked)
                .into_iter()
                .filter(|place| happenings[*place].key.is_empty())
                .collect(),
            events,
            outages,
            addresses: HashMap::default(),
            keys: keys(events, observations, &happenings),
            subjects,
            cohorts: cohorts(cases),
            by_name: by_name(events, &happenings),
            audited: happenings
                .iter()
                .any(|h| matches!(h.kind, EventKind::UserDeleted | EventKind::UserCreated | EventKind::UserDisabled)),
            befell: befell(&happenings),
            happenings,
            successes_of: by_subject(&successes, &refused),
            successes,
            history: History::default(),
            inventory,
            ended: ended(events),
        };
        let proven = || facts.subjects.iter().filter(|(_, subject)| subject.proven).map(|(sub, _)| *sub);
        let (history, addresses) = parallel::both(
            || History::of(events, &facts.successes, cases, &facts.happenings, &refused, proven()),
            || address::addresses(cases, &facts),
        );
        facts.history = history;
        facts.addresses = addresses;
        facts
    }

    /// Drops what is known of subjects, addresses and requests, when all cases are judged: failures need the room.
    pub fn forget_people(&mut self) {
        (self.subjects, self.addresses, self.by_name) = (HashMap::default(), HashMap::default(), HashMap::default());
        (self.successes, self.successes_of) = (Vec::new(), Timed::default());
        (self.history, self.cohorts, self.befell) = (History::default(), HashMap::default(), Vec::new());
    }

    /// The event that stands at a place.
    pub fn event_at(&self, place: Place) -> Option<&Event> {
        self.events.binary_search_by_key(&place, |event| event.place).ok().map(|index| &self.events[index])
    }

    /// Whether anything but failures was ever heard of a subject.
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

    /// What a case's address showed around its time of trying tokens.
    pub fn signs(&self, case: &Case) -> Signs {
        let address = case.client_ip.and_then(|client| self.addresses.get(&client));
        address.zip(case.time).map_or_else(Signs::default, |(address, time)| address.around(time))
    }

    /// The outage that covers a time.
    pub fn outage_at(&self, time: Option<DateTime<Utc>>) -> Option<&Outage> {
        let time = time?;
        // Outages are in the order of time, and apart: the first that has not ended long before.
        let first = self.outages.partition_point(|outage| outage.end + OUTAGE_PAD < time);
        self.outages.get(first).filter(|outage| outage.covers(time))
    }

    /// The last change of any of the case's services before it.
    pub fn last_change(&self, case: &Case) -> Option<usize> {
        self.last_of(&self.changes_of, case)
    }

    /// The last rotation of a key that any of the case's services names as its own, before it.
    pub fn last_rotation(&self, case: &Case) -> Option<usize> {
        self.last_of(&self.rotations_of, case)
    }

    /// The last deletion or disabling of the account that a case names by e-mail or name, before it: a refused login
    /// names no subject.
    pub fn last_by_name(&self, kind: EventKind, case: &Case) -> Option<usize> {
        let time = case.time?;
        let named = self.by_name.get(&case.username?)?.iter().copied();
        named
            .filter(|place| self.happenings[*place].kind == kind && self.happenings[*place].time <= time)
            .max_by_key(|place| self.happenings[*place].time)
    }

    fn last_of(&self, of: &HashMap<Name, Vec<usize>>, case: &Case) -> Option<usize> {
        let time = case.time?;
        let last = |service: &Name| {
            let places = of.get(&plain_name(*service))?;
            let end = places.partition_point(|place| self.happenings[*place].time <= time);
            places[..end].last().copied()
        };
        case.services.iter().filter_map(last).max_by_key(|place| (self.happenings[*place].time, *place))
    }

    /// The last change of the issuer of a case's token, not long before `time`. A change of any other service that the
    /// request never met is a coincidence.
    pub fn issuer_change(&self, case: &Case, time: DateTime<Utc>) -> Option<usize> {
        let end = self.changes.partition_point(|place| self.happenings[*place].time <= time);
        let mut recent =
            self.changes[..end].iter().rev().copied().take_while(|place| time - self.happenings[*place].time <= ONSET);
        recent.find(|place| self.is_issuer(plain_name(self.happenings[*place].key), case))
    }

    /// Whether a service issues tokens: it is seen to, the issuer's address names it, or it is called like what does.
    fn is_issuer(&self, service: Name, case: &Case) -> bool {
        let words = |text: &'static str| text.split(|c: char| !c.is_ascii_alphanumeric());
        let address = || [case.iss, self.history.issuer].into_iter().flatten().flat_map(|iss| words(iss.as_str()));
        let name = service.as_str();
        self.issuers.contains(&service)
            || name.len() > 2 && address().any(|word| word.eq_ignore_ascii_case(name))
            || words(name).any(|word| ISSUERS.iter().any(|issuer| word.eq_ignore_ascii_case(issuer)))
    }

    /// The row of the user table that says that a user is deleted or disabled, whether or not it says since when.
    pub fn row(&self, kind: EventKind, sub: Name) -> Option<Place> {
        self.ended.get(&(kind, sub)).copied()
    }

    /// The last event of a kind that befell a subject or key by `time`.
    pub fn last_before(&self, kind: EventKind, key: Name, time: DateTime<Utc>) -> Option<usize> {
        let (span, at) = self.turn(kind, key, time)?;
        at.checked_sub(1).filter(|last| span.contains(last))
    }

    /// The first event of a kind that befalls a subject or key after `time`, and how long after.
    pub fn first_after(&self, kind: EventKind, key: Name, time: DateTime<Utc>) -> Option<(usize, TimeDelta)> {
        let (span, at) = self.turn(kind, key, time)?;
        span.contains(&at).then(|| (at, self.happenings[at].time - time))
    }

    /// Where the happenings of a kind and key stand, and which of their places is the first after `time`.
    fn turn(&self, kind: EventKind, key: Name, time: DateTime<Utc>) -> Option<(Range<usize>, usize)> {
        let span = self.befell[kind as usize].get(&key)?.clone();
        let at = span.start + self.happenings[span.clone()].partition_point(|happening| happening.time <= time);
        Some((span, at))
    }

    /// How many failures of the case's service and reason lie in the quarter of an hour before and after `time`. What
    /// an earlier change began does not count as before.
    pub fn around(&self, case: &Case, time: DateTime<Utc>) -> (usize, usize) {
        let Some(times) = case.service.and_then(|service| self.cohorts.get(&service)?.get(&case.reason)) else {
            return (0, 0);
        };
        let at = times.partition_point(|t| *t < time);
        let from = times.partition_point(|t| *t < time - ONSET);
        let to = times.partition_point(|t| *t <= time + ONSET);
        (at - from, to - at)
    }
}

/// Whether it happens as often as people come and go.
fn is_traffic(kind: EventKind) -> bool {
    matches!(kind, EventKind::TokenIssued | EventKind::TokenRevoked)
}

/// What a happening is about.
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

/// Of logins and logouts only those of subjects in question: there are as many as there is traffic.
fn happenings(events: &[Event], refused: &HashSet<Name>) -> Vec<LifecycleEvent> {
    let mut told: Vec<(EventKind, Name, DateTime<Utc>, usize)> = events
        .iter()
        .enumerate()
        .filter_map(|(place, event)| Some((event.kind, key_of(event)?, event.time?, place)))
        .filter(|(kind, key, ..)| !is_traffic(*kind) || refused.contains(key) || key.is_empty())
        .collect();
    parallel::sort_by_key(&mut told, |told| *told);
    let mut happenings: Vec<LifecycleEvent> = Vec::new();
    for (kind, key, time, place) in told {
        match happenings.last_mut() {
            Some(last) if !is_traffic(kind) && last.kind == kind && last.key == key && time - last.time <= SAME => {
                last.add_witness(place);
            }
            _ => happenings.push(LifecycleEvent { kind, key, time, event: place, several: Vec::new() }),
        }
    }
    for happening in &mut happenings {
        let id = |place: usize| events[place].extra.as_deref().and_then(|extra| extra.event_id.as_ref());
        let named = happening.witnesses().iter().copied().filter(|place| id(*place).is_some());
        // Of those of one time not the one that happens to stand in the first file.
        if let Some(best) = named.min_by_key(|place| (events[*place].time, id(*place).map(Text::as_str), *place)) {
            happening.event = best;
            happening.time = events[best].time.unwrap_or(happening.time);
        }
    }
    happenings
}

fn ended(events: &[Event]) -> HashMap<(EventKind, Name), Place> {
    let in_table = |event: &&Event| {
        matches!(event.kind, EventKind::UserDeleted | EventKind::UserDisabled)
            && event.shown.as_deref().is_some_and(|shown| shown.format == inventory::FORMAT)
    };
    events.iter().filter(in_table).filter_map(|event| Some(((event.kind, event.sub?), event.place))).collect()
}

/// Happenings are sorted by kind and key.
fn befell(happenings: &[LifecycleEvent]) -> Vec<HashMap<Name, Range<usize>>> {
    let mut befell = vec![HashMap::default(); EventKind::ALL.len()];
    let mut start = 0;
    for same in happenings.chunk_by(|a, b| a.kind == b.kind && a.key == b.key) {
        befell[same[0].kind as usize].insert(same[0].key, start..start + same.len());
        start += same.len();
    }
    befell
}

fn outages(events: &[Event]) -> Vec<Outage> {
    let mut errors: Vec<(DateTime<Utc>, usize)> = events
        .iter()
        .enumerate()
        .filter(|(_, event)| event.kind == EventKind::UserStoreError || event.reason == Some(Reason::UserStoreUnavailable))
        .filter_map(|(place, event)| Some((event.time?, place)))
        .collect();
    errors.sort();
    let mut outages: Vec<Outage> = Vec::new();
    for (time, place) in errors {
        match outages.last_mut() {
            Some(last) if time - last.end <= OUTAGE_GAP => {
                last.end = time;
                last.witnesses.push(place);
            }
            _ => outages.push(Outage { start: time, end: time, witnesses: vec![place], streams: 0, services: BTreeSet::new() }),
        }
    }
    outages.retain(|outage| outage.witnesses.len() >= OUTAGE_MIN);
    for outage in &mut outages {
        let witnesses = || outage.witnesses.iter().map(|place| &events[*place]);
        outage.streams = witnesses().map(|event| event.place.stream).collect::<BTreeSet<_>>().len();
        outage.services = witnesses().filter_map(|event| event.service).collect();
    }
    outages
}

/// Requests that were let through: a refusal of the token is 401 or 403, a failure of the server says nothing.
fn successes(events: &[Event], observations: &[RequestObservation]) -> Vec<Success> {
    let passed =
        |status: Option<u16>| status.is_none_or(|status| status < 400 || status == 404 || status == 409 || status == 422);
    let mut successes: Vec<Success> = observations
        .iter()
        .filter(|observation| passed(observation.status))
        .map(|observation| Success {
            sub: observation.sub.unwrap_or_default(),
            time: observation.time,
            place: observation.place,
            service: observation.service,
            host: None,
            kid: observation.kid,
            iat: None,
            client: observation.client,
        })
        .chain(events.iter().filter(|event| event.kind == EventKind::AuthSuccess && passed(event.status)).filter_map(|event| {
            Some(Success {
                sub: event.sub.unwrap_or_default(),
                time: event.time?,
                place: event.place,
                service: event.service,
                host: event.host,
                kid: event.kid,
                iat: event.claim(|claims| claims.iat),
                client: event.client_ip,
            })
        }))
        .collect();
    parallel::sort_by_cached_key(&mut successes, |success| (success.time, success.place));
    successes
}

/// The successes of subjects that were refused too.
fn by_subject(successes: &[Success], refused: &HashSet<Name>) -> Timed {
    let numbered = (0..).zip(successes).filter(|(_, success)| refused.contains(&success.sub));
    Timed::of(numbered.map(|(place, success)| (success.sub, success.time, place)).collect())
}

fn keys(events: &[Event], observations: &[RequestObservation], happenings: &[LifecycleEvent]) -> HashMap<Name, Key> {
    let mut keys: HashMap<Name, Key> = HashMap::default();
    for (place, happening) in happenings.iter().enumerate() {
        let event = &events[happening.event];
        let Some(kid) = event.kid else { continue };
        match happening.kind {
            EventKind::KeyAdded => keys.entry(kid).or_default().added = Some(place),
            EventKind::KeyRotated => {
                keys.entry(kid).or_default().rotated = Some(place);
                let previous = happening.witnesses().iter().find_map(|w| events[*w].extra.as_deref()?.previous_kid);
                if let Some(previous) = previous {
                    keys.entry(previous).or_default().superseded = Some(place);
                }
            }
            EventKind::KeyRetired => keys.entry(kid).or_default().retired = Some(place),
            _ => {}
        }
    }
    let seen = observations.iter().filter(|s| s.status.is_some_and(|status| status < 400)).filter_map(|s| s.kid);
    let used = |event: &&Event| match event.kind {
        EventKind::JwksRefreshed | EventKind::AuthSuccess => true,
        EventKind::TokenIssued => event.sub.is_some() && event.time.is_some(),
        _ => false,
    };
    for kid in seen.chain(events.iter().filter(used).filter_map(|event| event.kid)) {
        keys.entry(kid).or_default().used = true;
    }
    keys
}

fn issuers(events: &[Event]) -> HashSet<Name> {
    let issues = |event: &&Event| {
        matches!(event.kind, EventKind::TokenIssued | EventKind::KeyAdded | EventKind::KeyRotated | EventKind::KeyRetired)
    };
    let mut services: Vec<Name> = events.iter().filter(issues).filter_map(|event| event.service).collect();
    services.sort_unstable_by_key(|service| service.number());
    services.dedup();
    services.into_iter().map(plain_name).collect()
}

fn subjects(events: &[Event], successes: &[Success]) -> HashMap<Name, Subject> {
    let mut subjects: HashMap<Name, Subject> = HashMap::default();
    for event in events {
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
            let subject = subjects.entry(sub).or_default();
            subject.known = true;
            subject.proven |= event.kind != EventKind::TokenIssued;
            if let Some(tenant) = event.extra.as_deref().and_then(|extra| extra.tenant) {
                subject.tenants.insert(tenant);
            }
        }
    }
    for success in successes.iter().filter(|success| !success.sub.is_empty()) {
        let subject = subjects.entry(success.sub).or_default();
        subject.known = true;
        subject.proven = true;
    }
    subjects
}

fn cohorts(cases: &[Case]) -> HashMap<Name, BTreeMap<Reason, Vec<DateTime<Utc>>>> {
    let mut cohorts: HashMap<Name, BTreeMap<Reason, Vec<DateTime<Utc>>>> = HashMap::default();
    for case in cases {
        if let (Some(service), Some(time)) = (case.service, case.time) {
            cohorts.entry(service).or_default().entry(case.reason).or_default().push(time);
        }
    }
    cohorts.values_mut().flat_map(BTreeMap::values_mut).for_each(|times| times.sort());
    cohorts
}

fn by_name(events: &[Event], happenings: &[LifecycleEvent]) -> HashMap<Name, Vec<usize>> {
    let mut names: BTreeMap<Name, Vec<usize>> = BTreeMap::new();
    for (place, happening) in happenings.iter().enumerate() {
        if matches!(happening.kind, EventKind::UserDeleted | EventKind::UserDisabled) {
            let name = happening.witnesses().iter().find_map(|w| events[*w].extra.as_deref()?.username);
            if let Some(name) = name {
                names.entry(name).or_default().push(place);
            }
        }
    }
    names.into_iter().collect()
}
