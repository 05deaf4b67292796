//! The life of each key as the logs show it: announced, used, refused, retired, and by which service.

use crate::facts::view::Facts;
use crate::model::name::Name;
use crate::model::report::{KeyLife, KeyUse};

/// How many keys a report lists: a flood of made-up ones is reported as a finding.
const MAX_KEYS: usize = 200;

/// Every key that was announced or accepted, in the order of names.
pub fn keys(facts: &Facts<'_>) -> Vec<KeyLife> {
    let known = &facts.history.verifiers;
    let mut kids: Vec<Name> = facts.keys.keys().copied().collect();
    kids.extend(known.keys().filter(|kid| known.accepted(*kid).is_some()));
    kids.sort_unstable();
    kids.dedup();
    let time = |index: Option<usize>| index.map(|index| facts.lifecycle[index].time);
    kids.into_iter()
        .take(MAX_KEYS)
        .map(|kid| {
            let key = facts.keys.get(&kid).cloned().unwrap_or_default();
            let verifiers: Vec<KeyUse> = known
                .key(kid)
                .map(|(service, judged)| KeyUse {
                    service: service.text(),
                    first_accepted: judged.accepted.map(|span| span.first),
                    last_accepted: judged.accepted.map(|span| span.last),
                    first_refused: judged.refusals().map(|span| span.first),
                    last_refused: judged.refusals().map(|span| span.last),
                })
                .collect();
            KeyLife {
                kid: kid.text(),
                added: time(key.added),
                rotated: time(key.rotated),
                retired: time(key.retired),
                unannounced: key.added.is_none() && key.rotated.is_none(),
                verifiers,
            }
        })
        .collect()
}
