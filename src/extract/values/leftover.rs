//! Looks at the ids that nothing named: "2364.. is not a registered member", "nothing on file for 2364.. among users".
//!
//! Only where a text names no user or no key, and only for ids that no other word claims. Never sure.

use std::ops::Range;

use crate::extract::values::field::Best;
use crate::extract::values::gap::Join;
use crate::extract::values::lex::Lexed;
use crate::extract::values::shape::{Shape, fits, shape_of};
use crate::extract::values::words::Part;
use crate::model::field::Field;

/// The rank of what is found here: below all that a word names.
const RANK: u8 = 15;

/// How far a noun may stand from the id.
const REACH: usize = 8;

/// The nouns of a text, as far as they matter here.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Nouns {
    /// It speaks of users.
    pub(super) users: bool,
    /// It speaks of keys.
    pub(super) keys: bool,
    /// It speaks of tokens.
    pub(super) tokens: bool,
}

impl Nouns {
    /// Notes the noun of a word.
    pub(super) fn note(&mut self, part: Part) {
        match part {
            Part::User | Part::Users | Part::Holder | Part::Sub => self.users = true,
            Part::Key | Part::Keys | Part::Kid => self.keys = true,
            Part::Rival => self.tokens = true,
            _ => {}
        }
    }
}

/// Reads what nothing named.
pub(super) fn left_over(lexed: &Lexed<'_>, nouns: Nouns, best: &mut Best) {
    let want_sub = (nouns.users || nouns.tokens) && !best.has(Field::Sub);
    let want_kid = nouns.keys && !best.has(Field::Kid);
    if !want_sub && !want_kid {
        return;
    }
    let mut sub: Option<Range<usize>> = None;
    for at in 0..lexed.atoms.len() {
        let word = lexed.word(at);
        let called = is_verb(lexed.word(at + 1)) && begins(lexed, at);
        if !called && !(want_sub && (word.len() >= 14 || is_of_token(lexed, at))) {
            continue;
        }
        if word.len() < 2 || !word.bytes().any(|byte| byte.is_ascii_digit()) || word.contains('/') {
            continue;
        }
        let range = lexed.atoms[at].start..lexed.atoms[at].end;
        let shape = shape_of(word);
        if !shape.is_id() || best.claims(&range) {
            continue;
        }
        let named = is_named(lexed, at);
        if want_kid && called && shape != Shape::Number && is_called(lexed, at, &KEYS) && fits(Field::Kid, word) {
            best.offer(Field::Kid, range, RANK, false);
            continue;
        }
        if !want_sub || !fits(Field::Sub, word) {
            continue;
        }
        let strong = matches!(shape, Shape::Uuid | Shape::Opaque) || shape == Shape::Prefixed && word.contains('|');
        let status = shape == Shape::Number && word.len() == 3;
        if called && !status && is_called(lexed, at, &USERS)
            || !named && is_of_token(lexed, at)
            || !named && strong && is_near_user(lexed, at)
        {
            if sub.as_ref().is_some_and(|before| lexed.slice(before) != word) {
                // Of several it cannot be told which.
                return;
            }
            sub.get_or_insert(range);
        }
    }
    if let Some(range) = sub {
        best.offer(Field::Sub, range, RANK, false);
    }
}

/// Nouns that say of an id that it is a key's.
const KEYS: [Part; 3] = [Part::Key, Part::Keys, Part::Kid];

/// Nouns that say of an id that it is a user's.
const USERS: [Part; 3] = [Part::User, Part::Holder, Part::Sub];

/// Verbs with which a sentence says what something is.
fn is_verb(word: &str) -> bool {
    matches!(word, "is" | "was" | "isn't" | "wasn't" | "not" | "has" | "does" | "doesn't" | "matches")
}

/// Whether a clause begins with this atom.
fn begins(lexed: &Lexed<'_>, at: usize) -> bool {
    at == 0 || matches!(lexed.gap_after(at - 1).join, Join::Apart | Join::Assign) || lexed.last_part(at - 1) == Part::Other
}

/// Whether a name or a noun of another thing stands right before it.
fn is_named(lexed: &Lexed<'_>, at: usize) -> bool {
    let Some(before) = at.checked_sub(1) else { return false };
    let gap = lexed.gap_after(before);
    let part = lexed.last_part(before);
    match gap.join {
        // "denied: 2364..": a sentence before a colon is no name.
        Join::Assign => {
            !matches!(part, Part::State | Part::Users) || lexed.text.as_bytes().get(lexed.atoms[before].end) == Some(&b'=')
        }
        Join::Beside => matches!(
            part,
            Part::Rival
                | Part::Request
                | Part::Correlation
                | Part::Trace
                | Part::Client
                | Part::Id
                | Part::Number
                | Part::Server
                | Part::Stop
                | Part::Iss
                | Part::Aud
        ),
        Join::Apart => false,
    }
}

/// Whether a sentence says what it is: "k9 is not on our key ring", "4711 is no registered member".
fn is_called(lexed: &Lexed<'_>, at: usize, nouns: &[Part]) -> bool {
    for next in at + 1..(at + REACH).min(lexed.atoms.len()) {
        if next > at + 1 && !lexed.is_phrase(next - 1) {
            return false;
        }
        let part = lexed.part(next);
        if nouns.contains(&part) {
            return true;
        }
        // What it has or belongs to may be anything: "is no member of group x".
        if matches!(part, Part::Rival | Part::Request | Part::Client | Part::Iss | Part::Aud) {
            return false;
        }
    }
    false
}

/// Whether it is whose token the text speaks of: "rejecting token of u-48213".
fn is_of_token(lexed: &Lexed<'_>, at: usize) -> bool {
    at >= 2
        && lexed.word(at - 1) == "of"
        && lexed.is_phrase(at - 1)
        && matches!(lexed.word(at - 2), "token" | "jwt" | "JWT" | "Token" | "tokens" | "bearer")
}

/// Whether the nearest noun of its sentence is one for users.
fn is_near_user(lexed: &Lexed<'_>, at: usize) -> bool {
    for step in 1..=REACH {
        let before = at.checked_sub(step).filter(|first| (*first..at).all(|one| joined(lexed, one)));
        let after = (at + step < lexed.atoms.len() && (at..at + step).all(|one| joined(lexed, one))).then_some(at + step);
        for noun in [before, after].into_iter().flatten() {
            match lexed.part(noun) {
                Part::User | Part::Users | Part::Holder | Part::Sub => return true,
                Part::Rival
                | Part::Request
                | Part::Correlation
                | Part::Trace
                | Part::Client
                | Part::Server
                | Part::Key
                | Part::Keys
                | Part::Kid
                | Part::Iss
                | Part::Aud => return false,
                _ => {}
            }
        }
        if before.is_none() && after.is_none() {
            return false;
        }
    }
    false
}

/// Whether an atom and the next one stand in one sentence.
fn joined(lexed: &Lexed<'_>, at: usize) -> bool {
    let (Some(atom), Some(next)) = (lexed.atoms.get(at), lexed.atoms.get(at + 1)) else { return false };
    let gap = &lexed.text.as_bytes()[atom.end..next.start];
    gap.iter().all(|byte| b" ,:'\"`()".contains(byte)) && gap.first() == Some(&b' ') || gap == b": " || gap == b", "
}
