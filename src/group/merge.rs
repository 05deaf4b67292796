//! Events -> Cases: one failed request is one case, however many gateways, services and lines report it.
//!
//! Lines are brought together by request id, by trace id, or else by time, method, path, status and client; those of one
//! id that cannot be of one request are kept apart ([`split`]). A case keeps every line of its request.

use std::num::NonZeroU32;

use chrono::{DateTime, TimeDelta, Utc};

use crate::group::client_address::is_local;
use crate::group::path_end::last_segment;
use crate::group::split;
use crate::group::time_index::{SourceRole, TimeIndex};
use crate::hash::{HashMap, HashSet};
use crate::model::event::{Claims, Event, EventKind, Extra, Place, Reason, Text};
use crate::model::id::Id;
use crate::model::name::Name;
use crate::normalise::clock;
use crate::normalise::ids::{self, IdRef};
use crate::parallel;

/// How far apart two lines of one request may be when nothing but their content joins them.
const TOLERANCE: TimeDelta = TimeDelta::milliseconds(2500);

/// A failed request, with all that its lines say.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its lines, as indices of the run's list of events, in the order of streams and lines.
    pub events: Vec<usize>,
    /// The one of them that gives the reason.
    pub deciding: usize,
    /// The place of that line.
    pub line: Place,
    /// The earliest time of its lines.
    pub time: Option<DateTime<Utc>>,
    /// The most specific reason.
    pub reason: Reason,
    /// The reason, where no line gives it and it follows from the size of the answer, and of how many alike refusals.
    pub inferred: Option<(Reason, usize)>,
    /// What access logs show of its answers: whose log, status and bytes.
    pub answers: Vec<(u32, u16, u32)>,
    /// Subject.
    pub sub: Option<Name>,
    /// The line it is inferred from, where none of the request's own names it.
    pub sub_from: Option<Place>,
    /// Key.
    pub kid: Option<Name>,
    /// Issuer.
    pub iss: Option<Name>,
    /// Audience.
    pub aud: Option<Name>,
    /// Issued at.
    pub iat: Option<i64>,
    /// Expires at.
    pub exp: Option<i64>,
    /// Client address.
    pub client_ip: Option<Name>,
    /// Request id.
    pub request_id: Option<Id>,
    /// Trace id.
    pub trace_id: Option<Id>,
    /// The service that refused.
    pub service: Option<Name>,
    /// Every service named by its lines.
    pub services: Vec<Name>,
    /// Method.
    pub method: Option<Name>,
    /// Path.
    pub path: Option<Name>,
    /// Status.
    pub status: Option<u16>,
    /// E-mail or name of the subject.
    pub username: Option<Name>,
    /// Tenant.
    pub tenant: Option<Name>,
    /// OAuth client.
    pub client_id: Option<Name>,
    /// Role claim.
    pub role: Option<Name>,
    /// User agent.
    pub user_agent: Option<Name>,
    /// The instance that refused.
    pub host: Option<Name>,
    /// How long the answer took, in milliseconds, by the slowest of its lines.
    pub duration_ms: Option<u32>,
}

/// The cases of a run.
#[derive(Debug, Default)]
pub struct Merged {
    /// In the order of their first lines.
    pub cases: Vec<Case>,
    /// Refusals whose other lines say that no token was the matter.
    pub unrelated: u64,
}

/// Turns errors of the user store into failures where they ended a request of a verifier: it was refused for them.
///
/// A verifier is whatever wrote a refusal with a reason into the same log or its rotated siblings.
pub fn promote(events: &mut [Event], files: &[Text]) {
    let (_, of_stream) = clock::sources(files);
    let log = |event: &Event| of_stream.get(event.place.stream.0 as usize).copied();
    let verifiers: HashSet<Option<usize>> =
        events.iter().filter(|event| event.kind == EventKind::AuthFailure && event.signature.is_some()).map(log).collect();
    for event in events {
        let of_a_request = event.request_id.is_some() || event.path.is_some();
        if event.kind == EventKind::UserStoreError && of_a_request && verifiers.contains(&log(event)) {
            event.kind = EventKind::AuthFailure;
            event.reason = Some(Reason::UserStoreUnavailable);
        }
    }
}

/// Brings the lines of each failed request together.
pub fn merge(events: &[Event]) -> Merged {
    let mut groups = by_id(events);
    attach_loose(events, &mut groups);
    groups.retain(|group| group.iter().any(|index| events[*index].kind == EventKind::AuthFailure));
    groups.sort_by_key(|group| group.first().copied());
    let cases = parallel::map_each(groups, |group| case(events, group));
    let unrelated = cases.iter().filter(|case| case.is_none()).count();
    let mut merged = Merged { cases: Vec::with_capacity(cases.len() - unrelated), unrelated: unrelated as u64 };
    merged.cases.extend(cases.into_iter().flatten());
    merged
}

/// Whether an event can be a line of a request at all.
fn of_request(event: &Event) -> bool {
    matches!(
        event.kind,
        EventKind::AuthFailure
            | EventKind::AuthSuccess
            | EventKind::TokenIssued
            | EventKind::Request
            | EventKind::Unrelated
            | EventKind::UserStoreError
            | EventKind::ServiceError
    )
}

/// Groups of events of one request, by the id they share: those that hold a failure, or that one without an id may join.
fn by_id(events: &[Event]) -> Vec<Vec<usize>> {
    let leaders = leaders(events);
    let leader = |index: usize| leaders[index] as usize;
    let mut matters = vec![false; events.len()];
    for (index, event) in events.iter().enumerate() {
        if leaders[index] != NO_LEADER && is_seed(event) {
            matters[leader(index)] = true;
        }
    }
    let nameless = |index: usize| events[index].request_id.is_none();
    // Requests come before mere traces, and in each those that name it before those of its trace.
    let mut members: Vec<(bool, u32, bool, usize)> = (0..events.len())
        .filter(|index| leaders[*index] != NO_LEADER && matters[leader(*index)])
        .map(|index| (nameless(leader(index)), leaders[index], nameless(index), index))
        .collect();
    parallel::sort_by_key(&mut members, |member| *member);
    let groups: Vec<Vec<usize>> =
        members.chunk_by(|a, b| a.1 == b.1).map(|group| group.iter().map(|(.., index)| *index).collect()).collect();
    let mut requests = Vec::with_capacity(groups.len());
    requests.extend(parallel::map_each(groups, |group| split::split(events, group)).into_iter().flatten());
    requests
}

/// The leader of an event without an id.
const NO_LEADER: u32 = u32::MAX;

/// For each event its leader, which is the same for all events of one request: the first event with its request id, or
/// with its trace id where it has no other. If some events of a trace have no request id, they could be of any of its
/// requests, so all of these get one leader.
fn leaders(events: &[Event]) -> Vec<u32> {
    const REQUEST: u8 = 0;
    const BOTH: u8 = 1;
    const TRACE: u8 = 2;
    let mut id_refs = ids::id_refs(events, |index, event| {
        if !of_request(event) {
            return [None, None];
        }
        let (request, trace) = (event.request_id, event.trace_id);
        let rank = if request.is_some() { BOTH } else { TRACE };
        [request.map(|id| IdRef::new(id, REQUEST, index)), trace.map(|id| IdRef::new(id, rank, index))]
    });
    let id = |id_ref: &IdRef| {
        let event = &events[id_ref.event()];
        if id_ref.rank == REQUEST { event.request_id } else { event.trace_id }
    };
    let mut leaders = vec![NO_LEADER; events.len()];
    let number = |id_ref: &IdRef| u32::try_from(id_ref.event()).unwrap_or(NO_LEADER);
    // Events without a request id join those of their trace, once the leaders of these are known.
    let mut later: Vec<(u32, u32)> = Vec::new();
    for group in ids::shared(&mut id_refs, id) {
        let first = number(&group[0]);
        let nameless = group.last().is_some_and(|id_ref| id_ref.rank == TRACE);
        for id_ref in group {
            match id_ref.rank {
                REQUEST => leaders[id_ref.event()] = first,
                _ if nameless => later.push((number(id_ref), first)),
                _ => {}
            }
        }
    }
    for (index, first) in later {
        let other = if leaders[first as usize] == NO_LEADER { first } else { top(&mut leaders, first) };
        if leaders[index as usize] == NO_LEADER {
            leaders[index as usize] = other;
        } else {
            let own = top(&mut leaders, index);
            leaders[own.max(other) as usize] = own.min(other);
        }
    }
    for index in 0..leaders.len() {
        if leaders[index] != NO_LEADER {
            let leader = leaders[index];
            leaders[index] = top(&mut leaders, leader);
        }
    }
    leaders
}

/// The last in the chain of an event's leaders, the one that leads itself; shortens the chain on the way (union-find).
fn top(leaders: &mut [u32], mut event: u32) -> u32 {
    while leaders[event as usize] != event {
        let next = leaders[event as usize];
        leaders[event as usize] = leaders[next as usize];
        event = next;
    }
    event
}

/// What decides whether a line without an id joins a group.
struct Shape {
    time: DateTime<Utc>,
    method: Option<Name>,
    path: Name,
    status: Option<u16>,
    client: Option<Name>,
    /// What has a line in it already.
    roles: Vec<SourceRole>,
}

/// Brings lines without ids to the group they fit, and to one another.
fn attach_loose(events: &[Event], groups: &mut Vec<Vec<usize>>) {
    // Lines with a reason come before those that only say that a request was refused.
    let mut loose: Vec<usize> = (0..events.len())
        .filter(|index| {
            let event = &events[*index];
            of_request(event)
                && event.request_id.is_none()
                && event.trace_id.is_none()
                && matches!(event.kind, EventKind::AuthFailure | EventKind::Unrelated | EventKind::Request)
        })
        .collect();
    loose.sort_by_key(|index| (events[*index].reason == Some(Reason::Other), events[*index].time, *index));
    if loose.is_empty() {
        return;
    }
    // The groups that a line may join, by the last segment of their path, as gateways strip the first ones.
    let ends = loose.iter().filter_map(|index| events[*index].path).map(last_segment);
    let mut by_path_end: HashMap<Name, TimeIndex> = ends.map(|end| (end, TimeIndex::default())).collect();
    let mut shapes: Vec<Option<Shape>> = parallel::map(groups.len(), |group| {
        shape(events, &groups[group]).filter(|shape| by_path_end.contains_key(&last_segment(shape.path)))
    });
    for (group, shape) in shapes.iter().enumerate() {
        if let Some(shape) = shape {
            by_path_end.entry(last_segment(shape.path)).or_default().add(shape.time, group);
        }
    }
    for index in loose {
        let event = &events[index];
        let (Some(time), Some(path)) = (event.time, event.path) else {
            if event.kind == EventKind::AuthFailure {
                groups.push(vec![index]);
                shapes.push(None);
            }
            continue;
        };
        let role = (event.place.stream, is_bare(event));
        let near = by_path_end.get_mut(&last_segment(path)).and_then(|index| {
            let has_line = |group: usize| shapes[group].as_ref().is_some_and(|shape| shape.roles.contains(&role));
            let fits = |group: usize| shapes[group].as_ref().is_some_and(|shape| fits(shape, event, path));
            index.nearest(time, TOLERANCE, role, has_line, fits)
        });
        match near {
            Some(group) => {
                groups[group].push(index);
                if let Some(shape) = &mut shapes[group] {
                    shape.roles.push(role);
                    shape.client = shape.client.or(event.client_ip.filter(|client| !is_local(*client)));
                    shape.status = shape.status.or(event.status);
                }
            }
            None if event.kind == EventKind::AuthFailure => {
                let group = groups.len();
                groups.push(vec![index]);
                let shape = shape(events, &groups[group]);
                if let Some(shape) = &shape {
                    by_path_end.entry(last_segment(shape.path)).or_default().add(shape.time, group);
                }
                shapes.push(shape);
            }
            None => {}
        }
    }
}

/// Whether a line can be the first of a group that lines without an id join.
fn is_seed(event: &Event) -> bool {
    matches!(event.kind, EventKind::AuthFailure | EventKind::Request)
}

/// Whether a line only says that a request was refused.
fn is_bare(event: &Event) -> bool {
    event.kind == EventKind::Request || event.reason == Some(Reason::Other)
}

fn shape(events: &[Event], group: &[usize]) -> Option<Shape> {
    let members = || group.iter().map(|index| &events[*index]);
    if !members().any(is_seed) {
        return None;
    }
    // The longest path is the one nearest to the client.
    let path = members().filter_map(|event| event.path).max_by_key(|path| path.with(str::len))?;
    Some(Shape {
        time: members().filter_map(|event| event.time).min()?,
        method: members().find_map(|event| event.method),
        path,
        status: members().find_map(|event| event.status),
        client: members().filter_map(|event| event.client_ip).find(|client| !is_local(*client)),
        roles: members().map(|event| (event.place.stream, is_bare(event))).collect(),
    })
}

fn fits(shape: &Shape, event: &Event, path: Name) -> bool {
    let agree = |a: Option<Name>, b: Option<Name>| a.is_none() || b.is_none() || a == b;
    let ends_alike = |path: &str, other: &str| {
        let (path, other) = (path.trim_end_matches('/'), other.trim_end_matches('/'));
        path.ends_with(other) || other.ends_with(path)
    };
    path.with(|path| shape.path.with(|other| ends_alike(path, other)))
        && agree(shape.method, event.method)
        && (shape.status.is_none() || event.status.is_none() || shape.status == event.status)
        && agree(shape.client, event.client_ip.filter(|client| !is_local(*client)))
}

/// Makes a case of a group, or `None` where its lines say that the refusal was not about a token.
fn case(events: &[Event], mut group: Vec<usize>) -> Option<Case> {
    group.sort_unstable();
    let members = || group.iter().map(|index| &events[*index]);
    let failures = || group.iter().filter(|index| events[**index].kind == EventKind::AuthFailure);
    // Of equals the application's own line decides, not the gateway's.
    let access = |event: &Event| event.status.is_some() && event.method.is_some();
    let deciding = *failures().min_by_key(|index| (rank(&events[**index]), access(&events[**index]), **index))?;
    let reason = events[deciding].reason.unwrap_or(Reason::Other);
    let elsewise = |event: &Event| {
        matches!(event.kind, EventKind::Unrelated | EventKind::AuthSuccess)
            || (event.kind == EventKind::TokenIssued && event.status.is_none_or(|status| status < 400))
    };
    if reason == Reason::Other && events[deciding].signature.is_none() && members().any(elsewise) {
        return None;
    }
    // A request that was answered well by all gateways was not refused, whatever its other lines say.
    let answers = || members().filter(|event| event.method.is_some()).filter_map(|event| event.status);
    if answers().next().is_some() && answers().all(|status| status < 400) {
        return None;
    }
    let first = &events[deciding];
    let name = |get: fn(&Event) -> Option<Name>| get(first).or_else(|| members().find_map(get));
    let id = |get: fn(&Event) -> Option<Id>| get(first).or_else(|| members().find_map(get));
    let claim = |get: fn(&Claims) -> Option<Name>| first.claim(get).or_else(|| members().find_map(|event| event.claim(get)));
    let extra = |get: fn(&Extra) -> Option<Name>| {
        let of = |event: &Event| event.extra.as_deref().and_then(get);
        of(first).or_else(|| members().find_map(of))
    };
    let mut services: Vec<Name> = members().filter_map(|event| event.service).collect();
    services.sort();
    services.dedup();
    Some(Case {
        deciding,
        line: first.place,
        time: members().filter_map(|event| event.time).min(),
        reason,
        inferred: None,
        answers: Vec::new(),
        sub: name(|event| event.sub),
        sub_from: None,
        kid: name(|event| event.kid),
        iss: claim(|claims| claims.iss),
        aud: claim(|claims| claims.aud),
        iat: members().find_map(|event| event.claim(|claims| claims.iat)),
        exp: members().find_map(|event| event.claim(|claims| claims.exp)),
        client_ip: members()
            .filter_map(|event| event.client_ip)
            .find(|client| !is_local(*client))
            .or_else(|| name(|event| event.client_ip)),
        request_id: id(|event| event.request_id),
        trace_id: id(|event| event.trace_id),
        service: name(|event| event.service),
        services,
        method: name(|event| event.method),
        path: members().filter_map(|event| event.path).max_by_key(|path| path.with(str::len)),
        status: members().find_map(|event| event.status),
        username: extra(|extra| extra.username),
        tenant: extra(|extra| extra.tenant),
        client_id: extra(|extra| extra.client_id),
        role: extra(|extra| extra.role),
        user_agent: name(|event| event.user_agent),
        host: name(|event| event.host),
        duration_ms: members().filter_map(|event| event.duration_ms).max().map(NonZeroU32::get),
        events: group,
    })
}

/// The rank of an event's reason, the most specific first: a product's own text before a bare status.
fn rank(event: &Event) -> u8 {
    match event.reason {
        Some(Reason::Other) if event.signature.is_none() => 4,
        Some(Reason::Other) => 3,
        Some(Reason::ClaimInvalid | Reason::TokenMissing) => 1,
        None => 5,
        Some(_) => 0,
    }
}
