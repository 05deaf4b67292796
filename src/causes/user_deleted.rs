//! `user_deleted`: the user was deleted while the token lived on. DR-01, DR-02, DR-03, DR-04.
//!
//! # What it says
//! The token verified; the user it names had been deleted before the request.
//!
//! # Evidence
//! A deletion of the same subject before the failure, no restoration between, and no request that went through
//! after it. A soft deletion shows as a session that is gone (DR-03). Without a record of the deletion, a subject
//! that was accepted before and never again is weaker evidence (DR-04).
//!
//! # Not to be confused with
//! A store outage, after which the subject succeeds again; a deletion dated after the failure; the actor of a
//! deletion, who is not its victim.

use chrono::TimeDelta;

use crate::causes::rule::{Outcome, Rule, RuleKind};
use crate::causes::verdict::{CauseRules, Links, Verdict};
use crate::facts::scope::Scope;
use crate::facts::view::Facts;
use crate::group::merge::Case;
use crate::model::event::{Cause, EventKind, Reason};
use crate::model::words::{RuleId, Variant};

/// How long a cached or replicated verifier is believed to be behind a deletion.
const LONGEST_LAG: TimeDelta = TimeDelta::minutes(10);

/// The rules of this cause.
pub const RULES: CauseRules = CauseRules {
    cause: Cause::UserDeleted,
    reasons: &[Reason::SubNotFound, Reason::TokenRevoked, Reason::Other],
    judge,
    says: SAYS,
    fix: FIX,
    verify: VERIFY,
    ends: ENDS,
    rules: &[&DR_01, &DR_02, &DR_03, &DR_04, &DR_05, &DR_06, &DR_12],
};

const SAYS: &str = "The user was deleted while their token was still valid";
const FIX: &str = "Revoke the user's sessions in the deletion flow, make clients drop the session on this answer, and shorten the token lifetime; it ends by itself when the last token expires";
const VERIFY: &str = "Search for the same subjects after the fix: no refusal later than one token lifetime after the deletion";
const ENDS: &str = "When the last token of the deleted user expires: one token lifetime after the deletion at the latest";

/// The user was deleted before the request, and a line or the user table says so.
pub static DR_01: Rule = Rule {
    id: RuleId::Dr01,
    cause: Cause::UserDeleted,
    kind: RuleKind::Diagnosis,
    name: "The user was deleted before the request, and a line or the user table tells of it",
    symptom: "One subject is refused again and again as unknown, from some moment on, wherever users are looked up.",
    requires: &[
        "A deletion of the same subject, or of the same name, at or before the failure; or the user table has the user as deleted",
        "No restoration and no new creation between the deletion and the failure",
    ],
    supports: &[
        "The token was issued before the deletion, or had not expired at the failure",
        "A second line tells of the same deletion",
        "No later request of the subject went through",
    ],
    counters: &[
        "A request of the subject that went through after the deletion, at a service that looks users up",
        "A deletion that is dated after the failure: it is shown as considered",
    ],
    confidence: "Likely by the deletion alone (0.80; 0.70 where the refusal gives no reason), confirmed with the token's times or a second line; at most 0.80 where the time of the deletion is unknown.",
    outcomes: &[Outcome { variant: None, says: SAYS, fix: FIX }],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::Subject, Scope::All],
    scenario: "user_deleted/deletion_on_record",
};

/// The account deleted itself and then signed out.
pub static DR_02: Rule = Rule {
    id: RuleId::Dr02,
    cause: Cause::UserDeleted,
    kind: RuleKind::Diagnosis,
    name: "The account deleted itself and then signed out",
    symptom: "One or a few refusals at a sign-out path within minutes of a deletion, then silence.",
    requires: &["What DR-01 asks for", "The path is one of signing out", "No more than five minutes since the deletion"],
    supports: &["As for DR-01"],
    counters: &["The deletion came from another address than the request: then it is DR-01"],
    confidence: "As for DR-01.",
    outcomes: &[Outcome {
        variant: Some(Variant::SelfService),
        says: "The account deleted itself and then signed out",
        fix: "Sign out locally before deleting the account; ignore this answer on logout",
    }],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::Subject, Scope::All],
    scenario: "user_deleted/signed_out_after_deleting_itself",
};

/// The account was deleted softly: the row stays, the sessions are gone.
pub static DR_03: Rule = Rule {
    id: RuleId::Dr03,
    cause: Cause::UserDeleted,
    kind: RuleKind::Diagnosis,
    name: "The account was deleted softly: the row stays, the sessions are gone",
    symptom: "The session of a token is gone, and nobody signed out.",
    requires: &["The refusal says that the token or its session was revoked", "A deletion of the same subject before it"],
    supports: &["As for DR-01"],
    counters: &["A sign-out of the subject after the deletion (DR-36)"],
    confidence: "Possible to likely by the deletion alone (0.70), confirmed with the token's times and a second line.",
    outcomes: &[Outcome {
        variant: Some(Variant::Soft),
        says: "The account was deleted softly: its sessions are gone, its tokens still verify",
        fix: FIX,
    }],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::Subject, Scope::All],
    scenario: "user_deleted/soft",
};

/// The user is gone, and no line reports the deletion.
pub static DR_04: Rule = Rule {
    id: RuleId::Dr04,
    cause: Cause::UserDeleted,
    kind: RuleKind::Diagnosis,
    name: "The user is gone, and no line tells of the deletion",
    symptom: "A subject that was let through before is refused as unknown from some moment on, and never comes back.",
    requires: &[
        "The refusal says that the user does not exist",
        "The subject was known before; or no line names it and its client is",
    ],
    supports: &[
        "A request that went through, or a token that was issued, before the failure",
        "None that went through after it",
        "The user table does not have the user",
    ],
    counters: &["A later request that went through", "The user table has the user", "The client never got in before"],
    confidence: "Possible: at most 0.69, for the deletion itself is not on record; 0.60 without any source that tells of deletions, 0.50 where no line names the subject.",
    outcomes: &[Outcome {
        variant: Some(Variant::Unlogged),
        says: "The user is gone, and no line tells of the deletion",
        fix: "Delete users through an audited path, or add the database log or audit log of the window to the inputs; then revoke sessions in the deletion flow",
    }],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::Subject, Scope::Client, Scope::All],
    scenario: "user_deleted/unlogged_with_an_audit_log",
};

/// Many users vanished within minutes, and new ones get through.
pub static DR_05: Rule = Rule {
    id: RuleId::Dr05,
    cause: Cause::UserDeleted,
    kind: RuleKind::Diagnosis,
    name: "Many users vanished within minutes, and new ones get through",
    symptom: "Many subjects turn from accepted to unknown at one moment: the store was wiped, restored or filled anew.",
    requires: &["The subject is one of many that vanished within minutes"],
    supports: &["A user who is new since then gets through"],
    counters: &["The user store was failing at that moment"],
    confidence: "Possible by the number alone (0.68), likely with a newcomer who gets through.",
    outcomes: &[Outcome {
        variant: Some(Variant::BulkReset),
        says: "Many users vanished within minutes while new ones get through: the store was wiped, restored or reseeded",
        fix: "Change the signing key together with a reset, so that old tokens fail early and clearly; check which restore or migration ran",
    }],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::All],
    scenario: "user_deleted/bulk_reset",
};

/// The same person was created again under another id.
pub static DR_06: Rule = Rule {
    id: RuleId::Dr06,
    cause: Cause::UserDeleted,
    kind: RuleKind::Diagnosis,
    name: "The same person was created again under another id",
    symptom: "The old subject is unknown while a new one of the same name or address works.",
    requires: &[
        "Another subject was created under the same user name or e-mail, no later than ten minutes after the failure",
        "The old subject never gets through again",
    ],
    supports: &["The old subject was let through before"],
    counters: &["A later request of the old subject that went through"],
    confidence: "Likely (0.75, and 0.85 where the old subject was let through before).",
    outcomes: &[Outcome {
        variant: Some(Variant::Recreated),
        says: "The same person has a new id: the account was replaced, and the old token names the old one",
        fix: "Keep ids on import, map accounts by an immutable attribute, and force a new login after the import",
    }],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::Subject, Scope::All],
    scenario: "user_deleted/recreated",
};

/// The user was deleted, and a cached or replicated verifier noticed late.
pub static DR_12: Rule = Rule {
    id: RuleId::Dr12,
    cause: Cause::UserDeleted,
    kind: RuleKind::DiagnosisAndFinding,
    name: "The user was deleted, and a cached or replicated verifier noticed late",
    symptom: "A deleted user is still let through for seconds or minutes, and refused after that.",
    requires: &[
        "What DR-01 asks for",
        "A request of the subject that went through within ten minutes after the deletion, where users are looked up",
    ],
    supports: &["As for DR-01"],
    counters: &["Requests that go through for longer than that: then the deletion is doubtful"],
    confidence: "As for DR-01. The security finding tells how long users got through.",
    outcomes: &[Outcome {
        variant: Some(Variant::ReadSideLagged),
        says: "The user was deleted, and a cached or replicated verifier noticed late",
        fix: "Invalidate the verifier's cache in the deletion flow; the lag is how long a deleted user gets through",
    }],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::Subject, Scope::All],
    scenario: "user_deleted/read_side_behind_the_deletion",
};

fn judge(case: &Case, links: &Links, facts: &Facts<'_>, verdicts: &mut Vec<Verdict>) {
    if facts.history.ignores_accounts(case) {
        return;
    }
    match links.deleted.or_else(|| facts.last_by_name(EventKind::UserDeleted, case)) {
        Some(deletion) => on_record(case, links, facts, deletion, verdicts),
        None if case.reason == Reason::SubNotFound => {
            verdicts.extend(undated(case, links, facts));
            unrecorded(case, links, facts, verdicts);
            verdicts.extend(bulk(case, facts));
            verdicts.extend(recreated(case, links, facts));
            verdicts.extend(too_late(case, facts));
        }
        None => {}
    }
}

/// DR-01 without a time: by the user table the user is deleted, since an unknown time or by the day only.
fn undated(case: &Case, links: &Links, facts: &Facts<'_>) -> Option<Verdict> {
    let sub = case.sub?;
    let row = facts.row(EventKind::UserDeleted, sub)?;
    let user = facts.inventory.user(&sub.text())??;
    let seen_later = links.success_after.is_some_and(|index| facts.history.is_stateful(facts.successes[index].service));
    case.time.is_none_or(|time| user.is_deleted(time)).then(|| {
        Verdict::new(&DR_01, 0.74)
            .ground(links.success_before.is_some() && links.success_after.is_none(), 0.05)
            .shows(Some(row), "the user table has the user as deleted, and not since which hour")
            .against("a later request of the user went through where users are looked up", seen_later, 0.30)
            .cap(true, 0.80, "the time of the deletion")
    })
}

/// A deletion after the failure is listed among the causes that were considered.
fn too_late(case: &Case, facts: &Facts<'_>) -> Option<Verdict> {
    let (index, late) = facts.first_after(EventKind::UserDeleted, case.sub?, case.time?)?;
    let mut verdict =
        Verdict::new(&DR_01, 0.0).shows(Some(facts.lifecycle.best(index).line), "the deletion came after the failure");
    verdict.lacks = "wrong order: the deletion came after the failure";
    (late <= TimeDelta::days(1)).then_some(verdict)
}

/// DR-05: many users vanished within minutes, and others get through.
fn bulk(case: &Case, facts: &Facts<'_>) -> Option<Verdict> {
    let bulk = facts.history.bulks.iter().find(|bulk| case.sub.is_some_and(|sub| bulk.subjects.contains(&sub)))?;
    let newcomer = bulk.newcomer.map(|success| facts.successes[success].place);
    Some(
        Verdict::new(&DR_05, 0.68)
            .variant(Variant::BulkReset)
            .ground(newcomer.is_some(), 0.10)
            .shows(newcomer, format!("new users get through, {} others vanished within minutes", bulk.subjects.len()))
            .against("the user store failed at the turn", facts.outage_at(Some(bulk.start)).is_some(), 0.30),
    )
}

/// DR-06: the same person was created again under another id.
fn recreated(case: &Case, links: &Links, facts: &Facts<'_>) -> Option<Verdict> {
    let (sub, time) = (case.sub?, case.time?);
    let name = case.username.or_else(|| facts.history.name_of.get(&sub).copied())?;
    let own = links.created.map(|index| facts.lifecycle[index].time);
    let other = facts.history.created_as.get(&name)?.iter().copied().find(|index| {
        let creation = &facts.lifecycle[*index];
        creation.key != sub && own.is_none_or(|own| creation.time > own) && creation.time <= time + TimeDelta::minutes(10)
    })?;
    if links.success_after.is_some() {
        return None;
    }
    Some(Verdict::new(&DR_06, 0.75).variant(Variant::Recreated).ground(links.success_before.is_some(), 0.10).blame(
        facts,
        other,
        "the same person was created under another id",
    ))
}

fn on_record(case: &Case, links: &Links, facts: &Facts<'_>, index: usize, verdicts: &mut Vec<Verdict>) {
    let deletion = &facts.lifecycle[index];
    let after = |other: Option<usize>| other.is_some_and(|other| facts.lifecycle[other].time > deletion.time);
    let returned = after(links.restored) || after(links.created);
    if returned {
        return;
    }
    // A service that does not look users up lets deleted ones through as well.
    let stateful = |success: Option<usize>| {
        success.map(|index| &facts.successes[index]).filter(|success| facts.history.is_stateful(success.service))
    };
    let still = stateful(links.success_before).filter(|success| success.time > deletion.time + TimeDelta::seconds(2));
    let lag = still.map(|success| success.time - deletion.time).filter(|lag| *lag <= LONGEST_LAG);
    let alive = still.is_some();
    let within = case.exp.zip(case.time).is_some_and(|(exp, time)| time.timestamp() <= exp + 60);
    let issued_before = case.iat.is_some_and(|iat| iat <= deletion.time.timestamp());
    let soft = case.reason == Reason::TokenRevoked;
    let mut verdict =
        Verdict::new(if soft { &DR_03 } else { &DR_01 }, if soft || case.reason == Reason::Other { 0.70 } else { 0.80 })
            .ground(within || issued_before, 0.15)
            .ground(facts.lifecycle.lines_of(index).len() > 1, 0.10)
            .ground(case.reason == Reason::SubNotFound && links.success_after.is_none(), 0.05)
            .blame(facts, index, "the user was deleted")
            .against("the user was restored or created again before the failure", returned, 0.0)
            .against(
                "a later request of the user went through where users are looked up",
                stateful(links.success_after).is_some() && !alive,
                0.20,
            )
            .against("the user was let through long after the deletion", alive && lag.is_none(), 0.40);
    if soft {
        verdict = verdict.variant(Variant::Soft);
    }
    let signing_out =
        case.path.is_some_and(|path| path.with(|path| ["logout", "signout", "sign-out"].iter().any(|end| path.contains(end))));
    let soon = case.time.is_some_and(|time| time - deletion.time <= TimeDelta::minutes(5));
    let deleter = facts.lifecycle.lines_of(index).iter().find_map(|line| line.client);
    let elsewhere = deleter.is_some() && case.client_ip.is_some() && deleter != case.client_ip;
    if let (Some(lag), Some(success)) = (lag, still) {
        verdict.rule = &DR_12;
        verdict = verdict
            .variant(Variant::ReadSideLagged)
            .shows(Some(success.place), format!("the user was let through {} s after the deletion", lag.num_seconds()));
    }
    if signing_out && soon && !elsewhere {
        verdict.rule = &DR_02;
        verdict = verdict.variant(Variant::SelfService);
    }
    verdicts.push(verdict);
}

fn unrecorded(case: &Case, links: &Links, facts: &Facts<'_>, verdicts: &mut Vec<Verdict>) {
    let known = case.sub.is_some_and(|sub| facts.knows(sub));
    let proven = case.sub.is_some_and(|sub| facts.proves(sub));
    let success = links.success_before.map(|success| facts.successes[success].place);
    let nameless = case.sub.is_none();
    let in_table = in_table(case, facts);
    let let_in = facts.history.was_let_in(case);
    let seen = success.is_some() || links.issued.is_some();
    if !(known || nameless) {
        verdicts.extend(long_gone(case, facts));
        return;
    }
    verdicts.push(
        Verdict::new(
            &DR_04,
            if seen {
                0.60
            } else if nameless {
                0.42
            } else if proven {
                // The user exists, but was never accepted anywhere: only a hint.
                0.38
            } else {
                0.35
            },
        )
        .variant(Variant::Unlogged)
        .ground(success.is_some(), 0.05)
        .ground(nameless && let_in == Some(true), 0.08)
        .against("the client never got in before", let_in.map(|let_in| nameless && !let_in), 0.10)
        .ground(seen && links.success_after.is_none(), 0.05)
        .shows(success, "the user was still let through")
        .against("a later request of the user went through", case.sub.map(|_| links.success_after.is_some()), 0.30)
        .ground(seen && in_table == Some(false), 0.08)
        .against("the user table has the user", in_table, 0.40)
        .cap(true, 0.69, "no line of the deletion itself")
        .cap(!facts.audited, 0.60, "no source that would tell of deletions")
        .cap(nameless, 0.50, "no line names the subject"),
    );
}

/// DR-04 before the logs begin: the signature of the token held, its subject looks like those of users, and its client names
/// no other: somebody's own device with the token of an account that is no more. Many such users at once are none of them.
fn long_gone(case: &Case, facts: &Facts<'_>) -> Option<Verdict> {
    let usual = case.sub.is_some_and(|sub| !facts.history.is_odd(sub));
    (usual && is_own_token(case, facts)).then(|| {
        Verdict::new(&DR_04, 0.62)
            .variant(Variant::Unlogged)
            .shows(Some(case.line), "the token verified, nothing else is known of its subject, and the client names no other")
            .against("the user table has the user", in_table(case, facts), 0.40)
            .cap(true, 0.69, "no line of the deletion itself")
    })
}

/// Whether the client of a case is that of one unknown subject: it repeats that, and names no other that nothing is known of;
/// and whether that happens to it alone.
pub(crate) fn is_own_token(case: &Case, facts: &Facts<'_>) -> bool {
    let client = case.client_ip.and_then(|client| facts.history.clients.get(&client));
    client.is_some_and(|client| client.strangers == 1 && client.stranger_refusals > 1 && client.unsound.is_empty())
        && !facts.history.is_of_crowd(case)
}

/// Whether the user table has a live row of the subject; `None` without a table or a subject.
pub(crate) fn in_table(case: &Case, facts: &Facts<'_>) -> Option<bool> {
    let row = facts.inventory.user(&case.sub?.text())?;
    Some(row.is_some_and(|user| case.time.is_none_or(|time| user.is_live(time))))
}
