//! The log of `CockroachDB`, whose version 2 marks what is sensitive and numbers its entries.

use nom::bytes::complete::take_till1;
use nom::character::complete::{digit1, multispace1, space1};
use nom::sequence::terminated;

use crate::layout::entry::{Entry, Layout, Sample};
use crate::layout::fields::Fields;
use crate::layout::message::entry;
use crate::layout::parsers::{complete, stamp};

/// `cockroachdb`: `I260822 12:00:00.123456 2145 4@util/log/event_log.go:32 ⋮ [n1,client=1.2.3.4:5,user=‹u›] 17 ={json}`.
pub(super) struct Cockroach;

impl Layout for Cockroach {
    fn name(&self) -> &'static str {
        "cockroachdb"
    }

    /// `I260822 `.
    #[inline]
    fn is_head(&self, line: &[u8]) -> bool {
        let [b'I' | b'W' | b'E' | b'F', date @ ..] = line else { return false };
        date.get(6) == Some(&b' ') && date[..6].iter().all(u8::is_ascii_digit)
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        let record = record.trim();
        let (level, digits) = match record.as_bytes() {
            [b'I', digits @ ..] => ("info", digits),
            [b'W', digits @ ..] => ("warning", digits),
            [b'E', digits @ ..] => ("error", digits),
            [b'F', digits @ ..] => ("fatal", digits),
            _ => return None,
        };
        if !digits.get(..6)?.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let caller = take_till1(char::is_whitespace);
        let head = (terminated(stamp, space1), terminated(digit1, space1), terminated(caller, multispace1));
        let (rest, (stamp, _, caller)) = complete(head, record)?;
        let mut fields = Fields::default();
        fields.push("caller", caller);
        let rest = rest.strip_prefix('⋮').unwrap_or(rest).trim_start();
        let (tags, text) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')).unwrap_or(("", rest));
        for (name, value) in tags.split(',').filter_map(|tag| tag.split_once('=')) {
            fields.push(name.trim(), value.trim().trim_matches(['‹', '›']));
        }
        // The entry's number, and the sign that a structured event follows.
        let text = text.trim_start().trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
        Some(entry("cockroachdb", Some(stamp), Some(level), text.strip_prefix('=').unwrap_or(text), fields))
    }

    fn samples(&self) -> &'static [Sample] {
        SAMPLES
    }
}

static SAMPLES: &[Sample] = &[
    Sample {
        record: r#"I260822 12:00:00.123456 2145 4@util/log/event_log.go:32 ⋮ [n1,client=203.0.113.24:52344,user=‹app›] 17 ={"EventType":"drop_role","RoleName":"‹u1›"}"#,
        time: Some("2026-08-22T12:00:00.123456Z"),
        level: Some("info"),
        message: r#"{"EventType":"drop_role","RoleName":"‹u1›"}"#,
        fields: &[("client", "203.0.113.24:52344"), ("user", "app"), ("EventType", "drop_role")],
    },
    Sample {
        record: "W260822 12:00:00.123456 2145 server/authentication.go:73  [n1] 18  session is expired",
        time: Some("2026-08-22T12:00:00.123456Z"),
        level: Some("warning"),
        message: "session is expired",
        fields: &[("caller", "server/authentication.go:73")],
    },
];
