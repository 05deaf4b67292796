//! `stale_jwks_cache`: the verifier has not picked up the new key, or cannot fetch the key set. DR-21, DR-28.
//!
//! # What it says
//! The token is good; the verifier looks it up in an old key set, or in none.
//!
//! # Evidence
//! The token's key was added or made the signing key before the failure and is not retired; or the verifier says
//! itself that it could not get the key set.
//!
//! # Not to be confused with
//! A key that was retired (`key_rotated`), or that nobody ever announced (`user_never_existed`, `probing`).

use chrono::TimeDelta;

use crate::causes::verdict::{CauseRules, Links, Verdict};
use crate::facts::verifier::VerifierStats;
use crate::facts::world::Facts;
use crate::group::merge::Case;
use crate::group::service_name::plain_name;
use crate::model::event::{Cause, Reason};

/// The longest a cache is believed to be behind a rotation.
const LONGEST_CACHE: TimeDelta = TimeDelta::hours(6);

/// The rules of this cause.
pub const RULES: CauseRules = CauseRules {
    cause: Cause::StaleJwksCache,
    reasons: &[Reason::KeyNotFound, Reason::SignatureInvalid, Reason::JwksUnavailable],
    judge,
    says,
    fix,
    verify: "Every verifier accepts the new key id within a minute of a rotation",
    ends: "When the cache of the verifier expires: 5 to 60 minutes as a rule, or at its restart",
};

fn judge(case: &Case, _: &Links, facts: &Facts<'_>, verdicts: &mut Vec<Verdict>) {
    if matches!(case.reason, Reason::KeyNotFound | Reason::SignatureInvalid | Reason::JwksUnavailable) {
        verdicts.extend(new_key(case, facts));
    }
    if case.reason == Reason::JwksUnavailable {
        let retired = case.kid.and_then(|kid| facts.keys.get(&kid)).is_some_and(|key| key.retired.is_some());
        let foreign = case.kid.is_some_and(|kid| !facts.knows_key(kid)) && !facts.keys.is_empty();
        verdicts.push(
            Verdict::new(Cause::StaleJwksCache, "DR-28", 0.70)
                .variant("transient")
                .against("no request got through since", crate::causes::misconfiguration::never_reached(case, facts), 0.30)
                .against("the token's key was retired", case.kid.map(|_| retired), 0.25)
                .against("nobody ever announced the token's key", case.kid.map(|_| foreign), 0.20),
        );
    }
}

/// DR-21 without any line of the rotation: a key that nobody announced begins to sign, elsewhere it is accepted.
fn unannounced(case: &Case, facts: &Facts<'_>) -> Option<Verdict> {
    let (time, kid) = (case.time?, case.kid?);
    let verdicts = &facts.history.verdicts;
    let accepted = verdicts.accepted(kid)?;
    let first = verdicts.refused(kid).map_or(accepted.first, |refused| refused.first.min(accepted.first));
    let older = verdicts.another_before(kid, first - TimeDelta::seconds(60));
    let service = case.service.map(plain_name).unwrap_or_default();
    let elsewhere = verdicts.key(kid).any(|(other, judged)| other != service && judged.accepted.is_some());
    let here_before = verdicts.key_at(kid, case.service).is_some_and(|judged| judged.accepted_before(time));
    (older && elsewhere && !here_before && time - first <= LONGEST_CACHE).then(|| {
        Verdict::new(Cause::StaleJwksCache, "DR-21", 0.66)
            .variant("unannounced_key")
            .shows(
                Some(case.line),
                format!(
                    "the key was first seen at {}, after others, and is accepted elsewhere: a rotation that no line tells",
                    first.format("%H:%M:%S")
                ),
            )
            .cap(true, 0.85, "no line of the rotation itself")
    })
}

fn new_key(case: &Case, facts: &Facts<'_>) -> Option<Verdict> {
    let time = case.time?;
    let key = facts.keys.get(&case.kid?);
    let Some(place) = key.and_then(|key| key.rotated.or(key.added)) else { return unannounced(case, facts) };
    let key = key?;
    let since = time - facts.happenings[place].time;
    let gone = key.retired.is_some_and(|retired| facts.happenings[retired].time <= time);
    if gone || since > LONGEST_CACHE || since < TimeDelta::seconds(-5) {
        return None;
    }
    // A verifier that accepts the key knows it: then a bad signature is the token's own.
    let verdicts = &facts.history.verdicts;
    let kid = case.kid.unwrap_or_default();
    let knows = case
        .services
        .iter()
        .any(|service| verdicts.key_at(kid, Some(*service)).is_some_and(|judged| judged.accepted_before(time)));
    if case.reason == Reason::SignatureInvalid && knows {
        return None;
    }
    let published = case.kid.as_deref().and_then(|kid| facts.inventory.publishes(kid));
    let renewed = case.reason == Reason::SignatureInvalid
        && verdicts.accepted(kid).is_some_and(|accepted| accepted.first < facts.happenings[place].time);
    let (refusing, accepting) = verdicts.key_at(kid, case.service).map(VerifierStats::instances).unwrap_or_default();
    let few = !refusing.is_empty() && refusing.len() <= accepting.len() && refusing.is_disjoint(&accepting);
    let mut verdict = Verdict::new(Cause::StaleJwksCache, "DR-21", 0.78);
    if few {
        verdict.rule = "DR-22";
        let names = refusing.iter().map(|host| &**host).collect::<Vec<_>>().join("`, `");
        let says = format!("only `{names}` refuses this key, {} other instances accept it", accepting.len());
        verdict = verdict.variant("single_instance").shows(Some(case.line), says);
    }
    Some(
        verdict
            .ground(since <= TimeDelta::hours(1), 0.10)
            .ground(key.used, 0.05)
            .ground(case.iat.is_some_and(|iat| iat >= facts.happenings[place].time.timestamp() - 60), 0.05)
            .blame(facts, place, "the token's key became the signing key")
            .ground(published == Some(true), 0.05)
            .against("the key is missing from the published set", published.map(|published| !published), 0.20)
            .against("the key was retired before the failure", gone, 0.0)
            .against("the same key id had verified before it became the signing key", renewed, 0.25)
            .against(
                "the key was superseded before the failure",
                key.superseded.is_some_and(|s| facts.happenings[s].time <= time),
                0.15,
            ),
    )
}

fn says(variant: Option<&str>) -> &'static str {
    match variant {
        Some("unannounced_key") => "A new key signs that no line announces, and this verifier does not know it yet",
        Some("single_instance") => "One instance of the verifier has an old copy of the key set; the others know the new key",
        Some("transient") => "The verifier could not get the key set, and refused good tokens",
        _ => "The verifier refuses the new key: its copy of the key set is old",
    }
}

fn fix(variant: Option<&str>) -> &'static str {
    match variant {
        Some("single_instance") => "Restart or refresh the named instances; alert on instances that disagree",
        Some("transient") => {
            "Make the key set reachable from the verifier, serve the last good set when a fetch fails, and share one cache over workers; check the fetch rate limit"
        }
        _ => {
            "Restart or refresh the verifier as first aid; let it refetch once on an unknown kid, and publish keys one cache lifetime before signing with them"
        }
    }
}
