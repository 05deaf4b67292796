//! Secrets told by the name that stands before them: `client_secret=…`, `"refreshToken": "…"`, `with password …`.
//!
//! A name is cut into words, whichever way it is spelt, and its last word says what it holds: `access_token` holds a
//! token, `token_type` does not. Passwords and the like are taken whatever they look like; of what is often a word or
//! a number of prose (`token: expired`, `code=401`) only what looks made.

use std::sync::LazyLock;

use regex::Regex;

use super::{Finder, Secret, is_placeholder, looks_made};

/// How much of a value tells that it is a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Proof {
    /// The name alone.
    Name,
    /// The name, and that the value looks made.
    Made,
    /// The name, and that the value is long and looks made: `code`, `key`.
    Long,
}

/// The least length of a value for [`Proof::Long`].
const LONG: usize = 16;

/// Parts of names of secrets, of which each such name has one.
const PARTS: [&str; 21] = [
    "pass", "pwd", "secret", "token", "jwt", "sess", "sid", "key", "cred", "auth", "cookie", "assert", "saml", "sig", "hmac",
    "otp", "csrf", "xsrf", "ticket", "code", "bearer",
];

/// A name, a sign and a value. Inside other texts quotes are escaped and signs percent-encoded.
pub(super) static ASSIGNED: Finder = Finder {
    anchors: &PARTS,
    find: |text, from| {
        static PATTERN: LazyLock<Regex> = LazyLock::new(|| {
            let pattern = [
                r"(?i)(?P<name>[a-z0-9_.$-]*(?:",
                &PARTS.join("|"),
                r#")[a-z0-9_.$-]*)(?:\\*["'\]])?\s{0,3}(?:=>|:=|[:=]|%(?:25)*3[ad])\s{0,3}"#,
                r#"(?P<open>\\*["'`])?(?P<value>[^\s"'`&|<>\[\\]+)"#,
            ];
            Regex::new(&pattern.concat()).expect("a constant pattern compiles")
        });
        let mut at = from;
        loop {
            let found = PATTERN.captures_at(text, at)?;
            let (name, value) = (found.name("name")?, found.name("value")?);
            let quote = found.name("open").and_then(|open| open.as_str().chars().last());
            let is_query = name.start().checked_sub(1).is_some_and(|before| matches!(text.as_bytes()[before], b'?' | b'&'));
            if let Some((kind, proof)) = holds(name.as_str(), is_query) {
                let end = end_of(text, value.start(), value.end(), quote, proof);
                let secret = text.get(value.start()..end).unwrap_or_default();
                let is_prose = quote.is_none() && !is_query && is_word_of_prose(secret);
                if !is_prose && proves(proof, secret) {
                    return Some(Secret { range: value.start()..end, kind });
                }
            }
            // The value may be the name of another.
            at = value.start();
        }
    },
};

/// A name and a value with nothing but a blank between.
pub(super) static SPOKEN: Finder = Finder {
    anchors: &["pass", "secret", "token", "jwt", "key"],
    find: |text, from| {
        static PATTERN: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(concat!(
                r#"(?i)\b(?P<name>password|passwd|passphrase|secret|token|jwt|api[ -]?key)\s+(?P<open>\\*["'`])?"#,
                r#"(?P<value>[^\s"'`\\,;()\[\]<>]+)"#,
            ))
            .expect("a constant pattern compiles")
        });
        let mut at = from;
        loop {
            let found = PATTERN.captures_at(text, at)?;
            let (name, value) = (found.name("name")?, found.name("value")?);
            let is_quoted = found.name("open").is_some();
            let (kind, proof) = holds(&name.as_str().replace([' ', '-'], "_"), false).unwrap_or(("token", Proof::Made));
            let mixed = value.len() >= 6 && value.as_str().bytes().any(|b| b.is_ascii_digit()) && !super::is_code(value.as_str());
            let is_secret = match proof {
                Proof::Name => mixed || (is_quoted && !is_word_of_prose(value.as_str())),
                _ => looks_made(value.as_str()) && (is_quoted || value.len() >= LONG),
            };
            if is_secret && !is_placeholder(value.as_str()) {
                return Some(Secret { range: value.range(), kind });
            }
            at = value.start();
        }
    },
};

/// What kind of secret a field's value is, if its name says that it holds one.
pub(super) fn kind_of(name: &str, value: &str) -> Option<&'static str> {
    let (kind, proof) = holds(name, false).or_else(|| is_member_of_jwk(name).then_some(("jwk", Proof::Long)))?;
    // A sentence is no secret, though one may stand in it.
    let is_sentence = proof != Proof::Name && value.contains(' ');
    (!is_sentence && proves(proof, value)).then_some(kind)
}

fn is_member_of_jwk(name: &str) -> bool {
    matches!(name.rsplit('.').next(), Some("d" | "k" | "p" | "q" | "dp" | "dq" | "qi"))
}

fn proves(proof: Proof, value: &str) -> bool {
    !is_placeholder(value)
        && match proof {
            Proof::Name => true,
            Proof::Made => looks_made(value),
            Proof::Long => looks_made(value) && value.len() >= LONG && value.bytes().any(|b| b.is_ascii_lowercase()),
        }
}

/// Where a value ends: what is quoted at its quote, a password at a blank or `&`, all else where a list goes on.
fn end_of(text: &str, start: usize, blank: usize, quote: Option<char>, proof: Proof) -> usize {
    const MOST: usize = 512;
    let value = text.get(start..blank).unwrap_or_default();
    if let (Some(quote), Proof::Name) = (quote, proof)
        && let Some(end) = text.get(start..).and_then(|rest| rest.find([quote, '\n'])).filter(|end| *end <= MOST)
    {
        // The quote may be escaped itself.
        return start + text.get(start..start + end).unwrap_or_default().trim_end_matches('\\').len();
    }
    let end = match proof {
        Proof::Name => value.trim_end_matches([',', ';', ')', '}', ']', '.']).len(),
        _ => value.find([',', ';', ')', '}', '{', '(']).unwrap_or(value.len()),
    };
    start + end.max(1).min(value.len())
}

/// What stands after a colon where a sentence goes on: `password: incorrect`.
fn is_word_of_prose(value: &str) -> bool {
    const WORDS: [&str; 38] = [
        "incorrect",
        "wrong",
        "invalid",
        "expired",
        "required",
        "missing",
        "mismatch",
        "must",
        "is",
        "was",
        "are",
        "has",
        "not",
        "no",
        "for",
        "of",
        "from",
        "in",
        "the",
        "a",
        "an",
        "and",
        "or",
        "reset",
        "changed",
        "does",
        "cannot",
        "could",
        "failed",
        "unknown",
        "empty",
        "too",
        "authentication",
        "verification",
        "validation",
        "error",
        "key",
        "string",
    ];
    let bare = value.trim_end_matches(|c: char| !c.is_alphanumeric());
    WORDS.iter().any(|word| bare.eq_ignore_ascii_case(word))
}

/// What a name holds, and how much its value must show of it.
fn holds(name: &str, is_query: bool) -> Option<(&'static str, Proof)> {
    /// Words that say how the value is written, not what it is.
    const SPELT: [&str; 21] = [
        "value",
        "raw",
        "string",
        "str",
        "text",
        "header",
        "hint",
        "plain",
        "base64",
        "b64",
        "encoded",
        "enc",
        "old",
        "new",
        "hex",
        "param",
        "parameter",
        "hash",
        "hashed",
        "digest",
        "confirmation",
    ];
    /// `invalid_token` is an error, not a token.
    const ERRORS: [&str; 10] =
        ["invalid", "expired", "missing", "bad", "malformed", "unknown", "no", "wrong", "unsupported", "unauthorized"];
    let words = words(name);
    let is = |word: &str, known: &[&str]| known.iter().any(|known| word.eq_ignore_ascii_case(known));
    let end = words.iter().rposition(|word| !is(word, &SPELT) && !word.bytes().all(|b| b.is_ascii_digit()))?;
    if is(words[0], &ERRORS) {
        return None;
    }
    let (last, before) = (words[end], if end > 0 { words[end - 1] } else { "" });
    let alone = end == 0;
    let lower = last.to_ascii_lowercase();
    Some(match lower.as_str() {
        "password" | "passwd" | "pwd" | "passphrase" | "passwords" => ("password", Proof::Name),
        "pass" => ("password", Proof::Made),
        "secret" | "secrets" => ("secret", Proof::Name),
        "otp" | "totp" | "passcode" => ("otp", Proof::Name),
        "apikey" | "appkey" => ("api-key", Proof::Name),
        "token" | "tokens" | "jwt" | "jws" | "jwe" | "bearer" | "authtoken" | "accesstoken" | "refreshtoken" | "idtoken" => {
            ("token", Proof::Made)
        }
        "authorization" | "auth" => ("authorization", Proof::Made),
        "cookie" | "cookies" => ("cookie", Proof::Made),
        "session" | "sessionid" | "sess" | "sessid" | "jsessionid" | "phpsessid" | "sid" => ("session", Proof::Made),
        "id" if is(before, &["session", "sess"]) => ("session", Proof::Made),
        "signature" | "sig" | "hmac" => ("signature", Proof::Made),
        "assertion" | "samlresponse" | "samlrequest" | "samlart" => ("saml", Proof::Made),
        "response" | "request" if is(before, &["saml"]) => ("saml", Proof::Made),
        "csrf" | "xsrf" => ("csrf", Proof::Made),
        "ticket" => ("ticket", Proof::Made),
        "verifier" if is(before, &["code"]) => ("code", Proof::Made),
        "code" if alone => ("code", Proof::Long),
        "code" if is(before, &["auth", "authorization", "device", "grant", "verification", "mfa", "backup", "recovery"]) => {
            ("code", Proof::Made)
        }
        "credential" | "credentials" | "creds" => ("secret", Proof::Made),
        "key" if is(before, &["private"]) => ("private-key", Proof::Name),
        "key" if is(before, &["api", "secret", "access", "account", "master", "subscription", "license"]) => {
            ("api-key", Proof::Name)
        }
        "key" if alone && is_query => ("api-key", Proof::Long),
        _ => return None,
    })
}

/// The words of a name, whichever way it is spelt: `refreshToken`, `refresh_token`, `Refresh-Token`, `auth.refresh.token`.
fn words(name: &str) -> Vec<&str> {
    let bytes = name.as_bytes();
    let mut words = Vec::new();
    let mut start = 0;
    for at in 0..=bytes.len() {
        let ends = match bytes.get(at) {
            None => true,
            Some(b) if !b.is_ascii_alphanumeric() => true,
            // `accessToken`, `SAMLResponse`.
            Some(b) => {
                b.is_ascii_uppercase()
                    && at > start
                    && (bytes[at - 1].is_ascii_lowercase()
                        || (bytes[at - 1].is_ascii_uppercase() && bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase)))
            }
        };
        if ends {
            words.extend(name.get(start..at).filter(|word| !word.is_empty()));
            start = at + usize::from(bytes.get(at).is_some_and(|b| !b.is_ascii_alphanumeric()));
        }
    }
    words
}
