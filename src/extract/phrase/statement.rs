//! Deeds in other languages than prose: SQL statements and HTTP requests.

use crate::extract::phrase::concept::{Concept, Deed, Noun, State};
use crate::extract::phrase::lexicon::LEXICON;

/// A deed and what it was done to.
pub(super) type Done = (Noun, Deed);

/// What an SQL statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Statement {
    /// The text has no statement.
    None,
    /// It has one that does nothing to users or keys.
    Other,
    /// It does this to users or keys.
    Does(Noun, Deed),
}

/// How a statement begins that does the same to every row it names.
const STATEMENTS: &[(&str, Deed)] = &[
    ("delete from ", Deed::Delete),
    ("truncate table ", Deed::Delete),
    ("drop table if exists ", Deed::Delete),
    ("drop table ", Deed::Delete),
    ("insert into ", Deed::Create),
];

/// How a statement begins that is about users of the database itself.
const ROLES: &[(&str, Deed)] =
    &[("DROP ROLE ", Deed::Delete), ("DROP USER ", Deed::Delete), ("CREATE ROLE ", Deed::Create), ("CREATE USER ", Deed::Create)];

/// The SQL statement in a text.
pub(super) fn sql(text: &str) -> Statement {
    if let Some((_, deed)) = ROLES.iter().find(|(statement, _)| text.contains(statement)) {
        return Statement::Does(Noun::User, *deed);
    }
    for &(beginning, deed) in STATEMENTS {
        if let Some(rest) = after(text, beginning) {
            return table(rest).map_or(Statement::Other, |(noun, _)| Statement::Does(noun, deed));
        }
    }
    let Some(rest) = after(text, "update ") else { return Statement::None };
    let Some(set) = after(rest, "set ").filter(|set| set.contains('=')) else { return Statement::None };
    let Some((noun, _)) = table(rest) else { return Statement::Other };
    let end = find(set, " where ").unwrap_or(set.len());
    let deed = set.get(..end).and_then(|set| set.split(',').find_map(assignment));
    deed.map_or(Statement::Other, |deed| Statement::Does(noun, deed))
}

/// What setting a column to a value does to a row.
fn assignment(text: &str) -> Option<Deed> {
    let (column, value) = text.split_once('=')?;
    let value = value.trim().trim_matches(['\'', '"', '\\', ' ', ')', ';']);
    let unset = ["null", "false", "0", "f", "none"].iter().any(|word| value.eq_ignore_ascii_case(word));
    let unknown = value.starts_with(['$', '?', ':', '%']);
    let said = words(value).next().and_then(|word| meaning(&word));
    for word in words(column) {
        let turned = match word.as_str() {
            "status" | "state" | "standing" => return said.filter(|_| !unknown),
            word => meaning(word),
        };
        let timed = column.contains("_at") || column.contains("_on") || column.contains("_until") || column.contains("At");
        let Some(deed) = turned else { continue };
        if unknown && !timed {
            return None;
        }
        return Some(match (deed, unset) {
            (Deed::Restore, true) => Deed::Disable,
            (deed, false) => deed,
            (_, true) => Deed::Restore,
        });
    }
    None
}

/// What being called by a word means for a user or key.
fn meaning(word: &str) -> Option<Deed> {
    let lexeme = LEXICON.single(LEXICON.id(word.as_bytes()));
    match lexeme.concept {
        Concept::Bad(State::Gone) => Some(Deed::Delete),
        Concept::Bad(State::Off) => Some(Deed::Disable),
        Concept::Good(State::Off) => Some(Deed::Restore),
        _ => lexeme.deed.filter(|deed| matches!(deed, Deed::Retire | Deed::Revoke)),
    }
}

/// What the table that a text begins with holds, and the text behind it.
fn table(rest: &str) -> Option<(Noun, &str)> {
    let end = rest.find([' ', '(', ',', ';', '\n']).unwrap_or(rest.len());
    let table = rest.get(..end)?.rsplit('.').next()?;
    let last = words(table).last()?;
    let noun = LEXICON.single(LEXICON.id(last.as_bytes())).noun()?;
    let holds = matches!(noun, Noun::User | Noun::Key);
    holds.then(|| (noun, rest.get(end..).unwrap_or_default()))
}

/// The words of an identifier, in lower case.
fn words(name: &str) -> impl Iterator<Item = String> {
    name.split(|letter: char| !letter.is_ascii_alphabetic()).filter(|word| !word.is_empty()).map(str::to_ascii_lowercase)
}

/// What stands behind a phrase, in any case, at the start of a word.
fn after<'a>(text: &'a str, phrase: &str) -> Option<&'a str> {
    let at = find(text, phrase)?;
    if at > 0 && text.as_bytes().get(at - 1).is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    text.get(at + phrase.len()..)
}

/// Where a phrase in lower case stands, in any case.
fn find(text: &str, phrase: &str) -> Option<usize> {
    let (bytes, phrase) = (text.as_bytes(), phrase.as_bytes());
    let first = *phrase.first()?;
    let mut at = 0;
    while let Some(found) = bytes.get(at..)?.iter().position(|byte| byte.to_ascii_lowercase() == first) {
        at += found;
        if bytes.get(at..at + phrase.len())?.eq_ignore_ascii_case(phrase) {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// The deed of an HTTP request that succeeded: `DELETE /admin/users/17 ... 204`. Of other methods only where the source is
/// known to tell of deeds.
pub(super) fn http(text: &str, audit: bool) -> Option<Done> {
    const METHODS: &[&str] = &["DELETE", "POST", "PUT", "PATCH", "GET"];
    let (method, at) = METHODS.iter().find_map(|method| Some((*method, word_at(text, method)?)))?;
    if !audit && method != "DELETE" {
        return None;
    }
    let rest = text.get(at + method.len()..)?;
    let path = rest.get(rest.find('/')?..)?;
    let end = path
        .find(|letter: char| letter.is_whitespace() || matches!(letter, '"' | '?' | ',' | '\'' | ')' | '#'))
        .unwrap_or(path.len());
    let (path, behind) = path.split_at_checked(end)?;
    status(behind).or_else(|| status(text)).filter(|status| (200..300).contains(status))?;
    of_path(method, path)
}

/// What a request to a path does.
fn of_path(method: &str, path: &str) -> Option<Done> {
    let mut segments = path.trim_end_matches('/').rsplit('/');
    let last = segments.next()?;
    let owner = segments.next().unwrap_or("");
    let deed_of = |segment: &str| words(segment).find_map(|word| LEXICON.single(LEXICON.id(word.as_bytes())).deed);
    let posted = matches!(method, "POST" | "PUT" | "PATCH" | "GET");
    if posted && deed_of(last) == Some(Deed::Leave) {
        return Some((Noun::Session, Deed::Revoke));
    }
    let named = noun_of(last);
    if posted
        && method != "GET"
        && let Some(deed) = deed_of(last)
    {
        // `/users/17/disable`, `/delete-user`
        let noun = named.or_else(|| noun_of(owner)).or_else(|| noun_of(segments.next()?))?;
        return Some((noun, deed));
    }
    match (method, named, noun_of(owner)) {
        ("DELETE", Some(Noun::Session), _) => Some((Noun::Session, Deed::Delete)),
        ("DELETE", None, Some(noun)) => Some((noun, Deed::Delete)),
        // `/keys/{set}/{kid}`
        ("DELETE", None, None) if segments.next().and_then(noun_of) == Some(Noun::Key) => Some((Noun::Key, Deed::Delete)),
        ("POST", Some(noun), _) => Some((noun, Deed::Create)),
        _ => None,
    }
}

/// What a segment of a path names.
fn noun_of(segment: &str) -> Option<Noun> {
    let noun = LEXICON.single(LEXICON.id(words(segment).last()?.as_bytes())).noun()?;
    matches!(noun, Noun::User | Noun::Session | Noun::Key).then_some(noun)
}

/// The first number that can be the status of an answer.
fn status(text: &str) -> Option<u16> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(found) = text.get(at..)?.find(|letter: char| matches!(letter, '1'..='5')) {
        let start = at + found;
        let digits = bytes.iter().skip(start).take_while(|byte| byte.is_ascii_digit()).count();
        let before = start.checked_sub(1).and_then(|at| bytes.get(at)).copied().unwrap_or(b' ');
        let after = bytes.get(start + digits).copied().unwrap_or(b' ');
        if digits == 3
            && matches!(before, b' ' | b'=' | b':' | b'|' | b'"')
            && matches!(after, b' ' | b',' | b'}' | b'"' | b'|' | b'\n')
        {
            return text.get(start..start + 3)?.parse().ok();
        }
        at = start + digits.max(1);
    }
    None
}

/// Where a word in capitals stands by itself.
fn word_at(text: &str, word: &str) -> Option<usize> {
    let at = text.find(word)?;
    let before = at.checked_sub(1).and_then(|at| text.as_bytes().get(at));
    let after = text.as_bytes().get(at + word.len());
    let apart = |byte: Option<&u8>| byte.is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
    (apart(before) && apart(after)).then_some(at)
}
