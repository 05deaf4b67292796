//! A secret, a way to find it, and what distinguishes a secret from a word of prose.

use std::ops::Range;

use regex::bytes::{Regex, RegexBuilder};

/// What a mark begins with.
pub(super) const MARK: &str = "[redacted ";

/// A secret that stands in a text.
pub(super) struct Secret {
    pub(super) range: Range<usize>,
    pub(super) kind: &'static str,
}

/// One way to find secrets.
pub(super) struct Finder {
    /// Every text that holds such a secret has one of these, in upper or lower case; most texts have none of any finder.
    pub(super) anchors: &'static [&'static str],
    /// The first secret at or after an offset.
    pub(super) find: fn(&str, usize) -> Option<Secret>,
}

/// A pattern of ASCII, which is made in a hundredth of the time that one of all letters takes.
pub(super) fn compiled(pattern: &str) -> Regex {
    RegexBuilder::new(pattern).unicode(false).build().expect("a constant pattern compiles")
}

/// How long a secret is without the signs that end its sentence.
pub(super) fn ending(secret: &[u8]) -> usize {
    secret.iter().rposition(|b| !b".,;:=/+".contains(b) || *b == b'=').map_or(0, |last| last + 1)
}

/// Whether a value may be a secret, and not a word or a number of prose: `4f1cbb0a9e`, not `expired`.
pub(super) fn looks_made(value: &str) -> bool {
    const SHORTEST: usize = 8;
    /// Letters alone, and digits alone, must be more.
    const LONG: usize = 16;
    let has = |test: fn(&u8) -> bool| value.bytes().any(|b| test(&b));
    let (digit, lower, upper) = (has(u8::is_ascii_digit), has(u8::is_ascii_lowercase), has(u8::is_ascii_uppercase));
    let enough = match (digit, lower || upper) {
        (true, true) => value.len() >= SHORTEST,
        (true, false) => value.len() >= LONG,
        // `TokenExpiredException` is a name.
        (false, _) => value.len() >= 2 * LONG && lower && upper,
    };
    enough && !is_code(value) && !is_date(value) && !value.contains("://")
}

/// `AADSTS50013`, `IDX10223:`, `OPS-1234`.
pub(super) fn is_code(value: &str) -> bool {
    let letters = value.bytes().take_while(|b| b.is_ascii_uppercase() || matches!(b, b'_' | b'-')).count();
    let rest = value.get(letters..).unwrap_or_default().trim_end_matches([':', '.', ',']);
    (2..12).contains(&letters) && (1..=8).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_digit())
}

/// `2026-03-02T10:00:00Z`.
fn is_date(value: &str) -> bool {
    let bytes = value.as_bytes();
    let digits = |range: Range<usize>| bytes.get(range).is_some_and(|part| part.iter().all(u8::is_ascii_digit));
    digits(0..4) && bytes.get(4) == Some(&b'-') && digits(5..7) && bytes.get(7) == Some(&b'-') && digits(8..10)
}

/// Whether a value is a word for no value, or was redacted by the program that wrote it.
pub(super) fn is_masked(value: &str) -> bool {
    const PLACEHOLDERS: [&str; 21] = [
        "null",
        "nil",
        "none",
        "undefined",
        "true",
        "false",
        "redacted",
        "filtered",
        "masked",
        "hidden",
        "protected",
        "secret",
        "disabled",
        "enabled",
        "present",
        "absent",
        "required",
        "missing",
        "empty",
        "set",
        "unset",
    ];
    let bare = value.trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '*' | '•'));
    bare.chars().all(|c| matches!(c, '*' | '•'))
        || (bare.len() > 2 && bare.chars().all(|c| matches!(c, 'x' | 'X')))
        || PLACEHOLDERS.iter().any(|known| bare.eq_ignore_ascii_case(known))
}
