//! `unexplained`: no rule reaches the threshold. DR-42.
//!
//! # What it says
//! The inputs do not show why. That is a result: the report names what would decide.
//!
//! # Evidence
//! None, but the two best candidates and what each lacks.
//!
//! # Not to be confused with
//! A request without any token, which is a client's business and no failure of keys or users.

use crate::causes::verdict::{CauseRules, Links, Verdict};
use crate::facts::world::Facts;
use crate::group::merge::Case;
use crate::model::event::{Cause, Reason};

/// The rules of this cause.
pub const RULES: CauseRules = CauseRules {
    cause: Cause::Unexplained,
    reasons: Reason::ALL,
    judge,
    says,
    fix,
    verify: "With the named source in the inputs the same run explains them",
    ends: "",
};

fn judge(case: &Case, _: &Links, _: &Facts<'_>, verdicts: &mut Vec<Verdict>) {
    let verdict = Verdict::new(Cause::Unexplained, "DR-42", 0.0);
    verdicts.push(match case.reason {
        Reason::TokenMissing => verdict.variant("no_token"),
        Reason::TokenMalformed => verdict.variant("malformed_token"),
        Reason::Other => verdict.variant("no_reason_given"),
        _ => verdict,
    });
}

fn says(variant: Option<&str>) -> &'static str {
    match variant {
        Some("no_token") => "No token was sent",
        Some("malformed_token") => "A broken token was sent, and nothing tells why",
        Some("no_reason_given") => "The request was refused, and no line tells why",
        _ => "Nothing in the inputs tells why",
    }
}

fn fix(variant: Option<&str>) -> &'static str {
    match variant {
        Some("no_token") => "Look whether the client should have been signed in; else nothing",
        Some("malformed_token") => "Check header and cookie size limits and the client that sends it",
        Some("no_reason_given") => {
            "Add the verifier's application log of this window to the inputs, or make it log why it refuses"
        }
        _ => "Add the identity provider's audit log and the verifier's log of this window to the inputs",
    }
}
