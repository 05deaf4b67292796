//! What is found in blocks: events, records deferred to the second pass, and what became of every record.

use chrono::{DateTime, Utc};

use crate::extract::unknown::Unknown;
use crate::extract::vicinity::Vicinity;
use crate::ingest::frame::Style;
use crate::model::books::Books;
use crate::model::event::Event;

/// What a run over some blocks found.
#[derive(Debug, Default)]
pub struct Found {
    /// The events, in the order of their records.
    pub events: Vec<Event>,
    /// The deferred records, in their order.
    pub deferred: Vec<DeferredRecord>,
    /// If rows are wanted, the events of these: no diagnosis reads them unless the second pass finds them.
    pub unasked: Vec<Event>,
    /// The blocks, if they will be read again.
    pub block_stats: Vec<BlockStats>,
    /// What stands beside refusals, and what elsewhere, if the blocks will be read again.
    pub vicinity: Vicinity,
    /// What became of the records.
    pub books: Books,
    /// What looked like trouble and matched nothing, if the detector keeps it.
    pub unknown: Unknown,
}

/// A record that the second pass reads if it names a user, client or key of some failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeferredRecord {
    /// The offset of its first byte in the stream, after decoding.
    pub at: u64,
    /// Its bytes.
    pub length: u32,
}

/// A block of the first pass, and what its first record says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockStats {
    /// The offset of its first byte in the stream, after decoding.
    pub at: u64,
    /// How many lines stand before it, in the stream or span.
    pub lines_before: u64,
    /// When its first record was written, if that names its zone.
    pub opens: Option<DateTime<Utc>>,
    /// Whether its first record has the status of an answer.
    pub answers: bool,
    /// How its records begin.
    pub style: Style,
}
