//! A user as an export of the user table has it.

use chrono::{DateTime, Utc};

/// A user as the table has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct User {
    /// The row's line or number, from 1.
    pub line: u64,
    /// When it was created.
    pub created: Option<DateTime<Utc>>,
    /// Since when it is deleted, where rows of deleted users are kept.
    pub deleted: Option<Since>,
    /// Since when it is disabled.
    pub disabled: Option<Since>,
    /// When that ends or ended.
    pub until: Option<DateTime<Utc>>,
}

impl User {
    /// Whether it may use its tokens at `time`, as far as the table says.
    pub fn is_live(&self, time: DateTime<Utc>) -> bool {
        !self.is_deleted(time) && !self.is_disabled(time)
    }

    /// Whether it was deleted by `time`, or may have been.
    pub fn is_deleted(&self, time: DateTime<Utc>) -> bool {
        self.deleted.is_some_and(|since| since.earliest().is_none_or(|earliest| earliest <= time))
    }

    /// Whether it was disabled at `time`, or may have been.
    pub fn is_disabled(&self, time: DateTime<Utc>) -> bool {
        let begun = self.disabled.is_some_and(|since| since.earliest().is_none_or(|earliest| earliest <= time));
        begun && self.until.is_none_or(|until| time < until)
    }
}

/// Since when something is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// Since a time.
    Time(DateTime<Utc>),
    /// Since some time of the day between these two.
    Day(DateTime<Utc>, DateTime<Utc>),
    /// The table does not say since when.
    Unknown,
}

impl Since {
    /// The earliest time at which it can have begun; `None` where that is unknown.
    pub fn earliest(self) -> Option<DateTime<Utc>> {
        match self {
            Self::Time(time) | Self::Day(time, _) => Some(time),
            Self::Unknown => None,
        }
    }

    /// The time by which it had begun; `None` where that is unknown.
    pub fn latest(self) -> Option<DateTime<Utc>> {
        match self {
            Self::Time(time) | Self::Day(_, time) => Some(time),
            Self::Unknown => None,
        }
    }

    /// The better known of two.
    pub(super) fn or(self, other: Option<Self>) -> Self {
        match (self, other) {
            (Self::Time(_), _) | (_, None) => self,
            (_, Some(other @ Self::Time(_))) | (Self::Unknown, Some(other)) => other,
            (Self::Day(..), Some(_)) => self,
        }
    }
}
