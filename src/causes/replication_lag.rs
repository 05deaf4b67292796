//! `replication_lag`: just created, the read side is behind; heals by itself. DR-11.
//!
//! # What it says
//! The user exists, but not yet where the verifier looks.
//!
//! # Evidence
//! Creation of the same subject seconds before the failure, and a later request that went through.
//!
//! # Not to be confused with
//! A user that never existed: that one never succeeds.

use chrono::TimeDelta;

use crate::causes::rule::{Outcome, Rule, RuleKind};
use crate::causes::verdict::{CauseRules, Links, Verdict};
use crate::facts::scope::Scope;
use crate::facts::view::Facts;
use crate::group::merge::Case;
use crate::model::event::{Cause, Reason};
use crate::model::words::RuleId;

/// The usual lag, and the longest that is believed (`replication_window`).
const USUAL: TimeDelta = TimeDelta::seconds(30);
const LONGEST: TimeDelta = TimeDelta::seconds(300);

/// The rules of this cause.
pub const RULES: CauseRules = CauseRules {
    cause: Cause::ReplicationLag,
    reasons: &[Reason::SubNotFound, Reason::Other],
    judge,
    says: SAYS,
    fix: FIX,
    verify: VERIFY,
    ends: ENDS,
    rules: &[&DR_11],
};

const SAYS: &str = "The user had just been created and was not yet known where the verifier looked";
const FIX: &str = "Read your own writes from the primary, or create the local row on first sight, or retry once after a short delay; it heals by itself within seconds";
const VERIFY: &str = "No refusal within a minute of a sign-up";
const ENDS: &str = "Within seconds, when the copy has caught up";

/// The user was created a moment ago, and the read side is behind.
pub static DR_11: Rule = Rule {
    id: RuleId::Dr11,
    cause: Cause::ReplicationLag,
    kind: RuleKind::Diagnosis,
    name: "The user was created a moment ago, and the read side is behind",
    symptom: "A new user is refused as unknown for seconds and then gets through.",
    requires: &["A creation of the subject no more than five minutes before the failure", "No deletion since"],
    supports: &["No more than 30 seconds since the creation", "A later request of the subject that went through"],
    counters: &["The subject was let through between its creation and the failure"],
    confidence: "Possible (0.50), likely within 30 seconds, confirmed where the subject gets through later; at most 0.55 where it is late and never does.",
    outcomes: &[Outcome { variant: None, says: SAYS, fix: FIX }],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::Subject],
    scenario: "replication_lag/just_created",
};

fn judge(case: &Case, links: &Links, facts: &Facts<'_>, verdicts: &mut Vec<Verdict>) {
    if !matches!(case.reason, Reason::SubNotFound | Reason::Other) {
        return;
    }
    let (Some(index), Some(time)) = (links.created, case.time) else { return };
    let since = time - facts.lifecycle[index].time;
    let deleted = links.deleted.is_some_and(|deleted| facts.lifecycle[deleted].time > facts.lifecycle[index].time);
    if since > LONGEST || deleted {
        return;
    }
    let heals = links.success_after.is_some();
    let seen_before = links.success_before.is_some_and(|success| facts.successes[success].time > facts.lifecycle[index].time);
    let after = links.success_after.map(|success| facts.successes[success].place);
    verdicts.push(
        Verdict::new(&DR_11, 0.50)
            .ground(since <= USUAL, 0.30)
            .ground(heals, 0.15)
            .blame(facts, index, "the user was created")
            .shows(after, "the same user was let through later")
            .against(
                "the user was let through between creation and failure",
                seen_before,
                // Later than copies usually lag, that refutes it.
                if since > USUAL { 0.30 } else { 0.10 },
            )
            .cap(!heals && since > USUAL, 0.55, "no later request of the user that went through"),
    );
}
