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

use super::merge::Case;
use super::verdict::{CauseRules, Links, Verdict};
use super::world::World;
use crate::event::{Cause, Reason};

/// A token this little late or early, in seconds, is a matter of clocks.
const SKEW: i64 = 60;

/// The rules of this cause.
pub(super) const RULES: CauseRules =
    CauseRules { cause: Cause::TokenLifetime, reasons: &[Reason::TokenExpired, Reason::TokenNotYetValid], judge, says, fix };

fn judge(case: &Case, _: &Links, _: &World<'_>, verdicts: &mut Vec<Verdict>) {
    match case.reason {
        Reason::TokenExpired => {
            let late = case.exp.zip(case.time).map(|(exp, time)| time.timestamp() - exp);
            verdicts.push(
                Verdict::new(Cause::TokenLifetime, "DR-29", 0.85).ground(late.is_some_and(|late| late > SKEW), 0.10).against(
                    "the token was not yet expired when it was refused",
                    late.is_some_and(|late| late < -SKEW),
                    0.30,
                ),
            );
        }
        Reason::TokenNotYetValid => {
            verdicts.push(Verdict::new(Cause::TokenLifetime, "DR-30", 0.85).variant("clock_skew"));
        }
        _ => {}
    }
}

fn says(variant: Option<&str>) -> &'static str {
    match variant {
        Some("clock_skew") => "The token was used before its time: a clock is off",
        _ => "The token had expired",
    }
}

fn fix(variant: Option<&str>) -> &'static str {
    match variant {
        Some("clock_skew") => "Synchronise the clocks of issuer and verifier, allow 60 s of leeway, and do not validate `iat`",
        _ => "Refresh before `exp`; give background jobs their own long-lived credentials instead of copied user tokens",
    }
}
