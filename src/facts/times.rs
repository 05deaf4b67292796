//! Times in order.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Whether any of some sorted times lies within two bounds.
pub fn any_within(times: &[DateTime<Utc>], from: DateTime<Utc>, to: DateTime<Utc>) -> bool {
    times.get(times.partition_point(|time| *time < from)).is_some_and(|time| *time <= to)
}

/// The first and the last time of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The first.
    pub first: DateTime<Utc>,
    /// The last.
    pub last: DateTime<Utc>,
}

impl Span {
    /// The span of one time.
    pub fn at(time: DateTime<Utc>) -> Self {
        Self { first: time, last: time }
    }

    /// The span that holds two.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self { first: self.first.min(other.first), last: self.last.max(other.last) }
    }

    /// The span that holds all of some.
    pub fn join(spans: impl Iterator<Item = Self>) -> Option<Self> {
        spans.reduce(Self::with)
    }
}
