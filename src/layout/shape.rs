//! What a word of a line looks like, whatever stands beside it: a time, an address, a path, a number with a unit, an id.

use crate::layout::address;
use crate::layout::level::is_level;
use crate::layout::request::is_status;
use crate::layout::role::METHODS;
use crate::model::id::is_uuid;

/// What a word, or what stands between quotes or brackets, looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// An empty column.
    Nothing,
    /// An arrow or another mark that only parts other words.
    Mark,
    /// A time.
    Time,
    /// A day without a time of day.
    Date,
    /// The address of a host, with a port or not.
    Address,
    /// A verb, a target and perhaps a protocol.
    Request,
    /// A verb of HTTP.
    Method,
    /// The target of a request.
    Path,
    /// A target with its host.
    Url,
    /// `HTTP/1.1`.
    Protocol,
    /// A status behind a slash: `TCP_MISS/401`.
    Answer,
    /// Digits alone.
    Number,
    /// A number with a point.
    Fraction,
    /// A number with a unit of time.
    Duration,
    /// A number with a unit of size.
    Size,
    /// What hardly anything but an id looks like.
    Id,
    /// What may well be an id.
    LikeId,
    /// The level of a logger.
    Level,
    /// A product and its version, as browsers and libraries name themselves.
    Agent,
    /// What stands between quotes and is none of these.
    Quoted,
    /// Anything else.
    Word,
}

impl Shape {
    /// The shape of a word without blanks.
    pub(super) fn of(word: &str) -> Self {
        match word.bytes().next() {
            None => Self::Nothing,
            Some(b'-') if word.len() == 1 => Self::Nothing,
            Some(b'/') => of_slash(word),
            Some(b'0'..=b'9') => of_digit(word),
            _ if !word.contains(|c: char| c.is_alphanumeric()) => Self::Mark,
            Some(b'A'..=b'Z') if METHODS.contains(&word) => Self::Method,
            _ if address::of_word(word).is_some() => Self::Address,
            _ => of_letters(word),
        }
    }
}

fn of_slash(word: &str) -> Shape {
    let peer = word.get(1..).and_then(address::of_word);
    if peer.is_some() { Shape::Address } else { Shape::Path }
}

fn of_digit(word: &str) -> Shape {
    if word.bytes().all(|b| b.is_ascii_digit()) {
        return Shape::Number;
    }
    if address::of_word(word).is_some() {
        return Shape::Address;
    }
    let end = word.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(word.len());
    let (number, unit) = word.split_at_checked(end).unwrap_or((word, ""));
    if number.matches('.').count() <= 1 && !number.ends_with('.') {
        match unit {
            "" => return Shape::Fraction,
            "ms" | "msec" | "msecs" | "s" | "sec" | "secs" | "us" | "µs" | "μs" | "ns" => return Shape::Duration,
            "b" | "B" | "bytes" | "kB" | "KB" | "kb" | "MB" | "KiB" | "MiB" => return Shape::Size,
            _ => {}
        }
    }
    if is_date(word.as_bytes()) { Shape::Date } else { of_id(word) }
}

fn of_letters(word: &str) -> Shape {
    if word.starts_with("HTTP/") {
        return Shape::Protocol;
    }
    if word.starts_with("http://") || word.starts_with("https://") {
        return Shape::Url;
    }
    if is_level(word) {
        return Shape::Level;
    }
    let Some((name, version)) = word.split_once('/') else { return of_id(word) };
    if is_status(version) && name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_') {
        return Shape::Answer;
    }
    let named = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    if named && version.starts_with(|c: char| c.is_ascii_digit()) { Shape::Agent } else { of_id(word) }
}

/// `2026-08-22`, `2026/08/22`.
fn is_date(word: &[u8]) -> bool {
    word.len() == 10
        && word[4] == word[7]
        && matches!(word[4], b'-' | b'/' | b'.')
        && word.iter().enumerate().all(|(at, b)| matches!(at, 4 | 7) || b.is_ascii_digit())
}

/// The shape of a word by its letters and digits alone.
fn of_id(word: &str) -> Shape {
    if is_uuid(word) {
        return Shape::Id;
    }
    let (mut letters, mut digits, mut others, mut is_hex) = (0, 0, 0, true);
    for b in word.bytes() {
        match b {
            b'0'..=b'9' => digits += 1,
            b'a'..=b'z' | b'A'..=b'Z' => {
                letters += 1;
                is_hex &= b.is_ascii_hexdigit();
            }
            b'-' | b'_' | b'@' | b'+' | b'=' | b':' | b'/' => others += 1,
            _ => return Shape::Word,
        }
    }
    if is_hex && others == 0 && letters > 0 && digits > 0 && matches!(word.len(), 16..=64) {
        return Shape::Id;
    }
    let many = word.len() >= 8 && word.len() <= 96;
    if many && digits > 0 && letters > 0 { Shape::LikeId } else { Shape::Word }
}

/// Whether a number is a status that servers answer with. Others of three digits are sizes and durations.
pub(super) fn is_known_status(word: &str) -> bool {
    is_status(word)
        && matches!(
            word.parse(),
            Ok(
                101
                | 200..=208
                | 226
                | 300..=305
                | 307
                | 308
                | 400..=418
                | 421..=426
                | 428
                | 429
                | 431
                | 440
                | 444
                | 449..=451
                | 460
                | 463
                | 494..=511_u16
                | 520..=530,
            )
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_told_by_its_shape() {
        for (word, shape) in [
            ("-", Shape::Nothing),
            ("-->", Shape::Mark),
            ("←", Shape::Mark),
            ("GET", Shape::Method),
            ("/api/me", Shape::Path),
            ("/10.0.0.1:35074", Shape::Address),
            ("203.0.113.7:51044", Shape::Address),
            ("2001:db8::7", Shape::Address),
            ("401", Shape::Number),
            ("0.012", Shape::Fraction),
            ("54.208µs", Shape::Duration),
            ("61B", Shape::Size),
            ("2026-08-22", Shape::Date),
            ("HTTP/1.1", Shape::Protocol),
            ("TCP_MISS/401", Shape::Answer),
            ("https://api.test/x", Shape::Url),
            ("curl/8.5.0", Shape::Agent),
            ("WARN", Shape::Level),
            ("0c1f6a52-8a5e-4c4e-9a44-6a1f0b9d2e10", Shape::Id),
            ("0c1f6a528a5e4c4e", Shape::Id),
            ("XkR2nX8AAQEAAF2mJ3kAAAAB", Shape::LikeId),
            ("Unauthorized", Shape::Word),
            ("1.2.3.4.5", Shape::Word),
        ] {
            assert_eq!(Shape::of(word), shape, "{word}");
        }
    }

    #[test]
    fn what_no_server_answers_is_no_status() {
        assert!(["200", "401", "499", "511"].into_iter().all(is_known_status));
        assert!(["100", "128", "250", "312", "599", "4010", "4x1"].into_iter().all(|word| !is_known_status(word)));
    }
}
