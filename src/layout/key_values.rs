//! `key=value` pairs scattered through a text, and the JSON objects at its end.

use std::borrow::Cow;

use crate::layout::fields::Fields;
use crate::layout::flatten;
use crate::layout::lines::first_line;

/// Keys longer than this are no keys but text that happens to hold a `=`.
const MAX_KEY: usize = 96;

/// JSON objects that are read off the end of a text: monolog writes two.
const MAX_OBJECTS: usize = 2;

/// Keys whose unquoted values hold spaces in what logrus and hydra write: they reach to the next key.
const PHRASES: [&str; 7] = ["msg", "message", "err", "error", "reason", "service_name", "error_description"];

/// Reads every `key=value` of `text` into `fields`: quoted, bare, or in brackets, wherever it stands.
///
/// Parameters of a URL's query are no pairs; a value that is a JSON object is flattened under its key.
pub(super) fn pairs<'r>(text: &'r str, fields: &mut Fields<'r>) {
    for (key, value) in Pairs::of(text) {
        push(key, value, fields);
    }
}

/// Adds a pair; a value that is a JSON object is flattened under its key.
pub(super) fn push<'r>(key: &'r str, value: Cow<'r, str>, fields: &mut Fields<'r>) {
    let object = value.starts_with('{') && value.ends_with('}');
    if !(object && flatten::flatten_owned(&value, key, fields).is_ok()) {
        fields.push(key, value);
    }
}

/// Flattens the JSON object that `text` ends in, if any, and gives the text before it.
///
/// Winston and zap write one object, monolog two, where an empty one is `[]`.
pub(super) fn trailing_json<'r>(text: &'r str, fields: &mut Fields<'r>) -> &'r str {
    let mut before = text;
    let mut rest = text.trim_end();
    let mut empties = 0;
    for _ in 0..MAX_OBJECTS {
        if let Some(head) = rest.strip_suffix("[]").filter(|head| head.is_empty() || head.ends_with(' ')) {
            rest = head.trim_end();
            empties += 1;
        } else if let Some((head, object)) = split_object(rest)
            && flatten::flatten(object, "", fields).is_ok()
        {
            rest = head.trim_end();
            before = rest;
        } else {
            break;
        }
    }
    if empties == MAX_OBJECTS { rest } else { before }
}

/// The text and what may be a JSON object after it.
fn split_object(text: &str) -> Option<(&str, &str)> {
    text.split_at_checked(opening_brace(text.as_bytes())?)
}

/// Where the object that ends with the last byte opens; read backwards, as what stands before it is any text.
fn opening_brace(bytes: &[u8]) -> Option<usize> {
    if bytes.last() != Some(&b'}') {
        return None;
    }
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut at = bytes.len();
    while at > 0 {
        at -= 1;
        match bytes[at] {
            b'"' => {
                let escapes = bytes[..at].iter().rev().take_while(|byte| **byte == b'\\').count();
                if escapes % 2 == 0 {
                    in_string = !in_string;
                }
                at -= escapes;
            }
            b'}' if !in_string => depth += 1,
            b'{' if !in_string => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// The pairs of a text, in order.
pub(super) struct Pairs<'r> {
    rest: &'r str,
    /// Whether a bracket that opens a value can still find its partner; without it, text full of opening
    /// brackets would be read to its end once for each.
    brackets_close: bool,
    /// Whether the values of [`PHRASES`] reach to the next key.
    phrases: bool,
}

impl<'r> Pairs<'r> {
    /// The pairs of any text.
    fn of(text: &'r str) -> Self {
        Self { rest: text, brackets_close: true, phrases: false }
    }

    /// The pairs of a record that is nothing but pairs.
    pub(super) fn of_logfmt(text: &'r str) -> Self {
        Self { phrases: true, ..Self::of(text) }
    }

    fn value(&mut self, key: &str, text: &'r str) -> (Cow<'r, str>, &'r str) {
        match text.bytes().next() {
            Some(quote @ (b'"' | b'\'')) => quoted(text, quote),
            Some(b'\\') if text.starts_with("\\\"") => quoted_with_escapes(text),
            Some(b'[' | b'{' | b'm') if self.brackets_close && opens_bracket(text) => self.bracketed(text),
            _ if self.phrases && PHRASES.contains(&key) => phrase(text),
            _ => bare(text),
        }
    }

    fn bracketed(&mut self, text: &'r str) -> (Cow<'r, str>, &'r str) {
        let Some(end) = closing_bracket(text) else {
            self.brackets_close = false;
            return bare(text);
        };
        let (value, rest) = cut(text, end);
        (Cow::Borrowed(value), rest)
    }
}

impl<'r> Iterator for Pairs<'r> {
    type Item = (&'r str, Cow<'r, str>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (before, after) = self.rest.split_once('=')?;
            self.rest = after;
            if after.starts_with(['=', '>', '~']) {
                self.rest = after.trim_start_matches(['=', '>', '~']);
                continue;
            }
            let Some(key) = key_at_end(before) else { continue };
            // `"c2VjcmV0="`: the quote after it closes the one before it.
            if after.starts_with('"') && before.strip_suffix(key).is_some_and(|head| head.ends_with('"')) {
                continue;
            }
            let (value, rest) = self.value(key, after);
            self.rest = rest;
            return Some((key, value));
        }
    }
}

/// The key that `text` ends in, unless it is a URL's parameter or the tail of something else.
fn key_at_end(text: &str) -> Option<&str> {
    let head = text.trim_end_matches(is_key_char);
    let run = text.get(head.len()..)?;
    let key = run.trim_start_matches(|c: char| !is_key_start(c));
    if key.is_empty() || key.len() > MAX_KEY {
        return None;
    }
    let before = text.strip_suffix(key)?.chars().next_back();
    let joined = before.is_some_and(|c| c.is_ascii_digit() || matches!(c, '?' | '&' | '/' | '%' | '\\' | '=' | '#' | '+' | '~'));
    (!joined).then_some(key)
}

/// Whether a key can begin with it.
pub(super) fn is_key_start(c: char) -> bool {
    c.is_ascii_alphabetic() || matches!(c, '_' | '@')
}

/// Whether it can stand in a key.
pub(super) fn is_key_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '@')
}

/// A quoted value; one that never closes reaches to the end, as the line was cut.
fn quoted(text: &str, quote: u8) -> (Cow<'_, str>, &str) {
    let bytes = text.as_bytes();
    let mut at = 1;
    let mut escaped = false;
    while let Some(&byte) = bytes.get(at) {
        if byte == b'\\' {
            escaped = true;
            at += 2;
            continue;
        }
        // An apostrophe inside a word does not close: Ruby and Python write texts between apostrophes.
        let closes = byte == quote && (quote == b'"' || !bytes.get(at + 1).is_some_and(u8::is_ascii_alphanumeric));
        if closes {
            break;
        }
        at += 1;
    }
    let inner = text.get(1..at.min(text.len())).unwrap_or_default();
    let value = if escaped { unescape(inner) } else { Cow::Borrowed(inner) };
    (value, text.get(at + 1..).unwrap_or_default())
}

/// `key=\"value\"`: a pair inside of a text that was quoted as a whole.
fn quoted_with_escapes(text: &str) -> (Cow<'_, str>, &str) {
    let inner = text.get(2..).unwrap_or_default();
    let (value, rest) = inner.split_once("\\\"").unwrap_or((inner, ""));
    (Cow::Borrowed(value), rest)
}

fn opens_bracket(text: &str) -> bool {
    text.starts_with(['[', '{']) || text.starts_with("map[")
}

/// Just after the bracket that closes the one that `text` opens with.
fn closing_bracket(text: &str) -> Option<usize> {
    let open = text.bytes().find(|byte| matches!(byte, b'[' | b'{'))?;
    let close = if open == b'[' { b']' } else { b'}' };
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        if byte == open {
            depth += 1;
        } else if byte == close {
            depth = depth.checked_sub(1)?;
            if depth == 0 {
                return Some(at + 1);
            }
        }
    }
    None
}

/// An unquoted value: to the next space or closing punctuation, without the stop of a sentence.
fn bare(text: &str) -> (Cow<'_, str>, &str) {
    let end =
        text.find(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | ')' | ']' | '}' | '"' | '`')).unwrap_or(text.len());
    let (value, rest) = cut(text, end);
    let trimmed = value.trim_end_matches(['.', ':', '\'']);
    (Cow::Borrowed(if trimmed.is_empty() { value } else { trimmed }), rest)
}

/// An unquoted value of several words: to the next key, or to the end of the line.
fn phrase(text: &str) -> (Cow<'_, str>, &str) {
    let line = first_line(text);
    let mut end = line.len();
    for (at, _) in line.match_indices('=') {
        let (before, _) = cut(line, at);
        // A key has a bounded length, so that looking back from every `=` stays linear.
        let mut start = at.saturating_sub(MAX_KEY);
        while !line.is_char_boundary(start) {
            start += 1;
        }
        let key = before.get(start..).and_then(key_at_end);
        if let Some(head) = key.and_then(|key| before.strip_suffix(key))
            && (head.is_empty() || head.ends_with(' '))
        {
            end = head.len();
            break;
        }
    }
    let (value, rest) = cut(text, end);
    (Cow::Borrowed(value.trim()), rest)
}

fn cut(text: &str, at: usize) -> (&str, &str) {
    text.split_at_checked(at).unwrap_or((text, ""))
}

/// The text without its escapes; what is no known escape stays (`App\Exception`).
fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            plain.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => plain.push('\n'),
            Some('t') => plain.push('\t'),
            Some('r') => plain.push('\r'),
            Some(same @ ('"' | '\'' | '\\' | '/')) => plain.push(same),
            Some('u') => unescape_code(&mut chars, &mut plain),
            Some(other) => plain.extend(['\\', other]),
            None => plain.push('\\'),
        }
    }
    Cow::Owned(plain)
}

/// The four hexadecimal digits after `\u`.
fn unescape_code(chars: &mut std::str::Chars<'_>, plain: &mut String) {
    let rest = chars.as_str();
    let code = rest.get(..4).and_then(|digits| u32::from_str_radix(digits, 16).ok()).and_then(char::from_u32);
    if let Some(c) = code {
        plain.push(c);
        *chars = rest.get(4..).unwrap_or_default().chars();
    } else {
        plain.push_str("\\u");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(String, String)> {
        let mut fields = Fields::default();
        pairs(text, &mut fields);
        fields.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn pairs_are_found_wherever_they_stand() {
        for (text, expected) in [
            ("rejected code=user_not_found", vec![("code", "user_not_found")]),
            (
                "[req=9f2c] (sub=u1, kid=k1) failed; path=/x?a=1&b=2.",
                vec![("req", "9f2c"), ("sub", "u1"), ("kid", "k1"), ("path", "/x?a=1&b=2")],
            ),
            (
                r#"err="[invalid bearer token, \"aud\"]" n='it is' x=1"#,
                vec![("err", r#"[invalid bearer token, "aud"]"#), ("n", "it is"), ("x", "1")],
            ),
            ("error='can't be' uid=7", vec![("error", "can't be"), ("uid", "7")]),
            (
                "a=map[x:1 y:map[z:2]] b=[1 2] c={d e} f=1",
                vec![("a", "map[x:1 y:map[z:2]]"), ("b", "[1 2]"), ("c", "{d e}"), ("f", "1")],
            ),
            (r#"claims={"sub":"u1","aud":["a"]} x=1"#, vec![("claims.sub", "u1"), ("claims.aud", "a"), ("x", "1")]),
            (r#"Event Occurred:type="LOGIN_ERROR", realmId=master"#, vec![("type", "LOGIN_ERROR"), ("realmId", "master")]),
            ("GET /x?token=abc&sub=1 a==b a=>b c != d eyJ0=", vec![]),
            (r#"basic "dXNlcjpw=" kid=k1"#, vec![("kid", "k1")]),
            (
                "@service.name=orders x-request-id=r-1, empty= next=2",
                vec![("@service.name", "orders"), ("x-request-id", "r-1"), ("next", "2")],
            ),
            (r"class=App\Jwt kid=k2: not found", vec![("class", r"App\Jwt"), ("kid", "k2")]),
            (r#"user=\"u 1\", kid=\"k1\""#, vec![("user", "u 1"), ("kid", "k1")]),
            (r#"cut="never closed"#, vec![("cut", "never closed")]),
        ] {
            let expected: Vec<(String, String)> = expected.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            assert_eq!(found(text), expected, "{text}");
        }
    }

    #[test]
    fn a_value_is_unescaped_only_where_it_has_escapes() {
        assert_eq!(unescape(r#"a \"b\" \n \u00e9 \d \\"#), "a \"b\" \n é \\d \\");
        assert!(matches!(unescape("plain"), Cow::Borrowed("plain")));
    }

    #[test]
    fn a_json_object_is_read_off_the_end() {
        for (text, before, field) in [
            (r#"jwt expired {"sub":"u1"}"#, "jwt expired", Some(("sub", "u1"))),
            (r#"failed {"a":{"b":"} \" {"}} []"#, "failed", Some(("a.b", "} \" {"))),
            (r#"failed {"a":"x"} {"b":"y"}"#, "failed", Some(("b", "y"))),
            ("nothing [] []", "nothing", None),
            ("users: []", "users: []", None),
            ("no { json }", "no { json }", None),
            ("}", "}", None),
            ("", "", None),
        ] {
            let mut fields = Fields::default();
            assert_eq!(trailing_json(text, &mut fields), before, "{text}");
            if let Some((name, value)) = field {
                assert_eq!(fields.exact(name), Some(value), "{text}");
            }
        }
    }

    #[test]
    fn hostile_text_is_read_in_linear_time() {
        for unit in ["a=[", "a={", "a=\"", "a='", "a=\\\"", "=", "a=m", "{", "}", "{\"", "\\\"}", "msg=a=", "a=map["] {
            let text = unit.repeat(200_000 / unit.len());
            let started = std::time::Instant::now();
            let _ = found(&text);
            let _ = trailing_json(&text, &mut Fields::default());
            let _ = Pairs::of_logfmt(&format!("level=1 msg={text}")).count();
            assert!(started.elapsed().as_secs() < 5, "{unit}");
        }
    }
}
