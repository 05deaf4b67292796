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

use chrono::TimeDelta;

use crate::causes::verdict::ORDER_TOLERANCE;
use crate::causes::verdict::{CauseRules, Links, Verdict};
use crate::facts::world::Facts;
use crate::group::merge::Case;
use crate::model::event::{Cause, Reason};

/// The rules of this cause.
pub const RULES: CauseRules = CauseRules {
    cause: Cause::TokenRevoked,
    reasons: &[Reason::TokenRevoked],
    judge,
    says,
    fix,
    verify: "After a new sign-in the client gets through",
    ends: "When the client signs in again",
};

fn judge(case: &Case, links: &Links, facts: &Facts<'_>, verdicts: &mut Vec<Verdict>) {
    if case.reason != Reason::TokenRevoked {
        return;
    }
    let deleted = links.deleted.is_some_and(|deleted| {
        links.revoked.is_none_or(|revoked| facts.happenings[deleted].time >= facts.happenings[revoked].time)
    });
    let verdict = Verdict::new(Cause::TokenRevoked, "DR-36", 0.80).against(
        "a deletion of the user after the last logout",
        case.sub.map(|_| deleted),
        0.25,
    );
    let mut verdict = match links.revoked {
        Some(place) => {
            let elsewhere = facts.happenings.witnesses(place).iter().find_map(|witness| witness.client);
            let variant = if elsewhere.is_some() && elsewhere != case.client_ip { "global_logout" } else { "logout" };
            verdict.ground(true, 0.12).variant(variant).blame(facts, place, "the session ended or the token was revoked")
        }
        None => verdict,
    };
    if let Some(place) = mass(case, links, facts) {
        verdict = Verdict::new(Cause::TokenRevoked, "DR-38", 0.88).variant("mass").blame(
            facts,
            place,
            "everybody's tokens were ended at one moment",
        );
    }
    if reused(case, facts) {
        verdict.rule = "DR-37";
        verdict = verdict.variant("reuse_detection").ground(links.revoked.is_none(), 0.08);
    }
    verdicts.push(verdict);
}

/// DR-38: a revocation that names nobody came before, and none of the subject's own.
fn mass(case: &Case, links: &Links, facts: &Facts<'_>) -> Option<usize> {
    let time = case.time?;
    if links.revoked.is_some() {
        return None;
    }
    let tenant = |place: usize| facts.happenings.best(place).tenant;
    let end = facts.mass_revocations.partition_point(|place| facts.happenings[*place].time <= time);
    facts.mass_revocations[..end]
        .iter()
        .rev()
        .copied()
        .take_while(|place| time - facts.happenings[*place].time <= TimeDelta::days(1))
        .find(|place| tenant(*place).is_none() || case.tenant.is_none() || tenant(*place) == case.tenant)
}

/// DR-37: a refresh token of the subject was found used twice just before.
fn reused(case: &Case, facts: &Facts<'_>) -> bool {
    let (Some(time), Some(sub)) = (case.time, case.sub) else { return false };
    let just_before =
        |reuse: &chrono::DateTime<chrono::Utc>| *reuse <= time + ORDER_TOLERANCE && time - *reuse <= TimeDelta::minutes(10);
    facts.history.reuses.get(&sub).is_some_and(|reuses| reuses.iter().any(just_before))
}

fn says(variant: Option<&str>) -> &'static str {
    match variant {
        Some("mass") => return "Everybody's tokens were ended at one moment",
        Some("reuse_detection") => return "A refresh token was used twice, and the whole session family was ended for it",
        Some("global_logout") => return "A sign-out on another device ended all sessions",
        _ => {}
    }
    "The token or its session was revoked before the request"
}

fn fix(variant: Option<&str>) -> &'static str {
    if variant == Some("reuse_detection") {
        return "Let clients refresh one at a time, allow a few seconds of grace; look into it where the two uses came from different networks";
    }
    "None if it is intended; log out with local scope where other devices should stay signed in, and make clients ask for a login on this answer"
}
