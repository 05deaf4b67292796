//! Subjects of refusals that name none: the one that the same client used at the same service around that time.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::group::inferred::Origin;
use crate::group::merge::Case;
use crate::group::service_name::plain_name;
use crate::hash::{HashMap, HashSet};
use crate::model::event::{Event, EventKind, Place, Reason, StreamId};
use crate::model::name::Name;
use crate::model::observation::RequestObservation;
use crate::model::words::How;

/// Requests of one client this close together are of one session.
pub const SESSION: TimeDelta = TimeDelta::minutes(10);
/// An address with more users than this is not one client.
const SHARED: usize = 3;

/// What seems to come this much before its cause may still follow it.
const SLACK: TimeDelta = TimeDelta::milliseconds(1500);

/// Before and after all places.
const FIRST: Place = Place { stream: StreamId(0), line: 0 };
const LAST: Place = Place { stream: StreamId(u32::MAX), line: u64::MAX };
/// How many requests of one session are looked at: one with more is not a single client's.
pub const SESSION_MOST: usize = 1000;

/// The subjects of requests, by time and line.
type Seen = BTreeMap<(DateTime<Utc>, Place), Name>;

/// For each client in question and each service the subjects of its requests.
type Sessions = HashMap<Name, HashMap<Name, Seen>>;

/// Fills in the subject of cases without one, where all requests of their session at the service have the same; or else that
/// of the only user of the client to whom something had happened that explains the refusal.
pub fn infer(events: &[Event], observations: &[RequestObservation], cases: &mut [Case]) {
    let mut sessions: Sessions = HashMap::default();
    let anywhere = Name::default();
    for case in cases.iter().filter(|case| is_nameless(case)) {
        if let (Some(client), Some(service)) = (case.client_ip, case.service) {
            let services = sessions.entry(client).or_default();
            services.entry(plain_name(service)).or_default();
            if is_of_the_user(case.reason) {
                services.entry(anywhere).or_default();
            }
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
        if let Some(services) = sessions.get_mut(&client) {
            for place in [plain_name(service), anywhere] {
                if let Some(seen) = services.get_mut(&place) {
                    seen.insert((time, line), sub);
                }
            }
        }
    }
    let shared = |seen: &Seen| seen.values().collect::<HashSet<_>>().len() > SHARED;
    #[expect(clippy::iter_over_hash_type, reason = "each is looked at on its own")]
    for services in sessions.values_mut() {
        services.retain(|_, seen| !shared(seen));
    }
    let ends = ends(events);
    for case in cases.iter_mut().filter(|case| is_nameless(case)) {
        let (Some(time), Some(client), Some(service)) = (case.time, case.client_ip, case.service) else { continue };
        let Some(services) = sessions.get(&client) else { continue };
        let own = services.get(&plain_name(service)).filter(|_| case.sub.is_none()).and_then(|seen| only_one(seen, time));
        let other = || services.get(&anywhere).and_then(|seen| only_one_ended(seen, time, case.reason, &ends));
        let found = own.map(|found| (How::Session, found)).or_else(|| Some((How::EndedUser, other()?)));
        if let Some((how, (place, sub))) = found {
            case.username = case.username.or(case.sub);
            case.sub = Some(sub);
            case.sub_from = Some(Origin { how, place });
        }
    }
}

/// When each user was first deleted, disabled or signed out.
type Ends = HashMap<(EventKind, Name), DateTime<Utc>>;

fn ends(events: &[Event]) -> Ends {
    let mut ends = Ends::default();
    let is_end = |event: &&Event| kinds_of(Reason::SubNotFound).contains(&event.kind) || event.kind == EventKind::TokenRevoked;
    for event in events.iter().filter(is_end) {
        if let (Some(sub), Some(time)) = (event.sub, event.time) {
            ends.entry((event.kind, sub)).and_modify(|first| *first = time.min(*first)).or_insert(time);
        }
    }
    ends
}

/// What may have happened to a user who is refused for a reason.
fn kinds_of(reason: Reason) -> &'static [EventKind] {
    match reason {
        Reason::SubNotFound => &[EventKind::UserDeleted, EventKind::UserDisabled],
        Reason::UserDisabled => &[EventKind::UserDisabled],
        Reason::TokenRevoked => &[EventKind::TokenRevoked, EventKind::UserDeleted],
        _ => &[],
    }
}

/// The one of a client's users around a time to whom something had happened that explains the refusal, and a line that
/// names the user.
fn only_one_ended(seen: &Seen, time: DateTime<Utc>, reason: Reason, ends: &Ends) -> Option<(Place, Name)> {
    let near = seen.range((time - SESSION, FIRST)..=(time + SESSION, LAST)).take(SESSION_MOST);
    let had_ended = |sub: Name| {
        let ended = |kind: &EventKind| ends.get(&(*kind, sub)).is_some_and(|end| *end <= time + SLACK);
        kinds_of(reason).iter().any(ended)
    };
    let mut ended = near.filter(|(_, sub)| had_ended(**sub)).map(|((_, line), sub)| (*line, *sub));
    let first = ended.next()?;
    ended.all(|(_, sub)| sub == first.1).then_some(first)
}

/// Whether a refusal names no subject, or only by the address that somebody signed in with.
fn is_nameless(case: &Case) -> bool {
    case.sub.is_none_or(|sub| is_of_the_user(case.reason) && sub.with(|sub| sub.contains('@')))
}

/// Whether a request was refused for the state of its user.
fn is_of_the_user(reason: Reason) -> bool {
    !kinds_of(reason).is_empty()
}

/// The subject of all requests around a time, if they have one, and the first line that names it.
fn only_one(seen: &Seen, time: DateTime<Utc>) -> Option<(Place, Name)> {
    let near = || seen.range((time - SESSION, FIRST)..=(time + SESSION, LAST)).take(SESSION_MOST);
    let ((_, line), sub) = near().next()?;
    near().all(|(_, other)| other == sub).then_some((*line, *sub))
}
