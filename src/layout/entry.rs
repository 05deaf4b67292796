//! What a record becomes, and what a layout is.

use std::borrow::Cow;

use crate::layout::fields::Fields;
use crate::layout::timestamp::Stamp;

/// A record understood: when it was written, what it says, and the fields it names.
#[derive(Debug, Clone, Default)]
pub struct Entry<'r> {
    /// Name of the layout that read it.
    pub format: &'static str,
    /// The record's own time stamp, zone not yet applied.
    pub stamp: Option<Stamp>,
    /// Level as written.
    pub level: Option<Cow<'r, str>>,
    /// The text a person would read, with following lines (stack traces) where there are any.
    pub message: Cow<'r, str>,
    /// Everything else by name: JSON paths joined by dots, logfmt keys, or the canonical names of
    /// [`crate::layout::role`] where a text layout has no names of its own.
    pub fields: Fields<'r>,
}

/// One way of writing log records: how they begin, which lines belong to them, and how they are read.
///
/// Whether a line begins a record is asked of every line of every stream, before anyone knows its layout. So
/// [`Layout::is_head`] and [`Layout::continues`] decide by a few bytes, most often by the first one. They see at most the
/// first 256 bytes of a line, without what docker, CRI, syslog and the like put before it. What needs more than a first byte
/// goes into a function of its own, so that the test of that byte can be inlined.
pub trait Layout: Sync {
    /// The name shown in rows and in the books.
    fn name(&self) -> &'static str;

    /// Reads `record` (one record, wrappers already off, possibly of several lines), or declines.
    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>>;

    /// A few records, and what must be read from them.
    fn samples(&self) -> &'static [Sample];

    /// Whether a line looks like the first of a record. Layouts whose records begin with a usual time or level need not
    /// say so.
    fn is_head(&self, _line: &[u8]) -> bool {
        false
    }

    /// Whether a line can begin no record of any layout, so that it belongs to the record before it in every stream. Not
    /// asked of lines that begin with a digit, `{`, `[`, `<` or a blank.
    fn continues(&self, _line: &[u8]) -> bool {
        false
    }

    /// Whether the beginning of a stream shows that this layout is in it, so that [`Layout::continues_despite_head`] is
    /// asked of its lines.
    fn is_seen_in(&self, _beginning: &[u8]) -> bool {
        false
    }

    /// Whether a line that looks like the first of a record still belongs to the one before it.
    fn continues_despite_head(&self, _line: &[u8]) -> bool {
        false
    }
}

/// A record as its layout writes it, and what must be read from it: the layout's picture and its test.
#[derive(Debug)]
pub struct Sample {
    /// The whole record, of one line or more.
    pub record: &'static str,
    /// Its time, if it has one. Where it names no zone it is taken as UTC, and where it names no year or no day as
    /// written before 2026-11-24.
    pub time: Option<&'static str>,
    /// Its level as written.
    pub level: Option<&'static str>,
    /// The text that a person would read.
    pub message: &'static str,
    /// Some of the fields that are read, or all.
    pub fields: &'static [(&'static str, &'static str)],
}
