//! What a run needs to know besides its sources.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::ingest::decode::IsOwn;
use crate::parallel::Pool;
use crate::redact::Redactor;

/// A plain file larger than twice this is read by several workers, in parts of this size, unless the settings say otherwise.
pub const SPAN: u64 = 16 << 20;

/// What a scan needs to know besides its sources.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The zone of time stamps that name none.
    pub zone: Tz,
    /// When the run began: what year-less stamps of streams without a date are read against.
    pub now: DateTime<Utc>,
    /// Whether to read sources a second time, where they can be read again.
    pub second_pass: bool,
    /// Whether events will be written as rows: else what only rows show of them is not kept.
    pub rows: bool,
    /// What takes secrets out of texts that are kept.
    pub redactor: Redactor,
    /// Recognises outputs of jwtriage among the inputs: they are passed over.
    pub is_own: IsOwn,
    /// The threads that share the work.
    pub pool: Pool,
    /// How much of a large plain file one worker reads at once, in bytes.
    pub span: u64,
    /// Whether binary files are problems even where nobody named them.
    pub strict: bool,
}
