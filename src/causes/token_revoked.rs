//! `token_revoked`: the token or its session was revoked. DR-36, DR-38.
//!
//! # What it says
//! Signature, time and user were fine; the session or the token was ended before.
//!
//! # Evidence
//! The reason itself; a logout or revocation of the same subject before the failure.
//!
//! # Not to be confused with
//! A soft deletion, which ends sessions as well (DR-03).

use chrono::{DateTime, TimeDelta, Utc};

use crate::causes::rule::{Outcome, Rule, RuleKind};
use crate::causes::verdict::ORDER_TOLERANCE;
use crate::causes::verdict::{CauseRules, Links, Verdict};
use crate::facts::scope::Scope;
use crate::facts::view::Facts;
use crate::group::merge::Case;
use crate::model::event::{Cause, Reason};
use crate::model::words::{RuleId, Variant};

/// The rules of this cause.
pub const RULES: CauseRules = CauseRules {
    cause: Cause::TokenRevoked,
    reasons: &[Reason::TokenRevoked],
    judge,
    says: SAYS,
    fix: FIX,
    verify: VERIFY,
    ends: ENDS,
    rules: &[&DR_36, &DR_37, &DR_38],
};

const SAYS: &str = "The token or its session was revoked before the request";
const FIX: &str = "None if it is intended; log out with local scope where other devices should stay signed in, and make clients ask for a login on this answer";
const VERIFY: &str = "After a new sign-in the client gets through";
const ENDS: &str = "When the client signs in again";

/// Around a revocation that names nobody others are counted for so long before and after it.
const AROUND: TimeDelta = TimeDelta::minutes(15);
/// More than so many are each of a single token.
const MASS_MOST: usize = 3;

/// The token or its session was ended before the request.
pub static DR_36: Rule = Rule {
    id: RuleId::Dr36,
    cause: Cause::TokenRevoked,
    kind: RuleKind::Diagnosis,
    name: "The token or its session was ended before the request",
    symptom: "The verifier says that the token or its session is revoked.",
    requires: &["The reason itself"],
    supports: &["A sign-out or revocation of the subject before the failure; from another address it ended all sessions"],
    counters: &["A deletion of the user after the last sign-out (DR-03)"],
    confidence: "Likely by the reason (0.80), confirmed with a sign-out on record.",
    outcomes: &[
        Outcome { variant: None, says: SAYS, fix: FIX },
        Outcome { variant: Some(Variant::Logout), says: SAYS, fix: FIX },
        Outcome { variant: Some(Variant::GlobalLogout), says: "A sign-out on another device ended all sessions", fix: FIX },
    ],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::Subject, Scope::All],
    scenario: "token_revoked/signed_out_everywhere",
};

/// A refresh token that was used twice ended the session.
pub static DR_37: Rule = Rule {
    id: RuleId::Dr37,
    cause: Cause::TokenRevoked,
    kind: RuleKind::Diagnosis,
    name: "A refresh token that was used twice ended the session",
    symptom: "All tokens of a session fail after a conflict between two refreshes.",
    requires: &[
        "The reason itself",
        "A line about a refresh token of the subject that was used twice, no more than ten minutes before",
    ],
    supports: &["No sign-out of the subject is on record"],
    counters: &["A deletion of the user after the last sign-out (DR-03)"],
    confidence: "Likely to confirmed (0.80 to 0.92).",
    outcomes: &[Outcome {
        variant: Some(Variant::ReuseDetection),
        says: "A refresh token was used twice, and the whole session family was ended for it",
        fix: "Let clients refresh one at a time, allow a few seconds of grace; look into it where the two uses came from different networks",
    }],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::Subject, Scope::All],
    scenario: "token_revoked/reuse_detection",
};

/// Everybody's tokens were ended at one moment.
pub static DR_38: Rule = Rule {
    id: RuleId::Dr38,
    cause: Cause::TokenRevoked,
    kind: RuleKind::Diagnosis,
    name: "Everybody's tokens were ended at one moment",
    symptom: "Revoked tokens of everybody, or of one tenant, from one moment on.",
    requires: &[
        "The reason itself",
        "A revocation that names nobody, no more than a day before, of the same tenant where both name one",
        "No more than three such revocations around that time: many are of single tokens",
        "No sign-out of the subject itself",
    ],
    supports: &[],
    counters: &[],
    confidence: "Likely (0.88).",
    outcomes: &[Outcome { variant: Some(Variant::Mass), says: "Everybody's tokens were ended at one moment", fix: FIX }],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::Subject, Scope::All],
    scenario: "token_revoked/mass",
};

fn judge(case: &Case, links: &Links, facts: &Facts<'_>, verdicts: &mut Vec<Verdict>) {
    if case.reason != Reason::TokenRevoked {
        return;
    }
    let deleted = links.deleted.is_some_and(|deleted| {
        links.revoked.is_none_or(|revoked| facts.lifecycle[deleted].time >= facts.lifecycle[revoked].time)
    });
    let verdict =
        Verdict::new(&DR_36, 0.80).against("a deletion of the user after the last logout", case.sub.map(|_| deleted), 0.25);
    let mut verdict = match links.revoked {
        Some(index) => {
            let elsewhere = facts.lifecycle.lines_of(index).iter().find_map(|line| line.client);
            let variant =
                if elsewhere.is_some() && elsewhere != case.client_ip { Variant::GlobalLogout } else { Variant::Logout };
            verdict.ground(true, 0.12).variant(variant).blame(facts, index, "the session ended or the token was revoked")
        }
        None => verdict,
    };
    if let Some(index) = mass(case, links, facts) {
        verdict =
            Verdict::new(&DR_38, 0.88).variant(Variant::Mass).blame(facts, index, "everybody's tokens were ended at one moment");
    }
    if reused(case, facts) {
        verdict.rule = &DR_37;
        verdict = verdict.variant(Variant::ReuseDetection).ground(links.revoked.is_none(), 0.08);
    }
    verdicts.push(verdict);
}

/// DR-38: a revocation that names no subject came before, and none of the subject's own.
fn mass(case: &Case, links: &Links, facts: &Facts<'_>) -> Option<usize> {
    let time = case.time?;
    if links.revoked.is_some() {
        return None;
    }
    let tenant = |index: usize| facts.lifecycle.best(index).tenant;
    let end = facts.mass_revocations.partition_point(|index| facts.lifecycle[*index].time <= time);
    facts.mass_revocations[..end]
        .iter()
        .rev()
        .copied()
        .take_while(|index| time - facts.lifecycle[*index].time <= TimeDelta::days(1))
        .find(|index| tenant(*index).is_none() || case.tenant.is_none() || tenant(*index) == case.tenant)
        .filter(|index| !is_frequent(facts.lifecycle[*index].time, facts))
}

/// Whether so many revocations that name nobody lie around one that each is of a single token: nobody ends everybody's
/// tokens every few minutes.
fn is_frequent(time: DateTime<Utc>, facts: &Facts<'_>) -> bool {
    let until = |time: DateTime<Utc>| facts.mass_revocations.partition_point(|index| facts.lifecycle[*index].time <= time);
    until(time + AROUND) - until(time - AROUND) > MASS_MOST
}

/// DR-37: a refresh token of the subject was found used twice just before.
fn reused(case: &Case, facts: &Facts<'_>) -> bool {
    let (Some(time), Some(sub)) = (case.time, case.sub) else { return false };
    let just_before =
        |reuse: &chrono::DateTime<chrono::Utc>| *reuse <= time + ORDER_TOLERANCE && time - *reuse <= TimeDelta::minutes(10);
    facts.history.reuses.get(&sub).is_some_and(|reuses| reuses.iter().any(just_before))
}
