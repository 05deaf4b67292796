//! The access log of uvicorn.

use std::borrow::Cow;

use nom::bytes::complete::{tag, take_while1};
use nom::character::complete::{char, space1};
use nom::combinator::{opt, verify};
use nom::sequence::terminated;

use crate::layout::access::entry;
use crate::layout::address::without_port;
use crate::layout::entry::{Entry, Layout, Sample};
use crate::layout::fields::Fields;
use crate::layout::level::is_level;
use crate::layout::lines::first_line;
use crate::layout::parsers::{complete, quoted, stamp, status, word};

/// `uvicorn`: `INFO:     203.0.113.24:51844 - "GET /users/me HTTP/1.1" 401 Unauthorized`.
pub(super) struct Uvicorn;

impl Layout for Uvicorn {
    fn name(&self) -> &'static str {
        "uvicorn"
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        let level = verify(take_while1(|c: char| c.is_ascii_uppercase()), is_level);
        let head = (
            opt(terminated(stamp, space1)),
            terminated(level, (opt(char(':')), space1)),
            terminated(word, tag(" - ")),
            terminated(quoted, space1),
            status,
        );
        let (_, (stamp, level, peer, request, status)) = complete(head, first_line(record.trim_start()))?;
        let mut fields = Fields::default();
        fields.push("client_ip", without_port(peer));
        let entry = entry("uvicorn", stamp, request, status, fields);
        Some(Entry { level: Some(Cow::Borrowed(level)), ..entry })
    }

    fn samples(&self) -> &'static [Sample] {
        SAMPLES
    }
}

static SAMPLES: &[Sample] = &[Sample {
    record: r#"INFO:     203.0.113.24:51844 - "GET /users/me HTTP/1.1" 401 Unauthorized"#,
    time: None,
    level: Some("INFO"),
    message: "GET /users/me 401",
    fields: &[("client_ip", "203.0.113.24"), ("status", "401")],
}];
