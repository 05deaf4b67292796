//! `user_never_existed`: wrong id, or a token of another environment or tenant. DR-07, DR-08, DR-09.
//!
//! # What it says
//! The token names a user or a key that this environment never knew.
//!
//! # Evidence
//! No creation, login or accepted request of the subject in all inputs; a tenant other than the subject's own; an
//! id of another shape; a key that was never announced here.
//!
//! # Not to be confused with
//! A user that was deleted: that one was created or accepted before. An enumeration from one address (`probing`).

use crate::causes::rule::{Outcome, Rule, RuleKind};
use crate::causes::verdict::{CauseRules, Links, Verdict};
use crate::facts::address::Strangers;
use crate::facts::scope::Scope;
use crate::facts::view::Facts;
use crate::group::merge::Case;
use crate::model::event::{Cause, Reason};
use crate::model::words::{RuleId, Variant};

/// A token counts as older than its user from this difference on, in seconds.
const SKEW: i64 = 60;

/// The rules of this cause.
pub const RULES: CauseRules = CauseRules {
    cause: Cause::UserNeverExisted,
    reasons: &[Reason::SubNotFound, Reason::KeyNotFound, Reason::SignatureInvalid, Reason::JwksUnavailable],
    judge,
    says: SAYS,
    fix: FIX,
    verify: VERIFY,
    ends: ENDS,
    rules: &[&DR_07, &DR_08, &DR_09, &DR_10],
};

const SAYS: &str = "The token names a user or key that this environment never knew: it comes from another one";
const FIX: &str =
    "Use separate keys for each environment, check `iss`, and clear stored sessions when a client changes environment";
const VERIFY: &str = "No refusal names a subject, key or issuer of another environment for a day";
const ENDS: &str = "Not by itself: the client keeps its token";

/// The token names a user or key of another environment.
pub static DR_07: Rule = Rule {
    id: RuleId::Dr07,
    cause: Cause::UserNeverExisted,
    kind: RuleKind::Diagnosis,
    name: "The token names a user or key of another environment",
    symptom: "A subject or key that no line of these logs ever named is refused.",
    requires: &[
        "No creation, login or accepted request of the subject in the inputs; or a key that nobody here announced or used while others are known",
    ],
    supports: &[
        "Its key is not one of those known here",
        "Its issuer is none of the expected ones, or not the usual one",
        "The user table does not have the user",
        "Many other users are known, so that this one would be",
    ],
    counters: &["The user table has the user", "Any earlier trace of the subject or key"],
    confidence: "Possible (0.62), likely with two of the grounds; at most 0.50 without any source that knows which users exist, 0.55 where no line names the subject.",
    outcomes: &[Outcome { variant: Some(Variant::OtherEnvironment), says: SAYS, fix: FIX }],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::Subject, Scope::Client, Scope::Key, Scope::All],
    scenario: "user_never_existed/other_environment",
};

/// The user belongs to another tenant than the request went to.
pub static DR_08: Rule = Rule {
    id: RuleId::Dr08,
    cause: Cause::UserNeverExisted,
    kind: RuleKind::Diagnosis,
    name: "The user belongs to another tenant than the request went to",
    symptom: "A subject that works in one tenant is unknown in another.",
    requires: &["The subject is known here in tenants that are named, and the tenant of the request is none of them"],
    supports: &[],
    counters: &["The user was deleted before the failure"],
    confidence: "Likely (0.88).",
    outcomes: &[Outcome {
        variant: Some(Variant::TenantMixup),
        says: "The user belongs to another tenant than the request went to",
        fix: "Bind tokens to a tenant by issuer or audience, and check it before the lookup; correct the client's tenant",
    }],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::Subject],
    scenario: "user_never_existed/tenant_mixup",
};

/// The tokens carry another kind of id than the user store uses.
pub static DR_09: Rule = Rule {
    id: RuleId::Dr09,
    cause: Cause::UserNeverExisted,
    kind: RuleKind::Diagnosis,
    name: "The tokens carry another kind of id than the user store uses",
    symptom: "Subjects of another shape than those that get through (an e-mail, a client id, `provider|id`) are unknown, and always were.",
    requires: &["The subject is unknown here, and its shape is not that of subjects that get through"],
    supports: &["As for DR-07"],
    counters: &[
        "The user table has the user",
        "A change of the issuer or the service at the onset: then the mapping changed, and the cause is misconfiguration",
    ],
    confidence: "Likely (0.77), confirmed with another ground of DR-07.",
    outcomes: &[Outcome {
        variant: Some(Variant::WrongIdentifier),
        says: "The tokens carry another kind of id than the user store uses",
        fix: "Map the identifier that the store uses into `sub` for this client",
    }],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::Subject, Scope::Key, Scope::All],
    scenario: "user_never_existed/wrong_identifier",
};

/// The token is older than the user it names.
pub static DR_10: Rule = Rule {
    id: RuleId::Dr10,
    cause: Cause::UserNeverExisted,
    kind: RuleKind::DiagnosisAndFinding,
    name: "The token is older than the user it names",
    symptom: "A token that was issued before its user was created: refused, or let through to another person's account.",
    requires: &["The token tells when it was issued", "The subject was created more than a minute later"],
    supports: &[],
    counters: &[],
    confidence: "Likely (0.88). As a security finding it is of high severity wherever such a token got through.",
    outcomes: &[Outcome {
        variant: Some(Variant::IdReused),
        says: "The token is older than the user it names: the id was given to another person",
        fix: "Change the key to end all tokens at once, never reuse ids, and refuse tokens older than the account",
    }],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::Subject],
    scenario: "user_never_existed/token_older_than_its_user",
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
        && iat + SKEW < facts.lifecycle[created].time.timestamp()
    {
        verdicts.push(Verdict::new(&DR_10, 0.88).variant(Variant::IdReused).blame(
            facts,
            created,
            "the user was created after the token was issued",
        ));
    }
    if let Some(known) = facts.subjects.get(&sub).filter(|subject| subject.proven) {
        let elsewhere = case.tenant.is_some_and(|tenant| !known.tenants.is_empty() && !known.tenants.contains(&tenant));
        if elsewhere {
            verdicts.push(Verdict::new(&DR_08, 0.88).variant(Variant::TenantMixup).against(
                "the user was deleted before the failure",
                links.deleted.is_some(),
                0.30,
            ));
        }
        return;
    }
    let foreign_key = case.kid.is_some_and(|kid| !facts.keys.is_empty() && !facts.knows_key(kid));
    let in_table = crate::causes::user_deleted::in_table(case, facts);
    let odd = facts.history.is_odd(sub);
    let tried = facts.signs(case).strangers != Strangers::Few;
    let alone = !odd && crate::causes::user_deleted::is_own_token(case, facts);
    let expected = case.iss.and_then(|iss| facts.inventory.expects_issuer(&iss.text()));
    let unusual = case.iss.is_some() && facts.history.issuer.is_some() && case.iss != facts.history.issuer;
    let foreign_issuer = expected.map_or(unusual, |expected| !expected);
    let (rule, variant) = if odd { (&DR_09, Variant::WrongIdentifier) } else { (&DR_07, Variant::OtherEnvironment) };
    verdicts.push(
        Verdict::new(rule, 0.62)
            .variant(variant)
            .ground(odd, 0.15)
            .ground(foreign_key, 0.15)
            .ground(foreign_issuer, 0.15)
            .ground(in_table == Some(false), 0.10)
            .against("the user table has the user", in_table, 0.40)
            .ground(facts.known_subjects >= 20, 0.10)
            .against("any earlier trace of the subject", false, 0.0)
            .against("the address names many others, each once", tried, 0.15)
            .against("the client names no other, and repeats it", alone, 0.15)
            .cap(!facts.audited && facts.known_subjects == 0, 0.50, "no source that knows which users exist"),
    );
}

/// A client that was never let in anywhere and whose refusals name no subject, where other such clients had been let in.
fn stranger(case: &Case, facts: &Facts<'_>) -> Option<Verdict> {
    let client = facts.history.clients.get(&case.client_ip?)?;
    let never = facts.history.was_let_in(case) == Some(false) && client.issued.is_empty() && client.let_in.is_empty();
    (never && client.nameless >= 3).then(|| {
        Verdict::new(&DR_07, 0.48).variant(Variant::OtherEnvironment).against("the client got in at any time", false, 0.0).cap(
            true,
            0.55,
            "no line names the subject",
        )
    })
}

/// A key that was never announced or used here, while others are known.
fn key(case: &Case, facts: &Facts<'_>, verdicts: &mut Vec<Verdict>) {
    let Some(kid) = case.kid else { return };
    if facts.knows_key(kid) || !facts.keys.values().any(|key| key.used || key.added.is_some() || key.rotated.is_some()) {
        return;
    }
    let stranger = case.sub.is_none_or(|sub| !facts.knows(sub));
    verdicts.push(
        Verdict::new(&DR_07, 0.62).variant(Variant::OtherEnvironment).ground(stranger && case.sub.is_some(), 0.15).against(
            "the key was ever announced or used here",
            false,
            0.0,
        ),
    );
}
