//! Goes through a text once, asks every word what it names, and keeps the best value of each field.

use std::ops::Range;

use crate::extract::values::address::{address_at, client_rank, user_column};
use crate::extract::values::claim::{told, wanted_before};
use crate::extract::values::field::{Best, Values};
use crate::extract::values::gap::{Gap, Join};
use crate::extract::values::leftover::{Nouns, left_over};
use crate::extract::values::lex::{Lexed, Value, list_at};
use crate::extract::values::name::{MAIL_AS_SUB, NAME_AS_SUB, PLAIN, Role};
use crate::extract::values::naming::{Open, is_field, is_noun, is_of_system, role_at};
use crate::extract::values::noun::{named, named_key, speaks_of_keys};
use crate::extract::values::shape::{Shape, address_in, elements, fits, is_grammar, shape_of};
use crate::extract::values::signs::look_at_signs;
use crate::extract::values::words::Part;
use crate::model::field::Field;

/// Reads a text.
pub(super) fn read(text: &str) -> Values {
    let lexed = Lexed::new(text);
    let mut best = Best::default();
    let mut open = Open::new();
    // Up to where sentences about claims have been read.
    let mut read_to = 0;
    let mut nouns = Nouns::default();
    // Looked up once, for a text may say `key` often.
    let mut of_keys = None;
    for at in 0..lexed.atoms.len() {
        open.follow(&lexed, at);
        let parts = lexed.atoms[at].parts;
        if parts.as_slice().is_empty() || may_hold_address(lexed.word(at)) {
            if let Some(range) = address_at(&lexed, at) {
                client_at(&lexed, at, range, &mut best);
                continue;
            }
            look_at_signs(&lexed, at, &mut best);
            if parts.as_slice().is_empty() {
                continue;
            }
        }
        let last = lexed.last_part(at);
        nouns.note(last);
        if matches!(
            last,
            Part::Other | Part::State | Part::Got | Part::Stop | Part::Users | Part::Keys | Part::From | Part::Null | Part::Rival
        ) {
            if matches!(last, Part::Other | Part::Stop | Part::Users) {
                look_at_signs(&lexed, at, &mut best);
            }
            continue;
        }
        if last == Part::By
            && at > 0
            && ["issued", "minted"].iter().any(|word| lexed.word(at - 1).eq_ignore_ascii_case(word))
            && at >= read_to
        {
            read_to = sentence(&lexed, at, Role { field: Field::Iss, rank: 80 }, &mut best);
            continue;
        }
        if last == Part::Uid && is_of_system(&lexed, at) {
            continue;
        }
        let Some(role) = role_at(&lexed, at, &open) else {
            if last == Part::Key
                && lexed.gap_after(at).join != Join::Apart
                && let Some(found) = named_key(&lexed, at)
                && *of_keys.get_or_insert_with(|| speaks_of_keys(&lexed))
            {
                best.offer(Field::Kid, found.range, found.role.rank, found.sure);
            }
            continue;
        };
        let gap = lexed.gap_after(at);
        // A sentence that has told its claim may name what was expected as well.
        if at < read_to && best.has(role.field) {
            continue;
        }
        if gap.join == Join::Assign && !gap.empty && assigned(&lexed, at, role, &gap, &mut best) {
            continue;
        }
        // What is assigned and does not fit is no reason to read on, but of claims: "issuer: expected x, got y".
        let claim = matches!(role.field, Field::Iss | Field::Aud | Field::Kid);
        if at < read_to || lexed.before(at) == b'=' || !is_noun(&lexed, at) || (gap.join == Join::Assign && !claim) {
            continue;
        }
        read_to = sentence(&lexed, at, role, &mut best).max(read_to);
    }
    left_over(&lexed, nouns, &mut best);
    best.into_values()
}

/// Whether an atom may hold an address though it starts with a letter: `fe80::1`, `edge-1/10.0.0.7`.
fn may_hold_address(word: &str) -> bool {
    let v6 = matches!(word.as_bytes(), [b'a'..=b'f' | b'A'..=b'F', ..]) && word.contains("::");
    v6 || word.rsplit_once('/').is_some_and(|(_, address)| address.starts_with(|first: char| first.is_ascii_digit()))
}

/// Offers an address, if it is the client's, and the user's column of an access line that begins with it.
fn client_at(lexed: &Lexed<'_>, at: usize, range: Range<usize>, best: &mut Best) {
    let Some((rank, sure)) = client_rank(lexed, at) else { return };
    best.offer(Field::ClientIp, range, rank, sure);
    if let Some(user) = user_column(lexed, at)
        && fits(Field::Sub, lexed.word(user))
    {
        let column = lexed.atoms[user].start..lexed.atoms[user].end;
        offer(Role { field: Field::Sub, rank: 60 }, column, shape_of(lexed.word(user)), true, best);
    }
}

/// Reads the value that a separator assigns to a name; tells whether there was one.
fn assigned(lexed: &Lexed<'_>, at: usize, role: Role, gap: &Gap, best: &mut Best) -> bool {
    let Some(value) = lexed.value(at + 1, gap) else { return false };
    let value = match (role.field, gap.list) {
        (Field::Aud, true) => match list_at(lexed.text, &lexed.atoms, at + 1) {
            Some(list) if list.next > value.next => list,
            _ => value,
        },
        _ => value,
    };
    if matches!(role.field, Field::Iss | Field::Aud | Field::Kid) && wanted_before(lexed, at) {
        return false;
    }
    let range = trimmed(lexed, role.field, value.range.clone());
    let text = lexed.slice(&range);
    let shape = shape_of(text);
    let tight = !gap.spaced || value.closed;
    // People who try things out have request ids such as `asdf`.
    let made_up = role.field == Field::RequestId && role.rank > 80 && tight && shape == Shape::Word && fits(Field::Sub, text);
    if !made_up && !fits_list(role.field, text, &value) {
        return false;
    }
    let wordy = matches!(shape, Shape::Word | Shape::Words | Shape::Camel | Shape::Dotted);
    if !value.closed && wordy && is_grammar(text) && role.field != Field::Aud {
        return false;
    }
    if !tight
        && (wordy || shape == Shape::Code)
        && (!lexed.ends_clause(&value) || lexed.text.as_bytes().get(value.range.end) == Some(&b':'))
    {
        return false;
    }
    if !tight && shape == Shape::Number && role.field == Field::Sub && text.len() == 3 && !lexed.ends_clause(&value) {
        return false;
    }
    if role.rank == 40 && !matches!(shape, Shape::Uuid | Shape::Opaque) && !text.starts_with("req") {
        return false;
    }
    // An `oid` of a database is a number, one of a user never is.
    if shape == Shape::Number && lexed.word(at).eq_ignore_ascii_case("oid") {
        return false;
    }
    if role.field == Field::Sub && is_database_user(lexed, at, value.next) {
        return false;
    }
    let sure = role.rank >= PLAIN && (tight || !wordy) && (value.closed || shape != Shape::Camel);
    offer(role, range, shape, sure, best);
    true
}

/// Whether a value fits, element by element where it is a list.
fn fits_list(field: Field, text: &str, value: &Value) -> bool {
    if field != Field::Aud || !value.closed {
        return fits(field, text);
    }
    let mut any = false;
    elements(text).all(|one| {
        any = true;
        fits(field, one)
    }) && any
}

/// Cuts off what belongs to a value's writing and not to the value: a port, the parts of a `traceparent`.
fn trimmed(lexed: &Lexed<'_>, field: Field, range: Range<usize>) -> Range<usize> {
    let text = lexed.slice(&range);
    match field {
        Field::ClientIp => {
            let first = text.split([',', ' ']).next().unwrap_or_default();
            match address_in(first) {
                Some((from, to)) => range.start + from..range.start + to,
                None => range.start..range.start + first.len(),
            }
        }
        Field::TraceId => {
            let bytes = text.as_bytes();
            let hex = |part: &[u8]| part.iter().all(u8::is_ascii_hexdigit);
            if bytes.len() >= 52 && bytes[2] == b'-' && bytes[35] == b'-' && hex(&bytes[3..35]) {
                return range.start + 3..range.start + 35;
            }
            if bytes.len() > 33 && matches!(bytes[32], b'-' | b'/' | b':') && hex(&bytes[..32]) {
                return range.start..range.start + 32;
            }
            range
        }
        _ => range,
    }
}

/// Whether a `user` is one of the database, whose lines have `user=app,db=shop`.
fn is_database_user(lexed: &Lexed<'_>, at: usize, next: usize) -> bool {
    let is_server = |name: usize| {
        matches!(lexed.word(name), "db" | "database" | "dbname" | "datname" | "db_name" | "sslmode") && is_field(lexed, name)
    };
    lexed.part(at) == Part::User && (is_server(next) || (at.saturating_sub(5)..at).any(is_server))
}

/// Offers a value for its field, and a user's name also as the user.
fn offer(role: Role, range: Range<usize>, shape: Shape, sure: bool, best: &mut Best) {
    match role.field {
        Field::Sub if shape == Shape::Email => {
            best.offer(Field::Sub, range.clone(), if role.rank < 60 { MAIL_AS_SUB - 6 } else { MAIL_AS_SUB + 2 }, sure);
            best.offer(Field::Username, range, role.rank.min(70), sure);
        }
        Field::Username => {
            let rank = if shape == Shape::Email { MAIL_AS_SUB } else { NAME_AS_SUB };
            best.offer(Field::Sub, range.clone(), if role.rank < 50 { rank - 8 } else { rank }, false);
            best.offer(Field::Username, range, role.rank, sure);
        }
        field => best.offer(field, range, role.rank, sure),
    }
}

/// Reads the sentence that a noun stands in; gives the atom up to which it was about this claim.
fn sentence(lexed: &Lexed<'_>, at: usize, role: Role, best: &mut Best) -> usize {
    let claim = matches!(role.field, Field::Iss | Field::Aud | Field::Kid) || (role.field == Field::Sub && role.rank >= 88);
    if claim {
        let told = told(lexed, at, role.field);
        if let Some(range) = told.value {
            let shape = shape_of(lexed.slice(&range));
            offer(Role { rank: role.rank - 10, ..role }, range, shape, told.sure, best);
            return told.next;
        }
        if role.field != Field::Sub {
            return told.next;
        }
    }
    if let Some(found) = named(lexed, at, role) {
        let range = trimmed(lexed, found.role.field, found.range);
        let shape = shape_of(lexed.slice(&range));
        offer(found.role, range, shape, found.sure, best);
    }
    0
}
