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

use crate::causes::verdict::{CauseRules, Links, Verdict};
use crate::facts::world::Facts;
use crate::group::merge::Case;
use crate::model::event::{Cause, EventKind, Place, Reason};

/// The rules of this cause.
pub const RULES: CauseRules = CauseRules {
    cause: Cause::UserDisabled,
    reasons: &[Reason::UserDisabled, Reason::SubNotFound, Reason::TokenRevoked, Reason::Other],
    judge,
    says,
    fix,
    verify: "The account gets through after it is restored, or the client stops asking",
    ends: "When the account is restored, or the last token expires",
};

fn judge(case: &Case, links: &Links, facts: &Facts<'_>, verdicts: &mut Vec<Verdict>) {
    let direct = case.reason == Reason::UserDisabled;
    if !direct && !matches!(case.reason, Reason::Other | Reason::SubNotFound | Reason::TokenRevoked) {
        return;
    }
    let Some(place) = links.disabled.or_else(|| facts.last_by_name(EventKind::UserDisabled, case)) else {
        let row = row(case, facts);
        if direct || row.is_some() {
            verdicts.push(
                Verdict::new(Cause::UserDisabled, "DR-34", if direct { 0.80 } else { 0.64 })
                    .ground(direct && row.is_some(), 0.05)
                    .shows(row, "the user table has the user as disabled, and not since which hour")
                    .against("a deletion of the user before the failure", case.sub.map(|_| links.deleted.is_some()), 0.10),
            );
        }
        return;
    };
    let disabling = &facts.happenings[place];
    let restored = links.restored.is_some_and(|restored| facts.happenings[restored].time > disabling.time);
    if restored && !direct {
        return;
    }
    let deleted_since = links.deleted.is_some_and(|deleted| facts.happenings[deleted].time > disabling.time);
    verdicts.push(
        Verdict::new(Cause::UserDisabled, "DR-34", if direct { 0.90 } else { 0.70 })
            .ground(facts.happenings.witnesses(place).len() > 1, 0.05)
            .blame(facts, place, "the account was disabled")
            .against("the account was restored before the failure", restored, 0.05)
            .against("the account was deleted since", deleted_since, 0.20),
    );
}

/// The row of the user table by which the user may have been disabled at the time of the failure.
fn row(case: &Case, facts: &Facts<'_>) -> Option<Place> {
    let sub = case.sub?;
    let user = facts.inventory.user(sub.as_str())??;
    let row = facts.row(EventKind::UserDisabled, sub)?;
    case.time.is_none_or(|time| user.is_disabled(time)).then_some(row)
}

fn says(_: Option<&str>) -> &'static str {
    "The account is disabled"
}

fn fix(_: Option<&str>) -> &'static str {
    "None if it is intended; else restore the account. Let clients tell `disabled` and `not found` apart"
}
