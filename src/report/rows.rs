//! Rows of `--failures`, `--events` and `--unknown`: one a failed request, an event, a template, as JSON lines, CSV or
//! Parquet.
//!
//! A table of columns defines a row (`rows/failures.rs`, `rows/events.rs`, `rows/unknown.rs`); the formats are written
//! from it and know no column by name (`rows/write.rs`). Only the JSON form of a failure is richer: it keeps its cause an
//! object and its lists lists.

mod events;
mod failures;
mod row;
mod unknown;
mod write;

use std::io::Write;

use crate::extract::unknown::Template;
use crate::model::diagnosis::Failure;
use crate::report::results::Results;
use events::EventRow;
use failures::FAILURE;
use row::{Names, Row};
use unknown::UNKNOWN;
use write::{csv, jsonl, parquet};

pub(super) use write::PARQUET_KEY;
pub use write::{RowError, RowFormat};

/// Writes one row a failed request, in the order of the results.
///
/// In CSV and Parquet the cause is five columns and lists are JSON text; what is absent is null, or empty.
///
/// # Errors
/// Gives a [`RowError`] where `out` does not take the bytes.
pub fn write_failures(results: &Results, format: RowFormat, out: &mut dyn Write) -> Result<(), RowError> {
    let rows: Vec<&Failure> = results.failures.iter().collect();
    let names = &Names::of(results);
    match format {
        RowFormat::Jsonl => jsonl(&rows, |row| row, out),
        RowFormat::Csv => csv(&rows, FAILURE, names, out),
        RowFormat::Parquet => parquet(&rows, FAILURE, names, out),
    }
}

/// Writes one row an event, in the order of streams and lines; then the other requests that correlation reads, and last
/// the row that describes the scan.
///
/// # Errors
/// Gives a [`RowError`] where `out` does not take the bytes.
pub fn write_events(results: &Results, format: RowFormat, out: &mut dyn Write) -> Result<(), RowError> {
    let rows = events::rows(results);
    // CSV is for people, and is not read back.
    let is_written = |row: &&EventRow<'_>| format != RowFormat::Csv || row.is_for_people();
    let rows: Vec<&EventRow<'_>> = rows.iter().filter(is_written).collect();
    let (columns, names) = (&events::columns(), &Names::of(results));
    match format {
        RowFormat::Jsonl => jsonl(&rows, |row| Row { of: row, columns, names }, out),
        RowFormat::Csv => csv(&rows, columns, names, out),
        RowFormat::Parquet => parquet(&rows, columns, names, out),
    }
}

/// Writes one row a template of records that look like authentication trouble and match no signature.
///
/// # Errors
/// Gives a [`RowError`] where `out` does not take the bytes.
pub fn write_unknown(results: &Results, format: RowFormat, out: &mut dyn Write) -> Result<(), RowError> {
    let rows: Vec<&Template> = results.unknown.iter().collect();
    let names = &Names::of(results);
    match format {
        RowFormat::Jsonl => jsonl(&rows, |row| Row { of: row, columns: UNKNOWN, names }, out),
        RowFormat::Csv => csv(&rows, UNKNOWN, names, out),
        RowFormat::Parquet => parquet(&rows, UNKNOWN, names, out),
    }
}

/// The names of the columns of all three tables, in order.
pub(super) fn columns() -> [Vec<&'static str>; 3] {
    [row::names(FAILURE), row::names(&events::columns()), row::names(UNKNOWN)]
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::Path;

    use serde_json::{Map, Value, json};

    use super::row::names;
    use super::*;
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
    fn the_format_follows_from_the_ending() {
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
        assert!(names(&events::columns()).join(" ").starts_with(expected));
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
    fn what_was_inferred_is_the_same_list_in_json_and_csv() {
        let objects = objects(&written(write_failures, &sample::results(), RowFormat::Jsonl));
        let bytes = written(write_failures, &sample::results(), RowFormat::Csv);
        let mut table = csv::Reader::from_reader(&bytes[..]);
        let at = names(FAILURE).iter().position(|column| *column == "inferred").unwrap();
        let cells: Vec<String> = table.records().map(|record| record.unwrap()[at].to_owned()).collect();
        assert_eq!(
            cells,
            [r#"[{"field":"seen_in","how":"path","from":{"file":"logs/gw.log","line":7},"ambiguous":true}]"#, "[]"]
        );
        for (object, cell) in objects.iter().zip(&cells) {
            assert_eq!(object["inferred"].to_string(), *cell);
        }
    }

    #[test]
    fn an_event_is_a_json_line_with_nulls() {
        let rows = objects(&written(write_events, &sample::results(), RowFormat::Jsonl));
        assert_eq!(rows.len(), 3);
        let rows: Vec<&Map<String, Value>> = rows.iter().filter(|row| row["kind"] != "request").collect();
        assert_eq!(rows[0].keys().collect::<Vec<_>>(), names(&events::columns()));
        assert_eq!(rows[0]["time"], "2026-03-01T09:58:00.000000Z");
        assert_eq!(rows[0]["kind"], "user_deleted");
        assert_eq!((&rows[0]["reason"], &rows[0]["message"], &rows[0]["signature"]), (&Value::Null, &Value::Null, &Value::Null));
        assert_eq!(rows[1]["time"], "2026-03-01T10:00:05.250000Z");
        assert_eq!(rows[1]["signature"], "supabase-auth.sub-not-found");
        assert_eq!((&rows[1]["file"], &rows[1]["line"], &rows[1]["exp"]), (&json!("logs/orders.log"), &json!(44), &json!(-5)));
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
        for format in [RowFormat::Jsonl, RowFormat::Csv, RowFormat::Parquet].into_iter().filter(|format| format.check().is_ok()) {
            let error = write_events(&sample::results(), format, &mut Closed).unwrap_err();
            assert_eq!(io::Error::from(error).kind(), io::ErrorKind::BrokenPipe, "{format:?}");
        }
    }

    /// What the other formats say is what a Parquet file says.
    #[cfg(feature = "parquet")]
    mod with_parquet {
        use chrono::DateTime;
        use polars::prelude::{AnyValue, ParquetReader, SerReader, TimeUnit, TimeZone};

        use super::*;
        use crate::model::event::{Event, EventKind, Place, StreamId, rfc3339};
        use crate::report::escape::cell;
        use crate::report::rows::write::ROW_GROUP;

        #[test]
        fn all_three_formats_tell_the_same() {
            let results = sample::results();
            let events = objects(&written(write_events, &results, RowFormat::Jsonl));
            let bytes = written(write_events, &results, RowFormat::Csv);
            let mut table = csv::Reader::from_reader(&bytes[..]);
            assert_eq!(table.headers().unwrap().iter().collect::<Vec<_>>(), names(&events::columns()));
            let records: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
            assert_eq!(records.len(), 2, "a table for people has the public kinds alone");
            let frame =
                ParquetReader::new(io::Cursor::new(written(write_events, &results, RowFormat::Parquet))).finish().unwrap();
            assert_eq!(frame.get_column_names().into_iter().map(AsRef::as_ref).collect::<Vec<&str>>(), names(&events::columns()));
            assert_eq!(frame.height(), events.len());
            let mut records = records.iter();
            for (index, object) in events.iter().enumerate() {
                let record = (object["kind"] != "request").then(|| records.next()).flatten();
                for (column, (name, value)) in object.iter().enumerate() {
                    let text = value
                        .as_str()
                        .map_or_else(|| if value.is_null() { String::new() } else { value.to_string() }, str::to_owned);
                    let shown = if value.is_string() { cell(&text).into_owned() } else { text.clone() };
                    if let Some(record) = record {
                        assert_eq!(record[column], shown, "{name}");
                    }
                    let cell = frame.column(name).unwrap().get(index).unwrap();
                    assert_eq!(cell.is_null(), value.is_null(), "{name}");
                    let read = match cell {
                        AnyValue::Null => String::new(),
                        AnyValue::Datetime(micros, TimeUnit::Microseconds, Some(zone)) if *zone == TimeZone::UTC => {
                            rfc3339(DateTime::from_timestamp_micros(micros).unwrap())
                        }
                        other => other.str_value().to_string(),
                    };
                    assert_eq!(read, text, "{name}");
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
            let frame =
                ParquetReader::new(io::Cursor::new(written(write_failures, &results, RowFormat::Parquet))).finish().unwrap();
            assert_eq!(frame.column("sub").unwrap().str().unwrap().get(0), Some("=cmd()"));
            let inferred = frame.column("inferred").unwrap().str().unwrap();
            assert_eq!((inferred.get(0), inferred.get(1)), (Some(&records[0][at("inferred")]), Some("[]")));
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
            let frame =
                ParquetReader::new(io::Cursor::new(written(write_events, &results, RowFormat::Parquet))).finish().unwrap();
            assert_eq!((frame.height(), frame.width()), (0, events::columns().len()));
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
    }
}
