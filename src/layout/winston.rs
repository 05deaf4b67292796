//! The simple layouts of winston: time, a small level with a colon, text, an object.

use nom::Parser;
use nom::bytes::complete::take_while1;
use nom::character::complete::{char, space1};
use nom::combinator::{opt, verify};
use nom::sequence::{delimited, terminated};

use crate::layout::entry::{Entry, Layout, Sample};
use crate::layout::fields::Fields;
use crate::layout::level::{SHOUTED, is_level};
use crate::layout::message::entry;
use crate::layout::parsers::{complete, stamp, stamp_in_brackets};

/// `winston`: `2026-08-22T12:00:00.518Z error: jwt expired {"sub":"u1"}`.
pub(super) struct Winston;

impl Layout for Winston {
    fn name(&self) -> &'static str {
        "winston"
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        let record = record.trim();
        let stamp = opt(terminated(stamp.or(stamp_in_brackets.map(|(stamp, _)| stamp)), space1));
        // Go's own log has `2026/08/22 12:00:00 http: ...` from its HTTP server.
        let http = record.get(4..5) == Some("-");
        let level = verify(take_while1(|c: char| c.is_ascii_lowercase()), move |level: &str| {
            (is_level(level) && !SHOUTED.contains(&level)) || (http && level == "http")
        });
        let level = delimited(opt(char('[')), level, (opt(char(']')), char(':'), space1));
        let (text, (stamp, level)) = complete((stamp, level), record)?;
        // Without a time, `error: text` is anyone's.
        if stamp.is_none() && !text.ends_with('}') {
            return None;
        }
        Some(entry("winston", stamp, Some(level), text, Fields::default()))
    }

    fn samples(&self) -> &'static [Sample] {
        SAMPLES
    }
}

static SAMPLES: &[Sample] = &[
    Sample {
        record: r#"2026-08-22T12:00:00.518Z error: jwt expired {"sub":"u1"}"#,
        time: Some("2026-08-22T12:00:00.518Z"),
        level: Some("error"),
        message: "jwt expired",
        fields: &[("sub", "u1")],
    },
    Sample {
        record: r#"2026-11-23T11:59:33.199Z warn: token rejected: no such user e16a {"requestId":"3b17c6e7","ip":"203.0.113.224"}"#,
        time: Some("2026-11-23T11:59:33.199Z"),
        level: Some("warn"),
        message: "token rejected: no such user e16a",
        fields: &[("requestId", "3b17c6e7")],
    },
];
