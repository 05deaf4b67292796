//! Records that a stream holds in another form than the program wrote: lines that docker and CRI cut into pieces, and
//! messages that journald writes as lists of bytes.
//!
//! [`Carrier::mend`] puts them right in a block before anyone looks into it, so that every search sees what the program
//! wrote. Nothing becomes longer by that, and what becomes shorter is filled up: all else keeps its offset and its line.
//!
//! A piece is joined with the next one of its stream only if that is near. So the lines shortly before a line decide
//! whether the stream may be cut there.

use std::ops::Range;

use memchr::{memchr, memchr_iter, memmem, memrchr};

use crate::ingest::frame::lines::line_at;
use crate::ingest::frame::wrapper;

/// A piece is continued by a line that begins at most so many bytes after it. Docker and containerd cut lines at 16 KiB,
/// which JSON spells in at most six times as many.
pub(super) const REACH: usize = 128 << 10;
/// A piece is continued by one of so many lines after it: those between are of the other stream.
const LINES: usize = 8;

/// What carries the lines of a stream and may hold them in another form than the program wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Carrier {
    /// Docker's json-file: what does not end in a line feed is continued.
    Docker,
    /// CRI: what is marked `P` is continued.
    Cri,
    /// `journalctl -o json`: a message with colours or bytes that are no text is a list of numbers.
    Journal,
}

/// A line of docker or CRI.
struct Piece {
    /// Whether the program wrote it to standard error.
    is_error: bool,
    is_continued: bool,
    /// Where in the line stands what the program wrote.
    inner: Range<usize>,
}

impl Carrier {
    /// Learns from the first bytes of a stream.
    pub(super) fn learn(head: &[u8]) -> Option<Self> {
        let head = head.trim_ascii_start();
        if head.starts_with(b"{") && memmem::find(head, b"\"__REALTIME_TIMESTAMP\"").is_some() {
            return Some(Self::Journal);
        }
        // Collectors take the line feeds off: then no line is a piece.
        let mut rest = head;
        while !rest.is_empty() {
            let line = line_at(rest, 0);
            let whole = |carrier: &Self| carrier.piece(line).is_some_and(|piece| *carrier == Self::Cri || !piece.is_continued);
            if let Some(carrier) = [Self::Docker, Self::Cri].into_iter().find(whole) {
                return Some(carrier);
            }
            rest = rest.get(line.len() + 1..).unwrap_or_default();
        }
        None
    }

    /// Reads a line, without its line feed.
    fn piece(self, line: &[u8]) -> Option<Piece> {
        match self {
            Self::Docker => docker_piece(line),
            Self::Cri => cri_piece(line),
            Self::Journal => None,
        }
    }

    /// Whether a piece before the line at `start` may be continued there or later, so that nothing begins there.
    pub(super) fn is_open(self, block: &[u8], start: usize) -> bool {
        let floor = start.saturating_sub(REACH);
        let mut decided = [false; 2];
        let mut end = start;
        for _ in 0..LINES {
            let Some(line) = end.checked_sub(1).and_then(|end| block.get(floor..end)) else { break };
            let begin = match memrchr(b'\n', line) {
                Some(newline) => floor + newline + 1,
                // A line that begins further away is out of reach.
                None if floor == 0 || block[floor - 1] == b'\n' => floor,
                None => break,
            };
            if let Some(piece) = self.piece(&block[begin..end - 1]) {
                let decided = &mut decided[usize::from(piece.is_error)];
                if !*decided && piece.is_continued {
                    return true;
                }
                *decided = true;
            }
            if decided == [true; 2] || begin == floor {
                break;
            }
            end = begin;
        }
        false
    }

    /// Restores in a block what the program wrote.
    pub(super) fn mend(self, block: &mut [u8]) {
        match self {
            Self::Journal => spell_messages(block),
            Self::Docker | Self::Cri => {
                let mut at = 0;
                while at < block.len() {
                    let end = line_end(block, at);
                    let is_continued = self.piece(&block[at..end]).is_some_and(|piece| piece.is_continued);
                    at = if is_continued { self.join(block, at) } else { end + 1 };
                }
            }
        }
    }

    /// Joins the pieces of lines from the one at `start` on, to where none is continued, and gives that offset.
    fn join(self, block: &mut [u8], start: usize) -> usize {
        let mut joined: Vec<Line> = Vec::new();
        // For each stream the line that is continued, and which piece of it came last.
        let mut open: [Option<(usize, usize)>; 2] = [None; 2];
        let mut at = start;
        while at < block.len() {
            let number = joined.len();
            let is_near = |last: usize| number - last <= LINES && at - joined[last].range.start <= REACH;
            open = open.map(|open| open.filter(|(_, last)| is_near(*last)));
            if number > 0 && open == [None; 2] {
                break;
            }
            let end = line_end(block, at);
            let mut line = Line { range: at..end, inners: Vec::new(), fate: Fate::Whole };
            if let Some(piece) = self.piece(&block[at..end]) {
                let inner = at + piece.inner.start..at + piece.inner.end;
                let open = &mut open[usize::from(piece.is_error)];
                let first = if let Some((first, _)) = open {
                    joined[*first].inners.push(inner.clone());
                    line.fate = Fate::Swallowed(inner);
                    *first
                } else {
                    line.inners.push(inner);
                    number
                };
                *open = piece.is_continued.then_some((first, number));
            }
            joined.push(line);
            at = end + 1;
        }
        let end = at.min(block.len());
        let mut text = Vec::with_capacity(end - start);
        for line in &joined {
            line.write(block, &mut text);
            if line.range.end < end {
                text.push(b'\n');
            }
        }
        block[start..end].copy_from_slice(&text);
        end
    }
}

/// A line among those that are joined.
struct Line {
    range: Range<usize>,
    /// What the program wrote: a part of this line, and of each that continues it.
    inners: Vec<Range<usize>>,
    fate: Fate,
}

enum Fate {
    Whole,
    /// Another line has its text now.
    Swallowed(Range<usize>),
}

impl Line {
    fn write(&self, block: &[u8], text: &mut Vec<u8>) {
        match (&self.fate, &self.inners[..]) {
            (Fate::Swallowed(inner), _) => text.resize(text.len() + self.range.len() - inner.len(), FILL),
            (Fate::Whole, [own, more @ ..]) => {
                text.extend_from_slice(&block[self.range.start..own.end]);
                for inner in more {
                    text.extend_from_slice(&block[inner.clone()]);
                }
                text.extend_from_slice(&block[own.end..self.range.end]);
            }
            (Fate::Whole, []) => text.extend_from_slice(&block[self.range.clone()]),
        }
    }
}

/// Fills up what became shorter: it ends lines, and begins none.
const FILL: u8 = b'\r';

fn line_end(block: &[u8], start: usize) -> usize {
    memchr(b'\n', &block[start..]).map_or(block.len(), |length| start + length)
}

/// `{"log":"…\n","stream":"stdout","time":"2026-08-22T12:00:00.123456789Z"}`.
fn docker_piece(line: &[u8]) -> Option<Piece> {
    let start = line.len() - wrapper::docker_inside(line)?.len();
    // An escaped text never holds this.
    let name = b"\"stream\":";
    // Most lines end in a time of nine digits.
    let usual = line.len().checked_sub(58).filter(|at| line[*at..].starts_with(name));
    let at = usual.or_else(|| memmem::rfind(line, name)).filter(|at| *at > start)?;
    let before = line[start..at].trim_ascii_end().strip_suffix(b",")?.trim_ascii_end();
    let inner = before.strip_suffix(b"\"")?;
    let is_error = line[at + name.len()..].trim_ascii_start().starts_with(b"\"stderr");
    Some(Piece { is_error, is_continued: !ends_line(inner), inner: start..start + inner.len() })
}

/// Whether an escaped text ends in a line feed.
fn ends_line(escaped: &[u8]) -> bool {
    let Some(before) = escaped.strip_suffix(b"n") else { return false };
    before.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

fn cri_piece(line: &[u8]) -> Option<Piece> {
    let start = line.len() - wrapper::cri_inside(line)?.len();
    let head = &line[..start];
    Some(Piece {
        is_error: head.ends_with(b"stderr P ") || head.ends_with(b"stderr F "),
        is_continued: head.ends_with(b"P "),
        inner: start..line.len(),
    })
}

/// Spells messages out that are lists of bytes.
fn spell_messages(block: &mut [u8]) {
    let name = memmem::Finder::new("\"MESSAGE\"");
    let mut at = 0;
    while let Some(found) = name.find(&block[at..]) {
        at += found + name.needle().len();
        let Some((list, bytes)) = bytes_at(block, at) else { continue };
        at = list.end;
        let text = wrapper::without_ansi(&String::from_utf8_lossy(&bytes)).into_owned();
        let mut spelt = vec![b'"'];
        for byte in text.bytes() {
            match byte {
                b'"' | b'\\' => spelt.extend([b'\\', byte]),
                b'\n' => spelt.extend(b"\\n"),
                b'\t' => spelt.extend(b"\\t"),
                0..b' ' => spelt.push(b' '),
                _ => spelt.push(byte),
            }
        }
        spelt.push(b'"');
        let lines = memchr_iter(b'\n', &block[list.clone()]).count();
        spelt.resize(spelt.len() + lines, b'\n');
        // A list takes two bytes or more for each of the text's, but for the last.
        if spelt.len() <= list.len() {
            spelt.resize(list.len(), b' ');
            block[list].copy_from_slice(&spelt);
        }
    }
}

/// The list of numbers after the colon at `at`: where it stands, and its bytes.
fn bytes_at(block: &[u8], at: usize) -> Option<(Range<usize>, Vec<u8>)> {
    let rest = block[at..].trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    let start = block.len() - rest.len();
    let list = rest.strip_prefix(b"[")?;
    let length = list.iter().position(|byte| !(byte.is_ascii_digit() || byte.is_ascii_whitespace() || *byte == b','))?;
    if list[length] != b']' {
        return None;
    }
    let numbers = std::str::from_utf8(&list[..length]).ok()?.split(',').map(str::trim).filter(|number| !number.is_empty());
    let bytes = numbers.map(|number| number.parse().ok()).collect::<Option<Vec<u8>>>()?;
    Some((start..start + length + 2, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mended(text: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        Carrier::learn(&bytes).unwrap().mend(&mut bytes);
        let mended = String::from_utf8(bytes).unwrap();
        assert_eq!(mended.len(), text.len(), "{mended}");
        assert_eq!(mended.split('\n').count(), text.split('\n').count(), "{mended}");
        mended
    }

    /// The lines that are left, each with its number.
    fn lines(text: &str) -> Vec<(usize, String)> {
        let mended = mended(text);
        let lines = (1..).zip(mended.split('\n').map(|line| line.trim_end_matches('\r').to_owned()));
        lines.filter(|(_, line)| !line.is_empty()).collect()
    }

    #[test]
    fn pieces_are_joined_on_the_line_of_the_first() {
        let docker = |log: &str, stream: &str| {
            format!("{{\"log\":\"{log}\",\"stream\":\"{stream}\",\"time\":\"2026-03-02T09:00:00Z\"}}\n")
        };
        let text =
            docker("jwt ", "stdout") + &docker("other\\n", "stderr") + &docker("exp", "stdout") + &docker("ired\\n", "stdout");
        let expected = [docker("jwt expired\\n", "stdout"), docker("other\\n", "stderr")];
        assert_eq!(
            lines(&(text + &docker("last\\n", "stdout")))[..2],
            [(1, expected[0].trim().to_owned()), (2, expected[1].trim().to_owned())]
        );

        let cri = "2026-03-02T09:00:00.1Z stdout P jwt\n2026-03-02T09:00:00.1Z stderr P other\n2026-03-02T09:00:00.1Z stdout F  expired\n2026-03-02T09:00:00.1Z stderr F s";
        assert_eq!(
            lines(cri),
            [
                (1, "2026-03-02T09:00:00.1Z stdout P jwt expired".to_owned()),
                (2, "2026-03-02T09:00:00.1Z stderr P others".to_owned())
            ]
        );
    }

    #[test]
    fn a_piece_that_nothing_near_continues_stays() {
        let line = |stream: &str| format!("2026-03-02T09:00:00Z {stream} x\n");
        let far = line("stdout P") + &line("stderr F").repeat(LINES) + &line("stdout F");
        assert_eq!(mended(&far), far);
        let near = line("stdout P") + &line("stderr F").repeat(LINES - 1) + &line("stdout F");
        assert_eq!(lines(&near).len(), LINES);
        assert_eq!(mended(&line("stdout P")), line("stdout P"));
    }

    #[test]
    fn lines_of_a_collector_that_takes_line_feeds_off_are_no_pieces() {
        let line = "{\"log\":\"jwt expired\",\"stream\":\"stdout\",\"time\":\"2026-03-02T09:00:00Z\"}\n";
        assert_eq!(Carrier::learn(line.repeat(3).as_bytes()), None);
        assert!(!ends_line(br"path\\n") && ends_line(br"path\\\n"));
    }

    #[test]
    fn messages_of_bytes_are_spelt_out() {
        let list = |text: &str, between: &str| text.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(between);
        let text = "\u{1b}[31mjwt \"größe\"\u{1b}[0m expired\n\tat x";
        for (colon, between) in [(":[", ","), (" : [\n\t\t", ",\n\t\t"), (": [", ", ")] {
            let record = format!(
                "{{\"__REALTIME_TIMESTAMP\":\"1772442000000000\",\"MESSAGE\"{colon}{}],\"_PID\":\"1\"}}\n",
                list(text, between)
            );
            let value: serde_json::Value = serde_json::from_str(&mended(&record)).unwrap();
            assert_eq!(value["MESSAGE"], "jwt \"größe\" expired\n\tat x", "{record}");
        }
        for odd in ["[300]", "[1,\"x\"]", "[", "[9]", "null"] {
            mended(&format!("{{\"__REALTIME_TIMESTAMP\":\"1\",\"MESSAGE\":{odd}}}"));
        }
    }
}
