//! Reads sentences about one claim, which may name what was expected beside what the token holds.
//!
//! "issuer 'a' is not 'b'", "Expected audience 'x' but got 'y'": the value of the token is the one that was
//! got, else the first that nothing announces as expected.

use std::ops::Range;

use crate::extract::values::gap::{Gap, Join};
use crate::extract::values::lex::{Lexed, Value, list_at};
use crate::extract::values::name::role_of;
use crate::extract::values::shape::{Shape, fits, is_grammar, shape_of};
use crate::extract::values::words::Part;
use crate::model::field::Field;

/// What a sentence tells of the claim.
#[derive(Debug)]
pub(super) struct Told {
    /// The value, if it names the token's.
    pub(super) value: Option<Range<usize>>,
    /// Whether its shape and place leave no doubt.
    pub(super) sure: bool,
    /// The atom after the last that was looked at.
    pub(super) next: usize,
}

/// Whose value comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// Nobody said.
    Unsaid,
    /// What was expected.
    Wanted,
    /// What the token holds.
    Tokens,
}

/// How many atoms a sentence about a claim may have.
const REACH: usize = 26;

/// How many words may stand before the first value.
const WORDS: usize = 9;

/// Reads on from the noun of a claim at atom `noun`.
pub(super) fn told(lexed: &Lexed<'_>, noun: usize, field: Field) -> Told {
    let mut whose = announced(lexed, noun);
    let mut first: Option<(Range<usize>, bool)> = None;
    let mut words = 0;
    let mut closed_wanted = false;
    let mut at = noun;
    let end = (noun + REACH).min(lexed.atoms.len());
    let done = |first: Option<(Range<usize>, bool)>, next: usize| match first {
        Some((range, sure)) => Told { value: Some(range), sure, next },
        None => Told { value: None, sure: false, next },
    };
    while at + 1 < end {
        let gap = lexed.gap_after(at);
        let next = at + 1;
        let part = lexed.part(next);
        if gap.join == Join::Apart && !goes_on(lexed, at, part) {
            return done(first, next);
        }
        if other_field(lexed, next, field) {
            return done(first, next);
        }
        if let Some(value) = value_of(lexed, next, &gap, field, whose, at == noun) {
            let sure = value.closed || shape_of(lexed.slice(&value.range)) == Shape::Url || gap.join == Join::Assign;
            match whose {
                Whose::Tokens => return Told { value: Some(value.range), sure, next: value.next },
                Whose::Unsaid if first.is_none() => {
                    first = Some((value.range, sure));
                    whose = Whose::Wanted;
                }
                _ => closed_wanted = true,
            }
            words = 0;
            at = value.next - 1;
            continue;
        }
        words += 1;
        if words > WORDS {
            return done(first, next);
        }
        whose = match part {
            Part::Wanted if !announces(lexed, next) => whose,
            Part::Wanted => Whose::Wanted,
            // "no key for kid k2, have k1 and k3"
            Part::Got if field == Field::Kid && !is_got(lexed.word(next)) => return done(first, next),
            Part::Got if first.is_none() || is_got(lexed.word(next)) => {
                if lexed.part(next + 1) == Part::Wanted {
                    Whose::Wanted
                } else {
                    Whose::Tokens
                }
            }
            // "configured issuer x does not match token issuer y"
            noun if first.is_none() && is_claim(noun, field) && lexed.part(at) == Part::Rival => Whose::Tokens,
            // "Expected 'x' in 'y'": the token's is y.
            Part::Link if closed_wanted && first.is_none() && lexed.word(next) == "in" => Whose::Tokens,
            // "issuer does not match 'x'"
            Part::State if lexed.word(next).eq_ignore_ascii_case("mismatch") && first.is_none() => Whose::Unsaid,
            Part::From | Part::Stop | Part::Keys if first.is_none() && (closed_wanted || whose != Whose::Unsaid) => whose,
            Part::From if first.is_none() => return done(None, next),
            // "issued by a different provider, expected x got y"
            Part::Stop if matches!(lexed.word(next), "different" | "other" | "another" | "provider" | "party") => whose,
            Part::Stop | Part::Keys if first.is_none() && !gap.opens() => return done(None, next),
            // "but orders is needed": it goes on about something else.
            Part::Other if whose == Whose::Tokens => return done(first, next),
            Part::Other
                if first.is_none() && lexed.word(next).len() > 2 && !closed_wanted && whose == Whose::Unsaid && words > 4 =>
            {
                return done(None, next);
            }
            _ => whose,
        };
        at = next;
    }
    done(first, end)
}

/// Whose value the words before the noun announce: "expected audience", "got issuer".
pub(super) fn wanted_before(lexed: &Lexed<'_>, noun: usize) -> bool {
    announced(lexed, noun) == Whose::Wanted
}

/// Looks back from the noun over plain words.
fn announced(lexed: &Lexed<'_>, noun: usize) -> Whose {
    for back in 1..=4 {
        let Some(at) = noun.checked_sub(back) else { break };
        let letters = lexed.word(at).bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'\'');
        if lexed.gap_after(at).join != Join::Beside || !letters {
            break;
        }
        match lexed.last_part(at) {
            Part::Wanted if !announces(lexed, at) => return Whose::Unsaid,
            Part::Wanted => return Whose::Wanted,
            Part::Got => return Whose::Tokens,
            _ => {}
        }
    }
    Whose::Unsaid
}

/// Whether a word announces what was wanted: "expected", "does not match", but neither "not allowed" nor "that matches".
fn announces(lexed: &Lexed<'_>, at: usize) -> bool {
    let matching = matches!(lexed.word(at), "match" | "matches" | "equal" | "equals");
    let denied = (1..=2).any(|back| {
        at.checked_sub(back).is_some_and(|before| {
            let word = lexed.word(before);
            let no = word.eq_ignore_ascii_case("no") && !matching;
            // "not a known key", but "does not match expected" and "not in allowed".
            let near = back == 1 || matching || matches!(lexed.word(at - 1), "a" | "an" | "the" | "one" | "of" | "is");
            near && (no || word.eq_ignore_ascii_case("not") || word.ends_with("n't"))
                && lexed.gap_after(before).join == Join::Beside
        })
    });
    denied == matching
}

/// Whether a noun is that of the claim.
fn is_claim(noun: Part, field: Field) -> bool {
    match field {
        Field::Iss => noun == Part::Iss,
        Field::Aud => noun == Part::Aud,
        Field::Kid => noun == Part::Kid,
        _ => noun == Part::Sub,
    }
}

/// Words after which comes what the token holds, even when a value stood before.
fn is_got(word: &str) -> bool {
    ["got", "received", "actual", "given"].iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// Whether a sentence about a claim goes on behind a comma or a full stop.
fn goes_on(lexed: &Lexed<'_>, at: usize, part: Part) -> bool {
    let (Some(atom), Some(next)) = (lexed.atoms.get(at), lexed.atoms.get(at + 1)) else { return false };
    let gap = &lexed.text.as_bytes()[atom.end..next.start];
    if gap.iter().any(|byte| b"\n{}|&".contains(byte)) || gap.contains(&b'\\') && !gap.contains(&b'"') {
        return false;
    }
    matches!(part, Part::Wanted | Part::Got)
        || ["did", "token"].iter().any(|word| lexed.word(at + 1).eq_ignore_ascii_case(word))
        || (gap.contains(&b',') && !gap.contains(&b'.') && part == Part::Link)
}

/// Whether an atom names another field than this one, with its value behind it.
fn other_field(lexed: &Lexed<'_>, at: usize, field: Field) -> bool {
    let Some(atom) = lexed.atoms.get(at) else { return true };
    let role = role_of(atom.parts.as_slice());
    if role.is_some_and(|role| role.field == field) {
        return false;
    }
    let gap = lexed.gap_after(at);
    if gap.join == Join::Assign {
        let part = lexed.last_part(at);
        return role.is_some()
            || !matches!(part, Part::Wanted | Part::Got | Part::Link | Part::State | Part::Other | Part::Name)
            || (part == Part::Other && atom.parts.as_slice().len() == 1 && lexed.text.as_bytes().get(atom.end) == Some(&b'='));
    }
    role.is_some_and(|role| matches!(role.field, Field::Iss | Field::Aud | Field::Kid))
}

/// The value at an atom, if one of this field stands there.
fn value_of(lexed: &Lexed<'_>, at: usize, gap: &Gap, field: Field, whose: Whose, beside_noun: bool) -> Option<Value> {
    if gap.list && field == Field::Aud {
        let list = list_at(lexed.text, &lexed.atoms, at)?;
        let first = lexed.value(at, gap)?;
        let value = if first.next >= list.next { Value { range: first.range, ..list } } else { list };
        return Some(value);
    }
    let value = lexed.value(at, gap)?;
    let text = lexed.slice(&value.range);
    let atom = lexed.atoms.get(at)?;
    if !fits(field, text) {
        return None;
    }
    let known = atom.parts.all_known() && !text.contains("://");
    let role = role_of(atom.parts.as_slice());
    if role.is_some() || (known && !value.closed) {
        return None;
    }
    let shape = shape_of(text);
    let good = match field {
        Field::Iss => matches!(shape, Shape::Url) || value.closed,
        Field::Aud => matches!(shape, Shape::Url | Shape::Uuid) || value.closed,
        _ => value.closed || (shape.is_id() && shape != Shape::Email),
    };
    if good {
        // Parentheses hold remarks as well: "(see ..)" is none, but "(signing)" may be.
        let remark = gap.paren && gap.quote.is_none() && matches!(shape, Shape::Word | Shape::Camel) && field != Field::Aud;
        return (!remark).then_some(value);
    }
    // An unquoted word: only where a sentence leaves no other reading.
    let plain = matches!(
        shape,
        Shape::Word | Shape::Words | Shape::Dotted | Shape::Slug | Shape::Opaque | Shape::Slashed | Shape::Prefixed
    );
    let named = gap.join == Join::Assign
        || whose != Whose::Unsaid
        || (beside_noun && matches!(shape, Shape::Words | Shape::Slug | Shape::Dotted));
    let ends = lexed.ends_clause(&value) || matches!(lexed.part(value.next), Part::Wanted | Part::Got | Part::State | Part::Link);
    let word_ends = lexed.ends_clause(&value) && (gap.join == Join::Assign || whose != Whose::Unsaid);
    (plain && named && ends && !is_grammar(text) && (shape != Shape::Word || word_ends)).then_some(value)
}
