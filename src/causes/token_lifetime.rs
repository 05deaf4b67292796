//! `token_lifetime`: expiry or clock skew. DR-29, DR-30.
//!
//! # What it says
//! The token was outside its time when it was judged.
//!
//! # Evidence
//! The reason itself. `not yet valid` is a clock that is ahead at the issuer or behind at the verifier.
//!
//! # Not to be confused with
//! An outage or a forged token: most libraries check the time only after the signature.

use chrono::{DateTime, TimeDelta, Utc};

use crate::causes::rule::{Outcome, Rule, RuleKind};
use crate::causes::verdict::{CauseRules, Links, Verdict};
use crate::facts::scope::Scope;
use crate::facts::times::any_within;
use crate::facts::view::Facts;
use crate::group::merge::Case;
use crate::model::event::{Cause, Reason};
use crate::model::words::{RuleId, Variant};

/// A token so few seconds late or early may be refused because clocks differ.
const SKEW: i64 = 60;

/// The rules of this cause.
pub const RULES: CauseRules = CauseRules {
    cause: Cause::TokenLifetime,
    reasons: &[Reason::TokenExpired, Reason::TokenNotYetValid, Reason::SubMissing],
    judge,
    says: SAYS,
    fix: FIX,
    verify: VERIFY,
    ends: ENDS,
    rules: &[&DR_29, &DR_30, &DR_17],
};

const SAYS: &str = "The token had expired";
const FIX: &str = "Refresh before `exp`; give background jobs their own long-lived credentials instead of copied user tokens";
const VERIFY: &str = "Refusals for expiry fall to the baseline of clients that were asleep";
const ENDS: &str = "When the client refreshes or signs in again";

/// The token had expired.
pub static DR_29: Rule = Rule {
    id: RuleId::Dr29,
    cause: Cause::TokenLifetime,
    kind: RuleKind::Diagnosis,
    name: "The token had expired",
    symptom: "Refusals after the token's `exp`.",
    requires: &["The reason itself"],
    supports: &["The token was more than a minute late"],
    counters: &["By the token's `exp` it had not expired yet"],
    confidence: "Likely by the reason (0.85), confirmed with the token's `exp`.",
    outcomes: &[Outcome { variant: None, says: SAYS, fix: FIX }],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::OwnCase],
    scenario: "token_lifetime/expired",
};

/// A clock is off: the token was used before its time.
pub static DR_30: Rule = Rule {
    id: RuleId::Dr30,
    cause: Cause::TokenLifetime,
    kind: RuleKind::Diagnosis,
    name: "A clock is off: the token was used before its time",
    symptom: "The verifier says that the token is not valid yet or was issued in the future.",
    requires: &["The reason itself"],
    supports: &[],
    counters: &[],
    confidence: "Likely (0.85).",
    outcomes: &[Outcome {
        variant: Some(Variant::ClockSkew),
        says: "The token was used before its time: a clock is off",
        fix: "Synchronise the clocks of issuer and verifier, allow 60 s of leeway, and do not validate `iat`",
    }],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::OwnCase],
    scenario: "token_lifetime/clock_skew",
};

/// One request slipped in while the client refreshed its token.
pub static DR_17: Rule = Rule {
    id: RuleId::Dr17,
    cause: Cause::TokenLifetime,
    kind: RuleKind::Diagnosis,
    name: "One request slipped in while the client refreshed its token",
    symptom: "A single refusal for want of a subject between two good requests of one client.",
    requires: &[
        "A token was issued to the client within ten seconds of it",
        "The client got through within 30 seconds after it",
        "No more than two such refusals of the client",
    ],
    supports: &[],
    counters: &[],
    confidence: "Likely (0.72).",
    outcomes: &[Outcome {
        variant: Some(Variant::RefreshRace),
        says: "One request slipped in while the client refreshed its token",
        fix: "Let one tab refresh at a time; read the stored session again when a refresh was discarded",
    }],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::Client],
    scenario: "token_lifetime/refresh_race",
};

fn judge(case: &Case, _: &Links, facts: &Facts<'_>, verdicts: &mut Vec<Verdict>) {
    match case.reason {
        Reason::TokenExpired => {
            let late = case.exp.zip(case.time).map(|(exp, time)| time.timestamp() - exp);
            verdicts.push(Verdict::new(&DR_29, 0.85).ground(late.is_some_and(|late| late > SKEW), 0.10).against(
                "the token was not yet expired when it was refused",
                late.map(|late| late < -SKEW),
                0.30,
            ));
        }
        Reason::SubMissing => verdicts.extend(refresh_race(case, facts)),
        Reason::TokenNotYetValid => {
            verdicts.push(Verdict::new(&DR_30, 0.85).variant(Variant::ClockSkew));
        }
        _ => {}
    }
}

/// DR-17: one request without a subject, while the same client refreshed and went on.
fn refresh_race(case: &Case, facts: &Facts<'_>) -> Option<Verdict> {
    let time = case.time?;
    let client = facts.history.clients.get(&case.client_ip?)?;
    let within = |times: &[DateTime<Utc>], from: i64, to: i64| {
        any_within(times, time + TimeDelta::seconds(from), time + TimeDelta::seconds(to))
    };
    let race = client.subjectless <= 2 && within(&client.issued, -10, 10) && within(&client.accepted, 0, 30);
    race.then(|| Verdict::new(&DR_17, 0.72).variant(Variant::RefreshRace))
}
