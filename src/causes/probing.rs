//! `probing`: somebody is trying tokens. DR-39, DR-40, DR-41.
//!
//! # What it says
//! The requests are not those of a user whose token went bad: they are made to be tried.
//!
//! # Evidence
//! What only somebody does who tries, within an hour and from one address ([`crate::facts::address`]): a forbidden algorithm
//! beside other tampered tokens, many keys that nobody announced, many users that nobody ever saw, each once. Where tokens
//! of very many of them verify, the signing key may have leaked (DR-41).
//!
//! # Not to be confused with
//! One stale token again and again; real users who were deleted in numbers: they have a past; a rotation or a mapping that
//! hits everybody at once. A subject with any legitimate trace is not probing.

use crate::causes::verdict::{CauseRules, Links, Verdict};
use crate::facts::address::Strangers;
use crate::facts::world::Facts;
use crate::group::merge::Case;
use crate::model::event::{Cause, Reason};

/// The rules of this cause.
pub const RULES: CauseRules = CauseRules {
    cause: Cause::Probing,
    reasons: Reason::ALL,
    judge,
    says,
    fix,
    verify: "The addresses are refused at the edge, and no refusal of the verifier names them",
    ends: "When they give up",
};

fn judge(case: &Case, _: &Links, facts: &Facts<'_>, verdicts: &mut Vec<Verdict>) {
    let signs = facts.signs(case);
    let marked = case.reason == Reason::AlgorithmNotAllowed;
    let stranger = case.sub.is_none_or(|sub| !facts.knows(sub));
    let first = signs.first;
    if marked && !signs.forges {
        let hint = Verdict::new(Cause::Probing, "DR-39", 0.45).variant("forged");
        verdicts.push(hint.cap(true, 0.44, "nothing else from this address is forged"));
    }
    // Of a forged token no verifier finds out whose it is; but who forges makes up users too.
    let made_up = case.reason == Reason::SubNotFound && case.sub.is_some();
    let genuine = matches!(
        case.reason,
        Reason::SubNotFound | Reason::UserDisabled | Reason::TokenRevoked | Reason::TokenExpired | Reason::ScopeInsufficient
    );
    if signs.forges && (marked || stranger && (made_up || !genuine)) {
        verdicts.push(
            Verdict::new(
                Cause::Probing,
                "DR-39",
                if marked {
                    0.95
                } else if made_up {
                    0.78
                } else {
                    0.88
                },
            )
            .variant("forged")
            .shows(first, "the first of the tampered tokens from this address")
            .against("the subject has a past here", case.sub.map(|_| !stranger), 0.05),
        );
    }
    if case.reason == Reason::KeyNotFound && stranger && signs.makes_up_keys {
        verdicts.push(
            Verdict::new(Cause::Probing, "DR-40", 0.85)
                .variant("unknown_kid_flood")
                .shows(first, "the first unknown key from this address"),
        );
    }
    if case.reason == Reason::SubNotFound && stranger && signs.strangers != Strangers::Few {
        let verdict = match (case.sub.is_some(), signs.strangers == Strangers::Signed) {
            (true, true) => Verdict::new(Cause::Probing, "DR-41", 0.85).variant("subject_enumeration"),
            (true, false) => Verdict::new(Cause::Probing, "DR-41", 0.60).variant("unknown_subjects").cap(
                true,
                0.60,
                "ids that were mapped wrongly behind one address look alike",
            ),
            (false, _) => Verdict::new(Cause::Probing, "DR-41", 0.60).variant("unknown_subjects").cap(
                true,
                0.60,
                "no line names the subjects",
            ),
        };
        verdicts.push(verdict.shows(first, "the first unknown user from this address"));
    }
}

fn says(variant: Option<&str>) -> &'static str {
    match variant {
        Some("subject_enumeration") => {
            "One address names many subjects that nobody ever saw, with tokens that verify: the signing key may have leaked"
        }
        Some("unknown_subjects") => {
            "One address names many subjects that nobody ever saw: ids are being tried, or it is a client of another environment"
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
        Some("unknown_subjects") => {
            "Find out whose address it is; if nobody knows it, limit refusals per address and look for tokens that were never issued"
        }
        Some("unknown_kid_flood") => {
            "Cache unknown kids negatively and limit refetches per address; block the address at the edge"
        }
        _ => "Allow-list algorithms, choose keys only from configuration, and block the address at the edge",
    }
}
