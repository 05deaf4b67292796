//! Errors of a user store or a key set for which a verifier may have refused a request.

use crate::hash::HashSet;
use crate::model::event::{Event, EventKind, Place, Reason, Text};
use crate::normalise::clock;

/// The outage that a line puts a refusal down to.
pub fn outage(event: &Event) -> Option<Reason> {
    match event.kind {
        EventKind::UserStoreError => Some(Reason::UserStoreUnavailable),
        EventKind::ServiceError => Some(Reason::JwksUnavailable),
        _ => event.reason.filter(|reason| matches!(reason, Reason::UserStoreUnavailable | Reason::JwksUnavailable)),
    }
}

/// Whether a line is an error of a part that fails, and not a refusal.
pub fn is_error(event: &Event) -> bool {
    matches!(event.kind, EventKind::UserStoreError | EventKind::ServiceError)
}

/// Whether a line tells of an outage that may have ended a request, and is no refusal itself.
fn may_end(event: &Event) -> bool {
    outage(event).is_some() && (is_error(event) || event.is_doubtful())
}

/// Whether a line is the access line of a request that ended in a failure of the server.
pub fn is_failed_answer(event: &Event) -> bool {
    event.status.is_some_and(|status| status >= 500)
}

/// Whether a line shares nothing but time with the access line of its request.
pub fn is_loose(event: &Event) -> bool {
    event.path.is_none()
        && event.status.is_none()
        && event.client_ip.is_none()
        && event.request_id.is_none()
        && event.trace_id.is_none()
}

/// The logs of verifiers: whatever wrote a refusal with a reason, with its rotated siblings.
#[derive(Debug)]
pub struct Verifiers {
    of_stream: Vec<usize>,
    verifiers: HashSet<Option<usize>>,
}

impl Verifiers {
    /// Finds them; `files` are the names of the streams.
    pub fn of(events: &[Event], files: &[Text]) -> Self {
        let (_, of_stream) = clock::sources(files);
        let mut verifiers = Self { of_stream, verifiers: HashSet::default() };
        let says = |event: &&Event| {
            event.kind == EventKind::AuthFailure
                && (event.signature.is_some() || event.reason.is_some_and(|reason| reason != Reason::Other))
        };
        verifiers.verifiers = events.iter().filter(says).map(|event| verifiers.log(event)).collect();
        verifiers
    }

    fn log(&self, event: &Event) -> Option<usize> {
        self.of_stream.get(event.place.stream.0 as usize).copied()
    }

    /// Whether a verifier wrote a line.
    pub fn wrote(&self, event: &Event) -> bool {
        self.verifiers.contains(&self.log(event))
    }
}

/// Turns errors of the user store into failures where they ended a request of a verifier: it was refused for them.
pub fn promote(events: &mut [Event], files: &[Text]) {
    let verifiers = Verifiers::of(events, files);
    for event in events {
        let of_a_request = event.request_id.is_some() || event.path.is_some();
        let is_error = event.kind == EventKind::UserStoreError || may_end(event) && is_failed_answer(event);
        if is_error && of_a_request && verifiers.wrote(event) {
            event.reason = outage(event);
            event.kind = EventKind::AuthFailure;
        }
    }
}

/// The errors of verifiers that name no request: each may have ended one.
pub fn errors(events: &[Event], files: &[Text]) -> Vec<usize> {
    let open = |event: &Event| may_end(event) && is_loose(event) && event.time.is_some();
    if !events.iter().any(open) {
        return Vec::new();
    }
    let verifiers = Verifiers::of(events, files);
    let errors = events.iter().enumerate().filter(|(_, event)| open(event) && verifiers.wrote(event));
    errors.map(|(index, _)| index).collect()
}

/// Of what was read twice leaves out the doubtful reasons: what was read later is known better. Events are in the order of
/// places.
pub fn settle_doubts(events: &mut Vec<Event>) {
    let twice: HashSet<Place> = events
        .chunk_by(|a, b| a.place == b.place)
        .filter(|same| same.len() > 1 && same.iter().any(|event| !event.is_doubtful() || event.looked_up))
        .map(|same| same[0].place)
        .collect();
    if !twice.is_empty() {
        events.retain(|event| !event.is_doubtful() || event.looked_up || !twice.contains(&event.place));
    }
}
