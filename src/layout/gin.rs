//! The access log of Gin, with the errors of a request on the lines after it.

use std::borrow::Cow;

use nom::Parser;
use nom::bytes::complete::{tag, take_till1};
use nom::character::complete::{char, space0};
use nom::combinator::rest;
use nom::sequence::{preceded, terminated};

use crate::layout::address::plain_ip;
use crate::layout::entry::{Entry, Layout, Sample};
use crate::layout::fields::Fields;
use crate::layout::lines::split_line;
use crate::layout::parsers::{Parsed, complete, quoted, stamp};
use crate::layout::request::Request;

/// `gin`: Gin's access log with the errors that follow it.
pub(super) struct Gin;

impl Layout for Gin {
    fn name(&self) -> &'static str {
        "gin"
    }

    /// `Error #01: token is expired`.
    #[inline]
    fn continues(&self, line: &[u8]) -> bool {
        line.starts_with(b"Error #")
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        let (line, following) = split_line(record.trim_start());
        let head = (preceded(tag("[GIN] "), stamp), preceded((space0, char('|')), column), column, column, rest);
        let (_, (stamp, code, latency, client, request)) = complete(head, line)?;
        let (method, path) = request.trim().split_once(' ')?;
        let mut fields = Fields::default();
        fields.push("client_ip", plain_ip(client));
        fields.push("latency", latency);
        let path = path.trim_start();
        let path = complete(quoted, path).map_or(path, |(_, path)| path);
        let request = Request { method, path, status: Some(code) };
        request.push(&mut fields);
        let message = if following.is_empty() { request.summary() } else { format!("{}\n{following}", request.summary()) };
        Some(Entry { format: "gin", stamp: Some(stamp), level: None, message: Cow::Owned(message), fields })
    }

    fn samples(&self) -> &'static [Sample] {
        SAMPLES
    }
}

/// A column between bars, without its padding.
fn column(input: &str) -> Parsed<'_, &str> {
    terminated(take_till1(|c| matches!(c, '|' | '\n')), char('|')).map(str::trim).parse(input)
}

static SAMPLES: &[Sample] = &[Sample {
    record: "[GIN] 2026/08/22 - 12:00:00 | 401 |      54.208µs |    203.0.113.24 | GET      \"/api/orders\"\nError #01: token is expired",
    time: Some("2026-08-22T12:00:00Z"),
    level: None,
    message: "GET /api/orders 401\nError #01: token is expired",
    fields: &[("client_ip", "203.0.113.24"), ("latency", "54.208µs"), ("path", "/api/orders")],
}];
