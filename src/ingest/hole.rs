//! Holes: runs of NUL bytes, as copytruncate, crashes and preallocation leave them in logs.
//!
//! A NUL says nothing, so it is taken out before records are looked for. Lines keep their numbers and their offsets in
//! the file all the same: what few NULs took up is made good by blanks at the end of their line, and after a long run
//! of them, of [`HOLE`] bytes or more, records are looked for as if the stream began there.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use memchr::{memchr, memchr2};

use crate::ingest::frame::{self, Block, Coverage, Span};

/// A run of NULs of so many bytes is a hole: what stands after it begins a record.
pub const HOLE: u64 = 16 << 10;
/// How much is read at once while there are NULs, in bytes.
const CHUNK: usize = 64 << 10;

/// What a run over a stream's blocks learnt besides the blocks.
#[derive(Debug, Default)]
pub struct Passed {
    /// What was read; its bytes count the NULs too.
    pub coverage: Coverage,
    /// How many of the bytes were NULs.
    pub nul_bytes: u64,
}

/// As [`frame::each_block`], past the NULs. `before` is how many NULs stand right before what `reader` gives; see
/// [`run_before`].
pub fn each_block(
    reader: impl Read,
    before: u64,
    span: Option<Span>,
    buffer: &mut Vec<u8>,
    each: &mut dyn FnMut(Block<'_>) -> u64,
) -> Passed {
    let end = span.map_or(u64::MAX, |span| span.end);
    let mut text = WithoutNuls::new(reader, before, span);
    let mut total = Coverage::default();
    let mut style = span.map(|span| span.style);
    // The part between two holes that is read, and where in the stream its offsets are counted from.
    let (mut part, mut from) = (span, 0);
    loop {
        let lines = total.lines;
        let coverage = frame::each_block(&mut text, part, buffer, &mut |block| {
            style.get_or_insert(block.style);
            each(Block { at: block.at + from, lines_before: block.lines_before + lines, ..block })
        });
        total.bytes += coverage.bytes;
        total.cut.extend(coverage.cut.into_iter().map(|line| line + lines));
        total.lines += coverage.lines;
        total.error = coverage.error;
        if !std::mem::take(&mut text.after_hole) || text.at >= end {
            break;
        }
        from = text.at;
        part = style.map(|style| Span { start: 0, end: end - from, style });
    }
    total.bytes += text.hole_bytes;
    Passed { coverage: total, nul_bytes: text.nul_bytes }
}

/// How many NULs stand right before the byte at `at`, if that is one too: [`HOLE`] at most. Leaves `file` at `at`.
pub fn run_before(file: &mut File, at: u64) -> io::Result<u64> {
    let mut first = [1];
    let is_nul = at > 0 && file.seek(SeekFrom::Start(at)).and_then(|_| file.read(&mut first))? == 1 && first == [0];
    let mut before = Vec::new();
    if is_nul {
        file.seek(SeekFrom::Start(at.saturating_sub(HOLE)))?;
        file.take(HOLE.min(at)).read_to_end(&mut before)?;
    }
    file.seek(SeekFrom::Start(at))?;
    Ok(before.iter().rev().take_while(|b| **b == 0).count() as u64)
}

/// How many NULs `bytes` begin with, as fast as memory is compared.
pub fn leading_nuls(bytes: &[u8]) -> usize {
    const ZEROS: [u8; 4096] = [0; 4096];
    let whole = bytes.chunks(ZEROS.len()).take_while(|chunk| *chunk == &ZEROS[..chunk.len()]).map(<[u8]>::len).sum();
    whole + bytes[whole..].iter().take_while(|b| **b == 0).count()
}

/// Text without its NULs. Ends after each hole: `after_hole` then says that it can be read on.
struct WithoutNuls<R> {
    inner: R,
    /// What was read of `inner` in one go and holds NULs, and how far it has been gone over.
    chunk: Vec<u8>,
    next: usize,
    /// The offset of the next byte in the stream.
    at: u64,
    /// NULs right before the first byte.
    before: u64,
    /// NULs in a row, up to here.
    run: u64,
    /// NULs taken out of the line, which blanks at its end will replace.
    owed: u64,
    /// Blanks to be given before anything else.
    blanks: u64,
    after_hole: bool,
    /// Whether nothing more is given.
    is_over: bool,
    /// NULs are counted from here to `end`.
    start: u64,
    end: u64,
    nul_bytes: u64,
    /// Those among them that no blanks replace.
    hole_bytes: u64,
}

impl<R: Read> WithoutNuls<R> {
    fn new(inner: R, before: u64, span: Option<Span>) -> Self {
        let (start, end) = span.map_or((0, u64::MAX), |span| (span.start, span.end));
        Self {
            inner,
            chunk: Vec::new(),
            next: 0,
            at: span.map_or(0, |span| span.reads_from()),
            before,
            run: 0,
            owed: 0,
            blanks: 0,
            after_hole: false,
            is_over: false,
            start,
            end,
            nul_bytes: 0,
            hole_bytes: 0,
        }
    }

    fn in_hole(&self) -> bool {
        self.before + self.run >= HOLE
    }

    /// Goes over the NULs that come next, and gives whether there were any.
    fn pass_nuls(&mut self) -> bool {
        let nuls = leading_nuls(&self.chunk[self.next..]);
        self.next += nuls;
        self.at += nuls as u64;
        self.run += nuls as u64;
        nuls > 0
    }

    /// Books the run of NULs that ends here.
    fn end_run(&mut self) {
        let counted = self.at.min(self.end).saturating_sub((self.at - self.run).max(self.start));
        self.nul_bytes += counted;
        if self.in_hole() {
            self.hole_bytes += counted;
        } else {
            self.owed += self.run;
        }
        (self.before, self.run) = (0, 0);
    }

    /// Reads where there are no NULs, as in nearly every log: `None` where some come next.
    fn read_text(&mut self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        let read = self.inner.read(buffer)?;
        let text = memchr(0, &buffer[..read]).unwrap_or(read);
        self.at += text as u64;
        self.chunk.clear();
        self.chunk.extend_from_slice(&buffer[text..read]);
        self.next = 0;
        Ok((text > 0 || read == 0).then_some(text))
    }

    fn read_chunk(&mut self) -> io::Result<()> {
        self.chunk.resize(CHUNK, 0);
        let read = self.inner.read(&mut self.chunk);
        self.chunk.truncate(*read.as_ref().unwrap_or(&0));
        self.next = 0;
        read.map(|_| ())
    }

    /// How much of the chunk can be given as it stands.
    fn plain(&self) -> usize {
        let rest = &self.chunk[self.next..];
        if self.owed == 0 {
            return memchr(0, rest).unwrap_or(rest.len());
        }
        // The blanks come before the end of the line.
        let end = memchr2(0, b'\n', rest).unwrap_or(rest.len());
        end - usize::from(rest[..end].ends_with(b"\r") && rest[end..].starts_with(b"\n"))
    }
}

impl<R: Read> Read for WithoutNuls<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.blanks > 0 {
                let given = usize::try_from(self.blanks).unwrap_or(usize::MAX).min(buffer.len());
                buffer[..given].fill(b' ');
                self.blanks -= given as u64;
                return Ok(given);
            }
            if self.next == self.chunk.len() && !self.is_over {
                if self.run == 0 && self.owed == 0 {
                    match self.read_text(buffer)? {
                        Some(read) => return Ok(read),
                        None => continue,
                    }
                }
                // The hole goes on past the span: its end is found with the next span.
                self.is_over = self.in_hole() && self.at >= self.end;
                if !self.is_over {
                    self.read_chunk()?;
                    self.is_over = self.chunk.is_empty();
                }
            }
            if self.pass_nuls() {
                continue;
            }
            if self.run > 0 {
                self.after_hole |= self.in_hole() && !self.is_over;
                self.end_run();
            }
            if self.after_hole || self.is_over {
                self.blanks = std::mem::take(&mut self.owed);
                if self.blanks == 0 {
                    return Ok(0);
                }
                continue;
            }
            let plain = self.plain().min(buffer.len());
            if plain == 0 {
                self.blanks = std::mem::take(&mut self.owed);
                continue;
            }
            buffer[..plain].copy_from_slice(&self.chunk[self.next..self.next + plain]);
            self.next += plain;
            self.at += plain as u64;
            return Ok(plain);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::ingest::frame::{Style, newlines};

    /// What each record is, without blanks around it, and the number of its first line.
    type Records = Vec<(u64, String)>;

    /// Reads `bytes`, whole or by spans of `size` bytes.
    fn read(bytes: &[u8], size: Option<u64>) -> (Records, Passed) {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        let head: Vec<u8> = bytes.iter().copied().filter(|b| *b != 0).collect();
        let style = Style::learn(&head);
        let length = bytes.len() as u64;
        let spans: Vec<Option<Span>> = match size {
            None => vec![None],
            Some(size) => {
                let starts = (0..length).step_by(usize::try_from(size).unwrap());
                starts.map(|start| Some(Span { start, end: (start + size).min(length), style })).collect()
            }
        };
        let (mut records, mut total) = (Vec::new(), Passed::default());
        for span in spans {
            let before = run_before(&mut file, span.map_or(0, |span| span.reads_from())).unwrap();
            let lines = total.coverage.lines;
            let passed = each_block(&file, before, span, &mut Vec::new(), &mut |block| {
                let mut at = 0;
                while at < block.bytes.len() {
                    let range = block.style.record_around(block.bytes, at, at);
                    let text = String::from_utf8_lossy(&block.bytes[range.clone()]).trim_ascii().to_owned();
                    records.push((lines + block.lines_before + newlines(&block.bytes[..at]) + 1, text));
                    at = range.end;
                }
                newlines(block.bytes)
            });
            total.coverage.lines += passed.coverage.lines;
            total.coverage.bytes += passed.coverage.bytes;
            total.nul_bytes += passed.nul_bytes;
        }
        (records, total)
    }

    fn nuls(count: u64) -> Vec<u8> {
        vec![0; usize::try_from(count).unwrap()]
    }

    fn holed() -> Vec<u8> {
        [
            nuls(2 * HOLE + 5),
            b"2026-03-02T09:00:00Z WARN one\n\tat x\n".to_vec(),
            nuls(3),
            b"2026-03-02T09:00:01Z WA\0RN two\r\n2026-03-02T09:00:02Z WARN three\0\0\r\n".to_vec(),
            nuls(HOLE - 1),
            b"2026-03-02T09:00:03Z WARN four\n2026-03-02T09:00:04Z WARN fi".to_vec(),
            nuls(HOLE),
            b"{\"msg\":\"six\"}\n".to_vec(),
            nuls(CHUNK as u64 + HOLE + 1),
            b"2026-03-02T09:00:06Z WARN seven\n".to_vec(),
            nuls(HOLE + 9),
        ]
        .concat()
    }

    #[test]
    fn records_around_holes_are_read_with_their_line_numbers_and_every_byte_is_counted() {
        let bytes = holed();
        let (records, passed) = read(&bytes, None);
        let said: Vec<(u64, &str)> =
            records.iter().map(|(line, text)| (*line, text.strip_prefix("2026-03-02T09:00:0").unwrap_or(text))).collect();
        assert_eq!(
            said,
            [
                (1, "0Z WARN one\n\tat x"),
                (3, "1Z WARN two"),
                (4, "2Z WARN three"),
                (5, "3Z WARN four"),
                (6, "4Z WARN fi"),
                (6, "{\"msg\":\"six\"}"),
                (7, "6Z WARN seven")
            ]
        );
        assert_eq!(passed.coverage.bytes, bytes.len() as u64);
        assert_eq!(passed.nul_bytes, memchr::memchr_iter(0, &bytes).count() as u64);
        assert_eq!(passed.coverage.lines, newlines(&bytes));
    }

    #[test]
    fn a_stream_with_holes_cut_anywhere_gives_the_same_records() {
        let bytes = holed();
        let (records, whole) = read(&bytes, None);
        for size in (1000..1060).chain((0..80).map(|more| HOLE - 40 + more)).chain((0..90).map(|more| 2 * HOLE - 30 + more)) {
            let (found, passed) = read(&bytes, Some(size));
            assert_eq!(found, records, "spans of {size}");
            assert_eq!((passed.coverage.lines, passed.coverage.bytes), (whole.coverage.lines, whole.coverage.bytes), "{size}");
            assert_eq!(passed.nul_bytes, whole.nul_bytes, "spans of {size}");
        }
    }

    #[test]
    fn what_stands_behind_many_nuls_is_found_wherever_the_reader_stops() {
        struct ByteByByte<'b>(&'b [u8]);
        impl Read for ByteByByte<'_> {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let most = buffer.len().min(1);
                self.0.read(&mut buffer[..most])
            }
        }
        let bytes = holed();
        let all = |reader: &mut dyn Read| {
            let mut text = Vec::new();
            let passed = each_block(reader, 0, None, &mut Vec::new(), &mut |block| {
                text.extend_from_slice(block.bytes);
                newlines(block.bytes)
            });
            // Where the blanks are put before a CR without a line feed depends on the reader.
            let text = String::from_utf8_lossy(&text).into_owned();
            (text.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>(), passed.nul_bytes)
        };
        assert_eq!(all(&mut ByteByByte(&bytes)), all(&mut &bytes[..]));
    }

    #[test]
    fn no_more_of_a_hole_is_read_than_the_span_holds() {
        struct Counted<'c, R>(R, &'c mut u64);
        impl<R: Read> Read for Counted<'_, R> {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let read = self.0.read(buffer)?;
                *self.1 += read as u64;
                Ok(read)
            }
        }
        let mut given = 0;
        let endless = std::io::repeat(0);
        let span = Span { start: 0, end: 10 * HOLE, style: Style::default() };
        let passed = each_block(Counted(endless, &mut given), 0, Some(span), &mut Vec::new(), &mut |_| 0);
        assert_eq!((passed.nul_bytes, passed.coverage.bytes), (10 * HOLE, 10 * HOLE));
        assert!(given < 40 * HOLE, "{given}");
    }
}
