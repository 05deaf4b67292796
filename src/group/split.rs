//! Lines of one id are lines of one request, or of several: the client chooses the id, and may use it again.
//!
//! Two lines of one id are of two requests where they cannot be of one: they name different users or requests, stand
//! further apart than a request lasts, or are the same kind of line of the same source and say something else, or the
//! same again later. What another source knows differently is no conflict: a gateway sees the client, and a service
//! behind it the gateway.

use crate::group::subject_shape::shape;
use chrono::TimeDelta;

use crate::extract::fold::differ;
use crate::group::client_address::{is_local, is_private};
use crate::group::path_end::PathEnd;
use crate::hash::HashMap;
use crate::model::event::{Event, EventKind, Reason, SignatureId, StreamId};
use crate::model::id::Id;
use crate::model::name::Name;

/// Lines of one request are no further apart than this and what the request took.
pub const LASTS: TimeDelta = TimeDelta::minutes(5);
/// The same line of the same source once more within this time is the same refusal, logged twice.
const AGAIN: TimeDelta = TimeDelta::seconds(1);
/// Of up to so many lines each is compared with each.
const FEW: usize = 8;
/// How many requests without a line of its kind a line is compared with: those begun last.
const OPEN: usize = 32;
/// How many requests with a line of its kind a line is compared with: those that got theirs last.
const RECENT: usize = 8;
/// How many requests without a line of a kind are remembered.
const REMEMBERED: usize = 1024;
/// How many lines of a request a line is compared with.
const COMPARED: usize = 8;

/// A kind of line: the stream, and what the catalog knows it as. Access lines are of one kind.
type Kind = (StreamId, Option<SignatureId>);

/// One request among those of an id.
struct Request {
    members: Vec<usize>,
    /// The first line that names its subject.
    named: Option<usize>,
}

/// Which of the requests have a line of some kind.
#[derive(Default)]
struct KindRequests {
    /// How many of the requests were sorted into these lists.
    seen: usize,
    /// Those without such a line.
    open: Vec<usize>,
    /// Those with such a line, the last one last.
    recent: Vec<usize>,
}

/// Splits lines of one id into the lines of each request, in the order of the requests' first lines.
pub fn split(events: &[Event], group: Vec<usize>) -> Vec<Vec<usize>> {
    if group.len() <= FEW && agree(events, &group) {
        return vec![group];
    }
    let mut lines = group;
    lines.sort_unstable_by_key(|line| (events[*line].time.is_none(), events[*line].time, *line));
    let mut requests: Vec<Request> = Vec::new();
    let mut of_kind: HashMap<Kind, KindRequests> = HashMap::default();
    let mut of_subject: HashMap<Name, usize> = HashMap::default();
    for line in lines {
        let event = &events[line];
        let known = of_kind.entry(kind(event)).or_default();
        known.open.extend(known.seen.max(requests.len().saturating_sub(REMEMBERED))..requests.len());
        known.seen = requests.len();
        known.open.drain(..known.open.len().saturating_sub(REMEMBERED));
        let last = |indices: &[usize], count: usize| indices[indices.len().saturating_sub(count)..].to_vec();
        let namesake = event.sub.and_then(|sub| of_subject.get(&sub).copied());
        let candidates = last(&known.open, OPEN).into_iter().chain(last(&known.recent, RECENT)).chain(namesake);
        let fitting = candidates.filter(|request| !requests[*request].contradicts(events, line));
        let best = fitting.max_by_key(|request| (requests[*request].likeness(events, line), std::cmp::Reverse(*request)));
        let request = best.unwrap_or(requests.len());
        if request == requests.len() {
            requests.push(Request { members: Vec::new(), named: None });
            known.seen += 1;
        }
        requests[request].members.push(line);
        if let Some(sub) = event.sub {
            requests[request].named.get_or_insert(line);
            of_subject.insert(sub, request);
        }
        if let Some(open) = known.open.iter().rposition(|open| *open == request) {
            known.open.remove(open);
        }
        if known.recent.last() != Some(&request) {
            known.recent.push(request);
        }
    }
    requests.into_iter().map(|request| request.members).collect()
}

impl Request {
    /// The lines that another is compared with: enough to be sure, and few.
    fn compared(&self) -> impl Iterator<Item = usize> {
        self.named.into_iter().chain(self.members[self.members.len().saturating_sub(COMPARED)..].iter().copied())
    }

    fn contradicts(&self, events: &[Event], line: usize) -> bool {
        self.compared().any(|member| contradict(&events[member], &events[line]))
    }

    /// How much a line is like those of the request: by what it says, then by how near it stands.
    fn likeness(&self, events: &[Event], line: usize) -> (usize, std::cmp::Reverse<TimeDelta>) {
        let event = &events[line];
        let says = |member: usize| {
            let other = &events[member];
            let same = |a: Option<Name>, b: Option<Name>| usize::from(a.is_some() && a == b);
            let end = PathEnd::of_event;
            let same_end = usize::from(end(event).is_some() && end(event) == end(other));
            4 * same(event.sub, other.sub) + 2 * same_end + same(event.client_ip, other.client_ip)
        };
        let apart =
            |member: usize| event.time.zip(events[member].time).map_or(TimeDelta::MAX, |(time, other)| (time - other).abs());
        let likest = self.compared().map(says).max().unwrap_or_default();
        (likest, std::cmp::Reverse(self.compared().map(apart).min().unwrap_or(TimeDelta::MAX)))
    }
}

/// Whether all of a few lines can be of one request.
fn agree(events: &[Event], lines: &[usize]) -> bool {
    let agrees = |index: usize| lines[..index].iter().all(|other| !contradict(&events[*other], &events[lines[index]]));
    (1..lines.len()).all(agrees)
}

fn kind(event: &Event) -> Kind {
    (event.place.stream, event.signature)
}

/// Whether two lines of one id cannot be of one request.
fn contradict(a: &Event, b: &Event) -> bool {
    differ(a.request_id.map(Id::folded), b.request_id.map(Id::folded))
        || name_two_users(a, b)
        || are_apart(a, b)
        || are_of_two(a, b)
}

/// Sources may know one user by an e-mail and by an id: only of one source, or of one shape, two names are two users.
fn name_two_users(a: &Event, b: &Event) -> bool {
    let Some((one, other)) = a.sub.zip(b.sub) else { return false };
    one != other && (a.place.stream == b.place.stream || shape(one) == shape(other))
}

/// Whether two lines stand further apart than a request lasts. For stamps without a zone in another log that cannot be known.
fn are_apart(a: &Event, b: &Event) -> bool {
    if a.place.stream != b.place.stream && (a.zoneless || b.zoneless) {
        return false;
    }
    let took = a.duration_ms.max(b.duration_ms).map_or(0, |took| i64::from(took.get()));
    a.time.zip(b.time).is_some_and(|(one, other)| (one - other).abs() > LASTS + TimeDelta::milliseconds(took))
}

/// Whether two lines of one source are of two requests.
fn are_of_two(a: &Event, b: &Event) -> bool {
    if !is_seed(a) || !is_seed(b) || (a.place.stream, a.service, a.host) != (b.place.stream, b.service, b.host) {
        return false;
    }
    let clients = a.client_ip.zip(b.client_ip).is_some_and(|(one, other)| are_two_clients(one, other));
    if clients || a.signature != b.signature {
        return clients;
    }
    let end = PathEnd::of_event;
    let other = differ(a.method, b.method) || differ(end(a), end(b)) || differ(a.status, b.status) || differ(a.kid, b.kid);
    // A verifier that cannot reach what it needs says so at each try.
    let tries = matches!(a.reason, Some(Reason::JwksUnavailable | Reason::UserStoreUnavailable));
    other || !tries && a.time.zip(b.time).is_some_and(|(one, other)| (one - other).abs() > AGAIN)
}

fn is_seed(event: &Event) -> bool {
    matches!(event.kind, EventKind::AuthFailure | EventKind::Request)
}

/// Whether two addresses are those of two clients: not where one of them is a proxy's.
fn are_two_clients(one: Name, other: Name) -> bool {
    one != other && !is_local(one) && !is_local(other) && is_private(one) == is_private(other)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::model::event::Place;

    /// A line of a stream, of what `signature` says if any, so many milliseconds after the first.
    fn line(stream: u32, signature: Option<u32>, ms: i64) -> Event {
        let mut event = Event::bare(EventKind::AuthFailure, Place { stream: StreamId(stream), line: 1 });
        event.time = DateTime::from_timestamp_millis(1_772_445_600_000 + ms);
        event.signature = signature.map(SignatureId::at);
        event
    }

    fn of(event: Event, sub: &str, client: &str) -> Event {
        let name = |text: &str| (!text.is_empty()).then(|| text.into());
        Event { sub: name(sub), client_ip: name(client), ..event }
    }

    fn counted(events: &[Event]) -> Vec<usize> {
        let mut counts: Vec<usize> = split(events, (0..events.len()).collect()).iter().map(Vec::len).collect();
        counts.sort_unstable();
        counts
    }

    #[test]
    fn a_gateway_and_a_service_that_know_different_addresses_and_names_tell_of_one_request() {
        let gateway = of(line(0, None, 40_000), "ann@example.com", "203.0.113.9");
        let service = of(line(1, Some(1), 0), "17", "10.0.0.2");
        let handler = of(line(1, Some(2), 3), "", "203.0.113.9");
        assert_eq!(counted(&[gateway, service, handler]), [3]);
    }

    #[test]
    fn the_same_kind_of_line_again_is_another_request() {
        let pair = |ms| [line(1, Some(1), ms), line(0, None, ms + 5)];
        assert_eq!(counted(&[pair(0), pair(4_000)].concat()), [2, 2], "a client that tries again");
        assert_eq!(counted(&[line(1, Some(1), 0), line(1, Some(1), 300)]), [2], "told twice at once");
        assert_eq!(counted(&[line(1, Some(1), 0), line(1, Some(2), 4_000)]), [2], "told in two ways");
        let tries = Event { reason: Some(Reason::JwksUnavailable), ..line(1, Some(1), 0) };
        assert_eq!(counted(&[tries.clone(), Event { time: line(1, None, 8_000).time, ..tries }]), [2]);
    }

    #[test]
    fn users_clients_and_hours_divide() {
        assert_eq!(counted(&[of(line(0, None, 0), "1", ""), of(line(1, None, 0), "2", "")]), [1, 1]);
        assert_eq!(counted(&[of(line(0, None, 0), "", "192.0.2.1"), of(line(0, Some(1), 0), "", "192.0.2.2")]), [1, 1]);
        assert_eq!(counted(&[line(0, None, 0), line(1, None, 3_600_000)]), [1, 1]);
        let zoneless = Event { zoneless: true, ..line(1, None, 3_600_000) };
        assert_eq!(counted(&[line(0, None, 0), zoneless]), [2], "nobody knows when that was");
    }

    #[test]
    fn many_thousands_of_one_id_are_told_apart_and_together() {
        // Of each second a thousand lines of the gateway stand before those of the service.
        let mut events = Vec::new();
        for n in 0..40_000_i64 {
            let sub = format!("u-{n}");
            events.push(of(line(0, None, n / 500 * 1000), "", &format!("10.9.{}.{}", n / 250, n % 250)));
            events.push(of(line(1, Some(1), n / 500 * 1000), &sub, ""));
        }
        events.sort_by_key(|event| event.place);
        let requests = split(&events, (0..events.len()).collect());
        assert_eq!(requests.len(), 40_000);
        assert!(requests.iter().all(|request| request.len() == 2));
    }
}
