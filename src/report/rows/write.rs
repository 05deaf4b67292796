//! Writes rows as JSON lines, CSV or Parquet; knows no column by name.

use std::io::{self, Write};
use std::path::Path;

use serde::ser::Serialize;
use thiserror::Error;

use super::row::Get::{Real, Text, Time, Whole};
use super::row::{Column, Get, Names};
use crate::model::event::{Event, rfc3339};
use crate::model::field::{Field, Type, Value};
use crate::parallel;
use crate::parquet::{self, Kind, Values};
use crate::report::csv::{io_error, writer as csv_writer};
use crate::report::escape::cell;

/// A key in the footer of every Parquet file of ours.
pub(in crate::report) const PARQUET_KEY: &str = "jwtriage.version";

/// Rows of one Parquet row group: what is held in memory a second time.
pub(super) const ROW_GROUP: usize = 64 << 10;

/// How many rows one thread makes text of at once.
const PIECE: usize = 512;

/// The format of a file of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowFormat {
    /// One JSON object a line.
    Jsonl,
    /// RFC 4180 with a header.
    Csv,
    /// Parquet, compressed by zstd.
    Parquet,
}

impl RowFormat {
    /// The format a file's ending names, whatever its case; `None` for an ending that names none.
    pub fn from_path(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "jsonl" => Some(Self::Jsonl),
            "csv" => Some(Self::Csv),
            "parquet" => Some(Self::Parquet),
            _ => None,
        }
    }

    /// Whether this build writes it.
    ///
    /// # Errors
    /// Names the feature that the build was made without.
    pub fn check(self) -> Result<(), parquet::Error> {
        match self {
            Self::Jsonl | Self::Csv => Ok(()),
            Self::Parquet => parquet::check(),
        }
    }
}

/// Rows that could not be written.
#[derive(Debug, Error)]
pub enum RowError {
    /// The output did not take them.
    #[error("the rows could not be written")]
    Io(#[from] io::Error),
    /// The CSV could not be written.
    #[error("the CSV could not be written")]
    Csv(#[from] csv::Error),
    /// The Parquet could not be made.
    #[error("the Parquet could not be made")]
    Parquet(#[source] parquet::Error),
}

impl From<parquet::Error> for RowError {
    fn from(error: parquet::Error) -> Self {
        match error {
            parquet::Error::Io(error) => Self::Io(error),
            error => Self::Parquet(error),
        }
    }
}

impl From<RowError> for io::Error {
    /// Keeps the kind of the error where `out` gave it: a broken pipe stays one.
    fn from(error: RowError) -> Self {
        match error {
            RowError::Io(error) => error,
            RowError::Csv(error) => io_error(error),
            RowError::Parquet(error) => Self::other(error),
        }
    }
}

pub(super) fn jsonl<'r, R: Sync, S: Serialize>(
    rows: &[&'r R],
    shown: impl Fn(&'r R) -> S + Sync + Send,
    out: &mut dyn Write,
) -> Result<(), RowError> {
    in_pieces(rows, out, |piece, text| {
        for row in piece {
            serde_json::to_writer(&mut *text, &shown(row)).map_err(io::Error::from)?;
            text.push(b'\n');
        }
        Ok(())
    })
}

pub(super) fn csv<R: Sync>(rows: &[&R], columns: &[Column<R>], names: &Names<'_>, out: &mut dyn Write) -> Result<(), RowError> {
    let mut table = csv_writer(&mut *out);
    table.write_record(columns.iter().map(|Column(name, _)| name))?;
    table.flush()?;
    drop(table);
    in_pieces(rows, out, |piece, text| {
        let mut table = csv_writer(text);
        for row in piece {
            for Column(_, get) in columns {
                match get {
                    Text(get) => {
                        table.write_field(cell(&get(row, names).unwrap_or_default()).as_bytes())?;
                    }
                    Whole(get) => table.write_field(get(row).map_or_else(String::new, |number| number.to_string()))?,
                    Real(get) => table.write_field(get(row).map_or_else(String::new, |number| number.to_string()))?,
                    Time(get) => table.write_field(get(row).map_or_else(String::new, rfc3339))?,
                    Get::Field(field, event) => table.write_field(shown(field.of(event(row))).as_bytes())?,
                }
            }
            table.write_record(None::<&[u8]>)?;
        }
        Ok(table.flush()?)
    })
}

/// Writes rows piece by piece: while some are written, text is made of the next, and no other is held.
fn in_pieces<R: Sync>(
    rows: &[R],
    out: &mut dyn Write,
    write: impl Fn(&[R], &mut Vec<u8>) -> Result<(), RowError> + Sync + Send,
) -> Result<(), RowError> {
    let text_of = |piece: &[R]| {
        let mut text = Vec::with_capacity(PIECE << 10);
        write(piece, &mut text).map(|()| text)
    };
    let mut ready = Vec::new();
    // Nothing is made while the last is written.
    for some in rows.chunks(PIECE * parallel::threads()).chain([&[][..]]) {
        let put = || ready.drain(..).try_for_each(|text: Result<Vec<u8>, RowError>| Ok(out.write_all(&text?)?));
        let (next, written): (_, Result<(), RowError>) = parallel::map_chunks_while(some, PIECE, text_of, put);
        written?;
        ready = next;
    }
    Ok(())
}

/// One row group after another, so that no more than [`ROW_GROUP`] rows stand in memory twice.
pub(super) fn parquet<R>(rows: &[&R], columns: &[Column<R>], names: &Names<'_>, out: &mut dyn Write) -> Result<(), RowError> {
    let kinds: Vec<(&str, Kind)> = columns.iter().map(|Column(name, get)| (*name, kind(get))).collect();
    let group = |group| columns.iter().map(|Column(_, get)| values(get, group, names)).collect();
    let groups = rows.chunks(ROW_GROUP).map(|rows| (rows.len(), group(rows)));
    Ok(parquet::write(&kinds, (PARQUET_KEY, env!("CARGO_PKG_VERSION")), groups, out)?)
}

/// A value of a field as it stands in CSV.
fn shown(value: Option<Value<'_>>) -> String {
    match value {
        None => String::new(),
        Some(Value::Text(text)) => cell(&text).into_owned(),
        Some(Value::Whole(number)) => number.to_string(),
        Some(Value::Time(time)) => rfc3339(time),
        Some(Value::Flag) => "true".to_owned(),
    }
}

fn kind<R>(get: &Get<R>) -> Kind {
    match get {
        Text(_) => Kind::Text,
        Whole(_) => Kind::Whole,
        Real(_) => Kind::Real,
        Time(_) => Kind::Time,
        Get::Field(field, _) => match field.kind() {
            Type::Text => Kind::Text,
            Type::Whole => Kind::Whole,
            Type::Time => Kind::Time,
            Type::Flag => Kind::Flag,
        },
    }
}

/// The values of a column in some rows.
fn values<'v, R>(get: &'v Get<R>, rows: &'v [&R], names: &'v Names<'v>) -> Values<'v> {
    match get {
        Text(get) => Values::Text(Box::new(rows.iter().map(|row| get(row, names)))),
        Whole(get) => Values::Whole(Box::new(rows.iter().map(|row| get(row)))),
        Real(get) => Values::Real(Box::new(rows.iter().map(|row| get(row)))),
        Time(get) => Values::Time(Box::new(rows.iter().map(|row| get(row)))),
        Get::Field(field, event) => of_field(*field, *event, rows),
    }
}

/// The values of a field in some rows.
fn of_field<'v, R>(field: Field, event: for<'r> fn(&'r R) -> &'r Event, rows: &'v [&R]) -> Values<'v> {
    let values = rows.iter().map(move |row| field.of(event(row)));
    match field.kind() {
        Type::Text => Values::Text(Box::new(values.map(|value| match value? {
            Value::Text(text) => Some(text),
            _ => None,
        }))),
        Type::Whole => Values::Whole(Box::new(values.map(|value| match value? {
            Value::Whole(number) => Some(number),
            _ => None,
        }))),
        Type::Time => Values::Time(Box::new(values.map(|value| match value? {
            Value::Time(time) => Some(time),
            _ => None,
        }))),
        Type::Flag => Values::Flag(Box::new(values.map(|value| value.map(|_| true)))),
    }
}
