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
//! A key that was retired (`key_rotated`), or that was never announced (`user_never_existed`, `probing`).

use chrono::TimeDelta;

use crate::causes::rule::{Outcome, Rule, RuleKind};
use crate::causes::verdict::{CauseRules, Links, Verdict};
use crate::facts::scope::Scope;
use crate::facts::verifier::VerifierStats;
use crate::facts::view::{Facts, KEY_IS_NEW};
use crate::group::merge::Case;
use crate::group::service_name::plain_name;
use crate::model::event::{Cause, Reason};
use crate::model::words::{RuleId, Variant};

/// The rules of this cause.
pub const RULES: CauseRules = CauseRules {
    cause: Cause::StaleJwksCache,
    reasons: &[Reason::KeyNotFound, Reason::SignatureInvalid, Reason::JwksUnavailable],
    judge,
    says: SAYS,
    fix: FIX,
    verify: VERIFY,
    ends: ENDS,
    rules: &[&DR_21, &DR_22, &DR_28],
};

const SAYS: &str = "The verifier refuses the new key: its copy of the key set is old";
const FIX: &str = "Restart or refresh the verifier as first aid; let it refetch once on an unknown kid, and publish keys one cache lifetime before signing with them";
const VERIFY: &str = "Every verifier accepts the new key id within a minute of a rotation";
const ENDS: &str = "When the cache of the verifier expires: 5 to 60 minutes as a rule, or at its restart";

/// The verifier does not know the new key yet.
pub static DR_21: Rule = Rule {
    id: RuleId::Dr21,
    cause: Cause::StaleJwksCache,
    kind: RuleKind::Diagnosis,
    name: "The verifier does not know the new key yet",
    symptom: "Tokens of a new key are refused at one verifier until it fetches the key set again; a new login does not help.",
    requires: &[
        "The token's key was added or became the signing key no more than six hours before, and is not retired; or, without any such line, a key appears after others and is accepted elsewhere",
        "Where no line names the token's key, that key was the last to begin before such refusals, or signed when the token was issued",
    ],
    supports: &[
        "No more than an hour since",
        "The key is accepted elsewhere",
        "The token was issued since",
        "The published key set has the key",
    ],
    counters: &[
        "The published key set does not have the key",
        "The key gave way to another before the failure",
        "The key id had verified before it became the signing key (DR-26)",
        "The key is inferred, and such refusals of the service began when another key ended",
    ],
    confidence: "Likely (0.78), confirmed with two more grounds; at most 0.85 where no line tells of the rotation; possible where no line names the key (0.56 to 0.66).",
    outcomes: &[
        Outcome { variant: None, says: SAYS, fix: FIX },
        Outcome {
            variant: Some(Variant::UnannouncedKey),
            says: "A new key signs that no line announces, and this verifier does not know it yet",
            fix: FIX,
        },
    ],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::Subject, Scope::Client, Scope::Key, Scope::All],
    scenario: "stale_jwks_cache/cache_on_one_verifier_then_early_retirement",
};

/// One instance of the verifier has an old key set.
pub static DR_22: Rule = Rule {
    id: RuleId::Dr22,
    cause: Cause::StaleJwksCache,
    kind: RuleKind::Diagnosis,
    name: "One instance of the verifier has an old key set",
    symptom: "A constant share of requests is refused, and trying again helps.",
    requires: &[
        "What DR-21 asks for",
        "The instances that refuse the key accept it never, and are no more than those that accept it",
    ],
    supports: &["As for DR-21"],
    counters: &["As for DR-21"],
    confidence: "As for DR-21. The evidence names the instances.",
    outcomes: &[Outcome {
        variant: Some(Variant::SingleInstance),
        says: "One instance of the verifier has an old copy of the key set; the others know the new key",
        fix: "Restart or refresh the named instances; alert on instances that disagree",
    }],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::Key],
    scenario: "stale_jwks_cache/single_instance",
};

/// The verifier could not get the key set for a while.
pub static DR_28: Rule = Rule {
    id: RuleId::Dr28,
    cause: Cause::StaleJwksCache,
    kind: RuleKind::Diagnosis,
    name: "The verifier could not get the key set for a while",
    symptom: "Good tokens are refused in short bursts while the key set cannot be fetched.",
    requires: &["The verifier says that it could not get the key set"],
    supports: &[],
    counters: &["No request got through since", "The token's key was retired", "Nobody ever announced the token's key"],
    confidence: "Likely by what the verifier says (0.70).",
    outcomes: &[Outcome {
        variant: Some(Variant::Transient),
        says: "The verifier could not get the key set, and refused good tokens",
        fix: "Make the key set reachable from the verifier, serve the last good set when a fetch fails, and share one cache over workers; check the fetch rate limit",
    }],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::Key, Scope::All],
    scenario: "stale_jwks_cache/fetch_failure",
};

fn judge(case: &Case, _: &Links, facts: &Facts<'_>, verdicts: &mut Vec<Verdict>) {
    if matches!(case.reason, Reason::KeyNotFound | Reason::SignatureInvalid | Reason::JwksUnavailable) {
        verdicts.extend(new_key(case, facts));
    }
    if case.reason == Reason::JwksUnavailable {
        let retired = case.kid.and_then(|kid| facts.keys.get(&kid)).is_some_and(|key| key.retired.is_some());
        let foreign = case.kid.is_some_and(|kid| !facts.knows_key(kid)) && !facts.keys.is_empty();
        verdicts.push(
            Verdict::new(&DR_28, 0.70)
                .variant(Variant::Transient)
                .against("no request got through since", crate::causes::misconfiguration::never_reached(case, facts), 0.30)
                .against("the token's key was retired", case.kid.map(|_| retired), 0.25)
                .against("nobody ever announced the token's key", case.kid.map(|_| foreign), 0.20),
        );
    }
}

/// DR-21 without any line of the rotation: a key that was not announced begins to sign, and others accept it.
fn unannounced(case: &Case, facts: &Facts<'_>) -> Option<Verdict> {
    let (time, kid) = (case.time?, case.kid?);
    let (stories, verdicts) = (&facts.history.stories, &facts.history.verifiers);
    let story = stories.get(kid).filter(|story| !stories.is_first(kid) && !story.is_gone(time))?;
    let service = case.service.map(plain_name).unwrap_or_default();
    let elsewhere = verdicts.key(kid).any(|(other, judged)| other != service && judged.verified().span().is_some());
    let here_before = verdicts.key_at(kid, case.service).is_some_and(|judged| judged.verified().before(time).is_some());
    let is_new = time - story.born <= KEY_IS_NEW;
    (elsewhere && !here_before && is_new).then(|| {
        Verdict::new(&DR_21, 0.70)
            .variant(Variant::UnannouncedKey)
            .shows(
                Some(case.line),
                format!(
                    "the key was first seen at {}, after others, and is accepted elsewhere: a rotation that no line tells",
                    story.born.format("%H:%M:%S")
                ),
            )
            .ground(verdicts.verified(kid).is_some_and(|verified| verified.last > time), 0.05)
            .cap(true, 0.85, "no line of the rotation itself")
    })
}

/// DR-21 where no line names the key: a key began just before such refusals did.
fn nameless(case: &Case, facts: &Facts<'_>) -> Option<Verdict> {
    let turn = facts.key_turn(case).filter(|turn| !turn.ended)?;
    let (kid, born) = (turn.story.kid, turn.time().format("%H:%M:%S"));
    let says = match turn.issued {
        Some(issued) => {
            format!("the token was issued at {}, when `{kid}` signed, which began at {born}", issued.format("%H:%M:%S"))
        }
        None => format!("the last that happened to a key before: `{kid}` began at {born}"),
    };
    Some(Verdict::new(&DR_21, if turn.issued.is_some() { 0.66 } else { 0.56 }).shows(Some(case.line), says).cap(
        true,
        0.80,
        "no line names the token's key",
    ))
}

fn new_key(case: &Case, facts: &Facts<'_>) -> Option<Verdict> {
    let time = case.time?;
    let key = case.kid.and_then(|kid| facts.keys.get(&kid));
    let Some(index) = key.and_then(|key| key.rotated.or(key.added)) else {
        return unannounced(case, facts).or_else(|| nameless(case, facts));
    };
    let key = key?;
    let since = time - facts.lifecycle[index].time;
    let gone = key.retired.is_some_and(|retired| facts.lifecycle[retired].time <= time);
    if gone || since > KEY_IS_NEW || since < TimeDelta::seconds(-5) {
        return None;
    }
    // A key that was refused for good while a younger one is at work is old, though no line tells of its end.
    let stories = &facts.history.stories;
    if case.kid.is_some_and(|kid| stories.heir(kid, time).is_some() && stories.get(kid).is_some_and(|story| story.is_gone(time)))
    {
        return None;
    }
    // A verifier that accepts the key knows it: then the signature itself is bad.
    let verdicts = &facts.history.verifiers;
    let kid = case.kid.unwrap_or_default();
    let knows = case
        .services
        .iter()
        .any(|service| verdicts.key_at(kid, Some(*service)).is_some_and(|judged| judged.accepted_before(time)));
    if case.reason == Reason::SignatureInvalid && knows {
        return None;
    }
    let published = case.kid.and_then(|kid| facts.inventory.publishes(&kid.text()));
    let renewed = case.reason == Reason::SignatureInvalid
        && verdicts.accepted(kid).is_some_and(|accepted| accepted.first < facts.lifecycle[index].time);
    let (refusing, accepting) = verdicts.key_at(kid, case.service).map(VerifierStats::instances).unwrap_or_default();
    let few = !refusing.is_empty() && refusing.len() <= accepting.len() && refusing.is_disjoint(&accepting);
    let mut verdict = Verdict::new(&DR_21, 0.78);
    if few {
        verdict.rule = &DR_22;
        let names = refusing.iter().map(ToString::to_string).collect::<Vec<_>>().join("`, `");
        let says = format!("only `{names}` refuses this key, {} other instances accept it", accepting.len());
        verdict = verdict.variant(Variant::SingleInstance).shows(Some(case.line), says);
    }
    Some(
        verdict
            .ground(since <= TimeDelta::hours(1), 0.10)
            .ground(key.used, 0.05)
            .ground(case.iat.is_some_and(|iat| iat >= facts.lifecycle[index].time.timestamp() - 60), 0.05)
            .blame(facts, index, "the token's key became the signing key")
            .ground(published == Some(true), 0.05)
            .against("the key is missing from the published set", published.map(|published| !published), 0.20)
            .against("the key was retired before the failure", gone, 0.0)
            .against(
                "the service's refusals began when another key ended",
                case.kid_from.map(|_| facts.ended_since(case).is_some()),
                0.30,
            )
            .against("the same key id had verified before it became the signing key", renewed, 0.25)
            .against(
                "the key was superseded before the failure",
                key.superseded.is_some_and(|s| facts.lifecycle[s].time <= time),
                0.15,
            ),
    )
}
