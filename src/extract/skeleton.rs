//! Record -> a number that records of one kind share: made of its words, without the values that vary from one to the next.
//!
//! Cheaper and coarser than [`template`](crate::extract::template): it reads the bytes as they stand, whatever the layout.

use std::hash::Hasher;

use rustc_hash::FxHasher;

/// How much of a record is looked at, in bytes.
const LOOKED_AT: usize = 1 << 9;
/// How many words make a skeleton: a record of many is told from others by its first.
const MOST_WORDS: usize = 24;

/// The skeleton of a record. Left out are words with digits, what stands behind `=`, and what stands in quotation marks, but
/// for names of fields and for sentences.
pub fn skeleton(record: &[u8]) -> u64 {
    let record = record.get(..LOOKED_AT).unwrap_or(record);
    let mut hasher = FxHasher::default();
    let (mut at, mut words) = (0, 0);
    // Where the quotation marks close that are open: one in the record, one escaped within.
    let mut closings = [usize::MAX; 2];
    while at < record.len() && words < MOST_WORDS {
        match CLASSES[usize::from(record[at])] {
            Class::Other if record[at] == b'"' => {
                let level = usize::from(is_escaped(record, at));
                if closings[level] == at {
                    at += 1;
                } else {
                    (at, closings[level]) = past_value(record, at);
                }
            }
            Class::Other => at += 1,
            _ => {
                let is_value = at > 0 && record[at - 1] == b'=';
                let word = Word::at(record, at);
                if !is_value && word.is_fixed {
                    hasher.write_u64(word.hash);
                    words += 1;
                }
                at = word.end;
            }
        }
    }
    hasher.finish()
}

/// What a byte is in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// No part of one.
    Other,
    /// A letter.
    Letter,
    /// A sign that may stand inside, and says nothing at its ends.
    Sign,
    /// A digit, or what else only values have.
    OfValue,
}

/// The class of each byte.
const CLASSES: [Class; 256] = {
    let mut classes = [Class::Other; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "less than 256")]
        let it = byte as u8;
        classes[byte] = match it {
            b'0'..=b'9' | b'@' | b'%' | b'+' | b'/' => Class::OfValue,
            b'.' | b'-' | b'\'' => Class::Sign,
            b'_' | 0x80.. => Class::Letter,
            _ if it.is_ascii_alphabetic() => Class::Letter,
            _ => Class::Other,
        };
        byte += 1;
    }
    classes
};

/// A word of a record.
struct Word {
    /// Of its letters and the signs between them.
    hash: u64,
    /// Whether it is one, and no value: no digits, no paths, no addresses.
    is_fixed: bool,
    end: usize,
}

impl Word {
    fn at(record: &[u8], start: usize) -> Self {
        const ODD: u64 = 0x517c_c1b7_2722_0a95;
        let (mut hash, mut letters, mut is_value, mut end) = (0_u64, 0, false, start);
        while let Some(byte) = record.get(end) {
            match CLASSES[usize::from(*byte)] {
                Class::Letter => {
                    hash = (hash.rotate_left(5) ^ u64::from(*byte)).wrapping_mul(ODD);
                    letters += 1;
                }
                Class::OfValue => is_value = true,
                Class::Sign => {}
                Class::Other => break,
            }
            end += 1;
        }
        Self { hash, is_fixed: letters > 1 && !is_value, end }
    }
}

/// Where to go on from a quotation mark: behind the other one if a value stands between them, else inside; and where the
/// other one stands.
fn past_value(record: &[u8], open: usize) -> (usize, usize) {
    let inside = open + 1;
    let closes = |at: &usize| is_escaped(record, inside + at) == is_escaped(record, open);
    let Some(length) = memchr::memchr_iter(b'"', &record[inside..]).find(closes) else { return (inside, usize::MAX) };
    let close = inside + length;
    let behind = record[close + 1..].iter().find(|byte| !byte.is_ascii_whitespace() && **byte != b'\\');
    let is_name = behind == Some(&b':');
    let is_text = record[inside..close].iter().any(|byte| matches!(byte, b' ' | b'{' | b'='));
    (if is_name || is_text { inside } else { close + 1 }, close)
}

/// Whether a backslash stands before.
fn is_escaped(record: &[u8], at: usize) -> bool {
    at > 0 && record[at - 1] == b'\\'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_one_kind_have_one_skeleton() {
        for (one, other) in [
            (
                "2026-03-01T10:00:00Z INFO gate: nobody here by the name of 4711",
                "2026-03-02T11:30:01Z INFO gate: nobody here by the name of 17",
            ),
            (
                r#"{"time":1,"level":30,"user":"alice","msg":"nobody here"}"#,
                r#"{"time":2,"level":30,"user":"bob","msg":"nobody here"}"#,
            ),
            ("level=info user=alice msg=\"nobody here\"", "level=info user=bob msg=\"nobody here\""),
            (
                r#"{"log":"{\"user\":\"alice\",\"msg\":\"nobody here\"}\n"}"#,
                r#"{"log":"{\"user\":\"bob\",\"msg\":\"nobody here\"}\n"}"#,
            ),
        ] {
            assert_eq!(skeleton(one.as_bytes()), skeleton(other.as_bytes()), "{one}");
        }
    }

    #[test]
    fn records_that_say_other_things_have_others() {
        for (one, other) in [
            ("INFO gate: nobody here by the name of 4711", "INFO gate: somebody here by the name of 4711"),
            (r#"{"level":30,"msg":"nobody here"}"#, r#"{"level":30,"msg":"somebody here"}"#),
            (r#"{"log":"{\"msg\":\"nobody here\"}\n"}"#, r#"{"log":"{\"msg\":\"somebody here\"}\n"}"#),
            ("msg=\"nobody here\"", "msg=\"somebody here\""),
        ] {
            assert_ne!(skeleton(one.as_bytes()), skeleton(other.as_bytes()), "{one}");
        }
        assert_eq!(skeleton(b"\""), skeleton(b""));
    }
}
