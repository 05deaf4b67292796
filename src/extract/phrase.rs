//! Reads phrases: what the text of a record tells of a token, user, key or session in words that nobody listed.
//!
//! A text becomes words, words become things, states and deeds by a lexicon, and the grammar of each clause says which thing
//! is in which state or what was done to it. No product is known here: what a known product writes is the catalog's.

mod clause;
mod concept;
mod deed;
mod lexicon;
mod reason;
mod record;
mod refusal;
mod signs;
mod silence;
mod statement;
mod words;

use std::borrow::Cow;

use crate::extract::phrase::concept::{Noun, State};
use crate::extract::phrase::refusal::Refusal;
use crate::extract::phrase::signs::Signs;
use crate::extract::phrase::words::Words;
use crate::model::words::{EventKind, Reason};

/// What the caller knows of a text already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// The record refuses a request, or a token is at hand: only the reason is wanted.
    Refusal,
    /// The source tells of what was done to users, keys and tokens.
    Audit,
    /// Nothing.
    Either,
}

/// How plainly a text says what was read in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// A thing is named beside its state or deed, and nothing else is.
    Sure,
    /// The thing is understood from what stands around, or two readings compete.
    Likely,
}

/// What a text tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// What happened.
    pub kind: EventKind,
    /// Why, for a refusal.
    pub reason: Option<Reason>,
    /// How plainly the text says so.
    pub certainty: Certainty,
}

/// A text that was made words once, to be asked more than one question.
#[expect(missing_debug_implementations, reason = "it lives as long as its record is read")]
pub struct Phrase<'t> {
    text: Cow<'t, str>,
    words: Words,
    signs: Signs,
    /// Whether any word says that something is wrong or was done.
    tells: bool,
}

impl<'t> Phrase<'t> {
    /// That of a text.
    pub fn of(text: impl Into<Cow<'t, str>>) -> Self {
        let text = text.into();
        let words = Words::of(&text);
        let signs = Signs::of(&words);
        let tells = words.tell();
        Self { text, words, signs, tells }
    }

    /// What it tells of a token, user, key or session; `None` where it tells nothing, or of other things.
    pub fn read(&self, asked: Asked) -> Option<Reading> {
        let Self { text, words, signs, tells } = self;
        match asked {
            Asked::Refusal if !tells => None,
            Asked::Refusal => refusal::read(words, *signs).map(refused),
            Asked::Audit => {
                deed::read(words, text, true).map(done).or_else(|| trouble(refusal::read(words, *signs).filter(|_| signs.store)?))
            }
            Asked::Either => either(text, words, *signs),
        }
    }

    /// Whether it may tell anything, whatever is asked of it.
    pub fn speaks(&self) -> bool {
        let refuses = || refusal::read(&self.words, self.signs).is_some_and(|refusal| refusal.reason != Reason::Other);
        self.tells && refuses()
            || deed::read(&self.words, &self.text, true).is_some_and(|deed| deed.kind != EventKind::TokenIssued)
    }
}

/// What a text tells that is asked once: see [`Phrase::read`].
pub fn read_for(text: &str, asked: Asked) -> Option<Reading> {
    Phrase::of(text).read(asked)
}

/// Whether a field says of nothing that it is wrong or was done: no reading comes of such fields alone.
pub fn is_silent(name: &str, value: &str) -> bool {
    silence::is_silent(name, value)
}

/// What a record of fields tells was done: the deed in one, and what it was done to in the same or another.
pub fn read_fields<'f>(fields: impl Iterator<Item = (&'f str, &'f str)>) -> Option<Reading> {
    let (noun, deed) = record::read(fields)?;
    Some(Reading { kind: deed::kind(noun, deed)?, reason: None, certainty: Certainty::Sure })
}

/// The reading of a text of which nothing is known: only what it says outright counts.
fn either(text: &str, words: &Words, signs: Signs) -> Option<Reading> {
    let refusal = refusal::read(words, signs).filter(|refusal| is_plain(*refusal, signs));
    let deed = deed::read(words, text, false).filter(|_| !signs.vetoed && !signs.refused);
    let deed = deed.filter(|deed| deed.kind != EventKind::TokenIssued || signs.anchored);
    match (refusal, deed) {
        (Some(refusal), Some(deed)) if refusal.participle && !signs.refused && !signs.failed => Some(done(deed)),
        (Some(refusal), _) if signs.refused || signs.token => Some(refused(refusal)),
        (Some(refusal), _) => trouble(refusal).or(Some(refused(refusal))),
        (None, deed) => deed.map(done),
    }
}

/// Whether a reason is told so plainly that nothing needs to be known of the record.
fn is_plain(refusal: Refusal, signs: Signs) -> bool {
    if signs.vetoed || refusal.weight < 3 || !refusal.named {
        return false;
    }
    match refusal.noun {
        Some(Noun::User | Noun::Subject) => match refusal.state {
            State::Missing | State::Gone | State::Off if refusal.weight >= 7 => {
                signs.anchored || signs.short || signs.refused && !signs.logins
            }
            _ => signs.anchored,
        },
        Some(Noun::Signature) if matches!(refusal.state, State::Expired | State::NotYet) => true,
        Some(Noun::Signature) => signs.anchored || signs.short && matches!(refusal.state, State::Mismatch | State::Unverified),
        Some(Noun::Issuer | Noun::OtherClaim) => signs.anchored || signs.refused || signs.short,
        Some(Noun::Carrier) => signs.anchored || !refusal.whole && refusal.weight >= 5,
        Some(Noun::Credential) => signs.anchored,
        Some(Noun::Record | Noun::Foreign | Noun::Endpoint) => false,
        Some(Noun::Session | Noun::Algorithm | Noun::Scope) if signs.short && refusal.weight >= 6 => true,
        Some(Noun::Session | Noun::Scope | Noun::Shape | Noun::Key | Noun::Algorithm | Noun::Expiry | Noun::Type) => {
            signs.anchored
        }
        Some(Noun::Store) => signs.refused || signs.short,
        Some(_) => true,
        None => signs.anchored && signs.refused,
    }
}

fn refused(refusal: Refusal) -> Reading {
    let sure = refusal.named && !refusal.contested && refusal.weight >= 5;
    Reading { kind: EventKind::AuthFailure, reason: Some(refusal.reason), certainty: certainty(sure) }
}

fn done(deed: deed::Told) -> Reading {
    Reading { kind: deed.kind, reason: None, certainty: certainty(deed.plain) }
}

/// A part of the token path that failed without a token being judged.
fn trouble(refusal: Refusal) -> Option<Reading> {
    let kind = match (refusal.reason, refusal.noun) {
        (Reason::UserStoreUnavailable, Some(Noun::Store | Noun::Endpoint) | None) => EventKind::UserStoreError,
        (Reason::JwksUnavailable, Some(Noun::KeySet)) => EventKind::ServiceError,
        _ => return None,
    };
    Some(Reading { kind, reason: None, certainty: certainty(refusal.named && !refusal.contested) })
}

fn certainty(sure: bool) -> Certainty {
    if sure { Certainty::Sure } else { Certainty::Likely }
}

#[cfg(test)]
mod tests;
