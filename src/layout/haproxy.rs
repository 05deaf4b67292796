//! The HTTP log of `HAProxy`.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_until, take_while1};
use nom::character::complete::{char, space1};
use nom::combinator::{opt, verify};
use nom::sequence::{preceded, terminated};

use crate::layout::access::entry;
use crate::layout::address::without_port;
use crate::layout::entry::{Entry, Layout, Sample};
use crate::layout::fields::Fields;
use crate::layout::key_values;
use crate::layout::lines::first_line;
use crate::layout::parsers::{bracketed_stamp, complete, status, word};

/// `haproxy`: the HTTP log, with or without the process before it.
pub(super) struct Haproxy;

impl Layout for Haproxy {
    fn name(&self) -> &'static str {
        "haproxy"
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        let line = first_line(record.trim_start());
        let process = (tag("haproxy["), take_until("]: "), tag("]: "));
        let peer = terminated(verify(word, |peer: &str| peer.contains(':')), char(' '));
        let route = (preceded(space1, word), preceded(space1, verify(word, |backend: &str| backend.contains('/'))));
        let timers = preceded(space1, take_while1(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '/')));
        let code = preceded(space1, alt((status, tag("-1"))));
        let head = preceded(opt(process), (peer, bracketed_stamp, route, timers, code));
        let (tail, (peer, stamp, (frontend, backend), timers, code)) = complete(head, line)?;
        if timers.matches('/').count() != 4 {
            return None;
        }
        let (marks, request) = tail.split_once(" \"")?;
        let mut fields = Fields::default();
        fields.push("client_ip", without_port(peer));
        fields.push("frontend", frontend);
        let (backend, server) = backend.split_once('/')?;
        fields.push("backend", backend);
        fields.push("server", server);
        fields.push("duration", timers.rsplit('/').next().unwrap_or_default());
        fields.push("bytes", marks.split_whitespace().next().unwrap_or_default());
        fields.push("termination_state", marks.split_whitespace().nth(3).unwrap_or_default());
        fields.push("captured_headers", marks.find('{').and_then(|at| marks.get(at..)).unwrap_or_default());
        let (request, after) = request.rsplit_once('"').unwrap_or((request, ""));
        key_values::pairs(after, &mut fields);
        Some(entry("haproxy", Some(stamp), request, code, fields))
    }

    fn samples(&self) -> &'static [Sample] {
        SAMPLES
    }
}

static SAMPLES: &[Sample] = &[
    Sample {
        record: r#"haproxy[14389]: 10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69/109 401 2750 - - ---- 1/1/1/1/0 0/0 {1wt.eu} {} "GET /index.html HTTP/1.1""#,
        time: Some("2009-02-06T12:14:14.655Z"),
        level: None,
        message: "GET /index.html 401",
        fields: &[
            ("client_ip", "10.0.1.2"),
            ("frontend", "http-in"),
            ("backend", "static"),
            ("server", "srv1"),
            ("termination_state", "----"),
            ("duration", "109"),
            ("bytes", "2750"),
        ],
    },
    Sample {
        record: r#"127.0.0.1:57086 [26/Jul/2024:07:43:32.571] dummy dummy/<NOSRV> -1/-1/-1/-1/0 400 0 - - CR-- 6/5/0/0/0 0/0 "<BADREQ>""#,
        time: Some("2024-07-26T07:43:32.571Z"),
        level: None,
        message: "<BADREQ> 400",
        fields: &[("status", "400")],
    },
];
