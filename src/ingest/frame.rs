//! Bytes -> Blocks of Records: where one record ends and the next begins.
//!
//! Whether a line begins a record is decided from that line alone (and a [`Style`] learnt from the head of its
//! stream), so that a stream can be cut anywhere, by blocks or by ranges of a large file, and gives the same
//! records. Lines that begin nothing (stack traces, DETAIL lines, the inside of pretty-printed JSON) belong to
//! the record before them.
//!
//! Lines that docker or CRI cut in pieces are joined in a block before it is handed on, see `frame/mend.rs`: there a stream is
//! cut only where no piece before is still to be continued, which the few lines before show.

mod lines;
mod mend;
mod stanza;
mod style;
mod trace;
pub mod wrapper;

use std::io::{self, Read};

use memchr::{memchr, memrchr};

pub use lines::newlines;
pub use style::Style;

use lines::{line_at, next_line};
use style::{WINDOW, first_start};

/// How much is read before a block is handed on, in bytes.
pub const BLOCK: usize = 256 << 10;
/// A record longer than this is cut: the rest of it is counted and reported, but not searched.
pub const MAX_RECORD: usize = 16 << 20;

/// What a run over a stream's blocks learnt besides the blocks.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Bytes read, after decoding.
    pub bytes: u64,
    /// Line numbers (from 1, within this run) of records too long to be looked at whole.
    pub cut: Vec<u64>,
    /// Lines ended: what the next span's numbers begin after.
    pub lines: u64,
    /// What ended the stream early.
    pub error: Option<String>,
}

/// One block as it is handed on.
#[derive(Debug, Clone, Copy)]
pub struct Block<'b> {
    /// Whole records.
    pub bytes: &'b [u8],
    /// The offset of its first byte in the stream, after decoding.
    pub at: u64,
    /// How many lines of the stream (or range) stand before it.
    pub lines_before: u64,
    /// How its records begin.
    pub style: Style,
}

/// Goes through a block from hit to hit and gives the record of each, and the line of the stream on which it begins.
#[derive(Debug)]
pub struct Cursor<'b> {
    block: Block<'b>,
    /// Where the next record may begin.
    pub at: usize,
    counted: usize,
    line: u64,
}

impl<'b> Cursor<'b> {
    /// Stands at the beginning of `block`.
    pub fn new(block: Block<'b>) -> Self {
        Self { block, at: 0, counted: 0, line: block.lines_before + 1 }
    }

    /// The record that holds the byte at `hit` and the number of its first line; `None` where the last record given
    /// held it already. Hits must come in order.
    pub fn record(&mut self, hit: usize) -> Option<(&'b [u8], u64)> {
        if hit < self.at {
            return None;
        }
        let bytes = self.block.bytes;
        let record = self.block.style.record_around(bytes, hit, self.at);
        self.line += newlines(&bytes[self.counted..record.start]);
        self.counted = record.start;
        self.at = record.end;
        Some((&bytes[record], self.line))
    }
}

impl<'b> Cursor<'b> {
    /// How many line feeds the block holds.
    pub fn line_feeds(self) -> u64 {
        self.line - self.block.lines_before - 1 + newlines(&self.block.bytes[self.counted..])
    }

    /// The record after the last one given; empty at the end of the block.
    pub fn next_record(&self) -> &'b [u8] {
        let bytes = self.block.bytes;
        if self.at >= bytes.len() {
            return &[];
        }
        &bytes[self.block.style.record_around(bytes, self.at, self.at)]
    }
}

/// The part of a plain file one worker reads: the records that begin in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First byte.
    pub start: u64,
    /// The byte after the last.
    pub end: u64,
    /// Learnt from the head of the file, as every range must judge alike.
    pub style: Style,
}

impl Span {
    /// Where its reader must stand, so that it sees whether a record begins at its first byte.
    pub fn reads_from(&self) -> u64 {
        self.start.saturating_sub(1 + self.style.reach() as u64)
    }
}

/// Reads a stream to its end and hands its records on, block by block. What takes a block goes over its lines anyway, and
/// gives back how many line feeds it holds.
///
/// With a [`Span`], `reader` must stand at [`Span::reads_from`], and only records that begin within the span are handed
/// on.
pub fn each_block(
    mut reader: impl Read,
    span: Option<Span>,
    buffer: &mut Vec<u8>,
    each: &mut dyn FnMut(Block<'_>) -> u64,
) -> Coverage {
    let mut framer = Framer {
        style: span.map(|span| span.style),
        skip: span.filter(|span| span.start > 0).map_or(Skip::Nothing, |_| Skip::ToRecord),
        lines: 0,
        // Where the buffer's first byte stands in the file.
        position: span.map_or(0, |span| span.reads_from()),
        start: span.map_or(0, |span| span.start),
        end: span.map_or(u64::MAX, |span| span.end),
        coverage: Coverage::default(),
    };
    buffer.resize(BLOCK, 0);
    let mut filled = 0;
    loop {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => {
                framer.hand_on(&mut buffer[..filled], true, each);
                break;
            }
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                framer.coverage.error = Some(error.to_string());
                framer.hand_on(&mut buffer[..filled], true, each);
                break;
            }
        }
        if filled < buffer.len() {
            continue;
        }
        let used = framer.hand_on(&mut buffer[..filled], false, each);
        // The rest of a line that was cut is read past the span's end, to be counted.
        if framer.done() && framer.skip != Skip::ToLine {
            break;
        }
        buffer.copy_within(used..filled, 0);
        filled -= used;
        if filled == buffer.len() {
            buffer.resize((buffer.len() * 2).min(MAX_RECORD), 0);
        }
    }
    framer.coverage.lines = framer.lines;
    // One giant record must not keep its memory for the rest of the run.
    if buffer.capacity() > 4 * BLOCK {
        *buffer = Vec::new();
    }
    framer.coverage
}

/// What is passed over before records are handed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Skip {
    Nothing,
    /// The end of a record that began in the span before.
    ToRecord,
    /// The rest of a line of which the beginning was too long already.
    ToLine,
}

struct Framer {
    style: Option<Style>,
    skip: Skip,
    lines: u64,
    position: u64,
    /// Nothing begins before, as far as this span goes.
    start: u64,
    end: u64,
    coverage: Coverage,
}

impl Framer {
    fn done(&self) -> bool {
        self.position >= self.end
    }

    /// Hands on what is whole in `bytes` and gives how many bytes are done with.
    fn hand_on(&mut self, bytes: &mut [u8], last: bool, each: &mut dyn FnMut(Block<'_>) -> u64) -> usize {
        let style = *self.style.get_or_insert_with(|| Style::learn(bytes));
        let from = self.skipped(bytes, style, last);
        let rest = &mut bytes[from..];
        if self.skip != Skip::Nothing || rest.is_empty() {
            self.advance(from);
            return from;
        }
        let mut to = if last { rest.len() } else { style.last_start(rest, false).unwrap_or(0) };
        if to == 0 && rest.len() >= MAX_RECORD {
            to = self.cut(rest);
        }
        // The span's end: its last record is the one before the first that begins at or after it.
        let base = self.position + from as u64;
        let mut ended = false;
        if base + to as u64 > self.end {
            let inside = usize::try_from(self.end.saturating_sub(base)).unwrap_or(usize::MAX).min(to);
            if let Some(stop) = first_start(&rest[..to], inside, style) {
                to = stop;
                ended = true;
            }
        }
        if to > 0 {
            let block = &mut rest[..to];
            if let Some(carrier) = style.carrier {
                carrier.mend(block);
            }
            self.lines += each(Block { bytes: block, at: base, lines_before: self.lines, style });
            self.coverage.bytes += to as u64;
        }
        self.advance(from + to);
        if ended {
            self.position = u64::MAX;
        }
        from + to
    }

    fn advance(&mut self, by: usize) {
        self.position += by as u64;
    }

    /// How many bytes of `bytes` are passed over.
    fn skipped(&mut self, bytes: &[u8], style: Style, last: bool) -> usize {
        match self.skip {
            Skip::Nothing => 0,
            Skip::ToLine => {
                if let Some(newline) = memchr(b'\n', bytes) {
                    self.skip = Skip::Nothing;
                    self.lines += 1;
                    self.coverage.bytes += newline as u64 + 1;
                    newline + 1
                } else {
                    self.coverage.bytes += bytes.len() as u64;
                    bytes.len()
                }
            }
            Skip::ToRecord => {
                let mut at = if self.position == 0 { 0 } else { next_line(bytes, 0) };
                loop {
                    let line = line_at(bytes, at);
                    let known = last || line.len() >= WINDOW || at + line.len() < bytes.len();
                    if at >= bytes.len() || !known {
                        let at = at.min(bytes.len());
                        self.start = self.start.max(self.position + at as u64);
                        // What stands before it is needed to judge it.
                        let reach = style.reach();
                        break at.saturating_sub(if reach > 0 && !last { reach + 1 } else { 0 });
                    }
                    if self.position + at as u64 >= self.end {
                        self.position = u64::MAX / 2;
                        break at;
                    }
                    if self.position + at as u64 >= self.start && style.may_cut(bytes, at) {
                        self.skip = Skip::Nothing;
                        break at;
                    }
                    at = next_line(bytes, at);
                }
            }
        }
    }

    /// Ends a record that is too long: at the last line if it has any, else in the middle of its line.
    fn cut(&mut self, rest: &[u8]) -> usize {
        self.coverage.cut.push(self.lines + 1);
        if let Some(newline) = memrchr(b'\n', rest) {
            return newline + 1;
        }
        self.skip = Skip::ToLine;
        rest.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The records of `text`, read through blocks or through spans of `span` bytes.
    fn records(text: &str, span: Option<u64>) -> Vec<String> {
        let style = Style::learn(text.as_bytes());
        let mut found = Vec::new();
        let mut each = |block: Block<'_>| {
            let mut at = 0;
            while at < block.bytes.len() {
                let range = block.style.record_around(block.bytes, at, at);
                found.push(String::from_utf8_lossy(&block.bytes[range.clone()]).into_owned());
                at = range.end;
            }
            newlines(block.bytes)
        };
        match span {
            None => {
                each_block(text.as_bytes(), None, &mut Vec::new(), &mut each);
            }
            Some(size) => {
                let length = text.len() as u64;
                for start in (0..length).step_by(usize::try_from(size).unwrap()) {
                    let span = Span { start, end: (start + size).min(length), style };
                    let from = usize::try_from(span.reads_from()).unwrap();
                    each_block(&text.as_bytes()[from..], Some(span), &mut Vec::new(), &mut each);
                }
            }
        }
        found
    }

    const MIXED: &str = "2026-08-22 12:00:00 ERROR boom\n\
        java.lang.IllegalStateException: x\n\tat a.b.C.d(C.java:1)\nCaused by: y\n\n\
        2026-08-22 12:00:01 INFO fine\r\n\
        {\"level\":30,\"msg\":\"json\"}\n\
        2026-11-23 12:09:49.229 UTC [6834] postgres@idp LOG:  execute: DELETE FROM users WHERE id = $1\n\
        2026-11-23 12:09:49.229 UTC [6834] postgres@idp DETAIL:  parameters: $1 = '7'\n\
        192.0.2.1 - - [23/Nov/2026:12:12:23 +0000] \"GET / HTTP/1.1\" 200 5\n\
        {\n  \"detail\": \"x\"\n}\n\
        Aug 22 12:00:00 web01 api[1]: request failed\n\
        Aug 22 12:00:00 web01 api[1]: Traceback (most recent call last):\n\
        Aug 22 12:00:00 web01 api[1]:   File \"x\", line 1\n\
        Aug 22 12:00:00 web01 api[1]: done";

    #[test]
    fn lines_that_begin_nothing_belong_to_the_record_before() {
        let records = records(MIXED, None);
        let heads: Vec<&str> = records.iter().map(|r| r.lines().next().unwrap()).collect();
        assert_eq!(heads.len(), 8, "{heads:#?}");
        assert_eq!(records.concat(), MIXED);
        assert!(records[3].contains("DETAIL"), "{}", records[3]);
        assert!(records[5].contains("detail"), "{}", records[5]);
    }

    #[test]
    fn a_stream_cut_anywhere_gives_the_same_records() {
        let whole = records(MIXED, None);
        for size in 1..=MIXED.len() as u64 {
            assert_eq!(records(MIXED, Some(size)), whole, "spans of {size}");
        }
    }

    #[test]
    fn lines_cut_in_pieces_are_joined_wherever_their_stream_is_cut() {
        let docker = |log: &str, stream: &str| {
            format!("{{\"log\":\"{log}\",\"stream\":\"{stream}\",\"time\":\"2026-08-22T12:00:00.12Z\"}}\n")
        };
        let cri = |log: &str, tag: &str| format!("2026-08-22T12:00:00.12Z {tag} {log}\n");
        let of_docker = [
            docker("a\\n", "stdout"),
            docker("b", "stdout"),
            docker("x", "stderr"),
            docker("c", "stdout"),
            docker("y\\n", "stderr"),
            docker("d\\n", "stdout"),
            docker("\\tat e\\n", "stdout"),
            docker("f", "stdout"),
        ];
        let of_cri = [
            cri("a", "stdout F"),
            cri("b", "stdout P"),
            cri("x", "stderr P"),
            cri("c", "stdout P"),
            cri("y", "stderr F"),
            cri("d", "stdout F"),
            cri("  at e", "stdout F"),
            cri("f", "stdout P"),
        ];
        for text in [of_docker.concat(), of_cri.concat()] {
            let whole = records(&text, None);
            let texts: Vec<String> = whole.iter().map(|record| wrapper::unwrap(record).text.replace('\r', "")).collect();
            assert_eq!(texts.len(), 4, "{texts:?}");
            assert_eq!((&*texts[0], &*texts[1], &*texts[3]), ("a", "bcd", "f"));
            assert!(texts[2].starts_with("xy") && texts[2].ends_with("at e"), "{texts:?}");
            for size in 1..=text.len() as u64 {
                assert_eq!(records(&text, Some(size)), whole, "spans of {size}");
            }
        }
    }

    #[test]
    fn pieces_are_joined_where_blocks_and_spans_end() {
        let piece = |number: usize, tag: &str| format!("2026-08-22T12:00:00Z stdout {tag} {number:05}{}\n", "x".repeat(16 << 10));
        // Nine of ten lines go on in the next.
        let text: String = (0..200).map(|number| piece(number, if number % 10 == 9 { "F" } else { "P" })).collect();
        let whole = records(&text, None);
        assert_eq!(whole.len(), 20);
        for (number, record) in whole.iter().enumerate() {
            let unwrapped = wrapper::unwrap(record);
            assert!(unwrapped.text.len() > 163_000 && unwrapped.text.starts_with(&format!("{:05}", number * 10)));
        }
        let lines = |records: &[String]| -> Vec<String> {
            records.iter().map(|record| record[31..36].to_owned() + &record.len().to_string()).collect()
        };
        for size in [70_000, 262_144, 1_000_000] {
            let found = records(&text, Some(size));
            assert_eq!(lines(&found), lines(&whole), "spans of {size}");
            assert!(found == whole, "spans of {size}");
        }
    }

    #[test]
    fn bare_lines_are_records_of_their_own_in_a_stream_without_heads() {
        assert_eq!(
            records("jwt expired\njwt malformed\n  at x\nlast", None),
            ["jwt expired\n", "jwt malformed\n  at x\n", "last"]
        );
    }

    #[test]
    fn an_endless_line_is_cut_and_reported_and_what_follows_is_read() {
        let mut text = vec![b'x'; MAX_RECORD + 5 * BLOCK];
        text.extend_from_slice(b"\n2026-08-22 12:00:01 INFO fine\n");
        let mut seen = Vec::new();
        let coverage = each_block(&text[..], None, &mut Vec::new(), &mut |block| {
            seen.push((block.bytes.len(), block.lines_before));
            newlines(block.bytes)
        });
        assert_eq!(seen, [(MAX_RECORD, 0), (30, 1)]);
        assert_eq!((coverage.cut, coverage.bytes), (vec![1], text.len() as u64));
    }

    #[test]
    fn an_endless_line_is_counted_whole_by_the_span_it_begins_in() {
        let mut text = vec![b'x'; MAX_RECORD + 5 * BLOCK];
        text.extend_from_slice(b"\n2026-08-22 12:00:01 INFO fine\n");
        let style = Style::learn(&text);
        let length = text.len() as u64;
        let mut bytes = 0;
        for (start, end) in [(0, 1 << 20), (1 << 20, 4 << 20), (4 << 20, length)] {
            let from = usize::try_from(u64::saturating_sub(start, 1)).unwrap();
            bytes += each_block(&text[from..], Some(Span { start, end, style }), &mut Vec::new(), &mut |_| 0).bytes;
        }
        assert_eq!(bytes, length);
    }

    #[test]
    fn counts_agree_with_records() {
        let style = Style::learn(MIXED.as_bytes());
        assert_eq!(style.count(MIXED.as_bytes()), (8, MIXED.split('\n').count() as u64));
    }
}
