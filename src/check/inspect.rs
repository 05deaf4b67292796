//! One token, decoded and checked against what the operator gave: why a verifier would refuse it.

mod paste;

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use crate::check::inventory::{Inventory, Since};
use crate::layout::{timestamp, token};
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

/// Looks at a token as of `now`. It may stand in what people paste: a header, a command, an answer of an issuer.
pub fn inspect(text: &str, inventory: &Inventory, now: DateTime<Utc>) -> Inspection {
    let mut found = Inspection::default();
    let pasted = match paste::token_in(text) {
        Ok(pasted) => pasted,
        Err(wrong) => {
            found.wrong.push(wrong);
            return found;
        }
    };
    found.notes.extend(pasted.notes);
    let text = pasted.token.as_str();
    let segments = text.split('.').count();
    let Some((header, payload)) = token::parts(text) else {
        let header = paste::header_of(text);
        for name in ["alg", "enc", "kid"] {
            show(name, header.as_ref().map_or(&Value::Null, |header| &header[name]), &mut found);
        }
        found.wrong.push(match segments {
            5 => "it is encrypted (a JWE of five segments): only its recipient can read it".to_owned(),
            1 => "it cannot be decoded: of a JWT this is the first segment alone, cut".to_owned(),
            _ => format!("it cannot be decoded: {segments} segments, cut or altered"),
        });
        return found;
    };
    if segments != 3 {
        found.wrong.push(format!("it has {segments} segments instead of three: cut or unsigned"));
    }
    header_of(&header, inventory, &mut found);
    let times = Times::of(&payload, &mut found);
    subject(&payload, &times, inventory, now, &mut found);
    times.check(&payload, now, &mut found);
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

fn subject(payload: &Value, times: &Times, inventory: &Inventory, now: DateTime<Utc>, found: &mut Inspection) {
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
            let ends = [(user.deleted, user.is_deleted(now), "deleted"), (user.disabled, user.is_disabled(now), "disabled")];
            for (since, says) in ends.into_iter().filter(|end| end.1).filter_map(|(since, _, says)| Some((since?, says))) {
                found.wrong.push(match since {
                    Since::Time(time) => format!("its subject was {says} at {}", shown(time)),
                    Since::Day(..) => format!("its subject was {says} on {}", since.earliest().map_or_else(String::new, shown)),
                    Since::Unknown => format!("its subject is {says}, says the user table"),
                });
            }
            let issued = times.iat;
            if let (Some(created), Some(issued)) = (user.created, issued)
                && issued < created - LEEWAY
            {
                found.wrong.push("it is older than its subject: the id was given to another person".to_owned());
            }
        }
        None => found.notes.push("whether its subject exists was not checked: give --users".to_owned()),
    }
}

/// The times of a token, put right where they are given in another way than the standard wants.
#[derive(Default)]
struct Times {
    iat: Option<DateTime<Utc>>,
    nbf: Option<DateTime<Utc>>,
    exp: Option<DateTime<Utc>>,
}

impl Times {
    /// Reads them, and notes in what form they are given, once for all of one form.
    fn of(payload: &Value, found: &mut Inspection) -> Self {
        let mut times = Self::default();
        let mut odd: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (name, slot) in [("iat", &mut times.iat), ("nbf", &mut times.nbf), ("exp", &mut times.exp)] {
            match Given::of(&payload[name]) {
                Some(given) => {
                    found.claims.push((name, shown(given.time)));
                    *slot = Some(given.time);
                    if let Some(how) = given.how() {
                        odd.entry(how).or_default().push(name);
                    }
                }
                None if payload[name].is_null() => {}
                None => found.wrong.push(format!("{name} is no time")),
            }
        }
        for (how, names) in odd {
            let are = if names.len() == 1 { "is" } else { "are" };
            found.wrong.push(format!("{} {are} given {how}", names.join(" and ")));
        }
        times
    }

    fn check(&self, payload: &Value, now: DateTime<Utc>, found: &mut Inspection) {
        match self.exp {
            Some(exp) if exp < now - LEEWAY => found.wrong.push(format!("it expired {} ago", ago(now - exp))),
            Some(exp) if exp <= now => found.notes.push("it has just expired: within the usual leeway of 60 s".to_owned()),
            None if payload["exp"].is_null() => found.notes.push("it never expires: it has no exp".to_owned()),
            _ => {}
        }
        if let Some(nbf) = self.nbf.filter(|nbf| *nbf > now + LEEWAY) {
            found.wrong.push(format!("it is not valid for another {}", ago(nbf - now)));
        }
        if let Some(iat) = self.iat.filter(|iat| *iat > now + LEEWAY) {
            found.wrong.push(format!("it was issued {} in the future: a clock is off", ago(iat - now)));
        }
        if let (Some(iat), Some(exp)) = (self.iat, self.exp)
            && exp - iat > LONG_LIVED
        {
            found.notes.push(format!("it lives {}: as long as a key", ago(exp - iat)));
        }
    }
}

/// A claim's time and how it is given.
struct Given {
    time: DateTime<Utc>,
    unit: &'static str,
    as_text: bool,
}

impl Given {
    fn of(claim: &Value) -> Option<Self> {
        let (number, as_text) = match claim {
            Value::Number(number) => (number.as_f64()?, false),
            Value::String(text) => {
                let Ok(number) = text.trim().parse() else {
                    let time = timestamp::whole(text)?.resolve(|_| 0, DateTime::UNIX_EPOCH)?;
                    return Some(Self { time, unit: "a date", as_text: true });
                };
                (number, true)
            }
            _ => return None,
        };
        // Seconds of a year far off are still seconds, where a finer unit would make them the seventies.
        let units = [("milliseconds", 1e3), ("microseconds", 1e6), ("nanoseconds", 1e9)];
        let (unit, per_second) = units
            .into_iter()
            .find(|(_, per_second)| number >= 1e11 && (631_152_000.0..4_102_444_800.0).contains(&(number / per_second)))
            .unwrap_or(("seconds", 1.0));
        #[expect(clippy::cast_possible_truncation, reason = "seconds since the epoch; what is out of range is no time")]
        let time = DateTime::from_timestamp((number / per_second) as i64, 0).filter(|_| number.is_finite())?;
        Some(Self { time, unit, as_text })
    }

    /// What is wrong with that; `None` for a number of seconds.
    fn how(&self) -> Option<String> {
        let far = "verifiers take it for a time far in the future";
        match (self.unit, self.as_text) {
            ("seconds", false) => None,
            ("seconds", true) => Some("as text: the standard wants a number, and strict verifiers refuse it".to_owned()),
            ("a date", _) => {
                Some("as a date in text: the standard wants a number of seconds, and verifiers refuse it".to_owned())
            }
            (unit, false) => Some(format!("in {unit}: the standard wants seconds, and {far}")),
            (unit, true) => {
                Some(format!("in {unit} and as text: the standard wants seconds as a number, and {far} or refuse it"))
            }
        }
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
            [("", "no token"), ("undefined", "placeholder"), ("abcdef", "an opaque token"), ("eyJ.x", "cannot be decoded")]
        {
            let found = inspect(text, &Inventory::default(), now());
            assert!(found.wrong.iter().any(|wrong| wrong.contains(says)), "{text}: {found:?}");
        }
    }

    #[test]
    fn a_token_is_found_in_whatever_is_pasted() {
        let text = token(r#"{"alg":"RS256","kid":"k1"}"#, r#"{"sub":"u1","exp":1772446000}"#);
        let other = token(r#"{"alg":"RS256"}"#, r#"{"sub":"u2","exp":1772446000}"#);
        let pretty = token("{\n  \"alg\": \"RS256\"\n}", "{\n  \"sub\": \"u1\", \"exp\": 1772446000\n}");
        let wrapped = |width: usize, ending: &str| {
            let lines: Vec<&str> = text.as_bytes().chunks(width).map(|line| std::str::from_utf8(line).unwrap()).collect();
            lines.join(ending)
        };
        for pasted in [
            format!("Authorization: Bearer {text}\r\n"),
            format!("authorization: bearer '{text}'"),
            format!("curl -sS -H 'Authorization: Bearer {text}' https://api.example/x"),
            format!("-H \"Authorization: Bearer {text}\" \\\n"),
            format!("Cookie: theme=dark; access_token={text}; lang=de"),
            format!("https://api.example/cb?access_token={text}&state=1"),
            format!(r#"{{"token_type":"Bearer","refresh_token":"{other}","access_token":"{text}","id_token":"{other}"}}"#),
            format!(r#"{{"data":{{"session":{{"accessToken":"{text}"}}}}}}"#),
            format!(r#"{{"access_token":"{text}","expires_in":300,"refr"#),
            format!(r#"{{"id_token":"{text}","refresh_token":"abc"}}"#),
            format!("\u{feff}\"{text}\""),
            format!("{text}\n{other}\n"),
            format!("refresh: {other}\naccess: {text}\n"),
            wrapped(20, "\n"),
            wrapped(33, "\r\n    "),
            wrapped(33, "\\\n"),
            format!("> Bearer {}", wrapped(40, "\n> ")),
            pretty.clone(),
        ] {
            let found = inspect(&pasted, &Inventory::default(), now());
            assert_eq!(found.wrong, Vec::<String>::new(), "{pasted}");
            assert!(found.claims.contains(&("sub", "u1".to_owned())), "{pasted}: {found:?}");
            let shown = format!("{found:?}");
            assert!(!shown.contains(&text[..40]) && !shown.contains(&other[..40]) && !shown.contains(&pretty[..20]), "{shown}");
        }
        let several = inspect(&format!("{text}\n{other}\n"), &Inventory::default(), now());
        assert!(several.notes.contains(&"there are 2 tokens: this is number 1".to_owned()), "{several:?}");
    }

    #[test]
    fn what_is_no_jwt_is_named_for_what_it_is() {
        let jwe = format!("{}.a.b.c.d", URL_SAFE_NO_PAD.encode(r#"{"alg":"RSA-OAEP","enc":"A256GCM"}"#));
        for (text, says) in [
            (jwe.as_str(), "it is encrypted (a JWE"),
            ("Authorization: Bearer 2YotnFZFEjr1zCsicMWpAA", "an opaque token"),
            ("v4.public.eyJzdWIiOiJ1MSJ9abc.def", "a PASETO"),
            ("Authorization: Basic dXNlcjpwYXNz", "a user and a password"),
            ("Authorization: Bearer", "there is no token"),
            ("Bearer undefined", "a placeholder"),
            (r#"{"error":"invalid_grant","error_description":"x"}"#, "an error of the issuer, not a token: invalid_grant"),
            (r#"{"access_token":"2YotnFZFEjr1zCsicMWpAA"}"#, "an opaque token or a session id, of which only its issuer"),
            ("{}", "without an access token"),
            ("please look at my token", "there is no JWT in it"),
            ("eyJhbGciOiJub25lIn0.e30\nis what I have", "alg is none"),
        ] {
            let found = inspect(text, &Inventory::default(), now());
            assert!(found.wrong.iter().any(|wrong| wrong.contains(says)), "{text}: {found:?}");
            assert!(!format!("{found:?}").contains("2YotnFZF"), "{found:?}");
        }
    }

    #[test]
    fn times_that_are_given_otherwise_are_named_once_and_put_right() {
        for (payload, wrong) in [
            (r#"{"sub":"u","iat":1772445000000,"exp":1772446000000}"#, &["iat and exp are given in milliseconds"][..]),
            (r#"{"sub":"u","exp":"1772446000"}"#, &["exp is given as text"]),
            (r#"{"sub":"u","exp":"1772446000000"}"#, &["exp is given in milliseconds and as text"]),
            (r#"{"sub":"u","exp":"2026-03-02T10:06:40Z"}"#, &["exp is given as a date"]),
            (r#"{"sub":"u","exp":1772442400000}"#, &["exp is given in milliseconds", "it expired 53 minutes ago"]),
            (r#"{"sub":"u","exp":253402300799}"#, &[]),
            (r#"{"sub":"u","exp":true}"#, &["exp is no time"]),
            (r#"{"sub":"u","exp":"soon"}"#, &["exp is no time"]),
            (r#"{"sub":"u","exp":1e300}"#, &["exp is no time"]),
            (r#"{"sub":"u","exp":"nan"}"#, &["exp is no time"]),
            // The last moment that a time can be: nothing can be added to it.
            (r#"{"sub":"u","exp":8210266876799}"#, &[]),
        ] {
            let found = inspect(&token(r#"{"alg":"RS256"}"#, payload), &Inventory::default(), now());
            assert_eq!(found.wrong.len(), wrong.len(), "{payload}: {found:?}");
            assert!(found.wrong.iter().zip(wrong).all(|(found, says)| found.starts_with(says)), "{payload}: {found:?}");
            assert!(!found.notes.iter().any(|note| note.contains("no exp")), "{found:?}");
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
