//! `misconfiguration`: issuer, audience, claim mapping, the wrong kind of token, a bad deploy.
//! DR-15, DR-18, DR-19, DR-20, DR-31, DR-32, DR-45.
//!
//! # What it says
//! The token is genuine and not what this verifier expects: one of the two is set up wrongly.
//!
//! # Evidence
//! The reason itself; a change with which the refusals began, of the service, of one that fronts it or of the issuer whose
//! tokens it accepts; a token whose role or client shows that no user stands behind it.
//!
//! # Not to be confused with
//! A user deletion, which never explains a missing claim. A restart with the same version and settings, which changed
//! nothing.

use chrono::{DateTime, TimeDelta, Utc};

use crate::causes::rule::{Outcome, Rule, RuleKind};
use crate::causes::verdict::{CauseRules, Links, ORDER_TOLERANCE, Verdict};
use crate::facts::scope::Scope;
use crate::facts::view::{Began, Facts, ONSET};
use crate::group::merge::Case;
use crate::group::service_name::plain_name;
use crate::model::event::{Cause, Reason};
use crate::model::words::{RuleId, Variant};

/// The rules of this cause.
pub const RULES: CauseRules = CauseRules {
    cause: Cause::Misconfiguration,
    reasons: &[
        Reason::SubMissing,
        Reason::IssuerInvalid,
        Reason::AudienceInvalid,
        Reason::ClaimInvalid,
        Reason::ScopeInsufficient,
        Reason::AlgorithmNotAllowed,
        Reason::SubNotFound,
        Reason::SignatureInvalid,
        Reason::KeyNotFound,
        Reason::JwksUnavailable,
        Reason::TokenMalformed,
    ],
    judge,
    says: SAYS,
    fix: FIX,
    verify: VERIFY,
    ends: ENDS,
    rules: &[&DR_05, &DR_09, &DR_15, &DR_16, &DR_18, &DR_19, &DR_20, &DR_25, &DR_27, &DR_28, &DR_31, &DR_32, &DR_33, &DR_45],
};

const SAYS: &str = "The token's scopes or roles do not suffice";
const FIX: &str = "Grant the scope or role to the client, or correct the route's requirement; force a refresh after role changes";
const VERIFY: &str = "New tokens get through at the service, and the refusals stop at once";
const ENDS: &str = "Not by itself";

/// The service looks into another database since its deploy.
pub static DR_05: Rule = Rule {
    id: RuleId::Dr05,
    cause: Cause::Misconfiguration,
    kind: RuleKind::Diagnosis,
    name: "The service looks into another database since its deploy",
    symptom: "Everybody is unknown at one service from a deploy on.",
    requires: &[
        "The subject is one of many that vanished within minutes, and the service was deployed or its configuration changed just before",
        "Or: for a while the service did not find many users who get through elsewhere and later, and hardly any before and after that",
    ],
    supports: &["A user who is new since then gets through", "The service was started or changed just before"],
    counters: &["A user store failed at that time"],
    confidence: "Likely (0.80 to 0.87; 0.78 for a while before which no change of the service is on record).",
    outcomes: &[Outcome {
        variant: Some(Variant::WrongDatabase),
        says: "The service looks into another database since its deploy: everybody vanished at once",
        fix: "Check the connection string of the deploy; change it back, and the old users return",
    }],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::All],
    scenario: "user_deleted/wrong_database",
};

/// The tokens carry another kind of id since a change.
pub static DR_09: Rule = Rule {
    id: RuleId::Dr09,
    cause: Cause::Misconfiguration,
    kind: RuleKind::Diagnosis,
    name: "The tokens carry another kind of id since a change",
    symptom: "Subjects of another shape than before are unknown, from a change of the issuer or the service on.",
    requires: &[
        "The subject is unknown here, and its shape is not that of subjects that get through",
        "Such refusals began with the change: at least five times as many as before, and no later than their pace lets expect",
    ],
    supports: &[],
    counters: &[],
    confidence: "Likely (0.80).",
    outcomes: &[Outcome {
        variant: Some(Variant::ClaimMapping),
        says: "The tokens carry no usable subject: the issuer stopped emitting the claim, or the verifier looks for another",
        fix: "Compare the last deploys of issuer and verifier: restore the mapper or scope that emits `sub`, or set the verifier's claim name to what is emitted",
    }],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::Subject, Scope::All],
    scenario: "misconfiguration/identifier_changed_by_a_mapper",
};

/// An API key was sent where a user's token belongs.
pub static DR_15: Rule = Rule {
    id: RuleId::Dr15,
    cause: Cause::Misconfiguration,
    kind: RuleKind::Diagnosis,
    name: "An API key was sent where a user's token belongs",
    symptom: "Refusals for want of a subject where the token's role is that of a key (`anon`, `service_role`).",
    requires: &["The token has no subject, and its role is that of an API key"],
    supports: &["A change of the service at the onset"],
    counters: &["The refusals were as frequent before the change that is blamed"],
    confidence: "Confirmed by the role (0.90); 0.85 where no change of the service is on record.",
    outcomes: &[Outcome {
        variant: Some(Variant::ApiKeyAsUserToken),
        says: "An API key was sent where a user's token belongs",
        fix: "Do not call user endpoints without a session; pass the user's access token",
    }],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::All],
    scenario: "misconfiguration/api_key_as_user_token",
};

/// The application server asks without the session of people who are signed in.
pub static DR_16: Rule = Rule {
    id: RuleId::Dr16,
    cause: Cause::Misconfiguration,
    kind: RuleKind::Diagnosis,
    name: "The application server asks without the session of people who are signed in",
    symptom: "Refusals for want of a subject come from a server's address while people get through from their browsers.",
    requires: &[
        "The client is a server by its address or user agent",
        "It is refused so five times or more and never gets in",
        "Five other clients or more get in",
    ],
    supports: &["A change of the service at the onset"],
    counters: &["The same address gets through with any session"],
    confidence: "Likely (0.70), confirmed with a change at the onset.",
    outcomes: &[Outcome {
        variant: Some(Variant::SessionNotForwarded),
        says: "The application server asks without the session of people who are signed in",
        fix: "Use the framework's cookie adapter, forward the user's token, and create one client a request",
    }],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::Client, Scope::All],
    scenario: "misconfiguration/session_not_forwarded",
};

/// The issuer stopped emitting the subject.
pub static DR_18: Rule = Rule {
    id: RuleId::Dr18,
    cause: Cause::Misconfiguration,
    kind: RuleKind::Diagnosis,
    name: "The issuer stopped emitting the subject",
    symptom: "Tokens that were issued since some moment carry no subject; older ones work.",
    requires: &["The refusal says that the subject is missing"],
    supports: &["The issuer changed just before the first such refusal", "The token was issued after that change"],
    counters: &["A change of the verifier that lies nearer to the onset (DR-20)"],
    confidence: "Possible (0.65), likely where the issuer changed just before (0.70 to 0.85).",
    outcomes: &[Outcome {
        variant: Some(Variant::ClaimMapping),
        says: "The tokens carry no usable subject: the issuer stopped emitting the claim, or the verifier looks for another",
        fix: "Compare the last deploys of issuer and verifier: restore the mapper or scope that emits `sub`, or set the verifier's claim name to what is emitted",
    }],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::All],
    scenario: "misconfiguration/issuer_stopped_emitting_sub",
};

/// A machine's token was sent where a user's token belongs.
pub static DR_19: Rule = Rule {
    id: RuleId::Dr19,
    cause: Cause::Misconfiguration,
    kind: RuleKind::Diagnosis,
    name: "A machine's token was sent where a user's token belongs",
    symptom: "Refusals for want of a subject at a constant rate, of tokens that were issued to a client and no user.",
    requires: &["The token has no subject and names an OAuth client"],
    supports: &["A change of the service at the onset"],
    counters: &["The refusals were as frequent before the change that is blamed"],
    confidence: "Likely (0.75), confirmed with a change at the onset.",
    outcomes: &[Outcome {
        variant: Some(Variant::MachineToken),
        says: "A machine's token was sent where a user's token belongs",
        fix: "Route machine clients to machine endpoints, or map the client to a service account",
    }],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::All],
    scenario: "misconfiguration/machine_token",
};

/// The verifier began to require a claim that the tokens do not carry.
pub static DR_20: Rule = Rule {
    id: RuleId::Dr20,
    cause: Cause::Misconfiguration,
    kind: RuleKind::Diagnosis,
    name: "The verifier began to ask for a claim that the tokens do not carry",
    symptom: "Refusals for want of a subject at one verifier since its own deploy, of tokens from before it.",
    requires: &[
        "The verifier or what fronts it changed, and such refusals began with it",
        "The token was issued before the change",
    ],
    supports: &[],
    counters: &[],
    confidence: "Likely (0.80).",
    outcomes: &[Outcome {
        variant: Some(Variant::VerifierClaimConfig),
        says: "The verifier began to ask for a claim that the tokens do not carry",
        fix: "Set the verifier's subject claim to what the issuer emits (`sub`, `oid`, `user_id`)",
    }],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::All],
    scenario: "misconfiguration/verifier_claim_config",
};

/// Signer and verifier disagree on the key.
pub static DR_25: Rule = Rule {
    id: RuleId::Dr25,
    cause: Cause::Misconfiguration,
    kind: RuleKind::Diagnosis,
    name: "Signer and verifier disagree on the key",
    symptom: "No signature verifies since a change, of new tokens neither.",
    requires: &[
        "A rotation or a change of the service before the failure",
        "No token was accepted there since",
        "Three tokens or more that were issued since fail too",
    ],
    supports: &[],
    counters: &["Any token that verified since"],
    confidence: "Likely (0.78).",
    outcomes: &[Outcome {
        variant: Some(Variant::SecretMismatch),
        says: "Signer and verifier disagree on the key: no token verifies, new ones neither",
        fix: "Put the same secret, in the same encoding, on both sides; derive API keys anew after changing it",
    }],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::All],
    scenario: "misconfiguration/secret_mismatch",
};

/// The verifier uses one key of several.
pub static DR_27: Rule = Rule {
    id: RuleId::Dr27,
    cause: Cause::Misconfiguration,
    kind: RuleKind::Diagnosis,
    name: "The verifier uses one key of several",
    symptom: "Tokens of the old key are refused from the moment a new one was added, although nobody retired the old.",
    requires: &[
        "The token's key had verified at this service",
        "Another key was added no more than an hour before the first refusal",
        "No line tells of a change of the token's own key",
    ],
    supports: &["Other services accept the old key since"],
    counters: &[],
    confidence: "Possible (0.65), likely where other services accept it (0.80).",
    outcomes: &[Outcome {
        variant: Some(Variant::SingleKeyVerifier),
        says: "The verifier uses one key of several, and dropped the old one when a new one was added",
        fix: "Choose keys by id; upgrade the verifier; until then retire old keys late",
    }],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::Key, Scope::All],
    scenario: "misconfiguration/single_key_verifier",
};

/// The verifier cannot reach the key set at all.
pub static DR_28: Rule = Rule {
    id: RuleId::Dr28,
    cause: Cause::Misconfiguration,
    kind: RuleKind::Diagnosis,
    name: "The verifier cannot reach the key set at all",
    symptom: "The verifier says for half an hour or more that it could not get the key set, and nothing gets through.",
    requires: &[
        "The verifier says that it could not get the key set, for 30 minutes or more",
        "No request was accepted there since",
    ],
    supports: &[],
    counters: &["The key set was reached at any time since"],
    confidence: "Likely (0.72).",
    outcomes: &[Outcome {
        variant: Some(Variant::Permanent),
        says: "The key set cannot be reached from the verifier at all",
        fix: "Give the verifier a key URL that it can reach, trust the certificate, and let it retry after its start",
    }],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::All],
    scenario: "misconfiguration/jwks_unreachable",
};

/// The issuer in the tokens is not the one the verifier expects.
pub static DR_31: Rule = Rule {
    id: RuleId::Dr31,
    cause: Cause::Misconfiguration,
    kind: RuleKind::Diagnosis,
    name: "The issuer in the tokens is not the one the verifier expects",
    symptom: "All new tokens are refused for their issuer from some moment on.",
    requires: &["The reason itself"],
    supports: &["The issuer or the service changed just before", "What `--expect-issuer` says of the token's issuer"],
    counters: &["The refusals were as frequent before the change that is blamed"],
    confidence: "Likely (0.70), up to 0.95 with both grounds. The evidence shows the two issuers side by side.",
    outcomes: &[Outcome {
        variant: Some(Variant::IssuerMismatch),
        says: "The issuer in the tokens is not the one the verifier expects",
        fix: "Pin the issuer on both sides, character for character (scheme, port, trailing slash); accept both during a move",
    }],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::All],
    scenario: "misconfiguration/issuer_changed_its_name",
};

/// The token is meant for another audience or use.
pub static DR_32: Rule = Rule {
    id: RuleId::Dr32,
    cause: Cause::Misconfiguration,
    kind: RuleKind::Diagnosis,
    name: "The token is meant for another audience or use",
    symptom: "Tokens of one client are refused for their audience, for a claim or for their algorithm.",
    requires: &["The reason itself"],
    supports: &["The service changed just before"],
    counters: &["The refusals were as frequent before the change that is blamed"],
    confidence: "Likely for an audience (0.70), possible for another claim (0.62) or an algorithm (0.55); 0.20 more with a change at the onset.",
    outcomes: &[
        Outcome {
            variant: Some(Variant::WrongAudience),
            says: "The tokens are meant for another audience than the verifier expects",
            fix: "Request the right audience, or set the verifier's audience back; deploy the two together",
        },
        Outcome {
            variant: Some(Variant::WrongTokenType),
            says: "A token of the wrong kind was sent, or a claim is not as the verifier demands",
            fix: "Send the access token, not the refresh or ID token; check `typ` and the claims that the verifier demands",
        },
    ],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::All],
    scenario: "misconfiguration/deploy_after_the_onset",
};

/// A client sends broken tokens: a placeholder, or cut by a size limit.
pub static DR_33: Rule = Rule {
    id: RuleId::Dr33,
    cause: Cause::Misconfiguration,
    kind: RuleKind::Diagnosis,
    name: "A client sends broken tokens: a placeholder, or cut by a size limit",
    symptom: "One client sends tokens that cannot be parsed, again and again.",
    requires: &["Three such refusals of one client within ten minutes of each other"],
    supports: &[],
    counters: &["The client sends forged tokens as well (DR-39)"],
    confidence: "Possible (0.45).",
    outcomes: &[Outcome {
        variant: Some(Variant::BrokenToken),
        says: "A client sends broken tokens: a placeholder, or cut by a size limit",
        fix: "Do not send the header without a token; raise header limits or shrink claims",
    }],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::Client],
    scenario: "misconfiguration/cut_token",
};

/// The token's scopes or roles do not suffice.
pub static DR_45: Rule = Rule {
    id: RuleId::Dr45,
    cause: Cause::Misconfiguration,
    kind: RuleKind::Diagnosis,
    name: "The token's scopes or roles do not suffice",
    symptom: "A good token is refused for want of a scope or role.",
    requires: &["The reason itself"],
    supports: &["The service changed just before"],
    counters: &["The refusals were as frequent before the change that is blamed"],
    confidence: "Possible (0.65), likely with a change at the onset (0.85).",
    outcomes: &[Outcome { variant: Some(Variant::ScopeOrRole), says: SAYS, fix: FIX }],
    verify: VERIFY,
    ends: ENDS,
    reads: &[Scope::All],
    scenario: "misconfiguration/scope",
};

fn judge(case: &Case, _: &Links, facts: &Facts<'_>, verdicts: &mut Vec<Verdict>) {
    match case.reason {
        Reason::SubNotFound => {
            verdicts.extend(wrong_database(case, facts));
            verdicts.extend(other_identifier(case, facts));
        }
        Reason::SignatureInvalid | Reason::KeyNotFound => {
            verdicts.extend(single_key(case, facts));
            verdicts.extend(secret_mismatch(case, facts));
        }
        Reason::JwksUnavailable => verdicts.extend(never_reached(case, facts).then(|| {
            Verdict::new(&DR_28, 0.72).variant(Variant::Permanent).against(
                "the key set was reached at any time since",
                false,
                0.0,
            )
        })),
        Reason::TokenMalformed => verdicts.extend(broken_token(case, facts)),
        Reason::SubMissing => subject_missing(case, facts, verdicts),
        Reason::IssuerInvalid => verdicts.push(issuer(case, facts)),
        Reason::AudienceInvalid => verdicts.push(after_a_change(case, facts, verdict(&DR_32, Variant::WrongAudience, 0.70))),
        // A forger tries more than that: without it, issuer and verifier disagree on the algorithm.
        Reason::AlgorithmNotAllowed => verdicts.push(after_a_change(case, facts, verdict(&DR_32, Variant::WrongTokenType, 0.55))),
        Reason::ClaimInvalid => verdicts.push(after_a_change(case, facts, verdict(&DR_32, Variant::WrongTokenType, 0.62))),
        Reason::ScopeInsufficient => verdicts.push(after_a_change(case, facts, verdict(&DR_45, Variant::ScopeOrRole, 0.65))),
        _ => {}
    }
}

fn verdict(rule: &'static Rule, variant: Variant, base: f64) -> Verdict {
    Verdict::new(rule, base).variant(variant)
}

/// Blames the change on the case's way with which the failures began.
fn after_a_change(case: &Case, facts: &Facts<'_>, verdict: Verdict) -> Verdict {
    if let Some(began) = facts.change_at_onset(case) {
        let says = facts.tell_change(began.change, "the service was deployed or its configuration changed");
        return verdict.ground(true, 0.20).against("the failures were as frequent before the change", false, 0.0).blame(
            facts,
            began.change,
            says,
        );
    }
    let verdict = verdict.cap(true, 0.85, "no deploy or configuration change of the service with which they began");
    let Some(index) = facts.last_change(case) else { return verdict };
    if facts.is_restart(index) {
        let says = "a restart of the service caused it: refuted, its version and settings are as before";
        return verdict.against(says, false, 0.0);
    }
    // Failures that began before a change are not caused by it.
    let (before, _) = facts.around(case, facts.lifecycle[index].time);
    if before >= 3 {
        return verdict.against("a change of the service caused it (DR-44): refuted, the failures began before", false, 0.0);
    }
    verdict
}

fn subject_missing(case: &Case, facts: &Facts<'_>, verdicts: &mut Vec<Verdict>) {
    if is_key_role(case) {
        verdicts.push(after_a_change(case, facts, verdict(&DR_15, Variant::ApiKeyAsUserToken, 0.90)));
        return;
    }
    verdicts.extend(session_lost(case, facts));
    // A change of the verifier itself, and a token from before it: it requires another claim now.
    let own = facts.change_at_onset(case);
    let old_token = |index: usize| case.iat.is_some_and(|iat| iat < facts.lifecycle[index].time.timestamp());
    if let Some(began) = own.filter(|began| old_token(began.change)) {
        let says = "the verifier was deployed or its configuration changed, and tokens from before it fail";
        let found = verdict(&DR_20, Variant::VerifierClaimConfig, 0.80);
        verdicts.push(found.blame(facts, began.change, facts.tell_change(began.change, says)));
        return;
    }
    // Of two changes the one nearer to the onset.
    let time = |began: Began| facts.lifecycle[began.change].time;
    let nearer = |issuer: &Began| own.is_none_or(|own| (own.onset.before, time(*issuer)) >= (issuer.onset.before, time(own)));
    if let Some(began) = facts.issuer_change_at_onset(case).filter(nearer) {
        let fresh = case.iat.is_some_and(|iat| iat >= time(began).timestamp());
        let client = case.client_id.map(|client| format!("the tokens were issued to `{client}`"));
        let says = facts.tell_change(began.change, "the issuer changed just before the first token without a subject");
        let mut found = verdict(&DR_18, Variant::ClaimMapping, 0.70).ground(fresh, 0.15).blame(facts, began.change, says);
        if let Some(client) = client {
            found = found.shows(Some(case.line), client);
        }
        verdicts.push(found);
        return;
    }
    let machine = case.client_id.is_some();
    let (rule, variant, base) =
        if machine { (&DR_19, Variant::MachineToken, 0.75) } else { (&DR_18, Variant::ClaimMapping, 0.65) };
    verdicts.push(after_a_change(case, facts, verdict(rule, variant, base)));
}

/// DR-16: an application server asks without the session of the people who are signed in from their browsers.
fn session_lost(case: &Case, facts: &Facts<'_>) -> Option<Verdict> {
    let client = facts.history.clients.get(&case.client_ip?)?;
    let agent = case.user_agent.unwrap_or_default().with(str::to_ascii_lowercase);
    let server = ["node", "undici", "axios", "python", "go-http", "ruby", "php", "java/", "okhttp"]
        .iter()
        .any(|name| agent.starts_with(name))
        || case
            .client_ip
            .is_some_and(|ip| ip.with(|ip| ["10.", "192.168.", "172."].iter().any(|network| ip.starts_with(network))));
    let others = facts.history.accepted_clients;
    (server && client.subjectless >= 5 && client.accepted.is_empty() && others >= 5).then(|| {
        after_a_change(case, facts, verdict(&DR_16, Variant::SessionNotForwarded, 0.70)).against(
            "the same address gets through with any session",
            false,
            0.0,
        )
    })
}

/// DR-31, with the two issuers side by side.
fn issuer(case: &Case, facts: &Facts<'_>) -> Verdict {
    let mut found = verdict(&DR_31, Variant::IssuerMismatch, 0.70);
    if let (Some(own), Some(usual)) = (&case.iss, &facts.history.issuer)
        && own != usual
    {
        found = found.shows(Some(case.line), format!("the token's issuer is `{own}`, accepted ones say `{usual}`"));
    }
    if let Some(expected) = case.iss.and_then(|iss| facts.inventory.expects_issuer(&iss.text())) {
        let says = if expected {
            "the token's issuer is an expected one: the verifier's setting is off"
        } else {
            "the token's issuer is none of the expected ones"
        };
        found = found.ground(true, 0.10).shows(Some(case.line), says);
    }
    match facts.issuer_change_at_onset(case).filter(|_| facts.change_at_onset(case).is_none()) {
        Some(began) => {
            let says = facts.tell_change(began.change, "the issuer changed just before");
            found.ground(true, 0.15).blame(facts, began.change, says)
        }
        None => after_a_change(case, facts, found),
    }
}

/// DR-05 with a deploy: the service looks into another database.
fn wrong_database(case: &Case, facts: &Facts<'_>) -> Option<Verdict> {
    if let Some(verdict) = blind(case, facts) {
        return Some(verdict);
    }
    let bulk = facts.history.bulks.iter().find(|bulk| case.sub.is_some_and(|sub| bulk.subjects.contains(&sub)))?;
    let index = facts.last_change(case).filter(|index| {
        let change = facts.lifecycle[*index].time;
        change <= bulk.start && bulk.start - change <= ONSET && !facts.is_restart(*index)
    })?;
    Some(verdict(&DR_05, Variant::WrongDatabase, 0.80).ground(bulk.newcomer.is_some(), 0.05).blame(
        facts,
        index,
        "the service was deployed just before many users vanished at once",
    ))
}

/// DR-05 for a spell: the service finds nobody, while the same users are found elsewhere and afterwards.
fn blind(case: &Case, facts: &Facts<'_>) -> Option<Verdict> {
    let spell = facts.history.spells.at(case.service?, case.time?)?;
    let change = facts.last_change(case).filter(|index| {
        let change = facts.lifecycle[*index].time;
        change <= spell.span.first + ORDER_TOLERANCE && spell.span.first - change <= ONSET && !facts.is_restart(*index)
    });
    let fails = facts.outages.iter().any(|outage| outage.start <= spell.span.last && spell.span.first <= outage.end);
    let says = format!(
        "{} users who get through elsewhere and later were not found here from {} to {}",
        spell.users,
        spell.span.first.format("%H:%M:%S"),
        spell.span.last.format("%H:%M:%S")
    );
    let mut found = verdict(&DR_05, Variant::WrongDatabase, 0.82)
        .shows(Some(case.line), says)
        .against("a user store failed at that time", fails, 0.30)
        .cap(change.is_none(), 0.78, "no deploy or configuration change of the service just before");
    if let Some(index) = change {
        found = found.ground(true, 0.05).blame(facts, index, "the service was started or changed just before");
    }
    Some(found)
}

/// DR-09 with an onset: a mapper emits another identifier since a change.
fn other_identifier(case: &Case, facts: &Facts<'_>) -> Option<Verdict> {
    case.sub.filter(|sub| facts.history.is_odd(*sub) && !facts.knows(*sub))?;
    let changes = [facts.change_at_onset(case), facts.issuer_change_at_onset(case)];
    let change = changes.into_iter().flatten().map(|began| began.change).max_by_key(|change| facts.lifecycle[*change].time)?;
    let says = facts.tell_change(change, "since this change the tokens carry another kind of id than users who get through");
    Some(verdict(&DR_09, Variant::ClaimMapping, 0.80).blame(facts, change, says))
}

/// DR-27: a key fails from the moment another is added, although nothing retired it.
fn single_key(case: &Case, facts: &Facts<'_>) -> Option<Verdict> {
    let (time, kid) = (case.time?, case.kid?);
    let key = facts.keys.get(&kid);
    if key.is_some_and(|key| key.retired.is_some() || key.superseded.is_some() || key.rotated.is_some() || key.added.is_some()) {
        return None;
    }
    let service = case.service.map(plain_name);
    let verdicts = &facts.history.verifiers;
    let here = verdicts.key_at(kid, case.service)?;
    let first_bad = here.refusals()?.first;
    let verified = here.accepted_before(first_bad);
    let end = facts.added_keys.partition_point(|index| facts.lifecycle[*index].time <= first_bad);
    let index = facts.added_keys[..end].iter().rev().copied().find(|index| facts.lifecycle[*index].key != kid)?;
    let added = facts.lifecycle[index].time;
    if first_bad - added > TimeDelta::hours(1) {
        return None;
    }
    let elsewhere = verdicts.key(kid).any(|(other, judged)| Some(other) != service && judged.accepted_after(added));
    (verified && time >= first_bad).then(|| {
        verdict(&DR_27, Variant::SingleKeyVerifier, 0.65).ground(elsewhere, 0.15).blame(
            facts,
            index,
            "another key was added, and this verifier dropped the old one",
        )
    })
}

/// DR-25: signer and verifier disagree since a change.
fn secret_mismatch(case: &Case, facts: &Facts<'_>) -> Option<Verdict> {
    if case.reason != Reason::SignatureInvalid {
        return None;
    }
    let index = facts.last_rotation(case).or_else(|| facts.last_change(case))?;
    let since = facts.lifecycle[index].time;
    let judged = facts.history.verifiers.at(case.service)?;
    let silent = !judged.accepted_after(since);
    (silent && fresh_tokens_fail(case, facts, since)).then(|| {
        verdict(&DR_25, Variant::SecretMismatch, 0.78)
            .blame(facts, index, "since this change no signature holds, of new tokens either")
            .against("any token verified since", false, 0.0)
    })
}

/// Whether tokens that were issued after `since` fail their signature at the case's service.
pub(crate) fn fresh_tokens_fail(case: &Case, facts: &Facts<'_>, since: DateTime<Utc>) -> bool {
    facts.history.verifiers.at(case.service).is_some_and(|judged| judged.unsound_since(since) >= 3)
}

/// Whether the key set was out of reach for long and nothing got through since: not a burst.
pub(crate) fn never_reached(case: &Case, facts: &Facts<'_>) -> bool {
    facts.history.verifiers.at(case.service).is_some_and(|judged| {
        judged.refused_for(Reason::JwksUnavailable).is_some_and(|refused| {
            refused.last - refused.first >= TimeDelta::minutes(30) && !judged.accepted_after(refused.first)
        })
    })
}

/// DR-33: one client sends broken tokens again and again.
fn broken_token(case: &Case, facts: &Facts<'_>) -> Option<Verdict> {
    let client = facts.history.clients.get(&case.client_ip?)?;
    let time = case.time?;
    let near = client.malformed.partition_point(|other| *other <= time + TimeDelta::minutes(10))
        - client.malformed.partition_point(|other| *other < time - TimeDelta::minutes(10));
    (near >= 3 && !facts.signs(case).forges)
        .then(|| verdict(&DR_33, Variant::BrokenToken, 0.45).cap(true, 0.60, "no line shows the token's form"))
}

/// A role that belongs to an API key, not to a user.
fn is_key_role(case: &Case) -> bool {
    case.role.is_some_and(|role| role == "anon" || role == "service_role")
}
