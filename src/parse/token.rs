//! JWTs that stand in logs: decoded for their claims, never verified, and replaced before anything is kept.
//!
//! Invariant: a raw token ends here. [`Claims`] hold what an event may know; [`redact`] is what every text goes
//! through before it leaves the parser.

use std::borrow::Cow;
use std::sync::LazyLock;

use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{Engine, alphabet};
use regex::{Captures, Regex};
use serde_json::Value;

use crate::literal::Literal;

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

/// What stands where a token stood.
const MASK: &str = "[jwt]";

/// Everything that looks like a JWT: two or three base64url segments, the first of which begins like `{"`.
static TOKEN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"ey[JAIKL][A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*){0,4}").expect("a constant pattern compiles"));

/// Less is no token.
const SHORTEST: usize = 8;

/// Schemes of HTTP authentication that carry a secret.
const SCHEMES: [&[u8]; 3] = [b"bearer", b"basic", b"digest"];

/// Secrets that are no JWT: what follows a credential's name.
static SECRET: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"(?i)((?:bearer|basic|digest)(?-u:\s)+)([A-Za-z0-9+/=_.~-]{12,})"#,
        r#"|((?:password|passwd|pwd|secret|client_secret|refresh_token|access_token|id_token|api[_-]?key|apikey|"#,
        r#"private[_-]?key|authorization|cookie|set-cookie|session_token|signature)["']?(?-u:\s)*(?:[:=]|=>)(?-u:\s)*["']?)([^\t\n\r "'&,;)}\]]{6,})"#,
    ))
    .expect("a constant pattern compiles")
});

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
    let token = || TOKEN.find_iter(text).take(8).find_map(|found| decode(found.as_str()));
    stands_in(text.as_bytes()).then(token).flatten().or_else(|| printed(text))
}

/// Whether a colon stands after a quote, blanks between them or not: a look that costs less than the pattern.
fn names_in_quotes(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_blank = |b: &&u8| matches!(b, b' ' | b'\t'..=b'\r');
    memchr::memchr_iter(b':', bytes).any(|at| bytes[..at].iter().rev().find(|b| !is_blank(b)) == Some(&b'"'))
}

/// Whether a token may stand in a record.
pub fn stands_in(record: &[u8]) -> bool {
    // `{"` in base64.
    static BEGINNING: Literal = Literal::new("eyJ");
    BEGINNING.is_in(record)
}

/// The claims that `text` prints, the first of each name; one alone may be anything.
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
    let mut segments = token.split('.').map(|segment| serde_json::from_slice(&base64url(segment)?).ok());
    Some((segments.next()??, segments.next()??))
}

/// Reads the claims of a token. The signature is not looked at.
pub fn decode(token: &str) -> Option<Claims> {
    let (header, payload) = parts(token)?;
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

/// The text without tokens and credentials.
pub fn redact(text: &str) -> Cow<'_, str> {
    let masked = if may_hold_token(text) { TOKEN.replace_all(text, MASK) } else { Cow::Borrowed(text) };
    if !may_hold_secret(&masked) {
        return masked;
    }
    match SECRET.replace_all(&masked, |found: &Captures<'_>| {
        let head = found.get(1).or_else(|| found.get(3)).map_or("", |head| head.as_str());
        let value = found.get(2).or_else(|| found.get(4)).map_or("", |value| value.as_str());
        if value.starts_with(MASK) || value == "Bearer" { found[0].to_owned() } else { format!("{head}[redacted]") }
    }) {
        Cow::Borrowed(_) => masked,
        Cow::Owned(text) => Cow::Owned(text),
    }
}

/// Whether a value may not be shown as an id: it is a token or a part of one.
pub fn is_secret(value: &str) -> bool {
    may_hold_token(value) && TOKEN.is_match(value)
}

/// A look that costs less than the pattern of a token.
fn may_hold_token(text: &str) -> bool {
    static BEGINNING: Literal = Literal::new("ey");
    text.len() >= SHORTEST && BEGINNING.is_in(text)
}

/// The same for that of a credential: its name is followed by a sign, or it names a scheme of HTTP and a blank follows.
fn may_hold_secret(text: &str) -> bool {
    let bytes = text.as_bytes();
    let names_scheme = |at: usize| {
        SCHEMES.iter().any(|scheme| at.checked_sub(scheme.len()).is_some_and(|from| bytes[from..at].eq_ignore_ascii_case(scheme)))
    };
    bytes.iter().enumerate().any(|(at, b)| match b {
        b':' | b'=' => true,
        b' ' | b'\t'..=b'\r' => names_scheme(at),
        _ => false,
    })
}

/// Reads a segment leniently: padding and stray last bits are common in what people paste.
fn base64url(segment: &str) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &alphabet::URL_SAFE,
        GeneralPurposeConfig::new()
            .with_decode_allow_trailing_bits(true)
            .with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    LENIENT.decode(segment).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `{"alg":"RS256","kid":"k1"}.{"sub":"u1","iss":"i","aud":["a","b"],"exp":1787400000}`, unsigned.
    const TOKEN_TEXT: &str =
        "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsxIn0.eyJzdWIiOiJ1MSIsImlzcyI6ImkiLCJhdWQiOlsiYSIsImIiXSwiZXhwIjoxNzg3NDAwMDAwfQ.c2ln";

    #[test]
    fn claims_are_read_and_the_token_is_masked() {
        let line = format!("rejected Authorization: Bearer {TOKEN_TEXT} for /x");
        let claims = claims_in(&line).unwrap();
        assert_eq!((claims.sub.as_deref(), claims.kid.as_deref()), (Some("u1"), Some("k1")));
        assert_eq!((claims.aud.as_deref(), claims.exp), (Some("a,b"), Some(1_787_400_000)));
        let shown = redact(&line);
        assert!(!shown.contains("eyJ"), "{shown}");
        assert!(shown.contains("for /x"), "{shown}");
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

    #[test]
    fn a_cut_token_and_other_secrets_are_masked_too() {
        for (text, secret) in [
            ("token eyJhbGciOiJSUzI1NiIsImtpZCI6Im", "eyJhbG"),
            ("password=hunter2hunter2", "hunter2"),
            ("\"refresh_token\":\"v1.Mabcdef0123456789\"", "Mabcdef"),
            ("Authorization: Basic dXNlcjpwYXNzd29yZA==", "dXNlcjpw"),
        ] {
            assert!(!redact(text).contains(secret), "{}", redact(text));
        }
    }

    #[test]
    fn a_look_hides_nothing_from_the_patterns() {
        for scheme in ["Bearer", "BASIC", "digest"] {
            for blank in [" ", "\t", "\n", "\x0b", "\x0c", "\r"] {
                let text = format!("was{scheme}{blank}abcdefghijkl");
                assert!(SECRET.is_match(&text) && redact(&text).ends_with("[redacted]"), "{text:?}");
            }
        }
        let shortest = "eyJabcde";
        assert!(TOKEN.is_match(shortest) && is_secret(shortest) && redact(shortest) == MASK);
    }

    #[test]
    fn ordinary_text_is_left_alone() {
        let text = "User from sub claim in JWT does not exist (keyboard, eyes)";
        assert_eq!(redact(text), text);
    }
}
