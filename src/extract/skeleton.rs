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
        if record[at] == b'"' {
            let level = usize::from(is_escaped(record, at));
            if closings[level] == at {
                at += 1;
            } else {
                (at, closings[level]) = past_value(record, at);
            }
        } else if is_of_word(record[at]) {
            let length = record[at..].iter().take_while(|byte| is_of_word(**byte)).count();
            let word = trimmed(&record[at..at + length]);
            let is_value = at > 0 && record[at - 1] == b'=';
            if !is_value && is_fixed(word) {
                hasher.write(word);
                words += 1;
            }
            at += length;
        } else {
            at += 1;
        }
    }
    hasher.finish()
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

/// Whether a byte can stand in a word or a value.
fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80 || matches!(byte, b'_' | b'-' | b'.' | b'/' | b'@' | b'%' | b'+' | b'\'')
}

/// A word without the signs around it.
fn trimmed(mut word: &[u8]) -> &[u8] {
    while let [b'.' | b'-' | b'\'' | b'/', rest @ ..] | [rest @ .., b'.' | b'-' | b'\'' | b'/'] = word {
        word = rest;
    }
    word
}

/// Whether a word is one, and no value: no digits, no paths, no addresses.
fn is_fixed(word: &[u8]) -> bool {
    word.len() > 1 && !word.iter().any(|byte| byte.is_ascii_digit() || matches!(byte, b'/' | b'@' | b'%' | b'+'))
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
