//! Cuts a text into atoms: runs of letters, digits and the signs that ids hold.

use crate::extract::values::name::role_of;
use crate::extract::values::words::{Part, Parts, parts_of};

/// A run of characters that a name or a value is made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Atom {
    /// Its first byte.
    pub(super) start: usize,
    /// The byte after its last.
    pub(super) end: usize,
    /// The words it falls into, if it may be a name.
    pub(super) parts: Parts,
}

/// How many bytes of a character that starts here are a gap though they are no ASCII: typographic quotes, dashes, arrows.
pub(super) fn wide_gap(bytes: &[u8], at: usize) -> usize {
    match (bytes[at], bytes.get(at + 1), bytes.get(at + 2)) {
        (0xE2, Some(0x80), Some(0x90..=0x9F | 0xB9 | 0xBA)) | (0xE2, Some(0x86), Some(0x92)) => 3,
        (0xC2, Some(0xA0 | 0xAB | 0xBB), _) => 2,
        _ => 0,
    }
}

/// Whether an apostrophe at this place belongs to a word: `doesn't`, `token's`.
fn is_apostrophe(bytes: &[u8], at: usize) -> bool {
    let ends = |after: usize| bytes.get(after).is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'\'');
    match bytes.get(at + 1) {
        Some(b't') => at > 0 && bytes[at - 1] == b'n' && ends(at + 2),
        Some(b's') => ends(at + 2),
        _ => false,
    }
}

/// Whether a colon at `at` parts a name from its value: `rid:5f`, not `urn:x` or `10.0.0.1:80`.
fn colon_parts(bytes: &[u8], start: usize, at: usize) -> bool {
    if bytes.get(at + 1) == Some(&b':') || bytes.get(at - 1) == Some(&b':') {
        return false;
    }
    if bytes[start..at].contains(&b'/') {
        return false;
    }
    let parts = parts_of(&bytes[start..at]);
    let last = parts.as_slice().last().copied().unwrap_or(Part::Other);
    matches!(last, Part::Key | Part::Id | Part::Mail | Part::Name | Part::Wanted | Part::Got)
        || role_of(parts.as_slice()).is_some()
}

/// The bytes that are part of an atom wherever they stand.
static PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0u8;
    while byte < 128 {
        plain[byte as usize] =
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'@' | b'+' | b'/' | b'~' | b'%' | b'$' | b'*');
        byte += 1;
    }
    plain
};

/// The end of the atom that starts at `start`.
fn atom_end(bytes: &[u8], start: usize) -> usize {
    let mut colon_seen = false;
    let mut at = start;
    while at < bytes.len() {
        let byte = bytes[at];
        if PLAIN[usize::from(byte)] {
            at += 1;
            continue;
        }
        let inside = at > start;
        let next = bytes.get(at + 1).copied().unwrap_or(b' ');
        let joins = inside && (next.is_ascii_alphanumeric() || next == b'_');
        let keep = match byte {
            b'-' => next != b'>',
            b':' => {
                let first = !colon_seen;
                colon_seen = true;
                (joins || matches!(next, b'/' | b':' | b'*' | b'-'))
                    && !(first && inside && next != b'/' && colon_parts(bytes, start, at))
                    || (!inside && next == b':' && bytes.get(at + 2).is_some_and(u8::is_ascii_hexdigit))
            }
            b'|' => joins && is_provider(&bytes[start..at]) && is_bar_id(&bytes[at + 1..]),
            b'\'' => inside && is_apostrophe(bytes, at),
            b'\\' => joins && bytes[at - 1].is_ascii_alphanumeric() && !b"nrtu".contains(&next),
            b'=' => {
                let made = &bytes[start..at];
                made.len() >= 6
                    && !(next.is_ascii_alphanumeric() || b"_/:[{(<".contains(&next))
                    && made.iter().any(u8::is_ascii_uppercase)
                    && made.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/=-".contains(byte))
                    && (made.iter().any(u8::is_ascii_digit) || bytes[start - usize::from(start > 0)] == b'"')
            }
            0x80.. => wide_gap(bytes, at) == 0,
            _ => false,
        };
        if !keep {
            break;
        }
        at += 1;
    }
    while at > start + 1 && (b".:/~".contains(&bytes[at - 1])) {
        // A URL keeps its last slash.
        if bytes[at - 1] == b'/' {
            break;
        }
        at -= 1;
    }
    at
}

/// Whether it may stand before the bar of an id: `auth0|5f`.
fn is_provider(name: &[u8]) -> bool {
    (2..=32).contains(&name.len())
        && name[0].is_ascii_lowercase()
        && name.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.|".contains(byte))
}

/// Whether it may stand behind the bar of an id, and is not a field of its own: `|role=admin`.
fn is_bar_id(rest: &[u8]) -> bool {
    let end = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"-_.@+|".contains(byte)).count();
    end >= 4 && rest.get(end) != Some(&b'=') && rest[..end].iter().any(u8::is_ascii_digit)
}

/// All atoms of a text.
pub(super) fn atoms_of(text: &str) -> Vec<Atom> {
    let bytes = text.as_bytes();
    let mut atoms = Vec::with_capacity(text.len() / 6 + 4);
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        if byte == b' ' || byte == b'"' {
            at += 1;
            continue;
        }
        if byte == 0x1b {
            at += 1 + bytes[at + 1..].iter().take(12).position(u8::is_ascii_alphabetic).map_or(0, |letter| letter + 1);
            continue;
        }
        if byte == b'\\' {
            let unicode = bytes.get(at + 1) == Some(&b'u');
            at += if unicode && bytes.len() > at + 6 { 6 } else { 2 };
            while at < bytes.len() && !text.is_char_boundary(at) {
                at += 1;
            }
            continue;
        }
        let entity = if byte == b'&' { entity_len(&bytes[at..]) } else { 0 };
        let skip = if byte >= 0x80 { wide_gap(bytes, at) } else { entity };
        if skip > 0 {
            at += skip;
            continue;
        }
        let dot = byte == b'.' && !bytes.get(at + 1).is_some_and(|next| next.is_ascii_alphanumeric() || *next == b'/');
        let end = if dot { at } else { atom_end(bytes, at) };
        if end == at {
            at += 1;
            continue;
        }
        // Only the sign before it tells `-5` from a dash; a slash or dot at the start is part of a path.
        atoms.push(Atom { start: at, end, parts: parts_of(&bytes[at..end]) });
        at = end;
    }
    atoms
}

/// The length of an HTML entity for a quote, or 0.
pub(super) fn entity_len(bytes: &[u8]) -> usize {
    [&b"&quot;"[..], b"&#34;", b"&#39;", b"&apos;"].iter().find(|known| bytes.starts_with(known)).map_or(0, |known| known.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        atoms_of(text).iter().map(|atom| &text[atom.start..atom.end]).collect()
    }

    #[test]
    fn ids_stay_whole() {
        assert_eq!(words("user auth0|65f0c1 at 10.0.0.7:5123."), ["user", "auth0|65f0c1", "at", "10.0.0.7:5123"]);
        assert_eq!(words("rid:5f key:k-1 system:admin urn:x:y"), ["rid", "5f", "key", "k-1", "system:admin", "urn:x:y"]);
        assert_eq!(words("doesn't 'sub' u'x'"), ["doesn't", "sub", "u", "x"]);
        assert_eq!(words(r#"{\"sub\":\"x\",\n\"a\":1}"#), ["sub", "x", "a", "1"]);
        assert_eq!(words("kid \"oldKid=\" x"), ["kid", "oldKid=", "x"]);
        assert_eq!(words("user=5|role=admin"), ["user", "5", "role", "admin"]);
        assert_eq!(words("claims->{a"), ["claims", "a"]);
    }
}
