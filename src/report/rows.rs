//! Rows of `--failures` and `--events`: one a failed request, one an event, as JSON lines, CSV or Parquet.
//!
//! Two tables of columns say what a row is; the formats are written from them and know no column by name. Only the
//! JSON form of a failure is richer: it keeps its cause an object and its lists lists.
#![expect(clippy::disallowed_types, reason = "Parquet is written from a polars table")]

use std::borrow::Cow;
use std::io::{self, Write};
use std::ops::Deref;
use std::path::Path;

use chrono::{DateTime, Utc};
use polars::prelude::{
    Column as PolarsColumn, DataFrame, DataType, Field, Float64Chunked, Int64Chunked, IntoColumn, KeyValueMetadata,
    NewChunkedArray, ParquetWriter, PolarsError, Schema, StringChunkedBuilder, TimeUnit, TimeZone,
};
use serde::ser::{Serialize, SerializeMap, Serializer};
use thiserror::Error;

use crate::extract::unknown::Template;
use crate::model::diagnosis::{CauseEvent, Failure};
use crate::model::event::{Event, rfc3339};
use crate::model::id::Id;
use crate::model::name::Name;
use crate::parallel;
use crate::report::{Results, csv as csv_report, own};

/// Rows of one Parquet row group: what is held in memory a second time.
const ROW_GROUP: usize = 64 << 10;

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
    Parquet(#[from] PolarsError),
}

impl From<RowError> for io::Error {
    /// Keeps the kind of the error where `out` gave it: a broken pipe stays one.
    fn from(error: RowError) -> Self {
        match error {
            RowError::Io(error) => error,
            RowError::Csv(error) => csv_report::io_error(error),
            RowError::Parquet(error) => Self::other(error),
        }
    }
}

/// Writes one row a failed request, in the order of the results.
///
/// In CSV and Parquet the cause is five columns and lists are JSON text; what is absent is null, or empty.
///
/// # Errors
/// Gives a [`RowError`] where `out` does not take the bytes.
pub fn write_failures(results: &Results, format: RowFormat, out: &mut dyn Write) -> Result<(), RowError> {
    let rows: Vec<&Failure> = results.failures.iter().collect();
    match format {
        RowFormat::Jsonl => jsonl(&rows, |row| row, out),
        RowFormat::Csv => csv(&rows, FAILURE, results, out),
        RowFormat::Parquet => parquet(rows.into_iter(), FAILURE, results, out),
    }
}

/// Writes one row an event of the public vocabulary, in the order of the results.
///
/// # Errors
/// Gives a [`RowError`] where `out` does not take the bytes.
pub fn write_events(results: &Results, format: RowFormat, out: &mut dyn Write) -> Result<(), RowError> {
    let rows: Vec<&Event> = results.events.iter().filter(|event| event.kind.is_event()).collect();
    match format {
        RowFormat::Jsonl => jsonl(&rows, |row| Row { of: row, columns: EVENT, results }, out),
        RowFormat::Csv => csv(&rows, EVENT, results, out),
        RowFormat::Parquet => parquet(rows.into_iter(), EVENT, results, out),
    }
}

/// Writes one row a template of records that look like authentication trouble and match no signature.
///
/// # Errors
/// Gives a [`RowError`] where `out` does not take the bytes.
pub fn write_unknown(results: &Results, format: RowFormat, out: &mut dyn Write) -> Result<(), RowError> {
    let rows: Vec<&Template> = results.unknown.iter().collect();
    match format {
        RowFormat::Jsonl => jsonl(&rows, |row| Row { of: row, columns: UNKNOWN, results }, out),
        RowFormat::Csv => csv(&rows, UNKNOWN, results, out),
        RowFormat::Parquet => parquet(rows.into_iter(), UNKNOWN, results, out),
    }
}

/// A value as JSON text in one line.
pub(super) fn json_text(value: &impl Serialize) -> String {
    // Room for most lists of evidence: text that grows is text that moves.
    let mut text = Vec::with_capacity(512);
    let written = serde_json::to_writer(&mut text, value).ok().and_then(|()| String::from_utf8(text).ok());
    written.expect("derived plain data with string keys has a JSON form")
}

/// One column: its name, its type, and how it is read from a row.
struct Column<R: 'static>(&'static str, Get<R>);

/// How a value is read; the variant is the type of the column.
enum Get<R: 'static> {
    Text(for<'r> fn(&'r R, &'r Results) -> Option<Cow<'r, str>>),
    Whole(fn(&R) -> Option<i64>),
    Real(fn(&R) -> Option<f64>),
    Time(fn(&R) -> Option<DateTime<Utc>>),
}

use Get::{Real, Time, Whole};

const EVENT: &[Column<Event>] = &[
    Column("time", Time(|event| event.time)),
    Column("kind", Get::Text(|event, _| word(event.kind.as_str()))),
    Column("reason", Get::Text(|event, _| event.reason.map(|reason| Cow::Borrowed(reason.as_str())))),
    Column("sub", Get::Text(|event, _| name(event.sub))),
    Column("kid", Get::Text(|event, _| name(event.kid))),
    Column("iss", Get::Text(|event, _| name(event.claims.as_deref()?.iss))),
    Column("aud", Get::Text(|event, _| name(event.claims.as_deref()?.aud))),
    Column("alg", Get::Text(|event, _| name(event.shown.as_deref()?.alg))),
    Column("jti", Get::Text(|event, _| text(event.shown.as_deref()?.jti.as_deref()))),
    Column("iat", Whole(|event| event.claim(|claims| claims.iat))),
    Column("exp", Whole(|event| event.claim(|claims| claims.exp))),
    Column("client_ip", Get::Text(|event, _| name(event.client_ip))),
    Column("request_id", Get::Text(|event, _| id(event.request_id))),
    Column("trace_id", Get::Text(|event, _| id(event.trace_id))),
    Column("service", Get::Text(|event, _| name(event.service))),
    Column("host", Get::Text(|event, _| name(event.host))),
    Column("method", Get::Text(|event, _| name(event.method))),
    Column("path", Get::Text(|event, _| name(event.path))),
    Column("status", Whole(|event| event.status.map(i64::from))),
    Column("level", Get::Text(|event, _| name(event.shown.as_deref()?.level))),
    Column("message", Get::Text(|event, _| word(&event.shown.as_deref()?.message).filter(|message| !message.is_empty()))),
    Column("signature", Get::Text(|event, results| event.signature.and_then(|id| named(&results.signatures, id.place())))),
    Column("format", Get::Text(|event, _| name(event.shown.as_deref().map(|shown| shown.format)))),
    Column("file", Get::Text(|event, results| named(&results.files, event.place.stream.0))),
    Column("line", Whole(|event| whole(event.place.line))),
];

const FAILURE: &[Column<Failure>] = &[
    Column("failure_id", Get::Text(|failure, _| word(&failure.failure_id))),
    Column("pattern_id", Get::Text(|failure, _| word(failure.pattern_id.as_str()))),
    Column("time", Time(|failure| failure.time)),
    Column("reason", Get::Text(|failure, _| word(failure.reason.as_str()))),
    Column("sub", Get::Text(|failure, _| name(failure.sub))),
    Column("kid", Get::Text(|failure, _| name(failure.kid))),
    Column("iss", Get::Text(|failure, _| name(failure.iss))),
    Column("aud", Get::Text(|failure, _| name(failure.aud))),
    Column("client_ip", Get::Text(|failure, _| name(failure.client_ip))),
    Column("request_id", Get::Text(|failure, _| id(failure.request_id))),
    Column("trace_id", Get::Text(|failure, _| id(failure.trace_id))),
    Column("service", Get::Text(|failure, _| name(failure.service))),
    Column("method", Get::Text(|failure, _| name(failure.method))),
    Column("path", Get::Text(|failure, _| name(failure.path))),
    Column("status", Whole(|failure| failure.status.map(i64::from))),
    Column("root_cause", Get::Text(|failure, _| word(failure.root_cause.as_str()))),
    Column("variant", Get::Text(|failure, _| text(failure.variant))),
    Column("rule", Get::Text(|failure, _| word(failure.rule))),
    Column("confidence", Real(|failure| Some(failure.confidence))),
    Column("band", Get::Text(|failure, _| word(failure.band.as_str()))),
    Column("cause_kind", Get::Text(|failure, _| text(blamed(failure).map(|cause| cause.kind.as_str())))),
    Column("cause_time", Time(|failure| blamed(failure)?.time)),
    Column("cause_event_id", Get::Text(|failure, _| text(blamed(failure)?.event_id.as_deref()))),
    Column("cause_file", Get::Text(|failure, _| word(&blamed(failure)?.file))),
    Column("cause_line", Whole(|failure| whole(blamed(failure)?.line))),
    Column("evidence", Get::Text(|failure, _| Some(json_text(&failure.evidence).into()))),
    Column("counter", Get::Text(|failure, _| Some(json_text(&failure.counter).into()))),
    Column("alternatives", Get::Text(|failure, _| Some(json_text(&failure.alternatives).into()))),
    Column("seen_in", Get::Text(|failure, _| Some(json_text(&failure.seen_in).into()))),
];

const UNKNOWN: &[Column<Template>] = &[
    Column("count", Whole(|template| whole(template.count))),
    Column("template", Get::Text(|template, _| word(&template.text))),
    Column("format", Get::Text(|template, _| word(template.format))),
    Column("file", Get::Text(|template, results| named(&results.files, template.first.stream.0))),
    Column("line", Whole(|template| whole(template.first.line))),
    Column("example", Get::Text(|template, _| word(&template.example))),
];

#[expect(clippy::unnecessary_wraps, reason = "a column's value may be absent; this one never is")]
fn word(text: &str) -> Option<Cow<'_, str>> {
    Some(Cow::Borrowed(text))
}

fn text(text: Option<&str>) -> Option<Cow<'_, str>> {
    text.map(Cow::Borrowed)
}

fn name(name: Option<Name>) -> Option<Cow<'static, str>> {
    name.map(|name| Cow::Borrowed(name.as_str()))
}

fn id(id: Option<Id>) -> Option<Cow<'static, str>> {
    id.map(|id| Cow::Owned(id.to_string()))
}

fn named(names: &[impl Deref<Target = str>], place: u32) -> Option<Cow<'_, str>> {
    names.get(usize::try_from(place).ok()?).map(|name| Cow::Borrowed(&**name))
}

fn whole(number: u64) -> Option<i64> {
    i64::try_from(number).ok()
}

fn blamed(failure: &Failure) -> Option<&CauseEvent> {
    failure.cause.as_ref()
}

/// A row with its columns, as a JSON object.
struct Row<'r, R: 'static> {
    of: &'r R,
    columns: &'static [Column<R>],
    results: &'r Results,
}

impl<R> Serialize for Row<'_, R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(Some(self.columns.len()))?;
        for Column(name, get) in self.columns {
            match get {
                Get::Text(get) => object.serialize_entry(name, &get(self.of, self.results))?,
                Whole(get) => object.serialize_entry(name, &get(self.of))?,
                Real(get) => object.serialize_entry(name, &get(self.of))?,
                Time(get) => object.serialize_entry(name, &get(self.of).map(rfc3339))?,
            }
        }
        object.end()
    }
}

fn jsonl<'r, R: Sync, S: Serialize>(
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

fn csv<R: Sync + 'static>(rows: &[&R], columns: &[Column<R>], results: &Results, out: &mut dyn Write) -> Result<(), RowError> {
    let mut table = csv_report::writer(&mut *out);
    table.write_record(columns.iter().map(|Column(name, _)| name))?;
    table.flush()?;
    drop(table);
    in_pieces(rows, out, |piece, text| {
        let mut table = csv_report::writer(text);
        for row in piece {
            for Column(_, get) in columns {
                match get {
                    Get::Text(get) => {
                        table.write_field(csv_report::cell(&get(row, results).unwrap_or_default()).as_bytes())?;
                    }
                    Whole(get) => table.write_field(get(row).map_or_else(String::new, |number| number.to_string()))?,
                    Real(get) => table.write_field(get(row).map_or_else(String::new, |number| number.to_string()))?,
                    Time(get) => table.write_field(get(row).map_or_else(String::new, rfc3339))?,
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

fn parquet<'r, R: 'static>(
    rows: impl Iterator<Item = &'r R>,
    columns: &[Column<R>],
    results: &'r Results,
    out: &mut dyn Write,
) -> Result<(), RowError> {
    let mut out = Remembering { out, error: None };
    let written = row_groups(rows, columns, results, &mut out);
    match out.error {
        Some(error) => Err(error.into()),
        None => Ok(written?),
    }
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

/// Builds and writes one row group after another, so that no more than [`ROW_GROUP`] rows stand in memory twice.
fn row_groups<'r, R: 'static>(
    mut rows: impl Iterator<Item = &'r R>,
    columns: &[Column<R>],
    results: &'r Results,
    out: &mut Remembering<'_>,
) -> Result<(), PolarsError> {
    let mut file = ParquetWriter::new(out).with_key_value_metadata(Some(made_by())).batched(&schema(columns))?;
    loop {
        let group: Vec<&R> = rows.by_ref().take(ROW_GROUP).collect();
        if group.is_empty() {
            break;
        }
        let values = columns.iter().map(|column| polars_column(column, &group, results)).collect();
        file.write_batch(&DataFrame::new(group.len(), values)?)?;
    }
    file.finish()?;
    Ok(())
}

/// What tells that a Parquet file is ours.
fn made_by() -> KeyValueMetadata {
    KeyValueMetadata::from_static(vec![(own::PARQUET.to_owned(), env!("CARGO_PKG_VERSION").to_owned())])
}

/// The names of the columns of all three tables, in order.
pub(super) fn columns() -> [Vec<&'static str>; 3] {
    [names(FAILURE), names(EVENT), names(UNKNOWN)]
}

fn names<R>(columns: &[Column<R>]) -> Vec<&'static str> {
    columns.iter().map(|Column(name, _)| *name).collect()
}

fn schema<R>(columns: &[Column<R>]) -> Schema {
    let field = |Column(name, get): &Column<R>| {
        let of = match get {
            Get::Text(_) => DataType::String,
            Whole(_) => DataType::Int64,
            Real(_) => DataType::Float64,
            Time(_) => DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)),
        };
        Field::new((*name).into(), of)
    };
    columns.iter().map(field).collect()
}

fn polars_column<R>(Column(name, get): &Column<R>, rows: &[&R], results: &Results) -> PolarsColumn {
    let name = (*name).into();
    match get {
        Get::Text(get) => {
            let mut texts = StringChunkedBuilder::new(name, rows.len());
            for row in rows {
                texts.append_option(get(row, results));
            }
            texts.finish().into_column()
        }
        Whole(get) => Int64Chunked::from_iter_options(name, rows.iter().map(|row| get(row))).into_column(),
        Real(get) => Float64Chunked::from_iter_options(name, rows.iter().map(|row| get(row))).into_column(),
        Time(get) => Int64Chunked::from_iter_options(name, rows.iter().map(|row| get(row).map(|time| time.timestamp_micros())))
            .into_datetime(TimeUnit::Microseconds, Some(TimeZone::UTC))
            .into_column(),
    }
}

#[cfg(test)]
mod tests {
    use polars::prelude::{AnyValue, ParquetReader, SerReader};
    use serde_json::{Map, Value, json};

    use super::*;
    use crate::model::event::{EventKind, Place, StreamId};
    use crate::report::sample;

    type WriteRows = fn(&Results, RowFormat, &mut dyn Write) -> Result<(), RowError>;

    fn written(write: WriteRows, results: &Results, format: RowFormat) -> Vec<u8> {
        let mut out = Vec::new();
        write(results, format, &mut out).unwrap();
        out
    }

    fn objects(bytes: &[u8]) -> Vec<Map<String, Value>> {
        bytes
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect()
    }

    #[test]
    fn the_format_is_told_by_the_ending() {
        for (path, format) in [
            ("out/rows.jsonl", Some(RowFormat::Jsonl)),
            ("rows.CSV", Some(RowFormat::Csv)),
            ("a.b.parquet", Some(RowFormat::Parquet)),
            ("rows.json", None),
            ("csv", None),
            ("-", None),
        ] {
            assert_eq!(RowFormat::from_path(Path::new(path)), format, "{path}");
        }
    }

    #[test]
    fn event_columns_are_those_of_the_vocabulary() {
        let expected = "time kind reason sub kid iss aud alg jti iat exp client_ip request_id trace_id service host method path \
                        status level message signature format file line";
        assert_eq!(names(EVENT).join(" "), expected);
    }

    #[test]
    fn failure_columns_are_the_fields_of_a_failure_with_its_cause_flattened() {
        let object = &objects(&written(write_failures, &sample::results(), RowFormat::Jsonl))[0];
        let mut expected = Vec::new();
        for key in object.keys() {
            match key.as_str() {
                "cause" => expected.extend(["cause_kind", "cause_time", "cause_event_id", "cause_file", "cause_line"]),
                key => expected.push(key),
            }
        }
        assert_eq!(names(FAILURE), expected);
        assert!(object["cause"].is_object() && object["seen_in"].is_array());
    }

    #[test]
    fn an_event_is_a_json_line_with_nulls_and_only_public_kinds_are_written() {
        let rows = objects(&written(write_events, &sample::results(), RowFormat::Jsonl));
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].keys().collect::<Vec<_>>(), names(EVENT));
        assert_eq!(rows[0]["time"], "2026-03-01T09:58:00.000000Z");
        assert_eq!(rows[0]["kind"], "user_deleted");
        assert_eq!((&rows[0]["reason"], &rows[0]["message"], &rows[0]["signature"]), (&Value::Null, &Value::Null, &Value::Null));
        assert_eq!(rows[1]["time"], "2026-03-01T10:00:05.250000Z");
        assert_eq!(rows[1]["signature"], "supabase-auth.sub-not-found");
        assert_eq!((&rows[1]["file"], &rows[1]["line"], &rows[1]["exp"]), (&json!("logs/orders.log"), &json!(44), &json!(-5)));
    }

    #[test]
    fn all_three_formats_tell_the_same() {
        let results = sample::results();
        let events = objects(&written(write_events, &results, RowFormat::Jsonl));
        let bytes = written(write_events, &results, RowFormat::Csv);
        let mut table = csv::Reader::from_reader(&bytes[..]);
        assert_eq!(table.headers().unwrap().iter().collect::<Vec<_>>(), names(EVENT));
        let records: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
        let frame = ParquetReader::new(io::Cursor::new(written(write_events, &results, RowFormat::Parquet))).finish().unwrap();
        assert_eq!(frame.get_column_names().into_iter().map(AsRef::as_ref).collect::<Vec<&str>>(), names(EVENT));
        assert_eq!((records.len(), frame.height()), (events.len(), events.len()));
        for (index, object) in events.iter().enumerate() {
            for (column, (name, value)) in object.iter().enumerate() {
                let text =
                    value.as_str().map_or_else(|| if value.is_null() { String::new() } else { value.to_string() }, str::to_owned);
                let shown = if value.is_string() { csv_report::cell(&text).into_owned() } else { text.clone() };
                assert_eq!(records[index][column], shown, "{name}");
                let cell = frame.column(name).unwrap().get(index).unwrap();
                assert_eq!(cell.is_null(), value.is_null(), "{name}");
                let told = match cell {
                    AnyValue::Null => String::new(),
                    AnyValue::Datetime(micros, TimeUnit::Microseconds, Some(zone)) if *zone == TimeZone::UTC => {
                        rfc3339(DateTime::from_timestamp_micros(micros).unwrap())
                    }
                    other => other.str_value().to_string(),
                };
                assert_eq!(told, text, "{name}");
            }
        }
    }

    #[test]
    fn a_failure_in_csv_and_parquet_is_flat() {
        let results = sample::results();
        let bytes = written(write_failures, &results, RowFormat::Csv);
        let mut table = csv::Reader::from_reader(&bytes[..]);
        let at = |name: &str| names(FAILURE).iter().position(|column| *column == name).unwrap();
        let records: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
        assert_eq!(&records[0][at("cause_event_id")], "'-17");
        assert_eq!(&records[0][at("sub")], "'=cmd()");
        assert_eq!(&records[0][at("seen_in")], r#"[{"file":"logs/orders.log","line":44}]"#);
        assert_eq!((&records[1][at("cause_kind")], &records[1][at("cause_line")]), ("", ""));
        assert_eq!(&records[1][at("alternatives")], "[]");
        let frame = ParquetReader::new(io::Cursor::new(written(write_failures, &results, RowFormat::Parquet))).finish().unwrap();
        assert_eq!(frame.column("sub").unwrap().str().unwrap().get(0), Some("=cmd()"));
        assert_eq!(frame.column("cause_line").unwrap().i64().unwrap().get(0), Some(12));
        assert_eq!(frame.column("cause_line").unwrap().i64().unwrap().get(1), None);
        assert_eq!(frame.column("confidence").unwrap().f64().unwrap().get(0), Some(0.97));
    }

    #[test]
    fn no_rows_are_still_a_file_with_its_columns() {
        let mut results = sample::results();
        results.events.clear();
        assert!(written(write_events, &results, RowFormat::Jsonl).is_empty());
        let table = String::from_utf8(written(write_events, &results, RowFormat::Csv)).unwrap();
        assert_eq!(table.lines().count(), 1);
        let frame = ParquetReader::new(io::Cursor::new(written(write_events, &results, RowFormat::Parquet))).finish().unwrap();
        assert_eq!((frame.height(), frame.width()), (0, EVENT.len()));
    }

    #[test]
    fn more_rows_than_a_group_keep_their_order_and_their_bytes() {
        let mut results = sample::results();
        let event = |line| Event::bare(EventKind::AuthSuccess, Place { stream: StreamId(0), line });
        let rows = ROW_GROUP as u64 + 7;
        results.events = (1..=rows).map(event).collect();
        let bytes = written(write_events, &results, RowFormat::Parquet);
        assert_eq!(bytes, written(write_events, &results, RowFormat::Parquet));
        let frame = ParquetReader::new(io::Cursor::new(bytes)).finish().unwrap();
        assert_eq!(frame.height() as u64, rows);
        let lines = frame.column("line").unwrap().i64().unwrap();
        assert!(lines.into_no_null_iter().eq(1..=i64::try_from(rows).unwrap()));
    }

    #[test]
    fn an_error_of_the_output_keeps_its_kind() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        for format in [RowFormat::Jsonl, RowFormat::Csv, RowFormat::Parquet] {
            let error = write_events(&sample::results(), format, &mut Closed).unwrap_err();
            assert_eq!(io::Error::from(error).kind(), io::ErrorKind::BrokenPipe, "{format:?}");
        }
    }
}
