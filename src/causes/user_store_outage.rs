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

use crate::causes::verdict::{CauseRules, Links, Verdict};
use crate::facts::world::Facts;
use crate::group::merge::Case;
use crate::model::event::{Cause, Reason};

/// A refusal this many times slower than usual is no refusal (`slow_factor`).
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
    says,
    fix,
    verify: "During the next drill the verifier answers 503, and no refusal says that a user does not exist",
    ends: "When the store is back",
};

fn judge(case: &Case, links: &Links, facts: &Facts<'_>, verdicts: &mut Vec<Verdict>) {
    let outage = facts.outage_at(case.time);
    verdicts.extend(slow(case, outage.is_some(), facts));
    let witness = outage.map(|outage| outage.first_line);
    let says_first = "the first error of the user store in this outage";
    match case.reason {
        Reason::UserStoreUnavailable => verdicts.push(
            Verdict::new(Cause::UserStoreOutage, "DR-13", 0.80)
                .ground(outage.is_some(), 0.10)
                .ground(outage.is_some_and(|outage| outage.streams > 1), 0.05)
                .shows(witness, says_first),
        ),
        Reason::SubNotFound | Reason::Other => {
            let Some(outage) = outage else { return };
            let returns = links.success_after.is_some();
            let inside = case.time.is_some_and(|time| outage.start <= time && time <= outage.end);
            let own = case.services.iter().any(|service| outage.services.contains(service));
            // Without a subject nothing can return: then the store must have failed this very service at this very time.
            if case.sub.is_none() && !(inside && own) || case.reason == Reason::Other && !(returns || own && inside) {
                return;
            }
            verdicts.push(
                Verdict::new(Cause::UserStoreOutage, "DR-13", 0.42)
                    .variant("disguised")
                    .ground(inside, 0.10)
                    .ground(own, 0.03)
                    .ground(returns, 0.25)
                    .ground(links.success_before.is_some(), 0.05)
                    .ground(outage.streams > 1, 0.02)
                    .ground(crate::causes::user_deleted::in_table(case, facts) == Some(true), 0.20)
                    .shows(witness, says_first)
                    .against("the user was deleted before the failure", links.deleted.is_some(), 0.30)
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
        Verdict::new(Cause::UserStoreOutage, "DR-14", 0.45)
            .variant("slow_rejection")
            .ground(outage, 0.30)
            .shows(Some(case.line), format!("the refusal took {took} ms, where such a one usually takes {usual} ms"))
            .cap(!outage, 0.60, "no error of a store at that time")
    })
}

fn says(variant: Option<&str>) -> &'static str {
    match variant {
        Some("slow_rejection") => "The refusal took as long as a time-out: something behind the verifier failed",
        Some("disguised") => "The user store failed, and the verifier answered as if the user did not exist",
        _ => "The user store could not be reached while the request was judged",
    }
}

fn fix(_: Option<&str>) -> &'static str {
    "Answer 503 when the user cannot be looked up, never `not found`; alert on the store; do not log users out on it. It ends when the store is back"
}
