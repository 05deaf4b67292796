//! The log of Rails: requests that begin and end, and lines that a request's id tags.

use nom::character::complete::space1;
use nom::combinator::verify;
use nom::sequence::terminated;

use crate::layout::entry::{Entry, Layout, Sample};
use crate::layout::fields::Fields;
use crate::layout::head::head;
use crate::layout::lines::first_line;
use crate::layout::message::entry;
use crate::layout::parsers::{complete, group};
use crate::layout::request::status_after;
use crate::layout::timestamp;
use crate::model::id::is_uuid;

/// `rails`: `Started GET "/x" for 1.2.3.4 at ...`, and lines that a request's id tags.
pub(super) struct Rails;

impl Layout for Rails {
    fn name(&self) -> &'static str {
        "rails"
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        let head = if record.starts_with(|c: char| c.is_ascii_uppercase()) && record.get(1..4) == Some(", [") {
            head(record)
        } else {
            None
        };
        let (stamp, level, text) = head.map_or((None, None, record.trim()), |head| (head.stamp, head.level, head.body));
        let tagged = complete(terminated(verify(group, is_uuid), space1), text);
        let (text, id) = tagged.unwrap_or((text, ""));
        if id.is_empty() && !text.starts_with("Started ") && !text.starts_with("Completed ") {
            return None;
        }
        let mut fields = Fields::default();
        fields.push("request_id", id);
        let started = text.strip_prefix("Started ").and_then(|started| first_line(started).split_once(" for "));
        let at = started.and_then(|(_, peer)| peer.split_once(" at "));
        if let Some((client, _)) = at {
            fields.push("client_ip", client);
        }
        if let Some(status) = text.strip_prefix("Completed ").and_then(status_after) {
            fields.push("status", status);
        }
        let stamp = stamp.or_else(|| at.and_then(|(_, at)| timestamp::leading(at)).map(|(stamp, _)| stamp));
        (stamp.is_some() || !id.is_empty()).then(|| entry("rails", stamp, level, text, fields))
    }

    fn samples(&self) -> &'static [Sample] {
        SAMPLES
    }
}

static SAMPLES: &[Sample] = &[
    Sample {
        record: r#"[0c1f6a52-8a5e-4c4e-9a44-6a1f0b9d2e10] Started GET "/api/orders" for 203.0.113.24 at 2026-08-22 12:00:00 +0000"#,
        time: Some("2026-08-22T12:00:00Z"),
        level: None,
        message: r#"Started GET "/api/orders" for 203.0.113.24 at 2026-08-22 12:00:00 +0000"#,
        fields: &[("request_id", "0c1f6a52-8a5e-4c4e-9a44-6a1f0b9d2e10"), ("client_ip", "203.0.113.24"), ("path", "/api/orders")],
    },
    Sample {
        record: "[0c1f6a52-8a5e-4c4e-9a44-6a1f0b9d2e10] Completed 401 Unauthorized in 4ms (Allocations: 812)",
        time: None,
        level: None,
        message: "Completed 401 Unauthorized in 4ms (Allocations: 812)",
        fields: &[("status", "401")],
    },
];
