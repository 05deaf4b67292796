//! Records written as stanzas: one `Name: value` a line, the first name always the same, an indented trace below.

/// The longest name of a field.
const LONGEST: usize = 24;
/// So many fields in a row make a stanza.
const ENOUGH: usize = 4;

/// The name that the first line of each stanza begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stanza {
    name: [u8; LONGEST],
    length: usize,
}

impl Stanza {
    /// Learns it from the lines at the head of a stream that holds nothing but stanzas.
    pub(super) fn learn<'l>(lines: impl Iterator<Item = &'l [u8]>) -> Option<Self> {
        let mut lines = lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line)).skip_while(|line| line.is_empty());
        let first = name(lines.next()?)?;
        let (mut in_a_row, mut most) = (1, 1);
        for line in lines {
            if name(line).is_some() {
                in_a_row += 1;
                most = most.max(in_a_row);
            } else if line.first().is_none_or(u8::is_ascii_whitespace) {
                in_a_row = 0;
            } else {
                return None;
            }
        }
        let mut stanza = Self { name: [0; LONGEST], length: first.len() };
        stanza.name[..first.len()].copy_from_slice(first);
        (most >= ENOUGH).then_some(stanza)
    }

    /// Whether a line is the first of a stanza.
    pub(super) fn begins(&self, line: &[u8]) -> bool {
        line.starts_with(&self.name[..self.length]) && line.get(self.length) == Some(&b':')
    }
}

/// The name of a field that a line holds.
fn name(line: &[u8]) -> Option<&[u8]> {
    let end = line.iter().take(LONGEST + 1).position(|byte| *byte == b':')?;
    let is_name = end > 1 && line[0].is_ascii_uppercase() && line[..end].iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-');
    (is_name && line.get(end + 1).is_none_or(|byte| *byte == b' ')).then(|| &line[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learnt(text: &str) -> Option<Stanza> {
        Stanza::learn(text.lines().map(str::as_bytes))
    }

    #[test]
    fn stanzas_begin_with_the_same_name() {
        let stanza = learnt("API: Get()\nTime: 06:44\nRequestID: 5f\nError: no such key\n    1: main.go:7\n\nAPI: Put()\n");
        let stanza = stanza.expect("a stanza");
        assert!(stanza.begins(b"API: Put()") && !stanza.begins(b"Time: 06:44") && !stanza.begins(b"APIs: none"));
    }

    #[test]
    fn other_lines_are_no_stanzas() {
        assert_eq!(learnt("Error: a\nError: b\n\nError: c\n"), None);
        assert_eq!(learnt("API: a\nTime: b\nHost: c\nUser: d\n2026-03-02 09:00:00 all is well\n"), None);
        assert_eq!(learnt("09:00 API: a\nTime: b\n"), None);
    }
}
