//! `misconfiguration`: issuer, audience, claim mapping, the wrong kind of token, a bad deploy.
//! DR-15, DR-18, DR-19, DR-20, DR-31, DR-32, DR-45.
//!
//! # What it says
//! The token is genuine and not what this verifier expects: one of the two is set up wrongly.
//!
//! # Evidence
//! The reason itself; a deploy or configuration change of the same service before the onset; a token whose role or
//! client shows that no user stands behind it.
//!
//! # Not to be confused with
//! A user deletion, which never explains a missing claim.

use super::merge::Case;
use super::verdict::{CauseRules, Links, Verdict};
use super::world::World;
use crate::event::{Cause, Reason};

/// The rules of this cause.
pub(super) const RULES: CauseRules = CauseRules {
    cause: Cause::Misconfiguration,
    reasons: &[
        Reason::SubMissing,
        Reason::IssuerInvalid,
        Reason::AudienceInvalid,
        Reason::ClaimInvalid,
        Reason::ScopeInsufficient,
    ],
    judge,
    says,
    fix,
};

fn judge(case: &Case, _: &Links, world: &World<'_>, verdicts: &mut Vec<Verdict>) {
    let (rule, variant, base) = match case.reason {
        Reason::SubMissing if is_key_role(case) => ("DR-15", "api_key_as_user_token", 0.90),
        Reason::SubMissing if case.client_id.is_some() => ("DR-19", "machine_token", 0.75),
        Reason::SubMissing => ("DR-18", "claim_mapping", 0.65),
        Reason::IssuerInvalid => ("DR-31", "issuer_mismatch", 0.70),
        Reason::AudienceInvalid => ("DR-32", "wrong_audience", 0.70),
        Reason::ClaimInvalid => ("DR-32", "wrong_token_type", 0.62),
        Reason::ScopeInsufficient => ("DR-45", "scope_or_role", 0.65),
        _ => return,
    };
    let verdict = Verdict::new(Cause::Misconfiguration, rule, base).variant(variant);
    verdicts.push(match world.last_change(case) {
        Some(place) => {
            let (before, after) = world.around(case, world.happenings[place].time);
            // A change that the failures did not wait for is no cause.
            let onset = after >= 3 && after >= 5 * before;
            let verdict = verdict.ground(onset, 0.20).against("the failures were as frequent before the change", !onset, 0.0);
            if before > after {
                verdict
            } else {
                verdict.blame(world, place, "the service was deployed or its configuration changed")
            }
        }
        None => verdict.cap(true, 0.85, "no deploy or configuration change of the service in the inputs"),
    });
}

/// A role that belongs to an API key, not to a user.
fn is_key_role(case: &Case) -> bool {
    case.role.as_deref().is_some_and(|role| matches!(role, "anon" | "service_role"))
}

fn says(variant: Option<&str>) -> &'static str {
    match variant {
        Some("api_key_as_user_token") => "An API key was sent where a user's token belongs",
        Some("machine_token") => "A machine's token was sent where a user's token belongs",
        Some("claim_mapping") => {
            "The tokens carry no usable subject: the issuer stopped emitting the claim, or the verifier looks for another"
        }
        Some("issuer_mismatch") => "The issuer in the tokens is not the one the verifier expects",
        Some("wrong_audience") => "The tokens are meant for another audience than the verifier expects",
        Some("wrong_token_type") => "A token of the wrong kind was sent, or a claim is not as the verifier demands",
        _ => "The token's scopes or roles do not suffice",
    }
}

fn fix(variant: Option<&str>) -> &'static str {
    match variant {
        Some("api_key_as_user_token") => "Do not call user endpoints without a session; pass the user's access token",
        Some("machine_token") => "Route machine clients to machine endpoints, or map the client to a service account",
        Some("claim_mapping") => {
            "Compare the last deploys of issuer and verifier: restore the mapper or scope that emits `sub`, or set the verifier's claim name to what is emitted"
        }
        Some("issuer_mismatch") => {
            "Pin the issuer on both sides, character for character (scheme, port, trailing slash); accept both during a move"
        }
        Some("wrong_audience") => "Request the right audience, or set the verifier's audience back; deploy the two together",
        Some("wrong_token_type") => {
            "Send the access token, not the refresh or ID token; check `typ` and the claims that the verifier demands"
        }
        _ => "Grant the scope or role to the client, or correct the route's requirement; force a refresh after role changes",
    }
}
