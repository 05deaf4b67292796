//! What stands between two atoms: spaces, quotes, brackets, separators.
//!
//! Whether `user` names what follows is for the gap to say: `user=`, `"user":"`, `user (`.

use crate::extract::values::atom::{entity_len, wide_gap};

/// How an atom hangs together with the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Join {
    /// A separator stands between: `sub=`, `sub: `, `:sub=>`.
    Assign,
    /// Only spaces, quotes and brackets: `user 'x'`.
    Beside,
    /// They have nothing to do with each other.
    Apart,
}

/// What stands between two atoms.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "marks of a gap, each asked for by itself")]
pub(super) struct Gap {
    /// How they hang together.
    pub(super) join: Join,
    /// The quote that opens before the second atom, by its bytes.
    pub(super) quote: Option<(usize, usize)>,
    /// A `[` opens.
    pub(super) list: bool,
    /// A `(` opens.
    pub(super) paren: bool,
    /// Spaces follow the separator.
    pub(super) spaced: bool,
    /// An equals sign with a space after it and none before: a name without a value.
    pub(super) empty: bool,
    /// A `<` opens.
    pub(super) angle: bool,
}

impl Gap {
    /// Whether something around the second atom opens that must close after it.
    pub(super) const fn opens(&self) -> bool {
        self.quote.is_some() || self.list || self.paren
    }
}

/// A gap between atoms that have nothing to do with each other.
pub(super) const APART: Gap =
    Gap { join: Join::Apart, quote: None, list: false, paren: false, spaced: false, empty: false, angle: false };

/// Reads the gap between two atoms.
pub(super) fn gap_between(text: &str, from: usize, to: usize) -> Gap {
    let bytes = text.as_bytes();
    let mut gap = Gap { join: Join::Beside, ..APART };
    let apart = APART;
    // Whether a `[` before the first atom closed: what follows stands outside.
    let mut left = false;
    let (mut assigned, mut space_before, mut equals, mut broken) = (false, false, false, false);
    let mut at = from;
    while at < to {
        let byte = bytes[at];
        let mut step = 1;
        // The number of bytes of a quote, where one stands here.
        let quote = match byte {
            b'"' | b'\'' | b'`' => 1,
            b'\\' => {
                let slashes = bytes[at..to].iter().take_while(|byte| **byte == b'\\').count();
                match bytes.get(at + slashes) {
                    Some(b'"' | b'\'' | b'`') if at + slashes < to => slashes + 1,
                    Some(b'u') if bytes[at + slashes..].starts_with(b"u0022") || bytes[at + slashes..].starts_with(b"u0027") => {
                        slashes + 5
                    }
                    Some(b'u') if bytes[at + slashes..].starts_with(b"u003d") => {
                        assigned = true;
                        step = slashes + 5;
                        0
                    }
                    Some(b't') => {
                        step = slashes + 1;
                        0
                    }
                    Some(b'n' | b'r') => return apart,
                    _ => 0,
                }
            }
            b'&' => match entity_len(&bytes[at..]) {
                0 => return apart,
                length => length,
            },
            0xE2 if wide_gap(bytes, at) == 3 && bytes[at + 1] == 0x80 && bytes[at + 2] >= 0x98 => 3,
            _ => 0,
        };
        if quote > 0 {
            if gap.quote.is_some_and(|(_, end)| end == at) && assigned {
                gap.quote = gap.quote.map(|(start, _)| (start, at + quote));
            } else {
                gap.quote = Some((at, at + quote));
            }
            at += quote;
            continue;
        }
        if assigned && gap.quote.is_some() {
            // What follows an opening quote is its text; here it is empty or starts with a sign.
            if !matches!(byte, b'[' | b'(' | b'<' | b':' | b'#') {
                return apart;
            }
        }
        match byte {
            b' ' | b'\t' => {
                gap.spaced |= assigned;
                space_before |= !assigned;
                gap.quote = None;
            }
            b'=' => {
                assigned = true;
                equals = true;
                gap.spaced = false;
                gap.quote = None;
            }
            b':' => {
                assigned = true;
                gap.quote = None;
            }
            b'>' if at > from && matches!(bytes[at - 1], b'=' | b'-') => assigned = true,
            b'-' if bytes.get(at + 1) == Some(&b'>') => {}
            b'>' if at == from && !space_before => assigned = true,
            b'[' => {
                gap.list = true;
                gap.quote = None;
            }
            b'(' => {
                gap.paren = true;
                gap.quote = None;
            }
            // A record of its own, not a value; but a GUID may stand in braces.
            b'{' if assigned => return apart,
            b'{' => gap.quote = None,
            b'<' if space_before || assigned => gap.angle = true,
            b')' if !assigned => gap.quote = None,
            b']' if !assigned => {
                left = true;
                gap.quote = None;
            }
            b'#' if !assigned && !space_before => assigned = true,
            b'#' | b'\\' => {}
            b'\n' | b'\r' if gap.list => {}
            b'\n' | b'\r' if assigned => broken = true,
            0x1b => step = 1 + bytes[at + 1..to].iter().position(u8::is_ascii_alphabetic).map_or(0, |letter| letter + 1),
            0xE2 if bytes[at + 1] == 0x86 => {
                assigned = true;
                step = 3;
            }
            0xC2 | 0xE2 => {
                gap.spaced |= assigned;
                step = wide_gap(bytes, at).max(1);
            }
            _ => return apart,
        }
        at += step;
    }
    if broken || (left && !assigned) {
        return apart;
    }
    gap.join = if assigned { Join::Assign } else { Join::Beside };
    gap.empty = equals && gap.spaced && !space_before && !gap.opens();
    gap
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::values::atom::atoms_of;

    fn join(text: &str) -> Join {
        let atoms = atoms_of(text);
        gap_between(text, atoms[0].end, atoms[1].start).join
    }

    #[test]
    fn gaps_tell_how_atoms_hang_together() {
        for text in
            ["a=b", "a: b", "a\":\"b", "a\\\":\\\"b", "a=>\"b", "a = b", "a:[b]", "a\\u0022 = \\u0022b", "<a>b", "“a”:“b”"]
        {
            assert_eq!(join(text), Join::Assign, "{text}");
        }
        for text in ["a b", "a 'b'", "a (b)", "a\" b", "a) \"b"] {
            assert_eq!(join(text), Join::Beside, "{text}");
        }
        for text in ["a, b", "a. b", "a\nb", "a\":\"\",\"b", "a=\"\" b", "a | b", "a & b", "a\\nb"] {
            assert_eq!(join(text), Join::Apart, "{text}");
        }
    }

    #[test]
    fn a_name_without_a_value_has_none() {
        let gap = |text: &str| gap_between(text, 1, 3);
        assert!(gap("a= b").empty);
        assert!(!gap("a: b").empty);
        assert!(!gap_between("a = b", 1, 4).empty);
    }
}
