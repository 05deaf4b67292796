//! The report as JSON: the form the other programs read.

use std::io::{self, Write};

use crate::report::Report;

/// Writes the report as indented JSON and a final newline; times are RFC 3339 in UTC, to the microsecond.
///
/// # Errors
/// Gives the error of `out`.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    out.write_all(b"\n")
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
