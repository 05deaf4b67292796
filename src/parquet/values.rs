//! What goes into a file, and what comes out of one.

use std::borrow::Cow;
use std::io;

use chrono::{DateTime, Utc};
use thiserror::Error;

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text in UTF-8.
    Text,
    /// Whole numbers of 64 bits.
    Whole,
    /// Numbers of 64 bits with a fraction.
    Real,
    /// Times in UTC, to the microsecond.
    Time,
    /// Yes or no.
    Flag,
}

/// The values of a column in one row group; `None` is null.
#[expect(missing_debug_implementations, reason = "they are made as they are written")]
pub enum Values<'v> {
    /// Of a column of [`Kind::Text`].
    Text(Box<dyn Iterator<Item = Option<Cow<'v, str>>> + 'v>),
    /// Of a column of [`Kind::Whole`].
    Whole(Box<dyn Iterator<Item = Option<i64>> + 'v>),
    /// Of a column of [`Kind::Real`].
    Real(Box<dyn Iterator<Item = Option<f64>> + 'v>),
    /// Of a column of [`Kind::Time`].
    Time(Box<dyn Iterator<Item = Option<DateTime<Utc>>> + 'v>),
    /// Of a column of [`Kind::Flag`].
    Flag(Box<dyn Iterator<Item = Option<bool>> + 'v>),
}

/// Columns of a file that was read, their values as text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// How many rows it has.
    pub rows: usize,
    /// The wanted columns, by name.
    pub columns: Vec<(String, Vec<Option<String>>)>,
}

/// Why a file could not be written or read.
#[derive(Debug, Error)]
pub enum Error {
    /// The output did not take the bytes.
    #[error("the output does not take them")]
    Io(#[source] io::Error),
    /// The values make no file, or the bytes are none.
    #[error("{0}")]
    Malformed(String),
    /// There is no Parquet in this build.
    #[error("this program was built without Parquet: build it with the feature `parquet`")]
    NotBuiltIn,
}
