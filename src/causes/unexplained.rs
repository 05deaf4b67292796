//! `unexplained`: no rule reaches the threshold. DR-42.
//!
//! # What it says
//! The inputs do not show why. That is a result: the report names what would decide.
//!
//! # Evidence
//! None, but the two best candidates and what each lacks.
//!
//! # Not to be confused with
//! A request without any token, which is a mistake of the client and no failure of keys or users.

use crate::causes::rule::{Outcome, Rule, RuleKind};
use crate::causes::verdict::{CauseRules, Links, Verdict};
use crate::facts::scope::Scope;
use crate::facts::view::Facts;
use crate::group::merge::Case;
use crate::model::event::{Cause, Reason};
use crate::model::words::{RuleId, Variant};

/// The rules of this cause.
pub const RULES: CauseRules = CauseRules {
    cause: Cause::Unexplained,
    reasons: Reason::ALL,
    judge,
    says: SAYS,
    fix: FIX,
    verify: VERIFY,
    ends: ENDS,
    rules: &[&DR_42, &DR_43, &DR_44],
};

const SAYS: &str = "Nothing in the inputs tells why";
const FIX: &str = "Add the identity provider's audit log and the verifier's log of this window to the inputs";
const VERIFY: &str = "With the named source in the inputs the same run explains them";
const ENDS: &str = "";

/// Nothing in the inputs says why.
pub static DR_42: Rule = Rule {
    id: RuleId::Dr42,
    cause: Cause::Unexplained,
    kind: RuleKind::Diagnosis,
    name: "Nothing in the inputs tells why",
    symptom: "No rule reaches a confidence of 0.40.",
    requires: &["No other rule speaks loudly enough: what each of the best two lacks is shown"],
    supports: &[],
    counters: &[],
    confidence: "None is claimed.",
    outcomes: &[
        Outcome { variant: None, says: SAYS, fix: FIX },
        Outcome {
            variant: Some(Variant::NoToken),
            says: "No token was sent",
            fix: "Look whether the client should have been signed in; else nothing",
        },
        Outcome {
            variant: Some(Variant::MalformedToken),
            says: "A broken token was sent, and nothing tells why",
            fix: "Check header and cookie size limits and the client that sends it",
        },
        Outcome {
            variant: Some(Variant::NoReasonGiven),
            says: "The request was refused, and no line tells why",
            fix: "Add the verifier's application log of this window to the inputs, or make it log why it refuses",
        },
    ],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::OwnCase],
    scenario: "unexplained/names_what_would_decide",
};

/// A source is silent where it should explain failures.
pub static DR_43: Rule = Rule {
    id: RuleId::Dr43,
    cause: Cause::Unexplained,
    kind: RuleKind::Remark,
    name: "A source is silent where failures ask for it",
    symptom: "A log that tells of users has a hole, and within it requests are refused for users that are not there.",
    requires: &[
        "A source of 20 such lines or more pauses five times as long as it usually does, and ten minutes at least",
        "Refusals within the pause for users that are not there, without an event to blame",
    ],
    supports: &[],
    counters: &[],
    confidence: "None: it is listed under what is missing.",
    outcomes: &[Outcome {
        variant: None,
        says: "A source that should tell is silent while failures ask for it",
        fix: "Add the log of the silent source for that time; where it was lost, expect `unexplained` there",
    }],
    verify: "",
    ends: "",
    reads: &[Scope::All],
    scenario: "unexplained/hole_in_the_audit_log",
};

/// A change that looked to blame is refuted.
pub static DR_44: Rule = Rule {
    id: RuleId::Dr44,
    cause: Cause::Unexplained,
    kind: RuleKind::Remark,
    name: "A change that looked to blame is refuted",
    symptom: "A deploy or configuration change lies near the failures, which had begun before it.",
    requires: &["A change of the service before the failure", "As many such refusals before the change"],
    supports: &[],
    counters: &[],
    confidence: "None: the failure keeps the cause that is left, and shows the change as refuted.",
    outcomes: &[Outcome {
        variant: None,
        says: "The change is not to blame: the failures began before it",
        fix: "Look for what happened before the first failure instead",
    }],
    verify: "",
    ends: "",
    reads: &[Scope::All],
    scenario: "misconfiguration/deploy_after_the_onset",
};

fn judge(case: &Case, _: &Links, _: &Facts<'_>, verdicts: &mut Vec<Verdict>) {
    let verdict = Verdict::new(&DR_42, 0.0);
    verdicts.push(match case.reason {
        Reason::TokenMissing => verdict.variant(Variant::NoToken),
        Reason::TokenMalformed => verdict.variant(Variant::MalformedToken),
        Reason::Other => verdict.variant(Variant::NoReasonGiven),
        _ => verdict,
    });
}
