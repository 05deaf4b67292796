//! `probing`: somebody is trying tokens. DR-39, DR-40, DR-41.
//!
//! # What it says
//! The requests are not those of a user whose token went bad: somebody tries out whether tokens are accepted.
//!
//! # Evidence
//! What no honest client sends, within an hour and from one address ([`crate::facts::address`]): a forbidden algorithm
//! beside other tampered tokens, many keys that were never announced, many unknown users, each once. Where the tokens of
//! very many unknown users verify, the signing key may have leaked (DR-41).
//!
//! # Not to be confused with
//! One stale token again and again; many real users who were deleted: they were accepted before; a rotation or a wrong
//! mapping that hits everybody at once. A subject with any event but refusals is not probing.

use crate::causes::rule::{Outcome, Rule, RuleKind};
use crate::causes::verdict::{CauseRules, Links, Verdict};
use crate::facts::address::Strangers;
use crate::facts::scope::Scope;
use crate::facts::view::Facts;
use crate::group::merge::Case;
use crate::model::event::{Cause, Reason};
use crate::model::words::{RuleId, Variant};

/// The rules of this cause.
pub const RULES: CauseRules = CauseRules {
    cause: Cause::Probing,
    reasons: Reason::ALL,
    judge,
    says: SAYS,
    fix: FIX,
    verify: VERIFY,
    ends: ENDS,
    rules: &[&DR_39, &DR_40, &DR_41],
};

const SAYS: &str = "Forged or mutated tokens are being tried";
const FIX: &str = "Allow-list algorithms, choose keys only from configuration, and block the address at the edge";
const VERIFY: &str = "The addresses are refused at the edge, and no refusal of the verifier names them";
const ENDS: &str = "When they give up";

/// Forged or changed tokens are being tried.
pub static DR_39: Rule = Rule {
    id: RuleId::Dr39,
    cause: Cause::Probing,
    kind: RuleKind::DiagnosisAndFinding,
    name: "Forged or changed tokens are being tried",
    symptom: "One address sends tokens that only somebody makes who tries: a forbidden algorithm beside others that were tampered with.",
    requires: &[
        "Within an hour, from one address, a forbidden algorithm and several other tampered tokens, while nobody gets in from there",
        "The subject, where the token names one, has no past here; or this very token bears the mark",
    ],
    supports: &[],
    counters: &["The subject has a past here"],
    confidence: "Confirmed for the marked tokens (0.95), likely for those beside them (0.88; 0.78 where only the user is made up). A forbidden algorithm alone is no more than a hint (0.44).",
    outcomes: &[Outcome { variant: Some(Variant::Forged), says: SAYS, fix: FIX }],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::Subject, Scope::Client],
    scenario: "probing/forged",
};

/// A flood of unannounced key ids.
pub static DR_40: Rule = Rule {
    id: RuleId::Dr40,
    cause: Cause::Probing,
    kind: RuleKind::DiagnosisAndFinding,
    name: "A flood of key ids that nobody ever announced",
    symptom: "One address sends tokens of many keys, each once, that never verify anywhere.",
    requires: &[
        "Many keys without any trace here, within an hour and from one address",
        "The subject, where the token names one, has no past here",
    ],
    supports: &[],
    counters: &[],
    confidence: "Likely (0.85).",
    outcomes: &[Outcome {
        variant: Some(Variant::UnknownKidFlood),
        says: "One address sends tokens of many keys that nobody ever announced",
        fix: "Cache unknown kids negatively and limit refetches per address; block the address at the edge",
    }],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::Subject, Scope::Client],
    scenario: "probing/unknown_kid_flood",
};

/// Unknown users are being tried.
pub static DR_41: Rule = Rule {
    id: RuleId::Dr41,
    cause: Cause::Probing,
    kind: RuleKind::DiagnosisAndFinding,
    name: "Users that nobody ever saw are being tried",
    symptom: "One address asks for many unknown users, each once.",
    requires: &["Many subjects without any trace here, within an hour and from one address", "Nobody gets in from there"],
    supports: &["Tokens of very many of them verify: then the signing key may have leaked"],
    counters: &["A subject with any past here is no probe"],
    confidence: "Likely where so many verify (0.85), or their numbers rise from one to the next (0.82); else possible at most (0.60), for ids that were mapped wrongly behind one address look alike.",
    outcomes: &[
        Outcome {
            variant: Some(Variant::SubjectEnumeration),
            says: "One address names many subjects that nobody ever saw, with tokens that verify: the signing key may have leaked",
            fix: "Rotate the signing key now and revoke its tokens; search for uses of the same key without a login; block the address",
        },
        Outcome {
            variant: Some(Variant::UnknownSubjects),
            says: "One address names many subjects that nobody ever saw: ids are being tried, or it is a client of another environment",
            fix: "Find out whose address it is; if nobody knows it, limit refusals per address and look for tokens that were never issued",
        },
    ],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::Subject, Scope::Client],
    scenario: "probing/enumeration_with_a_valid_key",
};

fn judge(case: &Case, _: &Links, facts: &Facts<'_>, verdicts: &mut Vec<Verdict>) {
    let signs = facts.signs(case);
    let marked = case.reason == Reason::AlgorithmNotAllowed;
    let stranger = case.sub.is_none_or(|sub| !facts.knows(sub));
    let first = signs.first;
    if marked && !signs.forges {
        let hint = Verdict::new(&DR_39, 0.45).variant(Variant::Forged);
        verdicts.push(hint.cap(true, 0.44, "nothing else from this address is forged"));
    }
    // The subject of a forged token is never looked up; but those who forge tokens make up users too.
    let made_up = case.reason == Reason::SubNotFound && case.sub.is_some();
    let genuine = matches!(
        case.reason,
        Reason::SubNotFound | Reason::UserDisabled | Reason::TokenRevoked | Reason::TokenExpired | Reason::ScopeInsufficient
    );
    if signs.forges && (marked || stranger && (made_up || !genuine)) {
        verdicts.push(
            Verdict::new(
                &DR_39,
                if marked {
                    0.95
                } else if made_up {
                    0.78
                } else {
                    0.88
                },
            )
            .variant(Variant::Forged)
            .shows(first, "the first of the tampered tokens from this address")
            .against("the subject has a past here", case.sub.map(|_| !stranger), 0.05),
        );
    }
    if case.reason == Reason::KeyNotFound && stranger && signs.makes_up_keys {
        verdicts.push(
            Verdict::new(&DR_40, 0.85).variant(Variant::UnknownKidFlood).shows(first, "the first unknown key from this address"),
        );
    }
    if case.reason == Reason::SubNotFound && stranger && signs.strangers != Strangers::Few {
        let verdict = match (case.sub.is_some(), signs.strangers == Strangers::Signed) {
            (true, _) if signs.strangers == Strangers::Counted => Verdict::new(&DR_41, 0.82).variant(Variant::UnknownSubjects),
            (true, true) => Verdict::new(&DR_41, 0.85).variant(Variant::SubjectEnumeration),
            (true, false) => Verdict::new(&DR_41, 0.60).variant(Variant::UnknownSubjects).cap(
                true,
                0.60,
                "ids that were mapped wrongly behind one address look alike",
            ),
            (false, _) => {
                Verdict::new(&DR_41, 0.60).variant(Variant::UnknownSubjects).cap(true, 0.60, "no line names the subjects")
            }
        };
        verdicts.push(verdict.shows(first, "the first unknown user from this address"));
    }
}
