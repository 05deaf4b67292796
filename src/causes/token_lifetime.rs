//! `token_lifetime`: expiry or clock skew. DR-29, DR-30.
//!
//! # What it says
//! The token was outside its time when it was judged.
//!
//! # Evidence
//! The reason itself. `not yet valid` is a clock that is ahead at the issuer or behind at the verifier.
//!
//! # Not to be confused with
//! An outage or a forged token: a verifier that speaks of time has accepted the signature in most libraries.

use chrono::{DateTime, TimeDelta, Utc};

use crate::causes::verdict::{CauseRules, Links, Verdict};
use crate::facts::times::any_within;
use crate::facts::world::Facts;
use crate::group::merge::Case;
use crate::model::event::{Cause, Reason};

/// A token this little late or early, in seconds, is a matter of clocks.
const SKEW: i64 = 60;

/// The rules of this cause.
pub const RULES: CauseRules = CauseRules {
    cause: Cause::TokenLifetime,
    reasons: &[Reason::TokenExpired, Reason::TokenNotYetValid, Reason::SubMissing],
    judge,
    says,
    fix,
    verify: "Refusals for expiry fall to the baseline of clients that were asleep",
    ends: "When the client refreshes or signs in again",
};

fn judge(case: &Case, _: &Links, facts: &Facts<'_>, verdicts: &mut Vec<Verdict>) {
    match case.reason {
        Reason::TokenExpired => {
            let late = case.exp.zip(case.time).map(|(exp, time)| time.timestamp() - exp);
            verdicts.push(
                Verdict::new(Cause::TokenLifetime, "DR-29", 0.85).ground(late.is_some_and(|late| late > SKEW), 0.10).against(
                    "the token was not yet expired when it was refused",
                    late.map(|late| late < -SKEW),
                    0.30,
                ),
            );
        }
        Reason::SubMissing => verdicts.extend(refresh_race(case, facts)),
        Reason::TokenNotYetValid => {
            verdicts.push(Verdict::new(Cause::TokenLifetime, "DR-30", 0.85).variant("clock_skew"));
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
    race.then(|| Verdict::new(Cause::TokenLifetime, "DR-17", 0.72).variant("refresh_race"))
}

fn says(variant: Option<&str>) -> &'static str {
    match variant {
        Some("refresh_race") => "One request slipped in while the client refreshed its token",
        Some("clock_skew") => "The token was used before its time: a clock is off",
        _ => "The token had expired",
    }
}

fn fix(variant: Option<&str>) -> &'static str {
    match variant {
        Some("refresh_race") => "Let one tab refresh at a time; read the stored session again when a refresh was discarded",
        Some("clock_skew") => "Synchronise the clocks of issuer and verifier, allow 60 s of leeway, and do not validate `iat`",
        _ => "Refresh before `exp`; give background jobs their own long-lived credentials instead of copied user tokens",
    }
}
