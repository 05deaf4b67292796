//! The life of each key as the logs show it: announced, used, refused, retired, and by whom.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::facts::world::Facts;
use crate::model::event::serialize_time;
use crate::model::name::Name;

/// One key.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KeyLife {
    /// Key id.
    pub kid: Name,
    /// When it was published.
    #[serde(serialize_with = "serialize_time")]
    pub added: Option<DateTime<Utc>>,
    /// When it became the signing key.
    #[serde(serialize_with = "serialize_time")]
    pub rotated: Option<DateTime<Utc>>,
    /// When it was removed.
    #[serde(serialize_with = "serialize_time")]
    pub retired: Option<DateTime<Utc>>,
    /// Whether it is used and no line tells where it came from.
    pub unannounced: bool,
    /// Who judged its tokens, by name.
    pub verifiers: Vec<KeyUse>,
}

/// What one verifier made of a key's tokens.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KeyUse {
    /// The service; empty where lines name none.
    pub service: Name,
    /// The first token it accepted.
    #[serde(serialize_with = "serialize_time")]
    pub first_accepted: Option<DateTime<Utc>>,
    /// The last.
    #[serde(serialize_with = "serialize_time")]
    pub last_accepted: Option<DateTime<Utc>>,
    /// The first token it refused.
    #[serde(serialize_with = "serialize_time")]
    pub first_refused: Option<DateTime<Utc>>,
    /// The last.
    #[serde(serialize_with = "serialize_time")]
    pub last_refused: Option<DateTime<Utc>>,
}

/// How many keys a report tells of: a flood of made-up ones is told by its findings.
const MAX_KEYS: usize = 200;

/// Every key that somebody announced or accepted, in the order of its name.
pub fn keys(facts: &Facts<'_>) -> Vec<KeyLife> {
    let verdicts = &facts.history.verdicts;
    let mut kids: Vec<Name> = facts.keys.keys().copied().collect();
    kids.extend(verdicts.keys().filter(|kid| verdicts.accepted(*kid).is_some()));
    kids.sort_unstable();
    kids.dedup();
    let time = |place: Option<usize>| place.map(|place| facts.happenings[place].time);
    kids.into_iter()
        .take(MAX_KEYS)
        .map(|kid| {
            let key = facts.keys.get(&kid).cloned().unwrap_or_default();
            let verifiers: Vec<KeyUse> = verdicts
                .key(kid)
                .map(|(service, judged)| KeyUse {
                    service,
                    first_accepted: judged.accepted.map(|span| span.first),
                    last_accepted: judged.accepted.map(|span| span.last),
                    first_refused: judged.refusals().map(|span| span.first),
                    last_refused: judged.refusals().map(|span| span.last),
                })
                .collect();
            KeyLife {
                kid,
                added: time(key.added),
                rotated: time(key.rotated),
                retired: time(key.retired),
                unannounced: key.added.is_none() && key.rotated.is_none(),
                verifiers,
            }
        })
        .collect()
}
