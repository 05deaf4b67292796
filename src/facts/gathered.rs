//! Facts in the making: what was gathered from some events, requests and cases.
//!
//! [`Gathered`] is an accumulator: parts of the inputs are gathered apart, written down and read back if need be, and
//! merged in any order; [`Gathered::settle`] turns all of it into the [`Facts`] that rules read. The facts do not depend
//! on the parts. What is merged twice counts twice. Lines are known by stream and number, and the written form holds the
//! names of the streams, so that parts of several runs merge although each run numbers its streams by itself.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::check::inventory::Inventory;
use crate::facts::address::{Known, Suspects};
use crate::facts::blindness::Unfound;
use crate::facts::change::Changes;
use crate::facts::client::Clients;
use crate::facts::cohort::Cohorts;
use crate::facts::history::{History, Shapes};
use crate::facts::key::UsedKeys;
use crate::facts::key_story::KeyStories;
use crate::facts::lifecycle::{Lifecycle, LifecycleEvents};
use crate::facts::outage::StoreErrors;
use crate::facts::service::Services;
use crate::facts::sources::Sources;
use crate::facts::subject::{Reuses, Subjects, Usernames};
use crate::facts::success::{Success, Successes};
use crate::facts::table::Timed;
use crate::facts::table_row::TableRows;
use crate::facts::vanishing::Missing;
use crate::facts::verifier::Verifiers;
use crate::facts::view::{Facts, created_by_name, ended_by_name};
use crate::facts::way::Ways;
use crate::group::merge::Case;
use crate::hash::{HashMap, HashSet};
use crate::model::event::{Event, EventKind, StreamId, Text};
use crate::model::name::Name;
use crate::model::observation::RequestObservation;
use crate::parallel;

/// The form in which gathered facts are written.
const VERSION: u32 = 3;

/// The version in front of the written form: only that of this program is read.
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

/// What happened to users, keys, services and stores.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Lives {
    lifecycle: Lifecycle,
    store_errors: StoreErrors,
    usernames: Usernames,
    reuses: Reuses,
    table_rows: TableRows,
    services: Services,
    ways: Ways,
}

/// Accepted tokens, and which verifiers judged tokens.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Tokens {
    successes: Successes,
    subjects: Subjects,
    used_keys: UsedKeys,
    verifiers: Verifiers,
}

/// Refusals, by reason, client and user.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Refusals {
    cohorts: Cohorts,
    clients: Clients,
    suspects: Suspects,
    missing: Missing,
    unfound: Unfound,
}

/// What was gathered so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gathered {
    version: Version,
    /// The names of the streams, by their numbers.
    files: Vec<Text>,
    lives: Lives,
    tokens: Tokens,
    refusals: Refusals,
    /// The subjects whose logins, logouts and names are kept; `None` keeps those of all. Not written: who reads it back may
    /// need those of others.
    #[serde(skip)]
    asked_for: Option<Arc<HashSet<Name>>>,
}

impl Gathered {
    /// Nothing yet; `files` names the streams.
    pub fn new(files: &[Text]) -> Self {
        Self {
            version: Version,
            files: files.to_vec(),
            lives: Lives::default(),
            tokens: Tokens::default(),
            refusals: Refusals::default(),
            asked_for: None,
        }
    }

    /// Keeps logins, logouts and names, of which there are as many as there are requests, only of the subjects of some
    /// cases: no rule reads those of others. `cases` must hold all cases that the merged facts are to explain.
    #[must_use]
    pub fn asking_for_those_of(mut self, cases: &[Case]) -> Self {
        self.asked_for = Some(Arc::new(cases.iter().filter_map(|case| case.sub).collect()));
        self
    }

    /// Adds an event.
    pub fn update(&mut self, event: &Event) {
        self.lives.update(event, self.asked_for.as_deref());
        self.tokens.update(event);
        self.refusals.update(event);
    }

    /// Adds a request that is no failure.
    pub fn observe(&mut self, observation: &RequestObservation) {
        self.tokens.observe(observation);
    }

    /// Adds a refused request.
    pub fn refused(&mut self, case: &Case) {
        self.lives.refused(case);
        self.tokens.refused(case);
        self.refusals.refused(case);
    }

    /// Adds all of a run.
    pub fn update_all(&mut self, events: &[Event], observations: &[RequestObservation], cases: &[Case]) {
        let Self { lives, tokens, refusals, asked_for, .. } = self;
        let of_lives = || {
            for event in events {
                lives.update(event, asked_for.as_deref());
            }
            for case in cases {
                lives.refused(case);
            }
        };
        let of_tokens = || {
            for observation in observations {
                tokens.observe(observation);
            }
            for event in events {
                tokens.update(event);
            }
            for case in cases {
                tokens.refused(case);
            }
        };
        let of_refusals = || {
            for event in events {
                refusals.update(event);
            }
            for case in cases {
                refusals.refused(case);
            }
        };
        parallel::both(of_tokens, || parallel::both(of_lives, of_refusals));
    }

    /// Adds what another gathered, of the same run or of another.
    pub fn merge(&mut self, mut other: Self) {
        if other.files != self.files {
            other.renumber(&mut self.files);
        }
        self.asked_for =
            self.asked_for.take().zip(other.asked_for).map(|(own, other)| Arc::new(own.union(&other).copied().collect()));
        self.lives.merge(other.lives);
        self.tokens.merge(other.tokens);
        self.refusals.merge(other.refusals);
    }

    /// Gives streams the numbers that they have among `files`; those that are not there are added.
    fn renumber(&mut self, files: &mut Vec<Text>) {
        let mut known: HashMap<Text, u32> = HashMap::default();
        for (number, file) in (0..).zip(&*files) {
            known.entry(file.clone()).or_insert(number);
        }
        let mut numbers = Vec::with_capacity(self.files.len());
        for (own, file) in (0..).zip(&self.files) {
            // Streams of one name are distinguished by their numbers, as far as these are the same.
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
        self.lives.renumber(&number);
        self.tokens.renumber(&number);
        self.refusals.renumber(&number);
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

    /// Sorts and indexes all that was gathered, for a run with the streams `files`.
    pub fn settle<'e>(mut self, files: &[Text], inventory: &'e Inventory) -> Facts<'e> {
        self.number_as(files);
        let (own, Self { files, lives, tokens, mut refusals, asked_for, .. }) = (files.len(), self);
        let issued = refusals.clients.take_issued();
        let Lives { lifecycle, store_errors, usernames, reuses, table_rows, services, ways } = lives;
        let Tokens { successes, subjects, mut used_keys, verifiers } = tokens;
        let Refusals { cohorts, clients, suspects, missing, unfound } = refusals;
        let (lifecycle, (successes, verifiers)) =
            parallel::both(|| lifecycle.settle(), || (successes.settle(), verifiers.settle()));
        let signed = used_keys.take_signed();
        let (keys, subjects, services) = (used_keys.settle(&lifecycle), subjects.settle(), services.settle());
        let known = Known { subjects: &subjects, keys: &keys, successes: &successes, issued: &issued };
        let (addresses, (clients, (bulks, spells), successes_of)) = parallel::both(
            || suspects.settle(&known),
            || {
                (
                    clients.settle(&successes, &issued, &subjects),
                    (missing.settle(&successes, &lifecycle), unfound.settle(&successes, &lifecycle, &subjects)),
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
                stories: KeyStories::of(&keys, &signed, &lifecycle, &verifiers),
                verifiers,
                bulks,
                spells,
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
                ways: ways.settle(&successes),
            },
            keys,
            known_subjects: subjects.len(),
            subjects,
            cohorts,
            sources: Arc::new(Sources::of(files, own, &successes, &lifecycle)),
            successes: Arc::new(successes),
            successes_of,
            lifecycle,
            inventory,
        }
    }
}

impl Lives {
    fn update(&mut self, event: &Event, asked_for: Option<&HashSet<Name>>) {
        self.lifecycle.update(event, asked_for);
        self.store_errors.update(event);
        self.usernames.update(event, asked_for);
        self.reuses.update(event);
        self.table_rows.update(event);
        self.services.update(event);
        self.ways.update(event);
    }

    fn refused(&mut self, case: &Case) {
        self.services.refused(case);
        self.ways.refused(case);
    }

    fn merge(&mut self, other: Self) {
        self.lifecycle.merge(other.lifecycle);
        self.store_errors.merge(other.store_errors);
        self.usernames.merge(other.usernames);
        self.reuses.merge(other.reuses);
        self.table_rows.merge(other.table_rows);
        self.services.merge(other.services);
        self.ways.merge(other.ways);
    }

    fn renumber(&mut self, number: &impl Fn(StreamId) -> StreamId) {
        self.lifecycle.renumber(number);
        self.store_errors.renumber(number);
        self.usernames.renumber(number);
        self.table_rows.renumber(number);
    }
}

impl Tokens {
    fn update(&mut self, event: &Event) {
        self.subjects.update(event);
        self.used_keys.update(event);
        if let Some(success) = Success::of_event(event) {
            self.let_through(success);
        }
    }

    fn observe(&mut self, observation: &RequestObservation) {
        self.used_keys.observe(observation);
        if let Some(success) = Success::of_observation(observation) {
            self.let_through(success);
        }
    }

    fn let_through(&mut self, success: Success) {
        self.subjects.let_through(&success);
        self.verifiers.let_through(&success);
        self.successes.update(success);
    }

    fn refused(&mut self, case: &Case) {
        self.verifiers.refused(case);
    }

    fn merge(&mut self, other: Self) {
        self.successes.merge(other.successes);
        self.subjects.merge(other.subjects);
        self.used_keys.merge(other.used_keys);
        self.verifiers.merge(other.verifiers);
    }

    fn renumber(&mut self, number: &impl Fn(StreamId) -> StreamId) {
        self.successes.renumber(number);
    }
}

impl Refusals {
    fn update(&mut self, event: &Event) {
        self.clients.update(event);
    }

    fn refused(&mut self, case: &Case) {
        self.cohorts.refused(case);
        self.clients.refused(case);
        self.suspects.refused(case);
        self.missing.refused(case);
        self.unfound.refused(case);
    }

    fn merge(&mut self, other: Self) {
        self.cohorts.merge(other.cohorts);
        self.clients.merge(other.clients);
        self.suspects.merge(other.suspects);
        self.missing.merge(other.missing);
        self.unfound.merge(other.unfound);
    }

    fn renumber(&mut self, number: &impl Fn(StreamId) -> StreamId) {
        self.suspects.renumber(number);
    }
}

/// Revocations that name no subject, by time.
fn mass_revocations(lifecycle: &LifecycleEvents) -> Vec<usize> {
    let mut revocations = lifecycle.of_kind(EventKind::TokenRevoked);
    revocations.retain(|index| lifecycle[*index].key.is_empty());
    revocations
}

/// Whether any line shows that a user was created, deleted or disabled.
fn is_audited(lifecycle: &LifecycleEvents) -> bool {
    let audits = |kind| matches!(kind, EventKind::UserDeleted | EventKind::UserCreated | EventKind::UserDisabled);
    lifecycle.iter().any(|event| audits(event.kind))
}

/// The successes of each subject in question, by time.
fn by_subject(successes: &[Success], asked_for: Option<&HashSet<Name>>) -> Timed {
    let is_asked_for = |sub: &Name| asked_for.is_none_or(|asked| asked.contains(sub));
    let numbered = (0..).zip(successes).filter(|(_, success)| is_asked_for(&success.sub));
    Timed::of(numbered.map(|(index, success)| (success.sub, success.time, index)).collect())
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::model::event::Place;

    /// What a run gathered whose streams have some names, and a line in the last of them.
    fn run(files: &[&str]) -> Gathered {
        let files: Vec<Text> = files.iter().map(|file| Text::from(*file)).collect();
        let stream = StreamId(u32::try_from(files.len() - 1).unwrap());
        let mut event = Event::bare(EventKind::UserDeleted, Place { stream, line: 7 });
        (event.time, event.sub) = (DateTime::from_timestamp(0, 0), Some("7f3a".into()));
        let mut gathered = Gathered::new(&files);
        gathered.update(&event);
        gathered
    }

    #[test]
    fn streams_of_other_runs_follow_by_name_in_whatever_order_they_are_merged() {
        let (inventory, own) = (Inventory::default(), ["app.log".into(), "idp.log".into()]);
        let others = [run(&["idp.log.2"]), run(&["app.log", "idp.log.1"]), run(&["idp.log"])];
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
            let mut gathered = Gathered::new(&own);
            for index in order {
                gathered.merge(others[index].clone());
            }
            let facts = gathered.settle(&own, &inventory);
            assert_eq!(facts.sources.files, ["app.log", "idp.log", "idp.log.1", "idp.log.2"]);
            let lines = facts.lifecycle.lines_of(0).iter().map(|line| (line.line.stream.0, line.line.line));
            assert_eq!(lines.collect::<Vec<_>>(), [(1, 7), (2, 7), (3, 7)]);
        }
    }
}
