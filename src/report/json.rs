//! The report as JSON: the form the other programs read.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::model::report::{Report, SCHEMA_VERSION, SchemaVersion};

/// Writes the report as indented JSON and a final newline; times are RFC 3339 in UTC, to the microsecond.
///
/// # Errors
/// Gives the error of `out`.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    out.write_all(b"\n")
}

/// Why a report could not be read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// It is of a version that this program does not know.
    #[error("the report is of schema {0}; this version of jwtriage reads schema {SCHEMA_VERSION}")]
    OtherVersion(String),
    /// It is no report, or was cut.
    #[error("not a JSON report of jwtriage: {0}")]
    NoReport(#[from] serde_json::Error),
}

/// Reads a report that [`write`] wrote.
///
/// # Errors
/// Gives a [`ReadError`] for a report of another schema and for what is no report.
pub fn read(json: &[u8]) -> Result<Report, ReadError> {
    /// All that reports of every version have.
    #[derive(Deserialize)]
    struct Head {
        schema_version: String,
    }
    let head: Head = serde_json::from_slice(json)?;
    if !SchemaVersion::reads(&head.schema_version) {
        return Err(ReadError::OtherVersion(head.schema_version));
    }
    Ok(serde_json::from_slice(json)?)
}

/// A value as JSON text in one line.
pub(super) fn text_of(value: &impl Serialize) -> String {
    // Room for most lists of evidence: text that grows is text that moves.
    let mut text = Vec::with_capacity(512);
    let written = serde_json::to_writer(&mut text, value).ok().and_then(|()| String::from_utf8(text).ok());
    written.expect("derived plain data with string keys has a JSON form")
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use crate::model::diagnosis::Failure;
    use crate::report::sample;

    #[test]
    fn a_report_reads_back_as_it_was() {
        for report in [sample::report(), sample::quiet()] {
            let mut out = Vec::new();
            super::write(&report, &mut out).unwrap();
            assert_eq!(super::read(&out).unwrap(), report);
        }
    }

    #[test]
    fn failures_read_back_as_they_were() {
        for failure in sample::results().failures {
            assert_eq!(serde_json::from_str::<Failure>(&super::text_of(&failure)).unwrap(), failure);
        }
    }

    #[test]
    fn a_report_of_another_version_is_refused_by_its_version() {
        let error = |json: &str| super::read(json.as_bytes()).unwrap_err().to_string();
        let other = error(r#"{"new": 1, "schema_version": "2.0"}"#);
        assert_eq!(other, "the report is of schema 2.0; this version of jwtriage reads schema 1.0");
        assert!(error(r#"{"schema_version": "1.0"}"#).starts_with("not a JSON report of jwtriage: missing field `run`"));
        assert!(error("PAR1").starts_with("not a JSON report of jwtriage: "));
    }

    #[test]
    fn the_report_is_one_value_and_a_newline() {
        let mut out = Vec::new();
        super::write(&sample::report(), &mut out).unwrap();
        assert!(out.ends_with(b"}\n"));
        let value: Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(value["schema_version"], crate::model::report::SCHEMA_VERSION);
        assert_eq!(value["patterns"][0]["root_cause"], "unexplained");
        assert_eq!(value["patterns"][1]["first"], "2026-03-01T10:00:05.250000Z");
        assert_eq!(value["patterns"][1]["last"], "2026-03-01T10:59:00.000000Z");
    }
}
