//! Keys of refusals that name none: the one of the same user's, or the same client's, other tokens around that time.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::group::inferred::Origin;
use crate::group::merge::Case;
use crate::hash::HashMap;
use crate::model::event::{Event, EventKind, Place, Reason, StreamId};
use crate::model::name::Name;
use crate::model::words::How;

/// A token is used for so long after it was seen or issued.
const LIFE: TimeDelta = TimeDelta::hours(1);
/// What is seen so soon after a refusal may be of the same token.
const SOON: TimeDelta = TimeDelta::minutes(2);
/// What was seen so shortly before a refusal is mostly of the same token.
const JUST_BEFORE: TimeDelta = TimeDelta::seconds(30);
/// An address with more users than this is not one client.
const SHARED: usize = 3;

/// How many tokens around a refusal are looked at.
const NEAREST: usize = 20;
/// Before all places.
const FIRST: Place = Place { stream: StreamId(0), line: 0 };

/// Who holds a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Holder {
    User(Name),
    Client(Name),
}

impl Holder {
    fn how(self) -> How {
        match self {
            Self::User(_) => How::TokenOfUser,
            Self::Client(_) => How::TokenOfClient,
        }
    }
}

/// A token of a holder that was seen.
#[derive(Debug, Clone, Copy)]
struct Seen {
    kid: Name,
    sub: Option<Name>,
    place: Place,
    /// A new one was issued: what is older is no longer used.
    issued: bool,
}

/// What was seen of one holder, by time and line.
type Tokens = BTreeMap<(DateTime<Utc>, Place), Seen>;

/// Fills in the key of cases that were refused for their key, or for a reason that nobody tells, and name none.
pub fn infer(events: &[Event], cases: &mut [Case]) {
    let mut holders: HashMap<Holder, Tokens> = HashMap::default();
    for case in cases.iter().filter(|case| asks(case)) {
        for holder in holders_of(case.sub, case.client_ip) {
            holders.entry(holder).or_default();
        }
    }
    for event in events {
        let shows = matches!(event.kind, EventKind::TokenIssued | EventKind::AuthSuccess | EventKind::Request);
        if let (true, Some(kid), Some(time)) = (shows, event.kid, event.time) {
            let issued = event.kind == EventKind::TokenIssued;
            note(&mut holders, event.client_ip, time, Seen { kid, sub: event.sub, place: event.place, issued });
        }
    }
    for case in &*cases {
        if let (Some(kid), Some(time)) = (case.kid, case.time) {
            note(&mut holders, case.client_ip, time, Seen { kid, sub: case.sub, place: case.line, issued: false });
        }
    }
    for case in cases.iter_mut().filter(|case| asks(case)) {
        let Some(time) = case.time else { continue };
        let own = |holder: Holder| Some((holder.how(), token_at(holders.get(&holder)?, time, holder)?));
        if let Some((how, seen)) = holders_of(case.sub, case.client_ip).find_map(own) {
            case.kid = Some(seen.kid);
            case.kid_from = Some(Origin { how, place: seen.place });
        }
    }
}

fn asks(case: &Case) -> bool {
    case.kid.is_none() && (case.reason.is_of_key() || case.reason == Reason::Other)
}

fn holders_of(sub: Option<Name>, client: Option<Name>) -> impl Iterator<Item = Holder> {
    sub.map(Holder::User).into_iter().chain(client.map(Holder::Client))
}

fn note(holders: &mut HashMap<Holder, Tokens>, client: Option<Name>, time: DateTime<Utc>, seen: Seen) {
    for holder in holders_of(seen.sub, client) {
        if let Some(tokens) = holders.get_mut(&holder) {
            tokens.insert((time, seen.place), seen);
        }
    }
}

/// The token that a holder used at `time`: one that is seen soon after and was not issued then, or that was seen just
/// before; else the last one that was issued. A token that was refused is soon replaced, so that what was seen before tells
/// less than what is seen after.
fn token_at(tokens: &Tokens, time: DateTime<Utc>, holder: Holder) -> Option<Seen> {
    let before = tokens.range((time - LIFE, FIRST)..(time, FIRST)).next_back().map(|((early, _), seen)| (time - *early, *seen));
    let after = tokens.range((time, FIRST)..(time + SOON, FIRST)).next().filter(|(_, seen)| !seen.issued);
    let after = after.map(|((late, _), seen)| (*late - time, *seen));
    let before = before.filter(|(ago, seen)| seen.issued || *ago <= JUST_BEFORE);
    let (found, other) = match (before, after) {
        (Some((ago, seen)), Some((_, next))) if seen.issued && ago <= JUST_BEFORE => (seen, Some(next)),
        (Some((ago, seen)), Some((ahead, next))) if ago * 3 < ahead => (seen, Some(next)),
        (before, Some((_, next))) => (next, before.map(|(_, seen)| seen)),
        (Some((_, seen)), None) => (seen, None),
        (None, None) => return None,
    };
    // An address that carries several people tells only where they agree.
    let is_shared = matches!(holder, Holder::Client(_)) && is_shared(tokens, time);
    (!is_shared || other.is_some_and(|other| other.kid == found.kid)).then_some(found)
}

/// Whether several people use an address around a time, as far as the tokens nearest to it show.
fn is_shared(tokens: &Tokens, time: DateTime<Utc>) -> bool {
    let before = tokens.range((time - LIFE, FIRST)..(time, FIRST)).rev().take(NEAREST);
    let after = tokens.range((time, FIRST)..(time + SOON, FIRST)).take(NEAREST);
    let mut users: Vec<Name> = before.chain(after).filter_map(|(_, seen)| seen.sub).collect();
    users.sort_unstable();
    users.dedup();
    users.len() > SHARED
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::group::merge;

    fn event(what: EventKind, second: i64, key: &str) -> Event {
        let mut event = Event::bare(what, Place { stream: StreamId(0), line: u64::try_from(second).unwrap() });
        event.time = DateTime::from_timestamp(second, 0);
        event.client_ip = Some("192.0.2.1".into());
        event.kid = (!key.is_empty()).then(|| key.into());
        event.request_id = Some(format!("r-{second}").as_str().into());
        event
    }

    /// The key of a refusal at second 1000 that names none, where tokens were issued or seen at some times.
    fn inferred(tokens: &[(EventKind, i64, &str)]) -> Option<Name> {
        let mut events: Vec<Event> = tokens.iter().map(|(kind, second, kid)| event(*kind, *second, kid)).collect();
        let mut refusal = event(EventKind::AuthFailure, 1000, "");
        refusal.reason = Some(Reason::KeyNotFound);
        events.push(refusal);
        let mut cases = merge::merge(&events, &["app.log".into()]).cases;
        infer(&events, &mut cases);
        cases[0].kid
    }

    #[test]
    fn the_token_that_was_issued_last_is_the_one_that_is_used() {
        let (issued, seen) = (EventKind::TokenIssued, EventKind::AuthSuccess);
        assert_eq!(inferred(&[(issued, 100, "k1"), (issued, 990, "k2"), (issued, 1001, "k3")]), Some("k2".into()));
        assert_eq!(inferred(&[(seen, 980, "k1"), (seen, 1010, "k2")]), Some("k2".into()), "the one that is used on");
        assert_eq!(inferred(&[(seen, 100, "k1")]), None, "seen too long before");
        assert_eq!(inferred(&[(issued, 1010, "k2")]), None, "issued too late");
        assert_eq!(inferred(&[(seen, 2000, "k2")]), None, "seen too late");
    }
}
