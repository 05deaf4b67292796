//! Finds the address of the client in a sentence: "from 10.0.0.7:5123", "[client 10.0.0.7:80]", an access line.

use std::ops::Range;

use crate::extract::values::gap::Join;
use crate::extract::values::lex::Lexed;
use crate::extract::values::shape::address_in;
use crate::extract::values::words::Part;

/// Words before `from` with which the address is the far end of an outgoing call, not a client.
const ANSWERS: [&str; 29] = [
    "version",
    "upgrade",
    "upgraded",
    "downgraded",
    "migrated",
    "response",
    "responses",
    "reply",
    "answer",
    "read",
    "reading",
    "fetched",
    "fetch",
    "fetching",
    "keys",
    "jwks",
    "download",
    "downloaded",
    "loaded",
    "loading",
    "upstream",
    "result",
    "data",
    "packet",
    "retrieved",
    "refreshed",
    "error",
    "obtained",
    "get",
];

/// The address in an atom, without a port.
pub(super) fn address_at(lexed: &Lexed<'_>, at: usize) -> Option<Range<usize>> {
    let start = lexed.atoms.get(at)?.start;
    let word = lexed.word(at);
    let first = *word.as_bytes().first()?;
    if !(first.is_ascii_digit() || first == b':' || word.contains(['/', ':'])) {
        return None;
    }
    address_in(word).map(|(from, to)| start + from..start + to)
}

/// How good the reasons are to take an address for the client's, and whether they leave no doubt.
pub(super) fn client_rank(lexed: &Lexed<'_>, at: usize) -> Option<(u8, bool)> {
    if begins_access_line(lexed, at) {
        return Some((68, true));
    }
    if is_method(lexed.word(at + 2)) && lexed.word(at + 1) == "-" && lexed.before(at + 2) == b'"' {
        return Some((68, true));
    }
    if in_captures(lexed, at) {
        return Some((69, false));
    }
    let before = at.checked_sub(1)?;
    let gap = lexed.gap_after(before);
    if gap.join == Join::Apart {
        return is_column(lexed, at).then_some((40, false));
    }
    match lexed.part(before) {
        Part::From if !is_answer(lexed, before) => Some((50, !gap.opens())),
        // Java writes the far end of a connection with its name: authentication with edge-1/10.0.0.7.
        Part::Link if lexed.word(before) == "with" && lexed.word(at).contains('/') => Some((45, false)),
        // Rails: Started GET "/x" for 10.0.0.7 at ..
        Part::Link if lexed.word(before) == "for" && lexed.word(at + 1) == "at" => Some((48, true)),
        _ => None,
    }
}

/// The user's column of an access line that begins here: `10.0.0.7 - alice [`.
pub(super) fn user_column(lexed: &Lexed<'_>, at: usize) -> Option<usize> {
    let user = at + 2;
    (begins_access_line(lexed, at) && lexed.word(at + 1) == "-" && lexed.before(user + 1) == b'[').then_some(user)
}

/// Whether what comes from there is an answer to a call of our own.
fn is_answer(lexed: &Lexed<'_>, from: usize) -> bool {
    (from.saturating_sub(4)..from).any(|at| ANSWERS.iter().any(|word| lexed.word(at).eq_ignore_ascii_case(word)))
}

/// Whether an access line begins here: address, identity, user, time in brackets.
fn begins_access_line(lexed: &Lexed<'_>, at: usize) -> bool {
    let bytes = lexed.text.as_bytes();
    let opens = !matches!(lexed.before(at), b'"' | b'(' | b'[' | b'=');
    let columns = lexed.word(at + 1) == "-" || (lexed.word(at + 2) == "-" && at == 0);
    opens
        && columns
        && (at + 2..at + 5).any(|column| {
            lexed.before(column) == b'[' && lexed.atoms.get(column).is_some_and(|atom| bytes[atom.start].is_ascii_digit())
        })
}

/// Whether it stands among the headers that a proxy captured: `{0b1c..|10.0.0.7}`.
pub(super) fn in_captures(lexed: &Lexed<'_>, at: usize) -> bool {
    let after = lexed.atoms.get(at).and_then(|atom| lexed.text.as_bytes().get(atom.end)).copied().unwrap_or(b' ');
    let before = lexed.before(at);
    matches!((before, after), (b'{' | b'|', b'|') | (b'|', b'}'))
}

/// Whether it stands in a column of its own, in a line that tells of a request: `| 401 | 2ms | 10.0.0.7 | GET`.
fn is_column(lexed: &Lexed<'_>, at: usize) -> bool {
    let Some(atom) = lexed.atoms.get(at) else { return false };
    let bytes = lexed.text.as_bytes();
    let sign = |step: Option<&u8>| step == Some(&b'|');
    let left = bytes[..atom.start].iter().rev().find(|byte| **byte != b' ');
    let right = bytes[atom.end..].iter().find(|byte| **byte != b' ');
    sign(left) && sign(right) && (at + 1..at + 6).any(|next| is_method(lexed.word(next)))
}

/// Whether a word is an HTTP method.
fn is_method(word: &str) -> bool {
    matches!(word, "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS")
}
