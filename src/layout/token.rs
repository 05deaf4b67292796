//! JWTs that stand in logs: decoded for their claims, never verified.
//!
//! Invariant: a raw token ends here. [`Claims`] hold what an event may know; the texts themselves go through
//! [`crate::redact`] before they are kept.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use crate::literal::Literal;
use crate::redact::jwt::{self, base64url};

/// The claims and header fields of a token, as it states them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as the registered claims of RFC 7519 and 7515")]
pub struct Claims {
    pub sub: Option<String>,
    pub kid: Option<String>,
    pub iss: Option<String>,
    pub aud: Option<String>,
    pub alg: Option<String>,
    pub jti: Option<String>,
    pub iat: Option<i64>,
    pub exp: Option<i64>,
    pub azp: Option<String>,
    pub role: Option<String>,
}

/// Claims as libraries print them when they refuse a token: `{"alg":"RS256"}.{"sub":"u1","aud":["a"]}`, however
/// escaped.
static PRINTED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r#""(sub|iss|aud|kid|alg|jti|exp|iat|azp)\\*"(?-u:\s)*:(?-u:\s)*(?:\[(?-u:\s)*)?"#,
        r#"(?:\\*"([^"\\\n]{1,256})\\*"|([0-9]{1,19})(?-u:\b))"#,
    ))
    .expect("a constant pattern compiles")
});

/// Finds the first whole token in `text`, or claims printed beside one another, and reads them; `None` if there are
/// neither.
pub fn claims_in(text: &str) -> Option<Claims> {
    let token = || jwt::tokens(text).take(8).find_map(decode);
    stands_in(text).then(token).flatten().or_else(|| printed(text))
}

/// Whether a colon stands after a quote, blanks between them or not: this check costs less than the pattern.
fn names_in_quotes(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_blank = |b: &&u8| matches!(b, b' ' | b'\t'..=b'\r');
    memchr::memchr_iter(b':', bytes).any(|at| bytes[..at].iter().rev().find(|b| !is_blank(b)) == Some(&b'"'))
}

/// Whether a token may stand in a record.
pub fn stands_in(record: impl AsRef<[u8]>) -> bool {
    // `{"` in base64.
    static BEGINNING: Literal = Literal::new("eyJ");
    BEGINNING.is_in(record)
}

/// The claims that `text` prints, the first of each name; a single one may be anything.
fn printed(text: &str) -> Option<Claims> {
    if !names_in_quotes(text) {
        return None;
    }
    let mut claims = Claims::default();
    let mut names = Vec::new();
    for found in PRINTED.captures_iter(text).take(32) {
        let name = found.get(1).map_or("", |name| name.as_str());
        let value = found.get(2).or_else(|| found.get(3)).map_or("", |value| value.as_str());
        if names.contains(&name) {
            continue;
        }
        names.push(name);
        let value = || Some(value.to_owned());
        match name {
            "sub" => claims.sub = value(),
            "iss" => claims.iss = value(),
            "aud" => claims.aud = value(),
            "kid" => claims.kid = value(),
            "alg" => claims.alg = value(),
            "jti" => claims.jti = value(),
            "azp" => claims.azp = value(),
            "exp" => claims.exp = value().and_then(|seconds| seconds.parse().ok()),
            _ => claims.iat = value().and_then(|seconds| seconds.parse().ok()),
        }
    }
    (names.len() > 1).then_some(claims)
}

/// A token's header and payload. The signature is not looked at.
pub fn parts(token: &str) -> Option<(Value, Value)> {
    let mut segments = token.split('.').map(segment);
    Some((segments.next()??, segments.next()??))
}

/// The JSON in one segment of a token.
pub fn segment(segment: &str) -> Option<Value> {
    serde_json::from_slice(&base64url(segment)?).ok()
}

/// Reads the claims of a token. The signature is not looked at.
pub fn decode(token: &str) -> Option<Claims> {
    let (header, payload) = parts(&token.replace("%252E", ".").replace("%2E", "."))?;
    let text = |value: &Value| match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(items) => {
            let items: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            (!items.is_empty()).then(|| items.join(","))
        }
        _ => None,
    };
    #[expect(clippy::cast_possible_truncation, reason = "seconds since the epoch with a fraction; the fraction may go")]
    let seconds = |value: &Value| value.as_i64().or_else(|| value.as_f64().map(|number| number as i64));
    Some(Claims {
        sub: text(&payload["sub"]),
        kid: text(&header["kid"]),
        iss: text(&payload["iss"]),
        aud: text(&payload["aud"]),
        alg: text(&header["alg"]),
        jti: text(&payload["jti"]),
        iat: seconds(&payload["iat"]),
        exp: seconds(&payload["exp"]),
        azp: text(&payload["azp"]).or_else(|| text(&payload["client_id"])),
        role: text(&payload["role"]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `{"alg":"RS256","kid":"k1"}.{"sub":"u1","iss":"i","aud":["a","b"],"exp":1787400000}`, unsigned.
    const TOKEN_TEXT: &str =
        "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsxIn0.eyJzdWIiOiJ1MSIsImlzcyI6ImkiLCJhdWQiOlsiYSIsImIiXSwiZXhwIjoxNzg3NDAwMDAwfQ.c2ln";

    #[test]
    fn claims_are_read() {
        let line = format!("rejected Authorization: Bearer {TOKEN_TEXT} for /x");
        let claims = claims_in(&line).unwrap();
        assert_eq!((claims.sub.as_deref(), claims.kid.as_deref()), (Some("u1"), Some("k1")));
        assert_eq!((claims.aud.as_deref(), claims.exp), (Some("a,b"), Some(1_787_400_000)));
    }

    #[test]
    fn printed_claims_are_read_however_escaped() {
        for text in [
            r#"refused: token: '{"alg":"RS256","kid":"k1"}.{"sub":"u1","aud":["a","b"],"exp":1787400000}'"#,
            r#"msg="claims {\"kid\": \"k1\", \"sub\": \"u1\", \"aud\": \"a\"}""#,
        ] {
            let claims = claims_in(text).unwrap();
            let read = (claims.sub.as_deref(), claims.kid.as_deref(), claims.aud.as_deref());
            assert_eq!(read, (Some("u1"), Some("k1"), Some("a")), "{text}");
        }
        assert_eq!(claims_in(r#"{"kid":"k1"} alone says little"#), None);
    }
}
