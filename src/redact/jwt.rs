//! Tokens as they stand in logs: whole, cut, without a signature, encrypted, percent-encoded, wrapped over lines.

use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{Engine, alphabet};

use super::secret::{Finder, Secret};

/// `{"`, `{ "` and `{` with a line feed after it, in base64: how the header of a token begins.
const BEGINNINGS: [&str; 7] = ["eyj", "eyi", "eya", "eyk", "ewo", "ew0", "ewk"];

/// See [`Finder`].
pub(super) static FINDER: Finder = Finder { anchors: &BEGINNINGS, find };

/// How many letters of a token are decoded to distinguish it from a word: four are three bytes.
const DECODED: usize = 16;
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
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'e', bytes.get(from..)?).map(|at| from + at).find_map(|start| {
        // The first letters show what is no token: many beginnings in a row cost no more than their number.
        is_token(&bytes[start..]).then(|| Secret { range: start..wrapped(text, end(bytes, start)), kind: "jwt" })
    })
}

/// Whether base64url begins that is a JSON object: of `apiKeyInvalid` the end does not.
fn is_token(bytes: &[u8]) -> bool {
    if !matches!(bytes, [b'e', b'y', b'A' | b'I'..=b'K', ..] | [b'e', b'w', b'o' | b'0' | b'k', ..]) {
        return false;
    }
    let letters = bytes.iter().take(DECODED).take_while(|b| is_part(**b)).count() / 4 * 4;
    let Some(decoded) = std::str::from_utf8(&bytes[..letters]).ok().filter(|_| letters > 4).and_then(base64url) else {
        return false;
    };
    let mut rest = decoded.iter().skip(1).skip_while(|b| b.is_ascii_whitespace());
    decoded.first() == Some(&b'{') && rest.next() == Some(&b'"') && rest.all(|b| b.is_ascii_graphic() || b.is_ascii_whitespace())
}

fn is_part(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')
}

/// Where the up to five segments of a token end. The dots between may be encoded.
fn end(bytes: &[u8], start: usize) -> usize {
    let segment = |at: usize| at + bytes[at..].iter().take_while(|b| is_part(**b)).count();
    let mut end = segment(start);
    for _ in 0..4 {
        let dot = [&b"."[..], b"%2E", b"%2e", b"%252E", b"%252e", b"\\u002e", b"\\u002E", b"&#46;"]
            .into_iter()
            .find(|dot| bytes[end..].starts_with(dot));
        let Some(dot) = dot else { break };
        end = segment(end + dot.len());
    }
    end
}

/// Where a token ends that goes on over the following lines.
fn wrapped(text: &str, mut end: usize) -> usize {
    loop {
        let Some(rest) = text.get(end..) else { return end };
        let Some(next) = rest.strip_prefix('\n').or_else(|| rest.strip_prefix("\r\n")) else { return end };
        let next = next.trim_start_matches([' ', '\t']);
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
