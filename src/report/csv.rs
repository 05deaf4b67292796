//! The report as CSV: one row a pattern, for spreadsheets and scripts.
//!
//! RFC 4180. Cells that a spreadsheet would run as a formula are disarmed: see `escape::cell`.

use std::borrow::Cow;
use std::io::{self, Write};

use csv::{Terminator, Writer, WriterBuilder};

use crate::model::event::rfc3339;
use crate::model::pattern::Pattern;
use crate::model::report::Report;
use crate::model::words::Variant;
use crate::report::escape::cell;
use crate::report::json::text_of;

pub(super) const COLUMNS: [&str; 25] = [
    "pattern_id",
    "root_cause",
    "variant",
    "reason",
    "service",
    "rule",
    "band",
    "confidence",
    "severity",
    "failures",
    "subjects",
    "clients",
    "first",
    "last",
    "cause_kind",
    "cause_time",
    "cause_event_id",
    "cause_file",
    "cause_line",
    "fix",
    "samples",
    "top_clients",
    "top_subjects",
    "top_kids",
    "inferred",
];

/// Writes a header and one row a pattern, in the order of the report. What is absent is an empty cell; `samples` and
/// what begins with `top_` are JSON text.
///
/// # Errors
/// Gives the error of `out`.
pub fn write(report: &Report, out: &mut dyn Write) -> Result<(), csv::Error> {
    let mut table = writer(out);
    table.write_record(COLUMNS)?;
    for pattern in &report.patterns {
        table.write_record(record(pattern).iter().map(|text| cell(text).into_owned()))?;
    }
    Ok(table.flush()?)
}

/// The error of the output within an error of CSV, with its kind: a broken pipe stays one.
pub fn io_error(error: csv::Error) -> io::Error {
    if !error.is_io_error() {
        return io::Error::other(error);
    }
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// A writer as every CSV of ours is written: RFC 4180, lines ended by CR LF.
pub(super) fn writer(out: &mut dyn Write) -> Writer<&mut dyn Write> {
    WriterBuilder::new().terminator(Terminator::CRLF).from_writer(out)
}

fn record(pattern: &Pattern) -> [Cow<'_, str>; COLUMNS.len()] {
    let text = |text: Option<&'_ str>| Cow::Owned(text.unwrap_or("").to_owned());
    let cause = pattern.cause.as_ref();
    let time = |time: Option<_>| Cow::Owned(time.map_or_else(String::new, rfc3339));
    [
        Cow::Borrowed(&pattern.pattern_id),
        pattern.root_cause.as_str().into(),
        text(pattern.variant.map(Variant::as_str)),
        pattern.reason.as_str().into(),
        text(pattern.service.as_deref()),
        pattern.rule.as_str().into(),
        pattern.band.as_str().into(),
        pattern.confidence.to_string().into(),
        pattern.severity.as_str().into(),
        pattern.failures.to_string().into(),
        pattern.subjects.to_string().into(),
        pattern.clients.to_string().into(),
        time(pattern.first),
        time(pattern.last),
        text(cause.map(|cause| cause.kind.as_str())),
        time(cause.and_then(|cause| cause.time)),
        text(cause.and_then(|cause| cause.event_id.as_deref())),
        text(cause.map(|cause| cause.file.as_str())),
        cause.map_or_else(String::new, |cause| cause.line.to_string()).into(),
        Cow::Borrowed(&pattern.fix),
        text_of(&pattern.samples).into(),
        text_of(&pattern.top_clients).into(),
        text_of(&pattern.top_subjects).into(),
        text_of(&pattern.top_kids).into(),
        pattern.inferred.to_string().into(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_pattern_is_a_row_with_the_columns_of_the_vocabulary() {
        let mut out = Vec::new();
        write(&sample::report(), &mut out).unwrap();
        assert!(out.windows(2).any(|end| end == b"\r\n"));
        let mut table = csv::Reader::from_reader(&out[..]);
        assert_eq!(table.headers().unwrap(), &COLUMNS[..]);
        let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 2);
        let value = |name: &str| &rows[1][COLUMNS.iter().position(|column| *column == name).unwrap()];
        assert_eq!(value("root_cause"), "user_deleted");
        assert_eq!(value("confidence"), "0.97");
        assert_eq!(value("first"), "2026-03-01T10:00:05.250000Z");
        assert_eq!(value("cause_event_id"), "'-17");
        assert_eq!(value("cause_line"), "12");
        assert_eq!(value("inferred"), "5");
        assert_eq!(
            value("samples"),
            r#"[{"file":"logs/orders.log","line":44,"text":"user is gone"},{"file":"logs/orders.log","line":50,"text":null}]"#
        );
        assert_eq!(&rows[0][COLUMNS.iter().position(|column| *column == "cause_line").unwrap()], "");
    }
}
