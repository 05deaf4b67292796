//! How the records of a stream begin, learnt from its head; where one ends and the next begins.

use std::ops::Range;

use memchr::{memchr_iter, memrchr};

use crate::ingest::frame::lines::{line_at, line_start, next_line};
use crate::ingest::frame::mend::{self, Carrier};
use crate::ingest::frame::stanza::Stanza;
use crate::ingest::frame::{trace, wrapper};
use crate::layout::columns::Columns;
use crate::layout::{self, Seen};

/// How much of a line decides whether it begins a record.
pub(super) const WINDOW: usize = 256;
/// How much of a stream teaches its style.
const LESSON: usize = 64 << 10;

/// How many lines of the head are asked whether they teach what columns mean.
const LOOKED_AT: usize = 200;

/// What the head of a stream shows of its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Style {
    /// Records begin with something that looks like a beginning: a time stamp, a level, a brace. Then a bare line
    /// of text continues the record before it; without it every bare line is a record.
    dated: bool,
    /// `journalctl -o export`: one field a line, and this one first.
    exported_from: Option<&'static [u8]>,
    /// One field a line, and this one first.
    stanza: Option<Stanza>,
    /// Layouts that know lines which look like a beginning and still continue a record.
    seen: Seen,
    /// What the columns of its access lines mean.
    pub columns: Columns,
    /// What carries the lines, where that may cut them or spell them otherwise.
    pub(super) carrier: Option<Carrier>,
}

impl Style {
    /// Learns from the first bytes of a stream.
    pub fn learn(head: &[u8]) -> Self {
        let head = head.get(..LESSON).unwrap_or(head);
        let (mut heads, mut bare, mut traced) = (0_u32, 0_u32, false);
        let mut first_is_head = None;
        let mut at = 0;
        while at < head.len() {
            let line = line_at(head, at);
            at += line.len() + 1;
            let (inner, wrapped) = wrapper::peel(window(line));
            if trace::continues(inner) {
                traced |= trace::is_trace(inner);
                continue;
            }
            let head = wrapped || is_head(inner);
            first_is_head.get_or_insert(head);
            if head {
                heads += 1;
            } else {
                bare += 1;
            }
        }
        // An exception's own text may run over many bare lines: where there are traces, few heads are enough.
        let dated = heads > bare || (traced && first_is_head == Some(true) && bare <= 8 * heads);
        let exported_from = wrapper::EXPORT_KEYS.into_iter().find(|key| head.starts_with(key));
        let stanza = if heads == 0 { Stanza::learn(whole_lines(head)) } else { None };
        Self { dated, exported_from, stanza, seen: Seen::in_stream(head), columns: columns(head), carrier: Carrier::learn(head) }
    }

    /// How many bytes before a line decide, with the line itself, whether a stream may be cut there.
    pub(super) fn reach(&self) -> usize {
        if self.carrier.is_some() { mend::REACH } else { 0 }
    }

    /// Whether a stream may be cut at `start`: a record begins there, and no line before is still to be continued.
    pub(super) fn may_cut(&self, block: &[u8], start: usize) -> bool {
        self.starts_record(line_at(block, start)) && !self.carrier.is_some_and(|carrier| carrier.is_open(block, start))
    }

    /// Whether `line` (without its line feed) begins a record.
    pub fn starts_record(&self, line: &[u8]) -> bool {
        if let Some(key) = self.exported_from {
            return line.starts_with(key);
        }
        let line = window(line);
        if let Some(stanza) = self.stanza {
            return stanza.begins(line);
        }
        // What most logs are full of.
        if let [b'{', b'"', first, ..] = line
            && *first != b'l'
            && self.seen == Seen::default()
        {
            return true;
        }
        let (inner, wrapped) = wrapper::peel(line);
        if trace::continues(inner) || self.seen.continue_with(inner) {
            return false;
        }
        !self.dated || is_head(inner) || (wrapped && !trace::names_exception(inner))
    }

    /// The record that holds the byte at `hit`: walks back to its beginning, not before `floor`, and on to its end.
    pub fn record_around(&self, block: &[u8], hit: usize, floor: usize) -> Range<usize> {
        let mut start = line_start(block, hit, floor);
        while start > floor && !self.starts_record(line_at(block, start)) {
            start = line_start(block, start - 1, floor);
        }
        let mut end = next_line(block, hit);
        while end < block.len() && !self.starts_record(line_at(block, end)) {
            end = next_line(block, end);
        }
        start..end
    }

    /// How many records and lines `block` holds; a block that begins inside a record counts that rest as one.
    pub fn count(&self, block: &[u8]) -> (u64, u64) {
        let (mut records, mut lines, mut at) = (0, 0, 0);
        while at < block.len() {
            let line = line_at(block, at);
            lines += 1;
            if at == 0 || self.starts_record(line) {
                records += 1;
            }
            at += line.len() + 1;
        }
        (records, lines)
    }

    /// The last offset in `block` where it may surely be cut, other than its first byte.
    pub(super) fn last_start(self, block: &[u8], whole: bool) -> Option<usize> {
        let mut end = block.len();
        while let Some(newline) = memrchr(b'\n', &block[..end]) {
            let start = newline + 1;
            let line = line_at(block, start);
            // The rest of a line that the end of the block cuts may change the answer.
            let known = whole || line.len() >= WINDOW || start + line.len() < block.len();
            if known && start < block.len() && self.may_cut(block, start) {
                return Some(start);
            }
            end = newline;
        }
        None
    }
}

/// What the columns of a stream's access lines mean: some lines from all over the head tell.
fn columns(head: &[u8]) -> Columns {
    let step = 1 + memchr_iter(b'\n', head).count() / LOOKED_AT;
    let starts = std::iter::once(0).chain(memchr_iter(b'\n', head).map(|end| end + 1));
    // The last line may be cut.
    let whole =
        starts.step_by(step).map(|start| line_at(head, start)).filter(|line| line.as_ptr_range().end < head.as_ptr_range().end);
    let teaches = |line: &&str| wrapper::docker_inside(line.as_bytes()).is_some() || Columns::may_teach(line);
    let lines: Vec<&str> = whole.filter_map(|line| std::str::from_utf8(line).ok()).filter(teaches).collect();
    let chosen = lines.iter().step_by(1 + lines.len() / Columns::LESSON);
    let texts: Vec<wrapper::Unwrapped<'_>> = chosen.map(|line| wrapper::unwrap(line)).collect();
    Columns::learn(texts.iter().map(|unwrapped| &*unwrapped.text).filter(|text| Columns::may_teach(text)))
}

/// The lines of the head of a stream, without what it cuts.
fn whole_lines(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    head.split_inclusive(|byte| *byte == b'\n').filter_map(|line| line.strip_suffix(b"\n"))
}

/// The first offset at or after `from` where `block` may be cut.
pub(super) fn first_start(block: &[u8], from: usize, style: Style) -> Option<usize> {
    let mut at = if from == 0 { 0 } else { next_line(block, from - 1) };
    while at < block.len() {
        if style.may_cut(block, at) {
            return Some(at);
        }
        at = next_line(block, at);
    }
    None
}

/// Whether a line looks like the first of a record in any layout, a colour or a priority before it or not.
#[inline]
fn is_head(line: &[u8]) -> bool {
    layout::is_head(line) || matches!(line.first(), Some(b'<' | 0x1b)) || line.starts_with(b"  2")
}

/// What of a line decides whether it begins a record.
fn window(line: &[u8]) -> &[u8] {
    let line = line.get(..WINDOW).unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}
