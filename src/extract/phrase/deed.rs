//! Reads what was done to a user, key, token or session.

use crate::extract::phrase::concept::{Concept, Deed, Form, Noun, State};
use crate::extract::phrase::statement::{self, Statement};
use crate::extract::phrase::words::{Break, Word, Words};
use crate::model::words::EventKind;

/// A deed that a text tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Told {
    /// What happened.
    pub(super) kind: EventKind,
    /// One clause says so, deed and thing side by side.
    pub(super) plain: bool,
}

/// The deed that a text tells of. `audit`: the caller knows that the source tells of deeds.
pub(super) fn read(words: &Words, text: &str, audit: bool) -> Option<Told> {
    let plain = |(noun, deed)| Some(Told { kind: kind(noun, deed)?, plain: true });
    let does = |deed: Deed| words.all.iter().any(|word| word.lexeme.deed == Some(deed));
    if does(Deed::Delete) || does(Deed::Create) || does(Deed::Update) {
        match statement::sql(text) {
            Statement::Does(noun, deed) => return plain((noun, deed)),
            Statement::Other => return None,
            Statement::None => {}
        }
    }
    if (audit || does(Deed::Delete))
        && let Some(told) = statement::http(text, audit).and_then(plain)
    {
        return Some(told);
    }
    if words.all.iter().all(|word| word.lexeme.deed.is_none()) {
        return None;
    }
    let mut updated = false;
    let mut before: Option<Noun> = None;
    let mut failed = false;
    let clauses: Vec<_> = words.by_clause().collect();
    if clauses.iter().any(|(clause, part)| clause.after == Break::Field && is_failure(part)) {
        return None;
    }
    for (at, &(clause, part)) in clauses.iter().enumerate() {
        if part.first().is_some_and(|word| word.key) {
            continue;
        }
        // "User pause enabled: false" tells of a setting.
        let answer = clauses.get(at + 1).filter(|(next, _)| next.after == Break::Colon).and_then(|(_, next)| next.first());
        if answer.is_some_and(|word| matches!(word.lexeme.concept, Concept::True | Concept::False)) {
            continue;
        }
        // "Failed to rotate keys: keys already rotated" tells why nothing was done.
        failed = (failed && clause.after == Break::Colon)
            || part.iter().any(|word| matches!(word.lexeme.concept, Concept::Fail | Concept::Not) || is_barred(word));
        if failed {
            continue;
        }
        if let [word] = part
            && word.lexeme.deed == Some(Deed::Rotate)
            && before == Some(Noun::Key)
        {
            return Some(Told { kind: EventKind::KeyRotated, plain: false });
        }
        before = part.iter().rev().find_map(|word| word.lexeme.noun());
        let field = matches!(clause.after, Break::Field | Break::Pipe);
        match in_clause(part, audit, field) {
            Some((Noun::User, Deed::Update)) => updated = true,
            Some((noun, deed)) => {
                if let Some(kind) = kind(noun, deed) {
                    return Some(Told { kind, plain: true });
                }
            }
            None => {}
        }
    }
    let spread = across_fields(words, audit);
    updated |= spread == Some((Noun::User, Deed::Update));
    if updated {
        return switched(words).and_then(|deed| Some(Told { kind: kind(Noun::User, deed)?, plain: false }));
    }
    let (noun, deed) = spread?;
    Some(Told { kind: kind(noun, deed)?, plain: false })
}

/// Whether a word says that somebody may not do something, which tells of a state: "may not sign in: account locked".
fn is_barred(word: &Word) -> bool {
    word.lexeme.concept == Concept::Bad(State::Off) && word.lexeme.form == Form::Intransitive
}

/// Whether the value of a field says that nothing came off.
fn is_failure(value: &[Word]) -> bool {
    matches!(value, [word] if word.lexeme.concept == Concept::Fail && !word.key)
}

/// What a deed done to a thing is called.
pub(super) fn kind(noun: Noun, deed: Deed) -> Option<EventKind> {
    Some(match (noun, deed) {
        (Noun::User, Deed::Create | Deed::Add) => EventKind::UserCreated,
        (Noun::User, Deed::Delete) => EventKind::UserDeleted,
        (Noun::User, Deed::Disable) => EventKind::UserDisabled,
        (Noun::User, Deed::Restore) => EventKind::UserRestored,
        (Noun::Key | Noun::KeySet, Deed::Rotate) | (Noun::Key, Deed::Restore | Deed::Update) => EventKind::KeyRotated,
        (Noun::Key, Deed::Create | Deed::Add | Deed::Issue) => EventKind::KeyAdded,
        (Noun::Key, Deed::Delete | Deed::Retire | Deed::Revoke | Deed::Disable) => EventKind::KeyRetired,
        (Noun::KeySet, Deed::Refresh | Deed::Update) | (Noun::Key, Deed::Refresh) => EventKind::JwksRefreshed,
        (Noun::Token | Noun::Refresh | Noun::Session, Deed::Revoke | Deed::Delete | Deed::Retire)
        | (Noun::User, Deed::Revoke) => EventKind::TokenRevoked,
        (Noun::Token | Noun::Refresh, Deed::Issue | Deed::Create | Deed::Refresh | Deed::Rotate)
        | (Noun::User, Deed::Issue)
        | (Noun::Session, Deed::Create | Deed::Refresh) => EventKind::TokenIssued,
        _ => return None,
    })
}

/// How many words the path of what was acted on may have.
const MOST_OF_PATH: usize = 6;

/// Whether a thing can be the object of a deed that is told of.
fn is_object(noun: Noun) -> bool {
    matches!(noun, Noun::User | Noun::Key | Noun::KeySet | Noun::Token | Noun::Refresh | Noun::Session)
}

/// The deed that one clause tells of.
fn in_clause(words: &[Word], audit: bool, field: bool) -> Option<(Noun, Deed)> {
    let concept = |at: usize| words.get(at).map_or(Concept::Nothing, |word| word.lexeme.concept);
    let spoilt = words.iter().any(|word| {
        matches!(
            word.lexeme.concept,
            Concept::Not
                | Concept::No
                | Concept::Fail
                | Concept::Planned
                | Concept::Must
                | Concept::Advice
                | Concept::Noun(Noun::Veto)
        ) && word.lexeme.deed.is_none()
    });
    if spoilt {
        return None;
    }
    let short = words.len() <= 4;
    let succeeded = words.iter().any(|word| word.lexeme.concept == Concept::Done);
    for (at, word) in words.iter().enumerate() {
        let Some(deed) = word.lexeme.deed else { continue };
        // "Suspension of member 42 lifted": what was undone does not count.
        if deed == Deed::Disable && words.iter().skip(at).any(|word| word.lexeme.deed == Some(Deed::Restore)) {
            continue;
        }
        let before = (0..at).rev().take(6).find_map(|at| Some((at, words.get(at)?.lexeme.noun()?)));
        let after = (at + 1..words.len()).take(2).find_map(|at| Some((at, words.get(at)?.lexeme.noun()?)));
        let after = after.map(|(first, noun)| (first, head(words, first, noun)));
        let copula = at > 0 && concept(at - 1) == Concept::Be;
        // A group that somebody joins or leaves, a role that is given or taken: the user stays.
        let elsewhere = matches!(deed, Deed::Delete | Deed::Add | Deed::Issue | Deed::Restore | Deed::Create)
            && words.iter().any(|word| matches!(word.lexeme.noun(), Some(Noun::Scope | Noun::Foreign)));
        if elsewhere {
            return None;
        }
        let follows = concept(at + 1);
        if deed == Deed::Leave && (short || copula) && (audit || field || before.is_some_and(|(_, noun)| noun == Noun::User)) {
            return Some((Noun::Session, Deed::Revoke));
        }
        let object = match word.lexeme.form {
            Form::Active | Form::Nominal if succeeded => before.or(after),
            Form::Nominal if !audit => continue,
            Form::Active if !(short && (audit || field)) => continue,
            Form::Active | Form::Nominal => after.or(before),
            // "User deleted file": the user is who did it, unless nothing else follows.
            _ if !copula && after.is_none() && matches!(follows, Concept::Nothing) && at + 1 < words.len() && !audit => continue,
            _ => match (before, after) {
                (_, Some(after)) if is_object(after.1) && !copula && after.0 <= at + 2 && !concept(at + 1).joins() => Some(after),
                (Some(before), _) => Some(before),
                (None, after) => after.filter(|_| !copula),
            },
        };
        let Some((_, noun)) = object.filter(|&(_, noun)| is_object(noun)) else { continue };
        return Some((noun, deed));
    }
    None
}

/// The last noun of a compound: in "user session" it is the session.
fn head(words: &[Word], first: usize, noun: Noun) -> Noun {
    words.get(first + 1..).unwrap_or_default().iter().map_while(|word| word.lexeme.noun()).last().unwrap_or(noun)
}

/// The deed and the thing that stand in fields of their own: `operationType=DELETE resourceType=USER`.
fn across_fields(words: &Words, audit: bool) -> Option<(Noun, Deed)> {
    let mut deed: Option<Deed> = None;
    let mut noun: Option<Noun> = None;
    // `resourcePath=keys/k2`: what it is of, where no other field says so.
    let mut in_path: Option<Noun> = None;
    let mut named = audit;
    let mut key: &[Word] = &[];
    for (clause, part) in words.by_clause() {
        if part.first().is_some_and(|word| word.key) {
            key = part;
            continue;
        }
        let field = matches!(clause.after, Break::Field | Break::Pipe);
        if field && matches!(part.len(), 2..=MOST_OF_PATH) && key.iter().any(|word| word.object_key) {
            in_path = in_path.or_else(|| part[0].lexeme.noun().filter(|noun| is_object(*noun)));
        }
        if !field || part.len() > 2 {
            key = &[];
            continue;
        }
        let key = std::mem::take(&mut key);
        if part.iter().any(|word| matches!(word.lexeme.concept, Concept::Fail | Concept::Not | Concept::Refused)) {
            return None;
        }
        let part = match part {
            [what, deed] if matches!(what.lexeme.noun(), Some(Noun::Foreign | Noun::Record)) && deed.lexeme.deed.is_some() => {
                std::slice::from_ref(deed)
            }
            part => part,
        };
        if let [word] = part {
            if let Some(told) = word.lexeme.deed.filter(|_| !matches!(word.lexeme.concept, Concept::Bad(State::Expired))) {
                if deed.is_some_and(|deed| deed != told) {
                    named = false;
                }
                deed = deed.or(Some(told));
            } else if let Some(told) = word.lexeme.noun().filter(|&noun| is_object(noun)) {
                if noun.is_some_and(|noun| noun != told) {
                    return None;
                }
                noun = Some(told);
                named |= key.iter().any(|word| word.object_key);
            }
        }
    }
    named.then_some(())?;
    Some((noun.or(in_path)?, deed?))
}

/// Where a user was changed: whether the change switched it on or off. That it is off counts more than that it is not deleted.
fn switched(words: &Words) -> Option<Deed> {
    let mut key: &[Word] = &[];
    let mut restored = None;
    for (_, part) in words.by_clause() {
        if part.first().is_some_and(|word| word.key) {
            key = part;
            continue;
        }
        let value = part.first().map(|word| word.lexeme.concept);
        let named = key.iter().find_map(|word| match word.lexeme.concept {
            Concept::Bad(state @ (State::Off | State::Gone | State::NotAllowed)) => Some((state, true)),
            Concept::Good(State::Off) => Some((State::Off, false)),
            _ => None,
        });
        match (named, value) {
            (Some((State::Gone, _)), Some(Concept::True)) => return Some(Deed::Delete),
            (Some((State::Gone, _)), _) => {}
            (Some((_, bad)), Some(Concept::True)) if bad => return Some(Deed::Disable),
            (Some((_, bad)), Some(Concept::False)) if !bad => return Some(Deed::Disable),
            (Some(_), Some(Concept::True | Concept::False)) => restored = Some(Deed::Restore),
            (None, Some(Concept::Bad(State::Off))) if !key.is_empty() && part.len() == 1 => return Some(Deed::Disable),
            (None, Some(Concept::Good(State::Off))) if !key.is_empty() && part.len() == 1 => restored = Some(Deed::Restore),
            _ => {}
        }
        key = &[];
    }
    restored
}
