//! The access log of Envoy, and Istio's, which adds details and more addresses.

use nom::Parser;
use nom::branch::alt;
use nom::character::complete::space1;
use nom::combinator::verify;
use nom::sequence::preceded;

use crate::layout::access::entry;
use crate::layout::entry::{Entry, Layout, Sample};
use crate::layout::fields::Fields;
use crate::layout::lines::first_line;
use crate::layout::parsers::{Parsed, bracketed_stamp, complete, quoted, status, word};

/// No more tokens than this are looked at after an Envoy status: the longest known layout has 19.
const MAX_TOKENS: usize = 32;

/// `envoy`: Envoy's default text and Istio's, which adds details and more addresses.
pub(super) struct Envoy;

impl Layout for Envoy {
    fn name(&self) -> &'static str {
        "envoy"
    }

    fn parse<'r>(&self, record: &'r str) -> Option<Entry<'r>> {
        let head = (bracketed_stamp, preceded(space1, quoted), preceded(space1, status), preceded(space1, response_flags));
        let (mut input, (stamp, request, status, flags)) = complete(head, first_line(record.trim_start()))?;
        let mut tokens = Vec::new();
        while let Some((after, token)) = complete(token, input).filter(|_| tokens.len() < MAX_TOKENS) {
            tokens.push(token);
            input = after;
        }
        let mut fields = Fields::default();
        push_envoy(&tokens, &mut fields)?;
        fields.push("response_flags", flags);
        Some(entry("envoy", Some(stamp), request, status, fields))
    }

    fn samples(&self) -> &'static [Sample] {
        SAMPLES
    }
}

/// A part of an Envoy line.
#[derive(Clone, Copy)]
enum Token<'r> {
    Quoted(&'r str),
    Bare(&'r str),
}

impl<'r> Token<'r> {
    fn bare(self) -> Option<&'r str> {
        if let Self::Bare(text) = self { Some(text) } else { None }
    }

    fn quoted(self) -> Option<&'r str> {
        if let Self::Quoted(text) = self { Some(text) } else { None }
    }

    fn is_number(self) -> bool {
        self.bare().is_some_and(|text| text.bytes().all(|b| b.is_ascii_digit()))
    }
}

fn token(input: &str) -> Parsed<'_, Token<'_>> {
    preceded(space1, alt((quoted.map(Token::Quoted), word.map(Token::Bare)))).parse(input)
}

fn response_flags(input: &str) -> Parsed<'_, &str> {
    verify(word, |flags: &str| flags.bytes().all(|b| b.is_ascii_uppercase() || matches!(b, b',' | b'-' | b'_'))).parse(input)
}

/// `[details ..] received sent duration upstream_time "xff" "agent" "id" "authority" "upstream" [cluster ..]`.
fn push_envoy<'r>(tokens: &[Token<'r>], fields: &mut Fields<'r>) -> Option<()> {
    let numbers = tokens.windows(2).position(|pair| pair.iter().all(|token| token.is_number()))?;
    let (before, after) = tokens.split_at_checked(numbers)?;
    fields.push("response_code_details", before.first().and_then(|token| token.bare()).unwrap_or_default());
    fields.push("upstream_failure", before.iter().find_map(|token| token.quoted()).unwrap_or_default());
    fields.push("duration", after.get(2).and_then(|token| token.bare()).unwrap_or_default());
    let rest = after.get(4..)?;
    let quoted: Vec<&str> = rest.iter().filter_map(|token| token.quoted()).collect();
    if quoted.len() < 4 {
        return None;
    }
    let names = ["x_forwarded_for", "user_agent", "request_id", "authority", "upstream_host"];
    names.into_iter().zip(quoted).for_each(|(name, value)| fields.push(name, value));
    let names = [
        "upstream_cluster",
        "upstream_local_address",
        "downstream_local_address",
        "downstream_remote_address",
        "requested_server_name",
        "route_name",
    ];
    names.into_iter().zip(rest.iter().filter_map(|token| token.bare())).for_each(|(name, value)| fields.push(name, value));
    Some(())
}

static SAMPLES: &[Sample] = &[
    Sample {
        record: r#"[2026-08-22T12:00:00.123Z] "GET /api/orders HTTP/1.1" 401 UAEX jwt_authn_access_denied{Jwt_is_expired} - "-" 0 14 2 - "203.0.113.24" "curl/8.5.0" "84961386-6d84-929d-98bd-c5aee93b5c88" "orders:8000" "-" - - 10.44.1.27:80 203.0.113.24:37652 - default"#,
        time: Some("2026-08-22T12:00:00.123Z"),
        level: None,
        message: "GET /api/orders 401",
        fields: &[
            ("response_flags", "UAEX"),
            ("response_code_details", "jwt_authn_access_denied{Jwt_is_expired}"),
            ("x_forwarded_for", "203.0.113.24"),
            ("request_id", "84961386-6d84-929d-98bd-c5aee93b5c88"),
            ("authority", "orders:8000"),
            ("duration", "2"),
            ("downstream_remote_address", "203.0.113.24:37652"),
        ],
    },
    Sample {
        record: r#"[2016-04-15T20:17:00.310Z] "POST /api/v1/locations HTTP/2" 204 - 154 0 226 100 "10.0.35.28" "nsq2http" "cc21d9b0-cf5c-432b-8c7e-98aeb7988cd2" "locations" "tcp://10.0.2.1:80""#,
        time: Some("2016-04-15T20:17:00.310Z"),
        level: None,
        message: "POST /api/v1/locations 204",
        fields: &[("x_forwarded_for", "10.0.35.28"), ("upstream_host", "tcp://10.0.2.1:80"), ("duration", "226")],
    },
];
