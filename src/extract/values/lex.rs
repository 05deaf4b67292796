//! A text cut into atoms, and the values that stand in it.

use std::ops::Range;

use crate::extract::values::atom::{Atom, atoms_of};
use crate::extract::values::gap::{APART, Gap, Join, gap_between};
use crate::extract::values::words::Part;

/// A text and its atoms.
#[derive(Debug)]
pub(super) struct Lexed<'t> {
    /// The text.
    pub(super) text: &'t str,
    /// Its atoms, in order.
    pub(super) atoms: Vec<Atom>,
}

impl<'t> Lexed<'t> {
    /// Cuts a text into atoms.
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, atoms: atoms_of(text) }
    }

    /// The text of an atom.
    pub(super) fn word(&self, at: usize) -> &'t str {
        self.atoms.get(at).and_then(|atom| self.text.get(atom.start..atom.end)).unwrap_or_default()
    }

    /// The text of a range.
    pub(super) fn slice(&self, range: &Range<usize>) -> &'t str {
        self.text.get(range.clone()).unwrap_or_default()
    }

    /// The last part of an atom's words; `Other` for what is no name.
    pub(super) fn last_part(&self, at: usize) -> Part {
        self.atoms.get(at).and_then(|atom| atom.parts.as_slice().last().copied()).unwrap_or(Part::Other)
    }

    /// The part of an atom that is one plain word.
    pub(super) fn part(&self, at: usize) -> Part {
        self.atoms.get(at).map_or(Part::Other, |atom| atom.parts.single())
    }

    /// What stands between an atom and the next one.
    pub(super) fn gap_after(&self, at: usize) -> Gap {
        match (self.atoms.get(at), self.atoms.get(at + 1)) {
            (Some(atom), Some(next)) => gap_between(self.text, atom.end, next.start),
            _ => APART,
        }
    }

    /// The byte before an atom.
    pub(super) fn before(&self, at: usize) -> u8 {
        self.atoms.get(at).and_then(|atom| self.text.as_bytes().get(atom.start.checked_sub(1)?)).copied().unwrap_or(b'\n')
    }

    /// Whether only one space stands between an atom and the next one.
    pub(super) fn is_phrase(&self, at: usize) -> bool {
        match (self.atoms.get(at), self.atoms.get(at + 1)) {
            (Some(atom), Some(next)) => next.start == atom.end + 1 && self.text.as_bytes()[atom.end] == b' ',
            _ => false,
        }
    }

    /// The value that starts with an atom, after a gap.
    pub(super) fn value(&self, at: usize, gap: &Gap) -> Option<Value> {
        value_at(self.text, &self.atoms, at, gap)
    }

    /// Whether a value ends its clause.
    pub(super) fn ends_clause(&self, value: &Value) -> bool {
        ends_clause(self.text, &self.atoms, value.range.end, value.next)
    }
}

/// A value with what is known of how it stands.
#[derive(Debug, Clone)]
pub(super) struct Value {
    /// Its bytes.
    pub(super) range: Range<usize>,
    /// Quotes or brackets stand around it.
    pub(super) closed: bool,
    /// The first atom after it.
    pub(super) next: usize,
}

/// Where the quote that opens at `open` closes, looking from `from` on.
fn close_of(text: &str, open: (usize, usize), from: usize) -> Option<usize> {
    let sign = text.get(open.0..open.1)?;
    let mut end = (from + 260).min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let rest = text.get(from..end)?;
    let found = match sign {
        "\u{201C}" | "\u{201D}" => rest.find(['\u{201C}', '\u{201D}', '"']),
        "\u{2018}" | "\u{2019}" => rest.find(['\u{2018}', '\u{2019}', '\'']),
        // People write `x' as well.
        "`" => rest.find(['`', '\'']),
        _ => rest.find(sign).or_else(|| rest.find(['\u{201C}', '\u{201D}'])),
    }?;
    let value = rest.get(..found)?;
    (!value.contains('\n')).then(|| from + value.trim_end_matches('\\').len())
}

/// Names of types that wrap a value in a debug print: `UUID('..')`, `Some("..")`.
const WRAPS: [&str; 16] = [
    "UUID",
    "Uuid",
    "uuid.UUID",
    "Some",
    "Optional",
    "ObjectId",
    "ObjectID",
    "Just",
    "String",
    "Text",
    "Ok",
    "Root",
    "u",
    "b",
    "r",
    "bson.ObjectId",
];

/// Reads the value that starts with atom `at`, after a gap.
fn value_at(text: &str, atoms: &[Atom], at: usize, gap: &Gap) -> Option<Value> {
    let atom = atoms.get(at)?;
    let bytes = text.as_bytes();
    let word = text.get(atom.start..atom.end)?;
    if let Some(next) = atoms.get(at + 1)
        && WRAPS.contains(&word)
        && matches!(bytes.get(atom.end), Some(b'(' | b'[' | b'\'' | b'"' | b'=' | b'\\'))
    {
        let inner = gap_between(text, atom.end, next.start);
        let fits = if word.len() == 1 { inner.quote.is_some() } else { inner.paren || inner.list || inner.join == Join::Assign };
        if fits && inner.join != Join::Apart {
            return value_at(text, atoms, at + 1, &inner);
        }
    }
    if let Some(open) = gap.quote {
        let end = close_of(text, open, open.1)?;
        let next = atoms[at..].iter().position(|atom| atom.start >= end).map_or(atoms.len(), |more| at + more);
        return (end > open.1).then_some(Value { range: open.1..end, closed: true, next });
    }
    let mut end = atom.end;
    let mut next = at + 1;
    // A name that was cut off at its colon may be the beginning of a value: `sub=user:alice`.
    while gap.join == Join::Assign
        && !gap.spaced
        && bytes.get(end) == Some(&b':')
        && atoms.get(next).is_some_and(|more| more.start == end + 1)
    {
        end = atoms[next].end;
        next += 1;
    }
    // What has a separator behind it is a name.
    if bytes.get(end) == Some(&b'=') && !matches!(bytes.get(end + 1), None | Some(b' ' | b'=' | b'"' | b',')) {
        return None;
    }
    let closed = match bytes.get(end) {
        Some(b')') => gap.paren,
        Some(b']') => gap.list,
        Some(b'>') => gap.angle,
        _ => false,
    };
    Some(Value { range: atom.start..end, closed, next })
}

/// The elements of a list whose first atom is `at`: from the first to the last, and the atom after the list.
pub(super) fn list_at(text: &str, atoms: &[Atom], at: usize) -> Option<Value> {
    let first = atoms.get(at)?;
    let bytes = text.as_bytes();
    let close = first.start + bytes[first.start..].iter().take(400).position(|byte| *byte == b']')?;
    let next = atoms[at..].iter().position(|atom| atom.start >= close).map_or(atoms.len(), |more| at + more);
    let last = atoms.get(next.checked_sub(1)?)?;
    (last.end <= close).then_some(Value { range: first.start..last.end, closed: true, next })
}

/// Whether a value that ends here ends its clause: before a comma, a closing bracket, a line end or the end.
fn ends_clause(text: &str, atoms: &[Atom], end: usize, next: usize) -> bool {
    let bytes = text.as_bytes();
    match bytes.get(end) {
        None
        | Some(b',' | b';' | b')' | b']' | b'}' | b'\n' | b'\r' | b'"' | b'\'' | b'|' | b'!' | b'\\' | b'<' | b'&' | b'`') => {
            true
        }
        Some(b'.' | b':') => bytes.get(end + 1).is_none_or(|after| after.is_ascii_whitespace() || b"\"'\\".contains(after)),
        Some(b' ') => match atoms.get(next) {
            None => true,
            Some(follower) => {
                matches!(bytes.get(follower.start - 1), Some(b'(' | b'[' | b'{' | b'\n'))
                    || bytes.get(follower.end) == Some(&b'=')
                    || (bytes.get(follower.start) == Some(&b'-') && follower.end == follower.start + 1)
            }
        },
        _ => false,
    }
}
