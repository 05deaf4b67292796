//! Reasons inferred from the size of an answer: a verifier answers refusals of one reason with bodies of one size.
//!
//! Where lines of one family of logs (one service's access log) show that answers of a status and a size were given
//! for one reason only, a refusal of the same family, status and size that gives no reason was refused for it too.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::group::inferred::InferredReason;
use crate::group::merge::Case;
use crate::hash::HashMap;
use crate::model::event::{Event, Place, Reason, Text};
use crate::model::name::Name;
use crate::normalise::clock::family;

/// So many refusals of a size must have a reason before others of that size get it.
const LEARNT_FROM: usize = 5;
/// At least this share of them must have the same reason.
const AGREED: f64 = 0.97;

/// Another refusal of the same client this near in time is mostly of the same token.
const SAME_TOKEN: TimeDelta = TimeDelta::seconds(10);
/// So many refusals of a size must have such a neighbour with a reason.
const VOTES: usize = 8;
/// At least this share of the neighbours must agree, and so many times as many as agree on any other reason.
const MAJORITY: f64 = 0.5;
/// See [`MAJORITY`].
const LEAD: usize = 3;

/// An answer as an access log shows it: whose log, status and bytes.
type Answer = (u32, u16, u32);

/// Refusals of one reason.
#[derive(Debug, Clone, Copy)]
struct Others {
    count: usize,
    /// A line of the first of them.
    first: Place,
}

/// For each answer the reasons that it was given for.
type Reasons = BTreeMap<Reason, Others>;

/// Counts a refusal with an answer among others.
fn count(known: &mut HashMap<Answer, Reasons>, answer: Answer, reason: Reason, first: Place) {
    known.entry(answer).or_default().entry(reason).or_insert(Others { count: 0, first }).count += 1;
}

/// Gives a reason to refusals without one, where it follows from the size of their answer.
pub fn infer_reasons(events: &[Event], files: &[Text], cases: &mut [Case]) {
    let families = families(files);
    for case in &mut *cases {
        case.answers = answers(events, &families, case);
    }
    let mut learnt: HashMap<Answer, Reasons> = HashMap::default();
    for case in &*cases {
        if case.reason != Reason::Other {
            for answer in &case.answers {
                count(&mut learnt, *answer, case.reason, case.line);
            }
        }
    }
    for case in &mut *cases {
        if case.reason == Reason::Other {
            let agreed = |answer: &Answer| agreed(learnt.get(answer)?, LEARNT_FROM, AGREED);
            infer(case, case.answers.iter().filter_map(agreed).max_by_key(|(_, others)| others.count), false);
        }
    }
    by_neighbours(cases);
}

/// Gives a reason to refusals of a size that no service explains: the one for which the same clients are refused elsewhere
/// at that moment, if most of them are refused for the same.
fn by_neighbours(cases: &mut [Case]) {
    let told = reasons_by_client(cases);
    let mut votes: HashMap<Answer, Reasons> = HashMap::default();
    for case in cases.iter().filter(|case| case.reason == Reason::Other && !case.answers.is_empty()) {
        if let Some((reason, line)) = case.client_ip.and_then(|client| nearest(told.get(&client)?, case.time?)) {
            for answer in &case.answers {
                count(&mut votes, *answer, reason, line);
            }
        }
    }
    for case in cases.iter_mut().filter(|case| case.reason == Reason::Other) {
        let led = |answer: &Answer| votes.get(answer).filter(|votes| leads(votes));
        let agreed = |answer: &Answer| agreed(led(answer)?, VOTES, MAJORITY);
        infer(case, case.answers.iter().filter_map(agreed).max_by_key(|(_, others)| others.count), true);
    }
}

/// Gives a case the reason that others agree on, if they do.
fn infer(case: &mut Case, agreed: Option<(Reason, Others)>, elsewhere: bool) {
    if let Some((reason, Others { count, first })) = agreed {
        case.reason = reason;
        case.inferred = Some(InferredReason { reason, count, elsewhere, from: first });
    }
}

/// When a client was refused, for which reason, and a line that tells it.
type Refused = (DateTime<Utc>, Reason, Place);

/// For each client when it was refused for which reason, by time.
fn reasons_by_client(cases: &[Case]) -> HashMap<Name, Vec<Refused>> {
    let mut told: HashMap<Name, Vec<Refused>> = HashMap::default();
    for case in cases.iter().filter(|case| case.reason != Reason::Other) {
        if let (Some(client), Some(time)) = (case.client_ip, case.time) {
            told.entry(client).or_default().push((time, case.reason, case.line));
        }
    }
    #[expect(clippy::iter_over_hash_type, reason = "each is sorted on its own")]
    for times in told.values_mut() {
        times.sort_unstable();
    }
    told
}

/// The reason of the refusal nearest to a time, and its line.
fn nearest(told: &[Refused], time: DateTime<Utc>) -> Option<(Reason, Place)> {
    let at = told.partition_point(|(other, ..)| *other < time);
    let sides = [at.checked_sub(1), Some(at)].into_iter().flatten().filter_map(|index| told.get(index));
    let near = sides.filter(|(other, ..)| (*other - time).abs() <= SAME_TOKEN);
    let (_, reason, line) = *near.min_by_key(|(other, reason, line)| ((*other - time).abs(), *reason, *line))?;
    // Where one verifier cannot get the keys, another does not have the token's.
    Some((if reason.is_of_key() { Reason::KeyNotFound } else { reason }, line))
}

/// Whether two refusals were answered differently by one service, and so for different reasons.
pub fn differ(a: &Case, b: &Case) -> bool {
    let alike = |left: &Answer, right: &Answer| left.0 == right.0 && left.1 == right.1;
    let pairs = || a.answers.iter().flat_map(|left| b.answers.iter().map(move |right| (left, right)));
    pairs().any(|(left, right)| alike(left, right) && left.2 != right.2) && !pairs().any(|(left, right)| left == right)
}

/// Whether one reason leads by far.
fn leads(reasons: &Reasons) -> bool {
    let mut counts: Vec<usize> = reasons.values().map(|others| others.count).collect();
    counts.sort_unstable_by(|a, b| b.cmp(a));
    counts.get(1).is_none_or(|second| counts[0] >= LEAD * second)
}

/// The reason that refusals agree on, and those that have it.
fn agreed(reasons: &Reasons, least: usize, majority: f64) -> Option<(Reason, Others)> {
    let all: usize = reasons.values().map(|others| others.count).sum();
    let (reason, others) = reasons.iter().max_by_key(|(_, others)| others.count)?;
    #[expect(clippy::cast_precision_loss, reason = "a share of counts")]
    let share = others.count as f64 / all as f64;
    (others.count >= least && share >= majority).then_some((*reason, *others))
}

/// For each stream the number of its family.
fn families(files: &[Text]) -> Vec<u32> {
    let mut numbers: HashMap<String, u32> = HashMap::default();
    (0..)
        .take(files.len())
        .map(|stream| {
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            *numbers.entry(family(files, crate::model::event::StreamId(stream))).or_insert(next)
        })
        .collect()
}

fn answers(events: &[Event], families: &[u32], case: &Case) -> Vec<Answer> {
    case.events
        .iter()
        .filter_map(|index| {
            let event = &events[*index];
            let family = *families.get(event.place.stream.0 as usize)?;
            Some((family, event.status.filter(|status| *status >= 400)?, event.response_bytes?.get()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;
    use crate::group::merge;
    use crate::model::event::{EventKind, Place, StreamId};

    /// A refusal on one line of an access log.
    fn refusal(line: u64, bytes: u32, reason: Reason) -> Event {
        let mut event = Event::bare(EventKind::AuthFailure, Place { stream: StreamId(0), line });
        event.request_id = Some(format!("r-{line}").into());
        event.method = Some("GET".into());
        event.status = Some(401);
        event.response_bytes = NonZeroU32::new(bytes);
        event.reason = Some(reason);
        event
    }

    fn reasons(events: &[Event]) -> Vec<Reason> {
        let mut cases = merge::merge(events, &[]).cases;
        infer_reasons(events, &["gw/access.log".into()], &mut cases);
        cases.iter().map(|case| case.reason).collect()
    }

    #[test]
    fn a_silent_refusal_is_told_by_the_size_of_its_answer() {
        let mut events: Vec<Event> = (1..=5).map(|line| refusal(line, 89, Reason::SubMissing)).collect();
        events.push(refusal(6, 89, Reason::Other));
        events.push(refusal(7, 90, Reason::Other));
        assert_eq!(reasons(&events)[5..], [Reason::SubMissing, Reason::Other]);
    }

    #[test]
    fn a_size_that_several_reasons_share_tells_nothing() {
        let mut events: Vec<Event> = (1..=5).map(|line| refusal(line, 89, Reason::SubMissing)).collect();
        events.push(refusal(6, 89, Reason::TokenExpired));
        events.push(refusal(7, 89, Reason::Other));
        assert_eq!(reasons(&events)[6], Reason::Other);
    }

    #[test]
    fn a_silent_service_is_told_by_what_its_clients_are_refused_for_elsewhere() {
        let told = |count: u64, other: Reason| {
            let mut events = Vec::new();
            for n in 0..8 {
                let mut silent = refusal(100 + n, 97, Reason::Other);
                let mut loud =
                    refusal(200 + n, 50 + u32::try_from(n).unwrap(), if n < count { Reason::TokenExpired } else { other });
                for event in [&mut silent, &mut loud] {
                    event.time = DateTime::from_timestamp(i64::try_from(1000 * n).unwrap(), 0);
                    event.client_ip = Some(format!("192.0.2.{n}").as_str().into());
                }
                events.extend([silent, loud]);
            }
            reasons(&events)[0]
        };
        assert_eq!(told(8, Reason::TokenExpired), Reason::TokenExpired);
        assert_eq!(told(4, Reason::UserDisabled), Reason::Other, "they disagree");
    }

    #[test]
    fn a_few_refusals_are_not_enough() {
        let mut events: Vec<Event> = (1..=4).map(|line| refusal(line, 89, Reason::SubMissing)).collect();
        events.push(refusal(5, 89, Reason::Other));
        assert_eq!(reasons(&events)[4], Reason::Other);
    }
}
