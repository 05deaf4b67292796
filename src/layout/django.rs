//! The layouts of Python's `logging` in use: Django's verbose one and those that begin with the time.

use nom::Parser;
use nom::bytes::complete::{tag, take_while1};
use nom::character::complete::{digit1, space1};
use nom::combinator::verify;
use nom::sequence::terminated;

use crate::layout::entry::{Entry, Layout, Sample};
use crate::layout::fields::Fields;
use crate::layout::level::PYTHON_LEVELS;
use crate::layout::logger::is_name;
use crate::layout::message::entry;
use crate::layout::parsers::{Parsed, complete, group, stamp, word};

/// `django`: the layouts of Python's `logging` in use: Django's verbose one and those that begin with the time.
pub(super) struct Django;

impl Layout for Django {
    fn name(&self) -> &'static str {
        "django"
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        let record = record.trim();
        verbose(record).or_else(|| dashed(record)).or_else(|| bracketed(record))
    }

    fn samples(&self) -> &'static [Sample] {
        SAMPLES
    }
}

fn python_level(input: &str) -> Parsed<'_, &str> {
    verify(take_while1(|c: char| c.is_ascii_uppercase()), |level: &str| PYTHON_LEVELS.contains(&level)).parse(input)
}

/// `LEVEL 2026-11-23 13:12:23,564 logger pid tid message`.
fn verbose(record: &str) -> Option<Entry<'_>> {
    let head = (
        terminated(python_level, space1),
        terminated(stamp, space1),
        terminated(word, space1),
        terminated(digit1, space1),
        terminated(digit1, space1),
    );
    let (text, (level, stamp, logger, ..)) = complete(head, record)?;
    let mut fields = Fields::default();
    fields.push("logger", logger);
    Some(entry("django", Some(stamp), Some(level), text, fields))
}

/// `2026-08-22 12:00:00,123 - name - LEVEL - message`, Synapse's with a line and a request among them.
fn dashed(record: &str) -> Option<Entry<'_>> {
    let (mut rest, stamp) = complete(terminated(stamp, tag(" - ")), record)?;
    let mut fields = Fields::default();
    let mut line = false;
    for _ in 0..3 {
        let (segment, after) = rest.split_once(" - ")?;
        let segment = segment.trim();
        if PYTHON_LEVELS.contains(&segment) {
            let (id, text) = after.split_once(" - ").filter(|_| line).unwrap_or(("", after));
            fields.push("request_id", id.trim());
            return Some(entry("django", Some(stamp), Some(segment), text, fields));
        }
        if segment.contains(' ') {
            return None;
        }
        line = !segment.is_empty() && segment.bytes().all(|b| b.is_ascii_digit());
        if !line {
            fields.push("logger", segment);
        }
        rest = after;
    }
    None
}

/// `2026-08-22 12:00:00,123 LEVEL [logger] message`.
fn bracketed(record: &str) -> Option<Entry<'_>> {
    // Tomcat's `22-Aug-2026` has the thread in the brackets.
    if record.get(4..5) != Some("-") {
        return None;
    }
    let head = (terminated(stamp, space1), terminated(python_level, space1), terminated(verify(group, is_name), space1));
    let (text, (stamp, level, logger)) = complete(head, record)?;
    let mut fields = Fields::default();
    fields.push("logger", logger);
    Some(entry("django", Some(stamp), Some(level), text, fields))
}

static SAMPLES: &[Sample] = &[
    Sample {
        record: "WARNING 2026-11-23 13:12:23,564 accounts.auth 27570 140350662216576 rejected GET /accounts/v1/me/: User not found code=user_not_found",
        time: Some("2026-11-23T13:12:23.564Z"),
        level: Some("WARNING"),
        message: "rejected GET /accounts/v1/me/: User not found code=user_not_found",
        fields: &[("code", "user_not_found"), ("path", "/accounts/v1/me/"), ("logger", "accounts.auth")],
    },
    Sample {
        record: "2026-08-22 12:00:00,123 - app.auth - WARNING - Signature has expired",
        time: Some("2026-08-22T12:00:00.123Z"),
        level: Some("WARNING"),
        message: "Signature has expired",
        fields: &[("logger", "app.auth")],
    },
    Sample {
        record: "2021-01-05 09:45:39,865 - synapse.auth - 137 - INFO - POST-9557 - User authenticated - not lazy",
        time: Some("2021-01-05T09:45:39.865Z"),
        level: Some("INFO"),
        message: "User authenticated - not lazy",
        fields: &[("request_id", "POST-9557")],
    },
    Sample {
        record: "2026-08-22 12:00:00,123 ERROR [app.auth] Signature has expired",
        time: Some("2026-08-22T12:00:00.123Z"),
        level: Some("ERROR"),
        message: "Signature has expired",
        fields: &[("logger", "app.auth")],
    },
];
