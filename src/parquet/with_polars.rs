//! Parquet by polars. The only file that says polars.
#![expect(clippy::disallowed_types, reason = "the home of polars' tables")]

use std::io::{self, Cursor, Write};

use chrono::{DateTime, NaiveDate, TimeDelta};
use polars::prelude::{
    AnyValue, BooleanChunked, Column, DataFrame, DataType, Field, Float64Chunked, Int64Chunked, IntoColumn, KeyValueMetadata,
    NewChunkedArray, ParquetReader, ParquetWriter, PolarsError, Schema, SerReader, StringChunkedBuilder, TimeUnit, TimeZone,
};

use super::values::{Error, Kind, Table, Values};

/// Whether this build has Parquet: it has.
///
/// # Errors
/// Never.
pub fn check() -> Result<(), Error> {
    Ok(())
}

/// Writes a file, compressed by zstd: columns by name and type, a note in the footer, and row groups, each with its
/// number of rows.
///
/// # Errors
/// Where the output does not take the bytes, or the values do not fit the columns.
pub fn write<'v>(
    columns: &[(&str, Kind)],
    note: (&str, &str),
    groups: impl Iterator<Item = (usize, Vec<Values<'v>>)>,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let mut out = Remembering { out, error: None };
    let written = row_groups(columns, note, groups, &mut out);
    match out.error {
        Some(error) => Err(Error::Io(error)),
        None => written.map_err(malformed),
    }
}

fn row_groups<'v>(
    columns: &[(&str, Kind)],
    (key, value): (&str, &str),
    groups: impl Iterator<Item = (usize, Vec<Values<'v>>)>,
    out: &mut Remembering<'_>,
) -> Result<(), PolarsError> {
    let note = KeyValueMetadata::from_static(vec![(key.to_owned(), value.to_owned())]);
    let mut file = ParquetWriter::new(out).with_key_value_metadata(Some(note)).batched(&schema(columns))?;
    for (rows, values) in groups {
        let values = columns.iter().zip(values).map(|((name, _), values)| column(name, values, rows)).collect();
        file.write_batch(&DataFrame::new(rows, values)?)?;
    }
    file.finish()?;
    Ok(())
}

fn schema(columns: &[(&str, Kind)]) -> Schema {
    let field = |(name, kind): &(&str, Kind)| {
        let of = match kind {
            Kind::Text => DataType::String,
            Kind::Whole => DataType::Int64,
            Kind::Real => DataType::Float64,
            Kind::Time => DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)),
            Kind::Flag => DataType::Boolean,
        };
        Field::new((*name).into(), of)
    };
    columns.iter().map(field).collect()
}

fn column(name: &str, values: Values<'_>, rows: usize) -> Column {
    let name = name.into();
    match values {
        Values::Text(texts) => {
            let mut builder = StringChunkedBuilder::new(name, rows);
            texts.for_each(|text| builder.append_option(text));
            builder.finish().into_column()
        }
        Values::Whole(numbers) => Int64Chunked::from_iter_options(name, numbers).into_column(),
        Values::Real(numbers) => Float64Chunked::from_iter_options(name, numbers).into_column(),
        Values::Flag(flags) => BooleanChunked::from_iter_options(name, flags).into_column(),
        Values::Time(times) => Int64Chunked::from_iter_options(name, times.map(|time| time.map(|time| time.timestamp_micros())))
            .into_datetime(TimeUnit::Microseconds, Some(TimeZone::UTC))
            .into_column(),
    }
}

/// Reads the columns of a file that are wanted by their name; no others, whose types may be such as polars does not read.
///
/// # Errors
/// Where the bytes are no Parquet file, or a wanted column is of a type that is not read.
pub fn read(bytes: &[u8], mut is_wanted: impl FnMut(&str) -> bool) -> Result<Table, Error> {
    let mut reader = ParquetReader::new(Cursor::new(bytes));
    let names: Vec<String> = reader.schema().map_err(malformed)?.iter_names().map(ToString::to_string).collect();
    let wanted: Vec<String> = names.into_iter().filter(|name| is_wanted(name)).collect();
    if wanted.is_empty() {
        return Ok(Table::default());
    }
    let frame = reader.with_columns(Some(wanted)).finish().map_err(malformed)?;
    let texts = |column: &Column| {
        let values = (0..frame.height()).map(|row| Ok(text_of(&column.get(row)?)));
        Ok((column.name().to_string(), values.collect::<Result<_, PolarsError>>()?))
    };
    let columns = frame.columns().iter().map(texts).collect::<Result<_, PolarsError>>().map_err(malformed)?;
    Ok(Table { rows: frame.height(), columns })
}

#[expect(clippy::needless_pass_by_value, reason = "what `map_err` wants")]
fn malformed(error: PolarsError) -> Error {
    Error::Malformed(error.to_string())
}

/// A value of a Parquet file as text; the formatting of the library wants features that nothing else needs.
fn text_of(cell: &AnyValue<'_>) -> Option<String> {
    let (time, zoned) = match cell {
        AnyValue::Null => return None,
        AnyValue::Date(days) => {
            let day = NaiveDate::default().checked_add_signed(TimeDelta::days(i64::from(*days)))?;
            return Some(day.to_string());
        }
        AnyValue::Datetime(since, unit, zone) => {
            let time = match unit {
                TimeUnit::Nanoseconds => Some(DateTime::from_timestamp_nanos(*since)),
                TimeUnit::Microseconds => DateTime::from_timestamp_micros(*since),
                TimeUnit::Milliseconds => DateTime::from_timestamp_millis(*since),
            };
            (time?.naive_utc(), zone.is_some())
        }
        other => return Some(other.str_value().into_owned()),
    };
    Some(format!("{}{}", time.format("%FT%T%.f"), if zoned { "Z" } else { "" }))
}

/// Keeps the first error of an output: polars makes text of it, and its kind would be lost.
struct Remembering<'w> {
    out: &'w mut dyn Write,
    error: Option<io::Error>,
}

impl Remembering<'_> {
    fn remember<T>(&mut self, outcome: io::Result<T>) -> io::Result<T> {
        outcome.map_err(|error| {
            let kind = error.kind();
            if kind != io::ErrorKind::Interrupted {
                self.error.get_or_insert(error);
            }
            kind.into()
        })
    }
}

impl Write for Remembering<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let outcome = self.out.write(bytes);
        self.remember(outcome)
    }

    fn flush(&mut self) -> io::Result<()> {
        let outcome = self.out.flush();
        self.remember(outcome)
    }
}
