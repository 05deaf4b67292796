//! The error log of nginx and what is built on it (`OpenResty`, Kong, APISIX, ingress-nginx).

use nom::character::complete::{char, digit1, space0, space1};
use nom::combinator::{opt, verify};
use nom::sequence::terminated;

use crate::layout::entry::{Entry, Layout, Sample};
use crate::layout::fields::Fields;
use crate::layout::level::is_level;
use crate::layout::message::entry;
use crate::layout::parsers::{complete, group, stamp};

/// `nginx-error`: the error log of nginx and what is built on it (`OpenResty`, Kong, APISIX, ingress-nginx).
pub(super) struct NginxError;

impl Layout for NginxError {
    fn name(&self) -> &'static str {
        "nginx-error"
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        let process = (digit1, char('#'), digit1, char(':'), space0);
        let connection = (char('*'), digit1, space1);
        let head = (terminated(stamp, space1), terminated(verify(group, is_level), space1), process, opt(connection));
        let (text, (stamp, level, ..)) = complete(head, record.trim())?;
        let mut fields = Fields::default();
        let message = split_trailer(text, &mut fields);
        Some(entry("nginx-error", Some(stamp), Some(level), message, fields))
    }

    fn samples(&self) -> &'static [Sample] {
        SAMPLES
    }
}

/// The text before nginx's `, client: ..., server: ..., request: "..."`, which becomes fields.
pub(super) fn split_trailer<'r>(text: &'r str, fields: &mut Fields<'r>) -> &'r str {
    let Some((message, trailer)) = text.split_once(", client: ") else { return text };
    let (client, mut rest) = trailer.split_once(',').unwrap_or((trailer, ""));
    fields.push("client_ip", client.trim());
    while let Some((name, after)) = rest.split_once(": ") {
        let (value, following) = match after.strip_prefix('"') {
            Some(inner) => inner.split_once('"').unwrap_or((inner, "")),
            None => after.split_once(',').unwrap_or((after, "")),
        };
        push_trailer(name.trim_matches([',', ' ', '\n']), value, fields);
        rest = following;
    }
    message
}

fn push_trailer<'r>(name: &'r str, value: &'r str, fields: &mut Fields<'r>) {
    match name {
        "request" => {
            if let Some((method, target)) = value.split_once(' ') {
                fields.push("method", method);
                fields.push("path", target.split(" HTTP/").next().unwrap_or(target));
            }
        }
        _ if name.len() <= 32 && !name.contains(' ') => fields.push(name, value),
        _ => {}
    }
}

static SAMPLES: &[Sample] = &[
    Sample {
        record: r#"2026/11/23 12:12:23 [error] 5811#5811: *18500 upstream timed out (110: Connection timed out), client: 203.0.113.231, server: api.shop.example, request: "GET /orders/7711 HTTP/1.1", subrequest: "/_auth", upstream: "http://127.0.0.1:7101/orders/7711", host: "127.0.0.1:8080""#,
        time: Some("2026-11-23T12:12:23Z"),
        level: Some("error"),
        message: "upstream timed out (110: Connection timed out)",
        fields: &[
            ("client_ip", "203.0.113.231"),
            ("server", "api.shop.example"),
            ("method", "GET"),
            ("path", "/orders/7711"),
            ("subrequest", "/_auth"),
            ("upstream", "http://127.0.0.1:7101/orders/7711"),
            ("host", "127.0.0.1:8080"),
        ],
    },
    Sample {
        record: "2026/11/23 12:12:23 [notice] 5810#5810: reopening logs",
        time: Some("2026-11-23T12:12:23Z"),
        level: Some("notice"),
        message: "reopening logs",
        fields: &[],
    },
    Sample {
        record: r#"2020/12/01 04:14:54 [error] 43#43: *573137 [lua] openid-connect.lua:152: failed, client: 10.10.10.10, server: , request: "GET / HTTP/1.1", host: "h:30794""#,
        time: Some("2020-12-01T04:14:54Z"),
        level: Some("error"),
        message: "[lua] openid-connect.lua:152: failed",
        fields: &[("client_ip", "10.10.10.10"), ("host", "h:30794")],
    },
];
