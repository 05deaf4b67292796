//! The table of reasons: a thing, its state, and what that means for a refusal.
//!
//! Each reason comes with a weight from 1 (the words say little: "invalid token") to 9 (no other reason has these words).

use crate::extract::phrase::clause::Finding;
use crate::extract::phrase::concept::{Form, Noun, State};
use crate::extract::phrase::signs::Signs;
use crate::model::words::Reason;

use State as S;

/// A reason and how specific its words are.
type Weighed = Option<(Reason, u8)>;

/// What it means that a token could not be verified, where nothing else is told.
const UNVERIFIED: Reason = Reason::SignatureInvalid;

/// The reason that a finding gives.
pub(super) fn of(finding: &Finding, signs: Signs) -> Weighed {
    let Some(named) = finding.noun else {
        let unaddressed = finding.state == S::Missing && finding.place == Some(Noun::Audience);
        return if unaddressed { Some((Reason::AudienceInvalid, 7)) } else { bare(finding, signs) };
    };
    let noun = meant(named, finding);
    // Only of a token as a whole it makes a difference that it was to be verified.
    let unverified = finding.state == S::Unverified;
    if unverified && matches!(noun, Noun::Token | Noun::Credential) {
        return Some((if noun == Noun::Token { UNVERIFIED } else { Reason::Other }, 1));
    }
    let finding = &Finding { state: if unverified { S::Mismatch } else { finding.state }, ..*finding };
    // What is wrong inside a key set leaves the verifier without one.
    let inside = matches!(
        noun,
        Noun::Algorithm | Noun::Signature | Noun::Shape | Noun::OtherClaim | Noun::Type | Noun::Foreign | Noun::Record
    );
    let of_keys = [finding.topic, finding.place, finding.holder].contains(&Some(Noun::KeySet));
    if of_keys && inside && !matches!(finding.state, S::Expired | S::NotYet) {
        return Some((Reason::JwksUnavailable, 8));
    }
    // "The subject has the wrong type"
    if noun == Noun::Type
        && let Some(reason) = of_type(finding.holder)
    {
        return Some((reason, 7));
    }
    // "The kid header is not a string"
    if finding.state == S::Malformed
        && matches!(noun, Noun::Key | Noun::Algorithm)
        && (matches!(finding.topic, Some(Noun::Carrier | Noun::Shape))
            || matches!(finding.place, Some(Noun::Carrier | Noun::Shape)))
    {
        return Some((Reason::TokenMalformed, 9));
    }
    match noun {
        Noun::User => Some(user(finding, signs)),
        Noun::Subject | Noun::Sub => subject(noun, finding, signs),
        Noun::Token | Noun::Refresh => token(noun, finding, signs),
        Noun::Credential | Noun::Carrier => carrier(noun, finding),
        Noun::Key | Noun::KeySet => key(noun, finding),
        Noun::Signature | Noun::Algorithm | Noun::Shape => form_of_token(noun, finding, signs),
        Noun::Issuer | Noun::Audience | Noun::Session | Noun::Scope => circumstance(noun, finding.state),
        Noun::Claim | Noun::Expiry | Noun::Start | Noun::OtherClaim | Noun::Type => claim(noun, finding),
        Noun::Store | Noun::Endpoint | Noun::Client | Noun::Record | Noun::Foreign => surroundings(noun, finding, signs),
        Noun::Veto => None,
    }
}

/// What it means that a claim has the wrong type.
fn of_type(holder: Option<Noun>) -> Option<Reason> {
    Some(match holder? {
        Noun::User | Noun::Subject | Noun::Sub => Reason::SubMissing,
        Noun::Audience => Reason::AudienceInvalid,
        Noun::Issuer => Reason::IssuerInvalid,
        Noun::Expiry | Noun::Start | Noun::OtherClaim => Reason::ClaimInvalid,
        _ => return None,
    })
}

/// The thing that is meant where another is named: "tokens with this algorithm are not accepted".
fn meant(noun: Noun, finding: &Finding) -> Noun {
    match (noun, finding.state, finding.tail) {
        (Noun::Token | Noun::Credential | Noun::Client, S::NotAllowed | S::Mismatch | S::Unverified, Some(tail))
            if matches!(tail, Noun::Algorithm | Noun::Issuer | Noun::Audience | Noun::Type) =>
        {
            tail
        }
        (Noun::Token | Noun::Client | Noun::User | Noun::Foreign | Noun::Record, S::Missing, _)
            if finding.place == Some(Noun::Audience) =>
        {
            Noun::Audience
        }
        (Noun::Token | Noun::Client | Noun::Foreign | Noun::Record, S::Missing, _)
            if finding.place == Some(Noun::Issuer) && finding.denied =>
        {
            Noun::Issuer
        }
        // "Wrong key for this algorithm"
        (Noun::Key, S::Mismatch | S::NotAllowed, Some(Noun::Algorithm)) if !finding.denied => Noun::Algorithm,
        // "No key set with kid k1"
        (Noun::KeySet, S::Missing | S::Absent, Some(Noun::Key)) if finding.denied => Noun::Key,
        _ => noun,
    }
}

/// Whether a thing is a token or a part of one.
fn is_token(noun: Option<Noun>) -> bool {
    matches!(noun, Some(Noun::Token | Noun::Claim | Noun::Shape | Noun::Sub | Noun::Carrier))
}

fn user(finding: &Finding, signs: Signs) -> (Reason, u8) {
    let sought = finding.denied || finding.state == S::Absent;
    let of_token = sought && is_token(finding.place) || is_token(finding.holder);
    match finding.state {
        S::Missing | S::Absent if of_token => (Reason::SubMissing, 7),
        S::Absent if finding.denied && finding.form == Form::Past => (Reason::SubMissing, 6),
        S::Absent => (Reason::SubNotFound, 5),
        S::Missing | S::Gone => (Reason::SubNotFound, 7),
        S::Off => (Reason::UserDisabled, 8),
        S::Expired | S::NotYet => (Reason::UserDisabled, 4),
        S::Revoked => (Reason::TokenRevoked, 5),
        S::NotAllowed => (Reason::ScopeInsufficient, 4),
        S::Insufficient => (Reason::ScopeInsufficient, 6),
        S::Unreachable if is_token(finding.place) => (Reason::SubMissing, 6),
        S::Unreachable => unreachable_user(finding, signs),
        S::Malformed => (Reason::SubMissing, 6),
        S::Mismatch if finding.form == Form::Adjective && !finding.denied => (Reason::SubNotFound, 2),
        S::Mismatch | S::Unverified => (Reason::Other, 2),
    }
}

/// A user who could not be loaded: why decides.
fn unreachable_user(finding: &Finding, signs: Signs) -> (Reason, u8) {
    match (signs.keys, signs.store) {
        (true, false) => (Reason::JwksUnavailable, 5),
        (false, false) if finding.form != Form::Adjective => (Reason::SubNotFound, 3),
        _ => (Reason::UserStoreUnavailable, 6),
    }
}

fn subject(noun: Noun, finding: &Finding, signs: Signs) -> Weighed {
    let elsewhere = finding.place == Some(Noun::Store) || finding.form == Form::Intransitive;
    Some(match finding.state {
        S::Off => (Reason::UserDisabled, 8),
        S::Revoked => (Reason::TokenRevoked, 7),
        S::Insufficient => (Reason::ScopeInsufficient, 6),
        S::Mismatch | S::NotAllowed => (Reason::ClaimInvalid, 6),
        S::Gone => (Reason::SubNotFound, 7),
        S::Absent | S::Malformed => (Reason::SubMissing, 8),
        S::Missing if noun == Noun::Sub && !elsewhere => (Reason::SubMissing, 8),
        S::Missing if is_token(finding.place) || is_token(finding.holder) => (Reason::SubMissing, 8),
        S::Missing => (Reason::SubNotFound, 8),
        S::Unreachable => unreachable_user(finding, signs),
        _ => return None,
    })
}

fn token(noun: Noun, finding: &Finding, signs: Signs) -> Weighed {
    let refresh = noun == Noun::Refresh;
    Some(match finding.state {
        S::Expired => (Reason::TokenExpired, if refresh { 7 } else { 8 }),
        S::NotYet if !refresh => (Reason::TokenNotYetValid, 8),
        S::Off if finding.denied && !refresh => (Reason::TokenNotYetValid, 6),
        S::Revoked | S::Gone => (Reason::TokenRevoked, 8),
        S::Off => (Reason::TokenRevoked, 6),
        S::Missing | S::Mismatch if refresh => (Reason::TokenRevoked, 4),
        S::Missing | S::Unreachable if matches!(finding.place, Some(Noun::Carrier | Noun::Shape)) => (Reason::TokenMissing, 6),
        S::Missing | S::Absent if finding.place == Some(Noun::Store) => (Reason::TokenRevoked, 6),
        S::Missing if finding.form != Form::Active && !signs.refused && finding.denied => (Reason::TokenMissing, 4),
        S::Missing | S::Absent => (Reason::TokenMissing, 6),
        S::Malformed => (Reason::TokenMalformed, if finding.denied { 5 } else { 7 }),
        S::Unreachable if finding.form == Form::Adjective => (Reason::TokenExpired, 3),
        S::Insufficient => (Reason::ScopeInsufficient, 5),
        S::NotAllowed => (Reason::Other, 2),
        S::Mismatch if finding.place == Some(Noun::Shape) => (Reason::TokenMalformed, 2),
        S::Mismatch => (Reason::Other, 1),
        _ => return None,
    })
}

fn carrier(noun: Noun, finding: &Finding) -> Weighed {
    let of = |nouns: &[Noun]| finding.tail.is_some_and(|tail| nouns.contains(&tail));
    Some(match (noun, finding.state) {
        (Noun::Credential, S::Missing | S::Absent) if of(&[Noun::Sub, Noun::Subject, Noun::User]) => (Reason::SubNotFound, 6),
        (Noun::Credential, S::Missing | S::Absent) if of(&[Noun::Issuer, Noun::Key]) => (Reason::KeyNotFound, 6),
        (Noun::Credential, S::Missing | S::Absent) => (Reason::TokenMissing, 5),
        (Noun::Credential, S::Expired) => (Reason::TokenExpired, 8),
        (Noun::Credential, S::NotYet) => (Reason::TokenNotYetValid, 8),
        (Noun::Credential, S::Revoked | S::Gone) => (Reason::TokenRevoked, 8),
        (Noun::Credential, S::Unreachable) if finding.form == Form::Adjective => (Reason::TokenExpired, 3),
        (Noun::Credential, S::Mismatch) => (Reason::Other, 1),
        (_, S::Missing | S::Absent) => (Reason::TokenMissing, 6),
        (_, S::Malformed) => (Reason::TokenMalformed, 5),
        (_, S::Mismatch) => (Reason::TokenMalformed, 4),
        _ => return None,
    })
}

fn key(noun: Noun, finding: &Finding) -> Weighed {
    Some(match (noun, finding.state) {
        // "The key ring has no k1"
        (Noun::KeySet, S::Absent) if finding.form == Form::Active => (Reason::KeyNotFound, 5),
        (Noun::KeySet, S::NotYet | S::Gone | S::Revoked | S::NotAllowed | S::Insufficient) => return None,
        (Noun::KeySet, _) | (_, S::Unreachable) => (Reason::JwksUnavailable, 8),
        (_, S::Malformed) => (Reason::JwksUnavailable, 4),
        (_, S::Mismatch) => (Reason::KeyNotFound, if finding.denied { 7 } else { 5 }),
        (_, S::Insufficient | S::NotYet) => return None,
        (_, S::Absent) if finding.holder == Some(Noun::KeySet) && finding.tail.is_none() => (Reason::JwksUnavailable, 9),
        (_, S::Missing | S::Absent) => (Reason::KeyNotFound, 9),
        _ => (Reason::KeyNotFound, 8),
    })
}

fn form_of_token(noun: Noun, finding: &Finding, signs: Signs) -> Weighed {
    Some(match (noun, finding.state) {
        (Noun::Signature, S::Expired) => (Reason::TokenExpired, 8),
        (Noun::Signature, S::NotYet) => (Reason::TokenNotYetValid, 8),
        (Noun::Signature, S::Missing | S::Absent | S::Mismatch | S::NotAllowed | S::Malformed) => (Reason::SignatureInvalid, 6),
        (Noun::Algorithm, S::Expired | S::NotYet | S::Revoked | S::Gone) => return None,
        (Noun::Algorithm, _) => (Reason::AlgorithmNotAllowed, 8),
        (Noun::Shape, S::Unreachable) if signs.keys => (Reason::JwksUnavailable, 5),
        (Noun::Shape, S::Malformed) => (Reason::TokenMalformed, 7),
        (Noun::Shape, S::Missing | S::Absent | S::Mismatch | S::Insufficient) => (Reason::TokenMalformed, 6),
        _ => return None,
    })
}

fn circumstance(noun: Noun, state: State) -> Weighed {
    Some(match (noun, state) {
        (Noun::Issuer, S::Unreachable) => (Reason::JwksUnavailable, 8),
        (Noun::Issuer, S::Missing | S::Absent | S::Mismatch | S::NotAllowed | S::Malformed | S::Off) => {
            (Reason::IssuerInvalid, 8)
        }
        (Noun::Audience, S::Missing | S::Absent | S::Mismatch | S::NotAllowed | S::Malformed) => (Reason::AudienceInvalid, 8),
        (Noun::Session, S::Missing | S::Absent | S::Revoked | S::Gone | S::Off | S::Mismatch) => (Reason::TokenRevoked, 7),
        (Noun::Session, S::Expired) => (Reason::TokenExpired, 6),
        (Noun::Session, S::Unreachable) => (Reason::TokenExpired, 3),
        (Noun::Scope, S::Missing | S::Absent | S::Insufficient | S::NotAllowed | S::Mismatch) => (Reason::ScopeInsufficient, 6),
        _ => return None,
    })
}

fn claim(noun: Noun, finding: &Finding) -> Weighed {
    let (state, tail) = (finding.state, finding.tail);
    Some(match (noun, state) {
        (Noun::Claim, S::Missing | S::Absent) if matches!(tail, Some(Noun::User | Noun::Sub | Noun::Subject)) => {
            (Reason::SubMissing, 6)
        }
        (Noun::Claim, S::Malformed) => (Reason::TokenMalformed, 5),
        (Noun::Claim, S::Missing | S::Absent | S::Mismatch | S::NotAllowed) => (Reason::ClaimInvalid, 3),
        (Noun::Expiry, S::Expired | S::Revoked | S::Off) => (Reason::TokenExpired, 8),
        (Noun::Expiry, S::NotYet) => (Reason::ClaimInvalid, 8),
        (Noun::Claim, S::Expired) | (Noun::Expiry, S::Mismatch) => (Reason::TokenExpired, 6),
        (Noun::Start, S::NotYet) => (Reason::TokenNotYetValid, 8),
        (Noun::Start, S::Mismatch | S::NotAllowed) => (Reason::TokenNotYetValid, 6),
        (Noun::Start, S::Expired) => (Reason::TokenExpired, 7),
        (Noun::Expiry | Noun::Start, S::Missing | S::Absent | S::Malformed) => (Reason::ClaimInvalid, 6),
        (Noun::OtherClaim, S::Revoked | S::Off) => (Reason::TokenRevoked, 8),
        (Noun::OtherClaim, S::Missing | S::Absent | S::Mismatch | S::NotAllowed | S::Malformed | S::Insufficient) => {
            (Reason::ClaimInvalid, 6)
        }
        (Noun::Type, S::Mismatch | S::NotAllowed) => (Reason::ClaimInvalid, 4),
        _ => return None,
    })
}

fn surroundings(noun: Noun, finding: &Finding, signs: Signs) -> Weighed {
    Some(match (noun, finding.state) {
        (Noun::Store, S::Unreachable | S::Off | S::Mismatch | S::Absent) => (Reason::UserStoreUnavailable, 7),
        (Noun::Endpoint, S::Missing | S::Mismatch) if signs.keys => (Reason::JwksUnavailable, 4),
        (Noun::Endpoint, S::Unreachable) if signs.keys => (Reason::JwksUnavailable, 7),
        (Noun::Endpoint, S::Unreachable) if signs.store => (Reason::UserStoreUnavailable, 5),
        (Noun::Foreign, S::Missing | S::Unreachable) if finding.tail == Some(Noun::Issuer) => (Reason::JwksUnavailable, 6),
        (Noun::Foreign, S::Unreachable) if signs.keys => (Reason::JwksUnavailable, 5),
        (Noun::Record, S::Missing | S::Absent) => {
            let of_user = matches!(finding.holder, Some(Noun::User | Noun::Subject));
            (Reason::SubNotFound, if of_user { 7 } else { 3 })
        }
        // "The field is missing for an RSA key": what is wrong inside a key leaves the verifier without it.
        (Noun::Foreign, S::Missing | S::Absent | S::Malformed) if finding.tail == Some(Noun::Key) => (Reason::JwksUnavailable, 6),
        (Noun::Client, S::NotAllowed) => (Reason::AudienceInvalid, 4),
        (Noun::Client, S::Missing | S::Mismatch) => (Reason::Other, 2),
        _ => return None,
    })
}

/// The reason of a state without a thing.
fn bare(finding: &Finding, signs: Signs) -> Weighed {
    match finding.state {
        S::Expired => Some((Reason::TokenExpired, 6)),
        S::NotYet => Some((Reason::TokenNotYetValid, 6)),
        S::Revoked => Some((Reason::TokenRevoked, 5)),
        S::Malformed => Some((Reason::TokenMalformed, 3)),
        S::Off if !finding.denied => Some((Reason::UserDisabled, 4)),
        S::Mismatch | S::Unverified if finding.denied && finding.form == Form::Nominal => Some((Reason::SignatureInvalid, 2)),
        S::Insufficient => Some((Reason::ScopeInsufficient, 4)),
        S::Unreachable if signs.keys => Some((Reason::JwksUnavailable, 7)),
        S::Unreachable => Some((Reason::UserStoreUnavailable, 3)),
        _ => None,
    }
}
