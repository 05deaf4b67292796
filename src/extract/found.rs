//! What is found in blocks: events, records that wait for the second pass, and what became of every record.

use chrono::{DateTime, Utc};

use crate::extract::unknown::Unknown;
use crate::ingest::frame::Style;
use crate::model::books::Books;
use crate::model::event::Event;

/// What a run over some blocks found.
#[derive(Debug, Default)]
pub struct Found {
    /// The events, in the order they stand.
    pub events: Vec<Event>,
    /// Records that wait to be read, in the order they stand.
    pub deferred: Vec<DeferredRecord>,
    /// The events of these, where rows are asked for: no diagnosis sees them unless the second pass asks for them.
    pub unasked: Vec<Event>,
    /// The blocks, if they will be read again.
    pub block_stats: Vec<BlockStats>,
    /// What became of the records.
    pub books: Books,
    /// What looked like trouble and matched nothing, if the detector keeps it.
    pub unknown: Unknown,
}

/// A record that is read only if it names what failures ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeferredRecord {
    /// Where its first byte stands in the stream, after decoding.
    pub at: u64,
    /// Its bytes.
    pub length: u32,
}

/// A block of the first pass, and what its first record tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockStats {
    /// Where its first byte stands in the stream, after decoding.
    pub at: u64,
    /// How many lines stand before it, in the stream or span.
    pub lines_before: u64,
    /// When its first record was written, if that names its zone.
    pub opens: Option<DateTime<Utc>>,
    /// Whether its first record bears the status of an answer.
    pub answers: bool,
    /// How its records begin.
    pub style: Style,
}
