//! The token in what people paste: alone, in a header or a command, in a cookie, in an issuer's answer, wrapped.

use std::collections::VecDeque;

use serde_json::Value;

use crate::layout::token;
use crate::redact::Redactor;

/// A token that is broken over more lines than this is none.
const MAX_LINES: usize = 512;
/// Nor is one that is longer than this, in bytes.
const MAX_LENGTH: usize = 64 << 10;
/// How many beginnings of tokens are followed.
const MAX_TOKENS: usize = 32;
/// How many values of a JSON text are looked at.
const MAX_VALUES: usize = 1000;
/// Names of the tokens of an answer, in the order in which they are tried.
const NAMES: [&str; 6] = ["access_token", "accessToken", "id_token", "idToken", "token", "jwt"];

/// A token that was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pasted {
    pub(super) token: String,
    /// What was left aside.
    pub(super) notes: Vec<String>,
}

/// Finds the token that is meant; an error says what is there instead.
pub(super) fn token_in(text: &str) -> Result<Pasted, String> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if text.starts_with('{')
        && let Ok(answer) = serde_json::from_str(text)
    {
        return of_answer(&answer);
    }
    let tokens = tokens(text);
    let spoken_of = |word: &str| tokens.iter().position(|(before, _)| before.contains(word));
    let meant = spoken_of("access").or_else(|| tokens.iter().position(|(before, _)| !before.contains("refresh"))).unwrap_or(0);
    let Some((_, token)) = tokens.get(meant) else { return Err(no_token(text)) };
    let mut notes = Vec::new();
    if tokens.iter().any(|(_, other)| other != token) {
        notes.push(format!("there are {} tokens: this is number {}", tokens.len(), meant + 1));
    }
    Ok(Pasted { token: token.clone(), notes })
}

/// The header of a token, if it is one.
pub(super) fn header_of(token: &str) -> Option<Value> {
    let first = token.split('.').next()?;
    token::segment(first).filter(Value::is_object)
}

/// The token of an issuer's answer.
fn of_answer(answer: &Value) -> Result<Pasted, String> {
    let mut named: Vec<(&str, &str)> = Vec::new();
    let mut rest = VecDeque::from([answer]);
    for _ in 0..MAX_VALUES {
        let Some(value) = rest.pop_front() else { break };
        match value {
            Value::Object(fields) => {
                named.extend(fields.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_str()?))));
                rest.extend(fields.values());
            }
            Value::Array(items) => rest.extend(items),
            _ => {}
        }
    }
    let of = |name: &str| named.iter().find(|(other, value)| *other == name && !value.trim().is_empty()).map(|(_, value)| *value);
    if let Some((name, value)) = NAMES.iter().find_map(|name| Some((*name, of(name)?))) {
        let mut pasted = token_in(value).map_err(|wrong| format!("{wrong} (the answer's {name})"))?;
        let others: Vec<&str> = ["access_token", "id_token", "refresh_token"]
            .into_iter()
            .filter(|other| *other != name && of(other).is_some())
            .collect();
        pasted.notes.push(match others[..] {
            [] => format!("this is the answer's {name}"),
            _ => format!("this is the answer's {name}; its {} is not looked at", others.join(" and ")),
        });
        return Ok(pasted);
    }
    Err(match of("error") {
        Some(error) => {
            let error: String = Redactor::BARE.redact(error).chars().take(64).collect();
            format!("it is an error of the issuer, not a token: {error}")
        }
        None => "it is JSON without an access token or an ID token".to_owned(),
    })
}

/// All that begins like a JWT, whole as far as that can be had, with the text before it in lower case.
fn tokens(text: &str) -> Vec<(String, String)> {
    let bytes = text.as_bytes();
    let is_part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let mut tokens = Vec::new();
    let (mut at, mut tried) = (0, 0);
    while let Some(found) = memchr::memchr(b'e', &bytes[at..]).filter(|_| tried < MAX_TOKENS) {
        let start = at + found;
        at = start + 1;
        let begins = matches!(bytes.get(at), Some(b'y' | b'w')) && (start == 0 || !is_part(bytes[start - 1]));
        if !begins {
            continue;
        }
        tried += 1;
        let Some((token, end)) = whole_token(bytes, start) else { continue };
        let from = text[..start].char_indices().rev().nth(23).map_or(0, |(from, _)| from);
        tokens.push((text[from..start].to_ascii_lowercase(), token));
        at = end;
    }
    tokens
}

/// The token that begins at `start`, over the ends of lines if it has to be, and where it ends.
fn whole_token(bytes: &[u8], start: usize) -> Option<(String, usize)> {
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'=');
    let run = |from: usize| bytes[from..].iter().take(MAX_LENGTH).take_while(|b| is_part(b)).count();
    // Between the pieces: ends of lines, their indent, marks of a quoted mail and of a shell.
    let gap = |from: usize| {
        bytes[from..].iter().take(64).take_while(|b| b.is_ascii_whitespace() || matches!(b, b'\\' | b'>' | b'|')).count()
    };
    let text = |from: usize, length: usize| std::str::from_utf8(&bytes[from..from + length]).unwrap_or_default();
    let mut end = start + run(start);
    let mut token = text(start, end - start).to_owned();
    let first = (token.clone(), end);
    for _ in 0..MAX_LINES {
        if is_whole(&token) {
            return Some((token, end));
        }
        let next = end + gap(end);
        let more = run(next);
        if !bytes[end..next].contains(&b'\n') || more == 0 || token.len() > MAX_LENGTH {
            break;
        }
        token.push_str(text(next, more));
        end = next + more;
    }
    header_of(&first.0).is_some().then_some(first)
}

/// Whether nothing is missing, as far as can be seen: a JWT with a signature, or a JWE.
fn is_whole(token: &str) -> bool {
    match token.bytes().filter(|b| *b == b'.').count() {
        2 => token::parts(token).is_some() && !token.ends_with('.'),
        4 => !token.ends_with('.') && header_of(token).is_some(),
        _ => false,
    }
}

/// What a text is that holds no JWT.
fn no_token(text: &str) -> String {
    let text = bare(text);
    let dots = text.split('.').count() - 1;
    match text {
        "" => "there is no token".to_owned(),
        "undefined" | "null" | "[object Object]" => "it is a placeholder of the client, not a token".to_owned(),
        _ if is_scheme(text, "basic") => "these are a user and a password (Basic), not a token".to_owned(),
        _ if text.split_whitespace().nth(1).is_some() => "there is no JWT in it".to_owned(),
        _ if ["v1.", "v2.", "v3.", "v4."].iter().any(|version| text.starts_with(version)) && dots >= 2 => {
            "it is a PASETO, not a JWT".to_owned()
        }
        _ if dots == 2 || dots == 4 || text.starts_with("eyJ") => {
            format!("it cannot be decoded: {} segments, cut or altered", dots + 1)
        }
        _ => "it is no JWT: an opaque token or a session id, of which only its issuer can say what is wrong".to_owned(),
    }
}

/// A text without the header's name, the scheme and quotes around it.
fn bare(text: &str) -> &str {
    let mut text = text;
    loop {
        let before = text;
        text = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ';' | ','));
        for word in ["-H", "--header", "authorization:", "proxy-authorization:", "bearer ", "token "] {
            if text.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word)) {
                text = &text[word.len()..];
            }
        }
        if text.eq_ignore_ascii_case("bearer") {
            return "";
        }
        if text == before {
            return text;
        }
    }
}

fn is_scheme(text: &str, scheme: &str) -> bool {
    text.split_once(' ').is_some_and(|(head, _)| head.eq_ignore_ascii_case(scheme))
}
