//! Takes secrets out of texts: tokens, passwords, keys, cookies and whatever else gives access.
//!
//! Every text that is kept goes through here, whatever field it came from. A secret is recognised by its own shape
//! (`shape.rs`), as a token ([`jwt`]), or by the name before it (`named.rs`). It is replaced by a mark that names its
//! kind and has a short hash of it, under a salt of the run: the same secret has the same mark in all of a run, so that
//! two lines of one session still show that they belong together.

pub mod jwt;

mod innocent;
mod named;
mod secret;
mod shape;

use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind};
use regex::bytes::Regex;
use siphasher::sip::SipHasher13;
use siphasher::sip128;

use secret::{Finder, MARK, Secret, compiled};

/// No more of a text is searched, in bytes: a fraction of that is kept.
pub const MOST: usize = 2 << 10;

/// Replaces secrets by marks: `[redacted bearer 5d1f0c9a]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Redactor {
    salt: Option<[u8; 16]>,
}

/// Every finder, in the order they are tried: shapes that hold others come first.
static FINDERS: [&Finder; 14] = [
    &shape::PRIVATE_KEY,
    &shape::COOKIE,
    &shape::USER_INFO,
    &shape::SAML,
    &shape::JWK,
    &shape::PASSWORD_HASH,
    &jwt::FINDER,
    &shape::VENDOR,
    &shape::XML,
    &shape::COMMAND,
    &shape::LINK,
    &shape::SCHEME,
    &named::ASSIGNED,
    &named::SPOKEN,
];

/// The search for all anchors, and of which finder each is.
static ANCHORS: LazyLock<(AhoCorasick, Vec<u16>)> = LazyLock::new(|| {
    let anchors =
        || FINDERS.iter().enumerate().flat_map(|(number, finder)| finder.anchors.iter().map(move |anchor| (number, *anchor)));
    let search = AhoCorasickBuilder::new()
        .ascii_case_insensitive(true)
        .kind(Some(AhoCorasickKind::DFA))
        .build(anchors().map(|(_, anchor)| anchor))
        .expect("constant anchors make a search");
    (search, anchors().map(|(number, _)| 1 << number).collect())
});

impl Redactor {
    /// Marks that name the kind alone, and do not show which secrets are the same.
    pub const BARE: Self = Self { salt: None };

    /// Marks whose hashes are of this run.
    pub const fn salted(salt: [u8; 16]) -> Self {
        Self { salt: Some(salt) }
    }

    /// Marks whose hashes are salted by these logs: the same in every run over them, and of no use to those who have only
    /// the report. `sample` is a part of the logs that others do not have.
    pub fn of_logs(sample: &[u8]) -> Self {
        Self::salted(sip128::SipHasher13::new().hash(sample).as_bytes())
    }

    /// The text without secrets; of a longer one no more than [`MOST`] bytes where any anchor was found. A text in which
    /// a secret shows only once it is decoded, as in a query, is given decoded.
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if is_plain(text) || innocent::is_known(text) {
            return Cow::Borrowed(text);
        }
        let redacted = self.redact_layers(text);
        if matches!(redacted, Cow::Borrowed(_)) {
            innocent::remember(text);
        }
        redacted
    }

    fn redact_layers<'t>(&self, text: &'t str) -> Cow<'t, str> {
        /// Queries within queries are encoded twice.
        const LAYERS: usize = 2;
        let mut redacted = self.redact_as_written(beginning(text, MOST));
        let mut layer = None;
        for _ in 0..LAYERS {
            let Some(plainer) = decoded(layer.as_deref().unwrap_or(&redacted)) else { break };
            match self.redact_as_written(&plainer) {
                Cow::Owned(more) => {
                    redacted = Cow::Owned(more);
                    layer = None;
                }
                Cow::Borrowed(_) => layer = Some(plainer),
            }
        }
        redacted
    }

    fn redact_as_written<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let finders = finders(text);
        if finders == 0 {
            return Cow::Borrowed(text);
        }
        let mut text = Cow::Borrowed(text);
        for (number, finder) in FINDERS.iter().enumerate() {
            if finders >> number & 1 == 1
                && let Some(without) = self.without(&text, finder)
            {
                text = Cow::Owned(without);
            }
        }
        text
    }

    /// The value of a field: wholly redacted where the field's name says that it holds a secret.
    pub fn value<'t>(&self, name: &str, value: &'t str) -> Cow<'t, str> {
        match named::kind_of(name, value) {
            Some(named::Value::Whole(kind)) => Cow::Owned(self.mark(kind, value)),
            Some(named::Value::AfterScheme(kind, at)) => {
                let (scheme, credential) = value.split_at_checked(at).unwrap_or((value, ""));
                Cow::Owned(format!("{scheme}{}", self.mark(kind, credential)))
            }
            None => self.redact(value),
        }
    }

    /// A text that was redacted, with marks that are the same for all secrets of a kind.
    pub fn without_hashes(text: &str) -> Cow<'_, str> {
        static HASHED: LazyLock<Regex> = LazyLock::new(|| compiled(r"\[redacted (?P<kind>[a-z-]+) [0-9a-f]{8}\]"));
        if !text.contains(MARK) {
            return Cow::Borrowed(text);
        }
        let bare = HASHED.replace_all(text.as_bytes(), &b"[redacted $kind]"[..]);
        Cow::Owned(String::from_utf8_lossy(&bare).into_owned())
    }

    /// The mark that replaces a secret.
    pub fn mark(&self, kind: &str, secret: &str) -> String {
        let Some(salt) = self.salt else { return format!("{MARK}{kind}]") };
        let mut hasher = SipHasher13::new_with_key(&salt);
        secret.hash(&mut hasher);
        format!("{MARK}{kind} {:08x}]", hasher.finish() >> 32)
    }

    fn without(&self, text: &str, finder: &Finder) -> Option<String> {
        let mut secret = next(finder, text, 0)?;
        let mut without = String::with_capacity(text.len());
        let mut at = 0;
        loop {
            without.push_str(text.get(at..secret.range.start).unwrap_or_default());
            without.push_str(&self.mark(secret.kind, text.get(secret.range.clone()).unwrap_or_default()));
            at = secret.range.end;
            match next(finder, text, at) {
                Some(next) => secret = next,
                None => break,
            }
        }
        without.push_str(text.get(at..).unwrap_or_default());
        Some(without)
    }
}

/// The first secret at or after an offset that is not the inside of a mark.
fn next(finder: &Finder, text: &str, mut from: usize) -> Option<Secret> {
    loop {
        let secret = (finder.find)(text, from)?;
        match end_of_mark(text, secret.range.start) {
            Some(end) => from = end,
            None => return Some(secret),
        }
    }
}

/// Where the mark ends that begins at or before an offset and goes on beyond it.
fn end_of_mark(text: &str, offset: usize) -> Option<usize> {
    /// No mark is longer.
    const LONGEST: usize = 48;
    let bytes = text.as_bytes();
    let from = offset.saturating_sub(LONGEST);
    let window = bytes.get(from..bytes.len().min(offset + MARK.len()))?;
    let start = from + memchr::memmem::rfind(window, MARK.as_bytes())?;
    let inside = text.get(start + MARK.len()..)?;
    let length = inside.find(']')?;
    // What only looks like a mark may hold a secret.
    let is_ours =
        inside.as_bytes()[..length].iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b' '));
    let end = start + MARK.len() + length + 1;
    (is_ours && end > offset).then_some(end)
}

/// The finders of which an anchor stands in a text, one a bit.
fn finders(text: &str) -> u16 {
    let (search, of) = &*ANCHORS;
    search.find_overlapping_iter(text).fold(0, |finders, found| finders | of[found.pattern().as_usize()])
}

/// Classes of bytes, for values that cannot hold a secret: digits of hexadecimal ids and dashes, signs between words,
/// other letters, and bytes after which a secret may begin.
const HEX: u8 = 0;
const BETWEEN: u8 = 1;
const LETTER: u8 = 2;
const OTHER: u8 = 4;

static SIGNS: [u8; 256] = {
    let mut signs = [OTHER; 256];
    let mut byte = 0;
    while byte < 128 {
        signs[byte as usize] = match byte {
            b'0'..=b'9' | b'a'..=b'f' | b'-' => HEX,
            b'/' | b'.' | b'@' => BETWEEN,
            b'g'..=b'z' | b'A'..=b'Z' | b'_' => LETTER,
            _ => OTHER,
        };
        byte += 1;
    }
    signs
};

/// Whether a text is made of words too short for a key or a token, and of hexadecimal ids, as most values are: addresses,
/// paths, names. This check costs less than the search.
fn is_plain(text: &str) -> bool {
    /// A key or a token is no shorter.
    const SHORTEST: usize = 16;
    let sign = |byte: &u8| SIGNS[usize::from(*byte)];
    let all = text.as_bytes().iter().fold(0, |all, byte| all | sign(byte));
    if all & OTHER > 0 {
        return false;
    }
    let is_short = |word: &[u8]| word.len() < SHORTEST || word.iter().all(|byte| sign(byte) == HEX);
    all & LETTER == 0 || text.len() < SHORTEST || text.as_bytes().split(|byte| sign(byte) == BETWEEN).all(is_short)
}

/// The text with `%22`, `\x22`, `\u0022` and the like as what they stand for; `None` where there are none.
fn decoded(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    if memchr::memchr(b'\\', bytes).is_some() && (text.contains("\\x") || text.contains("\\u00")) {
        let percent = text.replace("\\x", "%").replace("\\u00", "%");
        return Some(decoded(&percent).unwrap_or(percent));
    }
    let digit = |at: usize| char::from(*bytes.get(at)?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut plain = Vec::new();
    let mut at = 0;
    for percent in memchr::memchr_iter(b'%', bytes) {
        if let (Some(upper), Some(lower)) = (digit(percent + 1), digit(percent + 2))
            && percent >= at
        {
            plain.extend_from_slice(&bytes[at..percent]);
            plain.push(upper << 4 | lower);
            at = percent + 3;
        }
    }
    if at == 0 {
        return None;
    }
    plain.extend_from_slice(&bytes[at..]);
    Some(String::from_utf8_lossy(&plain).into_owned())
}

/// No more than `most` bytes of a text: to a blank near the end, as half a secret might not be recognised.
pub fn beginning(text: &str, most: usize) -> &str {
    const NEAR: usize = 256;
    if text.len() <= most {
        return text;
    }
    let from = most.saturating_sub(NEAR);
    let last = &text.as_bytes()[from..most];
    let ends = |b: &u8| b.is_ascii_whitespace();
    let parts = |b: &u8| b"&;,=?".contains(b);
    let end = last.iter().rposition(ends).or_else(|| last.iter().rposition(parts));
    let end = text.floor_char_boundary(end.map_or(most, |end| from + end));
    text.get(..end).unwrap_or(text)
}

#[cfg(test)]
mod tests;
