//! `key_rotated`: signed by a key that was retired or replaced; a shared secret that changed. DR-23, DR-24.
//!
//! # What it says
//! The token was good when it was issued; the key that signed it is no longer accepted.
//!
//! # Evidence
//! The retirement of the token's key before the failure, or, for a shared secret without a key id, a restart or
//! rotation of the verifier after which signatures fail that verified before.
//!
//! # Not to be confused with
//! A stale cache: there the *new* key is refused. Forged tokens, which never verified.

use chrono::TimeDelta;

use crate::causes::rule::{Outcome, Rule, RuleKind};
use crate::causes::verdict::ORDER_TOLERANCE;
use crate::causes::verdict::{CauseRules, Links, Verdict};
use crate::facts::scope::Scope;
use crate::facts::view::Facts;
use crate::group::merge::Case;
use crate::model::event::{Cause, EventKind, Reason};
use crate::model::words::{RuleId, Variant};

/// The rules of this cause.
pub const RULES: CauseRules = CauseRules {
    cause: Cause::KeyRotated,
    reasons: &[Reason::KeyNotFound, Reason::SignatureInvalid, Reason::JwksUnavailable, Reason::Other],
    judge,
    says: SAYS,
    fix: FIX,
    verify: VERIFY,
    ends: ENDS,
    rules: &[&DR_23, &DR_24, &DR_26],
};

/// Verifiers that accept a key for so long after others began to refuse it only have a slower cache.
const STRAGGLERS: TimeDelta = TimeDelta::seconds(20);

const SAYS: &str = "The key was retired while tokens signed with it were still valid";
const FIX: &str = "Keep a retired key published for one token lifetime plus every cache's lifetime; it ends by itself when the last old token expires";
const VERIFY: &str = "No refusal for the old key id, and every verifier accepts the new one";
const ENDS: &str = "One token lifetime after the key went: the last token of the old key has expired then";

/// The token's key was retired, or gave way to another, while its tokens still lived.
pub static DR_23: Rule = Rule {
    id: RuleId::Dr23,
    cause: Cause::KeyRotated,
    kind: RuleKind::DiagnosisAndFinding,
    name: "The token's key was retired, or gave way to another, while its tokens still lived",
    symptom: "Tokens of the old key are refused from some moment on; new logins work at once.",
    requires: &[
        "The retirement or replacement of the token's key at or before the failure; or, without any such line, a key that verified is refused by all from one moment on while a younger one is at work",
        "Where no line names the token's key, that key was the last to end before such refusals, or signed when the token was issued",
    ],
    supports: &[
        "The token was issued before that",
        "The key had verified before",
        "The published key set does not have it",
        "A second line tells of the same",
    ],
    counters: &[
        "A retirement that is dated after the failure: it is shown as considered",
        "Others still accept the key, where lines tell of keys",
    ],
    confidence: "Likely where a line tells of the retirement (0.72 to 0.80), confirmed with two more grounds; 0.70 to 0.82 where no line tells of it; possible for a key that was only replaced (0.60), or that no line names (0.58 to 0.76).",
    outcomes: &[
        Outcome { variant: Some(Variant::EarlyRetirement), says: SAYS, fix: FIX },
        Outcome {
            variant: Some(Variant::UnannouncedRetirement),
            says: "The key stopped verifying everywhere while its tokens lived, and no line tells of its retirement",
            fix: FIX,
        },
    ],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::Subject, Scope::Client, Scope::Key, Scope::All],
    scenario: "key_rotated/early_retirement",
};

/// A shared secret changed: tokens signed before it no longer verify.
pub static DR_24: Rule = Rule {
    id: RuleId::Dr24,
    cause: Cause::KeyRotated,
    kind: RuleKind::Diagnosis,
    name: "A shared secret changed: tokens signed before it no longer verify",
    symptom: "Signatures fail at one service from a restart or deploy on, and again at the next one.",
    requires: &[
        "The token names no key, and its signature does not verify",
        "A rotation, or a restart or change of the service after which such refusals are at least five times as many as before",
    ],
    supports: &["The burst after it", "A line that tells of a rotation"],
    counters: &["Signatures failed at the same rate before", "Tokens issued since fail as well (DR-25)"],
    confidence: "Possible (0.60), likely with the burst or a rotation on record.",
    outcomes: &[Outcome {
        variant: Some(Variant::SecretRegenerated),
        says: "The shared secret changed: tokens signed before it no longer verify",
        fix: "Load the secret from a store and never generate it at start; keep the old secret accepted for one token lifetime",
    }],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::All],
    scenario: "key_rotated/secret_regenerated_by_each_deploy",
};

/// The key behind a known key id changed.
pub static DR_26: Rule = Rule {
    id: RuleId::Dr26,
    cause: Cause::KeyRotated,
    kind: RuleKind::Diagnosis,
    name: "The key behind a known key id changed",
    symptom: "Signatures fail for a key id that used to verify, since the key was renewed.",
    requires: &[
        "The signature does not verify",
        "The key was added or became the signing key before the failure, and its id had verified before that",
    ],
    supports: &[],
    counters: &[],
    confidence: "Likely (0.85).",
    outcomes: &[Outcome {
        variant: Some(Variant::KidReused),
        says: "The key behind a known id changed: verifiers that cached the old one refuse new tokens",
        fix: "Derive the key id from the key; let verifiers fetch the set once more on a bad signature; restart them as first aid",
    }],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::Key],
    scenario: "key_rotated/kid_reused",
};

fn judge(case: &Case, _: &Links, facts: &Facts<'_>, verdicts: &mut Vec<Verdict>) {
    if let Some(verdict) = reused(case, facts) {
        verdicts.push(verdict);
    }
    verdicts.extend(too_early(case, facts));
    verdicts.extend(faded(case, facts));
    verdicts.extend(nameless(case, facts));
    if let Some(verdict) = retired(case, facts) {
        verdicts.push(verdict);
    } else if case.reason == Reason::SignatureInvalid {
        verdicts.extend(secret(case, facts));
    }
}

/// DR-23: the key was retired, or replaced by another, before the failure.
fn retired(case: &Case, facts: &Facts<'_>) -> Option<Verdict> {
    let time = case.time?;
    let key = facts.keys.get(&case.kid?)?;
    let before = |index: Option<usize>| index.filter(|index| facts.lifecycle[*index].time <= time);
    let retirement = before(key.retired);
    // A key that only gave way to another still verifies.
    if retirement.is_none() && case.reason == Reason::SignatureInvalid {
        return None;
    }
    let index = retirement.or_else(|| before(key.superseded))?;
    let base = match (retirement.is_some(), case.reason) {
        (true, Reason::KeyNotFound | Reason::SignatureInvalid) => 0.80,
        (true, _) => 0.72,
        (false, _) => 0.60,
    };
    let issued_before = case.iat.is_some_and(|iat| iat <= facts.lifecycle[index].time.timestamp());
    Some(
        Verdict::new(&DR_23, base)
            .variant(Variant::EarlyRetirement)
            .ground(issued_before, 0.10)
            .ground(key.used, 0.10)
            .ground(case.kid.and_then(|kid| facts.inventory.publishes(&kid.text())) == Some(false), 0.05)
            .ground(facts.lifecycle.lines_of(index).len() > 1, 0.05)
            .blame(
                facts,
                index,
                if retirement.is_some() {
                    "the token's key was retired"
                } else {
                    "another key took the place of the token's key"
                },
            ),
    )
}

/// DR-23 without any line of the retirement: from some moment on all verifiers refuse a key that they accepted before,
/// while a younger one is at work.
fn faded(case: &Case, facts: &Facts<'_>) -> Option<Verdict> {
    let (time, kid) = (case.time?, case.kid?);
    if facts.keys.get(&kid).is_some_and(|key| key.retired.is_some() || key.superseded.is_some()) {
        return None;
    }
    let stories = &facts.history.stories;
    let story = stories.get(kid).filter(|story| story.is_gone(time))?;
    let (gone, heir) = (story.gone?, stories.heir(kid, time)?);
    let says = match story.verified {
        Some(verified) => format!(
            "the key verified until {}, was refused from {} on, and `{}` is at work since {}",
            verified.last.format("%H:%M:%S"),
            gone.format("%H:%M:%S"),
            heir.kid,
            heir.born.format("%H:%M:%S")
        ),
        None => format!("the key was refused from {} on, and `{}` followed it", gone.format("%H:%M:%S"), heir.kid),
    };
    let still = story.verified.is_some_and(|verified| verified.last > gone + STRAGGLERS);
    let is_told_of = facts.keys.get(&heir.kid).is_some_and(|key| key.added.is_some() || key.rotated.is_some());
    let base = match case.reason {
        Reason::KeyNotFound => 0.70,
        Reason::JwksUnavailable => 0.72,
        _ => 0.55,
    };
    Some(
        Verdict::new(&DR_23, base)
            .variant(Variant::UnannouncedRetirement)
            .ground(story.verified.is_some_and(|verified| verified.first < gone), 0.10)
            .shows(Some(case.line), says)
            .against("others still accept it, and keys are told of", still && is_told_of, 0.15)
            .cap(true, 0.85, "no line of the retirement itself"),
    )
}

/// DR-23 where no line names the key: a key ended just before such refusals began.
fn nameless(case: &Case, facts: &Facts<'_>) -> Option<Verdict> {
    let turn = facts.key_turn(case).filter(|turn| turn.ended)?;
    let (before, after) = facts.around(case, turn.time());
    let (kid, gone) = (turn.story.kid, turn.time().format("%H:%M:%S"));
    let says = match turn.issued {
        Some(issued) => {
            format!("the token was issued at {}, when `{kid}` signed, which ended at {gone}", issued.format("%H:%M:%S"))
        }
        None => format!("the last that happened to a key before: `{kid}` ended at {gone}"),
    };
    let index = facts.keys.get(&kid).and_then(|key| key.retired);
    let mut verdict = Verdict::new(&DR_23, if turn.issued.is_some() { 0.68 } else { 0.58 })
        .variant(if turn.story.is_told { Variant::EarlyRetirement } else { Variant::UnannouncedRetirement })
        .ground(case.reason == Reason::KeyNotFound && after >= 5 && after >= 5 * before, 0.08)
        .shows(Some(case.line), says)
        .cap(true, 0.80, "no line names the token's key");
    if let Some(index) = index {
        verdict = verdict.blame(facts, index, "a key was retired");
    }
    Some(verdict)
}

/// DR-26: the key id stayed and the key behind it changed.
fn reused(case: &Case, facts: &Facts<'_>) -> Option<Verdict> {
    let (time, kid) = (case.time?, case.kid?);
    let key = facts.keys.get(&kid)?;
    let index = key.rotated.or(key.added).filter(|index| facts.lifecycle[*index].time <= time)?;
    let renewed = facts.lifecycle[index].time;
    let verified_before =
        facts.history.verifiers.accepted(kid).is_some_and(|accepted| accepted.first < renewed - ORDER_TOLERANCE);
    (case.reason == Reason::SignatureInvalid && verified_before).then(|| {
        Verdict::new(&DR_26, 0.85).variant(Variant::KidReused).blame(
            facts,
            index,
            "the key was renewed under its old id; it had verified before",
        )
    })
}

/// A retirement after the failure is listed among the causes that were considered.
fn too_early(case: &Case, facts: &Facts<'_>) -> Option<Verdict> {
    let (index, late) = facts.first_after(EventKind::KeyRetired, case.kid?, case.time?)?;
    let mut verdict =
        Verdict::new(&DR_23, 0.0).shows(Some(facts.lifecycle.best(index).line), "the key was retired after the failure");
    verdict.lacks = "wrong order: the key was retired after the failure";
    (late <= TimeDelta::days(1)).then_some(verdict)
}

/// DR-24: signatures fail at one service from a restart or rotation on.
fn secret(case: &Case, facts: &Facts<'_>) -> Option<Verdict> {
    // A token with a key id is not signed with a shared secret.
    if case.kid.is_some() {
        return None;
    }
    let rotation = facts.last_rotation(case);
    let started = || facts.start_at_onset(case).filter(|began| began.onset.after >= 5).map(|began| began.change);
    let index = rotation.or_else(started)?;
    let (before, after) = facts.around(case, facts.lifecycle[index].time);
    let burst = rotation.is_none() || after >= 5 && after >= 5 * before;
    let fresh = crate::causes::misconfiguration::fresh_tokens_fail(case, facts, facts.lifecycle[index].time);
    Some(
        Verdict::new(&DR_24, 0.60)
            .variant(Variant::SecretRegenerated)
            .ground(burst, 0.15)
            .ground(rotation.is_some(), 0.10)
            .blame(facts, index, "the verifier restarted or its key changed")
            .against("signatures failed at the same rate before", !burst, 0.15)
            .against("tokens issued since fail as well", fresh, 0.25),
    )
}
