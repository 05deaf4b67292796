//! `user_disabled`: the account is banned, suspended or inactive. DR-34.
//!
//! # What it says
//! The verifier found the user and refused them for the state of the account.
//!
//! # Evidence
//! The reason itself; a disabling of the same subject before the failure and no restoration between.
//!
//! # Not to be confused with
//! A deletion: a disabled user's row exists.

use crate::causes::rule::{Outcome, Rule, RuleKind};
use crate::causes::verdict::{CauseRules, Links, Verdict};
use crate::facts::scope::Scope;
use crate::facts::view::Facts;
use crate::group::merge::Case;
use crate::model::event::{Cause, EventKind, Place, Reason};
use crate::model::words::RuleId;

/// The rules of this cause.
pub const RULES: CauseRules = CauseRules {
    cause: Cause::UserDisabled,
    reasons: &[Reason::UserDisabled, Reason::SubNotFound, Reason::TokenRevoked, Reason::Other],
    judge,
    says: SAYS,
    fix: FIX,
    verify: VERIFY,
    ends: ENDS,
    rules: &[&DR_34, &DR_35],
};

const SAYS: &str = "The account is disabled";
const FIX: &str = "None if it is intended; else restore the account. Let clients tell `disabled` and `not found` apart";
const VERIFY: &str = "The account gets through after it is restored, or the client stops asking";
const ENDS: &str = "When the account is restored, or the last token expires";

/// The account is disabled.
pub static DR_34: Rule = Rule {
    id: RuleId::Dr34,
    cause: Cause::UserDisabled,
    kind: RuleKind::Diagnosis,
    name: "The account is disabled",
    symptom: "The verifier says that the account is banned, locked or inactive; or it does not find a user whom it filters out as inactive.",
    requires: &[
        "The reason itself; or a disabling of the subject before the failure; or the user table has the user as disabled",
    ],
    supports: &["A line tells of the disabling, or two do"],
    counters: &[
        "The account was restored before the failure",
        "The account was deleted, before the failure or since the disabling",
    ],
    confidence: "Confirmed where the reason says it and a line tells of the disabling (0.90), likely by the reason alone (0.80); 0.70 where only the disabling is on record, 0.64 by the user table alone.",
    outcomes: &[Outcome { variant: None, says: SAYS, fix: FIX }],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::Subject],
    scenario: "user_disabled/disabled",
};

/// A disabled account still gets through.
pub static DR_35: Rule = Rule {
    id: RuleId::Dr35,
    cause: Cause::UserDisabled,
    kind: RuleKind::Finding,
    name: "A disabled account still gets through",
    symptom: "Requests of a disabled account are accepted for a while.",
    requires: &["A disabling of the subject that nothing undid", "A request of the subject that went through later"],
    supports: &[],
    counters: &["A restoration or new creation between them"],
    confidence: "No confidence is given: both lines are shown. How grave it is follows from how long it lasted and whether the service looks users up.",
    outcomes: &[Outcome {
        variant: None,
        says: "A disabled account still gets through",
        fix: "Invalidate caches when a user is deleted or disabled, shorten them, and ask the issuer on sensitive routes",
    }],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::Subject, Scope::All],
    scenario: "user_disabled/let_through_for_a_while",
};

fn judge(case: &Case, links: &Links, facts: &Facts<'_>, verdicts: &mut Vec<Verdict>) {
    let direct = case.reason == Reason::UserDisabled;
    let may_be = matches!(case.reason, Reason::Other | Reason::SubNotFound | Reason::TokenRevoked);
    if !direct && (!may_be || facts.history.ignores_accounts(case)) {
        return;
    }
    let Some(index) = links.disabled.or_else(|| facts.last_by_name(EventKind::UserDisabled, case)) else {
        let row = row(case, facts);
        if direct || row.is_some() {
            verdicts.push(
                Verdict::new(&DR_34, if direct { 0.80 } else { 0.64 })
                    .ground(direct && row.is_some(), 0.05)
                    .shows(row, "the user table has the user as disabled, and not since which hour")
                    .against("a deletion of the user before the failure", case.sub.map(|_| links.deleted.is_some()), 0.10),
            );
        }
        return;
    };
    let disabling = &facts.lifecycle[index];
    let restored = links.restored.is_some_and(|restored| facts.lifecycle[restored].time > disabling.time);
    if restored && !direct {
        return;
    }
    let deleted_since = links.deleted.is_some_and(|deleted| facts.lifecycle[deleted].time > disabling.time);
    verdicts.push(
        Verdict::new(&DR_34, if direct { 0.90 } else { 0.70 })
            .ground(facts.lifecycle.lines_of(index).len() > 1, 0.05)
            .blame(facts, index, "the account was disabled")
            .against("the account was restored before the failure", restored, 0.05)
            .against("the account was deleted since", deleted_since, 0.20),
    );
}

/// The row of the user table by which the user may have been disabled at the time of the failure.
fn row(case: &Case, facts: &Facts<'_>) -> Option<Place> {
    let sub = case.sub?;
    let user = facts.inventory.user(&sub.text())??;
    let row = facts.row(EventKind::UserDisabled, sub)?;
    case.time.is_none_or(|time| user.is_disabled(time)).then_some(row)
}
