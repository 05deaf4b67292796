//! Reads what a noun of a sentence names: "user 4711 not found", "no profile for member 'alice'", "key with id k2".

use std::ops::Range;

use crate::extract::values::gap::{Gap, Join};
use crate::extract::values::lex::{Lexed, Value};
use crate::extract::values::name::{ACTOR, Role, role_of};
use crate::extract::values::shape::{Shape, fits, is_grammar, shape_of};
use crate::extract::values::words::Part;
use crate::model::field::Field;

/// What a noun names.
#[derive(Debug)]
pub(super) struct Named {
    /// The field: that of the noun, or `Username` for "user with e-mail ..".
    pub(super) role: Role,
    /// The value.
    pub(super) range: Range<usize>,
    /// Whether there is no doubt.
    pub(super) sure: bool,
}

/// How many words that join may stand between a noun and its value.
const LINKS: usize = 5;

/// How many words of state may stand there, as in "user was not found: 4711".
const STATES: usize = 5;

/// What has been seen since the noun.
#[derive(Debug, Clone, Copy, Default)]
struct Way {
    links: usize,
    states: usize,
    colon: bool,
    id: bool,
}

/// Reads on from the noun at atom `noun`.
pub(super) fn named(lexed: &Lexed<'_>, noun: usize, role: Role) -> Option<Named> {
    let mut role = role;
    let mut way = Way::default();
    let mut at = noun;
    loop {
        let gap = if is_abbreviated(lexed, at) { Gap { join: Join::Beside, ..lexed.gap_after(at) } } else { lexed.gap_after(at) };
        let next = at + 1;
        if gap.join == Join::Apart || gap.empty {
            return None;
        }
        way.colon = gap.join == Join::Assign;
        if let Some((value, sure)) = value_of(lexed, next, &gap, role, way, noun) {
            let by = noun.checked_sub(1).is_some_and(|before| lexed.part(before) == Part::By)
                && (noun.saturating_sub(6)..noun).any(|before| user_noun(lexed, before));
            let rank = if by { role.rank.min(ACTOR) } else { role.rank.saturating_sub(if way.states > 0 { 12 } else { 3 }) };
            return Some(Named { role: Role { rank, ..role }, range: value.range, sure });
        }
        // A name with a value of its own is a field of its own, unless it goes on from the noun: "user with id=5".
        if lexed.part(next) == Part::Other && lexed.gap_after(next).join == Join::Assign {
            return None;
        }
        match lexed.last_part(next) {
            Part::Id | Part::Number | Part::Uid => way.id = true,
            Part::Name | Part::Login | Part::Mail if role.field == Field::Sub => role = Role { field: Field::Username, ..role },
            Part::Link | Part::Name | Part::Login | Part::Mail => {}
            // "key rotated: old=k1"
            Part::Wanted if role.field == Field::Kid => return None,
            Part::State | Part::Got | Part::Wanted | Part::Null => {
                way.states += 1;
                way.id = false;
            }
            Part::By if way.states > 0 => {}
            // "user principal", "account holder"; the second noun reads on by itself.
            _ => return None,
        }
        if lexed.last_part(next) == Part::Link {
            way.links += 1;
        }
        if way.links > LINKS || way.states > STATES {
            return None;
        }
        at = next;
    }
}

/// Whether the full stop behind an atom only cuts it short: "member no. 4711".
fn is_abbreviated(lexed: &Lexed<'_>, at: usize) -> bool {
    let (Some(atom), Some(next)) = (lexed.atoms.get(at), lexed.atoms.get(at + 1)) else { return false };
    lexed.part(at) == Part::Number && lexed.slice(&(atom.end..next.start)) == ". "
}

/// Whether an atom is a noun for a user.
fn user_noun(lexed: &Lexed<'_>, at: usize) -> bool {
    matches!(lexed.last_part(at), Part::User | Part::Holder | Part::Sub)
}

/// The value at an atom, if the noun can mean it, and whether there is no doubt.
fn value_of(lexed: &Lexed<'_>, at: usize, gap: &Gap, role: Role, way: Way, noun: usize) -> Option<(Value, bool)> {
    let value = lexed.value(at, gap)?;
    let text = lexed.slice(&value.range);
    if !fits(role.field, text) {
        return None;
    }
    let atom = lexed.atoms.get(at)?;
    if atom.parts.all_known() && (!value.closed || role_of(atom.parts.as_slice()).is_some()) {
        return None;
    }
    let shape = shape_of(text);
    let quoted = value.closed && gap.quote.is_some();
    // A remark in brackets says more than a value: "unknown user (SHA1 of ..)".
    if (gap.paren || gap.list) && !value.closed {
        return None;
    }
    // Who acts is seldom named by the word that follows: "admin http-nio-1", "operator 'contains'".
    if lexed.last_part(noun) == Part::Actor && !(shape.is_strong() || way.id || value.closed && shape.is_id()) {
        return None;
    }
    let near = way.states == 0 && way.links <= 1;
    let user = matches!(role.field, Field::Sub | Field::Username);
    // A `uid` in a sentence may be one of the system, and a signing key may be told by its kind.
    if lexed.part(noun) == Part::Uid && shape == Shape::Number || role.field == Field::Kid && role.rank < 80 && !has_digit(text) {
        return None;
    }
    if matches!(role.field, Field::RequestId | Field::TraceId) {
        let strong = matches!(shape, Shape::Uuid | Shape::Opaque)
            || ((way.id || role.rank >= 75) && shape.is_id())
            || quoted && shape.is_id();
        return (strong && way.states == 0).then_some((value, way.id));
    }
    if role.field == Field::ClientIp {
        return (way.states == 0).then_some((value, true));
    }
    if quoted {
        // A quoted word after words of state may be anything: "user not found in 'orders'".
        if way.states == 0 || way.colon || way.id {
            return Some((value, near && (user || shape.is_id())));
        }
        return None;
    }
    if value.closed && (shape.is_id() || near && user && !is_grammar(text)) && (way.states == 0 || way.colon || way.id) {
        return Some((value, near && shape.is_id()));
    }
    if shape.is_id() || shape == Shape::Code || shape == Shape::Slashed && role.field == Field::Kid {
        return id_of(lexed, value, shape, role, way).map(|value| (value, near && (shape.is_strong() || way.id)));
    }
    if way.colon && way.states > 0 {
        return None;
    }
    let signs = matches!(shape, Shape::Words | Shape::Dotted | Shape::Prefixed);
    let stands = if signs {
        lexed.ends_clause(&value) || is_verb(lexed, value.next)
    } else {
        is_name(lexed, &value, text, shape, gap, way, noun)
    };
    (user && way.states == 0 && stands && !is_grammar(text)).then_some((value, false))
}

/// Whether an unquoted id may be the noun's: numbers and short ids are told from counts, codes and what else sentences hold.
fn id_of(lexed: &Lexed<'_>, value: Value, shape: Shape, role: Role, way: Way) -> Option<Value> {
    let ends = lexed.ends_clause(&value);
    let strong = shape.is_strong() || shape == Shape::Prefixed && !way.colon;
    let right = match shape {
        _ if way.states > 0 && !way.colon && !way.id => strong && lexed.last_part(value.next.wrapping_sub(2)) == Part::Link,
        Shape::Number if is_status(lexed.slice(&value.range)) && (way.colon || !ends) => false,
        Shape::Number | Shape::Slug | Shape::Prefixed if way.states > 0 => ends || way.id,
        Shape::Number => ends || !is_count(lexed, value.next),
        Shape::Code => !way.colon && way.states == 0 && role.field != Field::Kid,
        Shape::Email => role.field != Field::Kid,
        _ => true,
    };
    right.then_some(value)
}

/// Whether a number is the status of an answer.
fn is_status(number: &str) -> bool {
    number.len() == 3 && matches!(number.as_bytes().first(), Some(b'2'..=b'5'))
}

/// Whether the word after a number makes it a count: "user 3 times", "account 2 of 5".
fn is_count(lexed: &Lexed<'_>, next: usize) -> bool {
    matches!(lexed.last_part(next), Part::Stop | Part::Rival | Part::Users | Part::Keys)
        || ["times", "of", "more", "attempts", "failed", "ago", "per"].contains(&lexed.word(next))
}

/// Whether a word is a verb or preposition that follows a user: "user alice logged in".
fn is_verb(lexed: &Lexed<'_>, next: usize) -> bool {
    const VERBS: [&str; 30] = [
        "logged",
        "authenticated",
        "signed",
        "has",
        "is",
        "was",
        "does",
        "could",
        "cannot",
        "not",
        "doesn't",
        "isn't",
        "successfully",
        "failed",
        "from",
        "already",
        "no",
        "did",
        "didn't",
        "with",
        "via",
        "requested",
        "tried",
        "attempted",
        "on",
        "at",
        "will",
        "can",
        "wasn't",
        "hasn't",
    ];
    VERBS.contains(&lexed.word(next)) && next > 0 && lexed.is_phrase(next - 1)
}

/// Whether an unquoted plain word is a name: it stands where only a name can, as in "created for user alice".
fn is_name(lexed: &Lexed<'_>, value: &Value, text: &str, shape: Shape, gap: &Gap, way: Way, noun: usize) -> bool {
    if shape != Shape::Word || text.len() < 2 || way.links > 1 {
        return false;
    }
    if gap.join == Join::Assign {
        return lexed.ends_clause(value);
    }
    let word = noun.checked_sub(1).map_or("", |before| lexed.word(before));
    let leads = [
        "for", "of", "as", "to", "by", "unknown", "invalid", "such", "no", "deleted", "removed", "created", "disabled", "locked",
    ]
    .iter()
    .any(|known| word.eq_ignore_ascii_case(known));
    let lower = text.bytes().all(|byte| byte.is_ascii_lowercase()) || text.bytes().all(|byte| byte.is_ascii_uppercase());
    // Without a word that leads to a name, the next one may be a verb or a noun: "caller sent no token".
    let enters = matches!(lexed.word(value.next), "logged" | "signed" | "authenticated") && lexed.is_phrase(value.next - 1);
    let follows = lexed.ends_clause(value) || is_verb(lexed, value.next);
    lower && lexed.last_part(noun) == Part::User && (leads && follows || enters) && !text.ends_with("ed")
}

/// Words with which a key is not one of tokens: "duplicate key", "api key".
const OTHER_KEYS: [&str; 16] = [
    "duplicate",
    "unique",
    "primary",
    "foreign",
    "api",
    "cache",
    "redis",
    "access",
    "private",
    "secret",
    "partition",
    "license",
    "idempotency",
    "routing",
    "entry",
    "object",
];

/// Reads what the bare word `key` names. It counts only where the text [speaks of the keys of tokens](speaks_of_keys).
pub(super) fn named_key(lexed: &Lexed<'_>, noun: usize) -> Option<Named> {
    let other = (noun.saturating_sub(4)..noun).any(|at| OTHER_KEYS.iter().any(|word| lexed.word(at).eq_ignore_ascii_case(word)));
    // `"key":` is a field of anything.
    if other || matches!(lexed.before(noun), b'"' | b'\'') {
        return None;
    }
    let found = named(lexed, noun, Role { field: Field::Kid, rank: 50 })?;
    let text = lexed.slice(&found.range);
    let shape = shape_of(text);
    let fits = has_digit(text) && !matches!(shape, Shape::Number | Shape::Code | Shape::Url | Shape::Email);
    fits.then_some(Named { sure: false, ..found })
}

/// Whether a digit stands in a text.
fn has_digit(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
}

/// Whether a text speaks of the keys of tokens at all.
pub(super) fn speaks_of_keys(lexed: &Lexed<'_>) -> bool {
    const BEGINNINGS: [&str; 8] = ["jw", "token", "sign", "verif", "rotat", "publish", "cert", "bearer"];
    (0..lexed.atoms.len()).any(|at| {
        let of_a_set = || lexed.last_part(at) == Part::Key && ["set", "ring", "list"].contains(&lexed.word(at + 1));
        matches!(lexed.last_part(at), Part::Keys | Part::Kid | Part::Signing) || of_a_set() || {
            let word = lexed.word(at).as_bytes();
            BEGINNINGS.iter().any(|known| word.len() >= known.len() && word[..known.len()].eq_ignore_ascii_case(known.as_bytes()))
        }
    })
}
