//! Folds events of neighbouring records that report one occurrence into one.
//!
//! Consoles print an exception where it is raised and once more where it is caught, lose the indentation that would join
//! the lines, or print the error above the access line of the request. Such neighbours are recognised by what they lack: a
//! time of their own. A verifier within a server logs why a token is bad, and the server at once that it refuses it: such
//! lines name the client and no request.

use chrono::TimeDelta;

use crate::model::event::{Event, EventKind, Reason};
use crate::model::field::Field;

/// Lines of one trace are no further apart.
const WITHIN_TRACE: u64 = 30;
/// Two lines of one refusal of one client are hardly any time apart.
const AT_ONCE: TimeDelta = TimeDelta::milliseconds(10);
/// The access line follows its error at once.
const NEXT: u64 = 2;

/// Folds neighbours that report one occurrence. `events` are in the order of their places.
pub fn fold(events: &mut Vec<Event>) {
    // Between the lines of one occurrence may stand what only may say why.
    let doubts: Vec<Event> = events.extract_if(.., |event| event.is_doubtful()).collect();
    // The line of the last event that was folded into the last one kept.
    let mut last_line = events.first().map_or(0, |event| event.place.line);
    events.dedup_by(|event, first| {
        let line = event.place.line;
        let same = same_occurrence(first, event, line.saturating_sub(last_line));
        if same {
            complete(first, event);
        }
        last_line = line;
        same
    });
    if !doubts.is_empty() {
        events.extend(doubts);
        events.sort_by_key(|event| event.place);
    }
}

fn same_occurrence(first: &Event, next: &Event, apart: u64) -> bool {
    if first.place.stream != next.place.stream || first.kind != EventKind::AuthFailure || next.kind != first.kind {
        return false;
    }
    // Two lines of one record (an SQL list, a JSON array) are two occurrences.
    if apart == 0 {
        return false;
    }
    let other = Some(Reason::Other);
    let agree = first.reason == next.reason || first.reason == other || next.reason == other;
    let conflict =
        differ(first.request_id, next.request_id) || differ(first.sub, next.sub) || differ(first.client_ip, next.client_ip);
    if conflict {
        return false;
    }
    if apart <= NEXT && said_at_once(first, next) {
        return true;
    }
    if !agree {
        return false;
    }
    // A record with an impossible stamp has a time of its own, and is not folded.
    if first.misdated || next.misdated {
        return false;
    }
    let trace = next.time.is_none() && apart <= WITHIN_TRACE && first.message_hash != next.message_hash;
    let access_line = first.time.is_none() && apart <= NEXT && next.reason == other && next.status.is_some();
    trace || access_line
}

/// Whether two lines that name a client, but no request, refuse its token at one moment: the first says why, the second
/// that it is refused.
fn said_at_once(first: &Event, next: &Event) -> bool {
    let of_client = |event: &Event| event.client_ip.is_some() && event.request_id.is_none() && event.path.is_none();
    let general = matches!(next.reason, Some(Reason::SignatureInvalid | Reason::ClaimInvalid | Reason::Other));
    of_client(first)
        && of_client(next)
        && (general || first.reason == next.reason)
        && first.signature.is_some()
        && next.signature.is_some()
        && first.signature != next.signature
        && first.time.zip(next.time).is_some_and(|(first, next)| next >= first && next - first <= AT_ONCE)
}

/// Whether both are known and not the same.
pub fn differ<T: PartialEq>(a: Option<T>, b: Option<T>) -> bool {
    a.zip(b).is_some_and(|(a, b)| a != b)
}

/// Adds to an event what a further line of the same occurrence says.
pub fn complete(first: &mut Event, next: &Event) {
    let is_more_specific = first.reason == Some(Reason::Other) && next.reason.is_some();
    if is_more_specific {
        first.reason = next.reason;
        first.signature = next.signature;
        (first.message_hash, first.reuse, first.quote) = (next.message_hash, next.reuse, next.quote.or(first.quote));
        if let (Some(shown), Some(more)) = (&mut first.shown, &next.shown) {
            shown.message = more.message.clone();
        }
    }
    if first.time.is_none() {
        first.time = next.time;
        first.zoneless = next.zoneless;
    }
    for field in Field::ALL {
        field.fill(first, next);
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::model::event::{Place, SignatureId, StreamId};

    fn failure(line: u64, reason: Reason, message_hash: u32) -> Event {
        let mut event = Event::bare(EventKind::AuthFailure, Place { stream: StreamId(0), line });
        event.reason = Some(reason);
        event.message_hash = message_hash;
        event
    }

    fn folded(mut events: Vec<Event>) -> Vec<Event> {
        fold(&mut events);
        events
    }

    #[test]
    fn an_exception_raised_and_printed_is_one() {
        let raised = failure(4, Reason::TokenExpired, 1);
        let printed = failure(5, Reason::TokenExpired, 2);
        let mut access = failure(6, Reason::Other, 3);
        access.status = Some(401);
        access.time = Some(DateTime::UNIX_EPOCH);
        access.client_ip = Some("192.0.2.1".into());
        let folded = folded(vec![raised, printed, access]);
        assert_eq!(folded.len(), 1);
        assert_eq!(folded[0].place.line, 4);
        assert_eq!((folded[0].status, folded[0].time), (Some(401), Some(DateTime::UNIX_EPOCH)));
        assert_eq!(folded[0].client_ip, Some("192.0.2.1".into()));
    }

    #[test]
    fn a_server_that_says_why_and_then_that_it_refuses_speaks_of_one_request() {
        let said = |line: u64, reason, signature, ms| {
            let mut event = failure(line, reason, u32::try_from(line).unwrap());
            event.time = DateTime::from_timestamp_millis(ms);
            event.client_ip = Some("192.0.2.1".into());
            event.signature = Some(SignatureId::at(signature));
            event
        };
        let pair = |line, ms| [said(line, Reason::KeyNotFound, 1, ms), said(line + 1, Reason::SignatureInvalid, 2, ms + 1)];
        let folded_pairs = folded([pair(1, 0), pair(3, 3)].concat());
        assert_eq!(folded_pairs.iter().map(|event| event.reason).collect::<Vec<_>>(), [Some(Reason::KeyNotFound); 2]);
        let expired = said(2, Reason::TokenExpired, 2, 1);
        assert_eq!(folded(vec![said(1, Reason::KeyNotFound, 1, 0), expired]).len(), 2, "two refusals");
        let later = said(2, Reason::SignatureInvalid, 2, 100);
        assert_eq!(folded(vec![said(1, Reason::KeyNotFound, 1, 0), later]).len(), 2, "at two times");
    }

    #[test]
    fn the_same_text_again_is_another_occurrence() {
        let again = |line| failure(line, Reason::TokenExpired, 1);
        assert_eq!(folded(vec![again(1), again(2), again(3)]).len(), 3);
    }

    #[test]
    fn a_time_that_cannot_be_is_one_of_its_own() {
        let mut second = failure(2, Reason::TokenExpired, 2);
        second.misdated = true;
        assert_eq!(folded(vec![failure(1, Reason::TokenExpired, 1), second]).len(), 2);
    }

    #[test]
    fn events_with_times_or_other_meanings_stay_apart() {
        let mut first = failure(1, Reason::TokenExpired, 1);
        let mut second = failure(2, Reason::TokenExpired, 2);
        first.time = Some(DateTime::UNIX_EPOCH);
        second.time = Some(DateTime::UNIX_EPOCH);
        assert_eq!(folded(vec![first, second]).len(), 2);
        assert_eq!(folded(vec![failure(1, Reason::TokenExpired, 1), failure(2, Reason::SubMissing, 2)]).len(), 2);
        assert_eq!(folded(vec![failure(1, Reason::TokenExpired, 1), failure(90, Reason::TokenExpired, 2)]).len(), 2);
    }
}
