//! `probing`: somebody is trying tokens. DR-39, DR-40, DR-41.
//!
//! # What it says
//! The requests are not those of a user whose token went bad: they are made to be tried.
//!
//! # Evidence
//! An algorithm nobody allows, many badly made tokens from one address, many unknown keys, or many subjects that
//! nobody ever saw. Where those verify, the signing key has leaked (DR-41).
//!
//! # Not to be confused with
//! Real users who were deleted in numbers: they have a past. A subject with any legitimate trace is not probing.

use super::merge::Case;
use super::verdict::{CauseRules, Links, Verdict};
use super::world::{PROBE_MIN, World};
use crate::event::{Cause, Reason};

/// The rules of this cause.
pub(super) const RULES: CauseRules = CauseRules {
    cause: Cause::Probing,
    reasons: Reason::ALL,
    judge,
    says,
    fix,
    verify: "The addresses are refused at the edge, and no refusal of the verifier names them",
    ends: "When they give up",
};

fn judge(case: &Case, _: &Links, world: &World<'_>, verdicts: &mut Vec<Verdict>) {
    let marked = case.reason == Reason::AlgorithmNotAllowed;
    let stranger = case.sub.is_none_or(|sub| !world.knows(sub));
    let Some(address) = case.client_ip.and_then(|client| world.addresses.get(&client)) else {
        if marked {
            verdicts.push(Verdict::new(Cause::Probing, "DR-39", 0.75).variant("forged"));
        }
        return;
    };
    let hostile = address.forbidden_algorithms + address.badly_made;
    let prober = (address.forbidden_algorithms > 0 && (hostile >= 3 || address.hostile_reasons.len() > 1))
        || address.badly_made >= PROBE_MIN && address.hostile_reasons.len() > 1;
    let first = address.first.map(|event| world.events[event].place);
    if marked || prober && stranger {
        verdicts.push(
            Verdict::new(Cause::Probing, "DR-39", if marked { 0.85 } else { 0.78 })
                .variant("forged")
                .ground(prober, 0.10)
                .shows(first, "the first badly made token from this address")
                .against("the subject has a past here", !stranger, 0.05),
        );
    }
    if case.reason == Reason::KeyNotFound && stranger && address.unknown_keys.len() >= PROBE_MIN {
        verdicts.push(
            Verdict::new(Cause::Probing, "DR-40", 0.85)
                .variant("unknown_kid_flood")
                .shows(first, "the first unknown key from this address"),
        );
    }
    if case.reason == Reason::SubNotFound && stranger {
        if address.unknown_subjects.len() >= PROBE_MIN {
            verdicts.push(Verdict::new(Cause::Probing, "DR-41", 0.85).variant("subject_enumeration").against(
                "tokens were issued to this address",
                address.issued,
                0.35,
            ));
        } else if case.sub.is_none() && address.bursts {
            verdicts.push(Verdict::new(Cause::Probing, "DR-41", 0.60).variant("subject_enumeration").cap(
                true,
                0.60,
                "no line names the subjects",
            ));
        }
    }
}

fn says(variant: Option<&str>) -> &'static str {
    match variant {
        Some("subject_enumeration") => {
            "One address names many subjects that nobody ever saw, with tokens that verify: the signing key may have leaked"
        }
        Some("unknown_kid_flood") => "One address sends tokens of many keys that nobody ever announced",
        _ => "Forged or mutated tokens are being tried",
    }
}

fn fix(variant: Option<&str>) -> &'static str {
    match variant {
        Some("subject_enumeration") => {
            "Rotate the signing key now and revoke its tokens; search for uses of the same key without a login; block the address"
        }
        Some("unknown_kid_flood") => {
            "Cache unknown kids negatively and limit refetches per address; block the address at the edge"
        }
        _ => "Allow-list algorithms, choose keys only from configuration, and block the address at the edge",
    }
}
