//! Events -> Cases: one failed request is one case, however many gateways, services and lines report it.
//!
//! Lines are brought together by request id, by trace id, or else by time, method, path, status and client; those of one
//! id that cannot be of one request are kept apart ([`crate::group::split`]). A case keeps every line of its request.

use std::num::NonZeroU32;

use chrono::{DateTime, Utc};

use crate::group::across::{self, Shared};
use crate::group::beside;
use crate::group::by_id::by_id;
use crate::group::client_address::is_local;
use crate::group::fragment::{Fragments, Group, can_be_joined};
use crate::group::inferred::{InferredReason, Link, Origin};
use crate::group::moment;
use crate::group::outage;
use crate::group::sequence;
use crate::group::source::Sources;
use crate::hash::HashSet;
use crate::model::event::{Claims, Event, EventKind, Extra, Place, Reason, Text};
use crate::model::id::Id;
use crate::model::name::Name;
use crate::parallel;

/// A failed request, with all that its lines say.
#[derive(Debug, Clone)]
pub struct Case {
    /// Its lines, as indices of the run's list of events, in the order of streams and lines.
    pub events: Vec<usize>,
    /// Those of them that were brought together without a shared id.
    pub links: Box<[Link]>,
    /// The one of them that gives the reason.
    pub deciding: usize,
    /// The place of that line.
    pub line: Place,
    /// The earliest time of its lines.
    pub time: Option<DateTime<Utc>>,
    /// The most specific reason.
    pub reason: Reason,
    /// The reason, where no line gives it and it follows from the size of the answer, and of how many alike refusals.
    pub inferred: Option<InferredReason>,
    /// What access logs show of its answers: whose log, status and bytes.
    pub answers: Vec<(u32, u16, u32)>,
    /// Subject.
    pub sub: Option<Name>,
    /// The line it is inferred from, where none of the request's own names it.
    pub sub_from: Option<Origin>,
    /// Key.
    pub kid: Option<Name>,
    /// The line it is inferred from, where none of the request's own names it.
    pub kid_from: Option<Origin>,
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

/// Brings the lines of each failed request together.
///
/// `files` are the names of the streams.
pub fn merge(events: &[Event], files: &[Text]) -> Merged {
    let mut groups = by_id(events);
    groups.extend(without_id(events));
    let errors: HashSet<usize> = outage::errors(events, files).into_iter().collect();
    let alone = |(index, event): &(usize, &Event)| errors.contains(index) && !can_be_joined(event);
    groups.extend(events.iter().enumerate().filter(alone).map(|(index, _)| vec![index]));
    beside::join(events, &mut groups);
    groups.retain(|group| !group.is_empty());
    let sources = Sources::of(events, files);
    let mut fragments = Fragments::of(events, &sources, groups);
    across::join(&mut fragments, Shared::ClientAndPath);
    sequence::join(&mut fragments);
    for shared in [Shared::ClientAndPath, Shared::Subject, Shared::Path, Shared::Client] {
        across::join(&mut fragments, shared);
    }
    moment::join(&mut fragments);
    let mut groups = fragments.into_groups();
    let is_refusal = |index: &usize| events[*index].kind == EventKind::AuthFailure;
    // Errors and doubtful reasons are of a refused request if something else shows that it was refused.
    let refused = |index: &usize| is_refusal(index) || errors.contains(index) || events[*index].is_doubtful();
    let ended = |group: &[usize]| {
        group.iter().any(|index| errors.contains(index)) && group.iter().any(|index| outage::is_failed_answer(&events[*index]))
    };
    groups.retain(|group| group.lines.iter().any(is_refusal) || ended(&group.lines));
    groups.sort_by_key(|group| group.lines.first().copied());
    let cases = parallel::map_each(groups, |group| case(events, group, refused));
    let unrelated = cases.iter().filter(|case| case.is_none()).count();
    // With room for no more: they are the largest that a run holds of each request.
    let mut merged = Merged { cases: Vec::with_capacity(cases.len() - unrelated), unrelated: unrelated as u64 };
    merged.cases.extend(cases.into_iter().flatten());
    merged
}

/// The lines without an id that may be of a refused request, each by itself.
fn without_id(events: &[Event]) -> impl Iterator<Item = Vec<usize>> {
    let has_id = |event: &Event| event.request_id.is_some() || event.trace_id.is_some();
    let loose = events.iter().enumerate().filter(move |(_, event)| can_be_joined(event) && !has_id(event));
    loose.map(|(index, _)| vec![index])
}

/// Makes a case of a group by the lines that refused it, or `None` where its lines say that the refusal was not about a token.
fn case(events: &[Event], Group { lines: mut group, links }: Group, refused: impl Fn(&usize) -> bool) -> Option<Case> {
    group.sort_unstable();
    let members = || group.iter().map(|index| &events[*index]);
    let failures = || group.iter().filter(|index| refused(index));
    // Of equals the application's own line decides, not the gateway's.
    let access = |event: &Event| event.status.is_some() && event.method.is_some();
    let deciding = *failures().min_by_key(|index| (rank(&events[**index]), access(&events[**index]), **index))?;
    let reason = reason(&events[deciding]).unwrap_or(Reason::Other);
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
    services.shrink_to_fit();
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
        kid_from: None,
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
        links,
    })
}

/// The reason that a line gives, of an error the outage.
fn reason(event: &Event) -> Option<Reason> {
    if outage::is_error(event) { outage::outage(event) } else { event.reason }
}

/// The rank of an event's reason, the most specific first: a product's own text before a bare status.
fn rank(event: &Event) -> u8 {
    match reason(event) {
        Some(_) if event.is_doubtful() => 2,
        Some(Reason::Other) if event.signature.is_none() => 4,
        Some(Reason::Other) => 3,
        Some(Reason::ClaimInvalid | Reason::TokenMissing) => 1,
        None => 5,
        Some(_) => 0,
    }
}
