//! The report as JSON: the form the other programs read.

use std::io::{self, Write};

use serde::Serialize;

use crate::report::Report;

/// Writes the report as indented JSON and a final newline; times are RFC 3339 in UTC, to the microsecond.
///
/// # Errors
/// Gives the error of `out`.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    out.write_all(b"\n")
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

    use crate::report::sample;

    #[test]
    fn the_report_is_one_value_and_a_newline() {
        let mut out = Vec::new();
        super::write(&sample::report(), &mut out).unwrap();
        assert!(out.ends_with(b"}\n"));
        let value: Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(value["schema_version"], crate::report::SCHEMA_VERSION);
        assert_eq!(value["patterns"][0]["root_cause"], "unexplained");
        assert_eq!(value["patterns"][1]["first"], "2026-03-01T10:00:05.250000Z");
        assert_eq!(value["patterns"][1]["last"], "2026-03-01T10:59:00.000000Z");
    }
}
