//! `user_deleted`: the user was deleted while the token lived on. DR-01, DR-02, DR-03, DR-04.
//!
//! # What it says
//! The token verified; the user it names had been deleted before the request.
//!
//! # Evidence
//! A deletion of the same subject before the failure, no restoration between, and no request that went through
//! after it. A soft deletion shows as a session that is gone (DR-03). Without a record of the deletion, a subject
//! that was accepted before and never again is the weaker ground (DR-04).
//!
//! # Not to be confused with
//! A store outage, after which the subject succeeds again; a deletion dated after the failure; the actor of a
//! deletion, who is not its victim.

use chrono::TimeDelta;

use super::merge::Case;
use super::verdict::{CauseRules, Links, Verdict};
use super::world::World;
use crate::event::{Cause, EventKind, Reason};

/// The rules of this cause.
pub(super) const RULES: CauseRules = CauseRules {
    cause: Cause::UserDeleted,
    reasons: &[Reason::SubNotFound, Reason::TokenRevoked, Reason::Other],
    judge,
    says,
    fix,
};

fn judge(case: &Case, links: &Links, world: &World<'_>, verdicts: &mut Vec<Verdict>) {
    match links.deleted.or_else(|| world.last_by_name(EventKind::UserDeleted, case)) {
        Some(deletion) => on_record(case, links, world, deletion, verdicts),
        None if case.reason == Reason::SubNotFound => unrecorded(case, links, world, verdicts),
        None => {}
    }
}

fn on_record(case: &Case, links: &Links, world: &World<'_>, place: usize, verdicts: &mut Vec<Verdict>) {
    let deletion = &world.happenings[place];
    let after = |other: Option<usize>| other.is_some_and(|other| world.happenings[other].time > deletion.time);
    let returned = after(links.restored) || after(links.created);
    if returned {
        return;
    }
    let alive =
        links.success_before.is_some_and(|success| world.successes[success].time > deletion.time + TimeDelta::seconds(10));
    let within = case.exp.zip(case.time).is_some_and(|(exp, time)| time.timestamp() <= exp + 60);
    let issued_before = case.iat.is_some_and(|iat| iat <= deletion.time.timestamp());
    let soft = case.reason == Reason::TokenRevoked;
    let mut verdict = Verdict::new(
        Cause::UserDeleted,
        if soft { "DR-03" } else { "DR-01" },
        if soft || case.reason == Reason::Other { 0.70 } else { 0.80 },
    )
    .ground(within || issued_before, 0.15)
    .ground(deletion.witnesses.len() > 1, 0.10)
    .ground(case.reason == Reason::SubNotFound && links.success_after.is_none(), 0.05)
    .blame(world, place, "the user was deleted")
    .against("the user was restored or created again before the failure", returned, 0.0)
    .against("a later request of the user went through", links.success_after.is_some() && !alive, 0.20);
    if soft {
        verdict = verdict.variant("soft");
    }
    let logout = case.path.as_deref().is_some_and(|path| path.contains("logout"));
    let soon = case.time.is_some_and(|time| time - deletion.time <= TimeDelta::minutes(5));
    if logout && soon {
        verdict.rule = "DR-02";
        verdict = verdict.variant("self_service");
    }
    verdicts.push(verdict);
}

fn unrecorded(case: &Case, links: &Links, world: &World<'_>, verdicts: &mut Vec<Verdict>) {
    let known = case.sub.as_deref().is_some_and(|sub| world.knows(sub));
    let proven = case.sub.as_deref().is_some_and(|sub| world.proves(sub));
    let success = links.success_before.map(|success| world.successes[success].place);
    let nameless = case.sub.is_none();
    if !(known || nameless) {
        return;
    }
    verdicts.push(
        Verdict::new(
            Cause::UserDeleted,
            "DR-04",
            if proven {
                0.60
            } else if known {
                0.50
            } else {
                0.42
            },
        )
        .variant("unlogged")
        .ground(success.is_some(), 0.05)
        .ground(known && links.success_after.is_none(), 0.05)
        .shows(success, "the user was still let through")
        .against("a later request of the user went through", links.success_after.is_some(), 0.30)
        .cap(!world.audited, 0.60, "no source that would tell of deletions")
        .cap(nameless, 0.50, "no line names the subject"),
    );
}

fn says(variant: Option<&str>) -> &'static str {
    match variant {
        Some("soft") => "The account was deleted softly: its sessions are gone, its tokens still verify",
        Some("self_service") => "The account deleted itself and then signed out",
        Some("unlogged") => "The user is gone, and no line tells of the deletion",
        _ => "The user was deleted while their token was still valid",
    }
}

fn fix(variant: Option<&str>) -> &'static str {
    match variant {
        Some("self_service") => "Sign out locally before deleting the account; ignore this answer on logout",
        Some("unlogged") => {
            "Delete users through an audited path, or add the database log or audit log of the window to the inputs; then revoke sessions in the deletion flow"
        }
        _ => {
            "Revoke the user's sessions in the deletion flow, make clients drop the session on this answer, and shorten the token lifetime; it ends by itself when the last token expires"
        }
    }
}
