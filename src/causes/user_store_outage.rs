//! `user_store_outage`: the database or directory failed, and a request was refused for it. DR-13.
//!
//! # What it says
//! The verifier could not look the user up; the token may be perfectly good.
//!
//! # Evidence
//! The verifier says so, or errors of the store around the failure while the subject succeeds before or after.
//!
//! # Not to be confused with
//! A deletion during an outage: that subject never comes back.

use crate::causes::rule::{Outcome, Rule, RuleKind};
use crate::causes::verdict::{CauseRules, Links, Verdict};
use crate::facts::outage::PAD;
use crate::facts::scope::Scope;
use crate::facts::times::Span;
use crate::facts::view::Facts;
use crate::group::merge::Case;
use crate::model::event::{Cause, Reason};
use crate::model::words::{RuleId, Variant};

/// A refusal this many times slower than usual is a time-out (`slow_factor`).
const SLOW_FACTOR: u32 = 20;

/// The rules of this cause.
pub const RULES: CauseRules = CauseRules {
    cause: Cause::UserStoreOutage,
    reasons: &[
        Reason::UserStoreUnavailable,
        Reason::SubNotFound,
        Reason::Other,
        Reason::TokenMalformed,
        Reason::SignatureInvalid,
        Reason::TokenExpired,
        Reason::ClaimInvalid,
    ],
    judge,
    says: SAYS,
    fix: FIX,
    verify: VERIFY,
    ends: ENDS,
    rules: &[&DR_13, &DR_14],
};

const SAYS: &str = "The user store could not be reached while the request was judged";
const FIX: &str = "Answer 503 when the user cannot be looked up, never `not found`; alert on the store; do not log users out on it. It ends when the store is back";
const VERIFY: &str = "During the next drill the verifier answers 503, and no refusal says that a user does not exist";
const ENDS: &str = "When the store is back";

/// The user store failed while the request was judged.
pub static DR_13: Rule = Rule {
    id: RuleId::Dr13,
    cause: Cause::UserStoreOutage,
    kind: RuleKind::Diagnosis,
    name: "The user store failed while the request was judged",
    symptom: "Many subjects with a past are refused at once, and all of them get through later.",
    requires: &[
        "The verifier says that the store could not be reached; or errors of the store around a refusal that says something else",
    ],
    supports: &[
        "Errors of the store at that time, in more than one log",
        "The failure lies within the outage",
        "The service itself logged them",
        "The subject gets through later, and did before",
        "The user table has the user",
    ],
    counters: &[
        "The user was deleted before the failure",
        "The service refused for the same as often before and after the outage",
    ],
    confidence: "Likely by what the verifier says (0.80), confirmed with errors of the store in two logs. Behind another reason possible (0.42), likely where the subject comes back; at most 0.50 where no line names the subject.",
    outcomes: &[
        Outcome { variant: None, says: SAYS, fix: FIX },
        Outcome {
            variant: Some(Variant::Disguised),
            says: "The user store failed, and the verifier answered as if the user did not exist",
            fix: FIX,
        },
    ],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::Subject, Scope::All],
    scenario: "user_store_outage/restart_hides_two_deletions",
};

/// The refusal took as long as a time-out.
pub static DR_14: Rule = Rule {
    id: RuleId::Dr14,
    cause: Cause::UserStoreOutage,
    kind: RuleKind::Diagnosis,
    name: "The refusal took as long as a time-out",
    symptom: "A refusal that is usually made in a millisecond took seconds.",
    requires: &["The request took a second or more, and twenty times as long as such refusals usually do"],
    supports: &["Errors of the user store at that time"],
    counters: &[],
    confidence: "Possible by the time alone (0.45, at most 0.60), likely with an outage at that time.",
    outcomes: &[Outcome {
        variant: Some(Variant::SlowRejection),
        says: "The refusal took as long as a time-out: something behind the verifier failed",
        fix: FIX,
    }],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::All],
    scenario: "user_store_outage/slow_rejection",
};

fn judge(case: &Case, links: &Links, facts: &Facts<'_>, verdicts: &mut Vec<Verdict>) {
    let outage = facts.outage_at(case.time);
    verdicts.extend(slow(case, outage.is_some(), facts));
    let first_error = outage.map(|outage| outage.first_line);
    let says_first = "the first error of the user store in this outage";
    match case.reason {
        Reason::UserStoreUnavailable => verdicts.push(
            Verdict::new(&DR_13, 0.80)
                .ground(outage.is_some(), 0.10)
                .ground(outage.is_some_and(|outage| outage.streams > 1), 0.05)
                .shows(first_error, says_first),
        ),
        Reason::SubNotFound | Reason::Other => {
            let Some(outage) = outage else { return };
            let returns = links.success_after.is_some();
            let inside = case.time.is_some_and(|time| outage.start <= time && time <= outage.end);
            let own = case.services.iter().any(|service| outage.services.contains(service));
            let span = Span { first: outage.start, last: outage.end.max(outage.start + PAD / 2) };
            let rises = facts.rises_within(case, span);
            // Without a subject it is unknown whether the user succeeds later: then this service must have failed at this time.
            if case.sub.is_none() && !(inside && own) || case.reason == Reason::Other && !(returns || own && inside) {
                return;
            }
            verdicts.push(
                Verdict::new(&DR_13, 0.42)
                    .variant(Variant::Disguised)
                    .ground(inside, 0.10)
                    .ground(own, 0.03)
                    .ground(returns, 0.25)
                    .ground(links.success_before.is_some(), 0.05)
                    .ground(outage.streams > 1, 0.02)
                    .ground(crate::causes::user_deleted::in_table(case, facts) == Some(true), 0.20)
                    .shows(first_error, says_first)
                    .against("the user was deleted before the failure", links.deleted.is_some(), 0.30)
                    .against("the service refused so as often before and after", !rises, 0.25)
                    .cap(!rises, 0.38, "the service refused so as often before and after the outage")
                    .cap(case.sub.is_none(), 0.50, "no line names the subject"),
            );
        }
        _ => {}
    }
}

/// DR-14: a refusal that took far longer than such a refusal can take.
fn slow(case: &Case, outage: bool, facts: &Facts<'_>) -> Option<Verdict> {
    let (took, usual) = (case.duration_ms?, *facts.history.usual_duration.get(&case.reason)?);
    let slow = took >= 1000 && took / SLOW_FACTOR >= usual.max(1);
    slow.then(|| {
        Verdict::new(&DR_14, 0.45)
            .variant(Variant::SlowRejection)
            .ground(outage, 0.30)
            .shows(Some(case.line), format!("the refusal took {took} ms, where such a one usually takes {usual} ms"))
            .cap(!outage, 0.60, "no error of a store at that time")
    })
}
