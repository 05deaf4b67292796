//! The error log of Apache's httpd 2.2 and 2.4.

use nom::character::complete::{space0, space1};
use nom::combinator::verify;
use nom::sequence::terminated;

use crate::layout::entry::{Entry, Layout, Sample};
use crate::layout::fields::Fields;
use crate::layout::level::is_level;
use crate::layout::message::entry;
use crate::layout::parsers::{complete, group, stamp_in_brackets};

/// `apache-error`: `[Mon Apr 27 17:26:52.123456 2015] [auth:error] [pid 1:tid 2] [client 1.2.3.4:5678] text`.
pub(super) struct ApacheError;

impl Layout for ApacheError {
    fn name(&self) -> &'static str {
        "apache-error"
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        let opening = verify(stamp_in_brackets, |(_, written)| written.starts_with(|c: char| c.is_ascii_uppercase()));
        let head = (terminated(opening, space1), terminated(group, space0));
        let (mut text, ((stamp, _), source)) = complete(head, record.trim())?;
        let (module, level) = source.split_once(':').unwrap_or(("", source));
        if !is_level(level.trim_end_matches(|c: char| c.is_ascii_digit())) {
            return None;
        }
        let mut fields = Fields::default();
        fields.push("module", module);
        while let Some((rest, inner)) = complete(terminated(group, space0), text) {
            let Some((name, value)) = inner.split_once(' ') else { break };
            match name {
                "client" | "remote" => fields.push("client_ip", address(value)),
                "pid" => fields.push("pid", value),
                _ => break,
            }
            text = rest;
        }
        if let Some((message, referrer)) = text.rsplit_once(", referer: ") {
            fields.push("referrer", referrer);
            text = message;
        }
        Some(entry("apache-error", Some(stamp), Some(level), text, fields))
    }

    fn samples(&self) -> &'static [Sample] {
        SAMPLES
    }
}

/// The address of `1.2.3.4:5678`; an IPv6 address has more than one colon and is kept whole.
fn address(peer: &str) -> &str {
    match peer.rsplit_once(':') {
        Some((address, _)) if address.contains('.') || address.ends_with(']') => address,
        _ => peer,
    }
}

static SAMPLES: &[Sample] = &[
    Sample {
        record: "[Mon Apr 27 17:26:52.123456 2015] [auth_jwt:error] [pid 12:tid 34] [client 192.0.2.1:5678] AH01: token expired, referer: https://x/",
        time: Some("2015-04-27T17:26:52.123456Z"),
        level: Some("error"),
        message: "AH01: token expired",
        fields: &[("client_ip", "192.0.2.1"), ("module", "auth_jwt"), ("referrer", "https://x/")],
    },
    Sample {
        record: "[Mon Apr 27 17:26:52 2015] [error] 7591 WARNING: Forbidden (CSRF cookie not set.): /items/editor/",
        time: Some("2015-04-27T17:26:52Z"),
        level: Some("error"),
        message: "7591 WARNING: Forbidden (CSRF cookie not set.): /items/editor/",
        fields: &[],
    },
];
