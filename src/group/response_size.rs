//! Reasons inferred from the size of an answer: a verifier answers refusals of one reason with bodies of one size.
//!
//! Where lines of one family of logs (one service's access log) show that answers of a status and a size were given
//! for one reason only, a refusal of the same family, status and size that gives no reason was refused for it too.

use std::collections::BTreeMap;

use crate::group::merge::Case;
use crate::hash::HashMap;
use crate::model::event::{Event, Reason, Text};
use crate::normalise::clock::family;

/// So many refusals of a size must have a reason before others of that size get it.
const LEARNT_FROM: usize = 5;
/// At least this share of them must have the same reason.
const AGREED: f64 = 0.97;

/// An answer as an access log shows it: whose log, status and bytes.
type Answer = (u32, u16, u32);

/// Gives a reason to refusals without one, where it follows from the size of their answer.
pub fn infer_reasons(events: &[Event], files: &[Text], cases: &mut [Case]) {
    let families = families(files);
    for case in &mut *cases {
        case.answers = answers(events, &families, case);
    }
    let mut learnt: HashMap<Answer, BTreeMap<Reason, usize>> = HashMap::default();
    for case in &*cases {
        if case.reason != Reason::Other {
            for answer in &case.answers {
                *learnt.entry(*answer).or_default().entry(case.reason).or_default() += 1;
            }
        }
    }
    for case in cases {
        if case.reason == Reason::Other {
            case.inferred = case.answers.iter().filter_map(|answer| agreed(learnt.get(answer)?)).max_by_key(|(_, count)| *count);
            if let Some((reason, _)) = case.inferred {
                case.reason = reason;
            }
        }
    }
}

/// Whether two refusals were answered differently by one service, and so for different reasons.
pub fn differ(a: &Case, b: &Case) -> bool {
    let alike = |left: &Answer, right: &Answer| left.0 == right.0 && left.1 == right.1;
    let pairs = || a.answers.iter().flat_map(|left| b.answers.iter().map(move |right| (left, right)));
    pairs().any(|(left, right)| alike(left, right) && left.2 != right.2) && !pairs().any(|(left, right)| left == right)
}

/// The reason that refusals agree on, and how many have it.
fn agreed(reasons: &BTreeMap<Reason, usize>) -> Option<(Reason, usize)> {
    let all: usize = reasons.values().sum();
    let (reason, count) = reasons.iter().max_by_key(|(_, count)| **count)?;
    #[expect(clippy::cast_precision_loss, reason = "a share of counts")]
    let share = *count as f64 / all as f64;
    (*count >= LEARNT_FROM && share >= AGREED).then_some((*reason, *count))
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
    fn a_few_refusals_are_not_enough() {
        let mut events: Vec<Event> = (1..=4).map(|line| refusal(line, 89, Reason::SubMissing)).collect();
        events.push(refusal(5, 89, Reason::Other));
        assert_eq!(reasons(&events)[4], Reason::Other);
    }
}
