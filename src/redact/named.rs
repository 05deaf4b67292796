//! Secrets recognised by the name before them: `client_secret=…`, `"refreshToken": "…"`, `with password …`.
//!
//! A name is cut into words, whichever way it is spelt, and its last word says what it holds: `access_token` holds a
//! token, `token_type` does not. Passwords and the like are taken whatever they look like; of what is often a word or
//! a number of prose (`token: expired`, `code=401`) only what looks made.

use std::sync::LazyLock;

use regex::bytes::Regex;

use crate::model::id::is_uuid;

use super::jwt;
use super::secret::{Finder, MARK, Secret, compiled, is_code, is_masked, looks_made};

/// What shows that a value is a secret.
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
const PARTS: [&str; 30] = [
    "pass",
    "pwd",
    "secret",
    "token",
    "jwt",
    "sess",
    "sid",
    "key",
    "cred",
    "auth",
    "cookie",
    "assert",
    "saml",
    "sig",
    "hmac",
    "otp",
    "csrf",
    "xsrf",
    "ticket",
    "code",
    "bearer",
    "pin=",
    "pin:",
    "pin\"",
    "senha",
    "kennwort",
    "wachtwoord",
    "contrasena",
    "digest",
    "hawk",
];

/// A name, a sign and a value. Inside other texts quotes are escaped and signs percent-encoded.
pub(super) static ASSIGNED: Finder = Finder {
    anchors: &PARTS,
    find: |text, from| {
        let bytes = text.as_bytes();
        // Commas are signs between quoted texts alone.
        let has_pairs = ["\",", "',"].iter().any(|end| memchr::memmem::find(bytes, end.as_bytes()).is_some());
        let next = |at: usize| {
            let rest = bytes.get(at..)?;
            let sign = memchr::memchr3(b'=', b':', b'%', rest);
            let comma = has_pairs.then(|| memchr::memchr(b',', rest)).flatten();
            sign.into_iter().chain(comma).min().map(|sign| at + sign)
        };
        let mut at = from;
        loop {
            let sign = next(at)?;
            let Some(after) = after_sign(bytes, sign) else {
                at = sign + 1;
                continue;
            };
            if let Some(secret) = assigned(text, from, sign, after) {
                return Some(secret);
            }
            // The value may be the name of another.
            at = after;
        }
    },
};

/// Where a sign ends that stands between a name and its value: `=`, `:`, `=>`, `:=`, `%3D`, `%253A`.
fn after_sign(bytes: &[u8], sign: usize) -> Option<usize> {
    let rest = &bytes[sign..];
    match rest {
        [b'=', b'>' | b'=', ..] | [b':', b'=', ..] => Some(sign + 2),
        // Pairs of quoted texts: `("x-api-key", "…")`.
        [b',', b'"' | b'\'', ..] | [b',', b' ', b'"' | b'\'', ..] if sign > 0 && matches!(bytes[sign - 1], b'"' | b'\'') => {
            Some(sign + 1)
        }
        [b'=' | b':', ..] => Some(sign + 1),
        [b'%', digits @ ..] => {
            let percents = digits.chunks_exact(2).take_while(|pair| *pair == b"25").count() * 2;
            matches!(digits.get(percents..)?, [b'3', b'a' | b'A' | b'd' | b'D', ..]).then_some(sign + 1 + percents + 2)
        }
        _ => None,
    }
}

/// The value behind a sign, if the name before it says that it is a secret.
fn assigned(text: &str, from: usize, sign: usize, after: usize) -> Option<Secret> {
    let bytes = text.as_bytes();
    let back = |mut at: usize, most: usize, test: fn(u8) -> bool| {
        let least = at.saturating_sub(most).max(from);
        while at > least && test(bytes[at - 1]) {
            at -= 1;
        }
        at
    };
    let end = back(sign, BLANKS, |b| b.is_ascii_whitespace());
    let end = back(end, QUOTES, |b| matches!(b, b'"' | b'\'' | b']' | b'\\'));
    let start = back(end, LONGEST_NAME, |b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-' | b'$'));
    let is_query = start.checked_sub(1).is_some_and(|before| matches!(bytes[before], b'?' | b'&'));
    let name = text.get(start..end)?;
    // `{"name":"X-Api-Key","value":"…"}`.
    let name = if name.eq_ignore_ascii_case("value") { named_before(text, start).unwrap_or(name) } else { name };
    // What answers a challenge: `Digest username="bob", response="…"`, `Hawk id="…", mac="…"`.
    let answers = (name == "response" && text.contains("igest ")) || (name == "mac" && text.contains("Hawk "));
    let (kind, proof) = if answers { ("digest", Proof::Made) } else { holds(name, is_query)? };
    // Names may stand in a list of names.
    let proof = if bytes[sign] == b',' { Proof::Made } else { proof };
    let (start, quote) = opened(text, after)?;
    let forth = |mut at: usize, test: fn(u8) -> bool| {
        while at < bytes.len() && test(bytes[at]) {
            at += 1;
        }
        at
    };
    let blank = forth(start, |b| {
        !b.is_ascii_whitespace() && !matches!(b, b'"' | b'\'' | b'`' | b'&' | b'|' | b'<' | b'>' | b'[' | b']' | b'\\')
    });
    // What stands first may be a scheme, or a field of its own.
    let value = text.get(start..blank)?;
    if kind == "authorization" && value.len() > 1 && value.bytes().all(|b| b.is_ascii_alphabetic()) {
        let next = forth(blank, |b| b == b' ');
        let end = forth(next, |b| !b.is_ascii_whitespace() && !matches!(b, b'"' | b'\'' | b',' | b']' | b'[' | b'\\' | b'<'));
        let credential = text.get(next..end)?;
        let is_field = credential.contains('=') && !credential.ends_with('=');
        // `shop.auth: caller 5f0c…`: what a logger of that name says, and no header.
        let is_dotted = name.rsplit_once('.').is_some_and(|(_, last)| last == "auth");
        let is_logger = is_dotted && kind_of_scheme(value) == "token" && is_uuid(credential);
        return (looks_made(credential) && !is_field && !is_logger).then_some(Secret { range: next..end, kind });
    }
    let names_another = value.split_once(['=', ':']).is_some_and(|(name, rest)| {
        !rest.is_empty()
            && !rest.starts_with('=')
            && name.len() < SHORT
            && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
    });
    if names_another && proof != Proof::Name {
        return None;
    }
    let end = end_of(text, start, blank, quote, proof);
    let secret = text.get(start..end).filter(|secret| !secret.is_empty())?;
    let is_directory = name.eq_ignore_ascii_case("pwd") && secret.starts_with('/');
    let is_prose = is_directory || quote.is_none() && !is_query && is_word_of_prose(secret);
    (!is_prose && proves(proof, secret)).then_some(Secret { range: start..end, kind })
}

/// Where the value begins behind a sign, past quotation marks, brackets and what languages print around it
/// (`Some("…")`, `u'…'`, `["…"]`, `{"value":"…"}`), and the quotation mark before it.
fn opened(text: &str, after: usize) -> Option<(usize, Option<char>)> {
    const MOST: usize = 24;
    /// What is printed around values: constructors, prefixes of strings, tags, and the names of fields that hold them.
    const AROUND: [&str; 15] = [
        "Some",
        "Just",
        "Optional",
        "Secret",
        "SecretString",
        "Redacted",
        "value",
        "$eq",
        "raw",
        "u",
        "b",
        "r",
        "f",
        "!!str",
        "String",
    ];
    let bytes = text.as_bytes();
    let (mut at, mut quote) = (after, None);
    let most = bytes.len().min(after + MOST);
    while at < most {
        let rest = text.get(at..)?;
        if rest.starts_with(MARK) {
            return None;
        }
        match bytes[at] {
            b' ' | b'\t' | b'\r' | b'\n' | b'(' | b'[' | b'{' | b'\\' => at += 1,
            b'"' | b'\'' | b'`' => {
                quote = Some(char::from(bytes[at]));
                at += 1;
            }
            _ => {
                let wraps = |word: &&&str| {
                    rest.strip_prefix(**word).is_some_and(|rest| {
                        let rest = rest.trim_start_matches(['"', '\'']);
                        rest.starts_with(['(', '[', ':', '=', ' '])
                            || text.get(at + word.len()..).is_some_and(|r| r.starts_with(['"', '\'']))
                    })
                };
                let Some(word) = AROUND.iter().find(wraps) else { break };
                at += word.len();
                at += text.get(at..)?.bytes().take_while(|b| matches!(b, b'"' | b'\'' | b':' | b'=')).count();
                quote = at.checked_sub(1).map(|last| char::from(bytes[last])).filter(|last| matches!(last, '"' | '\''));
            }
        }
    }
    (at < bytes.len()).then_some((at, quote))
}

/// The quoted text that is the last value before an offset: the name beside a `value`.
fn named_before(text: &str, at: usize) -> Option<&str> {
    let before = text.get(..at)?.trim_end_matches(['"', '\'', ' ', '\\']);
    let before = before.strip_suffix(',')?.trim_end_matches(['"', '\'', '\\']);
    before.rsplit(['"', '\'']).next()
}

/// The name of a field within a value is no longer.
const SHORT: usize = 16;

/// No more blanks stand around a sign.
const BLANKS: usize = 3;
/// No more quotation marks and backslashes stand around a name or value.
const QUOTES: usize = 8;
/// A longer name is none.
const LONGEST_NAME: usize = 80;

/// A name and a value with nothing but a blank between.
pub(super) static SPOKEN: Finder = Finder {
    anchors: &["pass", "secret", "token", "jwt", "key", "session"],
    find: |text, from| {
        static NAME: LazyLock<Regex> = LazyLock::new(|| {
            compiled(
                r#"(?i)\b(?:password|passwd|passphrase|secret|token|jwt|api[ -]?key|session(?: id)?)\s+(?:(?:is|was)\s+)?\\*["'`\[(<]?"#,
            )
        });
        // In prose a secret shows by a digit or by quotation marks.
        if !text.bytes().any(|b| b.is_ascii_digit() || is_quote(b)) {
            return None;
        }
        let mut at = from;
        loop {
            let head = NAME.find_at(text.as_bytes(), at)?;
            at = head.end();
            let head = text.get(head.range())?;
            let rest = text.get(at..)?;
            let length =
                rest.bytes().take_while(|b| !b.is_ascii_whitespace() && !is_quote(*b) && !b"\\,;()[]<>".contains(b)).count();
            let value = rest.get(..length)?;
            let is_quoted = head.bytes().last().is_some_and(is_quote);
            let name = head.split_ascii_whitespace().next().unwrap_or(head);
            // `token expired_at=…` names something else.
            let names_another = value.trim_end_matches('=').contains('=');
            let (kind, proof) = holds(&name.replace([' ', '-'], "_"), false).unwrap_or(("token", Proof::Made));
            let is_mixed = value.len() >= MIXED && value.bytes().any(|b| b.is_ascii_digit()) && !is_code(value);
            let is_one_word = value.len() >= WORD && value.bytes().all(|b| b.is_ascii_alphanumeric());
            let is_secret = if proof == Proof::Name {
                is_mixed || (is_quoted && !value.is_empty() && !is_word_of_prose(value))
            } else {
                looks_made(value) && (is_quoted || is_one_word || value.len() >= LONG)
            };
            if is_secret && !names_another && !is_masked(value) && !head.ends_with(MARK) {
                return Some(Secret { range: at..at + length, kind });
            }
        }
    },
};

/// In prose, a token without quotation marks is one word of this length, or longer.
const WORD: usize = 12;
/// In prose, a password is no shorter, and has a digit.
const MIXED: usize = 6;

fn is_quote(b: u8) -> bool {
    matches!(b, b'"' | b'\'' | b'`')
}

/// How much of a field's value is a secret, and of what kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    Whole(&'static str),
    /// What follows an offset, after the scheme of a header: `Basic dXNl…`.
    AfterScheme(&'static str, usize),
}

/// What of a field's value is a secret, if its name says that it holds one.
pub(super) fn kind_of(name: &str, value: &str) -> Option<Value> {
    let (kind, proof) = holds(name, false).or_else(|| is_member_of_jwk(name).then_some(("jwk", Proof::Long)))?;
    match kind {
        "cookie" if value.contains('=') => return Some(Value::Whole(kind)),
        "authorization" => {
            if let Some((scheme, credential)) = value.split_once(' ')
                && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !credential.contains(' ')
                && !is_masked(credential)
                && !is_word_of_prose(credential)
                && !jwt::stands_in(credential)
            {
                return Some(Value::AfterScheme(kind_of_scheme(scheme), scheme.len() + 1));
            }
        }
        _ => {}
    }
    // A sentence is no secret, though one may stand in it.
    let is_sentence = proof != Proof::Name && value.contains(' ');
    (!is_sentence && proves(proof, value)).then_some(Value::Whole(kind))
}

/// What the scheme in the head of a credential makes of it: `Authorization: Bearer `.
pub(super) fn kind_of_scheme(head: &str) -> &'static str {
    const SCHEMES: [&str; 5] = ["bearer", "basic", "digest", "negotiate", "ntlm"];
    let head = head.to_ascii_lowercase();
    SCHEMES.into_iter().find(|known| head.contains(known)).unwrap_or("token")
}

fn is_member_of_jwk(name: &str) -> bool {
    matches!(name.rsplit('.').next(), Some("d" | "k" | "p" | "q" | "dp" | "dq" | "qi"))
}

fn proves(proof: Proof, value: &str) -> bool {
    !is_masked(value)
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
    if let (Some(quote), Proof::Name) = (quote, proof) {
        let rest = text.get(start..).unwrap_or_default();
        // Of quotes that are escaped themselves the first ends it.
        let is_escaped = start > 1 && text.as_bytes()[start - 2] == b'\\';
        let (mut end, mut chars) = (rest.len().min(MOST), rest.char_indices().take(MOST).peekable());
        while let Some((at, c)) = chars.next() {
            let doubled = c == quote && chars.peek().is_some_and(|(_, next)| *next == quote) && quote == '\'';
            if c == '\n' || (c == quote && !doubled) || (c == '\\' && is_escaped) {
                end = at;
                break;
            }
            if doubled || c == '\\' {
                chars.next();
            }
            end = at + c.len_utf8();
        }
        return start + end;
    }
    let end = match proof {
        Proof::Name => value.trim_end_matches([',', ';', ')', '}', ']', '.']).len(),
        _ => value.find([',', ';', ')', '}', '{', '(']).unwrap_or(value.len()),
    };
    start + end
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
    const SPELT: [&str; 22] = [
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
        "base",
    ];
    /// `invalid_token` is an error first, and a token only if it looks made.
    const ERRORS: [&str; 10] =
        ["invalid", "expired", "missing", "bad", "malformed", "unknown", "no", "wrong", "unsupported", "unauthorized"];
    /// No word that names a secret is longer.
    const LONGEST: usize = 13;
    let is = |word: &str, known: &[&str]| known.iter().any(|known| word.eq_ignore_ascii_case(known));
    let mut rest = name;
    let mut word = || last_word(&mut rest);
    let last = std::iter::from_fn(&mut word).find(|word| !word.bytes().all(|b| b.is_ascii_digit()) && !is(word, &SPELT))?;
    // `PGPASSWORD`, `clientsecret`.
    let ends = |ending: &str| {
        last.len().checked_sub(ending.len()).and_then(|at| last.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case(ending))
    };
    let run_together = [("password", "password"), ("passwd", "password"), ("secret", "secret")];
    if let Some((_, kind)) = run_together.into_iter().find(|(ending, _)| ends(ending)) {
        return Some((kind, if is(first_word(name), &ERRORS) { Proof::Made } else { Proof::Name }));
    }
    let mut lower = [0; LONGEST];
    let lower = lower.get_mut(..last.len())?;
    lower.copy_from_slice(last.as_bytes());
    lower.make_ascii_lowercase();
    let before = word().unwrap_or_default();
    let is_whole_name = before.is_empty();
    let holds = Some(match std::str::from_utf8(lower).ok()? {
        "pwd" | "passphrase" | "passwords" | "passwort" | "kennwort" | "senha" | "wachtwoord" | "contrasena" => {
            ("password", Proof::Name)
        }
        "word" if is(before, &["pass"]) => ("password", Proof::Name),
        "pass" if is_query => ("password", Proof::Name),
        "pass" => ("password", Proof::Made),
        "secrets" => ("secret", Proof::Name),
        "otp" | "totp" | "passcode" | "pin" => ("otp", Proof::Name),
        "code" if is(before, &["otp", "mfa", "totp"]) => ("otp", Proof::Name),
        "apikey" | "appkey" | "secretkey" | "accesskey" => ("api-key", Proof::Name),
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
        "code" if is_whole_name => ("code", Proof::Long),
        "code" if is(before, &["auth", "authorization", "device", "grant", "verification", "mfa", "backup", "recovery"]) => {
            ("code", Proof::Made)
        }
        "credential" | "credentials" | "creds" => ("secret", Proof::Made),
        "key" if is(before, &["private"]) => ("private-key", Proof::Name),
        "privatekey" => ("private-key", Proof::Name),
        "key" if is(before, &["signing"]) => ("api-key", Proof::Long),
        "key" if is(before, &["encryption", "storage", "cookie", "hmac", "functions", "rapidapi"]) => ("api-key", Proof::Made),
        "key" if is(before, &["api", "secret", "access", "account", "master", "subscription", "license"]) => {
            ("api-key", Proof::Name)
        }
        "key" if is_whole_name && is_query => ("api-key", Proof::Long),
        _ => return None,
    });
    // The value of an error's name mostly says what went wrong.
    holds.map(|(kind, proof)| (kind, if proof == Proof::Name && is(first_word(name), &ERRORS) { Proof::Made } else { proof }))
}

/// Takes the last word off a name, whichever way that is spelt: `refreshToken`, `refresh_token`, `auth.refresh-token`.
fn last_word<'n>(name: &mut &'n str) -> Option<&'n str> {
    let whole = name.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
    let bytes = whole.as_bytes();
    let begins = |at: &usize| *at == 0 || is_turn(bytes, *at);
    let start = (0..bytes.len()).rev().find(begins)?;
    *name = whole.get(..start)?;
    whole.get(start..)
}

fn first_word(name: &str) -> &str {
    let bytes = name.as_bytes();
    let end = (1..bytes.len()).find(|at| is_turn(bytes, *at) || !bytes[*at].is_ascii_alphanumeric());
    name.get(..end.unwrap_or(name.len())).unwrap_or(name)
}

/// Whether a word begins at an offset that is not the first: after a sign, or with a capital, as in `accessToken` and
/// `SAMLResponse`.
fn is_turn(bytes: &[u8], at: usize) -> bool {
    let (before, here) = (bytes[at - 1], bytes[at]);
    let goes_on_lower = || bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase);
    !before.is_ascii_alphanumeric()
        || (here.is_ascii_uppercase() && (before.is_ascii_lowercase() || (before.is_ascii_uppercase() && goes_on_lower())))
}
