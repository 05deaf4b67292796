//! W3C extended lines in the order IIS writes by default.

use std::borrow::Cow;

use crate::layout::address;
use crate::layout::entry::{Entry, Layout, Sample};
use crate::layout::fields::Fields;
use crate::layout::lines::first_line;
use crate::layout::request::is_status;
use crate::layout::timestamp::{self, Stamp};

/// `iis`: W3C extended lines in the order IIS writes by default:
/// `date time s-ip method stem query port user c-ip agent [referrer] status substatus win32-status time-taken`.
pub(super) struct Iis;

impl Layout for Iis {
    fn name(&self) -> &'static str {
        "iis"
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        let line = first_line(record.trim_start());
        let (stamp, rest) = timestamp::leading(line)?;
        let words = || rest.split(' ').filter(|word| !word.is_empty());
        if !words().nth(2)?.starts_with('/') {
            return None;
        }
        let words: Vec<&str> = words().collect();
        let [_, method, path, _, port, user, client, agent, tail @ ..] = words.as_slice() else { return None };
        let referrer = (tail.len() == 5).then(|| tail[0]);
        let [status, .., took] = tail.get(usize::from(referrer.is_some())..).filter(|tail| tail.len() == 4)? else { return None };
        let plain = method.bytes().all(|b| b.is_ascii_uppercase()) && path.starts_with('/') && is_status(status);
        if !plain || address::of_word(client).is_none() || !port.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let mut fields = Fields::default();
        fields.push("client_ip", *client);
        fields.push("username", *user);
        fields.push("method", *method);
        fields.push("path", *path);
        fields.push("status", *status);
        fields.push("user_agent", *agent);
        fields.push("referrer", referrer.unwrap_or_default());
        fields.push("duration_ms", *took);
        let message = Cow::Owned(format!("{method} {path} {status}"));
        // W3C extended logs are in UTC.
        Some(Entry {
            format: "iis",
            stamp: Some(Stamp { offset: stamp.offset.or(Some(0)), ..stamp }),
            level: None,
            message,
            fields,
        })
    }

    fn samples(&self) -> &'static [Sample] {
        SAMPLES
    }
}

static SAMPLES: &[Sample] = &[
    Sample {
        record: "2026-08-22 12:00:00 10.0.0.1 GET /api/orders a=1 443 - 203.0.113.24 curl/8.5.0 - 401 0 0 15",
        time: Some("2026-08-22T12:00:00Z"),
        level: None,
        message: "GET /api/orders 401",
        fields: &[("client_ip", "203.0.113.24"), ("status", "401"), ("user_agent", "curl/8.5.0"), ("duration_ms", "15")],
    },
    Sample {
        record: "2026-08-22 12:00:00 10.0.0.1 POST /login - 80 ann 203.0.113.24 curl/8.5.0 401 2 5 7",
        time: Some("2026-08-22T12:00:00Z"),
        level: None,
        message: "POST /login 401",
        fields: &[("username", "ann"), ("path", "/login"), ("duration_ms", "7")],
    },
];
