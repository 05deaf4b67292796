//! What is known of a stream before its records are read.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::layout::columns::Columns;
use crate::redact::Redactor;

/// What is known of a stream before its records are read.
#[derive(Debug, Clone)]
pub struct Context {
    /// The zone of time stamps that name none.
    pub zone: Tz,
    /// No record is much younger than this: supplies missing years and days.
    pub latest: DateTime<Utc>,
    /// The service that its path names.
    pub service: Option<String>,
    /// The host or instance that its path names.
    pub host: Option<String>,
    /// Whether events become rows: if not, texts are kept only of events whose diagnosis may read them.
    pub rows: bool,
    /// Whether it will be read a second time.
    pub is_read_twice: bool,
    /// What the columns of its access lines mean.
    pub columns: Columns,
    /// What takes secrets out of texts that are kept.
    pub redactor: Redactor,
}

impl Context {
    /// The same, for a stream whose columns have a meaning.
    pub fn with(&self, columns: Columns) -> Cow<'_, Self> {
        if columns == self.columns { Cow::Borrowed(self) } else { Cow::Owned(Self { columns, ..self.clone() }) }
    }

    /// The context of a record without a stream.
    pub fn none() -> Self {
        Self {
            zone: Tz::UTC,
            latest: DateTime::UNIX_EPOCH,
            service: None,
            host: None,
            rows: true,
            is_read_twice: false,
            columns: Columns::default(),
            redactor: Redactor::BARE,
        }
    }
}
