//! One token, decoded and held against what the operator knows: what a verifier would have against it.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use crate::inventory::Inventory;
use crate::parse::token;
use crate::redact::Redactor;

/// Clocks may differ by this (RFC 7519, 4.1.4 "no more than a few minutes"; libraries settle at 60 s).
const LEEWAY: TimeDelta = TimeDelta::seconds(60);
/// A token that lives longer than this is a key, not a session.
const LONG_LIVED: TimeDelta = TimeDelta::days(30);

/// What a token says of itself and what is wrong with it. Holds claims, never the token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inspection {
    /// Claims and header fields worth showing, by name.
    pub claims: Vec<(&'static str, String)>,
    /// What a verifier would refuse it for.
    pub wrong: Vec<String>,
    /// What could not be checked, or is odd without being wrong.
    pub notes: Vec<String>,
}

/// Looks at a token (with or without `Bearer `) as of `now`.
pub fn inspect(text: &str, inventory: &Inventory, now: DateTime<Utc>) -> Inspection {
    let mut found = Inspection::default();
    let text = text.trim().trim_matches('"');
    let text = text.get(..7).filter(|head| head.eq_ignore_ascii_case("bearer ")).map_or(text, |_| text[7..].trim());
    if text.is_empty() {
        found.wrong.push("there is no token".to_owned());
        return found;
    }
    let segments = text.split('.').count();
    let Some((header, payload)) = token::parts(text) else {
        found.wrong.push(match (text, segments) {
            ("undefined" | "null" | "[object Object]", _) => "it is a placeholder of the client, not a token".to_owned(),
            (_, 1) => "it has no dots: an opaque token or a session id, not a JWT".to_owned(),
            (_, 5) => "it is encrypted (five segments): only its recipient can read it".to_owned(),
            _ => format!("it cannot be decoded: {segments} segments, cut or altered"),
        });
        return found;
    };
    if segments != 3 {
        found.wrong.push(format!("it has {segments} segments instead of three: cut or unsigned"));
    }
    header_of(&header, inventory, &mut found);
    subject(&payload, inventory, now, &mut found);
    times(&payload, now, &mut found);
    origin(&payload, inventory, &mut found);
    found
}

fn header_of(header: &Value, inventory: &Inventory, found: &mut Inspection) {
    let alg = header["alg"].as_str().unwrap_or("");
    show("alg", &header["alg"], found);
    show("kid", &header["kid"], found);
    show("typ", &header["typ"], found);
    if alg.is_empty() {
        found.wrong.push("its header names no algorithm".to_owned());
    } else if alg.eq_ignore_ascii_case("none") {
        found.wrong.push("alg is none: it is not signed at all".to_owned());
    } else if alg.starts_with("HS") {
        found.notes.push(format!("{alg} signs with a secret that every verifier must share: one leak forges all tokens"));
    }
    for name in ["jku", "x5u", "jwk"] {
        if !header[name].is_null() {
            found.wrong.push(format!("its header brings its own key (`{name}`): only forgers do"));
        }
    }
    match header["kid"].as_str() {
        Some(kid) => match inventory.publishes(kid) {
            Some(false) => found.wrong.push("its key id is not in the published key set".to_owned()),
            Some(true) => found.notes.push("its key is published".to_owned()),
            None => {}
        },
        None if !alg.starts_with("HS") => {
            found.notes.push("it names no key id: with several keys a verifier has to guess".to_owned());
        }
        None => {}
    }
}

fn subject(payload: &Value, inventory: &Inventory, now: DateTime<Utc>, found: &mut Inspection) {
    show("sub", &payload["sub"], found);
    let role = payload["role"].as_str().unwrap_or("");
    show("role", &payload["role"], found);
    let sub = match &payload["sub"] {
        Value::String(sub) if !sub.trim().is_empty() => sub.clone(),
        Value::Number(number) => {
            found.wrong.push("sub is a number: the standard wants a string, and strict verifiers refuse it".to_owned());
            number.to_string()
        }
        Value::Null => {
            found.wrong.push(match role {
                "anon" | "service_role" => format!("it has no sub: it is the API key of role {role}, not a user's token"),
                _ if !payload["client_id"].is_null() || !payload["azp"].is_null() => {
                    "it has no sub: a machine's token, without a user".to_owned()
                }
                _ => "it has no sub: the issuer does not emit the claim".to_owned(),
            });
            return;
        }
        _ => {
            found.wrong.push("sub is empty or no text".to_owned());
            return;
        }
    };
    match inventory.user(&sub) {
        Some(None) => found.wrong.push("its subject is not in the user table".to_owned()),
        Some(Some(user)) => {
            for (end, says) in [(user.deleted, "deleted"), (user.disabled, "disabled")] {
                if let Some(end) = end.filter(|end| *end <= now) {
                    found.wrong.push(format!("its subject was {says} at {}", shown(end)));
                }
            }
            let issued = payload["iat"].as_i64().and_then(|iat| DateTime::from_timestamp(iat, 0));
            if let (Some(created), Some(issued)) = (user.created, issued)
                && issued + LEEWAY < created
            {
                found.wrong.push("it is older than its subject: the id was given to another person".to_owned());
            }
        }
        None => found.notes.push("whether its subject exists was not checked: give --users".to_owned()),
    }
}

fn times(payload: &Value, now: DateTime<Utc>, found: &mut Inspection) {
    let time = |name: &str| {
        payload[name].as_f64().and_then(|seconds| {
            #[expect(clippy::cast_possible_truncation, reason = "seconds since the epoch")]
            DateTime::from_timestamp(seconds as i64, 0)
        })
    };
    for name in ["iat", "nbf", "exp"] {
        if let Some(time) = time(name) {
            found.claims.push((name, shown(time)));
        } else if !payload[name].is_null() {
            found.wrong.push(format!("{name} is no time"));
        }
    }
    match time("exp") {
        Some(exp) if exp + LEEWAY < now => found.wrong.push(format!("it expired {} ago", ago(now - exp))),
        Some(exp) if exp <= now => found.notes.push("it has just expired: within the usual leeway of 60 s".to_owned()),
        Some(_) => {}
        None => found.notes.push("it never expires: it has no exp".to_owned()),
    }
    if let Some(nbf) = time("nbf").filter(|nbf| *nbf > now + LEEWAY) {
        found.wrong.push(format!("it is not valid for another {}", ago(nbf - now)));
    }
    if let Some(iat) = time("iat").filter(|iat| *iat > now + LEEWAY) {
        found.wrong.push(format!("it was issued {} in the future: a clock is off", ago(iat - now)));
    }
    if let (Some(iat), Some(exp)) = (time("iat"), time("exp"))
        && exp - iat > LONG_LIVED
    {
        found.notes.push(format!("it lives {}: as long as a key", ago(exp - iat)));
    }
}

fn origin(payload: &Value, inventory: &Inventory, found: &mut Inspection) {
    show("iss", &payload["iss"], found);
    show("aud", &payload["aud"], found);
    match payload["iss"].as_str() {
        Some(iss) if inventory.expects_issuer(iss) == Some(false) => {
            found.wrong.push(format!("its issuer is not {}", inventory.issuers().join(" or ")));
        }
        None if !inventory.issuers().is_empty() => found.wrong.push("it names no issuer".to_owned()),
        _ => {}
    }
    let audiences: Vec<&str> = match &payload["aud"] {
        Value::String(aud) => vec![aud],
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !inventory.audiences().is_empty() && inventory.expects_audience(&audiences.join(",")) != Some(true) {
        found.wrong.push(format!("its audience is not {}", inventory.audiences().join(" or ")));
    }
}

fn show(name: &'static str, value: &Value, found: &mut Inspection) {
    let text = match value {
        Value::Null => return,
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    // A claim may hold another token: that is not shown either.
    found.claims.push((name, Redactor::BARE.redact(&text).chars().take(256).collect()));
}

fn shown(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// A span in the largest unit that fits.
fn ago(span: TimeDelta) -> String {
    match span.num_seconds() {
        s if s >= 2 * 86_400 => format!("{} days", s / 86_400),
        s if s >= 2 * 3600 => format!("{} hours", s / 3600),
        s if s >= 120 => format!("{} minutes", s / 60),
        s => format!("{s} seconds"),
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    fn token(header: &str, payload: &str) -> String {
        format!("{}.{}.c2ln", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload))
    }

    fn now() -> DateTime<Utc> {
        "2026-03-02T10:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_good_token_has_nothing_against_it() {
        let text = token(
            r#"{"alg":"RS256","kid":"k1"}"#,
            r#"{"sub":"u1","iss":"https://id.example","aud":["api"],"iat":1772445000,"exp":1772446000}"#,
        );
        let inventory = Inventory::expecting(&["https://id.example".to_owned()], &["api".to_owned()]);
        let found = inspect(&format!("Bearer {text}\n"), &inventory, now());
        assert_eq!(found.wrong, Vec::<String>::new(), "{found:?}");
        assert!(found.claims.contains(&("sub", "u1".to_owned())));
    }

    #[test]
    fn each_flaw_is_named() {
        for (header, payload, says) in [
            (r#"{"alg":"none"}"#, r#"{"sub":"u1"}"#, "not signed"),
            (r#"{"alg":"RS256","jku":"https://evil.example"}"#, r#"{"sub":"u1"}"#, "brings its own key"),
            (r#"{"alg":"HS256"}"#, r#"{"role":"anon"}"#, "the API key of role anon"),
            (r#"{"alg":"HS256"}"#, r#"{"azp":"job"}"#, "a machine's token"),
            (r#"{"alg":"HS256"}"#, r#"{"sub":""}"#, "sub is empty"),
            (r#"{"alg":"HS256"}"#, r#"{"sub":7}"#, "sub is a number"),
            (r#"{"alg":"HS256"}"#, r#"{"sub":"u1","exp":1772442400}"#, "it expired 53 minutes ago"),
            (r#"{"alg":"HS256"}"#, r#"{"sub":"u1","nbf":1772449300}"#, "not valid for another"),
            (r#"{"alg":"HS256"}"#, r#"{"sub":"u1","iat":1772449300}"#, "a clock is off"),
            (r#"{"alg":"HS256"}"#, r#"{"sub":"u1","iss":"https://other.example"}"#, "its issuer is not"),
            (r#"{"alg":"HS256"}"#, r#"{"sub":"u1","iss":"https://id.example","aud":"web"}"#, "its audience is not"),
        ] {
            let inventory = Inventory::expecting(&["https://id.example".to_owned()], &["api".to_owned()]);
            let found = inspect(&token(header, payload), &inventory, now());
            assert!(found.wrong.iter().any(|wrong| wrong.contains(says)), "{says}: {found:?}");
        }
        for (text, says) in
            [("", "no token"), ("undefined", "placeholder"), ("abcdef", "no dots"), ("eyJ.x", "cannot be decoded")]
        {
            let found = inspect(text, &Inventory::default(), now());
            assert!(found.wrong.iter().any(|wrong| wrong.contains(says)), "{text}: {found:?}");
        }
    }

    #[test]
    fn the_token_itself_is_never_shown() {
        let inner = token(r#"{"alg":"HS256"}"#, r#"{"sub":"u1"}"#);
        let outer = token(r#"{"alg":"HS256"}"#, &format!(r#"{{"sub":"{inner}"}}"#));
        let found = format!("{:?}", inspect(&outer, &Inventory::default(), now()));
        assert!(!found.contains(&inner) && !found.contains(&outer), "{found}");
    }
}
