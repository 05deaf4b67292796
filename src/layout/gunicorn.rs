//! The error log of gunicorn.

use nom::character::complete::{char, digit1, space1};
use nom::combinator::verify;
use nom::sequence::{delimited, terminated};

use crate::layout::entry::{Entry, Layout, Sample};
use crate::layout::fields::Fields;
use crate::layout::level::is_level;
use crate::layout::message::entry;
use crate::layout::parsers::{complete, group, stamp_in_brackets};

/// `gunicorn`: `[2026-08-22 12:00:00 +0000] [17] [ERROR] text`.
pub(super) struct Gunicorn;

impl Layout for Gunicorn {
    fn name(&self) -> &'static str {
        "gunicorn"
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        let pid = delimited(char('['), digit1, char(']'));
        let head = (terminated(stamp_in_brackets, space1), terminated(pid, space1), verify(group, is_level));
        let (text, ((stamp, _), pid, level)) = complete(head, record.trim())?;
        let mut fields = Fields::default();
        fields.push("pid", pid);
        Some(entry("gunicorn", Some(stamp), Some(level), text, fields))
    }

    fn samples(&self) -> &'static [Sample] {
        SAMPLES
    }
}

static SAMPLES: &[Sample] = &[
    Sample {
        record: "[2026-08-22 12:00:00 +0000] [17] [WARNING] GET /billing/invoices/2768 401: Token has been revoked",
        time: Some("2026-08-22T12:00:00Z"),
        level: Some("WARNING"),
        message: "GET /billing/invoices/2768 401: Token has been revoked",
        fields: &[("method", "GET"), ("path", "/billing/invoices/2768"), ("status", "401")],
    },
    Sample {
        record: "[2026-11-23 12:12:35 +0000] [418] [ERROR] Exception on /billing/invoices/1881 [GET]\nTraceback (most recent call last):",
        time: Some("2026-11-23T12:12:35Z"),
        level: Some("ERROR"),
        message: "Exception on /billing/invoices/1881 [GET]\nTraceback (most recent call last):",
        fields: &[("path", "/billing/invoices/1881"), ("method", "GET")],
    },
];
