//! `user_never_existed`: wrong id, or a token of another environment or tenant. DR-07, DR-08, DR-09.
//!
//! # What it says
//! The token names somebody, or a key, that this environment never knew.
//!
//! # Evidence
//! No creation, login or accepted request of the subject in all inputs; a tenant other than the subject's own; an
//! id of another shape; a key nobody here ever announced.
//!
//! # Not to be confused with
//! A user that was deleted: that one has a past. An enumeration from one address (`probing`).

use crate::causes::verdict::{CauseRules, Links, Verdict};
use crate::facts::world::Facts;
use crate::group::merge::Case;
use crate::model::event::{Cause, Reason};

/// A token this much older than its user, in seconds, is older.
const SKEW: i64 = 60;

/// The rules of this cause.
pub const RULES: CauseRules = CauseRules {
    cause: Cause::UserNeverExisted,
    reasons: &[Reason::SubNotFound, Reason::KeyNotFound, Reason::SignatureInvalid, Reason::JwksUnavailable],
    judge,
    says,
    fix,
    verify: "No refusal names a subject, key or issuer of another environment for a day",
    ends: "Not by itself: the client keeps its token",
};

fn judge(case: &Case, links: &Links, facts: &Facts<'_>, verdicts: &mut Vec<Verdict>) {
    match case.reason {
        Reason::SubNotFound => subject(case, links, facts, verdicts),
        Reason::KeyNotFound | Reason::SignatureInvalid | Reason::JwksUnavailable => key(case, facts, verdicts),
        _ => {}
    }
}

fn subject(case: &Case, links: &Links, facts: &Facts<'_>, verdicts: &mut Vec<Verdict>) {
    let Some(sub) = case.sub else {
        verdicts.extend(stranger(case, facts));
        return;
    };
    if let (Some(created), Some(iat)) = (links.created, case.iat)
        && iat + SKEW < facts.happenings[created].time.timestamp()
    {
        verdicts.push(Verdict::new(Cause::UserNeverExisted, "DR-10", 0.88).variant("id_reused").blame(
            facts,
            created,
            "the user was created after the token was issued",
        ));
    }
    if let Some(known) = facts.subjects.get(&sub).filter(|subject| subject.proven) {
        let elsewhere = case.tenant.is_some_and(|tenant| !known.tenants.is_empty() && !known.tenants.contains(&tenant));
        if elsewhere {
            verdicts.push(Verdict::new(Cause::UserNeverExisted, "DR-08", 0.88).variant("tenant_mixup").against(
                "the user was deleted before the failure",
                links.deleted.is_some(),
                0.30,
            ));
        }
        return;
    }
    let foreign_key = case.kid.is_some_and(|kid| !facts.keys.is_empty() && !facts.knows_key(kid));
    let in_table = crate::causes::user_deleted::in_table(case, facts);
    let odd = facts.history.is_odd(&sub);
    let expected = case.iss.as_deref().and_then(|iss| facts.inventory.expects_issuer(iss));
    let unusual = case.iss.is_some() && facts.history.issuer.is_some() && case.iss != facts.history.issuer;
    let foreign_issuer = expected.map_or(unusual, |expected| !expected);
    let (rule, variant) = if odd { ("DR-09", "wrong_identifier") } else { ("DR-07", "other_environment") };
    verdicts.push(
        Verdict::new(Cause::UserNeverExisted, rule, 0.62)
            .variant(variant)
            .ground(odd, 0.15)
            .ground(foreign_key, 0.15)
            .ground(foreign_issuer, 0.15)
            .ground(in_table == Some(false), 0.10)
            .against("the user table has the user", in_table, 0.40)
            .ground(facts.known_subjects >= 20, 0.10)
            .against("any earlier trace of the subject", false, 0.0)
            .cap(!facts.audited && facts.known_subjects == 0, 0.50, "no source that knows which users exist"),
    );
}

/// A client that never got in anywhere and names nobody, where other such clients had.
fn stranger(case: &Case, facts: &Facts<'_>) -> Option<Verdict> {
    let client = facts.history.clients.get(&case.client_ip?)?;
    let never = facts.history.was_let_in(case) == Some(false) && client.issued.is_empty() && client.let_in.is_empty();
    (never && client.nameless >= 3).then(|| {
        Verdict::new(Cause::UserNeverExisted, "DR-07", 0.48)
            .variant("other_environment")
            .against("the client got in at any time", false, 0.0)
            .cap(true, 0.55, "no line names the subject")
    })
}

/// A key that nobody here announced or used, while others are known.
fn key(case: &Case, facts: &Facts<'_>, verdicts: &mut Vec<Verdict>) {
    let Some(kid) = case.kid else { return };
    if facts.knows_key(kid) || !facts.keys.values().any(|key| key.used || key.added.is_some() || key.rotated.is_some()) {
        return;
    }
    let stranger = case.sub.is_none_or(|sub| !facts.knows(sub));
    verdicts.push(
        Verdict::new(Cause::UserNeverExisted, "DR-07", 0.62)
            .variant("other_environment")
            .ground(stranger && case.sub.is_some(), 0.15)
            .against("the key was ever announced or used here", false, 0.0),
    );
}

fn says(variant: Option<&str>) -> &'static str {
    match variant {
        Some("tenant_mixup") => "The user belongs to another tenant than the request went to",
        Some("id_reused") => "The token is older than the user it names: the id was given to another person",
        Some("wrong_identifier") => "The tokens carry another kind of id than the user store uses",
        _ => "The token names a user or key that this environment never knew: it comes from another one",
    }
}

fn fix(variant: Option<&str>) -> &'static str {
    match variant {
        Some("tenant_mixup") => {
            "Bind tokens to a tenant by issuer or audience, and check it before the lookup; correct the client's tenant"
        }
        Some("id_reused") => {
            "Change the key to end all tokens at once, never reuse ids, and refuse tokens older than the account"
        }
        Some("wrong_identifier") => "Map the identifier that the store uses into `sub` for this client",
        _ => "Use separate keys for each environment, check `iss`, and clear stored sessions when a client changes environment",
    }
}
