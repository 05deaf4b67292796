//! Subjects of refusals that name none: the one that the same client used at the same service around that time.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::group::merge::Case;
use crate::group::service_name::plain_name;
use crate::hash::{HashMap, HashSet};
use crate::model::event::{Event, EventKind, Place, StreamId};
use crate::model::name::Name;
use crate::model::observation::RequestObservation;

/// Requests of one client this close together are of one session.
pub const SESSION: TimeDelta = TimeDelta::minutes(10);
/// An address with more users than this is not one client.
const SHARED: usize = 3;

/// Before and after all places.
const FIRST: Place = Place { stream: StreamId(0), line: 0 };
const LAST: Place = Place { stream: StreamId(u32::MAX), line: u64::MAX };
/// How many requests of one session are looked at: one with more is not a single client's.
pub const SESSION_MOST: usize = 1000;

/// The subjects of requests, by time and line.
type Seen = BTreeMap<(DateTime<Utc>, Place), Name>;

/// For each client in question and each service the subjects of its requests.
type Sessions = HashMap<Name, HashMap<Name, Seen>>;

/// Fills in the subject of cases without one, where all requests of their session have the same.
pub fn infer(events: &[Event], observations: &[RequestObservation], cases: &mut [Case]) {
    let mut sessions: Sessions = HashMap::default();
    for case in cases.iter().filter(|case| case.sub.is_none()) {
        if let (Some(client), Some(service)) = (case.client_ip, case.service) {
            sessions.entry(client).or_default().entry(plain_name(service)).or_default();
        }
    }
    let of_a_user = |event: &&Event| {
        matches!(event.kind, EventKind::AuthFailure | EventKind::AuthSuccess | EventKind::TokenIssued | EventKind::Request)
    };
    let logged = events
        .iter()
        .filter(of_a_user)
        .filter_map(|event| Some((event.time?, event.place, event.client_ip?, event.service?, event.sub?)));
    let observed = observations.iter().filter_map(|observation| {
        Some((observation.time, observation.place, observation.client?, observation.service?, observation.sub?))
    });
    for (time, line, client, service, sub) in logged.chain(observed) {
        if let Some(seen) = sessions.get_mut(&client).and_then(|services| services.get_mut(&plain_name(service))) {
            seen.insert((time, line), sub);
        }
    }
    let shared = |seen: &Seen| seen.values().collect::<HashSet<_>>().len() > SHARED;
    #[expect(clippy::iter_over_hash_type, reason = "each is looked at on its own")]
    for services in sessions.values_mut() {
        services.retain(|_, seen| !shared(seen));
    }
    for case in cases.iter_mut().filter(|case| case.sub.is_none()) {
        let (Some(time), Some(client), Some(service)) = (case.time, case.client_ip, case.service) else { continue };
        let Some(seen) = sessions.get(&client).and_then(|services| services.get(&plain_name(service))) else { continue };
        let near = || seen.range((time - SESSION, FIRST)..=(time + SESSION, LAST));
        let subjects: HashSet<Name> = near().map(|(_, sub)| *sub).take(SESSION_MOST).collect();
        if let (1, Some(((_, line), sub))) = (subjects.len(), near().next()) {
            case.sub = Some(*sub);
            case.sub_from = Some(*line);
        }
    }
}
