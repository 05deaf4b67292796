//! What a value looks like, and which fields can look like that.

use std::net::{IpAddr, Ipv6Addr};

use crate::extract::values::words::{Part, part_of, parts_of};
use crate::model::field::Field;
use crate::model::id::is_uuid;

/// The look of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Nothing, or a word for nothing: `null`, `-`, `anonymous`.
    Null,
    /// Letters only.
    Word,
    /// Letters and signs: `some-device`.
    Words,
    /// Letters with a case inside, as classes have: `DecodeError`.
    Camel,
    /// Letters and dots: `john.doe`, `id.example.com`.
    Dotted,
    /// Digits only.
    Number,
    /// A UUID.
    Uuid,
    /// Letters and digits of a length that no word has.
    Opaque,
    /// Letters with digits: `k2`, `sig-2026-06`.
    Slug,
    /// Capitals and digits as error codes have: `P2025`.
    Code,
    /// `name@place`.
    Email,
    /// `https://..`
    Url,
    /// An address, with or without its port.
    Ip,
    /// An address that somebody masked: `x.x.x.x`.
    MaskedIp,
    /// A kind and an id: `auth0|5f1`, `system:admin`.
    Prefixed,
    /// A path or parts of one.
    Path,
    /// Slashes within, not at the start: `admin/app`.
    Slashed,
    /// A mask: `***`, `xxxx`.
    Mask,
    /// A JSON web token.
    Jwt,
    /// A number with a unit, a version, a time, a file with its line, a class.
    Measure,
    /// None of these.
    Odd,
}

impl Shape {
    /// Whether nothing but an id looks like that.
    pub(super) const fn is_strong(self) -> bool {
        matches!(self, Self::Uuid | Self::Opaque | Self::Email)
    }

    /// Whether an id may well look like that, and no word does.
    pub(super) const fn is_id(self) -> bool {
        matches!(self, Self::Uuid | Self::Opaque | Self::Email | Self::Number | Self::Slug | Self::Prefixed)
    }
}

/// The longest value that any field takes.
const LONGEST: usize = 256;

/// Counts of what a value is made of.
#[derive(Default)]
struct Made {
    digits: usize,
    upper: usize,
    lower: usize,
    hex: usize,
    dots: usize,
    dashes: usize,
    colons: usize,
    slashes: usize,
    bars: usize,
    ats: usize,
    turns: usize,
    other: usize,
}

/// Counts what a value is made of, or `None` for what no value holds.
fn made(value: &[u8]) -> Option<Made> {
    let mut made = Made::default();
    let mut before = 0u8;
    for &byte in value {
        match byte {
            b'0'..=b'9' => {
                made.digits += 1;
                made.hex += 1;
            }
            b'a'..=b'z' => {
                made.lower += 1;
                made.hex += usize::from(byte <= b'f');
            }
            b'A'..=b'Z' => {
                made.upper += 1;
                made.hex += usize::from(byte <= b'F');
                made.turns += usize::from(before.is_ascii_lowercase());
            }
            0x80.. => made.lower += 1,
            b'.' => made.dots += 1,
            b'-' | b'_' => made.dashes += 1,
            b':' => made.colons += 1,
            b'/' => made.slashes += 1,
            b'|' => made.bars += 1,
            b'@' => made.ats += 1,
            b'+' | b'=' | b'~' | b'%' | b'*' | b'$' | b'#' | b'\\' | b'!' | b'?' | b'&' | b',' => made.other += 1,
            _ => return None,
        }
        before = byte;
    }
    Some(made)
}

/// The look of a value.
pub(super) fn shape_of(value: &str) -> Shape {
    // Base64 may end in signs that fill it up.
    let value = if value.len() > 3 { value.trim_end_matches('=') } else { value };
    let bytes = value.as_bytes();
    if bytes.is_empty() || part_of(bytes) == Part::Null || bytes.iter().all(|byte| b"-_.".contains(byte)) {
        return Shape::Null;
    }
    // A place to be filled in: `$1`, `%s`, `#{id}`.
    if bytes.len() > LONGEST || b"$%#".contains(&bytes[0]) {
        return Shape::Odd;
    }
    let Some(made) = made(bytes) else { return Shape::Odd };
    let letters = made.upper + made.lower;
    if bytes.len() > 2 && bytes.iter().all(|byte| b"xX*.-:?".contains(byte)) {
        return if made.dots == 3 { Shape::MaskedIp } else { Shape::Mask };
    }
    if value.starts_with("eyJ") && (made.dots >= 1 || bytes.len() > 40) {
        return Shape::Jwt;
    }
    if let Some(at) = value.find("://") {
        return if at > 0 && at < 12 && bytes.len() > at + 3 { Shape::Url } else { Shape::Odd };
    }
    if letters == 0 && made.digits == bytes.len() {
        return Shape::Number;
    }
    if address_in(value).is_some() {
        return Shape::Ip;
    }
    if made.ats == 1 && made.slashes == 0 && made.bars == 0 {
        let (name, place) = value.split_once('@').unwrap_or_default();
        let fits = |text: &str| text.bytes().any(|byte| byte.is_ascii_alphanumeric() || byte >= 0x80);
        // Matrix has `@name:place`.
        if name.is_empty() && made.colons == 1 && made.dots > 0 {
            return Shape::Prefixed;
        }
        return if fits(name) && fits(place) { Shape::Email } else { Shape::Odd };
    }
    if is_masked_v6(value) {
        return Shape::MaskedIp;
    }
    if is_uuid(value) {
        return Shape::Uuid;
    }
    if is_measure(bytes) || is_source(value, &made) {
        return Shape::Measure;
    }
    if bytes[0] == b'/' {
        return Shape::Path;
    }
    if made.bars > 0 || made.colons > 0 {
        return if value.contains("::") || letters == 0 { Shape::Measure } else { Shape::Prefixed };
    }
    if made.other > 0 && made.digits == 0 {
        return Shape::Odd;
    }
    of_letters_and_digits(value, &made)
}

/// The look of what has no mark that tells it at once.
fn of_letters_and_digits(value: &str, made: &Made) -> Shape {
    let letters = made.upper + made.lower;
    let plain = letters + made.digits;
    if made.digits == 0 {
        return match (made.slashes, made.dots, made.dashes) {
            (1.., _, _) => Shape::Slashed,
            (0, 1.., _) => Shape::Dotted,
            (0, 0, 1..) => Shape::Words,
            (0, 0, 0) if made.turns > 0 && value.len() >= 20 && made.upper > 5 => Shape::Opaque,
            (0, 0, 0) if made.turns > 0 => Shape::Camel,
            (0, 0, 0) => Shape::Word,
        };
    }
    if letters == 0 {
        return if made.dashes > 0 && made.dots == 0 { Shape::Slug } else { Shape::Measure };
    }
    let longest = value.split(|sign: char| !sign.is_ascii_alphanumeric()).map(str::len).max().unwrap_or(0);
    if plain >= 14 && (longest >= 14 || (made.upper > 2 && made.turns > 1 && plain >= 16)) {
        return Shape::Opaque;
    }
    if made.slashes > 0 {
        return Shape::Slashed;
    }
    if made.lower == 0 && is_code(value.as_bytes()) {
        return Shape::Code;
    }
    Shape::Slug
}

/// Capitals, perhaps a dash, then digits to the end: how error codes look.
fn is_code(value: &[u8]) -> bool {
    let capitals = value.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    let rest = &value[capitals..];
    let digits = rest.strip_prefix(b"-").or_else(|| rest.strip_prefix(b"_")).unwrap_or(rest);
    capitals > 0 && digits.len() >= 3 && digits.iter().all(u8::is_ascii_digit)
}

/// Units that stand right behind a number.
const UNITS: [&[u8]; 22] = [
    b"ms",
    b"s",
    b"m",
    b"h",
    b"d",
    b"us",
    b"ns",
    b"\xc2\xb5s",
    b"kb",
    b"mb",
    b"gb",
    b"b",
    b"k",
    b"%",
    b"st",
    b"nd",
    b"rd",
    b"th",
    b"x",
    b"sec",
    b"min",
    b"bytes",
];

/// A number with a unit, a version, a date, a time of day.
fn is_measure(value: &[u8]) -> bool {
    let number = value.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
    if number > 0 {
        let unit = &value[number..];
        if UNITS.iter().any(|known| unit.eq_ignore_ascii_case(known)) {
            return true;
        }
        if value[..number].contains(&b'.') && (unit.is_empty() || unit[0] == b'-') {
            return true;
        }
        let date = value.len() >= 10 && value[4] == b'-' && value[7] == b'-' && value[..4].iter().all(u8::is_ascii_digit);
        let clock =
            value.len() >= 5 && value[2] == b':' && value[3].is_ascii_digit() && value[..2].iter().all(u8::is_ascii_digit);
        if date || clock {
            return true;
        }
        // 1h2m3s, 2m30s
        return !unit.is_empty()
            && value.last().is_some_and(|last| b"smhd".contains(last))
            && value.iter().all(|byte| byte.is_ascii_digit() || b"hms.d".contains(byte));
    }
    let version = value.strip_prefix(b"v").or_else(|| value.strip_prefix(b"V")).unwrap_or(b"");
    version.contains(&b'.') && version.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
}

/// Ends of the names of files that logs name.
const FILES: [&str; 21] = [
    "go", "cc", "cpp", "c", "java", "py", "rb", "js", "ts", "rs", "cs", "php", "lua", "kt", "ex", "scala", "json", "yaml", "yml",
    "conf", "log",
];

/// A file of source code with or without its line, or the full name of a class.
fn is_source(value: &str, made: &Made) -> bool {
    if made.dots == 0 {
        return false;
    }
    let file = value.split(':').next().unwrap_or(value);
    let (front, last) = file.rsplit_once('.').unwrap_or_default();
    if FILES.contains(&last) {
        return true;
    }
    let camel =
        last.bytes().next().is_some_and(|first| first.is_ascii_uppercase()) && last.bytes().any(|byte| byte.is_ascii_lowercase());
    camel && made.digits == 0 && front.bytes().all(|byte| !byte.is_ascii_uppercase() || made.dots > 1) && made.dots > 1
}

/// Where the address in a value starts and ends, without a port and without the name and slash that Java puts before it:
/// `/10.0.0.7:5123`, `edge-1.example/10.0.0.7`.
pub(super) fn address_in(value: &str) -> Option<(usize, usize)> {
    let is_host = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
    let start = value.find('/').filter(|slash| is_host(&value[..*slash])).map_or(0, |slash| slash + 1);
    let rest = value.get(start..)?;
    let first = *rest.as_bytes().first()?;
    if first.is_ascii_digit() {
        let end = rest.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
        let tail = &rest.as_bytes()[end..];
        let port = tail.first() == Some(&b':') && tail.len() <= 6 && tail[1..].iter().all(u8::is_ascii_digit);
        if (tail.is_empty() || port) && rest.get(..end)?.parse::<IpAddr>().is_ok() {
            return Some((start, start + end));
        }
    }
    let six = (first.is_ascii_hexdigit() || first == b':')
        && rest.len() <= 45
        && rest.bytes().filter(|byte| *byte == b':').count() >= 2;
    (six && rest.parse::<Ipv6Addr>().is_ok()).then_some((start, value.len()))
}

/// An IPv6 address in which somebody masked groups: `2001:db8:xxx::1`.
fn is_masked_v6(value: &str) -> bool {
    let groups = value.split(':').count();
    groups >= 4
        && value.contains('x')
        && value.split(':').all(|group| group.len() <= 4 && group.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'x'))
}

/// Whether a value says a state or a noun instead of an id: `disabled`, `not_found`, `subject`.
///
/// Of several words one must be a state; `some-device` and `system-admin` may well be names.
fn is_vocabulary(value: &str) -> bool {
    let parts = parts_of(value.as_bytes());
    let says =
        |part: &Part| matches!(part, Part::State | Part::Null | Part::Link | Part::Wanted | Part::Got | Part::From | Part::By);
    match parts.as_slice() {
        [one] => !matches!(one, Part::Other | Part::Actor | Part::Rival | Part::Server),
        several => parts.all_known() && several.iter().any(says),
    }
}

/// Whether a value is zero, which stands for nobody.
fn is_zero(value: &str) -> bool {
    value.bytes().all(|byte| byte == b'0' || byte == b'-')
}

/// Whether a value's shape can be that of a field.
pub(super) fn fits(field: Field, value: &str) -> bool {
    let shape = shape_of(value);
    if matches!(shape, Shape::Null | Shape::Mask | Shape::Jwt | Shape::Odd) {
        return false;
    }
    match field {
        Field::ClientIp => matches!(shape, Shape::Ip | Shape::MaskedIp),
        Field::Sub => {
            !matches!(shape, Shape::Ip | Shape::MaskedIp | Shape::Path | Shape::Slashed | Shape::Measure)
                && !is_vocabulary(value)
                && !is_zero(value)
        }
        Field::Username => {
            !matches!(shape, Shape::Ip | Shape::MaskedIp | Shape::Path | Shape::Measure | Shape::Url | Shape::Slashed)
                && !is_vocabulary(value)
        }
        Field::Kid => {
            !matches!(shape, Shape::Ip | Shape::MaskedIp | Shape::Email | Shape::Path | Shape::Measure)
                && !is_vocabulary(value)
                && !is_zero(value)
        }
        Field::Iss => {
            !matches!(shape, Shape::Ip | Shape::MaskedIp | Shape::Path | Shape::Measure | Shape::Number) && !is_state(value)
        }
        Field::Aud => !matches!(shape, Shape::Ip | Shape::MaskedIp | Shape::Path | Shape::Measure) && !is_state(value),
        Field::RequestId => {
            !matches!(shape, Shape::Ip | Shape::MaskedIp | Shape::Path | Shape::Url | Shape::Dotted | Shape::Camel)
                && (shape != Shape::Email || !value.rsplit('@').next().is_some_and(|place| place.contains('.')))
                && (shape != Shape::Measure || value.bytes().all(|byte| byte.is_ascii_hexdigit()))
                && (matches!(shape, Shape::Number | Shape::Uuid | Shape::Opaque) || is_token_like(value))
                && !is_vocabulary(value)
        }
        Field::TraceId => {
            !is_zero(value)
                && match shape {
                    Shape::Uuid | Shape::Opaque => true,
                    Shape::Number => value.len() >= 8,
                    Shape::Slug | Shape::Slashed | Shape::Words | Shape::Word => {
                        value.len() >= 8 && value.bytes().any(|byte| byte.is_ascii_digit())
                            || value.len() >= 16 && value.bytes().all(|byte| byte.is_ascii_hexdigit())
                    }
                    Shape::Prefixed => value.bytes().filter(u8::is_ascii_hexdigit).count() >= 16,
                    _ => false,
                }
        }
        _ => false,
    }
}

/// A word for a state, which an issuer or audience is not; other vocabulary may well be a name there: `account`.
fn is_state(value: &str) -> bool {
    matches!(
        part_of(value.as_bytes()),
        Part::State | Part::Link | Part::Wanted | Part::Got | Part::Null | Part::From | Part::By | Part::Iss | Part::Aud
    ) || (value.bytes().any(|byte| byte == b' '))
}

/// Letters with a digit, or a long run of lower-case letters that is no word.
fn is_token_like(value: &str) -> bool {
    value.len() >= 2 && value.bytes().any(|byte| byte.is_ascii_digit()) || value.len() >= 20
}

/// The elements of a list, without their quotes.
pub(super) fn elements(list: &str) -> impl Iterator<Item = &str> {
    list.split(|sign: char| sign == ',' || sign.is_whitespace())
        .map(|one| one.trim_matches(['"', '\'', '\\', '`']))
        .filter(|one| !one.is_empty())
}

/// Ends of words that no name has: an unquoted word with one of them is a noun or a state of the sentence.
pub(super) fn is_grammar(word: &str) -> bool {
    const ENDS: [&str; 18] = [
        "tion", "sion", "ing", "ity", "ment", "ness", "able", "ible", "ance", "ence", "ized", "ised", "ated", "ly", "less",
        "ful", "ship", "ory",
    ];
    word.len() >= 6 && word.bytes().all(|byte| byte.is_ascii_alphabetic()) && ENDS.iter().any(|end| word.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_told_apart() {
        for (value, want) in [
            ("2364ad11-9a3c-4f0e-9a1b-0c2d3e4f5061", Shape::Uuid),
            ("4711", Shape::Number),
            ("01ARZ3NDEKTSV4RRFFQ69G5FAV", Shape::Opaque),
            ("0ujsszwN8NRY24YaXiTIE2VWDTS", Shape::Opaque),
            ("579fff74c56273102c131c3b", Shape::Opaque),
            ("V1StGXR8_Z5jdHi6B-myT", Shape::Opaque),
            ("k2", Shape::Slug),
            ("sig-2026-06", Shape::Slug),
            ("alice@example.com", Shape::Email),
            ("https://a/", Shape::Url),
            ("auth0|65f0c1d2e3", Shape::Prefixed),
            ("system:serviceaccount:shop:web", Shape::Prefixed),
            ("10.0.0.7:5123", Shape::Ip),
            ("2001:db8::1", Shape::Ip),
            ("/10.0.4.50:41828", Shape::Ip),
            ("x.x.x.x", Shape::MaskedIp),
            ("30s", Shape::Measure),
            ("1.5ms", Shape::Measure),
            ("v1.2.3", Shape::Measure),
            ("2026-03-01", Shape::Measure),
            ("12:30:45", Shape::Measure),
            ("validator.go:161", Shape::Measure),
            ("com.nimbusds.jose.JOSEException", Shape::Measure),
            ("P2025", Shape::Code),
            ("AADSTS54005", Shape::Code),
            ("DecodeError", Shape::Camel),
            ("john.doe", Shape::Dotted),
            ("null", Shape::Null),
            ("-", Shape::Null),
            ("***", Shape::Mask),
        ] {
            assert_eq!(shape_of(value), want, "{value}");
        }
    }

    #[test]
    fn a_state_is_no_user_and_an_address_is_no_user() {
        for value in
            ["disabled", "not_found", "unknown", "0", "10.0.0.1", "/users", "v1.2", "30s", "00000000-0000-0000-0000-000000000000"]
        {
            assert!(!fits(Field::Sub, value), "{value}");
        }
        for value in ["alice", "4711", "auth0|5f1", "some-device", "CUST-1042", "john.doe"] {
            assert!(fits(Field::Sub, value), "{value}");
        }
    }

    #[test]
    fn requests_and_traces_have_ids() {
        assert!(fits(Field::RequestId, "req-1"));
        assert!(fits(Field::RequestId, "6uch8sqcotyppffnz7rhuk34fc"));
        assert!(!fits(Field::RequestId, "completed"));
        assert!(!fits(Field::RequestId, "GET"));
        assert!(fits(Field::TraceId, "4bf92f3577b34da6a3ce929d0e0e4736"));
        assert!(!fits(Field::TraceId, "0000000000000000"));
    }
}
