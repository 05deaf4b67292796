//! Tokens as they stand in logs: whole, cut, without a signature, encrypted, percent-encoded, wrapped over lines.

use std::sync::LazyLock;

use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{Engine, alphabet};
use regex::bytes::Regex;

use super::{Finder, Secret};

/// `{"`, `{ "` and `{` with a line feed after it, in base64: how the header of a token begins.
const BEGINNINGS: [&str; 7] = ["eyj", "eyi", "eya", "eyk", "ewo", "ew0", "ewk"];

/// See [`Finder`].
pub(super) static FINDER: Finder = Finder { anchors: &BEGINNINGS, find };

/// The shape of a token: up to five segments of base64url. The dots between may be percent-encoded, twice even.
static SHAPE: LazyLock<Regex> =
    LazyLock::new(|| super::compiled(r"e(?:y[AI-K]|w[o0k])[A-Za-z0-9_-]{5,}(?:(?:\.|%(?:25)*2[Ee])[A-Za-z0-9_-]*){0,4}"));

/// How many letters of a token are decoded to tell it from a word: four are three bytes.
const TOLD_BY: usize = 16;
/// A line that goes on with a token is no shorter.
const WRAPPED: usize = 16;

/// Reads a segment leniently: padding and stray last bits are common in what people paste.
pub fn base64url(segment: &str) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &alphabet::URL_SAFE,
        GeneralPurposeConfig::new()
            .with_decode_allow_trailing_bits(true)
            .with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    LENIENT.decode(segment).ok()
}

/// The tokens in a text, as they stand there.
pub fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let secret = find(text, at)?;
        at = secret.range.end;
        text.get(secret.range)
    })
}

/// Whether a token stands in a text.
pub fn stands_in(text: &str) -> bool {
    find(text, 0).is_some()
}

fn find(text: &str, from: usize) -> Option<Secret> {
    let mut at = from;
    loop {
        let found = SHAPE.find_at(text.as_bytes(), at)?;
        if text.get(found.range()).is_some_and(is_token) {
            let end = wrapped(text, found.end());
            return Some(Secret { range: found.start()..end, kind: "jwt" });
        }
        // `keyJohnDoeey...`: what is no token may hold one.
        at = found.start() + 2;
    }
}

/// Whether what has the shape of a token begins with a JSON object: `apiKeyInvalid` does not.
fn is_token(shape: &str) -> bool {
    let head = shape.split(['.', '%']).next().unwrap_or(shape);
    let whole = head.len().min(TOLD_BY) / 4 * 4;
    let Some(bytes) = head.get(..whole).and_then(base64url) else { return false };
    let mut rest = bytes.iter().skip(1).skip_while(|b| b.is_ascii_whitespace());
    bytes.first() == Some(&b'{') && rest.next() == Some(&b'"') && rest.all(|b| b.is_ascii_graphic() || b.is_ascii_whitespace())
}

/// Where a token ends that goes on over the following lines.
fn wrapped(text: &str, mut end: usize) -> usize {
    loop {
        let Some(rest) = text.get(end..) else { return end };
        let Some(next) = rest.strip_prefix('\n').or_else(|| rest.strip_prefix("\r\n")) else { return end };
        let line = next.lines().next().unwrap_or_default();
        let goes_on = line.len() >= WRAPPED
            && line.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'='))
            && line.bytes().any(|b| b.is_ascii_digit())
            && line.bytes().any(|b| b.is_ascii_alphabetic());
        if !goes_on {
            return end;
        }
        end = text.len() - next.len() + line.len();
    }
}
