//! Deeds in records of fields: what was done in one, what it was done to in the same, in another or in a path.

use crate::extract::phrase::concept::{Concept, Deed, Lexeme, Noun, State};
use crate::extract::phrase::lexicon::{LEXICON, LONGEST};

/// Names of fields that say what was done.
const VERBS: [&str; 12] = [
    "action",
    "activity",
    "activitytype",
    "event",
    "eventname",
    "eventtype",
    "operation",
    "operationname",
    "operationtype",
    "op",
    "type",
    "verb",
];

/// Names of fields that say what it was done to.
const OBJECTS: [&str; 10] = [
    "aggregatetype",
    "entity",
    "entitytype",
    "modelname",
    "object",
    "objecttype",
    "resource",
    "resourcetype",
    "targettype",
    "targetresource",
];

/// Names of fields that hold the path of what it was done to.
const PATHS: [&str; 5] = ["resourcepath", "objectpath", "requesturi", "requestpath", "path"];

/// Names of fields that say how it ended.
const RESULTS: [&str; 6] = ["result", "outcome", "success", "res", "succeeded", "errorcode"];

/// Words that may stand between a thing and what was done to it without making another thing of it.
const FILLERS: [&str; 8] = ["lifecycle", "human", "machine", "account", "record", "entity", "model", "object"];

/// The length of the longest of these names.
const LONGEST_NAME: usize = 16;

/// A value of more bytes is no name of a deed or thing.
const MOST_OF_NAME: usize = 48;

/// What a record of fields says was done, and to what.
pub(super) fn read<'f>(fields: impl Iterator<Item = (&'f str, &'f str)>) -> Option<(Noun, Deed)> {
    let mut told = Told::default();
    for (name, value) in fields {
        let (bare, length) = bare(name);
        if let Some(Ok(name)) = bare.get(..length).map(str::from_utf8) {
            told.note(name, value)?;
        }
    }
    told.done()
}

/// What the fields say.
#[derive(Debug, Default)]
struct Told<'f> {
    deed: Option<Deed>,
    noun: Option<Noun>,
    /// What a field of its own names, whatever it is.
    object: Option<Noun>,
    names_object: bool,
    path: Option<&'f str>,
}

impl<'f> Told<'f> {
    /// Notes a field; `None` where it says that nothing came of the deed.
    fn note(&mut self, name: &str, value: &'f str) -> Option<()> {
        if RESULTS.contains(&name) {
            return (!is_failure(value)).then_some(());
        }
        if PATHS.contains(&name) {
            self.path.get_or_insert(value);
        } else if value.len() > MOST_OF_NAME || value.contains(' ') {
            return Some(());
        } else if OBJECTS.contains(&name) {
            if !self.names_object {
                self.object = thing(&words(value));
            }
            self.names_object = true;
        } else if VERBS.contains(&name) && self.noun.is_none() {
            let (deed, noun) = deed_and_thing(&words(value));
            // "type" says many things: by itself a word of it is no deed.
            if name != "type" || noun.is_some() {
                self.deed = deed.or(self.deed);
                self.noun = noun;
            }
        }
        Some(())
    }

    fn done(&self) -> Option<(Noun, Deed)> {
        let deed = self.deed?;
        if let Some(noun) = self.noun {
            return Some((noun, deed));
        }
        let noun = if self.names_object { self.object } else { owner(self.path?) };
        Some((noun?, deed))
    }
}

/// What the path of a single thing says that it is: `/api/users/17`.
fn owner(path: &str) -> Option<Noun> {
    let path = path.split('?').next()?.trim_end_matches('/');
    let mut segments = path.rsplit('/');
    let last = words(segments.next()?);
    let owner = thing(&words(segments.next()?))?;
    // `/users/17/roles`, `/users/search`
    last.iter().all(|word| LEXICON.single(LEXICON.id(word.as_bytes())) == Lexeme::NOTHING).then_some(owner)
}

/// The deed that a name tells of, and the thing right beside it: `user.lifecycle.create`, `DeleteUser`, `web_key.added`.
fn deed_and_thing(words: &[String]) -> (Option<Deed>, Option<Noun>) {
    let Some(at) = words.iter().rposition(|word| deed(word).is_some()) else { return (None, None) };
    let (before, rest) = words.split_at(at);
    let after = rest.get(1..).unwrap_or_default();
    let thing = if after.is_empty() { thing(before) } else { thing(after) };
    let elsewhere = words.iter().any(|word| is_elsewhere(word));
    (words.get(at).and_then(|word| deed(word)).filter(|_| !elsewhere), thing.filter(|_| !elsewhere))
}

/// What a word says was done.
fn deed(word: &str) -> Option<Deed> {
    let deed = LEXICON.single(LEXICON.id(word.as_bytes())).deed?;
    // Whoever loads or issues something changes nothing.
    (!matches!(deed, Deed::Refresh | Deed::Issue | Deed::Leave)).then_some(deed)
}

/// The thing that a name ends with.
fn thing(words: &[String]) -> Option<Noun> {
    let kept = words.iter().rposition(|word| !FILLERS.contains(&word.as_str())).map_or(0, |last| last + 1);
    let filled = words.get(..kept).unwrap_or_default().last().or_else(|| words.last())?;
    let noun = LEXICON.single(LEXICON.id(filled.as_bytes())).noun()?;
    matches!(noun, Noun::User | Noun::Key | Noun::Token | Noun::Session).then_some(noun)
}

/// Whether a word says that the deed was done to something of the user's, or that it is only wanted.
fn is_elsewhere(word: &str) -> bool {
    let lexeme = LEXICON.single(LEXICON.id(word.as_bytes()));
    let other = matches!(lexeme.noun(), Some(Noun::Scope | Noun::Foreign | Noun::Veto | Noun::Credential));
    other && !FILLERS.contains(&word)
        || matches!(lexeme.concept, Concept::Fail | Concept::Planned | Concept::Refused | Concept::Not)
        || matches!(word, "login" | "profile" | "attempt" | "factor" | "mfa")
}

/// Whether a result says that nothing came of it.
fn is_failure(value: &str) -> bool {
    words(value).iter().any(|word| {
        matches!(
            LEXICON.single(LEXICON.id(word.as_bytes())).concept,
            Concept::Fail | Concept::Refused | Concept::False | Concept::Not | Concept::Bad(State::NotAllowed)
        )
    })
}

/// The last part of a field's name, in lower case and without signs, and how long it is; nothing of a longer one than any
/// that is known.
fn bare(name: &str) -> ([u8; LONGEST_NAME], usize) {
    let mut bare = [0; LONGEST_NAME];
    let mut length = 0;
    for byte in name.rsplit('.').next().unwrap_or(name).bytes().filter(u8::is_ascii_alphanumeric) {
        let Some(place) = bare.get_mut(length) else { return (bare, 0) };
        *place = byte.to_ascii_lowercase();
        length += 1;
    }
    (bare, length)
}

/// The words of a name, in lower case, parted at signs and humps.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = ' ';
    for letter in name.chars() {
        if letter.is_ascii_alphabetic() {
            let begins = !before.is_ascii_alphabetic() || letter.is_ascii_uppercase() && before.is_ascii_lowercase();
            if begins {
                words.push(String::new());
            }
            if let Some(word) = words.last_mut().filter(|word| word.len() < LONGEST) {
                word.push(letter.to_ascii_lowercase());
            }
        }
        before = letter;
    }
    words
}
