//! Facts in the making: what was gathered from some events, requests and cases.
//!
//! [`Gathered`] is an accumulator: parts of the inputs are gathered apart, written down and read back if need be, and
//! merged in any order; [`Gathered::settle`] makes of all of it the [`Facts`] that rules ask. Whatever the parts, the
//! facts are the same. Lines are known by stream and number, and what is written down names its streams.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::check::inventory::Inventory;
use crate::facts::address::{Known, Suspects};
use crate::facts::change::Changes;
use crate::facts::client::Clients;
use crate::facts::cohort::Cohorts;
use crate::facts::history::{History, Shapes};
use crate::facts::key::UsedKeys;
use crate::facts::lifecycle::{Lifecycle, LifecycleEvents};
use crate::facts::outage::StoreErrors;
use crate::facts::service::Services;
use crate::facts::subject::{Reuses, Subjects, Usernames};
use crate::facts::success::{Success, Successes};
use crate::facts::table::Timed;
use crate::facts::table_row::TableRows;
use crate::facts::vanishing::Missing;
use crate::facts::verifier::Verifiers;
use crate::facts::world::{Facts, created_by_name, ended_by_name};
use crate::group::merge::Case;
use crate::hash::{HashMap, HashSet};
use crate::model::event::{Event, EventKind, StreamId, Text};
use crate::model::name::Name;
use crate::model::observation::RequestObservation;
use crate::parallel;

/// The form in which gathered facts are written.
const VERSION: u32 = 1;

/// The version that stands in front of what is written: only one's own is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Version;

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        VERSION.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u32::deserialize(deserializer)? {
            VERSION => Ok(Self),
            other => Err(serde::de::Error::custom(format!("facts of version {other}, where version {VERSION} is understood"))),
        }
    }
}

/// What events tell.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct FromEvents {
    lifecycle: Lifecycle,
    store_errors: StoreErrors,
    usernames: Usernames,
    reuses: Reuses,
    table_rows: TableRows,
}

/// What requests tell that were let through or refused.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct FromRequests {
    successes: Successes,
    subjects: Subjects,
    used_keys: UsedKeys,
    services: Services,
    verifiers: Verifiers,
    cohorts: Cohorts,
    clients: Clients,
    suspects: Suspects,
    missing: Missing,
}

/// What was gathered so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gathered {
    version: Version,
    /// The names of the streams, by their numbers.
    files: Vec<Text>,
    events: FromEvents,
    requests: FromRequests,
    /// The only subjects whose logins, logouts and names are kept, where it is known who is asked for.
    #[serde(skip)]
    asked_for: Option<Arc<HashSet<Name>>>,
}

impl Gathered {
    /// Nothing yet; `files` names the streams.
    pub fn new(files: &[Text]) -> Self {
        Self {
            version: Version,
            files: files.to_vec(),
            events: FromEvents::default(),
            requests: FromRequests::default(),
            asked_for: None,
        }
    }

    /// Keeps logins, logouts and names, of which there are as many as there is traffic, only of the subjects of some
    /// cases: of others no rule asks.
    #[must_use]
    pub fn asking_for_those_of(mut self, cases: &[Case]) -> Self {
        self.asked_for = Some(Arc::new(cases.iter().filter_map(|case| case.sub).collect()));
        self
    }

    /// Takes in an event.
    pub fn update(&mut self, event: &Event) {
        self.events.update(event, self.asked_for.as_deref());
        self.requests.update(event);
    }

    /// Takes in a request that is no failure.
    pub fn observe(&mut self, observation: &RequestObservation) {
        self.requests.observe(observation);
    }

    /// Takes in a refused request.
    pub fn refused(&mut self, case: &Case) {
        self.requests.refused(case);
    }

    /// Takes in all of a run.
    pub fn update_all(&mut self, events: &[Event], observations: &[RequestObservation], cases: &[Case]) {
        let Self { events: from_events, requests, asked_for, .. } = self;
        parallel::both(
            || events.iter().for_each(|event| from_events.update(event, asked_for.as_deref())),
            || {
                observations.iter().for_each(|observation| requests.observe(observation));
                events.iter().for_each(|event| requests.update(event));
                cases.iter().for_each(|case| requests.refused(case));
            },
        );
    }

    /// Takes in what another gathered, of the same run or of another.
    pub fn merge(&mut self, mut other: Self) {
        if other.files != self.files {
            other.renumber(&mut self.files);
        }
        self.events.merge(other.events);
        self.requests.merge(other.requests);
    }

    /// Gives streams the numbers that they have among `files`; those that are not there are added.
    fn renumber(&mut self, files: &mut Vec<Text>) {
        let mut known: HashMap<Text, u32> = HashMap::default();
        for (number, file) in (0..).zip(&*files) {
            known.entry(file.clone()).or_insert(number);
        }
        let mut numbers = Vec::with_capacity(self.files.len());
        for (own, file) in (0..).zip(&self.files) {
            // Streams of one name are told apart by their numbers, as far as these are the same.
            let same = files.get(own as usize).filter(|other| *other == file).map(|_| own);
            let number = same.or_else(|| known.get(file).copied()).unwrap_or_else(|| {
                let next = u32::try_from(files.len()).unwrap_or(u32::MAX);
                known.insert(file.clone(), next);
                files.push(file.clone());
                next
            });
            numbers.push(StreamId(number));
        }
        let number = |stream: StreamId| numbers.get(stream.0 as usize).copied().unwrap_or(stream);
        self.events.renumber(&number);
        self.requests.renumber(&number);
        self.files.clone_from(files);
    }

    /// Gives the streams of a run their own numbers, and those of other runs the next ones in the order of their names.
    fn number_as(&mut self, run: &[Text]) {
        if self.files == run {
            return;
        }
        let mut foreign: Vec<Text> = self.files.iter().filter(|file| !run.contains(file)).cloned().collect();
        foreign.sort_unstable();
        foreign.dedup();
        self.renumber(&mut run.iter().cloned().chain(foreign).collect());
    }

    /// Sorts and indexes all that was gathered, to be asked in a run whose streams `files` names.
    pub fn settle<'e>(mut self, files: &[Text], inventory: &'e Inventory) -> Facts<'e> {
        self.number_as(files);
        let Self { events, mut requests, asked_for, .. } = self;
        let issued = requests.clients.take_issued();
        let FromEvents { lifecycle, store_errors, usernames, reuses, table_rows } = events;
        let FromRequests { successes, subjects, used_keys, services, verifiers, cohorts, clients, suspects, missing } = requests;
        let (lifecycle, (successes, verdicts)) =
            parallel::both(|| lifecycle.settle(), || (successes.settle(), verifiers.settle()));
        let (keys, subjects, services) = (used_keys.settle(&lifecycle), subjects.settle(), services.settle());
        let known = Known { subjects: &subjects, keys: &keys, successes: &successes, issued: &issued };
        let (addresses, (clients, bulks, successes_of)) = parallel::both(
            || suspects.settle(&known),
            || {
                (
                    clients.settle(&successes, &issued),
                    missing.settle(&successes, &lifecycle),
                    by_subject(&successes, asked_for.as_deref()),
                )
            },
        );
        let cohorts = cohorts.settle();
        Facts {
            changes: Changes::of(&lifecycle),
            added_keys: lifecycle.of_kind(EventKind::KeyAdded),
            mass_revocations: mass_revocations(&lifecycle),
            outages: store_errors.settle(),
            addresses,
            by_name: ended_by_name(&lifecycle),
            audited: is_audited(&lifecycle),
            rows: table_rows.settle(),
            history: History {
                verdicts,
                bulks,
                created_as: created_by_name(&lifecycle),
                name_of: usernames.settle(),
                usual_duration: cohorts.usual_duration.clone(),
                issuer: services.main_issuer,
                services,
                clients: clients.by_address,
                accepted_clients: clients.accepted,
                clients_are_seen: clients.are_seen,
                reuses: reuses.settle(),
                shapes: Shapes::of(&subjects),
            },
            keys,
            known_subjects: subjects.len(),
            subjects,
            cohorts,
            successes: Arc::new(successes),
            successes_of,
            happenings: lifecycle,
            inventory,
        }
    }
}

impl FromEvents {
    fn update(&mut self, event: &Event, asked_for: Option<&HashSet<Name>>) {
        self.lifecycle.update(event, asked_for);
        self.store_errors.update(event);
        self.usernames.update(event, asked_for);
        self.reuses.update(event);
        self.table_rows.update(event);
    }

    fn merge(&mut self, other: Self) {
        self.lifecycle.merge(other.lifecycle);
        self.store_errors.merge(other.store_errors);
        self.usernames.merge(other.usernames);
        self.reuses.merge(other.reuses);
        self.table_rows.merge(other.table_rows);
    }

    fn renumber(&mut self, number: &impl Fn(StreamId) -> StreamId) {
        self.lifecycle.renumber(number);
        self.store_errors.renumber(number);
        self.usernames.renumber(number);
        self.table_rows.renumber(number);
    }
}

impl FromRequests {
    fn update(&mut self, event: &Event) {
        self.subjects.update(event);
        self.used_keys.update(event);
        self.services.update(event);
        self.clients.update(event);
        Success::of_event(event).into_iter().for_each(|success| self.let_through(success));
    }

    fn observe(&mut self, observation: &RequestObservation) {
        self.used_keys.observe(observation);
        Success::of_observation(observation).into_iter().for_each(|success| self.let_through(success));
    }

    fn let_through(&mut self, success: Success) {
        self.subjects.let_through(&success);
        self.verifiers.let_through(&success);
        self.successes.update(success);
    }

    fn refused(&mut self, case: &Case) {
        self.services.refused(case);
        self.verifiers.refused(case);
        self.cohorts.refused(case);
        self.clients.refused(case);
        self.suspects.refused(case);
        self.missing.refused(case);
    }

    fn merge(&mut self, other: Self) {
        self.successes.merge(other.successes);
        self.subjects.merge(other.subjects);
        self.used_keys.merge(other.used_keys);
        self.services.merge(other.services);
        self.verifiers.merge(other.verifiers);
        self.cohorts.merge(other.cohorts);
        self.clients.merge(other.clients);
        self.suspects.merge(other.suspects);
        self.missing.merge(other.missing);
    }

    fn renumber(&mut self, number: &impl Fn(StreamId) -> StreamId) {
        self.successes.renumber(number);
        self.suspects.renumber(number);
    }
}

/// Revocations that name nobody, by time.
fn mass_revocations(lifecycle: &LifecycleEvents) -> Vec<usize> {
    let mut revocations = lifecycle.of_kind(EventKind::TokenRevoked);
    revocations.retain(|index| lifecycle[*index].key.is_empty());
    revocations
}

/// Whether any line tells of users being created, deleted or disabled.
fn is_audited(lifecycle: &LifecycleEvents) -> bool {
    let audits = |kind| matches!(kind, EventKind::UserDeleted | EventKind::UserCreated | EventKind::UserDisabled);
    lifecycle.iter().any(|event| audits(event.kind))
}

/// The successes of each subject that is asked for, by time.
fn by_subject(successes: &[Success], asked_for: Option<&HashSet<Name>>) -> Timed {
    let is_asked_for = |sub: &Name| asked_for.is_none_or(|asked| asked.contains(sub));
    let numbered = (0..).zip(successes).filter(|(_, success)| is_asked_for(&success.sub));
    Timed::of(numbered.map(|(index, success)| (success.sub, success.time, index)).collect())
}
